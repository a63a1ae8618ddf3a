/* expr.c - the evaluator of byte expressions and the table of defs. */
#include "tests/tools/expr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NEST_MAX = 1024 };

static struct def **def_slot(struct world *w, struct text name)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)name.p[i]) * 16777619u;
	return &w->defs.slot[h % DEFS_N];
}

void expr_def(struct world *w, struct text t)
{
	const char *open = memchr(t.p, '(', t.len);
	if (open == NULL)
		fail("def NAME(PARAMS) = EXPRESSION");
	struct text head = text_split(&t, "=");
	struct text name = text_trim((struct text){ head.p, (size_t)(open - head.p) });
	struct def *d = calloc(1, sizeof(*d)), **slot = def_slot(w, name);
	if (d == NULL || head.len == 0 || head.p[head.len - 1] != ')' || exprfn_find(name) != NULL)
		fail("not a def: %.*s", (int)head.len, head.p);
	*d = (struct def){ .name = name, .body = text_trim(t), .next = *slot };
	d->params = (struct text){ open + 1, (size_t)(head.p + head.len - open) - 2 };
	*slot = d;
}

void expr_fini(struct world *w)
{
	for (size_t i = 0; i < DEFS_N; i++)
		for (struct def *d = w->defs.slot[i], *next; d != NULL; d = next) {
			next = d->next;
			free(d);
		}
}

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(tolower((unsigned char)c) - 'a') + 10;
}

void expr_hex(struct text t, struct bytes *out)
{
	for (size_t i = 0; i < t.len; i++)
		if (!isxdigit((unsigned char)t.p[i]))
			fail("not hexadecimal: %.*s", (int)t.len, t.p);
	if (t.len % 2 != 0)
		fail("an odd number of hexadecimal digits: %.*s", (int)t.len, t.p);
	for (size_t i = 0; i < t.len; i += 2)
		bytes_u8(out, hex_digit(t.p[i]) << 4 | hex_digit(t.p[i + 1]));
}

static void put_length(struct bytes *head, size_t len, unsigned octets)
{
	unsigned need = 0;
	for (size_t v = len; v > 0; v >>= 8)
		need++;
	if (octets == 0 && len < 128) {
		bytes_u8(head, (unsigned)len);
		return;
	}
	octets = octets > 0 ? octets : need;
	bytes_u8(head, 0x80 | octets);
	bytes_be(head, len, octets);
}

void expr_wrap(struct bytes *b, size_t at, struct text tag_hex, struct text form)
{
	struct bytes head = { 0 };
	size_t len = b->len - at;
	expr_hex(tag_hex, &head);
	if (form.len == 0) {
		put_length(&head, len, 0);
	} else if (text_is(form, "*")) {
		bytes_u8(&head, 0x80);
		bytes_be(b, 0, 2);
	} else {
		unsigned n = 0;
		for (size_t i = 1; i < form.len && isdigit((unsigned char)form.p[i]); i++)
			n = n * 10 + (unsigned)(form.p[i] - '0');
		if (form.p[0] == '^')
			put_length(&head, len, n);
		else
			put_length(&head, form.p[0] == '+' ? len + n : len - n, 0);
	}
	bytes_insert(b, at, head.p, head.len);
	bytes_free(&head);
}

void expr_text(const struct call *c, size_t i, struct bytes *out)
{
	struct text t = i < c->n ? c->arg[i] : (struct text){ 0 };
	const struct env *e = c->e;
	/* an argument that is one name stands for its value, quotes and all */
	for (size_t n = 0; n < NEST_MAX && t.len > 1 && t.p[0] == '@'; n++) {
		struct text name = { t.p + 1, t.len - 1 };
		const struct bind *b = env_name_len(name) == name.len ? env_find(e, name) : NULL;
		if (b == NULL)
			break;
		t = b->val;
		e = b->at != NULL ? b->at : e->w->root;
	}
	if (t.len >= 2 && t.p[0] == '"' && t.p[t.len - 1] == '"')
		env_string(e, (struct text){ t.p + 1, t.len - 2 }, out);
	else
		env_expand(e, t, out);
}

int64_t expr_arg_num(const struct call *c, size_t i)
{
	return i < c->n ? env_num(c->e, c->arg[i]) : 0;
}

/* "name=value" names a parameter only if the def has one of that name. */
static struct text named(struct text arg, struct text params, struct text *value)
{
	size_t n = env_name_len(arg);
	if (n == 0 || n >= arg.len || arg.p[n] != '=')
		return (struct text){ 0 };
	struct text name = { arg.p, n };
	while (params.len > 0) {
		struct text p = text_split(&params, ",");
		if (text_same(text_split(&p, "="), name)) {
			*value = (struct text){ arg.p + n + 1, arg.len - n - 1 };
			return name;
		}
	}
	return (struct text){ 0 };
}

