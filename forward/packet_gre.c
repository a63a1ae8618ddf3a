/* packet_gre.c - the GRE header (RFC 2784, 2890) and that of PPTP (RFC 2637 4.1). */
#include "forward/csum.h"
#include "forward/packet_int.h"

enum {
	HAS_CSUM = 0x8000,
	ROUTING = 0x4000,
	HAS_KEY = 0x2000,
	HAS_SEQ = 0x1000,
	RESERVED0 = 0x0c00,      /* bits 4 and 5; the others are ignored, RFC 2784 2.3 */
	HAS_ACK = 0x0080,        /* of version 1 */
	RESERVED1 = 0x0f78,      /* of version 1: strict source route, recursion, flags */
	VERSION = 0x0007
};
enum { HEADER = 4, FIELD = 4, PPP = 0x880b };

/* The checksum is over header and payload, RFC 2784 2.5. */
static bool csum_good(const struct packet *p, const struct ip_view *v)
{
	if (!p->csum_ready || p->truncated || v->fragment)
		return true;
	return csum_ok(csum_add(0, v->l4));
}

static uint32_t fields(uint16_t flags, uint16_t which)
{
	uint32_t n = 0;
	for (uint16_t bit = 1; bit != 0; bit = (uint16_t)(bit << 1))
		n += (flags & which & bit) != 0 ? FIELD : 0;
	return n;
}

/* Octets of the header, or 0 for one that is not to be understood. */
static uint32_t header0(uint16_t flags)
{
	return (flags & (ROUTING | RESERVED0)) == 0 ? HEADER + fields(flags, HAS_CSUM | HAS_KEY | HAS_SEQ) : 0;
}

static uint32_t header1(uint16_t flags)
{
	const bool good = (flags & (HAS_CSUM | ROUTING | RESERVED1)) == 0 && (flags & HAS_KEY) != 0;
	return good ? HEADER + fields(flags, HAS_KEY | HAS_SEQ | HAS_ACK) : 0;
}

/* PPTP: the key's first half is the length of the payload, which comes with a sequence number. Others who use version 1
 * (EoIP) have rules of their own. */
static bool length_good(struct cur c, uint16_t flags, uint32_t there)
{
	cur_skip(&c, HEADER);
	const uint16_t len = cur_be16(&c);
	return len <= there && (len == 0 || (flags & HAS_SEQ) != 0);
}

enum reason gre_parse(struct packet *p, const struct ip_view *v)
{
	struct cur c = cur_span(v->l4), at = c;
	const uint16_t flags = cur_be16(&c), protocol = cur_be16(&c);
	const unsigned version = flags & VERSION;
	if (!cur_ok(&c))
		return v->fragment ? REASON_NONE : REASON_GRE_HEADER;
	const uint32_t header = version == 0 ? header0(flags) : version == 1 ? header1(flags) : 0;
	cur_skip(&c, header - HEADER);
	if (header == 0 || header > v->l4_len)
		return v->fragment && header != 0 ? REASON_NONE : REASON_GRE_HEADER;
	if (version == 1 && protocol == PPP && !v->fragment && !length_good(at, flags, v->l4_len - header))
		return REASON_GRE_HEADER;
	if ((flags & HAS_CSUM) != 0 && !csum_good(p, v)) {
		p->bad_csum = true;
		if (!p->csum_lenient)
			return REASON_GRE_CHECKSUM;
	}
	p->payload = cur_rest(&c);
	p->payload_wire = v->l4_len - header;
	return REASON_NONE;
}
