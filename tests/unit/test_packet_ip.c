/* test_packet_ip.c - decoding of IPv4 and IPv6 headers, options, extension headers and fragments. */
#include "forward/packet.h"

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static void test_tos(void)
{
	struct pkt k;
	struct packet p;
	pkt_tcp_good(&k, 4);
	k.b[1] = 0xb8;
	pkt_sums(&k);
	CU_ASSERT(pkt_decode(&k, &p) == REASON_NONE && p.tos == 0xb8);
	pkt_tcp_good(&k, 6);
	k.b[0] = 0x6b;
	k.b[1] = 0x80;
	CU_ASSERT(pkt_decode(&k, &p) == REASON_NONE && p.tos == 0xb8);
}

/* Octets behind the datagram, and behind the UDP length inside it, are no payload. */
static void test_padding(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		pkt_tcp_good(&k, f);
		pkt_add(&k, "pad", 3);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.payload.len == PKT_N_TEXT && p.ip_len == k.len - 3);
		pkt_udp_good(&k, f);
		pkt_add(&k, "odd", 3);
		uint16_t sum = (uint16_t)(k.b[k.l4 + 6] << 8 | k.b[k.l4 + 7]);
		pkt_finish(&k); /* its checksum covers too much: put the right one back */
		pkt_put16(k.b + k.l4 + 6, sum);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.payload.len == PKT_N_TEXT && p.ip_len == k.len);
	}
}

static void test_ip_reasons(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		uint32_t header = f == 4 ? 20 : 40;
		pkt_tcp_good(&k, f);
		bad = k;
		for (bad.len = 0; bad.len < header; bad.len++)
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_IP_SHORT);
		for (unsigned version = 0; version < 16; version++) {
			bad = k;
			bad.b[0] = (uint8_t)(version << 4 | (k.b[0] & 15));
			enum reason r = pkt_reason(&bad);
			CU_ASSERT(version == 4 || version == 6 || r == REASON_IP_VERSION);
		}
		bad = k;
		pkt_put16(bad.b + (f == 4 ? 2 : 4), f == 4 ? k.len + 1 : k.len - 39);
		pkt_sums(&bad);
		CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_IP_TOTAL_LEN);
	}
}

static void test_ip4_reasons(void)
{
	struct pkt k, bad;
	pkt_tcp_good(&k, 4);
	for (uint8_t words = 0; words < 5; words++) {
		bad = k;
		bad.b[0] = 0x40 | words;
		CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_IP_HEADER_LEN);
	}
	bad = k;
	bad.b[0] = 0x4f;
	bad.len = 59;
	CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_IP_HEADER_LEN);
	bad = k;
	pkt_put16(bad.b + 2, 19);
	pkt_sums(&bad);
	CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_IP_TOTAL_LEN);
	for (unsigned i = 1; i < 20; i++) {
		bad = k;
		bad.b[i] ^= 0x01;
		enum reason r = pkt_reason(&bad);
		CU_ASSERT(r == REASON_IP_CHECKSUM || ((i == 2 || i == 3) && r == REASON_IP_TOTAL_LEN));
	}
	/* Total length 0: the card was to cut it into segments. */
	struct packet p;
	bad = k;
	pkt_put16(bad.b + 2, 0);
	pkt_sums(&bad);
	CU_ASSERT_EQUAL(pkt_decode(&bad, &p), REASON_NONE);
	CU_ASSERT(p.ip_len == k.len && p.payload.len == PKT_N_TEXT);
}

