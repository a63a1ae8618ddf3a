/* test_mms.c - MMS PDUs and services by name, the names and variables they carry, and what is odd about them. */
#include "tests/unit/mms_rig.h"

#define READ(id, vars) "a0{0201" id " a4{a1{a0{" vars "}}}}"
#define VAR(name)      "30{a0{" name "}}"
#define ICC(item)      "a1{1a{'ICC_A_B'} 1a{'" item "'}}"

/* Bits that are text, so that they can be read in the log. */
#define PLAIN_INITIATE "80027d00 810105 820106 830107 a4{800101 8103 05 'P@' 8203 04 'S0'}"
#define PLAIN_FIELDS   " local_detail=32000 max_calling=5 max_called=6 nesting=7 version=1 cbb=P@ services=S0"

/* --- PDUs ------------------------------------------------------------------------------------------- */

static void pdus(void)
{
	static const struct {
		enum dir d;
		const char *pdu, *told;
	} rows[] = {
		{ C, "a8{" PLAIN_INITIATE "}", "= mms\nc mms.initiate.request pdu=initiate-Request" PLAIN_FIELDS "\n" },
		{ S, "a9{" PLAIN_INITIATE "}", "s mms.initiate.response pdu=initiate-Response" PLAIN_FIELDS "\n" },
		{ C, "a0{020107 82{}}", "c mms.identify.request pdu=confirmed-Request service=identify invoke=7\n" },
		{ C, "850107", "c mms.cancel.request pdu=cancel-Request invoke=7\n" },
		{ S, "a7{800107 a1{a0{850101}}}", "s mms.cancelError pdu=cancel-Error invoke=7 error=1281\n" },
		{ S, "860107", "s mms.cancel.response pdu=cancel-Response invoke=7\n" },
		{ S, "a2{800107 a2{a0{870102} 820161}}",
		  "s mms.confirmedError pdu=confirmed-Error service=identify invoke=7 error=1794 description=a\n" },
		{ C, "a0{020108 82{}}", "c mms.identify.request pdu=confirmed-Request service=identify invoke=8\n" },
		{ S, "a4{800108 810104}", "s mms.reject pdu=reject service=identify invoke=8 error=260\n" },
		{ S, "a4{850101}", "s mms.reject pdu=reject error=1281\n" },
		{ C, "a0{020109 82{}}", "c mms.identify.request pdu=confirmed-Request service=identify invoke=9\n" },
		{ S, "a1{020109 a2{80{'V'} 81{'M'} 82{'1'}}}",
		  "s mms.identify.response pdu=confirmed-Response service=identify invoke=9 vendor=V model=M revision=1\n" },
		{ S, "a3{a1{800102 810103}}",
		  "s mms.unsolicitedStatus pdu=unconfirmed service=unsolicitedStatus vmd_logical_status=2 "
		  "vmd_physical_status=3\n" },
		{ S, "a3{a2{a0{" ICC("EE") "} a1{a0{80{'EC'}}} 820140 a4{810107}}}",
		  "s mms.eventNotification pdu=unconfirmed service=eventNotification domain=ICC_A_B object=EE "
		  "domain= object=EC severity=64 time_kind=1 sequence=7\n" },
		{ C, "8b00", "c mms.conclude.request pdu=conclude-Request\n" },
		{ S, "ad{a0{8a0101}}", "s mms.concludeError pdu=conclude-Error error=2561\n" },
		{ C, "8b00", "c mms.conclude.request pdu=conclude-Request\n" },
		{ S, "8c00", "s mms.conclude.response pdu=conclude-Response\n" },
		{ C, "a8{" PLAIN_INITIATE "}", "c mms.initiate.request pdu=initiate-Request" PLAIN_FIELDS "\n" },
		{ S, "aa{a0{880106}}", "s mms.initiateError pdu=initiate-Error error=2054\n" },
	};
	struct rig *r = rig_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CU_ASSERT(rig_tells(r, rows[i].d, rows[i].pdu, rows[i].told));
	CU_ASSERT_EQUAL(r->mms.phase, MMS_ENDED);
	free(r);
}

