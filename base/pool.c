/* pool.c - slabs of equal objects with a free list inside the free ones.
 *
 * Under AddressSanitizer a free object is poisoned, so that a use after pool_put is found like one after free.
 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WITH_ASAN)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN _Alignof(max_align_t)
#define SLAB_OCTETS ((size_t)64 << 10)
#define SLAB_OBJECTS_MIN 8

struct slab {
	_Alignas(max_align_t) struct slab *next;
};

struct free_obj {
	struct free_obj *next;
};

void pool_init(struct pool *p, size_t obj_size, size_t cap)
{
	if (obj_size < sizeof(struct free_obj))
		obj_size = sizeof(struct free_obj);
	*p = (struct pool){ .obj_size = (obj_size + ALIGN - 1) / ALIGN * ALIGN, .cap = cap };
}

void pool_fini(struct pool *p)
{
	for (struct slab *s = p->slabs, *next; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	pool_init(p, p->obj_size, p->cap);
}

static void free_push(struct pool *p, void *o)
{
	struct free_obj *f = o;
	f->next = p->free_head;
	p->free_head = f;
	POISON(f, p->obj_size);
}

/* A slab of n objects; the first of them will be handed out first. */
static bool grow(struct pool *p, size_t n)
{
	if (n == 0 || n > p->cap - p->n_made || n > (SIZE_MAX - sizeof(struct slab)) / p->obj_size)
		return false;
	struct slab *s = malloc(sizeof(*s) + n * p->obj_size);
	if (s == NULL)
		return false;
	s->next = p->slabs;
	p->slabs = s;
	for (size_t i = n; i-- > 0;)
		free_push(p, (char *)(s + 1) + i * p->obj_size);
	p->n_made += n;
	return true;
}

bool pool_reserve(struct pool *p, size_t n)
{
	size_t ready = p->n_made - p->n_used;
	return n <= ready || grow(p, n - ready);
}

void *pool_get(struct pool *p)
{
	if (p->free_head == NULL) {
		size_t n = SLAB_OCTETS / p->obj_size;
		n = size_min(n < SLAB_OBJECTS_MIN ? SLAB_OBJECTS_MIN : n, p->cap - p->n_made);
		if (!grow(p, n) && (n <= 1 || !grow(p, 1)))
			return NULL;
	}
	struct free_obj *f = p->free_head;
	UNPOISON(f, p->obj_size);
	p->free_head = f->next;
	p->n_used++;
	return memset(f, 0, p->obj_size);
}

void pool_put(struct pool *p, void *o)
{
	if (o == NULL)
		return;
	free_push(p, o);
	p->n_used--;
}
