/* test_packet_sctp.c - SCTP: ports, verification tags, the checksum against one made bit by bit, the form of chunks. */
#include <stdlib.h>

#include "forward/crc32c.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

/* Bit by bit, on purpose unlike forward/crc32c.c. */
static uint32_t crc_slow(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < n * 8; i++) {
		const uint32_t bit = (crc ^ (uint32_t)p[i / 8] >> i % 8) & 1;
		crc = crc >> 1 ^ (bit != 0 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void sctp_sum(struct pkt *k)
{
	if (k->len < k->l4 + 12)
		return;
	memset(k->b + k->l4 + 8, 0, 4);
	const uint32_t crc = crc_slow(k->b + k->l4, k->len - k->l4);
	for (unsigned i = 0; i < 4; i++)
		k->b[k->l4 + 8 + i] = (uint8_t)(crc >> 8 * i);
}

static void finish(struct pkt *k)
{
	pkt_finish(k);
	sctp_sum(k);
}

/* A packet of ports 2905 and 2906 with a tag and chunks. */
static void build(struct pkt *k, int family, uint32_t tag, const uint8_t *chunks, size_t n)
{
	uint8_t h[12] = { 0x0b, 0x59, 0x0b, 0x5a };
	pkt_flow(k, family, false, IPPROTO_SCTP_);
	pkt_put32(h + 4, tag);
	pkt_add(k, h, sizeof(h));
	pkt_add(k, chunks, n);
	finish(k);
}

static const uint8_t init[20] = { 1, 0, 0, 20, 1, 2, 3, 4, 0, 1, 0, 0, 0, 10, 0, 10, 0, 0, 0, 1 };
static const uint8_t data[20] = { 0, 3, 0, 19, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c' };

static void test_good(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		build(&k, f, 7, data, sizeof(data));
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.tuple.proto == IPPROTO_SCTP_ && p.tuple.sport == 2905 && p.tuple.dport == 2906 && !p.bad_csum);
		CU_ASSERT(p.payload.len == sizeof(data) && p.payload_wire == sizeof(data));
		CU_ASSERT(memcmp(p.payload.p, data, sizeof(data)) == 0);
		const struct tuple back = tuple_reverse(&p.tuple);
		CU_ASSERT(back.sport == 2906 && back.dport == 2905);
		build(&k, f, 0, init, sizeof(init));
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
	}
}

/* Tag, chunks, and why not. Type, flags, length; what follows is 0 but for tags. */
static const struct chunk_case {
	uint32_t tag;
	uint8_t n;
	uint8_t chunks[48];
	enum reason why;
} chunk_cases[] = {
	{ 0, 20, { 1, 0, 0, 20, 0, 0, 0, 1 }, REASON_NONE },
	{ 9, 20, { 1, 0, 0, 20, 0, 0, 0, 1 }, REASON_SCTP_HEADER },          /* INIT: tag 0, and only it */
	{ 0, 20, { 2, 0, 0, 20, 0, 0, 0, 1 }, REASON_SCTP_HEADER },
	{ 0, 16, { 0, 0, 0, 16 }, REASON_SCTP_HEADER },
	{ 0, 4, { 6, 0, 0, 4 }, REASON_SCTP_HEADER },
	{ 9, 20, { 2, 0, 0, 20, 0, 0, 0, 1 }, REASON_NONE },
	{ 0, 20, { 1, 0, 0, 20, 0, 0, 0, 0 }, REASON_SCTP_CHUNK },           /* Initiate Tag 0 */
	{ 9, 20, { 2, 0, 0, 20, 0, 0, 0, 0 }, REASON_SCTP_CHUNK },
	{ 0, 16, { 1, 0, 0, 16, 0, 0, 0, 1 }, REASON_SCTP_CHUNK },           /* shorter than its form */
	{ 9, 16, { 2, 0, 0, 16, 0, 0, 0, 1 }, REASON_SCTP_CHUNK },
	{ 9, 12, { 0, 0, 0, 12 }, REASON_SCTP_CHUNK },
	{ 9, 12, { 3, 0, 0, 12 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 7, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 15, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 16, { 64, 0, 0, 16 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 128, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 192, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 193, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 194, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 16, { 0, 0, 0, 16 }, REASON_NONE },
	{ 9, 16, { 3, 0, 0, 16 }, REASON_NONE },
	{ 9, 8, { 7, 0, 0, 8 }, REASON_NONE },
	{ 9, 4, { 14, 1, 0, 4 }, REASON_NONE },
	{ 9, 4, { 250, 0, 0, 4 }, REASON_NONE },                             /* unknown to us */
	{ 9, 4, { 250, 0, 0, 3 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 250, 0, 0, 0 }, REASON_SCTP_CHUNK },
	{ 9, 4, { 250, 0, 0, 5 }, REASON_SCTP_CHUNK },                       /* past the end */
	{ 9, 4, { 250, 0, 255, 255 }, REASON_SCTP_CHUNK },
	{ 9, 0, { 0 }, REASON_SCTP_CHUNK },                                  /* none */
	{ 9, 3, { 250, 0, 0 }, REASON_SCTP_CHUNK },
	{ 9, 8, { 250, 0, 0, 5 }, REASON_NONE },                             /* padding */
	{ 9, 7, { 250, 0, 0, 5 }, REASON_SCTP_CHUNK },
	{ 9, 9, { 250, 0, 0, 5 }, REASON_SCTP_CHUNK },
	{ 9, 12, { 250, 0, 0, 5, 0, 0, 0, 0, 11, 0, 0, 4 }, REASON_NONE },
	{ 9, 12, { 250, 0, 0, 5, 0, 0, 0, 0, 11, 0, 0, 3 }, REASON_SCTP_CHUNK },
	{ 0, 24, { 1, 0, 0, 20, 0, 0, 0, 1, [20] = 11, 0, 0, 4 }, REASON_SCTP_CHUNK }, /* alone */
	{ 9, 24, { 2, 0, 0, 20, 0, 0, 0, 1, [20] = 11, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 24, { 11, 0, 0, 4, 2, 0, 0, 20, 0, 0, 0, 1 }, REASON_SCTP_CHUNK },
	{ 9, 24, { 11, 0, 0, 4, 1, 0, 0, 20, 0, 0, 0, 1 }, REASON_SCTP_CHUNK },
	{ 9, 8, { 11, 0, 0, 4, 14, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 8, { 14, 0, 0, 4, 11, 0, 0, 4 }, REASON_SCTP_CHUNK },
	{ 9, 20, { 11, 0, 0, 4, 0, 3, 0, 16 }, REASON_NONE },
};

static void test_chunks(void)
{
	PKT_EACH_FAMILY(f) {
		for (size_t i = 0; i < ARRAY_LEN(chunk_cases); i++) {
			struct pkt k;
			build(&k, f, chunk_cases[i].tag, chunk_cases[i].chunks, chunk_cases[i].n);
			CU_ASSERT_EQUAL(pkt_reason(&k), chunk_cases[i].why);
			if (pkt_reason(&k) != chunk_cases[i].why)
				printf("# row %zu: %s\n", i, reason_name(pkt_reason(&k)));
		}
	}
}

static void test_header(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		build(&k, f, 7, data, sizeof(data));
		for (uint32_t n = 0; n < 12; n++) {
			bad = k;
			bad.len = k.l4 + n;
			finish(&bad);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_SCTP_HEADER);
		}
		for (unsigned port = 0; port < 2; port++) {
			bad = k;
			pkt_put16(bad.b + k.l4 + 2 * port, 0);
			finish(&bad);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_SCTP_HEADER);
		}
	}
}

/* Any bit of it counts; a checksum that the kernel has yet to fill, or of a capture, drops nothing. */
static void test_checksum(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		build(&k, f, 7, data, sizeof(data));
		for (uint32_t bit = (k.l4 + 4) * 8; bit < k.len * 8; bit++) {
			if (bit / 8 >= k.l4 + 12 && bit / 8 < k.l4 + 16)
				continue; /* of a chunk's form, too */
			bad = k;
			bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_SCTP_CHECKSUM);
		}
		bad = k;
		bad.b[k.len - 2] ^= 1;
		struct packet p = pkt_packet(&bad);
		p.csum_ready = false;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum);
		p = pkt_packet(&bad);
		p.csum_lenient = true;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum);
		p = pkt_packet(&bad);
		p.len -= 3; /* the capture has not all of it */
		CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum && p.truncated);
		/* What is to be sent instead carries the right one. */
		const struct packet_csum c = packet_csum(span_of(bad.b, bad.len), false);
		sctp_sum(&bad);
		CU_ASSERT(c.len == 4 && c.at == bad.l4 + 8 && memcmp(bad.b + c.at, c.octets, 4) == 0);
	}
}

