/* test_ha_sync.c - group commit: whole or not at all, in sequence, from a peer that said hello; only what changed travels. */
#include "tests/unit/sync_rig.h"

static uint8_t one[1 << 17], two[1 << 17];
#define CLOSE(tx, mem) close_batch(&(tx), mem, sizeof(mem))
#define ALL_SECTIONS   " fwd reasm insp cotp osi mms iccp match kept state orig reply scan_orig scan_reply\n"

static void test_batches(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	const struct rec r = { .nr = 9 };
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	CU_ASSERT_EQUAL(feed(s, CLOSE(tx, one)), OK);
	send(&tx, 5, 1);
	send(&tx, 6, 2);
	CU_ASSERT_EQUAL(ha_sender_rec(&tx, &r), OK);
	CU_ASSERT_EQUAL(feed(s, CLOSE(tx, one)), OK);
	CU_ASSERT_EQUAL(ha_sender_ended(&tx, 5), OK);
	CU_ASSERT_EQUAL(ha_sender_ended(&tx, 50), OK); /* began and ended in this batch: nothing to say */
	CU_ASSERT_EQUAL(feed(s, CLOSE(tx, one)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "commit 1\nsession 5 v1" ALL_SECTIONS "session 6 v1" ALL_SECTIONS
					"rec 9 of 2\ncommit 2\nended 5\ncommit 3\n");
	CU_ASSERT_EQUAL(s->rx.seq, 3);
	CU_ASSERT_EQUAL(s->mismatches, 0);
	CU_ASSERT_EQUAL(s->rx.n_refused, 0);
	CU_ASSERT_EQUAL(ha_cache_n(s->rx.cache), 1);
	CU_ASSERT_EQUAL(s->last.released, 3);
	CU_ASSERT_EQUAL(s->last.last_serial, 44);
	CU_ASSERT_EQUAL(s->last.packet_nr, 55);
	CU_ASSERT_EQUAL(s->last.now.ns, 1000 + 14);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* Whatever pieces the link brings, what is applied is the same. */
static void test_pieces(void)
{
	static char whole[LOG_CAP];
	static const size_t piece[] = { 1 << 20, 1, 2, 7, 1000 };
	for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
		struct ha_sender tx = new_sender(MAX_SESSIONS);
		struct standby *s = new_standby(MAX_SESSIONS);
		CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
		send(&tx, 5, 1);
		const struct span a = CLOSE(tx, one);
		send(&tx, 6, 2);
		struct span b = CLOSE(tx, two);
		memcpy(one + a.len, b.p, b.len);
		for (size_t at = 0; at < a.len + b.len; at += piece[i])
			CU_ASSERT_EQUAL_FATAL(feed(s, span_of(one + at, size_min(piece[i], a.len + b.len - at))), OK);
		CU_ASSERT_EQUAL(s->rx.seq, 2);
		CU_ASSERT_EQUAL(s->rx.stage[0].len, 0);
		if (i == 0)
			memcpy(whole, s->text, sizeof(whole));
		CU_ASSERT_STRING_EQUAL(s->text, whole);
		ha_sender_fini(&tx);
		ha_receiver_fini(&s->rx);
	}
}

/* Nothing is applied before the commit is there. */
static void test_no_commit(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send(&tx, 5, 1);
	const struct span b = CLOSE(tx, one);
	CU_ASSERT_EQUAL(feed(s, span_of(b.p, b.len - 1)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "");
	CU_ASSERT_EQUAL(s->rx.seq, 0);
	CU_ASSERT_EQUAL(feed(s, span_of(b.p + b.len - 1, 1)), OK);
	CU_ASSERT_EQUAL(s->rx.seq, 1);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

static void test_only_changes(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send(&tx, 5, 1);
	const size_t first = CLOSE(tx, one).len;
	CU_ASSERT_EQUAL(feed(s, span_of(one, first)), OK);
	s->len = 0;
	send(&tx, 5, 1); /* the same at another moment */
	size_t n = CLOSE(tx, one).len;
	CU_ASSERT_TRUE(n * 5 < first);
	CU_ASSERT_EQUAL(feed(s, span_of(one, n)), OK);
	struct ha_session in = random_session(5, 1);
	in.orig->n[DIR_ORIG].packets++;
	in.osi = NULL; /* not part of this message at all */
	CU_ASSERT_EQUAL(ha_sender_session(&tx, &in), OK);
	n = CLOSE(tx, one).len;
	CU_ASSERT_TRUE(n < first);
	CU_ASSERT_EQUAL(feed(s, span_of(one, n)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "commit 2\nsession 5 v2 orig\ncommit 3\n");
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* What did not go out does not count as sent. */
static void test_not_sent(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct ha_session in = random_session(5, 1);
	struct ha_commit c = { 0 };
	struct span b;
	uint8_t small[100];
	tx.out = wr_of(small, sizeof(small));
	CU_ASSERT_EQUAL(ha_sender_session(&tx, &in), ERR_FULL);
	CU_ASSERT_EQUAL(ha_sender_commit(&tx, &c, &b), ERR_FULL);
	CU_ASSERT_EQUAL(tx.seq, 0);
	CU_ASSERT_EQUAL(ha_cache_digest(tx.cache), 0);
	ha_sender_begin(&tx, tx.now);
	struct standby *s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	send(&tx, 5, 1);
	CU_ASSERT_EQUAL(feed(s, CLOSE(tx, one)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "session 5 v1" ALL_SECTIONS "commit 1\n");
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

static void test_full(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(2);
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	for (uint64_t i = 1; i <= MAX_SESSIONS; i++)
		send(&tx, i, i);
	struct ha_session in = random_session(MAX_SESSIONS + 1, 1);
	CU_ASSERT_EQUAL(ha_sender_session(&tx, &in), ERR_FULL);
	CU_ASSERT_EQUAL(feed(s, CLOSE(tx, one)), ERR_FULL);
	CU_ASSERT_EQUAL(s->rx.seq, 0);
	CU_ASSERT_EQUAL(s->rx.failed, ERR_FULL);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

/* --- what is refused ---------------------------------------------------------------------------------------------------- */

/* Frames of a batch made by hand. */
struct made {
	struct ha_wire *w;
	struct wr out;
};

static struct made make(uint8_t *mem, size_t cap)
{
	struct made m = { .out = wr_of(mem, cap) };
	CU_ASSERT_EQUAL_FATAL(ha_wire_new(&m.w), OK);
	return m;
}

static void put(struct made *m, enum ha_type t, const void *plain)
{
	CU_ASSERT_EQUAL_FATAL(ha_wire_encode(m->w, t, plain, mono_ns(1000), &m->out), OK);
}

static void put_session(struct made *m, uint64_t serial, uint64_t version)
{
	struct ha_session s = random_session(serial, serial);
	s.version = version;
	put(m, HA_SESSION, &s);
}

static struct span done(struct made *m, uint64_t seq)
{
	const struct ha_commit c = { .seq = seq, .now = mono_ns(1000) };
	put(m, HA_COMMIT, &c);
	ha_wire_free(m->w);
	return span_of(m->out.p, m->out.len);
}

/* Refused for good: nothing told, nothing acknowledged, nothing heard any more. */
static void refused(struct standby *s, struct span b, enum err e, const char *text, uint64_t seq)
{
	CU_ASSERT_EQUAL(feed(s, b), e);
	CU_ASSERT_STRING_EQUAL(s->text, text);
	CU_ASSERT_EQUAL(s->rx.seq, seq);
	CU_ASSERT_EQUAL(s->rx.n_refused, 1);
	struct made m = make(two, sizeof(two));
	put(&m, HA_HELLO, &hello);
	CU_ASSERT_EQUAL(feed(s, done(&m, seq + 1)), e);
	CU_ASSERT_STRING_EQUAL(s->text, text);
	CU_ASSERT_EQUAL(s->rx.n_refused, 1);
	ha_receiver_fini(&s->rx);
}

static void test_hello_first(void)
{
	struct made m = make(one, sizeof(one));
	put_session(&m, 5, 1);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);
	m = make(one, sizeof(one));
	put_session(&m, 5, 1);
	put(&m, HA_HELLO, &hello);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);
	m = make(one, sizeof(one));
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);
	struct ha_hello other = hello;
	other.version++;
	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &other);
	put_session(&m, 5, 1);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_VERSION, "", 0);
	/* a second hello behind a good session: no place for it */
	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	put(&m, HA_HELLO, &hello);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);
}

/* The last frame of a batch is bad, in one way or another: none of it is applied. */
static void test_atomic(void)
{
	const struct ha_ack ack = { .seq = 1 };
	struct made m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	put_session(&m, 6, 1);
	struct standby *s = new_standby(MAX_SESSIONS);
	s->refuse = 6;
	refused(s, done(&m, 1), ERR_RANGE, "", 0);

	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	put(&m, HA_ACK, &ack);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);

	struct frag_message d = { .i = { .key.id = 13 } };
	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	put(&m, HA_DATAGRAM, &d);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_RANGE, "", 0);

	d = (struct frag_message){ .i = { .key.id = 14 }, .first = 2 };
	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put(&m, HA_DATAGRAM, &d);
	s = new_standby(MAX_SESSIONS);
	CU_ASSERT_EQUAL(feed(s, done(&m, 1)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "datagram 14 of 2\ncommit 1\n");
	ha_receiver_fini(&s->rx);

	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	wr_bytes(&m.out, "\2\0\0\0\1\xff", 6); /* no protobuf */
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);

	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	wr_bytes(&m.out, "\4\0\0\0\2\x08\x77", 7); /* a record of kind 119 */
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_RANGE, "", 0);

	m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	wr_u8(&m.out, HA_TYPE_N);
	wr_be32(&m.out, 0);
	refused(new_standby(MAX_SESSIONS), done(&m, 1), ERR_MALFORMED, "", 0);
}

