/* expr.h - byte expressions: hexadecimal, strings, BER elements in braces, functions and defs.
 *
 *   0300 pre(2, 4, 02f080 "text" 61{30{02{ber(3)} a0{@x}}})
 */
#ifndef TESTS_TOOLS_EXPR_H
#define TESTS_TOOLS_EXPR_H

#include "tests/tools/env.h"

enum { ARGS_MAX = 16 };

/* A def: name(params) = body, evaluated anew at each use. */
struct def {
	struct text name, params, body;
	struct def *next;
};

enum { DEFS_N = 256 };

/* The defs of a script, by name; the texts are lent by the script. */
struct defs {
	struct def *slot[DEFS_N];
};

/* What functions may ask of the world outside the expression. */
struct world {
	struct defs defs;
	const struct env *root;
	void *user;
	/* Octets of the last packet sent, e.g. for an ICMP error; name is "F>" or "F<". */
	const struct bytes *(*last)(void *user, struct text name);
};

struct call {
	const struct env *e;
	struct text arg[ARGS_MAX];
	size_t n;
};

struct builtin {
	const char *name;
	unsigned min, max;
	void (*fn)(const struct call *c, struct bytes *out);
};

void expr_eval(const struct env *e, struct text t, struct bytes *out);
/* Adds "name(params) = body"; a name may be defined again, the latest counts. */
void expr_def(struct world *w, struct text t);
void expr_fini(struct world *w);

/* Appends a BER tag and length for the content that starts at `at`; see README.md for the forms. */
void expr_wrap(struct bytes *b, size_t at, struct text tag_hex, struct text form);
void expr_hex(struct text t, struct bytes *out);
/* An argument as plain text: quotes taken off, names replaced. */
void expr_text(const struct call *c, size_t i, struct bytes *out);
int64_t expr_arg_num(const struct call *c, size_t i);

const struct builtin *exprfn_find(struct text name);

#endif
