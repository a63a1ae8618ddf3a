/* engine_gen.c - another generation under a running engine: sessions change over one by one.
 *
 * With its next packet, or when its turn comes, a session is matched against the new policies (a session now denied ends),
 * and its pattern-match state moves: under equal signatures as it is, otherwise the streams go on as behind a
 * gap, tags are taken over by name, and the flow is flagged resumed-partial.
 */
#include "ips/engine_int.h"

#include <stdlib.h>
#include <string.h>

static uint64_t sig_hash(const struct gen *g)
{
	struct sigset_stat st;
	sigset_stat(g->sigs, &st);
	return st.hash;
}

/* --- counters ---------------------------------------------------------------------------------------------- */

struct counters {
	uint64_t *alert, *tag[TAG_TABLE_N];
};

static void counters_free(struct counters *c)
{
	free(c->alert);
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		free(c->tag[t]);
}

struct sig_key {
	uint32_t gid, sid;
	size_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct sig_key *x = a, *y = b;
	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	return x->sid < y->sid ? -1 : x->sid > y->sid;
}

static enum err move_alerts(const struct engine *e, const struct gen *to, uint64_t *out)
{
	const size_t n = sigset_n(e->gen->sigs);
	struct sig_key *old = calloc(n + 1, sizeof(*old));
	if (old == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct sig *s = sigset_at(e->gen->sigs, i);
		old[i] = (struct sig_key){ .gid = s->gid, .sid = s->sid, .index = i };
	}
	qsort(old, n, sizeof(*old), compare_keys);
	for (size_t i = 0; i < sigset_n(to->sigs); i++) {
		const struct sig *s = sigset_at(to->sigs, i);
		const struct sig_key key = { .gid = s->gid, .sid = s->sid }, *k = bsearch(&key, old, n, sizeof(*old), compare_keys);
		out[i] = k != NULL ? e->alert_count[k->index] : 0;
	}
	free(old);
	return OK;
}

/* What both sets know goes on counting. */
static enum err counters_move(const struct engine *e, const struct gen *to, struct counters *c)
{
	*c = (struct counters){ .alert = calloc(sigset_n(to->sigs) + 1, sizeof(*c->alert)) };
	if (c->alert == NULL)
		return ERR_NOMEM;
	TRY(move_alerts(e, to, c->alert));
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++) {
		const struct tag_table *tt = sigset_tags(to->sigs, t);
		c->tag[t] = calloc((size_t)tt->nr + 1, sizeof(**c->tag));
		if (c->tag[t] == NULL)
			return ERR_NOMEM;
		for (unsigned i = 0; i < tt->nr; i++) {
			const tag_t old = sigset_tag_find(e->gen->sigs, t, tt->name[i]);
			c->tag[t][i] = old != TAG_NONE ? engine_tag_count(e, old) : 0;
		}
	}
	return OK;
}

/* --- one session ------------------------------------------------------------------------------------------- */

/* Under other signatures numbers name other tags. */
static void rename_tags(const struct engine *e, struct tagset *tags)
{
	const struct tagset old = *tags;
	tags->n = 0;
	for (unsigned i = 0; i < old.n; i++) {
		const enum tag_table_id t = (old.id[i] & TAG_CUSTOM_BIT) != 0 ? TAGS_CUSTOM : TAGS_STOCK;
		const tag_t now = sigset_tag_find(e->gen->sigs, t, sigset_tag_name(e->old_gen->sigs, old.id[i]));
		if (now != TAG_NONE && tagset_set(tags, now) != OK)
			break; /* no larger than it was */
	}
}

/* Equal signatures: the state is the same one in another matcher. */
static bool move_match(struct engine *e, struct insp *f)
{
	struct match_flow moved;
	struct buf b[DIR_N] = { { 0 }, { 0 } };
	bool ok = true;
	match_flow_init(&moved);
	moved.s = f->match.s;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		ok = ok && match_export(e->old_matcher, &f->match, d, e->bufs, &b[d]) == OK &&
		     match_import(e->matcher, &moved, d, buf_span(&b[d])) == OK;
		buf_clear(e->bufs, &b[d]);
	}
	match_flow_fini(e->old_matcher, &f->match);
	f->match = moved;
	return ok;
}

