#!/bin/sh
# flowplay between two namespaces: does it play what is in a capture, all of it, and see what is wrong?
# limit: 180
#
# What is in a capture others say: streams, and tshark where it is installed. The server is the address sanitizer's build.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} B_ASAN=${B_ASAN:-build/gcc-asan}
. tests/e2e/lib.sh
tools=$PWD/$B/tests/tools captures=$PWD/build/captures
fast=$tools/flowplay careful=$PWD/$B_ASAN/tests/tools/flowplay

need_root "captures played between sockets"
host_state >"$work/host.before"
ns_add a b
link a e0 b e0
address a e0 10.94.0.1/24 fd94::1/64
address b e0 10.94.0.2/24 fd94::2/64

# serve NAME ADDR OPTION... CAPTURE
serve() {
	name=$1 addr=$2
	shift 2
	start "$name" b "$careful" server --listen "$addr" --timeout 10 "$@"
	ready "$name" 10 || cat "$work/$name"
}

# ended NAME: its exit code.
ended() {
	until_true 15 gone "$(cat "$work/$1.pid")" || echo "$1 is still there"
	wait "$(cat "$work/$1.pid")"
	echo "exit $?" >>"$work/$1"
}

# play ADDR SERVER-CAPTURE CLIENT-CAPTURE [OPTION...]: output of both in $work/server and $work/client.
play() {
	addr=$1 theirs=$2 ours=$3
	shift 3
	serve server "$addr" "$@" "$theirs"
	start client a "$fast" client --connect "$addr" --timeout 10 "$@" "$ours"
	ended client
	ended server
}

# holds SIDE NAME VALUE: a finding unless its numbers say so.
holds() {
	value=$(counter "$1" "$2")
	[ "${value:-none}" = "$3" ] || echo "$1: $2 ${value:-none}, not $3"
}

