/* mms_additional.c - additionalService: the services inside, by name and what they say (ISO 9506-2 10 to 12, 21, 22). */
#include "decoders/mms/mms_int.h"

enum { EXTERNAL = 8, EMBEDDED_PDV = 11 };

static const struct mms_row select_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, 0, FLD_MMS_OBJECT, mms_strings, NULL },
};
static const struct mms_shape select = MMS_SHAPE(select_rows, MMS_SEQUENCE);

static const struct mms_row alter_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, 0, FLD_N, mms_skip, NULL },
};
static const struct mms_shape alter = MMS_SHAPE(alter_rows, MMS_SEQUENCE);

static const struct mms_row upload_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_OR, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
	{ 2, MMS_OR, FLD_MMS_ULSM, mms_int, NULL },
	{ 3, 0, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
};
static const struct mms_shape upload = MMS_SHAPE(upload_rows, MMS_SEQUENCE);

/* Control elements themselves are not read. */
static const struct mms_row segment_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_skip, NULL },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape segment = MMS_SHAPE(segment_rows, MMS_SEQUENCE);

static const struct mms_row uploaded_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_skip, NULL },
	{ 1, MMS_OR, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
	{ 2, MMS_OR, FLD_MMS_ULSM, mms_int, NULL },
	{ 3, 0, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
};
static const struct mms_shape uploaded = MMS_SHAPE(uploaded_rows, MMS_SEQUENCE);

static const struct mms_row start_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_OR, FLD_MMS_ARGUMENT, mms_bytes, NULL },
	{ MMS_U + EXTERNAL, MMS_OR, FLD_MMS_ARGUMENT, mms_raw, NULL },
	{ MMS_U + EMBEDDED_PDV, 0, FLD_MMS_ARGUMENT, mms_raw, NULL },
};
static const struct mms_shape start = MMS_SHAPE(start_rows, MMS_SEQUENCE);

static const struct mms_row unit_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_DOMAIN, mms_strings, NULL },
	{ 2, MMS_MUST, FLD_MMS_OBJECT, mms_strings, NULL },
};
static const struct mms_shape unit = MMS_SHAPE(unit_rows, MMS_SEQUENCE);

static const struct mms_row unit_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_DOMAIN, mms_strings, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_strings, NULL },
};
static const struct mms_shape unit_attributes = MMS_SHAPE(unit_attributes_rows, MMS_SEQUENCE);

static const struct mms_row file_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_file, NULL },
	{ 2, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
};
static const struct mms_shape file = MMS_SHAPE(file_rows, MMS_SEQUENCE);

static const struct mms_row conditions_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_names, NULL },
	{ 2, 0, FLD_MMS_OBJECT, mms_names, NULL },
};
static const struct mms_shape conditions = MMS_SHAPE(conditions_rows, MMS_SEQUENCE);

static const struct mms_row condition_lists_rows[] = {
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_names, NULL },
	{ 2, 0, FLD_MMS_OBJECT, mms_names, NULL },
};
static const struct mms_shape condition_lists = MMS_SHAPE(condition_lists_rows, MMS_SEQUENCE);

static const struct mms_row report_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_CONTINUE_AFTER, mms_ident, NULL },
};
static const struct mms_shape report = MMS_SHAPE(report_rows, MMS_SEQUENCE);

static const struct mms_row condition_status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_MMS_ENROLLMENTS, mms_uint, NULL },
	{ 3, 0, FLD_MMS_ENABLED, mms_bool, NULL },
	{ 4, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 5, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape condition_status = MMS_SHAPE(condition_status_rows, MMS_SEQUENCE);

static const struct mms_row reported_rows[] = {
	{ 1, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &condition_status },
	{ 2, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape reported = MMS_SHAPE(reported_rows, MMS_SEQUENCE);

static const struct mms_row priority_rows[] = {
	{ 0, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape priority = MMS_SHAPE(priority_rows, MMS_CHOICE);

static const struct mms_row monitoring_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_ENABLED, mms_bool, NULL },
	{ 2, 0, FLD_N, mms_seq, &priority },
};
static const struct mms_shape monitoring = MMS_SHAPE(monitoring_rows, MMS_SEQUENCE);

static const struct mms_row requests_rows[] = {
	{ 0, 0, FLD_N, mms_null, NULL },
	{ 1, 0, FLD_MMS_EXTENDED, mms_bool, NULL },
	{ 2, 0, FLD_N, mms_seq, &select },
	{ 3, 0, FLD_N, mms_seq, &alter },
	{ 4, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 5, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 6, 0, FLD_N, mms_seq, &upload },
	{ 7, 0, FLD_N, mms_seq, &start },
	{ 8, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 9, 0, FLD_N, mms_seq, &unit },
	{ 10, 0, FLD_N, mms_seq, &unit },
	{ 11, 0, FLD_N, mms_seq, &unit },
	{ 12, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 13, 0, FLD_N, mms_seq, &file },
	{ 14, 0, FLD_N, mms_seq, &file },
	{ 15, 0, FLD_MMS_OBJECT, mms_ident, NULL },
	{ 16, 0, FLD_N, mms_seq, &conditions },
	{ 17, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 18, 0, FLD_N, mms_seq, &conditions },
	{ 19, 0, FLD_N, mms_seq, &conditions },
	{ 20, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 21, 0, FLD_N, mms_seq, &report },
	{ 22, 0, FLD_N, mms_seq, &monitoring },
};
static const struct mms_shape requests = MMS_SHAPE(requests_rows, MMS_CHOICE);

static const struct mms_row responses_rows[] = {
	{ 0, 0, FLD_N, mms_null, NULL },
	{ 1, 0, FLD_N, mms_seq, &mms_status },
	{ 2, 0, FLD_N, mms_null, NULL },
	{ 3, 0, FLD_N, mms_null, NULL },
	{ 4, 0, FLD_N, mms_null, NULL },
	{ 5, 0, FLD_N, mms_seq, &segment },
	{ 6, 0, FLD_N, mms_seq, &uploaded },
	{ 7, 0, FLD_N, mms_null, NULL },
	{ 8, 0, FLD_N, mms_null, NULL },
	{ 9, 0, FLD_N, mms_null, NULL },
	{ 10, 0, FLD_N, mms_null, NULL },
	{ 11, 0, FLD_N, mms_null, NULL },
	{ 12, 0, FLD_N, mms_seq, &unit_attributes },
	{ 13, 0, FLD_N, mms_null, NULL },
	{ 14, 0, FLD_N, mms_null, NULL },
	{ 15, 0, FLD_N, mms_null, NULL },
	{ 16, 0, FLD_N, mms_null, NULL },
	{ 17, 0, FLD_N, mms_null, NULL },
	{ 18, 0, FLD_N, mms_null, NULL },
	{ 19, 0, FLD_N, mms_null, NULL },
	{ 20, 0, FLD_N, mms_seq, &condition_lists },
	{ 21, 0, FLD_N, mms_seq, &reported },
	{ 22, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape responses = MMS_SHAPE(responses_rows, MMS_CHOICE);

static void additional(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	const char *name = mms_step(w, &in, &e) && e.cls == BER_CONTEXT ? mms_additional_name(e.tag) : NULL;
	if (name != NULL)
		mms_tell_text(w, FLD_MMS_INNER, e.tag, name);
	mms_seq(w, b, t, row);
}

const struct mms_service mms_additional_services[1] = {
	{ { 78, 0, FLD_N, additional, &requests }, { 78, 0, FLD_N, additional, &responses } },
};
