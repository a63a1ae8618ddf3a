#!/bin/sh
# Two nodes live with very many sessions: a standby joins, and how long its table takes; then the active node dies, every session is on
# the survivor, and a sample of them goes on there as what they are.
# limit: 300
#
# CROWD=1000000: so many (make figures); 20,000 otherwise. Times and memory are printed; CROWD_BULK_S judges the bulk's.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "a crowd of sessions over the live pair"
n=${CROWD:-20000} sample=500 port=5000
crowd=$B/tests/e2e/crowd pace=$B/tests/e2e/pace
policy_1='set logtraffic disable'
mode=detect # so that a flow's first octets are taken though nobody answers
patience=$((30 + n / 5000)) # seconds

sessions() { # NODE WORD: a number of its session stat
	ask "$1" session stat 2>/dev/null | sed -n "s/^\(.* \)\{0,1\}$2 \([0-9]*\).*/\2/p" | head -n 1
}

has_sessions() { # NODE WORD NUMBER
	[ "$(sessions "$1" "$2")" -ge "$3" ]
}

# Segments that came through to the server.
arrived() {
	in_ns server iptables -w -t raw -vnxL PREROUTING | awk '/dpt:'$port'/ { print $1 }'
}

crowd_conf() {
	for node in a:10.9.0.1:10.9.0.2:200 b:10.9.0.2:10.9.0.1:100; do
		IFS=: read -r name own peer priority <<END
$node
END
		node_conf "$name" "$own" "$peer" "$priority" "config system global
    set max-sessions $((n + n / 16 + 4096))
    set tcp-halfopen-timer 7200
end" "config ips global
    set stream-memory 1024
end"
	done
}

# One node alone gets them all; what a full queue loses is sent again.
crowd_comes() {
	# nobody there: the server's kernel is not to answer
	in_ns server iptables -w -t raw -A PREROUTING -p tcp --dport $port -j DROP
	crowd_conf
	node_start a
	node_ready a && until_true 20 is_role a active || cat "$work/ipsd-a"
	for pass in $(seq 20); do
		in_ns client "$crowd" 10.1.0.16 10.2.0.2 $port "$n" 1 0 40000 >"$work/out" || cat "$work/out"
		sleep 0.5
		! has_sessions a inspected "$n" || break
	done
	has_sessions a inspected "$n" || echo "only $(sessions a inspected) of $n sessions after $pass passes"
}

# Asked ten times a second, the nodes' lists would take a third of a core from the nodes.
joined() { # FROM TO: the standby has the table; how long that took by the active node's own log
	left=$patience
	while ! settled && [ $left -gt 0 ]; do
		left=$((left - 1))
		sleep 1
	done
	[ $left -gt 0 ] || {
		echo "the standby does not get the table"
		ask "$1" ha info -v
		tail -n 3 "$work/ipsd-a" "$work/ipsd-b"
	}
	took=$(sed -n 's/.*"timestamp":"\([^"]*\)".*"event":"bulk synchronisation \([a-z]*\)".*/\1 \2/p' "$work/$1.eve" |
		while read -r t what; do echo "$(date -d "$t" +%s.%N) $what"; done |
		awk '$2 == "started" { from = $1 } END { printf "%.2f", $1 - from }')
	has_sessions "$2" larval "$n" || echo "$2 holds $(sessions "$2" larval) of $n sessions"
	echo "# $n sessions to $2 in $took s; its engine has $(awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$(engine_pid "$2")/status") MiB" >>"$work/said"
	[ -z "${CROWD_BULK_S:-}" ] || echo "$took $CROWD_BULK_S" | awk '$1 > $2 { print "it took " $1 " s, more than " $2 }'
	[ "$(number a digest_mismatches)$(number b digest_mismatches)" = 00 ] || echo "digests differ"
}

standby_joins() {
	node_start b
	node_ready b || cat "$work/ipsd-b"
	joined a b
}

# The sample's next segments: each is let through, as a flow that is known.
goes_on() { # NODE
	had=$(arrived) open=$(sessions "$1" session)
	in_ns client "$crowd" 10.1.0.16 10.2.0.2 $port "$n" $((n / sample)) 1 2000 >"$work/out" || cat "$work/out"
	sleep 0.5
	[ $(($(arrived) - had)) -eq "$sample" ] || echo "$(($(arrived) - had)) of $sample segments came through"
	[ "$(sessions "$1" session)" = "$open" ] || echo "sessions were $open, are $(sessions "$1" session)"
	ask "$1" session list --json src 10.1.0.16 sport 10000 >"$work/out" 2>&1
	jq -e -s 'map(select(.client == "10.1.0.16" and .client_state.inspected == 64 and .client_state.gaps == 0)) | length == 1' "$work/out" >"$work/out2" ||
		head -n 3 "$work/out"
}

death() {
	start sink server "$pace" watch 10.2.0.2 9000
	ready sink || cat "$work/sink"
	start source client "$pace" send 10.2.0.2 9000 500
	sleep 1
	kill -USR1 "$(cat "$work/sink.pid")"
	sleep 0.1
	kill -9 "$(engine_pid a)"
	until_true 10 is_role b active || echo "b does not take over"
	has_sessions b session "$n" || echo "b has $(sessions b session) of $n sessions"
	[ "$(sessions b larval)" = 0 ] || echo "$(sessions b larval) sessions do not go on"
	kill -USR1 "$(cat "$work/sink.pid")"
	sleep 0.1
	echo "# the active node dies: $(tail -n 1 "$work/sink")" >>"$work/said"
	stop source
	stop sink
	goes_on b
}

# The planted fault: a session that the survivor has not got is found.
one_is_gone() {
	ask b session clear src 10.1.0.16 sport 10000 >"$work/out" 2>&1
	found=$(goes_on b)
	case $found in
	"$((sample - 1)) of $sample segments came through"*) ;;
	*) echo "it is not found: $found; $(cat "$work/out")" ;;
	esac
}

nodes_up || skip_all "a crowd of sessions over the live pair" "bridges cannot be made here"
try "$n sessions come to one node" crowd_comes
try "a standby joins and gets them all" standby_joins
said
try "the active node dies: all $n are on the survivor, a sample goes on" death
said
try "the node that died is back and gets them all" joined b a
said
try "a session that is missing is found" one_is_gone
pair_stop
try "nothing is left behind" all_gone
exit $failed
