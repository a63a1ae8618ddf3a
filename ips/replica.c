/* replica.c - see replica.h. */
#include "ips/replica.h"

#include <stdlib.h>
#include <string.h>

#include "hacache/ha_repair.h"

/* --- records and ends, until their batch leaves --------------------------------------------------------- */

static void push_rec(struct replica *n, const struct rec *r, uint64_t seq)
{
	struct recs *q = &n->recs;
	if (q->n == q->cap) {
		const size_t cap = q->cap * 2 + 64;
		struct rec *v = realloc(q->v, cap * sizeof(*v));
		if (v != NULL)
			q->v = v;
		uint64_t *s = realloc(q->seq, cap * sizeof(*s));
		if (s != NULL)
			q->seq = s;
		if (v == NULL || s == NULL) {
			n->failed = ERR_NOMEM;
			return;
		}
		q->cap = cap;
	}
	q->v[q->n] = *r;
	q->seq[q->n++] = seq;
}

static void on_rec(void *arg, const struct rec *r)
{
	struct replica *n = arg;
	if (n->mode == REPLICA_ACTIVE)
		push_rec(n, r, n->sender.seq + 1);
	else
		n->out(n->out_arg, r);
}

static void drop_recs(struct recs *q, size_t k)
{
	memmove(q->v, q->v + k, (q->n - k) * sizeof(*q->v));
	memmove(q->seq, q->seq + k, (q->n - k) * sizeof(*q->seq));
	q->n -= k;
}

/* Takes the records of batches up to seq off the queue, given to the sink or not. */
static void take_recs(struct replica *n, uint64_t seq, bool write)
{
	struct recs *q = &n->recs;
	size_t k = 0;
	for (; k < q->n && q->seq[k] <= seq; k++)
		if (write)
			n->out(n->out_arg, &q->v[k]);
	if (k != 0)
		drop_recs(q, k);
}

static void note_end(void *arg, uint64_t serial)
{
	struct replica *n = arg;
	if (n->n_ended == n->cap_ended) {
		const size_t cap = n->cap_ended * 2 + 64;
		uint64_t *v = realloc(n->ended, cap * sizeof(*v));
		if (v == NULL) {
			n->failed = ERR_NOMEM;
			return;
		}
		n->ended = v;
		n->cap_ended = cap;
	}
	n->ended[n->n_ended++] = serial;
}

/* --- modes ------------------------------------------------------------------------------------------------ */

enum err replica_new(const struct engine_cfg *cfg, const struct gen *g, mono_t now, engine_rec_fn *sink, void *arg,
		     struct replica *r)
{
	memset(r, 0, sizeof(*r));
	r->key = hash_key_of_seed(cfg->seed);
	r->out = sink;
	r->out_arg = arg;
	r->recs.max = REPLICA_RECS_OCTETS / sizeof(struct rec);
	TRY(engine_new(cfg, g, now, on_rec, r, &r->engine));
	return engine_ha_new(r->engine, &r->ha);
}

void replica_free(struct replica *r)
{
	ha_sender_fini(&r->sender);
	ha_receiver_fini(&r->receiver);
	engine_ha_free(r->ha);
	engine_free(r->engine);
	free(r->recs.v);
	free(r->recs.seq);
	free(r->ended);
	memset(r, 0, sizeof(*r));
}

static enum err begin(struct replica *r, bool yields, mono_t since)
{
	struct ha_hello h;
	TRY(ha_sender_new(&r->key, engine_gen(r->engine)->max_sessions, &r->sender));
	if (++r->stream == 0) /* that number says another thing */
		r->stream++;
	r->sender.stream = r->stream;
	r->sender.yields = yields;
	r->whole_from = 0;
	ha_sender_begin(&r->sender, engine_now(r->engine));
	engine_ha_hello(r->engine, &h);
	TRY(engine_ha_names(r->ha, &h));
	TRY(ha_sender_hello(&r->sender, &h));
	r->mode = REPLICA_ACTIVE;
	r->whole = false;
	r->released = r->written = r->whole_seq = r->wait_seq = r->rec_seq = 0;
	r->failed = OK;
	r->n_ended = 0;
	engine_ha_on_end(r->engine, note_end, r);
	engine_ha_bulk_start(r->ha, since);
	return OK;
}

