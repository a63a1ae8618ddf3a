/* test_replica.c - an active node and its standby without a link: joining while packets flow, batches in flight and their
 * records, parting, beginning anew, and what no peer would send.
 */
#include "tests/unit/replica_rig.h"

static struct script script;

/* --- joining ------------------------------------------------------------------------------------------------ */

static void begin(uint16_t from, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		open_flow(&a, (uint16_t)(from + i));
		segment(&a, (uint16_t)(from + i), TCP_ACK, "left one");
	}
}

/* Between two steps: one goes on, one ends at once (a reset and a new SYN), one begins, and old ones time out. */
static void traffic(unsigned i)
{
	segment(&a, (uint16_t)(2000 + i % 50), TCP_ACK, "right");
	segment(&a, (uint16_t)(2000 + (i * 7 + 3) % 50), TCP_RST, "");
	segment(&a, (uint16_t)(2000 + (i * 7 + 3) % 50), TCP_SYN, "");
	segment(&a, (uint16_t)(3000 + i), TCP_SYN, "");
	a.now = mono_add(a.now, 300 * NS_PER_MS); /* ten seconds until a half-open one ends */
	engine_tick(a.r.engine, a.now);
}

static void join_in_steps(size_t step, unsigned per_step)
{
	unsigned rounds = 0, n = 0;
	both_new();
	begin(2000, 50);
	begin(2500, 10);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	CU_ASSERT_EQUAL(replica_bulk(&a.r, 0), 60);
	CU_ASSERT_FALSE(a.r.whole);
	for (size_t left = 1; left != 0 && rounds < 200; rounds++) {
		left = replica_bulk(&a.r, step);
		for (unsigned i = 0; i < per_step; i++)
			traffic(n++);
		tell(&a, &b);
		CU_ASSERT_EQUAL(b.r.whole, left == 0);
		CU_ASSERT_EQUAL(b.r.last.whole, left == 0);
		CU_ASSERT_EQUAL(a.r.whole_seq, left == 0 ? a.r.sender.seq : 0);
	}
	CU_ASSERT_TRUE(rounds < 200 && (step >= 60 || rounds > 1));
	for (unsigned i = 0; i < 5; i++) {
		traffic(n++);
		tell(&a, &b);
	}
	CU_ASSERT_EQUAL(session_count(engine_sessions(a.r.engine)), session_count(engine_sessions(b.r.engine)));
	same_tables();
	both_free();
}

static void test_join(void)
{
	static const size_t steps[] = { 1, 2, 7, 59, 60, 61, 1000 };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		for (unsigned per = 0; per < 4; per++)
			join_in_steps(steps[i], per);
}

/* At every packet of the script one joins: what follows is seen by both alike. */
static void test_join_anywhere(void)
{
	script_make(&script, 18);
	for (size_t at = 0; at < script.n; at += 5) {
		both_new();
		for (size_t i = 0; i < at; i++)
			(void)play(&a, script.p[i]);
		CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
		CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
		for (size_t i = at, left = 1; i < script.n || left != 0; i++) {
			left = replica_bulk(&a.r, 1);
			if (i < script.n)
				(void)play(&a, script.p[i]);
			tell(&a, &b);
		}
		CU_ASSERT_TRUE(b.r.whole);
		same_tables();
		both_free();
	}
}

static void test_empty(void)
{
	both_new();
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	CU_ASSERT_EQUAL(replica_bulk(&a.r, 0), 0);
	tell(&a, &b);
	CU_ASSERT_FALSE(b.r.whole); /* nothing was asked for yet */
	CU_ASSERT_EQUAL(replica_bulk(&a.r, 1), 0);
	tell(&a, &b);
	CU_ASSERT_TRUE(b.r.whole);
	CU_ASSERT_EQUAL(a.r.whole_seq, 2);
	both_free();
}

/* --- batches in flight -------------------------------------------------------------------------------------- */

static unsigned waiting(const struct replica *r, uint64_t upto)
{
	unsigned n = 0;
	for (size_t i = 0; i < r->recs.n; i++)
		n += r->recs.seq[i] <= upto;
	return n;
}

