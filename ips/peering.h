/* peering.h - which of two nodes works: the election and the rules of a pair, as a state machine of heartbeats and time.
 * Pure: time, what was heard and what is on disk come in with each step.
 *
 * Terms grow with each promotion; of two active nodes the one of the earlier term steps down. A term is on disk before its
 * promotion takes effect, so that none comes twice. A standby that has not got the whole table takes over only when it is
 * alone; one that no longer hears the other takes over only when the other cannot be found on the data side either.
 */
#ifndef IPS_PEERING_H
#define IPS_PEERING_H

#include "ips/ha_status.h"

/* The role octet of a heartbeat: enum ha_role, and of a standby: it has the whole table and would take over; of an
 * active node: it counts on that. */
enum { PEERING_ROLE = 0x7f, PEERING_WHOLE = 0x80 };

/* --- the election ---------------------------------------------------------------------------------------- */

/* X(id, name): what nodes are compared by. */
#define PEERING_BY_LIST(X)                  \
	X(PEERING_BY_NOTHING, "nothing")    \
	X(PEERING_BY_FORCED, "forced")      \
	X(PEERING_BY_QUALITY, "quality")    \
	X(PEERING_BY_WORKING, "works")      \
	X(PEERING_BY_PRIORITY, "priority")  \
	X(PEERING_BY_AGE, "age")            \
	X(PEERING_BY_SERIAL, "serial")      \
	X(PEERING_BY_ADDRESS, "address")

enum peering_by {
#define X(id, name) id,
	PEERING_BY_LIST(X)
#undef X
	PEERING_BY_N
};

struct peering_rank {
	uint8_t forced;              /* enum ha_forced: active, none, passive */
	uint8_t quality;             /* percent, the higher */
	bool works;                  /* it is active already */
	uint16_t priority;           /* the higher */
	uint32_t age_s;              /* the longer its daemon has run, differences up to a margin not counted */
	uint64_t serial;             /* the lower */
	bool lower;                  /* of two with one serial (a copied disk): it has the lower address */
};

struct peering_rules {
	bool override;               /* priority counts before who is active already */
	uint32_t age_margin_s;
};

/* Above 0: a is to work, below: b is; by: what has decided (may be NULL). Never 0 when one of both has the lower address. */
int peering_compare(const struct peering_rank *a, const struct peering_rank *b, const struct peering_rules *r,
		    enum peering_by *by);
const char *peering_by_name(unsigned by);

/* An interface's share in the quality. Members: of an aggregate. */
struct peering_iface {
	uint16_t weight;             /* 0..9999 */
	bool up;
	uint16_t members, members_up;
};
/* Weights of those that are up over all weights, in percent, rounded down; 100 when nothing has any weight. An aggregate
 * counts until its last member is lost, or, by_member, by its members' shares. */
uint8_t peering_quality(const struct peering_iface *v, unsigned n, bool by_member);

/* --- terms ------------------------------------------------------------------------------------------------- */

struct peering_term {
	uint64_t counter;
	uint64_t serial;             /* of the node that was promoted */
};
/* Below 0: a is the earlier one. */
int peering_term_cmp(const struct peering_term *a, const struct peering_term *b);

/* --- what an active node promises its standby ---------------------------------------------------------------- */

/* Of the dead interval: after so much silence it lets packets out without the standby; with no more it says that it waits. */
#define PEERING_ALONE(dead_ns) ((dead_ns) * 5 / 3)
#define PEERING_NEAR(dead_ns)  ((dead_ns) / 3)

/* --- a planned switch, make before break --------------------------------------------------------------------- */

/*
 * Who leaves works on until the other one has the addresses, and until what hosts had sent before they heard so has come: that is
 * when its queue falls quiet, or after PEERING_DRAIN_NS at the latest, since a host may not listen. Who is ready keeps what comes
 * meanwhile in its queue: for PEERING_READY_NS at most, which is more than the two waits of the one that leaves.
 */
#define PEERING_QUIET_NS      (NS_PER_MS * 1)    /* and at least so long since the other one was heard to be ready */
#define PEERING_DRAIN_NS      (NS_PER_MS * 50)   /* since the other one was heard to be ready */
#define PEERING_WAIT_READY_NS (NS_PER_MS * 300)  /* since this one leaves */
#define PEERING_READY_NS      (NS_PER_MS * 500)

