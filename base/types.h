/* types.h - the words every layer shares: direction, span, attributes.
 *
 * A span lends bytes it does not own; it is valid as long as its source (packet, buffer) is.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
/* Called seldom: the way there is kept out of the way of what is usual. */
#define SELDOM __attribute__((cold))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Direction of a flow: that of its first packet, and the other one. */
enum dir { DIR_ORIG = 0, DIR_REPLY = 1, DIR_N = 2 };

static inline enum dir dir_other(enum dir d)
{
	return d == DIR_ORIG ? DIR_REPLY : DIR_ORIG;
}

struct span {
	const uint8_t *p;
	size_t len;
};

static inline struct span span_of(const void *p, size_t len)
{
	return (struct span){ .p = p, .len = len };
}

static inline size_t size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

#endif
