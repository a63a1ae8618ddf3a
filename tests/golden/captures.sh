#!/bin/sh
# Are the captures that the scripts describe what they say they are, and does recut leave streams alone?
# limit: 600
#
# Another dissector (tshark) judges the healthy ones; digests of reassembled bytes (streams) judge recut.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} B_ASAN=${B_ASAN:-build/gcc-asan}
tools=$B/tests/tools
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
failed=0

# result NAME FINDINGS: one line; what was found, if anything, as comments.
result() {
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/#   /'
		failed=1
	fi
}

head_of() { # script, word: what stands behind "# word:" in its head
	sed -n "/^#/!q; s/^# $2: *//p" "$1"
}

scripts() {
	find tests/captures -name '*.cap' ! -name big.cap | LC_ALL=C sort
}

capture_of() {
	printf '%s/%s.pcap' "$work" "$(printf '%s' "${1#tests/captures/}" | sed 's/\.cap$//; s|/|_|g')"
}

# Once by either build, so that what one of them leaves to chance shows.
generate() {
	for s in $(scripts); do
		out=$(capture_of "$s")
		"$tools/capgen" "$s" "$out" 2>&1 || continue
		"$B_ASAN/tests/tools/capgen" "$s" "$work/again" 2>&1 || continue
		cmp -s "$out" "$work/again" || echo "$s: not the same bytes the second time"
	done
}

classes() {
	for s in $(scripts); do
		case $(head_of "$s" class) in
		healthy) [ -n "$(head_of "$s" protocol)" ] || echo "$s: names no protocol" ;;
		stream | negative | evasion) ;;
		*) echo "$s: class is healthy, stream, negative or evasion" ;;
		esac
	done
}

# Every anomaly the product can tell has a capture that is to bring it about, or is one of those no
# capture can; and no capture names one that there is not.
anomalies() {
	"$tools/names" anomalies | LC_ALL=C sort -u >"$work/known"
	for s in $(scripts); do
		for a in $(head_of "$s" anomaly); do
			echo "$a"
		done
	done | LC_ALL=C sort -u >"$work/named"
	LC_ALL=C sort -u tests/captures/anomaly/unreached | sed 's/[ \t].*//' >"$work/excused"
	[ "$(wc -l <"$work/known")" -gt 70 ] || echo "the anomalies are not told"
	LC_ALL=C comm -13 "$work/known" "$work/named" | sed 's/$/: named by a capture, unknown to the decoders/'
	LC_ALL=C comm -23 "$work/known" "$work/named" | LC_ALL=C comm -23 - "$work/excused" | sed 's/$/: no capture brings it about/'
	LC_ALL=C comm -12 "$work/named" "$work/excused" | sed 's/$/: excused, and yet named by a capture/'
}

# What tshark says of each frame, one line: protocols, checksums, trouble.
dissect() {
	tshark -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -T fields -E separator='|' \
		-e frame.number -e frame.protocols -e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status \
		-e icmp.checksum.status -e icmpv6.checksum.status -e tcp.analysis.lost_segment -e tcp.analysis.ack_lost_segment \
		-e _ws.malformed 2>/dev/null
}

judge() { # capture, class, counts
	dissect "$1" >"$work/frames"
	[ -s "$work/frames" ] || echo "tshark read nothing"
	awk -F'|' -v class="$2" -v counts="$3" '
		{ for (i = 3; i <= 7; i++) if ($i ~ /(^|,)0/) print "frame " $1 ": a bad checksum" }
		class == "healthy" && ($8 != "" || $9 != "") { print "frame " $1 ": a segment is missing" }
		class == "healthy" && $10 != "" { print "frame " $1 ": malformed" }
		{ n = split($2, p, ":"); split("", seen); for (i = 1; i <= n; i++) if (!(p[i] in seen)) { seen[p[i]] = 1; of[p[i]]++ } }
		END {
			n = split(counts, c, " ")
			for (i = 1; i <= n; i++) {
				split(c[i], kv, "=")
				if (of[kv[1]] + 0 != kv[2]) print of[kv[1]] + 0 " frames of " kv[1] ", not " kv[2]
			}
		}' "$work/frames"
}

