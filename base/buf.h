/* buf.h - growable byte buffers out of one bounded arena of size classes.
 *
 * Holds partial PDUs and held segments. A class's memory is recycled through a free list, so a warm
 * pool calls no malloc; the sum of all capacities handed out never exceeds the cap. One thread.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"

struct bufpool;

struct buf {
	uint8_t *p;       /* NULL while cap is 0 */
	uint32_t len;     /* octets in use */
	uint32_t cap;     /* octets there: 0 or a size class */
};

#define BUF_CLASS_MIN 64u
#define BUF_LEN_MAX (1u << 20) /* largest single buffer */

/* cap: octets handed out at most, over all buffers. NULL when out of memory. */
struct bufpool *bufpool_new(size_t cap);
void bufpool_free(struct bufpool *bp); /* NULL is fine; buffers of it are gone */
size_t bufpool_used(const struct bufpool *bp); /* octets handed out now */
size_t bufpool_cap(const struct bufpool *bp);

/* Appends; on ERR_FULL (cap or BUF_LEN_MAX reached) b is unchanged. */
enum err buf_append(struct bufpool *bp, struct buf *b, const void *src, size_t n) MUST_USE;
/* Makes room for n more octets, so that appending them cannot fail; on ERR_FULL b is unchanged. */
enum err buf_reserve(struct bufpool *bp, struct buf *b, size_t n) MUST_USE;
/* Replaces the contents; on error b is unchanged. */
enum err buf_set(struct bufpool *bp, struct buf *b, const void *src, size_t n) MUST_USE;
/* Drops the first n octets (all of them at most); an emptied buffer gives its memory back. */
void buf_consume(struct bufpool *bp, struct buf *b, size_t n);
/* Empties b and gives its memory back. */
void buf_clear(struct bufpool *bp, struct buf *b);

static inline struct span buf_span(const struct buf *b)
{
	return span_of(b->p, b->len);
}

#endif
