#!/bin/sh
# Can the TASE.2 simulator be believed: its associations, and that it finds every octet that is wrong?
# limit: 180
#
# In a namespace of its own, over lo. The address sanitizer's build where it is judged; the release one where many are needed.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/gcc-release} B_ASAN=${B_ASAN:-build/gcc-asan}
. tests/e2e/lib.sh
sim=$PWD/$B_ASAN/tests/tools/iccp-sim fast=$PWD/$B/tests/tools/iccp-sim ips=$PWD/$B/bin/ips
everything=associate,features,names,types,values,set,dataset,start,text,reports,operate,tag,stop,delete,conclude

need_root "the TASE.2 simulator"
ns_add n

serve() { # NAME OPTION...: the server, at 127.0.0.1:102 unless told otherwise
	name=$1
	shift
	case " $* " in
	*" --listen "*) ;;
	*) set -- --listen 127.0.0.1 "$@" ;;
	esac
	start "$name" n "$sim" server "$@"
	ready "$name" || cat "$work/$name"
}

client() { # NAME OPTION...: to its end; $code is its exit code
	name=$1
	shift
	in_ns n timeout 60 "$sim" client "$@" >"$work/$name" 2>&1
	code=$?
}

# is NAME NUMBER VALUE: findings unless it is that.
is() {
	value=$(counter "$1" "$2")
	[ "${value:-none}" = "$3" ] || echo "$1: $2 is ${value:-none}, not $3"
}

# ends_well SERVER CLIENT ASSOCIATIONS: what is said when everything was right, and that both ends say the same.
ends_well() {
	until_true 5 gone "$(cat "$work/$1.pid")" || stop "$1"
	for n in resets open bad octets_missing mismatches; do
		is "$1" $n 0
		is "$2" $n 0
	done
	is "$1" associations "$3"
	is "$2" associations "$3"
	is "$1" octets_received "$(counter "$2" octets_sent)"
	is "$2" octets_received "$(counter "$1" octets_sent)"
	for n in reports acks requests; do
		is "$1" $n "$(counter "$2" $n)"
	done
	grep -hE '^#|ERROR|runtime error' "$work/$1" "$work/$2"
}

# --- cases ---
whole() {
	serve s1 --once 20
	client c1 --connect 127.0.0.1 --associations 20 --script $everything --rate 20 --reports 10 --acked --poll 50 --operate --fragment 100
	[ $code -eq 0 ] || echo "exit code $code"
	ends_well s1 c1 20
	is c1 concluded 20
	[ "$(counter c1 reports)" -ge 200 ] || echo "too few reports"
	is c1 acks "$(counter c1 reports)"
	[ "$(counter c1 longest_gap_ms)" -ge 20 ] || echo "longest_gap_ms is $(counter c1 longest_gap_ms)"
}

# Large PDUs in small TPDUs of both ends, IPv6, another port, domain and source address.
shapes() {
	serve s2 --once 4 --listen '[::1]:2102' --domain Other --tpdu-size 256 --fragment 77
	ip -n "$run_id-n" addr add fd90::1/64 dev lo nodad
	client c2 --connect '[::1]:2102' --bind ::1 --associations 4 --domain Other --points 600 --tpdu-size 128 --reports 3
	[ $code -eq 0 ] || echo "exit code $code"
	ends_well s2 c2 4
	serve s2b --once 2 --listen fd90::1
	client c2b --connect fd90::1 --associations 2 --points 300 --reports 3
	[ $code -eq 0 ] || echo "exit code $code"
	ends_well s2b c2b 2
}

aborts() {
	serve s3 --once 3
	client c3 --connect 127.0.0.1:102 --associations 3 --script associate,values,abort
	[ $code -eq 0 ] || echo "exit code $code"
	ends_well s3 c3 3
	is c3 aborted 3
	is s3 aborted 3
	is c3 concluded 0
}

# The numbers on SIGUSR2, and an orderly end on SIGTERM.
signals() {
	serve s4 --once 5
	start c4 n "$sim" client --connect 127.0.0.1 --associations 5 --seconds 60 --acked
	ready c4 || cat "$work/c4"
	kill -USR2 "$(cat "$work/c4.pid")"
	until_true 3 grep -qx '\.' "$work/c4" || echo "no line with a full stop"
	is c4 open 5
	stop c4
	is c4 concluded 5
	ends_well s4 c4 5
}

