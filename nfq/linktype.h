/* linktype.h - from a captured link-layer frame to the IP packet inside it, and back.
 *
 * Pure functions of (link type, octets). Numbers are libpcap's DLT_ values; the LINKTYPE_ values of
 * files that differ from them are known too, as are those of PKTAP's inner frames. Lends spans only.
 */
#ifndef NFQ_LINKTYPE_H
#define NFQ_LINKTYPE_H

#include "base/types.h"
#include "base/wr.h"

struct link_ip {
	struct span ip;          /* p == NULL: no IP inside. Ends where the IP header says, or with the frame */
	uint32_t off;            /* of ip in the frame */
	uint32_t said;           /* octets the IP header says; 0 = does not say (jumbogram, damaged) */
	uint16_t vlan;           /* id of the outermost tag; 0 = none */
	bool has_mac;
	bool counted;            /* a link-layer length field counts the IP octets: they keep their number */
	uint8_t src_mac[6], dst_mac[6];
};

/* Can frames of this type be looked into? */
bool link_known(int dlt);
/* Finds the IP packet in frame; false (and out->ip.p == NULL) when there is none. */
bool link_find_ip(int dlt, struct span frame, struct link_ip *out);
/* Can link_wrap make headers of this type for both families? */
bool link_wraps(int dlt);
/* Writes a link-layer header (addresses 0) to stand before an IP packet of that family (4 or 6). */
void link_wrap(int dlt, uint8_t family, struct wr *w);

#endif
