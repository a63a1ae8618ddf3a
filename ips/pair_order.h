/* pair_order.h - orders to a pair's processes, with the descriptor that an order is about, and their answers. Blocking. */
#ifndef IPS_PAIR_ORDER_H
#define IPS_PAIR_ORDER_H

#include "base/types.h"

struct pair_order {
	uint64_t cut;  /* the packet after which A dies */
	bool explain;  /* what is held at the cut is wanted too */
};

/* fd is passed on, or -1. false: nobody is there. */
bool pair_order_give(int ctl, const struct pair_order *o, int fd);
/* *fd is the taker's, -1 when none came. false: no more orders. */
bool pair_order_take(int ctl, struct pair_order *o, int *fd);
/* One word back, and its taking: false when it is no, or nobody is there. */
void pair_answer(int ctl, bool yes);
bool pair_answered(int ctl);

#endif
