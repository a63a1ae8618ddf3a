/* test_mms_state.c - the MMS association: negotiation, phases, invoke ids, bounds. */
#include "tests/unit/mms_rig.h"

#define READ(id, vars) "a0{0201" id " a4{a1{a0{" vars "}}}}"
#define VAR(name)      "30{a0{" name "}}"
#define IDENTIFIED     "a2{8000 8100 8200}"

/* --- the association -------------------------------------------------------------------------------- */

static void negotiation(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, "a8{80027d00 810105 820107 830105 a4{800101 810305f100 82010001}}");
	rig_clear(r);
	CU_ASSERT(rig_gives(r, S, "a9{80021000 810103 820102 830104 a4{800101 810305f100 820103}}", "s mms.initiate.response"));
	CU_ASSERT_EQUAL(r->mms.pdu_max, 0x1000);
	CU_ASSERT_EQUAL(r->mms.outstanding_max, 3);
	CU_ASSERT_EQUAL(r->mms.nesting, 4);
	CU_ASSERT_EQUAL(r->mms.phase, MMS_INITIATED);
	free(r);
	static const char *const raised[] = {
		"a9{80027d01 810105 820105 830105 a4{800101 810305f100 820103}}",
		"a9{80027d00 810106 820105 830105 a4{800101 810305f100 820103}}",
		"a9{80027d00 810105 820106 830105 a4{800101 810305f100 820103}}",
		"a9{80027d00 810105 820105 830106 a4{800101 810305f100 820103}}",
		"a9{80027d00 810105 820105 830105 a4{800102 810305f100 820103}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(raised); i++) {
		r = rig_new();
		rig_feed(r, C, "a8{" RIG_INITIATE "}");
		CU_ASSERT(rig_gives(r, S, raised[i], "! mms.negotiation\n"));
		free(r);
	}
	r = rig_new();
	CU_ASSERT(rig_gives(r, C, "a8{80027d00 810105 820105 a4{800101 810209f1 820103}}", "! mms.valueSize\n"));
	rig_feed(r, C, "a8{810105 820105 a4{800101 810305f100 820103}}"); /* localDetail and nesting are optional */
	CU_ASSERT_EQUAL(r->mms.pdu_max, 0);
	rig_clear(r);
	rig_feed(r, S, "a9{80027d00 810105 820105 830104 a4{800101 810305f100 820103}}");
	CU_ASSERT_EQUAL(r->anomalies, 1); /* a limit that was not proposed: no more than a value's size */
	CU_ASSERT_EQUAL(r->mms.nesting, 4);
	free(r);
}

static void pdu_size(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, "a8{80020400 810105 820105 a4{800101 810305f100 820103}}");
	rig_feed(r, S, "a9{80011b 810105 820105 a4{800101 810305f100 820103}}");
	rig_clear(r);
	rig_feed(r, C, READ("01", VAR("80{'1234567890'}"))); /* 27 octets */
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, C, READ("02", VAR("80{'12345678901'}")), "! mms.pduSize\n"));
	rig_feed(r, C, "8b00"); /* what was agreed binds until the end */
	CU_ASSERT(rig_gives(r, S, READ("02", VAR("80{'12345678901'}")), "! mms.pduSize\n"));
	free(r);
}

static void phases(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, "a8{" RIG_INITIATE "}");
	CU_ASSERT(rig_gives(r, C, "a0{020101 82{}}", "! mms.phase\n")); /* not answered yet */
	CU_ASSERT(rig_gives(r, C, "a0{020102 82{}}", "c mms.identify.request"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, S, "a9{" RIG_INITIATE "}", "s mms.initiate.response"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, S, "a9{" RIG_INITIATE "}", "! mms.phase\n"));
	CU_ASSERT(rig_gives(r, S, "8c00", "! mms.phase\n"));
	CU_ASSERT(rig_gives(r, C, "a0{020101 82{}}", "! mms.phase\n")); /* after the end */
	rig_feed(r, C, "a8{" RIG_INITIATE "}");
	CU_ASSERT(rig_gives(r, C, "a9{" RIG_INITIATE "}", "! mms.phase\n")); /* its own answer */
	CU_ASSERT(rig_gives(r, C, "a8{" RIG_INITIATE "}", "! mms.phase\n"));
	rig_feed(r, S, "a9{" RIG_INITIATE "}");
	CU_ASSERT(rig_gives(r, S, "ad{a0{8a0101}}", "! mms.phase\n"));
	CU_ASSERT(rig_gives(r, S, "aa{a0{880101}}", "! mms.phase\n"));
	free(r);
}

