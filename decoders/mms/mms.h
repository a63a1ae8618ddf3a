/* mms.h - MMS (ISO 9506-2): PDUs, services, names, values; requests matched to responses by invoke id.
 *
 * Both ends may be clients: pending requests are kept a direction. Each PDU is first shown to the
 * upper layer (ICCP) as struct mms_pdu, then told to the sink as mms.* event. Plain state.
 */
#ifndef DECODERS_MMS_MMS_H
#define DECODERS_MMS_MMS_H

#include "decoders/ber.h"
#include "decoders/dec.h"

enum mms_scope { MMS_VMD, MMS_DOMAIN, MMS_AA, MMS_SCOPE_N };

struct mms_name {
	uint8_t scope;           /* enum mms_scope */
	struct span domain, item;/* domain is empty unless MMS_DOMAIN */
};

#define MMS_PENDING_MAX 32   /* requests outstanding a direction; the oldest makes room, counted as anomaly */

struct mms_pending {
	uint32_t invoke;
	uint8_t service;
	uint8_t op;              /* enum iccp_op, set by the upper layer; OP_NONE otherwise */
};

struct mms_dir {             /* requests sent in this direction */
	uint8_t n;
	struct mms_pending pending[MMS_PENDING_MAX]; /* oldest first */
};

struct mms_state {
	uint8_t phase;           /* 0 before initiate, 1 requested, 2 initiated, 3 concluding, 4 ended */
	uint8_t initiator;       /* enum dir of the initiate-Request's sender */
	uint32_t pdu_max;        /* negotiated localDetail; 0 = not stated */
	uint16_t max_calling, max_called; /* negotiated outstanding services; 0 = not stated */
	uint8_t nesting;         /* negotiated data structure nesting; 0 = not stated */
	struct mms_dir dir[DIR_N];
};

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
	struct mms_pending *request; /* of a response or error: its request, still there during the call; NULL = unknown */
	struct mms_pending *pending; /* of a request: its fresh entry, for the upper layer's op */
	enum mms_spec spec;
	struct mms_name name;    /* MMS_SPEC_LIST: the list; else the service's single object name, if has_name */
	bool has_name;
	struct span vars;        /* MMS_SPEC_VARS: contents of listOfVariable; walk with mms_var_next */
	struct span data;        /* write: contents of listOfData; read response and report: of listOfAccessResult */
	uint8_t object_class;    /* getNameList */
	uint8_t name_scope;      /* getNameList: enum mms_scope; name.domain set for MMS_DOMAIN */
	uint16_t ber_depth;      /* for readers over vars and data */
};

struct mms_var {
	bool has_name;
	struct mms_name name;
	bool alternate;          /* an alternateAccess follows: see mms_alternate */
	struct span alternate_access;
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
/* Does a TSDU begin like a bare MMS PDU (stacks without session and presentation)? */
bool mms_looks_like(struct span tsdu);

/* Walks the variables of a list; b over pdu->vars. */
bool mms_var_next(struct ber *b, struct mms_var *v);

/* One MMS Data or AccessResult (ISO 9506-2 7.4.2); tag numbers are the kinds. */
enum mms_data_kind { MMS_DATA_FAILURE = 0, MMS_DATA_ARRAY = 1, MMS_DATA_STRUCT = 2, MMS_DATA_BOOL = 3, MMS_DATA_BITS = 4,
	MMS_DATA_INT = 5, MMS_DATA_UINT = 6, MMS_DATA_FLOAT = 7, MMS_DATA_OCTETS = 9, MMS_DATA_VISIBLE = 10,
	MMS_DATA_GTIME = 11, MMS_DATA_BTIME = 12, MMS_DATA_BCD = 13, MMS_DATA_BOOLS = 14, MMS_DATA_OID = 15,
	MMS_DATA_STRING = 16, MMS_DATA_UTC = 17 };

struct mms_data {
	uint8_t kind;            /* enum mms_data_kind */
	int64_t num;             /* bool, int, uint, failure code; otherwise 0 */
	struct span bytes;       /* contents */
	struct ber_tlv tlv;      /* to open arrays and structures */
};

/* The next value; false at the end or on malformed data (then ber_ok is false). */
bool mms_data_next(struct ber *b, struct mms_data *v);

#endif
