#!/bin/sh
# Verdicts that act, and rules and policies exchanged under load, on one live node.
# limit: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/live_lib.sh
sim=$tools/iccp-sim operate='event:"iccp.deviceOperate.request"' capture=$captures/iccp.pcap

need_root "rules on a live node"
host_state >"$work/host.before"

rule() { # ACTION TEXT SID
	echo "$1 iccp any any -> any any (msg:\"rule $3\"; $2; sid:$3; rev:1;)" >>"$work/test.rules"
}

only() { # ACTION TEXT SID: that rule beside the stock ones, and nothing else
	: >"$work/test.rules"
	rule "$@"
}

holds() { # SIDE NAME VALUE: of what flowplay or the simulator printed
	value=$(counter "$1" "$2")
	[ "${value:-none}" = "$3" ] || echo "$1: $2 ${value:-none}, not $3"
}

# The client's octets before the operate, as replay lets them out.
octets_before() {
	sed '/^config log/,/^end/d' "$work/n.conf" >"$work/replay.conf"
	"$bin/ips" replay -c "$work/replay.conf" --write "$work/out.pcap" "$capture" >/dev/null 2>&1
	"$tools/flowplay" plan "$work/out.pcap" 2>/dev/null | sed -n 's/^octets_client //p'
}

# --- a Device Operate ---

lets_through() {
	conf detect
	up
	server_address
	play "$capture"
	holds server octets_missing 0
	holds client octets_missing 0
	holds server octets_received 3348
	inspected 3348 3238
	until_true 3 test "$(eve '"signature_id":5000010')" -ge 1
	is "alerts" "$(eve '"would_drop":true.*"signature_id":5000010\|"signature_id":5000010.*"would_drop":true')" -eq 1
	is "blocked" "$(eve '"action":"blocked"')" -eq 0
	is "drops" "$(eve '"event_type":"drop"')" -eq 0
	is "injected packets" "$(stat injected nfq status)" -eq 0
	down
}

drops() {
	conf prevent
	up
	server_address
	patience=3
	play "$capture"
	want=$(octets_before)
	is "octets before the operate" "$want" -gt 1000
	is "octets before the operate" "$want" -lt 3348
	holds server octets_received "$want"
	[ "$(counter server octets_missing)" -gt 0 ] || echo "nothing is missing at the server"
	holds client resets 0
	until_true 3 test "$(eve '"event_type":"drop"')" -ge 1
	is "alerts that blocked" "$(eve '"action":"blocked".*"signature_id":5000010')" -eq 1
	is "other alerts that blocked" "$(eve '"action":"blocked"')" -eq 1
	is "drops for a signature" "$(eve '"reason":"ips.signature"')" -ge 1
	is "injected packets" "$(stat injected nfq status)" -eq 0
	down
}

rejects() {
	conf prevent
	up
	server_address
	patience=20
	begun=$(date +%s%3N)
	play "$capture"
	is "milliseconds until both ends are reset" $(($(date +%s%3N) - begun)) -lt 10000
	holds server octets_received "$(octets_before)"
	holds server resets 1
	holds client resets 1
	is "injected packets" "$(stat injected nfq status)" -eq 2
	is "alerts that blocked" "$(eve '"action":"blocked".*"signature_id":5000010')" -eq 1
	start srv server "$sim" server --listen 10.2.0.2 --patience 10
	ready srv
	in_ns client "$sim" client --connect 10.2.0.2 --associations 5 --reports 2 --operate --patience 10 >"$work/cli" 2>&1 && echo "the client is content"
	holds cli resets 5
	stop srv
	holds srv resets 5
	is "injected packets" "$(stat injected nfq status)" -eq 12
	is "alerts that blocked" "$(eve '"action":"blocked".*"signature_id":5000010')" -eq 6
	down
}

# --- reload ---

generation() {
	ask n version --json | python3 -c 'import json, sys; print([json.loads(l) for l in sys.stdin if "generation" in l][-1]["generation"])'
}

reload() { # must work
	ask n reload >"$work/said" 2>&1 || echo "reload: exit code $?: $(cat "$work/said")"
	good=$((good + 1))
}

# refused TEXT: the reload must fail, and say that.
refused() {
	ask n reload >"$work/said" 2>&1
	code=$?
	[ $code -eq 2 ] || echo "reload of what is wrong: exit code $code"
	grep -q "$1" "$work/said" || echo "it is not said where: $(cat "$work/said")"
}

