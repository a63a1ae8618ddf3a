/* test_engine_norm.c - the policy's normalisation in a session: where it applies, what is counted, what cannot be done. */
#include "ips/rulefiles.h"
#include "tests/unit/conf_util.h"
#include "tests/unit/engine_rig.h"

static void open_rig(struct rig *g, bool prevent, bool inspect, int family)
{
	const struct policy_rule policy = { .id = 1, .action = POLICY_ACCEPT, .inspect = inspect, .without_syn = true, .sensor = -1,
					    .norm = { .min_ttl = 5, .urgent = NORM_CLEAR, .reserved = true } };
	rig_new(g, &(struct rig_opts){ .prevent = prevent, .policies = &policy, .n_policies = 1 });
	g->family = family;
	rig_open(g);
}

/* A segment with urgent data behind those that came before. */
static struct packet urgent(struct pkt *k, const struct rig *g, uint8_t ttl)
{
	const struct pkt_tcp t = { .seq = 101, .ack = 501, .flags = TCP_ACK | TCP_URG, .data = "a", .n_data = 1 };
	struct packet p = rig_build(k, g, DIR_ORIG, &t);
	pkt_put16(k->b + k->l4 + 18, 1);
	k->b[k->family == 4 ? 8 : 7] = ttl;
	pkt_sums(k);
	p.at = g->now;
	return p;
}

static struct packet left(const struct verdict *v)
{
	const struct span s = v->rewritten;
	struct packet q = { .data = s.p, .len = (uint32_t)s.len, .wire_len = (uint32_t)s.len, .csum_ready = true };
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.p);
	CU_ASSERT_EQUAL(packet_decode(&q), REASON_NONE);
	return q;
}

/* Only inline, only where the policy inspects. */
static void test_where(void)
{
	for (unsigned i = 0; i < 8; i++) {
		const bool prevent = (i & 1) != 0, inspect = (i & 2) != 0, here = prevent && inspect;
		struct rig g;
		struct pkt k;
		open_rig(&g, prevent, inspect, (i & 4) != 0 ? 4 : 6);
		const struct tcp_state before = rig_first(&g)->s.tcp;
		struct packet p = urgent(&k, &g, 4);
		CU_ASSERT_EQUAL(engine_packet(g.e, &p).reason, here ? REASON_IP_TTL : REASON_NONE);
		CU_ASSERT_EQUAL(memcmp(&before, &rig_first(&g)->s.tcp, sizeof(before)) == 0, here); /* it moves nothing */
		p = urgent(&k, &g, 5);
		const struct verdict v = engine_packet(g.e, &p);
		CU_ASSERT(v.pass);
		CU_ASSERT_EQUAL(v.rewritten.p != NULL, here);
		if (here) {
			const struct packet q = left(&v);
			CU_ASSERT(q.tcp.flags == TCP_ACK && q.tcp.urg == 0 && q.payload.len == 1 && q.payload.p[0] == 'a');
		}
		CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_URGENT], here);
		CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_RESERVED], 0);
		CU_ASSERT_EQUAL(engine_stats(g.e)->rewritten, here);
		rig_end(&g);
	}
}

/* A segment that no session knows, nor a policy would let by, opens none. */
static void test_first(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct rig g;
		struct pkt k;
		open_rig(&g, i == 0, true, 4);
		g.cport++;
		struct packet p = urgent(&k, &g, 4);
		CU_ASSERT_EQUAL(engine_packet(g.e, &p).reason, i == 0 ? REASON_IP_TTL : REASON_NONE);
		CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1 + i);
		rig_end(&g);
	}
}

/* A retransmission with another octet: what was read leaves, and nothing urgent. */
static void test_with_edits(void)
{
	PKT_EACH_FAMILY(f) {
		struct rig g;
		struct pkt k;
		open_rig(&g, true, true, f);
		CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_ACK, 101, 501, "b"), REASON_NONE);
		struct packet p = urgent(&k, &g, 64);
		const struct verdict v = engine_packet(g.e, &p);
		const struct packet q = left(&v);
		CU_ASSERT(q.tcp.flags == TCP_ACK && q.tcp.urg == 0 && q.payload.len == 1 && q.payload.p[0] == 'b');
		CU_ASSERT_EQUAL(engine_stats(g.e)->rewritten, 1);
		rig_end(&g);
	}
}

/* What would have to change and is not all here does not leave as it came. */
static void test_cut_short(void)
{
	struct rig g;
	struct pkt k;
	open_rig(&g, true, true, 4);
	struct packet p = urgent(&k, &g, 64);
	p.len--;
	const struct verdict v = engine_packet(g.e, &p);
	CU_ASSERT(!v.pass && v.reason == REASON_NO_REWRITE);
	CU_ASSERT(engine_stats(g.e)->normalized[NORM_TCP_URGENT] == 0 && engine_stats(g.e)->rewritten == 0);
	rig_end(&g);
}

/* Datagrams: what is IP's. */
static void test_datagram(void)
{
	struct rig g;
	struct pkt k;
	open_rig(&g, true, true, 4);
	pkt_udp_good(&k, 4);
	k.b[6] = 0x80;
	pkt_finish(&k);
	struct packet p = pkt_packet(&k);
	p.at = g.now;
	const struct verdict v = engine_packet(g.e, &p);
	CU_ASSERT(v.pass);
	CU_ASSERT_EQUAL_FATAL(v.rewritten.len, k.len);
	CU_ASSERT_EQUAL(v.rewritten.p[6], 0);
	CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_IP_RESERVED], 1);
	CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_URGENT], 0);
	rig_end(&g);
}

/* The first 24 octets of k's segment, or those behind them. */
static struct packet piece(struct pkt *out, const struct pkt *k, const struct rig *g, bool last)
{
	const uint32_t from = last ? 24 : 0, to = last ? k->len - k->l4 : 24;
	*out = *k;
	memcpy(out->b + k->l4, k->b + k->l4 + from, to - from);
	out->len = k->l4 + to - from;
	pkt_put16(out->b + 6, last ? from / 8 : 0x2000);
	out->proto = 0; /* the checksum of the whole stays */
	pkt_finish(out);
	struct packet p = pkt_packet(out);
	p.at = g->now;
	return p;
}

/* A segment in fragments is normalised as a whole, and leaves in fragments. */
static void test_fragments(void)
{
	struct rig g;
	struct pkt k, first, last;
	open_rig(&g, true, true, 4);
	(void)urgent(&k, &g, 64);
	pkt_add(&k, "bcdefghijkl", 11);
	pkt_finish(&k);
	struct packet p = piece(&first, &k, &g, false);
	CU_ASSERT(engine_packet(g.e, &p).held);
	p = piece(&last, &k, &g, true);
	const struct verdict v = engine_packet(g.e, &p);
	CU_ASSERT(v.pass);
	CU_ASSERT_EQUAL_FATAL(v.n_release, 1);
	CU_ASSERT_EQUAL_FATAL(v.release[0].len, first.len);
	CU_ASSERT_EQUAL(v.release[0].p[k.l4 + 13], TCP_ACK);
	CU_ASSERT_EQUAL(v.release[0].p[k.l4 + 19], 0);
	CU_ASSERT_EQUAL(v.rewritten.len, last.len);
	CU_ASSERT_EQUAL(engine_stats(g.e)->normalized[NORM_TCP_URGENT], 1);
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

UNIT_MAIN({ "inline, in inspected sessions", test_where }, { "the first segment", test_first },
	  { "with other edits", test_with_edits },
	  { "packets cut short", test_cut_short }, { "datagrams", test_datagram }, { "fragments", test_fragments },
	  { "the policy's attributes", test_configured })
