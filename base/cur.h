/* cur.h - the bounded cursor: the only way wire bytes are read.
 *
 * The error is sticky: after the first short read every getter returns 0 (or an empty span) and
 * cur_ok() is false, so a header is read straight through and checked once. A failed read never
 * yields stale bytes. Length-prefixed parts become sub-cursors. Owns nothing; one thread.
 */
#ifndef BASE_CUR_H
#define BASE_CUR_H

#include "base/types.h"

struct cur {
	const uint8_t *p;   /* next octet */
	const uint8_t *end; /* one past the last */
	bool bad;           /* a read went past the end */
};

static inline struct cur cur_of(const void *p, size_t len)
{
	const uint8_t *b = p != NULL ? p : (const uint8_t *)""; /* nothing at all may be lent as NULL */
	return (struct cur){ .p = b, .end = b + len, .bad = false };
}

static inline struct cur cur_span(struct span s)
{
	return cur_of(s.p, s.len);
}

static inline bool cur_ok(const struct cur *c)
{
	return !c->bad;
}

static inline size_t cur_left(const struct cur *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->p);
}

static inline void cur_fail(struct cur *c)
{
	c->bad = true;
	c->p = c->end;
}

/* The next n octets, lent; NULL (and failure) when fewer are left. */
static inline const uint8_t *cur_take(struct cur *c, size_t n)
{
	if (c->bad || n > (size_t)(c->end - c->p)) {
		cur_fail(c);
		return NULL;
	}
	const uint8_t *p = c->p;
	c->p += n;
	return p;
}

static inline void cur_skip(struct cur *c, size_t n)
{
	(void)cur_take(c, n);
}

static inline uint8_t cur_u8(struct cur *c)
{
	const uint8_t *p = cur_take(c, 1);
	return p != NULL ? p[0] : 0;
}

/* The octet at offset at from here without moving; 0 when there is none (no failure). */
static inline uint8_t cur_peek(const struct cur *c, size_t at)
{
	return at < cur_left(c) ? c->p[at] : 0;
}

static inline uint16_t cur_be16(struct cur *c)
{
	const uint8_t *p = cur_take(c, 2);
	return p != NULL ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint16_t cur_le16(struct cur *c)
{
	const uint8_t *p = cur_take(c, 2);
	return p != NULL ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t cur_be24(struct cur *c)
{
	const uint8_t *p = cur_take(c, 3);
	return p != NULL ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t cur_be32(struct cur *c)
{
	uint32_t hi = cur_be16(c), lo = cur_be16(c);
	return c->bad ? 0 : hi << 16 | lo;
}

static inline uint32_t cur_le32(struct cur *c)
{
	uint32_t lo = cur_le16(c), hi = cur_le16(c);
	return c->bad ? 0 : hi << 16 | lo;
}

static inline uint64_t cur_be64(struct cur *c)
{
	uint64_t hi = cur_be32(c), lo = cur_be32(c);
	return c->bad ? 0 : hi << 32 | lo;
}

/* Seven bits an octet, least first (LEB128; protobuf's varint); one that does not fit 64 bits is a failure. */
static inline uint64_t cur_varint(struct cur *c)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint8_t b = cur_u8(c);
		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return c->bad ? 0 : v;
	}
	cur_fail(c);
	return 0;
}

/* The next n octets as a span; empty on failure. */
static inline struct span cur_bytes(struct cur *c, size_t n)
{
	const uint8_t *p = cur_take(c, n);
	return p != NULL ? span_of(p, n) : span_of(NULL, 0);
}

/* A cursor over the next n octets, which this one skips. A failure here makes the sub-cursor bad too. */
static inline struct cur cur_sub(struct cur *c, size_t n)
{
	const uint8_t *p = cur_take(c, n);
	return p != NULL ? cur_of(p, n) : (struct cur){ .bad = true };
}

/* What is left, as a span, without moving. */
static inline struct span cur_rest(const struct cur *c)
{
	return c->bad ? span_of(NULL, 0) : span_of(c->p, (size_t)(c->end - c->p));
}

#endif
