/* lists.h - the lists that operators read, in the layouts of the seeds. docs/lists.md says what each field is. */
#ifndef IPS_LISTS_H
#define IPS_LISTS_H

#include "ips/engine.h"
#include "ips/outbuf.h"

void list_ips_sessions(struct engine *e, struct outbuf *o);
void list_sys_sessions(struct engine *e, struct outbuf *o);
/* The HA session cache of a standby: its larval sessions; of an active node: what it replicates. */
void list_share(struct engine *e, struct outbuf *o);

#endif
