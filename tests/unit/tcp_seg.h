/* tcp_seg.h - TCP segments written down in words, for tcp_script.h, which says what the words are. */
#ifndef TESTS_UNIT_TCP_SEG_H
#define TESTS_UNIT_TCP_SEG_H

#define PKT_MAX 66000

#include <stdlib.h>

#include "tests/unit/engine_rig.h"

enum { DATA_MAX = 65535 };

/* A segment as written. Numbers are labels: the variant's bases are yet to be added. */
struct seg {
	enum dir d;
	uint32_t seq, ack;
	uint16_t win, urg;
	uint8_t flags, ttl;
	bool partial;
	uint8_t opts[40];
	uint8_t n_opts;
	uint32_t n;
	uint8_t data[DATA_MAX];
};

/* Where sequence numbers and timestamps of both ends begin. */
struct bases {
	uint32_t seq[DIR_N], ts[DIR_N];
};

/* What a variant of a script gives all its segments. */
struct seg_ctx {
	struct rig rig;
	int family;
	struct bases base;
	uint32_t ts_last[DIR_N];
};

static struct seg_ctx ctx;

/* Tells the first thing that goes wrong in a script. */
static void script_fail(const char *what, const char *got);

/* --- words ---------------------------------------------------------------------------------------------------- */

struct words {
	char text[512];
	char *at;
};

static inline void words_of(struct words *w, const char *line, size_t len)
{
	CU_ASSERT_FATAL(len < sizeof(w->text));
	memcpy(w->text, line, len);
	w->text[len] = '\0';
	w->at = w->text;
}

/* The next word or quoted text (with its first quote); "" at the end. */
static inline const char *word(struct words *w)
{
	while (*w->at == ' ' || *w->at == '\t')
		w->at++;
	char *from = w->at;
	const char stop = *from == '"' ? '"' : ' ';
	if (*w->at != '\0')
		w->at++;
	while (*w->at != '\0' && *w->at != stop && (stop == '"' || *w->at != '\t'))
		w->at++;
	if (*w->at != '\0')
		*w->at++ = '\0';
	return from;
}

static inline uint32_t number(const char *text)
{
	char *end;
	const unsigned long v = strtoul(text, &end, 10);
	if (end == text || (*end != '\0' && *end != '-' && *end != '/' && *end != '@') || v > UINT32_MAX)
		script_fail("no number", text);
	return (uint32_t)v;
}

static inline uint8_t flags_of(const char *text)
{
	static const char names[] = "FSRPAUEC";
	uint8_t flags = 0;
	for (; *text != '\0' && *text != '.'; text++) {
		const char *at = strchr(names, *text);
		if (at == NULL)
			script_fail("no flag", text);
		else
			flags |= (uint8_t)(1u << (at - names));
	}
	return flags;
}

static inline uint8_t octet_of(uint32_t label, bool other)
{
	return (uint8_t)((other ? 'A' : 'a') + label % 23);
}

/* Octets at a label: "text", x20, X20. */
static inline uint32_t octets(uint8_t *out, const char *text, uint32_t label)
{
	if (*text == '"') {
		const size_t n = strlen(text + 1);
		memcpy(out, text + 1, n);
		return (uint32_t)n;
	}
	const uint32_t n = number(text + 1);
	CU_ASSERT_FATAL(n <= DATA_MAX && (*text == 'x' || *text == 'X'));
	for (uint32_t i = 0; i < n; i++)
		out[i] = octet_of(label + i, *text == 'X');
	return n;
}

static inline bool is_octets(const char *text)
{
	return *text == '"' || ((*text == 'x' || *text == 'X') && text[1] <= '9');
}

static inline void add_octets(struct seg *g, const char *text)
{
	g->n += octets(g->data + g->n, text, g->seq + ((g->flags & TCP_SYN) != 0) + g->n);
}

/* --- options -------------------------------------------------------------------------------------------------- */

static inline uint8_t *option(struct seg *g, uint8_t kind, uint8_t len)
{
	uint8_t *at = g->opts + g->n_opts;
	CU_ASSERT_FATAL(g->n_opts + len <= (int)sizeof(g->opts));
	g->n_opts += len;
	memset(at, kind, len); /* what nobody reads is the kind again */
	if (len > 1)
		at[1] = len;
	return at;
}

static inline void option_ts(struct seg *g, const char *text)
{
	const char *slash = strchr(text, '/');
	const uint32_t own = number(text) + ctx.base.ts[g->d];
	const uint32_t echo = slash != NULL ? number(slash + 1) + ctx.base.ts[dir_other(g->d)] : ctx.ts_last[dir_other(g->d)];
	uint8_t *at = option(g, 8, 10);
	pkt_put32(at + 2, own);
	pkt_put32(at + 6, (g->flags & TCP_ACK) != 0 ? echo : 0);
	ctx.ts_last[g->d] = own;
}

static inline void option_blocks(struct seg *g, const char *text)
{
	const uint32_t base = ctx.base.seq[dir_other(g->d)];
	uint8_t *at = option(g, 5, 10);
	const char *dash = strchr(text, '-');
	CU_ASSERT_PTR_NOT_NULL_FATAL(dash);
	pkt_put32(at + 2, number(text) + base);
	pkt_put32(at + 6, number(dash + 1) + base);
}

