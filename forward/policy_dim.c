/* policy_dim.c - one dimension of the policy index: intervals and their bits. */
#include <stdlib.h>
#include <string.h>

#include "forward/policy_int.h"

enum { WORD_BITS = 64 };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct dim_key));
}

enum err dim_add(struct dim *d, const struct dim_range *r)
{
	if (d->n_range == d->cap_range) {
		size_t cap = d->cap_range != 0 ? d->cap_range * 2 : 64;
		struct dim_range *grown = realloc(d->range, cap * sizeof(*grown));
		if (grown == NULL)
			return ERR_NOMEM;
		d->range = grown;
		d->cap_range = cap;
	}
	d->range[d->n_range++] = *r;
	return OK;
}

void dim_fini(struct dim *d)
{
	free(d->range);
	free(d->start);
	free(d->bits);
	*d = (struct dim){ 0 };
}

/* The key after k; false when k is the last. */
static bool successor(struct dim_key *k)
{
	for (size_t i = DIM_KEY; i-- > 0;)
		if (++k->b[i] != 0)
			return true;
	return false;
}

/* Where intervals begin: at the lowest key, at each range and behind it. */
static enum err cut(struct dim *d)
{
	size_t n = 1;
	d->start = calloc(d->n_range * 2 + 1, sizeof(*d->start));
	if (d->start == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < d->n_range; i++) {
		d->start[n++] = d->range[i].lo;
		d->start[n] = d->range[i].hi;
		n += successor(&d->start[n]);
	}
	qsort(d->start, n, sizeof(*d->start), compare);
	d->n_interval = 1;
	for (size_t i = 1; i < n; i++)
		if (compare(&d->start[i], &d->start[d->n_interval - 1]) != 0)
			d->start[d->n_interval++] = d->start[i];
	return OK;
}

static size_t stride(const struct dim *d)
{
	return d->n_summary + d->n_word;
}

/* The interval in which k lies. */
static size_t interval_of(const struct dim *d, const struct dim_key *k)
{
	size_t lo = 0, hi = d->n_interval;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare(&d->start[mid], k) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static void bit_put(struct dim *d, size_t interval, uint32_t row, bool on)
{
	uint64_t *word = &d->bits[interval * stride(d) + d->n_summary + row / WORD_BITS];
	uint64_t bit = UINT64_C(1) << row % WORD_BITS;
	*word = on ? *word | bit : *word & ~bit;
}

/* A row's bit outside its ranges: set when it has none or is negated. */
static void defaults_put(struct dim *d, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++)
		bit_put(d, 0, (uint32_t)r, true);
	for (size_t i = 0; i < d->n_range; i++)
		bit_put(d, 0, d->range[i].row, d->range[i].negated);
	for (size_t i = 1; i < d->n_interval; i++)
		memcpy(&d->bits[i * stride(d)], d->bits, stride(d) * sizeof(*d->bits));
}

static void ranges_put(struct dim *d)
{
	for (size_t i = 0; i < d->n_range; i++) {
		const struct dim_range *r = &d->range[i];
		size_t last = interval_of(d, &r->hi);
		for (size_t at = interval_of(d, &r->lo); at <= last; at++)
			bit_put(d, at, r->row, !r->negated);
	}
}

static void summarize(struct dim *d)
{
	for (size_t i = 0; i < d->n_interval; i++) {
		uint64_t *row = &d->bits[i * stride(d)];
		for (size_t w = 0; w < d->n_word; w++)
			if (row[d->n_summary + w] != 0)
				row[w / WORD_BITS] |= UINT64_C(1) << w % WORD_BITS;
	}
}

enum err dim_build(struct dim *d, size_t n_rows)
{
	d->n_word = (n_rows + WORD_BITS - 1) / WORD_BITS;
	d->n_summary = (d->n_word + WORD_BITS - 1) / WORD_BITS;
	TRY(cut(d));
	d->bits = calloc(d->n_interval * stride(d) + 1, sizeof(*d->bits));
	if (d->bits == NULL)
		return ERR_NOMEM;
	if (n_rows != 0)
		defaults_put(d, n_rows);
	ranges_put(d);
	summarize(d);
	free(d->range);
	d->range = NULL;
	d->n_range = d->cap_range = 0;
	return OK;
}

struct dim_bits dim_find(const struct dim *d, const struct dim_key *k)
{
	const uint64_t *row = &d->bits[interval_of(d, k) * stride(d)];
	return (struct dim_bits){ .summary = row, .word = row + d->n_summary };
}
