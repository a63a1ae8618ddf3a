/* test_packet.c - decoding of IPv4, IPv6, TCP and UDP: every reason, every cut, every changed octet. */
#include "forward/packet.h"

#include <stdlib.h>

#include "forward/csum.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static const int families[] = { 4, 6 };
#define EACH_FAMILY(f) for (size_t f##_i = 0, f; f##_i < 2 && (f = (size_t)families[f##_i], true); f##_i++)

static const char text[] = "seventeen octets!";
enum { N_TEXT = sizeof(text) - 1 };

/* SYN options as hosts send them: MSS 1460, SACK permitted, timestamps, NOP, window scale 7. */
static const uint8_t syn_opts[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7 };

static void tcp_good(struct pkt *k, int family)
{
	pkt_flow(k, family, false, 6);
	pkt_tcp(k, &(struct pkt_tcp){ .sport = 57218, .dport = 102, .seq = 1000, .ack = 2000, .win = 512,
				      .flags = TCP_ACK | TCP_PSH, .data = text, .n_data = N_TEXT });
	pkt_finish(k);
}

static void udp_good(struct pkt *k, int family)
{
	pkt_flow(k, family, false, 17);
	pkt_udp(k, 1024, 53, text, N_TEXT);
	pkt_finish(k);
}

static enum reason decode(const struct pkt *k, struct packet *p)
{
	*p = pkt_packet(k);
	return packet_decode(p);
}

static enum reason reason_of(const struct pkt *k)
{
	struct packet p;
	return decode(k, &p);
}

static bool inside(struct span in, const uint8_t *p, size_t n)
{
	return in.len == 0 || (in.p >= p && in.p + in.len <= p + n);
}

/* What must hold of any packet that was let through. */
static bool sane(const struct packet *p)
{
	return inside(p->l4, p->data, p->len) && inside(p->payload, p->l4.p, p->l4.len) && p->payload.len <= p->payload_wire &&
	       (p->truncated || p->payload.len == p->payload_wire || p->fragment) && p->ip_len <= p->wire_len &&
	       p->tuple.vdom == 0 && (p->tuple.family == 4 || p->tuple.family == 6);
}

/* Decodes exactly len octets on the heap, so that a read past them is seen. */
static enum reason decode_exact(const uint8_t *b, uint32_t len, uint32_t wire, bool lenient)
{
	uint8_t *heap = malloc(len != 0 ? len : 1);
	if (len != 0)
		memcpy(heap, b, len);
	struct packet p = { .data = len != 0 ? heap : NULL, .len = len, .wire_len = wire, .csum_ready = !lenient, .csum_lenient = lenient };
	enum reason r = packet_decode(&p);
	if (r == REASON_NONE)
		CU_ASSERT(sane(&p));
	free(heap);
	return r;
}

static void test_tcp(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		tcp_good(&k, (int)f);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT_EQUAL(p.tuple.family, f);
		CU_ASSERT_EQUAL(p.tuple.proto, 6);
		CU_ASSERT_EQUAL(p.tuple.sport, 57218);
		CU_ASSERT_EQUAL(p.tuple.dport, 102);
		CU_ASSERT_EQUAL(p.tcp.seq, 1000);
		CU_ASSERT_EQUAL(p.tcp.ack, 2000);
		CU_ASSERT_EQUAL(p.tcp.win, 512);
		CU_ASSERT_EQUAL(p.tcp.flags, TCP_ACK | TCP_PSH);
		CU_ASSERT_EQUAL(p.ttl, 64);
		CU_ASSERT_EQUAL(p.ip_len, k.len);
		CU_ASSERT_EQUAL(p.payload_wire, N_TEXT);
		CU_ASSERT(p.payload.len == N_TEXT && memcmp(p.payload.p, text, N_TEXT) == 0);
		CU_ASSERT(!p.fragment && !p.icmp_error && !p.bad_csum && !p.truncated);
		char t[ADDR_TEXT];
		CU_ASSERT_STRING_EQUAL(addr_text(&p.tuple.src, (uint8_t)f, t), f == 4 ? "10.1.0.2" : "2001:db8:1::2");
		CU_ASSERT_STRING_EQUAL(addr_text(&p.tuple.dst, (uint8_t)f, t), f == 4 ? "10.2.0.2" : "2001:db8:2::2");
	}
}

