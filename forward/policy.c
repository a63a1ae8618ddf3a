/* policy.c - the first policy that matches: five dimensions of bits propose, the full check disposes. */
#include "forward/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "forward/policy_int.h"

enum { WORD_BITS = 64, ROWS_MAX = 1 << 20 };
enum { DIM_SRCINTF, DIM_DSTINTF, DIM_SRC, DIM_DST, DIM_SVC, DIM_N };

/* One rule with arrays of its own. */
struct row {
	struct policy policy;
	struct policy_rule rule; /* its arrays point into mem */
	void *mem;
};

struct id_row {
	uint32_t id, row;
};

struct policy_set {
	size_t n;
	struct row *row;         /* in order of precedence */
	struct id_row *by_id;    /* ascending */
	struct dim dim[DIM_N];
};

static const struct policy implicit_deny = { .id = 0, .action = POLICY_DENY, .session_sync = true, .sensor = -1 };

static struct dim_key key_intf(uint32_t intf)
{
	struct dim_key k = { 0 };
	struct wr w = wr_of(k.b, sizeof(k.b));
	wr_be32(&w, intf);
	return k;
}

static struct dim_key key_addr(uint8_t family, const struct addr *a)
{
	struct dim_key k = { 0 };
	struct wr w = wr_of(k.b, sizeof(k.b));
	wr_u8(&w, family);
	wr_bytes(&w, a->b, family == 4 ? 4 : sizeof(a->b));
	return k;
}

static struct dim_key key_svc(uint8_t proto, uint16_t dport)
{
	struct dim_key k = { 0 };
	struct wr w = wr_of(k.b, sizeof(k.b));
	wr_u8(&w, proto);
	wr_be16(&w, dport);
	return k;
}

/* --- the full check ---------------------------------------------------------------------- */

static bool intf_matches(const uint32_t *list, size_t n, uint32_t intf)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == intf)
			return true;
	return n == 0;
}

static bool addr_matches(const struct addr_range *list, size_t n, bool negate, const struct tuple *t, const struct addr *a)
{
	bool in = n == 0;
	for (size_t i = 0; i < n && !in; i++)
		in = addr_in_range(a, t->family, &list[i]);
	return n == 0 || in != negate;
}

static bool svc_in(const struct service_range *s, const struct tuple *t)
{
	bool icmp = t->proto == IPPROTO_ICMP_ || t->proto == IPPROTO_ICMP6_;
	return (s->proto == 0 || s->proto == t->proto) && t->dport >= s->dport_lo && t->dport <= s->dport_hi &&
	       (icmp || (t->sport >= s->sport_lo && t->sport <= s->sport_hi));
}

static bool svc_matches(const struct policy_rule *r, const struct tuple *t)
{
	bool in = r->n_svc == 0;
	for (size_t i = 0; i < r->n_svc && !in; i++)
		in = svc_in(&r->svc[i], t);
	return r->n_svc == 0 || in != r->svc_negate;
}

static bool row_matches(const struct policy_rule *r, const struct packet *p)
{
	const struct tuple *t = &p->tuple;
	return intf_matches(r->srcintf, r->n_srcintf, p->ifin) && intf_matches(r->dstintf, r->n_dstintf, p->ifout) &&
	       addr_matches(r->src, r->n_src, r->src_negate, t, &t->src) &&
	       addr_matches(r->dst, r->n_dst, r->dst_negate, t, &t->dst) && svc_matches(r, t);
}

/* --- building ----------------------------------------------------------------------------- */

static enum err add_intfs(struct dim *d, uint32_t row, const uint32_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct dim_key k = key_intf(list[i]);
		TRY(dim_add(d, &(struct dim_range){ .lo = k, .hi = k, .row = row }));
	}
	return OK;
}

static enum err add_addrs(struct dim *d, uint32_t row, const struct addr_range *list, size_t n, bool negated)
{
	for (size_t i = 0; i < n; i++) {
		const struct addr_range *a = &list[i];
		struct dim_range r = { .row = row, .negated = negated };
		if (a->family != 0 && a->family != 4 && a->family != 6)
			return ERR_RANGE;
		r.lo = key_addr(a->family, &a->lo);
		r.hi = key_addr(a->family, &a->hi);
		if (a->family != 0 && memcmp(&r.lo, &r.hi, sizeof(r.lo)) > 0)
			return ERR_RANGE;
		if (a->family == 0) {
			memset(&r.lo, 0, sizeof(r.lo));
			memset(&r.hi, 0xff, sizeof(r.hi));
		}
		TRY(dim_add(d, &r));
	}
	return OK;
}

