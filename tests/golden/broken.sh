#!/bin/sh
# limit: 300
# Broken input, wrong use, full disks and signals: one clear line with place and remedy, the exit code that the
# manual promises (0 fine, 1 failed, 2 usage or configuration, 3 check), and nothing half-written.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
ips=$PWD/$B/bin/ips
good=$PWD/build/captures/iccp.pcap
demo=$PWD/build/captures/demo.pcap
for f in "$ips" "$good" "$demo"; do
	[ -r "$f" ] || {
		echo "not ok - broken input: $f is not built"
		exit 1
	}
done
work=$(mktemp -d) || exit 1
out=$work/out
mounted=
cleanup() {
	[ -z "$mounted" ] || umount "$mounted"
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
chmod 755 "$work" # another user shall look in
mkdir "$out"
failed=0
LC_ALL=C
export LC_ALL

bad() {
	printf 'not ok - %s\n' "$1"
	shift
	printf '#   %s\n' "$@"
	sed 's/^/#   stderr: /' "$work/err" | head -n 5 | cut -c 1-300
	failed=1
}

# What the run left in the folder of outputs, but for the names allowed.
left() {
	for f in "$out"/* "$out"/.[!.]*; do
		[ -e "$f" ] || continue
		case " $1 " in
		*" ${f##*/} "*) ;;
		*) printf '%s ' "${f##*/}" ;;
		esac
	done
}

