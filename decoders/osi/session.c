/* session.c - X.225 (ISO 8327-1): SPDUs by table, parameters by table, the connection's phases.
 *
 * A TSDU is GIVE TOKENS with DATA TRANSFER, whose user information goes to its end, or one other SPDU.
 */
#include "decoders/osi/osi_int.h"

#include <string.h>

enum { SI_GT = 1, SI_PT = 2, SI_TD = 33, LI_LONG = 0xff, VERSION_2 = 2, DUPLEX_ONLY = 2, RF_REASON_DATA = 2, NO_FIELD = FLD_N };

/* X.225 8.3; the connection's event a SPDU stands for is its carrier bit. Without one: no association of this kind has it. */
static const struct kind {
	uint8_t si;
	enum event_id event;
	uint16_t carrier;        /* enum carrier */
	const char *name;
} kinds[] = {
	{ 8, EV_SES_NF, IN_NF, "notFinished" },
	{ 9, EV_SES_FN, IN_FN, "finish" },
	{ 10, EV_SES_DN, IN_DN, "disconnect" },
	{ 12, EV_SES_RF, IN_RF, "refuse" },
	{ 13, EV_SES_CN, IN_CN, "connect" },
	{ 14, EV_SES_AC, IN_AC, "accept" },
	{ 25, EV_SES_AB, IN_AB, "abort" },
	{ 26, EV_SES_AA, IN_AA, "abortAccept" },
	{ SI_PT, EV_SES_OTHER, 0, "pleaseTokens" },
	{ 5, EV_SES_OTHER, 0, "expedited" },
	{ 7, EV_SES_OTHER, 0, "prepare" },
	{ 15, EV_SES_OTHER, 0, "connectDataOverflow" },
	{ 16, EV_SES_OTHER, 0, "overflowAccept" },
	{ 21, EV_SES_OTHER, 0, "giveTokensConfirm" },
	{ 22, EV_SES_OTHER, 0, "giveTokensAck" },
	{ 29, EV_SES_OTHER, 0, "activityResume" },
	{ SI_TD, EV_SES_OTHER, 0, "typedData" },
	{ 34, EV_SES_OTHER, 0, "resynchronizeAck" },
	{ 41, EV_SES_OTHER, 0, "majorSyncPoint" },
	{ 42, EV_SES_OTHER, 0, "majorSyncAck" },
	{ 45, EV_SES_OTHER, 0, "activityStart" },
	{ 48, EV_SES_OTHER, 0, "exceptionData" },
	{ 49, EV_SES_OTHER, 0, "minorSyncPoint" },
	{ 50, EV_SES_OTHER, 0, "minorSyncAck" },
	{ 53, EV_SES_OTHER, 0, "resynchronize" },
	{ 57, EV_SES_OTHER, 0, "activityDiscard" },
	{ 58, EV_SES_OTHER, 0, "activityDiscardAck" },
	{ 61, EV_SES_OTHER, 0, "capabilityData" },
	{ 62, EV_SES_OTHER, 0, "capabilityDataAck" },
	{ 64, EV_SES_OTHER, 0, "unitData" },
};

enum what { P_ANY, P_GROUP, P_NUM, P_OCTETS, P_MAX, P_REASON, P_USER };

