/* presentation.c - X.226 (ISO 8823-1): connect PPDUs, the contexts they define, data to its context.
 *
 * Members of a SET come in any order, so parameters are gathered first and acted on after.
 */
#include "decoders/osi/osi_int.h"

enum { SET = 17, SEQUENCE = 16, OID = 6, INTEGER = 2, NORMAL_MODE = 1, ACSE_TAG_MAX = 4, MMS_TAG_MAX = 13, ROOMS = 2 };
enum { CP = 1, CPA = 2, CPR = 4, ARU = 8, ARP = 16, AC = 32, ACA = 64 };

static const struct ppdu {
	uint16_t in;             /* enum carrier */
	uint8_t bit;
	uint8_t cls;
	uint32_t tag;
	enum event_id event;
} ppdus[] = {
	{ IN_CN, CP, BER_UNIVERSAL, SET, EV_PRES_CP },
	{ IN_AC, CPA, BER_UNIVERSAL, SET, EV_PRES_CPA },
	{ IN_RF, CPR, BER_UNIVERSAL, SEQUENCE, EV_PRES_CPR },
	{ IN_AB, ARP, BER_UNIVERSAL, SEQUENCE, EV_PRES_ARP },
	{ IN_AB, ARU, BER_CONTEXT, 0, EV_PRES_ARU },
	{ IN_TD, AC, BER_CONTEXT, 0, EV_PRES_AC },
	{ IN_TD, ACA, BER_CONTEXT, 1, EV_PRES_ACA },
};

enum what { V_ANY, V_CALLING, V_CALLED, V_CONTEXTS, V_IDS, V_RESULTS, V_DEFAULT, V_NUM, V_BITS };

/* Parameters by context tag (X.226 8.2 to 8.5); of CP and CPA those of normal mode. */
static const struct param {
	uint8_t tag, in;
	enum what what;
	enum field_id field;
} params[] = {
	{ 0, CP | CPA | CPR, V_BITS, FLD_PRES_VERSION },
	{ 1, CP, V_CALLING, FLD_PRES_SRC_SEL },
	{ 2, CP, V_CALLED, FLD_PRES_DST_SEL },
	{ 3, CPA | CPR, V_CALLED, FLD_PRES_DST_SEL },        /* responding */
	{ 4, CP, V_CONTEXTS, FLD_PRES_CTX },
	{ 5, CPA | CPR, V_RESULTS, FLD_PRES_RESULT },
	{ 6, CP, V_DEFAULT, FLD_PRES_DEFAULT },
	{ 7, CPA | CPR, V_NUM, FLD_PRES_DEFAULT_RESULT },
	{ 8, CP | CPA, V_BITS, FLD_PRES_REQUIREMENTS },
	{ 9, CP | CPA, V_BITS, FLD_PRES_SES_REQUIREMENTS },
	{ 10, CPR, V_NUM, FLD_PRES_REASON },
	{ 0, ARP, V_NUM, FLD_PRES_REASON },
	{ 1, ARP, V_NUM, FLD_PRES_EVENT },
	{ 0, ARU, V_IDS, FLD_PRES_CTX },
	{ 0, AC, V_CONTEXTS, FLD_PRES_CTX },
	{ 1, AC, V_IDS, FLD_PRES_CTX },
	{ 0, ACA, V_RESULTS, FLD_PRES_RESULT },
	{ 1, ACA, V_ANY, FLD_PRES_CTX },
};

/* User data anywhere: fully encoded, and simply encoded as a primitive or (met in practice) constructed. */
static bool is_user_data(const struct ber_tlv *t)
{
	return t->cls == BER_APPLICATION && t->tag <= 1;
}

struct gathered {
	struct osi_fields fields;
	uint32_t seen;           /* bit set of the rows of params met */
	bool has_user, has_contexts, has_ids, has_results;
	struct ber_tlv contexts, ids, results, user;
	struct buf room[ROOMS];  /* of selectors that come in pieces */
};

/* ACSE APDUs and MMS PDUs never have the same first octet. */
static enum pres_as as_by_content(const struct ber_tlv *t)
{
	if (t->cls == BER_APPLICATION && t->tag <= ACSE_TAG_MAX)
		return PRES_AS_ACSE;
	return t->cls == BER_CONTEXT && t->tag <= MMS_TAG_MAX ? PRES_AS_MMS : PRES_AS_OTHER;
}

/* --- data ------------------------------------------------------------------------------------- */

