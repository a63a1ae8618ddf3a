/* tpdu.c - parses TPDUs (X.224 13): fixed parts by type, parameters by table. Keeps no state. */
#include "decoders/cotp/cotp_int.h"

#include <string.h>

enum { EXPEDITED_MAX = 16 }; /* X.224 13.8.4 */

/* Fixed part after octet 2. */
enum fixed { FIX_CONNECT, FIX_DR, FIX_DC, FIX_DATA, FIX_ER, FIX_ACK, FIX_NONE };

/* Which TPDUs a parameter belongs to; CLASS_0: in class 0 too. */
enum { IN_CR = 1, IN_CC = 2, IN_DR = 4, IN_DC = 8, IN_ER = 16, IN_NUMBERED = 32, IN_AK = 64, CLASS_0 = 128,
	IN_CRCC = IN_CR | IN_CC, IN_ALL = 127 };

static const struct kind {
	uint8_t code, li_min;
	enum event_id event;
	enum fixed fixed;
	uint8_t in;          /* for parameters; 0: none are looked for */
	uint8_t user_max;    /* octets of user data that classes but 0 allow (13.3.5, 13.5.5); of data any */
	bool low;            /* the low nibble of octet 2 is a credit */
} kinds[] = {
	{ TPDU_DT, 2, EV_COTP_DT, FIX_DATA, IN_NUMBERED, 0, false },   /* X.224 13.7 */
	{ TPDU_CR, 6, EV_COTP_CR, FIX_CONNECT, IN_CR, 32, true },      /* 13.3 */
	{ TPDU_CC, 6, EV_COTP_CC, FIX_CONNECT, IN_CC, 32, true },      /* 13.4 */
	{ TPDU_DR, 6, EV_COTP_DR, FIX_DR, IN_DR, 64, false },          /* 13.5 */
	{ TPDU_DC, 5, EV_COTP_DC, FIX_DC, IN_DC, 0, false },           /* 13.6 */
	{ TPDU_ED, 2, EV_COTP_ED, FIX_DATA, IN_NUMBERED, 0, false },   /* 13.8 */
	{ TPDU_AK, 4, EV_COTP_AK, FIX_ACK, IN_AK, 0, true },           /* 13.9 */
	{ TPDU_EA, 4, EV_COTP_EA, FIX_ACK, IN_NUMBERED, 0, false },    /* 13.10 */
	{ TPDU_RJ, 4, EV_COTP_RJ, FIX_ACK, IN_NUMBERED, 0, true },     /* 13.11 */
	{ TPDU_ER, 4, EV_COTP_ER, FIX_ER, IN_ER, 0, false },           /* 13.12 */
	{ TPDU_UD, 1, EV_COTP_UD, FIX_NONE, 0, 0, false },             /* X.234: connectionless */
};

static const struct kind *kind_of(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].code == code)
			return &kinds[i];
	}
	return NULL;
}

/* --- parameters (X.224 13.2.3) --------------------------------------------------------------- */

static bool par_size(struct tpdu *t, struct cur *v)
{
	uint8_t log2 = cur_u8(v);
	if (log2 < 7 || log2 > 13)
		return false;
	t->size = UINT32_C(1) << log2;
	return true;
}

static bool par_preferred_size(struct tpdu *t, struct cur *v)
{
	uint32_t units = 0;
	while (cur_left(v) > 0)
		units = units << 8 | cur_u8(v);
	if (units == 0 || units > UINT32_MAX / TPDU_SIZE_MIN)
		return false;
	t->size = units * TPDU_SIZE_MIN;
	return true;
}

static bool par_calling(struct tpdu *t, struct cur *v)
{
	t->calling = cur_rest(v);
	t->has_calling = true;
	return true;
}

static bool par_called(struct tpdu *t, struct cur *v)
{
	t->called = cur_rest(v);
	t->has_called = true;
	return true;
}

static bool par_options(struct tpdu *t, struct cur *v)
{
	t->options = cur_u8(v);
	t->has_options = true;
	return true;
}

