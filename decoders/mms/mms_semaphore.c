/* mms_semaphore.c - semaphore services (ISO 9506-2 15). */
#include "decoders/mms/mms_int.h"

static const struct mms_row take_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_TOKEN, mms_ident, NULL },
	{ 2, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_DELAY, mms_uint, NULL },
	{ 4, 0, FLD_MMS_TIMEOUT, mms_uint, NULL },
	{ 5, 0, FLD_N, mms_bool, NULL },
	{ 6, 0, FLD_N, mms_bool, NULL },
	{ 7, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
};
static const struct mms_shape take = MMS_SHAPE(take_rows, MMS_SEQUENCE);

static const struct mms_row taken_rows[] = {
	{ 0, 0, FLD_N, mms_null, NULL },
	{ 1, 0, FLD_MMS_TOKEN, mms_ident, NULL },
};
static const struct mms_shape taken = MMS_SHAPE(taken_rows, MMS_CHOICE);

static const struct mms_row give_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_TOKEN, mms_ident, NULL },
};
static const struct mms_shape give = MMS_SHAPE(give_rows, MMS_SEQUENCE);

static const struct mms_row define_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_TOKENS, mms_uint, NULL },
};
static const struct mms_shape define = MMS_SHAPE(define_rows, MMS_SEQUENCE);

static const struct mms_row status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_MMS_CLASS, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_MMS_TOKENS, mms_uint, NULL },
	{ 3, MMS_MUST, FLD_MMS_OWNED, mms_uint, NULL },
	{ 4, MMS_MUST, FLD_MMS_HUNG, mms_uint, NULL },
	{ 5, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape status = MMS_SHAPE(status_rows, MMS_OPEN);

static const struct mms_row pool_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
};
static const struct mms_shape pool = MMS_SHAPE(pool_rows, MMS_SEQUENCE);

/* Free, owned and hung ones. */
static const struct mms_row tokens_rows[] = {
	{ 0, 0, FLD_MMS_TOKEN, mms_ident, NULL },
	{ 1, 0, FLD_MMS_TOKEN, mms_ident, NULL },
	{ 2, 0, FLD_MMS_TOKEN, mms_ident, NULL },
};
static const struct mms_shape tokens = MMS_SHAPE(tokens_rows, MMS_REPEAT);

static const struct mms_row pool_tokens_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_seq, &tokens },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape pool_tokens = MMS_SHAPE(pool_tokens_rows, MMS_SEQUENCE);

static const struct mms_row entries_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 2, 0, FLD_MMS_ENTRY, mms_bytes, NULL },
};
static const struct mms_shape entries = MMS_SHAPE(entries_rows, MMS_SEQUENCE);

static const struct mms_row entry_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ENTRY, mms_bytes, NULL },
	{ 1, MMS_MUST, FLD_MMS_CLASS, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 3, 0, FLD_MMS_TOKEN, mms_ident, NULL },
	{ 4, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 5, 0, FLD_MMS_TIMEOUT, mms_uint, NULL },
	{ 6, 0, FLD_N, mms_bool, NULL },
	{ 7, 0, FLD_N, mms_bool, NULL },
};
static const struct mms_shape entry = MMS_SHAPE(entry_rows, MMS_SEQUENCE);

static const struct mms_row entry_list_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &entry },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape entry_list = MMS_SHAPE(entry_list_rows, MMS_SEQUENCE);

const struct mms_service mms_semaphore_services[7] = {
	{ { 19, 0, FLD_N, mms_seq, &take }, { 19, 0, FLD_N, mms_seq, &taken } },
	{ { 20, 0, FLD_N, mms_seq, &give }, { 20, 0, FLD_N, mms_null, NULL } },
	{ { 21, 0, FLD_N, mms_seq, &define }, { 21, 0, FLD_N, mms_null, NULL } },
	{ { 22, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 22, 0, FLD_N, mms_null, NULL } },
	{ { 23, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 23, 0, FLD_N, mms_seq, &status } },
	{ { 24, 0, FLD_N, mms_seq, &pool }, { 24, 0, FLD_N, mms_seq, &pool_tokens } },
	{ { 25, 0, FLD_N, mms_seq, &entries }, { 25, 0, FLD_N, mms_seq, &entry_list } },
};
