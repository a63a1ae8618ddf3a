/* peering_sim.h - two nodes' real rules, coupled through a network that loses, delays and parts, one way too, with a data side
 * that parts as well, disks that are slow, crashes of engines and hosts, engines and hosts that sleep, clocks that step,
 * qualities that change, and commands. Judged on the way and in the end; deterministic by its seed. A fault can be planted, to
 * show that it would be found.
 */
#ifndef TESTS_UNIT_PEERING_SIM_H
#define TESTS_UNIT_PEERING_SIM_H

#include <string.h>

#include "tests/unit/peering_sim_types.h"

static unsigned sim_dice(struct sim *s, unsigned n)
{
	s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(s->seed >> 33) % n;
}

static void sim_wrong(struct sim *s, const char *what)
{
	if (s->wrong == NULL)
		s->wrong = what;
}

static bool sim_awake(const struct sim *s, const struct sim_node *n)
{
	return n->up && s->ms >= n->wakes;
}

static bool sim_works(const struct sim_node *n)
{
	return n->up && (n->p.role == HA_ACTIVE || n->p.role == HA_LEAVING);
}

/* --- births and deaths ---------------------------------------------------------------------------------------- */

static void sim_boot(struct sim *s, unsigned i)
{
	struct sim_node *n = &s->n[i], was = *n;
	if (was.disk.due != 0 && s->plant != PLANT_NOT_STORED && was.disk.due <= s->ms)
		was.disk.term = was.disk.pending;
	const struct peering_cfg cfg = { .dead_ns = SIM_DEAD,
					 .priority = was.priority,
					 .serial = s->plant == PLANT_TIE ? 7 : 7 + i,
					 .lower = i == 0 && s->plant != PLANT_TIE,
					 .rules = { .override = s->override, .age_margin_s = 2 },
					 .used = s->plant == PLANT_NOT_STORED ? 0 : was.disk.term,
					 .forced = (enum ha_forced)was.disk.forced };
	*n = (struct sim_node){ .up = true, .ahead = was.ahead, .old = was.old,
				.boot = was.boot + 1, .beaten = -SIM_BEAT_MS, .disk = was.disk, .clock = was.clock,
				.quality = was.quality, .priority = was.priority, .began = was.host_down ? s->ms : was.began };
	n->disk.due = 0;
	peering_start(&n->p, &cfg, mono_ns((s->ms + n->clock) * SIM_MS));
}

/* An engine's parent sends its will; a host's death is silent. What was on its way to the disk may get there. */
static void sim_crash(struct sim *s, unsigned i, bool host, int64_t pause)
{
	struct sim_node *n = &s->n[i];
	n->up = false;
	n->host_down = host;
	n->vips = false;
	n->vips_due = 0;
	n->back = s->ms + pause;
	if (host && n->disk.due > s->ms)
		n->disk.due = 0;
	if (!host && !s->cut[!i] && sim_dice(s, 100) >= s->loss)
		s->n[!i].will = n->boot;
	s->joined = -1;
}

/* --- what the link carries ------------------------------------------------------------------------------------ */

static bool sim_connected(const struct sim *s)
{
	return sim_awake(s, &s->n[0]) && sim_awake(s, &s->n[1]) && !s->cut[0] && !s->cut[1];
}

static bool sim_follower(const struct sim *s, unsigned i)
{
	return sim_connected(s) && s->n[!i].p.role != HA_ACTIVE && s->n[!i].whole && s->joined >= 0;
}

static enum ha_handover sim_handover(const struct sim *s, const struct sim_node *n)
{
	if (n->old)
		return HA_NO_WORD;
	if (n->p.ready)
		return n->vips || s->plant == PLANT_SAID_EARLY ? HA_READY : HA_NOTHING;
	return n->p.role == HA_LEAVING && !n->p.left ? HA_DRAINS : HA_NOTHING;
}

