/* difference.c - see difference.h. */
#include "ips/difference.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By the first letter of a line's key; in the order of telling. */
static const struct {
	char letter;
	const char *what;
} kinds[] = { { 'v', "verdict" }, { 'a', "alert" }, { 'r', "record" }, { 'f', "flow" }, { 'l', "list" }, { 'd', "state" } };

static size_t rank(const struct difference *d)
{
	size_t i = 0;
	while (i < ARRAY_LEN(kinds) && strcmp(kinds[i].what, d->what) != 0)
		i++;
	return i;
}

static int order_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int difference_order(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;
	int c = order_numbers(x->packet - 1, y->packet - 1); /* those of none come last */
	if (c == 0)
		c = order_numbers(rank(x), rank(y));
	if (c == 0)
		c = order_numbers(x->session, y->session);
	if (c == 0)
		c = strcmp(x->id, y->id);
	return c != 0 ? c : strcmp(x->field, y->field);
}

static void put(char *to, size_t room, const char *p, size_t len)
{
	snprintf(to, room, "%.*s", (int)size_min(len, room - 1), p);
}

static void put_span(char *to, size_t room, struct span s)
{
	put(to, room, s.p != NULL ? (const char *)s.p : "", s.len);
}

/* --- words: name=value or name:value, or alone ----------------------------------------------------------------- */

static struct span next_word(struct span *text)
{
	size_t at = 0, n;
	while (at < text->len && text->p[at] == ' ')
		at++;
	for (n = at; n < text->len && text->p[n] != ' '; n++)
		;
	const struct span w = at < text->len ? span_of(text->p + at, n - at) : (struct span){ 0 };
	*text = n < text->len ? span_of(text->p + n, text->len - n) : (struct span){ 0 };
	return w;
}

static size_t name_len(struct span w)
{
	for (size_t i = 0; i < w.len; i++)
		if (w.p[i] == '=' || w.p[i] == ':')
			return i;
	return w.len;
}

static bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* A word without a name goes by the last name before it. */
static void by_words(struct span x, struct span y, struct difference *d)
{
	struct span a, b, name = { 0 };
	do {
		a = next_word(&x);
		b = next_word(&y);
		const struct span any = a.len != 0 ? a : b;
		if (name_len(any) < any.len)
			name = span_of(any.p, name_len(any));
	} while (a.len != 0 && b.len != 0 && span_equal(a, b));
	put_span(d->field, sizeof(d->field), name);
	const size_t skip = name_len(a.len != 0 ? a : b) + 1;
	put_span(d->expected, sizeof(d->expected), a.len > skip ? span_of(a.p + skip, a.len - skip) : a);
	put_span(d->got, sizeof(d->got), b.len > skip ? span_of(b.p + skip, b.len - skip) : b);
}

/* --- records: members of a JSON object ------------------------------------------------------------------------- */

static json_t *load(struct span s)
{
	return s.p != NULL ? json_loadb((const char *)s.p, s.len, 0, NULL) : NULL;
}

static void put_json(char *to, size_t room, const json_t *v)
{
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	to[0] = '\0';
	if (text != NULL)
		put(to, room, text, strlen(text));
	free(text);
}

static bool by_members(json_t *x, json_t *y, struct difference *d);

static void swap_values(struct difference *d)
{
	char t[sizeof(d->got)];
	memcpy(t, d->got, sizeof(t));
	memcpy(d->got, d->expected, sizeof(t));
	memcpy(d->expected, t, sizeof(t));
}

/* The same the other way round, for what only y has. */
static bool either_way(json_t *x, json_t *y, struct difference *d)
{
	if (by_members(x, y, d))
		return true;
	if (!by_members(y, x, d))
		return false;
	swap_values(d);
	return true;
}

