/* test_session.c - sessions: opening, finding, counting, state, credit, expiry, growth. */
#include "forward/session.h"

#include <stdlib.h>

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

#define SEC(n) ((mono_t){ (int64_t)((n) * 1e9) })
#define MS(n) ((mono_t){ (n) * NS_PER_MS })

/* What the end callback has seen. */
struct ends {
	struct session_table *t;
	size_t n;
	uint64_t serial[16];
	enum session_end why[16];
	uint64_t close_too; /* serial number of a session that the callback closes as well */
};

static void on_end(void *arg, struct session *s, enum session_end why)
{
	struct ends *e = arg;
	if (e->n < ARRAY_LEN(e->serial)) {
		e->serial[e->n] = s->s.serial;
		e->why[e->n] = why;
	}
	e->n++;
	struct session *other = e->close_too != 0 ? session_by_serial(e->t, e->close_too) : NULL;
	e->close_too = 0;
	if (other != NULL)
		session_close(e->t, other, END_CLEARED);
}

static struct session_table *table(uint32_t max, struct ends *e)
{
	struct session_cfg cfg;
	session_cfg_default(&cfg);
	cfg.key = hash_key_of_seed(1);
	cfg.max = max;
	struct session_table *t = session_table_new(&cfg, SEC(0), e != NULL ? on_end : NULL, e);
	if (e != NULL)
		*e = (struct ends){ .t = t };
	return t;
}