/* A record leaves when its batch does, and not before; all of them leave once and in order. */
static void test_flights(void)
{
	struct side alone;
	script_make(&script, 18);
	both_new();
	side_new(&alone);
	join_whole();
	size_t i = 0;
	unsigned most = 0;
	const uint64_t first = a.r.sender.seq;
	while (i < script.n) {
		for (unsigned k = 0; k < 6 && i < script.n; k++, i++) {
			(void)play(&a, script.p[i]);
			(void)play(&alone, script.p[i]);
		}
		tell(&a, &b);
		const unsigned before = a.n, lag = (unsigned)(i / 6 % 5);
		most = a.r.recs.n > most ? (unsigned)a.r.recs.n : most;
		CU_ASSERT_EQUAL(a.n + a.r.recs.n, alone.n);
		if (a.r.sender.seq < first + lag)
			continue;
		const uint64_t seq = a.r.sender.seq - lag;
		const unsigned due = waiting(&a.r, seq);
		replica_release(&a.r, seq);
		CU_ASSERT_EQUAL(a.n, before + due);
		CU_ASSERT_EQUAL(waiting(&a.r, seq), 0);
	}
	CU_ASSERT_TRUE(most > 3);
	replica_release(&a.r, a.r.sender.seq);
	CU_ASSERT_EQUAL(a.r.recs.n, 0);
	CU_ASSERT_TRUE(alone.n > 10);
	CU_ASSERT_STRING_EQUAL(a.told.p, alone.told.p);
	CU_ASSERT_EQUAL(b.n, 0);
	side_free(&alone);
	both_free();
}

/* The next batch tells what was written: the standby forgets those records; the others it writes when it takes over. */
static void test_released(void)
{
	both_new();
	join_whole();
	for (unsigned i = 0; i < 4; i++) {
		open_flow(&a, (uint16_t)(2000 + i));
		segment(&a, (uint16_t)(2000 + i), TCP_ACK, "left right again");
		CU_ASSERT_TRUE(replica_pending(&a.r));
		tell(&a, &b);
	}
	CU_ASSERT_EQUAL(a.n, 0);
	CU_ASSERT_EQUAL(b.r.recs.n, a.r.recs.n);
	CU_ASSERT_EQUAL(b.r.recs.n, 8); /* split and tagged, of each */
	replica_release(&a.r, 3);
	CU_ASSERT_EQUAL(a.n, 4);
	CU_ASSERT_EQUAL(b.r.recs.n, 8);
	CU_ASSERT_FALSE(replica_pending(&a.r));
	tell(&a, &b);
	CU_ASSERT_EQUAL(b.r.recs.n, 8); /* released, but perhaps not in the log yet */
	a.r.written = 3;
	tell(&a, &b);
	CU_ASSERT_EQUAL(b.r.recs.n, 4);
	CU_ASSERT_EQUAL(b.r.last.released, 3);
	replica_promote(&b.r);
	CU_ASSERT_EQUAL(b.n, 4);
	CU_ASSERT_EQUAL(b.r.recs.n, 0);
	replica_part(&a.r); /* nobody took its records away: they are its own to write */
	CU_ASSERT_EQUAL(a.n, 8);
	CU_ASSERT_PTR_NOT_NULL(strstr(a.told.p, b.told.p)); /* the same ones, under the same ids */
	both_free();
}

/* The nodes' configurations count interfaces otherwise: sessions and records that the standby has are of its own numbers. */
static void test_interfaces(void)
{
	static char theirs[11][16] = { [9] = "wan0", [10] = "lan0" }, ours[11][16] = { [4] = "lan0", [5] = "wan0" };
	both_new();
	gen.ifname = theirs;
	gen.n_ifname = ARRAY_LEN(theirs);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	gen.ifname = ours; /* when the standby reads it */
	gen.n_ifname = ARRAY_LEN(ours);
	CU_ASSERT_EQUAL(replica_bulk(&a.r, SESSIONS), 0);
	tell(&a, &b);
	open_flow(&a, 2000);
	segment(&a, 2000, TCP_ACK, "left right again");
	tell(&a, &b);
	replica_promote(&b.r);
	const struct session *s = session_next(engine_sessions(b.r.engine), NULL);
	CU_ASSERT_TRUE(s != NULL && s->s.ifin[DIR_ORIG] == 4 && s->s.ifin[DIR_REPLY] == 5);
	CU_ASSERT_TRUE(b.n == 2 && b.ifin == 4 && b.ifout == 5);
	replica_part(&a.r);
	CU_ASSERT_TRUE(a.n == 2 && a.ifin == 10 && a.ifout == 9);
	gen.ifname = NULL;
	gen.n_ifname = 0;
	both_free();
}

