#!/bin/sh
# fuzz.sh SECONDS TARGET...: fuzzes one target after the other; new inputs are kept in build/fuzz/corpus.
# Ends with a line a target: name, runs, seconds, findings. A finding's input is build/fuzz/TARGET-<kind>-<sum>.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/fuzz/lib.sh
bin=build/clang-fuzz/tests/fuzz
seconds=$1
shift
status=0
rm -rf build/fuzz/fresh
mkdir -p build/fuzz/fresh
: >build/fuzz/table
# Bytes of the link as this build writes them: those of the corpus are of older schemas.
find build/captures -name '*.pcap' -size -20k | xargs "$bin/seeds" build/fuzz/fresh

for t; do
	log=build/fuzz/$t.log
	mkdir -p "build/fuzz/corpus/$t"
	words "tests/fuzz/corpus/$t" >"build/fuzz/$t.dict"
	more=
	[ "$t" = ha_wire ] && more=build/fuzz/fresh/ha_wire
	echo "  FUZZ  $t"
	begin=$(date +%s)
	ASAN_OPTIONS=malloc_context_size=6 "$bin/$t" -entropic=0 -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=4096 -print_final_stats=1 \
		-dict="build/fuzz/$t.dict" -artifact_prefix="build/fuzz/$t-" "build/fuzz/corpus/$t" "tests/fuzz/corpus/$t" $more >"$log" 2>&1
	code=$?
	findings=$(grep -cE 'Test unit written to .*-(crash|oom|timeout|leak)-' "$log")
	if [ $code -ne 0 ] && [ "$findings" -eq 0 ]; then
		findings=1
	fi
	if [ "$findings" -ne 0 ]; then
		status=1
		grep -E 'does not hold|ERROR|runtime error|Test unit written' "$log"
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	printf '%-10s %12s %8s %8s\n' "$t" "${runs:-0}" "$(($(date +%s) - begin))" "$findings" >>build/fuzz/table
done
printf '%-10s %12s %8s %8s\n' target runs seconds findings
cat build/fuzz/table
exit $status
