/* test_peering_net.c - two nodes' rules coupled through a network that loses, delays and parts, with crashes and commands: in
 * the end exactly one works and the other one follows, the higher term has won, and on the way no rule was broken.
 */
#include "ips/peering.h"
#include "tests/unit/unit.h"

#define DEAD (300 * NS_PER_MS)
#define MS   NS_PER_MS

enum { BATCH = 55, STEP_MS = 10, BEAT_MS = 100, SYNC_MS = 400, FAULT_MS = 12000, QUIET_MS = 12000, RUNS = 1500, IN_FLIGHT = 64 };

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

UNIT_MAIN({ "two nodes over a bad network", test_network })
