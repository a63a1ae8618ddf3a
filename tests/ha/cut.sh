#!/bin/sh
# limit: 900
# The cut test over the generated captures: node A dies after each packet, B has only the link's bytes.
# Everything that both let out must equal the run that never failed, and the state digests at the cut too. make cut takes more.
set -u
. tests/ha/cut_lib.sh

own_captures >"$T/all"
pass detect "$T/all" 12000 "alerts tags anomalies" --failover every
# In prevent mode with rules that drop, for the captures with the most to lose.
find build/captures/tcp build/captures/inline build/captures/drops/tcp.* build/captures/evasion build/captures/rules \
	build/captures/iccp.pcap -name '*.pcap' | LC_ALL=C sort >"$T/prevent"
prevent="-c tests/ha/tcp_prevent.conf --rules tests/ha/mutation.rules"
pass prevent "$T/prevent" 3000 "alerts tags drops" --failover every $prevent
# A dies when B has its last batch and nothing of that has left: what is TCP comes again.
find build/captures/tcp build/captures/inline build/captures/evasion build/captures/iccp.pcap build/captures/demo.pcap \
	-name '*.pcap' | LC_ALL=C sort >"$T/crash"
crash="--failover every --crash between-commit-and-release"
pass "a crash before the release" "$T/crash" 1500 "alerts tags anomalies" $crash
pass "a crash before the release, prevent" "$T/crash" 1500 "alerts tags drops" $crash $prevent
[ "$(value packets_again)" -gt 300 ] || { echo "not ok - cut, a crash before the release: nothing came again"; failed=1; }
# What both say to each other is lost, overtaken and doubled: what is lost is asked for, or sent again after a while.
sync="--sync-loss 5 --sync-reorder 5 --sync-dup 5"
pass "a faulty link" "$T/crash" 1500 "alerts tags anomalies" --failover every $sync
faults="the wire made none: $(grep -o '"sync_[a-z]*":[0-9]*' "$T/json" | tr '\n' ' ')"
for f in sync_lost sync_reordered sync_doubled sync_resent; do
	[ "$(value $f)" -gt 400 ] || { echo "not ok - cut, a faulty link: $faults"; failed=1; }
done
pass "a faulty link, prevent" "$T/crash" 1500 "alerts tags drops" --failover every $sync $prevent
pass "a very faulty link and a crash" "$T/crash" 1500 "alerts tags" $crash --sync-loss 30 --sync-reorder 40 --sync-dup 40
exit $failed
