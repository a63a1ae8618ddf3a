/* look.h - what a recogniser gets, and the recognisers by transport and kind. Private to decoders/other.
 *
 * A recogniser answers for its protocol alone: YES on structure that others do not have, NO as soon as an
 * octet cannot be of it, MORE (look_more) while it may be. l->hinted lowers how much structure it asks for,
 * never to none. Prefixes of a stream are asked about one by one: an answer other than MORE is final.
 */
#ifndef DECODERS_OTHER_LOOK_H
#define DECODERS_OTHER_LOOK_H

#include "base/cur.h"
#include "decoders/dec.h"

struct look {
	struct span b; /* first octets of a direction, or a datagram */
	bool last;     /* more will not come */
	bool datagram;
	bool hinted; /* a port of the flow is one of the protocol's */
	bool to_server;
	uint16_t sport, dport; /* of the flow's first packet */
};

typedef enum probe look_fn(const struct look *l);

/* The answer while nothing speaks against the protocol. */
static inline enum probe look_more(const struct look *l)
{
	return l->last ? PROBE_NO : PROBE_MORE;
}

/* Does b begin with text? MORE while b is a beginning of text. */
enum probe look_starts(const struct look *l, const char *text);
/* The first line without its line end; MORE while it has none, NO at an octet that is no text. */
enum probe look_line(const struct look *l, struct span *line);
/* Is word in s, letters of either case? word is in capitals. */
bool look_has(struct span s, const char *word);
/* Does s begin with word (in capitals), letters of either case, and then end or go on with a blank? */
bool look_verb(struct span s, const char *word);

/* RFC 1002 4.1: a NetBIOS name as 32 letters A to P, then its scope, mostly empty. */
bool look_netbios_name(struct cur *c);

/* CRC-16: IEEE 1815 9.2.4.3 (DNP3), and CCITT from a given start (C37.118, S-Bus). */
uint16_t look_crc_dnp(struct span s);
uint16_t look_crc_ccitt(uint16_t start, struct span s);

/* plant.c, plant_ip.c: industrial protocols */
look_fn look_modbus, look_dnp3, look_iec104, look_c37118, look_hartip;
look_fn look_enip, look_opcua, look_bacnet, look_fins, look_ads, look_sbus, look_profinet, look_h323;
/* office.c, office_udp.c */
look_fn look_http, look_tls, look_ssh, look_ftp, look_smtp, look_smb, look_mysql, look_telnet;
look_fn look_dns, look_ntp, look_dhcp, look_nbns, look_nbdgm, look_snmp, look_tftp, look_quic;

#endif
