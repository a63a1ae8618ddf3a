/* reset.c - see reset.h. */
#include "ips/reset.h"

#include "base/wr.h"
#include "forward/csum.h"

enum { IP4_HEADER = 20, IP6_HEADER = 40, TCP_HEADER = 20, TTL = 64, CSUM_IP4 = 10, CSUM_TCP = 16 };

struct rst {
	const struct tuple *t;
	uint32_t seq, ack;
};

static void put_tcp(struct wr *w, const struct rst *r)
{
	wr_be16(w, r->t->sport);
	wr_be16(w, r->t->dport);
	wr_be32(w, r->seq);
	wr_be32(w, r->ack);
	wr_be16(w, (TCP_HEADER / 4) << 12 | TCP_RST | TCP_ACK);
	wr_be16(w, 0);           /* window */
	wr_be32(w, 0);           /* checksum, urgent pointer */
}

static void put_ip4(struct wr *w, const struct tuple *t)
{
	wr_be16(w, 4 << 12 | (IP4_HEADER / 4) << 8);
	wr_be16(w, IP4_HEADER + TCP_HEADER);
	wr_be32(w, 0x4000);      /* identification 0, DF */
	wr_be16(w, TTL << 8 | IPPROTO_TCP_);
	wr_be16(w, 0);
	wr_bytes(w, t->src.b, 4);
	wr_bytes(w, t->dst.b, 4);
}

static void put_ip6(struct wr *w, const struct tuple *t)
{
	wr_be32(w, 6u << 28);
	wr_be16(w, TCP_HEADER);
	wr_be16(w, IPPROTO_TCP_ << 8 | TTL);
	wr_bytes(w, t->src.b, sizeof(t->src.b));
	wr_bytes(w, t->dst.b, sizeof(t->dst.b));
}

static void patch(struct reset *o, size_t at, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		o->ip[at + i] = octets[i];
}

static void make(const struct rst *r, struct reset *o)
{
	struct wr w = wr_of(o->ip, sizeof(o->ip));
	if (r->t->family == 4) {
		put_ip4(&w, r->t);
		const uint16_t sum = (uint16_t)~csum_fold(csum_add(0, span_of(o->ip, IP4_HEADER))); /* in memory order */
		patch(o, CSUM_IP4, (const uint8_t *)&sum, sizeof(sum));
	} else {
		put_ip6(&w, r->t);
	}
	put_tcp(&w, r);
	o->len = (uint8_t)w.len;
	const struct packet_csum c = packet_csum(span_of(o->ip, o->len), false);
	patch(o, c.at, c.octets, c.len);
}

void reset_make(const struct packet *p, uint32_t next, struct reset *to_receiver, struct reset *to_sender)
{
	const struct tuple back = tuple_reverse(&p->tuple);
	const uint32_t end = p->tcp.seq + p->payload_wire + ((p->tcp.flags & TCP_SYN) != 0) + ((p->tcp.flags & TCP_FIN) != 0);
	const uint32_t ack = (p->tcp.flags & TCP_ACK) != 0 ? p->tcp.ack : 0; /* without the flag the field means nothing */
	make(&(struct rst){ .t = &p->tuple, .seq = next, .ack = ack }, to_receiver);
	make(&(struct rst){ .t = &back, .seq = ack, .ack = end }, to_sender);
}
