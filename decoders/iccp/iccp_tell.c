/* iccp_tell.c - what a TASE.2 operation says beyond its names: the values of what is reserved (IEC 60870-6-802).
 *
 * Only what a reserved name, a suffix or a structure of its own vouches for is told; every variable of a PDU is
 * walked, not the first alone. Spends no work steps and finds no oddities: it is left out when nobody looks.
 */
#include "decoders/iccp/iccp_int.h"

enum { READ = 4, WRITE = 5, DEFINE_LIST = 11, LIST_ATTRIBUTES = 12, DELETE_LIST = 13, PROGRAM_ATTRIBUTES = 45 };
enum { DEFINE_ENROLLMENT = 57, DELETE_ENROLLMENT = 58, ENROLLMENT_ATTRIBUTES = 61 };
enum { CONDITIONS = 5, BLOCKS = 12 };

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

/* A number with its name; without names, the number. */
static void add_named(struct dec_build *b, enum field_id f, uint64_t v, const char *const *names, size_t n)
{
	if (n == 0)
		dec_add_num(b, f, v);
	else
		dec_add_text(b, f, v, text(v < n ? names[v] : "other"));
}

static void add_number(struct dec_build *b, enum field_id f, const struct mms_data *v)
{
	if (mms_data_is_number(v))
		dec_add_num(b, f, (uint64_t)v->num);
}

/* --- values ----------------------------------------------------------------------------------------- */

static void add_conditions(struct dec_build *b, const struct mms_data *v)
{
	static const char *const names[CONDITIONS] = { "intervalTimeout", "integrityTimeout", "objectChange", "operatorRequest",
						       "otherExternalEvent" };
	for (unsigned i = 0; i < CONDITIONS; i++) {
		if (iccp_bit(v, i))
			dec_add_text(b, FLD_ICCP_CONDITION, i, text(names[i]));
	}
}

/* The name alone: its domain is told with iccp.name. */
static void add_object(struct dec_build *b, enum field_id f, const struct mms_data *v)
{
	struct mms_name n;
	if (iccp_object_value(v, &n))
		dec_add_bytes(b, f, n.item);
}

static void add_table(struct dec_build *b, const struct mms_data *v)
{
	if (!v->odd && v->kind == MMS_DATA_VISIBLE)
		dec_add_bytes(b, FLD_ICCP_BILATERAL_TABLE, v->bytes);
}

/* {major, minor}: year and month of an edition. */
static void add_version(struct dec_build *b, const struct mms_data *v)
{
	enum { MAJOR_MAX = 9999, MINOR_MAX = 99 };
	struct mms_data major, minor;
	if (!iccp_member_at(v, 0, &major) || !iccp_member_at(v, 1, &minor) || !iccp_is_integer(&major) || !iccp_is_integer(&minor))
		return;
	if (major.num >= 0 && major.num <= MAJOR_MAX && minor.num >= 0 && minor.num <= MINOR_MAX)
		dec_add_num(b, FLD_ICCP_VERSION, (uint64_t)(major.num * (MINOR_MAX + 1) + minor.num));
}

static void add_features(struct dec_build *b, const struct mms_data *v)
{
	for (unsigned i = 0; i < BLOCKS; i++) {
		if (iccp_bit(v, i))
			dec_add_num(b, FLD_ICCP_FEATURE, i + 1);
	}
}

static void add_check_back(struct dec_build *b, const struct mms_data *v)
{
	add_number(b, FLD_ICCP_CHECK_BACK_ID, v);
}

