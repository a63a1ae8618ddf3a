/* packet_ip4.c - the IPv4 header (RFC 791). */
#include <string.h>

#include "forward/csum.h"
#include "forward/packet_int.h"

enum { HEADER_MIN = 20, FRAG_MORE = 0x2000, FRAG_OFFSET = 0x1fff };
enum { OPT_END = 0, OPT_NOP = 1 };

/* Options whose form is known: octets at least and at most, smallest pointer (0 = has none). */
struct option_row {
	uint8_t type, min, max, pointer;
};

static const struct option_row option_rows[] = {
	{ 7, 3, 40, 4 },    /* record route, RFC 791 3.1 */
	{ 68, 4, 40, 5 },   /* internet timestamp, RFC 791 3.1 */
	{ 130, 3, 40, 0 },  /* security, RFC 1108 2.1 */
	{ 131, 3, 40, 4 },  /* loose source route, RFC 791 3.1 */
	{ 136, 4, 4, 0 },   /* stream identifier, RFC 791 3.1 */
	{ 137, 3, 40, 4 },  /* strict source route, RFC 791 3.1 */
	{ 148, 4, 4, 0 },   /* router alert, RFC 2113 2.1 */
};

static const struct option_row *option_row(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(option_rows); i++)
		if (option_rows[i].type == type)
			return &option_rows[i];
	return NULL;
}

static bool option_good(uint8_t type, uint8_t len, struct cur body)
{
	const struct option_row *row = option_row(type);
	if (row == NULL)
		return true;
	return len >= row->min && len <= row->max && cur_peek(&body, 0) >= row->pointer;
}

static bool options_good(struct cur c)
{
	while (cur_left(&c) != 0) {
		uint8_t type = cur_u8(&c);
		if (type == OPT_END)
			return true;
		if (type == OPT_NOP)
			continue;
		uint8_t len = cur_u8(&c);
		if (len < 2)
			return false;
		struct cur body = cur_sub(&c, len - 2u);
		if (!cur_ok(&body) || !option_good(type, len, body))
			return false;
	}
	return cur_ok(&c);
}

static void addr_read(struct cur *c, struct addr *a)
{
	const uint8_t *p = cur_take(c, 4);
	if (p != NULL)
		memcpy(a->b, p, 4);
}

/* Octets of the datagram. 0 stands for a packet that the card was to cut into segments. */
static uint32_t total_of(uint16_t field, uint32_t wire, unsigned how)
{
	if ((how & IP_QUOTED) != 0)
		return wire;
	return field == 0 && wire > HEADER_MIN ? wire : field;
}

enum reason ip4_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v)
{
	struct cur at = c;
	uint32_t hlen = (cur_u8(&c) & 15u) * 4;
	v->tos = cur_u8(&c);
	v->len = total_of(cur_be16(&c), wire, how);
	uint16_t id = cur_be16(&c), frag = cur_be16(&c);
	v->ttl = cur_u8(&c);
	v->t.proto = cur_u8(&c);
	v->t.family = 4;
	cur_skip(&c, 2);
	addr_read(&c, &v->t.src);
	addr_read(&c, &v->t.dst);
	if (!cur_ok(&c))
		return REASON_IP_SHORT;
	if (hlen < HEADER_MIN || hlen > wire)
		return REASON_IP_HEADER_LEN;
	if (v->len < hlen || v->len > wire)
		return REASON_IP_TOTAL_LEN;
	struct cur whole = cur_sub(&at, hlen), options = cur_sub(&c, hlen - HEADER_MIN);
	if (!cur_ok(&whole))
		return REASON_IP_SHORT;
	v->bad_csum = (how & IP_QUOTED) == 0 && !csum_ok(csum_add(0, cur_rest(&whole)));
	if (v->bad_csum && (how & IP_LENIENT) == 0)
		return REASON_IP_CHECKSUM;
	if (!options_good(options))
		return REASON_IP_OPTIONS;
	v->l4_len = v->len - hlen;
	v->l4 = cur_bytes(&c, size_min(cur_left(&c), v->l4_len));
	v->later = (frag & FRAG_OFFSET) != 0;
	v->fragment = v->later || (frag & FRAG_MORE) != 0;
	if (!v->fragment || (how & IP_QUOTED) != 0)
		return REASON_NONE;
	v->frag = (struct fragment){ .id = id,
				     .from = (frag & FRAG_OFFSET) * 8u,
				     .wire_len = v->l4_len,
				     .octets = v->l4,
				     .head = (uint16_t)hlen,
				     .more = (frag & FRAG_MORE) != 0 };
	return ip_fragment_fits(hlen + v->frag.from, &v->frag) ? REASON_NONE : REASON_IP_TOTAL_LEN;
}
