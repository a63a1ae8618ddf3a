/* test_reasm_kept.c - octets inspected and not acknowledged, from one node to another: each travels once, both keep the same. */
#include <stdlib.h>
#include <string.h>

#include "ips/reasm_kept.h"
#include "tests/unit/unit.h"

enum { MEMORY = 8 << 20, ROUNDS = 2000 };

static struct bufpool *bufs;
static struct reasm_state a, b;
static uint64_t rnd;

static void begin(void)
{
	bufs = bufpool_new(MEMORY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bufs);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
}

static void end(void)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		buf_clear(bufs, &a.dir[d].kept);
		buf_clear(bufs, &b.dir[d].kept);
	}
	CU_ASSERT_EQUAL(bufpool_used(bufs), 0);
	bufpool_free(bufs);
}

static uint32_t n_of(const struct reasm_dir *r)
{
	return r->kept.len - r->kept_head;
}

/* As the engine does: delivered octets are appended, acknowledged ones go, lazily. */
static void deliver(struct reasm_dir *r, const void *p, uint32_t n)
{
	CU_ASSERT_EQUAL_FATAL(buf_append(bufs, &r->kept, p, n), OK);
	r->started = true;
	r->next += n;
}

static void acked(struct reasm_dir *r, uint32_t n)
{
	r->kept_head += n;
}

static void text(enum dir d, const char *s)
{
	deliver(&a.dir[d], s, (uint32_t)strlen(s));
}

/* One commit: what a tells goes to b, everything or what is new; how many octets travelled. */
static bool tell(bool all, uint32_t *octets)
{
	struct ha_kept k;
	reasm_kept_export(&a, all, &k);
	reasm_kept_told(&a);
	*octets = k.dir[DIR_ORIG].data.len + k.dir[DIR_REPLY].data.len;
	CU_ASSERT_TRUE(reasm_kept_good(&k, &a));
	const bool whole = reasm_kept_import(&b, bufs, &k);
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		b.dir[d].started = a.dir[d].started;
		b.dir[d].next = a.dir[d].next;
	}
	return whole;
}

static bool same(void)
{
	struct ha_kept x, y;
	reasm_kept_export(&a, true, &x);
	reasm_kept_export(&b, true, &y);
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		const struct ha_kept_dir *p = &x.dir[d], *q = &y.dir[d];
		if (p->from != q->from || p->upto != q->upto || p->data.len != q->data.len || p->data.len != p->upto - p->from)
			return false;
		if (p->data.len != 0 && memcmp(p->data.p, q->data.p, p->data.len) != 0)
			return false;
	}
	return true;
}

/* What is told with the next commit is n octets, and then both keep that. */
static void commit(uint32_t n, const char *orig)
{
	struct ha_kept k;
	uint32_t octets;
	CU_ASSERT_TRUE(tell(false, &octets));
	CU_ASSERT_EQUAL(octets, n);
	CU_ASSERT_TRUE(same());
	reasm_kept_export(&b, true, &k);
	const struct ha_kept_dir *o = &k.dir[DIR_ORIG];
	CU_ASSERT_EQUAL_FATAL(o->data.len, strlen(orig));
	CU_ASSERT_TRUE(o->data.len == 0 || memcmp(o->data.p, orig, o->data.len) == 0);
}

static void test_deltas(void)
{
	begin();
	a.dir[DIR_ORIG].next = 0xfffffffcu; /* numbers begin anew among them */
	commit(0, "");
	text(DIR_ORIG, "one");
	commit(3, "one");
	commit(0, "one");
	text(DIR_ORIG, "two");
	text(DIR_REPLY, "answer");
	commit(9, "onetwo");
	acked(&a.dir[DIR_ORIG], 4);
	commit(0, "wo");
	text(DIR_ORIG, "three");
	acked(&a.dir[DIR_ORIG], 1);
	commit(5, "othree");
	/* acknowledged before it was told: what is left is told, in the place of what the peer has */
	text(DIR_ORIG, "four");
	acked(&a.dir[DIR_ORIG], 8);
	commit(2, "ur");
	/* all is acknowledged */
	acked(&a.dir[DIR_ORIG], 2);
	commit(0, "");
	CU_ASSERT_EQUAL(b.dir[DIR_ORIG].kept.cap, 0);
	CU_ASSERT_EQUAL(reasm_kept_octets(&a), 6);
	CU_ASSERT_EQUAL(reasm_kept_octets(&b), 6);
	end();
}

