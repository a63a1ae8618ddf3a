/* Fragments to datagrams: any order, what is refused and for how long, what is remembered, what makes room. */
#include "forward/frag.h"

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

enum { ID = 0x1234, UDP_LEN = 248, BIG = 1480 };

static struct {
	struct frag_table *t;
	mono_t now;
	unsigned gone[REASON_N];
	uint64_t nr;
	int family;
	struct frag_datagram *d; /* of the last fragment, if it made it whole */
	struct pkt whole;        /* what the fragments are cut from */
	struct pkt last;         /* the last fragment */
} g;

static void on_gone(void *arg, enum reason why, const struct frag_key *k, uint64_t nr)
{
	CU_ASSERT(arg == &g && k->family == g.family && nr != 0 && nr <= g.nr);
	g.gone[why]++;
}

static void pass_time(int64_t ns)
{
	g.now = mono_add(g.now, ns);
	frag_tick(g.t, g.now);
}

static void begin(int family)
{
	const struct hash_key key = hash_key_of_seed(7);
	frag_table_free(g.t);
	memset(&g.gone, 0, sizeof(g.gone));
	g.now = mono_ns(1000 * NS_PER_SEC);
	g.t = frag_table_new(&key, g.now, on_gone, &g);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.t);
	g.family = family;
}

/* A datagram of n octets behind the IP header, all of them different from those of another variant. */
static void make(uint8_t proto, size_t n, unsigned variant)
{
	uint8_t data[2048];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256 + variant);
	pkt_flow(&g.whole, g.family, false, proto);
	if (proto == IPPROTO_UDP_)
		pkt_udp(&g.whole, 1025, 102, data, n - 8);
	else
		pkt_tcp(&g.whole, &(struct pkt_tcp){ .sport = 9, .dport = 102, .flags = TCP_ACK, .data = data, .n_data = n - 20 });
	pkt_finish(&g.whole);
	if (g.family == 4) {
		pkt_put16(g.whole.b + 4, ID);
		pkt_sums(&g.whole);
	}
}

static void cut(struct pkt *k, uint32_t id, uint32_t from, uint32_t len, bool more)
{
	pkt_fragment(k, &g.whole, id, from, len, more);
}

static enum reason give(const struct pkt *k, bool hold)
{
	struct packet p = pkt_packet(k);
	const enum reason r = packet_decode(&p);
	p.nr = ++g.nr;
	CU_ASSERT_FATAL(r == REASON_NONE && p.fragment);
	return frag_add(g.t, &p, hold, &g.d);
}

static enum reason add(uint32_t id, uint32_t from, uint32_t len, bool more)
{
	cut(&g.last, id, from, len, more);
	return give(&g.last, true);
}

static bool is_whole(void)
{
	struct packet p = pkt_packet(&g.last);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	return frag_whole(g.t, g.d, &p) == REASON_NONE && p.len == g.whole.len && p.wire_len == p.len &&
	       memcmp(p.data, g.whole.b, p.len) == 0 && packet_decode(&p) == REASON_NONE && !p.fragment;
}

