/* worker_int.h - the inside of the packet loop, shared by worker.c and worker_*.c only. */
#ifndef IPS_WORKER_INT_H
#define IPS_WORKER_INT_H

#include <pthread.h>

#include "ips/merge.h"
#include "ips/outgoing.h"
#include "ips/peering.h"
#include "ips/replica.h"
#include "ips/routes.h"
#include "ips/worker.h"

enum {  OWN_MAX = 512, PORTS_MAX = 4096 };

/* A batch that waits for its release. */
struct flight {
	uint64_t seq;                /* of the link; 0: none */
	uint64_t wait;               /* the batch that the peer must have before this one goes; 0: goes at once */
	mono_t sent;
	struct outgoing out;
};

/* The box's own addresses: packets to them are the kernel's. Sorted. */
struct own {
	bool bridge;                 /* groups and broadcasts go through it to others */
	unsigned n;
	struct own_addr {
		uint8_t family;
		struct addr a;
	} v[OWN_MAX];
};

struct visit {
	ctl_visit_fn *fn;
	void *ctx;
	bool taken, done;
	struct visit *next;
};

struct worker {
	struct worker_cfg cfg;
	struct logs *logs;
	struct replica r;
	struct own own;
	struct routes *routes;
	uint16_t port_of[PORTS_MAX]; /* the configuration's number of a kernel interface; 0: not inspected */
	mono_t now;                  /* this turn's */
	mono_t ticked;
	mono_t empty_since;          /* looks at the queue have found nothing; 0: the last one has */
	mono_t empty_at;             /* the last such look */

	struct flight flight[PKTIO_FLIGHTS];
	unsigned n_flights, first;   /* those that are committed */
	bool gathers;                /* behind them, never alone: the next one has packets, inspected but not committed */
	struct packet batch[PKTIO_BATCH_MAX];

	/* --- worker_pair.c --- */
	struct peering peering;
	struct elect {               /* worker_elect.c */
		uint64_t asked;          /* the counter that the parent was last asked to store */
		enum ha_forced forced;   /* the forced state that it was last told */
		mono_t began;            /* this engine */
		mono_t frozen_since;     /* 0: it is not */
		mono_t probing_since;    /* 0: it is not */
		mono_t silent_since;     /* nobody has answered; 0: somebody has, or may */
		uint8_t quality;         /* last told */
		bool disk_bad;
	} elect;
	struct ha_status status;
	mono_t beaten;               /* when the last heartbeat went out; zero: the next one is to go at once */
	mono_t lease;                /* from here on the peer waits for the dead interval before it takes over */
	uint64_t told_written;
	uint64_t marked;             /* batch whose records end at mark in the log ring; 0: none is waited for */
	uint32_t mark;
	bool hold;                   /* the links broke and the peer may still count itself whole */
	mono_t hold_since;
	mono_t down_at;              /* when the last link was lost */
	mono_t again_at;             /* active, and it slept: when hosts are to hear of it again; 0: they are not */
	bool was_seen, was_dead, peer_worked, said_whole, said_left;
	uint8_t said_handover;       /* enum ha_handover */
	uint32_t vips_asked;         /* code of the last PM_ACTIVE */
	bool untold;                 /* the parent has had no room for this word yet: */
	enum proc_msg_kind untold_kind;
	bool peer_whole;             /* the peer's last heartbeat says so: see peering.h */
	enum engine_exit end;

	/* --- worker_merge.c --- */
	bool yields;                 /* both nodes worked, and this one ends: it tells what it has */
	mono_t yields_since;
	mono_t yields_from;          /* of what has seen a packet since, the peer may know nothing */
	struct merge merge;

	/* --- worker_link.c --- */
	uint64_t epoch[LINKS_MAX];   /* of each link's connection that is in use; 0: none */
	bool was_up[LINKS_MAX];
	bool detached;               /* active: gone on alone, but the stream is kept for the standby that comes back */
	bool no_more;                /* active: the stream cannot go on: what is sent means another thing from now on */
	bool owed;                   /* active: there has to be a next batch, whatever happens: the standby waits for it */
	uint64_t bulk_end;           /* active: the batch that ends the table; 0: it has not ended yet */
	bool unproven;               /* active: links are back, and the peer has not answered yet: it may be another */
	unsigned used;               /* the link that batches went by last, and ... */
	uint64_t cursor;             /* the next one to go by it */
	uint64_t sent;               /* the highest that went by any */
	uint64_t tried[LINKS_MAX];   /* of this connection: up to here it has had what the other one did not answer in time */
	uint64_t retried;            /* up to here the other link was tried as well, and none has been answered since; 0: no */

