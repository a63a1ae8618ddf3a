#!/bin/sh
# Does the live demo print what it promises, fail when a promise does not hold, and leave nothing when it is interrupted?
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release}
. tests/e2e/lib.sh

need_root "the live demo"
mkdir "$work/tmp"
before=$(host_state)

# demo OUT [VARIABLE=VALUE...]: to its end; $code is its exit code.
demo() {
	out=$1
	shift
	env B="$B" TMPDIR="$work/tmp" "$@" timeout -k 5 120 sh tests/demo.sh >"$work/$out" 2>"$work/$out.err"
	code=$?
}

# begin OUT: in the background and a process group of its own, as a terminal's job, where Ctrl-C is not ignored. $job is its pid.
begin() {
	: >"$work/$1"
	B=$B TMPDIR=$work/tmp setsid env --default-signal=INT sh tests/demo.sh >"$work/$1" 2>&1 </dev/null &
	job=$!
}

# under HEADING: what was printed below it.
under() {
	awk -v name="== $1" '/^== / { on = index($0, name) == 1; next } on' "$work/$out"
}

# says HEADING PATTERN [TIMES]: findings unless lines below that heading are so, some or that many.
says() {
	n=$(under "$1" | grep -Ec "$2")
	[ "$n" -eq "${3:-$n}" ] && [ "$n" -gt 0 ] || echo "below \"$1\": $n lines are \"$2\", not ${3:-any}"
}

# stays [PID]: what the demo has left. Its processes carry its TMPDIR, its namespaces its pid.
stays() {
	ls "$work/tmp"
	grep -lzx "TMPDIR=$work/tmp" /proc/[0-9]*/environ 2>/dev/null | while read -r e; do
		p=${e%/environ}
		tr '\0' ' ' <"$p/cmdline" 2>/dev/null | sed "s|^|process ${p#/proc/}: |"
	done
	[ -z "${1:-}" ] || ip netns list | grep "^ips$1-"
	[ "$(host_state)" = "$before" ] || echo "the machine's rules, addresses or queues are not what they were"
}

# --- cases --------------------------------------------------------------------------------------------------

whole() {
	demo whole
	[ $code -eq 0 ] || echo "exit code $code"
	cat "$work/whole.err"
	grep 'NO: ' "$work/whole"
	says "20 associations" '^  SESSION id:1 '
	says "20 associations" '^  session info: proto=6 '
	says "20 associations" '^ +service=39, .*last_app=[1-9][0-9]*, buffer_len=[1-9]'
	says "20 associations" '^  \.\.\. and 19 more$' 3
	says "Node B at the same time" '^ +tags \[count=3\]: s-0, s-1, c-0,'
	says "Node B at the same time" '^  \.\.\. and 19 more$' 3
	says "kill -9" '^  \.\.\. and 19 more$' 3
	says "What node A had" 'yes: half a message was held of each'
	says "What node A had" 'yes: 20 of 20 sessions are on node B with the same last_app, tags and buffer_len'
	says "The second halves" '^\{"timestamp":.*"signature_id":50009'
	says "The second halves" "yes: node A's log has none"
	says "The second halves" 'yes: 20 of 20: 1:50009' 2
	says "The second halves" 'yes: none is written twice'
	says "Node A's parent" '^ +\+[0-9.]+ ms  node b: became active'
	says "Node A's parent" '^ +\+[0-9.]+ ms  node a: became passive'
	says "Node A's parent" 'yes: node A is passive, node B is active, in sync: 20 of 20'
	says "At the ends" '^   yes: ' 5
	says "Failover time" '"became active": +[0-9.]+ ms'
	says "Failover time" 'longest pause .*: +[0-9]+ ms'
	says "Taken down" 'yes: no namespace'
	stays
}

# A rule whose second half never comes, a peer with another last_app and a tag lost, and a server that sends a wrong octet, when
# all that has been compared.
broken() {
	sed 's/content:"OPEN ALL BREAKERS"/content:"OPEN ALL CURTAINS"/' tests/demo_live.rules >"$work/curtains.rules"
	mkdir -p "$work/other/bin" "$work/other/tests/tools"
	ln -s "$PWD/$B/bin/ipsd" "$work/other/bin/ipsd"
	cat >"$work/other/bin/ips" <<END
#!/bin/sh
case "\$*" in
"share list --json"*run-b/*) "$PWD/$B/bin/ips" "\$@" | sed '1s/"last_app":[0-9]*/"last_app":1/; 2s/"s-1",//' ;;
*) exec "$PWD/$B/bin/ips" "\$@" ;;
esac
END
	cat >"$work/other/tests/tools/iccp-sim" <<END
#!/bin/sh
mode=\$1
shift
[ "\$mode" = client ] || set -- "\$@" --corrupt-at 40000 --tamper-step 1000000
exec "$PWD/$B/tests/tools/iccp-sim" "\$mode" "\$@"
END
	chmod +x "$work/other/bin/ips" "$work/other/tests/tools/iccp-sim"
	demo broken B="$work/other" DEMO_RULES="$work/curtains.rules"
	[ $code -eq 1 ] || echo "exit code $code"
	says "What node A had" 'NO: [0-9]+ of [0-9]+ sessions are on node B'
	says "The second halves" 'NO: 0 of 20: 1:50009' 2
	says "At the ends" 'NO: 0 octets missing, 0 octets wrong'
	grep -q '^== A promise did NOT hold' "$work/broken" || echo "it does not say that it failed"
	stays
}

came_to() {
	grep -q "$1" "$2" || gone "$job"
}

# interrupted WHEN SIGNAL CODE: as soon as the demo has printed that pattern, or so many seconds after its begin, its whole group
# gets the signal, twice.
interrupted() {
	begin interrupted
	case $1 in
	[0-9]*) sleep "$1" ;;
	*)
		until_true 60 came_to "$1" "$work/interrupted"
		grep -q "$1" "$work/interrupted" || tail -n 8 "$work/interrupted"
		;;
	esac
	kill "-$2" "-$job" 2>/dev/null
	sleep 0.1
	kill "-$2" "-$job" 2>/dev/null
	wait "$job"
	code=$?
	[ $code -eq "$3" ] || echo "exit code $code"
	stays "$job"
}

# Its reader goes away.
unread() {
	env B="$B" TMPDIR="$work/tmp" timeout -k 5 60 sh tests/demo.sh 2>/dev/null | head -n 12 >/dev/null
	until_true 10 [ -z "$(ls "$work/tmp")" ]
	stays
}

result "a demo that keeps its promises" "$(whole)"
result "a demo that does not keep them says so and fails" "$(broken)"
result "Ctrl-C at the very start" "$(interrupted 0.1 INT 130; interrupted 0.3 INT 130)"
result "Ctrl-C while the nodes are made" "$(interrupted '^== Two nodes' INT 130)"
result "Ctrl-C among the lists" "$(interrupted '^== 20 associations' INT 130)"
result "Ctrl-C at the kill" "$(interrupted '^== kill -9' INT 130)"
result "Ctrl-C while node A returns" "$(interrupted "^== Node A's parent" INT 130)"
result "Ctrl-C while it clears away" "$(interrupted '^== Taken down' INT 130)"
result "ended from outside" "$(interrupted '^== Node B at' TERM 143)"
result "nobody reads on" "$(unread)"
exit $failed
