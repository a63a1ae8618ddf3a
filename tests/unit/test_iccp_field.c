/* test_iccp_field.c - what operations say beyond their names: each field with values that differ, and what is not told. */
#include "tests/unit/iccp_vectors.h"

/* A flow of ICCP that knows the transfer set DSTrans1 and the device BRK1. */
static struct rig *known_flow(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, READ("7f", VAR(ICC("BRK1_SBO"))));
	rig_feed(r, S, "a1{02017f a4{a1{850101}}}");
	rig_feed(r, C, WRITE("7e", VAR(ICC("DSTrans1")), SET("ff")));
	rig_feed(r, S, "a1{02017e a5{8100}}");
	rig_clear(r);
	return r;
}

/* The fields of the first event of ICCP in the log behind those named before, up to the line's end. */
static const char *told(const struct rig *r, const char *after)
{
	static char line[4096];
	const char *at = strstr(r->log, " iccp.");
	const char *from = at != NULL ? strstr(at, after) : NULL;
	const char *end = at != NULL ? strchr(at, '\n') : NULL;
	if (from == NULL || from > end)
		return "none";
	snprintf(line, sizeof(line), "%.*s", (int)(end - from), from);
	return line;
}

static bool same(const struct rig *r, const char *after, const char *expected)
{
	const char *line = told(r, after);
	if (strcmp(line, expected) == 0)
		return true;
	printf("# expected: %s\n# told: %s\n# %s", expected, line, r->log);
	return false;
}

/* A read of vars answered by values: what the answer says. */
static bool answered(const char *vars, const char *values, const char *expected)
{
	struct rig *r = known_flow();
	char pdu[4096];
	snprintf(pdu, sizeof(pdu), READ("01", "%s"), vars);
	rig_feed(r, C, pdu);
	rig_clear(r);
	snprintf(pdu, sizeof(pdu), "a1{020101 a4{a1{%s}}}", values);
	rig_feed(r, S, pdu);
	const bool ok = same(r, " role=server", expected);
	free(r);
	return ok;
}

/* A write: what is said from its scope on. */
static bool written(const char *vars, const char *values, const char *expected)
{
	struct rig *r = known_flow();
	char pdu[4096];
	snprintf(pdu, sizeof(pdu), WRITE("01", "%s", "%s"), vars, values);
	rig_feed(r, C, pdu);
	const bool ok = same(r, " scope=", expected);
	free(r);
	return ok;
}

/* A report: what is said from its scope on; does it have this anomaly, or none? */
static bool reported(const char *spec, const char *values, const char *expected, const char *anomaly)
{
	struct rig *r = known_flow();
	char pdu[4096];
	snprintf(pdu, sizeof(pdu), "a3{a0{%s a0{%s}}}", spec, values);
	rig_feed(r, S, pdu);
	bool ok = same(r, " scope=", expected);
	ok = ok && (anomaly != NULL ? r->anomalies == 1 && rig_has(r, anomaly) : r->anomalies == 0);
	if (!ok)
		printf("# %s", r->log);
	free(r);
	return ok;
}

static void versions(void)
{
#define VERSION VAR("80{'TASE2_Version'}")
	CU_ASSERT(answered(VERSION, "a2{850207d0 850108}", " role=server version=200008"));
	CU_ASSERT(answered(VERSION, "a2{850207cc 850108}", " role=server version=199608"));
	CU_ASSERT(answered(VAR("80{'TASE.2_Version'}"), "a2{860207d0 860101}", " role=server version=200001"));
	CU_ASSERT(answered(VAR(ICC("X")) VERSION, "850101 a2{850207cc 850108}", " role=server version=199608"));
	CU_ASSERT(answered(VERSION VERSION, "a2{850101 850102} a2{850103 850104}", " role=server version=102 version=304"));
	CU_ASSERT(answered(VERSION, "a2{8502270f 850163}", " role=server version=999999"));
	CU_ASSERT(answered(VERSION, "a2{85022710 850108}", " role=server"));
	CU_ASSERT(answered(VERSION, "a2{850207d0 850164}", " role=server"));
	CU_ASSERT(answered(VERSION, "a2{8501ff 850108}", " role=server"));
	CU_ASSERT(answered(VERSION, "a2{850207d0}", " role=server"));
	CU_ASSERT(answered(VERSION, "8a{'2000.8'}", " role=server"));
	CU_ASSERT(answered(VERSION, "80010a", " role=server"));
#undef VERSION
}

