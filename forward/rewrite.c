/* rewrite.c - edits in a copied packet; lengths and checksums follow (RFC 791, 8200, 9293, 1624). */
#include "forward/rewrite.h"

#include <string.h>

#include "base/cur.h"
#include "base/wr.h"
#include "forward/csum.h"
#include "forward/option.h"

enum { IP4_HEADER = 20, IP4_LENGTH = 2, IP4_FRAG = 6, IP4_TTL = 8, IP4_CSUM = 10 };
enum { IP6_HEADER = 40, IP6_LENGTH = 4, IP6_HOPS = 7 };
enum { TCP_HEADER = 20, TCP_SEQ = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_WINDOW = 14, TCP_CSUM = 16, TCP_URGENT = 18 };
enum { IP4_RESERVED = 0x80, TCP_RESERVED = 0x0e };

/* --- octets ------------------------------------------------------------------------------------ */

static struct wr at(struct rewrite *w, uint32_t where)
{
	struct wr o = wr_of(w->ip, w->len);
	(void)wr_room(&o, where);
	return o;
}

static void put8(struct rewrite *w, uint32_t where, uint8_t v)
{
	struct wr o = at(w, where);
	wr_u8(&o, v);
}

static void put16(struct rewrite *w, uint32_t where, uint16_t v)
{
	struct wr o = at(w, where);
	wr_be16(&o, v);
}

static void put_all(struct rewrite *w, uint32_t where, uint8_t v, size_t n)
{
	struct wr o = at(w, where);
	uint8_t *room = wr_room(&o, n);
	if (room != NULL)
		memset(room, v, n);
}

static struct cur part(const struct rewrite *w, uint32_t from, uint32_t n)
{
	struct cur c = cur_of(w->ip, w->len);
	cur_skip(&c, from);
	return cur_sub(&c, n);
}

static uint8_t get8(const struct rewrite *w, uint32_t where)
{
	struct cur c = part(w, where, 1);
	return cur_u8(&c);
}

/* --- checksums --------------------------------------------------------------------------------- */

/* Over n octets but those of the checksum, which stand at an even place. */
static uint64_t sum_without(const struct rewrite *w, uint64_t sum, uint32_t from, uint32_t n, uint32_t csum)
{
	const struct cur head = part(w, from, csum), tail = part(w, from + csum + 2, n - csum - 2);
	return csum_add(csum_add(sum, cur_rest(&head)), cur_rest(&tail));
}

static uint16_t ip_sum(const struct rewrite *w)
{
	return csum_fold(sum_without(w, 0, 0, w->ip_options + w->n_ip_options, IP4_CSUM));
}

/* Of the pseudo header only the length may change. */
static uint16_t l4_sum(const struct rewrite *w)
{
	uint8_t len[4];
	struct wr o = wr_of(len, sizeof(len));
	wr_be32(&o, w->len - w->l4);
	return csum_fold(sum_without(w, csum_add(0, span_of(len, sizeof(len))), w->l4, w->len - w->l4, TCP_CSUM));
}

/* RFC 1624 3, equation 3, with all that is summed as the one field that changes. */
static void adapt(struct rewrite *w, uint32_t where, uint16_t *was, uint16_t now)
{
	uint16_t csum;
	struct cur c = part(w, where, sizeof(csum));
	const uint8_t *field = cur_take(&c, sizeof(csum));
	if (*was == now || field == NULL)
		return;
	memcpy(&csum, field, sizeof(csum)); /* sums are in memory order */
	csum = (uint16_t)~csum_fold((uint64_t)(uint16_t)~csum + (uint16_t)~*was + now);
	struct wr o = at(w, where);
	wr_bytes(&o, &csum, sizeof(csum));
	*was = now;
}

/* --- the packet -------------------------------------------------------------------------------- */

bool rewrite_begin(struct rewrite *w, const struct packet *p)
{
	w->tcp = false;
	if (p->truncated || p->ip_len > p->len || p->ip_len > REWRITE_MAX)
		return false;
	memcpy(w->ip, p->data, p->ip_len);
	w->len = p->ip_len;
	w->family = p->tuple.family;
	w->l4 = (uint32_t)(p->l4.p - p->data);
	w->payload = w->len;
	w->ip_options = w->family == 4 ? IP4_HEADER : IP6_HEADER;
	w->n_ip_options = w->family == 4 ? w->l4 - IP4_HEADER : 0;
	w->tcp = p->tuple.proto == IPPROTO_TCP_ && !p->fragment;
	w->sums = w->tcp && p->csum_ready;
	if (w->tcp)
		w->payload = (uint32_t)(p->payload.p - p->data);
	if (w->family == 4)
		w->ip_sum = ip_sum(w);
	if (w->sums)
		w->l4_sum = l4_sum(w);
	return true;
}

