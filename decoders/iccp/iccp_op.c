/* iccp_op.c - which TASE.2 operation a PDU is (IEC 60870-6-503 8, its mapping to MMS).
 *
 * Every variable is judged; where they are of different operations, the weightiest names the PDU. What
 * cannot be told from a plain write without a list of devices is Set Data Value.
 */
#include "decoders/iccp/iccp_int.h"

/* Services that are one operation, whatever they name. */
static const struct {
	uint8_t service;
	enum iccp_op op;
} services[] = {
	{ 6, OP_GET_DATA_VALUE_TYPE },   { 11, OP_CREATE_DATA_SET },         { 12, OP_GET_DATA_SET_ELEMENT_NAMES },
	{ 13, OP_DELETE_DATA_SET },      { 40, OP_PROGRAM_START },           { 41, OP_PROGRAM_STOP },
	{ 42, OP_PROGRAM_RESUME },       { 43, OP_PROGRAM_RESET },           { 44, OP_PROGRAM_KILL },
	{ 45, OP_PROGRAM_ATTRIBUTES },   { 57, OP_CREATE_EVENT_ENROLLMENT }, { 58, OP_DELETE_EVENT_ENROLLMENT },
	{ 61, OP_GET_EVENT_ENROLLMENT },
};

enum { GET_NAME_LIST = 1, READ = 4, WRITE = 5 };
enum { CLASS_VARIABLE = 0, CLASS_LIST = 2 };

/* Which operation names a PDU of several: the one that does most to the process. */
static const uint8_t weight[OP_N] = {
	[OP_DEVICE_OPERATE] = 11,
	[OP_DEVICE_SELECT] = 10,
	[OP_START_TRANSFER_DS] = 9,
	[OP_STOP_TRANSFER_DS] = 8,
	[OP_SET_TAG] = 7,
	[OP_START_TRANSFER_IM] = 6,
	[OP_STOP_TRANSFER_IM] = 5,
	[OP_SET_DATA_VALUE] = 4,
	[OP_TRANSFER_REPORT_NACK] = 3,
	[OP_TRANSFER_REPORT_ACK] = 2,
	[OP_GET_NEXT_DS_TRANSFER_SET] = 5,
	[OP_GET_NEXT_TS_TRANSFER_SET] = 4,
	[OP_GET_TAG] = 3,
	[OP_GET_DS_TRANSFER_SET] = 2,
	[OP_GET_DATA_VALUE] = 1,
};

static bool take(struct iccp_look *l, enum iccp_op op)
{
	if (weight[op] <= weight[l->op])
		return false;
	l->op = op;
	return true;
}

static enum iccp_op heavier(enum iccp_op a, enum iccp_op b)
{
	return weight[b] > weight[a] ? b : a;
}

static void learn(struct iccp_look *l, uint64_t hash, enum iccp_known what)
{
	if (iccp_learn(l->s, hash, what))
		l->odd |= ODD_NAMES;
}

static void learn_set(struct iccp_look *l, const struct mms_name *n)
{
	learn(l, iccp_hash(iccp_place(n), n->item), ICCP_KNOWN_TRANSFER_SET);
}

void iccp_learn_name(struct iccp_look *l, const struct mms_name *n)
{
	struct span stem;
	if (iccp_suffix(n, &stem) != SUFFIX_NONE)
		learn(l, iccp_hash(iccp_place(n), stem), ICCP_KNOWN_DEVICE);
}

static bool spend(const struct iccp_look *l)
{
	return dec_spend(l->ctx, l->pdu->dir, 1);
}

/* --- read ------------------------------------------------------------------------------------------- */

/* The response will be asked about this variable. */
static void ask(struct iccp_look *l, enum iccp_ask kind, unsigned index)
{
	if (index >= ASK_INDEX_MAX || l->n_asked == ASKS_MAX)
		return;
	l->asked |= (uint64_t)((unsigned)kind << ASK_INDEX_BITS | (index + 1)) << ASK_BITS * l->n_asked++;
}

/* Reserved names and those with a suffix that a read of is an operation of its own, or an answer worth telling. */
static const struct {
	enum iccp_op op;
	enum iccp_ask ask;
} reads[RES_OTHER + 1] = {
	[RES_BILATERAL_TABLE] = { OP_GET_DATA_VALUE, ASK_TABLE },
	[RES_VERSION] = { OP_GET_DATA_VALUE, ASK_VERSION },
	[RES_FEATURES] = { OP_GET_DATA_VALUE, ASK_FEATURES },
	[RES_NEXT_TS] = { OP_GET_NEXT_TS_TRANSFER_SET, ASK_NEXT_TS },
};

