/* mms_domain.c - domains and their loading up and down (ISO 9506-2 11). */
#include "decoders/mms/mms_int.h"

enum { EXTERNAL = 8, EMBEDDED_PDV = 11 };

/* Load data that is EXTERNAL or EMBEDDED PDV: its size with its descriptors. */
static void coded(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	if (w->out != NULL)
		dec_add_num(w->out, (enum field_id)row->field, t->value.len);
}

static const struct mms_row begin_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_CAPABILITY, mms_strings, NULL },
	{ 2, MMS_MUST, FLD_MMS_SHARABLE, mms_bool, NULL },
};
static const struct mms_shape begin = MMS_SHAPE(begin_rows, MMS_SEQUENCE);

static const struct mms_row segment_rows[] = {
	{ 0, MMS_OR, FLD_MMS_SIZE, mms_size, NULL },
	{ MMS_U + EXTERNAL, MMS_OR, FLD_MMS_SIZE, coded, NULL },
	{ MMS_U + EMBEDDED_PDV, MMS_MUST, FLD_MMS_SIZE, coded, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape segment = MMS_SHAPE(segment_rows, MMS_SEQUENCE);

static const struct mms_row end_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 1, 0, FLD_N, mms_service_error, NULL },
};
static const struct mms_shape end = MMS_SHAPE(end_rows, MMS_SEQUENCE);

static const struct mms_row upload_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ULSM, mms_int, NULL },
	{ 1, MMS_MUST, FLD_MMS_CAPABILITY, mms_strings, NULL },
};
static const struct mms_shape upload = MMS_SHAPE(upload_rows, MMS_SEQUENCE);

static const struct mms_row load_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 1, 0, FLD_MMS_CAPABILITY, mms_strings, NULL },
	{ 2, MMS_MUST, FLD_MMS_SHARABLE, mms_bool, NULL },
	{ 4, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 5, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
};
static const struct mms_shape load = MMS_SHAPE(load_rows, MMS_SEQUENCE);

static const struct mms_row store_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 2, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
};
static const struct mms_shape store = MMS_SHAPE(store_rows, MMS_SEQUENCE);

static const struct mms_row attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_CAPABILITY, mms_strings, NULL },
	{ 1, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 3, MMS_MUST, FLD_MMS_SHARABLE, mms_bool, NULL },
	{ 4, MMS_MUST, FLD_MMS_OBJECT, mms_strings, NULL },
	{ 5, MMS_MUST, FLD_MMS_UPLOADS, mms_int, NULL },
	{ 6, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape attributes = MMS_SHAPE(attributes_rows, MMS_OPEN);

const struct mms_service mms_domain_services[12] = {
	{ { 26, 0, FLD_N, mms_seq, &begin }, { 26, 0, FLD_N, mms_null, NULL } },
	{ { 27, 0, FLD_MMS_DOMAIN, mms_ident, NULL }, { 27, 0, FLD_N, mms_seq, &segment } },
	{ { 28, 0, FLD_N, mms_seq, &end }, { 28, 0, FLD_N, mms_null, NULL } },
	{ { 29, 0, FLD_MMS_DOMAIN, mms_ident, NULL }, { 29, 0, FLD_N, mms_seq, &upload } },
	{ { 30, 0, FLD_MMS_ULSM, mms_int, NULL }, { 30, 0, FLD_N, mms_seq, &segment } },
	{ { 31, 0, FLD_MMS_ULSM, mms_int, NULL }, { 31, 0, FLD_N, mms_null, NULL } },
	{ { 32, 0, FLD_N, mms_seq, &load }, { 32, 0, FLD_N, mms_null, NULL } },
	{ { 33, 0, FLD_N, mms_seq, &store }, { 33, 0, FLD_N, mms_null, NULL } },
	{ { 34, 0, FLD_N, mms_seq, &load }, { 34, 0, FLD_N, mms_null, NULL } },
	{ { 35, 0, FLD_N, mms_seq, &store }, { 35, 0, FLD_N, mms_null, NULL } },
	{ { 36, 0, FLD_MMS_DOMAIN, mms_ident, NULL }, { 36, 0, FLD_N, mms_null, NULL } },
	{ { 37, 0, FLD_MMS_DOMAIN, mms_ident, NULL }, { 37, 0, FLD_N, mms_seq, &attributes } },
};
