/* test_reasm.c - reassembly: random schedules as the model says, and single cases to the letter. */
#include "tests/unit/reasm_rig.h"

enum { SCHEDULES = 500 };

/* --- random schedules ---------------------------------------------------------------------------------------- */

struct plan {
	size_t stream, seg;                   /* octets of the stream; of a segment at most */
	unsigned late, lose, twist, ack_lost; /* in 100 */
	unsigned steps;
	size_t spread; /* how far ahead segments may come */
};

static void random_step(const struct plan *pl, uint64_t *rnd)
{
	const enum dir d = (enum dir)help_below(rnd, 2);
	const struct model_dir *m = &model.dir[d], *far = &model.dir[dir_other(d)];
	int64_t at = m->next;
	if (help_below(rnd, 100) < pl->late)
		at += (int64_t)help_below(rnd, pl->spread);
	else if (help_below(rnd, 100) < 20)
		at -= (int64_t)help_below(rnd, (size_t)m->next + 1);
	at = at < 0 ? 0 : at;
	const size_t n = at < (int64_t)pl->stream ? size_min(help_below(rnd, pl->seg + 1), pl->stream - (size_t)at) : 0;
	int64_t ack = far->next;
	if (help_below(rnd, 100) < pl->ack_lost)
		ack += (int64_t)help_below(rnd, pl->spread);
	ack = ack > (int64_t)pl->stream ? (int64_t)pl->stream : ack;
	uint8_t flags = TCP_ACK;
	if (help_below(rnd, 200) == 0)
		flags |= TCP_RST;
	else if (help_below(rnd, 60) == 0 || at + (int64_t)n == (int64_t)pl->stream)
		flags |= TCP_FIN;
	if (help_below(rnd, 100) >= pl->lose)
		give(d, flags, at, n, ack, help_below(rnd, 100) < pl->twist ? (uint8_t)help_rand(rnd) : 0);
}

/* Of all schedules: so that what is to be tested does come about. */
static uint64_t caps, gaps, differing;

/* The sequence wrap falls inside most streams. */
static bool run_schedule(unsigned nr)
{
	uint64_t rnd = nr * UINT64_C(7919) + 1;
	static const struct plan plans[] = {
		{ 2000, 200, 40, 5, 10, 2, 60, 600 },           /* a bit of everything */
		{ 4000, 3, 90, 0, 10, 0, 400, 700 },            /* so many small pieces that there is no room for more */
		{ 400, 40, 30, 0, 50, 0, 60, 80 },              /* much of it differs */
		{ 3000, 200, 30, 30, 0, 15, 60, 300 },          /* a capture with holes */
		{ STREAM_MAX, 65000, 90, 0, 5, 3, 14, 150000 }, /* so many octets */
	};
	const struct plan *pl = &plans[nr % 20 == 4 ? 4 : nr % 4];
	rig_start(0xffffffffu - (uint32_t)help_below(&rnd, pl->stream), (uint32_t)help_rand(&rnd), 4 << 20, pl->stream);
	if (help_below(&rnd, 4) != 0)
		OPEN();
	bool same = true;
	for (unsigned i = 0; same && i < pl->steps; i++) {
		random_step(pl, &rnd);
		same = (i % 8 != 0 && i + 1 != pl->steps) || agree();
	}
	same = same && agree();
	reasm_flush(&rig.r, &rig.ctx);
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		for (int64_t held; (held = first_held(&model.dir[d])) >= 0;)
			model_gap(d, held);
	same = same && agree();
	for (size_t i = 0; i < told.n && i < LOG_MAX; i++)
		caps += (told.v[i] & LOG_CAP) == LOG_CAP;
	gaps += model.dir[DIR_ORIG].n_gaps + model.dir[DIR_REPLY].n_gaps;
	differing += model.dir[DIR_ORIG].differed + model.dir[DIR_REPLY].differed;
	rig_end();
	return same;
}

static void test_random(void)
{
	unsigned wrong = 0, first = 0;
	for (unsigned i = 0; i < SCHEDULES; i++) {
		if (!run_schedule(i)) {
			first = wrong == 0 ? i : first;
			wrong++;
		}
	}
	if (wrong != 0)
		printf("# schedule %u is the first of %u that differ\n", first, wrong);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(caps > 100 && gaps > 1000 && differing > 1000);
}

