#!/bin/sh
# The demo live: two nodes between a client and a server side in network namespaces, 20 ICCP associations through them, the active
# node's engine killed, its peer resuming. Needs root. Exit code 1 when a promise did not hold; nothing stays, whatever happens.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
bin=$B/bin
sim=$B/tests/tools/iccp-sim
rules=${DEMO_RULES:-tests/demo_live.rules}
rate=50 associations=20
trap 'rm -rf "${work:-}"' EXIT
trap 'exit 130' INT
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/demo_lib.sh

# A second Ctrl-C must not end the clearing away. A child that was begun just now is not in lib.sh's list yet.
end_demo() {
	trap '' INT TERM HUP PIPE
	{
		for p in $(pgrep -P $$); do
			kill -KILL "$p"
		done
		clean_up
		wait
	} 2>/dev/null
}
trap end_demo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

give_up() { # why; what the programs said is of use then
	echo "demo: $1" >&2
	for said in "$work"/ipsd-* "$work"/client "$work"/server; do
		[ ! -s "$said" ] || [ "${said%.pid}" != "$said" ] || sed "s|^|  ${said##*/}: |" "$said" >&2
	done
	exit 1
}

# --- showing ------------------------------------------------------------------------------------------------

# first_of PATTERN: of a list on standard input the first entry, which begins at that pattern, and how many follow.
first_of() {
	awk -v begin="$1" '
		$0 ~ begin { n++ }
		n <= 1 && !/^ *$/ && !/^total session/ { print "  " $0 }
		END { if (n > 1) printf "  ... and %d more\n", n - 1 }'
}

shown() { # NODE: its three lists, by the first association
	echo "\$ ips session list       # node $1: what is inspected"
	ask "$1" session list | first_of '^SESSION '
	echo "\$ ips sys session list   # node $1: what is forwarded"
	ask "$1" sys session list | first_of '^session info'
	echo "\$ ips share list         # node $1: what the pair shares"
	ask "$1" share list | first_of '^ *client='
}

# facts NODE: what the pair shares, one line an association.
facts() {
	ask "$1" share list --json | jq -r 'select(.server_port == 102) | "\(.client):\(.client_port) service=\(.service)"
		+ " last_app=\(.last_app) buffer_len=\(.buffer_len) tags=\(.tags | join(","))"' | sort
}

# alerts NODE: the records of the demo's rules in its log.
alerts() {
	grep '"event_type":"alert"' "$work/$1.eve" | grep '"signature_id":50009'
}

# --- measuring ----------------------------------------------------------------------------------------------

at_rest() {
	facts a >"$work/facts-a"
	sleep 0.3
	facts a | cmp -s - "$work/facts-a"
}

# numbers: both ends print how far they are.
numbers() {
	for end in client server; do
		said=$(grep -cx '\.' "$work/$end")
		kill -USR2 "$(cat "$work/$end.pid")"
		until_true 5 said_more "$end" "$said"
	done
}

# A report that node A had in hand comes again when its sender's TCP notices; until then node B holds those that follow it.
b_has_all() {
	facts b >"$work/facts-b"
	cmp -s "$work/facts-a" "$work/facts-b"
}

said_more() { # END COUNT: that end has ended more than so many of its reports
	[ "$(grep -cx '\.' "$work/$1")" -gt "$2" ]
}

# took_over: milliseconds from the kill to the peer's "became active", by the machine's clock.
took_over() {
	at=$(sed -n 's/.*"timestamp":"\([^"]*\)".*"event":"became active".*/\1/p' "$work/b.eve" | tail -n 1)
	[ -n "$at" ] && echo "$killed_at $(date -d "$at" +%s.%N)" | awk '{ printf "%.1f", ($2 - $1) * 1000 }'
}

same() { # two numbers, of which there must be one
	[ -n "$1" ] && [ "$1" = "$2" ]
}

both_zero() { # a number of both ends
	same "$(counter client "$1")" 0 && same "$(counter server "$1")" 0
}

