/* test_rejoin.c - very many sessions of every kind, and a standby that joins, is lost, and comes back: caught up from the resend
 * queue, or with the whole table when that has overflowed, while sessions go on, begin and end. Then the active node dies.
 *
 * Beside the pair a third node gets the same packets and never fails: what the pair lets by, writes and holds is what that one
 * does, packet by packet. A session that is lost shows.
 */
#include "tests/unit/replica_rig.h"

enum { MANY = 20000, FEW = 1200, MORE = 5000, ROOM = MANY + MORE, KINDS = 12 };
enum { BULK = 256, STIRRED = 24, QUEUED = 300 }; /* sessions a step, steps of others beside it, batches that are missed */
enum { ISN = 100, ISN_REPLY = 500, BASE_PORT = 2000 };

/* --- what each kind of session does ------------------------------------------------------------------------------------- */

enum kind { HALF_OPEN, PATTERN, CLOSED, HOLE, TAGGED, HTTP, S7, ICCP, MMS_CUT, UDP, ECHO, FRAGMENT };
enum what { SEG, HEX, DATAGRAM, PING, FIRST, LAST, END };

/* Of a segment seq and ack count from its streams' first octets. */
struct step {
	uint8_t what, flags, reply;
	uint16_t seq, ack;
	const char *text;
};

#define SYN_   { SEG, TCP_SYN, 0, 0xffff, 0, "" }
#define OPEN_  SYN_, { SEG, TCP_SYN | TCP_ACK, 1, 0xffff, 0, "" }, { SEG, TCP_ACK, 0, 0, 0, "" }
#define SAY(seq, ack, text) { SEG, TCP_ACK, 0, seq, ack, text }
#define ANSWER(seq, ack, text) { SEG, TCP_ACK, 1, seq, ack, text }
#define RESET(seq) { SEG, TCP_RST | TCP_ACK, 0, seq, 0, "" }

static const struct step half_open[] = { SYN_, SYN_, { SEG, TCP_SYN | TCP_ACK, 1, 0xffff, 0, "" }, SAY(0, 0, "left"),
					 { .what = END } };
static const struct step pattern[] = { OPEN_, SAY(0, 0, "left"), ANSWER(0, 4, "one"), SAY(4, 3, "right"), ANSWER(3, 9, "two"),
				       RESET(9), { .what = END } };
static const struct step closed[] = { OPEN_, SAY(0, 0, "x"),
				      { SEG, TCP_FIN | TCP_ACK, 0, 1, 0, "" },
				      { SEG, TCP_FIN | TCP_ACK, 1, 0, 2, "" }, SAY(2, 1, ""),
				      { SEG, TCP_FIN | TCP_ACK, 0, 1, 1, "" }, SYN_, { .what = END } };
static const struct step hole[] = { OPEN_, SAY(7, 0, " right"), SAY(20, 0, "far"), SAY(0, 0, "leftxxx"),
				    SAY(13, 0, "seven o"), ANSWER(0, 23, ""), { .what = END } };
static const struct step tagged[] = { OPEN_, SAY(0, 0, "left right"), ANSWER(0, 10, "KI"), SAY(10, 2, "again"), ANSWER(2, 15, "LL"),
				      ANSWER(2, 15, "LL"), SAY(15, 2, "again"), { .what = END } };
static const struct step http[] = { OPEN_, SAY(0, 0, "GET /val"), SAY(8, 0, "ue HTTP/1.1\r\n"), SAY(21, 0, "Host: a\r\n\r\n"),
				    ANSWER(0, 32, "HTTP/1.1 200 OK\r\n\r\n"), RESET(32), { .what = END } };
static const struct step s7[] = { OPEN_, { HEX, TCP_ACK, 0, 0, 0, "0300001611e00000000100c0010ac1020001c2020001" },
				  { HEX, TCP_ACK, 1, 0, 22, "0300001611d00001123400c0010ac1020001c2020001" },
				  { HEX, TCP_ACK, 0, 22, 22, "0300001902f08032010000" },
				  { HEX, TCP_ACK, 0, 33, 22, "010000080000f0000001000101e0" },
				  { HEX, TCP_ACK, 1, 22, 47, "0300001b02f080320300000100" },
				  { HEX, TCP_ACK, 1, 35, 47, "00080000" "0000" "f0000001000100f0" }, { .what = END } };