/* All of it, in two fragments; what its whole is judged. */
static enum reason again(uint32_t id, unsigned variant)
{
	struct packet p;
	make(IPPROTO_UDP_, UDP_LEN, variant);
	const enum reason r = add(id, 0, 80, true);
	if (r != REASON_NONE)
		return r;
	CU_ASSERT_EQUAL(add(id, 80, UDP_LEN - 80, false), REASON_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	return frag_whole(g.t, g.d, &p);
}

static const struct span *release(bool remember, unsigned *n)
{
	const struct span *s = frag_release(g.t, g.d, remember, n);
	CU_ASSERT_EQUAL(frag_held(g.t), 0);
	return s;
}

static void test_orders(void)
{
	static const struct {
		uint16_t from, len;
	} part[3] = { { 0, 80 }, { 80, 120 }, { 200, UDP_LEN - 200 } };
	static const uint8_t order[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	PKT_EACH_FAMILY(f) {
		begin(f);
		for (size_t i = 0; i < ARRAY_LEN(order); i++) {
			struct pkt k[3];
			unsigned n = 0;
			make(IPPROTO_UDP_, UDP_LEN, (unsigned)i);
			for (unsigned j = 0; j < 3; j++) {
				const unsigned x = order[i][j];
				cut(&k[j], ID, part[x].from, part[x].len, x < 2);
				CU_ASSERT_EQUAL(give(&k[j], j != 1), REASON_NONE); /* the second one left when it came */
				CU_ASSERT((g.d != NULL) == (j == 2) && frag_held(g.t) == 1);
			}
			CU_ASSERT(is_whole());
			const struct span *s = release(false, &n);
			CU_ASSERT(n == 1 && s[0].len == k[0].len && memcmp(s[0].p, k[0].b, k[0].len) == 0);
			CU_ASSERT_EQUAL(frag_waiting(g.t), 0);
			pass_time(0);
		}
	}
}

/* Headers that only the first fragment has; what follows a header there; padding of the link. */
static void test_headers(void)
{
	static const uint8_t options[8] = { 1, 1, 1, 1, 1, 1, 1, 0 }, none[7] = { 0, 1, 4 };
	struct pkt k;
	struct packet p;
	begin(4);
	make(IPPROTO_UDP_, UDP_LEN, 0);
	CU_ASSERT_EQUAL(add(ID, 80, UDP_LEN - 80, false), REASON_NONE);
	cut(&k, ID, 0, 80, true);
	memmove(k.b + 28, k.b + 20, 80);
	memcpy(k.b + 20, options, 8);
	k.b[0] = 0x47;
	k.b[1] = 0x2e;
	k.b[k.len + 8] = 0xff;
	pkt_put16(k.b + 2, k.len + 8);
	k.len += 8;
	pkt_put16(k.b + 10, 0);
	pkt_put16(k.b + 10, ~pkt_sum(0, k.b, 28) & 0xffff);
	k.len += 5;
	CU_ASSERT_EQUAL(give(&k, true), REASON_NONE);
	p = pkt_packet(&k);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
	CU_ASSERT(p.len == 28 + UDP_LEN && packet_decode(&p) == REASON_NONE && p.tos == 0x2e && p.tuple.dport == 102 &&
		  p.payload.len == UDP_LEN - 8 && !p.bad_csum);

	/* IPv6: options before the fragment header stay, those behind it are octets of the datagram. */
	begin(6);
	pkt_flow(&g.whole, 6, false, IPPROTO_UDP_);
	pkt_ext(&g.whole, 60, none, 8);
	pkt_ext(&g.whole, 44, (const uint8_t[7]){ 0, 0, 1, 0, 0, 0, 9 }, 8);
	pkt_ext(&g.whole, 60, none, 8);
	pkt_udp(&g.whole, 1025, 102, options, 8);
	pkt_finish(&g.whole);
	k = g.whole;
	CU_ASSERT_EQUAL(give(&k, true), REASON_NONE);
	k.len = 40 + 8 + 8;
	pkt_add(&k, "12345678", 8);
	pkt_put16(k.b + 4, k.len - 40);
	pkt_put16(k.b + 50, 24);
	CU_ASSERT_EQUAL(give(&k, true), REASON_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
	CU_ASSERT(p.len == 40 + 8 + 32 && p.data[6] == 60 && p.data[40] == 60 && p.data[48] == 17 && p.data[5] == 40);
	CU_ASSERT(memcmp(p.data + 72, "12345678", 8) == 0);
}

struct piece {
	uint16_t from, len;
	bool more;
};

static void test_overlaps(void)
{
	static const struct piece cases[][3] = {
		{ { 0, 80, true }, { 72, 40, true } },                      /* partial, from behind */
		{ { 80, 40, true }, { 0, 88, true } },                      /* from the front */
		{ { 0, 80, true }, { 40, 8, true } },                       /* within: teardrop */
		{ { 0, 80, true }, { 40, 16, false } },                     /* the same, as the end */
		{ { 40, 40, true }, { 0, 120, true } },                     /* around */
		{ { 0, 80, true }, { 0, 88, true } },                       /* the same place, another length */
		{ { 80, 40, true }, { 80, 40, false } },                    /* the same octets, now the end */
		{ { 160, 40, true }, { 80, 40, false } },                   /* the end before what came */
		{ { 80, 40, false }, { 160, 40, true } },                   /* behind the end */
		{ { 80, 40, false }, { 0, 40, true }, { 80, 48, false } },  /* two ends */
		{ { 80, 40, false }, { 120, 8, false } },                   /* behind the end, another end */
	};
	PKT_EACH_FAMILY(f)
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			const struct piece *x = cases[i];
			const unsigned n = x[2].len != 0 ? 3 : 2;
			begin(f);
			make(IPPROTO_UDP_, UDP_LEN, 0);
			for (unsigned j = 0; j + 1 < n; j++)
				CU_ASSERT_EQUAL(add(ID, x[j].from, x[j].len, x[j].more), REASON_NONE);
			CU_ASSERT_EQUAL(add(ID, x[n - 1].from, x[n - 1].len, x[n - 1].more), REASON_IP_FRAGMENT_OVERLAP);
			CU_ASSERT(g.d == NULL && g.gone[REASON_IP_FRAGMENT_OVERLAP] == n - 1 && frag_held(g.t) == 0);
			/* What would fit does not count any more, until its time is over. */
			CU_ASSERT_EQUAL(add(ID, 0, UDP_LEN / 8 * 8, true), REASON_IP_FRAGMENT_OVERLAP);
			CU_ASSERT_EQUAL(again(ID + 1, 0), REASON_NONE);
			pass_time((f == 4 ? 30 : 60) * NS_PER_SEC - 1);
			CU_ASSERT_EQUAL(again(ID, 0), REASON_IP_FRAGMENT_OVERLAP);
			pass_time(NS_PER_SEC);
			CU_ASSERT_EQUAL(again(ID, 0), REASON_NONE);
		}
}

static void test_copies(void)
{
	PKT_EACH_FAMILY(f) {
		begin(f);
		make(IPPROTO_UDP_, UDP_LEN, 0);
		CU_ASSERT_EQUAL(add(ID, 80, UDP_LEN - 80, false), REASON_NONE);
		CU_ASSERT_EQUAL(add(ID, 80, UDP_LEN - 80, false), REASON_IP_FRAGMENT_COPY);
		CU_ASSERT_EQUAL(frag_held(g.t), 1);
		CU_ASSERT_EQUAL(add(ID, 0, 80, true), REASON_NONE);
		CU_ASSERT(is_whole());
		begin(f);
		CU_ASSERT_EQUAL(add(ID, 80, 40, true), REASON_NONE);
		CU_ASSERT_EQUAL(add(ID, 80, 40, true), REASON_IP_FRAGMENT_COPY);
		make(IPPROTO_UDP_, UDP_LEN, 1); /* other octets in the same place */
		CU_ASSERT_EQUAL(add(ID, 80, 40, true), REASON_IP_FRAGMENT_OVERLAP);
		CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_OVERLAP], 1);
	}
}

