/* test_peering_all.c - every order of a small set of events, up to a depth, over the real rules of two nodes: steps, deliveries,
 * time, crashes with and without a last word, the link and the data side cut, the table's arrival, commands. In each state that
 * can come of it no two are active in one term and no term comes twice; and from each, left alone, exactly one works soon and
 * the other one follows. PEERING_DEPTH says how deep (8). States met before are not gone through again.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "ips/peering.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)

enum { DEPTH = 8, BEAT_MS = 100, TICK_MS = 350, BATCH = 5, FAIR_MS = 12000, SLOTS = 1 << 23 };

enum event {
	EV_STEP_A, EV_STEP_B, EV_DELIVER_A, EV_DELIVER_B, EV_TICK, EV_KILL_A, EV_KILL_B, EV_LOSE_A, EV_LOSE_B, EV_LINK, EV_DATA,
	EV_TABLE, EV_PASSIVE_A, EV_PASSIVE_B, EV_ACTIVE_A, EV_ACTIVE_B, EV_N
};

struct small_beat {
	uint8_t role, forced, handover;
	bool full, left;
	uint64_t boot, term, serial;
};

struct one {
	struct peering p;
	bool seen, whole, dead_word, vips;
	uint64_t boot, disk, pending, most; /* most: the highest counter that it was promoted with */
	int64_t at;
	struct small_beat heard, inbox;
};

struct both {
	int64_t ms;
	bool cut, data_cut, joined;
	struct one n[2];
};

enum plant { NOTHING, NOT_STORED, NOT_RAISED, NO_TIE_BREAK, NOT_WITHDRAWN, SAID_EARLY };

static struct {
	enum plant plant;
	unsigned depth;
	uint64_t *slot;                /* states met, by their sums and what depth was left */
	uint8_t *left;
	uint64_t states, promotions;
	const char *wrong;
	enum event path[16], bad[16];
	unsigned n_bad;
} all;

static void wrong(const char *what, unsigned at)
{
	if (all.wrong != NULL)
		return;
	all.wrong = what;
	memcpy(all.bad, all.path, sizeof(all.bad));
	all.n_bad = at;
}

static void boot(struct both *b, unsigned i)
{
	struct one *n = &b->n[i], was = *n;
	const bool tie = all.plant == NO_TIE_BREAK;
	const struct peering_cfg cfg = { .dead_ns = DEAD, .priority = 100, .serial = tie ? 7 : 7 + i, .lower = i == 0 && !tie,
					 .used = all.plant == NOT_STORED ? 0 : was.disk };
	*n = (struct one){ .boot = was.boot + 1, .disk = was.disk, .most = was.most };
	peering_start(&n->p, &cfg, mono_ns(b->ms * NS_PER_MS));
	b->joined = false;
}

static bool standby(const struct one *n)
{
	return n->p.role == HA_STANDBY || n->p.role == HA_CLAIMING;
}

static bool works(const struct one *n)
{
	return n->p.role == HA_ACTIVE || n->p.role == HA_LEAVING;
}

static struct peering_in in_of(const struct both *b, unsigned i)
{
	const struct one *n = &b->n[i], *o = &b->n[!i];
	struct peering_in in = { .now = mono_ns(b->ms * NS_PER_MS), .seen = n->seen, .quality = 100, .applied = BATCH,
				 .whole = standby(n) && n->whole, .certain = n->dead_word,
				 .dead = n->seen && (n->dead_word || b->ms - n->at > DEAD / NS_PER_MS),
				 .quiet = true,
				 .follower = works(n) && !b->cut && b->joined && standby(o) && o->whole,
				 .stored = all.plant == NOT_STORED ? UINT64_MAX : n->disk };
	in.held = (!in.seen || (in.dead && !in.certain)) && b->cut && !b->data_cut && works(o);
	in.beat = (struct link_beat){ .role = n->heard.role, .quality = 100, .priority = 100, .term = n->heard.term,
					.seq = n->heard.left ? BATCH : 0 };
	in.told = (struct ha_told){ .forced = n->heard.forced, .handover = n->heard.handover,
				    .serial = o->p.cfg.serial, .term_serial = n->heard.serial };
	return in;
}

