/* wire_ip.c - IP headers, and what a sender may put behind them. */
#include <netinet/in.h>
#include <string.h>

#include "forward/csum.h"
#include "tests/oracle/wire_int.h"

enum { IP4_HEAD = 20, IP4_CSUM_AT = 10, MORE4 = 0x2000, MORE6 = 1, FRAGMENT_HEAD = 8, NEXT_FRAGMENT = 44, EXT_ROOM = 32 };
enum { TOS_LOST = 8 }; /* for which the router behind the engine has a black hole */
enum { HOP = 0, ROUTING = 43, DEST = 60 };

static const uint8_t receiver4[4] = { 10, 91, 3, 2 }, receiver6[16] = { 0xfd, 0x91, 0, 3, [15] = 2 };

/* RFC 791 3.1, RFC 2113, RFC 1108. */
static const struct ext4 {
	uint8_t len, b[12];
} ext4_rows[EXT_N] = {
	[EXT_PAD] = { 4, { 1, 1, 1, 0 } },
	[EXT_HOP] = { 4, { 148, 4, 0, 0 } },
	[EXT_TWO] = { 8, { 1, 1, 1, 1, 1, 1, 1, 0 } },
	[EXT_SKIP] = { 4, { 30, 4, 0, 0 } },
	[EXT_REFUSE] = { 4, { 7, 3, 2, 0 } },
	[EXT_ROUTE_DONE] = { 8, { 131, 7, 8, 10, 91, 3, 2, 1 } },
	[EXT_ROUTE_LEFT] = { 8, { 131, 7, 4, 10, 91, 3, 77, 1 } },
	[EXT_LATE] = { 4, { 136, 4, 0, 7 } },
	[EXT_HOME] = { 12, { 130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
	[EXT_RECORD] = { 8, { 7, 7, 4, 0, 0, 0, 0, 1 } },
};

/* RFC 8200 4, RFC 6275 6.3. The octet at last says what follows. */
static const struct ext6 {
	uint8_t len, first, last, b[EXT_ROOM];
} ext6_rows[EXT_N] = {
	[EXT_PAD] = { 8, DEST, 0, { 0, 0, 1, 4 } },
	[EXT_ATOMIC] = { 8, NEXT_FRAGMENT, 0, { 0, 0, 0, 0, 1, 2, 3, 4 } },
	[EXT_HOP] = { 8, HOP, 0, { 0, 0, 1, 4 } },
	[EXT_TWO] = { 16, HOP, 8, { DEST, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4 } },
	[EXT_SKIP] = { 8, DEST, 0, { 0, 0, 0x1e, 4 } },
	[EXT_REFUSE] = { 8, DEST, 0, { 0, 0, 0x5e, 4 } },
	[EXT_ROUTE_DONE] = { 24, ROUTING, 0, { 0, 2, 0, 0, 0, 0, 0, 0, 0xfd, 0x91, 0, 3, [23] = 2 } },
	[EXT_ROUTE_LEFT] = { 8, ROUTING, 0, { 0, 0, 253, 1 } },
	[EXT_LATE] = { 16, DEST, 8, { HOP, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4 } },
	[EXT_HOME] = { 24, DEST, 0, { 0, 2, 1, 2, 0, 0, 0xc9, 16, 0xfd, 0x93, [22] = 9, [23] = 9 } },
	[EXT_RECORD] = { 8, HOP, 0, { 0, 0, 5, 2, 0, 0, 1, 0 } },
};

void wire_set_csum(uint8_t *at, uint64_t sum, bool wrong)
{
	const uint16_t c = (uint16_t)~csum_fold(sum);
	memcpy(at, &c, sizeof(c));
	at[0] ^= wrong ? 0x55 : 0;
}

void wire_addresses(struct wr *w, const struct conn *c)
{
	static const uint8_t net6[14] = { 0xfd, 0x93 };
	if (c->s->six)
		wr_bytes(w, net6, sizeof(net6));
	else
		wr_be16(w, 10 << 8 | 93);
	wr_be16(w, c->id);
	if (c->s->six)
		wr_bytes(w, receiver6, sizeof(receiver6));
	else
		wr_bytes(w, receiver4, sizeof(receiver4));
}

static void put_ip4(struct wr *o, const struct conn *c, const struct step *st, const struct piece *x, uint32_t id)
{
	const struct ext4 *e = &ext4_rows[st->ext != EXT_NONE ? st->ext : c->s->ext];
	const size_t at = o->len, head = IP4_HEAD + e->len;
	wr_u8(o, (uint8_t)(4 << 4 | head / 4));
	wr_u8(o, st->lost ? TOS_LOST : 0);
	wr_be16(o, (uint16_t)(head + x->len));
	wr_be16(o, (uint16_t)id);
	wr_be16(o, (uint16_t)(x->from / 8 | (x->more ? MORE4 : 0)));
	wr_u8(o, st->ttl);
	wr_u8(o, IPPROTO_TCP_);
	wr_be16(o, 0);
	wire_addresses(o, c);
	wr_bytes(o, e->b, e->len);
	wire_set_csum(&o->p[at + IP4_CSUM_AT], csum_add(0, span_of(&o->p[at], head)), false);
}

static void put_ip6(struct wr *o, const struct conn *c, const struct step *st, const struct piece *x, uint32_t id)
{
	const struct ext6 *e = &ext6_rows[st->ext != EXT_NONE ? st->ext : c->s->ext];
	const bool whole = x->from == 0 && !x->more;
	const uint8_t next = whole ? IPPROTO_TCP_ : NEXT_FRAGMENT;
	wr_be32(o, 0x60000000 | (st->lost ? TOS_LOST << 20 : 0));
	wr_be16(o, (uint16_t)((whole ? 0 : FRAGMENT_HEAD) + x->len + e->len));
	wr_u8(o, e->len != 0 ? e->first : next);
	wr_u8(o, st->ttl);
	wire_addresses(o, c);
	if (e->len != 0) {
		uint8_t b[EXT_ROOM];
		memcpy(b, e->b, sizeof(b));
		b[e->last] = next;
		wr_bytes(o, b, e->len);
	}
	if (whole)
		return;
	wr_be16(o, IPPROTO_TCP_ << 8);
	wr_be16(o, (uint16_t)(x->from | (x->more ? MORE6 : 0)));
	wr_be32(o, id);
}

void wire_ip(struct wr *o, const struct conn *c, const struct step *st, const struct piece *x, uint32_t id)
{
	(c->s->six ? put_ip6 : put_ip4)(o, c, st, x, id);
}
