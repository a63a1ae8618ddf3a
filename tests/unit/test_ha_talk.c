/* test_ha_talk.c - a stream that outlives what carries it: batches and acknowledgements lost, doubled and out of order, cut
 * connections, a second link, an overflown resend queue, peers of the version before.
 */
#include "tests/unit/sync_rig.h"

enum { BATCHES = 60, WIRE_MAX = 512, RESEND_NS = 20 * 1000000 };

/* --- a channel that loses, doubles and delays ------------------------------------------------------------------------ */

struct parcel {
	uint8_t *p;
	size_t len;
	uint64_t due;
};

struct channel {
	struct parcel v[WIRE_MAX];
	unsigned n;
	unsigned loss, twice, late; /* percent */
	uint64_t rnd, lost, doubled, delayed;
};

static void post_one(struct channel *c, struct span s, uint64_t now)
{
	const bool late = help_below(&c->rnd, 100) < c->late;
	CU_ASSERT_FATAL(c->n < WIRE_MAX);
	c->delayed += late;
	c->v[c->n] = (struct parcel){ .p = malloc(s.len), .len = s.len, .due = now + 1 + (late ? help_below(&c->rnd, 12) : 0) };
	memcpy(c->v[c->n++].p, s.p, s.len);
}

static void post(struct channel *c, struct span s, uint64_t now)
{
	if (help_below(&c->rnd, 100) < c->loss) {
		c->lost++;
		return;
	}
	post_one(c, s, now);
	if (help_below(&c->rnd, 100) < c->twice) {
		c->doubled++;
		post_one(c, s, now);
	}
}

/* The next one that has arrived by now; its memory is the caller's. */
static bool arrived(struct channel *c, uint64_t now, struct parcel *out)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->v[i].due > now)
			continue;
		*out = c->v[i];
		memmove(&c->v[i], &c->v[i + 1], (--c->n - i) * sizeof(c->v[0]));
		return true;
	}
	return false;
}

/* --- a conversation over it ---------------------------------------------------------------------------------------------- */

struct talk {
	struct ha_sender tx;
	struct standby *s;
	struct channel there, back;
	uint64_t answered, now;
	bool mute; /* nothing is sent again: the harness must notice */
};

static void send_again(struct talk *t, uint64_t from, uint64_t upto)
{
	struct span b;
	for (uint64_t seq = from; seq <= upto && !t->mute; seq++) {
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(&t->tx, seq, &b), OK);
		post(&t->there, b, t->now);
	}
}

static void sender_turn(struct talk *t)
{
	struct parcel p;
	size_t used;
	while (arrived(&t->back, t->now, &p)) {
		CU_ASSERT_EQUAL_FATAL(ha_sender_acks(&t->tx, span_of(p.p, p.len), &used), OK);
		CU_ASSERT_EQUAL(used, p.len);
		free(p.p);
	}
	if (t->tx.missing != 0)
		send_again(t, t->tx.acked + 1, t->tx.missing);
	t->tx.missing = 0;
	if (ha_sender_overdue(&t->tx, mono_ns((int64_t)t->now * 1000000), RESEND_NS))
		send_again(t, t->tx.acked + 1, t->tx.seq);
}

static void standby_turn(struct talk *t)
{
	struct parcel p;
	uint8_t room[HA_ACK_MAX];
	while (arrived(&t->there, t->now, &p)) {
		CU_ASSERT_EQUAL_FATAL(ha_receiver_feed(&t->s->rx, span_of(p.p, p.len)), OK);
		free(p.p);
		if (t->answered == t->s->rx.n_batches)
			continue;
		struct wr w = wr_of(room, sizeof(room));
		CU_ASSERT_EQUAL_FATAL(ha_receiver_ack(&t->s->rx, &w), OK);
		post(&t->back, span_of(room, w.len), t->now);
		t->answered = t->s->rx.n_batches;
	}
}

static void random_batch(struct talk *t, uint64_t *rnd)
{
	for (unsigned k = 0; k < 2; k++) {
		const uint64_t serial = 1 + help_below(rnd, MAX_SESSIONS);
		if (help_below(rnd, 5) == 0) {
			CU_ASSERT_EQUAL(ha_sender_ended(&t->tx, serial), OK);
		} else {
			send(&t->tx, serial, help_rand(rnd));
		}
	}
}