static void test_tos(void)
{
	struct pkt k;
	struct packet p;
	tcp_good(&k, 4);
	k.b[1] = 0xb8;
	pkt_sums(&k);
	CU_ASSERT(decode(&k, &p) == REASON_NONE && p.tos == 0xb8);
	tcp_good(&k, 6);
	k.b[0] = 0x6b;
	k.b[1] = 0x80;
	CU_ASSERT(decode(&k, &p) == REASON_NONE && p.tos == 0xb8);
}

static void test_udp(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		udp_good(&k, (int)f);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.tuple.sport == 1024 && p.tuple.dport == 53 && p.payload.len == N_TEXT);
		pkt_put16(k.b + k.l4 + 6, 0); /* sent without a checksum */
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(!p.bad_csum);
	}
}

/* Octets behind the datagram, and behind the UDP length inside it, are no payload. */
static void test_padding(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		tcp_good(&k, (int)f);
		pkt_add(&k, "pad", 3);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.payload.len == N_TEXT && p.ip_len == k.len - 3);
		udp_good(&k, (int)f);
		pkt_add(&k, "odd", 3);
		uint16_t sum = (uint16_t)(k.b[k.l4 + 6] << 8 | k.b[k.l4 + 7]);
		pkt_finish(&k); /* its checksum covers too much: put the right one back */
		pkt_put16(k.b + k.l4 + 6, sum);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.payload.len == N_TEXT && p.ip_len == k.len);
	}
}

static void test_ip_reasons(void)
{
	EACH_FAMILY(f) {
		struct pkt k, bad;
		uint32_t header = f == 4 ? 20 : 40;
		tcp_good(&k, (int)f);
		bad = k;
		for (bad.len = 0; bad.len < header; bad.len++)
			CU_ASSERT_EQUAL(reason_of(&bad), REASON_IP_SHORT);
		for (unsigned version = 0; version < 16; version++) {
			bad = k;
			bad.b[0] = (uint8_t)(version << 4 | (k.b[0] & 15));
			enum reason r = reason_of(&bad);
			CU_ASSERT(version == 4 || version == 6 || r == REASON_IP_VERSION);
		}
		bad = k;
		pkt_put16(bad.b + (f == 4 ? 2 : 4), f == 4 ? k.len + 1 : k.len - 39);
		pkt_sums(&bad);
		CU_ASSERT_EQUAL(reason_of(&bad), REASON_IP_TOTAL_LEN);
	}
}

static void test_ip4_reasons(void)
{
	struct pkt k, bad;
	tcp_good(&k, 4);
	for (uint8_t words = 0; words < 5; words++) {
		bad = k;
		bad.b[0] = 0x40 | words;
		CU_ASSERT_EQUAL(reason_of(&bad), REASON_IP_HEADER_LEN);
	}
	bad = k;
	bad.b[0] = 0x4f;
	bad.len = 59;
	CU_ASSERT_EQUAL(reason_of(&bad), REASON_IP_HEADER_LEN);
	bad = k;
	pkt_put16(bad.b + 2, 19);
	pkt_sums(&bad);
	CU_ASSERT_EQUAL(reason_of(&bad), REASON_IP_TOTAL_LEN);
	for (unsigned i = 1; i < 20; i++) {
		bad = k;
		bad.b[i] ^= 0x01;
		enum reason r = reason_of(&bad);
		CU_ASSERT(r == REASON_IP_CHECKSUM || ((i == 2 || i == 3) && r == REASON_IP_TOTAL_LEN));
	}
	/* Total length 0: the card was to cut it into segments. */
	struct packet p;
	bad = k;
	pkt_put16(bad.b + 2, 0);
	pkt_sums(&bad);
	CU_ASSERT_EQUAL(decode(&bad, &p), REASON_NONE);
	CU_ASSERT(p.ip_len == k.len && p.payload.len == N_TEXT);
}

static enum reason with_ip_opts(const uint8_t *opts)
{
	struct pkt k;
	pkt_ip_opts(&k, 4, (const char *const[2]){ "10.1.0.2", "10.2.0.2" }, 17, opts, 8);
	pkt_udp(&k, 1024, 53, text, N_TEXT);
	pkt_finish(&k);
	return reason_of(&k);
}

