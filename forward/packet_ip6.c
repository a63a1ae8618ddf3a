/* packet_ip6.c - the IPv6 header and its extension headers (RFC 8200). */
#include <string.h>

#include "forward/packet_int.h"

enum { HEADER = 40, EXT_MAX = 8, FRAG_SIZE = 8, AH_MIN = 12, NEXT_AT = 6 };
enum { NEXT_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_AH = 51, NEXT_DEST = 60 };
enum { OPT_PAD1 = 0, OPT_HOME_ADDRESS = 201 };

/* On the way through the chain. */
struct walk {
	struct cur c;        /* what is there */
	uint32_t left;       /* octets on the wire: never less than are there */
	unsigned how;
	uint16_t next_at;    /* where the octet stands that announces it */
	uint8_t next;
	bool seen_fragment;
};

/* RFC 8200 4.2. RFC 6275 6.3: a home address stands in for the source in checksums. */
static enum reason options_walk(struct cur body, struct ip_view *v)
{
	while (cur_left(&body) != 0) {
		uint8_t type = cur_u8(&body);
		if (type == OPT_PAD1)
			continue;
		cur_skip(&body, cur_u8(&body));
		v->other_ends |= type == OPT_HOME_ADDRESS;
	}
	return cur_ok(&body) ? REASON_NONE : REASON_IP6_EXT;
}

/* RFC 8200 4.4; RFC 5095 3: type 0 is not to be forwarded. Checksums cover the last segment, 8.1. */
static enum reason routing_walk(struct cur body, struct ip_view *v)
{
	uint8_t type = cur_u8(&body), left = cur_u8(&body);
	if (!cur_ok(&body) || (type == 0 && left != 0))
		return REASON_IP6_EXT;
	v->other_ends |= left != 0;
	return REASON_NONE;
}

/* The next header of the generic form. units: octets of one unit of its length field, which does not
 * count the first extra octets. */
static bool ext_take(struct walk *w, uint32_t unit, uint32_t extra, struct cur *body)
{
	uint8_t next = cur_u8(&w->c);
	uint32_t size = cur_u8(&w->c) * unit + extra;
	*body = cur_sub(&w->c, size - 2);
	if (!cur_ok(body))
		return false;
	w->next = next;
	w->left -= size;
	return true;
}

/* RFC 8200 4.5. A fragment that is the whole datagram is none, RFC 6946 4. */
static enum reason fragment_walk(struct walk *w, struct ip_view *v)
{
	uint8_t next = cur_u8(&w->c);
	cur_skip(&w->c, 1);
	const uint16_t head = (uint16_t)(v->len - w->left), field = cur_be16(&w->c);
	const uint32_t id = cur_be32(&w->c);
	if (!cur_ok(&w->c) || w->seen_fragment)
		return REASON_IP6_EXT;
	w->next = next;
	w->left -= FRAG_SIZE;
	w->seen_fragment = true;
	v->frag = (struct fragment){ .id = id,
				     .from = field & 0xfff8u,
				     .wire_len = w->left,
				     .octets = cur_rest(&w->c),
				     .head = head,
				     .next_at = w->next_at,
				     .next = next,
				     .more = (field & 1) != 0 };
	v->later = v->frag.from != 0;
	v->fragment = v->later || v->frag.more;
	const bool bound = v->fragment && (w->how & IP_QUOTED) == 0;
	return bound && !ip_fragment_fits(head - HEADER + v->frag.from, &v->frag) ? REASON_IP_TOTAL_LEN : REASON_NONE;
}

static enum reason generic_walk(struct walk *w, struct ip_view *v)
{
	struct cur body;
	uint8_t type = w->next;
	const uint16_t at = (uint16_t)(v->len - w->left);
	bool ah = type == NEXT_AH; /* RFC 4302 2.2: in units of four octets, less two */
	if (!ext_take(w, ah ? 4 : 8, 8, &body))
		return REASON_IP6_EXT;
	w->next_at = at;
	if (ah)
		return cur_left(&body) + 2 >= AH_MIN ? REASON_NONE : REASON_IP6_EXT;
	return type == NEXT_ROUTING ? routing_walk(body, v) : options_walk(body, v);
}

/* Walks the chain up to the transport header, to ESP or "no next header", or into a later fragment. */
static enum reason chain_walk(struct walk *w, struct ip_view *v)
{
	for (unsigned n = 0; n <= EXT_MAX; n++) {
		enum reason r;
		switch (w->next) {
		case NEXT_HOP:
			if (n != 0) /* RFC 8200 4.1: only right behind the IPv6 header */
				return REASON_IP6_EXT;
			r = generic_walk(w, v);
			break;
		case NEXT_ROUTING:
		case NEXT_AH:
		case NEXT_DEST:
			r = generic_walk(w, v);
			break;
		case NEXT_FRAGMENT:
			r = fragment_walk(w, v);
			break;
		default:
			return REASON_NONE;
		}
		if (r != REASON_NONE || v->later)
			return r;
	}
	return REASON_IP6_EXT;
}

static void addr_read(struct cur *c, struct addr *a)
{
	const uint8_t *p = cur_take(c, sizeof(a->b));
	if (p != NULL)
		memcpy(a->b, p, sizeof(a->b));
}

/* Octets of the datagram. A payload length of 0 is real, but not in a packet that no length field could
 * describe: there the card was to cut it into segments. */
static uint32_t total_of(uint16_t field, uint32_t wire, unsigned how)
{
	if ((how & IP_QUOTED) != 0)
		return wire;
	return field == 0 && wire > HEADER + UINT16_MAX ? wire : HEADER + (uint32_t)field;
}

enum reason ip6_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v)
{
	uint32_t first = cur_be32(&c);
	v->len = total_of(cur_be16(&c), wire, how);
	struct walk w = { .how = how, .next_at = NEXT_AT, .next = cur_u8(&c) };
	v->ttl = cur_u8(&c);
	v->tos = (uint8_t)(first >> 20);
	v->t.family = 6;
	addr_read(&c, &v->t.src);
	addr_read(&c, &v->t.dst);
	if (!cur_ok(&c))
		return REASON_IP_SHORT;
	if (v->len > wire)
		return REASON_IP_TOTAL_LEN;
	w.left = v->len - HEADER;
	w.c = cur_sub(&c, size_min(cur_left(&c), w.left));
	enum reason r = chain_walk(&w, v);
	if (r != REASON_NONE)
		return r;
	v->t.proto = w.next;
	v->l4_len = w.left;
	v->l4 = cur_rest(&w.c);
	return REASON_NONE;
}
