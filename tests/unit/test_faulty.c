/* test_faulty.c - a wire loses, overtakes and doubles as often as it is told to, and does nothing else. */
#include "ips/faulty.h"
#include "tests/unit/unit.h"

struct arrived {
	unsigned v[4000];
	size_t n, room;
};

static bool put(void *arg, struct span m)
{
	struct arrived *a = arg;
	if (a->n == a->room)
		return false;
	CU_ASSERT_EQUAL_FATAL(m.len, sizeof(unsigned));
	memcpy(&a->v[a->n++], m.p, m.len);
	return true;
}

/* Messages 0 to n - 1. */
static struct arrived *send(struct faulty *f, unsigned n)
{
	static struct arrived a;
	a = (struct arrived){ .room = ARRAY_LEN(a.v) };
	for (unsigned i = 0; i < n; i++)
		CU_ASSERT_TRUE(faulty_send(f, span_of(&i, sizeof(i)), put, &a));
	return &a;
}

static unsigned times(const struct arrived *a, unsigned what)
{
	unsigned n = 0;
	for (size_t i = 0; i < a->n; i++)
		n += a->v[i] == what;
	return n;
}

static unsigned overtaken(const struct arrived *a)
{
	unsigned n = 0;
	for (size_t i = 1; i < a->n; i++)
		n += a->v[i] < a->v[i - 1];
	return n;
}

enum { N = 1000 };

static void test_each(void)
{
	static const struct faulty_cfg cfg[] = { { 0, 0, 0 },  { 5, 0, 0 },  { 0, 5, 0 }, { 0, 0, 5 },
						 { 40, 0, 0 }, { 0, 40, 0 }, { 0, 0, 40 } };
	for (size_t i = 0; i < ARRAY_LEN(cfg); i++) {
		struct faulty f;
		unsigned lost = 0, doubled = 0;
		faulty_init(&f, &cfg[i], 7);
		const struct arrived *a = send(&f, N);
		for (unsigned k = 0; k < N - 1; k++) {
			lost += times(a, k) == 0;
			doubled += times(a, k) == 2;
		}
		const unsigned of[] = { cfg[i].loss * N / 100, cfg[i].reorder * N / 100, cfg[i].dup * N / 100 };
		const uint64_t got[] = { f.n.lost, f.n.reordered, f.n.doubled };
		for (size_t k = 0; k < ARRAY_LEN(of); k++)
			CU_ASSERT(of[k] == 0 ? got[k] == 0 : got[k] > of[k] / 2 && got[k] < of[k] * 2);
		CU_ASSERT(lost <= f.n.lost && lost + 1 >= f.n.lost); /* the last one is not looked at */
		CU_ASSERT(doubled <= f.n.doubled && doubled + 1 >= f.n.doubled);
		CU_ASSERT_EQUAL(overtaken(a) != 0, cfg[i].reorder != 0);
		faulty_fini(&f);
	}
}

/* Nothing is made up, nothing comes more than twice. */
static void test_all_at_once(void)
{
	struct faulty f;
	faulty_init(&f, &(struct faulty_cfg){ 20, 30, 20 }, 3);
	const struct arrived *a = send(&f, N);
	for (unsigned k = 0; k < N; k++)
		CU_ASSERT(times(a, k) <= 2);
	CU_ASSERT_EQUAL(a->n, N - f.n.lost + f.n.doubled - (f.held.len != 0));
	faulty_fini(&f);
}

static void test_seed(void)
{
	static const struct faulty_cfg cfg = { 10, 10, 10 };
	static unsigned first[4000];
	struct faulty f;
	size_t n = 0;
	for (unsigned round = 0; round < 3; round++) {
		faulty_init(&f, &cfg, round == 2 ? 9 : 8);
		const struct arrived *a = send(&f, N);
		const bool same = a->n == n && memcmp(first, a->v, n * sizeof(*first)) == 0;
		CU_ASSERT_EQUAL(same, round == 1);
		n = a->n;
		memcpy(first, a->v, n * sizeof(*first));
		faulty_fini(&f);
	}
}

/* A receiver that takes no more is told on; what is held back stays so when other faults begin. */
static void test_ends(void)
{
	struct faulty f;
	struct arrived a = { .room = 1 };
	unsigned m = 1;
	faulty_init(&f, &(struct faulty_cfg){ 0 }, 1);
	CU_ASSERT_TRUE(faulty_send(&f, span_of(&m, sizeof(m)), put, &a));
	CU_ASSERT_FALSE(faulty_send(&f, span_of(&m, sizeof(m)), put, &a));
	a = (struct arrived){ .room = 9 };
	f.cfg.reorder = 100;
	CU_ASSERT_TRUE(faulty_send(&f, span_of(&m, sizeof(m)), put, &a));
	CU_ASSERT_EQUAL(a.n, 0);
	faulty_reseed(&f, 2);
	f.cfg.reorder = 0;
	m = 2;
	CU_ASSERT_TRUE(faulty_send(&f, span_of(&m, sizeof(m)), put, &a));
	CU_ASSERT(a.n == 2 && a.v[0] == 2 && a.v[1] == 1);
	faulty_fini(&f);
}

UNIT_MAIN({ "each fault", test_each }, { "all at once", test_all_at_once }, { "the seed", test_seed }, { "the ends", test_ends })