static void test_ip4_options(void)
{
	static const uint8_t good[][8] = {
		{ 0 }, { 1, 1, 1, 1, 1, 1, 1, 1 }, { 7, 7, 4, 0, 0, 0, 0, 0 }, { 7, 3, 4, 0 }, { 148, 4, 0, 0, 0, 9, 9, 9 },
		{ 131, 7, 8, 1, 2, 3, 4, 1 }, { 68, 8, 5, 0, 0, 0, 0, 0 }, { 222, 8, 0, 0, 0, 0, 0, 0 }, { 222, 2, 222, 6 },
		{ 1, 1, 1, 1, 1, 1, 222, 2 },
	};
	static const uint8_t bad[][8] = {
		{ 222, 0 }, { 222, 1 }, { 222, 9 }, { 1, 1, 1, 1, 1, 1, 1, 222 }, { 7, 2, 0 }, { 7, 7, 3 }, { 68, 8, 4 },
		{ 148, 3, 0 }, { 131, 7, 0 }, { 137, 7, 3 }, { 136, 5 }, { 1, 1, 1, 1, 1, 1, 222, 3 }, { 131, 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CU_ASSERT_EQUAL(with_ip_opts(good[i]), REASON_NONE);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(with_ip_opts(bad[i]), REASON_IP_OPTIONS);
}

/* Bodies of extension headers, without their first octet. */
static const uint8_t padn[7] = { 0, 1, 4, 0, 0, 0, 0 };
static const uint8_t home[23] = { 2, 201, 16, [19] = 1, 2 };
static const uint8_t frag_atomic[7] = { 0, 0, 0, 0, 0, 0, 9 }, frag_first[7] = { 0, 0, 1, 0, 0, 0, 9 },
		     frag_later[7] = { 0, 0, 8, 0, 0, 0, 9 };
static const uint8_t route[7] = { 0, 4, 0 }, route_left[7] = { 0, 4, 1 }, route0_left[7] = { 0, 0, 1 };
static const uint8_t ah[11] = { 1 }, ah_short[7] = { 0 };
static const uint8_t opt_past[7] = { 0, 1, 5 }, ext_past[7] = { 200, 1, 4 };

struct ext {
	uint8_t type;
	const uint8_t *body;
	size_t n;
};

static enum reason with_exts(const struct ext *e, size_t n, struct packet *p)
{
	struct pkt k;
	pkt_flow(&k, 6, false, 17);
	for (size_t i = 0; i < n; i++)
		pkt_ext(&k, e[i].type, e[i].body, e[i].n);
	pkt_udp(&k, 1024, 53, text, N_TEXT);
	pkt_add(&k, "!!!!!!!", 7); /* a multiple of 8 for the fragments */
	pkt_finish(&k);
	pkt_put16(k.b + k.l4 + 4, k.len - k.l4);
	pkt_sums(&k);
	enum reason r = decode(&k, p);
	CU_ASSERT(r != REASON_NONE || p->fragment || (p->tuple.sport == 1024 && p->payload.len == N_TEXT + 7));
	return r;
}

static void test_ip6_extensions(void)
{
	static const struct {
		struct ext e[4];
		size_t n;
		enum reason want;
	} rows[] = {
		{ { { 0, padn, 8 } }, 1, REASON_NONE },
		{ { { 0, padn, 8 }, { 60, padn, 8 }, { 43, route, 8 }, { 60, padn, 8 } }, 4, REASON_NONE },
		{ { { 51, ah, 12 } }, 1, REASON_NONE },
		{ { { 44, frag_atomic, 8 } }, 1, REASON_NONE },
		{ { { 60, home, 24 } }, 1, REASON_NONE },
		{ { { 43, route_left, 8 } }, 1, REASON_NONE },
		{ { { 43, route0_left, 8 } }, 1, REASON_IP6_EXT },
		{ { { 51, ah_short, 8 } }, 1, REASON_IP6_EXT },
		{ { { 60, padn, 8 }, { 0, padn, 8 } }, 2, REASON_IP6_EXT },
		{ { { 0, padn, 8 }, { 0, padn, 8 } }, 2, REASON_IP6_EXT },
		{ { { 44, frag_atomic, 8 }, { 44, frag_atomic, 8 } }, 2, REASON_IP6_EXT },
		{ { { 60, opt_past, 8 } }, 1, REASON_IP6_EXT },
		{ { { 60, ext_past, 8 } }, 1, REASON_IP6_EXT },
	};
	struct packet p;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(with_exts(rows[i].e, rows[i].n, &p), rows[i].want);

	struct ext many[9];
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct ext){ 60, padn, 8 };
	CU_ASSERT_EQUAL(with_exts(many, 8, &p), REASON_NONE);
	CU_ASSERT_EQUAL(with_exts(many, 9, &p), REASON_IP6_EXT);
}

static void test_ip6_ends(void)
{
	static const uint8_t ends[] = { 59, 50, 132, 47 };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct pkt k;
		struct packet p;
		pkt_flow(&k, 6, false, ends[i]);
		pkt_ext(&k, 60, padn, 8);
		pkt_add(&k, text, N_TEXT);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.tuple.proto == ends[i] && p.tuple.sport == 0 && p.tuple.dport == 0 && p.payload.len == N_TEXT);
	}
}