/* PGIs and PIs (X.225 8.3, tables 11 to 20). A PI may be in its group or by itself. */
static const struct param {
	uint8_t code;
	enum what what;
	uint16_t field;          /* enum field_id, or NO_FIELD */
	uint16_t in, min, max;
} params[] = {
	{ 0x01, P_GROUP, NO_FIELD, IN_CN | IN_AC | IN_RF, 0, UINT16_MAX },               /* connection identifier */
	{ 0x05, P_GROUP, NO_FIELD, IN_CN | IN_AC, 0, UINT16_MAX },                       /* connect/accept item */
	{ 0x09, P_OCTETS, FLD_SES_CALLED_REF, IN_CN | IN_AC | IN_RF, 0, 64 },            /* called SS-user reference */
	{ 0x0a, P_OCTETS, FLD_SES_CALLING_REF, IN_CN | IN_AC | IN_RF, 0, 64 },           /* calling SS-user reference */
	{ 0x0b, P_OCTETS, FLD_SES_COMMON_REF, IN_CN | IN_AC | IN_RF, 0, 64 },            /* common reference */
	{ 0x0c, P_OCTETS, FLD_SES_ADDITIONAL_REF, IN_CN | IN_AC | IN_RF, 0, 4 },         /* additional reference */
	{ 0x10, P_NUM, FLD_SES_TOKEN, IN_AC, 1, 1 },                                     /* token item */
	{ 0x11, P_NUM, FLD_SES_DISCONNECT, IN_RF | IN_FN | IN_AB, 1, 1 },                /* transport disconnect */
	{ 0x13, P_NUM, FLD_SES_OPTIONS, IN_CN | IN_AC, 1, 1 },                           /* protocol options */
	{ 0x14, P_NUM, FLD_SES_REQUIREMENTS, IN_CN | IN_AC | IN_RF, 2, 2 },              /* session user requirements */
	{ 0x15, P_MAX, NO_FIELD, IN_CN | IN_AC, 4, 4 },                                  /* TSDU maximum size */
	{ 0x16, P_NUM, FLD_SES_VERSION, IN_CN | IN_AC | IN_RF, 1, 1 },                   /* version number */
	{ 0x17, P_ANY, NO_FIELD, IN_CN | IN_AC, 0, 6 },                                  /* initial serial number */
	{ 0x19, P_NUM, FLD_SES_ENCLOSURE, IN_CN | IN_AC | IN_AB, 1, 1 },                 /* enclosure item */
	{ 0x1a, P_NUM, FLD_SES_TOKEN_SETTING, IN_CN | IN_AC, 1, 1 },                     /* token setting item */
	{ 0x31, P_OCTETS, FLD_SES_REFLECT, IN_AB, 0, 9 },                                /* reflect parameter values */
	{ 0x32, P_REASON, FLD_SES_REASON, IN_RF, 1, UINT16_MAX },                        /* reason code, with user data */
	{ 0x33, P_OCTETS, FLD_SES_SRC_SEL, IN_CN | IN_AC, 0, 16 },                       /* calling session selector */
	{ 0x34, P_OCTETS, FLD_SES_DST_SEL, IN_CN | IN_AC, 0, 16 },                       /* called or responding selector */
	{ 0x37, P_ANY, NO_FIELD, IN_CN | IN_AC, 0, 6 },                                  /* second and limit serial numbers */
	{ 0x38, P_ANY, NO_FIELD, IN_CN | IN_AC, 0, 6 },
	{ 0x39, P_ANY, NO_FIELD, IN_CN | IN_AC, 0, 6 },
	{ 0x3a, P_ANY, NO_FIELD, IN_CN | IN_AC, 0, 6 },
	{ 0x3c, P_ANY, NO_FIELD, IN_CN, 1, 1 },                                          /* data overflow */
	{ 0xc1, P_USER, NO_FIELD, IN_CN | IN_AC | IN_RF | IN_FN | IN_DN | IN_NF | IN_AB, 0, UINT16_MAX },
	{ 0xc2, P_USER, NO_FIELD, IN_CN | IN_AC, 0, UINT16_MAX },                        /* extended user data */
};

struct spdu {
	const struct kind *kind;
	struct span whole, user;
	bool has_user;
	uint64_t met[4], seen[4];    /* bit sets of the parameter codes that are there, and that are right */
	struct osi_fields fields;
};

static const struct kind *kind_of(uint8_t si)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].si == si)
			return &kinds[i];
	}
	return NULL;
}

/* One that an association of this kind has. */
static const struct kind *usual_kind_of(uint8_t si)
{
	const struct kind *k = kind_of(si);
	return k != NULL && k->carrier != 0 ? k : NULL;
}

static const struct param *param_of(uint8_t code, uint16_t in)
{
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		if (params[i].code == code && (params[i].in & in) != 0)
			return &params[i];
	}
	return NULL;
}

/* X.225 8.2.5: one octet, or FF and two. */
static uint16_t length(const struct osi *o, struct cur *c)
{
	uint8_t first = cur_u8(c);
	if (first != LI_LONG)
		return first;
	uint16_t len = cur_be16(c);
	if (cur_ok(c) && len < LI_LONG)
		osi_anomaly(o, AN_SES_LONG_LENGTH);
	return len;
}

static void user(struct spdu *p, struct span v)
{
	/* of two, the first: receivers that stop at user data never see the second */
	if (!p->has_user)
		p->user = v;
	p->has_user = true;
}

