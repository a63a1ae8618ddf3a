/* linktype.c - link-layer headers, each walked by a function named in a table of link types.
 *
 * The walk is bounded: every header takes octets from the frame, and a frame inside a frame (PKTAP, an
 * MPLS pseudowire) only goes so deep.
 */
#include "nfq/linktype.h"

#include <pcap/dlt.h>
#include <string.h>

#include "base/cur.h"

enum { NEST_MAX = 4 };         /* frames in frames */

enum ethertype {               /* IEEE 802 numbers */
	ET_802_3_MAX = 1500,
	ET_IP4 = 0x0800,
	ET_VLAN = 0x8100,
	ET_IP6 = 0x86dd,
	ET_MPLS = 0x8847,
	ET_MPLS_UPSTREAM = 0x8848,
	ET_PPPOE = 0x8864,
	ET_VLAN_AD = 0x88a8,
	ET_VLAN_9100 = 0x9100,
	ET_VLAN_9200 = 0x9200,
};

struct walk {
	struct cur c;
	size_t total;            /* octets of the frame */
	size_t cut;              /* octets that an inner length field excludes at the end */
	unsigned nest;
	struct link_ip *out;
};

struct link_row {
	int dlt;
	void (*fn)(struct walk *w);
};

static const struct link_row *row_of(int dlt);

/* What follows is at most n octets long, whatever else the frame carries. */
static void bound(struct walk *w, size_t n)
{
	const size_t left = cur_left(&w->c);
	if (n < left) {
		w->c = cur_sub(&w->c, n);
		w->cut += left - n;
	}
}

/* Octets the IP header at c gives the packet; 0 when it says nothing usable. */
static uint32_t ip_said(struct cur c)
{
	if (cur_peek(&c, 0) >> 4 == 4) {
		cur_skip(&c, 2);
		const uint32_t n = cur_be16(&c);
		return n >= 20 ? n : 0;
	}
	if (cur_peek(&c, 0) >> 4 == 6) {
		cur_skip(&c, 4);
		const uint32_t n = cur_be16(&c);
		return n != 0 ? n + 40 : 0;
	}
	return 0;
}

static void ip(struct walk *w)
{
	if (!cur_ok(&w->c))
		return;
	const size_t off = w->total - w->cut - cur_left(&w->c);
	const uint32_t said = ip_said(w->c);
	if (said != 0)
		bound(w, said); /* padding and check sequences of the frame, as the kernel trims them */
	w->out->ip = cur_rest(&w->c);
	w->out->off = (uint32_t)off;
	w->out->said = said;
}

static void ether(struct walk *w);

/* RFC 3032: entries up to the bottom of the stack; what is below is told by its first nibble. */
static void mpls(struct walk *w)
{
	uint32_t entry;
	do {
		entry = cur_be32(&w->c);
	} while (cur_ok(&w->c) && (entry & 0x100) == 0);
	if (cur_left(&w->c) == 0)
		return;
	const uint8_t nibble = cur_peek(&w->c, 0) >> 4;
	if (nibble == 4 || nibble == 6) {
		ip(w);
	} else if (nibble == 0) {
		cur_skip(&w->c, 4); /* RFC 4448 4.6: control word, then Ethernet */
		ether(w);
	}
}

/* RFC 1661 2, RFC 1662 3.1: address and control may be left out, the protocol be one odd octet. */
static void ppp(struct walk *w)
{
	if (cur_peek(&w->c, 0) == 0xff && cur_peek(&w->c, 1) == 0x03)
		cur_skip(&w->c, 2);
	uint16_t proto = cur_u8(&w->c);
	if ((proto & 1) == 0)
		proto = (uint16_t)(proto << 8 | cur_u8(&w->c));
	if (proto == 0x0021 || proto == 0x0057)
		ip(w);
	else if (proto == 0x0281 || proto == 0x0283)
		mpls(w);
}

/* RFC 2516 4: session stage only. */
static void pppoe(struct walk *w)
{
	const uint8_t version = cur_u8(&w->c), code = cur_u8(&w->c);
	cur_skip(&w->c, 2);
	const uint16_t len = cur_be16(&w->c);
	if (version != 0x11 || code != 0)
		return;
	w->out->counted = true;
	bound(w, len);
	ppp(w);
}

