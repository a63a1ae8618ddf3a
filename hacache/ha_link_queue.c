/* ha_link_queue.c - the link's octets in both directions: a bounded chain of chunks out, one bounded buffer in.
 *
 * Out: appending copies whole or not at all and never moves what is there (OpenSSL repeats an interrupted write from
 * the same place). In: one run of octets, so that it can be lent. Some memory stays for the next use, the rest goes back.
 */
#include "hacache/ha_link_int.h"

#include <stdlib.h>
#include <string.h>

static struct link_chunk *chunk_get(struct link_out *o)
{
	struct link_chunk *c = o->spare;
	if (c == NULL)
		return malloc(sizeof(*c));
	o->spare = c->next;
	o->n_spare--;
	return c;
}

static void chunk_put(struct link_out *o, struct link_chunk *c)
{
	if (o->n_spare == LINK_SPARE_MAX) {
		free(c);
		return;
	}
	c->next = o->spare;
	o->spare = c;
	o->n_spare++;
}

/* Chunks for n octets beyond what the last one takes, or none at all. */
static enum err chunks_for(struct link_out *o, size_t n, struct link_chunk **head)
{
	*head = NULL;
	for (size_t have = 0; have < n; have += LINK_CHUNK) {
		struct link_chunk *c = chunk_get(o);
		if (c == NULL) {
			while ((c = *head) != NULL) {
				*head = c->next;
				chunk_put(o, c);
			}
			return ERR_NOMEM;
		}
		c->head = c->len = 0;
		c->next = *head;
		*head = c;
	}
	return OK;
}

enum err link_out_append(struct link_out *o, struct span s)
{
	if (s.len > LINK_OUT_MAX - o->len)
		return ERR_FULL;
	size_t room = o->last != NULL ? LINK_CHUNK - o->last->head - o->last->len : 0;
	struct link_chunk *fresh;
	TRY(chunks_for(o, s.len > room ? s.len - room : 0, &fresh));
	if (o->last != NULL)
		o->last->next = fresh;
	else
		o->first = o->last = fresh;
	o->len += s.len;
	for (size_t done = 0; done < s.len;) {
		struct link_chunk *c = o->last;
		size_t n = size_min(s.len - done, LINK_CHUNK - c->head - c->len);
		if (n == 0) {
			o->last = c->next;
			continue;
		}
		memcpy(c->data + c->head + c->len, s.p + done, n);
		c->len += (uint32_t)n;
		done += n;
	}
	return OK;
}

struct span link_out_first(const struct link_out *o)
{
	return o->first != NULL ? span_of(o->first->data + o->first->head, o->first->len) : span_of(NULL, 0);
}

void link_out_drop(struct link_out *o, size_t n)
{
	o->len -= n;
	while (o->first != NULL) {
		struct link_chunk *c = o->first;
		size_t k = size_min(n, c->len);
		c->head += (uint32_t)k;
		c->len -= (uint32_t)k;
		n -= k;
		if (c->len != 0)
			return;
		o->first = c->next;
		if (o->first == NULL)
			o->last = NULL;
		chunk_put(o, c);
	}
}

void link_out_clear(struct link_out *o)
{
	link_out_drop(o, o->len);
}

void link_out_fini(struct link_out *o)
{
	link_out_clear(o);
	while (o->spare != NULL) {
		struct link_chunk *c = o->spare;
		o->spare = c->next;
		free(c);
	}
	o->n_spare = 0;
}

bool link_in_has_room(const struct link_in *in)
{
	return LINK_IN_MAX - in->len >= LINK_READ_MIN;
}

uint8_t *link_in_room(struct link_in *in, size_t *n)
{
	if (!link_in_has_room(in))
		return NULL;
	if (in->head != 0 && in->cap - in->head - in->len < LINK_READ_MIN) {
		memmove(in->p, in->p + in->head, in->len);
		in->head = 0;
	}
	if (in->cap - in->head - in->len < LINK_READ_MIN) {
		size_t cap = in->cap != 0 ? 2 * in->cap : LINK_IN_KEEP;
		uint8_t *p = malloc(cap);
		if (p == NULL)
			return NULL;
		if (in->len != 0)
			memcpy(p, in->p, in->len); /* head is 0 by now */
		free(in->p);
		in->p = p;
		in->cap = cap;
	}
	*n = in->cap - in->head - in->len;
	return in->p + in->head + in->len;
}

void link_in_consume(struct link_in *in, size_t n)
{
	n = size_min(n, in->len);
	in->head += n;
	in->len -= n;
	if (in->len != 0)
		return;
	in->head = 0;
	if (in->cap > LINK_IN_KEEP)
		link_in_fini(in);
}

void link_in_fini(struct link_in *in)
{
	free(in->p);
	*in = (struct link_in){ .p = NULL };
}
