/* iccp_int.h - what the files of the ICCP decoder share: the PDU being judged, names, values. */
#ifndef DECODERS_ICCP_ICCP_INT_H
#define DECODERS_ICCP_ICCP_INT_H

#include <string.h>

#include "decoders/iccp/iccp.h"

/* Reserved names that matter one by one; RES_OTHER only marks the flow. */
enum iccp_reserved { RES_NONE, RES_BILATERAL_TABLE, RES_NEXT_DS, RES_SET_NAME, RES_ACK, RES_NACK, RES_IM_SET, RES_INFO, RES_OTHER };
enum iccp_suffix { SUFFIX_NONE, SUFFIX_SBO, SUFFIX_TAG };

/* Bits of iccp_look.odd, told once a PDU in this order. */
enum iccp_odd { ODD_SCOPE = 1, ODD_CASE = 2, ODD_NAMES = 4, ODD_TRANSFER_SET = 8 };

/* One PDU under judgement. */
struct iccp_look {
	struct iccp_state *s;
	struct dec_ctx *ctx;
	const struct mms_pdu *pdu;
	unsigned odd;
	bool is_iccp, is_iec61850;   /* a mark was found */
	enum iccp_op op;             /* the weightiest so far */
	uint8_t at;                  /* 1 + the variable the response is asked about; 0 = none */
	uint64_t place;              /* hash kept with the request */
	struct mms_name object;      /* name carried as a value: transfer set of a report, data set of a transfer set */
	struct span bilateral_table; /* of a response; empty = none */
};

/* iccp_name.c */
/* The reserved name that n is, if its scope is one that name has; else RES_NONE. Oddities go to *odd. */
enum iccp_reserved iccp_reserved(const struct mms_name *n, unsigned *odd);
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
/* True if the oldest name had to make room. */
bool iccp_learn(struct iccp_state *s, uint64_t hash, enum iccp_known what);

/* iccp_value.c */
/* The value at index of a list; false when there is none. */
bool iccp_value_at(const struct mms_pdu *pdu, unsigned index, struct mms_data *v);
/* The index-th member of a structure. */
bool iccp_member_at(const struct mms_data *v, unsigned index, struct mms_data *member);
/* An object name as value: {scope 0 or 1, domain, name}. */
bool iccp_object_value(const struct mms_data *v, struct mms_name *n);
/* The structure of a DS transfer set, of 13 members or 12; its Status and data set name. */
bool iccp_transfer_set(const struct mms_data *v, bool *status, struct mms_name *data_set);

/* iccp_op.c: the operation of a PDU on an ICCP flow; learns names. */
void iccp_request(struct iccp_look *l);
void iccp_response(struct iccp_look *l);
void iccp_report(struct iccp_look *l);
/* Keeps, for what follows on this flow, the device that a name with suffix belongs to. */
void iccp_learn_name(struct iccp_look *l, const struct mms_name *n);

#endif
