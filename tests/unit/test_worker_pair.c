/* test_worker_pair.c - two packet loops joined by a real link over 127.0.0.1 and 127.0.0.2: no verdict before the standby has
 * what it rests on, holding when the link breaks, and taking over by a will, by a command, and after death.
 */
#include "tests/unit/pair_rig.h"

static unsigned early; /* verdicts for batches that the standby has not got */

/* Called on the active node's thread, for its oldest flight. */
static void before_verdict(void *arg, unsigned first, unsigned count)
{
	const struct box *active = arg, *standby = active == &n[0] ? &n[1] : &n[0];
	const uint64_t seq = active->w->flight[active->w->first].seq;
	(void)first;
	(void)count;
	early += seq == 0 || *(volatile const uint64_t *)&standby->w->r.receiver.seq < seq;
}

/* --- commit before verdict ------------------------------------------------------------------------------------------ */

static void test_commit(void)
{
	enum { N = 1000 };
	static struct pkt k[N];
	early = 0;
	both(4000);
	n[0].f.before = before_verdict;
	n[0].f.arg = &n[0];
	for (unsigned i = 0; i < N; i++)
		k[i] = box_tcp("10.2.0.2", (uint16_t)(2000 + i), TCP_SYN, 100, "");
	for (unsigned i = 0, c = 1; i < N; i += c, c = c % 90 + 11)
		box_put(&n[0], &k[i], c < N - i ? c : N - i);
	CU_ASSERT_TRUE(box_wait_judged(&n[0], N));
	CU_ASSERT_EQUAL(passed(&n[0], 0, N), N);
	CU_ASSERT_EQUAL(early, 0);
	const struct ha_status a = box_status(&n[0]), s = box_status(&n[1]);
	CU_ASSERT_TRUE(a.sent > 10 && a.digest_mismatches == 0 && s.digest_mismatches == 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), N);
	/* the standby's own queue: dropped, but for what is the kernel's */
	const struct pkt mine[] = { box_tcp("10.2.0.2", 2000, TCP_ACK, 101, "x"), box_tcp("127.0.0.1", 2000, TCP_SYN, 1, ""),
				    box_tcp("ff02::1", 2000, TCP_SYN, 1, "") };
	box_put(&n[1], mine, 3);
	CU_ASSERT_TRUE(box_wait_judged(&n[1], 3));
	CU_ASSERT_TRUE(!n[1].f.p[0].pass && n[1].f.p[1].pass && n[1].f.p[2].pass);
	end(0);
	end(1);
}

/* As a visit: does something gather behind no batch? Who leaves would name its last batch without that. */
static void count_alone(const struct ctl_view *v, void *ctx)
{
	(void)v;
	*(unsigned *)ctx += n[0].w->gathers && n[0].w->n_flights == 0;
}

static void give_slowly(void *arg, unsigned first, unsigned count)
{
	(void)arg;
	(void)first;
	(void)count;
	usleep(5000); /* a visit comes meanwhile, and is received in this very turn */
}

/* The standby stands still: not one verdict until it goes on, and no more packets than full flights are held. */
static void test_waits(void)
{
	enum { N = 500, MORE = 20 };
	static struct pkt k[N];
	unsigned alone = 0;
	struct stall s;
	both(8000);
	stall_begin(&s, &n[1]);
	for (unsigned i = 0; i < N; i++)
		k[i] = box_tcp("10.2.0.2", (uint16_t)(2000 + i), TCP_SYN, 100, "");
	box_put(&n[0], k, N);
	usleep(400000);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 0);
	CU_ASSERT_EQUAL(n[0].f.taken, PKTIO_FLIGHTS * PKTIO_BATCH_MAX);
	stall_end(&s);
	CU_ASSERT_TRUE(box_wait_judged(&n[0], N));
	CU_ASSERT_EQUAL(passed(&n[0], 0, N), N);
	/* one that fills no batch is on its way: the others are inspected, and gather for the next one */
	stall_begin(&s, &n[1]);
	const uint64_t sent = box_status(&n[0]).sent;
	one_waits_others_gather(&n[0], MORE);
	CU_ASSERT_TRUE(box_judged(&n[0]) == N && box_status(&n[0]).sent == sent + 1);
	n[0].f.before = give_slowly;
	stall_end(&s);
	for (unsigned i = 0; i < WAIT_MS && box_judged(&n[0]) < N + 1 + MORE; i++)
		CU_ASSERT_EQUAL(worker_visit(n[0].w, count_alone, &alone), OK);
	CU_ASSERT_EQUAL(passed(&n[0], N, N + 1 + MORE), 1 + MORE);
	CU_ASSERT_TRUE(box_status(&n[0]).sent - sent < MORE / 2);
	CU_ASSERT_EQUAL(alone, 0);
	end(0);
	end(1);
}

