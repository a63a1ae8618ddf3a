/* iccp.c - a flow's recognition as TASE.2 or IEC 61850, and the telling of its operations.
 *
 * Recognition looks at every name a PDU has and at structures no other user of MMS has; the PDU that
 * decides is itself told as an operation, after the association it runs on.
 */
#include "decoders/iccp/iccp.h"

#include <string.h>

#include "decoders/iccp/iccp_int.h"

enum { READ = 4, WRITE = 5, GET_ATTRIBUTES = 6, DEFINE_LIST = 11, DELETE_LIST = 13 };

void iccp_init(struct iccp_state *s)
{
	*s = (struct iccp_state){ 0 };
}

/* --- telling ---------------------------------------------------------------------------------------- */

static void add_role(struct dec_build *b, bool client)
{
	const char *const role = client ? "client" : "server";
	dec_add_bytes(b, FLD_ICCP_ROLE, span_of(role, strlen(role)));
}

static struct dec_build begin(struct dec_ctx *ctx, enum iccp_op op, bool response, enum dir d, struct span pdu)
{
	const char *const name = iccp_op_name(op);
	struct dec_build b = dec_build(ctx, iccp_op_event(op, response), d, pdu);
	dec_add_text(&b, FLD_ICCP_OP, op, span_of(name, strlen(name)));
	return b;
}

/* Operations of the association itself: the initiator is the client. */
static void tell_association(const struct iccp_state *s, struct dec_ctx *ctx, enum iccp_op op, bool response, enum dir d,
			     struct span pdu)
{
	struct dec_build b = begin(ctx, op, response, d, pdu);
	if (s->assoc != ICCP_ASSOC_UNSEEN)
		add_role(&b, s->initiator == d);
	dec_build_end(&b);
}

/* Who sends: a request and a report's acknowledgement are the client's. */
static bool is_client(const struct iccp_look *l)
{
	if (l->pdu->response)
		return false;
	return l->pdu->service >= 0 || l->op == OP_TRANSFER_REPORT_ACK || l->op == OP_TRANSFER_REPORT_NACK;
}

static void tell(const struct iccp_look *l)
{
	static const enum field_id names[2] = { FLD_ICCP_DOMAIN, FLD_ICCP_NAME };
	struct mms_kept kept;
	struct dec_build b = begin(l->ctx, l->op, l->pdu->response, l->pdu->dir, l->pdu->whole);
	add_role(&b, is_client(l));
	mms_add_names(&b, l->pdu, names, &kept);
	if (l->object.item.len != 0)
		dec_add_name(&b, names, l->object.domain, l->object.item);
	iccp_add_fields(&b, l);
	dec_build_end(&b);
}

