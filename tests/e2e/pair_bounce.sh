#!/bin/sh
# reboot-interfaces-on-swap: the node that steps down takes its interfaces down and up, not those to the peer, and nothing of what
# they had is lost; the one that takes over, and a pair that is not asked to, leave them alone.
# limit: 180
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "interfaces that are set down and up"
event="interfaces set down and up"

downs() { # NODE: how often each of its interfaces has been down
	for i in lan0 wan0 ha0; do
		in_ns "$1" cat "/sys/class/net/$i/carrier_down_count"
	done | xargs
}

# What a node has of its own, without the pair's addresses.
own() {
	ip -n "$run_id-$1" -o addr show | grep -vE ' fe80:| 10\.[12]\.0\.1/| fd0[12]::1/' | sed 's/^[0-9]*: //'
	ip -n "$run_id-$1" -4 route show table all | grep -vE ' 10\.[12]\.0\.1 '
	ip -n "$run_id-$1" -6 route show table all | grep -vE 'fe80:|ff00::| fd0[12]::1 '
}

same_own() {
	[ "$(own "$1")" = "$(cat "$work/own-$1")" ]
}

are_up() { # NODE
	[ "$(ip -n "$run_id-$1" -br link show up | grep -cE '^(lan0|wan0|ha0)@')" = 3 ]
}

own_routes() {
	for node in a b; do
		ip -n "$run_id-$node" route add 10.77.0.0/16 via 10.1.0.2
		ip -n "$run_id-$node" route add 10.78.0.0/16 via 10.2.0.2 metric 5
		ip -n "$run_id-$node" -6 route add fd77::/64 via fd01::2
	done
}

answered() {
	in_ns client ping -c 1 -W 1 10.2.0.2 >/dev/null 2>&1
}

# switched NODE LAN WAN HA: it is told to leave, and its interfaces have been down so often more.
switched() {
	node=$1 peer=$(other "$1")
	had_events=$(events "$node" "$event") had_downs=$(downs "$node") had_peer=$(downs "$peer") quality=$(events "$node" "quality changed")
	own "$node" >"$work/own-$node"
	ask "$node" ha passive >"$work/out" || cat "$work/out"
	until_true 5 is_role "$peer" active || echo "$peer does not take over"
	until_true 3 answered || echo "no answer over $peer"
	until_settled 15
	until_true 3 are_up "$node" || ip -n "$run_id-$node" -br link
	until_true 3 same_own "$node" || { echo "$node has other addresses or routes:"; own "$node" | diff "$work/own-$node" -; }
	now=$(downs "$node")
	[ "$(echo "$had_downs" "$now" | awk '{ print $4 - $1, $5 - $2, $6 - $3 }')" = "$2 $3 $4" ] ||
		echo "$node's lan0, wan0, ha0 were down $had_downs times before, $now after"
	[ "$(downs "$peer")" = "$had_peer" ] || echo "$peer's were down: $had_peer, $(downs "$peer")"
	[ $(($(events "$node" "$event") - had_events)) = "$2" ] || echo "$node: $(events "$node" "$event") events, $had_events before"
	[ "$(events "$node" "quality changed")" = "$quality" ] || grep 'quality changed' "$work/$node.eve"
	only_active_has_vips
	ask a ha reset >/dev/null
	ask b ha reset >/dev/null
}

there_and_back() {
	sims r 5 --rate 20 --acked --seconds 600 --hold-at conclude
	switched a 1 1 0
	switched b 1 1 0
	quiet r
	ends r 5
	grep "$event" "$work/a.eve" | grep -q '"text":"lan0 wan0"' || grep "$event" "$work/a.eve"
	grep reboot-interfaces "$work/ipsd-a" "$work/ipsd-b"
}

# The peer dies while they are down: this node works again, at once.
wanted_again() {
	ask a ha passive >"$work/out" || cat "$work/out"
	until_true 5 is_role b active || echo "b does not take over"
	until_true 3 is_down a || echo "not the case to be tested: a's are up"
	stop ipsd-b KILL
	until_true 10 is_role a active || echo "a does not take over"
	until_true 3 answered || echo "no answer over a"
	are_up a || ip -n "$run_id-a" -br link
	node_start b
	node_ready b
	ask a ha reset >/dev/null
	until_settled 15
}

is_down() { # NODE
	! are_up "$1"
}

# The daemon dies while they are down: they come up all the same.
daemon_dies() {
	own a >"$work/own-a"
	ask a ha passive >"$work/out" || cat "$work/out"
	until_true 5 is_down a || echo "not the case to be tested: a's are up"
	stop ipsd-a KILL
	until_true 3 are_up a || ip -n "$run_id-a" -br link
	ip -n "$run_id-a" route show | grep -q '^10.77.0.0/16 via 10.1.0.2 dev lan0' || ip -n "$run_id-a" route show
}

not_asked_to() {
	ha_1="set session-pickup enable"
	pair_start || return
	switched a 0 0 0
}

nodes_up || skip_all "interfaces that are set down and up" "bridges cannot be made here"
own_routes
ha_1="set session-pickup enable
    set reboot-interfaces-on-swap enable"
try "the pair comes up" pair_start
try "who steps down takes its interfaces down and up, with all they had, and no connection is harmed" there_and_back
try "they are up at once when the node works again" wanted_again
try "they come up although the daemon dies" daemon_dies
pair_stop
try "none goes down that is not to" not_asked_to
pair_stop
try "nothing is left behind" all_gone
exit $failed