static bool par_alternatives(struct tpdu *t, struct cur *v)
{
	t->alternatives = 0;
	while (cur_left(v) > 0) {
		uint8_t class_ = cur_u8(v) >> 4;
		if (class_ > 4)
			return false;
		t->alternatives |= (uint8_t)(1u << class_);
	}
	return true;
}

static bool par_version(struct tpdu *t, struct cur *v)
{
	(void)t;
	return cur_u8(v) == 1;
}

static bool par_info(struct tpdu *t, struct cur *v)
{
	t->info = cur_rest(v);
	t->has_info = true;
	return true;
}

static bool par_rejected(struct tpdu *t, struct cur *v)
{
	t->rejected = cur_rest(v);
	t->has_rejected = true;
	return true;
}

static const struct param {
	uint8_t code, in, min, max;
	bool (*fn)(struct tpdu *t, struct cur *v); /* false: bad value; NULL: any value, not used */
} params[] = {
	{ 0xc0, IN_CRCC | CLASS_0, 1, 1, par_size },             /* TPDU size, X.224 13.3.4 b */
	{ 0xc1, IN_CRCC | CLASS_0, 0, 254, par_calling },        /* calling TSAP, a */
	{ 0xc2, IN_CRCC | CLASS_0, 0, 254, par_called },         /* called TSAP, a */
	{ 0xc1, IN_ER | CLASS_0, 0, 254, par_rejected },         /* rejected TPDU, 13.12.4 */
	{ 0xc3, IN_ALL, 2, 2, NULL },                            /* checksum */
	{ 0xc4, IN_CRCC, 1, 1, par_version },
	{ 0xc5, IN_CRCC | CLASS_0, 0, 254, NULL },               /* protection */
	{ 0xc6, IN_CRCC | CLASS_0, 1, 1, par_options },          /* additional options: RFC 1006 5 has them in class 0 */
	{ 0xc7, IN_CR | CLASS_0, 0, 254, par_alternatives },     /* alternative classes */
	{ 0x85, IN_CRCC, 2, 2, NULL },                           /* acknowledge time */
	{ 0x86, IN_CRCC, 3, 3, NULL },                           /* residual error rate */
	{ 0x87, IN_CRCC, 2, 2, NULL },                           /* priority */
	{ 0x88, IN_CRCC, 8, 8, NULL },                           /* transit delay */
	{ 0x89, IN_CRCC, 12, 24, NULL },                         /* throughput */
	{ 0x8a, IN_AK, 2, 2, NULL },                             /* subsequence number, 13.9.4 */
	{ 0x8b, IN_CRCC, 2, 2, NULL },                           /* reassignment time */
	{ 0x8c, IN_AK, 8, 8, NULL },                             /* flow control confirmation */
	{ 0x08, IN_ALL, 4, 4, NULL },                            /* ATN extended checksums */
	{ 0x09, IN_ALL, 4, 4, NULL },
	{ 0xe0, IN_DR | CLASS_0, 0, 254, par_info },             /* additional clearing information */
	{ 0xf0, IN_CRCC | CLASS_0, 1, 4, par_preferred_size },   /* preferred maximum TPDU size */
	{ 0xf2, IN_CRCC | CLASS_0, 4, 4, NULL },                 /* inactivity timer */
};

static const struct param *param_of(uint8_t code, uint8_t in)
{
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		if (params[i].code == code && (params[i].in & in) != 0)
			return &params[i];
	}
	return NULL;
}

