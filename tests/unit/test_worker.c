/* test_worker.c - the packet loop over a queue in memory: verdicts, the box's own packets, visits, generations, ends. */
#include "tests/unit/worker_rig.h"

static struct box b;
static struct gen gen, other;

static const struct addr_range to_denied = { 4, { { 10, 2, 0, 9 } }, { { 10, 2, 0, 9 } } };
static const struct policy_rule policies[] = {
	{ .id = 3, .action = POLICY_DENY, .dst = &to_denied, .n_dst = 1, .sensor = -1 },
	{ .id = 5, .action = POLICY_ACCEPT, .inspect = true, .session_sync = true, .log_traffic = true, .sensor = -1 },
};
static const struct rig_opts opts = { .rules = "reject tcp any any -> any any (msg:\"no\"; content:\"KILL\"; sid:1;)\n",
				      .policies = policies, .n_policies = ARRAY_LEN(policies), .prevent = true,
				      .max_sessions = 4096 };
static const struct policy_rule none[] = { { .id = 3, .action = POLICY_DENY, .sensor = -1 } };
static const struct rig_opts nothing = { .policies = none, .n_policies = 1, .prevent = true, .max_sessions = 4096 };

static void begin(const struct rig_opts *o)
{
	rig_gen(&gen, o);
	box_new(&b, &gen);
	box_start(&b);
}

static void end(void)
{
	CU_ASSERT_EQUAL(box_stop(&b), ENGINE_STOPPED);
	box_free(&b);
	rig_gen_free(&gen);
}

/* --- verdicts ------------------------------------------------------------------------------------------------- */

static void test_verdicts(void)
{
	enum { N = 600 };
	static struct pkt k[N];
	begin(&opts);
	for (unsigned i = 0; i < N; i++)
		k[i] = box_tcp(i % 3 == 0 ? "10.2.0.9" : "10.2.0.2", (uint16_t)(2000 + i), TCP_SYN, 1, "");
	for (unsigned i = 0, n = 1; i < N; i += n, n = n % 150 + 7)
		box_put(&b, &k[i], n < N - i ? n : N - i);
	CU_ASSERT_TRUE(box_wait_judged(&b, N));
	for (unsigned i = 0; i < N; i++)
		CU_ASSERT_EQUAL(b.f.p[i].pass, i % 3 != 0);
	CU_ASSERT_TRUE(b.f.most <= PKTIO_BATCH_MAX * PKTIO_FLIGHTS);
	CU_ASSERT_TRUE(b.pulse.turns > 0 && b.pulse.settled);
	end();
}

/* What cannot be read as a packet is the engine's to refuse. */
static void test_garbage(void)
{
	static struct pkt k[64];
	begin(&opts);
	for (unsigned i = 0; i < 64; i++) {
		k[i] = box_tcp(i & 1 ? "2001:db8::9" : "10.2.0.2", (uint16_t)(2000 + i), TCP_SYN, 1, "");
		k[i].len = i < 60 ? i % 40 : k[i].len;
		if (i >= 60)
			k[i].b[0] = (uint8_t)(i << 4);
	}
	box_put(&b, k, 64);
	CU_ASSERT_TRUE(box_wait_judged(&b, 64));
	for (unsigned i = 0; i < 64; i++)
		CU_ASSERT_FALSE(b.f.p[i].pass);
	end();
}

