/* frag_int.h - between frag.c and frag_peer.c. */
#ifndef FORWARD_FRAG_INT_H
#define FORWARD_FRAG_INT_H

#include "base/list.h"
#include "base/pool.h"
#include "base/wheel.h"
#include "forward/frag.h"

enum { FRAG_BUCKETS = 4096, FRAG_WHOLE_MAX = 40 + UINT16_MAX };

struct frag_part {
	struct list node;            /* in the order of their coming */
	uint32_t from, len;          /* octets of the datagram, on the wire */
	uint32_t wire_len;           /* of the packet */
	uint64_t nr;                 /* and its number */
	uint16_t at;                 /* where in the packet the octets of the datagram begin */
	bool held;                   /* it did not leave when it came */
	struct buf ip;
};

struct frag_datagram {
	struct frag_info i;
	bool ended;                  /* total is known */
	bool told;                   /* the peer has heard of it */
	uint8_t next;                /* IPv6, as in struct fragment, of the first fragment; ... */
	uint16_t head, next_at;      /* ... and these */
	uint32_t total, have;        /* octets */
	uint16_t n, n_told;          /* fragments, and those that the peer has */
	struct list parts;
	struct list node;            /* on waiting or known, oldest first */
	struct list dirty;           /* on ended or dirty: changed since the peer was told */
	struct wheel_timer timer;
	struct frag_datagram *chain;
};

struct frag_table {
	struct hash_key key;
	mono_t now;
	frag_gone_fn *gone;
	void *arg;
	bool follows;                /* a peer is to be told */
	struct frag_datagram *bucket[FRAG_BUCKETS];
	struct list waiting, known, leaving;
	struct list ended, dirty;    /* to be told: what is gone, of any key before what came after it; the rest */
	size_t n_waiting, n_known, n_held;
	struct wheel wheel;
	struct pool pool, part_pool;
	struct bufpool *bufs;
	struct span release[FRAG_PARTS_MAX];
	uint32_t whole_len;          /* octets there of the last datagram made whole */
	uint8_t whole[FRAG_WHOLE_MAX];
};

struct frag_datagram *frag_find(const struct frag_table *t, const struct frag_key *k);
/* A new one that waits, with nothing yet, its age not set; NULL: no room. */
struct frag_datagram *frag_make(struct frag_table *t, const struct frag_key *k);
void frag_set_state(struct frag_table *t, struct frag_datagram *d, enum frag_state s);
/* Takes its fragments away. */
void frag_empty(struct frag_table *t, struct frag_datagram *d);
/* Takes a copy of p; false: no room. */
bool frag_keep(struct frag_table *t, struct frag_datagram *d, const struct packet *p, bool held);
/* Does p fit what is there? *copy: it is there. */
enum reason frag_fits(const struct frag_datagram *d, const struct packet *p, bool *copy);
struct frag_key frag_key_of(const struct packet *p);
bool frag_is_tiny(const struct packet *p);
void frag_forget(struct frag_table *t, struct frag_datagram *d);
/* The peer is to be told; freed: before the others, so that it has room for them. */
void frag_changed(struct frag_table *t, struct frag_datagram *d, bool freed);

#endif
