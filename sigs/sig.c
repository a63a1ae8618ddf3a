/* sig.c - the signature set: sources to rules, duplicates, tag tables; what the rest may ask of it. */
#include "sigs/sig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sigs/sig_int.h"

enum { TAGS_MAX = 0x7fff };

struct build {
	struct sigset *s;
	struct sig_parse p;
	sig_error_fn *on_error;
	void *arg;
	uint32_t cap, order;
	struct sig_rule **seen; /* open addressing over gid and sid */
	uint32_t seen_cap;
	char text[SIG_RULE_LEN];
};

/* --- tags --------------------------------------------------------------------------------------- */

static uint32_t find_name(const struct sig_tags *t, const char *name)
{
	uint32_t i = 0;
	while (i < t->n && strcmp(t->name[i], name) != 0)
		i++;
	return i;
}

static enum err add_name(struct sig_tags *t, const char *name, uint32_t *nr)
{
	*nr = find_name(t, name);
	if (*nr < t->n)
		return OK;
	if (t->n == TAGS_MAX)
		return ERR_FULL;
	if (t->n == t->cap) {
		const uint32_t cap = t->cap != 0 ? t->cap * 2 : 64;
		const char **v = realloc(t->name, cap * sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		t->name = v;
		t->cap = cap;
	}
	t->name[t->n++] = name;
	return OK;
}

/* A custom rule's name that the stock rules use too is the stock tag. */
static enum err number_tag(struct sigset *s, bool custom, const char *name, tag_t *out)
{
	uint32_t nr = find_name(&s->tags[TAGS_STOCK], name);
	if (!custom || nr < s->tags[TAGS_STOCK].n) {
		TRY(add_name(&s->tags[TAGS_STOCK], name, &nr));
		*out = (tag_t)nr;
		return OK;
	}
	TRY(add_name(&s->tags[TAGS_CUSTOM], name, &nr));
	*out = (tag_t)(nr | TAG_CUSTOM_BIT);
	return OK;
}

static enum err number_tags(struct sigset *s, struct sig_rule *r)
{
	for (unsigned i = 0; i < r->n_bits; i++) {
		for (unsigned k = 0; k < r->bits[i].n; k++)
			TRY(number_tag(s, r->pub.custom, r->bits[i].name[k], &r->bits[i].tag[k]));
	}
	return OK;
}

static void settle_tables(struct sigset *s)
{
	for (unsigned t = 0; t < TAG_TABLE_N; t++) {
		struct tag_table *tab = &s->tags[t].table;
		*tab = (struct tag_table){ .name = s->tags[t].name, .nr = (uint16_t)s->tags[t].n, .hash = HASH_FNV_START };
		for (uint32_t i = 0; i < s->tags[t].n; i++)
			tab->hash = hash_fnv(tab->hash, tab->name[i], strlen(tab->name[i]) + 1);
	}
}

/* --- rules -------------------------------------------------------------------------------------- */

static void refuse(struct build *b, const char *file, unsigned line, const char *text)
{
	b->s->refused++;
	if (b->on_error != NULL)
		b->on_error(b->arg, file, line, text);
}

/* Where gid:sid is or would be. */
static struct sig_rule **slot(struct sig_rule **seen, uint32_t cap, const struct sig *sig)
{
	uint32_t i = (sig->sid * 2654435761u ^ sig->gid * 40503u) & (cap - 1);
	while (seen[i] != NULL && (seen[i]->pub.sid != sig->sid || seen[i]->pub.gid != sig->gid))
		i = (i + 1) & (cap - 1);
	return &seen[i];
}

/* Room for one more rule: the vector, and the table of numbers at most half full. */
static enum err grow(struct build *b)
{
	if (b->s->n < b->cap)
		return OK;
	const uint32_t cap = b->cap != 0 ? b->cap * 2 : 128;
	struct sig_rule **v = realloc(b->s->rule, cap * sizeof(struct sig_rule *));
	if (v == NULL)
		return ERR_NOMEM;
	b->s->rule = v;
	struct sig_rule **seen = calloc(2 * (size_t)cap, sizeof(struct sig_rule *));
	if (seen == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < b->s->n; i++)
		*slot(seen, 2 * cap, &v[i]->pub) = v[i];
	free(b->seen);
	b->seen = seen;
	b->cap = cap;
	b->seen_cap = 2 * cap;
	return OK;
}

static enum err keep(struct build *b, struct sig_rule *r)
{
	TRY(grow(b));
	struct sig_rule **at = slot(b->seen, b->seen_cap, &r->pub);
	if (*at != NULL)
		return sig_refuse(&b->p, "sid %u of gid %u is taken by %s line %u: give each rule its own sid", r->pub.sid,
				  r->pub.gid, (*at)->pub.file, (*at)->pub.line);
	const enum err e = number_tags(b->s, r);
	if (e == ERR_FULL)
		return sig_refuse(&b->p, "more than %d flowbits names in all rules", TAGS_MAX);
	if (e != OK)
		return e;
	r->order = b->order++;
	b->s->rule[b->s->n++] = *at = r;
	return OK;
}

static enum err load_rule(struct build *b, const char *file, unsigned line, bool custom)
{
	struct sig_rule *r = NULL;
	enum err e = sig_rule_parse(&b->p, b->text, &r);
	if (e == OK) {
		r->pub.file = file;
		r->pub.line = line;
		r->pub.custom = custom;
		e = keep(b, r);
	}
	if (e != ERR_SYNTAX)
		return e;
	refuse(b, file, line, b->p.text);
	return OK;
}

static enum err load_source(struct build *b, const struct sig_source *src)
{
	struct sig_lines l = { .at = src->text, .next = 1 };
	const char *file = sig_mem_str(&b->s->mem, src->name);
	if (file == NULL)
		return ERR_NOMEM;
	for (;;) {
		unsigned line = 0;
		switch (sig_lex_line(&l, b->text, &line)) {
		case SIGT_END:
			return OK;
		case SIGT_LONG:
			snprintf(b->p.text, sizeof(b->p.text), "the rule is longer than %d octets: split it", SIG_RULE_LEN - 1);
			refuse(b, file, line, b->p.text);
			break;
		case SIGT_RULE:
			TRY(load_rule(b, file, line, src->custom));
			break;
		}
	}
}

static void remove_rule(struct sigset *s, const struct sig_rule *r)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->rule[i] != r)
			s->rule[n++] = s->rule[i];
	}
	s->n = n;
}

