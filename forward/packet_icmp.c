/* packet_icmp.c - ICMP and ICMPv6 (RFC 792, 950, 4443, 4620): queries as flows, errors by what they quote. */
#include "forward/packet_int.h"

enum { QUOTE_MIN = 8 /* octets of the transport header: RFC 792; ICMPv6 quotes more */ };

enum kind { OTHER, QUERY, ERROR };

/* Queries carry an identifier in octets 4 and 5 and are answered by another type; errors quote a packet. */
struct type_row {
	uint8_t family, type;
	enum kind kind;
	uint8_t answer;
};

static const struct type_row type_rows[] = {
	{ 4, 8, QUERY, 0 },      /* echo, RFC 792 */
	{ 4, 0, QUERY, 8 },
	{ 4, 13, QUERY, 14 },    /* timestamp, RFC 792 */
	{ 4, 14, QUERY, 13 },
	{ 4, 15, QUERY, 16 },    /* information, RFC 792 */
	{ 4, 16, QUERY, 15 },
	{ 4, 17, QUERY, 18 },    /* address mask, RFC 950 */
	{ 4, 18, QUERY, 17 },
	{ 6, 128, QUERY, 129 },  /* echo, RFC 4443 4 */
	{ 6, 129, QUERY, 128 },
	{ 6, 139, QUERY, 140 },  /* node information, RFC 4620 4 */
	{ 6, 140, QUERY, 139 },
	{ 4, 3, ERROR, 0 },      /* destination unreachable */
	{ 4, 4, ERROR, 0 },      /* source quench */
	{ 4, 5, ERROR, 0 },      /* redirect */
	{ 4, 11, ERROR, 0 },     /* time exceeded */
	{ 4, 12, ERROR, 0 },     /* parameter problem */
	{ 6, 1, ERROR, 0 },      /* destination unreachable, RFC 4443 3 */
	{ 6, 2, ERROR, 0 },      /* packet too big */
	{ 6, 3, ERROR, 0 },      /* time exceeded */
	{ 6, 4, ERROR, 0 },      /* parameter problem */
};

static const struct type_row other = { 0, 0, OTHER, 0 };

static const struct type_row *type_row(uint8_t family, uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(type_rows); i++)
		if (type_rows[i].family == family && type_rows[i].type == type)
			return &type_rows[i];
	return &other;
}

/* ICMP belongs to IPv4 and ICMPv6 to IPv6; elsewhere the number is some protocol without ports. */
static bool is_ours(const struct tuple *t)
{
	return (t->proto == IPPROTO_ICMP_) == (t->family == 4);
}

void icmp_tuple(struct tuple *t, struct cur c)
{
	if (!is_ours(t))
		return;
	uint16_t what = cur_be16(&c);
	cur_skip(&c, 2);
	uint16_t id = cur_be16(&c);
	t->dport = what;
	t->sport = type_row(t->family, (uint8_t)(what >> 8))->kind == QUERY ? id : 0;
}

void icmp_reverse(struct tuple *t)
{
	const struct type_row *row = type_row(t->family, (uint8_t)(t->dport >> 8));
	if (is_ours(t) && row->kind == QUERY)
		t->dport = (uint16_t)(row->answer << 8 | (t->dport & 0xff));
}

static void quote_parse(struct packet *p)
{
	struct ip_view q;
	uint32_t n = (uint32_t)p->payload.len;
	if (ip_parse(cur_span(p->payload), n, IP_QUOTED, &q) != REASON_NONE)
		return;
	if (q.t.family != p->tuple.family || q.later || q.l4.len < QUOTE_MIN)
		return;
	l4_tuple(&q.t, cur_span(q.l4));
	p->quoted = q.t;
}

enum reason icmp_parse(struct packet *p, const struct ip_view *v)
{
	struct cur c = cur_span(v->l4);
	if (!is_ours(&v->t)) {
		p->payload = v->l4;
		p->payload_wire = v->l4_len;
		return REASON_NONE;
	}
	p->icmp_type = cur_u8(&c);
	p->icmp_code = cur_u8(&c);
	cur_skip(&c, 2);
	/* RFC 4443 2.1: the general format of ICMPv6 has four octets, RFC 792: that of ICMP eight. */
	enum kind kind = type_row(v->t.family, p->icmp_type)->kind;
	uint32_t hlen = v->t.family == 6 && kind == OTHER ? 4 : 8;
	cur_skip(&c, hlen - 4);
	if (!cur_ok(&c))
		return v->fragment ? REASON_NONE : REASON_ICMP_HEADER;
	if (!l4_csum_ok(p, v, v->l4_len, v->t.family == 6)) {
		p->bad_csum = true;
		if (!p->csum_lenient)
			return REASON_ICMP_CHECKSUM;
	}
	p->payload = cur_rest(&c);
	p->payload_wire = v->l4_len - hlen;
	p->icmp_error = kind == ERROR;
	if (p->icmp_error)
		quote_parse(p);
	return REASON_NONE;
}
