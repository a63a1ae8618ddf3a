/* test_peering.c - the rules of a pair: each as a row over all that it may depend on, and two nodes over a bad network.
 *
 * The table is the rules said another way: the first row that fits tells what has to come of a step.
 */
#include <stdlib.h>

#include "ips/peering.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)
#define MS   NS_PER_MS

/* --- the table ---------------------------------------------------------------------------------------------- */

/* What the peer is, as heard. */
enum peer { P_NONE, P_DEAD, P_STARTING, P_STANDBY, P_WHOLE, P_ACTIVE, P_LEAVING, P_CLAIMING, P_STRANGE, PEER_N };
enum { ANY = -1 };

/* One situation; a rule's ANY fits each. Times: in the role (0: short, 1: as long as a change of roles may take), and dead
 * (0: just now, 1: for long). */
struct at {
	int term, wins, whole, applied, follower, wish, long_in, long_dead, certain;
};

static const struct rule {
	const char *name;
	unsigned roles, peers;
	struct at at;
	enum peering_act act;
	enum ha_role next;
} rules[] = {
#define R(r)  (1u << HA_##r)
#define P(p)  (1u << P_##p)
#define STAYS HA_ROLE_N
	{ "a starting node follows one that works", R(STARTING), P(ACTIVE) | P(LEAVING),
	  { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAND_BY, HA_STANDBY },
	{ "of two that begin the winner works", R(STARTING), P(STARTING),
	  { ANY, 1, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "and the other waits for it", R(STARTING), P(STARTING), { ANY, 0, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "before a standby that would lose and has not got the table either: after a while", R(STARTING), P(STANDBY) | P(STRANGE),
	  { ANY, 1, ANY, ANY, ANY, ANY, 1, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "a standby takes over from what we were", R(STARTING),
	  P(STANDBY) | P(WHOLE) | P(CLAIMING) | P(STRANGE), { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "alone, after a while", R(STARTING), P(NONE) | P(DEAD),
	  { ANY, ANY, ANY, ANY, ANY, ANY, 1, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "not at once", R(STARTING), P(NONE) | P(DEAD), { ANY, ANY, ANY, ANY, ANY, ANY, 0, ANY, ANY }, PEERING_STAY, STAYS },

	{ "a whole standby takes over from the dead", R(STANDBY) | R(CLAIMING), P(DEAD),
	  { ANY, ANY, 1, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "an incomplete one when it is alone for long", R(STANDBY) | R(CLAIMING), P(DEAD),
	  { ANY, ANY, 0, ANY, ANY, ANY, ANY, 1, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "or when the other one cannot be heard again", R(STANDBY) | R(CLAIMING), P(DEAD),
	  { ANY, ANY, 0, ANY, ANY, ANY, ANY, 0, 1 }, PEERING_PROMOTE, HA_ACTIVE },
	{ "it takes over from the leaving, with all that was told", R(STANDBY) | R(CLAIMING), P(LEAVING),
	  { ANY, ANY, 1, 1, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "when nobody works the one with the table does", R(STANDBY) | R(CLAIMING),
	  P(STARTING) | P(STANDBY) | P(WHOLE) | P(CLAIMING) | P(STRANGE),
	  { ANY, ANY, 1, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "never before one that has it", R(STANDBY) | R(CLAIMING), P(WHOLE) | P(CLAIMING),
	  { ANY, ANY, 0, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "but before one that begins anew and has nothing", R(STANDBY) | R(CLAIMING), P(STARTING),
	  { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "without either, the winner", R(STANDBY) | R(CLAIMING), P(STANDBY) | P(STRANGE),
	  { ANY, 1, 0, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_PROMOTE, HA_ACTIVE },
	{ "a standby goes on", R(STANDBY) | R(CLAIMING), ~0u, { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },

	{ "the lower term steps down", R(ACTIVE), P(ACTIVE), { 1, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STEP_DOWN, STAYS },
	{ "the higher one does not", R(ACTIVE), P(ACTIVE), { -2, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "of equal terms the loser", R(ACTIVE), P(ACTIVE), { 0, 0, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STEP_DOWN, STAYS },
	{ "and not the winner", R(ACTIVE), P(ACTIVE), { 0, 1, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "one who was asked leaves to a follower", R(ACTIVE), ~0u, { ANY, ANY, ANY, ANY, 1, 1, ANY, ANY, ANY }, PEERING_LEAVE, HA_LEAVING },
	{ "or to one who claims", R(ACTIVE), P(CLAIMING), { ANY, ANY, ANY, ANY, 1, ANY, ANY, ANY, ANY }, PEERING_LEAVE, HA_LEAVING },
	{ "an active node goes on", R(ACTIVE), ~0u, { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },

	{ "who leaves does so when another works", R(LEAVING), P(ACTIVE),
	  { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STEP_DOWN, STAYS },
	{ "and returns to work when there is nobody", R(LEAVING), P(DEAD),
	  { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_RETURN, HA_ACTIVE },
	{ "or nobody takes over", R(LEAVING), ~0u, { ANY, ANY, ANY, ANY, ANY, ANY, 1, ANY, ANY }, PEERING_RETURN, HA_ACTIVE },
	{ "but waits for it", R(LEAVING), ~0u, { ANY, ANY, ANY, ANY, ANY, ANY, 0, ANY, ANY }, PEERING_STAY, STAYS },
};

static unsigned used[ARRAY_LEN(rules)];

static bool fits(const struct at *rule, const struct at *x)
{
	const int *a = &rule->term, *b = &x->term;
	for (size_t i = 0; i < sizeof(*rule) / sizeof(int); i++)
		if (a[i] != ANY && !(a[i] == -2 ? b[i] == -1 : a[i] == b[i]))
			return false;
	return true;
}

static const struct rule *rule_of(enum ha_role role, enum peer peer, const struct at *x)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if ((rules[i].roles >> role & 1) != 0 && (rules[i].peers >> peer & 1) != 0 && fits(&rules[i].at, x)) {
			used[i]++;
			return &rules[i];
		}
	return NULL;
}

static uint8_t role_octet(enum peer p)
{
	static const uint8_t octet[PEER_N] = {
		[P_NONE] = 0,
		[P_DEAD] = HA_ACTIVE,
		[P_STARTING] = HA_STARTING,
		[P_STANDBY] = HA_STANDBY,
		[P_WHOLE] = HA_STANDBY | PEERING_WHOLE,
		[P_ACTIVE] = HA_ACTIVE | PEERING_WHOLE,
		[P_LEAVING] = HA_LEAVING | PEERING_WHOLE,
		[P_CLAIMING] = HA_CLAIMING | PEERING_WHOLE,
		[P_STRANGE] = HA_ROLE_N + 3,
	};
	return octet[p];
}

enum { OWN_TERM = 7, BATCH = 55 };

/* A machine and what it is told, in that situation; how: of the ways to win or lose. */
static void pose(struct peering *p, struct peering_in *in, enum ha_role role, enum peer peer, const struct at *x, bool by_prio)
{
	const mono_t start = mono_ns(50 * NS_PER_SEC);
	const struct peering_cfg cfg = { .dead_ns = DEAD,
					 .priority = (uint16_t)(by_prio ? 100 + 100 * x->wins : 150),
					 .lower = by_prio ? !x->wins : x->wins };
	peering_start(p, &cfg, start);
	p->role = role;
	p->term = OWN_TERM;
	p->wish = x->wish;
	*in = (struct peering_in){ .now = mono_add(start, x->long_in ? 3 * NS_PER_SEC : 100 * MS),
				   .seen = peer != P_NONE,
				   .dead = peer == P_DEAD,
				   .certain = x->certain,
				   .whole = x->whole,
				   .applied = BATCH,
				   .follower = x->follower };
	in->beat = (struct link_beat){ .role = role_octet(peer),
				       .priority = 150,
				       .term = (uint64_t)(OWN_TERM + x->term),
				       .seq = (uint64_t)(BATCH + !x->applied) };
	if (peer == P_DEAD && x->long_dead) {
		p->was_dead = true;
		p->dead_since = mono_add(in->now, -5 * DEAD);
	}
}

static uint64_t expected_term(const struct rule *r, enum ha_role role, enum peer peer, const struct at *x)
{
	const uint64_t theirs = (uint64_t)(OWN_TERM + x->term);
	if (r->act == PEERING_PROMOTE)
		return (peer != P_NONE && theirs > OWN_TERM ? theirs : OWN_TERM) + 1;
	if (r->act == PEERING_STAND_BY || ((role == HA_STANDBY || role == HA_CLAIMING) && peer == P_ACTIVE))
		return theirs;
	return OWN_TERM;
}

static bool one(enum ha_role role, enum peer peer, const struct at *x, bool by_prio)
{
	struct peering p;
	struct peering_in in;
	const struct rule *r = rule_of(role, peer, x);
	pose(&p, &in, role, peer, x, by_prio);
	const mono_t since = p.since;
	if (r == NULL)
		return true; /* left open */
	const enum peering_act act = peering_step(&p, &in);
	/* a claim ends by itself, whatever else happens */
	const bool lapsed = role == HA_CLAIMING && x->long_in && act == PEERING_STAY;
	const enum ha_role next = lapsed ? HA_STANDBY : r->next == STAYS ? role : r->next;
	const bool good = act == r->act && p.role == next && p.term == expected_term(r, role, peer, x) &&
			  (next == role ? p.since.ns == since.ns : p.since.ns == in.now.ns && !p.wish);
	static unsigned shown;
	if (!good && shown++ < 10)
		printf("# %s: role %d peer %d term %d wins %d whole %d applied %d follower %d wish %d long %d dead long %d certain %d: act %d, role %d, term %llu\n",
		       r->name, role, peer, x->term, x->wins, x->whole, x->applied, x->follower, x->wish, x->long_in,
		       x->long_dead, x->certain, act, p.role, (unsigned long long)p.term);
	return good;
}

static void test_rules(void)
{
	unsigned wrong = 0, n = 0;
	for (unsigned bits = 0; bits < 1u << 9; bits++)
		for (int term = -1; term <= 1; term++)
			for (unsigned role = 0; role < HA_ROLE_N; role++)
				for (unsigned peer = 0; peer < PEER_N; peer++) {
					const struct at x = { .term = term, .wins = bits & 1, .whole = bits >> 1 & 1, .applied = bits >> 2 & 1,
							      .follower = bits >> 3 & 1, .wish = bits >> 4 & 1, .long_in = bits >> 5 & 1,
							      .long_dead = bits >> 6 & 1, .certain = bits >> 8 & 1 };
					wrong += !one((enum ha_role)role, (enum peer)peer, &x, (bits >> 7 & 1) != 0);
					n++;
				}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(n, 512u * 3 * HA_ROLE_N * PEER_N);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (used[i] == 0) {
			printf("# no situation for: %s\n", rules[i].name);
			CU_FAIL("a rule without use");
		}
}

/* --- moments ------------------------------------------------------------------------------------------------- */

/* The first step of machine p, told in at each millisecond, that does anything; in milliseconds, -1: none in ten seconds. */
static int64_t moment(struct peering p, struct peering_in in, enum peering_act *act)
{
	const mono_t t0 = in.now;
	for (int64_t ms = 0; ms < 10000; ms++) {
		in.now = mono_add(t0, ms * MS);
		*act = peering_step(&p, &in);
		if (*act != PEERING_STAY)
			return ms;
	}
	return -1;
}

static void test_moments(void)
{
	static const struct {
		int64_t dead_ms, start, leave, alone;
	} row[] = { { 30, 1000, 1000, 60 }, { 300, 1000, 1200, 600 }, { 2000, 6000, 8000, 4000 } };
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct peering_cfg cfg = { .dead_ns = row[i].dead_ms * MS, .priority = 5, .lower = true };
		struct peering p;
		enum peering_act act;
		struct peering_in in = { .now = mono_ns(7 * NS_PER_SEC) };
		peering_start(&p, &cfg, in.now);
		CU_ASSERT_EQUAL(p.role, HA_STARTING);
		CU_ASSERT_EQUAL(moment(p, in, &act), row[i].start);
		CU_ASSERT_EQUAL(act, PEERING_PROMOTE);
		p.role = HA_STANDBY;
		in.seen = in.dead = true;
		in.beat.role = HA_ACTIVE;
		CU_ASSERT_EQUAL(moment(p, in, &act), row[i].alone);
		in.whole = true;
		CU_ASSERT_EQUAL(moment(p, in, &act), 0);
		p.role = HA_LEAVING;
		in.dead = false;
		in.beat.role = HA_STANDBY;
		CU_ASSERT_EQUAL(moment(p, in, &act), row[i].leave);
		CU_ASSERT_EQUAL(act, PEERING_RETURN);
	}
}

/* A peer that was dead, lived, and is dead again: its death counts from the second one. */
static void test_dead_again(void)
{
	const struct peering_cfg cfg = { .dead_ns = DEAD, .priority = 5 };
	struct peering p;
	struct peering_in in = { .now = mono_ns(7 * NS_PER_SEC), .seen = true, .dead = true, .beat = { .role = HA_ACTIVE } };
	peering_start(&p, &cfg, in.now);
	p.role = HA_STANDBY;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
	in.now = mono_add(in.now, DEAD);
	in.dead = false;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
	in.now = mono_add(in.now, 5 * DEAD);
	in.dead = true;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
	in.now = mono_add(in.now, 2 * DEAD - 1);
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
	in.now = mono_add(in.now, 1);
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_PROMOTE);
}

/* --- what a command asks for -------------------------------------------------------------------------------- */

static void test_ask(void)
{
	static const struct {
		enum ha_role role;
		bool active, whole, follower;
		const char *why; /* part of it; NULL: done */
		enum ha_role next;
	} row[] = {
		{ HA_STANDBY, true, true, false, NULL, HA_CLAIMING },
		{ HA_STANDBY, true, false, false, "not got the whole table", HA_STANDBY },
		{ HA_STANDBY, false, true, false, "so already", HA_STANDBY },
		{ HA_ACTIVE, false, false, true, NULL, HA_ACTIVE },
		{ HA_ACTIVE, false, false, false, "would be lost", HA_ACTIVE },
		{ HA_ACTIVE, true, false, true, "so already", HA_ACTIVE },
		{ HA_STARTING, true, true, true, "under way", HA_STARTING },
		{ HA_STARTING, false, true, true, "under way", HA_STARTING },
		{ HA_LEAVING, true, true, true, "under way", HA_LEAVING },
		{ HA_LEAVING, false, true, true, "under way", HA_LEAVING },
		{ HA_CLAIMING, true, true, true, "under way", HA_CLAIMING },
		{ HA_CLAIMING, false, true, true, "under way", HA_CLAIMING },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct peering_cfg cfg = { .dead_ns = DEAD };
		struct peering p;
		const char *why = "?";
		const struct peering_in in = { .now = mono_ns(9), .whole = row[i].whole, .follower = row[i].follower };
		peering_start(&p, &cfg, mono_ns(1));
		p.role = row[i].role;
		CU_ASSERT_EQUAL(peering_ask(&p, row[i].active, &in, &why), row[i].why == NULL);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].why != NULL ? row[i].why : ""));
		CU_ASSERT_EQUAL(*why == '\0', row[i].why == NULL);
		CU_ASSERT_EQUAL(p.role, row[i].next);
		CU_ASSERT_EQUAL(p.wish, row[i].why == NULL && !row[i].active);
	}
}

/* --- two of them over a bad network --------------------------------------------------------------------------- */

enum { STEP_MS = 10, BEAT_MS = 100, SYNC_MS = 400, FAULT_MS = 12000, QUIET_MS = 12000, RUNS = 1500, IN_FLIGHT = 64 };

struct mail {
	int64_t due;
	uint64_t boot, heard; /* the sender's, and which of the receiver's it has heard of */
	struct link_beat beat;
	bool full;
};

struct sim_node {
	bool up;
	int64_t back, beaten, at, active_at;
	uint64_t boot, peer_boot;
	struct peering p;
	bool seen, whole, hold;
	uint64_t will; /* the peer's boot of which it knows that it is dead */
	struct link_beat heard;
	int64_t broken;
};

struct sim {
	uint64_t seed;
	int64_t ms, joined, both, good_since;
	struct sim_node n[2];
	struct mail box[2][IN_FLIGHT]; /* to that node */
	bool cut[2];             /* what is sent to that node is lost */
	unsigned loss, delay;    /* percent, milliseconds at most */
	const char *wrong;
};

static struct {
	unsigned both, incomplete, whole, left, stepped, returned, higher, bereft;
} met;

static unsigned dice(struct sim *s, unsigned n)
{
	s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(s->seed >> 33) % n;
}

static void boot(struct sim *s, unsigned i)
{
	static const uint16_t prio[] = { 100, 100, 200 };
	struct sim_node *n = &s->n[i];
	const struct peering_cfg cfg = { .dead_ns = DEAD, .priority = n->p.cfg.priority != 0 ? n->p.cfg.priority : prio[dice(s, 3)],
					 .lower = i == 0 };
	const uint64_t last = n->boot;
	*n = (struct sim_node){ .up = true, .boot = last + 1, .beaten = -BEAT_MS };
	peering_start(&n->p, &cfg, mono_ns(s->ms * MS));
}

static void crash(struct sim *s, unsigned i, int64_t pause)
{
	s->n[i].up = false;
	s->n[i].back = s->ms + pause;
	if (!s->cut[!i] && dice(s, 100) >= s->loss)
		s->n[!i].will = s->n[i].boot;
	s->joined = -1;
}

static bool connected(const struct sim *s)
{
	return s->n[0].up && s->n[1].up && !s->cut[0] && !s->cut[1];
}

static bool follower(const struct sim *s, unsigned i)
{
	return connected(s) && s->n[!i].p.role != HA_ACTIVE && s->n[!i].whole && s->joined >= 0;
}

static void send_beat(struct sim *s, unsigned from)
{
	const struct sim_node *n = &s->n[from];
	const bool standby = n->p.role == HA_STANDBY || n->p.role == HA_CLAIMING;
	if (s->cut[!from] || dice(s, 100) < s->loss)
		return;
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		struct mail *m = &s->box[!from][i];
		if (m->full)
			continue;
		*m = (struct mail){ .full = true, .due = s->ms + STEP_MS + (s->delay != 0 ? dice(s, s->delay) : 0),
				    .boot = n->boot, .heard = n->peer_boot };
		m->beat = (struct link_beat){ .role = n->p.role, .priority = n->p.cfg.priority, .term = n->p.term, .seq = BATCH };
		if (standby ? n->whole : follower(s, from) || n->hold)
			m->beat.role |= PEERING_WHOLE;
		return;
	}
}

/* As the link has it: a beat counts when its boot is not an older one; who has just begun believes what was sent since. */
static void deliver(struct sim *s, unsigned to)
{
	struct sim_node *n = &s->n[to];
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		struct mail *m = &s->box[to][i];
		if (!m->full || m->due > s->ms)
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
static void replicate(struct sim *s)
{
	for (unsigned i = 0; i < 2; i++) {
		struct sim_node *a = &s->n[i], *b = &s->n[!i];
		if (!a->up || a->p.role != HA_ACTIVE || (b->up && b->p.role == HA_ACTIVE))
			continue;
		const bool follows = connected(s) && (b->p.role == HA_STANDBY || b->p.role == HA_CLAIMING);
		if (!follows) {
			if (s->joined >= 0 && b->whole) {
				a->hold = true;
				a->broken = s->ms;
			}
			s->joined = -1;
			if (a->hold && (s->ms - a->broken > 2 * DEAD / MS || !(a->heard.role & PEERING_WHOLE)))
				a->hold = false;
		} else if (s->joined < 0) {
			s->joined = s->ms;
			a->hold = b->whole = false;
		} else if (s->ms - s->joined > SYNC_MS) {
			b->whole = true;
		}
		if (!follows && b->up && (b->heard.role & PEERING_ROLE) == HA_ACTIVE && !(b->heard.role & PEERING_WHOLE))
			b->whole = false; /* the active node goes on without it */
	}
}

static void wrong(struct sim *s, const char *what)
{
	if (s->wrong == NULL)
		s->wrong = what;
}

static void check_promotion(struct sim *s, const struct sim_node *n, const struct peering_in *in, enum ha_role was, uint64_t term)
{
	const enum ha_role theirs = (enum ha_role)(in->beat.role & PEERING_ROLE);
	const bool working = in->seen && !in->dead && (theirs == HA_ACTIVE || theirs == HA_LEAVING);
	if (n->p.term <= term || (in->seen && n->p.term <= in->beat.term))
		wrong(s, "a term that does not grow");
	if (working && !(was != HA_STARTING && in->whole && theirs == HA_LEAVING))
		wrong(s, "a promotion beside one that works");
	if (was == HA_STARTING || in->whole) {
		met.whole += was != HA_STARTING;
		return;
	}
	met.incomplete++;
	if (in->dead && s->ms - n->at <= 3 * DEAD / MS && s->n[n == s->n].boot == n->peer_boot && s->n[n == s->n].up)
		wrong(s, "an incomplete standby that was not alone for long");
	if (!in->dead && (in->beat.role & PEERING_WHOLE) != 0)
		wrong(s, "an incomplete standby before one that is whole");
}

static void check_step_down(struct sim *s, const struct peering_in *in, enum ha_role was, uint64_t term)
{
	met.stepped++;
	if ((in->beat.role & PEERING_ROLE) != HA_ACTIVE || in->dead)
		wrong(s, "stepped down before nobody");
	if (was == HA_ACTIVE && in->beat.term < term)
		wrong(s, "stepped down before a lower term");
}

static void step(struct sim *s, unsigned i)
{
	struct sim_node *n = &s->n[i];
	if (!n->up) {
		if (s->ms >= n->back)
			boot(s, i);
		return;
	}
	const bool standby = n->p.role == HA_STANDBY || n->p.role == HA_CLAIMING;
	struct peering_in in = { .now = mono_ns(s->ms * MS), .seen = n->seen, .beat = n->heard };
	in.certain = n->seen && n->will >= n->peer_boot;
	in.dead = n->seen && (in.certain || s->ms - n->at > DEAD / MS);
	in.whole = standby && n->whole;
	in.applied = connected(s) ? BATCH : BATCH - 1;
	in.follower = n->p.role == HA_ACTIVE && follower(s, i);
	const enum ha_role was = n->p.role;
	const uint64_t term = n->p.term;
	const enum peering_act act = peering_step(&n->p, &in);
	if (act == PEERING_PROMOTE) {
		check_promotion(s, n, &in, was, term);
		n->whole = n->hold = false;
		s->joined = -1;
	} else if (act == PEERING_STAND_BY) {
		n->whole = false;
	} else if (act == PEERING_STEP_DOWN) {
		check_step_down(s, &in, was, term);
		crash(s, i, STEP_MS);
		return;
	}
	met.left += act == PEERING_LEAVE;
	met.returned += act == PEERING_RETURN;
	if (act != PEERING_STAY || s->ms - n->beaten >= BEAT_MS) {
		send_beat(s, i);
		n->beaten = s->ms;
	}
}

static void fault(struct sim *s)
{
	const unsigned i = dice(s, 2);
	const char *why;
	switch (dice(s, 60)) {
	case 0:
		if (s->n[i].up)
			crash(s, i, dice(s, 4) == 0 ? 3000 : dice(s, 600));
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
		s->loss = dice(s, 3) * 30;
		s->delay = dice(s, 3) * 150;
		break;
	case 7:
	case 8: {
		const struct peering_in in = { .now = mono_ns(s->ms * MS), .whole = s->n[i].whole, .follower = follower(s, i) };
		if (s->n[i].up)
			(void)peering_ask(&s->n[i].p, s->n[i].p.role != HA_ACTIVE, &in, &why);
		break;
	}
	default:
		break;
	}
}

static bool works(const struct sim_node *n)
{
	return n->up && n->p.role == HA_ACTIVE;
}

/* Two that work know of each other soon, and one that does not work does not leave the other alone for ever. */
static void watch(struct sim *s, bool quiet)
{
	const bool both = works(&s->n[0]) && works(&s->n[1]);
	met.both += both && s->both == 0;
	s->both = both ? s->both + STEP_MS : 0;
	if (quiet && s->both > 3 * BEAT_MS && s->ms > FAULT_MS + 1000)
		wrong(s, "two work side by side");
}

static void end_run(struct sim *s, const uint64_t term[2])
{
	const bool a = works(&s->n[0]), b = works(&s->n[1]);
	if (a == b) {
		met.bereft += !a;
		wrong(s, a ? "two work in the end" : "nobody works in the end");
		return;
	}
	const struct sim_node *other = &s->n[a];
	if (other->p.role != HA_STANDBY || !other->whole)
		wrong(s, "the other one is no standby");
	if (other->p.term != s->n[!a].p.term)
		wrong(s, "the standby does not know the term");
	if (term[0] != 0 && term[1] != 0 && term[0] != term[1]) {
		met.higher++;
		if ((term[0] > term[1]) != a)
			wrong(s, "the lower term won");
	}
}

static const char *run(uint64_t seed)
{
	static struct sim s;
	uint64_t term[2] = { 0, 0 };
	memset(&s, 0, sizeof(s));
	s.seed = seed * 7919 + 1;
	s.joined = -1;
	s.n[0].back = dice(&s, 500);
	s.n[1].back = dice(&s, 3000);
	for (; s.ms < FAULT_MS + QUIET_MS; s.ms += STEP_MS) {
		if (s.ms == FAULT_MS) {
			s.loss = s.delay = 0;
			s.cut[0] = s.cut[1] = false;
			for (unsigned i = 0; i < 2; i++)
				term[i] = works(&s.n[i]) ? s.n[i].p.term : 0;
		} else if (s.ms < FAULT_MS && seed % 3 != 0) {
			fault(&s);
		} else if (s.ms < FAULT_MS) { /* one long partition in the end */
			s.cut[0] = s.cut[1] = s.ms > FAULT_MS / 2;
		}
		for (unsigned i = 0; i < 2; i++) {
			deliver(&s, i);
			step(&s, i);
		}
		replicate(&s);
		watch(&s, s.ms > FAULT_MS);
	}
	end_run(&s, term);
	return s.wrong;
}

static void test_network(void)
{
	unsigned bad = 0;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		const char *w = run(seed);
		if (w != NULL && bad++ < 5)
			printf("# run %llu: %s\n", (unsigned long long)seed, w);
	}
	CU_ASSERT_EQUAL(bad, 0);
	/* and all this has happened */
	CU_ASSERT_TRUE(met.both > 100 && met.stepped > 100 && met.whole > 100 && met.incomplete > 100);
	CU_ASSERT_TRUE(met.left > 100 && met.returned > 10 && met.higher > 10);
}

UNIT_MAIN({ "each rule in each situation", test_rules }, { "moments", test_moments }, { "dead twice", test_dead_again },
	  { "what a command asks for", test_ask }, { "two nodes over a bad network", test_network })
