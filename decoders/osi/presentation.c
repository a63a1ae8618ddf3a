/* presentation.c - X.226 (ISO 8823-1): connect PPDUs, the contexts they define, data to its context.
 *
 * Members of a SET come in any order, so a CP's or CPA's parameters are gathered first and acted on after.
 */
#include "decoders/osi/osi_int.h"

#include <string.h>

enum { SET = 17, SEQUENCE = 16, OID = 6, INTEGER = 2, NORMAL_MODE = 1, ACCEPTANCE = 0, ACSE_TAG_MAX = 4, MMS_TAG_MAX = 13 };

enum form { AS_CONNECT, AS_SEQUENCE, AS_ARU, AS_DATA };

static const struct ppdu {
	enum carrier in;
	uint8_t cls;
	uint32_t tag;
	enum form form;
	enum event_id event;     /* EV_NONE: data has none of its own */
} ppdus[] = {
	{ IN_CN, BER_UNIVERSAL, SET, AS_CONNECT, EV_PRES_CP },
	{ IN_AC, BER_UNIVERSAL, SET, AS_CONNECT, EV_PRES_CPA },
	{ IN_RF, BER_UNIVERSAL, SEQUENCE, AS_SEQUENCE, EV_PRES_CPR },
	{ IN_AB, BER_UNIVERSAL, SEQUENCE, AS_SEQUENCE, EV_PRES_ARP },
	{ IN_AB, BER_CONTEXT, 0, AS_ARU, EV_PRES_ARU },
};

/* User data anywhere: fully encoded, and simply encoded as a primitive or (met in practice) constructed. */
static bool is_user_data(const struct ber_tlv *t)
{
	return t->cls == BER_APPLICATION && t->tag <= 1;
}

struct params {
	struct span calling, called;
	bool has_calling, has_called, has_mode, has_user, has_reason, has_results, has_contexts;
	uint32_t mode, reason;
	struct ber_tlv contexts, results, user;
};

bool osi_next(struct osi *o, struct ber *b, struct ber_tlv *t)
{
	bool more = dec_spend(o->ctx, o->d, 1) && ber_next(b, t);
	o->notes |= b->notes;
	return more;
}

struct ber osi_open(struct osi *o, struct ber *parent, const struct ber_tlv *t)
{
	struct ber b = ber_open(parent, t);
	o->notes |= b.notes;
	return b;
}

static bool same(struct span s, const uint8_t *what, size_t n)
{
	struct cur c = cur_span(s);
	const uint8_t *p = cur_take(&c, n);
	return p != NULL && memcmp(p, what, n) == 0;
}

/* --- contexts --------------------------------------------------------------------------------- */

static enum pres_as syntax_of(struct span oid)
{
	static const uint8_t acse[] = { 0x52, 0x01, 0x00, 0x01 };       /* 2.2.1.0.1 */
	static const uint8_t iso_9506[] = { 0x28, 0xca, 0x22 };         /* 1.0.9506: .2.1, and .1.1 of the 1990 core */
	if (oid.len == sizeof(acse) && same(oid, acse, sizeof(acse)))
		return PRES_AS_ACSE;
	return same(oid, iso_9506, sizeof(iso_9506)) ? PRES_AS_MMS : PRES_AS_OTHER;
}

static bool is_ber(struct span oid)
{
	static const uint8_t basic[] = { 0x51, 0x01 };                  /* 2.1.1 */
	return oid.len == sizeof(basic) && same(oid, basic, sizeof(basic));
}

static struct pres_context *context_of(struct osi_state *s, uint32_t id)
{
	for (unsigned i = 0; i < s->n_contexts; i++) {
		if (s->context[i].id == id)
			return &s->context[i];
	}
	return NULL;
}