static void no_pdu(void)
{
	static const char *const none[] = { "ae00", "af00", "30{020101}", "60{}", "bf20{}",
					    "0000", "",     "a0",         "a005", "a0850000000001" };
	struct rig *r = rig_new();
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		CU_ASSERT(rig_gives(r, C, none[i], "! mms.pdu\n"));
		CU_ASSERT_EQUAL(r->events, 0);
	}
	CU_ASSERT_EQUAL(r->proto, PROTO_NONE);
	free(r);
}

/* Every confirmed service, requested and answered, by its number on the wire. */
static void services(void)
{
	struct rig *r = rig_new();
	for (unsigned n = 0; n <= 90; n++) {
		char req[64], rsp[64], told[128];
		const char *name = mms_service_name(n);
		if (n < 31) {
			snprintf(req, sizeof(req), "a0{020101 %02x00}", 0xa0 + n);
			snprintf(rsp, sizeof(rsp), "a1{020101 %02x00}", 0x80 + n);
		} else {
			snprintf(req, sizeof(req), "a0{020101 bf%02x00}", n);
			snprintf(rsp, sizeof(rsp), "a1{020101 9f%02x00}", n);
		}
		snprintf(told, sizeof(told), "c mms.%s.request pdu=confirmed-Request service=%s invoke=1", name, name);
		CU_ASSERT(rig_gives(r, C, req, name != NULL ? told : "! mms.service\n"));
		CU_ASSERT_EQUAL(r->events, name != NULL);
		snprintf(told, sizeof(told), "s mms.%s.response pdu=confirmed-Response service=%s invoke=1", name, name);
		CU_ASSERT(rig_gives(r, S, rsp, name != NULL ? told : "! mms.service\n"));
		CU_ASSERT_EQUAL(r->events, name != NULL);
		CU_ASSERT_EQUAL(r->mms.dir[C].n, 0);
	}
	free(r);
}

static void unknown_unconfirmed(void)
{
	struct rig *r = rig_new();
	CU_ASSERT(rig_tells(r, S, "a3{a300}", "! mms.service\n"));
	CU_ASSERT(rig_tells(r, S, "a3{}", "! mms.malformed\n"));
	CU_ASSERT(rig_tells(r, S, "a3{0500}", "! mms.malformed\n"));
	free(r);
}

/* --- encodings -------------------------------------------------------------------------------------- */

