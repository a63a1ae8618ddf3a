/* match.c - a worker's matcher: rules of events and datagrams, which Hyperscan scans in block mode. */
#include "sigs/match.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#include "sigs/match_int.h"

static enum err new_scratch(struct matcher *m)
{
	for (enum sig_db d = SIGD_STREAM; d < SIGD_N; d++) {
		if (m->set->db[d].hs != NULL && hs_alloc_scratch(m->set->db[d].hs, &m->scratch) != HS_SUCCESS)
			return ERR_NOMEM;
	}
	return OK;
}

static enum err fill(struct matcher *m)
{
	const size_t n = (size_t)m->set->n + 1;
	m->seen = calloc(n, sizeof(*m->seen));
	m->touched = calloc(n, sizeof(*m->touched));
	m->cand = calloc(n, sizeof(*m->cand));
	m->parted = calloc(m->set->n_fields / 64 + 1, sizeof(*m->parted));
	if (m->seen == NULL || m->touched == NULL || m->cand == NULL || m->parted == NULL)
		return ERR_NOMEM;
	TRY(new_scratch(m));
	return match_stream_new(m);
}

enum err matcher_new(const struct sigset *set, uint32_t streams_max, match_hit_fn *on_hit, struct matcher **out)
{
	struct matcher *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return ERR_NOMEM;
	m->set = set;
	m->on_hit = on_hit;
	m->streams_max = streams_max;
	const enum err e = fill(m);
	if (e != OK) {
		matcher_free(m);
		return e;
	}
	*out = m;
	return OK;
}

void matcher_free(struct matcher *m)
{
	if (m == NULL)
		return;
	match_stream_free(m);
	(void)hs_free_scratch(m->scratch);
	free(m->seen);
	free(m->touched);
	free(m->cand);
	free(m->parted);
	free(m);
}

void matcher_stat(const struct matcher *m, struct matcher_stat *st)
{
	*st = m->stat;
}

/* --- a block ------------------------------------------------------------------------------------- */

struct block_scan {
	struct matcher *m;
	const struct sig_chains *db;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	const struct block_scan *b = ctx;
	const uint32_t rule = b->db->rule[id]->pub.index;
	(void)from;
	(void)to;
	(void)flags;
	if (b->m->seen[rule] == 0)
		b->m->touched[b->m->n_touched++] = rule;
	b->m->seen[rule] |= UINT32_C(1) << b->db->bit[id];
	return 0;
}

/* Fills seen and cand: rules whose wanted chains are all there, in order. */
static uint32_t scan(struct matcher *m, enum sig_db d, struct span block)
{
	struct block_scan b = { .m = m, .db = &m->set->db[d] };
	uint32_t n = 0;
	if (b.db->hs == NULL || block.len == 0 || block.len > UINT32_MAX)
		return 0;
	if (hs_scan(b.db->hs, (const char *)block.p, (unsigned)block.len, 0, m->scratch, on_match, &b) != HS_SUCCESS)
		m->stat.scan_errors++;
	for (uint32_t i = 0; i < m->n_touched; i++) {
		const struct sig_rule *r = m->set->rule[m->touched[i]];
		if (r->want != 0 && (m->seen[r->pub.index] & r->want) == r->want)
			m->cand[n++] = r->pub.index;
	}
	match_sort(m->cand, n);
	return n;
}

static void forget(struct matcher *m)
{
	while (m->n_touched > 0)
		m->seen[m->touched[--m->n_touched]] = 0;
}

/* --- rules in order ------------------------------------------------------------------------------ */

/* One rule's turn; true when a pass rule fired, which ends the event, datagram or flow opening. */
static bool turn(struct matcher *m, const struct sig_rule *r, const struct match_on *on, void *arg)
{
	/* Tags first: most rules that wait for one fail there, and it costs the least. */
	if ((m->seen[r->pub.index] & r->deny) != 0 || !match_rule_tags(r, on) || !match_rule_static(r, on) ||
	    !match_rule_holds(m, r, on))
		return false;
	match_rule_fire(m, r, on, arg);
	return r->pub.action == SIG_PASS;
}

