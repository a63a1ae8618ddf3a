/* ctl.h - the control socket of the daemon: one request a line, answers in JSON lines, bounded in size and time.
 *
 * A thread of its own, so that a slow or hostile client costs the packets nothing. What a request needs of a worker is
 * done by a visit: a short function that the worker runs between two batches. Lists are taken in chunks of sessions.
 */
#ifndef IPS_CTL_H
#define IPS_CTL_H

#include "ips/ha_status.h"
#include "ips/engine.h"
#include "ips/outbuf.h"
#include "nfq/pktio.h"

struct diary;
/* One worker, lent to a function that runs on its thread between two batches. */
struct ctl_view {
	unsigned worker;
	struct engine *engine;
	const struct pktio *io;
	const struct ha_status *ha;
	const struct diary *diary; /* NULL: none is kept */
};
/* Works on CTL_CHUNK sessions at most, so that no packet waits for a list. */
typedef void ctl_visit_fn(const struct ctl_view *v, void *ctx);
enum { CTL_CHUNK = 256, CTL_WAIT_MS = 2000 };

#define CTL_SOCKET "/run/ips/ips.sock"
enum {
	CTL_CLIENTS = 8,         /* one more takes the place of one that is idle, or is told so */
	CTL_SPARE_S = 2,         /* a client that has asked nothing for so long is idle */
	CTL_REQUEST_MAX = 64 << 10, /* octets of a request's line */
	CTL_READ_S = 10,         /* a client that has not read its answer's next lines for so long is closed */
	CTL_IDLE_S = 60          /* as is one that asks nothing */
};

enum ctl_role { CTL_ACTIVE, CTL_PASSIVE, CTL_RESET, CTL_STOP }; /* as enum peering_wish */

struct ctl_about {
	char hostname[36], version[32], config[256];
	long pid;                /* of the engine process */
	mono_t started, now;     /* the engine's time line: near the time of day */
	uint64_t generation;     /* 1 at the start, one more with each reload */
};

struct logs;
/* The daemon as the control thread sees it. */
struct ctl_node {
	unsigned n_workers;
	struct logs *logs;       /* logs_tail, logs_stat */
	/* Waits until worker has run fn, CTL_WAIT_MS at most: ERR_TIMEOUT, and then fn will not run. */
	enum err (*visit)(void *arg, unsigned worker, ctl_visit_fn *fn, void *ctx);
	/* told: lines for whoever asked. On an error nothing has changed. */
	enum err (*reload)(void *arg, struct outbuf *told);
	enum err (*role)(void *arg, enum ctl_role want, struct outbuf *told);
	void (*about)(void *arg, struct ctl_about *out);
	void *arg;
};

struct ctl;
/* listener: a bound, listening Unix stream socket; stays the caller's. node is borrowed until ctl_stop. Whoever may
 * connect may ask; what changes the node is for root and the user who opened the listener. */
enum err ctl_start(int listener, const struct ctl_node *node, struct ctl **out) MUST_USE;
void ctl_stop(struct ctl *c); /* NULL is fine */

/* One request, a JSON object, answered as JSON lines; what the thread does for each line. For tests as well. What follows
 * a log ends with what is there. emit: false ends it. */
void ctl_answer(const struct ctl_node *node, const char *request, size_t len,
		bool (*emit)(void *arg, const struct outbuf *lines), void *arg);

#endif
