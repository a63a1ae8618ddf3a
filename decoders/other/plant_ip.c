/* plant_ip.c - recognisers of industrial protocols that were made for networks: EtherNet/IP, OPC UA, BACnet/IP,
 * FINS, ADS, S-Bus, PROFINET, and H.323 calls, which share TPKT with COTP. */
#include <string.h>

#include "decoders/other/look.h"

/* --- EtherNet/IP ------------------------------------------------------------------------------- */

/* CIP Vol. 2, 2-3.2: encapsulation commands that open or carry something, with the least and most octets of data. */
/* Enough; no session on ports other than its own; no session and nowhere else. */
enum enip_evidence { ENIP_ENOUGH, ENIP_NO_SESSION, ENIP_NO_SESSION_AND_PORT };

struct enip_row {
	uint16_t command, min, max;
	enum enip_evidence needs; /* beside its shape */
};

static const struct enip_row ENIP_ROWS[] = {
	{ 0x0001, 0, 512, ENIP_NO_SESSION_AND_PORT }, /* reserved: of a forerunner, still asked for */
	{ 0x0004, 0, 65511, ENIP_NO_SESSION },        /* ListServices */
	{ 0x0063, 0, 65511, ENIP_NO_SESSION },        /* ListIdentity */
	{ 0x0064, 0, 65511, ENIP_NO_SESSION },        /* ListInterfaces */
	{ 0x0065, 0, 4, ENIP_ENOUGH },                /* RegisterSession */
	{ 0x0066, 0, 0, ENIP_ENOUGH },                /* UnRegisterSession */
	{ 0x006f, 0, 65511, ENIP_ENOUGH },            /* SendRRData */
	{ 0x0070, 0, 65511, ENIP_ENOUGH },            /* SendUnitData */
};

static const struct enip_row *enip_row(uint16_t command, uint16_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(ENIP_ROWS); i++)
		if (ENIP_ROWS[i].command == command)
			return len >= ENIP_ROWS[i].min && len <= ENIP_ROWS[i].max ? &ENIP_ROWS[i] : NULL;
	return NULL;
}

static bool enip_evident(const struct enip_row *r, uint32_t session, bool hinted)
{
	switch (r->needs) {
	case ENIP_ENOUGH:
		return true;
	case ENIP_NO_SESSION:
		return hinted || session == 0;
	case ENIP_NO_SESSION_AND_PORT:
		return hinted && session == 0;
	}
	return false;
}

static bool enip_status(uint32_t status)
{
	return status <= 3 || status == 0x64 || status == 0x65 || status == 0x69 || status == 0x6a;
}

/* CIP Vol. 2, 3-4: a sequenced or plain address item, then connected data; implicit messages have no other header. */
static enum probe enip_implicit(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint16_t items = cur_le16(&c), address = cur_le16(&c), address_len = cur_le16(&c);
	if (items < 2 || items > 4 || !((address == 0x8002 && address_len == 8) || (address == 0x00a1 && address_len == 4)))
		return PROBE_NO;
	cur_skip(&c, address_len);
	const uint16_t data = cur_le16(&c), data_len = cur_le16(&c);
	if (!cur_ok(&c) || data != 0x00b1)
		return PROBE_NO;
	return items == 2 ? cur_left(&c) == data_len ? PROBE_YES : PROBE_NO : cur_left(&c) >= data_len ? PROBE_YES : PROBE_NO;
}

enum probe look_enip(const struct look *l)
{
	struct cur c = cur_span(l->b);
	if (l->datagram && enip_implicit(l) == PROBE_YES)
		return PROBE_YES;
	if (cur_peek(&c, 1) != 0 || cur_peek(&c, 0) > 0x73)
		return PROBE_NO;
	const uint16_t command = cur_le16(&c), len = cur_le16(&c);
	const uint32_t session = cur_le32(&c), status = cur_le32(&c);
	cur_skip(&c, 8);
	const uint32_t options = cur_le32(&c);
	if (!cur_ok(&c))
		return look_more(l);
	const struct enip_row *r = enip_row(command, len);
	if (r == NULL || !enip_status(status) || options != 0 || !enip_evident(r, session, l->hinted))
		return PROBE_NO;
	if (l->datagram)
		return cur_left(&c) == len ? PROBE_YES : PROBE_NO;
	return PROBE_YES;
}

/* --- OPC UA ------------------------------------------------------------------------------------ */

/* OPC 10000-6 7.1.2.2: message types, with octets of the smallest. */
struct ua_row {
	const char *type; /* with the chunk type where it can only be F */
	uint32_t min, max;
};

