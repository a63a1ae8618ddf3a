/* stack.h - the decoders of one COTP flow, chained: stream > COTP > session, presentation, ACSE > MMS > ICCP.
 *
 * Only here do the decoders meet: each gives its units to the next through a function it was handed.
 */
#ifndef IPS_STACK_H
#define IPS_STACK_H

#include "decoders/cotp/cotp.h"
#include "decoders/iccp/iccp.h"
#include "decoders/mms/mms.h"
#include "decoders/osi/osi.h"
#include "ips/insp_state.h"

struct stack {
	struct cotp_state cotp;
	struct osi_state osi;
	struct mms_state mms;
	struct iccp_state iccp;
};

/* Asks for the memory that the next feed of d reads first: of a flow among many it is far away. */
static inline void stack_fetch(const struct stack *s, enum dir d)
{
	__builtin_prefetch(&s->cotp);
	__builtin_prefetch(&s->cotp.dir[d]);
	__builtin_prefetch(&s->osi.context[1]); /* mostly that of MMS */
	__builtin_prefetch(&s->mms);
	__builtin_prefetch(&s->iccp);
}

void stack_init(struct stack *s);
void stack_fini(struct stack *s, struct bufpool *bufs);
/* In-order bytes of direction d; upper is read and set. */
void stack_feed(struct stack *s, uint8_t *upper, struct dec_ctx *ctx, enum dir d, struct span bytes);
void stack_gap(struct stack *s, struct dec_ctx *ctx, enum dir d);

#endif
