/* cotp.c - TPKT framing (RFC 1006 6): bytes of one direction to whole TPKTs, and finding them again.
 *
 * What is told depends on the octets of the stream alone, not on where feeds end; only the search for
 * headers after a gap starts at feeds, because a TPKT has no mark to look for inside one.
 */
#include "decoders/cotp/cotp_int.h"

enum { RESYNC_HEADERS = 3 };

void cotp_init(struct cotp_state *s)
{
	*s = (struct cotp_state){ 0 };
}

void cotp_fini(struct cotp_state *s, struct bufpool *bufs)
{
	for (unsigned d = 0; d < DIR_N; d++) {
		buf_clear(bufs, &s->dir[d].part);
		buf_clear(bufs, &s->dir[d].tsdu);
	}
}

static void fail(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, enum anomaly a)
{
	struct cotp_dir *cd = &s->dir[d];
	buf_clear(ctx->bufs, &cd->part);
	buf_clear(ctx->bufs, &cd->tsdu);
	cd->failed = true;
	dec_anomaly(ctx, d, a);
}

/* Forgets what is partial in d and looks for headers from the next feed on. */
static void lose(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d)
{
	struct cotp_dir *cd = &s->dir[d];
	/* Only of a TSDU known to be cut is the rest skipped: most are of one DT, and the next one is whole. */
	cd->skip_tsdu |= cd->frags != 0;
	cd->frags = 0;
	buf_clear(ctx->bufs, &cd->part);
	buf_clear(ctx->bufs, &cd->tsdu);
	cd->failed = false;
	cd->resync = true;
	cd->resync_n = 0;
	cd->resync_left = 0;
}

void cotp_gap(struct cotp_state *s, struct dec_ctx *ctx, enum dir d)
{
	lose(s, ctx, d);
	/* The CC may be among what was lost. */
	if (s->phase == COTP_WFCC && d != s->initiator) {
		s->phase = COTP_OPEN;
		s->midstream = true;
	}
}

static void tpkt(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct span whole, const struct dec_upper *up)
{
	struct cur c = cur_span(whole);
	struct tpdu t;
	if (conn_usual(s, ctx, d, whole, up))
		return;
	if (cur_peek(&c, 1) != 0)
		dec_anomaly(ctx, d, AN_TPKT_RESERVED);
	if (!tpdu_parse(s, ctx, d, whole, &t))
		return;
	/* Any of the three opens the connection: with one open it was told. */
	const bool open = s->phase == COTP_WFCC || s->phase == COTP_OPEN;
	if (!open && (t.code == TPDU_CR || t.code == TPDU_CC || t.code == TPDU_DT))
		dec_proto(ctx, PROTO_COTP);
	/* Without budget the connection is followed all the same, which costs no more than its octets; the layers
	 * above see their TSDUs and find the budget gone. */
	if (dec_spend(ctx, d, 1))
		tpdu_event(ctx, d, &t);
	conn_tpdu(s, ctx, d, &t, up);
}

/* Length of the TPKT that begins with these octets; 0 = not known yet, or failed. */
static size_t tpkt_len(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct span header)
{
	struct cur c = cur_span(header);
	const uint8_t version = cur_peek(&c, 0);
	cur_skip(&c, 2);
	const size_t len = cur_be16(&c);
	if (header.len > 0 && version != TPKT_VERSION)
		fail(s, ctx, d, AN_TPKT_VERSION);
	else if (header.len >= TPKT_HEADER && len < TPKT_LEN_MIN)
		fail(s, ctx, d, AN_TPKT_LENGTH);
	return s->dir[d].failed ? 0 : len;
}

/* Moves up to n octets from c to part. */
static bool hold(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct cur *c, size_t n)
{
	struct span add = cur_bytes(c, size_min(n, cur_left(c)));
	if (buf_append(ctx->bufs, &s->dir[d].part, add.p, add.len) == OK)
		return true;
	lose(s, ctx, d);
	dec_anomaly(ctx, d, AN_MEMORY);
	return false;
}

/* Completes the TPKT in part from c; false when that needs more octets or framing is lost. */
static bool complete(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct cur *c)
{
	struct buf *part = &s->dir[d].part;
	if (part->len < TPKT_HEADER && !hold(s, ctx, d, c, TPKT_HEADER - part->len))
		return false;
	size_t len = tpkt_len(s, ctx, d, buf_span(part));
	if (len == 0 || !hold(s, ctx, d, c, len - part->len))
		return false;
	return part->len == len;
}

