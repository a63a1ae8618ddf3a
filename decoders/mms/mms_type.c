/* mms_type.c - TypeSpecification and TypeDescription (ISO 9506-2 14.4.2): the outermost kind, members' names, sizes. */
#include "decoders/mms/mms_int.h"

enum type_kind { TYPE_NAME = 0, TYPE_ARRAY = 1, TYPE_STRUCTURE = 2, TYPE_FLOAT = 7, TYPE_TIME = 12, TYPE_STRING = 16, TYPE_N = 18 };

/* What tells a simple type's size: nothing, or a number of bits or octets. */
enum { NOT = 0, EMPTY = 1, SIZED = 2, OTHER = 3 };

static const struct {
	const char *name;
	uint8_t size;
} kinds[TYPE_N] = {
	[TYPE_NAME] = { "typeName", OTHER },
	[TYPE_ARRAY] = { "array", OTHER },
	[TYPE_STRUCTURE] = { "structure", OTHER },
	[3] = { "boolean", EMPTY },
	[4] = { "bit-string", SIZED },
	[5] = { "integer", SIZED },
	[6] = { "unsigned", SIZED },
	[TYPE_FLOAT] = { "floating-point", OTHER },
	[9] = { "octet-string", SIZED },
	[10] = { "visible-string", SIZED },
	[11] = { "generalized-time", EMPTY },
	[TYPE_TIME] = { "binary-time", OTHER },
	[13] = { "bcd", SIZED },
	[14] = { "booleanArray", SIZED },
	[15] = { "objId", EMPTY },
	[TYPE_STRING] = { "mMSString", OTHER },
	[17] = { "utc-time", EMPTY },
};

/* Of a member's or an element's type only what it has for members is told. */
static const struct mms_row member_rows[] = {
	{ 0, 0, FLD_MMS_MEMBER, mms_ident, NULL },
	{ 1, MMS_MUST, FLD_N, mms_type, NULL },
};
static const struct mms_shape member = MMS_SHAPE(member_rows, MMS_SEQUENCE);

static const struct mms_row structure_rows[] = {
	{ 0, 0, FLD_N, mms_bool, NULL },
	{ 1, MMS_MUST | MMS_COUNT, FLD_N, mms_list, &member },
};
static const struct mms_shape structure = MMS_SHAPE(structure_rows, MMS_SEQUENCE);

static const struct mms_row array_rows[] = {
	{ 0, 0, FLD_N, mms_bool, NULL },
	{ 1, MMS_MUST, FLD_N, mms_uint, NULL },
	{ 2, MMS_MUST, FLD_N, mms_type, NULL },
};
static const struct mms_shape array = MMS_SHAPE(array_rows, MMS_SEQUENCE);

/* size: the field of a simple type's size. */
static void check_simple(struct mms_walk *w, const struct ber_tlv *t, unsigned size)
{
	int64_t n;
	if (t->constructed)
		mms_set_odd(w->p, ODD_MALFORMED);
	else if (kinds[t->tag].size == EMPTY && t->value.len != 0)
		mms_set_odd(w->p, ODD_SIZE);
	else if (kinds[t->tag].size == SIZED && !ber_int(t->value, &n))
		mms_set_odd(w->p, ODD_SIZE);
	else if (kinds[t->tag].size == SIZED && w->out != NULL && size != FLD_N)
		dec_add_num(w->out, (enum field_id)size, (uint64_t)n);
}

/* field: the type's kind is told under it. */
static void take_type(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, unsigned field)
{
	static const struct mms_row name = { 0, 0, FLD_MMS_OBJECT, mms_name, NULL };
	struct ber in;
	if (t->cls != BER_CONTEXT || t->tag >= TYPE_N || kinds[t->tag].size == NOT) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	if (field != FLD_N)
		mms_tell_text(w, (enum field_id)field, t->tag, kinds[t->tag].name);
	if (t->tag == TYPE_ARRAY || t->tag == TYPE_STRUCTURE) {
		in = ber_open(b, t);
		mms_walk(w, &in, t->tag == TYPE_ARRAY ? &array : &structure);
	} else if (t->tag == TYPE_NAME) {
		w->aside++;
		mms_name(w, b, t, &name);
		w->aside--;
	} else if (kinds[t->tag].size != OTHER) {
		check_simple(w, t, field != FLD_N ? FLD_MMS_SIZE : FLD_N);
	}
}

void mms_bare_type(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	take_type(w, b, t, row->field);
}

void mms_type(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber_tlv e;
	struct ber in = ber_open(b, t);
	if (mms_only(w, b, t, &e))
		take_type(w, &in, &e, row->field);
}

void mms_types(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	while (mms_step(w, &in, &e))
		take_type(w, &in, &e, row->field);
}
