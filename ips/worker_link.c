/* worker_link.c - the packet loop's stream over the links to its peer: joining, catching up, switching, holding.
 *
 * A batch goes by the link in use, from a cursor over the resend queue, so that whatever broke is gone on with where the peer's
 * acknowledgements stand. When no link is left while the standby lives, nothing leaves until the standby has said that it
 * no longer counts itself whole, or is dead: otherwise it might take over from a state older than what left. Then
 * this node goes on alone, and keeps its batches for as long as the queue holds them: a standby that comes back is
 * caught up from there, and by the whole table only when the queue has overflown.
 */
#include "hacache/ha_repair.h"
#include "ips/worker_int.h"

#include <stdio.h>
#include <string.h>

enum { QUEUED_MAX = 4 << 20, HOLD_DEADS = 2 };

static bool any_up(const struct worker *w)
{
	for (unsigned i = 0; i < links_n(w->cfg.links); i++)
		if (link_state(links_at(w->cfg.links, i)) == LINK_UP)
			return true;
	return false;
}

/* Is the connection of link i the one that the conversation is on? */
static bool ours(const struct worker *w, unsigned i)
{
	return w->epoch[i] != 0 && w->epoch[i] == link_epoch(links_at(w->cfg.links, i));
}

static const char *link_name(const struct worker *w, unsigned i)
{
	return links_n(w->cfg.links) == 1 ? "" : i == 0 ? "main link" : "backup link";
}

bool pair_has_follower(const struct worker *w)
{
	return pair_follows(w) && !w->detached && w->r.whole_seq != 0 && w->r.sender.acked >= w->r.whole_seq;
}

/* --- active: the stream ------------------------------------------------------------------------------------ */

static void forget_connections(struct worker *w)
{
	memset(w->epoch, 0, sizeof(w->epoch));
	memset(w->tried, 0, sizeof(w->tried));
	w->used = LINKS_NONE;
}

void pair_part(struct worker *w)
{
	if (w->r.mode == REPLICA_ACTIVE)
		replica_part(&w->r);
	/* What waited for this stream may go: the next one, which may begin in this turn, has other batches of those numbers. */
	for (unsigned i = 0; i < PKTIO_FLIGHTS; i++)
		w->flight[i].seq = w->flight[i].wait = 0;
	w->hold = w->detached = w->no_more = w->unproven = w->owed = false;
	forget_connections(w);
}

void pair_broken(struct worker *w)
{
	if (w->r.mode != REPLICA_ACTIVE || w->hold || w->detached)
		return;
	w->no_more |= w->unproven;
	if (w->r.whole_seq == 0) { /* it does not count itself whole: nothing has waited for it */
		if (w->no_more)
			pair_part(w);
		return;
	}
	w->status.resyncs++;
	if (w->r.wait == HA_WAIT_NOTHING) { /* what left without its word is lost with this node in any case */
		if (w->no_more)
			pair_part(w);
		else
			w->detached = true;
		return;
	}
	w->hold = true;
	w->hold_since = w->now;
	w->beaten = mono_ns(0); /* the peer is to hear at once that it is not counted on */
}

static void end_hold(struct worker *w)
{
	/* A heartbeat that was under way when the links broke says nothing of that. */
	const bool after = w->status.peer.seq >= w->r.whole_seq ||
			   mono_diff(w->status.peer_at, w->hold_since) > w->cfg.live->link.hb_interval_ns;
	const bool told = mono_before(w->hold_since, w->status.peer_at) && after && !w->peer_whole;
	const bool late = mono_diff(w->now, w->hold_since) > HOLD_DEADS * pair_dead_ns(w);
	/* Until then an unheard standby may still take over, sure that it knows all: doubts() in peering.c. */
	const int64_t silence = mono_diff(w->now, w->status.peer_at), dead = pair_dead_ns(w);
	const bool gone = w->status.peer_dead && (silence <= dead || silence > PEERING_ALONE(dead));
	if (!w->hold || !(told || late || gone))
		return;
	w->status.commit_timeouts += late && !told && !gone;
	w->hold = false;
	if (w->no_more)
		pair_part(w);
	else
		w->detached = true;
}

void pair_begin_stream(struct worker *w)
{
	forget_connections(w);
	w->told_written = w->marked = w->cursor = w->sent = w->retried = w->bulk_end = 0;
}

static void join(struct worker *w)
{
	if (replica_join(&w->r) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "no memory for the peer's table");
		links_drop(w->cfg.links, w->now);
		pair_part(w);
		return;
	}
	pair_begin_stream(w);
	w->status.bulks++;
	w->status.bulk_total = session_count(engine_sessions(w->r.engine));
	worker_event(w, HAE_BULK_START, "");
}

