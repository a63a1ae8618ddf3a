#!/bin/sh
# One live node in the path: TCP, UDP, ICMP of both families, large packets; what is inspected is what arrives.
# limit: 240
# alone
#
# E2E_LONG=1: the flood of TCP lasts 20 s the other way too.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/live_lib.sh
MB50=50000000 MB500=500000000

need_root "one live node"
host_state >"$work/host.before"

rules() {
	cat >"$work/test.rules" <<-'RULES'
		alert udp any any -> any 5001 (msg:"a datagram of 1000 octets"; dsize:1000; sid:5000001; rev:1;)
		alert icmp any any -> any any (msg:"echo with a word in it"; content:"OnTheWay"; sid:5000002; rev:1;)
		alert tcp any any -> any 5000 (msg:"length up of 50000000"; content:"|80 f0 fa 02 00 00 00 00|"; startswith; sid:5000003; rev:1;)
	RULES
}

# from the client's side
works() {
	out=$(in_ns client "$traffic" "$@" 2>&1) || echo "$*: $out"
}

blocked() {
	out=$(TRAFFIC_WAIT=200 in_ns client "$traffic" "$@" 2>&1)
	case $out in
	"answered 0 of "*) ;;
	*) echo "$*: $out, but should be blocked" ;;
	esac
}

servers() {
	start tcp4 server "$traffic" tcp-server 10.2.0.2 5000
	start tcp6 server "$traffic" tcp-server fd02::2 5000
	start udp4 server "$traffic" udp-echo 10.2.0.2 5001
	start udp6 server "$traffic" udp-echo fd02::2 5001
	start udp4_2 server "$traffic" udp-echo 10.2.0.2 5002
}

flow_records() { # PROTO
	eve "\"event_type\":\"flow\".*\"proto\":\"$1\""
}

# Nothing passes before the daemon runs only if its rules are there: so this is plain forwarding off, and the daemon on.
forwards() {
	blocked ping 10.2.0.2 2
	up
	node_state | diff -q "$work/node.before" - >/dev/null && echo "the daemon has changed nothing: the comparison at its end proves nothing"
	for addr in 10.2.0.2 fd02::2; do
		works ping "$addr" 5
		works tcp "$addr" 5000 $MB50 $MB50
		works udp "$addr" 5001 100 1000
		inspected $((MB50 + 16)) $((MB50 + 1)) proto tcp dst "$addr"
		inspected 100000 100000 proto udp dst "$addr"
	done
	in_ns client ping -q -c 3 -i 0.2 -s 64 -p 4f6e546865576179 10.2.0.2 >/dev/null || echo "no answers to ping"
	in_ns client ping -q -c 3 -i 0.2 -s 64 -p 4f6e546865576179 fd02::2 >/dev/null || echo "no answers to ping over IPv6"
	is "alerts on datagrams" "$(stat 'alerts/1:5000001')" -eq 200
	is "alerts on echo" "$(stat 'alerts/1:5000002')" -eq 12
	is "alerts on streams" "$(stat 'alerts/1:5000003')" -eq 2
	for p in tcp:2 udp:2 icmp:2 icmp6:2; do
		is "sessions of ${p%:*}" "$(stat session session stat proto "${p%:*}")" -eq "${p#*:}"
	done
	is "sessions" "$(stat session sys session stat)" -eq 8
	ask n session clear >/dev/null
	until_true 5 test "$(flow_records '[A-Z]')" -ge 8
	for p in TCP UDP ICMP IPv6-ICMP; do
		is "flow records of $p" "$(flow_records "$p")" -eq 2
	done
	is "alerts in the log" "$(eve '"event_type":"alert"')" -eq 214
}

fragments() {
	before=$(stat fragments)
	works udp 10.2.0.2 5001 20 4000
	works udp fd02::2 5001 20 4000
	is "fragments" "$(($(stat fragments) - before))" -eq 240 # 3 each, two ways
}

# The port that the policy leaves out, and whatever is addressed to the node itself.
denies() {
	works ping 10.2.0.1 2
	blocked udp 10.2.0.2 5002 5 100
	is "denied packets" "$(stat drops/policy.deny)" -eq 5
	until_true 3 test "$(eve '"reason":"policy.deny"')" -ge 1
	is "records of denied packets" "$(eve '"event_type":"drop".*"reason":"policy.deny"')" -eq 5
	works udp 10.2.0.2 5001 5 100
}

