/* conf_block.c - config, edit, next, end: the blocks of a configuration.
 *
 * What an unknown or refused block contains is skipped as a whole, so that one mistake is one message; a block
 * that was left open is closed where the next one can only stand outside it.
 */
#include "ips/conf_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words from the first on, with single blanks. */
static const char *join(const struct parser *ps, size_t from, char *buf, size_t cap)
{
	size_t len = 0;
	buf[0] = '\0';
	for (size_t i = from; i < ps->lx.n && len + 1 < cap; i++) {
		int n = snprintf(buf + len, cap - len, "%s%s", i > from ? " " : "", ps->lx.word[i]);
		len = n < 0 ? cap : len + (size_t)n;
	}
	return buf;
}

static void push(struct parser *ps, struct frame f)
{
	if (!is_entry(&f) && ps->depth + 2 > ARRAY_LEN(ps->stack)) { /* room for an entry in it */
		FAIL(ps, arg(ps, 0), "blocks are nested too deep; allowed: %d", CONF_BLOCK_DEPTH);
		ps->deep = 1;
		return;
	}
	f.line = ps->lx.line;
	join(ps, 0, f.what, sizeof(f.what));
	ps->stack[ps->depth++] = f;
}

/* Objects may begin here. */
static bool holds_objects(const struct frame *f)
{
	return f->kind == F_TOP || f->kind == F_VDOM || f->kind == F_GLOBAL;
}

/* --- config ---------------------------------------------------------------------------------- */
static const struct conf_object *nested(const struct frame *f, const char *path)
{
	for (enum conf_object_id id = 0; f->kind == F_SINGLE && id < CO_N; id++)
		if (conf_schema(id)->parent == f->obj->id && strcmp(strrchr(conf_schema(id)->path, ' ') + 1, path) == 0)
			return conf_schema(id);
	return NULL;
}

static bool is_vdom_word(const char *path)
{
	return strcmp(path, "vdom") == 0 || strcmp(path, "global") == 0;
}

static const struct conf_object *outermost(const char *path)
{
	const struct conf_object *o = conf_schema_find(path);
	return o != NULL && o->parent == CO_N ? o : NULL;
}

/* An object that cannot stand inside the open blocks begins: their `end` is missing. */
static void close_forgotten(struct parser *ps, const char *path)
{
	char what[100];
	bool to_top = is_vdom_word(path);
	if (!to_top && (outermost(path) == NULL || holds_objects(top(ps))))
		return;
	while (ps->depth > 1 && (to_top ? top(ps)->kind != F_TOP : !holds_objects(top(ps)))) {
		if (!is_entry(top(ps)) || top(ps)->kind == F_VDOM)
			FAIL(ps, join(ps, 0, what, sizeof(what)), "'%s' of line %u is still open; write 'end' before this line",
			     top(ps)->what, top(ps)->line);
		ps->depth--;
		if (top(ps)->kind == F_VDOMS && ps->depth > 1)
			ps->depth--;
	}
}

static void tell_unknown_object(struct parser *ps, const char *path)
{
	char hint[160];
	const struct frame *f = top(ps);
	struct conf_near near = { .word = path };
	for (enum conf_object_id id = 0; id < CO_N; id++) {
		const struct conf_object *o = conf_schema(id);
		if (o->parent == CO_N && holds_objects(f))
			conf_near_try(&near, o->path);
		else if (f->kind == F_SINGLE && o->parent == f->obj->id)
			conf_near_try(&near, strrchr(o->path, ' ') + 1);
	}
	conf_near_text(&near, hint, sizeof(hint));
	const struct conf_object *known = conf_schema_find(path);
	if (known != NULL && known->parent != CO_N)
		FAIL(ps, path, "stands inside 'config %s'", conf_schema(known->parent)->path);
	else if (known != NULL || is_vdom_word(path)) /* the block was left open by the file that includes this one */
		FAIL(ps, path, "cannot stand inside '%s', which includes this file", f->what);
	else if (f->obj != NULL)
		FAIL(ps, path, "'%s' has no such object in it%s", f->obj->path, hint);
	else
		FAIL(ps, path, "unknown object%s", near.best != NULL ? hint : "; 'ips config reference' lists those that exist");
}