/* A decoded packet whose octets stay in k. */
static struct packet segment(struct pkt *k, int family, bool reply, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct packet p = pkt_segment(k, family, reply, &(struct pkt_tcp){ .flags = flags, .seq = seq, .ack = ack });
	p.ifin = reply ? 9 : 10;
	p.ifout = reply ? 10 : 9;
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

static struct packet datagram(struct pkt *k, int family, bool reply, uint16_t client_port)
{
	pkt_flow(k, family, reply, 17);
	pkt_udp(k, reply ? 53 : client_port, reply ? client_port : 53, "x", 1);
	pkt_finish(k);
	struct packet p = pkt_packet(k);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

static struct packet echo(struct pkt *k, int family, bool reply)
{
	uint8_t type = family == 4 ? (reply ? 0 : 8) : (reply ? 129 : 128);
	pkt_flow(k, family, reply, family == 4 ? 1 : 58);
	pkt_icmp(k, type, 0, 2019u << 16, "ping", 4);
	pkt_finish(k);
	struct packet p = pkt_packet(k);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

static void test_open(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k;
		struct session_table *t = table(10, NULL);
		struct packet p = segment(&k, f, false, TCP_SYN, 0, 0);
		p.has_mac = true;
		p.src_mac[5] = 1;
		p.dst_mac[5] = 2;
		p.vlan = 5;
		p.tos = 0x20;
		enum dir d;
		CU_ASSERT_PTR_NULL(session_find(t, &p.tuple, &d));
		struct session *s = session_open(t, &p, DIR_ORIG, 2, SEC(5));
		CU_ASSERT_PTR_EQUAL(session_find(t, &p.tuple, &d), s);
		CU_ASSERT_EQUAL(d, DIR_ORIG);
		struct tuple back = tuple_reverse(&p.tuple);
		CU_ASSERT_PTR_EQUAL(session_find(t, &back, &d), s);
		CU_ASSERT_EQUAL(d, DIR_REPLY);
		CU_ASSERT_PTR_EQUAL(session_by_serial(t, 1), s);
		CU_ASSERT_PTR_NULL(session_by_serial(t, 2));
		CU_ASSERT(s->s.serial == 1 && s->s.policy_id == 2 && s->s.flags == SF_SYN_SES);
		CU_ASSERT(!session_larval(t, s) && s->ips == NULL);
		CU_ASSERT(s->s.ifin[0] == 10 && s->s.ifin[1] == 9);
		CU_ASSERT(s->s.n[0].packets == 1 && s->s.n[0].bytes == k.len && s->s.n[0].allow_err == 1);
		CU_ASSERT(s->s.n[1].packets == 0 && s->s.n[1].bytes == 0 && s->s.n[1].allow_err == 0);
		CU_ASSERT(s->s.src_mac[5] == 1 && s->s.dst_mac[5] == 2 && s->s.vlan == 5 && s->s.tos[0] == 0x20);
		CU_ASSERT(s->s.start.ns == SEC(5).ns && s->s.last.ns == SEC(5).ns && s->s.last_dir[0].ns == SEC(5).ns);
		CU_ASSERT(s->s.timeout_s == 10 && s->s.expires.ns == SEC(15).ns);
		CU_ASSERT_EQUAL(session_proto_state(s), TCPS_SYN_SENT);
		CU_ASSERT_EQUAL(session_count(t), 1);
		p.tuple.vdom = 1;
		CU_ASSERT_PTR_NULL(session_find(t, &p.tuple, &d));
		session_table_free(t);
	}
	session_table_free(NULL);
}

/* Picked up at the answer: the session has the direction of the client all the same. */
static void test_open_at_answer(void)
{
	struct pkt k;
	struct session_table *t = table(10, NULL);
	struct packet p = segment(&k, 4, true, TCP_SYN | TCP_ACK, 0, 1);
	p.has_mac = true;
	p.src_mac[5] = 1;
	p.dst_mac[5] = 2;
	struct session *s = session_open(t, &p, DIR_REPLY, 2, SEC(5));
	enum dir d;
	CU_ASSERT(session_find(t, &p.tuple, &d) == s && d == DIR_REPLY);
	CU_ASSERT(s->s.tuple[DIR_ORIG].sport == 57218 && s->s.tuple[DIR_ORIG].dport == 102);
	CU_ASSERT(s->s.ifin[0] == 10 && s->s.ifin[1] == 9);
	CU_ASSERT(s->s.n[0].packets == 0 && s->s.n[0].allow_err == 0 && s->s.n[1].packets == 1 && s->s.n[1].allow_err == 1);
	CU_ASSERT(s->s.src_mac[5] == 2 && s->s.dst_mac[5] == 1 && s->s.flags == 0 && s->s.tcp.midstream);
	CU_ASSERT(!s->s.tcp.end[DIR_ORIG].seen && s->s.tcp.end[DIR_REPLY].seen && s->s.tcp.end[DIR_REPLY].state == TCPS_SYN_RECV);
	p = segment(&k, 4, false, TCP_ACK, 1, 1);
	session_packet(t, s, DIR_ORIG, &p, SEC(6));
	CU_ASSERT(session_proto_state(s) == TCPS_ESTABLISHED && s->s.tcp.end[DIR_REPLY].state == TCPS_ESTABLISHED);
	session_table_free(t);
}

static void test_tcp_timers(void)
{
	static const struct {
		bool reply;
		uint8_t flags;
		uint32_t seq, ack;
		unsigned state, timeout;
	} rows[] = {
		{ false, TCP_SYN, 0, 0, TCPS_SYN_SENT, 10 },
		{ true, TCP_SYN | TCP_ACK, 0, 1, TCPS_SYN_RECV, 10 },
		{ false, TCP_ACK, 1, 1, TCPS_ESTABLISHED, 3600 },
		{ true, TCP_ACK, 1, 1, TCPS_ESTABLISHED, 3600 },
		{ false, TCP_FIN | TCP_ACK, 1, 1, TCPS_FIN_WAIT, 120 },
		{ true, TCP_ACK, 1, 2, TCPS_CLOSE_WAIT, 120 },
		{ true, TCP_FIN | TCP_ACK, 1, 2, TCPS_LAST_ACK, 120 },
		{ false, TCP_ACK, 2, 2, TCPS_TIME_WAIT, 1 },
	};
	struct ends e;
	struct session_table *t = table(10, &e);
	struct session *s = NULL;
	struct pkt k;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct packet p = segment(&k, 4, rows[i].reply, rows[i].flags, rows[i].seq, rows[i].ack);
		mono_t now = SEC(i + 1);
		enum dir d;
		if (i == 0)
			s = session_open(t, &p, DIR_ORIG, 1, now);
		else
			session_packet(t, s, session_find(t, &p.tuple, &d) == s ? d : DIR_ORIG, &p, now);
		CU_ASSERT_EQUAL(session_proto_state(s), rows[i].state);
		CU_ASSERT(s->s.timeout_s == rows[i].timeout && s->s.expires.ns == now.ns + rows[i].timeout * NS_PER_SEC);
		CU_ASSERT(s->s.last.ns == now.ns && s->s.last_dir[rows[i].reply].ns == now.ns);
	}
	CU_ASSERT(s->s.n[0].packets == 4 && s->s.n[1].packets == 4 && s->s.n[1].bytes == 4 * k.len);
	s->s.inspected = true;
	CU_ASSERT_EQUAL(session_proto_state(s), 15);
	/* The established timer stood an hour ahead: the end comes a second after the last ACK all the same. */
	session_tick(t, MS(8990));
	CU_ASSERT_EQUAL(e.n, 0);
	session_tick(t, MS(9000));
	CU_ASSERT(e.n == 1 && e.why[0] == END_TIMEOUT && session_count(t) == 0);
	session_table_free(t);
}

static void test_other_timers(void)
{
	struct session_table *t = table(10, NULL);
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k;
		struct packet p = datagram(&k, f, false, 1000);
		struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		CU_ASSERT(s->s.timeout_s == 180 && session_proto_state(s) == 0);
		p = datagram(&k, f, false, 1000);
		session_packet(t, s, DIR_ORIG, &p, SEC(2));
		CU_ASSERT_EQUAL(session_proto_state(s), 0);
		p = datagram(&k, f, true, 1000);
		session_packet(t, s, DIR_REPLY, &p, SEC(3));
		CU_ASSERT_EQUAL(session_proto_state(s), 1);

		p = echo(&k, f, false);
		s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		CU_ASSERT(s->s.timeout_s == 30 && session_proto_state(s) == 0);
		enum dir d;
		p = echo(&k, f, true);
		CU_ASSERT_PTR_EQUAL(session_find(t, &p.tuple, &d), s);
		CU_ASSERT_EQUAL(d, DIR_REPLY);
		session_packet(t, s, d, &p, SEC(2));
		CU_ASSERT_EQUAL(session_proto_state(s), 0);

		pkt_flow(&k, f, false, 89);
		pkt_add(&k, "ospf", 4);
		pkt_finish(&k);
		p = pkt_packet(&k);
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		CU_ASSERT(s->s.timeout_s == 60 && session_proto_state(s) == 0);
	}
	session_table_free(t);
}