static uint8_t batch_mem[1 << 17];

/* Returns how many turns it took until all was acknowledged; 0: never. */
static unsigned run(struct talk *t, uint64_t seed)
{
	uint64_t rnd = seed;
	t->tx = new_sender(MAX_SESSIONS);
	t->s = new_standby(MAX_SESSIONS);
	t->there.rnd = seed + 1;
	t->back.rnd = seed + 2;
	CU_ASSERT_EQUAL(ha_sender_hello(&t->tx, &hello), OK);
	for (t->now = 1; t->now < 20000; t->now++) {
		if (t->tx.seq < BATCHES && t->tx.seq - t->tx.acked < 12) {
			random_batch(t, &rnd);
			post(&t->there, close_batch(&t->tx, batch_mem, sizeof(batch_mem)), t->now);
		}
		standby_turn(t);
		sender_turn(t);
		if (t->tx.acked == BATCHES)
			break;
	}
	struct parcel p;
	while (arrived(&t->there, UINT64_MAX, &p) || arrived(&t->back, UINT64_MAX, &p))
		free(p.p);
	return t->tx.acked == BATCHES ? (unsigned)t->now : 0;
}

static void finish(struct talk *t)
{
	ha_sender_fini(&t->tx);
	ha_receiver_fini(&t->s->rx);
}

static char expected[LOG_CAP];

/* Whatever a channel does, what is applied is the same, in the same order, once. */
static void test_channel(void)
{
	static struct talk t;
	static const unsigned loss[] = { 0, 10, 40, 0, 30 }, twice[] = { 0, 0, 20, 30, 50 }, late[] = { 0, 0, 0, 60, 70 };
	uint64_t lost = 0, doubled = 0, delayed = 0, resent = 0, early = 0, again = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		for (size_t k = 0; k < ARRAY_LEN(loss); k++) {
			memset(&t, 0, sizeof(t));
			t.there.loss = t.back.loss = loss[k];
			t.there.twice = t.back.twice = twice[k];
			t.there.late = t.back.late = late[k];
			CU_ASSERT_NOT_EQUAL(run(&t, seed), 0);
			CU_ASSERT_EQUAL(t.s->rx.seq, BATCHES);
			CU_ASSERT_EQUAL(t.s->mismatches, 0);
			CU_ASSERT_EQUAL(t.s->anew, 1);
			CU_ASSERT_EQUAL(ha_cache_digest(t.s->rx.cache), ha_cache_digest(t.tx.cache));
			if (k == 0) {
				memcpy(expected, t.s->text, sizeof(expected));
				CU_ASSERT_EQUAL(t.tx.n_resent, 0);
			}
			CU_ASSERT_STRING_EQUAL(t.s->text, expected);
			lost += t.there.lost + t.back.lost;
			doubled += t.there.doubled + t.back.doubled;
			delayed += t.there.delayed + t.back.delayed;
			resent += t.tx.n_resent;
			early += t.s->rx.n_early;
			again += t.s->rx.n_doubled;
			finish(&t);
		}
	}
	/* the channel did what it is for, and so did what makes it good */
	CU_ASSERT_TRUE(lost > 1000 && doubled > 1000 && delayed > 1000);
	CU_ASSERT_TRUE(resent > 1000 && early > 500 && again > 1000);
}

/* The harness sees a fault: nothing sent again, and the conversation never ends. */
static void test_planted(void)
{
	static struct talk t;
	memset(&t, 0, sizeof(t));
	t.there.loss = 10;
	t.mute = true;
	CU_ASSERT_EQUAL(run(&t, 1), 0);
	CU_ASSERT_TRUE(t.s->rx.seq < BATCHES);
	finish(&t);
}

/* --- acknowledgements ---------------------------------------------------------------------------------------------------- */

static enum err acks(struct ha_sender *tx, struct ha_ack a)
{
	struct ha_wire *w;
	uint8_t mem[HA_ACK_MAX];
	struct wr out = wr_of(mem, sizeof(mem));
	size_t used;
	CU_ASSERT_EQUAL_FATAL(ha_wire_new(&w), OK);
	CU_ASSERT_EQUAL_FATAL(ha_wire_encode(w, HA_ACK, &a, mono_ns(0), &out), OK);
	ha_wire_free(w);
	return ha_sender_acks(tx, span_of(mem, out.len), &used);
}

