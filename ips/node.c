/* node.c - see node.h. */
#include "ips/node.h"

#include <string.h>

enum { REC_ALL = (1 << REC_N) - 1 };

static void write_rec(void *arg, const struct rec *r)
{
	struct node *n = arg;
	trace_rec(&n->trace, n->gen, r);
}

enum err node_new_alone(const struct gen *g, uint64_t seed, struct node *n)
{
	const struct engine_cfg cfg = { .seed = seed, .node = NODE_GROUP, .rec_mask = REC_ALL };
	memset(n, 0, sizeof(*n));
	n->gen = g;
	return replica_new(&cfg, g, mono_ns(0), write_rec, n, &n->r);
}

enum err node_new_active(const struct gen *g, uint64_t seed, struct node *n)
{
	TRY(node_new_alone(g, seed, n));
	TRY(replica_join(&n->r));
	(void)replica_bulk(&n->r, 1); /* there is nothing yet */
	return OK;
}

enum err node_new_standby(const struct gen *g, uint64_t seed, struct node *n)
{
	TRY(node_new_alone(g, seed, n));
	return replica_stand_by(&n->r);
}

void node_free(struct node *n)
{
	replica_free(&n->r);
	outbuf_free(&n->trace);
	memset(n, 0, sizeof(*n));
}

static uint64_t session_of(const struct node *n, const struct tuple *t)
{
	enum dir d;
	const struct session *s = session_find(engine_sessions(n->r.engine), t, &d);
	return s != NULL ? s->s.serial : 0;
}

void node_packet(struct node *n, const struct packet *p, struct trace_mark *m)
{
	struct packet copy = *p;
	struct verdict v = { .pass = true };
	if (p->data != NULL)
		v = engine_packet(n->r.engine, &copy);
	*m = trace_mark(&v);
	m->serial = p->data != NULL ? session_of(n, &copy.tuple) : 0;
	n->r.packet_nr = p->nr;
	if (n->r.mode != REPLICA_ACTIVE && !n->unheard)
		trace_verdict(&n->trace, p, m);
}

void node_release(struct node *n, const struct packet *p, const struct trace_mark *m, size_t n_packets)
{
	trace_batch(&n->trace, n->r.sender.seq);
	for (size_t i = 0; i < n_packets; i++)
		trace_verdict(&n->trace, &p[i], &m[i]);
	replica_release(&n->r, n->r.sender.seq);
	n->r.written = n->r.released;
}

uint64_t node_promote(struct node *n)
{
	replica_promote(&n->r);
	return n->r.last.packet_nr + 1;
}

void node_finish(struct node *n)
{
	trace_lists(&n->trace, n->r.engine);
	engine_finish(n->r.engine);
}
