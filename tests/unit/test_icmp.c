/* test_icmp.c - ICMP and ICMPv6: queries as flows, errors by what they quote. */
#include <stdlib.h>

#include "forward/packet.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static uint8_t proto_of(int family)
{
	return family == 4 ? IPPROTO_ICMP_ : IPPROTO_ICMP6_;
}

static void message(struct pkt *k, int family, uint8_t type, uint8_t code, uint32_t rest, struct span data)
{
	pkt_flow(k, family, false, proto_of(family));
	pkt_icmp(k, type, code, rest, data.p, data.len);
	pkt_finish(k);
}

static enum reason decode(const struct pkt *k, struct packet *p)
{
	*p = pkt_packet(k);
	return packet_decode(p);
}

static void test_echo(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k;
		struct packet p;
		uint8_t request = f == 4 ? 8 : 128, reply = f == 4 ? 0 : 129;
		message(&k, f, request, 0, 2019u << 16 | 1, span_of("abcdefg", 7));
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.icmp_type == request && p.icmp_code == 0 && !p.icmp_error);
		CU_ASSERT(p.tuple.sport == 2019 && p.tuple.dport == request << 8);
		CU_ASSERT(p.payload.len == 7 && p.payload_wire == 7);
		struct tuple r = tuple_reverse(&p.tuple);
		CU_ASSERT(r.sport == 2019 && r.dport == reply << 8);
		struct tuple back = tuple_reverse(&r);
		CU_ASSERT(tuple_equal(&back, &p.tuple));
	}
}

static void test_answers(void)
{
	static const struct {
		int family;
		uint8_t type, answer;
	} rows[] = {
		{ 4, 8, 0 }, { 4, 13, 14 }, { 4, 15, 16 }, { 4, 17, 18 }, { 6, 128, 129 }, { 6, 139, 140 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (unsigned way = 0; way < 2; way++) {
			struct pkt k;
			struct packet p;
			uint8_t type = way == 0 ? rows[i].type : rows[i].answer, answer = way == 0 ? rows[i].answer : rows[i].type;
			message(&k, rows[i].family, type, 0, 77u << 16, span_of("0123456789abcdef", 16));
			CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
			struct tuple r = tuple_reverse(&p.tuple);
			CU_ASSERT(p.tuple.sport == 77 && r.sport == 77 && r.dport == answer << 8 && !p.icmp_error);
		}
	}
	/* A message without an answer: ends swapped, the type stays, octets 4 and 5 are no identifier. */
	struct pkt k;
	struct packet p;
	message(&k, 4, 9, 16, 0x01020304, span_of(NULL, 0));
	CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
	struct tuple r = tuple_reverse(&p.tuple);
	CU_ASSERT(p.tuple.sport == 0 && p.tuple.dport == (9 << 8 | 16) && r.dport == p.tuple.dport);
	CU_ASSERT(memcmp(&r.src, &p.tuple.dst, sizeof(r.src)) == 0);
}

static void test_reasons(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k, bad;
		struct packet p;
		message(&k, f, f == 4 ? 8 : 128, 0, 0, span_of("abc", 3));
		for (uint32_t n = 0; n < 8; n++) {
			bad = k;
			bad.len = k.l4 + n;
			pkt_finish(&bad);
			CU_ASSERT_EQUAL(decode(&bad, &p), REASON_ICMP_HEADER);
		}
		for (uint32_t at = k.l4; at < k.len; at++) {
			bad = k;
			bad.b[at] ^= 4;
			CU_ASSERT_EQUAL(decode(&bad, &p), REASON_ICMP_CHECKSUM);
		}
		p = pkt_packet(&bad);
		p.csum_lenient = true;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum);
		p = pkt_packet(&bad);
		p.csum_ready = false;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum);
	}
	/* ICMPv6 has messages of six octets (RFC 6550 6.2), ICMP has not. */
	struct pkt k;
	struct packet p;
	message(&k, 6, 155, 0, 0, span_of(NULL, 0));
	k.len = k.l4 + 6;
	pkt_finish(&k);
	CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
	CU_ASSERT_EQUAL(p.payload.len, 2);
	k.len = k.l4 + 3;
	pkt_finish(&k);
	CU_ASSERT_EQUAL(decode(&k, &p), REASON_ICMP_HEADER);
}

/* ICMPv6's checksum covers the addresses, ICMP's does not. */
static void test_pseudo_header(void)
{
	struct pkt k;
	struct packet p;
	message(&k, 6, 128, 0, 0, span_of("abc", 3));
	k.b[23] ^= 1;
	CU_ASSERT_EQUAL(decode(&k, &p), REASON_ICMP_CHECKSUM);
}

/* ICMP's number in the other IP version is just some protocol. */
static void test_wrong_family(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k;
		struct packet p;
		pkt_flow(&k, f, false, proto_of(10 - f));
		pkt_icmp(&k, f == 4 ? 1 : 3, 0, 0, "abc", 3);
		pkt_finish(&k);
		k.b[k.len - 1] ^= 1;
		CU_ASSERT_EQUAL(decode(&k, &p), REASON_NONE);
		CU_ASSERT(!p.icmp_error && p.tuple.sport == 0 && p.tuple.dport == 0 && p.payload.len == 11);
		struct tuple r = tuple_reverse(&p.tuple), back = tuple_reverse(&r);
		CU_ASSERT(tuple_equal(&back, &p.tuple));
	}
}

