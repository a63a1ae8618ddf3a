/* deadline.h - an instant some milliseconds from now, as pthread_cond_timedwait and pthread_mutex_clocklock take it. */
#ifndef IPS_DEADLINE_H
#define IPS_DEADLINE_H

#include <time.h>

#include "base/mono.h"

/* On CLOCK_MONOTONIC. */
static inline struct timespec deadline_ms(unsigned ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	const int64_t ns = t.tv_nsec + ms * NS_PER_MS;
	t.tv_sec += (time_t)(ns / NS_PER_SEC);
	t.tv_nsec = (long)(ns % NS_PER_SEC);
	return t;
}

#endif
