#!/bin/sh
# limit: 600
# A failover after every octet: captures cut to one octet a segment, node A dies after each. What both let out must be what one
# node lets out that never fails, and that is, but for the packets' numbers, what the capture tells uncut.
set -u
B=${B:-build/gcc-release}
CAPS=${CAPS:-build/captures/demo.pcap build/captures/resume/fragments.pcap build/captures/other/s7comm.pcap}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
value() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/json"; }
events() { "$B/bin/ips" replay --events - "$1" 2>/dev/null | sed 's/"pcap_cnt":[0-9]*,//'; }

bad=0
for c in $CAPS; do
	"$B/tests/tools/recut" "$c" "$T/cut.pcap" --mode one || exit 1
	events "$c" >"$T/whole"
	events "$T/cut.pcap" >"$T/cut"
	"$B/bin/ips" replay --json --failover every "$T/cut.pcap" >"$T/json" 2>"$T/err"
	rc=$?
	n=$(value cuts)
	octets=$("$B/tests/tools/streams" "$c" | sed -n 's/.* bytes \([0-9]*\) .*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	if [ $rc -ne 0 ] || [ "$n" != "$(value equal)" ] || [ "$(value digest_mismatches)" != 0 ] || [ "$n" != "$(value packets)" ] ||
	   [ "$n" -le "$octets" ] || [ "$octets" -lt 300 ] || ! cmp -s "$T/whole" "$T/cut" || ! [ -s "$T/cut" ]; then
		echo "not ok - octets: $c: exit $rc, $octets octets, $(sed -n 's/.*"failover"://p' "$T/json") $(head -n 1 "$T/err" | cut -c1-300)"
		bad=1
	else
		echo "ok - octets: $c: a failover after each of $octets octets, $n cuts, all equal"
	fi
done
exit $bad
