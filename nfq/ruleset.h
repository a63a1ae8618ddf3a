/* ruleset.h - installs and removes what sends packets to the queues: rules of the kernel's filter, and sysctls.
 *
 * Needs CAP_NET_ADMIN. Acts in the caller's network namespace, in a table or chain of its own; installing
 * anew replaces the rules without a moment in which traffic passes beside them. The sysctls' old values are
 * kept in state_dir/ruleset.state before the first one is changed, so that a later run can undo the work of one that was killed.
 */
#ifndef NFQ_RULESET_H
#define NFQ_RULESET_H

#include "base/err.h"

enum { RULESET_IFACES_MAX = 64, RULESET_QUEUES_MAX = 64, RULESET_TEXT = 1024 };

struct ruleset_opt {
	const char *const *iface;    /* whose incoming packets are inspected */
	unsigned n_iface;
	uint16_t queue;              /* the first of n_queues; a pair of addresses always has the same one */
	uint16_t n_queues;
	bool fail_open;              /* without a process at the queue packets pass uninspected; otherwise they are dropped */
	bool forward;                /* switch forwarding on (a router) */
	bool nat;                    /* let translated sources that are addresses of the box come in */
	bool bridge;                 /* interfaces are bridges */
	const char *state_dir;       /* exists; best one that a reboot empties, as /run */
};

struct ruleset_report {
	const char *backend;         /* "nft" or "iptables" */
	char why[RULESET_TEXT];      /* of an error: what, and what to do */
	char warn[RULESET_TEXT];     /* lines to tell although it went well; empty: none */
};

/* After an error nothing is left of a first installation; what stood before a renewed one still stands. */
enum err ruleset_install(const struct ruleset_opt *o, struct ruleset_report *r) MUST_USE;
/* Removes the rules, by whichever backend, and puts the sysctls back that nobody has changed since. Fine when nothing is there. */
enum err ruleset_remove(const char *state_dir, struct ruleset_report *r) MUST_USE;

#endif
