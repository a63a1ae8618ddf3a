#!/bin/sh
# Packets through the kernel's queue and the rules that send them there: two hosts, a router between them.
# limit: 180
# alone
#
# The loop is the address sanitizer's build where it is judged, the release one where it is measured. Namespaces only.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} B_ASAN=${B_ASAN:-build/gcc-asan}
. tests/e2e/lib.sh
traffic=$PWD/$B/tests/e2e/traffic fast_loop=$PWD/$B/tests/e2e/nfq_loop loop=$PWD/$B_ASAN/tests/e2e/nfq_loop
MB20=20000000

need_root "packets through the kernel's queue"
host_state >"$work/host.before"
state=$work/state
mkdir "$state"

topology() {
	ns_add a r b
	link a e0 r r0
	link b e0 r r1
	address a e0 10.91.1.2/24 fd91:1::2/64
	address b e0 10.91.2.2/24 fd91:2::2/64
	address r r0 10.91.1.1/24 fd91:1::1/64
	address r r1 10.91.2.1/24 fd91:2::1/64
	for net in 1 2; do
		ns=$run_id-$(echo ab | cut -c $net)
		ip -n "$ns" route add default via 10.91.$net.1
		ip -n "$ns" route add default via fd91:$net::1
	done
	start tcp4 b "$traffic" tcp-server 10.91.2.2 5000
	start tcp6 b "$traffic" tcp-server fd91:2::2 5000
	start udp4 b "$traffic" udp-echo 10.91.2.2 5001
	start udp6 b "$traffic" udp-echo fd91:2::2 5001
	start udp4_2 b "$traffic" udp-echo 10.91.2.2 5002
}

sysctl_of() { # path below /proc/sys, in the router
	in_ns r cat "/proc/sys/$1"
}

install() { # option or interface...
	in_ns r "$loop" install "$state" 0 "$@" 2>&1
}

remove() {
	in_ns r "$loop" remove "$state" 2>&1
}

from_a() { # traffic's arguments
	in_ns a "$traffic" "$@" 2>&1
}

# works WHAT...: findings unless that traffic from host a gets through.
works() {
	out=$(from_a "$@") || echo "$*: $out"
}

# blocked WHAT...: findings unless nothing of it is answered.
blocked() {
	out=$(TRAFFIC_WAIT=200 from_a "$@")
	case $out in
	"answered 0 of "*) ;;
	*) echo "$*: $out, but should be blocked" ;;
	esac
}

loop_on() { # NAME OPTION...
	name=$1
	shift
	start "$name" r "$loop" run "$@"
	ready "$name" 10 || echo "$name: $(cat "$work/$name")"
}

# loop_off NAME: its end, and that it ended well.
loop_off() {
	stop "$1"
	grep -E 'ERROR|runtime error' "$work/$1"
	[ -n "$(counter "$1" packets)" ] || echo "$1 printed no counters: $(tail -n 5 "$work/$1")"
}

# is NAME COUNTER TEST...: findings unless the counter holds that.
is() {
	value=$(counter "$1" "$2")
	[ "${value:-none}" "$3" "$4" ] 2>/dev/null || echo "$1: $2 is ${value:-none}, not $3 $4"
}

bad_checksums() {
	for ns in a r b; do
		in_ns "$ns" awk '/^(Tcp|Udp):/ { for (i = 1; i <= NF; i++) { if ($i == "InCsumErrors") at[$1] = i; else if (at[$1] == i && $i > 0) print $1, $i, "bad checksums" } }' /proc/net/snmp | sed "s/^/$ns: /"
		in_ns "$ns" awk '/^Udp6InCsumErrors|^Icmp6InCsumErrors/ && $2 > 0 { print }' /proc/net/snmp6 | sed "s/^/$ns: /"
	done
}

everything_passes() { # addresses of host b as seen from host a
	works ping "$1" 5
	works ping "$2" 5
	works tcp "$1" 5000 $MB20 $MB20
	works tcp "$2" 5000 $MB20 $MB20
	works udp "$1" 5001 100 1000
	works udp "$2" 5001 100 1000
}

# A receiver for udp-gso or udp-flood; its line comes when it has been quiet.
sink() { # NAME
	start "$1" b "$traffic" udp-sink 10.91.2.2 5009
	ready "$1" || echo "no sink"
}