static void call_def(const struct def *d, const struct call *c, struct bytes *out)
{
	struct env frame = env_push((struct env *)(uintptr_t)c->e->w->root, c->e->w);
	size_t next = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct text value, name = named(c->arg[i], d->params, &value);
		if (name.len > 0)
			env_bind(&frame, name, value, c->e);
	}
	for (struct text rest = d->params; rest.len > 0;) {
		struct text value = text_split(&rest, ","), unused, name = text_split(&value, "=");
		struct bind *set = NULL;
		for (size_t i = 0; i < frame.n && set == NULL; i++)
			if (text_same(frame.b[i].name, name))
				set = &frame.b[i];
		if (set != NULL)
			continue;
		while (next < c->n && named(c->arg[next], d->params, &unused).len > 0)
			next++;
		if (next < c->n)
			env_bind(&frame, name, c->arg[next++], c->e);
		else
			env_bind(&frame, name, value, &frame);
	}
	while (next < c->n) {
		struct text unused;
		if (named(c->arg[next++], d->params, &unused).len == 0)
			fail("too many arguments for %.*s(%.*s)", (int)d->name.len, d->name.p, (int)d->params.len, d->params.p);
	}
	expr_eval(&frame, d->body, out);
	env_pop(&frame);
}

static void call(const struct env *e, struct text name, struct text args, struct bytes *out)
{
	struct call c = { .e = e };
	while (args.len > 0) {
		if (c.n == ARGS_MAX)
			fail("too many arguments for %.*s", (int)name.len, name.p);
		c.arg[c.n++] = text_split(&args, ",");
	}
	const struct builtin *fn = exprfn_find(name);
	if (fn != NULL) {
		if (c.n < fn->min || c.n > fn->max)
			fail("%s takes %u to %u arguments", fn->name, fn->min, fn->max);
		fn->fn(&c, out);
		return;
	}
	const struct def *d = *def_slot(e->w, name);
	while (d != NULL && !text_same(d->name, name))
		d = d->next;
	if (d == NULL)
		fail("no such function: %.*s", (int)name.len, name.p);
	call_def(d, &c, out);
}

/* The inside of the bracket that t starts with; t keeps what follows it. */
static struct text inside(struct text *t)
{
	struct text all = *t;
	size_t i = 0;
	int depth = 0;
	bool quoted = false;
	for (; i < t->len; i++) {
		char c = t->p[i];
		if (c == '\\' && quoted)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '(' || c == '{'))
			depth++;
		else if (!quoted && (c == ')' || c == '}') && --depth == 0)
			break;
	}
	if (i >= t->len)
		fail("no closing bracket: %.*s", (int)t->len, t->p);
	t->p += i + 1;
	t->len -= i + 1;
	return (struct text){ all.p + 1, i - 1 };
}

static void eval_string(const struct env *e, struct text *t, struct bytes *out)
{
	size_t i = 1;
	while (i < t->len && t->p[i] != '"')
		i += t->p[i] == '\\' ? 2 : 1;
	if (i >= t->len)
		fail("string left open: %.*s", (int)t->len, t->p);
	env_string(e, (struct text){ t->p + 1, i - 1 }, out);
	t->p += i + 1;
	t->len -= i + 1;
}

static void eval_name(const struct env *e, struct text *t, struct bytes *out)
{
	struct text ref = { t->p + 1, t->len - 1 };
	size_t n = env_name_len(ref);
	const struct bind *b = n > 0 ? env_find(e, (struct text){ ref.p, n }) : NULL;
	if (ref.len > 0 && ref.p[0] == '{') {
		struct bytes flat = { 0 };
		struct text in = ref;
		inside(&in);
		n = (size_t)(in.p - ref.p);
		env_expand(e, (struct text){ t->p, n + 1 }, &flat);
		expr_hex(bytes_text(&flat), out);
		bytes_free(&flat);
	} else if (b == NULL) {
		fail("no such name: @%.*s", (int)(n > 0 ? n : ref.len), ref.p);
	} else {
		expr_eval(b->at != NULL ? b->at : e->w->root, b->val, out);
	}
	t->p += n + 1;
	t->len -= n + 1;
}

/* A word: function call, BER element, or hexadecimal. */
static void eval_word(const struct env *e, struct text *t, struct bytes *out)
{
	size_t n = 0, form = 0;
	while (n < t->len && (isalnum((unsigned char)t->p[n]) || t->p[n] == '_' || t->p[n] == '.'))
		n++;
	struct text word = { t->p, n };
	if (n == 0)
		fail("not a byte expression: %.*s", (int)t->len, t->p);
	t->p += n, t->len -= n;
	if (t->len > 0 && t->p[0] == '(') {
		call(e, word, inside(t), out);
		return;
	}
	while (form < t->len && (strchr("*^+-", t->p[form]) != NULL || (form > 0 && isdigit((unsigned char)t->p[form]))))
		form++;
	struct text how = { t->p, form };
	if (form < t->len && t->p[form] == '{') {
		size_t at = out->len;
		t->p += form, t->len -= form;
		expr_eval(e, inside(t), out);
		expr_wrap(out, at, word, how);
		return;
	}
	expr_hex(word, out);
}

void expr_eval(const struct env *e, struct text t, struct bytes *out)
{
	static unsigned depth;
	if (++depth > NEST_MAX)
		fail("nested too deep");
	for (t = text_trim(t); t.len > 0; t = text_trim(t)) {
		if (t.p[0] == '"')
			eval_string(e, &t, out);
		else if (t.p[0] == '@')
			eval_name(e, &t, out);
		else
			eval_word(e, &t, out);
	}
	depth--;
}
