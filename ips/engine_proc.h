/* engine_proc.h - the engine process: workers, control socket, logs, and another configuration while they run.
 *
 * Opens what needs rights, gives them up (sandbox.h), then works until the parent says stop.
 */
#ifndef IPS_ENGINE_PROC_H
#define IPS_ENGINE_PROC_H

#include <sys/types.h>

#include "ips/deadman.h"
#include "ips/live.h"
#include "ips/procs.h"

struct engine_proc {
	const struct live *live;
	const char *config;          /* its path, for who asks */
	uint8_t psk[HA_PSK_LEN];     /* the pair's key; wiped once the link has it */
	uid_t uid;
	gid_t gid;
	int parent, listener, bundle;
	int log_fd[LOG_KIND_N];
	struct deadman *deadman;
	struct pulse *pulse;
};

/* Problems at the start go to standard error. */
enum engine_exit engine_proc_run(struct engine_proc *p);

#endif
