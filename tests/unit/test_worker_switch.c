/* test_worker_switch.c - a planned switch of two packet loops joined by a real link: the one that leaves works until the other one
 * is ready, that one keeps what comes, and nothing of it is lost; whatever happens between, nobody keeps packets for ever.
 */
#include "tests/unit/pair_rig.h"

static void ask_passive(const struct ctl_view *v, void *ctx)
{
	const char *why = "?";
	(void)v;
	*(bool *)ctx = worker_ask_role(n[0].w, PEERING_PASSIVE, &why);
}

/* The next word about addresses; code: of a PM_ACTIVE. */
static enum proc_msg_kind told(struct box *b, uint32_t *code)
{
	static struct proc_msg m;
	int fds[PM_FDS];
	for (unsigned i = 0; i < WAIT_MS; i++)
		if (proc_recv(b->parent[1], &m, fds) != OK) {
			usleep(1000);
		} else if (m.kind == PM_ACTIVE || m.kind == PM_PASSIVE) {
			*code = m.code;
			return (enum proc_msg_kind)m.kind;
		}
	return PM_READY;
}

static int64_t asked; /* when node 0 was asked to leave */

/* Who leaves does not wait for long for the other one; of what is done meanwhile nothing is proven when this machine was slower. */
static bool in_time(void)
{
	return real_ns() - asked < PEERING_WAIT_READY_NS / 2;
}

static void until_in_time(bool (*test)(void))
{
	bool good = false;
	for (unsigned i = 0; i < 20 && !good; i++) {
		good = test();
		end(0);
		end(1);
	}
	CU_ASSERT_TRUE(good);
}

/* Node 0 is asked to leave, and node 1 gets ready but for its parent's answer, the code of which is returned. */
static uint32_t begin_switch(void)
{
	bool done = false;
	uint32_t code = 0;
	both(4000);
	begin_flows(&n[0], 2000, 20);
	while (told(&n[0], &code) != PM_ACTIVE)
		;
	asked = real_ns();
	CU_ASSERT_EQUAL(worker_visit(n[0].w, ask_passive, &done), OK);
	CU_ASSERT_TRUE(done);
	CU_ASSERT_EQUAL(told(&n[1], &code), PM_ACTIVE);
	return code;
}

static void put_flows(struct box *b, const char *text)
{
	for (unsigned i = 0; i < 20; i++)
		box_put_tcp(b, (uint16_t)(2000 + i), TCP_ACK, 101, text);
}

/* What comes to the one that leaves while the other one is not ready passes; what comes to that one waits, and passes. */
static bool nothing_lost(void)
{
	const uint32_t code = begin_switch();
	put_flows(&n[1], "kept ");
	put_flows(&n[0], "first");
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 60));
	const unsigned early = taken(&n[1]);
	n[1].pulse.vips = code;
	if (!in_time())
		return false;
	CU_ASSERT_EQUAL(passed(&n[0], 40, 60), 20);
	CU_ASSERT_TRUE(early == 0 && code != 0);
	CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_REBORN);
	CU_ASSERT_TRUE(box_wait_judged(&n[1], 20));
	CU_ASSERT_EQUAL(passed(&n[1], 0, 20), 20);
	CU_ASSERT_EQUAL(box_status(&n[1]).doubts, 0);
	uint32_t again = 0;
	CU_ASSERT_TRUE(told(&n[1], &again) == PM_ACTIVE && again > code); /* hosts are told once more */
	return true;
}

static void test_nothing_lost(void)
{
	until_in_time(nothing_lost);
}

/* Packets that go on coming to the one that leaves keep it, for a while; what of them it takes passes. */
static void test_drain(void)
{
	const uint32_t code = begin_switch();
	unsigned i = 0;
	n[1].pulse.vips = code;
	for (; i < 1500 && box_judged(&n[0]) < 40 + i + 1 && n[0].running; i++) {
		box_put_tcp(&n[0], (uint16_t)(2000 + i % 20), TCP_ACK, 101, "");
		if (!box_wait_judged(&n[0], 40 + i + 1) || box_status(&n[1]).role == HA_ACTIVE)
			break;
	}
	CU_ASSERT_TRUE(i > 0 && i < 1500);
	CU_ASSERT_EQUAL(passed(&n[0], 40, 40 + i), i);
	end(0);
	end(1);
}

