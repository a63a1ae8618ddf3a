/* mms_walk.c - the one walker over the tables of services, and the readers of values that they share. */
#include <string.h>

#include "decoders/mms/mms_int.h"

enum { SEQUENCE = 16 };
enum { NAME_LAST = 2, TYPE_LAST = 17 };       /* tags of ObjectName and TypeSpecification, from 0 */
enum { CONDITION = 0, CONDITION_UNDEFINED = 1 };
enum { TIME_OF_DAY = 0, TIME_SEQUENCE = 1, TIME_UNDEFINED = 2 };
enum { AP_TITLE = 0 };

static const enum field_id names[2] = { FLD_MMS_DOMAIN, FLD_MMS_OBJECT };

/* --- telling ----------------------------------------------------------------------------------------- */

static void tell_num(struct mms_walk *w, unsigned field, uint64_t v)
{
	if (w->out != NULL && field != FLD_N)
		dec_add_num(w->out, (enum field_id)field, v);
}

static void tell_bytes(struct mms_walk *w, unsigned field, struct span v)
{
	if (w->out == NULL || field == FLD_N)
		return;
	if (field == FLD_MMS_OBJECT)
		dec_add_name(w->out, names, span_of(NULL, 0), v);
	else
		dec_add_bytes(w->out, (enum field_id)field, v);
}

void mms_tell_text(struct mms_walk *w, enum field_id f, uint64_t v, const char *name)
{
	if (w->out != NULL)
		dec_add_text(w->out, f, v, span_of(name, strlen(name)));
}

static inline bool step(struct mms_walk *w, struct ber *b, struct ber_tlv *t)
{
	return w->out == NULL ? mms_next(w->p, b, t) : ber_next(b, t);
}

bool mms_step(struct mms_walk *w, struct ber *b, struct ber_tlv *t)
{
	return step(w, b, t);
}

/* --- the walker -------------------------------------------------------------------------------------- */

static bool fits(const struct mms_row *r, const struct ber_tlv *t)
{
	if (r->tag == MMS_TAG_NAME || r->tag == MMS_TAG_TYPE)
		return t->cls == BER_CONTEXT && t->tag <= (r->tag == MMS_TAG_NAME ? NAME_LAST : TYPE_LAST);
	if ((r->tag & MMS_U) != 0)
		return ber_is(t, BER_UNIVERSAL, r->tag - MMS_U);
	return ber_is(t, BER_CONTEXT, r->tag);
}

struct place {
	unsigned next;               /* the first row that may come */
	uint32_t seen;
};

/* What should have come before row i, or before the end. */
static void check_missing(struct mms_walk *w, const struct mms_shape *s, unsigned from, unsigned i)
{
	for (; from < i; from++) {
		if ((s->rows[from].flags & MMS_MUST) != 0)
			mms_set_odd(w->p, ODD_MALFORMED);
	}
}

static const struct mms_row *choose(struct mms_walk *w, const struct mms_shape *s, const struct ber_tlv *t, struct place *at)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (fits(&s->rows[i], t)) {
			if (at->seen != 0 && s->order == MMS_CHOICE)
				mms_set_odd(w->p, ODD_EXTRA);
			at->seen |= 1u << i;
			return &s->rows[i];
		}
	}
	mms_set_odd(w->p, ODD_MALFORMED);
	at->seen |= s->order == MMS_CHOICE;
	return NULL;
}

/* The row of an element in a sequence; one out of order is odd and read, one too many only odd. */
static const struct mms_row *follow(struct mms_walk *w, const struct mms_shape *s, const struct ber_tlv *t, struct place *at)
{
	unsigned i = at->next;
	while (i < s->n && !fits(&s->rows[i], t))
		i++;
	if (i < s->n) {
		check_missing(w, s, at->next, i);
		at->seen |= 1u << i;
		at->next = i + 1;
		while ((s->rows[at->next - 1].flags & MMS_OR) != 0)
			at->next++;
		return &s->rows[i];
	}
	for (i = 0; i < at->next && ((at->seen & 1u << i) != 0 || !fits(&s->rows[i], t)); i++)
		continue;
	if (i < at->next || s->order != MMS_OPEN)
		mms_set_odd(w->p, ODD_EXTRA);
	at->seen |= i < at->next ? 1u << i : 0;
	return i < at->next ? &s->rows[i] : NULL;
}

void mms_walk(struct mms_walk *w, struct ber *b, const struct mms_shape *s)
{
	struct place at = { 0 };
	struct ber_tlv t;
	const bool ordered = s->order == MMS_SEQUENCE || s->order == MMS_OPEN;
	while (step(w, b, &t)) {
		const struct mms_row *row = ordered ? follow(w, s, &t, &at) : choose(w, s, &t, &at);
		if (row != NULL)
			row->read(w, b, &t, row);
	}
	if (ordered)
		check_missing(w, s, at.next, s->n);
	else if (s->order == MMS_CHOICE && at.seen == 0)
		mms_set_odd(w->p, ODD_MALFORMED);
}