held_everywhere() { # node a's inspection holds half a message of each association
	[ "$(grep -vc 'buffer_len=0 ' "$work/facts-a")" -eq $associations ]
}

count_of() { # lines of file
	wc -l <"$1" | tr -d ' '
}

a_is_standby() {
	is_role a passive && in_sync b && [ "$(facts a | wc -l)" -eq $associations ]
}

# --- the demo -----------------------------------------------------------------------------------------------

set_up() {
	heading "Two nodes between two control centres"
	cat <<'END'
   client --+--- node A ---+-- server      20 ICCP associations go through the active node. Every packet
            |      |       |               is inspected, what changed is committed to the peer, and only
            +--- node B ---+               then does the packet leave.
END
	cp "$rules" "$work/test.rules" || exit 1
	nodes_up || give_up "the namespaces cannot be joined"
	node_conf a 10.9.0.1 10.9.0.2 200
	node_conf b 10.9.0.2 10.9.0.1 100
	node_start a
	node_ready a || give_up "node A does not start"
	node_start b
	node_ready b && until_true 10 in_sync a && is_role a active || give_up "the pair does not come up"
	echo "\$ ips ha mode: node a is $(role_of a), node b is $(role_of b), in sync"
}

# Texts are writes of the client: the first announces the outage, of the second half is held back until SIGUSR1.
associate() {
	start server server "$sim" server --listen 10.2.0.2 --once $associations
	ready server || give_up "the server does not listen"
	start client client "$sim" client --connect 10.2.0.2 --associations $associations --rate $rate --seconds 60 \
		--text-at '0=line 1 is out of service' --text-at '1=line 1: OPEN ALL BREAKERS now' \
		--split-text 'OPEN ALL BREAKERS' --split-as segment --hold-at split
	ready client 15 && until_true 10 grep -q '^holding' "$work/client" || give_up "the associations do not come about"
	until_true 5 at_rest # reports go on, but what the lists are compared by stays
}

before_the_kill() {
	heading "$associations associations; each reports $rate times a second, and each client is in the middle of a message"
	echo "Sent so far: \"... OPEN ALL B\". The rest of that message, \"REAKERS now\", waits until node A is dead."
	shown a
	heading "Node B at the same time: it has had nothing but the bytes of the link"
	shown b
	echo "buffer_len: the half message. s-N and c-N: tags of the stock rules and of the demo's. last_app: the last operation."
}

kill_a() {
	heading "kill -9 of node A's engine"
	facts a >"$work/facts-a"
	numbers
	reports_before=$(counter client reports)
	engine=$(engine_pid a)
	killed_at=$(date +%s.%N)
	kill -KILL "$engine"
	until_true 5 is_role b active || give_up "node B does not take over"
	until_true 2 b_has_all
	echo "Engine process $engine is gone. \$ ips ha mode: node b is $(role_of b)"
	shown b
}

compare() {
	heading "What node A had before the kill, and what node B has after it"
	equal=$(comm -12 "$work/facts-a" "$work/facts-b" | wc -l)
	sed -n 1,2p "$work/facts-b" | sed 's/^/  node b: /'
	check "half a message was held of each association" held_everywhere
	check "$equal of $(count_of "$work/facts-a") sessions are on node B with the same last_app, tags and buffer_len" \
		[ "$equal" -eq $associations ]
	comm -3 "$work/facts-a" "$work/facts-b" | head -n 6
}

second_halves() {
	heading "The second halves go out: \"REAKERS now\""
	kill -USR1 "$(cat "$work/client.pid")"
	until_true 5 all_alerts
	alerts b >"$work/alerts-b"
	echo "Node B's EVE log, the first:"
	head -n 1 "$work/alerts-b"
	echo "and $(($(count_of "$work/alerts-b") - 1)) more."
	check "node A's log has none of them" [ -z "$(alerts a)" ]
	for sid in 5000911 5000913; do
		n=$(grep -c "\"signature_id\":$sid," "$work/alerts-b")
		check "$n of $associations: 1:$sid on node B, $(rule_words $sid)" [ "$n" -eq $associations ]
	done
	ids=$(jq -r .id "$work/alerts-b" | sort -u | wc -l)
	check "none is written twice" [ "$ids" -eq "$(count_of "$work/alerts-b")" ]
}

