/* normalize.c - the table of normalisations (RFC 9293 3.1, RFC 791 3.1, RFC 6093, RFC 7323, RFC 2018). */
#include "forward/normalize.h"

#include "forward/option.h"
#include "forward/rewrite.h"
#include "forward/tcp.h"

enum { IP4_HEADER = 20, IP4_FRAG = 6, IP4_RESERVED = 0x80 };
enum { TCP_HEADER = 20, TCP_OFFSET = 12, TCP_RESERVED = 0x0e };
enum { KIND_TIMESTAMPS = 8, KIND_BITS = 64, USUAL_LEN = 12 };
#define USUAL_OPTIONS 0x0101080au /* NOP, NOP, timestamps: all that most segments have (RFC 7323 appendix A) */

/* --- TCP options --------------------------------------------------------------------------------- */

static struct cur tcp_options(const struct norm_ask *a)
{
	struct cur c = cur_span(a->p->l4);
	if (a->t == NULL)
		return cur_of(NULL, 0);
	const size_t header = (size_t)(a->p->payload.p - a->p->l4.p);
	cur_skip(&c, TCP_HEADER);
	return cur_sub(&c, header - TCP_HEADER);
}

static bool is_syn(const struct norm_ask *a)
{
	return (a->p->tcp.flags & TCP_SYN) != 0;
}

/* Both SYNs had it. An end that was not seen may have agreed: a session picked up, one direction of two. */
static bool both(const struct norm_ask *a, bool orig, bool reply)
{
	return a->t->midstream || a->one_way || (orig && (reply || !a->t->end[DIR_REPLY].seen));
}

static bool in_syn(const struct norm_ask *a)
{
	return is_syn(a);
}

static bool sack_agreed(const struct norm_ask *a)
{
	return !is_syn(a) && both(a, a->t->end[DIR_ORIG].sack_ok, a->t->end[DIR_REPLY].sack_ok);
}

static bool timestamps_agreed(const struct norm_ask *a)
{
	return is_syn(a) || both(a, a->t->end[DIR_ORIG].ts_ok, a->t->end[DIR_REPLY].ts_ok);
}

/* Not one to be cleared: see norm_refuses. */
static bool anywhere(const struct norm_ask *a)
{
	(void)a;
	return true;
}

/* Options that the engine knows, and where they mean something. Any other may mean something to one end only: MPTCP
 * (RFC 8684) brings octets by a way that nobody inspects, TCP-ENO (RFC 8547) hides them. */
static const struct option_row {
	uint8_t kind;
	bool (*good)(const struct norm_ask *a);
} option_rows[] = {
	{ OPTION_NOP, anywhere },
	{ 2, in_syn },                            /* maximum segment size, RFC 9293 3.7.1 */
	{ 3, in_syn },                            /* window scale, RFC 7323 2.2 */
	{ 4, in_syn },                            /* SACK permitted, RFC 2018 2 */
	{ 5, sack_agreed },                       /* SACK, RFC 2018 3 */
	{ KIND_TIMESTAMPS, timestamps_agreed },   /* RFC 7323 3.2 */
	{ 19, anywhere },                         /* MD5, RFC 2385 */
	{ 29, anywhere },                         /* TCP-AO, RFC 5925 */
	{ 34, in_syn },                           /* Fast Open, RFC 7413 4.1.1 */
};

static bool option_good(const struct norm_ask *a, uint8_t kind)
{
	for (size_t i = 0; i < ARRAY_LEN(option_rows); i++)
		if (option_rows[i].kind == kind)
			return option_rows[i].good(a);
	return false;
}

/* Most segments have none, or timestamps as everyone writes them: those cost no walk. */
static bool options_usual(const struct norm_ask *a)
{
	struct cur c = tcp_options(a);
	const size_t n = cur_left(&c);
	return n == 0 || (n == USUAL_LEN && cur_be32(&c) == USUAL_OPTIONS);
}

static bool options_needed(const struct norm_ask *a)
{
	struct cur c = tcp_options(a);
	uint8_t kind;
	uint32_t n;
	while (a->policy->options && option_next(&c, &kind, &n))
		if (!option_good(a, kind))
			return true;
	return false;
}

static void options_apply(struct rewrite *w, const struct norm_ask *a)
{
	struct cur c = tcp_options(a);
	uint8_t kind;
	uint32_t n;
	while (option_next(&c, &kind, &n))
		if (!option_good(a, kind))
			rewrite_option_nops(w, kind);
}

/* Of two that stay one end takes the first, another one the last. */
static bool options_twice(const struct norm_ask *a)
{
	struct cur c = tcp_options(a);
	uint64_t seen = 0;
	uint8_t kind;
	uint32_t n;
	if (options_usual(a))
		return false;
	while (option_next(&c, &kind, &n)) {
		if (kind == OPTION_NOP || kind >= KIND_BITS || !option_good(a, kind))
			continue;
		if ((seen >> kind & 1) != 0)
			return true;
		seen |= UINT64_C(1) << kind;
	}
	return false;
}

/* Without the agreement a receiver drops the segment, or takes it (RFC 2385 2, RFC 5925 7.5). */
static bool signed_alone(const struct norm_ask *a)
{
	return a->p->tcp.md5 && !is_syn(a) && !both(a, a->t->end[DIR_ORIG].md5, a->t->end[DIR_REPLY].md5);
}

