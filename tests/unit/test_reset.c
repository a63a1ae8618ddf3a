/* test_reset.c - resets for rejected packets: read back by the decoder, sequence numbers as the RFCs have them, and a session
 * table of our own takes them for what they are.
 */
#include "forward/session.h"
#include "ips/reset.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static struct reset to_receiver, to_sender;

/* A packet of the flow, from the client or the server, decoded. */
static struct packet reject(struct pkt *k, int family, bool swapped, const struct pkt_tcp *t, uint32_t next)
{
	struct packet p = pkt_segment(k, family, swapped, t);
	CU_ASSERT_EQUAL_FATAL(packet_decode(&p), REASON_NONE);
	memset(&to_receiver, 0xaa, sizeof(to_receiver));
	memset(&to_sender, 0xaa, sizeof(to_sender));
	reset_make(&p, next, &to_receiver, &to_sender);
	return p;
}

static struct packet read_back(const struct reset *r)
{
	struct packet p = { .data = r->ip, .len = r->len, .wire_len = r->len, .csum_ready = true, .nr = 1 };
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	CU_ASSERT_FALSE(p.bad_csum);
	return p;
}

/* The sums by the test's own arithmetic: the decoder and the maker share csum.c. */
static bool sums_right(const struct reset *r, int family)
{
	static struct pkt k;
	k = (struct pkt){ .len = r->len, .l4 = family == 4 ? 20 : 40, .family = (uint8_t)family, .proto = 6 };
	memcpy(k.b, r->ip, r->len);
	pkt_sums(&k);
	return memcmp(k.b, r->ip, r->len) == 0;
}

static void check_one(const struct reset *r, int family, const struct tuple *t, uint32_t seq, uint32_t ack)
{
	const struct packet p = read_back(r);
	CU_ASSERT_EQUAL(r->len, family == 4 ? 40 : 60);
	CU_ASSERT_TRUE(sums_right(r, family));
	CU_ASSERT_EQUAL(p.tuple.family, family);
	CU_ASSERT_EQUAL(p.tuple.proto, 6);
	CU_ASSERT_EQUAL(memcmp(&p.tuple.src, &t->src, sizeof(t->src)), 0);
	CU_ASSERT_EQUAL(memcmp(&p.tuple.dst, &t->dst, sizeof(t->dst)), 0);
	CU_ASSERT_EQUAL(p.tuple.sport, t->sport);
	CU_ASSERT_EQUAL(p.tuple.dport, t->dport);
	CU_ASSERT_EQUAL(p.tcp.flags, TCP_RST | TCP_ACK);
	CU_ASSERT_EQUAL(p.tcp.seq, seq);
	CU_ASSERT_EQUAL(p.tcp.ack, ack);
	CU_ASSERT_EQUAL(p.payload_wire, 0);
}

/* RFC 9293 3.10.7.1: the answer's ACK is SEG.SEQ + SEG.LEN, where SYN and FIN count one each; its SEQ is SEG.ACK. RFC 5961 3.2:
 * a RST counts at once only at RCV.NXT. */
static void test_numbers(void)
{
	static const struct {
		uint8_t flags;
		unsigned n_data, len; /* SEG.LEN */
	} row[] = {
		{ TCP_SYN, 0, 1 },	     { TCP_SYN | TCP_ACK, 0, 1 },
		{ TCP_ACK, 0, 0 },	     { TCP_ACK | TCP_PSH, 17, 17 },
		{ TCP_FIN | TCP_ACK, 0, 1 }, { TCP_FIN | TCP_ACK, 17, 18 },
		{ TCP_SYN, 17, 18 },	     { TCP_ACK, 1, 1 },
	};
	static const struct {
		uint32_t seq, ack, next;
	} at[] = { { 1000, 2000, 1000 }, { 1000, 2000, 990 }, { UINT32_MAX - 3, 5, UINT32_MAX - 3 }, { 0, UINT32_MAX, 7 } };
	PKT_EACH_FAMILY(f)
	for (unsigned swapped = 0; swapped < 2; swapped++)
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
			for (size_t k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
				struct pkt room;
				const bool ack = (row[i].flags & TCP_ACK) != 0;
				const struct pkt_tcp t = { .seq = at[k].seq, .ack = at[k].ack, .flags = row[i].flags,
							   .win = 9, .data = pkt_text, .n_data = row[i].n_data };
				const struct packet p = reject(&room, f, swapped != 0, &t, at[k].next);
				const struct tuple back = tuple_reverse(&p.tuple);
				check_one(&to_receiver, f, &p.tuple, at[k].next, ack ? at[k].ack : 0);
				check_one(&to_sender, f, &back, ack ? at[k].ack : 0, at[k].seq + row[i].len);
			}
}

