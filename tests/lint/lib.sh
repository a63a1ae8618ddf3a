# What the lint scripts share: TAP lines out of findings, and the self-test that each must pass first.
# Sourced; the script defines scan ROOT, which prints one finding a line.

# report NAME FINDINGS: one result; the findings as comment lines.
report() {
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$2" | sed 's/^/#   /'
		failed=1
	fi
}

# must_find NAME PATTERN OUTPUT: a planted fault was noticed.
must_find() {
	if printf '%s\n' "$3" | grep -q -- "$2"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$3" | sed 's/^/#   found only: /'
		failed=1
	fi
}

failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
