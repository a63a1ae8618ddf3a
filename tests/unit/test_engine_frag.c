/* Fragments through the engine: nothing leaves unread inline, everything leaves as it came in detect mode. */
#include "tests/unit/engine_rig.h"

enum { PIECE = 48, VERDICTS_MAX = 64, SERVER = 501, CLIENT = 101 };

#define DROP_ATTACK "drop tcp any any -> any any (msg:\"a\"; content:\"attackattack\"; sid:1;)\n"
#define REJECT_ATTACK "reject tcp any any -> any any (msg:\"a\"; content:\"attackattack\"; sid:1;)\n"
#define LONG_TEXT "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.....attackattack.....0123456789"

static struct rig g;

/* What became of the fragments of the last datagram. */
static struct {
	struct verdict v[VERDICTS_MAX];
	unsigned n;
	struct pkt k[VERDICTS_MAX]; /* as they came */
	struct packet p;            /* the last one, decoded */
	struct pkt out[VERDICTS_MAX]; /* what left */
	unsigned n_out;
} s;

static void leaves(const uint8_t *p, size_t len)
{
	struct pkt *k = &s.out[s.n_out++];
	memset(k, 0, sizeof(*k));
	k->family = (uint8_t)g.family;
	pkt_add(k, p, len);
}

static void feed(struct packet p)
{
	const unsigned i = s.n++;
	p.at = g.now;
	p.nr = ++g.nr;
	p.ifin = 10;
	p.ifout = 9;
	s.v[i] = engine_packet(g.e, &p);
	const struct verdict *v = &s.v[i];
	for (unsigned j = 0; j < v->n_release; j++)
		leaves(v->release[j].p, v->release[j].len);
	if (v->pass)
		leaves(v->rewritten.p != NULL ? v->rewritten.p : p.data, v->rewritten.p != NULL ? v->rewritten.len : p.len);
	s.p = p;
}

/* k, finished, in fragments; the last one's reason. */
static enum reason in_fragments(const struct pkt *k, uint32_t id, bool reversed)
{
	const uint32_t head = g.family == 4 ? 20 : 40, n = k->len - head, pieces = (n + PIECE - 1) / PIECE;
	memset(&s, 0, sizeof(s));
	for (uint32_t i = 0; i < pieces; i++) {
		const uint32_t from = (reversed ? pieces - 1 - i : i) * PIECE, len = (uint32_t)size_min(PIECE, n - from);
		pkt_fragment(&s.k[s.n], k, id, from, len, from + len < n);
		feed(pkt_packet(&s.k[s.n]));
	}
	return s.v[s.n - 1].reason;
}

static enum reason say(uint32_t id, enum dir d, uint32_t seq, const char *text)
{
	struct pkt k;
	const struct pkt_tcp h = { .seq = seq, .ack = d == DIR_ORIG ? SERVER : CLIENT, .flags = TCP_ACK, .data = text,
				   .n_data = strlen(text) };
	(void)rig_build(&k, &g, d, &h);
	return in_fragments(&k, id, false);
}

static void begin(bool prevent, const char *rules, int family)
{
	rig_new(&g, &(struct rig_opts){ .rules = rules, .prevent = prevent });
	g.family = family;
	rig_open(&g);
	(void)rig_told(&g);
}

static void end(void)
{
	const struct engine_stats *st = engine_stats(g.e);
	CU_ASSERT_EQUAL(st->passed + st->dropped + st->held, st->packets);
	rig_end(&g);
}

static void test_passes(void)
{
	PKT_EACH_FAMILY(f) {
		begin(true, DROP_ATTACK, f);
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, "nothing but good octets, in more than two fragments of 48, and some"),
				REASON_NONE);
		CU_ASSERT_FATAL(s.n >= 2);
		for (unsigned i = 0; i + 1 < s.n; i++)
			CU_ASSERT(s.v[i].held && !s.v[i].pass && s.v[i].n_release == 0);
		CU_ASSERT(s.v[s.n - 1].pass && !s.v[s.n - 1].held && s.v[s.n - 1].n_release == s.n - 1);
		CU_ASSERT_EQUAL_FATAL(s.n_out, s.n);
		for (unsigned i = 0; i < s.n; i++)
			CU_ASSERT(s.out[i].len == s.k[i].len && memcmp(s.out[i].b, s.k[i].b, s.k[i].len) == 0);
		CU_ASSERT(s.p.data == s.k[s.n - 1].b || s.p.len == s.k[s.n - 1].len);
		CU_ASSERT_EQUAL(s.p.tuple.dport, 102);
		const struct engine_stats *st = engine_stats(g.e);
		CU_ASSERT(st->fragments == s.n && st->reassembled == 1 && st->held == 0 && st->passed == s.n + 3);
		CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->reasm.dir[DIR_ORIG].next, CLIENT + 67);
		CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
		end();
	}
}

