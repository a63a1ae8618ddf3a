/* test_policy.c - first match over every dimension, and against a plain walk of random rules. */
#include "forward/policy.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static struct addr_range range(const char *text)
{
	struct addr_range r = { 0 };
	CU_ASSERT_EQUAL(addr_range_parse(text, &r), OK);
	return r;
}

static struct packet packet(const char *src, const char *dst, uint8_t proto, uint16_t sport, uint16_t dport)
{
	struct packet p = { .ifin = 1, .ifout = 2 };
	struct addr_range s = range(src), d = range(dst);
	p.tuple = (struct tuple){ .src = s.lo, .dst = d.lo, .sport = sport, .dport = dport, .proto = proto, .family = s.family };
	return p;
}

/* The id that a set of one rule, id 7, gives. */
static uint32_t match_one(struct policy_rule r, const struct packet *p)
{
	struct policy_set *ps = NULL;
	r.id = 7;
	r.action = POLICY_ACCEPT;
	CU_ASSERT_EQUAL(policy_set_new(&r, 1, &ps), OK);
	uint32_t id = ps != NULL ? policy_match(ps, p)->id : UINT32_MAX;
	policy_set_free(ps);
	return id;
}

static void test_implicit(void)
{
	struct policy_set *ps = NULL;
	struct packet p = packet("10.1.0.2", "10.2.0.2", 6, 57218, 102);
	CU_ASSERT_EQUAL(policy_set_new(NULL, 0, &ps), OK);
	const struct policy *deny = policy_match(ps, &p);
	CU_ASSERT(deny->id == 0 && deny->action == POLICY_DENY && deny->session_sync && !deny->inspect && deny->sensor == -1);
	CU_ASSERT_PTR_EQUAL(policy_by_id(ps, 0), deny);
	CU_ASSERT_PTR_NULL(policy_by_id(ps, 1));
	policy_set_free(ps);
	policy_set_free(NULL);
}

static void test_fields(void)
{
	struct policy_rule r = { .id = 9, .action = POLICY_ACCEPT, .inspect = true, .without_syn = true, .session_sync = false,
				 .log_traffic = true, .prefer = PREFER_SECURITY, .sensor = 4,
				 .norm = { .min_ttl = 9, .urgent = NORM_DROP, .padding = true } };
	struct policy_rule off = { .id = 8, .action = POLICY_DENY, .session_sync = true, .sensor = -1, .n_dstintf = 1,
				   .dstintf = (const uint32_t[1]){ 77 } };
	struct policy_rule rules[2] = { off, r };
	struct policy_set *ps = NULL;
	struct packet p = packet("10.1.0.2", "10.2.0.2", 6, 57218, 102);
	CU_ASSERT_EQUAL(policy_set_new(rules, 2, &ps), OK);
	const struct policy *a = policy_match(ps, &p);
	CU_ASSERT(a->id == 9 && a->action == POLICY_ACCEPT && a->inspect && a->without_syn && !a->session_sync && a->log_traffic);
	CU_ASSERT(a->prefer == PREFER_SECURITY && a->sensor == 4);
	CU_ASSERT(a->norm.min_ttl == 9 && a->norm.urgent == NORM_DROP && a->norm.padding && !a->norm.options);
	CU_ASSERT_PTR_EQUAL(policy_by_id(ps, 9), a);
	p.ifout = 77;
	const struct policy *b = policy_match(ps, &p);
	CU_ASSERT(b->id == 8 && b->action == POLICY_DENY && !b->inspect && !b->without_syn && b->session_sync && !b->log_traffic);
	CU_ASSERT(b->prefer == PREFER_CONNECTIVITY && b->sensor == -1);
	CU_ASSERT_PTR_EQUAL(policy_by_id(ps, 8), b);
	CU_ASSERT_PTR_NULL(policy_by_id(ps, 10));
	policy_set_free(ps);
}

static void test_interfaces(void)
{
	static const uint32_t list[] = { 3, 1, UINT32_MAX };
	struct packet p = packet("10.1.0.2", "10.2.0.2", 6, 57218, 102);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .srcintf = list, .n_srcintf = 3 }, &p), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .dstintf = list, .n_dstintf = 3 }, &p), 0);
	p.ifin = 2;
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .srcintf = list, .n_srcintf = 3 }, &p), 0);
	p.ifout = UINT32_MAX;
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .dstintf = list, .n_dstintf = 3 }, &p), 7);
	p.ifout = 0;
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .dstintf = list, .n_dstintf = 3 }, &p), 0);
}