static const struct ua_row UA_ROWS[] = {
	{ "HELF", 32, 4128 },  { "ACKF", 28, 28 },    { "ERRF", 16, 4128 },    { "RHEF", 16, 8208 },    { "OPNF", 32, 65536 },
	{ "OPNA", 16, 65536 }, { "CLOF", 24, 65536 }, { "MSGF", 24, 1 << 26 }, { "MSGC", 24, 1 << 26 }, { "MSGA", 16, 1 << 26 },
};

enum probe look_opcua(const struct look *l)
{
	for (size_t i = 0; i < ARRAY_LEN(UA_ROWS); i++) {
		const enum probe a = look_starts(l, UA_ROWS[i].type);
		if (a == PROBE_NO)
			continue;
		struct cur c = cur_span(l->b);
		cur_skip(&c, 4);
		const uint32_t size = cur_le32(&c);
		if (!cur_ok(&c))
			return look_more(l);
		return size >= UA_ROWS[i].min && size <= UA_ROWS[i].max ? PROBE_YES : PROBE_NO;
	}
	return PROBE_NO;
}

/* --- BACnet/IP --------------------------------------------------------------------------------- */

enum { BVLC_PLAIN, BVLC_NPDU, BVLC_FORWARDED };

/* ASHRAE 135 J.2: what follows the header of each function, 0x00 to 0x0c. */
static const uint8_t BVLC_BODY[] = {
	BVLC_PLAIN, BVLC_PLAIN, BVLC_PLAIN, BVLC_PLAIN, BVLC_FORWARDED, BVLC_PLAIN, BVLC_PLAIN,
	BVLC_PLAIN, BVLC_PLAIN, BVLC_NPDU,  BVLC_NPDU,  BVLC_NPDU,      BVLC_PLAIN,
};

enum probe look_bacnet(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint8_t type = cur_u8(&c), function = cur_u8(&c);
	const uint16_t len = cur_be16(&c);
	if (!cur_ok(&c) || type != 0x81 || function >= ARRAY_LEN(BVLC_BODY) || len != l->b.len)
		return PROBE_NO;
	if (BVLC_BODY[function] == BVLC_PLAIN)
		return l->hinted ? PROBE_YES : PROBE_NO;
	if (BVLC_BODY[function] == BVLC_FORWARDED)
		cur_skip(&c, 6);
	const uint8_t version = cur_u8(&c), control = cur_u8(&c);
	return cur_ok(&c) && version == 1 && (control & 0x50) == 0 ? PROBE_YES : PROBE_NO; /* 6.2.2: reserved bits */
}

/* --- FINS -------------------------------------------------------------------------------------- */

/* FINS commands by main code, highest sub-code (W342 5-1). */
static const uint8_t FINS_SUB_MAX[] = {
	[0x01] = 0x05, [0x02] = 0x20, [0x03] = 0x0d, [0x04] = 0x03, [0x05] = 0x02, [0x06] = 0x20, [0x07] = 0x02,
	[0x08] = 0x01, [0x09] = 0x20, [0x0c] = 0x03, [0x21] = 0x40, [0x22] = 0x20, [0x23] = 0x0a, [0x26] = 0x0a,
};

/* The header: ICF with only its defined bits, RSV 0, gateway count, three addresses twice, SID, command. */
static bool fins_header(struct cur c)
{
	const uint8_t icf = cur_u8(&c), rsv = cur_u8(&c), gateways = cur_u8(&c);
	cur_skip(&c, 7);
	const uint8_t main = cur_u8(&c), sub = cur_u8(&c);
	return cur_ok(&c) && (icf & 0xbe) == 0x80 && rsv == 0 && gateways <= 7 && main < ARRAY_LEN(FINS_SUB_MAX) && sub != 0 &&
	       sub <= FINS_SUB_MAX[main];
}

