/* inject.h - raw sockets for packets of our own: they are routed as the kernel's are, and no queue sees them again.
 *
 * Opened while CAP_NET_RAW is there, used without it.
 */
#ifndef NFQ_INJECT_H
#define NFQ_INJECT_H

#include "base/types.h"

struct inject {
	int fd4, fd6;                /* -1: that family is not there */
};

/* 0 or an errno. */
int inject_open(struct inject *j) MUST_USE;
/* A whole IP packet, its transport checksum included. 0 or an errno; never waits. */
int inject_send(const struct inject *j, struct span ip) MUST_USE;
void inject_close(struct inject *j);

#endif
