/* test_packet.c - decoding of TCP and UDP: every reason, every cut, every changed octet of whole packets. */
#include "forward/packet.h"

#include <stdlib.h>

#include "forward/csum.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

/* SYN options as hosts send them: MSS 1460, SACK permitted, timestamps, NOP, window scale 7. */
static const uint8_t syn_opts[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7 };

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
	struct packet p = {
		.data = len != 0 ? heap : NULL, .len = len, .wire_len = wire, .csum_ready = !lenient, .csum_lenient = lenient
	};
	enum reason r = packet_decode(&p);
	if (r == REASON_NONE)
		CU_ASSERT(sane(&p));
	free(heap);
	return r;
}

static void test_tcp(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		pkt_tcp_good(&k, f);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
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
		CU_ASSERT_EQUAL(p.payload_wire, PKT_N_TEXT);
		CU_ASSERT(p.payload.len == PKT_N_TEXT && memcmp(p.payload.p, pkt_text, PKT_N_TEXT) == 0);
		CU_ASSERT(!p.fragment && !p.icmp_error && !p.bad_csum && !p.truncated);
		char t[ADDR_TEXT];
		CU_ASSERT_STRING_EQUAL(addr_text(&p.tuple.src, (uint8_t)f, t), f == 4 ? "10.1.0.2" : "2001:db8:1::2");
		CU_ASSERT_STRING_EQUAL(addr_text(&p.tuple.dst, (uint8_t)f, t), f == 4 ? "10.2.0.2" : "2001:db8:2::2");
	}
}

static void test_udp(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		pkt_udp_good(&k, f);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.tuple.sport == 1024 && p.tuple.dport == 53 && p.payload.len == PKT_N_TEXT);
		pkt_put16(k.b + k.l4 + 6, 0); /* sent without a checksum */
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(!p.bad_csum);
	}
}

static void test_tcp_reasons(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		pkt_tcp_good(&k, f);
		for (uint32_t n = 0; n < 20; n++) {
			bad = k;
			bad.len = k.l4 + n;
			pkt_finish(&bad);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_TCP_HEADER);
		}
		for (unsigned words = 0; words < 16; words++) {
			bad = k;
			bad.b[k.l4 + 12] = (uint8_t)(words << 4);
			pkt_sums(&bad);
			bool fits = words >= 5 && words * 4 <= 20 + PKT_N_TEXT;
			CU_ASSERT((pkt_reason(&bad) == REASON_TCP_HEADER) == !fits);
		}
		bad = k;
		bad.b[k.l4 + 13] = TCP_SYN | TCP_FIN;
		pkt_sums(&bad);
		CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_TCP_FLAGS);
		bad = k;
		bad.b[k.len - 1] ^= 1;
		CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_TCP_CHECKSUM);
	}
}

/* A checksum covers the transport part and the addresses: any bit of them counts. */
static void test_checksums(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		struct packet p;
		for (unsigned udp = 0; udp < 2; udp++) {
			enum reason want = udp != 0 ? REASON_UDP_CHECKSUM : REASON_TCP_CHECKSUM;
			(udp != 0 ? pkt_udp_good : pkt_tcp_good)(&k, f);
			bad = k;
			bad.b[f == 4 ? 15 : 23] ^= 1; /* source address */
			if (f == 4) {
				uint8_t sum[2] = { k.b[k.l4 + pkt_sum_at(&k)], k.b[k.l4 + pkt_sum_at(&k) + 1] };
				pkt_sums(&bad);
				memcpy(bad.b + k.l4 + pkt_sum_at(&k), sum, 2);
			}
			CU_ASSERT_EQUAL(pkt_reason(&bad), want);
			bad = k;
			bad.b[k.len - 1] ^= 0x80;
			p = pkt_packet(&bad);
			p.csum_ready = false;
			CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum);
			p = pkt_packet(&bad);
			p.csum_lenient = true;
			CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum && p.payload.len == PKT_N_TEXT);
			p = pkt_packet(&bad);
			p.len--; /* the capture has not all of what is summed */
			CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum && p.truncated);
		}
	}
	struct pkt k;
	pkt_tcp_good(&k, 4);
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
	PKT_EACH_FAMILY(f) {
		for (size_t n = 0; n <= sizeof(data); n++) {
			struct pkt k;
			struct packet p =
				pkt_segment(&k, f, false, &(struct pkt_tcp){ .flags = TCP_ACK, .data = data, .n_data = n });
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
			pkt_flow(&k, f, false, 17);
			pkt_udp(&k, 1, 2, data, n);
			pkt_finish(&k);
			CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
			k.b[k.len - 1] ^= 0x10;
			CU_ASSERT_EQUAL(pkt_reason(&k), REASON_UDP_CHECKSUM);
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
		{ 2, 3 }, { 2, 5 }, { 3, 2 }, { 3, 4 }, { 4, 3 }, { 8, 9 }, { 8, 11 }, { 5, 3 }, { 5, 9 }, { 5, 11 },
		{ 99, 0 }, { 99, 1 }, { 99, 13 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 99 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 99, 3 },
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(with_tcp_opts(bad[i], 12, TCP_ACK, &p), REASON_TCP_OPTIONS);
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[12]){ 5, 10 }, 12, TCP_ACK, &p), REASON_NONE);
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[4]){ 1, 1, 5, 2 }, 4, TCP_ACK, &p), REASON_NONE); /* no block */
	CU_ASSERT_EQUAL(with_tcp_opts((const uint8_t[12]){ 99, 12 }, 12, TCP_ACK, &p), REASON_NONE);
	struct pkt k;
	p = pkt_segment(&k, 6, false, &(struct pkt_tcp){ .flags = TCP_ACK, .opts = bad[0], .n_opts = 12 });
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_TCP_OPTIONS);
}

