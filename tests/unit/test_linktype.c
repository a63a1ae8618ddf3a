/* Link types: where IP is found behind each header, what is refused, and that no cut or change misleads. */
#include <pcap/dlt.h>
#include <stdlib.h>

#include "nfq/linktype.h"
#include "tests/unit/unit.h"

#define IP4 "4500001c000140004011000000000000" "0a000001" "12345678" "00350008"
#define IP6 "600000000008113f20010db8000000000000000000000001" "20010db8000000000000000000000002" "1234003500080000"
#define PAD "eeeeeeeeeeee"
#define MACS "020000000001" "020000000002"

struct row {
	const char *what;
	int dlt;
	const char *head;
	bool six;
	uint16_t vlan;
	bool counted;
};

static const struct row FOUND[] = {
	{ "ethernet", DLT_EN10MB, MACS "0800", false, 0, false },
	{ "ethernet ip6", DLT_EN10MB, MACS "86dd", true, 0, false },
	{ "vlan", DLT_EN10MB, MACS "8100a007" "0800", false, 7, false },
	{ "priority tag", DLT_EN10MB, MACS "8100e000" "86dd", true, 0, false },
	{ "802.1ad", DLT_EN10MB, MACS "88a80065" "810000c8" "0800", false, 101, false },
	{ "9100 and three tags", DLT_EN10MB, MACS "91000fff" "81000001" "81000002" "0800", false, 4095, false },
	{ "inner tag does not count", DLT_EN10MB, MACS "81000000" "81000009" "0800", false, 0, false },
	{ "mpls", DLT_EN10MB, MACS "8847" "00010040" "00011140", false, 0, false },
	{ "mpls upstream ip6", DLT_EN10MB, MACS "8848" "00011140", true, 0, false },
	{ "mpls pseudowire", DLT_EN10MB, MACS "8847" "00011140" "00000000" MACS "81000005" "0800", false, 5, false },
	{ "pppoe", DLT_EN10MB, MACS "8864" "1100" "0001" "001e" "0021", false, 0, true },
	{ "pppoe in a tag, ip6", DLT_EN10MB, MACS "81000003" "8864" "1100" "0001" "0032" "0057", true, 3, true },
	{ "802.3 snap", DLT_EN10MB, MACS "0024" "aaaa03" "000000" "0800", false, 0, true },
	{ "802.3 ip sap", DLT_EN10MB, MACS "001f" "060603", false, 0, true },
	{ "raw", DLT_RAW, "", false, 0, false },
	{ "raw 14", 14, "", true, 0, false },
	{ "ipv4", DLT_IPV4, "", false, 0, false },
	{ "ipv6", DLT_IPV6, "", true, 0, false },
	{ "null little", DLT_NULL, "02000000", false, 0, false },
	{ "null big", DLT_NULL, "00000002", false, 0, false },
	{ "null ip6 darwin", DLT_NULL, "1e000000", true, 0, false },
	{ "null old linux", DLT_NULL, "0f000800", false, 0, false },
	{ "loop", DLT_LOOP, "00000018", true, 0, false },
	{ "sll", DLT_LINUX_SLL, "0000" "0001" "0006" "0200000000010000" "0800", false, 0, false },
	{ "sll tag", DLT_LINUX_SLL, "0000" "0001" "0006" "0200000000010000" "8100" "0002" "86dd", true, 2, false },
	{ "sll llc", DLT_LINUX_SLL, "0000" "0001" "0006" "0200000000010000" "0004" "aaaa03" "000000" "0800", false, 0, false },
	{ "sll2", DLT_LINUX_SLL2, "0800" "0000" "00000002" "0001" "04" "06" "0200000000010000", false, 0, false },
	{ "ppp", DLT_PPP, "ff03" "0021", false, 0, false },
	{ "ppp compressed", DLT_PPP, "57", true, 0, false },
	{ "ppp mpls", DLT_PPP, "ff03" "0281" "00011140", false, 0, false },
	{ "ppp serial hdlc", DLT_PPP_SERIAL, "0f00" "0800", false, 0, false },
	{ "ppp serial ppp", DLT_PPP_SERIAL, "ff03" "0057", true, 0, false },
	{ "ppp ether", DLT_PPP_ETHER, "1100" "0001" "001e" "0021", false, 0, true },
	{ "pppd", DLT_PPP_PPPD, "01" "ff03" "0021", false, 0, false },
	{ "hdlc", DLT_C_HDLC, "8f00" "86dd", true, 0, false },
	{ "frame relay", DLT_FRELAY, "1841" "03" "cc", false, 0, false },
	{ "frame relay snap", DLT_FRELAY, "1841" "03" "00" "80" "000000" "0800", false, 0, false },
	{ "slip", DLT_SLIP, "00450000000000000000000000000000", false, 0, false },
	{ "fddi", DLT_FDDI, "50" MACS "aaaa03" "000000" "0800", false, 0, false },
	{ "fibre channel", DLT_IP_OVER_FC, "10000200000000011000020000000002" "aaaa03" "000000" "0800", false, 0, false },
	{ "rfc 1483", DLT_ATM_RFC1483, "aaaa03" "000000" "86dd", true, 0, false },
	{ "clip plain", DLT_ATM_CLIP, "", false, 0, false },
	{ "clip llc", DLT_ATM_CLIP, "aaaa03" "000000" "0800", false, 0, false },
	{ "sunatm", DLT_SUNATM, "02000005" "aaaa03" "000000" "0800", false, 0, false },
	{ "arcnet rfc 1201", DLT_ARCNET_LINUX, "01020000" "d4" "000001", false, 0, false },
	{ "enc", DLT_ENC, "02000000" "00000001" "00000000", false, 0, false },
	{ "pktap", DLT_PKTAP, "6c000000" "01000000" "01000000" "656e3000000000000000000000000000" "0000000000000000"
	  "00000000" "00000000" "00000000" "00000000" "00000000" "00000000000000000000000000000000" "00000000"
	  "00000000" "00000000000000000000000000000000" "000000000000000000000000" MACS "0800", false, 0, false },
};

