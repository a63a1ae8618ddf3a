/* test_ha_needed.c - the fields by which two nodes talk about their stream, each of which is needed: read as zero by its
 * receiver, it changes what comes of a conversation in which batches are lost, links change, a stream is given up, tables
 * differ. What a cut of a capture can show is shown there: tests/ha/mutation.sh, which asks here for the rest.
 *
 * test_ha_needed ROW: exit status 0 when the row's number makes a difference (the variant mutate).
 */
#include "hacache/ha_repair.h"
#include "tests/unit/sync_rig.h"

enum { TEXT = 1 << 14 };

static struct {
	struct ha_sender tx;
	struct standby *s;
	char text[TEXT];
	size_t len;
	long row; /* read as zero; -1: none */
} t;

static uint8_t mem[1 << 17];

static void note(const char *fmt, uint64_t a, uint64_t b)
{
	t.len += (size_t)snprintf(t.text + t.len, sizeof(t.text) - t.len, fmt, (unsigned long long)a, (unsigned long long)b);
	CU_ASSERT_FATAL(t.len < sizeof(t.text));
}

static void spoil(struct ha_wire *w)
{
#ifdef HA_MUTATE
	if (t.row >= 0)
		ha_wire_mutate(w, (unsigned)t.row);
#else
	(void)w;
#endif
}

static void begin_stream(uint64_t stream)
{
	t.tx = new_sender(MAX_SESSIONS);
	t.tx.stream = stream;
	spoil(t.tx.wire);
	struct ha_hello h = hello;
	h.names = (struct buf){ .p = (uint8_t[]){ "a\0b\0c\0d" }, .len = 8 };
	h.ifnames = (struct buf){ .p = (uint8_t[]){ "\0\1\4lan0" }, .len = 7 };
	CU_ASSERT_EQUAL(ha_sender_hello(&t.tx, &h), OK);
}

/* How the standby takes it. */
static void take(struct span b)
{
	const enum err e = ha_receiver_feed(&t.s->rx, b);
	const struct ha_trust trust = ha_receiver_trust(&t.s->rx);
	note("fed %llu, applied %llu,", (uint64_t)e, t.s->rx.seq);
	note(" anew %llu, whole from %llu,", t.s->anew, t.s->rx.peer.whole_from);
	note(" trust %llu, stray %llu,", trust.sigs + 2u * trust.stock_tags + 4u * trust.custom_tags, t.s->rx.n_stray);
	note(" names %llu, of interfaces %llu,", t.s->n_names, t.s->n_ifnames);
	note(" compares %llu, repairs %llu\n", ha_receiver_comparable(&t.s->rx), t.s->rx.n_repairs);
}

static void batch(bool arrives)
{
	send(&t.tx, 1 + t.tx.seq % MAX_SESSIONS, t.tx.seq);
	const struct span b = close_batch(&t.tx, mem, sizeof(mem));
	if (arrives)
		take(b);
}

/* What the sender learns. */
static void answer(void)
{
	uint8_t room[HA_ACK_MAX];
	struct wr w = wr_of(room, sizeof(room));
	size_t used = 0;
	CU_ASSERT_EQUAL(ha_receiver_ack(&t.s->rx, &w), OK);
	const enum err e = ha_sender_acks(&t.tx, span_of(room, w.len), &used);
	note("answer %llu, acked %llu,", (uint64_t)e, t.tx.acked);
	note(" missing %llu, lost %llu,", t.tx.missing, t.tx.lost);
	note(" stray %llu, version %llu,", t.tx.n_stray, t.tx.peer_version);
	note(" sums %llu, bucket %llu\n", t.tx.wants_sums, t.tx.wants_bucket);
	t.tx.missing = 0;
}

static void again(void)
{
	struct span b;
	for (uint64_t seq = t.tx.acked + 1; seq <= t.tx.seq; seq++)
		if (ha_sender_again(&t.tx, seq, &b) == OK)
			take(b);
}

static void greet(uint64_t whole_from)
{
	uint8_t room[HA_HELLO_MAX];
	struct wr w = wr_of(room, sizeof(room));
	ha_receiver_connected(&t.s->rx, 0);
	CU_ASSERT_EQUAL(ha_sender_greet(&t.tx, &hello, whole_from, &w), OK);
	take(span_of(room, w.len));
}

static void tell_again(void *arg, uint64_t serial)
{
	(void)arg;
	send(&t.tx, serial, serial + 70);
}

/* Tables that differ, until they do not. */
static void repair(void)
{
	ha_cache_set_sum(t.s->rx.cache, ha_cache_get(t.s->rx.cache, 8), HA_SEC_fwd, 77);
	ha_cache_set_sum(t.s->rx.cache, ha_cache_get(t.s->rx.cache, 40), HA_SEC_fwd, 77); /* which is not there any more */
	for (unsigned i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(ha_repair_bucket(&t.tx, tell_again, NULL), OK);
		CU_ASSERT_EQUAL(ha_repair_sums(&t.tx), OK);
		batch(true);
		answer();
	}
	note("differs %llu, same %llu\n", t.s->rx.differs, ha_cache_digest(t.s->rx.cache) == ha_cache_digest(t.tx.cache));
}

static void story(long row)
{
	memset(&t, 0, sizeof(t));
	t.row = row;
	t.s = new_standby(2 * MAX_SESSIONS);
	spoil(t.s->rx.wire);
	begin_stream(5);
	for (unsigned i = 0; i < 8; i++)
		batch(i < 3 || i > 4);
	answer();
	again();
	answer();
	greet(9);
	batch(true);
	answer();
	repair();
	/* more than the queue holds is lost */
	ha_resend_fini(&t.tx.resend);
	CU_ASSERT_EQUAL_FATAL(ha_resend_new(20000, 64, &t.tx.resend), OK);
	for (unsigned i = 0; i < 20; i++)
		batch(false);
	greet(0);
	again();
	answer();
	const struct ha_sender old = t.tx;
	begin_stream(6);
	for (unsigned i = 0; i < 20; i++)
		batch(true);
	/* one that yields: for who merges, and for nobody else */
	t.tx.yields = true;
	greet(0);
	t.s->rx.merges = true;
	greet(0);
	t.tx.yields = t.s->rx.merges = false;
	greet(0);
	/* an answer that was meant for the other stream; one that is meant for this one */
	struct ha_sender now = t.tx;
	t.tx = old;
	answer();
	ha_sender_fini(&t.tx);
	t.tx = now;
	answer();
	ha_sender_fini(&t.tx);
	ha_receiver_fini(&t.s->rx);
}

static void test_story(void)
{
	static char first[TEXT];
	story(-1);
	memcpy(first, t.text, sizeof(first));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "missing 5, lost 0"));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "lost 1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "differs 0, same 1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "anew 2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "repairs 1"));
	story(-1);
	CU_ASSERT_STRING_EQUAL(t.text, first);
}

static long asked;
static bool differs;

static void test_row(void)
{
	static char first[TEXT];
	story(-1);
	memcpy(first, t.text, sizeof(first));
	story(asked);
	differs = strcmp(first, t.text) != 0;
}

int main(int argc, char **argv)
{
	static const struct unit_case all[] = { { "a conversation with all that can befall it", test_story } },
				      one[] = { { "one field", test_row } };
	if (argc != 2)
		return unit_run("test_ha_needed.c", all, ARRAY_LEN(all));
	asked = strtol(argv[1], NULL, 10);
	(void)unit_run("test_ha_needed.c", one, ARRAY_LEN(one));
	return differs ? 0 : 1;
}
