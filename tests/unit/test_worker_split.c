/* test_worker_split.c - both nodes of a pair work for a while: what the one that steps down has carried
 * meanwhile is the other's. */
#include <linux/filter.h>

#include "tests/unit/pair_rig.h"

/* --- a link that nothing comes by, though nothing is closed ------------------------------------------------------ */

static void set_deaf(struct box *b, bool deaf)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog f = { .len = 1, .filter = &none };
	struct pollfd fds[LINKS_POLL_MAX];
	const unsigned n_fds = links_poll(b->links, fds, LINKS_POLL_MAX);
	const int what = deaf ? SO_ATTACH_FILTER : SO_DETACH_FILTER;
	for (unsigned i = 0; i < n_fds; i++)
		(void)setsockopt(fds[i].fd, SOL_SOCKET, what, &f, sizeof(f)); /* one that came since has none to be taken off */
}

static void deafen(const struct ctl_view *v, void *ctx)
{
	(void)v;
	set_deaf(ctx, true);
}

static void cure(const struct ctl_view *v, void *ctx)
{
	(void)v;
	set_deaf(ctx, false);
}

static void both_work(void)
{
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(worker_visit(n[i].w, deafen, &n[i]), OK);
	CU_ASSERT_TRUE_FATAL(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
	CU_ASSERT_TRUE_FATAL(box_wait_role(&n[0], HA_ACTIVE, HA_ALONE));
}

static bool told(struct box *b, enum proc_msg_kind want)
{
	enum proc_msg_kind k = PM_READY;
	for (unsigned i = 0; i < WAIT_MS / 10; i++, usleep(10000))
		if (box_told(b, &k) && k == want)
			return true;
	return false;
}

/* --- flows ------------------------------------------------------------------------------------------------------------ */

/* One segment of each; how many passed. */
static unsigned say(struct box *b, unsigned from, unsigned count, uint32_t seq, const char *text)
{
	const unsigned had = b->f.put;
	for (unsigned i = 0; i < count; i++)
		box_put_tcp(b, (uint16_t)(from + i), TCP_ACK, seq, text);
	CU_ASSERT_TRUE(box_wait_judged(b, had + count));
	return passed(b, had, had + count);
}

/* Of each the first half of what is dropped has gone by; the rest of it comes. */
static void second_half(struct box *b, unsigned from, unsigned count)
{
	CU_ASSERT_EQUAL(say(b, from, count, 106, "x "), count);
	CU_ASSERT_EQUAL(say(b, from, count, 108, "right"), 0);
}

/* Both go on with sessions of theirs, with some that both know, and with new ones, of the same numbers. */
static void test_merge(void)
{
	both(1000);
	begin_flows(&n[0], 2000, 40);
	CU_ASSERT_TRUE(told(&n[0], PM_ACTIVE));
	both_work();
	CU_ASSERT_EQUAL(say(&n[0], 2000, 10, 101, "left "), 10); /* only there */
	CU_ASSERT_EQUAL(say(&n[1], 2010, 10, 101, "left "), 10); /* only here */
	CU_ASSERT_EQUAL(say(&n[0], 2020, 10, 101, "l"), 10);     /* here further than there */
	CU_ASSERT_EQUAL(say(&n[1], 2020, 10, 101, "le"), 10);
	CU_ASSERT_EQUAL(say(&n[1], 2020, 10, 103, "ft "), 10);
	begin_flows(&n[0], 3000, 10);
	begin_flows(&n[1], 4000, 10);
	CU_ASSERT_EQUAL(say(&n[0], 3000, 10, 101, "left "), 10);
	CU_ASSERT_EQUAL(say(&n[1], 4000, 10, 101, "left "), 10);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(worker_visit(n[i].w, cure, &n[i]), OK);
	CU_ASSERT_TRUE(told(&n[0], PM_PASSIVE));
	CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_REBORN);
	const struct ha_status s = box_status(&n[1]);
	CU_ASSERT_EQUAL(s.role, HA_ACTIVE);
	CU_ASSERT_EQUAL(s.merged, 20);
	CU_ASSERT_TRUE(s.merge_kept >= 20 && s.merge_kept <= 30 && s.merge_refused == 0 && s.refused == 0);
	second_half(&n[1], 2000, 30);
	second_half(&n[1], 3000, 10);
	second_half(&n[1], 4000, 10);
	const uint16_t port = n[0].live.link.port;
	end(0);
	configure(0, port, 1000, 200);
	start(0);
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE(box_wait_role(&n[0], HA_STANDBY, HA_SYNCED));
	CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
	CU_ASSERT_EQUAL(box_stop(&n[1]), ENGINE_STOPPED);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), 60);
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[0].w->r.engine)), 60);
	CU_ASSERT_EQUAL(n[0].w->r.digest_mismatches, 0);
	end(0);
	end(1);
}

UNIT_MAIN({ "what the one that steps down has carried is the other's", test_merge })