/* One item of the definition list: { id, abstract syntax, { transfer syntax ... } }. */
static bool define(struct osi *o, struct ber *list, const struct ber_tlv *item)
{
	struct ber b = osi_open(o, list, item);
	struct ber_tlv id, abstract, transfers, t;
	uint32_t n;
	if (!osi_next(o, &b, &id) || !ber_is(&id, BER_UNIVERSAL, INTEGER) || !ber_uint(id.value, &n))
		return false;
	if (!osi_next(o, &b, &abstract) || !ber_is(&abstract, BER_UNIVERSAL, OID))
		return false;
	if (!osi_next(o, &b, &transfers) || !ber_is(&transfers, BER_UNIVERSAL, SEQUENCE))
		return false;
	bool ber = true;
	struct ber names = osi_open(o, &b, &transfers);
	while (osi_next(o, &names, &t))
		ber = ber && ber_is(&t, BER_UNIVERSAL, OID) && is_ber(t.value);
	if (!ber)
		osi_anomaly(o, AN_PRES_TRANSFER);
	enum pres_as as = syntax_of(abstract.value);
	if (as == PRES_AS_OTHER)
		osi_anomaly(o, AN_PRES_SYNTAX);
	if (o->s->n_contexts >= PRES_CONTEXTS_MAX || context_of(o->s, n) != NULL)
		return false;
	o->s->context[o->s->n_contexts++] = (struct pres_context){ .id = n, .as = (uint8_t)as, .answer = PRES_PROPOSED };
	return true;
}

static void define_all(struct osi *o, struct ber *parent, const struct ber_tlv *list)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item;
	bool good = true;
	while (osi_next(o, &b, &item))
		good = define(o, &b, &item) && good;
	if (good && ber_ok(&b))
		return;
	/* Nobody knows what the other end makes of such a list: its contexts are told by content. */
	osi_anomaly(o, AN_PRES_DEFINITION);
	o->s->midstream = true;
	o->strict = false;
}

/* One result: { [0] result, [1] transfer syntax, [2] provider reason }. */
static bool answer(struct osi *o, struct ber *list, const struct ber_tlv *item, struct pres_context *pc)
{
	struct ber b = osi_open(o, list, item);
	struct ber_tlv t;
	uint32_t result = ACCEPTANCE;
	bool has_result = false;
	while (osi_next(o, &b, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0))
			has_result = ber_uint(t.value, &result);
		else if (ber_is(&t, BER_CONTEXT, 1) && !is_ber(t.value))
			osi_anomaly(o, AN_PRES_TRANSFER);
	}
	pc->answer = has_result && result == ACCEPTANCE ? PRES_ACCEPTED : PRES_REFUSED;
	return has_result;
}

/* Results answer what was proposed, in its order (X.226 8.2.2.8). */
static void answer_all(struct osi *o, struct ber *parent, const struct ber_tlv *list)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item;
	bool good = true;
	unsigned i = 0;
	while (osi_next(o, &b, &item)) {
		while (i < o->s->n_contexts && o->s->context[i].answer != PRES_PROPOSED)
			i++;
		if (i < o->s->n_contexts)
			good = answer(o, &b, &item, &o->s->context[i]) && good;
		else
			good = !o->strict && good;
	}
	if (!good || !ber_ok(&b))
		osi_anomaly(o, AN_PRES_DEFINITION);
}

/* ACSE APDUs and MMS PDUs never have the same first octet. */
static enum pres_as as_by_content(const struct ber_tlv *t)
{
	if (t->cls == BER_APPLICATION && t->tag <= ACSE_TAG_MAX)
		return PRES_AS_ACSE;
	return t->cls == BER_CONTEXT && t->tag <= MMS_TAG_MAX ? PRES_AS_MMS : PRES_AS_OTHER;
}

static enum pres_as lookup(struct osi *o, uint32_t id, const struct ber_tlv *value)
{
	const struct pres_context *pc = context_of(o->s, id);
	if (!o->strict)
		return as_by_content(value);
	/* before the answer what is proposed will do, for an abort or a refusal too */
	bool opening = (o->carrier & (IN_CN | IN_RF | IN_AB)) != 0;
	bool agreed = pc != NULL && (pc->answer == PRES_ACCEPTED || (pc->answer == PRES_PROPOSED && opening));
	if (!agreed)
		osi_anomaly(o, AN_PRES_CONTEXT);
	/* What was offered and not taken is read all the same: the receiver may not care for the answer. */
	return pc != NULL ? (enum pres_as)pc->as : PRES_AS_OTHER;
}

/* --- data ------------------------------------------------------------------------------------- */

