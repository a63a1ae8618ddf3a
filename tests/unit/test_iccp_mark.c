/* test_iccp_mark.c - what makes a flow ICCP or IEC 61850, what does not, and operations that need a flow's past. */
#include "tests/unit/iccp_vectors.h"

/* Is the flow ICCP after this one PDU of a fresh association? */
static enum iccp_label label_after(enum dir d, const char *pdu)
{
	struct rig *r = rig_associated();
	rig_feed(r, d, pdu);
	const enum iccp_label label = (enum iccp_label)r->iccp.label;
	free(r);
	return label;
}

static enum iccp_label label_of_read(const char *name)
{
	char pdu[256];
	snprintf(pdu, sizeof(pdu), READ("01", VAR("%s")), name);
	return label_after(C, pdu);
}

static void marks(void)
{
	static const char *const marking[] = {
		"80{'TASE2_Version'}",
		"80{'TASE.2_Version'}",
		"80{'Supported_Features'}",
		ICC("Bilateral_Table_ID"),
		ICC("Next_DSTransfer_Set"),
		"80{'Next_DSTransfer_Set'}",
		ICC("Transfer_Set_Name"),
		ICC("Transfer_Set_Time_Stamp"),
		ICC("DSConditions_Detected"),
		ICC("Event_Code_Detected"),
		ICC("Transfer_Report_ACK"),
		ICC("Transfer_Report_NACK"),
		ICC("Info_Mess_Header"),
		ICC("Info_Buff_64"),
		"82{'IM_Transfer_Set'}",
		"80{'IM_Transfer_Set'}",
		ICC("IM_Transfer_Set"),
		"82{'IM_Transfer_Set_Status'}",
		ICC("DSConditions"),
		"80{'Info_Mess_Header'}",
		ICC("BRK1_SBO"),
		ICC("BRK1_TAG"),
		ICC("Next_TSTransfer_Set"),
		"80{'TSConditions'}",
		ICC("TSConditions_Detected"),
		"80{'Info_Buff_1'}",
	};
	for (size_t i = 0; i < ARRAY_LEN(marking); i++)
		CU_ASSERT_EQUAL(label_of_read(marking[i]), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 a6{a0{80{'Supported_Features'}}}}"), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 ab{80{'L'} a0{" VAR(ICC("Transfer_Set_Name")) "}}}"), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(S, "a1{020101 ac{800100 a1{" VAR(ICC("Transfer_Set_Name")) "}}}"), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{" DSTRANS1 " 850101}}}"), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{860100 8a00 8a{'T'}}}}}"), ICCP_YES);
	CU_ASSERT_EQUAL(label_after(C, WRITE("01", VAR(ICC("ANY")), SET("ff"))), ICCP_YES);
}

static void no_marks(void)
{
	static const char *const plain[] = {
		ICC("TASE2_Version"),
		"82{'Supported_Features'}",
		"80{'Bilateral_Table_ID'}",
		"82{'Next_DSTransfer_Set'}",
		ICC("tase2_version"),
		"80{'TASE2_VERSION'}",
		"80{'TASE2_Versions'}",
		"80{'XTASE2_Version'}",
		ICC("Info_Buff_"),
		ICC("Info_Buff_x"),
		ICC("_SBO"),
		ICC("_TAG"),
		"80{'BRK1_SBO'}",
		"82{'BRK1_TAG'}",
		ICC("BRK1_sbo"),
		ICC("BRK1$SBO"),
		ICC("BRK1_SBO$x"),
		ICC("BRK1_TAG$Flags"),
		ICC("DSTransferSet01$Status"),
		ICC("dev1$Command"),
		ICC("DS1"),
		"80{'Version'}",
		ICC("SBO"),
		ICC(""),
		ICC("Transfer_Set"),
	};
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		CU_ASSERT_EQUAL(label_of_read(plain[i]), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 a1{a0{800100} a1{81{'ICC_A_B'}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 a6{a0{" ICC("BRK1_SBO") "}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a1{020101 a1{a0{1a{'TASE2_Version'} 1a{'BRK_TAG'}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850102 8a{'D'} 8a{'T'}}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850101 8a00 8a{'T'}}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850101 8a{'D'} 8a00}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850101 8a{'D'} 8a{'T'} 8a{'U'}}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850101 8a{'D'} 89{'T'}}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{" ICC("ANY") "} a0{a2{850101 8a{'D'}}}}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 82{}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 bf48{a0{19{'TASE2_Version'}} 810100}}"), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, "a0{020101 bf28{80{'TASE2_Version'}}}"), ICCP_UNDECIDED);
}

