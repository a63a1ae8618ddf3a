/* mms_name.c - ObjectName, lists of variables, and what an alternateAccess selects (ISO 9506-2 7.5.2, 14.4). */
#include <string.h>

#include "decoders/mms/mms_int.h"

enum { NAME_VMD = 0, NAME_DOMAIN = 1, NAME_AA = 2 };
enum { SEQUENCE = 16 };
/* VariableSpecification, and the alternateAccess beside it */
enum { VAR_NAME = 0, VAR_ADDRESS = 1, VAR_DESCRIPTION = 2, VAR_SCATTERED = 3, VAR_INVALIDATED = 4, VAR_ALTERNATE = 5 };
enum { COMPONENT_VARIABLE = 1 };              /* of a scatteredAccessDescription */
enum { ADDRESS_NUMERIC = 0, ADDRESS_LAST = 2 };
/* AlternateAccessSelection, and the named form around it */
enum { ALT_SELECT = 0, ALT_COMPONENT = 1, ALT_INDEX = 2, ALT_RANGE = 3, ALT_ALL = 4, ALT_NAMED = 5 };
enum { ALT_SELECT_COMPONENT = 0 };

struct span mms_innermost(const struct ber_tlv *t)
{
	if (!t->constructed)
		return t->value;
	struct ber b = ber_of(t->value, 1);
	struct ber_tlv in;
	return ber_next(&b, &in) ? in.value : span_of(NULL, 0);
}

static bool is_single(const struct ber_tlv *t)
{
	struct ber b = ber_of(t->value, 1);
	struct ber_tlv e;
	return ber_next(&b, &e) && !e.constructed && !ber_next(&b, &e) && ber_ok(&b);
}

bool mms_name_of(const struct ber_tlv *t, struct mms_name *n)
{
	*n = (struct mms_name){ .scope = MMS_VMD };
	if (t->cls != BER_CONTEXT || t->tag > NAME_AA)
		return false;
	if (t->tag != NAME_DOMAIN) {
		n->scope = t->tag == NAME_AA ? MMS_AA : MMS_VMD;
		n->item = mms_innermost(t);
		n->wrapped = t->constructed;
		return !t->constructed || (n->item.len != 0 && is_single(t));
	}
	struct ber b = ber_of(t->value, 1);
	struct ber_tlv domain, item, extra;
	n->scope = MMS_DOMAIN;
	if (!t->constructed || !ber_next(&b, &domain))
		return false;
	n->domain = domain.value;
	if (!ber_next(&b, &item))
		return false;
	n->item = item.value;
	return !domain.constructed && !item.constructed && !ber_next(&b, &extra) && ber_ok(&b);
}

void mms_check_ident(struct mms_parse *p, struct span ident)
{
	if (ident.len == 0 || ident.len > MMS_IDENT_MAX)
		mms_set_odd(p, ODD_IDENT);
	struct cur c = cur_span(ident);
	const uint8_t *o = cur_take(&c, ident.len);
	bool odd = false;
	for (size_t i = 0; i < ident.len; i++)
		odd |= o[i] <= ' ' || o[i] >= 0x7f;
	if (odd)
		mms_set_odd(p, ODD_IDENT);
}

void mms_check_name(struct mms_parse *p, const struct mms_name *n)
{
	if (n->wrapped)
		mms_set_odd(p, ODD_FORM);
	if (n->scope == MMS_DOMAIN)
		mms_check_ident(p, n->domain);
	mms_check_ident(p, n->item);
}

bool mms_name_next(struct ber *b, struct mms_name *n)
{
	struct ber_tlv t;
	while (ber_next(b, &t)) {
		if (mms_name_of(&t, n) || n->item.len != 0)
			return true;
	}
	return false;
}

/* One variable of a list; false when it is malformed, with what could be read. */
static bool is_address(const struct mms_var *v)
{
	return v->other.tag == VAR_ADDRESS || v->other.tag == VAR_DESCRIPTION;
}

static bool var_of(const struct ber_tlv *t, uint16_t depth, struct mms_var *v)
{
	/* Member by member: clearing the whole in one would take longer than reading it. */
	v->has_name = v->alternate = false;
	v->name = (struct mms_name){ 0 };
	v->alternate_access = span_of(NULL, 0);
	v->other = (struct ber_tlv){ 0 };
	bool ok = t->constructed && ber_is(t, BER_UNIVERSAL, SEQUENCE);
	bool chosen = false;
	struct ber b = ber_of(t->value, depth);
	struct ber_tlv e, in;
	while (ok && ber_next(&b, &e)) {
		if (e.cls == BER_CONTEXT && e.tag == VAR_ALTERNATE && e.constructed) {
			v->alternate = true;
			v->alternate_access = e.value;
		} else if (e.cls != BER_CONTEXT || e.tag > VAR_INVALIDATED || chosen) {
			ok = false;
		} else if (e.tag == VAR_NAME) {
			struct ber name = ber_open(&b, &e);
			v->has_name = ber_next(&name, &in);
			ok = v->has_name && mms_name_of(&in, &v->name);
			chosen = true;
		} else {
			v->other = e;
			ok = e.constructed == (e.tag != VAR_INVALIDATED);
			chosen = true;
		}
	}
	return ok && chosen && ber_ok(&b);
}

