/* mms_tell.c - the mms.* event of a PDU and its fields. */
#include <string.h>

#include "decoders/mms/mms_int.h"

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

/* What a write response says of each variable: [0] DataAccessError, or [1] success. */
static void add_write_results(struct dec_build *b, const struct mms_parse *p)
{
	struct ber results = mms_reader(p, p->write_results);
	struct ber_tlv t;
	int64_t code;
	while (ber_next(&results, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0) && ber_int(t.value, &code))
			dec_add_num(b, FLD_MMS_ERROR, (uint64_t)code);
	}
}

/* What was kept of read, write and report. */
static void add_kept(struct dec_build *b, const struct mms_parse *p, struct mms_kept *kept)
{
	static const enum field_id names[2] = { FLD_MMS_DOMAIN, FLD_MMS_OBJECT };
	mms_add_names(b, &p->pdu, names, kept);
	if (p->has_address)
		mms_add_addresses(b, p->pdu.vars, p->pdu.ber_depth);
	add_write_results(b, p);
	mms_add_data(b, p->pdu.data, p->pdu.ber_depth, p->pdu.event == EV_MMS_write_REQ);
}

static void add_rest(struct dec_build *b, struct mms_parse *p, struct mms_kept *kept)
{
	static const struct mms_row modifiers = { 0, 0, FLD_N, mms_seq, &mms_modifiers };
	struct mms_walk w = { .p = p, .out = b, .kept = kept };
	struct ber r = mms_reader(p, p->contents.whole);
	if (p->row != NULL)
		p->row->read(&w, &r, &p->contents, p->row);
	else
		add_kept(b, p, kept);
	if (p->modifiers.value.len != 0)
		mms_seq(&w, &r, &p->modifiers, &modifiers);
}

void mms_tell(struct mms_parse *p)
{
	struct mms_kept kept;
	if (!dec_wants(p->ctx, p->pdu.event)) {
		dec_event(p->ctx, p->pdu.event, p->pdu.dir, p->pdu.whole);
		return;
	}
	struct dec_build b = dec_build(p->ctx, p->pdu.event, p->pdu.dir, p->pdu.whole);
	kept.n = 0;
	dec_add_text(&b, FLD_MMS_PDU, p->tag, text(p->pdu_name));
	if (p->service_name != NULL)
		dec_add_text(&b, FLD_MMS_SERVICE, p->service, text(p->service_name));
	if (p->pdu.has_invoke)
		dec_add_num(&b, FLD_MMS_INVOKE, p->pdu.invoke);
	if (p->has_count)
		dec_add_num(&b, FLD_MMS_COUNT, p->count);
	if (p->has_error)
		dec_add_num(&b, FLD_MMS_ERROR, p->error);
	if (p->ctx->budget != 0)
		add_rest(&b, p, &kept);
	dec_build_end(&b);
}