/* --- single cases -------------------------------------------------------------------------------------------- */

/* What was told of one direction, as text: octets are written as their place's letter, a gap "_", a cap "!". */
static const char *story(enum dir want)
{
	static char text[512];
	size_t n = 0;
	for (size_t i = 0; i < told.n && n < sizeof(text) - 1; i++) {
		const unsigned v = told.v[i] & ((1u << LOG_DIR_SHIFT) - 1);
		if (told.v[i] >> LOG_DIR_SHIFT == (unsigned)want)
			text[n++] = v == LOG_GAP ? '_' : v == LOG_CAP ? '!' : (char)v;
	}
	text[n] = '\0';
	return text;
}

static void letters(void)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		for (size_t i = 0; i < 256; i++)
			rig.truth[d][i] = (uint8_t)('a' + i % 26);
}

static void start(uint32_t isn)
{
	rig_start(isn, 7000, 1 << 20, STREAM_MAX);
	letters();
}

#define STORY(text)                                                                                                                \
	do {                                                                                                                       \
		CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), text);                                                                     \
		CU_ASSERT_TRUE(agree());                                                                                           \
	} while (0)

static void test_in_order(void)
{
	start(100);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 0, 3, 0, 0);
	give(DIR_ORIG, TCP_ACK, 3, 4, 0, 0);
	STORY("abcdefg");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].next, 108);
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].n_ooo, 0);
	rig_end();
}

static void test_wrap(void)
{
	start(0xfffffffc);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 6, 4, 0, 0);
	give(DIR_ORIG, TCP_ACK, 2, 2, 0, 0);
	give(DIR_ORIG, TCP_ACK, 0, 6, 0, 0);
	STORY("abcdefghij");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].next, 7);
	rig_end();
}

static void test_first_wins(void)
{
	start(5);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 2, 3, 0, 0);
	give(DIR_ORIG, TCP_ACK, 1, 6, 0, 0x20);
	give(DIR_ORIG, TCP_ACK, 0, 4, 0, 0x20);
	STORY("ABcdeFG");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].differed, 3 + 2);
	rig_end();
}

/* The first held piece begins just where the receiver's acknowledgement ends. */
static void test_ack_up_to_held(void)
{
	start(5);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 4, 2, 0, 0);
	give(DIR_REPLY, TCP_ACK, 0, 0, 4, 0);
	STORY("_ef");
	give(DIR_REPLY, TCP_ACK, 0, 0, 9, 0);
	STORY("_ef_");
	give(DIR_ORIG, TCP_ACK, 6, 4, 0, 0);
	STORY("_ef_j");
	rig_end();
}

static void test_far_ahead(void)
{
	static const uint32_t ahead[] = { REASM_AHEAD_MAX + 1, INT32_MAX, UINT32_C(1) << 31, (UINT32_C(1) << 31) + 1, UINT32_MAX };
	start(5);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 0, 2, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(ahead); i++) {
		const struct packet far = { .tcp = { .seq = 8 + ahead[i], .flags = TCP_ACK },
					    .payload = span_of("x", 1),
					    .payload_wire = 1 };
		reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &far);
		CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "ab");
		CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held_bytes, 0);
		CU_ASSERT(reasm_check(&rig.r.dir[DIR_ORIG]));
	}
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].seen, 2 + ARRAY_LEN(ahead));
	rig_end();
}

static void test_syn_with_data(void)
{
	start(5);
	give(DIR_ORIG, TCP_SYN, 0, 3, 0, 0);
	give(DIR_REPLY, TCP_SYN | TCP_ACK, 0, 0, 3, 0);
	give(DIR_ORIG, TCP_ACK, 3, 2, 0, 0);
	STORY("abcde");
	rig_end();
}

