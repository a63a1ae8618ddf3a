/* ha_cache.c - see ha_cache.h. */
#include "hacache/ha_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

enum { BUCKETS_MIN = 1024 };

struct ha_cache {
	struct hash_key key;
	struct pool pool;
	struct ha_entry **bucket;
	size_t n_buckets;            /* a power of two */
	uint64_t digest;             /* exclusive or of all entries' */
	uint64_t sum[HA_BUCKETS];    /* the same by bucket */
	struct ha_entry *first[HA_BUCKETS];
};

enum ha_merge ha_merge(uint64_t ours, uint64_t theirs)
{
	if (theirs > ours)
		return HA_TAKE;
	return theirs == ours ? HA_DUPLICATE : HA_KEEP;
}

struct ha_cache *ha_cache_new(const struct hash_key *key, uint32_t max)
{
	struct ha_cache *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->key = *key;
	c->n_buckets = BUCKETS_MIN;
	while (c->n_buckets < max)
		c->n_buckets *= 2;
	c->bucket = calloc(c->n_buckets, sizeof(struct ha_entry *));
	if (c->bucket == NULL) {
		free(c);
		return NULL;
	}
	pool_init(&c->pool, sizeof(struct ha_entry), max);
	return c;
}

void ha_cache_free(struct ha_cache *c)
{
	if (c == NULL)
		return;
	pool_fini(&c->pool);
	free(c->bucket);
	free(c);
}

static struct ha_entry **place(struct ha_cache *c, uint64_t serial)
{
	struct ha_entry **at = &c->bucket[hash_bytes(&c->key, &serial, sizeof(serial)) & (c->n_buckets - 1)];
	while (*at != NULL && (*at)->serial != serial)
		at = &(*at)->next;
	return at;
}

struct ha_entry *ha_cache_find(struct ha_cache *c, uint64_t serial)
{
	return *place(c, serial);
}

unsigned ha_cache_bucket(uint64_t serial)
{
	return (unsigned)(serial * UINT64_C(0x9e3779b97f4a7c15) >> 56) % HA_BUCKETS;
}

static void enlist(struct ha_cache *c, struct ha_entry *e, uint64_t serial)
{
	struct ha_entry **first = &c->first[ha_cache_bucket(serial)];
	e->serial = serial;
	e->after = *first;
	if (*first != NULL)
		(*first)->before = e;
	*first = e;
}

static void strike(struct ha_cache *c, struct ha_entry *e)
{
	if (e->before != NULL)
		e->before->after = e->after;
	else
		c->first[ha_cache_bucket(e->serial)] = e->after;
	if (e->after != NULL)
		e->after->before = e->before;
}

const uint64_t *ha_cache_buckets(const struct ha_cache *c)
{
	return c->sum;
}

struct ha_entry *ha_cache_first(struct ha_cache *c, unsigned bucket)
{
	return c->first[bucket];
}

struct ha_entry *ha_cache_get(struct ha_cache *c, uint64_t serial)
{
	struct ha_entry **at = place(c, serial);
	if (*at == NULL) {
		*at = pool_get(&c->pool);
		if (*at != NULL)
			enlist(c, *at, serial);
	}
	return *at;
}

void ha_cache_set_digest(struct ha_cache *c, struct ha_entry *e, uint64_t digest)
{
	c->digest ^= e->digest ^ digest;
	c->sum[ha_cache_bucket(e->serial)] ^= e->digest ^ digest;
	e->digest = digest;
}

/* A section's share of its session's digest: equal sums of other sessions and sections must not cancel out. */
static uint64_t share(const struct ha_entry *e, enum ha_section i, uint64_t sum)
{
	if (sum == 0)
		return 0;
	uint64_t h = (sum ^ (e->serial * HA_SECTION_N + i) * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 32) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 29;
}

void ha_cache_set_sum(struct ha_cache *c, struct ha_entry *e, enum ha_section i, uint64_t sum)
{
	ha_cache_set_digest(c, e, e->digest ^ share(e, i, e->sum[i]) ^ share(e, i, sum));
	e->sum[i] = sum;
}

void ha_cache_remove(struct ha_cache *c, uint64_t serial)
{
	struct ha_entry **at = place(c, serial);
	struct ha_entry *e = *at;
	if (e == NULL)
		return;
	ha_cache_set_digest(c, e, 0);
	strike(c, e);
	*at = e->next;
	pool_put(&c->pool, e);
}

void ha_cache_clear(struct ha_cache *c)
{
	for (size_t i = 0; i < c->n_buckets && c->pool.n_used > 0; i++) {
		struct ha_entry *next;
		for (struct ha_entry *e = c->bucket[i]; e != NULL; e = next) {
			next = e->next;
			pool_put(&c->pool, e);
		}
		c->bucket[i] = NULL;
	}
	c->digest = 0;
	memset(c->sum, 0, sizeof(c->sum));
	memset(c->first, 0, sizeof(c->first));
}

size_t ha_cache_n(const struct ha_cache *c)
{
	return c->pool.n_used;
}

uint64_t ha_cache_digest(const struct ha_cache *c)
{
	return c->digest;
}
