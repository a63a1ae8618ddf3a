/* office_udp.c - recognisers of the datagram protocols of any network, and of DNS on both transports. */
#include <string.h>

#include "decoders/ber.h"
#include "decoders/other/look.h"

/* --- DNS --------------------------------------------------------------------------------------- */

enum { DNS_HEADER = 12, NAME_OCTETS = 255 };

struct dns_head {
	uint16_t flags, qd, an, ns, ar;
};

static struct dns_head dns_head(struct cur *c)
{
	struct dns_head h;
	cur_skip(c, 2);
	h.flags = cur_be16(c);
	h.qd = cur_be16(c);
	h.an = cur_be16(c);
	h.ns = cur_be16(c);
	h.ar = cur_be16(c);
	return h;
}

/* RFC 1035 4.1.1, 3: opcode known, Z clear; a query asks one thing and answers nothing. */
static bool dns_head_fits(const struct dns_head *h, bool hinted)
{
	const unsigned opcode = h->flags >> 11 & 15;
	const bool response = (h->flags & 0x8000) != 0;
	if (opcode == 3 || opcode > 5 || (h->flags & 0x0040) != 0 || h->an > 4096 || h->ns > 4096 || h->ar > 4096)
		return false;
	if (opcode == 5) /* RFC 2136: the counts mean something else */
		return hinted && h->qd == 1;
	if (!response)
		return h->qd == 1 && h->an == 0 && h->ns <= 1 && h->ar <= 2 && (h->flags & 0x0f) == 0;
	return h->qd == 1 || (hinted && h->qd == 0);
}

/* RFC 1035 3.1: labels to the root, uncompressed as the first name is. */
static bool dns_name(struct cur *c, bool hinted)
{
	unsigned total = 0;
	for (uint8_t n; (n = cur_u8(c)) != 0;) {
		total += n + 1u;
		if (n > 63 || total > NAME_OCTETS)
			return false;
		while (n-- != 0 && cur_ok(c)) {
			const uint8_t ch = cur_u8(c);
			const bool host = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
					  ch == '-' || ch == '_';
			if (!host && (!hinted || ch < ' '))
				return false;
		}
	}
	return cur_ok(c);
}

static bool dns_question(struct cur *c, bool hinted)
{
	if (!dns_name(c, hinted))
		return false;
	const uint16_t type = cur_be16(c), class = cur_be16(c) & 0x7fff;
	if (!cur_ok(c) || !(class == 1 || class == 3 || class == 4 || class == 254 || class == 255))
		return false;
	return type != 0 && (hinted || type <= 65 || type == 255 || type == 257);
}

/* What an unasked-for message has behind its question: nothing, an OPT record of the root, or answers. */
static bool dns_rest(struct cur c, const struct dns_head *h)
{
	if (h->an + h->ns + h->ar == 0)
		return cur_left(&c) == 0;
	if (h->an + h->ns != 0)
		return cur_left(&c) >= 11;
	const uint8_t root = cur_u8(&c);
	const uint16_t type = cur_be16(&c);
	return cur_ok(&c) && ((root == 0 && type == 41) || cur_left(&c) >= 8);
}

static bool dns_message(struct cur c, bool hinted)
{
	const struct dns_head h = dns_head(&c);
	if (!cur_ok(&c) || !dns_head_fits(&h, hinted))
		return false;
	if (h.qd == 0)
		return true;
	return dns_question(&c, hinted) && (hinted || dns_rest(c, &h));
}

/* Multicast name resolution looks the same and is another protocol. */
static bool dns_other(uint16_t port)
{
	return port == 5353 || port == 5355 || port == 137;
}

enum probe look_dns(const struct look *l)
{
	struct cur c = cur_span(l->b);
	if (dns_other(l->sport) || dns_other(l->dport))
		return PROBE_NO;
	if (l->datagram)
		return dns_message(c, l->hinted) ? PROBE_YES : PROBE_NO;
	const uint16_t len = cur_be16(&c); /* RFC 1035 4.2.2 */
	struct cur head = c;
	if (cur_ok(&c) && len < DNS_HEADER + 5 && !(l->hinted && len >= DNS_HEADER))
		return PROBE_NO;
	const struct dns_head h = dns_head(&head);
	if (!cur_ok(&head))
		return look_more(l);
	if (!dns_head_fits(&h, l->hinted))
		return PROBE_NO;
	if (cur_left(&c) < len && !l->last)
		return PROBE_MORE;
	return dns_message(cur_sub(&c, size_min(len, cur_left(&c))), l->hinted) ? PROBE_YES : PROBE_NO;
}

/* --- NetBIOS ------------------------------------------------------------------------------------ */