alerts() {
	stat "alerts/1:$1"
}

more_alerts() { # SID THAN
	[ "$(alerts "$1")" -gt "$2" ]
}

reloads() {
	good=0
	: >"$work/test.rules"
	conf prevent
	up
	start srv server "$sim" server --listen 10.2.0.2 --once 20
	ready srv
	start modbus server "$tools/flowplay" server --listen 10.2.0.2 --timeout 25 "$captures/other/modbus.pcap"
	ready modbus
	start held client "$tools/flowplay" client --connect 10.2.0.2 --timeout 3 --hold-after 4 "$captures/other/modbus.pcap"
	start cli client "$sim" client --connect 10.2.0.2 --associations 20 --rate 20 --seconds 60 --acked --poll 50 --text-at 1=Needle
	ready cli 20 || cat "$work/cli"
	until_true 5 grep -q '^holding' "$work/held" || echo "the other connection does not hold: $(cat "$work/held")"

	rule alert 'event:"iccp.transferReport"' 5000020
	reload
	until_true 5 more_alerts 5000020 20 || echo "a new rule does not fire on sessions that are there: $(alerts 5000020)"
	: >"$work/test.rules"
	reload
	before=$(alerts 5000020) && sleep 0.5
	is "alerts of a rule that is no more" "$(alerts 5000020)" -eq "$before"
	for i in 1 2 3; do
		only alert 'event:"iccp.transferReport"' 500003$i
		reload
		until_true 5 more_alerts 500003$i 0 || echo "rule 500003$i does not fire"
	done

	cp "$work/n.conf" "$work/good.conf"
	at=$(grep -n 'set action accept' "$work/n.conf" | cut -d : -f 1)
	sed -i 's/set action accept/set action perhaps/' "$work/n.conf"
	before=$(generation)
	refused "n.conf:$at: .*perhaps"
	is "the generation after a refused reload" "$(generation)" -eq "$before"
	cp "$work/good.conf" "$work/n.conf"
	mv "$work/test.rules" "$work/gone.rules"
	begun=$(date +%s%3N)
	refused "test.rules: cannot read rules"
	is "milliseconds until a refusal" $(($(date +%s%3N) - begun)) -lt 5000
	mv "$work/gone.rules" "$work/test.rules"
	is "the generation after a refused reload" "$(generation)" -eq "$before"
	until_true 5 more_alerts 5000033 "$(alerts 5000033)" || echo "the rules do not work on after a refused reload"

	held=$(ask n session list dport 502 --json | wc -l)
	is "sessions of the other port" "$held" -eq 1
	sed -i 's/^ *set action accept$/&\nset service "MODBUS"\nset service-negate enable/' "$work/n.conf"
	reload
	kill -USR1 "$(cat "$work/held.pid")"
	ended held
	[ $code -eq 1 ] || echo "a connection that is now denied goes on"
	is "sessions of a port that is now denied" "$(ask n session list dport 502 --json | wc -l)" -eq 0
	is "packets denied" "$(stat drops/policy.deny)" -ge 1
	for i in 1 2 3 4; do
		only alert 'event:"iccp.transferReport"' 500004$i
		reload
	done
	is "the generation" "$(generation)" -eq $((good + 1))
	kill "$(cat "$work/cli.pid")"
	ended cli
	[ $code -eq 0 ] || echo "the client: exit code $code"
	ended srv
	for n in resets bad octets_missing mismatches; do
		holds cli $n 0
		holds srv $n 0
	done
	holds cli concluded 20
	is "reports" "$(counter cli reports)" -gt 200
	inspected "$(counter srv octets_received)" "$(counter cli octets_received)" dport 102
	for c in dropped queue_dropped user_dropped; do
		is $c "$(stat $c nfq status)" -eq "$([ $c = dropped ] && stat drops/policy.deny || echo 0)"
	done
	stop modbus
	down
}

single_up
only drop "$operate" 5000010
result "detect: a Device Operate passes, and it is said that it would not have" "$(lets_through)"
result "prevent: a Device Operate never reaches the server" "$(drops)"
only reject "$operate" 5000010
result "prevent: a rejected Device Operate ends the connection at both ends" "$(rejects)"
result "ten reloads under 20 associations: none is reset, no octet is lost, each change counts" "$(reloads)"
finish