static enum reason with_ip_opts(const uint8_t *opts)
{
	struct pkt k;
	pkt_ip_opts(&k, 4, (const char *const[2]){ "10.1.0.2", "10.2.0.2" }, 17, opts, 8);
	pkt_udp(&k, 1024, 53, pkt_text, PKT_N_TEXT);
	pkt_finish(&k);
	return pkt_reason(&k);
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
	pkt_udp(&k, 1024, 53, pkt_text, PKT_N_TEXT);
	pkt_add(&k, "!!!!!!!", 7); /* a multiple of 8 for the fragments */
	pkt_finish(&k);
	pkt_put16(k.b + k.l4 + 4, k.len - k.l4);
	pkt_sums(&k);
	enum reason r = pkt_decode(&k, p);
	CU_ASSERT(r != REASON_NONE || p->fragment || (p->tuple.sport == 1024 && p->payload.len == PKT_N_TEXT + 7));
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

/* With a home address or a route still to go the transport checksum covers addresses that are not looked up. */
static void test_ip6_other_ends(void)
{
	const struct ext rows[] = { { 60, home, 24 }, { 43, route_left, 8 }, { 60, padn, 8 }, { 43, route, 8 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pkt k;
		pkt_flow(&k, 6, false, 17);
		pkt_ext(&k, rows[i].type, rows[i].body, rows[i].n);
		pkt_udp(&k, 1024, 53, pkt_text, PKT_N_TEXT);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
		k.b[k.len - 1] ^= 1;
		CU_ASSERT_EQUAL(pkt_reason(&k), i < 2 ? REASON_NONE : REASON_UDP_CHECKSUM);
	}
}

static void test_ip6_ends(void)
{
	static const uint8_t ends[] = { 59, 50, 89, 103 };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct pkt k;
		struct packet p;
		pkt_flow(&k, 6, false, ends[i]);
		pkt_ext(&k, 60, padn, 8);
		pkt_add(&k, pkt_text, PKT_N_TEXT);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.tuple.proto == ends[i] && p.tuple.sport == 0 && p.tuple.dport == 0 && p.payload.len == PKT_N_TEXT);
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
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		/* The first: ports, though its TCP header is not whole. */
		fragment(&k, f, 0, true, 8);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tuple.sport == 0x1122 && p.tuple.dport == 0x3344 && p.payload.len == 0 &&
			  p.tcp.flags == 0);
		/* One with a whole header, that needs no right checksum. */
		struct pkt whole;
		pkt_flow(&whole, f, false, 6);
		if (f == 6)
			pkt_ext(&whole, 44, frag_first, 8);
		pkt_tcp(&whole, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK, .data = "abcd", .n_data = 4 });
		if (f == 4)
			pkt_put16(whole.b + 6, 0x2000);
		pkt_finish(&whole);
		whole.b[whole.len - 1] ^= 1;
		CU_ASSERT_EQUAL(pkt_decode(&whole, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tcp.flags == TCP_ACK && p.payload.len == 4);
		whole.b[whole.l4 + 12] = 0x40; /* wrong at once, whatever follows */
		CU_ASSERT_EQUAL(pkt_decode(&whole, &p), REASON_TCP_HEADER);
		/* Later ones: no ports, no payload. */
		fragment(&k, f, 1, true, 16);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tuple.sport == 0 && p.tuple.dport == 0 && p.payload.len == 0 && p.l4.len == 16);
		CU_ASSERT(p.frag.from == 8 && p.frag.more && p.frag.wire_len == 16 && p.frag.octets.len == 16 &&
			  p.frag.head == (f == 4 ? 20 : 40) && p.frag.id == 0 && (f == 4 || p.frag.next_at == 6));
		fragment(&k, f, 1, false, 15);
		CU_ASSERT(pkt_decode(&k, &p) == REASON_NONE && p.fragment && p.tuple.proto == 6);
		/* An odd length before the last; past the end of any datagram. */
		fragment(&k, f, 0, true, 15);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_IP_TOTAL_LEN);
		const unsigned most = f == 4 ? UINT16_MAX - 20 : UINT16_MAX;
		fragment(&k, f, most / 8, false, most % 8);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
		fragment(&k, f, most / 8, false, most % 8 + 1);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_IP_TOTAL_LEN);
	}
	struct packet p;
	const struct ext later = { 44, frag_later, 8 };
	CU_ASSERT(with_exts(&later, 1, &p) == REASON_NONE && p.fragment && p.tuple.sport == 0);
}

UNIT_MAIN({ "type of service", test_tos }, { "padding is cut off", test_padding }, { "reasons of both versions", test_ip_reasons },
	  { "IPv4 reasons", test_ip4_reasons }, { "IPv4 options", test_ip4_options },
	  { "IPv6 extension headers", test_ip6_extensions }, { "IPv6 with other ends", test_ip6_other_ends },
	  { "IPv6 chains that end without ports", test_ip6_ends },
	  { "fragments", test_fragments })