static enum ha_handover handover(const struct one *n)
{
	if (n->p.ready)
		return n->vips || all.plant == SAID_EARLY ? HA_READY : HA_NOTHING;
	return n->p.role == HA_LEAVING && !n->p.left ? HA_DRAINS : HA_NOTHING;
}

static void send_beat(struct both *b, unsigned from)
{
	const struct one *n = &b->n[from];
	if (b->cut)
		return;
	const bool whole = standby(n) ? n->whole : b->joined;
	b->n[!from].inbox = (struct small_beat){ .full = true, .role = (uint8_t)(n->p.role | (whole ? PEERING_WHOLE : 0)),
						 .handover = (uint8_t)handover(n), .left = handover(n) != HA_DRAINS,
						 .forced = (uint8_t)n->p.forced, .boot = n->boot, .term = n->p.term.counter,
						 .serial = n->p.term.serial };
}

static void promoted(struct both *b, unsigned i, unsigned at)
{
	struct one *n = &b->n[i];
	const struct one *o = &b->n[!i];
	if (all.plant == NOT_RAISED)
		n->p.term.counter = n->p.used = 1;
	all.promotions++;
	if (n->p.term.counter <= n->most)
		wrong("a term comes twice", at);
	if (o->p.term.serial == n->p.cfg.serial && o->p.term.counter >= n->p.term.counter)
		wrong("a term comes twice", at);
	n->most = n->p.term.counter;
	n->whole = b->joined = false;
}

static void step(struct both *b, unsigned i, unsigned at)
{
	struct one *n = &b->n[i];
	if (n->pending > n->disk) /* asked for at the step before */
		n->disk = n->pending;
	const struct peering_in in = in_of(b, i);
	if (!works(n))
		n->pending = peering_next(&n->p, &in);
	if (n->p.ready) /* its parent has had the time */
		n->vips = true;
	const enum peering_act act = peering_step(&n->p, &in);
	switch (act) {
	case PEERING_PROMOTE:
		promoted(b, i, at);
		n->vips = true;
		break;
	case PEERING_WITHDRAW:
		n->vips = all.plant == NOT_WITHDRAWN;
		break;
	case PEERING_STEP_DOWN:
		boot(b, i);
		break;
	case PEERING_STAND_BY:
		n->whole = n->vips = false;
		break;
	case PEERING_STAY:
	case PEERING_LEAVE:
	case PEERING_LEFT:
	case PEERING_PREPARE:
	case PEERING_RETURN:
		break;
	}
	if (n->p.peer_ready.ns == in.now.ns && b->n[!i].p.ready && !b->n[!i].vips)
		wrong("takes the other one for ready that has not got the addresses", at);
	send_beat(b, i);
	if (b->n[0].p.role == HA_ACTIVE && b->n[1].p.role == HA_ACTIVE && peering_term_cmp(&b->n[0].p.term, &b->n[1].p.term) == 0)
		wrong("two are active in one term", at);
}

static void deliver(struct both *b, unsigned i)
{
	struct one *n = &b->n[i];
	if (!n->inbox.full)
		return;
	if (n->inbox.boot == b->n[!i].boot) {
		n->heard = n->inbox;
		n->seen = true;
		n->dead_word = false;
		n->at = b->ms;
	}
	n->inbox.full = false;
}

static void die(struct both *b, unsigned i, bool word)
{
	boot(b, i);
	if (word && !b->cut)
		b->n[!i].dead_word = b->n[!i].seen;
}

static void table(struct both *b)
{
	for (unsigned i = 0; i < 2; i++) {
		struct one *a = &b->n[i], *s = &b->n[!i];
		if (a->p.role != HA_ACTIVE || !standby(s) || b->cut)
			continue;
		s->whole = b->joined = true;
	}
}

static void ask(struct both *b, unsigned i, enum peering_wish want)
{
	const struct peering_in in = in_of(b, i);
	const char *why;
	(void)peering_ask(&b->n[i].p, want, &in, &why);
}