enum probe look_fins(const struct look *l)
{
	struct cur c = cur_span(l->b);
	if (l->datagram)
		return l->hinted && fins_header(c) ? PROBE_YES : PROBE_NO;
	const enum probe a = look_starts(l, "FINS");
	if (a != PROBE_YES)
		return a;
	cur_skip(&c, 4);
	const uint32_t len = cur_be32(&c), command = cur_be32(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return len >= 8 && len <= 4096 && command <= 6 ? PROBE_YES : PROBE_NO;
}

/* --- ADS --------------------------------------------------------------------------------------- */

enum { AMS_HEADER = 32 };

/* AMS header: two addresses and ports, command, state flags, octets of data. */
static bool ams_header(struct cur *c, uint32_t *data)
{
	cur_skip(c, 16);
	const uint16_t command = cur_le16(c), flags = cur_le16(c);
	*data = cur_le32(c);
	cur_skip(c, 8);
	return cur_ok(c) && command <= 9 && (flags & 0xff00) == 0 && (flags & 0x04) != 0;
}

enum probe look_ads(const struct look *l)
{
	struct cur c = cur_span(l->b);
	if (l->datagram) /* the router's own protocol: cookie, invoke id, service */
		return l->b.len >= 12 && cur_be32(&c) == 0x03661471 ? PROBE_YES : PROBE_NO;
	const uint16_t reserved = cur_le16(&c);
	const uint32_t len = cur_le32(&c);
	uint32_t data = 0;
	if (reserved != 0)
		return PROBE_NO;
	if (cur_left(&c) < AMS_HEADER)
		return cur_ok(&c) && (len < AMS_HEADER || len > 1 << 24) ? PROBE_NO : look_more(l);
	return ams_header(&c, &data) && len >= AMS_HEADER && data == len - AMS_HEADER ? PROBE_YES : PROBE_NO;
}

/* --- S-Bus ------------------------------------------------------------------------------------- */

/* Ether-S-Bus: octets in all, version, protocol, sequence, attribute; a check sum at the end. */
enum probe look_sbus(const struct look *l)
{
	enum { SMALLEST = 11, LARGEST = 2048 };
	struct cur c = cur_span(l->b);
	const uint32_t len = cur_be32(&c);
	const uint8_t version = cur_u8(&c), protocol = cur_u8(&c);
	cur_skip(&c, 2);
	const uint8_t attribute = cur_u8(&c);
	if (len != l->b.len || len < SMALLEST || len > LARGEST || version > 1 || protocol > 1 || attribute > 2)
		return PROBE_NO;
	struct cur f = cur_span(l->b);
	const struct span body = cur_bytes(&f, len - 2u);
	return cur_be16(&f) == look_crc_ccitt(0, body) ? PROBE_YES : PROBE_NO;
}

/* --- PROFINET ---------------------------------------------------------------------------------- */

/* DEA0000n-6C97-11D1-8271-...: object (n = 0) and interfaces (1 to 4) of IEC 61158-6-10, in either byte order. */
static bool is_pnio(struct span uuid)
{
	struct cur big = cur_span(uuid), little = big;
	const uint32_t high = cur_be32(&big), low = cur_le32(&little);
	const uint32_t mid = cur_be32(&big);
	const uint16_t two = cur_le16(&little), three = cur_le16(&little), tail = cur_be16(&little);
	const bool is_little = low >> 4 == 0xdea0000 && two == 0x6c97 && three == 0x11d1;
	const bool is_big = high >> 4 == 0xdea0000 && mid == 0x6c9711d1;
	return cur_ok(&little) && tail == 0x8271 && (is_little || is_big) && ((is_big ? high : low) & 15) <= 4;
}

/* The end-point mapper, asked on PROFINET's port where its interfaces are. */
static bool is_mapper(struct span uuid)
{
	static const uint8_t TAIL[] = { 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa };
	struct cur c = cur_span(uuid);
	const uint32_t head = cur_be32(&c);
	cur_skip(&c, 4);
	const struct span tail = cur_bytes(&c, 8);
	return (head == 0xe1af8308 || head == 0x0883afe1) && tail.len == 8 && memcmp(tail.p, TAIL, 8) == 0;
}

/* C706 12.5.2: connectionless header, 80 octets, version 4. */
enum probe look_profinet(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint8_t version = cur_u8(&c), type = cur_u8(&c);
	cur_skip(&c, 6);
	const struct span object = cur_bytes(&c, 16), interface = cur_bytes(&c, 16);
	cur_skip(&c, 40);
	if (!cur_ok(&c) || version != 4 || type > 10)
		return PROBE_NO;
	return is_pnio(interface) || is_pnio(object) || (l->hinted && is_mapper(interface)) ? PROBE_YES : PROBE_NO;
}

/* --- H.323 ------------------------------------------------------------------------------------- */

/* RFC 1006 6, then Q.931 4.2-4.4 as H.225.0 uses it: a call reference of two octets, a message type. */
enum probe look_h323(const struct look *l)
{
	static const uint8_t TYPES[] = { 0x01, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f, 0x4d, 0x5a, 0x62, 0x6e, 0x75, 0x7b, 0x7d };
	struct cur c = cur_span(l->b);
	if (cur_peek(&c, 0) != 3 || cur_peek(&c, 1) != 0)
		return PROBE_NO;
	cur_skip(&c, 2);
	const uint16_t len = cur_be16(&c);
	if (cur_left(&c) != 0 && cur_peek(&c, 0) != 0x08)
		return PROBE_NO;
	cur_skip(&c, 1);
	const uint8_t ref_len = cur_u8(&c);
	cur_skip(&c, 2);
	const uint8_t type = cur_u8(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return len >= 9 && ref_len == 2 && memchr(TYPES, type, sizeof(TYPES)) != NULL ? PROBE_YES : PROBE_NO;
}
