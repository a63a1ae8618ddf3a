/* ha_link.h - the link between two nodes: a byte stream over TCP with TLS 1.3 and a pre-shared key, and heartbeats.
 *
 * The lower address connects, the higher listens, so that both need the same configuration. Non-blocking:
 * the owner polls the descriptors and calls link_step; nothing here blocks, sleeps or reads a clock. What the peer
 * sends comes out as bytes in order for ha_receiver_feed or acknowledgements for the sender; framing is ha_wire's.
 * Death of the peer is told by the closed connection at once, by lost heartbeats otherwise. Only an authenticated
 * peer is ever heard: wrong keys, garbage, replayed heartbeats and surplus connections are refused and counted.
 */
#ifndef HACACHE_HA_LINK_H
#define HACACHE_HA_LINK_H

#include <poll.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/mono.h"

#define HA_PSK_LEN 32u

struct link_cfg {
	uint8_t family;              /* 4 or 6 */
	struct addr own, peer;       /* of the HA interface */
	uint16_t port;               /* TCP for the stream, UDP for heartbeats */
	char ifname[16];             /* bound to it when not empty */
	uint8_t psk[HA_PSK_LEN];     /* link_psk() of the group's password */
	char group[33];              /* PSK identity: group name, with both addresses */
	uint64_t boot_id;            /* random, new at each start: heartbeats of another boot are another peer's */
	int64_t hb_interval_ns;      /* 10 ms .. 2 s */
	uint32_t hb_lost;            /* missed intervals until the peer counts as dead */
	uint64_t rekey_octets;       /* sent under one key at most; 0 = the largest: 32 GiB */
};

/* Key from a password through a memory-hard function (Argon2id, libsodium), salted by the group's name. Takes
 * about 100 ms: at start, never on the packet path. */
enum err link_psk(const char *password, const char *group, uint8_t psk[HA_PSK_LEN]) MUST_USE;

/* X(id, name, help) */
#define LINK_COUNTER_LIST(X)                                                                            \
	X(LINK_BAD_KEY, "link.badKey", "TLS handshakes that failed: wrong key, garbage")                \
	X(LINK_CUT, "link.handshakeCut", "handshakes that did not end: refused, closed, silent for a second")\
	X(LINK_SURPLUS, "link.surplus", "connections beyond the handshakes that may be under way")      \
	X(LINK_FOREIGN, "link.foreign", "connections or datagrams from another address")                \
	X(LINK_BAD_BEAT, "link.badHeartbeat", "heartbeats and wills with a wrong MAC or length")        \
	X(LINK_OLD_BEAT, "link.oldHeartbeat", "heartbeats replayed or out of order, or of a boot known to be gone") \
	X(LINK_UNPROVEN_BEAT, "link.unprovenHeartbeat", "heartbeats of a boot that is new, or so long gone that it is forgotten")\
	X(LINK_WILL, "link.will", "wills of the peer's present boot: its engine is dead")               \
	X(LINK_OLD_WILL, "link.oldWill", "wills of a boot that is not the peer's present one")          \
	X(LINK_BEAT_UNSENT, "link.heartbeatUnsent", "heartbeats that the network did not take")         \
	X(LINK_CONNECTS, "link.connects", "handshakes completed")                                       \
	X(LINK_LOST, "link.lost", "connections that ended")

enum link_counter {
#define X(id, name, help) id,
	LINK_COUNTER_LIST(X)
#undef X
	LINK_COUNTER_N
};

enum { LINK_BEAT_MORE = 128 };

/* What a heartbeat carries beside its authentication. */
struct link_beat {
	uint8_t role;                /* the sender's: the owner's enumeration */
	uint8_t quality;             /* percent */
	uint16_t priority;
	uint64_t term;               /* of the last promotion it knows */
	uint64_t seq;                /* its last commit (active) or applied batch (standby) */
	uint8_t n_more;              /* octets of the owner's own, carried as they are */
	uint8_t more[LINK_BEAT_MORE];
};

enum link_state { LINK_DOWN, LINK_HANDSHAKE, LINK_UP };