static void joined_late(void)
{
	struct rig *r = rig_new();
	CU_ASSERT(rig_tells(r, S, "a1{020101 9f24{}}",
			    "= mms\ns mms.deleteDomain.response pdu=confirmed-Response service=deleteDomain invoke=1\n"));
	CU_ASSERT(rig_gives(r, C, "850105", "c mms.cancel.request"));
	CU_ASSERT(rig_gives(r, S, "8c00", "s mms.conclude.response"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
	r = rig_associated();
	rig_feed(r, C, "a0{020101 82{}}");
	mms_gap(&r->mms);
	CU_ASSERT(rig_gives(r, S, "a1{020101 " IDENTIFIED "}", "s mms.identify.response"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void ended_below(void)
{
	struct rig *r = rig_associated();
	rig_feed(r, C, "a0{020101 82{}}");
	rig_end(r, C, false);
	CU_ASSERT_EQUAL(r->mms.dir[C].n, 0);
	CU_ASSERT(rig_gives(r, S, "a1{020101 82{}}", "! mms.phase\n"));
	free(r);
}

/* --- invoke ids ------------------------------------------------------------------------------------- */

static void invoke_ids(void)
{
	struct rig *r = rig_associated();
	rig_feed(r, C, "a0{020101 82{}}");
	rig_feed(r, S, "a0{020101 800100}"); /* both ends ask: their ids are apart */
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, S, "a1{020101 " IDENTIFIED "}", "s mms.identify.response"));
	CU_ASSERT(rig_gives(r, C, "a1{020101 a0{800100 810100}}", "c mms.status.response"));
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, S, "a1{020101 a2{}}", "! mms.invokeUnknown\n"));
	CU_ASSERT(rig_gives(r, S, "a2{800101 a2{a0{870100}}}", "! mms.invokeUnknown\n"));
	CU_ASSERT(rig_gives(r, S, "a4{800101 810101}", "! mms.invokeUnknown\n"));
	CU_ASSERT(rig_gives(r, C, "850101", "! mms.invokeUnknown\n"));
	rig_feed(r, C, "a0{02047fffffff 82{}}");
	CU_ASSERT(rig_gives(r, C, "a0{02047fffffff 82{}}", "! mms.invokeReused\n"));
	CU_ASSERT_EQUAL(r->mms.dir[C].n, 1);
	CU_ASSERT(rig_gives(r, S, "a1{02047fffffff a0{}}", "! mms.serviceMismatch\n"));
	CU_ASSERT_EQUAL(r->mms.dir[C].n, 0);
	rig_feed(r, C, "a0{020102 9f57{}}"); /* a service nobody knows is answered too */
	CU_ASSERT(rig_tells(r, S, "a4{800102 810101}", "s mms.reject pdu=reject invoke=2 error=257\n"));
	free(r);
}

static void outstanding(void)
{
	struct rig *r = rig_associated();
	char pdu[64];
	for (unsigned i = 1; i <= 5; i++) {
		snprintf(pdu, sizeof(pdu), "a0{0201%02x 82{}}", i);
		rig_feed(r, C, pdu);
	}
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, C, "a0{020106 82{}}", "! mms.outstanding\n"));
	rig_feed(r, S, "a1{020106 a2{}}");
	rig_feed(r, S, "a1{020101 a2{}}");
	rig_clear(r);
	rig_feed(r, C, "a0{020106 82{}}");
	CU_ASSERT_EQUAL(r->anomalies, 0);
	free(r);
}

static void pending_table(void)
{
	struct rig *r = rig_new();
	char pdu[64];
	for (unsigned i = 0; i < MMS_PENDING_MAX; i++) {
		snprintf(pdu, sizeof(pdu), "a0{0201%02x 82{}}", i);
		rig_feed(r, C, pdu);
	}
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(rig_gives(r, C, "a0{020140 82{}}", "! mms.pending\n"));
	CU_ASSERT_EQUAL(r->mms.dir[C].n, MMS_PENDING_MAX);
	CU_ASSERT_EQUAL(r->mms.dir[C].pending[0].invoke, 1);
	CU_ASSERT_EQUAL(r->mms.dir[C].pending[MMS_PENDING_MAX - 1].invoke, 0x40);
	free(r);
}

/* --- bounds ----------------------------------------------------------------------------------------- */

static void budget(void)
{
	static char pdu[65536] = "a3{a0{a1{80{'L'}} a0{";
	for (unsigned i = 0; i < 2000; i++)
		strcat(pdu, "850101");
	strcat(pdu, "}}}");
	struct rig *r = rig_new();
	r->budget = 100;
	rig_feed(r, S, pdu);
	CU_ASSERT(rig_has(r, "! stream.budget\n"));
	CU_ASSERT_EQUAL(r->anomalies, 1);
	CU_ASSERT_EQUAL(r->ctx.budget, 0);
	CU_ASSERT(!rig_has(r, "value="));
	r->budget = RIG_BUDGET;
	rig_clear(r);
	rig_feed(r, S, pdu);
	CU_ASSERT_EQUAL(r->anomalies, 0);
	CU_ASSERT(RIG_BUDGET - r->ctx.budget < 2000 * 5);
	free(r);
}

static bool looks_like(const char *notation)
{
	uint8_t b[512];
	return mms_looks_like(span_of(b, rig_octets(notation, b)));
}

static void bare(void)
{
	CU_ASSERT(looks_like("a8{" RIG_INITIATE "}"));
	CU_ASSERT(looks_like(READ("01", VAR("80{'X'}"))));
	CU_ASSERT(looks_like("8b00"));
	CU_ASSERT(looks_like("850101"));
	CU_ASSERT(looks_like("a3{a0{}}"));
	CU_ASSERT(!looks_like(""));
	CU_ASSERT(!looks_like("01000100 61{}")); /* session */
	CU_ASSERT(!looks_like("0d0005061301001601"));
	CU_ASSERT(!looks_like("32010000000000080000f0000001000101e0")); /* S7 */
	CU_ASSERT(!looks_like("a0{020101 82{}} 00"));
	CU_ASSERT(!looks_like("a0{800101}"));
	CU_ASSERT(!looks_like("a0{}"));
	CU_ASSERT(!looks_like("a010020101"));
	CU_ASSERT(!looks_like("80{'X'}"));
	CU_ASSERT(!looks_like("85{'a long text'}"));
	CU_ASSERT(!looks_like("ae{020101}"));
}

UNIT_MAIN({ "negotiation", negotiation }, { "PDU size", pdu_size }, { "phases", phases }, { "joined late", joined_late },
	  { "ended below", ended_below }, { "invoke ids", invoke_ids }, { "outstanding requests", outstanding },
	  { "the pending table is bounded", pending_table }, { "budget", budget }, { "bare MMS", bare })
