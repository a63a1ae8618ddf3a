/* env.c - scopes, text expansion and integer arithmetic of capture scripts. */
#include "tests/tools/env.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEST_MAX = 64 };

struct env env_push(struct env *up, struct world *w)
{
	return (struct env){ .up = up, .w = w };
}

void env_pop(struct env *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->b[i].own);
	free(e->b);
	e->b = NULL;
	e->n = e->cap = 0;
}

void env_bind(struct env *e, struct text name, struct text val, const struct env *at)
{
	if (e->n == e->cap) {
		e->cap = e->cap != 0 ? 2 * e->cap : 4;
		e->b = realloc(e->b, e->cap * sizeof(*e->b));
		if (e->b == NULL)
			fail("out of memory");
	}
	e->b[e->n++] = (struct bind){ .name = name, .val = val, .at = at };
}

static struct bind *find_own(const struct env *e, struct text name)
{
	for (size_t i = 0; i < e->n; i++)
		if (text_same(e->b[i].name, name))
			return &e->b[i];
	return NULL;
}

const struct bind *env_find(const struct env *e, struct text name)
{
	for (; e != NULL; e = e->up) {
		const struct bind *b = find_own(e, name);
		if (b != NULL)
			return b;
	}
	return NULL;
}

void env_let(struct env *e, struct text name, struct text val)
{
	struct env *keep = NULL;
	struct bind *b = NULL;
	for (; e != NULL && b == NULL; e = e->up) {
		b = find_own(e, name);
		if (keep == NULL && e->keeps)
			keep = e;
	}
	if (b == NULL) {
		env_bind(keep, name, val, NULL);
		b = &keep->b[keep->n - 1];
	}
	char *own = malloc(val.len + 1);
	if (own == NULL)
		fail("out of memory");
	memcpy(own, val.p, val.len);
	free(b->own);
	b->own = own;
	b->val = (struct text){ own, val.len };
	b->at = NULL;
}

size_t env_name_len(struct text t)
{
	size_t n = 0;
	if (t.len == 0 || isdigit((unsigned char)t.p[0]))
		return 0;
	while (n < t.len && (isalnum((unsigned char)t.p[n]) || t.p[n] == '_'))
		n++;
	return n;
}

/* --- arithmetic: precedence climbing over a cursor --- */

struct sum {
	const struct env *e;
	struct text t;
	unsigned depth;
};

static int64_t climb(struct sum *s, int least);

static int64_t name_num(struct sum *s, size_t n)
{
	const struct bind *b = env_find(s->e, (struct text){ s->t.p, n });
	if (b == NULL)
		fail("no such name: %.*s", (int)n, s->t.p);
	struct bytes val = { 0 };
	if (s->depth > NEST_MAX)
		fail("%.*s is defined by itself", (int)n, s->t.p);
	if (b->at != NULL)
		env_expand(b->at, b->val, &val);
	else
		bytes_put(&val, b->val.p, b->val.len);
	struct sum in = { .e = b->at != NULL ? b->at : s->e, .t = bytes_text(&val), .depth = s->depth + 1 };
	int64_t v = climb(&in, 0);
	if (text_trim(in.t).len != 0)
		fail("%.*s is no number: %.*s", (int)n, s->t.p, (int)val.len, (const char *)val.p);
	bytes_free(&val);
	s->t.p += n;
	s->t.len -= n;
	return v;
}

static int64_t digits(struct sum *s)
{
	char buf[32];
	size_t n = 0;
	while (n < s->t.len && n < sizeof(buf) - 1 && isalnum((unsigned char)s->t.p[n])) {
		buf[n] = s->t.p[n];
		n++;
	}
	buf[n] = 0;
	char *end;
	int64_t v = (int64_t)strtoull(buf, &end, n > 2 && buf[0] == '0' && buf[1] == 'x' ? 16 : 10);
	if (n == 0 || *end != 0)
		fail("a number was expected: %.*s", (int)s->t.len, s->t.p);
	s->t.p += n;
	s->t.len -= n;
	return v;
}

static int64_t primary(struct sum *s)
{
	s->t = text_trim(s->t);
	char c = s->t.len > 0 ? s->t.p[0] : 0;
	size_t n = env_name_len(s->t);
	if (n > 0)
		return name_num(s, n);
	if (c != '(' && c != '-' && c != '~' && c != '@')
		return digits(s);
	s->t.p++, s->t.len--;
	if (c == '@')
		return primary(s);
	if (c == '-')
		return -primary(s);
	if (c == '~')
		return ~primary(s);
	int64_t v = climb(s, 0);
	s->t = text_trim(s->t);
	if (s->t.len == 0 || s->t.p[0] != ')')
		fail("no closing bracket in a sum");
	s->t.p++, s->t.len--;
	return v;
}

static const struct op {
	char text[3];
	int level;
} ops[] = { { "==", 1 }, { "!=", 1 }, { "<=", 1 }, { ">=", 1 }, { "<<", 5 }, { ">>", 5 }, { "<", 1 }, { ">", 1 },
	    { "|", 2 },  { "^", 3 },  { "&", 4 },  { "+", 6 },  { "-", 6 },  { "*", 7 },  { "/", 7 }, { "%", 7 } };

static int64_t apply(const char *op, int64_t a, int64_t b)
{
	switch (op[0]) {
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '<':
		return op[1] == '<' ? (int64_t)((uint64_t)a << (b & 63)) : op[1] == '=' ? a <= b : a < b;
	case '>':
		return op[1] == '>' ? a >> (b & 63) : op[1] == '=' ? a >= b : a > b;
	case '|':
		return a | b;
	case '^':
		return a ^ b;
	case '&':
		return a & b;
	case '+':
		return (int64_t)((uint64_t)a + (uint64_t)b);
	case '-':
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case '*':
		return (int64_t)((uint64_t)a * (uint64_t)b);
	default:
		break;
	}
	if (b == 0)
		fail("division by 0");
	return op[0] == '/' ? a / b : a % b;
}

