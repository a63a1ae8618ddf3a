/* conf_parse.c - files to the tree: a command a line, values, includes. An error never stops the parse. */
#include "ips/conf_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- set, append, unset ----------------------------------------------------------------------- */
static void tell_unknown_attr(struct parser *ps, const struct conf_object *o, const char *name)
{
	char hint[120], list[512] = "";
	struct conf_near near = { .word = name };
	size_t len = 0;
	for (int i = 0; i < o->n_attr; i++) {
		conf_near_try(&near, o->attr[i].name);
		int n = snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "; allowed: ", o->attr[i].name);
		len += n > 0 ? size_min((size_t)n, sizeof(list) - len - 1) : 0;
	}
	conf_near_text(&near, hint, sizeof(hint));
	FAIL(ps, name, "unknown attribute of '%s'%s", o->path, near.best != NULL ? hint : list);
}

static void do_set(struct parser *ps)
{
	const struct frame *f = top(ps);
	const char *command = arg(ps, 0), *name = arg(ps, 1);
	if (is_skipped(f))
		return;
	if (f->kind != F_SINGLE && f->kind != F_ENTRY) {
		FAIL(ps, command, "%s",
		     f->kind == F_TABLE ? "no entry is open here; 'edit' opens one" : "no object is open here; 'config' opens one");
		return;
	}
	if (ps->lx.n < 2) {
		FAIL(ps, command, "no attribute is named");
		return;
	}
	int i = conf_schema_attr(f->obj, name);
	f->node->bad |= i < 0;
	if (i < 0)
		tell_unknown_attr(ps, f->obj, name);
	else if (command[0] != 'u')
		conf_value_set(f->node, i, ps->lx.word + 2, ps->lx.n - 2, (struct conf_src){ ps->lx.file, ps->lx.line },
			       command[0] == 'a');
	else if (ps->lx.n > 2)
		FAIL(ps, f->obj->attr[i].type == CT_PASSWORD ? name : arg(ps, 2), "nothing may follow 'unset %s'", name);
	else
		f->node->v[i] = NULL;
}

/* --- include ---------------------------------------------------------------------------------- */
static void parse_file(struct parser *ps, const char *text, size_t len);

static bool is_cycle(const struct parser *ps, const char *path)
{
	for (; ps != NULL; ps = ps->outer)
		if (strcmp(ps->lx.file, path) == 0)
			return true;
	return false;
}

static void include_text(struct parser *ps, const char *text, size_t len, const char *path)
{
	struct conf *c = ps->conf;
	if (is_cycle(ps, path)) {
		FAIL(ps, path, "includes itself");
		return;
	}
	if (c->n_files == CONF_FILES_MAX) {
		FAIL(ps, path, "too many files; allowed: %d", CONF_FILES_MAX);
		return;
	}
	if (len > CONF_TEXT_MAX - *ps->total) {
		FAIL(ps, path, "too large; allowed: %d octets in all files", CONF_TEXT_MAX);
		return;
	}
	const char *name = conf_strn(c, path, strlen(path));
	struct parser *in = calloc(1, sizeof(*in));
	if (name == NULL || in == NULL) {
		c->oom = true;
		free(in);
		return;
	}
	*ps->total += len;
	c->file[c->n_files++] = name;
	in->conf = c;
	in->rd = ps->rd;
	in->outer = ps;
	in->level = ps->level + 1;
	in->total = ps->total;
	in->lx.file = name;
	in->stack[0] = *top(ps);
	in->depth = 1;
	parse_file(in, text, len);
	free(in);
}

static void do_include(struct parser *ps)
{
	char *text = NULL, *path = NULL;
	size_t len = 0;
	if (is_skipped(top(ps)))
		return;
	if (ps->lx.n != 2) {
		FAIL(ps, "include", "one file name follows; a name with blanks stands in quotes");
		return;
	}
	if (ps->rd == NULL || ps->level == CONF_INCLUDE_DEPTH) {
		FAIL(ps, arg(ps, 1),
		     ps->rd == NULL ? "files cannot be included here" : "files include one another too deep; allowed: %d",
		     CONF_INCLUDE_DEPTH);
		return;
	}
	enum err e = ps->rd->read(ps->rd->arg, ps->lx.file, arg(ps, 1), &text, &len, &path);
	if (e != OK) {
		FAIL(ps, arg(ps, 1), "cannot be included: %s", err_text(e));
		return;
	}
	include_text(ps, text, len, path);
	free(text);
	free(path);
}

/* --- a file ----------------------------------------------------------------------------------- */
static const struct {
	const char *word;
	void (*fn)(struct parser *ps);
} command[] = {
	{ "config", conf_block_config },
	{ "edit", conf_block_edit },
	{ "set", do_set },
	{ "append", do_set },
	{ "unset", do_set },
	{ "next", conf_block_next },
	{ "end", conf_block_end },
	{ "include", do_include },
};

static void run(struct parser *ps)
{
	const char *word = arg(ps, 0);
	char hint[60];
	struct conf_near near = { .word = word };
	if (ps->deep > 0) {
		ps->deep += strcmp(word, "config") == 0;
		ps->deep -= strcmp(word, "end") == 0;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(command); i++) {
		if (strcmp(word, command[i].word) == 0) {
			command[i].fn(ps);
			return;
		}
		conf_near_try(&near, command[i].word);
	}
	if (ps->lx.bad || is_skipped(top(ps)))
		return;
	FAIL(ps, word, "unknown command%s",
	     near.best != NULL ? conf_near_text(&near, hint, sizeof(hint))
			       : "; allowed: config, edit, set, append, unset, next, end, include");
}

static void tell_open(struct parser *ps)
{
	for (size_t i = 1; i < ps->depth; i++) {
		const struct frame *f = &ps->stack[i];
		if (!is_entry(f) || i == 1)
			conf_fail(ps->conf, ps->lx.file, f->line, f->what, "the block is not closed; '%s' closes it",
				  is_entry(f) ? "next" : "end");
	}
}

static void parse_file(struct parser *ps, const char *text, size_t len)
{
	conf_lex_init(&ps->lx, ps->conf, ps->lx.file, text, len);
	while (conf_lex_line(&ps->lx))
		run(ps);
	tell_open(ps);
	conf_lex_fini(&ps->lx);
}

struct conf *conf_parse_text(const char *name, const char *text, size_t len, const struct conf_reader *rd)
{
	size_t total = len;
	struct conf *c = conf_tree_new();
	struct parser *ps = calloc(1, sizeof(*ps));
	if (c == NULL || ps == NULL) {
		conf_free(c);
		free(ps);
		return NULL;
	}
	ps->conf = c;
	ps->rd = rd;
	ps->total = &total;
	ps->depth = 1;
	ps->stack[0] = (struct frame){ .kind = F_TOP, .scope = c->scope[0] };
	ps->lx.file = conf_strn(c, name, strlen(name));
	c->file[c->n_files++] = ps->lx.file;
	if (len > CONF_TEXT_MAX)
		conf_fail(c, ps->lx.file, 1, name, "too large; allowed: %d octets in all files", CONF_TEXT_MAX);
	else
		parse_file(ps, text, len);
	free(ps);
	if (!c->oom)
		conf_check(c);
	conf_sort_errors(c);
	if (!c->oom)
		return c;
	conf_free(c);
	return NULL;
}
