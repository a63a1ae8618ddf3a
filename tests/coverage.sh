#!/bin/sh
# Line coverage of the unit tests and the fuzz corpora by folder, and the decoders' files below 90 %.
# coverage.sh folder... -- test...   (B: the build folder)
set -eu
folders=
while [ "$1" != -- ]; do
	folders="$folders $1"
	shift
done
shift
find "$B" -name '*.gcda' -exec rm -f {} +
for t; do
	"$t" >"$t.log" 2>&1 || echo "coverage: $t failed, see $t.log" >&2
done
for t in packet cotp ber osi mms_iccp other rule conf engine; do
	"$B/tests/fuzz/$t" "tests/fuzz/corpus/$t" >"$B/tests/fuzz/$t.log" 2>&1 || echo "coverage: fuzz $t failed, see $B/tests/fuzz/$t.log" >&2
done
lcov --quiet --capture --directory "$B" --output-file "$B/all.info" --rc lcov_branch_coverage=0 2>"$B/lcov.log"
for f in $folders; do
	if lcov --quiet --extract "$B/all.info" "$PWD/$f/*" --output-file "$B/$f.info" 2>>"$B/lcov.log" && [ -s "$B/$f.info" ]; then
		printf '%-10s %s\n' "$f" "$(lcov --summary "$B/$f.info" 2>/dev/null | sed -n 's/^ *lines\.*: *//p')"
	else
		printf '%-10s %s\n' "$f" "no lines run"
	fi
done
low=$(lcov --list --list-full-path "$B/decoders.info" 2>/dev/null | awk -F'|' '/\.[ch]/ && $2 + 0 < 90 { gsub(/ /, "", $1); print $1, $2 + 0 "%" }')
[ -z "$low" ] && echo "every file of the decoders: at least 90 %" || { echo "files of the decoders below 90 %:"; echo "$low"; }
