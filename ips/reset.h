/* reset.h - the two RSTs that end a connection whose packet was rejected: one to its receiver, one to its sender. Pure. */
#ifndef IPS_RESET_H
#define IPS_RESET_H

#include "forward/packet.h"

enum { RESET_LEN = 60 };             /* an IPv6 and a TCP header */

struct reset {
	uint8_t ip[RESET_LEN];
	uint8_t len;
};

/* For p, a decoded TCP packet that is not let through: to its receiver with the sequence number that it expects next (RFC 5961
 * 3.2: no other counts at once), to its sender as the receiver's answer to the packet (RFC 9293 3.10.7.1). */
void reset_make(const struct packet *p, uint32_t next, struct reset *to_receiver, struct reset *to_sender);

#endif
