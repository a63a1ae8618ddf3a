/* mms_event.c - event conditions, actions, enrollments, alarms and notifications (ISO 9506-2 17 to 19). */
#include "decoders/mms/mms_int.h"

/* --- modifiers of requests --------------------------------------------------------------------------- */

static const struct mms_row attach_event_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 2, MMS_MUST, FLD_MMS_TRANSITIONS, mms_bits, NULL },
	{ 3, 0, FLD_MMS_DELAY, mms_uint, NULL },
};
static const struct mms_shape attach_event = MMS_SHAPE(attach_event_rows, MMS_SEQUENCE);

static const struct mms_row attach_semaphore_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_TOKEN, mms_ident, NULL },
	{ 2, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_DELAY, mms_uint, NULL },
	{ 4, 0, FLD_MMS_TIMEOUT, mms_uint, NULL },
	{ 5, 0, FLD_N, mms_bool, NULL },
	{ 6, 0, FLD_N, mms_bool, NULL },
};
static const struct mms_shape attach_semaphore = MMS_SHAPE(attach_semaphore_rows, MMS_SEQUENCE);

/* What a request waits for: told with the names of it, which are not what the request is about. */
static void modifier(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	mms_tell_text(w, FLD_MMS_MODIFIER, t->tag, t->tag == 0 ? "attachToEventCondition" : "attachToSemaphore");
	w->aside++;
	mms_seq(w, b, t, row);
	w->aside--;
}

static const struct mms_row modifiers_rows[] = {
	{ 0, 0, FLD_N, modifier, &attach_event },
	{ 1, 0, FLD_N, modifier, &attach_semaphore },
};
const struct mms_shape mms_modifiers = MMS_SHAPE(modifiers_rows, MMS_REPEAT);

/* --- conditions -------------------------------------------------------------------------------------- */

static const struct mms_row condition_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_CLASS, mms_uint, NULL },
	{ 2, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_SEVERITY, mms_uint, NULL },
	{ 4, 0, FLD_MMS_ALARM_REPORTS, mms_bool, NULL },
	{ 6, 0, FLD_MMS_OBJECT, mms_var_spec, NULL },
	{ 7, 0, FLD_MMS_INTERVAL, mms_uint, NULL },
};
static const struct mms_shape condition = MMS_SHAPE(condition_rows, MMS_SEQUENCE);

static const struct mms_row conditions_delete_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
	{ 2, 0, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 3, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape conditions_delete = MMS_SHAPE(conditions_delete_rows, MMS_CHOICE);

static const struct mms_row monitored_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_var_spec, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape monitored = MMS_SHAPE(monitored_rows, MMS_CHOICE);

static const struct mms_row condition_attributes_rows[] = {
	{ 0, 0, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_MMS_CLASS, mms_uint, NULL },
	{ 2, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_SEVERITY, mms_uint, NULL },
	{ 4, 0, FLD_MMS_ALARM_REPORTS, mms_bool, NULL },
	{ 6, 0, FLD_N, mms_seq, &monitored },
	{ 7, 0, FLD_MMS_INTERVAL, mms_uint, NULL },
	{ 8, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape condition_attributes = MMS_SHAPE(condition_attributes_rows, MMS_OPEN);

static const struct mms_row condition_status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_ENROLLMENTS, mms_uint, NULL },
	{ 2, 0, FLD_MMS_ENABLED, mms_bool, NULL },
	{ 3, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 4, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape condition_status = MMS_SHAPE(condition_status_rows, MMS_SEQUENCE);

static const struct mms_row condition_alter_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_ENABLED, mms_bool, NULL },
	{ 2, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_ALARM_REPORTS, mms_bool, NULL },
	{ 4, 0, FLD_MMS_INTERVAL, mms_uint, NULL },
};
static const struct mms_shape condition_alter = MMS_SHAPE(condition_alter_rows, MMS_OPEN);

static const struct mms_row trigger_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_PRIORITY, mms_uint, NULL },
};
static const struct mms_shape trigger = MMS_SHAPE(trigger_rows, MMS_SEQUENCE);

