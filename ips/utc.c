/* utc.c - years are counted from March, so that the leap day is their last; eras of 400 years (146097 days) are all alike. */
#include "ips/utc.h"

enum { DAYS_ERA = 146097, DAYS_TO_1970 = 719468, SEC_DAY = 86400 }; /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct utc utc_of(mono_t t)
{
	const int64_t s = floor_div(t.ns, NS_PER_SEC), days = floor_div(s, SEC_DAY);
	const unsigned of_day = (unsigned)(s - days * SEC_DAY);
	const int64_t z = days + DAYS_TO_1970, era = floor_div(z, DAYS_ERA);
	const unsigned doe = (unsigned)(z - era * DAYS_ERA);
	const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	const unsigned mp = (5 * doy + 2) / 153; /* months from March */
	const unsigned month = mp < 10 ? mp + 3 : mp - 9;
	return (struct utc){
		.year = (int)(era * 400) + (int)yoe + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1,
		.hour = of_day / 3600,
		.minute = of_day / 60 % 60,
		.second = of_day % 60,
		.us = (unsigned)((t.ns - s * NS_PER_SEC) / NS_PER_US),
	};
}