/* false: the word is no option. */
static inline bool option_word(struct seg *g, const char *name, struct words *w)
{
	if (strcmp(name, "mss") == 0)
		pkt_put16(option(g, 2, 4) + 2, number(word(w)));
	else if (strcmp(name, "ws") == 0)
		option(g, 3, 3)[2] = (uint8_t)number(word(w));
	else if (strcmp(name, "sack") == 0)
		(void)option(g, 4, 2);
	else if (strcmp(name, "ts") == 0)
		option_ts(g, word(w));
	else if (strcmp(name, "blocks") == 0)
		option_blocks(g, word(w));
	else if (strcmp(name, "md5") == 0)
		(void)option(g, 19, 18);
	else if (strcmp(name, "ao") == 0)
		(void)option(g, 29, 16);
	else if (strcmp(name, "cookie") == 0)
		(void)option(g, 34, 10);
	else if (strcmp(name, "kind") == 0)
		(void)option(g, (uint8_t)number(word(w)), 4);
	else if (strcmp(name, "ask") == 0)
		(void)option(g, 34, 2);
	else
		return false;
	return true;
}

static inline void overwrite(struct seg *g, uint32_t kind)
{
	for (unsigned i = 0; i < g->n_opts;) {
		const uint8_t len = g->opts[i] == 1 ? 1 : g->opts[i + 1];
		if (g->opts[i] == kind)
			memset(g->opts + i, 1, len);
		i += len;
	}
}

/* --- packets -------------------------------------------------------------------------------------------------- */

static inline struct packet build(struct pkt *k, const struct seg *g)
{
	const struct rig *r = &ctx.rig;
	const enum dir far = dir_other(g->d);
	struct pkt_tcp t = { .seq = g->seq + ctx.base.seq[g->d], .win = g->win, .flags = g->flags, .opts = g->opts,
			     .n_opts = g->n_opts, .data = g->data, .n_data = g->n };
	t.ack = (g->flags & TCP_ACK) != 0 ? g->ack + ctx.base.seq[far] : 0;
	t.sport = g->d == DIR_ORIG ? r->cport : r->sport;
	t.dport = g->d == DIR_ORIG ? r->sport : r->cport;
	pkt_flow(k, ctx.family, g->d == DIR_REPLY, 6);
	pkt_tcp(k, &t);
	pkt_put16(k->b + k->l4 + 18, g->urg);
	k->b[ctx.family == 4 ? 8 : 7] = g->ttl;
	pkt_finish(k);
	if (g->partial) {
		const struct packet_csum c = packet_csum(span_of(k->b, k->len), true);
		memcpy(k->b + c.at, c.octets, c.len);
	}
	struct packet p = pkt_packet(k);
	p.csum_ready = !g->partial;
	p.ifin = g->d == DIR_ORIG ? 10 : 9;
	p.ifout = g->d == DIR_ORIG ? 9 : 10;
	return p;
}

/* Everything of a segment but what is expected of it; its "=", or the end, is next. */
static inline const char *seg_words(struct seg *g, struct words *w)
{
	const char *t = word(w);
	g->flags = flags_of(t);
	g->seq = number(word(w));
	g->win = 1000;
	g->ttl = 64;
	for (t = word(w); *t != '\0' && *t != '='; t = word(w)) {
		if (is_octets(t))
			add_octets(g, t);
		else if (strcmp(t, "ack") == 0)
			g->ack = number(word(w));
		else if (strcmp(t, "win") == 0)
			g->win = (uint16_t)number(word(w));
		else if (strcmp(t, "urg") == 0)
			g->urg = (uint16_t)number(word(w));
		else if (strcmp(t, "ttl") == 0)
			g->ttl = (uint8_t)number(word(w));
		else if (strcmp(t, "partial") == 0)
			g->partial = true;
		else if (!option_word(g, t, w))
			script_fail("no field", t);
	}
	while (g->n_opts % 4 != 0)
		(void)option(g, 1, 1);
	return t;
}

/* What a line expects. */
struct want {
	enum reason drop;
	bool rewritten, probe;
};

/* Turns g into what it is expected to be rewritten to. */
static inline struct want want_words(struct seg *g, struct words *w)
{
	struct want x = { 0 };
	for (const char *t = word(w); *t != '\0'; t = word(w)) {
		x.rewritten = true;
		if (strcmp(t, "drop") == 0) {
			const char *name = word(w);
			while (x.drop < REASON_N && strcmp(reason_name(x.drop), name) != 0)
				x.drop++;
			x.rewritten = false;
		} else if (strcmp(t, "data") == 0) {
			g->n = 0;
		} else if (is_octets(t)) {
			add_octets(g, t);
		} else if (strcmp(t, "seq") == 0) {
			g->seq = number(word(w));
		} else if (strcmp(t, "flags") == 0) {
			g->flags = flags_of(word(w));
		} else if (strcmp(t, "win") == 0) {
			g->win = (uint16_t)number(word(w));
		} else if (strcmp(t, "urg") == 0) {
			g->urg = (uint16_t)number(word(w));
		} else if (strcmp(t, "nop") == 0) {
			overwrite(g, number(word(w)));
		} else if (strcmp(t, "probe") == 0) {
			x.probe = true;
		} else {
			script_fail("nothing to expect", t);
		}
	}
	return x;
}

#endif
