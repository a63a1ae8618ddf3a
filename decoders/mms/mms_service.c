/* mms_service.c - the contents of services: the names, variables and values each carries (ISO 9506-2 7 to 17).
 *
 * A row says how a service is read; a service without a row is told by its name only.
 */
#include "decoders/mms/mms_int.h"

enum { GRAPHIC_STRING = 25, VISIBLE_STRING = 26 };
enum { SCOPE_SPECIFIC = 0 };

struct row {
	uint8_t service;
	void (*parse)(struct mms_parse *p, const struct ber_tlv *t);
};

static bool is_context(const struct ber_tlv *t, uint32_t tag)
{
	return ber_is(t, BER_CONTEXT, tag);
}

/* A reader over a constructed element; a primitive one is odd and read as empty. */
static struct ber enter(struct mms_parse *p, const struct ber_tlv *t)
{
	if (!t->constructed)
		mms_set_odd(p, ODD_MALFORMED);
	return mms_reader(p, t->constructed ? t->value : span_of(NULL, 0));
}

static void no_more(struct mms_parse *p, struct ber *b)
{
	struct ber_tlv t;
	if (mms_next(p, b, &t))
		mms_set_odd(p, ODD_EXTRA);
}

/* --- single names ----------------------------------------------------------------------------------- */

static void take_ident(struct mms_parse *p, const struct ber_tlv *t, enum mms_scope scope)
{
	struct mms_name n = { .scope = (uint8_t)scope };
	*(scope == MMS_DOMAIN ? &n.domain : &n.item) = t->value;
	if (t->constructed)
		mms_set_odd(p, ODD_MALFORMED);
	mms_check_ident(p, t->value);
	mms_take_name(p, &n);
}

static void take_object(struct mms_parse *p, const struct ber_tlv *t)
{
	struct mms_name n;
	if (!mms_name_of(t, &n))
		mms_set_odd(p, ODD_MALFORMED);
	mms_check_name(p, &n);
	mms_take_name(p, &n);
}

/* A list of ObjectNames. */
static void take_objects(struct mms_parse *p, struct span v)
{
	struct ber b = mms_reader(p, v);
	struct ber_tlv t;
	struct mms_name n;
	p->pdu.names = v;
	while (mms_next(p, &b, &t)) {
		if (!mms_name_of(&t, &n))
			mms_set_odd(p, ODD_MALFORMED);
		mms_check_name(p, &n);
	}
}

/* The service's contents are an Identifier: of an object, of a domain. */
static void ident(struct mms_parse *p, const struct ber_tlv *t)
{
	take_ident(p, t, MMS_VMD);
}

static void domain(struct mms_parse *p, const struct ber_tlv *t)
{
	take_ident(p, t, MMS_DOMAIN);
}

/* A sequence with an Identifier under [0]. */
static void take_ident_in(struct mms_parse *p, const struct ber_tlv *t, enum mms_scope scope)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 0) && !p->pdu.has_name)
			take_ident(p, &e, scope);
	}
	if (!p->pdu.has_name)
		mms_set_odd(p, ODD_MALFORMED);
}

static void ident_in(struct mms_parse *p, const struct ber_tlv *t)
{
	take_ident_in(p, t, MMS_VMD);
}

static void domain_in(struct mms_parse *p, const struct ber_tlv *t)
{
	take_ident_in(p, t, MMS_DOMAIN);
}

/* The service's contents are an ObjectName. */
static void object(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	if (mms_next(p, &b, &e))
		take_object(p, &e);
	else
		mms_set_odd(p, ODD_MALFORMED);
	no_more(p, &b);
}

static bool only_element(struct mms_parse *p, struct span v, struct ber_tlv *t)
{
	struct ber b = mms_reader(p, v);
	const bool found = mms_next(p, &b, t);
	no_more(p, &b);
	return found;
}

/* ObjectNames wrapped in [0] and [1]: of an event enrollment and its condition, which in a notification
 * is wrapped once more, or [1] undefined. */
static void objects_in(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e, name;
	while (mms_next(p, &b, &e)) {
		if (e.cls != BER_CONTEXT || e.tag > 1 || !e.constructed)
			continue;
		bool found = only_element(p, e.value, &name);
		if (found && is_context(&name, 0) && name.constructed)
			found = only_element(p, name.value, &name);
		if (found && (name.constructed || !is_context(&name, 1)))
			take_object(p, &name);
	}
}

/* deleteEventEnrollment, getEventEnrollmentAttributes: lists of ObjectNames under [0] or [1]. */
static void object_lists(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	while (mms_next(p, &b, &e)) {
		if (e.cls == BER_CONTEXT && e.tag <= 1 && e.constructed)
			take_objects(p, e.value);
	}
}

/* getVariableAccessAttributes: [0] a name, or [1] an address. */
static void access_attributes(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e, name;
	if (!mms_next(p, &b, &e)) {
		mms_set_odd(p, ODD_MALFORMED);
	} else if (is_context(&e, 0)) {
		struct ber in = enter(p, &e);
		if (mms_next(p, &in, &name))
			take_object(p, &name);
		else
			mms_set_odd(p, ODD_MALFORMED);
	}
	no_more(p, &b);
}

