#!/bin/sh
# Does the live benchmark run and print every row with numbers? Short rounds; no number is judged.
# limit: 120
# alone
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release}
. tests/e2e/lib.sh
need_root "the live benchmark"
host_state >"$work/host.before"

# cells_of ROW: its cells, the brackets taken out.
cells_of() {
	grep -F -- "$1" "$work/table" | head -n 1 | sed "s|^$1||; s/([^)]*)//g"
}

rows() { # four numbers and three ratios
	while read -r row; do
		cells_of "$row" | awk -v row="$row" '
			function finite(x) { return x ~ /^[0-9]+(\.[0-9]+)?$/ }
			{ for (i = 1; i <= NF; i++) n += finite($i) }
			END { if (NR != 1 || NF != 7 || n != 7) print row ": " n + 0 " numbers of 7: " $0 }'
	done <<END
TCP stream, Gbit/s
UDP of 64 octets, arrived, kpps
UDP of 64 octets, offered, kpps
TCP, 200 octets and back, p50, us
TCP, 200 octets and back, p99, us
UDP, 64 octets and back, p50, us
UDP, 64 octets and back, p99, us
END
}

# A kernel that cannot slow a line has no numbers of one.
slows() {
	ip netns add "$run_id-line" && ip -n "$run_id-line" link set lo up && tc -n "$run_id-line" qdisc add dev lo root tbf rate 1gbit burst 256k latency 20ms
	slow=$?
	ip netns del "$run_id-line"
	return $slow
}

line_rows() {
	partial 7 "TCP by a line of 1 Gbit/s, Mbit/s"
	partial 5 "CPU a packet, TCP by that line, us"
	partial 1 "HA octets a packet, TCP by that line"
}

# partial NUMBERS ROW...: rows of measures that plain forwarding, or all but the pair, do not have.
partial() {
	n=$1
	shift
	for row; do
		found=$(cells_of "$row" | awk '{ for (i = 1; i <= NF; i++) n += $i ~ /^[0-9]+(\.[0-9]+)?$/; print n + 0 }')
		[ "$found" = "$n" ] || echo "$row: ${found:-no} numbers of $n: $(cells_of "$row")"
	done
}

added() {
	[ "$(grep -cE '^ +added +(-?[0-9.]+ \(-?[0-9.]+\.\.-?[0-9.]+\) *){3}$' "$work/table")" = 4 ] || grep -n added "$work/table"
}

floors() {
	[ "$(grep -cE '^Floor of waiting .*, (tcp|tls), .*: [0-9.]+ [0-9.]+$' "$work/table")" = 2 ] || grep Floor "$work/table"
}

standby() {
	grep -qE "^Standby's CPU time .*: TCP stream [0-9.]+, by that line [0-9.]+, UDP flood [0-9.]+, TCP and back [0-9.]+, UDP and back [0-9.]+$" "$work/table" ||
		grep Standby "$work/table" || echo "no such line"
}

began=$(date +%s)
B=$B BENCH_SHORT=1 sh bench/live_bench.sh >"$work/table" 2>"$work/errors"
code=$?
took=$(($(date +%s) - began))
if grep -q '^skip - ' "$work/table"; then
	cat "$work/table"
	exit 0
fi
sed 's/^/# /' "$work/table"
result "the live benchmark runs to its end" "$([ $code -eq 0 ] || echo "exit code $code"; cat "$work/errors")"
result "every row of the four ways has its numbers" "$(rows)"
result "the rows of the queue and of the pair have theirs" "$(
	partial 5 "CPU a packet, TCP stream, us" "CPU a packet, UDP flood, us" "CPU a packet, TCP and back, us" "CPU a packet, UDP and back, us"
	partial 1 "HA octets a packet, TCP stream" "HA octets a packet, UDP flood" "HA octets a packet, TCP and back" "HA octets a packet, UDP and back"
)"
if slows 2>/dev/null; then
	result "the rows of a slow line have theirs" "$(line_rows)"
else
	echo "skip - the rows of a slow line: this kernel has no tbf"
fi
result "what is added to each latency is shown" "$(added)"
result "what the standby takes is shown" "$(standby)"
result "the floor of a handshake between the nodes is shown" "$(floors)"
result "no cell is out of numbers" "$(grep -inE '\<(nan|inf)\>' "$work/table")"
result "it is short" "$([ $took -le 80 ] || echo "$took s")"
host_state >"$work/host.after"
result "nothing of it is left in the machine's own namespace" "$(diff "$work/host.before" "$work/host.after")"
exit $failed
