/* engine.h - the engine: one packet and its time in, a verdict, log records and a set of changed sessions out.
 *
 * One engine a worker; nothing is shared. Pure: no I/O, no clock, no randomness; the same packets and the
 * same generation give the same results. Everything is allocated from pools with caps. One thread.
 */
#ifndef IPS_ENGINE_H
#define IPS_ENGINE_H

#include "decoders/dec.h"
#include "forward/session.h"
#include "ips/gen.h"
#include "ips/insp_state.h"
#include "ips/reasm.h"
#include "ips/rec.h"
#include "ips/stack.h"
#include "sigs/apps.h"
#include "sigs/match.h"

/* The inspection of one flow: session->ips. */
struct insp {
	struct insp_state s;
	struct reasm_state reasm;
	struct match_flow match;
	struct stack *stack; /* NULL unless service is cotp */
	const struct policy *policy;
	bool unmatched;      /* what was half matched could not be taken over: the peer says nothing of s.read_again then */
	bool ruled[DIR_N];   /* a rule may read that direction's octets */
	uint32_t gen_nr;     /* of the generation whose matcher has match */
	uint64_t told_core;  /* sum of s without its counters, as last told to a peer that some packets wait for */
};

struct engine_stats {
	uint64_t packets, bytes, passed, dropped;
	uint64_t drops[REASON_N];
	uint64_t bad_csum;    /* let pass because the source is a capture */
	uint64_t fragments;   /* of datagrams */
	uint64_t reassembled; /* datagrams made whole of them, and inspected */
	uint64_t held;        /* fragments that wait now: neither passed nor dropped */
	uint64_t sessions;    /* opened */
	uint64_t uninspected; /* sessions whose policy wants inspection, refused one for lack of memory */
	uint64_t rewritten;   /* packets that left otherwise than they came */
	uint64_t gaps;
	uint64_t match_lost; /* partial matches given up for lack of room */
	uint64_t normalized[NORM_N]; /* packets that leave without it */
	uint64_t events[EV_N];
	uint64_t anomalies[ANOMALY_N];
	uint64_t services[PROTO_N]; /* sessions by what they were recognised as when they ended or now */
};

struct engine_cfg {
	uint64_t seed;     /* of every hash table */
	uint32_t node;     /* owner number of sessions opened here */
	uint32_t rec_mask; /* 1 << enum rec_kind: records wanted */
};

/* Log records come in the order of their packets. */
typedef void engine_rec_fn(void *arg, const struct rec *r);

struct engine;
/* gen is borrowed as long as the engine lives or until another one has replaced it. */
enum err engine_new(const struct engine_cfg *cfg, const struct gen *gen, mono_t now, engine_rec_fn *on_rec, void *arg,
		    struct engine **out) MUST_USE;
void engine_free(struct engine *e);

struct verdict {
	bool pass;
	bool held;          /* a fragment that waits for the rest of its datagram: it does not leave now, and is not dropped yet */
	bool reset;         /* a reject rule: both ends of the connection are to be told that it is over */
	enum reason reason; /* why not */
	uint32_t reset_seq; /* where the packet's receiver stands: the first octet that it will not get */
	/* Lent until the engine is called again: */
	struct span rewritten;      /* the packet's new IP octets; p NULL: it leaves as it came */
	const struct span *release; /* fragments held before that leave now, before this packet */
	unsigned n_release;
};

struct verdict engine_packet(struct engine *e, struct packet *p);
/* Time passes without a packet: sessions that are due end. */
void engine_tick(struct engine *e, mono_t now);
/* Ends every session (a capture's end): reason END_CLEARED, flow records are told. */
void engine_finish(struct engine *e);

const struct engine_stats *engine_stats(const struct engine *e);
uint64_t engine_app_count(const struct engine *e, size_t app_index); /* operations seen */
uint64_t engine_alert_count(const struct engine *e, size_t sig_index);
uint64_t engine_tag_count(const struct engine *e, tag_t t); /* sessions that carry or carried it */
/* Packets are judged by g from now on; sessions change over one by one, with their next packet or by engine_change. The
 * former generation stays lent until that is done. ERR_NOMEM: nothing has changed; ERR_EXISTS: a change is under way. */
enum err engine_set_gen(struct engine *e, const struct gen *g) MUST_USE;
/* Changes some sessions over, at most max; true: all are. */
bool engine_change(struct engine *e, unsigned max);
bool engine_changed(const struct engine *e);

/* What the matcher and the decoders are given, and nothing else: octets of s in order, the first of them seq; of a datagram
 * nothing is told. No octets: a gap, the stream goes on at seq. */
typedef void engine_bytes_fn(void *arg, const struct session *s, enum dir d, uint32_t seq, struct span bytes);
void engine_on_bytes(struct engine *e, engine_bytes_fn *fn, void *arg);

/* What the decoders tell, in the order in which they do. Lent for the call. */
struct engine_told {
	const struct session *s;
	uint64_t packet_nr;         /* of the packet whose octets made it whole; 0 = none did */
	const struct dec_event *ev; /* NULL: an anomaly */
	enum dir dir;
	enum anomaly anomaly;
};
typedef void engine_told_fn(void *arg, const struct engine_told *t);
void engine_on_told(struct engine *e, engine_told_fn *fn, void *arg);

/* Packets of the sessions there are may have gone by elsewhere (the peer may have worked on, unheard): what does not fit makes
 * its receiver say where it stands. */
void engine_doubt(struct engine *e);
uint64_t engine_doubt_upto(const struct engine *e); /* the newest of those sessions; 0 = none */

struct session_table *engine_sessions(struct engine *e);
const struct gen *engine_gen(const struct engine *e);
mono_t engine_now(const struct engine *e);
static inline struct insp *engine_insp(const struct session *s)
{
	return s->ips;
}

#endif
