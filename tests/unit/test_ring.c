/* test_ring.c - the ring alone and between two threads. */
#include "base/ring.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

struct rec {
	uint32_t n, check;
	uint8_t pad[5];
};

static struct rec rec_of(uint32_t n)
{
	struct rec r = { .n = n, .check = ~n * 2654435761u };
	memset(r.pad, (int)(n & 0xff), sizeof(r.pad));
	return r;
}

static bool is_rec(const struct rec *r, uint32_t n)
{
	struct rec want = rec_of(n);
	return r->n == want.n && r->check == want.check && memcmp(r->pad, want.pad, sizeof(want.pad)) == 0;
}

static void test_init(void)
{
	struct ring r;
	static const uint32_t caps[][2] = { { 1, 1 }, { 2, 2 }, { 3, 4 }, { 5, 8 }, { 64, 64 }, { 65, 128 } };
	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		CU_ASSERT_EQUAL(ring_init(&r, 3, caps[i][0]), OK);
		CU_ASSERT_EQUAL(r.cap, caps[i][1]);
		ring_fini(&r);
		ring_fini(&r);
	}
	CU_ASSERT_EQUAL(ring_init(&r, 0, 8), ERR_USAGE);
	CU_ASSERT_EQUAL(ring_init(&r, 8, 0), ERR_USAGE);
	CU_ASSERT_EQUAL(ring_init(&r, 1, UINT32_MAX), ERR_USAGE);
	ring_fini(&r);
	alloc.fail = true;
	CU_ASSERT_EQUAL(ring_init(&r, 8, 8), ERR_NOMEM);
	alloc.fail = false;
	ring_fini(&r);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

/* Fills, refuses, empties, in order, also where the counters wrap. */
static void test_full(void)
{
	static const uint32_t starts[] = { 0, 1, UINT32_MAX - 5, UINT32_MAX };
	for (size_t s = 0; s < ARRAY_LEN(starts); s++) {
		struct ring r;
		struct rec got;
		CU_ASSERT_EQUAL_FATAL(ring_init(&r, sizeof(struct rec), 8), OK);
		atomic_store(&r.head, starts[s]);
		atomic_store(&r.tail, starts[s]);
		CU_ASSERT_FALSE(ring_pop(&r, &got));
		for (uint32_t i = 0; i < 11; i++) {
			struct rec rec = rec_of(i);
			CU_ASSERT_EQUAL(ring_push(&r, &rec), i < 8);
		}
		CU_ASSERT_EQUAL(ring_lost(&r), 3);
		CU_ASSERT(ring_pop(&r, &got) && is_rec(&got, 0));
		struct rec rec = rec_of(8);
		CU_ASSERT_TRUE(ring_push(&r, &rec));
		for (uint32_t i = 1; i <= 8; i++)
			CU_ASSERT(ring_pop(&r, &got) && is_rec(&got, i));
		CU_ASSERT_FALSE(ring_pop(&r, &got));
		CU_ASSERT_EQUAL(ring_lost(&r), 3);
		ring_fini(&r);
	}
}

#define N_RECS 200000u

static void *produce(void *arg)
{
	struct ring *r = arg;
	for (uint32_t i = 0; i < N_RECS; i++) {
		struct rec rec = rec_of(i);
		while (!ring_push(r, &rec))
			sched_yield();
	}
	return NULL;
}

static void test_threads(void)
{
	struct ring r;
	CU_ASSERT_EQUAL_FATAL(ring_init(&r, sizeof(struct rec), 64), OK);
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, produce, &r), 0);
	uint32_t wrong = 0;
	for (uint32_t i = 0; i < N_RECS;) {
		struct rec got;
		if (ring_pop(&r, &got))
			wrong += !is_rec(&got, i++);
		else
			sched_yield();
	}
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(wrong, 0);
	struct rec none;
	CU_ASSERT_FALSE(ring_pop(&r, &none));
	ring_fini(&r);
}

UNIT_MAIN({ "sizes", test_init }, { "full, empty, and counters that wrap", test_full }, { "two threads", test_threads })