/* A pattern across the border of two fragments, in TCP. */
static void test_drops(void)
{
	PKT_EACH_FAMILY(f) {
		begin(true, DROP_ATTACK, f);
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_SIGNATURE);
		CU_ASSERT(s.n == 3 && s.n_out == 0);
		const struct engine_stats *st = engine_stats(g.e);
		CU_ASSERT(st->drops[REASON_SIGNATURE] == 3 && st->dropped == 3 && st->held == 0);
#define DROPPED "drop ips.signature\n"
		CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1 dropped\n" DROPPED DROPPED DROPPED);
		CU_ASSERT_EQUAL(g.n[REC_DROP], 3);
		CU_ASSERT(g.last[REC_DROP].packet_nr == g.nr - 1 && g.last[REC_DROP].serial == 0);
		/* What comes of that datagram later is refused for the same. */
		feed(pkt_packet(&s.k[0]));
		CU_ASSERT_EQUAL(s.v[3].reason, REASON_SIGNATURE);
		end();
	}
}

static void test_detect(void)
{
	PKT_EACH_FAMILY(f) {
		begin(false, DROP_ATTACK, f);
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_NONE);
		CU_ASSERT(s.n == 3 && s.n_out == 3);
		for (unsigned i = 0; i < 3; i++)
			CU_ASSERT(s.v[i].pass && !s.v[i].held && s.v[i].n_release == 0);
		CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1 would drop\n");
		/* Under the same identification again: no memory of what passed, and an overlap that is told. */
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT + 100, "other octets, in more than one fragment of 48"), REASON_NONE);
		CU_ASSERT_STRING_EQUAL(rig_told(&g), "");
		feed(pkt_packet(&s.k[0]));
		feed(pkt_packet(&s.k[0])); /* a copy is no harm */
		CU_ASSERT_STRING_EQUAL(rig_told(&g), "");
		struct pkt k;
		pkt_fragment(&k, &s.k[0], 1, 8, 24, true);
		if (f == 4)
			feed(pkt_packet(&k));
		CU_ASSERT_STRING_EQUAL(rig_told(&g), f == 4 ? "would drop ip.fragmentTiny\n" : "");
		CU_ASSERT_EQUAL(engine_stats(g.e)->dropped, 0);
		end();
	}
}

/* A bridge cannot send by itself: all but the last leave at once, and that one has the verdict. */
static void test_bridge(void)
{
	PKT_EACH_FAMILY(f) {
		begin(true, DROP_ATTACK, f);
		g.gen.transparent = true;
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, "good octets, more of them than one of 48 holds, by far"), REASON_NONE);
		CU_ASSERT(s.n == 2 && s.n_out == 2 && s.v[0].pass && !s.v[0].held && s.v[1].n_release == 0);
		feed(pkt_packet(&s.k[0])); /* it might be another, for a receiver that lacks a part of the former */
		CU_ASSERT_EQUAL(s.v[2].reason, REASON_IP_FRAGMENT_REUSE);
		CU_ASSERT_EQUAL(say(2, DIR_ORIG, CLIENT + 54, LONG_TEXT), REASON_SIGNATURE);
		CU_ASSERT(s.n == 3 && s.n_out == 2 && !s.v[2].pass);
		for (unsigned i = 0; i < 3; i++) {
			feed(pkt_packet(&s.k[i]));
			CU_ASSERT_EQUAL(s.v[3 + i].reason, REASON_SIGNATURE);
		}
		CU_ASSERT_EQUAL(engine_stats(g.e)->held, 0);
		end();
	}
}

/* Ports come with the whole: the policy by port holds for every fragment. */
static void test_policy(void)
{
	static const struct service_range ssh = { .proto = IPPROTO_TCP_, .sport_hi = UINT16_MAX, .dport_lo = 22, .dport_hi = 22 };
	static const struct policy_rule rules[] = {
		{ .id = 1, .action = POLICY_DENY, .svc = &ssh, .n_svc = 1, .sensor = -1 },
		{ .id = 2, .action = POLICY_ACCEPT, .inspect = true, .without_syn = true, .sensor = -1 },
	};
	for (int prevent = 0; prevent < 2; prevent++) {
		rig_new(&g, &(struct rig_opts){ .policies = rules, .n_policies = 2, .prevent = prevent != 0 });
		g.sport = 22;
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_POLICY);
		CU_ASSERT_EQUAL(s.n_out, prevent ? 0 : 2); /* without its last one nothing is whole */
		CU_ASSERT_EQUAL(engine_stats(g.e)->drops[REASON_POLICY], prevent ? 3 : 1);
		end();
	}
}

