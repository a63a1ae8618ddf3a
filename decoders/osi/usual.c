/* usual.c - the TSDU that almost all are: data of an association that is known, one value of an MMS context, every length
 * in its shortest form. It is read in one go; whatever is not exactly that goes the long way (session.c), and what comes
 * of either way is the same.
 */
#include <string.h>

#include "decoders/osi/osi_int.h"

enum { SI_GIVE_TOKENS = 1, SI_DATA = 1, FULLY_ENCODED = 0x61, PDV_LIST = 0x30, INTEGER = 0x02, SINGLE_ASN1 = 0xa0 };
enum { LEN_ONE = 0x81, LEN_TWO = 0x82, STEPS = 8 };

/* A tag, then a length in its shortest form of all that is left. */
static bool covers_rest(struct cur *c)
{
	size_t len = cur_u8(c), least = 0;
	if (len == LEN_ONE) {
		len = cur_u8(c);
		least = BER_LEN_LONG;
	} else if (len == LEN_TWO) {
		len = cur_be16(c);
		least = UINT8_MAX + 1;
	} else if (len >= BER_LEN_LONG) {
		return false;
	}
	return cur_ok(c) && len >= least && len == cur_left(c);
}

static bool is_mms(const struct osi_state *s, uint8_t id)
{
	for (unsigned i = 0; i < s->n_contexts; i++)
		if (s->context[i].id == id)
			return s->context[i].as == PRES_AS_MMS && s->context[i].answer == PRES_ACCEPTED;
	return false;
}

/* As value_of, of a TSDU that is short enough for lengths of one octet, which most are. */
static struct span short_value_of(const struct osi_state *s, struct span tsdu)
{
	enum { HEAD = 13, AFTER_SPDU = 6, AFTER_ENCODED = 8, AFTER_LIST = 13, VALUE_MIN = 2 };
	const uint8_t left = (uint8_t)tsdu.len;
	struct cur c = cur_span(tsdu);
	const uint8_t *p = cur_take(&c, HEAD + VALUE_MIN);
	if (p == NULL || tsdu.len >= BER_LEN_LONG + AFTER_SPDU || memcmp(p, "\1\0\1\0\x61", 5) != 0 || p[5] != left - AFTER_SPDU ||
	    p[6] != PDV_LIST || p[7] != left - AFTER_ENCODED || p[8] != INTEGER || p[9] != 1 || p[10] >= 0x80 ||
	    p[11] != SINGLE_ASN1 || p[12] != left - AFTER_LIST)
		return span_of(NULL, 0);
	const bool context = (p[HEAD] & 0xc0) == BER_CONTEXT && (p[HEAD] & BER_TAG_LONG) != BER_TAG_LONG;
	return context && p[HEAD + 1] == left - HEAD - VALUE_MIN && is_mms(s, p[10]) ? span_of(p + HEAD, tsdu.len - HEAD) :
										       span_of(NULL, 0);
}

/* GIVE TOKENS and DATA TRANSFER without parameters, then the value; empty when the TSDU is another. */
static struct span value_of(const struct osi_state *s, struct span tsdu)
{
	struct cur c = cur_span(tsdu);
	const bool data = cur_be16(&c) == SI_GIVE_TOKENS << 8 && cur_be16(&c) == SI_DATA << 8;
	if (!data || cur_u8(&c) != FULLY_ENCODED || !covers_rest(&c) || cur_u8(&c) != PDV_LIST || !covers_rest(&c))
		return span_of(NULL, 0);
	const bool one_octet = cur_u8(&c) == INTEGER && cur_u8(&c) == 1;
	const uint8_t id = cur_u8(&c);
	if (!one_octet || id >= 0x80 || !is_mms(s, id) || cur_u8(&c) != SINGLE_ASN1 || !covers_rest(&c))
		return span_of(NULL, 0);
	const struct span value = cur_rest(&c);
	const uint8_t tag = cur_u8(&c);
	const bool context = (tag & 0xc0) == BER_CONTEXT && (tag & BER_TAG_LONG) != BER_TAG_LONG;
	return context && covers_rest(&c) ? value : span_of(NULL, 0);
}

void osi_tsdu(struct osi_state *s, struct dec_ctx *ctx, enum dir d, struct span tsdu, const struct dec_upper *up)
{
	const bool known = s->ses == SES_DATA && !s->midstream && ctx->lim->ber_depth_max >= STEPS && ctx->budget > STEPS;
	struct span value = known ? short_value_of(s, tsdu) : span_of(NULL, 0);
	if (known && value.len == 0)
		value = value_of(s, tsdu);
	if (value.len == 0) {
		osi_tsdu_any(s, ctx, d, tsdu, up);
		return;
	}
	(void)dec_spend(ctx, d, STEPS);
	up->unit(up->arg, d, OSI_UNIT_MMS, value);
	if (ctx->budget == 0)
		osi_gap(s);
}