/* --- the other rows ------------------------------------------------------------------------------- */

static bool urgent_needed(const struct norm_ask *a)
{
	return a->policy->urgent != NORM_ALLOW && a->t != NULL && ((a->p->tcp.flags & TCP_URG) != 0 || a->p->tcp.urg != 0);
}

static void urgent_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)a;
	rewrite_urgent_clear(w);
}

static bool tcp_reserved_needed(const struct norm_ask *a)
{
	const struct cur c = cur_span(a->p->l4);
	return a->policy->reserved && a->t != NULL && (cur_peek(&c, TCP_OFFSET) & TCP_RESERVED) != 0;
}

static void tcp_reserved_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)a;
	rewrite_tcp_reserved_clear(w);
}

static bool ip_reserved_needed(const struct norm_ask *a)
{
	const struct cur c = cur_of(a->p->data, a->p->len);
	return a->policy->reserved && a->p->tuple.family == 4 && (cur_peek(&c, IP4_FRAG) & IP4_RESERVED) != 0;
}

static void ip_reserved_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)a;
	rewrite_ip_reserved_clear(w);
}

/* Is there anything but zeros behind the list's end? */
static bool padded(struct cur c)
{
	uint8_t kind;
	uint32_t n;
	while (option_next(&c, &kind, &n))
		;
	uint8_t any = 0;
	while (cur_left(&c) != 0)
		any |= cur_u8(&c);
	return any != 0;
}

static bool tcp_padding_needed(const struct norm_ask *a)
{
	return a->policy->padding && padded(tcp_options(a));
}

static void tcp_padding_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)a;
	rewrite_tcp_padding_clear(w);
}

static bool ip_padding_needed(const struct norm_ask *a)
{
	const struct packet *p = a->p;
	struct cur c = cur_of(p->data, p->len);
	if (!a->policy->padding || p->tuple.family != 4)
		return false;
	const size_t header = (size_t)(p->l4.p - p->data);
	cur_skip(&c, IP4_HEADER);
	return header > IP4_HEADER && padded(cur_sub(&c, header - IP4_HEADER));
}

static void ip_padding_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)a;
	rewrite_ip_padding_clear(w);
}

static bool link_padding_needed(const struct norm_ask *a)
{
	return a->policy->padding && a->p->len > a->p->ip_len;
}

/* rewrite_begin has left them out. */
static void link_padding_apply(struct rewrite *w, const struct norm_ask *a)
{
	(void)w, (void)a;
}

static const struct norm_row {
	bool (*needed)(const struct norm_ask *a);
	void (*apply)(struct rewrite *w, const struct norm_ask *a);
} rows[NORM_N] = {
#define ROW(id, f) [id] = { .needed = f##_needed, .apply = f##_apply }
	ROW(NORM_TCP_URGENT, urgent),         ROW(NORM_TCP_RESERVED, tcp_reserved), ROW(NORM_TCP_OPTION, options),
	ROW(NORM_TCP_PADDING, tcp_padding),   ROW(NORM_IP_RESERVED, ip_reserved),   ROW(NORM_IP_PADDING, ip_padding),
	ROW(NORM_LINK_PADDING, link_padding),
#undef ROW
};

enum reason norm_refuses(const struct norm_ask *a)
{
	if (a->t == NULL)
		return REASON_NONE;
	if (a->p->ttl < a->policy->min_ttl && !is_syn(a))
		return REASON_IP_TTL;
	if (a->policy->urgent == NORM_DROP && (a->p->tcp.flags & TCP_URG) != 0)
		return REASON_TCP_URGENT;
	if (a->policy->options && (signed_alone(a) || options_twice(a)))
		return REASON_TCP_OPTION;
	return REASON_NONE;
}

/* No row needs to look at most packets. */
static bool usual(const struct norm_ask *a)
{
	const struct packet *p = a->p;
	const struct cur ip = cur_of(p->data, p->len), tcp = cur_span(p->l4);
	if (p->len != p->ip_len)
		return false;
	if (p->tuple.family == 4 && (p->l4.p - p->data != IP4_HEADER || (cur_peek(&ip, IP4_FRAG) & IP4_RESERVED) != 0))
		return false;
	if (a->t == NULL)
		return true;
	if ((p->tcp.flags & TCP_URG) != 0 || p->tcp.urg != 0 || (cur_peek(&tcp, TCP_OFFSET) & TCP_RESERVED) != 0)
		return false;
	return options_usual(a) && (!p->tcp.has_ts || timestamps_agreed(a));
}

unsigned norm_needed(const struct norm_ask *a)
{
	unsigned what = 0;
	if (usual(a))
		return 0;
	for (unsigned k = 0; k < NORM_N; k++)
		if (rows[k].needed(a))
			what |= 1u << k;
	return what;
}

void norm_apply(struct rewrite *w, const struct norm_ask *a, unsigned what)
{
	for (unsigned k = 0; k < NORM_N; k++)
		if ((what >> k & 1) != 0)
			rows[k].apply(w, a);
}

const char *norm_name(unsigned k)
{
	static const char *const names[NORM_N] = {
#define X(id, name, help) name,
		NORM_LIST(X)
#undef X
	};
	return k < NORM_N ? names[k] : "none";
}