static void test_tiny(void)
{
	static const uint8_t none[7] = { 0, 1, 4 };
	PKT_EACH_FAMILY(f) {
		begin(f);
		make(IPPROTO_TCP_, 104, 0);
		CU_ASSERT_EQUAL(add(1, 0, 16, true), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(1, 24, 16, true), REASON_IP_FRAGMENT_TINY); /* its datagram is lost */
		CU_ASSERT_EQUAL(add(2, 8, 16, true), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(3, 16, 16, true), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(4, 0, 0, true), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(5, 48, 0, false), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(6, 0, 24, true), REASON_NONE);
		CU_ASSERT_EQUAL(add(7, 24, 80, false), REASON_NONE);
		g.whole.b[g.whole.l4 + 12] = 0x80; /* 32 octets of header */
		CU_ASSERT_EQUAL(add(8, 0, 24, true), REASON_IP_FRAGMENT_TINY);
		CU_ASSERT_EQUAL(add(9, 0, 32, true), REASON_NONE);
		make(IPPROTO_UDP_, UDP_LEN, 0);
		CU_ASSERT_EQUAL(add(10, 0, 8, true), REASON_NONE);
		CU_ASSERT_EQUAL(add(11, 8, 8, true), REASON_NONE);
		CU_ASSERT_EQUAL(frag_held(g.t), 5);
		CU_ASSERT_EQUAL(frag_waiting(g.t), 5);
	}
	/* IPv6: options behind the fragment header push the transport header out of the first fragment. */
	pkt_flow(&g.whole, 6, false, IPPROTO_TCP_);
	pkt_ext(&g.whole, 44, (const uint8_t[7]){ 0, 0, 1, 0, 0, 0, 12 }, 8);
	pkt_ext(&g.whole, 60, none, 8);
	pkt_tcp(&g.whole, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK, .data = "abcd", .n_data = 4 });
	g.whole.len -= 8;
	pkt_finish(&g.whole);
	CU_ASSERT_EQUAL(give(&g.whole, true), REASON_IP_FRAGMENT_TINY);
	/* Of another protocol nothing is asked. */
	begin(4);
	make(IPPROTO_UDP_, UDP_LEN, 0);
	g.whole.b[9] = IPPROTO_ESP_;
	CU_ASSERT_EQUAL(add(ID, 0, 8, true), REASON_NONE);
}

