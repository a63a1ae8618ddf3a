/* test_packet_gre.c - GRE: every set of flags of every version, the checksum, PPTP's lengths. */
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

enum { CSUM = 0x8000, KEY = 0x2000, SEQ = 0x1000, ACK1 = 0x0080, ETHER = 0x6558, PPP = 0x880b };

static void gre_sum(struct pkt *k)
{
	uint8_t *at = k->b + k->l4 + 4;
	pkt_put16(at, 0);
	pkt_put16(at, ~pkt_sum(0, k->b + k->l4, k->len - k->l4) & 0xffff);
}

/* rest: the octets behind flags and protocol. */
static void build(struct pkt *k, int family, unsigned flags, unsigned protocol, const void *rest, size_t n)
{
	uint8_t h[4];
	pkt_flow(k, family, false, IPPROTO_GRE_);
	pkt_put16(h, flags);
	pkt_put16(h + 2, protocol);
	pkt_add(k, h, sizeof(h));
	pkt_add(k, rest, n);
	pkt_finish(k);
	if ((flags & (CSUM | 7)) == CSUM && n >= 4)
		gre_sum(k);
}

/* RFC 2784 2, 2890 2, 2637 4.1, said once more. */
static bool flags_good(unsigned flags)
{
	const unsigned version = flags & 7;
	if (version == 0)
		return (flags & 0x4c00) == 0;
	return version == 1 && (flags & 0xcf78) == 0 && (flags & KEY) != 0;
}

static size_t header_of(unsigned flags)
{
	size_t n = 4;
	n += (flags & CSUM) != 0 ? 4 : 0;
	n += (flags & KEY) != 0 ? 4 : 0;
	n += (flags & SEQ) != 0 ? 4 : 0;
	return n + ((flags & 7) == 1 && (flags & ACK1) != 0 ? 4 : 0);
}

static void test_flags(void)
{
	static const uint8_t rest[24] = { 0 };
	for (unsigned flags = 0; flags <= UINT16_MAX; flags++) {
		struct pkt k;
		struct packet p;
		build(&k, (flags & 1) != 0 ? 4 : 6, flags, ETHER, rest, sizeof(rest));
		const bool good = flags_good(flags);
		CU_ASSERT_EQUAL(pkt_decode(&k, &p), good ? REASON_NONE : REASON_GRE_HEADER);
		if (good)
			CU_ASSERT(p.payload.len == 28 - header_of(flags) && p.payload_wire == p.payload.len);
	}
}

static void test_short(void)
{
	static const uint8_t rest[16] = { 0 };
	static const unsigned sets[] = { 0, CSUM, KEY, SEQ, CSUM | KEY | SEQ, KEY | 1, KEY | SEQ | 1, KEY | SEQ | ACK1 | 1 };
	PKT_EACH_FAMILY(f) {
		for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
			for (uint32_t n = 0; n < 20; n++) {
				struct pkt k;
				build(&k, f, sets[i], (sets[i] & 7) != 0 ? PPP : ETHER, rest, sizeof(rest));
				k.len = k.l4 + n;
				pkt_finish(&k);
				if ((sets[i] & CSUM) != 0 && n >= 8)
					gre_sum(&k);
				CU_ASSERT_EQUAL(pkt_reason(&k), n >= header_of(sets[i]) ? REASON_NONE : REASON_GRE_HEADER);
			}
		}
	}
}

static void test_checksum(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k, bad;
		struct packet p;
		build(&k, f, CSUM | SEQ, ETHER, "\0\0\0\0\0\0\0\1an odd number of", 24);
		CU_ASSERT_EQUAL(pkt_reason(&k), REASON_NONE);
		for (uint32_t bit = (k.l4 + 2) * 8; bit < k.len * 8; bit++) {
			bad = k;
			bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CU_ASSERT_EQUAL(pkt_reason(&bad), REASON_GRE_CHECKSUM);
		}
		bad = k;
		bad.b[k.len - 1] ^= 1;
		p = pkt_packet(&bad);
		p.csum_lenient = true;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && p.bad_csum);
		p = pkt_packet(&bad);
		p.csum_ready = false;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum);
		p = pkt_packet(&bad);
		p.len--;
		CU_ASSERT(packet_decode(&p) == REASON_NONE && !p.bad_csum && p.truncated);
	}
}

/* Of the payload: its length in the header, that of the packet, with or without a number. */
static void test_pptp(void)
{
	PKT_EACH_FAMILY(f) {
		for (unsigned i = 0; i < 16; i++) {
			const unsigned seq = (i & 1) != 0 ? SEQ : 0, said = (i & 2) != 0 ? 5 : 0, there = (i & 4) != 0 ? 5 : 4;
			const unsigned protocol = (i & 8) != 0 ? PPP : 0x6400; /* others have their own rules */
			uint8_t rest[20] = { 0, (uint8_t)said, 0, 1 };
			struct pkt k;
			build(&k, f, KEY | seq | 1, protocol, rest, (seq != 0 ? 8u : 4u) + there);
			const bool good = protocol != PPP || said == 0 || (seq != 0 && there == 5);
			CU_ASSERT_EQUAL(pkt_reason(&k), good ? REASON_NONE : REASON_GRE_HEADER);
		}
	}
}

/* Of a fragment only what is there can be wrong. */
static void test_fragment(void)
{
	static const uint8_t first[7] = { 0, 0, 1, 0, 0, 0, 1 };
	static const struct {
		uint8_t octets[8];
		enum reason why;
	} rows[] = {
		{ { 0x80, 0, 0x65, 0x58, 1, 2, 3, 4 }, REASON_NONE },         /* a checksum that covers more */
		{ { 0xb0, 0, 0x65, 0x58, 1, 2, 3, 4 }, REASON_NONE },         /* a header that goes on */
		{ { 0x30, 1, 0x88, 0x0b, 2, 0, 3, 4 }, REASON_NONE },         /* a length of the whole */
		{ { 0x40, 0, 0x65, 0x58, 1, 2, 3, 4 }, REASON_GRE_HEADER },
		{ { 0x00, 2, 0x65, 0x58, 1, 2, 3, 4 }, REASON_GRE_HEADER },
	};
	PKT_EACH_FAMILY(f) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct pkt k;
			pkt_flow(&k, f, false, IPPROTO_GRE_);
			if (f == 6)
				pkt_ext(&k, 44, first, 8);
			else
				k.b[6] = 0x20;
			pkt_add(&k, rows[i].octets, 8);
			pkt_finish(&k);
			CU_ASSERT_EQUAL(pkt_reason(&k), rows[i].why);
		}
	}
}

UNIT_MAIN({ "flags and versions", test_flags }, { "headers cut short", test_short }, { "the checksum", test_checksum },
	  { "PPTP's lengths", test_pptp }, { "fragments", test_fragment })
