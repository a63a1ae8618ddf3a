#!/bin/sh
# A standby joins a node with many sessions while these go on, and takes over: all of them go on there. Few of them here; the
# benchmark by itself takes a million: build/gcc-release/bench/bulk_bench
set -u
B=${B:-build/gcc-release}
N=${N:-20000}
out=$("$B/bench/bulk_bench" "$N" 2>&1)
rc=$?
resumed=$(echo "$out" | sed -n 's/^\([0-9]*\) of \1 sessions resumed, none opened anew.*/\1/p')
if [ $rc -eq 0 ] && [ "${resumed:-0}" -ge "$N" ]; then
	echo "ok - bulk: $resumed of $resumed sessions resumed; $(echo "$out" | grep -E '^(bulk|standby|promotion)' | tr '\n' ';')"
else
	echo "not ok - bulk: exit $rc: $out"
	exit 1
fi
out=$("$B/bench/bulk_bench" --lose 2000 2>&1) && { echo "not ok - bulk: a lost session does not show: $out"; exit 1; }
case $out in
*"some opened anew"*) echo "ok - bulk: one lost session shows" ;;
*) echo "not ok - bulk: a lost session fails otherwise: $out"; exit 1 ;;
esac