sink_end() { # NAME
	until_true 8 grep -q '^received' "$work/$1" || stop "$1"
}

# --- cases ---
measure() { # LABEL
	tcp=$(from_a tcp 10.91.2.2 5000 1500000000 0 | sed 's/.*s \([0-9.]*\) .*/\1/')
	sink sink_m >/dev/null
	from_a udp-flood 10.91.2.2 5009 1.5 64 >/dev/null
	sink_end sink_m
	echo "# $1: TCP $tcp Gbit/s, UDP of 64 octets$(sed -n 's/.*\( kpps .*\)/\1/p' "$work/sink_m")"
}

installs() {
	in_ns r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/r0/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/all/forwarding; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
	said=$(install 1 --forward --nat r0 r1) || echo "install: $said"
	case $said in
	nft | iptables) ;;
	*) echo "install said: $said" ;;
	esac
	[ "$(sysctl_of net/ipv4/conf/r0/rp_filter)" = 2 ] || echo "rp_filter of r0 is $(sysctl_of net/ipv4/conf/r0/rp_filter)"
	[ "$(sysctl_of net/ipv4/conf/r1/accept_local)" = 1 ] || echo "accept_local is not set"
	blocked ping 10.91.2.2 3
	blocked ping fd91:2::2 3
}

accepts() {
	loop_on all 0
	everything_passes 10.91.2.2 fd91:2::2
	works udp 10.91.2.2 5001 20 4000 # in fragments
	works udp fd91:2::2 5001 20 4000
	sink sink_gso
	from_a udp-gso 10.91.2.2 5009 20
	sink_end sink_gso
	grep -q '^received 800 wrong 0' "$work/sink_gso" || echo "udp-gso: $(cat "$work/sink_gso")"
	start second r "$loop" run 0
	until_true 5 grep -q 'another process serves it' "$work/second" || echo "a second loop: $(cat "$work/second")"
	loop_off all
	is all gso -gt 100
	is all passed -eq "$(counter all packets)"
	for c in dropped unusable refused cut_short not_rewritten queue_dropped user_dropped pending backwards; do
		is all $c -eq 0
	done
	bad_checksums
}

drops() {
	loop_on drop 0 --drop-port 5002
	works udp 10.91.2.2 5001 5 100
	blocked udp 10.91.2.2 5002 5 100
	works udp 10.91.2.2 5001 5 100
	loop_off drop
	is drop dropped -eq 5
}

rewrites() {
	loop_on map 0 --map 10.91.9.9=10.91.2.2 --map fd91:9::9=fd91:2::2
	everything_passes 10.91.9.9 fd91:9::9
	sink sink_map
	from_a udp-gso 10.91.9.9 5009 20
	sink_end sink_map
	grep -q '^received 800 wrong 0' "$work/sink_map" || echo "udp-gso: $(cat "$work/sink_map")"
	loop_off map
	is map gso -gt 100
	is map refused -eq 0
	is map not_rewritten -eq 0
	bad_checksums
}

no_port() {
	in_ns b awk '/^Udp:/ { if (at) print $at; for (i = 1; i <= NF; i++) if ($i == "NoPorts") at = i }' /proc/net/snmp
}

# Several batches wait for their verdicts: lent until then, judged in order, and never more than there is room for.
holds() {
	for batches in 2 4; do
		held=held$batches
		loop_on $held 0 --hold $batches --drop-port 5010
		everything_passes 10.91.2.2 fd91:2::2
		before=$(no_port)
		start flood$batches a "$traffic" udp-flood 10.91.2.2 5010 1 64
		flood=$pid
		sink sink_$held
		from_a udp-flood 10.91.2.2 5009 1 64 >/dev/null
		sink_end sink_$held
		until_true 5 gone "$flood" || echo "the flood goes on"
		sleep 0.2
		loop_off $held
		grep -q '^received [1-9][0-9]* wrong 0' "$work/sink_$held" || echo "$held: $(cat "$work/sink_$held")"
		[ "$(no_port)" = "$before" ] || echo "$held: $(($(no_port) - before)) datagrams got another's verdict"
		is $held dropped -gt 100
		is $held packets -eq "$(($(counter $held passed) + $(counter $held dropped)))"
		is $held most -gt 100
		is $held most -le 256
		is $held surplus -gt 0
		for c in over changed refused unusable pending backwards; do
			is $held $c -eq 0
		done
	done
	is held4 most -eq 256
	loop_on held_map 0 --hold 4 --map 10.91.9.9=10.91.2.2 --map fd91:9::9=fd91:2::2
	everything_passes 10.91.9.9 fd91:9::9
	loop_off held_map
	is held_map changed -eq 0
	is held_map not_rewritten -eq 0
	bad_checksums
}