static void other_encodings(void)
{
	struct rig *r = rig_associated();
	CU_ASSERT(rig_gives(r, C, "a0{020101 bf04{a1{a0{" VAR("80{'X'}") "}}}}", "c mms.read.request"));
	CU_ASSERT(rig_has(r, "! ber.nonMinimal\n") && rig_has(r, "object=X\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	CU_ASSERT(rig_gives(r, C, "a080 020102 a480 a180 a080 30{a0{80{'X'}}} 0000 0000 0000 0000", "object=X\n"));
	CU_ASSERT(rig_has(r, "! ber.indefinite\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	CU_ASSERT(rig_gives(r, C, "a0820019 0201 03 a4820012 a183000000 0e a0840000000a 30{a0{80840000000158}}",
			    "! ber.nonMinimal\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020104 30{} 82{} bf4f{}}",
			    "c mms.identify.request pdu=confirmed-Request service=identify invoke=4"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, C, "a0{020105 82{} 82{}}", "! mms.extra\n"));
	CU_ASSERT(rig_gives(r, C, "8b00 8b00", "! mms.extra\n"));
	CU_ASSERT(rig_gives(r, C, "8b0100", "! mms.extra\n"));
	CU_ASSERT(rig_gives(r, C, "ab00", "! mms.malformed\n"));
	CU_ASSERT(rig_gives(r, C, "a0{02050100000000 82{}}", "! mms.valueSize\n"));
	CU_ASSERT(rig_gives(r, C, "a0{0200 82{}}", "! mms.valueSize\n"));
	CU_ASSERT(rig_gives(r, C, "a0{0201ff 82{}}", "! mms.valueSize\n"));
	free(r);
}

/* A name one level too deep, as one stack answers: read by some, so read here. */
static void wrapped_names(void)
{
	struct rig *r = rig_new();
	CU_ASSERT(rig_gives(r, C, READ("01", VAR("a2{1a{'X'}}") VAR("a0{1a{'Y'}}")), "object=X domain= object=Y\n"));
	CU_ASSERT(rig_has(r, "! ber.form\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	CU_ASSERT(rig_gives(r, C, READ("02", VAR("a2{}")), "! mms.malformed\n"));
	CU_ASSERT(rig_gives(r, C, READ("03", "30{a0{80{'X'}} a5{a1{1a{'A'}} a0{a0{1a{'B'}} 30{81{'C'}}}}}"),
			    "object=X domain= object=X$A domain= object=X$B$C\n"));
	CU_ASSERT(rig_has(r, "! ber.form\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	free(r);
}

static const char *const bad[] = {
	"a0{}",
	"a0{0401}",
	"a0{020101}",
	"a0{020101 0400}",
	"a1{020101}",
	"a2{800101}",
	"a2{a2{a0{870102}}}",
	"a4{800101}",
	"a4{}",
	"a0{020101 84{a1{a0{}}}}",
	"a0{020101 a4{}}",
	"a0{020101 a4{a1{}}}",
	"a0{020101 a4{a1{a2{}}}}",
	READ("01", "31{a0{80{'X'}}}"),
	READ("01", "30{}"),
	READ("01", "30{a0{}}"),
	READ("01", "30{a0{a1{1a{'D'}}}}"),
	READ("01", "30{a0{83{'X'}}}"),
	READ("01", "30{a0{80{'X'}} a0{80{'Y'}}}"),
	READ("01", "30{0101ff}"),
	READ("01", "30{810105}"),
	READ("01", "30{8300}"),
	READ("01", "30{a4{}}"),
	"a0{22{020105} 82{}}",
	"a2{a0{020101} a2{a0{870102}}}",
	"a4{a0{020101} 810101}",
	"a4{800101 a1{020101}}",
	"a0{020101 a5{}}",
	"a0{020101 a5{a0{" VAR("80{'X'}") "}}}",
	"a0{020101 a5{a0{" VAR("80{'X'}") "} a1{}}}",
	"a1{020101 a4{}}",
	"a1{020101 a5{a100}}",
	"a1{020101 a5{8200}}",
	"a3{a0{}}",
	"a3{a0{a1{80{'L'}}}}",
	"a0{020101 a1{}}",
	"a0{020101 a1{a0{800100}}}",
	"a0{020101 a1{a0{800100} a1{83{'D'}}}}",
	"a1{020101 a1{}}",
	"a0{020101 a6{}}",
	"a0{020101 ab{80{'L'}}}",
	"a0{020101 ac{}}",
	"a1{020101 ac{800101}}",
	"a0{020101 ad{}}",
	"a0{020101 ad{800100 a1{83{'L'}}}}",
	"a0{020101 bf28{}}",
	"a0{020101 bf27{1a{'P'}}}",
	"a0{020101 bf4e{}}",
	"a8{}",
	"a8{80027d00 810105 820105}",
	"a8{810100 820105 a4{800101 810305f100 8201ff}}",
	"aa{}",
	"ad{}",
	"a7{}",
	"a8{810105 820105 a4{800101}}",
};

static void malformed(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, bad[i], "! mms.malformed\n"));
		CU_ASSERT_EQUAL(r->proto, PROTO_NONE);
		free(r);
	}
}

static void misplaced(void)
{
	static const char *const extra[] = {
		"a2{800101 830101 a2{a0{870102}}}",
		"a4{800101 810101 810101}",
		"a4{9f0c00}",
		"a0{020101 a4{820101 a1{a0{}}}}",
		"a1{020101 a4{a1{} a1{}}}",
		"a0{020101 a5{a1{80{'L'}} a0{} a0{}}}",
		"a3{a0{a1{80{'L'}} a0{} a0{}}}",
		"a0{020101 a1{a0{800100} a1{8000} 8300}}",
		"a1{020101 a1{a0{} 8300}}",
		"a0{020101 ad{800100 a1{80{'L'}} 8300}}",
		"a8{" RIG_INITIATE " 8500}",
		"a7{800101 a1{a0{850101}} 8200}",
		"a3{a1{} a1{}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(extra); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, extra[i], "! mms.extra\n"));
		free(r);
	}
}

/* --- names ------------------------------------------------------------------------------------------ */

static void names_of_services(void)
{
	static const struct {
		const char *service, *fields;
	} rows[] = {
		{ "a4{800101 a1{a0{" VAR(ICC("A")) VAR("80{'B'}") VAR("82{'C'}") "}}}",
		  "count=3 domain=ICC_A_B object=A domain= object=B domain= object=C" },
		{ "a4{a1{a0{30{a1{800105}} 30{8400}}}}", "count=2 address_number=5" },
		{ "a4{a1{a1{" ICC("DS1") "}}}", "domain=ICC_A_B object=DS1" },
		{ "a5{a0{" VAR(ICC("A")) "} a0{850105}}", "count=1 domain=ICC_A_B object=A value=5" },
		{ "a5{a1{80{'L'}} a0{850105 830101}}", "count=2 domain= object=L value=5 value=1" },
		{ "a1{a0{800100} a1{8000}}", "object_class=0 scope=0" },
		{ "a1{a0{800102} a1{81{'ICC_A_B'}} 82{'X'}}", "object_class=2 scope=1 domain=ICC_A_B continue_after=X" },
		{ "a3{a0{800100} a1{" ICC("OLD") "} 82{'NEW'}}", "object_class=0 domain=ICC_A_B object=OLD domain= object=NEW" },
		{ "a6{a0{80{'V'}}}", "domain= object=V" },
		{ "a6{a1{81{'sym'}}}", "address=sym" },
		{ "ab{82{'L'} a0{" VAR("80{'X'}") "}}", "count=1 domain= object=L domain= object=X" },
		{ "ac{" ICC("L") "}", "domain=ICC_A_B object=L" },
		{ "ad{800100 a1{80{'L1'} " ICC("L2") "} 82{'D'}}", "scope=0 domain= object=L1 domain=ICC_A_B object=L2 domain=D" },
		{ "ba{80{'D'} a1{1a{'cap'}} 820100}", "domain=D capability=cap sharable=0" },
		{ "9b{'D'}", "domain=D" },
		{ "bc{80{'D'}}", "domain=D" },
		{ "9d{'D'}", "domain=D" },
		{ "bf20{80{'D'} 8201ff a4{19{'F'}}}", "domain=D sharable=1 domain= object=F" },
		{ "bf21{80{'D'} a1{19{'F'}}}", "domain=D domain= object=F" },
		{ "9f24{'D'}", "domain=D" },
		{ "9f25{'D'}", "domain=D" },
		{ "bf26{80{'P'} a1{1a{'D'}}}", "domain= object=P domain=D" },
		{ "9f27{'P'}", "domain= object=P" },
		{ "bf28{80{'P'} 81{'go'}}", "domain= object=P argument=go" },
		{ "bf29{80{'P'}}", "domain= object=P" },
		{ "bf2a{80{'P'}}", "domain= object=P" },
		{ "bf2b{80{'P'}}", "domain= object=P" },
		{ "bf2c{80{'P'}}", "domain= object=P" },
		{ "9f2d{'P'}", "domain= object=P" },
		{ "bf39{a0{80{'EE'}} a1{" ICC("EC") "} 8202 01 'T' 830102}",
		  "domain= object=EE domain=ICC_A_B object=EC transitions=T ack_rule=2" },
		{ "bf3a{a0{80{'E1'} " ICC("E2") "}}", "domain= object=E1 domain=ICC_A_B object=E2" },
		{ "bf3d{a1{80{'E1'}}}", "domain= object=E1" },
		{ "bf48{a0{19{'DIR/F'}} 810109}", "domain= object=DIR/F position=9" },
		{ "bf4b{a0{19{'F'}} a1{19{'G'}}}", "domain= object=F domain= object=G" },
		{ "bf4c{19{'F'}}", "domain= object=F" },
		{ "bf4d{a0{19{'F'}} a1{19{'G'}}}", "domain= object=F continue_after=G" },
		{ "bf4d{}", "" },
		{ "bf4e{8101ff}", "inner=vMDReset extended=1" },
		{ "bf4e{b1{80{'L'}}}", "inner=deleteEventConditionList domain= object=L" },
	};
	struct rig *r = rig_associated();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char pdu[512], told[512];
		snprintf(pdu, sizeof(pdu), "a0{020101 %s}", rows[i].service);
		snprintf(told, sizeof(told), "invoke=1%s%s\n", rows[i].fields[0] != '\0' ? " " : "", rows[i].fields);
		CU_ASSERT(rig_gives(r, C, pdu, told));
		CU_ASSERT_EQUAL(r->anomalies, 0);
		rig_feed(r, S, "a2{800101 a2{a0{870100}}}");
	}
	free(r);
}

static void names_of_responses(void)
{
	struct rig *r = rig_new();
	CU_ASSERT(rig_gives(r, S, "a1{020101 a1{a0{1a{'A'} 1a{'B'}} 810100}}",
			    "count=2 domain= object=A domain= object=B more_follows=0\n"));
	CU_ASSERT(rig_gives(r, S, "a1{020101 a4{a0{a0{" VAR("80{'X'}") "}} a1{850107 80010a}}}",
			    "count=1 domain= object=X value=7 error=10\n"));
	CU_ASSERT(rig_gives(r, S, "a1{020101 a5{8100 800103 80010a}}", "count=3 error=3 error=10\n"));
	CU_ASSERT(rig_gives(r, S, "a1{020101 ac{800100 a1{" VAR(ICC("A")) VAR("80{'B'}") "}}}",
			    "count=2 deletable=0 domain=ICC_A_B object=A domain= object=B\n"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void alternate_access(void)
{
	static const struct {
		const char *access, *objects;
	} rows[] = {
		{ "81{'Status'}", "domain=ICC_A_B object=TS domain=ICC_A_B object=TS$Status" },
		{ "81{'A'} 81{'B'}", "domain=ICC_A_B object=TS domain=ICC_A_B object=TS$A domain=ICC_A_B object=TS$B" },
		{ "a5{80{'label'} 81{'A'}}", "domain=ICC_A_B object=TS domain=ICC_A_B object=TS$A" },
		{ "a0{80{'A'} 30{81{'B'} 81{'C'}}}", "object=TS domain=ICC_A_B object=TS$A$B domain=ICC_A_B object=TS$A$C" },
		{ "a0{80{'A'} 30{820103}}", "object=TS domain=ICC_A_B object=TS$A" },
		{ "a0{810102 30{81{'C'}}}", "object=TS domain=ICC_A_B object=TS$C" },
		{ "820101", "object=TS" },
		{ "a3{800101 810102}", "object=TS" },
		{ "8400", "object=TS" },
	};
	struct rig *r = rig_associated();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char pdu[512], told[512];
		snprintf(pdu, sizeof(pdu), READ("01", "30{a0{" ICC("TS") "} a5{%s}}"), rows[i].access);
		snprintf(told, sizeof(told), "%s\n", rows[i].objects);
		CU_ASSERT(rig_gives(r, C, pdu, told));
		CU_ASSERT_EQUAL(r->anomalies, 0);
		rig_feed(r, S, "a2{800101 a2{a0{870100}}}");
	}
	free(r);
}

#define INTO "a0{80{'A'} 30{"
#define DEEP INTO INTO INTO INTO INTO INTO INTO INTO "81{'A'}}}}}}}}}}}}}}}}}"

static void odd_alternate_access(void)
{
	static const char *const odd[] = { "0401", "a6{}", "a0{}", "a0{80{'A'}}", "a0{80{'A'} 3000 81}", "a5{80", DEEP };
	struct rig *r = rig_new();
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		char pdu[512];
		snprintf(pdu, sizeof(pdu), READ("01", "30{a0{" ICC("TS") "} a5{%s}}"), odd[i]);
		rig_clear(r);
		rig_feed(r, C, pdu);
		CU_ASSERT(r->anomalies > 0 && rig_has(r, "object=TS"));
	}
	free(r);
}

static void long_paths(void)
{
	char pdu[1024] = "a0{020101 a4{a1{a0{30{a0{80{'", item[130], component[101];
	memset(item, 'i', 129);
	item[129] = '\0';
	memset(component, 'c', 100);
	component[100] = '\0';
	strcat(strcat(strcat(strcat(strcat(pdu, item), "'}} a5{81{'"), component), "'} 81{'"), component);
	strcat(pdu, "'}}}}}}}");
	struct rig *r = rig_new();
	CU_ASSERT(rig_gives(r, C, pdu, "! mms.identifier\n"));
	const char *path = strstr(r->log, "$ccc");
	CU_ASSERT(path != NULL && strspn(path + 1, "c") == MMS_PATH_MAX - 130);
	free(r);
}

static void identifiers(void)
{
	struct rig *r = rig_new();
	CU_ASSERT(rig_gives(r, C, READ("01", VAR("8000")), "! mms.identifier\n"));
	CU_ASSERT(rig_gives(r, C, READ("02", VAR("80{'A B'}")), "! mms.identifier\n"));
	CU_ASSERT(rig_gives(r, C, READ("03", VAR("80024100")), "! mms.identifier\n"));
	CU_ASSERT(rig_gives(r, C, READ("04", VAR("a1{1a00 1a0141}")), "! mms.identifier\n"));
	CU_ASSERT(rig_gives(r, C, READ("05", VAR("8002ff41")), "! mms.identifier\n"));
	free(r);
}

/* Three hundred variables: told in parts, a domain never parted from its object. */
static void long_list(void)
{
	static char pdu[32768] = "a0{020101 a4{a1{a0{";
	for (unsigned i = 0; i < 300; i++) {
		char var[64];
		snprintf(var, sizeof(var), "30{a0{" ICC("P%03u") "}}", i);
		strcat(pdu, var);
	}
	strcat(pdu, "}}}}");
	struct rig *r = rig_associated();
	CU_ASSERT(rig_gives(r, C, pdu, "count=300 domain=ICC_A_B object=P000 "));
	CU_ASSERT_EQUAL(r->events, 1);
	CU_ASSERT_EQUAL(r->parts, 5);
	CU_ASSERT_EQUAL(r->anomalies, 0);
	unsigned n = 0;
	for (char *line = strtok(r->log, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		for (char *o = strstr(line, " object="); o != NULL; o = strstr(o + 1, " object=")) {
			char want[40];
			snprintf(want, sizeof(want), " domain=ICC_A_B object=P%03u", n++);
			CU_ASSERT(o - 15 > line && strncmp(o - 15, want, strlen(want)) == 0);
		}
	}
	CU_ASSERT_EQUAL(n, 300);
	free(r);
}

/* More selected components than fields of one part: each keeps its own text until it is told. */
static void many_components(void)
{
	static char pdu[32768] = "a0{020101 a4{a1{a0{30{a0{80{'X'}} a5{";
	for (unsigned i = 0; i < 200; i++) {
		char var[64];
		snprintf(var, sizeof(var), "81{'c%03u'}", i);
		strcat(pdu, var);
	}
	strcat(pdu, "}}}}}}");
	struct rig *r = rig_new();
	rig_feed(r, C, pdu);
	for (unsigned i = 0; i < 200; i++) {
		char want[40];
		snprintf(want, sizeof(want), " object=X$c%03u", i);
		CU_ASSERT(rig_has(r, want));
	}
	free(r);
}

UNIT_MAIN({ "every PDU type", pdus }, { "what is no PDU", no_pdu }, { "every confirmed service", services },
	  { "unknown unconfirmed service", unknown_unconfirmed }, { "other encodings of the same", other_encodings },
	  { "wrapped names", wrapped_names }, { "malformed PDUs", malformed }, { "misplaced elements", misplaced },
	  { "names of requests", names_of_services }, { "names of responses", names_of_responses },
	  { "alternate access", alternate_access }, { "odd alternate access", odd_alternate_access },
	  { "paths that are too long", long_paths }, { "identifiers", identifiers }, { "a long list in parts", long_list },
	  { "many components", many_components })
