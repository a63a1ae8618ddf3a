/* test_peering_doubt.c - which of two nodes that work stays, by their terms, up to the last counter there is; and what a
 * promotion may take for granted of what the other node has let by.
 */
#include "ips/peering.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)
#define MS   NS_PER_MS
enum { BATCH = 55 };

/* Two that work, whatever their counters: one steps down and the other does not. */
static void test_two_terms(void)
{
	static const struct peering_term t[] = { { 0, 5 }, { 7, 5 }, { 7, 6 }, { HA_TERM_MAX, 5 }, { HA_TERM_MAX, 6 } };
	for (size_t a = 0; a < ARRAY_LEN(t); a++)
		for (size_t b = 0; b < ARRAY_LEN(t); b++) {
			unsigned steps[2];
			for (unsigned i = 0; i < 2; i++) {
				const struct peering_term *own = i == 0 ? &t[a] : &t[b], *other = i == 0 ? &t[b] : &t[a];
				const struct peering_cfg cfg = { .dead_ns = DEAD, .serial = 9, .lower = i == 0 };
				struct peering p;
				peering_start(&p, &cfg, mono_ns(1));
				p.role = HA_ACTIVE;
				p.term = *own;
				const struct peering_in in = { .now = mono_ns(2),
							       .seen = true,
							       .stored = UINT64_MAX,
							       .beat = { .role = HA_ACTIVE, .term = other->counter },
							       .told = { .serial = 9, .term_serial = other->serial } };
				steps[i] = peering_step(&p, &in) == PEERING_STEP_DOWN;
			}
			CU_ASSERT_EQUAL(steps[0] + steps[1], 1);
			CU_ASSERT_TRUE(a == b || steps[0] == (a < b));
		}
	/* nor is one that works and tells a counter out of range an earlier one */
	struct peering p;
	const struct peering_cfg cfg = { .dead_ns = DEAD };
	const struct peering_in in = { .now = mono_ns(2), .seen = true, .beat = { .role = HA_ACTIVE, .term = UINT64_MAX } };
	peering_start(&p, &cfg, mono_ns(1));
	p.role = HA_ACTIVE;
	p.term.counter = HA_TERM_MAX;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STEP_DOWN);
}

/* --- doubt --------------------------------------------------------------------------------------------------- */

/* Which promotions leave no doubt about what the other one has let by: one row a condition. */
static void test_doubt(void)
{
	enum { DEAD_CERTAIN, DEAD_SOUGHT, DEAD_UNHEARD, BORN_ANEW, LEFT };
	static const struct {
		int how;
		bool waits, counts, whole;
		int64_t since_ms; /* its last heartbeat while it worked */
		bool doubt;
	} row[] = {
		{ DEAD_CERTAIN, true, true, true, 100, false },  { DEAD_CERTAIN, true, true, true, 350, false },
		{ DEAD_CERTAIN, true, true, true, 351, true },   { DEAD_CERTAIN, true, false, true, 100, true },
		{ DEAD_CERTAIN, false, true, true, 100, true },  { DEAD_CERTAIN, true, true, false, 100, true },
		{ DEAD_SOUGHT, true, true, true, 320, false },   { DEAD_SOUGHT, true, true, true, 400, true },
		{ DEAD_SOUGHT, false, true, true, 320, true },   { DEAD_UNHEARD, true, true, true, 320, true },
		{ BORN_ANEW, true, true, true, 200, false },     { BORN_ANEW, true, true, true, 351, true },
		{ BORN_ANEW, false, true, true, 200, true },     { LEFT, true, true, true, 0, false },
		{ LEFT, false, true, true, 0, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct peering_cfg cfg = { .dead_ns = DEAD };
		const mono_t heard = mono_ns(50 * NS_PER_SEC);
		struct peering p;
		peering_start(&p, &cfg, heard);
		p.role = HA_STANDBY;
		struct peering_in in = { .now = heard, .heard = heard, .seen = true, .whole = row[i].whole, .applied = BATCH };
		in.stored = UINT64_MAX;
		in.told.waits = row[i].waits;
		in.beat = (struct link_beat){ .role = (uint8_t)(HA_ACTIVE | (row[i].counts ? PEERING_WHOLE : 0)) };
		in.beat.seq = BATCH;
		CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
		in.now = mono_add(heard, row[i].since_ms * MS);
		in.dead = row[i].how <= DEAD_UNHEARD;
		in.certain = row[i].how == DEAD_CERTAIN;
		in.sought = row[i].how == DEAD_SOUGHT;
		if (row[i].how == BORN_ANEW)
			in.beat = (struct link_beat){ .role = HA_STARTING };
		if (row[i].how == LEFT)
			in.beat.role = HA_LEAVING;
		if (peering_step(&p, &in) != PEERING_PROMOTE || p.doubt != row[i].doubt) {
			printf("# row %zu\n", i);
			CU_FAIL("doubt");
		}
	}
}

UNIT_MAIN({ "two that work", test_two_terms }, { "what may have been let by", test_doubt })