static const struct step udp[] = { { DATAGRAM, 0, 0, 0, 0, "le" }, { DATAGRAM, 0, 0, 0, 0, "to the left" },
				   { DATAGRAM, 0, 1, 0, 0, "answer" }, { DATAGRAM, 0, 0, 0, 0, "left" }, { .what = END } };
static const struct step echo[] = { { PING, 0, 0, 0, 0, "ping" }, { PING, 0, 1, 0, 0, "ping" }, { PING, 0, 0, 0, 0, "ping" },
				    { .what = END } };
static const struct step fragment[] = { { .what = FIRST }, { .what = LAST }, { .what = FIRST }, { .what = LAST }, { .what = END } };

static const struct step *const script_of[KINDS] = {
	[HALF_OPEN] = half_open, [PATTERN] = pattern, [CLOSED] = closed, [HOLE] = hole, [TAGGED] = tagged, [HTTP] = http, [S7] = s7,
	[UDP] = udp, [ECHO] = echo, [FRAGMENT] = fragment,
};
/* So many steps before a standby joins; of an association one that depends on the flow, cut in the middle of a message. */
static const uint8_t steps_before[KINDS] = { [HALF_OPEN] = 1, [PATTERN] = 4, [CLOSED] = 6, [HOLE] = 5, [TAGGED] = 4, [HTTP] = 4,
					     [S7] = 6, [UDP] = 1, [ECHO] = 1, [FRAGMENT] = 1 };

/* An association's: three of its opening, then two of each message. */
enum { MESSAGES = 20 };
static struct step association[3 + 2 * MESSAGES + 1];
static char message[2 * MESSAGES][600];

static void make_association(void)
{
	static const struct step open[] = { OPEN_ };
	uint16_t seq[DIR_N] = { 0, 0 };
	memcpy(association, open, sizeof(open));
	for (unsigned m = 0; m < MESSAGES; m++) {
		const char *hex = dec_vectors[m].hex;
		const enum dir d = dec_vectors[m].dir == 'O' ? DIR_ORIG : DIR_REPLY;
		const size_t octets = strlen(hex) / 2, cut = octets / 3 + m % 3;
		snprintf(message[2 * m], sizeof(message[0]), "%.*s", (int)(2 * cut), hex);
		snprintf(message[2 * m + 1], sizeof(message[0]), "%s", hex + 2 * cut);
		for (unsigned half = 0; half < 2; half++) {
			const uint16_t at = (uint16_t)(seq[d] + (half == 0 ? 0 : cut));
			association[3 + 2 * m + half] = (struct step){ HEX, TCP_ACK, d == DIR_REPLY, at, seq[dir_other(d)],
								       message[2 * m + half] };
		}
		seq[d] = (uint16_t)(seq[d] + octets);
	}
	association[3 + 2 * MESSAGES].what = END;
}

static enum kind kind_of(unsigned i)
{
	return i % KINDS == FRAGMENT && i % (2 * KINDS) != FRAGMENT ? UDP : (enum kind)(i % KINDS);
}

static const struct step *steps_of(unsigned i)
{
	const struct step *s = script_of[kind_of(i)];
	return s != NULL ? s : association;
}

static unsigned before(unsigned i)
{
	const enum kind k = kind_of(i);
	const unsigned nth = i / KINDS;
	if (k == ICCP || k == MMS_CUT)
		return 4 + 2 * (nth % (k == ICCP ? MESSAGES - 1 : 6));
	return steps_before[k] + (k == CLOSED ? nth % 2 : 0); /* every other one is over in a second */
}

