#!/bin/sh
# limit: 600
# Segmentation invariance: a capture re-cut to one octet a segment, at random, reordered, duplicated or mixed
# tells the same events, applications, tags, alerts and services. Two replays of a capture give the same bytes.
set -u
B=${B:-build/gcc-release}
IPS=$B/bin/ips
RECUT=$B/tests/tools/recut
CAPS=${CAPS:-$(find build/captures -name '*.pcap' ! -name 'big.pcap' | LC_ALL=C sort)}
MODES=${MODES:-one two random reorder dup mix}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM

# What must not depend on segments; a capture without any of it proves nothing.
facts() {
	"$IPS" replay --json "$1" 2> "$T/err" | python3 -c '
import json, sys
d = json.load(sys.stdin)
keep = {k: d[k] for k in ("services", "apps", "events", "alerts", "tags", "sessions")}
print(json.dumps(keep, sort_keys=True, indent=0))'
}

n=0 bad=0 said=0
for c in $CAPS; do
	facts "$c" > "$T/whole"
	grep -q '"cotp\.\|"[a-z]' "$T/whole" && said=$((said + 1))
	for m in $MODES; do
		n=$((n + 1))
		"$RECUT" "$c" "$T/cut.pcap" --mode "$m" --seed 7 > "$T/log" 2>&1 || { echo "not ok - recut $m $(basename "$c"): $(head -1 "$T/log")"; bad=1; continue; }
		facts "$T/cut.pcap" > "$T/cut"
		cmp -s "$T/whole" "$T/cut" && continue
		echo "not ok - recut $m: $c: $(diff "$T/whole" "$T/cut" | grep '^[<>]' | head -3 | tr '\n' ' ')"
		bad=1
	done
done
[ "$n" -gt 0 ] && [ "$said" -gt 0 ] && [ $bad -eq 0 ] && echo "ok - recut: $n re-cut captures tell the same"

same=0
for c in $CAPS; do
	"$IPS" replay --eve "$T/1" --log "$T/l1" "$c" > /dev/null 2>&1
	"$IPS" replay --eve "$T/2" --log "$T/l2" "$c" > /dev/null 2>&1
	if [ -s "$T/1" ] && cmp -s "$T/1" "$T/2" && cmp -s "$T/l1" "$T/l2"; then same=$((same + 1)); else echo "not ok - twice: $c"; bad=1; fi
done
[ "$same" -gt 0 ] && echo "ok - twice: $same captures give byte-identical records"
exit $bad
