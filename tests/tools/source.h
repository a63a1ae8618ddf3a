/* source.h - a script file as lines: comments gone, continuations joined, blocks matched.
 */
#ifndef TESTS_TOOLS_SOURCE_H
#define TESTS_TOOLS_SOURCE_H

#include "tests/tools/bytes.h"

struct line {
	struct text text; /* trimmed; without the { of a block */
	unsigned number;
	size_t end; /* a block's opening: the index of its closing line; else 0 */
};

struct source {
	char *path;
	struct bytes all;
	struct line *line;
	size_t n;
	struct source *next;
};

/* Loads name; one that is not absolute is taken from the folder of the file `from`, if that is given. */
struct source *source_load(const char *from, struct text name);
/* Frees a chain of sources. */
void source_free(struct source *s);

#endif
