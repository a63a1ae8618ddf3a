/* sig_content.c - contents and their modifiers, and how they become Hyperscan expressions.
 *
 * Contents tied by distance or within form a chain, one expression; offset and depth count from the start
 * of the stream or buffer. A chain of one content limits its end offset instead of using a bounded repeat.
 */
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "sigs/sig_int.h"

enum { REPEAT_MAX = 32767, EXPR_ROOM = 64 };

enum err sig_content_add(struct sig_parse *p, char *value)
{
	uint8_t octets[SIG_CONTENT_LEN];
	struct sig_content c = { .neg = value[0] == '!' };
	if (p->r.n_contents >= SIG_CONTENTS_MAX)
		return sig_refuse(p, "more than %d contents", SIG_CONTENTS_MAX);
	char *quoted = sig_lex_unquote(sig_lex_trim(value + c.neg));
	if (quoted == NULL)
		return sig_refuse(p, "content '%.80s' is not in quotes", value);
	struct sig_octets o = { .at = quoted };
	for (;;) {
		const int v = sig_lex_octet(&o, false);
		if (v == SIGO_END)
			break;
		if (v < 0)
			return sig_refuse(p, "content at '%.40s': write |hex pairs| and escape \\ \" ; : and | with a backslash",
					  o.at);
		if (c.len >= SIG_CONTENT_LEN)
			return sig_refuse(p, "content '%.40s...' is longer than %d octets", quoted, SIG_CONTENT_LEN);
		octets[c.len++] = (uint8_t)v;
	}
	if (c.len == 0)
		return sig_refuse(p, "content is empty: give at least one octet");
	if ((c.p = sig_mem_copy(p->mem, octets, c.len)) == NULL)
		return ERR_NOMEM;
	p->content[p->r.n_contents++] = c;
	p->last = SIGL_CONTENT;
	return OK;
}

static enum err number(struct sig_parse *p, const char *keyword, const char *value, uint16_t *out, bool *has)
{
	int64_t n;
	if (value == NULL || !sig_lex_int(value, &n) || n < 0 || n > 65535)
		return sig_refuse(p, "%s '%.40s' is not a number of 0 to 65535 (negative ones and variables are not supported)",
				  keyword, value != NULL ? value : "");
	if (*has)
		return sig_refuse(p, "%s is given twice for one content", keyword);
	*out = (uint16_t)n;
	*has = true;
	return OK;
}

enum err sig_content_modify(struct sig_parse *p, const char *keyword, char *value)
{
	if (p->last != SIGL_CONTENT)
		return sig_refuse(p, "%s has no content before it", keyword);
	struct sig_content *c = &p->content[p->r.n_contents - 1];
	if (strcmp(keyword, "offset") == 0)
		return number(p, keyword, value, &c->offset, &c->has_offset);
	if (strcmp(keyword, "depth") == 0)
		return number(p, keyword, value, &c->depth, &c->has_depth);
	if (strcmp(keyword, "distance") == 0)
		return number(p, keyword, value, &c->distance, &c->has_distance);
	if (strcmp(keyword, "within") == 0)
		return number(p, keyword, value, &c->within, &c->has_within);
	if (strcmp(keyword, "startswith") == 0)
		c->at_start = true;
	else if (strcmp(keyword, "endswith") == 0)
		c->at_end = true;
	return OK; /* fast_pattern and rawbytes change nothing here */
}

static bool relative(const struct sig_content *c)
{
	return c->has_distance || c->has_within;
}

/* Puts startswith, and a first content's distance and within, into offset and depth. */
static enum err settle(struct sig_parse *p, struct sig_content *c, bool first)
{
	if (relative(c) && (c->has_offset || c->has_depth || c->at_start))
		return sig_refuse(p, "one content has distance or within, and offset, depth or startswith: use either");
	if (c->at_start) {
		if (c->has_offset || c->has_depth)
			return sig_refuse(p, "startswith is offset 0 with depth: leave those out");
		c->has_depth = true;
		c->depth = c->len;
	}
	if (first && relative(c)) {
		c->has_offset = c->has_distance;
		c->offset = c->distance;
		c->has_depth = c->has_within;
		c->depth = c->within;
		c->has_distance = c->has_within = false;
	}
	if (c->has_depth && c->depth < c->len)
		return sig_refuse(p, "depth %u is less than the content's %u octets", c->depth, c->len);
	if (c->has_within && c->within < c->len)
		return sig_refuse(p, "within %u is less than the content's %u octets", c->within, c->len);
	if (c->neg && relative(c))
		return sig_refuse(p, "a negated content cannot have distance or within: give it offset and depth or nothing");
	return OK;
}