static void sim_send(struct sim *s, unsigned from)
{
	const struct sim_node *n = &s->n[from];
	const bool standby = n->p.role == HA_STANDBY || n->p.role == HA_CLAIMING;
	if (s->cut[!from] || sim_dice(s, 100) < s->loss)
		return;
	for (unsigned i = 0; i < SIM_IN_FLIGHT; i++) {
		struct sim_mail *m = &s->box[!from][i];
		if (m->full)
			continue;
		*m = (struct sim_mail){ .full = true, .due = s->ms + SIM_STEP_MS + (s->delay != 0 ? sim_dice(s, s->delay) : 0),
					.boot = n->boot, .heard = n->peer_boot };
		m->beat = (struct link_beat){ .role = n->p.role, .quality = n->quality, .priority = n->p.cfg.priority,
					      .term = n->p.term.counter,
					      .seq = n->p.role == HA_LEAVING && !n->p.left ? 0 : SIM_BATCH };
		if (standby ? n->whole : sim_follower(s, from))
			m->beat.role |= PEERING_WHOLE;
		const struct ha_told t = { .forced = (uint8_t)n->p.forced, .frozen = n->frozen, .serial = n->p.cfg.serial,
					   .term_serial = n->p.term.serial,
					   .waits = s->ms - n->at <= PEERING_NEAR(SIM_DEAD) / SIM_MS,
					   .handover = (uint8_t)sim_handover(s, n),
					   .age_s = (uint32_t)((s->ms - n->began) / 1000) };
		ha_told_put(&t, &m->beat);
		return;
	}
}

/* As the link has it: a beat counts when its boot is not an older one; who has just begun believes what was sent since. */
static void sim_deliver(struct sim *s, unsigned to)
{
	struct sim_node *n = &s->n[to];
	for (unsigned i = 0; i < SIM_IN_FLIGHT; i++) {
		struct sim_mail *m = &s->box[to][i];
		if (!m->full || m->due > s->ms || (n->up && !sim_awake(s, n)))
			continue;
		m->full = false;
		if (!n->up)
			continue;
		if (m->boot >= n->peer_boot)
			n->peer_boot = m->boot;
		if (m->boot < n->peer_boot || m->heard != n->boot)
			continue;
		n->heard = m->beat;
		n->seen = true;
		n->at = s->ms;
	}
}

/* The table's way from the active node to the standby. */
static void sim_replicate(struct sim *s)
{
	for (unsigned i = 0; i < 2; i++) {
		struct sim_node *a = &s->n[i], *b = &s->n[!i];
		if (!sim_awake(s, a) || a->p.role != HA_ACTIVE || (b->up && b->p.role == HA_ACTIVE))
			continue;
		const bool follows = sim_connected(s) && (b->p.role == HA_STANDBY || b->p.role == HA_CLAIMING);
		if (!follows) {
			if (s->joined >= 0 && b->whole) {
				a->hold = true;
				a->broken = s->ms;
			}
			s->joined = -1;
			const bool told = a->at > a->broken + SIM_BEAT_MS && !(a->heard.role & PEERING_WHOLE);
			if (a->hold && (s->ms - a->broken > 2 * SIM_DEAD / SIM_MS || told ||
					s->ms - a->at > PEERING_ALONE(SIM_DEAD) / SIM_MS || a->will >= a->peer_boot))
				a->hold = false;
			a->ahead |= !a->hold;
		} else if (s->joined < 0) {
			s->joined = s->ms;
			a->hold = a->ahead = b->whole = false;
		} else if (s->ms - s->joined > SIM_SYNC_MS) {
			b->whole = true;
		}
		if (!follows && b->up && (b->heard.role & PEERING_ROLE) == HA_ACTIVE && !(b->heard.role & PEERING_WHOLE))
			b->whole = false; /* the active node goes on without it */
	}
}

/* --- the data side and the disk ---------------------------------------------------------------------------------- */

/* The pair's addresses are somewhere else: a host that lives has them on for an engine that works, sleeping or not. */
static bool sim_answers(const struct sim *s, unsigned i)
{
	const struct sim_node *o = &s->n[!i];
	const bool asleep = o->machine_sleeps && s->ms < o->wakes;
	const bool by_link = !s->cut[0] && !s->cut[1] && !asleep; /* its host answers there: the silence is its engine's */
	return !s->data_cut && sim_works(o) && !asleep && !by_link;
}

