# What the end-to-end scripts share: network namespaces of this run, processes in them, TAP lines. Sourced, as root.
#
# Names carry the pid; everything is taken away again on the way out, whichever way that is, and leftovers says what was not.

work=$(mktemp -d) || exit 1
run_id=ips$$
failed=0
: >"$work/started"

# skip_all NAME REASON: nothing of the script can be run here.
skip_all() {
	echo "skip - $1: $2"
	exit 0
}

# need_root NAME: root, and a kernel that makes namespaces and pairs of interfaces.
need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "$1" "root is needed for network namespaces"
	for program in ip iptables ip6tables; do
		command -v $program >/dev/null 2>&1 || skip_all "$1" "$program is not installed"
	done
	ip netns add "$run_id-try" 2>/dev/null || skip_all "$1" "network namespaces cannot be made here"
	ip -n "$run_id-try" link add v0 type veth peer name v1 2>/dev/null
	made=$?
	ip netns delete "$run_id-try"
	[ $made -eq 0 ] || skip_all "$1" "the kernel has no veth interfaces"
}

# result NAME FINDINGS: one line; what was found, if anything, as comments.
result() {
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/#   /'
		failed=1
	fi
}

# ns_add NAME...: namespaces, lo up. The full name is $run_id-NAME.
ns_add() {
	for name; do
		ip netns add "$run_id-$name" || exit 1
		ip -n "$run_id-$name" link set lo up
		# addresses are there at once
		in_ns "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad' 2>/dev/null
	done
}

in_ns() { # NAME COMMAND...
	ns=$1
	shift
	ip netns exec "$run_id-$ns" "$@"
}

# link NS1 IF1 NS2 IF2: a pair of interfaces, up.
link() {
	ip -n "$run_id-$1" link add name "$2" type veth peer name "$4" netns "$run_id-$3" || exit 1
	ip -n "$run_id-$1" link set "$2" up
	ip -n "$run_id-$3" link set "$4" up
}

address() { # NS IF ADDR/LEN...
	ns=$1 if=$2
	shift 2
	for a; do
		case $a in
		*:*) ip -n "$run_id-$ns" addr add "$a" dev "$if" nodad || exit 1 ;;
		*) ip -n "$run_id-$ns" addr add "$a" dev "$if" || exit 1 ;;
		esac
	done
}

# start NAME NS COMMAND...: in the background, output to $work/NAME; its pid is in $pid and $work/NAME.pid. ip netns exec
# becomes the command itself, so that the pid is the command's.
start() {
	name=$1 ns=$2
	shift 2
	: >"$work/$name"
	ip netns exec "$run_id-$ns" "$@" >"$work/$name" 2>&1 </dev/null &
	pid=$!
	echo $pid >>"$work/started" # a file: cases run in subshells
	echo $pid >"$work/$name.pid"
}

# until_true SECONDS COMMAND...: tries ten times a second.
until_true() {
	tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# ready NAME [SECONDS]: what was started has said so.
ready() {
	until_true "${2:-5}" grep -q '^ready' "$work/$1"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# is_ours PID: it runs, and in another namespace than this script (its number may have come back as another process).
is_ours() {
	its=$(readlink "/proc/$1/ns/net" 2>/dev/null) && [ "$its" != "$(readlink /proc/self/ns/net)" ]
}

# stop NAME [SIGNAL]: ends what was started, and waits for it, killing it at last.
stop() {
	kill "-${2:-TERM}" "$(cat "$work/$1.pid")" 2>/dev/null
	until_true 5 gone "$(cat "$work/$1.pid")" || kill -KILL "$(cat "$work/$1.pid")" 2>/dev/null
	wait "$(cat "$work/$1.pid")" 2>/dev/null
}

# counter FILE NAME: the number behind that name.
counter() {
	sed -n "s/^$2 //p" "$work/$1" | tail -n 1
}

tear_down() {
	kept=$(cat "$work/started" 2>/dev/null)
	for p in $kept; do
		! is_ours "$p" || kill -KILL "$p" 2>/dev/null
	done
	for n in $(ip netns list 2>/dev/null | sed -n "s/^\($run_id-[^ ]*\).*/\1/p"); do
		for p in $(ip netns pids "$n" 2>/dev/null); do
			kill -KILL "$p" 2>/dev/null
		done
		ip netns delete "$n" 2>/dev/null
	done
}

# What of this run is still there, one a line: namespaces, mounts, processes.
leftovers() {
	ip netns list 2>/dev/null | grep "^$run_id-" | sed 's/^/namespace /'
	grep "/netns/$run_id-" /proc/self/mounts | sed 's/^/mount /'
	while read -r p; do
		! is_ours "$p" || echo "process $p $(tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null)"
	done <"$work/started"
}

# What the machine's own namespace has of rules, addresses, queues and sysctls: the same before and after.
host_state() {
	iptables-save 2>/dev/null | grep '^-A'
	ip6tables-save 2>/dev/null | grep '^-A'
	ip -o addr show | awk '{ print $2, $3, $4 }'
	awk '{ print "queue", $1, $2 }' /proc/net/netfilter/nfnetlink_queue 2>/dev/null
	grep -H . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null
}

clean_up() {
	tear_down
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