# judge NAME CODE PATTERN [KEPT]: of the run whose status is in $status: its exit code, one line on standard
# error that fits PATTERN ("" for none at all), and no file but KEPT.
judge() {
	lines=$(wc -l <"$work/err")
	want=1
	[ -n "$3" ] || want=0
	if [ "$status" -ne "$2" ]; then
		bad "$1" "exit code $status, not $2"
	elif [ "$lines" -ne "$want" ]; then
		bad "$1" "$lines lines on standard error, not $want"
	elif [ -n "$3" ] && ! grep -Eq -- "$3" "$work/err"; then
		bad "$1" "standard error does not say: $3"
	elif [ -n "$(left "${4:-}")" ]; then
		bad "$1" "left behind: $(left "${4:-}")"
	else
		echo "ok - $1"
	fi
	rm -rf "${out:?}"/* "$out"/.[!.]*
}

# run NAME CODE PATTERN ARGUMENTS...
run() {
	name=$1 code=$2 pattern=$3
	shift 3
	"$ips" "$@" >"$work/stdout" 2>"$work/err"
	status=$?
	judge "$name" "$code" "$pattern"
}

replay() {
	name=$1 code=$2 pattern=$3
	shift 3
	run "$name" "$code" "^ips replay: .*$pattern" replay "$@"
}

value() { # of the JSON object on standard output
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/stdout"
}

# --- captures ------------------------------------------------------------------------------------------------
size=$(wc -c <"$good")
head -c $((size - 20)) "$good" >"$work/cut.pcap"
total=$("$ips" replay --json "$good" | sed -n 's/.*"packets":\([0-9]*\).*/\1/p')

"$ips" replay --json --eve "$out/eve" --log "$out/log" --write "$out/pcap" "$work/cut.pcap" >"$work/stdout" 2>"$work/err"
status=$?
cp "$out/pcap" "$work/written.pcap" 2>/dev/null
records=$(wc -l <"$out/eve")
judge "a truncated capture names the packet" 1 "cut.pcap: packet $total: .*; the $((total - 1)) before it were read, capture or copy it again$" "eve log pcap"
[ "$(value packets)" = $((total - 1)) ] && echo "ok - what could be read was processed" || bad "what could be read was processed" "$(value packets) packets"
"$ips" replay --json "$work/written.pcap" >"$work/stdout" 2>"$work/err"
[ "$(value packets)" = $((total - 1)) ] && [ "$records" -gt 10 ] && echo "ok - and its outputs are whole" || bad "and its outputs are whole" "$records records"

"$ips" replay --json --failover every "$work/cut.pcap" >"$work/stdout" 2>"$work/err"
status=$?
judge "a truncated capture is cut as far as it goes" 1 "cut.pcap: packet $total: "
[ "$(value cuts)" = $((total - 1)) ] && [ "$(value equal)" = $((total - 1)) ] && echo "ok - at every packet of it" || bad "at every packet of it" "$(value cuts)"

gzip -c "$good" >"$work/good.pcap.gz"
head -c $(($(wc -c <"$work/good.pcap.gz") / 2)) "$work/good.pcap.gz" >"$work/half.pcap.gz"
{
	head -c 24 "$good"
	printf '\001\000\000\000\000\000\000\000\377\377\377\177\377\377\377\177'
} >"$work/huge.pcap"
head -c 10 "$good" >"$work/head.pcap"
head -c 24 "$good" >"$work/none.pcap"
{
	printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\223\000\000\000'
	printf '\001\000\000\000\000\000\000\000\004\000\000\000\004\000\000\000abcd'
} >"$work/link.pcap"
: >"$work/empty.pcap"
echo "no capture" >"$work/text.pcap"
mkdir "$work/folder" "$work/norules"
replay "half a gzip file" 1 'half.pcap.gz: packet [1-9][0-9]*: .*before it were read, capture or copy it again$' "$work/half.pcap.gz"
replay "a record longer than can be" 1 'huge.pcap: packet 1: .*; the 0 before it were read' "$work/huge.pcap"
replay "a capture that ends in its header" 1 'head.pcap: damaged before its first packet: .*; capture or copy it again$' "$work/head.pcap"
replay "a link type without IP" 1 'link.pcap: packet 1: no IP can be found in link type .*; convert it' "$work/link.pcap"
replay "an empty file" 1 'empty.pcap: is empty; ' "$work/empty.pcap"
replay "a file of another type" 1 'text.pcap: is not a capture; give a pcap or pcapng file' "$work/text.pcap"
replay "a program" 1 'ips: is not a capture; ' "$ips"
replay "a folder" 1 'folder: is a directory; name the capture files in it$' "$work/folder"
replay "a file that is not there" 1 'nowhere.pcap: cannot be opened: No such file or directory; check' --eve "$out/eve" "$work/nowhere.pcap"
replay "the same with a failover" 1 'nowhere.pcap: cannot be opened: No such file' --failover 3 "$work/nowhere.pcap"
replay "a folder with a failover" 1 'folder: is a directory; ' --failover every "$work/folder"
if command -v editcap >/dev/null 2>&1; then
	editcap -F pcapng "$good" "$work/good.pcapng"
	head -c $(($(wc -c <"$work/good.pcapng") - 20)) "$work/good.pcapng" >"$work/cut.pcapng"
	replay "a truncated pcapng" 1 "cut.pcapng: packet [0-9]+: .*before it were read" "$work/cut.pcapng"
else
	echo "skip - a truncated pcapng: editcap is not installed"
fi
"$ips" replay --json "$work/text.pcap" "$good" >"$work/stdout" 2>"$work/err"
status=$?
judge "one bad capture of two" 1 'text.pcap: is not a capture'
[ "$(value packets)" = "$total" ] && echo "ok - the other is processed" || bad "the other is processed" "$(value packets)"
"$ips" replay --json "$work/none.pcap" >"$work/stdout" 2>"$work/err"
status=$?
judge "a capture without a packet is fine" 0 ''

# Root reads everything: as somebody else then, with the program and its rules where that user can reach them.
cp "$good" "$work/secret.pcap"
chmod 000 "$work/secret.pcap"
mkdir -p "$work/usr/bin" "$work/usr/share/ips/sigs"
cp "$ips" "$work/usr/bin/"
cp -r sigs/stock "$work/usr/share/ips/sigs/"
chmod -R a+rX "$work/usr"
chmod 755 "$out"
as_other() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
}
if as_other true 2>/dev/null; then
	as_other "$work/usr/bin/ips" replay "$work/secret.pcap" >"$work/stdout" 2>"$work/err"
	status=$?
	judge "an unreadable capture" 1 'secret.pcap: cannot be opened: Permission denied; check the name and the access rights$'
	as_other "$work/usr/bin/ips" replay -c "$work/secret.pcap" "$good" >"$work/stdout" 2>"$work/err"
	status=$?
	judge "an unreadable configuration" 1 'secret.pcap: cannot be read: Permission denied; check'
	as_other "$work/usr/bin/ips" replay --rules "$work/secret.pcap" "$good" >"$work/stdout" 2>"$work/err"
	status=$?
	judge "an unreadable rule file" 1 'secret.pcap: cannot read rules: Permission denied; name a readable'
	chmod 555 "$out"
	as_other "$work/usr/bin/ips" replay --eve "$out/eve" "$work/cut.pcap" >"$work/stdout" 2>"$work/err"
	status=$?
	chmod 755 "$out"
	judge "a folder that may not be written to" 1 'out/eve: cannot write: Permission denied; choose a place you may write to$'
