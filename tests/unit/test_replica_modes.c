/* test_replica_modes.c - what waits for the peer in each mode, what a crash loses in the others, and sessions too young for it. */
#include "tests/unit/replica_rig.h"

/* --- what waits ------------------------------------------------------------------------------------------------ */

static void send_text(struct side *s, enum dir d, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	struct pkt k;
	struct rig g = { .cport = 2000, .sport = 5000, .family = 4 };
	const struct pkt_tcp t = { .seq = seq, .ack = ack, .win = 1000, .flags = flags, .data = text, .n_data = strlen(text) };
	struct packet p = rig_build(&k, &g, d, &t);
	s->now = mono_add(s->now, NS_PER_MS);
	p.at = s->now;
	(void)play(s, p);
}

static const struct step {
	enum dir d;
	uint8_t flags;
	uint32_t seq, ack;
	const char *text;
	bool turns;              /* changes more than counters */
} steps[] = {
	{ DIR_ORIG, TCP_SYN, 100, 0, "", true },
	{ DIR_REPLY, TCP_SYN | TCP_ACK, 0, 101, "", true },
	{ DIR_ORIG, TCP_ACK, 101, 1, "", true },               /* established */
	{ DIR_ORIG, TCP_ACK, 101, 1, "GET / HTTP/1.0\r\n", true }, /* a protocol */
	{ DIR_REPLY, TCP_ACK, 1, 117, "HTTP/1.0 200 OK\r\n", false },
	{ DIR_ORIG, TCP_ACK, 117, 18, "zzzzzzzz", false },
	{ DIR_REPLY, TCP_ACK, 18, 125, "zzzzzzzz", false },
	{ DIR_ORIG, TCP_ACK, 125, 26, "", false },
	{ DIR_ORIG, TCP_ACK, 133, 26, "behind a hole", true },
	{ DIR_ORIG, TCP_ACK, 125, 26, "the hole", true },      /* what was held is held no more: the session's state */
	{ DIR_ORIG, TCP_ACK, 146, 26, "zzzzzzzzzz", false },
	{ DIR_ORIG, TCP_ACK | TCP_FIN, 156, 26, "", true },
	{ DIR_REPLY, TCP_ACK | TCP_RST, 26, 157, "", true },
};

static void test_what_waits(void)
{
	for (enum ha_wait w = HA_WAIT_ALL; w <= HA_WAIT_NOTHING; w++) {
		both_new();
		a.r.wait = w;
		join_whole();
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			const struct step *t = &steps[i];
			const uint64_t before = a.r.wait_seq;
			send_text(&a, t->d, t->flags, t->seq, t->ack, t->text);
			tell(&a, &b);
			const bool waits = a.r.wait_seq == a.r.sender.seq;
			const bool wanted = w == HA_WAIT_ALL || (w == HA_WAIT_STATE && t->turns);
			if (waits != wanted)
				printf("# mode %u, step %zu: %s\n", w, i, waits ? "waits" : "goes at once");
			CU_ASSERT_EQUAL(waits, wanted);
			CU_ASSERT_TRUE(waits || a.r.wait_seq == before);
		}
		same_tables();
		both_free();
	}
}

/* Nothing waits: what the dead node let by and did not tell is a gap, and the flow says so. */
static void test_gap_is_told(void)
{
	static const struct rig_opts lenient = { .rules = script_rules, .custom = script_custom, .max_sessions = SESSIONS };
	for (unsigned lost = 0; lost < 2; lost++) {
		rig_gen(&gen, &lenient);
		side_new(&a);
		side_new(&b);
		a.r.wait = HA_WAIT_NOTHING;
		join_whole();
		for (size_t i = 0; i < 5; i++)
			send_text(&a, steps[i].d, steps[i].flags, steps[i].seq, steps[i].ack, steps[i].text);
		tell(&a, &b);
		send_text(&a, DIR_ORIG, TCP_ACK, 117, 18, "A: one\r\n");
		const struct span last = commit(&a);
		if (lost == 0)
			CU_ASSERT_EQUAL(replica_feed(&b.r, last), OK);
		replica_promote(&b.r);
		engine_doubt(b.r.engine);
		b.now = a.now;
		send_text(&b, DIR_REPLY, TCP_ACK, 18, 125, "B: two\r\n");
		const struct session *s = session_next(engine_sessions(b.r.engine), NULL);
		CU_ASSERT_EQUAL(engine_insp(s)->s.partial, lost == 1);
		CU_ASSERT_EQUAL(engine_insp(s)->reasm.dir[DIR_ORIG].n_gaps, lost);
		/* the next node is told that too */
		side_free(&a);
		side_new(&a);
		CU_ASSERT_EQUAL_FATAL(replica_stand_by(&a.r), OK);
		CU_ASSERT_EQUAL_FATAL(replica_join(&b.r), OK);
		CU_ASSERT_EQUAL(replica_bulk(&b.r, SESSIONS), 0);
		tell(&b, &a);
		s = session_next(engine_sessions(a.r.engine), NULL);
		CU_ASSERT_TRUE_FATAL(s != NULL);
		CU_ASSERT_EQUAL(engine_insp(s)->s.partial, lost == 1);
		both_free();
	}
}

/* Sessions younger than asked for are not told; one that has come of age is, silent or not, and with all that it has. */
static void test_young(void)
{
	both_new();
	gen.share_after_ns = 30 * NS_PER_SEC;
	join_whole();
	for (size_t i = 0; i < 7; i++)
		send_text(&a, steps[i].d, steps[i].flags, steps[i].seq, steps[i].ack, steps[i].text);
	segment(&a, 3000, TCP_SYN, "");
	CU_ASSERT_FALSE(replica_pending(&a.r));
	a.now = mono_add(a.now, 12 * NS_PER_SEC);
	engine_tick(a.r.engine, a.now); /* the half-open one ends: nobody has heard of it */
	const struct span s = commit(&a);
	CU_ASSERT_TRUE(s.len < 300 && replica_feed(&b.r, s) == OK);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 0);
	a.now = mono_add(a.now, 17 * NS_PER_SEC);
	engine_tick(a.r.engine, a.now);
	CU_ASSERT_FALSE(replica_pending(&a.r));
	a.now = mono_add(a.now, 2 * NS_PER_SEC);
	engine_tick(a.r.engine, a.now);
	CU_ASSERT_TRUE(replica_pending(&a.r));
	tell(&a, &b);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 1);
	send_text(&a, DIR_ORIG, TCP_ACK, 125, 26, "now each packet");
	CU_ASSERT_TRUE(replica_pending(&a.r));
	tell(&a, &b);
	same_tables();
	both_free();
}

UNIT_MAIN({ "what waits, by mode", test_what_waits }, { "a gap behind a crash is told", test_gap_is_told },
	  { "young sessions", test_young })
