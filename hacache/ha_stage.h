/* ha_stage.h - what a standby has of batches that it cannot apply yet: octets of each link up to the next commit, and
 * whole batches that came before one that is missing.
 *
 * A stage is one connection's: a batch begins and ends on the same. Both are bounded: what is too long to be a batch is
 * refused, a batch too far ahead is left out and asked for again later. Pure; one thread.
 */
#ifndef HACACHE_HA_STAGE_H
#define HACACHE_HA_STAGE_H

#include "base/err.h"
#include "hacache/ha.h"

struct ha_stage {
	uint8_t *mem;
	size_t len, cap;
	size_t head;                    /* octets that are dealt with: they go when all that is whole is */
	size_t scanned;                 /* behind those: octets of whole frames, none of them a commit */
	bool stray;                     /* the stream that this connection brings is not the one that is followed */
};

void ha_stage_fini(struct ha_stage *s);
/* Another connection: what the last one left is no part of it. The memory stays. */
void ha_stage_clear(struct ha_stage *s);
/* ERR_FULL: longer than a batch may be; ERR_NOMEM. */
enum err ha_stage_add(struct ha_stage *s, struct span in) MUST_USE;
/* The next frame behind those scanned, header and all. OK and an empty span: it is not whole yet. Errors as ha_wire_frame. */
enum err ha_stage_frame(const struct ha_stage *s, enum ha_type *t, struct span *frame) MUST_USE;
/* The octets of the frames that were scanned, lent until the next change. */
struct span ha_stage_scanned(const struct ha_stage *s);
/* The next n octets are dealt with. */
void ha_stage_take(struct ha_stage *s, size_t n);
/* Makes room; once after many batches, for what is left moves. */
void ha_stage_pack(struct ha_stage *s);

enum { HA_AHEAD_BATCHES = 64, HA_AHEAD_OCTETS = 16 << 20 };

struct ha_ahead {
	struct ha_ahead_batch {
		struct ha_commit commit; /* its last frame */
		uint8_t *p;             /* a copy */
		size_t len;
	} v[HA_AHEAD_BATCHES];          /* in order of their numbers */
	unsigned n;
	size_t octets;
};

void ha_ahead_clear(struct ha_ahead *a);
/* Keeps a copy; false: there is no room for it. */
bool ha_ahead_put(struct ha_ahead *a, const struct ha_commit *c, struct span batch);
/* Gives away batch seq, whose copy the caller frees; older ones are forgotten. false: it is not here. */
bool ha_ahead_take(struct ha_ahead *a, uint64_t seq, struct ha_ahead_batch *out);

#endif
