/* The HA link's memory: what is queued is bounded, what has been emptied goes back, a warm link allocates nothing. */
#include <openssl/crypto.h>

#include "alloc.h"
#include "link_rig.h"

/* OpenSSL's own allocations are counted too; it takes the functions only before its first one. */
static size_t ssl_calls;

static void *ssl_malloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	ssl_calls++;
	return malloc(n);
}

static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	ssl_calls++;
	void *q = n != 0 ? malloc(n) : NULL;
	size_t old = 0;
	if (p != NULL)
		memcpy(&old, (char *)p - ALLOC_HEAD, sizeof(old));
	if (q != NULL && p != NULL)
		memcpy(q, p, old < n ? old : n);
	if (q != NULL || n == 0)
		free(p);
	return q;
}

static void ssl_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

__attribute__((constructor)) static void count_ssl(void)
{
	CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free);
}

/* The other end takes nothing: the queue grows to its cap, refuses whole, loses nothing, and gives its memory back. */
static void test_full(void)
{
	enum { BLOCK = 999999 };
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	size_t live = alloc.live, sent = 0, got = 0, wrong = 0;
	uint8_t *block = malloc(BLOCK);
	for (enum err e = OK; e == OK; sent += e == OK ? BLOCK : 0) {
		for (size_t i = 0; i < BLOCK; i++)
			block[i] = rig_pattern(sent + i);
		e = link_send(r.l[RIG_LOW], span_of(block, BLOCK));
		CU_ASSERT_TRUE(e == OK || e == ERR_FULL);
		rig_turn(&r, 0);
	}
	size_t queued = link_queued(r.l[RIG_LOW]);
	CU_ASSERT_TRUE(queued <= 64u << 20 && queued > (64u << 20) - BLOCK);
	CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of(block, BLOCK)), ERR_FULL);
	CU_ASSERT_EQUAL(link_queued(r.l[RIG_LOW]), queued);
	free(block);
	CU_ASSERT_TRUE(link_recv(r.l[RIG_HIGH]).len <= 1u << 20);
	CU_ASSERT_TRUE(link_recv(r.l[RIG_HIGH]).len > (1u << 20) - 32768);
	for (unsigned idle = 0; got < sent && idle < 100;) {
		idle = rig_turn(&r, 20) ? 0 : idle + 1;
		struct span s = link_recv(r.l[RIG_HIGH]);
		for (size_t i = 0; i < s.len; i++)
			wrong += s.p[i] != rig_pattern(got + i);
		got += s.len;
		link_consume(r.l[RIG_HIGH], s.len);
	}
	CU_ASSERT_EQUAL(got, sent);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(link_queued(r.l[RIG_LOW]), 0);
	CU_ASSERT_TRUE(alloc.live < live + (3u << 19));
	rig_fini(&r);
}

static void test_warm(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_LOW, 600000, 20000), 600000);
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_HIGH, 600000, 20000), 600000);
	size_t ours = 0, ssl = 0, live = 0;
	uint8_t message[200] = { 1 };
	for (unsigned i = 0; i < 510; i++) {
		if (i == 10) {
			ours = alloc.calls - ssl_calls;
			ssl = ssl_calls;
			live = alloc.live;
		}
		CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of(message, sizeof(message))), OK);
		rig_turn(&r, 20);
		CU_ASSERT_EQUAL(link_send(r.l[RIG_HIGH], span_of(message, 16)), OK);
		rig_turn(&r, 20);
		link_consume(r.l[RIG_HIGH], link_recv(r.l[RIG_HIGH]).len);
		link_consume(r.l[RIG_LOW], link_recv(r.l[RIG_LOW]).len);
		link_beat(r.l[RIG_LOW], &(struct link_beat){ .seq = i }, r.now);
	}
	CU_ASSERT_EQUAL(alloc.calls - ssl_calls, ours);
	CU_ASSERT_TRUE(ssl > 0 && ssl_calls - ssl <= 4 * 1000); /* OpenSSL: four small ones a record, given back at once */
	CU_ASSERT_EQUAL(alloc.live, live);
	rig_fini(&r);
}

UNIT_MAIN({ "a full queue", test_full }, { "a warm link allocates nothing of its own", test_warm })
