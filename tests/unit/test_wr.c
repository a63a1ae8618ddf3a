/* test_wr.c - the writer: octet order, every size of room, formatted text. */
#include "base/cur.h"
#include "base/wr.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static void all_kinds(struct wr *w)
{
	wr_u8(w, 0x01);
	wr_be16(w, 0x0203);
	wr_be32(w, 0x04050607);
	wr_be64(w, UINT64_C(0x08090a0b0c0d0e0f));
	wr_str(w, "\x10\x11");
	wr_bytes(w, "\x12", 1);
	wr_bytes(w, NULL, 0);
}

#define ALL_OCTETS 18u

static void test_order(void)
{
	uint8_t out[ALL_OCTETS];
	struct wr w = wr_of(out, sizeof(out));
	all_kinds(&w);
	CU_ASSERT_TRUE(wr_ok(&w));
	CU_ASSERT_EQUAL(w.len, ALL_OCTETS);
	for (unsigned i = 0; i < ALL_OCTETS; i++)
		CU_ASSERT_EQUAL(out[i], i + 1);
	struct cur c = cur_of(out, w.len);
	CU_ASSERT_EQUAL(cur_u8(&c), 1);
	CU_ASSERT_EQUAL(cur_be16(&c), 0x0203);
	CU_ASSERT_EQUAL(cur_be32(&c), 0x04050607);
	CU_ASSERT_EQUAL(cur_be64(&c), UINT64_C(0x08090a0b0c0d0e0f));
}

/* Too little room, whatever its size: a failure, and what was written is a prefix. */
static void test_rooms(void)
{
	for (size_t cap = 0; cap < ALL_OCTETS; cap++) {
		uint8_t *out = malloc(cap + (cap == 0));
		struct wr w = wr_of(out, cap);
		all_kinds(&w);
		CU_ASSERT_FALSE(wr_ok(&w));
		CU_ASSERT(w.len <= cap);
		for (size_t i = 0; i < w.len; i++)
			CU_ASSERT_EQUAL(out[i], i + 1);
		size_t len = w.len;
		wr_bytes(&w, NULL, 0);
		CU_ASSERT_PTR_NULL(wr_room(&w, 0));
		wr_fmt(&w, "%s", "");
		CU_ASSERT_EQUAL(w.len, len);
		free(out);
	}
}

static void test_fmt(void)
{
	const char *want = "n=-12 s=abc";
	for (size_t cap = 0; cap < 16; cap++) {
		char *out = malloc(cap + (cap == 0));
		struct wr w = wr_of(out, cap);
		wr_fmt(&w, "n=%d s=%s", -12, "abc");
		bool fits = cap > strlen(want);
		CU_ASSERT_EQUAL(wr_ok(&w), fits);
		CU_ASSERT_EQUAL(w.len, fits ? strlen(want) : 0);
		CU_ASSERT(!fits || memcmp(out, want, w.len) == 0);
		free(out);
	}
	char out[8];
	struct wr w = wr_of(out, sizeof(out));
	wr_fmt(&w, "%s", "abc");
	wr_fmt(&w, "%u", 42u);
	wr_u8(&w, 'x');
	CU_ASSERT(wr_ok(&w) && w.len == 6 && memcmp(out, "abc42x", 6) == 0);
}

static void test_room(void)
{
	uint8_t out[4];
	struct wr w = wr_of(out, sizeof(out));
	CU_ASSERT_PTR_EQUAL(wr_room(&w, 3), out);
	CU_ASSERT_PTR_NULL(wr_room(&w, SIZE_MAX));
	CU_ASSERT_FALSE(wr_ok(&w));
	CU_ASSERT_EQUAL(w.len, 3);
	w = wr_of(NULL, 0);
	wr_str(&w, "");
	CU_ASSERT_TRUE(wr_ok(&w));
	wr_fmt(&w, "%s", "");
	CU_ASSERT(!wr_ok(&w) && w.len == 0);
}

/* Seven bits an octet, and a length put before what it counts. */
static void test_varint(void)
{
	static const struct {
		uint64_t v;
		uint8_t len, octet[WR_VARINT_MAX];
	} v[] = {
		{ 0, 1, { 0 } },
		{ 127, 1, { 0x7f } },
		{ 128, 2, { 0x80, 1 } },
		{ 300, 2, { 0xac, 2 } },
		{ UINT32_MAX, 5, { 0xff, 0xff, 0xff, 0xff, 0x0f } },
		{ UINT64_MAX, 10, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t cap = 0; cap < 2 * WR_VARINT_MAX; cap++) {
			uint8_t *out = malloc(cap + (cap == 0));
			struct wr w = wr_of(out, cap);
			wr_varint(&w, v[i].v);
			CU_ASSERT_EQUAL(wr_ok(&w), cap >= v[i].len);
			CU_ASSERT(!wr_ok(&w) || (w.len == v[i].len && memcmp(out, v[i].octet, w.len) == 0));
			free(out);
		}
	static const size_t lens[] = { 0, 1, 127, 128, 16383, 16384 };
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		const size_t n = lens[i], of = n < 128 ? 1 : n < 16384 ? 2 : 3;
		for (size_t cap = n + 1; cap <= n + of; cap++) {
			uint8_t *out = malloc(cap);
			struct wr w = wr_of(out, cap);
			wr_u8(&w, 0);
			for (size_t k = 0; k < n; k++)
				wr_u8(&w, (uint8_t)k);
			wr_length_at(&w, 0);
			CU_ASSERT_EQUAL(wr_ok(&w), cap == n + of);
			const uint8_t last = (uint8_t)(n == 0 ? 0 : n - 1);
			CU_ASSERT(!wr_ok(&w) || (w.len == cap && (out[0] & 0x7f) == (n & 0x7f) && out[cap - 1] == last));
			free(out);
		}
	}
}

UNIT_MAIN({ "octet order", test_order }, { "every size of room that is too small", test_rooms }, { "formatted text", test_fmt },
	  { "room for the caller to fill", test_room }, { "varints", test_varint })
