/* sig_field.c - conditions on the fields of an event: parsed from rule text, and looked up in field lists. */
#include <ctype.h>
#include <string.h>

#include "sigs/sig_int.h"

/* X.224 13.1: TPDU codes, for cotp.type by name */
static const struct {
	const char *name;
	uint8_t code;
} tpdus[] = { { "cr", 0xe0 }, { "cc", 0xd0 }, { "dr", 0x80 }, { "dc", 0xc0 }, { "dt", 0xf0 }, { "ed", 0x10 },
	      { "ak", 0x60 }, { "ea", 0x20 }, { "rj", 0x50 }, { "er", 0x70 }, { "ud", 0x40 } };

static bool tpdu_code(const struct sig_value *v, int64_t *code)
{
	for (size_t i = 0; i < ARRAY_LEN(tpdus); i++) {
		if (v->text.len == 2 && memcmp(tpdus[i].name, v->text.p, 2) == 0) {
			*code = tpdus[i].code;
			return true;
		}
	}
	return false;
}

static bool known_op(const char *name)
{
	for (unsigned op = OP_NONE + 1; op < OP_N; op++) {
		if (strcmp(iccp_op_name(op), name) == 0)
			return true;
	}
	return false;
}

/* A name that no decoder tells would make a rule that never fires. */
static enum err check_name(struct sig_parse *p, enum field_id id, const struct sig_value *v)
{
	char name[64];
	if (v->any_head || v->any_tail || v->text.len >= sizeof(name))
		return OK;
	memcpy(name, v->text.p, v->text.len);
	name[v->text.len] = '\0';
	if (id == FLD_MMS_SERVICE && mms_service_find(name) < 0)
		return sig_refuse(p, "mms.service '%s' is no confirmed service of ISO 9506-2", name);
	if (id == FLD_MMS_INNER && !mms_is_inner(name))
		return sig_refuse(p, "mms.inner '%s' is no service of ISO 9506-2", name);
	if (id == FLD_ICCP_OP && !known_op(name))
		return sig_refuse(p, "iccp.op '%s' is no TASE.2 operation", name);
	return OK;
}

/* Reads one value up to a comma or the end; *more tells which. */
static enum err text_value(struct sig_parse *p, struct sig_octets *o, struct sig_value *v, bool *more)
{
	uint8_t octets[SIG_CONTENT_LEN];
	size_t n = 0;
	const char *from = o->at;
	*v = (struct sig_value){ 0 };
	for (;;) {
		const int c = sig_lex_octet(o, true);
		*more = c == SIGO_COMMA;
		if (c == SIGO_END || *more)
			break;
		if (c == SIGO_BAD || (c != SIGO_STAR && n >= sizeof(octets)))
			return sig_refuse(
				p,
				"value '%.40s': write |hex pairs|, escape \\ \" ; : | * and , with a backslash, at most %d octets",
				from, SIG_CONTENT_LEN);
		if (v->any_tail || (c == SIGO_STAR && v->any_head && n == 0))
			return sig_refuse(p, "value '%.40s': a * stands only first or last", from);
		if (c == SIGO_STAR)
			*(n == 0 && !v->any_head ? &v->any_head : &v->any_tail) = true;
		else
			octets[n++] = (uint8_t)c;
	}
	if (n == 0 && !v->any_head)
		return sig_refuse(p, "value '%.40s' is empty: write * for any", from);
	v->text = span_of(sig_mem_copy(p->mem, octets, n), n);
	return v->text.p != NULL ? OK : ERR_NOMEM;
}

static enum err text_values(struct sig_parse *p, struct sig_field *f, const char *text, struct sig_value *v)
{
	struct sig_octets o = { .at = text };
	for (bool more = true; more;) {
		if (f->n >= SIG_VALUES_MAX)
			return sig_refuse(p, "%s has more than %d values", field_name(f->id), SIG_VALUES_MAX);
		struct sig_value *one = &v[f->n++];
		TRY(text_value(p, &o, one, &more));
		int64_t code;
		if (f->id == FLD_COTP_TYPE && tpdu_code(one, &code)) {
			one->is_num = true;
			one->num = (struct sig_range){ code, code };
		} else if (field_kind(f->id) == FIELD_num) {
			return sig_refuse(p, "%s '%.40s' is no number: write n, <n, >n, a-b or a list of those", field_name(f->id),
					  text);
		}
		TRY(check_name(p, f->id, one));
	}
	return OK;
}

/* Numbers only? Then v is filled; otherwise the value is a text. */
static bool numbers(struct sig_field *f, const char *text, struct sig_value *v)
{
	char copy[1024];
	if (field_kind(f->id) >= FIELD_bytes || f->id == FLD_APP || strlen(text) >= sizeof(copy))
		return false;
	char *at = strcpy(copy, text);
	f->n = 0;
	for (char *one; (one = sig_lex_part(&at, ',')) != NULL;) {
		if (f->n >= SIG_VALUES_MAX || !sig_lex_range(one, &v[f->n].num))
			return false;
		v[f->n++].is_num = true;
	}
	return true;
}