/* Each fits, but the first one's header makes the whole too long. */
static void test_too_long(void)
{
	static struct pkt k;
	static uint8_t options[40];
	struct packet p;
	memset(options, 1, sizeof(options));
	begin(4);
	make(IPPROTO_UDP_, 2048, 0);
	for (uint32_t from = 2000; from < 65515;) {
		const uint32_t len = (uint32_t)size_min(2000, 65515 - from);
		CU_ASSERT_EQUAL(add(ID, from, len, from + len < 65515), REASON_NONE);
		from += len;
	}
	cut(&k, ID, 0, 2000, true);
	memmove(k.b + 60, k.b + 20, 2000);
	memcpy(k.b + 20, options, 40);
	k.b[0] = 0x4f;
	k.len += 40;
	pkt_put16(k.b + 2, k.len);
	pkt_put16(k.b + 10, 0);
	pkt_put16(k.b + 10, ~pkt_sum(0, k.b, 60) & 0xffff);
	CU_ASSERT_EQUAL(give(&k, true), REASON_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_IP_TOTAL_LEN);
	frag_refuse(g.t, g.d, REASON_IP_TOTAL_LEN);
	CU_ASSERT_EQUAL(g.gone[REASON_IP_TOTAL_LEN], 32);
	CU_ASSERT_EQUAL(give(&k, true), REASON_IP_TOTAL_LEN);
}

static void test_timeout(void)
{
	PKT_EACH_FAMILY(f) {
		const int64_t most = (f == 4 ? 30 : 60) * NS_PER_SEC;
		begin(f);
		make(IPPROTO_UDP_, UDP_LEN, 0);
		CU_ASSERT_EQUAL(add(ID, 0, 80, true), REASON_NONE);
		pass_time(most - 1);
		CU_ASSERT_EQUAL(add(ID, 160, UDP_LEN - 160, false), REASON_NONE); /* does not lengthen it */
		cut(&g.last, ID, 80, 40, true);
		CU_ASSERT_EQUAL(give(&g.last, false), REASON_NONE); /* has left: not given up */
		pass_time(NS_PER_SEC);
		CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_TIMEOUT], 2);
		CU_ASSERT(frag_held(g.t) == 0 && frag_waiting(g.t) == 0);
		CU_ASSERT_EQUAL(again(ID, 1), REASON_NONE);
		pass_time(-1);
		CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_TIMEOUT], 2);
	}
}

