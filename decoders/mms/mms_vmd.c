/* mms_vmd.c - services of the VMD, of operator stations and of access control lists (ISO 9506-2 10, 13, 16, 24). */
#include "decoders/mms/mms_int.h"

enum { UTF8_STRING = 12, VISIBLE_STRING = 26 };
enum { CLASS_BASIC = 0, CLASS_CS = 1, CLASS_CS_FIRST = 256 };

/* --- what several services have ---------------------------------------------------------------------- */

void mms_class(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber_tlv e;
	if (!mms_only(w, b, t, &e))
		return;
	if (e.cls != BER_CONTEXT || e.tag > CLASS_CS || e.constructed) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	const uint32_t class = mms_take_uint(w->p, e.value) + (e.tag == CLASS_BASIC ? 0 : CLASS_CS_FIRST);
	if (w->out != NULL)
		dec_add_num(w->out, (enum field_id)row->field, class);
	else
		w->p->pdu.object_class = (uint8_t)size_min(class, UINT8_MAX);
}

static const struct mms_row status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_VMD_LOGICAL_STATUS, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_VMD_PHYSICAL_STATUS, mms_uint, NULL },
	{ 2, 0, FLD_MMS_VMD_DETAIL, mms_bits, NULL },
};
const struct mms_shape mms_status = MMS_SHAPE(status_rows, MMS_SEQUENCE);

/* --- the VMD ----------------------------------------------------------------------------------------- */

/* objectScope: [0] vmd, [1] domain, [2] association. */
static void scope(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	static const struct mms_row domain = { MMS_DOMAIN, 0, FLD_MMS_DOMAIN, mms_ident, NULL };
	struct ber_tlv e;
	if (!mms_only(w, b, t, &e))
		return;
	if (e.cls != BER_CONTEXT || e.tag >= MMS_SCOPE_N) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	w->p->pdu.name_scope = (uint8_t)e.tag;
	if (w->out != NULL)
		dec_add_num(w->out, (enum field_id)row->field, e.tag);
	if (e.tag == MMS_DOMAIN)
		mms_ident(w, b, &e, &domain);
}

static void name_list(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	if (w->out == NULL && t->constructed)
		w->p->pdu.idents = t->value;
	mms_strings(w, b, t, row);
}

static const struct mms_row name_list_request_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT_CLASS, mms_class, NULL },
	{ 1, MMS_MUST, FLD_MMS_SCOPE, scope, NULL },
	{ 2, 0, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
};
static const struct mms_shape name_list_request = MMS_SHAPE(name_list_request_rows, MMS_SEQUENCE);

static const struct mms_row name_list_response_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_MMS_OBJECT, name_list, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape name_list_response = MMS_SHAPE(name_list_response_rows, MMS_SEQUENCE);

static const struct mms_row identify_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_VENDOR, mms_bytes, NULL },
	{ 1, MMS_MUST, FLD_MMS_MODEL, mms_bytes, NULL },
	{ 2, MMS_MUST, FLD_MMS_REVISION, mms_bytes, NULL },
	{ 3, 0, FLD_MMS_SYNTAX, mms_strings, NULL },
};
static const struct mms_shape identify = MMS_SHAPE(identify_rows, MMS_SEQUENCE);

static const struct mms_row rename_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT_CLASS, mms_class, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 2, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
};
static const struct mms_shape rename = MMS_SHAPE(rename_rows, MMS_SEQUENCE);

const struct mms_service mms_vmd_services[4] = {
	{ { 0, 0, FLD_MMS_EXTENDED, mms_bool, NULL }, { 0, 0, FLD_N, mms_seq, &mms_status } },
	{ { 1, 0, FLD_N, mms_seq, &name_list_request }, { 1, 0, FLD_N, mms_seq, &name_list_response } },
	{ { 2, 0, FLD_N, mms_null, NULL }, { 2, 0, FLD_N, mms_seq, &identify } },
	{ { 3, 0, FLD_N, mms_seq, &rename }, { 3, 0, FLD_N, mms_null, NULL } },
};

static const struct mms_row capability_request_rows[] = {
	{ MMS_U + UTF8_STRING, 0, FLD_MMS_CONTINUE_AFTER, mms_bytes, NULL },
	{ MMS_U + VISIBLE_STRING, 0, FLD_MMS_CONTINUE_AFTER, mms_bytes, NULL },
};
static const struct mms_shape capability_request = MMS_SHAPE(capability_request_rows, MMS_REPEAT);