judged() {
	if ! command -v tshark >/dev/null 2>&1; then
		echo "skip - captures seen by another dissector: tshark is not installed"
		return
	fi
	for s in $(scripts); do
		class=$(head_of "$s" class)
		case $class in
		healthy | stream) result "$s is $class" "$(judge "$(capture_of "$s")" "$class" "$(head_of "$s" count)")" ;;
		esac
	done
	# the judge must see what is wrong with these
	for s in tcp/badsum other/s7comm:s7comm=3; do
		f=tests/captures/${s%%:*}.cap
		[ -n "$(judge "$(capture_of "$f")" healthy "${s#*:}")" ] && wrong= || wrong="nothing was found wrong"
		result "the judge notices ${s%%:*}" "$wrong"
	done
}

# Streams of any capture are the same after recut; times do not run backwards; the same seed gives the same file.
recut_keeps() {
	for s in $(scripts); do
		in=$(capture_of "$s")
		"$tools/streams" "$in" >"$work/before" || echo "$s: streams failed"
		case $s in
		*/anomaly/* | */drops/* | */rules/*) modes="one mix" ;;
		*) modes="one two 7 random reorder dup mix" ;;
		esac
		for mode in $modes; do
			"$tools/recut" "$in" "$work/cut" --mode "$mode" --seed 11 || echo "$s: recut $mode failed"
			"$tools/streams" "$work/cut" | cmp -s "$work/before" - || echo "$s: another stream after recut $mode"
		done
		"$B_ASAN/tests/tools/recut" "$in" "$work/again" --mode mix --seed 11 2>&1
		cmp -s "$work/cut" "$work/again" || echo "$s: recut mix is not the same bytes the second time"
	done
}

frames() {
	tshark -r "$1" -Y "$2" -T fields -e frame.number 2>/dev/null | wc -l
}

# The modes do what their names say, as another reassembly sees it.
recut_cuts() {
	command -v tshark >/dev/null 2>&1 || {
		echo "skip - recut seen by another reassembly: tshark is not installed"
		return
	}
	in=$(capture_of tests/captures/large.cap)
	all=$(frames "$in" 'tcp.len > 0')
	messages=$(dissect "$in" | grep -c ':mms')
	for mode in two 300 reorder dup mix; do
		"$tools/recut" "$in" "$work/cut" --mode "$mode" --seed 3
		[ "$(frames "$work/cut" 'tcp.len > 0')" -gt "$all" ] && wrong= || wrong="no more segments than before"
		case $mode in
		reorder | mix)
			[ "$(frames "$work/cut" 'tcp.analysis.out_of_order or tcp.analysis.lost_segment')" -gt 0 ] || wrong="$wrong; none out of order"
			;;
		dup) [ "$(frames "$work/cut" 'tcp.analysis.retransmission')" -gt 0 ] || wrong="$wrong; none twice" ;;
		*) [ "$(dissect "$work/cut" | grep -c ':mms')" -eq "$messages" ] || wrong="$wrong; another number of MMS messages" ;;
		esac
		[ "$(frames "$work/cut" 'tcp.checksum.status == 0 or ip.checksum.status == 0')" -eq 0 ] || wrong="$wrong; bad checksums"
		[ "$(tshark -r "$work/cut" -T fields -e frame.time_delta 2>/dev/null | grep -c '^-')" -eq 0 ] || wrong="$wrong; time runs backwards"
		result "recut $mode cuts" "$wrong"
	done
}

# One octet of payload, and a segment less, must show in the digests.
yardstick() {
	"$tools/streams" "$(capture_of tests/captures/iccp.cap)" >"$work/right"
	sed 's/BRK1/BRK2/; s|^include lib|include '"$PWD"'/tests/captures/lib|' tests/captures/iccp.cap >"$work/other.cap"
	"$tools/capgen" "$work/other.cap" "$work/other" && "$tools/streams" "$work/other" >"$work/wrong"
	cmp -s "$work/right" "$work/wrong" && echo "another octet was not noticed"
	sed 's/^C> read(8/C> [drop=1] read(8/; s|^include lib|include '"$PWD"'/tests/captures/lib|' tests/captures/iccp.cap >"$work/other.cap"
	"$tools/capgen" "$work/other.cap" "$work/other" && "$tools/streams" "$work/other" | grep -q 'gaps 1' || echo "a gap was not noticed"
	[ "$(grep -c 'gaps 0' "$work/right")" -eq 2 ] || echo "the right capture has gaps"
}

# Scripts that are wrong end with status 1 and name file and line.
refused() {
	while IFS='|' read -r line text; do
		printf '%b\n' "flow A 10.0.0.1:1 > 10.0.0.2:2\n$text" >"$work/bad.cap"
		"$B_ASAN/tests/tools/capgen" "$work/bad.cap" "$work/bad.pcap" >"$work/out" 2>&1
		status=$?
		[ "$status" -eq 1 ] || echo "$text: status $status"
		grep -q "^$work/bad.cap:$line: ." "$work/out" || echo "$text: $(cat "$work/out")"
	done <<'END'
2|A> 0
2|A> 0g
2|A> nosuch(1)
2|A> u8()
2|A> "open
2|A> a0{01
2|A> 01}
2|B> 01
2|A> [nosuch] 01
2|A> [seg=x] 01
2|A> [order=9] 01
2|A> @nothing
2|A> u8(1/0)
2|A> u8(@x)
2|A> cut(3, 9, 0102)
2|A> poke(9, 01, 0102)
2|A> obj(nowhere)
2|nonsense
2|open B
2|close A sideways
2|flow C 10.0.0.1 > 2001:db8::1
2|flow C 10.0.0.300 > 10.0.0.1
2|flow C 10.0.0.1:70000 > 10.0.0.1
2|wait soon
2|link carrier-pigeon
2|call nobody
2|repeat 3
2|}
2|repeat 2 {
2|let 1x = 2
2|include none.inc
3|def f(x) = f(@x)\nA> f(1)
3|def f(x=@x) = @x\nA> f()
3|def f(x) = @x\nA> f(1, 2)
3|proc p x {\nA> q(@x)\n}\ncall p x=1
END
}

result "every script, byte for byte the same twice" "$(generate)"
result "every script says what it is" "$(classes)"
result "every anomaly has a capture" "$(anomalies)"
judged
result "streams are the same after recut" "$(recut_keeps)"
recut_cuts
result "streams notices a difference" "$(yardstick)"
result "wrong scripts are refused with file and line" "$(refused)"
exit $failed