/* {flags, reason}, or flags alone as bits or, as one stack writes them, as a number. */
static void add_tag(struct dec_build *b, const struct mms_data *v)
{
	static const char *const names[] = { "none", "openClose", "close", "invalid" };
	enum { HI, LO, ARMED };
	struct mms_data flags = *v, reason;
	if (v->kind == MMS_DATA_STRUCT && !iccp_member_at(v, 0, &flags))
		return;
	if (flags.kind == MMS_DATA_BITS && !flags.odd) {
		const unsigned tag = (unsigned)iccp_bit(&flags, HI) << 1 | (unsigned)iccp_bit(&flags, LO);
		add_named(b, FLD_ICCP_TAG, tag, names, ARRAY_LEN(names));
		dec_add_num(b, FLD_ICCP_ARMED, iccp_bit(&flags, ARMED));
	} else if (iccp_is_integer(&flags)) {
		add_named(b, FLD_ICCP_TAG, (uint64_t)flags.num, names, ARRAY_LEN(names));
	}
	if (iccp_member_at(v, 1, &reason) && reason.kind == MMS_DATA_VISIBLE && !reason.odd && reason.bytes.len != 0)
		dec_add_bytes(b, FLD_ICCP_TAG_REASON, reason.bytes);
}

/* What of a transfer set each member is told as; conditions and the data set have types of their own. */
static void add_part(struct dec_build *b, const struct iccp_part *part)
{
	static const enum field_id fields[SET_NONE] = {
		[SET_START_TIME] = FLD_ICCP_START_TIME,
		[SET_INTERVAL] = FLD_ICCP_INTERVAL,
		[SET_TLE] = FLD_ICCP_TLE,
		[SET_BUFFER_TIME] = FLD_ICCP_BUFFER_TIME,
		[SET_INTEGRITY] = FLD_ICCP_INTEGRITY,
		[SET_BLOCK_DATA] = FLD_ICCP_BLOCK_DATA,
		[SET_CRITICAL] = FLD_ICCP_CRITICAL,
		[SET_RBE] = FLD_ICCP_RBE,
		[SET_ALL_CHANGES] = FLD_ICCP_ALL_CHANGES,
		[SET_EVENT_CODE] = FLD_ICCP_EVENT_CODE,
	};
	if (part->member == SET_DATA_SET)
		add_object(b, FLD_ICCP_DATA_SET, &part->value);
	else if (part->member == SET_CONDITIONS)
		add_conditions(b, &part->value);
	else if (part->member < SET_NONE && part->member != SET_STATUS)
		add_number(b, fields[part->member], &part->value);
}

static void add_parts(struct dec_build *b, const struct mms_var *var, const struct mms_data *v, uint16_t ber_depth)
{
	struct iccp_parts parts;
	struct iccp_part part;
	iccp_parts_open(&parts, var, v, ber_depth);
	while (iccp_parts_next(&parts, &part))
		add_part(b, &part);
}

/* The whole part of a set point; of what has none the largest, so that no upper limit is slipped by. */
static int64_t whole_part(const struct mms_data *v)
{
	const double limit = 9223372036854774784.0; /* the largest below 2^63 */
	struct cur c = cur_span(v->bytes);
	double d;
	cur_skip(&c, 1);
	if (cur_left(&c) == sizeof(float)) {
		const uint32_t bits = cur_be32(&c);
		float f;
		memcpy(&f, &bits, sizeof(f));
		d = (double)f;
	} else {
		const uint64_t bits = cur_be64(&c);
		memcpy(&d, &bits, sizeof(d));
	}
	if (d < -limit)
		return INT64_MIN;
	return d <= limit ? (int64_t)d : INT64_MAX;
}

static void add_command(struct dec_build *b, const struct mms_data *v)
{
	if (v->kind == MMS_DATA_FLOAT)
		dec_add_num(b, FLD_ICCP_SETPOINT, (uint64_t)whole_part(v));
	else
		add_number(b, FLD_ICCP_COMMAND, v);
}

/* --- responses -------------------------------------------------------------------------------------- */

static void add_answer(struct dec_build *b, enum iccp_ask kind, const struct mms_data *v, uint16_t ber_depth)
{
	switch (kind) {
	case ASK_TABLE:
		add_table(b, v);
		break;
	case ASK_VERSION:
		add_version(b, v);
		break;
	case ASK_FEATURES:
		add_features(b, v);
		break;
	case ASK_CHECK_BACK:
		add_check_back(b, v);
		break;
	case ASK_TAG:
		add_tag(b, v);
		break;
	case ASK_SET:
		add_parts(b, NULL, v, ber_depth);
		break;
	case ASK_NEXT_TS:
		add_object(b, FLD_ICCP_TRANSFER_SET, v);
		break;
	}
}

