/* match_stream.c - stream rules: scanning a direction's bytes, letting the hits out in order, saving and resuming.
 *
 * A scan queues (end offset, chain); Hyperscan promises that hits lie within the bytes scanned but no order,
 * so the queue is sorted. What a chain's end does to its rule is decided when it is let out.
 */
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/hash.h"
#include "base/wr.h"
#include "sigs/match_int.h"

enum { PACKED_HEAD = 25, PACKED_SUM = 17, PACKED_SLACK = 256 };

enum err match_stream_new(struct matcher *m)
{
	const struct sig_chains *db = &m->set->db[SIGD_STREAM];
	if (db->hs == NULL)
		return OK;
	if (hs_stream_size(db->hs, &m->stream_size) != HS_SUCCESS)
		return ERR_INTERNAL;
	m->packed_cap = PACKED_HEAD + m->stream_size + PACKED_SLACK;
	m->packed = malloc(m->packed_cap);
	m->spare = calloc((size_t)m->streams_max + 1, sizeof(*m->spare));
	m->once = calloc(db->n, sizeof(*m->once));
	return m->packed != NULL && m->spare != NULL && m->once != NULL ? OK : ERR_NOMEM;
}

void match_stream_free(struct matcher *m)
{
	while (m->n_spare > 0)
		(void)hs_close_stream(m->spare[--m->n_spare], NULL, NULL, NULL);
	free(m->packed);
	free(m->spare);
	free(m->once);
}

/* --- streams: closed ones are kept and used again, so that a warm matcher allocates none ---------- */

static void put_stream(struct matcher *m, void *stream)
{
	if (stream != NULL)
		m->spare[m->n_spare++] = stream;
}

static void drop_stream(struct matcher *m, struct match_flow *f, enum dir d)
{
	put_stream(m, f->stream[d]);
	f->stream[d] = NULL;
}

static void *get_stream(struct matcher *m)
{
	hs_stream_t *stream = NULL;
	if (m->n_spare > 0) {
		stream = m->spare[--m->n_spare];
		if (hs_reset_stream(stream, 0, NULL, NULL, NULL) == HS_SUCCESS)
			return stream;
		put_stream(m, stream);
		return NULL;
	}
	if (m->n_streams >= m->streams_max || hs_open_stream(m->set->db[SIGD_STREAM].hs, 0, &stream) != HS_SUCCESS)
		return NULL;
	m->n_streams++;
	return stream;
}

void match_flow_init(struct match_flow *f)
{
	*f = (struct match_flow){ 0 };
}

static void forget_queue(struct matcher *m, const struct match_flow *f)
{
	if (m->q.flow == f)
		m->q.flow = NULL;
}

void match_flow_fini(struct matcher *m, struct match_flow *f)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		put_stream(m, f->stream[d]);
	forget_queue(m, f);
	*f = (struct match_flow){ 0 };
}

/* --- parts --------------------------------------------------------------------------------------- */

static struct match_part *find_part(struct match_state *s, uint32_t rule, enum dir d)
{
	for (unsigned i = 0; i < s->n_parts; i++) {
		if (s->part[i].rule == rule && s->part[i].dir == d)
			return &s->part[i];
	}
	return NULL;
}

static void remove_part(struct match_state *s, unsigned i)
{
	s->n_parts--;
	memmove(&s->part[i], &s->part[i + 1], (s->n_parts - i) * sizeof(s->part[0]));
}

/* The oldest unfinished one makes room; when all are done, the oldest of those, which may alert again. */
static void make_room(struct matcher *m, struct match_state *s, enum dir d, void *arg)
{
	unsigned i = 0;
	while (i < s->n_parts && s->part[i].done)
		i++;
	remove_part(s, i < s->n_parts ? i : 0);
	m->stat.parts_full++;
	match_rule_lost(m, d, arg);
}

static struct match_part *take_part(struct matcher *m, struct match_state *s, uint32_t rule, enum dir d, void *arg)
{
	struct match_part *p = find_part(s, rule, d);
	if (p != NULL)
		return p;
	if (s->n_parts >= MATCH_PARTS_MAX)
		make_room(m, s, d, arg);
	p = &s->part[s->n_parts++];
	*p = (struct match_part){ .rule = rule, .dir = (uint8_t)d };
	return p;
}

