/* session.c - X.225 (ISO 8327-1): SPDUs by table, parameters by table, the connection's phases.
 *
 * A TSDU is GIVE TOKENS with DATA TRANSFER, whose user information goes to its end, or one other SPDU.
 */
#include "decoders/osi/osi_int.h"

enum { SI_GT = 1, LI_LONG = 0xff, VERSION_2 = 2, DUPLEX_ONLY = 2, RF_REASON_DATA = 2 };

/* X.225 8.3; the connection's event a SPDU stands for is its carrier bit. */
static const struct kind {
	uint8_t si;
	enum event_id event;
	enum carrier carrier;
} kinds[] = {
	{ 8, EV_SES_NF, IN_NF },
	{ 9, EV_SES_FN, IN_FN },
	{ 10, EV_SES_DN, IN_DN },
	{ 12, EV_SES_RF, IN_RF },
	{ 13, EV_SES_CN, IN_CN },
	{ 14, EV_SES_AC, IN_AC },
	{ 25, EV_SES_AB, IN_AB },
	{ 26, EV_SES_AA, IN_AA },
};

enum what { P_ANY, P_GROUP, P_VERSION, P_REQUIREMENTS, P_CALLING, P_CALLED, P_DISCONNECT, P_REASON, P_USER };

/* PGIs and PIs (X.225 8.3, tables 11 to 20). A PI may be in its group or by itself. */
static const struct param {
	uint8_t code;
	enum what what;
	uint16_t in, min, max;
} params[] = {
	{ 0x01, P_GROUP, IN_CN | IN_AC | IN_RF, 0, UINT16_MAX }, /* connection identifier */
	{ 0x05, P_GROUP, IN_CN | IN_AC, 0, UINT16_MAX },         /* connect/accept item */
	{ 0x09, P_ANY, IN_CN | IN_AC | IN_RF, 0, 64 },           /* called SS-user reference */
	{ 0x0a, P_ANY, IN_CN | IN_AC | IN_RF, 0, 64 },           /* calling SS-user reference */
	{ 0x0b, P_ANY, IN_CN | IN_AC | IN_RF, 0, 64 },           /* common reference */
	{ 0x0c, P_ANY, IN_CN | IN_AC | IN_RF, 0, 4 },            /* additional reference */
	{ 0x10, P_ANY, IN_AC, 1, 1 },                            /* token item */
	{ 0x11, P_DISCONNECT, IN_RF | IN_FN | IN_AB, 1, 1 },     /* transport disconnect */
	{ 0x13, P_ANY, IN_CN | IN_AC, 1, 1 },                    /* protocol options */
	{ 0x14, P_REQUIREMENTS, IN_CN | IN_AC | IN_RF, 2, 2 },   /* session user requirements */
	{ 0x15, P_ANY, IN_CN | IN_AC, 4, 4 },                    /* TSDU maximum size */
	{ 0x16, P_VERSION, IN_CN | IN_AC | IN_RF, 1, 1 },        /* version number */
	{ 0x17, P_ANY, IN_CN | IN_AC, 0, 6 },                    /* initial serial number */
	{ 0x19, P_ANY, IN_CN | IN_AC | IN_AB, 1, 1 },            /* enclosure item */
	{ 0x1a, P_ANY, IN_CN | IN_AC, 1, 1 },                    /* token setting item */
	{ 0x31, P_ANY, IN_AB, 0, 9 },                            /* reflect parameter values */
	{ 0x32, P_REASON, IN_RF, 1, UINT16_MAX },                /* reason code, with user data */
	{ 0x33, P_CALLING, IN_CN | IN_AC, 0, 16 },               /* calling session selector */
	{ 0x34, P_CALLED, IN_CN | IN_AC, 0, 16 },                /* called or responding session selector */
	{ 0x37, P_ANY, IN_CN | IN_AC, 0, 6 },                    /* second and limit serial numbers */
	{ 0x38, P_ANY, IN_CN | IN_AC, 0, 6 },
	{ 0x39, P_ANY, IN_CN | IN_AC, 0, 6 },
	{ 0x3a, P_ANY, IN_CN | IN_AC, 0, 6 },
	{ 0x3c, P_ANY, IN_CN, 1, 1 },                            /* data overflow */
	{ 0xc1, P_USER, IN_CN | IN_AC | IN_RF | IN_FN | IN_DN | IN_NF | IN_AB, 0, UINT16_MAX },
	{ 0xc2, P_USER, IN_CN | IN_AC, 0, UINT16_MAX },          /* extended user data */
};

struct spdu {
	const struct kind *kind;
	struct span whole;
	struct span calling, called, user;
	bool has_calling, has_called, has_reason, has_user;
	uint8_t version, reason;     /* version 0: not stated */
	uint16_t requirements;       /* 0: not stated */
	uint64_t seen[4];            /* bit set of the parameter codes met */
};

