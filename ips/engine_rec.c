/* engine_rec.c - log records: filled from the session, numbered within it, handed to whoever asked. */
#include <string.h>

#include "ips/engine_int.h"

static bool is_logged(const struct engine *e, enum rec_kind k)
{
	return (e->cfg.rec_mask >> k & 1) != 0;
}

bool rec_begin(const struct engine *e, struct session *s, enum rec_kind k)
{
	struct insp *f = s != NULL ? s->ips : NULL;
	if (f != NULL) {
		f->s.n_recs++;
		engine_mark(s, 1u << HA_SEC_insp);
	}
	return is_logged(e, k);
}

void rec_session(struct engine *e, const struct session *s, struct rec *r, enum rec_kind k, enum dir d)
{
	const struct session_state *st = &s->s;
	const struct insp *f = s->ips;
	memset(r, 0, sizeof(*r));
	r->kind = (uint8_t)k;
	r->dir = (uint8_t)d;
	r->serial = st->serial;
	r->tuple = st->tuple[DIR_ORIG];
	r->ifin = st->ifin[d];
	r->ifout = st->ifin[dir_other(d)];
	r->vlan = st->vlan;
	r->policy_id = st->policy_id;
	r->owner = e->cfg.node;
	if (f != NULL) {
		r->proto = f->s.proto;
		r->app = f->s.last_app != 0 ? f->s.last_app : f->s.app;
		r->owner = f->s.owner;
	}
	if (k == REC_FLOW) {
		for (enum dir i = DIR_ORIG; i < DIR_N; i++) {
			r->flow.bytes[i] = st->n[i].bytes;
			r->flow.packets[i] = st->n[i].packets;
		}
		r->flow.start = st->start;
		r->flow.last = st->last;
		r->flow.proto_state = (uint8_t)session_proto_state(s);
		r->flow.n_alerts = f != NULL ? f->s.n_alerts : 0;
	}
}

void rec_tell(struct engine *e, const struct session *s, struct rec *r)
{
	const struct insp *f = s != NULL ? s->ips : NULL;
	r->at = e->now;
	r->packet_nr = e->packet_nr;
	if (f != NULL)
		r->nr = f->s.n_recs;
	e->on_rec(e->rec_arg, r);
}

static uint8_t concerns(const struct engine *e, enum event_id ev)
{
	const struct app *a = app_of_event(ev), *mms = app_of_proto(PROTO_MMS);
	unsigned c = e->on_told != NULL ? CONCERNS_LISTENER : 0;
	if (a != NULL)
		c |= mms != NULL && a->parent == mms->id ? CONCERNS_APP | CONCERNS_MMS : CONCERNS_APP;
	if (sigset_cares(e->gen->sigs, ev) != 0 || (e->old_gen != NULL && sigset_cares(e->old_gen->sigs, ev) != 0))
		c |= CONCERNS_RULES;
	return (uint8_t)c;
}

static bool is_wanted(const struct engine *e, const struct gen *g, enum event_id ev)
{
	const unsigned cares = g != NULL ? sigset_cares(g->sigs, ev) : 0;
	return (cares & SIG_CARES_FIELDS) != 0 || (cares != 0 && is_logged(e, REC_ALERT)) ||
	       (app_of_event(ev) != NULL && is_logged(e, REC_APP));
}

void engine_find_wants(struct engine *e)
{
	memset(e->wants, 0, sizeof(e->wants));
	for (enum event_id ev = 0; ev < EV_N; ev++) {
		e->concerns[ev] = concerns(e, ev);
		if (e->on_told != NULL || is_wanted(e, e->gen, ev) || is_wanted(e, e->old_gen, ev))
			e->wants[ev / 64] |= UINT64_C(1) << (ev % 64);
	}
}