all_alerts() {
	[ "$(alerts b | wc -l)" -ge $((2 * associations)) ]
}

rule_words() {
	case $1 in
	5000911) echo "words across the kill" ;;
	5000913) echo "a tag from before it, and a PDU with one half before it" ;;
	esac
}

# What both nodes logged of themselves since the kill, in milliseconds after it.
events_since_kill() {
	for n in b a; do
		sed -n "s/.*\"timestamp\":\"\([^\"]*\)\".*\"ha\":{\"event\":\"\([^\"]*\)\".*/$n \1 \2/p" "$work/$n.eve"
	done | while read -r n at event; do
		echo "$(date -d "$at" +%s.%N) $n $event"
	done | sort -s -k 1,1 | awk -v kill="$killed_at" '$1 >= kill {
		line = sprintf("  %+8.1f ms  node %s:", ($1 - kill) * 1000, $2)
		$1 = $2 = ""
		sub(/^ +/, " ")
		print line $0
	}'
}

a_returns() {
	heading "Node A's parent starts a new engine, which joins as standby"
	until_true 10 a_is_standby
	events_since_kill
	check "node A is $(role_of a), node B is $(role_of b), in sync: $(facts a | wc -l) of $associations sessions are on A again" a_is_standby
}

# The associations conclude, and each end compares what it got with what it ought to have got, octet by octet.
conclude() {
	heading "At the ends: did the associations notice?"
	numbers
	reports=$(counter client reports)
	check "reports flow on: $reports_before at the kill, $reports by now" [ "$reports" -ge $((reports_before + 2 * associations)) ]
	stop client
	until_true 5 gone "$(cat "$work/server.pid")" || stop server
	check "$(counter client concluded) of $associations associations concluded in order" same "$(counter client concluded)" $associations
	check "0 connections reset" both_zero resets
	check "0 octets missing, 0 octets wrong" octets_right
	check "octets received are octets sent: $(counter client octets_received) of the server's, $(counter server octets_received) of the client's" \
		octets_equal
	grep -h '^#' "$work/client" "$work/server" | head -n 4
}

octets_right() {
	both_zero octets_missing && both_zero mismatches && both_zero bad
}

octets_equal() {
	same "$(counter client octets_received)" "$(counter server octets_sent)" &&
		same "$(counter server octets_received)" "$(counter client octets_sent)"
}

failover_time() {
	heading "Failover time"
	gap=$(counter client longest_gap_ms)
	echo "  from the kill to node B's \"became active\":     $(took_over) ms"
	echo "  longest pause of any association's reports:   $gap ms, of which $((1000 / rate)) ms lie between reports anyway"
	echo "The pause is that of the unluckiest: what node A had in hand at the kill comes again when its sender's TCP notices."
	check "node B's log tells when it took over" [ -n "$(took_over)" ]
}

take_down() {
	heading "Taken down"
	{
		stop ipsd-a
		stop ipsd-b
		tear_down
		wait
	} 2>/dev/null
	check "no namespace, process, rule or address is left" nothing_left
}

nothing_left() {
	[ -z "$(leftovers)" ] && [ "$(host_state)" = "$host_before" ]
}

[ -x "$bin/ipsd" ] && [ -x "$sim" ] || give_up "$bin/ipsd or $sim is not there; run: make demo"
need_root demo
host_before=$(host_state)
set_up
associate
before_the_kill
kill_a
compare
second_halves
a_returns
conclude
failover_time
take_down
if [ "$failed" -ne 0 ]; then
	heading "A promise did NOT hold"
	exit 1
fi
heading "Done. Of a capture of yours, at every packet: $bin/ips replay --failover every FILE"
