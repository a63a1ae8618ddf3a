/* flowplay_cap.h - the TCP connections of a capture as their packets tell them, before anything is put in order.
 *
 * Flows in order of appearance, a new handshake on the same addresses being another flow; each data segment with its place in
 * its half's stream. Ends the program with a message when the capture cannot be read whole.
 */
#ifndef TESTS_TOOLS_FLOWPLAY_CAP_H
#define TESTS_TOOLS_FLOWPLAY_CAP_H

#include "base/addr.h"
#include "tests/tools/bytes.h"

struct cap_end {
	struct addr addr;
	uint16_t port;
};

/* A control segment: where in its half's stream, and in which packet it was seen first. */
struct cap_mark {
	int64_t off;
	uint64_t nr;
	bool there, bad;         /* bad: its checksum is wrong */
};

/* What one end sent. Offsets are from base on and go past 2^32. */
struct cap_half {
	uint32_t isn, base;
	int64_t last, high;      /* of the latest segment; past the highest octet */
	int64_t edge;            /* as far as the other end lets it send */
	struct cap_mark fin, rst;
	uint32_t candidate;      /* number of a SYN that may begin another connection */
	uint8_t wscale;          /* shift + 1; 0 = none */
	bool has_candidate, based, syn, syn_ack, has_edge, cut;
	bool good;               /* some packet's checksum is right */
};

struct cap_flow {
	struct cap_end end[2];   /* the lower first; half[i] is what end[i] sent */
	struct cap_half half[2];
	uint64_t first_nr;
	uint32_t older;          /* in its hash chain; CAP_NONE: none */
	uint8_t family;          /* 4 or 6 */
	uint8_t first_half;      /* who was seen first */
};

struct cap_seg {
	int64_t off;
	uint64_t nr;
	size_t at;               /* in octets */
	uint32_t flow, len;
	uint8_t half;
	bool bad;                /* its checksum is wrong */
	bool beyond;             /* begins where the other end would not take it */
};

#define CAP_NONE UINT32_MAX

enum { CAP_BUCKETS = 16384 };

struct cap {
	struct cap_flow *flow;
	struct cap_seg *seg;
	size_t n_flow, n_seg;
	struct bytes octets;
	uint64_t packets, bad_packets, fragments; /* packets: of the capture; bad ones and fragments are left out */
	uint32_t bucket[CAP_BUCKETS];
};

/* c is filled; cap_fini afterwards. */
void cap_read(struct cap *c, const char *path);
void cap_fini(struct cap *c);

#endif
