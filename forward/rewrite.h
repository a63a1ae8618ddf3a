/* rewrite.h - a copy of a packet that is sent in its place with something in it changed.
 *
 *   if (rewrite_begin(w, p)) {
 *           rewrite_cut(w, 10);
 *           verdict.rewritten = rewrite_end(w);
 *   }
 *
 * One struct rewrite belongs to an engine, is 64 KiB large and allocated once; it holds one packet, from
 * rewrite_begin to the next one. p is only read, and only by rewrite_begin. Edits may come in any order and any
 * number. Checksums are adapted (RFC 1624), not made anew: one that was wrong stays wrong, and one over the
 * addresses of a routing header stays right. Never allocates, never fails but in rewrite_begin.
 */
#ifndef FORWARD_REWRITE_H
#define FORWARD_REWRITE_H

#include "forward/packet.h"

enum { REWRITE_MAX = 40 + UINT16_MAX }; /* the longest datagram that an IPv6 header can describe */

struct rewrite {
	uint32_t len;            /* of the datagram */
	uint32_t ip_options;     /* where the IPv4 options begin */
	uint32_t n_ip_options;
	uint32_t l4;             /* where the transport header begins */
	uint32_t payload;        /* where the TCP payload begins */
	uint8_t family;
	bool tcp;                /* there is a whole TCP header: false in fragments too */
	bool sums;               /* the TCP checksum is ours to keep right, not the kernel's */
	uint16_t ip_sum, l4_sum; /* of the octets as the checksums have them now */
	uint8_t ip[REWRITE_MAX];
};

/* Copies p's datagram, p being decoded; what stands behind it on the link is cut off. False: not all of it is there,
 * or it is longer than any header can say, and nothing may be called but rewrite_begin. */
bool rewrite_begin(struct rewrite *w, const struct packet *p);
/* The datagram with lengths and checksums right; valid until the next rewrite_begin. Where p->csum_ready was
 * false the transport checksum is the kernel's to fill, and left. Edits may follow, and another rewrite_end. */
struct span rewrite_end(struct rewrite *w);

void rewrite_ttl(struct rewrite *w, uint8_t ttl);
/* IPv4: the reserved flag beside DF and MF (RFC 791 3.1). */
void rewrite_ip_reserved_clear(struct rewrite *w);
/* IPv4: octets behind the end of the option list. */
void rewrite_ip_padding_clear(struct rewrite *w);

/* These need a whole TCP header (w->tcp) and do nothing without. */
/* rewrite_payload_len octets to be written to; NULL without a TCP header. */
uint8_t *rewrite_payload(struct rewrite *w);
uint32_t rewrite_payload_len(const struct rewrite *w);
/* The payload's first n octets stay; n at or above its length: all do. */
void rewrite_cut(struct rewrite *w, uint32_t n);
void rewrite_flags(struct rewrite *w, uint8_t set, uint8_t clear);
void rewrite_seq(struct rewrite *w, uint32_t seq);
void rewrite_window(struct rewrite *w, uint16_t win);
/* URG and the urgent pointer. */
void rewrite_urgent_clear(struct rewrite *w);
/* The reserved bits that nobody has been given (RFC 9293 3.1); not AE (RFC 9768). */
void rewrite_tcp_reserved_clear(struct rewrite *w);
/* Every option of that kind becomes as many NOPs as it has octets. */
void rewrite_option_nops(struct rewrite *w, uint8_t kind);
/* Octets behind the end of the option list. */
void rewrite_tcp_padding_clear(struct rewrite *w);

#endif