static void ethertype(struct walk *w, uint16_t type);

/* IEEE 802.2: SNAP with an Ethernet type, or IP's own service access point. */
static void llc(struct walk *w)
{
	const uint8_t dsap = cur_u8(&w->c), ssap = cur_u8(&w->c), control = cur_u8(&w->c);
	if (control != 0x03 || dsap != ssap)
		return;
	if (dsap == 0x06) {
		ip(w);
	} else if (dsap == 0xaa) {
		const uint32_t oui = cur_be24(&w->c);
		const uint16_t type = cur_be16(&w->c);
		if ((oui == 0 || oui == 0x0000f8) && type > ET_802_3_MAX)
			ethertype(w, type);
	}
}

static bool is_tag(uint16_t type)
{
	return type == ET_VLAN || type == ET_VLAN_AD || type == ET_VLAN_9100 || type == ET_VLAN_9200;
}

static void ethertype(struct walk *w, uint16_t type)
{
	bool tagged = w->out->vlan != 0;
	while (is_tag(type) && cur_ok(&w->c)) {
		const uint16_t tci = cur_be16(&w->c);
		if (!tagged)
			w->out->vlan = tci & 0x0fff;
		tagged = true;
		type = cur_be16(&w->c);
	}
	if (type <= ET_802_3_MAX) {
		w->out->counted = true;
		bound(w, type);
		llc(w);
		return;
	}
	switch (type) {
	case ET_IP4:
	case ET_IP6:
		ip(w);
		break;
	case ET_MPLS:
	case ET_MPLS_UPSTREAM:
		mpls(w);
		break;
	case ET_PPPOE:
		pppoe(w);
		break;
	default:
		break;
	}
}

static void mac(struct walk *w, uint8_t out[6])
{
	const uint8_t *p = cur_take(&w->c, 6);
	if (p != NULL)
		memcpy(out, p, 6);
}

static void ether(struct walk *w)
{
	if (++w->nest > NEST_MAX)
		return;
	mac(w, w->out->dst_mac);
	mac(w, w->out->src_mac);
	w->out->has_mac = cur_ok(&w->c);
	ethertype(w, cur_be16(&w->c));
}

static void type_only(struct walk *w)
{
	ethertype(w, cur_be16(&w->c));
}

/* BSD loopback: the address family, in the byte order of the machine that captured. */
static void null(struct walk *w)
{
	const uint32_t v = cur_be32(&w->c);
	const uint32_t family = v <= 0xffff ? v : __builtin_bswap32(v), type = v & 0xffff;
	if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
		ip(w);
	else if (family > 0xffff && (type == ET_IP4 || type == ET_IP6)) /* old Linux: half of it an Ethernet type */
		ip(w);
}

/* Cisco HDLC: address, control, Ethernet type. */
static void chdlc(struct walk *w)
{
	cur_skip(&w->c, 2);
	type_only(w);
}

static void ppp_serial(struct walk *w)
{
	if (cur_peek(&w->c, 0) == 0x0f || cur_peek(&w->c, 0) == 0x8f)
		chdlc(w);
	else
		ppp(w);
}

/* pppd: a direction octet before the protocol. */
static void ppp_pppd(struct walk *w)
{
	if (cur_peek(&w->c, 0) <= 1)
		cur_skip(&w->c, 1);
	ppp(w);
}

static void slip(struct walk *w)
{
	cur_skip(&w->c, 16); /* direction and the compressed header */
	ip(w);
}

static void fddi(struct walk *w)
{
	cur_skip(&w->c, 13); /* frame control, two addresses */
	llc(w);
}

static void fibre_channel(struct walk *w)
{
	cur_skip(&w->c, 16); /* RFC 2625 3.2 network header */
	llc(w);
}

/* Classical IP over ATM, with RFC 2684 LLC or without. */
static void atm_clip(struct walk *w)
{
	if (cur_peek(&w->c, 0) == 0xaa && cur_peek(&w->c, 1) == 0xaa)
		llc(w);
	else
		ip(w);
}

