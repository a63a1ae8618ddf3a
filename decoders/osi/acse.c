/* acse.c - X.227 (ISO 8650-1): association, release and abort APDUs, and the PDU in their user information.
 *
 * The same tag means another thing in another APDU, so elements are looked up by both.
 */
#include "decoders/osi/osi_int.h"

enum { EXTERNAL = 8, RELEASE_NOT_FINISHED = 1, AUTH_FIRST = 11, AUTH_LAST = 14 };
enum { AARQ = 1, AARE = 2, RLRQ = 4, RLRE = 8, ABRT = 16 };

/* How an element's contents are read. */
enum form { AS_TITLE, AS_NAME, AS_OID, AS_INT, AS_RESULT, AS_BITS, AS_AUTH, AS_NAMES, AS_TEXT, AS_DIAGNOSTIC, AS_REASON, AS_USER };

static const struct kind {
	uint8_t tag, bit;
	enum event_id event;
	uint16_t carriers;       /* enum carrier set */
	uint8_t at;              /* bit set of enum acse_phase it fits */
	enum acse_phase next;
} kinds[] = {
	{ 0, AARQ, EV_ACSE_AARQ, IN_CN, 1 << ACSE_IDLE | 1 << ACSE_CLOSED, ACSE_REQUESTED },
	{ 1, AARE, EV_ACSE_AARE, IN_AC | IN_RF, 1 << ACSE_REQUESTED, ACSE_ASSOCIATED },
	{ 2, RLRQ, EV_ACSE_RLRQ, IN_FN, 1 << ACSE_ASSOCIATED | 1 << ACSE_RELEASING, ACSE_RELEASING },
	{ 3, RLRE, EV_ACSE_RLRE, IN_DN | IN_NF, 1 << ACSE_RELEASING, ACSE_CLOSED },
	{ 4, ABRT, EV_ACSE_ABRT, IN_AB, 1 << ACSE_REQUESTED | 1 << ACSE_ASSOCIATED | 1 << ACSE_RELEASING, ACSE_CLOSED },
};

/* Elements by context tag (X.227 9). The responder's title, qualifier and ids are told as the called side's. */
static const struct element {
	uint8_t tag, in;
	enum form form;
	enum field_id field;
} elements[] = {
	{ 0, AARQ | AARE, AS_BITS, FLD_ACSE_VERSION },
	{ 1, AARQ | AARE, AS_NAME, FLD_ACSE_CONTEXT_NAME },
	{ 2, AARQ, AS_TITLE, FLD_ACSE_CALLED_TITLE },
	{ 3, AARQ, AS_TITLE, FLD_ACSE_CALLED_QUALIFIER },
	{ 4, AARQ, AS_INT, FLD_ACSE_CALLED_AP_INVOCATION },
	{ 5, AARQ, AS_INT, FLD_ACSE_CALLED_AE_INVOCATION },
	{ 6, AARQ, AS_TITLE, FLD_ACSE_CALLING_TITLE },
	{ 7, AARQ, AS_TITLE, FLD_ACSE_CALLING_QUALIFIER },
	{ 8, AARQ, AS_INT, FLD_ACSE_CALLING_AP_INVOCATION },
	{ 9, AARQ, AS_INT, FLD_ACSE_CALLING_AE_INVOCATION },
	{ 10, AARQ, AS_BITS, FLD_ACSE_REQUIREMENTS },
	{ 11, AARQ, AS_OID, FLD_ACSE_MECHANISM },
	{ 12, AARQ, AS_AUTH, FLD_ACSE_AUTH_VALUE },
	{ 13, AARQ | AARE, AS_NAMES, FLD_ACSE_CONTEXT_LIST },
	{ 2, AARE, AS_RESULT, FLD_ACSE_RESULT },
	{ 3, AARE, AS_DIAGNOSTIC, FLD_ACSE_DIAGNOSTIC },
	{ 4, AARE, AS_TITLE, FLD_ACSE_CALLED_TITLE },
	{ 5, AARE, AS_TITLE, FLD_ACSE_CALLED_QUALIFIER },
	{ 6, AARE, AS_INT, FLD_ACSE_CALLED_AP_INVOCATION },
	{ 7, AARE, AS_INT, FLD_ACSE_CALLED_AE_INVOCATION },
	{ 8, AARE, AS_BITS, FLD_ACSE_REQUIREMENTS },
	{ 9, AARE, AS_OID, FLD_ACSE_MECHANISM },
	{ 10, AARE, AS_AUTH, FLD_ACSE_AUTH_VALUE },
	{ 0, RLRQ | RLRE, AS_REASON, FLD_ACSE_REASON },
	{ 0, ABRT, AS_REASON, FLD_ACSE_ABORT_SOURCE },
	{ 1, ABRT, AS_REASON, FLD_ACSE_DIAGNOSTIC },
	{ 29, AARQ | AARE, AS_TEXT, FLD_ACSE_IMPLEMENTATION },
	{ 30, AARQ | AARE | RLRQ | RLRE | ABRT, AS_USER, FLD_ACSE_APDU },
};

