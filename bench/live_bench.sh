#!/bin/sh
# What the live node costs: plain forwarding, a loop that accepts all, ipsd, and ipsd with a standby, side by side.
#
# Four routers between one client and one server, all of them up at the same time; every measure is taken of each of them
# before the next measure, round after round, beginning with another one each time. BENCH_SHORT=1: two short rounds.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/gcc-release}
bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
trap 'exit 141' PIPE
probe=$PWD/$B/bench/live_probe floor=$PWD/$B/bench/floor_bench loop=$PWD/$B/tests/e2e/nfq_loop

if [ -n "${BENCH_SHORT:-}" ]; then
	rounds=2 tcp_s=1 line_s=1 flood_s=0.2 ask_s=0.2
else
	rounds=${BENCH_ROUNDS:-7} tcp_s=2 line_s=1 flood_s=1 ask_s=1
fi
PORT=7000 FLOOR_PORT=7100 SMALL=200 TINY=64
WAYS="plain loop ipsd pair"

fail() {
	echo "live_bench: $*" >&2
	exit 1
}

# --- the four ways ------------------------------------------------------------------------------------------

net_of() { # WAY: its subnets are 10.1.N.0/24 and 10.2.N.0/24; .2 the hosts, .1 the gateway
	case $1 in
	plain) echo 1 ;;
	loop) echo 2 ;;
	ipsd) echo 3 ;;
	pair) echo 4 ;;
	esac
}

router() { # NS NET
	link client "e$2" "$1" lan0
	link server "e$2" "$1" wan0
	address client "e$2" "10.1.$2.2/24"
	address server "e$2" "10.2.$2.2/24"
	ip -n "$run_id-client" route add "10.2.$2.0/24" via "10.1.$2.1"
	ip -n "$run_id-server" route add "10.1.$2.0/24" via "10.2.$2.1"
}

# The pair's addresses are put on by the daemon; the standby's ports lead nowhere, for it is never to take over here.
topology() {
	ns_add client server plain loop ipsd a b
	router plain 1
	router loop 2
	router ipsd 3
	router a 4
	for way in plain loop ipsd; do
		address $way lan0 "10.1.$(net_of $way).1/24"
		address $way wan0 "10.2.$(net_of $way).1/24"
	done
	address a lan0 10.1.4.3/24
	address a wan0 10.2.4.3/24
	link b lan0 b lan1
	link b wan0 b wan1
	address b lan0 10.1.4.4/24
	address b wan0 10.2.4.4/24
	link a ha0 b ha0
	address a ha0 10.9.0.1/24
	address b ha0 10.9.0.2/24
}

# The configuration of nodes.sh, its addresses in the subnets of here.
conf() { # NAME MODE NET OWN PEER PRIORITY
	ha_mode=$2 node_conf "$1" "$4" "$5" "$6"
	sed -i "s/10\.\([12]\)\.0\.1 /10.\1.$3.1 /; /set ip6/d" "$work/$1.conf"
}

start_ways() {
	in_ns plain sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/forwarding'
	mkdir "$work/rules"
	in_ns loop "$loop" install "$work/rules" 0 1 --forward lan0 wan0 >"$work/install" 2>&1 || {
		grep -q 'kernel lacks' "$work/install" && skip_all "live benchmark" "the kernel has no NFQUEUE"
		fail "$(cat "$work/install")"
	}
	start loop loop "$loop" run 0
	ready loop || fail "the loop does not start: $(cat "$work/loop")"
	cat sigs/stock/*.rules >"$work/test.rules"
	conf ipsd standalone 3 10.9.0.1 10.9.0.2 100
	conf a a-p 4 10.9.0.1 10.9.0.2 200
	conf b a-p 4 10.9.0.2 10.9.0.1 100
	for node in ipsd a b; do
		node_start $node
		node_ready $node 20 || fail "node $node does not start: $(cat "$work/ipsd-$node")"
	done
	until_true 20 in_sync a || fail "the standby does not come: $(ask a ha info)"
	is_role a active || fail "node a is not active"
	start iperf3 server iperf3 -s
	start probe server "$probe" serve $PORT
	ready probe || fail "the server does not start: $(cat "$work/probe")"
	start floor b "$floor" serve $FLOOR_PORT $(($(nproc) - 1))
	ready floor || fail "the floor's server does not start: $(cat "$work/floor")"
	for way in $WAYS; do
		until_true 10 in_ns client "$probe" udp "$(server_of "$way")" $PORT 0.05 $TINY || fail "$way forwards nothing"
	done
}

server_of() { # WAY
	echo "10.2.$(net_of "$1").2"
}

# --- measures -----------------------------------------------------------------------------------------------

# CPU time of all its threads, ns.
cpu_of() { # PID
	cat "/proc/$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'
}

# Packets that the way's queue has had, and CPU time, ns, of the process that serves it.
seen_of() { # WAY
	case $1 in
	plain) echo 0 0; return ;;
	loop) ns=loop its=$(cat "$work/loop.pid") ;;
	ipsd) ns=ipsd its=$engine_ipsd ;;
	pair) ns=a its=$engine_a ;;
	esac
	echo "$(in_ns $ns awk '{ print $8 }' /proc/net/netfilter/nfnetlink_queue)" "$(cpu_of "$its")"
}

# Octets of replication sent.
told() {
	ask a ha info --json | sed -n 's/.*"octets":\([0-9]*\).*/\1/p'
}

