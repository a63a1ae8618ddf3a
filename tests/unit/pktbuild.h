/* pktbuild.h - IPv4 and IPv6 packets for unit tests, from the IP header on, with right lengths and checksums.
 *
 *   struct pkt k;
 *   pkt_ip(&k, 4, "10.1.0.2", "10.2.0.2", 6);
 *   pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1025, .dport = 102, .flags = TCP_SYN });
 *   pkt_finish(&k);
 *   struct packet p = pkt_packet(&k);    (p lends k's octets)
 *
 * What a test wants wrong it changes in k.b, then calls pkt_sums() if the checksums shall be right.
 */
#ifndef TESTS_UNIT_PKTBUILD_H
#define TESTS_UNIT_PKTBUILD_H

#include <arpa/inet.h>
#include <string.h>

#include "forward/packet.h"

#ifndef PKT_MAX
#define PKT_MAX 4096 /* a test that needs longer ones says so before it includes this */
#endif

struct pkt {
	uint8_t b[PKT_MAX];
	uint32_t len;
	uint32_t l4;      /* where the transport header begins */
	uint8_t family, proto;
};

struct pkt_tcp {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t win;
	uint8_t flags;
	const void *opts;        /* n_opts octets, a multiple of 4 */
	size_t n_opts;
	const void *data;
	size_t n_data;
};

static inline void pkt_put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void pkt_put32(uint8_t *at, uint32_t v)
{
	pkt_put16(at, v >> 16);
	pkt_put16(at + 2, v & 0xffff);
}

static inline void pkt_add(struct pkt *k, const void *src, size_t n)
{
	if (n != 0)
		memcpy(k->b + k->len, src, n);
	k->len += (uint32_t)n;
}

static inline void pkt_zero(struct pkt *k, size_t n)
{
	memset(k->b + k->len, 0, n);
	k->len += (uint32_t)n;
}

/* The IP header; n_opts octets of IPv4 options (a multiple of 4). */
static inline void pkt_ip_opts(struct pkt *k, int family, const char *const ends[2], uint8_t proto, const void *opts, size_t n_opts)
{
	memset(k, 0, sizeof(*k));
	k->family = (uint8_t)family;
	k->proto = proto;
	if (family == 4) {
		k->b[0] = (uint8_t)(0x45 + n_opts / 4);
		k->b[8] = 64;
		k->b[9] = proto;
		inet_pton(AF_INET, ends[0], k->b + 12);
		inet_pton(AF_INET, ends[1], k->b + 16);
		k->len = 20;
		pkt_add(k, opts, n_opts);
	} else {
		k->b[0] = 0x60;
		k->b[6] = proto;
		k->b[7] = 64;
		inet_pton(AF_INET6, ends[0], k->b + 8);
		inet_pton(AF_INET6, ends[1], k->b + 24);
		k->len = 40;
	}
	k->l4 = k->len;
}

static inline void pkt_ip(struct pkt *k, int family, const char *src, const char *dst, uint8_t proto)
{
	pkt_ip_opts(k, family, (const char *const[2]){ src, dst }, proto, NULL, 0);
}

/* From a client to a server that are the same in all tests; swapped: the way back. */
static inline void pkt_flow(struct pkt *k, int family, bool swapped, uint8_t proto)
{
	const char *c = family == 4 ? "10.1.0.2" : "2001:db8:1::2", *s = family == 4 ? "10.2.0.2" : "2001:db8:2::2";
	pkt_ip(k, family, swapped ? s : c, swapped ? c : s, proto);
}

/* Another IPv6 extension header of n octets behind those that are there; the transport protocol's number
 * moves into its first octet. body: the other n - 1. */
static inline void pkt_ext(struct pkt *k, uint8_t type, const void *body, size_t n)
{
	uint8_t *next = &k->b[6];
	for (uint32_t at = 40; at < k->len;) {
		uint8_t t = *next;
		next = &k->b[at];
		at += t == 44 ? 8u : t == 51 ? (next[1] + 2u) * 4 : (next[1] + 1u) * 8;
	}
	*next = type;
	pkt_add(k, &k->proto, 1);
	pkt_add(k, body, n - 1);
	k->l4 = k->len;
}

static inline void pkt_tcp(struct pkt *k, const struct pkt_tcp *t)
{
	uint8_t h[20] = { 0 };
	pkt_put16(h, t->sport);
	pkt_put16(h + 2, t->dport);
	pkt_put32(h + 4, t->seq);
	pkt_put32(h + 8, t->ack);
	h[12] = (uint8_t)((20 + t->n_opts) / 4 << 4);
	h[13] = t->flags;
	pkt_put16(h + 14, t->win);
	pkt_add(k, h, sizeof(h));
	pkt_add(k, t->opts, t->n_opts);
	pkt_add(k, t->data, t->n_data);
}

static inline void pkt_udp(struct pkt *k, uint16_t sport, uint16_t dport, const void *data, size_t n)
{
	uint8_t h[8] = { 0 };
	pkt_put16(h, sport);
	pkt_put16(h + 2, dport);
	pkt_put16(h + 4, (unsigned)(8 + n));
	pkt_add(k, h, sizeof(h));
	pkt_add(k, data, n);
}