static bool sim_held(struct sim *s, unsigned i, const struct peering_in *in)
{
	struct sim_node *n = &s->n[i];
	const bool late = s->ms - n->at > SIM_DEAD / SIM_MS / 2;
	const bool wants = n->seen ? late && !in->certain && !sim_works(n) : n->p.role == HA_STARTING;
	if (!wants || s->plant == PLANT_NO_PROBES) {
		n->probing = 0;
		return false;
	}
	if (n->probing == 0 || sim_answers(s, i) || n->vips) /* it would hear itself */
		n->probing = s->ms;
	return s->ms - n->probing < SIM_PROBE_MS;
}

static uint64_t sim_stored(struct sim *s, struct sim_node *n, const struct peering_in *in)
{
	struct sim_disk *d = &n->disk;
	const uint64_t next = peering_next(&n->p, in);
	if (d->due != 0 && s->ms >= d->due) {
		d->term = d->pending;
		d->due = 0;
	}
	d->forced = n->p.forced;
	if (!sim_works(n) && next > d->term && d->due == 0) {
		d->pending = next;
		d->due = s->ms + SIM_STEP_MS + (int64_t)sim_dice(s, sim_dice(s, 8) == 0 ? 2000 : 20);
	}
	return s->plant == PLANT_NOT_STORED ? UINT64_MAX : d->term;
}

/* --- judging -------------------------------------------------------------------------------------------------------- */

static void sim_check_term(struct sim *s, const struct peering_term *t)
{
	for (unsigned i = 0; i < s->n_used && t->counter < HA_TERM_MAX; i++)
		if (peering_term_cmp(&s->used[i], t) == 0)
			sim_wrong(s, "a term comes twice");
	if (s->n_used < SIM_TERMS)
		s->used[s->n_used++] = *t;
}

static void sim_check_promotion(struct sim *s, unsigned i, const struct peering_in *in, const struct peering *was,
				struct sim_met *met)
{
	const struct sim_node *n = &s->n[i], *o = &s->n[!i];
	const enum ha_role theirs = (enum ha_role)(in->beat.role & PEERING_ROLE);
	const bool working = in->seen && !in->dead && (theirs == HA_ACTIVE || theirs == HA_LEAVING);
	sim_check_term(s, &n->p.term);
	if (n->p.term.counter == HA_TERM_MAX)
		met->ended++;
	else if (n->p.term.counter <= was->term.counter || (in->seen && n->p.term.counter <= in->beat.term))
		sim_wrong(s, "a term that does not grow");
	if (n->p.term.counter > n->disk.term)
		sim_wrong(s, "a term that is not on disk");
	if (working && !(was->role != HA_STARTING && in->whole && theirs == HA_LEAVING))
		sim_wrong(s, "a promotion beside one that works");
	if (s->answering > SIM_PROBE_MS && in->dead && !in->certain && o->p.role == HA_ACTIVE)
		sim_wrong(s, "a promotion beside one that answers on the data side");
	const bool strange = s->strange != 0 && s->ms - s->strange < 4 * SIM_DEAD / SIM_MS;
	const bool exact = s->plant == PLANT_NO_DOUBT ? in->whole : !n->p.doubt;
	if (was->role != HA_STARTING && exact && o->ahead && !strange)
		sim_wrong(s, "no doubt about one that let by what it did not tell");
	met->exact += was->role != HA_STARTING && exact;
	if (was->role == HA_STARTING || in->whole) {
		met->whole += was->role != HA_STARTING;
		return;
	}
	met->incomplete++;
	/* its clock has passed over the wait */
	const bool own_time = n->stepped != 0 && s->ms - n->stepped < 3 * SIM_DEAD / SIM_MS;
	if (in->dead && !own_time && s->ms - n->at <= 2 * SIM_DEAD / SIM_MS && o->boot == n->peer_boot && o->up)
		sim_wrong(s, "an incomplete standby that was not alone for long");
	if (!in->dead && (in->beat.role & PEERING_WHOLE) != 0)
		sim_wrong(s, "an incomplete standby before one that is whole");
}