static void test_tcp_reasons(void)
{
	EACH_FAMILY(f) {
		struct pkt k, bad;
		tcp_good(&k, (int)f);
		for (uint32_t n = 0; n < 20; n++) {
			bad = k;
			bad.len = k.l4 + n;
			pkt_finish(&bad);
			CU_ASSERT_EQUAL(reason_of(&bad), REASON_TCP_HEADER);
		}
		for (unsigned words = 0; words < 16; words++) {
			bad = k;
			bad.b[k.l4 + 12] = (uint8_t)(words << 4);
			pkt_sums(&bad);
			bool fits = words >= 5 && words * 4 <= 20 + N_TEXT;
			CU_ASSERT((reason_of(&bad) == REASON_TCP_HEADER) == !fits);
		}
		bad = k;
		bad.b[k.l4 + 13] = TCP_SYN | TCP_FIN;
		pkt_sums(&bad);
		CU_ASSERT_EQUAL(reason_of(&bad), REASON_TCP_FLAGS);
		bad = k;
		bad.b[k.len - 1] ^= 1;
		CU_ASSERT_EQUAL(reason_of(&bad), REASON_TCP_CHECKSUM);
	}
}

/* A checksum covers the transport part and the addresses: any bit of them counts. */
static void test_checksums(void)
{
	EACH_FAMILY(f) {
		struct pkt k, bad;
		struct packet p;
		for (unsigned udp = 0; udp < 2; udp++) {
			enum reason want = udp != 0 ? REASON_UDP_CHECKSUM : REASON_TCP_CHECKSUM;
			(udp != 0 ? udp_good : tcp_good)(&k, (int)f);
			bad = k;
			bad.b[f == 4 ? 15 : 23] ^= 1; /* source address */
			if (f == 4) {
				uint8_t sum[2] = { k.b[k.l4 + pkt_sum_at(&k)], k.b[k.l4 + pkt_sum_at(&k) + 1] };
				pkt_sums(&bad);
				memcpy(bad.b + k.l4 + pkt_sum_at(&k), sum, 2);
			}
			CU_ASSERT_EQUAL(reason_of(&bad), want);
			bad = k;
			bad.b[k.len - 1] ^= 0x80;
			p = pkt_packet(&bad);
			p.csum_ready = false;
			CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum);
			p = pkt_packet(&bad);
			p.csum_lenient = true;
			CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum && p.payload.len == N_TEXT);
			p = pkt_packet(&bad);
			p.len--; /* the capture has not all of what is summed */
			CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum && p.truncated);
		}
	}
	struct pkt k;
	tcp_good(&k, 4);
	k.b[10] ^= 1;
	struct packet p = pkt_packet(&k);
	p.csum_lenient = true;
	CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum);
}