/* A first word that no node says. */
static void test_wrong_hello(void)
{
	uint8_t name[] = { 0, 9, 200, 'x' };
	struct ha_sender tx;
	struct ha_hello h;
	struct span bytes;
	both_new();
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(ha_sender_new(&a.r.key, SESSIONS, &tx), OK);
	tx.stream = 7;
	engine_ha_hello(a.r.engine, &h);
	h.ifnames = (struct buf){ .p = name, .len = sizeof(name) };
	ha_sender_begin(&tx, a.now);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &h), OK);
	CU_ASSERT_EQUAL(ha_sender_commit(&tx, &(struct ha_commit){ .whole = true }, &bytes), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, bytes), ERR_RANGE);
	ha_sender_fini(&tx);
	both_free();
}

/* A peer that never says what is written, as one whose log cannot be, takes no memory without end: the oldest are forgotten. */
static void test_never_written(void)
{
	both_new();
	join_whole();
	b.r.recs.max = 6;
	for (unsigned i = 0; i < 4; i++) {
		open_flow(&a, (uint16_t)(2000 + i));
		segment(&a, (uint16_t)(2000 + i), TCP_ACK, "left right again");
		tell(&a, &b);
	}
	CU_ASSERT_EQUAL(b.r.recs.n, 5);
	CU_ASSERT_EQUAL(b.r.recs.forgotten, 3);
	CU_ASSERT_EQUAL(b.r.recs.seq[4], b.r.receiver.seq); /* the youngest are there */
	both_free();
}

static void test_pending(void)
{
	both_new();
	join_whole();
	CU_ASSERT_FALSE(replica_pending(&a.r));
	segment(&a, 2000, TCP_SYN, "");
	CU_ASSERT_TRUE(replica_pending(&a.r));
	tell(&a, &b);
	CU_ASSERT_FALSE(replica_pending(&a.r));
	a.now = mono_add(a.now, 11 * NS_PER_SEC);
	engine_tick(a.r.engine, a.now); /* an end, and its record */
	CU_ASSERT_TRUE(replica_pending(&a.r));
	CU_ASSERT_EQUAL(a.r.n_ended, 1);
	tell(&a, &b);
	CU_ASSERT_FALSE(replica_pending(&a.r));
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 0);
	CU_ASSERT_EQUAL(b.r.recs.n, 1);
	both_free();
}

/* --- parting, promotion, beginning anew ----------------------------------------------------------------------- */

static void test_part(void)
{
	struct side alone;
	script_make(&script, 18);
	both_new();
	side_new(&alone);
	join_whole();
	for (size_t i = 0; i < script.n; i++) {
		if (i == script.n / 3) {
			replica_part(&a.r);
			CU_ASSERT_EQUAL(a.r.mode, REPLICA_ALONE);
			CU_ASSERT_EQUAL(a.n, alone.n); /* what waited has left */
		}
		if (i == script.n / 2) { /* and another standby */
			CU_ASSERT_FALSE(replica_pending(&a.r));
			join_whole();
		}
		(void)play(&a, script.p[i]);
		(void)play(&alone, script.p[i]);
		if (a.r.mode == REPLICA_ALONE)
			CU_ASSERT_EQUAL(a.n, alone.n);
		if (a.r.mode == REPLICA_ACTIVE && i % 3 == 0)
			tell(&a, &b);
	}
	tell(&a, &b);
	replica_release(&a.r, a.r.sender.seq);
	CU_ASSERT_STRING_EQUAL(a.told.p, alone.told.p);
	same_tables();
	side_free(&alone);
	both_free();
}

/* Half a table is better than none: what it has goes live, what it has not it picks up. */
static void test_promote_early(void)
{
	both_new();
	begin(2000, 20);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	CU_ASSERT_EQUAL(replica_bulk(&a.r, 5), 15);
	tell(&a, &b);
	CU_ASSERT_FALSE(b.r.whole);
	replica_promote(&b.r);
	CU_ASSERT_EQUAL(b.r.mode, REPLICA_ALONE);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 5);
	CU_ASSERT_EQUAL(b.r.packet_nr, a.r.packet_nr);
	b.now = a.now;
	segment(&b, 2000, TCP_ACK, "x");
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 5);
	segment(&b, 2019, TCP_ACK, "x");
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 6);
	both_free();
	/* before a single batch */
	both_new();
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	replica_promote(&b.r);
	segment(&b, 2000, TCP_SYN, "");
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 1);
	both_free();
}

