/* peering.c - see peering.h. One function a role. */
#include "ips/peering.h"

enum { START_WAIT_DEADS = 3, LEAVE_DEADS = 4, ALONE_DEADS = 2, IDLE_CHANGES = 3 };
#define START_WAIT_MIN_NS (1 * NS_PER_SEC)
#define LEAVE_MIN_NS      (1 * NS_PER_SEC)
#define REFUSED_PAUSE_NS  (60 * NS_PER_SEC)

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t change_ns(const struct peering *p)
{
	return longer(LEAVE_MIN_NS, p->cfg.dead_ns * LEAVE_DEADS);
}

static enum ha_role peer_role(const struct peering_in *in)
{
	return (enum ha_role)(in->beat.role & PEERING_ROLE);
}

static bool peer_works(const struct peering_in *in)
{
	return in->seen && !in->dead && (peer_role(in) == HA_ACTIVE || peer_role(in) == HA_LEAVING);
}

static bool peer_whole(const struct peering_in *in)
{
	return (in->beat.role & PEERING_WHOLE) != 0;
}

static struct peering_term heard_term(const struct peering_in *in)
{
	return in->seen ? (struct peering_term){ in->beat.term, in->told.term_serial } : (struct peering_term){ 0 };
}

/* --- the election ---------------------------------------------------------------------------------------- */

static int against_peer(const struct peering *p, const struct peering_in *in, enum peering_by *by)
{
	const struct peering_rank own = { .forced = p->forced,
					  .quality = in->quality,
					  .works = p->role == HA_ACTIVE || p->role == HA_LEAVING,
					  .priority = p->cfg.priority,
					  .age_s = in->age_s,
					  .serial = p->cfg.serial,
					  .lower = p->cfg.lower };
	const struct peering_rank peers = { .forced = in->told.forced,
					    .quality = in->beat.quality,
					    .works = peer_works(in),
					    .priority = in->beat.priority,
					    .age_s = in->told.age_s,
					    .serial = in->told.serial,
					    .lower = !p->cfg.lower };
	return peering_compare(&own, &peers, &p->cfg.rules, by);
}

static bool wins(const struct peering *p, const struct peering_in *in)
{
	return against_peer(p, in, NULL) > 0;
}

/* --- changes ----------------------------------------------------------------------------------------------- */

static void enter(struct peering *p, enum ha_role r, mono_t now)
{
	p->role = r;
	p->since = now;
	p->wish = p->left = false;
	p->peer_ready = mono_ns(0);
}

/* At the end of the counters nobody is kept from working, and two that work still find out which is to stay: by serial, no longer
 * by which came last. A limit to what is believed of a peer would make its term the earlier one here, and both stay. */
uint64_t peering_next(const struct peering *p, const struct peering_in *in)
{
	const uint64_t heard = heard_term(in).counter;
	const uint64_t known = p->term.counter > p->used ? p->term.counter : p->used;
	const uint64_t last = heard > known ? heard : known;
	return last < HA_TERM_MAX ? last + 1 : HA_TERM_MAX;
}

/*
 * A lease: an active node that tells that it waits has heard us within a third of the dead interval, and lets nothing out untold
 * before it has said that it no longer counts on us, or has heard nothing for PEERING_ALONE(dead): four thirds from then on. A
 * whole standby that takes over within seven sixths knows everything; a sixth is for the heartbeat's way. If the other one
 * is merely unheard, nobody works any more only if the data side says so. Who leaves names its last batch.
 */
static bool doubts(const struct peering *p, const struct peering_in *in)
{
	if (!in->whole)
		return true;
	if (!in->dead && peer_role(in) == HA_LEAVING)
		return false;
	const bool fresh = p->counted_at.ns != 0 && mono_diff(in->now, p->counted_at) <= p->cfg.dead_ns + p->cfg.dead_ns / 6;
	return !fresh || (in->dead && !in->certain && !in->sought);
}

static void note_count(struct peering *p, const struct peering_in *in)
{
	if (!in->seen || (peer_role(in) != HA_ACTIVE && peer_role(in) != HA_LEAVING))
		return;
	if (!peer_whole(in))
		p->counted_at = mono_ns(0);
	else if (in->told.waits)
		p->counted_at = in->heard;
}

static enum peering_act promote(struct peering *p, const struct peering_in *in)
{
	const uint64_t next = peering_next(p, in);
	if (next > in->stored)
		return PEERING_STAY; /* it was asked for; some turn soon it is on disk */
	p->doubt = doubts(p, in);
	p->term = (struct peering_term){ next, p->cfg.serial };
	p->used = next;
	enter(p, HA_ACTIVE, in->now);
	return PEERING_PROMOTE;
}

