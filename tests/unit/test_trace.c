/* test_trace.c - what a run let out, as lines, and the comparison of two runs: whatever was planted is found. */
#include "ips/trace.h"
#include "tests/unit/engine_rig.h"

static struct trace *parsed(const char *text)
{
	struct trace *t = NULL;
	CU_ASSERT_EQUAL_FATAL(trace_parse(text, strlen(text), &t), OK);
	return t;
}

static bool compare(const char *expected, const char *got, struct trace_diff *d)
{
	struct trace *x = parsed(expected), *y = parsed(got);
	const bool same = trace_compare(x, y, d, NULL, NULL);
	trace_free(x);
	trace_free(y);
	return same;
}

#define V1 "v1\tpass none\n"
#define V2 "v2\tdrop ips.signature\n"
#define A1 "a1-1-1\t{\"alert\":1}\n"
#define F1 "f1-1-2\t{\"flow\":1}\n"
#define R1 "r1-1-3\t{\"app\":1}\n"
#define L1 "l1\tSESSION id:1\n"

static const char run[] = V1 V2 A1 F1 R1 L1;

static void test_equal(void)
{
	struct trace_diff d;
	static const char other_order[] = L1 R1 F1 V2 A1 V1;
	static const char twice[] = A1 V1 V2 V1 A1 F1 R1 L1;
	CU_ASSERT_TRUE(compare(run, run, &d));
	CU_ASSERT_STRING_EQUAL(d.first, "");
	CU_ASSERT_TRUE(compare(run, other_order, &d));
	CU_ASSERT_TRUE(compare(run, twice, &d));
	CU_ASSERT_TRUE(compare(twice, run, &d));
	CU_ASSERT_TRUE(compare("", "", &d));
}

