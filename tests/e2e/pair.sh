#!/bin/sh
# Two nodes live: the active one dies, again and again, is switched, and ends; associations go on and every octet arrives once.
# limit: 300
#
# E2E_LONG=1: more kills.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "the live pair"
kills=10 needle="OPEN ALL BREAKERS"
# each node tells what it has become
printf '#!/bin/sh\necho "$2 $1" >>%s\n' "$work/notified" >"$work/notify"
chmod 755 "$work/notify"
ha_1="set session-pickup enable
    set notify-active $work/notify
    set notify-passive $work/notify
    set notify-fault $work/notify"
[ -z "${E2E_LONG:-}" ] || kills=60

# --- cases ---
# Ten deaths in a row, in turn. Each dead node is back and has everything before the other one dies.
deaths() {
	: >"$work/failover"
	sims d 50 --rate 10 --acked --poll 200 --seconds 600 --hold-at conclude
	for i in $(seq $kills); do
		kill_engine "$(active)"
	done
	quiet d
	only_active_has_vips
	ends d 50
	[ "$(counter d-c reports)" -ge 500 ] || echo "too few reports: $(counter d-c reports)"
	[ "$(wc -l <"$work/failover")" -eq $kills ] || echo "$(wc -l <"$work/failover") of $kills took over"
}

# A rule's first half is inspected by the one that dies, its second half by the other, which alone sees the whole.
split() { # AS SID
	start "$1-s" server "$tools/iccp-sim" server --listen 10.2.0.2
	ready "$1-s" || cat "$work/$1-s"
	start "$1-c" client "$tools/iccp-sim" client --connect 10.2.0.2 --associations 4 --acked --reports 5 \
		--script associate,dataset,start,text,reports,stop,delete,conclude --text-at "1=xx $needle xx" --text-only 2 \
		--split-text "$needle" --split-as "$1" --hold-at split
	until_true 10 grep -q '^holding' "$work/$1-c" || cat "$work/$1-c"
	first=$(active) second=$(other "$(active)")
	by_first=$(alerts "$first" $2) by_second=$(alerts "$second" $2)
	sleep 0.2
	kill_engine "$first"
	[ "$(alerts "$first" $2)/$(alerts "$second" $2)" = "$by_first/$by_second" ] || echo "it fires before the second half comes"
	ends "$1" 4
	[ "$(alerts "$first" $2)/$(alerts "$second" $2)" = "$by_first/$((by_second + 1))" ] ||
		echo "$second ought to fire once: $first $by_first > $(alerts "$first" $2), $second $by_second > $(alerts "$second" $2)"
	grep '"signature_id":'"$2" "$work/$second.eve" | tail -n 1 | grep -q '"in_iface":"lan0"' ||
		echo "the alert of $second: $(grep "\"signature_id\":$2" "$work/$second.eve" | tail -n 1)"
}

alerts() { # NODE SID
	grep -c '"signature_id":'"$2" "$work/$1.eve"
}

# A planned switch, asked of either side: nothing is lost; longest_gap_ms says what it costs.
switch() {
	sims w 20 --rate 50 --acked --seconds 600 --hold-at conclude
	for ask_active in yes no yes no; do
		was=$(active)
		if [ $ask_active = yes ]; then
			ask "$was" ha passive || echo "$was refuses to hand over"
		else
			ask "$(other "$was")" ha active || echo "$(other "$was") refuses to take over"
		fi
		until_true 5 is_role "$(other "$was")" active || echo "$(other "$was") does not take over"
		until_settled
		[ "$(active)" = "$(other "$was")" ] || echo "$(active) is active, not $(other "$was")"
		only_active_has_vips
	done
	until_true 5 told_last "$(active)" active || cat "$work/notified"
	until_true 5 told_last "$(other "$(active)")" passive || cat "$work/notified"
	# what is so already, and what is forced until it is not
	ask "$(active)" ha active >"$work/out" 2>&1 && ask "$(active)" ha active >"$work/out" 2>&1 || echo "it is not forced to be what it is"
	grep -q 'it is so already' "$work/out" || cat "$work/out"
	ask "$(active)" ha info | grep -q '^forced *: Active' || ask "$(active)" ha info
	for node in a b; do
		ask $node ha reset >"$work/out" || cat "$work/out"
	done
	until_true 2 unforced a && until_true 2 unforced b || ask a ha info
	quiet w
	ends w 20
	echo "# 4 planned switches: longest gap at a receiver $(counter w-c longest_gap_ms) ms (client), $(counter w-s longest_gap_ms) ms (server)" >"$work/said"
}