/* Options and extension headers of the packet are not repeated. */
static void test_options(void)
{
	static const uint8_t opts[] = { 2, 4, 5, 180, 1, 1, 1, 0 }, pad[7] = { 0, 1, 4 };
	PKT_EACH_FAMILY(f)
	{
		struct pkt k;
		struct packet p;
		const struct pkt_tcp t = { .sport = 57218, .dport = 102, .seq = 50, .ack = 60, .flags = TCP_ACK, .opts = opts,
					   .n_opts = sizeof(opts), .data = pkt_text, .n_data = PKT_N_TEXT };
		pkt_flow(&k, f, false, 6);
		if (f == 6)
			pkt_ext(&k, 60, pad, sizeof(pad) + 1);
		pkt_tcp(&k, &t);
		pkt_finish(&k);
		CU_ASSERT_EQUAL_FATAL(pkt_decode(&k, &p), REASON_NONE);
		reset_make(&p, 50, &to_receiver, &to_sender);
		const struct tuple back = tuple_reverse(&p.tuple);
		check_one(&to_receiver, f, &p.tuple, 50, 60);
		check_one(&to_sender, f, &back, 60, 50 + PKT_N_TEXT);
	}
}

/* IPv4: no fragments of it, a time to live of its own; IPv6: hop limit, no flow label of the sender's. */
static void test_headers(void)
{
	struct pkt k;
	(void)reject(&k, 4, false, &(struct pkt_tcp){ .seq = 1, .ack = 2, .flags = TCP_ACK }, 1);
	CU_ASSERT_EQUAL(to_sender.ip[0], 0x45);
	CU_ASSERT_EQUAL(to_sender.ip[6], 0x40);
	CU_ASSERT_EQUAL(to_sender.ip[8], 64);
	(void)reject(&k, 6, false, &(struct pkt_tcp){ .seq = 1, .ack = 2, .flags = TCP_ACK }, 1);
	CU_ASSERT_EQUAL(to_sender.ip[0], 0x60);
	CU_ASSERT_EQUAL(to_sender.ip[1] | to_sender.ip[2] | to_sender.ip[3], 0);
	CU_ASSERT_EQUAL(to_sender.ip[7], 64);
}

static void no_end(void *arg, struct session *s, enum session_end why)
{
	(void)arg;
	(void)s;
	(void)why;
}

/* A connection that was seen from its SYN on: a tracker of TCP takes both resets for its end. */
static void test_ends_session(void)
{
	PKT_EACH_FAMILY(f)
	for (unsigned which = 0; which < 2; which++) {
		struct session_cfg sc;
		struct pkt k;
		enum dir d;
		session_cfg_default(&sc);
		sc.max = 4;
		struct session_table *t = session_table_new(&sc, mono_ns(1), no_end, NULL);
		struct packet p = pkt_segment(&k, f, false, &(struct pkt_tcp){ .seq = 100, .flags = TCP_SYN, .win = 1000 });
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		struct session *s = session_open(t, &p, DIR_ORIG, 1, mono_ns(1));
		p = pkt_segment(&k, f, true, &(struct pkt_tcp){ .seq = 500, .ack = 101, .flags = TCP_SYN | TCP_ACK, .win = 1000 });
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		session_packet(t, s, DIR_REPLY, &p, mono_ns(2));
		p = pkt_segment(&k, f, false, &(struct pkt_tcp){ .seq = 101, .ack = 501, .flags = TCP_ACK, .win = 1000 });
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		session_packet(t, s, DIR_ORIG, &p, mono_ns(3));
		const unsigned before = session_proto_state(s);
		const struct pkt_tcp bad = { .seq = 101, .ack = 501, .flags = TCP_ACK, .win = 9, .data = pkt_text, .n_data = 17 };
		(void)reject(&k, f, false, &bad, 101);
		const struct packet r = read_back(which == 0 ? &to_receiver : &to_sender);
		CU_ASSERT_PTR_EQUAL(session_find(t, &r.tuple, &d), s);
		CU_ASSERT_EQUAL(d, which == 0 ? DIR_ORIG : DIR_REPLY);
		session_packet(t, s, d, &r, mono_ns(4));
		CU_ASSERT_NOT_EQUAL(session_proto_state(s), before);
		CU_ASSERT_EQUAL(s->s.timeout_s, sc.timeout_s[ST_TCP_TIMEWAIT]);
		session_table_free(t);
	}
}

UNIT_MAIN({ "sequence numbers", test_numbers }, { "options are not repeated", test_options }, { "headers", test_headers },
	  { "a tracker takes them for the end", test_ends_session })
