/* conf_parse.h - the parser's stack of open blocks; for conf_parse.c and conf_block.c only. */
#ifndef IPS_CONF_PARSE_H
#define IPS_CONF_PARSE_H

#include "ips/conf_int.h"

enum frame_kind {
	F_TOP,         /* a file */
	F_VDOMS,       /* config vdom */
	F_VDOM,        /* edit NAME in it */
	F_GLOBAL,      /* config global */
	F_SINGLE,      /* config of a single object */
	F_TABLE,       /* config of a table */
	F_ENTRY,       /* edit in it */
	F_SKIP,        /* a config that was refused */
	F_SKIP_ENTRY,  /* edit in it */
};

struct frame {
	enum frame_kind kind;
	const struct conf_object *obj;
	struct conf_node *node;
	struct conf_scope *scope;
	unsigned line;
	char what[100];        /* as messages name it: "config firewall policy" */
};

struct parser {
	struct conf *conf;
	const struct conf_reader *rd;
	struct conf_lex lx;
	struct frame stack[2 * CONF_BLOCK_DEPTH + 2];
	size_t depth;
	struct parser *outer;  /* the file that includes this one */
	unsigned level;        /* of inclusion */
	size_t *total;         /* octets of all files */
	unsigned deep;         /* blocks open beyond the stack, skipped */
};

static inline struct frame *top(struct parser *ps)
{
	return &ps->stack[ps->depth - 1];
}

static inline bool is_skipped(const struct frame *f)
{
	return f->kind == F_SKIP || f->kind == F_SKIP_ENTRY;
}

static inline bool is_entry(const struct frame *f)
{
	return f->kind == F_ENTRY || f->kind == F_VDOM || f->kind == F_SKIP_ENTRY;
}

/* The i-th word of the line, "" after the last. */
static inline const char *arg(const struct parser *ps, size_t i)
{
	return i < ps->lx.n ? ps->lx.word[i] : "";
}

#define FAIL(ps, ...) conf_fail((ps)->conf, (ps)->lx.file, (ps)->lx.line, __VA_ARGS__)

/* conf_block.c: what opens and closes blocks */
void conf_block_config(struct parser *ps);
void conf_block_edit(struct parser *ps);
void conf_block_next(struct parser *ps);
void conf_block_end(struct parser *ps);

#endif