# A string in two halves: the second waits for SIGUSR1, while reports go on.
holds() {
	serve s5 --once 2
	start c5 n "$sim" client --connect 127.0.0.1 --associations 2 --reports 20 --rate 20 --acked --texts 4 --text-at 2=xxATTACKxx \
		--split-text ATTACK --split-as "$1" --hold-at split
	until_true 5 grep -q '^holding' "$work/c5" || cat "$work/c5"
	sleep 0.3
	kill -USR2 "$(cat "$work/c5.pid")"
	until_true 3 grep -qx '\.' "$work/c5"
	is c5 requests 36 # 18 each: the third text is under way
	[ "$(counter c5 reports)" -ge 6 ] || echo "reports do not go on: $(counter c5 reports)"
	kill -USR1 "$(cat "$work/c5.pid")"
	until_true 5 gone "$(cat "$work/c5.pid")" || echo "it does not go on"
	is c5 concluded 2
	ends_well s5 c5 2
	serve s5b --once 1
	begun=$(date +%s%3N)
	client c5b --connect 127.0.0.1 --split-text ATTACK --split-as "$1" --pause-between 500 --script associate,text,conclude
	[ $(($(date +%s%3N) - begun)) -ge 500 ] || echo "no pause between the halves"
	is c5b concluded 1
	ends_well s5b c5b 1
}

# Every single octet of either direction, changed: an association each, all of which must show it.
each_octet() {
	alike="--seed 0 --alike --rate 1 --reports 1 --acked --operate --fragment 150 --patience 2 --connect 127.0.0.1"
	start s6 n "$fast" server --listen 127.0.0.1 --once 1
	ready s6
	in_ns n "$fast" client $alike >"$work/c6"
	up=$(counter c6 octets_sent) down=$(counter c6 octets_received)
	[ "${up:-0}" -gt 2000 ] && [ "${down:-0}" -gt 2000 ] || cat "$work/c6"
	for side in up down; do
		[ $side = up ] && octets=$up || octets=$down
		at=0
		while [ $at -lt "$octets" ]; do
			n=$((octets - at > 600 ? 600 : octets - at))
			tamper="--corrupt-at $at --tamper-step 1"
			[ $side = down ] && server_opt=$tamper client_opt= || server_opt= client_opt=$tamper
			start s7 n "$fast" server --listen 127.0.0.1 --patience 2 $server_opt
			ready s7
			in_ns n timeout 60 "$fast" client $alike --associations $n $client_opt >"$work/c7" 2>&1 && echo "exit code 0"
			[ "$(counter c7 bad)" = $n ] || echo "$side, octets from $at: $(counter c7 bad) of $n were noticed"
			stop s7
			at=$((at + n))
		done
	done
	echo "# $((up + down)) octets, each changed once" >"$work/note"
}

# found NAME SERVER-OPTIONS CLIENT-OPTIONS: findings unless the client or the server tells of it in each association.
found() {
	serve s8 --patience 2 $2
	client c8 --connect 127.0.0.1 --associations 3 --reports 5 --rate 50 --acked --patience 2 $3
	[ $code -eq 1 ] || echo "$1: exit code $code"
	is c8 bad 3
	grep -q '^# association' "$work/c8" || echo "$1: no line tells where"
	stop s8
	grep -hE 'ERROR|runtime error' "$work/c8" "$work/s8"
}

tampers() {
	found "an octet is lost on the way down" "--lose-at 1900" ""
	found "an octet comes twice on the way down" "--double-at 1900" ""
	found "an octet is lost on the way up" "" "--lose-at 1900"
	found "an octet comes twice on the way up" "" "--double-at 1900"
	found "another domain" "--domain Mine" "--domain Yours"
	found "an octet of a report is changed" "--corrupt-at 1900" ""
	grep -q '^# association 0, octet 1900: report [0-9]*: ' "$work/c8" || cat "$work/c8"
}

dies() {
	serve s9
	start c9 n "$sim" client --connect 127.0.0.1 --associations 3 --reports 1000 --acked --patience 3
	ready c9 || cat "$work/c9"
	stop s9 KILL
	until_true 5 gone "$(cat "$work/c9.pid")" || echo "it goes on"
	is c9 resets 3
	is c9 bad 3
	[ "$(counter c9 octets_missing)" -gt 100000 ] || echo "octets_missing is $(counter c9 octets_missing)"
	client c9b --connect 127.0.0.1 --associations 2
	[ $code -eq 1 ] || echo "exit code $code without a server"
	is c9b resets 2
}

refuses() {
	while read -r arguments; do
		# shellcheck disable=SC2086 # words on purpose
		said=$("$sim" $arguments 2>&1 >/dev/null </dev/null)
		[ $? -eq 2 ] || echo "exit code is not 2: $arguments"
		[ "$(printf '%s\n' "$said" | wc -l)" -eq 1 ] && [ -n "$said" ] || echo "not one line: $arguments: $said"
	done <<-'ARGUMENTS'

		both
		server
		client
		client --listen 127.0.0.1
		client --connect
		client --connect here
		client --connect 127.0.0.1:99999
		client --connect 127.0.0.1 --bind ::1
		client --connect 127.0.0.1 --associations 0
		client --connect 127.0.0.1 --associations 5x
		client --connect 127.0.0.1 --rate -1
		client --connect 127.0.0.1 --tpdu-size 1000
		client --connect 127.0.0.1 --text-at STRING
		client --connect 127.0.0.1 --split-text AB --split-as packet
		client --connect 127.0.0.1 --hold-at split
		client --connect 127.0.0.1 --hold-at nowhere
		client --connect 127.0.0.1 --script values,conclude
		client --connect 127.0.0.1 --script associate,dance,conclude
		client --connect 127.0.0.1 --script associate
		client --connect 127.0.0.1 --domain ThisNameIsLongerThanThirtyTwoOctets
	ARGUMENTS
}

