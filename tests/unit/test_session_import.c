/* test_session_import.c - the standby's side: what is taken over, what is refused, promotion. */
#include <stdlib.h>

#include "forward/session.h"
#include "tests/unit/unit.h"

#define SEC(n) ((mono_t){ (int64_t)(n) * NS_PER_SEC })

struct ends {
	size_t n;
	uint64_t serial[8];
	enum session_end why[8];
};

static void on_end(void *arg, struct session *s, enum session_end why)
{
	struct ends *e = arg;
	if (e->n < ARRAY_LEN(e->serial)) {
		e->serial[e->n] = s->s.serial;
		e->why[e->n] = why;
	}
	e->n++;
}

static struct session_table *table(uint32_t max, struct ends *e)
{
	struct session_cfg cfg;
	session_cfg_default(&cfg);
	cfg.key = hash_key_of_seed(1);
	cfg.max = max;
	*e = (struct ends){ 0 };
	return session_table_new(&cfg, SEC(0), on_end, e);
}

static struct tuple tuple_of(uint8_t family, uint8_t proto, uint16_t sport)
{
	struct tuple t = { .family = family, .proto = proto, .sport = sport, .dport = 102, .vdom = 1 };
	t.src.b[0] = t.dst.b[0] = 10;
	t.dst.b[3] = 1;
	return t;
}

/* An established TCP session as a peer would send it. */
static struct session_state state(uint64_t serial)
{
	struct session_state st = {
		.serial = serial,
		.start = SEC(10),
		.last = SEC(20),
		.last_dir = { SEC(20), SEC(19) },
		.expires = SEC(3620),
		.timeout_s = 3600,
		.flags = SF_LOG | SF_APP_VALID,
		.policy_id = 2,
		.ifin = { 10, 9 },
		.n = { { 11980, 104, 1 }, { 57028, 164, 1 } },
		.src_mac = { 1, 2, 3, 4, 5, 6 },
		.tos = { 0xff, 0xff },
		.vlan = 4095,
		.inspected = true,
		.tcp = { .state = TCPS_ESTABLISHED },
	};
	st.tcp.end[DIR_ORIG] =
		(struct tcp_end){ .ack = 6, .state = TCPS_ESTABLISHED, .seen = true };
	st.tcp.end[DIR_REPLY] =
		(struct tcp_end){ .ack = 5, .state = TCPS_ESTABLISHED, .seen = true };
	st.tuple[DIR_ORIG] = tuple_of(4, IPPROTO_TCP_, (uint16_t)(1000 + serial));
	st.tuple[DIR_REPLY] = tuple_reverse(&st.tuple[DIR_ORIG]);
	return st;
}

static struct session_state udp_state(uint64_t serial)
{
	struct session_state st = state(serial);
	st.tcp = (struct tcp_state){ 0 };
	st.tuple[0].proto = st.tuple[1].proto = IPPROTO_UDP_;
	st.udp_both = true;
	return st;
}

static void test_taken_over(void)
{
	struct ends e;
	struct session_table *t = table(4, &e);
	struct session_state st = state(35487);
	struct session *s = NULL, *again = NULL;
	enum dir d;
	CU_ASSERT_EQUAL(session_import(t, &st, &s), OK);
	CU_ASSERT(session_larval(t, s) && memcmp(&s->s, &st, sizeof(st)) == 0);
	CU_ASSERT(session_by_serial(t, 35487) == s && session_count(t) == 1 && session_last_serial(t) == 35487);
	CU_ASSERT_PTR_NULL(session_find(t, &st.tuple[0], &d));
	CU_ASSERT_PTR_NULL(session_find(t, &st.tuple[1], &d));
	CU_ASSERT_EQUAL(session_proto_state(s), 11);

	st.n[0].packets++;
	st.last = st.last_dir[0] = SEC(30);
	st.expires = SEC(3630);
	CU_ASSERT_EQUAL(session_import(t, &st, &again), OK);
	CU_ASSERT(again == s && session_larval(t, s) && memcmp(&s->s, &st, sizeof(st)) == 0 && session_count(t) == 1);

	struct session_state other = st;
	other.tuple[1].sport++;
	CU_ASSERT_EQUAL(session_import(t, &other, &again), ERR_MISMATCH);
	other = st;
	other.tuple[0].src.b[1]++;
	CU_ASSERT_EQUAL(session_import(t, &other, &again), ERR_MISMATCH);
	CU_ASSERT(memcmp(&s->s, &st, sizeof(st)) == 0);
	session_tick(t, SEC(100000));
	CU_ASSERT(e.n == 0 && session_count(t) == 1); /* never ages by itself */
	session_table_free(t);
}

