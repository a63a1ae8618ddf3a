/* peering_sim_types.h - the state of the simulation in peering_sim.h: the network, both nodes, and what has been met. */
#ifndef TESTS_UNIT_PEERING_SIM_TYPES_H
#define TESTS_UNIT_PEERING_SIM_TYPES_H

#include "ips/peering.h"

#define SIM_DEAD (300 * NS_PER_MS)
#define SIM_MS   NS_PER_MS

enum {
	SIM_BATCH = 55,
	SIM_STEP_MS = 10,
	SIM_BEAT_MS = 50,
	SIM_SYNC_MS = 400,           /* the table's way */
	SIM_FAULT_MS = 12000,        /* faults end */
	SIM_BOUND_MS = 9000,         /* then one works, the other follows, and no rule is pending */
	SIM_QUIET_MS = 14000,
	SIM_PROBE_MS = 150,          /* silence until nobody is there */
	SIM_HANG_MS = 500,           /* an engine that sleeps is killed by its parent */
	SIM_KEPT_MS = 500,           /* packets, by one that is ready */
	SIM_ASTRAY_MS = 1500,        /* hosts send to one that does not work */
	SIM_WAIT_MS = 300,           /* for one that is not */
	SIM_IN_FLIGHT = 64,
	SIM_TERMS = 512
};

enum sim_plant {
	PLANT_NOTHING,
	PLANT_NOT_STORED,            /* a term is used that is not on disk */
	PLANT_NOT_RAISED,            /* a promotion takes the term that there was */
	PLANT_TIE,                   /* nothing tells the nodes apart */
	PLANT_NO_PROBES,             /* unheard counts as dead */
	PLANT_NO_STEP_DOWN,          /* an active node does not mind another one */
	PLANT_NO_DOUBT,              /* each promotion is taken for one that knows all */
	PLANT_NO_WITHDRAW,           /* who is ready stays so */
	PLANT_SAID_EARLY,            /* who has not got the addresses says that it is ready */
	PLANT_NOT_ANNOUNCED,         /* hosts are told by who begins to work, not by who works on */
	PLANT_N
};

struct sim_mail {
	int64_t due;
	uint64_t boot, heard;        /* the sender's, and which of the receiver's it has heard of */
	struct link_beat beat;
	bool full;
};

struct sim_disk {
	uint64_t term, pending;
	uint32_t forced;
	int64_t due;                 /* of pending; 0: nothing is */
};

struct sim_node {
	bool up, host_down, machine_sleeps;
	int64_t back, wakes, slept_at, beaten, at, clock, stepped, probing, began;
	uint64_t boot, peer_boot, will; /* will: the peer's boot of which it knows that it is dead */
	struct peering p;
	bool seen, whole, hold, frozen;
	bool ahead;                  /* it has let packets by that a standby which was whole does not know of */
	uint8_t quality;
	uint16_t priority;
	struct sim_disk disk;
	struct link_beat heard;
	int64_t broken;
	bool old;                    /* of a version that knows no drain */
	bool peer_worked, peer_there;
	bool vips;                   /* the pair's addresses are on */
	int64_t vips_due, announced; /* when its parent puts them on, 0: it is not to; when it has */
	int64_t again;               /* when hosts are to hear of one that slept */
	int64_t ready_at, left_at;   /* since when it is ready, or leaves */
	enum ha_handover said;
	int64_t offered;             /* when it last had the addresses, ready */
};

struct sim {
	uint64_t seed;
	enum sim_plant plant;
	int64_t ms, joined, both, answering, astray, settled_at;
	struct sim_node n[2];
	struct sim_mail box[2][SIM_IN_FLIGHT]; /* to that node */
	bool cut[2], data_cut, override;       /* cut: what is sent to that node is lost */
	int64_t strange;                       /* when last a heartbeat could come late, or a clock stepped */
	bool calm;                             /* neither happens */
	unsigned hosts;                        /* the node that they heard last */
	bool high;                             /* the counters of terms come to their end: then terms come again */
	unsigned loss, delay;                  /* percent, milliseconds at most */
	struct peering_term used[SIM_TERMS];
	unsigned n_used;
	const char *wrong;
};

/* What has happened over all runs, so that none of it is merely possible. */
struct sim_met {
	unsigned both, incomplete, whole, left, preferred, stepped, returned, higher, held, slept, hung, jumped, waited_disk;
	unsigned drained, withdrawn, forsaken; /* of planned switches */
	unsigned exact;              /* promotions without a doubt */
	unsigned ended;              /* promotions at the end of the counters */
	int64_t longest;             /* until all was well again, in milliseconds */
};

#endif