/* The scenario of "ICMP control plane messages for an established session": one error a packet. */
static void test_icmp_credit(void)
{
	for (int f = 4; f <= 6; f += 2) {
		struct pkt k, e;
		struct session_table *t = table(10, NULL);
		struct packet p = datagram(&k, f, false, 1000);
		struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		/* The server side sends an error that quotes the client's packet. */
		pkt_flow(&e, f, true, f == 4 ? 1 : 58);
		pkt_icmp(&e, f == 4 ? 3 : 1, 3, 0, k.b, k.len);
		pkt_finish(&e);
		struct packet error = pkt_packet(&e);
		CU_ASSERT_EQUAL(packet_decode(&error), REASON_NONE);
		enum dir d;
		CU_ASSERT(error.icmp_error);
		CU_ASSERT_PTR_NULL(session_find(t, &error.tuple, &d));
		CU_ASSERT_PTR_EQUAL(session_find(t, &error.quoted, &d), s);
		CU_ASSERT_EQUAL(d, DIR_ORIG);
		CU_ASSERT(session_icmp_error(s, d));
		CU_ASSERT_EQUAL(s->s.n[0].allow_err, 0);
		CU_ASSERT(!session_icmp_error(s, d));
		CU_ASSERT(!session_icmp_error(s, DIR_REPLY)); /* the server has sent nothing that could fail */
		struct packet r = datagram(&k, f, true, 1000);
		session_packet(t, s, DIR_REPLY, &r, SEC(2));
		CU_ASSERT(!session_icmp_error(s, DIR_ORIG));
		CU_ASSERT(session_icmp_error(s, DIR_REPLY));
		session_packet(t, s, DIR_ORIG, &p, SEC(3));
		session_packet(t, s, DIR_ORIG, &p, SEC(3));
		CU_ASSERT(session_icmp_error(s, DIR_ORIG));
		CU_ASSERT(!session_icmp_error(s, DIR_ORIG));
		CU_ASSERT(s->s.n[0].packets == 3 && s->s.expires.ns == SEC(183).ns); /* errors neither count nor keep alive */
		session_table_free(t);
	}
}