/* A first fragment has the header; neither its checksum nor its chunks can be told. */
static void test_fragment(void)
{
	static const uint8_t first[7] = { 0, 0, 1, 0, 0, 0, 1 };
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p;
		pkt_flow(&k, f, false, IPPROTO_SCTP_);
		if (f == 6)
			pkt_ext(&k, 44, first, 8);
		else
			k.b[6] = 0x20;
		pkt_add(&k, "\x0b\x59\x0b\x5a\0\0\0\7....\0\3\1\0", 16);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), REASON_NONE);
		CU_ASSERT(p.fragment && p.tuple.sport == 2905 && p.tuple.dport == 2906);
		k.len = k.l4 + 8;
		pkt_finish(&k);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
	}
}

/* Errors quote ports. */
static void test_quoted(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, e;
		struct packet p;
		build(&k, f, 7, data, sizeof(data));
		pkt_flow(&e, f, true, f == 4 ? 1 : 58);
		pkt_icmp(&e, f == 4 ? 3 : 1, 3, 0, k.b, k.len);
		pkt_finish(&e);
		CU_ASSERT_EQUAL(pkt_decode(&e, &p), REASON_NONE);
		CU_ASSERT(p.icmp_error && p.quoted.proto == IPPROTO_SCTP_ && p.quoted.sport == 2905 && p.quoted.dport == 2906);
	}
}