/* A link is back, and so may the standby be. Before anything left without it it is as whole as it was; later, once it has
 * that. It may be another one, or of a version that cannot go on: until it has answered that is not proven. */
static void come_back(struct worker *w)
{
	if (!w->detached && (!w->hold || w->no_more))
		return;
	if (w->detached)
		w->r.whole_from = w->r.whole_seq = w->r.sender.seq;
	w->detached = w->hold = false;
	w->unproven = w->owed = true;
	for (unsigned i = 0; i < PKTIO_FLIGHTS; i++) /* or this connection would be taken for one that hangs: see silent() */
		w->flight[i].sent = w->now;
	w->status.caught_up++;
	worker_event(w, HAE_CAUGHT_UP, "");
}

/* First on a new connection: which stream it is that goes on there. */
static void greet(struct worker *w)
{
	for (unsigned i = 0; i < links_n(w->cfg.links); i++) {
		struct link *l = links_at(w->cfg.links, i);
		uint8_t room[HA_HELLO_MAX];
		struct wr out = wr_of(room, sizeof(room));
		if (link_state(l) != LINK_UP || ours(w, i))
			continue;
		if (replica_greet(&w->r, &out) != OK || link_send(l, span_of(room, out.len)) != OK) {
			link_drop(l, w->now);
			continue;
		}
		w->epoch[i] = link_epoch(l);
		w->tried[i] = 0;
		if (w->used == i) /* what the former connection took may not have arrived */
			w->used = LINKS_NONE;
	}
}

static enum err take_batch(struct worker *w, uint64_t seq, struct span *b)
{
	if (seq <= w->sent)
		return ha_sender_again(&w->r.sender, seq, b);
	w->sent = seq;
	return ha_resend_get(&w->r.sender.resend, seq, b) ? OK : ERR_STALE;
}

/* Batches from *seq up to upto by link i; false: one of them is no longer kept. */
static bool send_by(struct worker *w, unsigned i, uint64_t *seq, uint64_t upto)
{
	struct link *l = links_at(w->cfg.links, i);
	struct span b;
	for (; *seq <= upto && link_queued(l) < QUEUED_MAX; ++*seq) {
		if (take_batch(w, *seq, &b) != OK)
			return false;
		if (link_send(l, b) != OK) {
			worker_event(w, HAE_SYNC_FAILED, "the link takes no more");
			link_drop(l, w->now);
			return true;
		}
	}
	return true;
}

/* The peer lags behind by more than the queue holds. Unless it is whole, nothing waits for it. */
static void give_up(struct worker *w)
{
	w->status.overflows++;
	w->no_more = true;
	if (w->r.whole_seq == 0 || w->detached)
		pair_part(w);
	else
		pair_broken(w);
}

void pair_pump(struct worker *w)
{
	struct ha_sender *s = &w->r.sender;
	const unsigned i = links_used(w->cfg.links);
	if (!pair_follows(w) || w->no_more)
		return;
	if (!ha_sender_reaches(s, s->acked)) {
		give_up(w);
		return;
	}
	if (i == LINKS_NONE || !ours(w, i))
		return;
	if (w->used != i) {
		w->used = i;
		w->cursor = s->acked + 1;
	}
	if (w->cursor <= s->acked)
		w->cursor = s->acked + 1;
	if (s->missing != 0) { /* asked for on a link that was cut; what follows it comes again too */
		w->cursor = s->acked + 1;
		s->missing = 0;
	}
	if (!send_by(w, i, &w->cursor, s->seq))
		give_up(w);
}

bool pair_may_bulk(const struct worker *w)
{
	const unsigned i = links_used(w->cfg.links);
	return i != LINKS_NONE && w->cursor > w->r.sender.seq && link_queued(links_at(w->cfg.links, i)) < QUEUED_MAX;
}

bool pair_bulks(const struct worker *w)
{
	return pair_follows(w) && w->bulk_end == 0 && w->r.whole_seq == 0 && pair_may_bulk(w);
}

/* No answer within the commit timeout: the other link may be a better way. */
static void try_other(struct worker *w)
{
	const unsigned used = links_used(w->cfg.links);
	if (!pair_has_follower(w) || !ha_sender_overdue(&w->r.sender, w->now, w->cfg.live->commit_timeout_ns))
		return;
	for (unsigned i = 0; i < links_n(w->cfg.links); i++) {
		const uint64_t acked = w->r.sender.acked;
		uint64_t seq = (w->tried[i] > acked ? w->tried[i] : acked) + 1;
		if (i == used || link_state(links_at(w->cfg.links, i)) != LINK_UP || !ours(w, i))
			continue;
		if (seq >= w->cursor) /* it has them already, and loses none */
			continue;
		w->status.retries++;
		w->retried = w->cursor - 1;
		(void)send_by(w, i, &seq, w->retried);
		w->tried[i] = seq - 1;
	}
}

