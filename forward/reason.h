/* reason.h - why a packet is dropped: one list, one counter each, one name in lists, logs and traces. */
#ifndef FORWARD_REASON_H
#define FORWARD_REASON_H

/* X(id, name, help) */
#define REASON_LIST(X)                                                                \
	X(REASON_NONE, "none", "not dropped")                                         \
	X(REASON_IP_SHORT, "ip.short", "shorter than an IP header")                   \
	X(REASON_IP_VERSION, "ip.version", "IP version neither 4 nor 6")              \
	X(REASON_IP_HEADER_LEN, "ip.headerLength", "header length below 20 or past the packet") \
	X(REASON_IP_TOTAL_LEN, "ip.totalLength", "total or payload length does not fit the packet") \
	X(REASON_IP_CHECKSUM, "ip.checksum", "bad IPv4 header checksum")              \
	X(REASON_IP_OPTIONS, "ip.options", "malformed IPv4 options")                  \
	X(REASON_IP_FRAGMENT_OVERLAP, "ip.fragmentOverlap", "fragments that overlap, or say two things about the datagram's end") \
	X(REASON_IP_FRAGMENT_COPY, "ip.fragmentCopy", "the same fragment again, while the first one waits") \
	X(REASON_IP_FRAGMENT_TINY, "ip.fragmentTiny", "empty fragment, or one that begins or ends within the transport header") \
	X(REASON_IP_FRAGMENT_REUSE, "ip.fragmentReuse", "an identification again too soon, with other octets (RFC 6864 4.3)") \
	X(REASON_IP_FRAGMENT_ROOM, "ip.fragmentRoom", "fragments of more datagrams, or more of one, than may wait") \
	X(REASON_IP_FRAGMENT_TIMEOUT, "ip.fragmentTimeout", "the rest of the datagram did not come in time") \
	X(REASON_IP6_EXT, "ip6.extension", "malformed or too many IPv6 extension headers") \
	X(REASON_IP_TTL, "ip.ttl", "time to live below the policy's min-ttl: it may end before the receiver") \
	X(REASON_TCP_HEADER, "tcp.header", "TCP header short or its data offset wrong") \
	X(REASON_TCP_OPTIONS, "tcp.options", "malformed TCP options")                 \
	X(REASON_TCP_CHECKSUM, "tcp.checksum", "bad TCP checksum")                    \
	X(REASON_TCP_FLAGS, "tcp.flags", "impossible set of TCP flags")               \
	X(REASON_TCP_SYN, "tcp.syn", "SYN or SYN-ACK that cannot be of this connection, or with octets it may not carry") \
	X(REASON_TCP_STATE, "tcp.state", "octets before the handshake, or an ACK that nothing asked for") \
	X(REASON_TCP_WINDOW, "tcp.window", "octets beyond what the receiver has offered to take") \
	X(REASON_TCP_ACK, "tcp.acknowledgement", "acknowledges what was never sent, or something too old (RFC 5961 5)") \
	X(REASON_TCP_RST, "tcp.rst", "RST outside the window (RFC 5961 3)")            \
	X(REASON_TCP_TIMESTAMP, "tcp.timestamp", "timestamp of the past (RFC 7323 5)") \
	X(REASON_TCP_FIN, "tcp.fin", "another end of the stream than the one inspected, or octets behind it") \
	X(REASON_TCP_OVERLAP, "tcp.overlap", "other octets than those inspected, in a packet that cannot be rewritten") \
	X(REASON_TCP_URGENT, "tcp.urgent", "urgent data, which the policy refuses")   \
	X(REASON_TCP_OPTION, "tcp.option", "a TCP option twice, or a signature that was not agreed on") \
	X(REASON_UDP_HEADER, "udp.header", "UDP header short or its length wrong")    \
	X(REASON_UDP_CHECKSUM, "udp.checksum", "bad UDP checksum")                    \
	X(REASON_ICMP_HEADER, "icmp.header", "ICMP header short")                     \
	X(REASON_ICMP_CHECKSUM, "icmp.checksum", "bad ICMP checksum")                 \
	X(REASON_SCTP_HEADER, "sctp.header", "SCTP header short, a port 0, or a verification tag that its chunks may not have") \
	X(REASON_SCTP_CHECKSUM, "sctp.checksum", "bad SCTP checksum")                 \
	X(REASON_SCTP_CHUNK, "sctp.chunk", "SCTP chunk of a wrong length, with tag 0 in it, or beside one that stands alone") \
	X(REASON_GRE_HEADER, "gre.header", "GRE header short, of an unknown version, or with reserved bits") \
	X(REASON_GRE_CHECKSUM, "gre.checksum", "bad GRE checksum")                    \
	X(REASON_NO_SESSION, "session.none", "no session matched")                    \
	X(REASON_SESSION_FULL, "session.full", "session table is full")               \
	X(REASON_POLICY, "policy.deny", "denied by a firewall policy")                \
	X(REASON_ICMP_ERROR, "icmp.errorCredit", "ICMP error without a session or against its credit") \
	X(REASON_SIGNATURE, "ips.signature", "a signature said drop")                 \
	X(REASON_BLOCKED, "ips.blocked", "the flow was blocked before; nothing past the last released octet") \
	X(REASON_INSPECTION, "ips.inspection", "inspection cannot be trusted and the policy prefers security") \
	X(REASON_NO_REWRITE, "ips.rewrite", "may not leave as it came, and cannot be rewritten: not all of it is here") \
	X(REASON_NO_ROOM, "ips.noRoom", "out of order, and no room to hold it until it can be inspected")

enum reason {
#define X(id, name, help) id,
	REASON_LIST(X)
#undef X
	REASON_N
};

/* Name of r ("policy.deny"); "none" when out of range. */
const char *reason_name(unsigned r);
const char *reason_help(unsigned r);

#endif
