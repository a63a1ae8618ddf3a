/* engine.c - the packet's path, top-down; each stage is one call.
 *
 * decode (> fragments to datagrams) > session (> policy for a new one) > track > inspect > settle; of a TCP segment
 * engine_tcp.c is the path from track on. NAT, RPF, DoS and routes will stand between session and track, where
 * forwarding.md puts them.
 */
#include "ips/engine_int.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_PART = 8 /* of stream_memory: the lists of held segments */, TCP_PICKUP_PORT = 1024, TCP_EPHEMERAL_PORT = 32768 };

bool engine_shares(const struct engine *e, const struct session *s, const struct policy *pol)
{
	const bool tcp = s->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_;
	return pol->session_sync && (tcp ? e->gen->share_tcp : e->gen->share_rest);
}

static bool is_young(const struct engine *e, const struct session *s)
{
	return e->gen->share_after_ns != 0 && mono_diff(e->now, s->s.start) < e->gen->share_after_ns;
}

/* Its turn in the bulk is still to come: the peer, which is not whole before, gets it then, and sessions in their order. */
static bool is_in_line(const struct engine *e, const struct session *s)
{
	return e->bulk != NULL && s->s.serial >= e->bulk->s.serial && s->s.serial <= e->bulk_upto;
}

void engine_touch(struct engine *e, struct session *s)
{
	engine_mark(s, HA_PARTS_FORWARD & ~(1u << HA_SEC_fwd));
	if (e->ended == NULL || s->dirty) /* only where someone replicates */
		return;
	if (!s->unshared && !is_young(e, s) && !is_in_line(e, s)) {
		s->dirty = true;
		s->dirty_next = e->dirty;
		e->dirty = s;
	}
}

/* Sessions that have come of age since, silent or not, are for the peer. */
static void come_of_age(struct engine *e)
{
	for (; e->young != NULL && !is_young(e, e->young); e->young = session_next(e->sessions, e->young))
		engine_touch(e, e->young);
}

static void forget_dirty(struct engine *e, struct session *s)
{
	for (struct session **at = &e->dirty; s->dirty && *at != NULL; at = &(*at)->dirty_next) {
		if (*at == s) {
			*at = s->dirty_next;
			s->dirty = false;
			break;
		}
	}
}

/* The session table tells of each session that ends, before it is freed. */
static void on_session_end(void *arg, struct session *s, enum session_end why)
{
	struct engine *e = arg;
	if (s->ips != NULL && s->gen_nr != e->gen_nr)
		engine_session_move(e, s);
	struct insp *f = s->ips;
	if (f != NULL) {
		insp_flush(e, s);
		e->stats.services[f->s.proto]++;
		for (unsigned i = 0; i < f->s.tags.n; i++) {
			const tag_t t = f->s.tags.id[i];
			e->tag_count[(t & TAG_CUSTOM_BIT) != 0][t & ~TAG_CUSTOM_BIT]++;
		}
	} else {
		e->stats.services[PROTO_NONE]++;
	}
	if ((s->s.flags & SF_LOG) != 0 && rec_begin(e, s, REC_FLOW)) {
		struct rec r;
		rec_session(e, s, &r, REC_FLOW, DIR_ORIG);
		r.flow.end = (uint8_t)why;
		rec_tell(e, s, &r);
	}
	forget_dirty(e, s);
	if (e->bulk == s)
		e->bulk = session_next(e->sessions, s);
	if (e->young == s)
		e->young = session_next(e->sessions, s);
	if (e->ended != NULL)
		e->ended(e->ended_arg, s->s.serial);
	if (f != NULL) {
		insp_free(e, f);
		s->ips = NULL;
	}
}

/* Was this mid-stream packet sent by the server? A SYN+ACK says so; else the ports do (RFC 6335 6). */
static bool sent_by_server(const struct packet *p)
{
	if (p->tuple.proto == IPPROTO_TCP_ && (p->tcp.flags & TCP_SYN) != 0)
		return (p->tcp.flags & TCP_ACK) != 0;
	const uint16_t s = p->tuple.sport, d = p->tuple.dport;
	return (s < TCP_PICKUP_PORT && d >= TCP_PICKUP_PORT) || (s < TCP_EPHEMERAL_PORT && d >= TCP_EPHEMERAL_PORT);
}

/* The packet that would have opened the flow that p answers, as far as a policy looks at it. */
static struct packet opposite(const struct packet *p)
{
	struct packet q = *p;
	q.tuple = tuple_reverse(&p->tuple);
	q.ifin = p->ifout;
	q.ifout = p->ifin;
	return q;
}

