/* octets.c - see octets.h. */
#include "ips/octets.h"

#include <stdlib.h>
#include <string.h>

#include "forward/packet.h"

enum { V4_LEN_AT = 2, V4_SUM_AT = 10, V6_LEN_AT = 4, V6_HEADER = 40, TCP_SEQ_AT = 4, TCP_FLAGS_AT = 13, SUM_WRONG = 0x55 };

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 791 3.1: of the header, its own sum as 0. */
static void sum_v4(uint8_t *ip)
{
	uint32_t sum = 0;
	put16(ip + V4_SUM_AT, 0);
	for (size_t i = 0; i < (size_t)(ip[0] & 15) * 4; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + V4_SUM_AT, ~sum);
}

/* Is p to be cut? Then q is it, decoded. */
static bool is_cut(const struct packet *p, struct packet *q)
{
	*q = *p;
	q->csum_lenient = true;
	return p->data != NULL && packet_decode(q) == REASON_NONE && q->tuple.proto == IPPROTO_TCP_ && !q->fragment &&
	       !q->truncated && q->payload.len > 1 && q->payload.len == q->payload_wire &&
	       (q->tcp.flags & (TCP_SYN | TCP_RST | TCP_URG)) == 0;
}

/* Octet i of q's payload as a packet of its own. */
static enum err make(const struct packet *p, const struct packet *q, uint32_t i, struct packet *out)
{
	const size_t head = (size_t)(q->payload.p - p->data), tcp = (size_t)(q->l4.p - p->data), len = head + 1;
	uint8_t *ip = malloc(len);
	if (ip == NULL)
		return ERR_NOMEM;
	memcpy(ip, p->data, head);
	ip[head] = q->payload.p[i];
	put16(ip + tcp + TCP_SEQ_AT, (q->tcp.seq + i) >> 16);
	put16(ip + tcp + TCP_SEQ_AT + 2, q->tcp.seq + i);
	if (i + 1 < q->payload.len)
		ip[tcp + TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (q->tuple.family == 4) {
		put16(ip + V4_LEN_AT, (uint32_t)len);
		sum_v4(ip);
	} else {
		put16(ip + V6_LEN_AT, (uint32_t)len - V6_HEADER);
	}
	const struct packet_csum sum = packet_csum(span_of(ip, len), false);
	for (unsigned k = 0; k < sum.len; k++)
		ip[sum.at + k] = (uint8_t)(sum.octets[k] ^ (q->bad_csum ? SUM_WRONG : 0));
	*out = *p;
	out->data = ip;
	out->len = out->wire_len = (uint32_t)len;
	return OK;
}

static size_t count(const struct capset *c)
{
	struct packet q;
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += is_cut(&c->v[i], &q) ? q.payload.len : 1;
	return n;
}

static void drop(struct capset *to, const struct octets *o)
{
	for (size_t i = 0; i < to->n; i++)
		if (o->v[i].octet != 0)
			free((void *)(uintptr_t)to->v[i].data);
	free(to->v);
}

/* Packets that stay whole are lent to both sets. */
static enum err fill(const struct capset *c, struct capset *to, struct octets *o)
{
	for (size_t i = 0; i < c->n; i++) {
		struct packet q;
		const bool cut = is_cut(&c->v[i], &q);
		for (uint32_t k = 0; k < (cut ? q.payload.len : 1); k++) {
			struct packet *p = &to->v[to->n];
			*p = c->v[i];
			if (cut)
				TRY(make(&c->v[i], &q, k, p));
			o->v[to->n] = (struct octets_from){ .packet = i + 1, .octet = cut ? k + 1 : 0 };
			p->nr = ++to->n;
		}
	}
	o->n = to->n;
	return OK;
}

enum err octets_cut(struct capset *c, struct octets *out)
{
	struct capset to = { .cap = count(c) };
	*out = (struct octets){ 0 };
	to.v = calloc(to.cap + 1, sizeof(*to.v));
	out->v = calloc(to.cap + 1, sizeof(*out->v));
	const enum err e = to.v != NULL && out->v != NULL ? fill(c, &to, out) : ERR_NOMEM;
	if (e != OK) {
		drop(&to, out);
		octets_free(out);
		return e;
	}
	struct packet q;
	for (size_t i = 0; i < c->n; i++)
		if (is_cut(&c->v[i], &q))
			free((void *)(uintptr_t)c->v[i].data);
	free(c->v);
	*c = to;
	return OK;
}

void octets_free(struct octets *o)
{
	free(o->v);
	*o = (struct octets){ 0 };
}

void octets_place(const struct octets *o, uint64_t nr, uint64_t *packet, uint32_t *octet)
{
	const bool known = nr != 0 && nr <= o->n;
	*packet = known ? o->v[nr - 1].packet : nr;
	*octet = known ? o->v[nr - 1].octet : 0;
}