static void test_full(void)
{
	struct ends e;
	struct session_table *t = table(1, &e);
	struct session_state a = state(1), b = state(2);
	struct session *s = NULL, *none = NULL;
	CU_ASSERT_EQUAL(session_import(t, &a, &s), OK);
	CU_ASSERT_EQUAL(session_import(t, &b, &none), ERR_FULL);
	CU_ASSERT(none == NULL && session_refused(t) == 1 && session_last_serial(t) == 1);
	CU_ASSERT_EQUAL(session_import(t, &a, &s), OK);
	session_table_free(t);
}

/* --- range checks ---------------------------------------------------------------------------- */

static struct session_table *checked;

static enum err import(const struct session_state *st)
{
	struct session *s = NULL;
	size_t before = session_count(checked);
	enum err e = session_import(checked, st, &s);
	CU_ASSERT((e == OK) == (s != NULL));
	CU_ASSERT_EQUAL(session_count(checked), before + (e == OK));
	if (s != NULL)
		session_close(checked, s, END_CLEARED);
	return e;
}

/* st as state() or udp_state() makes it, with one statement's change, gives want. */
#define WITH(make, change, want)                          \
	do {                                              \
		struct session_state st = make(7);        \
		change;                                   \
		CU_ASSERT_EQUAL(import(&st), want);       \
	} while (0)
#define GOOD(change) WITH(state, change, OK)
#define BAD(change) WITH(state, change, ERR_RANGE)
#define BAD_UDP(change) WITH(udp_state, change, ERR_RANGE)

static void both(struct session_state *st, uint8_t family, uint8_t proto, uint16_t sport, uint16_t dport)
{
	for (unsigned d = 0; d < DIR_N; d++) {
		st->tuple[d].family = family;
		st->tuple[d].proto = proto;
		st->tuple[d].sport = sport;
		st->tuple[d].dport = dport;
	}
	st->tcp = (struct tcp_state){ 0 };
}

static void check_tuples(void)
{
	BAD(st.serial = 0);
	GOOD(st.serial = UINT64_MAX);
	BAD(st.tuple[0].family = 6);
	BAD(st.tuple[1].family = 6);
	BAD(st.tuple[0].family = st.tuple[1].family = 0);
	BAD(st.tuple[0].family = st.tuple[1].family = 5);
	GOOD(st.tuple[0].family = st.tuple[1].family = 6);
	BAD(st.tuple[1].proto = IPPROTO_UDP_);
	BAD(st.tuple[1].vdom = 2);
	for (unsigned i = 4; i < 16; i++) {
		BAD(st.tuple[0].src.b[i] = 1);
		BAD(st.tuple[0].dst.b[i] = 1);
		BAD(st.tuple[1].src.b[i] = 1);
		BAD(st.tuple[1].dst.b[i] = 1);
	}
	GOOD(both(&st, 4, IPPROTO_SCTP_, 2905, 2905));
	GOOD(both(&st, 4, IPPROTO_GRE_, 0, 0));
	BAD(both(&st, 4, IPPROTO_GRE_, 1, 0));
	BAD(both(&st, 4, IPPROTO_GRE_, 0, 1));
	GOOD(both(&st, 4, IPPROTO_ICMP_, 2019, 8 << 8));
	BAD(both(&st, 6, IPPROTO_ICMP_, 2019, 8 << 8));
	GOOD(both(&st, 6, IPPROTO_ICMP6_, 2019, 128 << 8));
	BAD(both(&st, 4, IPPROTO_ICMP6_, 2019, 128 << 8));
}