/* Any order; the later of two counts; unknown ones are ignored in CR and an error elsewhere (13.2.3). */
static void walk_params(const struct dec_ctx *ctx, enum dir d, struct tpdu *t, uint8_t in, uint8_t class_)
{
	uint64_t seen[4] = { 0 };
	struct cur c = cur_span(t->params);
	while (cur_left(&c) > 0) {
		uint8_t code = cur_u8(&c);
		uint8_t len = cur_u8(&c);
		struct cur v = cur_sub(&c, len);
		if (!cur_ok(&c)) {
			dec_anomaly(ctx, d, AN_COTP_PARAM);
			break;
		}
		uint64_t bit = UINT64_C(1) << (code & 63);
		if ((seen[code >> 6] & bit) != 0)
			dec_anomaly(ctx, d, AN_COTP_PARAM_TWICE);
		seen[code >> 6] |= bit;
		const struct param *p = param_of(code, in);
		bool bad = p == NULL ? in != IN_CR : len < p->min || len > p->max || (p->fn != NULL && !p->fn(t, &v));
		if (bad || (p != NULL && class_ == 0 && (p->in & CLASS_0) == 0))
			dec_anomaly(ctx, d, AN_COTP_PARAM);
	}
	/* 13.12.4: what is rejected is said in class 0 */
	if (in == IN_ER && class_ == 0 && !t->has_rejected)
		dec_anomaly(ctx, d, AN_COTP_PARAM);
}

static bool begins(struct span s, const void *what, size_t n)
{
	struct cur c = cur_span(s);
	const uint8_t *p = cur_take(&c, n);
	return p != NULL && memcmp(p, what, n) == 0;
}

/* MS-RDPBCGR 2.2.1.1, 2.2.1.2: where X.224 has parameters, RDP has a cookie line and (or) an eight-octet
 * negotiation request (type 1), answer (2) or failure (3). */
static bool is_rdp(uint8_t code, struct span var)
{
	struct cur c = cur_span(var);
	uint8_t type = cur_u8(&c);
	cur_skip(&c, 1);
	bool negotiation = cur_le16(&c) == 8 && var.len == 8;
	if (code == TPDU_CC)
		return negotiation && (type == 2 || type == 3);
	return (negotiation && type == 1) || begins(var, "Cookie: mstshash=", 17) || begins(var, "Cookie: msts=", 13);
}

/* --- fixed parts ------------------------------------------------------------------------------ */

static void fixed_connect(const struct dec_ctx *ctx, enum dir d, struct tpdu *t, struct cur *h)
{
	t->dst_ref = cur_be16(h);
	t->src_ref = cur_be16(h);
	t->has_dst = t->has_src = true;
	uint8_t co = cur_u8(h);
	t->class_ = co >> 4;
	t->class_options = co & 0x0f;
	if (t->class_ == 0 && (t->class_options != 0 || t->low != 0))
		dec_anomaly(ctx, d, AN_COTP_CREDIT);
}

/* Class 0 and 1: octet 3 is EOT and number. Others: DST-REF first, then a number of 7 bits, or of 31 in the extended
 * format (X.224 13.7.1). Parameters have even lengths, so an odd length indicator tells that. */
static void fixed_data(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct tpdu *t, struct cur *h)
{
	const size_t octets = cur_left(h);
	t->has_dst = s->class_ > (t->code == TPDU_DT ? 1 : 0) && octets >= 3;
	const bool extended = t->has_dst && octets >= 6 && octets % 2 == 0;
	if (t->has_dst)
		t->dst_ref = cur_be16(h);
	t->nr = extended ? cur_be32(h) : (uint32_t)cur_u8(h) << 24;
	t->eot = (t->nr >> 31) != 0;
	t->nr = extended ? t->nr & INT32_MAX : t->nr >> 24 & 0x7f;
	t->has_nr = true;
	if (t->code == TPDU_ED && (t->user.len == 0 || t->user.len > EXPEDITED_MAX))
		dec_anomaly(ctx, d, AN_COTP_USER_DATA);
	if (t->code != TPDU_DT)
		return;
	if (s->class_ > 1 ? !t->has_dst : cur_left(h) != 0)
		dec_anomaly(ctx, d, AN_COTP_DT_HEADER);
	if (t->nr != 0 && s->class_ == 0)
		dec_anomaly(ctx, d, AN_COTP_DT_NR);
}

/* AK, EA, RJ: the number of what is waited for; of 31 bits, with a credit of 16 but in EA, where the length is odd. */
static void fixed_ack(struct tpdu *t, struct cur *h)
{
	const size_t octets = cur_left(h);
	const bool extended = octets >= (t->code == TPDU_EA ? 6 : 8) && octets % 2 == 0;
	t->dst_ref = cur_be16(h);
	t->nr = extended ? cur_be32(h) & INT32_MAX : cur_u8(h) & 0x7fu;
	if (extended && t->code != TPDU_EA)
		t->credit = cur_be16(h);
	t->has_dst = t->has_nr = true;
}

