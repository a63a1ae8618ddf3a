#!/bin/sh
# limit: 900
# A field that says for ever what it said first is noticed by the decoders' unit tests: of each field of `ips rules fields`.
# Keywords as arguments: only these.
set -u
cd "$(dirname "$0")/../.." || exit 1
M=${B_MUTATE:-build/gcc-mutate}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM
# The quick ones first.
for t in $(sed -n 's/^UNIT += \([a-z0-9_]*\):decoders,base$/\1/p' tests/unit/module.mk); do
	start=$(date +%s%N)
	"$M/tests/unit/test_$t" > "$out/log" 2>&1 || { echo "not ok - fields: test_$t fails without any change" >&3; exit 1; }
	echo "$(($(date +%s%N) - start)) $t"
done 3>&1 > "$out/times" || exit 1
tests=$(sort -n "$out/times" | cut -d' ' -f2)
echo "ok - fields: $(echo "$tests" | wc -l) tests of the decoders pass"

noticed() { # keyword
	for t in $tests; do
		FIELD_MUTATE=$1 "$M/tests/unit/test_$t" > /dev/null 2>&1 || { echo "ok - field: $1 (test_$t)"; return; }
	done
	echo "not ok - field: $1: no test needs more than one value of it"
}
[ $# -gt 0 ] || set -- $("$M/bin/ips" rules fields | awk 'NR > 1 && $1 ~ /\./ { print $1 }')
printf '%s\n' "$@" > "$out/fields"
split -n r/2 "$out/fields" "$out/part."
for p in "$out"/part.*; do
	while read -r f; do noticed "$f"; done < "$p" > "$p.tap" &
done
wait
cat "$out"/part.*.tap
! grep -q '^not ok' "$out"/part.*.tap
