/* plant.c - recognisers of telecontrol and field protocols: Modbus, DNP3, IEC 104, C37.118, HART-IP. */
#include "decoders/other/look.h"

enum { CHAIN_UNHINTED = 3 }; /* PDUs in a row that stand for a port */

/* --- Modbus ------------------------------------------------------------------------------------ */

/* Application protocol V1.1b3 6: octets of request and response PDUs, function code included. */
struct mb_row {
	uint8_t code;
	uint8_t req_min, req_max, rsp_min, rsp_max;
};

static const struct mb_row MB_ROWS[] = {
	{ 1, 5, 5, 3, 253 },     /* read coils */
	{ 2, 5, 5, 3, 253 },     /* read discrete inputs */
	{ 3, 5, 5, 4, 253 },     /* read holding registers */
	{ 4, 5, 5, 4, 253 },     /* read input registers */
	{ 5, 5, 5, 5, 5 },       /* write single coil */
	{ 6, 5, 5, 5, 5 },       /* write single register */
	{ 7, 1, 1, 2, 2 },       /* read exception status */
	{ 8, 3, 253, 3, 253 },   /* diagnostics */
	{ 11, 1, 1, 5, 5 },      /* get comm event counter */
	{ 12, 1, 1, 8, 253 },    /* get comm event log */
	{ 15, 7, 253, 5, 5 },    /* write multiple coils */
	{ 16, 8, 253, 5, 5 },    /* write multiple registers */
	{ 17, 1, 1, 3, 253 },    /* report server id */
	{ 20, 9, 253, 4, 253 },  /* read file record */
	{ 21, 9, 253, 9, 253 },  /* write file record */
	{ 22, 7, 7, 7, 7 },      /* mask write register */
	{ 23, 12, 253, 4, 253 }, /* read/write multiple registers */
	{ 24, 3, 3, 5, 253 },    /* read FIFO queue */
	{ 43, 2, 253, 2, 253 },  /* encapsulated interface transport */
	{ 90, 2, 253, 2, 253 },  /* vendor's: UMAS */
};

/* A function and length that fit one another. The vendors' ranges (5, figure 1) say nothing of lengths. */
static bool mb_function(uint8_t code, uint16_t len, bool hinted)
{
	if ((code & 0x80) != 0)
		return len == 2;
	for (size_t i = 0; i < ARRAY_LEN(MB_ROWS); i++) {
		const struct mb_row *r = &MB_ROWS[i];
		if (r->code == code)
			return (len >= r->req_min && len <= r->req_max) || (len >= r->rsp_min && len <= r->rsp_max);
	}
	return hinted && ((code >= 65 && code <= 72) || (code >= 100 && code <= 110));
}

/* MBAP header and function code (Messaging on TCP/IP V1.0b 3.1); false: not one. left: octets of data that follow. */
static bool mb_header(struct cur *c, bool hinted, uint8_t *unit, size_t *left)
{
	cur_skip(c, 2);
	const uint16_t protocol = cur_be16(c), len = cur_be16(c);
	*unit = cur_u8(c);
	const uint8_t code = cur_u8(c);
	if (!cur_ok(c))
		return false;
	*left = len - 2u;
	return protocol == 0 && len >= 2 && len <= 254 && mb_function(code, len - 1u, hinted);
}

enum probe look_modbus(const struct look *l)
{
	enum { HEADER = 8 };
	struct cur c = cur_span(l->b);
	unsigned whole = 0, unit = 0;
	if (cur_peek(&c, 2) != 0 || cur_peek(&c, 3) != 0 || cur_peek(&c, 4) != 0)
		return PROBE_NO;
	while (cur_left(&c) >= HEADER) {
		uint8_t u;
		size_t left;
		if (!mb_header(&c, l->hinted, &u, &left) || (whole != 0 && u != unit && !l->hinted))
			return PROBE_NO;
		unit = u;
		if (left > cur_left(&c)) /* the look ends in it */
			return l->hinted && l->last && !l->datagram ? PROBE_YES : look_more(l);
		cur_skip(&c, left);
		whole++;
		if (l->hinted && (!l->datagram || cur_left(&c) == 0))
			return PROBE_YES;
	}
	return whole >= CHAIN_UNHINTED && !l->datagram ? PROBE_YES : look_more(l);
}

/* --- DNP3 -------------------------------------------------------------------------------------- */

/* IEEE 1815 9.2.4.1: start, length, control, destination, source, and their check sum. */
enum probe look_dnp3(const struct look *l)
{
	struct cur c = cur_span(l->b);
	if (cur_peek(&c, 0) != 0x05 || (cur_left(&c) > 1 && cur_peek(&c, 1) != 0x64))
		return PROBE_NO;
	if (cur_left(&c) < 10)
		return look_more(l);
	const struct span header = cur_bytes(&c, 8);
	const uint16_t crc = cur_le16(&c);
	struct cur len = cur_span(header);
	cur_skip(&len, 2);
	return cur_u8(&len) >= 5 && crc == look_crc_dnp(header) ? PROBE_YES : PROBE_NO;
}

/* --- IEC 60870-5-104 --------------------------------------------------------------------------- */

enum apci { APCI_NONE, APCI_I, APCI_S, APCI_U };

