# What the scripts of the live pair share: programs, a pair that is in sync, associations over it, and what must hold after each
# case. Sourced after lib.sh and nodes.sh.

B=${B:-build/gcc-release}
tools=$B/tests/tools
conns=$B/tests/e2e/conns

trap 'exit 130' PIPE # lib.sh has the others: what was set up goes in any case

# The machine's own namespace is the same after all as before.
before=$(host_state)

other() {
	[ "$1" = a ] && echo b || echo a
}

# active: the name of the node that works; nothing when that is not just one.
active() {
	case $(role_of a)/$(role_of b) in
	active/passive) echo a ;;
	passive/active) echo b ;;
	esac
}

# settled: one works, the other one has everything.
settled() {
	now_active=$(active) && [ -n "$now_active" ] && in_sync a && in_sync b
}

# pair_start [LINE...]: both nodes, with these further lines of configuration; a becomes the active one.
pair_start() {
	node_conf a 10.9.0.1 10.9.0.2 200 "$@"
	node_conf b 10.9.0.2 10.9.0.1 100 "$@"
	node_start a
	node_start b
	node_ready a && node_ready b && until_true 10 settled || {
		echo "the pair does not come up"
		cat "$work/ipsd-a" "$work/ipsd-b"
		return 1
	}
}

pair_stop() {
	stop ipsd-a
	stop ipsd-b
	rm -f "$work"/*.eve "$work"/*.log
}

# until_settled [SECONDS]: findings unless the pair comes to rest.
until_settled() {
	until_true "${1:-10}" settled && return
	echo "the pair does not come to rest: a is $(role_of a), b is $(role_of b)"
	ask a ha info -v
	ask b ha info -v
	tail -n 3 "$work/ipsd-a" "$work/ipsd-b"
}

# has_vips NODE: how many of the four addresses of the pair it has.
has_vips() {
	ip -n "$run_id-$1" -o addr show | grep -cE ' (10\.1\.0\.1|10\.2\.0\.1)/24 | (fd01::1|fd02::1)/64 '
}

# only_active_has_vips: findings unless the active node has the pair's addresses, all, and the other one none, and unless both
# sides' neighbour tables say so. A host that has just learned the other node's listens to no announcement for 1 s.
only_active_has_vips() {
	holder=$(active)
	[ -n "$holder" ] || {
		echo "active is not just one: a is $(role_of a), b is $(role_of b)"
		return
	}
	until_true 2 holder_has_vips ||
		echo "$holder is active; a has $(has_vips a) of the 4 addresses, b $(has_vips b)"
	until_true 2 neighbour_knows client 10.1.0.1 lan0 || echo "client sends to 10.1.0.1 at $seen, not at $holder's $mac"
	until_true 2 neighbour_knows server 10.2.0.1 wan0 || echo "server sends to 10.2.0.1 at $seen, not at $holder's $mac"
}

holder_has_vips() {
	[ "$(has_vips "$holder")/$(has_vips "$(other "$holder")")" = 4/0 ]
}

neighbour_knows() { # NAMESPACE ADDRESS INTERFACE-OF-THE-HOLDER
	mac=$(ip -n "$run_id-$holder" -br link show "$3" | awk '{ print $3 }')
	seen=$(ip -n "$run_id-$1" neigh show "$2" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	[ -z "$seen" ] || [ "$seen" = "$mac" ]
}

# events NODE NAME: how many of that name its EVE has.
events() {
	grep -c "\"event\":\"$2\"" "$work/$1.eve"
}

# What each node takes for the present term; 0 while it is not known.
terms() {
	for node in a b; do
		ask $node ha info --json | jq -r '.local.term'
	done | xargs
}

# number NODE NAME: a number of `ips ha info -v`.
number() {
	ask "$1" ha info -v | sed -n "s/^ *$2  *\([0-9][0-9]*\)\$/\1/p"
}

now() {
	date +%s.%N
}

# active_after NODE TIME: milliseconds from then until the first time that node became active. An engine's clock is set by the
# system's once, at its start: they may be some milliseconds apart.
active_after() {
	sed -n 's/.*"timestamp":"\([^"]*\)".*"event":"became active".*/\1/p' "$work/$1.eve" | while read -r t; do
		echo "$2 $(date -d "$t" +%s.%N)"
	done | awk '$2 >= $1 - 0.05 { printf "%.1f\n", (($2 > $1) ? ($2 - $1) * 1000 : 0); exit }'
}

told_active() { # NODE TIME
	[ -n "$(active_after "$1" "$2")" ]
}

# percentile N: of the numbers of standard input.
percentile() {
	sort -n | awk -v p="$1" '{ v[NR] = $1 } END { i = int((NR * p + 99) / 100); print v[i < 1 ? 1 : i] }'
}

