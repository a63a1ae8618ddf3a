/* session_index.c - linear hashing over segments of buckets; three chains a bucket. */
#include <stdlib.h>

#include "forward/session_int.h"

bool index_init(struct session_index *x, uint32_t max)
{
	*x = (struct session_index){ .base = SEGMENT_BUCKETS };
	x->n_segments = max / SEGMENT_BUCKETS + 1;
	x->segment = calloc(x->n_segments, sizeof(struct bucket *));
	if (x->segment == NULL)
		return false;
	x->segment[0] = calloc(SEGMENT_BUCKETS, sizeof(struct bucket));
	return x->segment[0] != NULL;
}

void index_fini(struct session_index *x)
{
	for (uint32_t i = 0; x->segment != NULL && i < x->n_segments; i++)
		free(x->segment[i]);
	free(x->segment);
	*x = (struct session_index){ 0 };
}

static struct bucket *bucket_at(const struct session_index *x, uint32_t nr)
{
	return &x->segment[nr >> SEGMENT_BITS][nr & (SEGMENT_BUCKETS - 1)];
}

static struct bucket *bucket_of(const struct session_index *x, uint32_t hash)
{
	uint32_t nr = hash & (x->base - 1);
	return bucket_at(x, nr < x->split ? hash & (x->base * 2 - 1) : nr);
}

/* Moves what belongs to the upper bucket there; both keep their order. */
static void chain_split(struct session **lower, struct session **upper, enum session_chain ch, uint32_t bit)
{
	struct session **lo = lower, **hi = upper;
	for (struct session *s = *lower; s != NULL; s = s->hnext[ch]) {
		struct session ***tail = (s->hash[ch] & bit) != 0 ? &hi : &lo;
		**tail = s;
		*tail = &s->hnext[ch];
	}
	*lo = *hi = NULL;
}

/* Splits one bucket. Without room or memory for another segment the chains just grow. */
static void split_one(struct session_index *x)
{
	uint32_t nr = x->base + x->split, seg = nr >> SEGMENT_BITS;
	if (seg >= x->n_segments)
		return;
	if (x->segment[seg] == NULL)
		x->segment[seg] = calloc(SEGMENT_BUCKETS, sizeof(struct bucket));
	if (x->segment[seg] == NULL)
		return;
	struct bucket *lower = bucket_at(x, x->split), *upper = bucket_at(x, nr);
	for (unsigned ch = 0; ch < CHAIN_N; ch++)
		chain_split(&lower->head[ch], &upper->head[ch], (enum session_chain)ch, x->base);
	if (++x->split == x->base) {
		x->base *= 2;
		x->split = 0;
	}
}

void index_add(struct session_index *x, struct session *s, size_t n)
{
	if (n > (size_t)x->base + x->split)
		split_one(x);
	for (unsigned ch = 0; ch < CHAIN_N; ch++) {
		struct session **head = &bucket_of(x, s->hash[ch])->head[ch];
		s->hnext[ch] = *head;
		*head = s;
	}
}

void index_remove(struct session_index *x, struct session *s)
{
	for (unsigned ch = 0; ch < CHAIN_N; ch++) {
		struct session **at = &bucket_of(x, s->hash[ch])->head[ch];
		while (*at != s)
			at = &(*at)->hnext[ch];
		*at = s->hnext[ch];
	}
}

const struct bucket *index_bucket(const struct session_index *x, uint32_t hash)
{
	return bucket_of(x, hash);
}
