# One node, standalone, inline between a client and a server: what the live_*.sh scripts share. Sourced after lib.sh and nodes.sh.
#
#   client --- (lan0) n (wan0) --- server
#
# 10.1.0.0/24 and fd01::/64 on the client's side, 10.2.0.0/24 and fd02::/64 on the server's; the node's own addresses are .1.
# All of 10.3.0.0/16 is the server, too.

tools=$PWD/$B/tests/tools traffic=$PWD/$B/tests/e2e/traffic captures=$PWD/build/captures
trap 'exit 130' PIPE

single_up() {
	ns_add client n server
	link client eth0 n lan0
	link server eth0 n wan0
	address client eth0 10.1.0.2/24 fd01::2/64
	address server eth0 10.2.0.2/24 fd02::2/64
	address n lan0 10.1.0.1/24 fd01::1/64
	address n wan0 10.2.0.1/24 fd02::1/64
	ip -n "$run_id-client" route add default via 10.1.0.1
	ip -n "$run_id-server" route add default via 10.2.0.1
	ip -n "$run_id-client" -6 route add default via fd01::1
	ip -n "$run_id-server" -6 route add default via fd02::1
	ip -n "$run_id-n" route add 10.3.0.0/16 via 10.2.0.2
	ip -n "$run_id-server" route add local 10.3.0.0/16 dev lo
	# each interface's packets by one processor, or those of a large flow overtake one another on the way to the node
	for ns in client n server; do
		in_ns $ns sh -c 'for f in /sys/class/net/*/queues/rx-0/rps_cpus; do echo 1 >$f; done' 2>/dev/null
	done
	node_state >"$work/node.before"
	echo 0 >"$work/nr"
}

# conf MODE [LINE...]: $work/n.conf. Sessions that have ended are listed for a minute.
conf() {
	ha_mode=standalone
	mode=$1
	shift
	node_conf n 10.9.0.1 10.9.0.2 100 'config system global' 'set tcp-timewait-timer 60' 'end' "$@"
}

# up [OPTION...]: the daemon runs; if not, that is the case's finding, and its end.
up() {
	: >"$work/n.eve"
	: >"$work/n.log"
	start ipsd-n n "$bin/ipsd" -c "$work/n.conf" --run-dir "$work/run-n" --state-dir "$work/state-n" "$@"
	node_ready n && return
	echo "ipsd does not start:"
	cat "$work/ipsd-n"
	exit 1
}

# over PID: it has ended, even if this shell's parent has not waited for it yet.
over() {
	! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# down: SIGTERM ends the daemon, exit code 0, and nothing of it stays.
down() {
	daemon=$(cat "$work/ipsd-n.pid")
	kill "$daemon" 2>/dev/null || echo "ipsd has gone before: $(tail -n 3 "$work/ipsd-n")"
	until_true 10 over "$daemon" || { echo "ipsd does not end: $(tail -n 3 "$work/ipsd-n")" && kill -KILL "$daemon"; }
	nothing_left
	grep -hE 'ERROR|runtime error|SUMMARY' "$work/ipsd-n"
}

# What a daemon changes in its namespace, and what it leaves in its folder.
node_state() {
	in_ns n sh -c 'iptables-save -t raw 2>/dev/null; ip6tables-save -t raw 2>/dev/null' | grep -E '^-A|IPS'
	in_ns n awk '{ print "queue", $1 }' /proc/net/netfilter/nfnetlink_queue
	ip -n "$run_id-n" -o addr show | awk '{ print $2, $3, $4 }'
	in_ns n grep -H . /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/ipv4/conf/lan0/rp_filter /proc/sys/net/ipv4/conf/wan0/rp_filter \
		/proc/sys/net/ipv4/conf/lan0/forwarding /proc/sys/net/ipv4/conf/all/promote_secondaries /proc/sys/net/ipv6/conf/all/forwarding
}

nothing_left() {
	node_state | diff "$work/node.before" - | sed 's/^/left behind: /'
	ls "$work/run-n" 2>/dev/null | sed 's/^/left in the run folder: /'
}

# server_address: one that no connection has had yet, in $addr.
server_address() {
	nr=$(($(cat "$work/nr") + 1))
	echo $nr >"$work/nr" # a file: cases run in subshells
	addr=10.3.$((nr / 250)).$((nr % 250 + 1))
}

# stat PATH [WORDS]: a number out of what the node says; PATH as in queue/gso. 0 when it is not there, none without an answer.
stat() {
	path=$1
	shift
	[ $# -gt 0 ] || set -- stats
	ask n "$@" --json 2>/dev/null | python3 tests/e2e/live.py number "$path"
}

# adds_up: a finding unless each packet was passed or dropped, and each drop has its reason.
adds_up() {
	ask n stats --json | python3 tests/e2e/live.py adds-up
}

# nothing_lost: findings unless every packet went on, and every octet was inspected.
nothing_lost() {
	for c in dropped cut_short unusable not_rewritten refused not_injected queue_dropped user_dropped; do
		is "$c" "$(stat $c nfq status)" -eq 0
	done
	is "dropped packets" "$(stat dropped)" -eq 0
	is "gaps" "$(stat gaps)" -eq 0
	adds_up
}

# is WHAT VALUE TEST NUMBER: a finding unless it holds.
is() {
	[ "${2:-none}" "$3" "$4" ] 2>/dev/null || echo "$1 is ${2:-none}, not $3 $4"
}

# inspected CLIENT-OCTETS SERVER-OCTETS FILTER...: that these sessions' octets, and no others, were inspected, of either direction.
inspected() {
	up_octets=$1 down_octets=$2
	shift 2
	got=$(ask n session list "$@" --json | python3 tests/e2e/live.py octets)
	[ "$got" = "$up_octets $down_octets" ] || echo "inspected octets are $got, received were $up_octets $down_octets"
}

# ended NAME [SECONDS]: what was started, and ends by itself, has ended; its exit code is in $code.
ended() {
	until_true "${2:-60}" over "$(cat "$work/$1.pid")" || { echo "$1 does not end" && kill -KILL "$(cat "$work/$1.pid")"; }
	wait "$(cat "$work/$1.pid")"
	code=$?
}

# play CAPTURE: between client and server at $addr; what both said is in $work/server and $work/client.
play() {
	# the server is the more patient one: a client that is cut off must not take its end for the node's answer
	start server server "$tools/flowplay" server --listen "$addr" --timeout $((${patience:-10} + 3)) "$1"
	ready server || cat "$work/server"
	start client client "$tools/flowplay" client --connect "$addr" --timeout "${patience:-10}" "$1"
	ended client
	ended server
}

# eve TEXT: how many lines of the node's log have it.
eve() {
	grep -c -e "$1" "$work/n.eve"
}

finish() {
	tear_down
	host_state >"$work/host.after"
	result "nothing of the run is left" "$(leftovers; diff "$work/host.before" "$work/host.after")"
	exit $failed
}