/* What the receiver may have already is not sent otherwise. */
static void test_rewritten(void)
{
	static const char first[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char other[] = "0123456789abcdefghijklmnopqrs-OTHER-ABCDEFGHIJKLMNOPQRSTUVW*YZ";
	PKT_EACH_FAMILY(f) {
		begin(true, "", f);
		CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_ACK, CLIENT, SERVER, first), REASON_NONE);
		CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, other), REASON_NONE);
		CU_ASSERT_EQUAL_FATAL(s.n_out, s.n);
		const uint32_t head = f == 4 ? 20 : 48;
		char got[128] = "";
		for (unsigned i = 0; i < s.n; i++)
			memcpy(got + i * PIECE, s.out[i].b + head, s.out[i].len - head);
		CU_ASSERT_STRING_EQUAL(got + 20, first);
		CU_ASSERT_PTR_NOT_NULL(s.v[s.n - 1].rewritten.p);
		end();
	}
}

/* Picked up in the middle: in place of all fragments goes one short segment that asks the receiver where it stands. */
static void test_probe(void)
{
	rig_new(&g, &(struct rig_opts){ .prevent = true });
	CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_NONE);
	CU_ASSERT_EQUAL_FATAL(s.n_out, 1);
	struct packet p = pkt_packet(&s.out[0]);
	CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.fragment && p.payload_wire == 0 && p.tuple.dport == 102);
	CU_ASSERT_EQUAL(engine_stats(g.e)->held, 0);
	end();
}

/* Where the resets go is known of the whole. */
static void test_reset(void)
{
	begin(true, REJECT_ATTACK, 4);
	CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_SIGNATURE);
	CU_ASSERT(s.v[2].reset && s.v[2].reset_seq == CLIENT);
	CU_ASSERT(s.p.tcp.seq == CLIENT && s.p.payload_wire == strlen(LONG_TEXT) && s.p.tuple.sport == g.cport);
	end();
}

static void test_timeout(void)
{
	begin(true, "", 4);
	(void)say(1, DIR_ORIG, CLIENT, LONG_TEXT);
	(void)say(2, DIR_ORIG, CLIENT + (uint32_t)strlen(LONG_TEXT), LONG_TEXT);
	struct pkt k;
	pkt_fragment(&k, &s.k[0], 3, 48, 8, true);
	feed(pkt_packet(&k));
	CU_ASSERT_EQUAL(engine_stats(g.e)->held, 1);
	(void)rig_told(&g);
	engine_tick(g.e, mono_add(g.now, 31 * NS_PER_SEC));
	CU_ASSERT(engine_stats(g.e)->held == 0 && engine_stats(g.e)->drops[REASON_IP_FRAGMENT_TIMEOUT] == 1);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "drop ip.fragmentTimeout\n");
	CU_ASSERT_EQUAL(g.last[REC_DROP].packet_nr, g.nr);
	pkt_fragment(&k, &s.k[0], 4, 48, 8, true);
	feed(pkt_packet(&k));
	engine_finish(g.e);
	CU_ASSERT_EQUAL(engine_stats(g.e)->drops[REASON_IP_FRAGMENT_TIMEOUT], 2);
	end();
}

/* An error about a datagram that went in fragments quotes the first of them. */
static void test_icmp(void)
{
	begin(true, "", 4);
	CU_ASSERT_EQUAL(say(1, DIR_ORIG, CLIENT, LONG_TEXT), REASON_NONE);
	for (unsigned i = 0; i < 2; i++) { /* one error for each packet */
		struct pkt k;
		pkt_ip(&k, 4, "10.9.9.9", "10.1.0.2", IPPROTO_ICMP_);
		pkt_icmp(&k, 11, 1, 0, s.k[0].b, 28);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(rig_packet(&g, pkt_packet(&k)), i == 0 ? REASON_NONE : REASON_ICMP_ERROR);
	}
	end();
}

UNIT_MAIN({ "what is good passes", test_passes }, { "a pattern across fragments", test_drops }, { "detect mode", test_detect },
	  { "a bridge", test_bridge },
	  { "policies by port", test_policy }, { "rewritten", test_rewritten }, { "a probe in their place", test_probe },
	  { "resets", test_reset }, { "timeouts", test_timeout }, { "ICMP errors", test_icmp })
