/* fuzz_packet.c - packet_decode on raw IP; then, its first octet chooses how the packet came. */
#include "forward/packet.h"
#include "tests/fuzz/fuzz.h"

enum { G_TCP, G_UDP, G_ICMP_ERROR, G_IP6, G_FRAGMENT, G_BAD, G_SCTP, G_GRE };
const char *const fuzz_goals[] = { "TCP", "UDP", "ICMP error", "IPv6", "fragment", "bad packet", "SCTP", "GRE", NULL };
uint32_t fuzz_reached;

enum { HOW_READY = 1, HOW_LENIENT = 2, HOW_CUT = 4 };

static void check_tuple(const struct tuple *t)
{
	const struct tuple r = tuple_reverse(t), rr = tuple_reverse(&r), rrr = tuple_reverse(&rr);
	FUZZ_CHECK(t->family == 4 || t->family == 6);
	FUZZ_CHECK(tuple_equal(&r, &rrr));
	FUZZ_CHECK(r.family == t->family && r.proto == t->proto && memcmp(&r.src, &t->dst, sizeof(r.src)) == 0);
	if (t->proto != IPPROTO_ICMP_ && t->proto != IPPROTO_ICMP6_)
		FUZZ_CHECK(tuple_equal(t, &rr));
}

static void check_decoded(const struct packet *p)
{
	check_tuple(&p->tuple);
	FUZZ_CHECK(fuzz_within(p->l4, p->data, p->len) && fuzz_within(p->payload, p->data, p->len));
	FUZZ_CHECK(p->payload.len <= p->l4.len && p->payload_wire >= p->payload.len);
	FUZZ_CHECK(p->ip_len >= p->l4.len && p->payload_wire <= p->ip_len);
	FUZZ_CHECK(!p->truncated || p->wire_len > p->len);
	FUZZ_CHECK(p->csum_lenient || !p->bad_csum);
	if (p->icmp_error && p->quoted.family != 0)
		check_tuple(&p->quoted);
	fuzz_reach(p->fragment ? G_FRAGMENT : p->icmp_error && p->quoted.family != 0 ? G_ICMP_ERROR :
		   p->tuple.proto == IPPROTO_TCP_ ? G_TCP : G_UDP);
	if (p->tuple.family == 6)
		fuzz_reach(G_IP6);
	if (p->tuple.proto == IPPROTO_SCTP_)
		fuzz_reach(G_SCTP);
	if (p->tuple.proto == IPPROTO_GRE_)
		fuzz_reach(G_GRE);
}

#ifdef FUZZ_PLANTED
/* Faults that the corpus check must find, to prove itself. */
static void planted(const struct packet *p)
{
	struct cur c = cur_of(p->data, p->len);
	if (cur_left(&c) < 20 || (cur_peek(&c, 0) >> 4) != 4)
		return;
	if (FUZZ_PLANTED == 1)           /* a length that is believed */
		fuzz_reached |= (uint32_t)p->data[cur_peek(&c, 3)] << 8;
	if (FUZZ_PLANTED == 2)           /* a value that no seed has */
		FUZZ_CHECK(cur_peek(&c, 8) != 0x82);
	if (FUZZ_PLANTED == 3 && p->len == 21) {
		uint8_t *volatile lost = fuzz_copy(span_of(p->data, p->len));
		(void)lost;
	}
}
#else
static void planted(const struct packet *p)
{
	(void)p;
}
#endif

static void decode(struct span in, unsigned how)
{
	uint8_t *own = fuzz_copy(in);
	const uint32_t len = (uint32_t)in.len;
	struct packet p = { .data = own, .len = len, .wire_len = len, .csum_ready = (how & HOW_READY) != 0,
		            .csum_lenient = (how & HOW_LENIENT) != 0, .nr = 1 };
	if ((how & HOW_CUT) != 0)
		p.wire_len += 1 + how * 8;
	planted(&p);
	const enum reason r = packet_decode(&p);
	FUZZ_CHECK((unsigned)r < REASON_N);
	if (r == REASON_NONE)
		check_decoded(&p);
	else
		fuzz_reach(G_BAD);
	struct packet again = p;
	FUZZ_CHECK(packet_decode(&again) == r);
	FUZZ_CHECK(r != REASON_NONE || (tuple_equal(&again.tuple, &p.tuple) && again.payload.len == p.payload.len));
	free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	decode(cur_rest(&in), HOW_READY);
	decode(cur_rest(&in), 0);
	const uint8_t how = cur_u8(&in);
	if (cur_ok(&in))
		decode(cur_rest(&in), how);
	return 0;
}
