/* test_node.c - two nodes in one process: the second has nothing but the bytes of the link, and takes over at every cut. */
#include "ips/node.h"
#include "tests/unit/ha_script.h"

static const struct rig_opts opts = { .rules = script_rules, .custom = script_custom, .prevent = true };
static struct script script;
static struct gen gen;

static struct trace *parsed(const struct outbuf *o)
{
	struct trace *t = NULL;
	CU_ASSERT_FALSE(o->bad);
	CU_ASSERT_EQUAL_FATAL(trace_parse(o->p != NULL ? o->p : "", o->len, &t), OK);
	return t;
}

static void alone(struct outbuf *out)
{
	struct node n;
	struct trace_mark v;
	CU_ASSERT_EQUAL_FATAL(node_new_alone(&gen, 5, &n), OK);
	for (size_t i = 0; i < script.n; i++)
		node_packet(&n, &script.p[i], &v);
	node_finish(&n);
	outbuf_add(out, n.trace.p, n.trace.len);
	node_free(&n);
}

/* One batch to b; released unless a dies first. */
static void one_batch(struct node *a, struct node *b, size_t at, size_t count, bool release)
{
	struct trace_mark v[16];
	struct span bytes;
	for (size_t i = 0; i < count; i++)
		node_packet(a, &script.p[at + i], &v[i]);
	CU_ASSERT_EQUAL_FATAL(replica_commit(&a->r, &bytes), OK);
	CU_ASSERT_EQUAL_FATAL(replica_feed(&b->r, bytes), OK);
	CU_ASSERT_EQUAL(b->r.receiver.seq, a->r.sender.seq);
	if (release)
		node_release(a, &script.p[at], v, count);
}

static void take_over(struct node *b, size_t from)
{
	struct trace_mark v;
	CU_ASSERT_EQUAL(node_promote(b), from + 1);
	for (size_t i = from; i < script.n; i++)
		node_packet(b, &script.p[i], &v);
	node_finish(b);
}

/* a works in batches up to the cut; what both let out is what one alone lets out. */
static bool cut_equal(const struct outbuf *expected, size_t cut, size_t batch)
{
	struct node a, b;
	struct trace_diff d;
	CU_ASSERT_EQUAL_FATAL(node_new_active(&gen, 5, &a), OK);
	CU_ASSERT_EQUAL_FATAL(node_new_standby(&gen, 5, &b), OK);
	for (size_t at = 0; at < cut; at += batch)
		one_batch(&a, &b, at, size_min(batch, cut - at), true);
	take_over(&b, cut);
	struct outbuf both = { 0 };
	if (a.trace.len != 0)
		outbuf_add(&both, a.trace.p, a.trace.len);
	outbuf_add(&both, b.trace.p, b.trace.len);
	struct trace *x = parsed(expected), *y = parsed(&both);
	const bool same = trace_compare(x, y, &d, NULL, NULL) && b.r.digest_mismatches == 0;
	if (!same)
		printf("# cut %zu in batches of %zu: %s; %llu digests differ\n", cut, batch, d.first,
		       (unsigned long long)b.r.digest_mismatches);
	trace_free(x);
	trace_free(y);
	outbuf_free(&both);
	node_free(&a);
	node_free(&b);
	return same;
}

static void test_cuts(void)
{
	static const size_t batch[] = { 1, 7 };
	struct outbuf expected = { 0 };
	rig_gen(&gen, &opts);
	script_make(&script, 18);
	alone(&expected);
	for (size_t i = 0; i < ARRAY_LEN(batch); i++)
		for (size_t cut = 0; cut <= script.n; cut += 1 + i * 4)
			CU_ASSERT_TRUE(cut_equal(&expected, cut, batch[i]));
	outbuf_free(&expected);
	rig_gen_free(&gen);
}

/* The comparison sees a batch that b never got. */
static void test_lost_batch(void)
{
	struct outbuf expected = { 0 };
	struct node a, b;
	struct trace_diff d;
	rig_gen(&gen, &opts);
	script_make(&script, 18);
	alone(&expected);
	CU_ASSERT_EQUAL_FATAL(node_new_active(&gen, 5, &a), OK);
	CU_ASSERT_EQUAL_FATAL(node_new_standby(&gen, 5, &b), OK);
	one_batch(&a, &b, 0, 10, true);
	struct trace_mark v[16];
	for (size_t i = 10; i < 20; i++)
		node_packet(&a, &script.p[i], &v[i - 10]);
	node_release(&a, &script.p[10], v, 10); /* without having told b */
	CU_ASSERT_EQUAL(node_promote(&b), 11);
	for (size_t i = 20; i < script.n; i++)
		node_packet(&b, &script.p[i], v);
	node_finish(&b);
	struct outbuf both = { 0 };
	outbuf_add(&both, a.trace.p, a.trace.len);
	outbuf_add(&both, b.trace.p, b.trace.len);
	struct trace *x = parsed(&expected), *y = parsed(&both);
	CU_ASSERT_FALSE(trace_compare(x, y, &d, NULL, NULL));
	trace_free(x);
	trace_free(y);
	outbuf_free(&both);
	outbuf_free(&expected);
	node_free(&a);
	node_free(&b);
	rig_gen_free(&gen);
}

