/* engine_int.h - the engine's inside, shared by the files engine*.c only. */
#ifndef IPS_ENGINE_INT_H
#define IPS_ENGINE_INT_H

#include "forward/frag.h"
#include "forward/rewrite.h"
#include "hacache/ha.h"
#include "ips/engine.h"

struct engine {
	const struct gen *gen;
	struct engine_cfg cfg;
	mono_t now;
	struct session_table *sessions;
	struct pool insp_pool, stack_pool, held_pool;
	struct bufpool *bufs;
	struct frag_table *frags;
	struct matcher *matcher;
	const struct gen *old_gen;       /* sessions of it are changing over; NULL: none */
	struct matcher *old_matcher;
	bool same_sigs;                  /* both generations' signatures are */
	uint32_t gen_nr;                 /* of gen, from 0 */
	uint64_t change_mark;
	uint64_t doubt_upto;             /* serial number: see engine_doubt */
	mono_t bulk_since;               /* those that have seen no packet since are left out of the bulk */
	struct session *dirty;           /* changed since the last commit, newest first */
	struct session *young;           /* the oldest session that the peer does not get yet: it is too young */
	struct session *bulk;            /* the next one that a peer that joined has yet to be told */
	size_t bulk_left;                /* at most so many from bulk on */
	uint64_t bulk_upto;              /* serial number of the newest one that was there when the peer joined */
	uint64_t packet_nr;              /* of the packet being worked on; 0 = none */
	engine_rec_fn *on_rec;
	void *rec_arg;
	struct fields fields;            /* scratch of the decoders */
	struct rewrite rewrite;          /* the packet's new octets, until the next one */
	struct engine_stats stats;
	uint64_t *app_count, *alert_count;
	uint64_t *tag_count[TAG_TABLE_N];
	void (*ended)(void *arg, uint64_t serial); /* replication: a session is gone */
	void *ended_arg;
	engine_bytes_fn *on_bytes;       /* NULL: nobody listens */
	void *bytes_arg;
	uint64_t wants[DEC_EVENT_WORDS]; /* events whose fields somebody looks at */
	uint8_t concerns[EV_N];          /* bit set of enum concern: whom an event matters to */
	engine_told_fn *on_told;         /* likewise */
	void *told_arg;
};

/* MMS: the application is an MMS service, or MMS itself. */
enum concern { CONCERNS_RULES = 1, CONCERNS_APP = 2, CONCERNS_MMS = 4, CONCERNS_LISTENER = 8 };

/* One packet on its way to its session. */
struct pass {
	struct engine *e;
	const struct packet *p;
	struct session *s;
	bool opened;                     /* s began with this packet */
	enum dir dir;
};

/* One packet, or the end of one session, being inspected. */
struct run {
	struct engine *e;
	const struct packet *p;          /* NULL at a session's end */
	struct session *s;
	struct insp *f;
	enum dir p_dir;                  /* of the packet */
	enum dir dir;                    /* of the bytes being inspected */
	enum reason reason;              /* what the inspection decided */
	enum dir guilty;                 /* the direction it decided that for */
	bool reject;                     /* and for a reset of both ends */
	uint32_t next[DIR_N];            /* where each direction's stream stood before the packet */
	uint64_t told[DIR_N][(ANOMALY_N + 63) / 64]; /* anomalies recorded for it */
	struct dec_ctx dec;
	const struct dec_event *ev;      /* being told; NULL: what is told is of the stream */
	struct sig_flow sig;
	int64_t before;                  /* octets of the current feed that came before the last match_stream's bytes */
};

/* engine_rec.c: after a change of signatures, or of who is told. */
void engine_find_wants(struct engine *e);

/* engine_flow.c */
struct insp *insp_new(struct engine *e, struct session *s, const struct policy *pol);
void insp_free(struct engine *e, struct insp *f);
/* Which of its octets rules may read: when it is new, and under other rules. */
void insp_find_ruled(const struct engine *e, const struct session *s, struct insp *f);
struct reasm_ctx insp_reasm_ctx(struct engine *e, const struct insp *f, const struct reasm_sink *sink);

/* engine_inspect.c */
enum err insp_matcher_new(const struct gen *g, struct matcher **out) MUST_USE;
/* Does p, a segment of direction d, carry octets that were refused before? Then so it is again. */
bool insp_blocked(struct engine *e, struct session *s, enum dir d, const struct packet *p, struct verdict *v);
/* Is there no room to read its octets now, or to keep them for comparison? */
bool insp_must_wait(struct engine *e, struct session *s, enum dir d, const struct packet *p, struct verdict *v);
/* An oddity that the stages before the inspection have seen. */
void insp_tell(struct engine *e, struct session *s, enum dir d, const struct packet *p, enum anomaly a);
/* Inspects p, a packet of direction d. */
struct verdict insp_packet(struct engine *e, struct session *s, enum dir d, const struct packet *p);
/* What is held is delivered behind a gap: the session ends. */
void insp_flush(struct engine *e, struct session *s);

/* engine_gen.c: brings s under the current generation; false: that denies it, and s is gone. */
bool engine_session_change(struct engine *e, struct session *s);
/* Only its inspection: the session ends, or a peer is told of it; the policy is yet to judge it. */
void engine_session_move(struct engine *e, struct session *s);

/* engine_norm.c: what the session's policy wants of its packets; inline and in inspected sessions only. */
/* Why p may not pass: asked before p moves any state. */
enum reason engine_norm_refuses(const struct engine *e, const struct session *s, const struct packet *p);
/* The same of a packet that would open a session under pol. */
enum reason engine_norm_refuses_new(const struct engine *e, const struct policy *pol, const struct packet *p);
/* p, as it came, passes; begun: e->rewrite has it with edits. What leaves, normalised and counted. */
struct verdict engine_leave(struct engine *e, const struct session *s, const struct packet *p, bool begun);

/* engine_rec.c */
void rec_session(struct engine *e, const struct session *s, struct rec *r, enum rec_kind k, enum dir d);
void rec_tell(struct engine *e, const struct session *s, struct rec *r);
/* Takes the session's next record number, wanted or not: ids do not depend on what is logged. Is it wanted? */
bool rec_begin(const struct engine *e, struct session *s, enum rec_kind k);

/* engine_tcp.c: a segment in its session. */
struct verdict engine_tcp(struct pass *w);

/* engine_frag.c */
enum err engine_frag_new(struct engine *e) MUST_USE;
/* p, a decoded fragment: it waits, or comes with the verdict on its datagram, whose decoded part p has then. */
struct verdict engine_fragment(struct engine *e, struct packet *p);
/* The capture's end: what waits is given up. */
void engine_frag_finish(struct engine *e);

/* engine.c */
/* A packet's verdict, told but not yet counted. */
struct verdict engine_judge(struct engine *e, struct packet *p);
void engine_tell_drop(struct pass *w, enum reason why, bool dropped);
/* A session for w->p, if a policy lets it. */
enum reason engine_open(struct pass *w);
/* Is the peer to get the session? */
bool engine_shares(const struct engine *e, const struct session *s, const struct policy *pol);
/* Something of what forwarding knows of s may have changed. */
void engine_touch(struct engine *e, struct session *s);
/* Of a touched session these sections too (bits of HA_SEC_...): one that is not named is taken for unchanged. */
static inline void engine_mark(struct session *s, unsigned parts)
{
	s->parts |= (uint16_t)parts;
}

#endif
