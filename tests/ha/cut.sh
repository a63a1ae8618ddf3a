#!/bin/sh
# limit: 900
# The cut test over the generated captures: node A dies after each packet, B has only the link's bytes.
# Everything that both let out must equal the run that never failed, and the state digests at the cut too.
set -u
B=${B:-build/gcc-release}
CAPS=${CAPS:-$(find build/captures -name '*.pcap' ! -name 'big.pcap' | LC_ALL=C sort)}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
cuts=0 caps=0 alerts=0 bad=0
value() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/json"; }
for c in $CAPS; do
	"$B/bin/ips" replay --json --failover every "$c" > "$T/json" 2> "$T/err"
	rc=$?
	n=$(value cuts)
	if [ $rc -ne 0 ] || [ "${n:-0}" -eq 0 ] || [ "$n" != "$(value equal)" ] || [ "$(value digest_mismatches)" != 0 ] ||
	   [ "$(value lost_alerts)$(value extra_alerts)$(value lost_sessions)" != 000 ]; then
		echo "not ok - cut: $c: exit $rc, $(sed -n 's/.*"failover"://p' "$T/json") $(head -n 1 "$T/err" | cut -c1-300)"
		bad=1
		continue
	fi
	cuts=$((cuts + n)) caps=$((caps + 1))
	grep -q '"alerts":{"' "$T/json" && alerts=$((alerts + 1))
done
if [ $bad -eq 0 ] && [ $caps -gt 0 ] && [ $alerts -gt 0 ]; then
	echo "ok - cut: $caps captures ($alerts with alerts), $cuts cuts, all equal"
elif [ $bad -eq 0 ]; then
	echo "not ok - cut: no capture, or none with an alert"
	bad=1
fi
exit $bad
