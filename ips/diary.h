/* diary.h - the last events of the pair, in memory that outlives the engine process: `ips ha events`.
 *
 * The parent maps it, shared; the engine's first worker writes, its visits read. An engine that is killed in between has
 * written an event whole or not at all. No locks; one writer.
 */
#ifndef IPS_DIARY_H
#define IPS_DIARY_H

#include "ips/logs.h"

enum { DIARY_MAX = 128 };

struct diary {
	uint64_t n;                  /* events so far; the last DIARY_MAX of them are there */
	struct ha_event v[DIARY_MAX];
};

void diary_add(struct diary *d, const struct ha_event *ev);
/* How many are there, and the i-th of them, oldest first. */
unsigned diary_count(const struct diary *d);
const struct ha_event *diary_at(const struct diary *d, unsigned i);

#endif
