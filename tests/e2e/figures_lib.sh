# What pair_figures.sh needs: two links, the traffic beside the associations, and the comparison of what the receivers' kernels
# have got with what the engines have inspected. Sourced after pair_lib.sh.

pace=$B/tests/e2e/pace

figures_net() {
	link a ha1 b ha1
	address a ha1 10.8.0.1/24
	address b ha1 10.8.0.2/24
	address server eth0 10.2.0.5/24
	for dev in ha0 ha1 lan0 wan0; do
		echo "link set $dev down" >>"$work/links.down"
		echo "link set $dev up" >>"$work/links.up"
	done
	for node in a b; do # an interface that is down for a moment keeps its addresses
		in_ns $node sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/keep_addr_on_down'
	done
}

figures_ha() { # OWN PEER, of the backup link
	cat <<END
config system ha
    set hbdev "ha0" 100 "ha1" 50
    set backup-local-ip $1
    set backup-peer-ip $2
    set session-pickup-connectionless enable
end
END
}

figures_pair() {
	node_conf a 10.9.0.1 10.9.0.2 200 "$(figures_ha 10.8.0.1 10.8.0.2)"
	node_conf b 10.9.0.2 10.9.0.1 100 "$(figures_ha 10.8.0.2 10.8.0.1)"
	node_start a
	node_start b
	node_ready a && node_ready b && until_true 15 settled && until_true 5 link_in_use "main link" || {
		echo "the pair does not come up"
		cat "$work/ipsd-a" "$work/ipsd-b"
		return 1
	}
}

link_in_use() {
	ask "$(active)" ha info -v | grep -q "^link in use     : $1  *N/A\$"
}

quality_is() { # NODE PERCENT
	ask "$1" ha info | grep -q "^quality *: $2 "
}

# mark: what came of the datagrams since the last one.
mark() {
	had=$(wc -l <"$work/sink")
	kill -USR1 "$(cat "$work/sink.pid")"
	for i in $(seq 200); do
		[ "$(wc -l <"$work/sink")" -eq "$had" ] || break
		sleep 0.01
	done
	tail -n 1 "$work/sink"
}

# --- bulk ----------------------------------------------------------------------------------------------------
bulk_begins() {
	start iperf-s server "$iperf" -s
	sleep 0.3
	start iperf-c client "$iperf" -c 10.2.0.2 -t 7200 -b 10M -l 8K -i 0
	sleep 0.3
}

bulk_ends() {
	kill -CONT "$(cat "$work/iperf-c.pid")"
	stop iperf-c INT
	stop iperf-s INT
	! grep -hiE 'reset|refused|unable|broken' "$work/iperf-c" "$work/iperf-s"
}

# --- captures, played again and again: not at port 102, where the associations are counted -----------------------
play_once() {
	start play-s server "$tools/flowplay" server --listen 10.2.0.5 --port-map 102:1102 --timeout 60 build/captures/iccp.pcap
	ready play-s || cat "$work/play-s"
	start play-c client "$tools/flowplay" client --connect 10.2.0.5 --port-map 102:1102 --timeout 60 --pace 10 build/captures/iccp.pcap
	wait "$(cat "$work/play-c.pid")" || cat "$work/play-c"
	wait "$(cat "$work/play-s.pid")" || cat "$work/play-s"
}

plays_begin() {
	rm -f "$work/plays.end" "$work/plays.done"
	: >"$work/plays"
	{
		while [ ! -e "$work/plays.end" ]; do
			play_once
			echo played
		done >>"$work/plays"
		: >"$work/plays.done"
	} </dev/null >/dev/null 2>&1 &
}

plays_end() {
	: >"$work/plays.end"
	until_true 90 test -e "$work/plays.done" || echo "a played capture does not end"
	grep -v '^played$' "$work/plays"
	grep -q '^played$' "$work/plays" || echo "no capture was played to its end"
}

# --- received against inspected ------------------------------------------------------------------------------
# received NAMESPACE SIDE: "PORT PORT SIDE OCTETS" of each connection that the kernel there has, client's port first; octets as they came
# in order. SIDE is whose octets they are.
received() { # NAMESPACE SIDE
	in_ns "$1" ss -tinH state established | awk -v side="$2" '
		function port(a) { sub(/.*:/, "", a); return a }
		/^[^ \t]/ { mine = port($(NF - 1)); its = port($NF); next }
		{
			n = 0
			for (i = 1; i <= NF; i++)
				if ($i ~ /^bytes_received:/)
					n = substr($i, 16)
			print side == "client" ? its " " mine : mine " " its, side, n
		}'
}

# The same as the node has inspected it.
inspected() { # NODE
	ask "$1" session list --json | jq -r 'select(.proto == 6) | "\(.client_port) \(.server_port)" as $p |
		"\($p) client \(.client_state.inspected)", "\($p) server \(.server_state.inspected)"'
}

# Both nodes have inspected just what was received, of every connection; what differs is in $work/uninspected.
all_inspected() {
	{
		received server client
		received client server
	} | sort >"$work/received"
	: >"$work/uninspected"
	for node in a b; do
		inspected $node | sort >"$work/inspected-$node"
		comm -23 "$work/received" "$work/inspected-$node" | while read -r ports; do
			echo "received: $ports; node $node: $(grep "^${ports% *} " "$work/inspected-$node" || echo nothing)"
		done >>"$work/uninspected"
	done
	[ -s "$work/received" ] && [ ! -s "$work/uninspected" ]
}

# Datagrams: what an engine let through and was lost with it is inspected and not received; never the other way about.
datagrams_inspected() {
	stop source
	sleep 0.3
	mark >/dev/null
	got=$(sed -n 's/.* received \([0-9]*\) .*/\1/p' "$work/sink" | awk '{ n += $1 } END { print n + 0 }')
	let=$(ask "$(active)" sys session list --json | jq -s '[.[] | select(.proto == 17 and .server_port == 9000) | .org.packets] | add // 0')
	[ "$got" -gt 0 ] && [ "$got" -le "$let" ] || echo "$got datagrams were received, $let inspected"
}

digests_agree() {
	until_settled 15
	for node in a b; do
		[ "$(number $node digest_mismatches)" = 0 ] || echo "node $node: digests differ $(number $node digest_mismatches) times"
	done
}
