/* osi_int.h - between session.c, presentation.c and acse.c: one TSDU on its way up. */
#ifndef DECODERS_OSI_OSI_INT_H
#define DECODERS_OSI_OSI_INT_H

#include "decoders/ber.h"
#include "decoders/osi/osi.h"

/* Which SPDU user data came in: bits, so that tables can say where a PPDU or APDU may be. */
enum carrier {
	IN_CN = 1, IN_AC = 2, IN_RF = 4, IN_FN = 8, IN_DN = 16, IN_NF = 32, IN_AB = 64, IN_AA = 128, IN_DT = 256,
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

/* User data of an SPDU: one PPDU (X.226 8). */
void pres_ppdu(struct osi *o, struct span ppdu);
/* One PDV list or EXTERNAL (X.226 8.4.2, X.690 8.18): { syntax or context, then data }; t is whole. */
void pres_pdv(struct osi *o, struct ber *parent, const struct ber_tlv *t);

/* One ACSE APDU (X.227 9), read from parent. */
void acse_apdu(struct osi *o, struct ber *parent, const struct ber_tlv *apdu);

#endif
