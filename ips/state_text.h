/* state_text.h - the replicated state of each session as lines, a field a line, so that what two nodes hold can be compared
 * field by field from outside. A line is a trace's (trace.h): d<serial>.<section>.<field>, a tab, and the value. Fields that a
 * digest leaves out are left out here.
 */
#ifndef IPS_STATE_TEXT_H
#define IPS_STATE_TEXT_H

#include "ips/engine_ha.h"
#include "ips/outbuf.h"

void state_text(struct engine_ha *h, struct session_table *t, struct outbuf *o);

#endif