/* Signatures and cookies: each length that there is, and what is read of them. */
static void test_tcp_signed(void)
{
	static const struct {
		uint8_t kind, min, max, unit;
	} rows[] = { { 19, 18, 18, 1 }, { 29, 4, 40, 1 }, { 34, 2, 18, 2 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (unsigned len = 2; len <= 40; len++) {
			const uint8_t opts[40] = { rows[i].kind, (uint8_t)len };
			const bool good = len >= rows[i].min && len <= rows[i].max && (len - 2) % rows[i].unit == 0;
			const bool cookie = rows[i].kind == 34;
			struct packet p;
			CU_ASSERT_EQUAL(with_tcp_opts(opts, 40, TCP_SYN, &p), good ? REASON_NONE : REASON_TCP_OPTIONS);
			if (good)
				CU_ASSERT(p.tcp.md5 == !cookie && p.tcp.cookie == (cookie && len > 2));
			CU_ASSERT_EQUAL(with_tcp_opts(opts, 40, TCP_ACK, &p), good ? REASON_NONE : REASON_TCP_OPTIONS);
			if (good)
				CU_ASSERT(p.tcp.md5 == !cookie && !p.tcp.cookie);
		}
	}
}

static void test_udp_reasons(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		pkt_udp_good(&k, f);
		for (uint32_t n = 0; n < 8; n++) {
			bad = k;
			bad.len = k.l4 + n;
			pkt_finish(&bad);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_UDP_HEADER);
		}
		static const uint16_t lens[] = { 0, 1, 7, 8 + PKT_N_TEXT + 1, 65535 };
		for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
			bad = k;
			pkt_put16(bad.b + k.l4 + 4, lens[i]);
			pkt_sums(&bad);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_UDP_HEADER);
		}
	}
}

static void test_snapped(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		pkt_tcp_good(&k, f);
		p = pkt_packet(&k);
		p.len = k.len - 5;
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(p.truncated && p.payload.len == PKT_N_TEXT - 5 && p.payload_wire == PKT_N_TEXT && p.ip_len == k.len);
		/* Inside the options: those that are there count. */
		p = pkt_segment(&k, f, false, &(struct pkt_tcp){ .flags = TCP_SYN, .opts = syn_opts, .n_opts = sizeof(syn_opts) });
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
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		pkt_tcp_good(&k, f);
		torture(&k);
		pkt_udp_good(&k, f);
		torture(&k);
		(void)pkt_segment(&k, f, false,
				  &(struct pkt_tcp){ .flags = TCP_SYN, .opts = syn_opts, .n_opts = sizeof(syn_opts) });
		torture(&k);
	}
	static const uint8_t opts[8] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	struct pkt k;
	pkt_ip_opts(&k, 4, (const char *const[2]){ "10.1.0.2", "10.2.0.2" }, 6, opts, sizeof(opts));
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK });
	pkt_finish(&k);
	torture(&k);
	pkt_flow(&k, 6, false, 6);
	static const uint8_t padn[7] = { 0, 1, 4 }, route[7] = { 0, 4, 0 }, atomic[7] = { 0 }, ah[11] = { 1 };
	pkt_ext(&k, 0, padn, 8);
	pkt_ext(&k, 43, route, 8);
	pkt_ext(&k, 44, atomic, 8);
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
	pkt_tcp_good(&k, 4);
	CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
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

UNIT_MAIN({ "a TCP segment", test_tcp }, { "a UDP datagram", test_udp }, { "TCP reasons", test_tcp_reasons },
	  { "checksums", test_checksums }, { "checksums of every length", test_checksum_lengths },
	  { "TCP options", test_tcp_options }, { "signatures and cookies", test_tcp_signed },
	  { "UDP reasons", test_udp_reasons },
	  { "packets cut short by the capture", test_snapped }, { "every cut, every changed octet", test_torture },
	  { "tuples", test_tuples }, { "names of reasons", test_reasons })
