/* mms_join.c - strings in segments (X.690 8.6.4, 8.7.3, 8.23): the PDU copied, and in the copy each string in one piece.
 *
 * Legal, hardly used, and what a name hides in from who does not read it. All that reads the PDU, here and above, then
 * has nothing of it to mind. A universal BIT STRING or OCTET STRING is nothing that MMS has but as a segment: where there
 * is none, nothing is copied.
 */
#include "decoders/mms/mms_int.h"

enum { BIT_STRING = 3, OCTET_STRING = 4 };
enum { CONSTRUCTED = 0x20, TAG_LONG = 0x1f, TAG_MORE = 0x80 };
enum { LENGTH_OF_4 = 0x84, LENGTH_OCTETS = 4 };

/* --- what is in segments ----------------------------------------------------------------------------- */

/* The type of t's segments; 0 when t is nothing but a constructed element. Segments that are strings of t's own type are read too:
 * some encoders' are. */
static uint32_t segments_of(struct mms_parse *p, const struct ber *b, const struct ber_tlv *t)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	uint32_t type = 0;
	const bool own = t->cls == BER_UNIVERSAL;
	if (own && !mms_in_segments(t))
		return 0;
	while (mms_next(p, &in, &e)) {
		const uint32_t tag = own && e.tag == t->tag && e.tag != BIT_STRING ? OCTET_STRING : e.tag;
		if (e.cls != BER_UNIVERSAL || (tag != BIT_STRING && tag != OCTET_STRING) || (type != 0 && tag != type))
			return 0;
		if (e.constructed && segments_of(p, &in, &e) != tag)
			return 0;
		type = tag;
	}
	if (own && (t->tag == BIT_STRING) != (type == BIT_STRING))
		return 0;
	return ber_ok(&in) ? type : 0;
}

/* --- copying ----------------------------------------------------------------------------------------- */

static void append(struct mms_parse *p, const void *src, size_t n)
{
	if (!p->no_room && buf_append(p->ctx->bufs, &p->joined, src, n) != OK)
		p->no_room = true;
}

/* Tag, and room for a length that is known only afterwards: where it is to stand. */
static uint32_t begin(struct mms_parse *p, const struct ber_tlv *t, bool constructed)
{
	static const uint8_t length[1 + LENGTH_OCTETS] = { LENGTH_OF_4 };
	struct cur c = cur_span(t->whole);
	uint8_t o = cur_u8(&c);
	const uint8_t first = constructed ? o : (uint8_t)(o & ~CONSTRUCTED);
	append(p, &first, 1);
	for (bool more = (o & TAG_LONG) == TAG_LONG; more && cur_ok(&c); more = (o & TAG_MORE) != 0) {
		o = cur_u8(&c);
		append(p, &o, 1);
	}
	append(p, length, sizeof(length));
	return p->joined.len - LENGTH_OCTETS;
}

static void end(struct mms_parse *p, uint32_t at)
{
	const uint32_t len = p->joined.len - at - LENGTH_OCTETS;
	for (unsigned i = 0; i < LENGTH_OCTETS && !p->no_room; i++)
		p->joined.p[at + i] = (uint8_t)(len >> 8 * (LENGTH_OCTETS - 1 - i));
}

/* The contents of t's segments. Only the last segment of a BIT STRING may have unused bits: *unused is its count. */
static void join(struct mms_parse *p, const struct ber *b, const struct ber_tlv *t, uint32_t type, uint8_t *unused)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	while (mms_next(p, &in, &e)) {
		struct cur c = cur_span(e.value);
		if (e.constructed) {
			join(p, &in, &e, type, unused);
			continue;
		}
		if (type == BIT_STRING) {
			if (*unused != 0 || e.value.len == 0)
				mms_set_odd(p, ODD_FORM);
			*unused = cur_u8(&c);
		} else if (e.tag != OCTET_STRING) {
			mms_set_odd(p, ODD_FORM);
		}
		const struct span rest = cur_rest(&c);
		append(p, rest.p, rest.len);
	}
}

static void copy_string(struct mms_parse *p, const struct ber *b, const struct ber_tlv *t, uint32_t type)
{
	const uint32_t at = begin(p, t, false), first = p->joined.len;
	uint8_t unused = 0;
	mms_set_odd(p, ODD_SEGMENTS);
	if (type == BIT_STRING)
		append(p, &unused, 1);
	join(p, b, t, type, &unused);
	if (type == BIT_STRING && !p->no_room)
		p->joined.p[first] = unused;
	end(p, at);
}

static void copy(struct mms_parse *p, struct ber *b)
{
	struct ber_tlv t;
	while (mms_next(p, b, &t)) {
		const uint32_t type = t.constructed && b->depth != 0 ? segments_of(p, b, &t) : 0;
		if (type != 0) {
			copy_string(p, b, &t, type);
		} else if (!t.constructed || b->depth == 0) {
			append(p, t.whole.p, t.whole.len);
		} else {
			const uint32_t at = begin(p, &t, true);
			struct ber in = ber_open(b, &t);
			copy(p, &in);
			end(p, at);
		}
	}
}

void mms_join(struct mms_parse *p)
{
	struct ber b = mms_reader(p, p->pdu.whole);
	copy(p, &b);
	if (p->no_room)
		dec_anomaly(p->ctx, p->pdu.dir, AN_MEMORY);
	else
		p->pdu.octets = buf_span(&p->joined);
}
