/* ha_disk.h - what a node of a pair has to know again after it was killed: its serial, the terms it may have used, and what
 * an operator has forced. One small file in a folder that outlives the machine's start.
 *
 * A store is whole or has not happened: written beside, brought to the disk, and renamed. A file that is damaged all the same
 * gives the node a new serial, as if it were a new one: its terms are others then, whatever it had used. Blocks for as long
 * as the disk takes: for the parent process. One thread, one process a folder (it is locked).
 */
#ifndef IPS_HA_DISK_H
#define IPS_HA_DISK_H

#include "base/err.h"
#include "base/types.h"

struct ha_disk_state {
	uint64_t serial;             /* never 0 */
	uint64_t term;               /* counters up to this one may have been used */
	uint32_t forced;             /* enum ha_forced */
};

enum { HA_DISK_PATH = 4096, HA_DISK_WHY = HA_DISK_PATH + 128 };

struct ha_disk {
	int dir;                     /* the folder, locked; -1: not open */
	char path[HA_DISK_PATH];
	struct ha_disk_state state;  /* as last loaded or stored, or kept when it could not be */
};

/* Makes the folder when it is missing. new_serial: random, for a node that has none. why: what is wrong, with ERR_; or, with
 * OK and when not empty, what was found damaged. */
enum err ha_disk_open(const char *folder, uint64_t new_serial, struct ha_disk *d, char *why) MUST_USE;
/* d->state is st from here on, whatever comes of the disk. */
enum err ha_disk_store(struct ha_disk *d, const struct ha_disk_state *st, char *why) MUST_USE;
void ha_disk_close(struct ha_disk *d);

/* The file's text and back; false: it is none. For tests too. */
enum { HA_DISK_TEXT = 256 };
size_t ha_disk_text(const struct ha_disk_state *st, char out[HA_DISK_TEXT]);
bool ha_disk_parse(const char *text, size_t len, struct ha_disk_state *st);

#endif
