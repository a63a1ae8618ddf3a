/* iccp_value.c - TASE.2 structures as MMS Data (IEC 60870-6-802): object names, DS transfer sets. */
#include "decoders/iccp/iccp_int.h"

/* A DS transfer set: its data set's name, five integers, conditions, booleans of which Status is the last, event code. */
enum { SET_MEMBERS = 13, SET_MEMBERS_OLD = 12, SET_INTEGERS = 5, SET_CONDITIONS = 6 };
enum { OBJECT_MEMBERS = 3, SCOPE_VMD = 0, SCOPE_DOMAIN = 1 };

static bool is_integer(const struct mms_data *v)
{
	return !v->odd && (v->kind == MMS_DATA_INT || v->kind == MMS_DATA_UINT);
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

bool iccp_member_at(const struct mms_data *v, unsigned index, struct mms_data *member)
{
	struct ber b = ber_of(v->kind == MMS_DATA_STRUCT && !v->odd ? v->bytes : span_of(NULL, 0), SET_MEMBERS);
	for (unsigned i = 0; mms_data_next(&b, member); i++) {
		if (i == index)
			return true;
	}
	return false;
}

bool iccp_object_value(const struct mms_data *v, struct mms_name *n)
{
	struct mms_data scope, domain, item, extra;
	if (!iccp_member_at(v, 0, &scope) || !iccp_member_at(v, 1, &domain) || !iccp_member_at(v, 2, &item) ||
	    iccp_member_at(v, OBJECT_MEMBERS, &extra))
		return false;
	if (!is_integer(&scope) || !is_text(&domain) || !is_text(&item) || item.bytes.len == 0)
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
	if (i == 0)
		return iccp_object_value(v, data_set);
	if (i <= SET_INTEGERS || i == n - 1)
		return is_integer(v);
	if (i == SET_CONDITIONS)
		return !v->odd && v->kind == MMS_DATA_BITS;
	return !v->odd && v->kind == MMS_DATA_BOOL;
}

bool iccp_transfer_set(const struct mms_data *v, bool *status, struct mms_name *data_set)
{
	struct mms_data m[SET_MEMBERS + 1];
	unsigned n = 0;
	struct ber b = ber_of(v->kind == MMS_DATA_STRUCT && !v->odd ? v->bytes : span_of(NULL, 0), SET_MEMBERS);
	while (n < ARRAY_LEN(m) && mms_data_next(&b, &m[n]))
		n++;
	if (!ber_ok(&b) || (n != SET_MEMBERS && n != SET_MEMBERS_OLD))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!fits(&m[i], i, n, data_set))
			return false;
	}
	*status = m[n - 2].num != 0;
	return true;
}