enum err sig_field_add(struct sig_parse *p, enum field_id id, char *value)
{
	struct sig_value v[SIG_VALUES_MAX] = { 0 };
	struct sig_field f = { .id = id, .neg = value[0] == '!' };
	if (p->r.n_fields >= SIG_FIELDS_MAX)
		return sig_refuse(p, "more than %d field conditions", SIG_FIELDS_MAX);
	char *text = sig_lex_trim(value + f.neg), *quoted = sig_lex_unquote(text);
	if (quoted != NULL)
		text = quoted;
	if (!numbers(&f, text, v)) {
		memset(v, 0, sizeof(v));
		f.n = 0;
		if (quoted == NULL && field_kind(id) != FIELD_num)
			return sig_refuse(p, "%s '%.40s' is not in quotes", field_name(id), text);
		TRY(text_values(p, &f, text, v));
	}
	if ((f.v = sig_mem_copy(p->mem, v, f.n * sizeof(v[0]))) == NULL)
		return ERR_NOMEM;
	p->field[p->r.n_fields++] = f;
	p->last = SIGL_FIELD;
	return OK;
}

/* --- narrowing ---------------------------------------------------------------------------------- */

static bool same(const uint8_t *a, const uint8_t *b, size_t n, bool nocase)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] && (!nocase || tolower(a[i]) != tolower(b[i])))
			return false;
	}
	return true;
}

static bool text_is(const struct sig_field *c, const struct sig_value *v, struct span t)
{
	if (t.len < v->text.len)
		return false;
	const size_t over = t.len - v->text.len;
	if (v->any_head && v->any_tail) {
		for (size_t i = 0; i <= over; i++) {
			if (same(t.p + i, v->text.p, v->text.len, c->nocase))
				return true;
		}
		return false;
	}
	if (over != 0 && !v->any_head && !v->any_tail)
		return false;
	return same(t.p + (v->any_head ? over : 0), v->text.p, v->text.len, c->nocase);
}

static bool value_is(const struct sig_field *c, uint64_t num, struct span text)
{
	for (unsigned i = 0; i < c->n; i++) {
		const struct sig_value *v = &c->v[i];
		const int64_t n = (int64_t)num;
		if (v->is_num ? v->num.lo <= n && n <= v->num.hi : text_is(c, v, text))
			return true;
	}
	return false;
}

static struct span text_span(const char *s)
{
	return span_of(s, strlen(s));
}

static void drop_event(struct sig_rule *r, enum event_id ev)
{
	r->events[ev / 64] &= ~(UINT64_C(1) << (ev % 64));
}

static void drop_services(struct sig_rule *r, const struct sig_field *c)
{
	for (unsigned n = 0; n < 128; n++) {
		const char *name = mms_service_name(n);
		if (name == NULL || value_is(c, n, text_span(name)))
			continue;
		drop_event(r, mms_service_event(n, false));
		drop_event(r, mms_service_event(n, true));
	}
}

static void drop_operations(struct sig_rule *r, const struct sig_field *c)
{
	for (unsigned op = OP_NONE + 1; op < OP_N; op++) {
		if (value_is(c, op, text_span(iccp_op_name(op))))
			continue;
		drop_event(r, iccp_op_event((enum iccp_op)op, false));
		drop_event(r, iccp_op_event((enum iccp_op)op, true));
	}
}

/* ISO 9506-2 7.1: requests and responses, and the PDUs that are an event of their own. */
static void drop_pdus(struct sig_rule *r, const struct sig_field *c)
{
	static const struct {
		uint8_t pdu;
		enum event_id event;
		const char *name;
	} pdus[] = {
		{ 2, EV_MMS_CONFIRMED_ERR, "confirmed-Error" },  { 3, EV_MMS_INFORMATION_REPORT, "unconfirmed" },
		{ 3, EV_MMS_UNSOLICITED_STATUS, "unconfirmed" }, { 3, EV_MMS_EVENT_NOTIFICATION, "unconfirmed" },
		{ 4, EV_MMS_REJECT, "reject" },
	};
	const bool requests = value_is(c, 0, text_span("confirmed-Request"));
	const bool responses = value_is(c, 1, text_span("confirmed-Response"));
	for (unsigned n = 0; n < 128; n++) {
		if (!requests)
			drop_event(r, mms_service_event(n, false));
		if (!responses)
			drop_event(r, mms_service_event(n, true));
	}
	for (size_t i = 0; i < ARRAY_LEN(pdus); i++) {
		if (!value_is(c, pdus[i].pdu, text_span(pdus[i].name)))
			drop_event(r, pdus[i].event);
	}
}

void sig_field_narrow(struct sig_rule *r)
{
	for (unsigned i = 0; i < r->n_fields; i++) {
		const struct sig_field *c = &r->field[i];
		if (c->neg)
			continue;
		if (c->id == FLD_MMS_SERVICE)
			drop_services(r, c);
		else if (c->id == FLD_MMS_PDU)
			drop_pdus(r, c);
		else if (c->id == FLD_ICCP_OP)
			drop_operations(r, c);
	}
}

/* --- at run time -------------------------------------------------------------------------------- */

bool sig_field_found(const struct sig_field *c, const struct fields *fs, const char *app)
{
	if (c->id == FLD_APP && app != NULL && value_is(c, 0, text_span(app)))
		return true;
	unsigned at = 0;
	const struct field *f;
	while ((f = fields_next(fs, c->id, &at)) != NULL) {
		if (value_is(c, f->num, f->bytes))
			return true;
	}
	return false;
}