/* More comes at once than the batch that gathers has room for. */
static void test_fills(void)
{
	enum { MORE = 20, BURST = 200, HELD = (PKTIO_FLIGHTS - 1) * PKTIO_BATCH_MAX };
	static struct pkt k[BURST];
	struct stall s;
	both(8000);
	stall_begin(&s, &n[1]);
	const uint64_t sent = box_status(&n[0]).sent;
	one_waits_others_gather(&n[0], MORE);
	for (unsigned i = 0; i < BURST; i++)
		k[i] = box_tcp("10.2.0.2", (uint16_t)(4000 + i), TCP_SYN, 100, "");
	box_put(&n[0], k, BURST);
	for (unsigned i = 0; i < WAIT_MS && taken(&n[0]) < 1 + HELD; i++)
		usleep(1000);
	CU_ASSERT_EQUAL(box_status(&n[0]).sent, sent + PKTIO_FLIGHTS);
	CU_ASSERT_EQUAL(taken(&n[0]), 1 + HELD);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 0);
	stall_end(&s);
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 1 + MORE + BURST));
	CU_ASSERT_EQUAL(passed(&n[0], 0, 1 + MORE + BURST), 1 + MORE + BURST);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), 1 + MORE + BURST);
	end(0);
	end(1);
}

/* It stood still while packets gathered: another one may work by now, which knows nothing of them. */
static void test_gathers_asleep(void)
{
	enum { MORE = 5 };
	struct stall s;
	both(1000);
	begin_flows(&n[0], 2000, 5);
	stall_begin(&s, &n[1]);
	one_waits_others_gather(&n[0], MORE);
	n[0].jump = 2 * NS_PER_SEC;
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 11 + MORE));
	CU_ASSERT_EQUAL(passed(&n[0], 10, 11 + MORE), 0);
	CU_ASSERT_EQUAL(box_status(&n[0]).backlog_dropped, 1 + MORE);
	stall_end(&s);
	end(0);
	end(1);
}

/* The queue takes no verdicts: given again they might be those of other packets. */
static void test_refused(void)
{
	struct stall s;
	both(8000);
	stall_begin(&s, &n[1]);
	one_waits_others_gather(&n[0], 3);
	n[0].f.fail_verdict = true;
	stall_end(&s);
	CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_FAILED);
	CU_ASSERT_EQUAL(n[0].f.refused, 1);
	CU_ASSERT_EQUAL(n[0].f.judged, 0);
	end(0);
	end(1);
}

/* The standby stands still: what waits, by mode. The first packets open flows, the last ones only count. */
static void test_modes(void)
{
	for (enum ha_wait w = HA_WAIT_STATE; w <= HA_WAIT_NOTHING; w++) {
		struct stall s;
		wait = w;
		both(8000);
		begin_flows(&n[0], 2000, 5);
		const unsigned had = box_judged(&n[0]);
		stall_begin(&s, &n[1]);
		const uint64_t before = box_status(&n[0]).ahead;
		for (unsigned i = 0; i < 5; i++)
			box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_ACK, 101, "");
		box_put_tcp(&n[0], 3000, TCP_SYN, 100, "");
		if (w == HA_WAIT_NOTHING) {
			CU_ASSERT_TRUE(box_wait_judged(&n[0], had + 6));
			CU_ASSERT_EQUAL(box_status(&n[0]).ahead - before, 6); /* a crash now would lose that */
		} else {
			usleep(300000);
			CU_ASSERT_EQUAL(box_judged(&n[0]), had); /* established: more than a count */
		}
		stall_end(&s);
		CU_ASSERT_TRUE(box_wait_judged(&n[0], had + 6));
		stall_begin(&s, &n[1]);
		for (unsigned i = 0; i < 5; i++)
			box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_ACK, 101, "");
		CU_ASSERT_TRUE(box_wait_judged(&n[0], had + 11)); /* counts only: goes at once in either */
		box_put_tcp(&n[0], 3001, TCP_SYN, 100, "");
		box_put_tcp(&n[0], 2000, TCP_ACK, 101, "");
		if (w == HA_WAIT_STATE) {
			usleep(300000);
			CU_ASSERT_EQUAL(box_judged(&n[0]), had + 11); /* and what comes behind one that waits, waits */
		}
		stall_end(&s);
		CU_ASSERT_TRUE(box_wait_judged(&n[0], had + 13));
		CU_ASSERT_EQUAL(passed(&n[0], 0, had + 13), had + 13);
		end(0);
		end(1);
	}
	wait = HA_WAIT_ALL;
}

