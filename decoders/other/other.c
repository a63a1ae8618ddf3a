/* other.c - the table of recognisers, and what they share. */
#include "decoders/other/other.h"

#include "decoders/other/look.h"

enum { TCP = 6, UDP = 17, BOTH = 0, HINTS = 4 };

struct row {
	enum proto proto;
	uint8_t transport;    /* TCP, UDP or BOTH */
	uint16_t port[HINTS]; /* the protocol's ports; 0 = no more */
	look_fn *fn;
};

/* The first that says yes decides: those with magic values and check sums before those with less. */
static const struct row ROWS[] = {
	{ PROTO_DNP3, BOTH, { 20000, 19999 }, look_dnp3 },
	{ PROTO_C37118, BOTH, { 4712, 4713 }, look_c37118 },
	{ PROTO_SBUS, UDP, { 5050 }, look_sbus },
	{ PROTO_PROFINET, UDP, { 34964 }, look_profinet },
	{ PROTO_ADS, BOTH, { 48898, 48899 }, look_ads },
	{ PROTO_OPCUA, TCP, { 4840, 4843 }, look_opcua },
	{ PROTO_ENIP, BOTH, { 44818, 2222 }, look_enip },
	{ PROTO_FINS, BOTH, { 9600 }, look_fins },
	{ PROTO_BACNET, UDP, { 47808, 47809 }, look_bacnet },
	{ PROTO_HARTIP, BOTH, { 5094 }, look_hartip },
	{ PROTO_IEC104, TCP, { 2404 }, look_iec104 },
	{ PROTO_H323, TCP, { 1720 }, look_h323 },
	{ PROTO_SMB, TCP, { 445, 139 }, look_smb },
	{ PROTO_TLS, TCP, { 443, 3782, 636, 8443 }, look_tls },
	{ PROTO_SSH, TCP, { 22 }, look_ssh },
	{ PROTO_HTTP, TCP, { 80, 8080 }, look_http },
	{ PROTO_MYSQL, TCP, { 3306 }, look_mysql },
	{ PROTO_TELNET, TCP, { 23 }, look_telnet },
	{ PROTO_FTP, TCP, { 21 }, look_ftp },
	{ PROTO_SMTP, TCP, { 25, 587, 465 }, look_smtp },
	{ PROTO_DHCP, UDP, { 67, 68 }, look_dhcp },
	{ PROTO_QUIC, UDP, { 443 }, look_quic },
	{ PROTO_NBNS, UDP, { 137 }, look_nbns },
	{ PROTO_NBDGM, UDP, { 138 }, look_nbdgm },
	{ PROTO_SNMP, UDP, { 161, 162 }, look_snmp },
	{ PROTO_TFTP, UDP, { 69 }, look_tftp },
	{ PROTO_NTP, UDP, { 123 }, look_ntp },
	{ PROTO_MODBUS, BOTH, { 502 }, look_modbus },
	{ PROTO_DNS, BOTH, { 53 }, look_dns },
};

static bool hinted(const struct row *r, const struct other_hint *h)
{
	for (size_t i = 0; i < HINTS && r->port[i] != 0; i++)
		if (h->sport == r->port[i] || h->dport == r->port[i])
			return true;
	return false;
}

enum probe other_probe(const struct other_hint *h, enum dir d, struct span first, bool whole, enum proto *p)
{
	struct look l = { .b = first,
			  .last = whole || first.len >= OTHER_LOOK,
			  .datagram = h->ip_proto == UDP,
			  .to_server = d == DIR_ORIG,
			  .sport = h->sport,
			  .dport = h->dport };
	enum probe answer = PROBE_NO;
	if (h->ip_proto != TCP && h->ip_proto != UDP)
		return PROBE_NO;
	if (first.len == 0)
		return look_more(&l);
	l.last |= l.datagram;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		const struct row *r = &ROWS[i];
		if (r->transport != BOTH && r->transport != h->ip_proto)
			continue;
		l.hinted = hinted(r, h);
		const enum probe a = r->fn(&l);
		if (a == PROBE_YES) {
			*p = r->proto;
			return PROBE_YES;
		}
		if (a == PROBE_MORE)
			answer = PROBE_MORE;
	}
	return answer;
}

enum probe look_starts(const struct look *l, const char *text)
{
	struct cur c = cur_span(l->b);
	for (; *text != 0; text++) {
		if (cur_left(&c) == 0)
			return look_more(l);
		if (cur_u8(&c) != (uint8_t)*text)
			return PROBE_NO;
	}
	return PROBE_YES;
}

enum probe look_line(const struct look *l, struct span *line)
{
	struct cur c = cur_span(l->b);
	for (size_t n = 0; cur_left(&c) != 0; n++) {
		const uint8_t ch = cur_u8(&c);
		if (ch == '\r' || ch == '\n') {
			*line = span_of(l->b.p, n);
			return PROBE_YES;
		}
		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return PROBE_NO;
	}
	return look_more(l);
}

static uint8_t capital(uint8_t ch)
{
	return ch >= 'a' && ch <= 'z' ? (uint8_t)(ch - 'a' + 'A') : ch;
}

static bool begins(const struct cur *c, const char *word)
{
	for (size_t i = 0; word[i] != 0; i++)
		if (capital(cur_peek(c, i)) != (uint8_t)word[i])
			return false;
	return true;
}

bool look_has(struct span s, const char *word)
{
	for (struct cur c = cur_span(s); cur_left(&c) != 0; cur_skip(&c, 1))
		if (begins(&c, word))
			return true;
	return false;
}

bool look_verb(struct span s, const char *word)
{
	struct cur c = cur_span(s);
	if (!begins(&c, word))
		return false;
	while (*word++ != 0)
		cur_skip(&c, 1);
	return cur_left(&c) == 0 || cur_peek(&c, 0) == ' ';
}

uint16_t look_crc_dnp(struct span s)
{
	uint16_t crc = 0;
	for (struct cur c = cur_span(s); cur_left(&c) != 0;) {
		crc ^= cur_u8(&c);
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa6bc : crc >> 1);
	}
	return (uint16_t)~crc;
}

uint16_t look_crc_ccitt(uint16_t start, struct span s)
{
	uint16_t crc = start;
	for (struct cur c = cur_span(s); cur_left(&c) != 0;) {
		crc ^= (uint16_t)(cur_u8(&c) << 8);
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}