static void features(void)
{
#define FEATURES VAR("80{'Supported_Features'}")
	CU_ASSERT(answered(FEATURES, "840304c800", " role=server feature=1 feature=2 feature=5"));
	CU_ASSERT(answered(FEATURES, "840304fb00",
			   " role=server feature=1 feature=2 feature=3 feature=4 feature=5 feature=7 feature=8"));
	CU_ASSERT(answered(FEATURES, "8403040010", " role=server feature=12"));
	CU_ASSERT(answered(FEATURES, "8403000008", " role=server"));   /* a thirteenth is none */
	CU_ASSERT(answered(FEATURES, "84020640", " role=server feature=2"));
	CU_ASSERT(answered(FEATURES, "840207ff", " role=server feature=1"));   /* the unused ones say nothing */
	CU_ASSERT(answered(FEATURES, "85010c", " role=server"));
	CU_ASSERT(answered(VAR(ICC("Bilateral_Table_ID")) FEATURES, "8a{'B2'} 84020780",
			   " role=server bilateral_table=B2 feature=1"));
	CU_ASSERT(answered(VAR(ICC("Bilateral_Table_ID")) VAR("a1{1a{'D'} 1a{'Bilateral_Table_ID'}}"), "8a{'ONE'} 8a{'TWO'}",
			   " role=server bilateral_table=ONE bilateral_table=TWO"));
	CU_ASSERT(answered(VAR(ICC("Bilateral_Table_ID")), "85010c", " role=server"));
#undef FEATURES
}

/* What was asked is remembered, within limits, whatever else is in the request. */
static void asked(void)
{
#define TABLE VAR(ICC("Bilateral_Table_ID"))
	CU_ASSERT(answered(TABLE VAR(ICC("BRK1_SBO")), "8a{'B'} 850107", " role=server bilateral_table=B check_back_id=7"));
	CU_ASSERT(answered(TABLE TABLE TABLE TABLE TABLE TABLE TABLE,
			   "8a{'1'} 8a{'2'} 8a{'3'} 8a{'4'} 8a{'5'} 8a{'6'} 8a{'7'}",
			   " role=server bilateral_table=1 bilateral_table=2 bilateral_table=3 bilateral_table=4 "
			   "bilateral_table=5 bilateral_table=6"));
	CU_ASSERT(answered(TABLE, "", " role=server"));
	for (unsigned before = 126; before <= 127; before++) {
		static char vars[4096], values[4096];
		vars[0] = values[0] = '\0';
		for (unsigned i = 0; i < before; i++) {
			strcat(vars, "30{a0{80{'X'}}}");
			strcat(values, "850101");
		}
		struct rig *r = known_flow();
		static char pdu[8192];
		snprintf(pdu, sizeof(pdu), READ("01", "%s" TABLE), vars);
		rig_feed(r, C, pdu);
		rig_clear(r);
		snprintf(pdu, sizeof(pdu), "a1{020101 a4{a1{%s 8a{'LAST'}}}}", values);
		rig_feed(r, S, pdu);
		CU_ASSERT_EQUAL(rig_has(r, "bilateral_table=LAST"), before < 127);
		free(r);
	}
#undef TABLE
}

static void scopes(void)
{
	struct rig *r = known_flow();
	CU_ASSERT(rig_gives(r, C, READ("01", VAR("80{'A'}")), "name=A scope=vcc\n"));
	CU_ASSERT(rig_gives(r, C, READ("02", VAR(ICC("A"))), "name=A scope=icc\n"));
	CU_ASSERT(rig_gives(r, C, READ("03", VAR("82{'A'}")), "name=A scope=association\n"));
	CU_ASSERT(rig_gives(r, C, READ("04", VAR("82{'A'}") VAR(ICC("B"))), "name=B scope=icc scope=association\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020105 a1{a0{800100} a1{8000}}}", "role=client scope=vcc\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020106 a1{a0{800100} a1{81{'D'}}}}", "domain=D scope=icc\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020107 a1{a0{800102} a1{8200}}}", "role=client scope=association\n"));
	CU_ASSERT(rig_gives(r, S, "a1{020107 a1{a0{1a{'L'}} 810100}}", "name=L\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020108 bf28{80{'PROG1'}}}", "name=PROG1\n"));
	free(r);
}

