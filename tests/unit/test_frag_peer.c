/* What a peer is told of fragments: after each message stream both tables do the same; what it may not say is refused. */
#include "forward/frag.h"

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

enum { UDP_LEN = 248, PIECE = 40 };

static struct {
	struct frag_table *a, *b; /* b is told what a knows */
	mono_t now;
	int family;
	unsigned messages, parts; /* told */
	uint64_t nr;
	struct pkt whole;
} g;
static uint64_t sum_a, sum_b; /* over what each has given up */

static void on_gone(void *arg, enum reason why, const struct frag_key *k, uint64_t nr)
{
	uint64_t *sum = arg;
	*sum += nr * 100 + (uint64_t)why + k->id;
}

static struct frag_table *table(uint64_t seed, uint64_t *sum)
{
	const struct hash_key key = hash_key_of_seed(seed);
	struct frag_table *t = frag_table_new(&key, g.now, on_gone, sum);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	return t;
}

static void begin(int family)
{
	frag_table_free(g.a);
	frag_table_free(g.b);
	memset(&g, 0, sizeof(g));
	sum_a = sum_b = 0;
	g.now = mono_ns(1000 * NS_PER_SEC);
	g.family = family;
	g.a = table(1, &sum_a);
	g.b = table(2, &sum_b);
	frag_follow(g.a, true);
}

static void make(unsigned variant)
{
	uint8_t data[UDP_LEN];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + variant);
	pkt_flow(&g.whole, g.family, false, IPPROTO_UDP_);
	pkt_udp(&g.whole, 1025, 102, data, UDP_LEN - 8);
	pkt_finish(&g.whole);
}

static enum err tell(void)
{
	static struct frag_message m;
	enum err e = OK;
	while (e == OK && frag_next(g.a, &m)) {
		g.messages++;
		g.parts += m.n;
		e = frag_import(g.b, &m);
	}
	CU_ASSERT_FALSE(frag_pending(g.a));
	return e;
}

static enum reason add(struct frag_table *t, uint32_t id, uint32_t from, bool *whole)
{
	struct pkt k;
	struct frag_datagram *d;
	const uint32_t len = (uint32_t)size_min(PIECE, UDP_LEN - from);
	pkt_fragment(&k, &g.whole, id, from, len, from + len < UDP_LEN);
	struct packet p = pkt_packet(&k), out = p;
	CU_ASSERT_EQUAL_FATAL(packet_decode(&p), REASON_NONE);
	p.nr = g.nr;
	enum reason r = frag_add(t, &p, true, &d);
	*whole = d != NULL;
	if (d == NULL)
		return r;
	unsigned n;
	r = frag_whole(t, d, &out);
	if (r == REASON_NONE)
		(void)frag_release(t, d, id % 2 == 0, &n);
	else
		frag_refuse(t, d, r);
	return r;
}

static void pass_time(int64_t ns)
{
	g.now = mono_add(g.now, ns);
	frag_tick(g.a, g.now);
}

/* Anything at all happens at a; at some moment b takes over, and does from there what a does. */
static void play(uint64_t seed, unsigned cut)
{
	uint64_t x = seed;
	for (unsigned i = 0; i < cut + 400; i++) {
		bool wa, wb;
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		const uint32_t r = (uint32_t)(x >> 33), id = r % 5, from = r / 8 % 7 * PIECE;
		g.nr++;
		make(r / 64 % 40 == 0);
		const enum reason ra = add(g.a, id, from, &wa);
		if (i < cut) {
			if (r / 4096 % 3 == 0)
				CU_ASSERT_EQUAL_FATAL(tell(), OK);
		} else {
			CU_ASSERT_EQUAL_FATAL(add(g.b, id, from, &wb), ra);
			CU_ASSERT(wa == wb && frag_held(g.a) == frag_held(g.b) && frag_waiting(g.a) == frag_waiting(g.b));
			CU_ASSERT_EQUAL(sum_a, sum_b);
		}
		if (r / 16384 % 8 == 0)
			pass_time((int64_t)(r % 9) * NS_PER_SEC);
		if (i + 1 == cut) {
			CU_ASSERT_EQUAL_FATAL(tell(), OK);
			CU_ASSERT_EQUAL(sum_b, 0); /* a standby gives nothing up by itself */
			sum_a = 0;
			frag_follow(g.a, false);
		}
		if (i + 1 >= cut)
			frag_tick(g.b, g.now);
	}
}

static void test_any(void)
{
	PKT_EACH_FAMILY(f)
		for (unsigned i = 0; i < 60; i++) {
			begin(f);
			play(i + 1, 20 + i * 7);
		}
}

