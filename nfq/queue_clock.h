/* queue_clock.h - the time line of a live run: monotonic, and near the time of day so that log lines can show it.
 *
 * The offset between the two clocks is taken once: a step of the time of day afterwards does not make time jump or go back.
 */
#ifndef NFQ_QUEUE_CLOCK_H
#define NFQ_QUEUE_CLOCK_H

#include "base/mono.h"

struct queue_clock {
	int64_t offset;              /* time of day - monotonic, at the start */
};

void queue_clock_start(struct queue_clock *c);
/* arg is a struct queue_clock: fits pktio_nfqueue_opt.now. */
mono_t queue_clock_now(void *arg);

#endif
