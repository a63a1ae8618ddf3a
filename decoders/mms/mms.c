/* mms.c - one MMS PDU: its type, its invoke id and the request it belongs to, the association's phase.
 *
 * A PDU is read as a whole, then the state is stepped, then the upper layer and the sink are told. What is
 * odd about it is told once a PDU and kind; a malformed PDU is told with what could be read of it.
 */
#include "decoders/mms/mms.h"

#include <stddef.h>
#include <string.h>

#include "decoders/mms/mms_int.h"

enum { INTEGER = 2, SEQUENCE = 16 };
enum { SERVICE_EXTENSION = 79 }; /* after the service of a confirmed PDU */
enum { REJECT_CONFIRMED_REQUEST = 1, REJECT_CLASSES = 11 };

void mms_init(struct mms_state *s)
{
	*s = (struct mms_state){ 0 };
}

/* --- reading, shared -------------------------------------------------------------------------------- */

uint32_t mms_take_uint(struct mms_parse *p, struct span v)
{
	uint32_t n;
	if (!ber_uint(v, &n))
		mms_set_odd(p, ODD_SIZE);
	return n;
}

static void take_invoke(struct mms_parse *p, const struct ber_tlv *t)
{
	p->pdu.has_invoke = !t->constructed && ber_uint(t->value, &p->pdu.invoke);
	if (!p->pdu.has_invoke)
		mms_set_odd(p, t->constructed ? ODD_MALFORMED : ODD_SIZE);
}

/* Every element once, for the notes that the reader takes of tags, lengths and depth. */
static void skim(struct mms_parse *p, struct ber *b)
{
	struct ber_tlv t;
	while (dec_spend(p->ctx, p->pdu.dir, 1) && ber_next(b, &t)) {
		p->segments |= mms_in_segments(&t);
		if (!t.constructed)
			continue;
		struct ber in = ber_open(b, &t);
		skim(p, &in);
		ber_close(b, &in);
	}
}

/* --- outstanding requests --------------------------------------------------------------------------- */

static struct mms_pending *pending_find(struct mms_dir *d, uint32_t invoke)
{
	for (uint8_t i = 0; i < d->n; i++) {
		if (d->pending[i].invoke == invoke)
			return &d->pending[i];
	}
	return NULL;
}

static void pending_drop(struct mms_dir *d, const struct mms_pending *e)
{
	const size_t i = (size_t)(e - d->pending);
	d->n--;
	memmove(&d->pending[i], &d->pending[i + 1], (d->n - i) * sizeof(d->pending[0]));
}

/* A request: it waits for its response from now on. */
static void step_request(struct mms_parse *p)
{
	struct mms_dir *d = &p->s->dir[p->pdu.dir];
	if (!p->pdu.has_invoke)
		return;
	const struct mms_pending *old = pending_find(d, p->pdu.invoke);
	if (old != NULL) {
		mms_set_odd(p, ODD_REUSED);
		pending_drop(d, old);
	}
	if (d->n == MMS_PENDING_MAX) {
		mms_set_odd(p, ODD_PENDING);
		pending_drop(d, &d->pending[0]);
	}
	p->pdu.pending = &d->pending[d->n++];
	*p->pdu.pending = (struct mms_pending){ .invoke = p->pdu.invoke, .service = (uint8_t)size_min(p->service, UINT8_MAX) };
	if (mms_is_agreed(p->s) && p->s->outstanding_max != 0 && d->n > p->s->outstanding_max)
		mms_set_odd(p, ODD_OUTSTANDING);
}

/* A response, error or reject: it answers a request of the other direction. */
static void step_answer(struct mms_parse *p)
{
	if (!p->pdu.has_invoke)
		return;
	p->pdu.request = pending_find(&p->s->dir[dir_other(p->pdu.dir)], p->pdu.invoke);
	if (p->pdu.request == NULL) {
		if (p->s->phase != MMS_UNSEEN)
			mms_set_odd(p, ODD_UNKNOWN);
		return;
	}
	if (!p->pdu.response) {
		p->service = p->pdu.request->service;
		p->service_name = mms_service_name(p->service);
		p->pdu.service = p->service_name != NULL ? (int)p->service : -1;
	} else if (p->service_name != NULL && p->pdu.request->service != p->service) {
		mms_set_odd(p, ODD_MISMATCH);
	}
}

/* cancel of the requester: its request goes on until it is answered. */
static void step_cancel(struct mms_parse *p)
{
	if (p->pdu.has_invoke && p->s->phase != MMS_UNSEEN && pending_find(&p->s->dir[p->pdu.dir], p->pdu.invoke) == NULL)
		mms_set_odd(p, ODD_UNKNOWN);
}

