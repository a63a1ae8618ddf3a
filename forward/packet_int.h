/* packet_int.h - between the files of packet.c: what the IP layer hands to the transport layer. */
#ifndef FORWARD_PACKET_INT_H
#define FORWARD_PACKET_INT_H

#include "base/cur.h"
#include "forward/packet.h"

enum ip_how {
	IP_LENIENT = 1, /* a bad header checksum is noted, not a reason to drop */
	IP_QUOTED = 2   /* inside an ICMP error: cut short, lengths and checksum not to be trusted */
};

/* An IP header with its options or extension headers, walked. */
struct ip_view {
	struct tuple t;      /* addresses, protocol, family; ports 0 */
	struct span l4;      /* what is there behind the IP headers, cut at the end of the datagram */
	uint32_t len;        /* octets of the datagram on the wire */
	uint32_t l4_len;     /* octets behind the IP headers on the wire */
	uint8_t ttl, tos;
	bool fragment;
	bool later;          /* a fragment other than the first */
	bool bad_csum;
	struct fragment frag;
	bool other_ends;     /* the transport checksum covers addresses that the header does not have */
};

/* c is at the first octet of the header; wire: octets from there on the wire. */
enum reason ip_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v);
enum reason ip4_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v);
enum reason ip6_parse(struct cur c, uint32_t wire, unsigned how, struct ip_view *v);
/* False when f, that far behind what 65535 octets are counted from, runs past them, or has successors and an odd length. */
bool ip_fragment_fits(uint32_t at, const struct fragment *f);

/* The transport layer of p, whose IP layer is v: fills ports, headers, payload. */
enum reason l4_parse(struct packet *p, const struct ip_view *v);
/* Ports or what stands for them, of the first octets of a transport header. */
void l4_tuple(struct tuple *t, struct cur c);
/* Sum over the pseudo header of len octets of transport (RFC 9293 3.1, RFC 8200 8.1). */
uint64_t l4_pseudo_sum(const struct tuple *t, size_t len);
/* Is the transport checksum there and right, or not to be looked at? len: octets it covers. */
bool l4_csum_ok(const struct packet *p, const struct ip_view *v, size_t len, bool pseudo);

enum reason sctp_parse(struct packet *p, const struct ip_view *v);
enum reason gre_parse(struct packet *p, const struct ip_view *v);
enum reason icmp_parse(struct packet *p, const struct ip_view *v);
void icmp_tuple(struct tuple *t, struct cur c);
/* The ports of the answer to the ICMP message of t. */
void icmp_reverse(struct tuple *t);

#endif