/* --- scanning ------------------------------------------------------------------------------------ */

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	struct matcher *m = ctx;
	struct match_queue *q = &m->q;
	const struct sig_chains *db = &m->set->db[SIGD_STREAM];
	(void)from;
	(void)flags;
	if (q->gap && db->rule[id]->chain[db->bit[id]].anchored)
		return 0;
	const uint64_t rel = to - q->base, key = (rel < q->len ? rel : q->len) << 32 | id;
	struct match_once *o = &m->once[id];
	if (db->repeat[id] != SIGR_EVERY && o->scan == m->scan_nr) {
		if (key < q->key[o->at])
			q->key[o->at] = key;
		return 0;
	}
	if (q->n == MATCH_QUEUE) {
		q->overflow = true;
		return 0;
	}
	*o = (struct match_once){ .scan = m->scan_nr, .at = q->n };
	q->key[q->n++] = key;
	return 0;
}

/* A stream opened behind octets that were not scanned begins anew: its start is unknown. */
static bool open_stream(struct matcher *m, struct match_flow *f, enum dir d)
{
	if (f->stream[d] != NULL)
		return true;
	if (f->off[d] != 0) {
		f->gap[d] = true;
		f->off[d] = 0;
	}
	f->stream[d] = get_stream(m);
	return f->stream[d] != NULL;
}

static void begin_scan(struct matcher *m, const struct match_flow *f, enum dir d, size_t len)
{
	struct match_queue *q = &m->q;
	q->flow = f;
	q->dir = d;
	q->n = q->next = 0;
	q->overflow = q->passed = false;
	q->base = f->off[d];
	q->gap = f->gap[d];
	q->len = (uint32_t)len;
	if (++m->scan_nr == 0) {
		memset(m->once, 0, m->set->db[SIGD_STREAM].n * sizeof(*m->once));
		m->scan_nr = 1;
	}
}

bool match_reads(const struct matcher *m, const struct sig_flow *sf, enum dir d)
{
	const bool forward = d == DIR_ORIG;
	return sig_reach_has(&m->set->reach, d, forward ? sf->cport : sf->sport, forward ? sf->sport : sf->cport);
}

void match_stream(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, struct span bytes)
{
	m->q.flow = NULL;
	if (m->set->db[SIGD_STREAM].hs == NULL || bytes.len == 0 || bytes.len > UINT32_MAX || !match_reads(m, sf, d))
		return;
	if (!open_stream(m, f, d)) {
		m->stat.no_stream += bytes.len;
		f->gap[d] = true;
		return;
	}
	begin_scan(m, f, d, bytes.len);
	const hs_error_t rc = hs_scan_stream(f->stream[d], (const char *)bytes.p, (unsigned)bytes.len, 0, m->scratch, on_match, m);
	f->off[d] += bytes.len;
	if (rc != HS_SUCCESS) {
		m->stat.scan_errors++;
		m->q.overflow = true;
	}
	match_sort(m->q.key, m->q.n);
}

/* --- letting out --------------------------------------------------------------------------------- */

/* A rule that a pass rule at the same octet outdoes is done without a word. */
static void complete(struct matcher *m, struct match_part *p, const struct sig_rule *r, const struct match_on *on, uint32_t at,
		     void *arg)
{
	struct match_queue *q = &m->q;
	const bool was_done = p->done;
	p->done = true;
	if (r->pub.action == SIG_PASS) {
		q->passed = true;
		q->pass_at = at;
	} else if (q->passed && q->pass_at == at) {
		return;
	}
	if (!was_done)
		match_rule_fire(m, r, on, arg);
}

static void let_out(struct matcher *m, struct match_flow *f, const struct match_on *on, uint64_t key, void *arg)
{
	const struct sig_chains *db = &m->set->db[SIGD_STREAM];
	const uint32_t id = (uint32_t)key, at = (uint32_t)(key >> 32);
	const struct sig_rule *r = db->rule[id];
	struct match_part *p = find_part(&f->s, r->pub.index, on->dir);
	if ((p != NULL && p->done && r->pub.action != SIG_PASS) || !match_rule_static(r, on))
		return;
	const uint32_t seen = (p != NULL ? p->seen : 0) | UINT32_C(1) << db->bit[id];
	const bool fires = seen == r->want && match_rule_tags(r, on) && match_rule_holds(m, r, on);
	if (r->n_chains == 1 && !fires)
		return;
	p = take_part(m, &f->s, r->pub.index, on->dir, arg);
	p->seen = seen;
	if (fires)
		complete(m, p, r, on, at, arg);
}

