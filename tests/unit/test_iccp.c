/* test_iccp.c - a TASE.2 conversation: every operation told, resumed at every PDU, damaged in every octet. */
#include "tests/unit/iccp_vectors.h"

/* The lines of the log that are not about the MMS event. */
static void operation_lines(const struct rig *r, char *out, size_t cap)
{
	size_t n = 0;
	out[0] = '\0';
	for (const char *line = r->log; *line != '\0';) {
		const size_t len = (size_t)(strchr(line, '\n') - line) + 1;
		if (strncmp(line + 2, "mms", 3) != 0 && n + len < cap) {
			memcpy(out + n, line, len);
			n += len;
			out[n] = '\0';
		}
		line += len;
	}
}

static void conversation(void)
{
	struct rig *r = rig_new();
	char got[4096], want[96];
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		rig_clear(r);
		rig_feed(r, vectors[i].d, vectors[i].pdu);
		operation_lines(r, got, sizeof(got));
		if (strcmp(got, vectors[i].iccp) != 0) {
			printf("# %s\n# expected: %s# told: %s", vectors[i].pdu, vectors[i].iccp, r->log);
			CU_FAIL("operation");
		}
		snprintf(want, sizeof(want), "%c %s ", "cs"[vectors[i].d], vectors[i].mms);
		CU_ASSERT(rig_has(r, want));
		CU_ASSERT_EQUAL(r->anomalies, 0);
	}
	CU_ASSERT_EQUAL(r->mms.dir[C].n, 0);
	free(r);
}

/* Every operation that a flow can show is in the conversation. */
static void complete(void)
{
	for (enum iccp_op op = OP_NONE + 1; op < OP_N; op++) {
		bool found = op == OP_ABORT;
		for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
			found |= strstr(vectors[i].iccp, event_name(iccp_op_event(op, false))) != NULL;
		if (!found)
			printf("# %s\n", iccp_op_name(op));
		CU_ASSERT(found);
	}
}

static void feed_from(struct rig *r, size_t from)
{
	for (size_t i = from; i < ARRAY_LEN(vectors); i++)
		rig_feed(r, vectors[i].d, vectors[i].pdu);
}

/* The state copied elsewhere at any PDU goes on as if nothing had been. */
static void resumed(void)
{
	struct rig *r = rig_new();
	for (size_t cut = 0; cut <= ARRAY_LEN(vectors); cut++) {
		struct rig *whole = rig_resume(r), *other = rig_resume(r);
		feed_from(whole, cut);
		memset(&r->fields, 0xa5, sizeof(r->fields));
		feed_from(other, cut);
		CU_ASSERT_STRING_EQUAL(whole->log, other->log);
		free(whole);
		free(other);
		if (cut < ARRAY_LEN(vectors))
			rig_feed(r, vectors[cut].d, vectors[cut].pdu);
	}
	free(r);
	struct rig *once = rig_new();
	feed_from(once, 0);
	struct rig *a = rig_new();
	char *told = calloc(1, RIG_LOG);
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct rig *b = rig_resume(a);
		rig_feed(b, vectors[i].d, vectors[i].pdu);
		strcat(told, b->log);
		free(a);
		a = b;
	}
	CU_ASSERT_STRING_EQUAL(told, once->log);
	free(told);
	free(a);
	free(once);
}

static bool sane(const struct rig *r)
{
	bool ok = r->mms.phase < MMS_PHASE_N && r->mms.initiator < DIR_N && r->iccp.label < ICCP_LABEL_N &&
		  r->iccp.assoc < ICCP_ASSOC_N && r->iccp.initiator < DIR_N && r->iccp.n_names <= ICCP_NAMES_MAX &&
		  r->iccp.oldest < ICCP_NAMES_MAX;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		ok &= r->mms.dir[d].n <= MMS_PENDING_MAX;
		for (uint8_t i = 0; i < r->mms.dir[d].n; i++)
			ok &= r->mms.dir[d].pending[i].op < OP_N;
	}
	return ok;
}

