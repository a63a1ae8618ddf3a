#!/bin/sh
# The oracle in its namespaces. Arguments go to the program (see README.md); without any, all classes are played, and the broken ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/oracle/lib.sh
need_root "the oracle"

topology
if [ $# -gt 0 ]; then
	play oracle "$@"
	exit
fi
seed=${ORACLE_SEED:-1}
n=${ORACLE_N:-10000}
finds_out "an engine that lets the last copy win is found out" oracle-last --class covered --n 200 --seed "$seed"
finds_out "an engine that compares nothing is found out" oracle-loose --class differ --n 200 --seed "$seed"
finds_out "a node that lets out what it has not committed is found out" oracle-early --class plain --n 200 --seed "$seed" --failover
for failover in "" --failover; do
	if play oracle --n "$n" --seed "$seed" --examples $failover; then
		echo "ok - the application reads what the decoders saw${failover:+, a node dies}"
	else
		echo "not ok - the application reads what the decoders saw${failover:+, a node dies}"
		failed=1
	fi
	n=$((n / 3 + 1))
done
exit $failed
