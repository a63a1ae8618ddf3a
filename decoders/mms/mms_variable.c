/* mms_variable.c - services of variables, of lists of variables and of named types (ISO 9506-2 14); data exchange (23). */
#include "decoders/mms/mms_int.h"

enum { SCOPE_SPECIFIC = 0 };
enum { WRITE_FAILED = 0, WRITE_DONE = 1 };

/* --- what stands for a variable ---------------------------------------------------------------------- */

static const struct mms_row address_rows[] = {
	{ 0, 0, FLD_MMS_ADDRESS_NUMBER, mms_uint, NULL },
	{ 1, 0, FLD_MMS_ADDRESS, mms_wrapped, NULL },
	{ 2, 0, FLD_MMS_ADDRESS, mms_bytes, NULL },
};
static const struct mms_shape address = MMS_SHAPE(address_rows, MMS_CHOICE);

static void description(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row);

static const struct mms_shape scattered;
static const struct mms_row variable_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_N, mms_seq, &address },
	{ 2, 0, FLD_N, description, NULL },
	{ 3, 0, FLD_N, mms_list, &scattered },
	{ 4, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape variable = MMS_SHAPE(variable_rows, MMS_CHOICE);

static const struct mms_row scattered_rows[] = {
	{ 0, 0, FLD_MMS_MEMBER, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &variable },
	{ 2, 0, FLD_N, mms_skip, NULL },
};
static const struct mms_shape scattered = MMS_SHAPE(scattered_rows, MMS_SEQUENCE);

/* An Address, then a TypeSpecification, whose tags are the same. */
static void description(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	static const struct mms_row type = { 0, 0, FLD_N, mms_bare_type, NULL };
	struct ber in = ber_open(b, t), whole;
	struct ber_tlv e;
	(void)row;
	if (!mms_step(w, &in, &e)) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	whole = ber_of(e.whole, in.depth);
	mms_walk(w, &whole, &address);
	if (mms_step(w, &in, &e))
		mms_bare_type(w, &in, &e, &type);
	else
		mms_set_odd(w->p, ODD_MALFORMED);
}

/* In an explicit tag. */
void mms_var_spec(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	(void)row;
	mms_walk(w, &in, &variable);
}

void mms_check_scattered(struct mms_parse *p, struct ber *b, const struct ber_tlv *t)
{
	static const struct mms_row row = { 0, 0, FLD_N, mms_list, &scattered };
	struct mms_walk w = { .p = p };
	mms_list(&w, b, t, &row);
}

/* A list of variables, each with its alternateAccess. */
void mms_vars(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	static const enum field_id names[2] = { FLD_MMS_DOMAIN, FLD_MMS_OBJECT };
	(void)row;
	if (!t->constructed)
		mms_set_odd(w->p, ODD_MALFORMED);
	const struct span v = t->constructed ? t->value : span_of(NULL, 0);
	if (w->out == NULL) {
		mms_take_vars(w->p, v);
		return;
	}
	mms_add_vars(w->out, v, b->depth, names, w->kept);
	mms_add_addresses(w->out, v, b->depth);
}

/* --- read, write, informationReport -------------------------------------------------------------------- */

static void spec_vars(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	if (w->out == NULL && w->aside == 0)
		w->p->pdu.spec = MMS_SPEC_VARS;
	mms_vars(w, b, t, row);
}

static void spec_list(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	if (w->out == NULL && w->aside == 0)
		w->p->pdu.spec = MMS_SPEC_LIST;
	mms_name(w, b, t, row);
}

static void results(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)row;
	if (!t->constructed)
		mms_set_odd(w->p, ODD_MALFORMED);
	else if (w->out == NULL)
		mms_take_data(w->p, t->value, true);
	else
		mms_add_data(w->out, t->value, b->depth, false);
}

/* What became of each variable: [0] DataAccessError, or [1] success. */
static void write_results(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	int64_t code;
	uint32_t n = 0;
	(void)row;
	for (; mms_step(w, &in, &e); n++) {
		const bool failed = ber_is(&e, BER_CONTEXT, WRITE_FAILED);
		if (e.constructed || !(failed || (ber_is(&e, BER_CONTEXT, WRITE_DONE) && e.value.len == 0)))
			mms_set_odd(w->p, ODD_MALFORMED);
		else if (failed && !ber_int(e.value, &code))
			mms_set_odd(w->p, ODD_SIZE);
		else if (failed && w->out != NULL)
			dec_add_num(w->out, FLD_MMS_ERROR, (uint64_t)code);
	}
	if (w->out == NULL) {
		w->p->has_count = true;
		w->p->count = n;
		w->p->write_results = t->constructed ? t->value : span_of(NULL, 0);
	}
}

