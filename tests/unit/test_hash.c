/* test_hash.c - the published vectors, and that a key made of a seed is the same everywhere. */
#include "base/hash.h"
#include "tests/unit/unit.h"

/* SipHash-2-4 with key 00..0f over 00..n-1: reference implementation, vectors.h */
static void test_siphash(void)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 2, UINT64_C(0x0d6c8009d9a94f5a) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) }, /* the paper's own example */
	};
	struct hash_key key;
	uint8_t in[16];
	for (uint8_t i = 0; i < 16; i++)
		key.k[i] = in[i] = i;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(hash_bytes(&key, in, rows[i].len), rows[i].hash);
	CU_ASSERT_EQUAL(hash_bytes(&key, NULL, 0), rows[0].hash);
}

/* splitmix64 from 0 gives e220a8397b1dcdaf, 6e789e6aa1b965f4: the key in little endian */
static void test_seed(void)
{
	static const uint8_t want[16] = { 0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2,
					  0xf4, 0x65, 0xb9, 0xa1, 0x6a, 0x9e, 0x78, 0x6e };
	struct hash_key a = hash_key_of_seed(0);
	CU_ASSERT_EQUAL(memcmp(a.k, want, sizeof(want)), 0);
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct hash_key b = hash_key_of_seed(seed), again = hash_key_of_seed(seed);
		CU_ASSERT_EQUAL(memcmp(&b, &again, sizeof(b)), 0);
		CU_ASSERT_NOT_EQUAL(hash_bytes(&a, "x", 1), hash_bytes(&b, "x", 1));
	}
}

/* Every bit of key and input matters. */
static void test_bits(void)
{
	struct hash_key key = hash_key_of_seed(7);
	uint8_t in[13] = "thirteen oct";
	uint64_t h = hash_bytes(&key, in, sizeof(in));
	for (unsigned bit = 0; bit < sizeof(in) * 8; bit++) {
		in[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_NOT_EQUAL(hash_bytes(&key, in, sizeof(in)), h);
		in[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < sizeof(key.k) * 8; bit++) {
		key.k[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_NOT_EQUAL(hash_bytes(&key, in, sizeof(in)), h);
		key.k[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CU_ASSERT_EQUAL(hash_bytes(&key, in, sizeof(in)), h);
}

static void test_fnv(void)
{
	CU_ASSERT_EQUAL(hash_fnv(HASH_FNV_START, "", 0), UINT64_C(0xcbf29ce484222325));
	CU_ASSERT_EQUAL(hash_fnv(HASH_FNV_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
	CU_ASSERT_EQUAL(hash_fnv(HASH_FNV_START, "foobar", 6), UINT64_C(0x85944171f73967e8));
	CU_ASSERT_EQUAL(hash_fnv(hash_fnv(HASH_FNV_START, "foo", 3), "bar", 3), UINT64_C(0x85944171f73967e8));
	CU_ASSERT_EQUAL(hash_fnv(HASH_FNV_START, NULL, 0), HASH_FNV_START);
}

UNIT_MAIN({ "SipHash-2-4 vectors", test_siphash }, { "key of a seed", test_seed }, { "every bit matters", test_bits },
	  { "FNV-1a vectors", test_fnv })