static void read_var(struct iccp_look *l, const struct mms_var *v, unsigned index)
{
	struct span stem;
	unsigned seen = 0;
	const enum iccp_reserved res = iccp_reserved(&v->name, &seen);
	const enum iccp_suffix suffix = iccp_suffix(&v->name, &stem);
	if (res == RES_NEXT_DS) {
		(void)take(l, OP_GET_NEXT_DS_TRANSFER_SET);
		if (l->at == 0 && index < UINT8_MAX) {
			l->at = (uint8_t)(index + 1);
			l->place = iccp_place(&v->name);
		}
	} else if (reads[res].op != OP_NONE) {
		(void)take(l, reads[res].op);
		ask(l, reads[res].ask, index);
	} else if (suffix != SUFFIX_NONE) {
		(void)take(l, suffix == SUFFIX_SBO ? OP_DEVICE_SELECT : OP_GET_TAG);
		ask(l, suffix == SUFFIX_SBO ? ASK_CHECK_BACK : ASK_TAG, index);
	} else if (iccp_is_known(l->s, &v->name, ICCP_KNOWN_TRANSFER_SET)) {
		(void)take(l, OP_GET_DS_TRANSFER_SET);
		ask(l, ASK_SET, index);
	} else {
		(void)take(l, OP_GET_DATA_VALUE);
	}
}

static void read_request(struct iccp_look *l)
{
	if (l->pdu->spec == MMS_SPEC_LIST) {
		l->op = OP_GET_DATA_SET_ELEMENT_VALUES;
		return;
	}
	struct mms_vars vars = mms_vars_of(l->pdu);
	const struct mms_var *v;
	for (unsigned i = 0; spend(l) && (v = mms_vars_next(&vars)) != NULL; i++)
		read_var(l, v, i);
}

/* --- write ------------------------------------------------------------------------------------------ */

static bool is_single(const struct mms_data *v)
{
	return mms_data_is_number(v) || (!v->odd && v->kind == MMS_DATA_FLOAT);
}

enum iccp_target iccp_target(const struct iccp_look *l, const struct mms_var *v, const struct mms_data *value)
{
	struct span stem;
	struct mms_name data_set;
	unsigned seen = 0;
	const enum iccp_reserved res = iccp_reserved(&v->name, &seen);
	const enum iccp_suffix suffix = iccp_suffix(&v->name, &stem);
	if (res == RES_ACK || res == RES_NACK)
		return res == RES_ACK ? TO_ACK : TO_NACK;
	if (res == RES_IM_SET && mms_data_is_number(value))
		return TO_IM_SET;
	if (suffix != SUFFIX_NONE)
		return suffix == SUFFIX_SBO ? TO_SBO : TO_TAG;
	if (iccp_is_known(l->s, &v->name, ICCP_KNOWN_TRANSFER_SET) || iccp_transfer_set(value, &data_set) != 0)
		return TO_SET;
	return is_single(value) && iccp_is_known(l->s, &v->name, ICCP_KNOWN_DEVICE) ? TO_DEVICE : TO_VALUE;
}

/* A transfer set written whole, or components of it, by name or by alternateAccess: Status starts and stops. */
static void write_set(struct iccp_look *l, const struct mms_var *v, const struct mms_data *value)
{
	struct iccp_parts parts;
	struct iccp_part part;
	struct mms_name data_set;
	enum iccp_op op = OP_SET_DATA_VALUE;
	iccp_parts_open(&parts, v, value, l->pdu->ber_depth);
	while (spend(l) && iccp_parts_next(&parts, &part)) {
		if (part.member == SET_STATUS && mms_data_is_number(&part.value))
			op = heavier(op, part.value.num != 0 ? OP_START_TRANSFER_DS : OP_STOP_TRANSFER_DS);
	}
	const bool first = take(l, op);
	if (parts.whole != 0) {
		if (first && iccp_transfer_set(value, &data_set) != 0)
			l->object = data_set;
		learn_set(l, &v->name);
	} else if (value->kind == MMS_DATA_STRUCT && !v->alternate && iccp_component(v->name.item).len == 0) {
		l->odd |= ODD_TRANSFER_SET;
	}
}