/* For the box itself and for many: the kernel's, whatever the policies say. */
static void test_own(void)
{
	static const struct {
		const char *dst;
		bool pass;
	} row[] = {
		{ "127.0.0.1", true },	   { "255.255.255.255", true }, { "224.0.0.5", true },	{ "239.255.255.250", true },
		{ "ff02::1", true },	   { "ff02::1:ff00:1", true },	{ "ff0e::7", true },	{ "::1", true },
		{ "10.7.0.1", true },	   { "10.7.0.255", true },	{ "fd07::1", true },	{ "10.7.0.2", false },
		{ "10.7.1.255", false },   { "fd07::2", false },	{ "10.2.0.2", false },	{ "223.255.255.255", false },
		{ "fe80::1:2:3:4", false }, { "240.0.0.1", false },	{ "10.8.0.1", true },	{ "10.8.0.255", false },
	};
	static struct pkt k[ARRAY_LEN(row)];
	b.live.n_vip = 3;
	b.live.vip[0] = (struct vip_addr){ .family = 4, .prefix = 24, .addr = { { 10, 7, 0, 1 } } };
	b.live.vip[1] = (struct vip_addr){ .family = 6, .prefix = 64, .addr = { { 0xfd, 7, [15] = 1 } } };
	b.live.vip[2] = (struct vip_addr){ .family = 4, .prefix = 32, .addr = { { 10, 8, 0, 1 } } };
	begin(&nothing);
	for (unsigned i = 0; i < ARRAY_LEN(row); i++)
		k[i] = box_tcp(row[i].dst, 2000, TCP_SYN, 1, "");
	box_put(&b, k, ARRAY_LEN(row));
	CU_ASSERT_TRUE(box_wait_judged(&b, ARRAY_LEN(row)));
	unsigned inspected = 0;
	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		inspected += !row[i].pass;
		if (b.f.p[i].pass != row[i].pass)
			printf("# %s: %s\n", row[i].dst, b.f.p[i].pass ? "passed" : "dropped");
		CU_ASSERT_EQUAL(b.f.p[i].pass, row[i].pass);
	}
	(void)box_status(&b);
	CU_ASSERT_EQUAL(engine_stats(b.w->r.engine)->packets, inspected);
	end();
}

/* Through a bridge groups go to others: only what no router forwards is let by. */
static void test_bridge(void)
{
	static const struct {
		const char *dst;
		bool pass;
	} row[] = {
		{ "ff02::1", true }, { "ff05::1", false }, { "224.0.0.5", true }, { "239.1.1.1", false },
		{ "255.255.255.255", false },
	};
	static struct pkt k[ARRAY_LEN(row)];
	b.live.bridge = true;
	begin(&nothing);
	for (unsigned i = 0; i < ARRAY_LEN(row); i++)
		k[i] = box_tcp(row[i].dst, 2000, TCP_SYN, 1, "");
	box_put(&b, k, ARRAY_LEN(row));
	CU_ASSERT_TRUE(box_wait_judged(&b, ARRAY_LEN(row)));
	for (unsigned i = 0; i < ARRAY_LEN(row); i++)
		CU_ASSERT_EQUAL(b.f.p[i].pass, row[i].pass);
	end();
}

/* A rejected connection: both ends are told. */
static void test_reject(void)
{
	begin(&opts);
	box_put_open(&b, 2000, 100);
	box_put_tcp(&b, 2000, TCP_ACK, 101, "KILL");
	CU_ASSERT_TRUE(box_wait_judged(&b, 3));
	CU_ASSERT_TRUE(b.f.p[0].pass && b.f.p[1].pass && !b.f.p[2].pass);
	(void)box_status(&b); /* the turn is over */
	CU_ASSERT_EQUAL(b.f.injected, 2);
	end();
}

/* --- visits ------------------------------------------------------------------------------------------------------ */

static void count_visit(const struct ctl_view *v, void *ctx)
{
	CU_ASSERT_PTR_EQUAL(v->engine, b.w->r.engine);
	CU_ASSERT_PTR_EQUAL(v->io, &b.f.io);
	CU_ASSERT_TRUE(pthread_equal(pthread_self(), b.thread));
	(*(unsigned *)ctx)++;
}

static void *visitor(void *arg)
{
	for (unsigned i = 0; i < 100; i++)
		(void)!worker_visit(b.w, count_visit, arg);
	return NULL;
}

static void test_visits(void)
{
	pthread_t t[4];
	unsigned n[4] = { 0 };
	begin(&opts);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, visitor, &n[i]), 0);
	for (unsigned i = 0; i < 200; i++)
		box_put_tcp(&b, (uint16_t)(2000 + i), TCP_SYN, 1, "");
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_TRUE(n[0] == 100 && n[1] == 100 && n[2] == 100 && n[3] == 100);
	CU_ASSERT_TRUE(box_wait_judged(&b, 200));
	end();
}

