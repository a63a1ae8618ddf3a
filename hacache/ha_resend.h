/* ha_resend.h - batches kept until the peer has applied them, so that what a link loses is sent again: ha.md "resend queue".
 *
 * The active node's: bounded in octets and in batches. When it is full the oldest give way: a peer that still lacks
 * those can no longer be caught up from here and needs the whole table. Batches are put in order of their numbers,
 * without gaps. Pure; one thread.
 */
#ifndef HACACHE_HA_RESEND_H
#define HACACHE_HA_RESEND_H

#include "base/err.h"
#include "base/types.h"

#define HA_RESEND_OCTETS  ((size_t)64 * 1024 * 1024)
#define HA_RESEND_BATCHES 8192u /* a power of two */

struct ha_resend_entry {
	size_t at, len; /* in the ring of octets */
};

struct ha_resend {
	uint8_t *mem;
	size_t cap;                     /* of mem */
	size_t end;                     /* where the next one goes, if there is room up to the ring's end */
	struct ha_resend_entry *entry;  /* of batch seq: entry[seq % n_max] */
	uint32_t n_max;
	uint64_t first, last;           /* numbers of the batches that are here; first > last: none is */
	size_t octets;                  /* that they have */
	uint64_t n_evicted;             /* given up for room, not acknowledged */
};

/* Memory is taken once, and touched as far as it is used. batches: a power of two. */
enum err ha_resend_new(size_t octets, uint32_t batches, struct ha_resend *q) MUST_USE;
void ha_resend_fini(struct ha_resend *q);
/* Keeps a copy of batch seq, the one behind the last. One that is longer than the queue empties it. */
void ha_resend_put(struct ha_resend *q, uint64_t seq, struct span octets);
/* Batches up to seq are no longer wanted. */
void ha_resend_done(struct ha_resend *q, uint64_t seq);
/* Lent until the next put; false: it is not here. */
bool ha_resend_get(const struct ha_resend *q, uint64_t seq, struct span *octets);

#endif