/* rename: objectClass, current ObjectName, new Identifier. */
static void rename_request(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e, name;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 1)) {
			struct ber in = enter(p, &e);
			if (mms_next(p, &in, &name))
				take_object(p, &name);
		} else if (is_context(&e, 2)) {
			take_ident(p, &e, MMS_VMD);
		}
	}
}

/* FileNames (sequences of GraphicString), wherever the service has them. */
static void files_in(struct mms_parse *p, struct ber *b, unsigned levels)
{
	struct ber_tlv e;
	while (mms_next(p, b, &e)) {
		if (e.constructed && levels != 0) {
			struct ber in = mms_reader(p, e.value);
			files_in(p, &in, levels - 1);
		} else if (e.cls == BER_UNIVERSAL && (e.tag == GRAPHIC_STRING || e.tag == VISIBLE_STRING)) {
			mms_take_name(p, &(struct mms_name){ .scope = MMS_VMD, .item = e.value });
		}
	}
}

static void files(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	files_in(p, &b, 2);
}

static void additional(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	p->has_inner = mms_next(p, &b, &e) && e.cls == BER_CONTEXT;
	p->inner = e.tag;
	if (!p->has_inner)
		mms_set_odd(p, ODD_MALFORMED);
}

/* --- variables -------------------------------------------------------------------------------------- */

/* VariableAccessSpecification: [0] listOfVariable or [1] variableListName. */
static void take_spec(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	if (is_context(t, 0)) {
		p->pdu.spec = MMS_SPEC_VARS;
		mms_take_vars(p, t->constructed ? t->value : span_of(NULL, 0));
	} else if (is_context(t, 1) && mms_next(p, &b, &e)) {
		p->pdu.spec = MMS_SPEC_LIST;
		take_object(p, &e);
		no_more(p, &b);
	} else {
		mms_set_odd(p, ODD_MALFORMED);
	}
}

/* What is wrapped in an explicit tag. */
static void take_wrapped_spec(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	if (mms_next(p, &b, &e))
		take_spec(p, &e);
	else
		mms_set_odd(p, ODD_MALFORMED);
}

static void read_request(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 1) && p->pdu.spec == MMS_SPEC_NONE)
			take_wrapped_spec(p, &e);
		else if (!is_context(&e, 0) || e.constructed || e.value.len != 1)
			mms_set_odd(p, ODD_EXTRA);
	}
	if (p->pdu.spec == MMS_SPEC_NONE)
		mms_set_odd(p, ODD_MALFORMED);
}

static void read_response(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	bool results = false;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 0) && !results && p->pdu.spec == MMS_SPEC_NONE) {
			take_wrapped_spec(p, &e);
		} else if (is_context(&e, 1) && e.constructed && !results) {
			mms_take_data(p, e.value, true);
			results = true;
		} else {
			mms_set_odd(p, ODD_EXTRA);
		}
	}
	if (!results)
		mms_set_odd(p, ODD_MALFORMED);
}

/* A specification, then [0] the values: of write and informationReport. */
static void spec_and_data(struct mms_parse *p, const struct ber_tlv *t, bool results)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	if (!mms_next(p, &b, &e)) {
		mms_set_odd(p, ODD_MALFORMED);
		return;
	}
	take_spec(p, &e);
	if (!mms_next(p, &b, &e) || !is_context(&e, 0) || !e.constructed) {
		mms_set_odd(p, ODD_MALFORMED);
		return;
	}
	mms_take_data(p, e.value, results);
	no_more(p, &b);
}

static void write_request(struct mms_parse *p, const struct ber_tlv *t)
{
	spec_and_data(p, t, false);
}

static void write_response(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	p->has_count = true;
	p->write_results = t->value;
	while (mms_next(p, &b, &e)) {
		p->count++;
		if (e.constructed || !(is_context(&e, 0) || (is_context(&e, 1) && e.value.len == 0)))
			mms_set_odd(p, ODD_MALFORMED);
	}
}

/* defineNamedVariableList: the list's name, then [0] its members. */
static void define_list(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	if (mms_next(p, &b, &e))
		take_object(p, &e);
	if (mms_next(p, &b, &e) && is_context(&e, 0) && e.constructed)
		mms_take_vars(p, e.value);
	else
		mms_set_odd(p, ODD_MALFORMED);
	no_more(p, &b);
}

static void list_attributes(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 1) && e.constructed)
			mms_take_vars(p, e.value);
	}
	if (!p->has_count)
		mms_set_odd(p, ODD_MALFORMED);
}

