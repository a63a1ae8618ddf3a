/* ha_stage.c - see ha_stage.h. */
#include "hacache/ha_stage.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/wr.h"
#include "hacache/ha_wire.h"

enum { STAGE_START = 256 * 1024 };

void ha_stage_fini(struct ha_stage *s)
{
	free(s->mem);
	*s = (struct ha_stage){ 0 };
}

void ha_stage_clear(struct ha_stage *s)
{
	s->len = s->head = s->scanned = 0;
	s->stray = false;
}

enum err ha_stage_add(struct ha_stage *s, struct span in)
{
	if (in.len > HA_BATCH_MAX - s->len)
		return ERR_FULL;
	while (s->cap - s->len < in.len) {
		const size_t cap = s->cap != 0 ? s->cap * 2 : STAGE_START;
		uint8_t *more = realloc(s->mem, cap);
		if (more == NULL)
			return ERR_NOMEM;
		s->mem = more;
		s->cap = cap;
	}
	struct wr w = { .p = s->mem, .len = s->len, .cap = s->cap };
	wr_bytes(&w, in.p, in.len);
	s->len = w.len;
	return OK;
}

enum err ha_stage_frame(const struct ha_stage *s, enum ha_type *t, struct span *frame)
{
	struct cur c = cur_of(s->mem, s->len);
	size_t len;
	cur_skip(&c, s->head + s->scanned);
	*frame = span_of(NULL, 0);
	const enum err e = ha_wire_frame(cur_rest(&c), t, &len);
	if (e == OK)
		*frame = cur_bytes(&c, len);
	return e == ERR_TRUNCATED ? OK : e;
}

struct span ha_stage_scanned(const struct ha_stage *s)
{
	struct cur c = cur_of(s->mem, s->len);
	cur_skip(&c, s->head);
	return cur_bytes(&c, s->scanned);
}

void ha_stage_take(struct ha_stage *s, size_t n)
{
	s->head += n;
	s->scanned = 0;
}

void ha_stage_pack(struct ha_stage *s)
{
	if (s->head != 0 && s->head != s->len)
		memmove(s->mem, s->mem + s->head, s->len - s->head);
	s->len -= s->head;
	s->head = 0;
}

/* --- batches behind a gap ---------------------------------------------------------------------------------- */

static void forget_first(struct ha_ahead *a)
{
	a->octets -= a->v[0].len;
	a->n--;
	memmove(&a->v[0], &a->v[1], a->n * sizeof(a->v[0]));
}

void ha_ahead_clear(struct ha_ahead *a)
{
	for (unsigned i = 0; i < a->n; i++)
		free(a->v[i].p);
	a->n = 0;
	a->octets = 0;
}

bool ha_ahead_put(struct ha_ahead *a, const struct ha_commit *c, struct span batch)
{
	unsigned at = a->n;
	while (at > 0 && a->v[at - 1].commit.seq >= c->seq)
		at--;
	if (at < a->n && a->v[at].commit.seq == c->seq)
		return true;
	if (a->n == HA_AHEAD_BATCHES || batch.len > HA_AHEAD_OCTETS - a->octets)
		return false;
	struct ha_ahead_batch b = { .commit = *c, .p = malloc(batch.len), .len = batch.len };
	if (b.p == NULL)
		return false;
	struct wr w = wr_of(b.p, b.len);
	wr_bytes(&w, batch.p, batch.len);
	memmove(&a->v[at + 1], &a->v[at], (a->n - at) * sizeof(a->v[0]));
	a->v[at] = b;
	a->n++;
	a->octets += b.len;
	return true;
}

bool ha_ahead_take(struct ha_ahead *a, uint64_t seq, struct ha_ahead_batch *out)
{
	for (; a->n > 0 && a->v[0].commit.seq < seq; forget_first(a))
		free(a->v[0].p);
	if (a->n == 0 || a->v[0].commit.seq != seq)
		return false;
	*out = a->v[0];
	forget_first(a);
	return true;
}
