#!/bin/sh
# Virtual addresses: two nodes and a host on one bridge; put on, refreshed, expired, moved, taken off. Namespaces only.
# limit: 120
set -u
cd "$(dirname "$0")/../.." || exit 1
B_ASAN=${B_ASAN:-build/gcc-asan}
. tests/e2e/lib.sh
tool=$PWD/$B_ASAN/tests/e2e/vip_tool traffic=$PWD/$B_ASAN/tests/e2e/traffic
V4=10.93.0.100 V6=fd93::100

need_root "virtual addresses of the pair"
host_state >"$work/host.before"

topology() {
	ns_add s h n1 n2
	ip -n "$run_id-s" link add name br0 type bridge
	ip -n "$run_id-s" link set br0 up
	link h e0 s p0
	link n1 r0 s p1
	link n2 r0 s p2
	for p in p0 p1 p2; do
		ip -n "$run_id-s" link set $p master br0
	done
	address h e0 10.93.0.9/24 fd93::9/64
	address n1 r0 10.93.0.1/24 fd93::1/64
	address n2 r0 10.93.0.2/24 fd93::2/64
}

vip() { # NODE STEP...: with both addresses
	node=$1
	shift
	in_ns "$node" "$tool" "$@" -- r0=$V4/24 r0=$V6/64 2>&1
}

# quietly NODE STEP...: findings unless all went well.
quietly() {
	said=$(vip "$@") || echo "vip $*: failed"
	[ -z "$said" ] || echo "vip $*: $said"
}

# on NODE ADDRESS: its line of `ip addr`, lifetimes included; empty when it is not there.
on() {
	ip -n "$run_id-$1" -o addr show dev r0 | grep -F " $2/"
}

# lives NODE ADDRESS LOW HIGH: findings unless it is valid for so many seconds.
lives() {
	s=$(on "$1" "$2" | sed -n 's/.*valid_lft \([0-9]*\)sec preferred_lft \1sec.*/\1/p')
	[ "${s:-0}" -ge "$3" ] && [ "${s:-0}" -le "$4" ] || echo "$2 on $1, not $3 to $4 s: $(on "$1" "$2")"
}

absent() { # NODE
	on "$1" $V4
	on "$1" $V6
}

mac_of() { # NODE
	in_ns "$1" cat /sys/class/net/r0/address
}

# reaches ADDRESS: the host gets an answer.
reaches() {
	in_ns h "$traffic" ping "$1" 1 2>&1 | grep -v "answered 1 "
}

# known ADDRESS NODE: findings unless that is whose MAC the host has for it.
known() {
	ip -n "$run_id-h" neigh show "$1" | grep -qi "lladdr $(mac_of "$2")" || echo "$1, of $2 ($(mac_of "$2")): $(ip -n "$run_id-h" neigh show "$1")"
}

lifetimes() {
	quietly n1 add:30
	lives n1 $V4 28 30
	lives n1 $V6 28 30
	on n1 $V6 | grep -E 'tentative|dadfailed'
	quietly n1 refresh:90
	lives n1 $V4 88 90
	lives n1 $V6 88 90
	quietly n1 add:20
	lives n1 $V4 18 20
	quietly n1 refresh
	on n1 $V4 | grep -q 'valid_lft forever' || on n1 $V4
	on n1 $V6 | grep -q 'valid_lft forever' || on n1 $V6
	quietly n1 remove
	absent n1
}

expire() {
	quietly n1 add:1
	lives n1 $V4 1 1
	until_true 4 eval '[ -z "$(absent n1)" ]' || absent n1
	[ -n "$(on n1 10.93.0.1)" ] || echo "the node's own address went too"
}

twice() {
	quietly n2 add:30 add:30
	[ "$(on n2 $V4 | wc -l) $(on n2 $V6 | wc -l)" = "1 1" ] || ip -n "$run_id-n2" -o addr show dev r0
	quietly n2 remove remove
	absent n2
	quietly n2 remove
}

# hear NODE FLAGS: what the host hears when the node puts them on, octet by octet but for the checksum (the kernel of
# `moves` judges that). FLAGS: of the advertisement.
hear() {
	start ears h "$tool" listen e0 3
	ready ears || cat "$work/ears"
	quietly "$1" add:30
	until_true 5 gone "$pid" || echo "three announcements were not heard"
	m=$(mac_of "$1" | tr -d :)
	v4=0a5d0064 v6=fd930000000000000000000000000100 all=ff020000000000000000000000000001
	{
		echo ready
		echo "ffffffffffff${m}08060001080006040001$m${v4}000000000000$v4"
		echo "ffffffffffff${m}08060001080006040002$m$v4$m$v4"
		echo "333300000001${m}86dd6000000000203aff$v6${all}8800....${2}000000${v6}0201$m"
	} >"$work/expected"
	sed 's/^\(3333.\{104\}8800\)..../\1..../' "$work/ears" | diff "$work/expected" -
	quietly "$1" remove
}