/* The packet that errors quote: client to server. */
static void quoted(struct pkt *q, int family, uint8_t proto)
{
	pkt_flow(q, family, false, proto);
	if (proto == IPPROTO_TCP_)
		pkt_tcp(q, &(struct pkt_tcp){ .sport = 57218, .dport = 102, .flags = TCP_ACK, .data = "data", .n_data = 4 });
	else if (proto == IPPROTO_UDP_)
		pkt_udp(q, 57218, 102, "data", 4);
	else
		pkt_icmp(q, family == 4 ? 8 : 128, 0, 2019u << 16, "data", 4);
	pkt_finish(q);
}

static enum reason error_with(struct pkt *k, int family, uint8_t type, const void *quote, size_t n, struct packet *p)
{
	pkt_flow(k, family, true, proto_of(family));
	pkt_icmp(k, type, 1, 0, quote, n);
	pkt_finish(k);
	return decode(k, p);
}

static void test_errors(void)
{
	static const uint8_t protos[] = { IPPROTO_TCP_, IPPROTO_UDP_, IPPROTO_ICMP_ };
	for (int f = 4; f <= 6; f += 2) {
		for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
			struct pkt q, k;
			struct packet inner, p;
			quoted(&q, f, protos[i] == IPPROTO_ICMP_ ? proto_of(f) : protos[i]);
			CU_ASSERT_EQUAL(decode(&q, &inner), REASON_NONE);
			for (unsigned type = 0; type < 256; type++) {
				bool error = f == 4 ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12
						    : type >= 1 && type <= 4;
				CU_ASSERT_EQUAL(error_with(&k, f, (uint8_t)type, q.b, q.l4 + 8, &p), REASON_NONE);
				CU_ASSERT_EQUAL(p.icmp_error, error);
				CU_ASSERT(p.tuple.dport == (type << 8 | 1));
				CU_ASSERT(error ? tuple_equal(&p.quoted, &inner.tuple) : p.quoted.family == 0);
			}
		}
	}
}

/* Quotes of no use: still errors, of no session. */
static void test_bad_quotes(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt q, other, k;
		struct packet p;
		uint8_t type = f == 4 ? 3 : 1;
		quoted(&q, f, IPPROTO_TCP_);
		for (size_t n = 0; n <= q.len; n++) {
			CU_ASSERT_EQUAL(error_with(&k, f, type, q.b, n, &p), REASON_NONE);
			CU_ASSERT(p.icmp_error && (p.quoted.family == f) == (n >= q.l4 + 8));
		}
		quoted(&other, 10 - f, IPPROTO_TCP_);
		CU_ASSERT_EQUAL(error_with(&k, f, type, other.b, other.len, &p), REASON_NONE);
		CU_ASSERT(p.icmp_error && p.quoted.family == 0);
		if (f == 4) {
			pkt_put16(q.b + 6, 1); /* a later fragment has no ports to go by */
		} else {
			pkt_flow(&q, 6, false, IPPROTO_TCP_);
			pkt_ext(&q, 44, (const uint8_t[7]){ 0, 0, 8 }, 8);
			pkt_zero(&q, 24);
		}
		CU_ASSERT_EQUAL(error_with(&k, f, type, q.b, q.len, &p), REASON_NONE);
		CU_ASSERT(p.icmp_error && p.quoted.family == 0);
	}
	/* What routers on the way changed in the quote does not count: length, checksum. */
	struct pkt q, k;
	struct packet p;
	quoted(&q, 4, IPPROTO_UDP_);
	pkt_put16(q.b + 2, 9999);
	q.b[8] = 1;
	CU_ASSERT_EQUAL(error_with(&k, 4, 11, q.b, q.l4 + 8, &p), REASON_NONE);
	CU_ASSERT(p.quoted.family == 4 && p.quoted.dport == 102);
}

/* Exactly len octets on the heap, so that a read past them is seen. */
static enum reason decode_exact(const struct pkt *k, uint32_t len, struct packet *p)
{
	uint8_t *heap = malloc(len + 1);
	memcpy(heap + 1, k->b, len);
	*p = (struct packet){ .data = heap + 1, .len = len, .wire_len = k->len };
	enum reason r = packet_decode(p);
	free(heap);
	return r;
}

static void test_torture(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt q, k;
		struct packet p;
		quoted(&q, f, f == 4 ? IPPROTO_ICMP_ : IPPROTO_UDP_);
		CU_ASSERT_EQUAL(error_with(&k, f, f == 4 ? 3 : 1, q.b, q.len, &p), REASON_NONE);
		for (uint32_t n = 0; n <= k.len; n++) {
			enum reason r = decode_exact(&k, n, &p);
			CU_ASSERT((r == REASON_NONE) == (n >= k.l4 + 8));
			CU_ASSERT(r != REASON_NONE || p.truncated == (n < k.len));
		}
		for (uint32_t i = k.l4; i < k.len; i++) {
			struct pkt bad = k;
			for (unsigned v = 1; v < 256; v++) {
				bad.b[i] = (uint8_t)(k.b[i] ^ v);
				CU_ASSERT_EQUAL(decode_exact(&bad, k.len, &p), REASON_NONE);
				CU_ASSERT_EQUAL(decode_exact(&bad, k.len - v % 16, &p), REASON_NONE);
			}
		}
	}
}

UNIT_MAIN({ "echo", test_echo }, { "queries and their answers", test_answers }, { "reasons", test_reasons },
	  { "pseudo header", test_pseudo_header }, { "the other family's number", test_wrong_family },
	  { "errors quote a tuple", test_errors }, { "useless quotes", test_bad_quotes },
	  { "every cut, every changed octet", test_torture })
