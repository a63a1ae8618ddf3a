/* child.h - the engine process: workers, control socket, logs, and another configuration while they run.
 *
 * Opens what needs rights, gives them up (sandbox.h), then works until the parent says stop.
 */
#ifndef IPS_CHILD_H
#define IPS_CHILD_H

#include <sys/types.h>

#include "ips/deadman.h"
#include "ips/live.h"
#include "ips/procs.h"

struct child {
	const struct live *live;
	const char *config;          /* its path, for who asks */
	uint8_t psk[HA_PSK_LEN];     /* the pair's key; wiped once the link has it */
	uid_t uid;
	gid_t gid;
	int parent, listener, bundle;
	uint64_t serial, used_terms; /* of the pair's disk state; and of the daemon: */
	uint32_t forced, age_s;
	int log_fd[LOG_KIND_N];
	struct deadman *deadman;
	struct pulse *pulse;
	struct diary *diary;
};

/* Problems at the start go to standard error. */
enum engine_exit child_run(struct child *p);

#endif