bool mms_var_next(struct ber *b, struct mms_var *v)
{
	struct ber_tlv t;
	if (!ber_next(b, &t))
		return false;
	(void)var_of(&t, b->depth, v);
	return true;
}

/* --- alternate access ---------------------------------------------------------------------------- */

void mms_paths_open(struct mms_paths *p, const struct mms_var *v, uint16_t ber_depth)
{
	const size_t n = size_min(v->name.item.len, MMS_PATH_MAX);
	p->n = 1;
	p->odd = n < v->name.item.len;
	p->wrapped = false;
	p->item = (uint16_t)n;
	p->level[0].b = ber_of(v->alternate_access, ber_depth);
	p->level[0].len = (uint16_t)n;
	if (n != 0)
		memcpy(p->text, v->name.item.p, n);
}

/* The path of that length with a component behind it: its new length. */
static uint16_t extend(struct mms_paths *p, uint16_t len, struct span component)
{
	const size_t room = MMS_PATH_MAX - (size_t)len;
	if (component.len + 1 > room)
		p->odd = true;
	if (room == 0)
		return len;
	p->text[len] = '$';
	const size_t n = size_min(component.len, room - 1);
	if (n != 0)
		memcpy(p->text + len + 1, component.p, n);
	return (uint16_t)(len + 1 + n);
}

static void descend(struct mms_paths *p, const struct ber *parent, const struct ber_tlv *t, uint16_t len)
{
	if (p->n == MMS_PATH_DEPTH) {
		p->odd = true;
		return;
	}
	p->level[p->n].b = ber_of(t->value, parent->depth);
	p->level[p->n].len = len;
	p->n++;
}

/* selectAlternateAccess: what is selected, then the alternateAccess to apply inside it. */
static void descend_select(struct mms_paths *p, const struct ber *parent, const struct ber_tlv *t, uint16_t len)
{
	struct ber b = ber_of(t->value, parent->depth);
	struct ber_tlv what, inside;
	if (!ber_next(&b, &what) || what.cls != BER_CONTEXT || !ber_next(&b, &inside) || !inside.constructed) {
		p->odd = true;
		return;
	}
	p->wrapped |= what.constructed && what.tag == ALT_SELECT_COMPONENT;
	if (what.tag == ALT_SELECT_COMPONENT)
		len = extend(p, len, mms_innermost(&what));
	descend(p, parent, &inside, len);
}

bool mms_paths_next(struct mms_paths *p, struct span *path)
{
	while (p->n != 0) {
		struct ber *b = &p->level[p->n - 1].b;
		const uint16_t len = p->level[p->n - 1].len;
		struct ber_tlv t;
		if (!ber_next(b, &t)) {
			p->odd |= !ber_ok(b);
			p->n--;
		} else if (t.cls != BER_CONTEXT || t.tag > ALT_NAMED) {
			p->odd = true;
		} else if (t.tag == ALT_NAMED) {
			descend(p, b, &t, len);
		} else if (t.tag == ALT_COMPONENT) {
			p->wrapped |= t.constructed;
			*path = span_of(p->text, extend(p, len, mms_innermost(&t)));
			return true;
		} else if (t.tag == ALT_SELECT && t.constructed) {
			descend_select(p, b, &t, len);
		} else if (t.tag != ALT_SELECT && len > p->item) {
			*path = span_of(p->text, len); /* elements of a component: told by its name */
			return true;
		}
		/* a primitive [0] is the name given to the result of the named form */
	}
	return false;
}

/* --- lists of variables --------------------------------------------------------------------------- */

static void check_paths(struct mms_parse *p, const struct mms_var *v)
{
	struct mms_paths paths;
	struct span path;
	mms_paths_open(&paths, v, p->pdu.ber_depth);
	while (dec_spend(p->ctx, p->pdu.dir, 1) && mms_paths_next(&paths, &path))
		continue;
	if (paths.odd)
		mms_set_odd(p, ODD_IDENT);
	if (paths.wrapped)
		mms_set_odd(p, ODD_FORM);
}

void mms_take_vars(struct mms_parse *p, struct span v)
{
	struct ber b = mms_reader(p, v);
	struct ber_tlv t;
	struct mms_var room;
	p->pdu.vars = p->pdu.vars_rest = v;
	p->pdu.kept = p->kept;
	p->pdu.n_kept = 0;
	p->has_count = true;
	p->count = 0;
	while (mms_next(p, &b, &t)) {
		struct mms_var *var = p->pdu.n_kept < MMS_VARS_KEPT ? &p->kept[p->pdu.n_kept++] : &room;
		p->count++;
		if (!var_of(&t, b.depth, var))
			mms_set_odd(p, ODD_MALFORMED);
		if (var != &room)
			p->pdu.vars_rest = cur_rest(&b.c);
		if (var->has_name)
			mms_check_name(p, &var->name);
		if (var->alternate)
			check_paths(p, var);
		p->has_address |= is_address(var);
		if (var->other.tag == VAR_SCATTERED)
			mms_check_scattered(p, &b, &var->other);
	}
}