/* Other octets under an identification that has passed would fill a hole at the receiver. */
static void test_reuse(void)
{
	unsigned n;
	PKT_EACH_FAMILY(f) {
		const int64_t most = (f == 4 ? 30 : 60) * NS_PER_SEC;
		begin(f);
		CU_ASSERT_EQUAL(again(ID, 0), REASON_NONE);
		(void)release(true, &n);
		CU_ASSERT_EQUAL(n, 1);
		pass_time(most / 2);
		CU_ASSERT_EQUAL(again(ID, 0), REASON_NONE); /* once more the same */
		(void)release(true, &n);
		pass_time(most - 1);
		CU_ASSERT_EQUAL(again(ID, 1), REASON_IP_FRAGMENT_REUSE);
		frag_refuse(g.t, g.d, REASON_IP_FRAGMENT_REUSE);
		CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_REUSE], 1);
		CU_ASSERT_EQUAL(again(ID, 0), REASON_IP_FRAGMENT_REUSE);
		CU_ASSERT_EQUAL(again(ID + 1, 1), REASON_NONE);
		(void)release(false, &n);
		CU_ASSERT_EQUAL(again(ID + 1, 2), REASON_NONE); /* nobody was to remember */
		(void)release(true, &n);
		pass_time(most + NS_PER_SEC);
		CU_ASSERT_EQUAL(again(ID, 3), REASON_NONE);
		CU_ASSERT_EQUAL(again(ID + 1, 3), REASON_NONE);
	}
}

static void test_many_datagrams(void)
{
	begin(4);
	make(IPPROTO_UDP_, UDP_LEN, 0);
	for (uint32_t i = 0; i < FRAG_WAITING_MAX; i++)
		CU_ASSERT_EQUAL(add(i, 0, 80, true), REASON_NONE);
	CU_ASSERT(frag_waiting(g.t) == FRAG_WAITING_MAX && g.gone[REASON_IP_FRAGMENT_ROOM] == 0);
	CU_ASSERT_EQUAL(add(FRAG_WAITING_MAX, 0, 80, true), REASON_NONE);
	CU_ASSERT(frag_waiting(g.t) == FRAG_WAITING_MAX && g.gone[REASON_IP_FRAGMENT_ROOM] == 1);
	CU_ASSERT_EQUAL(add(1, 80, UDP_LEN - 80, false), REASON_NONE); /* the second oldest is whole now */
	CU_ASSERT_PTR_NOT_NULL(g.d);
	CU_ASSERT_EQUAL(add(0, 80, UDP_LEN - 80, false), REASON_NONE); /* the oldest is not */
	CU_ASSERT_PTR_NULL(g.d);
	/* Those remembered have a cap too. */
	unsigned n;
	begin(6);
	for (uint32_t i = 0; i <= FRAG_KNOWN_MAX; i++) {
		CU_ASSERT_EQUAL(again(i, 0), REASON_NONE);
		(void)release(true, &n);
		pass_time(0);
	}
	CU_ASSERT_EQUAL(again(1, 1), REASON_IP_FRAGMENT_REUSE);
	CU_ASSERT_EQUAL(again(0, 1), REASON_NONE);
}

/* What passed before stays in mind when its second coming has to make room. */
static void test_room_keeps_memory(void)
{
	unsigned n;
	begin(6);
	make(IPPROTO_UDP_, UDP_LEN, 0);
	cut(&g.last, ID, 0, 80, true);
	CU_ASSERT_EQUAL(give(&g.last, false), REASON_NONE); /* has left: its rest must not */
	for (uint32_t i = 0; i < FRAG_WAITING_MAX; i++)
		CU_ASSERT_EQUAL(add(i + ID + 1, 0, 80, true), REASON_NONE);
	CU_ASSERT(g.gone[REASON_IP_FRAGMENT_ROOM] == 0 && add(ID, 80, UDP_LEN - 80, false) == REASON_IP_FRAGMENT_ROOM);
	begin(4);
	CU_ASSERT_EQUAL(again(ID, 0), REASON_NONE);
	(void)release(true, &n);
	make(IPPROTO_UDP_, UDP_LEN, 1);
	CU_ASSERT_EQUAL(add(ID, 0, 80, true), REASON_NONE);
	for (uint32_t i = 0; i < FRAG_WAITING_MAX; i++)
		CU_ASSERT_EQUAL(add(i, 0, 80, true), REASON_NONE);
	CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_ROOM], 1);
	CU_ASSERT_EQUAL(again(ID, 1), REASON_IP_FRAGMENT_REUSE);
}