static void check_times(void)
{
	BAD(st.last = SEC(9));
	BAD(st.start = SEC(21));
	BAD(st.expires = mono_add(st.last, -1));
	GOOD(st.expires = st.last);
	GOOD(st.expires = mono_add(st.last, SESSION_TIMEOUT_MAX * NS_PER_SEC));
	BAD(st.expires = mono_add(st.last, SESSION_TIMEOUT_MAX * NS_PER_SEC + 1));
	BAD(st.expires.ns = INT64_MAX);
	BAD(st.start.ns = INT64_MIN);
	GOOD(st.start = SEC(-1000)); /* began before this node did */
	BAD(st.start.ns = st.last.ns = st.last_dir[0].ns = st.last_dir[1].ns = st.expires.ns = INT64_MAX);
	BAD(st.start.ns = st.last.ns = st.last_dir[0].ns = st.last_dir[1].ns = st.expires.ns = INT64_MIN);
	for (unsigned d = 0; d < DIR_N; d++) {
		BAD(st.last_dir[d] = SEC(21));
		BAD(st.last_dir[d] = SEC(9));
		GOOD(st.last_dir[d] = SEC(10));
	}
	GOOD(st.timeout_s = SESSION_TIMEOUT_MAX);
	BAD(st.timeout_s = SESSION_TIMEOUT_MAX + 1);
	BAD(st.timeout_s = UINT32_MAX);
}

static void check_rest(void)
{
	GOOD(st.flags = SESSION_FLAG_ALL);
	BAD(st.flags = SESSION_FLAG_ALL + 1);
	BAD(st.flags = 1u << 31);
	BAD(st.vlan = 4096);
	for (unsigned d = 0; d < DIR_N; d++) {
		BAD(st.n[d].allow_err = 2);
		BAD(st.n[d].packets = 0);
		GOOD((st.n[d].packets = 0, st.n[d].bytes = 0));
		BAD(st.tcp.end[d].state = TCPS_N);
		BAD(st.tcp.end[d].state = 255);
		GOOD(st.tcp.end[d].wscale = TCP_WSCALE_MAX + 1);
		BAD(st.tcp.end[d].wscale = TCP_WSCALE_MAX + 2);
		GOOD(st.tcp.rst_by = st.tcp.syn.dir = (uint8_t)d);
	}
	BAD(st.tcp.state = TCPS_N);
	BAD(st.tcp.state = 255);
	GOOD(st.tcp.before_rst = TCPS_N - 1);
	BAD(st.tcp.before_rst = TCPS_N);
	BAD(st.tcp.rst_by = DIR_N);
	BAD(st.tcp.syn.dir = DIR_N);
	GOOD(st.tcp.syn.wscale = TCP_WSCALE_MAX + 1);
	BAD(st.tcp.syn.wscale = TCP_WSCALE_MAX + 2);
	for (unsigned i = 0; i < TCPS_N; i++)
		GOOD(st.tcp.state = (uint8_t)i);
	BAD(st.udp_both = true);
	WITH(udp_state, (void)st, OK);
	BAD_UDP(st.tcp.state = TCPS_ESTABLISHED);
}

static void test_range_checks(void)
{
	struct ends e;
	checked = table(4, &e);
	GOOD((void)st);
	check_tuples();
	check_times();
	check_rest();
	session_table_free(checked);

	/* What is held stays as it is when its successor is refused. */
	struct session_table *t = table(4, &e);
	struct session_state good = state(7), bad = state(7);
	struct session *s = NULL, *none = NULL;
	CU_ASSERT_EQUAL(session_import(t, &good, &s), OK);
	bad.vlan = 5000;
	bad.policy_id = 99;
	CU_ASSERT_EQUAL(session_import(t, &bad, &none), ERR_RANGE);
	CU_ASSERT(memcmp(&s->s, &good, sizeof(good)) == 0);
	session_table_free(t);
}

/* No table arms a timer that its peer would refuse. */
static void test_longest(void)
{
	struct session_cfg cfg;
	session_cfg_default(&cfg);
	cfg.timeout_s[ST_UDP] = UINT32_MAX;
	struct session_table *t = session_table_new(&cfg, SEC(0), NULL, NULL);
	struct packet p = { .ip_len = 40, .tuple = tuple_of(4, IPPROTO_UDP_, 5) };
	struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
	CU_ASSERT(s->s.timeout_s == SESSION_TIMEOUT_MAX && s->s.expires.ns == SEC(1 + SESSION_TIMEOUT_MAX).ns);
	checked = t;
	struct session_state st = s->s;
	session_close(t, s, END_CLEARED);
	CU_ASSERT_EQUAL(import(&st), OK);
	session_table_free(t);
}