void mms_seq(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	mms_walk(w, &in, row->in);
}

/* Does this list's length become mms.count? Of lists within lists the outermost's. */
static bool counts(struct mms_walk *w, const struct mms_row *row)
{
	if (w->out != NULL || (row->flags & MMS_COUNT) == 0 || w->p->has_count)
		return false;
	w->p->has_count = true;
	return true;
}

void mms_list(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	const bool counted = counts(w, row);
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	uint32_t n = 0;
	w->aside++;
	while (mms_step(w, &in, &e)) {
		n++;
		if (!ber_is(&e, BER_UNIVERSAL, SEQUENCE))
			mms_set_odd(w->p, ODD_MALFORMED);
		struct ber entry = ber_open(&in, &e);
		mms_walk(w, &entry, row->in);
	}
	w->aside--;
	if (counted)
		w->p->count = n;
}

void mms_take(struct mms_parse *p, const struct ber_tlv *contents, const struct mms_row *row)
{
	struct mms_walk w = { .p = p };
	struct ber b = mms_reader(p, contents->whole);
	row->read(&w, &b, contents, row);
	if ((row->flags & MMS_KEPT) == 0) {
		p->row = row;
		p->contents = *contents;
	}
}

/* --- single values ----------------------------------------------------------------------------------- */

static bool primitive(struct mms_walk *w, const struct ber_tlv *t)
{
	if (t->constructed)
		mms_set_odd(w->p, ODD_MALFORMED);
	return !t->constructed;
}

void mms_skip(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)w;
	(void)b;
	(void)t;
	(void)row;
}

void mms_null(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	(void)row;
	if (t->value.len != 0)
		mms_set_odd(w->p, ODD_EXTRA);
}

void mms_bool(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	bool v;
	(void)b;
	if (!primitive(w, t))
		return;
	if (!ber_bool(t->value, &v))
		mms_set_odd(w->p, ODD_SIZE);
	else
		tell_num(w, row->field, v);
}

void mms_uint(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	uint32_t v;
	(void)b;
	if (!primitive(w, t))
		return;
	if (!ber_uint(t->value, &v))
		mms_set_odd(w->p, ODD_SIZE);
	else
		tell_num(w, row->field, v);
}

void mms_int(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	int64_t v;
	(void)b;
	if (!primitive(w, t))
		return;
	if (!ber_int(t->value, &v))
		mms_set_odd(w->p, ODD_SIZE);
	else
		tell_num(w, row->field, (uint64_t)v);
}

void mms_bytes(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	if (primitive(w, t))
		tell_bytes(w, row->field, t->value);
}

/* Contents of whatever form. */
void mms_raw(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	tell_bytes(w, row->field, t->value);
}

void mms_size(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	if (primitive(w, t))
		tell_num(w, row->field, t->value.len);
}

/* X.690 8.6.2: the first octet counts the unused bits of the last. */
bool mms_is_bits(struct span v)
{
	struct cur c = cur_span(v);
	const uint8_t unused = cur_u8(&c);
	return cur_ok(&c) && unused <= 7 && (unused == 0 || v.len > 1);
}

void mms_bits(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct cur c = cur_span(t->value);
	(void)b;
	if (!primitive(w, t))
		return;
	if (!mms_is_bits(t->value))
		mms_set_odd(w->p, ODD_SIZE);
	cur_skip(&c, 1);
	tell_bytes(w, row->field, cur_rest(&c));
}

/* TimeOfDay: milliseconds of the day, perhaps the day. */
void mms_time(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	if (t->value.len != 4 && t->value.len != 6)
		mms_set_odd(w->p, ODD_SIZE);
	mms_bytes(w, b, t, row);
}

/* Any primitive in an explicit tag, or without it. */
void mms_wrapped(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	tell_bytes(w, row->field, mms_innermost(t));
}

/* EventTime, a CHOICE in an explicit tag. */
void mms_event_time(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	static const struct mms_row day = { TIME_OF_DAY, 0, FLD_MMS_TIME, mms_time, NULL };
	static const struct mms_row sequence = { TIME_SEQUENCE, 0, FLD_MMS_SEQUENCE, mms_uint, NULL };
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	if (!mms_step(w, &in, &e) || e.cls != BER_CONTEXT || e.tag > TIME_UNDEFINED) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	tell_num(w, row->field, e.tag);
	if (e.tag == TIME_OF_DAY)
		mms_time(w, &in, &e, &day);
	else if (e.tag == TIME_SEQUENCE)
		mms_uint(w, &in, &e, &sequence);
}

