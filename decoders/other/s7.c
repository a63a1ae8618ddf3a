/* s7.c - S7comm and S7comm-plus, as far as their headers go: one TSDU after COTP is one PDU.
 *
 * S7comm: 32 | ROSCTR | redundancy id (2) | PDU reference (2) | octets of parameters (2) | octets of data (2) |
 *         error class and code, only in ack and ackData | parameters | data
 * S7comm-plus: 72 | version | octets (2) | that many | maybe a trailer 72 | version | 0 0
 */
#include "base/cur.h"
#include "decoders/other/other.h"

enum { S7_ID = 0x32, S7PLUS_ID = 0x72, ROSCTR_USERDATA = 7 };

struct rosctr {
	uint8_t code;
	uint8_t header; /* octets */
	enum event_id event;
};

static const struct rosctr ROSCTRS[] = {
	{ 1, 10, EV_S7_JOB },
	{ 2, 12, EV_S7_ACK },
	{ 3, 12, EV_S7_ACK_DATA },
	{ ROSCTR_USERDATA, 10, EV_S7_USERDATA },
};

static const struct rosctr *rosctr_of(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(ROSCTRS); i++)
		if (ROSCTRS[i].code == code)
			return &ROSCTRS[i];
	return NULL;
}

static bool plus_version(uint8_t v)
{
	return (v >= 1 && v <= 3) || v == 0xfe || v == 0xff; /* 0xfe: system events; 0xff: keep-alive */
}

bool s7_looks_like(struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	const uint8_t id = cur_u8(&c), second = cur_u8(&c);
	if (id == S7_ID)
		return tsdu.len >= 10 && rosctr_of(second) != NULL;
	return id == S7PLUS_ID && tsdu.len >= 4 && plus_version(second);
}

/* The function: of a job or its answer the first parameter octet; of user data group << 8 | subfunction,
 * behind the parameter head 00 01 12 and the octets of what follows. 0: there is none. */
static uint32_t function(struct cur parameters, uint8_t rosctr)
{
	if (rosctr != ROSCTR_USERDATA)
		return cur_u8(&parameters);
	cur_skip(&parameters, 5);
	const uint8_t group = cur_u8(&parameters) & 15, sub = cur_u8(&parameters);
	return cur_ok(&parameters) ? (uint32_t)group << 8 | sub : 0;
}

static void comm(struct dec_ctx *ctx, enum dir d, struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	cur_skip(&c, 1);
	const uint8_t code = cur_u8(&c);
	const struct rosctr *r = rosctr_of(code);
	cur_skip(&c, 4);
	const uint16_t n_parameters = cur_be16(&c), n_data = cur_be16(&c);
	if (r == NULL || tsdu.len < r->header) {
		dec_anomaly(ctx, d, r == NULL ? AN_S7_ROSCTR : AN_S7_LENGTH);
		return;
	}
	if ((size_t)r->header + n_parameters + n_data != tsdu.len)
		dec_anomaly(ctx, d, AN_S7_LENGTH);
	cur_skip(&c, r->header - 10u);
	const struct cur parameters = cur_sub(&c, size_min(n_parameters, cur_left(&c)));
	struct dec_build b = dec_build(ctx, r->event, d, tsdu);
	dec_add_num(&b, FLD_S7_ROSCTR, code);
	if (cur_left(&parameters) != 0)
		dec_add_num(&b, FLD_S7_FUNCTION, function(parameters, code));
	dec_build_end(&b);
}

/* Of a PDU of several TSDUs only the last has the trailer. A keep-alive's second length octet counts nothing. */
static bool plus_lengths(struct cur c, uint8_t version, uint16_t len)
{
	if (version == 0xff)
		return true;
	cur_skip(&c, len);
	if (!cur_ok(&c) || cur_left(&c) == 0)
		return cur_ok(&c);
	const uint8_t id = cur_u8(&c), again = cur_u8(&c);
	const uint16_t none = cur_be16(&c);
	return cur_ok(&c) && id == S7PLUS_ID && again == version && none == 0 && cur_left(&c) == 0;
}

static void plus(struct dec_ctx *ctx, enum dir d, struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	cur_skip(&c, 1);
	const uint8_t version = cur_u8(&c);
	const uint16_t len = cur_be16(&c);
	if (!cur_ok(&c) || !plus_version(version) || !plus_lengths(c, version, len))
		dec_anomaly(ctx, d, AN_S7_LENGTH);
	struct dec_build b = dec_build(ctx, EV_S7PLUS_PDU, d, tsdu);
	dec_build_end(&b);
}

void s7_tsdu(struct dec_ctx *ctx, enum dir d, struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	const uint8_t id = cur_u8(&c);
	if (!dec_spend(ctx, d, 1))
		return;
	if (id == S7_ID) {
		dec_proto(ctx, PROTO_S7COMM);
		comm(ctx, d, tsdu);
	} else if (id == S7PLUS_ID) {
		dec_proto(ctx, PROTO_S7PLUS);
		plus(ctx, d, tsdu);
	} else {
		dec_anomaly(ctx, d, AN_S7_ID);
	}
}