static void build(struct pkt *k, unsigned i, const struct step *s, struct packet *p)
{
	const uint16_t port = (uint16_t)(BASE_PORT + i);
	const bool back = s->reply != 0;
	uint8_t octets[600];
	const char *text = s->text != NULL ? s->text : "";
	if (s->what == SEG || s->what == HEX) {
		const size_t n = s->what == HEX ? unhex(text, octets, sizeof(octets)) : strlen(text);
		struct rig g = { .cport = port, .sport = 102, .family = 4 };
		const uint32_t isn = back ? ISN_REPLY : ISN, other = back ? ISN : ISN_REPLY;
		const struct pkt_tcp t = { .seq = isn + 1 + (s->seq == 0xffff ? UINT32_MAX : s->seq),
					   .ack = (s->flags & TCP_ACK) != 0 ? other + 1 + s->ack : 0,
					   .flags = s->flags,
					   .data = s->what == HEX ? (const void *)octets : text,
					   .n_data = n };
		*p = rig_build(k, &g, back ? DIR_REPLY : DIR_ORIG, &t);
		return;
	}
	struct pkt whole;
	if (s->what != DATAGRAM && s->what != PING)
		text = "one half is to the left of the other";
	pkt_flow(&whole, 4, back, s->what == PING ? 1 : 17);
	if (s->what == PING)
		pkt_icmp(&whole, back ? 0 : 8, 0, (uint32_t)i << 16 | 1, text, strlen(text));
	else
		pkt_udp(&whole, back ? 6000 : port, back ? port : 6000, text, strlen(text));
	pkt_finish(&whole);
	*k = whole;
	if (s->what == FIRST || s->what == LAST)
		pkt_fragment(k, &whole, i, s->what == FIRST ? 0 : 24, s->what == FIRST ? 24 : 20, s->what == FIRST);
	*p = pkt_packet(k);
	p->ifin = back ? 9 : 10;
	p->ifout = back ? 10 : 9;
}

/* --- the pair, and who never fails ----------------------------------------------------------------------------------------- */

static struct side c;
static struct {
	unsigned n;              /* sessions that have begun */
	uint8_t at[ROOM];        /* steps taken */
	unsigned turn;           /* whose it is */
	unsigned n_other;        /* packets that the pair judges otherwise */
	mono_t now;
	struct side *active;
	bool quiet;              /* a difference is what is asked for */
} t;

static struct verdict judge(struct side *s, struct packet p)
{
	p.nr = ++s->r.packet_nr;
	s->now = p.at;
	return engine_packet(s->r.engine, &p);
}

/* The next step of session i, if it has one. */
static bool step(unsigned i)
{
	const struct step *s = &steps_of(i)[t.at[i]];
	struct pkt k;
	struct packet p;
	if (s->what == END)
		return false;
	build(&k, i, s, &p);
	p.at = t.now = mono_add(t.now, 20 * NS_PER_US);
	const struct verdict x = judge(t.active, p), y = judge(&c, p);
	const struct span rx = x.rewritten, ry = y.rewritten;
	const bool same = x.pass == y.pass && x.held == y.held && x.reset == y.reset && x.reason == y.reason &&
			  x.reset_seq == y.reset_seq && x.n_release == y.n_release && rx.len == ry.len &&
			  (rx.len == 0 || memcmp(rx.p, ry.p, rx.len) == 0);
	if (!same && t.n_other++ < 5 && !t.quiet)
		printf("# session %u of kind %u, step %u: %s, not %s\n", i, kind_of(i), t.at[i], reason_name(x.reason),
		       reason_name(y.reason));
	t.at[i]++;
	return true;
}

static void tick(void)
{
	engine_tick(t.active->r.engine, t.now);
	engine_tick(c.r.engine, t.now);
}

/* Some sessions go on, here and there, some end with that, and one begins. */
static void stir(unsigned steps)
{
	for (unsigned k = 0; k < steps; k++) {
		t.turn = (t.turn + 7919) % t.n;
		(void)step(t.turn);
	}
	if (t.n < ROOM)
		(void)step(t.n++);
	t.now = mono_add(t.now, 100 * NS_PER_US);
	tick();
}

