/* test_dec.c - names, field lists, event building and the budget. */
#include "decoders/ber.h"
#include "tests/unit/unit.h"
#include "tests/unit/dec_log.h"

static struct dec_log lg;

static void test_event_names(void)
{
	for (unsigned id = 1; id < EV_N; id++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(event_name(id));
		CU_ASSERT_EQUAL(event_find(event_name(id)), id); /* none twice */
	}
	CU_ASSERT_STRING_EQUAL(event_name(EV_NONE), "none");
	CU_ASSERT_STRING_EQUAL(event_name(EV_N), "none");
	CU_ASSERT_STRING_EQUAL(event_name(UINT32_MAX), "none");
	CU_ASSERT_STRING_EQUAL(event_name(EV_MMS_read_REQ), "mms.read.request");
	CU_ASSERT_STRING_EQUAL(event_name(EV_OP_DEVICE_SELECT_RSP), "iccp.deviceSelect.response");
	CU_ASSERT_STRING_EQUAL(event_name(EV_OP_TRANSFER_REPORT), "iccp.transferReport");
	CU_ASSERT_EQUAL(event_find("mms.read"), EV_NONE);
	CU_ASSERT_EQUAL(event_find(""), EV_NONE);
}

static void test_services(void)
{
	unsigned assigned = 0;
	for (unsigned s = 0; s < 200; s++) {
		const char *name = mms_service_name(s);
		if (name == NULL) {
			CU_ASSERT_EQUAL(mms_service_event(s, false), EV_NONE);
			continue;
		}
		assigned++;
		CU_ASSERT_EQUAL(mms_service_find(name), (int)s);
		char text[96];
		snprintf(text, sizeof(text), "mms.%s.request", name);
		CU_ASSERT_STRING_EQUAL(event_name(mms_service_event(s, false)), text);
		snprintf(text, sizeof(text), "mms.%s.response", name);
		CU_ASSERT_STRING_EQUAL(event_name(mms_service_event(s, true)), text);
	}
	CU_ASSERT_EQUAL(assigned, 86);
	CU_ASSERT_PTR_NULL(mms_service_name(79));
	CU_ASSERT_EQUAL(mms_service_find("nothing"), -1);
}

static void test_operations(void)
{
	for (unsigned op = 1; op < OP_N; op++) {
		char text[96];
		bool pair = iccp_op_event((enum iccp_op)op, false) != iccp_op_event((enum iccp_op)op, true);
		snprintf(text, sizeof(text), "iccp.%s%s", iccp_op_name(op), pair ? ".request" : "");
		CU_ASSERT_STRING_EQUAL(event_name(iccp_op_event((enum iccp_op)op, false)), text);
	}
	CU_ASSERT_STRING_EQUAL(iccp_op_name(OP_N), "none");
	CU_ASSERT_EQUAL(iccp_op_event(OP_NONE, true), EV_NONE);
	CU_ASSERT_EQUAL(iccp_op_event(OP_N, false), EV_NONE);
}

static void test_other_names(void)
{
	for (unsigned a = 0; a < ANOMALY_N; a++) {
		CU_ASSERT(strlen(anomaly_help(a)) > 3);
		for (unsigned b = 0; b < a; b++)
			CU_ASSERT(strcmp(anomaly_name(a), anomaly_name(b)) != 0);
	}
	CU_ASSERT_STRING_EQUAL(anomaly_name(ANOMALY_N), "none");
	CU_ASSERT_STRING_EQUAL(anomaly_help(ANOMALY_N), "");
	for (unsigned p = 0; p < PROTO_N; p++) {
		CU_ASSERT_EQUAL(proto_find(proto_name(p)), p);
		unsigned steps = 0; /* parents lead to PROTO_NONE */
		for (enum proto up = (enum proto)p; up != PROTO_NONE && steps < PROTO_N; up = proto_parent(up))
			steps++;
		CU_ASSERT(steps < 5);
	}
	CU_ASSERT_STRING_EQUAL(proto_name(PROTO_N), "unknown");
	CU_ASSERT_EQUAL(proto_find("carrier pigeon"), PROTO_N);
	CU_ASSERT_EQUAL(proto_parent(PROTO_ICCP), PROTO_MMS);
	CU_ASSERT_EQUAL(proto_parent(PROTO_N), PROTO_NONE);
	for (unsigned f = 0; f < FLD_N; f++) {
		CU_ASSERT_EQUAL(field_find(field_name(f)), f);
		CU_ASSERT_EQUAL(field_by_nr(field_nr((enum field_id)f)), f);
	}
	CU_ASSERT_EQUAL(field_by_nr(0), FLD_N);
	CU_ASSERT(field_many(FLD_MMS_OBJECT) && !field_many(FLD_MMS_INVOKE));
	CU_ASSERT(field_kind(FLD_MMS_INVOKE) == FIELD_num && field_kind(FLD_MMS_PDU) == FIELD_text);
	CU_ASSERT(field_kind(FLD_MMS_OBJECT) == FIELD_bytes && field_kind(FLD_COTP_SRC_TSAP) == FIELD_octets);
	CU_ASSERT_PTR_NULL(field_name(FLD_N));
	CU_ASSERT_EQUAL(field_find("mms"), FLD_N);
}

static void test_fields(void)
{
	static struct fields fs = {
		.v = { { .id = FLD_APP, .num = 1 }, { .id = FLD_SES_SI, .num = 2 }, { .id = FLD_APP, .num = 3 } },
		.n = 3,
	};
	unsigned at = 0;
	const struct field *f = fields_next(&fs, FLD_APP, &at);
	CU_ASSERT(f != NULL && f->num == 1 && at == 1);
	f = fields_next(&fs, FLD_APP, &at);
	CU_ASSERT(f != NULL && f->num == 3 && at == 3);
	CU_ASSERT_PTR_NULL(fields_next(&fs, FLD_APP, &at));
	at = 0;
	CU_ASSERT_PTR_NULL(fields_next(&fs, FLD_MMS_PDU, &at));
}

