/* office.c - recognisers of what else runs over TCP: web, TLS, shells, files, mail, databases. */
#include <string.h>

#include "decoders/other/look.h"

/* --- HTTP -------------------------------------------------------------------------------------- */

/* RFC 9110 9, RFC 5789, RFC 4918 9 */
static const char *const METHODS[] = {
	"GET ", "POST ",     "HEAD ",      "PUT ",   "DELETE ", "OPTIONS ", "TRACE ", "CONNECT ", "PATCH ",
	"PRI ", "PROPFIND ", "PROPPATCH ", "MKCOL ", "COPY ",   "MOVE ",    "LOCK ",  "UNLOCK ",
};

/* A request line; one that is longer than the look is taken for its method and a path. */
static enum probe http_request(const struct look *l, const char *method)
{
	struct span line;
	const enum probe a = look_line(l, &line);
	if (a == PROBE_YES)
		return look_has(line, " HTTP/") ? PROBE_YES : PROBE_NO;
	struct cur c = cur_span(l->b), text = c;
	cur_skip(&c, strlen(method));
	while (cur_left(&text) != 0)
		if (cur_u8(&text) < ' ')
			return PROBE_NO;
	return a == PROBE_NO && l->last && cur_peek(&c, 0) == '/' ? PROBE_YES : a;
}

enum probe look_http(const struct look *l)
{
	enum probe answer = look_starts(l, "HTTP/1.");
	if (answer == PROBE_YES) {
		struct cur c = cur_span(l->b);
		cur_skip(&c, 7);
		const uint8_t minor = cur_u8(&c), blank = cur_u8(&c), status = cur_u8(&c);
		if (!cur_ok(&c))
			return look_more(l);
		return minor <= '1' && minor >= '0' && blank == ' ' && status >= '1' && status <= '5' ? PROBE_YES : PROBE_NO;
	}
	for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
		const enum probe a = look_starts(l, METHODS[i]);
		if (a == PROBE_YES)
			return http_request(l, METHODS[i]);
		if (a == PROBE_MORE)
			answer = PROBE_MORE;
	}
	return answer;
}

/* --- TLS --------------------------------------------------------------------------------------- */

enum { TLS_CCS = 20, TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_DATA = 23, TLS_HEARTBEAT = 24, TLS_RECORD_MAX = 16384 + 2048 };

/* RFC 8446 5.1; versions 3.0 (SSL) to 3.4. */
static bool tls_record(struct cur *c, uint8_t *type, uint16_t *len)
{
	*type = cur_u8(c);
	const uint8_t major = cur_u8(c), minor = cur_u8(c);
	*len = cur_be16(c);
	return cur_ok(c) && *type >= TLS_CCS && *type <= TLS_HEARTBEAT && major == 3 && minor <= 4 && *len != 0 &&
	       *len <= TLS_RECORD_MAX;
}