else
	echo "skip - unreadable files: cannot become another user (setpriv)"
fi

# --- usage ------------------------------------------------------------------------------------------------------
"$ips" >"$work/stdout" 2>"$work/list"
[ $? -eq 2 ] && grep -q '^  replay ' "$work/list" && [ ! -s "$work/stdout" ] && echo "ok - no command: the list" || bad "no command: the list" "$(cat "$work/list")"
run "an unknown command" 2 "^ips: unknown command 'reply'; 'ips help' lists them$" reply
run "help on an unknown command" 2 "^ips: unknown command 'reply'" help reply
replay "no capture" 2 'no capture named; ' --json
replay "an unknown option" 2 "option '--fallover': unknown" --fallover every "$good"
replay "an unknown letter" 2 "option '-x': unknown" -x "$good"
replay "an option without its value" 2 "option '--eve': needs a value; " "$good" --eve
replay "a letter without its value" 2 "option '-c': needs a value; " "$good" -c
replay "a value that is not wanted" 2 "option '--json=yes': takes no value" --json=yes "$good"
replay "a failover after packet 0" 2 "--failover '0': give 'every', 'bytes' or a packet number from 1" --failover 0 "$good"
replay "another crash" 2 "--crash 'now': give 'between-commit-and-release'" --failover every --crash now "$good"
replay "a crash without a failover" 2 "--crash 'between-commit-and-release': is of a failover; give --failover too" \
	--crash between-commit-and-release "$good"
replay "all is lost" 2 "--sync-loss '91': give a percentage, a whole number from 0 to 90" --failover every --sync-loss 91 "$good"
replay "more than all comes twice" 2 "--sync-dup '101': give a percentage" --failover every --sync-dup 101 "$good"
replay "half a percent" 2 "--sync-reorder '0.5': give a percentage" --failover every --sync-reorder 0.5 "$good"
replay "a faulty link to nobody" 2 "they are of a failover; give --failover too" --sync-dup 5 "$good"
replay "a failover after no number" 2 "--failover '12x': give" --failover 12x "$good"
replay "a failover before the beginning" 2 "--failover '-3': give" --failover -3 "$good"
replay "a failover at a number beyond numbers" 2 "--failover '99999999999999999999': give" --failover 99999999999999999999 "$good"
replay "a failover beyond the end" 2 "iccp.pcap: --failover $((total + 1)): there are only $total packets; give a number from 1 to $total$" \
	--eve "$out/eve" --failover $((total + 1)) "$good"
