/* replica.h - an engine and its side of the pair: alone, active with a standby that follows, or that standby.
 *
 * Bytes in, bytes out, no I/O: the replay joins two of them by a socket pair, the live node by the HA link. A log
 * record leaves by the sink when it may be written: at once when alone, on release when active, on promotion when it was
 * a dead peer's. One thread.
 */
#ifndef IPS_REPLICA_H
#define IPS_REPLICA_H

#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"

enum replica_mode { REPLICA_ALONE, REPLICA_ACTIVE, REPLICA_STANDBY };

struct recs {                        /* records waiting for their batch's release */
	struct rec *v;
	uint64_t *seq;               /* the batch each belongs to */
	size_t n, cap;
	size_t max;                  /* a standby's: one whose peer never says that they are written forgets the older half */
	uint64_t forgotten;
};

enum { REPLICA_RECS_OCTETS = 64 << 20 };

struct replica {
	enum replica_mode mode;
	struct engine *engine;
	struct engine_ha *ha;
	struct hash_key key;
	engine_rec_fn *out;
	void *out_arg;
	struct recs recs;
	uint64_t *ended;             /* sessions that ended in this batch */
	size_t n_ended, cap_ended;
	enum err failed;             /* out of memory on the way */

	struct ha_sender sender;     /* active */
	uint64_t stream;             /* number of the last stream begun; the owner's first: random, or what no other node uses */
	uint64_t whole_from;         /* a peer that comes back may count itself whole from this batch on */
	struct frag_message datagram; /* the one that goes out */
	bool whole;                  /* active: the table is on its way to the peer; standby: it is here */
	uint64_t whole_seq;          /* active: the batch that completed it */
	enum ha_wait wait;           /* active: which batches wait for the peer */
	uint64_t wait_seq;           /* the last one that does */
	uint64_t released;
	uint64_t rec_seq;            /* active: the last batch that has records */
	uint64_t written;            /* active, the owner's word: records up to this batch are in its logs */
	uint64_t packet_nr;

	struct ha_receiver receiver; /* standby */
	struct ha_apply apply;
	struct ha_commit last;       /* the last commit applied */
	uint64_t digest_mismatches;
};

/* Alone. sink gets the records; e->rec_mask says which. */
enum err replica_new(const struct engine_cfg *cfg, const struct gen *g, mono_t now, engine_rec_fn *sink, void *arg,
		     struct replica *r) MUST_USE;
void replica_free(struct replica *r);

/* Alone > active: a peer has joined. Hello and the whole table are to be sent: see replica_bulk. */
enum err replica_join(struct replica *r) MUST_USE;
/* Alone > active, to step down: what has seen a packet since is to be sent to the node that works on, for it to merge. */
enum err replica_yield(struct replica *r, mono_t since) MUST_USE;
/* What is sent first on a connection over which the stream is to go on; at most HA_HELLO_MAX octets. */
enum err replica_greet(struct replica *r, struct wr *out) MUST_USE;
/* Puts at most max sessions of the table that the peer has yet to get in line for this batch; how many follow later. */
size_t replica_bulk(struct replica *r, size_t max);
/* Active: has anything changed that the peer has not been told? */
bool replica_pending(const struct replica *r);
/* Active > alone: the peer is gone. What waited for its word is released by this. */
void replica_part(struct replica *r);
/* Alone and without sessions > standby, with nothing of the peer's yet. A standby begins anew. */
enum err replica_stand_by(struct replica *r) MUST_USE;

/* Active: the batch's bytes for the peer, valid until the next replica_* call. */
enum err replica_commit(struct replica *r, struct span *bytes) MUST_USE;
/* Active, right behind a commit: is what the peer was told what there is? Looks at every session whole; for tests. */
bool replica_sound(struct replica *r) MUST_USE;
/* Active: batches up to seq may leave: their records go to the sink. */
void replica_release(struct replica *r, uint64_t seq);
/* Standby: bytes from the link; r->receiver.seq is the batch to acknowledge. */
enum err replica_feed(struct replica *r, struct span bytes) MUST_USE;
enum err replica_feed_link(struct replica *r, unsigned link, struct span bytes) MUST_USE;
/* Standby > alone: the peer is dead. Records that it may not have written go to the sink. */
void replica_promote(struct replica *r);

#endif
