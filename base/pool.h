/* pool.h - objects of one size from slabs: no malloc on the packet path once warm.
 *
 * Grows by a slab (ERR_NOMEM-free: returns NULL when the cap is reached or the host has no memory)
 * and never shrinks before pool_fini. Objects come zeroed. One thread.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/types.h"

struct pool {
	size_t obj_size;  /* octets, rounded up to the alignment of max_align_t */
	size_t cap;       /* objects at most */
	size_t n_used;    /* objects handed out */
	size_t n_made;    /* objects in slabs */
	void *free_head;
	void *slabs;
};

/* cap: objects at most (> 0). Allocates nothing yet. */
void pool_init(struct pool *p, size_t obj_size, size_t cap);
/* Frees all slabs; every object is gone. */
void pool_fini(struct pool *p);
/* Makes n objects ready now, so that the next n pool_get() do not call malloc. */
bool pool_reserve(struct pool *p, size_t n) MUST_USE;
/* A zeroed object, owned by the caller until pool_put; NULL when full. */
void *pool_get(struct pool *p);
/* Takes o back; NULL is fine. */
void pool_put(struct pool *p, void *o);

#endif