# The queue's message has no room for the last octets of the largest datagram: it passes, but is not rewritten.
too_large() {
	for end in a:e0 r:r0 r:r1 b:e0; do
		ip -n "$run_id-${end%:*}" link set "${end#*:}" mtu 65535
	done
	loop_on large 0
	works udp 10.91.2.2 5001 2 65507
	loop_off large
	is large cut_short -eq 4
	loop_on large_map 0 --map 10.91.9.9=10.91.2.2
	works udp 10.91.9.9 5001 2 65503
	blocked udp 10.91.9.9 5001 2 65507
	loop_off large_map
	is large_map not_rewritten -eq 2
	is large_map dropped -eq 2
	for end in a:e0 r:r0 r:r1 b:e0; do
		ip -n "$run_id-${end%:*}" link set "${end#*:}" mtu 1500
	done
}

injects() {
	loop_on reset 0 --reset-port 5003
	out=$(from_a tcp 10.91.2.2 5003 1 1)
	case $out in
	*refused*) ;;
	*) echo "a connection that was reset: $out" ;;
	esac
	loop_off reset
	is reset injected -ge 1
	is reset not_injected -eq 0
}

marks() {
	for family in -4 -6; do
		ip -n "$run_id-r" $family rule add fwmark 7 table 100
		ip -n "$run_id-r" $family route add unreachable default table 100
	done
	loop_on mark 0 --mark 7
	blocked ping 10.91.2.2 3
	blocked ping fd91:2::2 3
	loop_off mark
	loop_on other 0 --mark 8
	works ping 10.91.2.2 3
	works ping fd91:2::2 3
	loop_off other
	for family in -4 -6; do
		ip -n "$run_id-r" $family rule delete fwmark 7 table 100
	done
}

overruns() {
	loop_on full 0 --maxlen 64 --slow 50
	from_a udp-flood 10.91.2.2 5001 0.5 64 >/dev/null
	loop_off full
	is full queue_dropped -gt 0
	is full user_dropped -eq 0
	loop_on narrow 0 --rcvbuf 4096 --slow 50
	from_a udp-flood 10.91.2.2 5001 0.5 64 >/dev/null
	loop_off narrow
	is narrow user_dropped -gt 0
}

# Without CAP_NET_ADMIN no verdict counts: nothing passes, and the loop says why and ends.
needs_the_right() {
	start weak r "$fast_loop" run 0 --drop-caps
	ready weak || cat "$work/weak"
	blocked ping 10.91.2.2 2
	until_true 3 gone "$pid" || echo "the loop goes on"
	grep -q 'CAP_NET_ADMIN must be kept' "$work/weak" || cat "$work/weak"
}

waiting() {
	in_ns r awk '$3 > 0 { found = 1 } END { exit !found }' /proc/net/netfilter/nfnetlink_queue
}

unserved() {
	! in_ns r grep -q . /proc/net/netfilter/nfnetlink_queue
}

# What waits is lost with the process, nothing passes after it, and neighbours are still found.
killed() {
	loop_on late 0 --slow 4000
	sink sink_k
	from_a udp-flood 10.91.2.2 5009 0.1 64 >/dev/null
	until_true 3 waiting || echo "no packet waits"
	stop late KILL
	until_true 3 unserved || echo "the queue is still served"
	blocked ping 10.91.2.2 3
	blocked ping fd91:2::2 3
	ip -n "$run_id-a" -6 neigh flush dev e0
	blocked ping fd91:1::1 2
	ip -n "$run_id-a" -6 neigh show fd91:1::1 | grep -q lladdr || echo "the router's address was not found: $(ip -n "$run_id-a" -6 neigh)"
	stop sink_k
	grep '^received' "$work/sink_k"
}