/* --- what comes ---------------------------------------------------------------------------------------------- */

static void take_acks(struct worker *w, unsigned i, struct span s)
{
	struct ha_sender *tx = &w->r.sender;
	size_t used = 0;
	const bool before = pair_has_follower(w);
	const uint64_t acked = tx->acked;
	const enum err e = ha_sender_acks(tx, s, &used);
	link_consume(links_at(w->cfg.links, i), used);
	w->unproven = w->unproven && used == 0;
	if (e != OK) {
		worker_event(w, HAE_SYNC_FAILED, "the peer acknowledges what it was not sent");
		w->no_more = true;
		links_drop(w->cfg.links, w->now);
		pair_broken(w);
	} else if (tx->lost) { /* it has begun anew, so that it does not count itself whole */
		pair_part(w);
	} else if (!before && pair_has_follower(w)) {
		w->status.synced_since = w->now;
		worker_event(w, HAE_BULK_END, "");
	}
	/* What was sent twice was answered here first: the other way is the slower one, or leads nowhere. */
	if (e != OK || tx->acked == acked || acked >= w->retried)
		return;
	if (i != links_used(w->cfg.links))
		(void)links_turn_away(w->cfg.links, w->now);
	w->retried = 0;
}

void pair_acknowledge(struct worker *w, unsigned i, struct ha_receiver *r)
{
	uint8_t room[HA_ACK_MAX];
	struct wr o = wr_of(room, sizeof(room));
	struct link *l = links_at(w->cfg.links, i);
	if (ha_receiver_ack(r, &o) != OK || link_send(l, span_of(room, o.len)) != OK)
		link_drop(l, w->now); /* the peer would wait for ever */
}

/* The peer has other signatures, or another configuration. */
static void tell_unknown(struct worker *w)
{
	const char *last;
	const uint64_t n = engine_ha_unknown_tags(w->r.ha, &last);
	if (n > w->status.tags_unknown)
		worker_event(w, HAE_TAGS, last);
	w->status.tags_unknown = n;
	const uint64_t ports = engine_ha_unknown_ports(w->r.ha, &last);
	if (ports > w->status.ports_unknown)
		worker_event(w, HAE_PORTS, last);
	w->status.ports_unknown = ports;
}

static void feed(struct worker *w, unsigned i, struct span s)
{
	const uint64_t batches = w->r.receiver.n_batches;
	const bool whole = w->r.whole;
	const uint64_t differed = w->r.receiver.n_differed;
	w->r.receiver.here = w->now;
	const enum err e = replica_feed_link(&w->r, i, s);
	link_consume(links_at(w->cfg.links, i), s.len);
	if (e != OK) {
		char text[128];
		snprintf(text, sizeof(text), "what the peer sent: %s", err_text(e));
		worker_event(w, HAE_SYNC_FAILED, text);
		w->status.refused++;
		w->r.whole = false;
		links_drop(w->cfg.links, w->now);
		return;
	}
	tell_unknown(w);
	if (w->r.receiver.n_batches != batches)
		pair_acknowledge(w, i, &w->r.receiver);
	if (w->r.receiver.n_differed > differed)
		worker_event(w, HAE_DIGEST,
			     w->r.receiver.peer.newest >= HA_VERSION_REPAIRS ? "the peer is asked for what differs" : "");
	if (!whole && w->r.whole) {
		w->status.synced_since = w->now;
		worker_event(w, HAE_BULK_END, "");
	}
}

static void receive_by(struct worker *w, unsigned i)
{
	struct link *l = links_at(w->cfg.links, i);
	const struct span s = link_recv(l);
	if (s.len == 0)
		return;
	if (ours(w, i) && w->r.mode == REPLICA_ACTIVE)
		take_acks(w, i, s);
	else if (ours(w, i) && w->r.mode == REPLICA_STANDBY)
		feed(w, i, s);
	else if (w->r.mode == REPLICA_ALONE && pair_works(w) && merge_awaits(w))
		merge_hear(w, i, s);
	else if (link_state(l) != LINK_UP || (w->r.mode == REPLICA_ALONE && pair_works(w)))
		link_consume(l, s.len); /* nobody's any more: the next connection would wait for its reader */
}

void pair_hear(struct worker *w)
{
	for (unsigned i = 0; i < links_n(w->cfg.links); i++)
		receive_by(w, i);
}

/* --- standby --------------------------------------------------------------------------------------------------- */

void pair_stand_by(struct worker *w)
{
	forget_connections(w);
	w->status.resyncs++;
	if (replica_stand_by(&w->r) != OK) {
		worker_event(w, HAE_SYNC_FAILED, "no memory for the peer's table");
		w->end = ENGINE_FAILED;
	}
}

