/* ha_told.h - what a node tells of itself with each heartbeat, beside its role: how it stands in an election, and what
 * `ips ha info` shows of it in the other node's column. Bytes in, bytes out; pure.
 *
 * Times are durations, as nodes' clocks need not agree. What an earlier version does not tell reads as zeros.
 */
#ifndef IPS_HA_TOLD_H
#define IPS_HA_TOLD_H

#include "hacache/ha_link.h"

/* X(id, name): what an operator has said that the node is to be (`ips ha active|passive|reset`) */
#define HA_FORCED_LIST(X)                  \
	X(HA_UNFORCED, "No")               \
	X(HA_FORCED_ACTIVE, "Active")      \
	X(HA_FORCED_PASSIVE, "Passive")

enum ha_forced {
#define X(id, name) id,
	HA_FORCED_LIST(X)
#undef X
	HA_FORCED_N
};

/* What a node has to do with a planned switch. */
enum ha_handover {
	HA_NO_WORD,                  /* an earlier version: it knows no drain */
	HA_NOTHING,
	HA_DRAINS,                   /* it leaves, and works on until the other one is ready */
	HA_READY,                    /* it has the addresses, and keeps packets until it may take over */
	HA_HANDOVER_N
};

enum { HA_TOLD_LINKS = 2, HA_NAME = 36, HA_VERSION_TEXT = 16 };
#define HA_NEVER UINT32_MAX
/* The last counter of a term: beyond what promotions come to, so only what was damaged or made up gets there. None is above
 * it, but a promotion still is possible: see peering_next. */
#define HA_TERM_MAX (UINT64_MAX / 2)

struct ha_told {
	uint8_t forced;              /* enum ha_forced */
	bool frozen;                 /* its filter policy is being exchanged: roles are left as they are */
	uint8_t sync;                /* enum ha_sync */
	uint8_t link[HA_TOLD_LINKS];      /* main and backup: 0 there is none, else 1 + enum link_state */
	uint32_t age_s;              /* since its daemon began */
	uint32_t since_s;            /* in its role */
	uint32_t synced_s;           /* since the table was last complete; HA_NEVER */
	uint64_t serial;             /* the node's; 0: it does not tell */
	uint64_t term_serial;        /* of the term in the heartbeat */
	uint64_t conf, rules;        /* sums of configuration and signatures; 0: not told */
	char version[HA_VERSION_TEXT], name[HA_NAME];
	bool waits;                  /* nothing leaves it that a standby it counts on has not got (commit), and it hears that one */
	uint8_t handover;            /* enum ha_handover */
};

/* Into b->more. */
void ha_told_put(const struct ha_told *t, struct link_beat *b);
/* From b->more; what is out of range reads as if it had not been told. */
void ha_told_get(const struct link_beat *b, struct ha_told *t);

const char *ha_forced_name(unsigned f);

#endif
