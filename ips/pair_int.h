/* pair_int.h - what the files of the pair share. */
#ifndef IPS_PAIR_INT_H
#define IPS_PAIR_INT_H

#include "ips/node.h"
#include "ips/pair.h"
#include "ips/pair_order.h"

enum { PAIR_BATCH = 8, PAIR_BAD = 9 };

/* Packets up to the returned one are in batches before the one that is cut at cut. */
static inline uint64_t pair_base(uint64_t cut)
{
	return (cut - 1) / PAIR_BATCH * PAIR_BATCH;
}

/* --- pair_link.c: the stream socket between the nodes. false: its end, or a peer that misbehaves --- */
bool pair_send_batch(int fd, struct ha_sender *s, struct span bytes);
/* Takes what has come, applies whole batches and acknowledges them. */
bool pair_receive(int fd, struct node *n);

/* --- pair_show.c: what a user asked to see of both nodes at the cut --- */
void pair_show_active(const struct failover_job *j, const struct node *a, uint64_t cut);
void pair_show_standby(const struct failover_job *j, const struct node *b);
void pair_show_promoted(const struct failover_job *j, const struct node *b);
void pair_show_end(const struct failover_job *j, const struct node *b, size_t from);

/* --- pair_life.c: a node's process: none of these returns --- */
void pair_live_active(const struct pair *p, int link);
void pair_live_standby(const struct pair *p, int link);
void pair_live_alone(const struct pair *p);

#endif
