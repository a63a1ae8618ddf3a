/* mms_int.h - what the files of the MMS decoder share: the PDU being parsed, and what is odd about it. */
#ifndef DECODERS_MMS_MMS_INT_H
#define DECODERS_MMS_MMS_INT_H

#include "decoders/mms/mms.h"

#define MMS_IDENT_MAX 129u /* ISO 9506-2 allows 32; its second edition and IEC 61850 go further */

/* X(id, anomaly): told once a PDU, in this order */
#define MMS_ODD_LIST(X)                              \
	X(ODD_MALFORMED, AN_MMS_MALFORMED)           \
	X(ODD_EXTRA, AN_MMS_EXTRA)                   \
	X(ODD_FORM, AN_BER_FORM)                     \
	X(ODD_SIZE, AN_MMS_VALUE_SIZE)               \
	X(ODD_INTEGER, AN_MMS_INTEGER)               \
	X(ODD_IDENT, AN_MMS_IDENTIFIER)              \
	X(ODD_NESTING, AN_MMS_NESTING)               \
	X(ODD_NEGOTIATION, AN_MMS_NEGOTIATION)       \
	X(ODD_PHASE, AN_MMS_PHASE)                   \
	X(ODD_PDU_SIZE, AN_MMS_PDU_SIZE)             \
	X(ODD_REUSED, AN_MMS_INVOKE_REUSED)          \
	X(ODD_UNKNOWN, AN_MMS_INVOKE_UNKNOWN)        \
	X(ODD_MISMATCH, AN_MMS_SERVICE_MISMATCH)     \
	X(ODD_OUTSTANDING, AN_MMS_OUTSTANDING)       \
	X(ODD_PENDING, AN_MMS_PENDING)

enum mms_odd {
#define X(id, anomaly) id,
	MMS_ODD_LIST(X)
#undef X
	MMS_ODD_N
};

struct mms_initiate {
	uint32_t detail, calling, called, nesting; /* 0 = not stated */
};

struct mms_parse {
	struct mms_state *s;
	struct dec_ctx *ctx;
	struct mms_pdu pdu;
	uint32_t odd;                /* bit set of enum mms_odd */
	uint8_t tag;                 /* of the PDU */
	const char *pdu_name;
	const char *service_name;    /* NULL = none */
	uint32_t service;            /* number as on the wire; of an unconfirmed service UNCONFIRMED plus its tag */
	bool has_count, has_error, has_inner;
	uint32_t count;
	uint32_t error;
	uint32_t inner;              /* additionalService: number of the service inside */
	struct span write_results;   /* contents of a write response */
	struct mms_initiate initiate;
};

enum { MMS_UNCONFIRMED = 256 };

static inline void mms_set_odd(struct mms_parse *p, enum mms_odd o)
{
	p->odd |= 1u << o;
}

/* Does what initiate agreed on bind? */
static inline bool mms_is_agreed(const struct mms_state *s)
{
	return s->phase == MMS_INITIATED || s->phase == MMS_CONCLUDING;
}

static inline struct ber mms_reader(const struct mms_parse *p, struct span s)
{
	return ber_of(s, p->pdu.ber_depth);
}

/* The next element within the budget; malformed BER is noted as odd. */
bool mms_next(struct mms_parse *p, struct ber *b, struct ber_tlv *t);
/* An Unsigned32 or a small INTEGER; 0 and odd when it is none. */
uint32_t mms_take_uint(struct mms_parse *p, struct span v);
/* ServiceError (ISO 9506-2 7.2.3): its class * 256 + code. */
void mms_take_service_error(struct mms_parse *p, struct span v);

/* mms_name.c */
bool mms_name_of(const struct ber_tlv *t, struct mms_name *n);
void mms_check_ident(struct mms_parse *p, struct span ident);
void mms_check_name(struct mms_parse *p, const struct mms_name *n);
/* A first or further name of the PDU. */
void mms_take_name(struct mms_parse *p, const struct mms_name *n);
/* The contents of a list of variables: checked, counted, kept. */
void mms_take_vars(struct mms_parse *p, struct span v);

/* mms_data.c: the contents of a list of Data or of AccessResult: checked, kept. */
void mms_take_data(struct mms_parse *p, struct span v, bool results);
void mms_add_values(struct dec_build *b, const struct mms_pdu *pdu);

/* mms_service.c */
void mms_take_request(struct mms_parse *p, const struct ber_tlv *service);
void mms_take_response(struct mms_parse *p, const struct ber_tlv *service);
void mms_take_unconfirmed(struct mms_parse *p, const struct ber_tlv *service);

/* mms_initiate.c */
void mms_take_initiate(struct mms_parse *p, const struct ber_tlv *pdu);
void mms_step_initiate_request(struct mms_parse *p);
void mms_step_initiate_response(struct mms_parse *p);

/* mms_tell.c */
void mms_tell(struct mms_parse *p);

#endif
