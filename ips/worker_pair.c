/* worker_pair.c - the packet loop's side of the pair: roles, heartbeats, group commit over the link.
 *
 * A batch leaves when the standby has acknowledged it, from the one on that completes the standby's table. When the link breaks
 * while the standby lives, nothing leaves until the standby has said that it no longer counts itself whole, or is dead:
 * otherwise it might take over from a state that is older than what left.
 */
#include "ips/worker_int.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { BULK_STEP = 256, CLOSED_BEATS = 2 };

static bool paired(const struct worker *w)
{
	return w->cfg.links != NULL;
}

int64_t pair_dead_ns(const struct worker *w)
{
	return paired(w) ? w->cfg.live->link.hb_interval_ns * w->cfg.live->link.hb_lost : 0;
}

enum ha_role pair_role(const struct worker *w)
{
	return w->yields ? HA_LEAVING : w->peering.role;
}

bool pair_works(const struct worker *w)
{
	return !paired(w) || (!w->yields && (w->peering.role == HA_ACTIVE || w->peering.role == HA_LEAVING));
}

/* One that does not work takes packets too: they are dropped. One that is about to leaves them where they are. */
bool pair_takes(const struct worker *w)
{
	return !paired(w) || (!w->peering.left && !w->peering.ready && !w->hold && !w->yields);
}

bool pair_hurries(const struct worker *w)
{
	return paired(w) && !w->yields && (w->peering.role == HA_LEAVING || w->peering.ready);
}

static enum ha_handover handover(const struct worker *w)
{
	if (w->yields)
		return HA_NOTHING;
	if (w->peering.ready)
		return w->cfg.pulse->vips == w->vips_asked ? HA_READY : HA_NOTHING;
	return w->peering.role == HA_LEAVING && !w->peering.left ? HA_DRAINS : HA_NOTHING;
}

/* Looks at the queue have found nothing for a while, and nothing has come since the last one. */
static bool quiet(const struct worker *w)
{
	struct pollfd f = { .fd = pktio_fd(w->cfg.io), .events = POLLIN };
	const bool empty = w->empty_since.ns != 0 && mono_diff(w->empty_at, w->empty_since) >= PEERING_QUIET_NS;
	return empty && poll(&f, 1, 0) == 0;
}

bool pair_follows(const struct worker *w)
{
	return w->r.mode == REPLICA_ACTIVE && !w->hold;
}

/* --- what the peer says ----------------------------------------------------------------------------------- */

/* Its end of the connection is closed, and its heartbeats stay out. */
static bool peer_closed(const struct worker *w)
{
	struct link_beat b;
	mono_t at;
	uint64_t boot;
	return links_peer_closed(w->cfg.links) && links_peer_beat(w->cfg.links, &b, &at, &boot) &&
	       mono_diff(w->now, at) > CLOSED_BEATS * w->cfg.live->link.hb_interval_ns;
}

static struct peering_in read_peer(struct worker *w)
{
	struct peering_in in = { .now = w->now,
				 .whole = w->r.mode == REPLICA_STANDBY && w->r.whole,
				 .applied = w->r.receiver.seq,
				 .follower = pair_has_follower(w),
				 .quiet = w->peering.role == HA_LEAVING && quiet(w) };
	in.seen = links_peer_beat(w->cfg.links, &in.beat, &w->status.peer_at, &w->status.peer_boot_id);
	const bool closed = in.seen && peer_closed(w);
	in.dead = in.seen && (closed || links_peer_dead(w->cfg.links, w->now));
	in.certain = in.dead && mono_diff(w->now, w->status.peer_at) <= pair_dead_ns(w); /* it left word */
	w->status.peer = in.beat;
	w->status.peer.role &= PEERING_ROLE;
	w->peer_whole = (in.beat.role & PEERING_WHOLE) != 0;
	w->status.peer_seen = in.seen;
	w->status.peer_dead = in.dead;
	elect_in(w, &in, closed);
	return in;
}

/* --- active ------------------------------------------------------------------------------------------------ */

