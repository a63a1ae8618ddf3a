/* sandbox.h - what the engine process may do: CAP_NET_ADMIN (each verdict needs it), and a list of system calls.
 *
 * no_new_privs, no other capability, empty bounding set, uid and gid given up where asked; seccomp with KILL_PROCESS as
 * default, by libseccomp. socket() only for IPv4/IPv6 TCP and UDP (the HA link comes back after a break), setsockopt()
 * only for sockets and TCP; no open, no exec, no ioctl, no ptrace; threads, but no processes. pthread_exit and
 * pthread_cancel load a library at their first use: threads end by returning.
 */
#ifndef IPS_SANDBOX_H
#define IPS_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

enum { SANDBOX_WHY = 256 };

/* For the whole process: before any thread is started. uid 0: stays, gid 0 too. why: what could not be given up; the
 * process must end then. */
enum err sandbox_enter(uid_t uid, gid_t gid, char *why) MUST_USE;

#endif
