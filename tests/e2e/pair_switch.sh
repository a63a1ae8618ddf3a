#!/bin/sh
# Planned switches of two live nodes under datagrams in both directions, every half a millisecond, and associations: not one
# datagram is lost, and hosts wait for milliseconds. Then what may go wrong while the one that leaves still works.
# limit: 240
# alone
#
# FIGURES_RUNS: so many switches (6). Pauses are printed, not judged: the machine may be busy. SWITCH_LIMIT_MS=5: they are, at p99.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "planned switches"
pace=$B/tests/e2e/pace
runs=${FIGURES_RUNS:-6}

# --- datagrams ---
streams_begin() {
	start sink-s server "$pace" watch 10.2.0.2 9000
	start sink-c client "$pace" watch 10.1.0.2 9001
	ready sink-s && ready sink-c || cat "$work/sink-s" "$work/sink-c"
	start source-c client "$pace" send 10.2.0.2 9000 500
	start source-s server "$pace" send 10.1.0.2 9001 500
	sleep 0.3
}

streams_end() {
	for name in source-c source-s sink-c sink-s; do
		stop $name
	done
}

# mark END: what that one has received since the last mark.
mark() {
	had=$(wc -l <"$work/$1")
	kill -USR1 "$(cat "$work/$1.pid")"
	until_true 2 more_lines "$1" "$had"
	tail -n 1 "$work/$1"
}

more_lines() {
	[ "$(wc -l <"$work/$1")" -gt "$2" ]
}

lost() { # of a mark
	echo "$1" | sed 's/.* lost \([0-9]*\) .*/\1/'
}

# --- switches ---
switch_over() {
	was=$(active)
	ask "$was" ha passive >"$work/out" || cat "$work/out"
	until_true 5 is_role "$(other "$was")" active || echo "$(other "$was") does not take over"
}

at_rest() { # NODE: it works, and nobody is forced
	until_settled 15
	[ "$(active)" = "$1" ] || echo "$(active) is active, not $1"
	for node in a b; do
		ask $node ha reset >"$work/out" || cat "$work/out"
	done
}

switches() {
	: >"$work/pauses"
	sims w 20 --rate 20 --acked --seconds 3600 --hold-at conclude
	streams_begin
	for i in $(seq "$runs"); do
		mark sink-s >/dev/null
		mark sink-c >/dev/null
		switch_over
		sleep 0.5
		for sink in sink-s sink-c; do
			report=$(mark $sink)
			case $report in
			*" lost 0 doubled 0 late 0") ;;
			*) echo "switch $i: $sink: $report" ;;
			esac
			echo "$report" | sed 's/^pause_ms \([^ ]*\) .*/\1/' >>"$work/pauses"
		done
		at_rest "$(other "$was")"
		only_active_has_vips
	done
	streams_end
	quiet w
	ends w 20
	[ -z "${SWITCH_LIMIT_MS:-}" ] || percentile 99 <"$work/pauses" | awk -v most="$SWITCH_LIMIT_MS" '$1 > most { print "a pause of " $1 " ms" }'
}

switches_said() {
	echo "# $runs planned switches, pause at the receivers of a datagram each 0.5 ms: $(percentile 50 <"$work/pauses") ms (p50)," \
		"$(percentile 99 <"$work/pauses") ms (p99); $(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

nodes_up || skip_all "planned switches" "bridges cannot be made here"
ha_1="set session-pickup enable
    set session-pickup-connectionless enable"
try "the pair comes up" pair_start
try "$runs planned switches: no datagram lost, doubled or out of order, no connection harmed" switches
switches_said
pair_stop
try "nothing is left behind" all_gone
exit $failed
