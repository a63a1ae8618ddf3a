#!/bin/sh
# Two nodes live under 200 associations, played captures, a bulk transfer and a flow of numbered datagrams: every kind of failure,
# what each costs, and what was inspected against what was received, connection by connection.
# limit: 400
# alone
#
# FIGURES_RUNS=50: so many of each kind, and so many deaths in a row (make figures); 1 and 5 otherwise. Times are printed, not
# judged: the machine may be busy. What is lost of a connection, comes twice or is received uninspected is a failure; of datagrams
# those are lost that wait on a node that dies, so that they are counted; a planned switch loses none.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
. tests/e2e/figures_lib.sh
need_root "figures of the live pair"
runs=${FIGURES_RUNS:-1} in_a_row=${FIGURES_RUNS:-5} assocs=${FIGURES_ASSOCIATIONS:-200}
KINDS="nothing killed stopped main_link both_links interface switched"

# --- kinds of failure: each leaves the pair at rest --------------------------------------------------------------
nothing() {
	sleep 0.5
}

# over TO: the other node works, and the pair is whole again.
over() {
	until_true 5 is_role "$1" active || echo "$1 does not take over"
	until_settled 15
	[ "$(active)" = "$1" ] || echo "$(active) is active, not $1"
}

killed() {
	kill -9 "$(engine_pid "$works")"
	over "$(other "$works")"
}

stopped() {
	kill -STOP "$(engine_pid "$works")"
	over "$(other "$works")"
}

stays() {
	until_settled
	[ "$(active)" = "$works" ] || echo "$(active) is active, not $works"
}

main_link() {
	ip -n "$run_id-a" link set ha0 down
	until_true 5 link_in_use "backup link" || echo "the backup link is not used"
	ip -n "$run_id-a" link set ha0 up
	until_true 10 link_in_use "main link" || echo "the main link is not used again"
	stays
}

both_links() {
	ip -n "$run_id-a" link set ha0 down
	ip -n "$run_id-b" link set ha1 down
	sleep 0.25
	ip -n "$run_id-a" link set ha0 up
	ip -n "$run_id-b" link set ha1 up
	until_true 10 link_in_use "main link" || echo "the main link is not used again"
	stays
}

interface() {
	ip -n "$run_id-lc" link set "p$works" down
	until_true 5 is_role "$(other "$works")" active || echo "$(other "$works") does not take over"
	ip -n "$run_id-lc" link set "p$works" up
	over "$(other "$works")"
	until_true 5 quality_is "$works" 100 || ask "$works" ha info
}

switched() {
	ask "$works" ha passive >"$work/out" || cat "$work/out"
	over "$(other "$works")"
	for node in a b; do
		ask $node ha reset >"$work/out" || cat "$work/out"
	done
}

# All its cables at once, and its processes.
host_lost() {
	victims="$(cat "$work/ipsd-$works.pid") $(engine_pid "$works")"
	ip -n "$run_id-$works" -batch "$work/links.down"
	# shellcheck disable=SC2086 # two of them
	kill -9 $victims
	until_true 5 is_role "$(other "$works")" active || echo "$(other "$works") does not take over"
	ip -n "$run_id-$works" -batch "$work/links.up"
	node_start "$works"
	over "$(other "$works")"
}

