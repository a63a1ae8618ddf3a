#!/bin/sh
# The port of the HA link: another password, garbage, floods, replayed heartbeats, foreign addresses, and what a start refuses.
# limit: 240
#
# The attacker has the peer's own namespace and address (a, 10.9.0.1) or a foreign address (10.9.0.9) on the same link; b listens.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/nodes.sh
. tests/e2e/pair_lib.sh
need_root "the port of the live pair"
command -v python3 >/dev/null 2>&1 || skip_all "the port of the live pair" "python3 is not installed"
haport="python3 $PWD/tests/e2e/haport.py"
port=7703

# --- cases ---
# What the pair looks like from outside: roles, terms, boots, and that it is in sync.
standing() {
	for node in a b; do
		ask $node ha info --json | jq -c '[.local.mode, .local.term, .local.boot_id, .local.sync_state, .peer.mode, .replication.resyncs,
			.replication.refused, .replication.promotions, .replication.digest_mismatches, .link["link.connects"], .link["link.lost"]]'
	done
}

link_number() { # NODE NAME
	ask "$1" ha info --json | jq ".link[\"link.$2\"] // 0"
}

# attack NODE COUNTER LEAST COMMAND...: in a's namespace; that counter of the node grows by that much, and nothing else changes.
attack() {
	at=$1 counted=$2 least=$3
	shift 3
	was=$(standing) n=$(link_number "$at" "$counted")
	in_ns a "$@" >"$work/out" 2>&1 || cat "$work/out"
	sleep 0.3
	until_settled
	grew=$(($(link_number "$at" "$counted") - n))
	[ $grew -ge "$least" ] || echo "link.$counted of $at has grown by $grew, not $least ($(cat "$work/out")): $(ask "$at" ha info --json | jq -c .link)"
	[ "$(standing)" = "$was" ] || printf 'before:\n%s\nafter:\n%s\n' "$was" "$(standing)"
}

# Of a burst the socket holds some two hundred; the kernel drops what finds it full.
datagrams() {
	attack b badHeartbeat 100 $haport udp 10.9.0.1 10.9.0.2 $port 300
	attack b foreign 100 $haport udp 10.9.0.9 10.9.0.2 $port 300
}

flood() {
	attack b badHeartbeat 1000 $haport udp 10.9.0.1 10.9.0.2 $port 20000
	attack b foreign 1000 $haport udp 10.9.0.9 10.9.0.2 $port 20000
}

connections() {
	attack b badKey 20 $haport tcp 10.9.0.1 10.9.0.2 $port 80
	attack b handshakeCut 10 $haport tcp 10.9.0.1 10.9.0.2 $port 40
	attack b foreign 20 $haport tcp 10.9.0.9 10.9.0.2 $port 40
	attack b surplus 1 $haport crowd 10.9.0.1 10.9.0.2 $port 60 1.5
}

# Recorded where they come in, sent again where they came from.
replays() {
	in_ns b $haport record ha0 $port 1 "$work/frames" >"$work/out" || cat "$work/out"
	[ "$(sed -n 's/recorded //p' "$work/out")" -ge 5 ] || cat "$work/out"
	attack b oldHeartbeat 25 $haport replay ha0 "$work/frames" 5
}

# The recorded ones are of a boot that is gone when the engine has died: they bring nobody back to life, and bury nobody.
old_boots() {
	start record b $haport record ha0 $port 1.5 "$work/frames"
	ready record
	sleep 0.5
	kill_engine a # its will is among them
	until_true 5 gone "$(cat "$work/record.pid")" || echo "the recording does not end"
	attack b oldHeartbeat 25 $haport replay ha0 "$work/frames" 3
	[ "$(link_number b oldWill)" -ge 1 ] || echo "no will was recorded, or none refused"
	ask b ha passive || echo "b does not hand over"
	until_true 5 is_role a active
	until_settled
}

# Traffic goes on while all of it is sent at once.
under_attack() {
	sims p 10 --rate 20 --acked --seconds 600 --hold-at conclude
	was=$(standing)
	start udp1 a $haport udp 10.9.0.1 10.9.0.2 $port 20000
	start udp2 a $haport udp 10.9.0.9 10.9.0.2 $port 20000
	start tcp1 a $haport tcp 10.9.0.1 10.9.0.2 $port 200
	start udp3 b $haport udp 10.9.0.2 10.9.0.1 $port 20000
	for attacker in udp1 udp2 tcp1 udp3; do
		until_true 20 gone "$(cat "$work/$attacker.pid")" || echo "$attacker does not end"
	done
	until_settled
	[ "$(standing)" = "$was" ] || printf 'before:\n%s\nafter:\n%s\n' "$was" "$(standing)"
	quiet p
	ends p 10
}

