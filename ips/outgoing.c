/* outgoing.c - see outgoing.h. */
#include "ips/outgoing.h"

#include <stdlib.h>

#include "base/cur.h"
#include "base/wr.h"

/* A batch of the longest packets rewritten, the same released, and all that may have waited before. Touched as far as needed. */
enum { PACKET_MAX = UINT16_MAX + 64, ROOM = 2 * PKTIO_BATCH_MAX * PACKET_MAX + (8 << 20), LEN_SIZE = 4 };

enum err outgoing_init(struct outgoing *o)
{
	o->mem = malloc(ROOM);
	outgoing_begin(o);
	return o->mem != NULL ? OK : ERR_NOMEM;
}

void outgoing_fini(struct outgoing *o)
{
	free(o->mem);
	o->mem = NULL;
}

void outgoing_begin(struct outgoing *o)
{
	o->n = o->n_reset = 0;
	o->used = 0;
}

static struct span keep(struct outgoing *o, struct wr *w, const struct span *v, unsigned n)
{
	const size_t from = w->len;
	for (unsigned i = 0; i < n; i++) {
		wr_be32(w, (uint32_t)v[i].len);
		wr_bytes(w, v[i].p, v[i].len);
	}
	struct cur c = cur_of(o->mem, w->len);
	cur_skip(&c, from);
	return cur_rest(&c);
}

void outgoing_add(struct outgoing *o, const struct packet *p, const struct verdict *v)
{
	struct pktio_verdict *out = &o->v[o->n];
	struct wr w = { .p = o->mem, .len = o->used, .cap = ROOM };
	*out = (struct pktio_verdict){ .pass = v->pass };
	o->release[o->n] = keep(o, &w, v->release, v->n_release);
	if (v->rewritten.p != NULL) {
		struct cur c = cur_span(keep(o, &w, &v->rewritten, 1));
		cur_skip(&c, LEN_SIZE);
		out->rewritten = c.p;
		out->rewritten_len = (uint32_t)cur_left(&c);
	}
	if (wr_ok(&w)) {
		o->used = w.len;
	} else {
		*out = (struct pktio_verdict){ .pass = false };
		o->release[o->n] = span_of(NULL, 0);
	}
	o->n++;
	if (!v->reset)
		return;
	reset_make(p, v->reset_seq, &o->reset[o->n_reset], &o->reset[o->n_reset + 1]);
	o->n_reset += 2;
}

void outgoing_add_plain(struct outgoing *o, bool pass)
{
	o->v[o->n] = (struct pktio_verdict){ .pass = pass };
	o->release[o->n++] = span_of(NULL, 0);
}

static void inject_all(struct pktio *io, struct span release)
{
	struct cur c = cur_span(release);
	while (cur_left(&c) > 0) {
		const struct span s = cur_bytes(&c, cur_be32(&c));
		(void)io->ops->inject(io, s.p, (uint32_t)s.len); /* counted there */
	}
}

enum err outgoing_give(const struct outgoing *o, struct pktio *io)
{
	unsigned from = 0;
	for (unsigned i = 0; i < o->n; i++) {
		if (o->release[i].len == 0)
			continue;
		if (i != from)
			TRY(io->ops->verdict(io, &o->v[from], i - from));
		inject_all(io, o->release[i]);
		from = i;
	}
	return o->n != from ? io->ops->verdict(io, &o->v[from], o->n - from) : OK;
}

void outgoing_reset(const struct outgoing *o, struct pktio *io)
{
	for (unsigned i = 0; i < o->n_reset; i++)
		(void)io->ops->inject(io, o->reset[i].ip, o->reset[i].len); /* counted there */
}