enum reason engine_open(struct pass *w)
{
	struct engine *e = w->e;
	const bool tcp = w->p->tuple.proto == IPPROTO_TCP_;
	const bool syn = tcp && (w->p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
	w->dir = tcp && !syn && sent_by_server(w->p) ? DIR_REPLY : DIR_ORIG;
	const struct packet first = w->dir == DIR_ORIG ? *w->p : opposite(w->p);
	const struct policy *pol = policy_match(e->gen->policy, &first);
	if (pol->action == POLICY_DENY)
		return REASON_POLICY;
	if (tcp && !syn && !pol->without_syn)
		return REASON_NO_SESSION;
	const enum reason r = engine_norm_refuses_new(e, pol, w->p);
	if (r != REASON_NONE)
		return r;
	w->s = session_open(e->sessions, w->p, w->dir, pol->id, e->now);
	w->opened = true;
	if (w->s == NULL)
		return REASON_SESSION_FULL;
	e->stats.sessions++;
	engine_mark(w->s, HA_PARTS_ALL);
	if (e->gen->share_after_ns != 0 && e->young == NULL)
		e->young = w->s;
	w->s->gen_nr = e->gen_nr;
	w->s->unshared = !engine_shares(e, w->s, pol);
	if (pol->log_traffic)
		w->s->s.flags |= SF_LOG;
	if (pol->inspect && insp_new(e, w->s, pol) == NULL)
		e->stats.uninspected++;
	return REASON_NONE;
}

/* An ICMP error belongs to the packet it quotes (seed 002: one error for each packet). */
static enum reason icmp_error(struct pass *w)
{
	enum dir d;
	struct session *s = session_find(w->e->sessions, &w->p->quoted, &d);
	if (s == NULL) {
		const struct policy *pol = policy_match(w->e->gen->policy, w->p);
		return pol->action == POLICY_ACCEPT && pol->without_syn ? REASON_NONE : REASON_ICMP_ERROR;
	}
	engine_touch(w->e, s);
	return session_icmp_error(s, d) ? REASON_NONE : REASON_ICMP_ERROR;
}

static enum reason find_session(struct pass *w)
{
	struct engine *e = w->e;
	w->s = session_find(e->sessions, &w->p->tuple, &w->dir);
	/* Inline, another connection begins when its SYN is answered: see engine_tcp.c. */
	if (w->s != NULL && !e->gen->prevent && session_reopens(w->s, w->p)) {
		session_close(e->sessions, w->s, END_CLOSED);
		w->s = NULL;
	}
	if (w->s != NULL && w->s->gen_nr != e->gen_nr && !engine_session_change(e, w->s))
		w->s = NULL;
	return w->s != NULL ? REASON_NONE : engine_open(w);
}

static struct verdict settle(struct engine *e, struct verdict v)
{
	e->stats.held = frag_held(e->frags);
	if (v.held)
		return v;
	if (v.pass)
		e->stats.passed++;
	else
		e->stats.dropped++;
	e->stats.drops[v.reason]++;
	return v;
}

static struct verdict verdict_of(enum reason r)
{
	return (struct verdict){ .pass = r == REASON_NONE, .reason = r };
}

void engine_tell_drop(struct pass *w, enum reason why, bool dropped)
{
	if (!rec_begin(w->e, w->s, REC_DROP))
		return;
	struct rec r;
	if (w->s != NULL) {
		rec_session(w->e, w->s, &r, REC_DROP, w->dir);
	} else {
		memset(&r, 0, sizeof(r));
		r.kind = REC_DROP;
		r.owner = w->e->cfg.node;
		r.tuple = w->p->tuple;
		r.ifin = w->p->ifin;
		r.ifout = w->p->ifout;
	}
	r.dropped = dropped;
	r.would_drop = !dropped;
	r.code = why;
	rec_tell(w->e, w->s, &r);
}

static void advance(struct engine *e, mono_t now)
{
	if (mono_before(e->now, now))
		e->now = now;
	session_tick(e->sessions, e->now);
	frag_tick(e->frags, e->now);
	if (e->young != NULL)
		come_of_age(e);
}

static struct verdict in_session(struct pass *w)
{
	struct engine *e = w->e;
	const enum reason r = find_session(w);
	if (r != REASON_NONE)
		return verdict_of(r);
	if (w->p->tuple.proto == IPPROTO_TCP_)
		return engine_tcp(w);
	if (!w->opened)
		session_packet(e->sessions, w->s, w->dir, w->p, e->now);
	engine_touch(e, w->s);
	const struct verdict v = w->s->ips != NULL ? insp_packet(e, w->s, w->dir, w->p) : verdict_of(REASON_NONE);
	return v.pass ? engine_leave(e, w->s, w->p, false) : v;
}

struct verdict engine_judge(struct engine *e, struct packet *p)
{
	struct pass w = { .e = e, .p = p };
	struct verdict v = verdict_of(packet_decode(p));
	if (v.pass && p->fragment)
		return engine_fragment(e, p);
	if (v.pass)
		v = p->icmp_error ? verdict_of(icmp_error(&w)) : in_session(&w);
	else
		memset(&p->tuple, 0, sizeof(p->tuple)); /* what was decoded of it counts for nothing */
	if (v.pass)
		e->stats.bad_csum += p->bad_csum;
	else
		engine_tell_drop(&w, v.reason, true);
	return v;
}

struct verdict engine_packet(struct engine *e, struct packet *p)
{
	e->packet_nr = p->nr;
	advance(e, p->at);
	e->stats.packets++;
	e->stats.bytes += p->wire_len;
	return settle(e, engine_judge(e, p));
}

void engine_tick(struct engine *e, mono_t now)
{
	e->packet_nr = 0;
	advance(e, now);
	e->stats.held = frag_held(e->frags);
}

void engine_finish(struct engine *e)
{
	struct session *s;
	e->packet_nr = 0;
	engine_frag_finish(e);
	while ((s = session_next(e->sessions, NULL)) != NULL)
		session_close(e->sessions, s, END_CLEARED);
}

static enum err make_counters(struct engine *e)
{
	e->app_count = calloc(app_n() + 1, sizeof(*e->app_count));
	e->alert_count = calloc(sigset_n(e->gen->sigs) + 1, sizeof(*e->alert_count));
	if (e->app_count == NULL || e->alert_count == NULL)
		return ERR_NOMEM;
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++) {
		e->tag_count[t] = calloc((size_t)sigset_tags(e->gen->sigs, t)->nr + 1, sizeof(**e->tag_count));
		if (e->tag_count[t] == NULL)
			return ERR_NOMEM;
	}
	return OK;
}

