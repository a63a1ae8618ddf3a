/* utc.h - an instant as date and time of day in UTC, by arithmetic: gmtime reads a file, which a sandboxed thread may not. */
#ifndef IPS_UTC_H
#define IPS_UTC_H

#include "base/mono.h"

struct utc {
	int year;
	unsigned month, day, hour, minute, second; /* month and day from 1 */
	unsigned us;
};

/* t counts from 1970; before it is fine. */
struct utc utc_of(mono_t t);

#endif
