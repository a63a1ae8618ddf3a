/* packet_sctp.c - the common header of SCTP and the form of its chunks (RFC 9260 3, 6.10, 8.5). */
#include <string.h>

#include "forward/crc32c.h"
#include "forward/packet_int.h"

enum { HEADER = 12, CSUM = 8, CHUNK = 4, CHUNK_INIT = 1, FIXED = 8 /* of an INIT: up to its tag */ };

/* Chunks whose form is known: octets at least, padding not counted. alone: nothing may stand beside it, 6.10. */
static const struct chunk_row {
	uint8_t type, min;
	bool alone, tag;     /* tag: begins with a tag, which is not 0 */
} chunk_rows[] = {
	{ 0, 16, false, false },          /* DATA, 3.3.1 */
	{ CHUNK_INIT, 20, true, true },   /* 3.3.2 */
	{ 2, 20, true, true },            /* INIT ACK, 3.3.3 */
	{ 3, 16, false, false },          /* SACK, 3.3.4 */
	{ 7, 8, false, false },           /* SHUTDOWN, 3.3.8 */
	{ 14, 4, true, false },           /* SHUTDOWN COMPLETE, 3.3.13 */
	{ 15, 8, false, false },          /* AUTH, RFC 4895 4.1 */
	{ 64, 20, false, false },         /* I-DATA, RFC 8260 2.1 */
	{ 128, 8, false, false },         /* ASCONF-ACK, RFC 5061 4.1.2 */
	{ 192, 8, false, false },         /* FORWARD TSN, RFC 3758 3.2 */
	{ 193, 8, false, false },         /* ASCONF, RFC 5061 4.1.1 */
	{ 194, 8, false, false },         /* I-FORWARD-TSN, RFC 8260 2.3.1 */
};

static const struct chunk_row other = { 0, CHUNK, false, false };

static const struct chunk_row *chunk_row(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(chunk_rows); i++)
		if (chunk_rows[i].type == type)
			return &chunk_rows[i];
	return &other;
}

/* One chunk with its padding: c is behind it then. */
static bool chunk_good(struct cur *c, bool first)
{
	const size_t left = cur_left(c);
	struct cur in = *c;
	const uint8_t type = cur_u8(&in);
	const struct chunk_row *row = chunk_row(type);
	cur_skip(&in, 1);
	const size_t len = cur_be16(&in), padded = (len + 3) / 4 * 4;
	if (len < row->min || padded > left || (row->alone && (!first || padded != left)))
		return false;
	cur_skip(c, padded);
	return !row->tag || cur_be32(&in) != 0;
}

/* One at least. */
static bool chunks_good(struct cur c)
{
	bool good = chunk_good(&c, true);
	while (good && cur_left(&c) != 0)
		good = chunk_good(&c, false);
	return good;
}

static bool csum_good(struct span l4)
{
	static const uint8_t zero[4] = { 0 };
	uint8_t want[4];
	struct cur c = cur_span(l4);
	const struct span head = cur_bytes(&c, CSUM);
	const uint8_t *is = cur_take(&c, sizeof(want));
	const uint32_t crc = crc32c(crc32c(CRC32C_BEGIN, head), span_of(zero, sizeof(zero)));
	crc32c_put(crc32c(crc, cur_rest(&c)), want);
	return is != NULL && memcmp(is, want, sizeof(want)) == 0;
}

/* Only an INIT, to whom no tag is known yet, comes with tag 0: 8.5.1. */
static bool tag_good(uint32_t tag, struct cur chunks)
{
	return cur_left(&chunks) == 0 || (tag == 0) == (cur_peek(&chunks, 0) == CHUNK_INIT);
}

enum reason sctp_parse(struct packet *p, const struct ip_view *v)
{
	const bool cut = v->fragment || p->truncated;
	struct cur c = cur_span(v->l4);
	const uint16_t sport = cur_be16(&c), dport = cur_be16(&c);
	const uint32_t tag = cur_be32(&c);
	cur_skip(&c, HEADER - CSUM);
	if (!cur_ok(&c))
		return v->fragment ? REASON_NONE : REASON_SCTP_HEADER;
	if (sport == 0 || dport == 0 || !tag_good(tag, c))
		return REASON_SCTP_HEADER;
	if (!cut && p->csum_ready && !csum_good(v->l4)) {
		p->bad_csum = true;
		if (!p->csum_lenient)
			return REASON_SCTP_CHECKSUM;
	}
	if (!cut && !chunks_good(c))
		return REASON_SCTP_CHUNK;
	p->payload = cur_rest(&c);
	p->payload_wire = v->l4_len - HEADER;
	return REASON_NONE;
}
