/* test_pool.c - objects: zeroed, apart, capped; no malloc once reserved; free ones poisoned. */
#include "base/pool.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISONED(p) (__asan_address_is_poisoned(p) != 0)
#else
#define POISONED(p) ((void)(p), true)
#endif

static bool all(const uint8_t *p, size_t n, uint8_t v)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != v)
			return false;
	return true;
}

static void test_apart(void)
{
	static const size_t sizes[] = { 1, 7, 8, 16, 17, 100, 4096, 70000 };
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct pool p;
		pool_init(&p, sizes[s], 50);
		uint8_t *o[50];
		for (uint8_t i = 0; i < 50; i++) {
			o[i] = pool_get(&p);
			CU_ASSERT_PTR_NOT_NULL_FATAL(o[i]);
			CU_ASSERT_EQUAL((uintptr_t)o[i] % _Alignof(max_align_t), 0);
			CU_ASSERT_TRUE(all(o[i], sizes[s], 0));
			memset(o[i], i + 1, sizes[s]);
		}
		CU_ASSERT_EQUAL(p.n_used, 50);
		CU_ASSERT_PTR_NULL(pool_get(&p));
		for (uint8_t i = 0; i < 50; i++)
			CU_ASSERT_TRUE(all(o[i], sizes[s], (uint8_t)(i + 1)));
		pool_put(&p, o[3]);
		CU_ASSERT_TRUE(POISONED(o[3]));
		CU_ASSERT_PTR_EQUAL(pool_get(&p), o[3]);
		CU_ASSERT_TRUE(all(o[3], sizes[s], 0));
		CU_ASSERT_PTR_NULL(pool_get(&p));
		pool_fini(&p);
	}
	CU_ASSERT_EQUAL(alloc.live, 0);
}

static void test_reserve(void)
{
	struct pool p;
	pool_init(&p, 48, 10000);
	CU_ASSERT_EQUAL(p.n_made, 0);
	CU_ASSERT_PTR_NOT_NULL(pool_get(&p));
	CU_ASSERT_TRUE(pool_reserve(&p, 5000));
	size_t calls = alloc.calls;
	void *first = NULL;
	for (int i = 0; i < 5000; i++) {
		void *o = pool_get(&p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(o);
		if (i % 7 == 0)
			pool_put(&p, o);
		else
			first = o;
	}
	pool_put(&p, first);
	CU_ASSERT_EQUAL(alloc.calls, calls);
	CU_ASSERT_FALSE(pool_reserve(&p, 10000)); /* with those in use it would pass the cap */
	CU_ASSERT_TRUE(pool_reserve(&p, 10000 - p.n_used));
	CU_ASSERT_EQUAL(p.n_made, 10000);
	calls = alloc.calls;
	while (pool_get(&p) != NULL)
		;
	CU_ASSERT_EQUAL(p.n_used, 10000);
	CU_ASSERT_EQUAL(alloc.calls, calls);
	pool_fini(&p);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

static void test_refused(void)
{
	struct pool p;
	pool_init(&p, 32, 100);
	alloc.fail = true;
	CU_ASSERT_PTR_NULL(pool_get(&p));
	CU_ASSERT_FALSE(pool_reserve(&p, 1));
	CU_ASSERT_TRUE(pool_reserve(&p, 0));
	CU_ASSERT_EQUAL(p.n_used, 0);
	alloc.fail = false;
	void *o = pool_get(&p);
	CU_ASSERT_PTR_NOT_NULL(o);
	pool_put(&p, o);
	pool_put(&p, NULL);
	CU_ASSERT_EQUAL(p.n_used, 0);
	CU_ASSERT_FALSE(pool_reserve(&p, SIZE_MAX));
	pool_fini(&p);
	pool_fini(&p);
	pool_init(&p, SIZE_MAX / 4, 100);
	alloc.fail = true; /* sizes that overflow a slab are refused before malloc, the others by it */
	CU_ASSERT_FALSE(pool_reserve(&p, 8));
	CU_ASSERT_PTR_NULL(pool_get(&p));
	alloc.fail = false;
	pool_fini(&p);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

/* After pool_fini the pool serves again. */
static void test_again(void)
{
	struct pool p;
	pool_init(&p, 8, 3);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			CU_ASSERT_PTR_NOT_NULL(pool_get(&p));
		CU_ASSERT_PTR_NULL(pool_get(&p));
		pool_fini(&p);
		CU_ASSERT_EQUAL(p.n_used, 0);
	}
	CU_ASSERT_EQUAL(alloc.live, 0);
}

UNIT_MAIN({ "zeroed, apart, aligned, capped", test_apart }, { "no malloc once reserved", test_reserve },
	  { "no memory", test_refused }, { "use after fini and init", test_again })