static void add_answers(struct dec_build *b, const struct iccp_look *l)
{
	struct ber values = ber_of(l->pdu->data, l->pdu->ber_depth);
	struct mms_data v;
	for (unsigned i = 1; l->asked != 0 && i <= ASK_INDEX_MAX && mms_data_next(&values, &v); i++) {
		for (unsigned n = 0; n < ASKS_MAX; n++) {
			const unsigned ask = l->asked >> ASK_BITS * n & ((1u << ASK_BITS) - 1);
			if ((ask & ASK_INDEX_MAX) == i)
				add_answer(b, (enum iccp_ask)(ask >> ASK_INDEX_BITS), &v, l->pdu->ber_depth);
		}
	}
	if (l->pdu->request->at != 0 && l->object.item.len != 0)
		dec_add_bytes(b, FLD_ICCP_TRANSFER_SET, l->object.item);
}

/* --- requests --------------------------------------------------------------------------------------- */

static void add_written(struct dec_build *b, const struct iccp_look *l, const struct mms_var *v, const struct mms_data *value)
{
	unsigned seen = 0;
	switch (iccp_target(l, v, value)) {
	case TO_ACK:
	case TO_NACK:
		add_object(b, FLD_ICCP_TRANSFER_SET, value);
		break;
	case TO_TAG:
		add_tag(b, value);
		break;
	case TO_SET:
		dec_add_bytes(b, FLD_ICCP_TRANSFER_SET, iccp_base(v->name.item));
		add_parts(b, v, value, l->pdu->ber_depth);
		break;
	case TO_DEVICE:
		add_command(b, value);
		break;
	case TO_VALUE:
		if (iccp_reserved(&v->name, &seen) == RES_TIME_STAMP)
			add_number(b, FLD_ICCP_TIMESTAMP, value);
		break;
	case TO_IM_SET:
	case TO_SBO:
		break;
	}
}

static void add_write(struct dec_build *b, const struct iccp_look *l)
{
	struct mms_vars vars = mms_vars_of(l->pdu);
	struct ber values = ber_of(l->pdu->data, l->pdu->ber_depth);
	const struct mms_var *v;
	struct mms_data value;
	while ((v = mms_vars_next(&vars)) != NULL) {
		(void)mms_data_next(&values, &value);
		add_written(b, l, v, &value);
	}
}

/* The transfer sets that are read. */
static void add_read(struct dec_build *b, const struct iccp_look *l)
{
	struct mms_vars vars = mms_vars_of(l->pdu);
	const struct mms_var *v;
	while (l->op == OP_GET_DS_TRANSFER_SET && (v = mms_vars_next(&vars)) != NULL) {
		if (iccp_is_known(l->s, &v->name, ICCP_KNOWN_TRANSFER_SET))
			dec_add_bytes(b, FLD_ICCP_TRANSFER_SET, iccp_base(v->name.item));
	}
}

static void add_data_sets(struct dec_build *b, const struct iccp_look *l)
{
	const struct mms_pdu *pdu = l->pdu;
	struct ber names = ber_of(pdu->service == DELETE_LIST ? pdu->names : span_of(NULL, 0), pdu->ber_depth);
	struct mms_name n;
	if (pdu->spec == MMS_SPEC_LIST || pdu->service == DEFINE_LIST || pdu->service == LIST_ATTRIBUTES)
		dec_add_bytes(b, FLD_ICCP_DATA_SET, pdu->name.item);
	while (mms_name_next(&names, &n))
		dec_add_bytes(b, FLD_ICCP_DATA_SET, n.item);
}

/* --- reports ---------------------------------------------------------------------------------------- */

