/* reasm_rig.h - reassembly beside a model that keeps every octet of a stream in an array of its own. */
#ifndef TESTS_UNIT_REASM_RIG_H
#define TESTS_UNIT_REASM_RIG_H

#include <stdlib.h>

#include "base/pool.h"
#include "forward/tcp.h"
#include "ips/reasm.h"
#include "tests/unit/sig_help.h"

enum { STREAM_MAX = 1 << 19, LOG_MAX = 1 << 21 };
enum { LOG_GAP = 256, LOG_CAP = 257, LOG_DIR_SHIFT = 9 };

/* What was told: an octet, a gap or a cap, with its direction. */
struct told {
	size_t n;
	uint16_t v[LOG_MAX];
};

static void tell(struct told *t, enum dir d, unsigned what)
{
	if (t->n < LOG_MAX)
		t->v[t->n] = (uint16_t)(what | (unsigned)d << LOG_DIR_SHIFT);
	t->n++;
}

/* --- the model ------------------------------------------------------------------------------------------- */

struct model_dir {
	bool started;
	int64_t base;      /* sequence number of place 0, as 64 bits */
	int64_t next, fin; /* places; fin -1 = none */
	uint64_t seen, differed, n_ooo, n_gaps;
	uint32_t ids; /* pieces made so far */
	uint8_t val[STREAM_MAX];
	uint32_t piece[STREAM_MAX]; /* 0 = not held */
};

struct model {
	struct model_dir dir[DIR_N];
	int64_t size; /* of the streams */
	struct told told;
};

static struct model model;
static struct told told;

static int64_t first_held(const struct model_dir *m)
{
	int64_t at = m->next;
	while (at < model.size && m->piece[at] == 0)
		at++;
	return at < model.size ? at : -1;
}

static void model_pass(enum dir d)
{
	struct model_dir *m = &model.dir[d];
	while (m->next < model.size && m->piece[m->next] != 0)
		tell(&model.told, d, m->val[m->next++]);
}

static void model_gap(enum dir d, int64_t to)
{
	model.dir[d].n_gaps++;
	model.dir[d].next = to;
	tell(&model.told, d, LOG_GAP);
	model_pass(d);
}

static void model_ack(enum dir d, int64_t to)
{
	struct model_dir *m = &model.dir[d];
	if (m->fin >= 0 && to == m->fin + 1)
		to = m->fin;
	while (m->started && to > m->next) {
		const int64_t held = first_held(m);
		model_gap(d, held >= 0 && held <= to ? held : to);
	}
}

/* Pieces and octets held, counted anew each time. */
static void model_held(const struct model_dir *m, unsigned *n, uint32_t *bytes)
{
	uint32_t last = 0;
	*n = *bytes = 0;
	for (int64_t at = m->next; at < model.size; at++) {
		*bytes += m->piece[at] != 0;
		*n += m->piece[at] != 0 && m->piece[at] != last;
		last = m->piece[at];
	}
}

/* Holds what is new of [at, end); false at the first piece for which there is no room. */
static bool model_hold(struct model_dir *m, int64_t at, int64_t end, const uint8_t *data)
{
	const int64_t from = at;
	unsigned n;
	uint32_t bytes;
	model_held(m, &n, &bytes);
	while (at < end) {
		int64_t run = at;
		while (run < end && m->piece[run] == 0)
			run++;
		if (run == at) {
			at++;
			continue;
		}
		if (n == REASM_SEGS_MAX || bytes + (uint32_t)(run - at) > REASM_HELD_MAX)
			return false;
		n++;
		bytes += (uint32_t)(run - at);
		m->ids++;
		for (; at < run; at++) {
			m->piece[at] = m->ids;
			m->val[at] = data[at - from];
		}
	}
	return true;
}

static void model_data(enum dir d, int64_t at, struct span s)
{
	struct model_dir *m = &model.dir[d];
	const int64_t end = at + (int64_t)s.len;
	const uint8_t *data = s.p;
	m->seen += s.len;
	if (at < m->next) {
		data += m->next - at;
		at = m->next;
	}
	for (int64_t i = at; i < end; i++)
		m->differed += m->piece[i] != 0 && m->val[i] != data[i - at];
	if (at > m->next && at < end)
		m->n_ooo++;
	bool told_cap = false;
	while (at < end && at > m->next && !model_hold(m, at, end, data)) {
		if (!told_cap)
			tell(&model.told, d, LOG_CAP);
		told_cap = true;
		const int64_t held = first_held(m);
		model_gap(d, held >= 0 && held < at ? held : at);
	}
	for (int64_t i = at > m->next ? at : m->next; at <= m->next && i < end && i == m->next; i = m->next) {
		if (m->piece[i] == 0)
			m->val[i] = data[i - at];
		m->piece[i] = 1;
		model_pass(d);
	}
}

