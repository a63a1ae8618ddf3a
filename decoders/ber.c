/* ber.c - the BER reader: one walker over tags and lengths for all layers (X.690 8.1).
 *
 * An indefinite length is resolved by walking to its end-of-contents octets, definite elements skipped
 * whole, so an element opened at each level costs at most depth times its octets in all.
 */
#include "decoders/ber.h"

enum { TAG_LONG = BER_TAG_LONG, CONSTRUCTED = BER_CONSTRUCTED, LEN_LONG = BER_LEN_LONG };
enum { BIT_STRING = 3, OCTET_STRING = 4, SEQUENCE = 0x30, PLAIN_LEVELS = 32 };
enum { LEN_OCTETS_MAX = 4, TAG_OCTETS_MAX = 4, INT_OCTETS_MAX = 8 };

struct head {
	struct ber_tlv t;
	uint32_t len;
	bool indefinite;
};

static bool fail(struct ber *b, enum ber_note n)
{
	b->notes |= (uint8_t)n;
	cur_fail(&b->c);
	return false;
}

/* X.690 8.1.2.4: base 128, most significant octet first. */
static bool long_tag(struct ber *b, uint32_t *tag)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < TAG_OCTETS_MAX; i++) {
		uint8_t o = cur_u8(&b->c);
		if (!ber_ok(b))
			return fail(b, BER_NOTE_LENGTH);
		if (i == 0 && o == 0x80)
			b->notes |= BER_NOTE_NONMINIMAL;
		v = v << 7 | (o & 0x7fu);
		if ((o & 0x80) == 0) {
			if (v < TAG_LONG)
				b->notes |= BER_NOTE_NONMINIMAL;
			*tag = v;
			return true;
		}
	}
	return fail(b, BER_NOTE_LENGTH);
}

/* X.690 8.1.3.5 */
static bool long_length(struct ber *b, unsigned octets, uint32_t *len)
{
	if (octets > LEN_OCTETS_MAX)
		return fail(b, BER_NOTE_LENGTH);
	uint32_t v = 0;
	for (unsigned i = 0; i < octets; i++) {
		uint8_t o = cur_u8(&b->c);
		if (i == 0 && o == 0)
			b->notes |= BER_NOTE_NONMINIMAL;
		v = v << 8 | o;
	}
	if (v < LEN_LONG)
		b->notes |= BER_NOTE_NONMINIMAL;
	*len = v;
	return true;
}

/* Tag and length; the reader then stands at the contents, which are all there unless indefinite. */
static bool read_head(struct ber *b, struct head *h)
{
	uint8_t first = cur_u8(&b->c);
	h->t.cls = first & 0xc0;
	h->t.constructed = (first & CONSTRUCTED) != 0;
	h->t.tag = first & TAG_LONG;
	h->len = 0;
	h->indefinite = false;
	if (h->t.tag == TAG_LONG && !long_tag(b, &h->t.tag))
		return false;
	uint8_t l = cur_u8(&b->c);
	if (!ber_ok(b))
		return fail(b, BER_NOTE_LENGTH);
	if (l < LEN_LONG) {
		h->len = l;
	} else if (l == LEN_LONG) {
		if (!h->t.constructed)
			return fail(b, BER_NOTE_FORM);
		h->indefinite = true;
		b->notes |= BER_NOTE_INDEFINITE;
	} else if (!long_length(b, l & 0x7fu, &h->len)) {
		return false;
	}
	if (!ber_ok(b) || h->len > cur_left(&b->c))
		return fail(b, BER_NOTE_LENGTH);
	return true;
}

static bool at_eoc(const struct ber *b)
{
	return cur_left(&b->c) >= 2 && cur_peek(&b->c, 0) == 0 && cur_peek(&b->c, 1) == 0;
}

/* From the start of indefinite contents past their end-of-contents octets; *len is that of the contents. */
static bool walk_indefinite(struct ber *b, size_t *len)
{
	size_t start = cur_left(&b->c);
	for (uint32_t open = 1;;) {
		if (at_eoc(b)) {
			cur_skip(&b->c, 2);
			if (--open == 0) {
				*len = start - cur_left(&b->c) - 2;
				return true;
			}
			continue;
		}
		struct head h;
		if (!read_head(b, &h))
			return false;
		if (!h.indefinite)
			cur_skip(&b->c, h.len);
		else if (++open > b->depth)
			return fail(b, BER_NOTE_DEPTH);
	}
}

bool ber_next_any(struct ber *b, struct ber_tlv *t)
{
	*t = (struct ber_tlv){ 0 };
	/* Some receivers skip stray end-of-contents octets: what follows them must not be hidden from us. */
	while (at_eoc(b)) {
		b->notes |= BER_NOTE_EOC;
		cur_skip(&b->c, 2);
	}
	if (cur_left(&b->c) == 0)
		return false;
	struct cur begin = b->c;
	struct head h;
	if (!read_head(b, &h))
		return false;
	struct cur contents = b->c;
	size_t len = h.len;
	if (!h.indefinite)
		cur_skip(&b->c, len);
	else if (!walk_indefinite(b, &len))
		return false;
	*t = h.t;
	t->value = cur_bytes(&contents, len);
	t->whole = cur_bytes(&begin, cur_left(&begin) - cur_left(&b->c));
	return true;
}

