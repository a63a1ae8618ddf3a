/* wheel.h - hierarchical timer wheel: O(1) arm, disarm and expiry, no pause that grows with the table.
 *
 * Exact to its tick and independent of history: a timer fires in the first wheel_advance(now) with
 * tick(now) >= tick(deadline rounded up), in deadline-tick order; ties in order of arming. The owner
 * embeds struct wheel_timer. No clock is read. One thread.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include "base/list.h"
#include "base/mono.h"

#define WHEEL_BITS 6
#define WHEEL_SLOTS (1u << WHEEL_BITS)
#define WHEEL_LEVELS 6

struct wheel_timer {
	struct list node;    /* linked while armed */
	int64_t tick;        /* deadline in ticks */
};

struct wheel {
	int64_t tick_ns;
	int64_t now_tick;    /* last tick processed */
	size_t n;            /* armed timers */
	struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
	uint64_t used[WHEEL_LEVELS]; /* a bit a slot that may hold timers */
	struct list due;     /* armed with a deadline that had passed */
	struct list far;     /* beyond the span of the levels */
};

typedef void wheel_fn(void *arg, struct wheel_timer *t);

/* tick_ns > 0. now: the instant before which nothing fires. */
void wheel_init(struct wheel *w, int64_t tick_ns, mono_t now);
void wheel_timer_init(struct wheel_timer *t);
bool wheel_armed(const struct wheel_timer *t);
/* Arms or re-arms t. A deadline in the past counts as one of the present tick and fires at the next
 * advance, not in the one that is under way. */
void wheel_arm(struct wheel *w, struct wheel_timer *t, mono_t deadline);
void wheel_disarm(struct wheel *w, struct wheel_timer *t);
/* Fires all that is due: each is disarmed, then fn is called, which may arm, disarm or free any timer.
 * Time that goes back changes nothing. Cost: timers fired plus slots crossed, empty stretches skipped. */
void wheel_advance(struct wheel *w, mono_t now, wheel_fn *fn, void *arg);

#endif
