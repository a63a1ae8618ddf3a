/* worker_elect.c - the packet loop's part in the election: what the rules of peering.h take and give beyond the link. */
#include "ips/worker_int.h"

#include <stdio.h>
#include <string.h>

#include "ips/version.h"

#define FROZEN_MAX_NS (30 * NS_PER_SEC)
/* The parent comes to an end within twice the dead interval; one that does not is busy with a disk that hangs. */
#define PROBE_SPARE_NS (1 * NS_PER_SEC)

static uint32_t seconds(int64_t ns)
{
	return ns < 0 ? 0 : ns / NS_PER_SEC >= HA_NEVER ? HA_NEVER - 1 : (uint32_t)(ns / NS_PER_SEC);
}

static uint32_t age_s(const struct worker *w)
{
	return w->cfg.standing.age_s + seconds(mono_diff(w->now, w->elect.began));
}

void elect_start(struct worker *w)
{
	const struct live *l = w->cfg.live;
	const struct worker_standing *st = &w->cfg.standing;
	const struct peering_cfg pc = { .dead_ns = pair_dead_ns(w),
					.priority = l->priority,
					.serial = st->serial,
					.lower = memcmp(&l->link.own, &l->link.peer, sizeof(l->link.own)) < 0,
					.rules = { .override = l->override, .age_margin_s = l->age_margin_s },
					.used = st->used,
					.forced = st->forced };
	peering_start(&w->peering, &pc, w->now);
	w->elect = (struct elect){ .asked = st->used, .forced = st->forced, .began = w->now, .quality = 100 };
}

/* --- what a step takes ------------------------------------------------------------------------------------ */

/* A policy that takes too long to be exchanged holds nothing up any more. */
static bool frozen(struct worker *w)
{
	struct elect *e = &w->elect;
	if (worker_changed(w)) {
		if (e->frozen_since.ns != 0)
			worker_event(w, HAE_THAWED, "");
		e->frozen_since = mono_ns(0);
		return false;
	}
	if (e->frozen_since.ns == 0) {
		e->frozen_since = w->now;
		worker_event(w, HAE_FROZEN, "the filter policy is being exchanged");
	}
	return mono_diff(w->now, e->frozen_since) < FROZEN_MAX_NS;
}

static uint8_t quality(struct worker *w)
{
	struct elect *e = &w->elect;
	char text[64];
	const int said = w->cfg.pulse->quality;
	const uint8_t q = said < 0 ? 0 : said > 100 ? 100 : (uint8_t)said;
	if (w->cfg.pulse->disk_bad != e->disk_bad) {
		e->disk_bad = !e->disk_bad;
		worker_event(w, HAE_DISK, e->disk_bad ? "terms cannot be stored: ipsd has said why" : "terms can be stored again");
	}
	if (q != e->quality) {
		snprintf(text, sizeof(text), "%u -> %u", e->quality, q);
		worker_event(w, HAE_QUALITY, text);
		e->quality = q;
	}
	return q;
}

enum { STRANGER_DEADS = 3 };

/* Unheard is not dead while something of the peer answers on the data side; a link whose other end has just closed a
 * connection works, so its silence is the peer's. */
static bool held(const struct worker *w, const struct peering_in *in, bool closed)
{
	const bool unheard = in->seen ? in->dead && !in->certain && !closed : w->peering.role == HA_STARTING;
	const int64_t limit = 2 * pair_dead_ns(w) + PROBE_SPARE_NS;
	if (!unheard)
		return false;
	switch ((enum proc_probe)w->cfg.pulse->probe) {
	case PROBE_ANSWERED:
		return true;
	case PROBE_ASKING:
		return w->elect.probing_since.ns == 0 || mono_diff(w->now, w->elect.probing_since) < limit;
	case PROBE_SILENT:
		/* who has never been heard needs some heartbeats to be believed */
		return !in->seen && mono_diff(w->now, w->elect.silent_since) < STRANGER_DEADS * pair_dead_ns(w);
	case PROBE_NOTHING:
		break;
	}
	return false;
}