	/* --- visits --- */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct visit *visits;
	int wake;                    /* eventfd */
	_Atomic bool asked, stop;
};

/* worker_own.c */
void own_read(struct own *o, const struct live *l);
/* For the box itself, or for many: the kernel's, not to be inspected. dst: whom it is for; family 0: it cannot be read. */
bool own_packet(const struct own *o, const struct packet *p, struct own_addr *dst);
void ports_read(uint16_t port_of[PORTS_MAX], const struct live *l);

/* worker_link.c: the stream's way over the links. */
/* Acknowledgements, or batches for the standby. */
void pair_hear(struct worker *w);
/* What links do: they come up, break, take turns; a standby joins, or is caught up. Then what is due goes out. */
void pair_watch(struct worker *w);
/* Sends what the peer was not sent yet, as far as the link takes it. */
void pair_pump(struct worker *w);
/* The stream has ended; nobody follows. */
void pair_part(struct worker *w);
/* The conversation is cut off. What the peer may hold against us decides whether to wait. */
void pair_broken(struct worker *w);
bool pair_has_follower(const struct worker *w);   /* a standby has the whole table */
void pair_stand_by(struct worker *w);
/* A stream has begun: nothing of it has gone by any link. */
void pair_begin_stream(struct worker *w);
void pair_acknowledge(struct worker *w, unsigned link, struct ha_receiver *r);
void pair_link_status(struct worker *w);
/* May more of the table be put in line? */
bool pair_may_bulk(const struct worker *w);
/* Is there more of it to put in line, and may it be? Then the loop is not to wait. */
bool pair_bulks(const struct worker *w);

/* worker_merge.c */
/* The last link is lost just now. */
void merge_links_lost(struct worker *w);
/* Another node works, and works on: this one tells it what it has, until merge_yielded, which is asked once a turn. */
void merge_yield(struct worker *w);
bool merge_yielded(struct worker *w);
/* The peer works too, or yields: what it sends is not for one that is joined. */
bool merge_awaits(const struct worker *w);
void merge_hear(struct worker *w, unsigned link, struct span s);
/* Ends the merging when the peer has gone on. */
void merge_watch(struct worker *w);
/* worker_pair.c */
void pair_start(struct worker *w);
/* What the link brought, roles, heartbeats. */
void pair_turn(struct worker *w);
/* Has anybody to be told of what has changed? */
bool pair_follows(const struct worker *w);
/* Puts what has changed on its way; the batch's number, or 0: nobody has to know it before it leaves. */
uint64_t pair_commit(struct worker *w);
/* May a batch of that number leave? */
bool pair_released(const struct worker *w, uint64_t seq);
enum ha_role pair_role(const struct worker *w); /* as others are to see it */
bool pair_works(const struct worker *w);     /* this node lets packets through */
bool pair_takes(const struct worker *w);     /* and takes new ones */
bool pair_hurries(const struct worker *w);   /* a switch is under way: packets wait for each turn of the loop */
bool pair_overslept(const struct worker *w, mono_t now); /* the peer may have taken over: it has waited long enough */
void pair_slept(struct worker *w);           /* the loop stood still for that long: what waits is dropped */
void pair_status(struct worker *w);          /* brings w->status up to date */
/* Signatures and tables have changed, so that the peer takes what it is sent for something else: the conversation begins anew. */
void pair_anew(struct worker *w);
int64_t pair_dead_ns(const struct worker *w);
/* worker_elect.c: what the election takes and gives. */
void elect_start(struct worker *w);
/* Fills in what peering asks for beside what worker_pair.c knows; closed: the peer's end of the connection, so the link works. */
void elect_in(struct worker *w, struct peering_in *in, bool closed);
/* After a step: what is to be stored, and whether the peer is to be looked for on the data side. */
void elect_tell_parent(struct worker *w, const struct peering_in *in);
void elect_tell_peer(const struct worker *w, enum ha_handover handover, struct link_beat *b);
void elect_status(struct worker *w);
/* worker.c */
void worker_event(struct worker *w, enum ha_event_id id, const char *text);
void worker_release(struct worker *w);
/* Drops all that waits for its verdict, here and in the queue. */
void worker_drop_all(struct worker *w);

#endif
