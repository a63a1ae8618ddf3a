/* peering.c - see peering.h. One function a role. */
#include "ips/peering.h"

enum { START_WAIT_DEADS = 3, LEAVE_DEADS = 4, ALONE_DEADS = 2 };
#define START_WAIT_MIN_NS (1 * NS_PER_SEC)
#define LEAVE_MIN_NS      (1 * NS_PER_SEC)

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
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

/* Among equals: the higher priority, then the lower address. */
static bool wins(const struct peering *p, const struct peering_in *in)
{
	if (p->cfg.priority != in->beat.priority)
		return p->cfg.priority > in->beat.priority;
	return p->cfg.lower;
}

static void enter(struct peering *p, enum ha_role r, mono_t now)
{
	p->role = r;
	p->since = now;
	p->wish = false;
}

static enum peering_act promote(struct peering *p, const struct peering_in *in)
{
	if (in->seen && in->beat.term > p->term)
		p->term = in->beat.term;
	p->term++;
	enter(p, HA_ACTIVE, in->now);
	return PEERING_PROMOTE;
}

static enum peering_act starting(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in)) {
		enter(p, HA_STANDBY, in->now);
		p->term = in->beat.term;
		return PEERING_STAND_BY;
	}
	const bool there = in->seen && !in->dead;
	if (there && peer_role(in) == HA_STARTING) /* both begin */
		return wins(p, in) ? promote(p, in) : PEERING_STAY;
	/* A standby takes over from what we were before, but for one that has not got the table and would lose. */
	if (there && (peer_whole(in) || !wins(p, in)))
		return PEERING_STAY;
	const int64_t wait = longer(START_WAIT_MIN_NS, p->cfg.dead_ns * START_WAIT_DEADS);
	return mono_diff(in->now, p->since) >= wait ? promote(p, in) : PEERING_STAY;
}

static enum peering_act standby(struct peering *p, const struct peering_in *in)
{
	if (p->role == HA_CLAIMING && mono_diff(in->now, p->since) >= longer(LEAVE_MIN_NS, p->cfg.dead_ns * LEAVE_DEADS))
		enter(p, HA_STANDBY, in->now); /* nobody minds */
	if (in->dead) { /* incomplete, and only unheard: it may be heard again */
		const bool waited = mono_diff(in->now, p->dead_since) >= p->cfg.dead_ns * ALONE_DEADS;
		return in->whole || in->certain || waited ? promote(p, in) : PEERING_STAY;
	}
	if (!in->seen)
		return PEERING_STAY;
	switch (peer_role(in)) {
	case HA_ACTIVE:
		p->term = in->beat.term;
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
	return in->whole || (!peer_whole(in) && wins(p, in)) ? promote(p, in) : PEERING_STAY;
}

static enum peering_act active(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in) && peer_role(in) == HA_ACTIVE) {
		const bool lost = in->beat.term != p->term ? in->beat.term > p->term : !wins(p, in);
		return lost ? PEERING_STEP_DOWN : PEERING_STAY;
	}
	const bool asked = in->seen && !in->dead && peer_role(in) == HA_CLAIMING;
	if (!in->follower || !(p->wish || asked))
		return PEERING_STAY;
	enter(p, HA_LEAVING, in->now);
	return PEERING_LEAVE;
}

static enum peering_act leaving(struct peering *p, const struct peering_in *in)
{
	if (peer_works(in) && peer_role(in) == HA_ACTIVE)
		return PEERING_STEP_DOWN;
	if (mono_diff(in->now, p->since) < longer(LEAVE_MIN_NS, p->cfg.dead_ns * LEAVE_DEADS) && !in->dead)
		return PEERING_STAY;
	enter(p, HA_ACTIVE, in->now);
	return PEERING_RETURN;
}

void peering_start(struct peering *p, const struct peering_cfg *cfg, mono_t now)
{
	*p = (struct peering){ .cfg = *cfg, .role = HA_STARTING, .since = now };
}

enum peering_act peering_step(struct peering *p, const struct peering_in *in)
{
	if (in->dead && !p->was_dead)
		p->dead_since = in->now;
	p->was_dead = in->dead;
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

bool peering_ask(struct peering *p, bool to_active, const struct peering_in *in, const char **why)
{
	*why = "";
	if (to_active ? p->role == HA_ACTIVE : p->role == HA_STANDBY)
		*why = "it is so already";
	else if (to_active && p->role == HA_STANDBY && !in->whole)
		*why = "this node has not got the whole table yet; see 'ips ha info'";
	else if (!to_active && p->role == HA_ACTIVE && !in->follower)
		*why = "no other node has the whole table; sessions would be lost";
	else if (p->role != HA_ACTIVE && p->role != HA_STANDBY)
		*why = "a change of roles is under way";
	if (**why != '\0')
		return false;
	if (to_active)
		enter(p, HA_CLAIMING, in->now);
	else
		p->wish = true;
	return true;
}