/* What is sent, or taken, means something else from now on. */
void pair_anew(struct worker *w)
{
	if (!paired(w) || w->r.mode == REPLICA_ALONE)
		return;
	links_drop(w->cfg.links, w->now);
	if (w->r.mode == REPLICA_STANDBY) {
		pair_stand_by(w);
		return;
	}
	w->no_more = true;
	if (w->detached)
		pair_part(w);
	else
		pair_broken(w);
}

/* A record is the peer's to write until it is in the file: the ring dies with this process. */
static void watch_logs(struct worker *w)
{
	struct replica *r = &w->r;
	if (w->marked != 0 && logs_past(w->logs, w->cfg.nr, w->mark)) {
		r->written = w->marked;
		w->marked = 0;
	}
	if (w->marked == 0 && r->written != r->released) {
		w->marked = r->released;
		w->mark = logs_mark(w->logs, w->cfg.nr);
	}
}

/* A standby that joins may need a while for the table: only when it has that, verdicts are to wait for what it is told. */
static void bulk(struct worker *w)
{
	struct replica *r = &w->r;
	if (w->bulk_end == 0 && pair_may_bulk(w)) {
		(void)replica_bulk(r, BULK_STEP);
		w->bulk_end = r->whole ? r->sender.seq + 1 : 0;
		w->owed |= r->whole;
	}
	r->whole = w->bulk_end != 0 && r->sender.acked >= w->bulk_end;
}

uint64_t pair_commit(struct worker *w)
{
	struct replica *r = &w->r;
	struct span bytes;
	const bool begun = r->whole_seq != 0;
	if (!pair_follows(w))
		return 0;
	if (!begun)
		bulk(w);
	watch_logs(w);
	/* that records are written, of which there have been some since it was told last */
	const bool news = r->written != w->told_written && w->told_written < r->rec_seq;
	const bool tell = news && mono_diff(w->now, w->beaten) * 2 > w->cfg.live->link.hb_interval_ns;
	if (!replica_pending(r) && !tell && !w->owed && (begun || !r->whole))
		return 0;
	w->owed = false;
	w->told_written = r->written;
	if (replica_commit(r, &bytes) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "what has changed finds no room in a batch");
		w->no_more = true;
		links_drop(w->cfg.links, w->now);
		pair_broken(w);
	}
	pair_pump(w);
	return w->r.mode == REPLICA_ACTIVE ? r->sender.seq : 0;
}

bool pair_released(const struct worker *w, uint64_t seq)
{
	const struct replica *r = &w->r;
	if (seq == 0 || r->mode != REPLICA_ACTIVE)
		return true;
	if (w->hold)
		return false;
	return w->detached || r->whole_seq == 0 || seq < r->whole_seq || r->sender.acked >= seq;
}

/* --- roles ------------------------------------------------------------------------------------------------ */

/* A parent that waits for its disk reads nothing meanwhile: what finds no room is told in a later turn. */
static void tell_parent(struct worker *w, enum proc_msg_kind k)
{
	const struct proc_msg m = { .kind = k, .code = k == PM_ACTIVE ? ++w->vips_asked : 0 };
	const enum err e = proc_try(w->cfg.parent, &m);
	w->untold = e == ERR_FULL;
	w->untold_kind = k;
	if (e != OK && e != ERR_FULL)
		w->end = ENGINE_FAILED; /* without a parent this process is about to be killed */
}

static void promote(struct worker *w)
{
	const bool alone = w->r.mode != REPLICA_STANDBY;
	if (!alone) {
		pair_hear(w);
		replica_promote(&w->r);
		if (w->peering.doubt)
			engine_doubt(w->r.engine);
		w->status.promotions++;
		w->status.doubts += w->peering.doubt;
	}
	tell_parent(w, PM_ACTIVE);
	links_drop(w->cfg.links, w->now); /* from now on we send and the peer acknowledges */
	pair_part(w);
	worker_event(w, HAE_ACTIVE, alone ? "" : w->status.peer_dead ? "the peer is dead" : "the peer has left");
}