#define NUMBERS(start, interval, tle, buffer, integrity, bits, block, critical, rbe, all, status, code)                     \
	"a2{a2{860100 8a00 8a{'DS9'}} 8501" start " 8501" interval " 8501" tle " 8501" buffer " 8501" integrity " 840203" bits \
	" 8301" block " 8301" critical " 8301" rbe " 8301" all " 8301" status " 8501" code "}"

/* Each member of a transfer set in two values, in its own field. */
static void transfer_sets(void)
{
#define HEAD " scope=icc transfer_set=DSTrans2 data_set=DS9"
	CU_ASSERT(written(VAR(ICC("DSTrans2")), NUMBERS("01", "02", "03", "04", "05", "80", "ff", "00", "00", "00", "ff", "06"),
			  HEAD " start_time=1 interval=2 tle=3 buffer_time=4 integrity=5 condition=intervalTimeout block_data=1 "
			       "critical=0 rbe=0 all_changes=0 event_code=6"));
	CU_ASSERT(written(VAR(ICC("DSTrans2")), NUMBERS("11", "12", "13", "14", "15", "18", "00", "ff", "00", "00", "00", "16"),
			  HEAD " start_time=17 interval=18 tle=19 buffer_time=20 integrity=21 condition=operatorRequest "
			       "condition=otherExternalEvent block_data=0 critical=1 rbe=0 all_changes=0 event_code=22"));
	CU_ASSERT(written(VAR(ICC("DSTrans2")), NUMBERS("00", "00", "00", "00", "00", "60", "00", "00", "ff", "00", "ff", "00"),
			  HEAD " start_time=0 interval=0 tle=0 buffer_time=0 integrity=0 condition=integrityTimeout "
			       "condition=objectChange block_data=0 critical=0 rbe=1 all_changes=0 event_code=0"));
	CU_ASSERT(written(VAR(ICC("DSTrans2")), NUMBERS("00", "00", "00", "00", "00", "00", "00", "00", "00", "ff", "ff", "00"),
			  HEAD " start_time=0 interval=0 tle=0 buffer_time=0 integrity=0 block_data=0 critical=0 rbe=0 "
			       "all_changes=1 event_code=0"));
	/* twelve members: all changes are not among them */
	CU_ASSERT(written(VAR(ICC("DSTrans2")),
			  "a2{a2{860100 8a00 8a{'DS9'}} 850101 850102 850103 850104 850105 84020380 8301ff 830100 8301ff 8301ff "
			  "850106}",
			  HEAD " start_time=1 interval=2 tle=3 buffer_time=4 integrity=5 condition=intervalTimeout block_data=1 "
			       "critical=0 rbe=1 event_code=6"));
	CU_ASSERT(answered(VAR(ICC("DSTrans1")), NUMBERS("01", "02", "03", "04", "05", "80", "ff", "00", "00", "00", "ff", "06"),
			   " role=server data_set=DS9 start_time=1 interval=2 tle=3 buffer_time=4 integrity=5 "
			   "condition=intervalTimeout block_data=1 critical=0 rbe=0 all_changes=0 event_code=6"));
#undef HEAD
}