static void model_segment(enum dir d, const struct packet *p)
{
	struct model_dir *m = &model.dir[d], *far = &model.dir[dir_other(d)];
	const uint8_t fl = p->tcp.flags;
	const int64_t at = (int32_t)(p->tcp.seq + ((fl & TCP_SYN) != 0) - (uint32_t)m->base);
	if ((fl & TCP_RST) != 0)
		return;
	if ((fl & TCP_ACK) != 0)
		model_ack(dir_other(d), (int32_t)(p->tcp.ack - (uint32_t)far->base));
	if (!m->started) {
		m->started = true;
		m->next = at;
	}
	if ((fl & TCP_FIN) != 0)
		m->fin = at + (int64_t)p->payload.len;
	if (p->payload.len != 0)
		model_data(d, at, p->payload);
}

/* --- the rig ------------------------------------------------------------------------------------------------ */

static void on_bytes(void *arg, enum dir d, struct span s)
{
	(void)arg;
	for (size_t i = 0; i < s.len; i++)
		tell(&told, d, s.p[i]);
}

static void on_gap(void *arg, enum dir d)
{
	(void)arg;
	tell(&told, d, LOG_GAP);
}

static void on_cap(void *arg, enum dir d)
{
	(void)arg;
	tell(&told, d, LOG_CAP);
}

/* How many octets differed the streams' own count tells. */
static void on_differs(void *arg, enum dir d)
{
	(void)arg;
	(void)d;
}

static const struct reasm_sink sink = { .bytes = on_bytes, .gap = on_gap, .held_cap = on_cap, .differs = on_differs };

struct rig {
	struct pool pool;
	struct reasm_ctx ctx;
	struct reasm_state r;
	uint32_t isn[DIR_N];
	uint8_t truth[DIR_N][STREAM_MAX];
};

static struct rig rig;

static void rig_start(uint32_t isn_orig, uint32_t isn_reply, size_t memory, size_t size)
{
	static const struct reasm_state nothing;
	pool_init(&rig.pool, sizeof(struct reasm_held), 4);
	rig.ctx = (struct reasm_ctx){ .bufs = bufpool_new(memory), .held_pool = &rig.pool, .sink = &sink };
	rig.r = nothing;
	rig.isn[DIR_ORIG] = isn_orig;
	rig.isn[DIR_REPLY] = isn_reply;
	told.n = model.told.n = 0;
	model.size = (int64_t)size;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		struct model_dir *m = &model.dir[d];
		memset(m, 0, offsetof(struct model_dir, val));
		memset(m->piece, 0, size * sizeof(m->piece[0]));
		m->base = rig.isn[d] + (int64_t)1;
		m->fin = -1;
		for (size_t i = 0; i < size; i++)
			rig.truth[d][i] = (uint8_t)(i * 7 + (i >> 8) + d);
	}
}

/* Nothing is left behind, whatever came before. */
static void rig_end(void)
{
	reasm_fini(&rig.r, &rig.ctx);
	CU_ASSERT_PTR_NULL(rig.r.dir[DIR_ORIG].held);
	CU_ASSERT_PTR_NULL(rig.r.dir[DIR_REPLY].held);
	CU_ASSERT_EQUAL(bufpool_used(rig.ctx.bufs), 0);
	CU_ASSERT_EQUAL(rig.pool.n_used, 0);
	bufpool_free(rig.ctx.bufs);
	pool_fini(&rig.pool);
}

static bool agree(void)
{
	bool same = told.n == model.told.n && told.n <= LOG_MAX && memcmp(told.v, model.told.v, told.n * sizeof(told.v[0])) == 0;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		const struct reasm_dir *r = &rig.r.dir[d];
		const struct model_dir *m = &model.dir[d];
		unsigned n = 0;
		uint32_t bytes = 0;
		if (r->held != NULL || r->held_bytes != 0)
			model_held(m, &n, &bytes);
		same = same && reasm_check(r) && r->started == m->started && r->seen == m->seen && r->n_ooo == m->n_ooo &&
		       r->n_gaps == m->n_gaps && r->differed == m->differed && r->held_bytes == bytes &&
		       (r->held != NULL ? r->held->n : 0u) == n && (!r->started || r->next == (uint32_t)(m->base + m->next));
	}
	return same;
}

/* A segment whose octets are those at place at, changed by twist; to both. */
static void give(enum dir d, uint8_t flags, int64_t at, size_t n, int64_t ack_place, uint8_t twist)
{
	static uint8_t data[1 << 16];
	for (size_t i = 0; i < n; i++)
		data[i] = rig.truth[d][(size_t)at + i] ^ twist;
	const struct packet p = {
		.tcp = { .seq = rig.isn[d] + 1 + (uint32_t)at - ((flags & TCP_SYN) != 0),
			 .ack = rig.isn[dir_other(d)] + 1 + (uint32_t)ack_place,
			 .flags = flags },
		.payload = span_of(data, n),
		.payload_wire = (uint32_t)n,
	};
	reasm_segment(&rig.r, &rig.ctx, d, &p);
	model_segment(d, &p);
}

#define OPEN()                                                                                                                     \
	do {                                                                                                                       \
		give(DIR_ORIG, TCP_SYN, 0, 0, 0, 0);                                                                               \
		give(DIR_REPLY, TCP_SYN | TCP_ACK, 0, 0, 0, 0);                                                                    \
	} while (0)

#endif