# iperf3 sends its cookie of 37 octets first. What its receiver did not read at the end, it does not count.
floods() {
	in_ns server ethtool -k eth0 2>/dev/null | grep -q 'tcp-segmentation-offload: off' && echo "no segmentation offload here"
	for way in "" -R; do
		seconds=20
		[ -z "$way" ] || [ -n "${E2E_LONG:-}" ] || seconds=5
		ask n session clear >/dev/null
		start iperf server iperf3 -s -1 -B 10.2.0.2
		until_true 5 grep -q listening "$work/iperf"
		in_ns client iperf3 -c 10.2.0.2 -t $seconds -J $way >"$work/iperf.json" || echo "iperf3 fails: $(head -n 5 "$work/iperf.json")"
		ask n session list dport 5201 --json >"$work/iperf.sessions"
		python3 - "$work/iperf.json" "$work/iperf.sessions" "$way" <<-'PYTHON'
			import json, sys
			end = json.load(open(sys.argv[1]))["end"]
			sent, received = (end[k]["bytes"] for k in ("sum_sent", "sum_received"))
			side = "server_state" if sys.argv[3] else "client_state"
			ends = [json.loads(line)[side] for line in open(sys.argv[2])]
			cookie = 0 if sys.argv[3] else 37
			got = max(e["inspected"] for e in ends)
			if not received + cookie <= got <= sent + cookie:
			    print("inspected %d of %d sent and %d received" % (got, sent, received))
			if any(e["gaps"] or e["held"] for e in ends):
			    print("octets were not inspected: %s" % ends)
			if received < 10**8:
			    print("only %d octets" % received)
			print("# %s%.2f Gbit/s" % (sys.argv[3] and "the other way ", end["sum_received"]["bits_per_second"] / 1e9), file=sys.stderr)
		PYTHON
	done 2>"$work/note"
	grep -v '^#' "$work/note"
	is "large packets" "$(stat gso nfq status)" -gt 1000
	nothing_lost
}

exact() {
	ask n session clear >/dev/null
	for addr in 10.2.0.2 fd02::2; do
		works tcp $addr 5000 $MB500 $MB500
		inspected $((MB500 + 16)) $((MB500 + 1)) dst $addr
	done
	[ -z "$(inspected $((MB500 + 15)) $((MB500 + 1)) dst fd02::2)" ] && echo "one octet less is not noticed"
	is "large packets" "$(stat gso nfq status)" -gt 1000
	nothing_lost
}

# One packet in 400 is lost before the node, large ones among them: what comes behind it waits, or is dropped when there is no more
# room for it, but never goes by unread.
lossy() {
	ask n session clear >/dev/null
	works tcp 10.2.0.2 5000 $MB500 $MB500
	in_ns n nft delete table ip lossy
	inspected $((MB500 + 16)) $((MB500 + 1)) dst 10.2.0.2
	for way in client server; do
		is "segments of the $way out of order" "$(stat ${way}_state/out_of_order session list dst 10.2.0.2)" -gt 0
	done
	is "gaps" "$(stat gaps)" -eq 0
	is "packets dropped" "$(stat dropped)" -eq "$(stat drops/ips.noRoom)"
	echo "# $(stat drops/ips.noRoom) packets behind lost ones had to be sent again" >"$work/note"
	adds_up
}

single_up
in_ns n sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/forwarding; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
node_state >"$work/node.before"
rules
conf prevent 'config firewall service custom' 'edit "closed"' 'set udp-portrange 5002' 'next' 'end'
sed -i 's/^ *set action accept$/&\nset service "closed"\nset service-negate enable/' "$work/n.conf"
servers
result "TCP, UDP, ICMP of both families pass and are seen" "$(forwards)"
result "datagrams in fragments pass and are counted" "$(fragments)"
result "what no policy allows does not pass" "$(denies)"
result "the daemon ends and leaves nothing behind" "$(down)"
conf prevent
up
result "a flood of TCP in large packets: nothing is dropped, all is inspected" "$(floods)"
grep '^#' "$work/note"
result "of streams of $MB500 octets every one is inspected" "$(exact)"
if in_ns n nft 'table ip lossy { chain c { type filter hook prerouting priority -310; ip protocol tcp numgen inc mod 400 == 7 drop; }; }' \
	2>/dev/null; then
	result "packets lost before the node: what arrives is inspected all the same" "$(lossy)"
	grep '^#' "$work/note"
else
	echo "skip - packets lost before the node: nft is not installed, or the kernel has no NFT_NUMGEN"
fi
result "the daemon ends and leaves nothing behind" "$(down)"
finish
