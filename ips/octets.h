/* octets.h - a capture of which each octet of a TCP stream comes in a packet of its own, so that a failover can fall between any
 * two: inside every header.
 *
 * What is not TCP, a fragment, a segment with SYN, RST or URG, or one that the capture cut short stays whole. Numbers, sums
 * and lengths are those of the smaller packets; a checksum that was bad stays bad. FIN and PSH go with the last octet. Pure.
 */
#ifndef IPS_OCTETS_H
#define IPS_OCTETS_H

#include "ips/capset.h"

struct octets_from {
	uint64_t packet;      /* of the capture, from 1 */
	uint32_t octet;       /* of its payload, from 1; 0 = the packet is whole */
};

struct octets {
	struct octets_from *v; /* of each packet of the set */
	size_t n;
};

/* Takes the packets of c and puts others in their place. On an error c is as it was. */
enum err octets_cut(struct capset *c, struct octets *out) MUST_USE;
void octets_free(struct octets *o);
/* Where packet nr comes from; 0 stays 0. */
void octets_place(const struct octets *o, uint64_t nr, uint64_t *packet, uint32_t *octet);

#endif
