/* engine_rig.h - an engine under a few policies and rules of a test's own, fed with packets that pktbuild.h makes.
 *
 *   rig_new(&r, &(struct rig_opts){ .rules = "...", .prevent = true });
 *   rig_tcp(&r, DIR_ORIG, TCP_SYN, 100, 0, "");      -> the reason it was dropped for, or REASON_NONE
 *   CU_ASSERT_STRING_EQUAL(rig_told(&r), "alert 1\n");
 */
#ifndef TESTS_UNIT_ENGINE_RIG_H
#define TESTS_UNIT_ENGINE_RIG_H

#include "ips/engine_int.h"
#include "ips/eve.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

enum { RIG_REC_ALL = (1 << REC_N) - 1 };

struct rig_opts {
	const char *rules, *custom;
	const struct policy_rule *policies; /* NULL: all is accepted, inspected, picked up mid-stream */
	size_t n_policies;
	enum policy_prefer prefer;
	bool prevent;
	uint64_t ignore_after, stream_memory;
	uint32_t max_sessions, budget, tsdu_max;
	uint32_t quiet; /* 1 << kind: records not wanted */
	char (*ifname)[16]; /* as in gen.h; lent */
	uint32_t n_ifname;
};

struct rig {
	struct gen gen;
	struct engine *e;
	struct outbuf told; /* a line a record */
	uint64_t sum;       /* of all that EVE shows of the records */
	struct rec last[REC_N];
	unsigned n[REC_N];
	mono_t now;
	uint64_t nr;
	uint16_t cport, sport;
	int family;
};

static inline void rig_refused(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	printf("# %s:%u: %s\n", file, line, text);
	CU_FAIL("a rule of the test's own is refused");
}

/* What the record is about, in a few words. */
static inline void rig_rec(void *arg, const struct rec *r)
{
	struct rig *g = arg;
	CU_ASSERT_FATAL(r->kind < REC_N);
	struct outbuf line = { 0 };
	eve_line(r, &g->gen, &line);
	g->sum = hash_fnv(g->sum, line.p, line.len);
	outbuf_free(&line);
	g->last[r->kind] = *r;
	g->n[r->kind]++;
	const char *way = r->dir == DIR_REPLY ? " <" : "";
	switch ((enum rec_kind)r->kind) {
	case REC_ALERT:
		outbuf_fmt(&g->told, "alert %u%s%s%s\n", r->sid, way, r->dropped ? " dropped" : "",
			   r->would_drop ? " would drop" : "");
		break;
	case REC_APP:
		outbuf_fmt(&g->told, "app %s%s\n", app_by_id(r->app) != NULL ? app_by_id(r->app)->name : "?", way);
		break;
	case REC_ANOMALY:
		outbuf_fmt(&g->told, "anomaly %s%s\n", anomaly_name(r->code), way);
		break;
	case REC_DROP:
		outbuf_fmt(&g->told, "%s %s%s\n", r->dropped ? "drop" : "would drop", reason_name(r->code), way);
		break;
	case REC_FLOW:
		outbuf_fmt(&g->told, "flow %llu end %u\n", (unsigned long long)r->serial, r->flow.end);
		break;
	case REC_N:
		break;
	}
}

static inline void rig_gen(struct gen *g, const struct rig_opts *o)
{
	const struct policy_rule all = { .id = 1,
					 .action = POLICY_ACCEPT,
					 .inspect = true,
					 .without_syn = true,
					 .session_sync = true,
					 .log_traffic = true,
					 .prefer = o->prefer,
					 .sensor = -1 };
	const struct sig_source src[] = { { "t.rules", o->rules != NULL ? o->rules : "", false },
					  { "c.rules", o->custom != NULL ? o->custom : "", true } };
	const struct sig_var vars[] = { { "HOME_NET", "any" }, { "EXTERNAL_NET", "any" } };
	struct session_cfg sc;
	session_cfg_default(&sc);
	*g = (struct gen){ .limits = dec_limits_default, .prevent = o->prevent, .ignore_after = o->ignore_after };
	g->share_tcp = g->share_rest = true;
	g->ifname = o->ifname;
	g->n_ifname = o->n_ifname;
	memcpy(g->timeout_s, sc.timeout_s, sizeof(g->timeout_s));
	g->max_sessions = o->max_sessions != 0 ? o->max_sessions : 64;
	g->stream_memory = o->stream_memory != 0 ? o->stream_memory : 4 << 20;
	g->budget = o->budget != 0 ? o->budget : 1 << 20;
	if (o->tsdu_max != 0)
		g->limits.tsdu_max = o->tsdu_max;
	const struct policy_rule *rules = o->policies != NULL ? o->policies : &all;
	CU_ASSERT_EQUAL_FATAL(policy_set_new(rules, o->policies != NULL ? o->n_policies : 1, &g->policy), OK);
	CU_ASSERT_EQUAL_FATAL(sigset_new(src, ARRAY_LEN(src), vars, ARRAY_LEN(vars), rig_refused, NULL, &g->sigs), OK);
}

