/* reasm.h - TCP reassembly: segments in any order to each byte of a direction exactly once, in order.
 *
 * First accepted bytes win. Out-of-order segments are held (bounded per direction); a gap is declared
 * when the receiver acknowledged bytes that never came by, when the cap is reached, or when the session
 * ends. Neither FIN nor RST ends a stream. Plain state; held bytes come from the engine's buffer pool.
 * RFC 9293 3.4, 3.10.
 */
#ifndef IPS_REASM_H
#define IPS_REASM_H

#include "base/buf.h"
#include "forward/packet.h"

#define REASM_SEGS_MAX 64u               /* held segments a direction */
#define REASM_HELD_MAX (256u * 1024u)    /* held octets a direction */
#define REASM_KEPT_MAX BUF_LEN_MAX       /* octets a direction that were inspected and are not acknowledged */
#define REASM_AHEAD_MAX (1 << 24)        /* a segment further ahead than this belongs to no window */

struct reasm_seg {
	uint32_t seq;
	struct buf data;
};

struct reasm_held {                      /* sorted by sequence number, no overlaps */
	uint16_t n;
	struct reasm_seg seg[REASM_SEGS_MAX];
};

struct reasm_dir {
	bool started;                    /* next is valid */
	bool fin;                        /* FIN seen: fin_seq is its number, which is no byte */
	uint32_t next;                   /* sequence number of the next byte to deliver */
	uint32_t fin_seq;
	uint64_t seen;                   /* payload octets that came by, retransmissions included */
	uint32_t held_bytes;
	uint32_t n_ooo;                  /* segments that came out of order */
	uint32_t n_gaps;
	uint32_t differed;               /* retransmitted octets that differed from held ones */
	struct reasm_held *held;         /* NULL = none */
	struct buf kept;                 /* its last octet is the one before next: inspected, not acknowledged, and ... */
	uint32_t kept_head;              /* ... so many octets of it before those */
	uint32_t told;                   /* kept octets before this number are on the peer: this node's own bookkeeping */
	bool told_any;
};

struct reasm_state {
	struct reasm_dir dir[DIR_N];
};

struct pool;
/* What reassembly tells; gap comes before the bytes behind it. */
struct reasm_sink {
	void (*bytes)(void *arg, enum dir d, struct span s);
	void (*gap)(void *arg, enum dir d);
	void (*held_cap)(void *arg, enum dir d);  /* the cap was reached: a gap follows */
	void *arg;
};

struct reasm_ctx {
	struct bufpool *bufs;
	struct pool *held_pool;          /* of struct reasm_held */
	const struct reasm_sink *sink;
};

void reasm_fini(struct reasm_state *r, const struct reasm_ctx *ctx);
/* One segment of direction d. */
void reasm_segment(struct reasm_state *r, const struct reasm_ctx *ctx, enum dir d, const struct packet *p);
/* Whether that segment is in order, or can be held whole until it is. Inline, one that cannot is better not let through: its
 * sender repeats it, and no octet goes by unread. */
bool reasm_has_room(const struct reasm_dir *r, const struct packet *p);
/* The session ends: what is held is delivered behind a gap. */
void reasm_flush(struct reasm_state *r, const struct reasm_ctx *ctx);
/* Held segments are in order, apart, behind the next byte, and as many octets as said. */
bool reasm_check(const struct reasm_dir *r);

#endif
