/* csum.h - the Internet checksum (RFC 1071).
 *
 * A sum is taken piece by piece in memory order; only the last piece may have an odd length. Over a
 * header that carries its checksum the sum is all ones in either byte order, so none is swapped.
 */
#ifndef FORWARD_CSUM_H
#define FORWARD_CSUM_H

#include "base/types.h"

uint64_t csum_add(uint64_t sum, struct span s);
/* The sum in 16 bits, end-around carry added. */
uint16_t csum_fold(uint64_t sum);

/* Does a sum over data and their checksum come out right? */
static inline bool csum_ok(uint64_t sum)
{
	return csum_fold(sum) == 0xffff;
}

#endif