/* Another peer has nothing. */
static void test_whole(void)
{
	uint32_t n;
	begin();
	text(DIR_ORIG, "abcdef");
	text(DIR_REPLY, "xyz");
	commit(9, "abcdef");
	buf_clear(bufs, &b.dir[DIR_ORIG].kept);
	buf_clear(bufs, &b.dir[DIR_REPLY].kept);
	memset(&b, 0, sizeof(b));
	text(DIR_ORIG, "gh");
	CU_ASSERT_TRUE(tell(true, &n));
	CU_ASSERT_EQUAL(n, 11);
	CU_ASSERT_TRUE(same());
	commit(0, "abcdefgh");
	end();
}

/* What went before is not here: nothing is kept, and it heals when what is missing is acknowledged. */
static void test_misfit(void)
{
	uint32_t n;
	begin();
	text(DIR_REPLY, "stays");
	text(DIR_ORIG, "abc");
	commit(8, "abc");
	buf_clear(bufs, &b.dir[DIR_ORIG].kept); /* as without memory */
	text(DIR_ORIG, "def");
	CU_ASSERT_FALSE(tell(false, &n));
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(n_of(&b.dir[DIR_ORIG]), 0);
	CU_ASSERT_EQUAL(n_of(&b.dir[DIR_REPLY]), 5);
	CU_ASSERT_FALSE(tell(false, &n));
	acked(&a.dir[DIR_ORIG], 6);
	text(DIR_ORIG, "ghi");
	commit(3, "ghi");
	end();
}

/* Whatever a peer says: taken as it fits, and an octet that is here stays what it is. */
static void test_offset(void)
{
	static const struct {
		uint32_t from, upto, n;
		const char *left; /* NULL: misfit */
	} row[] = {
		{ 100, 110, 10, "0123456789" },
		{ 103, 110, 2, "defgh01" },
		{ 100, 108, 0, "abcdefgh" },
		{ 100, 110, 4, "abcdefgh23" },
		{ 102, 108, 3, "cdefgh" },
		{ 100, 107, 7, "0123456" },
		{ 99, 108, 3, NULL },
		{ 100, 112, 3, NULL },
		{ 108, 112, 3, NULL },
		{ 109, 112, 2, NULL },
		{ 100, 106, 2, NULL },
		{ 101, 107, 0, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		begin();
		b.dir[DIR_ORIG] = (struct reasm_dir){ .started = true, .next = 100 };
		deliver(&b.dir[DIR_ORIG], "abcdefgh", 8);
		uint8_t *own = malloc(row[i].n + 1); /* of its length: a read beyond it is seen */
		memcpy(own, "0123456789", row[i].n);
		const struct ha_kept k = { .dir[DIR_ORIG] = { row[i].from, row[i].upto, { own, row[i].n, 0 } } };
		CU_ASSERT_EQUAL(reasm_kept_import(&b, bufs, &k), row[i].left != NULL);
		const struct reasm_dir *r = &b.dir[DIR_ORIG];
		const uint32_t n = row[i].upto - row[i].from;
		CU_ASSERT_EQUAL_FATAL(n_of(r), row[i].left != NULL ? n : 0);
		CU_ASSERT_TRUE(row[i].left == NULL || memcmp(r->kept.p + r->kept_head, row[i].left, n) == 0);
		const struct reasm_dir at = { .started = true, .next = row[i].upto };
		struct reasm_state moved = { .dir[DIR_ORIG] = at };
		CU_ASSERT_TRUE(reasm_kept_good(&k, &moved));
		free(own);
		end();
	}
}

static void test_good(void)
{
	struct reasm_state r = { .dir = { { .started = true, .next = 500 }, { .started = true, .next = 5 } } };
	const struct ha_kept fine = { .dir = { { 400, 500, { NULL, 0, 0 } }, { 0xfffffff5u, 5, { NULL, 16, 0 } } } };
	struct ha_kept k = fine;
	CU_ASSERT_TRUE(reasm_kept_good(&k, &r));
	CU_ASSERT_FALSE(reasm_kept_good(&k, NULL));
	k.dir[DIR_ORIG].data.len = 100;
	CU_ASSERT_TRUE(reasm_kept_good(&k, &r));
	k.dir[DIR_ORIG].data.len = 101;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k = fine;
	k.dir[DIR_REPLY].upto++;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k = fine;
	k.dir[DIR_ORIG].from = 500 - REASM_KEPT_MAX;
	CU_ASSERT_TRUE(reasm_kept_good(&k, &r));
	k.dir[DIR_ORIG].from--;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k.dir[DIR_ORIG].from = 501;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k = fine;
	k.dir[DIR_ORIG].from = 500; /* none has no place */
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k.dir[DIR_ORIG] = (struct ha_kept_dir){ 0 };
	CU_ASSERT_TRUE(reasm_kept_good(&k, &r));
	k.dir[DIR_ORIG].data.len = 1;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	k = fine;
	r.dir[DIR_REPLY].started = false;
	CU_ASSERT_FALSE(reasm_kept_good(&k, &r));
	const struct ha_kept none = { 0 };
	CU_ASSERT_TRUE(reasm_kept_good(&none, NULL));
}

static uint32_t below(uint32_t n)
{
	rnd = rnd * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(rnd >> 33) % n;
}

/* Long streams of random pieces and acknowledgements: equal after each commit, each octet travels once at most, and the
 * standby's memory is that of what it keeps. */
static void test_random(void)
{
	static uint8_t piece[200000];
	uint64_t sent = 0, told = 0;
	begin();
	rnd = 5;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const enum dir d = (enum dir)below(DIR_N);
		struct reasm_dir *r = &a.dir[d];
		const uint32_t n = below(below(8) == 0 ? sizeof(piece) : 3000);
		uint32_t octets;
		for (uint32_t k = 0; k < n; k++)
			piece[k] = (uint8_t)below(256);
		acked(r, below(n_of(r) + 1));
		if (n_of(r) + n <= REASM_KEPT_MAX) {
			buf_consume(bufs, &r->kept, r->kept_head);
			r->kept_head = 0;
			deliver(r, piece, n);
			sent += n;
		}
		if (below(3) == 0)
			continue;
		CU_ASSERT_TRUE_FATAL(tell(false, &octets));
		CU_ASSERT_TRUE_FATAL(same());
		told += octets;
	}
	CU_ASSERT_TRUE(told <= sent && told * 2 > sent);
	end();
}