static void frame(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct cur *c, const struct dec_upper *up)
{
	struct cotp_dir *cd = &s->dir[d];
	size_t fed = ctx->consumed + cur_left(c);
	if (cd->part.len != 0) {
		if (!complete(s, ctx, d, c))
			return;
		ctx->consumed = (uint32_t)(fed - cur_left(c));
		tpkt(s, ctx, d, buf_span(&cd->part), up);
		buf_clear(ctx->bufs, &cd->part);
		return;
	}
	size_t len = tpkt_len(s, ctx, d, cur_rest(c));
	if (cd->failed)
		return;
	if (len == 0 || len > cur_left(c)) {
		(void)hold(s, ctx, d, c, cur_left(c));
		return;
	}
	struct span whole = cur_bytes(c, len);
	ctx->consumed = (uint32_t)(fed - cur_left(c));
	tpkt(s, ctx, d, whole, up);
}

/* --- after a gap ------------------------------------------------------------------------------ */

static void forget_chain(struct cotp_dir *cd, const struct dec_ctx *ctx)
{
	buf_clear(ctx->bufs, &cd->part);
	cd->resync_n = 0;
	cd->resync_left = 0;
}

/* Follows headers from one to where the next must be. YES: enough were met, c and part stand at one. */
static enum probe follow(struct cotp_dir *cd, const struct dec_ctx *ctx, struct cur *c)
{
	for (;;) {
		size_t skip = size_min(cd->resync_left, cur_left(c));
		cur_skip(c, skip);
		cd->resync_left -= (uint32_t)skip;
		if (cur_left(c) == 0)
			return PROBE_MORE;
		uint8_t head[TPKT_LEN_MIN] = { 0 };
		struct cur held = cur_span(buf_span(&cd->part)), fresh = *c;
		size_t n = 0;
		for (; n < TPKT_LEN_MIN && (cur_left(&held) > 0 || cur_left(&fresh) > 0); n++)
			head[n] = cur_u8(cur_left(&held) > 0 ? &held : &fresh);
		size_t len;
		switch (tpkt_consistent(span_of(head, n), true, &len)) {
		case PROBE_NO:
			return PROBE_NO;
		case PROBE_MORE:
			if (buf_append(ctx->bufs, &cd->part, cur_rest(c).p, cur_left(c)) != OK)
				return PROBE_NO;
			return PROBE_MORE;
		case PROBE_YES:
			break;
		}
		if (++cd->resync_n >= RESYNC_HEADERS)
			return PROBE_YES;
		cd->resync_left = (uint32_t)(len - cd->part.len);
		buf_clear(ctx->bufs, &cd->part);
	}
}

/* A chain of headers may go on over several feeds: each next one must be where the one before says. A chain
 * that breaks is given up, and the feed in which it did may start another. */
static bool resync(struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct cur *c)
{
	struct cotp_dir *cd = &s->dir[d];
	const struct cur begin = *c;
	bool carried = cd->resync_n != 0 || cd->part.len != 0;
	enum probe p = follow(cd, ctx, c);
	if (p == PROBE_NO && carried) {
		forget_chain(cd, ctx);
		*c = begin;
		carried = false;
		p = follow(cd, ctx, c);
	}
	if (p == PROBE_NO)
		forget_chain(cd, ctx);
	if (p != PROBE_YES)
		return false;
	if (!carried)
		*c = begin;
	cd->resync = false;
	cd->resync_n = 0;
	dec_anomaly(ctx, d, AN_TPKT_RESYNC);
	return true;
}

void cotp_feed(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct span bytes, const struct dec_upper *up)
{
	struct cotp_dir *cd = &s->dir[d];
	struct cur c = cur_span(bytes);
	ctx->consumed = 0;
	if (cd->failed || s->rdp || bytes.len == 0)
		return;
	if (cd->resync && !resync(s, ctx, d, &c))
		return;
	ctx->consumed = (uint32_t)(bytes.len - cur_left(&c));
	while (cur_left(&c) > 0 && !cd->failed && !cd->resync && !s->rdp)
		frame(s, ctx, d, &c, up);
}

enum probe cotp_probe(struct span first)
{
	size_t len;
	return tpkt_consistent(first, false, &len);
}
