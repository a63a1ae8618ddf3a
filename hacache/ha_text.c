/* ha_text.c - see ha_text.h. */
#include "hacache/ha_text.h"

#include <stdio.h>

#include "base/hash.h"
#include "hacache/ha_rows.h"

enum { NAME_ROOM = 128, VALUE_ROOM = 80, OCTETS_SHOWN = 16 };

struct text {
	ha_text_fn *fn;
	void *arg;
	char name[NAME_ROOM];
	size_t len;   /* of the name so far */
};

/* Appends to the name; what it was is to be restored by the caller. */
static void name_add(struct text *t, const char *word, long nr)
{
	const char *dot = t->len != 0 && word[0] != '\0' ? "." : "";
	const size_t room = sizeof(t->name) - t->len;
	const int n = nr >= 0 ? snprintf(t->name + t->len, room, "%s%s[%ld]", dot, word, nr)
			      : snprintf(t->name + t->len, room, "%s%s", dot, word);
	t->len += n < 0 ? 0 : size_min((size_t)n, room - 1);
}

static void tell_uint(struct text *t, uint64_t v)
{
	char value[VALUE_ROOM];
	snprintf(value, sizeof(value), "%llu", (unsigned long long)v);
	t->fn(t->arg, t->name, value);
}

/* The first octets, and a sum of all. */
static void tell_octets(struct text *t, const uint8_t *p, size_t len)
{
	char value[VALUE_ROOM];
	size_t at = 0;
	for (size_t i = 0; i < size_min(len, OCTETS_SHOWN); i++)
		at += (size_t)snprintf(value + at, sizeof(value) - at, "%02x", p[i]);
	snprintf(value + at, sizeof(value) - at, "%s%zu octets, sum %08llx", len != 0 ? ": " : "", len,
		 (unsigned long long)hash_fnv(HASH_FNV_START, p, len) & 0xffffffffu);
	t->fn(t->arg, t->name, value);
}

static void tell_msg(struct text *t, const struct ha_msg *m, const void *plain);

static void tell_element(struct text *t, const struct ha_row *r, const void *at, size_t i)
{
	const size_t len = t->len;
	name_add(t, "", (long)i);
	if (r->kind == HK_LIST)
		tell_msg(t, r->sub, at);
	else
		tell_uint(t, ha_get_uint(at, r->size));
	t->len = len;
	t->name[len] = '\0';
}

static void tell_row(struct text *t, const struct ha_row *r, const void *plain)
{
	const void *at = ha_field(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		tell_uint(t, ha_get_uint(at, r->size));
		return;
	case HK_TIME:
		return;
	case HK_RAW:
		tell_octets(t, at, r->size);
		return;
	case HK_OCTETS:
		tell_octets(t, at, ha_count(plain, r));
		return;
	case HK_BUF: {
		const struct buf *b = at;
		tell_octets(t, b->p, b->len);
		return;
	}
	case HK_MSG:
		tell_msg(t, r->sub, at);
		return;
	case HK_PTR: {
		const void *sub = ha_get_ptr(at);
		if (sub != NULL)
			tell_msg(t, r->sub, sub);
		return;
	}
	case HK_LIST:
	case HK_UINTS:
		for (size_t i = 0; i < ha_count(plain, r); i++)
			tell_element(t, r, ha_field(at, i * r->size), i);
		return;
	}
}

static void tell_msg(struct text *t, const struct ha_msg *m, const void *plain)
{
	for (unsigned i = 0; i < m->n; i++) {
		const size_t len = t->len;
		if (m->row[i].local)
			continue;
		name_add(t, m->row[i].name, -1);
		tell_row(t, &m->row[i], plain);
		t->len = len;
		t->name[len] = '\0';
	}
}

void ha_text(const struct ha_msg *m, const void *plain, ha_text_fn *fn, void *arg)
{
	struct text t = { .fn = fn, .arg = arg };
	tell_msg(&t, m, plain);
}