struct link;
/* why (256 octets) says what is wrong: address not there, port in use, ... cfg is copied; its psk is not kept. */
enum err link_new(const struct link_cfg *cfg, mono_t now, struct link **out, char *why) MUST_USE;
/* Tells the peer goodbye. NULL is fine. */
void link_free(struct link *l);

#define LINK_POLL_MAX 7u
/* Descriptors to poll and their events; at most max, returns how many. Ask again before each poll. */
unsigned link_poll(const struct link *l, struct pollfd *fds, unsigned max);
/* What poll has said of them, and perhaps of others: the next step leaves alone what has nothing to read. Not called, that
 * step looks at everything. */
void link_polled(struct link *l, const struct pollfd *fds, unsigned n);
/* Does what the descriptors and the time ask for: accepts, connects (again, with pauses), handshakes, reads, writes
 * what is queued, receives heartbeats. Call after poll and at least every heartbeat interval. */
void link_step(struct link *l, mono_t now);
enum link_state link_state(const struct link *l);

/* Queues bytes and writes what the socket takes; all of them or ERR_FULL (64 MiB queued), ERR_NOMEM or ERR_PEER. What
 * is queued when a connection ends is gone: the owner sends again what was not acknowledged. */
enum err link_send(struct link *l, struct span bytes) MUST_USE;
size_t link_queued(const struct link *l);
/* Nothing waits here, and nothing that was sent waits for the peer's kernel: a connection that hung has recovered. */
bool link_idle(const struct link *l);
/* Ends the connection: the conversation on it makes no sense any more. The next one comes by itself. */
void link_drop(struct link *l, mono_t now);
/* Bytes received, in order, lent until the next call on l; empty when there are none. A new connection's bytes never
 * follow an old one's: link_epoch() grows with each completed handshake. What came before a connection ended can still
 * be read; the next connection waits for that, for a second at most. */
struct span link_recv(struct link *l);
void link_consume(struct link *l, size_t n);
uint64_t link_epoch(const struct link *l);

/* Sends a heartbeat now (the data-path loop decides when: a hung loop is a dead node). */
void link_beat(struct link *l, const struct link_beat *b, mono_t now);
/* The peer's last heartbeat and when it came; false: none yet. A boot is believed when it has answered a challenge in
 * our heartbeats, so its first one or two are not (see ha_link_beat.c); until then this is the former boot's. */
bool link_peer_beat(const struct link *l, struct link_beat *b, mono_t *at, uint64_t *boot_id);
/* Neither octets nor heartbeats within hb_interval x hb_lost, or its will has come: the peer is gone, in the second case
 * until a new boot of it is believed. False while never seen. After a sleep of our own call link_step first: what came
 * meanwhile counts. */
bool link_peer_dead(const struct link *l, mono_t now);
/* Has it ever been heard? Has its present boot left word of its end? */
bool link_peer_seen(const struct link *l);
bool link_peer_willed(const struct link *l);
/* The connection was closed by the peer's end (not by our own restart), and neither has it come back nor has a heartbeat
 * come since. A killed process shows at once so; but TCP does not protect FIN and RST, and a link that fails in one
 * direction ends in an RST too: only when the next heartbeat stays out is it certain. */
bool link_peer_closed(const struct link *l);

/* A will: a datagram that tells the peer at once that the engine with this boot_id is dead, to be kept by a process that
 * outlives it and knows no keys. The same each time; returns its length. Secret until sent: who has it can have the
 * engine buried alive. */
enum { LINK_WILL_MAX = 64, LINK_ADDR_MAX = 32 };
size_t link_will(const struct link *l, uint8_t out[LINK_WILL_MAX]);
/* A non-blocking UDP socket to send it with, several times, for a datagram can be lost: bound to the own address and
 * interface, and connected to the peer if there is a way to it just now. The caller's to close; -1 and errno. */
int link_will_socket(const struct link *l);

/* All that it takes to send a will by such a socket, by sendto(): plain, to be handed to another process. */
struct link_word {
	uint32_t len, to_len;
	uint8_t will[LINK_WILL_MAX];
	_Alignas(8) uint8_t to[LINK_ADDR_MAX]; /* a struct sockaddr */
};
void link_word(const struct link *l, struct link_word *out);

uint64_t link_count(const struct link *l, enum link_counter c);
const char *link_counter_name(unsigned c);

#endif
