/* packet.h - one IP packet as the core sees it, and its decoding.
 *
 * The I/O layer fills the "given" part; packet_decode() fills the rest. Bytes are lent until the
 * verdict is given. Checks integrity (RFC 791, 8200, 9293, 768, 792, 4443, 9260, 2784): a bad packet is a
 * verdict with a reason, not an error. Never reads past data[len).
 */
#ifndef FORWARD_PACKET_H
#define FORWARD_PACKET_H

#include "base/addr.h"
#include "base/mono.h"
#include "base/types.h"
#include "forward/reason.h"

/* One direction of a flow. ICMP echo: sport = identifier, dport = type << 8 | code as in the lists. */
struct tuple {
	struct addr src, dst;
	uint16_t sport, dport;
	uint16_t vdom;
	uint8_t proto;           /* IANA protocol number */
	uint8_t family;          /* 4 or 6 */
};

enum {
	IPPROTO_ICMP_ = 1,
	IPPROTO_TCP_ = 6,
	IPPROTO_UDP_ = 17,
	IPPROTO_GRE_ = 47,
	IPPROTO_ESP_ = 50,
	IPPROTO_ICMP6_ = 58,
	IPPROTO_SCTP_ = 132
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128 };

#define TCP_WSCALE_MAX 14u       /* RFC 7323 2.3: more counts as this */

struct tcp_info {
	uint32_t seq, ack;
	uint16_t win, urg;
	uint8_t flags;           /* enum tcp_flag */
	uint8_t wscale;          /* shift + 1; 0 = option absent */
	bool sack_ok, has_ts;
	bool md5;                /* signed: RFC 2385, RFC 5925 */
	bool cookie;             /* Fast Open cookie with octets in it (RFC 7413 4.1.1) */
	uint16_t mss;            /* 0 = option absent */
	uint32_t tsval, tsecr;
};

/* Which part of which datagram a fragment is (RFC 791 3.2, RFC 8200 4.5). */
struct fragment {
	uint32_t id;
	uint32_t from;           /* octets of the datagram before it, headers that every fragment has not counted */
	uint32_t wire_len;       /* its octets on the wire */
	struct span octets;      /* those there */
	uint16_t head;           /* octets of the headers before them, the fragment header not counted */
	uint16_t next_at;        /* IPv6: where the octet stands that announces the fragment header, ... */
	uint8_t next;            /* ... and what that header announces */
	bool more;               /* others follow */
};

struct packet {
	/* given */
	const uint8_t *data;     /* first octet of the IP header */
	uint32_t len;            /* octets there */
	uint32_t wire_len;       /* octets on the wire, when the capture cut the packet short; else == len */
	uint32_t ifin, ifout;    /* interface numbers; 0 = unknown */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan;
	bool has_mac;
	bool csum_ready;         /* false: the kernel has yet to fill the L4 checksum: not checked */
	bool csum_lenient;       /* count bad checksums, do not drop for them (captures) */
	mono_t at;
	uint64_t nr;             /* packet number of this run, from 1 */

	/* decoded */
	struct tuple tuple;
	struct tcp_info tcp;
	struct span l4;          /* transport header and payload */
	struct span payload;     /* after the transport header; empty in later fragments */
	uint32_t ip_len;         /* octets of the datagram on the wire, padding cut off */
	uint32_t payload_wire;   /* octets of payload on the wire: payload.len unless truncated */
	uint8_t ttl, tos;
	uint8_t icmp_type, icmp_code;
	bool fragment;           /* any fragment of a datagram; only the first has ports */
	bool icmp_error;         /* quotes another packet: quoted is its tuple as sent; quoted.family is 0
	                          * when the quote is too short or malformed, and then matches no session */
	bool bad_csum;           /* seen and let pass because of csum_lenient */
	bool truncated;          /* the capture cut it short */
	struct tuple quoted;
	struct fragment frag;    /* if it is one */
};

/* Decodes; REASON_NONE or the reason to drop. p's decoded part is only valid for REASON_NONE. Both
 * tuples come with vdom 0: the caller, who knows the interface's, sets it in both. */
enum reason packet_decode(struct packet *p);

/* Where the transport checksum stands in an IP packet, and what it has to be. len 0: there is none to set (a
 * fragment, another protocol, a packet that does not hold it, other addresses than the header's in the sum).
 * partial: only the pseudo header's sum, as the kernel has it in a packet that it cuts into segments itself. */
struct packet_csum {
	uint32_t at;
	uint8_t len;
	uint8_t octets[4];
};
struct packet_csum packet_csum(struct span ip, bool partial);

/* The tuple of the answer: ends swapped; for ICMP queries the type of their reply. */
struct tuple tuple_reverse(const struct tuple *t);
bool tuple_equal(const struct tuple *a, const struct tuple *b);

#endif
