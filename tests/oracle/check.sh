#!/bin/sh
# limit: 120
# A few schedules of each of the oracle's classes, a few more with a node that dies, and the broken programs that it finds out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/oracle/lib.sh
need_root "the oracle"

# reads_the_same NAME ARGUMENT...: nothing is found, or what is.
reads_the_same() {
	name=$1
	shift
	if play oracle "$@" --examples >"$work/played" 2>&1; then
		result "$name" ""
	else
		result "$name" "$(grep -A 60 -m 1 '^  [a-z]*: ' "$work/played" || cat "$work/played")"
	fi
}

topology
finds_out "an engine that lets the last copy win is found out" oracle-last --class covered --n 60
finds_out "an engine that compares nothing is found out" oracle-loose --class differ --n 60
finds_out "a node that lets out what it has not committed is found out" oracle-early --class plain --n 60 --failover
reads_the_same "the application reads what the decoders saw, 300 schedules" --n 300
reads_the_same "the same where a node dies at some packet, 100 schedules" --n 100 --failover
tear_down
result "nothing of the run is left" "$(leftovers)"
exit $failed