static void happen(struct both *b, enum event ev, unsigned at)
{
	switch (ev) {
	case EV_STEP_A:
	case EV_STEP_B:
		step(b, ev - EV_STEP_A, at);
		return;
	case EV_DELIVER_A:
	case EV_DELIVER_B:
		deliver(b, ev - EV_DELIVER_A);
		return;
	case EV_TICK:
		b->ms += TICK_MS;
		return;
	case EV_KILL_A:
	case EV_KILL_B:
		die(b, ev - EV_KILL_A, true);
		return;
	case EV_LOSE_A:
	case EV_LOSE_B:
		die(b, ev - EV_LOSE_A, false);
		return;
	case EV_LINK:
		b->cut = !b->cut;
		b->n[0].inbox.full = b->n[1].inbox.full = b->joined = false;
		return;
	case EV_DATA:
		b->data_cut = !b->data_cut;
		return;
	case EV_TABLE:
		table(b);
		return;
	case EV_PASSIVE_A:
	case EV_PASSIVE_B:
		ask(b, ev - EV_PASSIVE_A, PEERING_PASSIVE);
		return;
	case EV_ACTIVE_A:
	case EV_ACTIVE_B:
		ask(b, ev - EV_ACTIVE_A, PEERING_ACTIVE);
		return;
	case EV_N:
		return;
	}
}

/* Left alone, with all that was cut whole again. */
static void fair(struct both b, unsigned at)
{
	int64_t good = 0;
	b.cut = b.data_cut = false;
	for (int64_t until = b.ms + FAIR_MS; b.ms < until && good < 2000; b.ms += BEAT_MS) {
		for (unsigned i = 0; i < 2; i++) {
			step(&b, i, at);
			deliver(&b, !i);
		}
		if (b.ms % 400 < BEAT_MS)
			table(&b);
		const unsigned a = b.n[1].p.role == HA_ACTIVE;
		const bool on = b.n[a].vips && !b.n[!a].vips;
		const bool now = on && b.n[a].p.role == HA_ACTIVE && b.n[!a].p.role == HA_STANDBY && b.n[!a].whole &&
				 peering_term_cmp(&b.n[0].p.term, &b.n[1].p.term) == 0;
		good = now ? good + BEAT_MS : 0;
	}
	if (good < 2000)
		wrong("left alone, it does not come to one that works and one that follows", at);
}

/* Of all that decides what comes: times as distances. */
static uint64_t sum_of(const struct both *b)
{
	uint64_t v[64];
	unsigned k = 0;
	v[k++] = (uint64_t)b->cut | (uint64_t)b->data_cut << 1 | (uint64_t)b->joined << 2;
	for (unsigned i = 0; i < 2; i++) {
		const struct one *n = &b->n[i];
		const int64_t now = b->ms * NS_PER_MS;
		v[k++] = n->p.role | (uint64_t)n->p.forced << 8 | (uint64_t)n->p.was_dead << 16 | (uint64_t)n->p.wish << 17 |
			 (uint64_t)n->seen << 18 | (uint64_t)n->whole << 19 | (uint64_t)n->dead_word << 20 |
			 (uint64_t)n->p.was_idle << 21 | (uint64_t)n->inbox.full << 22 |
			 (uint64_t)(n->inbox.boot == b->n[!i].boot) << 23 | (uint64_t)n->vips << 24 | (uint64_t)n->p.left << 25 |
			 (uint64_t)n->p.ready << 26 | (uint64_t)n->p.readied << 27 | (uint64_t)n->heard.handover << 28 |
			 (uint64_t)n->heard.left << 31 | (uint64_t)(n->inbox.full ? n->inbox.handover : 0) << 32 |
			 (uint64_t)(n->inbox.full && n->inbox.left) << 35;
		v[k++] = n->p.ready ? (uint64_t)(now - n->p.ready_since.ns) : 0;
		v[k++] = n->p.peer_ready.ns != 0 ? (uint64_t)(now - n->p.peer_ready.ns) : 0;
		v[k++] = n->p.term.counter;
		v[k++] = n->p.term.serial;
		v[k++] = n->p.used << 32 | n->disk << 16 | n->pending;
		v[k++] = n->most;
		v[k++] = (uint64_t)(now - n->p.since.ns);
		v[k++] = n->p.was_dead ? (uint64_t)(now - n->p.dead_since.ns) : 0;
		v[k++] = n->p.was_idle ? (uint64_t)(now - n->p.idle_since.ns) : 0;
		v[k++] = (uint64_t)(n->p.pause.ns > now ? n->p.pause.ns - now : 0);
		v[k++] = (uint64_t)(b->ms - n->at);
		v[k++] = n->heard.role | (uint64_t)n->heard.forced << 8 | n->heard.term << 16;
		v[k++] = n->heard.serial;
		v[k++] = n->inbox.full ? n->inbox.role | (uint64_t)n->inbox.forced << 8 | n->inbox.term << 16 : 0;
		v[k++] = n->inbox.full ? n->inbox.serial : 0;
	}
	return hash_fnv(HASH_FNV_START, v, k * sizeof(v[0])) | 1;
}