static void send_batches(struct ha_sender *tx, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		send(tx, 1 + tx->seq % MAX_SESSIONS, tx->seq);
		(void)close_batch(tx, batch_mem, sizeof(batch_mem));
	}
}

static void test_acks(void)
{
	static const struct {
		struct ha_ack a;
		enum err e;
		uint64_t acked, missing;
	} row[] = {
		{ { .seq = 3, .stream = 7 }, OK, 3, 0 },
		{ { .seq = 2, .stream = 7 }, OK, 3, 0 },                      /* overtaken: says nothing */
		{ { .seq = 2, .missing = 5, .stream = 7, .version = 2 }, OK, 3, 0 },
		{ { .seq = 4, .stream = 8, .version = 2 }, OK, 3, 0 },        /* of another stream */
		{ { .seq = 4, .stream = 0, .version = 2 }, OK, 3, 0 },        /* of none */
		{ { .seq = 4, .stream = 7, .version = 2 }, OK, 4, 0 },
		{ { .seq = 4, .missing = 6, .stream = 7, .version = 2 }, OK, 4, 6 },
		{ { .seq = 4, .missing = 6, .stream = 7, .version = 2 }, OK, 4, 0 }, /* answered already */
		{ { .seq = 4, .missing = 7, .stream = 7, .version = 2 }, OK, 4, 7 },
		{ { .seq = 5, .missing = 6, .stream = 7, .version = 2 }, OK, 5, 6 },
		{ { .seq = 5, .missing = 5, .stream = 7, .version = 2 }, OK, 5, 0 }, /* nothing is missing behind 5 up to 5 */
		{ { .seq = 6, .missing = 11, .stream = 7, .version = 2 }, ERR_MALFORMED, 5, 0 },
		{ { .seq = 11, .stream = 7 }, ERR_MALFORMED, 5, 0 },
		{ { .seq = 11, .stream = 8, .version = 2 }, OK, 5, 0 },
		{ { .seq = 10, .stream = 7, .version = 2 }, OK, 10, 0 },
	};
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	tx.stream = 7;
	send_batches(&tx, 10);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		tx.missing = 0;
		CU_ASSERT_EQUAL(acks(&tx, row[i].a), row[i].e);
		CU_ASSERT_EQUAL(tx.acked, row[i].acked);
		CU_ASSERT_EQUAL(tx.missing, row[i].missing);
		CU_ASSERT_EQUAL(tx.resend.first, row[i].acked + 1);
	}
	CU_ASSERT_EQUAL(tx.n_stray, 5);
	CU_ASSERT_FALSE(tx.lost);
	CU_ASSERT_EQUAL(acks(&tx, (struct ha_ack){ .stream = 8, .version = 2, .lost = true }), OK);
	CU_ASSERT_FALSE(tx.lost);
	CU_ASSERT_EQUAL(acks(&tx, (struct ha_ack){ .stream = 7, .version = 2, .lost = true }), OK);
	CU_ASSERT_TRUE(tx.lost);
	CU_ASSERT_EQUAL(tx.acked, 10);
	ha_sender_fini(&tx);
}

/* Time comes from outside alone. */
static void test_overdue(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	const int64_t ms = 1000000;
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(0), 20 * ms));
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(900 * ms), 20 * ms)); /* nothing waits */
	send_batches(&tx, 3);
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(1000 * ms), 20 * ms));
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(1019 * ms), 20 * ms));
	CU_ASSERT_TRUE(ha_sender_overdue(&tx, mono_ns(1020 * ms), 20 * ms));
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(1021 * ms), 20 * ms));
	CU_ASSERT_TRUE(ha_sender_overdue(&tx, mono_ns(1040 * ms), 20 * ms));
	CU_ASSERT_EQUAL(acks(&tx, (struct ha_ack){ .seq = 1, .stream = 1 }), OK);
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(1060 * ms), 20 * ms)); /* another one is the oldest */
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(1079 * ms), 20 * ms));
	CU_ASSERT_TRUE(ha_sender_overdue(&tx, mono_ns(1080 * ms), 20 * ms));
	CU_ASSERT_EQUAL(acks(&tx, (struct ha_ack){ .seq = 3, .stream = 1 }), OK);
	CU_ASSERT_FALSE(ha_sender_overdue(&tx, mono_ns(9000 * ms), 20 * ms));
	ha_sender_fini(&tx);
}

