/* mono.h - time as an argument: one-field structs that mix with no other integer.
 *
 * mono_t is an instant on the caller's time line in nanoseconds (a capture's own time stamps in
 * replay); the core never reads a clock. Differences are plain int64_t nanoseconds.
 */
#ifndef BASE_MONO_H
#define BASE_MONO_H

#include "base/types.h"

typedef struct {
	int64_t ns;
} mono_t;

#define NS_PER_SEC INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

static inline mono_t mono_ns(int64_t ns)
{
	return (mono_t){ ns };
}

static inline mono_t mono_add(mono_t t, int64_t ns)
{
	return (mono_t){ t.ns + ns };
}

/* later - earlier, in nanoseconds */
static inline int64_t mono_diff(mono_t later, mono_t earlier)
{
	return later.ns - earlier.ns;
}

static inline bool mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

#endif
