/* test_engine_norm.c - the policy's normalisation in a session: where it applies, what is counted, what cannot be done. */
#include "ips/engine_norm.h"

#include "forward/tcp.h"
#include "ips/rulefiles.h"
#include "tests/unit/conf_util.h"
#include "tests/unit/engine_rig.h"

static struct rewrite rw;

static void open_rig(struct rig *g, bool prevent, bool inspect, int family)
{
	const struct policy_rule policy = { .id = 1, .action = POLICY_ACCEPT, .inspect = inspect, .without_syn = true, .sensor = -1,
					    .norm = { .min_ttl = 5, .urgent = NORM_CLEAR, .reserved = true } };
	rig_new(g, &(struct rig_opts){ .prevent = prevent, .policies = &policy, .n_policies = 1 });
	g->family = family;
	rig_open(g);
}

static struct packet urgent(struct pkt *k, const struct rig *g, uint8_t ttl)
{
	const struct pkt_tcp t = { .seq = 101, .ack = 501, .flags = TCP_ACK | TCP_URG, .data = "a", .n_data = 1 };
	(void)rig_build(k, g, DIR_ORIG, &t);
	pkt_put16(k->b + k->l4 + 18, 1);
	k->b[k->family == 4 ? 8 : 7] = ttl;
	pkt_sums(k);
	struct packet p = pkt_packet(k);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

/* Only inline, only where the policy inspects. */
static void test_where(void)
{
	for (unsigned i = 0; i < 8; i++) {
		const bool prevent = (i & 1) != 0, inspect = (i & 2) != 0, here = prevent && inspect;
		struct rig g;
		struct pkt k;
		bool begun = false;
		open_rig(&g, prevent, inspect, (i & 4) != 0 ? 4 : 6);
		struct packet p = urgent(&k, &g, 4);
		CU_ASSERT_EQUAL(engine_norm_refuses(g.e, rig_first(&g), DIR_ORIG, &p), here ? REASON_IP_TTL : REASON_NONE);
		p = urgent(&k, &g, 5);
		CU_ASSERT_EQUAL(engine_norm_refuses(g.e, rig_first(&g), DIR_ORIG, &p), REASON_NONE);
		CU_ASSERT_EQUAL(engine_normalize(g.e, rig_first(&g), DIR_ORIG, &p, &rw, &begun), REASON_NONE);
		CU_ASSERT_EQUAL(begun, here);
		CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_URGENT], here);
		CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_RESERVED], 0);
		rig_end(&g);
	}
}

/* Edits of a packet that was begun before stay; one that has all it needs is not begun. */
static void test_begun(void)
{
	PKT_EACH_FAMILY(f) {
		struct rig g;
		struct pkt k;
		bool begun = true;
		open_rig(&g, true, true, f);
		struct packet p = urgent(&k, &g, 64);
		CU_ASSERT(rewrite_begin(&rw, &p));
		rewrite_window(&rw, 77);
		CU_ASSERT_EQUAL(engine_normalize(g.e, rig_first(&g), DIR_ORIG, &p, &rw, &begun), REASON_NONE);
		const struct span out = rewrite_end(&rw);
		struct packet q = { .data = out.p, .len = (uint32_t)out.len, .wire_len = (uint32_t)out.len, .csum_ready = true };
		CU_ASSERT_EQUAL(packet_decode(&q), REASON_NONE);
		CU_ASSERT(begun && q.tcp.win == 77 && q.tcp.flags == TCP_ACK && q.tcp.urg == 0);
		begun = false;
		CU_ASSERT_EQUAL(engine_normalize(g.e, rig_first(&g), DIR_ORIG, &q, &rw, &begun), REASON_NONE);
		CU_ASSERT(!begun);
		rig_end(&g);
	}
}

/* What would have to change and is not all here does not leave as it came; the rest of such packets does. */
static void test_cut_short(void)
{
	struct rig g;
	struct pkt k;
	bool begun = false;
	open_rig(&g, true, true, 4);
	struct packet p = urgent(&k, &g, 64);
	p.len--;
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	CU_ASSERT_EQUAL(engine_normalize(g.e, rig_first(&g), DIR_ORIG, &p, &rw, &begun), REASON_NO_REWRITE);
	CU_ASSERT(!begun && engine_stats(g.e)->normalized[NORM_TCP_URGENT] == 0);
	k.b[k.l4 + 13] = TCP_ACK;
	pkt_put16(k.b + k.l4 + 18, 0);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	CU_ASSERT_EQUAL(engine_normalize(g.e, rig_first(&g), DIR_ORIG, &p, &rw, &begun), REASON_NONE);
	rig_end(&g);
}

static void conf_told(void *arg, const char *text)
{
	(void)arg;
	printf("# %s\n", text);
}

static struct norm_policy configured(const char *set)
{
	char text[256];
	struct gen *g = NULL;
	const struct rulefiles none = { 0 };
	snprintf(text, sizeof(text), "config firewall policy\nedit 4\n%s\nend\n", set);
	struct conf *c = parse(text);
	CU_ASSERT_EQUAL_FATAL(gen_build(c, &none, NULL, conf_told, NULL, &g), OK);
	const struct norm_policy n = policy_by_id(g->policy, 4)->norm;
	gen_free(g);
	conf_free(c);
	return n;
}

static bool same(const struct norm_policy *a, const struct norm_policy *b)
{
	return a->min_ttl == b->min_ttl && a->urgent == b->urgent && a->reserved == b->reserved && a->options == b->options &&
	       a->padding == b->padding;
}

/* Each attribute of a policy sets its own, and all are on where nothing is said. */
static void test_configured(void)
{
	static const struct {
		const char *set;
		struct norm_policy want;
	} rows[] = {
		{ "", { 5, NORM_CLEAR, true, true, true } },
		{ "set min-ttl 0", { 0, NORM_CLEAR, true, true, true } },
		{ "set min-ttl 255", { 255, NORM_CLEAR, true, true, true } },
		{ "set tcp-urgent allow", { 5, NORM_ALLOW, true, true, true } },
		{ "set tcp-urgent drop", { 5, NORM_DROP, true, true, true } },
		{ "set reserved-bits allow", { 5, NORM_CLEAR, false, true, true } },
		{ "set tcp-options allow", { 5, NORM_CLEAR, true, false, true } },
		{ "set padding allow", { 5, NORM_CLEAR, true, true, false } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct norm_policy n = configured(rows[i].set);
		CU_ASSERT(same(&n, &rows[i].want));
	}
}

UNIT_MAIN({ "inline, in inspected sessions", test_where }, { "with other edits", test_begun },
	  { "packets cut short", test_cut_short }, { "the policy's attributes", test_configured })
