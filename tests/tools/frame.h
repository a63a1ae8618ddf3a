/* frame.h - packets put together from the inside out and written to a capture file: checksums, IP, link.
 */
#ifndef TESTS_TOOLS_FRAME_H
#define TESTS_TOOLS_FRAME_H

#include "tests/tools/bytes.h"

#include <sys/time.h>

struct host {
	bool v6;
	uint8_t ip[16];
	uint16_t port;
};

/* Reads "10.1.0.2:102", "[2001:db8::1]:102", or an address alone. */
struct host host_of(struct text t);

struct frame_out {
	void *dumper; /* pcap_dumper_t */
	void *pcap;
	int link;
	int64_t now_us, gap_us;
	uint64_t packets;
};

/* name is ethernet, raw, null or sll. */
void frame_open(struct frame_out *o, const char *path, struct text link);
void frame_close(struct frame_out *o);

struct ip_spec {
	const struct host *src, *dst;
	unsigned proto, ttl, tos;
	uint32_t id;
	unsigned vlan[2];      /* outer first; 0: none */
	bool bad_sum, fragile; /* fragile: DF not set */
	size_t frag;           /* octets of payload a fragment; 0: whole */
	bool frag_reversed;
	size_t snap;        /* octets kept of the frame; 0: all */
	struct bytes *last; /* gets the IP packet (its first 128 octets) when not NULL */
};

/* Sends an IP packet, or its fragments, at o->now_us, and moves the time on. */
void frame_ip(struct frame_out *o, const struct ip_spec *s, const struct bytes *payload);
/* Sends a link-layer frame as it is. */
void frame_raw(struct frame_out *o, const struct bytes *f, size_t snap);

/* Internet checksum of p, of the pseudo-header too if src is given (RFC 1071, RFC 8200 8.1). */
uint16_t frame_sum(const struct host *src, const struct host *dst, unsigned proto, const uint8_t *p, size_t n);

#endif