/* Forgotten without a word: another node has told its end. */
static void test_forgotten(void)
{
	struct ends e;
	struct session_table *t = table(4, &e);
	struct session_state a = state(1), b = state(2);
	struct session *s = NULL, *other = NULL;
	enum dir d;
	CU_ASSERT_EQUAL(session_import(t, &a, &s), OK);
	CU_ASSERT_EQUAL(session_import(t, &b, &other), OK);
	session_promote(t, SEC(25));
	session_forget(t, s);
	CU_ASSERT(e.n == 0 && session_count(t) == 1 && session_by_serial(t, 1) == NULL);
	CU_ASSERT(session_find(t, &a.tuple[0], &d) == NULL && session_find(t, &b.tuple[0], &d) == other);
	session_table_free(t);
}

/* --- promotion ------------------------------------------------------------------------------- */

static void test_promotion(void)
{
	struct ends e;
	struct session_table *t = table(8, &e);
	struct session_state st = state(3), late = state(4);
	struct session *s = NULL, *l = NULL;
	enum dir d;
	late.last = late.last_dir[0] = late.last_dir[1] = SEC(20);
	late.expires = SEC(30);
	CU_ASSERT_EQUAL(session_import(t, &st, &s), OK);
	CU_ASSERT_EQUAL(session_import(t, &late, &l), OK);
	session_tick(t, SEC(40));
	session_promote(t, SEC(50));
	/* What would have ended by now has ended; the other is live, though it was not looked at. */
	CU_ASSERT(s->larval != 0);
	CU_ASSERT(e.n == 1 && e.serial[0] == 4 && e.why[0] == END_TIMEOUT);
	CU_ASSERT(!session_larval(t, s) && session_find(t, &st.tuple[0], &d) == s && d == DIR_ORIG);
	CU_ASSERT(session_find(t, &st.tuple[1], &d) == s && d == DIR_REPLY);
	session_tick(t, mono_ns(SEC(3620).ns - 1));
	CU_ASSERT_EQUAL(e.n, 1);
	session_tick(t, SEC(3620));
	CU_ASSERT(e.n == 2 && e.serial[1] == 3 && session_count(t) == 0);
	/* The next number follows the peer's. */
	struct packet p = { .ip_len = 40, .tuple = st.tuple[0], .tcp = { .flags = TCP_SYN } };
	CU_ASSERT_EQUAL(session_open(t, &p, DIR_ORIG, 1, SEC(3621))->s.serial, 5);
	session_table_free(t);
}

/* A node that took over ends a session in the very tick in which the first node would have. */
static void test_same_tick(void)
{
	struct packet p = { .ip_len = 40, .tuple = tuple_of(4, IPPROTO_UDP_, 5) };
	for (int64_t cut = 0; cut < 12; cut++) {
		struct ends ea, eb;
		struct session_table *a = table(4, &ea), *b = table(4, &eb);
		struct session *s = session_open(a, &p, DIR_ORIG, 1, SEC(1)), *r = NULL;
		for (int64_t i = 0; i < 12; i++) {
			mono_t now = mono_ns(SEC(2).ns + i * 1234567891);
			if (i == cut)
				session_promote(b, now);
			session_tick(a, now);
			session_packet(a, s, DIR_ORIG, &p, now);
			session_tick(b, now);
			if (i < cut) {
				CU_ASSERT_EQUAL(session_import(b, &s->s, &r), OK);
			} else if (r != NULL) {
				session_packet(b, r, DIR_ORIG, &p, now);
			}
		}
		if (r == NULL) {
			CU_ASSERT_EQUAL(session_import(b, &s->s, &r), OK);
			session_promote(b, s->s.last);
		}
		CU_ASSERT(memcmp(&s->s, &r->s, sizeof(s->s)) == 0);
		mono_t end = mono_ns((s->s.expires.ns + SESSION_TICK_NS - 1) / SESSION_TICK_NS * SESSION_TICK_NS);
		session_tick(a, mono_ns(end.ns - 1));
		session_tick(b, mono_ns(end.ns - 1));
		CU_ASSERT(ea.n == 0 && eb.n == 0);
		session_tick(a, end);
		session_tick(b, end);
		CU_ASSERT(ea.n == 1 && eb.n == 1);
		session_table_free(a);
		session_table_free(b);
	}
}