static void sim_check_step_down(struct sim *s, const struct peering_in *in, const struct peering *was)
{
	const struct peering_term theirs = { in->beat.term, in->told.term_serial };
	if ((in->beat.role & PEERING_ROLE) != HA_ACTIVE || in->dead)
		sim_wrong(s, "stepped down before nobody");
	if (was->role == HA_ACTIVE && peering_term_cmp(&theirs, &was->term) < 0)
		sim_wrong(s, "stepped down before an earlier term");
}

/* Who leaves waits for the other one to have the addresses; who is ready does not wait for ever. */
static void sim_check_switch(struct sim *s, unsigned i, enum peering_act act, struct sim_met *met)
{
	struct sim_node *n = &s->n[i], *o = &s->n[!i];
	const bool strange = n->stepped != 0 && s->ms - n->stepped < 4 * SIM_DEAD / SIM_MS;
	if (act == PEERING_LEAVE)
		n->left_at = s->ms;
	if (act == PEERING_LEFT && !n->old && !o->old && !strange) {
		const bool had = o->offered >= n->left_at && o->offered != 0;
		met->drained += had;
		if (!had && s->ms - n->left_at < SIM_WAIT_MS)
			sim_wrong(s, "takes no more before the other one has the addresses");
	}
	if (act == PEERING_PREPARE || strange)
		n->ready_at = s->ms;
	if (n->p.ready && s->ms - n->ready_at > SIM_KEPT_MS + SIM_STEP_MS)
		sim_wrong(s, "keeps packets for too long");
	met->withdrawn += act == PEERING_WITHDRAW;
}

/* The parents: addresses put on and off, and announced, again and again for a while, but by one that leaves. */
static void sim_addresses(struct sim *s, unsigned i, const struct peering_in *in, enum peering_act act)
{
	static const int64_t again[] = { 100, 500, 1200, 2700, 5700 };
	struct sim_node *n = &s->n[i];
	const bool both = in->seen && !in->dead && (in->beat.role & PEERING_ROLE) == HA_ACTIVE;
	const bool found = in->seen && !in->dead && !n->peer_there;
	const bool woke = n->again != 0 && s->ms >= n->again;
	const bool anew = (found || woke || (n->peer_worked && !both)) && n->p.role == HA_ACTIVE;
	const bool tells = act == PEERING_PROMOTE || ((anew || act == PEERING_RETURN) && s->plant != PLANT_NOT_ANNOUNCED);
	n->again = woke ? 0 : n->again;
	n->peer_worked = both;
	n->peer_there = in->seen && !in->dead;
	if (act == PEERING_PREPARE)
		n->vips_due = s->ms + (int64_t)sim_dice(s, sim_dice(s, 8) == 0 ? 800 : 20);
	if (act == PEERING_WITHDRAW || act == PEERING_STAND_BY) {
		n->vips = false;
		n->vips_due = 0;
	}
	if (tells || (n->vips_due != 0 && s->ms >= n->vips_due)) {
		n->vips = true;
		n->vips_due = 0;
		n->announced = s->ms;
		s->hosts = i;
	}
	for (unsigned k = 0; k < 5 && n->vips && n->p.role != HA_LEAVING; k++)
		if (s->ms - n->announced >= again[k] && s->ms - n->announced < again[k] + SIM_STEP_MS)
			s->hosts = i;
	if (n->p.ready && n->vips)
		n->offered = s->ms;
}

/* --- a step ---------------------------------------------------------------------------------------------------------- */

