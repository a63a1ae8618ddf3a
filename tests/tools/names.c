/* names.c - `names reasons` and `names anomalies`: what the product's own tables call them, a line each.
 *
 * Tests that want each of them provoked read them here: one that is added cannot be forgotten.
 */
#include <stdio.h>
#include <string.h>

#include "decoders/anomaly.h"
#include "forward/reason.h"

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	if (strcmp(what, "reasons") == 0) {
		for (unsigned i = REASON_NONE + 1; i < REASON_N; i++)
			puts(reason_name(i));
	} else if (strcmp(what, "anomalies") == 0) {
		for (unsigned i = 0; i < ANOMALY_N; i++)
			puts(anomaly_name(i));
	} else {
		fputs("usage: names reasons|anomalies\n", stderr);
		return 2;
	}
	return 0;
}
