# What the oracle's scripts share: its namespaces (sender, engine, a router behind it, receiver) and its programs. Sourced, as root.

. tests/e2e/lib.sh
tools=$PWD/${B:-build/gcc-release}/oracle

# The sender's namespace has no address: its kernel answers nothing in the senders' names.
topology() {
	ns_add a r h b
	link a e0 r r0
	link r r1 h h0
	link h h1 b e0
	address r r0 10.91.1.1/24 fd91:1::1/64
	address r r1 10.91.2.1/24 fd91:2::1/64
	address h h0 10.91.2.2/24 fd91:2::2/64
	address h h1 10.91.3.1/24 fd91:3::1/64
	address b e0 10.91.3.2/24 fd91:3::2/64
	for ns in r h; do
		in_ns $ns sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	done
	for host in 10.91.1.2 fd91:1::2; do
		ip -n "$run_id-r" neigh replace $host lladdr "$(mac a e0)" dev r0 nud permanent
	done
	routes r "10.93.0.0/16 via 10.91.1.2" "10.91.3.0/24 via 10.91.2.2" "fd93::/64 via fd91:1::2" "fd91:3::/64 via fd91:2::2"
	routes h "10.93.0.0/16 via 10.91.2.1" "fd93::/64 via fd91:2::1"
	for family in -4 -6; do
		ip -n "$run_id-h" $family rule add tos 8 blackhole pref 10 || exit 1
	done
	routes b "default via 10.91.3.1" "default via fd91:3::1"
	in_ns b sh -c 'cd /proc/sys/net/ipv4; echo 0 >tcp_syncookies; echo 65535 >tcp_max_syn_backlog; echo 1 >tcp_synack_retries
		echo 3 >tcp_fastopen; echo 65535 >../core/somaxconn'
	in_ns r ip6tables -t raw -A PREROUTING -p icmpv6 -j ACCEPT || exit 1
	for port in r0 r1; do
		for tables in iptables ip6tables; do
			in_ns r $tables -t raw -A PREROUTING -i $port -j NFQUEUE --queue-num 0 || exit 1
		done
	done
}

routes() { # NS ROUTE...
	ns=$1
	shift
	for route; do
		ip -n "$run_id-$ns" route add $route || exit 1
	done
}

mac() { # NS IF
	ip -n "$run_id-$1" -o link show "$2" | sed 's/.*link\/ether \([^ ]*\).*/\1/'
}

play() { # PROGRAM ARGUMENT...
	program=$tools/$1
	shift
	nice -n "${ORACLE_NICE:-0}" "$program" "$run_id-a" "$run_id-r" "$run_id-b" "$(mac r r0)" "$@"
}

# finds_out NAME PROGRAM ARGUMENT...: the program is broken on purpose, and that shows.
finds_out() {
	name=$1
	shift
	if play "$@" >"$work/broken" 2>&1; then
		result "$name" "nothing was found: $(tail -n 1 "$work/broken")"
	elif tail -n 1 "$work/broken" | grep -q '^[1-9][0-9]* found'; then
		result "$name: $(tail -n 1 "$work/broken")" ""
	else
		result "$name" "$(cat "$work/broken")"
	fi
}