static struct peering_in sim_in(struct sim *s, unsigned i, struct sim_met *met)
{
	struct sim_node *n = &s->n[i];
	const bool standby = n->p.role == HA_STANDBY || n->p.role == HA_CLAIMING;
	struct peering_in in = { .now = mono_ns((s->ms + n->clock) * SIM_MS), .seen = n->seen, .beat = n->heard };
	ha_told_get(&in.beat, &in.told);
	in.certain = n->seen && n->will >= n->peer_boot;
	in.dead = n->seen && (in.certain || s->ms - n->at > SIM_DEAD / SIM_MS);
	in.held = sim_held(s, i, &in) && (in.dead || !in.seen);
	in.sought = in.dead && !in.certain && !in.held && s->plant != PLANT_NO_PROBES;
	in.heard = mono_ns((n->at + n->clock) * SIM_MS);
	met->held += in.held && in.seen;
	in.quality = n->quality;
	in.frozen = n->frozen;
	in.age_s = (uint32_t)((s->ms - n->began) / 1000);
	in.whole = standby && n->whole;
	in.applied = sim_connected(s) ? SIM_BATCH : SIM_BATCH - 1;
	in.follower = sim_works(n) && sim_follower(s, i);
	in.quiet = sim_dice(s, 3) == 0;
	if (n->old)
		in.told.handover = HA_NO_WORD;
	in.stored = sim_stored(s, n, &in);
	met->waited_disk += in.stored < peering_next(&n->p, &in) && in.dead && !in.held && in.whole;
	return in;
}

static void sim_obey(struct sim *s, unsigned i, const struct peering_in *in, const struct peering *was, enum peering_act act,
		     struct sim_met *met)
{
	struct sim_node *n = &s->n[i];
	if (act == PEERING_PROMOTE) {
		if (s->plant == PLANT_NOT_RAISED)
			n->p.term.counter = n->p.used = was->term.counter > 1 ? was->term.counter : 1;
		sim_check_promotion(s, i, in, was, met);
		n->whole = n->hold = n->ahead = false;
		s->joined = -1;
	} else if (act == PEERING_STAND_BY) {
		n->whole = false;
	} else if (act == PEERING_STEP_DOWN && s->plant != PLANT_NO_STEP_DOWN) {
		met->stepped++;
		sim_check_step_down(s, in, was);
		sim_crash(s, i, false, SIM_STEP_MS);
		return;
	}
	met->left += act == PEERING_LEAVE;
	met->preferred += act == PEERING_LEAVE && n->p.by != PEERING_BY_NOTHING;
	met->returned += act == PEERING_RETURN;
	met->forsaken += act == PEERING_RETURN && !was->left && !in->dead;
	if (act != PEERING_STAY || sim_handover(s, n) != n->said || s->ms - n->beaten >= SIM_BEAT_MS) {
		sim_send(s, i);
		n->beaten = s->ms;
		n->said = sim_handover(s, n);
	}
}

static void sim_step(struct sim *s, unsigned i, struct sim_met *met)
{
	struct sim_node *n = &s->n[i];
	if (!n->up) {
		if (s->ms >= n->back)
			sim_boot(s, i);
		return;
	}
	if (!sim_awake(s, n)) {
		if (!n->machine_sleeps && s->ms - n->slept_at > SIM_HANG_MS) {
			met->hung++;
			sim_crash(s, i, false, SIM_STEP_MS);
		}
		return;
	}
	if (n->slept_at != 0 && s->ms - n->slept_at > SIM_DEAD / SIM_MS) {
		met->slept++;
		n->again = s->ms + SIM_DEAD / SIM_MS;
		if (n->p.role != HA_ACTIVE) /* the packet loop begins anew */
			n->whole = false;
	}
	n->slept_at = 0;
	const struct peering_in in = sim_in(s, i, met);
	const struct peering was = n->p;
	enum peering_act act = peering_step(&n->p, &in);
	if (act == PEERING_WITHDRAW && s->plant == PLANT_NO_WITHDRAW) {
		act = PEERING_STAY;
		n->p.ready = true;
	}
	sim_check_switch(s, i, act, met);
	sim_addresses(s, i, &in, act);
	sim_obey(s, i, &in, &was, act, met);
}

/* --- faults ----------------------------------------------------------------------------------------------------------- */