replay "a failover in a capture without packets" 1 'none.pcap: no packets in it' --failover every "$work/none.pcap"
"$ips" replay --failover "$total" "$good" >"$work/stdout" 2>"$work/err"
status=$?
judge "a failover after the last packet" 0 ''
replay "a seed that is none" 2 "--seed 'x': give a whole number" --seed x "$good"
replay "a network that is none" 2 "--home-net '10.0.0.0/33': .*" --home-net 10.0.0.0/33 "$good"
replay "two captures, one file to write" 2 "--write '.*': takes one capture at a time" --write "$out/pcap" "$good" "$demo"
replay "a capture to standard output" 2 "--write '-': name a file" --write - "$good"
replay "EVE and JSON on standard output" 2 "only one of them can go to standard output" --eve - --json "$good"
replay "EVE and log on standard output" 2 "only one of them can go to standard output" --eve - --log - "$good"
replay "EVE and events on standard output" 2 "only one of them can go to standard output" --eve - --events - "$good"
replay "one file for two outputs" 2 "output '.*': named twice" --eve "$out/x" --log "$out/x" "$good"
replay "an output without a name" 2 "--eve '': name a file" --eve '' "$good"
replay "a capture without a name" 2 "capture '': name a file" ''
cp "$good" "$work/own.pcap"
replay "an output over the capture" 2 "output '.*own.pcap': is a capture to be read" --write "$work/own.pcap" "$work/own.pcap"
cmp -s "$good" "$work/own.pcap" && echo "ok - which is as it was" || bad "which is as it was" "changed"
replay "standard input twice" 2 "standard input can be read only once" - -

# --- configuration and rules ------------------------------------------------------------------------------------------
printf 'config system global\n    set hostnam "a"\nend\n' >"$work/word.conf"
printf 'config firewall policy\n    edit 1\n        set srcaddr "nobody"\n        set action accept\n    next\nend\n' >"$work/ref.conf"
printf 'config system global\n    set hostname "a"\n' >"$work/open.conf"
run "an unknown word in the configuration" 2 "word.conf:2: 'hostnam': .*hostname" replay -c "$work/word.conf" --eve "$out/eve" "$good"
run "a reference to nothing" 2 "ref.conf:3: 'nobody': " replay -c "$work/ref.conf" "$good"
run "a block that is not closed" 2 "open.conf:[0-9]+: " replay -c "$work/open.conf" "$good"
sed 's/set srcintf "lan0"/set srcintf "lan7"/' packaging/ips.conf.example >"$work/intf.conf"
replay "an interface that there is not" 2 "intf.conf:[0-9]+: 'lan7': no interface of that name; " -c "$work/intf.conf" "$demo"
sensors() { # rule file of the sensor of policy 1; sensor of policy 2
	printf 'config ips sensor\n    edit "a"\n        set rule-file "%s"\n    next\n    edit "b"\n    next\nend\n' "$1"
	printf 'config firewall policy\n    edit 1\n        set action accept\n        set utm-status enable\n        set ips-sensor "a"\n    next\n'
	printf '    edit 2\n        set action accept\n        set utm-status enable\n        set ips-sensor "%s"\n    next\nend\n' "$2"
}
sensors tests/demo.rules a >"$work/sensor.conf"
"$ips" replay --json -c "$work/sensor.conf" "$demo" >"$work/stdout" 2>"$work/err"
status=$?
judge "a sensor with rules" 0 ''
[ "$(value 1:5000901)" = 1 ] && echo "ok - which are used" || bad "which are used" "$(cat "$work/stdout")"
sensors "$work/nowhere.rules" a >"$work/sensor.conf"
replay "a sensor whose rules are not there" 1 'nowhere.rules: cannot read rules: No such file' -c "$work/sensor.conf" "$demo"
sensors tests/demo.rules b >"$work/sensor.conf"
replay "a second sensor" 2 'sensor.conf:[0-9]+: a second ips sensor is in use; give all policies the same one' -c "$work/sensor.conf" "$demo"
replay "no such configuration" 1 'nowhere.conf: cannot be read: No such file or directory; check' -c "$work/nowhere.conf" "$good"
replay "a folder as configuration" 1 'folder: cannot be read: Is a directory; name a file' -c "$work/folder" "$good"

