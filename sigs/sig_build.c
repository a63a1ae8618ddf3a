/* sig_build.c - parsed rules to what the matcher runs: order, Hyperscan databases, lists by event, the hash.
 *
 * The databases are compiled for one fixed, portable platform, so that nodes of different CPUs agree
 * on them and on the stream states.
 */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sigs/sig_int.h"

/* --- order: pass, drop, reject, alert; then who sets tags before who reads them; then priority --- */

static unsigned action_rank(const struct sig_rule *r)
{
	static const uint8_t rank[] = { [SIG_PASS] = 0, [SIG_DROP] = 1, [SIG_REJECT] = 2, [SIG_ALERT] = 3 };
	return rank[r->pub.action];
}

static unsigned bits_rank(const struct sig_rule *r)
{
	if (r->n_bits == 0)
		return 3;
	bool sets = false;
	for (unsigned i = 0; i < r->n_bits; i++)
		sets |= r->bits[i].op <= SIGB_TOGGLE;
	if (!sets)
		return 2;
	return r->reads_tags ? 1 : 0;
}

static int by_order(const void *va, const void *vb)
{
	const struct sig_rule *a = *(struct sig_rule *const *)va, *b = *(struct sig_rule *const *)vb;
	const uint32_t ka[] = { action_rank(a), bits_rank(a), a->pub.priority, a->order };
	const uint32_t kb[] = { action_rank(b), bits_rank(b), b->pub.priority, b->order };
	for (size_t i = 0; i < ARRAY_LEN(ka); i++) {
		if (ka[i] != kb[i])
			return ka[i] < kb[i] ? -1 : 1;
	}
	return 0;
}

/* --- databases ---------------------------------------------------------------------------------- */

/* When may the occurrences of a chain after the first be left out without changing what the rule does? */
static enum sig_repeat repeat_of(const struct sig_rule *r, enum sig_db d)
{
	if (d != SIGD_STREAM)
		return SIGR_ONCE;
	if (r->reads_tags || r->pub.action == SIG_PASS)
		return SIGR_EVERY;
	return r->est == SIGE_ANY ? SIGR_ONCE : SIGR_SCAN;
}

struct why {
	char *text;
	size_t cap;
};

struct compile {
	const char **expr;
	unsigned *flags, *id;
	hs_expr_ext_t *ext;
	const hs_expr_ext_t **exts;
};

static void put_chain(struct compile *c, struct sig_chains *db, struct sig_rule *r, unsigned bit, enum sig_db d)
{
	const uint32_t i = db->n++;
	const struct sig_chain *ch = &r->chain[bit];
	db->rule[i] = r;
	db->bit[i] = (uint8_t)bit;
	db->repeat[i] = (uint8_t)repeat_of(r, d);
	c->expr[i] = ch->expr;
	c->id[i] = i;
	c->flags[i] = HS_FLAG_DOTALL | (db->repeat[i] == SIGR_ONCE ? HS_FLAG_SINGLEMATCH : 0);
	c->ext[i] = (hs_expr_ext_t){ .min_offset = ch->min_end, .max_offset = ch->max_end };
	c->ext[i].flags = (ch->min_end != 0 ? HS_EXT_FLAG_MIN_OFFSET : 0) | (ch->max_end != 0 ? HS_EXT_FLAG_MAX_OFFSET : 0);
	c->exts[i] = &c->ext[i];
}

static uint32_t count_chains(const struct sigset *s, enum sig_db d)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->n; i++)
		n += s->rule[i]->in[d] ? s->rule[i]->n_chains : 0;
	return n;
}

static enum err run_compiler(struct sig_chains *db, const struct compile *c, enum sig_db d, struct sig_rule **bad,
			     const struct why *why)
{
	/* 0: nothing that not every supported CPU has */
	const hs_platform_info_t platform = { .tune = HS_TUNE_FAMILY_GENERIC, .cpu_features = 0 };
	hs_compile_error_t *e = NULL;
	const unsigned mode = d == SIGD_STREAM ? HS_MODE_STREAM : HS_MODE_BLOCK;
	const hs_error_t rc = hs_compile_ext_multi(c->expr, c->flags, c->id, c->exts, db->n, mode, &platform, &db->hs, &e);
	if (rc == HS_SUCCESS)
		return OK;
	db->hs = NULL;
	const bool blames = rc == HS_COMPILER_ERROR && e != NULL && e->expression >= 0 && (uint32_t)e->expression < db->n;
	if (blames) {
		*bad = db->rule[e->expression];
		snprintf(why->text, why->cap, "its contents do not compile (%s): use smaller distances and depths", e->message);
	}
	if (e != NULL)
		hs_free_compile_error(e);
	if (blames)
		return ERR_UNSUPPORTED;
	return rc == HS_NOMEM ? ERR_NOMEM : ERR_INTERNAL;
}

static enum err make_db(struct sigset *s, enum sig_db d, struct sig_rule **bad, const struct why *why)
{
	struct sig_chains *db = &s->db[d];
	const uint32_t n = count_chains(s, d);
	*db = (struct sig_chains){ 0 };
	if (n == 0)
		return OK;
	db->rule = sig_mem_get(&s->mem, n * sizeof(*db->rule));
	db->bit = sig_mem_get(&s->mem, n);
	db->repeat = sig_mem_get(&s->mem, n);
	struct compile c = { .expr = calloc(n, sizeof(*c.expr)),
			     .flags = calloc(n, sizeof(*c.flags)),
			     .id = calloc(n, sizeof(*c.id)),
			     .ext = calloc(n, sizeof(*c.ext)),
			     .exts = calloc(n, sizeof(*c.exts)) };
	enum err e = ERR_NOMEM;
	if (db->rule != NULL && db->bit != NULL && db->repeat != NULL && c.expr != NULL && c.flags != NULL && c.id != NULL &&
	    c.ext != NULL && c.exts != NULL) {
		for (uint32_t i = 0; i < s->n; i++) {
			for (unsigned k = 0; s->rule[i]->in[d] && k < s->rule[i]->n_chains; k++)
				put_chain(&c, db, s->rule[i], k, d);
		}
		e = run_compiler(db, &c, d, bad, why);
	}
	free(c.expr);
	free(c.flags);
	free(c.id);
	free(c.ext);
	free(c.exts);
	return e;
}

