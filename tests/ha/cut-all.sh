#!/bin/sh
# The whole cut test, by make cut: the generated captures and, where there are any, recorded ones, at every packet and at every
# octet, with the stock rules; with a faulty link, and with crashes before the release. At least PAIRS places of captures.
set -u
. tests/ha/cut_lib.sh
OTHERS=${OTHERS:-../shared/captures} # of the developers' machines, never needed
OCTETS=${OCTETS:-60000}              # captures with more octets of TCP are cut at packets only
[ -d "$OTHERS" ] && PAIRS=${PAIRS:-100000} || PAIRS=${PAIRS:-50000}

own_captures >"$T/own"
[ -d "$OTHERS" ] && find "$OTHERS" -type f ! -name '*.tsv' ! -name '*.md' | LC_ALL=C sort >"$T/others"
cat "$T/own" "$T/others" >"$T/all" 2>/dev/null
while read -r c; do
	n=$("$B/tests/tools/streams" "$c" 2>/dev/null | sed -n 's/.* bytes \([0-9]*\) .*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	[ "$n" -gt 0 ] && [ "$n" -le "$OCTETS" ] && echo "$c"
done <"$T/all" >"$T/octets"

pass "every packet" "$T/all" 12000 "alerts tags anomalies" --failover every
pass "every octet" "$T/octets" 30000 "alerts tags anomalies" --failover bytes
[ $pairs -ge "$PAIRS" ] && echo "ok - cut: $pairs pairs of a capture and a place" ||
	{ echo "not ok - cut: only $pairs pairs of a capture and a place, not $PAIRS"; failed=1; }
prevent="-c tests/ha/tcp_prevent.conf --rules tests/ha/mutation.rules"
sync="--sync-loss 5 --sync-reorder 5 --sync-dup 5"
pass "every packet, a faulty link" "$T/all" 12000 "alerts tags anomalies" --failover every $sync
pass "every octet, a faulty link" "$T/octets" 30000 "alerts tags anomalies" --failover bytes $sync
pass "every packet, prevent" "$T/all" 12000 "alerts tags drops" --failover every $prevent
crash="--crash between-commit-and-release"
pass "a crash before the release" "$T/all" 12000 "alerts tags anomalies" --failover every $crash
pass "a crash before the release, prevent" "$T/all" 12000 "alerts tags drops" --failover every $crash $prevent
pass "a crash before the release, a faulty link" "$T/all" 12000 "alerts tags anomalies" --failover every $crash $sync
exit $failed
