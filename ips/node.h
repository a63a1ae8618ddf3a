/* node.h - one node of a pair in a replay: an engine, its side of the link, and the trace of what it let out. */
#ifndef IPS_NODE_H
#define IPS_NODE_H

#include "hacache/ha_sync.h"
#include "ips/capset.h"
#include "ips/engine_ha.h"
#include "ips/outbuf.h"
#include "ips/trace.h"

struct recs {                        /* records waiting for their batch's release */
	struct rec *v;
	uint64_t *seq;               /* standby: the batch each came with */
	size_t n, cap;
};

struct node {
	struct engine *engine;
	struct engine_ha *ha;
	const struct gen *gen;
	struct outbuf trace;
	struct recs recs;
	uint64_t *ended;             /* sessions that ended in this batch */
	size_t n_ended, cap_ended;
	enum err failed;             /* out of memory on the way */

	struct ha_sender sender;     /* active */
	uint64_t released;
	uint64_t packet_nr;

	struct ha_receiver receiver; /* standby */
	struct ha_apply apply;
	struct ha_commit last;       /* the last commit applied */
	uint64_t digest_mismatches;
};

/* The numbers of a replay's nodes: both use the group's serial numbers, so both open sessions as one owner. */
enum { NODE_GROUP = 1 };

enum err node_new_alone(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
enum err node_new_active(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
enum err node_new_standby(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
void node_free(struct node *n);

/* Works on p; its verdict and records go to the trace at once (alone) or on release (active). */
void node_packet(struct node *n, const struct packet *p, struct verdict *v);
/* Active: the batch's bytes for the peer, valid until the next packet. */
enum err node_commit(struct node *n, struct span *bytes) MUST_USE;
/* Active: the peer has it: records and the n verdicts of the batch go to the trace. */
void node_release(struct node *n, const struct packet *p, const struct verdict *v, size_t n_packets);
/* Standby: bytes from the link; *ack is the batch to acknowledge. */
enum err node_feed(struct node *n, struct span bytes, uint64_t *ack) MUST_USE;
/* Standby: the peer is gone. Returns the number of the first packet that is ours. */
uint64_t node_promote(struct node *n);
/* The capture's end: lists, then every session's end. */
void node_finish(struct node *n);

#endif