/* The index leaves out source ports and negation: everything may match there. */
static enum err add_svcs(struct dim *d, uint32_t row, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->n_svc; i++) {
		const struct service_range *s = &rule->svc[i];
		struct dim_range r = { .row = row };
		if (s->sport_lo > s->sport_hi || s->dport_lo > s->dport_hi)
			return ERR_RANGE;
		r.lo = key_svc(s->proto, s->dport_lo);
		r.hi = key_svc(s->proto, s->dport_hi);
		if (s->proto == 0 || rule->svc_negate) {
			memset(&r.lo, 0, sizeof(r.lo));
			memset(&r.hi, 0xff, sizeof(r.hi));
		}
		TRY(dim_add(d, &r));
	}
	return OK;
}

static enum err row_index(struct policy_set *ps, uint32_t row)
{
	const struct policy_rule *r = &ps->row[row].rule;
	TRY(add_intfs(&ps->dim[DIM_SRCINTF], row, r->srcintf, r->n_srcintf));
	TRY(add_intfs(&ps->dim[DIM_DSTINTF], row, r->dstintf, r->n_dstintf));
	TRY(add_addrs(&ps->dim[DIM_SRC], row, r->src, r->n_src, r->src_negate));
	TRY(add_addrs(&ps->dim[DIM_DST], row, r->dst, r->n_dst, r->dst_negate));
	return add_svcs(&ps->dim[DIM_SVC], row, r);
}

/* Moves an array of the rule into *room and lets the rule point there. */
static const void *array_take(struct wr *room, const void *list, size_t octets)
{
	void *to = wr_room(room, octets);
	return octets != 0 && to != NULL ? memcpy(to, list, octets) : NULL;
}

static enum err row_take(struct row *row, const struct policy_rule *r)
{
	/* Interfaces are the strictest in alignment and come first; the others are made of smaller things. */
	size_t srcintf = r->n_srcintf * sizeof(*r->srcintf), dstintf = r->n_dstintf * sizeof(*r->dstintf);
	size_t svc = r->n_svc * sizeof(*r->svc), src = r->n_src * sizeof(*r->src), dst = r->n_dst * sizeof(*r->dst);
	size_t total = srcintf + dstintf + svc + src + dst;
	row->mem = malloc(total + 1);
	if (row->mem == NULL)
		return ERR_NOMEM;
	struct wr room = wr_of(row->mem, total);
	row->rule = *r;
	row->rule.srcintf = array_take(&room, r->srcintf, srcintf);
	row->rule.dstintf = array_take(&room, r->dstintf, dstintf);
	row->rule.svc = array_take(&room, r->svc, svc);
	row->rule.src = array_take(&room, r->src, src);
	row->rule.dst = array_take(&room, r->dst, dst);
	row->policy = (struct policy){
		.id = r->id,
		.action = r->action,
		.inspect = r->inspect,
		.without_syn = r->without_syn,
		.session_sync = r->session_sync,
		.log_traffic = r->log_traffic,
		.log_alerted = r->log_alerted,
		.prefer = r->prefer,
		.norm = r->norm,
		.sensor = r->sensor,
	};
	return OK;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct id_row *)a)->id, y = ((const struct id_row *)b)->id;
	return (x > y) - (x < y);
}

static enum err ids_sort(struct policy_set *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		ps->by_id[i] = (struct id_row){ .id = ps->row[i].policy.id, .row = (uint32_t)i };
	qsort(ps->by_id, ps->n, sizeof(*ps->by_id), by_id);
	for (size_t i = 0; i < ps->n; i++) {
		if (ps->by_id[i].id == 0)
			return ERR_RANGE;
		if (i > 0 && ps->by_id[i].id == ps->by_id[i - 1].id)
			return ERR_EXISTS;
	}
	return OK;
}

