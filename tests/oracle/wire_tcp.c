/* wire_tcp.c - a step's TCP segment. */
#include "forward/csum.h"
#include "forward/tcp.h"
#include "tests/oracle/wire_int.h"

enum { TICK_OLD = 1 << 24, TCP_CSUM_AT = 16, OPTION_NOPS = 0x0101, DSACK = 5, COOKIE_LEN = 8, UNKNOWN = 253 };

static void put_cookie(struct wr *w, const struct conn *c, const struct step *st)
{
	const uint8_t n = st->cookie == COOKIE_RIGHT ? c->cookie_len : st->cookie == COOKIE_WRONG ? COOKIE_LEN : 0;
	if (st->cookie == COOKIE_NONE)
		return;
	wr_be16(w, OPTION_NOPS);
	wr_u8(w, 34);
	wr_u8(w, (uint8_t)(n + 2));
	for (uint8_t i = 0; i < n; i++)
		wr_u8(w, st->cookie == COOKIE_RIGHT ? c->cookie[i] : (uint8_t)(i * 31 + c->id));
	for (; w->len % 4 != 0;)
		wr_u8(w, 1);
}

static void put_syn_options(struct wr *w, const struct conn *c, const struct step *st)
{
	wr_be32(w, UINT32_C(0x02040000) | SEGMENT_MAX);
	if (c->s->sack)
		wr_be32(w, 0x01010402);
	if (c->s->wscale != 0)
		wr_be32(w, UINT32_C(0x01030300) | (c->s->wscale - 1u));
	put_cookie(w, c, st);
}

/* Of octets that came, and are said to have come twice: RFC 2883. */
static void put_sack(struct wr *w, const struct conn *c)
{
	if (!c->s->sack || c->n_back < 2 * DSACK)
		return;
	wr_be32(w, 0x0101050a);
	wr_be32(w, c->peer_first);
	wr_be32(w, c->peer_first + DSACK);
}

static uint32_t tick_of(const struct conn *c, const struct step *st)
{
	if (st->ts_at != 0)
		return TICK_PLANNED + st->ts_at;
	return c->tick - (st->old_ts ? TICK_OLD : 0);
}

static void put_options(struct wr *w, const struct conn *c, const struct step *st)
{
	const bool syn = (st->flags & TCP_SYN) != 0;
	if (syn)
		put_syn_options(w, c, st);
	if (c->s->timestamps && (syn || c->opened)) {
		wr_be32(w, 0x0101080a);
		wr_be32(w, tick_of(c, st));
		wr_be32(w, (st->flags & TCP_ACK) != 0 ? c->peer_ts : 0);
	}
	if (st->md5) {
		wr_be32(w, 0x01011312);
		for (unsigned i = 0; i < 4; i++)
			wr_be32(w, 0x5a5a5a5a);
	} else if (st->sack) {
		put_sack(w, c);
	}
	if (st->unknown)
		wr_be32(w, (uint32_t)UNKNOWN << 24 | 0x04face);
}

static uint32_t ack_of(const struct conn *c, const struct step *st)
{
	if ((st->flags & TCP_ACK) == 0)
		return 0;
	return (st->ack_old ? c->ack_before : c->peer_next) + (uint32_t)st->ack_off;
}

size_t wire_segment(struct conn *c, const struct step *st, uint8_t *out, size_t cap)
{
	struct wr w = wr_of(out, cap);
	const uint32_t first = c->s->isn + 1, seq = (st->from_ack ? c->acked : first) + (uint32_t)st->off;
	const bool syn = (st->flags & TCP_SYN) != 0;
	const int32_t left = seq_diff(first + c->s->len, seq + syn);
	const uint32_t len = !st->clipped || left >= st->len ? st->len : left > 0 ? (uint32_t)left : 0;
	if (st->clipped && left < 0 && st->off > 0)
		return 0;
	if (left >= (int32_t)len && left <= c->s->len && c->s->len + len - (uint32_t)left > c->top)
		c->top = c->s->len + len - (uint32_t)left;
	wr_be16(&w, (uint16_t)(c->port + st->side_port));
	wr_be16(&w, c->s->server ? c->peer_port : c->s->small_buffer ? PORT_SMALL : PORT);
	wr_be32(&w, seq);
	wr_be32(&w, ack_of(c, st));
	wr_u8(&w, 0);
	wr_u8(&w, st->flags);
	wr_be16(&w, st->window != 0 ? (uint16_t)(st->window - 1) : c->s->window);
	wr_be16(&w, 0);
	wr_be16(&w, st->urgent);
	put_options(&w, c, st);
	out[12] = (uint8_t)(w.len / 4 << 4);
	for (uint32_t i = 0; i < len; i++)
		wr_u8(&w, plan_octet(c->s, seq + syn - first + i, st->variant));
	uint8_t pseudo[40];
	struct wr pw = wr_of(pseudo, sizeof(pseudo));
	wire_addresses(&pw, c);
	wr_be16(&pw, IPPROTO_TCP_);
	wr_be16(&pw, (uint16_t)w.len);
	wire_set_csum(&out[TCP_CSUM_AT], csum_add(csum_add(0, span_of(pseudo, pw.len)), span_of(out, w.len)), st->bad_sum);
	return w.len;
}
