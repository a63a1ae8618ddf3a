#!/bin/sh
# Does the demo by replay print what it promises, clean up, and fail when a node goes another way? Is it what runs without root?
# The live one: tests/e2e/demo_live.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
export B
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/tmp"
failed=0

verdict() { # name, status
	if [ "$2" -eq 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		failed=1
	fi
}

holds() { # name, command...
	name=$1
	shift
	"$@" >/dev/null 2>&1
	verdict "$name" $?
}

under() { # heading: what the demo printed below it
	awk -v name="== $1" '/^== / { on = index($0, name) == 1; next } on' "$work/out"
}

says() { # name, heading, pattern
	under "$2" | grep -Eq "$3"
	verdict "$1" $?
}

TMPDIR=$work/tmp sh tests/demo.sh replay >"$work/out" 2>"$work/err"
holds "the demo succeeds" test $? -eq 0
holds "nothing on standard error" test ! -s "$work/err"
holds "nothing is left behind" test -z "$(ls "$work/tmp")"
holds "every comparison is told to hold" grep -q '^   yes: ' "$work/out"
holds "none is told not to" test -z "$(grep 'NO: ' "$work/out")"

says "node A's inspection session" "Node A after packet 32: ips session list" '^  state: C-ESTABLISHED/[1-9][0-9]*/0/0/0/0, S-ESTABLISHED/'
says "node A knows ICCP" "Node A after packet 32: ips session list" '^  app: ICCP:'
says "node A's forwarding session" "Node A after packet 32: ips sys session list" '^hook=pre dir=org .*10\.1\.0\.2:57218->10\.2\.0\.2:102'
says "the kill" "Node A is killed" '^Packet 32 ends with'
says "the cache holds half a message" "Node B, which" 'service=39, .*buffer_len=111$'
says "the cache holds tags of both tables" "Node B, which" 'tags \[count=4\]: s-0, s-1, s-2, c-0,'
under "Node A after packet 32: ips session list" >"$work/a"
under "Node B takes over: ips session list" >"$work/b"
holds "node B's inspection session is node A's" cmp "$work/a" "$work/b"
under "Node A after packet 32: ips sys session list" >"$work/a"
under "Node B takes over: ips sys session list" >"$work/b"
holds "node B's forwarding session is node A's" cmp "$work/a" "$work/b"
says "node A wrote its alert" "Node A: the alerts" 'id=1-1-[0-9]+ packet=20 1:1000207 '
says "node B wrote the alert of the words" "Node B: the alerts" 'id=1-1-[0-9]+ packet=33 1:5000901 '
says "node B wrote the alert of the pair" "Node B: the alerts" 'id=1-1-[0-9]+ packet=35 1:5000903 '
says "one cut, equal" "Is that what" 'cuts 1  equal 1  lost alerts 0  extra alerts 0  lost sessions 0  digest mismatches 0'
says "each half alone raises nothing" "Is that what" 'yes: packets 33 to the end alone'
packets=$("$B/bin/ips" replay --json build/captures/demo.pcap | sed -n 's/.*"packets":\([0-9]*\),.*/\1/p')
says "as many cuts as packets" "The same with" "yes: cuts $packets, equal $packets, lost alerts 0, lost sessions 0"

# Whoever is not root gets this form, and is told so. In a user namespace of nobody's, root is nobody in particular.
chmod 777 "$work/tmp"
case $(id -u) in
0) drop="unshare --user" ;;
*) drop= ;;
esac
if $drop true 2>/dev/null; then
	TMPDIR=$work/tmp $drop sh tests/demo.sh >"$work/plain" 2>&1
	holds "the demo succeeds without root" test $? -eq 0
	holds "and says which form it is" grep -q '^The live demo cannot be run here: root is needed .* by replay' "$work/plain"
	holds "and is that form" grep -q '^== Done' "$work/plain"
	holds "and leaves nothing behind" test -z "$(ls "$work/tmp")"
else
	echo "skip - the demo without root: root cannot be given up here"
fi
sh tests/demo.sh nonsense >"$work/out" 2>&1
holds "a form that there is not is refused" test $? -eq 2

# The words without their second half: the alert does not come, and the demo must say so.
mkdir -p "$work/tree/tests/captures" "$work/tree/build/captures"
cp tests/demo.sh tests/demo_replay.sh tests/demo_lib.sh tests/demo.rules "$work/tree/tests/"
cp tests/captures/demo.cap "$work/tree/tests/captures/"
sed "s|OPEN ALL BREAKERS now|OPEN ALL CURTAINS now|; s|^include lib|include $PWD/tests/captures/lib|" tests/captures/demo.cap >"$work/other.cap"
"$B/tests/tools/capgen" "$work/other.cap" "$work/tree/build/captures/demo.pcap" || exit 1
B=$PWD/$B TMPDIR=$work/tmp sh "$work/tree/tests/demo.sh" replay >"$work/out" 2>&1
holds "the demo fails without the alert" test $? -eq 1
holds "and says what does not hold" grep -q '^    NO: the words across the cut' "$work/out"

# A comparison that fails (exit 3 of ips), as far as the demo can see.
cat >"$work/ips" <<END
#!/bin/sh
"$PWD/$B/bin/ips" "\$@"
exit 3
END
chmod +x "$work/ips"
mkdir -p "$work/other/bin"
mv "$work/ips" "$work/other/bin/ips"
B=$work/other TMPDIR=$work/tmp sh tests/demo.sh replay >"$work/out" 2>&1
holds "the demo fails when a cut differs" test $? -eq 1

# Interrupted: nothing stays.
cat >"$work/other/bin/ips" <<END
#!/bin/sh
touch "$work/begun"
exec sleep 2
END
B=$work/other TMPDIR=$work/tmp sh tests/demo.sh replay >"$work/out" 2>&1 &
demo=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$work/begun" ] && break
	sleep 0.2
done
kill -TERM "$demo"
wait "$demo"
holds "a terminated demo says so" test $? -eq 143
holds "and leaves nothing behind" test -z "$(ls "$work/tmp")"
exit $failed