static const struct mms_row spec_rows[] = {
	{ 0, 0, FLD_N, spec_vars, NULL },
	{ 1, 0, FLD_MMS_OBJECT, spec_list, NULL },
};
static const struct mms_shape spec = MMS_SHAPE(spec_rows, MMS_CHOICE);

static const struct mms_row read_request_rows[] = {
	{ 0, 0, FLD_N, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &spec },
};
static const struct mms_shape read_request = MMS_SHAPE(read_request_rows, MMS_SEQUENCE);

static const struct mms_row read_response_rows[] = {
	{ 0, 0, FLD_N, mms_seq, &spec },
	{ 1, MMS_MUST, FLD_N, results, NULL },
};
static const struct mms_shape read_response = MMS_SHAPE(read_response_rows, MMS_SEQUENCE);

static const struct mms_row write_request_rows[] = {
	{ 0, MMS_OR, FLD_N, spec_vars, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, spec_list, NULL },
	{ 0, MMS_MUST, FLD_N, mms_data_list, NULL },
};
static const struct mms_shape write_request = MMS_SHAPE(write_request_rows, MMS_SEQUENCE);

static const struct mms_row report_rows[] = {
	{ 0, MMS_OR, FLD_N, spec_vars, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, spec_list, NULL },
	{ 0, MMS_MUST, FLD_N, results, NULL },
};
static const struct mms_shape report = MMS_SHAPE(report_rows, MMS_SEQUENCE);

const struct mms_row mms_report_row = { 0, MMS_KEPT, FLD_N, mms_seq, &report };

/* --- attributes -------------------------------------------------------------------------------------- */

static const struct mms_row attributes_request_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_N, mms_seq, &address },
};
static const struct mms_shape attributes_request = MMS_SHAPE(attributes_request_rows, MMS_CHOICE);

static const struct mms_row attributes_response_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, 0, FLD_N, mms_seq, &address },
	{ 2, MMS_MUST, FLD_MMS_TYPE, mms_type, NULL },
	{ 3, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
	{ 4, 0, FLD_MMS_MEANING, mms_bytes, NULL },
};
static const struct mms_shape attributes_response = MMS_SHAPE(attributes_response_rows, MMS_OPEN);

static const struct mms_row define_variable_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &address },
	{ 2, 0, FLD_MMS_TYPE, mms_type, NULL },
};
static const struct mms_shape define_variable = MMS_SHAPE(define_variable_rows, MMS_SEQUENCE);

static const struct mms_row define_scattered_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &scattered },
};
static const struct mms_shape define_scattered = MMS_SHAPE(define_scattered_rows, MMS_SEQUENCE);

static const struct mms_row scattered_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &scattered },
	{ 2, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape scattered_attributes = MMS_SHAPE(scattered_attributes_rows, MMS_OPEN);

static const struct mms_row define_list_rows[] = {
	{ MMS_TAG_NAME, MMS_MUST, FLD_MMS_OBJECT, mms_bare_name, NULL },
	{ 0, MMS_MUST, FLD_N, mms_vars, NULL },
};
static const struct mms_shape define_list = MMS_SHAPE(define_list_rows, MMS_SEQUENCE);

static const struct mms_row list_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_N, mms_vars, NULL },
	{ 2, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape list_attributes = MMS_SHAPE(list_attributes_rows, MMS_OPEN);

static const struct mms_row define_type_rows[] = {
	{ MMS_TAG_NAME, MMS_MUST, FLD_MMS_OBJECT, mms_bare_name, NULL },
	{ MMS_TAG_TYPE, MMS_MUST, FLD_MMS_TYPE, mms_bare_type, NULL },
};
static const struct mms_shape define_type = MMS_SHAPE(define_type_rows, MMS_SEQUENCE);

static const struct mms_row type_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ MMS_TAG_TYPE, MMS_MUST, FLD_MMS_TYPE, mms_bare_type, NULL },
	{ 1, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
	{ 4, 0, FLD_MMS_MEANING, mms_bytes, NULL },
};
static const struct mms_shape type_attributes = MMS_SHAPE(type_attributes_rows, MMS_OPEN);

