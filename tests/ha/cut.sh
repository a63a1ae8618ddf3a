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
value() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/json"; }

# What must have been there for the equality to mean something: alerts, drops, tags, octets on the link.
pass() { # name, what the captures must show, arguments
	name=$1 want=$2
	shift 2
	cuts=0 caps=0 bad=0 : > "$T/seen"
	for c in $CAPS; do
		"$B/bin/ips" replay --json --failover every "$@" "$c" > "$T/json" 2> "$T/err"
		rc=$?
		n=$(value cuts)
		if [ $rc -ne 0 ] || [ "${n:-0}" -eq 0 ] || [ "$n" != "$(value equal)" ] || [ "$(value digest_mismatches)" != 0 ] ||
		   [ "$(value lost_alerts)$(value extra_alerts)$(value lost_sessions)" != 000 ] || [ "$(value octets)" -eq 0 ]; then
			echo "not ok - cut, $name: $c: exit $rc, $(sed -n 's/.*"failover"://p' "$T/json") $(head -n 1 "$T/err" | cut -c1-300)"
			bad=1
			continue
		fi
		cuts=$((cuts + n)) caps=$((caps + 1))
		grep -oE '"(alerts|drops|tags|anomalies)":\{"' "$T/json" >> "$T/seen"
	done
	for w in $want; do
		grep -q "\"$w\"" "$T/seen" || { echo "not ok - cut, $name: no capture with $w"; bad=1; }
	done
	[ $bad -eq 0 ] && [ $caps -gt 0 ] && echo "ok - cut, $name: $caps captures, $cuts cuts, all equal"
	return $bad
}

pass detect "alerts tags anomalies"
r=$?
# In prevent mode with rules that drop, for the captures with the most to lose.
CAPS="${PREVENT_CAPS:-$(find build/captures/tcp build/captures/inline build/captures/drops/tcp.* build/captures/evasion build/captures/rules build/captures/iccp.pcap -name '*.pcap' | LC_ALL=C sort)}"
pass prevent "alerts tags drops" -c tests/ha/tcp_prevent.conf --rules tests/ha/mutation.rules
exit $((r + $?))
