#!/bin/sh
# A live node that is killed, stopped, flooded, or started wrongly: nothing passes uninspected, nothing is left behind, and it is said why.
# limit: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/live_lib.sh
sim=$tools/iccp-sim

need_root "the ends of a live node"
host_state >"$work/host.before"

holds() { # SIDE NAME VALUE: of what the simulator printed
	value=$(counter "$1" "$2")
	[ "${value:-none}" = "$3" ] || echo "$1: $2 ${value:-none}, not $3"
}

pings() { # N: so many of 3 are answered
	out=$(TRAFFIC_WAIT=300 in_ns client "$traffic" ping 10.2.0.2 3)
	[ "$out" = "answered $1 of 3" ] || echo "ping: $out, not $1"
}

another_engine() { # PID: another one than that is ready
	[ "$(grep -c '^ipsd: ready' "$work/ipsd-n")" -ge 2 ] && [ "$(engine_pid n)" != "$1" ]
}

associations() { # N PATIENCE
	start srv server "$sim" server --listen 10.2.0.2 --patience "$2" --once "$1"
	ready srv
	start cli client "$sim" client --connect 10.2.0.2 --associations "$1" --rate 20 --seconds 60 --acked --patience "$2"
	ready cli 20 || cat "$work/cli"
}

kill_engine() {
	old=$(engine_pid n)
	kill -KILL "$old"
	until_true 10 another_engine "$old" || echo "no other engine: $(cat "$work/ipsd-n")"
	grep -q 'the engine process has ended: killed by signal 9' "$work/ipsd-n" || echo "the death is not told: $(cat "$work/ipsd-n")"
}

# --- deaths ---

# With tcp-session-without-syn the new engine takes the connections up where they are.
engine_dies() {
	conf prevent
	sed -i 's/^ *set action accept$/&\nset tcp-session-without-syn all/' "$work/n.conf"
	up
	associations 5 20
	kill_engine
	kill -USR2 "$(cat "$work/cli.pid")"
	until_true 3 grep -qx '\.' "$work/cli"
	before=$(counter cli reports)
	sleep 1
	kill "$(cat "$work/cli.pid")"
	ended cli
	[ $code -eq 0 ] || echo "the client: exit code $code"
	ended srv
	for n in resets bad octets_missing mismatches; do
		holds cli $n 0
		holds srv $n 0
	done
	is "reports after the death" "$(counter cli reports)" -gt "$before"
	is "sessions picked up" "$(ask n session list dport 102 | grep -c 'flag:.\?m')" -eq 5
	pings 3
	down
}

# Without it packets of connections that it has not seen begin do not pass: as configured, new ones do.
engine_dies_strictly() {
	conf prevent
	up
	associations 3 3
	kill_engine
	ended cli
	stop srv
	holds cli bad 3
	is "sessions" "$(ask n session list dport 102 --json | wc -l)" -eq 0
	is "packets without a session" "$(stat drops/session.none)" -gt 0
	adds_up
	associations 2 10
	kill "$(cat "$work/cli.pid")"
	ended cli
	holds cli concluded 2
	ended srv
	down
}

daemon_dies() {
	conf prevent
	up
	engine=$(engine_pid n)
	kill -KILL "$(cat "$work/ipsd-n.pid")"
	until_true 5 over "$engine" || echo "the engine outlives its parent"
	pings 0
	nothing_left | grep -q NFQUEUE || echo "the rules have gone with the daemon: traffic would pass"
	up
	pings 3
	down
}

cleaned() {
	conf prevent
	up
	node_state >"$work/running"
	in_ns n "$bin/ipsd" --clean --run-dir "$work/run-n" >"$work/said" 2>&1
	is "the exit code of --clean under a daemon that works" $? -eq 1
	grep -q '^ipsd: another ipsd (process [0-9]*) works in ' "$work/said" || echo "--clean: $(cat "$work/said")"
	node_state | diff "$work/running" -
	pings 3
	kill -KILL "$(cat "$work/ipsd-n.pid")"
	until_true 5 over "$(cat "$work/ipsd-n.pid")"
	sleep 0.3
	in_ns n "$bin/ipsd" --clean --run-dir "$work/run-n" >"$work/said" 2>&1 || echo "--clean: exit code $?"
	[ ! -s "$work/said" ] || cat "$work/said"
	nothing_left
}

# --- too much ---

# The sink's octets are the inspected ones; what the engine had no time for is dropped and counted.
overrun() {
	conf prevent 'config nfq' 'set maxlen 64' 'end'
	up
	in_ns n sh -c 'iptables-save -t raw; ip6tables-save -t raw' | grep bypass
	start sink server "$traffic" udp-sink 10.2.0.2 5009
	ready sink
	engine=$(engine_pid n)
	(
		sleep 0.3
		kill -STOP "$engine"
		sleep 0.3
		kill -CONT "$engine"
	) &
	in_ns client "$traffic" udp-flood 10.2.0.2 5009 1 64 >"$work/flood"
	wait $!
	until_true 5 grep -q '^received' "$work/sink" || echo "the sink does not end"
	sent=$(sed 's/sent //' "$work/flood") received=$(sed -n 's/^received \([0-9]*\) .*/\1/p' "$work/sink")
	queue_dropped=$(stat queue_dropped nfq status)
	is "packets dropped by the queue" "$queue_dropped" -gt 0
	is "dropped by the queue and received" $((queue_dropped + received)) -le "$sent"
	is "received" "$received" -gt 0
	inspected $((received * 64)) 0 dport 5009
	is "packets dropped by the engine" "$(stat dropped)" -eq 0
	adds_up
	is "fail_open" "$(grep -c fail-open "$work/n.conf")" -eq 0
	pings 3
	down
}