note() { # WAY MEASURE VALUE
	[ -n "$3" ] || fail "$1: no $2"
	echo "$round $1 $2 $3" >>"$work/data"
}

# costs WAY KIND COMMAND...: runs it with its output to $work/out, and notes what a packet has cost.
costs() {
	way=$1 kind=$2
	shift 2
	octets=0
	[ "$way" != pair ] || { octets=$(told); standby=$(cpu_of "$engine_b"); }
	before=$(seen_of "$way")
	in_ns client timeout 30 "$@" >"$work/out" 2>&1 || fail "$way: $*: $(cat "$work/out")"
	after=$(seen_of "$way")
	[ "$way" != plain ] || return 0
	packets=$((${after% *} - ${before% *}))
	[ $packets -gt 0 ] || fail "$way: $*: no packets in the queue"
	note "$way" "cpu_$kind" "$(echo "${after#* } ${before#* } $packets" | awk '{ print ($1 - $2) / $3 / 1000 }')"
	[ "$way" = pair ] || return 0
	note standby "standby_$kind" "$(echo "$standby $(cpu_of "$engine_b") ${before#* } ${after#* }" | awk '{ print 100 * ($2 - $1) / ($4 - $3) }')"
	until_true 5 in_sync a || fail "the standby is lost: $(ask a ha info)"
	note pair "octets_$kind" "$(echo "$(told) $octets $packets" | awk 'NF == 3 { print ($1 - $2) / $3 }')"
}

out() { # WORD: the value behind it
	sed -n "s/.*\<$1 \([0-9.]*\).*/\1/p" "$work/out" | tail -n 1
}

m_tcp() { # WAY
	costs "$1" tcp iperf3 -c "$(server_of "$1")" -t $tcp_s -f k
	note "$1" tcp "$(awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i ~ /^Kbits/) print $(i - 1) / 1e6 }' "$work/out")"
}

# By a line of 1 Gbit/s to the router: what a node costs that has time left. No such row where the kernel cannot slow a line.
m_line() {
	card=e$(net_of "$1")
	tc -n "$run_id-client" qdisc add dev "$card" root tbf rate 1gbit burst 256k latency 20ms 2>"$work/tc" || return 0
	costs "$1" line iperf3 -c "$(server_of "$1")" -t $line_s -f k
	note "$1" line "$(awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i ~ /^Kbits/) print $(i - 1) / 1e3 }' "$work/out")"
	tc -n "$run_id-client" qdisc del dev "$card" root
}

m_flood() {
	costs "$1" flood "$probe" flood "$(server_of "$1")" $PORT $flood_s $TINY
	note "$1" kpps "$(out kpps)"
	note "$1" offered "$(out offered)"
}

m_ask_tcp() {
	costs "$1" ask_tcp "$probe" tcp "$(server_of "$1")" $PORT $ask_s $SMALL
	note "$1" ask_tcp_50 "$(out p50)"
	note "$1" ask_tcp_99 "$(out p99)"
}

m_ask_udp() {
	costs "$1" ask_udp "$probe" udp "$(server_of "$1")" $PORT $ask_s $TINY
	note "$1" ask_udp_50 "$(out p50)"
	note "$1" ask_udp_99 "$(out p99)"
}

# A message and its answer over the nodes' own link, while their engines rest: what waiting for a peer costs at least.
m_floor() { # tcp or tls
	in_ns a timeout 30 "$floor" "$1" 10.9.0.2 $FLOOR_PORT 0 $ask_s >"$work/out" 2>&1 || fail "floor: $(cat "$work/out")"
	note floor "floor_$1_50" "$(out p50)"
	note floor "floor_$1_99" "$(out p99)"
}

median_of() { # MEASURE
	awk -v m="$1" '$3 == m { print $4 }' "$work/data" | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'
}

one_round() {
	for measure in m_tcp m_line m_flood m_ask_tcp m_ask_udp; do
		for way in $order; do
			$measure "$way"
		done
	done
	m_floor tcp
	m_floor tls
	order="${order#* } ${order%% *}"
}

# measure|name|kind; see live_table.awk
ROWS="tcp|TCP stream, Gbit/s|ratio
line|TCP by a line of 1 Gbit/s, Mbit/s|ratio
kpps|UDP of $TINY octets, arrived, kpps|ratio
offered|UDP of $TINY octets, offered, kpps|ratio
ask_tcp_50|TCP, $SMALL octets and back, p50, us|latency
ask_tcp_99|TCP, $SMALL octets and back, p99, us|latency
ask_udp_50|UDP, $TINY octets and back, p50, us|latency
ask_udp_99|UDP, $TINY octets and back, p99, us|latency
cpu_tcp|CPU a packet, TCP stream, us|ratio
cpu_line|CPU a packet, TCP by that line, us|ratio
cpu_flood|CPU a packet, UDP flood, us|ratio
cpu_ask_tcp|CPU a packet, TCP and back, us|ratio
cpu_ask_udp|CPU a packet, UDP and back, us|ratio
octets_tcp|HA octets a packet, TCP stream|ratio
octets_line|HA octets a packet, TCP by that line|ratio
octets_flood|HA octets a packet, UDP flood|ratio
octets_ask_tcp|HA octets a packet, TCP and back|ratio
octets_ask_udp|HA octets a packet, UDP and back|ratio"

heading() {
	echo "$rounds rounds, $(nproc) cores, Linux $(uname -r), load $(cut -d ' ' -f 1-3 /proc/loadavg); all inspected, $(grep -c '^[a-z]' "$work/test.rules") rules"
	awk -v cores="$(nproc)" '$1 > cores / 2 { print "busy: others use this machine; only the ratios mean something, and these are to be taken again on an idle one" }' /proc/loadavg
}

need_root "live benchmark"
for program in iperf3 "$probe" "$floor" "$loop" "$bin/ipsd"; do
	command -v "$program" >/dev/null || skip_all "live benchmark" "$program is missing"
done
# Programs of their own: a build beside this run does not get in the way.
mkdir "$work/bin" && cp "$bin/ipsd" "$bin/ips" "$loop" "$probe" "$floor" "$work/bin" || fail "no room for the programs"
bin=$work/bin loop=$work/bin/nfq_loop probe=$work/bin/live_probe floor=$work/bin/floor_bench
topology
start_ways
engine_ipsd=$(engine_pid ipsd) engine_a=$(engine_pid a) engine_b=$(engine_pid b)
heading
order=$WAYS
round=0
while [ $round -lt $rounds ]; do
	round=$((round + 1))
	one_round
done
awk -v rows="$ROWS" -f bench/live_table.awk "$work/data"
echo "Standby's CPU time in percent of the active engine's, median: TCP stream $(median_of standby_tcp), by that line $(median_of standby_line), UDP flood $(median_of standby_flood)," \
	"TCP and back $(median_of standby_ask_tcp), UDP and back $(median_of standby_ask_udp)"
for kind in tcp tls; do
	echo "Floor of waiting for a peer, 200 octets there and 16 back over the nodes' link, $kind, p50 and p99, us: $(median_of floor_${kind}_50) $(median_of floor_${kind}_99)"
done
