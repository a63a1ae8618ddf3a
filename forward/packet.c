/* packet.c - decoding of one packet from the IP header on, and tuples. */
#include "forward/packet.h"

#include <string.h>

#include "forward/packet_int.h"

_Static_assert(sizeof(struct tuple) == 40, "a tuple is hashed and compared as octets: no padding");

enum reason ip_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v)
{
	*v = (struct ip_view){ 0 };
	if (cur_left(&c) == 0)
		return REASON_IP_SHORT;
	switch (cur_peek(&c, 0) >> 4) {
	case 4:
		return ip4_parse(c, wire, how, v);
	case 6:
		return ip6_parse(c, wire, how, v);
	default:
		return REASON_IP_VERSION;
	}
}

bool ip_fragment_fits(uint32_t at, const struct fragment *f)
{
	return at + f->wire_len <= UINT16_MAX && (!f->more || f->wire_len % 8 == 0);
}

static void forget(struct packet *p)
{
	p->tuple = p->quoted = (struct tuple){ 0 };
	p->tcp = (struct tcp_info){ 0 };
	p->l4 = p->payload = span_of(NULL, 0);
	p->ip_len = p->payload_wire = 0;
	p->ttl = p->tos = p->icmp_type = p->icmp_code = 0;
	p->frag = (struct fragment){ 0 };
	p->fragment = p->icmp_error = p->bad_csum = p->truncated = false;
}

enum reason packet_decode(struct packet *p)
{
	struct ip_view v;
	uint32_t wire = p->wire_len > p->len ? p->wire_len : p->len;
	forget(p);
	enum reason r = ip_parse(cur_of(p->data, p->len), wire, p->csum_lenient ? IP_LENIENT : 0, &v);
	if (r != REASON_NONE)
		return r;
	p->tuple = v.t;
	p->l4 = v.l4;
	p->ip_len = v.len;
	p->ttl = v.ttl;
	p->tos = v.tos;
	p->fragment = v.fragment;
	p->frag = v.frag;
	p->bad_csum = v.bad_csum;
	p->truncated = v.l4.len < v.l4_len;
	return l4_parse(p, &v);
}

struct tuple tuple_reverse(const struct tuple *t)
{
	struct tuple r = *t;
	r.src = t->dst;
	r.dst = t->src;
	if (t->proto == IPPROTO_ICMP_ || t->proto == IPPROTO_ICMP6_) {
		icmp_reverse(&r);
	} else {
		r.sport = t->dport;
		r.dport = t->sport;
	}
	return r;
}

bool tuple_equal(const struct tuple *a, const struct tuple *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