/* {reference, local reference, number, octets} */
static void add_header(struct dec_build *b, const struct mms_data *v)
{
	static const enum field_id fields[] = { FLD_ICCP_INFO_REF, FLD_ICCP_LOCAL_REF, FLD_ICCP_MESSAGE_ID, FLD_ICCP_MESSAGE_SIZE };
	struct mms_data member;
	for (unsigned i = 0; i < ARRAY_LEN(fields) && iccp_member_at(v, i, &member); i++)
		add_number(b, fields[i], &member);
}

/* One variable of a report with its value; true when it is a point. */
static bool add_reported(struct dec_build *b, const struct mms_var *v, const struct mms_data *value)
{
	unsigned seen = 0;
	switch ((unsigned)iccp_reserved(&v->name, &seen)) {
	case RES_SET_NAME:
	case RES_ACK:
	case RES_NACK:
		add_object(b, FLD_ICCP_TRANSFER_SET, value);
		return false;
	case RES_TIME_STAMP:
		add_number(b, FLD_ICCP_TIMESTAMP, value);
		return false;
	case RES_CONDITIONS:
		add_conditions(b, value);
		return false;
	case RES_EVENT_CODE:
		add_number(b, FLD_ICCP_EVENT_CODE, value);
		return false;
	case RES_INFO_HEADER:
		add_header(b, value);
		return false;
	case RES_INFO_BUFFER:
		if (value->kind == MMS_DATA_OCTETS && !value->odd)
			dec_add_num(b, FLD_ICCP_BUFFER_SIZE, value->bytes.len);
		return false;
	default:
		return true;
	}
}

static unsigned add_pairs(struct dec_build *b, const struct iccp_look *l)
{
	struct mms_vars vars = mms_vars_of(l->pdu);
	struct ber values = ber_of(l->pdu->data, l->pdu->ber_depth);
	const struct mms_var *v;
	struct mms_data value;
	unsigned points = 0;
	while ((v = mms_vars_next(&vars)) != NULL) {
		(void)mms_data_next(&values, &value);
		points += add_reported(b, v, &value);
	}
	return points;
}

/* A report of a data set has no names: it begins with the transfer set's, then perhaps the time stamp, and conditions. */
static unsigned add_by_shape(struct dec_build *b, const struct iccp_look *l)
{
	struct mms_data v[3] = { 0 };
	struct mms_data rest;
	struct ber values = ber_of(l->pdu->data, l->pdu->ber_depth);
	unsigned n = 0, head = 0;
	while (n < ARRAY_LEN(v) && mms_data_next(&values, &v[n]))
		n++;
	while (mms_data_next(&values, &rest))
		n++;
	if (l->object.item.len != 0) {
		dec_add_bytes(b, FLD_ICCP_TRANSFER_SET, l->object.item);
		head = 1;
		if (iccp_is_integer(&v[1]) && iccp_is_bits(&v[2], CONDITIONS)) {
			add_number(b, FLD_ICCP_TIMESTAMP, &v[1]);
			head = 2;
		}
		if (iccp_is_bits(&v[head], CONDITIONS))
			add_conditions(b, &v[head++]);
	}
	return n - head;
}

static void add_report(struct dec_build *b, const struct iccp_look *l)
{
	const bool list = l->pdu->spec == MMS_SPEC_LIST;
	const unsigned points = list ? add_by_shape(b, l) : add_pairs(b, l);
	if (l->op != OP_TRANSFER_REPORT)
		return;
	dec_add_text(b, FLD_ICCP_REPORT_KIND, list, list ? text("dataSet") : text("variables"));
	dec_add_num(b, FLD_ICCP_COUNT, points);
}

/* --- programs and events ---------------------------------------------------------------------------- */

