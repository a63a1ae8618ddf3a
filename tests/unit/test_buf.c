/* test_buf.c - buffers against copies of them, with exact accounting of the cap and of the host's memory. */
#include "base/buf.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define N 12
#define SHADOW 20000u
#define CAP ((size_t)48 << 10)

struct shadow {
	uint8_t p[SHADOW];
	size_t len;
};

static struct buf bufs[N];
static struct shadow shadows[N];
static uint8_t junk[SHADOW];

static size_t sum_of_caps(void)
{
	size_t sum = 0;
	for (int i = 0; i < N; i++)
		sum += bufs[i].cap;
	return sum;
}

static bool sane(const struct buf *b, const struct shadow *s)
{
	bool class_ok = b->cap == 0 || (b->cap >= BUF_CLASS_MIN && b->cap <= BUF_LEN_MAX && (b->cap & (b->cap - 1)) == 0);
	return class_ok && (b->p != NULL) == (b->cap != 0) && b->len == s->len && b->len <= b->cap &&
	       (b->len == 0 || memcmp(b->p, s->p, b->len) == 0) && buf_span(b).len == s->len;
}

static uint32_t rnd(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*seed * below >> 32);
}

/* One random operation on buffer and copy alike; a refusal must be due to the cap and change nothing. */
static bool step(struct bufpool *bp, uint32_t *seed)
{
	uint32_t i = rnd(seed, N), n = rnd(seed, 4) == 0 ? rnd(seed, SHADOW / 2) : rnd(seed, 200);
	struct buf *b = &bufs[i], was = bufs[i];
	struct shadow *s = &shadows[i];
	const uint8_t *src = junk + rnd(seed, SHADOW - n);
	enum err e = OK;
	switch (rnd(seed, 6)) {
	case 0:
	case 1:
	case 2:
		if (s->len + n > SHADOW)
			return true;
		e = buf_append(bp, b, src, n);
		if (e == OK) {
			memcpy(s->p + s->len, src, n);
			s->len += n;
		}
		break;
	case 3:
		e = buf_set(bp, b, src, n);
		if (e == OK) {
			memcpy(s->p, src, n);
			s->len = n;
		}
		break;
	case 4:
		buf_consume(bp, b, n);
		n = n < s->len ? n : (uint32_t)s->len;
		s->len -= n;
		memmove(s->p, s->p + n, s->len);
		break;
	default:
		buf_clear(bp, b);
		s->len = 0;
	}
	if (e != OK && (e != ERR_FULL || memcmp(&was, b, sizeof(was)) != 0))
		return false;
	return sane(b, s);
}

static void test_model(void)
{
	uint32_t seed = 5, full = 0;
	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (uint8_t)rnd(&seed, 256);
	struct bufpool *bp = bufpool_new(CAP);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bp);
	size_t fixed = alloc.live;
	for (int k = 0; k < 60000; k++) {
		if (!step(bp, &seed) || bufpool_used(bp) != sum_of_caps() || bufpool_used(bp) > CAP || alloc.live - fixed > CAP) {
			CU_FAIL("buffer, copy or accounting differ");
			break;
		}
		full += bufpool_used(bp) > CAP * 3 / 4;
	}
	CU_ASSERT(full > 1000); /* the cap was near often enough to mean something */
	for (int i = 0; i < N; i++)
		buf_clear(bp, &bufs[i]);
	CU_ASSERT_EQUAL(bufpool_used(bp), 0);
	bufpool_free(bp);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

static void test_cap(void)
{
	struct bufpool *bp = bufpool_new(1000); /* not a sum of classes: 512 + 256 + 128 + 64 fit */
	struct buf a = { 0 }, b = { 0 };
	CU_ASSERT_EQUAL(buf_append(bp, &a, junk, 512), OK);
	CU_ASSERT_EQUAL(a.cap, 512);
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 257), ERR_FULL);
	CU_ASSERT(b.p == NULL && b.len == 0 && b.cap == 0);
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 256), OK);
	CU_ASSERT_EQUAL(bufpool_used(bp), 768);
	CU_ASSERT_EQUAL(buf_append(bp, &a, junk, 1), ERR_FULL);
	CU_ASSERT_EQUAL(a.len, 512);
	buf_clear(bp, &a);
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 256), OK); /* 512 instead of 256, not beside it */
	CU_ASSERT_EQUAL(bufpool_used(bp), 512);
	buf_consume(bp, &b, 512);
	CU_ASSERT(b.p == NULL && b.cap == 0 && bufpool_used(bp) == 0);
	bufpool_free(bp);

	bp = bufpool_new(1024); /* may be used up to the last octet */
	CU_ASSERT_EQUAL(buf_append(bp, &a, junk, 512), OK);
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 512), OK);
	CU_ASSERT_EQUAL(bufpool_used(bp), 1024);
	buf_clear(bp, &a);
	buf_clear(bp, &b);
	bufpool_free(bp);

	bp = bufpool_new(63);
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 1), ERR_FULL);
	CU_ASSERT_EQUAL(buf_append(bp, &b, NULL, 0), OK);
	CU_ASSERT_EQUAL(b.cap, 0);
	bufpool_free(bp);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