/* Components written one by one, behind a $ or by alternateAccess. */
static void components(void)
{
	static const struct {
		const char *name, *value, *field;
	} v[] = {
		{ "DataSetName", "a2{850101 8a{'D'} 8a{'DS7'}}", " data_set=DS7" },
		{ "StartTime", "850103", " start_time=3" },
		{ "Interval", "860104", " interval=4" },
		{ "TLE", "850105", " tle=5" },
		{ "BufferTime", "850106", " buffer_time=6" },
		{ "IntegrityCheck", "850107", " integrity=7" },
		{ "DSConditionsRequested", "84020310", " condition=operatorRequest" },
		{ "BlockData", "8301ff", " block_data=1" },
		{ "Critical", "8301ff", " critical=1" },
		{ "RBE", "850101", " rbe=1" },
		{ "AllChangesReported", "8301ff", " all_changes=1" },
		{ "Status", "8301ff", "" },
		{ "EventCodeRequested", "850108", " event_code=8" },
		{ "interval", "850104", "" },
		{ "Interval", "8a{'4'}", "" },
		{ "Nonsense", "850104", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char var[256], want[256];
		snprintf(want, sizeof(want), " scope=icc transfer_set=DSTrans1%s", v[i].field);
		snprintf(var, sizeof(var), "30{a0{a1{1a{'ICC_A_B'} 1a{'DSTrans1$%s'}}}}", v[i].name);
		CU_ASSERT(written(var, v[i].value, want));
		snprintf(var, sizeof(var), "30{a0{" ICC("DSTrans1") "} a5{81{'%s'}}}", v[i].name);
		if (i != 0) /* a structure is that of several components */
			CU_ASSERT(written(var, v[i].value, want));
	}
	CU_ASSERT(written("30{a0{" ICC("DSTrans1") "} a5{81{'TLE'} 81{'x'} 81{'RBE'} 81{'Interval'}}}", "a2{850101 850102 8301ff}",
			  " scope=icc transfer_set=DSTrans1 tle=1 rbe=1"));
	CU_ASSERT(written(VAR(ICC("DSTrans1$TLE")) VAR(ICC("MW")) VAR(ICC("DSTrans1$Interval")), "850101 850102 850103",
			  " scope=icc transfer_set=DSTrans1 tle=1 transfer_set=DSTrans1 interval=3"));
}

static void devices(void)
{
	CU_ASSERT(answered(VAR(ICC("BRK1_SBO")), "85020555", " role=server check_back_id=1365"));
	CU_ASSERT(answered(VAR(ICC("BRK1_SBO")) VAR(ICC("BRK2_SBO")), "850102 8501ff",
			   " role=server check_back_id=2 check_back_id=-1"));
	CU_ASSERT(answered(VAR(ICC("BRK1_SBO")), "800103", " role=server"));
	CU_ASSERT(answered(VAR(ICC("BRK1_SBO")), "8a{'7'}", " role=server"));
	CU_ASSERT(written(VAR(ICC("BRK1")), "850101", " scope=icc command=1"));
	CU_ASSERT(written(VAR(ICC("BRK1")), "8501ff", " scope=icc command=-1"));
	CU_ASSERT(written(VAR(ICC("X")) VAR(ICC("BRK1")) VAR(ICC("BRK1$Value")), "850109 850100 850101",
			  " scope=icc command=0 command=1"));
	CU_ASSERT(written(VAR(ICC("X")), "850101", " scope=icc"));
	static const struct {
		const char *value, *whole;
	} v[] = {
		{ "87050842480000", "50" },                                   /* 50.0 */
		{ "870508c2490000", "-50" },                                  /* -50.25 */
		{ "8709 0b 40c3880000000000", "10000" },                      /* 10000.0, double */
		{ "870508bf000000", "0" },                                    /* -0.5 */
		{ "8705087f800000", "9223372036854775807" },                  /* infinite */
		{ "8705087fc00000", "9223372036854775807" },                  /* no number */
		{ "870508ff800000", "-9223372036854775808" },
		{ "8709 0b 43e0000000000000", "9223372036854775807" },        /* 2^63 */
		{ "8709 0b c3f0000000000000", "-9223372036854775808" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char want[64];
		snprintf(want, sizeof(want), " scope=icc setpoint=%s", v[i].whole);
		CU_ASSERT(written(VAR(ICC("BRK1")), v[i].value, want));
	}
}

static void tags(void)
{
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "a2{84020540 8a{'work'}}", " scope=icc tag=openClose armed=0 tag_reason=work"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "a2{840205a0 8a{'line 7'}}", " scope=icc tag=close armed=1 tag_reason=line 7"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "a2{84020600 8a00}", " scope=icc tag=none armed=0"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "840206c0", " scope=icc tag=invalid armed=0"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "850102", " scope=icc tag=close"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "850104", " scope=icc tag=other"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "8a{'x'}", " scope=icc"));
	CU_ASSERT(written(VAR(ICC("BRK1_TAG")), "a2{}", " scope=icc"));
	CU_ASSERT(answered(VAR(ICC("BRK1_TAG")), "a2{84020640 8a{'why'}}", " role=server tag=openClose armed=0 tag_reason=why"));
	CU_ASSERT(answered(VAR(ICC("A_TAG")) VAR(ICC("B_TAG")), "a2{84020680} a2{840206c0}",
			   " role=server tag=close armed=0 tag=invalid armed=0"));
}