announcements() {
	hear n1 20
	in_ns n1 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/r0/forwarding'
	hear n1 a0
	in_ns n1 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/r0/forwarding'
}

moves() {
	quietly n1 add:30
	reaches $V4
	reaches $V6
	known $V4 n1
	known $V6 n1
	for pair in n1:n2 n2:n1; do
		quietly "${pair%:*}" remove
		quietly "${pair#*:}" add:30
		known $V4 "${pair#*:}"
		known $V6 "${pair#*:}"
		reaches $V4
		reaches $V6
	done
	quietly n1 remove
}

# The node's own address goes, the virtual one in the same network stays.
outlives() {
	in_ns n2 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/r0/promote_secondaries; echo 0 >/proc/sys/net/ipv4/conf/all/promote_secondaries'
	quietly n2 add:30
	on n2 $V4 | grep -q secondary || echo "not the case to be tested: $(on n2 $V4)"
	ip -n "$run_id-n2" addr delete 10.93.0.2/24 dev r0
	[ -n "$(on n2 $V4)" ] || echo "$V4 went with the node's own address"
	reaches $V4
	quietly n2 remove
	address n2 r0 10.93.0.2/24
}

goes_on() {
	in_ns n2 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/r0/disable_ipv6'
	said=$(in_ns n2 "$tool" add:30 announce -- r0=$V6/64 r0=$V4/24 2>&1) && echo "an address without IPv6 was added"
	case $said in
	"add:30: cannot add $V6/64 on r0: "*) ;;
	*) echo "said: $said" ;;
	esac
	lives n2 $V4 28 30
	in_ns n2 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/r0/disable_ipv6'
	quietly n2 remove
	ip -n "$run_id-n2" link set r0 down
	said=$(vip n2 add:30) && echo "announced on an interface that is down"
	case $said in
	*"cannot announce "*" on r0: Network is down"*) ;;
	*) echo "said: $said" ;;
	esac
	quietly n2 remove
	ip -n "$run_id-n2" link set r0 up
	said=$(in_ns n2 "$tool" add:30 remove -- lo=$V4/32 2>&1) || echo "on lo: $said" # nobody to tell
}

# refused PATTERN COMMAND...: it fails, with that in what it says.
refused() {
	pattern=$1
	shift
	said=$("$@" 2>&1) && echo "$*: was let pass"
	case $said in
	*"$pattern"*) ;;
	*) echo "$*: $said" ;;
	esac
}

refusals() {
	refused "interface nosuch of a virtual address does not exist" in_ns n1 "$tool" add:30 -- r0=$V4/24 nosuch=$V6/64
	refused "at most 32 bits" in_ns n1 "$tool" add:30 -- r0=$V4/33
	refused "at most 128" in_ns n1 "$tool" add:30 -- r0=$V6/129
	absent n1
	if command -v setpriv >/dev/null; then
		refused "need CAP_NET_ADMIN" in_ns n1 setpriv --reuid 65534 --clear-groups --bounding-set -all "$tool" add:30 -- r0=$V4/24
		refused "needs CAP_NET_RAW" in_ns n1 setpriv --reuid 65534 --clear-groups --inh-caps -all,+net_admin \
			--ambient-caps -all,+net_admin --bounding-set -all,+net_admin "$tool" add:30 -- r0=$V4/24
		absent n1
	fi
}

# --- interfaces set down and up again ---

went_down() { # NODE IF: how often
	in_ns "$1" cat "/sys/class/net/$2/carrier_down_count"
}

# What a node has of addresses and routes; the link's own IPv6 address comes again by itself.
has() {
	ip -n "$run_id-$1" -o addr show dev r0 | grep -v ' fe80:' | sed 's/^[0-9]*: //'
	ip -n "$run_id-$1" -4 route show table all
	ip -n "$run_id-$1" -6 route show table all | grep -vE 'fe80:|ff00::'
}

learned() { # does the switch know n1's MAC?
	in_ns s bridge fdb show dev p1 | grep -i "$(mac_of n1)" | grep -qv permanent
}

