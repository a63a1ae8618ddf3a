/* worker_pair.c - the packet loop's side of the pair: roles, heartbeats, group commit over the link.
 *
 * A batch leaves when the standby has acknowledged it, from the one on that completes the standby's table. When the link breaks
 * while the standby lives, nothing leaves until the standby has said that it no longer counts itself whole, or is dead:
 * otherwise it might take over from a state that is older than what left.
 */
#include "ips/worker_int.h"

#include <stdio.h>
#include <string.h>

enum { BULK_STEP = 256, BULK_QUEUED_MAX = 4 << 20, HOLD_DEADS = 2, CLOSED_BEATS = 2, ACK_ROOM = HA_ACK_MAX };

static bool paired(const struct worker *w)
{
	return w->cfg.link != NULL;
}

int64_t pair_dead_ns(const struct worker *w)
{
	return paired(w) ? w->cfg.live->link.hb_interval_ns * w->cfg.live->link.hb_lost : 0;
}

bool pair_works(const struct worker *w)
{
	return !paired(w) || w->peering.role == HA_ACTIVE || w->peering.role == HA_LEAVING;
}

/* One that does not work takes packets too: they are dropped. */
bool pair_takes(const struct worker *w)
{
	return !paired(w) || (w->peering.role != HA_LEAVING && !w->hold);
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
	return link_peer_closed(w->cfg.link) && link_peer_beat(w->cfg.link, &b, &at, &boot) &&
	       mono_diff(w->now, at) > CLOSED_BEATS * w->cfg.live->link.hb_interval_ns;
}

static bool has_follower(const struct worker *w)
{
	return pair_follows(w) && w->r.whole_seq != 0 && w->r.sender.acked >= w->r.whole_seq;
}

static struct peering_in read_peer(struct worker *w)
{
	struct peering_in in = { .now = w->now,
				 .whole = w->r.mode == REPLICA_STANDBY && w->r.whole,
				 .applied = w->r.receiver.seq,
				 .follower = has_follower(w) };
	in.seen = link_peer_beat(w->cfg.link, &in.beat, &w->status.peer_at, &w->status.peer_boot_id);
	const bool closed = in.seen && peer_closed(w);
	in.dead = in.seen && (closed || link_peer_dead(w->cfg.link, w->now));
	in.certain = in.dead && mono_diff(w->now, w->status.peer_at) <= pair_dead_ns(w); /* it left word */
	w->status.peer = in.beat;
	w->status.peer.role &= PEERING_ROLE;
	w->peer_whole = (in.beat.role & PEERING_WHOLE) != 0;
	w->status.peer_seen = in.seen;
	w->status.peer_dead = in.dead;
	elect_in(w, &in, closed);
	return in;
}

/* --- active: the standby's table -------------------------------------------------------------------------- */

static void part(struct worker *w)
{
	if (w->r.mode == REPLICA_ACTIVE)
		replica_part(&w->r);
	w->hold = false;
	w->epoch = 0;
}

/* The conversation has ended. What the peer may hold against us decides whether to wait. */
static void broken(struct worker *w)
{
	if (w->r.mode != REPLICA_ACTIVE || w->hold)
		return;
	w->status.resyncs++;
	if (w->r.whole_seq == 0) {
		part(w);
		return;
	}
	w->hold = true;
	w->hold_since = w->now;
	w->beaten = mono_ns(0); /* the peer is to hear at once that it is not counted on */
}

void pair_anew(struct worker *w)
{
	if (!paired(w) || w->r.mode == REPLICA_ALONE)
		return;
	link_drop(w->cfg.link, w->now);
	broken(w);
	if (w->r.mode == REPLICA_STANDBY)
		w->r.whole = false;
	w->epoch = 0;
}

