/* kvlog.h - log records as key=value lines in the layout of the seed (FortiOS). */
#ifndef IPS_KVLOG_H
#define IPS_KVLOG_H

#include "ips/gen.h"
#include "ips/outbuf.h"
#include "ips/rec.h"

/* One line with its newline; records that have no line of their own add nothing. Times in UTC. */
void kvlog_line(const struct rec *r, const struct gen *g, struct outbuf *out);
struct ha_event;
/* An event of the pair, as hostname saw it. */
void kvlog_ha_line(const struct ha_event *ev, const char *hostname, struct outbuf *out);

#endif
