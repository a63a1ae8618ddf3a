#!/bin/sh
# Line coverage of the unit tests by folder: coverage.sh folder... -- test...   (B: the build folder)
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
lcov --quiet --capture --directory "$B" --output-file "$B/all.info" --rc lcov_branch_coverage=0 2>"$B/lcov.log"
for f in $folders; do
	if lcov --quiet --extract "$B/all.info" "$PWD/$f/*" --output-file "$B/$f.info" 2>>"$B/lcov.log" && [ -s "$B/$f.info" ]; then
		printf '%-10s %s\n' "$f" "$(lcov --summary "$B/$f.info" 2>/dev/null | sed -n 's/^ *lines\.*: *//p')"
	else
		printf '%-10s %s\n' "$f" "no lines run"
	fi
done
