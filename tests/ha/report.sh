#!/bin/sh
# limit: 600
# What `ips replay --failover` says of a difference: packet, session and field, in the order of the cuts, as text and as JSON.
# The faults are planted: node B reads one field of the schema as zero.
set -u
B_MUTATE=${B_MUTATE:-build/gcc-mutate}
IPS=$B_MUTATE/bin/ips
DIR=${DIR:-build/captures}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
[ -x "$IPS" ] || { echo "not ok - report: $IPS is not built"; exit 1; }
"$IPS" replay --mutate list >"$T/rows" || { echo "not ok - report: no rows"; exit 1; }
bad=0
no() { echo "not ok - report: $1"; sed 's/^/#   /' "$T/err" | cut -c1-200 | head -n 5; bad=1; }
run() { # row's name, capture, options...
	nr=$(awk -v name="$1" '$2 == name { print $1 }' "$T/rows") c=$2
	shift 2
	"$IPS" replay --json --mutate "${nr:-999999}" "$@" "$DIR/$c.pcap" >"$T/json" 2>"$T/err"
	rc=$?
}
value() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$T/json"; }
# name, row, capture, a line of the report, a difference of the JSON, options
fault() {
	name=$1 row=$2 capture=$3 line=$4 member=$5
	shift 5
	run "$row" "$capture" --failover every "$@"
	grep -qE -- "$line" "$T/err" && grep -qE -- "$member" "$T/json" && [ $rc -eq 3 ] && { echo "ok - report: $name"; return; }
	no "$name: exit $rc"
}

fault "an alert's field, with its packet, session and id" Rec.sid iccp \
	'iccp.pcap: cut after packet 44: packet 44, session 1, alert 1-1-11: alert.signature_id is 0, not 1000207' \
	'"cut":44,"packet":44,"session":1,"what":"alert","id":"1-1-11","field":"alert.signature_id","expected":"1000207","got":"0"'
[ "$(value lost_alerts)" -gt 0 ] && [ "$(value equal)" -lt "$(value cuts)" ] || no "an alert that changed is not counted as lost"
fault "an alert that should not be there" CotpDir.part interleaved \
	'cut after packet 46: packet 54, session 1, alert 1-1-5: should not be there: ' '"what":"alert","id":"1-1-5","got":"'
[ "$(value extra_alerts)" -gt 0 ] || no "an alert too many is not counted"
fault "a field of the state that differs before anything that leaves does" Mms.phase iccp \
	'cut after packet 8: session 1, state: mms.phase is 0, not 1' \
	'"cut":8,"session":1,"what":"state","field":"mms.phase","expected":"1","got":"0"'
[ "$(value equal)" = "$(value cuts)" ] && [ "$(value digest_mismatches)" -gt 0 ] || no "a state that differs is not counted as such"
prevent="-c tests/ha/tcp_prevent.conf --rules tests/ha/mutation.rules"
fault "a packet's verdict" InspDir.blocked tcp/prevent \
	'cut after packet 24: packet 25, session 1, verdict: verdict is pass, not drop' \
	'"cut":24,"packet":25,"session":1,"what":"verdict","field":"verdict","expected":"drop","got":"pass"' $prevent
fault "a node that refuses what it is sent" Hello.version iccp \
	'cut after packet 1: node: a node ended in another way than it should' '"what":"node"'

# The first of all, in the order of the cuts, whichever process found them; the whole number beside them.
run Mms.phase iccp --failover every
grep -o '"cut":[0-9]*' "$T/json" | cut -d: -f2 >"$T/cuts"
sort -n "$T/cuts" | cmp -s - "$T/cuts" && [ "$(sort -u "$T/cuts" | wc -l)" -gt 3 ] && echo "ok - report: in the order of the cuts" ||
	no "not in the order of the cuts"

# Of a capture cut to octets the places are those of the capture.
run Rec.sid demo --failover bytes
grep -qE 'cut after packet [0-9]+, octet [0-9]+: packet 20, octet [0-9]+, session 1, alert 1-1-6: alert.signature_id is 0, ' "$T/err" &&
	grep -q '"cut":20,"cut_octet":[0-9]*,"packet":20,"octet":[0-9]*,"session":1,' "$T/json" && [ $rc -eq 3 ] &&
	echo "ok - report: a place is a packet of the capture and an octet of it" || no "places of a capture cut to octets: exit $rc"

# Where the crash comes before the release, what was committed is all that the peer has to write.
run Rec.sid iccp --failover every --crash between-commit-and-release
[ $rc -eq 3 ] && [ "$(value lost_alerts)" -gt 0 ] && echo "ok - report: a crash before the release" || no "a crash before the release: exit $rc"

# Over a wire that loses, a node that sends nothing again waits for ever, and is given up; over one that does not it is fine.
"$IPS" replay --json --mutate mute --failover every --sync-loss 20 "$DIR/demo.pcap" >"$T/json" 2>"$T/err"
[ $? -eq 3 ] && [ "$(value equal)" -lt "$(value cuts)" ] && grep -q 'node: a node ended in another way' "$T/err" &&
	"$IPS" replay --json --mutate mute --failover every "$DIR/demo.pcap" >"$T/json" 2>"$T/err" &&
	echo "ok - report: what is lost and not sent again" || no "what is lost and not sent again"

# Without a fault there is nothing to say.
run none iccp --failover every
[ $rc -eq 0 ] && ! [ -s "$T/err" ] && grep -q '"differing":0,"differences":\[\]' "$T/json" && echo "ok - report: nothing without a fault" ||
	no "without a fault: exit $rc"
exit $bad
