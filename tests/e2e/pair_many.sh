#!/bin/sh
# Two nodes live with many sessions, short and long, with datagrams, and with sessions that are not to be shared.
# limit: 240
#
# E2E_LONG=1: more connections.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "many sessions over the live pair"
short=5000 held=2000
[ -z "${E2E_LONG:-}" ] || short=50000 held=7000
traffic=$B/tests/e2e/traffic

# --- cases ---
sessions_of() {
	ask "$1" sys session list --json | jq -s 'length'
}

# serve: the other end of conns.
serve() {
	start cs server "$conns" server 10.2.0.2 7000
	ready cs || cat "$work/cs"
}

# well NAME: findings unless every connection of that client came to its end, with every octet.
well() {
	until_true 60 gone "$(cat "$work/$1.pid")" || echo "$1 does not end"
	for n in resets refused wrong stuck; do
		[ "$(counter "$1" $n)" = 0 ] || echo "$1: $n is $(counter "$1" $n)"
	done
	[ "$(counter "$1" done)" = "$2" ] || echo "$1: $(counter "$1" done) of $2 were done"
	[ "$(counter "$1" octets_received)" = "$(counter "$1" octets_sent)" ] || echo "$1: octets differ"
}

# Connections come and go by the thousands while the active one dies; others stay, and are used before and after.
short_ones() {
	serve
	start hold client "$conns" hold 10.2.0.2 7000 200
	ready hold 15 || cat "$work/hold"
	start short client "$conns" short 10.2.0.2 7000 $short 200
	ready short 30 || cat "$work/short"
	! gone "$(cat "$work/short.pid")" || echo "they have ended before the death"
	kill_engine "$(active)"
	well short $short
	use hold
	stop hold
	well hold 200
	stop cs
	[ "$(counter cs octets_received)" = "$(($(counter short octets_sent) + $(counter hold octets_sent)))" ] ||
		echo "the server received $(counter cs octets_received) octets"
	[ "$(counter cs resets)" = 0 ] || echo "the server saw $(counter cs resets) resets"
}

# use NAME: all that it holds are used once more.
use() {
	kill -USR1 "$(cat "$work/$1.pid")"
	until_true 30 grep -q '^used' "$work/$1" || echo "$1: not all can be used"
}

# A standby that comes late gets the whole table beside live traffic, and then carries it.
late_standby() {
	works=$(active) late=$(other "$(active)")
	stop "ipsd-$late"
	serve
	start bulk client "$conns" hold 10.2.0.2 7000 $held
	ready bulk 30 || cat "$work/bulk"
	sims m 10 --rate 20 --acked --seconds 600 --hold-at conclude
	t=$(now)
	node_start "$late"
	until_settled 20
	echo "# $(sessions_of "$works") sessions: in sync $(echo "$t $(now)" | awk '{ printf "%d", ($2 - $1) * 1000 }') ms after the daemon's start" >"$work/said"
	shared=$(ask "$late" share list --json | jq -s 'length')
	[ "$shared" -ge $((held + 10)) ] || echo "$late has $shared sessions"
	kill_engine "$works"
	use bulk
	[ "$(ask "$late" sys session list --json | jq -s '[.[] | select(.server_port == 7000)] | length')" = $held ] ||
		echo "$late has $(sessions_of "$late") sessions"
	quiet m
	ends m 10
	stop bulk
	well bulk $held
	stop cs
	only_active_has_vips
}

# Datagrams and echoes: what was not released is lost as on a wire, the flow goes on, and it is the same session.
datagrams() {
	start echo server "$traffic" udp-echo 10.2.0.2 9000
	works=$(active)
	start pings client ping -i 0.05 -c 60 -W 1 10.2.0.2
	start udp client sh -c "for i in \$(seq 20); do TRAFFIC_WAIT=200 $traffic udp 10.2.0.2 9000 20 200; sleep 0.1; done"
	sleep 1
	kill_engine "$works"
	until_true 15 gone "$(cat "$work/pings.pid")" || echo "ping does not end"
	until_true 15 gone "$(cat "$work/udp.pid")" || stop udp
	back=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/pings")
	[ "${back:-0}" -ge 50 ] || cat "$work/pings"
	in_ns client "$traffic" udp 10.2.0.2 9000 50 200 >"$work/udp2" || cat "$work/udp2"
	in_ns client ping -c 3 -i 0.1 -W 1 10.2.0.2 >"$work/ping2" || cat "$work/ping2"
	in_ns client ping -6 -c 3 -i 0.1 -W 1 fd02::2 >"$work/ping2" || cat "$work/ping2"
	echo "# $back of 60 echoes came back across a death" >"$work/said"
	stop echo
}

# Not to be shared: by the policy, or all TCP.
unshared() { # SHARED: how many of either port
	serve
	start two client "$conns" hold 10.2.0.2 7000 20
	ready two || cat "$work/two"
	start srv102 server "$conns" server 10.2.0.2 102
	ready srv102 || cat "$work/srv102"
	start three client "$conns" hold 10.2.0.2 102 5
	ready three || cat "$work/three"
	sleep 0.3
	works=$(active) peer=$(other "$(active)")
	[ "$(sessions_of "$works")" = 25 ] || echo "$works has $(sessions_of "$works") sessions, not 25"
	shared=$(ask "$peer" share list --json | jq -s -c '[([.[] | select(.server_port == 7000)] | length), ([.[] | select(.server_port == 102)] | length)]')
	[ "$shared" = "$1" ] || echo "$peer has of ports 7000 and 102: $shared, not $1"
	for c in two three; do
		use $c
		stop $c
	done
	well two 20
	well three 5
	stop cs
	stop srv102
	pair_stop
}

held_service='config firewall service custom
    edit "held"
        set tcp-portrange 7000
    next
end'
others_shared='config firewall policy
    edit 2
        set action accept
        set utm-status enable
        set ips-sensor "test"
    next
end'

nodes_up || skip_all "many sessions over the live pair" "bridges cannot be made here"
try "the pair comes up" pair_start "config system ha
    set session-pickup-connectionless enable
end"
try "$short short connections with a death in the middle, 200 that stay" short_ones
try "a standby that comes late to $held sessions" late_standby
said
try "datagrams and echoes go on across a death" datagrams
said
pair_stop
policy_1='set service "held"
        set session-sync disable'
pair_start "$held_service" "$others_shared" || failed=1
policy_1=
try "sessions of a policy without session-sync are not shared" unshared '[0,5]'
ha_1='set session-pickup disable'
pair_start || failed=1
try "without session-pickup no TCP session is shared" unshared '[0,0]'
try "nothing is left behind" all_gone
exit $failed