/* --- deletion ---------------------------------------------------------------------------------------- */

static const struct mms_row delete_request_rows[] = {
	{ 0, 0, FLD_MMS_SCOPE, mms_uint, NULL },
	{ 1, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 2, 0, FLD_MMS_DOMAIN, mms_ident, NULL },
};
static const struct mms_shape delete_request = MMS_SHAPE(delete_request_rows, MMS_SEQUENCE);

/* Without a scope, it is of names: then there have to be some. */
static void delete_names(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	uint32_t scope = SCOPE_SPECIFIC;
	bool named = false;
	mms_seq(w, b, t, row);
	while (w->out == NULL && mms_step(w, &in, &e)) {
		if (ber_is(&e, BER_CONTEXT, 0))
			scope = mms_take_uint(w->p, e.value);
		named |= ber_is(&e, BER_CONTEXT, 1) && e.value.len != 0;
	}
	if (w->out == NULL && scope == SCOPE_SPECIFIC && !named)
		mms_set_odd(w->p, ODD_MALFORMED);
}

static const struct mms_row delete_response_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_MATCHED, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_DELETED, mms_uint, NULL },
};
static const struct mms_shape delete_response = MMS_SHAPE(delete_response_rows, MMS_SEQUENCE);

/* --- data exchange ----------------------------------------------------------------------------------- */

static const struct mms_row exchange_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_IN_USE, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_MMS_TYPE, mms_types, NULL },
	{ 2, MMS_MUST, FLD_MMS_TYPE, mms_types, NULL },
	{ 3, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 4, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape exchange_attributes = MMS_SHAPE(exchange_attributes_rows, MMS_OPEN);

static const struct mms_row exchange_request_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_N, mms_data_list, NULL },
};
static const struct mms_shape exchange_request = MMS_SHAPE(exchange_request_rows, MMS_SEQUENCE);

static const struct mms_row exchange_response_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_data_list, NULL },
};
static const struct mms_shape exchange_response = MMS_SHAPE(exchange_response_rows, MMS_SEQUENCE);

const struct mms_service mms_variable_services[13] = {
	{ { 4, MMS_KEPT, FLD_N, mms_seq, &read_request }, { 4, MMS_KEPT, FLD_N, mms_seq, &read_response } },
	{ { 5, MMS_KEPT, FLD_N, mms_seq, &write_request }, { 5, MMS_KEPT, FLD_N, write_results, NULL } },
	{ { 6, 0, FLD_N, mms_seq, &attributes_request }, { 6, 0, FLD_N, mms_seq, &attributes_response } },
	{ { 7, 0, FLD_N, mms_seq, &define_variable }, { 7, 0, FLD_N, mms_null, NULL } },
	{ { 8, 0, FLD_N, mms_seq, &define_scattered }, { 8, 0, FLD_N, mms_null, NULL } },
	{ { 9, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 9, 0, FLD_N, mms_seq, &scattered_attributes } },
	{ { 10, 0, FLD_N, delete_names, &delete_request }, { 10, 0, FLD_N, mms_seq, &delete_response } },
	{ { 11, 0, FLD_N, mms_seq, &define_list }, { 11, 0, FLD_N, mms_null, NULL } },
	{ { 12, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 12, 0, FLD_N, mms_seq, &list_attributes } },
	{ { 13, 0, FLD_N, delete_names, &delete_request }, { 13, 0, FLD_N, mms_seq, &delete_response } },
	{ { 14, 0, FLD_N, mms_seq, &define_type }, { 14, 0, FLD_N, mms_null, NULL } },
	{ { 15, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 15, 0, FLD_N, mms_seq, &type_attributes } },
	{ { 16, 0, FLD_N, delete_names, &delete_request }, { 16, 0, FLD_N, mms_seq, &delete_response } },
};

const struct mms_service mms_exchange_services[2] = {
	{ { 80, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 80, 0, FLD_N, mms_seq, &exchange_attributes } },
	{ { 81, 0, FLD_N, mms_seq, &exchange_request }, { 81, 0, FLD_N, mms_seq, &exchange_response } },
};