/* Nothing happens: then nothing is told, not even that nothing was written. */
static void test_idle(void)
{
	both(1000);
	begin_flows(&n[0], 2000, 10);
	const unsigned had = n[0].f.put;
	for (unsigned i = 0; i < 10; i++) { /* what is dropped is logged */
		box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_ACK, 101, "left ");
		box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_ACK, 106, "right");
	}
	CU_ASSERT_TRUE(box_wait_judged(&n[0], had + 20));
	CU_ASSERT_TRUE(n[1].w->r.recs.n > 0 || n[0].w->r.rec_seq > 0);
	bool told = false; /* the standby forgets the records once they are in the file */
	for (unsigned i = 0; i < WAIT_MS / 10 && !told; i++, usleep(10000))
		told = n[1].w->r.recs.n == 0 && n[0].w->told_written >= n[0].w->r.rec_seq;
	CU_ASSERT_TRUE(told && n[0].w->r.rec_seq > 0);
	usleep(200000);
	const uint64_t sent = box_status(&n[0]).sent;
	usleep(1000000); /* twenty heartbeats */
	CU_ASSERT_EQUAL(box_status(&n[0]).sent, sent);
	end(0);
	end(1);
}

/* --- the link breaks ---------------------------------------------------------------------------------------------------- */

/* As a visit: batches that would leave before the standby has what they rest on, once the link is back. */
static void count_uncommitted(const struct ctl_view *v, void *ctx)
{
	const struct worker *w = n[0].w;
	(void)v;
	for (unsigned i = 0; i < w->n_flights; i++)
		*(unsigned *)ctx += w->flight[(w->first + i) % PKTIO_FLIGHTS].seq == 0;
}

/* The standby cannot be told that it is no longer counted on: nothing leaves; it is told: all does, and it joins again. */
static void test_hold(void)
{
	struct stall s;
	unsigned uncommitted = 0;
	both(8000);
	begin_flows(&n[0], 2000, 10);
	stall_begin(&s, &n[1]);
	one_waits_others_gather(&n[0], 4);
	CU_ASSERT_EQUAL(worker_visit(n[0].w, drop_link, &n[0]), OK);
	for (unsigned i = 5; i < 50; i++)
		box_put_tcp(&n[0], (uint16_t)(3000 + i), TCP_SYN, 100, "");
	usleep(700000);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 20);
	CU_ASSERT_EQUAL(worker_visit(n[0].w, count_uncommitted, &uncommitted), OK);
	CU_ASSERT_EQUAL(uncommitted, 0);
	CU_ASSERT_EQUAL(box_status(&n[0]).role, HA_ACTIVE);
	stall_end(&s);
	const int64_t t0 = real_ns();
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 70));
	CU_ASSERT_TRUE(real_ns() - t0 < 4 * NS_PER_SEC); /* by the standby's word; its death would take 13 s */
	CU_ASSERT_EQUAL(passed(&n[0], 0, 70), 70);
	CU_ASSERT_TRUE(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_STANDBY, HA_SYNCED));
	const struct ha_status a = box_status(&n[0]);
	CU_ASSERT_TRUE(a.resyncs == 1 && a.commit_timeouts == 0 && a.term == box_status(&n[1]).term);
	CU_ASSERT_EQUAL(a.term_serial, box_status(&n[1]).term_serial);
	/* not by the whole table: it has gone on where it was */
	CU_ASSERT_TRUE(a.bulks == 1 && a.caught_up >= 1 && a.overflows == 0);
	CU_ASSERT_EQUAL(n[1].w->r.digest_mismatches, 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), 60);
	end(0);
	end(1);
}

static struct gen other;

static void exchange(const struct ctl_view *v, void *ctx)
{
	(void)v;
	*(enum err *)ctx = worker_set_gen(n[0].w, &other);
}