static void sunatm(struct walk *w)
{
	const uint8_t kind = cur_u8(&w->c) & 0x0f;
	cur_skip(&w->c, 3);
	if (kind == 2) /* LLC multiplexed */
		llc(w);
}

/* RFC 2427 3: address octets up to the extension bit, control, padding, protocol identifier. */
static void frame_relay(struct walk *w)
{
	while (cur_ok(&w->c) && (cur_u8(&w->c) & 1) == 0)
		;
	if (cur_u8(&w->c) != 0x03)
		return;
	if (cur_peek(&w->c, 0) == 0)
		cur_skip(&w->c, 1);
	const uint8_t nlpid = cur_u8(&w->c);
	if (nlpid == 0xcc || nlpid == 0x8e) {
		ip(w);
	} else if (nlpid == 0x80) {
		if (cur_be24(&w->c) == 0)
			type_only(w);
	}
}

/* Linux ARCNET: source, destination, offset, type; RFC 1201 packets add split flag and sequence. */
static void arcnet(struct walk *w)
{
	cur_skip(&w->c, 4);
	const uint8_t type = cur_u8(&w->c);
	if (type == 212 || type == 196)
		cur_skip(&w->c, 3);
	if (type == 212 || type == 196 || type == 240)
		ip(w);
}

static void enc(struct walk *w)
{
	struct cur family = cur_sub(&w->c, 4);
	cur_skip(&w->c, 8);
	const uint32_t v = cur_be32(&family);
	if (v != 0)
		ip(w);
}

/* The protocol is an Ethernet type unless the interface type gives it another meaning. */
static void sll_proto(struct walk *w, uint16_t arphrd, uint16_t proto)
{
	if (arphrd == 824 || arphrd == 778 || (arphrd >= 801 && arphrd <= 803)) /* netlink, GRE, 802.11 */
		return;
	if (proto == 4) /* 802.2 without the 802.3 length */
		llc(w);
	else if (proto > ET_802_3_MAX)
		ethertype(w, proto);
}

static void sll(struct walk *w)
{
	cur_skip(&w->c, 2);
	const uint16_t arphrd = cur_be16(&w->c);
	cur_skip(&w->c, 10);
	sll_proto(w, arphrd, cur_be16(&w->c));
}

static void sll2(struct walk *w)
{
	const uint16_t proto = cur_be16(&w->c);
	cur_skip(&w->c, 6);
	const uint16_t arphrd = cur_be16(&w->c);
	cur_skip(&w->c, 10);
	sll_proto(w, arphrd, proto);
}

/* Netfilter log: family, version, resource id, then TLVs in the capturing machine's byte order. */
static bool nflog_tlvs(struct walk *w, bool little)
{
	while (cur_left(&w->c) >= 4) {
		const uint16_t len = little ? cur_le16(&w->c) : cur_be16(&w->c);
		const uint16_t type = (little ? cur_le16(&w->c) : cur_be16(&w->c)) & 0x7fff;
		if (len < 4 || len - 4u > cur_left(&w->c))
			return false;
		if (type == 9) { /* NFULA_PAYLOAD */
			w->out->counted = true;
			bound(w, len - 4u);
			ip(w);
			return true;
		}
		cur_skip(&w->c, size_min(((size_t)len + 3) / 4 * 4 - 4, cur_left(&w->c)));
	}
	return false;
}

static void nflog(struct walk *w)
{
	const uint8_t family = cur_u8(&w->c), version = cur_u8(&w->c);
	cur_skip(&w->c, 2);
	if (version != 0 || (family != 2 && family != 10))
		return;
	const struct cur start = w->c;
	if (!nflog_tlvs(w, true)) {
		w->c = start;
		nflog_tlvs(w, false);
	}
}

