#!/bin/sh
# limit: 600
# Every message of the captures cut short and changed octet by octet, through all decoders under sanitizers: see tests/tools/damage.c.
#
# Some of it, chosen by SEED: RUNS of the generated captures' damaged messages, as many of the recorded ones, and of vectors.cap,
# where each octet changes to each other value. RUNS=0: all of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
damage=${B_ASAN:-build/gcc-asan}/tests/tools/damage
RUNS=${RUNS:-25000} SEED=${SEED:-1} OTHERS=../shared/captures
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
failed=0

# name, least messages, options and captures
survives() {
	name=$1 least=$2
	shift 2
	"$damage" "$@" >"$work/out" 2>"$work/err"
	status=$?
	n=$(sed -n 's/.* messages \([0-9]*\) .*/\1/p' "$work/out")
	runs=$(sed -n 's/.* runs \([0-9]*\) .*/\1/p' "$work/out")
	if [ "$status" -eq 0 ] && [ "${n:-0}" -ge "$least" ] && [ "${runs:-0}" -ge 1000 ]; then
		echo "ok - $name: $n messages damaged in $runs ways"
	else
		echo "not ok - $name: status $status, $(cat "$work/out")"
		grep -v '^ *$' "$work/err" | head -n 20 | sed 's/^/#   /'
		failed=1
	fi
}

# shellcheck disable=SC2046 # no blanks in their names
survives "generated captures" 3000 --runs "$RUNS" --seed "$SEED" $(find build/captures -name '*.pcap' ! -name big.pcap | LC_ALL=C sort)
survives "the vectors, every value of every octet" 41 --every --runs "$RUNS" --seed "$SEED" build/captures/vectors.pcap
if [ -d "$OTHERS" ]; then
	find "$OTHERS" -name '*.pcap*' -o -name '*.cap' | LC_ALL=C sort >"$work/list"
	# shellcheck disable=SC2046
	survives "recorded captures" 3000 --runs "$RUNS" --seed "$SEED" $(cat "$work/list")
else
	echo "skip - recorded captures: $OTHERS is not there"
fi

"$damage" --plant build/captures/vectors.pcap >"$work/out" 2>"$work/err"
if [ $? -ne 0 ] && grep -q 'does not hold' "$work/err" && grep -q 'vectors.pcap: message' "$work/err"; then
	echo "ok - a broken promise is found, and where"
else
	echo "not ok - a broken promise is found, and where"
	failed=1
fi
exit $failed
