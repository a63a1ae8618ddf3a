/* mms_error.c - ServiceError (ISO 9506-2 7.2.3): class, code, and what came with them. */
#include "decoders/mms/mms_int.h"

/* The class is the tag. */
static void error_class(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	(void)row;
	if (w->out != NULL)
		return;
	if (!mms_step(w, &in, &e) || e.cls != BER_CONTEXT || e.constructed) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	w->p->error = (e.tag & 0xff) << 8 | (mms_take_uint(w->p, e.value) & 0xff);
	w->p->has_error = true;
}

/* serviceSpecificInfo; of an additional service it is not read. */
static const struct mms_row specific_rows[] = {
	{ 0, 0, FLD_MMS_FILE_END, mms_uint, NULL },
	{ 1, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 2, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 3, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 4, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 5, 0, FLD_MMS_DELETED, mms_uint, NULL },
	{ 6, 0, FLD_MMS_DELETED, mms_uint, NULL },
	{ 7, 0, FLD_MMS_DELETED, mms_uint, NULL },
	{ 8, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 9, 0, FLD_MMS_FILE_END, mms_uint, NULL },
	{ 10, 0, FLD_N, mms_skip, NULL },
	{ 11, 0, FLD_MMS_CHANGED, mms_uint, NULL },
};
static const struct mms_shape specific = MMS_SHAPE(specific_rows, MMS_CHOICE);

static const struct mms_row service_error_rows[] = {
	{ 0, MMS_MUST, FLD_N, error_class, NULL },
	{ 1, 0, FLD_MMS_ADDITIONAL_CODE, mms_int, NULL },
	{ 2, 0, FLD_MMS_DESCRIPTION, mms_bytes, NULL },
	{ 3, 0, FLD_N, mms_seq, &specific },
};
static const struct mms_shape service_error = MMS_SHAPE(service_error_rows, MMS_OPEN);

void mms_service_error(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	(void)row;
	w->aside++;
	mms_walk(w, &in, &service_error);
	w->aside--;
}

const struct mms_row mms_error_row = { 0, 0, FLD_N, mms_service_error, NULL };
