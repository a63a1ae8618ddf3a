/* failover.h - the cut test: a capture run by two processes, the first of which dies at the cut.
 *
 * Node A takes the packets up to the cut in group commit with node B; then it is killed. B, a process
 * that has had nothing but the bytes of the link, takes the rest. What both let out is compared with a
 * run that never failed; where it differs, packet, session and field are named. Users run it on their own captures.
 */
#ifndef IPS_FAILOVER_H
#define IPS_FAILOVER_H

#include <signal.h>
#include <stdio.h>

#include "ips/capset.h"
#include "ips/difference.h"
#include "ips/engine.h"
#include "ips/faulty.h"

struct failover_job {
	const struct gen *gen;
	uint64_t seed;
	uint64_t at;                       /* the packet after which A dies; 0 = every packet, or some seeded ones */
	uint64_t every_max;                /* every packet of a capture of so many at most, else FAILOVER_PLACES */
	struct faulty_cfg sync;            /* of the wire between the nodes */
	bool crash;                        /* A dies when B has its last batch and nothing of it has left; TCP is sent again */
	const struct octets *octets;       /* NULL, or what the capture was before each octet got a packet of its own */
	FILE *show;                        /* NULL, or where the alerts of both nodes go and the lists asked for (one cut only) */
	bool sessions, share;              /* lists to show */
	const volatile sig_atomic_t *stop; /* not zero: give up, with ERR_IO */
	void (*progress)(void *arg, uint64_t done, uint64_t places); /* may be NULL */
	void *arg;
#ifdef HA_MUTATE
	int mutate; /* row that B reads as zero; -1 = none; FAILOVER_MUTE: A sends nothing again */
#endif
};

#define FAILOVER_MUTE       (-2)
#define FAILOVER_EVERY_MAX  2000u /* captures up to so many packets are cut at each */
#define FAILOVER_OCTETS_MAX 8000u /* and those cut to octets up to so many */
#define FAILOVER_PLACES     500u
#define FAILOVER_TOLD       32u   /* differences told of a capture */

struct failover_result {
	uint64_t cuts, equal, lost_alerts, extra_alerts, lost_sessions, digest_mismatches;
	uint64_t octets;    /* that A sent to B, over all cuts */
	struct faulty_count sync; /* what the wire did to messages of both, over all cuts */
	uint64_t resent;    /* batches sent again */
	uint64_t again;     /* packets that came again after a crash */
	uint64_t differences; /* facts that differ, over all cuts */
	unsigned n_told;
	struct difference told[FAILOVER_TOLD]; /* the first ones, in the order of the cuts */
};

/* ERR_RANGE: there is no packet job->at. */
enum err failover_run(const struct failover_job *job, const struct capset *cap, struct failover_result *out) MUST_USE;

#endif