static void one_value(struct osi *o, struct ber *b, const struct ber_tlv *value, enum pres_as as)
{
	switch (as) {
	case PRES_AS_ACSE:
		acse_apdu(o, b, value);
		break;
	case PRES_AS_MMS:
		if (o->ctx->budget != 0)
			o->up->unit(o->up->arg, o->d, OSI_UNIT_MMS, value->whole);
		break;
	case PRES_AS_OTHER:
	case PRES_AS_N:
		break;
	}
}

/* Data of context id (none: told by content): one value, or by octets a row of them. */
static void values(struct osi *o, struct ber *b, const uint32_t *id, bool octets)
{
	struct ber_tlv t;
	enum pres_as as = PRES_AS_OTHER;
	for (unsigned n = 0; osi_next(o, b, &t); n++) {
		if (n == 0)
			as = id != NULL ? lookup(o, *id, &t) : as_by_content(&t);
		if (n == 1 && !octets)
			osi_anomaly(o, AN_PRES_TRAILING);
		one_value(o, b, &t, as);
	}
}

/* single-ASN1-type [0], octet-aligned [1] and arbitrary [2], whose first octet counts unused bits. */
static void pdv_values(struct osi *o, struct ber *b, const struct ber_tlv *t, const uint32_t *id)
{
	if (t->tag == 0) {
		struct ber v = osi_open(o, b, t);
		values(o, &v, id, false);
		return;
	}
	osi_anomaly(o, AN_PRES_FORM);
	struct cur c = cur_span(t->value);
	if (t->tag == 2)
		cur_skip(&c, 1);
	struct ber v = ber_of(cur_rest(&c), b->depth);
	values(o, &v, id, true);
}

void pres_pdv(struct osi *o, struct ber *parent, const struct ber_tlv *whole)
{
	struct ber b = osi_open(o, parent, whole);
	struct ber_tlv t;
	uint32_t id = 0;
	bool has_id = false, has_data = false;
	while (osi_next(o, &b, &t)) {
		if (ber_is(&t, BER_UNIVERSAL, INTEGER) && !has_data) {
			has_id = ber_uint(t.value, &id);
		} else if (t.cls == BER_CONTEXT && t.tag <= 2) {
			if (has_data)
				osi_anomaly(o, AN_PRES_TRAILING);
			if (!has_id && o->strict)
				osi_anomaly(o, AN_PRES_CONTEXT);
			has_data = true;
			pdv_values(o, &b, &t, has_id ? &id : NULL);
		} else if (ber_is(&t, BER_UNIVERSAL, OID) && o->carrier == IN_DT && !is_ber(t.value)) {
			osi_anomaly(o, AN_PRES_TRANSFER);
		}
	}
	if (!has_data)
		osi_anomaly(o, AN_PRES_PDU);
}

static void user_data(struct osi *o, struct ber *parent, const struct ber_tlv *t)
{
	struct ber_tlv pdv;
	if (t->tag == 0) {
		osi_anomaly(o, AN_PRES_FORM);
		struct ber b = ber_of(t->value, parent->depth);
		values(o, &b, NULL, true);
		return;
	}
	struct ber b = osi_open(o, parent, t);
	while (osi_next(o, &b, &pdv)) {
		if (ber_is(&pdv, BER_UNIVERSAL, SEQUENCE))
			pres_pdv(o, &b, &pdv);
		else
			osi_anomaly(o, AN_PRES_PDU);
	}
}

/* --- connect and abort PPDUs ------------------------------------------------------------------ */

static void gather(struct osi *o, struct ber *b, struct params *p, bool provider)
{
	struct ber_tlv t;
	while (osi_next(o, b, &t)) {
		if (is_user_data(&t)) {
			p->user = t;
			p->has_user = true;
		} else if (t.cls != BER_CONTEXT) {
			osi_anomaly(o, AN_PRES_PDU);
		} else if (t.tag == 10 || (provider && t.tag == 0)) {
			p->has_reason = ber_uint(t.value, &p->reason);
		} else if (t.tag == 1 && !provider) {
			p->calling = t.value;
			p->has_calling = true;
		} else if (t.tag == 2 || t.tag == 3) {
			p->called = t.value;
			p->has_called = true;
		} else if (t.tag == 4) {
			p->contexts = t;
			p->has_contexts = true;
		} else if (t.tag == 5) {
			p->results = t;
			p->has_results = true;
		}
	}
}