static void tell_odd(const struct iccp_look *l)
{
	static const struct {
		enum iccp_odd odd;
		enum anomaly anomaly;
	} rows[] = {
		{ ODD_SCOPE, AN_ICCP_SCOPE },
		{ ODD_CASE, AN_ICCP_CASE },
		{ ODD_NAMES, AN_ICCP_NAMES },
		{ ODD_TRANSFER_SET, AN_ICCP_TRANSFER_SET },
		{ ODD_VALUE, AN_ICCP_VALUE },
		{ ODD_MESSAGE, AN_ICCP_MESSAGE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((l->odd & rows[i].odd) != 0)
			dec_anomaly(l->ctx, l->pdu->dir, rows[i].anomaly);
	}
}

/* --- marks ------------------------------------------------------------------------------------------ */

static bool spend(const struct iccp_look *l)
{
	return dec_spend(l->ctx, l->pdu->dir, 1);
}

/* Does a suffix mark the flow? Only what is read or written in a domain, as Select and Tag are. */
static bool is_device_access(const struct iccp_look *l, const struct mms_name *n)
{
	struct span stem;
	return !l->pdu->response && (l->pdu->service == READ || l->pdu->service == WRITE) && n->scope == MMS_DOMAIN &&
	       l->s->label != ICCP_IEC61850 && iccp_component(n->item).len == 0 && iccp_suffix(n, &stem) != SUFFIX_NONE;
}

/* Reserved are names of variables: a file or a program of that name is none. */
static bool is_about_variables(const struct mms_pdu *pdu)
{
	return (pdu->service >= READ && pdu->service <= GET_ATTRIBUTES) ||
	       (pdu->service >= DEFINE_LIST && pdu->service <= DELETE_LIST) || pdu->event == EV_MMS_INFORMATION_REPORT;
}

static void look_at_name(struct iccp_look *l, const struct mms_name *n)
{
	unsigned odd = 0;
	l->scopes |= 1u << n->scope;
	if (l->known)
		iccp_learn_name(l, n);
	if (!is_about_variables(l->pdu))
		return;
	const bool reserved = iccp_reserved(n, &odd) != RES_NONE;
	if (l->s->label != ICCP_IEC61850)
		l->odd |= odd;
	if (l->known)
		return;
	l->is_iccp |= reserved || is_device_access(l, n);
	l->is_iec61850 |= iccp_is_functional(n);
}

/* Names listed are in the scope that was asked for; of a request not seen, only a $ structure tells. */
static void look_at_idents(struct iccp_look *l)
{
	struct ber b = ber_of(l->pdu->idents, l->pdu->ber_depth);
	struct ber_tlv t;
	while (spend(l) && ber_next(&b, &t)) {
		const struct mms_name n = { .scope = MMS_DOMAIN, .item = t.value };
		if (iccp_is_functional(&n))
			l->is_iec61850 = true;
	}
}

/* f for every name of the PDU. */
static void each_name(struct iccp_look *l, void (*f)(struct iccp_look *l, const struct mms_name *n))
{
	const struct mms_pdu *pdu = l->pdu;
	const struct mms_var *v;
	struct mms_name n;
	if (pdu->has_name)
		f(l, &pdu->name);
	for (uint8_t i = 0; i < pdu->n_more; i++)
		f(l, &pdu->more[i]);
	struct ber names = ber_of(pdu->names, pdu->ber_depth);
	while (pdu->names.len != 0 && spend(l) && mms_name_next(&names, &n))
		f(l, &n);
	struct mms_vars vars = mms_vars_of(pdu);
	while (spend(l) && (v = mms_vars_next(&vars)) != NULL) {
		if (v->has_name)
			f(l, &v->name);
	}
}

/* Structures that only TASE.2 has: a report that begins with a transfer set's name, a DS transfer set written. */
static void look_at_structure(struct iccp_look *l)
{
	struct mms_data first;
	struct mms_name n;
	if (l->s->label == ICCP_IEC61850 || !iccp_value_at(l->pdu, 0, &first))
		return;
	if (l->pdu->event == EV_MMS_INFORMATION_REPORT && iccp_object_value(&first, &n))
		l->is_iccp = true;
	if (l->pdu->event == EV_MMS_write_REQ && iccp_transfer_set(&first, &n) != 0)
		l->is_iccp = true;
}

static void become(struct iccp_state *s, struct dec_ctx *ctx, enum iccp_label label)
{
	s->label = (uint8_t)label;
	dec_proto(ctx, label == ICCP_YES ? PROTO_ICCP : PROTO_IEC61850);
	if (label != ICCP_YES || s->assoc == ICCP_ASSOC_UNSEEN)
		return;
	const enum dir d = (enum dir)s->initiator;
	const struct span gone = span_of(NULL, 0);
	tell_association(s, ctx, OP_ASSOCIATE, false, d, gone);
	if (s->assoc == ICCP_ASSOC_ANSWERED)
		tell_association(s, ctx, OP_ASSOCIATE, true, dir_other(d), gone);
}

static void recognise(struct iccp_look *l)
{
	each_name(l, look_at_name);
	if (l->s->label == ICCP_YES)
		return;
	look_at_structure(l);
	look_at_idents(l);
	if (l->pdu->event == EV_MMS_INFORMATION_REPORT && l->pdu->spec == MMS_SPEC_LIST && iccp_is_61850_report(&l->pdu->name))
		l->is_iec61850 = true;
	if (l->is_iccp)
		become(l->s, l->ctx, ICCP_YES);
	else if (l->is_iec61850 && l->s->label == ICCP_UNDECIDED)
		become(l->s, l->ctx, ICCP_IEC61850);
}

/* --- PDUs ------------------------------------------------------------------------------------------- */

/* Initiate and conclude: kept until the flow is known, told when it is. */
static bool association(struct iccp_state *s, struct dec_ctx *ctx, const struct mms_pdu *pdu)
{
	const bool known = s->label == ICCP_YES;
	switch ((unsigned)pdu->event) {
	case EV_MMS_INITIATE_REQ:
		s->assoc = ICCP_ASSOC_ASKED;
		s->initiator = (uint8_t)pdu->dir;
		if (known)
			tell_association(s, ctx, OP_ASSOCIATE, false, pdu->dir, pdu->whole);
		return true;
	case EV_MMS_INITIATE_RSP:
		s->assoc = ICCP_ASSOC_ANSWERED;
		s->initiator = (uint8_t)dir_other(pdu->dir);
		if (known)
			tell_association(s, ctx, OP_ASSOCIATE, true, pdu->dir, pdu->whole);
		return true;
	case EV_MMS_INITIATE_ERR:
		s->assoc = ICCP_ASSOC_UNSEEN;
		return true;
	case EV_MMS_CONCLUDE_REQ:
	case EV_MMS_CONCLUDE_RSP:
		if (known)
			tell_association(s, ctx, OP_CONCLUDE, pdu->event == EV_MMS_CONCLUDE_RSP, pdu->dir, pdu->whole);
		return true;
	default:
		return false;
	}
}

static void judge(struct iccp_look *l)
{
	const struct mms_pdu *pdu = l->pdu;
	if (!l->known)
		each_name(l, iccp_learn_name);
	if (pdu->response) {
		if (pdu->request != NULL && pdu->request->op != OP_NONE && pdu->request->service == pdu->service)
			iccp_response(l);
	} else if (pdu->service >= 0 && !pdu->error) {
		iccp_request(l);
	} else if (pdu->event == EV_MMS_INFORMATION_REPORT) {
		iccp_report(l);
	} else if (pdu->event == EV_MMS_EVENT_NOTIFICATION) {
		l->op = OP_EVENT_NOTIFICATION;
	}
	if (l->op != OP_NONE)
		tell(l);
}

void iccp_pdu(struct iccp_state *s, struct dec_ctx *ctx, const struct mms_pdu *pdu)
{
	struct iccp_look l = { .s = s, .ctx = ctx, .pdu = pdu, .known = s->label == ICCP_YES };
	if (association(s, ctx, pdu))
		return;
	recognise(&l);
	if (s->label == ICCP_YES)
		judge(&l);
	tell_odd(&l);
}

void iccp_aborted(struct iccp_state *s, struct dec_ctx *ctx, enum dir d)
{
	if (s->label == ICCP_YES)
		tell_association(s, ctx, OP_ABORT, false, d, span_of(NULL, 0));
	s->assoc = ICCP_ASSOC_UNSEEN;
}
