#!/bin/sh
# One live node that prevents: bulk traffic both ways and many short web connections lose nothing, no packet, no octet, no connection.
# limit: 900
# alone
#
# E2E_LONG=1: 20 GB and 20,000 connections instead of 2 GB and 3,000.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/live_lib.sh
web=$PWD/$B/tests/e2e/web
connections=3000 bulk=1000000000 # octets each way
[ -z "${E2E_LONG:-}" ] || connections=20000 bulk=10000000000

need_root "one live node that prevents"
host_state >"$work/host.before"

rules() {
	cat >"$work/test.rules" <<-'RULES'
		alert tcp any any -> any 8080 (msg:"a request"; content:"GET /"; startswith; content:"|0d 0a 0d 0a|"; sid:5000001; rev:1;)
		drop tcp any any -> any 8080 (msg:"another"; content:"GET /forbidden"; startswith; sid:5000002; rev:1;)
	RULES
}

# Few ports: each is used again and again, while the node remembers the connection that had it.
few_ports() {
	in_ns client sh -c 'echo 20000 21499 >/proc/sys/net/ipv4/ip_local_port_range'
}

# short ADDR: so many requests; each is answered, seen, and dropped from no table too early.
short() {
	before=$(stat alerts/1:5000001) was=$(stat sessions)
	in_ns client "$web" client "$1" 8080 "$connections" 50 >"$work/web" 2>&1 || cat "$work/web"
	is "answers" "$(counter web done)" -eq "$connections"
	is "requests that were inspected" "$(($(stat alerts/1:5000001) - before))" -eq "$connections"
	is "sessions" "$(($(stat sessions) - was))" -eq "$connections"
	nothing_lost
	echo "# $(counter web a_second) connections a second" >"$work/note"
}

# What is to be dropped is dropped: it is not that nothing is.
forbidden() {
	printf 'GET /forbidden HTTP/1.1\r\n\r\n' | in_ns client timeout 3 bash -c 'exec 3<>/dev/tcp/10.2.0.2/8080; cat >&3; cat <&3' >"$work/said" 2>&1
	[ -s "$work/said" ] && echo "an answer came"
	is "requests dropped" "$(stat drops/ips.signature)" -ge 1
}

# flood [-R]: iperf3 sends its cookie of 37 octets first. What its receiver did not read at the end, it does not count.
flood() {
	ask n session clear >/dev/null
	start iperf server iperf3 -s -1 -B 10.2.0.2
	until_true 5 grep -q listening "$work/iperf"
	in_ns client iperf3 -c 10.2.0.2 -n $bulk -J "$@" >"$work/iperf.json" || echo "iperf3 fails: $(head -n 5 "$work/iperf.json")"
	ask n session list dport 5201 --json >"$work/iperf.sessions"
	python3 - "$work/iperf.json" "$work/iperf.sessions" "$bulk" "${1:-}" 2>"$work/note" <<-'PYTHON'
		import json, sys
		end = json.load(open(sys.argv[1]))["end"]
		sent, received = (end[k]["bytes"] for k in ("sum_sent", "sum_received"))
		side = "server_state" if sys.argv[4] else "client_state"
		ends = [json.loads(line)[side] for line in open(sys.argv[2])]
		cookie = 0 if sys.argv[4] else 37
		got = max(e["inspected"] for e in ends)
		if not received + cookie <= got <= sent + cookie or received < int(sys.argv[3]) * 0.99:
		    print("inspected %d of %d sent and %d received" % (got, sent, received))
		if any(e["gaps"] or e["held"] or e["differed"] or e["blocked"] for e in ends):
		    print("octets were not inspected: %s" % ends)
		print("# %.1f GB, %.2f Gbit/s, %d retransmissions" % (received / 1e9, end["sum_received"]["bits_per_second"] / 1e9,
		                                                      end["sum_sent"].get("retransmits", 0)), file=sys.stderr)
	PYTHON
	grep -v '^#' "$work/note"
	is "large packets" "$(stat gso nfq status)" -gt 1000
	nothing_lost
}

single_up
few_ports
rules
conf prevent
start web4 server "$web" server 10.2.0.2 8080
start web6 server "$web" server fd02::2 8080
result "the daemon runs" "$(up)"
for addr in 10.2.0.2 fd02::2; do
	result "$connections web connections to $addr: each is answered and inspected, nothing is dropped" "$(short $addr)"
	cat "$work/note"
done
result "$bulk octets of bulk traffic: nothing is dropped, all is inspected" "$(flood)"
grep '^#' "$work/note"
result "and the other way" "$(flood -R)"
grep '^#' "$work/note"
result "what is forbidden is dropped all the same" "$(forbidden)"
result "the daemon ends and leaves nothing behind" "$(down)"
finish
