/* rec_pdu.c - see rec_pdu.h. A field is: number (2 octets), value (8), count of octets (1), octets; big-endian. */
#include "ips/rec_pdu.h"

#include <string.h>

#include "base/cur.h"

enum { HEAD = 11 };

static uint8_t *put(uint8_t *at, uint64_t v, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++)
		at[i] = (uint8_t)(v >> 8 * (octets - 1 - i));
	return at + octets;
}

void rec_pdu_add(struct rec_pdu *r, const struct field *f)
{
	const size_t n = size_min(f->bytes.len, REC_PDU_TEXT);
	if (field_is_secret((enum field_id)f->id))
		return;
	if (HEAD + n > (size_t)(REC_PDU_ROOM - r->len)) {
		r->cut = true;
		return;
	}
	uint8_t *at = put(r->p + r->len, field_nr((enum field_id)f->id), 2);
	at = put(at, f->num, 8);
	at = put(at, n, 1);
	if (n != 0)
		memcpy(at, f->bytes.p, n);
	r->len = (uint16_t)(r->len + HEAD + n);
	r->cut |= n < f->bytes.len;
}

bool rec_pdu_next(const struct rec_pdu *r, size_t *at, struct field *f)
{
	struct cur c = cur_of(r->p, size_min(r->len, REC_PDU_ROOM));
	cur_skip(&c, *at);
	*f = (struct field){ .id = (uint16_t)field_by_nr(cur_be16(&c)) };
	f->num = cur_be64(&c);
	f->bytes = cur_bytes(&c, cur_u8(&c));
	if (!cur_ok(&c))
		return false;
	*at += HEAD + f->bytes.len;
	return true;
}

struct span rec_pdu_octets(const struct rec_pdu *r, enum field_id id)
{
	struct field f;
	for (size_t at = 0; rec_pdu_next(r, &at, &f);)
		if (f.id == id)
			return f.bytes;
	return span_of(NULL, 0);
}

/* Names of TASE.2 say more than those of MMS that carry them. */
static struct span either(const struct rec_pdu *r, enum field_id first, enum field_id second)
{
	const struct span s = rec_pdu_octets(r, first);
	return s.len != 0 ? s : rec_pdu_octets(r, second);
}

struct span rec_pdu_domain(const struct rec_pdu *r)
{
	return either(r, FLD_ICCP_DOMAIN, FLD_MMS_DOMAIN);
}

struct span rec_pdu_object(const struct rec_pdu *r)
{
	return either(r, FLD_ICCP_NAME, FLD_MMS_OBJECT);
}
