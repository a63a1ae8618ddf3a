/* test_engine_ends.c - where an inspected stream begins and ends: octets of a SYN, a FIN among octets that came by. */
#include "ips/rulefiles.h"
#include "tests/unit/conf_util.h"
#include "tests/unit/engine_rig.h"

/* What left, as its receiver gets it. */
struct left {
	enum reason why;
	bool fin;
	char octets[64];
};

static struct left pass_on(struct rig *g, uint8_t flags, uint32_t seq, const char *text)
{
	struct pkt k;
	struct packet p = rig_build(&k, g, DIR_ORIG, &(struct pkt_tcp){ .seq = seq, .ack = 501, .flags = flags, .data = text,
									.n_data = strlen(text) });
	struct left l = { 0 };
	p.at = g->now;
	p.nr = ++g->nr;
	const struct verdict v = engine_packet(g->e, &p);
	struct packet q = p;
	if (v.rewritten.p != NULL) {
		q = (struct packet){ .data = v.rewritten.p, .len = (uint32_t)v.rewritten.len };
		q.wire_len = q.len;
		CU_ASSERT_EQUAL_FATAL(packet_decode(&q), REASON_NONE);
	}
	l.why = v.reason;
	l.fin = (q.tcp.flags & TCP_FIN) != 0;
	CU_ASSERT_FATAL(q.payload.len < sizeof(l.octets));
	memcpy(l.octets, q.payload.p, q.payload.len);
	return l;
}

static bool leaves(const struct left l, const char *octets, bool fin)
{
	return l.why == REASON_NONE && l.fin == fin && strcmp(l.octets, octets) == 0;
}

static void open_inline(struct rig *g, int family)
{
	rig_new(g, &(struct rig_opts){ .prevent = true });
	g->family = family;
	rig_open(g);
}

/* The receiver has octets behind it already: it is another end than theirs. */
static void test_before_held(void)
{
	PKT_EACH_FAMILY(f) {
		struct rig g;
		open_inline(&g, f);
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK, 105, "efgh"), "efgh", false));
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK | TCP_FIN, 101, "abcdef"), "abcdef", false));
		CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->reasm.dir[DIR_ORIG].next, 109);
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK | TCP_FIN, 109, ""), "", true));
		rig_end(&g);
	}
}

/* Whoever goes on behind it says once more that it is the end: it may have been lost. */
static void test_octets_behind(void)
{
	PKT_EACH_FAMILY(f) {
		struct rig g;
		open_inline(&g, f);
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK | TCP_FIN, 101, "ab"), "ab", true));
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK, 103, "cd"), "", true));
		CU_ASSERT(leaves(pass_on(&g, TCP_ACK | TCP_FIN, 101, "abcd"), "ab", true));
		CU_ASSERT_EQUAL(pass_on(&g, TCP_ACK, 104, "d").why, REASON_TCP_FIN);
		CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->reasm.dir[DIR_ORIG].next, 103);
		rig_end(&g);
	}
}

/* RFC 7413: octets that come with the SYN stand behind its number. */
static void test_syn_again(void)
{
	static const uint8_t cookie[] = { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 };
	static const char *const texts[] = { "abcd", "xbcy", "abcdef" }, *const want[] = { "abcd", "abcd", "abcdef" };
	struct rig g;
	rig_new(&g, &(struct rig_opts){ .prevent = true });
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		struct pkt k;
		const struct pkt_tcp t = { .seq = 100, .flags = TCP_SYN, .opts = cookie, .n_opts = sizeof(cookie),
					   .data = texts[i], .n_data = strlen(texts[i]) };
		struct packet p = rig_build(&k, &g, DIR_ORIG, &t);
		p.at = g.now;
		const struct verdict v = engine_packet(g.e, &p);
		CU_ASSERT(v.pass);
		const struct span out = v.rewritten.p != NULL ? v.rewritten : span_of(p.data, p.len);
		CU_ASSERT_EQUAL_FATAL(out.len, p.len);
		CU_ASSERT_EQUAL(memcmp(out.p + out.len - strlen(want[i]), want[i], strlen(want[i])), 0);
		CU_ASSERT_EQUAL(v.rewritten.p != NULL, i == 1);
	}
	rig_end(&g);
}

static void conf_told(void *arg, const char *text)
{
	(void)arg;
	printf("# %s\n", text);
}

/* How segments are judged follows from the configuration. */
static void test_configured(void)
{
	static const struct {
		const char *text;
		bool prevent, asymmetric, bypass;
	} rows[] = {
		{ "", false, false, false },
		{ "config system settings\nset inspection-mode prevent\nend\n", true, false, false },
		{ "config system settings\nset asymroute enable\nend\n", false, true, false },
		{ "config nfq\nset fail-open enable\nend\n", false, false, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rulefiles none = { 0 };
		struct gen *g = NULL;
		struct conf *c = parse(rows[i].text);
		CU_ASSERT_EQUAL_FATAL(gen_build(c, &none, NULL, conf_told, NULL, &g), OK);
		CU_ASSERT(g->prevent == rows[i].prevent && g->asymmetric == rows[i].asymmetric && g->bypass == rows[i].bypass);
		gen_free(g);
		conf_free(c);
	}
}

UNIT_MAIN({ "how segments are judged", test_configured },
	  { "a FIN before octets that came by", test_before_held }, { "octets behind a FIN", test_octets_behind },
	  { "a SYN with octets, again", test_syn_again })
