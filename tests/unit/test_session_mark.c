/* test_session_mark.c - a walk in pieces: nothing twice, every survivor, whatever ends in between. */
#include "forward/session.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static struct session_table *table(uint32_t n)
{
	struct session_cfg cfg;
	session_cfg_default(&cfg);
	cfg.key = hash_key_of_seed(1);
	cfg.max = 4096;
	struct session_table *t = session_table_new(&cfg, mono_ns(0), NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (uint32_t i = 0; i < n; i++) {
		struct packet p = { .tuple = { .family = 4, .proto = IPPROTO_UDP_, .sport = (uint16_t)(1000 + i), .dport = 53 } };
		CU_ASSERT_PTR_NOT_NULL_FATAL(session_open(t, &p, DIR_ORIG, 1, mono_ns(0)));
	}
	return t;
}

/* The serial number behind the mark; 0 at the end. */
static uint64_t next(struct session_table *t, uint64_t mark)
{
	struct session *s;
	CU_ASSERT_EQUAL(session_mark_next(t, mark, &s), OK);
	return s != NULL ? s->s.serial : 0;
}

static void end(struct session_table *t, uint64_t serial)
{
	session_close(t, session_by_serial(t, serial), END_CLEARED);
}

static void test_walk(void)
{
	struct session_table *t = table(5);
	const uint64_t m = session_mark(t);
	CU_ASSERT_NOT_EQUAL(m, 0);
	for (uint64_t i = 1; i <= 5; i++)
		CU_ASSERT_EQUAL(next(t, m), i);
	CU_ASSERT_EQUAL(next(t, m), 0);
	CU_ASSERT_EQUAL(next(t, m), 0);
	session_unmark(t, m);
	session_table_free(t);
}

/* The session at the mark ends, the ones before it, the one behind it; all; and what is new comes still. */
static void test_ends(void)
{
	struct session_table *t = table(8);
	const uint64_t m = session_mark(t);
	for (uint64_t i = 1; i <= 3; i++)
		CU_ASSERT_EQUAL(next(t, m), i);
	end(t, 3);
	end(t, 1);
	end(t, 2);
	end(t, 4);
	CU_ASSERT_EQUAL(next(t, m), 5);
	for (uint64_t i = 5; i <= 8; i++)
		end(t, i);
	CU_ASSERT_EQUAL(next(t, m), 0);
	struct packet p = { .tuple = { .family = 4, .proto = IPPROTO_UDP_, .sport = 1, .dport = 53 } };
	CU_ASSERT_PTR_NOT_NULL_FATAL(session_open(t, &p, DIR_ORIG, 1, mono_ns(0)));
	CU_ASSERT_EQUAL(next(t, m), 9);
	CU_ASSERT_EQUAL(next(t, m), 0);
	session_unmark(t, m);
	end(t, 9);
	session_table_free(t);
}

/* Seeded: any session may end after any step, the marks' own most of all. */
static void test_random(void)
{
	for (uint32_t seed = 1; seed <= 200; seed++) {
		struct session_table *t = table(60);
		bool gone[61] = { false }, seen[61] = { false };
		uint32_t r = seed * 2654435761u;
		uint64_t last = 0, s;
		const uint64_t m = session_mark(t);
		while ((s = next(t, m)) != 0) {
			CU_ASSERT_TRUE_FATAL(s > last && s <= 60 && !gone[s] && !seen[s]);
			seen[s] = true;
			last = s;
			for (unsigned k = 0; k < 3; k++) {
				r = r * 1664525u + 1013904223u;
				const uint64_t victim = k == 0 && (r >> 30) != 0 ? last : 1 + (r >> 8) % 60;
				if (!gone[victim])
					end(t, victim);
				gone[victim] = true;
			}
		}
		for (unsigned i = 1; i <= 60; i++)
			CU_ASSERT_TRUE(seen[i] || gone[i]);
		session_unmark(t, m);
		session_table_free(t);
	}
}

/* One mark too many: the one unused for longest gives way, no other. */
static void test_give_way(void)
{
	struct session_table *t = table(3);
	uint64_t m[SESSION_MARKS];
	struct session *s;
	for (unsigned i = 0; i < SESSION_MARKS; i++)
		m[i] = session_mark(t);
	CU_ASSERT_EQUAL(next(t, m[0]), 1);
	const uint64_t more = session_mark(t);
	CU_ASSERT_EQUAL(session_mark_next(t, m[1], &s), ERR_STALE);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_EQUAL(next(t, m[0]), 2);
	CU_ASSERT_EQUAL(next(t, m[2]), 1);
	CU_ASSERT_EQUAL(next(t, more), 1);
	session_unmark(t, m[1]);
	session_unmark(t, m[2]);
	CU_ASSERT_EQUAL(session_mark_next(t, m[2], &s), ERR_STALE);
	CU_ASSERT_EQUAL(session_mark_next(t, 0, &s), ERR_STALE);
	CU_ASSERT_EQUAL(next(t, session_mark(t)), 1); /* in the place of m[2] */
	CU_ASSERT_EQUAL(next(t, m[3]), 1);
	session_table_free(t);
}

UNIT_MAIN({ "a mark passes every session", test_walk }, { "sessions end beside a mark", test_ends },
	  { "any session ends at any step", test_random }, { "one mark too many", test_give_way })