/* Either may take itself for the loser, when margins are configured differently: then terms tell who stays. */
static bool idle_for_long(const struct peering *p, const struct peering_in *in)
{
	return p->was_idle && mono_diff(in->now, p->idle_since) >= IDLE_CHANGES * change_ns(p);
}

/* --- roles ------------------------------------------------------------------------------------------------- */

static enum peering_act starting(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in)) {
		enter(p, HA_STANDBY, in->now);
		p->term = heard_term(in);
		return PEERING_STAND_BY;
	}
	const bool there = in->seen && !in->dead;
	if (there && peer_role(in) == HA_STARTING) /* both begin */
		return wins(p, in) || idle_for_long(p, in) ? promote(p, in) : PEERING_STAY;
	/* A standby takes over from what we were before, but for one that has not got the table and would lose. */
	if (there && (peer_whole(in) || !wins(p, in)))
		return PEERING_STAY;
	if (!there && in->held) /* somebody has our addresses */
		return PEERING_STAY;
	const int64_t wait = longer(START_WAIT_MIN_NS, p->cfg.dead_ns * START_WAIT_DEADS);
	return mono_diff(in->now, p->since) >= wait ? promote(p, in) : PEERING_STAY;
}

static enum peering_act bereft(struct peering *p, const struct peering_in *in)
{
	if (in->held)
		return PEERING_STAY;
	/* incomplete, and only unheard: it may be heard again */
	const bool waited = mono_diff(in->now, p->dead_since) >= p->cfg.dead_ns * ALONE_DEADS;
	return in->whole || in->certain || waited ? promote(p, in) : PEERING_STAY;
}

static enum peering_act follow(struct peering *p, const struct peering_in *in)
{
	if (in->dead)
		return bereft(p, in);
	if (!in->seen)
		return PEERING_STAY;
	switch (peer_role(in)) {
	case HA_ACTIVE:
		p->term = heard_term(in);
		return PEERING_STAY;
	case HA_LEAVING:
		return in->whole && in->applied == in->beat.seq ? promote(p, in) : PEERING_STAY;
	case HA_STARTING: /* born anew, it has nothing at all */
		return promote(p, in);
	case HA_STANDBY:
	case HA_CLAIMING:
	case HA_ROLE_N:
		break;
	}
	/* It is not what it was: nobody works. */
	if (in->whole != peer_whole(in))
		return in->whole ? promote(p, in) : PEERING_STAY;
	return wins(p, in) || idle_for_long(p, in) ? promote(p, in) : PEERING_STAY;
}

/* Ready before the other one stops; once for each time that it leaves. With the addresses on nobody can look for it any more. */
static enum peering_act prepare(struct peering *p, const struct peering_in *in)
{
	const bool leaves = in->seen && !in->dead && peer_role(in) == HA_LEAVING;
	p->readied = p->readied && leaves;
	if (p->ready) {
		p->ready = leaves && in->whole && mono_diff(in->now, p->ready_since) < PEERING_READY_NS;
		return p->ready ? PEERING_STAY : PEERING_WITHDRAW;
	}
	if (p->readied || !leaves || in->told.handover != HA_DRAINS || !in->whole || peering_next(p, in) > in->stored)
		return PEERING_STAY;
	p->ready = p->readied = true;
	p->ready_since = in->now;
	return PEERING_PREPARE;
}

static enum peering_act standby(struct peering *p, const struct peering_in *in)
{
	if (p->role == HA_CLAIMING && mono_diff(in->now, p->since) >= change_ns(p)) { /* nobody minds */
		enter(p, HA_STANDBY, in->now);
		p->forced = HA_UNFORCED;
	}
	const enum peering_act act = follow(p, in);
	if (act == PEERING_STAY)
		return prepare(p, in);
	p->ready = p->readied = false;
	return act;
}

/* Whether the other one is to work instead, all else being well; neither while a policy is being exchanged, nor at once again. */
static bool outranked(struct peering *p, const struct peering_in *in)
{
	const bool still = in->frozen || in->told.frozen || mono_before(in->now, p->pause) ||
			   mono_diff(in->now, p->since) < change_ns(p);
	return !still && peer_role(in) == HA_STANDBY && against_peer(p, in, &p->by) < 0;
}

