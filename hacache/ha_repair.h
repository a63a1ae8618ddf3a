/* ha_repair.h - both tables compared by bucket, as of one batch, and what differs told anew: ha.md "self-proof".
 *
 * Every commit has the sum of the active node's table. A standby whose own is another asks for the sums by bucket; the
 * next batch brings them. Of the first bucket that differs it asks for the sessions: a later batch has it drop that
 * bucket and tells every session in it whole, beside its other changes and followed by the sums again. A bucket that differs
 * still once it has been told anew is beyond this: it is counted, and not asked for again. Pure; one thread.
 */
#ifndef HACACHE_HA_REPAIR_H
#define HACACHE_HA_REPAIR_H

#include "hacache/ha_sync.h"

enum { HA_VERSION_REPAIRS = 3 }; /* of peers that know of this */

/* Active: does the peer wait for something? */
bool ha_repair_wanted(const struct ha_sender *s);
/* Active, behind what ended and before what has changed: sessions of the bucket that is asked for are to be told whole again;
 * retell hears of each. */
enum err ha_repair_bucket(struct ha_sender *s, void (*retell)(void *arg, uint64_t serial), void *arg) MUST_USE;
/* Active, last of a batch: the sums by bucket, if they are asked for. */
enum err ha_repair_sums(struct ha_sender *s) MUST_USE;
/* Active: what an acknowledgement of this stream asks for. */
void ha_repair_asked(struct ha_sender *s, const struct ha_ack *a);

/* Standby: the frames of these kinds, and the batch's end. */
void ha_repair_drop(struct ha_receiver *r, const struct ha_repair *m);
void ha_repair_compare(struct ha_receiver *r, const struct ha_buckets *m);
void ha_repair_commit(struct ha_receiver *r, const struct ha_commit *c);

#endif
