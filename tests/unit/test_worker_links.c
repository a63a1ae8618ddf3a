/* test_worker_links.c - two packet loops joined by a main and a backup link: one is lost, the other is used, nothing is sent
 * whole again, nobody changes roles; both are lost, and the standby is caught up from the resend queue, or by the
 * table when that has overflown.
 */
#include "tests/unit/pair_rig.h"

static void use_links(unsigned links)
{
	n_links = links;
}

/* Of the active node, or the standby, as a visit. */
struct cut {
	struct box *b;
	unsigned link;
};

static void cut_link(const struct ctl_view *v, void *ctx)
{
	const struct cut *c = ctx;
	(void)v;
	link_drop(links_at(c->b->links, c->link), box_now(c->b));
}

static void drop(unsigned i, unsigned link)
{
	struct cut c = { &n[i], link };
	CU_ASSERT_EQUAL(worker_visit(n[i].w, cut_link, &c), OK);
}

static bool wait_used(unsigned link)
{
	for (unsigned i = 0; i < WAIT_MS / 10; i++, usleep(10000))
		if (box_status(&n[0]).link_used == link)
			return true;
	return false;
}

static bool both_links_up(void)
{
	for (unsigned i = 0; i < WAIT_MS / 10; i++, usleep(10000)) {
		const struct ha_status a = box_status(&n[0]), s = box_status(&n[1]);
		bool all = true;
		for (unsigned k = 0; k < 2; k++)
			all = all && a.link[k].state == LINK_UP && s.link[k].state == LINK_UP;
		if (all)
			return true;
	}
	return false;
}

/* All that was put got through, the standby has it, and no table was sent again. */
static void as_if_nothing_had_been(unsigned put, unsigned sessions, unsigned bulks)
{
	CU_ASSERT_TRUE(box_wait_judged(&n[0], put));
	CU_ASSERT_EQUAL(passed(&n[0], 0, put), put);
	CU_ASSERT_TRUE(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_STANDBY, HA_SYNCED));
	const struct ha_status a = box_status(&n[0]), s = box_status(&n[1]);
	CU_ASSERT_EQUAL(a.bulks, bulks);
	CU_ASSERT_TRUE(a.term == 1 && s.promotions == 0 && s.digest_mismatches == 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), sessions);
}

/* The link in use is cut again and again while packets flow. */
static void test_switch(void)
{
	use_links(2);
	both(4000);
	CU_ASSERT_TRUE(both_links_up());
	CU_ASSERT_TRUE(wait_used(0)); /* the other one may have been up before */
	unsigned put = 0;
	for (unsigned round = 0; round < 6; round++) {
		for (unsigned i = 0; i < 100; i++, put++) {
			box_put_tcp(&n[0], (uint16_t)(2000 + put), TCP_SYN, 100, "");
			if (i == 30)
				drop(round % 2, box_status(&n[0]).link_used);
		}
		const int64_t t0 = real_ns();
		CU_ASSERT_TRUE(box_wait_judged(&n[0], put));
		CU_ASSERT_TRUE(real_ns() - t0 < 3 * NS_PER_SEC); /* nobody waits for a death, which takes 6.6 s */
		CU_ASSERT_TRUE(both_links_up());
	}
	as_if_nothing_had_been(put, put, 1);
	const struct ha_status a = box_status(&n[0]);
	CU_ASSERT_TRUE(a.link_switches >= 4 && a.caught_up == 0 && a.resyncs == 0);
	/* the main link is used again, once it has been good for a while */
	CU_ASSERT_TRUE(wait_used(0));
	end(0);
	end(1);
}

/* The standby stands still, so that batches are under way when the link in use is cut: they go by the other one. */
static void test_under_way(void)
{
	struct stall s;
	use_links(2);
	both(8000);
	CU_ASSERT_TRUE(both_links_up());
	stall_begin(&s, &n[1]);
	for (unsigned i = 0; i < 200; i++)
		box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_SYN, 100, "");
	usleep(200000);
	drop(0, 0);
	usleep(100000);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 0);
	CU_ASSERT_EQUAL(box_status(&n[0]).link_used, 1);
	stall_end(&s);
	as_if_nothing_had_been(200, 200, 1);
	CU_ASSERT_TRUE(box_status(&n[0]).resent > 0);
	end(0);
	end(1);
}