/* Two SYNs, of which the server answers the second: its stream is the one that counts. */
static void test_syn_answered(void)
{
	start(90000000);
	const struct packet decoy = { .tcp = { .seq = 1, .flags = TCP_SYN } };
	reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &decoy);
	give(DIR_ORIG, TCP_SYN, 0, 0, 0, 0);
	give(DIR_REPLY, TCP_SYN | TCP_ACK, 0, 0, 0, 0);
	give(DIR_ORIG, TCP_ACK, 0, 3, 0, 0);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "abc");
	/* A second answer moves nothing, nor does one of a direction that has sent already. */
	const struct packet again = { .tcp = { .seq = 7000, .ack = 5, .flags = TCP_SYN | TCP_ACK } };
	reasm_segment(&rig.r, &rig.ctx, DIR_REPLY, &again);
	const struct packet back = { .tcp = { .seq = 90000003, .ack = 99, .flags = TCP_SYN | TCP_ACK } };
	reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &back);
	give(DIR_ORIG, TCP_ACK, 3, 1, 0, 0);
	give(DIR_REPLY, TCP_ACK, 0, 2, 4, 0);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "abcd");
	CU_ASSERT_STRING_EQUAL(story(DIR_REPLY), "ab");
	rig_end();
}

/* A FIN's own number is no byte; a FIN in the wrong place, an RST, whatever follows them: all is still inspected. */
static void test_fin(void)
{
	start(5);
	OPEN();
	give(DIR_ORIG, TCP_ACK | TCP_FIN, 0, 3, 0, 0);
	give(DIR_REPLY, TCP_ACK, 0, 0, 4, 0);
	STORY("abc");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].n_gaps, 0);
	give(DIR_ORIG, TCP_ACK, 3, 2, 0, 0);
	STORY("abcde");
	rig_end();
}

static void test_forged_end(void)
{
	static const struct {
		uint8_t flags;
		int64_t at;
	} forged[] = { { TCP_FIN | TCP_ACK, 0 }, { TCP_FIN | TCP_ACK, 2 }, { TCP_FIN | TCP_ACK, 9 },
		       { TCP_RST, 2 },           { TCP_RST | TCP_ACK, 0 }, { TCP_RST, 40 } };
	for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
		start(5);
		OPEN();
		give(DIR_ORIG, TCP_ACK, 0, 2, 0, 0);
		give(DIR_ORIG, TCP_ACK, 3, 2, 0, 0);
		give(DIR_ORIG, forged[i].flags, forged[i].at, 0, 0, 0);
		give(DIR_ORIG, TCP_ACK, 2, 1, 0, 0);
		give(DIR_ORIG, TCP_ACK, 5, 10, 0, 0);
		STORY("abcdefghijklmno");
		rig_end();
	}
}

/* No room for another piece: the one that closes the hole still goes through, and no octet that came is lost. */
static void test_segment_cap(void)
{
	start(5);
	OPEN();
	for (int64_t i = 0; i < REASM_SEGS_MAX; i++)
		give(DIR_ORIG, TCP_ACK, 1 + 2 * i, 1, 0, 0);
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held->n, REASM_SEGS_MAX);
	give(DIR_ORIG, TCP_ACK, 0, 1, 0, 0);
	STORY("ab");
	give(DIR_ORIG, TCP_ACK, 200, 1, 0, 0);
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held->n, REASM_SEGS_MAX);
	STORY("ab");
	give(DIR_ORIG, TCP_ACK, 198, 1, 0, 0);
	STORY("ab!_d");
	rig_end();
}

static void test_octet_cap(void)
{
	start(5);
	OPEN();
	for (int64_t i = 0; i < 8; i++)
		give(DIR_ORIG, TCP_ACK, 1 + i * 32768, 32768, 0, 0);
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held_bytes, REASM_HELD_MAX);
	give(DIR_ORIG, TCP_ACK, 1 + 8 * 32768, 5, 0, 0);
	CU_ASSERT_TRUE(agree());
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held_bytes, 0);
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].next, 5 + 2 + 8 * 32768 + 5);
	rig_end();
}

/* The pool of buffers is empty: what cannot be held is inspected at once, behind a gap. */
static void test_no_memory(void)
{
	rig_start(5, 7000, 64, 256);
	letters();
	OPEN();
	give(DIR_ORIG, TCP_ACK, 2, 2, 0, 0);
	const struct packet p = { .tcp = { .seq = 6 + 6, .ack = 7001, .flags = TCP_ACK },
				  .payload = span_of("ghi", 3),
				  .payload_wire = 3 };
	reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &p);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "!_cd");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].held_bytes, 3);
	reasm_flush(&rig.r, &rig.ctx);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "!_cd_ghi");
	rig_end();
	rig_start(5, 7000, 0, 256);
	letters();
	OPEN();
	reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &p);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "!_ghi");
	rig_end();
}

