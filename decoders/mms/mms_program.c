/* mms_program.c - program invocations (ISO 9506-2 12). */
#include "decoders/mms/mms_int.h"

enum { EXTERNAL = 8, EMBEDDED_PDV = 11 };

static const struct mms_row create_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_DOMAIN, mms_strings, NULL },
	{ 2, 0, FLD_MMS_REUSABLE, mms_bool, NULL },
	{ 3, 0, FLD_MMS_MONITOR, mms_bool, NULL },
};
static const struct mms_shape create = MMS_SHAPE(create_rows, MMS_OPEN);

static const struct mms_row run_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_OR, FLD_MMS_ARGUMENT, mms_bytes, NULL },
	{ MMS_U + EXTERNAL, MMS_OR, FLD_MMS_ARGUMENT, mms_raw, NULL },
	{ MMS_U + EMBEDDED_PDV, 0, FLD_MMS_ARGUMENT, mms_raw, NULL },
};
static const struct mms_shape run = MMS_SHAPE(run_rows, MMS_SEQUENCE);

static const struct mms_row name_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
};
static const struct mms_shape name = MMS_SHAPE(name_rows, MMS_SEQUENCE);

static const struct mms_row attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_DOMAIN, mms_strings, NULL },
	{ 2, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 3, MMS_MUST, FLD_MMS_REUSABLE, mms_bool, NULL },
	{ 4, MMS_MUST, FLD_MMS_MONITOR, mms_bool, NULL },
	{ 5, MMS_OR, FLD_MMS_ARGUMENT, mms_bytes, NULL },
	{ MMS_U + EXTERNAL, MMS_OR, FLD_MMS_ARGUMENT, mms_raw, NULL },
	{ MMS_U + EMBEDDED_PDV, 0, FLD_MMS_ARGUMENT, mms_raw, NULL },
	{ 6, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape attributes = MMS_SHAPE(attributes_rows, MMS_OPEN);

const struct mms_service mms_program_services[8] = {
	{ { 38, 0, FLD_N, mms_seq, &create }, { 38, 0, FLD_N, mms_null, NULL } },
	{ { 39, 0, FLD_MMS_OBJECT, mms_ident, NULL }, { 39, 0, FLD_N, mms_null, NULL } },
	{ { 40, 0, FLD_N, mms_seq, &run }, { 40, 0, FLD_N, mms_null, NULL } },
	{ { 41, 0, FLD_N, mms_seq, &name }, { 41, 0, FLD_N, mms_null, NULL } },
	{ { 42, 0, FLD_N, mms_seq, &run }, { 42, 0, FLD_N, mms_null, NULL } },
	{ { 43, 0, FLD_N, mms_seq, &name }, { 43, 0, FLD_N, mms_null, NULL } },
	{ { 44, 0, FLD_N, mms_seq, &name }, { 44, 0, FLD_N, mms_null, NULL } },
	{ { 45, 0, FLD_MMS_OBJECT, mms_ident, NULL }, { 45, 0, FLD_N, mms_seq, &attributes } },
};