/* f for each PDU of the conversation, with the state that precedes it. */
static void each_vector(void (*f)(const struct rig *before, struct rig *scratch, enum dir d, uint8_t *pdu, size_t n))
{
	struct rig *r = rig_new(), *scratch = rig_new();
	static uint8_t pdu[RIG_PDU];
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		f(r, scratch, vectors[i].d, pdu, rig_octets(vectors[i].pdu, pdu));
		rig_feed(r, vectors[i].d, vectors[i].pdu);
	}
	free(scratch);
	free(r);
}

static void feed_scratch(const struct rig *before, struct rig *scratch, enum dir d, const uint8_t *pdu, size_t n)
{
	scratch->mms = before->mms;
	scratch->iccp = before->iccp;
	rig_clear(scratch);
	rig_bytes(scratch, d, pdu, n);
	CU_ASSERT_FATAL(sane(scratch));
}

static void truncate_one(const struct rig *before, struct rig *scratch, enum dir d, uint8_t *pdu, size_t n)
{
	for (size_t len = 0; len < n; len++) {
		feed_scratch(before, scratch, d, pdu, len);
		CU_ASSERT_EQUAL(scratch->events, 0);
		CU_ASSERT(rig_has(scratch, "! mms.pdu\n"));
	}
}

static void truncated(void)
{
	each_vector(truncate_one);
}

static void change_one(const struct rig *before, struct rig *scratch, enum dir d, uint8_t *pdu, size_t n)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };
	for (size_t at = 0; at < n; at++) {
		const uint8_t was = pdu[at];
		for (size_t i = 0; i < ARRAY_LEN(flips); i++) {
			pdu[at] = was ^ flips[i];
			feed_scratch(before, scratch, d, pdu, n);
			CU_ASSERT(scratch->anomalies + scratch->events > 0);
			CU_ASSERT(scratch->events <= 4);
		}
		pdu[at] = was;
	}
}

static void changed(void)
{
	each_vector(change_one);
}

/* Zeroing a field of the state that matters must change what is told: each is read somewhere. */
static void pending_matters(void)
{
	struct rig *r = rig_associated();
	rig_feed(r, C, READ("01", VAR(ICC("X")) VAR(ICC("Bilateral_Table_ID"))));
	CU_ASSERT_EQUAL(r->mms.dir[C].pending[0].op, OP_GET_DATA_VALUE);
	CU_ASSERT_NOT_EQUAL(r->mms.dir[C].pending[0].place, 0);
	struct rig *z = rig_resume(r);
	z->mms.dir[C].pending[0].place = 0;
	CU_ASSERT(rig_gives(r, S, "a1{020101 a4{a1{850101 8a{'BLT'}}}}", "bilateral_table=BLT\n"));
	rig_clear(z);
	rig_feed(z, S, "a1{020101 a4{a1{850101 8a{'BLT'}}}}");
	CU_ASSERT(!rig_has(z, "bilateral_table") && rig_has(z, "iccp.getDataValue.response"));
	free(z);
	rig_feed(r, C, READ("04", VAR(ICC("X")) VAR(ICC("Next_DSTransfer_Set"))));
	CU_ASSERT_EQUAL(r->mms.dir[C].pending[0].at, 2);
	z = rig_resume(r);
	z->mms.dir[C].pending[0].at = 0;
	CU_ASSERT(rig_gives(r, S, "a1{020104 a4{a1{850101 " DSTRANS1 "}}}", "transfer_set=DSTrans1\n"));
	rig_clear(z);
	rig_feed(z, S, "a1{020104 a4{a1{850101 " DSTRANS1 "}}}");
	CU_ASSERT(!rig_has(z, "transfer_set"));
	free(z);
	rig_feed(r, C, READ("02", VAR(ICC("BRK1_SBO"))));
	z = rig_resume(r);
	z->iccp.n_names = 0;
	CU_ASSERT(rig_gives(r, C, WRITE("03", VAR(ICC("BRK1")), "850101"), "iccp.deviceOperate.request"));
	CU_ASSERT(rig_gives(z, C, WRITE("03", VAR(ICC("BRK1")), "850101"), "iccp.setDataValue.request"));
	free(z);
	free(r);
}

UNIT_MAIN({ "a conversation, operation by operation", conversation }, { "no operation is left out", complete },
	  { "resumed at every PDU", resumed }, { "every truncation", truncated }, { "every octet changed", changed },
	  { "what is kept of requests and names", pending_matters })
