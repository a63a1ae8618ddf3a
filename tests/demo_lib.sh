# What both forms of the demo print with: headings, and promises that hold or do not. Sourced; $failed tells at the end.

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
failed=0

heading() {
	printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
}

check() { # words, then a command that tells whether they hold
	words=$1
	shift
	if "$@"; then
		printf '   yes: %s\n' "$words"
	else
		printf '    NO: %s\n' "$words"
		failed=1
	fi
}
