/* session.h - the session table: everything about a flow, found by either direction's tuple.
 *
 * One table a worker. Sessions come from a pool with a cap; timers stand on a wheel. session_state is
 * plain and replicated whole; the rest is links and what this node derives again. The table owns
 * its sessions; a session's ips pointer is the inspector's, which session_table_fini does not touch:
 * the end callback frees it. No clock, no I/O. One thread.
 */
#ifndef FORWARD_SESSION_H
#define FORWARD_SESSION_H

#include "base/err.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/wheel.h"
#include "forward/packet.h"
#include "forward/tcp.h"

/* Flags shown in the list's state= line: X(bit, id, name) */
#define SESSION_FLAG_LIST(X)               \
	X(0, SF_LOG, "log")                \
	X(1, SF_SYN_SES, "syn_ses")        \
	X(2, SF_APP_VALID, "app_valid")

enum session_flag {
#define X(bit, id, name) id = 1u << bit,
	SESSION_FLAG_LIST(X)
#undef X
	SESSION_FLAG_ALL = (1u << 3) - 1
};

enum session_end { END_TIMEOUT, END_CLOSED, END_CLEARED, END_EVICTED, SESSION_END_N };

struct session_count {
	uint64_t bytes, packets;
	uint8_t allow_err;       /* one-shot credit for an ICMP error against this direction */
};

struct session_state {
	uint64_t serial;
	struct tuple tuple[DIR_N]; /* as seen arriving in each direction */
	mono_t start, last;      /* first and last packet */
	mono_t last_dir[DIR_N];
	mono_t expires;
	uint32_t timeout_s;
	uint32_t flags;          /* enum session_flag */
	uint32_t policy_id;
	uint32_t ifin[DIR_N];    /* where packets of each direction come in, and those of the other go out */
	struct session_count n[DIR_N];
	uint8_t src_mac[6], dst_mac[6];
	uint8_t tos[DIR_N];
	uint16_t vlan;
	bool inspected;          /* proto_state's first digit */
	bool udp_both;           /* datagrams of both directions seen */
	struct tcp_state tcp;
};

/* The hash chains a session is on: one a direction, one by serial. */
enum session_chain { CHAIN_ORIG = DIR_ORIG, CHAIN_REPLY = DIR_REPLY, CHAIN_SERIAL, CHAIN_N };

struct session {
	struct session *hnext[CHAIN_N]; /* what a lookup reads stands together: these to s.tuple */
	uint32_t hash[CHAIN_N];
	bool due;
	bool gone;               /* ended while it was due */
	bool dirty;
	uint32_t larval;         /* the promotion it waits for, 0 = none: ask session_larval() */
	uint32_t told_epoch;     /* the engine's: the peer that has been told of it; 0 = none */
	uint16_t parts;          /* of it, what may have changed since the last commit: the engine's numbers */
	uint32_t gen_nr;         /* the engine's count of generations when a policy last judged it */
	bool unshared;           /* its policy keeps it from the peer */
	struct session_state s;
	struct wheel_timer timer; /* at or before s.expires: its callback arms it again */
	struct list all;         /* every session, oldest first */
	struct session *due_next; /* expired in this tick, waiting for its end */
	struct session *dirty_next; /* sessions changed in this batch */
	void *ips;               /* the inspector's state; NULL = not inspected */
};

/* Seconds; X(id, configuration word, default, help) */
#define SESSION_TIMER_LIST(X)                                             \
	X(ST_TCP_HALFOPEN, "tcp-halfopen-timer", 10, "half-open TCP")     \
	X(ST_TCP_ESTABLISHED, "tcp-timer", 3600, "established TCP")       \
	X(ST_TCP_HALFCLOSE, "tcp-halfclose-timer", 120, "half-closed TCP") \
	X(ST_TCP_TIMEWAIT, "tcp-timewait-timer", 1, "TCP after both FINs or RST") \
	X(ST_UDP, "udp-idle-timer", 180, "UDP")                           \
	X(ST_ICMP, "icmp-idle-timer", 30, "ICMP")                         \
	X(ST_OTHER, "other-idle-timer", 60, "other protocols")

enum session_timer {
#define X(id, word, dflt, help) id,
	SESSION_TIMER_LIST(X)
#undef X
	ST_N
};

struct session_cfg {
	struct hash_key key;
	uint32_t max;                 /* sessions at most */
	uint32_t timeout_s[ST_N];     /* SESSION_TIMEOUT_MAX at most, more is cut to it */
};
void session_cfg_default(struct session_cfg *c);

