/* damage.c - each message of a COTP conversation cut short and changed octet by octet, through all its decoders.
 *
 *   damage [--every] [--runs N] [--seed S] [--plant] CAPTURE...
 *
 * The first MESSAGES TPKTs of each capture are fed as they are. Before each, the decoders' state is taken over the way a peer
 * takes it, again and again, and meets there a damaged message in its place: cut at each octet (the stream ends there; or the
 * TPKT says that it does), and each octet changed: 0, 255, one more, one less, each bit; --every: to each other value. Then the
 * undamaged rest of the conversation as far as FOLLOW messages goes. --runs: so many damaged messages, chosen by the seed, of
 * all captures together; 0 (the default): all of them. After each feed must hold:
 * - the work is within the budget and the memory within what one TPKT and one TSDU a direction need;
 * - a whole TPKT has told something, or waits for more octets;
 * - the state is in range: it is exported, and comes back as it was.
 * In the end all memory is given back. A promise that is broken ends the program by abort. --plant makes one that is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hacache/ha_wire.h"
#include "ips/capset.h"
#include "ips/engine.h"
#include "tests/fuzz/fuzz_log.h"

enum { MESSAGES = 200, FOLLOW = 2, HANG_S = 10, WIRE = 1 << 20, MEMORY = 1 << 20, SESSIONS = 1 << 12, EDGES = 12 };

struct message {
	uint8_t *p;
	uint32_t len;
	enum dir dir;
};

struct stream {                  /* a direction's octets that are no whole TPKT yet; off: they are none */
	uint8_t *p;
	uint32_t len, cap;
	bool off;
};

struct flow {
	uint64_t serial;
	struct stream dir[DIR_N];
	struct message v[MESSAGES];
	unsigned n;
};

struct talks {                   /* the conversations of one capture */
	struct flow *v;
	size_t n;
	unsigned messages;
};

struct damage {
	bool every, plant;
	uint64_t runs, seed;     /* 0 = all */
	uint64_t places, done, told;
	struct gen *gen;
	struct ha_wire *wire;
	uint8_t *frame[2];
};

/* What a failed check prints: where it was. */
static struct {
	const char *capture;
	unsigned message;
	uint64_t place;
} now;

static void *must(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

/* --- the messages of a capture ------------------------------------------------------------------------ */

static struct flow *flow_of(struct talks *t, uint64_t serial)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].serial == serial)
			return &t->v[i];
	if (t->n == SESSIONS)
		return NULL;
	t->v[t->n].serial = serial;
	return &t->v[t->n++];
}

static void take_tpkts(struct talks *t, struct flow *f, enum dir d)
{
	struct stream *s = &f->dir[d];
	while (s->len >= 4 && t->messages < MESSAGES) {
		const uint32_t len = (uint32_t)s->p[2] << 8 | s->p[3];
		if (s->p[0] != 3 || len < 7) {
			s->off = true;
			return;
		}
		if (s->len < len)
			return;
		struct message *m = &f->v[f->n++];
		*m = (struct message){ .p = must(malloc(len)), .len = len, .dir = d };
		memcpy(m->p, s->p, len);
		memmove(s->p, s->p + len, s->len - len);
		s->len -= len;
		t->messages++;
	}
}

static void on_bytes(void *arg, const struct session *ses, enum dir d, uint32_t seq, struct span b)
{
	struct talks *t = arg;
	struct flow *f = flow_of(t, ses->s.serial);
	(void)seq;
	if (f == NULL || f->dir[d].off)
		return;
	struct stream *s = &f->dir[d];
	if (b.len == 0 || s->len + b.len > s->cap) {
		if (b.len == 0 || s->len + b.len > MEMORY) {
			s->off = true;
			return;
		}
		s->cap = (uint32_t)(s->len + b.len) * 2;
		s->p = must(realloc(s->p, s->cap));
	}
	memcpy(s->p + s->len, b.p, b.len);
	s->len += (uint32_t)b.len;
	take_tpkts(t, f, d);
}

static void no_rec(void *arg, const struct rec *r)
{
	(void)arg, (void)r;
}

static void load(struct damage *g, const char *path, struct talks *t)
{
	const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	struct capset cap = { 0 };
	struct engine *e;
	char why[PKTIO_WHY_LEN];
	*t = (struct talks){ .v = must(calloc(SESSIONS, sizeof(*t->v))) };
	if (capset_load(path, &cap, why) != OK)
		fprintf(stderr, "%s\n", why); /* what could be read counts */
	if (engine_new(&cfg, g->gen, mono_ns(0), no_rec, NULL, &e) != OK)
		exit(1);
	engine_on_bytes(e, on_bytes, t);
	for (size_t i = 0; i < cap.n && t->messages < MESSAGES; i++)
		if (cap.v[i].data != NULL)
			(void)engine_packet(e, &cap.v[i]);
	engine_finish(e);
	engine_free(e);
	capset_free(&cap);
}

static void unload(struct talks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < t->v[i].n; k++)
			free(t->v[i].v[k].p);
		for (enum dir d = DIR_ORIG; d < DIR_N; d++)
			free(t->v[i].dir[d].p);
	}
	free(t->v);
}