static void test_many_fragments(void)
{
	begin(4);
	make(IPPROTO_UDP_, 2048, 0);
	for (uint32_t i = 0; i < FRAG_PARTS_MAX - 1; i++)
		CU_ASSERT_EQUAL(add(ID, i * 8, 8, true), REASON_NONE);
	CU_ASSERT_EQUAL(add(ID, (FRAG_PARTS_MAX - 1) * 8, 8, false), REASON_NONE);
	CU_ASSERT(is_whole());
	unsigned n;
	(void)release(false, &n);
	CU_ASSERT_EQUAL(n, FRAG_PARTS_MAX - 1);
	pass_time(0);
	make(IPPROTO_UDP_, 2048, 0);
	for (uint32_t i = 0; i < FRAG_PARTS_MAX; i++)
		CU_ASSERT_EQUAL(add(ID, i * 8, 8, true), REASON_NONE);
	CU_ASSERT_EQUAL(add(ID, 2040 + 8, 8, false), REASON_IP_FRAGMENT_ROOM);
	CU_ASSERT_EQUAL(g.gone[REASON_IP_FRAGMENT_ROOM], FRAG_PARTS_MAX);
	CU_ASSERT_EQUAL(frag_held(g.t), 0);
}

static void test_octets(void)
{
	begin(4);
	make(IPPROTO_UDP_, 1488, 0);
	uint32_t i = 0;
	for (; g.gone[REASON_IP_FRAGMENT_ROOM] == 0 && i < FRAG_OCTETS_MAX / BIG; i++) {
		CU_ASSERT_EQUAL(add(i / 40, i % 40 * BIG, BIG, true), REASON_NONE); /* 40 of 1480 are a datagram */
		if (i % 40 != 39)
			continue;
		pass_time(1);
	}
	CU_ASSERT(g.gone[REASON_IP_FRAGMENT_ROOM] == 40 && i >= FRAG_OCTETS_MAX / 2048 && i <= FRAG_OCTETS_MAX / BIG);
	CU_ASSERT_EQUAL(frag_held(g.t), i - 40);
	frag_table_clear(g.t, REASON_IP_FRAGMENT_TIMEOUT);
	CU_ASSERT(frag_held(g.t) == 0 && g.gone[REASON_IP_FRAGMENT_TIMEOUT] == i - 40);
}

static void test_rewrite(void)
{
	struct packet p;
	struct span last;
	unsigned n;
	PKT_EACH_FAMILY(f) {
		begin(f);
		make(IPPROTO_TCP_, 104, 0);
		CU_ASSERT_EQUAL(add(ID, 56, 48, false), REASON_NONE);
		CU_ASSERT_EQUAL(add(ID, 0, 56, true), REASON_NONE);
		CU_ASSERT(is_whole());
		CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
		struct pkt other = g.whole;
		other.b[other.l4 + 30] ^= 1;
		other.b[other.l4 + 90] ^= 2;
		CU_ASSERT_FALSE(frag_rewrite(g.t, g.d, span_of(other.b, other.len - 1), &last));
		other.b[1] ^= 1;
		CU_ASSERT_FALSE(frag_rewrite(g.t, g.d, span_of(other.b, other.len), &last));
		other.b[1] ^= 1;
		CU_ASSERT_TRUE_FATAL(frag_rewrite(g.t, g.d, span_of(other.b, other.len), &last));
		struct pkt k;
		g.whole = other;
		cut(&k, ID, 0, 56, true);
		CU_ASSERT(last.len == k.len && memcmp(last.p, k.b, k.len) == 0);
		const struct span *s = release(true, &n);
		cut(&k, ID, 56, 48, false);
		CU_ASSERT(n == 1 && s[0].len == k.len && memcmp(s[0].p, k.b, k.len) == 0);
		pass_time(0);
		/* It is the new octets that are remembered. */
		(void)add(ID, 56, 48, false);
		(void)add(ID, 0, 56, true);
		CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
		frag_refuse(g.t, g.d, REASON_POLICY);
	}
	/* What has left cannot be changed any more. */
	begin(4);
	make(IPPROTO_TCP_, 104, 0);
	cut(&g.last, ID, 56, 48, false);
	CU_ASSERT_EQUAL(give(&g.last, false), REASON_NONE);
	CU_ASSERT_EQUAL(add(ID, 0, 56, true), REASON_NONE);
	CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
	CU_ASSERT_FALSE(frag_rewrite(g.t, g.d, span_of(g.whole.b, g.whole.len), &last));
}

