/* plan.h - a schedule: what a hostile sender sends to a real receiver, in which order; made of a seed, and nothing else. */
#ifndef TESTS_ORACLE_PLAN_H
#define TESTS_ORACLE_PLAN_H

#include <stdio.h>

#include "base/types.h"

enum { STEPS_MAX = 56, STREAM_MAX = 6000, SEGMENT_MAX = 1360 };

/* What a schedule may end in: it arrives whole, both ways; or the receiver has the last word; or its octets contradict each
 * other, and the engine may end it. */
enum must { MUST_ARRIVE, MUST_END, MAY_STOP };

/* X(id, name, must, what its schedules do beside order, repetition and overlap) */
#define ODDITY_LIST(X)                                                                                                   \
	X(ODD_PLAIN, "plain", MUST_ARRIVE, "nothing: every copy of an octet is alike")                                   \
	X(ODD_WRAP, "wrap", MUST_ARRIVE, "sequence numbers pass 2^32")                                                   \
	X(ODD_KEEPALIVE, "keepalive", MUST_ARRIVE, "keep-alives of no and of one octet, be it another one")              \
	X(ODD_ZERO, "zero-window", MUST_ARRIVE, "the application stops reading for a while")                             \
	X(ODD_LEGAL, "legal", MUST_ARRIVE, "what a sender may do: probes, ECN, options, timestamps reordered, a late SYN")\
	X(ODD_RECUT, "recut", MUST_ARRIVE, "segments lost behind the engine; the rest is sent again, cut otherwise")\
	X(ODD_BOTH, "both-ways", MUST_ARRIVE, "the application sends too; acknowledgements wait, windows are small")     \
	X(ODD_BACK, "way-back", MUST_ARRIVE, "packets of the receiver are lost, before the engine or behind it")         \
	X(ODD_HALF, "half-close", MUST_ARRIVE, "one side ends and the other goes on; both end at once")                  \
	X(ODD_COVERED, "covered", MAY_STOP, "another copy of octets that wait behind a hole, all within one segment")    \
	X(ODD_DIFFER, "differ", MAY_STOP, "overlaps and retransmissions with other octets")                              \
	X(ODD_CHECKSUM, "checksum", MUST_ARRIVE, "other octets under a wrong checksum")                                  \
	X(ODD_PAWS, "old-timestamp", MAY_STOP, "other octets with a timestamp of the past (RFC 7323 5)")                 \
	X(ODD_ACK, "wrong-ack", MAY_STOP, "other octets that acknowledge what was never sent, or nothing")               \
	X(ODD_FALSE_ACK, "false-ack", MUST_ARRIVE, "wrong acknowledgements of what the application sends")               \
	X(ODD_RST, "rst", MUST_END, "RST inside, outside and at the edge of the window")                                 \
	X(ODD_FIN, "fin", MUST_END, "FIN inside, outside and at the edge of the window, octets behind it")               \
	X(ODD_SYN, "syn", MUST_END, "SYN again: another number, in the connection, before it")                           \
	X(ODD_REUSE, "reuse", MUST_END, "a connection that seems over and opened anew, by segments that the receiver refuses")\
	X(ODD_SYNDATA, "syn-data", MAY_STOP, "octets on the SYN")                                                        \
	X(ODD_FASTOPEN, "fast-open", MAY_STOP, "octets on the SYN with right and wrong cookies (RFC 7413)")              \
	X(ODD_TTL, "ttl", MAY_STOP, "segments that die on the way from the engine to the receiver")                      \
	X(ODD_LOST, "lost", MAY_STOP, "other octets, lost on the way from the engine to the receiver")                   \
	X(ODD_HEADERS, "headers", MAY_STOP, "other octets behind IPv4 options and IPv6 extension headers")               \
	X(ODD_URGENT, "urgent", MAY_STOP, "urgent data")                                                                 \
	X(ODD_WINDOW, "window", MAY_STOP, "octets beyond the receiver's window, its application not reading")            \
	X(ODD_MD5, "md5", MAY_STOP, "other octets with an MD5 option that nobody agreed on (RFC 2385)")                  \
	X(ODD_MIDSTREAM, "mid-stream", MAY_STOP, "the engine comes to a connection under way; then the above")                   \
	X(ODD_IDLE, "idle", MAY_STOP, "time passes over the session's timers; a session may be picked up again")         \
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

/* Between the IP header and the segment. X(id, in words, both ends' hosts and those between may have nothing against it) */
#define EXT_LIST(X)                                                    \
	X(EXT_NONE, "", true)                                          \
	X(EXT_PAD, "padding options", true)                            \
	X(EXT_ATOMIC, "a fragment header, whole", true)                \
	X(EXT_HOP, "hop-by-hop options", true)                         \
	X(EXT_TWO, "two headers of options", false)                    \
	X(EXT_SKIP, "an unknown option to be skipped", false)          \
	X(EXT_REFUSE, "an unknown option to be refused", false)        \
	X(EXT_ROUTE_DONE, "a source route that is done", false)        \
	X(EXT_ROUTE_LEFT, "a source route that goes on", false)        \
	X(EXT_LATE, "hop-by-hop options in the wrong place", false)    \
	X(EXT_HOME, "a home address", false)                           \
	X(EXT_RECORD, "a route to be recorded", false)