static void test_largest(void)
{
	struct bufpool *bp = bufpool_new(SIZE_MAX);
	struct buf b = { 0 };
	uint8_t *big = calloc(1, BUF_LEN_MAX + 1);
	CU_ASSERT_EQUAL(buf_set(bp, &b, big, BUF_LEN_MAX + 1), ERR_FULL);
	CU_ASSERT_EQUAL(buf_set(bp, &b, big, SIZE_MAX), ERR_FULL);
	CU_ASSERT_EQUAL(buf_set(bp, &b, big, BUF_LEN_MAX), OK);
	CU_ASSERT(b.len == BUF_LEN_MAX && b.cap == BUF_LEN_MAX);
	CU_ASSERT_EQUAL(buf_append(bp, &b, big, 1), ERR_FULL);
	CU_ASSERT_EQUAL(buf_append(bp, &b, big, SIZE_MAX), ERR_FULL);
	buf_consume(bp, &b, 1);
	CU_ASSERT_EQUAL(buf_append(bp, &b, big, 1), OK);
	buf_clear(bp, &b);
	buf_clear(bp, &b);
	bufpool_free(bp);
	free(big);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

/* The source may be the buffer itself, also when it moves. */
static void test_alias(void)
{
	struct bufpool *bp = bufpool_new(4096);
	struct buf b = { 0 };
	uint8_t want[128];
	for (uint8_t i = 0; i < 64; i++)
		want[i] = want[64 + i] = i;
	CU_ASSERT_EQUAL(buf_set(bp, &b, want, 64), OK);
	CU_ASSERT_EQUAL(buf_append(bp, &b, b.p, 64), OK);
	CU_ASSERT(b.len == 128 && memcmp(b.p, want, 128) == 0);
	CU_ASSERT_EQUAL(buf_set(bp, &b, b.p + 10, 100), OK);
	CU_ASSERT(b.len == 100 && memcmp(b.p, want + 10, 100) == 0);
	CU_ASSERT_EQUAL(buf_set(bp, &b, NULL, 0), OK);
	CU_ASSERT_EQUAL(b.cap, 0);
	bufpool_free(bp);
	bufpool_free(NULL);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

static void test_warm(void)
{
	struct bufpool *bp = bufpool_new((size_t)1 << 20);
	size_t calls = 0;
	for (int round = 0; round < 20; round++) {
		struct buf b[8] = { { 0 } };
		for (int i = 0; i < 8; i++)
			for (int part = 0; part < 30; part++)
				CU_ASSERT_EQUAL(buf_append(bp, &b[i], junk, 150), OK);
		for (int i = 0; i < 8; i++)
			buf_clear(bp, &b[i]);
		if (round == 0)
			calls = alloc.calls;
	}
	CU_ASSERT_EQUAL(alloc.calls, calls);
	bufpool_free(bp);
}

static void test_no_memory(void)
{
	struct bufpool *bp = bufpool_new(4096);
	struct buf b = { 0 };
	CU_ASSERT_EQUAL(buf_set(bp, &b, junk, 60), OK);
	struct buf was = b;
	alloc.fail = true;
	CU_ASSERT_EQUAL(buf_append(bp, &b, junk, 60), ERR_FULL);
	CU_ASSERT_PTR_NULL(bufpool_new(1));
	alloc.fail = false;
	CU_ASSERT_EQUAL(memcmp(&b, &was, sizeof(b)), 0);
	CU_ASSERT_EQUAL(bufpool_used(bp), 64);
	buf_clear(bp, &b);
	bufpool_free(bp);
	CU_ASSERT_EQUAL(alloc.live, 0);
}

UNIT_MAIN({ "random operations against copies", test_model }, { "the cap is exact", test_cap },
	  { "the largest buffer", test_largest }, { "a source inside the buffer", test_alias },
	  { "no malloc once warm", test_warm }, { "no memory", test_no_memory })
