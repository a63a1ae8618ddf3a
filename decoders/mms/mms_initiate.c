/* mms_initiate.c - the initiate service (ISO 9506-2 8): what both ends propose and agree on. */
#include "decoders/mms/mms_int.h"

enum { LOCAL_DETAIL = 0, OUTSTANDING_CALLING = 1, OUTSTANDING_CALLED = 2, NESTING = 3, INIT_DETAIL = 4 };
enum { VERSION = 0, PARAMETER_CBB = 1, SERVICES_SUPPORTED = 2 };
enum { MMS_VERSION = 1 };

static bool is_bit_string(struct span v)
{
	struct cur c = cur_span(v);
	uint8_t unused = cur_u8(&c);
	return cur_ok(&c) && unused <= 7 && (unused == 0 || v.len > 1);
}

/* mmsInitRequestDetail, mmsInitResponseDetail; editions after the first add elements. */
static void take_detail(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = mms_reader(p, t->value);
	struct ber_tlv e;
	unsigned seen = 0;
	while (mms_next(p, &b, &e)) {
		if (e.cls != BER_CONTEXT)
			continue;
		if (e.tag == VERSION && mms_take_uint(p, e.value) != MMS_VERSION)
			mms_set_odd(p, ODD_NEGOTIATION);
		if ((e.tag == PARAMETER_CBB || e.tag == SERVICES_SUPPORTED) && !is_bit_string(e.value))
			mms_set_odd(p, ODD_SIZE);
		if (e.tag <= SERVICES_SUPPORTED)
			seen |= 1u << e.tag;
	}
	if (seen != (1u << VERSION | 1u << PARAMETER_CBB | 1u << SERVICES_SUPPORTED))
		mms_set_odd(p, ODD_MALFORMED);
}

void mms_take_initiate(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct mms_initiate *i = &p->initiate;
	uint32_t *const number[] = {
		[LOCAL_DETAIL] = &i->detail,
		[OUTSTANDING_CALLING] = &i->calling,
		[OUTSTANDING_CALLED] = &i->called,
		[NESTING] = &i->nesting,
	};
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	bool detail = false;
	while (mms_next(p, &b, &t)) {
		if (t.cls == BER_CONTEXT && t.tag < ARRAY_LEN(number) && !t.constructed) {
			*number[t.tag] = mms_take_uint(p, t.value);
		} else if (ber_is(&t, BER_CONTEXT, INIT_DETAIL) && t.constructed) {
			take_detail(p, &t);
			detail = true;
		} else {
			mms_set_odd(p, ODD_EXTRA);
		}
	}
	if (!detail || i->calling == 0 || i->called == 0)
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
