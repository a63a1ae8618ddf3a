/* middle_pair.c - two nodes joined in memory by the bytes of the HA protocol, for one connection; the active one dies. */
#include <stdio.h>
#include <stdlib.h>

#include "ips/replica.h"
#include "tests/oracle/ends.h"

enum { ACTIVE, STANDBY, NODES };

struct pair {
	struct replica node[NODES];
	struct failure fail;
	unsigned n;                  /* packets */
	bool alone;
	struct seen before[WHOSE_N]; /* what the decoders had had before the packets that are lost with them */
};

static void no_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

/* The active node's changes, whole on the other before anything of them is seen. */
static enum err commit(struct pair *pr)
{
	struct replica *a = &pr->node[ACTIVE], *b = &pr->node[STANDBY];
	struct span bytes;
	TRY(replica_commit(a, &bytes));
	TRY(replica_feed(b, bytes));
	if (b->receiver.seq != a->sender.seq || b->digest_mismatches != 0)
		return ERR_MALFORMED;
	replica_release(a, a->sender.seq);
	a->written = a->released;
	return OK;
}

static enum err join(struct pair *pr)
{
	TRY(replica_stand_by(&pr->node[STANDBY]));
	TRY(replica_join(&pr->node[ACTIVE]));
	(void)replica_bulk(&pr->node[ACTIVE], 1); /* there is nothing yet */
	return commit(pr);
}

struct pair *pair_new(struct middle *m, const struct schedule *s)
{
	static const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	struct pair *pr = calloc(1, sizeof(*pr));
	if (pr == NULL)
		return NULL;
	pr->fail = s->fail;
	for (unsigned i = 0; i < NODES; i++) {
		if (replica_new(&cfg, m->gen, m->now, no_rec, NULL, &pr->node[i]) != OK) {
			pair_free(pr);
			return NULL;
		}
		engine_on_bytes(pr->node[i].engine, middle_write_down, m);
	}
	if (join(pr) == OK)
		return pr;
	pair_free(pr);
	return NULL;
}

void pair_free(struct pair *pr)
{
	if (pr == NULL)
		return;
	for (unsigned i = 0; i < NODES; i++)
		if (pr->node[i].engine != NULL)
			replica_free(&pr->node[i]);
	free(pr);
}

/* The other node goes on from the last commit. Octets that the dead one's decoders had after that are not its own. What the dead
 * one has lent of its last packet may still leave: its memory goes with the pair. */
static void die(struct pair *pr, struct conn *c)
{
	if (pr->fail.fate == FATE_LOST)
		for (unsigned i = 0; i < WHOSE_N; i++)
			c->seen[i] = pr->before[i];
	replica_promote(&pr->node[STANDBY]);
	pr->alone = true;
}

static void keep(struct pair *pr, const struct conn *c)
{
	for (unsigned i = 0; i < WHOSE_N; i++)
		pr->before[i] = c->seen[i];
}

/* It will die before it can commit what it has judged. */
static bool unsaid(const struct pair *pr)
{
	return pr->fail.fate == FATE_LOST && pr->n >= pr->fail.at;
}

struct verdict pair_packet(struct pair *pr, struct conn *c, struct packet *p, bool *lost)
{
	if (pr->alone)
		return engine_packet(pr->node[STANDBY].engine, p);
	pr->n++;
	const bool last = pr->n == (unsigned)pr->fail.at + pr->fail.n - 1, doomed = pr->n >= pr->fail.at;
	*lost = doomed && pr->fail.fate != FATE_RELEASED;
	if (pr->n == pr->fail.at)
		keep(pr, c);
	struct replica *a = &pr->node[ACTIVE];
	struct verdict v = engine_packet(a->engine, p);
	a->packet_nr = p->nr;
	if (!unsaid(pr) && commit(pr) != OK) {
		fprintf(stderr, "oracle: the other node refused what it was told\n");
		*lost = true;
	}
	if (last)
		die(pr, c);
	return v;
}

void pair_tick(struct pair *pr, mono_t now)
{
	engine_tick(pr->node[pr->alone ? STANDBY : ACTIVE].engine, now);
	if (!pr->alone && !unsaid(pr) && commit(pr) != OK)
		fprintf(stderr, "oracle: the other node refused what it was told\n");
}