static void keep(struct spdu *p, const struct param *row, struct span v)
{
	struct cur c = cur_span(v);
	const enum field_id f = (enum field_id)row->field;
	switch (row->what) {
	case P_ANY:
	case P_GROUP:
		break;
	case P_NUM:
		osi_set_num(&p->fields, f, row->max == 1 ? cur_u8(&c) : cur_be16(&c));
		break;
	case P_OCTETS:
		osi_set_bytes(&p->fields, f, v);
		break;
	case P_MAX:
		osi_set_num(&p->fields, FLD_SES_MAX_TO_RESPONDER, cur_be16(&c));
		osi_set_num(&p->fields, FLD_SES_MAX_TO_INITIATOR, cur_be16(&c));
		break;
	case P_REASON: {
		const uint8_t reason = cur_u8(&c);
		osi_set_num(&p->fields, f, reason);
		if (reason == RF_REASON_DATA && cur_left(&c) > 0)
			user(p, cur_rest(&c));
		break;
	}
	case P_USER:
		user(p, v);
		break;
	}
}

/* Adds code to a set; was it there? */
static bool add_code(uint64_t set[4], uint8_t code)
{
	const uint64_t bit = UINT64_C(1) << (code & 63);
	const bool was = (set[code >> 6] & bit) != 0;
	set[code >> 6] |= bit;
	return was;
}

/* PGI and PI units; groups hold PIs one level down. False when a length does not fit. */
static bool walk_params(struct osi *o, struct spdu *p, struct cur c, bool in_group)
{
	while (cur_left(&c) > 0) {
		if (!dec_spend(o->ctx, o->d, 1))
			return false;
		uint8_t code = cur_u8(&c);
		uint16_t len = length(o, &c);
		struct span v = cur_bytes(&c, len);
		if (!cur_ok(&c)) {
			osi_anomaly(o, AN_SES_LENGTH);
			return false;
		}
		(void)add_code(p->met, code);
		const struct param *row = param_of(code, p->kind->carrier);
		const bool misplaced = row != NULL && in_group && (row->what == P_GROUP || row->what == P_USER);
		const bool right = row != NULL && !misplaced && len >= row->min && len <= row->max;
		if (!right)
			osi_anomaly(o, AN_SES_PARAM);
		/* a selector or reference that is too long is read all the same */
		if (!right && (row == NULL || row->what != P_OCTETS))
			continue;
		if (add_code(p->seen, code))
			osi_anomaly(o, AN_SES_PARAM_TWICE);
		keep(p, row, v);
		if (row->what == P_GROUP && !walk_params(o, p, cur_span(v), true))
			return false;
	}
	return true;
}

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

static void tell(const struct osi *o, const struct spdu *p)
{
	struct dec_build b = dec_build(o->ctx, p->kind->event, o->d, p->whole);
	dec_add_num(&b, FLD_SES_SI, p->kind->si);
	dec_add_text(&b, FLD_SES_SPDU, p->kind->si, text(p->kind->name));
	osi_tell_fields(&b, &p->fields);
	for (unsigned i = 0; i < ARRAY_LEN(p->met); i++) {
		for (uint64_t left = p->met[i]; left != 0; left &= left - 1)
			dec_add_num(&b, FLD_SES_PARAMETER, i * 64 + (unsigned)__builtin_ctzll(left));
	}
	dec_build_end(&b);
}

static void check_values(const struct osi *o, const struct spdu *p)
{
	if (p->kind->carrier != IN_CN && p->kind->carrier != IN_AC)
		return;
	const struct field *version = osi_get(&p->fields, FLD_SES_VERSION), *units = osi_get(&p->fields, FLD_SES_REQUIREMENTS);
	/* not stated means version 1 (X.225 8.3.1.8) */
	if (version == NULL || (version->num & VERSION_2) == 0)
		osi_anomaly(o, AN_SES_VERSION);
	if (units != NULL && units->num != DUPLEX_ONLY)
		osi_anomaly(o, AN_SES_REQUIREMENTS);
}

/* --- phases ----------------------------------------------------------------------------------- */

enum who { ANYONE, RESPONDER, NOT_FINISHER };
enum { AT_IDLE = 1 << SES_IDLE, AT_CONNECTING = 1 << SES_CONNECTING, AT_DATA = 1 << SES_DATA,
	AT_RELEASING = 1 << SES_RELEASING, AT_CLOSED = 1 << SES_CLOSED };

/* Which SPDU fits where, and the phase after it (X.225 annex A, as far as an observer sees). What ends the
 * association is settled by leave(). An SPDU's first row is the one assumed when the state is unknown. */