/* A capture that kept only the beginning of each packet: of the datagram there is what stands before the first hole. */
static void test_truncated(void)
{
	struct pkt k;
	begin(4);
	make(IPPROTO_UDP_, UDP_LEN, 0);
	CU_ASSERT_EQUAL(add(ID, 0, 80, true), REASON_NONE);
	cut(&k, ID, 80, 80, true);
	struct packet p = pkt_packet(&k);
	p.len -= 30;
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	CU_ASSERT_EQUAL(frag_add(g.t, &p, false, &g.d), REASON_NONE);
	CU_ASSERT_EQUAL(add(ID, 160, UDP_LEN - 160, false), REASON_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g.d);
	CU_ASSERT_EQUAL(frag_whole(g.t, g.d, &p), REASON_NONE);
	CU_ASSERT(p.len == 20 + 130 && p.wire_len == g.whole.len && memcmp(p.data, g.whole.b, p.len) == 0);
	CU_ASSERT(packet_decode(&p) == REASON_NONE && p.truncated && p.payload.len == 122);
}

/* Anything at all: counts agree, and nothing whole ever has a hole. */
static void test_chaos(void)
{
	uint64_t x = 1;
	PKT_EACH_FAMILY(f) {
		unsigned given = 0, wholes = 0;
		begin(f);
		make(IPPROTO_UDP_, UDP_LEN, 0);
		for (unsigned i = 0; i < 20000; i++) {
			x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
			const uint32_t r = (uint32_t)(x >> 33), from = r % 4 * 64, id = r / 4 % 64;
			const uint32_t len = from == 192 ? UDP_LEN - 192 : r / 256 % 64 == 0 ? 8 : 64;
			if (f == 4) {
				pkt_put16(g.whole.b + 4, id);
				pkt_sums(&g.whole);
			}
			if (add(id, from, len, from != 192) == REASON_NONE && g.d == NULL)
				given++;
			if (g.d != NULL) {
				unsigned n = 0;
				wholes += is_whole();
				CU_ASSERT(is_whole());
				if (r / 16384 % 4 != 0)
					(void)frag_release(g.t, g.d, r / 65536 % 2 != 0, &n);
				else
					frag_refuse(g.t, g.d, REASON_POLICY);
				given -= n;
			}
			if (i % 64 == 0)
				pass_time(NS_PER_SEC);
			unsigned gone = 0;
			for (unsigned k = 0; k < REASON_N; k++)
				gone += g.gone[k];
			CU_ASSERT_EQUAL(frag_held(g.t), given - gone);
		}
		CU_ASSERT(wholes > 100);
	}
	frag_table_free(g.t);
	g.t = NULL;
}

UNIT_MAIN({ "whole in any order", test_orders }, { "headers of the first one", test_headers }, { "overlaps", test_overlaps },
	  { "copies", test_copies }, { "tiny ones", test_tiny }, { "longer than any datagram", test_too_long },
	  { "timeouts", test_timeout }, { "an identification again", test_reuse }, { "many datagrams", test_many_datagrams },
	  { "room is made, memory is not lost", test_room_keeps_memory }, { "many fragments", test_many_fragments },
	  { "many octets", test_octets }, { "rewritten", test_rewrite }, { "cut short by a capture", test_truncated },
	  { "anything", test_chaos })
