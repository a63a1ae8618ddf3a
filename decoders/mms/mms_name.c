/* mms_name.c - ObjectName, lists of variables, and what an alternateAccess selects (ISO 9506-2 7.5.2, 14.4). */
#include <string.h>

#include "decoders/mms/mms_int.h"

enum { NAME_VMD = 0, NAME_DOMAIN = 1, NAME_AA = 2 };
enum { SEQUENCE = 16 };
/* VariableSpecification, and the alternateAccess beside it */
enum { VAR_NAME = 0, VAR_SCATTERED = 3, VAR_INVALIDATED = 4, VAR_ALTERNATE = 5 };
/* AlternateAccessSelection, and the named form around it */
enum { ALT_SELECT = 0, ALT_COMPONENT = 1, ALT_INDEX = 2, ALT_RANGE = 3, ALT_ALL = 4, ALT_NAMED = 5 };
enum { ALT_SELECT_COMPONENT = 0 };

/* The first element inside, for what is wrapped in a constructed tag against the rules but read by some. */
static struct span innermost(const struct ber_tlv *t)
{
	if (!t->constructed)
		return t->value;
	struct ber b = ber_of(t->value, 1);
	struct ber_tlv in;
	return ber_next(&b, &in) ? in.value : span_of(NULL, 0);
}

bool mms_name_of(const struct ber_tlv *t, struct mms_name *n)
{
	*n = (struct mms_name){ .scope = MMS_VMD };
	if (t->cls != BER_CONTEXT || t->tag > NAME_AA)
		return false;
	if (t->tag != NAME_DOMAIN) {
		n->scope = t->tag == NAME_AA ? MMS_AA : MMS_VMD;
		n->item = innermost(t);
		n->wrapped = t->constructed;
		return !t->constructed || n->item.len != 0;
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
	for (struct cur c = cur_span(ident); cur_left(&c) > 0;) {
		uint8_t o = cur_u8(&c);
		if (o <= ' ' || o >= 0x7f)
			mms_set_odd(p, ODD_IDENT);
	}
}

void mms_check_name(struct mms_parse *p, const struct mms_name *n)
{
	if (n->wrapped)
		mms_set_odd(p, ODD_FORM);
	if (n->scope == MMS_DOMAIN)
		mms_check_ident(p, n->domain);
	mms_check_ident(p, n->item);
}

void mms_take_name(struct mms_parse *p, const struct mms_name *n)
{
	if (!p->pdu.has_name) {
		p->pdu.has_name = true;
		p->pdu.name = *n;
	} else if (p->pdu.n_more < MMS_MORE_MAX) {
		p->pdu.more[p->pdu.n_more++] = *n;
	} else {
		mms_set_odd(p, ODD_EXTRA);
	}
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
static bool var_of(const struct ber_tlv *t, uint16_t depth, struct mms_var *v)
{
	*v = (struct mms_var){ 0 };
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
			chosen = true;
		}
	}
	return ok && chosen && ber_ok(&b);
}

bool mms_var_next(struct ber *b, struct mms_var *v)
{
	struct ber_tlv t;
	*v = (struct mms_var){ 0 };
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
	if (what.tag == ALT_SELECT_COMPONENT)
		len = extend(p, len, innermost(&what));
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
			*path = span_of(p->text, extend(p, len, innermost(&t)));
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
}

void mms_take_vars(struct mms_parse *p, struct span v)
{
	struct ber b = mms_reader(p, v);
	struct ber_tlv t;
	p->pdu.vars = v;
	p->has_count = true;
	p->count = 0;
	while (mms_next(p, &b, &t)) {
		struct mms_var var;
		p->count++;
		if (!var_of(&t, b.depth, &var))
			mms_set_odd(p, ODD_MALFORMED);
		if (var.has_name)
			mms_check_name(p, &var.name);
		if (var.alternate)
			check_paths(p, &var);
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

static void add_var(struct dec_build *b, const struct mms_var *v, uint16_t depth, const enum field_id f[2], struct mms_kept *k)
{
	if (v->has_name)
		dec_add_name(b, f, v->name.domain, v->name.item);
	if (!v->alternate)
		return;
	struct mms_paths paths;
	struct span path;
	mms_paths_open(&paths, v, depth);
	while (mms_paths_next(&paths, &path))
		dec_add_name(b, f, v->name.domain, keep(k, path));
}

void mms_add_names(struct dec_build *b, const struct mms_pdu *pdu, const enum field_id f[2], struct mms_kept *k)
{
	struct ber_tlv t;
	struct mms_name n;
	struct mms_var v;
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
	struct ber vars = ber_of(pdu->vars, pdu->ber_depth);
	while (mms_var_next(&vars, &v))
		add_var(b, &v, pdu->ber_depth, f, k);
	struct ber idents = ber_of(pdu->idents, pdu->ber_depth);
	while (ber_next(&idents, &t))
		dec_add_name(b, f, span_of(NULL, 0), t.value);
}