/* In an explicit tag or not. */
void mms_reference(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	while (mms_step(w, &in, &e)) {
		if (ber_is(&e, BER_UNIVERSAL, SEQUENCE))
			mms_reference(w, &in, &e, row);
		else if (ber_is(&e, BER_CONTEXT, AP_TITLE))
			tell_bytes(w, row->field, mms_innermost(&e));
	}
}

/* --- names ------------------------------------------------------------------------------------------- */

/* What the service is about: known to the layer above. */
static void keep_name(struct mms_walk *w, const struct mms_name *n)
{
	struct mms_pdu *pdu = &w->p->pdu;
	if (w->out != NULL || w->aside != 0)
		return;
	if (!pdu->has_name) {
		pdu->has_name = true;
		pdu->name = *n;
	} else if (pdu->n_more < MMS_MORE_MAX) {
		pdu->more[pdu->n_more++] = *n;
	}
}

/* Of the contents of t, or what is wrapped in them, as field. */
static void ident(struct mms_walk *w, struct span v, unsigned field)
{
	if (w->out == NULL)
		mms_check_ident(w->p, v);
	if (field == FLD_MMS_DOMAIN)
		keep_name(w, &(struct mms_name){ .scope = MMS_DOMAIN, .domain = v });
	else if (field == FLD_MMS_OBJECT)
		keep_name(w, &(struct mms_name){ .scope = MMS_VMD, .item = v });
	tell_bytes(w, field, v);
}

void mms_ident(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	(void)primitive(w, t);
	ident(w, mms_innermost(t), row->field);
}

void mms_wrapped_ident(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	ident(w, mms_innermost(t), row->field);
}

static void object(struct mms_walk *w, const struct ber_tlv *t, const struct mms_row *row)
{
	struct mms_name n;
	if (!mms_name_of(t, &n))
		mms_set_odd(w->p, ODD_MALFORMED);
	if (w->out == NULL)
		mms_check_name(w->p, &n);
	keep_name(w, &n);
	if (w->out == NULL || row->field == FLD_N)
		return;
	if (row->field == FLD_MMS_OBJECT)
		dec_add_name(w->out, names, n.domain, n.item);
	else
		dec_add_bytes(w->out, (enum field_id)row->field, n.item);
}

void mms_bare_name(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	(void)b;
	object(w, t, row);
}

bool mms_only(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, struct ber_tlv *e)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv extra;
	if (!mms_step(w, &in, e)) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return false;
	}
	if (mms_step(w, &in, &extra))
		mms_set_odd(w->p, ODD_EXTRA);
	return true;
}

void mms_name(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber_tlv e;
	if (mms_only(w, b, t, &e))
		object(w, &e, row);
}

/* Of an event condition or action: [0] wraps it once more in attributes and, in the first edition, in notifications; or [1]
 * undefined. */
void mms_condition_name(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e, name;
	if (!mms_only(w, b, t, &e))
		return;
	if (ber_is(&e, BER_CONTEXT, CONDITION) && e.constructed) {
		if (mms_only(w, &in, &e, &name))
			object(w, &name, row);
	} else if (!ber_is(&e, BER_CONTEXT, CONDITION_UNDEFINED) || e.constructed) {
		object(w, &e, row);
	}
}

void mms_names(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	const bool counted = counts(w, row);
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	uint32_t n = 0;
	if (w->out == NULL && w->aside == 0 && w->p->pdu.names.len == 0)
		w->p->pdu.names = t->constructed ? t->value : span_of(NULL, 0);
	for (w->aside++; mms_step(w, &in, &e); n++)
		object(w, &e, row);
	w->aside--;
	if (counted)
		w->p->count = n;
}

void mms_strings(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	const bool counted = counts(w, row);
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	uint32_t n = 0;
	for (; mms_step(w, &in, &e); n++) {
		(void)primitive(w, &e);
		tell_bytes(w, row->field, mms_innermost(&e));
	}
	if (counted)
		w->p->count = n;
}

/* FileName: a sequence of GraphicString; in one more SEQUENCE by encoders that take its tag for an explicit one. */
void mms_file(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	while (mms_step(w, &in, &e)) {
		if (ber_is(&e, BER_UNIVERSAL, SEQUENCE)) {
			mms_file(w, &in, &e, row);
			continue;
		}
		(void)primitive(w, &e);
		if (row->field == FLD_MMS_OBJECT)
			keep_name(w, &(struct mms_name){ .scope = MMS_VMD, .item = mms_innermost(&e) });
		tell_bytes(w, row->field, mms_innermost(&e));
	}
}