/* The stream goes on there, or another one begins: the peer's first word says which. */
static void take_connections(struct worker *w)
{
	for (unsigned i = 0; i < links_n(w->cfg.links); i++) {
		struct link *l = links_at(w->cfg.links, i);
		if (link_state(l) != LINK_UP || ours(w, i))
			continue;
		ha_receiver_connected(&w->r.receiver, i);
		w->epoch[i] = link_epoch(l);
	}
}

/* The active node goes on without us: what we have grows old. It may have lost the connection that we still see. */
static bool left_alone(const struct worker *w)
{
	const mono_t since = any_up(w) ? mono_add(w->status.synced_since, pair_dead_ns(w)) : w->down_at;
	return w->status.peer.role == HA_ACTIVE && !w->peer_whole && mono_before(since, w->status.peer_at);
}

/* --- links come and go ----------------------------------------------------------------------------------------- */

/* The peer says nothing: its kernel may keep the connection for as long as it likes. */
static bool silent(const struct worker *w)
{
	const struct flight *f = &w->flight[w->first];
	const bool late = w->n_flights != 0 && f->seq != 0 && mono_diff(w->now, f->sent) > pair_dead_ns(w);
	return pair_follows(w) && !w->detached && (w->status.peer_dead || late);
}

static void tell_links(struct worker *w)
{
	bool before = false;
	const uint64_t switches = links_switches(w->cfg.links);
	for (unsigned i = 0; i < links_n(w->cfg.links); i++) {
		const bool up = link_state(links_at(w->cfg.links, i)) == LINK_UP;
		before |= w->was_up[i];
		if (up != w->was_up[i])
			worker_event(w, up ? HAE_LINK_UP : HAE_LINK_DOWN, link_name(w, i));
		w->was_up[i] = up;
	}
	if (before && !any_up(w)) {
		w->down_at = w->now;
		if (!w->yields)
			merge_links_lost(w);
	}
	if (switches != w->status.link_switches && w->r.mode == REPLICA_ACTIVE)
		worker_event(w, HAE_LINK_SWITCH, link_name(w, links_used(w->cfg.links)));
	w->status.link_switches = switches;
}

static void watch_active(struct worker *w, bool up)
{
	/* A connection comes up before the heartbeats have shown that the dead peer lives again. */
	const bool heard = w->status.peer_seen && !w->status.peer_dead && !merge_awaits(w);
	if (w->r.mode == REPLICA_ACTIVE && !up)
		pair_broken(w);
	/* The only one that a stream is kept for, or that has not even its beginning, is gone. */
	if (w->r.mode == REPLICA_ACTIVE && w->status.peer_dead &&
	    (w->r.whole_seq == 0 || (w->detached && links_peer_willed(w->cfg.links))))
		pair_part(w);
	if (w->r.mode == REPLICA_ACTIVE && up && heard)
		come_back(w);
	end_hold(w);
	if (w->peering.role == HA_ACTIVE && w->r.mode == REPLICA_ALONE && up && heard)
		join(w);
	if (w->r.mode != REPLICA_ACTIVE || w->hold || w->detached)
		return;
	greet(w);
	pair_pump(w);
	try_other(w);
}

void pair_watch(struct worker *w)
{
	if (silent(w))
		links_drop(w->cfg.links, w->now);
	tell_links(w);
	const bool up = any_up(w);
	merge_watch(w);
	if (w->r.mode != REPLICA_STANDBY) {
		watch_active(w, up);
		return;
	}
	take_connections(w);
	if (left_alone(w))
		w->r.whole = false;
}

void pair_link_status(struct worker *w)
{
	struct ha_status *s = &w->status;
	const struct ha_resend *q = &w->r.sender.resend;
	s->n_links = links_n(w->cfg.links);
	for (unsigned i = 0; i < s->n_links; i++) {
		const struct link *l = links_at(w->cfg.links, i);
		s->link[i] = (struct ha_link_status){ .state = link_state(l),
						      .heard = link_peer_seen(l) && !link_peer_dead(l, w->now),
						      .cfg = i == 0 ? &w->cfg.live->link : &w->cfg.live->backup };
	}
	s->link_used = links_used(w->cfg.links);
	s->resent = w->r.sender.n_resent;
	s->repairs = w->r.sender.n_repairs + w->r.receiver.n_repairs;
	s->queued = q->first <= q->last ? q->last - q->first + 1 : 0;
	s->queued_octets = q->octets;
	for (unsigned i = 0; i < LINK_COUNTER_N; i++)
		s->counter[i] = links_count(w->cfg.links, (enum link_counter)i);
}
