/* source.c - reading script files into lines. */
#include "tests/tools/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_MAX = 16 };

static void read_all(struct source *s)
{
	FILE *f = fopen(s->path, "rb");
	if (f == NULL)
		fail("%s: %s", s->path, strerror(errno));
	for (size_t n = 1; n > 0;) {
		bytes_room(&s->all, 65536);
		n = fread(s->all.p + s->all.len, 1, 65536, f);
		s->all.len += n;
	}
	if (ferror(f))
		fail("%s: cannot be read", s->path);
	fclose(f);
	bytes_str(&s->all);
}

/* The length of a line up to a # that is not in quotes. */
static size_t before_comment(struct text t)
{
	bool quoted = false;
	size_t i = 0;
	for (; i < t.len; i++) {
		if (t.p[i] == '\\' && quoted)
			i++;
		else if (t.p[i] == '"')
			quoted = !quoted;
		else if (t.p[i] == '#' && !quoted)
			break;
	}
	return i < t.len ? i : t.len;
}

static void add(struct source *s, struct text t, unsigned number)
{
	/* the array grows in powers of two */
	if ((s->n & (s->n + 1)) == 0) {
		s->line = realloc(s->line, 2 * (s->n + 1) * sizeof(*s->line));
		if (s->line == NULL)
			fail("out of memory");
	}
	s->line[s->n++] = (struct line){ .text = t, .number = number };
}

/* Parts the text into lines in place: a comment becomes blanks, so a joined line stays one run. */
static void split(struct source *s)
{
	char *p = (char *)s->all.p, *start = p;
	unsigned number = 0, first = 1;
	while (*p != 0) {
		char *nl = strchr(p, '\n');
		char *end = nl != NULL ? nl : p + strlen(p);
		size_t keep = before_comment((struct text){ p, (size_t)(end - p) });
		memset(p + keep, ' ', (size_t)(end - p) - keep);
		number++;
		struct text part = text_trim((struct text){ p, keep });
		p = nl != NULL ? nl + 1 : end;
		if (part.len > 0 && part.p[part.len - 1] == '\\' && nl != NULL) {
			((char *)s->all.p)[part.p + part.len - 1 - (char *)s->all.p] = ' ';
			*nl = ' ';
			continue;
		}
		struct text whole = text_trim((struct text){ start, (size_t)(end - start) });
		if (whole.len > 0)
			add(s, whole, first);
		start = p;
		first = number + 1;
	}
}

static void match_blocks(struct source *s)
{
	size_t open[BLOCKS_MAX], depth = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct line *l = &s->line[i];
		fail_at(s->path, l->number);
		if (text_is(l->text, "}")) {
			if (depth == 0)
				fail("} without {");
			s->line[open[--depth]].end = i;
		} else if (l->text.p[l->text.len - 1] == '{') {
			if (depth == BLOCKS_MAX)
				fail("blocks nested too deep");
			open[depth++] = i;
			l->text.len--;
			l->text = text_trim(l->text);
		}
	}
	if (depth > 0)
		fail("{ without }");
}

struct source *source_load(const char *from, struct text name)
{
	struct source *s = calloc(1, sizeof(*s));
	const char *slash = from != NULL ? strrchr(from, '/') : NULL;
	size_t dir = slash != NULL && name.len > 0 && name.p[0] != '/' ? (size_t)(slash - from) + 1 : 0;
	if (s == NULL || (s->path = malloc(dir + name.len + 1)) == NULL)
		fail("out of memory");
	if (dir > 0)
		memcpy(s->path, from, dir);
	memcpy(s->path + dir, name.p, name.len);
	s->path[dir + name.len] = 0;
	read_all(s);
	split(s);
	match_blocks(s);
	return s;
}

void source_free(struct source *s)
{
	while (s != NULL) {
		struct source *next = s->next;
		bytes_free(&s->all);
		free(s->line);
		free(s->path);
		free(s);
		s = next;
	}
}
