/* test_cur.c - the cursor: values, every truncation, the sticky error, sub-cursors. */
#include "base/cur.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static const uint8_t bytes[] = { 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88 };

static uint64_t u8(struct cur *c)
{
	return cur_u8(c);
}

static uint64_t be16(struct cur *c)
{
	return cur_be16(c);
}

static uint64_t le16(struct cur *c)
{
	return cur_le16(c);
}

static uint64_t be24(struct cur *c)
{
	return cur_be24(c);
}

static uint64_t be32(struct cur *c)
{
	return cur_be32(c);
}

static uint64_t le32(struct cur *c)
{
	return cur_le32(c);
}

static uint64_t be64(struct cur *c)
{
	return cur_be64(c);
}

static const struct getter {
	uint64_t (*get)(struct cur *);
	size_t size;
	uint64_t value;
} getters[] = {
	{ u8, 1, 0x81 },       { be16, 2, 0x8182 },	  { le16, 2, 0x8281 },
	{ be24, 3, 0x818283 }, { be32, 4, 0x81828384 }, { le32, 4, 0x84838281 },
	{ be64, 8, UINT64_C(0x8182838485868788) },
};

static void test_values(void)
{
	for (size_t i = 0; i < ARRAY_LEN(getters); i++) {
		struct cur c = cur_of(bytes, sizeof(bytes));
		CU_ASSERT_EQUAL(getters[i].get(&c), getters[i].value);
		CU_ASSERT_TRUE(cur_ok(&c));
		CU_ASSERT_EQUAL(cur_left(&c), sizeof(bytes) - getters[i].size);
		CU_ASSERT_EQUAL(cur_rest(&c).len, sizeof(bytes) - getters[i].size);
	}
}

/* A copy of just n octets on the heap, so that the sanitizer sees a read past them. */
static void test_truncations(void)
{
	for (size_t i = 0; i < ARRAY_LEN(getters); i++) {
		for (size_t n = 0; n < getters[i].size; n++) {
			uint8_t *copy = malloc(n + (n == 0));
			memcpy(copy, bytes, n);
			struct cur c = cur_of(copy, n);
			CU_ASSERT_EQUAL(getters[i].get(&c), 0);
			CU_ASSERT_FALSE(cur_ok(&c));
			CU_ASSERT_EQUAL(cur_left(&c), 0);
			CU_ASSERT_PTR_NULL(cur_rest(&c).p);
			free(copy);
		}
	}
}

/* Once failed, nothing is read any more, though octets were there. */
static void test_sticky(void)
{
	for (size_t i = 0; i < ARRAY_LEN(getters); i++) {
		struct cur c = cur_of(bytes, sizeof(bytes));
		CU_ASSERT_PTR_NULL(cur_take(&c, sizeof(bytes) + 1));
		CU_ASSERT_EQUAL(getters[i].get(&c), 0);
		CU_ASSERT_EQUAL(cur_peek(&c, 0), 0);
		CU_ASSERT_PTR_NULL(cur_take(&c, 0));
		CU_ASSERT_FALSE(cur_ok(&c));
	}
	struct cur c = cur_of(bytes, sizeof(bytes));
	cur_fail(&c);
	CU_ASSERT_EQUAL(cur_u8(&c), 0);
	CU_ASSERT_FALSE(cur_ok(&c));
}

static void test_take(void)
{
	struct cur c = cur_span(span_of(bytes, sizeof(bytes)));
	CU_ASSERT_PTR_EQUAL(cur_take(&c, 3), bytes);
	struct span s = cur_bytes(&c, 2);
	CU_ASSERT(s.p == bytes + 3 && s.len == 2);
	cur_skip(&c, 2);
	CU_ASSERT_EQUAL(cur_left(&c), 1);
	CU_ASSERT_PTR_EQUAL(cur_take(&c, 1), bytes + 7);
	CU_ASSERT_PTR_EQUAL(cur_take(&c, 0), bytes + 8);
	CU_ASSERT_TRUE(cur_ok(&c));
	s = cur_bytes(&c, 1);
	CU_ASSERT(s.p == NULL && s.len == 0);
	CU_ASSERT_FALSE(cur_ok(&c));

	c = cur_of(bytes, sizeof(bytes));
	CU_ASSERT_PTR_NULL(cur_take(&c, SIZE_MAX));
	CU_ASSERT_FALSE(cur_ok(&c));
	c = cur_of(NULL, 0);
	CU_ASSERT_EQUAL(cur_left(&c), 0);
	struct cur sub = cur_sub(&c, 0);
	CU_ASSERT(cur_ok(&c) && cur_ok(&sub) && cur_bytes(&c, 0).len == 0);
	CU_ASSERT_TRUE(cur_ok(&c));
	CU_ASSERT_EQUAL(cur_u8(&c), 0);
	CU_ASSERT_FALSE(cur_ok(&c));
}

static void test_peek(void)
{
	struct cur c = cur_of(bytes, 3);
	CU_ASSERT_EQUAL(cur_peek(&c, 0), 0x81);
	CU_ASSERT_EQUAL(cur_peek(&c, 2), 0x83);
	CU_ASSERT_EQUAL(cur_peek(&c, 3), 0);
	CU_ASSERT_EQUAL(cur_peek(&c, SIZE_MAX), 0);
	CU_ASSERT(cur_ok(&c) && cur_left(&c) == 3);
}

static void test_sub(void)
{
	for (size_t n = 0; n <= sizeof(bytes) + 1; n++) {
		struct cur c = cur_of(bytes, sizeof(bytes));
		struct cur s = cur_sub(&c, n);
		bool fits = n <= sizeof(bytes);
		CU_ASSERT_EQUAL(cur_ok(&s), fits);
		CU_ASSERT_EQUAL(cur_ok(&c), fits);
		CU_ASSERT_EQUAL(cur_left(&s), fits ? n : 0);
		CU_ASSERT_EQUAL(cur_left(&c), fits ? sizeof(bytes) - n : 0);
		cur_skip(&s, n);
		CU_ASSERT_EQUAL(cur_u8(&s), 0); /* a part never reads into what follows it */
		CU_ASSERT_FALSE(cur_ok(&s));
		CU_ASSERT_EQUAL(cur_ok(&c), fits);
	}
}

/* Seven bits an octet; cut short, or of more than 64 bits, it is none. */
static void test_varint(void)
{
	static const struct {
		const char *octets;
		size_t len;
		bool ok;
		uint64_t v;
	} v[] = {
		{ "\0", 1, true, 0 },
		{ "\x7f", 1, true, 127 },
		{ "\x80\x01", 2, true, 128 },
		{ "\x80\x00", 2, true, 0 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, UINT64_MAX },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0 },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, false, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t n = 0; n <= v[i].len; n++) {
			struct cur c = cur_of(v[i].octets, n);
			const bool ok = n == v[i].len && v[i].ok;
			CU_ASSERT_EQUAL(cur_varint(&c), ok ? v[i].v : 0);
			CU_ASSERT_EQUAL(cur_ok(&c), ok);
			CU_ASSERT_EQUAL(cur_left(&c), 0);
		}
}

UNIT_MAIN({ "values", test_values }, { "every truncation reads 0 and fails", test_truncations },
	  { "the error is sticky", test_sticky }, { "take, bytes, skip", test_take }, { "peek does not move", test_peek },
	  { "sub-cursors stay in their part", test_sub }, { "varints", test_varint })
