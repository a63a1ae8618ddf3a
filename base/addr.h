/* addr.h - an IP address of either family, ranges of them, and their texts. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/err.h"

struct addr {
	uint8_t b[16];           /* IPv4: the first four, the rest 0 */
};

struct addr_range {
	uint8_t family;          /* 4, 6, or 0 = any address of both */
	struct addr lo, hi;
};

#define ADDR_TEXT 46
/* "10.0.0.1" or "2001:db8::1" into buf (at least ADDR_TEXT octets); returns buf. */
char *addr_text(const struct addr *a, uint8_t family, char *buf);
/* "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.0 255.0.0.0", the same in IPv6, or "any"/"all". */
enum err addr_range_parse(const char *text, struct addr_range *out) MUST_USE;
bool addr_in_range(const struct addr *a, uint8_t family, const struct addr_range *r);

#endif
