/* exprfn.c - the built-in functions of byte expressions, one row each. */
#include "tests/tools/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1 << 24 };

static void put_num(const struct call *c, struct bytes *out, unsigned width)
{
	for (size_t i = 0; i < c->n; i++)
		bytes_be(out, (uint64_t)expr_arg_num(c, i), width);
}

static void fn_u8(const struct call *c, struct bytes *out)
{
	put_num(c, out, 1);
}

static void fn_u16(const struct call *c, struct bytes *out)
{
	put_num(c, out, 2);
}

static void fn_u32(const struct call *c, struct bytes *out)
{
	put_num(c, out, 4);
}

static void fn_le(const struct call *c, struct bytes *out)
{
	bytes_le(out, (uint64_t)expr_arg_num(c, 1), (unsigned)expr_arg_num(c, 0) & 15);
}

/* Contents octets of a BER INTEGER, as few as can be (X.690 8.3). */
static void fn_ber(const struct call *c, struct bytes *out)
{
	int64_t v = expr_arg_num(c, 0);
	unsigned n = 1;
	while (n < 8 && (v >> (8 * n - 1)) != 0 && (v >> (8 * n - 1)) != -1)
		n++;
	bytes_be(out, (uint64_t)v, n);
}

static double real(const struct call *c)
{
	struct bytes t = { 0 };
	expr_text(c, 0, &t);
	char *end;
	const char *s = bytes_str(&t);
	double d = strtod(s, &end);
	if (*s == 0 || *end != 0)
		fail("not a number: %s", s);
	bytes_free(&t);
	return d;
}

static void fn_f32(const struct call *c, struct bytes *out)
{
	float f = (float)real(c);
	uint32_t v;
	memcpy(&v, &f, sizeof(v));
	bytes_be(out, v, 4);
}

static void fn_f64(const struct call *c, struct bytes *out)
{
	double d = real(c);
	uint64_t v;
	memcpy(&v, &d, sizeof(v));
	bytes_be(out, v, 8);
}

static void put_arc(struct bytes *out, uint64_t v)
{
	for (int shift = 63; shift > 0; shift -= 7)
		if (v >> shift != 0)
			bytes_u8(out, 0x80 | ((unsigned)(v >> shift) & 0x7f));
	bytes_u8(out, (unsigned)v & 0x7f);
}

/* Contents octets of an OBJECT IDENTIFIER (X.690 8.19). */
static void fn_oid(const struct call *c, struct bytes *out)
{
	struct bytes t = { 0 };
	expr_text(c, 0, &t);
	struct text rest = bytes_text(&t);
	uint64_t first = 0;
	for (unsigned i = 0; rest.len > 0; i++) {
		uint64_t arc = (uint64_t)env_num(c->e, text_split(&rest, "."));
		if (i == 0)
			first = arc;
		else
			put_arc(out, i == 1 ? 40 * first + arc : arc);
	}
	bytes_free(&t);
}

static void fn_txt(const struct call *c, struct bytes *out)
{
	expr_text(c, 0, out);
}

static void put_tlv(struct bytes *out, const char *tag, struct text content)
{
	size_t at = out->len;
	bytes_put(out, content.p, content.len);
	expr_wrap(out, at, text_of(tag), (struct text){ 0 });
}

/* An MMS ObjectName: "vmd:item", "aa:item", or "domain/item" (ISO 9506-2 7.5.2). */
static void fn_obj(const struct call *c, struct bytes *out)
{
	struct bytes t = { 0 };
	expr_text(c, 0, &t);
	struct text item = bytes_text(&t);
	const char *slash = memchr(item.p, '/', item.len);
	if (item.len >= 4 && memcmp(item.p, "vmd:", 4) == 0) {
		put_tlv(out, "80", (struct text){ item.p + 4, item.len - 4 });
	} else if (item.len >= 3 && memcmp(item.p, "aa:", 3) == 0) {
		put_tlv(out, "82", (struct text){ item.p + 3, item.len - 3 });
	} else if (slash != NULL) {
		size_t at = out->len, n = (size_t)(slash - item.p);
		put_tlv(out, "1a", (struct text){ item.p, n });
		put_tlv(out, "1a", (struct text){ slash + 1, item.len - n - 1 });
		expr_wrap(out, at, text_of("a1"), (struct text){ 0 });
	} else {
		fail("an object is vmd:ITEM, aa:ITEM or DOMAIN/ITEM: %.*s", (int)item.len, item.p);
	}
	bytes_free(&t);
}

