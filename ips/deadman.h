/* deadman.h - the parent learns of its child's death at once, before the kernel has torn the child's memory down.
 *
 * A robust, process-shared mutex that the child holds for life; a thread of the parent waits for it and calls back
 * (in that thread: it must only do what is safe there, e.g. send datagrams and write an eventfd). Exiting of the thread
 * that called deadman_hold counts as death. The watcher asks for real-time priority and goes on without.
 */
#ifndef IPS_DEADMAN_H
#define IPS_DEADMAN_H

#include "base/err.h"

struct deadman;
/* Before the fork. */
enum err deadman_new(struct deadman **out) MUST_USE;
/* In the child, by the thread whose death matters: takes the mutex. */
enum err deadman_hold(struct deadman *d) MUST_USE;
/* In the parent, once the child has it (waits for that, timeout_ms at most: ERR_TIMEOUT). died is called once, at the
 * child's death. */
enum err deadman_watch(struct deadman *d, unsigned timeout_ms, void (*died)(void *arg), void *arg) MUST_USE;
/* Ends the watcher (within 50 ms or so), also while the child lives; in the child: it is still watched. NULL is fine. */
void deadman_free(struct deadman *d);

#endif