/* RFC 3720 B.4 has the sums of these; any other length against the slow one, in one piece and in two. */
static void test_crc(void)
{
	uint8_t b[300], out[4];
	memset(b, 0, 32);
	crc32c_put(crc32c(CRC32C_BEGIN, span_of(b, 32)), out);
	CU_ASSERT_EQUAL(memcmp(out, "\xaa\x36\x91\x8a", 4), 0);
	memset(b, 0xff, 32);
	crc32c_put(crc32c(CRC32C_BEGIN, span_of(b, 32)), out);
	CU_ASSERT_EQUAL(memcmp(out, "\x43\xab\xa8\x62", 4), 0);
	srand(7);
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)rand();
	for (size_t n = 0; n < sizeof(b); n++) {
		CU_ASSERT_EQUAL((uint32_t)~crc32c(CRC32C_BEGIN, span_of(b, n)), crc_slow(b, n));
		const uint32_t head = crc32c(CRC32C_BEGIN, span_of(b, n / 3));
		CU_ASSERT_EQUAL((uint32_t)~crc32c(head, span_of(b + n / 3, n - n / 3)), crc_slow(b, n));
	}
}

UNIT_MAIN({ "what is right", test_good }, { "tags and chunks", test_chunks }, { "headers", test_header },
	  { "the checksum", test_checksum }, { "fragments", test_fragment }, { "quoted in errors", test_quoted },
	  { "CRC32c", test_crc })