/* --- actions ----------------------------------------------------------------------------------------- */

static const struct mms_row action_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_N, mms_seq, &mms_modifiers },
	{ 2, MMS_MUST, FLD_N, mms_inner_request, NULL },
	{ 79, 0, FLD_N, mms_skip, NULL },
};
static const struct mms_shape action = MMS_SHAPE(action_rows, MMS_OPEN);

static const struct mms_row actions_delete_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
	{ 3, 0, FLD_MMS_DOMAIN, mms_ident, NULL },
	{ 4, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape actions_delete = MMS_SHAPE(actions_delete_rows, MMS_CHOICE);

static const struct mms_row action_attributes_rows[] = {
	{ 0, 0, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &mms_modifiers },
	{ 2, MMS_MUST, FLD_N, mms_inner_request, NULL },
	{ 79, 0, FLD_N, mms_skip, NULL },
	{ 3, 0, FLD_MMS_ACCESS_LIST, mms_ident, NULL },
};
static const struct mms_shape action_attributes = MMS_SHAPE(action_attributes_rows, MMS_OPEN);

/* --- enrollments ------------------------------------------------------------------------------------- */

static const struct mms_row enrollment_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_condition_name, NULL },
	{ 2, MMS_MUST, FLD_MMS_TRANSITIONS, mms_bits, NULL },
	{ 3, MMS_MUST, FLD_MMS_ACK_RULE, mms_uint, NULL },
	{ 4, 0, FLD_MMS_OBJECT, mms_condition_name, NULL },
	{ 5, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
};
static const struct mms_shape enrollment = MMS_SHAPE(enrollment_rows, MMS_OPEN);

static const struct mms_row enrollments_delete_rows[] = {
	{ 0, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 1, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 2, 0, FLD_MMS_OBJECT, mms_names, NULL },
};
static const struct mms_shape enrollments_delete = MMS_SHAPE(enrollments_delete_rows, MMS_CHOICE);

static const struct mms_row enrollment_alter_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, 0, FLD_MMS_TRANSITIONS, mms_bits, NULL },
	{ 2, 0, FLD_MMS_ACK_RULE, mms_uint, NULL },
};
static const struct mms_shape enrollment_alter = MMS_SHAPE(enrollment_alter_rows, MMS_OPEN);

static const struct mms_row enrollment_state_rows[] = {
	{ 0, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 1, 0, FLD_N, mms_null, NULL },
};
static const struct mms_shape enrollment_state = MMS_SHAPE(enrollment_state_rows, MMS_CHOICE);

static const struct mms_row enrollment_altered_rows[] = {
	{ 0, MMS_MUST, FLD_N, mms_seq, &enrollment_state },
	{ 1, MMS_MUST, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape enrollment_altered = MMS_SHAPE(enrollment_altered_rows, MMS_SEQUENCE);

static const struct mms_row enrollment_status_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_TRANSITIONS, mms_bits, NULL },
	{ 1, 0, FLD_MMS_LOST, mms_bool, NULL },
	{ 2, MMS_MUST, FLD_MMS_DURATION, mms_uint, NULL },
	{ 3, 0, FLD_MMS_ACK_RULE, mms_uint, NULL },
	{ 4, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
};
static const struct mms_shape enrollment_status = MMS_SHAPE(enrollment_status_rows, MMS_SEQUENCE);

static const struct mms_row enrollments_rows[] = {
	{ 0, 0, FLD_MMS_SCOPE, mms_uint, NULL },
	{ 1, 0, FLD_MMS_OBJECT, mms_names, NULL },
	{ 2, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 3, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 4, 0, FLD_MMS_OBJECT, mms_name, NULL },
	{ 5, 0, FLD_MMS_CONTINUE_AFTER, mms_name, NULL },
};
static const struct mms_shape enrollments = MMS_SHAPE(enrollments_rows, MMS_SEQUENCE);

static const struct mms_row enrollment_attributes_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_condition_name, NULL },
	{ 2, 0, FLD_MMS_OBJECT, mms_condition_name, NULL },
	{ 3, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 4, 0, FLD_MMS_DELETABLE, mms_bool, NULL },
	{ 5, MMS_MUST, FLD_MMS_CLASS, mms_uint, NULL },
	{ 6, 0, FLD_MMS_DURATION, mms_uint, NULL },
	{ 7, 0, FLD_N, mms_uint, NULL },
	{ 8, 0, FLD_MMS_DELAY, mms_uint, NULL },
	{ 9, 0, FLD_N, mms_skip, NULL },
};
static const struct mms_shape enrollment_attributes = MMS_SHAPE(enrollment_attributes_rows, MMS_OPEN);