/* The capture cut the packet short: what it left out is a hole, and its FIN is where the wire had it. */
static void test_truncated(void)
{
	start(5);
	OPEN();
	const struct packet cut = { .tcp = { .seq = 6, .ack = 7001, .flags = TCP_ACK | TCP_FIN },
				    .payload = span_of("abc", 3),
				    .payload_wire = 10 };
	reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &cut);
	const struct packet ack = { .tcp = { .seq = 7001, .ack = 6 + 10 + 1, .flags = TCP_ACK } };
	reasm_segment(&rig.r, &rig.ctx, DIR_REPLY, &ack);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "abc_");
	CU_ASSERT_EQUAL(rig.r.dir[DIR_ORIG].next, 16);
	rig_end();
}

static void test_flush(void)
{
	start(5);
	OPEN();
	give(DIR_ORIG, TCP_ACK, 1, 2, 0, 0);
	give(DIR_ORIG, TCP_ACK, 5, 2, 0, 0);
	give(DIR_REPLY, TCP_ACK, 3, 1, 0, 0);
	reasm_flush(&rig.r, &rig.ctx);
	CU_ASSERT_STRING_EQUAL(story(DIR_ORIG), "_bc_fg");
	CU_ASSERT_STRING_EQUAL(story(DIR_REPLY), "_d");
	CU_ASSERT_EQUAL(bufpool_used(rig.ctx.bufs), 0);
	rig_end();
}

/* What a peer may send for a held list, and what the check thinks of it. */
static void test_check(void)
{
	uint8_t some[8] = { 0 };
	struct reasm_held h = { .n = 2, .seg = { { 10, { .p = some, .len = 4 } }, { 14, { .p = some, .len = 4 } } } };
	const struct reasm_dir good = { .started = true, .next = 5, .held_bytes = 8, .held = &h };
	struct reasm_dir r = good;
	CU_ASSERT_TRUE(reasm_check(&r));
	r.held_bytes = 7;
	CU_ASSERT_FALSE(reasm_check(&r));
	r = good;
	r.started = false;
	CU_ASSERT_FALSE(reasm_check(&r));
	r = good;
	r.next = 10; /* in order already: it would have been delivered */
	CU_ASSERT_FALSE(reasm_check(&r));
	r = good;
	h.seg[1].seq = 13; /* overlapping */
	CU_ASSERT_FALSE(reasm_check(&r));
	h.seg[1].seq = 6; /* out of order */
	CU_ASSERT_FALSE(reasm_check(&r));
	h.seg[1].seq = 14;
	h.seg[1].data.len = 0;
	r.held_bytes = 4;
	CU_ASSERT_FALSE(reasm_check(&r));
	h.n = 0;
	r.held_bytes = 0;
	CU_ASSERT_FALSE(reasm_check(&r));
	r.held = NULL;
	CU_ASSERT_TRUE(reasm_check(&r));
	r.held_bytes = 1;
	CU_ASSERT_FALSE(reasm_check(&r));
}