static void write_var(struct iccp_look *l, const struct mms_var *v, const struct mms_data *value)
{
	switch (iccp_target(l, v, value)) {
	case TO_ACK:
		if (take(l, OP_TRANSFER_REPORT_ACK))
			(void)iccp_object_value(value, &l->object);
		break;
	case TO_NACK:
		if (take(l, OP_TRANSFER_REPORT_NACK))
			(void)iccp_object_value(value, &l->object);
		break;
	case TO_IM_SET:
		(void)take(l, value->num != 0 ? OP_START_TRANSFER_IM : OP_STOP_TRANSFER_IM);
		break;
	case TO_SBO:
		(void)take(l, OP_DEVICE_SELECT);
		break;
	case TO_TAG:
		(void)take(l, OP_SET_TAG);
		break;
	case TO_SET:
		write_set(l, v, value);
		break;
	case TO_DEVICE:
		(void)take(l, OP_DEVICE_OPERATE);
		break;
	case TO_VALUE:
		(void)take(l, OP_SET_DATA_VALUE);
		break;
	}
}

static void write_request(struct iccp_look *l)
{
	const struct mms_pdu *pdu = l->pdu;
	if (pdu->spec == MMS_SPEC_LIST) {
		const bool device = iccp_is_known(l->s, &pdu->name, ICCP_KNOWN_DEVICE_SET);
		l->op = device ? OP_DEVICE_OPERATE : OP_SET_DATA_SET_ELEMENT_VALUES;
		return;
	}
	struct mms_vars vars = mms_vars_of(pdu);
	struct ber values = ber_of(pdu->data, pdu->ber_depth);
	const struct mms_var *v;
	struct mms_data value;
	while (spend(l) && (v = mms_vars_next(&vars)) != NULL) {
		(void)mms_data_next(&values, &value); /* none left: a value that fits nothing */
		write_var(l, v, &value);
	}
}

/* --- the rest --------------------------------------------------------------------------------------- */

/* Does a list of members name a known device? */
static bool has_device(struct iccp_look *l)
{
	struct mms_vars vars = mms_vars_of(l->pdu);
	const struct mms_var *v;
	while (spend(l) && (v = mms_vars_next(&vars)) != NULL) {
		if (v->has_name && iccp_is_known(l->s, &v->name, ICCP_KNOWN_DEVICE))
			return true;
	}
	return false;
}

static void name_list_request(struct iccp_look *l)
{
	struct mms_name place = { .scope = l->pdu->name_scope };
	if (place.scope == MMS_DOMAIN)
		place.domain = l->pdu->name.domain;
	if (l->pdu->object_class == CLASS_VARIABLE)
		l->op = OP_GET_DATA_VALUE_NAMES;
	else if (l->pdu->object_class == CLASS_LIST)
		l->op = OP_GET_DATA_SET_NAMES;
	l->place = iccp_place(&place);
}

static enum iccp_op op_of_service(int service)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (services[i].service == service)
			return services[i].op;
	}
	return OP_NONE;
}

void iccp_request(struct iccp_look *l)
{
	const struct mms_pdu *pdu = l->pdu;
	if (pdu->service == READ)
		read_request(l);
	else if (pdu->service == WRITE)
		write_request(l);
	else if (pdu->service == GET_NAME_LIST)
		name_list_request(l);
	else
		l->op = op_of_service(pdu->service);
	if (l->op == OP_CREATE_DATA_SET || l->op == OP_GET_DATA_SET_ELEMENT_NAMES)
		l->place = iccp_hash(iccp_place(&pdu->name), pdu->name.item);
	if (l->op == OP_CREATE_DATA_SET && has_device(l))
		learn(l, l->place, ICCP_KNOWN_DEVICE_SET);
	if (pdu->pending == NULL || iccp_op_event(l->op, false) == iccp_op_event(l->op, true))
		return;
	pdu->pending->op = (uint8_t)l->op;
	pdu->pending->at = l->at;
	pdu->pending->place = l->asked != 0 && l->at == 0 ? l->asked : l->place;
}

/* The transfer set that Next_DSTransfer_Set gave: {scope, domain, name}, or a name alone at the end of a structure. */
static void take_next_set(struct iccp_look *l, const struct mms_data *v)
{
	struct mms_data name;
	if (iccp_object_value(v, &l->object)) {
		learn_set(l, &l->object);
	} else if (iccp_member_at(v, 2, &name) && name.kind == MMS_DATA_VISIBLE) {
		l->object = (struct mms_name){ .item = name.bytes };
		learn(l, iccp_hash(l->pdu->request->place, name.bytes), ICCP_KNOWN_TRANSFER_SET);
	}
}