static void step_reject(struct mms_parse *p)
{
	if (p->error >> 8 == REJECT_CONFIRMED_REQUEST)
		step_answer(p);
}

/* --- phase ------------------------------------------------------------------------------------------ */

static void step_initiate_error(struct mms_parse *p)
{
	if (p->s->phase != MMS_UNSEEN && p->s->phase != MMS_REQUESTED)
		mms_set_odd(p, ODD_PHASE);
	p->s->phase = MMS_ENDED;
}

static void step_conclude_request(struct mms_parse *p)
{
	if (p->s->phase != MMS_UNSEEN)
		p->s->phase = MMS_CONCLUDING;
}

static void step_conclude_response(struct mms_parse *p)
{
	if (p->s->phase != MMS_UNSEEN && p->s->phase != MMS_CONCLUDING)
		mms_set_odd(p, ODD_PHASE);
	p->s->phase = MMS_ENDED;
}

static void step_conclude_error(struct mms_parse *p)
{
	if (p->s->phase == MMS_CONCLUDING)
		p->s->phase = MMS_INITIATED;
	else if (p->s->phase != MMS_UNSEEN)
		mms_set_odd(p, ODD_PHASE);
}

/* Data before initiate is answered or after the end: said once, then taken as if joined late. */
static void check_phase(struct mms_parse *p)
{
	struct mms_state *s = p->s;
	if (s->phase == MMS_REQUESTED || s->phase == MMS_ENDED) {
		mms_set_odd(p, ODD_PHASE);
		s->phase = MMS_UNSEEN;
	}
	if (mms_is_agreed(s) && s->pdu_max != 0 && p->pdu.whole.len > s->pdu_max)
		mms_set_odd(p, ODD_PDU_SIZE);
}

/* --- PDUs ------------------------------------------------------------------------------------------- */

/* invokeID, modifiers of a request, the service, perhaps an extension. */
static bool take_confirmed(struct mms_parse *p, const struct ber_tlv *pdu, struct ber_tlv *service)
{
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	if (!mms_next(p, &b, &t) || !ber_is(&t, BER_UNIVERSAL, INTEGER)) {
		mms_set_odd(p, ODD_MALFORMED);
		return false;
	}
	take_invoke(p, &t);
	bool more = mms_next(p, &b, service);
	if (more && !p->pdu.response && ber_is(service, BER_UNIVERSAL, SEQUENCE)) {
		p->modifiers = *service;
		more = mms_next(p, &b, service);
	}
	if (!more || service->cls != BER_CONTEXT) {
		mms_set_odd(p, ODD_MALFORMED);
		return false;
	}
	if (mms_next(p, &b, &t) && (!ber_is(&t, BER_CONTEXT, SERVICE_EXTENSION) || mms_next(p, &b, &t)))
		mms_set_odd(p, ODD_EXTRA);
	p->service = service->tag;
	p->service_name = mms_service_name(service->tag);
	p->pdu.event = mms_service_event(service->tag, p->pdu.response);
	if (p->service_name == NULL) {
		dec_anomaly(p->ctx, p->pdu.dir, AN_MMS_SERVICE);
		return false;
	}
	p->pdu.service = (int)service->tag;
	return true;
}

static void check_modifiers(struct mms_parse *p)
{
	static const struct mms_row row = { 0, MMS_KEPT, FLD_N, mms_seq, &mms_modifiers };
	if (p->modifiers.value.len != 0)
		mms_take(p, &p->modifiers, &row);
}

static void take_confirmed_request(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber_tlv service;
	if (take_confirmed(p, pdu, &service))
		mms_take_request(p, &service);
	check_modifiers(p);
}

static void take_confirmed_response(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber_tlv service;
	p->pdu.response = true;
	if (take_confirmed(p, pdu, &service))
		mms_take_response(p, &service);
}

/* [0] invokeID, [1] modifierPosition, [2] ServiceError. */
static void take_confirmed_error(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	p->pdu.error = true;
	while (mms_next(p, &b, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0))
			take_invoke(p, &t);
		else if (ber_is(&t, BER_CONTEXT, 2) && t.constructed)
			mms_take(p, &t, &mms_error_row);
		else if (!ber_is(&t, BER_CONTEXT, 1))
			mms_set_odd(p, ODD_EXTRA);
	}
	if (!p->pdu.has_invoke || !p->has_error)
		mms_set_odd(p, ODD_MALFORMED);
}