/* A rule that does not compile is refused like any other, and the rest is compiled again. */
static enum err compile(struct build *b)
{
	for (;;) {
		struct sig_rule *bad = NULL;
		const enum err e = sig_build_all(b->s, &bad, b->p.text, sizeof(b->p.text));
		if (e != ERR_UNSUPPORTED || bad == NULL)
			return e;
		sig_build_fini(b->s);
		refuse(b, bad->pub.file, bad->pub.line, b->p.text);
		remove_rule(b->s, bad);
	}
}

static enum err load_all(struct build *b, const struct sig_source *src, size_t n_src)
{
	for (int custom = 0; custom <= 1; custom++) {
		for (size_t i = 0; i < n_src; i++) {
			if (src[i].custom == (custom == 1))
				TRY(load_source(b, &src[i]));
		}
	}
	settle_tables(b->s);
	return compile(b);
}

enum err sigset_new(const struct sig_source *src, size_t n_src, const struct sig_var *var, size_t n_var, sig_error_fn *on_error,
		    void *arg, struct sigset **out)
{
	struct sigset *s = calloc(1, sizeof(*s));
	struct build *b = calloc(1, sizeof(*b));
	enum err e = ERR_NOMEM;
	if (s != NULL && b != NULL) {
		b->s = s;
		b->p.mem = &s->mem;
		b->p.var = var;
		b->p.n_var = n_var;
		b->on_error = on_error;
		b->arg = arg;
		e = load_all(b, src, n_src);
		free(b->seen);
	}
	free(b);
	if (e != OK) {
		sigset_free(s);
		return e;
	}
	*out = s;
	return OK;
}

void sigset_free(struct sigset *s)
{
	if (s == NULL)
		return;
	sig_build_fini(s);
	sig_mem_fini(&s->mem);
	for (unsigned t = 0; t < TAG_TABLE_N; t++)
		free(s->tags[t].name);
	free(s->rule);
	free(s);
}

/* --- questions ---------------------------------------------------------------------------------- */

void sigset_stat(const struct sigset *s, struct sigset_stat *st)
{
	*st = (struct sigset_stat){ .loaded = s->n, .refused = s->refused, .hash = s->hash };
	for (uint32_t i = 0; i < s->n; i++) {
		st->n_stream += s->rule[i]->in[SIGD_STREAM];
		st->n_block += s->rule[i]->in[SIGD_EVENT] || s->rule[i]->in[SIGD_PACKET];
	}
}

size_t sigset_n(const struct sigset *s)
{
	return s->n;
}

unsigned sigset_cares(const struct sigset *s, unsigned event)
{
	return event < EV_N ? s->cares[event] : 0;
}

const struct sig *sigset_at(const struct sigset *s, size_t i)
{
	return i < s->n ? &s->rule[i]->pub : NULL;
}

const struct sig *sigset_find(const struct sigset *s, uint32_t gid, uint32_t sid)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct sig *sig = &s->rule[i]->pub;
		if (sig->gid == gid && sig->sid == sid)
			return sig;
	}
	return NULL;
}

const struct tag_table *sigset_tags(const struct sigset *s, enum tag_table_id t)
{
	return &s->tags[t].table;
}

const char *sigset_tag_name(const struct sigset *s, tag_t t)
{
	const struct sig_tags *tab = &s->tags[(t & TAG_CUSTOM_BIT) != 0 ? TAGS_CUSTOM : TAGS_STOCK];
	const uint32_t nr = t & ~TAG_CUSTOM_BIT;
	return nr < tab->n ? tab->name[nr] : NULL;
}

tag_t sigset_tag_find(const struct sigset *s, enum tag_table_id t, const char *name)
{
	const uint32_t nr = find_name(&s->tags[t], name);
	if (nr == s->tags[t].n)
		return TAG_NONE;
	return (tag_t)(t == TAGS_CUSTOM ? nr | TAG_CUSTOM_BIT : nr);
}