/* IEC 60870-5-104 5.1: the control field's form, and what it allows of the length; on its port a wrong length is still it. */
static enum apci apci_form(struct cur *c, uint8_t len, bool hinted)
{
	const uint8_t c1 = cur_u8(c), c2 = cur_u8(c), c3 = cur_u8(c), c4 = cur_u8(c);
	if (!cur_ok(c) || (c3 & 1) != 0)
		return APCI_NONE;
	if ((c1 & 1) == 0)
		return len >= 10 ? APCI_I : APCI_NONE;
	if (len != 4 && !hinted)
		return APCI_NONE;
	if (c1 == 1)
		return c2 == 0 ? APCI_S : APCI_NONE;
	const bool one = c1 == 0x07 || c1 == 0x0b || c1 == 0x13 || c1 == 0x23 || c1 == 0x43 || c1 == 0x83;
	return one && (c2 | c3 | c4) == 0 ? APCI_U : APCI_NONE;
}

/* IEC 60870-5-101 7.2: type identification, number of objects, cause of transmission. */
static bool asdu_header(struct cur c)
{
	const uint8_t type = cur_u8(&c), vsq = cur_u8(&c), cause = cur_u8(&c) & 0x3f;
	return cur_ok(&c) && type >= 1 && type <= 127 && (vsq & 0x7f) != 0 && cause >= 1 && cause <= 47;
}

enum probe look_iec104(const struct look *l)
{
	struct cur c = cur_span(l->b);
	unsigned good = 0, telling = 0;
	if (cur_peek(&c, 0) != 0x68)
		return PROBE_NO;
	while (cur_left(&c) >= 6) {
		const uint8_t start = cur_u8(&c), len = cur_u8(&c);
		struct cur rest = c;
		const enum apci form = apci_form(&rest, len, l->hinted);
		if (start != 0x68 || len < 4 || len > 253 || form == APCI_NONE)
			return PROBE_NO;
		if (form == APCI_I && cur_left(&rest) < 3)
			return look_more(l);
		if (form == APCI_I && !asdu_header(rest))
			return PROBE_NO;
		if (form == APCI_I && l->hinted) { /* alone it tells little: it must be whole, and another follow or nothing */
			if (len > cur_left(&c))
				return look_more(l);
			if (len < cur_left(&c) && cur_peek(&c, len) != 0x68)
				return PROBE_NO;
		}
		good++;
		telling += form == APCI_U;
		if (l->hinted || telling != 0 || good >= CHAIN_UNHINTED)
			return PROBE_YES;
		if (len > cur_left(&c))
			break;
		cur_skip(&c, len);
	}
	return look_more(l);
}

/* --- C37.118 ----------------------------------------------------------------------------------- */

/* IEEE C37.118.2 6.2: sync, frame size, id code, second of century, fraction, and the check sum at the end. */
enum probe look_c37118(const struct look *l)
{
	enum { HEADER = 14, CHECKED_MAX = 2048 };
	struct cur c = cur_span(l->b);
	const uint8_t lead = cur_u8(&c);
	const uint8_t sync = cur_peek(&c, 0), type = sync >> 4, version = sync & 15;
	if (lead != 0xaa || (cur_left(&c) != 0 && (type > 5 || version < 1 || version > 3)))
		return PROBE_NO;
	if (cur_left(&c) < HEADER - 1)
		return look_more(l);
	cur_skip(&c, 1);
	const uint16_t size = cur_be16(&c);
	if (size < HEADER + 2 || (type == 4 && size < HEADER + 4))
		return PROBE_NO;
	if (l->b.len < size) /* larger than the look: the port has to stand for the check sum */
		return l->last && l->hinted && !l->datagram ? PROBE_YES : look_more(l);
	if (size > CHECKED_MAX || (l->datagram && l->b.len != size))
		return PROBE_NO;
	struct cur f = cur_span(l->b);
	const struct span body = cur_bytes(&f, size - 2u);
	return cur_be16(&f) == look_crc_ccitt(0xffff, body) ? PROBE_YES : PROBE_NO;
}

/* --- HART-IP ----------------------------------------------------------------------------------- */

/* HCF_SPEC-081 10.1: delimiter to check octet, the exclusive or of all before it. */
static bool hart_frame(struct span s)
{
	uint8_t sum = 0;
	if (s.len < 5)
		return false;
	for (struct cur c = cur_span(s); cur_left(&c) != 0;)
		sum ^= cur_u8(&c);
	return sum == 0;
}

/* HCF_SPEC-085: version, message type, message id, status, sequence number, octets in all. */
enum probe look_hartip(const struct look *l)
{
	enum { HEADER = 8, INITIATE = 0, CLOSE = 1, KEEPALIVE = 2, TOKEN = 3, DIRECT = 4, AUDIT = 5 };
	struct cur c = cur_span(l->b);
	const uint8_t version = cur_u8(&c), type = cur_u8(&c), id = cur_u8(&c);
	if (version < 1 || version > 2 || (type > 3 && type != 15) || id > AUDIT)
		return PROBE_NO;
	cur_skip(&c, 3);
	const uint16_t size = cur_be16(&c);
	if (!cur_ok(&c))
		return look_more(l);
	if (size < HEADER || size > 2048 || (l->datagram && size != l->b.len))
		return PROBE_NO;
	struct cur body = cur_sub(&c, size - (size_t)HEADER);
	if (!cur_ok(&body))
		return look_more(l);
	const size_t left = cur_left(&body);
	if (id == INITIATE && type <= 1 && left == 5) {
		const uint8_t master = cur_u8(&body);
		const uint32_t timer = cur_be32(&body); /* milliseconds */
		return master <= 1 && (l->hinted || (timer >= 1000 && timer <= 1 << 24)) ? PROBE_YES : PROBE_NO;
	}
	if (id == TOKEN && left != 0)
		return hart_frame(cur_rest(&body)) ? PROBE_YES : PROBE_NO;
	if ((id == CLOSE || id == KEEPALIVE) && left != 0)
		return PROBE_NO;
	return l->hinted ? PROBE_YES : PROBE_NO;
}