static enum peering_act active(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in) && peer_role(in) == HA_ACTIVE) {
		const struct peering_term theirs = heard_term(in);
		const int later = peering_term_cmp(&theirs, &p->term);
		return later > 0 || (later == 0 && !wins(p, in)) ? PEERING_STEP_DOWN : PEERING_STAY;
	}
	const bool asked = in->seen && !in->dead && peer_role(in) == HA_CLAIMING;
	if (!in->follower) {
		/* who was asked to leave to this follower was not asked to leave to another, some day */
		if (p->wish && p->forced == HA_FORCED_PASSIVE)
			p->forced = HA_UNFORCED;
		p->wish = false;
		return PEERING_STAY;
	}
	if (p->wish || asked)
		p->by = PEERING_BY_NOTHING;
	else if (in->dead || !outranked(p, in))
		return PEERING_STAY;
	if (asked && p->forced == HA_FORCED_ACTIVE)
		p->forced = HA_UNFORCED; /* the later command counts */
	enter(p, HA_LEAVING, in->now);
	return PEERING_LEAVE;
}

/* One of an earlier version never says that it is ready: nothing is waited for. */
static bool drained(struct peering *p, const struct peering_in *in)
{
	if (in->told.handover == HA_READY && p->peer_ready.ns == 0)
		p->peer_ready = in->now;
	if (p->peer_ready.ns != 0)
		return mono_diff(in->now, p->peer_ready) >= (in->quiet ? PEERING_QUIET_NS : PEERING_DRAIN_NS);
	return in->told.handover == HA_NO_WORD || mono_diff(in->now, p->since) >= PEERING_WAIT_READY_NS;
}

static enum peering_act leaving(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in) && peer_role(in) == HA_ACTIVE)
		return PEERING_STEP_DOWN;
	const bool late = mono_diff(in->now, p->since) >= change_ns(p);
	const bool forsaken = !p->left && !in->follower; /* nothing has ended yet */
	if (!late && !in->dead && !forsaken) {
		if (p->left || !drained(p, in))
			return PEERING_STAY;
		p->left = true;
		return PEERING_LEFT;
	}
	enter(p, HA_ACTIVE, in->now);
	if (p->forced == HA_FORCED_PASSIVE)
		p->forced = HA_UNFORCED;
	p->pause = mono_add(in->now, REFUSED_PAUSE_NS);
	return PEERING_RETURN;
}

void peering_start(struct peering *p, const struct peering_cfg *cfg, mono_t now)
{
	*p = (struct peering){
		.cfg = *cfg, .role = HA_STARTING, .since = now, .used = cfg->used, .forced = cfg->forced, .pause = now
	};
}

enum peering_act peering_step(struct peering *p, const struct peering_in *in)
{
	if (in->dead && !p->was_dead)
		p->dead_since = in->now;
	p->was_dead = in->dead;
	const bool idle = in->seen && !in->dead && !peer_works(in);
	if (idle && !p->was_idle)
		p->idle_since = in->now;
	p->was_idle = idle;
	note_count(p, in);
	switch (p->role) {
	case HA_STARTING:
		return starting(p, in);
	case HA_STANDBY:
	case HA_CLAIMING:
		return standby(p, in);
	case HA_ACTIVE:
		return active(p, in);
	case HA_LEAVING:
		return leaving(p, in);
	case HA_ROLE_N:
		break;
	}
	return PEERING_STAY;
}

/* --- commands ---------------------------------------------------------------------------------------------- */

static const char *refusal(const struct peering *p, enum peering_wish want, const struct peering_in *in)
{
	if (want == PEERING_RESET)
		return "";
	if (p->role != HA_ACTIVE && p->role != HA_STANDBY)
		return "a change of roles is under way";
	if (want == PEERING_ACTIVE && p->role == HA_STANDBY && !in->whole)
		return "this node has not got the whole table yet; see 'ips ha info'";
	if (want != PEERING_ACTIVE && p->role == HA_ACTIVE && !in->follower)
		return "no other node has the whole table; sessions would be lost";
	return "";
}

bool peering_ask(struct peering *p, enum peering_wish want, const struct peering_in *in, const char **why)
{
	static const enum ha_forced forced[] = { [PEERING_ACTIVE] = HA_FORCED_ACTIVE,
						 [PEERING_PASSIVE] = HA_FORCED_PASSIVE,
						 [PEERING_RESET] = HA_UNFORCED };
	*why = refusal(p, want, in);
	if (**why != '\0')
		return false;
	if (want != PEERING_STOP) {
		const bool there = want == PEERING_RESET || (p->role == HA_ACTIVE) == (want == PEERING_ACTIVE);
		if (there && p->forced == forced[want])
			*why = "it is so already";
		p->forced = forced[want];
	}
	if (want == PEERING_ACTIVE && p->role == HA_STANDBY)
		enter(p, HA_CLAIMING, in->now);
	if ((want == PEERING_PASSIVE || want == PEERING_STOP) && p->role == HA_ACTIVE)
		p->wish = true;
	return true;
}