# --- cases -------------------------------------------------------------------------------------------------------
# one KIND: that failure once, and its figures.
one() {
	works=$(active)
	[ -n "$works" ] || until_settled
	works=$(active)
	mark >/dev/null
	$1
	figures=$(mark)
	echo "$1 $figures" >>"$work/figures"
	case $figures in
	*" doubled 0 "*) ;;
	*) echo "$1: datagrams came twice: $figures" ;;
	esac
	case $1/$figures in
	switched/*" lost 0 "* | [!s]*/* | stopped/*) ;;
	*) echo "$1: datagrams were lost: $figures" ;;
	esac
}

# What the simulators have found so far.
unharmed() {
	for end in f-c f-s; do
		numbers_of $end
		for n in resets bad mismatches; do
			[ "$(counter $end $n)" = 0 ] || echo "$1: $end: $n is $(counter $end $n)"
		done
	done
	[ -z "${iperf:-}" ] || ! gone "$(cat "$work/iperf-c.pid")" || echo "$1: iperf3 has ended: $(tail -n 3 "$work/iperf-c")"
}

# rest TIMES SECONDS: a daemon whose engine dies ten times within a minute gives up.
rest() {
	[ "$1" -lt 10 ] || sleep "$2"
}

rounds() {
	for i in $(seq "$runs"); do
		for kind in $KINDS; do
			# who has just begun to work hands nothing over unasked, for four dead intervals
			[ $kind != interface ] || sleep 2.5
			one $kind
		done
		unharmed "round $i"
		rest "$runs" 4
	done
}

deaths() {
	for i in $(seq "$in_a_row"); do
		one killed
		rest "$in_a_row" 4
	done
	unharmed "deaths in a row"
	only_active_has_vips
}

host_losses() {
	for i in $(seq "$runs"); do
		one host_lost
		one stopped
		rest "$runs" 7 # the same one each time
	done
}

begin_all() {
	start sink server "$pace" watch 10.2.0.2 9000
	ready sink || cat "$work/sink"
	start source client "$pace" send 10.2.0.2 9000 500
	sims f "$assocs" --rate 2 --acked --poll 1000 --seconds 3600 --hold-at conclude
	[ -z "${iperf:-}" ] || bulk_begins
	plays_begin
}

# Everything falls silent; then each end of each connection has received what the engines have inspected.
end_all() {
	until_settled 15
	plays_end
	[ -z "${iperf:-}" ] || kill -STOP "$(cat "$work/iperf-c.pid")"
	quiet f
	until_true 5 all_inspected || cat "$work/uninspected"
	[ "$(wc -l <"$work/received")" -ge $((2 * assocs)) ] || echo "only $(wc -l <"$work/received") ends were compared"
	datagrams_inspected
	[ -z "${iperf:-}" ] || bulk_ends
	ends f "$assocs"
	stop source
	stop sink
	digests_agree
}

# --- faults that must be found -----------------------------------------------------------------------------------
# Octets pass by the queue for a moment: what was received is not what was inspected.
by_the_queue() {
	start sink server "$pace" watch 10.2.0.2 9000
	ready sink || cat "$work/sink"
	start source client "$pace" send 10.2.0.2 9000 500
	sims p 20 --rate 20 --acked --seconds 600 --hold-at conclude --patience 5
	sleep 0.3
	for dev in lan0 wan0; do
		in_ns "$(active)" iptables -t raw -I PREROUTING -i $dev -j ACCEPT
	done
	sleep 0.3
	for dev in lan0 wan0; do
		in_ns "$(active)" iptables -t raw -D PREROUTING -i $dev -j ACCEPT
	done
	sleep 0.5
	stop source
	until_true 1 all_inspected && echo "it is not found in connections"
	[ -n "$(datagrams_inspected)" ] || echo "it is not found in datagrams"
	stop p-c
	stop p-s
	stop sink
	ask "$(active)" session clear >/dev/null # behind a hole their ends are not believed, and what they had would be summed up with the rest
}

# A datagram and a piece of a message that come twice.
twice() {
	start sink server "$pace" watch 10.2.0.2 9000
	ready sink || cat "$work/sink"
	start source client "$pace" send 10.2.0.2 9000 500 300
	sleep 0.5
	case $(mark) in
	*" doubled 1 "*) ;;
	*) echo "a doubled datagram is not found: $(cat "$work/sink")" ;;
	esac
	stop source
	stop sink
	start t-s server "$tools/iccp-sim" server --listen 10.2.0.2 --patience 5
	ready t-s || cat "$work/t-s"
	in_ns client "$tools/iccp-sim" client --connect 10.2.0.2 --acked --reports 5 --double-at 900 --patience 5 >"$work/t-c" 2>&1
	stop t-s
	[ "$(counter t-c bad)/$(counter t-s bad)" != 0/0 ] || cat "$work/t-c" "$work/t-s"
}

said() {
	echo "# $runs runs of each kind, $in_a_row deaths in a row, $assocs associations; $(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg); $1"
	awk -f tests/e2e/figures.awk "$work/figures"
	: >"$work/figures"
}

nodes_up || skip_all "figures of the live pair" "bridges cannot be made here"
figures_net
iperf=$(command -v iperf3) || echo "skip - a bulk transfer beside: iperf3 is not installed"
try "the pair comes up with two links" figures_pair
try "octets that pass by the queue are found" by_the_queue
try "what comes twice is found" twice
try "all of the traffic begins" begin_all
try "$runs of each: $KINDS" rounds
try "$in_a_row deaths in a row, in turn" deaths
try "every connection: received is inspected, octet for octet; nothing reset, lost or doubled" end_all
said "heartbeats 100 ms x 6"
pair_stop
hb_interval=10 hb_lost=3
try "the pair comes up with heartbeats of 10 ms, dead after three" figures_pair
assocs=20
try "traffic begins" begin_all
try "$runs hosts lost with all their cables, $runs engines that stand still" host_losses
try "every connection of that: received is inspected" end_all
said "heartbeats 10 ms x 3"
pair_stop
try "nothing is left behind" all_gone
exit $failed
