/* option.h - a step over one option of a list, IPv4's (RFC 791 3.1) or TCP's (RFC 9293 3.2): the two have one form.
 *
 * For lists that packet_decode() has found well-formed; on another one the walk ends early. Owns nothing.
 */
#ifndef FORWARD_OPTION_H
#define FORWARD_OPTION_H

#include "base/cur.h"

enum { OPTION_END = 0, OPTION_NOP = 1 };

/* *n: octets of the option. False at the end of the list: *n is then what is left behind it, which c stands at. */
static inline bool option_next(struct cur *c, uint8_t *kind, uint32_t *n)
{
	*n = 0;
	if (cur_left(c) == 0)
		return false;
	*kind = cur_u8(c);
	*n = *kind == OPTION_END ? (uint32_t)cur_left(c) : 1;
	if (*kind <= OPTION_NOP)
		return *kind == OPTION_NOP;
	*n = cur_u8(c);
	if (*n < 2)
		cur_fail(c);
	else
		cur_skip(c, *n - 2);
	return cur_ok(c);
}

#endif