/* Switches are to forget this node, for the other one has its addresses: the parent sees to that. */
static void tell_bounced(struct worker *w)
{
	const struct bounce_set *s = &w->cfg.live->bounced;
	char names[sizeof(((struct ha_event *)NULL)->text)] = "";
	size_t len = 0;
	for (unsigned i = 0; i < s->n && len + sizeof(s->name[0]) < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i != 0 ? " " : "", s->name[i]);
	worker_event(w, HAE_BOUNCE, names);
}

static void step_down(struct worker *w)
{
	worker_event(w, HAE_STEP_DOWN, "");
	w->cfg.pulse->bounce = w->cfg.live->bounced.n != 0;
	tell_parent(w, PM_PASSIVE); /* first: the peer has the addresses already */
	if (w->cfg.live->bounced.n != 0)
		tell_bounced(w);
	worker_drop_all(w);
	if (w->peering.left) /* the other one has all */
		w->end = ENGINE_REBORN;
	else
		merge_yield(w);
}

static void obey(struct worker *w, enum peering_act act)
{
	switch (act) {
	case PEERING_STAY:
		return;
	case PEERING_STAND_BY:
		pair_stand_by(w);
		worker_event(w, HAE_PASSIVE, "");
		break;
	case PEERING_PROMOTE:
		promote(w);
		break;
	case PEERING_LEAVE:
		worker_event(w, HAE_LEAVE, w->peering.by == PEERING_BY_NOTHING ? "asked to" : peering_by_name(w->peering.by));
		break;
	case PEERING_LEFT:
		break;
	case PEERING_PREPARE:
		tell_parent(w, PM_ACTIVE);
		break;
	case PEERING_WITHDRAW:
		tell_parent(w, PM_PASSIVE);
		break;
	case PEERING_RETURN: /* hosts may have heard the other node */
		tell_parent(w, PM_ACTIVE);
		worker_event(w, HAE_RETURN, "");
		break;
	case PEERING_STEP_DOWN:
		step_down(w);
		break;
	}
	w->beaten = mono_ns(0); /* the peer is to know at once */
}

static enum ha_sync sync_of(const struct worker *w)
{
	if (w->r.mode == REPLICA_STANDBY)
		return w->r.whole ? HA_SYNCED : HA_SYNCING;
	if (w->r.mode != REPLICA_ACTIVE || w->detached)
		return HA_ALONE;
	return pair_has_follower(w) ? HA_SYNCED : HA_SYNCING;
}

static void beat(struct worker *w)
{
	const bool whole = w->r.mode == REPLICA_STANDBY ? w->r.whole : pair_follows(w) && !w->detached && w->r.whole_seq != 0;
	/* Who leaves names its last batch once that has been let out: only then is it to be taken over. */
	const enum ha_role role = pair_role(w);
	const enum ha_handover h = handover(w);
	const bool leaving = role == HA_LEAVING, early = leaving && (w->n_flights != 0 || h == HA_DRAINS), left = leaving && !early;
	const bool due = mono_diff(w->now, w->beaten) >= w->cfg.live->link.hb_interval_ns;
	if (!due && whole == w->said_whole && left == w->said_left && h == w->said_handover)
		return;
	const uint64_t seq = w->r.mode == REPLICA_STANDBY ? w->r.receiver.seq : early ? 0 : w->r.sender.seq;
	struct link_beat b = { .role = (uint8_t)(role | (whole ? PEERING_WHOLE : 0)),
			       .priority = w->cfg.live->priority,
			       .term = w->peering.term.counter,
			       .seq = seq };
	w->status.sync = sync_of(w);
	elect_status(w);
	pair_link_status(w);
	elect_tell_peer(w, h, &b);
	links_beat(w->cfg.links, &b, w->now);
	w->beaten = w->lease = w->now;
	w->said_whole = whole;
	w->said_left = left;
	w->said_handover = (uint8_t)h;
}

