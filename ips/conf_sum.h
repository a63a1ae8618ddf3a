/* conf_sum.h - a sum over a configuration, equal on both nodes of a pair when they are configured alike. Pure. */
#ifndef IPS_CONF_SUM_H
#define IPS_CONF_SUM_H

#include "ips/conf.h"

/* Over what holds, defaults included, but for what is each node's own: its name, addresses and priority in the pair, and
 * where its logs are. Passwords do not count. 0: out of memory. */
uint64_t conf_sum(const struct conf *c);

#endif