/* --- connections --------------------------------------------------------------------------------------------------------- */

static void feed_link(struct standby *s, unsigned link, struct span b)
{
	CU_ASSERT_EQUAL(ha_receiver_feed_link(&s->rx, link, b), OK);
}

static void greet_link(struct standby *s, unsigned link, struct ha_sender *tx, uint64_t whole_from)
{
	uint8_t mem[HA_HELLO_MAX];
	struct wr w = wr_of(mem, sizeof(mem));
	CU_ASSERT_EQUAL_FATAL(ha_sender_greet(tx, &hello, whole_from, &w), OK);
	feed_link(s, link, span_of(mem, w.len));
}

static void send_on(struct standby *s, unsigned link, struct ha_sender *tx, uint64_t from)
{
	struct span b;
	for (uint64_t seq = from; seq <= tx->seq; seq++) {
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(tx, seq, &b), OK);
		feed_link(s, link, b);
	}
}

static struct ha_ack ack_of(struct standby *s)
{
	uint8_t mem[HA_ACK_MAX];
	struct wr w = wr_of(mem, sizeof(mem));
	struct ha_wire *wire;
	const void *plain;
	CU_ASSERT_EQUAL_FATAL(ha_receiver_ack(&s->rx, &w), OK);
	CU_ASSERT_EQUAL_FATAL(ha_wire_new(&wire), OK);
	CU_ASSERT_EQUAL_FATAL(
		ha_wire_decode(wire, HA_ACK, span_of(mem + HA_FRAME_HEADER, w.len - HA_FRAME_HEADER), mono_ns(0), &plain), OK);
	const struct ha_ack a = *(const struct ha_ack *)plain;
	ha_wire_free(wire);
	return a;
}

/* A connection is cut within a batch; the rest comes whole over the other link, nothing twice. */
static void test_other_link(void)
{
	for (size_t cut = 0; cut < 400; cut += 7) {
		struct ha_sender tx = new_sender(MAX_SESSIONS);
		struct standby *s = new_standby(MAX_SESSIONS);
		struct span b;
		CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
		send_batches(&tx, 3);
		send_on(s, 0, &tx, 1);
		greet_link(s, 1, &tx, 0);
		send_batches(&tx, 2);
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(&tx, 4, &b), OK);
		CU_ASSERT_FATAL(cut < b.len);
		feed_link(s, 0, span_of(b.p, cut));
		send_on(s, 1, &tx, 2);
		CU_ASSERT_EQUAL(s->rx.seq, 5);
		CU_ASSERT_EQUAL(s->rx.n_doubled, 2);
		/* the first link comes back: what its last connection left is no part of what this one brings */
		ha_receiver_connected(&s->rx, 0);
		greet_link(s, 0, &tx, 0);
		send_batches(&tx, 1);
		send_on(s, 0, &tx, 6);
		CU_ASSERT_EQUAL(s->rx.seq, 6);
		CU_ASSERT_EQUAL(s->anew, 1);
		CU_ASSERT_EQUAL(s->mismatches, 0);
		ha_sender_fini(&tx);
		ha_receiver_fini(&s->rx);
	}
}

