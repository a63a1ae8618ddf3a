/* ha_cache.h - what is replicated, by session: versions, section sums, digests. On both nodes.
 *
 * The sender remembers what it sent, so that a message holds only sections that changed; the receiver
 * remembers what it applied, so that nothing goes back. The states themselves live in the engine's
 * session table, decoded and ready. Bounded; one thread.
 */
#ifndef HACACHE_HA_CACHE_H
#define HACACHE_HA_CACHE_H

#include "base/hash.h"
#include "hacache/ha.h"

struct ha_entry {
	uint64_t serial;
	uint64_t version;                    /* of the last message sent or applied */
	uint64_t digest;                     /* this session's part of the table's */
	uint64_t sum[HA_SECTION_N];          /* of each section as last sent or applied; 0 = never */
	struct ha_entry *next;
	struct ha_entry *before, *after;     /* in its bucket of the comparison */
};

/* What to do with a message about a session of which ours is held. */
enum ha_merge { HA_TAKE, HA_KEEP, HA_DUPLICATE };

/* Pure: state never goes back. ours = 0: nothing held. */
enum ha_merge ha_merge(uint64_t ours, uint64_t theirs);

struct ha_cache;
struct ha_cache *ha_cache_new(const struct hash_key *key, uint32_t max);  /* NULL: no memory */
void ha_cache_free(struct ha_cache *c);
struct ha_entry *ha_cache_find(struct ha_cache *c, uint64_t serial);
struct ha_entry *ha_cache_get(struct ha_cache *c, uint64_t serial);       /* found or new; NULL when full */
void ha_cache_set_digest(struct ha_cache *c, struct ha_entry *e, uint64_t digest);
/* One section's sum takes the place of its former one, in the entry and in both digests. */
void ha_cache_set_sum(struct ha_cache *c, struct ha_entry *e, enum ha_section i, uint64_t sum);
void ha_cache_remove(struct ha_cache *c, uint64_t serial);
void ha_cache_clear(struct ha_cache *c);
size_t ha_cache_n(const struct ha_cache *c);
/* Of the whole table: independent of the order in which it was filled. */
uint64_t ha_cache_digest(const struct ha_cache *c);

/* Tables are compared by buckets that mean the same on both nodes: of a serial, its sums, its entries in no order. */
unsigned ha_cache_bucket(uint64_t serial);
const uint64_t *ha_cache_buckets(const struct ha_cache *c);    /* HA_BUCKETS of them */
struct ha_entry *ha_cache_first(struct ha_cache *c, unsigned bucket);

#endif
