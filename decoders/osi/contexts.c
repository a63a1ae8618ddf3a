/* contexts.c - the presentation contexts of an association (X.226 6.2, 8.2.2): defined by CP, answered by CPA or CPR. */
#include "decoders/osi/osi_int.h"

#include <string.h>

enum { SEQUENCE = 16, INTEGER = 2, ACCEPTANCE = 0 };

static bool same(struct span s, const uint8_t *what, size_t n)
{
	struct cur c = cur_span(s);
	const uint8_t *p = cur_take(&c, n);
	return p != NULL && memcmp(p, what, n) == 0;
}

enum pres_as pres_syntax(struct span oid)
{
	static const uint8_t acse[] = { 0x52, 0x01, 0x00, 0x01 };       /* 2.2.1.0.1 */
	static const uint8_t iso_9506[] = { 0x28, 0xca, 0x22 };         /* 1.0.9506: .2.1, and .1.1 of the 1990 core */
	if (oid.len == sizeof(acse) && same(oid, acse, sizeof(acse)))
		return PRES_AS_ACSE;
	return same(oid, iso_9506, sizeof(iso_9506)) ? PRES_AS_MMS : PRES_AS_OTHER;
}

bool pres_is_ber(struct span oid)
{
	static const uint8_t basic[] = { 0x51, 0x01 };                  /* 2.1.1 */
	return oid.len == sizeof(basic) && same(oid, basic, sizeof(basic));
}

struct pres_context *pres_context_of(struct osi_state *s, uint32_t id)
{
	for (unsigned i = 0; i < s->n_contexts; i++) {
		if (s->context[i].id == id)
			return &s->context[i];
	}
	return NULL;
}

/* --- definitions ------------------------------------------------------------------------------ */

struct definition {
	uint32_t id;
	struct span abstract;
	struct ber names;        /* the transfer syntaxes */
};

/* One item of the definition list: { id, abstract syntax, { transfer syntax ... } }. */
static bool read_definition(struct osi *o, struct ber *list, const struct ber_tlv *item, struct definition *d)
{
	struct ber b = osi_open(o, list, item);
	struct ber_tlv t;
	*d = (struct definition){ 0 };
	if (!osi_next(o, &b, &t) || !ber_is(&t, BER_UNIVERSAL, INTEGER) || !osi_uint(o, &t, &d->id))
		return false;
	if (!osi_next(o, &b, &t) || !osi_oid(o, &t, &d->abstract))
		return false;
	if (!osi_next(o, &b, &t) || !ber_is(&t, BER_UNIVERSAL, SEQUENCE))
		return false;
	d->names = osi_open(o, &b, &t);
	return true;
}

static bool define(struct osi *o, struct ber *list, const struct ber_tlv *item)
{
	struct definition d;
	struct ber_tlv t;
	struct span name;
	if (!read_definition(o, list, item, &d))
		return false;
	bool ber = true;
	while (osi_next(o, &d.names, &t))
		ber = osi_oid(o, &t, &name) && pres_is_ber(name) && ber;
	if (!ber)
		osi_anomaly(o, AN_PRES_TRANSFER);
	enum pres_as as = pres_syntax(d.abstract);
	if (as == PRES_AS_OTHER)
		osi_anomaly(o, AN_PRES_SYNTAX);
	if (o->s->n_contexts >= PRES_CONTEXTS_MAX || pres_context_of(o->s, d.id) != NULL)
		return false;
	o->s->context[o->s->n_contexts++] = (struct pres_context){ .id = d.id, .as = (uint8_t)as, .answer = PRES_PROPOSED };
	return true;
}

void pres_define_all(struct osi *o, struct ber *parent, const struct ber_tlv *list)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item;
	bool good = true;
	while (osi_next(o, &b, &item))
		good = define(o, &b, &item) && good;
	if (good && ber_ok(&b))
		return;
	osi_anomaly(o, AN_PRES_DEFINITION);
	pres_unsure(o);
}

void pres_tell_definitions(struct osi *o, struct dec_build *build, struct ber *parent, const struct ber_tlv *list)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item, t;
	struct definition d;
	struct span name;
	while (osi_next(o, &b, &item)) {
		if (!read_definition(o, &b, &item, &d))
			continue;
		dec_add_num(build, FLD_PRES_CTX, d.id);
		dec_add_bytes(build, FLD_PRES_ABSTRACT, d.abstract);
		while (osi_next(o, &d.names, &t)) {
			if (osi_oid(o, &t, &name))
				dec_add_bytes(build, FLD_PRES_TRANSFER, name);
		}
	}
}

/* { { id, transfer syntax } ... } of ARU, { id ... } of a deletion list. */
void pres_tell_ids(struct osi *o, struct dec_build *build, struct ber *parent, const struct ber_tlv *list)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item, id;
	uint32_t n;
	while (osi_next(o, &b, &item)) {
		id = item;
		if (ber_is(&item, BER_UNIVERSAL, SEQUENCE) && !osi_inside(o, &b, &item, &id))
			continue;
		if (ber_is(&id, BER_UNIVERSAL, INTEGER) && osi_uint(o, &id, &n))
			dec_add_num(build, FLD_PRES_CTX, n);
	}
}

/* --- results ---------------------------------------------------------------------------------- */

struct result {
	uint32_t result, reason;
	bool has_result, has_reason;
	struct span transfer;    /* empty where it has none */
};

/* One result: { [0] result, [1] transfer syntax, [2] provider reason }. */
static void read_result(struct osi *o, struct ber *list, const struct ber_tlv *item, struct result *r)
{
	struct ber b = osi_open(o, list, item);
	struct ber_tlv t;
	*r = (struct result){ 0 };
	while (osi_next(o, &b, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0))
			r->has_result = osi_uint(o, &t, &r->result);
		else if (ber_is(&t, BER_CONTEXT, 1))
			r->transfer = t.value;
		else if (ber_is(&t, BER_CONTEXT, 2))
			r->has_reason = osi_uint(o, &t, &r->reason);
	}
}

static bool answer(struct osi *o, struct ber *list, const struct ber_tlv *item, struct pres_context *pc)
{
	struct result r;
	read_result(o, list, item, &r);
	if (r.transfer.len != 0 && !pres_is_ber(r.transfer))
		osi_anomaly(o, AN_PRES_TRANSFER);
	pc->answer = r.has_result && r.result == ACCEPTANCE ? PRES_ACCEPTED : PRES_REFUSED;
	return r.has_result;
}

/* Results answer what was proposed, in its order (X.226 8.2.2.8). */
void pres_answer_all(struct osi *o, struct ber *parent, const struct ber_tlv *list)
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

void pres_tell_results(struct osi *o, struct dec_build *build, struct ber *parent, const struct ber_tlv *list, unsigned first)
{
	struct ber b = osi_open(o, parent, list);
	struct ber_tlv item;
	struct result r;
	for (unsigned i = first; osi_next(o, &b, &item); i++) {
		read_result(o, &b, &item, &r);
		if (i < o->s->n_contexts)
			dec_add_num(build, FLD_PRES_CTX, o->s->context[i].id);
		if (r.has_result)
			dec_add_num(build, FLD_PRES_RESULT, r.result);
		if (r.transfer.len != 0)
			dec_add_bytes(build, FLD_PRES_TRANSFER, r.transfer);
		if (r.has_reason)
			dec_add_num(build, FLD_PRES_PROVIDER_REASON, r.reason);
	}
}