static void take_answer(void)
{
	uint8_t room[HA_ACK_MAX];
	struct wr w = wr_of(room, sizeof(room));
	size_t used = 0;
	CU_ASSERT_EQUAL(ha_receiver_ack(&b.r.receiver, &w), OK);
	CU_ASSERT_EQUAL(ha_sender_acks(&a.r.sender, span_of(room, w.len), &used), OK);
	replica_release(&a.r, a.r.sender.acked);
	a.r.written = a.r.released;
}

static void batch(bool arrives)
{
	const struct span s = commit(&a);
	if (!arrives)
		return;
	CU_ASSERT_EQUAL_FATAL(replica_feed(&b.r, s), OK);
	take_answer();
}

/* The standby has all, and the sums of both say so. */
static void are_equal(void)
{
	CU_ASSERT_TRUE(b.r.whole);
	CU_ASSERT_EQUAL(b.r.receiver.seq, a.r.sender.seq);
	CU_ASSERT_EQUAL(ha_cache_digest(b.r.receiver.cache), ha_cache_digest(a.r.sender.cache));
	CU_ASSERT_EQUAL(b.r.digest_mismatches, 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.r.engine)), session_count(engine_sessions(a.r.engine)));
	CU_ASSERT_TRUE(replica_sound(&a.r));
}

/* The whole table, beside what goes on. */
static void join(void)
{
	if (a.r.mode == REPLICA_ACTIVE)
		replica_part(&a.r);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	for (size_t left = 1; left != 0;) {
		stir(STIRRED);
		left = replica_bulk(&a.r, BULK);
		batch(true);
	}
	are_equal();
}

static void lost_for(unsigned batches, unsigned steps)
{
	for (unsigned i = 0; i < batches; i++) {
		stir(steps);
		batch(false);
	}
	a.r.whole_from = a.r.whole_seq = a.r.sender.seq; /* those did not wait: see pair_part() */
}

static void greet(void)
{
	uint8_t room[HA_HELLO_MAX];
	struct wr w = wr_of(room, sizeof(room));
	ha_receiver_connected(&b.r.receiver, 0);
	CU_ASSERT_EQUAL(replica_greet(&a.r, &w), OK);
	CU_ASSERT_EQUAL(replica_feed(&b.r, span_of(room, w.len)), OK);
	take_answer();
}

/* It was away for less than the queue holds: it gets what it missed, and nothing twice. */
static void back_by_queue(void)
{
	const uint64_t had = b.r.receiver.seq;
	struct span s;
	lost_for(QUEUED, STIRRED);
	CU_ASSERT_TRUE(ha_sender_reaches(&a.r.sender, had));
	greet();
	CU_ASSERT_FALSE(a.r.sender.lost || b.r.whole);
	for (uint64_t seq = had + 1; seq <= a.r.sender.seq; seq++) {
		CU_ASSERT_EQUAL_FATAL(ha_sender_again(&a.r.sender, seq, &s), OK);
		CU_ASSERT_EQUAL_FATAL(replica_feed(&b.r, s), OK);
	}
	take_answer();
	CU_ASSERT_EQUAL(b.r.receiver.seq, had + QUEUED);
	are_equal();
}

/* It was away for longer: what it has is of no use, be it still there or not. */
static void back_by_bulk(bool born_anew)
{
	lost_for(HA_RESEND_BATCHES + 3, 1);
	CU_ASSERT_FALSE(ha_sender_reaches(&a.r.sender, b.r.receiver.seq));
	CU_ASSERT_TRUE(a.r.sender.resend.n_evicted > 0);
	if (born_anew) {
		side_free(&b);
		side_new(&b);
		CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	}
	greet();
	CU_ASSERT_TRUE(a.r.sender.lost);
	join();
}

