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

# unharmed FILE WHEN: the pauses since the last mark go there; findings when a datagram was lost, came twice or too late.
unharmed() {
	for sink in sink-s sink-c; do
		report=$(mark $sink)
		case $report in
		*" lost 0 doubled 0 late 0") ;;
		*) echo "$2: $sink: $report" ;;
		esac
		echo "$report" | sed 's/^pause_ms \([^ ]*\) .*/\1/' >>"$work/$1"
	done
}

switches() {
	: >"$work/pauses"
	: >"$work/pauses.none"
	: >"$work/pauses.joins"
	sims w 20 --rate 20 --acked --seconds 3600 --hold-at conclude
	streams_begin
	for i in $(seq "$runs"); do
		mark sink-s >/dev/null
		mark sink-c >/dev/null
		sleep 0.5
		unharmed pauses.none "before switch $i"
		switch_over
		unharmed pauses "switch $i"
		sleep 0.5
		unharmed pauses.joins "behind switch $i"
		at_rest "$(other "$was")"
		only_active_has_vips
	done
	streams_end
	quiet w
	ends w 20
	[ -z "${SWITCH_LIMIT_MS:-}" ] || percentile 99 <"$work/pauses" | awk -v most="$SWITCH_LIMIT_MS" '$1 > most { print "a pause of " $1 " ms" }'
}

# A host that does not listen to announcements: what it sends after the drain is lost, and found to be. Nothing else is, for the
# other side's hosts listen.
deaf() {
	mac=$(ip -n "$run_id-$(active)" -br link show lan0 | awk '{ print $3 }')
	streams_begin
	ip -n "$run_id-client" neigh replace 10.1.0.1 lladdr "$mac" dev eth0 nud permanent
	mark sink-s >/dev/null
	mark sink-c >/dev/null
	switch_over
	sleep 0.3
	ip -n "$run_id-client" neigh del 10.1.0.1 dev eth0
	sleep 0.3
	report=$(mark sink-s)
	[ "$(lost "$report")" -gt 0 ] || echo "what a deaf host sends is not found to be lost: $report"
	report=$(mark sink-c)
	[ "$(lost "$report")" = 0 ] || echo "sink-c: $report"
	at_rest "$(other "$was")"
	only_active_has_vips
	streams_end
}

# In the drain, made long by a deaf host: the engine of the one that leaves is killed, or stands still, or the link is lost. However it
# ends, one works, with the addresses, and associations go on.
in_the_drain() { # WHAT
	sims "d$1" 20 --rate 20 --acked --seconds 3600 --hold-at conclude
	works=$(active)
	peer=$(other "$works") victim=$(engine_pid "$works") handed=$(handed "$works")
	mac=$(ip -n "$run_id-$works" -br link show lan0 | awk '{ print $3 }')
	start sink server "$B/tests/e2e/traffic" udp-echo 10.2.0.2 9000
	start flood client "$B/tests/e2e/traffic" udp-flood 10.2.0.2 9000 1 100
	ip -n "$run_id-client" neigh replace 10.1.0.1 lladdr "$mac" dev eth0 nud permanent
	ask "$works" ha passive >"$work/out" || cat "$work/out"
	sleep 0.01
	case $1 in
	link) ip -n "$run_id-a" link set ha0 down ;;
	*) kill "-$1" "$victim" ;;
	esac
	ip -n "$run_id-client" neigh del 10.1.0.1 dev eth0
	sleep 2
	ip -n "$run_id-a" link set ha0 up
	kill -CONT "$victim" 2>/dev/null
	until_settled 15
	for node in a b; do
		ask $node ha reset >"$work/out" || cat "$work/out"
	done
	[ "$(handed "$works")" != "$handed" ] || echo "$works did not hand over"
	[ "$1" != KILL ] || [ "$(last_text "$peer" "became active")" = "the peer is dead" ] ||
		echo "$peer became active: $(last_text "$peer" "became active")"
	[ "$1" != link ] || [ "$(active)/$(last_text "$works" "nobody took over: works on")" = "$works/" ] ||
		[ "$(last_text "$peer" "became active")" = "the peer has left" ] || echo "$(active) is active"
	only_active_has_vips
	quiet "d$1"
	ends "d$1" 20
	stop flood
	stop sink
}

# handed NODE: when it last began to hand over, as its daemon remembers: the log of an engine that is killed may end before.
handed() {
	ask "$1" ha events | grep 'hands over' | tail -n 1
}

last_text() { # NODE EVENT
	grep "\"event\":\"$2\"" "$work/$1.eve" | tail -n 1 | jq -r '.ha.text // empty'
}

figures() {
	echo "$(percentile 50 <"$work/$1") $(percentile 99 <"$work/$1")"
}

switches_said() {
	echo "# pause at the receivers of a datagram each 0.5 ms, p50 and p99 in ms: $runs planned switches $(figures pauses);" \
		"half a second before $(figures pauses.none); behind, when the other node joins $(figures pauses.joins);" \
		"$(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

nodes_up || skip_all "planned switches" "bridges cannot be made here"
ha_1="set session-pickup enable
    set session-pickup-connectionless enable"
try "the pair comes up" pair_start
try "$runs planned switches: no datagram lost, doubled or out of order, no connection harmed" switches
switches_said
try "a host that does not listen to announcements: its loss is found" deaf
try "the engine dies while its node hands over" in_the_drain KILL
try "it stands still" in_the_drain STOP
try "the link is lost" in_the_drain link
pair_stop
try "nothing is left behind" all_gone
exit $failed
