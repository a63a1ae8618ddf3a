/* acse.c - X.227 (ISO 8650-1): association, release and abort APDUs, and the PDU in their user information.
 *
 * The same tag means another thing in another APDU, so elements are looked up by both.
 */
#include "decoders/osi/osi_int.h"

enum { OID = 6, EXTERNAL = 8, RELEASE_NOT_FINISHED = 1, AUTH_FIRST = 11, AUTH_LAST = 14 };
enum { AARQ = 1, AARE = 2, RLRQ = 4, RLRE = 8, ABRT = 16 };

enum what { E_ANY, E_CONTEXT, E_CALLED, E_CALLED_Q, E_CALLING, E_CALLING_Q, E_MECHANISM, E_RESULT, E_DIAGNOSTIC, E_REASON,
	E_SOURCE, E_ABORT_DIAGNOSTIC, E_USER };

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

/* Elements by context tag (X.227 9). */
static const struct element {
	uint8_t tag, in;
	enum what what;
} elements[] = {
	{ 0, AARQ | AARE, E_ANY },           /* protocol version */
	{ 1, AARQ | AARE, E_CONTEXT },
	{ 2, AARQ, E_CALLED },
	{ 3, AARQ, E_CALLED_Q },
	{ 4, AARQ, E_ANY },                  /* called AP invocation identifier */
	{ 5, AARQ, E_ANY },                  /* called AE invocation identifier */
	{ 6, AARQ, E_CALLING },
	{ 7, AARQ, E_CALLING_Q },
	{ 8, AARQ, E_ANY },                  /* calling AP invocation identifier */
	{ 9, AARQ, E_ANY },                  /* calling AE invocation identifier */
	{ 10, AARQ, E_ANY },                 /* sender ACSE requirements */
	{ 11, AARQ, E_MECHANISM },
	{ 12, AARQ, E_ANY },                 /* calling authentication value */
	{ 13, AARQ | AARE, E_ANY },          /* application context name list */
	{ 2, AARE, E_RESULT },
	{ 3, AARE, E_DIAGNOSTIC },
	{ 4, AARE, E_CALLED },               /* the responder names itself */
	{ 5, AARE, E_CALLED_Q },
	{ 6, AARE, E_ANY },
	{ 7, AARE, E_ANY },
	{ 8, AARE, E_ANY },
	{ 9, AARE, E_MECHANISM },
	{ 10, AARE, E_ANY },
	{ 0, RLRQ | RLRE, E_REASON },
	{ 0, ABRT, E_SOURCE },
	{ 1, ABRT, E_ABORT_DIAGNOSTIC },
	{ 29, AARQ | AARE, E_ANY },          /* implementation information */
	{ 30, AARQ | AARE | RLRQ | RLRE | ABRT, E_USER },
};

struct apdu {
	struct span context, called, called_q, calling, calling_q, mechanism;
	uint32_t seen;           /* bit set of enum what */
	uint32_t result, diagnostic, reason;
	struct ber_tlv user;
};

static const struct element *element_of(const struct ber_tlv *t, uint8_t in)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		if (ber_is(t, BER_CONTEXT, elements[i].tag) && (elements[i].in & in) != 0)
			return &elements[i];
	}
	return NULL;
}

/* The single element inside an explicit tag. */
static bool inside(struct osi *o, struct ber *b, const struct ber_tlv *t, struct ber_tlv *v)
{
	struct ber in = osi_open(o, b, t);
	return osi_next(o, &in, v);
}

/* result-source-diagnostic: { acse-service-user [1] { code } } or { provider [2] { code } }. */
static bool diagnostic(struct osi *o, struct ber *b, const struct ber_tlv *t, uint32_t *code)
{
	struct ber_tlv source, v;
	struct ber in = osi_open(o, b, t);
	return osi_next(o, &in, &source) && inside(o, &in, &source, &v) && ber_uint(v.value, code);
}