static unsigned count(const struct outbuf *o, char key)
{
	unsigned n = 0;
	for (const char *p = o->p; p != NULL && *p != '\0'; p = strchr(p, '\n') + 1)
		n += *p == key;
	return n;
}

/* a dies between commit and release: b writes the records of that batch, and of no batch that was known to be released. */
static void test_crash_before_release(void)
{
	struct node a, b;
	rig_gen(&gen, &opts);
	script_make(&script, 18);
	CU_ASSERT_EQUAL_FATAL(node_new_active(&gen, 5, &a), OK);
	CU_ASSERT_EQUAL_FATAL(node_new_standby(&gen, 5, &b), OK);
	size_t at = 0, recs = 0;
	while (at < 60) {
		one_batch(&a, &b, at, 10, at < 50);
		at += 10;
		recs = at == 60 ? a.r.recs.n : recs;
	}
	CU_ASSERT_EQUAL(count(&a.trace, 'v'), 50);
	CU_ASSERT_TRUE(recs > 0 && count(&a.trace, 'a') + count(&a.trace, 'r') > 0);
	const unsigned before = count(&b.trace, 'a') + count(&b.trace, 'r') + count(&b.trace, 'f');
	CU_ASSERT_EQUAL(before, 0);
	CU_ASSERT_EQUAL(node_promote(&b), 61);
	CU_ASSERT_EQUAL(count(&b.trace, 'a') + count(&b.trace, 'r') + count(&b.trace, 'f'), recs);
	node_free(&a);
	node_free(&b);
	rig_gen_free(&gen);
}

/* The last batch was released, but b was not told so any more: it writes that batch again, under the same ids. */
static void test_written_twice(void)
{
	struct node a, b;
	unsigned again = 99;
	rig_gen(&gen, &opts);
	script_make(&script, 18);
	CU_ASSERT_EQUAL_FATAL(node_new_active(&gen, 5, &a), OK);
	CU_ASSERT_EQUAL_FATAL(node_new_standby(&gen, 5, &b), OK);
	for (size_t at = 0; at < 60; at += 10)
		one_batch(&a, &b, at, 10, true);
	(void)node_promote(&b);
	CU_ASSERT_TRUE(b.trace.len > 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b.trace.p);
	CU_ASSERT_EQUAL(trace_twice(span_of(a.trace.p, a.trace.len), span_of(b.trace.p, b.trace.len), &again), OK);
	CU_ASSERT_EQUAL(again, 0);
	/* each line of b's is one of a's */
	for (const char *p = b.trace.p; *p != '\0'; p = strchr(p, '\n') + 1) {
		char line[4096];
		snprintf(line, sizeof(line), "%.*s", (int)(strchr(p, '\n') - p) + 1, p);
		CU_ASSERT_PTR_NOT_NULL(strstr(a.trace.p, line));
	}
	node_free(&a);
	node_free(&b);
	rig_gen_free(&gen);
}

/* Capture records without an IP packet in them pass. */
static void test_no_packet(void)
{
	struct node n;
	struct trace_mark v = { .pass = false };
	const struct packet p = { .nr = 3 };
	rig_gen(&gen, &opts);
	CU_ASSERT_EQUAL_FATAL(node_new_alone(&gen, 5, &n), OK);
	node_packet(&n, &p, &v);
	CU_ASSERT_TRUE(v.pass);
	CU_ASSERT_STRING_EQUAL(n.trace.p, "v3\tverdict=pass reason=none session=0\n");
	CU_ASSERT_EQUAL(engine_stats(n.r.engine)->packets, 0);
	node_free(&n);
	rig_gen_free(&gen);
}

UNIT_MAIN({ "a cut at every packet", test_cuts }, { "a lost batch is seen", test_lost_batch },
	  { "a crash before the release", test_crash_before_release }, { "a crash after it", test_written_twice },
	  { "no packet", test_no_packet })