static const struct mms_row capability_response_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_MMS_CAPABILITY, mms_strings, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape capability_response = MMS_SHAPE(capability_response_rows, MMS_SEQUENCE);

const struct mms_service mms_capability_services[1] = {
	{ { 71, 0, FLD_N, mms_seq, &capability_request }, { 71, 0, FLD_N, mms_seq, &capability_response } },
};

/* --- operator stations ------------------------------------------------------------------------------- */

static const struct mms_row input_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, 0, FLD_N, mms_bool, NULL },
	{ 2, 0, FLD_MMS_TEXT, mms_strings, NULL },
	{ 3, 0, FLD_MMS_TIMEOUT, mms_uint, NULL },
};
static const struct mms_shape input = MMS_SHAPE(input_rows, MMS_SEQUENCE);

static const struct mms_row output_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_TEXT, mms_strings, NULL },
};
static const struct mms_shape output = MMS_SHAPE(output_rows, MMS_SEQUENCE);

const struct mms_service mms_operator_services[2] = {
	{ { 17, 0, FLD_N, mms_seq, &input }, { 17, 0, FLD_MMS_TEXT, mms_bytes, NULL } },
	{ { 18, 0, FLD_N, mms_seq, &output }, { 18, 0, FLD_N, mms_null, NULL } },
};

/* --- access control lists: the conditions themselves are not read --------------------------------------- */

static const struct mms_row acl_define_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_N, mms_skip, NULL },
};
static const struct mms_shape acl_define = MMS_SHAPE(acl_define_rows, MMS_SEQUENCE);

static const struct mms_row acl_object_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT_CLASS, mms_class, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
};
static const struct mms_shape acl_object = MMS_SHAPE(acl_object_rows, MMS_SEQUENCE);

static const struct mms_row acl_request_rows[] = {
	{ 0, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
	{ 2, 0, FLD_N, mms_seq, &acl_object },
};
static const struct mms_shape acl_request = MMS_SHAPE(acl_request_rows, MMS_CHOICE);

static const struct mms_row acl_response_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ACCESS_LIST, mms_wrapped_ident, NULL },
	{ 1, MMS_MUST, FLD_N, mms_skip, NULL },
	{ 2, MMS_MUST, FLD_MMS_IN_USE, mms_bool, NULL },
	{ 3, MMS_MUST, FLD_N, mms_skip, NULL },
	{ 4, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape acl_response = MMS_SHAPE(acl_response_rows, MMS_OPEN);

static const struct mms_row acl_report_request_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT_CLASS, mms_class, NULL },
	{ 2, 0, FLD_MMS_CONTINUE_AFTER, mms_name, NULL },
};
static const struct mms_shape acl_report_request = MMS_SHAPE(acl_report_request_rows, MMS_SEQUENCE);

static const struct mms_row acl_report_response_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_MMS_OBJECT, mms_names, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape acl_report_response = MMS_SHAPE(acl_report_response_rows, MMS_SEQUENCE);

static const struct mms_row acl_scope_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
	{ 2, 0, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 3, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape acl_scope = MMS_SHAPE(acl_scope_rows, MMS_CHOICE);

static const struct mms_row acl_objects_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT_CLASS, mms_class, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &acl_scope },
};
static const struct mms_shape acl_objects = MMS_SHAPE(acl_objects_rows, MMS_SEQUENCE);

static const struct mms_row acl_change_rows[] = {
	{ 0, MMS_OR, FLD_N, mms_null, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &acl_objects },
	{ 2, MMS_MUST, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape acl_change = MMS_SHAPE(acl_change_rows, MMS_SEQUENCE);

static const struct mms_row acl_changed_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_MATCHED, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_CHANGED, mms_uint, NULL },
};
static const struct mms_shape acl_changed = MMS_SHAPE(acl_changed_rows, MMS_SEQUENCE);

const struct mms_service mms_access_services[5] = {
	{ { 82, 0, FLD_N, mms_seq, &acl_define }, { 82, 0, FLD_N, mms_null, NULL } },
	{ { 83, 0, FLD_N, mms_seq, &acl_request }, { 83, 0, FLD_N, mms_seq, &acl_response } },
	{ { 84, 0, FLD_N, mms_seq, &acl_report_request }, { 84, 0, FLD_N, mms_seq, &acl_report_response } },
	{ { 85, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL }, { 85, 0, FLD_N, mms_null, NULL } },
	{ { 86, 0, FLD_N, mms_seq, &acl_change }, { 86, 0, FLD_N, mms_seq, &acl_changed } },
};