static void sim_command(struct sim *s, unsigned i)
{
	static const enum peering_wish wish[] = { PEERING_ACTIVE, PEERING_PASSIVE, PEERING_PASSIVE, PEERING_RESET, PEERING_STOP };
	struct sim_node *n = &s->n[i];
	const char *why;
	const struct peering_in in = { .now = mono_ns((s->ms + n->clock) * SIM_MS), .whole = n->whole,
				       .follower = n->p.role == HA_ACTIVE && sim_follower(s, i) };
	if (sim_awake(s, n))
		(void)peering_ask(&n->p, wish[sim_dice(s, 5)], &in, &why);
}

static void sim_sleep(struct sim *s, struct sim_node *n)
{
	if (!sim_awake(s, n))
		return;
	n->slept_at = s->ms;
	n->machine_sleeps = sim_dice(s, 2) == 0;
	n->wakes = s->ms + 100 + sim_dice(s, 1500);
}

static void sim_fault(struct sim *s, struct sim_met *met)
{
	const unsigned i = sim_dice(s, 2);
	struct sim_node *n = &s->n[i];
	switch (sim_dice(s, 90)) {
	case 0:
		if (n->up)
			sim_crash(s, i, sim_dice(s, 2) == 0, sim_dice(s, 4) == 0 ? 3000 : sim_dice(s, 600));
		break;
	case 1:
		s->cut[i] = true;
		break;
	case 2:
		s->cut[0] = s->cut[1] = true;
		break;
	case 3:
	case 4:
	case 5:
		s->cut[0] = s->cut[1] = false;
		break;
	case 6:
		s->loss = sim_dice(s, 3) * 30;
		s->delay = sim_dice(s, 3) * (s->calm ? 0 : 150);
		break;
	case 7:
	case 8:
		sim_command(s, i);
		break;
	case 9:
		s->data_cut = sim_dice(s, 3) == 0;
		break;
	case 10:
		n->quality = (uint8_t)(sim_dice(s, 3) * 50);
		break;
	case 11:
		sim_sleep(s, n);
		break;
	case 12:
		if (s->calm)
			break;
		n->clock += (int64_t)sim_dice(s, 4000) - 1000;
		s->strange = s->ms;
		n->stepped = s->ms;
		met->jumped++;
		break;
	case 13:
		n->frozen = sim_dice(s, 2) == 0;
		break;
	default:
		break;
	}
}

static void sim_no_more_faults(struct sim *s)
{
	s->loss = s->delay = 0;
	s->cut[0] = s->cut[1] = s->data_cut = false;
	for (unsigned i = 0; i < 2; i++) {
		s->n[i].frozen = false;
		if (s->n[i].wakes > s->ms)
			s->n[i].wakes = s->ms;
		if (!s->n[i].up && s->n[i].back > s->ms)
			s->n[i].back = s->ms;
	}
}

/* --- a run -------------------------------------------------------------------------------------------------------------- */

static bool sim_settled(const struct sim *s)
{
	const unsigned a = s->n[1].up && s->n[1].p.role == HA_ACTIVE;
	const struct sim_node *works = &s->n[a], *other = &s->n[!a];
	return works->up && works->p.role == HA_ACTIVE && other->up && other->p.role == HA_STANDBY && other->whole &&
	       peering_term_cmp(&works->p.term, &other->p.term) == 0 && works->vips && !other->vips && !other->p.ready &&
	       s->hosts == a;
}

static void sim_watch(struct sim *s, struct sim_met *met)
{
	const bool both = sim_works(&s->n[0]) && sim_works(&s->n[1]);
	bool answering = false;
	met->both += both && s->both == 0;
	s->both = both ? s->both + SIM_STEP_MS : 0;
	if (both && s->n[0].p.role == HA_ACTIVE && s->n[1].p.role == HA_ACTIVE &&
	    peering_term_cmp(&s->n[0].p.term, &s->n[1].p.term) == 0)
		sim_wrong(s, "two are active in one term");
	for (unsigned i = 0; i < 2; i++)
		answering |= !both && sim_answers(s, i) && sim_awake(s, &s->n[!i]) && sim_awake(s, &s->n[i]);
	const struct sim_node *h = &s->n[s->hosts], *o = &s->n[!s->hosts];
	const bool astray = !sim_works(h) && !h->p.ready && sim_awake(s, o) && o->p.role == HA_ACTIVE;
	s->astray = astray ? s->astray + SIM_STEP_MS : 0;
	if (s->astray > SIM_ASTRAY_MS)
		sim_wrong(s, "hosts send to the one that does not work");
	s->answering = answering ? s->answering + SIM_STEP_MS : 0;
	if (!sim_settled(s))
		s->settled_at = s->ms;
}