/* The length at *at in its shortest form, of contents that are there; false: any other. */
static bool plain_length(const uint8_t *p, size_t end, size_t *at, size_t *len)
{
	*len = p[(*at)++];
	if (*len < LEN_LONG)
		return *len <= end - *at;
	if (*len == (LEN_LONG | 1) && *at < end && p[*at] >= LEN_LONG) {
		*len = p[(*at)++];
	} else if (*len == (LEN_LONG | 2) && *at + 1 < end && p[*at] != 0) {
		*len = (size_t)p[*at] << 8 | p[*at + 1];
		*at += 2;
	} else {
		return false;
	}
	return *len <= end - *at;
}

bool ber_is_plain(struct span s, uint16_t depth, uint32_t *n)
{
	size_t above[PLAIN_LEVELS], end = s.len, at = 0, len; /* ends of the levels that are open, and of this one */
	const unsigned levels = depth < PLAIN_LEVELS ? depth : PLAIN_LEVELS;
	unsigned level = 0;
	for (uint32_t count = 0;; count++) {
		for (; at == end; end = above[--level]) {
			if (level == 0) {
				*n = count;
				return true;
			}
		}
		const uint8_t tag = s.p[at++];
		if (at == end || !plain_length(s.p, end, &at, &len) || (tag & TAG_LONG) == TAG_LONG)
			return false;
		if ((tag & CONSTRUCTED) == 0) {
			if (tag == 0 || tag == BIT_STRING || tag == OCTET_STRING)
				return false;
			at += len;
		} else if ((tag < BER_APPLICATION && tag != SEQUENCE) || level == levels) {
			return false;
		} else {
			above[level++] = end;
			end = at + len;
		}
	}
}

struct ber ber_refuse(const struct ber_tlv *t)
{
	struct ber child = ber_of(t->value, 0);
	(void)fail(&child, t->constructed ? BER_NOTE_DEPTH : BER_NOTE_FORM);
	return child;
}

void ber_pieces(struct ber_pieces *p, const struct ber_tlv *string)
{
	p->level[0] = ber_of(string->value, BER_PIECES_DEPTH);
	p->n = 1;
	p->notes = BER_NOTE_PIECES;
	p->bad = false;
}

/* Universal tags of strings: BIT STRING, OCTET STRING, UTF8String, NumericString to BMPString. */
bool ber_is_string(const struct ber_tlv *t)
{
	return t->cls == BER_UNIVERSAL && (t->tag == 3 || t->tag == 4 || t->tag == 12 || (t->tag >= 18 && t->tag <= 30));
}

static bool no_piece(struct ber_pieces *p, uint8_t notes)
{
	p->notes |= notes;
	p->bad = true;
	p->n = 0;
	return false;
}

bool ber_piece(struct ber_pieces *p, struct ber_tlv *piece)
{
	while (p->n > 0) {
		struct ber *b = &p->level[p->n - 1];
		const bool there = ber_next(b, piece);
		p->notes |= b->notes;
		if (!there && !ber_ok(b))
			return no_piece(p, 0);
		if (!there) {
			p->n--;
		} else if (!ber_is_string(piece)) {
			return no_piece(p, BER_NOTE_FORM);
		} else if (!piece->constructed) {
			return true;
		} else if (p->n == BER_PIECES_DEPTH) {
			return no_piece(p, BER_NOTE_DEPTH);
		} else {
			p->level[p->n++] = ber_of(piece->value, BER_PIECES_DEPTH);
		}
	}
	return false;
}

bool ber_int(struct span v, int64_t *out)
{
	*out = 0;
	if (v.len == 0 || v.len > INT_OCTETS_MAX)
		return false;
	struct cur c = cur_span(v);
	uint64_t u = (cur_peek(&c, 0) & 0x80) != 0 ? UINT64_MAX : 0;
	while (cur_left(&c) > 0)
		u = u << 8 | cur_u8(&c);
	*out = (int64_t)u;
	return true;
}

bool ber_uint(struct span v, uint32_t *out)
{
	int64_t i;
	bool ok = ber_int(v, &i) && i >= 0 && i <= UINT32_MAX;
	*out = ok ? (uint32_t)i : 0;
	return ok;
}

bool ber_bool(struct span v, bool *out)
{
	struct cur c = cur_span(v);
	*out = cur_u8(&c) != 0;
	return v.len == 1;
}

bool ber_bits(struct span v, uint32_t *out)
{
	struct cur c = cur_span(v);
	const uint8_t unused = cur_u8(&c);
	const size_t n = cur_left(&c) * 8;
	*out = 0;
	if (v.len == 0 || unused > 7 || unused > n)
		return false;
	for (size_t i = 0; i < n - unused && i < 32; i++) {
		if ((cur_peek(&c, i / 8) & 0x80u >> i % 8) != 0)
			*out |= UINT32_C(1) << i;
	}
	return true;
}

bool ber_minimal(struct span v)
{
	struct cur c = cur_span(v);
	const uint8_t first = cur_u8(&c), second = cur_peek(&c, 0);
	return v.len < 2 || !((first == 0 && second < 0x80) || (first == 0xff && second >= 0x80));
}
