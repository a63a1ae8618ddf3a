/* fields.h - the field list of an event: what signatures, lists and logs can ask of a PDU.
 *
 * A field is a number, a span of octets, or both (a number with its name as text). Spans are lent
 * for the event's duration. A field may occur more than once (every variable of a read).
 */
#ifndef DECODERS_FIELDS_H
#define DECODERS_FIELDS_H

#include "base/types.h"

/* X(id, nr, keyword, kind, times): nr is what travels between nodes, never given again; keyword is the rule language's; kind
 * num, text (a number with its name), bytes (words off the wire) or octets (shown in hexadecimal); times: may an event have
 * many of it? */
#define FIELD_LIST(X)                                                           \
	X(FLD_COTP_TYPE, 1, "cotp.type", num, one)                              \
	X(FLD_COTP_SRC_REF, 2, "cotp.src_ref", num, one)                        \
	X(FLD_COTP_DST_REF, 3, "cotp.dst_ref", num, one)                        \
	X(FLD_COTP_SRC_TSAP, 4, "cotp.src_tsap", octets, one)                   \
	X(FLD_COTP_DST_TSAP, 5, "cotp.dst_tsap", octets, one)                   \
	X(FLD_COTP_TPDU_SIZE, 6, "cotp.tpdu_size", num, one)                    \
	X(FLD_COTP_REASON, 7, "cotp.reason", num, one)                          \
	X(FLD_COTP_CLASS, 8, "cotp.class", num, one)                                    \
	X(FLD_COTP_CLASS_OPTIONS, 9, "cotp.class_options", num, one)                    \
	X(FLD_COTP_CREDIT, 10, "cotp.credit", num, one)                                 \
	X(FLD_COTP_OPTIONS, 11, "cotp.options", num, one)                               \
	X(FLD_COTP_ALTERNATIVE, 12, "cotp.alternative_class", num, many)                \
	X(FLD_COTP_PARAMETER, 13, "cotp.parameter", num, many)                          \
	X(FLD_COTP_INFO, 14, "cotp.info", octets, one)                                  \
	X(FLD_COTP_REJECTED, 15, "cotp.rejected", octets, one)                          \
	X(FLD_COTP_EOT, 16, "cotp.eot", num, one)                                       \
	X(FLD_COTP_NR, 17, "cotp.nr", num, one)                                         \
	X(FLD_COTP_DATA, 18, "cotp.data", octets, one)                                  \
	X(FLD_SES_SI, 20, "ses.si", num, one)                                   \
	X(FLD_SES_SRC_SEL, 21, "ses.src_sel", octets, one)                      \
	X(FLD_SES_DST_SEL, 22, "ses.dst_sel", octets, one)                      \
	X(FLD_SES_REASON, 23, "ses.reason", num, one)                           \
	X(FLD_SES_SPDU, 24, "ses.spdu", text, one)                                      \
	X(FLD_SES_VERSION, 25, "ses.version", num, one)                                 \
	X(FLD_SES_REQUIREMENTS, 26, "ses.requirements", num, one)                       \
	X(FLD_SES_OPTIONS, 27, "ses.options", num, one)                                 \
	X(FLD_SES_CALLED_REF, 28, "ses.called_reference", octets, one)                  \
	X(FLD_SES_CALLING_REF, 29, "ses.calling_reference", octets, one)                \
	X(FLD_SES_COMMON_REF, 30, "ses.common_reference", octets, one)                  \
	X(FLD_SES_ADDITIONAL_REF, 31, "ses.additional_reference", octets, one)          \
	X(FLD_SES_MAX_TO_RESPONDER, 32, "ses.max_to_responder", num, one)               \
	X(FLD_SES_MAX_TO_INITIATOR, 33, "ses.max_to_initiator", num, one)               \
	X(FLD_SES_DISCONNECT, 34, "ses.disconnect", num, one)                           \
	X(FLD_SES_TOKEN, 35, "ses.token", num, one)                                     \
	X(FLD_SES_TOKEN_SETTING, 36, "ses.token_setting", num, one)                     \
	X(FLD_SES_ENCLOSURE, 37, "ses.enclosure", num, one)                             \
	X(FLD_SES_REFLECT, 38, "ses.reflect", octets, one)                              \
	X(FLD_SES_PARAMETER, 39, "ses.parameter", num, many)                            \
	X(FLD_PRES_CTX, 40, "pres.context", num, many)                          \
	X(FLD_PRES_SRC_SEL, 41, "pres.src_sel", octets, one)                    \
	X(FLD_PRES_DST_SEL, 42, "pres.dst_sel", octets, one)                    \
	X(FLD_PRES_REASON, 43, "pres.reason", num, one)                         \
	X(FLD_PRES_MODE, 44, "pres.mode", num, one)                                     \
	X(FLD_PRES_VERSION, 45, "pres.version", num, one)                               \
	X(FLD_PRES_REQUIREMENTS, 46, "pres.requirements", num, one)                     \
	X(FLD_PRES_SES_REQUIREMENTS, 47, "pres.session_requirements", num, one)         \
	X(FLD_PRES_ABSTRACT, 48, "pres.abstract_syntax", octets, many)                  \
	X(FLD_PRES_TRANSFER, 49, "pres.transfer_syntax", octets, many)                  \
	X(FLD_PRES_RESULT, 50, "pres.result", num, many)                                \
	X(FLD_PRES_PROVIDER_REASON, 51, "pres.provider_reason", num, many)              \
	X(FLD_PRES_DEFAULT, 52, "pres.default_syntax", octets, one)                     \
	X(FLD_PRES_DEFAULT_RESULT, 53, "pres.default_result", num, one)                 \
	X(FLD_PRES_EVENT, 54, "pres.event", num, one)                                   \
	X(FLD_PRES_FORM, 55, "pres.form", num, many)                                    \
	X(FLD_ACSE_APDU, 60, "acse.apdu", num, one)                             \
	X(FLD_ACSE_CONTEXT_NAME, 61, "acse.context_name", octets, one)          \
	X(FLD_ACSE_CALLED_TITLE, 62, "acse.called_title", octets, one)          \
	X(FLD_ACSE_CALLING_TITLE, 63, "acse.calling_title", octets, one)        \
	X(FLD_ACSE_CALLED_QUALIFIER, 64, "acse.called_qualifier", octets, one)  \
	X(FLD_ACSE_CALLING_QUALIFIER, 65, "acse.calling_qualifier", octets, one) \
	X(FLD_ACSE_MECHANISM, 66, "acse.mechanism", octets, one)                \
	X(FLD_ACSE_RESULT, 67, "acse.result", num, one)                         \
	X(FLD_ACSE_DIAGNOSTIC, 68, "acse.diagnostic", num, one)                 \
	X(FLD_ACSE_REASON, 69, "acse.reason", num, one)                         \
	X(FLD_ACSE_VERSION, 70, "acse.version", num, one)                               \
	X(FLD_ACSE_CALLED_AP_INVOCATION, 71, "acse.called_ap_invocation", num, one)     \
	X(FLD_ACSE_CALLED_AE_INVOCATION, 72, "acse.called_ae_invocation", num, one)     \
	X(FLD_ACSE_CALLING_AP_INVOCATION, 73, "acse.calling_ap_invocation", num, one)   \
	X(FLD_ACSE_CALLING_AE_INVOCATION, 74, "acse.calling_ae_invocation", num, one)   \
	X(FLD_ACSE_REQUIREMENTS, 75, "acse.requirements", num, one)                     \
	X(FLD_ACSE_AUTH_KIND, 76, "acse.auth_kind", num, one)                           \
	X(FLD_ACSE_AUTH_VALUE, 77, "acse.auth_value", octets, one)                      \
	X(FLD_ACSE_AUTH_LENGTH, 78, "acse.auth_length", num, one)                       \
	X(FLD_ACSE_IMPLEMENTATION, 79, "acse.implementation", bytes, one)               \
	X(FLD_ACSE_SOURCE, 80, "acse.source", num, one)                                 \
	X(FLD_ACSE_ABORT_SOURCE, 81, "acse.abort_source", num, one)                     \
	X(FLD_ACSE_CONTEXT_LIST, 82, "acse.context_list", octets, many)                 \
	X(FLD_MMS_PDU, 100, "mms.pdu", text, one)                               \
	X(FLD_MMS_SERVICE, 101, "mms.service", text, one)                       \
	X(FLD_MMS_INVOKE, 102, "mms.invoke", num, one)                          \
	X(FLD_MMS_DOMAIN, 103, "mms.domain", bytes, many)                       \
	X(FLD_MMS_OBJECT, 104, "mms.object", bytes, many)                       \
	X(FLD_MMS_VALUE, 105, "mms.value", num, many)                           \
	X(FLD_MMS_ERROR, 106, "mms.error", num, many)                           \
	X(FLD_MMS_COUNT, 107, "mms.count", num, one)                            \
	X(FLD_MMS_LOCAL_DETAIL, 108, "mms.local_detail", num, one)              \
	X(FLD_MMS_MAX_CALLING, 109, "mms.max_calling", num, one)                \
	X(FLD_MMS_MAX_CALLED, 110, "mms.max_called", num, one)                  \
	X(FLD_MMS_NESTING, 111, "mms.nesting", num, one)                        \
	X(FLD_MMS_VERSION, 112, "mms.version", num, one)                        \
	X(FLD_MMS_CBB, 113, "mms.cbb", octets, one)                             \
	X(FLD_MMS_SERVICES, 114, "mms.services", octets, one)                   \
	X(FLD_MMS_ADDITIONAL_SERVICES, 115, "mms.additional_services", octets, one) \
	X(FLD_MMS_ADDITIONAL_CBB, 116, "mms.additional_cbb", octets, one)       \
	X(FLD_MMS_PRIVILEGE, 117, "mms.privilege", bytes, one)                  \
	X(FLD_MMS_EXTENDED, 118, "mms.extended", num, one)                      \
	X(FLD_MMS_VMD_LOGICAL_STATUS, 119, "mms.vmd_logical_status", num, one)  \
	X(FLD_MMS_VMD_PHYSICAL_STATUS, 120, "mms.vmd_physical_status", num, one) \
	X(FLD_MMS_VMD_DETAIL, 121, "mms.vmd_detail", octets, one)               \
	X(FLD_MMS_VENDOR, 122, "mms.vendor", bytes, one)                        \
	X(FLD_MMS_MODEL, 123, "mms.model", bytes, one)                          \
	X(FLD_MMS_REVISION, 124, "mms.revision", bytes, one)                    \
	X(FLD_MMS_SYNTAX, 125, "mms.syntax", octets, many)                      \
	X(FLD_MMS_OBJECT_CLASS, 126, "mms.object_class", num, one)              \
	X(FLD_MMS_SCOPE, 127, "mms.scope", num, one)                            \
	X(FLD_MMS_CONTINUE_AFTER, 128, "mms.continue_after", bytes, many)       \
	X(FLD_MMS_MORE_FOLLOWS, 129, "mms.more_follows", num, one)              \
	X(FLD_MMS_CAPABILITY, 130, "mms.capability", bytes, many)               \
	X(FLD_MMS_DELETABLE, 131, "mms.deletable", num, many)                   \
	X(FLD_MMS_MATCHED, 132, "mms.matched", num, one)                        \
	X(FLD_MMS_DELETED, 133, "mms.deleted", num, many)                       \
	X(FLD_MMS_CHANGED, 134, "mms.changed", num, one)                        \
	X(FLD_MMS_ADDRESS, 135, "mms.address", bytes, many)                     \
	X(FLD_MMS_ADDRESS_NUMBER, 136, "mms.address_number", num, many)         \
	X(FLD_MMS_TYPE, 137, "mms.type", text, many)                            \
	X(FLD_MMS_MEMBER, 138, "mms.member", bytes, many)                       \
	X(FLD_MMS_ACCESS_LIST, 139, "mms.access_list", bytes, many)             \
	X(FLD_MMS_MEANING, 140, "mms.meaning", bytes, one)                      \
	X(FLD_MMS_MODIFIER, 141, "mms.modifier", text, many)                    \
	X(FLD_MMS_INNER, 142, "mms.inner", text, many)                          \
	X(FLD_MMS_ADDITIONAL_CODE, 143, "mms.additional_code", num, one)        \
	X(FLD_MMS_DESCRIPTION, 144, "mms.description", bytes, one)              \
	X(FLD_MMS_STRING, 145, "mms.string", bytes, many)                       \
	X(FLD_MMS_FLOAT, 146, "mms.float", num, many)                           \
	X(FLD_MMS_TEXT, 147, "mms.text", bytes, many)                           \
	X(FLD_MMS_TOKEN, 148, "mms.token", bytes, many)                         \
	X(FLD_MMS_TOKENS, 149, "mms.tokens", num, one)                          \
	X(FLD_MMS_OWNED, 150, "mms.owned", num, many)                           \
	X(FLD_MMS_HUNG, 151, "mms.hung", num, many)                             \
	X(FLD_MMS_PRIORITY, 152, "mms.priority", num, many)                     \
	X(FLD_MMS_DELAY, 153, "mms.delay", num, many)                           \
	X(FLD_MMS_TIMEOUT, 154, "mms.timeout", num, many)                       \
	X(FLD_MMS_STATE, 155, "mms.state", num, many)                           \
	X(FLD_MMS_CLASS, 156, "mms.class", num, many)                           \
	X(FLD_MMS_SHARABLE, 157, "mms.sharable", num, many)                     \
	X(FLD_MMS_ULSM, 158, "mms.ulsm", num, many)                             \
	X(FLD_MMS_SIZE, 159, "mms.size", num, many)                             \
	X(FLD_MMS_UPLOADS, 160, "mms.uploads", num, one)                        \
	X(FLD_MMS_ARGUMENT, 161, "mms.argument", bytes, one)                    \
	X(FLD_MMS_REUSABLE, 162, "mms.reusable", num, one)                      \
	X(FLD_MMS_MONITOR, 163, "mms.monitor", num, many)                       \
	X(FLD_MMS_POSITION, 164, "mms.position", num, one)                      \
	X(FLD_MMS_FRSM, 165, "mms.frsm", num, one)                              \
	X(FLD_MMS_MODIFIED, 166, "mms.modified", bytes, many)                   \
	X(FLD_MMS_THIRD_PARTY, 167, "mms.third_party", octets, many)            \
	X(FLD_MMS_FILE_END, 168, "mms.file_end", num, one)                      \
	X(FLD_MMS_SEVERITY, 169, "mms.severity", num, many)                     \
	X(FLD_MMS_TIME_KIND, 170, "mms.time_kind", num, many)                   \
	X(FLD_MMS_TIME, 171, "mms.time", octets, many)                          \
	X(FLD_MMS_SEQUENCE, 172, "mms.sequence", num, many)                     \
	X(FLD_MMS_LOST, 173, "mms.lost", num, many)                             \
	X(FLD_MMS_ACK_RULE, 174, "mms.ack_rule", num, many)                     \
	X(FLD_MMS_TRANSITIONS, 175, "mms.transitions", octets, many)            \
	X(FLD_MMS_DURATION, 176, "mms.duration", num, many)                     \
	X(FLD_MMS_ALARM_REPORTS, 177, "mms.alarm_reports", num, many)           \
	X(FLD_MMS_INTERVAL, 178, "mms.interval", num, one)                      \
	X(FLD_MMS_ENABLED, 179, "mms.enabled", num, many)                       \
	X(FLD_MMS_ENROLLMENTS, 180, "mms.enrollments", num, many)               \
	X(FLD_MMS_UNACKNOWLEDGED, 181, "mms.unacknowledged", num, many)         \
	X(FLD_MMS_ACK_FILTER, 182, "mms.ack_filter", num, one)                  \
	X(FLD_MMS_MOST_SEVERE, 183, "mms.most_severe", num, one)                \
	X(FLD_MMS_LEAST_SEVERE, 184, "mms.least_severe", num, one)              \
	X(FLD_MMS_NOT_DELETED, 185, "mms.not_deleted", num, one)                \
	X(FLD_MMS_ENTRIES, 186, "mms.entries", num, many)                       \
	X(FLD_MMS_ENTRY, 187, "mms.entry", octets, many)                        \
	X(FLD_MMS_TAG, 188, "mms.tag", bytes, many)                             \
	X(FLD_MMS_IN_USE, 189, "mms.in_use", num, one)                          \
	X(FLD_ICCP_OP, 200, "iccp.op", text, one)                               \
	X(FLD_ICCP_DOMAIN, 201, "iccp.domain", bytes, many)                     \
	X(FLD_ICCP_NAME, 202, "iccp.name", bytes, many)                         \
	X(FLD_ICCP_ROLE, 203, "iccp.role", text, one)                           \
	X(FLD_ICCP_BILATERAL_TABLE, 204, "iccp.bilateral_table", bytes, many)   \
	X(FLD_ICCP_SCOPE, 205, "iccp.scope", text, many)                        \
	X(FLD_ICCP_VERSION, 206, "iccp.version", num, many)                     \
	X(FLD_ICCP_FEATURE, 207, "iccp.feature", num, many)                     \
	X(FLD_ICCP_TRANSFER_SET, 208, "iccp.transfer_set", bytes, many)         \
	X(FLD_ICCP_DATA_SET, 209, "iccp.data_set", bytes, many)                 \
	X(FLD_ICCP_CONDITION, 210, "iccp.condition", text, many)                \
	X(FLD_ICCP_EVENT_CODE, 211, "iccp.event_code", num, many)               \
	X(FLD_ICCP_TIMESTAMP, 212, "iccp.timestamp", num, many)                 \
	X(FLD_ICCP_COUNT, 213, "iccp.count", num, one)                          \
	X(FLD_ICCP_REPORT_KIND, 214, "iccp.report_kind", text, one)             \
	X(FLD_ICCP_START_TIME, 215, "iccp.start_time", num, many)               \
	X(FLD_ICCP_INTERVAL, 216, "iccp.interval", num, many)                   \
	X(FLD_ICCP_TLE, 217, "iccp.tle", num, many)                             \
	X(FLD_ICCP_BUFFER_TIME, 218, "iccp.buffer_time", num, many)             \
	X(FLD_ICCP_INTEGRITY, 219, "iccp.integrity", num, many)                 \
	X(FLD_ICCP_BLOCK_DATA, 220, "iccp.block_data", num, many)               \
	X(FLD_ICCP_CRITICAL, 221, "iccp.critical", num, many)                   \
	X(FLD_ICCP_RBE, 222, "iccp.rbe", num, many)                             \
	X(FLD_ICCP_ALL_CHANGES, 223, "iccp.all_changes", num, many)             \
	X(FLD_ICCP_INFO_REF, 224, "iccp.info_ref", num, many)                   \
	X(FLD_ICCP_LOCAL_REF, 225, "iccp.local_ref", num, many)                 \
	X(FLD_ICCP_MESSAGE_ID, 226, "iccp.message_id", num, many)               \
	X(FLD_ICCP_MESSAGE_SIZE, 227, "iccp.message_size", num, many)           \
	X(FLD_ICCP_BUFFER_SIZE, 228, "iccp.buffer_size", num, many)             \
	X(FLD_ICCP_CHECK_BACK_ID, 229, "iccp.check_back_id", num, many)         \
	X(FLD_ICCP_COMMAND, 230, "iccp.command", num, many)                     \
	X(FLD_ICCP_SETPOINT, 231, "iccp.setpoint", num, many)                   \
	X(FLD_ICCP_TAG, 232, "iccp.tag", text, many)                            \
	X(FLD_ICCP_ARMED, 233, "iccp.armed", num, many)                         \
	X(FLD_ICCP_TAG_REASON, 234, "iccp.tag_reason", bytes, many)             \
	X(FLD_ICCP_PROGRAM_STATE, 235, "iccp.program_state", text, one)         \
	X(FLD_ICCP_ENROLLMENT, 236, "iccp.enrollment", bytes, one)              \
	X(FLD_ICCP_EVENT_CONDITION, 237, "iccp.event_condition", bytes, one)    \
	X(FLD_ICCP_SEVERITY, 238, "iccp.severity", num, one)                    \
	X(FLD_ICCP_EVENT_STATE, 239, "iccp.event_state", text, one)             \
	X(FLD_S7_ROSCTR, 300, "s7.rosctr", num, one)                            \
	X(FLD_S7_FUNCTION, 301, "s7.function", num, one)                        \
	X(FLD_APP, 320, "app", text, one)

enum field_id {
#define X(id, nr, keyword, kind, times) id,
	FIELD_LIST(X)
#undef X
	FLD_N
};

enum field_kind { FIELD_num, FIELD_text, FIELD_bytes, FIELD_octets };

#define FIELDS_CAP 128u

struct field {
	uint16_t id;          /* enum field_id */
	uint64_t num;         /* 0 unless a number */
	struct span bytes;    /* empty unless octets or a name */
};

struct fields {
	struct field v[FIELDS_CAP];
	uint16_t n;
};

/* Keyword of f ("mms.service"); NULL when f is none. */
const char *field_name(unsigned f);
/* The field of a keyword, or FLD_N. */
enum field_id field_find(const char *keyword);
enum field_kind field_kind(enum field_id f);
bool field_many(enum field_id f);
/* A password and the like: for rules, not for logs or the peer. */
bool field_is_secret(enum field_id f);
/* The number that nodes know f by, and the field of such a number, or FLD_N. */
unsigned field_nr(enum field_id f);
enum field_id field_by_nr(unsigned nr);
/* First field of that id at or after *at (which then points behind it); NULL when there is none. */
const struct field *fields_next(const struct fields *fs, enum field_id id, unsigned *at);

#endif