static void put_literal(struct wr *w, const struct sig_content *c)
{
	wr_str(w, c->nocase ? "(?i:" : "(?:");
	for (unsigned i = 0; i < c->len; i++)
		wr_fmt(w, "\\x%02x", c->p[i]);
	wr_str(w, ")");
}

/* Between from and to octets of anything; to is ignored unless bounded. */
static enum err put_gap(struct sig_parse *p, struct wr *w, unsigned from, bool bounded, unsigned to)
{
	const unsigned most = bounded ? to : from;
	if (most > REPEAT_MAX)
		return sig_refuse(p, "a distance, within, offset or depth of %u: at most %d between contents tied together", most,
				  REPEAT_MAX);
	if (bounded && to == 0)
		return OK; /* Hyperscan refuses {0,0} */
	if (bounded)
		wr_fmt(w, ".{%u,%u}", from, to);
	else if (from == 0)
		wr_str(w, ".*");
	else
		wr_fmt(w, ".{%u,}", from);
	return OK;
}

static enum err put_chain(struct sig_parse *p, struct sig_chain *ch, struct wr *w)
{
	const struct sig_content *c = &p->content[ch->first];
	ch->anchored = c->has_offset || c->has_depth;
	if (ch->anchored && ch->n == 1) {
		ch->min_end = c->offset != 0 ? c->offset + c->len : 0;
		ch->max_end = c->has_depth ? c->offset + c->depth : 0;
	} else if (ch->anchored) {
		wr_str(w, "^");
		TRY(put_gap(p, w, c->offset, c->has_depth, c->offset + c->depth - c->len));
	}
	put_literal(w, c);
	for (unsigned i = 1; i < ch->n; i++) {
		c++;
		TRY(put_gap(p, w, c->distance, c->has_within, c->distance + c->within - c->len));
		put_literal(w, c);
	}
	if (c->at_end)
		wr_str(w, "\\z");
	wr_u8(w, 0);
	return OK;
}

static enum err express(struct sig_parse *p, struct sig_chain *ch)
{
	size_t room = EXPR_ROOM;
	for (unsigned i = 0; i < ch->n; i++)
		room += EXPR_ROOM + 4u * p->content[ch->first + i].len;
	char *text = sig_mem_get(p->mem, room);
	if (text == NULL)
		return ERR_NOMEM;
	struct wr w = wr_of(text, room);
	TRY(put_chain(p, ch, &w));
	ch->expr = text;
	return wr_ok(&w) ? OK : ERR_INTERNAL;
}

enum err sig_content_chains(struct sig_parse *p)
{
	struct sig_chain chain[SIG_CONTENTS_MAX];
	unsigned n = 0;
	for (uint8_t i = 0; i < p->r.n_contents; i++) {
		struct sig_content *c = &p->content[i];
		TRY(settle(p, c, i == 0));
		if (!relative(c)) {
			chain[n++] = (struct sig_chain){ .first = i, .n = 1, .neg = c->neg };
			continue;
		}
		if (chain[n - 1].neg)
			return sig_refuse(
				p,
				"distance or within after a negated content has nothing to count from: put the negated one last");
		chain[n - 1].n++;
	}
	if (n > SIG_CHAINS_MAX)
		return sig_refuse(p, "%u contents that are not tied together: at most %d", n, SIG_CHAINS_MAX);
	for (unsigned i = 0; i < n; i++) {
		TRY(express(p, &chain[i]));
		*(chain[i].neg ? &p->r.deny : &p->r.want) |= UINT32_C(1) << i;
	}
	p->r.n_chains = (uint8_t)n;
	p->r.chain = sig_mem_copy(p->mem, chain, n * sizeof(chain[0]));
	p->r.content = sig_mem_copy(p->mem, p->content, p->r.n_contents * sizeof(p->content[0]));
	return p->r.chain != NULL && p->r.content != NULL ? OK : ERR_NOMEM;
}