/* Apple's PKTAP: its own length, record type (1 = a packet), link type of the frame inside. */
static void pktap(struct walk *w)
{
	struct cur hdr = w->c;
	const uint32_t len = cur_le32(&hdr), type = cur_le32(&hdr), dlt = cur_le32(&hdr);
	if (!cur_ok(&hdr) || len < 108 || type != 1 || ++w->nest > NEST_MAX)
		return;
	cur_skip(&w->c, len);
	const struct link_row *row = dlt <= INT32_MAX ? row_of((int)dlt) : NULL;
	if (row != NULL && cur_ok(&w->c))
		row->fn(w);
}

/* The numbers without a name here are LINKTYPE_ values, OpenBSD's DLT_RAW and Darwin's DLT_PKTAP. */
static const struct link_row ROWS[] = {
	{ DLT_EN10MB, ether },
	{ DLT_NULL, null },
	{ DLT_LOOP, null },
	{ DLT_RAW, ip },
	{ 14, ip },
	{ 101, ip },
	{ DLT_IPV4, ip },
	{ DLT_IPV6, ip },
	{ DLT_LINUX_SLL, sll },
	{ DLT_LINUX_SLL2, sll2 },
	{ DLT_NFLOG, nflog },
	{ DLT_PPP, ppp },
	{ DLT_PPP_SERIAL, ppp_serial },
	{ DLT_PPP_ETHER, pppoe },
	{ DLT_PPP_PPPD, ppp_pppd },
	{ DLT_C_HDLC, chdlc },
	{ DLT_FRELAY, frame_relay },
	{ DLT_SLIP, slip },
	{ DLT_FDDI, fddi },
	{ DLT_IP_OVER_FC, fibre_channel },
	{ DLT_ATM_RFC1483, llc },
	{ 100, llc },
	{ DLT_ATM_CLIP, atm_clip },
	{ 106, atm_clip },
	{ DLT_SUNATM, sunatm },
	{ DLT_ARCNET_LINUX, arcnet },
	{ DLT_ENC, enc },
	{ DLT_PKTAP, pktap },
	{ 149, pktap },
	{ 258, pktap },
};

static const struct link_row *row_of(int dlt)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (ROWS[i].dlt == dlt)
			return &ROWS[i];
	return NULL;
}

bool link_known(int dlt)
{
	return row_of(dlt) != NULL;
}

bool link_find_ip(int dlt, struct span frame, struct link_ip *out)
{
	*out = (struct link_ip){ 0 };
	const struct link_row *row = row_of(dlt);
	if (row == NULL || frame.len == 0 || frame.len > UINT32_MAX)
		return false;
	struct walk w = { .c = cur_span(frame), .total = frame.len, .out = out };
	row->fn(&w);
	return out->ip.p != NULL;
}

bool link_wraps(int dlt)
{
	return dlt == DLT_EN10MB || dlt == DLT_RAW || dlt == DLT_NULL || dlt == DLT_LOOP || dlt == DLT_PPP ||
	       dlt == DLT_LINUX_SLL || dlt == DLT_LINUX_SLL2;
}

void link_wrap(int dlt, uint8_t family, struct wr *w)
{
	static const uint8_t ZERO[12];
	const uint16_t type = family == 6 ? ET_IP6 : ET_IP4;
	const uint32_t af = family == 6 ? 24 : 2;
	switch (dlt) {
	case DLT_EN10MB:
		wr_bytes(w, ZERO, 12);
		wr_be16(w, type);
		break;
	case DLT_NULL:
		wr_bytes(w, &af, sizeof(af)); /* host order, as libpcap marks the file */
		break;
	case DLT_LOOP:
		wr_be32(w, af);
		break;
	case DLT_PPP:
		wr_be16(w, 0xff03);
		wr_be16(w, family == 6 ? 0x0057 : 0x0021);
		break;
	case DLT_LINUX_SLL:
		wr_be16(w, 0);
		wr_be16(w, 1);
		wr_be16(w, 6);
		wr_bytes(w, ZERO, 8);
		wr_be16(w, type);
		break;
	case DLT_LINUX_SLL2:
		wr_be16(w, type);
		wr_be16(w, 0);
		wr_be32(w, 1);
		wr_be16(w, 1);
		wr_be16(w, 6); /* packet type 0, address length 6 */
		wr_bytes(w, ZERO, 8);
		break;
	default:
		break;
	}
}
