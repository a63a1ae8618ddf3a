# Two nodes between a client side and a server side, for the scripts that need them. Sourced after lib.sh.
#
#   client --- switch c --- a (lan0, wan0) --- switch s --- server
#                      \___ b (lan0, wan0) ___/        a and b: ha0 to ha0
#
# The pair's addresses are 10.1.0.1 and 10.2.0.1 (fd01::1, fd02::1); client and server route by them. $bin: the programs.

bin=${bin:-build/gcc-release/bin}

nodes_up() {
	ns_add client server a b lc ls
	for side in c s; do
		ip -n "$run_id-l$side" link add br0 type bridge forward_delay 0 2>/dev/null || return 1
		ip -n "$run_id-l$side" link set br0 up
	done
	link client eth0 lc p0
	link server eth0 ls p0
	for node in a b; do
		link $node lan0 lc "p$node"
		link $node wan0 ls "p$node"
	done
	link a ha0 b ha0
	for p in p0 pa pb; do
		ip -n "$run_id-lc" link set $p master br0
		ip -n "$run_id-ls" link set $p master br0
	done
	address client eth0 10.1.0.2/24 fd01::2/64
	address server eth0 10.2.0.2/24 fd02::2/64
	address a lan0 10.1.0.3/24 fd01::3/64
	address a wan0 10.2.0.3/24 fd02::3/64
	address b lan0 10.1.0.4/24 fd01::4/64
	address b wan0 10.2.0.4/24 fd02::4/64
	address a ha0 10.9.0.1/24
	address b ha0 10.9.0.2/24
	ip -n "$run_id-client" route add default via 10.1.0.1
	ip -n "$run_id-server" route add default via 10.2.0.1
	ip -n "$run_id-client" -6 route add default via fd01::1
	ip -n "$run_id-server" -6 route add default via fd02::1
}

# The nodes count their interfaces in different orders: what they tell each other is by name.
interfaces_of() { # NODE
	case $1 in
	b) set -- wan0 lan0 ;;
	*) set -- lan0 wan0 ;;
	esac
	for port; do
		net=$([ "$port" = lan0 ] && echo 1 || echo 2)
		printf '    edit "%s"\n        set ip 10.%s.0.1 255.255.255.0\n        set ip6 fd0%s::1/64\n    next\n' "$port" "$net" "$net"
	done
}

# node_conf NAME OWN PEER PRIORITY [LINE...]: $work/NAME.conf. Further lines are added as they are; $policy_1 and $ha_1 into those blocks.
node_conf() {
	name=$1 own=$2 peer=$3 priority=$4
	shift 4
	cat >"$work/$name.conf" <<END
config system global
    set hostname "node-$name"
end
config system settings
    set inspection-mode ${mode:-prevent}
end
config system interface
$(interfaces_of "$name")
end
config system ha
    set group-name "pair"
    set mode ${ha_mode:-a-p}
    set password "${password:-a secret of this run}"
    set hbdev "ha0" 100
    set local-ip $own
    set peer-ip $peer
    ${ha_1:-set session-pickup enable}
    set priority $priority
    set hb-interval ${hb_interval:-100}
    set hb-lost-threshold ${hb_lost:-6}
end
config ips sensor
    edit "test"
        set rule-file "$work/test.rules"
    next
end
config firewall policy
    edit 1
        set action accept
        set utm-status enable
        set ips-sensor "test"
        set logtraffic all
        ${policy_1:-}
    next
end
config log eve
    set status enable
    set filename "$work/$name.eve"
end
config log file
    set status enable
    set filename "$work/$name.log"
end
END
	for line; do
		printf '%s\n' "$line" >>"$work/$name.conf"
	done
	[ -e "$work/test.rules" ] || : >"$work/test.rules"
}

# node_start NAME: the daemon of that namespace; its output is $work/ipsd-NAME.
node_start() {
	start "ipsd-$1" "$1" "$bin/ipsd" -c "$work/$1.conf" --run-dir "$work/run-$1" --state-dir "$work/state-$1"
}

node_ready() {
	until_true "${2:-10}" grep -q '^ipsd: ready' "$work/ipsd-$1"
}

# ask NAME WORDS...: a command to that node.
ask() {
	node=$1
	shift
	"$bin/ips" "$@" --socket "$work/run-$node/ips.sock"
}

role_of() {
	ask "$1" ha mode 2>/dev/null
}

is_role() { # NAME ROLE
	[ "$(role_of "$1")" = "$2" ]
}

# in_sync NAME: that node is active and its standby has everything.
in_sync() {
	ask "$1" ha info 2>/dev/null | grep -qi 'in sync'
}

# engine_pid NAME: the engine process of that node's daemon.
engine_pid() {
	pgrep -P "$(cat "$work/ipsd-$1.pid")" | head -n 1
}
