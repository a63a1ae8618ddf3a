/* wr.h - the bounded writer: cur.h's counterpart for output.
 *
 * Writes into the caller's storage; the error is sticky, nothing is written past the end, and
 * wr_ok() is false if anything did not fit. wr.len is what was written. One thread.
 */
#ifndef BASE_WR_H
#define BASE_WR_H

#include <stdarg.h>
#include <string.h>

#include "base/types.h"

struct wr {
	uint8_t *p;
	size_t len, cap;
	bool bad;
};

static inline struct wr wr_of(void *p, size_t cap)
{
	return (struct wr){ .p = p, .cap = cap };
}

static inline bool wr_ok(const struct wr *w)
{
	return !w->bad;
}

/* Room for n octets, or NULL (and failure) when they do not fit. */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	uint8_t *p = n != 0 ? w->p + w->len : w->p;
	w->len += n;
	return p;
}

static inline void wr_bytes(struct wr *w, const void *src, size_t n)
{
	uint8_t *p = wr_room(w, n);
	if (p != NULL && n != 0)
		memcpy(p, src, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_be16(struct wr *w, uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
	wr_bytes(w, b, 2);
}

static inline void wr_be32(struct wr *w, uint32_t v)
{
	wr_be16(w, (uint16_t)(v >> 16));
	wr_be16(w, (uint16_t)v);
}

static inline void wr_be64(struct wr *w, uint64_t v)
{
	wr_be32(w, (uint32_t)(v >> 32));
	wr_be32(w, (uint32_t)v);
}

/* Seven bits an octet, least first, the last one below 0x80 (LEB128; protobuf's varint). */
enum { WR_VARINT_MAX = 10 };

static inline size_t wr_varint_to(uint8_t *p, uint64_t v)
{
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		p[n++] = (uint8_t)(v | 0x80);
	p[n++] = (uint8_t)v;
	return n;
}

static inline void wr_varint(struct wr *w, uint64_t v)
{
	if (!w->bad && w->cap - w->len >= WR_VARINT_MAX) {
		w->len += wr_varint_to(w->p + w->len, v);
		return;
	}
	uint8_t b[WR_VARINT_MAX];
	wr_bytes(w, b, wr_varint_to(b, v));
}

/* The octet at at, written before, becomes the length of what stands behind it, as a varint; that moves if need be. */
static inline void wr_length_at(struct wr *w, size_t at)
{
	uint8_t b[WR_VARINT_MAX];
	if (w->bad)
		return;
	const size_t len = w->len - at - 1, n = wr_varint_to(b, len);
	if (n > 1 && wr_room(w, n - 1) == NULL)
		return;
	if (n > 1)
		memmove(w->p + at + n, w->p + at + 1, len);
	memcpy(w->p + at, b, n);
}

/* Text without its terminating NUL. */
static inline void wr_str(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s));
}

/* printf into the writer; a text that does not fit whole is a failure. The terminating NUL needs room too but is not counted. */
void wr_fmt(struct wr *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