enum ext {
#define X(id, words, legal) id,
	EXT_LIST(X)
#undef X
	EXT_N
};

/* What becomes of the fragments of one datagram. X(id, in words) */
#define PIECES_LIST(X)                                                             \
	X(PIECES_WHOLE, "")                                                        \
	X(PIECES_AGAIN, "one of them twice")                                       \
	X(PIECES_MISSING, "one of them missing")                                   \
	X(PIECES_OTHER, "one of them with other octets before")                    \
	X(PIECES_OVERLAP, "other octets over two of them")                         \
	X(PIECES_SAME_ID, "all datagrams under one number")                        \
	X(PIECES_ENDS, "another end before")

enum pieces {
#define X(id, words) id,
	PIECES_LIST(X)
#undef X
	PIECES_N
};

/* STEP_SEND: the application sends len octets; STEP_SHUT: and nothing more. STEP_LOSE: the receiver's next len packets are lost
 * before the engine (variant 0) or behind it. */
enum step_kind { STEP_SEGMENT, STEP_STOP_READING, STEP_READ_ON, STEP_PAUSE, STEP_ENGINE, STEP_SEND, STEP_SHUT, STEP_LOSE };

enum cookie { COOKIE_NONE, COOKIE_RIGHT, COOKIE_WRONG, COOKIE_ASKED };

struct step {
	uint8_t kind;
	bool burst;              /* the next step follows before anything of this one is heard of */
	bool from_ack;           /* off counts from what the receiver has acknowledged, not from the stream's beginning */
	bool clipped;            /* octets behind the stream's end are left out */
	int32_t off;
	uint16_t len;
	uint8_t variant;         /* 0: the stream's own octets; others differ in each octet */
	uint8_t flags, ttl;
	uint16_t urgent;
	int32_t ack_off;         /* added to the acknowledgement number */
	bool ack_old;            /* acknowledges no more than the segment before it did */
	bool lost;               /* on the way from the engine to the receiver */
	bool bad_sum, old_ts, md5;
	bool sack, unknown;      /* a SACK block; an option that nobody knows */
	bool side_port;          /* another port of the sender: a cookie is asked for and thrown away there */
	uint8_t cookie;          /* enum cookie */
	uint8_t ext;             /* enum ext */
	uint16_t window;         /* window + 1; 0: the schedule's */
	uint32_t ts_at;          /* ticks behind the first one; 0: now */
	uint32_t wait_s;         /* STEP_PAUSE */
	uint16_t fragment;       /* octets an IP fragment; 0: whole */
	bool fragments_reversed;
	uint8_t pieces;          /* enum pieces */
};

/* What becomes of the last packets that the active node gets. X(id, in words) */
#define FATE_LIST(X)                                                         \
	X(FATE_RELEASED, "committed and let out")                            \
	X(FATE_COMMITTED, "committed and never let out")                     \
	X(FATE_LOST, "judged and never committed")

enum fate {
#define X(id, words) id,
	FATE_LIST(X)
#undef X
	FATE_N
};

/* The active node dies at the connection's packet number at, of either direction; n packets share its fate. at 0: it lives. */
struct failure {
	uint16_t at, n;
	uint8_t fate;            /* enum fate */
};

struct schedule {
	enum oddity odd;
	uint64_t seed;
	uint32_t isn;
	uint16_t len;            /* octets of the stream */
	bool six;                /* IPv6: where the seed is odd */
	bool server;             /* the receiver connects to the sender; where the seed's second bit is set */
	bool timestamps, small_buffer;
	bool sack;
	uint8_t wscale;          /* shift + 1 of the sender; 0: none */
	uint8_t ext;             /* enum ext, of every segment */
	uint16_t window;         /* that the sender offers */
	bool echo;               /* the application sends as many octets as it reads */
	uint16_t late;           /* octets that it sends when it has read all */
	bool shuts;              /* and then it ends too */
	uint8_t cookie;          /* enum cookie: of the SYN that counts; it has syn_len octets */
	uint16_t syn_len;
	bool given_up;           /* its sender contradicts itself: an RST that was right and lost, octets behind the FIN */
	uint16_t fragment;       /* of every segment with octets: octets an IP fragment; 0: whole */
	struct failure fail;
	unsigned n, n_before;    /* steps; so many of them before the SYN */
	struct step step[STEPS_MAX];
};

void plan_make(struct schedule *s, enum oddity odd, uint64_t seed);
/* The active node of the pair that s passes shall die, where s's seed says. */
void plan_failure(struct schedule *s);
uint8_t plan_octet(const struct schedule *s, uint32_t at, unsigned variant);
/* Of what the application sends. */
uint8_t plan_answer(const struct schedule *s, uint32_t at);
/* Without step i. */
void plan_drop(struct schedule *s, unsigned i);
void plan_print(const struct schedule *s, FILE *to);

#endif
