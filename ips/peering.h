/* peering.h - which of two nodes works: the rules of a pair, as a state machine of heartbeats and time. Pure.
 *
 * Terms grow with each promotion; of two active nodes the one with the lower term steps down, of equal terms the one
 * that would have lost the election. A standby that has not got the whole table takes over only when it is alone.
 */
#ifndef IPS_PEERING_H
#define IPS_PEERING_H

#include "ips/ha_status.h"

/* The role octet of a heartbeat: enum ha_role, and of a standby: it has the whole table and would take over; of an
 * active node: it counts on that. */
enum { PEERING_ROLE = 0x7f, PEERING_WHOLE = 0x80 };

struct peering_cfg {
	int64_t dead_ns;             /* heartbeat interval x lost threshold */
	uint16_t priority;
	bool lower;                  /* our address is the lower one: decides between equals */
};

struct peering_in {
	mono_t now;
	bool seen, dead;             /* a peer was heard; it is gone */
	bool certain;                /* dead, and not only unheard */
	struct link_beat beat;       /* its last */
	bool whole;                  /* standby: the table is complete and all that came is applied */
	uint64_t applied;            /* standby: batches */
	bool follower;               /* active: a standby has the whole table */
};

enum peering_act {
	PEERING_STAY,
	PEERING_STAND_BY,            /* starting: there is an active node */
	PEERING_PROMOTE,             /* starting or standby: work from now on */
	PEERING_LEAVE,               /* active: take no more packets, release what waits */
	PEERING_RETURN,              /* leaving: nobody took over; work on */
	PEERING_STEP_DOWN            /* active or leaving: another one works; begin anew as its standby */
};

struct peering {
	struct peering_cfg cfg;
	enum ha_role role;
	uint64_t term;
	mono_t since;                /* in this role */
	mono_t dead_since;
	bool was_dead;
	bool wish;                   /* active: to be passive; standby: to be active */
};

void peering_start(struct peering *p, const struct peering_cfg *cfg, mono_t now);
/* Once a turn of the loop. The role has changed when it returns; the caller does what that asks for. */
enum peering_act peering_step(struct peering *p, const struct peering_in *in);
/* What a command asks for; false: it cannot be, and why. */
bool peering_ask(struct peering *p, bool active, const struct peering_in *in, const char **why);

#endif
