# live_table.awk - medians and ratios out of "round way measure value" lines, for live_bench.sh.
#
# A ratio or a difference is taken within a round; shown are the median and, in brackets, least and greatest of the rounds.
# -v rows="measure|name|kind ...", kind: ratio, or latency (a second line: what is added, in the measure's unit).

{ value[$3, $2, $1] = $4; round[$1] = 1 }

function sort(a, n,    i, k, x) {
	for (i = 2; i <= n; i++) {
		x = a[i]
		for (k = i - 1; k > 0 && a[k] > x; k--)
			a[k + 1] = a[k]
		a[k + 1] = x
	}
}

function median(a, n) {
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

function number(x,    size) {
	size = x < 0 ? -x : x
	return sprintf(size >= 1000 ? "%.0f" : size >= 100 ? "%.1f" : "%.2f", x)
}

function of_way(m, way,    r, n, a) {
	n = 0
	for (r in round)
		if ((m, way, r) in value)
			a[++n] = value[m, way, r] + 0
	if (n == 0)
		return "-"
	sort(a, n)
	return number(median(a, n))
}

# by: ratio or added
function between(m, x, y, by,    r, n, a) {
	n = 0
	for (r in round)
		if ((m, x, r) in value && (m, y, r) in value && (by == "added" || value[m, y, r] > 0))
			a[++n] = by == "added" ? value[m, x, r] - value[m, y, r] : value[m, x, r] / value[m, y, r]
	if (n == 0)
		return "-"
	sort(a, n)
	return number(median(a, n)) " (" number(a[1]) ".." number(a[n]) ")"
}

function line(name, m, by) {
	printf by == "added" ? "%-70s" : "%-34s", name
	if (by != "added")
		printf "%9s%9s%9s%9s", of_way(m, "plain"), of_way(m, "loop"), of_way(m, "ipsd"), of_way(m, "pair")
	printf "  %22s %22s %22s\n", between(m, "ipsd", "plain", by), between(m, "ipsd", "loop", by), between(m, "pair", "ipsd", by)
}

END {
	printf "%-34s%9s%9s%9s%9s  %22s %22s %22s\n", "", "plain", "loop", "ipsd", "pair", "ipsd / plain", "ipsd / loop", "pair / ipsd"
	n = split(rows, row, "\n")
	for (i = 1; i <= n; i++) {
		split(row[i], part, "|")
		if (part[1] == "")
			continue
		line(part[2], part[1], "ratio")
		if (part[3] == "latency")
			line("  added", part[1], "added")
	}
}