/* What this node cannot hold ends the conversation; what came before it in the batch is never acknowledged. */
static void test_cannot_hold(void)
{
	struct made m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 1);
	put_session(&m, 6, 1);
	struct standby *s = new_standby(MAX_SESSIONS);
	s->full = 6;
	refused(s, done(&m, 1), ERR_FULL, "session 5 v1" ALL_SECTIONS, 0);
}

/* Versions: this one and the one before; the oldest that can read what follows decides, not what else the peer knows. */
static void test_hello_versions(void)
{
	static const struct {
		uint32_t version, newest;
		enum err e;
	} row[] = {
		{ HA_VERSION, HA_VERSION, OK },
		{ HA_VERSION_OLDEST, HA_VERSION, OK },
		{ HA_VERSION_OLDEST, 0, OK },
		{ HA_VERSION, HA_VERSION + 1, OK },
		{ HA_VERSION_OLDEST, UINT32_MAX, OK },
		{ HA_VERSION + 1, HA_VERSION + 1, ERR_VERSION },
		{ HA_VERSION_OLDEST - 1, 0, ERR_VERSION },
		{ 0, 0, ERR_VERSION },
		{ 0, HA_VERSION, ERR_VERSION },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct ha_hello h = hello;
		struct standby *s = new_standby(MAX_SESSIONS);
		struct made m = make(one, sizeof(one));
		h.version = row[i].version;
		h.newest = row[i].newest;
		put(&m, HA_HELLO, &h);
		CU_ASSERT_EQUAL(feed(s, done(&m, 1)), row[i].e);
		CU_ASSERT_EQUAL(s->rx.seq, row[i].e == OK);
		ha_receiver_fini(&s->rx);
	}
}