/* False when the element is malformed. */
static bool keep(struct osi *o, struct ber *b, const struct ber_tlv *t, enum what what, struct apdu *a)
{
	struct ber_tlv v;
	switch (what) {
	case E_ANY:
		return true;
	case E_CONTEXT:
		if (!inside(o, b, t, &v) || !ber_is(&v, BER_UNIVERSAL, OID))
			return false;
		a->context = v.value;
		return true;
	case E_CALLED:
		a->called = t->value;
		return true;
	case E_CALLED_Q:
		a->called_q = t->value;
		return true;
	case E_CALLING:
		a->calling = t->value;
		return true;
	case E_CALLING_Q:
		a->calling_q = t->value;
		return true;
	case E_MECHANISM:
		a->mechanism = t->value;
		return true;
	case E_RESULT:
		return inside(o, b, t, &v) && ber_uint(v.value, &a->result);
	case E_DIAGNOSTIC:
		return diagnostic(o, b, t, &a->diagnostic);
	case E_REASON:
	case E_SOURCE:
		return ber_uint(t->value, &a->reason);
	case E_ABORT_DIAGNOSTIC:
		return ber_uint(t->value, &a->diagnostic);
	case E_USER:
		a->user = *t;
		return true;
	}
	return false;
}

static bool has(const struct apdu *a, enum what what)
{
	return (a->seen & 1u << what) != 0;
}

static void walk(struct osi *o, struct ber *b, const struct kind *k, struct apdu *a)
{
	struct ber_tlv t;
	bool good = true;
	while (osi_next(o, b, &t)) {
		const struct element *e = element_of(&t, k->bit);
		bool twice = e != NULL && e->what != E_ANY && has(a, e->what);
		good = e != NULL && !twice && keep(o, b, &t, e->what, a) && good;
		if (e != NULL)
			a->seen |= 1u << e->what;
	}
	uint32_t needed = k->bit == AARQ ? 1u << E_CONTEXT : k->bit == AARE ? 1u << E_CONTEXT | 1u << E_RESULT : 0;
	if (!good || !ber_ok(b) || (a->seen & needed) != needed)
		osi_anomaly(o, AN_ACSE_PARAM);
}

static void tell(const struct osi *o, const struct kind *k, const struct apdu *a, struct span whole)
{
	const struct {
		enum what what;
		enum field_id field;
		struct span bytes;
	} octets[] = {
		{ E_CONTEXT, FLD_ACSE_CONTEXT_NAME, a->context },
		{ E_CALLED, FLD_ACSE_CALLED_TITLE, a->called },
		{ E_CALLED_Q, FLD_ACSE_CALLED_QUALIFIER, a->called_q },
		{ E_CALLING, FLD_ACSE_CALLING_TITLE, a->calling },
		{ E_CALLING_Q, FLD_ACSE_CALLING_QUALIFIER, a->calling_q },
		{ E_MECHANISM, FLD_ACSE_MECHANISM, a->mechanism },
	};
	const struct {
		enum what what;
		enum field_id field;
		uint32_t num;
	} nums[] = {
		{ E_RESULT, FLD_ACSE_RESULT, a->result },
		{ E_DIAGNOSTIC, FLD_ACSE_DIAGNOSTIC, a->diagnostic },
		{ E_REASON, FLD_ACSE_REASON, a->reason },
		{ E_SOURCE, FLD_ACSE_REASON, a->reason },
		{ E_ABORT_DIAGNOSTIC, FLD_ACSE_DIAGNOSTIC, a->diagnostic },
	};
	struct dec_build b = dec_build(o->ctx, k->event, o->d, whole);
	dec_add_num(&b, FLD_ACSE_APDU, k->tag);
	for (size_t i = 0; i < ARRAY_LEN(octets); i++) {
		if (has(a, octets[i].what))
			dec_add_bytes(&b, octets[i].field, octets[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(nums); i++) {
		if (has(a, nums[i].what))
			dec_add_num(&b, nums[i].field, nums[i].num);
	}
	dec_build_end(&b);
}

static void step(struct osi *o, const struct kind *k, const struct apdu *a)
{
	struct osi_state *s = o->s;
	if ((k->at & 1u << s->acse) == 0 && o->strict)
		osi_anomaly(o, AN_ACSE_STATE);
	s->acse = (uint8_t)k->next;
	if (k->bit == AARE && a->result != 0) {
		o->refused = true;
		s->acse = ACSE_CLOSED;
		if (a->diagnostic >= AUTH_FIRST && a->diagnostic <= AUTH_LAST)
			osi_anomaly(o, AN_ACSE_AUTH);
	}
	if (k->bit == RLRE && (o->carrier == IN_NF || (has(a, E_REASON) && a->reason == RELEASE_NOT_FINISHED)))
		s->acse = ACSE_ASSOCIATED;
	if (k->bit == ABRT)
		o->aborted = true;
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
	if (o->ctx->budget == 0)
		return;
	tell(o, k, &a, t->whole);
	step(o, k, &a);
	if (has(&a, E_USER))
		user_information(o, &b, &a.user);
}
