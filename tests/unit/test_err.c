/* test_err.c - texts, classes, TRY. */
#include "base/err.h"
#include "tests/unit/unit.h"

static void test_texts(void)
{
	for (int e = 0; e < ERR_N; e++) {
		const char *t = err_text((enum err)e);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		size_t n = strlen(t);
		CU_ASSERT(n > 3 && t[0] >= 'a' && t[0] <= 'z' && t[n - 1] != '.');
		for (int f = 0; f < e; f++)
			CU_ASSERT_STRING_NOT_EQUAL(t, err_text((enum err)f));
	}
	CU_ASSERT_STRING_EQUAL(err_text(ERR_TRUNCATED), "data ends too early");
	CU_ASSERT_STRING_EQUAL(err_text(ERR_PEER), "the peer is gone");
}

static void test_classes(void)
{
	CU_ASSERT_EQUAL(err_class(OK), ERRC_NONE);
	CU_ASSERT_EQUAL(err_class(ERR_STALE), ERRC_PROTOCOL);
	CU_ASSERT_EQUAL(err_class(ERR_FULL), ERRC_RESOURCE);
	CU_ASSERT_EQUAL(err_class(ERR_EXISTS), ERRC_USAGE);
	CU_ASSERT_EQUAL(err_class(ERR_INTERNAL), ERRC_INTERNAL);
	CU_ASSERT_EQUAL(err_class(ERR_EOF), ERRC_IO);
	for (int e = 1; e < ERR_N; e++)
		CU_ASSERT_NOT_EQUAL(err_class((enum err)e), ERRC_NONE);
}

static void test_unknown(void)
{
	CU_ASSERT_STRING_EQUAL(err_text(ERR_N), "unknown error");
	CU_ASSERT_EQUAL(err_class(ERR_N), ERRC_INTERNAL);
	CU_ASSERT_STRING_EQUAL(err_text((enum err)1000), "unknown error");
}

static enum err tried(enum err e, bool *went_on)
{
	*went_on = false;
	TRY(e);
	*went_on = true;
	return OK;
}

static void test_try(void)
{
	bool on;
	CU_ASSERT_EQUAL(tried(ERR_RANGE, &on), ERR_RANGE);
	CU_ASSERT_FALSE(on);
	CU_ASSERT_EQUAL(tried(OK, &on), OK);
	CU_ASSERT_TRUE(on);
}

UNIT_MAIN({ "every error has its own text", test_texts }, { "classes", test_classes }, { "no such error", test_unknown },
	  { "TRY returns the error", test_try })