/* false: met before, with as much depth left. */
static bool is_new(const struct both *b, unsigned left)
{
	const uint64_t sum = sum_of(b);
	for (uint64_t i = sum % SLOTS;; i = (i + 1) % SLOTS) {
		if (all.slot[i] == 0) {
			all.slot[i] = sum;
			all.left[i] = (uint8_t)left;
			all.states++;
			fair(*b, all.depth - left);
			return true;
		}
		if (all.slot[i] == sum) {
			const bool deeper = left > all.left[i];
			all.left[i] = deeper ? (uint8_t)left : all.left[i];
			return deeper;
		}
	}
}

static void search(const struct both *b, unsigned left)
{
	if (all.wrong != NULL || all.states > SLOTS / 2 || !is_new(b, left) || left == 0)
		return;
	for (enum event ev = 0; ev < EV_N; ev++) {
		struct both next = *b;
		all.path[all.depth - left] = ev;
		happen(&next, ev, all.depth - left + 1);
		if (sum_of(&next) != sum_of(b))
			search(&next, left - 1);
	}
}

/* Where searches begin: both start; one works and the other has everything; both work, of two terms. */
static struct both root(unsigned which)
{
	struct both b = { .ms = 1000 };
	boot(&b, 0);
	boot(&b, 1);
	if (which == 0)
		return b;
	for (unsigned k = 0; k < 40; k++, b.ms += BEAT_MS) {
		for (unsigned i = 0; i < 2; i++) {
			step(&b, i, 0);
			deliver(&b, !i);
		}
		table(&b);
	}
	if (which == 1)
		return b;
	b.cut = b.data_cut = true;
	b.joined = false;
	for (unsigned k = 0; k < 40; k++, b.ms += BEAT_MS)
		for (unsigned i = 0; i < 2; i++)
			step(&b, i, 0);
	return b;
}

static const char *explore(enum plant plant, unsigned depth)
{
	all.plant = plant;
	all.depth = depth;
	all.wrong = NULL;
	all.states = all.promotions = 0;
	memset(all.slot, 0, SLOTS * sizeof(*all.slot));
	for (unsigned which = 0; which < 3 && all.wrong == NULL; which++) {
		const struct both b = root(which);
		search(&b, depth);
	}
	return all.wrong;
}

static void test_all(void)
{
	const char *said = getenv("PEERING_DEPTH");
	const unsigned depth = said != NULL ? (unsigned)strtoul(said, NULL, 10) : DEPTH;
	const char *w = explore(NOTHING, depth <= 12 ? depth : 12);
	printf("# depth %u: %llu states, %llu promotions\n", all.depth, (unsigned long long)all.states,
	       (unsigned long long)all.promotions);
	CU_ASSERT_PTR_NULL(w);
	if (w == NULL)
		return;
	printf("# %s after", w);
	for (unsigned i = 0; i < all.n_bad; i++)
		printf(" %u", all.bad[i]);
	printf("\n");
}

static void test_planted(void)
{
	static const char *const name[] = { "", "not stored", "not raised", "no tie broken", "addresses kept",
					     "said before it is so" };
	for (enum plant k = NOT_STORED; k <= SAID_EARLY; k++) {
		const char *w = explore(k, 6);
		printf("# %s: %s\n", name[k], w != NULL ? w : "not found");
		CU_ASSERT_PTR_NOT_NULL(w);
	}
}

static void test_search(void)
{
	all.slot = malloc(SLOTS * sizeof(*all.slot));
	all.left = malloc(SLOTS);
	CU_ASSERT_FATAL(all.slot != NULL && all.left != NULL);
	test_all();
	test_planted();
	free(all.slot);
	free(all.left);
}

UNIT_MAIN({ "every order of events; planted faults are found", test_search })