static enum err make_parts(struct engine *e)
{
	const struct gen *g = e->gen;
	struct session_cfg sc;
	session_cfg_default(&sc);
	sc.key = hash_key_of_seed(e->cfg.seed);
	sc.max = g->max_sessions;
	memcpy(sc.timeout_s, g->timeout_s, sizeof(sc.timeout_s));
	e->sessions = session_table_new(&sc, e->now, on_session_end, e);
	e->bufs = bufpool_new(g->stream_memory - g->stream_memory / HELD_PART);
	if (e->sessions == NULL || e->bufs == NULL)
		return ERR_NOMEM;
	pool_init(&e->insp_pool, sizeof(struct insp), g->max_sessions);
	pool_init(&e->stack_pool, sizeof(struct stack), g->max_sessions);
	pool_init(&e->held_pool, sizeof(struct reasm_held), g->stream_memory / HELD_PART / sizeof(struct reasm_held) + 1);
	TRY(make_counters(e));
	TRY(engine_frag_new(e));
	return insp_matcher_new(g, &e->matcher);
}

enum err engine_new(const struct engine_cfg *cfg, const struct gen *gen, mono_t now, engine_rec_fn *on_rec, void *arg,
		    struct engine **out)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return ERR_NOMEM;
	e->cfg = *cfg;
	e->gen = gen;
	e->now = now;
	e->on_rec = on_rec;
	e->rec_arg = arg;
	engine_find_wants(e);
	const enum err er = make_parts(e);
	if (er != OK) {
		engine_free(e);
		return er;
	}
	*out = e;
	return OK;
}

static void drop_inspections(struct engine *e)
{
	for (struct session *s = session_next(e->sessions, NULL); s != NULL; s = session_next(e->sessions, s)) {
		if (s->gen_nr != e->gen_nr)
			engine_session_move(e, s);
		if (s->ips != NULL)
			insp_free(e, s->ips);
	}
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	if (e->sessions != NULL && e->bufs != NULL)
		drop_inspections(e);
	session_table_free(e->sessions);
	matcher_free(e->matcher);
	matcher_free(e->old_matcher);
	bufpool_free(e->bufs);
	frag_table_free(e->frags);
	pool_fini(&e->insp_pool);
	pool_fini(&e->stack_pool);
	pool_fini(&e->held_pool);
	free(e->app_count);
	free(e->alert_count);
	free(e->tag_count[TAGS_STOCK]);
	free(e->tag_count[TAGS_CUSTOM]);
	free(e);
}

const struct engine_stats *engine_stats(const struct engine *e)
{
	return &e->stats;
}

uint64_t engine_app_count(const struct engine *e, size_t app_index)
{
	return e->app_count[app_index];
}

uint64_t engine_alert_count(const struct engine *e, size_t sig_index)
{
	return e->alert_count[sig_index];
}

uint64_t engine_tag_count(const struct engine *e, tag_t t)
{
	return e->tag_count[(t & TAG_CUSTOM_BIT) != 0][t & ~TAG_CUSTOM_BIT];
}

void engine_on_bytes(struct engine *e, engine_bytes_fn *fn, void *arg)
{
	e->on_bytes = fn;
	e->bytes_arg = arg;
}

void engine_on_told(struct engine *e, engine_told_fn *fn, void *arg)
{
	e->on_told = fn;
	e->told_arg = arg;
	engine_find_wants(e);
}

void engine_doubt(struct engine *e)
{
	e->doubt_upto = session_last_serial(e->sessions);
}

uint64_t engine_doubt_upto(const struct engine *e)
{
	return e->doubt_upto;
}

struct session_table *engine_sessions(struct engine *e)
{
	return e->sessions;
}

const struct gen *engine_gen(const struct engine *e)
{
	return e->gen;
}

mono_t engine_now(const struct engine *e)
{
	return e->now;
}
