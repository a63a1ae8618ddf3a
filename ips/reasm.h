/* reasm.h - TCP reassembly: segments in any order to each byte of a direction exactly once, in order.
 *
 * First accepted bytes win. Out-of-order segments are held (bounded per direction); a gap is declared
 * when the receiver acknowledged bytes that never came by, when the cap is reached, or when the session
 * ends. Neither FIN nor RST ends a stream. What was delivered is kept until it is acknowledged, so that
 * another copy of it can be compared; octets that nobody reads, whatever they are, are not. Plain state; bytes
 * come from the engine's buffer pool, which they may fill up to the shares below only: in-order octets go on
 * when out-of-order ones have used up theirs, and decoders when these have. RFC 9293 3.4, 3.10.
 */
#ifndef IPS_REASM_H
#define IPS_REASM_H

#include "base/buf.h"
#include "forward/packet.h"

#define REASM_SEGS_MAX 64u               /* held segments a direction */
#define REASM_HELD_MAX (256u * 1024u)    /* held octets a direction */
#define REASM_HELD_SHARE 2u              /* of 4: of the pool, while held octets still find room */
#define REASM_KEPT_SHARE 3u              /* of 4: likewise kept ones */
#define REASM_KEPT_PART 8u               /* one part in so many of the share that is left, for one direction */
#define REASM_KEPT_FREE 16384u           /* ... but so much in any case while there is any left */
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

/* Does anybody read what is delivered? Octets that nobody reads are not kept. */
enum reasm_reading { REASM_READ, REASM_UNREAD, REASM_READ_AGAIN, REASM_READING_N };

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
	uint8_t reading;                 /* enum reasm_reading */
	uint32_t turn;                   /* UNREAD: since that number. READ_AGAIN: nobody read what is before. Else 0 */
	struct buf kept;                 /* inspected, not acknowledged, up to reasm_kept_end(), and ... */
	uint32_t kept_head;              /* ... so many octets of it before those */
	uint32_t told;                   /* kept octets before this number are on the peer: this node's own bookkeeping */
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
	void (*differs)(void *arg, enum dir d);   /* another copy of octets has others */
	void *arg;
};

struct reasm_ctx {
	struct bufpool *bufs;
	struct pool *held_pool;          /* of struct reasm_held */
	const struct reasm_sink *sink;
	bool anchored;                   /* a stream begins where its receiver said, not with the first segment that comes by */
	bool keep[DIR_N];                /* what is delivered of that direction, until it is acknowledged */
};

void reasm_fini(struct reasm_state *r, const struct reasm_ctx *ctx);
/* One segment of direction d. */
void reasm_segment(struct reasm_state *r, const struct reasm_ctx *ctx, enum dir d, const struct packet *p);
/* Whether a segment is in order and can be kept, or can be held whole until it is. Inline, one that cannot is better not let
 * through: its sender repeats it, and no octet goes by unread or uncompared. */
enum reasm_room {
	REASM_ROOM,
	REASM_ROOM_WAIT,         /* not now: the direction has as much as it may have, or this is out of order */
	REASM_ROOM_NO_MEMORY     /* in order, but others have taken what memory there is: it could be read, not kept */
};
enum reasm_room reasm_room(struct reasm_state *r, const struct reasm_ctx *ctx, enum dir d, const struct packet *p);
/* Are there octets between seq and end that were read, and neither acknowledged up to ack nor kept? They cannot be compared. */
bool reasm_forgotten(const struct reasm_dir *r, uint32_t ack, uint32_t seq, uint32_t end);
/* Where the stream begins, told by its receiver; nothing once it has begun. */
void reasm_start(struct reasm_dir *r, uint32_t seq);
/* Octets of data, at seq, that differ from those delivered or held for the same numbers; corrected in copy, unless that is NULL. */
uint32_t reasm_conform(const struct reasm_dir *r, uint32_t seq, struct span data, uint8_t *copy);
/* Behind the last octet that came by, in order or held. */
static inline uint32_t reasm_top(const struct reasm_dir *r)
{
	return r->held != NULL ? r->held->seg[r->held->n - 1].seq + r->held->seg[r->held->n - 1].data.len : r->next;
}
/* The session ends: what is held is delivered behind a gap. */
void reasm_flush(struct reasm_state *r, const struct reasm_ctx *ctx);
/* Octets kept now, and the number behind the last of them. */
static inline uint32_t reasm_kept(const struct reasm_dir *r)
{
	return r->kept.len - r->kept_head;
}
static inline struct span reasm_kept_span(const struct reasm_dir *r)
{
	return reasm_kept(r) != 0 ? span_of(r->kept.p + r->kept_head, reasm_kept(r)) : span_of(NULL, 0);
}
static inline uint32_t reasm_kept_end(const struct reasm_dir *r)
{
	return r->reading == REASM_UNREAD ? r->turn : r->next;
}
/* Held segments are in order, apart, behind the next byte, and as many octets as said. */
bool reasm_check(const struct reasm_dir *r);

#endif
