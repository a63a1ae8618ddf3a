/* mms_service.c - which table a service is read with, request and response (ISO 9506-2 7.1). */
#include "decoders/mms/mms_int.h"

static const struct {
	uint8_t first, n;
	const struct mms_service *services;
} groups[] = {
	{ 0, ARRAY_LEN(mms_vmd_services), mms_vmd_services },
	{ 4, ARRAY_LEN(mms_variable_services), mms_variable_services },
	{ 17, ARRAY_LEN(mms_operator_services), mms_operator_services },
	{ 19, ARRAY_LEN(mms_semaphore_services), mms_semaphore_services },
	{ 26, ARRAY_LEN(mms_domain_services), mms_domain_services },
	{ 38, ARRAY_LEN(mms_program_services), mms_program_services },
	{ 46, ARRAY_LEN(mms_obtain_services), mms_obtain_services },
	{ 47, ARRAY_LEN(mms_event_services), mms_event_services },
	{ 65, ARRAY_LEN(mms_journal_services), mms_journal_services },
	{ 71, ARRAY_LEN(mms_capability_services), mms_capability_services },
	{ 72, ARRAY_LEN(mms_file_services), mms_file_services },
	{ 78, ARRAY_LEN(mms_additional_services), mms_additional_services },
	{ 80, ARRAY_LEN(mms_exchange_services), mms_exchange_services },
	{ 82, ARRAY_LEN(mms_access_services), mms_access_services },
};

/* NULL: there is no such service. */
static const struct mms_row *find(uint32_t service, bool response)
{
	for (size_t i = 0; i < ARRAY_LEN(groups) && service >= groups[i].first; i++) {
		if (service - groups[i].first >= groups[i].n)
			continue;
		const struct mms_service *s = &groups[i].services[service - groups[i].first];
		return response ? &s->response : &s->request;
	}
	return NULL;
}

void mms_take_request(struct mms_parse *p, const struct ber_tlv *service)
{
	mms_take(p, service, find(service->tag, false));
}

void mms_take_response(struct mms_parse *p, const struct ber_tlv *service)
{
	mms_take(p, service, find(service->tag, true));
}

/* --- services inside services -------------------------------------------------------------------------- */

/* What it names is told, but is not what the outer service is about. */
static void inner(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, bool response)
{
	const struct mms_row *row = t->cls == BER_CONTEXT ? find(t->tag, response) : NULL;
	if (row == NULL) {
		mms_set_odd(w->p, ODD_MALFORMED);
		return;
	}
	mms_tell_text(w, FLD_MMS_INNER, t->tag, mms_service_name(t->tag));
	w->aside++;
	row->read(w, b, t, row);
	w->aside--;
}

void mms_inner_request(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	(void)row;
	if (mms_only(w, b, t, &e))
		inner(w, &in, &e, false);
}

/* Perhaps an extension follows. */
void mms_inner_response(struct mms_walk *w, struct ber *b, const struct ber_tlv *t, const struct mms_row *row)
{
	struct ber in = ber_open(b, t);
	struct ber_tlv e;
	(void)row;
	if (mms_step(w, &in, &e))
		inner(w, &in, &e, true);
	else
		mms_set_odd(w->p, ODD_MALFORMED);
}

/* --- unconfirmed services ------------------------------------------------------------------------------ */

void mms_take_unconfirmed(struct mms_parse *p, const struct ber_tlv *service)
{
	static const struct mms_row status = { 1, 0, FLD_N, mms_seq, &mms_status };
	static const struct {
		const char *name;
		enum event_id event;
		const struct mms_row *row;
	} services[] = {
		{ "informationReport", EV_MMS_INFORMATION_REPORT, &mms_report_row },
		{ "unsolicitedStatus", EV_MMS_UNSOLICITED_STATUS, &status },
		{ "eventNotification", EV_MMS_EVENT_NOTIFICATION, &mms_notification_row },
	};
	p->pdu.event = services[service->tag].event;
	p->service_name = services[service->tag].name;
	p->service = MMS_UNCONFIRMED + service->tag;
	mms_take(p, service, services[service->tag].row);
}
