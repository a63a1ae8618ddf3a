/* mms_initiate.c - the initiate service (ISO 9506-2 8): what both ends propose and agree on. */
#include "decoders/mms/mms_int.h"

enum { LOCAL_DETAIL = 0, OUTSTANDING_CALLING = 1, OUTSTANDING_CALLED = 2, NESTING = 3 };
enum { MMS_VERSION = 1 };

static void version(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	mms_uint(w, b, t, row);
	if (w->out == NULL && mms_take_uint(w->p, t->value) != MMS_VERSION)
		mms_set_odd(w->p, ODD_NEGOTIATION);
}

/* mmsInitRequestDetail, mmsInitResponseDetail; [3] to [5] since the second edition. */
static const struct mms_row detail_rows[] = {
	{ 0, MMS_MUST, FLD_MMS_VERSION, version, NULL },
	{ 1, MMS_MUST, FLD_MMS_CBB, mms_bits, NULL },
	{ 2, MMS_MUST, FLD_MMS_SERVICES, mms_bits, NULL },
	{ 3, 0, FLD_MMS_ADDITIONAL_SERVICES, mms_bits, NULL },
	{ 4, 0, FLD_MMS_ADDITIONAL_CBB, mms_bits, NULL },
	{ 5, 0, FLD_MMS_PRIVILEGE, mms_bytes, NULL },
};
static const struct mms_shape detail = MMS_SHAPE(detail_rows, MMS_OPEN);

static const struct mms_row initiate_rows[] = {
	{ LOCAL_DETAIL, 0, FLD_MMS_LOCAL_DETAIL, mms_uint, NULL },
	{ OUTSTANDING_CALLING, MMS_MUST, FLD_MMS_MAX_CALLING, mms_uint, NULL },
	{ OUTSTANDING_CALLED, MMS_MUST, FLD_MMS_MAX_CALLED, mms_uint, NULL },
	{ NESTING, 0, FLD_MMS_NESTING, mms_uint, NULL },
	{ 4, MMS_MUST, FLD_N, mms_seq, &detail },
};
static const struct mms_shape initiate = MMS_SHAPE(initiate_rows, MMS_SEQUENCE);

void mms_take_initiate(struct mms_parse *p, const struct ber_tlv *pdu)
{
	static const struct mms_row row = { 0, 0, FLD_N, mms_seq, &initiate };
	struct mms_initiate *i = &p->initiate;
	uint32_t *const number[] = {
		[LOCAL_DETAIL] = &i->detail,
		[OUTSTANDING_CALLING] = &i->calling,
		[OUTSTANDING_CALLED] = &i->called,
		[NESTING] = &i->nesting,
	};
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	mms_take(p, pdu, &row);
	while (mms_next(p, &b, &t)) {
		if (t.cls == BER_CONTEXT && t.tag < ARRAY_LEN(number) && !t.constructed)
			*number[t.tag] = mms_take_uint(p, t.value);
	}
	if (i->calling == 0 || i->called == 0)
		mms_set_odd(p, ODD_MALFORMED);
}

/* Which end bounds which direction is read both ways by implementations: the larger bounds each. */
static uint16_t outstanding(const struct mms_initiate *i)
{
	const uint32_t max = i->calling > i->called ? i->calling : i->called;
	return (uint16_t)size_min(max, UINT16_MAX);
}

static void forget(struct mms_state *s)
{
	s->dir[DIR_ORIG].n = s->dir[DIR_REPLY].n = 0;
}

static void keep(struct mms_state *s, const struct mms_initiate *i)
{
	s->pdu_max = i->detail;
	s->outstanding_max = outstanding(i);
	s->nesting = (uint8_t)size_min(i->nesting, UINT8_MAX);
}

void mms_step_initiate_request(struct mms_parse *p)
{
	struct mms_state *s = p->s;
	if (s->phase != MMS_UNSEEN && s->phase != MMS_ENDED)
		mms_set_odd(p, ODD_PHASE);
	forget(s);
	s->phase = MMS_REQUESTED;
	s->initiator = (uint8_t)p->pdu.dir;
	keep(s, &p->initiate);
}

/* The responder may lower what was proposed, or leave it out, never raise it. */
void mms_step_initiate_response(struct mms_parse *p)
{
	struct mms_state *s = p->s;
	struct mms_initiate *i = &p->initiate;
	const bool asked = s->phase == MMS_REQUESTED;
	if (s->phase != MMS_UNSEEN && (!asked || s->initiator == p->pdu.dir)) {
		mms_set_odd(p, ODD_PHASE);
		return;
	}
	if (asked) {
		if ((s->pdu_max != 0 && i->detail > s->pdu_max) || outstanding(i) > s->outstanding_max ||
		    (s->nesting != 0 && i->nesting > s->nesting))
			mms_set_odd(p, ODD_NEGOTIATION);
		i->detail = i->detail != 0 ? i->detail : s->pdu_max;
		i->nesting = i->nesting != 0 ? i->nesting : s->nesting;
	}
	s->phase = MMS_INITIATED;
	keep(s, i);
}