static const struct kind *kind_of(uint8_t si)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].si == si)
			return &kinds[i];
	}
	return NULL;
}

static const struct param *param_of(uint8_t code, enum carrier in)
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

static void keep(struct spdu *p, enum what what, struct span v)
{
	struct cur c = cur_span(v);
	switch (what) {
	case P_ANY:
	case P_GROUP:
		break;
	case P_VERSION:
		p->version = cur_u8(&c);
		break;
	case P_REQUIREMENTS:
		p->requirements = cur_be16(&c);
		break;
	case P_CALLING:
		p->calling = v;
		p->has_calling = true;
		break;
	case P_CALLED:
		p->called = v;
		p->has_called = true;
		break;
	case P_DISCONNECT:
		p->reason = cur_u8(&c);
		p->has_reason = true;
		break;
	case P_REASON:
		p->reason = cur_u8(&c);
		p->has_reason = true;
		if (p->reason == RF_REASON_DATA && cur_left(&c) > 0 && !p->has_user) {
			p->user = cur_rest(&c);
			p->has_user = true;
		}
		break;
	case P_USER:
		/* of two, the first: receivers that stop at user data never see the second */
		if (!p->has_user)
			p->user = v;
		p->has_user = true;
		break;
	}
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
		const struct param *row = param_of(code, p->kind->carrier);
		bool misplaced = row != NULL && in_group && (row->what == P_GROUP || row->what == P_USER);
		if (row == NULL || misplaced || len < row->min || len > row->max) {
			osi_anomaly(o, AN_SES_PARAM);
			continue;
		}
		uint64_t bit = UINT64_C(1) << (code & 63);
		if ((p->seen[code >> 6] & bit) != 0)
			osi_anomaly(o, AN_SES_PARAM_TWICE);
		p->seen[code >> 6] |= bit;
		keep(p, row->what, v);
		if (row->what == P_GROUP && !walk_params(o, p, cur_span(v), true))
			return false;
	}
	return true;
}

static void tell(const struct osi *o, const struct spdu *p)
{
	struct dec_build b = dec_build(o->ctx, p->kind->event, o->d, p->whole);
	dec_add_num(&b, FLD_SES_SI, p->kind->si);
	if (p->has_calling)
		dec_add_bytes(&b, FLD_SES_SRC_SEL, p->calling);
	if (p->has_called)
		dec_add_bytes(&b, FLD_SES_DST_SEL, p->called);
	if (p->has_reason)
		dec_add_num(&b, FLD_SES_REASON, p->reason);
	dec_build_end(&b);
}

static void check_values(const struct osi *o, const struct spdu *p)
{
	if (p->kind->carrier != IN_CN && p->kind->carrier != IN_AC)
		return;
	/* not stated means version 1 (X.225 8.3.1.8) */
	if ((p->version & VERSION_2) == 0)
		osi_anomaly(o, AN_SES_VERSION);
	if (p->requirements != 0 && p->requirements != DUPLEX_ONLY)
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

static void data(struct osi *o, struct span ppdu)
{
	o->carrier = IN_DT;
	enter(o);
	pres_ppdu(o, ppdu);
	leave(o);
}

static void other(struct osi *o, const struct kind *k, struct span whole, struct cur c)
{
	struct spdu p = { .kind = k, .whole = whole };
	o->carrier = k->carrier;
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

/* GT, then DT; LI of both is skipped. What follows GT without being a SPDU is taken for data, as some stacks do. */
static void tokens(struct osi *o, struct span tsdu, struct cur c)
{
	if (!skip_params(o, &c))
		return;
	struct cur at = c;
	uint8_t si = cur_u8(&c);
	const struct kind *k = kind_of(si);
	if (si == SI_GT) {
		if (skip_params(o, &c))
			data(o, cur_rest(&c));
	} else if (k != NULL) {
		osi_anomaly(o, AN_SES_TOKENS);
		other(o, k, tsdu, c);
	} else {
		osi_anomaly(o, AN_SES_TOKENS);
		data(o, cur_rest(&at));
	}
}

void osi_tsdu_any(struct osi_state *s, struct dec_ctx *ctx, enum dir d, struct span tsdu, const struct dec_upper *up)
{
	struct osi o = { .s = s, .ctx = ctx, .up = up, .d = d };
	struct cur c = cur_span(tsdu);
	if (tsdu.len == 0)
		return;
	if (dec_spend(ctx, d, 1)) {
		uint8_t si = cur_u8(&c);
		const struct kind *k = kind_of(si);
		if (si == SI_GT)
			tokens(&o, tsdu, c);
		else if (k != NULL)
			other(&o, k, tsdu, c);
		else
			osi_anomaly(&o, AN_SES_SI);
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
	return (si == SI_GT || kind_of(si) != NULL) && cur_ok(&c) && len <= cur_left(&c);
}