static void end_hold(struct worker *w)
{
	/* A heartbeat that was under way when the link broke says nothing of that. */
	const bool after = w->status.peer.seq >= w->r.whole_seq ||
			   mono_diff(w->status.peer_at, w->hold_since) > w->cfg.live->link.hb_interval_ns;
	const bool told = mono_before(w->hold_since, w->status.peer_at) && after && !w->peer_whole;
	const bool late = mono_diff(w->now, w->hold_since) > HOLD_DEADS * pair_dead_ns(w);
	if (!w->hold || !(told || late || w->status.peer_dead))
		return;
	w->status.commit_timeouts += late && !told && !w->status.peer_dead;
	part(w);
}

static void join(struct worker *w)
{
	w->epoch = link_epoch(w->cfg.link);
	if (replica_join(&w->r) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "no memory for the peer's table");
		link_drop(w->cfg.link, w->now);
		part(w);
		return;
	}
	w->told_written = w->marked = 0;
	worker_event(w, HAE_BULK_START, "");
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

uint64_t pair_commit(struct worker *w)
{
	struct replica *r = &w->r;
	struct span bytes;
	const bool begun = r->whole_seq != 0;
	if (!pair_follows(w))
		return 0;
	if (!begun && link_queued(w->cfg.link) < BULK_QUEUED_MAX)
		(void)replica_bulk(r, BULK_STEP);
	watch_logs(w);
	const bool tell = r->written != w->told_written && mono_diff(w->now, w->beaten) * 2 > w->cfg.live->link.hb_interval_ns;
	if (!replica_pending(r) && !tell && (begun || !r->whole))
		return 0;
	w->told_written = r->written;
	if (replica_commit(r, &bytes) != OK || link_send(w->cfg.link, bytes) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "the link takes no more");
		link_drop(w->cfg.link, w->now);
		broken(w);
	}
	return w->r.mode == REPLICA_ACTIVE ? r->sender.seq : 0;
}

bool pair_released(const struct worker *w, uint64_t seq)
{
	const struct replica *r = &w->r;
	if (seq == 0 || r->mode != REPLICA_ACTIVE)
		return true;
	if (w->hold)
		return false;
	return r->whole_seq == 0 || seq < r->whole_seq || r->sender.acked >= seq;
}

/* --- the link --------------------------------------------------------------------------------------------- */

static void take_acks(struct worker *w, struct span s)
{
	size_t used = 0;
	const bool before = has_follower(w);
	const enum err e = ha_sender_acks(&w->r.sender, s, &used);
	link_consume(w->cfg.link, used);
	if (e != OK) {
		worker_event(w, HAE_SYNC_FAILED, "the peer acknowledges what it was not sent");
		link_drop(w->cfg.link, w->now);
		broken(w);
	} else if (!before && has_follower(w)) {
		w->status.synced_since = w->now;
		worker_event(w, HAE_BULK_END, "");
	}
}

static void acknowledge(struct worker *w)
{
	uint8_t room[ACK_ROOM];
	struct wr o = wr_of(room, sizeof(room));
	if (ha_receiver_ack(&w->r.receiver, &o) != OK || link_send(w->cfg.link, span_of(room, o.len)) != OK)
		link_drop(w->cfg.link, w->now); /* the peer would wait for ever */
}

static void feed(struct worker *w, struct span s)
{
	const uint64_t batches = w->r.receiver.n_batches;
	const bool whole = w->r.whole;
	const enum err e = replica_feed(&w->r, s);
	link_consume(w->cfg.link, s.len);
	if (e != OK) {
		char text[128];
		snprintf(text, sizeof(text), "what the peer sent: %s", err_text(e));
		worker_event(w, HAE_SYNC_FAILED, text);
		w->status.refused++;
		w->r.whole = false;
		link_drop(w->cfg.link, w->now);
		return;
	}
	if (w->r.receiver.n_batches != batches)
		acknowledge(w);
	if (!whole && w->r.whole) {
		w->status.synced_since = w->now;
		worker_event(w, HAE_BULK_END, "");
	}
}

