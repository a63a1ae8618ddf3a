/* capset.c - see capset.h. */
#include "ips/capset.h"

#include <stdlib.h>
#include <string.h>

static enum err keep(struct capset *c, const struct packet *p)
{
	if (c->n == c->cap) {
		const size_t cap = c->cap != 0 ? c->cap * 2 : 1024;
		struct packet *v = realloc(c->v, cap * sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		c->v = v;
		c->cap = cap;
	}
	struct packet *q = &c->v[c->n];
	*q = *p;
	if (p->data != NULL) {
		uint8_t *copy = malloc(p->len + 1);
		if (copy == NULL)
			return ERR_NOMEM;
		memcpy(copy, p->data, p->len);
		q->data = copy;
	}
	c->n++;
	return OK;
}

static enum err load_all(struct pktio *io, struct capset *c)
{
	struct packet batch[PKTIO_BATCH_MAX];
	struct pktio_verdict pass[PKTIO_BATCH_MAX];
	for (size_t i = 0; i < PKTIO_BATCH_MAX; i++)
		pass[i] = (struct pktio_verdict){ .pass = true };
	for (;;) {
		unsigned n;
		const enum err e = io->ops->recv(io, batch, PKTIO_BATCH_MAX, &n);
		if (e != OK)
			return e == ERR_EOF ? OK : e;
		for (unsigned i = 0; i < n; i++) {
			batch[i].nr = c->n + 1;
			TRY(keep(c, &batch[i]));
		}
		TRY(io->ops->verdict(io, pass, n));
	}
}

enum err capset_load(const char *path, struct capset *out, char *why)
{
	struct pktio *io;
	*out = (struct capset){ 0 };
	TRY(pktio_capture_open(path, &io, why));
	const enum err e = load_all(io, out);
	if (e != OK)
		memcpy(why, io->why, PKTIO_WHY_LEN);
	io->ops->close(io);
	return e;
}

void capset_be_strict(struct capset *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->v[i].csum_lenient = false;
}

void capset_free(struct capset *c)
{
	for (size_t i = 0; i < c->n; i++)
		free((void *)(uintptr_t)c->v[i].data);
	free(c->v);
	*c = (struct capset){ 0 };
}
