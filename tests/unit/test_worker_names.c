/* test_worker_names.c - two packet loops joined by a real link, whose rules and configurations count tags and interfaces otherwise:
 * the first word on a connection has no names, for it may be that of a stream that goes on; those of a new one come all the same.
 */
#include "tests/unit/pair_rig.h"

#include <net/if.h>

#define SETS(n, what, tag) \
	"alert tcp any any -> any any (msg:\"" #n "\"; content:\"" what "\"; flowbits:set," tag "; flowbits:noalert; sid:" #n ";)\n"

static void has_tag(const struct session *s, const char *name)
{
	const struct tagset *tags = &engine_insp(s)->s.tags;
	bool there = false;
	for (unsigned i = 0; i < tags->n; i++)
		there |= strcmp(sigset_tag_name(gen[1].sigs, tags->id[i]), name) == 0;
	CU_ASSERT_TRUE(there);
}

static void test_names(void)
{
	static char theirs[][16] = { "", "lan0", "wan0" }, ours[][16] = { "", "dmz0", "wan0", "lan0" };
	static struct rig_opts here = { .rules = SETS(1, "left", "one") SETS(2, "right", "two") SETS(3, "third", "lone"),
					.policies = &policy, .n_policies = 1, .max_sessions = 64, .ifname = theirs, .n_ifname = 3 },
			       there = { .rules = SETS(1, "zero", "zero") SETS(2, "right", "two") SETS(3, "left", "one"),
					 .policies = &policy, .n_policies = 1, .max_sessions = 64, .ifname = ours, .n_ifname = 4 };
	node_opts[0] = &here;
	node_opts[1] = &there;
	for (n_links = 1; n_links <= 2; n_links++) {
		both(4000);
		n[0].f.ifin = if_nametoindex("lo");
		begin_flows(&n[0], 2000, 1);
		box_put_tcp(&n[0], 2000, TCP_ACK, 101, "left right third");
		CU_ASSERT_TRUE(box_wait_judged(&n[0], 3));
		const struct ha_status st = box_status(&n[1]);
		CU_ASSERT_TRUE(st.tags_unknown == 1 && st.ports_unknown == 0);
		CU_ASSERT_EQUAL(box_stop(&n[0]), ENGINE_STOPPED);
		CU_ASSERT_EQUAL(box_stop(&n[1]), ENGINE_STOPPED);
		const struct session *s = session_next(engine_sessions(n[1].w->r.engine), NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_EQUAL(engine_insp(s)->s.tags.n, 2);
		has_tag(s, "one");
		has_tag(s, "two");
		CU_ASSERT_EQUAL(s->s.ifin[DIR_ORIG], 3);
		end(0);
		end(1);
	}
}

UNIT_MAIN({ "names", test_names })