# One capture for the next two: 3 associations, fragments, every step once.
capture() {
	start dump n dumpcap -q -i lo -w "$work/cap.pcapng"
	until_true 5 test -s "$work/cap.pcapng" || cat "$work/dump"
	sleep 0.3
	serve s10 --once 3
	client c10 --connect 127.0.0.1 --associations 3 --script $everything --reports 4 --rate 20 --acked --fragment 200
	sleep 0.5
	stop dump INT
	ends_well s10 c10 3
}

well_formed() {
	tshark -r "$work/cap.pcapng" -d tcp.port==102,tpkt -Y '_ws.malformed || ber.error || ber.unknown_octetstring' 2>/dev/null
	n=$(tshark -r "$work/cap.pcapng" -Y mms 2>/dev/null | wc -l)
	[ "$n" -ge 100 ] || echo "only $n packets of MMS"
}

# APP=COUNT for what the script does in 3 associations.
names_apps() {
	"$ips" replay --json "$work/cap.pcapng" >"$work/replay.json" || echo "exit code $?"
	python3 - "$work/replay.json" "$(counter c10 reports)" <<'PYTHON' 2>&1
import json, sys
seen = json.load(open(sys.argv[1]))
want = dict.fromkeys("""Associate Conclude Get.Dataset.Names Get.Data.Value.Type Create.Dataset Get.Dataset.Element.Names
	Get.Dataset.Element.Values Get.Next.DSTransfer.Set.Value Start.Transfer.DSTransferSet Get.DSTransfer.Set.Value Device.Select
	Device.Operate Device.Set.Tag Device.Get.Tag Stop.Transfer.DSTransferSet Delete.Dataset""".split(), 3)
want |= {"Get.Data.Value.Names": 6, "Set.Data.Value": 12, "Get.Data.Value": 12}
want |= {"Transfer.Reporting": int(sys.argv[2]), "Transfer.Report.ACK": int(sys.argv[2])}
for app, count in want.items():
	got = seen["apps"].get("ICCP_" + app, 0)
	if got != count:
		print(f"{app}: {got}, not {count}")
if seen["services"] != {"iccp": 3}:
	print("services:", seen["services"])
if seen.get("anomalies"):
	print("anomalies:", seen["anomalies"])
PYTHON
}

cpu_ms() { # NAME
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$(cat "$work/$1.pid")/stat"
}

cheap() {
	start s11 n "$fast" server --listen 127.0.0.1
	ready s11
	start c11 n "$fast" client --connect 127.0.0.1 --associations 200 --rate 10 --seconds 60
	ready c11 10 || cat "$work/c11"
	before=$(($(cpu_ms s11) + $(cpu_ms c11)))
	sleep 3
	spent=$((($(cpu_ms s11) + $(cpu_ms c11) - before) / 3))
	stop c11
	stop s11
	echo "# 200 associations at 10 reports a second: $spent ms of a processor each second, both ends" >"$work/note"
	[ $spent -lt 600 ] || echo "$spent ms of a processor each second"
	ends_well s11 c11 200
}

note() {
	cat "$work/note" 2>/dev/null
	rm -f "$work/note"
}

result "20 associations with every operation are verified at both ends" "$(whole)"
result "other sizes, families, domains and addresses" "$(shapes)"
result "an abort is an end that was asked for" "$(aborts)"
result "SIGUSR2 prints the numbers, SIGTERM concludes" "$(signals)"
result "a string in two TPDUs waits in the middle" "$(holds tpdu)"
result "a string in two segments waits in the middle" "$(holds segment)"
result "every octet that is changed is noticed" "$(each_octet)"
note
result "lost and doubled octets are noticed, and where" "$(tampers)"
result "a server that dies shows as resets and missing octets" "$(dies)"
result "wrong arguments: one line, exit code 2" "$(refuses)"
if command -v dumpcap >/dev/null; then
	result "it is captured" "$(capture)"
	if command -v tshark >/dev/null; then
		result "another dissector finds nothing malformed" "$(well_formed)"
	else
		echo "skip - another dissector finds nothing malformed: tshark is not installed"
	fi
	result "replay names each operation" "$(names_apps)"
else
	echo "skip - captures of it: dumpcap is not installed"
fi
result "200 associations are cheap" "$(cheap)"
note
tear_down
result "nothing of the run is left" "$(leftovers)"
exit $failed