/* A batch sent again was applied: it is taken note of, and changes nothing. */
static void test_sent_again(void)
{
	struct standby *s = new_standby(MAX_SESSIONS);
	struct made m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	CU_ASSERT_EQUAL(feed(s, done(&m, 1)), OK);
	for (uint64_t seq = 0; seq <= 1; seq++) {
		m = make(one, sizeof(one));
		put_session(&m, 5, 1);
		CU_ASSERT_EQUAL(feed(s, done(&m, seq)), OK);
		CU_ASSERT_EQUAL(s->rx.seq, 1);
		CU_ASSERT_STRING_EQUAL(s->text, "commit 1\n");
	}
	m = make(one, sizeof(one));
	put_session(&m, 5, 1);
	CU_ASSERT_EQUAL(feed(s, done(&m, 2)), OK);
	CU_ASSERT_EQUAL(s->rx.seq, 2);
	ha_receiver_fini(&s->rx);
}

/* State never goes back: an older message about a session changes nothing, nor does the same one again. */
static void test_versions(void)
{
	struct standby *s = new_standby(MAX_SESSIONS);
	struct made m = make(one, sizeof(one));
	put(&m, HA_HELLO, &hello);
	put_session(&m, 5, 3);
	put_session(&m, 5, 2);
	put_session(&m, 5, 3);
	put_session(&m, 5, 7);
	CU_ASSERT_EQUAL(feed(s, done(&m, 1)), OK);
	CU_ASSERT_STRING_EQUAL(s->text, "session 5 v3" ALL_SECTIONS "session 5 v7" ALL_SECTIONS "commit 1\n");
	ha_receiver_fini(&s->rx);
}

static void test_oversized(void)
{
	static const uint8_t large[] = { HA_SESSION, 0xff, 0xff, 0xff, 0xff };
	refused(new_standby(MAX_SESSIONS), span_of(large, sizeof(large)), ERR_RANGE, "", 0);
	/* frames of legal size, but never a commit */
	struct standby *s = new_standby(MAX_SESSIONS);
	const size_t n = HA_FRAME_HEADER + HA_MESSAGE_MAX;
	uint8_t *b = calloc(n, 1);
	struct wr w = wr_of(b, n);
	wr_u8(&w, HA_SESSION);
	wr_be32(&w, HA_MESSAGE_MAX);
	size_t fed = 0;
	enum err e = OK;
	while (e == OK && fed <= HA_BATCH_MAX) {
		e = ha_receiver_feed(&s->rx, span_of(b, n));
		fed += n;
	}
	CU_ASSERT_EQUAL(e, ERR_FULL);
	CU_ASSERT_TRUE(s->rx.stage[0].len <= HA_BATCH_MAX);
	free(b);
	ha_receiver_fini(&s->rx);
}

