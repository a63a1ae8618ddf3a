/* bytes.c - growable octets, lent text, failing with the place in the script. */
#include "tests/tools/bytes.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *fail_file;
static unsigned fail_line;

void fail_at(const char *file, unsigned line)
{
	fail_file = file;
	fail_line = line;
}

void fail(const char *fmt, ...)
{
	va_list ap;
	if (fail_file != NULL)
		fprintf(stderr, "%s:%u: ", fail_file, fail_line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	/* not exit(): what is still allocated here is of no interest to a leak checker */
	fflush(NULL);
	_Exit(1);
}

void bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){ 0 };
}

void bytes_room(struct bytes *b, size_t n)
{
	if (b->cap - b->len >= n)
		return;
	size_t cap = b->cap != 0 ? b->cap : 64;
	while (cap - b->len < n)
		cap *= 2;
	b->p = realloc(b->p, cap);
	if (b->p == NULL)
		fail("out of memory");
	b->cap = cap;
}

void bytes_put(struct bytes *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	bytes_room(b, n);
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

void bytes_fill(struct bytes *b, uint8_t v, size_t n)
{
	if (n == 0)
		return;
	bytes_room(b, n);
	memset(b->p + b->len, v, n);
	b->len += n;
}

void bytes_be(struct bytes *b, uint64_t v, unsigned width)
{
	for (unsigned i = width; i-- > 0;)
		bytes_u8(b, (unsigned)(v >> (8 * i)) & 0xff);
}

void bytes_le(struct bytes *b, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		bytes_u8(b, (unsigned)(v >> (8 * i)) & 0xff);
}

void bytes_u8(struct bytes *b, unsigned v)
{
	bytes_room(b, 1);
	b->p[b->len++] = (uint8_t)v;
}

void bytes_insert(struct bytes *b, size_t at, const void *p, size_t n)
{
	if (n == 0)
		return;
	bytes_room(b, n);
	memmove(b->p + at + n, b->p + at, b->len - at);
	memcpy(b->p + at, p, n);
	b->len += n;
}

const char *bytes_str(struct bytes *b)
{
	bytes_room(b, 1);
	b->p[b->len] = 0;
	return (const char *)b->p;
}

struct text text_of(const char *s)
{
	return (struct text){ s, strlen(s) };
}

struct text text_trim(struct text t)
{
	while (t.len > 0 && isspace((unsigned char)t.p[0]))
		t.p++, t.len--;
	while (t.len > 0 && isspace((unsigned char)t.p[t.len - 1]))
		t.len--;
	return t;
}

bool text_is(struct text t, const char *s)
{
	return text_same(t, text_of(s));
}

bool text_same(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

struct text text_split(struct text *t, const char *separators)
{
	struct text part = { t->p, 0 };
	int depth = 0;
	bool quoted = false;
	size_t i = 0;
	for (; i < t->len; i++) {
		char c = t->p[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '(' || c == '{') {
			depth++;
		} else if (c == ')' || c == '}') {
			depth--;
		} else if (depth == 0 && strchr(separators, c) != NULL) {
			break;
		}
	}
	if (quoted || depth != 0)
		fail("quote or bracket left open: %.*s", (int)t->len, t->p);
	part.len = i;
	i = i < t->len ? i + 1 : i;
	t->p += i;
	t->len -= i;
	return text_trim(part);
}

struct text text_word(struct text *t)
{
	*t = text_trim(*t);
	return text_split(t, " \t");
}
