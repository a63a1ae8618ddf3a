/* conn.c - the class-0 connection (X.224 6, 8): phases, references, negotiation, TSDU reassembly. */
#include "decoders/cotp/cotp_int.h"

enum { CR_MAX = 128, OPTION_EXPEDITED = 1, MCS_CONNECT_INITIAL = 0x7f65 };

static void set_phase(struct cotp_state *s, enum cotp_phase p)
{
	s->phase = (uint8_t)p;
}

/* Classes that a CC may answer with (X.224 6.5.4 table 3). */
static uint8_t offered(uint8_t preferred, uint8_t alternatives)
{
	enum { C0 = 1, C1 = 2, C2 = 4, C3 = 8 };
	uint8_t set = preferred > 4 ? 0 : (uint8_t)(1u << preferred);
	if (preferred == 1)
		set |= C0;
	if (preferred == 3 || preferred == 4)
		set |= C2;
	if ((alternatives & C0) != 0 && preferred >= 2)
		set |= C0;
	if ((alternatives & C1) != 0 && preferred >= 3)
		set |= C1 | C0;
	if ((alternatives & C3) != 0 && preferred == 4)
		set |= C3;
	return set;
}

static void on_cr(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	if (t->whole.len > CR_MAX)
		dec_anomaly(ctx, d, AN_COTP_CR_SIZE);
	if (t->class_ != 0)
		dec_anomaly(ctx, d, AN_COTP_CLASS);
	/* RDP clients send reference 0 */
	if ((t->src_ref == 0 && !t->rdp) || t->dst_ref != 0)
		dec_anomaly(ctx, d, AN_COTP_REF);
	if (s->phase != COTP_CLOSED)
		dec_anomaly(ctx, d, AN_COTP_SECOND);
	/* An open connection is not taken over: what follows is judged by what was agreed. */
	if (s->phase == COTP_OPEN || (s->phase == COTP_WFCC && d != s->initiator))
		return;
	set_phase(s, COTP_WFCC);
	s->initiator = (uint8_t)d;
	s->midstream = false;
	s->class_ = t->class_;
	s->classes = offered(t->class_, t->alternatives);
	s->options = t->options;
	s->src_ref = t->src_ref;
	s->dst_ref = 0;
	s->tpdu_size = t->size;
	s->rdp_asked = t->rdp;
}

static void accepted(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	if (s->midstream) {
		s->initiator = (uint8_t)dir_other(d);
	} else {
		if (t->class_ != 0 || (s->classes & 1u << t->class_) == 0)
			dec_anomaly(ctx, d, AN_COTP_CLASS);
		if (t->dst_ref != s->src_ref && t->dst_ref != 0)
			dec_anomaly(ctx, d, AN_COTP_REF);
		if (s->tpdu_size != 0 && t->size > s->tpdu_size)
			dec_anomaly(ctx, d, AN_COTP_SIZE);
	}
	set_phase(s, COTP_OPEN);
	s->class_ = t->class_;
	s->options &= t->options;
	s->dst_ref = t->src_ref;
	s->tpdu_size = t->size;
	s->rdp = s->rdp_asked && t->rdp;
}

static void on_cc(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	switch ((enum cotp_phase)s->phase) {
	case COTP_CLOSED:
		dec_anomaly(ctx, d, AN_COTP_MIDSTREAM);
		s->midstream = true;
		accepted(s, ctx, d, t);
		break;
	case COTP_WFCC:
		if (d == s->initiator)
			dec_anomaly(ctx, d, AN_COTP_STATE);
		else
			accepted(s, ctx, d, t);
		break;
	case COTP_OPEN:
		dec_anomaly(ctx, d, AN_COTP_SECOND);
		break;
	case COTP_ENDED:
	case COTP_PHASE_N:
		dec_anomaly(ctx, d, AN_COTP_STATE);
		break;
	}
}

/* DST-REF is the reference of the side it is sent to, SRC-REF that of the sender (X.224 6.5.4, 6.7.1.4). 0 says nothing: who
 * refuses has none, and some servers have none at all. */