/* An ICMP message; rest: octets 4 to 7 of its header. */
static inline void pkt_icmp(struct pkt *k, uint8_t type, uint8_t code, uint32_t rest, const void *data, size_t n)
{
	uint8_t h[8] = { type, code };
	pkt_put32(h + 4, rest);
	pkt_add(k, h, sizeof(h));
	pkt_add(k, data, n);
}

/* Octet by octet, on purpose unlike forward/csum.c. */
static inline uint32_t pkt_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum += (i & 1) != 0 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Where the transport checksum is, from the transport header on; 0 = has none. */
static inline uint32_t pkt_sum_at(const struct pkt *k)
{
	return k->proto == 6 ? 16 : k->proto == 17 ? 6 : k->proto == 1 || k->proto == 58 ? 2 : 0;
}

static inline void pkt_sums(struct pkt *k)
{
	uint32_t at = k->l4 + pkt_sum_at(k), n = k->len - k->l4;
	if (k->family == 4) {
		uint32_t hlen = (k->b[0] & 15u) * 4;
		pkt_put16(k->b + 10, 0);
		pkt_put16(k->b + 10, ~pkt_sum(0, k->b, hlen) & 0xffff);
	}
	if (at == k->l4 || at + 2 > k->len)
		return;
	uint32_t sum = 0;
	if (k->proto != 1) {
		uint8_t tail[8] = { 0 };
		pkt_put32(tail, n);
		tail[7] = k->proto;
		sum = k->family == 4 ? pkt_sum(0, k->b + 12, 8) : pkt_sum(0, k->b + 8, 32);
		sum = pkt_sum(sum, tail, sizeof(tail));
	}
	pkt_put16(k->b + at, 0);
	sum = ~pkt_sum(sum, k->b + k->l4, n) & 0xffff;
	pkt_put16(k->b + at, k->proto == 17 && sum == 0 ? 0xffff : sum);
}

/* Length fields, then checksums. */
static inline void pkt_finish(struct pkt *k)
{
	if (k->family == 4)
		pkt_put16(k->b + 2, k->len);
	else
		pkt_put16(k->b + 4, k->len - 40);
	pkt_sums(k);
}

/* A fragment of whole, which is finished: octets from one on, behind its IP header without options or extensions. Beyond its
 * end they are any. */
static inline void pkt_fragment(struct pkt *k, const struct pkt *whole, uint32_t id, uint32_t from, uint32_t len, bool more)
{
	const uint32_t head = whole->family == 4 ? 20 : 40, src = head + from + len <= whole->len ? from : 0;
	*k = *whole;
	k->len = head;
	if (whole->family == 4) {
		pkt_put16(k->b + 4, id);
		pkt_put16(k->b + 6, from / 8 | (more ? 0x2000u : 0));
	} else {
		uint8_t h[8] = { whole->b[6] };
		k->b[6] = 44;
		pkt_put16(h + 2, from | more);
		pkt_put32(h + 4, id);
		pkt_add(k, h, sizeof(h));
	}
	pkt_add(k, whole->b + head + src, len);
	if (whole->family == 4) {
		pkt_put16(k->b + 2, k->len);
		pkt_put16(k->b + 10, 0);
		pkt_put16(k->b + 10, ~pkt_sum(0, k->b, 20) & 0xffff);
	} else {
		pkt_put16(k->b + 4, k->len - 40);
	}
}

/* As read whole from an interface that checks nothing by itself. */
static inline struct packet pkt_packet(const struct pkt *k)
{
	return (struct packet){ .data = k->b, .len = k->len, .wire_len = k->len, .csum_ready = true, .nr = 1 };
}

/* One finished TCP segment of the flow, decoded later by the test. */
static inline struct packet pkt_segment(struct pkt *k, int family, bool swapped, const struct pkt_tcp *t)
{
	struct pkt_tcp h = *t;
	if (h.sport == 0) {
		h.sport = swapped ? 102 : 57218;
		h.dport = swapped ? 57218 : 102;
	}
	pkt_flow(k, family, swapped, 6);
	pkt_tcp(k, &h);
	pkt_finish(k);
	return pkt_packet(k);
}

/* For each family: 4, then 6. */
#define PKT_EACH_FAMILY(f) for (int f = 4; f <= 6; f += 2)

static const char pkt_text[] = "seventeen octets!";
enum { PKT_N_TEXT = sizeof(pkt_text) - 1 };

/* Good packets of the flow that carry pkt_text. */
static inline void pkt_tcp_good(struct pkt *k, int family)
{
	pkt_flow(k, family, false, 6);
	pkt_tcp(k, &(struct pkt_tcp){ .sport = 57218, .dport = 102, .seq = 1000, .ack = 2000, .win = 512,
				      .flags = TCP_ACK | TCP_PSH, .data = pkt_text, .n_data = PKT_N_TEXT });
	pkt_finish(k);
}

static inline void pkt_udp_good(struct pkt *k, int family)
{
	pkt_flow(k, family, false, 17);
	pkt_udp(k, 1024, 53, pkt_text, PKT_N_TEXT);
	pkt_finish(k);
}

static inline enum reason pkt_decode(const struct pkt *k, struct packet *p)
{
	*p = pkt_packet(k);
	return packet_decode(p);
}

static inline enum reason pkt_reason(const struct pkt *k)
{
	struct packet p;
	return pkt_decode(k, &p);
}

#endif
