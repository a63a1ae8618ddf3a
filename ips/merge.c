/* merge.c - see merge.h. */
#include "ips/merge.h"

#include <string.h>

/* Asked of each session as it is taken: one that cannot be is not to cost the others. */
static enum err no_objection(void *arg, const struct ha_session *in)
{
	(void)arg, (void)in;
	return OK;
}

static enum err take_session(void *arg, const struct ha_session *in)
{
	struct merge *m = arg;
	bool taken;
	const enum err e = engine_ha_merge(m->ha, in, ha_receiver_trust(&m->rx), &taken);
	m->taken += taken;
	m->kept += e == OK && !taken;
	m->refused += e != OK && !taken;
	return OK;
}

static void let_live(void *arg, uint64_t serial)
{
	(void)arg, (void)serial;
}

/* Its records are in its own logs. */
static void pass_rec(void *arg, uint64_t seq, const struct rec *r)
{
	(void)arg, (void)seq, (void)r;
}

static enum err pass_datagram(void *arg, const struct frag_message *f)
{
	(void)arg, (void)f;
	return OK;
}

static void take_commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	struct merge *m = arg;
	(void)digest;
	m->whole |= c->whole;
}

static void no_sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	(void)arg, (void)serial, (void)parts, (void)sum;
}

/* What is here is not the stream's. */
static void keep_all(void *arg)
{
	(void)arg;
}

static void take_names(void *arg, const struct ha_hello *peer)
{
	struct merge *m = arg;
	const enum err e = engine_ha_meet(m->ha, peer);
	if (e != OK)
		m->failed = e;
}

enum err merge_begin(struct merge *m, struct engine *e, struct engine_ha *ha, const struct hash_key *key)
{
	struct ha_hello own;
	*m = (struct merge){ .ha = ha };
	m->apply = (struct ha_apply){ .check = no_objection,
				      .session = take_session,
				      .ended = let_live,
				      .rec = pass_rec,
				      .check_datagram = pass_datagram,
				      .datagram = pass_datagram,
				      .commit = take_commit,
				      .sums = no_sums,
				      .anew = keep_all,
				      .named = take_names,
				      .arg = m };
	engine_ha_hello(e, &own);
	TRY(ha_receiver_new(key, engine_gen(e)->max_sessions, &own, &m->apply, &m->rx));
	m->rx.merges = m->begun = true;
	return OK;
}

enum err merge_feed(struct merge *m, unsigned link, struct span bytes, mono_t here)
{
	m->rx.here = here;
	TRY(ha_receiver_feed_link(&m->rx, link, bytes));
	return m->failed;
}

void merge_end(struct merge *m)
{
	if (m->begun)
		ha_receiver_fini(&m->rx);
	memset(m, 0, sizeof(*m));
}