static void tell_changes(struct worker *w, const struct peering_in *in)
{
	const bool found = in->seen && !in->dead && (!w->was_seen || w->was_dead);
	if (found)
		worker_event(w, HAE_PEER_FOUND, "");
	if (in->dead && !w->was_dead)
		worker_event(w, HAE_PEER_LOST, "");
	/* After both have worked, the hosts' caches may still have the other one's addresses of the link layer; it may have stepped
	 * down before it was heard to work, or died. */
	const bool again = w->again_at.ns != 0 && !mono_before(w->now, w->again_at);
	if (again)
		w->again_at = mono_ns(0);
	const bool works = in->seen && !in->dead && (in->beat.role & PEERING_ROLE) == HA_ACTIVE;
	if ((found || again || (w->peer_worked && !works)) && w->peering.role == HA_ACTIVE)
		tell_parent(w, PM_ACTIVE);
	w->peer_worked = works;
	w->was_seen = in->seen;
	w->was_dead = in->dead;
}

void pair_turn(struct worker *w)
{
	if (!paired(w))
		return;
	links_step(w->cfg.links, w->now);
	pair_hear(w);
	const struct peering_in in = read_peer(w);
	pair_watch(w);
	tell_changes(w, &in);
	if (!w->yields)
		obey(w, peering_step(&w->peering, &in));
	else if (merge_yielded(w))
		w->end = ENGINE_REBORN;
	elect_tell_parent(w, &in);
	if (w->untold)
		tell_parent(w, w->untold_kind);
	beat(w);
	if (w->cfg.pulse != NULL) {
		w->cfg.pulse->role = pair_role(w);
		w->cfg.pulse->settled = pair_works(w) || (w->r.mode == REPLICA_STANDBY && w->r.whole);
	}
}

bool pair_overslept(const struct worker *w, mono_t now)
{
	const bool counts = pair_works(w) || w->r.mode == REPLICA_STANDBY;
	return paired(w) && counts && mono_diff(now, w->lease) > pair_dead_ns(w);
}

void pair_slept(struct worker *w)
{
	const uint64_t before = w->status.backlog_dropped;
	if (w->r.mode == REPLICA_STANDBY) { /* the active node may have gone on without us */
		w->r.whole = false;
		links_drop(w->cfg.links, w->now);
		return;
	}
	worker_drop_all(w);
	w->again_at = mono_add(w->now, pair_dead_ns(w)); /* by then it has heard of one that works in its place */
	char text[128];
	snprintf(text, sizeof(text), "%llu packets", (unsigned long long)(w->status.backlog_dropped - before));
	worker_event(w, HAE_BACKLOG, text);
}

void pair_start(struct worker *w)
{
	w->status = (struct ha_status){ .enabled = paired(w), .boot_id = w->cfg.boot_id, .quality = 100 };
	if (!paired(w)) {
		w->peering.role = HA_ACTIVE;
		w->peering.since = w->now;
		if (w->cfg.pulse != NULL)
			w->cfg.pulse->settled = true;
		return;
	}
	w->r.stream = w->cfg.boot_id;
	w->used = LINKS_NONE;
	elect_start(w);
	worker_event(w, HAE_START, "");
}

void pair_status(struct worker *w)
{
	struct ha_status *s = &w->status;
	s->role = pair_role(w);
	s->since = w->peering.since;
	s->priority = w->cfg.live->priority;
	s->sync = sync_of(w);
	s->sent = w->r.sender.seq;
	s->acked = w->r.sender.acked;
	s->applied = w->r.receiver.seq;
	s->octets = w->r.sender.n_octets;
	s->bulk_left = replica_bulk(&w->r, 0);
	s->digest_mismatches = w->r.digest_mismatches;
	s->forgotten = w->r.recs.forgotten;
	if (!paired(w))
		return;
	elect_status(w);
	pair_link_status(w);
}

bool worker_ask_role(struct worker *w, unsigned want, const char **why)
{
	*why = "this node has no peer: mode standalone";
	if (!paired(w))
		return false;
	const struct peering_in in = read_peer(w);
	return peering_ask(&w->peering, (enum peering_wish)want, &in, why);
}
