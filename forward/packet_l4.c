/* packet_l4.c - TCP and UDP headers and the transport checksum (RFC 9293, 7323, 768, 8200 8.1). */
#include <string.h>

#include "base/wr.h"
#include "forward/csum.h"
#include "forward/packet_int.h"
#include "forward/tcp.h"

enum { TCP_HEADER = 20, UDP_HEADER = 8 };
enum { OPT_END = 0, OPT_NOP = 1 };

uint64_t l4_pseudo_sum(const struct tuple *t, size_t len)
{
	uint8_t buf[40];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t n = t->family == 4 ? 4 : 16;
	wr_bytes(&w, t->src.b, n);
	wr_bytes(&w, t->dst.b, n);
	wr_be32(&w, (uint32_t)len);
	wr_be32(&w, t->proto);
	return csum_add(0, span_of(buf, w.len));
}

bool l4_csum_ok(const struct packet *p, const struct ip_view *v, size_t len, bool pseudo)
{
	if (!p->csum_ready || p->truncated || v->fragment || v->other_ends)
		return true;
	struct cur c = cur_span(v->l4);
	return csum_ok(csum_add(pseudo ? l4_pseudo_sum(&v->t, len) : 0, cur_bytes(&c, len)));
}

static void mss_read(struct tcp_info *h, struct cur *c)
{
	h->mss = cur_be16(c);
}

static void wscale_read(struct tcp_info *h, struct cur *c)
{
	h->wscale = (uint8_t)(size_min(cur_u8(c), TCP_WSCALE_MAX) + 1);
}

static void sack_ok_read(struct tcp_info *h, struct cur *c)
{
	(void)c;
	h->sack_ok = true;
}

static void ts_read(struct tcp_info *h, struct cur *c)
{
	h->has_ts = true;
	h->tsval = cur_be32(c);
	h->tsecr = cur_be32(c);
}

static void md5_read(struct tcp_info *h, struct cur *c)
{
	(void)c;
	h->md5 = true;
}

static void cookie_read(struct tcp_info *h, struct cur *c)
{
	h->cookie = cur_left(c) != 0;
}

/* Options of a known form: octets with kind and length, at least and at most; unit that the octets behind
 * these two are made of. */
static const struct option_row {
	uint8_t kind, min, max, unit;
	bool syn_only;       /* means nothing in other segments */
	void (*read)(struct tcp_info *h, struct cur *c);
} option_rows[] = {
	{ 2, 4, 4, 1, true, mss_read },       /* RFC 9293 3.2 */
	{ 3, 3, 3, 1, true, wscale_read },    /* RFC 7323 2.2 */
	{ 4, 2, 2, 1, true, sack_ok_read },   /* RFC 2018 2 */
	{ 5, 2, 34, 8, false, NULL },         /* SACK, RFC 2018 3; some stacks send one without a block */
	{ 8, 10, 10, 1, false, ts_read },     /* RFC 7323 3.2 */
	{ 19, 18, 18, 1, false, md5_read },   /* RFC 2385 3 */
	{ 29, 4, 40, 1, false, md5_read },    /* TCP-AO, RFC 5925 2.2 */
	{ 34, 2, 18, 2, true, cookie_read },  /* RFC 7413 4.1.1 */
};