static void test_addresses(void)
{
	static const struct {
		const char *range, *in[2], *out[3];
	} rows[] = {
		{ "10.1.0.0/16", { "10.1.0.0", "10.1.255.255" }, { "10.0.255.255", "10.2.0.0", "2001:db8::1" } },
		{ "10.1.0.5-10.1.0.9", { "10.1.0.5", "10.1.0.9" }, { "10.1.0.4", "10.1.0.10", "::" } },
		{ "255.255.255.255", { "255.255.255.255", "255.255.255.255" }, { "255.255.255.254", "0.0.0.0", "ff00::1" } },
		{ "0.0.0.0/0", { "0.0.0.0", "255.255.255.255" }, { "::", "::1", "ffff::1" } },
		{ "2001:db8::/32",
		  { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
		  { "2001:db9::", "2001:db7::", "32.1.13.184" } },
		{ "::/0", { "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { "0.0.0.0", "1.2.3.4", "255.255.255.255" } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr_range r = range(rows[i].range);
		for (unsigned negate = 0; negate < 2; negate++) {
			struct policy_rule src = { .src = &r, .n_src = 1, .src_negate = negate },
					   dst = { .dst = &r, .n_dst = 1, .dst_negate = negate };
			for (size_t j = 0; j < 5; j++) {
				const char *a = j < 2 ? rows[i].in[j] : rows[i].out[j - 2];
				struct packet p = packet(a, a, 17, 1, 2);
				uint32_t want = (j < 2) != negate ? 7 : 0;
				CU_ASSERT_EQUAL(match_one(src, &p), want);
				CU_ASSERT_EQUAL(match_one(dst, &p), want);
			}
		}
	}
	struct addr_range all = range("any"), two[2] = { range("10.0.0.1"), range("2001:db8::1") };
	struct packet p = packet("10.0.0.1", "10.0.0.2", 17, 1, 2), q = packet("2001:db8::1", "2001:db8::2", 17, 1, 2);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src = &all, .n_src = 1 }, &p), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src = &all, .n_src = 1 }, &q), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src = &all, .n_src = 1, .src_negate = true }, &q), 0);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src = two, .n_src = 2 }, &p), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src = two, .n_src = 2 }, &q), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .dst = two, .n_dst = 2 }, &p), 0);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .dst = two, .n_dst = 2, .dst_negate = true }, &q), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .src_negate = true, .dst_negate = true, .svc_negate = true }, &p), 7);
}

static void test_services(void)
{
	struct service_range s[2] = { { 6, 1024, 65535, 100, 102 }, { 1, 0, 0, 8 << 8, 8 << 8 | 255 } };
	static const struct {
		uint8_t proto;
		uint16_t sport, dport;
		bool in;
	} rows[] = {
		{ 6, 1024, 100, true },      { 6, 65535, 102, true },  { 6, 1023, 102, false },   { 6, 1024, 99, false },
		{ 6, 1024, 103, false },     { 17, 1024, 101, false }, { 1, 2019, 8 << 8, true }, { 1, 2019, 9 << 8, false },
		{ 58, 2019, 8 << 8, false }, { 47, 0, 0, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct packet p = packet("10.0.0.1", "10.0.0.2", rows[i].proto, rows[i].sport, rows[i].dport);
		CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = s, .n_svc = 2 }, &p), rows[i].in ? 7 : 0);
		CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = s, .n_svc = 2, .svc_negate = true }, &p),
				rows[i].in ? 0 : 7);
	}
	struct service_range any = { 0, 0, 65535, 0, 65535 }, gre = { .proto = 47 };
	struct packet p = packet("10.0.0.1", "10.0.0.2", 47, 0, 0), q = packet("10.0.0.1", "10.0.0.2", 6, 1, 65535);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = &any, .n_svc = 1 }, &p), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = &any, .n_svc = 1 }, &q), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = &gre, .n_svc = 1 }, &p), 7);
	CU_ASSERT_EQUAL(match_one((struct policy_rule){ .svc = &gre, .n_svc = 1 }, &q), 0);
}

static enum err refused(const struct policy_rule *r, size_t n)
{
	struct policy_set *ps = NULL;
	enum err e = policy_set_new(r, n, &ps);
	CU_ASSERT_PTR_NULL(ps);
	policy_set_free(ps);
	return e;
}

