/* test_ha_cache.c - what is replicated, by session: merging, the table's bounds, its digest. */
#include "hacache/ha_cache.h"
#include "tests/unit/sig_help.h"

static struct ha_cache *new_cache(uint32_t max)
{
	const struct hash_key key = hash_key_of_seed(5);
	struct ha_cache *c = ha_cache_new(&key, max);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static void test_merge(void)
{
	static const struct {
		uint64_t ours, theirs;
		enum ha_merge what;
	} row[] = {
		{ 0, 1, HA_TAKE },
		{ 1, 2, HA_TAKE },
		{ 1, 9, HA_TAKE },
		{ UINT64_MAX - 1, UINT64_MAX, HA_TAKE },
		{ 1, 1, HA_DUPLICATE },
		{ 0, 0, HA_DUPLICATE },
		{ UINT64_MAX, UINT64_MAX, HA_DUPLICATE },
		{ 2, 1, HA_KEEP },
		{ 1, 0, HA_KEEP },
		{ UINT64_MAX, 1, HA_KEEP },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CU_ASSERT_EQUAL(ha_merge(row[i].ours, row[i].theirs), row[i].what);
}

static void test_entries(void)
{
	struct ha_cache *c = new_cache(8);
	CU_ASSERT_PTR_NULL(ha_cache_find(c, 7));
	struct ha_entry *e = ha_cache_get(c, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->serial, 7);
	CU_ASSERT_EQUAL(e->version, 0);
	e->version = 4;
	CU_ASSERT_PTR_EQUAL(ha_cache_get(c, 7), e);
	CU_ASSERT_PTR_EQUAL(ha_cache_find(c, 7), e);
	CU_ASSERT_EQUAL(ha_cache_n(c), 1);
	ha_cache_remove(c, 8);
	CU_ASSERT_EQUAL(ha_cache_n(c), 1);
	ha_cache_remove(c, 7);
	CU_ASSERT_EQUAL(ha_cache_n(c), 0);
	CU_ASSERT_PTR_NULL(ha_cache_find(c, 7));
	CU_ASSERT_EQUAL(ha_cache_get(c, 7)->version, 0); /* nothing of the old one */
	ha_cache_free(c);
	ha_cache_free(NULL);
}

/* To the cap and not past it, with chains longer than one. */
static void test_full(void)
{
	enum { MAX = 5000 };
	struct ha_cache *c = new_cache(MAX);
	for (uint64_t i = 1; i <= MAX; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(ha_cache_get(c, i * 977));
	CU_ASSERT_PTR_NULL(ha_cache_get(c, 1));
	CU_ASSERT_PTR_NULL(ha_cache_find(c, 1));
	CU_ASSERT_EQUAL(ha_cache_n(c), MAX);
	for (uint64_t i = 1; i <= MAX; i++)
		CU_ASSERT_EQUAL_FATAL(ha_cache_find(c, i * 977)->serial, i * 977);
	for (uint64_t i = 1; i <= MAX; i += 2)
		ha_cache_remove(c, i * 977);
	for (uint64_t i = 1; i <= MAX; i++)
		CU_ASSERT_EQUAL((ha_cache_find(c, i * 977) != NULL), i % 2 == 0);
	CU_ASSERT_EQUAL(ha_cache_n(c), MAX / 2);
	CU_ASSERT_PTR_NOT_NULL(ha_cache_get(c, 1));
	ha_cache_free(c);
}

static void set(struct ha_cache *c, uint64_t serial, uint64_t digest)
{
	ha_cache_set_digest(c, ha_cache_get(c, serial), digest);
}

static uint64_t sum_of(uint64_t serial)
{
	uint64_t s = serial;
	return help_rand(&s);
}

/* The same entries in any order and after any detour give the same sum; one that differs gives another. */
static void test_digest(void)
{
	enum { N = 300 };
	struct ha_cache *a = new_cache(N + 1), *b = new_cache(N + 1);
	uint64_t rnd = 3;
	CU_ASSERT_EQUAL(ha_cache_digest(a), 0);
	for (uint64_t i = 1; i <= N; i++)
		set(a, i, sum_of(i));
	for (unsigned i = 0; i < 4 * N; i++)
		set(b, 1 + help_below(&rnd, N), help_rand(&rnd));
	set(b, N + 1, 12345);
	for (uint64_t i = N; i >= 1; i--)
		set(b, i, sum_of(i));
	CU_ASSERT_NOT_EQUAL(ha_cache_digest(a), ha_cache_digest(b));
	ha_cache_remove(b, N + 1);
	CU_ASSERT_EQUAL(ha_cache_digest(a), ha_cache_digest(b));
	set(b, 9, sum_of(9) + 1);
	CU_ASSERT_NOT_EQUAL(ha_cache_digest(a), ha_cache_digest(b));
	set(b, 9, sum_of(9));
	for (uint64_t i = 1; i <= N; i++)
		ha_cache_remove(b, i);
	CU_ASSERT_EQUAL(ha_cache_digest(b), 0);
	ha_cache_free(a);
	ha_cache_free(b);
}

UNIT_MAIN({ "state never goes back", test_merge }, { "entries come and go", test_entries }, { "full", test_full },
	  { "the digest is the table's, not its history's", test_digest })