bool look_netbios_name(struct cur *c)
{
	enum { LETTERS = 32 };
	if (cur_u8(c) != LETTERS)
		return false;
	for (unsigned i = 0; i < LETTERS; i++) {
		const uint8_t ch = cur_u8(c);
		if (ch < 'A' || ch > 'P')
			return false;
	}
	return dns_name(c, true);
}

/* RFC 1002 4.2.1: the name is of type NB or NBSTAT, wherever the counts put it. */
enum probe look_nbns(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const struct dns_head h = dns_head(&c);
	const unsigned opcode = h.flags >> 11 & 15;
	if (!cur_ok(&c) || (opcode != 0 && (opcode < 5 || opcode > 9) && opcode != 15) || h.qd > 1 || h.an > 1 || h.qd + h.an == 0)
		return PROBE_NO;
	if (!look_netbios_name(&c))
		return PROBE_NO;
	const uint16_t type = cur_be16(&c), class = cur_be16(&c);
	return cur_ok(&c) && (type == 0x20 || type == 0x21 || type == 0x0a) && class == 1 ? PROBE_YES : PROBE_NO;
}

/* RFC 1002 4.4.1 to 4.4.4: type, flags, id, source, then a datagram between two names, an error, or a query of a name. */
enum probe look_nbdgm(const struct look *l)
{
	enum { DIRECT_UNIQUE = 0x10, BROADCAST = 0x12, FAILED = 0x13, QUERY = 0x14, NEGATIVE = 0x16, HEADER = 14 };
	struct cur c = cur_span(l->b);
	const uint8_t type = cur_u8(&c), flags = cur_u8(&c);
	cur_skip(&c, 8);
	if (type < DIRECT_UNIQUE || type > NEGATIVE || (flags & 0xf0) != 0)
		return PROBE_NO;
	if (type == FAILED) { /* codes 82 to 84 */
		const uint8_t code = cur_u8(&c);
		return l->hinted && code >= 0x82 && code <= 0x84 && cur_left(&c) == 0 ? PROBE_YES : PROBE_NO;
	}
	if (type >= QUERY)
		return look_netbios_name(&c) && cur_left(&c) == 0 ? PROBE_YES : PROBE_NO;
	const uint16_t len = cur_be16(&c), offset = cur_be16(&c);
	const bool whole = l->b.len == HEADER + (size_t)len;
	if (offset != 0) /* a later fragment of a datagram has no names */
		return l->hinted && whole ? PROBE_YES : PROBE_NO;
	return whole && look_netbios_name(&c) && look_netbios_name(&c) ? PROBE_YES : PROBE_NO;
}

/* --- NTP --------------------------------------------------------------------------------------- */

/* RFC 5905 7.3: versions 1 to 4, modes 1 to 5; delay and dispersion below some minutes, as 16.16 seconds. */
static bool ntp_time(struct cur c, size_t len)
{
	enum { SECONDS_MAX = 1024 };
	const uint8_t stratum = cur_u8(&c), poll = cur_u8(&c);
	cur_skip(&c, 1);
	const uint32_t delay = cur_be32(&c), dispersion = cur_be32(&c);
	return len >= 48 && len % 4 == 0 && stratum <= 16 && poll <= 17 && delay >> 16 < SECONDS_MAX &&
	       dispersion >> 16 < SECONDS_MAX;
}

/* RFC 9327 2: a control message says where its data begin and how many octets they are; perhaps a key and digest follow. */
static bool ntp_control(struct cur c, size_t len)
{
	cur_skip(&c, 1);
	const uint16_t sequence = cur_be16(&c);
	cur_skip(&c, 4);
	const uint16_t offset = cur_be16(&c), count = cur_be16(&c);
	const size_t ends = 12u + (count + 3u) / 4 * 4;
	return cur_ok(&c) && sequence != 0 && offset <= 32768 && count <= 468 &&
	       (len == ends || len == ends + 20 || len == ends + 24);
}

/* Mode 7 of ntpdc: implementation 2 or 3; items and their size fit the message. */
static bool ntp_private(struct cur c, size_t len)
{
	cur_skip(&c, 1);
	const uint8_t implementation = cur_u8(&c);
	cur_skip(&c, 1);
	const uint16_t items = cur_be16(&c) & 0x0fff, size = cur_be16(&c);
	return cur_ok(&c) && (implementation == 2 || implementation == 3) && size <= 500 && len >= 8u + (size_t)items * size;
}

enum probe look_ntp(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint8_t lead = cur_u8(&c);
	const unsigned version = lead >> 3 & 7, mode = lead & 7;
	if (!l->hinted || version < 1 || version > 4 || mode == 0)
		return PROBE_NO;
	const bool fits = mode == 6 ? ntp_control(c, l->b.len) : mode == 7 ? ntp_private(c, l->b.len) : ntp_time(c, l->b.len);
	return fits ? PROBE_YES : PROBE_NO;
}

/* --- DHCP -------------------------------------------------------------------------------------- */

