#!/bin/sh
# seeds.sh TARGET...: makes the corpus of each target anew, from the captures, the stock rules and the example
# configuration. Of all seeds those stay that cover something the others do not; inputs of past findings
# (found-*) always stay.
set -eu
cd "$(dirname "$0")/../.."
bin=build/clang-fuzz/tests/fuzz
raw=build/fuzz/seeds
rm -rf "$raw"
mkdir -p "$raw/rule" "$raw/conf"

# blocks FILE PREFIX FIRST-LINE-PATTERN N: FILE cut before every N-th line of that pattern.
blocks() {
	awk -v out="$2" -v n="$4" -v first="$3" '$0 ~ first { if (seen++ % n == 0) file = out "-" ++nr } file { print >file }' "$1"
}

find build/captures -name '*.pcap' -size -60k | LC_ALL=C sort | xargs "$bin/seeds" "$raw"
for f in sigs/stock/*.rules tests/fuzz/seeds.rules; do
	blocks "$f" "$raw/rule/$(basename "$f" .rules)" '^(alert|drop|pass|reject)' 2
done
cp packaging/ips.conf.example "$raw/conf/example"
blocks packaging/ips.conf.example "$raw/conf/example" '^config' 1
build/gcc-release/bin/ips config show packaging/ips.conf.example --full >build/fuzz/full.conf
blocks build/fuzz/full.conf "$raw/conf/full" '^config' 1
blocks tests/fuzz/seeds.conf "$raw/conf/seed" "^# ---" 1
cp tests/golden/conf/*.conf "$raw/conf"

for t; do
	# made by hand, or found: what there is
	[ -d "$raw/$t" ] || cp -r "tests/fuzz/corpus/$t" "$raw/$t"
	rm -rf "build/fuzz/kept"
	mkdir -p "build/fuzz/kept" "tests/fuzz/corpus/$t"
	"$bin/$t" -set_cover_merge=1 -max_len=8192 build/fuzz/kept "$raw/$t" >"build/fuzz/merge-$t.log" 2>&1
	find "tests/fuzz/corpus/$t" -type f ! -name 'found-*' -delete
	(cd "$raw/$t" && sha1sum -- *) | while read -r sum name; do
		if [ -f "build/fuzz/kept/$sum" ]; then
			mv "build/fuzz/kept/$sum" "tests/fuzz/corpus/$t/$name"
		fi
	done
	echo "$t: $(ls "tests/fuzz/corpus/$t" | wc -l) of $(ls "$raw/$t" | wc -l) seeds, $(cat "tests/fuzz/corpus/$t"/* | wc -c) octets"
done
