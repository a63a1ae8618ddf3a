/* test_alloc.c - once warm, the packet path neither takes memory from the host nor gives any back.
 *
 * Rounds of fresh flows, the same but for their ports, run through one engine: associations of TASE.2 whole, in
 * DT TPDUs with EOT=0, cut and out of order, with losses; text, datagrams, echoes, fragments; each round ends
 * all its sessions. Every allocator call of the libraries under test is counted, Hyperscan's too.
 */
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#include "ips/engine.h"
#include "ips/rulefiles.h"
#include "tests/unit/dec_vectors.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

enum { FLOWS = 40, WARM_UP = 3, ROUNDS = 5, MESSAGE = 512, CUT = 48, PIECE = 50, PACKETS_MIN = 10000 };

/* What a flow does with its messages. */
enum kind { WHOLE, PIECES, SHUFFLED, LOSSY, TEXT, KIND_N };

/* --- allocations, counted while the engine works -------------------------------------------------- */

static struct {
	bool on;
	size_t taken, given;
	size_t streams;          /* of taken: what Hyperscan took */
} count;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

void *__wrap_malloc(size_t n)
{
	count.taken += count.on;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	count.taken += count.on;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	count.taken += count.on;
	return __real_realloc(p, n);
}

void __wrap_free(void *p)
{
	count.given += count.on && p != NULL;
	__real_free(p);
}

static void *hs_take(size_t n)
{
	count.streams += count.on;
	return malloc(n);
}

/* --- the engine under test ------------------------------------------------------------------------ */

static const char own_rules[] =
	"alert tcp any any -> any any (msg:\"chain\"; content:\"ICC_A_B\"; content:\"BRK1\"; distance:0; sid:1;)\n"
	"alert tcp any any -> any any (msg:\"two\"; content:\"MW_LINE1\"; content:\"PROG1\"; flowbits:set,two; sid:2;)\n"
	"alert mms any any -> any any (msg:\"event\"; content:\"DSTrans1\"; flowbits:isnotset,three; sid:3;)\n"
	"alert udp any any -> any any (msg:\"datagram\"; content:\"seventeen\"; sid:4;)\n"
	"drop tcp any any -> any any (msg:\"text\"; content:\"seventeen octets!seventeen\"; sid:5;)\n";

struct bed {
	struct gen *gen;
	struct engine *e;
	mono_t now;
	uint64_t nr, n_recs;
	bool plant;              /* the callback allocates */
	uint32_t next_port;
	struct message {
		uint8_t b[MESSAGE];
		size_t n;
		enum dir d;
	} msg[DEC_VECTORS_N];
};

static void on_rec(void *arg, const struct rec *r)
{
	struct bed *b = arg;
	b->n_recs += r != NULL;
	if (b->plant) {
		void *volatile p = malloc(1);
		free(p);
	}
}

static void on_refused(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	printf("# %s:%u: %s\n", file, line, text);
	CU_FAIL("a rule was refused");
}