{
	printf 'alert tcp any any -> any any (msg:"wrong"; contemt:"x"; sid:5000998; rev:1;)\n'
	grep 5000903 tests/demo.rules
	grep 5000902 tests/demo.rules
} >"$work/wrong.rules"
"$ips" replay --json --rules "$work/wrong.rules" "$demo" >"$work/stdout" 2>"$work/err"
status=$?
judge "a rule with a mistake is refused by file and line" 0 "wrong.rules:1: .*contemt"
[ "$(value 1:5000903)" = 1 ] && echo "ok - and the others load" || bad "and the others load" "$(cat "$work/stdout")"
"$ips" rules check "$work/wrong.rules" >"$work/stdout" 2>"$work/err"
status=$?
judge "rules check tells it by its exit code" 2 "wrong.rules:1: .*contemt"
replay "no such folder of rules" 1 'nowhere: cannot read rules: No such file or directory; name a readable folder or file' --rules "$work/nowhere" "$good"
replay "a folder without rules" 1 'norules: has no \*.rules in it; ' --rules "$work/norules" "$good"
run "rules list of nothing" 1 'nowhere: cannot read rules: ' rules list "$work/nowhere"

# --- outputs ------------------------------------------------------------------------------------------------------------
replay "no such folder for EVE" 1 'none/eve: cannot write: No such file or directory; create the folder first' --eve "$out/none/eve" "$good"
replay "no such folder for the log" 1 'none/log: cannot write: No such file' --eve "$out/eve" --log "$out/none/log" "$good"
replay "no such folder for the events" 1 'none/x: cannot write: No such file' --log "$out/log" --events "$out/none/x" "$good"
replay "no such folder for the capture" 1 'none/pcap: cannot be written: No such file' --eve "$out/eve" --write "$out/none/pcap" "$good"
replay "a folder in place of EVE" 1 'folder: cannot write: Is a directory; name a file' --eve "$work/folder" "$good"
for what in eve log events; do
	replay "a full disk for $what" 1 '/dev/full: cannot write: No space left on device; free some space' --$what /dev/full --write "$out/pcap" "$work/good.pcap.gz"
done
rm -f "$out"/*
replay "a full disk for the capture" 1 '/dev/full: cannot be written: No space left on device; free some space' --write /dev/full --eve "$out/eve" "$good"
"$ips" replay --json "$good" >/dev/full 2>"$work/err"
status=$?
judge "a full disk for the summary" 1 'the summary cannot be written: No space left on device; '
"$ips" app list >/dev/full 2>"$work/err"
status=$?
judge "a full disk for a list" 1 'standard output: cannot write.*; check where it goes$'

for what in eve log events write; do
	(ulimit -f 8 && exec "$ips" replay --$what "$out/x" "$good" >"$work/stdout" 2>"$work/err")
	status=$?
	judge "a file that may not grow: $what" 1 'out/x: cannot (be written|write): File too large; '
done
(ulimit -f 8 && exec "$ips" replay --eve "$out/eve" --write "$out/pcap" "$good" >"$work/stdout" 2>"$work/err")
status=$?
judge "a file that may not grow beside another" 1 'cannot (be written|write): File too large; '

if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=16k tmpfs "$work/small" 2>/dev/null; then
	mounted=$work/small
	for what in eve log events write; do
		replay "a disk that fills up: $what" 1 'small/x: cannot (be written|write): No space left on device; ' --$what "$work/small/x" "$good"
		[ -z "$(ls -A "$work/small")" ] && echo "ok - and nothing is left: $what" || bad "and nothing is left: $what" "$(ls -A "$work/small")"
	done
else
	echo "skip - a disk that fills up: no root, or no tmpfs may be mounted"
fi

# --- standard input and output --------------------------------------------------------------------------------------------
"$ips" replay --json "$good" | sed 's/"elapsed_s.*//' >"$work/plain"
same() { # name: is standard output what the plain capture gives?
	sed 's/"elapsed_s.*//' "$work/stdout" >"$work/now"
	cmp -s "$work/plain" "$work/now" && echo "ok - $1" || bad "$1" "another summary"
}
"$ips" replay --json - <"$good" >"$work/stdout" 2>"$work/err"
same "standard input"
gzip -c "$good" | "$ips" replay --json - >"$work/stdout" 2>"$work/err"
same "gzip on standard input"
"$ips" replay --json "$work/good.pcap.gz" >"$work/stdout" 2>"$work/err"
same "a gzip file"
"$ips" replay - </dev/null >"$work/stdout" 2>"$work/err"
status=$?
judge "nothing on standard input" 1 'standard input: is empty; '
"$ips" replay - <&- >"$work/stdout" 2>"$work/err"
status=$?
judge "standard input closed" 1 'standard input: '
"$ips" replay --failover every - <"$good" >"$work/stdout" 2>"$work/err"
status=$?
judge "a failover of standard input" 2 'standard input: --failover runs a capture more than once; save it'
"$ips" replay --eve "$out/eve" "$good" >&- 2>"$work/err"
status=$?
grep -qv '^{' "$out/eve" && bad "standard output closed: EVE holds only records" "$(grep -v '^{' "$out/eve" | head -n 2)"
judge "standard output closed" 1 'the summary cannot be written: Bad file descriptor; ' eve
mkfifo "$work/pipe"
{
	sleep 0.3 # until the reader has gone
	"$ips" replay --eve - --write "$out/pcap" "$good" 2>"$work/err"
	echo $? >"$work/status"
} | true
status=$(cat "$work/status")
judge "the reader of standard output has gone" 1 'standard output: cannot write: Broken pipe; '
"$ips" replay --sessions --share --json "$good" >"$work/stdout" 2>/dev/null
same "lists leave standard output to the JSON"
"$ips" replay --sessions --eve - "$good" 2>/dev/null | grep -qv '^{' && bad "lists leave standard output to EVE" "mixed" || echo "ok - lists leave standard output to EVE"