/* --- states ------------------------------------------------------------------------------------------- */

struct node {
	struct fuzz_log log;
	struct stack stack;
	uint8_t upper;
};

static struct span export(struct damage *g, struct node *n, unsigned to)
{
	const struct ha_session out = { .serial = 1, .cotp = &n->stack.cotp, .osi = &n->stack.osi, .mms = &n->stack.mms,
					.iccp = &n->stack.iccp };
	struct wr w = wr_of(g->frame[to], WIRE);
	FUZZ_CHECK(ha_wire_encode(g->wire, HA_SESSION, &out, mono_ns(0), &w) == OK);
	return span_of(g->frame[to], w.len);
}

static void own(struct node *n, struct buf *b)
{
	const struct span s = buf_span(b);
	*b = (struct buf){ 0 };
	FUZZ_CHECK(buf_append(n->log.ctx.bufs, b, s.p, s.len) == OK);
}

/* Makes of n what another node sent; n's bufs are given back. */
static void import(struct damage *g, struct node *n, struct span frame)
{
	const void *plain;
	stack_fini(&n->stack, n->log.ctx.bufs);
	stack_init(&n->stack);
	FUZZ_CHECK(ha_wire_decode(g->wire, HA_SESSION, span_of(frame.p + HA_FRAME_HEADER, frame.len - HA_FRAME_HEADER), mono_ns(0),
				  &plain) == OK);
	const struct ha_session *in = plain;
	FUZZ_CHECK(in->cotp != NULL && in->osi != NULL && in->mms != NULL && in->iccp != NULL);
	n->stack = (struct stack){ .cotp = *in->cotp, .osi = *in->osi, .mms = *in->mms, .iccp = *in->iccp };
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		own(n, &n->stack.cotp.dir[d].part);
		own(n, &n->stack.cotp.dir[d].tsdu);
	}
}

/* In range, and the same once more on its way back. */
static void check_state(struct damage *g, struct node *n)
{
	size_t held = 0;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		const struct cotp_dir *cd = &n->stack.cotp.dir[d];
		FUZZ_CHECK(cd->part.len <= UINT16_MAX && cd->tsdu.len <= n->log.lim.tsdu_max);
		held += (size_t)cd->part.cap + cd->tsdu.cap;
	}
	FUZZ_CHECK(bufpool_used(n->log.ctx.bufs) == held);
	const struct span out = export(g, n, 0);
	import(g, n, out);
	const struct span again = export(g, n, 1);
	FUZZ_CHECK(out.len == again.len && memcmp(out.p, again.p, out.len) == 0);
	FUZZ_CHECK(n->stack.mms.phase < MMS_PHASE_N && n->stack.iccp.label < ICCP_LABEL_N && n->upper < UPPER_N);
}

static void node_init(struct node *n)
{
	fuzz_log_init(&n->log, 0);
	stack_init(&n->stack);
	n->upper = UPPER_UNDECIDED;
}

static void node_fini(struct node *n)
{
	stack_fini(&n->stack, n->log.ctx.bufs);
	fuzz_log_fini(&n->log);
}

/* From memory of its own size, so that a read past its end is seen. */
static void feed(struct damage *g, struct node *n, enum dir d, const uint8_t *p, size_t len)
{
	uint8_t *copy = fuzz_copy(span_of(p, len));
	fuzz_log_feed(&n->log);
	n->log.ctx.budget = g->gen->budget;
	stack_feed(&n->stack, &n->upper, &n->log.ctx, d, span_of(copy, len));
	FUZZ_CHECK(n->log.ctx.budget <= g->gen->budget && n->log.ctx.consumed <= len);
	n->log.ctx.budget = n->log.budget;
	memset(copy, 0xa5, len);
	free(copy);
}

/* --- damage ------------------------------------------------------------------------------------------- */

/* Of one message: cuts of both kinds, then changes. */
static uint64_t places_of(const struct damage *g, const struct message *m)
{
	return (uint64_t)m->len * (2 + (g->every ? 255 : EDGES));
}

static uint8_t changed(const struct damage *g, uint8_t was, unsigned how)
{
	static const uint8_t edge[] = { 0, 0xff };
	if (g->every)
		return (uint8_t)(was + 1 + how);
	if (how < 2)
		return edge[how];
	if (how < 4)
		return (uint8_t)(how == 2 ? was + 1 : was - 1);
	return was ^ (uint8_t)(1u << (how - 4));
}

/* The place-th damage done to m, in p; its new length. */
static size_t damaged(const struct damage *g, const struct message *m, uint64_t place, uint8_t *p)
{
	const size_t at = (size_t)(place % m->len);
	const uint64_t how = place / m->len;
	memcpy(p, m->p, m->len);
	if (how == 0)
		return at;
	if (how == 1) {
		p[2] = (uint8_t)(at >> 8);
		p[3] = (uint8_t)at;
		return at;
	}
	p[at] = changed(g, p[at], (unsigned)(how - 2));
	return m->len;
}

