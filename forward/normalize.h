/* normalize.h - what of a packet two receivers could read in two ways, and how it is taken away, per policy.
 *
 *   why = norm_refuses(&a);              before the packet moves any state
 *   what = norm_needed(&a);              once it is to pass; 0 for nearly all
 *   if (what != 0 && rewrite_begin(w, p))
 *           norm_apply(w, &a, what);
 *
 * Only for packets of inspected sessions in prevent mode. Nothing here touches octets of the payload, so it does not
 * matter whether inspection came first. Signed segments (RFC 2385, RFC 5925) are normalised too, and their receiver
 * refuses them then: nobody can read one in two ways who has the key, but he may not have it. Pure; keeps nothing.
 */
#ifndef FORWARD_NORMALIZE_H
#define FORWARD_NORMALIZE_H

#include "forward/packet.h"

struct rewrite;
struct tcp_state;

enum norm_how { NORM_ALLOW, NORM_CLEAR, NORM_DROP };

/* Of a firewall policy. All 0: nothing is looked at. */
struct norm_policy {
	uint8_t min_ttl;         /* least time to live of a segment that is no SYN; 0 and 1 refuse nothing */
	enum norm_how urgent;    /* URG and the urgent pointer */
	bool reserved;           /* clear reserved bits of TCP and IPv4 */
	bool options;            /* clear TCP options that are unknown or not agreed on */
	bool padding;            /* clear what stands behind a list of options, cut what stands behind the datagram */
};

/* What is taken away. X(id, name, help) */
#define NORM_LIST(X)                                                                         \
	X(NORM_TCP_URGENT, "tcp.urgent", "URG and urgent pointer cleared: all octets in band")  \
	X(NORM_TCP_RESERVED, "tcp.reserved", "reserved bits of TCP cleared")                    \
	X(NORM_TCP_OPTION, "tcp.option", "TCP options made NOPs: unknown, or not agreed on")    \
	X(NORM_TCP_PADDING, "tcp.padding", "octets behind the end of the TCP options cleared")  \
	X(NORM_IP_RESERVED, "ip.reserved", "reserved flag of IPv4 cleared")                     \
	X(NORM_IP_PADDING, "ip.padding", "octets behind the end of the IPv4 options cleared")   \
	X(NORM_LINK_PADDING, "link.padding", "octets behind the datagram cut off")

enum norm {
#define X(id, name, help) id,
	NORM_LIST(X)
#undef X
	NORM_N
};

/* A decoded packet of a session, borrowed for one call. t: its connection before the packet or after it, NULL when
 * it is not TCP, or a fragment. */
struct norm_ask {
	const struct packet *p;
	const struct norm_policy *policy;
	const struct tcp_state *t;
	bool one_way;            /* a SYN may have gone another way, and agreed on anything */
};

/* REASON_NONE, or why the packet may not pass at all: ip.ttl, tcp.urgent, tcp.option. */
enum reason norm_refuses(const struct norm_ask *a);
/* A set of 1 << enum norm. */
unsigned norm_needed(const struct norm_ask *a);
/* w: begun with a->p. */
void norm_apply(struct rewrite *w, const struct norm_ask *a, unsigned what);
/* Name of k ("tcp.urgent"); "none" when out of range. */
const char *norm_name(unsigned k);

#endif
