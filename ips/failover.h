/* failover.h - the cut test: a capture run by two processes, the first of which dies at the cut.
 *
 * Node A takes the packets up to the cut in group commit with node B; then it is killed. B, a process
 * that has had nothing but the bytes of the link, takes the rest. What both let out is compared with a
 * run that never failed. Users run it on their own captures.
 */
#ifndef IPS_FAILOVER_H
#define IPS_FAILOVER_H

#include <signal.h>
#include <stdio.h>

#include "ips/capset.h"
#include "ips/engine.h"

struct failover_job {
	const struct gen *gen;
	uint64_t seed;
	uint64_t at;                       /* the packet after which A dies; 0 = every packet, or FAILOVER_PLACES seeded ones */
	FILE *show;                        /* NULL, or where the alerts of both nodes go and the lists asked for (one cut only) */
	bool sessions, share;              /* lists to show */
	const volatile sig_atomic_t *stop; /* not zero: give up, with ERR_IO */
	void (*progress)(void *arg, uint64_t done, uint64_t places); /* may be NULL */
	void *arg;
#ifdef HA_MUTATE
	int mutate; /* row that B reads as zero; -1 = none */
#endif
};

#define FAILOVER_EVERY_MAX 2000u /* captures up to so many packets are cut at each */
#define FAILOVER_PLACES    500u

struct failover_result {
	uint64_t cuts, equal, lost_alerts, extra_alerts, lost_sessions, digest_mismatches;
	uint64_t octets;    /* that A sent to B, over all cuts */
	uint64_t first_cut; /* cut of the first difference, 0 = none */
	char first[1024];   /* the difference in words */
};

/* ERR_RANGE: there is no packet job->at. */
enum err failover_run(const struct failover_job *job, const struct capset *cap, struct failover_result *out) MUST_USE;

#endif