# --- logs ---

rotates() {
	echo 'alert iccp any any -> any any (msg:"report"; event:"iccp.transferReport"; sid:5000001; rev:1;)' >"$work/test.rules"
	conf detect
	up
	associations 10 20
	for i in 1 2 3; do
		sleep 0.5
		mv "$work/n.eve" "$work/n.eve.$i"
		kill -USR1 "$(cat "$work/ipsd-n.pid")"
		until_true 5 test -s "$work/n.eve" || echo "no new file"
	done
	kill "$(cat "$work/cli.pid")"
	ended cli
	ended srv
	want=$(stat alerts/1:5000001)
	written=$(stat log_written/eve)
	down
	is "alerts" "$want" -eq "$(counter cli reports)"
	cat "$work"/n.eve.? "$work/n.eve" >"$work/all.eve"
	is "alerts in the files" "$(grep -c '"signature_id":5000001' "$work/all.eve")" -eq "$want"
	is "lines in the files" "$(wc -l <"$work/all.eve")" -ge "$written"
	python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$work/all.eve" 2>&1 | tail -n 1
	rm -f "$work"/n.eve.?
	: >"$work/test.rules"
}

# --- wrong starts ---

# refused CODE TEXT OPTION...: ipsd ends with that code, one line that has TEXT, and has changed nothing.
refused() {
	want=$1 text=$2
	shift 2
	node_state >"$work/before"
	in_ns n timeout 20 ${as:-} "$bin/ipsd" "$@" >"$work/said" 2>&1 </dev/null
	code=$?
	[ $code -eq "$want" ] || echo "$*: exit code $code, not $want"
	[ "$(wc -l <"$work/said")" -eq "${lines:-1}" ] || echo "$*: not ${lines:-1} line: $(cat "$work/said")"
	grep -q "^ipsd: .*$text" "$work/said" || echo "$*: $(cat "$work/said"), not $text"
	node_state | diff "$work/before" - | sed "s|^|$*: |"
}

# altered SED-COMMAND: a configuration otherwise like the node's, in $c.
altered() {
	sed "$1" "$work/n.conf" >"$work/altered.conf"
	cmp -s "$work/n.conf" "$work/altered.conf" && echo "nothing to alter: $1"
	c=$work/altered.conf
}

starts_wrongly() {
	conf prevent
	run="--run-dir $work/run-n"
	refused 2 "nosuch.conf: cannot be read: not found" -c "$work/nosuch.conf" $run
	altered 's/inspection-mode prevent/inspection-mode prefent/'
	refused 2 "altered.conf:$(grep -n prefent "$c" | cut -d : -f 1): 'prefent'.*did you mean 'prevent'" -c "$c" $run
	altered 's/inspection-mode prevent/inspection-mode prefent/; s/action accept/action perhaps/'
	lines=2
	refused 2 "altered.conf:$(grep -n perhaps "$c" | cut -d : -f 1): 'perhaps'" -c "$c" $run
	lines=1
	altered "s|test.rules|nosuch.rules|"
	refused 2 "nosuch.rules: cannot read rules" -c "$c" $run
	altered 's/edit "lan0"/edit "lan9"/'
	refused 1 "lan9.*the interface does not exist" -c "$c" $run
	altered "s|/n.eve|/nosuch/n.eve|"
	refused 1 "nosuch/n.eve: cannot be written: .*make its folder" -c "$c" $run
	c=$work/n.conf
	refused 1 "there is no user 'nosuch'" -c "$c" $run --user nosuch
	refused 1 "there is no group 'nosuch'" -c "$c" $run --group nosuch
	refused 1 "/proc/nosuch: cannot be made" -c "$c" --run-dir /proc/nosuch
	refused 1 "n.conf/ipsd.pid: cannot be written" -c "$c" --run-dir "$c"
	chmod 755 "$work"
	if command -v setpriv >/dev/null; then
		as="setpriv --reuid 65534 --regid 65534 --clear-groups"
		refused 1 "root is needed" -c "$c" $run
		as=
	fi
	chmod 700 "$work"
	lines=$("$bin/ipsd" --help | awk 'END { print NR + 1 }')
	refused 2 "'extra' is not understood" -c "$c" extra
	lines=1
	nothing_left
}

second_daemon() {
	conf prevent
	up
	refused 1 "another ipsd (process $(cat "$work/ipsd-n.pid")) works in" -c "$work/n.conf" --run-dir "$work/run-n"
	refused 1 "queue 0: cannot be bound: .*another process serves it" -c "$work/n.conf" --run-dir "$work/run-m"
	ls "$work/run-m" | sed 's/^/left in the other run folder: /'
	pings 3
	ask n version >/dev/null || echo "the first daemon does not answer any more"
	down
}

single_up
in_ns n sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/forwarding; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
node_state >"$work/node.before"
result "a queue that runs over is counted, and nothing passes beside it" "$(overrun)"
result "a killed engine: another one takes the connections up, none is reset, no octet is missing" "$(engine_dies)"
result "a killed engine under a strict policy: old connections do not pass, new ones do" "$(engine_dies_strictly)"
result "a killed daemon: its engine ends, nothing passes, the next start works and cleans up" "$(daemon_dies)"
result "what a killed daemon left is taken away by --clean, and only that" "$(cleaned)"
result "log files exchanged under load: no line is lost or cut" "$(rotates)"
result "wrong starts: one line, an exit code, nothing changed" "$(starts_wrongly)"
result "a second daemon changes nothing" "$(second_daemon)"
finish