static void take_unconfirmed(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv service, t;
	if (!mms_next(p, &b, &service) || service.cls != BER_CONTEXT) {
		mms_set_odd(p, ODD_MALFORMED);
		return;
	}
	if (service.tag > 2) {
		dec_anomaly(p->ctx, p->pdu.dir, AN_MMS_SERVICE);
		return;
	}
	mms_take_unconfirmed(p, &service);
	if (mms_next(p, &b, &t) && !ber_is(&t, BER_CONTEXT, SERVICE_EXTENSION))
		mms_set_odd(p, ODD_EXTRA);
}

/* [0] originalInvokeID, then the reason: its class is the tag. */
static void take_reject(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	p->pdu.error = true;
	while (mms_next(p, &b, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0)) {
			take_invoke(p, &t);
		} else if (t.cls == BER_CONTEXT && t.tag <= REJECT_CLASSES && !t.constructed && !p->has_error) {
			p->error = t.tag << 8 | (mms_take_uint(p, t.value) & 0xff);
			p->has_error = true;
		} else {
			mms_set_odd(p, ODD_EXTRA);
		}
	}
	if (!p->has_error)
		mms_set_odd(p, ODD_MALFORMED);
}

/* cancel: the contents are the invokeID itself. */
static void take_cancel(struct mms_parse *p, const struct ber_tlv *pdu)
{
	take_invoke(p, pdu);
}

/* [0] originalInvokeID, [1] ServiceError. */
static void take_cancel_error(struct mms_parse *p, const struct ber_tlv *pdu)
{
	struct ber b = mms_reader(p, pdu->value);
	struct ber_tlv t;
	while (mms_next(p, &b, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0))
			take_invoke(p, &t);
		else if (ber_is(&t, BER_CONTEXT, 1) && t.constructed)
			mms_take(p, &t, &mms_error_row);
		else
			mms_set_odd(p, ODD_EXTRA);
	}
	if (!p->pdu.has_invoke || !p->has_error)
		mms_set_odd(p, ODD_MALFORMED);
}

static void take_error(struct mms_parse *p, const struct ber_tlv *pdu)
{
	mms_take(p, pdu, &mms_error_row);
}

static void take_null(struct mms_parse *p, const struct ber_tlv *pdu)
{
	if (pdu->value.len != 0)
		mms_set_odd(p, ODD_EXTRA);
}

static void step_nothing(struct mms_parse *p)
{
	(void)p;
}

/* ISO 9506-2 7.1: MMSpdu. data: only between initiate and conclude. */
struct pdu_row {
	const char *name;
	bool constructed, data;
	enum event_id event;
	void (*take)(struct mms_parse *p, const struct ber_tlv *pdu);
	void (*step)(struct mms_parse *p);
};

static const struct pdu_row pdus[] = {
	[0] = { "confirmed-Request", true, true, EV_NONE, take_confirmed_request, step_request },
	[1] = { "confirmed-Response", true, true, EV_NONE, take_confirmed_response, step_answer },
	[2] = { "confirmed-Error", true, true, EV_MMS_CONFIRMED_ERR, take_confirmed_error, step_answer },
	[3] = { "unconfirmed", true, true, EV_NONE, take_unconfirmed, step_nothing },
	[4] = { "reject", true, true, EV_MMS_REJECT, take_reject, step_reject },
	[5] = { "cancel-Request", false, true, EV_MMS_CANCEL_REQ, take_cancel, step_cancel },
	[6] = { "cancel-Response", false, true, EV_MMS_CANCEL_RSP, take_cancel, step_nothing },
	[7] = { "cancel-Error", true, true, EV_MMS_CANCEL_ERR, take_cancel_error, step_nothing },
	[8] = { "initiate-Request", true, false, EV_MMS_INITIATE_REQ, mms_take_initiate, mms_step_initiate_request },
	[9] = { "initiate-Response", true, false, EV_MMS_INITIATE_RSP, mms_take_initiate, mms_step_initiate_response },
	[10] = { "initiate-Error", true, false, EV_MMS_INITIATE_ERR, take_error, step_initiate_error },
	[11] = { "conclude-Request", false, true, EV_MMS_CONCLUDE_REQ, take_null, step_conclude_request },
	[12] = { "conclude-Response", false, false, EV_MMS_CONCLUDE_RSP, take_null, step_conclude_response },
	[13] = { "conclude-Error", true, false, EV_MMS_CONCLUDE_ERR, take_error, step_conclude_error },
};

/* Of a PDU that the budget did not let us read whole, only that is said. */
static void tell_odd(const struct mms_parse *p)
{
	static const enum anomaly anomalies[] = {
#define X(id, anomaly) [id] = anomaly,
		MMS_ODD_LIST(X)
#undef X
	};
	for (unsigned i = 0; p->odd != 0 && i < MMS_ODD_N && p->ctx->budget != 0; i++) {
		if ((p->odd & 1u << i) != 0)
			dec_anomaly(p->ctx, p->pdu.dir, anomalies[i]);
	}
}

