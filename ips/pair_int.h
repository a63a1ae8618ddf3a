/* pair_int.h - what the files of the pair share. */
#ifndef IPS_PAIR_INT_H
#define IPS_PAIR_INT_H

#include "ips/faulty.h"
#include "ips/node.h"
#include "ips/pair.h"
#include "ips/pair_order.h"

enum { PAIR_BATCH = 8, PAIR_WINDOW = 4, PAIR_BAD = 9 };

/* Batches that are under way at once: where nothing is lost and all that was acknowledged leaves, one shows as much as many. */
static inline uint64_t pair_window(const struct failover_job *j)
{
	return j->crash || j->sync.loss + j->sync.reorder + j->sync.dup != 0 ? PAIR_WINDOW : 1;
}

/* Packets up to the returned one have left before A's copy, which dies at the cut, begins its own. */
static inline uint64_t pair_base(const struct failover_job *j, uint64_t cut)
{
	const uint64_t n = PAIR_BATCH * pair_window(j);
	return (cut - 1) / n * n;
}

/* --- pair_link.c. false: the other end is gone, or misbehaves --- */
struct pair_end {
	int fd;
	struct faulty wire;  /* of what is sent from here */
	mono_t now;          /* A: of the link alone; a turn takes the commit timeout */
	bool mute;           /* A, test builds: nothing is sent again */
};
bool pair_send(struct pair_end *e, struct span batch);
/* A: until B has acknowledged all batches. */
bool pair_settle(struct pair_end *e, struct ha_sender *s);
/* B: takes what comes next, applies what is whole and acknowledges it. */
bool pair_receive(struct pair_end *e, struct node *n);

/* --- pair_show.c: what a user asked to see of both nodes at the cut --- */
void pair_show_active(const struct failover_job *j, const struct node *a, uint64_t cut);
void pair_show_standby(const struct failover_job *j, const struct node *b);
void pair_show_promoted(const struct failover_job *j, const struct node *b);
void pair_show_end(const struct failover_job *j, const struct node *b, size_t from);

/* --- pair_life.c: a node's process: none of the pair_live returns --- */
/* Packets up to the returned one have left before the crash. What is behind it can have been under way at once: none of it
 * answers another, or no second would ever have come without the first. Without a crash between commit and release: all. */
uint64_t pair_left(const struct pair *p, uint64_t cut);
void pair_live_active(const struct pair *p, int link);
void pair_live_standby(const struct pair *p, int link);
void pair_live_alone(const struct pair *p);

#endif
