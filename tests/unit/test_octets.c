/* test_octets.c - each octet of TCP in a packet of its own: the same stream, right headers, and what cannot be cut stays whole. */
#include "ips/octets.h"

#include <stdlib.h>

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static void add(struct capset *c, const struct pkt *k, bool lenient)
{
	c->v = realloc(c->v, (c->n + 1) * sizeof(*c->v));
	uint8_t *copy = malloc(k->len + 1);
	memcpy(copy, k->b, k->len);
	c->v[c->n] = (struct packet){ .data = copy, .len = k->len, .wire_len = k->len, .csum_ready = true,
				      .csum_lenient = lenient, .nr = c->n + 1, .at = mono_ns((int64_t)c->n) };
	c->cap = ++c->n;
}

static void tcp(struct capset *c, int family, uint32_t seq, uint8_t flags, const char *data)
{
	struct pkt k;
	pkt_flow(&k, family, false, 6);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1025, .dport = 102, .seq = seq, .flags = flags, .opts = "\1\1\1\1", .n_opts = 4,
				       .data = data, .n_data = strlen(data) });
	pkt_finish(&k);
	add(c, &k, false);
}

/* Every packet decodes without lenience, the octets are those of the source in order, FIN and PSH come with the last. */
static void test_stream(void)
{
	for (int family = 4; family <= 6; family += 2) {
		struct capset c = { 0 };
		struct octets o;
		char got[16] = "";
		uint32_t next = 0xfffffffeu;
		tcp(&c, family, next - 1, TCP_SYN, "");
		tcp(&c, family, next, TCP_ACK | TCP_PSH, "abcd");
		tcp(&c, family, next + 4, TCP_ACK | TCP_FIN, "efg");
		CU_ASSERT_EQUAL_FATAL(octets_cut(&c, &o), OK);
		CU_ASSERT_EQUAL_FATAL(c.n, 1 + 4 + 3);
		for (size_t i = 1; i < c.n; i++) {
			struct packet *p = &c.v[i];
			CU_ASSERT_EQUAL(p->nr, i + 1);
			CU_ASSERT_EQUAL(packet_decode(p), REASON_NONE);
			CU_ASSERT_EQUAL(p->payload.len, 1);
			CU_ASSERT_EQUAL(p->tcp.seq, next++);
			CU_ASSERT_EQUAL((p->tcp.flags & TCP_FIN) != 0, i == 7);
			CU_ASSERT_EQUAL((p->tcp.flags & TCP_PSH) != 0, i == 4);
			CU_ASSERT_EQUAL(mono_diff(p->at, mono_ns(0)), i < 5 ? 1 : 2);
			strncat(got, (const char *)p->payload.p, 1);
		}
		CU_ASSERT_STRING_EQUAL(got, "abcdefg");
		static const struct octets_from from[] = { { 1, 0 }, { 2, 1 }, { 2, 2 }, { 2, 3 },
							   { 2, 4 }, { 3, 1 }, { 3, 2 }, { 3, 3 } };
		for (uint64_t i = 0; i < ARRAY_LEN(from); i++) {
			uint64_t packet;
			uint32_t octet;
			octets_place(&o, i + 1, &packet, &octet);
			CU_ASSERT(packet == from[i].packet && octet == from[i].octet);
		}
		octets_free(&o);
		capset_free(&c);
	}
}

static void whole(struct capset *c)
{
	struct octets o;
	const size_t n = c->n;
	CU_ASSERT_EQUAL_FATAL(octets_cut(c, &o), OK);
	CU_ASSERT_EQUAL(c->n, n);
	for (size_t i = 0; i < o.n; i++)
		CU_ASSERT(o.v[i].packet == i + 1 && o.v[i].octet == 0);
	octets_free(&o);
	capset_free(c);
}

static void test_whole(void)
{
	struct capset c = { 0 };
	struct pkt k;
	tcp(&c, 4, 1, TCP_SYN, "data");
	tcp(&c, 4, 1, TCP_RST | TCP_ACK, "data");
	tcp(&c, 4, 1, TCP_URG | TCP_ACK, "data");
	tcp(&c, 4, 1, TCP_ACK, "d");
	tcp(&c, 4, 1, TCP_ACK, "cut off");
	c.v[4].len -= 2;
	pkt_flow(&k, 4, false, 17);
	pkt_udp(&k, 5, 6, "data", 4);
	pkt_finish(&k);
	add(&c, &k, false);
	tcp(&c, 4, 1, TCP_ACK, "not IP");
	free((void *)(uintptr_t)c.v[6].data);
	c.v[6].data = NULL;
	whole(&c);
	whole(&c);
}

/* A bad checksum stays one in every octet's packet. */
static void test_bad_sum(void)
{
	struct capset c = { 0 };
	struct octets o;
	struct pkt k;
	pkt_flow(&k, 4, false, 6);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 1, .dport = 2, .flags = TCP_ACK, .data = "abc", .n_data = 3 });
	pkt_finish(&k);
	k.b[k.l4 + 16] ^= 1;
	add(&c, &k, true);
	CU_ASSERT_EQUAL_FATAL(octets_cut(&c, &o), OK);
	CU_ASSERT_EQUAL_FATAL(c.n, 3);
	for (size_t i = 0; i < c.n; i++) {
		CU_ASSERT_EQUAL(packet_decode(&c.v[i]), REASON_NONE);
		CU_ASSERT_TRUE(c.v[i].bad_csum);
	}
	octets_free(&o);
	capset_free(&c);
}

UNIT_MAIN({ "the stream", test_stream }, { "what stays whole", test_whole }, { "bad checksums", test_bad_sum })