static void test_full(void)
{
	struct pkt k;
	struct ends e;
	struct session_table *t = table(2, &e);
	struct packet p[3];
	for (uint16_t i = 0; i < 3; i++)
		p[i] = datagram(&k, 4, false, (uint16_t)(1000 + i));
	CU_ASSERT_PTR_NOT_NULL(session_open(t, &p[0], DIR_ORIG, 1, SEC(1)));
	struct session *b = session_open(t, &p[1], DIR_ORIG, 1, SEC(1));
	CU_ASSERT_PTR_NULL(session_open(t, &p[2], DIR_ORIG, 1, SEC(1)));
	CU_ASSERT(session_refused(t) == 1 && session_count(t) == 2 && session_last_serial(t) == 2);
	session_close(t, b, END_CLEARED);
	CU_ASSERT(e.n == 1 && e.serial[0] == 2 && e.why[0] == END_CLEARED && session_count(t) == 1);
	struct session *c = session_open(t, &p[2], DIR_ORIG, 1, SEC(1));
	CU_ASSERT(c != NULL && c->s.serial == 3); /* a number is never given twice */
	enum dir d;
	CU_ASSERT_PTR_NULL(session_find(t, &p[1].tuple, &d));
	CU_ASSERT_PTR_EQUAL(session_find(t, &p[2].tuple, &d), c);
	session_table_free(t);
}

static void test_reopen(void)
{
	struct pkt k;
	struct session_table *t = table(4, NULL);
	struct packet syn = segment(&k, 4, false, TCP_SYN, 0, 0), synack = segment(&k, 4, true, TCP_SYN | TCP_ACK, 0, 1),
		      rst = segment(&k, 4, true, TCP_RST | TCP_ACK, 1, 1), ack = segment(&k, 4, false, TCP_ACK, 1, 1);
	struct session *s = session_open(t, &syn, DIR_ORIG, 1, SEC(1));
	for (unsigned st = 0; st < TCPS_N; st++) {
		s->s.tcp.state = (uint8_t)st;
		bool over = st == TCPS_TIME_WAIT || st == TCPS_CLOSE;
		CU_ASSERT_EQUAL(session_reopens(s, &syn), over);
		CU_ASSERT(!session_reopens(s, &synack) && !session_reopens(s, &rst) && !session_reopens(s, &ack));
	}
	s->s.tcp.state = TCPS_CLOSE;
	struct packet u = datagram(&k, 4, false, 1000);
	CU_ASSERT(!session_reopens(s, &u));
	session_close(t, s, END_CLOSED);
	struct session *again = session_open(t, &syn, DIR_ORIG, 1, SEC(2));
	enum dir d;
	CU_ASSERT(again->s.serial == 2 && session_find(t, &syn.tuple, &d) == again && session_proto_state(again) == TCPS_SYN_SENT);
	session_table_free(t);
}

