/* fields.h - the field list of an event: what signatures, lists and logs can ask of a PDU.
 *
 * A field is a number, a span of octets, or both (a number with its name as text). Spans are lent
 * for the event's duration. A field may occur more than once (every variable of a read).
 */
#ifndef DECODERS_FIELDS_H
#define DECODERS_FIELDS_H

#include "base/types.h"

/* X(id, keyword, kind): keyword is the rule language's; kind num, text (name as text) or bytes */
#define FIELD_LIST(X)                                      \
	X(FLD_COTP_TYPE, "cotp.type", num)                 \
	X(FLD_COTP_SRC_REF, "cotp.src_ref", num)           \
	X(FLD_COTP_DST_REF, "cotp.dst_ref", num)           \
	X(FLD_COTP_SRC_TSAP, "cotp.src_tsap", bytes)       \
	X(FLD_COTP_DST_TSAP, "cotp.dst_tsap", bytes)       \
	X(FLD_COTP_TPDU_SIZE, "cotp.tpdu_size", num)       \
	X(FLD_COTP_REASON, "cotp.reason", num)             \
	X(FLD_SES_SI, "ses.si", num)                       \
	X(FLD_SES_SRC_SEL, "ses.src_sel", bytes)           \
	X(FLD_SES_DST_SEL, "ses.dst_sel", bytes)           \
	X(FLD_SES_REASON, "ses.reason", num)               \
	X(FLD_PRES_CTX, "pres.context", num)               \
	X(FLD_PRES_SRC_SEL, "pres.src_sel", bytes)         \
	X(FLD_PRES_DST_SEL, "pres.dst_sel", bytes)         \
	X(FLD_PRES_REASON, "pres.reason", num)             \
	X(FLD_ACSE_APDU, "acse.apdu", num)                 \
	X(FLD_ACSE_CONTEXT_NAME, "acse.context_name", bytes) \
	X(FLD_ACSE_CALLED_TITLE, "acse.called_title", bytes) \
	X(FLD_ACSE_CALLING_TITLE, "acse.calling_title", bytes) \
	X(FLD_ACSE_CALLED_QUALIFIER, "acse.called_qualifier", bytes) \
	X(FLD_ACSE_CALLING_QUALIFIER, "acse.calling_qualifier", bytes) \
	X(FLD_ACSE_MECHANISM, "acse.mechanism", bytes)     \
	X(FLD_ACSE_RESULT, "acse.result", num)             \
	X(FLD_ACSE_DIAGNOSTIC, "acse.diagnostic", num)     \
	X(FLD_ACSE_REASON, "acse.reason", num)             \
	X(FLD_MMS_PDU, "mms.pdu", text)                    \
	X(FLD_MMS_SERVICE, "mms.service", text)            \
	X(FLD_MMS_INVOKE, "mms.invoke", num)               \
	X(FLD_MMS_DOMAIN, "mms.domain", bytes)             \
	X(FLD_MMS_OBJECT, "mms.object", bytes)             \
	X(FLD_MMS_VALUE, "mms.value", num)                 \
	X(FLD_MMS_ERROR, "mms.error", num)                 \
	X(FLD_MMS_COUNT, "mms.count", num)                 \
	X(FLD_ICCP_OP, "iccp.op", text)                    \
	X(FLD_ICCP_DOMAIN, "iccp.domain", bytes)           \
	X(FLD_ICCP_NAME, "iccp.name", bytes)               \
	X(FLD_ICCP_ROLE, "iccp.role", text)                \
	X(FLD_ICCP_BILATERAL_TABLE, "iccp.bilateral_table", bytes) \
	X(FLD_S7_ROSCTR, "s7.rosctr", num)                 \
	X(FLD_S7_FUNCTION, "s7.function", num)             \
	X(FLD_APP, "app", text)

enum field_id {
#define X(id, keyword, kind) id,
	FIELD_LIST(X)
#undef X
	FLD_N
};

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
/* First field of that id at or after *at (which then points behind it); NULL when there is none. */
const struct field *fields_next(const struct fields *fs, enum field_id id, unsigned *at);

#endif