forgotten() {
	! learned
}

routes() {
	ip -n "$run_id-n1" route add 10.94.0.0/24 dev r0
	ip -n "$run_id-n1" route add 10.95.0.0/24 via 10.93.0.9 metric 7
	ip -n "$run_id-n1" route add default via 10.94.0.9 src 10.93.0.1
	ip -n "$run_id-n1" route add 10.96.0.0/24 via 10.93.0.2 table 77
	ip -n "$run_id-n1" -6 route add fd95::/64 via fd93::9
	ip -n "$run_id-n1" -6 route add default via fd95::9 onlink dev r0
}

bounced() {
	ip -n "$run_id-n1" link add v0 type veth peer name v1
	ip -n "$run_id-n1" link set v1 up
	routes
	in_ns n1 "$traffic" ping 10.93.0.9 1 >/dev/null 2>&1
	learned || echo "not the case to be tested: the switch has learned nothing"
	had=$(has n1) downs=$(went_down n1 r0) began=$(date +%s%N)
	start bounce n1 "$tool" bounce 1000 v0 r0 nosuch
	until_true 3 forgotten || echo "the switch has forgotten nothing"
	wait "$pid" || cat "$work/bounce"
	took=$((($(date +%s%N) - began) / 1000000))
	[ "$(went_down n1 r0)" -gt "$downs" ] || echo "it was not down"
	[ $took -ge 1000 ] && [ $took -lt 4000 ] || echo "it took $took ms"
	until_true 3 same_as_before || { echo "addresses and routes have changed:"; has n1 >"$work/has"; echo "$had" | diff - "$work/has"; }
	ip -n "$run_id-n1" link show v0 | grep -q 'state DOWN' || echo "one that was down was set up"
	[ "$(in_ns n1 cat /proc/sys/net/ipv6/conf/r0/keep_addr_on_down)" = 0 ] || echo "keep_addr_on_down stays on"
	reaches 10.93.0.1
	reaches fd93::1
}

same_as_before() {
	[ "$(has n1)" = "$had" ]
}

# Who holds the other end goes away: up at once.
hurried() {
	began=$(date +%s%N)
	sleep 0.2 | in_ns n1 "$tool" bounce 60000 r0
	took=$((($(date +%s%N) - began) / 1000000))
	[ $took -lt 5000 ] || echo "it took $took ms"
	until_true 3 same_as_before || { has n1; echo "not:"; echo "$had"; }
	ip -n "$run_id-n1" link delete v0
}

# carry EXPECTED IF LINK
carry() {
	in_ns n1 "$tool" carries "$2" "$3"
	[ $? = "$1" ] || echo "$2 carries $3: not $1"
}

# What a link to the peer goes through: itself, what is below it, its ports; no other.
carried() {
	ip -n "$run_id-n1" link add br9 type bridge
	ip -n "$run_id-n1" link add x0 type veth peer name y0 netns "$run_id-n2"
	ip -n "$run_id-n1" link set x0 master br9
	carry 0 r0 r0
	carry 1 r0 x0
	carry 0 x0 br9
	carry 1 r0 br9
	carry 1 br9 x0
	carry 1 nosuch r0
	carry 1 r0 nosuch
	if ip -n "$run_id-n1" link add m0 link r0 type macvlan 2>/dev/null; then
		carry 0 r0 m0
		carry 1 m0 r0
		carry 1 x0 m0
		ip -n "$run_id-n1" link delete m0
	fi
	ip -n "$run_id-n1" link delete br9
	ip -n "$run_id-n1" link delete x0
}

topology
result "put on, refreshed, without end, taken off" "$(lifetimes)"
result "an address that nobody refreshes goes" "$(expire)"
result "twice on and twice off is once" "$(twice)"
result "the announcements, octet by octet" "$(announcements)"
result "neighbours follow an address to the other node at once" "$(moves)"
result "the virtual address outlives the node's own" "$(outlives)"
result "an error at one address stops no other" "$(goes_on)"
result "a missing interface, a wrong prefix, missing rights" "$(refusals)"
result "what a link to the peer goes through is known" "$(carried)"
had=
result "an interface set down is up again, with its addresses and routes, and the switch has forgotten" "$(bounced)"
had=$(has n1)
result "it is up at once when nobody waits" "$(hurried)"

tear_down
host_state >"$work/host.after"
result "nothing of the run is left" "$(leftovers; diff "$work/host.before" "$work/host.after")"
exit $failed