static int64_t climb(struct sum *s, int least)
{
	int64_t v = primary(s);
	for (;;) {
		s->t = text_trim(s->t);
		const struct op *op = NULL;
		for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && op == NULL; i++) {
			size_t n = strlen(ops[i].text);
			if (s->t.len >= n && memcmp(s->t.p, ops[i].text, n) == 0)
				op = &ops[i];
		}
		if (op == NULL || op->level < least)
			return v;
		s->t.p += strlen(op->text);
		s->t.len -= strlen(op->text);
		v = apply(op->text, v, climb(s, op->level + 1));
	}
}

int64_t env_num(const struct env *e, struct text t)
{
	struct bytes flat = { 0 };
	env_expand(e, t, &flat);
	struct sum s = { .e = e, .t = bytes_text(&flat) };
	int64_t v = climb(&s, 0);
	if (text_trim(s.t).len != 0)
		fail("not a number: %.*s", (int)flat.len, (const char *)flat.p);
	bytes_free(&flat);
	return v;
}

/* --- expansion --- */

/* "{sum}" or "{%05d:sum}" after an @; returns its length. */
static size_t put_sum(const struct env *e, struct text t, struct bytes *out)
{
	const char *end = memchr(t.p, '}', t.len);
	if (end == NULL)
		fail("@{ without }");
	struct text in = { t.p + 1, (size_t)(end - t.p) - 1 };
	char fmt[24] = "%" PRId64, buf[64];
	if (in.len > 0 && in.p[0] == '%') {
		struct text f = text_split(&in, ":");
		if (f.len < 2 || f.len > 6 || strchr("dxX", f.p[f.len - 1]) == NULL || strspn(f.p + 1, "0123456789") < f.len - 2)
			fail("format is not %%[0][width]d or x: %.*s", (int)f.len, f.p);
		snprintf(fmt, sizeof(fmt), "%.*s%s", (int)f.len - 1, f.p, f.p[f.len - 1] == 'd' ? PRId64 : PRIx64);
	}
	struct sum s = { .e = e, .t = in };
	int64_t v = climb(&s, 0);
	if (text_trim(s.t).len != 0)
		fail("not a sum: %.*s", (int)in.len, in.p);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int n = snprintf(buf, sizeof(buf), fmt, v);
#pragma GCC diagnostic pop
	bytes_put(out, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
	return (size_t)(end - t.p) + 1;
}

/* What follows an @; returns how much of t it took. */
static size_t put_ref(const struct env *e, struct text t, struct bytes *out)
{
	size_t n = env_name_len(t);
	if (t.len > 0 && t.p[0] == '@') {
		bytes_u8(out, '@');
		return 1;
	}
	if (t.len > 0 && t.p[0] == '{')
		return put_sum(e, t, out);
	/* @[name] where letters follow the name */
	size_t hooks = t.len > 0 && t.p[0] == '[' ? 1 : 0;
	if (hooks != 0)
		n = env_name_len((struct text){ t.p + 1, t.len - 1 });
	const struct bind *b = n > 0 ? env_find(e, (struct text){ t.p + hooks, n }) : NULL;
	if (b == NULL || (hooks != 0 && (n + 1 >= t.len || t.p[n + 1] != ']')))
		fail("no such name: @%.*s", (int)(n > 0 ? n + hooks : t.len), t.p);
	if (b->at != NULL)
		env_expand(b->at, b->val, out);
	else
		bytes_put(out, b->val.p, b->val.len);
	return n + 2 * hooks;
}

void env_expand(const struct env *e, struct text t, struct bytes *out)
{
	static unsigned depth;
	if (++depth > NEST_MAX)
		fail("a name is defined by itself: %.*s", (int)t.len, t.p);
	while (t.len > 0) {
		const char *at = memchr(t.p, '@', t.len);
		size_t n = at != NULL ? (size_t)(at - t.p) : t.len;
		bytes_put(out, t.p, n);
		t.p += n, t.len -= n;
		if (t.len == 0)
			break;
		t.p++, t.len--;
		n = put_ref(e, t, out);
		t.p += n, t.len -= n;
	}
	depth--;
}

static unsigned hex_digit(char c)
{
	const char *all = "0123456789abcdef", *at = c != 0 ? strchr(all, tolower((unsigned char)c)) : NULL;
	if (at == NULL)
		fail("not a hexadecimal digit: %c", c);
	return (unsigned)(at - all);
}

void env_string(const struct env *e, struct text t, struct bytes *out)
{
	static const char from[] = "nrt0", to[] = "\n\r\t";
	while (t.len > 0) {
		size_t n = 1;
		if (t.p[0] == '@') {
			n += put_ref(e, (struct text){ t.p + 1, t.len - 1 }, out);
		} else if (t.p[0] != '\\' || t.len < 2) {
			bytes_u8(out, (uint8_t)t.p[0]);
		} else if (t.p[1] == 'x' && t.len >= 4) {
			bytes_u8(out, hex_digit(t.p[2]) << 4 | hex_digit(t.p[3]));
			n = 4;
		} else {
			const char *at = strchr(from, t.p[1]);
			bytes_u8(out, (uint8_t)(at != NULL ? to[at - from] : t.p[1]));
			n = 2;
		}
		t.p += n, t.len -= n;
	}
}
