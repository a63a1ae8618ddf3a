/* test_conf_alloc.c - configurations when memory runs out at any allocation: nothing, or all of it; no leak, no crash. */
#include "tests/unit/conf_util.h"
#include "tests/unit/unit.h"

static struct {
	size_t calls, fail_at; /* from fail_at on every allocation is refused; 0 = never */
} mem;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool refused(void)
{
	mem.calls++;
	return mem.fail_at != 0 && mem.calls >= mem.fail_at;
}

void *__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return refused() ? NULL : __real_realloc(p, n);
}

static void limit(size_t at)
{
	mem.calls = 0;
	mem.fail_at = at;
}

static enum err read_file(void *arg, const char *from, const char *name, char **text, size_t *len, char **path)
{
	(void)arg;
	(void)from;
	*text = __real_malloc(20);
	*path = __real_malloc(20);
	strcpy(*text, "config nfq\nend\n");
	strcpy(*path, name);
	*len = strlen(*text);
	return OK;
}

/* Includes, groups, entries enough to grow the index, lists, and errors of every phase. */
static char *text_of(unsigned n)
{
	char *s = calloc(1, 200000), *p = s;
	p += sprintf(p, "include y\nconfig firewall addrgrp\nedit g\nset member h\nnext\nedit h\nset member all\nend\n"
			"config firewall service custom\nedit s\nset tcp-portrange 1 2 3\nend\nconfig firewall policy\n");
	for (unsigned i = 1; i <= n; i++)
		p += sprintf(p, "edit %u\nset srcintf a b c d e\nset srcaddr g\nset service s SSH\nset name %u\nnext\n", i, i);
	sprintf(p, "end\nconfig bogus\nend\n");
	return s;
}

static void test_parse(void)
{
	static const struct conf_reader rd = { .read = read_file };
	limit(0);
	char *text = text_of(600);
	size_t refusals = 0;
	for (size_t at = 1;; at += at < 80 ? 1 : 97) { /* the first by one, then samples: the entries are alike */
		limit(at);
		struct conf *c = conf_parse_text("x", text, strlen(text), &rd);
		bool reached = mem.calls >= at;
		limit(0);
		CU_ASSERT_EQUAL(c == NULL, reached);
		if (!reached)
			CU_ASSERT(c != NULL && conf_n_errors(c) == 1 && conf_count(c, NULL, "firewall policy") == 600);
		conf_free(c);
		if (!reached)
			break;
		refusals++;
	}
	CU_ASSERT(refusals > 10);
	free(text);
}

static void test_resolve(void)
{
	limit(0);
	char *text = text_of(1);
	struct conf *c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	const struct conf_node *p = conf_first(c, NULL, "firewall policy");
	bool all = false;
	for (size_t at = 1; !all; at++) {
		struct addr_range *a = NULL;
		struct service_range *s = NULL;
		size_t na, ns;
		limit(at);
		enum err ea = conf_resolve_addresses(c, NULL, conf_names(p, "srcaddr"), &a, &na);
		enum err es = conf_resolve_services(c, NULL, conf_names(p, "service"), &s, &ns);
		limit(0);
		CU_ASSERT((ea == OK && na == 1) || (ea == ERR_NOMEM && na == 0 && a == NULL));
		CU_ASSERT((es == OK && ns == 4) || (es == ERR_NOMEM && ns == 0 && s == NULL));
		all = ea == OK && es == OK;
		free(a);
		free(s);
	}
	free(text);
	conf_free(c);
}

UNIT_MAIN({ "memory runs out while a text is read", test_parse }, { "memory runs out while names are resolved", test_resolve })