static void test_refused(void)
{
	struct addr_range swapped = range("10.0.0.1-10.0.0.9"), odd = range("any");
	swapped.hi.b[3] = 0;
	odd.family = 5;
	struct service_range sport = { 6, 2, 1, 0, 1 }, dport = { 6, 0, 1, 2, 1 };
	struct policy_rule two[2] = { { .id = 3 }, { .id = 3 } };
	CU_ASSERT_EQUAL(refused(two, 2), ERR_EXISTS);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 0 }, 1), ERR_RANGE);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 1, .src = &swapped, .n_src = 1 }, 1), ERR_RANGE);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 1, .dst = &swapped, .n_dst = 1 }, 1), ERR_RANGE);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 1, .dst = &odd, .n_dst = 1 }, 1), ERR_RANGE);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 1, .svc = &sport, .n_svc = 1 }, 1), ERR_RANGE);
	CU_ASSERT_EQUAL(refused(&(struct policy_rule){ .id = 1, .svc = &dport, .n_svc = 1 }, 1), ERR_RANGE);
}

/* --- random rules against a plain walk ------------------------------------------------------ */

static uint32_t rnd(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*seed * below >> 32);
}

enum { PARTS = 3, N_RULES = 700 };

/* One random rule with storage for its arrays. */
struct made {
	uint32_t intf[2][PARTS];
	struct addr_range addr[2][PARTS];
	struct service_range svc[PARTS];
};

static struct addr_range random_range(uint32_t *seed)
{
	struct addr_range r = { .family = rnd(seed, 4) == 0 ? 6 : 4 };
	uint32_t lo = rnd(seed, 200);
	r.lo.b[3] = (uint8_t)lo;
	r.hi.b[3] = (uint8_t)(lo + rnd(seed, 56));
	if (rnd(seed, 20) == 0)
		r = range("any");
	return r;
}

static struct policy_rule random_rule(uint32_t *seed, struct made *m, uint32_t id)
{
	static const uint8_t protos[] = { 0, 6, 17, 1 };
	struct policy_rule r = {
		.id = id, .srcintf = m->intf[0], .dstintf = m->intf[1], .src = m->addr[0], .dst = m->addr[1], .svc = m->svc
	};
	for (unsigned i = 0; i < PARTS; i++) {
		uint16_t s = (uint16_t)rnd(seed, 30), d = (uint16_t)rnd(seed, 30);
		m->intf[0][i] = rnd(seed, 4);
		m->intf[1][i] = rnd(seed, 4);
		m->addr[0][i] = random_range(seed);
		m->addr[1][i] = random_range(seed);
		m->svc[i] = (struct service_range){ protos[rnd(seed, 4)], s, (uint16_t)(s + rnd(seed, 40)), d,
						    (uint16_t)(d + rnd(seed, 10)) };
	}
	r.n_srcintf = (uint16_t)rnd(seed, PARTS + 1);
	r.n_dstintf = (uint16_t)rnd(seed, PARTS + 1);
	r.n_src = (uint16_t)rnd(seed, PARTS + 1);
	r.n_dst = (uint16_t)rnd(seed, PARTS + 1);
	r.n_svc = (uint16_t)rnd(seed, PARTS + 1);
	r.src_negate = rnd(seed, 8) == 0;
	r.dst_negate = rnd(seed, 8) == 0;
	r.svc_negate = rnd(seed, 8) == 0;
	return r;
}

static bool in_ranges(const struct addr_range *list, unsigned n, bool negate, uint8_t family, const struct addr *a)
{
	unsigned hits = 0;
	for (unsigned i = 0; i < n; i++)
		hits += addr_in_range(a, family, &list[i]);
	return n == 0 || (hits != 0) != negate;
}

static bool walk_matches(const struct policy_rule *r, const struct packet *p)
{
	const struct tuple *t = &p->tuple;
	unsigned src = r->n_srcintf == 0, dst = r->n_dstintf == 0, svc = 0;
	for (unsigned i = 0; i < r->n_srcintf; i++)
		src += r->srcintf[i] == p->ifin;
	for (unsigned i = 0; i < r->n_dstintf; i++)
		dst += r->dstintf[i] == p->ifout;
	for (unsigned i = 0; i < r->n_svc; i++) {
		const struct service_range *s = &r->svc[i];
		bool sport = t->proto == 1 || (s->sport_lo <= t->sport && t->sport <= s->sport_hi);
		svc += (s->proto == 0 || s->proto == t->proto) && sport && s->dport_lo <= t->dport && t->dport <= s->dport_hi;
	}
	return src != 0 && dst != 0 && (r->n_svc == 0 || (svc != 0) != r->svc_negate) &&
	       in_ranges(r->src, r->n_src, r->src_negate, t->family, &t->src) &&
	       in_ranges(r->dst, r->n_dst, r->dst_negate, t->family, &t->dst);
}