/* A worker that does not come: told after two seconds, and the visit never runs; one that came late is waited for. */
static void test_timeout(void)
{
	struct stall s;
	unsigned n = 0;
	begin(&opts);
	stall_begin(&s, &b);
	const int64_t t0 = real_ns();
	CU_ASSERT_EQUAL(worker_visit(b.w, count_visit, &n), ERR_TIMEOUT);
	CU_ASSERT_TRUE(real_ns() - t0 >= CTL_WAIT_MS * NS_PER_MS - NS_PER_MS);
	stall_end(&s); /* it has lasted longer than that, too */
	(void)box_status(&b);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(worker_visit(b.w, count_visit, &n), OK);
	CU_ASSERT_EQUAL(n, 1);
	end();
}

/* --- generations --------------------------------------------------------------------------------------------------- */

static void set_gen(const struct ctl_view *v, void *ctx)
{
	(void)v;
	*(enum err *)ctx = worker_set_gen(b.w, &other);
}

static void ask_changed(const struct ctl_view *v, void *ctx)
{
	(void)v;
	*(bool *)ctx = worker_changed(b.w);
}

static void test_set_gen(void)
{
	enum err e = ERR_INTERNAL;
	bool changed = false;
	begin(&opts);
	rig_gen(&other, &nothing);
	for (unsigned i = 0; i < 300; i++)
		box_put_tcp(&b, (uint16_t)(2000 + i), TCP_SYN, 1, "");
	CU_ASSERT_TRUE(box_wait_judged(&b, 300));
	CU_ASSERT_EQUAL(worker_visit(b.w, set_gen, &e), OK);
	CU_ASSERT_EQUAL(e, OK);
	for (unsigned i = 0; i < 1000 && !changed; i++)
		CU_ASSERT_EQUAL(worker_visit(b.w, ask_changed, &changed), OK);
	CU_ASSERT_TRUE(changed);
	box_put_tcp(&b, 2000, TCP_ACK, 2, "x");
	CU_ASSERT_TRUE(box_wait_judged(&b, 301));
	CU_ASSERT_TRUE(b.f.p[299].pass && !b.f.p[300].pass);
	CU_ASSERT_EQUAL(box_stop(&b), ENGINE_STOPPED);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.w->r.engine)), 0);
	CU_ASSERT_TRUE(logs_passed(b.logs, 5000));
	box_free(&b);
	rig_gen_free(&gen);
	rig_gen_free(&other);
}

/* --- ends ------------------------------------------------------------------------------------------------------------ */

static void test_ends(void)
{
	for (unsigned how = 0; how < 3; how++) {
		rig_gen(&gen, &opts);
		box_new(&b, &gen);
		b.f.fail_recv = how == 0;
		b.f.fail_verdict = how == 1;
		if (how == 2)
			worker_stop(b.w); /* before it began */
		box_start(&b);
		box_put_tcp(&b, 2000, TCP_SYN, 1, "");
		CU_ASSERT_EQUAL(box_join(&b), how == 2 ? ENGINE_STOPPED : ENGINE_FAILED);
		CU_ASSERT_EQUAL(b.f.judged, 0);
		box_free(&b);
		rig_gen_free(&gen);
	}
}

/* Time passes without packets: sessions end. */
static void test_tick(void)
{
	begin(&opts);
	box_put_tcp(&b, 2000, TCP_SYN, 1, "");
	CU_ASSERT_TRUE(box_wait_judged(&b, 1));
	b.jump = 20 * NS_PER_SEC;
	struct outbuf o = { 0 };
	uint64_t after = 0;
	for (unsigned i = 0; i < WAIT_MS && o.len == 0; i++) {
		usleep(1000);
		logs_tail(b.logs, LOG_EVE, &after, 10, &o);
	}
	CU_ASSERT_TRUE(o.p != NULL && strstr(o.p, "\"flow\"") != NULL);
	outbuf_free(&o);
	end();
}

UNIT_MAIN({ "verdicts in order", test_verdicts }, { "what is no packet", test_garbage }, { "the box's own packets", test_own },
	  { "groups through a bridge", test_bridge }, { "resets", test_reject }, { "visits", test_visits },
	  { "a visit that is not received", test_timeout }, { "another generation", test_set_gen }, { "ends", test_ends },
	  { "time passes", test_tick })
