/* sig_mem.c - the memory of a signature set: slabs, given back all at once. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "sigs/sig_int.h"

enum { SLAB = 65536 };

struct sig_slab {
	struct sig_slab *next;
	alignas(max_align_t) char mem[];
};

void *sig_mem_get(struct sig_mem *m, size_t n)
{
	const size_t align = alignof(max_align_t);
	n = n == 0 ? align : (n + align - 1) / align * align;
	if (n > m->left) {
		const size_t size = n > SLAB ? n : SLAB;
		struct sig_slab *s = malloc(sizeof(*s) + size);
		if (s == NULL)
			return NULL;
		s->next = m->slabs;
		m->slabs = s;
		m->at = s->mem;
		m->left = size;
	}
	void *p = m->at;
	m->at += n;
	m->left -= n;
	return memset(p, 0, n);
}

void *sig_mem_copy(struct sig_mem *m, const void *p, size_t n)
{
	void *to = sig_mem_get(m, n);
	if (to != NULL && n != 0)
		memcpy(to, p, n);
	return to;
}

char *sig_mem_str(struct sig_mem *m, const char *s)
{
	return sig_mem_copy(m, s, strlen(s) + 1);
}

void sig_mem_fini(struct sig_mem *m)
{
	while (m->slabs != NULL) {
		struct sig_slab *next = m->slabs->next;
		free(m->slabs);
		m->slabs = next;
	}
	*m = (struct sig_mem){ 0 };
}
