/* test_peering_switch.c - a planned switch's moments: how long each side waits for the other, and that none waits for ever. */
#include "tests/unit/peering_moment.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)
#define MS   NS_PER_MS
enum { BATCH = 55 };

/* How long the one that leaves works on, by what the other one says; and how long that one keeps packets. */
static void test_switch(void)
{
	static const struct {
		uint8_t says, then;
		bool quiet;
		int64_t left, back; /* milliseconds until it takes no more; and until it works on, nobody having taken over */
	} row[] = { { HA_NO_WORD, HA_NO_WORD, false, 0, 1200 },    { HA_NOTHING, HA_NOTHING, true, 300, 900 },
		    { HA_READY, HA_READY, false, 50, 1150 },       { HA_READY, HA_READY, true, 1, 1199 },
		    { HA_READY, HA_NOTHING, false, 50, 1150 },     { HA_DRAINS, HA_DRAINS, true, 300, 900 } };
	const struct peering_cfg cfg = { .dead_ns = DEAD, .priority = 5 };
	struct peering_in in = { .now = mono_ns(7 * NS_PER_SEC), .seen = true, .follower = true, .stored = UINT64_MAX };
	struct peering p;
	enum peering_act act;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		in.now = mono_ns(7 * NS_PER_SEC);
		in.beat.role = HA_CLAIMING | PEERING_WHOLE;
		peering_start(&p, &cfg, in.now);
		p.role = HA_ACTIVE;
		in.quiet = false;
		CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_LEAVE);
		in.told.handover = row[i].says;
		in.quiet = row[i].quiet;
		struct peering_in next = in;
		struct peering q = p;
		int64_t ms = 0;
		while ((act = peering_step(&q, &next)) == PEERING_STAY) { /* what is said once holds */
			next.now = mono_add(in.now, ++ms * MS);
			next.told.handover = row[i].then;
		}
		CU_ASSERT_TRUE(act == PEERING_LEFT && ms == row[i].left);
		CU_ASSERT_EQUAL(moment(q, next, &act), row[i].back);
		CU_ASSERT_EQUAL(act, PEERING_RETURN);
	}
	in = (struct peering_in){ .now = in.now, .seen = true, .whole = true, .stored = UINT64_MAX, .applied = BATCH };
	in.beat = (struct link_beat){ .role = HA_LEAVING | PEERING_WHOLE };
	in.told.handover = HA_DRAINS;
	peering_start(&p, &cfg, in.now);
	p.role = HA_STANDBY;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_PREPARE);
	CU_ASSERT_EQUAL(moment(p, in, &act), 500);
	CU_ASSERT_EQUAL(act, PEERING_WITHDRAW);
	p.ready = false;
	CU_ASSERT_EQUAL(moment(p, in, &act), -1); /* not twice */
	in.beat.seq = BATCH;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_PROMOTE); /* but it takes over, as it would from an earlier version */
}

UNIT_MAIN({ "make before break", test_switch })
