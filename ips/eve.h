/* eve.h - log records as EVE JSON lines: Suricata's key names where it has one, so pipelines work as they are. */
#ifndef IPS_EVE_H
#define IPS_EVE_H

#include "ips/gen.h"
#include "ips/outbuf.h"
#include "ips/rec.h"

/* One line with its newline. Times are nanoseconds since the epoch. The gen names rules. */
void eve_line(const struct rec *r, const struct gen *g, struct outbuf *out);
struct ha_event;
/* An event of the pair, as hostname saw it. */
void eve_ha_line(const struct ha_event *ev, const char *hostname, struct outbuf *out);
/* The record's id, the same on every node that writes it: "owner-serial-number". */
#define REC_ID_TEXT 64
char *rec_id(const struct rec *r, char *buf);
/* Interface of that number as lists and logs show it: its name in the configuration, or portN. */
#define IF_TEXT 16
char *if_text(const struct gen *g, uint32_t nr, char *buf);
/* "TCP", "UDP", "ICMP", "IPv6-ICMP", or the number. */
const char *ip_proto_text(uint8_t proto, char *buf);

#endif
