/* mms.h - MMS (ISO 9506-2): PDUs, services, names, values; requests matched to responses by invoke id.
 *
 * Both ends may be clients: pending requests are kept a direction. Each PDU is first shown to the
 * upper layer (ICCP) as struct mms_pdu, then told to the sink as mms.* event. Plain state.
 *
 * Fields of an event: FLD_MMS_PDU and FLD_MMS_SERVICE with their names; each FLD_MMS_OBJECT follows its
 * FLD_MMS_DOMAIN, which is empty for VMD- and AA-specific names; FLD_MMS_ERROR is a DataAccessError, or of
 * an error or reject PDU its class * 256 + code; FLD_MMS_VALUE the integers and booleans written, read or reported
 * (of additionalService: the number of the inner service); FLD_MMS_COUNT variables, or results where no variable is named.
 */
#ifndef DECODERS_MMS_MMS_H
#define DECODERS_MMS_MMS_H

#include "decoders/ber.h"
#include "decoders/dec.h"

enum mms_scope { MMS_VMD, MMS_DOMAIN, MMS_AA, MMS_SCOPE_N };

struct mms_name {
	uint8_t scope;           /* enum mms_scope */
	bool wrapped;            /* its tag is constructed, against the rules, and the name inside */
	struct span domain, item;/* domain is empty unless MMS_DOMAIN */
};

#define MMS_PENDING_MAX 32   /* requests outstanding a direction; the oldest makes room, counted as anomaly */

struct mms_pending {
	uint32_t invoke;
	uint8_t service;
	uint8_t op;              /* enum iccp_op, set by the upper layer; OP_NONE otherwise */
	uint8_t at;              /* the upper layer's: which variable its op is about */
	uint64_t place;          /* the upper layer's: hash of scope and domain its op is about */
};

struct mms_dir {             /* requests sent in this direction */
	uint8_t n;
	struct mms_pending pending[MMS_PENDING_MAX]; /* oldest first */
};

/* MMS_UNSEEN: no initiate seen, the association was joined late. */
enum mms_phase { MMS_UNSEEN, MMS_REQUESTED, MMS_INITIATED, MMS_CONCLUDING, MMS_ENDED, MMS_PHASE_N };

struct mms_state {
	uint8_t phase;           /* enum mms_phase */
	uint8_t initiator;       /* enum dir of the initiate-Request's sender */
	uint32_t pdu_max;        /* proposed, then agreed localDetail; 0 = not stated */
	uint16_t outstanding_max;/* proposed, then agreed: the larger of calling and called; 0 = not stated */
	uint8_t nesting;         /* proposed, then agreed data structure nesting; 0 = not stated */
	struct mms_dir dir[DIR_N];
};

#define MMS_MORE_MAX 4

/* What names a PDU addresses, as far as the service has any. */
enum mms_spec { MMS_SPEC_NONE, MMS_SPEC_VARS, MMS_SPEC_LIST };

struct mms_pdu {
	enum event_id event;
	enum dir dir;
	int service;             /* confirmed service number, or -1 */
	bool response;           /* positive response */
	bool error;              /* confirmedError or reject */
	bool has_invoke;
	uint32_t invoke;
	struct span whole;       /* the PDU as sent */
	struct span octets;      /* the PDU, strings in segments put together: all below lies in it */
	struct mms_pending *request; /* of a response or error: its request, still there during the call; NULL = unknown */
	struct mms_pending *pending; /* of a request: its fresh entry, for the upper layer's op; NULL = no invoke id */
	enum mms_spec spec;
	struct mms_name name;    /* MMS_SPEC_LIST: the list; else the service's first or only object name, if has_name */
	bool has_name;
	uint8_t n_more;          /* names after the first: of a rename, an enrollment, a file path's parts */
	struct mms_name more[MMS_MORE_MAX];
	struct span names;       /* and a list of ObjectNames; walk with mms_name_next */
	struct span vars;        /* MMS_SPEC_VARS, and the members of a list defined or described; walk with mms_vars_next */
	const struct mms_var *kept; /* of vars the first n_kept as they were read, */
	uint8_t n_kept;
	struct span vars_rest;   /* and the others */
	struct span data;        /* write: contents of listOfData; read response and report: of listOfAccessResult */
	struct span idents;      /* getNameList response: contents of listOfIdentifier */
	uint8_t object_class;    /* getNameList */
	uint8_t name_scope;      /* getNameList: enum mms_scope; name.domain set for MMS_DOMAIN */
	uint16_t ber_depth;      /* for readers over vars, names, data and idents */
};

struct mms_var {
	bool has_name;
	struct mms_name name;
	bool alternate;          /* an alternateAccess follows: see mms_paths */
	struct span alternate_access;
	struct ber_tlv other;    /* what stands in a name's place: an address, a description, a scatteredAccessDescription */
};