/* Octets that nobody reads are not kept; those read before stay until they are acknowledged, or others are kept again. */
static void test_unread(void)
{
	static const struct { /* what a row does: data of n octets, or up to where the receiver acknowledges */
		bool keep;
		int n, ack;
		uint32_t kept;
		int turn;      /* its place; -1: there is none */
		uint8_t reading;
		int gone;      /* first octet that cannot be compared any more, and the end of those */
		int gone_end;
	} row[] = {
		{ true, 10, -1, 10, -1, REASM_READ, 0, 0 },     { false, 5, -1, 10, 10, REASM_UNREAD, 0, 0 },
		{ false, 5, -1, 10, 10, REASM_UNREAD, 0, 0 },   { false, 0, 4, 6, 10, REASM_UNREAD, 0, 0 },
		{ false, 0, 15, 0, 10, REASM_UNREAD, 0, 0 },    { false, 5, -1, 0, 10, REASM_UNREAD, 0, 0 },
		{ true, 8, -1, 8, 25, REASM_READ_AGAIN, 0, 0 }, { true, 0, 25, 8, 25, REASM_READ_AGAIN, 0, 0 },
		{ false, 2, -1, 8, 33, REASM_UNREAD, 0, 0 },    { true, 4, -1, 4, 25, REASM_READ_AGAIN, 25, 35 },
		{ true, 0, 36, 3, 25, REASM_READ_AGAIN, 0, 0 },
	};
	for (size_t b = 0; b < 2; b++) {
		int64_t at = 0, acked = 0;
		rig_start(b == 0 ? 5 : UINT32_MAX - 20, 7, 1 << 20, 1024);
		OPEN();
		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			const struct reasm_dir *r = &rig.r.dir[DIR_ORIG];
			const uint32_t first = rig.isn[DIR_ORIG] + 1;
			rig.ctx.keep[DIR_ORIG] = row[i].keep;
			if (row[i].n != 0)
				give(DIR_ORIG, TCP_ACK, at, (size_t)row[i].n, 0, 0);
			acked = row[i].ack >= 0 ? row[i].ack : acked;
			if (row[i].ack >= 0)
				give(DIR_REPLY, TCP_ACK, 0, 0, acked, 0);
			at += row[i].n;
			CU_ASSERT_EQUAL(reasm_kept(r), row[i].kept);
			CU_ASSERT_EQUAL(r->turn, row[i].turn < 0 ? 0 : first + (uint32_t)row[i].turn);
			CU_ASSERT_EQUAL(r->reading, row[i].reading);
			for (int64_t k = 0; k < at; k++) {
				const uint32_t seq = first + (uint32_t)k;
				CU_ASSERT_EQUAL(reasm_forgotten(r, first + (uint32_t)acked, seq, seq + 1),
						k >= row[i].gone && k < row[i].gone_end);
			}
		}
		rig_end();
	}
}

/* Half a round later the number where that began would lie ahead: it moves along, or is forgotten. */
static void test_unread_long(void)
{
	static const uint32_t far = 3u * REASM_AHEAD_MAX;
	struct reasm_dir *r = &rig.r.dir[DIR_ORIG];
	rig_start(5, 7, 1 << 20, 1024);
	OPEN();
	rig.ctx.keep[DIR_ORIG] = true;
	give(DIR_ORIG, TCP_ACK, 0, 10, 0, 0);
	for (int i = 0; i < 4; i++) {
		struct packet p = { .payload = span_of(rig.truth[DIR_ORIG], 10), .payload_wire = 10 };
		rig.ctx.keep[DIR_ORIG] = i >= 2;
		r->next += far;
		p.tcp = (struct tcp_info){ .seq = r->next, .ack = rig.isn[DIR_REPLY] + 1, .flags = TCP_ACK };
		const uint32_t turned = i == 0 ? r->next : r->next - REASM_AHEAD_MAX;
		reasm_segment(&rig.r, &rig.ctx, DIR_ORIG, &p);
		CU_ASSERT_EQUAL(r->reading, i < 2 ? REASM_UNREAD : i == 2 ? REASM_READ_AGAIN : REASM_READ);
		CU_ASSERT_EQUAL(r->turn, i < 2 ? turned : i == 2 ? r->next - 10 : 0);
		CU_ASSERT_EQUAL(reasm_kept(r), i < 3 ? i % 2 == 0 ? 10 : 0 : 20);
	}
	rig_end();
}

UNIT_MAIN({ "octets that nobody reads", test_unread }, { "far behind where that began", test_unread_long },
	  { "500 random schedules, as the model says", test_random }, { "in order", test_in_order },
	  { "the sequence number wraps", test_wrap }, { "the bytes that came first win", test_first_wins },
	  { "an acknowledgement up to the first held byte", test_ack_up_to_held }, { "a segment of no window", test_far_ahead },
	  { "a SYN with data", test_syn_with_data }, { "of two SYNs the answered one", test_syn_answered },
	  { "a FIN's number is no byte", test_fin }, { "forged FIN and RST blind nobody", test_forged_end },
	  { "cap of segments", test_segment_cap }, { "cap of octets", test_octet_cap }, { "no memory", test_no_memory },
	  { "a packet cut short", test_truncated }, { "the end tells what was held", test_flush },
	  { "what the check refuses", test_check })