/* A stream goes on where it stood, told from when on its standby may count itself whole. */
static void test_goes_on(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send_batches(&tx, 4);
	send_on(s, 0, &tx, 1);
	CU_ASSERT_EQUAL(acks(&tx, ack_of(s)), OK);
	send_batches(&tx, 5);
	ha_receiver_connected(&s->rx, 0);
	CU_ASSERT_TRUE(ha_sender_reaches(&tx, s->rx.seq));
	greet_link(s, 0, &tx, 9);
	CU_ASSERT_EQUAL(s->rx.peer.whole_from, 9);
	send_on(s, 0, &tx, 5);
	CU_ASSERT_EQUAL(s->rx.seq, 9);
	CU_ASSERT_EQUAL(s->anew, 1);
	const struct ha_ack a = ack_of(s);
	CU_ASSERT_EQUAL(a.seq, 9);
	CU_ASSERT_EQUAL(a.version, HA_VERSION);
	CU_ASSERT_EQUAL(a.stream, tx.stream);
	CU_ASSERT_FALSE(a.lost);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* The queue has overflown, or the standby is another one: it says so, and takes nothing of that stream. */
static void test_lost(void)
{
	for (unsigned k = 0; k < 3; k++) {
		struct ha_sender tx = new_sender(MAX_SESSIONS);
		struct standby *s = new_standby(MAX_SESSIONS);
		struct span b;
		ha_resend_fini(&tx.resend);
		CU_ASSERT_EQUAL_FATAL(ha_resend_new(k == 0 ? 20000 : 1 << 20, 64, &tx.resend), OK);
		CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
		send_batches(&tx, 2);
		if (k == 0) /* it was here when the link broke */
			send_on(s, 0, &tx, 1);
		CU_ASSERT_EQUAL(acks(&tx, (struct ha_ack){ .seq = 2, .stream = 1, .version = 2 }), OK);
		send_batches(&tx, 20);
		CU_ASSERT_EQUAL(ha_sender_reaches(&tx, 2), k != 0);
		CU_ASSERT_EQUAL(ha_sender_again(&tx, 3, &b), k == 0 ? ERR_STALE : OK);
		if (k == 2) { /* it took part in another stream */
			struct ha_sender other = new_sender(MAX_SESSIONS);
			other.stream = 99;
			CU_ASSERT_EQUAL(ha_sender_hello(&other, &hello), OK);
			send_batches(&other, 2);
			send_on(s, 0, &other, 1);
			ha_sender_fini(&other);
		}
		const uint64_t had = s->rx.seq, batches = s->rx.n_batches;
		ha_receiver_connected(&s->rx, 0);
		greet_link(s, 0, &tx, 0);
		CU_ASSERT_EQUAL(s->rx.n_batches, batches + 1); /* to be answered */
		send_on(s, 0, &tx, tx.seq);
		CU_ASSERT_EQUAL(s->rx.seq, had);
		CU_ASSERT_EQUAL(s->rx.n_stray, 1);
		CU_ASSERT_EQUAL(acks(&tx, ack_of(s)), OK);
		CU_ASSERT_TRUE(tx.lost);
		CU_ASSERT_FALSE(ack_of(s).lost); /* said once */
		ha_sender_fini(&tx);
		ha_receiver_fini(&s->rx);
	}
}

/* Of two streams on two links the later one counts, whichever link is the slower. */
static void test_streams(void)
{
	struct ha_sender a = new_sender(MAX_SESSIONS), b = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	b.stream = 2;
	CU_ASSERT_EQUAL(ha_sender_hello(&a, &hello), OK);
	send_batches(&a, 3);
	send_on(s, 0, &a, 1);
	CU_ASSERT_EQUAL(ha_sender_hello(&b, &hello), OK);
	send_batches(&b, 2);
	send_on(s, 1, &b, 1);
	CU_ASSERT_EQUAL(s->anew, 2);
	CU_ASSERT_EQUAL(s->rx.seq, 2);
	CU_ASSERT_EQUAL(ha_cache_digest(s->rx.cache), ha_cache_digest(b.cache));
	ha_receiver_connected(&s->rx, 0);
	greet_link(s, 0, &a, 0); /* what was on its way */
	send_on(s, 0, &a, 3);
	CU_ASSERT_EQUAL(s->anew, 2);
	CU_ASSERT_EQUAL(s->rx.seq, 2);
	CU_ASSERT_EQUAL(s->rx.n_stray, 1);
	greet_link(s, 0, &b, 0);
	send_batches(&b, 1);
	send_on(s, 0, &b, 3);
	CU_ASSERT_EQUAL(s->rx.seq, 3);
	CU_ASSERT_EQUAL(s->mismatches, 0);
	ha_sender_fini(&a);
	ha_sender_fini(&b);
	ha_receiver_fini(&s->rx);
}

/* The rest of a stream that a slow link brings once the next one has begun on another is of neither, whatever its numbers. */
static void test_rest_of_former(void)
{
	struct ha_sender a = new_sender(MAX_SESSIONS), b = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	struct span rest;
	b.stream = 2;
	greet_link(s, 0, &a, 0);
	greet_link(s, 1, &a, 0);
	send_batches(&a, 4);
	CU_ASSERT_EQUAL_FATAL(ha_sender_again(&a, 1, &rest), OK);
	feed_link(s, 1, rest);
	greet_link(s, 0, &b, 0);
	send_batches(&b, 2);
	send_on(s, 0, &b, 1);
	for (uint64_t seq = 3; seq <= 4; seq++) { /* the next one, and one that would wait for its turn */
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(&a, seq, &rest), OK);
		feed_link(s, 1, rest);
	}
	CU_ASSERT_EQUAL(s->rx.seq, 2);
	CU_ASSERT_EQUAL(s->rx.ahead.n, 0);
	CU_ASSERT_EQUAL(s->rx.n_stray, 2);
	CU_ASSERT_EQUAL(ha_cache_digest(s->rx.cache), ha_cache_digest(b.cache));
	greet_link(s, 1, &b, 0);
	send_batches(&b, 1);
	send_on(s, 1, &b, 3);
	CU_ASSERT_EQUAL(s->rx.seq, 3);
	CU_ASSERT_EQUAL(s->mismatches, 0);
	ha_sender_fini(&a);
	ha_sender_fini(&b);
	ha_receiver_fini(&s->rx);
}

