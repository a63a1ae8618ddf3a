#!/bin/sh
# limit: 600
# A failover after every octet of captures with ICCP, fragments of MMS, S7comm and HTTP: inside every header. How many places that
# are is counted by other tools, and what one node tells of the octets is what it tells of the capture.
set -u
. tests/ha/cut_lib.sh
CAPS=${CAPS:-build/captures/demo.pcap build/captures/resume/fragments.pcap build/captures/other/s7comm.pcap
	build/captures/other/http.pcap build/captures/resume/expedited.pcap build/captures/interleaved.pcap}
events() {
	"$B/bin/ips" replay --events - "$1" 2>/dev/null | sed 's/"pcap_cnt":[0-9]*,//'
	"$B/bin/ips" replay --json "$1" 2>/dev/null | grep -oE '"(services|apps|events|alerts|tags)":\{[^}]*\}'
}
packets() { sed -n 's/^{"packets":\([0-9]*\),.*/\1/p' "$T/json"; }

for c in $CAPS; do
	"$B/tests/tools/recut" "$c" "$T/cut.pcap" --mode one || exit 1
	events "$c" >"$T/whole"
	events "$T/cut.pcap" >"$T/cut"
	cmp -s "$T/whole" "$T/cut" && [ -s "$T/cut" ] || { echo "not ok - octets: $c: one node tells other things of its octets"; failed=1; }
	"$B/bin/ips" replay --json "$T/cut.pcap" >"$T/json" 2>"$T/err"
	n=$(packets)
	octets=$("$B/tests/tools/streams" "$c" | sed -n 's/.* bytes \([0-9]*\) .*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	echo "$c" >"$T/list"
	pass "after each of $octets octets of $c" "$T/list" "$octets" "" --failover bytes
	[ "$(value cuts)" = "$n" ] && [ "$octets" -gt 300 ] ||
		{ echo "not ok - octets: $c: $(value cuts) places of $n, $octets octets"; failed=1; }
done
exit $failed