static void not_a_transfer_set(void)
{
#define HEAD "a2{850101 8a{'D'} 8a{'S'}} 850100 850100 850100 850100 850100 "
	static const char *const structures[] = {
		"a2{" HEAD "84020360 830100 830100 830100 850100}",                      /* 11 members */
		"a2{" HEAD "84020360 830100 830100 830100 830100 830100 830100 850100}", /* 14 */
		"a2{" HEAD "850100 830100 830100 830100 830100 830100 850100}",          /* conditions no bit string */
		"a2{" HEAD "84020360 830100 830100 830100 830100 850100 850100}",        /* Status no boolean */
		"a2{" HEAD "84020360 830100 830100 830100 830100 830100 830100}",        /* event code no integer */
		"a1{" HEAD "84020360 830100 830100 830100 830100 830100 850100}",        /* an array */
		"a2{8a{'S'} 850100 850100 850100 850100 850100 84020360 830100 830100 830100 830100 830100 850100}",
	};
	for (size_t i = 0; i < ARRAY_LEN(structures); i++) {
		char pdu[512];
		snprintf(pdu, sizeof(pdu), WRITE("01", VAR(ICC("X")), "%s"), structures[i]);
		CU_ASSERT_EQUAL(label_after(C, pdu), ICCP_UNDECIDED);
	}
#undef HEAD
}