/* Both directions of one tuple are the same when both ends are. */
static void test_self(void)
{
	struct pkt k;
	struct session_table *t = table(4, NULL);
	pkt_ip(&k, 4, "10.0.0.1", "10.0.0.1", 17);
	pkt_udp(&k, 7, 7, "x", 1);
	pkt_finish(&k);
	struct packet p = pkt_packet(&k);
	enum dir d;
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
	CU_ASSERT(session_find(t, &p.tuple, &d) == s && d == DIR_ORIG);
	session_close(t, s, END_CLEARED);
	CU_ASSERT_PTR_NULL(session_find(t, &p.tuple, &d));
	session_table_free(t);
}

static void test_time_back(void)
{
	struct pkt k;
	struct session_table *t = table(4, NULL);
	struct packet p = datagram(&k, 4, false, 1000);
	struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(10));
	session_packet(t, s, DIR_ORIG, &p, SEC(4));
	CU_ASSERT(s->s.last.ns == SEC(10).ns && s->s.expires.ns == SEC(190).ns && s->s.n[0].packets == 2);
	session_table_free(t);
}

/* The end comes in the same tick whether the timer was armed once or moved on many times. */
static void test_exact_end(void)
{
	struct pkt k;
	for (int64_t late = 0; late < 25; late++) {
		struct ends e;
		struct session_table *t = table(4, &e);
		struct packet p = echo(&k, 4, false);
		struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		for (int64_t at = 1100; at <= 40000; at += 700) {
			session_packet(t, s, DIR_ORIG, &p, MS(at));
			session_tick(t, MS(at));
		}
		mono_t last = MS(40000 + late);
		session_packet(t, s, DIR_ORIG, &p, last);
		int64_t tick = (last.ns + 30 * NS_PER_SEC + SESSION_TICK_NS - 1) / SESSION_TICK_NS;
		session_tick(t, mono_ns(tick * SESSION_TICK_NS - 1));
		CU_ASSERT_EQUAL(e.n, 0);
		session_tick(t, mono_ns(tick * SESSION_TICK_NS));
		CU_ASSERT_EQUAL(e.n, 1);
		session_table_free(t);
	}
}

/* Sessions of one tick end by serial number, whatever the order in which their timers were armed. */
static void test_order(void)
{
	struct pkt k;
	struct ends e;
	struct session_table *t = table(16, &e);
	struct session *s[8];
	struct packet p[8];
	for (uint16_t i = 0; i < 8; i++) {
		p[i] = datagram(&k, 4, false, (uint16_t)(1000 + i));
		s[i] = session_open(t, &p[i], DIR_ORIG, 1, MS(1000 + i * 100));
		CU_ASSERT_EQUAL(s[i]->s.serial, i + 1);
	}
	static const unsigned shuffle[] = { 3, 7, 0, 5, 1, 6, 4 };
	for (size_t i = 0; i < ARRAY_LEN(shuffle); i++)
		session_packet(t, s[shuffle[i]], DIR_ORIG, &p[shuffle[i]], MS(5000));
	session_tick(t, SEC(1000)); /* one step over all of it */
	CU_ASSERT_EQUAL(e.n, 8);
	static const uint64_t want[] = { 3, 1, 2, 4, 5, 6, 7, 8 };
	CU_ASSERT(memcmp(e.serial, want, sizeof(want)) == 0);
	session_table_free(t);
}

/* A callback may close others, those that are about to end themselves as well. */
static void test_close_in_callback(void)
{
	static const struct {
		uint64_t first, too, order[3];
	} rows[] = { { 1, 2, { 1, 2, 3 } }, { 1, 3, { 1, 3, 2 } }, { 1, 1, { 1, 2, 3 } } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pkt k;
		struct ends e;
		struct session_table *t = table(16, &e);
		for (uint16_t n = 0; n < 3; n++) {
			struct packet p = datagram(&k, 4, false, (uint16_t)(1000 + n));
			CU_ASSERT_PTR_NOT_NULL(session_open(t, &p, DIR_ORIG, 1, SEC(1)));
		}
		e.close_too = rows[i].too;
		session_tick(t, SEC(500));
		CU_ASSERT(e.n == 3 && session_count(t) == 0);
		CU_ASSERT(memcmp(e.serial, rows[i].order, sizeof(rows[i].order)) == 0);
		session_table_free(t);
	}
}