static bool option_read(struct tcp_info *h, uint8_t kind, uint8_t len, struct cur body)
{
	for (size_t i = 0; i < ARRAY_LEN(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		if (row->kind != kind)
			continue;
		if (len < row->min || len > row->max || (len - 2) % row->unit != 0)
			return false;
		if (row->read != NULL && (!row->syn_only || (h->flags & TCP_SYN) != 0))
			row->read(h, &body);
	}
	return true;
}

/* cut: the capture ends inside the options; then an option that runs past the end is the capture's fault. */
static bool options_read(struct tcp_info *h, struct cur c, bool cut)
{
	while (cur_left(&c) != 0) {
		uint8_t kind = cur_u8(&c);
		if (kind == OPT_END)
			return true;
		if (kind == OPT_NOP)
			continue;
		if (cut && cur_left(&c) == 0)
			return true;
		uint8_t len = cur_u8(&c);
		if (!cur_ok(&c) || len < 2)
			return false;
		struct cur body = cur_sub(&c, len - 2u);
		if (!cur_ok(&body))
			return cut;
		if (!option_read(h, kind, len, body))
			return false;
	}
	return true;
}

/* The fixed part; the data offset in octets. */
static uint32_t tcp_read(struct tcp_info *h, struct cur *c)
{
	cur_skip(c, 4);
	h->seq = cur_be32(c);
	h->ack = cur_be32(c);
	uint8_t offset = cur_u8(c);
	h->flags = cur_u8(c);
	h->win = cur_be16(c);
	cur_skip(c, 2);
	h->urg = cur_be16(c);
	return (offset >> 4) * 4u;
}

static enum reason checksum(struct packet *p, bool good, enum reason bad)
{
	if (good)
		return REASON_NONE;
	p->bad_csum = true;
	return p->csum_lenient ? REASON_NONE : bad;
}

static enum reason tcp_parse(struct packet *p, const struct ip_view *v)
{
	struct cur c = cur_span(v->l4);
	uint32_t hlen = tcp_read(&p->tcp, &c);
	if (!cur_ok(&c) || hlen < TCP_HEADER || hlen > v->l4_len) {
		p->tcp = (struct tcp_info){ 0 };
		return v->fragment && (!cur_ok(&c) || hlen >= TCP_HEADER) ? REASON_NONE : REASON_TCP_HEADER;
	}
	enum reason r = checksum(p, l4_csum_ok(p, v, v->l4_len, true), REASON_TCP_CHECKSUM);
	if (r != REASON_NONE)
		return r;
	if (!tcp_flags_valid(p->tcp.flags))
		return REASON_TCP_FLAGS;
	size_t want = hlen - TCP_HEADER, there = size_min(want, cur_left(&c));
	if (!options_read(&p->tcp, cur_sub(&c, there), there < want))
		return REASON_TCP_OPTIONS;
	p->payload = cur_rest(&c);
	p->payload_wire = v->l4_len - hlen;
	return REASON_NONE;
}

static enum reason udp_parse(struct packet *p, const struct ip_view *v)
{
	struct cur c = cur_span(v->l4);
	cur_skip(&c, 4);
	uint16_t field = cur_be16(&c), sum = cur_be16(&c);
	if (!cur_ok(&c))
		return v->fragment ? REASON_NONE : REASON_UDP_HEADER;
	/* RFC 2675 4: no field could describe it. */
	uint32_t len = field == 0 && v->l4_len > UINT16_MAX ? v->l4_len : field;
	if (len < UDP_HEADER || (len > v->l4_len && !v->fragment))
		return REASON_UDP_HEADER;
	/* Without a checksum: RFC 768; in IPv6 a middlebox lets it through, RFC 6936 5. */
	bool good = sum == 0 || l4_csum_ok(p, v, len, true);
	enum reason r = checksum(p, good, REASON_UDP_CHECKSUM);
	if (r != REASON_NONE)
		return r;
	p->payload_wire = (uint32_t)size_min(len, v->l4_len) - UDP_HEADER;
	p->payload = cur_bytes(&c, size_min(cur_left(&c), p->payload_wire));
	return REASON_NONE;
}

void l4_tuple(struct tuple *t, struct cur c)
{
	switch (t->proto) {
	case IPPROTO_TCP_:
	case IPPROTO_UDP_:
	case IPPROTO_SCTP_:
		t->sport = cur_be16(&c);
		t->dport = cur_be16(&c);
		break;
	case IPPROTO_ICMP_:
	case IPPROTO_ICMP6_:
		icmp_tuple(t, c);
		break;
	default:
		break;
	}
	if (!cur_ok(&c))
		t->sport = t->dport = 0;
}

enum reason l4_parse(struct packet *p, const struct ip_view *v)
{
	if (v->later)
		return REASON_NONE;
	l4_tuple(&p->tuple, cur_span(v->l4));
	switch (v->t.proto) {
	case IPPROTO_TCP_:
		return tcp_parse(p, v);
	case IPPROTO_UDP_:
		return udp_parse(p, v);
	case IPPROTO_ICMP_:
	case IPPROTO_ICMP6_:
		return icmp_parse(p, v);
	case IPPROTO_SCTP_:
		return sctp_parse(p, v);
	case IPPROTO_GRE_:
		return gre_parse(p, v);
	default:
		p->payload = v->l4;
		p->payload_wire = v->l4_len;
		return REASON_NONE;
	}
}
