/* mms_journal.c - journals (ISO 9506-2 18). */
#include "decoders/mms/mms_int.h"

enum { UTF8_STRING = 12, VISIBLE_STRING = 26 };

static const struct mms_row start_rows[] = {
	{ 0, 0, FLD_MMS_TIME, mms_time, NULL },
	{ 1, 0, FLD_MMS_ENTRY, mms_bytes, NULL },
};
static const struct mms_shape start = MMS_SHAPE(start_rows, MMS_CHOICE);

static const struct mms_row stop_rows[] = {
	{ 0, 0, FLD_MMS_TIME, mms_time, NULL },
	{ 1, 0, FLD_MMS_ENTRIES, mms_int, NULL },
};
static const struct mms_shape stop = MMS_SHAPE(stop_rows, MMS_CHOICE);

static const struct mms_row after_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_TIME, mms_time, NULL },
	{ 1, MMS_MUST, FLD_MMS_CONTINUE_AFTER, mms_bytes, NULL },
};
static const struct mms_shape after = MMS_SHAPE(after_rows, MMS_SEQUENCE);

static const struct mms_row read_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_N, mms_seq, &start },
	{ 2, 0, FLD_N, mms_seq, &stop },
	{ 4, 0, FLD_MMS_TAG, mms_strings, NULL },
	{ 5, 0, FLD_N, mms_seq, &after },
};
static const struct mms_shape read = MMS_SHAPE(read_rows, MMS_SEQUENCE);

static const struct mms_row event_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
};
static const struct mms_shape event = MMS_SHAPE(event_rows, MMS_SEQUENCE);

static const struct mms_row variable_rows[] = {
	{ MMS_U + UTF8_STRING, MMS_OR, FLD_MMS_TAG, mms_bytes, NULL },
	{ MMS_U + VISIBLE_STRING, MMS_MUST, FLD_MMS_TAG, mms_bytes, NULL },
	{ MMS_TAG_TYPE, MMS_MUST, FLD_N, mms_value, NULL },
};
static const struct mms_shape variable = MMS_SHAPE(variable_rows, MMS_SEQUENCE);

static const struct mms_row data_rows[] = {
	{ 0, 0, FLD_N, mms_seq, &event },
	{ 1, 0, FLD_N, mms_list, &variable },
};
static const struct mms_shape data = MMS_SHAPE(data_rows, MMS_SEQUENCE);

static const struct mms_row content_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_TIME, mms_time, NULL },
	{ 2, MMS_OR, FLD_N, mms_seq, &data },
	{ 3, MMS_MUST, FLD_MMS_TEXT, mms_wrapped, NULL },
};
static const struct mms_shape content = MMS_SHAPE(content_rows, MMS_SEQUENCE);

static const struct mms_row entry_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ENTRY, mms_bytes, NULL },
	{ 1, MMS_MUST, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 2, MMS_MUST, FLD_N, mms_seq, &content },
};
static const struct mms_shape entry = MMS_SHAPE(entry_rows, MMS_SEQUENCE);

static const struct mms_row entries_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &entry },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape entries = MMS_SHAPE(entries_rows, MMS_SEQUENCE);

static const struct mms_row write_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &content },
};
static const struct mms_shape write = MMS_SHAPE(write_rows, MMS_SEQUENCE);

static const struct mms_row limit_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_TIME, mms_time, NULL },
	{ 1, 0, FLD_MMS_ENTRY, mms_bytes, NULL },
};
static const struct mms_shape limit = MMS_SHAPE(limit_rows, MMS_SEQUENCE);

static const struct mms_row initialize_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_N, mms_seq, &limit },
};
static const struct mms_shape initialize = MMS_SHAPE(initialize_rows, MMS_SEQUENCE);

static const struct mms_row status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_ENTRIES, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 2, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape status = MMS_SHAPE(status_rows, MMS_OPEN);

static const struct mms_row name_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
};
static const struct mms_shape name = MMS_SHAPE(name_rows, MMS_SEQUENCE);

const struct mms_service mms_journal_services[6] = {
	{ { 65, 0, FLD_N, mms_seq, &read }, { 65, 0, FLD_N, mms_seq, &entries } },
	{ { 66, 0, FLD_N, mms_seq, &write }, { 66, 0, FLD_N, mms_null, NULL } },
	{ { 67, 0, FLD_N, mms_seq, &initialize }, { 67, 0, FLD_MMS_DELETED, mms_uint, NULL } },
	{ { 68, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 68, 0, FLD_N, mms_seq, &status } },
	{ { 69, 0, FLD_N, mms_seq, &name }, { 69, 0, FLD_N, mms_null, NULL } },
	{ { 70, 0, FLD_N, mms_seq, &name }, { 70, 0, FLD_N, mms_null, NULL } },
};
