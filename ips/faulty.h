/* faulty.h - a wire that loses, overtakes and doubles messages, as often as it is told to; the same seed, the same faults.
 *
 * One direction. A message that is held back arrives behind the next one that is sent, whenever that is; a second one held
 * back meanwhile makes the first arrive. Pure; one thread.
 */
#ifndef IPS_FAULTY_H
#define IPS_FAULTY_H

#include "base/hash.h"
#include "ips/outbuf.h"

struct faulty_cfg {
	unsigned loss, reorder, dup; /* percent of the messages */
};

struct faulty_count {
	uint64_t lost, reordered, doubled;
};

struct faulty {
	struct faulty_cfg cfg;
	struct hash_key key;
	uint64_t rolls;
	struct outbuf held;   /* the message held back; empty: none is */
	struct faulty_count n;
};

/* Takes what arrives; false: it cannot be taken, nothing more is to be sent. */
typedef bool faulty_put_fn(void *arg, struct span message);

void faulty_init(struct faulty *f, const struct faulty_cfg *cfg, uint64_t seed);
void faulty_fini(struct faulty *f);
/* Another run of faults from here on; what was held back still is. */
void faulty_reseed(struct faulty *f, uint64_t seed);
bool faulty_send(struct faulty *f, struct span message, faulty_put_fn *put, void *arg) MUST_USE;

#endif