/* Two sessions of one tuple: the one with the higher number stays, in whatever order they came. */
static void test_one_tuple(void)
{
	for (unsigned way = 0; way < 2; way++) {
		struct ends e;
		struct session_table *t = table(8, &e);
		struct session_state a = state(3), b = state(4);
		struct session *s = NULL;
		enum dir d;
		b.tuple[0] = a.tuple[0];
		b.tuple[1] = a.tuple[1];
		CU_ASSERT_EQUAL(session_import(t, way == 0 ? &a : &b, &s), OK);
		CU_ASSERT_EQUAL(session_import(t, way == 0 ? &b : &a, &s), OK);
		session_promote(t, SEC(50));
		CU_ASSERT(e.n == 1 && e.serial[0] == 3 && e.why[0] == END_EVICTED);
		s = session_find(t, &a.tuple[0], &d);
		CU_ASSERT(s != NULL && s->s.serial == 4 && session_count(t) == 1);
		session_table_free(t);
	}
	/* A live one that is in the way, before and after it in age. */
	for (uint64_t serial = 1; serial <= 9; serial += 8) {
		struct ends e;
		struct session_table *t = table(8, &e);
		struct session_state a = state(serial);
		struct session *s = NULL;
		session_set_last_serial(t, 4);
		struct packet p = { .ip_len = 40, .tuple = a.tuple[0], .tcp = { .flags = TCP_SYN } };
		CU_ASSERT_EQUAL(session_open(t, &p, DIR_ORIG, 1, SEC(5))->s.serial, 5);
		CU_ASSERT_EQUAL(session_import(t, &a, &s), OK);
		session_promote(t, SEC(10));
		CU_ASSERT(e.n == 1 && e.serial[0] == (serial == 1 ? 1 : 5) && e.why[0] == END_EVICTED);
		session_table_free(t);
	}
}

/* The list stays in order of age though new sessions and old ones of a bulk transfer arrive mixed. */
static void test_order(void)
{
	static const uint64_t came[] = { 10, 1, 11, 2, 3, 12, 7, 5, 6, 13, 4, 9, 8 };
	for (uint64_t gone = 0; gone <= 13; gone++) {
		struct ends e;
		struct session_table *t = table(16, &e);
		struct session *s = NULL;
		for (size_t i = 0; i < ARRAY_LEN(came); i++) {
			struct session_state st = state(came[i]);
			CU_ASSERT_EQUAL(session_import(t, &st, &s), OK);
			if (came[i] == gone)
				session_close(t, s, END_CLEARED);
		}
		uint64_t want = 0;
		for (s = NULL; (s = session_next(t, s)) != NULL;) {
			want += want + 1 == gone ? 2 : 1;
			CU_ASSERT_EQUAL(s->s.serial, want);
		}
		CU_ASSERT_EQUAL(want, gone == 13 ? 12 : 13);
		CU_ASSERT_EQUAL(session_last_serial(t), 13);
		session_table_free(t);
	}
}

/* A live session whose state is replaced by one that ends sooner ends sooner, be it by one tick. */
static void test_replaced_live(void)
{
	static const int64_t sooner[] = { 1, SESSION_TICK_NS - 1, SESSION_TICK_NS, SESSION_TICK_NS + 1, 3000 * NS_PER_SEC };
	for (size_t i = 0; i < ARRAY_LEN(sooner); i++) {
		struct ends e;
		struct session_table *t = table(8, &e);
		struct session_state st = state(1);
		struct session *s = NULL;
		CU_ASSERT_EQUAL(session_import(t, &st, &s), OK);
		session_promote(t, SEC(25));
		st.expires = mono_add(st.expires, -sooner[i]);
		CU_ASSERT_EQUAL(session_import(t, &st, &s), OK);
		CU_ASSERT(!session_larval(t, s));
		int64_t tick = (st.expires.ns + SESSION_TICK_NS - 1) / SESSION_TICK_NS;
		session_tick(t, mono_ns(tick * SESSION_TICK_NS - 1));
		CU_ASSERT_EQUAL(e.n, 0);
		session_tick(t, mono_ns(tick * SESSION_TICK_NS));
		CU_ASSERT_EQUAL(e.n, 1);
		session_table_free(t);
	}
}

UNIT_MAIN({ "taken over", test_taken_over }, { "full", test_full }, { "range checks", test_range_checks },
	  { "the longest timer", test_longest },
	  { "forgotten", test_forgotten }, { "promotion", test_promotion }, { "the same tick on either node", test_same_tick },
	  { "one tuple twice", test_one_tuple }, { "order of age", test_order }, { "a live session replaced", test_replaced_live })