/* --- what is left ------------------------------------------------------------------------------------------------------------ */

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The lines of both, each once, in one order: a record that two nodes wrote has one id and counts once. */
static uint64_t records(struct side *const of[], unsigned sides, size_t *n)
{
	static char *line[1 << 20];
	uint64_t sum = HASH_FNV_START;
	size_t all = 0;
	*n = 0;
	for (unsigned k = 0; k < sides; k++)
		for (char *p = of[k]->told.p, *save = NULL; (p = strtok_r(p, "\n", &save)) != NULL; p = NULL) {
			CU_ASSERT_FATAL(all < ARRAY_LEN(line));
			line[all++] = p;
		}
	qsort(line, all, sizeof(*line), by_text);
	for (size_t i = 0; i < all; i++) {
		if (i > 0 && strcmp(line[i], line[i - 1]) == 0)
			continue;
		sum = hash_fnv(sum, line[i], strlen(line[i]));
		++*n;
	}
	return sum;
}

static void nothing_left(struct side *s)
{
	struct engine *e = s->r.engine;
	engine_tick(e, mono_add(t.now, 100 * NS_PER_SEC)); /* datagrams */
	engine_finish(e);
	engine_ha_free(s->r.ha); /* has the stream that it told of last */
	s->r.ha = NULL;
	CU_ASSERT_EQUAL(session_count(engine_sessions(e)), 0);
	CU_ASSERT_EQUAL(bufpool_used(e->bufs), 0);
	CU_ASSERT_EQUAL(e->insp_pool.n_used + e->stack_pool.n_used + e->held_pool.n_used, 0);
	CU_ASSERT_EQUAL(frag_waiting(e->frags) + frag_held(e->frags), 0);
	CU_ASSERT_EQUAL(engine_stats(e)->held, 0);
}

/* --- the story ---------------------------------------------------------------------------------------------------------------- */

static void begin(unsigned n)
{
	static const struct policy_rule policy = { .id = 5, .action = POLICY_ACCEPT, .inspect = true, .session_sync = true,
						   .log_traffic = true, .sensor = -1 };
	struct rig_opts o = opts;
	o.policies = &policy; /* what is no SYN of an unknown session is refused: a session that is lost shows */
	o.n_policies = 1;
	o.max_sessions = ROOM + MORE;
	o.stream_memory = 64 << 20;
	make_association();
	memset(&t, 0, sizeof(t));
	rig_gen(&gen, &o);
	side_new(&a);
	side_new(&b);
	side_new(&c);
	t.active = &a;
	t.now = a.now;
	t.n = n;
	for (unsigned i = 0; i < n; i++)
		while (t.at[i] < before(i))
			(void)step(i);
	tick();
	CU_ASSERT_TRUE(session_count(engine_sessions(a.r.engine)) > n * 3 / 4);
}

static void die(void)
{
	replica_promote(&b.r);
	t.active = &b;
	tick();
}

/* Each session goes on to its end. */
static void go_on(void)
{
	for (bool any = true; any;) {
		any = false;
		for (unsigned i = 0; i < t.n; i++)
			any |= step(i);
		tick();
	}
}

static void end(bool equal)
{
	size_t n, n_of_one;
	nothing_left(&b);
	nothing_left(&c);
	const uint64_t sum = records((struct side *const[]){ &a, &b }, 2, &n);
	const uint64_t one = records((struct side *const[]){ &c }, 1, &n_of_one);
	CU_ASSERT_EQUAL(sum == one && n == n_of_one && t.n_other == 0, equal);
	CU_ASSERT_TRUE(n_of_one > t.n);
	side_free(&a);
	side_free(&b);
	side_free(&c);
	rig_gen_free(&gen);
}

static void same_lists(void)
{
	char *x = lists(&b), *y = lists(&c);
	CU_ASSERT_EQUAL(strcmp(x, y), 0);
	free(x);
	free(y);
}

