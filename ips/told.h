/* told.h - what the decoders tell, as JSON: a line a PDU with its fields, a line an anomaly. docs/replay-json.md is its manual. */
#ifndef IPS_TOLD_H
#define IPS_TOLD_H

#include "ips/engine.h"
#include "ips/outbuf.h"

/* One line with its newline, added to out. */
void told_line(const struct engine_told *t, struct outbuf *out);

#endif
