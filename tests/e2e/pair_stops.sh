#!/bin/sh
# Two nodes live that stand still, one or the other, and a link between them that fails: who works, and what is lost.
# limit: 240
#
# Case by case what holds with one HA link: see lost_link().
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "the live pair standing still"
bound_ms=3000 # of a pause that the peer ends: dead interval 600 ms, retransmission, a busy machine

# --- cases ---
within() { # NAME: findings when a receiver waited for longer
	for end in c s; do
		gap=$(counter "$1-$end" longest_gap_ms)
		[ "${gap:-99999}" -le $bound_ms ] || echo "$1-$end waited for $gap ms"
	done
}

# The engine stands still for 3 s: its parent gives it up, the peer works on, and it comes back as the standby.
engine_stops() {
	sims e 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active) peer=$(other "$(active)")
	stopped=$(engine_pid "$works")
	t=$(now)
	kill -STOP "$stopped"
	until_true 5 is_role "$peer" active || echo "$peer does not take over"
	echo "# an engine that stands still: the peer is active after $(active_after "$peer" "$t") ms" >"$work/said"
	sleep 3
	kill -CONT "$stopped" 2>/dev/null && is_engine "$stopped" && echo "the parent has not ended it"
	grep -q 'stands still: killed' "$work/ipsd-$works" || cat "$work/ipsd-$works"
	until_settled
	[ "$(active)" = "$peer" ] || echo "$(active) is active, not $peer"
	only_active_has_vips
	quiet e
	ends e 20
	within e
}

is_engine() {
	[ "$(cat "/proc/$1/comm" 2>/dev/null)" = ipsd ]
}

# The whole node stands still, as a suspended machine does. What waits in its queue when it goes on is old: it must not leave.
# Datagrams tell: what arrives at the server is what it was sent through the peer.
node_stops() {
	sims n 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active) peer=$(other "$(active)")
	start sink server "$B/tests/e2e/traffic" udp-echo 10.2.0.2 9000
	start flood client "$B/tests/e2e/traffic" udp-flood 10.2.0.2 9000 1 100
	victims="$(cat "$work/ipsd-$works.pid") $(engine_pid "$works")"
	t=$(now)
	# shellcheck disable=SC2086 # two of them
	kill -STOP $victims
	until_true 5 is_role "$peer" active || echo "$peer does not take over"
	echo "# a node that stands still: the peer is active after $(active_after "$peer" "$t") ms" >"$work/said"
	sleep 2.5
	waits=$(in_ns "$works" awk '{ n += $3 } END { print n + 0 }' /proc/net/netfilter/nfnetlink_queue)
	forwarded=$(forwarded "$works")
	# shellcheck disable=SC2086
	kill -CONT $victims
	until_settled 15
	[ "$(active)" = "$peer" ] || echo "$(active) is active, not $peer"
	only_active_has_vips
	[ "$(events "$works" "slept: what had waited was dropped")" -ge 1 ] || grep -q 'stands still: killed' "$work/ipsd-$works" ||
		echo "$works does not say that it stood still"
	[ "$waits" -gt 0 ] || echo "nothing was waiting in its queue"
	[ "$(forwarded "$works")" = "$forwarded" ] || echo "$(($(forwarded "$works") - forwarded)) of $waits packets that waited were forwarded"
	echo "# $waits packets waited in its queue, none left" >>"$work/said"
	quiet n
	ends n 20
	within n
	stop sink
}

# What the kernel of that node has forwarded.
forwarded() {
	in_ns "$1" awk '/^Ip: [0-9]/ { n = $7 } END { print n }' /proc/net/snmp
}

# The standby stands still, or dies: the active one goes on, after a pause of at most the time in which a death is told.
standby_stops() { # SIGNAL
	sims "s$1" 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active) peer=$(other "$(active)")
	became=$(events "$works" "became active")
	stopped=$(engine_pid "$peer")
	kill "-$1" "$stopped"
	sleep 2
	kill -CONT "$stopped" 2>/dev/null
	until_settled
	[ "$(active)" = "$works" ] || echo "$(active) is active, not $works"
	[ "$(events "$works" "became active")" = "$became" ] || echo "roles have changed"
	only_active_has_vips
	quiet "s$1"
	ends "s$1" 20
	within "s$1"
	echo "# the standby gets SIG$1: longest gap at a receiver $(counter "s$1-c" longest_gap_ms) ms (client)" >"$work/said"
}

# The link is away for less than the dead interval: nobody changes, nothing is lost.
short_break() {
	sims b 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active)
	before_terms=$(terms)
	ip -n "$run_id-a" link set ha0 down
	sleep 0.25
	ip -n "$run_id-a" link set ha0 up
	sleep 1.5
	until_settled
	[ "$(active)" = "$works" ] || echo "$(active) is active, not $works"
	[ "$(terms)" = "$before_terms" ] || echo "terms have changed"
	only_active_has_vips
	quiet b
	ends b 20
	within b
}