# Rules are exchanged without a moment in which anything passes beside them.
renews() {
	start pings a sh -c "export TRAFFIC_WAIT=10; until [ -e $work/renewed ]; do $traffic ping 10.91.2.2 10; done"
	for i in 1 2 3 4 5 6 7 8; do
		install 1 --forward --nat r0 r1 >/dev/null || echo "install: $i"
	done
	: >"$work/renewed"
	until_true 5 gone "$pid" || echo "the pings go on"
	[ "$(grep -c answered "$work/pings")" -ge 3 ] || echo "too few pings"
	grep 'answered' "$work/pings" | grep -v 'answered 0 '
	[ "$(in_ns r iptables-save -t raw | grep -c -e '-A PREROUTING')" -le 1 ] || in_ns r iptables-save -t raw
}

removes() {
	said=$(remove) || echo "remove: $said"
	[ -z "$said" ] || echo "remove said: $said"
	in_ns r iptables-save -t raw | grep IPS
	in_ns r ip6tables-save -t raw | grep IPS
	[ "$(sysctl_of net/ipv4/conf/r0/rp_filter)" = 1 ] || echo "rp_filter was not put back"
	[ "$(sysctl_of net/ipv4/conf/r0/forwarding)" = 0 ] || echo "forwarding was not put back"
	[ "$(sysctl_of net/ipv6/conf/all/forwarding)" = 0 ] || echo "IPv6 forwarding was not put back"
	ls "$state"
	said=$(remove) || echo "a second remove: $said"
}

# A value that somebody changed meanwhile is theirs.
keeps_others() {
	install 1 --nat r0 r1 >/dev/null || echo "install failed"
	in_ns r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/r0/rp_filter'
	said=$(remove)
	case $said in
	*r0/rp_filter*) ;;
	*) echo "remove did not tell: $said" ;;
	esac
	[ "$(sysctl_of net/ipv4/conf/r0/rp_filter)" = 0 ] || echo "rp_filter was changed"
}

balances() {
	install 2 --forward r0 r1 >/dev/null || echo "install failed"
	loop_on q0 0
	loop_on q1 1
	for i in 21 22 23 24 25 26 27 28; do
		ip -n "$run_id-b" addr add 10.91.2.$i/24 dev e0
		works ping 10.91.2.$i 2
	done
	works ping fd91:2::2 2
	loop_off q0
	loop_off q1
	is q0 packets -gt 0
	is q1 packets -gt 0
	remove
}

fails_open_only_when_told() {
	install 1 --fail-open --forward r0 r1 >/dev/null || echo "install failed"
	works ping 10.91.2.2 2
	works ping fd91:2::2 2
	remove
}

# A state file that cannot be trusted: the rules go, but no sysctl is touched, and it is said.
distrusts() {
	install 1 --forward r0 r1 >/dev/null || echo "install failed"
	sed -i 's|net/ipv4/conf/r0|kernel/conf/r0|' "$state/ruleset.state"
	said=$(install 1 --forward r0 r1) && echo "installed over a damaged state"
	case $said in
	*damaged*) ;;
	*) echo "install: $said" ;;
	esac
	said=$(remove) && echo "removed, and nothing said"
	in_ns r iptables-save -t raw | grep IPS
	[ "$(sysctl_of net/ipv4/conf/r1/forwarding)" = 1 ] || echo "a sysctl was changed"
	rm "$state/ruleset.state"
	in_ns r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/forwarding; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
}

refuses() {
	said=$(install 1 r0 nosuch) && echo "an interface that is not there was accepted"
	case $said in
	*nosuch*"create it first"*) ;;
	*) echo "no such interface: $said" ;;
	esac
	said=$(install 1 'r0 -j ACCEPT') && echo "a name with blanks was accepted"
	ls "$state"
	in_ns r iptables-save -t raw | grep IPS
	if command -v setpriv >/dev/null; then
		said=$(in_ns r setpriv --reuid 65534 --clear-groups --bounding-set -all "$fast_loop" run 0 2>&1)
		case $said in
		*CAP_NET_ADMIN*) ;;
		*) echo "without rights: $said" ;;
		esac
	fi
}

