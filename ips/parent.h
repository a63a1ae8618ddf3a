/* parent.h - the root half of the daemon: starts the engine process, watches it, keeps what outlives it.
 *
 * Kernel rules and sysctls, virtual addresses, log files and the control socket are the parent's, so that a killed engine
 * leaves nothing behind. An engine that dies or stands still: addresses off, the peer told, and a new one started;
 * the rules stay meanwhile, so nothing passes uninspected.
 */
#ifndef IPS_PARENT_H
#define IPS_PARENT_H

#include "ips/cmd.h"

struct parent_opt {
	const char *config;
	const char *run_dir;         /* socket, lock, what the ruleset has to put back; made when missing */
	const char *state_dir;       /* what a node of a pair has to know after a start of the machine; made when missing */
	const char *user;            /* whom the engine process becomes; NULL: nobody */
	const char *group;           /* who may use the control socket beside root; NULL: root's */
	bool no_rules;               /* somebody else sends packets to the queues */
};

/* Until a signal says stop. The exit code. */
int parent_run(const struct parent_opt *o);
/* Takes away what a killed daemon left behind. */
int parent_clean(const struct parent_opt *o);

#endif
