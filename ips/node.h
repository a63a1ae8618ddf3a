/* node.h - one node of a pair in a replay: a replica, and the trace of what it let out. */
#ifndef IPS_NODE_H
#define IPS_NODE_H

#include "ips/capset.h"
#include "ips/outbuf.h"
#include "ips/replica.h"
#include "ips/trace.h"

struct node {
	struct replica r;
	const struct gen *gen;
	struct outbuf trace;
	bool unheard;                /* what it lets out is lost behind it: no verdicts in the trace */
};

/* The numbers of a pair's nodes: both use the group's serial numbers, so both open sessions as one owner. */
enum { NODE_GROUP = 1 };

enum err node_new_alone(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
enum err node_new_active(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
enum err node_new_standby(const struct gen *g, uint64_t seed, struct node *n) MUST_USE;
void node_free(struct node *n);

/* Works on p; its verdict and records go to the trace at once (alone) or on release (active). */
void node_packet(struct node *n, const struct packet *p, struct trace_mark *m);
/* Active: the peer has the batch: records and the verdicts of its n packets go to the trace. */
void node_release(struct node *n, const struct packet *p, const struct trace_mark *m, size_t n_packets);
/* Standby: the peer is gone. Returns the number of the first packet that is ours. */
uint64_t node_promote(struct node *n);
/* The capture's end: lists, then every session's end. */
void node_finish(struct node *n);

#endif