#define SESSION_TICK_NS (10 * NS_PER_MS)
#define SESSION_TIMEOUT_MAX 2764800u /* seconds: 32 days */

/* Called as a session ends, before it is freed. It may close other sessions, not this one. */
typedef void session_end_fn(void *arg, struct session *s, enum session_end why);

struct session_table;
struct session_table *session_table_new(const struct session_cfg *cfg, mono_t now, session_end_fn *on_end, void *arg);
void session_table_free(struct session_table *t);        /* NULL is fine; no callbacks */

/* The live session of a tuple and its direction; NULL when there is none. */
struct session *session_find(struct session_table *t, const struct tuple *tu, enum dir *d);
/* A packet here and below is no fragment. A new live session whose first packet is p, of direction d (DIR_REPLY: picked up at
 * the answer), which it counts: no session_packet() for this one.
 * NULL when full (see session_refused). */
struct session *session_open(struct session_table *t, const struct packet *p, enum dir d, uint32_t policy_id, mono_t now);
/* Counts p, moves the state machine, re-arms the timer. */
void session_packet(struct session_table *t, struct session *s, enum dir d, const struct packet *p, mono_t now);
/* Likewise, of a packet that the state machine is not to believe. */
void session_pass(struct session_table *t, struct session *s, enum dir d, const struct packet *p, mono_t now);
void session_close(struct session_table *t, struct session *s, enum session_end why);
/* A SYN on a TCP session that is in TIME_WAIT or CLOSE: the caller closes it (END_CLOSED) and opens anew. */
bool session_reopens(const struct session *s, const struct packet *p);
/* May an ICMP error that quotes a packet of direction d pass? It does once a packet of d: spends the credit. */
bool session_icmp_error(struct session *s, enum dir d);
/* Ends what has expired, in order of tick and serial number. */
void session_tick(struct session_table *t, mono_t now);
/* proto_state as the list shows it: first digit inspected, second the protocol's own. */
unsigned session_proto_state(const struct session *s);

/* For sessions that open or see a packet from now on. */
void session_set_timeouts(struct session_table *t, const uint32_t timeout_s[ST_N]);

size_t session_count(const struct session_table *t);
uint64_t session_refused(const struct session_table *t); /* not opened or imported because the table was full */
/* Oldest first: NULL starts, NULL ends. */
struct session *session_next(struct session_table *t, const struct session *after);
/* A place in that order that holds while sessions come and go, for a walk in pieces: a mark's number, never 0, before the
 * oldest session. The table keeps SESSION_MARKS of them; when all are in use the one unused for longest gives way. */
enum { SESSION_MARKS = 16 };
uint64_t session_mark(struct session_table *t);
/* The session behind the mark, which moves past it; NULL at the end. ERR_STALE: the mark has given way. */
enum err session_mark_next(struct session_table *t, uint64_t mark, struct session **out) MUST_USE;
void session_unmark(struct session_table *t, uint64_t mark); /* one that has given way is fine */
uint64_t session_last_serial(const struct session_table *t);
/* Serial numbers only grow: a lower one changes nothing. */
void session_set_last_serial(struct session_table *t, uint64_t serial);

/* Sets what follows from other times: the last packet's, and when the session ends. ERR_RANGE: they are none. */
enum err session_state_times(struct session_state *st) MUST_USE;
/* ERR_RANGE: no table could ever have come to st by itself. */
enum err session_state_check(const struct session_state *st) MUST_USE;
/* The standby's side: the session of that serial, or a new larval one in st's image; state replaced by
 * st after range checks (ERR_RANGE; ERR_MISMATCH when it has other tuples; nothing changed). ERR_FULL. */
enum err session_import(struct session_table *t, const struct session_state *st, struct session **out) MUST_USE;
/* Ends a session without telling on_end: the peer ended it. */
void session_forget(struct session_table *t, struct session *s);
struct session *session_by_serial(struct session_table *t, uint64_t serial);
/* Held for the peer: never ages, and is not matched by packets, until it is promoted. */
bool session_larval(const struct session_table *t, const struct session *s);
/* A larval session, whose tuples no live one has, goes live. */
void session_live(struct session_table *t, struct session *s);
/* All larval sessions go live: matched by packets, timers as s.expires says. Of two with one tuple the
 * older ends (END_EVICTED). However many there are, none is looked at, unless two had one tuple or others were open beside
 * them. */
void session_promote(struct session_table *t, mono_t now);

#endif
