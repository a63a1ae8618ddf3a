/* mms_data.c - Data and AccessResult (ISO 9506-2 14.4.2, 14.4.4): values, their sizes, their nesting. */
#include <string.h>

#include "decoders/mms/mms_int.h"

enum { ANY = 0xff };
enum { FLOAT_SINGLE_WIDTH = 8, FLOAT_DOUBLE_WIDTH = 11 }; /* first octet: width of the exponent */

/* Octets a value of each kind may have: two sizes (EXACT), or from min to max. */
static const struct {
	uint8_t min, max;
	bool exact; /* min or max, nothing between */
	bool constructed;
} kinds[MMS_DATA_KIND_N] = {
	[MMS_DATA_FAILURE] = { 1, 4, false, false },  [MMS_DATA_ARRAY] = { 0, ANY, false, true },
	[MMS_DATA_STRUCT] = { 0, ANY, false, true },  [MMS_DATA_BOOL] = { 1, 1, false, false },
	[MMS_DATA_BITS] = { 1, ANY, false, false },   [MMS_DATA_INT] = { 1, 8, false, false },
	[MMS_DATA_UINT] = { 1, 9, false, false },     [MMS_DATA_FLOAT] = { 5, 9, true, false },
	[MMS_DATA_OCTETS] = { 0, ANY, false, false }, [MMS_DATA_VISIBLE] = { 0, ANY, false, false },
	[MMS_DATA_GTIME] = { 10, ANY, false, false }, [MMS_DATA_BTIME] = { 4, 6, true, false },
	[MMS_DATA_BCD] = { 1, 8, false, false },      [MMS_DATA_BOOLS] = { 1, ANY, false, false },
	[MMS_DATA_OID] = { 1, ANY, false, false },    [MMS_DATA_STRING] = { 0, ANY, false, false },
	[MMS_DATA_UTC] = { 8, 8, false, false },
};

static bool size_fits(uint8_t kind, size_t len)
{
	if (kinds[kind].exact)
		return len == kinds[kind].min || len == kinds[kind].max;
	return len >= kinds[kind].min && (len <= kinds[kind].max || kinds[kind].max == ANY);
}

static bool float_fits(struct span v)
{
	struct cur c = cur_span(v);
	uint8_t width = cur_u8(&c);
	return width == (v.len == 5 ? FLOAT_SINGLE_WIDTH : FLOAT_DOUBLE_WIDTH);
}

/* Nine octets are an Unsigned64 whose first is 0. */
static bool take_uint64(struct span v, int64_t *out)
{
	struct cur c = cur_span(v);
	if (v.len == 9 && cur_u8(&c) != 0)
		return false;
	return ber_int(cur_rest(&c), out);
}

static bool contents_fit(struct mms_data *v)
{
	bool flag;
	switch (v->kind) {
	case MMS_DATA_BOOL:
		(void)ber_bool(v->bytes, &flag);
		v->num = flag;
		return true;
	case MMS_DATA_FAILURE:
	case MMS_DATA_INT:
		return ber_int(v->bytes, &v->num);
	case MMS_DATA_UINT:
		return take_uint64(v->bytes, &v->num);
	case MMS_DATA_BITS:
	case MMS_DATA_BOOLS:
		return mms_is_bits(v->bytes);
	case MMS_DATA_FLOAT:
		return float_fits(v->bytes);
	default:
		return true;
	}
}

static inline bool next(struct ber *b, struct mms_data *v)
{
	if (!ber_next(b, &v->tlv)) {
		*v = (struct mms_data){ 0 };
		return false;
	}
	const struct ber_tlv *t = &v->tlv;
	v->bytes = t->value;
	v->num = 0;
	v->kind = t->cls == BER_CONTEXT && t->tag < MMS_DATA_KIND_N ? (uint8_t)t->tag : MMS_DATA_KIND_N;
	if (v->kind == MMS_DATA_KIND_N || kinds[v->kind].max == 0) {
		v->odd = true;
		return true;
	}
	v->odd = t->constructed != kinds[v->kind].constructed || !size_fits(v->kind, v->bytes.len) || !contents_fit(v);
	return true;
}

bool mms_data_next(struct ber *b, struct mms_data *v)
{
	return next(b, v);
}