static void receive(struct worker *w)
{
	const struct span s = link_recv(w->cfg.link);
	const bool ours = w->epoch != 0 && w->epoch == link_epoch(w->cfg.link);
	if (s.len == 0)
		return;
	if (ours && pair_follows(w))
		take_acks(w, s);
	else if (ours && w->r.mode == REPLICA_STANDBY)
		feed(w, s);
	else if (link_state(w->cfg.link) != LINK_UP)
		link_consume(w->cfg.link, s.len); /* nobody's any more: the next connection would wait for its reader */
}

static void stand_by(struct worker *w)
{
	w->epoch = link_epoch(w->cfg.link);
	w->status.resyncs++;
	if (replica_stand_by(&w->r) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "no memory for the peer's table");
		link_drop(w->cfg.link, w->now);
		w->epoch = 0;
	}
}

/* The peer says nothing: its kernel may keep the connection for as long as it likes. */
static bool silent(const struct worker *w)
{
	const struct flight *f = &w->flight[w->first];
	const bool late = w->n_flights != 0 && f->seq != 0 && mono_diff(w->now, f->sent) > pair_dead_ns(w);
	return pair_follows(w) && (w->status.peer_dead || late);
}

/* The active node goes on without us: what we have grows old. It may have lost the connection that we still see. */
static bool left_alone(const struct worker *w, bool up)
{
	const mono_t since = up ? mono_add(w->status.synced_since, pair_dead_ns(w)) : w->down_at;
	return w->status.peer.role == HA_ACTIVE && !w->peer_whole && mono_before(since, w->status.peer_at);
}

static void watch_link(struct worker *w)
{
	if (silent(w))
		link_drop(w->cfg.link, w->now);
	const bool up = link_state(w->cfg.link) == LINK_UP, other = w->epoch != link_epoch(w->cfg.link);
	if (up != w->was_up)
		worker_event(w, up ? HAE_LINK_UP : HAE_LINK_DOWN, "");
	if (!up && w->was_up)
		w->down_at = w->now;
	w->was_up = up;
	if (w->r.mode == REPLICA_ACTIVE && (!up || other))
		broken(w);
	/* A connection comes up before the heartbeats have shown that the dead peer lives again. */
	const bool heard = w->status.peer_seen && !w->status.peer_dead;
	if (w->peering.role == HA_ACTIVE && w->r.mode == REPLICA_ALONE && up && heard)
		join(w);
	if (w->r.mode == REPLICA_STANDBY && up && other)
		stand_by(w);
	if (w->r.mode == REPLICA_STANDBY && left_alone(w, up))
		w->r.whole = false;
}

/* --- roles ------------------------------------------------------------------------------------------------ */

static void tell_parent(struct worker *w, enum proc_msg_kind k)
{
	if (proc_tell(w->cfg.parent, k, 0, NULL) != OK)
		w->end = ENGINE_FAILED; /* without a parent this process is about to be killed */
}

static void promote(struct worker *w)
{
	const bool alone = w->r.mode != REPLICA_STANDBY;
	if (!alone) {
		receive(w);
		replica_promote(&w->r);
		engine_doubt(w->r.engine);
		w->status.promotions++;
	}
	tell_parent(w, PM_ACTIVE);
	link_drop(w->cfg.link, w->now); /* from now on we send and the peer acknowledges */
	w->epoch = 0;
	worker_event(w, HAE_ACTIVE, alone ? "" : w->status.peer_dead ? "the peer is dead" : "the peer has left");
}

static void step_down(struct worker *w)
{
	worker_event(w, HAE_STEP_DOWN, "");
	tell_parent(w, PM_PASSIVE); /* first: the peer has the addresses already */
	worker_drop_all(w);
	w->end = ENGINE_REBORN;
}