static void told(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void load_sigs(struct gen *g)
{
	struct rulefiles files = { 0 };
	struct sig_source src[16] = { { .name = "own", .text = own_rules, .custom = true } };
	CU_ASSERT_EQUAL_FATAL(rulefiles_add(&files, "sigs/stock", false, told, NULL), OK);
	CU_ASSERT_FATAL(files.n != 0 && files.n < ARRAY_LEN(src));
	memcpy(&src[1], files.src, files.n * sizeof(src[0]));
	sigset_free(g->sigs);
	g->sigs = NULL;
	CU_ASSERT_EQUAL_FATAL(sigset_new(src, files.n + 1, NULL, 0, on_refused, NULL, &g->sigs), OK);
	rulefiles_free(&files);
}

static uint8_t digit(char c)
{
	return (uint8_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

static void read_messages(struct bed *b)
{
	for (size_t i = 0; i < DEC_VECTORS_N; i++) {
		struct message *m = &b->msg[i];
		m->d = dec_vectors[i].dir == 'O' ? DIR_ORIG : DIR_REPLY;
		for (const char *h = dec_vectors[i].hex; *h != '\0'; h += 2)
			m->b[m->n++] = (uint8_t)(digit(h[0]) << 4 | digit(h[1]));
	}
}

static struct bed *bed_new(void)
{
	static const struct engine_cfg cfg = { .seed = 1, .node = 1, .rec_mask = (1u << REC_N) - 1 };
	struct bed *b = calloc(1, sizeof(*b));
	CU_ASSERT_EQUAL_FATAL(gen_new_default(NULL, NULL, told, NULL, &b->gen), OK);
	load_sigs(b->gen);
	b->gen->prevent = true;
	b->now = mono_ns(1000 * NS_PER_SEC);
	CU_ASSERT_EQUAL_FATAL(engine_new(&cfg, b->gen, b->now, on_rec, b, &b->e), OK);
	read_messages(b);
	return b;
}

static void bed_free(struct bed *b)
{
	engine_free(b->e);
	gen_free(b->gen);
	free(b);
}

/* --- packets --------------------------------------------------------------------------------------- */

static void offer_as_is(struct bed *b, const struct pkt *k)
{
	struct packet p = pkt_packet(k);
	b->now = mono_add(b->now, 100 * NS_PER_US);
	p.at = b->now;
	p.nr = ++b->nr;
	count.on = true;
	(void)engine_packet(b->e, &p);
	count.on = false;
}

static void offer(struct bed *b, struct pkt *k)
{
	pkt_finish(k);
	offer_as_is(b, k);
}

struct flow {
	struct bed *b;
	enum kind kind;
	uint16_t port;
	uint32_t seq[DIR_N];
};

/* A segment at so many octets behind the direction's next one. */
static void segment(struct flow *f, enum dir d, uint8_t flags, uint32_t ahead, struct span data)
{
	struct pkt k;
	struct pkt_tcp t = { .sport = f->port, .dport = f->kind == TEXT ? 2000 : 102, .seq = f->seq[d] + ahead, .win = 8192,
			     .flags = flags, .data = data.p, .n_data = data.len };
	if (d == DIR_REPLY) {
		t.sport = t.dport;
		t.dport = f->port;
	}
	t.ack = (flags & TCP_ACK) != 0 ? f->seq[dir_other(d)] : 0;
	pkt_flow(&k, 4, d == DIR_REPLY, IPPROTO_TCP_);
	pkt_tcp(&k, &t);
	offer(f->b, &k);
}

static void flow_open(struct bed *b, struct flow *f, unsigned i)
{
	*f = (struct flow){ .b = b, .kind = (enum kind)(i % KIND_N), .port = (uint16_t)(10000 + b->next_port++ % 50000) };
	f->seq[DIR_ORIG] = UINT32_MAX - 200 + i;
	f->seq[DIR_REPLY] = i * 7919;
	segment(f, DIR_ORIG, TCP_SYN, 0, span_of(NULL, 0));
	f->seq[DIR_ORIG]++;
	segment(f, DIR_REPLY, TCP_SYN | TCP_ACK, 0, span_of(NULL, 0));
	f->seq[DIR_REPLY]++;
	segment(f, DIR_ORIG, TCP_ACK, 0, span_of(NULL, 0));
}

/* Every second one is reset, the rest close from both sides. */
static void flow_close(struct flow *f, unsigned i)
{
	if (i / KIND_N % 2 != 0) {
		segment(f, DIR_REPLY, TCP_RST | TCP_ACK, 0, span_of(NULL, 0));
		return;
	}
	segment(f, DIR_ORIG, TCP_FIN | TCP_ACK, 0, span_of(NULL, 0));
	f->seq[DIR_ORIG]++;
	segment(f, DIR_REPLY, TCP_FIN | TCP_ACK, 0, span_of(NULL, 0));
	f->seq[DIR_REPLY]++;
	segment(f, DIR_ORIG, TCP_ACK, 0, span_of(NULL, 0));
}

static void whole(struct flow *f, enum dir d, struct span s)
{
	segment(f, d, TCP_ACK | TCP_PSH, 0, s);
	f->seq[d] += (uint32_t)s.len;
	segment(f, dir_other(d), TCP_ACK, 0, span_of(NULL, 0));
}

/* The TSDU of a DT TPDU again, in DT TPDUs of PIECE octets with EOT=0 but the last. */
static void in_pieces(struct flow *f, const struct message *m)
{
	enum { HEAD = 7, TPDU = 5 };
	if (m->b[TPDU] != 0xf0) {
		whole(f, m->d, span_of(m->b, m->n));
		return;
	}
	for (size_t at = HEAD; at < m->n; at += PIECE) {
		const size_t n = size_min(PIECE, m->n - at);
		uint8_t t[HEAD + PIECE] = { 3, 0, 0, (uint8_t)(HEAD + n), 2, 0xf0, at + n == m->n ? 0x80 : 0 };
		memcpy(t + HEAD, m->b + at, n);
		whole(f, m->d, span_of(t, HEAD + n));
	}
}

/* Segments of CUT octets, each two of them swapped; or, of a lossy flow, one of a few never captured. */
static void cut_up(struct flow *f, const struct message *m, bool lossy)
{
	const size_t n = (m->n + CUT - 1) / CUT;
	for (size_t i = 0; i < n; i++) {
		const size_t at = (lossy || (i ^ 1) >= n ? i : i ^ 1) * CUT;
		if (!lossy || i % 4 != 1)
			segment(f, m->d, TCP_ACK, (uint32_t)at, span_of(m->b + at, size_min(CUT, m->n - at)));
	}
	segment(f, m->d, TCP_ACK, 0, span_of(m->b, size_min(CUT, m->n)));
	f->seq[m->d] += (uint32_t)m->n;
	segment(f, dir_other(m->d), TCP_ACK, 0, span_of(NULL, 0));
}

static void say(struct flow *f, const struct message *m)
{
	switch (f->kind) {
	case WHOLE:
		whole(f, m->d, span_of(m->b, m->n));
		break;
	case PIECES:
		in_pieces(f, m);
		break;
	case SHUFFLED:
	case LOSSY:
		cut_up(f, m, f->kind == LOSSY);
		break;
	case TEXT:
	case KIND_N:
		whole(f, m->d, span_of(pkt_text, PKT_N_TEXT));
		break;
	}
}

static void others(struct bed *b, uint16_t port)
{
	struct pkt k;
	for (int family = 4; family <= 6; family += 2) {
		pkt_flow(&k, family, false, IPPROTO_UDP_);
		pkt_udp(&k, port, 5000, pkt_text, PKT_N_TEXT);
		offer(b, &k);
		pkt_flow(&k, family, false, family == 4 ? IPPROTO_ICMP_ : IPPROTO_ICMP6_);
		pkt_icmp(&k, family == 4 ? 8 : 128, 0, (uint32_t)port << 16, pkt_text, PKT_N_TEXT);
		offer(b, &k);
	}
	pkt_flow(&k, 4, false, IPPROTO_UDP_);
	pkt_udp(&k, port, 5001, pkt_text, 16);
	pkt_finish(&k);
	for (uint32_t from = 0; from < 24; from += 8) {
		struct pkt part;
		pkt_fragment(&part, &k, port, from, 8, from != 16);
		offer_as_is(b, &part);
	}
	pkt_flow(&k, 4, false, IPPROTO_TCP_);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = port, .dport = 102, .flags = TCP_SYN | TCP_FIN });
	offer(b, &k);
}

/* All flows at once, message by message; then nothing until the last session has timed out. */
static void play(struct bed *b)
{
	static struct flow f[FLOWS];
	for (unsigned i = 0; i < FLOWS; i++)
		flow_open(b, &f[i], i);
	for (size_t m = 0; m < DEC_VECTORS_N; m++)
		for (unsigned i = 0; i < FLOWS; i++)
			say(&f[i], &b->msg[m]);
	for (unsigned i = 0; i < FLOWS; i++) {
		others(b, f[i].port);
		if (i % 7 != 0)
			flow_close(&f[i], i);
	}
	b->now = mono_add(b->now, 4000 * NS_PER_SEC);
	count.on = true;
	engine_tick(b->e, b->now);
	count.on = false;
	CU_ASSERT_EQUAL(session_count(engine_sessions(b->e)), 0);
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void test_steady(void)
{
	struct bed *b = bed_new();
	count.taken = count.given = count.streams = 0;
	play(b);
	CU_ASSERT(count.streams > 0 && count.taken > count.streams); /* all fills in the first round: both are counted */
	for (unsigned i = 1; i < WARM_UP; i++)
		play(b);
	const struct engine_stats *st = engine_stats(b->e), before = *st;
	count.taken = count.given = 0;
	for (unsigned i = 0; i < ROUNDS; i++)
		play(b);
	CU_ASSERT_EQUAL(count.taken, 0);
	CU_ASSERT_EQUAL(count.given, 0);

	/* And all this was among them, every round alike. */
	CU_ASSERT(st->packets - before.packets >= PACKETS_MIN);
	CU_ASSERT_EQUAL(st->packets / (WARM_UP + ROUNDS), before.packets / WARM_UP);
	CU_ASSERT(st->sessions - before.sessions >= ROUNDS * FLOWS * 4u);
	CU_ASSERT(st->services[PROTO_ICCP] - before.services[PROTO_ICCP] >= ROUNDS * FLOWS / KIND_N * 3u);
	CU_ASSERT(st->events[EV_OP_DEVICE_OPERATE_REQ] - before.events[EV_OP_DEVICE_OPERATE_REQ] >= ROUNDS * FLOWS / KIND_N * 3u);
	CU_ASSERT(st->gaps > before.gaps);
	CU_ASSERT(st->drops[REASON_SIGNATURE] > before.drops[REASON_SIGNATURE]);
	CU_ASSERT(st->drops[REASON_BLOCKED] > before.drops[REASON_BLOCKED]);
	CU_ASSERT(st->drops[REASON_TCP_FLAGS] > before.drops[REASON_TCP_FLAGS]);
	CU_ASSERT(st->reassembled > before.reassembled);
	CU_ASSERT_EQUAL(st->fragments - before.fragments, 3 * (st->reassembled - before.reassembled));
	CU_ASSERT_EQUAL(st->uninspected, 0);
	for (uint32_t sid = 1; sid <= 5; sid++) {
		const struct sig *s = sigset_find(b->gen->sigs, 1, sid);
		CU_ASSERT_FATAL(s != NULL);
		CU_ASSERT(engine_alert_count(b->e, s->index) != 0);
	}
	bed_free(b);
}

/* What the test would miss if it counted nothing: one allocation a record. */
static void test_planted(void)
{
	struct bed *b = bed_new();
	for (unsigned i = 0; i < WARM_UP; i++)
		play(b);
	count.taken = count.given = 0;
	b->n_recs = 0;
	b->plant = true;
	play(b);
	CU_ASSERT(b->n_recs > FLOWS);
	CU_ASSERT_EQUAL(count.taken, b->n_recs);
	CU_ASSERT_EQUAL(count.given, b->n_recs);
	bed_free(b);
}

/* Hyperscan is a shared library: its allocations are seen through the functions that it is given. */
int main(void)
{
	static const struct unit_case cases[] = {
		{ "a warm engine allocates nothing", test_steady },
		{ "an allocation in the packet path is counted", test_planted },
	};
	if (hs_set_allocator(hs_take, free) != HS_SUCCESS)
		return 2;
	return unit_run("test_alloc.c", cases, ARRAY_LEN(cases));
}
