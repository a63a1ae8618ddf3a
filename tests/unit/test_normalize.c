/* test_normalize.c - what is taken from a packet, under which policy and after which handshake, and what may not pass. */
#include "forward/normalize.h"

#include "forward/rewrite.h"
#include "forward/tcp.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static struct rewrite rw;

static const struct norm_policy all = { .min_ttl = 5, .urgent = NORM_CLEAR, .reserved = true, .options = true, .padding = true };
static const struct norm_policy none = { .min_ttl = 0 };

/* Both ends agreed on all there is. */
static struct tcp_state agreed(void)
{
	const struct tcp_end e = { .seen = true, .sack_ok = true, .ts_ok = true, .md5 = true };
	return (struct tcp_state){ .end = { e, e } };
}

static struct packet decoded(const struct pkt *k)
{
	struct packet p = pkt_packet(k);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

static struct packet segment(struct pkt *k, int family, uint8_t flags, const void *opts, size_t n_opts)
{
	(void)pkt_segment(k, family, false, &(struct pkt_tcp){ .seq = 7, .ack = 9, .flags = flags, .opts = opts,
							      .n_opts = n_opts, .data = pkt_text, .n_data = PKT_N_TEXT });
	return decoded(k);
}

/* The packet that leaves: p without what is needed; decoded again it needs nothing, and its octets are p's. */
static unsigned normalized(const struct packet *p, const struct norm_policy *n, const struct tcp_state *t, struct pkt *out)
{
	struct norm_ask a = { .p = p, .policy = n, .t = t };
	const unsigned what = norm_needed(&a);
	CU_ASSERT(rewrite_begin(&rw, p));
	norm_apply(&rw, &a, what);
	const struct span s = rewrite_end(&rw);
	memcpy(out->b, s.p, s.len);
	out->len = (uint32_t)s.len;
	const struct packet q = decoded(out);
	CU_ASSERT_EQUAL(q.payload.len, p->payload.len);
	CU_ASSERT_EQUAL(memcmp(q.payload.p, p->payload.p, q.payload.len), 0);
	a.p = &q;
	CU_ASSERT_EQUAL(norm_needed(&a), 0);
	return what;
}

/* --- one oddity after another ------------------------------------------------------------------- */

static void urgent(struct pkt *k)
{
	k->b[k->l4 + 13] |= TCP_URG;
	pkt_put16(k->b + k->l4 + 18, 3);
}

static void urgent_pointer(struct pkt *k)
{
	pkt_put16(k->b + k->l4 + 18, 3);
}

static void tcp_reserved(struct pkt *k)
{
	k->b[k->l4 + 12] |= 0x02;
}

static void ae(struct pkt *k)
{
	k->b[k->l4 + 12] |= 0x01;
}

static void ip_reserved(struct pkt *k)
{
	if (k->family == 4)
		k->b[6] |= 0x80;
}

static void link_padding(struct pkt *k)
{
	pkt_add(k, "\0\0\0", 3);
}

static void plain(struct pkt *k)
{
	(void)k;
}

static const struct odd_row {
	void (*make)(struct pkt *k);
	unsigned what4, what6;
} odd_rows[] = {
	{ plain, 0, 0 },
	{ ae, 0, 0 }, /* RFC 9768 has given it away */
	{ urgent, 1u << NORM_TCP_URGENT, 1u << NORM_TCP_URGENT },
	{ urgent_pointer, 1u << NORM_TCP_URGENT, 1u << NORM_TCP_URGENT },
	{ tcp_reserved, 1u << NORM_TCP_RESERVED, 1u << NORM_TCP_RESERVED },
	{ ip_reserved, 1u << NORM_IP_RESERVED, 0 },
	{ link_padding, 1u << NORM_LINK_PADDING, 1u << NORM_LINK_PADDING },
};

static void test_oddities(void)
{
	const struct tcp_state t = agreed();
	PKT_EACH_FAMILY(f) {
		for (size_t i = 0; i < ARRAY_LEN(odd_rows); i++) {
			struct pkt k, out, good;
			pkt_tcp_good(&k, f);
			good = k;
			odd_rows[i].make(&k);
			const uint32_t len = k.len;
			k.len = good.len;
			pkt_sums(&k);
			k.len = len;
			const struct packet p = decoded(&k);
			CU_ASSERT_EQUAL(normalized(&p, &all, &t, &out), f == 4 ? odd_rows[i].what4 : odd_rows[i].what6);
			const struct pkt *want = odd_rows[i].make == ae ? &k : &good;
			CU_ASSERT(out.len == want->len && memcmp(out.b, want->b, out.len) == 0);
			CU_ASSERT_EQUAL(norm_needed(&(struct norm_ask){ .p = &p, .policy = &none, .t = &t }), 0);
		}
	}
}

/* Each attribute alone does its own. */
static void test_policies(void)
{
	static const uint8_t opts[8] = { 200, 4, 1, 1, 0, 9, 9, 9 };
	static const uint8_t ip_opts[4] = { 0, 1, 2, 3 };
	const struct tcp_state t = agreed();
	const struct norm_policy one[] = { { .urgent = NORM_CLEAR }, { .urgent = NORM_DROP }, { .reserved = true },
					   { .options = true }, { .padding = true } };
	static const unsigned want[] = {
		1u << NORM_TCP_URGENT, 1u << NORM_TCP_URGENT, 1u << NORM_TCP_RESERVED | 1u << NORM_IP_RESERVED,
		1u << NORM_TCP_OPTION, 1u << NORM_TCP_PADDING | 1u << NORM_IP_PADDING | 1u << NORM_LINK_PADDING
	};
	struct pkt k, out;
	pkt_ip_opts(&k, 4, (const char *const[2]){ "10.1.0.2", "10.2.0.2" }, 6, ip_opts, sizeof(ip_opts));
	pkt_tcp(&k, &(struct pkt_tcp){ .flags = TCP_ACK, .opts = opts, .n_opts = sizeof(opts), .data = "data", .n_data = 4 });
	urgent_pointer(&k);
	tcp_reserved(&k);
	ip_reserved(&k);
	pkt_finish(&k);
	link_padding(&k);
	const struct packet p = decoded(&k);
	for (size_t i = 0; i < ARRAY_LEN(one); i++)
		CU_ASSERT_EQUAL(normalized(&p, &one[i], &t, &out), want[i]);
	CU_ASSERT_EQUAL(normalized(&p, &all, &t, &out), (1u << NORM_N) - 1);
	CU_ASSERT(memcmp(out.b + 20, "\0\0\0\0", 4) == 0 && memcmp(out.b + 44, "\1\1\1\1\0\0\0\0", 8) == 0);
}

/* --- TCP options --------------------------------------------------------------------------------- */

enum { ACK = TCP_ACK, SYN = TCP_SYN, SYNACK = TCP_SYN | TCP_ACK };
enum { SACK_ = 1, TS_ = 2 }; /* what an end's SYN had */

/* Options of a segment, and what is left of them. */
static const struct opt_row {
	uint8_t flags, orig, reply;
	bool midstream, reply_unseen;
	uint8_t in[12], out[12];
} opt_rows[] = {
	{ ACK, TS_, TS_, 0, 0, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 } },
	{ ACK, TS_, 0, 0, 0, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ ACK, 0, TS_, 0, 0, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ ACK, TS_, 0, 0, 1, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 } },
	{ ACK, 0, 0, 1, 0, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1 }, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1 } },
	{ ACK, SACK_, 0, 0, 0, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 } },
	{ ACK, SACK_, SACK_, 0, 0, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 } },
	{ ACK, SACK_, TS_, 0, 0, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 } },
	{ ACK, TS_, SACK_, 0, 0, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 } },
	{ ACK, 0, 0, 1, 0, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 } },
	{ SYN, 0, 0, 0, 1, { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 } },
	{ SYN, 0, 0, 0, 1, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 4, 2 }, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 4, 2 } },
	{ SYNACK, 0, 0, 0, 0, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 4, 2 }, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 4, 2 } },
	{ SYN, 0, 0, 0, 1, { 2, 4, 5, 180, 3, 3, 7, 34, 2, 1, 4, 2 }, { 2, 4, 5, 180, 3, 3, 7, 34, 2, 1, 4, 2 } },
	{ ACK, 3, 3, 0, 0, { 2, 4, 5, 180, 3, 3, 7, 34, 2, 1, 4, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ ACK, 0, 0, 1, 0, { 2, 4, 5, 180, 3, 3, 7, 34, 2, 1, 4, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ SYN, 0, 0, 0, 1, { 2, 4, 5, 180, 30, 4, 1, 1, 69, 2, 4, 2 }, { 2, 4, 5, 180, 1, 1, 1, 1, 1, 1, 4, 2 } },
	{ ACK, 3, 3, 0, 0, { 30, 8, 9, 9, 9, 9, 9, 9, 30, 2, 254, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ ACK, 3, 3, 0, 0, { 30, 2, 0, 30, 4, 9, 9, 9, 9, 9, 9, 9 }, { 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
};

static void test_options(void)
{
	PKT_EACH_FAMILY(f) {
		for (size_t i = 0; i < ARRAY_LEN(opt_rows); i++) {
			const struct opt_row *r = &opt_rows[i];
			struct tcp_state t = { .midstream = r->midstream };
			t.end[DIR_ORIG] = (struct tcp_end){ .seen = true, .sack_ok = r->orig & SACK_, .ts_ok = r->orig & TS_ };
			t.end[DIR_REPLY] = (struct tcp_end){
				.seen = !r->reply_unseen, .sack_ok = r->reply & SACK_, .ts_ok = r->reply & TS_
			};
			struct pkt k, out;
			const struct packet p = segment(&k, f, r->flags, r->in, sizeof(r->in));
			const unsigned what = normalized(&p, &all, &t, &out);
			CU_ASSERT_EQUAL(memcmp(out.b + k.l4 + 20, r->out, sizeof(r->out)), 0);
			CU_ASSERT_EQUAL(what != 0, memcmp(r->in, r->out, sizeof(r->in)) != 0);
			CU_ASSERT_EQUAL(norm_needed(&(struct norm_ask){ .p = &p, .policy = &none, .t = &t }), 0);
			const bool agreement = r->flags == ACK && (r->in[0] == 5 || r->in[0] == 8 || r->in[2] == 8);
			const struct norm_ask unseen = { .p = &p, .policy = &all, .t = &t, .one_way = true };
			if (agreement)
				CU_ASSERT_EQUAL(norm_needed(&unseen), 0);
		}
	}
}

/* --- what may not pass ----------------------------------------------------------------------------- */

static enum reason refused(const struct packet *p, const struct norm_policy *n, const struct tcp_state *t)
{
	return norm_refuses(&(struct norm_ask){ .p = p, .policy = n, .t = t });
}

static void test_ttl(void)
{
	const struct tcp_state t = agreed();
	PKT_EACH_FAMILY(f) {
		for (unsigned ttl = 0; ttl < 256; ttl++) {
			for (unsigned flags = 0; flags < 4; flags++) {
				static const uint8_t sets[4] = { ACK, TCP_RST, SYN, SYNACK };
				struct pkt k;
				(void)segment(&k, f, sets[flags], NULL, 0);
				k.b[f == 4 ? 8 : 7] = (uint8_t)ttl;
				pkt_sums(&k);
				const struct packet p = decoded(&k);
				const struct norm_policy n = { .min_ttl = 255 };
				CU_ASSERT_EQUAL(refused(&p, &all, &t), ttl < 5 && flags < 2 ? REASON_IP_TTL : REASON_NONE);
				CU_ASSERT_EQUAL(refused(&p, &n, &t), ttl < 255 && flags < 2 ? REASON_IP_TTL : REASON_NONE);
				CU_ASSERT_EQUAL(refused(&p, &none, &t), REASON_NONE);
			}
		}
		struct pkt k;
		pkt_udp_good(&k, f);
		k.b[f == 4 ? 8 : 7] = 1;
		pkt_sums(&k);
		const struct packet p = decoded(&k);
		CU_ASSERT_EQUAL(refused(&p, &all, NULL), REASON_NONE);
	}
}

static void test_urgent(void)
{
	const struct tcp_state t = agreed();
	const struct norm_policy drop = { .urgent = NORM_DROP };
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		struct packet p = segment(&k, f, TCP_ACK | TCP_URG, NULL, 0);
		CU_ASSERT_EQUAL(refused(&p, &drop, &t), REASON_TCP_URGENT);
		CU_ASSERT_EQUAL(refused(&p, &all, &t), REASON_NONE);
		urgent_pointer(&k);
		k.b[k.l4 + 13] = TCP_ACK;
		pkt_sums(&k);
		p = decoded(&k);
		CU_ASSERT_EQUAL(refused(&p, &drop, &t), REASON_NONE);
	}
}

static void test_signed(void)
{
	static const uint8_t md5[20] = { 19, 18 }, ao[20] = { 29, 16 };
	for (unsigned i = 0; i < 64; i++) {
		struct tcp_state t = { .midstream = (i & 1) != 0 };
		t.end[DIR_ORIG].md5 = (i & 2) != 0;
		t.end[DIR_REPLY].md5 = (i & 4) != 0;
		t.end[DIR_REPLY].seen = (i & 8) != 0;
		const bool syn = (i & 16) != 0;
		struct pkt k;
		const struct packet p = segment(&k, 4, syn ? SYN : ACK, (i & 32) != 0 ? md5 : ao, 20);
		const bool good = syn || t.midstream || (t.end[DIR_ORIG].md5 && (t.end[DIR_REPLY].md5 || !t.end[DIR_REPLY].seen));
		CU_ASSERT_EQUAL(refused(&p, &all, &t), good ? REASON_NONE : REASON_TCP_OPTION);
		CU_ASSERT_EQUAL(refused(&p, &none, &t), REASON_NONE);
		CU_ASSERT_EQUAL(norm_needed(&(struct norm_ask){ .p = &p, .policy = &all, .t = &t }), 0);
	}
}

static void test_twice(void)
{
	static const struct {
		uint8_t opts[8];
		bool refused;
	} twice[] = {
		{ { 2, 4, 5, 180, 2, 4, 2, 2 }, true },  { { 2, 4, 5, 180, 3, 3, 7, 0 }, false },
		{ { 3, 3, 7, 1, 3, 3, 8, 0 }, true },    { { 1, 1, 1, 1, 1, 1, 1, 1 }, false },
		{ { 4, 2, 4, 2, 1, 1, 1, 1 }, true },    { { 4, 2, 0, 4, 2, 1, 1, 1 }, false },
		{ { 63, 2, 1, 1, 63, 2, 1, 1 }, false }, { { 200, 2, 1, 1, 200, 2, 1, 1 }, false }, /* these become NOPs */
	};
	const struct tcp_state t = agreed();
	for (size_t i = 0; i < ARRAY_LEN(twice); i++) {
		struct pkt k;
		const struct packet p = segment(&k, 4, SYN, twice[i].opts, 8);
		CU_ASSERT_EQUAL(refused(&p, &all, &t), twice[i].refused ? REASON_TCP_OPTION : REASON_NONE);
		CU_ASSERT_EQUAL(refused(&p, &none, &t), REASON_NONE);
	}
}

/* A datagram: only what is IP's, whatever its octets look like at TCP's places. */
static void test_datagram(void)
{
	static const uint8_t like[24] = { 9, 9, 9, 9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 200, 2, 1, 1 };
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		pkt_flow(&k, f, false, 17);
		pkt_udp(&k, 1, 2, like, sizeof(like));
		pkt_finish(&k);
		struct packet p = decoded(&k);
		struct norm_ask a = { .p = &p, .policy = &all };
		CU_ASSERT_EQUAL(norm_needed(&a), 0);
		ip_reserved(&k);
		pkt_sums(&k);
		p = decoded(&k);
		CU_ASSERT_EQUAL(norm_needed(&a), f == 4 ? 1u << NORM_IP_RESERVED : 0);
	}
}

static void test_names(void)
{
	for (unsigned k = 0; k < NORM_N; k++)
		for (unsigned i = 0; i < k; i++)
			CU_ASSERT_STRING_NOT_EQUAL(norm_name(k), norm_name(i));
	CU_ASSERT_STRING_EQUAL(norm_name(NORM_TCP_URGENT), "tcp.urgent");
	CU_ASSERT_STRING_EQUAL(norm_name(NORM_N), "none");
}

UNIT_MAIN({ "one oddity after another", test_oddities }, { "each attribute alone", test_policies },
	  { "TCP options, by what the handshake agreed on", test_options }, { "time to live", test_ttl },
	  { "urgent data refused", test_urgent }, { "signatures that were not agreed on", test_signed },
	  { "an option twice", test_twice }, { "datagrams", test_datagram }, { "names", test_names })
