/* wheel.c - hierarchical timer wheel.
 *
 * A timer sits at the level of the highest 6-bit group in which its tick differs from now_tick, in the
 * slot that this group names; in the list of the far ones when they differ above all levels. So timers
 * of one tick always share a list, in order of arming, whenever they were armed, and a slot's first tick
 * is the only moment at which it needs work. What is due already waits in a list of its own.
 */
#include "base/wheel.h"

#define SPAN_BITS (WHEEL_BITS * WHEEL_LEVELS)

struct moment {
	int64_t tick;
	unsigned level; /* WHEEL_LEVELS: the far list */
	unsigned slot;
};

static int64_t tick_down(const struct wheel *w, int64_t ns)
{
	return ns / w->tick_ns - (ns % w->tick_ns < 0);
}

static int64_t tick_up(const struct wheel *w, int64_t ns)
{
	return ns / w->tick_ns + (ns % w->tick_ns > 0);
}

static int64_t epoch_of(int64_t tick)
{
	return tick >> SPAN_BITS;
}

static unsigned group(int64_t tick, unsigned level)
{
	return (unsigned)((uint64_t)tick >> level * WHEEL_BITS) & (WHEEL_SLOTS - 1);
}

void wheel_init(struct wheel *w, int64_t tick_ns, mono_t now)
{
	*w = (struct wheel){ .tick_ns = tick_ns };
	w->now_tick = tick_down(w, now.ns);
	list_init(&w->due);
	list_init(&w->far);
	for (unsigned l = 0; l < WHEEL_LEVELS; l++)
		for (unsigned s = 0; s < WHEEL_SLOTS; s++)
			list_init(&w->slot[l][s]);
}

void wheel_timer_init(struct wheel_timer *t)
{
	list_init(&t->node);
	t->tick = 0;
}

bool wheel_armed(const struct wheel_timer *t)
{
	return !list_empty(&t->node);
}

/* Links t by its tick, which is not before now_tick. */
static void place(struct wheel *w, struct wheel_timer *t)
{
	if (epoch_of(t->tick) != epoch_of(w->now_tick)) {
		list_append(&w->far, &t->node);
		return;
	}
	unsigned level = WHEEL_LEVELS - 1;
	while (level > 0 && group(t->tick, level) == group(w->now_tick, level))
		level--;
	unsigned s = group(t->tick, level);
	list_append(&w->slot[level][s], &t->node);
	w->used[level] |= UINT64_C(1) << s;
}

void wheel_arm(struct wheel *w, struct wheel_timer *t, mono_t deadline)
{
	wheel_disarm(w, t);
	w->n++;
	t->tick = tick_up(w, deadline.ns);
	if (t->tick <= w->now_tick) {
		t->tick = w->now_tick;
		list_append(&w->due, &t->node);
	} else {
		place(w, t);
	}
}

void wheel_disarm(struct wheel *w, struct wheel_timer *t)
{
	if (!wheel_armed(t))
		return;
	list_remove(&t->node);
	w->n--;
}

/* Moves all of from to the empty list to, in order. */
static void move_all(struct list *from, struct list *to)
{
	list_init(to);
	if (list_empty(from))
		return;
	list_insert(from->prev, to);
	list_remove(from);
}

static void fire_all(struct wheel *w, struct list *head, wheel_fn *fn, void *arg)
{
	while (!list_empty(head)) {
		struct wheel_timer *t = LIST_ENTRY(head->next, struct wheel_timer, node);
		wheel_disarm(w, t);
		fn(arg, t);
	}
}

/* Links all of head anew, by the present now_tick. */
static void cascade(struct wheel *w, struct list *head)
{
	struct list all;
	move_all(head, &all);
	while (!list_empty(&all)) {
		struct wheel_timer *t = LIST_ENTRY(all.next, struct wheel_timer, node);
		list_remove(&t->node);
		place(w, t);
	}
}

/* The first epoch of the far timers, if it begins at or before limit. */
static bool far_next(const struct wheel *w, int64_t limit, struct moment *m)
{
	int64_t first = epoch_of(limit) + 1;
	if (epoch_of(w->now_tick) == epoch_of(limit))
		return false;
	LIST_FOREACH(it, &w->far) {
		int64_t e = epoch_of(LIST_ENTRY(it, const struct wheel_timer, node)->tick);
		first = e < first ? e : first;
	}
	if (first > epoch_of(limit))
		return false;
	*m = (struct moment){ .tick = first * (INT64_C(1) << SPAN_BITS), .level = WHEEL_LEVELS };
	return true;
}

/* The next tick after now_tick and up to limit at which a slot or the far list needs work. */
static bool next(const struct wheel *w, int64_t limit, struct moment *m)
{
	for (unsigned l = 0; l < WHEEL_LEVELS; l++) {
		uint64_t later = w->used[l] & ~UINT64_C(1) << group(w->now_tick, l);
		if (later == 0)
			continue;
		unsigned s = (unsigned)__builtin_ctzll(later), shift = l * WHEEL_BITS;
		uint64_t above = (uint64_t)w->now_tick & ~UINT64_C(0) << (shift + WHEEL_BITS);
		*m = (struct moment){ .tick = (int64_t)(above | (uint64_t)s << shift), .level = l, .slot = s };
		return m->tick <= limit;
	}
	return far_next(w, limit, m);
}

void wheel_advance(struct wheel *w, mono_t now, wheel_fn *fn, void *arg)
{
	int64_t target = tick_down(w, now.ns);
	if (target < w->now_tick || (target == w->now_tick && list_empty(&w->due)))
		return;
	struct list due;
	move_all(&w->due, &due); /* what fn adds to w->due waits for the next advance */
	fire_all(w, &due, fn, arg);

	struct moment m;
	while (next(w, target, &m)) {
		w->now_tick = m.tick;
		if (m.level == WHEEL_LEVELS) {
			cascade(w, &w->far);
		} else if (m.level > 0) {
			w->used[m.level] &= ~(UINT64_C(1) << m.slot);
			cascade(w, &w->slot[m.level][m.slot]);
		}
		unsigned s = group(m.tick, 0);
		w->used[0] &= ~(UINT64_C(1) << s);
		fire_all(w, &w->slot[0][s], fn, arg);
	}
	w->now_tick = target;
}
