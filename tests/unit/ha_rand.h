/* ha_rand.h - replicated structs filled by their schema rows: random values in range, compared and changed row by row. */
#ifndef TESTS_UNIT_HA_RAND_H
#define TESTS_UNIT_HA_RAND_H

#include "hacache/ha_rows.h"
#include "tests/unit/sig_help.h"

/* What random structs point to lives here until the next ha_rand_reset. */
enum { HA_RAND_MEM = 16 << 20 };
struct ha_rand {
	uint64_t rnd;
	bool full;    /* every list and buffer as long as it may be; buffers of a list share what one may have */
	size_t share; /* 0 outside of lists */
	bool some;    /* no list is empty, no pointer NULL */
	size_t len;
	_Alignas(16) uint8_t mem[HA_RAND_MEM];
};

static inline void ha_rand_reset(struct ha_rand *h, uint64_t seed)
{
	h->rnd = seed;
	h->len = 0;
}

static inline void *ha_rand_get(struct ha_rand *h, size_t n)
{
	void *p = h->mem + h->len;
	CU_ASSERT_FATAL(n <= HA_RAND_MEM - h->len);
	h->len += (n + 15) & ~(size_t)15;
	memset(p, 0, n);
	return p;
}

static inline uint64_t ha_rand_uint(struct ha_rand *h, uint64_t max)
{
	const uint64_t v = help_rand(&h->rnd);
	switch (help_below(&h->rnd, 4)) {
	case 0:
		return max;
	case 1:
		return max < 3 ? v % (max + 1) : v % 3;
	default:
		return max == UINT64_MAX ? v : v % (max + 1);
	}
}

static inline uint64_t ha_size_max(size_t size)
{
	return size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
}

static inline void ha_rand_bytes(struct ha_rand *h, uint8_t *to, size_t n, bool text)
{
	for (size_t i = 0; i < n; i++)
		to[i] = text ? (uint8_t)(1 + help_below(&h->rnd, 255)) : (uint8_t)help_rand(&h->rnd);
}

static inline size_t ha_rand_count(struct ha_rand *h, size_t max, size_t usual)
{
	if (h->full)
		return max;
	const size_t n = help_below(&h->rnd, size_min(max, usual) + 1);
	return n == 0 && h->some ? 1 : n;
}

static inline void ha_rand_fill(struct ha_rand *h, const struct ha_msg *m, void *plain);

static inline void ha_rand_row(struct ha_rand *h, const struct ha_row *r, void *plain)
{
	void *at = ha_field_mut(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		ha_set_uint(at, r->size, ha_rand_uint(h, r->max < ha_size_max(r->size) ? r->max : ha_size_max(r->size)));
		break;
	case HK_TIME:
		ha_set_uint(at, 8, help_rand(&h->rnd) >> 4);
		break;
	case HK_RAW:
		ha_rand_bytes(h, at, r->size, false);
		break;
	case HK_OCTETS: {
		const size_t n = ha_rand_count(h, r->max, r->max);
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, n);
		ha_rand_bytes(h, at, n, false);
		break;
	}
	case HK_BUF: {
		const size_t n = ha_rand_count(h, r->max / (h->share != 0 ? h->share : 1), 40);
		struct buf *b = at;
		*b = (struct buf){ .p = n != 0 ? ha_rand_get(h, n) : NULL, .len = (uint32_t)n };
		ha_rand_bytes(h, b->p, n, false);
		break;
	}
	case HK_MSG:
		ha_rand_fill(h, r->sub, at);
		break;
	case HK_PTR: {
		void *sub = h->full || h->some || help_below(&h->rnd, 3) != 0 ? ha_rand_get(h, r->sub->size) : NULL;
		memcpy(at, &sub, sizeof(sub));
		if (sub != NULL)
			ha_rand_fill(h, r->sub, sub);
		break;
	}
	case HK_LIST:
	case HK_UINTS: {
		const size_t n = ha_rand_count(h, r->max, 3);
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, n);
		h->share = h->full ? r->max : 0;
		for (size_t i = 0; i < n; i++) {
			void *el = ha_field_mut(plain, r->off + i * r->size);
			if (r->kind == HK_LIST)
				ha_rand_fill(h, r->sub, el);
			else
				ha_set_uint(el, r->size, ha_rand_uint(h, ha_size_max(r->size)));
		}
		h->share = 0;
		break;
	}
	}
}