/* --- the machine ------------------------------------------------------------------------------------------- */

struct peering_cfg {
	int64_t dead_ns;             /* heartbeat interval x lost threshold */
	uint16_t priority;
	uint64_t serial;
	bool lower;                  /* our address is the lower one */
	struct peering_rules rules;
	uint64_t used;               /* counters up to this one may have been used: what is on disk at the start */
	enum ha_forced forced;       /* on disk as well */
};

struct peering_in {
	mono_t now;
	bool seen, dead;             /* a peer was heard; it is gone */
	bool certain;                /* dead, and not only unheard */
	bool sought;                 /* unheard, and nobody answers on the data side: its host is dead */
	mono_t heard;                /* when its last heartbeat came */
	bool held;                   /* unheard, but somebody may work: probes are answered, or not at their end */
	struct link_beat beat;       /* its last heartbeat */
	struct ha_told told;         /* and what that told beside */
	uint8_t quality;             /* this node's, percent */
	uint32_t age_s;
	bool frozen;                 /* this node's policy is being exchanged */
	uint64_t stored;             /* counters up to this one are on disk */
	bool whole;                  /* standby: the table is complete and all that came is applied */
	uint64_t applied;            /* standby: batches */
	bool follower;               /* active: a standby has the whole table */
	bool quiet;                  /* leaving: the queue has brought nothing for PEERING_QUIET_NS, and has nothing now */
};

enum peering_act {
	PEERING_STAY,
	PEERING_STAND_BY,            /* starting: there is an active node */
	PEERING_PROMOTE,             /* starting or standby: work from now on */
	PEERING_LEAVE,               /* active: hand over; packets are taken and let through as before, until the peer is ready */
	PEERING_LEFT,                /* leaving: take no more packets, release what waits */
	PEERING_PREPARE,             /* standby: put the addresses on and announce them, and leave packets where they wait */
	PEERING_WITHDRAW,            /* standby: not after all; the addresses off, and packets are dropped again */
	PEERING_RETURN,              /* leaving: nobody took over; work on, and announce the addresses again */
	PEERING_STEP_DOWN            /* active or leaving: another one works; begin anew as its standby */
};

struct peering {
	struct peering_cfg cfg;
	enum ha_role role;
	struct peering_term term;    /* of the last promotion known of */
	uint64_t used;               /* counters up to this one are not to be used again */
	enum ha_forced forced;
	enum peering_by by;          /* leaving: what the peer is preferred by; PEERING_BY_NOTHING: it was asked for */
	mono_t since;                /* in this role */
	mono_t dead_since, idle_since; /* the peer is dead; it lives, and does not work */
	bool was_dead, was_idle;
	mono_t pause;                /* until then nothing is handed over unasked: the last time nobody took it */
	bool wish;                   /* active: to be passive, as long as there is a follower */
	mono_t counted_at;           /* standby: since then the active node has counted on us in all; 0: it does not */
	bool doubt;                  /* the last promotion: the other may have let packets by that it did not tell us of */
	bool left;                   /* leaving: no more packets are taken */
	mono_t peer_ready;           /* leaving: since when the other one has been ready; 0: it is not */
	bool ready, readied;         /* standby: prepared to take over; has been, since the other one began to leave */
	mono_t ready_since;
};

void peering_start(struct peering *p, const struct peering_cfg *cfg, mono_t now);
/* Once a turn of the loop. The role has changed when it returns; the caller does what that asks for. */
enum peering_act peering_step(struct peering *p, const struct peering_in *in);
/* The counter that a promotion would take: to be stored beforehand. HA_TERM_MAX is used again and again. */
uint64_t peering_next(const struct peering *p, const struct peering_in *in);

/* Commands. Active and passive force that state until reset, or until it turns out that nobody takes over; stop: hands
 * over once, because this node ends. */
enum peering_wish { PEERING_ACTIVE, PEERING_PASSIVE, PEERING_RESET, PEERING_STOP };
/* false: it cannot be, and why. What is so already is no error; why says so. */
bool peering_ask(struct peering *p, enum peering_wish want, const struct peering_in *in, const char **why);

#endif