/* Walks pdu->vars; those that were kept are not read again. */
struct mms_vars {
	const struct mms_pdu *pdu;
	unsigned i;              /* of those kept */
	struct ber rest;
	struct mms_var room;     /* of the last one that was read */
};

struct mms_upper {
	void (*pdu)(void *arg, const struct mms_pdu *pdu);
	void (*aborted)(void *arg, enum dir d);
	void *arg;
};

void mms_init(struct mms_state *s);
void mms_pdu(struct mms_state *s, struct dec_ctx *ctx, enum dir d, struct span pdu, const struct mms_upper *up);
/* The association ended below (abort, release): pending requests are forgotten. */
void mms_end(struct mms_state *s, enum dir d, bool aborted, const struct mms_upper *up);
/* PDUs were lost below: what is outstanding is unknown from here. */
void mms_gap(struct mms_state *s);
/* Does a TSDU begin like a bare MMS PDU (stacks without session and presentation)? */
bool mms_looks_like(struct span tsdu);

/* The next ObjectName of a sequence; an element that is none is passed over. */
bool mms_name_next(struct ber *b, struct mms_name *n);
/* Walks the variables of a list. */
bool mms_var_next(struct ber *b, struct mms_var *v);

static inline struct mms_vars mms_vars_of(const struct mms_pdu *pdu)
{
	struct mms_vars w;
	w.pdu = pdu;
	w.i = 0;
	w.rest = ber_of(pdu->vars_rest, pdu->ber_depth);
	return w;
}

/* Valid up to the next call; NULL: there is none left. */
static inline const struct mms_var *mms_vars_next(struct mms_vars *w)
{
	if (w->i < w->pdu->n_kept)
		return &w->pdu->kept[w->i++];
	return mms_var_next(&w->rest, &w->room) ? &w->room : NULL;
}

#define MMS_PATH_MAX 192     /* octets of item$component told; what is longer is cut, and an anomaly */
#define MMS_PATH_DEPTH 8

/* Walks the components that a variable's alternateAccess selects (ISO 9506-2, AlternateAccess). */
struct mms_paths {
	struct {
		struct ber b;
		uint16_t len;    /* of the path above this level */
	} level[MMS_PATH_DEPTH];
	uint8_t n;
	bool odd;                /* malformed, too deep or too long */
	bool wrapped;            /* a component's tag is constructed, against the rules, and its name inside */
	uint16_t item;           /* octets of the item alone */
	char text[MMS_PATH_MAX];
};

void mms_paths_open(struct mms_paths *p, const struct mms_var *v, uint16_t ber_depth);
/* The next "item$component"; lent until the next call. */
bool mms_paths_next(struct mms_paths *p, struct span *path);

/* Where paths stay while the fields of an event under way point at them. */
struct mms_kept {
	unsigned n;
	char text[FIELDS_CAP + 1][MMS_PATH_MAX];
};

/* Adds every name of pdu to b: f is the domain's field and the object's. k lives until the event is told. */
void mms_add_names(struct dec_build *b, const struct mms_pdu *pdu, const enum field_id f[2], struct mms_kept *k);

/* One MMS Data or AccessResult (ISO 9506-2 7.4.2); tag numbers are the kinds. */
enum mms_data_kind { MMS_DATA_FAILURE = 0, MMS_DATA_ARRAY = 1, MMS_DATA_STRUCT = 2, MMS_DATA_BOOL = 3, MMS_DATA_BITS = 4,
	MMS_DATA_INT = 5, MMS_DATA_UINT = 6, MMS_DATA_FLOAT = 7, MMS_DATA_OCTETS = 9, MMS_DATA_VISIBLE = 10,
	MMS_DATA_GTIME = 11, MMS_DATA_BTIME = 12, MMS_DATA_BCD = 13, MMS_DATA_BOOLS = 14, MMS_DATA_OID = 15,
	MMS_DATA_STRING = 16, MMS_DATA_UTC = 17, MMS_DATA_KIND_N };

struct mms_data {
	uint8_t kind;            /* enum mms_data_kind */
	bool odd;                /* unknown kind, or contents of no legal size for it */
	int64_t num;             /* bool, int, uint, failure code; otherwise 0 */
	struct span bytes;       /* contents */
	struct ber_tlv tlv;      /* to open arrays and structures */
};

/* The next value; false at the end or on malformed BER (then ber_ok is false). */
bool mms_data_next(struct ber *b, struct mms_data *v);

static inline bool mms_data_is_number(const struct mms_data *v)
{
	return !v->odd && (v->kind == MMS_DATA_BOOL || v->kind == MMS_DATA_INT || v->kind == MMS_DATA_UINT);
}

#endif