/* RFC 8446 4: a hello in the clear. Its length may span records, its version is 3.x. */
static enum probe tls_hello(const struct look *l, struct cur c)
{
	const uint8_t type = cur_u8(&c);
	const uint32_t len = cur_be24(&c);
	const uint8_t major = cur_u8(&c), minor = cur_u8(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return (type == 1 || type == 2) && len >= 38 && len <= 1 << 17 && major == 3 && minor <= 4 ? PROBE_YES : PROBE_NO;
}

/* RFC 5246 E.2: a version 2 hello that offers version 3; two octets of length, message type, version, three lengths. */
static enum probe tls_old_hello(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint16_t len = cur_be16(&c);
	const uint8_t type = cur_u8(&c), major = cur_u8(&c), minor = cur_u8(&c);
	const uint16_t ciphers = cur_be16(&c), session = cur_be16(&c), challenge = cur_be16(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return (len & 0x8000) != 0 && type == 1 && major == 3 && minor <= 3 && ciphers % 3 == 0 && ciphers != 0 &&
			       (len & 0x7fff) == 9u + ciphers + session + challenge
		       ? PROBE_YES
		       : PROBE_NO;
}

/* A record that tells little on its own: an alert's two octets, a change of cipher spec's one. */
static bool tls_small(struct cur c, uint8_t type, uint16_t len)
{
	const uint8_t first = cur_peek(&c, 0), second = cur_peek(&c, 1);
	if (type == TLS_CCS)
		return len == 1 && first == 1;
	if (type == TLS_ALERT)
		return len > 2 || (len == 2 && (first == 1 || first == 2) && second <= 120);
	return true;
}

enum probe look_tls(const struct look *l)
{
	struct cur c = cur_span(l->b);
	unsigned records = 0;
	const uint8_t lead = cur_peek(&c, 0);
	if (lead == 0x80)
		return tls_old_hello(l);
	if (lead < TLS_CCS || lead > TLS_HEARTBEAT || (cur_left(&c) > 1 && cur_peek(&c, 1) != 3))
		return PROBE_NO;
	while (cur_left(&c) >= 5) {
		uint8_t type;
		uint16_t len;
		if (!tls_record(&c, &type, &len))
			return PROBE_NO;
		if (records == 0 && type == TLS_HANDSHAKE) {
			const enum probe hello = tls_hello(l, c);
			if (hello != PROBE_NO)
				return hello;
		}
		if (len > cur_left(&c))
			return records != 0 || (l->hinted && l->last) ? PROBE_YES : look_more(l);
		if (!tls_small(c, type, len))
			return PROBE_NO;
		cur_skip(&c, len);
		records++;
		if (records == 2 || l->hinted)
			return PROBE_YES;
	}
	return look_more(l);
}

/* --- SSH --------------------------------------------------------------------------------------- */

enum probe look_ssh(const struct look *l) /* RFC 4253 4.2 */
{
	const enum probe two = look_starts(l, "SSH-2.0-"), one = look_starts(l, "SSH-1.");
	return two != PROBE_NO ? two : one;
}

/* --- FTP, SMTP --------------------------------------------------------------------------------- */

/* RFC 959 4.2, RFC 5321 4.2: three digits, then a blank or, in a reply of several lines, a hyphen. 0: not a reply. */
static unsigned reply_code(struct span line)
{
	struct cur c = cur_span(line);
	unsigned code = 0;
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t digit = cur_u8(&c);
		if (digit < '0' || digit > '9')
			return 0;
		code = code * 10 + (digit - '0');
	}
	const uint8_t next = cur_peek(&c, 0);
	return code >= 100 && code <= 599 && (cur_left(&c) == 0 || next == ' ' || next == '-') ? code : 0;
}

static bool any_verb(struct span line, const char *const *verbs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (look_verb(line, verbs[i]))
			return true;
	return false;
}

static const char *const FTP_VERBS[] = { "USER", "AUTH", "FEAT", "OPTS", "SYST", "PASS", "PASV", "EPSV", "PORT", "EPRT",
					 "TYPE", "CWD",  "PWD",  "XPWD", "LIST", "NLST", "RETR", "STOR", "QUIT", "NOOP",
					 "SIZE", "MDTM", "CDUP", "DELE", "MKD",  "RMD",  "RNFR", "RNTO", "ABOR", "HELP" };
static const char *const SMTP_VERBS[] = { "EHLO", "HELO", "MAIL",     "RCPT", "DATA", "RSET", "NOOP",
					  "QUIT", "AUTH", "STARTTLS", "BDAT", "VRFY", "EXPN", "HELP" };

enum probe look_ftp(const struct look *l)
{
	struct span line;
	const enum probe a = look_line(l, &line);
	if (a != PROBE_YES)
		return a;
	const unsigned code = reply_code(line);
	if (code == 0)
		return l->hinted && any_verb(line, FTP_VERBS, ARRAY_LEN(FTP_VERBS)) ? PROBE_YES : PROBE_NO;
	if (look_has(line, "SMTP"))
		return PROBE_NO;
	const bool passive = (code == 227 && look_has(line, " PASSIVE MODE (")) || (code == 229 && look_has(line, "(|||"));
	return l->hinted || passive || (code == 220 && look_has(line, "FTP")) ? PROBE_YES : PROBE_NO;
}

enum probe look_smtp(const struct look *l)
{
	struct span line;
	const enum probe a = look_line(l, &line);
	if (a != PROBE_YES)
		return a;
	const unsigned code = reply_code(line);
	if (code == 0) {
		if (l->hinted)
			return any_verb(line, SMTP_VERBS, ARRAY_LEN(SMTP_VERBS)) ? PROBE_YES : PROBE_NO;
		return (look_verb(line, "EHLO") || look_verb(line, "HELO")) && line.len > 5 ? PROBE_YES : PROBE_NO;
	}
	const bool smtp = look_has(line, "SMTP");
	return (l->hinted && (smtp || !look_has(line, "FTP"))) || (code == 220 && smtp) ? PROBE_YES : PROBE_NO;
}

/* --- SMB --------------------------------------------------------------------------------------- */

enum nbss { NBSS_MESSAGE = 0, NBSS_REQUEST = 0x81, NBSS_POSITIVE, NBSS_NEGATIVE, NBSS_RETARGET, NBSS_KEEPALIVE };

/* FF 'SMB' and its successors: FE for version 2 and 3, FD encrypted, FC compressed. */
static bool smb_magic(uint32_t v)
{
	return v == 0xff534d42 || v == 0xfe534d42 || v == 0xfd534d42 || v == 0xfc534d42;
}

/* Two names, of which the first is enough; on its port its length is. */
static enum probe nbss_request(const struct look *l, struct cur c)
{
	if (cur_left(&c) != 0 && l->hinted)
		return cur_peek(&c, 0) == 32 ? PROBE_YES : PROBE_NO;
	if (look_netbios_name(&c))
		return PROBE_YES;
	return cur_ok(&c) ? PROBE_NO : look_more(l);
}

/* RFC 1002 4.3.1, 4.3.2: a session message with an SMB in it, or a session request; or, on its port, what answers that (4.3.3 to
 * 4.3.6). */
enum probe look_smb(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint8_t type = cur_u8(&c);
	if (type != NBSS_MESSAGE && type != NBSS_REQUEST && (!l->hinted || type < NBSS_REQUEST || type > NBSS_KEEPALIVE))
		return PROBE_NO;
	const uint32_t len = cur_be24(&c);
	if (!cur_ok(&c))
		return look_more(l);
	bool fits;
	switch (type) {
	case NBSS_MESSAGE: {
		const uint32_t magic = cur_be32(&c);
		if (!cur_ok(&c))
			return look_more(l);
		fits = len >= 32 && smb_magic(magic);
		break;
	}
	case NBSS_REQUEST: /* two names of 34 octets */
		return len >= 68 && len <= 512 ? nbss_request(l, c) : PROBE_NO;
	case NBSS_NEGATIVE:
		fits = len == 1;
		break;
	case NBSS_RETARGET:
		fits = len == 6;
		break;
	default:
		fits = len == 0;
		break;
	}
	return fits ? PROBE_YES : PROBE_NO;
}

/* --- MySQL ------------------------------------------------------------------------------------- */

/* Protocol::HandshakeV10: version text up to a zero, thread id, eight octets of salt, a zero. */
static enum probe mysql_greeting(const struct look *l, struct cur c, uint32_t len)
{
	const uint8_t protocol = cur_u8(&c), digit = cur_peek(&c, 0);
	unsigned n = 0;
	if (cur_ok(&c) && (protocol != 10 || (cur_left(&c) != 0 && (digit < '3' || digit > '9')) || len < 30 || len > 512))
		return PROBE_NO;
	for (uint8_t ch; cur_left(&c) != 0 && (ch = cur_u8(&c)) != 0; n++)
		if (ch < ' ' || ch > '~' || n > 100)
			return PROBE_NO;
	cur_skip(&c, 12);
	const uint8_t filler = cur_u8(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return n >= 3 && filler == 0 ? PROBE_YES : PROBE_NO;
}

/* Protocol::HandshakeResponse41 and SSLRequest: capabilities with protocol 4.1, packet size, charset, 23 zeros. */
static enum probe mysql_answer(const struct look *l, struct cur c, uint32_t len)
{
	const uint32_t capabilities = cur_le32(&c);
	cur_skip(&c, 5);
	uint8_t zeros = 0;
	for (unsigned i = 0; i < 19; i++) /* MariaDB uses the last four */
		zeros |= cur_u8(&c);
	if (!cur_ok(&c))
		return look_more(l);
	return len >= 32 && len <= 4096 && (capabilities & 0x200) != 0 && zeros == 0 ? PROBE_YES : PROBE_NO;
}

enum probe look_mysql(const struct look *l)
{
	struct cur c = cur_span(l->b);
	const uint32_t low = cur_u8(&c), len = low | (uint32_t)cur_u8(&c) << 8 | (uint32_t)cur_u8(&c) << 16;
	const uint8_t sequence = cur_u8(&c);
	if (!cur_ok(&c))
		return look_more(l);
	if (len >> 16 != 0 || sequence > 1)
		return PROBE_NO;
	return sequence == 0 ? mysql_greeting(l, c, len) : mysql_answer(l, c, len);
}

/* --- Telnet ------------------------------------------------------------------------------------ */

/* RFC 854: IAC, WILL to DONT or a subnegotiation, an option (IANA: 0 to 49, 138 to 140, 255). Two, or one on its port. */
enum probe look_telnet(const struct look *l)
{
	struct cur c = cur_span(l->b);
	unsigned seen = 0;
	while (cur_left(&c) >= 3) {
		const uint8_t iac = cur_u8(&c), verb = cur_u8(&c), option = cur_u8(&c);
		const bool known = option <= 49 || (option >= 138 && option <= 140) || option == 255;
		if (iac != 0xff || verb < 0xfa || verb > 0xfe || !known)
			return PROBE_NO;
		if (++seen == 2 || l->hinted)
			return PROBE_YES;
		if (verb == 0xfa) /* its end is not looked for: one such and nothing else is not enough */
			return look_more(l);
	}
	return cur_left(&c) != 0 && cur_peek(&c, 0) != 0xff ? PROBE_NO : look_more(l);
}