# fine CAPTURE: a finding unless both said that all came, and as much as streams finds.
fine() {
	for side in client server; do
		holds $side exit 0
		for what in octets_missing mismatches resets; do
			holds $side $what 0
		done
	done
	holds server octets_received "$(counter client octets_sent)"
	holds client octets_received "$(counter server octets_sent)"
	all=$(($(counter client octets_sent) + $(counter server octets_sent)))
	want=$("$tools/streams" "$1" | sed -n 's/.* bytes \([0-9]*\) .*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	{ [ "$all" = "$want" ] && [ "$all" -gt 0 ]; } || echo "$all octets played, $want in the capture"
	grep -hE 'ERROR|runtime error' "$work/server"
}

# octets of all streams as another program puts them together
follow() {
	file=$1
	n=$(tshark -r "$file" -T fields -e tcp.stream 2>/dev/null | grep . | LC_ALL=C sort -nu | tail -n 1)
	i=0
	set --
	while [ "$i" -le "${n:--1}" ]; do
		set -- "$@" -z "follow,tcp,raw,$i"
		i=$((i + 1))
	done
	tshark -r "$file" -q "$@" 2>/dev/null | grep -E '^[[:space:]]*[0-9a-f]+$' | tr -d '[:space:]' | wc -c | awk '{ print $1 / 2 }'
}

tshark_agrees() {
	for file; do
		file=$captures/$file.pcap
		want=$(follow "$file")
		got=$("$fast" plan "$file" | awk '/^octets_(client|server) / { n += $2 } END { print n }')
		[ "$got" = "$want" ] || echo "$file: $got octets in the plan, tshark puts together $want"
	done
}

plays() { # ADDR, captures
	addr=$1
	shift
	for c; do
		found=$(play "$addr" "$captures/$c.pcap" "$captures/$c.pcap" && fine "$captures/$c.pcap")
		[ -z "$found" ] || printf '%s\n' "$c: $found" "$(grep -h '^flowplay' "$work/client" "$work/server")"
	done
}

counts() {
	play 10.94.0.2 "$captures/interleaved.pcap" "$captures/interleaved.pcap"
	holds client connections 3
	holds client ports_mapped 1 # two of its clients have the same port
	holds client incomplete 0
	play 10.94.0.2 "$captures/tcp/truncated.pcap" "$captures/tcp/truncated.pcap"
	holds client exit 0
	holds server incomplete 1
	play 10.94.0.2 "$captures/midstream.pcap" "$captures/midstream.pcap"
	holds client exit 0
	holds client incomplete "$(counter client connections)"
	play 10.94.0.2 "$captures/refused.pcap" "$captures/refused.pcap" --port-map 102:1102,80:1080
	holds client exit 0
}

# An octet that only one side's capture has otherwise.
sees_octets() {
	c=$captures/interleaved.pcap
	LC_ALL=C sed 's/POINT_3/POINT_X/' "$c" >"$work/other.pcap"
	[ "$(cmp -l "$c" "$work/other.pcap" | wc -l)" -gt 0 ] || echo "the copy is the same"
	play 10.94.0.2 "$work/other.pcap" "$c"
	holds server exit 1
	grep -q 'mismatches [1-9]' "$work/server" || echo "the server saw no other octet"
	grep -q "octet [0-9]* is 0x33, should be 0x58" "$work/server" || echo "it is not said which: $(cat "$work/server")"
	holds server octets_missing 0
	holds client exit 0
	play 10.94.0.2 "$c" "$work/other.pcap"
	holds server exit 1
	holds client exit 0
}

# Ends and octets that one side's capture has not.
sees_ends() {
	for end in fin rst rst\<; do
		printf 'flow C 10.1.0.9:57309 > 10.2.0.2:102\nopen C\nC> "abc"\nC< "defg"\nclose C %s\n' "$end" >"$work/end.cap"
		"$tools/capgen" "$work/end.cap" "$work/end-$end.pcap" || echo "capgen fails"
	done
	printf 'flow C 10.1.0.9:57309 > 10.2.0.2:102\nopen C\nC> "abcX"\nC< "defg"\nclose C fin\n' >"$work/more.cap"
	"$tools/capgen" "$work/more.cap" "$work/more.pcap"
	for end in fin rst rst\<; do
		play 10.94.0.2 "$work/end-$end.pcap" "$work/end-$end.pcap"
		fine "$work/end-$end.pcap" | sed "s/^/$end: /"
	done
	play 10.94.0.2 "$work/end-rst.pcap" "$work/end-fin.pcap"
	holds server mismatches 1
	play 10.94.0.2 "$work/end-fin.pcap" "$work/end-rst.pcap"
	holds server resets 1
	play 10.94.0.2 "$work/end-fin.pcap" "$work/more.pcap"
	holds server mismatches 1
	holds server exit 1
}

holds_on() {
	c=$captures/iccp.pcap
	turns=$("$fast" plan "$c" | sed -n 's/^turns //p')
	serve server 10.94.0.2 "$c"
	start client a "$fast" client --connect 10.94.0.2 --hold-after 10 "$c"
	until_true 5 grep -q '^holding' "$work/client" || echo "does not hold"
	sleep 0.3
	gone "$(cat "$work/client.pid")" && echo "went on by itself"
	kill -USR1 "$(cat "$work/client.pid")"
	ended client
	ended server
	fine "$c"
	holds client turns "$turns"
	in_ns a "$fast" client --connect 10.94.0.2 --hold-after $((turns + 1)) "$c" 2>&1 | grep -q "only $turns turns" || echo "holds after the end"
}

paces() {
	c=$captures/ipv6.pcap
	before=$(date +%s%N)
	play 10.94.0.2 "$c" "$c" --pace 20
	took=$((($(date +%s%N) - before) / 1000000))
	fine "$c"
	[ $took -ge $((20 * $("$fast" plan "$c" | sed -n 's/^turns //p'))) ] || echo "took $took ms only"
}

# The other end dies, or never comes.
is_left_alone() {
	c=$captures/iccp.pcap
	serve server 10.94.0.2 "$c"
	start client a "$fast" client --connect 10.94.0.2 --hold-after 10 --timeout 2 "$c"
	until_true 5 grep -q '^holding' "$work/client" || echo "does not hold"
	stop server KILL
	kill -USR1 "$(cat "$work/client.pid")"
	ended client
	holds client exit 1
	[ "$(counter client octets_missing)" -gt 0 ] || echo "nothing is missing"
	grep -q 'turn 1[0-9] of' "$work/client" || echo "it is not said where: $(cat "$work/client")"
	in_ns a "$fast" client --connect 10.94.0.2 "$c" >"$work/said" 2>&1 && echo "plays with nobody"
	grep -q 'cannot connect to port 102: Connection refused' "$work/said" || echo "nobody there: $(cat "$work/said")"
	in_ns b "$careful" server --listen 10.94.0.2 --timeout 1 "$c" >"$work/said" 2>&1 && echo "plays with nobody"
	grep -q 'turn 1 of .*nothing happened for 1 s' "$work/said" || echo "nobody came: $(cat "$work/said")"
}

# refused TEXT ARGUMENT...: exit code 1 or 2 and a message.
refused() {
	text=$1
	shift
	out=$(in_ns b "$careful" "$@" 2>&1)
	code=$?
	{ [ $code -eq 1 ] || [ $code -eq 2 ]; } || echo "$*: exit code $code"
	case $out in
	*"$text"*) ;;
	*) echo "$*: $out, not $text" ;;
	esac
}