struct span rewrite_end(struct rewrite *w)
{
	if (w->family == 4)
		adapt(w, IP4_CSUM, &w->ip_sum, ip_sum(w));
	if (w->sums)
		adapt(w, w->l4 + TCP_CSUM, &w->l4_sum, l4_sum(w));
	return span_of(w->ip, w->len);
}

/* --- IP ---------------------------------------------------------------------------------------- */

void rewrite_ttl(struct rewrite *w, uint8_t ttl)
{
	put8(w, w->family == 4 ? IP4_TTL : IP6_HOPS, ttl);
}

void rewrite_ip_reserved_clear(struct rewrite *w)
{
	if (w->family == 4)
		put8(w, IP4_FRAG, (uint8_t)(get8(w, IP4_FRAG) & ~IP4_RESERVED));
}

static void padding_clear(struct rewrite *w, uint32_t from, uint32_t len)
{
	struct cur c = part(w, from, len);
	uint8_t kind;
	uint32_t n;
	while (option_next(&c, &kind, &n))
		;
	if (cur_ok(&c))
		put_all(w, from + len - n, 0, n);
}

void rewrite_ip_padding_clear(struct rewrite *w)
{
	padding_clear(w, w->ip_options, w->n_ip_options);
}

/* A length that its field cannot hold is written as 0, the form that such a packet came in. */
static void set_length(struct rewrite *w)
{
	const bool v4 = w->family == 4;
	const uint32_t n = v4 ? w->len : w->len - IP6_HEADER;
	put16(w, v4 ? IP4_LENGTH : IP6_LENGTH, n <= UINT16_MAX ? (uint16_t)n : 0);
}

/* --- TCP --------------------------------------------------------------------------------------- */

uint8_t *rewrite_payload(struct rewrite *w)
{
	struct wr o = at(w, w->payload);
	return w->tcp ? wr_room(&o, w->len - w->payload) : NULL;
}

uint32_t rewrite_payload_len(const struct rewrite *w)
{
	return w->tcp ? w->len - w->payload : 0;
}

void rewrite_cut(struct rewrite *w, uint32_t n)
{
	if (n >= rewrite_payload_len(w))
		return;
	w->len = w->payload + n;
	set_length(w);
}

void rewrite_flags(struct rewrite *w, uint8_t set, uint8_t clear)
{
	if (w->tcp)
		put8(w, w->l4 + TCP_FLAGS, (uint8_t)((get8(w, w->l4 + TCP_FLAGS) & ~clear) | set));
}

void rewrite_seq(struct rewrite *w, uint32_t seq)
{
	struct wr o = at(w, w->l4 + TCP_SEQ);
	if (w->tcp)
		wr_be32(&o, seq);
}

void rewrite_window(struct rewrite *w, uint16_t win)
{
	if (w->tcp)
		put16(w, w->l4 + TCP_WINDOW, win);
}

void rewrite_urgent_clear(struct rewrite *w)
{
	rewrite_flags(w, 0, TCP_URG);
	if (w->tcp)
		put16(w, w->l4 + TCP_URGENT, 0);
}

void rewrite_tcp_reserved_clear(struct rewrite *w)
{
	if (w->tcp)
		put8(w, w->l4 + TCP_OFFSET, (uint8_t)(get8(w, w->l4 + TCP_OFFSET) & ~TCP_RESERVED));
}

void rewrite_option_nops(struct rewrite *w, uint8_t kind)
{
	if (!w->tcp)
		return;
	uint32_t where = w->l4 + TCP_HEADER, n;
	struct cur c = part(w, where, w->payload - where);
	uint8_t k;
	for (; option_next(&c, &k, &n); where += n)
		if (k == kind)
			put_all(w, where, OPTION_NOP, n);
}

void rewrite_tcp_padding_clear(struct rewrite *w)
{
	if (w->tcp)
		padding_clear(w, w->l4 + TCP_HEADER, w->payload - w->l4 - TCP_HEADER);
}
