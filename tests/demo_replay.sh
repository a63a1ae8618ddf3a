#!/bin/sh
# The demo by replay, so without root: an inspected ICCP association, its active node killed in the middle of a message, its
# peer resuming. Exit code 1 when what the pair did differs from what one node would have done.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
ips=$B/bin/ips
capture=build/captures/demo.pcap
rules=tests/demo.rules
cut=$(sed -n 's/^# cut: *//p' tests/captures/demo.cap)

for f in "$ips" "$capture"; do
	[ -r "$f" ] || {
		echo "demo: $f is not there; run: make demo" >&2
		exit 1
	}
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE
. tests/demo_lib.sh

# What ips printed between the line "--- NAME..." and the next of that kind, or the summary.
part() {
	awk -v name="--- $1" '/^--- / { on = index($0, name) == 1; next } /^packets / { on = 0 } on' "$work/out"
}

number() { # a number of the JSON object in file $1
	sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$1"
}

heading "An ICCP association, inspected by node A, with node B standing by; A is killed after packet $cut"
echo "$ips replay --rules $rules --failover $cut --sessions --share $capture"
"$ips" replay --rules "$rules" --failover "$cut" --sessions --share --eve "$work/eve" "$capture" >"$work/out" 2>"$work/err"
status=$?
cat "$work/err" >&2
if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then
	echo "demo: the replay failed with exit code $status" >&2
	exit 1
fi

heading "Node A after packet $cut: ips session list"
part "node A (active): ips session list"
heading "Node A after packet $cut: ips sys session list"
part "node A (active): ips sys session list"
heading "Node A: the alerts it wrote"
part "node A (active): alerts written" | tee "$work/a"
heading "Node A is killed (SIGKILL) after packet $cut, with half a message in hand"
echo "Packet $cut ends with the words OPEN ALL; packet $((cut + 1)), which A never sees, begins with BREAKERS."
echo "The device BRK1 was selected before the cut; it is operated after it."
heading "Node B, which has had nothing but the bytes of the link: ips share list"
part "node B (standby): ips share list"
echo "buffer_len is the half message, held; the tags are what A had learnt of the association."
heading "Node B takes over: ips session list"
part "node B (active now): ips session list"
heading "Node B takes over: ips sys session list"
part "node B (active now): ips sys session list"
heading "Node B: the alerts it wrote; of 1:5000901 and 1:5000903 only A saw the first half"
part "node B (active now): alerts written to" | tee "$work/b"

heading "Is that what one node, which never failed, would have done?"
grep '"event_type":"alert"' "$work/eve" >"$work/one"
same_id() { # sid: written by B under the id that one node gives it
	id=$(sed -n "s/.*id=\([0-9-]*\) packet=[0-9]* 1:$1 .*/\1/p" "$work/b")
	[ -n "$id" ] && grep "\"signature_id\":$1," "$work/one" | grep -q "\"id\":\"$id\""
}
check "node A had written neither" test -z "$(grep -E '1:(5000901|5000903) ' "$work/a")"
check "the words across the cut: alert 1:5000901, written by B, has the id that one node gives it" same_id 5000901
check "select before, operate after the cut: alert 1:5000903, written by B, has the id that one node gives it" same_id 5000903

# Each part of the capture alone must not raise it, or the cut would lie beside the message.
alone() { # first packet, last
	editcap -F pcap -r "$capture" "$work/part.pcap" "$1-$2" 2>/dev/null &&
		"$ips" replay --json --rules "$rules" "$work/part.pcap" 2>/dev/null | grep '"packets"' | grep -vq '"1:5000901"'
}
if command -v editcap >/dev/null 2>&1; then
	check "packets 1 to $cut alone do not raise it" alone 1 "$cut"
	check "packets $((cut + 1)) to the end alone do not raise it" alone $((cut + 1)) 100000
else
	echo "     -: each half alone: editcap is not installed"
fi
check "verdicts, alerts, records, lists and digests are equal: $(sed -n 's/^failover: //p' "$work/out")" [ "$status" -eq 0 ]

heading "The same with the kill after every packet of the capture"
echo "$ips replay --rules $rules --failover every $capture"
"$ips" replay --json --rules "$rules" --failover every "$capture" >"$work/json"
status=$?
cuts=$(number "$work/json" cuts) equal=$(number "$work/json" equal)
all_equal() {
	[ "$status" -eq 0 ] && [ "${cuts:-0}" -gt 0 ] && [ "$cuts" = "$equal" ]
}
check "cuts ${cuts:-0}, equal ${equal:-0}, lost alerts $(number "$work/json" lost_alerts), lost sessions $(number "$work/json" lost_sessions)" all_equal

if [ "$failed" -ne 0 ]; then
	heading "The comparison FAILED"
	exit 1
fi
heading "Done. Your own capture: $ips replay --failover every FILE"
