/* test_wheel.c - the wheel against a naive model under seeded random operations, and its edges.
 *
 * Wheel and model each run the same script with the same random numbers; what they fire, in which
 * order and at which tick, must be equal. Callbacks arm and disarm too.
 */
#include "base/wheel.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define N_TIMERS 40
#define N_STEPS 4000

struct fired { /* compared as octets: no padding */
	int64_t id, tick;
};
_Static_assert(sizeof(struct fired) == 16, "no padding");

struct log {
	struct fired *f;
	size_t n, cap;
};

static void log_add(struct log *l, int id, int64_t tick)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 64;
		l->f = realloc(l->f, l->cap * sizeof(l->f[0]));
	}
	l->f[l->n++] = (struct fired){ id, tick };
}

static uint64_t rnd(uint64_t *s)
{
	uint64_t z = (*s += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A distance of any magnitude up to 2^bits ns, sometimes backwards. */
static int64_t distance(uint64_t *s, unsigned bits)
{
	unsigned magnitude = (unsigned)(rnd(s) % bits);
	int64_t d = (int64_t)(rnd(s) >> (63 - magnitude));
	return rnd(s) % 8 == 0 ? -d : d;
}

/* --- the model: a table that is searched for the earliest ------------------------------------- */
struct model_timer {
	bool armed, late; /* late: overdue when armed in a callback, waits for the next advance */
	int64_t tick;
	uint64_t order;
};

struct side; /* what the script works on: a wheel or a model */
struct side {
	bool is_model;
	int64_t tick_ns, now_ns;
	uint64_t rng;
	unsigned budget; /* callbacks that may still arm */
	struct log log;
	struct wheel wheel;
	struct wheel_timer timer[N_TIMERS];
	struct model_timer model[N_TIMERS];
	int64_t model_now;
	uint64_t model_order;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static void arm(struct side *s, int id, int64_t ns)
{
	if (!s->is_model) {
		wheel_arm(&s->wheel, &s->timer[id], mono_ns(ns));
		return;
	}
	int64_t tick = -floor_div(-ns, s->tick_ns);
	bool late = tick <= s->model_now;
	s->model[id] = (struct model_timer){ true, late, late ? s->model_now : tick, s->model_order++ };
}

static void disarm(struct side *s, int id)
{
	if (s->is_model)
		s->model[id].armed = false;
	else
		wheel_disarm(&s->wheel, &s->timer[id]);
}

/* What each callback does, for wheel and model alike. */
static void on_fire(struct side *s, int id, int64_t tick)
{
	log_add(&s->log, id, tick);
	uint64_t what = rnd(&s->rng) % 8;
	int other = (int)(rnd(&s->rng) % N_TIMERS);
	int64_t d = distance(&s->rng, 40);
	if (s->budget == 0)
		return;
	s->budget--;
	if (what == 0)
		arm(s, id, tick * s->tick_ns + d);
	else if (what == 1)
		arm(s, other, tick * s->tick_ns + d);
	else if (what == 2)
		disarm(s, other);
	else if (what == 3)
		arm(s, other, s->now_ns);
}

static void wheel_fired(void *arg, struct wheel_timer *t)
{
	struct side *s = arg;
	CU_ASSERT_FALSE(wheel_armed(t));
	on_fire(s, (int)(t - s->timer), t->tick);
}

static int model_first(const struct side *s, int64_t target)
{
	int best = -1;
	for (int i = 0; i < N_TIMERS; i++) {
		const struct model_timer *m = &s->model[i], *b = &s->model[best < 0 ? 0 : best];
		if (!m->armed || m->late || m->tick > target)
			continue;
		if (best < 0 || m->tick < b->tick || (m->tick == b->tick && m->order < b->order))
			best = i;
	}
	return best;
}

static void advance(struct side *s, int64_t ns)
{
	s->now_ns = ns;
	s->budget = 50;
	if (!s->is_model) {
		wheel_advance(&s->wheel, mono_ns(ns), wheel_fired, s);
		return;
	}
	int64_t target = floor_div(ns, s->tick_ns);
	if (target < s->model_now)
		return;
	for (int i = 0; i < N_TIMERS; i++)
		s->model[i].late = false;
	for (int id; (id = model_first(s, target)) >= 0;) {
		s->model_now = s->model[id].tick > s->model_now ? s->model[id].tick : s->model_now;
		s->model[id].armed = false;
		on_fire(s, id, s->model[id].tick);
	}
	s->model_now = target;
}

static size_t n_armed(const struct side *s)
{
	size_t n = 0;
	for (int i = 0; i < N_TIMERS; i++)
		n += s->is_model ? s->model[i].armed : wheel_armed(&s->timer[i]);
	return n;
}

static void side_init(struct side *s, bool is_model, int64_t tick_ns, int64_t start, uint64_t seed)
{
	*s = (struct side){ .is_model = is_model, .tick_ns = tick_ns, .rng = seed, .budget = 50 };
	wheel_init(&s->wheel, tick_ns, mono_ns(start));
	s->model_now = floor_div(start, tick_ns);
	for (int i = 0; i < N_TIMERS; i++)
		wheel_timer_init(&s->timer[i]);
}

static void script_step(struct side *s, int64_t *clock, unsigned bits)
{
	switch (rnd(&s->rng) % 4) {
	case 0:
	case 1:
		arm(s, (int)(rnd(&s->rng) % N_TIMERS), *clock + distance(&s->rng, bits));
		break;
	case 2:
		disarm(s, (int)(rnd(&s->rng) % N_TIMERS));
		break;
	default: {
		int64_t d = distance(&s->rng, bits - 2);
		*clock += d > 0 ? d : 0;
		advance(s, d > 0 ? *clock : *clock + d); /* time that goes back is told to the wheel, not kept */
	}
	}
}

static bool same_log(const struct side *a, const struct side *b)
{
	return a->log.n == b->log.n && (a->log.n == 0 || memcmp(a->log.f, b->log.f, a->log.n * sizeof(a->log.f[0])) == 0);
}

/* bits: magnitude of the distances; beyond tick_ns * 2^36 they leave the levels. */
static size_t against_model(int64_t tick_ns, int64_t start, unsigned bits, uint64_t seed)
{
	struct side *w = malloc(sizeof(*w)), *m = malloc(sizeof(*m));
	side_init(w, false, tick_ns, start, seed);
	side_init(m, true, tick_ns, start, seed);
	int64_t clock_w = start, clock_m = start;
	for (int i = 0; i < N_STEPS; i++) {
		script_step(w, &clock_w, bits);
		script_step(m, &clock_m, bits);
		if (w->rng != m->rng || !same_log(w, m) || w->wheel.n != n_armed(m) || n_armed(w) != n_armed(m)) {
			printf("# differs: tick %lld start %lld bits %u seed %llu step %d\n", (long long)tick_ns, (long long)start,
			       bits, (unsigned long long)seed, i);
			CU_FAIL("wheel and model differ");
			break;
		}
	}
	size_t n = w->log.n;
	free(w->log.f);
	free(m->log.f);
	free(w);
	free(m);
	return n;
}

static void test_model(void)
{
	size_t n = 0;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		n += against_model(1, 0, 12, seed);
		n += against_model(1, -1000, 20, seed);
		n += against_model(7, 123456789, 34, seed);
		n += against_model(NS_PER_MS, INT64_C(1700000000) * NS_PER_SEC, 45, seed);
	}
	CU_ASSERT(n > 20000);
}

/* Deadlines on both sides of the levels' span, and time that crosses it. */
static void test_far_model(void)
{
	size_t n = 0;
	for (uint64_t seed = 11; seed <= 14; seed++) {
		n += against_model(1, (INT64_C(1) << 36) - 500, 40, seed);
		n += against_model(1, -(INT64_C(1) << 36) - 500, 46, seed);
		n += against_model(3, -(INT64_C(1) << 50), 50, seed);
	}
	CU_ASSERT(n > 5000);
}

/* --- single properties ------------------------------------------------------------------------- */
struct count {
	int n;
	struct wheel *w;
	struct wheel_timer *kill, *last;
};

static void counted(void *arg, struct wheel_timer *t)
{
	struct count *c = arg;
	c->n++;
	c->last = t;
}

static void test_exact(void)
{
	/* tick 10: deadline 101 rounds up to tick 11, which is reached at 110 and not at 109 */
	struct wheel w;
	struct wheel_timer t;
	struct count c = { 0 };
	wheel_init(&w, 10, mono_ns(0));
	wheel_timer_init(&t);
	CU_ASSERT_FALSE(wheel_armed(&t));
	wheel_disarm(&w, &t);
	wheel_arm(&w, &t, mono_ns(101));
	CU_ASSERT(wheel_armed(&t) && w.n == 1);
	wheel_advance(&w, mono_ns(109), counted, &c);
	CU_ASSERT_EQUAL(c.n, 0);
	wheel_advance(&w, mono_ns(110), counted, &c);
	CU_ASSERT_EQUAL(c.n, 1);
	CU_ASSERT(!wheel_armed(&t) && w.n == 0);
	wheel_arm(&w, &t, mono_ns(110)); /* the present tick: the next advance, though time stands still */
	wheel_advance(&w, mono_ns(109), counted, &c);
	CU_ASSERT_EQUAL(c.n, 1); /* tick 10 is behind tick 11: nothing happens */
	wheel_advance(&w, mono_ns(110), counted, &c);
	CU_ASSERT_EQUAL(c.n, 2);
}

/* Ties fire in order of arming though one was armed when they were far away and one when near. */
static void test_ties(void)
{
	static const int64_t from[] = { 1, 70, 5000, 300000, 20000000, INT64_C(1) << 31, INT64_C(1) << 37 };
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		struct wheel w;
		struct wheel_timer a, b;
		struct count c = { 0 };
		const mono_t deadline = mono_ns(INT64_C(1) << 38);
		wheel_init(&w, 1, mono_ns(0));
		wheel_timer_init(&a);
		wheel_timer_init(&b);
		wheel_arm(&w, &a, deadline);
		wheel_advance(&w, mono_add(deadline, -from[i]), counted, &c);
		wheel_arm(&w, &b, deadline);
		CU_ASSERT_EQUAL(c.n, 0);
		wheel_advance(&w, mono_add(deadline, -1), counted, &c);
		CU_ASSERT_EQUAL(c.n, 0);
		wheel_advance(&w, deadline, counted, &c);
		CU_ASSERT_EQUAL(c.n, 2);
		CU_ASSERT_PTR_EQUAL(c.last, &b);
	}
}

static void record(void *arg, struct wheel_timer *t)
{
	log_add(arg, 0, t->tick);
}

/* The n-th armed timer of ours fires at the same advance whether or not others come and go. */
static void test_history(void)
{
	struct log with = { 0 }, without = { 0 }, *logs[2] = { &without, &with };
	for (int noise = 0; noise < 2; noise++) {
		struct wheel w;
		static struct wheel_timer ours, others[500];
		struct log ignored = { 0 };
		uint64_t s = 99, o = 7;
		wheel_init(&w, 1000, mono_ns(0));
		wheel_timer_init(&ours);
		for (int i = 0; i < 500; i++)
			wheel_timer_init(&others[i]);
		mono_t now = mono_ns(0);
		for (int i = 0; i < 3000; i++) {
			if (!wheel_armed(&ours))
				wheel_arm(&w, &ours, mono_add(now, distance(&s, 42)));
			for (int k = 0; noise != 0 && k < 5; k++)
				wheel_arm(&w, &others[rnd(&o) % 500], mono_add(now, distance(&o, 44)));
			now = mono_add(now, (int64_t)(rnd(&s) >> (64 - 34)));
			bool before = wheel_armed(&ours);
			wheel_advance(&w, now, record, &ignored);
			if (before && !wheel_armed(&ours))
				log_add(logs[noise], i, ours.tick);
		}
		free(ignored.f);
	}
	CU_ASSERT(with.n > 100 && with.n == without.n);
	CU_ASSERT_EQUAL(memcmp(with.f, without.f, size_min(with.n, without.n) * sizeof(with.f[0])), 0);
	free(with.f);
	free(without.f);
}

/* Slot by slot, two thousand years of milliseconds would take longer than any limit on this test. */
static void test_jumps(void)
{
	struct wheel w;
	struct wheel_timer t[3];
	struct count c = { 0 };
	const int64_t year = INT64_C(365) * 86400 * NS_PER_SEC / 10;
	wheel_init(&w, NS_PER_MS, mono_ns(0));
	for (int i = 0; i < 3; i++)
		wheel_timer_init(&t[i]);
	for (int i = 0; i < 2000; i++) {
		mono_t now = mono_ns(i * year);
		for (int k = 0; k < 3; k++)
			if (!wheel_armed(&t[k]))
				wheel_arm(&w, &t[k], mono_add(now, (k + 1) * year - k));
		wheel_advance(&w, mono_add(now, year), counted, &c);
	}
	CU_ASSERT_EQUAL(c.n, 2000 + 1000 + 666);
}

static void test_extremes(void)
{
	struct wheel w;
	struct wheel_timer t[3];
	struct count c = { 0 };
	wheel_init(&w, 1, mono_ns(INT64_MIN));
	for (int i = 0; i < 3; i++)
		wheel_timer_init(&t[i]);
	wheel_arm(&w, &t[0], mono_ns(INT64_MAX));
	wheel_arm(&w, &t[1], mono_ns(INT64_MIN));
	wheel_arm(&w, &t[2], mono_ns(0));
	wheel_advance(&w, mono_ns(INT64_MIN), counted, &c);
	CU_ASSERT(c.n == 1 && c.last == &t[1]);
	wheel_advance(&w, mono_ns(-1), counted, &c);
	CU_ASSERT_EQUAL(c.n, 1);
	wheel_advance(&w, mono_ns(0), counted, &c);
	CU_ASSERT(c.n == 2 && c.last == &t[2]);
	wheel_advance(&w, mono_ns(INT64_MAX - 1), counted, &c);
	CU_ASSERT_EQUAL(c.n, 2);
	wheel_advance(&w, mono_ns(INT64_MAX), counted, &c);
	CU_ASSERT(c.n == 3 && w.n == 0);
	wheel_advance(&w, mono_ns(INT64_MAX), counted, &c);
	CU_ASSERT_EQUAL(c.n, 3);
}

/* A callback frees its own timer and another that is due in the same tick. */
static void kills(void *arg, struct wheel_timer *t)
{
	struct count *c = arg;
	c->n++;
	if (c->kill != NULL && c->kill != t) {
		wheel_disarm(c->w, c->kill);
		free(c->kill);
		c->kill = NULL;
	}
	free(t);
}

static void test_free(void)
{
	for (int same_tick = 0; same_tick < 2; same_tick++) {
		for (int past = 0; past < 2; past++) {
			struct wheel w;
			struct wheel_timer *t[3];
			struct count c = { .w = &w };
			wheel_init(&w, 1, mono_ns(100));
			for (int i = 0; i < 3; i++) {
				t[i] = malloc(sizeof(*t[i]));
				wheel_timer_init(t[i]);
				wheel_arm(&w, t[i], mono_ns(past ? 50 : 5000 + (same_tick ? 0 : i * 700)));
			}
			c.kill = t[1];
			wheel_advance(&w, mono_ns(100000), kills, &c);
			CU_ASSERT_EQUAL(c.n, 2);
			CU_ASSERT_EQUAL(w.n, 0);
		}
	}
}

/* A timer that arms itself with a deadline in the past fires once an advance, not for ever. */
static void again(void *arg, struct wheel_timer *t)
{
	struct count *c = arg;
	c->n++;
	wheel_arm(c->w, t, mono_ns(-5));
}

static void test_again(void)
{
	struct wheel w;
	struct wheel_timer t;
	struct count c = { .w = &w };
	wheel_init(&w, 1, mono_ns(0));
	wheel_timer_init(&t);
	wheel_arm(&w, &t, mono_ns(3));
	for (int i = 1; i <= 5; i++) {
		wheel_advance(&w, mono_ns(i * 1000), again, &c);
		CU_ASSERT_EQUAL(c.n, i);
	}
	CU_ASSERT_EQUAL(w.n, 1);
}

UNIT_MAIN({ "random operations against a naive model", test_model }, { "the same around the levels' span", test_far_model },
	  { "exact to the tick", test_exact }, { "ties in order of arming", test_ties },
	  { "other timers change nothing", test_history }, { "jumps of months", test_jumps },
	  { "first and last instants", test_extremes }, { "callbacks that free timers", test_free },
	  { "armed in the past from the callback", test_again })