static struct packet random_packet(uint32_t *seed)
{
	static const uint8_t protos[] = { 6, 17, 1, 47 };
	struct packet p = { .ifin = rnd(seed, 5), .ifout = rnd(seed, 5) };
	p.tuple.family = rnd(seed, 4) == 0 ? 6 : 4;
	p.tuple.proto = protos[rnd(seed, 4)];
	p.tuple.src.b[3] = (uint8_t)rnd(seed, 256);
	p.tuple.dst.b[3] = (uint8_t)rnd(seed, 256);
	p.tuple.sport = (uint16_t)rnd(seed, 70);
	p.tuple.dport = (uint16_t)rnd(seed, 40);
	return p;
}

static void test_against_walk(void)
{
	static struct made made[N_RULES];
	static struct policy_rule rules[N_RULES];
	static const size_t sizes[] = { 1, 2, 63, 64, 65, 128, N_RULES };
	uint32_t seed = 4711;
	for (size_t z = 0; z < ARRAY_LEN(sizes); z++) {
		/* The more rules there are, the narrower, so that late ones are reached as well. */
		for (uint32_t i = 0; i < sizes[z]; i++) {
			rules[i] = random_rule(&seed, &made[i], 1000 + i * 7 % 701);
			if (sizes[z] > 64 && i + 1 < sizes[z]) {
				rules[i].n_src = rules[i].n_dst = 1;
				rules[i].n_svc = 1;
				rules[i].src_negate = rules[i].dst_negate = rules[i].svc_negate = false;
			}
		}
		struct policy_set *ps = NULL;
		CU_ASSERT_EQUAL(policy_set_new(rules, sizes[z], &ps), OK);
		size_t matched = 0, latest = 0;
		for (unsigned n = 0; n < 3000; n++) {
			struct packet p = random_packet(&seed);
			size_t first = 0;
			while (first < sizes[z] && !walk_matches(&rules[first], &p))
				first++;
			CU_ASSERT_EQUAL(policy_match(ps, &p)->id, first < sizes[z] ? rules[first].id : 0);
			matched += first < sizes[z];
			latest = first < sizes[z] && first > latest ? first : latest;
		}
		CU_ASSERT(sizes[z] < 63 || (matched > 10 && latest > sizes[z] / 4));
		for (size_t i = 0; i < sizes[z]; i++) {
			const struct policy *found = policy_by_id(ps, rules[i].id);
			CU_ASSERT(found != NULL && found->id == rules[i].id);
		}
		policy_set_free(ps);
	}
}

/* Rules that a look-up through the index never has to try, more than one summary word of them. */
static void test_many(void)
{
	enum { N = 5000 };
	struct policy_rule *rules = calloc(N, sizeof(*rules));
	struct addr_range *dst = calloc(N, sizeof(*dst));
	for (uint32_t i = 0; i < N; i++) {
		dst[i].family = 4;
		dst[i].lo.b[0] = 10;
		dst[i].lo.b[1] = (uint8_t)(i >> 8);
		dst[i].lo.b[2] = (uint8_t)i;
		dst[i].hi = dst[i].lo;
		dst[i].hi.b[3] = 255;
		rules[i] = (struct policy_rule){ .id = i + 1, .dst = &dst[i], .n_dst = 1 };
	}
	struct policy_set *ps = NULL;
	CU_ASSERT_EQUAL(policy_set_new(rules, N, &ps), OK);
	for (uint32_t i = 0; i < N; i++) {
		struct packet p = { .tuple = { .family = 4, .dst = dst[i].lo } };
		p.tuple.dst.b[3] = 77;
		CU_ASSERT_EQUAL(policy_match(ps, &p)->id, i + 1);
	}
	policy_set_free(ps);
	free(rules);
	free(dst);
}

UNIT_MAIN({ "implicit deny", test_implicit }, { "fields", test_fields }, { "interfaces", test_interfaces },
	  { "addresses", test_addresses }, { "services", test_services }, { "what is refused", test_refused },
	  { "random rules against a plain walk", test_against_walk }, { "thousands", test_many })