refuses() {
	c=$captures/iccp.pcap
	head -c 2000 "$c" >"$work/cut.pcap"
	: >"$work/empty.pcap"
	echo "no capture" >"$work/text.pcap"
	printf 'flow C udp 10.1.0.9:57309 > 10.2.0.2:102\nC> "abc"\n' >"$work/udp.cap"
	"$tools/capgen" "$work/udp.cap" "$work/udp.pcap" || echo "capgen fails"
	refused "cut.pcap: packet" server --listen 10.94.0.2 "$work/cut.pcap"
	refused "empty.pcap" server --listen 10.94.0.2 "$work/empty.pcap"
	refused "text.pcap" server --listen 10.94.0.2 "$work/text.pcap"
	refused "no TCP connection" server --listen 10.94.0.2 "$work/udp.pcap"
	refused "nosuch.pcap" server --listen 10.94.0.2 "$work/nosuch.pcap"
	refused "not a numeric" server --listen host.example "$c"
	refused "cannot listen on port 102" server --listen 10.94.0.77 "$c"
	refused "RECORDED:PORT" server --listen 10.94.0.2 --port-map 102:99999 "$c"
	refused "should be a number" server --listen 10.94.0.2 --timeout 1x "$c"
	refused "usage" server --connect 10.94.0.2 "$c"
	refused "usage" server --listen 10.94.0.2
	refused "usage" other
}

# Cut and spoilt captures: planned or refused, never a crash.
survives() {
	c=$captures/tcp/order.pcap
	size=$(wc -c <"$c")
	i=1
	while [ $i -le 40 ]; do
		at=$((i * 7919 % size))
		head -c $at "$c" >"$work/bad.pcap"
		"$careful" plan "$work/bad.pcap" >"$work/said" 2>&1
		[ $? -le 1 ] || echo "cut at $at: $(cat "$work/said")"
		cp "$c" "$work/bad.pcap"
		printf "\\$(printf %o $((i * 37 % 256)))" | dd of="$work/bad.pcap" bs=1 seek=$at conv=notrunc 2>/dev/null
		"$careful" plan "$work/bad.pcap" >"$work/said" 2>&1
		[ $? -le 1 ] || echo "octet $at: $(cat "$work/said")"
		i=$((i + 1))
	done
}

healthy="interleaved iccp ipv6 merged both large tcp/order tcp/retransmit tcp/reuse link-null octets other/http other/modbus"
result "captures are played over IPv4, every octet" "$(plays 10.94.0.2 $healthy tcp/badsum tcp/syn-data tcp/window midstream)"
result "captures are played over IPv6, every octet" "$(plays fd94::2 ipv6 interleaved tcp/reuse)"
result "connections, gaps and mapped ports are counted" "$(counts)"
result "an octet that differs is found" "$(sees_octets)"
result "ends are played as recorded, and others are found" "$(sees_ends)"
result "the client holds until it is told to go on" "$(holds_on)"
result "turns are paced" "$(paces)"
result "it ends and says where when the other end has gone" "$(is_left_alone)"
result "what cannot be played is refused" "$(refuses)"
result "spoilt captures do no harm" "$(survives)"
if command -v tshark >/dev/null; then
	result "tshark finds as many octets in the captures" "$(tshark_agrees $healthy)"
else
	echo "skip - tshark finds as many octets in the captures: tshark is not installed"
fi

tear_down
host_state >"$work/host.after"
result "nothing of the run is left" "$(leftovers; diff "$work/host.before" "$work/host.after")"
exit $failed
