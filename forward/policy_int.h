/* policy_int.h - between the files of policy.c: the index that says which policies are worth a look.
 *
 * A dimension (an interface, an address, protocol and port) is cut into intervals at the ends of all
 * policies' ranges; an interval has one bit a policy that may match there. The answer is the first
 * policy whose bit is set in all dimensions and that matches when looked at in full, so that an
 * index may say too much, never too little.
 */
#ifndef FORWARD_POLICY_INT_H
#define FORWARD_POLICY_INT_H

#include "base/err.h"

enum { DIM_KEY = 17 };

/* Ordered as octets. */
struct dim_key {
	uint8_t b[DIM_KEY];
};

struct dim_range {
	struct dim_key lo, hi;   /* both included */
	uint32_t row;
	bool negated;
};

/* Ranges of all rows of one dimension, collected; then its intervals. */
struct dim {
	struct dim_range *range;
	size_t n_range, cap_range;
	struct dim_key *start;   /* n_interval first keys, ascending; the first is the lowest key */
	size_t n_interval;
	size_t n_word;           /* 64-bit words of bits of an interval; as many summaries as that takes before */
	size_t n_summary;
	uint64_t *bits;          /* n_interval times (n_summary + n_word) */
};

/* Borrowed row of bits: a summary bit is set when its word is not 0. */
struct dim_bits {
	const uint64_t *summary, *word;
};

enum err dim_add(struct dim *d, const struct dim_range *r) MUST_USE;
/* Cuts the intervals and frees the ranges. A row without ranges matches everywhere; one with negated
 * ranges outside them. */
enum err dim_build(struct dim *d, size_t n_rows) MUST_USE;
void dim_fini(struct dim *d);
struct dim_bits dim_find(const struct dim *d, const struct dim_key *k);

#endif