# A rightly signed peer it is not: nobody follows anybody, and both say why.
other_password() {
	node_conf a 10.9.0.1 10.9.0.2 200
	password="another secret" node_conf b 10.9.0.2 10.9.0.1 100
	node_start a
	node_start b
	node_ready a && node_ready b || cat "$work/ipsd-a" "$work/ipsd-b"
	until_true 5 is_role a active || echo "a is $(role_of a)"
	until_true 5 is_role b active || echo "b is $(role_of b)"
	until_true 5 counts b badKey || echo "b counts no bad key"
	for node in a b; do
		until_true 5 counts $node badHeartbeat || echo "$node counts no bad heartbeat"
		[ "$(link_number $node connects)" = 0 ] || echo "$node is connected"
		[ "$(ask $node ha info --json | jq -c '[.peer, .local.sync_state]')" = '[null,"alone"]' ] || ask $node ha info
		ask $node ha info | grep -q "Notice: .*password" || ask $node ha info
		[ "$(events $node "peer found")" = 0 ] || echo "$node has found a peer"
	done
	ask b ha passive >"$work/out" 2>&1 && echo "b hands over to nobody"
	pair_stop
}

counts() {
	[ "$(link_number "$1" "$2")" -gt 0 ]
}

# refused NODE TEXT: its daemon ends by itself with exit code 1 and says that, and leaves nothing.
refused() {
	until_true 10 gone "$(cat "$work/ipsd-$1.pid")" || {
		echo "it runs"
		stop "ipsd-$1"
	}
	wait "$(cat "$work/ipsd-$1.pid")"
	[ $? -eq 1 ] || echo "exit code $?"
	grep -q "$2" "$work/ipsd-$1" || cat "$work/ipsd-$1"
	[ -z "$(in_ns "$1" iptables -t raw -S | grep NFQUEUE)" ] || echo "rules are left"
	[ "$(has_vips "$1")" = 0 ] || echo "addresses are left"
	[ ! -e "$work/run-$1/ips.sock" ] || echo "a socket is left"
}

starts_refused() {
	node_conf b 10.9.0.2 10.9.0.1 100
	start taken b python3 -c "import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('10.9.0.2', $port)); s.listen(); print('ready', flush=True); s.accept()"
	ready taken || cat "$work/taken"
	node_start b
	refused b "link to the peer: cannot bind TCP 10.9.0.2 port $port on ha0: Address already in use"
	stop taken KILL
	start taken b python3 -c "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('10.9.0.2', $port)); print('ready', flush=True); time.sleep(60)"
	ready taken || cat "$work/taken"
	node_start b
	refused b "link to the peer: cannot bind UDP 10.9.0.2 port $port on ha0: Address already in use"
	stop taken KILL
	node_conf b 10.9.0.7 10.9.0.1 100
	node_start b
	refused b "link to the peer: cannot bind .* 10.9.0.7 port $port on ha0: Cannot assign requested address"
	node_conf b 10.9.0.2 10.9.0.1 100
	sed -i 's/"ha0" 100/"ha7" 100/' "$work/b.conf"
	node_start b
	refused b "link to the peer: no .* socket for 10.9.0.2 port $port on ha7: No such device"
}

nodes_up || skip_all "the port of the live pair" "bridges cannot be made here"
address a ha0 10.9.0.9/24
try "the pair comes up" pair_start
try "datagrams of garbage are counted, and change nothing" datagrams
try "so is a flood of them" flood
try "connections that say garbage, half a handshake or nothing are counted, and change nothing" connections
try "replayed heartbeats are counted, and change nothing" replays
try "so are those of a boot that is gone, and its will" old_boots
try "associations go on under all of it" under_attack
pair_stop
try "another password: the nodes stay apart and say so" other_password
try "port in use, address or interface not there: the start is refused with the reason" starts_refused
try "nothing is left behind" all_gone
exit $failed