static void gather_connect(struct osi *o, struct ber *set, struct params *p, struct ber *normal)
{
	struct ber_tlv t, v;
	while (osi_next(o, set, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0)) {
			struct ber b = osi_open(o, set, &t);
			p->has_mode = osi_next(o, &b, &v) && ber_is(&v, BER_CONTEXT, 0) && ber_uint(v.value, &p->mode);
		} else if (ber_is(&t, BER_CONTEXT, 2)) {
			*normal = osi_open(o, set, &t);
			gather(o, normal, p, false);
		} else {
			osi_anomaly(o, AN_PRES_PDU);
		}
	}
	if (!p->has_mode || p->mode != NORMAL_MODE)
		osi_anomaly(o, AN_PRES_MODE);
}

static void tell(const struct osi *o, enum event_id event, const struct params *p, struct span whole)
{
	struct dec_build b = dec_build(o->ctx, event, o->d, whole);
	if (p->has_calling)
		dec_add_bytes(&b, FLD_PRES_SRC_SEL, p->calling);
	if (p->has_called)
		dec_add_bytes(&b, FLD_PRES_DST_SEL, p->called);
	for (unsigned i = 0; i < o->s->n_contexts && (o->carrier == IN_CN || o->carrier == IN_AC); i++) {
		if (o->s->context[i].answer != PRES_REFUSED)
			dec_add_num(&b, FLD_PRES_CTX, o->s->context[i].id);
	}
	if (p->has_reason)
		dec_add_num(&b, FLD_PRES_REASON, p->reason);
	dec_build_end(&b);
}

static void connect_or_abort(struct osi *o, struct ber *top, const struct ber_tlv *t, const struct ppdu *kind)
{
	struct params p = { 0 };
	struct ber b = osi_open(o, top, t), normal = b;
	if (kind->form == AS_CONNECT)
		gather_connect(o, &b, &p, &normal);
	else
		gather(o, &normal, &p, kind->event == EV_PRES_ARP);
	if (p.has_contexts && kind->event == EV_PRES_CP)
		define_all(o, &normal, &p.contexts);
	if (p.has_results && (kind->event == EV_PRES_CPA || kind->event == EV_PRES_CPR))
		answer_all(o, &normal, &p.results);
	if (o->ctx->budget == 0)
		return;
	tell(o, kind->event, &p, t->whole);
	if (p.has_user)
		user_data(o, &normal, &p.user);
}

static const struct ppdu *ppdu_of(enum carrier in, const struct ber_tlv *t)
{
	for (size_t i = 0; i < ARRAY_LEN(ppdus); i++) {
		if (ppdus[i].in == in && ber_is(t, (enum ber_class)ppdus[i].cls, ppdus[i].tag))
			return &ppdus[i];
	}
	return NULL;
}

void pres_ppdu(struct osi *o, struct span ppdu)
{
	struct ber b = ber_of(ppdu, o->ctx->lim->ber_depth_max);
	struct ber_tlv t;
	if (ppdu.len == 0 || !osi_next(o, &b, &t))
		return;
	const struct ppdu *kind = ppdu_of(o->carrier, &t);
	if (kind == NULL && ber_is(&t, BER_CONTEXT, 0) && o->carrier != IN_DT) {
		/* one stack has its ARU in FN */
		osi_anomaly(o, AN_PRES_PDU);
		kind = ppdu_of(IN_AB, &t);
	}
	if (kind != NULL) {
		connect_or_abort(o, &b, &t, kind);
	} else if (is_user_data(&t)) {
		/* right in data, FN, DN and NF; AB and RF of some stacks lack the PPDU around it */
		if (o->carrier == IN_CN || o->carrier == IN_AC)
			osi_anomaly(o, AN_PRES_PDU);
		user_data(o, &b, &t);
	} else {
		osi_anomaly(o, AN_PRES_PDU);
	}
	if (osi_next(o, &b, &t))
		osi_anomaly(o, AN_PRES_TRAILING);
}