static void sim_begin(struct sim *s, uint64_t seed, enum sim_plant plant, bool high)
{
	static const uint16_t prio[] = { 100, 100, 200 };
	memset(s, 0, sizeof(*s));
	s->seed = seed * 7919 + 1;
	s->plant = plant;
	s->high = high;
	s->calm = seed % 4 == 1;
	s->joined = -1;
	s->override = sim_dice(s, 2) == 0;
	for (unsigned i = 0; i < 2; i++) {
		s->n[i].back = sim_dice(s, i == 0 ? 500 : 3000);
		s->n[i].quality = 100;
		s->n[i].old = seed % 5 == i;
		s->n[i].host_down = true;
		s->n[i].disk.term = high ? HA_TERM_MAX - sim_dice(s, 4) : 0;
		s->n[i].priority = plant == PLANT_TIE ? 100 : prio[sim_dice(s, 3)];
	}
}

/* What went wrong; NULL: nothing. */
static const char *sim_run_from(struct sim *s, uint64_t seed, enum sim_plant plant, bool high, struct sim_met *met)
{
	struct peering_term term[2] = { { 0, 0 }, { 0, 0 } };
	sim_begin(s, seed, plant, high);
	for (; s->ms < SIM_FAULT_MS + SIM_QUIET_MS && s->wrong == NULL; s->ms += SIM_STEP_MS) {
		if (s->ms == SIM_FAULT_MS) {
			sim_no_more_faults(s);
			for (unsigned i = 0; i < 2; i++)
				if (s->n[i].up && s->n[i].p.role == HA_ACTIVE)
					term[i] = s->n[i].p.term;
		} else if (s->ms < SIM_FAULT_MS && seed % 3 != 0) {
			sim_fault(s, met);
		} else if (s->ms < SIM_FAULT_MS) { /* one long partition in the end */
			s->cut[0] = s->cut[1] = s->ms > SIM_FAULT_MS / 2;
			s->data_cut = s->cut[0] && seed % 2 == 0;
			for (unsigned i = 0; i < 2; i++) /* and who worked on alone, held by the other one, dies */
				if (s->ms == SIM_FAULT_MS * 3 / 4 && seed % 4 == 1 && sim_works(&s->n[i]))
					sim_crash(s, i, true, 2000);
		}
		if (s->delay != 0)
			s->strange = s->ms;
		for (unsigned i = 0; i < 2; i++) {
			sim_deliver(s, i);
			sim_step(s, i, met);
		}
		sim_replicate(s);
		sim_watch(s, met);
	}
	if (s->wrong != NULL)
		return s->wrong;
	if (s->settled_at > met->longest + SIM_FAULT_MS)
		met->longest = s->settled_at - SIM_FAULT_MS;
	if (s->settled_at > SIM_FAULT_MS + SIM_BOUND_MS)
		return sim_works(&s->n[0]) != sim_works(&s->n[1]) ? "the other one is no standby in the end" :
								    "not one works in the end";
	const unsigned a = s->n[1].p.role == HA_ACTIVE;
	if (term[0].counter != 0 && term[1].counter != 0) {
		met->higher++;
		if (!high && peering_term_cmp(&term[a], &term[!a]) < 0 && peering_term_cmp(&s->n[a].p.term, &term[!a]) <= 0)
			return "the earlier term won";
	}
	return NULL;
}

static const char *sim_run(struct sim *s, uint64_t seed, enum sim_plant plant, struct sim_met *met)
{
	return sim_run_from(s, seed, plant, false, met);
}

#endif