static void test_stand_by_again(void)
{
	both_new();
	begin(2000, 20);
	join_whole();
	open_flow(&a, 2020);
	segment(&a, 2020, TCP_ACK, "left right");
	tell(&a, &b);
	CU_ASSERT_TRUE(b.r.recs.n == 1 && session_count(engine_sessions(b.r.engine)) == 21);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(replica_stand_by(&b.r), OK);
		CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 0);
		CU_ASSERT_TRUE(b.r.recs.n == 0 && !b.r.whole && b.r.receiver.seq == 0 && b.r.last.seq == 0);
	}
	CU_ASSERT_EQUAL(b.n, 0); /* none of it was its own to tell */
	replica_part(&a.r);
	join_whole();
	same_tables();
	both_free();
}

/* A standby that took over has a standby of its own, with all that it had. */
static void test_turns(void)
{
	both_new();
	begin(2000, 20);
	join_whole();
	replica_promote(&b.r);
	b.now = a.now;
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&a.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&b.r), OK);
	(void)replica_bulk(&b.r, SESSIONS);
	segment(&b, 4000, TCP_SYN, "");
	tell(&b, &a);
	CU_ASSERT_TRUE(a.r.whole);
	CU_ASSERT_EQUAL(session_count(engine_sessions(a.r.engine)), 21);
	replica_promote(&a.r);
	char *x = lists(&a), *y = lists(&b);
	CU_ASSERT_STRING_EQUAL(x, y);
	free(x);
	free(y);
	both_free();
}

/* --- what comes over the link ----------------------------------------------------------------------------------- */

static struct wr ack_of(uint64_t seq, uint8_t *room, size_t cap)
{
	struct wr w = wr_of(room, cap);
	const uint64_t had = b.r.receiver.seq;
	b.r.receiver.seq = seq;
	CU_ASSERT_EQUAL(ha_receiver_ack(&b.r.receiver, &w), OK);
	b.r.receiver.seq = had;
	return w;
}

static void test_acks(void)
{
	uint8_t room[64];
	size_t used;
	both_new();
	join_whole();
	for (unsigned i = 0; i < 9; i++) {
		segment(&a, (uint16_t)(2000 + i), TCP_SYN, "");
		tell(&a, &b);
	}
	struct ha_sender *s = &a.r.sender;
	CU_ASSERT_EQUAL(s->seq, 10);
	struct wr w = ack_of(4, room, sizeof(room));
	for (size_t n = 0; n < w.len; n++) { /* not there yet */
		CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, n), &used), OK);
		CU_ASSERT_TRUE(used == 0 && s->acked == 0);
	}
	CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, w.len), &used), OK);
	CU_ASSERT_TRUE(used == w.len && s->acked == 4);
	CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, w.len), &used), OK); /* again is no harm */
	(void)ack_of(3, room, sizeof(room));
	CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, w.len), &used), OK); /* overtaken */
	(void)ack_of(11, room, sizeof(room));
	CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, w.len), &used), ERR_MALFORMED);
	const struct wr far = ack_of(UINT64_MAX, room, sizeof(room));
	CU_ASSERT_NOT_EQUAL(ha_sender_acks(s, span_of(room, far.len), &used), OK);
	CU_ASSERT_EQUAL(s->acked, 4);
	/* a good one and part of the next */
	w = ack_of(5, room, sizeof(room));
	const size_t one = w.len;
	(void)ack_of(10, room + one, sizeof(room) - one);
	CU_ASSERT_EQUAL(ha_sender_acks(s, span_of(room, one + 3), &used), OK);
	CU_ASSERT_TRUE(used == one && s->acked == 5);
	/* each octet changed: refused, not there yet, or an acknowledgement that can be true */
	w = ack_of(7, room, sizeof(room));
	for (size_t i = 0; i < w.len; i++)
		for (unsigned x = 1; x < 256; x++) {
			s->acked = 5;
			room[i] = (uint8_t)(room[i] ^ x);
			const enum err e = ha_sender_acks(s, span_of(room, w.len), &used);
			CU_ASSERT_TRUE(s->acked >= 5 && s->acked <= 10 && used <= w.len && (e == OK || s->acked == 5));
			room[i] = (uint8_t)(room[i] ^ x);
		}
	/* bytes of a batch are none */
	segment(&a, 2500, TCP_SYN, "");
	CU_ASSERT_EQUAL(ha_sender_acks(s, commit(&a), &used), ERR_MALFORMED);
	both_free();
}

