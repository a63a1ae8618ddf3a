/* value.c - what the layers above session share: elements against the budget, values with their forms, fields to come. */
#include "decoders/osi/osi_int.h"

enum { OID = 6 };

bool osi_next(struct osi *o, struct ber *b, struct ber_tlv *t)
{
	bool more = dec_spend(o->ctx, o->d, 1) && ber_next(b, t);
	o->notes |= b->notes;
	return more;
}

struct ber osi_open(struct osi *o, struct ber *parent, const struct ber_tlv *t)
{
	struct ber b = ber_open(parent, t);
	o->notes |= b.notes;
	return b;
}

bool osi_inside(struct osi *o, struct ber *b, const struct ber_tlv *t, struct ber_tlv *v)
{
	struct ber in = osi_open(o, b, t);
	return osi_next(o, &in, v);
}

/* Integers, bit strings of a few bits, object identifiers: primitive (X.690 8.3.1, 8.19.1; 8.6.4 lets bit strings be constructed,
 * which nobody does to a handful of bits). */
static bool primitive(struct osi *o, const struct ber_tlv *t)
{
	if (t->constructed)
		o->notes |= BER_NOTE_FORM;
	return !t->constructed;
}

bool osi_int(struct osi *o, const struct ber_tlv *t, int64_t *out)
{
	*out = 0;
	if (!primitive(o, t))
		return false;
	if (!ber_minimal(t->value))
		o->notes |= BER_NOTE_NONMINIMAL;
	return ber_int(t->value, out);
}

bool osi_uint(struct osi *o, const struct ber_tlv *t, uint32_t *out)
{
	int64_t i;
	const bool ok = osi_int(o, t, &i) && i >= 0 && i <= UINT32_MAX;
	*out = ok ? (uint32_t)i : 0;
	return ok;
}

bool osi_bits(struct osi *o, const struct ber_tlv *t, uint32_t *out)
{
	*out = 0;
	return primitive(o, t) && ber_bits(t->value, out);
}

bool osi_oid(struct osi *o, const struct ber_tlv *t, struct span *out)
{
	*out = t->value;
	return ber_is(t, BER_UNIVERSAL, OID) && primitive(o, t) && t->value.len != 0;
}

static struct span without_unused(struct span s, bool bits)
{
	struct cur c = cur_span(s);
	cur_skip(&c, bits ? 1 : 0);
	return cur_rest(&c);
}

bool osi_string(struct osi *o, const struct ber_tlv *t, bool bits, struct buf *room, struct span *out)
{
	*out = without_unused(t->value, bits);
	if (!t->constructed)
		return true;
	struct ber_pieces p;
	struct ber_tlv piece;
	*out = span_of(NULL, 0);
	ber_pieces(&p, t);
	for (unsigned n = 0; dec_spend(o->ctx, o->d, 1) && ber_piece(&p, &piece); n++) {
		const struct span s = without_unused(piece.value, bits);
		if (n == 0) {
			*out = s;
			continue;
		}
		/* The first lies where it came from until there is a second. */
		const bool fits = (n > 1 || buf_set(o->ctx->bufs, room, out->p, out->len) == OK) &&
				  buf_append(o->ctx->bufs, room, s.p, s.len) == OK;
		*out = buf_span(room);
		if (!fits) {
			osi_anomaly(o, AN_MEMORY);
			return false;
		}
	}
	o->notes |= p.notes;
	return !p.bad && o->ctx->budget != 0;
}

static struct field *slot(struct osi_fields *fs, enum field_id id)
{
	unsigned i = 0;
	while (i < fs->n && fs->v[i].id != id)
		i++;
	if (i == OSI_FIELDS_MAX)
		return &fs->v[i - 1];
	if (i == fs->n)
		fs->n++;
	fs->v[i] = (struct field){ .id = (uint16_t)id };
	return &fs->v[i];
}

void osi_set_num(struct osi_fields *fs, enum field_id id, uint64_t num)
{
	slot(fs, id)->num = num;
}

void osi_set_bytes(struct osi_fields *fs, enum field_id id, struct span bytes)
{
	slot(fs, id)->bytes = bytes;
}

const struct field *osi_get(const struct osi_fields *fs, enum field_id id)
{
	for (unsigned i = 0; i < fs->n; i++) {
		if (fs->v[i].id == id)
			return &fs->v[i];
	}
	return NULL;
}

void osi_tell_fields(struct dec_build *b, const struct osi_fields *fs)
{
	for (unsigned i = 0; i < fs->n; i++)
		dec_add_text(b, (enum field_id)fs->v[i].id, fs->v[i].num, fs->v[i].bytes);
}