static const struct mms_row enrollment_list_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &enrollment_attributes },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape enrollment_list = MMS_SHAPE(enrollment_list_rows, MMS_SEQUENCE);

/* --- alarms and notifications ------------------------------------------------------------------------ */

static const struct mms_row acknowledge_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 2, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 3, MMS_MUST, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape acknowledge = MMS_SHAPE(acknowledge_rows, MMS_SEQUENCE);

static const struct mms_row severities_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_MOST_SEVERE, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_MMS_LEAST_SEVERE, mms_uint, NULL },
};
static const struct mms_shape severities = MMS_SHAPE(severities_rows, MMS_SEQUENCE);

static const struct mms_row alarms_rows[] = {
	{ 0, 0, FLD_N, mms_bool, NULL },
	{ 1, 0, FLD_N, mms_bool, NULL },
	{ 2, 0, FLD_MMS_ACK_FILTER, mms_uint, NULL },
	{ 3, 0, FLD_N, mms_seq, &severities },
	{ 5, 0, FLD_MMS_CONTINUE_AFTER, mms_name, NULL },
};
static const struct mms_shape alarms = MMS_SHAPE(alarms_rows, MMS_SEQUENCE);

static const struct mms_row alarm_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_SEVERITY, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 3, MMS_MUST, FLD_MMS_UNACKNOWLEDGED, mms_uint, NULL },
	{ 4, 0, FLD_N, mms_skip, NULL },
	{ 5, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 6, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape alarm = MMS_SHAPE(alarm_rows, MMS_OPEN);

static const struct mms_row alarm_list_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &alarm },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape alarm_list = MMS_SHAPE(alarm_list_rows, MMS_SEQUENCE);

static const struct mms_row alarm_enrollment_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 2, 0, FLD_MMS_THIRD_PARTY, mms_reference, NULL },
	{ 3, MMS_MUST, FLD_MMS_SEVERITY, mms_uint, NULL },
	{ 4, MMS_MUST, FLD_MMS_STATE, mms_uint, NULL },
	{ 5, 0, FLD_N, mms_skip, NULL },
	{ 6, 0, FLD_MMS_LOST, mms_bool, NULL },
	{ 7, MMS_MUST, FLD_MMS_ACK_RULE, mms_uint, NULL },
	{ 8, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 9, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 10, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 11, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 12, 0, FLD_MMS_TIME_KIND, mms_event_time, NULL },
};
static const struct mms_shape alarm_enrollment = MMS_SHAPE(alarm_enrollment_rows, MMS_OPEN);

static const struct mms_row alarm_enrollment_list_rows[] = {
	{ 0, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &alarm_enrollment },
	{ 1, 0, FLD_MMS_MORE_FOLLOWS, mms_bool, NULL },
};
static const struct mms_shape alarm_enrollment_list = MMS_SHAPE(alarm_enrollment_list_rows, MMS_SEQUENCE);

static const struct mms_row failure_rows[] = {
	{ 0, 0, FLD_N, mms_uint, NULL },
	{ 1, MMS_MUST, FLD_N, mms_service_error, NULL },
};
static const struct mms_shape failure = MMS_SHAPE(failure_rows, MMS_SEQUENCE);

