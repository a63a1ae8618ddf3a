#!/bin/sh
# Two nodes live with a main and a backup link between them: one is lost, by a cable or in silence, or both for a moment. Nobody
# changes roles, no octet is lost, and the table is not sent again.
# limit: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "the live pair with two links"
bound_ms=1000 # of a pause at a receiver: a busy machine

two_links() { # OWN PEER: lines of configuration
	cat <<END
config system ha
    set hbdev "ha0" 100 "ha1" 50
    set backup-local-ip $1
    set backup-peer-ip $2
end
END
}

pair_with_two() {
	node_conf a 10.9.0.1 10.9.0.2 200 "$(two_links 10.8.0.1 10.8.0.2)"
	node_conf b 10.9.0.2 10.9.0.1 100 "$(two_links 10.8.0.2 10.8.0.1)"
	node_start a
	node_start b
	node_ready a && node_ready b && until_true 10 settled || {
		echo "the pair does not come up"
		cat "$work/ipsd-a" "$work/ipsd-b"
		return 1
	}
	until_true 5 uses "main link" || echo "the main link is not in use: $(in_use)"
	for node in a b; do
		ask $node ha info >"$work/info"
		grep -q '^main link       : 10\.9\.0\.[12]: OK  *10\.9\.0\.[12]: OK$' "$work/info" &&
			grep -q '^backup link     : 10\.8\.0\.[12]: OK  *10\.8\.0\.[12]: OK$' "$work/info" || cat "$work/info"
	done
}

in_use() {
	ask "$(active)" ha info -v | sed -n 's/^link in use     : \(.*[a-z]\)  *N\/A$/\1/p' | sed 's/ *$//'
}

uses() {
	[ "$(in_use)" = "$1" ]
}

# remember: who works, in which term, and how often the table was sent; unchanged: findings unless that is so still.
remember() {
	rm -f "$work/said"
	works=$(active)
	had=$(terms)/$(number "$works" bulks)
}

unchanged() { # SIMS N
	until_settled
	[ "$(active)" = "$works" ] || echo "$(active) is active, not $works"
	[ "$(terms)/$(number "$works" bulks)" = "$had" ] || echo "terms and tables were $had, are $(terms)/$(number "$works" bulks)"
	[ "$(number a digest_mismatches)$(number b digest_mismatches)" = 00 ] || echo "digests differ"
	only_active_has_vips
	quiet "$1"
	ends "$1" "$2"
	for end in c s; do
		gap=$(counter "$1-$end" longest_gap_ms)
		[ "${gap:-99999}" -le "${3:-$bound_ms}" ] || echo "$1-$end waited for $gap ms"
	done
	echo "# $1: longest gap at a receiver $(counter "$1-c" longest_gap_ms) ms (client), $(counter "$1-s" longest_gap_ms) ms (server)" >"$work/said"
}

# The main link's cable is pulled, and put back.
main_down() {
	remember
	sims m 20 --rate 50 --acked --seconds 600 --hold-at conclude
	switches=$(number "$works" link_switches)
	ip -n "$run_id-a" link set ha0 down
	until_true 5 uses "backup link" || echo "in use: $(in_use)"
	sleep 2
	until_true 2 sh -c "'$bin/ips' ha info --socket '$work/run-$works/ips.sock' | grep -q 'Notice: the main link is down'" ||
		echo "it is not said that the main link is down"
	ip -n "$run_id-a" link set ha0 up
	until_true 10 uses "main link" || echo "in use: $(in_use)"
	[ "$(number "$works" link_switches)" -ge $((switches + 2)) ] || echo "switches: $switches, then $(number "$works" link_switches)"
	[ "$(events "$works" "link switched")" -ge 2 ] || echo "the log does not say so"
	unchanged m 20
}

# silent NODE INTERFACE on|off: that interface takes and sends nothing, and nobody is told.
silence() {
	for chain in "INPUT -i" "OUTPUT -o"; do
		# shellcheck disable=SC2086 # chain and option
		in_ns "$1" iptables -w -"$([ "$3" = on ] && echo A || echo D)" $chain "$2" -j DROP
	done
}

# The main link fails without a word: no answer comes within the commit timeout, and the other link is tried.
main_silent() {
	remember
	sims q 20 --rate 50 --acked --seconds 600 --hold-at conclude
	retries=$(number "$works" retries)
	silence a ha0 on
	until_true 5 uses "backup link" || echo "in use: $(in_use)"
	sleep 1.5
	silence a ha0 off
	[ "$(number "$works" retries)" -gt "$retries" ] || echo "the other link was not tried"
	[ "$(number "$works" resent)" -gt 0 ] || echo "nothing was sent again"
	until_true 15 uses "main link" || echo "in use: $(in_use)"
	unchanged q 20
}

# Both at once, for less than the dead interval: what waited goes on, and the standby with it.
both_down() {
	remember
	sims b 20 --rate 50 --acked --seconds 600 --hold-at conclude
	caught=$(number "$works" caught_up)
	for i in 1 2 3; do
		ip -n "$run_id-a" link set ha0 down
		ip -n "$run_id-b" link set ha1 down
		sleep 0.25
		ip -n "$run_id-a" link set ha0 up
		ip -n "$run_id-b" link set ha1 up
		sleep 1.5
		until_settled
	done
	unchanged b 20 3000
}

# A death is told over whichever link is there.
death_by_backup() {
	sims d 20 --rate 50 --acked --seconds 600 --hold-at conclude
	ip -n "$run_id-a" link set ha0 down
	until_true 5 uses "backup link" || echo "in use: $(in_use)"
	: >"$work/failover"
	kill_engine "$(active)"
	ip -n "$run_id-a" link set ha0 up
	until_settled
	quiet d
	ends d 20
	echo "# a death over the backup link: active after $(cat "$work/failover") ms" >"$work/said"
	[ "$(percentile 50 <"$work/failover" | cut -d. -f1)" -lt 300 ] || echo "the heartbeats told it, not the will"
}

nodes_up || skip_all "the live pair with two links" "bridges cannot be made here"
link a ha1 b ha1
address a ha1 10.8.0.1/24
address b ha1 10.8.0.2/24
try "the pair comes up with a main and a backup link" pair_with_two
try "the main link is pulled and put back: no octet lost, no table sent, nobody promotes" main_down
said
try "the main link fails in silence: the other one is tried within the commit timeout" main_silent
said
try "both links are lost for a moment, three times: the standby is caught up from the resend queue" both_down
said
try "a death is told over the backup link" death_by_backup
said
pair_stop
try "nothing is left behind" all_gone
exit $failed
