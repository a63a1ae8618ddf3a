/* ha_status.h - how a node stands in its pair: what `ips ha info` shows. Plain; a copy is taken by visits. */
#ifndef IPS_HA_STATUS_H
#define IPS_HA_STATUS_H

#include "hacache/ha_links.h"
#include "ips/ha_told.h"

/* X(id, name) */
#define HA_ROLE_LIST(X)             \
	X(HA_STARTING, "starting")  \
	X(HA_STANDBY, "passive")    \
	X(HA_ACTIVE, "active")      \
	X(HA_LEAVING, "leaving")    \
	X(HA_CLAIMING, "claiming")

enum ha_role {
#define X(id, name) id,
	HA_ROLE_LIST(X)
#undef X
	HA_ROLE_N
};

/* Of the table of sessions between the two nodes. */
#define HA_SYNC_LIST(X)           \
	X(HA_ALONE, "alone")      \
	X(HA_SYNCING, "syncing")  \
	X(HA_SYNCED, "in sync")

enum ha_sync {
#define X(id, name) id,
	HA_SYNC_LIST(X)
#undef X
	HA_SYNC_N
};

struct ha_link_status {
	enum link_state state;
	bool heard;              /* the peer is, there */
	const struct link_cfg *cfg;
};

struct ha_status {
	bool enabled;            /* mode a-p */
	enum ha_role role;
	enum ha_sync sync;
	mono_t since;            /* in this role */
	mono_t synced_since;
	uint64_t term, term_serial;
	enum ha_forced forced;
	bool frozen;             /* the election is */
	bool held;               /* standby: the peer is not heard, and something of it answers on the data side */
	bool disk_bad;           /* terms cannot be stored */
	uint32_t age_s;
	uint64_t serial, conf, rules; /* the node's; sums of its configuration and signatures */
	mono_t conf_same;        /* when both were last found equal to the peer's; 0: never */
	uint8_t quality;
	uint16_t priority;
	uint64_t boot_id;
	unsigned n_links, link_used; /* link_used: LINKS_NONE when none is */
	struct ha_link_status link[LINKS_MAX];
	uint64_t link_switches;
	bool peer_seen, peer_dead;
	struct link_beat peer;   /* its last heartbeat; role is an enum ha_role */
	struct ha_told peer_told;
	uint64_t peer_boot_id;
	mono_t peer_at;
	uint64_t sent, acked;    /* active: batches committed, and acknowledged */
	uint64_t applied;        /* standby: batches */
	uint64_t octets;         /* active: sent to the peer */
	uint64_t ahead;          /* active: packets that left before the peer had what they changed: a crash could lose that */
	uint64_t bulk_left, bulk_total; /* active, syncing: sessions still to be sent, of how many */
	uint64_t bulks;          /* tables sent whole */
	uint64_t caught_up;      /* times that a stream went on after all links had been lost */
	uint64_t overflows;      /* streams given up, more being unacknowledged than is kept */
	uint64_t resent, retries; /* batches sent again; times that no answer within the commit timeout had the other link tried */
	uint64_t repairs;        /* buckets of the table told anew: given, or taken */
	uint64_t tags_unknown;   /* standby: tags of the peer that came and have no name here, each once a stream */
	uint64_t ports_unknown;  /* the same of interfaces */
	uint64_t merged, merge_kept, merge_refused; /* after both have worked: sessions taken over, kept, not taken */
	uint64_t queued, queued_octets; /* batches that wait for their acknowledgement */
	uint64_t resyncs, digest_mismatches, refused, commit_timeouts, backlog_dropped, promotions;
	uint64_t doubts;         /* promotions after which the other one may have let by what is not known here */
	uint64_t forgotten;      /* standby: records that the other one never said were written, given up for want of room */
	uint64_t counter[LINK_COUNTER_N];
};

const char *ha_role_name(unsigned r);
const char *ha_sync_name(unsigned s);

/* As struct ha_told has it: 0 there is no such link, else 1 + its state. */
static inline uint8_t ha_status_link(const struct ha_status *s, unsigned i)
{
	return i < s->n_links ? (uint8_t)(1 + s->link[i].state) : 0;
}

#endif