static inline void ha_rand_fill(struct ha_rand *h, const struct ha_msg *m, void *plain)
{
	for (unsigned i = 0; i < m->n; i++)
		ha_rand_row(h, &m->row[i], plain);
}

/* A random struct of message m. */
static inline void *ha_rand_new(struct ha_rand *h, const struct ha_msg *m)
{
	void *plain = ha_rand_get(h, m->size);
	ha_rand_fill(h, m, plain);
	return plain;
}

/* Equal in every row; the time rows of b are ahead of a's by shift. */
static inline bool ha_same(const struct ha_msg *m, const void *a, const void *b, int64_t shift)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct ha_row *r = &m->row[i];
		const void *x = ha_field(a, r->off), *y = ha_field(b, r->off);
		switch ((enum ha_kind)r->kind) {
		case HK_UINT:
			if (ha_get_uint(x, r->size) != ha_get_uint(y, r->size))
				return false;
			break;
		case HK_TIME:
			if (ha_get_uint(x, 8) + (uint64_t)shift != ha_get_uint(y, 8))
				return false;
			break;
		case HK_RAW:
			if (memcmp(x, y, r->size) != 0)
				return false;
			break;
		case HK_OCTETS:
			if (ha_count(a, r) != ha_count(b, r) || memcmp(x, y, ha_count(a, r)) != 0)
				return false;
			break;
		case HK_BUF: {
			const struct buf *p = x, *q = y;
			if (p->len != q->len || (p->len != 0 && memcmp(p->p, q->p, p->len) != 0))
				return false;
			break;
		}
		case HK_MSG:
			if (!ha_same(r->sub, x, y, shift))
				return false;
			break;
		case HK_PTR: {
			const void *p = ha_get_ptr(x), *q = ha_get_ptr(y);
			if ((p == NULL) != (q == NULL) || (p != NULL && !ha_same(r->sub, p, q, shift)))
				return false;
			break;
		}
		case HK_LIST:
		case HK_UINTS:
			if (ha_count(a, r) != ha_count(b, r))
				return false;
			for (size_t k = 0; k < ha_count(a, r); k++) {
				const void *p = ha_field(x, k * r->size), *q = ha_field(y, k * r->size);
				if (r->kind == HK_LIST ? !ha_same(r->sub, p, q, shift) : memcmp(p, q, r->size) != 0)
					return false;
			}
			break;
		}
	}
	return true;
}

/* Every row within its range. */
static inline bool ha_in_range(const struct ha_msg *m, const void *plain)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct ha_row *r = &m->row[i];
		const void *at = ha_field(plain, r->off);
		switch ((enum ha_kind)r->kind) {
		case HK_UINT:
			if (ha_get_uint(at, r->size) > r->max)
				return false;
			break;
		case HK_TIME:
		case HK_RAW:
			break;
		case HK_OCTETS:
			if (ha_count(plain, r) > r->max)
				return false;
			break;
		case HK_BUF:
			if (((const struct buf *)at)->len > r->max)
				return false;
			break;
		case HK_MSG:
			if (!ha_in_range(r->sub, at))
				return false;
			break;
		case HK_PTR:
			if (ha_get_ptr(at) != NULL && !ha_in_range(r->sub, ha_get_ptr(at)))
				return false;
			break;
		case HK_LIST:
		case HK_UINTS:
			if (ha_count(plain, r) > r->max)
				return false;
			for (size_t k = 0; r->kind == HK_LIST && k < ha_count(plain, r); k++)
				if (!ha_in_range(r->sub, ha_field(at, k * r->size)))
					return false;
			break;
		}
	}
	return true;
}

#endif
