# For the scripts of the cut test. Sets B, T (a folder that goes away); a run's JSON is $T/json, its messages $T/err.
B=${B:-build/gcc-release}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
failed=0 pairs=0

value() { sed -n "s/.*\"failover\":{[^[]*\"$1\":\([0-9]*\).*/\1/p" "$T/json"; }

# Captures of the tests' own, a line each; big.pcap is for the clock.
own_captures() { find build/captures -name '*.pcap' ! -name 'big.pcap' | LC_ALL=C sort; }

# A capture whose end is missing is cut as far as it can be read: 1 is fine, a difference is not.
# pass NAME, FILE with captures, CUTS at least, what the captures must show, options...: one TAP line
pass() {
	name=$1 list=$2 least=$3 want=$4
	shift 4
	xargs -d '\n' "$B/bin/ips" replay --json "$@" <"$list" >"$T/json" 2>"$T/err"
	rc=$?
	[ $rc -eq 123 ] && ! grep -q ': cut after packet' "$T/err" && rc=0 # xargs: any but 0
	n=$(value cuts) faults="$(value lost_alerts)$(value extra_alerts)$(value lost_sessions)$(value digest_mismatches)$(value differing)"
	why=
	for w in $want; do
		grep -qE "\"$w\":\{\"" "$T/json" || why="no capture with $w"
	done
	if [ $rc -ne 0 ] || [ "${n:-0}" -lt "$least" ] || [ "$n" != "$(value equal)" ] || [ "$faults" != 00000 ] ||
	   [ "$(value octets)" -eq 0 ] || [ -n "$why" ]; then
		echo "not ok - cut, $name: exit $rc, $why $(sed -n 's/.*"failover":\({[^[]*\).*/\1/p' "$T/json")"
		sed 's/^/#   /' "$T/err" | cut -c1-300 | head -n 20
		failed=1
		return
	fi
	pairs=$((pairs + n))
	echo "ok - cut, $name: $(wc -l <"$list") captures, $n cuts, all equal"
}
