/* sandbox.h - what the engine process may do: CAP_NET_ADMIN (each verdict needs it), and a list of system calls.
 *
 * no_new_privs, no other capability, empty bounding set, uid and gid given up where asked; seccomp with KILL_PROCESS as
 * default, by libseccomp. socket() only for IPv4/IPv6 TCP and UDP (the HA link comes back after a break); no open, no exec, no ioctl, no ptrace.
 */
#ifndef IPS_SANDBOX_H
#define IPS_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

enum { SANDBOX_WHY = 256 };

/* For the whole process: before any thread is started. uid 0: stays. why: what could not be given up. */
enum err sandbox_enter(uid_t uid, gid_t gid, char *why) MUST_USE;

#endif
