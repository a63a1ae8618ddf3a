/* merge.h - after both nodes have worked: what the one that steps down tells of its sessions, taken over by the one that works on.
 *
 * A session that is not here, or has not come as far here, goes live at once; of the others this node's own stay. What the
 * other node has counted beside sessions stays with it. Bytes in, no I/O. One thread.
 */
#ifndef IPS_MERGE_H
#define IPS_MERGE_H

#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"

struct merge {
	struct engine_ha *ha;
	struct ha_receiver rx;
	struct ha_apply apply;
	bool begun, whole;           /* whole: all has come */
	enum err failed;             /* no memory on the way */
	uint64_t taken, kept, refused; /* sessions; kept: this node's own; refused: no room, or no state that could be */
};

enum err merge_begin(struct merge *m, struct engine *e, struct engine_ha *ha, const struct hash_key *key) MUST_USE;
/* Bytes from that link, at the engine's time here. m->rx.seq is the batch to acknowledge. An error ends the conversation. */
enum err merge_feed(struct merge *m, unsigned link, struct span bytes, mono_t here) MUST_USE;
void merge_end(struct merge *m); /* zeroed is fine */

#endif
