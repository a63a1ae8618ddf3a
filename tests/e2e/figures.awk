# figures.awk - of lines "KIND pause_ms P received N lost N ...": a line a kind, p50 and p99 of the pauses, and what was lost.
function sorted(kind, what,   i, j, t) {
	for (i = 2; i <= n[kind]; i++) {
		t = v[kind, what, i]
		for (j = i - 1; j >= 1 && v[kind, what, j] > t; j--)
			v[kind, what, j + 1] = v[kind, what, j]
		v[kind, what, j + 1] = t
	}
}

function of(kind, what, p,   i) {
	i = int((n[kind] * p + 99) / 100)
	return v[kind, what, i < 1 ? 1 : i]
}

$2 == "pause_ms" {
	if (!($1 in n))
		order[++kinds] = $1
	n[$1]++
	v[$1, "pause", n[$1]] = $3 + 0
	v[$1, "lost", n[$1]] = $7 + 0
}

END {
	printf "# %-12s %5s  %s  %s\n", "kind", "runs", "pause at the receiver, ms: p50, p99, longest", "datagrams lost: p50, p99, most"
	for (k = 1; k <= kinds; k++) {
		kind = order[k]
		sorted(kind, "pause")
		sorted(kind, "lost")
		printf "# %-12s %5d  %10.1f %10.1f %10.1f  %28d %8d %8d\n", kind, n[kind], of(kind, "pause", 50), of(kind, "pause", 99), \
		       of(kind, "pause", 100), of(kind, "lost", 50), of(kind, "lost", 99), of(kind, "lost", 100)
	}
}