/* n fields become as many calls as they need, marked, and lose none. */
static void test_build(void)
{
	for (unsigned n = 0; n <= 3 * FIELDS_CAP; n += FIELDS_CAP / 2) {
		log_reset(&lg, NULL);
		struct dec_build b = dec_build(&lg.ctx, EV_SES_CN, DIR_REPLY, span_of(NULL, 0));
		for (unsigned i = 0; i < n; i++) {
			if (i % 3 == 0)
				dec_add_num(&b, FLD_SES_SI, 7);
			else if (i % 3 == 1)
				dec_add_bytes(&b, FLD_APP, span_of("x", 1));
			else
				dec_add_text(&b, FLD_MMS_PDU, 9, span_of("y", 1));
		}
		dec_build_end(&b);
		CU_ASSERT_EQUAL(lg.fields.n, 0);
		unsigned fields = 0, lines = 0, more = 0, cont = 0;
		for (const char *p = log_text(&lg); *p != 0; p++) {
			fields += *p == '=';
			lines += *p == '\n';
			more += strncmp(p, " more", 5) == 0;
			cont += strncmp(p, " cont", 5) == 0;
		}
		CU_ASSERT_EQUAL(fields, n);
		CU_ASSERT_EQUAL(lines, n == 0 ? 1 : (n + FIELDS_CAP - 1) / FIELDS_CAP);
		CU_ASSERT(more == lines - 1 && cont == lines - 1);
	}
	log_reset(&lg, NULL);
	lg.fields.n = 1;
	lg.fields.v[0] = (struct field){ .id = FLD_SES_SI, .num = 13 };
	dec_event(&lg.ctx, EV_SES_CN, DIR_ORIG, span_of(NULL, 0));
	CU_ASSERT_STRING_EQUAL(log_text(&lg), "O ses.connect ses.si=13\n");
	CU_ASSERT_EQUAL(lg.fields.n, 0);
}

/* Fields that nobody looks at are not gathered; the event is told all the same. */
static void test_wants(void)
{
	static const enum field_id names[2] = { FLD_MMS_DOMAIN, FLD_MMS_OBJECT };
	for (unsigned wanted = 0; wanted < 2; wanted++) {
		uint64_t wants[DEC_EVENT_WORDS] = { 0 };
		log_reset(&lg, NULL);
		lg.ctx.wants = wants;
		wants[EV_MMS_read_REQ / 64] |= (uint64_t)wanted << (EV_MMS_read_REQ % 64);
		struct dec_build b = dec_build(&lg.ctx, EV_MMS_read_REQ, DIR_ORIG, span_of(NULL, 0));
		CU_ASSERT_EQUAL(b.wanted, wanted);
		for (unsigned i = 0; i < 2 * FIELDS_CAP; i++) {
			dec_add_num(&b, FLD_MMS_VALUE, i);
			dec_add_name(&b, names, span_of("D", 1), span_of("O", 1));
		}
		CU_ASSERT_EQUAL(lg.ctx.fields->n != 0, wanted);
		dec_build_end(&b);
		CU_ASSERT_EQUAL(strstr(log_text(&lg), "mms.value=") != NULL, wanted);
		CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "mms.read.request"));
	}
}

static void test_budget(void)
{
	log_reset(&lg, NULL);
	lg.ctx.budget = 10;
	CU_ASSERT(dec_spend(&lg.ctx, DIR_ORIG, 9));
	CU_ASSERT_EQUAL(lg.anomalies[AN_BUDGET], 0);
	CU_ASSERT(!dec_spend(&lg.ctx, DIR_ORIG, 1));
	CU_ASSERT(!dec_spend(&lg.ctx, DIR_ORIG, 1));
	CU_ASSERT(!dec_spend(&lg.ctx, DIR_REPLY, UINT32_MAX));
	CU_ASSERT_EQUAL(lg.anomalies[AN_BUDGET], 1);
	CU_ASSERT_EQUAL(lg.ctx.budget, 0);
}

static void test_notes(void)
{
	static const struct {
		uint8_t note;
		enum anomaly a;
	} row[] = {
		{ BER_NOTE_NONMINIMAL, AN_BER_NONMINIMAL }, { BER_NOTE_INDEFINITE, AN_BER_INDEFINITE },
		{ BER_NOTE_LENGTH, AN_BER_LENGTH }, { BER_NOTE_DEPTH, AN_BER_DEPTH },
		{ BER_NOTE_EOC, AN_BER_EOC }, { BER_NOTE_FORM, AN_BER_FORM },
	};
	for (unsigned set = 0; set < 64; set++) {
		log_reset(&lg, NULL);
		dec_ber_notes(&lg.ctx, DIR_ORIG, (uint8_t)set);
		for (size_t i = 0; i < ARRAY_LEN(row); i++)
			CU_ASSERT_EQUAL(lg.anomalies[row[i].a], (set & row[i].note) != 0);
	}
}

UNIT_MAIN({ "fields nobody looks at", test_wants },
	  { "event names", test_event_names }, { "MMS services", test_services }, { "TASE.2 operations", test_operations },
	  { "anomaly, protocol and field names", test_other_names }, { "walking fields", test_fields },
	  { "events in parts", test_build }, { "budget", test_budget }, { "BER notes as anomalies", test_notes })
