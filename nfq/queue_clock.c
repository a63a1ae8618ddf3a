/* queue_clock.c - reads the system's clocks. */
#include "nfq/queue_clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t = { 0 };
	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

void queue_clock_start(struct queue_clock *c)
{
	c->offset = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

mono_t queue_clock_now(void *arg)
{
	const struct queue_clock *c = arg;
	return mono_ns(read_clock(CLOCK_MONOTONIC) + c->offset);
}
