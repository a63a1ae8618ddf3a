#!/bin/sh
# Mutation of the schema: node B reads one field of ha.proto as zero; some cut of some capture must show it.
# A field that no cut needs is not replicated or lacks its test. All rows, or the numbers given as arguments.
#   make mutation        every row          (make check takes a selection: tests/ha/mutation-some.sh)
set -u
B_MUTATE=${B_MUTATE:-build/gcc-mutate}
IPS=$B_MUTATE/bin/ips
CAPS=${CAPS:-$(find build/captures -name '*.pcap' ! -name 'big.pcap' | LC_ALL=C sort)}
OUT=$(mktemp -d) || exit 1
trap 'rm -rf "$OUT"' EXIT
trap 'exit 130' INT TERM
[ -x "$IPS" ] || { echo "not ok - mutation: $IPS is not built"; exit 1; }
"$IPS" replay --mutate list > "$OUT/rows" || { echo "not ok - mutation: no rows"; exit 1; }

# Without a mutation every cut must be equal: else a kill would prove nothing.
for c in $CAPS; do
	"$IPS" replay --failover every "$c" > "$OUT/log" 2>&1 || { echo "not ok - mutation: $c differs without any"; cat "$OUT/log" | head -3; exit 1; }
done
echo "ok - mutation: without one every cut is equal"

one_row() {
	for c in $CAPS; do
		"$IPS" replay --mutate "$1" --failover every "$c" > /dev/null 2>&1
		[ $? -eq 3 ] && { echo "ok - mutation: $2 (shown by $(basename "$c"))"; return; }
	done
	echo "not ok - mutation: $2: no cut needs this field"
}
[ $# -gt 0 ] && { for n in "$@"; do sed -n "$((n + 1))p" "$OUT/rows"; done > "$OUT/some"; mv "$OUT/some" "$OUT/rows"; }
split -n r/2 "$OUT/rows" "$OUT/part."
for p in "$OUT"/part.*; do
	while read -r nr name; do one_row "$nr" "$name"; done < "$p" > "$p.tap" &
done
wait
cat "$OUT"/part.*.tap
! grep -q '^not ok' "$OUT"/part.*.tap
