/* env.h - names and their values while a script runs: lookup, expansion of @name, arithmetic.
 *
 * A value is text together with the scope in which it is to be read, so that an argument such as
 * "@i" means the caller's i however deep it is passed on. A value without a scope is final text.
 */
#ifndef TESTS_TOOLS_ENV_H
#define TESTS_TOOLS_ENV_H

#include "tests/tools/bytes.h"

struct world;

struct bind {
	struct text name;
	struct text val;
	char *own; /* storage of val, or NULL when it is lent */
	const struct env *at;
};

struct env {
	struct env *up;
	struct world *w;
	struct bind *b;
	size_t n, cap;
	bool keeps; /* names set by `let` stay here: the top and the frames of procs */
};

struct env env_push(struct env *up, struct world *w);
void env_pop(struct env *e);
/* Binds name to lent text that is read in scope at (NULL: final). */
void env_bind(struct env *e, struct text name, struct text val, const struct env *at);
/* Sets name to final text, which is copied: where it is bound already, else in the nearest frame that keeps. */
void env_let(struct env *e, struct text name, struct text val);
const struct bind *env_find(const struct env *e, struct text name);

/* Appends t to out with every @name and @{arithmetic} replaced; "@@" is one "@". */
void env_expand(const struct env *e, struct text t, struct bytes *out);
/* The same for a quoted string's inside: \n \r \t \\ \" \xNN as well. */
void env_string(const struct env *e, struct text t, struct bytes *out);
/* The value of an arithmetic expression; names may stand with or without the @. */
int64_t env_num(const struct env *e, struct text t);
/* The length of the name at the start of t; 0 when there is none. */
size_t env_name_len(struct text t);

#endif
