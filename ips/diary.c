/* diary.c - see diary.h. */
#include "ips/diary.h"

#include <stdatomic.h>

void diary_add(struct diary *d, const struct ha_event *ev)
{
	d->v[d->n % DIARY_MAX] = *ev;
	atomic_signal_fence(memory_order_release); /* a death comes between instructions */
	d->n++;
}

unsigned diary_count(const struct diary *d)
{
	return d->n < DIARY_MAX ? (unsigned)d->n : DIARY_MAX;
}

const struct ha_event *diary_at(const struct diary *d, unsigned i)
{
	return &d->v[(d->n - diary_count(d) + i) % DIARY_MAX];
}