/* What the dying node holds is of every kind; beside n sessions from before others have begun, and very many have ended. */
static void all_kinds(unsigned n)
{
	enum { SYN_SENT, ESTABLISHED, OVER, IN_PDU, HELD, TAGS, LOOKED, DATAGRAMS, ECHOES, N };
	unsigned of[N] = { 0 }, proto[PROTO_N] = { 0 };
	struct session_table *all = engine_sessions(a.r.engine);
	for (const struct session *s = session_next(all, NULL); s != NULL; s = session_next(all, s)) {
		const struct insp *f = engine_insp(s);
		const uint8_t state = s->s.tcp.state;
		of[SYN_SENT] += state == TCPS_SYN_SENT || state == TCPS_SYN_RECV;
		of[ESTABLISHED] += state == TCPS_ESTABLISHED;
		of[OVER] += state > TCPS_SYN_RECV;
		of[IN_PDU] += f->stack != NULL && (f->stack->cotp.dir[0].part.len != 0 || f->stack->cotp.dir[1].part.len != 0);
		of[HELD] += f->reasm.dir[DIR_ORIG].held != NULL;
		of[TAGS] += f->s.tags.n != 0;
		of[LOOKED] += f->s.dir[DIR_ORIG].look.len != 0;
		of[DATAGRAMS] += s->s.tuple[0].proto == IPPROTO_UDP_;
		of[ECHOES] += s->s.tuple[0].proto == IPPROTO_ICMP_;
		proto[f->s.proto]++;
	}
	for (unsigned i = 0; i < N; i++)
		if (of[i] < n / 200)
			printf("# of kind %u there are %u\n", i, of[i]);
	for (unsigned i = 0; i < N; i++)
		CU_ASSERT_TRUE(of[i] >= n / 200);
	CU_ASSERT_TRUE(proto[PROTO_ICCP] > 0 && proto[PROTO_MMS] > 0 && proto[PROTO_HTTP] > 0 && proto[PROTO_S7COMM] > 0);
	CU_ASSERT_TRUE(frag_waiting(a.r.engine->frags) >= n / 200);
	CU_ASSERT_TRUE(engine_stats(a.r.engine)->sessions > session_count(all) + n / 30 && t.n > n + QUEUED);
	unsigned left = 0;
	for (unsigned i = 0; i < t.n; i++)
		left += steps_of(i)[t.at[i]].what != END;
	CU_ASSERT_TRUE(left > n * 3 / 4);
}

static void whole_story(unsigned n, bool queue_first, bool born_anew)
{
	begin(n);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	join();
	if (queue_first)
		back_by_queue();
	back_by_bulk(born_anew);
	if (!queue_first)
		back_by_queue();
	all_kinds(n);
	die();
	same_lists();
	go_on();
	end(true);
}

static void test_many(void)
{
	whole_story(MANY, true, false);
}

static void test_few(void)
{
	whole_story(FEW, false, true);
	whole_story(FEW, false, false);
}

/* Session i as the active node has it, if it is there and goes on with a segment that begins none. */
static const struct session *goes_on(unsigned i)
{
	const struct step *next = &steps_of(i)[t.at[i]];
	struct pkt k;
	struct packet first;
	enum dir d;
	build(&k, i, steps_of(i), &first);
	CU_ASSERT_EQUAL_FATAL(packet_decode(&first), REASON_NONE);
	if (next->what == END || (next->flags & TCP_SYN) != 0)
		return NULL;
	return session_find(engine_sessions(a.r.engine), &first.tuple, &d);
}

/* A session that the standby lost shows, of whatever kind it is. */
static void test_lost(void)
{
	static const uint8_t kinds[] = { PATTERN, HOLE, TAGGED, HTTP, S7, ICCP, MMS_CUT };
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const struct session *s = NULL;
		begin(FEW);
		CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
		join();
		back_by_queue();
		unsigned i = kinds[k];
		for (; i < FEW && (s = goes_on(i)) == NULL; i += KINDS)
			;
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		engine_ha_ended(b.r.ha, s->s.serial);
		die();
		t.quiet = true;
		(void)step(i);
		CU_ASSERT_EQUAL(t.n_other, 1);
		go_on();
		end(false);
	}
}

UNIT_MAIN({ "of 20,000 sessions each resumes", test_many }, { "in another order, and born anew", test_few },
	  { "a session that is lost shows", test_lost })