/* The policy is exchanged: what was inspected before waits for the standby's word, and leaves; then it gets another stream. */
static void test_exchange(void)
{
	enum { MORE = 4 };
	struct stall s;
	enum err e = ERR_INTERNAL;
	both(8000);
	begin_flows(&n[0], 2000, 10);
	stall_begin(&s, &n[1]);
	one_waits_others_gather(&n[0], MORE);
	rig_gen(&other, &opts);
	CU_ASSERT_EQUAL(worker_visit(n[0].w, exchange, &e), OK);
	CU_ASSERT_EQUAL(e, OK);
	usleep(300000);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 20);
	stall_end(&s);
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 21 + MORE));
	CU_ASSERT_EQUAL(passed(&n[0], 0, 21 + MORE), 21 + MORE);
	CU_ASSERT_TRUE(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_STANDBY, HA_SYNCED));
	const struct ha_status a = box_status(&n[0]);
	CU_ASSERT_TRUE(a.bulks == 2 && a.caught_up == 0 && a.commit_timeouts == 0);
	CU_ASSERT_EQUAL(box_status(&n[1]).digest_mismatches, 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), 11 + MORE);
	end(0);
	end(1);
	rig_gen_free(&other);
}

/* --- taking over --------------------------------------------------------------------------------------------------------- */

static bool told_active(struct box *b)
{
	enum proc_msg_kind k = PM_READY;
	for (unsigned i = 0; i < WAIT_MS / 10; i++, usleep(10000))
		if (box_told(b, &k))
			return k == PM_ACTIVE;
	return false;
}

/* The new active node knows every flow, inspects on where the other one was, and works. */
static void goes_on(struct box *b, unsigned flows)
{
	unsigned had = b->f.put;
	for (unsigned i = 0; i < flows; i++)
		box_put_tcp(b, (uint16_t)(2000 + i), TCP_ACK, 106, "x ");
	CU_ASSERT_TRUE(box_wait_judged(b, had + flows));
	CU_ASSERT_EQUAL(passed(b, had, had + flows), flows);
	had += flows;
	for (unsigned i = 0; i < flows; i++)
		box_put_tcp(b, (uint16_t)(2000 + i), TCP_ACK, 108, "right");
	box_put_tcp(b, 9999, TCP_ACK, 106, "unknown");
	CU_ASSERT_TRUE(box_wait_judged(b, had + flows + 1));
	CU_ASSERT_EQUAL(passed(b, had, had + flows + 1), 0); /* the second half of what is dropped, and a stranger */
	box_put_tcp(b, 9998, TCP_SYN, 106, "");
	CU_ASSERT_TRUE(box_wait_judged(b, had + flows + 2));
	CU_ASSERT_TRUE(b->f.p[had + flows + 1].pass);
}

static void half_a_pattern(struct box *b, unsigned flows)
{
	const unsigned had = b->f.put;
	for (unsigned i = 0; i < flows; i++)
		box_put_tcp(b, (uint16_t)(2000 + i), TCP_ACK, 101, "left ");
	CU_ASSERT_TRUE(box_wait_judged(b, had + flows));
	CU_ASSERT_EQUAL(passed(b, had, had + flows), flows);
}

/* The process is gone and its parent says so: long before the silence would tell. */
static void test_will(void)
{
	uint8_t will[LINK_WILL_MAX];
	both(16000);
	CU_ASSERT_TRUE(told_active(&n[0]));
	begin_flows(&n[0], 2000, 20);
	half_a_pattern(&n[0], 20);
	const size_t len = link_will(links_at(n[0].links, 0), will);
	const int fd = link_will_socket(links_at(n[0].links, 0));
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
	const int64_t t0 = real_ns();
	CU_ASSERT_EQUAL(send(fd, will, len, 0), (ssize_t)len);
	CU_ASSERT_TRUE(told_active(&n[1]));
	CU_ASSERT_TRUE(real_ns() - t0 < 8 * NS_PER_SEC);
	close(fd);
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
	CU_ASSERT_EQUAL(box_status(&n[1]).term, 2);
	CU_ASSERT_EQUAL(box_status(&n[1]).promotions, 1);
	goes_on(&n[1], 20);
	end(0);
	end(1);
}

