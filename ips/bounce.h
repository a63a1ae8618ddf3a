/* bounce.h - interfaces set down for a moment and up again, so that switches forget what they have learned behind them.
 *
 * A process of its own does it: the daemon goes on meanwhile, and whatever becomes of the daemon, each interface that was up is
 * up again when the time is over, or as soon as the daemon is gone. Taking an interface down takes its routes along, and its
 * IPv6 addresses: those stay (net.ipv6.conf.IF.keep_addr_on_down, as it was afterwards), routes are read before and put back.
 * Routes over several interfaces are the kernel's affair; those learned from router advertisements come by themselves. With more
 * routes than there is room for nothing is set down. Needs CAP_NET_ADMIN. One thread.
 */
#ifndef IPS_BOUNCE_H
#define IPS_BOUNCE_H

#include <sys/types.h>

#include "base/err.h"

enum { BOUNCE_MAX = 32, BOUNCE_MS = 1000, BOUNCE_WHY = 160 };

struct bounce_set {
	unsigned n;
	char name[BOUNCE_MAX][16];
};

struct bounce {
	pid_t pid;           /* 0: none is under way */
	int hold;            /* its end is the word to set them up at once; -1: none */
};

/* Begins; one that is under way goes on alone (ERR_EXISTS). Its findings go to standard error. */
enum err bounce_start(struct bounce *b, const struct bounce_set *set, char *why) MUST_USE;
/* Up again now; none under way is fine. */
void bounce_hurry(struct bounce *b);
/* A child has ended: was it this one? */
bool bounce_ended(struct bounce *b, pid_t pid);

/* All of it, in this process: down for ms at most, or until hold ends (-1: nothing to wait for). The last thing that went wrong. */
enum err bounce_run(const struct bounce_set *set, int ms, int hold, char *why) MUST_USE;

#endif