#define HEADER VAR(ICC("Transfer_Set_Name")) VAR(ICC("Transfer_Set_Time_Stamp")) VAR(ICC("DSConditions_Detected"))

static void reports(void)
{
	/* without names: told by its shape */
	CU_ASSERT(reported("a1{" ICC("DS1") "}", DSTRANS1 " 85046553f100 84020340 850101 84020080",
			   " scope=icc data_set=DS1 transfer_set=DSTrans1 timestamp=1700000000 condition=integrityTimeout "
			   "report_kind=dataSet count=2", NULL));
	CU_ASSERT(reported("a1{80{'DS2'}}", "a2{850100 8a00 8a{'T2'}} 84020388 850101",
			   " scope=vcc data_set=DS2 transfer_set=T2 condition=intervalTimeout condition=otherExternalEvent "
			   "report_kind=dataSet count=1", NULL));
	CU_ASSERT(reported("a1{" ICC("DS1") "}", DSTRANS1 " 850101 84020080",
			   " scope=icc data_set=DS1 transfer_set=DSTrans1 report_kind=dataSet count=2", NULL));
	CU_ASSERT(reported("a1{" ICC("DS1") "}", DSTRANS1,
			   " scope=icc data_set=DS1 transfer_set=DSTrans1 report_kind=dataSet count=0", NULL));
	CU_ASSERT(reported("a1{" ICC("DS1") "}", "850101 84020380 850102 800103",
			   " scope=icc data_set=DS1 report_kind=dataSet count=4", NULL));
	/* with names */
	CU_ASSERT(reported("a0{" HEADER VAR(ICC("Event_Code_Detected")) VAR(ICC("A")) VAR(ICC("B")) "}",
			   DSTRANS1 " 850107 84020320 850109 850101 850102",
			   " scope=icc transfer_set=DSTrans1 timestamp=7 condition=objectChange event_code=9 "
			   "report_kind=variables count=2", NULL));
	CU_ASSERT(reported("a0{" HEADER VAR("80{'Event_Code_Detected'}") "}",
			   "a2{850100 8a00 8a{'T3'}} 850108 84020300 85010a",
			   " scope=vcc scope=icc transfer_set=T3 timestamp=8 event_code=10 report_kind=variables count=0", NULL));
	CU_ASSERT(reported("a0{" VAR(ICC("A")) VAR(ICC("DSConditions_Detected")) "}", "850101 84020390",
			   " scope=icc condition=intervalTimeout condition=operatorRequest report_kind=variables count=1", NULL));
	/* values that their names do not have; what was not sent is no value */
	CU_ASSERT(reported("a0{" VAR(ICC("Transfer_Set_Name")) "}", "8a{'T'}", " scope=icc report_kind=variables count=0",
			   "! iccp.value\n"));
	CU_ASSERT(reported("a0{" VAR(ICC("Transfer_Set_Name")) VAR(ICC("Transfer_Set_Time_Stamp")) "}", DSTRANS1 " 8a{'T'}",
			   " scope=icc transfer_set=DSTrans1 report_kind=variables count=0", "! iccp.value\n"));
	CU_ASSERT(reported("a0{" VAR(ICC("DSConditions_Detected")) "}", "850101", " scope=icc report_kind=variables count=0",
			   "! iccp.value\n"));
	CU_ASSERT(reported("a0{" VAR(ICC("Event_Code_Detected")) "}", "8301ff",
			   " scope=icc event_code=1 report_kind=variables count=0", "! iccp.value\n"));
	CU_ASSERT(reported("a0{" HEADER "}", DSTRANS1 " 800100 800103",
			   " scope=icc transfer_set=DSTrans1 report_kind=variables count=0", NULL));
}

