/* worker.h - the packet loop: a queue's packets through an engine, verdicts when the pair's state allows them.
 *
 * One thread a worker, nothing shared on the packets' way. Others reach it by worker_visit, between two batches.
 */
#ifndef IPS_WORKER_H
#define IPS_WORKER_H

#include "ips/ctl.h"
#include "ips/live.h"
#include "ips/logs.h"
#include "ips/procs.h"

/* What outlives an engine process, as its parent knows it. */
struct worker_standing {
	uint64_t serial;             /* of the node */
	uint64_t used;               /* terms up to this one may have been this node's */
	enum ha_forced forced;
	uint32_t age_s;              /* since the daemon began */
};

struct worker_cfg {
	unsigned nr;
	const struct live *live;     /* borrowed, like the rest */
	const struct gen *gen;
	struct pktio *io;
	struct links *links;         /* NULL: no pair */
	struct pulse *pulse;         /* NULL: another worker's is watched */
	int parent;                  /* socket to it */
	uint64_t seed;               /* of hash tables; the same on both nodes is no need */
	uint64_t boot_id;
	struct worker_standing standing;
	struct diary *diary;         /* of the pair's events; NULL: none is kept */
	mono_t (*now)(void *arg);
	void *now_arg;
};

struct worker;
enum err worker_new(const struct worker_cfg *cfg, struct worker **out) MUST_USE;
void worker_free(struct worker *w);
/* Before worker_run: the log thread starts once rights are given up, after the workers were made. */
void worker_set_logs(struct worker *w, struct logs *logs);
/* Until worker_stop, or the loop cannot go on. */
enum engine_exit worker_run(struct worker *w);
/* Any thread: worker_run ends after this turn, what waits for its verdict being dropped. */
void worker_stop(struct worker *w);

/* Any thread but the worker's. See ctl_node.visit. */
enum err worker_visit(struct worker *w, ctl_visit_fn *fn, void *ctx) MUST_USE;
/* By a visit: packets are judged by g from now on; worker_changed: the former generation is no longer used. */
enum err worker_set_gen(struct worker *w, const struct gen *g) MUST_USE;
bool worker_changed(const struct worker *w);
/* By a visit: what a command asks for (enum peering_wish); false and why: it cannot be. */
bool worker_ask_role(struct worker *w, unsigned want, const char **why);

#endif
