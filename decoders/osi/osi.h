/* osi.h - session (X.225), presentation (X.226) and ACSE (X.227): TSDUs to application PDUs.
 *
 * Contexts are learnt from CP and CPA, never assumed. One entry for a TSDU; each layer has its own
 * file (session.c, presentation.c, acse.c) behind osi_int.h. Upper units: OSI_UNIT_MMS is one MMS PDU
 * (from data or from ACSE user information); OSI_UNIT_ABORT tells that the association was aborted,
 * OSI_UNIT_CLOSED that it was released or refused. Plain state.
 */
#ifndef DECODERS_OSI_OSI_H
#define DECODERS_OSI_OSI_H

#include "decoders/dec.h"

enum osi_unit { OSI_UNIT_MMS, OSI_UNIT_ABORT, OSI_UNIT_CLOSED };

/* X.225 states as far as an observer needs them. */
enum ses_phase { SES_IDLE, SES_CONNECTING, SES_DATA, SES_RELEASING, SES_CLOSED, SES_PHASE_N };
enum pres_as { PRES_AS_OTHER, PRES_AS_ACSE, PRES_AS_MMS, PRES_AS_N };
enum pres_answer { PRES_PROPOSED, PRES_ACCEPTED, PRES_REFUSED, PRES_ANSWER_N };
enum acse_phase { ACSE_IDLE, ACSE_REQUESTED, ACSE_ASSOCIATED, ACSE_RELEASING, ACSE_CLOSED, ACSE_PHASE_N };

#define PRES_CONTEXTS_MAX 16

struct pres_context {
	uint32_t id;
	uint8_t as;              /* enum pres_as: abstract syntax */
	uint8_t answer;          /* enum pres_answer */
};

struct osi_state {
	uint8_t ses;             /* enum ses_phase */
	uint8_t initiator;       /* enum dir of the CN's sender */
	uint8_t finisher;        /* enum dir of the FN's sender, in SES_RELEASING */
	uint8_t acse;            /* enum acse_phase */
	bool midstream;          /* not all known (no CN seen, a gap, a second CN): content says what data is */
	uint8_t n_contexts;
	struct pres_context context[PRES_CONTEXTS_MAX];
};

void osi_init(struct osi_state *s);
/* One TSDU of direction d. */
void osi_tsdu(struct osi_state *s, struct dec_ctx *ctx, enum dir d, struct span tsdu, const struct dec_upper *up);
/* The transport below has a gap or was joined late: association state is unknown from here. */
void osi_gap(struct osi_state *s);
/* The transport connection ended, by a TPDU or below it: tells OSI_UNIT_CLOSED if an association was there. */
void osi_end(struct osi_state *s, enum dir d, const struct dec_upper *up);
/* Does a TSDU begin like a session SPDU (for telling S7 and bare MMS apart)? */
bool osi_looks_like(struct span tsdu);

#endif