static enum pres_as lookup(struct osi *o, uint32_t id, const struct ber_tlv *value)
{
	const struct pres_context *pc = pres_context_of(o->s, id);
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

/* Octets that hold values: a string's, in pieces or not; some stacks put the values straight into a constructed one. */
static void octets(struct osi *o, struct ber *b, const struct ber_tlv *t, bool bits, const uint32_t *id)
{
	struct buf room = { 0 };
	struct ber_tlv first = { 0 };
	struct ber peek = ber_of(t->value, 1);
	struct span in = t->value;
	osi_anomaly(o, AN_PRES_FORM);
	bool good = true;
	if (!t->constructed || (ber_next(&peek, &first) && ber_is_string(&first)))
		good = osi_string(o, t, bits, &room, &in);
	struct ber v = ber_of(in, b->depth);
	if (good)
		values(o, &v, id, true);
	buf_clear(o->ctx->bufs, &room);
}

/* single-ASN1-type [0], octet-aligned [1] and arbitrary [2], whose first octet counts unused bits. */
static void pdv_values(struct osi *o, struct ber *b, const struct ber_tlv *t, const uint32_t *id)
{
	if (t->tag == 0) {
		struct ber v = osi_open(o, b, t);
		values(o, &v, id, false);
		return;
	}
	octets(o, b, t, t->tag == 2, id);
}

void pres_pdv(struct osi *o, struct ber *parent, const struct ber_tlv *whole)
{
	struct ber b = osi_open(o, parent, whole);
	struct ber_tlv t;
	uint32_t id = 0;
	bool has_id = false, has_data = false;
	while (osi_next(o, &b, &t)) {
		if (ber_is(&t, BER_UNIVERSAL, INTEGER) && !has_data) {
			has_id = osi_uint(o, &t, &id);
		} else if (t.cls == BER_CONTEXT && t.tag <= 2) {
			if (has_data)
				osi_anomaly(o, AN_PRES_TRAILING);
			if (!has_id && o->strict)
				osi_anomaly(o, AN_PRES_CONTEXT);
			has_data = true;
			pdv_values(o, &b, &t, has_id ? &id : NULL);
		} else if (ber_is(&t, BER_UNIVERSAL, OID) && o->carrier == IN_DT && !pres_is_ber(t.value)) {
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
		octets(o, parent, t, false, NULL);
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

/* --- connect, abort and alter-context PPDUs ---------------------------------------------------- */

static void keep_list(struct ber_tlv *list, bool *has, const struct ber_tlv *t)
{
	*list = *t;
	*has = true;
}

/* False when the parameter is malformed. */
static bool keep(struct osi *o, struct ber *b, const struct param *row, const struct ber_tlv *t, struct gathered *g)
{
	struct span s;
	uint32_t n = 0;
	struct ber_tlv v;
	switch (row->what) {
	case V_ANY:
		return true;
	case V_CALLING:
	case V_CALLED:
		if (!osi_string(o, t, false, &g->room[row->what == V_CALLED], &s))
			return false;
		osi_set_bytes(&g->fields, row->field, s);
		return true;
	case V_CONTEXTS:
		keep_list(&g->contexts, &g->has_contexts, t);
		return true;
	case V_IDS:
		keep_list(&g->ids, &g->has_ids, t);
		return true;
	case V_RESULTS:
		keep_list(&g->results, &g->has_results, t);
		return true;
	case V_DEFAULT: /* { [0] abstract syntax, [1] transfer syntax } */
		if (!osi_inside(o, b, t, &v) || !ber_is(&v, BER_CONTEXT, 0))
			return false;
		osi_set_bytes(&g->fields, row->field, v.value);
		return true;
	case V_NUM:
	case V_BITS:
		if (!(row->what == V_NUM ? osi_uint(o, t, &n) : osi_bits(o, t, &n)))
			return false;
		osi_set_num(&g->fields, row->field, n);
		return true;
	}
	return false;
}

static const struct param *param_of(const struct ber_tlv *t, uint8_t in)
{
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		if (ber_is(t, BER_CONTEXT, params[i].tag) && (params[i].in & in) != 0)
			return &params[i];
	}
	return NULL;
}

static void gather(struct osi *o, struct ber *b, const struct ppdu *kind, struct gathered *g)
{
	struct ber_tlv t;
	while (osi_next(o, b, &t)) {
		if (is_user_data(&t)) {
			if (g->has_user)
				osi_anomaly(o, AN_PRES_PARAM);
			keep_list(&g->user, &g->has_user, &t);
			continue;
		}
		const struct param *row = param_of(&t, kind->bit);
		const uint32_t bit = row != NULL ? UINT32_C(1) << (row - params) : 0;
		const bool twice = (g->seen & bit) != 0;
		g->seen |= bit;
		if (row == NULL || twice || !keep(o, b, row, &t, g))
			osi_anomaly(o, t.cls == BER_CONTEXT ? AN_PRES_PARAM : AN_PRES_PDU);
		if (twice) /* which of the two the other end takes nobody knows */
			pres_unsure(o);
	}
}

static void gather_connect(struct osi *o, struct ber *set, const struct ppdu *kind, struct gathered *g, struct ber *normal)
{
	struct ber_tlv t, v;
	uint32_t mode = 0;
	bool has_mode = false;
	while (osi_next(o, set, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0)) {
			has_mode = osi_inside(o, set, &t, &v) && ber_is(&v, BER_CONTEXT, 0) && osi_uint(o, &v, &mode);
		} else if (ber_is(&t, BER_CONTEXT, 2)) {
			*normal = osi_open(o, set, &t);
			gather(o, normal, kind, g);
		} else {
			osi_anomaly(o, AN_PRES_PDU);
		}
	}
	if (has_mode)
		osi_set_num(&g->fields, FLD_PRES_MODE, mode);
	if (!has_mode || mode != NORMAL_MODE)
		osi_anomaly(o, AN_PRES_MODE);
}

/* Forms of user data: 0 simply encoded; of each PDV 1 single ASN.1 type, 2 octet-aligned, 3 arbitrary (X.226 8.4.2). */
static void tell_forms(struct osi *o, struct dec_build *build, struct ber *parent, const struct ber_tlv *user)
{
	struct ber_tlv pdv, t;
	if (user->tag == 0) {
		dec_add_num(build, FLD_PRES_FORM, 0);
		return;
	}
	struct ber b = osi_open(o, parent, user);
	while (osi_next(o, &b, &pdv)) {
		struct ber in = osi_open(o, &b, &pdv);
		while (osi_next(o, &in, &t)) {
			if (t.cls == BER_CONTEXT && t.tag <= 2)
				dec_add_num(build, FLD_PRES_FORM, t.tag + 1);
		}
	}
}

static void tell(struct osi *o, struct ber *b, const struct ppdu *kind, const struct gathered *g, struct span whole, unsigned first)
{
	struct dec_build build = dec_build(o->ctx, kind->event, o->d, whole);
	osi_tell_fields(&build, &g->fields);
	if (g->has_contexts)
		pres_tell_definitions(o, &build, b, &g->contexts);
	if (g->has_ids)
		pres_tell_ids(o, &build, b, &g->ids);
	if (g->has_results)
		pres_tell_results(o, &build, b, &g->results, first);
	if (g->has_user)
		tell_forms(o, &build, b, &g->user);
	dec_build_end(&build);
}

/* How many of the contexts have their answer: the next result is of the one after. */
static unsigned answered(const struct osi_state *s)
{
	unsigned i = 0;
	while (i < s->n_contexts && s->context[i].answer != PRES_PROPOSED)
		i++;
	return i;
}

static void act(struct osi *o, struct ber *b, const struct ppdu *kind, const struct gathered *g, struct span whole)
{
	const unsigned first = kind->bit == ACA ? PRES_CONTEXTS_MAX : answered(o->s);
	if (g->has_contexts && kind->bit == CP)
		pres_define_all(o, b, &g->contexts);
	if (g->has_results && (kind->bit & (CPA | CPR)) != 0)
		pres_answer_all(o, b, &g->results);
	if ((kind->bit & (AC | ACA)) != 0) {
		osi_anomaly(o, AN_PRES_ALTER);
		pres_unsure(o);
	}
	if (o->ctx->budget == 0)
		return;
	tell(o, b, kind, g, whole, first);
	if (g->has_user)
		user_data(o, b, &g->user);
}

static void with_parameters(struct osi *o, struct ber *top, const struct ber_tlv *t, const struct ppdu *kind)
{
	struct gathered g = { 0 };
	struct ber b = osi_open(o, top, t), normal = b;
	if ((kind->bit & (CP | CPA)) != 0)
		gather_connect(o, &b, kind, &g, &normal);
	else
		gather(o, &normal, kind, &g);
	act(o, &normal, kind, &g, t->whole);
	for (unsigned i = 0; i < ROOMS; i++)
		buf_clear(o->ctx->bufs, &g.room[i]);
}

static const struct ppdu *ppdu_of(uint16_t in, const struct ber_tlv *t)
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
		with_parameters(o, &b, &t, kind);
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