void elect_in(struct worker *w, struct peering_in *in, bool closed)
{
	struct ha_status *s = &w->status;
	ha_told_get(&in->beat, &in->told);
	in->quality = quality(w);
	in->age_s = age_s(w);
	in->frozen = frozen(w);
	in->stored = w->cfg.pulse->stored;
	if (w->cfg.pulse->probe != PROBE_SILENT)
		w->elect.silent_since = mono_ns(0);
	else if (w->elect.silent_since.ns == 0)
		w->elect.silent_since = w->now;
	in->held = held(w, in, closed);
	in->sought = in->dead && w->cfg.pulse->probe == PROBE_SILENT;
	in->heard = s->peer_at;
	if (in->held != s->held && in->seen)
		worker_event(w, in->held ? HAE_PEER_HELD : HAE_PEER_GONE, in->held ? "it answers on the data side" : "");
	s->held = in->held;
	s->frozen = in->frozen;
	s->peer_told = in->told;
	if (in->seen && !in->dead && in->told.conf != 0 && in->told.conf == s->conf && in->told.rules == s->rules)
		s->conf_same = w->now;
}

/* --- what it gives ------------------------------------------------------------------------------------------ */

/* false: not now; the next turn tries again. */
static bool sent(struct worker *w, const struct proc_msg *m)
{
	const enum err e = proc_try(w->cfg.parent, m);
	if (e != OK && e != ERR_FULL)
		w->end = ENGINE_FAILED;
	return e == OK;
}

static void store(struct worker *w, const struct peering_in *in)
{
	struct elect *e = &w->elect;
	struct proc_msg m = { .kind = PM_STATE, .len = sizeof(struct proc_state) };
	const bool works = w->peering.role == HA_ACTIVE || w->peering.role == HA_LEAVING;
	const uint64_t next = works ? w->peering.used : peering_next(&w->peering, in);
	if (next <= e->asked && w->peering.forced == e->forced)
		return;
	const struct proc_state st = { .term = next > e->asked ? next : e->asked, .forced = w->peering.forced };
	memcpy(m.data, &st, sizeof(st));
	if (sent(w, &m)) {
		e->asked = st.term;
		e->forced = w->peering.forced;
	}
}

/* From half the dead interval on, so that the answer is there when it is over; and before a node works that has heard nobody. */
static void probe(struct worker *w, const struct peering_in *in)
{
	struct elect *e = &w->elect;
	const bool late = in->seen && mono_diff(w->now, w->status.peer_at) * 2 > pair_dead_ns(w);
	const bool begins = w->peering.role == HA_STARTING && !in->seen;
	const bool want = begins || (late && !pair_works(w) && !in->certain);
	if (want == (e->probing_since.ns != 0))
		return;
	const struct proc_msg m = { .kind = PM_PROBE, .code = want };
	if (sent(w, &m))
		e->probing_since = want ? w->now : mono_ns(0);
}

void elect_tell_parent(struct worker *w, const struct peering_in *in)
{
	store(w, in);
	probe(w, in);
}

void elect_tell_peer(const struct worker *w, enum ha_handover handover, struct link_beat *b)
{
	const struct ha_status *s = &w->status;
	struct ha_told t = { .forced = (uint8_t)w->peering.forced,
			     .frozen = s->frozen,
			     .sync = (uint8_t)s->sync,
			     .link = { ha_status_link(s, 0), ha_status_link(s, 1) },
			     .age_s = age_s(w),
			     .since_s = seconds(mono_diff(w->now, w->peering.since)),
			     .synced_s = s->synced_since.ns != 0 ? seconds(mono_diff(w->now, s->synced_since)) : HA_NEVER,
			     .serial = w->cfg.standing.serial,
			     .term_serial = w->peering.term.serial,
			     .conf = s->conf,
			     .rules = s->rules,
			     .waits = w->r.wait == HA_WAIT_ALL && mono_diff(w->now, s->peer_at) <= PEERING_NEAR(pair_dead_ns(w)),
			     .handover = (uint8_t)handover };
	snprintf(t.version, sizeof(t.version), "%s", IPS_VERSION);
	snprintf(t.name, sizeof(t.name), "%s", w->cfg.live->hostname);
	b->quality = w->elect.quality;
	ha_told_put(&t, b);
}

void elect_status(struct worker *w)
{
	struct ha_status *s = &w->status;
	struct ha_hello h;
	engine_ha_hello(w->r.engine, &h);
	s->term = w->peering.term.counter;
	s->term_serial = w->peering.term.serial;
	s->forced = w->peering.forced;
	s->quality = w->elect.quality;
	s->serial = w->cfg.standing.serial;
	s->age_s = age_s(w);
	s->disk_bad = w->elect.disk_bad;
	s->conf = engine_gen(w->r.engine)->conf_sum;
	s->rules = h.sig_hash ^ h.stock_hash ^ h.custom_hash;
}