/* The parent reads nothing, since it waits for its disk: the engine takes over and works all the same, and tells it later. */
static void test_busy_parent(void)
{
	const struct proc_msg m = { .kind = PM_RELOADED };
	enum proc_msg_kind k = PM_READY;
	both(1000);
	begin_flows(&n[0], 2000, 20);
	half_a_pattern(&n[0], 20);
	while (proc_try(n[1].parent[0], &m) == OK)
		;
	CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
	goes_on(&n[1], 20);
	bool told = false;
	for (unsigned i = 0; i < WAIT_MS && !told; i++) {
		told = box_told(&n[1], &k) && k == PM_ACTIVE;
		usleep(k == PM_RELOADED ? 0 : 1000);
	}
	CU_ASSERT_TRUE(told);
	end(0);
	end(1);
}

/* It says nothing any more. */
static void test_silence(void)
{
	both(2000);
	begin_flows(&n[0], 2000, 20);
	half_a_pattern(&n[0], 20);
	CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED); /* the link stays open */
	CU_ASSERT_TRUE(told_active(&n[1]));
	goes_on(&n[1], 20);
	end(0);
	end(1);
}

/* The nodes' clocks are a day apart: a session's times are the survivor's. */
static void ask_time(const struct ctl_view *v, void *ctx)
{
	*(mono_t *)ctx = engine_now(v->engine);
}

static void test_clocks(void)
{
	static const int64_t day = 24 * 3600 * NS_PER_SEC;
	for (int ahead = -1; ahead <= 1; ahead += 2) {
		n[0].jump = 2 * day;
		n[1].jump = (2 + ahead) * day;
		both(2000);
		const mono_t before = box_now(&n[1]);
		begin_flows(&n[0], 2000, 20);
		half_a_pattern(&n[0], 20);
		mono_t listed;
		CU_ASSERT_EQUAL(worker_visit(n[1].w, ask_time, &listed), OK);
		CU_ASSERT_TRUE(mono_before(before, listed));
		CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
		CU_ASSERT_TRUE(told_active(&n[1]));
		goes_on(&n[1], 20);
		CU_ASSERT_EQUAL(box_stop(&n[1]), ENGINE_STOPPED);
		struct engine *e = n[1].w->r.engine;
		struct session_table *t = engine_sessions(e);
		const int64_t off = mono_diff(box_now(&n[1]), engine_now(e));
		CU_ASSERT_TRUE(off >= 0 && off < WAIT_MS * NS_PER_MS);
		unsigned right = 0;
		for (struct session *s = session_next(t, NULL); s != NULL; s = session_next(t, s)) {
			const int64_t age = mono_diff(box_now(&n[1]), s->s.start);
			const bool ends = mono_diff(s->s.expires, s->s.last) == s->s.timeout_s * NS_PER_SEC;
			right += ends && age >= 0 && age < WAIT_MS * NS_PER_MS;
		}
		CU_ASSERT_EQUAL(right, 21);
		end(0);
		end(1);
	}
}

static void ask_passive(const struct ctl_view *v, void *ctx)
{
	const char *why = "?";
	(void)v;
	*(bool *)ctx = worker_ask_role(n[0].w, PEERING_PASSIVE, &why);
	if (!*(bool *)ctx)
		printf("# %s\n", why);
}

static void ask_active(const struct ctl_view *v, void *ctx)
{
	const char *why = "?";
	(void)v;
	*(bool *)ctx = worker_ask_role(n[1].w, PEERING_ACTIVE, &why);
	if (!*(bool *)ctx)
		printf("# %s\n", why);
}

/* By a command at either end: the one that leaves begins anew, and is the standby of the other. */
static void test_commands(void)
{
	for (unsigned how = 0; how < 2; how++) {
		bool done = false;
		both(4000);
		CU_ASSERT_TRUE(told_active(&n[0]));
		begin_flows(&n[0], 2000, 20);
		half_a_pattern(&n[0], 20);
		CU_ASSERT_EQUAL(how == 0 ? worker_visit(n[0].w, ask_passive, &done) : worker_visit(n[1].w, ask_active, &done), OK);
		CU_ASSERT_TRUE(done);
		CU_ASSERT_TRUE(told_active(&n[1]));
		CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_REBORN);
		enum proc_msg_kind k = PM_READY;
		while (box_told(&n[0], &k) && k == PM_ACTIVE)
			; /* anew, when the other one was found */
		CU_ASSERT_EQUAL(k, PM_PASSIVE);
		const uint16_t port = n[0].live.link.port;
		end(0);
		configure(0, port, 4000, 200);
		start(0);
		CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_SYNCED));
		CU_ASSERT_TRUE(box_wait_role(&n[0], HA_STANDBY, HA_SYNCED));
		CU_ASSERT_EQUAL(box_status(&n[1]).doubts, 0);
		goes_on(&n[1], 20);
		end(0);
		end(1);
	}
}