static uint8_t *batch;
static size_t batch_len;

/* A whole conversation of two batches, kept; from is where the second begins. */
static void keep(struct span s)
{
	batch = realloc(batch, batch_len + s.len + 1);
	memcpy(batch + batch_len, s.p, s.len);
	batch_len += s.len;
}

static size_t conversation(void)
{
	both_new();
	begin(2000, 1);
	batch_len = 0;
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	(void)replica_bulk(&a.r, SESSIONS);
	keep(commit(&a));
	const size_t from = batch_len;
	segment(&a, 2001, TCP_SYN, "");
	keep(commit(&a));
	return from;
}

/* Cut anywhere and fed in two parts it is the same; the first part alone applies whole batches only. */
static void test_truncations(void)
{
	const size_t from = conversation();
	for (size_t i = 0; i <= batch_len; i++) {
		CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
		CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch, i)), OK);
		CU_ASSERT_EQUAL(b.r.receiver.seq, i < from ? 0 : i < batch_len ? 1 : 2);
		CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), i < from ? 0 : i < batch_len ? 1 : 2);
		CU_ASSERT_EQUAL(b.r.whole, i >= from);
		CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch + i, batch_len - i)), OK);
		CU_ASSERT_EQUAL(b.r.receiver.seq, 2);
		CU_ASSERT_EQUAL(ha_cache_digest(b.r.receiver.cache), ha_cache_digest(a.r.sender.cache));
		CU_ASSERT_EQUAL(b.r.digest_mismatches, 0);
	}
	same_tables();
	both_free();
}

/* Each octet changed: no crash, nothing half applied that counts as whole without being told, and a new beginning heals it. */
static void test_octets(void)
{
	static const unsigned flips[] = { 0x01, 0x80, 0x10 };
	const size_t from = conversation();
	unsigned refused = 0;
	for (size_t i = 0; i < batch_len; i++)
		for (size_t k = i % 3; k <= i % 3; k++) {
			CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
			batch[i] = (uint8_t)(batch[i] ^ flips[k]);
			const enum err e = replica_feed(&b.r, span_of(batch, batch_len));
			batch[i] = (uint8_t)(batch[i] ^ flips[k]);
			refused += e != OK;
			CU_ASSERT_TRUE(b.r.receiver.seq <= 2 && session_count(engine_sessions(b.r.engine)) <= 2);
			CU_ASSERT_TRUE(e == OK || b.r.receiver.seq < 2 || i < from);
			if (e != OK) {
				CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch, batch_len)), e); /* and for good */
			}
		}
	CU_ASSERT_TRUE(refused > batch_len / 4);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch, batch_len)), OK);
	same_tables();
	both_free();
}

/* A batch left out and brought later, one sent again, and a conversation without its beginning. */
static void test_sequence(void)
{
	const size_t from = conversation();
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch + from, batch_len - from)), OK); /* kept */
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), 0);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch, from)), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch, from)), OK);
	CU_ASSERT_TRUE(b.r.receiver.seq == 1 && b.r.receiver.n_batches == 3);
	(void)commit(&a);
	CU_ASSERT_EQUAL(replica_feed(&b.r, commit(&a)), OK); /* the fourth after the first */
	CU_ASSERT_EQUAL(b.r.receiver.seq, 1);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(batch + from, batch_len - from)), OK);
	struct span third;
	CU_ASSERT_TRUE(ha_sender_again(&a.r.sender, 3, &third) == OK && replica_feed(&b.r, third) == OK);
	CU_ASSERT_TRUE(b.r.receiver.seq == 4 && b.r.digest_mismatches == 0);
	both_free();
	free(batch);
}

UNIT_MAIN({ "joined in steps while packets flow", test_join }, { "joined at any packet", test_join_anywhere },
	  { "joined with nothing there", test_empty }, { "batches in flight", test_flights },
	  { "what was written", test_released }, { "interfaces by name", test_interfaces }, { "a wrong hello", test_wrong_hello },
	  { "what is never written", test_never_written },
	  { "what is pending", test_pending }, { "parting", test_part }, { "promoted before whole", test_promote_early },
	  { "a standby begins anew", test_stand_by_again }, { "turns", test_turns }, { "acknowledgements", test_acks },
	  { "every truncation", test_truncations }, { "every octet", test_octets }, { "sequence", test_sequence })