/* The first member of x that y lacks or has otherwise goes behind the name. */
static bool by_members(json_t *x, json_t *y, struct difference *d)
{
	const char *key;
	json_t *v;
	const size_t len = strlen(d->field);
	json_object_foreach(x, key, v) {
		json_t *w = json_object_get(y, key);
		if (w != NULL && json_equal(v, w))
			continue;
		snprintf(d->field + len, sizeof(d->field) - len, "%s%s", len != 0 ? "." : "", key);
		if (!json_is_object(v) || !json_is_object(w) || !either_way(v, w, d)) {
			put_json(d->expected, sizeof(d->expected), v);
			put_json(d->got, sizeof(d->got), w);
		}
		return true;
	}
	return false;
}

static void by_json(const struct trace_change *c, struct difference *d)
{
	json_t *x = load(c->expected), *y = load(c->got);
	const json_t *any = x != NULL ? x : y;
	d->packet = (uint64_t)json_integer_value(json_object_get(any, "pcap_cnt"));
	d->session = (uint64_t)json_integer_value(json_object_get(any, "flow_id"));
	if (x != NULL && y != NULL)
		(void)either_way(x, y, d);
	json_decref(x);
	json_decref(y);
}

/* --- all kinds --------------------------------------------------------------------------------------------------- */

static uint64_t key_number(struct span key, size_t at)
{
	uint64_t v = 0;
	for (; at < key.len && key.p[at] >= '0' && key.p[at] <= '9'; at++)
		v = v * 10 + (key.p[at] - '0');
	return v;
}

static struct span after_dot(struct span key)
{
	const uint8_t *dot = memchr(key.p, '.', key.len);
	return dot != NULL ? span_of(dot + 1, (size_t)(key.p + key.len - dot - 1)) : (struct span){ 0 };
}

static uint64_t word_number(struct span text, const char *name)
{
	for (struct span w; (w = next_word(&text)).len != 0;)
		if (name_len(w) == strlen(name) && memcmp(w.p, name, strlen(name)) == 0)
			return key_number(w, strlen(name) + 1);
	return 0;
}

static void by_kind(const struct trace_change *c, struct difference *d)
{
	const bool both = c->expected.p != NULL && c->got.p != NULL;
	switch (c->key.p[0]) {
	case 'v':
		d->packet = key_number(c->key, 1);
		d->session = word_number(c->expected.p != NULL ? c->expected : c->got, "session");
		if (both)
			by_words(c->expected, c->got, d);
		return;
	case 'l':
		d->session = key_number(c->key, 1);
		put_span(d->id, sizeof(d->id), after_dot(c->key));
		if (both)
			by_words(c->expected, c->got, d);
		return;
	case 'd':
		d->session = key_number(c->key, 1);
		put_span(d->field, sizeof(d->field), after_dot(c->key));
		return;
	default:
		put_span(d->id, sizeof(d->id), span_of(c->key.p + 1, c->key.len - 1));
		by_json(c, d);
	}
}

void difference_of(const struct trace_change *c, struct difference *d)
{
	*d = (struct difference){ .what = "record" };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((char)c->key.p[0] == kinds[i].letter)
			snprintf(d->what, sizeof(d->what), "%s", kinds[i].what);
	put_span(d->expected, sizeof(d->expected), c->expected);
	put_span(d->got, sizeof(d->got), c->got);
	by_kind(c, d);
}

void difference_text(const struct difference *d, struct outbuf *o)
{
	if (d->packet != 0)
		outbuf_fmt(o, "packet %llu, ", (unsigned long long)d->packet);
	if (d->octet != 0)
		outbuf_fmt(o, "octet %u, ", d->octet);
	if (d->session != 0)
		outbuf_fmt(o, "session %llu, ", (unsigned long long)d->session);
	outbuf_fmt(o, "%s%s%s: ", d->what, d->id[0] != '\0' ? " " : "", d->id);
	if (d->field[0] != '\0')
		outbuf_fmt(o, "%s is %s, not %s", d->field, d->got[0] != '\0' ? d->got : "absent",
			   d->expected[0] != '\0' ? d->expected : "absent");
	else if (d->got[0] != '\0')
		outbuf_fmt(o, "%s%s", d->what[0] == 'n' ? "" : "should not be there: ", d->got);
	else
		outbuf_fmt(o, "missing: %s", d->expected);
}