/* Each fragment goes once, whoever comes later gets all. */
static void test_once(void)
{
	bool whole;
	begin(4);
	make(0);
	for (uint32_t i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(add(g.a, 3, i * PIECE, &whole), REASON_NONE);
		CU_ASSERT_EQUAL(tell(), OK);
		CU_ASSERT(g.messages == i + 1 && g.parts == i + 1);
	}
	CU_ASSERT(frag_held(g.b) == 6);
	frag_table_free(g.b);
	g.b = table(5, &sum_b);
	frag_follow(g.a, true);
	CU_ASSERT_EQUAL(tell(), OK);
	CU_ASSERT(g.messages == 7 && g.parts == 12 && frag_held(g.b) == 6);
	CU_ASSERT_EQUAL(add(g.b, 3, 240, &whole), REASON_NONE);
	CU_ASSERT_TRUE(whole);
	/* Gone before anybody was told: nothing to tell. */
	CU_ASSERT_EQUAL(add(g.a, 3, 240, &whole), REASON_NONE);
	CU_ASSERT_EQUAL(tell(), OK);
	CU_ASSERT_EQUAL(g.messages, 8);
	for (uint32_t i = 0; i < 7; i++)
		(void)add(g.a, 5, i * PIECE, &whole);
	CU_ASSERT_TRUE(whole);
	CU_ASSERT_EQUAL(tell(), OK);
	CU_ASSERT_EQUAL(g.messages, 8);
	/* More fragments than a message holds. */
	struct pkt k;
	for (uint32_t i = 0; i < 100; i++) {
		struct frag_datagram *d;
		pkt_fragment(&k, &g.whole, 7, 8 * i, 8, true);
		struct packet p = pkt_packet(&k);
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT_EQUAL(frag_add(g.a, &p, false, &d), REASON_NONE);
	}
	CU_ASSERT_EQUAL(tell(), OK);
	CU_ASSERT(g.messages == 8 + 4 && frag_waiting(g.b) == 1 && frag_held(g.b) == 0);
}

/* A full table: what makes room goes before what needs it. */
static void test_full(void)
{
	bool whole;
	begin(4);
	make(0);
	for (uint32_t i = 0; i < 3 * FRAG_WAITING_MAX; i++) {
		(void)add(g.a, 2 * i + 1, PIECE, &whole);
		if (i % 700 == 0)
			CU_ASSERT_EQUAL(tell(), OK);
	}
	CU_ASSERT_EQUAL(tell(), OK);
	CU_ASSERT(frag_waiting(g.b) == FRAG_WAITING_MAX && sum_b == 0);
	frag_table_clear(g.b, REASON_NONE);
	CU_ASSERT(frag_waiting(g.b) == 0 && frag_held(g.b) == 0 && sum_b == 0);
}

static struct frag_message good(void)
{
	bool whole;
	struct frag_message m;
	begin(4);
	make(0);
	(void)add(g.a, 3, 0, &whole);
	(void)add(g.a, 3, 80, &whole);
	CU_ASSERT_TRUE(frag_next(g.a, &m));
	CU_ASSERT(m.n == 2 && frag_check(&m) == OK);
	return m;
}

static void test_refused(void)
{
	struct frag_message m;
#define WRONG(change)                                                            \
	do {                                                                     \
		m = good();                                                      \
		change;                                                          \
		CU_ASSERT_EQUAL(frag_check(&m), ERR_RANGE);                      \
		CU_ASSERT_NOT_EQUAL(frag_import(g.b, &m), OK);                   \
		CU_ASSERT_EQUAL(frag_waiting(g.b), 0);                           \
	} while (0)
	WRONG(m.i.key.family = 0);
	WRONG(m.i.key.id = 4);
	WRONG(m.i.key.proto = 6);
	WRONG(m.i.key.src.b[0] ^= 1);
	WRONG(m.i.reason = REASON_POLICY);
	WRONG(m.i.state = FRAG_REFUSED);
	WRONG((m.i.state = FRAG_REFUSED, m.i.reason = REASON_POLICY));
	WRONG((m.i.state = FRAG_PASSED, m.n = 0));
	WRONG(m.first = FRAG_PARTS_MAX - 1);
	WRONG(m.part[1].ip.len = 0);
	WRONG(m.part[1].ip.len = 19);
	WRONG(m.part[1].wire_len++);
	/* Good by itself, but it does not fit. */
	m = good();
	m.first = 1;
	CU_ASSERT_EQUAL(frag_check(&m), OK);
	CU_ASSERT_EQUAL(frag_import(g.b, &m), ERR_MISMATCH);
	m = good();
	m.part[1] = m.part[0];
	CU_ASSERT_EQUAL(frag_check(&m), OK);
	CU_ASSERT_EQUAL(frag_import(g.b, &m), ERR_MISMATCH);
	m = good();
	m.i.state = FRAG_GONE;
	m.n = 0;
	CU_ASSERT_EQUAL(frag_import(g.b, &m), OK); /* never heard of it */
	frag_table_free(g.a);
	frag_table_free(g.b);
	g.a = g.b = NULL;
}

UNIT_MAIN({ "a switch at any fragment", test_any }, { "each once", test_once }, { "a full table", test_full },
	  { "what a peer may not say", test_refused })