# --- associations -------------------------------------------------------------------------------------------

# sims NAME ASSOCIATIONS OPTION...: a server NAME-s and a client NAME-c, reporting.
sims() {
	sim=$1 n=$2
	shift 2
	start "$sim-s" server "$tools/iccp-sim" server --listen 10.2.0.2
	ready "$sim-s" || cat "$work/$sim-s"
	start "$sim-c" client "$tools/iccp-sim" client --connect 10.2.0.2 --associations "$n" --script associate,values,dataset,start,reports,stop,delete,conclude "$@"
	ready "$sim-c" 15 || cat "$work/$sim-c"
}

# numbers_of NAME: asks a simulator for its numbers, anew.
numbers_of() {
	dots=$(grep -cx '\.' "$work/$1")
	kill -USR2 "$(cat "$work/$1.pid")"
	until_true 5 sh -c "[ \$(grep -cx '\\.' '$work/$1') -gt $dots ]"
}

# seen NODE SIDE: the octets of that side (client, server) that the node's engine has inspected, of all sessions to port 102.
seen() {
	ask "$1" session list --json | jq -s "[.[] | select(.server_port == 102) | .$2_state.inspected] | add // 0"
}

has_seen() { # NODE SIDE OCTETS
	[ "$(seen "$1" "$2")" = "$3" ]
}

# quiet NAME: reports end in all associations; findings unless what the ends have received is what the engine has seen.
quiet() {
	kill -HUP "$(cat "$work/$1-c.pid")"
	until_true 20 grep -q '^holding' "$work/$1-c" || {
		echo "reports do not end"
		cat "$work/$1-c"
	}
	numbers_of "$1-c"
	numbers_of "$1-s"
	for node in a b; do
		for side in client:s server:c; do
			octets=$(counter "$1-${side#*:}" octets_received)
			until_true 2 has_seen $node "${side%:*}" "$octets" ||
				echo "node $node has seen $(seen $node ${side%:*}) octets of the ${side%:*}s, $octets were received"
		done
	done
	[ "$(ask "$(active)" session list --json | jq -s '[.[] | .client_state, .server_state | .gaps + .differed + .held] | add')" = 0 ] ||
		echo "an engine has gaps"
}

# ends NAME ASSOCIATIONS: the rest of the script runs; findings unless every octet came, once, and nothing was reset.
ends() {
	kill -USR1 "$(cat "$work/$1-c.pid")" 2>/dev/null
	until_true 20 gone "$(cat "$work/$1-c.pid")" || echo "the client does not end"
	stop "$1-c"
	stop "$1-s"
	for end in c s; do
		for n in resets bad octets_missing mismatches open; do
			value=$(counter "$1-$end" $n)
			[ "${value:-none}" = 0 ] || echo "$1-$end: $n is ${value:-none}"
		done
	done
	[ "$(counter "$1-c" concluded)" = "$2" ] || echo "concluded: $(counter "$1-c" concluded) of $2"
	[ "$(counter "$1-c" octets_received)/$(counter "$1-c" octets_sent)" = "$(counter "$1-s" octets_sent)/$(counter "$1-s" octets_received)" ] ||
		echo "octets differ: client $(counter "$1-c" octets_received)/$(counter "$1-c" octets_sent), server $(counter "$1-s" octets_sent)/$(counter "$1-s" octets_received)"
	grep -h '^#' "$work/$1-c" "$work/$1-s"
}

# kill_engine NODE: its engine process dies; the other node is the active one, this one comes back and has everything.
kill_engine() {
	victim=$1
	victim_pid=$(engine_pid "$victim")
	t=$(now)
	kill -9 "$victim_pid"
	until_true 5 is_role "$(other "$victim")" active || echo "$(other "$victim") does not take over from $victim"
	until_true 2 told_active "$(other "$victim")" "$t" # the log is written by and by
	active_after "$(other "$victim")" "$t" >>"$work/failover"
	until_settled
	[ "$(active)" = "$(other "$victim")" ] || echo "$(active) is active after the death of $victim"
}

# all_gone: nothing of the run is left, and the machine is as it was.
all_gone() {
	tear_down
	leftovers
	[ "$(host_state)" = "$before" ] || echo "rules, addresses or sysctls of the machine have changed"
}

# said: what a case had to say beside its findings: $work/said.
said() {
	[ ! -e "$work/said" ] || cat "$work/said"
	rm -f "$work/said"
}

# try NAME COMMAND...: one result; a case that does not reach its end has failed.
try() {
	title=$1
	shift
	found=$("$@"; echo "end of case")
	case $found in
	*"end of case") found=${found%end of case} ;;
	*) found="$found
the case broke off" ;;
	esac
	result "$title" "${found%
}"
}
