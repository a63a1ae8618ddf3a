#!/bin/sh
# Each capture of the project played through a live node: the same events, operations, tags, alerts and records as in replay?
# limit: 400
#
# Left out is what cannot be played as it lies: packets that are no TCP, broken segments, connections without a beginning. Compared is from
# outside: totals of before and after, log records flow by flow, and the octets that both receivers had.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} bin=$B/bin
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/live_lib.sh
others=../shared/captures # of the developers' machines, never needed

need_root "captures through a live node"
host_state >"$work/host.before"
single_up
conf detect
sed '/^config log/,/^end/d' "$work/n.conf" >"$work/replay.conf"
mkdir "$work/case"

totals() { # file name's end
	ask n stats --json >"$work/stats.$1"
	ask n app list --live --json >"$work/app.$1"
	ask n tags list --json >"$work/tags.$1"
}

# flows N: the log has the ends of so many flows since it was marked.
flows() {
	[ "$(tail -n +"$((eve_at + 1))" "$work/n.eve" | grep -c '"event_type":"flow"')" -ge "$1" ]
}

# look CAPTURE...: each gets a folder with what replay says, and what flowplay would play.
look() {
	for c; do
		case=$work/case/$(printf '%s' "${c##*captures/}" | tr / _)
		mkdir "$case"
		ln -s "$c" "$case/capture"
		"$tools/flowplay" plan "$c" >"$case/plan" 2>&1
		"$bin/ips" replay -c "$work/replay.conf" --json --eve "$case/replay.eve" "$c" >"$case/replay.json" 2>"$case/said"
	done
	python3 tests/e2e/live.py fit "$work"/case/* >"$work/fit"
}

# through FOLDER: its capture is played, and what the node did goes into the folder.
through() {
	server_address
	eve_at=$(wc -l <"$work/n.eve")
	play "$(readlink "$1/capture")"
	cp "$work/client" "$work/server" "$1"
	ask n session list --json >"$1/sessions"
	ask n session clear >"$work/said" || cat "$work/said"
	until_true 5 flows "$(sed -n 's/^connections //p' "$1/plan")" || echo "$1: a flow's record does not come"
	for what in stats app tags; do
		mv "$work/$what.now" "$1/$what.before"
	done
	totals now
	for what in stats app tags; do
		cp "$work/$what.now" "$1/$what.after"
	done
	tail -n +"$((eve_at + 1))" "$work/n.eve" >"$1/live.eve"
}

# all: every capture that fits, and at least so many of them.
all() { # LEAST
	grep -v : "$work/fit" >"$work/played"
	is "number of captures" "$(wc -l <"$work/played")" -ge "$1"
	while read -r folder; do
		through "$folder"
	done <"$work/played"
	python3 tests/e2e/live.py same $(cat "$work/played") 2>&1
}

# A node that had done otherwise would be found out: one number, one record, one octet changed.
would_be_found() {
	folder=$work/case/iccp.pcap
	for change in 's/"iccp.deviceOperate.request":1/"iccp.deviceOperate.request":2/ replay.json' 's/BRK1/BRK2/ live.eve' \
		's/"inspected":3348/"inspected":3347/ sessions' 's/octets_missing 0/octets_missing 1/ client'; do
		rm -rf "$work/other"
		cp -r "$folder" "$work/other"
		sed -i "${change% *}" "$work/other/${change##* }"
		cmp -s "$folder/${change##* }" "$work/other/${change##* }" && echo "nothing to change: $change"
		[ "$(python3 tests/e2e/live.py same "$work/other" | wc -l)" -eq 1 ] || echo "not found, or more than that: $change"
	done
}

# shellcheck disable=SC2046 # names without blanks
look $(find "$captures" -name '*.pcap' ! -name big.pcap | LC_ALL=C sort)
up
totals now
result "the project's captures: the node sees what replay sees, and inspects what the receivers got" "$(all 140)"
echo "# $(wc -l <"$work/played") captures played, $(grep -c : "$work/fit") cannot be played as they lie"
[ -z "${SHOW_UNFIT:-}" ] || sed -n 's|.*/\(.*: .*\)|#   \1|p' "$work/fit"
result "a difference in one of them would be found" "$(would_be_found)"
if [ -d "$others/iccp" ]; then
	rm -rf "$work/case"
	mkdir "$work/case"
	look "$PWD/$others"/iccp/* "$PWD/$others"/endpoints/*
	totals now
	result "recorded captures likewise" "$(patience=20 && all 20)"
	sed -n 's|.*/\(.*: .*\)|#   not played: \1|p' "$work/fit"
fi
result "the daemon ends and leaves nothing behind" "$(down)"
finish