/* deleteNamedVariableList: [0] scope, [1] names, [2] domain. */
static void delete_lists(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e;
	uint32_t scope = SCOPE_SPECIFIC;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 0)) {
			scope = mms_take_uint(p, e.value);
		} else if (is_context(&e, 1) && e.constructed) {
			take_objects(p, e.value);
		} else if (is_context(&e, 2)) {
			mms_take_name(p, &(struct mms_name){ .scope = MMS_DOMAIN, .domain = e.value });
		} else {
			mms_set_odd(p, ODD_EXTRA);
		}
	}
	if (scope == SCOPE_SPECIFIC && p->pdu.names.len == 0)
		mms_set_odd(p, ODD_MALFORMED);
}

/* --- name lists ------------------------------------------------------------------------------------- */

/* [0] objectClass, [1] objectScope: [0] vmd, [1] domain, [2] association; [2] continueAfter. */
static void name_list_request(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e, in;
	unsigned seen = 0;
	while (mms_next(p, &b, &e)) {
		if (e.cls != BER_CONTEXT || e.tag > 2) {
			mms_set_odd(p, ODD_EXTRA);
			continue;
		}
		seen |= 1u << e.tag;
		if (e.tag == 2) {
			mms_check_ident(p, e.value);
			continue;
		}
		struct ber inside = enter(p, &e);
		if (!mms_next(p, &inside, &in) || in.cls != BER_CONTEXT || in.tag >= MMS_SCOPE_N) {
			mms_set_odd(p, ODD_MALFORMED);
		} else if (e.tag == 0) {
			p->pdu.object_class = (uint8_t)size_min(mms_take_uint(p, in.value), UINT8_MAX);
		} else {
			p->pdu.name_scope = (uint8_t)in.tag;
			if (in.tag == MMS_DOMAIN)
				take_ident(p, &in, MMS_DOMAIN);
		}
	}
	if ((seen & 3u) != 3u)
		mms_set_odd(p, ODD_MALFORMED);
}

/* [0] listOfIdentifier, [1] moreFollows. */
static void name_list_response(struct mms_parse *p, const struct ber_tlv *t)
{
	struct ber b = enter(p, t);
	struct ber_tlv e, name;
	while (mms_next(p, &b, &e)) {
		if (is_context(&e, 1) && e.value.len == 1)
			continue;
		if (!is_context(&e, 0) || !e.constructed) {
			mms_set_odd(p, ODD_EXTRA);
			continue;
		}
		struct ber in = mms_reader(p, e.value);
		p->pdu.idents = e.value;
		p->has_count = true;
		while (mms_next(p, &in, &name))
			p->count++;
	}
	if (!p->has_count)
		mms_set_odd(p, ODD_MALFORMED);
}

/* --- the rows --------------------------------------------------------------------------------------- */

static const struct row requests[] = {
	{ 1, name_list_request },
	{ 3, rename_request },
	{ 4, read_request },
	{ 5, write_request },
	{ 6, access_attributes },
	{ 11, define_list },
	{ 12, object },
	{ 13, delete_lists },
	{ 26, domain_in },
	{ 27, domain },
	{ 28, domain_in },
	{ 29, domain },
	{ 32, domain_in },
	{ 33, domain_in },
	{ 34, domain_in },
	{ 35, domain_in },
	{ 36, domain },
	{ 37, domain },
	{ 38, ident_in },
	{ 39, ident },
	{ 40, ident_in },
	{ 41, ident_in },
	{ 42, ident_in },
	{ 43, ident_in },
	{ 44, ident_in },
	{ 45, ident },
	{ 46, files },
	{ 57, objects_in },
	{ 58, object_lists },
	{ 61, object_lists },
	{ 72, files },
	{ 75, files },
	{ 76, files },
	{ 77, files },
	{ 78, additional },
};

static const struct row responses[] = {
	{ 1, name_list_response }, { 4, read_response }, { 5, write_response }, { 12, list_attributes }, { 78, additional },
};

static void take(struct mms_parse *p, const struct ber_tlv *t, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].service == t->tag)
			rows[i].parse(p, t);
	}
}

void mms_take_request(struct mms_parse *p, const struct ber_tlv *service)
{
	take(p, service, requests, ARRAY_LEN(requests));
}

void mms_take_response(struct mms_parse *p, const struct ber_tlv *service)
{
	take(p, service, responses, ARRAY_LEN(responses));
}

/* UnconfirmedService: [0] informationReport, [1] unsolicitedStatus, [2] eventNotification. */
void mms_take_unconfirmed(struct mms_parse *p, const struct ber_tlv *service)
{
	static const struct {
		const char *name;
		enum event_id event;
	} names[] = {
		{ "informationReport", EV_MMS_INFORMATION_REPORT },
		{ "unsolicitedStatus", EV_MMS_UNSOLICITED_STATUS },
		{ "eventNotification", EV_MMS_EVENT_NOTIFICATION },
	};
	p->pdu.event = names[service->tag].event;
	p->service_name = names[service->tag].name;
	p->service = MMS_UNCONFIRMED + service->tag;
	if (p->pdu.event == EV_MMS_INFORMATION_REPORT)
		spec_and_data(p, service, true);
	else if (p->pdu.event == EV_MMS_EVENT_NOTIFICATION)
		objects_in(p, service);
}