enum probe look_dhcp(const struct look *l) /* RFC 2131 2, RFC 951 3 */
{
	struct cur c = cur_span(l->b);
	const uint8_t op = cur_u8(&c);
	cur_skip(&c, 1);
	const uint8_t hlen = cur_u8(&c);
	cur_skip(&c, 233);
	return cur_be32(&c) == 0x63825363 && (op == 1 || op == 2) && hlen <= 16 ? PROBE_YES : PROBE_NO;
}

/* --- SNMP -------------------------------------------------------------------------------------- */

/* RFC 1157 4, RFC 3416 3, RFC 3412 6: SEQUENCE { version, community, PDU } or { version, SEQUENCE ... }. */
enum probe look_snmp(const struct look *l)
{
	struct ber top = ber_of(l->b, 8);
	struct ber_tlv t;
	uint32_t version = 0;
	if (!ber_next(&top, &t) || t.cls != BER_UNIVERSAL || t.tag != 16 || !t.constructed || t.whole.len != l->b.len)
		return PROBE_NO;
	struct ber in = ber_open(&top, &t);
	if (!ber_next(&in, &t) || !ber_is(&t, BER_UNIVERSAL, 2) || !ber_uint(t.value, &version) || version == 2 || version > 3)
		return PROBE_NO;
	if (!ber_next(&in, &t) || t.cls != BER_UNIVERSAL || t.tag != (version == 3 ? 16 : 4))
		return PROBE_NO;
	if (!ber_next(&in, &t))
		return PROBE_NO;
	if (version == 3)
		return ber_is(&t, BER_UNIVERSAL, 4) ? PROBE_YES : PROBE_NO;
	return t.cls == BER_CONTEXT && t.tag <= 8 && t.constructed ? PROBE_YES : PROBE_NO;
}

/* --- TFTP -------------------------------------------------------------------------------------- */

/* Text up to a zero; its length, 0 when there is none or it is no text. */
static struct span zero_text(struct cur *c)
{
	struct cur start = *c;
	size_t n = 0;
	for (uint8_t ch; (ch = cur_u8(c)) != 0; n++)
		if (ch < ' ' || ch == 0x7f)
			return span_of(NULL, 0);
	return cur_ok(c) ? cur_bytes(&start, n) : span_of(NULL, 0);
}

/* RFC 1350 5: a read or write request; what follows goes between other ports. */
enum probe look_tftp(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint16_t opcode = cur_be16(&c);
	const struct span file = zero_text(&c), mode = zero_text(&c);
	const bool known = look_verb(mode, "OCTET") || look_verb(mode, "NETASCII") || look_verb(mode, "MAIL");
	return (opcode == 1 || opcode == 2) && file.len != 0 && known ? PROBE_YES : PROBE_NO;
}

/* --- QUIC -------------------------------------------------------------------------------------- */

/* RFC 9000, RFC 9369, the drafts 17 to 34, 0 of a version negotiation; the versions reserved for greasing do not count. */
static bool quic_version(uint32_t v)
{
	return v == 1 || v == 0x6b3343cf || (v >= 0xff000011 && v <= 0xff000022);
}

/* Google's own, before: public flags with a version and connection id, or a long header; then "Q0" and two digits. */
static bool quic_google(struct cur c)
{
	const uint8_t flags = cur_u8(&c);
	const bool public = (flags & 0xc9) == 0x09, invariant = (flags & 0xc0) == 0xc0;
	if (!public && !invariant)
		return false;
	if (public)
		cur_skip(&c, 8);
	const uint16_t q0 = cur_be16(&c);
	const uint8_t tens = cur_u8(&c), ones = cur_u8(&c);
	return cur_ok(&c) && q0 == 0x5130 && tens >= '2' && tens <= '5' && ones >= '0' && ones <= '9';
}

enum probe look_quic(const struct look *l) /* RFC 8999 5.1, RFC 9000 17.2 */
{
	struct cur c = cur_span(l->b);
	if (quic_google(c))
		return PROBE_YES;
	const uint8_t lead = cur_u8(&c);
	const uint32_t version = cur_be32(&c);
	const uint8_t dcid = cur_u8(&c);
	cur_skip(&c, dcid);
	const uint8_t scid = cur_u8(&c);
	cur_skip(&c, scid);
	if (!cur_ok(&c) || (lead & 0x80) == 0 || dcid > 20 || scid > 20)
		return PROBE_NO;
	if (version == 0) /* then come four octets a version */
		return cur_left(&c) >= 4 && cur_left(&c) % 4 == 0 && (l->hinted || quic_version(cur_be32(&c))) ? PROBE_YES
													       : PROBE_NO;
	return (lead & 0x40) != 0 && quic_version(version) && cur_left(&c) >= 16 ? PROBE_YES : PROBE_NO;
}
