/* conf_show.c - the tree to canonical text. */
#include "ips/conf_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/conf_text.h"

struct show {
	const struct conf *c;
	FILE *f;
	unsigned flags;
	const char *path;              /* NULL = everything */
	const struct conf_object *one; /* the object of which only an entry is wanted */
	const char *key;               /* that entry */
	int depth;
};

static void indent(const struct show *sh)
{
	fprintf(sh->f, "%*s", 4 * sh->depth, "");
}

static void line(const struct show *sh, const char *a, const char *b)
{
	indent(sh);
	fprintf(sh->f, "%s%s\n", a, b);
}

void conf_text_quoted(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

void conf_text_key(FILE *f, const struct conf_node *n)
{
	if (n->obj->kind == CK_NUMBER)
		fputs(n->key, f);
	else
		conf_text_quoted(f, n->key);
}

static void item(FILE *f, const struct conf_attr *a, const char *text, bool secrets)
{
	switch (a->type) {
	case CT_STRING:
	case CT_REF:
	case CT_IFNAME:
		conf_text_quoted(f, text);
		break;
	case CT_PASSWORD:
		conf_text_quoted(f, secrets ? text : CONF_TEXT_MASK);
		break;
	case CT_HBDEV: {
		char name[CONF_IFNAME_MAX + 1];
		const char *blank = strrchr(text, ' ');
		snprintf(name, sizeof(name), "%.*s", (int)(blank - text), text);
		conf_text_quoted(f, name);
		fputs(blank, f);
		break;
	}
	case CT_FLAG:
	case CT_INT:
	case CT_ENUM:
	case CT_IP:
	case CT_IPMASK:
	case CT_SUBNET:
	case CT_NET:
	case CT_PORTS:
	case CONF_TYPE_N:
		fputs(text, f);
		break;
	}
}

void conf_text_set(FILE *f, const struct conf_attr *a, const struct conf_value *v, bool secrets)
{
	fprintf(f, "%s %s", v != NULL ? "set" : "unset", a->name);
	for (uint32_t i = 0; v != NULL && i < v->n; i++) {
		putc(' ', f);
		item(f, a, v->item[i], secrets);
	}
	putc('\n', f);
}

static void attributes(const struct show *sh, const struct conf_node *n)
{
	for (int i = 0; i < n->obj->n_attr; i++) {
		bool full = sh->flags & CONF_SHOW_FULL;
		if (n->v[i] == NULL && !full)
			continue;
		indent(sh);
		conf_text_set(sh->f, &n->obj->attr[i], full ? conf_value_of(n, i) : n->v[i], sh->flags & CONF_SHOW_SECRETS);
	}
}

static const struct conf_object *child_of(const struct conf_object *o)
{
	for (enum conf_object_id id = 0; id < CO_N; id++)
		if (conf_schema(id)->parent == o->id)
			return conf_schema(id);
	return NULL;
}

static bool has_attributes(const struct conf_node *n)
{
	for (int i = 0; i < n->obj->n_attr; i++)
		if (n->v[i] != NULL)
			return true;
	return false;
}

static void table(struct show *sh, const struct conf_scope *s, const struct conf_object *o, const char *name)
{
	line(sh, "config ", name);
	sh->depth++;
	for (const struct conf_node *n = s->slot[o->id].first; n != NULL; n = n->next) {
		if (sh->one == o && strcmp(n->key, sh->key) != 0)
			continue;
		indent(sh);
		fputs("edit ", sh->f);
		conf_text_key(sh->f, n);
		putc('\n', sh->f);
		sh->depth++;
		attributes(sh, n);
		sh->depth--;
		line(sh, "next", "");
	}
	sh->depth--;
	line(sh, "end", "");
}

static void single(struct show *sh, const struct conf_scope *s, const struct conf_object *o)
{
	const struct conf_node *n = s->slot[o->id].first != NULL ? s->slot[o->id].first : sh->c->absent[o->id];
	const struct conf_object *child = child_of(o);
	size_t n_children = child != NULL ? s->slot[child->id].n : 0;
	if (!(sh->flags & CONF_SHOW_FULL) && !has_attributes(n) && n_children == 0)
		return;
	line(sh, "config ", o->path);
	sh->depth++;
	attributes(sh, n);
	if (n_children > 0)
		table(sh, s, child, strrchr(child->path, ' ') + 1);
	sh->depth--;
	line(sh, "end", "");
}

/* path is one or more whole words at the beginning of the object's, or goes on where that ends. */
static bool wanted(const struct show *sh, const struct conf_object *o)
{
	if (sh->path == NULL || sh->one != NULL)
		return sh->path == NULL || sh->one == o || sh->one->parent == o->id;
	size_t n = strlen(sh->path);
	const struct conf_object *child = child_of(o);
	return (strncmp(o->path, sh->path, n) == 0 && (o->path[n] == '\0' || o->path[n] == ' ')) ||
	       (child != NULL && strcmp(child->path, sh->path) == 0);
}

static void objects(struct show *sh, const struct conf_scope *s, bool global, bool vdom)
{
	for (enum conf_object_id id = 0; id < CO_N; id++) {
		const struct conf_object *o = conf_schema(id);
		if (o->parent != CO_N || !wanted(sh, o) || !(o->scope == CS_GLOBAL ? global : vdom))
			continue;
		if (o->kind == CK_SINGLE)
			single(sh, s, o);
		else if (s->slot[id].n > 0)
			table(sh, s, o, o->path);
	}
}

static void with_vdoms(struct show *sh)
{
	const struct conf *c = sh->c;
	line(sh, "config vdom", "");
	for (size_t i = 0; i < c->n_scopes; i++) {
		fputs("    edit ", sh->f);
		conf_text_quoted(sh->f, c->scope[i]->name);
		fputs("\n    next\n", sh->f);
	}
	line(sh, "end", "");
	line(sh, "config global", "");
	sh->depth = 1;
	objects(sh, c->scope[0], true, false);
	fputs("end\nconfig vdom\n", sh->f);
	for (size_t i = 0; i < c->n_scopes; i++) {
		fputs("    edit ", sh->f);
		conf_text_quoted(sh->f, c->scope[i]->name);
		putc('\n', sh->f);
		sh->depth = 2;
		objects(sh, c->scope[i], false, true);
		fputs("    next\n", sh->f);
	}
	fputs("end\n", sh->f);
}

/* What the path means: a word of paths, or an object's path and an entry's name. */
static enum err resolve_path(struct show *sh)
{
	bool object = false;
	for (enum conf_object_id id = 0; sh->path != NULL && id < CO_N; id++) {
		const struct conf_object *o = conf_schema(id);
		size_t n = strlen(o->path);
		object |= wanted(sh, o);
		if (o->kind == CK_SINGLE || strncmp(sh->path, o->path, n) != 0 || sh->path[n] != ' ')
			continue;
		sh->one = o;
		sh->key = sh->path + n + 1;
		for (size_t i = 0; i < sh->c->n_scopes; i++)
			if (conf_lookup(sh->c, sh->c->scope[i], id, sh->key) != NULL)
				return OK;
		return ERR_NOTFOUND;
	}
	return sh->path == NULL || object ? OK : ERR_UNKNOWN;
}

enum err conf_show(const struct conf *c, const char *path, unsigned flags, char **out)
{
	size_t len;
	struct show sh = { .c = c, .flags = flags, .path = path };
	*out = NULL;
	TRY(resolve_path(&sh));
	sh.f = open_memstream(out, &len);
	if (sh.f == NULL)
		return ERR_NOMEM;
	if (c->n_scopes > 1)
		with_vdoms(&sh);
	else
		objects(&sh, c->scope[0], true, true);
	return conf_text_close(sh.f, out);
}

enum err conf_text_close(FILE *f, char **out)
{
	bool failed = ferror(f);
	if (fclose(f) == 0 && !failed && *out != NULL)
		return OK;
	free(*out);
	*out = NULL;
	return ERR_NOMEM;
}