/* The one that leaves stands still: the other one keeps packets for half a second, not for ever, and takes over when it goes on. */
static bool not_for_ever(void)
{
	struct stall s;
	uint32_t code = begin_switch();
	stall_begin(&s, &n[0]);
	if (!in_time()) {
		stall_end(&s);
		return false;
	}
	put_flows(&n[1], "kept ");
	n[1].pulse.vips = code;
	CU_ASSERT_EQUAL(told(&n[1], &code), PM_PASSIVE);
	CU_ASSERT_TRUE(box_wait_judged(&n[1], 20));
	CU_ASSERT_EQUAL(passed(&n[1], 0, 20), 0);
	CU_ASSERT_EQUAL(box_status(&n[1]).role, HA_STANDBY);
	stall_end(&s);
	CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_REBORN);
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
	CU_ASSERT_EQUAL(told(&n[1], &code), PM_ACTIVE);
	return true;
}

static void test_not_for_ever(void)
{
	until_in_time(not_for_ever);
}

/* The other one stands still: packets gather behind a batch that waits for it, and no batch is the last one without them. */
static void test_gathers(void)
{
	enum { MORE = 5 };
	struct stall s;
	(void)begin_switch();
	stall_begin(&s, &n[1]);
	const uint64_t sent = box_status(&n[0]).sent;
	one_waits_others_gather(&n[0], MORE);
	for (unsigned i = 0; i < WAIT_MS && box_status(&n[0]).sent < sent + 2; i++)
		usleep(1000);
	CU_ASSERT_EQUAL(box_status(&n[0]).sent, sent + 2);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 40);
	stall_end(&s);
	CU_ASSERT_EQUAL(box_join(&n[0]), ENGINE_REBORN);
	CU_ASSERT_EQUAL(box_judged(&n[0]), 41 + MORE);
	CU_ASSERT_EQUAL(passed(&n[0], 40, 41 + MORE), 1 + MORE);
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_ACTIVE, HA_ALONE));
	CU_ASSERT_EQUAL(session_count(engine_sessions(n[1].w->r.engine)), 21 + MORE);
	end(0);
	end(1);
}

/* It dies: the other one takes over, with what has waited. */
static void test_dies(void)
{
	uint8_t will[LINK_WILL_MAX];
	(void)begin_switch();
	const size_t len = link_will(links_at(n[0].links, 0), will);
	const int fd = link_will_socket(links_at(n[0].links, 0));
	CU_ASSERT_FATAL(fd >= 0);
	put_flows(&n[1], "kept ");
	CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
	CU_ASSERT_EQUAL(send(fd, will, len, 0), (ssize_t)len);
	close(fd);
	CU_ASSERT_TRUE(box_wait_judged(&n[1], 20));
	CU_ASSERT_EQUAL(passed(&n[1], 0, 20), 20);
	CU_ASSERT_EQUAL(box_status(&n[1]).role, HA_ACTIVE);
	end(0);
	end(1);
}

/* The link is lost: the one that leaves works on and says so to hosts; the other one gives the addresses back. */
static bool link_lost(void)
{
	uint32_t code = begin_switch();
	CU_ASSERT_EQUAL(worker_visit(n[0].w, drop_link, &n[0]), OK);
	if (!in_time())
		return false;
	CU_ASSERT_EQUAL(told(&n[1], &code), PM_PASSIVE);
	CU_ASSERT_EQUAL(told(&n[0], &code), PM_ACTIVE);
	CU_ASSERT_TRUE(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE(box_wait_role(&n[1], HA_STANDBY, HA_SYNCED));
	put_flows(&n[0], "first");
	CU_ASSERT_TRUE(box_wait_judged(&n[0], 60));
	CU_ASSERT_EQUAL(passed(&n[0], 40, 60), 20);
	CU_ASSERT_EQUAL(box_status(&n[1]).term, box_status(&n[0]).term);
	return true;
}

static void test_link_lost(void)
{
	until_in_time(link_lost);
}

UNIT_MAIN({ "nothing is lost", test_nothing_lost }, { "the drain ends", test_drain }, { "nor kept for ever", test_not_for_ever },
	  { "what gathers", test_gathers },
	  { "who leaves dies", test_dies }, { "the link is lost", test_link_lost })