static inline void rig_gen_free(struct gen *g)
{
	policy_set_free(g->policy);
	sigset_free(g->sigs);
}

static inline void rig_engine(struct rig *g, const struct rig_opts *o)
{
	const struct engine_cfg cfg = { .seed = 3, .node = 7, .rec_mask = RIG_REC_ALL & ~o->quiet };
	g->now = mono_ns(1000 * NS_PER_SEC);
	g->cport = 57218;
	g->sport = 102;
	g->family = 4;
	CU_ASSERT_EQUAL_FATAL(engine_new(&cfg, &g->gen, g->now, rig_rec, g, &g->e), OK);
}

static inline void rig_new(struct rig *g, const struct rig_opts *o)
{
	memset(g, 0, sizeof(*g));
	rig_gen(&g->gen, o);
	rig_engine(g, o);
}

/* Nothing is left once every session has ended. */
static inline void rig_engine_end(struct rig *g)
{
	engine_finish(g->e);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g->e)), 0);
	CU_ASSERT_EQUAL(bufpool_used(g->e->bufs), 0);
	CU_ASSERT_EQUAL(g->e->insp_pool.n_used, 0);
	CU_ASSERT_EQUAL(g->e->stack_pool.n_used, 0);
	CU_ASSERT_EQUAL(g->e->held_pool.n_used, 0);
	CU_ASSERT_PTR_NULL(g->e->dirty);
	const struct engine_stats *st = engine_stats(g->e);
	CU_ASSERT_EQUAL(st->passed + st->dropped, st->packets);
	engine_free(g->e);
	g->e = NULL;
	outbuf_free(&g->told);
}

static inline void rig_end(struct rig *g)
{
	rig_engine_end(g);
	rig_gen_free(&g->gen);
}

/* The lines told since the last call. */
static inline const char *rig_told(struct rig *g)
{
	static char text[1 << 15];
	snprintf(text, sizeof(text), "%s", g->told.p != NULL ? g->told.p : "");
	outbuf_clear(&g->told);
	return text;
}

static inline enum reason rig_packet(struct rig *g, struct packet p)
{
	p.at = g->now;
	p.nr = ++g->nr;
	p.ifin = p.ifin != 0 ? p.ifin : 1;
	const struct verdict v = engine_packet(g->e, &p);
	CU_ASSERT_EQUAL(v.pass || v.held, v.reason == REASON_NONE);
	return v.reason;
}

static inline void rig_later(struct rig *g, int64_t ms)
{
	g->now = mono_add(g->now, ms * NS_PER_MS);
}

static inline struct packet rig_build(struct pkt *k, const struct rig *g, enum dir d, const struct pkt_tcp *t)
{
	struct pkt_tcp h = *t;
	h.sport = d == DIR_ORIG ? g->cport : g->sport;
	h.dport = d == DIR_ORIG ? g->sport : g->cport;
	h.win = 1000;
	struct packet p = pkt_segment(k, g->family, d == DIR_REPLY, &h);
	p.ifin = d == DIR_ORIG ? 10 : 9;
	p.ifout = d == DIR_ORIG ? 9 : 10;
	return p;
}

static inline enum reason rig_bytes(struct rig *g, enum dir d, uint8_t flags, uint32_t seq, uint32_t ack, struct span s)
{
	struct pkt k;
	return rig_packet(
		g, rig_build(&k, g, d, &(struct pkt_tcp){ .seq = seq, .ack = ack, .flags = flags, .data = s.p, .n_data = s.len }));
}

static inline enum reason rig_tcp(struct rig *g, enum dir d, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	return rig_bytes(g, d, flags, seq, ack, span_of(text, strlen(text)));
}

/* SYN, SYN+ACK, ACK: the streams begin at 101 and 501. */
static inline void rig_open(struct rig *g)
{
	CU_ASSERT_EQUAL(rig_tcp(g, DIR_ORIG, TCP_SYN, 100, 0, ""), REASON_NONE);
	CU_ASSERT_EQUAL(rig_tcp(g, DIR_REPLY, TCP_SYN | TCP_ACK, 500, 101, ""), REASON_NONE);
	CU_ASSERT_EQUAL(rig_tcp(g, DIR_ORIG, TCP_ACK, 101, 501, ""), REASON_NONE);
}

static inline struct session *rig_first(struct rig *g)
{
	return session_next(engine_sessions(g->e), NULL);
}

#endif
