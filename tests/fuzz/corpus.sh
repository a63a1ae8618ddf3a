#!/bin/sh
# limit: 120
# Every fuzz target over its corpus, every truncation of it (as many as there is time for) and seeded mutations.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lint/lib.sh
bin=build/${CC:-gcc}-asan/tests/fuzz
seconds=2

# Bytes of the link as this build writes them: those of the corpus are of older schemas.
captures="iccp mms interleaved both other/dns tcp/order tcp/overlap inline/overlap inline/syn"
mkdir -p "$work/fresh"
for c in $captures; do
	"$bin/seeds" "$work/fresh" "build/captures/$c.pcap" >"$work/out" 2>&1 || report "fuzz seeds of $c" "$(head -n 20 "$work/out")"
done

# run TARGET BINARY: status in $code, all output in $work/out
run() {
	more=
	[ "$1" = ha_wire ] && more=$work/fresh/ha_wire
	"$bin/$2" --goals --truncate --mutate 1000000 --seconds $seconds --save "$work/found" $more "tests/fuzz/corpus/$1" >"$work/out" 2>&1
	code=$?
}

for t in packet cotp ber osi mms_iccp other rule conf ha_wire ha_link engine; do
	run $t $t
	if [ $code -eq 0 ]; then
		echo "ok - fuzz $t: $(tail -n 1 "$work/out")"
	else
		kept=build/fuzz/$t-corpus
		mkdir -p build/fuzz
		[ -f "$work/found" ] && mv "$work/found" "$kept"
		report "fuzz $t" "exit status $code; the input is $kept
$(head -n 40 "$work/out")"
	fi
done

# planted BINARY WHAT PATTERN
planted() {
	run packet "$1"
	must_find "fuzz notices $2" "$3" "$(cat "$work/out")"
	if [ $code -eq 0 ]; then
		report "fuzz fails on $2" "exit status 0"
	fi
}
seconds=3
planted planted_1 "an octet read past the end" "heap-buffer-overflow"
planted planted_2 "a promise broken" "does not hold"
planted planted_3 "a leak" "LeakSanitizer"
printf 'x' >"$work/one"
"$bin/packet" --goals "$work/one" >"$work/out" 2>&1
[ $? -eq 3 ] || echo "not noticed" >"$work/out"
must_find "fuzz notices seeds that no longer reach their goals" "goal not reached: TCP" "$(cat "$work/out")"
exit $failed