warns() {
	in_ns r iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
	said=$(install 1 r0)
	case $said in
	*"connection tracking on"*) ;;
	*) echo "no warning of conntrack: $said" ;;
	esac
	remove
	in_ns r iptables -D FORWARD -m conntrack --ctstate INVALID -j DROP
	said=$(install 1 r0)
	case $said in
	*tracking*) echo "warned for nothing: $said" ;;
	esac
	remove
}

# A bridge in place of the router: IPv4 and IPv6 between its ports, neighbour discovery across it included.
bridges() {
	ns_add c d
	link c e0 r p0
	link d e0 r p1
	address c e0 10.92.0.1/24 fd92::1/64
	address d e0 10.92.0.2/24 fd92::2/64
	ip -n "$run_id-r" link add name br0 type bridge
	ip -n "$run_id-r" link set p0 master br0
	ip -n "$run_id-r" link set p1 master br0
	ip -n "$run_id-r" link set br0 up
	install 1 --bridge br0 >"$work/said" || cat "$work/said"
	start tcp_d d "$traffic" tcp-server 10.92.0.2 5000
	TRAFFIC_WAIT=200 in_ns c "$traffic" ping 10.92.0.2 2 | grep -v 'answered 0'
	loop_on bridge 0
	in_ns c "$traffic" ping 10.92.0.2 3 | grep -v 'answered 3'
	in_ns c "$traffic" ping fd92::2 3 | grep -v 'answered 3'
	in_ns c "$traffic" tcp 10.92.0.2 5000 $MB20 $MB20 | grep -v 'up 0 down 0'
	loop_off bridge
	is bridge gso -gt 10
	is bridge dropped -eq 0
	remove
}

# Where the kernel has no queue expression all else of nft's text is still judged by nft.
nft_text() {
	if ! command -v nft >/dev/null; then
		echo "skip - the rules in nft's language: nft is not installed"
		return
	fi
	"$loop" plan nft 0 4 r0 eth0.100 >"$work/nft"
	grep -q 'queue num 0-3$' "$work/nft" && wrong= || wrong=$(cat "$work/nft")
	result "the rules in nft's language" "$wrong$(sed 's/queue num .*/accept/' "$work/nft" | in_ns r nft -c -f - 2>&1)"
}

topology
case $(install 1 r0) in
*"kernel lacks"*) skip_all "packets through the kernel's queue" "the kernel has neither NFT_QUEUE nor NETFILTER_XT_TARGET_NFQUEUE" ;;
esac
remove
result "the rules are installed, nothing passes without a process at the queue" "$(installs)"
result "TCP, UDP and ICMP of both families pass, large packets whole" "$(accepts)"
result "what the loop drops does not arrive" "$(drops)"
result "rewritten packets arrive with right checksums, large ones too" "$(rewrites)"
result "several batches wait for their verdicts: octets, order and counts are right" "$(holds)"
result "the largest datagram passes, but is dropped where it would have to be rewritten" "$(too_large)"
result "a reset in another host's name arrives" "$(injects)"
result "a mark steers the route" "$(marks)"
result "a queue and a socket that run over are counted" "$(overruns)"
result "without the right to give verdicts nothing passes, and it is said" "$(needs_the_right)"
result "a killed loop: what waited is dropped, the rules hold" "$(killed)"
result "rules are renewed without a gap" "$(renews)"
result "rules and sysctls are taken back after a kill" "$(removes)"
result "a sysctl that somebody else changed stays" "$(keeps_others)"
result "two queues share the addresses" "$(balances)"
result "only fail-open lets packets pass without a process" "$(fails_open_only_when_told)"
result "wrong interfaces and missing rights are refused and nothing is left" "$(refuses)"
result "a damaged state file is not followed" "$(distrusts)"
result "users of connection tracking are pointed out" "$(warns)"
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
	result "a bridge's packets are inspected" "$(bridges)"
else
	echo "skip - a bridge's packets are inspected: the kernel has no br_netfilter loaded"
fi
nft_text

in_ns r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/forwarding'
measure "plain forwarding"
install 1 --forward r0 r1 >/dev/null
start fast r "$fast_loop" run 0
ready fast
measure "through the queue, all accepted"
stop fast
remove

tear_down
host_state >"$work/host.after"
result "nothing of the run is left" "$(leftovers; diff "$work/host.before" "$work/host.after")"
exit $failed