static void acknowledgements(void)
{
	CU_ASSERT(reported("a0{" VAR(ICC("Transfer_Report_ACK")) VAR(ICC("Transfer_Set_Time_Stamp")) "}", DSTRANS1 " 850107",
			   " scope=icc transfer_set=DSTrans1 timestamp=7", NULL));
	CU_ASSERT(reported("a0{" VAR("80{'Transfer_Report_NACK'}") VAR(ICC("Transfer_Set_Time_Stamp")) "}",
			   "a2{850100 8a00 8a{'T2'}} 850108", " scope=vcc scope=icc transfer_set=T2 timestamp=8", NULL));
	CU_ASSERT(written(VAR(ICC("Transfer_Report_ACK")) VAR(ICC("Transfer_Set_Time_Stamp")), DSTRANS1 " 850109",
			  " scope=icc transfer_set=DSTrans1 timestamp=9"));
	CU_ASSERT(written(VAR(ICC("Transfer_Report_NACK")), "a2{850101 8a{'D'} 8a{'T4'}}", " scope=icc transfer_set=T4"));
	CU_ASSERT(written(VAR(ICC("Transfer_Report_ACK")), "8a{'T4'}", " scope=icc"));
}

static void messages(void)
{
#define IM(size) "a0{" VAR(ICC("Info_Mess_Header")) VAR(ICC("Info_Buff_" size)) "}"
	CU_ASSERT(reported(IM("8"), "a2{850101 850102 850103 850105} 89{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=5 buffer_size=5", NULL));
	CU_ASSERT(reported(IM("8"), "a2{850111 850112 850113 850104} 89{'hello...'}",
			   " scope=icc info_ref=17 local_ref=18 message_id=19 message_size=4 buffer_size=8", NULL));
	CU_ASSERT(reported(IM("8"), "a2{850101 850102 850103 850106} 89{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=6 buffer_size=5", "! iccp.message\n"));
	CU_ASSERT(reported(IM("8"), "a2{850101 850102 850103 8501ff} 89{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=-1 buffer_size=5", "! iccp.message\n"));
	CU_ASSERT(reported(IM("4"), "a2{850101 850102 850103 850105} 89{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=5 buffer_size=5", "! iccp.message\n"));
	CU_ASSERT(reported(IM("4294967300"), "a2{850101 850102 850103 850105} 89{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=5 buffer_size=5", NULL));
	CU_ASSERT(reported(IM("8"), "a2{850101 850102} 89{'hello'}", " scope=icc info_ref=1 local_ref=2 buffer_size=5", NULL));
	CU_ASSERT(reported(IM("8"), "a2{850101 850102 850103 850105} 8a{'hello'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=5", "! iccp.message\n"));
	CU_ASSERT(reported("a0{" VAR(ICC("Info_Mess_Header")) VAR(ICC("Info_Buff_4")) VAR(ICC("Info_Buff_4")) "}",
			   "a2{850101 850102 850103 850108} 89{'hell'} 89{'o...'}",
			   " scope=icc info_ref=1 local_ref=2 message_id=3 message_size=8 buffer_size=4 buffer_size=4", NULL));
#undef IM
}

static void data_sets(void)
{
	struct rig *r = known_flow();
	CU_ASSERT(rig_gives(r, C, "a0{020101 ab{82{'L1'} a0{" VAR(ICC("A")) "}}}", "scope=icc scope=association data_set=L1\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020102 ac{" ICC("L2") "}}", "scope=icc data_set=L2\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020103 a4{a1{a1{" ICC("L3") "}}}}", "scope=icc data_set=L3\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020104 a5{a1{" ICC("L4") "} a0{850101}}}", "scope=icc data_set=L4\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020105 ad{800100 a1{" ICC("L5") "80{'L6'}}}}",
			    "scope=vcc scope=icc data_set=L5 data_set=L6\n"));
	CU_ASSERT(rig_gives(r, C, READ("06", VAR(ICC("A")) VAR(ICC("DSTrans1"))),
			    "name=DSTrans1 scope=icc transfer_set=DSTrans1\n"));
	free(r);
}