/* --- lists -------------------------------------------------------------------------------------- */

static void put(struct sig_list *l, uint32_t rule)
{
	if (l->v != NULL)
		l->v[l->n] = rule;
	l->n++;
}

static struct sig_anomaly_list *anomaly_list(struct sigset *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_anomalies; i++) {
		if (strcmp(s->anomaly[i].name, name) == 0)
			return &s->anomaly[i];
	}
	struct sig_anomaly_list *l = &s->anomaly[s->n_anomalies++];
	l->name = name;
	return l;
}

static void list_events(struct sigset *s, const struct sig_rule *r)
{
	for (unsigned ev = 0; ev < EV_N; ev++) {
		if (!sig_has_event(r, ev))
			continue;
		s->scan_event[ev] |= r->n_chains != 0;
		s->cares[ev] |= r->n_fields != 0 ? SIG_CARES | SIG_CARES_FIELDS : SIG_CARES;
		if (r->want == 0)
			put(&s->event[ev], r->pub.index);
		else if (r->n_fields != 0)
			put(&s->parted[ev], r->pub.index);
	}
}

static void list_rule(struct sigset *s, const struct sig_rule *r)
{
	for (unsigned i = 0; i < r->n_anomalies; i++)
		put(&anomaly_list(s, r->anomaly[i])->rules, r->pub.index);
	if (r->n_anomalies != 0)
		return;
	list_events(s, r);
	const bool packets = r->proto == SIGP_UDP || r->proto == SIGP_ICMP || r->proto == SIGP_IP;
	if ((r->proto == SIGP_TCP || r->proto == SIGP_IP) && r->n_contents == 0 && !r->has_size)
		put(&s->open, r->pub.index);
	if (packets && r->want == 0)
		put(&s->packet, r->pub.index);
}

static bool make_room(struct sigset *s, struct sig_list *l)
{
	l->v = sig_mem_get(&s->mem, l->n * sizeof(*l->v));
	l->n = 0;
	return l->v != NULL;
}

/* Counts first, then fills. */
static enum err make_lists(struct sigset *s)
{
	s->anomaly = sig_mem_get(&s->mem, ANOMALY_N * sizeof(*s->anomaly));
	if (s->anomaly == NULL)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		list_rule(s, s->rule[i]);
	bool ok = make_room(s, &s->open) && make_room(s, &s->packet);
	for (unsigned ev = 0; ev < EV_N; ev++)
		ok = ok && make_room(s, &s->event[ev]) && make_room(s, &s->parted[ev]);
	for (uint32_t i = 0; i < s->n_anomalies; i++)
		ok = ok && make_room(s, &s->anomaly[i].rules);
	if (!ok)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		list_rule(s, s->rule[i]);
	return OK;
}

/* --- hash --------------------------------------------------------------------------------------- */

static uint64_t hash_u64(uint64_t h, uint64_t v)
{
	uint8_t b[8];
	for (unsigned i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(v >> (8 * i));
	return hash_fnv(h, b, sizeof(b));
}

static enum err make_hash(struct sigset *s)
{
	uint64_t h = hash_fnv(HASH_FNV_START, hs_version(), strlen(hs_version()));
	for (uint32_t i = 0; i < s->n; i++) {
		h = hash_u64(h, s->rule[i]->text_hash);
		h = hash_u64(h, s->rule[i]->pub.custom);
	}
	for (enum sig_db d = SIGD_STREAM; d < SIGD_N; d++) {
		char *bytes;
		size_t len;
		if (s->db[d].hs == NULL)
			continue;
		if (hs_serialize_database(s->db[d].hs, &bytes, &len) != HS_SUCCESS)
			return ERR_NOMEM;
		h = hash_fnv(h, bytes, len);
		free(bytes);
	}
	s->hash = h;
	return OK;
}

enum err sig_build_all(struct sigset *s, struct sig_rule **bad, char *why, size_t why_cap)
{
	const struct why room = { why, why_cap };
	if (s->n != 0)
		qsort(s->rule, s->n, sizeof(*s->rule), by_order);
	s->n_fields = 0;
	memset(&s->reach, 0, sizeof(s->reach));
	for (uint32_t i = 0; i < s->n; i++) {
		sig_reach_add(&s->reach, s->rule[i]);
		s->rule[i]->pub.index = i;
		s->rule[i]->field0 = s->n_fields;
		s->n_fields += s->rule[i]->n_fields;
	}
	for (enum sig_db d = SIGD_STREAM; d < SIGD_N; d++)
		TRY(make_db(s, d, bad, &room));
	TRY(make_lists(s));
	return make_hash(s);
}

void sig_build_fini(struct sigset *s)
{
	for (enum sig_db d = SIGD_STREAM; d < SIGD_N; d++) {
		if (s->db[d].hs != NULL)
			hs_free_database(s->db[d].hs);
		s->db[d].hs = NULL;
	}
}
