/* ha_sync.h - group commit: the sender's batches and the receiver's application of them. Bytes in, bytes out.
 *
 * Sender: add what changed, commit, hand the bytes to the link, release when the acknowledgement came.
 * Receiver: feed what the link brings; a batch is applied whole when its commit is there. A frame that is
 * malformed, out of range, out of sequence or too large changes nothing, is counted, and ends the
 * conversation: the receiver then answers nothing more. Pure; one thread.
 */
#ifndef HACACHE_HA_SYNC_H
#define HACACHE_HA_SYNC_H

#include "hacache/ha_cache.h"
#include "hacache/ha_wire.h"

struct ha_sender {
	struct ha_wire *wire;
	struct ha_cache *cache;
	uint8_t *mem;
	struct wr out; /* the batch so far */
	uint64_t seq;  /* of the last commit */
	uint64_t acked; /* the peer has applied up to here */
	uint64_t n_octets;
	mono_t now;
};

enum err ha_sender_new(const struct hash_key *key, uint32_t max_sessions, struct ha_sender *s) MUST_USE;
void ha_sender_fini(struct ha_sender *s);
/* A new batch, at time now. */
void ha_sender_begin(struct ha_sender *s, mono_t now);
enum err ha_sender_hello(struct ha_sender *s, const struct ha_hello *h) MUST_USE;
/* All sections of one session that changed since they were last sent; in->version is set here. */
enum err ha_sender_session(struct ha_sender *s, struct ha_session *in) MUST_USE;
enum err ha_sender_ended(struct ha_sender *s, uint64_t serial) MUST_USE;
enum err ha_sender_rec(struct ha_sender *s, const struct rec *r) MUST_USE;
enum err ha_sender_datagram(struct ha_sender *s, const struct frag_message *m) MUST_USE;
/* Closes the batch; its bytes are *bytes until the next begin. c's seq, now and digest are set here. */
enum err ha_sender_commit(struct ha_sender *s, struct ha_commit *c, struct span *bytes) MUST_USE;

/* Takes acknowledgements from the link: *used octets of in were whole frames, s->acked is what they say. An acknowledgement
 * of what was never sent, or that goes back, is ERR_MALFORMED: the conversation is over. */
enum err ha_sender_acks(struct ha_sender *s, struct span in, size_t *used) MUST_USE;

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
	/* Sum of one session as held now. */
	uint64_t (*digest)(void *arg, uint64_t serial);
	void *arg;
};

struct ha_receiver {
	struct ha_wire *wire;
	struct ha_cache *cache;
	const struct ha_apply *apply;
	struct ha_hello own, peer; /* peer.version 0 = no hello yet */
	uint8_t *mem;
	size_t len, cap; /* staged octets */
	size_t scanned;  /* of them: whole frames without a commit */
	uint64_t seq;    /* applied up to here */
	uint64_t n_batches; /* whole batches that came, those sent again too: each is to be acknowledged */
	uint64_t n_refused;
	enum err failed; /* why the conversation is over */
};

enum err ha_receiver_new(const struct hash_key *key, uint32_t max_sessions, const struct ha_hello *own,
			 const struct ha_apply *apply, struct ha_receiver *r) MUST_USE;
void ha_receiver_fini(struct ha_receiver *r);
/* Takes bytes from the link and applies every batch that is whole. r->seq is what may be acknowledged. */
enum err ha_receiver_feed(struct ha_receiver *r, struct span in) MUST_USE;
/* The acknowledgement of what is applied, as bytes for the link. */
enum err ha_receiver_ack(struct ha_receiver *r, struct wr *out) MUST_USE;
/* What of the peer's numbers means the same here. */
struct ha_trust ha_receiver_trust(const struct ha_receiver *r);

/* Sum of a session over all its sections' rows. */
uint64_t ha_session_digest(const struct ha_session *s);

#endif
