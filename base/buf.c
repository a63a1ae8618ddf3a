/* buf.c - byte buffers in size classes of powers of two.
 *
 * What is handed out and what lies idle in the free lists stay together under the cap: memory of one
 * class is returned to the host before another class would push the sum over it.
 */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define N_CLASSES 15

_Static_assert(BUF_CLASS_MIN << (N_CLASSES - 1) == BUF_LEN_MAX, "classes span all lengths");

struct idle {
	struct idle *next;
};

struct bufpool {
	size_t cap, used, idle;
	struct idle *head[N_CLASSES];
};

static size_t class_size(unsigned c)
{
	return (size_t)BUF_CLASS_MIN << c;
}

/* The smallest class that holds n octets; n <= BUF_LEN_MAX. */
static unsigned class_of(size_t n)
{
	unsigned c = 0;
	while (class_size(c) < n)
		c++;
	return c;
}

struct bufpool *bufpool_new(size_t cap)
{
	struct bufpool *bp = calloc(1, sizeof(*bp));
	if (bp != NULL)
		bp->cap = cap;
	return bp;
}

static void *idle_pop(struct bufpool *bp, unsigned c)
{
	struct idle *i = bp->head[c];
	if (i != NULL) {
		bp->head[c] = i->next;
		bp->idle -= class_size(c);
	}
	return i;
}

/* Returns idle memory to the host, largest first, until n more octets fit under the cap. */
static void trim(struct bufpool *bp, size_t n)
{
	for (unsigned c = N_CLASSES; c-- > 0;)
		while (bp->head[c] != NULL && bp->used + bp->idle + n > bp->cap)
			free(idle_pop(bp, c));
}

void bufpool_free(struct bufpool *bp)
{
	if (bp == NULL)
		return;
	for (unsigned c = 0; c < N_CLASSES; c++)
		while (bp->head[c] != NULL)
			free(idle_pop(bp, c));
	free(bp);
}

size_t bufpool_used(const struct bufpool *bp)
{
	return bp->used;
}

size_t bufpool_cap(const struct bufpool *bp)
{
	return bp->cap;
}

/* Memory of class c, counted as handed out; NULL when the cap or the host refuses. */
static void *chunk_get(struct bufpool *bp, unsigned c)
{
	size_t size = class_size(c);
	if (size > bp->cap || bp->used > bp->cap - size)
		return NULL;
	void *p = idle_pop(bp, c);
	if (p == NULL) {
		trim(bp, size);
		p = malloc(size);
	}
	if (p != NULL)
		bp->used += size;
	return p;
}

static void chunk_put(struct bufpool *bp, void *p, size_t size)
{
	if (p == NULL)
		return;
	bp->used -= size;
	if (bp->used + bp->idle + size > bp->cap) {
		free(p);
		return;
	}
	unsigned c = class_of(size);
	struct idle *i = p;
	i->next = bp->head[c];
	bp->head[c] = i;
	bp->idle += size;
}

/* Makes b the first keep octets of itself and then n of src, which may lie in b itself; src NULL: room for them. */
static enum err put(struct bufpool *bp, struct buf *b, size_t keep, const uint8_t *src, size_t n)
{
	if (n > BUF_LEN_MAX - keep)
		return ERR_FULL;
	size_t len = keep + n;
	if (len > b->cap) {
		unsigned c = class_of(len);
		size_t old = b->cap;
		bp->used -= old; /* the old memory goes back at once: only the new one counts */
		uint8_t *p = chunk_get(bp, c);
		bp->used += old;
		if (p == NULL)
			return ERR_FULL;
		if (keep != 0)
			memcpy(p, b->p, keep);
		if (src != NULL)
			memcpy(p + keep, src, n);
		chunk_put(bp, b->p, old);
		b->p = p;
		b->cap = (uint32_t)class_size(c);
	} else if (n != 0 && src != NULL) {
		memmove(b->p + keep, src, n);
	}
	if (src != NULL)
		b->len = (uint32_t)len;
	return OK;
}

enum err buf_reserve(struct bufpool *bp, struct buf *b, size_t n)
{
	return put(bp, b, b->len, NULL, n);
}

enum err buf_append(struct bufpool *bp, struct buf *b, const void *src, size_t n)
{
	return n != 0 ? put(bp, b, b->len, src, n) : OK;
}

enum err buf_set(struct bufpool *bp, struct buf *b, const void *src, size_t n)
{
	if (n != 0)
		return put(bp, b, 0, src, n);
	buf_clear(bp, b);
	return OK;
}

void buf_consume(struct bufpool *bp, struct buf *b, size_t n)
{
	if (n >= b->len) {
		buf_clear(bp, b);
		return;
	}
	memmove(b->p, b->p + n, b->len - n);
	b->len -= (uint32_t)n;
}

void buf_clear(struct bufpool *bp, struct buf *b)
{
	chunk_put(bp, b->p, b->cap);
	*b = (struct buf){ 0 };
}