/* X.690 8.3.2: the first nine bits of an INTEGER are not all alike. */
static bool is_minimal(struct span v)
{
	struct cur c = cur_span(v);
	uint8_t first = cur_u8(&c), second = cur_u8(&c);
	if (v.len < 2)
		return true;
	return !(first == 0 && second < 0x80) && !(first == 0xff && second >= 0x80);
}

/* level: structures and arrays around these values. */
static void check(struct mms_parse *p, struct ber *b, unsigned level, bool results)
{
	struct mms_data v;
	while (dec_spend(p->ctx, p->pdu.dir, 1) && next(b, &v)) {
		const bool nested = v.kind == MMS_DATA_ARRAY || v.kind == MMS_DATA_STRUCT;
		if (level == 0 && !p->has_count)
			p->count++;
		if (v.odd || (v.kind == MMS_DATA_FAILURE && (!results || level != 0)))
			mms_set_odd(p, ODD_SIZE);
		else if ((v.kind == MMS_DATA_INT || v.kind == MMS_DATA_UINT) && !is_minimal(v.bytes))
			mms_set_odd(p, ODD_INTEGER);
		if (!nested || v.odd)
			continue;
		if (mms_is_agreed(p->s) && p->s->nesting != 0 && level + 1 > p->s->nesting)
			mms_set_odd(p, ODD_NESTING);
		struct ber in = ber_open(b, &v.tlv);
		check(p, &in, level + 1, results);
	}
	if (!ber_ok(b))
		mms_set_odd(p, ODD_MALFORMED);
}

void mms_take_data(struct mms_parse *p, struct span v, bool results)
{
	struct ber b = mms_reader(p, v);
	p->pdu.data = v;
	if (!p->has_count)
		p->count = 0;
	check(p, &b, 0, results);
	p->has_count = true;
}

/* The whole part of a floating-point number, cut to 64 bits; what is no number is the least. */
static int64_t whole_part(struct span v)
{
	struct cur c = cur_span(v);
	double d;
	cur_skip(&c, 1);
	if (v.len == 5) {
		const uint32_t bits = cur_be32(&c);
		float f;
		memcpy(&f, &bits, sizeof(f));
		d = (double)f;
	} else {
		const uint64_t high = cur_be32(&c), bits = high << 32 | cur_be32(&c);
		memcpy(&d, &bits, sizeof(d));
	}
	if (d >= 0x1p63)
		return INT64_MAX;
	return d > -0x1p63 ? (int64_t)d : INT64_MIN;
}

static void add_single(struct dec_build *out, const struct mms_data *v, bool written)
{
	if (v->kind == MMS_DATA_FAILURE)
		dec_add_num(out, FLD_MMS_ERROR, (uint64_t)v->num);
	else if (mms_data_is_number(v))
		dec_add_num(out, FLD_MMS_VALUE, (uint64_t)v->num);
	else if (written && v->kind == MMS_DATA_FLOAT)
		dec_add_num(out, FLD_MMS_FLOAT, (uint64_t)whole_part(v->bytes));
	else if (written && (v->kind == MMS_DATA_VISIBLE || v->kind == MMS_DATA_STRING))
		dec_add_bytes(out, FLD_MMS_STRING, v->bytes);
}

static void add(struct dec_build *out, struct ber *b, bool written)
{
	struct mms_data v;
	while (mms_data_next(b, &v)) {
		if (v.odd)
			continue;
		if (v.kind == MMS_DATA_ARRAY || v.kind == MMS_DATA_STRUCT) {
			struct ber in = ber_open(b, &v.tlv);
			add(out, &in, written);
		} else {
			add_single(out, &v, written);
		}
	}
}

void mms_add_data(struct dec_build *out, struct span data, uint16_t depth, bool written)
{
	struct ber b = ber_of(data, depth);
	add(out, &b, written);
}

void mms_data_list(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)row;
	if (!t->constructed)
		mms_set_odd(w->p, ODD_MALFORMED);
	else if (w->out == NULL)
		mms_take_data(w->p, t->value, false);
	else
		mms_add_data(w->out, t->value, b->depth, true);
}

void mms_value(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber one = ber_of(t->whole, b->depth);
	(void)row;
	if (w->out == NULL)
		check(w->p, &one, 0, false);
	else
		add(w->out, &one, true);
}
