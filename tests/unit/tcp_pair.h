/* tcp_pair.h - for tcp_script.h: the engine as one of two nodes, of which the active one dies at some packet. */
#ifndef TESTS_UNIT_TCP_PAIR_H
#define TESTS_UNIT_TCP_PAIR_H

#include "ips/replica.h"
#include "tests/unit/tcp_seg.h"

enum { PAIR_NODES = 2 };

struct pair {
	struct replica node[PAIR_NODES];
	unsigned active;
	bool joined;
};

static struct pair pair;

static inline void pair_node(unsigned i)
{
	const struct engine_cfg cfg = { .seed = 3 + i, .node = 7 + i, .rec_mask = RIG_REC_ALL };
	CU_ASSERT_EQUAL_FATAL(replica_new(&cfg, &ctx.rig.gen, ctx.rig.now, rig_rec, &ctx.rig, &pair.node[i]), OK);
}

/* What has changed, told to the other node. */
static inline void pair_commit(void)
{
	struct replica *a = &pair.node[pair.active], *b = &pair.node[!pair.active];
	struct span bytes;
	if (!pair.joined)
		return;
	if (replica_commit(a, &bytes) != OK || replica_feed(b, bytes) != OK || b->receiver.seq != a->sender.seq)
		script_fail("the other node refuses what it is told", NULL);
	replica_release(a, a->sender.seq);
	a->written = a->released;
}

/* Another node comes up, and gets all there is. */
static inline void pair_join(void)
{
	pair_node(!pair.active);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&pair.node[!pair.active]), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&pair.node[pair.active]), OK);
	(void)replica_bulk(&pair.node[pair.active], 64);
	pair.joined = true;
	pair_commit();
}

static inline void pair_die(engine_bytes_fn *on_bytes)
{
	replica_free(&pair.node[pair.active]);
	pair.active = !pair.active;
	pair.joined = false;
	replica_promote(&pair.node[pair.active]);
	ctx.rig.e = pair.node[pair.active].engine;
	engine_on_bytes(ctx.rig.e, on_bytes, NULL);
}

static inline void pair_start(void)
{
	ctx.rig.now = mono_ns(1000 * NS_PER_SEC);
	pair = (struct pair){ 0 };
	pair_node(0);
	ctx.rig.e = pair.node[0].engine;
	pair_join();
}

static inline void pair_end(void)
{
	engine_finish(ctx.rig.e);
	for (unsigned i = 0; i < PAIR_NODES; i++)
		if (i == pair.active || pair.joined)
			replica_free(&pair.node[i]);
	ctx.rig.e = NULL;
	outbuf_free(&ctx.rig.told);
}

#endif