/* Every payload length, so every odd tail and every number of whole blocks. */
static void test_checksum_lengths(void)
{
	static uint8_t data[300];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 255);
	EACH_FAMILY(f) {
		for (size_t n = 0; n <= sizeof(data); n++) {
			struct pkt k;
			struct packet p = pkt_segment(&k, (int)f, false, &(struct pkt_tcp){ .flags = TCP_ACK, .data = data, .n_data = n });
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
			pkt_flow(&k, (int)f, false, 17);
			pkt_udp(&k, 1, 2, data, n);
			pkt_finish(&k);
			CU_ASSERT_EQUAL(reason_of(&k), REASON_NONE);
			k.b[k.len - 1] ^= 0x10;
			CU_ASSERT_EQUAL(reason_of(&k), REASON_UDP_CHECKSUM);
		}
	}
	CU_ASSERT_EQUAL(csum_fold(0), 0);
	CU_ASSERT_EQUAL(csum_fold(0xffff0000u), 0xffff);
	CU_ASSERT_EQUAL(csum_fold(UINT64_MAX), 0xffff);
	CU_ASSERT_EQUAL(csum_fold(0x10000), 1);
}

static enum reason with_tcp_opts(const void *opts, size_t n, uint8_t flags, struct packet *p)
{
	static struct pkt k;
	*p = pkt_segment(&k, 4, false, &(struct pkt_tcp){ .flags = flags, .opts = opts, .n_opts = n });
	return packet_decode(p);
}

static void test_tcp_options(void)
{
	struct packet p;
	CU_ASSERT_EQUAL(with_tcp_opts(syn_opts, sizeof(syn_opts), TCP_SYN, &p), REASON_NONE);
	CU_ASSERT(p.tcp.mss == 1460 && p.tcp.sack_ok && p.tcp.wscale == 8);
	CU_ASSERT(p.tcp.has_ts && p.tcp.tsval == 7 && p.tcp.tsecr == 9);
	/* In other segments only the timestamps mean something. */
	CU_ASSERT_EQUAL(with_tcp_opts(syn_opts, sizeof(syn_opts), TCP_ACK, &p), REASON_NONE);
	CU_ASSERT(p.tcp.mss == 0 && !p.tcp.sack_ok && p.tcp.wscale == 0 && p.tcp.has_ts);
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[4]){ 3, 3, 200, 0 }, 4, TCP_SYN, &p), REASON_NONE);
	CU_ASSERT_EQUAL(p.tcp.wscale, 15); /* a shift of 14, RFC 7323 2.3 */
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[4]){ 0, 3, 3, 7 }, 4, TCP_SYN, &p), REASON_NONE);
	CU_ASSERT_EQUAL(p.tcp.wscale, 0); /* behind the end of the list */

	static const uint8_t bad[][12] = {
		{ 2, 3 }, { 2, 5 }, { 3, 2 }, { 3, 4 }, { 4, 3 }, { 8, 9 }, { 8, 11 }, { 5, 2 }, { 5, 9 }, { 5, 11 },
		{ 99, 0 }, { 99, 1 }, { 99, 13 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 99 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 99, 3 },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(with_tcp_opts(bad[i], 12, TCP_ACK, &p), REASON_TCP_OPTIONS);
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[12]){ 5, 10 }, 12, TCP_ACK, &p), REASON_NONE);
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[12]){ 99, 12 }, 12, TCP_ACK, &p), REASON_NONE);
	struct pkt k;
	p = pkt_segment(&k, 6, false, &(struct pkt_tcp){ .flags = TCP_ACK, .opts = bad[0], .n_opts = 12 });
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_TCP_OPTIONS);
}

static void test_udp_reasons(void)
{
	EACH_FAMILY(f) {
		struct pkt k, bad;
		udp_good(&k, (int)f);
		for (uint32_t n = 0; n < 8; n++) {
			bad = k;
			bad.len = k.l4 + n;
			pkt_finish(&bad);
			CU_ASSERT_EQUAL(reason_of(&bad), REASON_UDP_HEADER);
		}
		static const uint16_t lens[] = { 0, 1, 7, 8 + N_TEXT + 1, 65535 };
		for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
			bad = k;
			pkt_put16(bad.b + k.l4 + 4, lens[i]);
			pkt_sums(&bad);
			CU_ASSERT_EQUAL(reason_of(&bad), REASON_UDP_HEADER);
		}
	}
}