# The only link is away for longer: the standby hears nobody, but the pair's addresses answer it, so that it goes on as it is.
lost_link() {
	sims l 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active) peer=$(other "$(active)")
	before_terms=$(terms)
	ip -n "$run_id-a" link set ha0 down
	until_true 5 peer_held "$peer" || ask "$peer" ha info
	sleep 2
	[ "$(role_of "$works")/$(role_of "$peer")" = active/passive ] || echo "$works is $(role_of "$works"), $peer $(role_of "$peer")"
	ip -n "$run_id-a" link set ha0 up
	until_settled
	[ "$(active)" = "$works" ] || echo "$(active) works on, not $works"
	[ "$(terms)" = "$before_terms" ] || echo "terms have changed: $before_terms, $(terms)"
	only_active_has_vips
	quiet l
	ends l 20
	within l
}

peer_held() {
	ask "$1" ha info | grep -q 'answers on the data side'
}

# The link is away, then the active one dies: nobody can tell the standby, but nobody answers it either.
lost_link_then_death() {
	works=$(active) peer=$(other "$(active)")
	link_lets DROP
	until_true 5 peer_held "$peer" || ask "$peer" ha info
	victims="$(cat "$work/ipsd-$works.pid") $(engine_pid "$works")"
	# shellcheck disable=SC2086 # two of them
	kill -9 $victims
	t=$(now)
	# its addresses go by their lifetime of 3 s
	until_true 8 is_role "$peer" active || echo "$peer does not take over: $(role_of "$peer")"
	echo "# $peer is active after $(active_after "$peer" "$t") ms" >"$work/said"
	node_start "$works"
	# it hears nobody; the pair's addresses answer
	sleep 3
	[ "$(role_of "$works")/$(role_of "$peer")" = starting/active ] || echo "$works is $(role_of "$works"), $peer $(role_of "$peer")"
	link_lets ACCEPT
	until_settled 15
	[ "$(active)" = "$peer" ] || echo "$(active) is active, not $peer"
	only_active_has_vips
}

# The link's ends keep their carrier; nothing passes, or all does.
link_lets() { # DROP or ACCEPT
	for node in a b; do
		in_ns $node iptables -D INPUT -i ha0 -j DROP 2>/dev/null
		[ "$1" = ACCEPT ] || in_ns $node iptables -I INPUT -i ha0 -j DROP
	done
}

# The link and the data side of one node are away: both work, for nobody answers anybody. Whichever node the neighbours know forwards
# with what it was told up to the break, and once all is back exactly one works on, that with the later term, and with the sessions of both.
both_work() {
	works=$(active) peer=$(other "$(active)")
	ip -n "$run_id-a" link set ha0 down
	for side in c s; do
		ip -n "$run_id-l$side" link set "p$peer" down
	done
	# associations that only the node that steps down in the end has seen
	sims w 20 --rate 20 --acked --seconds 600 --hold-at conclude
	until_true 5 is_role "$peer" active || echo "$peer does not take over: $(role_of "$peer")"
	is_role "$works" active || echo "$works is $(role_of "$works")"
	for side in c s; do
		ip -n "$run_id-l$side" link set "p$peer" up
	done
	sleep 1
	ip -n "$run_id-a" link set ha0 up
	t=$(now)
	until_true 10 settled
	echo "# both worked; $(echo "$t $(now)" | awk '{ printf "%d", ($2 - $1) * 1000 }') ms after the link's return one does" >"$work/said"
	until_settled
	[ "$(active)" = "$peer" ] || echo "$(active) works on, not $peer"
	[ "$(events "$peer" "sessions merged")" -ge 1 ] || echo "$peer does not say that it merges"
	quiet w
	ends w 20
	[ "$(events "$works" "steps down before the peer")" -ge 1 ] || echo "$works does not say that it steps down"
	only_active_has_vips
}

# An interface of the active node loses its carrier: the other node is the better one, and nothing is lost.
quality_falls() {
	sims q 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active) peer=$(other "$(active)")
	ip -n "$run_id-lc" link set "p$works" down
	until_true 5 is_role "$peer" active || echo "$peer does not take over: $(role_of "$peer")"
	until_true 5 quality_is "$works" 50 || ask "$works" ha info
	grep '"hands over"' "$work/$works.eve" | tail -n 1 | grep -q '"quality"' || echo "$works does not say why it hands over"
	ip -n "$run_id-lc" link set "p$works" up
	until_settled
	quality_is "$works" 100 || until_true 5 quality_is "$works" 100 || ask "$works" ha info
	[ "$(active)" = "$peer" ] || echo "$(active) is active, not $peer"
	only_active_has_vips
	quiet q
	ends q 20
}

quality_is() { # NODE PERCENT
	ask "$1" ha info | grep -q "^quality *: $2 "
}

nodes_up || skip_all "the live pair standing still" "bridges cannot be made here"
try "the pair comes up" pair_start
try "the active engine stands still for 3 s" engine_stops
said
try "the active node stands still for 3 s: nothing of what waited leaves" node_stops
said
try "the standby stands still" standby_stops STOP
said
try "the standby dies" standby_stops KILL
said
try "the link is away for less than the dead interval" short_break
try "the only link is away for longer: the standby finds the active one on the data side" lost_link
try "the only link is away, and the active one dies" lost_link_then_death
said
try "link and data side are away: both work, and one in the end" both_work
said
try "an interface of the active one fails: the better one takes over" quality_falls
pair_stop
try "nothing is left behind" all_gone
exit $failed
