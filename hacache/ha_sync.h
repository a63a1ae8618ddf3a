/* ha_sync.h - group commit: the sender's batches and the receiver's application of them. Bytes in, bytes out.
 *
 * Sender: add what changed, commit, hand the bytes to the link, release when the acknowledgement came. A stream is the
 * batches of one conversation, numbered from 1. It outlives connections: what one of them loses is sent again, on the
 * same or another, until the resend queue has had to give it up.
 * Receiver: feed what the links bring; a batch is applied whole when its commit is there and it is the next one. One
 * applied already changes nothing; one that comes early is kept, and what is missing before it asked for. A frame that
 * is malformed, out of range or too large changes nothing, is counted, and ends the conversation: the receiver then
 * answers nothing more until a new connection begins it anew. Pure; one thread.
 */
#ifndef HACACHE_HA_SYNC_H
#define HACACHE_HA_SYNC_H

#include "hacache/ha_cache.h"
#include "hacache/ha_resend.h"
#include "hacache/ha_stage.h"
#include "hacache/ha_wire.h"

enum { HA_LINKS = 2, HA_ACK_MAX = 96 };

struct ha_sender {
	struct ha_wire *wire;
	struct ha_cache *cache;
	uint8_t *mem;
	struct wr out; /* the batch so far */
	uint64_t seq;  /* of the last commit */
	uint64_t acked; /* the peer has applied up to here */
	uint64_t n_octets;
	mono_t now;
	uint64_t stream; /* number of this conversation, not that of one before: set before the hello */
	struct ha_resend resend;
	uint64_t missing;      /* the peer asks for the batches behind acked up to this one; 0 = it does not */
	uint32_t peer_version; /* that its acknowledgements say; 0 = none has come */
	bool wants_sums;       /* the peer asks for the sums by bucket, and ... */
	uint32_t wants_bucket; /* 1 + the bucket whose sessions it asks for; 0 = none: see ha_repair.h */
	uint64_t repaired_at;  /* batch that answered last */
	uint64_t n_repairs;    /* buckets told anew */
	bool yields;           /* see ha_hello */
	bool lost;             /* the peer says that it cannot go on with this stream */
	uint64_t asked_at, asked_upto; /* the last question that was answered */
	uint64_t watched;      /* the oldest batch that waits, and ... */
	mono_t watched_at;     /* since when it does, or was sent again */
	uint64_t n_resent, n_stray; /* batches sent again; acknowledgements that were old or of another stream */
};

enum err ha_sender_new(const struct hash_key *key, uint32_t max_sessions, struct ha_sender *s) MUST_USE;
void ha_sender_fini(struct ha_sender *s);
/* A new batch, at time now. */
void ha_sender_begin(struct ha_sender *s, mono_t now);
/* First of a stream, in its first batch. What it says of versions and the stream is set here. */
enum err ha_sender_hello(struct ha_sender *s, const struct ha_hello *h) MUST_USE;
/* First on a connection over which the stream goes on: octets for it alone, at most HA_HELLO_MAX. whole_from: of the hello. */
enum { HA_HELLO_MAX = 128 };
enum err ha_sender_greet(struct ha_sender *s, const struct ha_hello *h, uint64_t whole_from, struct wr *out) MUST_USE;
/* Of the sections that in has those that changed since they were last sent; the others count as unchanged. in->version is
 * set here. Nothing goes out if nothing changed. */
enum err ha_sender_session(struct ha_sender *s, struct ha_session *in) MUST_USE;
enum err ha_sender_ended(struct ha_sender *s, uint64_t serial) MUST_USE;
enum err ha_sender_rec(struct ha_sender *s, const struct rec *r) MUST_USE;
enum err ha_sender_datagram(struct ha_sender *s, const struct frag_message *m) MUST_USE;
/* Closes the batch; its bytes are *bytes until the next begin. c's seq, now and digest are set here. */
enum err ha_sender_commit(struct ha_sender *s, struct ha_commit *c, struct span *bytes) MUST_USE;

/* Takes acknowledgements from a link: *used octets of in were whole frames, s->acked is what they say. One that is older
 * than the last, or of another stream, is counted and says nothing. An acknowledgement of what was never sent is
 * ERR_MALFORMED: the conversation is over. */
enum err ha_sender_acks(struct ha_sender *s, struct span in, size_t *used) MUST_USE;
/* Could a peer that has everything up to seq be caught up by batches sent again? */
bool ha_sender_reaches(const struct ha_sender *s, uint64_t seq);
/* The octets of batch seq, lent until the next commit; ERR_STALE: it is no longer kept. */
enum err ha_sender_again(struct ha_sender *s, uint64_t seq, struct span *bytes) MUST_USE;
/* Has the oldest batch that is not acknowledged waited for that long, as far as this function saw, since it came to be
 * that, or since this function said so last? Then all that wait are to be sent again, another way if there is one. */