static void fixed_part(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct tpdu *t, struct cur *h)
{
	t->credit = t->low;
	switch (kind_of(t->code)->fixed) {
	case FIX_CONNECT:
		fixed_connect(ctx, d, t, h);
		break;
	case FIX_DR:
	case FIX_DC:
		t->dst_ref = cur_be16(h);
		t->src_ref = cur_be16(h);
		t->has_dst = t->has_src = true;
		t->reason = t->code == TPDU_DR ? cur_u8(h) : 0;
		break;
	case FIX_DATA:
		fixed_data(s, ctx, d, t, h);
		break;
	case FIX_ER:
		t->dst_ref = cur_be16(h);
		t->reason = cur_u8(h);
		t->has_dst = true;
		break;
	case FIX_ACK:
		fixed_ack(t, h);
		break;
	case FIX_NONE:
		break;
	}
}

/* What follows the fixed part: parameters, user data. In class 0 none but connect, disconnect and error TPDUs have any. */
static void variable_part(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct tpdu *t, struct cur h)
{
	const struct kind *k = kind_of(t->code);
	const uint8_t class_ = k->fixed == FIX_CONNECT ? t->class_ : s->class_;
	const bool any_user = k->fixed == FIX_DATA || k->fixed == FIX_NONE;
	if (k->fixed == FIX_CONNECT)
		t->rdp = is_rdp(t->code, cur_rest(&h)) || is_rdp(t->code, t->user);
	if (t->rdp)
		return;
	if (k->in != 0 && ((k->in & (IN_NUMBERED | IN_AK)) == 0 || (class_ != 0 && t->has_dst))) {
		t->params = cur_rest(&h);
		walk_params(ctx, d, t, k->in, class_);
	}
	if (!any_user && t->user.len > (class_ == 0 ? 0 : k->user_max))
		dec_anomaly(ctx, d, AN_COTP_USER_DATA);
}

bool tpdu_parse(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct span tpkt, struct tpdu *t)
{
	*t = (struct tpdu){ 0 };
	struct cur c = cur_span(tpkt);
	cur_skip(&c, TPKT_HEADER);
	t->whole = cur_rest(&c);
	uint8_t li = cur_u8(&c);
	struct cur h = cur_sub(&c, li);
	t->user = cur_rest(&c);
	uint8_t octet2 = cur_u8(&h);
	t->code = octet2 & 0xf0;
	t->low = octet2 & 0x0f;
	if (li == UINT8_MAX || !cur_ok(&h)) {
		dec_anomaly(ctx, d, AN_COTP_LI);
		return false;
	}
	const struct kind *k = kind_of(t->code);
	if (k == NULL) {
		dec_anomaly(ctx, d, AN_COTP_TYPE);
		return false;
	}
	if (li < k->li_min) {
		dec_anomaly(ctx, d, AN_COTP_LI);
		return false;
	}
	t->event = k->event;
	if (t->low != 0 && !k->low)
		dec_anomaly(ctx, d, AN_COTP_CREDIT);
	fixed_part(s, ctx, d, t, &h);
	variable_part(s, ctx, d, t, h);
	return true;
}

/* --- its event -------------------------------------------------------------------------------- */

static void add_params(struct dec_build *b, const struct tpdu *t)
{
	struct cur c = cur_span(t->params);
	while (cur_left(&c) > 1) {
		dec_add_num(b, FLD_COTP_PARAMETER, cur_u8(&c));
		cur_skip(&c, cur_u8(&c));
	}
}

