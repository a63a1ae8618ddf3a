/* mms_file.c - files (ISO 9506-2 annexes C and D). */
#include "decoders/mms/mms_int.h"

enum { SEQUENCE = 16 };

static const struct mms_row obtain_rows[] = {
	{ 0, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 2, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
};
static const struct mms_shape obtain = MMS_SHAPE(obtain_rows, MMS_SEQUENCE);

const struct mms_service mms_obtain_services[1] = {
	{ { 46, 0, FLD_N, mms_seq, &obtain }, { 46, 0, FLD_N, mms_null, NULL } },
};

static const struct mms_row attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_SIZE, mms_uint, NULL },
	{ 1, 0, FLD_MMS_MODIFIED, mms_bytes, NULL },
};
static const struct mms_shape attributes = MMS_SHAPE(attributes_rows, MMS_SEQUENCE);

static const struct mms_row open_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 1, MMS_MUST, FLD_MMS_POSITION, mms_uint, NULL },
};
static const struct mms_shape open = MMS_SHAPE(open_rows, MMS_SEQUENCE);

static const struct mms_row opened_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_FRSM, mms_int, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &attributes },
};
static const struct mms_shape opened = MMS_SHAPE(opened_rows, MMS_SEQUENCE);

static const struct mms_row data_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_SIZE, mms_size, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape data = MMS_SHAPE(data_rows, MMS_SEQUENCE);

static const struct mms_row move_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
};
static const struct mms_shape move = MMS_SHAPE(move_rows, MMS_SEQUENCE);

static const struct mms_row directory_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_file, NULL },
	{ 1, 0, FLD_MMS_CONTINUE_AFTER, mms_file, NULL },
};
static const struct mms_shape directory = MMS_SHAPE(directory_rows, MMS_SEQUENCE);

static const struct mms_row entry_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &attributes },
};
static const struct mms_shape entry = MMS_SHAPE(entry_rows, MMS_SEQUENCE);

/* The list is in an explicit tag. */
static const struct mms_row entries_rows[] = {
	{ MMS_U + SEQUENCE, MMS_COUNT, FLD_N, mms_list, &entry },
};
static const struct mms_shape entries = MMS_SHAPE(entries_rows, MMS_CHOICE);

static const struct mms_row listing_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_seq, &entries },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape listing = MMS_SHAPE(listing_rows, MMS_SEQUENCE);

const struct mms_service mms_file_services[6] = {
	{ { 72, 0, FLD_N, mms_seq, &open }, { 72, 0, FLD_N, mms_seq, &opened } },
	{ { 73, 0, FLD_MMS_FRSM, mms_int, NULL }, { 73, 0, FLD_N, mms_seq, &data } },
	{ { 74, 0, FLD_MMS_FRSM, mms_int, NULL }, { 74, 0, FLD_N, mms_null, NULL } },
	{ { 75, 0, FLD_N, mms_seq, &move }, { 75, 0, FLD_N, mms_null, NULL } },
	{ { 76, 0, FLD_MMS_OBJECT, mms_file, NULL }, { 76, 0, FLD_N, mms_null, NULL } },
	{ { 77, 0, FLD_N, mms_seq, &directory }, { 77, 0, FLD_N, mms_seq, &listing } },
};