static const struct row NONE[] = {
	{ "arp", DLT_EN10MB, MACS "0806", false, 0, false },
	{ "tag at the end", DLT_EN10MB, MACS "81000001" "0806", false, 0, false },
	{ "novell 802.3", DLT_EN10MB, MACS "0022" "ffff", false, 0, false },
	{ "llc, other saps", DLT_EN10MB, MACS "0022" "424203", false, 0, false },
	{ "snap of another organisation", DLT_EN10MB, MACS "0024" "aaaa03" "00000c" "2000", false, 0, false },
	{ "pppoe discovery", DLT_EN10MB, MACS "8863" "1109" "0000" "001e" "0021", false, 0, false },
	{ "pppoe, code of discovery", DLT_EN10MB, MACS "8864" "11a7" "0001" "001e" "0021", false, 0, false },
	{ "pppoe with lcp", DLT_EN10MB, MACS "8864" "1100" "0001" "001e" "c021", false, 0, false },
	{ "mpls with neither", DLT_EN10MB, MACS "8847" "00011140" "10000000", false, 0, false },
	{ "mpls without a bottom", DLT_EN10MB, MACS "8847" "00010040", false, 0, false },
	{ "null of another family", DLT_NULL, "07000000", false, 0, false },
	{ "sll of netlink", DLT_LINUX_SLL, "0000" "0338" "0000" "0000000000000000" "0800", false, 0, false },
	{ "nflog of another version", DLT_NFLOG, "02010000" "20000900", false, 0, false },
	{ "nflog of another family", DLT_NFLOG, "07000000" "20000900", false, 0, false },
	{ "nflog, length too small", DLT_NFLOG, "02000000" "03000900", false, 0, false },
	{ "ppp ipcp", DLT_PPP, "ff03" "8021", false, 0, false },
	{ "frame relay, other control", DLT_FRELAY, "1841" "13" "cc", false, 0, false },
	{ "unknown link type", 147, "", false, 0, false },
	{ "pktap, header too short", DLT_PKTAP, "0c000000" "01000000" "0c000000", false, 0, false },
};

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	for (; hex[0] != 0; hex += 2) {
		const char two[3] = { hex[0], hex[1], 0 };
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static size_t build(const struct row *r, uint8_t *out, size_t *off)
{
	size_t n = unhex(r->head, out);
	*off = n;
	n += unhex(r->six ? IP6 : IP4, out + n);
	return n + unhex(PAD, out + n);
}

static void test_found(void)
{
	for (size_t i = 0; i < ARRAY_LEN(FOUND); i++) {
		const struct row *r = &FOUND[i];
		uint8_t f[256];
		size_t off;
		const size_t n = build(r, f, &off);
		struct link_ip l;
		CU_ASSERT_TRUE(link_known(r->dlt));
		const bool ok = link_find_ip(r->dlt, span_of(f, n), &l) && l.off == off && l.ip.p == f + off &&
				l.ip.len == (r->six ? 48u : 28u) && l.said == l.ip.len && l.vlan == r->vlan &&
				l.counted == r->counted;
		if (!ok)
			printf("# %s: off %u want %zu, len %zu, vlan %u\n", r->what, l.off, off, l.ip.len, l.vlan);
		CU_ASSERT_TRUE(ok);
	}
}

static void test_none(void)
{
	for (size_t i = 0; i < ARRAY_LEN(NONE); i++) {
		uint8_t f[256];
		size_t off;
		const size_t n = build(&NONE[i], f, &off);
		struct link_ip l;
		const bool found = link_find_ip(NONE[i].dlt, span_of(f, n), &l);
		if (found)
			printf("# %s\n", NONE[i].what);
		CU_ASSERT_FALSE(found);
		CU_ASSERT_PTR_NULL(l.ip.p);
	}
}

/* Whatever the octets: what is found lies in the frame, at its offset. The frame is a block of its own, for ASan. */
static void probe(int dlt, const uint8_t *f, size_t n)
{
	uint8_t *exact = malloc(n + (n == 0));
	if (n != 0)
		memcpy(exact, f, n);
	struct link_ip l;
	if (link_find_ip(dlt, span_of(exact, n), &l)) {
		CU_ASSERT_TRUE(l.off <= n && l.ip.len <= n - l.off && l.ip.p == exact + l.off);
		CU_ASSERT_TRUE(l.said == 0 || l.ip.len <= l.said);
	} else {
		CU_ASSERT_PTR_NULL(l.ip.p);
	}
	free(exact);
}

static void test_hostile(void)
{
	for (size_t i = 0; i < ARRAY_LEN(FOUND); i++) {
		uint8_t f[256];
		size_t off;
		const size_t n = build(&FOUND[i], f, &off);
		for (size_t cut = 0; cut <= n; cut++)
			probe(FOUND[i].dlt, f, cut);
		for (size_t at = 0; at < off + 8; at++) {
			const uint8_t was = f[at];
			for (unsigned v = 0; v < 256; v++) {
				f[at] = (uint8_t)v;
				probe(FOUND[i].dlt, f, n);
			}
			f[at] = was;
		}
		for (size_t k = 0; k < ARRAY_LEN(FOUND); k++) /* one type's frame read as another's */
			probe(FOUND[k].dlt, f, n);
	}
}

static void test_nflog(void)
{
	static const char *const HEADS[] = {
		"02000000" "08000100" "08000100" "05000a00" "61000000" "20000900", /* TLVs of a little-endian machine, one padded */
		"02000000" "00080001" "08000100" "0005000a" "61000000" "00200009", /* of a big-endian one */
	};
	for (size_t i = 0; i < ARRAY_LEN(HEADS); i++) {
		uint8_t f[128];
		const size_t head = unhex(HEADS[i], f), n = head + unhex(IP4, f + head);
		struct link_ip l;
		CU_ASSERT_TRUE(link_find_ip(DLT_NFLOG, span_of(f, n), &l));
		CU_ASSERT_EQUAL(l.off, head);
		CU_ASSERT_EQUAL(l.ip.len, 28);
		CU_ASSERT_TRUE(l.counted);
		for (size_t cut = 0; cut < n; cut++)
			probe(DLT_NFLOG, f, cut);
	}
}

static void test_macs(void)
{
	uint8_t f[64];
	size_t off;
	const size_t n = build(&FOUND[0], f, &off);
	struct link_ip l;
	CU_ASSERT_TRUE(link_find_ip(DLT_EN10MB, span_of(f, n), &l));
	CU_ASSERT_TRUE(l.has_mac);
	CU_ASSERT_EQUAL(memcmp(l.dst_mac, f, 6), 0);
	CU_ASSERT_EQUAL(memcmp(l.src_mac, f + 6, 6), 0);
	CU_ASSERT_TRUE(link_find_ip(DLT_RAW, span_of(f + 14, n - 14), &l));
	CU_ASSERT_FALSE(l.has_mac);
}

/* Packets longer than 65,535 octets (RFC 2675 and Linux's own) say 0: all of the frame is theirs. */
static void test_no_length(void)
{
	uint8_t f[64];
	size_t off;
	size_t n = build(&FOUND[0], f, &off);
	f[off + 2] = f[off + 3] = 0;
	struct link_ip l;
	CU_ASSERT_TRUE(link_find_ip(DLT_EN10MB, span_of(f, n), &l));
	CU_ASSERT_EQUAL(l.ip.len, n - off);
	CU_ASSERT_EQUAL(l.said, 0);
	f[off + 3] = 200; /* more than there is */
	CU_ASSERT_TRUE(link_find_ip(DLT_EN10MB, span_of(f, n), &l));
	CU_ASSERT_EQUAL(l.ip.len, n - off);
	CU_ASSERT_EQUAL(l.said, 200);
}

/* A pseudowire in a pseudowire in a ... ends. */
static void test_nesting(void)
{
	static uint8_t f[65536];
	size_t n = 0;
	while (n + 64 < sizeof(f))
		n += unhex(MACS "8847" "00011140" "00000000", f + n);
	n += unhex(MACS "0800" IP4, f + n);
	struct link_ip l;
	CU_ASSERT_FALSE(link_find_ip(DLT_EN10MB, span_of(f, n), &l));
	n = unhex(MACS, f);
	while (n + 64 < sizeof(f))
		n += unhex("81000001", f + n);
	n += unhex("0800" IP4, f + n);
	CU_ASSERT_TRUE(link_find_ip(DLT_EN10MB, span_of(f, n), &l));
	CU_ASSERT_EQUAL(l.ip.len, 28);
}

static void test_wrap(void)
{
	static const int DLTS[] = { DLT_EN10MB, DLT_RAW, DLT_NULL, DLT_LOOP, DLT_PPP, DLT_LINUX_SLL, DLT_LINUX_SLL2 };
	for (size_t i = 0; i < ARRAY_LEN(DLTS); i++)
		for (unsigned six = 0; six < 2; six++) {
			uint8_t f[128];
			struct wr w = wr_of(f, sizeof(f));
			struct link_ip l;
			CU_ASSERT_TRUE(link_wraps(DLTS[i]));
			link_wrap(DLTS[i], six ? 6 : 4, &w);
			const size_t head = w.len, n = head + unhex(six ? IP6 : IP4, f + head);
			CU_ASSERT_TRUE(link_find_ip(DLTS[i], span_of(f, n), &l));
			CU_ASSERT_EQUAL(l.off, head);
			CU_ASSERT_EQUAL(l.ip.len, n - head);
		}
	CU_ASSERT_FALSE(link_wraps(DLT_NFLOG));
	CU_ASSERT_FALSE(link_wraps(DLT_PKTAP));
}

UNIT_MAIN({ "IP is found behind every header", test_found }, { "what carries no IP has none", test_none },
	  { "cuts, changed octets and wrong types stay in the frame", test_hostile },
	  { "netfilter log in both byte orders", test_nflog },
	  { "hardware addresses", test_macs }, { "no usable length in the IP header", test_no_length },
	  { "nesting is bounded, tags are not", test_nesting }, { "made headers are read back", test_wrap })