/* Does it wait for octets, of a TPKT or of a place to go on from, or has it given the stream up? */
static bool waits(const struct node *n)
{
	bool w = n->stack.cotp.rdp;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		const struct cotp_dir *cd = &n->stack.cotp.dir[d];
		w |= cd->part.len != 0 || cd->tsdu.len != 0 || cd->resync || cd->failed;
	}
	return w;
}

static uint64_t told(const struct node *n)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < EV_N; i++)
		sum += n->log.events[i];
	for (unsigned i = 0; i < ANOMALY_N; i++)
		sum += n->log.anomalies[i];
	return sum;
}

static void one(struct damage *g, struct node *n, struct span before, const struct flow *f, unsigned i, uint64_t place)
{
	const struct message *m = &f->v[i];
	uint8_t *p = must(malloc(m->len));
	import(g, n, before);
	const uint64_t said = told(n);
	const size_t len = damaged(g, m, place, p);
	alarm(HANG_S);
	feed(g, n, m->dir, p, len);
	FUZZ_CHECK(len == 0 || told(n) != said || waits(n));
	check_state(g, n);
	if (len < m->len)
		stack_gap(&n->stack, &n->log.ctx, m->dir);
	for (unsigned k = i + 1; k < f->n && k <= i + FOLLOW; k++)
		feed(g, n, f->v[k].dir, f->v[k].p, f->v[k].len);
	check_state(g, n);
	alarm(0);
	g->told += told(n) != said;
	g->done++;
	FUZZ_CHECK(!g->plant || g->done < 100);
	free(p);
}

/* splitmix64 */
static uint64_t mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Is the next place among those chosen? of: places of all captures together. */
static bool chosen(struct damage *g, uint64_t of)
{
	const uint64_t nr = g->places++;
	return g->runs == 0 || mix(g->seed ^ mix(nr)) % of < g->runs;
}

static void conversation(struct damage *g, const struct flow *f, uint64_t of)
{
	struct node n, hurt;
	uint8_t *frame = must(malloc(WIRE));
	node_init(&n);
	node_init(&hurt);
	for (unsigned i = 0; i < f->n; i++) {
		const uint64_t places = places_of(g, &f->v[i]);
		const struct span out = export(g, &n, 0);
		memcpy(frame, out.p, out.len);
		now.message = i;
		for (now.place = 0; now.place < places; now.place++) {
			if (!chosen(g, of))
				continue;
			hurt.upper = n.upper;
			one(g, &hurt, span_of(frame, out.len), f, i, now.place);
		}
		feed(g, &n, f->v[i].dir, f->v[i].p, f->v[i].len);
	}
	node_fini(&hurt);
	node_fini(&n);
	free(frame);
}

/* --- main --------------------------------------------------------------------------------------------- */

static void where(void)
{
	fprintf(stderr, "%s: message %u, damage %llu\n", now.capture, now.message + 1, (unsigned long long)now.place);
}

void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak)); /* absent without AddressSanitizer */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_abort=1:detect_leaks=1";
}

static void quiet(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int run(struct damage *g, char **capture, int n)
{
	struct talks *t = must(calloc((size_t)n, sizeof(*t)));
	uint64_t of = 0;
	unsigned messages = 0, captures = 0;
	for (int i = 0; i < n; i++) {
		load(g, capture[i], &t[i]);
		for (size_t k = 0; k < t[i].n; k++)
			for (unsigned m = 0; m < t[i].v[k].n; m++)
				of += places_of(g, &t[i].v[k].v[m]);
		messages += t[i].messages;
		captures += t[i].messages != 0;
	}
	for (int i = 0; i < n; i++) {
		now.capture = capture[i];
		for (size_t k = 0; k < t[i].n; k++)
			conversation(g, &t[i].v[k], of);
		unload(&t[i]);
	}
	free(t);
	printf("captures %u messages %u places %llu runs %llu told %llu\n", captures, messages, (unsigned long long)of,
	       (unsigned long long)g->done, (unsigned long long)g->told);
	return g->done != 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct damage g = { .seed = 1 };
	const char *const none[] = { NULL };
	int i = 1;
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--every") == 0)
			g.every = true;
		else if (strcmp(argv[i], "--plant") == 0)
			g.plant = true;
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			g.runs = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			g.seed = strtoull(argv[++i], NULL, 10);
		else
			break;
	}
	if (i >= argc || gen_new_default(none, NULL, quiet, NULL, &g.gen) != OK || ha_wire_new(&g.wire) != OK) {
		fprintf(stderr, "usage: damage [--every] [--runs N] [--seed S] [--plant] CAPTURE...\n");
		return 2;
	}
	/* Of the engine only what puts octets in order is wanted. */
	g.gen->undecoded = true;
	g.gen->max_sessions = SESSIONS;
	g.gen->stream_memory = 8 * MEMORY;
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(where);
	g.frame[0] = must(malloc(WIRE));
	g.frame[1] = must(malloc(WIRE));
	const int r = run(&g, argv + i, argc - i);
	free(g.frame[0]);
	free(g.frame[1]);
	ha_wire_free(g.wire);
	gen_free(g.gen);
	return r;
}
