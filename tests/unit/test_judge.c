/* test_judge.c - whatever is missing, strange or twice in what two nodes let out is noticed, at cut after cut. */
#include "ips/judge.h"
#include "tests/unit/unit.h"

#define V1 "v1\tverdict=pass\n"
#define V2 "v2\tverdict=drop\n"
#define V3 "v3\tverdict=pass\n"
#define A1 "a1-1-1\t{\"alert\":1}\n"
#define A2 "a1-1-2\t{\"alert\":2}\n"
#define F1 "f1-1-3\t{}\n"
#define L1 "l1.ips.1\tSESSION\n"

static const char run[] = V1 A1 V2 V3 A2 F1 L1;

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

static struct judge *judge_of(const char *expected, const char *along)
{
	struct judge *j = NULL;
	CU_ASSERT_EQUAL_FATAL(judge_new(text(expected), &j), OK);
	judge_along(j, text(along));
	return j;
}

/* One judge for all rows of the same beginning: what one cut had does not help the next. */
static void test_cuts(void)
{
	static const struct {
		const char *first, *second;
		bool equal;
		unsigned twice;
	} row[] = {
		{ "b2\treleased\n" V2 V3, A2 F1 L1, true, 0 },
		{ V2, V3 A2 F1 L1, true, 0 },
		{ V3 A2, V2 A2 F1 L1, true, 0 }, /* both wrote it: the second was not told */
		{ V2, V3 F1 L1, false, 0 }, /* an alert lost */
		{ V2, V3 A2 L1, false, 0 },
		{ V2, V3 A2 F1, false, 0 },
		{ "", V3 A2 F1 L1, false, 0 },
		{ V2, V3 A2 F1 L1 "a1-1-9\t{\"alert\":9}\n", false, 0 },
		{ V2 "v2\tverdict=pass\n", V3 A2 F1 L1, false, 0 },
		{ V2, V3 A1 A2 F1 L1, true, 1 }, /* written although it was released before */
		{ V2, V3 A1 A1 A2 F1 L1, true, 2 },
		{ V2, V1 V3 A2 F1 L1, true, 0 }, /* a verdict is no record */
		{ V2, V3 A2 F1 "l1.ips.1\tSESS\n", false, 0 },
		{ V2, V3 A2 F1 "l1.ips.1\tSESSION", false, 0 }, /* broken off */
		{ V2, V3 A2 F1 L1, true, 0 },
	};
	struct judge *j = judge_of(run, V1 "b1\treleased\n" A1);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct judge_part r = judge_cut(j, text(row[i].first), text(row[i].second));
		CU_ASSERT_EQUAL(r.equal, row[i].equal);
		CU_ASSERT_EQUAL(r.twice, row[i].twice);
		if (r.equal != row[i].equal || r.twice != row[i].twice)
			printf("# row %zu\n", i);
	}
	judge_along(j, text(V2));
	CU_ASSERT_TRUE(judge_cut(j, text(V3), text(A2 F1 L1)).equal);
	CU_ASSERT_FALSE(judge_cut(j, text(""), text(A2 F1 L1)).equal);
	judge_along(j, text("v2\tverdict=pass\n"));
	CU_ASSERT_FALSE(judge_cut(j, text(V3), text(A2 F1 L1)).equal); /* from now on it never is */
	judge_free(j);
}

static void test_none(void)
{
	struct judge *j = judge_of("", "");
	CU_ASSERT_TRUE(judge_cut(j, text(""), text("b1\treleased\n")).equal);
	CU_ASSERT_FALSE(judge_cut(j, text(""), text(V1)).equal);
	judge_free(j);
	j = judge_of(V1 V1, ""); /* the same twice counts once */
	CU_ASSERT_TRUE(judge_cut(j, text(V1), text("")).equal);
	CU_ASSERT_FALSE(judge_cut(j, text(""), text("")).equal);
	judge_free(j);
	judge_free(NULL);
}

/* Many lines: the table holds each, and misses each that is not there. */
static void test_many(void)
{
	enum { N = 3000, LINE = 24 };
	static char all[N * LINE];
	char *end = all;
	for (unsigned i = 0; i < N; i++)
		end += sprintf(end, "v%05u\tverdict=%02u\n", i, i % 3);
	struct judge *j = judge_of(all, "");
	const size_t len = strlen("v00000\tverdict=00\n");
	CU_ASSERT_TRUE(judge_cut(j, text(all), text("")).equal);
	for (unsigned i = 0; i < N; i += 101) {
		const struct span before = span_of(all, i * len), after = span_of(all + (i + 1) * len, (N - i - 1) * len);
		CU_ASSERT_FALSE(judge_cut(j, before, after).equal);
	}
	judge_free(j);
}

UNIT_MAIN({ "cut after cut", test_cuts }, { "nothing", test_none }, { "many lines", test_many })
