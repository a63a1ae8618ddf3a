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
	while (b->wanted && ber_next(&results, &t)) {
		if (ber_is(&t, BER_CONTEXT, 0) && ber_int(t.value, &code))
			dec_add_num(b, FLD_MMS_ERROR, (uint64_t)code);
	}
}

void mms_tell(struct mms_parse *p)
{
	static const enum field_id names[2] = { FLD_MMS_DOMAIN, FLD_MMS_OBJECT };
	struct mms_kept kept;
	struct dec_build b = dec_build(p->ctx, p->pdu.event, p->pdu.dir, p->pdu.whole);
	dec_add_text(&b, FLD_MMS_PDU, p->tag, text(p->pdu_name));
	if (p->service_name != NULL)
		dec_add_text(&b, FLD_MMS_SERVICE, p->service, text(p->service_name));
	if (p->pdu.has_invoke)
		dec_add_num(&b, FLD_MMS_INVOKE, p->pdu.invoke);
	if (p->has_count)
		dec_add_num(&b, FLD_MMS_COUNT, p->count);
	if (p->has_error)
		dec_add_num(&b, FLD_MMS_ERROR, p->error);
	if (p->has_inner)
		dec_add_num(&b, FLD_MMS_VALUE, p->inner);
	mms_add_names(&b, &p->pdu, names, &kept);
	add_write_results(&b, p);
	mms_add_values(&b, &p->pdu);
	dec_build_end(&b);
}
