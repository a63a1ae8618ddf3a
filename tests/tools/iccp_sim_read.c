/* iccp_sim_read.c - which of iccp-sim's messages a TSDU is, told from its octets alone. What it holds is compared by others. */
#include "tests/tools/iccp_sim_pdu.h"

struct object {
	struct tlv domain, item;
};

static bool starts(const struct tlv *t, const char *s)
{
	return t->n >= strlen(s) && memcmp(t->p, s, strlen(s)) == 0;
}

static bool ends(const struct tlv *t, const char *s)
{
	return t->n >= strlen(s) && memcmp(t->p + t->n - strlen(s), s, strlen(s)) == 0;
}

/* The first domain-specific name, or VMD-specific one, at any depth. */
static bool first_object(struct dec d, unsigned depth, struct object *o)
{
	struct tlv t;
	while (depth > 0 && dec_next(&d, &t)) {
		struct dec in = dec_in(&t);
		if (t.tag == 0xa1 && dec_tag(&in, 0x1a, &o->domain) && dec_tag(&in, 0x1a, &o->item))
			return true;
		if ((t.tag & 0x20) != 0 && first_object(dec_in(&t), depth - 1, o))
			return true;
	}
	return false;
}

/* The list of data of a write or report: the last A0. */
static bool data_of(struct dec d, struct dec *data)
{
	struct tlv t;
	bool found = false;
	while (dec_next(&d, &t)) {
		found = t.tag == 0xa0;
		*data = dec_in(&t);
	}
	return found;
}

static bool nth(struct dec d, unsigned n, struct tlv *t)
{
	do {
		if (!dec_next(&d, t))
			return false;
	} while (n-- > 0);
	return true;
}

/* The set-up that the client laid down. */
static bool read_set_up(struct dec service, struct pdu_model *m)
{
	struct tlv t, v[5];
	struct dec data;
	if (!data_of(service, &data) || !dec_tag(&data, 0xa2, &t))
		return false;
	struct dec in = dec_in(&t);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (!dec_next(&in, &v[i]))
			return false;
	m->seed = (uint32_t)dec_int(&v[0]);
	m->label = (uint32_t)dec_int(&v[1]);
	m->points = (uint32_t)dec_int(&v[2]);
	m->rate_mhz = (uint32_t)dec_int(&v[3]);
	m->acked = v[4].n == 1 && v[4].p[0] != 0;
	return m->points <= PDU_POINTS_MAX;
}

static bool read_text(struct dec service, const struct tlv *item, struct pdu_arg *a)
{
	struct tlv t;
	struct dec data;
	if (!data_of(service, &data) || !dec_tag(&data, 0x8a, &t) || t.n > PDU_TEXT_MAX)
		return false;
	a->text = t.p;
	a->text_n = t.n;
	a->number = 0;
	for (size_t i = strlen("Text_"); i < item->n && i < 12; i++)
		a->number = a->number * 10 + (unsigned)(item->p[i] - '0') % 10;
	return true;
}

/* A transfer set's Status, its twelfth element. */
static bool status_of(struct dec service)
{
	struct tlv set, status;
	struct dec data;
	return data_of(service, &data) && dec_tag(&data, 0xa2, &set) && nth(dec_in(&set), 11, &status) && status.n == 1 &&
	       status.p[0] != 0;
}

static bool read_names_request(struct dec service, struct pdu_msg *msg)
{
	struct tlv class, value, scope;
	if (!dec_tag(&service, 0xa0, &class) || !dec_tag(&service, 0xa1, &scope))
		return false;
	struct dec c = dec_in(&class), s = dec_in(&scope);
	if (!dec_next(&c, &value) || !dec_next(&s, &scope))
		return false;
	switch (dec_int(&value)) {
	case 0:
		msg->op = scope.tag == 0x80 ? OP_NAMES_VMD : OP_NAMES_DOMAIN;
		return true;
	case 2:
		msg->op = OP_NAMES_SETS;
		return true;
	case 9:
		msg->op = OP_NAMES_DOMAINS;
		return true;
	default:
		return false;
	}
}

