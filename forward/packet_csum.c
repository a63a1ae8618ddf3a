/* packet_csum.c - the transport checksum that a packet has to carry, for one that is sent with other bytes than it came
 * with (RFC 9293 3.1, RFC 768, RFC 4443 2.3, RFC 9260 6.8).
 */
#include <string.h>

#include "forward/crc32c.h"
#include "forward/csum.h"
#include "forward/packet_int.h"

/* Protocols with a checksum: where it is in their header, how long that is at least. */
static const struct csum_row {
	uint8_t proto, at, len, header;
	bool pseudo;
} csum_rows[] = {
	{ IPPROTO_TCP_, 16, 2, 20, true },
	{ IPPROTO_UDP_, 6, 2, 8, true },
	{ IPPROTO_ICMP_, 2, 2, 4, false },
	{ IPPROTO_ICMP6_, 2, 2, 4, true },
	{ IPPROTO_SCTP_, 8, 4, 12, false },
};

static const struct csum_row *row_of(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(csum_rows); i++)
		if (csum_rows[i].proto == proto)
			return &csum_rows[i];
	return NULL;
}

static void set_crc(struct packet_csum *out, struct span head, struct span tail)
{
	static const uint8_t zero[4] = { 0 };
	const uint32_t crc = crc32c(crc32c(CRC32C_BEGIN, head), span_of(zero, sizeof(zero)));
	crc32c_put(crc32c(crc, tail), out->octets);
}

/* The field stands at an even place in each of these headers, so that the pieces add up as the whole does. */
static void set_sum(struct packet_csum *out, uint64_t sum, bool partial, uint8_t proto)
{
	uint16_t value = csum_fold(sum);
	if (!partial)
		value = (uint16_t)~value;
	if (!partial && value == 0 && proto == IPPROTO_UDP_)
		value = UINT16_MAX; /* 0 would say: none (RFC 768) */
	memcpy(out->octets, &value, sizeof(value)); /* sums are in memory order */
}

struct packet_csum packet_csum(struct span ip, bool partial)
{
	struct packet_csum out = { 0 };
	struct ip_view v;
	if (ip_parse(cur_span(ip), (uint32_t)ip.len, IP_LENIENT, &v) != REASON_NONE)
		return out;
	const struct csum_row *row = row_of(v.t.proto);
	if (row == NULL || v.fragment || v.other_ends || v.l4.len != v.l4_len || v.l4.len < row->header)
		return out;
	if (partial && !row->pseudo)
		return out;
	struct cur c = cur_span(v.l4);
	const struct span head = cur_bytes(&c, row->at);
	cur_skip(&c, row->len);
	const struct span tail = cur_rest(&c);
	out.at = (uint32_t)(v.l4.p - ip.p) + row->at;
	out.len = row->len;
	if (row->len == 4) {
		set_crc(&out, head, tail);
		return out;
	}
	uint64_t sum = row->pseudo ? l4_pseudo_sum(&v.t, v.l4.len) : 0;
	if (!partial)
		sum = csum_add(csum_add(sum, head), tail);
	set_sum(&out, sum, partial, row->proto);
	return out;
}