static enum err build(struct policy_set *ps, const struct policy_rule *rules, size_t n)
{
	ps->row = calloc(n + 1, sizeof(*ps->row));
	ps->by_id = calloc(n + 1, sizeof(*ps->by_id));
	if (ps->row == NULL || ps->by_id == NULL)
		return ERR_NOMEM;
	for (; ps->n < n; ps->n++) {
		TRY(row_take(&ps->row[ps->n], &rules[ps->n]));
		TRY(row_index(ps, (uint32_t)ps->n));
	}
	TRY(ids_sort(ps));
	for (unsigned i = 0; i < DIM_N; i++)
		TRY(dim_build(&ps->dim[i], n));
	return OK;
}

enum err policy_set_new(const struct policy_rule *rules, size_t n, struct policy_set **out)
{
	if (n > ROWS_MAX)
		return ERR_RANGE;
	struct policy_set *ps = calloc(1, sizeof(*ps));
	if (ps == NULL)
		return ERR_NOMEM;
	enum err e = build(ps, rules, n);
	if (e != OK) {
		policy_set_free(ps);
		return e;
	}
	*out = ps;
	return OK;
}

void policy_set_free(struct policy_set *ps)
{
	if (ps == NULL)
		return;
	for (unsigned i = 0; i < DIM_N; i++)
		dim_fini(&ps->dim[i]);
	for (size_t i = 0; ps->row != NULL && i <= ps->n; i++)
		free(ps->row[i].mem);
	free(ps->row);
	free(ps->by_id);
	free(ps);
}

/* --- matching ----------------------------------------------------------------------------- */

static void dims_find(const struct policy_set *ps, const struct packet *p, struct dim_bits *b)
{
	const struct tuple *t = &p->tuple;
	struct dim_key k[DIM_N] = {
		[DIM_SRCINTF] = key_intf(p->ifin),
		[DIM_DSTINTF] = key_intf(p->ifout),
		[DIM_SRC] = key_addr(t->family, &t->src),
		[DIM_DST] = key_addr(t->family, &t->dst),
		[DIM_SVC] = key_svc(t->proto, t->dport),
	};
	for (unsigned i = 0; i < DIM_N; i++)
		b[i] = dim_find(&ps->dim[i], &k[i]);
}

static uint64_t summary_and(const struct dim_bits *b, size_t i)
{
	uint64_t all = ~UINT64_C(0);
	for (unsigned d = 0; d < DIM_N; d++)
		all &= b[d].summary[i];
	return all;
}

static uint64_t word_and(const struct dim_bits *b, size_t i)
{
	uint64_t all = ~UINT64_C(0);
	for (unsigned d = 0; d < DIM_N; d++)
		all &= b[d].word[i];
	return all;
}

/* The first row of one word of candidates that matches; NULL when none does. */
static const struct policy *word_match(const struct policy_set *ps, const struct packet *p, uint64_t word, size_t at)
{
	for (; word != 0; word &= word - 1) {
		const struct row *row = &ps->row[at * WORD_BITS + (size_t)__builtin_ctzll(word)];
		if (row_matches(&row->rule, p))
			return &row->policy;
	}
	return NULL;
}

const struct policy *policy_match(const struct policy_set *ps, const struct packet *p)
{
	struct dim_bits b[DIM_N];
	dims_find(ps, p, b);
	for (size_t i = 0; i < ps->dim[0].n_summary; i++) {
		for (uint64_t words = summary_and(b, i); words != 0; words &= words - 1) {
			size_t at = i * WORD_BITS + (size_t)__builtin_ctzll(words);
			const struct policy *found = word_match(ps, p, word_and(b, at), at);
			if (found != NULL)
				return found;
		}
	}
	return &implicit_deny;
}

const struct policy *policy_implicit(const struct policy_set *ps)
{
	(void)ps;
	return &implicit_deny;
}

const struct policy *policy_by_id(const struct policy_set *ps, uint32_t id)
{
	if (id == 0)
		return &implicit_deny;
	struct id_row key = { .id = id };
	const struct id_row *found = bsearch(&key, ps->by_id, ps->n, sizeof(key), by_id);
	return found != NULL ? &ps->row[found->row].policy : NULL;
}