/* A BIT STRING's contents from 0s and 1s: unused bits, then octets (X.690 8.6). */
static void fn_bits(const struct call *c, struct bytes *out)
{
	struct bytes t = { 0 };
	expr_text(c, 0, &t);
	bytes_u8(out, (unsigned)(8 - t.len % 8) % 8);
	for (size_t i = 0; i < t.len; i++) {
		if (i % 8 == 0)
			bytes_u8(out, 0);
		if (t.p[i] == '1')
			out->p[out->len - 1] |= (uint8_t)(0x80 >> i % 8);
	}
	bytes_free(&t);
}

static size_t count_arg(const struct call *c, size_t i)
{
	int64_t n = expr_arg_num(c, i);
	if (n < 0 || n > COUNT_MAX)
		fail("a count out of range");
	return (size_t)n;
}

static void fn_rep(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	expr_eval(c->e, c->arg[1], &x);
	for (size_t n = count_arg(c, 0); n > 0; n--)
		bytes_put(out, x.p, x.len);
	bytes_free(&x);
}

/* n octets that look like noise and are the same each time. */
static void fn_noise(const struct call *c, struct bytes *out)
{
	uint64_t x = (uint64_t)expr_arg_num(c, 1) * 0x9e3779b97f4a7c15u + 1;
	for (size_t n = count_arg(c, 0); n > 0; n--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		bytes_u8(out, (unsigned)(x >> 56));
	}
}

static void each(const struct call *c, struct text item, struct text body, struct bytes *out)
{
	struct env frame = env_push((struct env *)(uintptr_t)c->e, c->e->w);
	env_bind(&frame, text_of("_"), item, NULL);
	expr_eval(&frame, body, out);
	env_pop(&frame);
}

/* map(list, body): body for each word of the list, as @_. */
static void fn_map(const struct call *c, struct bytes *out)
{
	struct bytes list = { 0 };
	env_expand(c->e, c->arg[0], &list);
	struct text rest = text_trim(bytes_text(&list));
	while (rest.len > 0) {
		each(c, text_word(&rest), c->arg[1], out);
		rest = text_trim(rest);
	}
	bytes_free(&list);
}

/* for(n, body): body n times, @_ counting from 0. */
static void fn_for(const struct call *c, struct bytes *out)
{
	size_t n = count_arg(c, 0);
	for (size_t i = 0; i < n; i++) {
		char buf[24];
		int len = snprintf(buf, sizeof(buf), "%zu", i);
		each(c, (struct text){ buf, (size_t)len }, c->arg[1], out);
	}
}

/* pre(width, add, x): x behind its length plus add; width counted in octets, negative for little-endian. */
static void fn_pre(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	int64_t width = expr_arg_num(c, 0);
	expr_eval(c->e, c->arg[2], &x);
	uint64_t v = x.len + (uint64_t)expr_arg_num(c, 1);
	if (width < 0)
		bytes_le(out, v, (unsigned)-width & 15);
	else
		bytes_be(out, v, (unsigned)width & 15);
	bytes_put(out, x.p, x.len);
	bytes_free(&x);
}

/* sli(x): x behind a session length indicator of one or three octets (X.225 8.2). */
static void fn_sli(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	expr_eval(c->e, c->arg[0], &x);
	if (x.len < 255) {
		bytes_u8(out, (unsigned)x.len);
	} else {
		bytes_u8(out, 0xff);
		bytes_be(out, x.len, 2);
	}
	bytes_put(out, x.p, x.len);
	bytes_free(&x);
}

/* tsdu(x, n): x in DT TPDUs of at most n octets of user data (0: as much as a TPKT holds), each in a TPKT. */
static void fn_tsdu(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	size_t most = count_arg(c, 1), at = 0, n;
	if (most == 0 || most > 65528)
		most = 65528;
	expr_eval(c->e, c->arg[0], &x);
	do {
		n = x.len - at < most ? x.len - at : most;
		bytes_be(out, 0x0300, 2);
		bytes_be(out, n + 7, 2);
		bytes_be(out, at + n == x.len ? 0x02f080 : 0x02f000, 3);
		bytes_put(out, x.p + at, n);
		at += n;
	} while (at < x.len);
	bytes_free(&x);
}

