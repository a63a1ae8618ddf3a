#!/bin/sh
# What a pair must not do: wait for a peer that says nothing, forget a reload, lose a record, let anything pass beside its rules,
# or mind a second daemon.
# limit: 180
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "the pair's care"
bound_ms=3000

# Both processes of the standby stand still: its kernel goes on to acknowledge what the link sends.
silent_standby() {
	sims q 20 --rate 20 --acked --seconds 600 --hold-at conclude
	standby=$(other "$(active)")
	victims="$(cat "$work/ipsd-$standby.pid") $(engine_pid "$standby")"
	# shellcheck disable=SC2086 # two of them
	kill -STOP $victims
	sleep 3
	reports=$(numbers_of q-c; counter q-c reports)
	sleep 0.5
	[ "$(numbers_of q-c; counter q-c reports)" -gt "$reports" ] || echo "reports wait for a standby that says nothing"
	# shellcheck disable=SC2086
	kill -CONT $victims
	until_settled
	[ "$(active)" = "$(other "$standby")" ] || echo "the standby has taken over"
	quiet q
	ends q 20
	[ "$(counter q-c longest_gap_ms)" -le $bound_ms ] || echo "the client waited for $(counter q-c longest_gap_ms) ms"
}

# numbers of records: those that are in neither node's file between a session's first and last one.
holes() {
	cat "$work/a.eve" "$work/b.eve" | sed -n 's/.*"id":"\([0-9]*-[1-9][0-9]*\)-\([0-9]*\)".*/\1 \2/p' | sort -u |
		awk '{ n[$1]++; if ($2 > last[$1]) last[$1] = $2 }
			END { for (s in n) { all += n[s]; gone += last[s] - n[s] } print all + 0, gone + 0 }'
}

# Records under load, and both nodes killed one after the other: each is in one of the files at least.
records() {
	sims r 20 --rate 100 --acked --seconds 600 --hold-at conclude
	kill_engine "$(active)"
	kill_engine "$(active)"
	kill_engine "$(active)"
	quiet r
	ends r 20
	sleep 0.5
	# shellcheck disable=SC2046 # two numbers
	set -- $(holes)
	[ "$1" -gt 1000 ] || echo "only $1 records"
	[ "$2" = 0 ] || echo "$2 of $1 records are in neither file"
}

answered() {
	in_ns client ping -c 1 -W 1 10.2.0.2 >/dev/null 2>&1
}

# What was loaded last holds for an engine that starts afterwards.
remembered() {
	answered || echo "no answer although all is allowed"
	for n in a b; do
		sed -i 's/set action accept/set action deny/' "$work/$n.conf"
		ask $n reload >/dev/null || echo "$n does not reload"
	done
	answered && echo "an answer although all is denied"
	kill_engine "$(active)"
	kill_engine "$(active)"
	answered && echo "new engines work by the configuration of the daemon's start"
	for n in a b; do
		sed -i 's/set action deny/set action accept/' "$work/$n.conf"
		ask $n reload >/dev/null || echo "$n does not reload"
	done
	until_settled
	answered || echo "no answer although all is allowed again"
}

# Another daemon with the same configuration cannot work, and does the first one no harm.
second() {
	works=$(active)
	in_ns "$works" "$bin/ipsd" -c "$work/$works.conf" --run-dir "$work/other" >"$work/second" 2>&1
	[ $? = 1 ] || echo "exit code of the second daemon"
	[ "$(has_vips "$works")" = 4 ] || echo "the second daemon has taken addresses away"
	grep -q . "$work/second" || echo "the second daemon says nothing"
	answered || echo "nothing passes any more"
	only_active_has_vips
}

# Everything is denied, and the box forwards only for ipsd: not one answer through start, work and stop.
never_beside() {
	sed 's/set action accept/set action deny/' "$work/a.conf" >"$work/deny.conf"
	sed -i 's/set mode a-p/set mode standalone/' "$work/deny.conf"
	address a lan0 10.1.0.1/24
	address a wan0 10.2.0.1/24
	in_ns a sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	start pings client ping -i 0.002 -W 1 10.2.0.2
	for _ in 1 2 3; do
		start alone a "$bin/ipsd" -c "$work/deny.conf" --run-dir "$work/run-alone"
		until_true 10 grep -q '^ipsd: ready' "$work/alone" || cat "$work/alone"
		sleep 0.3
		stop alone
	done
	stop pings INT
	grep -q ' 0 received' "$work/pings" || tail -n 3 "$work/pings"
	grep -qE '^[1-9][0-9]{2,} packets transmitted' "$work/pings" || tail -n 3 "$work/pings"
	[ "$(in_ns a cat /proc/sys/net/ipv4/ip_forward)" = 0 ] || echo "forwarding stays on"
}

nodes_up || skip_all "the pair's care" "bridges cannot be made here"
try "the pair comes up" pair_start
try "a standby that says nothing is not waited for" silent_standby
try "no record is lost by deaths under load" records
try "a reload outlives engines" remembered
try "a second daemon changes nothing" second
pair_stop
try "nothing passes beside the rules" never_beside
try "nothing is left behind" all_gone
exit $failed
