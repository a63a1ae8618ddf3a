/* iccp_value.c - TASE.2 structures as MMS Data (IEC 60870-6-802): object names, DS transfer sets. */
#include "decoders/iccp/iccp_int.h"

/* A DS transfer set: its data set's name, five integers, conditions, booleans of which Status is the last, event code.
 * A stack of the first edition (1996) writes no AllChangesReported. */
enum { SET_MEMBERS = SET_NONE, SET_MEMBERS_OLD = SET_MEMBERS - 1 };
enum { SCOPE_VMD = 0, SCOPE_DOMAIN = 1 };

bool iccp_is_integer(const struct mms_data *v)
{
	return !v->odd && (v->kind == MMS_DATA_INT || v->kind == MMS_DATA_UINT);
}

bool iccp_is_bits(const struct mms_data *v, unsigned n)
{
	struct cur c = cur_span(v->bytes);
	const unsigned unused = cur_u8(&c);
	return !v->odd && v->kind == MMS_DATA_BITS && cur_left(&c) * 8 == n + unused;
}

bool iccp_bit(const struct mms_data *v, unsigned i)
{
	struct cur c = cur_span(v->bytes);
	const unsigned unused = cur_u8(&c);
	if (v->odd || v->kind != MMS_DATA_BITS || i + unused >= cur_left(&c) * 8)
		return false;
	return (cur_peek(&c, i / 8) & 0x80u >> i % 8) != 0;
}

static bool is_text(const struct mms_data *v)
{
	return !v->odd && v->kind == MMS_DATA_VISIBLE;
}

bool iccp_value_at(const struct mms_pdu *pdu, unsigned index, struct mms_data *v)
{
	struct ber b = ber_of(pdu->data, pdu->ber_depth);
	for (unsigned i = 0; mms_data_next(&b, v); i++) {
		if (i == index)
			return true;
	}
	return false;
}

/* Over the members of a structure; nothing of what is none. */
static struct ber members_of(const struct mms_data *v)
{
	return ber_of(v->kind == MMS_DATA_STRUCT && !v->odd ? v->bytes : span_of(NULL, 0), SET_MEMBERS);
}

bool iccp_member_at(const struct mms_data *v, unsigned index, struct mms_data *member)
{
	struct ber b = members_of(v);
	for (unsigned i = 0; mms_data_next(&b, member); i++) {
		if (i == index)
			return true;
	}
	return false;
}

bool iccp_object_value(const struct mms_data *v, struct mms_name *n)
{
	struct mms_data scope, domain, item, extra;
	struct ber b = members_of(v);
	if (!mms_data_next(&b, &scope) || !mms_data_next(&b, &domain) || !mms_data_next(&b, &item) || mms_data_next(&b, &extra))
		return false;
	if (!iccp_is_integer(&scope) || !is_text(&domain) || !is_text(&item) || item.bytes.len == 0)
		return false;
	if (scope.num != SCOPE_VMD && (scope.num != SCOPE_DOMAIN || domain.bytes.len == 0))
		return false;
	*n = (struct mms_name){ .scope = MMS_VMD, .item = item.bytes };
	if (scope.num == SCOPE_DOMAIN) {
		n->scope = MMS_DOMAIN;
		n->domain = domain.bytes;
	}
	return true;
}

static bool fits(const struct mms_data *v, unsigned i, unsigned n, struct mms_name *data_set)
{
	if (i == SET_DATA_SET)
		return iccp_object_value(v, data_set);
	if (i < SET_CONDITIONS || i == n - 1)
		return iccp_is_integer(v);
	if (i == SET_CONDITIONS)
		return !v->odd && v->kind == MMS_DATA_BITS;
	return !v->odd && v->kind == MMS_DATA_BOOL;
}

unsigned iccp_transfer_set(const struct mms_data *v, struct mms_name *data_set)
{
	struct mms_data m;
	unsigned n = 0;
	struct ber count = members_of(v), b = count;
	while (n <= SET_MEMBERS && mms_data_next(&count, &m))
		n++;
	if (!ber_ok(&count) || (n != SET_MEMBERS && n != SET_MEMBERS_OLD))
		return 0;
	for (unsigned i = 0; mms_data_next(&b, &m); i++) {
		if (!fits(&m, i, n, data_set))
			return 0;
	}
	return n;
}

/* --- parts of a transfer set ------------------------------------------------------------------------ */

static const char *const set_names[] = {
	[SET_DATA_SET] = "DataSetName",
	[SET_START_TIME] = "StartTime",
	[SET_INTERVAL] = "Interval",
	[SET_TLE] = "TLE",
	[SET_BUFFER_TIME] = "BufferTime",
	[SET_INTEGRITY] = "IntegrityCheck",
	[SET_CONDITIONS] = "DSConditionsRequested",
	[SET_BLOCK_DATA] = "BlockData",
	[SET_CRITICAL] = "Critical",
	[SET_RBE] = "RBE",
	[SET_ALL_CHANGES] = "AllChangesReported",
	[SET_STATUS] = "Status",
	[SET_EVENT_CODE] = "EventCodeRequested",
};

static enum iccp_set_member member_of_name(struct span name)
{
	unsigned i = 0;
	while (i < SET_NONE && !iccp_is(name, set_names[i]))
		i++;
	return (enum iccp_set_member)i;
}

/* The i-th of n. */
static enum iccp_set_member member_of_place(unsigned i, unsigned n)
{
	return (enum iccp_set_member)(n == SET_MEMBERS || i < SET_ALL_CHANGES ? i : i + 1);
}

void iccp_parts_open(struct iccp_parts *p, const struct mms_var *var, const struct mms_data *value, uint16_t ber_depth)
{
	struct mms_name data_set;
	p->var = var;
	p->value = value;
	p->whole = iccp_transfer_set(value, &data_set);
	p->i = 0;
	p->named = var == NULL || iccp_component(var->name.item).len == 0;
	p->paths.n = 0;
	if (var != NULL && var->alternate)
		mms_paths_open(&p->paths, var, ber_depth);
}

bool iccp_parts_next(struct iccp_parts *p, struct iccp_part *part)
{
	struct span path;
	if (p->whole != 0) {
		part->member = member_of_place(p->i, p->whole);
		return iccp_member_at(p->value, p->i++, &part->value);
	}
	part->value = *p->value;
	if (!p->named) {
		p->named = true;
		part->member = member_of_name(iccp_component(p->var->name.item));
		return true;
	}
	if (!mms_paths_next(&p->paths, &path))
		return false;
	part->member = member_of_name(iccp_component(path));
	if (p->value->kind == MMS_DATA_STRUCT && !iccp_member_at(p->value, p->i, &part->value))
		part->member = SET_NONE;
	p->i++;
	return true;
}
