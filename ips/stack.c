/* stack.c - see stack.h. */
#include "ips/stack.h"

#include "decoders/other/other.h"

/* One feed under way: what the functions handed to the layers need. */
struct climb {
	struct stack *s;
	struct dec_ctx *ctx;
	uint8_t *upper;
};

static void to_iccp(void *arg, const struct mms_pdu *pdu)
{
	const struct climb *c = arg;
	iccp_pdu(&c->s->iccp, c->ctx, pdu);
}

static void iccp_ends(void *arg, enum dir d)
{
	const struct climb *c = arg;
	iccp_aborted(&c->s->iccp, c->ctx, d);
}

static void to_mms(void *arg, enum dir d, int kind, struct span unit)
{
	struct climb *c = arg;
	const struct mms_upper up = { .pdu = to_iccp, .aborted = iccp_ends, .arg = c };
	switch ((enum osi_unit)kind) {
	case OSI_UNIT_MMS:
		mms_pdu(&c->s->mms, c->ctx, d, unit, &up);
		break;
	case OSI_UNIT_ABORT:
		mms_end(&c->s->mms, d, true, &up);
		break;
	case OSI_UNIT_CLOSED:
		mms_end(&c->s->mms, d, false, &up);
		break;
	}
}

/* What rides on this COTP connection shows in the first TSDU that any of them knows. */
static enum upper recognise(const struct stack *s, struct span tsdu)
{
	if (s->cotp.rdp)
		return UPPER_OTHER;
	if (s7_looks_like(tsdu))
		return UPPER_S7;
	if (osi_looks_like(tsdu))
		return UPPER_OSI;
	if (mms_looks_like(tsdu))
		return UPPER_MMS;
	return UPPER_UNDECIDED;
}

/* The transport connection ended: so did what rode on it. */
static void end_upper(struct climb *c, enum dir d)
{
	const struct dec_upper up = { .unit = to_mms, .arg = c };
	if (*c->upper == UPPER_OSI)
		osi_end(&c->s->osi, d, &up);
}

static void to_upper(void *arg, enum dir d, int kind, struct span tsdu)
{
	struct climb *c = arg;
	if ((enum cotp_unit)kind == COTP_UNIT_END) {
		end_upper(c, d);
		return;
	}
	if (*c->upper == UPPER_UNDECIDED) {
		*c->upper = recognise(c->s, tsdu);
		if (*c->upper == UPPER_OSI && c->s->cotp.midstream)
			osi_gap(&c->s->osi);
	}
	switch ((enum upper)*c->upper) {
	case UPPER_OSI: {
		const struct dec_upper up = { .unit = to_mms, .arg = c };
		osi_tsdu(&c->s->osi, c->ctx, d, tsdu, &up);
		break;
	}
	case UPPER_S7:
		s7_tsdu(c->ctx, d, tsdu);
		break;
	case UPPER_MMS:
		dec_anomaly(c->ctx, d, AN_OSI_ABSENT);
		to_mms(c, d, OSI_UNIT_MMS, tsdu);
		break;
	case UPPER_UNDECIDED:
	case UPPER_OTHER:
	case UPPER_N:
		break;
	}
}

void stack_init(struct stack *s)
{
	cotp_init(&s->cotp);
	osi_init(&s->osi);
	mms_init(&s->mms);
	iccp_init(&s->iccp);
}

void stack_fini(struct stack *s, struct bufpool *bufs)
{
	cotp_fini(&s->cotp, bufs);
}

void stack_feed(struct stack *s, uint8_t *upper, struct dec_ctx *ctx, enum dir d, struct span bytes)
{
	struct climb c = { .s = s, .ctx = ctx, .upper = upper };
	const struct dec_upper up = { .unit = to_upper, .arg = &c };
	cotp_feed(&s->cotp, ctx, d, bytes, &up);
}

void stack_gap(struct stack *s, struct dec_ctx *ctx, enum dir d)
{
	cotp_gap(&s->cotp, ctx, d);
	osi_gap(&s->osi);
	mms_gap(&s->mms);
}
