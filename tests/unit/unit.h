/* unit.h - a CUnit suite whose results are printed as TAP lines, for tests/run to count.
 *
 *   UNIT_MAIN({ "cursor reads", test_reads }, { "short read", test_short })
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

struct unit_case {
	const char *name;
	void (*fn)(void);
};

static int unit_run(const char *file, const struct unit_case *c, size_t n)
{
	int failed = 0;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	CU_pSuite suite = CU_add_suite(file, NULL, NULL);
	CU_basic_set_mode(CU_BRM_SILENT);
	for (size_t i = 0; i < n; i++) {
		CU_pTest t = CU_add_test(suite, c[i].name, c[i].fn);
		CU_run_test(suite, t);
		const CU_pFailureRecord first = CU_get_failure_list();
		printf("%s - %s: %s\n", first == NULL ? "ok" : "not ok", file, c[i].name);
		for (CU_pFailureRecord f = first; f != NULL; f = f->pNext)
			printf("#   %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
		failed += first != NULL;
		fflush(stdout);
	}
	CU_cleanup_registry();
	return failed != 0;
}

#define UNIT_MAIN(...)                                                                       \
	int main(void)                                                                       \
	{                                                                                    \
		static const struct unit_case cases[] = { __VA_ARGS__ };                     \
		const char *slash = strrchr(__FILE__, '/');                                  \
		return unit_run(slash != NULL ? slash + 1 : __FILE__, cases, sizeof(cases) / sizeof(cases[0])); \
	}

#endif