static void test_list(void)
{
	struct pkt k;
	struct session_table *t = table(16, NULL);
	struct session *mid = NULL;
	CU_ASSERT_PTR_NULL(session_next(t, NULL));
	for (uint16_t i = 0; i < 5; i++) {
		struct packet p = datagram(&k, 4, false, (uint16_t)(1000 + i));
		struct session *s = session_open(t, &p, DIR_ORIG, 1, SEC(1));
		mid = i == 2 ? s : mid;
	}
	session_close(t, mid, END_CLEARED);
	static const uint64_t want[] = { 1, 2, 4, 5 };
	size_t n = 0;
	for (struct session *s = NULL; (s = session_next(t, s)) != NULL && n < 5; n++)
		CU_ASSERT_EQUAL(s->s.serial, want[n]);
	CU_ASSERT_EQUAL(n, 4);
	session_set_last_serial(t, 3);
	CU_ASSERT_EQUAL(session_last_serial(t), 5);
	session_set_last_serial(t, 0x8a9e);
	struct packet p = datagram(&k, 4, false, 2000);
	CU_ASSERT_EQUAL(session_open(t, &p, DIR_ORIG, 1, SEC(1))->s.serial, 35487);
	session_table_free(t);
}

enum { MANY = 100000 };

static struct packet numbered(uint32_t i)
{
	struct packet p = { .ip_len = 100, .tuple = { .family = 4, .proto = 17, .sport = (uint16_t)i, .dport = 53 } };
	p.tuple.src.b[0] = 10;
	p.tuple.src.b[2] = (uint8_t)(i >> 16);
	p.tuple.dst.b[0] = 11;
	return p;
}

/* Growth by splitting buckets: all are found at every size, in both directions and by number. */
static void test_growth(void)
{
	struct ends e;
	struct session_table *t = table(MANY, &e);
	size_t lost = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		struct packet p = numbered(i);
		struct session *s = session_open(t, &p, DIR_ORIG, 1, MS(i));
		lost += s == NULL;
		for (uint32_t back = 1; back <= i; back = back * 3 + 1) {
			enum dir d;
			struct packet q = numbered(i - back);
			struct tuple r = tuple_reverse(&q.tuple);
			s = session_find(t, &q.tuple, &d);
			lost += s == NULL || d != DIR_ORIG || s->s.serial != i - back + 1;
			s = session_find(t, &r, &d);
			lost += s == NULL || d != DIR_REPLY || session_by_serial(t, i - back + 1) != s;
		}
	}
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(session_count(t), MANY);
	/* They were opened a millisecond apart and end so, ten a tick. */
	size_t wrong = 0;
	for (uint32_t i = 0; i <= MANY; i += 10) {
		session_tick(t, MS(180000 + i));
		wrong += e.n != (i < MANY ? i + 1 : MANY);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(session_count(t), 0);
	for (uint32_t i = 0; i < MANY; i += 1000) {
		struct packet p = numbered(i);
		enum dir d;
		CU_ASSERT_PTR_NULL(session_find(t, &p.tuple, &d));
	}
	session_table_free(t);
}

UNIT_MAIN({ "opening and finding", test_open }, { "picked up at the answer", test_open_at_answer },
	  { "TCP states and timers", test_tcp_timers }, { "other protocols", test_other_timers },
	  { "one ICMP error a packet", test_icmp_credit }, { "full", test_full }, { "port reuse", test_reopen },
	  { "both ends alike", test_self }, { "time that goes back", test_time_back },
	  { "the end is exact", test_exact_end }, { "order of ends", test_order },
	  { "closing in the callback", test_close_in_callback }, { "the list", test_list }, { "100,000 sessions", test_growth })
