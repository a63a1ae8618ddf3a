/* test_mms_data.c - MMS Data and AccessResult: kinds, sizes, numbers, nesting, and the fields they become. */
#include "tests/unit/mms_rig.h"

static struct mms_data first(const char *notation, bool *found, bool *ok)
{
	static uint8_t b[4096];
	struct ber r = ber_of(span_of(b, rig_octets(notation, b)), 8);
	struct mms_data v;
	*found = mms_data_next(&r, &v);
	*ok = ber_ok(&r);
	return v;
}

static bool reads(const char *notation, enum mms_data_kind kind, int64_t num)
{
	bool found, ok;
	const struct mms_data v = first(notation, &found, &ok);
	return found && ok && !v.odd && v.kind == kind && v.num == num;
}

static bool is_odd(const char *notation)
{
	bool found, ok;
	const struct mms_data v = first(notation, &found, &ok);
	return found && ok && v.odd;
}

static void kinds(void)
{
	CU_ASSERT(reads("800103", MMS_DATA_FAILURE, 3));
	CU_ASSERT(reads("a100", MMS_DATA_ARRAY, 0));
	CU_ASSERT(reads("a203850101", MMS_DATA_STRUCT, 0));
	CU_ASSERT(reads("8301ff", MMS_DATA_BOOL, 1));
	CU_ASSERT(reads("830101", MMS_DATA_BOOL, 1));
	CU_ASSERT(reads("830100", MMS_DATA_BOOL, 0));
	CU_ASSERT(reads("84020340", MMS_DATA_BITS, 0));
	CU_ASSERT(reads("840100", MMS_DATA_BITS, 0));
	CU_ASSERT(reads("8501ff", MMS_DATA_INT, -1));
	CU_ASSERT(reads("85087fffffffffffffff", MMS_DATA_INT, INT64_MAX));
	CU_ASSERT(reads("85088000000000000000", MMS_DATA_INT, INT64_MIN));
	CU_ASSERT(reads("860200ff", MMS_DATA_UINT, 255));
	CU_ASSERT(reads("860900ffffffffffffffff", MMS_DATA_UINT, -1));
	CU_ASSERT(reads("87050841480000", MMS_DATA_FLOAT, 0));
	CU_ASSERT(reads("87090b4014000000000000", MMS_DATA_FLOAT, 0));
	CU_ASSERT(reads("8900", MMS_DATA_OCTETS, 0));
	CU_ASSERT(reads("8a{'BLT_1.0'}", MMS_DATA_VISIBLE, 0));
	CU_ASSERT(reads("8b{'20261121213000Z'}", MMS_DATA_GTIME, 0));
	CU_ASSERT(reads("8c0400000000", MMS_DATA_BTIME, 0));
	CU_ASSERT(reads("8c06000000000000", MMS_DATA_BTIME, 0));
	CU_ASSERT(reads("8d0112", MMS_DATA_BCD, 0));
	CU_ASSERT(reads("8e0204f0", MMS_DATA_BOOLS, 0));
	CU_ASSERT(reads("8f0128", MMS_DATA_OID, 0));
	CU_ASSERT(reads("9000", MMS_DATA_STRING, 0));
	CU_ASSERT(reads("91086b01f96800000000", MMS_DATA_UTC, 0));
}

static void wrong_sizes(void)
{
	static const char *const odd[] = {
		"8000",
		"80050000000001",
		"8101ff",
		"820100",
		"8300",
		"83020001",
		"8400",
		"840208ff",
		"840101",
		"8500",
		"8509000000000000000000",
		"8600",
		"8609010000000000000000",
		"860a00000000000000000000",
		"870441480000",
		"87050741480000",
		"8709084148000000000000",
		"88010a",
		"8c03000000",
		"8c0500000000ff",
		"8d00",
		"8e00",
		"8f00",
		"8b00",
		"910700000000000000",
		"9200",
		"920101",
		"020101",
		"450101",
		"a303830101",
	};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		if (!is_odd(odd[i])) {
			printf("# taken: %s\n", odd[i]);
			CU_FAIL("an illegal value was taken for a legal one");
		}
	}
}

static void ends(void)
{
	bool found, ok;
	(void)first("", &found, &ok);
	CU_ASSERT(!found && ok);
	(void)first("850401", &found, &ok);
	CU_ASSERT(!found && !ok);
	(void)first("85", &found, &ok);
	CU_ASSERT(!found && !ok);
}

static const char report[] = "a3{a0{a1{80{'L'}} a0{";

static bool report_gives(struct rig *r, const char *values, const char *text)
{
	char s[1024];
	snprintf(s, sizeof(s), "%s%s}}}", report, values);
	return rig_gives(r, S, s, text);
}

static void fields_of_values(void)
{
	struct rig *r = rig_associated();
	CU_ASSERT(report_gives(r, "850101 a2{8301ff a1{8501fe 860107}} 8705083f800000 80010a 8a{'x'}",
			       "count=5 domain= object=L value=1 value=1 value=-2 value=7 error=10\n"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(report_gives(r, "83020101 850103", "object=L value=3\n"));
	CU_ASSERT(rig_has(r, "! mms.valueSize\n"));
	CU_ASSERT(report_gives(r, "a2{80010a}", "! mms.valueSize\n")); /* a failure is no member of a structure */
	CU_ASSERT(report_gives(r, "85020001", "! mms.integer\n"));
	CU_ASSERT(report_gives(r, "8502ff80", "! mms.integer\n"));
	CU_ASSERT(report_gives(r, "85020080 8502ff7f", "value=128 value=-129\n"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void write_has_no_failure(void)
{
	struct rig *r = rig_associated();
	CU_ASSERT(rig_gives(r, C, "a0{020101 a5{a0{30{a0{80{'X'}}}} a0{80010a}}}", "! mms.valueSize\n"));
	free(r);
}

static void nesting(void)
{
	struct rig *r = rig_associated();
	CU_ASSERT(report_gives(r, "a2{a2{a2{a2{a2{850101}}}}}", "value=1\n")); /* five were agreed */
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(report_gives(r, "a2{a2{a2{a2{a2{a1{850101}}}}}}", "value=1\n"));
	CU_ASSERT(rig_has(r, "! mms.nesting\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	free(r);
	r = rig_new();
	CU_ASSERT(report_gives(r, "a2{a2{a2{a2{a2{a1{850101}}}}}}", "value=1\n")); /* nothing agreed that was seen */
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void too_deep(void)
{
	char s[2048] = "a3{a0{a1{80{'L'}} a0{";
	for (unsigned i = 0; i < 100; i++)
		strcat(s, "a2{");
	strcat(s, "850101");
	for (unsigned i = 0; i < 103; i++)
		strcat(s, "}");
	struct rig *r = rig_new();
	CU_ASSERT(rig_gives(r, S, s, "! ber.depth\n"));
	CU_ASSERT(rig_has(r, "s mms.informationReport"));
	CU_ASSERT(!rig_has(r, "value="));
	free(r);
}

UNIT_MAIN({ "every kind is read", kinds }, { "illegal sizes are odd", wrong_sizes }, { "end and broken BER", ends },
	  { "values and errors as fields", fields_of_values }, { "a failure cannot be written", write_has_no_failure },
	  { "agreed nesting", nesting }, { "nested past the reader's cap", too_deep })
