/* iccp_int.h - what the files of the ICCP decoder share: the PDU being judged, names, values. */
#ifndef DECODERS_ICCP_ICCP_INT_H
#define DECODERS_ICCP_ICCP_INT_H

#include <string.h>

#include "decoders/iccp/iccp.h"

/* Reserved names that matter one by one; RES_OTHER only marks the flow. */
enum iccp_reserved {
	RES_NONE,
	RES_BILATERAL_TABLE,
	RES_VERSION,
	RES_FEATURES,
	RES_NEXT_DS,
	RES_NEXT_TS,
	RES_SET_NAME,
	RES_TIME_STAMP,
	RES_CONDITIONS,
	RES_EVENT_CODE,
	RES_ACK,
	RES_NACK,
	RES_IM_SET,
	RES_INFO_HEADER,
	RES_INFO_BUFFER,
	RES_OTHER
};
enum iccp_suffix { SUFFIX_NONE, SUFFIX_SBO, SUFFIX_TAG };

/* Bits of iccp_look.odd, told once a PDU in this order. */
enum iccp_odd { ODD_SCOPE = 1, ODD_CASE = 2, ODD_NAMES = 4, ODD_TRANSFER_SET = 8, ODD_VALUE = 16, ODD_MESSAGE = 32 };

/* What a response is asked about, beside its op: kept with the request, each as kind << 7 | variable + 1. */
enum iccp_ask { ASK_TABLE = 1, ASK_VERSION, ASK_FEATURES, ASK_CHECK_BACK, ASK_TAG, ASK_SET, ASK_NEXT_TS };
enum { ASKS_MAX = 6, ASK_BITS = 10, ASK_INDEX_BITS = 7, ASK_INDEX_MAX = (1 << ASK_INDEX_BITS) - 1 };

/* One PDU under judgement. */
struct iccp_look {
	struct iccp_state *s;
	struct dec_ctx *ctx;
	const struct mms_pdu *pdu;
	bool known;                  /* to be TASE.2 before this PDU: its names are learnt as they are looked at */
	unsigned odd;
	unsigned scopes;             /* of the names it has, as bits of enum mms_scope */
	bool is_iccp, is_iec61850;   /* a mark was found */
	enum iccp_op op;             /* the weightiest so far */
	uint8_t at;                  /* 1 + the variable that is Next_DSTransfer_Set; 0 = none */
	uint8_t n_asked;
	uint64_t place;              /* hash kept with the request */
	uint64_t asked;              /* of a read without Next_DSTransfer_Set: kept with the request in place of the hash */
	struct mms_name object;      /* name carried as a value: transfer set of a report, data set of a transfer set */
};

/* iccp_name.c */
/* The reserved name that n is, if its scope is one that name has; else RES_NONE. Oddities go to *odd. */
enum iccp_reserved iccp_reserved(const struct mms_name *n, unsigned *odd);
/* The number at the end of an Info_Buff name: octets of the buffer. */
uint32_t iccp_number(struct span item);
/* Of the item or what is before its first $. */
enum iccp_suffix iccp_suffix(const struct mms_name *n, struct span *stem);
bool iccp_is_functional(const struct mms_name *n);   /* second $ token is an IEC 61850 functional constraint */
bool iccp_is_61850_report(const struct mms_name *list); /* the VMD-specific list that IEC 61850 reports name */
struct span iccp_base(struct span item);             /* up to the first $ */
struct span iccp_component(struct span item);        /* behind the first $; empty = none */
static inline bool iccp_is(struct span s, const char *text)
{
	const size_t n = strlen(text); /* folded: text is a literal */
	return s.len == n && memcmp(s.p, text, n) == 0;
}
uint64_t iccp_place(const struct mms_name *n);       /* hash of scope and domain */
uint64_t iccp_hash(uint64_t place, struct span item);
bool iccp_known(const struct iccp_state *s, uint64_t hash, enum iccp_known what);
bool iccp_is_known(const struct iccp_state *s, const struct mms_name *n, enum iccp_known what); /* n or its base */
/* True if the oldest name had to make room. */
bool iccp_learn(struct iccp_state *s, uint64_t hash, enum iccp_known what);

/* iccp_value.c */
/* The value at index of a list; false when there is none. */
bool iccp_value_at(const struct mms_pdu *pdu, unsigned index, struct mms_data *v);
/* The index-th member of a structure. */
bool iccp_member_at(const struct mms_data *v, unsigned index, struct mms_data *member);
/* An object name as value: {scope 0 or 1, domain, name}. */
bool iccp_object_value(const struct mms_data *v, struct mms_name *n);
bool iccp_is_integer(const struct mms_data *v);
/* A bit string of that many bits, as DSConditions are of 5. */
bool iccp_is_bits(const struct mms_data *v, unsigned n);
/* Is bit i, counted from 0, there and set? */
bool iccp_bit(const struct mms_data *v, unsigned i);

/* Members of a DS transfer set in their order; SET_NONE: none of them. */
enum iccp_set_member {
	SET_DATA_SET,
	SET_START_TIME,
	SET_INTERVAL,
	SET_TLE,
	SET_BUFFER_TIME,
	SET_INTEGRITY,
	SET_CONDITIONS,
	SET_BLOCK_DATA,
	SET_CRITICAL,
	SET_RBE,
	SET_ALL_CHANGES,
	SET_STATUS,
	SET_EVENT_CODE,
	SET_NONE
};
/* The structure of a DS transfer set: its members, 13 or 12, or 0 when it is none; its data set. */
unsigned iccp_transfer_set(const struct mms_data *v, struct mms_name *data_set);

/* Walks what is written to, or read of, a transfer set: the members of its structure, or the components that are
 * named behind a $ or by alternateAccess. var may be NULL. */
struct iccp_parts {
	const struct mms_var *var;
	const struct mms_data *value;
	unsigned whole;              /* members of the structure, 0 = components */
	unsigned i;                  /* of the structure, or of the paths */
	bool named;                  /* the name's own component was told */
	struct mms_paths paths;
};
struct iccp_part {
	enum iccp_set_member member;
	struct mms_data value;
};
void iccp_parts_open(struct iccp_parts *p, const struct mms_var *var, const struct mms_data *value, uint16_t ber_depth);
bool iccp_parts_next(struct iccp_parts *p, struct iccp_part *part);

/* iccp_op.c: the operation of a PDU on an ICCP flow; learns names. */
void iccp_request(struct iccp_look *l);
void iccp_response(struct iccp_look *l);
void iccp_report(struct iccp_look *l);
/* Keeps, for what follows on this flow, the device that a name with suffix belongs to. */
void iccp_learn_name(struct iccp_look *l, const struct mms_name *n);
/* What a write of value to v is to. */
enum iccp_target { TO_VALUE, TO_ACK, TO_NACK, TO_IM_SET, TO_SBO, TO_TAG, TO_SET, TO_DEVICE };
enum iccp_target iccp_target(const struct iccp_look *l, const struct mms_var *v, const struct mms_data *value);

/* iccp_tell.c: what an operation says beyond its names. */
void iccp_add_fields(struct dec_build *b, const struct iccp_look *l);

#endif