/* The PDU's element and its row; NULL, said, when it is no MMS PDU. */
static const struct pdu_row *take_pdu(struct mms_parse *p, struct ber_tlv *t)
{
	struct ber b = mms_reader(p, p->pdu.whole);
	struct ber_tlv extra;
	if (!ber_next(&b, t) || t->cls != BER_CONTEXT || t->tag >= ARRAY_LEN(pdus)) {
		dec_ber_notes(p->ctx, p->pdu.dir, b.notes);
		dec_anomaly(p->ctx, p->pdu.dir, AN_MMS_PDU);
		return NULL;
	}
	const struct pdu_row *row = &pdus[t->tag];
	if (t->constructed) {
		struct ber in = ber_open(&b, t);
		uint32_t n;
		if (!ber_is_plain(t->value, in.depth, &n))
			skim(p, &in);
		else
			(void)dec_spend(p->ctx, p->pdu.dir, n);
		ber_close(&b, &in);
	}
	if (ber_next(&b, &extra) || !ber_ok(&b))
		mms_set_odd(p, ODD_EXTRA);
	if (t->constructed != row->constructed)
		mms_set_odd(p, ODD_MALFORMED);
	dec_ber_notes(p->ctx, p->pdu.dir, b.notes);
	return row;
}

/* Strings in segments are put together, and the PDU's element is that of the copy. */
static void put_together(struct mms_parse *p, struct ber_tlv *t)
{
	if (!p->segments)
		return;
	mms_join(p);
	struct ber b = mms_reader(p, p->pdu.octets);
	(void)ber_next(&b, t);
}

static void tell_up(struct mms_parse *p, const struct mms_upper *up)
{
	if ((p->odd & 1u << ODD_MALFORMED) == 0)
		dec_proto(p->ctx, PROTO_MMS);
	up->pdu(up->arg, &p->pdu);
}

void mms_pdu(struct mms_state *s, struct dec_ctx *ctx, enum dir d, struct span pdu, const struct mms_upper *up)
{
	struct mms_parse p;
	struct ber_tlv t;
	memset(&p, 0, offsetof(struct mms_parse, kept));
	p.s = s;
	p.ctx = ctx;
	p.pdu.dir = d;
	p.pdu.service = -1;
	p.pdu.whole = p.pdu.octets = pdu;
	p.pdu.ber_depth = ctx->lim->ber_depth_max;
	const struct pdu_row *row = take_pdu(&p, &t);
	if (row == NULL)
		return;
	p.tag = (uint8_t)t.tag;
	p.pdu_name = row->name;
	p.pdu.event = row->event;
	put_together(&p, &t);
	row->take(&p, &t);
	if (row->data)
		check_phase(&p);
	row->step(&p);
	tell_odd(&p);
	if (p.pdu.event != EV_NONE)
		tell_up(&p, up);
	if (p.pdu.request != NULL)
		pending_drop(&s->dir[dir_other(d)], p.pdu.request);
	if (p.pdu.event != EV_NONE)
		mms_tell(&p);
	buf_clear(ctx->bufs, &p.joined);
}

void mms_end(struct mms_state *s, enum dir d, bool aborted, const struct mms_upper *up)
{
	const bool open = s->phase != MMS_ENDED;
	s->phase = MMS_ENDED;
	s->dir[DIR_ORIG].n = s->dir[DIR_REPLY].n = 0;
	if (aborted && open)
		up->aborted(up->arg, d);
}

void mms_gap(struct mms_state *s)
{
	s->phase = MMS_UNSEEN;
	s->dir[DIR_ORIG].n = s->dir[DIR_REPLY].n = 0;
}

bool mms_looks_like(struct span tsdu)
{
	struct ber b = ber_of(tsdu, 1);
	struct ber_tlv t, in, rest;
	if (!ber_next(&b, &t) || t.cls != BER_CONTEXT || t.tag >= ARRAY_LEN(pdus) || t.constructed != pdus[t.tag].constructed ||
	    ber_next(&b, &rest) || !ber_ok(&b))
		return false;
	if (!t.constructed)
		return t.value.len <= 5;
	struct ber inside = ber_open(&b, &t);
	if (!ber_next(&inside, &in))
		return false;
	return t.tag <= 1 ? ber_is(&in, BER_UNIVERSAL, INTEGER) : in.cls == BER_CONTEXT;
}
