/* sig_help.h - what the tests of sigs/ share: a set from text, refusals kept, hits written down, a seeded generator. */
#ifndef TESTS_UNIT_SIG_HELP_H
#define TESTS_UNIT_SIG_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sigs/match.h"
#include "tests/unit/unit.h"

struct refusals {
	unsigned n, line; /* line: of the last */
	char file[64], text[512];
};

static inline void keep_refusal(void *arg, const char *file, unsigned line, const char *text)
{
	struct refusals *r = arg;
	r->n++;
	r->line = line;
	snprintf(r->file, sizeof(r->file), "%s", file);
	snprintf(r->text, sizeof(r->text), "%s", text);
}

static const struct sig_var help_vars[] = {
	{ "HOME_NET", "[10.0.0.0/8,!10.9.0.0/16]" },
	{ "EXTERNAL_NET", "!10.0.0.0/8" },
	{ "OT_PORTS", "[102,3782]" },
	{ "LOOP", "[$LOOP]" },
};

static inline struct sigset *load_sources(const struct sig_source *src, size_t n, struct refusals *r)
{
	struct sigset *s = NULL;
	*r = (struct refusals){ 0 };
	const enum err e = sigset_new(src, n, help_vars, ARRAY_LEN(help_vars), keep_refusal, r, &s);
	CU_ASSERT_EQUAL_FATAL(e, OK);
	return s;
}

static inline struct sigset *load(const char *text, struct refusals *r)
{
	const struct sig_source src = { .name = "t.rules", .text = text };
	return load_sources(&src, 1, r);
}

/* Hits as text: "sid " each, "sid< " for the reply direction, "lost " for a part given up. */
struct hits {
	char text[8192];
	size_t n;
};

static inline void keep_hit(void *arg, const struct match_hit *hit)
{
	struct hits *h = arg;
	const size_t len = strlen(h->text);
	h->n++;
	if (hit->sig == NULL)
		snprintf(h->text + len, sizeof(h->text) - len, "lost ");
	else
		snprintf(h->text + len, sizeof(h->text) - len, "%u%s ", hit->sig->sid, hit->dir == DIR_REPLY ? "<" : "");
}

static inline struct matcher *new_matcher(const struct sigset *s)
{
	struct matcher *m = NULL;
	CU_ASSERT_EQUAL_FATAL(matcher_new(s, 16, keep_hit, &m), OK);
	return m;
}

/* A flow 10.0.0.1:40000 -> 10.0.0.2:102 */
static inline struct sig_flow help_flow(struct tagset *tags, uint8_t ip_proto)
{
	return (struct sig_flow){ .family = 4,
				  .ip_proto = ip_proto,
				  .client = { { 10, 0, 0, 1 } },
				  .server = { { 10, 0, 0, 2 } },
				  .cport = 40000,
				  .sport = 102,
				  .established = true,
				  .tags = tags };
}

/* splitmix64 */
static inline uint64_t help_rand(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline size_t help_below(uint64_t *state, size_t n)
{
	return (size_t)(help_rand(state) % n);
}

#endif