static void obey(struct worker *w, enum peering_act act)
{
	switch (act) {
	case PEERING_STAY:
		return;
	case PEERING_STAND_BY:
		if (link_state(w->cfg.link) == LINK_UP)
			stand_by(w);
		else if (replica_stand_by(&w->r) != OK)
			w->end = ENGINE_FAILED;
		worker_event(w, HAE_PASSIVE, "");
		break;
	case PEERING_PROMOTE:
		promote(w);
		break;
	case PEERING_LEAVE:
		worker_event(w, HAE_LEAVE, w->peering.by == PEERING_BY_NOTHING ? "asked to" : peering_by_name(w->peering.by));
		break;
	case PEERING_RETURN:
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
	if (w->r.mode != REPLICA_ACTIVE)
		return HA_ALONE;
	return has_follower(w) ? HA_SYNCED : HA_SYNCING;
}

static void beat(struct worker *w)
{
	const bool whole = w->r.mode == REPLICA_STANDBY ? w->r.whole : pair_follows(w) && w->r.whole_seq != 0;
	/* Who leaves names its last batch once that has been let out: only then is it to be taken over. */
	const bool leaving = w->peering.role == HA_LEAVING, early = leaving && w->n_flights != 0, left = leaving && !early;
	const bool due = mono_diff(w->now, w->beaten) >= w->cfg.live->link.hb_interval_ns;
	if (!due && whole == w->said_whole && left == w->said_left)
		return;
	const uint64_t seq = w->r.mode == REPLICA_STANDBY ? w->r.receiver.seq : early ? 0 : w->r.sender.seq;
	struct link_beat b = { .role = (uint8_t)(w->peering.role | (whole ? PEERING_WHOLE : 0)),
			       .priority = w->cfg.live->priority,
			       .term = w->peering.term.counter,
			       .seq = seq };
	w->status.sync = sync_of(w);
	elect_status(w);
	elect_tell_peer(w, &b);
	link_beat(w->cfg.link, &b, w->now);
	w->beaten = w->lease = w->now;
	w->said_whole = whole;
	w->said_left = left;
}

static void tell_changes(struct worker *w, const struct peering_in *in)
{
	if (in->seen && !in->dead && (!w->was_seen || w->was_dead))
		worker_event(w, HAE_PEER_FOUND, "");
	if (in->dead && !w->was_dead)
		worker_event(w, HAE_PEER_LOST, "");
	w->was_seen = in->seen;
	w->was_dead = in->dead;
}

void pair_turn(struct worker *w)
{
	if (!paired(w))
		return;
	link_step(w->cfg.link, w->now);
	receive(w);
	const struct peering_in in = read_peer(w);
	watch_link(w);
	end_hold(w);
	tell_changes(w, &in);
	obey(w, peering_step(&w->peering, &in));
	elect_tell_parent(w, &in);
	beat(w);
	if (w->cfg.pulse != NULL) {
		w->cfg.pulse->role = w->peering.role;
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
	if (w->r.mode == REPLICA_STANDBY) { /* the active node has gone on without us */
		pair_anew(w);
		return;
	}
	worker_drop_all(w);
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
	elect_start(w);
	worker_event(w, HAE_START, "");
}

void pair_status(struct worker *w)
{
	struct ha_status *s = &w->status;
	s->role = w->peering.role;
	s->since = w->peering.since;
	s->priority = w->cfg.live->priority;
	s->sync = sync_of(w);
	s->sent = w->r.sender.seq;
	s->acked = w->r.sender.acked;
	s->applied = w->r.receiver.seq;
	s->octets = w->r.sender.n_octets;
	s->bulk_left = replica_bulk(&w->r, 0);
	s->digest_mismatches = w->r.digest_mismatches;
	if (!paired(w))
		return;
	elect_status(w);
	s->link = link_state(w->cfg.link);
	for (unsigned i = 0; i < LINK_COUNTER_N; i++)
		s->counter[i] = link_count(w->cfg.link, (enum link_counter)i);
}

bool worker_ask_role(struct worker *w, unsigned want, const char **why)
{
	*why = "this node has no peer: mode standalone";
	if (!paired(w))
		return false;
	const struct peering_in in = read_peer(w);
	return peering_ask(&w->peering, (enum peering_wish)want, &in, why);
}
