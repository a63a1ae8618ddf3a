/* ring.c - the counters run freely and wrap; head - tail is what is in the ring. */
#include "base/ring.h"

#include <stdlib.h>
#include <string.h>

#define CAP_MAX (UINT32_C(1) << 31)

enum err ring_init(struct ring *r, size_t rec_size, uint32_t cap)
{
	*r = (struct ring){ .rec_size = rec_size, .cap = 1 };
	if (rec_size == 0 || cap == 0 || cap > CAP_MAX)
		return ERR_USAGE;
	while (r->cap < cap)
		r->cap <<= 1;
	r->mem = calloc(r->cap, rec_size);
	return r->mem != NULL ? OK : ERR_NOMEM;
}

void ring_fini(struct ring *r)
{
	free(r->mem);
	r->mem = NULL;
}

static uint8_t *slot(const struct ring *r, uint32_t i)
{
	return r->mem + (size_t)(i & (r->cap - 1)) * r->rec_size;
}

bool ring_push(struct ring *r, const void *rec)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) == r->cap) {
		atomic_fetch_add_explicit(&r->n_lost, 1, memory_order_relaxed);
		return false;
	}
	memcpy(slot(r, head), rec, r->rec_size);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

bool ring_pop(struct ring *r, void *rec)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
		return false;
	memcpy(rec, slot(r, tail), r->rec_size);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

uint64_t ring_lost(const struct ring *r)
{
	return atomic_load_explicit(&r->n_lost, memory_order_relaxed);
}