static void change_match(struct engine *e, struct insp *f)
{
	bool moved = false;
	if (e->same_sigs) {
		moved = move_match(e, f);
	} else {
		match_flow_fini(e->old_matcher, &f->match);
		match_flow_init(&f->match);
		rename_tags(e, &f->s.tags);
	}
	if (moved)
		return;
	f->s.partial = true;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		match_gap(e->matcher, &f->match, d);
}

/* The packet that would open the session today, as far as a policy looks at it. */
static const struct policy *policy_today(const struct engine *e, const struct session *s)
{
	const struct packet first = { .tuple = s->s.tuple[DIR_ORIG], .ifin = s->s.ifin[DIR_ORIG], .ifout = s->s.ifin[DIR_REPLY] };
	return policy_match(e->gen->policy, &first);
}

void engine_session_move(struct engine *e, struct session *s)
{
	struct insp *f = s->ips;
	if (f == NULL || f->gen_nr == e->gen_nr)
		return;
	f->gen_nr = e->gen_nr;
	change_match(e, f);
	insp_find_ruled(e, s, f);
	f->policy = policy_today(e, s);
	engine_mark(s, HA_PARTS_ALL);
}

bool engine_session_change(struct engine *e, struct session *s)
{
	const struct policy *pol = policy_today(e, s);
	engine_session_move(e, s);
	if (pol->action == POLICY_DENY && session_larval(e->sessions, s))
		return true; /* the peer's to end; if that dies before, the next packet has it judged here */
	s->gen_nr = e->gen_nr;
	if (pol->action == POLICY_DENY) {
		session_close(e->sessions, s, END_CLEARED);
		return false;
	}
	s->s.policy_id = pol->id;
	s->unshared = !engine_shares(e, s, pol);
	if (s->ips == NULL && pol->inspect && insp_new(e, s, pol) == NULL)
		e->stats.uninspected++;
	engine_mark(s, HA_PARTS_ALL);
	engine_touch(e, s);
	return true;
}

/* --- the whole --------------------------------------------------------------------------------------------- */

enum err engine_set_gen(struct engine *e, const struct gen *g)
{
	struct counters c;
	struct matcher *m = NULL;
	if (e->old_gen != NULL)
		return ERR_EXISTS;
	enum err er = counters_move(e, g, &c);
	if (er == OK)
		er = insp_matcher_new(g, &m);
	if (er != OK) {
		counters_free(&c);
		return er;
	}
	counters_free(&(struct counters){ e->alert_count, { e->tag_count[TAGS_STOCK], e->tag_count[TAGS_CUSTOM] } });
	e->alert_count = c.alert;
	memcpy(e->tag_count, c.tag, sizeof(e->tag_count));
	e->same_sigs = sig_hash(g) == sig_hash(e->gen);
	e->old_gen = e->gen;
	e->old_matcher = e->matcher;
	e->gen = g;
	e->matcher = m;
	e->gen_nr++;
	engine_find_wants(e);
	e->change_mark = session_mark(e->sessions);
	session_set_timeouts(e->sessions, g->timeout_s);
	return OK;
}

static void change_done(struct engine *e)
{
	session_unmark(e->sessions, e->change_mark);
	matcher_free(e->old_matcher);
	e->old_matcher = NULL;
	e->old_gen = NULL;
}

bool engine_change(struct engine *e, unsigned max)
{
	struct session *s = NULL;
	for (; e->old_gen != NULL && max > 0; max--) {
		if (session_mark_next(e->sessions, e->change_mark, &s) != OK)
			e->change_mark = session_mark(e->sessions); /* it gave way to others: from the beginning */
		else if (s == NULL)
			change_done(e);
		else if (s->gen_nr != e->gen_nr)
			(void)engine_session_change(e, s);
	}
	return e->old_gen == NULL;
}

bool engine_changed(const struct engine *e)
{
	return e->old_gen == NULL;
}
