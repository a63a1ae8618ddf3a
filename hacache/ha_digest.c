/* ha_digest.c - the sum of a state over its schema rows: the self-proof that two nodes hold the same. */
#include <string.h>

#include "base/cur.h"
#include "base/hash.h"
#include "hacache/ha_rows.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* Eight at a time; their number counts too. */
static uint64_t mix_octets(uint64_t h, const uint8_t *p, size_t n)
{
	struct cur c = cur_of(p, n);
	h = mix(h, n);
	while (cur_left(&c) >= 8)
		h = mix(h, cur_be64(&c));
	uint64_t rest = 0;
	while (cur_left(&c) > 0)
		rest = rest << 8 | cur_u8(&c);
	return mix(h, rest);
}

/* Of a size that the schema sets. */
static uint64_t mix_plain(uint64_t h, const uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8)
		h = mix(h, ha_get_uint(p, 8));
	if (n == 0)
		return h;
	uint64_t rest = 0;
	memcpy(&rest, p, n);
	return mix(h, rest);
}

static uint64_t sum(uint64_t h, const struct ha_msg *m, const void *plain);

static uint64_t sum_row(uint64_t h, const struct ha_row *r, const void *plain)
{
	const void *at = ha_field(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
	case HK_RAW:
		return mix_plain(h, at, r->size);
	case HK_TIME:
		return h;
	case HK_OCTETS: {
		const size_t n = ha_count(plain, r);
		return mix_octets(h, at, n);
	}
	case HK_BUF: {
		const struct buf *b = at;
		return mix_octets(h, b->p, b->len);
	}
	case HK_MSG:
		return sum(h, r->sub, at);
	case HK_PTR: {
		const void *sub = ha_get_ptr(at);
		return sub != NULL ? sum(mix(h, 1), r->sub, sub) : mix(h, 0);
	}
	case HK_LIST: {
		const size_t n = ha_count(plain, r);
		h = mix(h, n);
		for (size_t i = 0; i < n; i++)
			h = sum(h, r->sub, ha_field(at, i * r->size));
		return h;
	}
	case HK_UINTS: {
		const size_t n = ha_count(plain, r);
		h = mix(h, n);
		for (size_t i = 0; i < n; i++)
			h = mix(h, ha_get_uint(ha_field(at, i * r->size), r->size));
		return h;
	}
	}
	return h;
}

static bool is_plain(const struct ha_row *r)
{
	return !r->local && (r->kind == HK_UINT || r->kind == HK_RAW);
}

/* Rows that are neighbours in memory are summed up as one. */
static uint64_t sum(uint64_t h, const struct ha_msg *m, const void *plain)
{
	for (const struct ha_row *r = m->row, *end = r + m->n; r < end;) {
		const struct ha_row *first = r++;
		if (first->local)
			continue;
		if (!is_plain(first)) {
			h = sum_row(h, first, plain);
			continue;
		}
		size_t n = first->size;
		for (; r < end && r->off == first->off + n && is_plain(r); r++)
			n += r->size;
		h = mix_plain(h, ha_field(plain, first->off), n);
	}
	return h;
}

uint64_t ha_digest(const struct ha_msg *m, const void *plain)
{
	return sum(HASH_FNV_START, m, plain);
}

/* Where a row lies counts: it says which are summed up as one. */
static uint64_t sum_rows(uint64_t h, const struct ha_msg *m)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct ha_row *r = &m->row[i];
		if (r->local)
			continue;
		h = mix(mix(hash_fnv(h, r->name, strlen(r->name)), r->kind), (uint64_t)r->off << 32 | r->size);
		if (r->sub != NULL)
			h = sum_rows(h, r->sub);
	}
	return h;
}

uint64_t ha_schema_sum(void)
{
	return sum_rows(HASH_FNV_START, ha_msg_of_type(HA_SESSION)) | 1;
}
