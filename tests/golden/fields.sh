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
tests=$(sed -n 's/^UNIT += \([a-z0-9_]*\):decoders,base$/\1/p' tests/unit/module.mk)
for t in $tests; do
	"$M/tests/unit/test_$t" > "$out/log" 2>&1 || { echo "not ok - fields: test_$t fails without any change"; exit 1; }
done
echo "ok - fields: $(echo "$tests" | wc -w) tests of the decoders pass"

# Those whose name the layer's begins come first.
noticed() { # keyword
	layer=${1%%.*}
	case $layer in ses | pres | acse) layer=osi ;; esac
	for t in $(echo "$tests" | grep "^$layer") $(echo "$tests" | grep -v "^$layer"); do
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