static bool scope_fits(struct parser *ps, const struct conf_object *o)
{
	const struct frame *f = top(ps);
	if (f->kind == F_VDOM && o->scope == CS_GLOBAL)
		FAIL(ps, o->path, "is one for all vdoms; it stands in 'config global' or outside 'config vdom'");
	else if (f->kind == F_GLOBAL && o->scope == CS_VDOM)
		FAIL(ps, o->path, "belongs to a vdom; it stands in 'config vdom', 'edit NAME', or outside 'config global'");
	else
		return true;
	return false;
}

static void open_object(struct parser *ps, const struct conf_object *o)
{
	struct conf *c = ps->conf;
	struct conf_scope *s = o->scope == CS_GLOBAL ? c->scope[0] : top(ps)->scope;
	struct frame f = { .kind = F_TABLE, .obj = o, .scope = s };
	if (o->kind == CK_SINGLE) {
		f.kind = F_SINGLE;
		f.node = s->slot[o->id].first;
		if (f.node == NULL) {
			f.node = conf_node_new(c, s, o, "");
			if (f.node == NULL)
				return;
			f.node->file = ps->lx.file;
			f.node->line = ps->lx.line;
			conf_link(c, f.node);
		}
	}
	push(ps, f);
}

void conf_block_config(struct parser *ps)
{
	char path[100];
	join(ps, 1, path, sizeof(path));
	if (ps->lx.n < 2 || ps->lx.bad) {
		if (!ps->lx.bad)
			FAIL(ps, "config", "no object is named; 'ips config reference' lists them");
		push(ps, (struct frame){ .kind = F_SKIP });
		return;
	}
	const struct conf_object *o = nested(top(ps), path);
	if (o == NULL) {
		close_forgotten(ps, path);
		o = holds_objects(top(ps)) ? outermost(path) : NULL;
	}
	if (top(ps)->kind == F_TOP && is_vdom_word(path)) {
		push(ps, (struct frame){ .kind = path[0] == 'v' ? F_VDOMS : F_GLOBAL, .scope = ps->conf->scope[0] });
		return;
	}
	if (o == NULL && !is_skipped(top(ps)))
		tell_unknown_object(ps, path);
	if (o != NULL && (!holds_objects(top(ps)) || scope_fits(ps, o)))
		open_object(ps, o);
	else
		push(ps, (struct frame){ .kind = F_SKIP });
}

/* --- edit ------------------------------------------------------------------------------------- */
static bool key_ok(struct parser *ps, const struct conf_object *o, const char *key, char *canonical)
{
	size_t n = strlen(key), most = o != NULL && o->id == CO_INTERFACE ? CONF_IFNAME_MAX
				       : o != NULL                        ? CONF_NAME_MAX
									  : CONF_VDOM_MAX;
	if (o != NULL && o->kind == CK_NUMBER) {
		unsigned long long v = n > 0 && n <= 10 && strspn(key, "0123456789") == n ? strtoull(key, NULL, 10) : 0;
		snprintf(canonical, CONF_NAME_MAX + 1, "%llu", v);
		if (v >= 1 && v <= UINT32_MAX)
			return true;
		FAIL(ps, key, "not a number of '%s'; allowed: 1..%u", o->path, UINT32_MAX);
		return false;
	}
	snprintf(canonical, CONF_NAME_MAX + 1, "%s", key);
	if (n >= 1 && n <= most)
		return true;
	FAIL(ps, key, "not a name of '%s'; allowed: 1..%zu octets", o != NULL ? o->path : "vdom", most);
	return false;
}