/* The run with one line taken out, put in, or changed. */
static void test_planted(void)
{
	static const struct {
		const char *got;
		unsigned lost_alerts, extra_alerts, lost_sessions, other;
		const char *first;
	} row[] = {
		{ V1 V2 F1 R1 L1, 1, 0, 0, 0, "missing: a1-1-1 {\"alert\":1}" },
		{ V1 V2 A1 "a1-1-9\t{\"alert\":2}\n" F1 R1 L1, 0, 1, 0, 0, "extra: a1-1-9 {\"alert\":2}" },
		{ V1 V2 "a1-1-1\t{\"alert\":7}\n" F1 R1 L1, 1, 1, 0, 0, "missing: a1-1-1 {\"alert\":1}" },
		{ V1 V2 A1 R1 L1, 0, 0, 1, 0, "missing: f1-1-2 {\"flow\":1}" },
		{ V1 "v2\tpass none\n" A1 F1 R1 L1, 0, 0, 0, 2, "missing: v2 drop ips.signature" },
		{ V1 V2 A1 F1 R1 "l1\tSESSION id:2\n", 0, 0, 0, 2, "missing: l1 SESSION id:1" },
		{ "", 1, 0, 1, 4, "missing: a1-1-1 {\"alert\":1}" },
		/* the last line broken off: as if it were not there */
		{ V1 V2 A1 F1 R1 "l1\tSESSION id:", 0, 0, 0, 1, "missing: l1 SESSION id:1" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct trace_diff d;
		CU_ASSERT_FALSE(compare(run, row[i].got, &d));
		CU_ASSERT_EQUAL(d.lost_alerts, row[i].lost_alerts);
		CU_ASSERT_EQUAL(d.extra_alerts, row[i].extra_alerts);
		CU_ASSERT_EQUAL(d.lost_sessions, row[i].lost_sessions);
		CU_ASSERT_EQUAL(d.other, row[i].other);
		CU_ASSERT_STRING_EQUAL(d.first, row[i].first);
		/* the other way round what was missing is extra */
		CU_ASSERT_FALSE(compare(row[i].got, run, &d));
		CU_ASSERT_EQUAL(d.lost_alerts, row[i].extra_alerts);
		CU_ASSERT_EQUAL(d.extra_alerts, row[i].lost_alerts);
	}
}

/* Keys and texts of which one begins like the other are still two. */
static void test_prefixes(void)
{
	struct trace_diff d;
	CU_ASSERT_FALSE(compare("v1\tpass\n", "v11\tpass\n", &d));
	CU_ASSERT_FALSE(compare("v1\tpass\n", V1, &d));
	CU_ASSERT_FALSE(compare("v1\t\n", "v1\tx\n", &d));
	CU_ASSERT_TRUE(compare("v1\ttab\tinside\n", "v1\ttab\tinside\n", &d));
	CU_ASSERT_FALSE(compare("v1\ttab\tinside\n", "v1\ttab\toutside\n", &d));
	char much[3000];
	memset(much, 'x', sizeof(much) - 1);
	memcpy(much, "v1\t", 3);
	much[sizeof(much) - 2] = '\n';
	much[sizeof(much) - 1] = '\0';
	CU_ASSERT_FALSE(compare(much, "", &d));
	CU_ASSERT_EQUAL(strlen(d.first), sizeof(d.first) - 1);
}

/* Alerts that differ in their numbers alone are the same. */
static void test_bare(void)
{
	static const struct {
		const char *text, *bare;
	} row[] = {
		{ "a1-1-5\t{\"timestamp\":\"t\",\"id\":\"1-1-5\",\"flow_id\":1}\n", "a\t{\"timestamp\":\"t\",\"flow_id\":1}\n" },
		{ V1 "a1-1-5\t{\"id\":\"1-1-5\",\"x\":2}\n" F1 R1 L1, "a\t{\"x\":2}\n" },
		{ A1 A1, "a\t{\"alert\":1}\na\t{\"alert\":1}\n" },
		{ "a1-1-5\t{\"id\":\"1-1-5\n", "a\t{\"id\":\"1-1-5\n" },
		{ "a1-1-5\n" V1 "a1-1-5\t{\"id\":\"1-1-5\",", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct outbuf o = { 0 };
		trace_bare_alerts(span_of(row[i].text, strlen(row[i].text)), &o);
		CU_ASSERT_STRING_EQUAL(o.p != NULL ? o.p : "", row[i].bare);
		outbuf_free(&o);
	}
}

/* The keys that the writers give. */
static void test_written(void)
{
	static struct rig g;
	struct outbuf o = { 0 };
	rig_new(&g, &(struct rig_opts){ 0 });
	const struct packet p = { .nr = 12 };
	trace_verdict(&o, &p, &(struct trace_mark){ .pass = true });
	trace_verdict(&o, &p, &(struct trace_mark){ .reason = REASON_POLICY, .serial = 7 });
	CU_ASSERT_STRING_EQUAL(o.p, "v12\tverdict=pass reason=none session=0\nv12\tverdict=drop reason=policy.deny session=7\n");
	outbuf_clear(&o);
	const struct span out[] = { { (const uint8_t *)"ab", 2 }, { (const uint8_t *)"c", 1 } };
	const struct verdict verdicts[] = { { .held = true },
					    { .pass = true, .rewritten = out[0] },
					    { .pass = true, .rewritten = out[1] },
					    { .pass = true, .release = out, .n_release = 2 },
					    { .pass = true, .release = &out[1], .n_release = 1 } };
	uint64_t sums[ARRAY_LEN(verdicts)];
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		const struct trace_mark m = trace_mark(&verdicts[i]);
		sums[i] = m.sum;
		for (size_t k = 1; k < i; k++)
			CU_ASSERT(sums[k] != m.sum || (k == 2 && i == 4)); /* the same octets */
		trace_verdict(&o, &p, &m);
	}
	CU_ASSERT_PTR_EQUAL(strstr(o.p, "v12\tverdict=hold reason=none session=0\n"
					"v12\tverdict=pass reason=none session=0 rewritten=1 released=0 octets="),
			    o.p);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.p, "\nv12\tverdict=pass reason=none session=0 rewritten=0 released=2 octets="));
	static const char kinds[REC_N] = { 'a', 'r', 'r', 'r', 'f' };
	for (unsigned k = 0; k < REC_N; k++) {
		const struct rec r = { .kind = (uint8_t)k, .owner = 3, .serial = 4, .nr = 5 };
		outbuf_clear(&o);
		trace_rec(&o, &g.gen, &r);
		const char key[] = { kinds[k], '3', '-', '4', '-', '5', '\t', '{', '\0' };
		CU_ASSERT_EQUAL(strncmp(o.p, key, sizeof(key) - 1), 0);
		CU_ASSERT_EQUAL(o.p[o.len - 1], '\n');
	}
	const struct rec none = { .kind = REC_DROP, .owner = 3, .packet_nr = 8 };
	outbuf_clear(&o);
	trace_rec(&o, &g.gen, &none);
	CU_ASSERT_EQUAL(strncmp(o.p, "r3-0-p8\t{", 9), 0);
	outbuf_clear(&o);
	rig_open(&g);
	trace_lists(&o, g.e);
	CU_ASSERT_EQUAL(strncmp(o.p, "l1.sys.1\t", 9), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.p, "\nl1.ips.1\tSESSION id:1 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(o.p, "\nl1.share.1\t  client="));
	CU_ASSERT_FALSE(o.bad);
	outbuf_free(&o);
	rig_end(&g);
}

UNIT_MAIN({ "equal runs", test_equal }, { "planted differences", test_planted }, { "prefixes", test_prefixes },
	  { "alerts without their numbers", test_bare }, { "what the writers give", test_written })