bool ha_sender_overdue(struct ha_sender *s, mono_t now, int64_t after_ns);

/* What the receiver applies a batch to. Times are already on this node's line. */
struct ha_apply {
	/* Could this state ever be taken over? Asked of every session of a batch before the first is applied. */
	enum err (*check)(void *arg, const struct ha_session *in);
	enum err (*session)(void *arg, const struct ha_session *in);
	void (*ended)(void *arg, uint64_t serial);
	void (*rec)(void *arg, uint64_t seq, const struct rec *r);
	enum err (*check_datagram)(void *arg, const struct frag_message *m); /* asked like check */
	enum err (*datagram)(void *arg, const struct frag_message *m);
	/* The batch is whole: digest is this node's own after it. */
	void (*commit)(void *arg, const struct ha_commit *c, uint64_t digest);
	/* Sums of those sections of a session (bits by number) as held now; 0 of one that is not there. */
	void (*sums)(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N]);
	/* A stream begins: nothing of what is held came from it. */
	void (*anew)(void *arg);
	/* The peer's names for what it counts, lent: none when the stream begins without them, and once they come; before the
	 * sessions that need them. */
	void (*named)(void *arg, const struct ha_hello *peer);
	void *arg;
};

enum { HA_DECODED_MAX = 512 };

struct ha_decoded {
	enum ha_type t;
	const void *plain;
};

struct ha_receiver {
	struct ha_wire *wire;
	struct ha_cache *cache;
	const struct ha_apply *apply;
	struct ha_hello own, peer; /* peer: its last that counted */
	struct ha_stage stage[HA_LINKS];
	struct ha_ahead ahead;
	struct ha_decoded decoded[HA_DECODED_MAX]; /* of the batch that is being taken */
	unsigned n_decoded;
	bool named;         /* the stream's names have come: a connection's hello has none, and may be the first */
	bool merges;        /* the owner's word: it takes streams of a node that yields, and no others: see ha_hello */
	bool follows;       /* a stream, the peer's hello.stream; its former one is not taken for a new one: */
	uint64_t former;
	uint64_t refused_stream; /* a stream was to go on of which nothing is here: to be said with the next acknowledgement */
	mono_t here;        /* the owner's word: its time, at which what it feeds came; 0: it is on the sender's line itself */
	int64_t shift;      /* from the sender's line to ours, by the stream's first batch: see ha_sync.c */
	bool shifted;       /* that is known */
	uint64_t seq;       /* applied up to here */
	uint64_t missing;   /* batches behind seq up to this one have not come, though later ones have; up to seq: none is missed */
	uint64_t n_batches; /* whole batches, those sent again too, and hellos of a known stream: each is to be answered */
	uint64_t n_refused; /* conversations ended */
	bool differs;       /* the tables do after the last batch */
	uint32_t repair;    /* 1 + the bucket to be asked for; 0 = none */
	uint32_t told_bucket; /* 1 + that which this batch tells anew */
	bool beyond;        /* one that was told anew differs still: nothing more is asked for in this stream */
	uint64_t n_differed, n_repairs; /* times that the tables came to differ; buckets taken anew */
	uint64_t n_doubled, n_early, n_stray; /* batches applied before; that came early; of a stream that is not followed */
	enum err failed; /* why the conversation is over */
};

enum err ha_receiver_new(const struct hash_key *key, uint32_t max_sessions, const struct ha_hello *own,
			 const struct ha_apply *apply, struct ha_receiver *r) MUST_USE;
void ha_receiver_fini(struct ha_receiver *r);
/* Takes bytes from a link and applies every batch that is whole. r->seq is what may be acknowledged. */
enum err ha_receiver_feed_link(struct ha_receiver *r, unsigned link, struct span in) MUST_USE;
/* Another connection of that link: what has come of the former is cut off. The stream goes on if its hello says so; one
 * that was ended by what came is not gone on with. */
void ha_receiver_connected(struct ha_receiver *r, unsigned link);
/* The acknowledgement of what is applied, as bytes for the link: at most HA_ACK_MAX. */
enum err ha_receiver_ack(struct ha_receiver *r, struct wr *out) MUST_USE;
/* What of the peer's numbers means the same here. */
struct ha_trust ha_receiver_trust(const struct ha_receiver *r);

/* Are digests of both nodes sums of the same? */
bool ha_receiver_comparable(const struct ha_receiver *r);

/* The only link, or the first. */
static inline enum err ha_receiver_feed(struct ha_receiver *r, struct span in)
{
	return ha_receiver_feed_link(r, 0, in);
}

/* Sum of each section over its rows; 0: it is not there. */
void ha_session_sums(const struct ha_session *s, uint64_t sum[HA_SECTION_N]);
/* The sections that are there, as bits by number. */
unsigned ha_session_parts(const struct ha_session *s);
/* One number of all of them, for comparing two states. */
uint64_t ha_session_digest(const struct ha_session *s);

#endif