static bool read_request(struct dec d, struct pdu_msg *msg)
{
	struct tlv invoke, service;
	struct object o;
	if (!dec_tag(&d, 0x02, &invoke) || !dec_next(&d, &service))
		return false;
	msg->invoke = (uint32_t)dec_int(&invoke);
	const struct dec in = dec_in(&service);
	if (service.tag == 0xa1)
		return read_names_request(in, msg);
	if (!first_object(in, 8, &o))
		return false;
	for (int op = 0; op < OP_N; op++) {
		const struct pdu_row *row = pdu_row((enum pdu_op)op);
		if (row->service != service.tag || row->begin == NULL || !starts(&o.item, row->begin) || !ends(&o.item, row->end))
			continue;
		msg->op = (enum pdu_op)op;
		if (op == OP_SETUP)
			return read_set_up(in, &msg->set_up);
		if (op == OP_TEXT)
			return read_text(in, &o.item, &msg->arg);
		if (op == OP_START && !status_of(in))
			msg->op = OP_STOP;
		return true;
	}
	return false;
}

static bool read_response(struct dec d, struct pdu_msg *msg)
{
	struct tlv invoke, service, list, total;
	if (!dec_tag(&d, 0x02, &invoke) || !dec_next(&d, &service))
		return false;
	msg->invoke = (uint32_t)dec_int(&invoke);
	/* the totals, if that is what it is */
	struct dec in = dec_in(&service), values;
	if (service.tag != 0xa4 || !dec_tag(&in, 0xa1, &list))
		return true;
	values = dec_in(&list);
	if (!dec_tag(&values, 0xa2, &total))
		return true;
	values = dec_in(&total);
	for (size_t i = 0; i < ARRAY_LEN(msg->arg.total) && dec_next(&values, &total); i++)
		msg->arg.total[i] = (uint64_t)dec_int(&total);
	return true;
}

static bool read_report(struct dec d, struct pdu_msg *msg)
{
	struct tlv report, stamp;
	struct object o;
	struct dec data;
	if (!dec_tag(&d, 0xa0, &report) || !first_object(dec_in(&report), 8, &o) || !data_of(dec_in(&report), &data) ||
	    !nth(data, 1, &stamp))
		return false;
	msg->kind = starts(&o.item, "Transfer_Report_ACK") ? PDU_ACK : PDU_REPORT;
	msg->sequence = (uint32_t)(dec_int(&stamp) - PDU_TIME_0);
	return true;
}

static bool read_data(struct dec d, struct pdu_msg *msg)
{
	struct tlv t;
	/* X.226's PDV list of one value, then the MMS PDU */
	if (!dec_tag(&d, 0x61, &t))
		return false;
	d = dec_in(&t);
	if (!dec_tag(&d, 0x30, &t))
		return false;
	d = dec_in(&t);
	if (!dec_tag(&d, 0x02, &t) || !dec_tag(&d, 0xa0, &t))
		return false;
	d = dec_in(&t);
	if (!dec_next(&d, &t))
		return false;
	switch (t.tag) {
	case 0xa0:
		msg->kind = PDU_REQUEST;
		return read_request(dec_in(&t), msg);
	case 0xa1:
		msg->kind = PDU_RESPONSE;
		return read_response(dec_in(&t), msg);
	case 0xa3:
		return read_report(dec_in(&t), msg);
	case 0x8b:
		msg->kind = PDU_CONCLUDE;
		return true;
	case 0x8c:
		msg->kind = PDU_CONCLUDED;
		return true;
	default:
		return false;
	}
}

bool pdu_read(const uint8_t *p, size_t n, struct pdu_msg *msg)
{
	static const uint8_t data[] = { 1, 0, 1, 0 };
	*msg = (struct pdu_msg){ .kind = PDU_OTHER };
	if (n >= sizeof(data) && memcmp(p, data, sizeof(data)) == 0)
		return read_data(dec_of(p + sizeof(data), n - sizeof(data)), msg);
	switch (n > 0 ? p[0] : 0) {
	case 0x0d:
		msg->kind = PDU_CONNECT;
		return true;
	case 0x0e:
		msg->kind = PDU_ACCEPT;
		return true;
	case 0x09:
		msg->kind = PDU_FINISH;
		return true;
	case 0x0a:
		msg->kind = PDU_DISCONNECT;
		return true;
	case 0x19:
		msg->kind = PDU_ABORT;
		return true;
	default:
		return false;
	}
}
