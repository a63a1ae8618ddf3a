/* plan.h - a schedule: what a hostile sender sends to a real receiver, in which order; made of a seed, and nothing else. */
#ifndef TESTS_ORACLE_PLAN_H
#define TESTS_ORACLE_PLAN_H

#include <stdio.h>

#include "base/types.h"

enum { STEPS_MAX = 56, STREAM_MAX = 6000, SEGMENT_MAX = 1400 };

/* What a schedule may end in: it arrives whole; or the receiver has the last word; or its octets contradict each other, and the
 * engine may end it. */
enum must { MUST_ARRIVE, MUST_END, MAY_STOP };

/* X(id, name, must, what its schedules do beside order, repetition and overlap) */
#define ODDITY_LIST(X)                                                                                                   \
	X(ODD_PLAIN, "plain", MUST_ARRIVE, "nothing: every copy of an octet is alike")                                   \
	X(ODD_WRAP, "wrap", MUST_ARRIVE, "sequence numbers pass 2^32")                                                   \
	X(ODD_KEEPALIVE, "keepalive", MUST_ARRIVE, "keep-alives of no and of one octet")                                 \
	X(ODD_ZERO, "zero-window", MUST_ARRIVE, "the application stops reading for a while")                             \
	X(ODD_COVERED, "covered", MAY_STOP, "another copy of octets that wait behind a hole, all within one segment")    \
	X(ODD_DIFFER, "differ", MAY_STOP, "overlaps and retransmissions with other octets")                              \
	X(ODD_CHECKSUM, "checksum", MAY_STOP, "other octets under a wrong checksum")                                     \
	X(ODD_PAWS, "old-timestamp", MAY_STOP, "other octets with a timestamp of the past (RFC 7323 5)")                 \
	X(ODD_ACK, "wrong-ack", MAY_STOP, "other octets that acknowledge what was never sent, or nothing")               \
	X(ODD_RST, "rst", MUST_END, "RST inside, outside and at the edge of the window")                                 \
	X(ODD_FIN, "fin", MUST_END, "FIN inside, outside and at the edge of the window, octets behind it")               \
	X(ODD_SYN, "syn", MUST_END, "SYN again: another number, in the connection, before it")                           \
	X(ODD_REUSE, "reuse", MUST_END, "a connection that seems over and opened anew, by segments that the receiver refuses")\
	X(ODD_SYNDATA, "syn-data", MAY_STOP, "octets on the SYN")                                                        \
	X(ODD_TTL, "ttl", MAY_STOP, "segments that die on the way from the engine to the receiver")                      \
	X(ODD_URGENT, "urgent", MAY_STOP, "urgent data")                                                                 \
	X(ODD_WINDOW, "window", MAY_STOP, "octets beyond the receiver's window, its application not reading")            \
	X(ODD_MD5, "md5", MAY_STOP, "other octets with an MD5 option that nobody agreed on (RFC 2385)")                  \
	X(ODD_MIDSTREAM, "mid-stream", MAY_STOP, "the engine comes to a connection under way")                           \
	X(ODD_MIX, "mix", MAY_STOP, "all of the above but mid-stream")                                                   \
	X(ODD_FRAGMENT, "fragment", MAY_STOP, "IP fragments among whole segments, where connections are picked up")      \
	X(ODD_FRAGMENTED, "fragmented", MUST_ARRIVE, "all octets in IP fragments, in order or not")

enum oddity {
#define X(id, name, must, help) id,
	ODDITY_LIST(X)
#undef X
	ODDITY_N
};

extern const struct oddity_row {
	const char *name, *help;
	enum must must;
	bool picked_up;          /* the policy takes connections whose SYN nobody saw */
} oddity_rows[ODDITY_N];

enum step_kind { STEP_SEGMENT, STEP_STOP_READING, STEP_READ_ON, STEP_PAUSE, STEP_ENGINE };

struct step {
	uint8_t kind;
	bool burst;              /* the next step follows before anything of this one is heard of */
	bool from_ack;           /* off counts from what the receiver has acknowledged, not from the stream's beginning */
	int32_t off;
	uint16_t len;
	uint8_t variant;         /* 0: the stream's own octets; others differ in each octet */
	uint8_t flags, ttl;
	uint16_t urgent;
	int32_t ack_off;         /* added to the acknowledgement number */
	bool bad_sum, old_ts, md5;
	uint16_t fragment;       /* octets an IP fragment; 0: whole */
	bool fragments_reversed;
};

struct schedule {
	enum oddity odd;
	uint64_t seed;
	uint32_t isn;
	uint16_t len;            /* octets of the stream */
	bool six;                /* IPv6: where the seed is odd */
	bool server;             /* the receiver connects to the sender; where the seed's second bit is set */
	bool timestamps, small_buffer;
	uint16_t fragment;       /* of every segment with octets: octets an IP fragment; 0: whole */
	unsigned n, n_before;    /* steps; so many of them before the SYN */
	struct step step[STEPS_MAX];
};

void plan_make(struct schedule *s, enum oddity odd, uint64_t seed);
uint8_t plan_octet(const struct schedule *s, uint32_t at, unsigned variant);
/* Without step i. */
void plan_drop(struct schedule *s, unsigned i);
void plan_print(const struct schedule *s, FILE *to);

#endif
