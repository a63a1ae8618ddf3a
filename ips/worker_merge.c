/* worker_merge.c - the packet loop's side of a split brain's end: the node of the earlier term yields, the other one merges.
 *
 * Who yields has no addresses and takes no packets any more; it sends what it has carried since the links were lost, and begins
 * anew as a standby when that is acknowledged, or after a while. Who works on takes that before it lets a standby join.
 */
#include "ips/worker_int.h"

#include <stdio.h>

enum { YIELD_COMMITS = 16 };
#define YIELD_NS  (5 * NS_PER_SEC)
/* Beside dead intervals: how old what the peer was not told of may be when its link is found to be lost. */
#define UNTOLD_NS (1 * NS_PER_SEC)

/* --- the one that yields ------------------------------------------------------------------------------------- */

void merge_links_lost(struct worker *w)
{
	const int64_t untold = 2 * pair_dead_ns(w) + UNTOLD_NS;
	w->yields_from = pair_has_follower(w) ? mono_add(w->now, -untold) : mono_ns(INT64_MIN);
}

void merge_yield(struct worker *w)
{
	pair_part(w);
	links_drop(w->cfg.links, w->now); /* what was under way on them belongs to another conversation */
	w->yields = true;
	w->yields_since = w->now;
	if (replica_yield(&w->r, w->yields_from) == OK)
		pair_begin_stream(w);
}

bool merge_yielded(struct worker *w)
{
	const bool told = pair_has_follower(w), late = mono_diff(w->now, w->yields_since) > YIELD_NS;
	for (unsigned i = 0; i < YIELD_COMMITS && !told && pair_may_bulk(w); i++)
		(void)pair_commit(w);
	if (!told && !late && !w->status.peer_dead && w->r.mode == REPLICA_ACTIVE)
		return false;
	pair_part(w); /* writes the records that are left */
	return true;
}

/* --- the one that merges -------------------------------------------------------------------------------------- */

static bool peer_yields(const struct worker *w)
{
	return w->status.peer_seen && !w->status.peer_dead && w->status.peer.role == HA_LEAVING;
}

bool merge_awaits(const struct worker *w)
{
	return w->status.peer_seen && !w->status.peer_dead &&
	       (w->status.peer.role == HA_ACTIVE || w->status.peer.role == HA_LEAVING);
}

static void fail(struct worker *w, enum err e)
{
	char text[128];
	snprintf(text, sizeof(text), "what the peer had: %s", err_text(e));
	worker_event(w, HAE_SYNC_FAILED, text);
	w->status.refused++;
	links_drop(w->cfg.links, w->now);
}

static bool begin(struct worker *w)
{
	pair_part(w);
	const enum err e = merge_begin(&w->merge, w->r.engine, w->r.ha, &w->r.key);
	if (e != OK)
		fail(w, e);
	return e == OK;
}

static void tell(struct worker *w)
{
	const struct merge *m = &w->merge;
	char text[128];
	snprintf(text, sizeof(text), "%llu sessions taken, %llu of our own kept, %llu refused", (unsigned long long)m->taken,
		 (unsigned long long)m->kept, (unsigned long long)m->refused);
	worker_event(w, HAE_MERGED, text);
	w->status.merged += m->taken;
	w->status.merge_kept += m->kept;
	w->status.merge_refused += m->refused;
}

void merge_hear(struct worker *w, unsigned i, struct span s)
{
	struct link *l = links_at(w->cfg.links, i);
	if (!peer_yields(w))
		return; /* it works, and has yet to find out; its heartbeat is behind */
	if (!w->merge.begun && !begin(w))
		return;
	struct ha_receiver *rx = &w->merge.rx;
	const uint64_t batches = rx->n_batches;
	const bool whole = w->merge.whole;
	if (w->epoch[i] != link_epoch(l))
		ha_receiver_connected(rx, i);
	w->epoch[i] = link_epoch(l);
	const bool failed = rx->failed != OK;
	const enum err e = merge_feed(&w->merge, i, s, w->now);
	link_consume(l, s.len);
	if (e != OK && e != ERR_MISMATCH && !failed) /* that one: it hands over as it was asked to, and all has been told */
		fail(w, e);
	else if (rx->n_batches != batches)
		pair_acknowledge(w, i, rx);
	if (!whole && w->merge.whole)
		tell(w);
}

void merge_watch(struct worker *w)
{
	if (!w->merge.begun || peer_yields(w))
		return;
	merge_end(&w->merge);
	pair_part(w);
}
