/* ha_resend.c - see ha_resend.h. A ring of octets in which no batch is torn: one that does not fit before the end starts anew. */
#include "hacache/ha_resend.h"

#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

enum err ha_resend_new(size_t octets, uint32_t batches, struct ha_resend *q)
{
	*q = (struct ha_resend){ .cap = octets, .n_max = batches, .first = 1 };
	q->mem = malloc(octets);
	q->entry = malloc(batches * sizeof(*q->entry));
	if (q->mem != NULL && q->entry != NULL)
		return OK;
	ha_resend_fini(q);
	return ERR_NOMEM;
}

void ha_resend_fini(struct ha_resend *q)
{
	free(q->mem);
	free(q->entry);
	*q = (struct ha_resend){ .first = 1 };
}

static struct ha_resend_entry *entry(const struct ha_resend *q, uint64_t seq)
{
	return &q->entry[seq & (q->n_max - 1)];
}

static bool empty(const struct ha_resend *q)
{
	return q->first > q->last;
}

static void drop_first(struct ha_resend *q)
{
	q->octets -= entry(q, q->first)->len;
	q->first++;
	if (empty(q))
		q->end = 0; /* what is used again and again stays in the caches */
}

static void evict(struct ha_resend *q)
{
	q->n_evicted++;
	drop_first(q);
}

/* A place of len octets: at the end, or at the start with what is there evicted. */
static size_t place(struct ha_resend *q, size_t len)
{
	size_t at = q->end;
	if (q->cap - at < len) {
		/* from at on nothing younger follows: those behind it are the oldest */
		while (!empty(q) && entry(q, q->first)->at >= at)
			evict(q);
		at = 0;
	}
	while (!empty(q)) {
		const struct ha_resend_entry *e = entry(q, q->first);
		if (e->at < at || e->at >= at + len)
			break;
		evict(q);
	}
	return empty(q) ? 0 : at;
}

void ha_resend_put(struct ha_resend *q, uint64_t seq, struct span octets)
{
	const bool fits = octets.len <= q->cap;
	while (!empty(q) && (!fits || q->last - q->first + 1 >= q->n_max))
		evict(q);
	q->n_evicted += !fits;
	const size_t at = fits ? place(q, octets.len) : 0;
	if (empty(q))
		q->first = fits ? seq : seq + 1;
	q->last = seq;
	if (!fits)
		return;
	struct wr w = wr_of(q->mem + at, octets.len);
	wr_bytes(&w, octets.p, octets.len);
	*entry(q, seq) = (struct ha_resend_entry){ .at = at, .len = octets.len };
	q->end = at + octets.len;
	q->octets += octets.len;
}

void ha_resend_done(struct ha_resend *q, uint64_t seq)
{
	while (!empty(q) && q->first <= seq)
		drop_first(q);
}

bool ha_resend_get(const struct ha_resend *q, uint64_t seq, struct span *octets)
{
	if (empty(q) || seq < q->first || seq > q->last)
		return false;
	*octets = span_of(q->mem + entry(q, seq)->at, entry(q, seq)->len);
	return true;
}