static const struct transition {
	enum carrier carrier;
	uint8_t at;
	enum who who;
	enum ses_phase next;
} transitions[] = {
	{ IN_CN, AT_IDLE | AT_CLOSED, ANYONE, SES_CONNECTING },
	{ IN_AC, AT_CONNECTING, RESPONDER, SES_DATA },
	{ IN_RF, AT_CONNECTING, RESPONDER, SES_CONNECTING },
	{ IN_DT, AT_DATA, ANYONE, SES_DATA },
	{ IN_DT, AT_RELEASING, NOT_FINISHER, SES_RELEASING },
	{ IN_TD, AT_DATA, ANYONE, SES_DATA },
	{ IN_TD, AT_RELEASING, NOT_FINISHER, SES_RELEASING },
	{ IN_FN, AT_DATA, ANYONE, SES_RELEASING },
	{ IN_FN, AT_RELEASING, NOT_FINISHER, SES_RELEASING },
	{ IN_DN, AT_RELEASING, NOT_FINISHER, SES_RELEASING },
	{ IN_NF, AT_RELEASING, NOT_FINISHER, SES_DATA },
	{ IN_AB, AT_CONNECTING | AT_DATA | AT_RELEASING, ANYONE, SES_RELEASING },
	{ IN_AA, AT_CLOSED, ANYONE, SES_CLOSED },
};

static void set_phase(struct osi_state *s, enum ses_phase p)
{
	s->ses = (uint8_t)p;
}

static bool is_who(const struct osi *o, enum who who)
{
	switch (who) {
	case ANYONE:
		return true;
	case RESPONDER:
		return o->d != o->s->initiator;
	case NOT_FINISHER:
		return o->d != o->s->finisher;
	}
	return false;
}

/* The row that fits, or NULL; *assumed is the carrier's first. */
static const struct transition *transition_of(const struct osi *o, const struct transition **assumed)
{
	*assumed = NULL;
	for (size_t i = 0; i < ARRAY_LEN(transitions); i++) {
		const struct transition *t = &transitions[i];
		if (t->carrier != o->carrier)
			continue;
		if (*assumed == NULL)
			*assumed = t;
		if ((t->at & 1u << o->s->ses) != 0 && is_who(o, t->who))
			return t;
	}
	return NULL;
}

static void enter(struct osi *o)
{
	struct osi_state *s = o->s;
	const struct transition *assumed, *t = transition_of(o, &assumed);
	o->fits = t != NULL;
	if (!o->fits && (!s->midstream || o->carrier == IN_CN))
		osi_anomaly(o, AN_SES_STATE);
	if (o->fits && o->carrier == IN_CN)
		osi_init(s);
	/* A second CN that a receiver takes renews everything, one that it ignores nothing; data without CN
	 * may be of an association that was not seen: in both cases content decides from here. */
	if (!o->fits && (o->carrier == IN_CN || s->ses == SES_IDLE))
		s->midstream = true;
	o->strict = !s->midstream;
	if (t == NULL && (o->strict || o->carrier == IN_CN))
		return;
	set_phase(s, t != NULL ? t->next : assumed->next);
	if (o->carrier == IN_CN)
		s->initiator = (uint8_t)o->d;
	if (o->carrier == IN_FN)
		s->finisher = (uint8_t)o->d;
}

/* What ends the association is told after all that came with it. */
static void leave(const struct osi *o)
{
	struct osi_state *s = o->s;
	bool ending = o->carrier == IN_RF || o->carrier == IN_DN;
	bool closed = (ending && (o->fits || !o->strict)) || o->refused;
	bool aborted = o->carrier == IN_AB || o->aborted;
	if ((!closed && !aborted) || s->ses == SES_CLOSED)
		return;
	set_phase(s, SES_CLOSED);
	s->acse = ACSE_CLOSED;
	o->up->unit(o->up->arg, o->d, aborted ? OSI_UNIT_ABORT : OSI_UNIT_CLOSED, span_of(NULL, 0));
}

/* --- TSDUs ------------------------------------------------------------------------------------ */

static void data(struct osi *o, enum carrier carrier, struct span ppdu)
{
	o->carrier = carrier;
	enter(o);
	pres_ppdu(o, ppdu);
	leave(o);
}

