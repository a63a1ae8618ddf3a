/* test_peering.c - the rules of a pair: each as a row over all that it may depend on.
 *
 * The table is the rules said another way: the first row that fits tells what has to come of a step.
 */
#include "tests/unit/peering_moment.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)
#define MS   NS_PER_MS

/* --- the table ---------------------------------------------------------------------------------------------- */

/* What the peer is, as heard. */
enum peer { P_NONE, P_DEAD, P_STARTING, P_STANDBY, P_WHOLE, P_ACTIVE, P_LEAVING, P_CLAIMING, P_STRANGE, PEER_N };
enum { NO = 1, YES = 2, EARLIER = 1, SAME = 2, LATER = 3 };

/* One situation; 0 in a rule fits each. Times: in the role (0: short, 1: as long as a change of roles may take), and dead, or
 * there without working (0: just now, 1: for long). Outranked: it loses by what counts before who works already. Stored: the next
 * term is on disk. Of a switch: this one takes no more packets, need not wait for any; is ready, for too long, was before; the
 * other one still works. */
struct at {
	int term, wins, whole, applied, follower, wish, long_in, long_dead, certain, held, outranked, frozen, stored;
	int left, drained, ready, overdue, readied, drains;
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
#define STANDS_BY (R(STANDBY) | R(CLAIMING))
	{ "a starting node follows one that works", R(STARTING), P(ACTIVE) | P(LEAVING), { 0 }, PEERING_STAND_BY, HA_STANDBY },
	{ "of two that begin the winner works", R(STARTING), P(STARTING), { .wins = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "the other one too, when that takes too long", R(STARTING), P(STARTING), { .long_dead = YES },
	  PEERING_PROMOTE, HA_ACTIVE },
	{ "but it waits", R(STARTING), P(STARTING), { 0 }, PEERING_STAY, STAYS },
	{ "before a standby that would lose and has not got the table either: after a while", R(STARTING), P(STANDBY) | P(STRANGE),
	  { .wins = YES, .long_in = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "a standby takes over from what we were", R(STARTING), P(STANDBY) | P(WHOLE) | P(CLAIMING) | P(STRANGE), { 0 },
	  PEERING_STAY, STAYS },
	{ "not while somebody has our addresses", R(STARTING), P(NONE) | P(DEAD), { .held = YES }, PEERING_STAY, STAYS },
	{ "alone, after a while", R(STARTING), P(NONE) | P(DEAD), { .long_in = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "not at once", R(STARTING), P(NONE) | P(DEAD), { 0 }, PEERING_STAY, STAYS },

	{ "nobody takes over from one that is there", STANDS_BY, P(DEAD), { .held = YES, .ready = NO }, PEERING_STAY, STAYS },
	{ "nor keeps packets for one that is there", STANDS_BY, P(DEAD), { .held = YES }, PEERING_WITHDRAW, STAYS },
	{ "a whole standby takes over from the dead", STANDS_BY, P(DEAD), { .whole = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "an incomplete one when it is alone for long", STANDS_BY, P(DEAD), { .long_dead = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "or when the other one cannot be heard again", STANDS_BY, P(DEAD), { .certain = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "it takes over from the leaving, with all that was told", STANDS_BY, P(LEAVING), { .whole = YES, .applied = YES },
	  PEERING_PROMOTE, HA_ACTIVE },
	{ "before one that begins anew and has nothing", STANDS_BY, P(STARTING), { 0 }, PEERING_PROMOTE, HA_ACTIVE },
	{ "when nobody works the one with the table does", STANDS_BY, P(STANDBY) | P(STRANGE), { .whole = YES },
	  PEERING_PROMOTE, HA_ACTIVE },
	{ "never before one that has it", STANDS_BY, P(WHOLE) | P(CLAIMING), { .whole = NO, .ready = NO },
	  PEERING_STAY, STAYS },
	{ "nor keeps packets for it", STANDS_BY, P(WHOLE) | P(CLAIMING), { .whole = NO }, PEERING_WITHDRAW, STAYS },
	{ "both, or neither: the winner", STANDS_BY, P(STANDBY) | P(STRANGE) | P(WHOLE) | P(CLAIMING), { .wins = YES },
	  PEERING_PROMOTE, HA_ACTIVE },
	{ "the other one too, when the winner does not", STANDS_BY, P(STANDBY) | P(STRANGE) | P(WHOLE) | P(CLAIMING),
	  { .long_dead = YES }, PEERING_PROMOTE, HA_ACTIVE },
	{ "who is ready waits until the other one has left", STANDS_BY, P(LEAVING), { .whole = YES, .ready = YES, .overdue = NO },
	  PEERING_STAY, STAYS },
	{ "not for ever, nor when it stays, dies or tells no more", STANDS_BY, ~0u, { .ready = YES }, PEERING_WITHDRAW, STAYS },
	{ "a standby gets ready while the leaving works", STANDS_BY, P(LEAVING),
	  { .whole = YES, .stored = YES, .drains = YES, .readied = NO }, PEERING_PREPARE, STAYS },
	{ "a standby goes on", STANDS_BY, ~0u, { 0 }, PEERING_STAY, STAYS },

	{ "the earlier term steps down", R(ACTIVE), P(ACTIVE), { .term = LATER }, PEERING_STEP_DOWN, STAYS },
	{ "the later one does not", R(ACTIVE), P(ACTIVE), { .term = EARLIER }, PEERING_STAY, STAYS },
	{ "of one term the loser", R(ACTIVE), P(ACTIVE), { .term = SAME, .wins = NO }, PEERING_STEP_DOWN, STAYS },
	{ "and not the winner", R(ACTIVE), P(ACTIVE), { .term = SAME, .wins = YES }, PEERING_STAY, STAYS },
	{ "one who was asked leaves to a follower", R(ACTIVE), ~0u, { .follower = YES, .wish = YES }, PEERING_LEAVE, HA_LEAVING },
	{ "or to one who claims", R(ACTIVE), P(CLAIMING), { .follower = YES }, PEERING_LEAVE, HA_LEAVING },
	{ "or to one who is to be preferred", R(ACTIVE), P(STANDBY) | P(WHOLE),
	  { .follower = YES, .outranked = YES, .long_in = YES, .frozen = NO }, PEERING_LEAVE, HA_LEAVING },
	{ "an active node goes on", R(ACTIVE), ~0u, { 0 }, PEERING_STAY, STAYS },

	{ "who leaves does so when another works", R(LEAVING), P(ACTIVE), { 0 }, PEERING_STEP_DOWN, STAYS },
	{ "and returns to work when there is nobody", R(LEAVING), P(DEAD), { 0 }, PEERING_RETURN, HA_ACTIVE },
	{ "or nobody takes over", R(LEAVING), ~0u, { .long_in = YES }, PEERING_RETURN, HA_ACTIVE },
	{ "or at once, having ended nothing, when nobody follows", R(LEAVING), ~0u, { .left = NO, .follower = NO },
	  PEERING_RETURN, HA_ACTIVE },
	{ "it takes packets until the other one has them", R(LEAVING), ~0u, { .left = NO, .drained = YES }, PEERING_LEFT, STAYS },
	{ "but waits for it", R(LEAVING), ~0u, { 0 }, PEERING_STAY, STAYS },
};

static unsigned used[ARRAY_LEN(rules)];

static bool fits(const struct at *rule, const struct at *x)
{
	const int *a = &rule->term, *b = &x->term;
	for (size_t i = 0; i < sizeof(*rule) / sizeof(int); i++)
		if (a[i] != 0 && a[i] != b[i] + (i == 0 ? SAME : NO))
			return false;
	return true;
}

/* A promotion waits for its term to be on disk: until then the next rule that fits holds. */
static const struct rule *rule_of(enum ha_role role, enum peer peer, const struct at *x)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if ((rules[i].roles >> role & 1) != 0 && (rules[i].peers >> peer & 1) != 0 && fits(&rules[i].at, x) &&
		    (rules[i].act != PEERING_PROMOTE || x->stored)) {
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

enum { OWN_TERM = 7, BATCH = 55, OWN_SERIAL = 40 };

/* Ways to win or lose an election. */
static const enum peering_by ways[] = { PEERING_BY_FORCED, PEERING_BY_QUALITY, PEERING_BY_PRIORITY,
					PEERING_BY_AGE,    PEERING_BY_SERIAL,  PEERING_BY_ADDRESS };

/* By way; what counts after it says the contrary. Override: priority before who works. */
static void rank(struct peering *p, struct peering_in *in, enum peering_by way, bool wins, bool override)
{
	const bool w = wins, l = !wins;
	p->cfg.rules = (struct peering_rules){ .override = override, .age_margin_s = 300 };
	p->forced = HA_UNFORCED;
	p->cfg.serial = in->told.serial = OWN_SERIAL;
	in->quality = in->beat.quality = 90;
	p->cfg.priority = in->beat.priority = 150;
	in->age_s = in->told.age_s = 10000;
	p->cfg.lower = way == PEERING_BY_ADDRESS ? w : l;
	if (way < PEERING_BY_ADDRESS)
		in->told.serial = (way == PEERING_BY_SERIAL) == w ? OWN_SERIAL + 1 : OWN_SERIAL - 1;
	if (way < PEERING_BY_SERIAL)
		in->told.age_s = (way == PEERING_BY_AGE) == w ? 10000 - 301 : 10000 + 301;
	else
		in->told.age_s = w ? 10000 + 300 : 10000 - 300; /* within the margin */
	if (way < PEERING_BY_AGE)
		in->beat.priority = (way == PEERING_BY_PRIORITY) == w ? 149 : 151;
	if (way < PEERING_BY_PRIORITY)
		in->beat.quality = (way == PEERING_BY_QUALITY) == w ? 89 : 91;
	if (way == PEERING_BY_FORCED) {
		p->forced = w ? HA_FORCED_ACTIVE : HA_UNFORCED;
		in->told.forced = w ? HA_UNFORCED : HA_FORCED_ACTIVE;
	}
}

static bool counts_before_working(enum peering_by way, bool override)
{
	return way == PEERING_BY_FORCED || way == PEERING_BY_QUALITY || (override && way == PEERING_BY_PRIORITY);
}

/* Each in three ways: a node that has nothing to wait for any more, or has; one that still works, or does not. */
static void pose_switch(struct peering *p, struct peering_in *in, const struct at *x)
{
	static const uint8_t drained[] = { HA_NO_WORD, HA_READY, HA_READY }, waits[] = { HA_NOTHING, HA_READY, HA_NOTHING },
			     not[] = { HA_NO_WORD, HA_NOTHING, HA_READY };
	const unsigned way = (unsigned)(x->term + 1);
	if (p->role == HA_LEAVING) {
		p->left = x->left;
		in->told.handover = x->drained ? drained[way] : waits[way];
		in->quiet = way != 2;
		if (way != 0)
			p->peer_ready = mono_add(in->now, -(way == 1 ? 1 : 50) * MS + !x->drained);
		return;
	}
	in->told.handover = x->drains ? HA_DRAINS : not[way];
	p->ready = x->ready;
	p->readied = x->ready || x->readied;
	p->ready_since = mono_add(in->now, -500 * MS + !x->overdue);
}

/* A machine and what it is told, in that situation. */
static void pose(struct peering *p, struct peering_in *in, enum ha_role role, enum peer peer, const struct at *x)
{
	const mono_t start = mono_ns(50 * NS_PER_SEC);
	const struct peering_cfg cfg = { .dead_ns = DEAD };
	peering_start(p, &cfg, start);
	p->role = role;
	p->term = (struct peering_term){ OWN_TERM, 9 };
	p->used = 3;
	p->wish = x->wish;
	*in = (struct peering_in){ .now = mono_add(start, x->long_in ? 3 * NS_PER_SEC : 100 * MS),
				   .seen = peer != P_NONE,
				   .dead = peer == P_DEAD,
				   .certain = x->certain,
				   .held = x->held,
				   .frozen = x->frozen,
				   .whole = x->whole,
				   .applied = BATCH,
				   .follower = x->follower,
				   .told = { .term_serial = 9 } };
	in->beat = (struct link_beat){ .role = role_octet(peer),
				       .term = (uint64_t)(OWN_TERM + x->term),
				       .seq = (uint64_t)(BATCH + !x->applied) };
	pose_switch(p, in, x);
	if (x->long_dead) {
		p->was_dead = peer == P_DEAD;
		p->was_idle = peer != P_DEAD && peer != P_NONE && peer != P_ACTIVE && peer != P_LEAVING;
		p->dead_since = p->idle_since = mono_add(in->now, -20 * DEAD);
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

static bool as_expected(const struct peering *p, enum peering_act act, const struct rule *r, const struct peering *was,
			const struct peering_in *in, uint64_t term)
{
	const struct peering_term t = { term, r->act == PEERING_PROMOTE ? was->cfg.serial : 9 };
	/* a claim ends by itself, whatever else happens */
	const bool lapsed = was->role == HA_CLAIMING && in->now.ns - was->since.ns > 1200 * MS && act != PEERING_PROMOTE;
	const enum ha_role next = lapsed ? HA_STANDBY : r->next == STAYS ? was->role : r->next;
	const bool lost_wish = was->role == HA_ACTIVE && act == PEERING_STAY && !in->follower &&
			       !(in->seen && !in->dead && (in->beat.role & PEERING_ROLE) == HA_ACTIVE);
	const bool left = act == PEERING_LEFT || (was->left && (act == PEERING_STAY || act == PEERING_STEP_DOWN));
	const bool ready = act == PEERING_PREPARE || (was->ready && act == PEERING_STAY);
	return act == r->act && p->role == next && p->left == left && p->ready == ready &&
	       peering_term_cmp(&p->term, &t) == 0 && !(lost_wish && p->wish) &&
	       (next == was->role ? p->since.ns == was->since.ns : p->since.ns == in->now.ns && !p->wish) &&
	       p->used == (act == PEERING_PROMOTE ? term : 3);
}

static bool one(enum ha_role role, enum peer peer, struct at *x, enum peering_by way, bool override)
{
	struct peering p;
	struct peering_in in;
	pose(&p, &in, role, peer, x);
	rank(&p, &in, way, x->wins, override);
	if (role == HA_CLAIMING && x->long_in && way == PEERING_BY_FORCED)
		x->wins = 0; /* what is forced lapses with the claim; all else is against it */
	x->outranked = !x->wins && counts_before_working(way, override);
	const struct rule *r = rule_of(role, peer, x);
	const struct peering was = p;
	if (r == NULL)
		return role == HA_ROLE_N;
	const uint64_t term = expected_term(r, role, peer, x);
	in.stored = x->stored ? UINT64_MAX : peering_next(&p, &in) - 1;
	const enum peering_act act = peering_step(&p, &in);
	const bool good = as_expected(&p, act, r, &was, &in, term);
	static unsigned shown;
	if (!good && shown++ < 10)
		printf("# %s: role %u peer %u term %d wins %d by %s whole %d applied %d follower %d wish %d long %d dead long %d "
		       "certain %d held %d frozen %d stored %d left %d drained %d ready %d overdue %d readied %d drains %d: "
		       "act %u, role %u, term %llu\n",
		       r->name, role, peer, x->term, x->wins, peering_by_name(way), x->whole, x->applied, x->follower, x->wish,
		       x->long_in, x->long_dead, x->certain, x->held, x->frozen, x->stored, x->left, x->drained, x->ready,
		       x->overdue, x->readied, x->drains, act, p.role, (unsigned long long)p.term.counter);
	return good;
}

static struct at situation(unsigned bits, int term, unsigned role)
{
	const bool leaves = role == HA_LEAVING, stands_by = (STANDS_BY >> role & 1) != 0;
	return (struct at){ .term = term,
			    .wins = bits & 1,
			    .whole = bits >> 1 & 1,
			    .applied = bits >> 2 & 1,
			    .follower = bits >> 3 & 1,
			    .wish = bits >> 4 & 1,
			    .long_in = bits >> 5 & 1,
			    .long_dead = bits >> 6 & 1,
			    .certain = bits >> 7 & 1,
			    .held = bits >> 8 & 1,
			    .frozen = bits >> 9 & 1,
			    .stored = bits >> 10 & 1,
			    .left = leaves && bits >> 11 & 1,
			    .drained = leaves && bits >> 12 & 1,
			    .ready = stands_by && bits >> 11 & 1,
			    .drains = stands_by && bits >> 12 & 1,
			    .overdue = bits >> 13 & 1,
			    .readied = bits >> 14 & 1 };
}

static void test_rules(void)
{
	unsigned wrong = 0, n = 0;
	for (unsigned bits = 0; bits < 1u << 15; bits++)
		for (int term = -1; term <= 1; term++)
			for (unsigned role = 0; role < HA_ROLE_N; role++)
				for (unsigned peer = 0; peer < PEER_N; peer++, n++) {
					/* every way for each role, peer and term; over the bits they take turns */
					struct at x = situation(bits, term, role);
					const unsigned way = (bits * 7 + bits / 64) % (2 * ARRAY_LEN(ways));
					wrong += !one((enum ha_role)role, (enum peer)peer, &x, ways[way / 2], way & 1);
				}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(n, 32768u * 3 * HA_ROLE_N * PEER_N);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (used[i] == 0) {
			printf("# no situation for: %s\n", rules[i].name);
			CU_FAIL("a rule without use");
		}
}

/* --- the election ------------------------------------------------------------------------------------------- */

/* Each criterion decides when those before it are equal, and no later one has a say; seen from either node the same one wins. */
static void test_election(void)
{
	enum { N = 20000 };
	static const uint8_t forced_rank[] = { [HA_UNFORCED] = 1, [HA_FORCED_ACTIVE] = 2, [HA_FORCED_PASSIVE] = 0 };
	uint64_t seed = 1;
	unsigned met[PEERING_BY_N] = { 0 };
	for (unsigned i = 0; i < N; i++) {
		unsigned v[16];
		for (unsigned k = 0; k < 16; k++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			v[k] = (unsigned)(seed >> 33);
		}
		const struct peering_rules r = { .override = v[0] & 1, .age_margin_s = 300 };
		const unsigned few = v[1] % 3 + 1;
		struct peering_rank n[2];
		for (unsigned k = 0; k < 2; k++)
			n[k] = (struct peering_rank){ .forced = (uint8_t)(v[2 + k] % (few == 1 ? 1 : 3)),
						      .quality = (uint8_t)(v[4 + k] % few),
						      .works = v[6] % 3 == k + 1,
						      .priority = (uint16_t)(v[7 + k] % few),
						      .age_s = v[9 + k] % 4 * (few == 1 ? 90 : 200),
						      .serial = v[11 + k] % few,
						      .lower = k == 0 };
		enum peering_by by, back;
		const int d = peering_compare(&n[0], &n[1], &r, &by);
		CU_ASSERT_TRUE(d != 0 && (d > 0) == (peering_compare(&n[1], &n[0], &r, &back) < 0) && by == back);
		met[by]++;
		const int64_t age = (int64_t)n[0].age_s - n[1].age_s, works = n[0].works - n[1].works,
			      prio = (int64_t)n[0].priority - n[1].priority;
		const int64_t diff[] = { forced_rank[n[0].forced] - forced_rank[n[1].forced], n[0].quality - n[1].quality,
					 r.override ? prio : works, r.override ? works : prio,
					 age > 300 || age < -300 ? age : 0, (int64_t)n[1].serial - (int64_t)n[0].serial, 1 };
		unsigned at = 0;
		while (diff[at] == 0)
			at++;
		CU_ASSERT_EQUAL(d > 0, diff[at] > 0);
	}
	for (unsigned by = PEERING_BY_FORCED; by < PEERING_BY_N; by++)
		CU_ASSERT_TRUE(met[by] > N / 1000);
	CU_ASSERT_STRING_EQUAL(peering_by_name(PEERING_BY_QUALITY), "quality");
	CU_ASSERT_STRING_EQUAL(peering_by_name(PEERING_BY_N), "unknown");
}

static void test_quality(void)
{
	static const struct {
		struct peering_iface v[3];
		unsigned n;
		bool by_member;
		uint8_t want;
	} row[] = {
		{ { { 100, true, 0, 0 }, { 100, false, 0, 0 }, { 75, true, 0, 0 } }, 3, false, 63 }, /* the vendor's example */
		{ { { 100, true, 0, 0 }, { 100, true, 0, 0 }, { 75, true, 0, 0 } }, 3, false, 100 },
		{ { { 100, false, 0, 0 }, { 100, false, 0, 0 }, { 75, false, 0, 0 } }, 3, false, 0 },
		{ { { 0, false, 0, 0 }, { 9999, true, 0, 0 } }, 2, false, 100 },
		{ { { 9999, false, 0, 0 }, { 1, true, 0, 0 } }, 2, false, 0 },
		{ { { 1, false, 0, 0 }, { 9999, true, 0, 0 } }, 2, false, 99 },
		{ { { 0, false, 0, 0 } }, 1, false, 100 },
		{ { { 0, 0, 0, 0 } }, 0, false, 100 },
		{ { { 100, true, 2, 1 }, { 100, true, 0, 0 } }, 2, false, 100 },
		{ { { 100, true, 2, 1 }, { 100, true, 0, 0 } }, 2, true, 75 },
		{ { { 100, false, 2, 0 }, { 100, true, 0, 0 } }, 2, true, 50 },
		{ { { 9999, true, 3, 3 }, { 9999, true, 7, 7 } }, 2, true, 100 },
		{ { { 100, true, 2, 9 } }, 1, true, 100 },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CU_ASSERT_EQUAL(peering_quality(row[i].v, row[i].n, row[i].by_member), row[i].want);
}

/* No counter comes twice, whatever was heard, known, or on disk, but for the last one of all. */
static void test_terms(void)
{
	static const struct {
		uint64_t known, used, heard, next;
	} row[] = { { 0, 0, 0, 1 }, { 5, 3, 4, 6 }, { 3, 5, 4, 6 }, { 3, 4, 5, 6 }, { 0, 9, 0, 10 },
		    { 2, 1, HA_TERM_MAX - 1, HA_TERM_MAX }, { 2, 1, HA_TERM_MAX, HA_TERM_MAX }, { 2, 1, UINT64_MAX, HA_TERM_MAX },
		    { HA_TERM_MAX, 1, 2, HA_TERM_MAX }, { 2, HA_TERM_MAX, 1, HA_TERM_MAX } };
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct peering p;
		const struct peering_cfg cfg = { .dead_ns = DEAD, .used = row[i].used };
		const struct peering_in in = { .seen = true, .beat = { .term = row[i].heard } };
		peering_start(&p, &cfg, mono_ns(1));
		p.term.counter = row[i].known;
		CU_ASSERT_EQUAL(peering_next(&p, &in), row[i].next);
	}
	const struct peering_term t[] = { { 4, 9 }, { 5, 1 }, { 5, 2 } };
	for (int a = 0; a < 3; a++)
		for (int b = 0; b < 3; b++)
			CU_ASSERT_EQUAL(peering_term_cmp(&t[a], &t[b]), (a > b) - (a < b));
}

/* --- moments ------------------------------------------------------------------------------------------------- */

static void test_moments(void)
{
	static const struct {
		int64_t dead_ms, start, leave, alone;
	} row[] = { { 30, 1000, 1000, 60 }, { 300, 1000, 1200, 600 }, { 2000, 6000, 8000, 4000 } };
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct peering_cfg cfg = { .dead_ns = row[i].dead_ms * MS, .priority = 5, .lower = true };
		struct peering p;
		enum peering_act act;
		struct peering_in in = { .now = mono_ns(7 * NS_PER_SEC), .stored = UINT64_MAX };
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
		p.left = true;
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
	struct peering_in in = { .now = mono_ns(7 * NS_PER_SEC), .seen = true, .dead = true, .beat = { .role = HA_ACTIVE },
				 .stored = UINT64_MAX };
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
	enum { A = HA_FORCED_ACTIVE, P = HA_FORCED_PASSIVE, U = HA_UNFORCED };
	static const struct {
		enum ha_role role;
		enum peering_wish want;
		int whole, follower, forced;
		bool done;
		const char *why; /* part of it */
		enum ha_role next;
		int then;
		bool wish;
	} row[] = {
		{ HA_STANDBY, PEERING_ACTIVE, 1, 0, U, true, "", HA_CLAIMING, A, false },
		{ HA_STANDBY, PEERING_ACTIVE, 1, 0, A, true, "", HA_CLAIMING, A, false },
		{ HA_STANDBY, PEERING_ACTIVE, 0, 0, U, false, "not got the whole table", HA_STANDBY, U, false },
		{ HA_STANDBY, PEERING_PASSIVE, 1, 0, U, true, "", HA_STANDBY, P, false },
		{ HA_STANDBY, PEERING_PASSIVE, 0, 0, P, true, "so already", HA_STANDBY, P, false },
		{ HA_STANDBY, PEERING_STOP, 1, 0, A, true, "", HA_STANDBY, A, false },
		{ HA_ACTIVE, PEERING_PASSIVE, 0, 1, U, true, "", HA_ACTIVE, P, true },
		{ HA_ACTIVE, PEERING_PASSIVE, 0, 1, P, true, "", HA_ACTIVE, P, true },
		{ HA_ACTIVE, PEERING_PASSIVE, 0, 0, U, false, "would be lost", HA_ACTIVE, U, false },
		{ HA_ACTIVE, PEERING_STOP, 0, 1, U, true, "", HA_ACTIVE, U, true },
		{ HA_ACTIVE, PEERING_STOP, 0, 0, A, false, "would be lost", HA_ACTIVE, A, false },
		{ HA_ACTIVE, PEERING_ACTIVE, 0, 0, U, true, "", HA_ACTIVE, A, false },
		{ HA_ACTIVE, PEERING_ACTIVE, 0, 0, A, true, "so already", HA_ACTIVE, A, false },
		{ HA_ACTIVE, PEERING_RESET, 0, 0, A, true, "", HA_ACTIVE, U, false },
		{ HA_ACTIVE, PEERING_RESET, 0, 0, U, true, "so already", HA_ACTIVE, U, false },
		{ HA_STARTING, PEERING_RESET, 0, 0, P, true, "", HA_STARTING, U, false },
		{ HA_STARTING, PEERING_ACTIVE, 1, 1, U, false, "under way", HA_STARTING, U, false },
		{ HA_STARTING, PEERING_PASSIVE, 1, 1, U, false, "under way", HA_STARTING, U, false },
		{ HA_LEAVING, PEERING_ACTIVE, 1, 1, P, false, "under way", HA_LEAVING, P, false },
		{ HA_LEAVING, PEERING_STOP, 1, 1, U, false, "under way", HA_LEAVING, U, false },
		{ HA_CLAIMING, PEERING_ACTIVE, 1, 1, A, false, "under way", HA_CLAIMING, A, false },
		{ HA_CLAIMING, PEERING_PASSIVE, 1, 1, A, false, "under way", HA_CLAIMING, A, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct peering_cfg cfg = { .dead_ns = DEAD, .forced = (enum ha_forced)row[i].forced };
		struct peering p;
		const char *why = "?";
		const struct peering_in in = { .now = mono_ns(9), .whole = row[i].whole, .follower = row[i].follower };
		peering_start(&p, &cfg, mono_ns(1));
		p.role = row[i].role;
		CU_ASSERT_EQUAL(peering_ask(&p, row[i].want, &in, &why), row[i].done);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].why));
		CU_ASSERT_EQUAL(*why == '\0', row[i].why[0] == '\0');
		CU_ASSERT_EQUAL(p.role, row[i].next);
		CU_ASSERT_EQUAL((int)p.forced, row[i].then);
		CU_ASSERT_EQUAL(p.wish, row[i].wish);
	}
}

/* What was asked for ends with what it was asked of: a follower that vanishes, nobody who takes over, a claim that lapses. */
static void test_wishes_end(void)
{
	const struct peering_cfg cfg = { .dead_ns = DEAD };
	struct peering p;
	const char *why;
	struct peering_in in = { .now = mono_ns(9 * NS_PER_SEC), .seen = true, .follower = true, .whole = true,
				 .stored = UINT64_MAX,
				 .quality = 100, .beat = { .role = HA_STANDBY | PEERING_WHOLE, .quality = 100 } };
	for (unsigned stop = 0; stop < 2; stop++) {
		peering_start(&p, &cfg, mono_ns(1));
		p.role = HA_ACTIVE;
		CU_ASSERT_TRUE(peering_ask(&p, stop ? PEERING_STOP : PEERING_PASSIVE, &in, &why));
		in.follower = false;
		CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
		in.follower = true;
		for (unsigned i = 0; i < 100; i++, in.now = mono_add(in.now, NS_PER_SEC))
			CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
		CU_ASSERT_EQUAL(p.forced, HA_UNFORCED);
	}
	/* nobody takes over: for a minute it does not try again by itself, though the other one is better */
	CU_ASSERT_TRUE(peering_ask(&p, PEERING_PASSIVE, &in, &why));
	in.quality = 50;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_LEAVE);
	in.now = mono_add(in.now, 2 * NS_PER_SEC);
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_RETURN);
	CU_ASSERT_EQUAL(p.forced, HA_UNFORCED);
	enum peering_act act;
	CU_ASSERT_EQUAL(moment(p, in, &act), -1);
	in.now = mono_add(in.now, 55 * NS_PER_SEC);
	CU_ASSERT_EQUAL(moment(p, in, &act), 5000);
	CU_ASSERT_EQUAL(act, PEERING_LEAVE);
	/* a claim that nobody minds; and one that is followed ends what the other had been forced to */
	peering_start(&p, &cfg, mono_ns(1));
	p.role = HA_STANDBY;
	in.beat.role = HA_ACTIVE;
	CU_ASSERT_TRUE(peering_ask(&p, PEERING_ACTIVE, &in, &why));
	in.now = mono_add(in.now, 2 * NS_PER_SEC);
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_STAY);
	CU_ASSERT_TRUE(p.role == HA_STANDBY && p.forced == HA_UNFORCED);
	p.role = HA_ACTIVE;
	p.forced = HA_FORCED_ACTIVE;
	in.beat.role = HA_CLAIMING | PEERING_WHOLE;
	CU_ASSERT_EQUAL(peering_step(&p, &in), PEERING_LEAVE);
	CU_ASSERT_EQUAL(p.forced, HA_UNFORCED);
}

UNIT_MAIN({ "each rule in each situation", test_rules }, { "who is preferred", test_election }, { "quality", test_quality },
	  { "terms", test_terms }, { "moments", test_moments }, { "dead twice", test_dead_again },
	  { "what a command asks for", test_ask }, { "what was asked for ends", test_wishes_end })
