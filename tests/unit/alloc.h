/* alloc.h - counts and fails the allocations of what a unit test is linked with.
 *
 * For tests linked with --wrap of malloc, calloc and free (UNIT_LD_<name> in tests/module.mk).
 */
#ifndef TESTS_UNIT_ALLOC_H
#define TESTS_UNIT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct {
	size_t calls;     /* malloc and calloc so far */
	size_t live;      /* octets not freed yet */
	bool fail;        /* refuse all */
} alloc;

void *__real_malloc(size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

/* The size goes before the block. */
#define ALLOC_HEAD _Alignof(max_align_t)

void *__wrap_malloc(size_t n)
{
	alloc.calls++;
	char *p = alloc.fail ? NULL : __real_malloc(n + ALLOC_HEAD);
	if (p == NULL)
		return NULL;
	memcpy(p, &n, sizeof(n));
	alloc.live += n;
	return p + ALLOC_HEAD;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = __wrap_malloc(n * size);
	return p != NULL ? memset(p, 0, n * size) : NULL;
}

void __wrap_free(void *p)
{
	if (p == NULL)
		return;
	size_t n;
	char *block = (char *)p - ALLOC_HEAD;
	memcpy(&n, block, sizeof(n));
	alloc.live -= n;
	__real_free(block);
}

#endif