static void programs_and_events(void)
{
	struct rig *r = known_flow();
	rig_feed(r, C, "a0{020101 9f2d{'P'}}");
	CU_ASSERT(rig_gives(r, S, "a1{020101 bf2d{800103 a1{1a{'D'}} 810100}}", "role=server program_state=running\n"));
	rig_feed(r, C, "a0{020101 9f2d{'P'}}");
	CU_ASSERT(rig_gives(r, S, "a1{020101 bf2d{800104}}", "role=server program_state=stopped\n"));
	rig_feed(r, C, "a0{020101 9f2d{'P'}}");
	CU_ASSERT(rig_gives(r, S, "a1{020101 bf2d{800109}}", "role=server program_state=other\n"));
#define NOTIFICATION(e, c, rest) "a3{a2{a0{" ICC(e) "} a1{a0{" ICC(c) "}} " rest "}}"
	CU_ASSERT(rig_gives(r, S, NOTIFICATION("E1", "C1", "820140 830100"),
			    "scope=icc enrollment=E1 event_condition=C1 severity=64 event_state=disabled\n"));
	CU_ASSERT(rig_gives(r, S, NOTIFICATION("E2", "C2", "820101 830101"),
			    "scope=icc enrollment=E2 event_condition=C2 severity=1 event_state=idle\n"));
	CU_ASSERT(rig_gives(r, S, NOTIFICATION("E3", "C3", "82017f 830105"),
			    "scope=icc enrollment=E3 event_condition=C3 severity=127 event_state=other\n"));
	CU_ASSERT(rig_gives(r, S, "a3{a2{a0{" ICC("E4") "} 820102}}", "name=E4 scope=icc severity=2\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020105 bf39{a0{" ICC("E5") "} a1{" ICC("C5") "}}}", "enrollment=E5 event_condition=C5\n"));
#undef NOTIFICATION
	/* services beside those of TASE.2 stay MMS */
	static const char *const beside[] = { "bf3b{a0{" ICC("E5") "}}", "bf3c{" ICC("E5") "}", "bf3e{a0{" ICC("E5") "}}" };
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		char pdu[256];
		rig_clear(r);
		snprintf(pdu, sizeof(pdu), "a0{020106 %s}", beside[i]);
		rig_feed(r, C, pdu);
		CU_ASSERT(rig_has(r, "c mms.") && !rig_has(r, "iccp."));
	}
	free(r);
}

static void time_series(void)
{
	CU_ASSERT(answered(VAR(ICC("Next_TSTransfer_Set")), "a2{850101 8a{'D'} 8a{'TS1'}}", " role=server transfer_set=TS1"));
	CU_ASSERT(answered(VAR("80{'Next_TSTransfer_Set'}"), "a2{850100 8a00 8a{'TS2'}}", " role=server transfer_set=TS2"));
	CU_ASSERT(answered(VAR(ICC("Next_TSTransfer_Set")), "8a{'TS1'}", " role=server"));
	struct rig *r = known_flow();
	CU_ASSERT(rig_gives(r, C, READ("01", VAR(ICC("Next_TSTransfer_Set"))), "c iccp.getNextTSTransferSetValue.request "));
	CU_ASSERT(rig_gives(r, C, READ("02", VAR(ICC("Next_DSTransfer_Set")) VAR(ICC("Next_TSTransfer_Set"))),
			    "c iccp.getNextDSTransferSetValue.request "));
	CU_ASSERT(rig_gives(r, C, READ("03", VAR("82{'Next_TSTransfer_Set'}")), "c iccp.getDataValue.request "));
	free(r);
}

UNIT_MAIN({ "versions", versions }, { "features and bilateral tables", features }, { "what is asked is remembered", asked },
	  { "scopes", scopes }, { "transfer sets", transfer_sets }, { "components of transfer sets", components },
	  { "devices", devices }, { "tags", tags }, { "reports", reports }, { "acknowledgements", acknowledgements },
	  { "information messages", messages }, { "data sets", data_sets }, { "programs and events", programs_and_events },
	  { "time series", time_series })