static void fragment(struct pkt *k, int family, unsigned units, bool more, size_t n_data)
{
	static const uint8_t data[64] = { 0x11, 0x22, 0x33, 0x44 };
	pkt_flow(k, family, false, 6);
	if (family == 6) {
		uint8_t body[7] = { 0, (uint8_t)(units >> 5), (uint8_t)(units << 3 | more) };
		pkt_ext(k, 44, body, 8);
	}
	pkt_add(k, data, n_data);
	if (family == 4)
		pkt_put16(k->b + 6, units | (more ? 0x2000u : 0));
	pkt_finish(k);
}

static void test_fragments(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		/* The first: ports, though its TCP header is not whole. */
		fragment(&k, (int)f, 0, true, 8);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tuple.sport == 0x1122 && p.tuple.dport == 0x3344 && p.payload.len == 0 && p.tcp.flags == 0);
		/* One with a whole header, that needs no right checksum. */
		struct pkt whole;
		pkt_flow(&whole, (int)f, false, 6);
		if (f == 6)
			pkt_ext(&whole, 44, frag_first, 8);
		pkt_tcp(&whole, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK, .data = "abcd", .n_data = 4 });
		if (f == 4)
			pkt_put16(whole.b + 6, 0x2000);
		pkt_finish(&whole);
		whole.b[whole.len - 1] ^= 1;
		CU_ASSERT_EQUAL(decode(&whole, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tcp.flags == TCP_ACK && p.payload.len == 4);
		whole.b[whole.l4 + 12] = 0x40; /* wrong at once, whatever follows */
		CU_ASSERT_EQUAL(decode(&whole, &p), REASON_TCP_HEADER);
		/* Later ones: no ports, no payload. */
		fragment(&k, (int)f, 1, true, 16);
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tuple.sport == 0 && p.tuple.dport == 0 && p.payload.len == 0 && p.l4.len == 16);
		fragment(&k, (int)f, 1, false, 15);
		CU_ASSERT(decode(&k, &p) == REASON_NONE && p.fragment && p.tuple.proto == 6);
		/* An odd length before the last; past the end of any datagram. */
		fragment(&k, (int)f, 0, true, 15);
		CU_ASSERT_EQUAL(reason_of(&k), REASON_IP_TOTAL_LEN);
		fragment(&k, (int)f, 8191, false, 7);
		CU_ASSERT_EQUAL(reason_of(&k), REASON_NONE);
		fragment(&k, (int)f, 8191, false, 8);
		CU_ASSERT_EQUAL(reason_of(&k), REASON_IP_TOTAL_LEN);
	}
	struct packet p;
	const struct ext later = { 44, frag_later, 8 };
	CU_ASSERT(with_exts(&later, 1, &p) == REASON_NONE && p.fragment && p.tuple.sport == 0);
}

static void test_snapped(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		tcp_good(&k, (int)f);
		p = pkt_packet(&k);
		p.len = k.len - 5;
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(p.truncated && p.payload.len == N_TEXT - 5 && p.payload_wire == N_TEXT && p.ip_len == k.len);
		/* Inside the options: those that are there count. */
		p = pkt_segment(&k, (int)f, false, &(struct pkt_tcp){ .flags = TCP_SYN, .opts = syn_opts, .n_opts = sizeof(syn_opts) });
		for (uint32_t cut = 1; cut <= sizeof(syn_opts); cut++) {
			p.len = k.len - cut;
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
			CU_ASSERT(p.truncated && p.tcp.mss == (sizeof(syn_opts) - cut >= 4 ? 1460 : 0) && p.tcp.wscale == 0);
		}
		/* A length field beyond even the wire. */
		p.wire_len = k.len - 1;
		p.len = k.len - 2;
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_IP_TOTAL_LEN);
	}
}

