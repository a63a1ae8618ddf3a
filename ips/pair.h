/* pair.h - node A and node B as two processes joined by a stream socket, cut at one place of a capture after another.
 *
 * Both run along the capture in step, B with nothing but the bytes of the link. At a cut each forks: A's copy takes what is left
 * up to the cut in one batch over a link of the copies' own and is killed; B's copy takes over and runs to the capture's end,
 * while the originals stand where they stood. So a cut costs the rest of the capture, not all of it. What the copies let out is
 * left as trace lines in memory files, so that it can be judged from outside. All processes die with the one that opened the
 * pair. One thread.
 */
#ifndef IPS_PAIR_H
#define IPS_PAIR_H

#include "ips/failover.h"
#include "ips/outbuf.h"

/* The one alone that is fed what the pair is fed runs only where that is not the capture: where packets are sent again. */
enum pair_node { PAIR_A, PAIR_B, PAIR_ALONE, PAIR_NODES };

/* What the copies say of one cut. */
struct pair_note {
	uint64_t digest_mismatches; /* seen by B */
	uint64_t octets, resent;    /* octets sent by A from the capture's beginning, and batches sent again */
	uint64_t again;             /* packets that came a second time */
	struct faulty_count sync[2]; /* what became of messages of A and of B since then */
};

struct pair {
	const struct failover_job *job;
	const struct capset *cap;
	pid_t pid[PAIR_NODES];   /* -1: there is none */
	int ctl[PAIR_NODES];     /* where its orders go and its answers come from */
	int along;               /* memory file: what A let out before the batch that is cut; it only grows */
	int trace[PAIR_NODES];   /* memory files: what the copies let out */
	int state[2];            /* memory files: what A's and B's copies held at the cut, if that was asked for */
	struct pair_note *note;  /* shared with the copies */
};

enum err pair_open(const struct failover_job *job, const struct capset *cap, struct pair *p) MUST_USE;
/* Ends the processes too. Fine after a pair_open that failed. */
void pair_close(struct pair *p);
/* A dies after packet cut, which is at or after the one of the call before. explain: the states are wanted too. false: a node
 * ended in another way than it should. */
bool pair_run(struct pair *p, uint64_t cut, bool explain);

/* Dies when the process that forked this one does. */
void pair_follow_parent(pid_t parent);
/* Writes a text whole, or ends the process: half a trace proves nothing. */
void pair_save(int fd, const struct outbuf *o);

#endif