/* --- telling ---------------------------------------------------------------------------------------- */

static struct span keep(struct mms_kept *k, struct span path)
{
	char *slot = k->text[k->n++ % (FIELDS_CAP + 1)];
	const size_t n = size_min(path.len, MMS_PATH_MAX);
	if (n != 0)
		memcpy(slot, path.p, n);
	return span_of(slot, n);
}

/* A domain service, or a name list of a domain, names no object. */
static void add_name(struct dec_build *b, const struct mms_name *n, const enum field_id f[2])
{
	if (n->item.len == 0 && n->domain.len != 0)
		dec_add_bytes(b, f[0], n->domain);
	else
		dec_add_name(b, f, n->domain, n->item);
}

/* scatteredAccessDescription: SEQUENCEs of which [1] is a VariableSpecification. */
static void add_scattered(struct dec_build *b, struct ber *list, const enum field_id f[2])
{
	struct ber_tlv component, e, spec, name;
	struct mms_name n;
	while (ber_next(list, &component)) {
		struct ber c = ber_open(list, &component);
		while (ber_next(&c, &e)) {
			struct ber in = ber_open(&c, &e);
			if (!ber_is(&e, BER_CONTEXT, COMPONENT_VARIABLE) || !ber_next(&in, &spec))
				continue;
			struct ber inside = ber_open(&in, &spec);
			if (ber_is(&spec, BER_CONTEXT, VAR_SCATTERED))
				add_scattered(b, &inside, f);
			else if (ber_is(&spec, BER_CONTEXT, VAR_NAME) && ber_next(&inside, &name) && mms_name_of(&name, &n))
				dec_add_name(b, f, n.domain, n.item);
		}
	}
}

static void add_var(struct dec_build *b, const struct mms_var *v, uint16_t depth, const enum field_id f[2], struct mms_kept *k)
{
	if (v->has_name)
		dec_add_name(b, f, v->name.domain, v->name.item);
	if (v->other.tag == VAR_SCATTERED && v->other.constructed) {
		struct ber list = ber_of(v->other.value, depth);
		add_scattered(b, &list, f);
	}
	if (!v->alternate)
		return;
	struct mms_paths paths;
	struct span path;
	mms_paths_open(&paths, v, depth);
	while (mms_paths_next(&paths, &path))
		dec_add_name(b, f, v->name.domain, keep(k, path));
}

void mms_add_vars(struct dec_build *b, struct span list, uint16_t depth, const enum field_id f[2], struct mms_kept *k)
{
	struct ber vars = ber_of(list, depth);
	struct mms_var v;
	while (mms_var_next(&vars, &v))
		add_var(b, &v, depth, f, k);
}

/* Address: [0] a number, [1] a text in an explicit tag, [2] octets. */
void mms_add_addresses(struct dec_build *b, struct span list, uint16_t depth)
{
	struct ber vars = ber_of(list, depth);
	struct ber_tlv address;
	struct mms_var v;
	uint32_t n;
	while (mms_var_next(&vars, &v)) {
		struct ber in = ber_of(v.other.value, depth);
		if (!is_address(&v) || !ber_next(&in, &address) || address.cls != BER_CONTEXT || address.tag > ADDRESS_LAST)
			continue;
		if (address.tag != ADDRESS_NUMERIC)
			dec_add_bytes(b, FLD_MMS_ADDRESS, mms_innermost(&address));
		else if (ber_uint(address.value, &n))
			dec_add_num(b, FLD_MMS_ADDRESS_NUMBER, n);
	}
}

void mms_add_names(struct dec_build *b, const struct mms_pdu *pdu, const enum field_id f[2], struct mms_kept *k)
{
	struct ber_tlv t;
	struct mms_name n;
	k->n = 0;
	if (!b->wanted || b->ctx->budget == 0)
		return;
	if (pdu->has_name)
		add_name(b, &pdu->name, f);
	for (uint8_t i = 0; i < pdu->n_more; i++)
		add_name(b, &pdu->more[i], f);
	struct ber names = ber_of(pdu->names, pdu->ber_depth);
	while (mms_name_next(&names, &n))
		add_name(b, &n, f);
	struct mms_vars vars = mms_vars_of(pdu);
	for (const struct mms_var *v; (v = mms_vars_next(&vars)) != NULL;)
		add_var(b, v, pdu->ber_depth, f, k);
	struct ber idents = ber_of(pdu->idents, pdu->ber_depth);
	while (ber_next(&idents, &t))
		dec_add_name(b, f, span_of(NULL, 0), t.value);
}
