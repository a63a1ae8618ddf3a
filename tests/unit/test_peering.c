/* test_peering.c - the rules of a pair: each as a row over all that it may depend on.
 *
 * The table is the rules said another way: the first row that fits tells what has to come of a step.
 */
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
	{ "and the other waits for it", R(STARTING), P(STARTING),
	  { ANY, 0, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
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
	{ "a standby goes on", R(STANDBY) | R(CLAIMING), ~0u,
	  { ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },

	{ "the lower term steps down", R(ACTIVE), P(ACTIVE),
	  { 1, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STEP_DOWN, STAYS },
	{ "the higher one does not", R(ACTIVE), P(ACTIVE), { -2, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "of equal terms the loser", R(ACTIVE), P(ACTIVE), { 0, 0, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STEP_DOWN, STAYS },
	{ "and not the winner", R(ACTIVE), P(ACTIVE), { 0, 1, ANY, ANY, ANY, ANY, ANY, ANY, ANY }, PEERING_STAY, STAYS },
	{ "one who was asked leaves to a follower", R(ACTIVE), ~0u,
	  { ANY, ANY, ANY, ANY, 1, 1, ANY, ANY, ANY }, PEERING_LEAVE, HA_LEAVING },
	{ "or to one who claims", R(ACTIVE), P(CLAIMING),
	  { ANY, ANY, ANY, ANY, 1, ANY, ANY, ANY, ANY }, PEERING_LEAVE, HA_LEAVING },
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
		return role == HA_ROLE_N;
	const enum peering_act act = peering_step(&p, &in);
	/* a claim ends by itself, whatever else happens */
	const bool lapsed = role == HA_CLAIMING && x->long_in && act == PEERING_STAY;
	const enum ha_role next = lapsed ? HA_STANDBY : r->next == STAYS ? role : r->next;
	const bool good = act == r->act && p.role == next && p.term == expected_term(r, role, peer, x) &&
			  (next == role ? p.since.ns == since.ns : p.since.ns == in.now.ns && !p.wish);
	static unsigned shown;
	if (!good && shown++ < 10)
		printf("# %s: role %u peer %u term %d wins %d whole %d applied %d follower %d wish %d long %d dead long %d "
		       "certain %d: act %u, role %u, term %llu\n",
		       r->name, role, peer, x->term, x->wins, x->whole, x->applied, x->follower, x->wish, x->long_in,
		       x->long_dead, x->certain, act, p.role, (unsigned long long)p.term);
	return good;
}

static struct at situation(unsigned bits, int term)
{
	return (struct at){ .term = term,
			    .wins = bits & 1,
			    .whole = bits >> 1 & 1,
			    .applied = bits >> 2 & 1,
			    .follower = bits >> 3 & 1,
			    .wish = bits >> 4 & 1,
			    .long_in = bits >> 5 & 1,
			    .long_dead = bits >> 6 & 1,
			    .certain = bits >> 7 & 1 };
}

static void test_rules(void)
{
	unsigned wrong = 0, n = 0;
	for (unsigned bits = 0; bits < 1u << 9; bits++)
		for (int term = -1; term <= 1; term++)
			for (unsigned role = 0; role < HA_ROLE_N; role++)
				for (unsigned peer = 0; peer < PEER_N; peer++) {
					const struct at x = situation(bits, term);
					wrong += !one((enum ha_role)role, (enum peer)peer, &x, (bits >> 8 & 1) != 0);
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

UNIT_MAIN({ "each rule in each situation", test_rules }, { "moments", test_moments }, { "dead twice", test_dead_again },
	  { "what a command asks for", test_ask })