static const struct mms_row result_rows[] = {
	{ MMS_TAG_NAME, MMS_MUST, FLD_MMS_OBJECT, mms_bare_name, NULL },
	{ 0, MMS_OR, FLD_N, mms_inner_response, NULL },
	{ 1, MMS_MUST, FLD_N, mms_seq, &failure },
};
static const struct mms_shape result = MMS_SHAPE(result_rows, MMS_SEQUENCE);

static const struct mms_row notification_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_OBJECT, mms_name, NULL },
	{ 1, MMS_MUST, FLD_MMS_OBJECT, mms_condition_name, NULL },
	{ 2, MMS_MUST, FLD_MMS_SEVERITY, mms_uint, NULL },
	{ 3, 0, FLD_MMS_STATE, mms_uint, NULL },
	{ 4, MMS_MUST, FLD_MMS_TIME_KIND, mms_event_time, NULL },
	{ 6, 0, FLD_MMS_LOST, mms_bool, NULL },
	{ 7, 0, FLD_MMS_ACK_RULE, mms_uint, NULL },
	{ 8, 0, FLD_N, mms_seq, &result },
};
static const struct mms_shape notification = MMS_SHAPE(notification_rows, MMS_OPEN);

const struct mms_row mms_notification_row = { 2, 0, FLD_N, mms_seq, &notification };

const struct mms_service mms_event_services[18] = {
	{ { 47, 0, FLD_N, mms_seq, &condition }, { 47, 0, FLD_N, mms_null, NULL } },
	{ { 48, 0, FLD_N, mms_seq, &conditions_delete }, { 48, 0, FLD_MMS_NOT_DELETED, mms_uint, NULL } },
	{ { 49, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 49, 0, FLD_N, mms_seq, &condition_attributes } },
	{ { 50, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 50, 0, FLD_N, mms_seq, &condition_status } },
	{ { 51, 0, FLD_N, mms_seq, &condition_alter }, { 51, 0, FLD_N, mms_null, NULL } },
	{ { 52, 0, FLD_N, mms_seq, &trigger }, { 52, 0, FLD_N, mms_null, NULL } },
	{ { 53, 0, FLD_N, mms_seq, &action }, { 53, 0, FLD_N, mms_null, NULL } },
	{ { 54, 0, FLD_N, mms_seq, &actions_delete }, { 54, 0, FLD_MMS_NOT_DELETED, mms_uint, NULL } },
	{ { 55, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 55, 0, FLD_N, mms_seq, &action_attributes } },
	{ { 56, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 56, 0, FLD_MMS_ENROLLMENTS, mms_uint, NULL } },
	{ { 57, 0, FLD_N, mms_seq, &enrollment }, { 57, 0, FLD_N, mms_null, NULL } },
	{ { 58, 0, FLD_N, mms_seq, &enrollments_delete }, { 58, 0, FLD_MMS_NOT_DELETED, mms_uint, NULL } },
	{ { 59, 0, FLD_N, mms_seq, &enrollment_alter }, { 59, 0, FLD_N, mms_seq, &enrollment_altered } },
	{ { 60, 0, FLD_MMS_OBJECT, mms_name, NULL }, { 60, 0, FLD_N, mms_seq, &enrollment_status } },
	{ { 61, 0, FLD_N, mms_seq, &enrollments }, { 61, 0, FLD_N, mms_seq, &enrollment_list } },
	{ { 62, 0, FLD_N, mms_seq, &acknowledge }, { 62, 0, FLD_N, mms_null, NULL } },
	{ { 63, 0, FLD_N, mms_seq, &alarms }, { 63, 0, FLD_N, mms_seq, &alarm_list } },
	{ { 64, 0, FLD_N, mms_seq, &alarms }, { 64, 0, FLD_N, mms_seq, &alarm_enrollment_list } },
};