static void check_refs(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	const bool calling = d == s->initiator;
	const uint16_t own = calling ? s->src_ref : s->dst_ref, far = calling ? s->dst_ref : s->src_ref;
	bool wrong = t->has_dst && far != 0 && t->dst_ref != 0 && t->dst_ref != far;
	wrong |= t->has_src && own != 0 && t->src_ref != 0 && t->src_ref != own;
	if (wrong && !s->midstream)
		dec_anomaly(ctx, d, AN_COTP_REF);
}

/* DR or ER. One after the other's is common: both let go. */
static void on_end(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t, const struct dec_upper *up)
{
	if (s->phase == COTP_CLOSED)
		dec_anomaly(ctx, d, AN_COTP_STATE);
	else
		check_refs(s, ctx, d, t);
	if (s->phase != COTP_ENDED)
		up->unit(up->arg, d, COTP_UNIT_END, span_of(NULL, 0));
	set_phase(s, COTP_ENDED);
}

static void dt_phase(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d)
{
	switch ((enum cotp_phase)s->phase) {
	case COTP_CLOSED:
		dec_anomaly(ctx, d, AN_COTP_MIDSTREAM);
		s->midstream = true;
		set_phase(s, COTP_OPEN);
		break;
	case COTP_WFCC:
		dec_anomaly(ctx, d, AN_COTP_DT_EARLY);
		if (d != s->initiator)
			set_phase(s, COTP_OPEN);
		break;
	case COTP_OPEN:
		break;
	case COTP_ENDED:
	case COTP_PHASE_N:
		dec_anomaly(ctx, d, AN_COTP_STATE);
		break;
	}
}

static void dt_checks(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	struct cotp_dir *cd = &s->dir[d];
	if (s->tpdu_size != 0 && t->whole.len > s->tpdu_size && !cd->oversize) {
		cd->oversize = true;
		dec_anomaly(ctx, d, AN_COTP_DT_SIZE);
	}
	if (t->user.len == 0 && !t->eot)
		dec_anomaly(ctx, d, AN_COTP_DT_EMPTY);
	/* an empty one was told for itself; S7 devices send them */
	cd->frags += t->user.len != 0 || t->eot;
	if (t->user.len != 0 && cd->frags == ctx->lim->tsdu_frags_max + 1)
		dec_anomaly(ctx, d, AN_COTP_FRAGMENTS);
	if (t->eot && cd->frags > 1 && !cd->skip_tsdu) {
		/* Each but the last fills its TPDU, and none may be asked to be under 128 octets (X.224 13.3.4 b). */
		uint64_t least = (uint64_t)(cd->frags - 1) * (TPDU_SIZE_MIN - DT_HEADER);
		if (cd->tsdu.len < least)
			dec_anomaly(ctx, d, AN_COTP_FRAGMENT_SMALL);
	}
}

static void unit(struct cotp_state *s, enum dir d, struct span tsdu, const struct dec_upper *up)
{
	struct cur c = cur_span(tsdu);
	if (s->rdp_asked && d == s->initiator) {
		s->rdp_asked = false;
		s->rdp = cur_be16(&c) == MCS_CONNECT_INITIAL;
		if (s->rdp)
			return;
	}
	if (tsdu.len != 0)
		up->unit(up->arg, d, COTP_UNIT_TSDU, tsdu);
}

static void lose_tsdu(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, enum anomaly a)
{
	dec_anomaly(ctx, d, a);
	buf_clear(ctx->bufs, &s->dir[d].tsdu);
	s->dir[d].skip_tsdu = true;
}

