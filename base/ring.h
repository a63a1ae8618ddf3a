/* ring.h - bounded single-producer single-consumer ring of fixed-size records, for logs off the packet path.
 *
 * Never blocks: a full ring refuses and counts. Producer and consumer may be two threads.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>

#include "base/err.h"

struct ring {
	uint8_t *mem;
	size_t rec_size;
	uint32_t cap;              /* records, a power of two */
	_Atomic uint32_t head;     /* next to write */
	_Atomic uint32_t tail;     /* next to read */
	_Atomic uint64_t n_lost;   /* refused because full */
};

/* cap is rounded up to a power of two. */
enum err ring_init(struct ring *r, size_t rec_size, uint32_t cap) MUST_USE;
void ring_fini(struct ring *r);
/* Copies a record in; false (and counted) when full. */
bool ring_push(struct ring *r, const void *rec);
/* Copies the oldest record out; false when empty. */
bool ring_pop(struct ring *r, void *rec);
uint64_t ring_lost(const struct ring *r);

#endif
