/* failover_int.h - one worker's cuts: a pair, and the judgement of what it did at each. */
#ifndef IPS_FAILOVER_INT_H
#define IPS_FAILOVER_INT_H

#include "ips/judge.h"
#include "ips/pair.h"

struct cuts {
	struct pair pair;
	struct span expected;        /* of one that never fails; borrowed */
	struct judge *judge;         /* of that */
	struct outbuf expected_alerts, bare; /* the alerts of that, and of another, without their numbers */
	struct judge *alerts;        /* of the first */
	struct outbuf along, part[PAIR_NODES]; /* what the pair's memory files hold */
	uint64_t cut;                /* the one under way, */
	struct difference *found;    /* and what differs at it: as many as there is room for */
	size_t n_found;
	struct failover_result r;    /* so far */
};

/* expected: the trace of the capture run by one node alone. */
enum err cuts_open(const struct failover_job *job, const struct capset *cap, struct span expected, struct cuts *c) MUST_USE;
void cuts_close(struct cuts *c);
/* One cut, at or after the last one; what comes of it is added to c->r. */
enum err cuts_one(struct cuts *c, uint64_t cut) MUST_USE;

/* Appends what a memory file holds from octet from on. */
bool cuts_read(int fd, size_t from, struct outbuf *o);

#endif