/* Every octet of a batch changed, every truncation: refused with nothing applied, or whole, or waiting for more. */
static void test_damage(void)
{
	struct made m = make(one, sizeof(one));
	const struct ha_ended gone = { 9 };
	const struct rec r = { .nr = 4, .kind = REC_DROP };
	put(&m, HA_HELLO, &hello);
	put(&m, HA_ENDED, &gone);
	put(&m, HA_REC, &r);
	struct ha_session small = { .serial = 5, .version = 1 };
	put(&m, HA_SESSION, &small);
	const struct span b = done(&m, 1);
	struct standby *s;
	for (size_t i = 0; i < b.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			one[i] ^= (uint8_t)(1u << bit);
			s = new_standby(MAX_SESSIONS);
			const enum err e = feed(s, b);
			const bool whole = strstr(s->text, "commit 1\n") != NULL;
			CU_ASSERT_EQUAL(whole, s->rx.seq == 1);
			CU_ASSERT_TRUE(whole ? e == OK : s->len == 0);
			CU_ASSERT_EQUAL(s->rx.failed, e);
			ha_receiver_fini(&s->rx);
			one[i] ^= (uint8_t)(1u << bit);
		}
	}
	for (size_t n = 0; n < b.len; n++) {
		s = new_standby(MAX_SESSIONS);
		CU_ASSERT_EQUAL(feed(s, span_of(b.p, n)), OK);
		CU_ASSERT_EQUAL(s->len, 0);
		ha_receiver_fini(&s->rx);
	}
}

static void test_trust(void)
{
	for (unsigned i = 0; i < 32; i++) {
		struct ha_hello other = hello;
		other.sig_hash += i & 1;
		other.stock_hash += i >> 1 & 1;
		other.stock_nr += i >> 2 & 1;
		other.custom_hash += i >> 3 & 1;
		other.custom_nr += i >> 4 & 1;
		struct made m = make(one, sizeof(one));
		put(&m, HA_HELLO, &other);
		struct standby *s = new_standby(MAX_SESSIONS);
		CU_ASSERT_EQUAL(feed(s, done(&m, 1)), OK);
		const struct ha_trust t = ha_receiver_trust(&s->rx);
		CU_ASSERT_EQUAL(t.sigs, (i & 1) == 0);
		CU_ASSERT_EQUAL(t.stock_tags, (i & 6) == 0);
		CU_ASSERT_EQUAL(t.custom_tags, (i & 24) == 0);
		ha_receiver_fini(&s->rx);
	}
}

/* Many batches of random changes: the digests of both tables agree after each. */
static void test_digests(void)
{
	struct ha_sender tx = new_sender(MAX_SESSIONS);
	struct standby *s = new_standby(MAX_SESSIONS);
	uint64_t rnd = 11;
	CU_ASSERT_EQUAL(ha_sender_hello(&tx, &hello), OK);
	for (unsigned i = 0; i < 60; i++) {
		for (unsigned k = 0; k < 3; k++) {
			const uint64_t serial = 1 + help_below(&rnd, MAX_SESSIONS);
			if (help_below(&rnd, 4) == 0) {
				CU_ASSERT_EQUAL(ha_sender_ended(&tx, serial), OK);
			} else {
				send(&tx, serial, help_rand(&rnd));
			}
		}
		s->len = 0;
		CU_ASSERT_EQUAL_FATAL(feed(s, CLOSE(tx, one)), OK);
		CU_ASSERT_EQUAL(ha_cache_digest(s->rx.cache), ha_cache_digest(tx.cache));
	}
	CU_ASSERT_EQUAL(s->mismatches, 0);
	CU_ASSERT_TRUE(ha_cache_n(tx.cache) > 0);
	ha_sender_fini(&tx);
	ha_receiver_fini(&s->rx);
}

UNIT_MAIN({ "batches", test_batches }, { "in any pieces", test_pieces }, { "nothing before the commit", test_no_commit },
	  { "only what changed travels", test_only_changes }, { "what did not go out was not sent", test_not_sent },
	  { "full", test_full }, { "hello first, of this version", test_hello_first },
	  { "a bad last frame undoes the batch", test_atomic }, { "what cannot be held", test_cannot_hold },
	  { "versions of both nodes", test_hello_versions },
	  { "a batch sent again", test_sent_again }, { "versions", test_versions }, { "oversized", test_oversized },
	  { "every octet changed, every truncation", test_damage }, { "what of the peer's counts here", test_trust },
	  { "digests agree", test_digests })