static void other(struct osi *o, const struct kind *k, struct span whole, struct cur c)
{
	struct spdu p = { .kind = k, .whole = whole };
	o->carrier = (enum carrier)k->carrier;
	uint16_t len = length(o, &c);
	if (!cur_ok(&c) || len != cur_left(&c))
		osi_anomaly(o, AN_SES_LENGTH);
	if (!cur_ok(&c))
		return;
	struct cur values = cur_sub(&c, size_min(len, cur_left(&c)));
	bool whole_walk = walk_params(o, &p, values, false);
	if (o->ctx->budget == 0)
		return;
	tell(o, &p);
	check_values(o, &p);
	enter(o);
	if (p.has_user && whole_walk)
		pres_ppdu(o, p.user);
	leave(o);
}

static bool skip_params(const struct osi *o, struct cur *c)
{
	uint16_t len = length(o, c);
	cur_skip(c, len);
	if (!cur_ok(c))
		osi_anomaly(o, AN_SES_LENGTH);
	else if (len != 0)
		osi_anomaly(o, AN_SES_DATA_LI);
	return cur_ok(c);
}

/* A SPDU that no association of this kind has: named, and the data in it read as a receiver might that takes it. */
static void unusual(struct osi *o, uint8_t si, struct span whole)
{
	const struct kind *k = kind_of(si), unknown = { si, EV_SES_OTHER, 0, "unknown" };
	const struct spdu p = { .kind = k != NULL ? k : &unknown, .whole = whole };
	osi_anomaly(o, AN_SES_SI);
	tell(o, &p);
}

static void typed_data(struct osi *o, struct span whole, struct cur c)
{
	unusual(o, SI_TD, whole);
	if (skip_params(o, &c))
		data(o, IN_TD, cur_rest(&c));
}

/* GT, then DT; LI of both is skipped. What follows GT without being a SPDU is taken for data, as some stacks do. */
static void tokens(struct osi *o, struct span tsdu, struct cur c)
{
	if (!skip_params(o, &c))
		return;
	const struct cur at = c;
	const uint8_t si = cur_u8(&c);
	const struct kind *k = usual_kind_of(si);
	if (si == SI_GT) {
		if (skip_params(o, &c))
			data(o, IN_DT, cur_rest(&c));
	} else if (si == SI_TD) {
		typed_data(o, cur_rest(&at), c);
	} else if (k != NULL) {
		osi_anomaly(o, AN_SES_TOKENS);
		other(o, k, tsdu, c);
	} else {
		osi_anomaly(o, AN_SES_TOKENS);
		data(o, IN_DT, cur_rest(&at));
	}
}

static void spdu(struct osi *o, struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	const uint8_t si = cur_u8(&c);
	const struct kind *k = usual_kind_of(si);
	switch (si) {
	case SI_GT:
		tokens(o, tsdu, c);
		break;
	case SI_PT: /* category 0 as GT is: data may follow (X.225 6.3.7) */
		unusual(o, si, tsdu);
		if (cur_left(&c) > 1)
			tokens(o, tsdu, c);
		break;
	case SI_TD:
		typed_data(o, tsdu, c);
		break;
	default:
		if (k != NULL)
			other(o, k, tsdu, c);
		else
			unusual(o, si, tsdu);
		break;
	}
}

void osi_tsdu_any(struct osi_state *s, struct dec_ctx *ctx, enum dir d, struct span tsdu, const struct dec_upper *up)
{
	struct osi o = { .s = s, .ctx = ctx, .up = up, .d = d };
	if (tsdu.len == 0)
		return;
	if (dec_spend(ctx, d, 1)) {
		spdu(&o, tsdu);
		dec_ber_notes(ctx, d, o.notes);
	}
	if (ctx->budget == 0) /* what it did to the association is not known */
		osi_gap(s);
}

void osi_init(struct osi_state *s)
{
	*s = (struct osi_state){ 0 };
}

void osi_gap(struct osi_state *s)
{
	s->midstream = true;
}

void osi_end(struct osi_state *s, enum dir d, const struct dec_upper *up)
{
	bool was = s->ses != SES_IDLE && s->ses != SES_CLOSED;
	osi_init(s);
	if (was)
		up->unit(up->arg, d, OSI_UNIT_CLOSED, span_of(NULL, 0));
}

bool osi_looks_like(struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	uint8_t si = cur_u8(&c);
	size_t len = cur_u8(&c);
	if (len == LI_LONG)
		len = cur_be16(&c);
	return (si == SI_GT || usual_kind_of(si) != NULL) && cur_ok(&c) && len <= cur_left(&c);
}
