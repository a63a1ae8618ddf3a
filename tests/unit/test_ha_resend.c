/* test_ha_resend.c - the resend queue: what is asked for is there as it was put, or has been given up, oldest first. */
#include "hacache/ha_resend.h"
#include "tests/unit/sig_help.h"

enum { LEN_MAX = 400 };

/* The octets of batch seq, the same each time. */
static struct span octets_of(uint64_t seed, uint64_t seq, uint8_t *mem)
{
	uint64_t rnd = seed * 1000003 + seq;
	const size_t n = 1 + help_below(&rnd, LEN_MAX);
	for (size_t i = 0; i < n; i++)
		mem[i] = (uint8_t)help_rand(&rnd);
	return span_of(mem, n);
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* All between first and last are there, none outside; as many octets as is said. */
static void check_all(const struct ha_resend *q, uint64_t seed, uint64_t seq)
{
	uint8_t mem[LEN_MAX];
	size_t n = 0;
	struct span got;
	for (uint64_t i = q->first > 3 ? q->first - 3 : 1; i <= seq + 1; i++) {
		const bool there = ha_resend_get(q, i, &got);
		CU_ASSERT_EQUAL(there, i >= q->first && i <= q->last);
		if (there) {
			CU_ASSERT_TRUE(same(got, octets_of(seed, i, mem)));
			n += got.len;
		}
	}
	CU_ASSERT_EQUAL(n, q->octets);
	CU_ASSERT_TRUE(n <= q->cap);
}

/* Rings too short and long enough, acknowledged now and then. */
static void test_ring(void)
{
	static const struct {
		size_t octets;
		uint32_t batches;
	} of[] = { { 1000, 64 }, { 4000, 8 }, { LEN_MAX, 64 }, { 3001, 16 }, { 100000, 512 } };
	for (size_t k = 0; k < ARRAY_LEN(of); k++) {
		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct ha_resend q;
			uint8_t mem[LEN_MAX];
			uint64_t rnd = seed, put = 0, asked = 0;
			CU_ASSERT_EQUAL_FATAL(ha_resend_new(of[k].octets, of[k].batches, &q), OK);
			for (uint64_t seq = 1; seq <= 300; seq++) {
				ha_resend_put(&q, seq, octets_of(seed, seq, mem));
				put++;
				CU_ASSERT_EQUAL(q.last, seq);
				if (help_below(&rnd, 4) == 0) {
					asked = q.first + help_below(&rnd, 8);
					ha_resend_done(&q, asked);
				}
				check_all(&q, seed, seq);
			}
			CU_ASSERT_TRUE(k == 4 ? q.n_evicted == 0 : q.n_evicted > 0);
			ha_resend_done(&q, 300);
			CU_ASSERT_EQUAL(q.octets, 0);
			CU_ASSERT_EQUAL(q.end, 0);
			ha_resend_fini(&q);
		}
	}
}

/* The youngest stay, as many as there is room for. */
static void test_oldest_go(void)
{
	struct ha_resend q;
	uint8_t mem[100] = { 0 };
	struct span got;
	CU_ASSERT_EQUAL_FATAL(ha_resend_new(1000, 64, &q), OK);
	for (uint64_t seq = 1; seq <= 25; seq++)
		ha_resend_put(&q, seq, span_of(mem, sizeof(mem)));
	CU_ASSERT_EQUAL(q.first, 16);
	CU_ASSERT_EQUAL(q.n_evicted, 15);
	CU_ASSERT_FALSE(ha_resend_get(&q, 15, &got));
	CU_ASSERT_TRUE(ha_resend_get(&q, 16, &got));
	ha_resend_done(&q, 20);
	ha_resend_done(&q, 3);
	CU_ASSERT_EQUAL(q.first, 21);
	ha_resend_fini(&q);
}

/* One longer than the queue: all that is older is of no use without it. */
static void test_too_long(void)
{
	struct ha_resend q;
	uint8_t mem[200] = { 0 };
	struct span got;
	CU_ASSERT_EQUAL_FATAL(ha_resend_new(150, 8, &q), OK);
	ha_resend_put(&q, 1, span_of(mem, 50));
	ha_resend_put(&q, 2, span_of(mem, 200));
	CU_ASSERT_EQUAL(q.n_evicted, 2);
	CU_ASSERT_FALSE(ha_resend_get(&q, 1, &got));
	CU_ASSERT_FALSE(ha_resend_get(&q, 2, &got));
	ha_resend_put(&q, 3, span_of(mem, 60));
	CU_ASSERT_TRUE(ha_resend_get(&q, 3, &got));
	CU_ASSERT_EQUAL(q.first, 3);
	ha_resend_fini(&q);
}

UNIT_MAIN({ "a ring of batches", test_ring }, { "the oldest give way", test_oldest_go }, { "longer than the queue", test_too_long })
