/* conf_tree.c - the tree: its memory, its nodes and the index by which entries are found. */
#include "ips/conf_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define CHUNK_SIZE ((size_t)64 << 10)
#define BUCKETS_FIRST 256u
#define OFFENDING_MAX 60

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, cap;
	max_align_t data[];
};

void *conf_alloc(struct conf *c, size_t n)
{
	const size_t align = sizeof(max_align_t);
	n = (n + align - 1) / align * align;
	struct arena_chunk *a = c->arena;
	if (c->oom)
		return NULL;
	if (a == NULL || a->cap - a->used < n) {
		size_t cap = n > CHUNK_SIZE ? n : CHUNK_SIZE;
		a = calloc(1, sizeof(*a) + cap);
		if (a == NULL) {
			c->oom = true;
			return NULL;
		}
		a->cap = cap;
		a->next = c->arena;
		c->arena = a;
	}
	void *p = (char *)a->data + a->used;
	a->used += n;
	return p;
}

char *conf_strn(struct conf *c, const char *s, size_t n)
{
	char *p = conf_alloc(c, n + 1);
	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

struct conf *conf_tree_new(void)
{
	struct conf *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->error = calloc(CONF_ERRORS_MAX + 1, sizeof(*c->error));
	c->bucket = calloc(BUCKETS_FIRST, sizeof(*c->bucket));
	c->n_buckets = BUCKETS_FIRST;
	c->oom = c->error == NULL || c->bucket == NULL;
	struct conf_scope *root = conf_scope_add(c, "root");
	for (enum conf_object_id id = 0; id < CO_N; id++)
		c->absent[id] = conf_node_new(c, root, conf_schema(id), "");
	if (!c->oom)
		conf_value_defaults(c);
	if (c->oom) {
		conf_free(c);
		return NULL;
	}
	return c;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	while (c->arena != NULL) {
		struct arena_chunk *next = c->arena->next;
		free(c->arena);
		c->arena = next;
	}
	free(c->bucket);
	free(c->error);
	free(c);
}

struct conf_scope *conf_scope_find(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_scopes; i++)
		if (strcmp(c->scope[i]->name, name) == 0)
			return c->scope[i];
	return NULL;
}

struct conf_scope *conf_scope_add(struct conf *c, const char *name)
{
	struct conf_scope *s = conf_alloc(c, sizeof(*s));
	if (s == NULL || c->n_scopes == CONF_VDOMS_MAX)
		return NULL;
	s->name = conf_strn(c, name, strlen(name));
	c->scope[c->n_scopes++] = s;
	return s;
}

struct conf_node *conf_node_new(struct conf *c, struct conf_scope *s, const struct conf_object *o, const char *key)
{
	struct conf_node *n = conf_alloc(c, sizeof(*n));
	struct conf_value **v = conf_alloc(c, o->n_attr * sizeof(struct conf_value *));
	const char *k = conf_strn(c, key, strlen(key));
	if (c->oom)
		return NULL;
	n->obj = o;
	n->conf = c;
	n->scope = s;
	n->key = k;
	n->id = c->n_nodes++;
	n->v = v;
	return n;
}

/* --- the index ------------------------------------------------------------------------------ */
static size_t bucket_of(const struct conf *c, const struct conf_scope *s, enum conf_object_id id, const char *key)
{
	const struct hash_key hk = hash_key_of_seed((uint64_t)(uintptr_t)s + id);
	return hash_bytes(&hk, key, strlen(key)) % c->n_buckets;
}

static void index_put(struct conf *c, struct conf_node *n)
{
	struct conf_node **b = &c->bucket[bucket_of(c, n->scope, n->obj->id, n->key)];
	n->hnext = *b;
	*b = n;
}

static void index_grow(struct conf *c)
{
	struct conf_node **old = c->bucket;
	size_t n_old = c->n_buckets;
	struct conf_node **b = calloc(n_old * 4, sizeof(struct conf_node *));
	if (b == NULL) {
		c->oom = true;
		return;
	}
	c->bucket = b;
	c->n_buckets = n_old * 4;
	for (size_t i = 0; i < n_old; i++) {
		for (struct conf_node *n = old[i], *next; n != NULL; n = next) {
			next = n->hnext;
			index_put(c, n);
		}
	}
	free(old);
}

void conf_link(struct conf *c, struct conf_node *n)
{
	struct conf_slot *slot = &n->scope->slot[n->obj->id];
	if (slot->last != NULL)
		slot->last->next = n;
	else
		slot->first = n;
	slot->last = n;
	slot->n++;
	if (n->obj->kind == CK_SINGLE)
		return;
	if (++c->n_entries > c->n_buckets)
		index_grow(c);
	index_put(c, n);
}

struct conf_node *conf_lookup(const struct conf *c, const struct conf_scope *s, enum conf_object_id id, const char *key)
{
	if (conf_schema(id)->scope == CS_GLOBAL)
		s = c->scope[0];
	for (struct conf_node *n = c->bucket[bucket_of(c, s, id, key)]; n != NULL; n = n->hnext)
		if (n->scope == s && n->obj->id == id && strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const struct conf_value *conf_value_of(const struct conf_node *n, int attr)
{
	return n->v[attr] != NULL ? n->v[attr] : n->conf->dflt[n->obj->id][attr];
}

/* --- errors --------------------------------------------------------------------------------- */
/* At most OFFENDING_MAX octets, whole UTF-8 characters, nothing that moves a terminal's cursor. */
static void printable(const char *s, char *buf)
{
	size_t n = strlen(s);
	bool cut = n > OFFENDING_MAX;
	if (cut)
		for (n = OFFENDING_MAX; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
			n--;
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)s[i] < ' ' || s[i] == 0x7f ? '?' : s[i];
	strcpy(buf + n, cut ? "..." : "");
}

static unsigned file_number(const struct conf *c, const char *file)
{
	unsigned i = 0;
	while (i + 1 < c->n_files && c->file[i] != file)
		i++;
	return i;
}

void conf_fail(struct conf *c, const char *file, unsigned line, const char *offending, const char *fmt, ...)
{
	char what[OFFENDING_MAX + 4], text[600], whole[1024];
	if (c->oom)
		return;
	if (c->n_errors == CONF_ERRORS_MAX) {
		c->lost_errors++;
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printable(offending, what);
	int n = snprintf(whole, sizeof(whole), "%s:%u: '%s': %s", file, line, what, text);
	const char *s = conf_strn(c, whole, size_min(n > 0 ? (size_t)n : 0, sizeof(whole) - 1));
	if (s == NULL)
		return;
	c->error[c->n_errors] = (struct conf_error){ file_number(c, file), line, (unsigned)c->n_errors, s };
	c->n_errors++;
}

static int compare_errors(const void *pa, const void *pb)
{
	const struct conf_error *a = pa, *b = pb;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void conf_sort_errors(struct conf *c)
{
	char text[80];
	qsort(c->error, c->n_errors, sizeof(*c->error), compare_errors);
	if (c->lost_errors == 0)
		return;
	int n = snprintf(text, sizeof(text), "%zu more errors, not shown", c->lost_errors);
	const char *s = conf_strn(c, text, (size_t)n);
	if (s != NULL)
		c->error[c->n_errors++] = (struct conf_error){ .text = s };
}

size_t conf_n_errors(const struct conf *c)
{
	return c->n_errors;
}

const char *conf_error(const struct conf *c, size_t i)
{
	return i < c->n_errors ? c->error[i].text : "";
}
