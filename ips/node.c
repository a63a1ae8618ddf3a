/* node.c - see node.h. */
#include "ips/node.h"

#include <stdlib.h>
#include <string.h>

enum { REC_ALL = (1 << REC_N) - 1 };

static void push_rec(struct node *n, const struct rec *r, uint64_t seq)
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

static void write_now(void *arg, const struct rec *r)
{
	struct node *n = arg;
	trace_rec(&n->trace, n->gen, r);
}

static void keep_for_release(void *arg, const struct rec *r)
{
	push_rec(arg, r, 0);
}

static void note_end(void *arg, uint64_t serial)
{
	struct node *n = arg;
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

static enum err node_new(const struct gen *g, uint64_t seed, engine_rec_fn *on_rec, struct node *n)
{
	const struct engine_cfg cfg = { .seed = seed, .node = NODE_GROUP, .rec_mask = REC_ALL };
	memset(n, 0, sizeof(*n));
	n->gen = g;
	TRY(engine_new(&cfg, g, mono_ns(0), on_rec, n, &n->engine));
	return engine_ha_new(n->engine, &n->ha);
}

enum err node_new_alone(const struct gen *g, uint64_t seed, struct node *n)
{
	return node_new(g, seed, write_now, n);
}

enum err node_new_active(const struct gen *g, uint64_t seed, struct node *n)
{
	const struct hash_key key = hash_key_of_seed(seed);
	struct ha_hello h;
	TRY(node_new(g, seed, keep_for_release, n));
	engine_ha_on_end(n->engine, note_end, n);
	TRY(ha_sender_new(&key, g->max_sessions, &n->sender));
	ha_sender_begin(&n->sender, mono_ns(0));
	engine_ha_hello(n->engine, &h);
	return ha_sender_hello(&n->sender, &h);
}

/* --- standby: what a batch does ------------------------------------------------------------------------ */

static enum err check_session(void *arg, const struct ha_session *in)
{
	struct node *n = arg;
	return engine_ha_check(n->ha, in, ha_receiver_trust(&n->receiver));
}

static enum err apply_session(void *arg, const struct ha_session *in)
{
	struct node *n = arg;
	return engine_ha_import(n->ha, in, ha_receiver_trust(&n->receiver));
}

static void apply_ended(void *arg, uint64_t serial)
{
	struct node *n = arg;
	engine_ha_ended(n->ha, serial);
}

static void apply_rec(void *arg, uint64_t seq, const struct rec *r)
{
	push_rec(arg, r, seq);
}

/* Records of batches that the peer is known to have released are written: by it. */
static void forget_released(struct node *n, uint64_t released)
{
	struct recs *q = &n->recs;
	size_t keep = 0;
	while (keep < q->n && q->seq[keep] <= released)
		keep++;
	if (keep == 0)
		return;
	memmove(q->v, q->v + keep, (q->n - keep) * sizeof(*q->v));
	memmove(q->seq, q->seq + keep, (q->n - keep) * sizeof(*q->seq));
	q->n -= keep;
}

static void apply_commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	struct node *n = arg;
	n->last = *c;
	n->digest_mismatches += digest != c->digest;
	forget_released(n, c->released);
}

static uint64_t apply_digest(void *arg, uint64_t serial)
{
	struct node *n = arg;
	struct ha_session s;
	return engine_ha_export(n->ha, serial, &s) ? ha_session_digest(&s) : 0;
}

enum err node_new_standby(const struct gen *g, uint64_t seed, struct node *n)
{
	const struct hash_key key = hash_key_of_seed(seed);
	struct ha_hello own;
	TRY(node_new(g, seed, write_now, n));
	n->apply = (struct ha_apply){ .check = check_session,
				      .session = apply_session,
				      .ended = apply_ended,
				      .rec = apply_rec,
				      .commit = apply_commit,
				      .digest = apply_digest,
				      .arg = n };
	engine_ha_hello(n->engine, &own);
	return ha_receiver_new(&key, g->max_sessions, &own, &n->apply, &n->receiver);
}

void node_free(struct node *n)
{
	ha_sender_fini(&n->sender);
	ha_receiver_fini(&n->receiver);
	engine_ha_free(n->ha);
	engine_free(n->engine);
	outbuf_free(&n->trace);
	free(n->recs.v);
	free(n->recs.seq);
	free(n->ended);
	memset(n, 0, sizeof(*n));
}

/* --- the packet's way ---------------------------------------------------------------------------------- */

void node_packet(struct node *n, const struct packet *p, struct verdict *v)
{
	struct packet copy = *p;
	*v = (struct verdict){ .pass = true };
	if (p->data != NULL)
		*v = engine_packet(n->engine, &copy);
	n->packet_nr = p->nr;
	if (n->sender.wire == NULL)
		trace_verdict(&n->trace, p, *v);
}

static enum err add_changes(struct node *n)
{
	struct ha_sender *s = &n->sender;
	struct ha_session one;
	/* What ended makes room, on both nodes, for what began. */
	for (size_t i = 0; i < n->n_ended; i++)
		TRY(ha_sender_ended(s, n->ended[i]));
	n->n_ended = 0;
	while (engine_ha_next(n->ha, &one))
		TRY(ha_sender_session(s, &one));
	for (size_t i = 0; i < n->recs.n; i++)
		TRY(ha_sender_rec(s, &n->recs.v[i]));
	return n->failed;
}

enum err node_commit(struct node *n, struct span *bytes)
{
	struct ha_sender *s = &n->sender;
	struct ha_commit c = { .released = n->released,
			       .last_serial = session_last_serial(engine_sessions(n->engine)),
			       .packet_nr = n->packet_nr };
	s->now = engine_now(n->engine);
	TRY(add_changes(n));
	return ha_sender_commit(s, &c, bytes);
}

void node_release(struct node *n, const struct packet *p, const struct verdict *v, size_t n_packets)
{
	trace_batch(&n->trace, n->sender.seq);
	for (size_t i = 0; i < n_packets; i++)
		trace_verdict(&n->trace, &p[i], v[i]);
	for (size_t i = 0; i < n->recs.n; i++)
		trace_rec(&n->trace, n->gen, &n->recs.v[i]);
	n->recs.n = 0;
	n->released = n->sender.seq;
	ha_sender_begin(&n->sender, engine_now(n->engine));
}

enum err node_feed(struct node *n, struct span bytes, uint64_t *ack)
{
	const enum err e = ha_receiver_feed(&n->receiver, bytes);
	*ack = n->receiver.seq;
	return e != OK ? e : n->failed;
}

uint64_t node_promote(struct node *n)
{
	engine_ha_promote(n->ha, &n->last);
	for (size_t i = 0; i < n->recs.n; i++)
		trace_rec(&n->trace, n->gen, &n->recs.v[i]);
	n->recs.n = 0;
	return n->last.packet_nr + 1;
}

void node_finish(struct node *n)
{
	trace_lists(&n->trace, n->engine);
	engine_finish(n->engine);
}