/* No answer in time: the other link is tried as well, and what comes twice is no harm. */
static void test_retry(void)
{
	struct stall s;
	use_links(2);
	both(8000);
	CU_ASSERT_TRUE(both_links_up());
	stall_begin(&s, &n[1]);
	box_put_tcp(&n[0], 2000, TCP_SYN, 100, "");
	usleep(300000);
	const struct ha_status a = box_status(&n[0]);
	/* once by a connection that loses nothing, however long the answer takes */
	CU_ASSERT_TRUE(a.retries >= 1 && a.resent >= 1 && a.resent <= a.queued && a.queued > 0);
	stall_end(&s);
	as_if_nothing_had_been(1, 1, 1);
	CU_ASSERT_TRUE(n[1].w->r.receiver.n_doubled > 0);
	bool all = false;
	for (unsigned i = 0; i < WAIT_MS / 10 && !all; i++, usleep(10000))
		all = box_status(&n[0]).queued == 0;
	CU_ASSERT_TRUE(all);
	end(0);
	end(1);
}

/* Both links are lost, again and again; the standby is caught up each time. */
static void test_both_lost(void)
{
	unsigned put = 0;
	use_links(2);
	both(4000);
	for (unsigned round = 0; round < 5; round++) {
		CU_ASSERT_TRUE(both_links_up());
		for (unsigned i = 0; i < 100; i++, put++) {
			box_put_tcp(&n[0], (uint16_t)(2000 + put), TCP_SYN, 100, "");
			if (i == 50) {
				drop(0, 0);
				drop(0, 1);
			}
		}
		const int64_t t0 = real_ns();
		CU_ASSERT_TRUE(box_wait_judged(&n[0], put));
		CU_ASSERT_TRUE(real_ns() - t0 < 5 * NS_PER_SEC); /* the standby's word, or a link that is back: not its death */
		CU_ASSERT_TRUE(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	}
	as_if_nothing_had_been(put, put, 1);
	CU_ASSERT_TRUE(box_status(&n[0]).caught_up >= 5);
	end(0);
	end(1);
}

static void shrink_queue(const struct ctl_view *v, void *ctx)
{
	struct ha_resend *q = &n[0].w->r.sender.resend;
	(void)v, (void)ctx;
	q->n_max = 4;
}

/* What left while nobody listened is more than the queue holds: then, and only then, the table is sent whole. */
static void test_overflow(void)
{
	struct stall s;
	use_links(1);
	both(4000);
	begin_flows(&n[0], 2000, 10);
	CU_ASSERT_EQUAL(worker_visit(n[0].w, shrink_queue, NULL), OK);
	stall_begin(&s, &n[1]);
	drop(0, 0);
	/* the standby is dead for it before long: it goes on alone */
	for (unsigned i = 0; i < 12; i++) {
		box_put_tcp(&n[0], (uint16_t)(3000 + i), TCP_SYN, 100, "");
		CU_ASSERT_TRUE(box_wait_judged(&n[0], 21 + i));
	}
	CU_ASSERT_EQUAL(box_status(&n[0]).overflows, 1);
	stall_end(&s);
	as_if_nothing_had_been(32, 22, 2);
	end(0);
	end(1);
}

static void lose_stream(const struct ctl_view *v, void *ctx)
{
	(void)v, (void)ctx;
	n[0].w->r.sender.lost = true; /* as if the next acknowledgement said so */
}

/* The next stream begins in the turn in which the standby gives up the former: what waits for that one is let go at once. */
static void test_next_stream(void)
{
	use_links(1);
	both(4000);
	for (unsigned i = 0; i < 40; i++) {
		box_put_tcp(&n[0], (uint16_t)(2000 + i), TCP_SYN, 100, "");
		CU_ASSERT_TRUE(box_wait_judged(&n[0], i + 1));
	}
	CU_ASSERT_EQUAL(worker_visit(n[0].w, lose_stream, NULL), OK);
	box_put_tcp(&n[0], 3000, TCP_SYN, 100, "");
	as_if_nothing_had_been(41, 41, 2);
	CU_ASSERT_EQUAL(box_status(&n[0]).resyncs, 0); /* nobody had to break the link for it */
	end(0);
	end(1);
}

UNIT_MAIN({ "the link in use is lost", test_switch }, { "what was under way", test_under_way }, { "no answer in time", test_retry },
	  { "both are lost", test_both_lost }, { "more than the queue holds", test_overflow },
	  { "the next stream at once", test_next_stream })