enum err replica_join(struct replica *r)
{
	return begin(r, false, mono_ns(INT64_MIN));
}

enum err replica_yield(struct replica *r, mono_t since)
{
	return begin(r, true, since);
}

enum err replica_greet(struct replica *r, struct wr *out)
{
	struct ha_hello h;
	engine_ha_hello(r->engine, &h);
	return ha_sender_greet(&r->sender, &h, r->whole_from, out);
}

size_t replica_bulk(struct replica *r, size_t max)
{
	const size_t left = engine_ha_bulk(r->ha, max);
	if (max != 0)
		r->whole = left == 0;
	return left;
}

bool replica_pending(const struct replica *r)
{
	const struct recs *q = &r->recs;
	return ha_repair_wanted(&r->sender) || r->n_ended != 0 || engine_ha_pending(r->ha) ||
	       (q->n != 0 && q->seq[q->n - 1] > r->sender.seq);
}

void replica_part(struct replica *r)
{
	take_recs(r, UINT64_MAX, true);
	engine_ha_on_end(r->engine, NULL, NULL);
	engine_ha_forget(r->ha);
	ha_sender_fini(&r->sender);
	r->mode = REPLICA_ALONE;
	r->whole = false;
	r->n_ended = 0;
}

/* --- active ------------------------------------------------------------------------------------------------ */

static void retell(void *arg, uint64_t serial)
{
	struct replica *n = arg;
	engine_ha_retell(n->ha, serial);
}

/* *turned: more than counters has changed. */
static enum err add_changes(struct replica *n, bool *turned)
{
	struct ha_sender *s = &n->sender;
	struct ha_session one;
	/* What ended makes room, on both nodes, for what began. */
	for (size_t i = 0; i < n->n_ended; i++)
		TRY(ha_sender_ended(s, n->ended[i]));
	*turned = n->n_ended != 0;
	n->n_ended = 0;
	TRY(ha_repair_bucket(s, retell, n));
	while (engine_ha_next(n->ha, &one)) {
		TRY(ha_sender_session(s, &one));
		*turned |= n->wait == HA_WAIT_STATE && engine_ha_turned(n->ha, &one);
	}
	while (engine_ha_next_datagram(n->ha, &n->datagram)) {
		TRY(ha_sender_datagram(s, &n->datagram));
		*turned = true;
	}
	for (size_t i = 0; i < n->recs.n; i++)
		if (n->recs.seq[i] > s->seq) {
			TRY(ha_sender_rec(s, &n->recs.v[i]));
			n->rec_seq = s->seq + 1;
			*turned = true;
		}
	TRY(ha_repair_sums(s));
	return n->failed;
}

enum err replica_commit(struct replica *n, struct span *bytes)
{
	struct ha_sender *s = &n->sender;
	struct ha_commit c = { .released = n->written,
			       .last_serial = session_last_serial(engine_sessions(n->engine)),
			       .packet_nr = n->packet_nr,
			       .whole = n->whole,
			       .doubt_upto = engine_doubt_upto(n->engine) };
	bool turned;
	s->now = engine_now(n->engine);
	TRY(add_changes(n, &turned));
	TRY(ha_sender_commit(s, &c, bytes));
	if (n->wait == HA_WAIT_ALL || (n->wait == HA_WAIT_STATE && turned))
		n->wait_seq = s->seq;
	if (n->whole && n->whole_seq == 0)
		n->whole_seq = s->seq;
	ha_sender_begin(s, s->now); /* bytes stay where they are until something is added */
	return OK;
}

bool replica_sound(struct replica *n)
{
	struct session_table *t = engine_sessions(n->engine);
	for (struct session *s = session_next(t, NULL); s != NULL; s = session_next(t, s)) {
		const struct ha_entry *e = ha_cache_find(n->sender.cache, s->s.serial);
		struct ha_session whole;
		uint64_t sum[HA_SECTION_N];
		if (s->unshared)
			continue;
		if (e == NULL || !engine_ha_export(n->ha, s->s.serial, HA_PARTS_ALL, &whole))
			return false;
		ha_session_sums(&whole, sum);
		if (memcmp(sum, e->sum, sizeof(sum)) != 0)
			return false;
	}
	return true;
}