enum room { ROOM_AUTH, ROOM_TEXT, ROOMS };

struct apdu {
	struct osi_fields fields;
	uint32_t seen;           /* bit set of the rows of elements met */
	bool has_user, has_names;
	struct ber_tlv user, names;
	struct buf room[ROOMS];  /* of strings that come in pieces */
};

static const struct element *element_of(const struct ber_tlv *t, uint8_t in)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		if (ber_is(t, BER_CONTEXT, elements[i].tag) && (elements[i].in & in) != 0)
			return &elements[i];
	}
	return NULL;
}

/* result-source-diagnostic: { acse-service-user [1] { code } } or { provider [2] { code } }. */
static bool diagnostic(struct osi *o, struct ber *b, const struct ber_tlv *t, struct apdu *a)
{
	struct ber_tlv source, v;
	uint32_t code;
	struct ber in = osi_open(o, b, t);
	if (!osi_next(o, &in, &source))
		return false;
	osi_set_num(&a->fields, FLD_ACSE_SOURCE, source.tag);
	if (!osi_inside(o, &in, &source, &v) || !osi_uint(o, &v, &code))
		return false;
	osi_set_num(&a->fields, FLD_ACSE_DIAGNOSTIC, code);
	return true;
}

/* authentication-value: charstring [0], bitstring [1], external [2], other [3]. */
static bool authentication(struct osi *o, struct ber *b, const struct ber_tlv *t, struct apdu *a)
{
	enum { BITSTRING = 1, OTHER_MAX = 3 };
	struct ber_tlv v;
	if (!osi_inside(o, b, t, &v) || v.cls != BER_CONTEXT || v.tag > OTHER_MAX)
		return false;
	struct span octets = v.value;
	const bool string = v.tag <= BITSTRING;
	if (string && !osi_string(o, &v, v.tag == BITSTRING, &a->room[ROOM_AUTH], &octets))
		return false;
	osi_set_num(&a->fields, FLD_ACSE_AUTH_KIND, v.tag);
	osi_set_bytes(&a->fields, FLD_ACSE_AUTH_VALUE, octets);
	osi_set_num(&a->fields, FLD_ACSE_AUTH_LENGTH, octets.len);
	return true;
}

static bool number(struct osi *o, struct ber *b, const struct element *e, const struct ber_tlv *t, struct apdu *a)
{
	struct ber_tlv v = *t;
	uint32_t n = 0;
	int64_t i = 0;
	bool good = true;
	if (e->form == AS_INT || e->form == AS_RESULT)
		good = osi_inside(o, b, t, &v);
	if (good && e->form == AS_INT)
		good = osi_int(o, &v, &i);
	else if (good)
		good = e->form == AS_BITS ? osi_bits(o, &v, &n) : osi_uint(o, &v, &n);
	if (good)
		osi_set_num(&a->fields, e->field, e->form == AS_INT ? (uint64_t)i : n);
	return good;
}

/* False when the element is malformed. */
static bool keep(struct osi *o, struct ber *b, const struct element *e, const struct ber_tlv *t, struct apdu *a)
{
	struct ber_tlv v;
	struct span s = t->value;
	switch (e->form) {
	case AS_NAME:
		if (!osi_inside(o, b, t, &v) || !osi_oid(o, &v, &s))
			return false;
		break;
	case AS_TITLE:
		if (!osi_inside(o, b, t, &v))
			return false;
		break;
	case AS_OID:
		if (t->constructed)
			o->notes |= BER_NOTE_FORM;
		break;
	case AS_TEXT:
		if (!osi_string(o, t, false, &a->room[ROOM_TEXT], &s))
			return false;
		break;
	case AS_INT:
	case AS_RESULT:
	case AS_BITS:
	case AS_REASON:
		return number(o, b, e, t, a);
	case AS_AUTH:
		return authentication(o, b, t, a);
	case AS_DIAGNOSTIC:
		return diagnostic(o, b, t, a);
	case AS_NAMES:
		a->names = *t;
		a->has_names = true;
		return true;
	case AS_USER:
		a->user = *t;
		a->has_user = true;
		return true;
	}
	osi_set_bytes(&a->fields, e->field, s);
	return true;
}

