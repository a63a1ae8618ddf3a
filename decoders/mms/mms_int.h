/* mms_int.h - what the files of the MMS decoder share: the PDU being parsed, what is odd about it, and the tables.
 *
 * A service's contents are rows {tag, field, reader}; one walker reads them all (mms_walk.c). It goes over a PDU twice:
 * first to check it and to find what the layer above asks for, then, into an event, to tell. Read, write and
 * report, of which there are most, are told from what the first walk kept.
 */
#ifndef DECODERS_MMS_MMS_INT_H
#define DECODERS_MMS_MMS_INT_H

#include "decoders/mms/mms.h"

enum { MMS_VARS_KEPT = 4 }; /* most reads and reports by name have no more */

#define MMS_IDENT_MAX 129u /* ISO 9506-2 allows 32; its second edition and IEC 61850 go further */

/* X(id, anomaly): told once a PDU, in this order */
#define MMS_ODD_LIST(X)                              \
	X(ODD_MALFORMED, AN_MMS_MALFORMED)           \
	X(ODD_EXTRA, AN_MMS_EXTRA)                   \
	X(ODD_FORM, AN_BER_FORM)                     \
	X(ODD_SEGMENTS, AN_BER_SEGMENTS)             \
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

struct mms_row;

struct mms_parse {
	struct mms_state *s;
	struct dec_ctx *ctx;
	struct mms_pdu pdu;
	uint32_t odd;                /* bit set of enum mms_odd */
	uint8_t tag;                 /* of the PDU */
	const char *pdu_name;
	const char *service_name;    /* NULL = none */
	uint32_t service;            /* number as on the wire; of an unconfirmed service UNCONFIRMED plus its tag */
	bool has_count, has_error, has_address;
	uint32_t count;
	uint32_t error;
	struct span write_results;   /* contents of a write response */
	bool segments, no_room;      /* there may be strings in segments; no memory to join them */
	struct buf joined;           /* the PDU with its strings in one piece, while it is read */
	struct ber_tlv modifiers;    /* of a request; NULL contents = none */
	const struct mms_row *row;   /* how contents are told; NULL = from what is kept */
	struct ber_tlv contents;
	struct mms_initiate initiate;
	struct mms_var kept[MMS_VARS_KEPT]; /* the last: what pdu.kept points to, not cleared with the rest */
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
static inline bool mms_next(struct mms_parse *p, struct ber *b, struct ber_tlv *t)
{
	if (dec_spend(p->ctx, p->pdu.dir, 1) && ber_next(b, t))
		return true;
	if (!ber_ok(b))
		mms_set_odd(p, ODD_MALFORMED);
	*t = (struct ber_tlv){ 0 };
	return false;
}
/* An Unsigned32 or a small INTEGER; 0 and odd when it is none. */
uint32_t mms_take_uint(struct mms_parse *p, struct span v);

/* --- tables ------------------------------------------------------------------------------------------ */

/* One walk over a PDU's contents: first checked, out NULL, then told. */
struct mms_walk {
	struct mms_parse *p;
	struct dec_build *out;
	struct mms_kept *kept;       /* while telling */
	unsigned aside;              /* inside a list or modifier: its names are not what the service is about */
};

/* How one element is read: t, met in b, under row's field. */
typedef void mms_read(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row);

/* MUST: it has to be there. OR: it, or one of the rows up to the next without OR. COUNT: its elements are mms.count. KEPT: told
 * from what the parse keeps. */
enum { MMS_MUST = 1, MMS_OR = 2, MMS_COUNT = 4, MMS_KEPT = 8 };
/* A row's tag: a context tag; or one of these */
enum { MMS_U = 0x100 /* plus a universal tag */, MMS_TAG_NAME = 0x200 /* an ObjectName's */, MMS_TAG_TYPE = 0x201 /* a type's */ };

struct mms_row {
	uint16_t tag;
	uint8_t flags;
	uint16_t field;              /* enum field_id; FLD_N: it tells nothing itself */
	mms_read *read;              /* NULL: no row */
	const struct mms_shape *in;  /* what is inside */
};

/* The elements of a SEQUENCE in order; one of them; or any of them, any number of times. OPEN: a SEQUENCE that later editions
 * add to. */
enum mms_order { MMS_SEQUENCE, MMS_OPEN, MMS_CHOICE, MMS_REPEAT };

struct mms_shape {
	const struct mms_row *rows;
	uint8_t n;                   /* at most 32 */
	uint8_t order;               /* enum mms_order */
};
#define MMS_SHAPE(rows, order) { rows, ARRAY_LEN(rows), order }

/* Request and response of a service; the tables of each group of services. */
struct mms_service {
	struct mms_row request, response;
};
extern const struct mms_service mms_vmd_services[4], mms_variable_services[13], mms_operator_services[2],
	mms_semaphore_services[7], mms_domain_services[12], mms_program_services[8], mms_obtain_services[1],
	mms_event_services[18], mms_journal_services[6], mms_capability_services[1], mms_file_services[6],
	mms_additional_services[1], mms_exchange_services[2], mms_access_services[5];

/* The next element; budget is spent while checking only, so that what is told costs the same whoever listens. */
bool mms_step(struct mms_walk *w, struct ber *b, struct ber_tlv *t);
/* Walks b's elements after s. */
void mms_walk(struct mms_walk *w, struct ber *b, const struct mms_shape *s);

/* Readers of one value; field is told with it. */
mms_read mms_skip, mms_null, mms_bool, mms_uint, mms_int, mms_bytes, mms_raw, mms_size, mms_bits, mms_time, mms_wrapped;
/* Identifier: under mms.object or mms.domain it is a name of the PDU. */
mms_read mms_ident, mms_wrapped_ident;
/* ObjectName in an explicit tag; bare; in an explicit tag and perhaps another, or undefined. Lists of them. */
mms_read mms_name, mms_bare_name, mms_condition_name, mms_names;
/* SEQUENCE OF Identifier or string; FileName: each part is told. */
mms_read mms_strings, mms_file;
/* Contents after row's shape; a list of SEQUENCEs after it. */
mms_read mms_seq, mms_list;
/* EventTime: field tells its kind. ApplicationReference: its AP-title. */
mms_read mms_event_time, mms_reference;
/* mms_variable.c: VariableSpecification in an explicit tag, a list of variables. */
mms_read mms_var_spec, mms_vars;
/* mms_data.c: a list of Data; one that stands by itself. */
mms_read mms_data_list, mms_value;
/* mms_type.c: TypeSpecification in an explicit tag, bare; a list of them. */
mms_read mms_type, mms_bare_type, mms_types;
/* mms_vmd.c: ObjectClass in an explicit tag. */
mms_read mms_class;
/* mms_error.c: ServiceError. */
mms_read mms_service_error;
/* mms_service.c: a ConfirmedServiceRequest in an explicit tag; a response in a SEQUENCE. */
mms_read mms_inner_request, mms_inner_response;

extern const struct mms_shape mms_status;    /* StatusResponse, mms_vmd.c */
extern const struct mms_shape mms_modifiers; /* of a confirmed request or an event action, mms_event.c */
extern const struct mms_row mms_error_row, mms_report_row, mms_notification_row;

/* Is this what a BIT STRING's contents can be? */
bool mms_is_bits(struct span v);
/* The only element inside t; false, and odd, when there is none. */
bool mms_only(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, struct ber_tlv *e);
/* The first element inside, for what is wrapped in a constructed tag against the rules but read by some. */
struct span mms_innermost(const struct ber_tlv *t);
/* A number with its name, while telling. */
void mms_tell_text(struct mms_walk *w, enum field_id f, uint64_t v, const char *name);
/* Reads contents after row, and keeps them for telling unless row says that they are kept otherwise. */
void mms_take(struct mms_parse *p, const struct ber_tlv *contents, const struct mms_row *row);

/* mms_join.c */
/* Is t a segment of a string, or a string in segments? Of MMS no element is a universal BIT STRING or OCTET STRING. */
static inline bool mms_in_segments(const struct ber_tlv *t)
{
	return t->cls == BER_UNIVERSAL && (t->tag == 3 || t->tag == 4 || (t->constructed && ber_is_string(t)));
}
/* Makes pdu.octets the PDU with its strings in one piece, in p->joined; leaves it when there is no memory. */
void mms_join(struct mms_parse *p);

/* mms_name.c */
bool mms_name_of(const struct ber_tlv *t, struct mms_name *n);
void mms_check_ident(struct mms_parse *p, struct span ident);
void mms_check_name(struct mms_parse *p, const struct mms_name *n);
/* The contents of a list of variables: checked, counted, kept. */
void mms_take_vars(struct mms_parse *p, struct span v);
void mms_add_vars(struct dec_build *b, struct span vars, uint16_t depth, const enum field_id f[2], struct mms_kept *k);
/* mms_variable.c: a scatteredAccessDescription. */
void mms_check_scattered(struct mms_parse *p, struct ber *b, const struct ber_tlv *t);
/* The addresses in a list of variables. */
void mms_add_addresses(struct dec_build *b, struct span vars, uint16_t depth);

/* mms_data.c: the contents of a list of Data or of AccessResult: checked, kept. */
void mms_take_data(struct mms_parse *p, struct span v, bool results);
/* written: texts and floating-point numbers are told too. */
void mms_add_data(struct dec_build *b, struct span data, uint16_t depth, bool written);

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