/* A list's rules and the candidates of the scan, both in order, as one. */
static void run(struct matcher *m, const struct sig_list *l, uint32_t n_cand, const struct match_on *on, void *arg)
{
	uint32_t i = 0, k = 0;
	while (i < l->n || k < n_cand) {
		const bool listed = i < l->n && (k == n_cand || l->v[i] < m->cand[k]);
		const struct sig_rule *r = m->set->rule[listed ? l->v[i++] : m->cand[k++]];
		if (on->ev != NULL && !sig_has_event(r, on->ev->id))
			continue;
		if (turn(m, r, on, arg))
			return;
	}
}

void match_open(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, void *arg)
{
	(void)f;
	const struct match_on on = { .sf = sf, .dir = d };
	run(m, &m->set->open, 0, &on, arg);
}

/* Rules of ip headers alone had their turn when the flow was opened, if there is one. */
static void run_packet(struct matcher *m, bool has_flow, uint32_t n_cand, const struct match_on *on, void *arg)
{
	const struct sig_list *l = &m->set->packet;
	uint32_t i = 0, k = 0;
	while (i < l->n || k < n_cand) {
		const bool listed = i < l->n && (k == n_cand || l->v[i] < m->cand[k]);
		const struct sig_rule *r = m->set->rule[listed ? l->v[i++] : m->cand[k++]];
		if (has_flow && r->proto == SIGP_IP && r->n_contents == 0 && !r->has_size)
			continue;
		if (turn(m, r, on, arg))
			return;
	}
}

void match_packet(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, struct span payload, void *arg)
{
	const struct match_on on = { .sf = sf, .dir = d, .len = payload.len };
	const uint32_t n = scan(m, SIGD_PACKET, payload);
	run_packet(m, f != NULL, n, &on, arg);
	forget(m);
}

/* --- events -------------------------------------------------------------------------------------- */

static void note_fields(struct matcher *m, const struct sig_list *l, const struct dec_event *ev, const char *app)
{
	for (uint32_t i = 0; i < l->n; i++) {
		const struct sig_rule *r = m->set->rule[l->v[i]];
		for (unsigned k = 0; k < r->n_fields; k++) {
			const uint32_t nr = r->field0 + k;
			if (sig_field_found(&r->field[k], ev->fields, app))
				m->parted[nr / 64] |= UINT64_C(1) << (nr % 64);
		}
	}
}

/* An event told in parts is decided with its last; until then what its fields satisfy is noted. */
static bool is_last_part(struct matcher *m, const struct dec_event *ev, const char *app)
{
	if ((ev->flags & EV_CONT) == 0)
		m->parting = false;
	if ((ev->flags & EV_MORE) == 0)
		return true;
	if (!m->parting)
		memset(m->parted, 0, (m->set->n_fields / 64 + 1) * sizeof(*m->parted));
	m->parting = true;
	note_fields(m, &m->set->event[ev->id], ev, app);
	note_fields(m, &m->set->parted[ev->id], ev, app);
	return false;
}

void match_event(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, const struct dec_event *ev, const char *app,
		 void *arg)
{
	(void)f;
	if (ev->id >= EV_N || m->set->cares[ev->id] == 0 || !is_last_part(m, ev, app))
		return;
	const struct match_on on = { .sf = sf, .dir = ev->dir, .ev = ev, .app = app, .len = ev->pdu.len };
	const uint32_t n = m->set->scan_event[ev->id] ? scan(m, SIGD_EVENT, ev->pdu) : 0;
	run(m, &m->set->event[ev->id], n, &on, arg);
	forget(m);
	m->parting = false;
}

void match_anomaly(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, const char *name, void *arg)
{
	(void)f;
	const struct match_on on = { .sf = sf, .dir = d };
	for (uint32_t i = 0; i < m->set->n_anomalies; i++) {
		if (strcmp(m->set->anomaly[i].name, name) == 0)
			run(m, &m->set->anomaly[i].rules, 0, &on, arg);
	}
}