/* Devices among the names of a list: those whose sibling has a suffix. */
static void take_names(struct iccp_look *l)
{
	struct ber b = ber_of(l->pdu->idents, l->pdu->ber_depth);
	struct ber_tlv t;
	struct span stem;
	while (spend(l) && ber_next(&b, &t)) {
		const struct mms_name n = { .scope = MMS_DOMAIN, .item = t.value };
		if (iccp_suffix(&n, &stem) != SUFFIX_NONE)
			learn(l, iccp_hash(l->pdu->request->place, stem), ICCP_KNOWN_DEVICE);
	}
}

void iccp_response(struct iccp_look *l)
{
	const struct mms_pending *req = l->pdu->request;
	struct mms_data v;
	l->op = (enum iccp_op)req->op;
	if (l->pdu->service == READ && req->at == 0)
		l->asked = req->place;
	if (req->at != 0 && iccp_value_at(l->pdu, req->at - 1u, &v))
		take_next_set(l, &v);
	else if (l->op == OP_GET_DATA_VALUE_NAMES)
		take_names(l);
	else if (l->op == OP_GET_DATA_SET_ELEMENT_NAMES && has_device(l))
		learn(l, req->place, ICCP_KNOWN_DEVICE_SET);
}

/* --- reports ---------------------------------------------------------------------------------------- */

/* An information message: what its header says, and what there is. */
struct message {
	bool header;
	int64_t size;          /* octets it says that it has */
	uint64_t buffer;       /* octets of all buffers */
};

/* The types that the values of a report's reserved names have. */
static bool type_fits(enum iccp_reserved res, const struct mms_data *v)
{
	struct mms_name n;
	switch ((unsigned)res) {
	case RES_SET_NAME:
		return iccp_object_value(v, &n);
	case RES_CONDITIONS:
		return !v->odd && v->kind == MMS_DATA_BITS;
	case RES_TIME_STAMP:
	case RES_EVENT_CODE:
		return iccp_is_integer(v);
	default:
		return true;
	}
}

static void check_reported(struct iccp_look *l, struct message *m, enum iccp_reserved res, const struct mms_var *v,
			   const struct mms_data *value)
{
	enum { SIZE = 3 };
	struct mms_data size;
	if (value->kind != MMS_DATA_FAILURE && !type_fits(res, value))
		l->odd |= ODD_VALUE;
	if (res == RES_INFO_HEADER && iccp_member_at(value, SIZE, &size) && iccp_is_integer(&size)) {
		m->header = true;
		m->size = size.num;
	}
	if (res == RES_INFO_BUFFER && value->kind == MMS_DATA_OCTETS && !value->odd) {
		m->buffer += value->bytes.len;
		if (value->bytes.len > iccp_number(v->name.item))
			l->odd |= ODD_MESSAGE;
	}
}

static enum iccp_op op_of_reported(enum iccp_reserved res, enum iccp_op op)
{
	if (res == RES_ACK)
		return OP_TRANSFER_REPORT_ACK;
	if (res == RES_NACK)
		return OP_TRANSFER_REPORT_NACK;
	if (op != OP_NONE)
		return op;
	if (res == RES_INFO_HEADER || res == RES_INFO_BUFFER)
		return OP_INFORMATION_MESSAGE;
	return res >= RES_SET_NAME && res <= RES_EVENT_CODE ? OP_TRANSFER_REPORT : OP_NONE;
}

/* informationReport: what its variables are, or, with a list's name, what comes first in it. */
void iccp_report(struct iccp_look *l)
{
	struct mms_vars vars = mms_vars_of(l->pdu);
	struct ber values = ber_of(l->pdu->data, l->pdu->ber_depth);
	struct message m = { 0 };
	const struct mms_var *v;
	struct mms_data value;
	unsigned seen = 0;
	const bool object = iccp_value_at(l->pdu, 0, &value) && iccp_object_value(&value, &l->object);
	while (spend(l) && (v = mms_vars_next(&vars)) != NULL) {
		const enum iccp_reserved res = iccp_reserved(&v->name, &seen);
		(void)mms_data_next(&values, &value);
		check_reported(l, &m, res, v, &value);
		l->op = op_of_reported(res, l->op);
	}
	if (m.header && (m.size < 0 || (uint64_t)m.size > m.buffer))
		l->odd |= ODD_MESSAGE;
	if (l->op == OP_NONE && (object || (l->pdu->spec == MMS_SPEC_LIST && !iccp_is_61850_report(&l->pdu->name))))
		l->op = OP_TRANSFER_REPORT;
	if (l->op == OP_TRANSFER_REPORT && object)
		learn_set(l, &l->object);
}
