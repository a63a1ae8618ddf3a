/* fuzz.h - what the fuzz targets share: the entry point, checks, the input's records, what a target must reach.
 *
 * A target is one file, fuzz_<name>.c. It is linked with libFuzzer (make fuzz), or with driver.c, which runs
 * files, folders, truncations and mutations. An input that breaks a promise of the code under test aborts.
 * Records: control octet, length (2, big-endian, cut to what is left), octets.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Places that the seeds must reach, so that a corpus that has gone stale is noticed; NULL ends. */
extern const char *const fuzz_goals[];
extern uint32_t fuzz_reached;

static inline void fuzz_reach(unsigned goal)
{
	fuzz_reached |= UINT32_C(1) << goal;
}

static inline void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

#define FUZZ_CHECK(x) ((x) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #x))

struct fuzz_rec {
	uint8_t ctl;
	struct span bytes;
};

static inline bool fuzz_next(struct cur *in, struct fuzz_rec *r)
{
	r->ctl = cur_u8(in);
	const uint16_t len = cur_be16(in);
	r->bytes = cur_bytes(in, size_min(len, cur_left(in)));
	return cur_ok(in);
}

/* A copy of its own size, so that a read past its end is seen; for free(). */
static inline uint8_t *fuzz_copy(struct span s)
{
	uint8_t *p = malloc(s.len != 0 ? s.len : 1);
	if (p == NULL)
		abort();
	if (s.len != 0)
		memcpy(p, s.p, s.len);
	return p;
}

static inline bool fuzz_within(struct span inner, const void *outer, size_t len)
{
	const uint8_t *b = outer;
	return inner.len == 0 || (inner.p >= b && inner.len <= len && (size_t)(inner.p - b) <= len - inner.len);
}

#endif