/* The largest window, moved on octet by octet and at once. */
static void test_full(void)
{
	static uint8_t all[REASM_KEPT_MAX];
	uint32_t n;
	begin();
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 7 >> 3);
	deliver(&a.dir[DIR_ORIG], all, REASM_KEPT_MAX);
	CU_ASSERT_TRUE(tell(false, &n));
	for (uint32_t step = 1; step < REASM_KEPT_MAX; step *= 16) {
		buf_consume(bufs, &a.dir[DIR_ORIG].kept, step);
		deliver(&a.dir[DIR_ORIG], all, step);
		CU_ASSERT_TRUE(tell(false, &n));
		CU_ASSERT_EQUAL(n, step);
		CU_ASSERT_TRUE(same());
		CU_ASSERT_EQUAL(b.dir[DIR_ORIG].kept.cap, REASM_KEPT_MAX);
	}
	end();
}

/* No memory on the standby: that direction is left out, the other is not. */
static void test_no_memory(void)
{
	struct bufpool *small = bufpool_new(64);
	uint8_t octets[100] = { 1 };
	const struct ha_kept k = { .dir = { { 0, 100, { octets, 100, 0 } }, { 0, 60, { octets, 60, 0 } } } };
	memset(&b, 0, sizeof(b));
	CU_ASSERT_FALSE(reasm_kept_import(&b, small, &k));
	CU_ASSERT_EQUAL(n_of(&b.dir[DIR_ORIG]), 0);
	CU_ASSERT_EQUAL(n_of(&b.dir[DIR_REPLY]), 60);
	buf_clear(small, &b.dir[DIR_REPLY].kept);
	CU_ASSERT_EQUAL(bufpool_used(small), 0);
	bufpool_free(small);
}

UNIT_MAIN({ "each octet travels once", test_deltas }, { "another peer", test_whole },
	  { "what went before is missing", test_misfit }, { "where a message's octets may begin", test_offset },
	  { "what no node could keep", test_good }, { "random streams", test_random }, { "the largest window", test_full },
	  { "no memory", test_no_memory })