void replica_release(struct replica *n, uint64_t seq)
{
	take_recs(n, seq, true);
	n->released = seq;
}

/* --- standby: what a batch does ------------------------------------------------------------------------ */

static enum err check_session(void *arg, const struct ha_session *in)
{
	struct replica *n = arg;
	return engine_ha_check(n->ha, in, ha_receiver_trust(&n->receiver));
}

static enum err apply_session(void *arg, const struct ha_session *in)
{
	struct replica *n = arg;
	return engine_ha_import(n->ha, in, ha_receiver_trust(&n->receiver));
}

static void apply_ended(void *arg, uint64_t serial)
{
	struct replica *n = arg;
	engine_ha_ended(n->ha, serial);
}

static void apply_rec(void *arg, uint64_t seq, const struct rec *r)
{
	struct replica *n = arg;
	struct recs *q = &n->recs;
	if (q->n >= q->max) {
		q->forgotten += q->max / 2;
		drop_recs(q, q->max / 2);
	}
	struct rec here = *r;
	here.ifin = engine_ha_port(n->ha, r->ifin);
	here.ifout = engine_ha_port(n->ha, r->ifout);
	push_rec(n, &here, seq);
}

static enum err check_datagram(void *arg, const struct frag_message *m)
{
	(void)arg;
	return frag_check(m);
}

static enum err apply_datagram(void *arg, const struct frag_message *m)
{
	struct replica *n = arg;
	return engine_ha_import_datagram(n->ha, m);
}

static void apply_commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	struct replica *n = arg;
	n->last = *c;
	n->whole = c->whole && c->seq >= n->receiver.peer.whole_from;
	n->digest_mismatches += digest != c->digest && ha_receiver_comparable(&n->receiver);
	take_recs(n, c->released, false); /* written by the peer */
}

static void apply_sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	struct replica *n = arg;
	struct ha_session s;
	if (engine_ha_export(n->ha, serial, parts, &s))
		ha_session_sums(&s, sum);
}

/* What is held came by no stream. */
static void clear(struct replica *n)
{
	engine_ha_clear(n->ha);
	n->recs.n = 0;
	n->whole = false;
	n->last = (struct ha_commit){ 0 };
}

static void begin_anew(void *arg)
{
	clear(arg);
}

static void take_names(void *arg, const struct ha_hello *peer)
{
	struct replica *n = arg;
	const enum err e = engine_ha_meet(n->ha, peer);
	if (e != OK)
		n->failed = e;
}

enum err replica_stand_by(struct replica *r)
{
	struct ha_hello own;
	ha_receiver_fini(&r->receiver);
	clear(r);
	r->failed = OK;
	r->mode = REPLICA_STANDBY;
	r->apply = (struct ha_apply){ .check = check_session,
				      .session = apply_session,
				      .ended = apply_ended,
				      .rec = apply_rec,
				      .check_datagram = check_datagram,
				      .datagram = apply_datagram,
				      .commit = apply_commit,
				      .sums = apply_sums,
				      .anew = begin_anew,
				      .named = take_names,
				      .arg = r };
	engine_ha_hello(r->engine, &own);
	return ha_receiver_new(&r->key, engine_gen(r->engine)->max_sessions, &own, &r->apply, &r->receiver);
}

enum err replica_feed_link(struct replica *n, unsigned link, struct span bytes)
{
	TRY(ha_receiver_feed_link(&n->receiver, link, bytes));
	/* The peer goes on with a stream of which we have nothing; or where batches are that it did not wait for. */
	if (n->receiver.refused_stream != 0 || n->receiver.seq < n->receiver.peer.whole_from)
		n->whole = false;
	return n->failed;
}

enum err replica_feed(struct replica *n, struct span bytes)
{
	return replica_feed_link(n, 0, bytes);
}

void replica_promote(struct replica *n)
{
	engine_ha_promote(n->ha, &n->last);
	n->mode = REPLICA_ALONE;
	n->packet_nr = n->last.packet_nr;
	take_recs(n, UINT64_MAX, true);
	ha_receiver_fini(&n->receiver);
}
