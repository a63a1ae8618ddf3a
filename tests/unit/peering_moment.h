/* peering_moment.h - when a machine of peering.h acts, being told the same all the time. */
#ifndef TESTS_UNIT_PEERING_MOMENT_H
#define TESTS_UNIT_PEERING_MOMENT_H

#include "ips/peering.h"

/* The first step of machine p, told in at each millisecond, that does anything; in milliseconds, -1: none in ten seconds. */
static inline int64_t moment(struct peering p, struct peering_in in, enum peering_act *act)
{
	const mono_t t0 = in.now;
	for (int64_t ms = 0; ms < 10000; ms++) {
		in.now = mono_add(t0, ms * NS_PER_MS);
		*act = peering_step(&p, &in);
		if (*act != PEERING_STAY)
			return ms;
	}
	return -1;
}

#endif