static struct conf_node *new_entry(struct parser *ps, const struct conf_object *o, const char *key)
{
	struct conf *c = ps->conf;
	struct conf_scope *s = top(ps)->scope;
	if (c->n_entries >= CONF_ENTRIES_MAX) {
		if (c->n_entries++ == CONF_ENTRIES_MAX)
			FAIL(ps, key, "too many entries; allowed: %d in all tables", CONF_ENTRIES_MAX);
		return NULL;
	}
	const struct conf_node *twin = conf_lookup(c, s, o->id, key);
	if (twin != NULL)
		FAIL(ps, key, "'%s' has this entry already, from %s:%u; each is edited once", o->path, twin->file, twin->line);
	struct conf_node *n = conf_node_new(c, s, o, key);
	if (n == NULL)
		return NULL;
	n->num = o->kind == CK_NUMBER ? (uint32_t)strtoul(key, NULL, 10) : 0;
	n->file = ps->lx.file;
	n->line = ps->lx.line;
	if (twin == NULL)
		conf_link(c, n);
	return n;
}

static struct frame vdom_frame(struct parser *ps, const char *key)
{
	struct frame f = { .kind = F_VDOM, .scope = conf_scope_find(ps->conf, key) };
	if (f.scope == NULL)
		f.scope = conf_scope_add(ps->conf, key);
	if (f.scope == NULL) {
		FAIL(ps, key, "too many vdoms; allowed: %d", CONF_VDOMS_MAX);
		f.kind = F_SKIP_ENTRY;
	}
	return f;
}

void conf_block_edit(struct parser *ps)
{
	char what[100], key[CONF_NAME_MAX + 1];
	struct frame f = { .kind = F_SKIP_ENTRY };
	if (is_entry(top(ps)) && ps->depth > 1) {
		FAIL(ps, join(ps, 0, what, sizeof(what)), "'%s' of line %u is still open; write 'next' before this line",
		     top(ps)->what, top(ps)->line);
		ps->depth--;
	}
	const struct frame *in = top(ps);
	if (is_skipped(in) || ps->lx.bad)
		;
	else if (in->kind != F_TABLE && in->kind != F_VDOMS)
		FAIL(ps, "edit", "no table is open here; 'edit' stands inside 'config' of a table");
	else if (ps->lx.n != 2)
		FAIL(ps, join(ps, 0, what, sizeof(what)), "one name follows 'edit'; a name with blanks stands in quotes");
	else if (!key_ok(ps, in->obj, arg(ps, 1), key))
		;
	else if (in->kind == F_VDOMS)
		f = vdom_frame(ps, key);
	else
		f = (struct frame){ .kind = F_ENTRY, .obj = in->obj, .scope = in->scope, .node = new_entry(ps, in->obj, key) };
	if (f.kind == F_ENTRY && f.node == NULL)
		f.kind = F_SKIP_ENTRY;
	push(ps, f);
}

/* --- next, end -------------------------------------------------------------------------------- */
static bool alone(struct parser *ps)
{
	if (ps->lx.n > 1)
		FAIL(ps, arg(ps, 1), "nothing may follow '%s'", arg(ps, 0));
	return ps->lx.n == 1;
}

void conf_block_next(struct parser *ps)
{
	(void)alone(ps);
	if (is_entry(top(ps)) && ps->depth > 1)
		ps->depth--;
	else if (!is_skipped(top(ps)))
		FAIL(ps, "next", "no entry is open here; 'next' closes 'edit'");
}

/* In an entry `end` closes the table as well. */
void conf_block_end(struct parser *ps)
{
	bool entry = is_entry(top(ps)) && ps->depth > 1;
	(void)alone(ps);
	if (entry)
		ps->depth--;
	if (ps->depth > 1)
		ps->depth--;
	else if (!entry || ps->level > 0)
		FAIL(ps, "end", "no block is open here; 'end' closes 'config'%s", ps->level > 0 ? " of the same file" : "");
}