static void add_connect(struct dec_build *b, const struct tpdu *t)
{
	dec_add_num(b, FLD_COTP_CLASS, t->class_);
	dec_add_num(b, FLD_COTP_CLASS_OPTIONS, t->class_options);
	if (t->has_calling)
		dec_add_bytes(b, FLD_COTP_SRC_TSAP, t->calling);
	if (t->has_called)
		dec_add_bytes(b, FLD_COTP_DST_TSAP, t->called);
	if (t->size != 0)
		dec_add_num(b, FLD_COTP_TPDU_SIZE, t->size);
	if (t->has_options)
		dec_add_num(b, FLD_COTP_OPTIONS, t->options);
	for (unsigned i = 0; i < 8; i++) {
		if ((t->alternatives & 1u << i) != 0)
			dec_add_num(b, FLD_COTP_ALTERNATIVE, i);
	}
}

void tpdu_event(struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	struct dec_build b = dec_build(ctx, t->event, d, t->whole);
	const struct kind *k = kind_of(t->code);
	dec_add_num(&b, FLD_COTP_TYPE, t->code);
	if (t->has_dst)
		dec_add_num(&b, FLD_COTP_DST_REF, t->dst_ref);
	if (t->has_src)
		dec_add_num(&b, FLD_COTP_SRC_REF, t->src_ref);
	if (k->fixed == FIX_DATA)
		dec_add_num(&b, FLD_COTP_EOT, t->eot);
	if (t->has_nr)
		dec_add_num(&b, FLD_COTP_NR, t->nr);
	if (k->low)
		dec_add_num(&b, FLD_COTP_CREDIT, t->credit);
	if (k->fixed == FIX_CONNECT)
		add_connect(&b, t);
	if (k->fixed == FIX_DR || k->fixed == FIX_ER)
		dec_add_num(&b, FLD_COTP_REASON, t->reason);
	if (t->has_info)
		dec_add_bytes(&b, FLD_COTP_INFO, t->info);
	if (t->has_rejected)
		dec_add_bytes(&b, FLD_COTP_REJECTED, t->rejected);
	add_params(&b, t);
	if (t->user.len != 0 && t->code != TPDU_DT)
		dec_add_bytes(&b, FLD_COTP_DATA, t->user);
	dec_build_end(&b);
}

/* --- first octets ----------------------------------------------------------------------------- */

/* The length indicator and type fit one another and the TPKT; n octets of the header are there. */
static enum probe fits(uint8_t li, uint8_t octet2, size_t len, size_t n, bool strict)
{
	if (li < 2 || li == UINT8_MAX || li + TPKT_HEADER + 1u > len)
		return PROBE_NO;
	if (n < 6)
		return PROBE_MORE;
	const struct kind *k = kind_of(octet2 & 0xf0);
	if (k == NULL || li < k->li_min)
		return PROBE_NO;
	bool fit;
	if (k->fixed == FIX_DATA)
		fit = octet2 == TPDU_DT && li == 2;
	else if (strict)
		fit = (k->in & (IN_CRCC | IN_DR | IN_ER)) != 0 && octet2 == k->code && li + TPKT_HEADER + 1u == len;
	else
		fit = (k->in & (IN_CRCC | IN_DR | IN_ER)) != 0;
	if (!fit)
		return PROBE_NO;
	return n < TPKT_LEN_MIN ? PROBE_MORE : PROBE_YES;
}

enum probe tpkt_consistent(struct span first, bool strict, size_t *len)
{
	struct cur c = cur_span(first);
	*len = 0;
	if (first.len == 0)
		return PROBE_MORE;
	uint8_t version = cur_u8(&c), reserved = cur_u8(&c);
	*len = cur_be16(&c);
	uint8_t li = cur_u8(&c), octet2 = cur_u8(&c), octet3 = cur_u8(&c);
	if (version != TPKT_VERSION || (strict && reserved != 0) || (first.len >= TPKT_HEADER && *len < TPKT_LEN_MIN))
		return PROBE_NO;
	if (first.len <= TPKT_HEADER)
		return PROBE_MORE;
	enum probe p = fits(li, octet2, *len, first.len, strict);
	if (p == PROBE_YES && octet2 == TPDU_DT && (reserved != 0 || (octet3 & 0x7f) != 0))
		return PROBE_NO;
	return p;
}