/* cut(offset, length, x): a part of x; a negative length leaves that many octets off the end. */
static void fn_cut(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	int64_t off = expr_arg_num(c, 0), len = expr_arg_num(c, 1);
	expr_eval(c->e, c->arg[2], &x);
	int64_t all = (int64_t)x.len - off;
	if (len <= 0)
		len += all;
	if (off < 0 || len < 0 || len > all)
		fail("cut past the end of %zu octets", x.len);
	bytes_put(out, x.p + off, (size_t)len);
	bytes_free(&x);
}

/* poke(offset, octets, x): x with octets written over it. */
static void fn_poke(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 }, over = { 0 };
	int64_t off = expr_arg_num(c, 0);
	expr_eval(c->e, c->arg[1], &over);
	expr_eval(c->e, c->arg[2], &x);
	if (off < 0)
		off += (int64_t)x.len;
	if (off < 0 || (size_t)off + over.len > x.len)
		fail("poke past the end of %zu octets", x.len);
	memcpy(x.p + off, over.p, over.len);
	bytes_put(out, x.p, x.len);
	bytes_free(&over);
	bytes_free(&x);
}

static void fn_tlv(const struct call *c, struct bytes *out)
{
	struct bytes tag = { 0 };
	size_t at = out->len;
	expr_eval(c->e, c->arg[1], out);
	env_expand(c->e, c->arg[0], &tag);
	expr_wrap(out, at, bytes_text(&tag), (struct text){ 0 });
	bytes_free(&tag);
}

static void fn_last(const struct call *c, struct bytes *out)
{
	struct bytes name = { 0 };
	expr_text(c, 0, &name);
	const struct bytes *b = c->e->w->last(c->e->w->user, bytes_text(&name));
	size_t n = c->n > 1 ? count_arg(c, 1) : b->len;
	bytes_put(out, b->p, n < b->len ? n : b->len);
	bytes_free(&name);
}

/* fletcher(offset, x): x with its ISO 8073 checksum (6.17) written at offset, where two octets of 0 stand. */
static void fn_fletcher(const struct call *c, struct bytes *out)
{
	struct bytes x = { 0 };
	int64_t off = expr_arg_num(c, 0);
	expr_eval(c->e, c->arg[1], &x);
	if (off < 0 || (size_t)off + 2 > x.len)
		fail("no room for a checksum in %zu octets", x.len);
	int64_t c0 = 0, c1 = 0;
	for (size_t i = 0; i < x.len; i++) {
		c0 = (c0 + x.p[i]) % 255;
		c1 = (c1 + c0) % 255;
	}
	int64_t left = (int64_t)x.len - off - 1;
	int64_t a = ((left * c0 - c1) % 255 + 255) % 255, b = ((c1 - (left + 1) * c0) % 255 + 255) % 255;
	x.p[off] = (uint8_t)(a != 0 ? a : 255);
	x.p[off + 1] = (uint8_t)(b != 0 ? b : 255);
	bytes_put(out, x.p, x.len);
	bytes_free(&x);
}

const struct builtin *exprfn_find(struct text name)
{
	static const struct builtin table[] = {
		{ "u8", 1, ARGS_MAX, fn_u8 }, { "u16", 1, ARGS_MAX, fn_u16 },    { "u32", 1, ARGS_MAX, fn_u32 },
		{ "le", 2, 2, fn_le },        { "ber", 1, 1, fn_ber },           { "f32", 1, 1, fn_f32 },
		{ "f64", 1, 1, fn_f64 },      { "oid", 1, 1, fn_oid },           { "txt", 1, 1, fn_txt },
		{ "obj", 1, 1, fn_obj },      { "bits", 1, 1, fn_bits },         { "rep", 2, 2, fn_rep },
		{ "noise", 1, 2, fn_noise },  { "map", 2, 2, fn_map },           { "for", 2, 2, fn_for },
		{ "pre", 3, 3, fn_pre },      { "sli", 0, 1, fn_sli },           { "tsdu", 1, 2, fn_tsdu },
		{ "cut", 3, 3, fn_cut },      { "poke", 3, 3, fn_poke },         { "tlv", 2, 2, fn_tlv },
		{ "last", 1, 2, fn_last },    { "fletcher", 2, 2, fn_fletcher },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (text_is(name, table[i].name))
			return &table[i];
	return NULL;
}