/* Every cut and every value of every octet of good packets: no read past the end, nothing insane. */
static void torture(const struct pkt *k)
{
	for (uint32_t n = 0; n < k->len; n++) {
		CU_ASSERT_NOT_EQUAL(decode_exact(k->b, n, n, false), REASON_NONE);
		(void)decode_exact(k->b, n, k->len, true);
	}
	CU_ASSERT_EQUAL(decode_exact(k->b, k->len, k->len, false), REASON_NONE);
	struct pkt bad = *k;
	for (uint32_t i = 0; i < k->len; i++) {
		for (unsigned v = 1; v < 256; v++) {
			bad.b[i] = (uint8_t)(k->b[i] ^ v);
			(void)decode_exact(bad.b, k->len, k->len, v % 2 != 0);
			(void)decode_exact(bad.b, k->len - 3, k->len, true);
		}
		bad.b[i] = k->b[i];
	}
}

static void test_torture(void)
{
	EACH_FAMILY(f) {
		struct pkt k;
		tcp_good(&k, (int)f);
		torture(&k);
		udp_good(&k, (int)f);
		torture(&k);
		(void)pkt_segment(&k, (int)f, false, &(struct pkt_tcp){ .flags = TCP_SYN, .opts = syn_opts, .n_opts = sizeof(syn_opts) });
		torture(&k);
	}
	static const uint8_t opts[8] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	struct pkt k;
	pkt_ip_opts(&k, 4, (const char *const[2]){ "10.1.0.2", "10.2.0.2" }, 6, opts, sizeof(opts));
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK });
	pkt_finish(&k);
	torture(&k);
	pkt_flow(&k, 6, false, 6);
	pkt_ext(&k, 0, padn, 8);
	pkt_ext(&k, 43, route, 8);
	pkt_ext(&k, 44, frag_atomic, 8);
	pkt_ext(&k, 51, ah, 12);
	pkt_ext(&k, 60, padn, 8);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK });
	pkt_finish(&k);
	torture(&k);
}

static void test_tuples(void)
{
	struct pkt k;
	struct packet p;
	tcp_good(&k, 4);
	CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
	p.tuple.vdom = 3;
	struct tuple r = tuple_reverse(&p.tuple), back = tuple_reverse(&r);
	CU_ASSERT(r.sport == 102 && r.dport == 57218 && r.vdom == 3 && r.proto == 6 && r.family == 4);
	CU_ASSERT(memcmp(&r.src, &p.tuple.dst, sizeof(r.src)) == 0 && memcmp(&r.dst, &p.tuple.src, sizeof(r.dst)) == 0);
	CU_ASSERT(tuple_equal(&back, &p.tuple));
	CU_ASSERT(!tuple_equal(&r, &p.tuple));
	for (size_t i = 0; i < sizeof(struct tuple); i++) {
		struct tuple other = p.tuple;
		((uint8_t *)&other)[i] ^= 1;
		CU_ASSERT(!tuple_equal(&other, &p.tuple));
	}
}

static void test_reasons(void)
{
	for (unsigned r = 0; r < REASON_N; r++) {
		CU_ASSERT(strlen(reason_name(r)) > 0 && strlen(reason_help(r)) > 0);
		for (unsigned o = 0; o < r; o++)
			CU_ASSERT(strcmp(reason_name(r), reason_name(o)) != 0);
	}
	CU_ASSERT_STRING_EQUAL(reason_name(REASON_POLICY), "policy.deny");
	CU_ASSERT_STRING_EQUAL(reason_name(REASON_N), "none");
	CU_ASSERT_STRING_EQUAL(reason_help(UINT32_MAX), reason_help(REASON_NONE));
}

UNIT_MAIN({ "a TCP segment", test_tcp }, { "type of service", test_tos }, { "a UDP datagram", test_udp },
	  { "padding is cut off", test_padding }, { "IP reasons", test_ip_reasons }, { "IPv4 reasons", test_ip4_reasons },
	  { "IPv4 options", test_ip4_options }, { "IPv6 extension headers", test_ip6_extensions },
	  { "IPv6 chains that end without ports", test_ip6_ends }, { "TCP reasons", test_tcp_reasons },
	  { "checksums", test_checksums }, { "checksums of every length", test_checksum_lengths },
	  { "TCP options", test_tcp_options }, { "UDP reasons", test_udp_reasons }, { "fragments", test_fragments },
	  { "packets cut short by the capture", test_snapped }, { "every cut, every changed octet", test_torture },
	  { "tuples", test_tuples }, { "names of reasons", test_reasons })
