/* notify.h - tells the service manager how the daemon stands: the protocol of sd_notify(3), without its library.
 *
 * For the process that the manager started. Not started by one: every call does nothing. Nothing here waits; what the
 * manager does not take is lost, the watchdog's next sign of life comes anyway. One thread.
 */
#ifndef IPS_NOTIFY_H
#define IPS_NOTIFY_H

#include "base/err.h"

struct notify {
	int fd;                      /* -1: no manager */
	int64_t watchdog_ns;         /* a sign of life is awaited at least that often: send two; 0: none is */
};

enum { NOTIFY_WHY = 256, NOTIFY_STATUS_MAX = 200 };
/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment, which it clears: children are not the manager's
 * business. On an error n works as without a manager. */
enum err notify_init(struct notify *n, char *why) MUST_USE;
void notify_fini(struct notify *n);

void notify_ready(struct notify *n);
/* Until the next notify_ready. */
void notify_reloading(struct notify *n);
void notify_stopping(struct notify *n);
void notify_watchdog(struct notify *n);
/* One line for people, shown by `systemctl status`; cut after NOTIFY_STATUS_MAX octets, control characters as blanks. */
void notify_status(struct notify *n, const char *text);

#endif
