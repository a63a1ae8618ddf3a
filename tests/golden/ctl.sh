#!/bin/sh
# The commands that ask the daemon: the documents name each of them and each filter; without a daemon they say so.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
ips=$B/bin/ips
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

result() { # NAME FINDINGS
	if [ -z "$2" ]; then
		echo "ok - ctl: $1"
	else
		echo "not ok - ctl: $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/#   /'
		failed=1
	fi
}

# rows LIST: the words of an X-list's rows
rows() {
	awk -v list="$1" '$0 ~ "^#define " list { on = 1; next } on && !/\\$/ { print; on = 0 } on' ips/ctl_words.h |
		sed -n 's/^[[:space:]]*X([A-Z_]*, "\([^"]*\)".*/\1/p'
}

rows CTL_COMMAND_LIST >"$work/commands"
rows CTL_FILTER_LIST >"$work/filters"
findings=
[ "$(wc -l <"$work/commands")" -eq 21 ] && [ "$(wc -l <"$work/filters")" -eq 11 ] || findings="the tables cannot be read"
result "the tables of commands and filters are read" "$findings"

findings=$(while read -r words; do
	grep -q "^| \`$words\` |" docs/control.md || echo "$words: not in docs/control.md"
	grep -q "$words" docs/ips.1 || echo "$words: not in docs/ips.1"
	first=${words%% *}
	[ "$first" = app ] || [ "$first" = version ] || $ips "$first" --help | grep -q "ips $words " || echo "$words: not in ips $first --help"
	$ips help | grep -q "^  $first " || echo "$first: not in ips help"
done <"$work/commands"
while read -r word; do
	grep -q "^| \`$word\` |" docs/control.md || echo "$word: not in docs/control.md"
	grep -q "Cm $word Ar" docs/ips.1 || echo "$word: not in docs/ips.1"
	$ips session --help | grep -q "^  $word " || echo "$word: not in ips session --help"
done <"$work/filters")
result "every command and filter is in the manual, in docs/control.md and in the help" "$findings"

# JSON rows: every key that the program writes is in the document
keys=$(sed -n 's/.*\(set_int\|set_text\|set_hex\|set_time\|ctl_set\|json_object_set_new\|json_object_set\)([a-z]*, "\([a-z_]*\)".*/\2/p' \
	ips/lists_json.c ips/ctl_list.c ips/ctl_ha.c ips/ctl_ha_more.c ips/ctl_stats.c ips/ctl_misc.c ips/ctl_names.c | sort -u)
findings=$(for k in $keys; do grep -q "\`$k\`" docs/control.md || echo "key $k: not in docs/control.md"; done)
[ -n "$keys" ] || findings="no key was found"
result "every key of a row is in docs/control.md" "$findings"

findings=$(while read -r words; do
	[ "$words" = version ] && continue
	[ "$words" = "app list" ] && words="app list --live"
	# shellcheck disable=SC2086
	$ips $words --socket "$work/none" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq 1 ] || echo "$words: exit $code without a daemon"
	grep -q "no daemon at $work/none .*start it with" "$work/err" || echo "$words: $(cat "$work/err")"
	[ -s "$work/out" ] && echo "$words: prints without a daemon"
	# shellcheck disable=SC2086
	$ips $words surplus --socket "$work/none" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq 2 ] || echo "$words surplus: exit $code"
	grep -q "surplus" "$work/err" || echo "$words surplus: $(head -n 1 "$work/err")"
done <"$work/commands")
result "without a daemon, and with a word too many, each says so" "$findings"

findings=$(IPS_SOCKET=$work/none $ips version 2>&1)
[ "$findings" = "ips $(sed -n 's/.*IPS_VERSION "\(.*\)"/\1/p' ips/version.h)" ] && findings=
result "ips version needs no daemon" "$findings"
exit $failed