/* X.224 6.3: a TSDU of one DT is lent as it lies, others are gathered up to the one with EOT. */
static void on_dt(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, const struct tpdu *t, const struct dec_upper *up)
{
	struct cotp_dir *cd = &s->dir[d];
	dt_phase(s, ctx, d);
	check_refs(s, ctx, d, t);
	dt_checks(s, ctx, d, t);
	if (!cd->skip_tsdu && cd->tsdu.len + t->user.len > ctx->lim->tsdu_max)
		lose_tsdu(s, ctx, d, AN_COTP_TSDU_SIZE);
	bool single = t->eot && cd->tsdu.len == 0;
	if (!cd->skip_tsdu && !single && buf_append(ctx->bufs, &cd->tsdu, t->user.p, t->user.len) != OK)
		lose_tsdu(s, ctx, d, AN_MEMORY);
	if (!t->eot)
		return;
	if (!cd->skip_tsdu)
		unit(s, d, single ? t->user : buf_span(&cd->tsdu), up);
	buf_clear(ctx->bufs, &cd->tsdu);
	cd->frags = 0;
	cd->skip_tsdu = false;
}

/* AK, EA, RJ, DC, ED: not of class 0, but for ED where both sides wanted it (RFC 1006 5). In the others they belong to an open
 * connection, DC to one that a DR has ended. */
static void on_other(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, const struct tpdu *t)
{
	bool expedited = t->code == TPDU_ED && s->phase == COTP_OPEN && (s->options & OPTION_EXPEDITED) != 0;
	bool numbered = s->class_ != 0 && t->code != TPDU_UD && (t->code != TPDU_RJ || s->class_ == 1 || s->class_ == 3);
	if (!expedited && !numbered) {
		dec_anomaly(ctx, d, AN_COTP_TYPE);
		return;
	}
	if (s->phase != (t->code == TPDU_DC ? COTP_ENDED : COTP_OPEN))
		dec_anomaly(ctx, d, AN_COTP_STATE);
	check_refs(s, ctx, d, t);
}

/* The octets of a TPKT and DT of class 0 with nothing unusual in them. */
static bool is_usual(const struct cotp_state *s, struct span tpkt)
{
	enum { LI = 2, EOT = 0x80 };
	struct cur c = cur_span(tpkt);
	const uint8_t *p = cur_take(&c, TPKT_HEADER + DT_HEADER);
	return p != NULL && p[1] == 0 && p[4] == LI && p[5] == TPDU_DT && p[6] == EOT && cur_left(&c) != 0 && s->class_ == 0;
}

bool conn_usual(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct span tpkt, const struct dec_upper *up)
{
	const struct cotp_dir *cd = &s->dir[d];
	struct cur c = cur_span(tpkt);
	cur_skip(&c, TPKT_HEADER);
	const struct span tpdu = cur_rest(&c);
	if (s->phase != COTP_OPEN || s->rdp_asked || cd->frags != 0 || cd->skip_tsdu || !is_usual(s, tpkt) ||
	    (s->tpdu_size != 0 && tpdu.len > s->tpdu_size) || tpdu.len > ctx->lim->tsdu_max || dec_wants(ctx, EV_COTP_DT))
		return false;
	if (dec_spend(ctx, d, 1))
		dec_event(ctx, EV_COTP_DT, d, tpdu);
	cur_skip(&c, DT_HEADER);
	up->unit(up->arg, d, COTP_UNIT_TSDU, cur_rest(&c));
	return true;
}

void conn_tpdu(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, const struct tpdu *t, const struct dec_upper *up)
{
	switch (t->event) {
	case EV_COTP_CR:
		on_cr(s, ctx, d, t);
		break;
	case EV_COTP_CC:
		on_cc(s, ctx, d, t);
		break;
	case EV_COTP_DR:
	case EV_COTP_ER:
		on_end(s, ctx, d, t, up);
		break;
	case EV_COTP_DT:
		on_dt(s, ctx, d, t, up);
		break;
	default:
		on_other(s, ctx, d, t);
		break;
	}
	if (!s->rdp)
		return;
	dec_proto(ctx, PROTO_RDP);
	buf_clear(ctx->bufs, &s->dir[DIR_ORIG].tsdu);
	buf_clear(ctx->bufs, &s->dir[DIR_REPLY].tsdu);
	buf_clear(ctx->bufs, &s->dir[dir_other(d)].part);
}
