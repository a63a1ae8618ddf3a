#!/bin/sh
# Mutation of the schema: node B reads one field of ha.proto as zero; some cut of some capture must show it.
# A field that no cut needs is not replicated or lacks its test. All rows, or the numbers given as arguments.
# tests/ha/killers names, row by row, a capture that shows it: tried first, so that a run is short.
set -u
B_MUTATE=${B_MUTATE:-build/gcc-mutate}
IPS=$B_MUTATE/bin/ips
DIR=${DIR:-build/captures}
OUT=$(mktemp -d) || exit 1
trap 'rm -rf "$OUT"' EXIT
trap 'exit 130' INT TERM
[ -x "$IPS" ] || { echo "not ok - mutation: $IPS is not built"; exit 1; }
"$IPS" replay --mutate list > "$OUT/rows" || { echo "not ok - mutation: no rows"; exit 1; }
find "$DIR" -name '*.pcap' ! -name 'big.pcap' ! -name 'large.pcap' | sed "s|^$DIR/||; s|\.pcap\$||" | LC_ALL=C sort > "$OUT/all"

# A capture, or its folder, may come with a configuration of its own: the tests of blocking need prevent mode.
cut_run() { # row, capture
	conf=tests/ha/$(printf '%s' "$2" | tr / _).conf
	[ -f "$conf" ] || conf=tests/ha/${2%/*}.conf
	"$IPS" replay --json $([ -f "$conf" ] && echo "-c $conf") --rules tests/ha/mutation.rules --mutate "$1" --failover every \
		"$DIR/$2.pcap" > "$3" 2>&1
}
# What a lossless pair says of its stream no cut needs: a conversation does in which batches are lost and links change.
# Nor what a second standby has to know; a node that took over from one that took over does.
talk() { # name, row
	case $1 in
	conversation) "$B_MUTATE/tests/unit/test_ha_needed" "$2" > /dev/null ;;
	twice) "$B_MUTATE/tests/unit/test_replica_twice" "$2" > /dev/null ;;
	esac
}

# By what the nodes let out, not by their own digests; only the digest itself can be shown by no other.
shown() { # row, its name, capture
	case $3 in conversation | twice) talk "$3" "$1"; return ;; esac
	t=$(mktemp -p "$OUT") && cut_run "$1" "$3" "$t"
	cuts=$(sed -n 's/.*"cuts":\([0-9]*\).*/\1/p' "$t") equal=$(sed -n 's/.*"equal":\([0-9]*\).*/\1/p' "$t")
	digests=$(sed -n 's/.*"digest_mismatches":\([0-9]*\).*/\1/p' "$t")
	rm -f "$t"
	[ -n "$cuts" ] || return 1
	[ "$equal" -lt "$cuts" ] || { [ "$2" = Commit.digest ] && [ "$digests" -gt 0 ]; }
}
one_row() {
	first=$(sed -n "s/^$2 //p" tests/ha/killers 2> /dev/null)
	for c in $first $(cat "$OUT/all") conversation twice; do
		shown "$1" "$2" "$c" && { echo "ok - mutation: $2 (shown by $c)"; return; }
	done
	echo "not ok - mutation: $2: no cut needs this field"
}

[ $# -gt 0 ] && { for n in "$@"; do sed -n "$((n + 1))p" "$OUT/rows"; done > "$OUT/some" && mv "$OUT/some" "$OUT/rows"; }
# Without a mutation the captures that show one are equal at every cut: else a kill would prove nothing.
none=999999
for c in $(while read -r _ name; do sed -n "s/^$name //p" tests/ha/killers 2> /dev/null; done < "$OUT/rows" | LC_ALL=C sort -u); do
	case $c in conversation | twice) talk "$c" $none || continue ;; esac
	cut_run $none "$c" "$OUT/log" || { echo "not ok - mutation: $c differs without any: $(grep -m1 cut "$OUT/log")"; exit 1; }
done
echo "ok - mutation: without one every cut is equal"
split -n r/2 "$OUT/rows" "$OUT/part."
for p in "$OUT"/part.*; do
	while read -r nr name; do one_row "$nr" "$name"; done < "$p" > "$p.tap" &
done
wait
cat "$OUT"/part.*.tap
! grep -q '^not ok' "$OUT"/part.*.tap