/* The elements of a PDU's service. */
static struct ber contents(const struct mms_pdu *pdu)
{
	struct ber b = ber_of(pdu->whole, pdu->ber_depth);
	struct ber_tlv t;
	if (!ber_next(&b, &t) || !t.constructed)
		return ber_of(span_of(NULL, 0), 0);
	struct ber in = ber_open(&b, &t);
	if (pdu->service >= 0)
		(void)ber_next(&in, &t); /* invokeID */
	return ber_next(&in, &t) && t.constructed ? ber_open(&in, &t) : ber_of(span_of(NULL, 0), 0);
}

/* The element [tag] of a service's contents as a number. */
static void add_element(struct dec_build *b, const struct mms_pdu *pdu, uint32_t tag, enum field_id f, const char *const *names,
			size_t n)
{
	struct ber in = contents(pdu);
	struct ber_tlv t;
	uint32_t v;
	while (ber_next(&in, &t)) {
		if (ber_is(&t, BER_CONTEXT, tag) && ber_uint(t.value, &v))
			add_named(b, f, v, names, n);
	}
}

/* ISO 9506-2: state of a program invocation, first element of its attributes. */
static void add_program(struct dec_build *b, const struct mms_pdu *pdu)
{
	static const char *const states[] = { "nonExistent", "unrunnable", "idle",     "running",  "stopped",
					      "starting",    "stopping",   "resuming", "resetting" };
	add_element(b, pdu, 0, FLD_ICCP_PROGRAM_STATE, states, ARRAY_LEN(states));
}

static void add_enrollment(struct dec_build *b, const struct mms_pdu *pdu)
{
	if (!pdu->has_name || pdu->n_more != 1)
		return;
	dec_add_bytes(b, FLD_ICCP_ENROLLMENT, pdu->name.item);
	dec_add_bytes(b, FLD_ICCP_EVENT_CONDITION, pdu->more[0].item);
}

static void add_notification(struct dec_build *b, const struct mms_pdu *pdu)
{
	static const char *const states[] = { "disabled", "idle", "active" };
	add_enrollment(b, pdu);
	add_element(b, pdu, 2, FLD_ICCP_SEVERITY, NULL, 0);
	add_element(b, pdu, 3, FLD_ICCP_EVENT_STATE, states, ARRAY_LEN(states));
}

/* --- all -------------------------------------------------------------------------------------------- */

/* Names of programs have no scope of TASE.2. */
static void add_scopes(struct dec_build *b, const struct iccp_look *l)
{
	static const char *const names[MMS_SCOPE_N] = { [MMS_VMD] = "vcc", [MMS_DOMAIN] = "icc", [MMS_AA] = "association" };
	const struct mms_pdu *pdu = l->pdu;
	unsigned scopes = l->scopes;
	if (l->op == OP_GET_DATA_VALUE_NAMES || l->op == OP_GET_DATA_SET_NAMES)
		scopes = pdu->response ? 0 : 1u << pdu->name_scope;
	else if (l->op >= OP_PROGRAM_START && l->op <= OP_PROGRAM_ATTRIBUTES)
		scopes = 0;
	for (unsigned i = 0; i < MMS_SCOPE_N; i++) {
		if ((scopes & 1u << i) != 0)
			dec_add_text(b, FLD_ICCP_SCOPE, i, text(names[i]));
	}
}

void iccp_add_fields(struct dec_build *b, const struct iccp_look *l)
{
	const struct mms_pdu *pdu = l->pdu;
	if (!b->wanted || b->ctx->budget == 0)
		return;
	add_scopes(b, l);
	if (pdu->response) {
		if (pdu->service == READ)
			add_answers(b, l);
		else if (pdu->service == PROGRAM_ATTRIBUTES)
			add_program(b, pdu);
		return;
	}
	add_data_sets(b, l);
	if (pdu->service == READ)
		add_read(b, l);
	else if (pdu->service == WRITE)
		add_write(b, l);
	else if (pdu->service == DEFINE_ENROLLMENT)
		add_enrollment(b, pdu);
	else if (pdu->event == EV_MMS_INFORMATION_REPORT)
		add_report(b, l);
	else if (pdu->event == EV_MMS_EVENT_NOTIFICATION)
		add_notification(b, pdu);
}
