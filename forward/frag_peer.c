/* frag_peer.c - what waits and what is remembered, to the peer and from it: each fragment once. */
#include <string.h>

#include "forward/frag_int.h"

/* --- out -------------------------------------------------------------------------------------------------- */

static void tell_all(struct frag_table *t, struct list *l)
{
	LIST_FOREACH(it, l) {
		struct frag_datagram *d = LIST_ENTRY(it, struct frag_datagram, node);
		d->told = false;
		d->n_told = 0;
		frag_changed(t, d, false);
	}
}

/* Nobody has to know that it is gone any more. */
static void bury(struct frag_table *t, struct frag_datagram *d)
{
	list_remove(&d->dirty);
	pool_put(&t->pool, d);
}

void frag_follow(struct frag_table *t, bool on)
{
	t->follows = on;
	while (!list_empty(&t->ended))
		bury(t, LIST_ENTRY(t->ended.next, struct frag_datagram, dirty));
	while (!list_empty(&t->dirty))
		list_remove(t->dirty.next);
	if (!on)
		return;
	tell_all(t, &t->waiting);
	tell_all(t, &t->known);
}

bool frag_pending(const struct frag_table *t)
{
	return !list_empty(&t->dirty) || !list_empty(&t->ended);
}

static void tell_parts(struct frag_datagram *d, struct frag_message *m)
{
	unsigned nr = 0;
	m->first = d->n_told;
	m->n = 0;
	LIST_FOREACH(it, &d->parts) {
		const struct frag_part *q = LIST_ENTRY(it, const struct frag_part, node);
		if (nr++ < d->n_told || m->n == FRAG_TELL_MAX)
			continue;
		m->part[m->n++] = (struct frag_told){ .nr = q->nr, .wire_len = q->wire_len, .held = q->held, .ip = q->ip };
	}
	d->n_told = (uint16_t)(d->n_told + m->n);
}

bool frag_next(struct frag_table *t, struct frag_message *m)
{
	if (!frag_pending(t))
		return false;
	const struct list *l = list_empty(&t->ended) ? &t->dirty : &t->ended;
	struct frag_datagram *d = LIST_ENTRY(l->next, struct frag_datagram, dirty);
	m->i = d->i;
	tell_parts(d, m);
	d->told = true;
	if (d->i.state == FRAG_GONE)
		bury(t, d);
	else if (d->n_told == d->n)
		list_remove(&d->dirty);
	return true;
}

/* --- in --------------------------------------------------------------------------------------------------- */

static bool is_fragment(const struct frag_told *q, const struct frag_key *k, struct packet *p)
{
	*p = (struct packet){ .data = q->ip.p, .len = q->ip.len, .wire_len = q->wire_len, .csum_lenient = true, .nr = q->nr };
	if (packet_decode(p) != REASON_NONE || !p->fragment || frag_is_tiny(p) || p->ip_len != q->wire_len)
		return false;
	p->tuple.vdom = k->vdom;
	const struct frag_key of = frag_key_of(p);
	return memcmp(&of, k, sizeof(of)) == 0;
}

enum err frag_check(const struct frag_message *m)
{
	struct packet p;
	const struct frag_info *i = &m->i;
	const bool refused = i->state == FRAG_REFUSED;
	if ((i->key.family != 4 && i->key.family != 6) || refused != (i->reason != REASON_NONE && i->state != FRAG_GONE))
		return ERR_RANGE;
	if ((i->state == FRAG_PASSED && !i->known) || m->first + m->n > FRAG_PARTS_MAX)
		return ERR_RANGE;
	for (unsigned k = 0; k < m->n; k++)
		if (i->state != FRAG_WAITING || !is_fragment(&m->part[k], &i->key, &p))
			return ERR_RANGE;
	return OK;
}

static enum err import_parts(struct frag_table *t, struct frag_datagram *d, const struct frag_message *m)
{
	struct packet p;
	bool copy;
	if (m->i.state != FRAG_WAITING || m->first == 0)
		frag_empty(t, d);
	if (m->first != d->n)
		return ERR_MISMATCH;
	for (unsigned k = 0; k < m->n; k++) {
		if (!is_fragment(&m->part[k], &m->i.key, &p) || frag_fits(d, &p, &copy) != REASON_NONE)
			return ERR_MISMATCH;
		if (!frag_keep(t, d, &p, m->part[k].held))
			return ERR_FULL;
	}
	return OK;
}

enum err frag_import(struct frag_table *t, const struct frag_message *m)
{
	TRY(frag_check(m));
	struct frag_datagram *d = frag_find(t, &m->i.key);
	if (m->i.state == FRAG_GONE) {
		if (d != NULL)
			frag_forget(t, d);
		return OK;
	}
	if (d == NULL)
		d = frag_make(t, &m->i.key);
	if (d == NULL)
		return ERR_FULL;
	const enum frag_state s = (enum frag_state)m->i.state, was = (enum frag_state)d->i.state;
	d->i = m->i;
	d->i.state = (uint8_t)was;
	frag_set_state(t, d, s);
	return import_parts(t, d, m);
}
