/* child_keeper.h - the engine process's main thread: what the parent sends, and what the control socket asks of the whole node. */
#ifndef IPS_CHILD_KEEPER_H
#define IPS_CHILD_KEEPER_H

#include <pthread.h>

#include "hacache/ha_links.h"
#include "ips/child.h"
#include "ips/worker.h"
#include "nfq/queue_clock.h"

enum { LOG_RING = 16384, LOGS_WAIT_MS = 2000 }; /* records a worker's ring holds; */

struct keeper {
	const struct child *p;
	int parent;
	struct queue_clock clock;
	mono_t started;
	struct gen *gen;
	uint64_t generation;
	struct links *links;
	unsigned n_workers;
	struct worker *worker[RULESET_QUEUES_MAX];
	struct pktio *io[RULESET_QUEUES_MAX];
	pthread_t thread[RULESET_QUEUES_MAX];
	struct logs *logs;
	struct ctl *ctl;
	struct ctl_node node;

	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool down;                   /* the first worker's loop has ended, as asked */
	bool waiting;                /* somebody waits for a reload's end */
	bool done;                   /* it has come */
	enum err result;
	struct outbuf told;
};

void keeper_init(struct keeper *k, const struct child *p);
/* Until the parent says stop or is gone. */
enum engine_exit keeper_run(struct keeper *k);

/* The first worker's thread: told to the rest, then never ends; keeper_wait_worker waits for the former. */
void keeper_wait_down(struct keeper *k);
void keeper_wait_worker(struct keeper *k);

/* Whoever waits for a reload is told that the node ends. */
void keeper_answer(struct keeper *k);

/* struct ctl_node's functions; arg is the keeper. */
enum err keeper_visit(void *arg, unsigned worker, ctl_visit_fn *fn, void *ctx) MUST_USE;
enum err keeper_reload(void *arg, struct outbuf *told) MUST_USE;
enum err keeper_role(void *arg, enum ctl_role want, struct outbuf *told) MUST_USE;
void keeper_about(void *arg, struct ctl_about *out);

#endif
