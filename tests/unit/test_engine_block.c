/* test_engine_block.c - what is refused stays refused: drop rules in prevent and detect mode, and prefer security. */
#include "tests/unit/dec_log.h"
#include "tests/unit/engine_rig.h"

static const char rules[] = "drop tcp any any -> any any (msg:\"kill\"; content:\"KILL\"; sid:1;)\n"
			    "alert tcp any any -> any any (msg:\"note\"; content:\"NOTE\"; sid:2;)\n"
			    "drop udp any any -> any any (msg:\"datagram\"; content:\"KILL\"; sid:3;)\n"
			    "drop tcp any any -> any any (msg:\"quiet\"; content:\"HUSH\"; noalert; sid:4;)\n"
			    "reject tcp any any -> any any (msg:\"reject\"; content:\"NOPE\"; sid:5;)\n";
static const struct rig_opts prevent = { .rules = rules, .prevent = true }, detect = { .rules = rules };

static struct rig g;

#define ORIG(seq, text)       rig_tcp(&g, DIR_ORIG, TCP_ACK, (seq), 501, (text))
#define REPLY(seq, ack, text) rig_tcp(&g, DIR_REPLY, TCP_ACK, (seq), (ack), (text))

/* Past the last octet released nothing leaves, retransmitted or cut anew; what was released before may go again. */
static void test_prevent(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(101, "harmless"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(109, "a KILL z"), REASON_SIGNATURE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1 dropped\ndrop ips.signature\n");
	CU_ASSERT_EQUAL(ORIG(109, "a KILL z"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(109, "a"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(108, "sa KILL z"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(101, "harmless"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(104, "mless"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(117, "after"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(109, ""), REASON_NONE); /* an acknowledgement carries nothing */
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_FIN | TCP_ACK, 117, 501, ""), REASON_BLOCKED);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_RST, 109, 0, ""), REASON_NONE);
	CU_ASSERT_EQUAL(REPLY(501, 109, "answer"), REASON_NONE);
	CU_ASSERT_EQUAL(g.n[REC_ALERT], 1);
	CU_ASSERT_EQUAL(g.n[REC_DROP], 6);
	const struct engine_stats *st = engine_stats(g.e);
	CU_ASSERT_EQUAL(st->drops[REASON_SIGNATURE], 1);
	CU_ASSERT_EQUAL(st->drops[REASON_BLOCKED], 5);
	rig_end(&g);
}

/* Half of the pattern is on its way already when the other half shows what it is. */
static void test_across_segments(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(101, "a KI"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(105, "LL z"), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(ORIG(101, "a KI"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(105, "L"), REASON_BLOCKED);
	rig_end(&g);
}

/* Out of order: the segment that closes the hole is the one that is refused, so the receiver never gets past it. */
static void test_out_of_order(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(105, "a KILL z"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(101, "1234"), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(ORIG(101, "1234"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(101, "1"), REASON_BLOCKED);
	rig_end(&g);
}

/* The acknowledgement of the other side brought it to light: the guilty direction is blocked where it stands. */
static void test_guilty_is_the_other(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(105, "KILL"), REASON_NONE);
	CU_ASSERT_EQUAL(REPLY(501, 109, ""), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(g.last[REC_ALERT].dir, DIR_ORIG);
	CU_ASSERT_EQUAL(ORIG(101, "hole"), REASON_BLOCKED); /* without which the receiver cannot get past it */
	CU_ASSERT_EQUAL(ORIG(109, "more"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(REPLY(501, 109, "more"), REASON_NONE);
	rig_end(&g);
}

static void test_reply_side(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(REPLY(501, 101, "KILL"), REASON_SIGNATURE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1 < dropped\ndrop ips.signature <\n");
	CU_ASSERT_EQUAL(REPLY(501, 101, "KILL"), REASON_BLOCKED);
	CU_ASSERT_EQUAL(ORIG(101, "go on"), REASON_NONE);
	rig_end(&g);
}

/* Where a stream's sequence number wraps. */
static void test_wrap(void)
{
	rig_new(&g, &prevent);
	rig_tcp(&g, DIR_ORIG, TCP_SYN, 0xfffffff8u, 0, "");
	rig_tcp(&g, DIR_REPLY, TCP_SYN | TCP_ACK, 500, 0xfffffff9u, "");
	CU_ASSERT_EQUAL(ORIG(0xfffffff9u, "harmless"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(1, "KILL"), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(ORIG(0xfffffff9u, "harmless"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(0xfffffffdu, "lessKILL"), REASON_BLOCKED);
	rig_end(&g);
}

/* A connection's first segment: SYN with data, which its receiver leaves to be sent again. */
static void test_syn_with_data(void)
{
	rig_new(&g, &prevent);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_SYN, 100, 0, "KILL"), REASON_NONE); /* they do not leave with it */
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_REPLY, TCP_SYN | TCP_ACK, 500, 101, ""), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(101, "KILL"), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(ORIG(101, "KILL"), REASON_BLOCKED);
	rig_end(&g);
}

static void test_quiet_and_reject(void)
{
	rig_new(&g, &prevent);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(101, "NOTE"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(105, "HUSH"), REASON_SIGNATURE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 2\ndrop ips.signature\n");
	CU_ASSERT_EQUAL(REPLY(501, 105, "NOPE"), REASON_SIGNATURE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 5 < dropped\ndrop ips.signature <\n");
	rig_end(&g);
}

static void test_detect(void)
{
	rig_new(&g, &detect);
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(101, "a KILL z"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(109, "HUSH NOPE"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(101, "a KILL z"), REASON_NONE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1 would drop\nalert 5 would drop\n");
	CU_ASSERT_FALSE(g.last[REC_ALERT].dropped);
	CU_ASSERT_FALSE(engine_insp(rig_first(&g))->s.dir[DIR_ORIG].blocked);
	CU_ASSERT_EQUAL(engine_stats(g.e)->dropped, 0);
	rig_end(&g);
}

static enum reason udp(const char *text)
{
	struct pkt k;
	pkt_flow(&k, 4, false, 17);
	pkt_udp(&k, 5000, 6000, text, strlen(text));
	pkt_finish(&k);
	return rig_packet(&g, pkt_packet(&k));
}

/* Datagrams stand each for itself. */
static void test_datagrams(void)
{
	rig_new(&g, &prevent);
	CU_ASSERT_EQUAL(udp("KILL"), REASON_SIGNATURE);
	CU_ASSERT_EQUAL(udp("fine"), REASON_NONE);
	CU_ASSERT_EQUAL(udp("KILL"), REASON_SIGNATURE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 3 dropped\ndrop ips.signature\nalert 3 dropped\ndrop ips.signature\n");
	CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.dir[DIR_ORIG].inspected, 12);
	rig_end(&g);
	rig_new(&g, &detect);
	CU_ASSERT_EQUAL(udp("KILL"), REASON_NONE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 3 would drop\n");
	rig_end(&g);
}

/* --- inspection that cannot be trusted ---------------------------------------------------------------------------- */

/* A read, for which one step of work is not enough. */
static enum reason too_much_work(void)
{
	uint8_t b[512];
	const size_t n =
		unhex("0300003202f0800100010061253023020103a01ea01c020104a617a015a1131a074943435f415f421a084d575f4c494e4531", b,
		      sizeof(b));
	return rig_bytes(&g, DIR_ORIG, TCP_ACK, 101, 501, span_of(b, n));
}

/* More held segments than there is room for. */
static enum reason too_much_held(void)
{
	enum reason r = REASON_NONE;
	for (uint32_t i = 0; i <= REASM_SEGS_MAX && r == REASON_NONE; i++)
		r = ORIG(103 + 2 * i, "x");
	return r;
}

static enum reason no_memory(void)
{
	return ORIG(105, "first octets after a hole");
}

static void test_prefer(void)
{
	static const struct {
		enum reason (*bring_about)(void);
		struct rig_opts opts;
		const char *anomaly;
		enum reason connectivity, security; /* what prevent does then */
	} row[] = {
		{ too_much_work, { .budget = 1 }, "anomaly stream.budget\n", REASON_NONE, REASON_INSPECTION },
		{ too_much_held, { .budget = 0 }, "anomaly stream.heldCap\n", REASON_NO_ROOM, REASON_NO_ROOM },
		{ no_memory, { .stream_memory = 1 }, "anomaly stream.heldCap\n", REASON_NO_ROOM, REASON_NO_ROOM },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (unsigned how = 0; how < 4; how++) {
			struct rig_opts o = row[i].opts;
			o.prevent = (how & 1) != 0;
			o.prefer = (how & 2) != 0 ? PREFER_SECURITY : PREFER_CONNECTIVITY;
			rig_new(&g, &o);
			rig_open(&g);
			CU_ASSERT_EQUAL(row[i].bring_about(), how == 3   ? row[i].security
							      : how == 1 ? row[i].connectivity
									 : REASON_NONE);
			CU_ASSERT_PTR_NOT_NULL(strstr(rig_told(&g), row[i].anomaly));
			CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.dir[DIR_ORIG].blocked,
					how == 3 && row[i].security == REASON_INSPECTION);
			rig_end(&g);
		}
	}
}

/* A segment that cannot be held is not let through; once the hole is filled, its repetition is read and passes. */
static void test_no_room(void)
{
	char all[2 * REASM_SEGS_MAX + 1] = { 0 };
	const uint32_t end = 102 + 2 * REASM_SEGS_MAX;
	memset(all, 'x', sizeof(all) - 1);
	rig_new(&g, &prevent);
	rig_open(&g);
	for (uint32_t i = 0; i < REASM_SEGS_MAX; i++)
		CU_ASSERT_EQUAL(ORIG(103 + 2 * i, "x"), REASON_NONE);
	CU_ASSERT_EQUAL(ORIG(end, "a KILL z"), REASON_NO_ROOM);
	CU_ASSERT_EQUAL(ORIG(103, "x"), REASON_NO_ROOM); /* held already, but what overlaps it might need room */
	CU_ASSERT_EQUAL(ORIG(102, all), REASON_NO_ROOM);
	CU_ASSERT_EQUAL(ORIG(101, all), REASON_NONE);
	const struct insp *f = engine_insp(rig_first(&g));
	CU_ASSERT_EQUAL(f->s.dir[DIR_ORIG].inspected, end - 101);
	CU_ASSERT_FALSE(f->s.dir[DIR_ORIG].blocked);
	CU_ASSERT_EQUAL(engine_stats(g.e)->gaps, 0);
	CU_ASSERT_EQUAL(ORIG(end, "a KILL z"), REASON_SIGNATURE);
	rig_end(&g);
}

/* There is no memory for the first octets: the flow goes on, unrecognised, and its bytes are still scanned. */
static void test_no_look(void)
{
	rig_new(&g, &(struct rig_opts){ .rules = rules, .stream_memory = 1 });
	rig_open(&g);
	CU_ASSERT_EQUAL(ORIG(101, "NOTE"), REASON_NONE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "anomaly stream.memory\nalert 2\n");
	CU_ASSERT_EQUAL(REPLY(501, 105, "NOTE"), REASON_NONE);
	CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.service, SVC_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "anomaly stream.memory <\nalert 2 <\n");
	rig_end(&g);
}

UNIT_MAIN({ "prevent", test_prevent }, { "across segments", test_across_segments }, { "out of order", test_out_of_order },
	  { "found by the other side's acknowledgement", test_guilty_is_the_other }, { "the reply side", test_reply_side },
	  { "the sequence number wraps", test_wrap }, { "a SYN with data", test_syn_with_data },
	  { "noalert and reject", test_quiet_and_reject }, { "detect", test_detect }, { "datagrams", test_datagrams },
	  { "prefer security or connectivity", test_prefer },
	  { "no room to hold", test_no_room }, { "no memory to look", test_no_look })