void match_upto(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, size_t upto, void *arg)
{
	struct match_queue *q = &m->q;
	if (q->flow != f || q->dir != d)
		return;
	if (q->overflow) {
		q->overflow = false;
		m->stat.queue_full++;
		match_rule_lost(m, d, arg);
	}
	const struct match_on on = { .sf = sf, .dir = d };
	while (q->next < q->n && q->key[q->next] >> 32 <= upto)
		let_out(m, f, &on, q->key[q->next++], arg);
}

void match_gap(struct matcher *m, struct match_flow *f, enum dir d)
{
	drop_stream(m, f, d);
	f->off[d] = 0;
	f->gap[d] = true;
	for (unsigned i = f->s.n_parts; i-- > 0;) {
		if (f->s.part[i].dir == d && !f->s.part[i].done)
			remove_part(&f->s, i);
	}
	forget_queue(m, f);
}

/* --- saving and resuming --------------------------------------------------------------------------
 *
 *   set hash 8 | octets scanned 8 | gap 1 | FNV of these and the rest 8 | Hyperscan's compressed stream, or nothing
 */

static uint64_t packed_sum(const char *packed, size_t len)
{
	return hash_fnv(hash_fnv(HASH_FNV_START, packed, PACKED_SUM), packed + PACKED_HEAD, len - PACKED_HEAD);
}

enum err match_export(struct matcher *m, const struct match_flow *f, enum dir d, struct bufpool *bufs, struct buf *out)
{
	size_t n = 0;
	if (m->set->db[SIGD_STREAM].hs == NULL || (f->stream[d] == NULL && !f->gap[d])) {
		buf_clear(bufs, out);
		return OK;
	}
	if (f->stream[d] != NULL &&
	    hs_compress_stream(f->stream[d], m->packed + PACKED_HEAD, m->packed_cap - PACKED_HEAD, &n) != HS_SUCCESS)
		return ERR_INTERNAL;
	struct wr w = wr_of(m->packed, PACKED_HEAD);
	wr_be64(&w, m->set->hash);
	wr_be64(&w, f->off[d]);
	wr_u8(&w, f->gap[d]);
	wr_be64(&w, packed_sum(m->packed, PACKED_HEAD + n));
	return buf_set(bufs, out, m->packed, PACKED_HEAD + n);
}

static bool expand(struct matcher *m, struct match_flow *f, enum dir d, struct span in)
{
	struct cur c = cur_span(in);
	const uint64_t hash = cur_be64(&c), off = cur_be64(&c);
	const uint8_t gap = cur_u8(&c);
	const uint64_t sum = cur_be64(&c);
	if (!cur_ok(&c) || hash != m->set->hash || gap > 1 || in.len > m->packed_cap)
		return false;
	memcpy(m->packed, in.p, in.len);
	if (sum != packed_sum(m->packed, in.len))
		return false;
	const size_t n = in.len - PACKED_HEAD;
	if (n != 0) {
		if ((f->stream[d] = get_stream(m)) == NULL)
			return false;
		if (hs_reset_and_expand_stream(f->stream[d], m->packed + PACKED_HEAD, n, NULL, NULL, NULL) != HS_SUCCESS) {
			drop_stream(m, f, d);
			return false;
		}
	}
	f->off[d] = off;
	f->gap[d] = gap == 1;
	return true;
}

enum err match_import(struct matcher *m, struct match_flow *f, enum dir d, struct span in)
{
	drop_stream(m, f, d);
	forget_queue(m, f);
	f->gap[d] = false;
	f->off[d] = 0;
	if (in.len == 0)
		return OK;
	if (m->set->db[SIGD_STREAM].hs != NULL && expand(m, f, d, in))
		return OK;
	f->gap[d] = true;
	return ERR_MALFORMED;
}
