/* conf_diff.c - what differs between two trees, by the values that hold (a default that is written is no difference). */
#include "ips/conf_int.h"

#include <stdio.h>
#include <string.h>

#include "ips/conf_text.h"

struct diff {
	FILE *f;
	const struct conf *a, *b;
	const char *vdom; /* printed before a path; NULL = there is but one */
};

static void head(const struct diff *d, char sign, const struct conf_object *o, const struct conf_node *entry)
{
	fprintf(d->f, "%c ", sign);
	if (d->vdom != NULL && o->scope == CS_VDOM)
		fprintf(d->f, "vdom %s ", d->vdom);
	fputs(o->path, d->f);
	if (entry != NULL && o->kind != CK_SINGLE) {
		putc(' ', d->f);
		conf_text_key(d->f, entry);
	}
	fputs(": ", d->f);
}

static bool same(const struct conf_value *x, const struct conf_value *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	if (x->n != y->n)
		return false;
	for (uint32_t i = 0; i < x->n; i++)
		if (strcmp(x->item[i], y->item[i]) != 0)
			return false;
	return true;
}

static void side(const struct diff *d, char sign, const struct conf_node *n, int attr)
{
	head(d, sign, n->obj, n);
	conf_text_set(d->f, &n->obj->attr[attr], n->v[attr], false);
}

static void both(const struct diff *d, const struct conf_node *x, const struct conf_node *y)
{
	for (int i = 0; i < x->obj->n_attr; i++) {
		if (same(conf_value_of(x, i), conf_value_of(y, i)))
			continue;
		side(d, '-', x, i);
		side(d, '+', y, i);
	}
}

/* An entry that only one side has. */
static void whole(const struct diff *d, char sign, const struct conf_node *n)
{
	head(d, sign, n->obj, n);
	fputs("edit\n", d->f);
	for (int i = 0; i < n->obj->n_attr; i++)
		if (n->v[i] != NULL)
			side(d, sign, n, i);
}

static const struct conf_node *twin(const struct conf *c, const struct conf_scope *s, const struct conf_node *n)
{
	return s != NULL ? conf_lookup(c, s, n->obj->id, n->key) : NULL;
}

/* The first entry of both sides whose place among those of both sides differs; NULL = none. */
static const struct conf_node *moved(const struct diff *d, const struct conf_scope *sa, const struct conf_scope *sb,
				     enum conf_object_id id)
{
	const struct conf_node *x = sa->slot[id].first, *y = sb->slot[id].first;
	for (;;) {
		while (x != NULL && twin(d->b, sb, x) == NULL)
			x = x->next;
		while (y != NULL && twin(d->a, sa, y) == NULL)
			y = y->next;
		if (x == NULL || y == NULL)
			return NULL;
		if (strcmp(x->key, y->key) != 0)
			return y;
		x = x->next;
		y = y->next;
	}
}

static void table(const struct diff *d, const struct conf_scope *sa, const struct conf_scope *sb, const struct conf_object *o)
{
	for (const struct conf_node *x = sa != NULL ? sa->slot[o->id].first : NULL; x != NULL; x = x->next) {
		const struct conf_node *y = twin(d->b, sb, x);
		if (y != NULL)
			both(d, x, y);
		else
			whole(d, '-', x);
	}
	for (const struct conf_node *y = sb != NULL ? sb->slot[o->id].first : NULL; y != NULL; y = y->next)
		if (twin(d->a, sa, y) == NULL)
			whole(d, '+', y);
	const struct conf_node *first = o->id == CO_POLICY && sa != NULL && sb != NULL ? moved(d, sa, sb, o->id) : NULL;
	if (first == NULL)
		return;
	head(d, '~', o, first);
	fputs("moved\n", d->f);
}

static const struct conf_node *single(const struct conf *c, const struct conf_scope *s, enum conf_object_id id)
{
	return s != NULL && s->slot[id].first != NULL ? s->slot[id].first : c->absent[id];
}

static void scope(struct diff *d, const char *name, bool global)
{
	const struct conf_scope *sa = conf_scope_find(d->a, name), *sb = conf_scope_find(d->b, name);
	d->vdom = d->a->n_scopes > 1 || d->b->n_scopes > 1 ? name : NULL;
	if (sa == NULL || sb == NULL)
		fprintf(d->f, "%c vdom %s: edit\n", sa != NULL ? '-' : '+', name);
	for (enum conf_object_id id = 0; id < CO_N; id++) {
		const struct conf_object *o = conf_schema(id);
		if (o->scope == CS_GLOBAL && !global)
			continue;
		if (o->kind == CK_SINGLE)
			both(d, single(d->a, sa, id), single(d->b, sb, id));
		else
			table(d, sa, sb, o);
	}
}

enum err conf_diff(const struct conf *a, const struct conf *b, char **out)
{
	size_t len;
	*out = NULL;
	struct diff d = { .f = open_memstream(out, &len), .a = a, .b = b };
	if (d.f == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < a->n_scopes; i++)
		scope(&d, a->scope[i]->name, i == 0);
	for (size_t i = 0; i < b->n_scopes; i++)
		if (conf_scope_find(a, b->scope[i]->name) == NULL)
			scope(&d, b->scope[i]->name, false);
	return conf_text_close(d.f, out);
}