told_last() { # NODE STATE: what its notification scripts were run with
	[ "$(grep "^node-$1 " "$work/notified" | tail -n 1)" = "node-$1 $2" ]
}

unforced() {
	ask "$1" ha info | grep -q '^forced *: No  *No$'
}

# No standby, no hand-over, and the reason is told.
switch_refused() {
	works=$(active)
	stop "ipsd-$(other "$works")"
	until_true 5 sh -c "! '$bin/ips' ha info --socket '$work/run-$works/ips.sock' | grep -q 'in sync'"
	ask "$works" ha passive >"$work/out" 2>"$work/err" && echo "it hands over to nobody"
	grep -q 'no other node has the whole table; sessions would be lost' "$work/out" && grep -q 'does not hand over' "$work/err" || cat "$work/out" "$work/err"
	is_role "$works" active || echo "it is not active any more: $(role_of "$works")"
	[ "$(has_vips "$works")" = 4 ] || echo "it has $(has_vips "$works") of the 4 addresses"
	node_start "$(other "$works")"
	until_settled
}

# Parent and engine die together: nobody is left to tell, to take addresses away, or to start another one.
whole_daemon() {
	sims k 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active)
	t=$(now)
	victims="$(cat "$work/ipsd-$works.pid") $(engine_pid "$works")"
	# shellcheck disable=SC2086 # two of them
	kill -9 $victims
	until_true 5 is_role "$(other "$works")" active || echo "$(other "$works") does not take over"
	echo "# a whole daemon's death: active after $(active_after "$(other "$works")" "$t") ms" >"$work/said"
	# the dead one's addresses go by their lifetime
	until_true 8 no_vips "$works" || echo "the dead one's addresses stay: $(has_vips "$works")"
	node_start "$works"
	until_settled
	[ "$(active)" = "$(other "$works")" ] || echo "$(active) is active after the death of $works"
	quiet k
	only_active_has_vips
	ends k 20
}

no_vips() {
	[ "$(has_vips "$1")" = 0 ]
}

# SIGTERM: it hands over first, and takes everything with it.
daemon_ends() {
	sims t 20 --rate 20 --acked --seconds 600 --hold-at conclude
	works=$(active)
	kill -TERM "$(cat "$work/ipsd-$works.pid")"
	until_true 8 gone "$(cat "$work/ipsd-$works.pid")" || echo "it does not end"
	is_role "$(other "$works")" active || echo "$(other "$works") is $(role_of "$(other "$works")")"
	grep '"became active"' "$work/$(other "$works").eve" | tail -n 1 | grep -q 'the peer has left' || echo "it was no hand-over"
	no_vips "$works" || echo "its addresses stay"
	[ -z "$(in_ns "$works" iptables -t raw -S | grep NFQUEUE)" ] || echo "its rules stay"
	[ ! -e "$work/run-$works/ips.sock" ] && [ ! -e "$work/run-$works/ipsd.pid" ] || echo "its files stay"
	node_start "$works"
	until_settled
	quiet t
	only_active_has_vips
	ends t 20
	echo "# SIGTERM: longest gap at a receiver $(counter t-c longest_gap_ms) ms (client), $(counter t-s longest_gap_ms) ms (server)" >"$work/said"
}

deaths_said() {
	echo "# $kills deaths: active after $(percentile 50 <"$work/failover") ms (p50), $(percentile 99 <"$work/failover") ms (p99);" \
		"longest gap at a receiver $(counter d-c longest_gap_ms) ms (client), $(counter d-s longest_gap_ms) ms (server)"
}

nodes_up || skip_all "the live pair" "bridges cannot be made here"
cat >"$work/test.rules" <<END
alert tcp any any -> any any (msg:"in the stream"; content:"$needle"; sid:5000901; rev:1;)
alert mms any any -> any any (msg:"in a PDU"; content:"$needle"; sid:5000902; rev:1;)
END
try "the pair comes up" pair_start
try "$kills deaths in a row under 50 associations: no reset, no octet lost, doubled or uninspected" deaths
deaths_said
try "a rule whose halves lie on both sides of a death, in two TPDUs" split tpdu 5000902
try "a rule whose halves lie on both sides of a death, in two segments" split segment 5000901
try "planned switches, asked of either side" switch
said
try "a switch without a standby in sync is refused" switch_refused
try "the active one's whole daemon dies" whole_daemon
said
try "the active one's daemon is ended: it hands over first" daemon_ends
said
pair_stop
try "nothing is left behind" all_gone
exit $failed