/* Names, name lists, data sets and reports of IEC 61850 devices. */
static void iec61850(void)
{
	static const char *const names[] = {
		"a1{1a{'IED1LD0'} 1a{'LLN0$ST$Beh$stVal'}}",   "a1{1a{'IED1LD0'} 1a{'LLN0$RP$urcb01'}}",
		"a1{1a{'IED1LD0'} 1a{'GGIO1$CO$SPCSO2$SBO'}}", "a1{1a{'IED1LD0'} 1a{'XCBR1$CO$Pos$Oper'}}",
		"a1{1a{'IED1LD0'} 1a{'LLN0$BR$brcb01'}}",      "82{'LLN0$DC'}",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct rig *r = rig_associated();
		char pdu[256];
		snprintf(pdu, sizeof(pdu), READ("01", VAR("%s")), names[i]);
		CU_ASSERT(rig_gives(r, C, pdu, "= iec61850\n"));
		CU_ASSERT(!rig_has(r, "iccp"));
		free(r);
	}
	CU_ASSERT_EQUAL(label_after(S, "a1{020101 a1{a0{1a{'LLN0'} 1a{'LLN0$ST'}} 8101ff}}"), ICCP_IEC61850);
	CU_ASSERT_EQUAL(label_after(S, "a3{a0{a1{80{'RPT'}} a0{8a{'LD/LLN0$rcb'} 84065000}}}"), ICCP_IEC61850);
	CU_ASSERT_EQUAL(label_after(C, READ("01", VAR("a1{1a{'D'} 1a{'a$b$ST'}}"))), ICCP_UNDECIDED);
	CU_ASSERT_EQUAL(label_after(C, READ("01", VAR("a1{1a{'D'} 1a{'ST$a'}}"))), ICCP_UNDECIDED);
	struct rig *r = rig_associated();
	rig_feed(r, C, READ("01", VAR("a1{1a{'LD0'} 1a{'LLN0$ST$Mod'}}")));
	CU_ASSERT(rig_gives(r, C, READ("02", VAR("a1{1a{'LD0'} 1a{'PUMP_TAG'}}")), "c mms.read.request"));
	CU_ASSERT(rig_gives(r, S, "a3{a0{a1{80{'RPT'}} a0{" DSTRANS1 "}}}", "s mms.informationReport"));
	CU_ASSERT(rig_gives(r, C, READ("03", VAR(ICC("TASE2_Version"))), "c mms.read.request"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT_EQUAL(r->iccp.label, ICCP_IEC61850);
	CU_ASSERT(rig_gives(r, C, READ("04", VAR("80{'TASE2_Version'}")),
			    "c iccp.getDataValue.request")); /* no hiding behind a label */
	CU_ASSERT(rig_gives(r, C, READ("05", VAR("a1{1a{'LD0'} 1a{'LLN0$ST$Mod'}}")), "c iccp.getDataValue.request"));
	CU_ASSERT(!rig_has(r, "= iec61850"));
	free(r);
}

static void scopes_and_case(void)
{
	struct rig *r = rig_associated();
	CU_ASSERT(rig_gives(r, C, READ("01", VAR(ICC("TASE2_Version")) VAR(ICC("Supported_Features"))), "! iccp.scope\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	CU_ASSERT(rig_gives(r, C, READ("02", VAR("80{'Bilateral_Table_ID'}")), "! iccp.scope\n"));
	CU_ASSERT(rig_gives(r, C, READ("03", VAR("80{'TASE2_version'}")), "! iccp.case\n"));
	CU_ASSERT(rig_gives(r, C, READ("04", VAR(ICC("bilateral_table_id"))), "! iccp.case\n"));
	CU_ASSERT_EQUAL(r->iccp.label, ICCP_UNDECIDED);
	rig_feed(r, C, READ("05", VAR("80{'TASE2_Version'}")));
	CU_ASSERT(rig_gives(r, C, READ("06", VAR("82{'Next_DSTransfer_Set'}")), "! iccp.scope\n"));
	CU_ASSERT_EQUAL(r->anomalies, 2); /* and a sixth request on an association for five */
	free(r);
}

/* A flow of ICCP whose association was not seen. */
static struct rig *iccp_flow(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, READ("7f", VAR("80{'TASE2_Version'}")));
	rig_feed(r, S, "a1{02017f a4{a1{a2{850207d0 850108}}}}");
	rig_clear(r);
	return r;
}

static bool written(struct rig *r, const char *var, const char *value, const char *event)
{
	char pdu[1024], line[128];
	snprintf(pdu, sizeof(pdu), WRITE("01", "%s", "%s"), var, value);
	snprintf(line, sizeof(line), "c iccp.%s.request ", event);
	const bool ok = rig_gives(r, C, pdu, line) && rig_gives(r, S, "a1{020101 a5{8100}}", ".response ");
	return ok;
}

static void transfer_sets(void)
{
	struct rig *r = iccp_flow();
	/* twelve members, as an early edition's stack writes them: Status is the last boolean */
#define OLD(status)                                                                                                                \
	"a2{a2{860101 8a{'KIRK'} 8a{'IN'}} 850100 85011e 850100 850100 850100 84020380 830100 830100 830101 8301" status " 850100}"
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS0'}}"), OLD("01"), "startTransferDSTransferSet"));
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS0'}}"), OLD("00"), "stopTransferDSTransferSet"));
	/* learnt by that: its components */
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS0$Status'}}"), "8301ff", "startTransferDSTransferSet"));
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS0$Status'}}"), "850100", "stopTransferDSTransferSet"));
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS0$Interval'}}"), "850105", "setDataValue"));
	CU_ASSERT(written(r, "30{a0{a1{1a{'KIRK'} 1a{'TS0'}}} a5{81{'Status'}}}", "830100", "stopTransferDSTransferSet"));
	CU_ASSERT(written(r, "30{a0{a1{1a{'KIRK'} 1a{'TS0'}}} a5{81{'Interval'} 81{'Status'}}}", "a2{850102 8301ff}",
			  "startTransferDSTransferSet"));
	CU_ASSERT(written(r, "30{a0{a1{1a{'KIRK'} 1a{'TS0'}}} a5{81{'Interval'}}}", "850102", "setDataValue"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, C, WRITE("02", VAR("a1{1a{'KIRK'} 1a{'TS0'}}"), "a2{850101}"), "! iccp.transferSet\n"));
	/* not learnt: another name, another domain */
	CU_ASSERT(written(r, VAR("a1{1a{'KIRK'} 1a{'TS1$Status'}}"), "8301ff", "setDataValue"));
	CU_ASSERT(written(r, VAR("a1{1a{'BELL'} 1a{'TS0$Status'}}"), "8301ff", "setDataValue"));
	free(r);
}

/* An implementation whose Next_DSTransfer_Set gives a name without its domain. */
static void simplified_next(void)
{
	struct rig *r = iccp_flow();
	rig_feed(r, C, READ("01", VAR("80{'A'}") VAR("a1{1a{'Dom'} 1a{'Next_DSTransfer_Set'}}")));
	CU_ASSERT(rig_gives(r, S, "a1{020101 a4{a1{850101 a2{850108 850108 8a{'Set01'}}}}}",
			    "domain= name=Set01 transfer_set=Set01\n"));
	CU_ASSERT(written(r, VAR("a1{1a{'Dom'} 1a{'Set01$Status'}}"), "850101", "startTransferDSTransferSet"));
	CU_ASSERT(written(r, VAR("80{'Set01$Status'}"), "850101", "setDataValue"));
	CU_ASSERT(rig_gives(r, S, "a3{a0{a1{80{'Set01'}} a0{8a{'Set01'} 850102}}}", "s iccp.transferReport "));
	free(r);
}

static void devices(void)
{
	struct rig *r = iccp_flow();
	CU_ASSERT(written(r, VAR(ICC("BRK1")), "850101", "setDataValue"));
	rig_feed(r, C, READ("02", VAR(ICC("BRK1_TAG"))));
	CU_ASSERT(written(r, VAR(ICC("BRK1")), "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("BRK1")), "87050841480000", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("BRK1$Value")), "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("BRK1")), "a2{850101}", "setDataValue"));
	CU_ASSERT(written(r, VAR("a1{1a{'OTHER'} 1a{'BRK1'}}"), "850101", "setDataValue"));
	CU_ASSERT(written(r, VAR("80{'BRK1'}"), "850101", "setDataValue"));
	/* a component of a tag, by name or by alternateAccess, is the tag */
	CU_ASSERT(written(r, VAR(ICC("BRK1_TAG$Flags")), "84020640", "setTag"));
	CU_ASSERT(written(r, "30{a0{" ICC("BRK1_TAG") "} a5{81{'Flags'}}}", "84020640", "setTag"));
	CU_ASSERT(written(r, "30{a0{" ICC("BRK1") "} a5{81{'Value'}}}", "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("CB9_SBO$x")), "850101", "deviceSelect"));
	CU_ASSERT(written(r, VAR(ICC("CB9")), "850101", "deviceOperate"));
	/* every variable counts, not the first */
	CU_ASSERT(written(r, VAR(ICC("X")) VAR(ICC("BRK1")), "850101 850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("BRK1")) VAR(ICC("X")), "850101 850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("BRK2_SBO")), "850101", "deviceSelect"));
	CU_ASSERT(written(r, VAR(ICC("BRK2")), "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("Transfer_Report_ACK")) VAR(ICC("BRK2")), DSTRANS1 " 850101", "deviceOperate"));
	/* a list of names teaches them, in the domain that was asked */
	rig_feed(r, C, "a0{020103 a1{a0{800100} a1{81{'ICC_C'}}}}");
	rig_feed(r, S, "a1{020103 a1{a0{1a{'CB'} 1a{'CB_SBO'} 1a{'MW'}}}}");
	CU_ASSERT(written(r, VAR("a1{1a{'ICC_C'} 1a{'CB'}}"), "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR("a1{1a{'ICC_C'} 1a{'MW'}}"), "850101", "setDataValue"));
	CU_ASSERT(written(r, VAR(ICC("CB")), "850101", "setDataValue"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static bool list_written(struct rig *r, const char *list, const char *event)
{
	char pdu[256], line[128];
	snprintf(pdu, sizeof(pdu), "a0{020101 a5{a1{%s} a0{850101}}}", list);
	snprintf(line, sizeof(line), "c iccp.%s.request ", event);
	return rig_gives(r, C, pdu, line) && rig_gives(r, S, "a1{020101 a5{8100}}", ".response ");
}

/* A device in a data set is no less a device. */
static void devices_in_sets(void)
{
	struct rig *r = iccp_flow();
	rig_feed(r, C, READ("02", VAR(ICC("BRK1_SBO"))));
	rig_feed(r, C, "a0{020103 ab{82{'mine'} a0{" VAR(ICC("MW")) VAR(ICC("BRK1")) "}}}");
	rig_feed(r, C, "a0{020104 ab{82{'other'} a0{" VAR(ICC("MW")) "}}}");
	CU_ASSERT(list_written(r, "82{'mine'}", "deviceOperate"));
	CU_ASSERT(list_written(r, "82{'other'}", "setDataSetElementValues"));
	rig_feed(r, C, "a0{020105 ac{" ICC("theirs") "}}");
	CU_ASSERT(list_written(r, ICC("theirs"), "setDataSetElementValues"));
	rig_feed(r, S, "a1{020105 ac{800100 a1{" VAR(ICC("BRK1")) "}}}");
	CU_ASSERT(list_written(r, ICC("theirs"), "deviceOperate"));
	free(r);
}

static void acknowledged_by_write(void)
{
	struct rig *r = iccp_flow();
	CU_ASSERT(rig_gives(r, C, WRITE("01", VAR(ICC("Transfer_Report_ACK")), DSTRANS1),
			    "c iccp.transferReportACK op=transferReportACK role=client domain=ICC_A_B name=Transfer_Report_ACK "
			    "domain=ICC_A_B name=DSTrans1 scope=icc transfer_set=DSTrans1\n"));
	rig_clear(r);
	rig_feed(r, S, "a1{020101 a5{8100}}");
	CU_ASSERT(!rig_has(r, "iccp"));
	CU_ASSERT(rig_gives(r, C, WRITE("02", VAR(ICC("Transfer_Report_NACK")), DSTRANS1), "c iccp.transferReportNACK "));
	free(r);
}

/* Both ends are clients, with the same ids. */
static void both_ways(void)
{
	struct rig *r = iccp_flow();
	rig_feed(r, C, READ("01", VAR(ICC("BRK1_SBO"))));
	rig_feed(r, S, READ("01", VAR(ICC("MW"))));
	CU_ASSERT(rig_gives(r, C, "a1{020101 a4{a1{850101}}}", "c iccp.getDataValue.response op=getDataValue role=server\n"));
	CU_ASSERT(rig_gives(r, S, "a1{020101 a4{a1{850101}}}",
			    "s iccp.deviceSelect.response op=deviceSelect role=server check_back_id=1\n"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void response_of_another_service(void)
{
	struct rig *r = iccp_flow();
	rig_feed(r, C, READ("01", VAR(ICC("BRK1_SBO"))));
	rig_clear(r);
	rig_feed(r, S, "a1{020101 a5{8100}}");
	CU_ASSERT(!rig_has(r, "iccp.") && rig_has(r, "! mms.serviceMismatch\n"));
	free(r);
}

static void names_are_bounded(void)
{
	struct rig *r = iccp_flow();
	for (unsigned i = 0; i < ICCP_NAMES_MAX; i++) {
		char pdu[128];
		snprintf(pdu, sizeof(pdu), READ("01", VAR(ICC("D%02u_SBO"))), i);
		rig_feed(r, C, pdu);
		rig_feed(r, S, "a1{020101 a4{a1{850101}}}");
	}
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(written(r, VAR(ICC("D00")), "850101", "deviceOperate"));
	CU_ASSERT(rig_gives(r, C, READ("02", VAR(ICC("NEW_SBO"))), "! iccp.names\n"));
	CU_ASSERT_EQUAL(r->iccp.n_names, ICCP_NAMES_MAX);
	CU_ASSERT(written(r, VAR(ICC("D00")), "850101", "setDataValue"));
	CU_ASSERT(written(r, VAR(ICC("D01")), "850101", "deviceOperate"));
	CU_ASSERT(written(r, VAR(ICC("NEW")), "850101", "deviceOperate"));
	struct rig *z = rig_resume(r);
	z->iccp.oldest = 0;
	rig_feed(z, C, READ("03", VAR(ICC("NEWER_SBO"))));
	rig_feed(r, C, READ("03", VAR(ICC("NEWER_SBO"))));
	CU_ASSERT(written(z, VAR(ICC("NEW")), "850101", "setDataValue"));
	CU_ASSERT(written(r, VAR(ICC("NEW")), "850101", "deviceOperate"));
	free(z);
	free(r);
}

static void association(void)
{
	struct rig *r = rig_new();
	rig_feed(r, S, "a8{" RIG_INITIATE "}"); /* the server of the connection calls */
	rig_feed(r, C, READ("01", VAR("80{'TASE2_Version'}")));
	CU_ASSERT(rig_has(r, "s iccp.associate.request op=associate role=client\nc iccp.getDataValue.request"));
	CU_ASSERT(rig_gives(r, C, "a9{" RIG_INITIATE "}", "c iccp.associate.response op=associate role=server\n"));
	CU_ASSERT(rig_gives(r, C, "8b00", "c iccp.conclude.request op=conclude role=server\n"));
	rig_feed(r, S, "8c00");
	CU_ASSERT(rig_gives(r, C, "a8{" RIG_INITIATE "}", "c iccp.associate.request op=associate role=client\n"));
	CU_ASSERT(rig_gives(r, S, "aa{a0{880101}}", "s mms.initiateError"));
	CU_ASSERT(!rig_has(r, "iccp"));
	free(r);
	r = rig_associated();
	rig_end(r, S, true);
	CU_ASSERT_EQUAL(r->events, 0); /* not known as ICCP */
	free(r);
}

static void aborted(void)
{
	struct rig *r = rig_associated();
	rig_feed(r, C, READ("01", VAR("80{'TASE2_Version'}")));
	rig_clear(r);
	rig_end(r, S, true);
	CU_ASSERT_STRING_EQUAL(r->log, "s iccp.abort op=abort role=server\n");
	rig_end(r, C, true);
	CU_ASSERT_EQUAL(r->events, 1); /* once */
	free(r);
	r = iccp_flow();
	rig_end(r, S, true);
	CU_ASSERT_STRING_EQUAL(r->log, "s iccp.abort op=abort\n");
	free(r);
}

static void budget_is_kept(void)
{
	struct rig *r = iccp_flow();
	r->budget = 30;
	CU_ASSERT(rig_gives(r, C, READ("01", VAR(ICC("A")) VAR(ICC("B")) VAR(ICC("C")) VAR(ICC("D"))), "! stream.budget\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	free(r);
}

UNIT_MAIN({ "marks of ICCP", marks }, { "what is no mark", no_marks },
	  { "structures that are no transfer set", not_a_transfer_set }, { "IEC 61850 is never ICCP", iec61850 },
	  { "scopes and case of reserved names", scopes_and_case }, { "transfer sets", transfer_sets },
	  { "a transfer set named without its domain", simplified_next }, { "devices", devices },
	  { "devices in data sets", devices_in_sets }, { "acknowledged by a write", acknowledged_by_write },
	  { "both ends ask", both_ways }, { "a response of another service", response_of_another_service },
	  { "names are bounded", names_are_bounded }, { "association", association }, { "aborted", aborted },
	  { "budget", budget_is_kept })
