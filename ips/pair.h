/* pair.h - one cut: node A and node B as two processes joined by a stream socket; A is killed at the cut.
 *
 * What each let out is left as trace lines in memory files, so that it can be judged from outside. The
 * processes die with the one that started them.
 */
#ifndef IPS_PAIR_H
#define IPS_PAIR_H

#include "ips/failover.h"
#include "ips/outbuf.h"

struct pair {
	const struct failover_job *job;
	const struct capset *cap;
	int trace[2]; /* memory files: what A and B let out */
	int sums;     /* memory file: struct pair_sums */
};

struct pair_sums {
	uint64_t digest_mismatches; /* seen by B */
	uint64_t octets;            /* sent by A */
};

enum err pair_open(const struct failover_job *job, const struct capset *cap, struct pair *p) MUST_USE;
void pair_close(struct pair *p);
/* Writes a trace whole, or ends the process: half a trace proves nothing. */
void pair_save(int fd, const struct outbuf *o);
/* Runs both, A killed after packet cut; false when a node ended in another way than it should. */
bool pair_run(const struct pair *p, uint64_t cut);

/* Dies when the process that forked this one does. */
void pair_follow_parent(pid_t parent);

#endif