/* What the dead node may have let by unheard decides how strictly its connections are gone on with. A will, and a silence in which
 * nobody answers on the data side, leave no doubt about a node that waited for us. */
static void test_doubt(void)
{
	static const struct {
		enum ha_wait wait;
		bool will;
		enum proc_probe probe;
		bool doubt;
	} row[] = {
		{ HA_WAIT_ALL, true, PROBE_NOTHING, false },     { HA_WAIT_ALL, false, PROBE_SILENT, false },
		{ HA_WAIT_ALL, false, PROBE_NOTHING, true },     { HA_WAIT_STATE, true, PROBE_NOTHING, true },
		{ HA_WAIT_NOTHING, true, PROBE_NOTHING, true }, { HA_WAIT_NOTHING, false, PROBE_SILENT, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t will[LINK_WILL_MAX];
		wait = row[i].wait;
		both(row[i].will ? 16000 : 2000);
		begin_flows(&n[0], 2000, 5);
		n[1].pulse.probe = row[i].probe;
		const size_t len = link_will(links_at(n[0].links, 0), will);
		const int fd = link_will_socket(links_at(n[0].links, 0));
		CU_ASSERT_FATAL(fd >= 0);
		CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
		CU_ASSERT_TRUE(!row[i].will || send(fd, will, len, 0) == (ssize_t)len);
		close(fd);
		CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
		CU_ASSERT_EQUAL(box_status(&n[1]).doubts, row[i].doubt);
		/* far beyond the window that the receiver has told of */
		const unsigned had = n[1].f.put;
		box_put_tcp(&n[1], 2000, TCP_ACK, 101 + (1 << 20), "beyond");
		CU_ASSERT_TRUE(box_wait_judged(&n[1], had + 1));
		if (n[1].f.p[had].pass != row[i].doubt)
			printf("# row %zu\n", i);
		CU_ASSERT_EQUAL(n[1].f.p[had].pass, row[i].doubt);
		end(0);
		end(1);
	}
	wait = HA_WAIT_ALL;
}

/* --- alone, and asleep ------------------------------------------------------------------------------------------------------ */

/* Nobody answers: for a second everything is dropped, then it works; and the clock that jumps costs what had waited, and has the
 * addresses announced again. */
static void test_alone_asleep(void)
{
	struct stall s;
	configure(0, free_port(), 300, 100);
	start(0);
	box_put_tcp(&n[0], 2000, TCP_SYN, 100, "");
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 1));
	CU_ASSERT_FALSE(n[0].f.p[0].pass);
	CU_ASSERT_TRUE(told_active(&n[0]));
	begin_flows(&n[0], 2000, 5);
	CU_ASSERT_EQUAL(passed(&n[0], 0, 11), 10);
	stall_begin(&s, &n[0]);
	for (unsigned i = 0; i < 300; i++)
		box_put_tcp(&n[0], (uint16_t)(3000 + i), TCP_SYN, 100, "");
	n[0].jump = 2 * NS_PER_SEC;
	stall_end(&s);
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 311));
	CU_ASSERT_EQUAL(passed(&n[0], 11, 311), 0);
	CU_ASSERT_EQUAL(box_status(&n[0]).backlog_dropped, 300);
	begin_flows(&n[0], 4000, 5);
	CU_ASSERT_EQUAL(passed(&n[0], 311, 321), 10);
	CU_ASSERT_TRUE(told_active(&n[0])); /* another one may have had the addresses meanwhile */
	end(0);
}

UNIT_MAIN({ "the standby has it before the verdict", test_commit }, { "no word, no verdict", test_waits },
	  { "more than gathers", test_fills },
	  { "asleep while packets gather", test_gathers_asleep }, { "a queue that takes no verdicts", test_refused },
	  { "what waits, by mode", test_modes }, { "idle", test_idle }, { "a parent that is busy", test_busy_parent },
	  { "the link breaks", test_hold }, { "the policy is exchanged", test_exchange },
	  { "a will", test_will }, { "silence", test_silence },
	  { "clocks a day apart", test_clocks }, { "commands", test_commands },
	  { "what may have been let by unheard", test_doubt },
	  { "alone, and asleep", test_alone_asleep })