static void walk(struct osi *o, struct ber *b, const struct kind *k, struct apdu *a)
{
	struct ber_tlv t;
	bool good = true;
	while (osi_next(o, b, &t)) {
		const struct element *e = element_of(&t, k->bit);
		const uint32_t bit = e != NULL ? UINT32_C(1) << (e - elements) : 0;
		good = e != NULL && (a->seen & bit) == 0 && keep(o, b, e, &t, a) && good;
		a->seen |= bit;
	}
	if ((k->bit & (AARQ | AARE)) != 0 && osi_get(&a->fields, FLD_ACSE_CONTEXT_NAME) == NULL)
		good = false;
	if (k->bit == AARE && osi_get(&a->fields, FLD_ACSE_RESULT) == NULL)
		good = false;
	if (!good || !ber_ok(b))
		osi_anomaly(o, AN_ACSE_PARAM);
}

static void tell(struct osi *o, struct ber *b, const struct kind *k, const struct apdu *a, struct span whole)
{
	struct dec_build build = dec_build(o->ctx, k->event, o->d, whole);
	dec_add_num(&build, FLD_ACSE_APDU, k->tag);
	osi_tell_fields(&build, &a->fields);
	if (a->has_names) {
		struct ber list = osi_open(o, b, &a->names);
		struct ber_tlv t;
		struct span name;
		while (osi_next(o, &list, &t)) {
			if (osi_oid(o, &t, &name))
				dec_add_bytes(&build, FLD_ACSE_CONTEXT_LIST, name);
		}
	}
	dec_build_end(&build);
}

static uint64_t num(const struct apdu *a, enum field_id f)
{
	const struct field *got = osi_get(&a->fields, f);
	return got != NULL ? got->num : 0;
}

/* What does not fit an association that is known moves nothing, but for an ABRT, which whoever gets it obeys. */
static void step(struct osi *o, const struct kind *k, const struct apdu *a)
{
	struct osi_state *s = o->s;
	const bool fits = (k->at & 1u << s->acse) != 0 || !o->strict;
	o->aborted |= k->bit == ABRT;
	if (!fits) {
		osi_anomaly(o, AN_ACSE_STATE);
		return;
	}
	s->acse = (uint8_t)k->next;
	if (k->bit == AARE && num(a, FLD_ACSE_RESULT) != 0) {
		const uint64_t why = num(a, FLD_ACSE_DIAGNOSTIC);
		o->refused = true;
		s->acse = ACSE_CLOSED;
		if (why >= AUTH_FIRST && why <= AUTH_LAST)
			osi_anomaly(o, AN_ACSE_AUTH);
	}
	if (k->bit == RLRE && (o->carrier == IN_NF || num(a, FLD_ACSE_REASON) == RELEASE_NOT_FINISHED))
		s->acse = ACSE_ASSOCIATED;
}

/* user-information: EXTERNALs, each of them one PDU of the context it names. */
static void user_information(struct osi *o, struct ber *b, const struct ber_tlv *t)
{
	struct ber list = osi_open(o, b, t);
	struct ber_tlv e;
	while (osi_next(o, &list, &e)) {
		if (ber_is(&e, BER_UNIVERSAL, EXTERNAL))
			pres_pdv(o, &list, &e);
		else
			osi_anomaly(o, AN_ACSE_PARAM);
	}
}

void acse_apdu(struct osi *o, struct ber *parent, const struct ber_tlv *t)
{
	const struct kind *k = NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && k == NULL; i++) {
		if (ber_is(t, BER_APPLICATION, kinds[i].tag))
			k = &kinds[i];
	}
	/* One stack puts an ABRT into FN: told, and taken for the abort it is. */
	if (k == NULL || (k->carriers & o->carrier) == 0)
		osi_anomaly(o, AN_ACSE_APDU);
	if (k == NULL)
		return;
	struct apdu a = { 0 };
	struct ber b = osi_open(o, parent, t);
	walk(o, &b, k, &a);
	if (o->ctx->budget != 0) {
		tell(o, &b, k, &a, t->whole);
		step(o, k, &a);
		if (a.has_user)
			user_information(o, &b, &a.user);
	}
	for (unsigned i = 0; i < ROOMS; i++)
		buf_clear(o->ctx->bufs, &a.room[i]);
}