# --- signals ----------------------------------------------------------------------------------------------------------------
appears() { # a file of that pattern, within 5 s
	for _ in $(seq 50); do
		[ -n "$(find "$out" -name "$1")" ] && return
		sleep 0.1
	done
}

# A capture without an end.
tail -c +25 "$good" >"$work/body"
endless() {
	cat "$good"
	while cat "$work/body"; do :; done
}

for signal in INT TERM; do
	endless 2>/dev/null >"$work/pipe" &
	writer=$!
	"$ips" replay --eve "$out/eve" --log "$out/log" --write "$out/pcap" "$work/pipe" >"$work/stdout" 2>"$work/err" &
	pid=$!
	appears 'pcap*'
	sleep 0.3
	kill -$signal $pid
	wait $pid
	status=$?
	kill $writer 2>/dev/null
	wait $writer 2>/dev/null
	judge "SIG$signal in a long replay" 1 'pipe: interrupted after packet [1-9][0-9]*; no output file is kept$'
done
sleep 5 >"$work/pipe" &
writer=$!
"$ips" replay --eve "$out/eve" - <"$work/pipe" >"$work/stdout" 2>"$work/err" &
pid=$!
appears 'eve*'
sleep 0.2
kill -INT $pid
wait $pid
status=$?
kill $writer 2>/dev/null
wait $writer 2>/dev/null
judge "SIGINT while waiting for standard input" 1 'standard input: interrupted after packet 0; no output file is kept$'
"$ips" replay --eve "$out/eve" --failover every "$good" >"$work/stdout" 2>"$work/err" &
pid=$!
appears 'eve*'
sleep 0.2
kill -INT $pid
wait $pid
status=$?
judge "SIGINT in a run of cuts" 1 'iccp.pcap: interrupted after cut [0-9]+; no output file is kept$'
sleep 0.2
[ -z "$(pgrep -f "eve $out/eve --failover")" ] && echo "ok - and no node outlives it" || bad "and no node outlives it" "$(pgrep -fa "eve $out/eve --failover")"
exit $failed
