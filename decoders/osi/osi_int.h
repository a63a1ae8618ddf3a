/* osi_int.h - between session.c, presentation.c, contexts.c and acse.c: one TSDU on its way up. */
#ifndef DECODERS_OSI_OSI_INT_H
#define DECODERS_OSI_OSI_INT_H

#include "decoders/ber.h"
#include "decoders/osi/osi.h"

/* Which SPDU user data came in: bits, so that tables can say where a PPDU or APDU may be. */
enum carrier {
	IN_CN = 1, IN_AC = 2, IN_RF = 4, IN_FN = 8, IN_DN = 16, IN_NF = 32, IN_AB = 64, IN_AA = 128, IN_DT = 256, IN_TD = 512,
};

/* Fields of an event to come, each but once: what is set later counts. */
#define OSI_FIELDS_MAX 24
struct osi_fields {
	struct field v[OSI_FIELDS_MAX];
	uint8_t n;
};

struct osi {
	struct osi_state *s;
	struct dec_ctx *ctx;
	const struct dec_upper *up;
	enum dir d;
	enum carrier carrier;
	uint8_t notes;           /* enum ber_note of all readers; told once, at the end */
	bool fits;               /* the SPDU fits the session's phase */
	bool strict;             /* the association is known: what does not fit it is an anomaly */
	bool aborted;            /* by AB, or by an ABRT in another SPDU */
	bool refused;            /* AARE with a negative result */
};

static inline void osi_anomaly(const struct osi *o, enum anomaly a)
{
	dec_anomaly(o->ctx, o->d, a);
}

/* session.c: osi_tsdu of any TSDU. */
void osi_tsdu_any(struct osi_state *s, struct dec_ctx *ctx, enum dir d, struct span tsdu, const struct dec_upper *up);

/* As ber_next and ber_open, with each element against the budget and each note kept in o. */
bool osi_next(struct osi *o, struct ber *b, struct ber_tlv *t);
struct ber osi_open(struct osi *o, struct ber *parent, const struct ber_tlv *t);
/* The single element inside an explicit tag. */
bool osi_inside(struct osi *o, struct ber *b, const struct ber_tlv *t, struct ber_tlv *v);
/* Values, with what is odd about their form kept in o; false (and 0) when t has no such. */
bool osi_uint(struct osi *o, const struct ber_tlv *t, uint32_t *out);
bool osi_int(struct osi *o, const struct ber_tlv *t, int64_t *out);
bool osi_bits(struct osi *o, const struct ber_tlv *t, uint32_t *out);
bool osi_oid(struct osi *o, const struct ber_tlv *t, struct span *out);
/* The octets of a string; bits: without the counts of unused bits. Lent: t's own, or where it comes in pieces those of room,
 * which the caller clears. */
bool osi_string(struct osi *o, const struct ber_tlv *t, bool bits, struct buf *room, struct span *out);

void osi_set_num(struct osi_fields *fs, enum field_id id, uint64_t num);
void osi_set_bytes(struct osi_fields *fs, enum field_id id, struct span bytes);
/* The field of that id, or NULL. */
const struct field *osi_get(const struct osi_fields *fs, enum field_id id);
void osi_tell_fields(struct dec_build *b, const struct osi_fields *fs);

/* User data of an SPDU: one PPDU (X.226 8). */
void pres_ppdu(struct osi *o, struct span ppdu);
/* One PDV list or EXTERNAL (X.226 8.4.2, X.690 8.18): { syntax or context, then data }; t is whole. */
void pres_pdv(struct osi *o, struct ber *parent, const struct ber_tlv *t);

/* Which contexts there are is not sure from here: what is in them is told by content. */
static inline void pres_unsure(struct osi *o)
{
	o->s->midstream = true;
	o->strict = false;
}

/* Contexts (contexts.c). A definition list as in CP, results as in CPA and CPR. */
enum pres_as pres_syntax(struct span oid);
bool pres_is_ber(struct span oid);
struct pres_context *pres_context_of(struct osi_state *s, uint32_t id);
void pres_define_all(struct osi *o, struct ber *parent, const struct ber_tlv *list);
void pres_answer_all(struct osi *o, struct ber *parent, const struct ber_tlv *list);
/* As fields of b: a definition list; results, the first of which answers context number first; a list of ids. */
void pres_tell_definitions(struct osi *o, struct dec_build *b, struct ber *parent, const struct ber_tlv *list);
void pres_tell_results(struct osi *o, struct dec_build *b, struct ber *parent, const struct ber_tlv *list, unsigned first);
void pres_tell_ids(struct osi *o, struct dec_build *b, struct ber *parent, const struct ber_tlv *list);

/* One ACSE APDU (X.227 9), read from parent. */
void acse_apdu(struct osi *o, struct ber *parent, const struct ber_tlv *apdu);

#endif
