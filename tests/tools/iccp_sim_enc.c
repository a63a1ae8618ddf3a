/* iccp_sim_enc.c - BER and X.225 lengths, written and read. */
#include "tests/tools/iccp_sim_enc.h"

void enc_init(struct enc *e, void *p, size_t cap)
{
	*e = (struct enc){ .w = wr_of(p, cap) };
}

static void tag_out(struct enc *e, unsigned tag)
{
	if (tag > 0xff)
		wr_u8(&e->w, (uint8_t)(tag >> 8));
	wr_u8(&e->w, (uint8_t)tag);
}

static void open_mark(struct enc *e, bool session)
{
	if (e->depth == ENC_DEPTH) {
		e->w.bad = true;
		return;
	}
	e->mark[e->depth].at = e->w.len;
	e->mark[e->depth++].session = session;
}

void enc_open(struct enc *e, unsigned tag)
{
	tag_out(e, tag);
	open_mark(e, false);
}

void enc_open_spdu(struct enc *e, uint8_t code)
{
	wr_u8(&e->w, code);
	open_mark(e, true);
}

/* Length octets into b, and how many: X.690 8.1.3, X.225 8.2.5. */
static size_t length_octets(uint8_t b[3], size_t n, bool session)
{
	const size_t one_octet = session ? 254 : 127;
	if (n <= one_octet) {
		b[0] = (uint8_t)n;
		return 1;
	}
	if (!session && n <= 0xff) {
		b[0] = 0x81;
		b[1] = (uint8_t)n;
		return 2;
	}
	b[0] = session ? 0xff : 0x82;
	b[1] = (uint8_t)(n >> 8);
	b[2] = (uint8_t)n;
	return 3;
}

void enc_close(struct enc *e)
{
	uint8_t len[3];
	if (e->depth == 0 || e->w.bad) {
		e->w.bad = true;
		return;
	}
	const size_t at = e->mark[--e->depth].at, n = e->w.len - at;
	if (n > 0xffff) {
		e->w.bad = true;
		return;
	}
	const size_t k = length_octets(len, n, e->mark[e->depth].session);
	if (wr_room(&e->w, k) == NULL)
		return;
	memmove(e->w.p + at + k, e->w.p + at, n);
	memcpy(e->w.p + at, len, k);
}

void enc_close_to(struct enc *e, unsigned depth)
{
	while (e->depth > depth && !e->w.bad)
		enc_close(e);
}

void enc_prim(struct enc *e, unsigned tag, const void *p, size_t n)
{
	const unsigned depth = e->depth;
	enc_open(e, tag);
	wr_bytes(&e->w, p, n);
	enc_close_to(e, depth);
}

void enc_int(struct enc *e, unsigned tag, int64_t v)
{
	uint8_t b[8];
	size_t n = 8;
	for (size_t i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	/* as few octets as keep the sign: X.690 8.3.2 */
	while (n > 1 && ((b[8 - n] == 0 && b[9 - n] < 0x80) || (b[8 - n] == 0xff && b[9 - n] >= 0x80)))
		n--;
	enc_prim(e, tag, b + 8 - n, n);
}

void enc_text(struct enc *e, unsigned tag, const char *s)
{
	enc_prim(e, tag, s, strlen(s));
}

void enc_bool(struct enc *e, unsigned tag, bool v)
{
	const uint8_t b = v ? 0xff : 0;
	enc_prim(e, tag, &b, 1);
}

void enc_bits(struct enc *e, unsigned tag, unsigned n, uint16_t bits)
{
	const uint8_t b[3] = { (uint8_t)((8 - n % 8) % 8), (uint8_t)(bits >> 8), (uint8_t)bits };
	enc_prim(e, tag, b, 1 + (n + 7) / 8);
}

void enc_float(struct enc *e, float v)
{
	uint8_t b[5] = { 8 };
	uint32_t u;
	memcpy(&u, &v, sizeof(u));
	for (size_t i = 0; i < 4; i++)
		b[1 + i] = (uint8_t)(u >> (24 - 8 * i));
	enc_prim(e, 0x87, b, sizeof(b));
}

bool dec_next(struct dec *d, struct tlv *t)
{
	size_t at = 0, len;
	if (d->bad || d->n == 0)
		return false;
	d->bad = true;
	if (d->n < 2)
		return false;
	t->tag = d->p[at++];
	if ((t->tag & 0x1f) == 0x1f)
		t->tag = t->tag << 8 | d->p[at++];
	if (at == d->n)
		return false;
	len = d->p[at++];
	if (len > 0x82 || len == 0x80)
		return false;
	if (len > 0x80) {
		size_t octets = len - 0x80;
		for (len = 0; octets > 0; octets--) {
			if (at == d->n)
				return false;
			len = len << 8 | d->p[at++];
		}
	}
	if (len > d->n - at)
		return false;
	t->p = d->p + at;
	t->n = len;
	d->p += at + len;
	d->n -= at + len;
	d->bad = false;
	return true;
}

bool dec_tag(struct dec *d, unsigned tag, struct tlv *t)
{
	return dec_next(d, t) && t->tag == tag;
}

int64_t dec_int(const struct tlv *t)
{
	if (t->n == 0 || t->n > 8)
		return 0;
	uint64_t v = t->p[0] >= 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < t->n; i++)
		v = v << 8 | t->p[i];
	return (int64_t)v;
}
