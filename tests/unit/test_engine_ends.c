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

static struct left pass_from(struct rig *g, enum dir d, uint32_t seq, uint32_t ack, const char *text, bool fin)
{
	struct pkt k;
	const struct pkt_tcp t = { .seq = seq, .ack = ack, .flags = TCP_ACK | (fin ? TCP_FIN : 0), .data = text,
				   .n_data = strlen(text) };
	struct packet p = rig_build(&k, g, d, &t);
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

static struct left pass_on(struct rig *g, uint8_t flags, uint32_t seq, const char *text)
{
	return pass_from(g, DIR_ORIG, seq, 501, text, (flags & TCP_FIN) != 0);
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
		bool prevent, asymmetric, bypass, undecoded;
	} rows[] = {
		{ "", false, false, false, false },
		{ "config system settings\nset inspection-mode prevent\nend\n", true, false, false, false },
		{ "config system settings\nset asymroute enable\nend\n", false, true, false, false },
		{ "config nfq\nset fail-open enable\nend\n", false, false, true, false },
		{ "config ips global\nset protocol-decoders disable\nend\n", false, false, false, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rulefiles none = { 0 };
		struct gen *g = NULL;
		struct conf *c = parse(rows[i].text);
		CU_ASSERT_EQUAL_FATAL(gen_build(c, &none, NULL, conf_told, NULL, &g), OK);
		CU_ASSERT(g->undecoded == rows[i].undecoded);
		CU_ASSERT(g->prevent == rows[i].prevent && g->asymmetric == rows[i].asymmetric && g->bypass == rows[i].bypass);
		gen_free(g);
		conf_free(c);
	}
}

/* Picked up; one end says that it has more, or less, than the other can have sent: nothing of the other's goes by unread. */
static void test_false_ack(void)
{
	static const uint32_t acks[] = { 1501, 501 - (1 << 30), 501 + (1 << 30) };
	PKT_EACH_FAMILY(f)
		for (unsigned i = 0; i < ARRAY_LEN(acks); i++) {
			struct rig g;
			rig_new(&g, &(struct rig_opts){ .prevent = true });
			g.family = f;
			CU_ASSERT(leaves(pass_from(&g, DIR_ORIG, 101, 501, "ab", false), "", false));
			CU_ASSERT(leaves(pass_from(&g, DIR_REPLY, 501, 101, "", false), "", false));
			CU_ASSERT_EQUAL(pass_from(&g, DIR_ORIG, 101, acks[i], "ab", false).why,
					i == 0 ? REASON_NONE : REASON_TCP_ACK);
			if (i != 0)
				CU_ASSERT(leaves(pass_from(&g, DIR_ORIG, 101, 501, "ab", false), "ab", false));
			CU_ASSERT(leaves(pass_from(&g, DIR_REPLY, 501, 103, "xyz", false), i == 0 ? "" : "xyz", false));
			CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->reasm.dir[DIR_REPLY].seen, i == 0 ? 0 : 3);
			rig_end(&g);
		}
}

/* The same in the very first segment: then the octets cannot be read at all. */
static void test_first_ack(void)
{
	static const uint32_t acks[] = { 1501, 501 - (1 << 30), 501 + (1 << 30) };
	for (unsigned i = 0; i < ARRAY_LEN(acks); i++) {
		struct rig g;
		rig_new(&g, &(struct rig_opts){ .prevent = true });
		(void)pass_from(&g, DIR_ORIG, 101, acks[i], "ab", false);
		(void)pass_from(&g, DIR_REPLY, 501, 101, "", false);
		(void)pass_from(&g, DIR_ORIG, 103, 501, "", false);
		const struct left l = pass_from(&g, DIR_REPLY, 501, 103, "xyz", false);
		const bool read = engine_insp(rig_first(&g))->reasm.dir[DIR_REPLY].seen == 3;
		CU_ASSERT(l.why != REASON_NONE || strcmp(l.octets, "") == 0 || read);
		rig_end(&g);
	}
}

/* What the peer let by unheard is acknowledged, and gone on from: refused by one node that never failed, by one that took over a
 * reason to have its receiver say where it stands. Of the connections that are opened later nothing is unheard. */
static void test_doubt(void)
{
	PKT_EACH_FAMILY(f)
		for (unsigned doubted = 0; doubted < 2; doubted++) {
			struct rig g;
			open_inline(&g, f);
			if (doubted)
				engine_doubt(g.e);
			CU_ASSERT_EQUAL(pass_from(&g, DIR_REPLY, 501, 111, "xyz", false).why,
					doubted ? REASON_NONE : REASON_TCP_ACK);
			const struct left beyond = pass_from(&g, DIR_ORIG, 101 + (1 << 20), 501, "ab", false);
			CU_ASSERT_EQUAL(beyond.why, doubted ? REASON_NONE : REASON_TCP_WINDOW);
			CU_ASSERT_EQUAL(leaves(beyond, "", false), doubted);
			g.cport++;
			rig_open(&g);
			CU_ASSERT_EQUAL(pass_from(&g, DIR_REPLY, 501, 111, "xyz", false).why, REASON_TCP_ACK);
			rig_end(&g);
		}
}

UNIT_MAIN({ "what the peer let by unheard", test_doubt },
	  { "a false acknowledgement in the first segment", test_first_ack },
	  { "a false acknowledgement where a connection is picked up", test_false_ack },
	  { "how segments are judged", test_configured },
	  { "a FIN before octets that came by", test_before_held }, { "octets behind a FIN", test_octets_behind },
	  { "a SYN with octets, again", test_syn_again })
