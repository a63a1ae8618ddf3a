/* ber.h - the one BER reader (X.690 8): tag, length and nesting checked in one place.
 *
 * Definite and indefinite lengths, long-form tags up to 2^28, at most 4 length octets, nesting cap.
 * Non-minimal forms are read and noted in ber.notes; an error is sticky as in cur.h. Lends spans only. Strings in constructed
 * form are read piece by piece (ber_piece).
 */
#ifndef DECODERS_BER_H
#define DECODERS_BER_H

#include "base/cur.h"

enum ber_class { BER_UNIVERSAL = 0x00, BER_APPLICATION = 0x40, BER_CONTEXT = 0x80, BER_PRIVATE = 0xc0 };
/* EOC: end-of-contents octets where none are due (skipped); FORM: primitive where constructed is needed, or the reverse;
 * PIECES: a string in constructed form */
enum ber_note { BER_NOTE_NONMINIMAL = 1, BER_NOTE_INDEFINITE = 2, BER_NOTE_LENGTH = 4, BER_NOTE_DEPTH = 8, BER_NOTE_EOC = 16,
	BER_NOTE_FORM = 32, BER_NOTE_PIECES = 64 };

struct ber {                 /* a reader over a sequence of elements */
	struct cur c;
	uint16_t depth;          /* levels below that may still be opened */
	uint8_t notes;           /* enum ber_note, of this reader and those closed under it */
};

struct ber_tlv {
	uint8_t cls;             /* enum ber_class */
	bool constructed;
	uint32_t tag;
	struct span value;       /* contents, without end-of-contents octets */
	struct span whole;       /* tag, length and contents */
};

static inline struct ber ber_of(struct span s, uint16_t depth)
{
	return (struct ber){ .c = cur_span(s), .depth = depth };
}

static inline bool ber_ok(const struct ber *b)
{
	return cur_ok(&b->c);
}

enum { BER_TAG_LONG = 0x1f, BER_CONSTRUCTED = 0x20, BER_LEN_LONG = 0x80 };

/* ber_next of any form. */
SELDOM bool ber_next_any(struct ber *b, struct ber_tlv *t);

/* The next element; false at the end or on an error (see ber_ok). Here the usual form, most of all elements: a tag and a length
 * of one octet each, contents that are there, no end-of-contents octets. */
static inline bool ber_next(struct ber *b, struct ber_tlv *t)
{
	const uint8_t *p = b->c.p;
	const size_t left = cur_left(&b->c);
	if (left == 0) {
		*t = (struct ber_tlv){ 0 };
		return false;
	}
	const uint8_t first = p[0], len = left > 1 ? p[1] : BER_LEN_LONG;
	if ((first & BER_TAG_LONG) == BER_TAG_LONG || len >= BER_LEN_LONG || (first | len) == 0 || len > left - 2)
		return ber_next_any(b, t);
	t->cls = first & 0xc0;
	t->constructed = (first & BER_CONSTRUCTED) != 0;
	t->tag = first & BER_TAG_LONG;
	t->value = span_of(p + 2, len);
	t->whole = span_of(p, 2u + len);
	b->c.p = p + 2 + len;
	return true;
}
/* A bad reader: t cannot be opened. */
SELDOM struct ber ber_refuse(const struct ber_tlv *t);

/* Reader over a constructed element's contents; primitive: a bad reader. Notes flow up by ber_close. */
static inline struct ber ber_open(const struct ber *parent, const struct ber_tlv *t)
{
	return t->constructed && parent->depth != 0 ? ber_of(t->value, (uint16_t)(parent->depth - 1)) : ber_refuse(t);
}

static inline void ber_close(struct ber *parent, const struct ber *child)
{
	parent->notes |= child->notes;
}

/* Is t this context tag? */
static inline bool ber_is(const struct ber_tlv *t, enum ber_class cls, uint32_t tag)
{
	return t->cls == cls && t->tag == tag;
}

/* The pieces of a string in constructed form (X.690 8.6.4, 8.7.3, 8.23.3), those of its constructed pieces among them. */
#define BER_PIECES_DEPTH 4
struct ber_pieces {
	struct ber level[BER_PIECES_DEPTH];
	uint8_t n;               /* levels open */
	uint8_t notes;           /* enum ber_note */
	bool bad;                /* a piece is broken, no string, or nested too deep: what came before it is not the whole */
};

void ber_pieces(struct ber_pieces *p, const struct ber_tlv *string);
/* The next piece, which is primitive; false at the end or when bad. */
bool ber_piece(struct ber_pieces *p, struct ber_tlv *piece);
/* Is t a string type by its tag: may it be a piece? */
bool ber_is_string(const struct ber_tlv *t);

/* Is all of s, at every level, elements that leave no note: tags of one octet, lengths in their shortest form, nothing past its
 * parent, no more than depth levels opened? And no universal string but whole text: none in segments, none that can be. *n:
 * how many. False says nothing: read it. */
bool ber_is_plain(struct span s, uint16_t depth, uint32_t *n);

/* Values; false when the contents are no legal value of that type. */
bool ber_uint(struct span v, uint32_t *out);   /* INTEGER contents, 0 .. 2^32-1 */
bool ber_int(struct span v, int64_t *out);     /* up to 8 octets */
bool ber_bool(struct span v, bool *out);
/* BIT STRING contents: bit n of the string is bit n of *out; bits from 32 on are left out. */
bool ber_bits(struct span v, uint32_t *out);
/* Is an INTEGER in no more octets than it needs (X.690 8.3.2)? */
bool ber_minimal(struct span v);

#endif
