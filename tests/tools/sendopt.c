/* sendopt.c - options of one send statement, by table; where a payload is cut. */
#include "tests/tools/sendopt.h"

#include <stdlib.h>
#include <string.h>

enum kind { FLAG, NUMBER, LIST, WORD };

struct row {
	const char *name;
	enum kind kind;
	size_t at, at2; /* offsets: the value; the count of a list or the "given" mark of a number; of a word: its size */
};

#define AT(f) offsetof(struct sendopt, f)
enum { NONE = 0xffff };

static const struct row rows[] = {
	{ "seg", LIST, AT(seg), AT(n_seg) },
	{ "order", LIST, AT(order), AT(n_order) },
	{ "dup", LIST, AT(dup), AT(n_dup) },
	{ "drop", LIST, AT(drop), AT(n_drop) },
	{ "rev", FLAG, AT(reversed), NONE },
	{ "dupall", FLAG, AT(dup_all), NONE },
	{ "hold", FLAG, AT(hold), NONE },
	{ "noack", FLAG, AT(noack), NONE },
	{ "badsum", FLAG, AT(bad_sum), NONE },
	{ "badip", FLAG, AT(bad_ip), NONE },
	{ "fragrev", FLAG, AT(frag_reversed), NONE },
	{ "nodf", FLAG, AT(df_off), NONE },
	{ "seq", NUMBER, AT(seq), NONE },
	{ "ack", NUMBER, AT(ack), NONE },
	{ "ttl", NUMBER, AT(ttl), NONE },
	{ "tos", NUMBER, AT(tos), NONE },
	{ "frag", NUMBER, AT(frag), NONE },
	{ "snap", NUMBER, AT(snap), NONE },
	{ "win", NUMBER, AT(window), AT(has_window) },
	{ "urg", NUMBER, AT(urgent_at), AT(urgent) },
	{ "tsval", NUMBER, AT(tsval), AT(has_tsval) },
	{ "flags", WORD, AT(flags), sizeof(((struct sendopt *)0)->flags) },
	{ "opt", WORD, AT(opt), sizeof(((struct sendopt *)0)->opt) },
};

static int64_t number(struct text t)
{
	char buf[24], *end;
	if (t.len == 0 || t.len >= sizeof(buf))
		fail("a number was expected: %.*s", (int)t.len, t.p);
	memcpy(buf, t.p, t.len);
	buf[t.len] = 0;
	long long v = strtoll(buf, &end, 0);
	if (*end != 0)
		fail("a number was expected: %s", buf);
	return v;
}

static void set_list(int64_t *list, size_t *n, struct text t)
{
	while (t.len > 0) {
		struct text item = text_split(&t, ",");
		if (*n == LIST_MAX)
			fail("more than %d numbers in a list", LIST_MAX);
		if (text_is(item, "hdr"))
			list[(*n)++] = SEG_HEADER;
		else if (text_is(item, "tpkt"))
			list[(*n)++] = SEG_TPKT;
		else
			list[(*n)++] = number(item);
	}
}

static void set(struct sendopt *o, const struct row *r, struct text value)
{
	char *base = (char *)o;
	switch (r->kind) {
	case FLAG:
		*(bool *)(base + r->at) = true;
		break;
	case NUMBER:
		*(int64_t *)(void *)(base + r->at) = number(value);
		if (r->at2 != NONE)
			*(bool *)(base + r->at2) = true;
		break;
	case LIST:
		set_list((int64_t *)(void *)(base + r->at), (size_t *)(void *)(base + r->at2), value);
		break;
	case WORD:
		if (value.len >= r->at2)
			fail("too long: %.*s", (int)value.len, value.p);
		memcpy(base + r->at, value.p, value.len);
		break;
	}
}

struct sendopt sendopt_parse(struct text t)
{
	struct sendopt o = { 0 };
	for (t = text_trim(t); t.len > 0; t = text_trim(t)) {
		struct text value = text_word(&t), name = text_split(&value, "=");
		const struct row *r = NULL;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == NULL; i++)
			if (text_is(name, rows[i].name))
				r = &rows[i];
		if (r == NULL || (r->kind == FLAG) != (value.len == 0))
			fail("no such option: %.*s", (int)name.len, name.p);
		set(&o, r, value);
	}
	return o;
}

bool sendopt_in(const int64_t *list, size_t n, size_t v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == (int64_t)v)
			return true;
	return false;
}

/* How many octets from off belong together when TPKTs are to have segments of their own. */
static size_t tpkt_piece(const struct bytes *b, size_t off, bool header)
{
	size_t left = b->len - off, len = left >= 4 ? (size_t)b->p[off + 2] << 8 | b->p[off + 3] : left;
	if (header || len < 4)
		len = 4;
	return len < left ? len : left;
}

struct piece *sendopt_cut(const struct sendopt *o, const struct bytes *payload, size_t mss, size_t *n)
{
	size_t off = 0, cap = 16, body = 0;
	struct piece *v = malloc(cap * sizeof(*v));
	*n = 0;
	do {
		size_t left = payload->len - off, len = left;
		int64_t want = o->n_seg > 0 ? o->seg[*n % o->n_seg] : 0;
		if (want == SEG_HEADER && body == 0) {
			body = tpkt_piece(payload, off, false);
			len = tpkt_piece(payload, off, true);
			body -= len;
		} else if (want == SEG_HEADER) {
			len = body;
			body = 0;
		} else if (want == SEG_TPKT) {
			len = tpkt_piece(payload, off, false);
		} else if (want > 0) {
			len = (size_t)want;
		}
		len = len < left ? len : left;
		if (len > mss) {
			body = want == SEG_HEADER ? body + len - mss : 0;
			len = mss;
		}
		if (*n + 1 > cap)
			cap *= 2;
		v = realloc(v, cap * sizeof(*v));
		if (v == NULL)
			fail("out of memory");
		v[(*n)++] = (struct piece){ off, len };
		off += len;
	} while (off < payload->len);
	return v;
}