/* The first batch is sent again and has its hello of old: what the last connection's said of being whole holds. */
static void test_whole_from(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send_batches(&tx, 5);
	greet_link(s, 0, &tx, 5);
	send_on(s, 0, &tx, 1);
	CU_ASSERT_EQUAL(s->rx.seq, 5);
	CU_ASSERT_EQUAL(s->rx.peer.whole_from, 5);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* What was refused is not gone on with: the next connection begins anew. */
static void test_after_refusal(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send_batches(&tx, 2);
	send_on(s, 0, &tx, 1);
	CU_ASSERT_EQUAL(acks(&tx, ack_of(s)), OK);
	CU_ASSERT_EQUAL(feed(s, span_of("\xff\0\0\0\0", 5)), ERR_MALFORMED);
	ha_receiver_connected(&s->rx, 0);
	greet_link(s, 0, &tx, 0);
	CU_ASSERT_EQUAL(acks(&tx, ack_of(s)), OK);
	CU_ASSERT_TRUE(tx.lost);
	ha_sender_fini(&tx);
	tx = new_sender(MAX_SESSIONS);
	tx.stream = 2;
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send_batches(&tx, 2);
	send_on(s, 0, &tx, 1);
	CU_ASSERT_EQUAL(s->rx.seq, 2);
	CU_ASSERT_EQUAL(s->anew, 2);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* What comes early is kept within bounds; what is beyond is asked for when its turn comes. */
static void test_early(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send_batches(&tx, HA_AHEAD_BATCHES + 20);
	send_on(s, 0, &tx, 3);
	CU_ASSERT_EQUAL(s->rx.seq, 0);
	CU_ASSERT_STRING_EQUAL(s->text, "");
	CU_ASSERT_EQUAL(s->rx.ahead.n, HA_AHEAD_BATCHES);
	CU_ASSERT_TRUE(s->rx.ahead.octets <= HA_AHEAD_OCTETS);
	struct ha_ack a = ack_of(s);
	CU_ASSERT_EQUAL(a.seq, 0);
	CU_ASSERT_EQUAL(a.missing, 2);
	struct span b;
	for (uint64_t seq = 1; seq <= 2; seq++) {
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(&tx, seq, &b), OK);
		feed_link(s, 0, b);
	}
	CU_ASSERT_EQUAL(s->rx.seq, HA_AHEAD_BATCHES + 2);
	CU_ASSERT_EQUAL(s->rx.ahead.octets, 0);
	a = ack_of(s);
	CU_ASSERT_EQUAL(a.seq, HA_AHEAD_BATCHES + 2);
	CU_ASSERT_EQUAL(a.missing, tx.seq);
	send_on(s, 0, &tx, a.seq + 1);
	CU_ASSERT_EQUAL(s->rx.seq, tx.seq);
	CU_ASSERT_EQUAL(ack_of(s).missing, 0);
	CU_ASSERT_EQUAL(s->mismatches, 0);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

UNIT_MAIN({ "lost, doubled, out of order", test_channel }, { "a fault is seen", test_planted }, { "acknowledgements", test_acks },
	  { "time for another try", test_overdue }, { "over to the other link", test_other_link },
	  { "a stream goes on", test_goes_on }, { "a stream that is lost", test_lost }, { "two streams", test_streams },
	  { "the rest of a former stream", test_rest_of_former },
	  { "whole from a batch on", test_whole_from },
	  { "after a refusal", test_after_refusal }, { "what comes early", test_early })
