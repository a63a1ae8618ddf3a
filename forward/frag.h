/* frag.h - fragments to datagrams, before anything looks at ports (RFC 791 3.2, RFC 8200 4.5).
 *
 * A fragment is copied and waits until its datagram is whole; the caller has that judged as one packet, and says what became of
 * it. Fragments that overlap or contradict one another end their datagram (RFC 5722, in both families): what follows of
 * it until its time is over is refused as well. A datagram that passed is remembered for as long as a receiver may hold a
 * part of it: other octets under its identification would take the place of what is missing there.
 * Bounded in datagrams, fragments and octets: the oldest makes room. No clock; time is given. One thread.
 */
#ifndef FORWARD_FRAG_H
#define FORWARD_FRAG_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/mono.h"
#include "forward/packet.h"

#define FRAG_WAITING_MAX 1024u        /* datagrams of which a part is there */
#define FRAG_KNOWN_MAX   16384u       /* those that were refused or passed */
#define FRAG_PARTS_MAX   256u         /* fragments a datagram */
#define FRAG_OCTETS_MAX  (4u << 20)   /* octets of fragments that wait, in buffers of whole size classes */
#define FRAG_TIMEOUT_S4  30           /* as the common receivers have it, RFC 1122 3.3.2 */
#define FRAG_TIMEOUT_S6  60           /* RFC 8200 4.5 */

/* What tells datagrams apart; hashed as octets. In IPv6 the protocol does not count. */
struct frag_key {
	struct addr src, dst;
	uint32_t id;
	uint16_t vdom;
	uint8_t proto, family;
};

enum frag_state {
	FRAG_GONE,                   /* to the peer: forget it */
	FRAG_WAITING,
	FRAG_REFUSED,                /* all that comes is refused, for reason */
	FRAG_PASSED,
	FRAG_STATE_N
};

/* What the peer gets of a datagram, its fragments besides. */
struct frag_info {
	struct frag_key key;
	uint8_t state, reason;
	bool known;                  /* one of that identification has passed: nonce and sum are its */
	uint64_t nonce, sum;
	mono_t expires;
};

#define FRAG_TELL_MAX 32u             /* fragments a message */
#define FRAG_WIRE_MAX (40u + UINT16_MAX)

struct frag_told {
	uint64_t nr;                 /* number of the packet */
	uint32_t wire_len;
	bool held;                   /* it did not leave when it came */
	struct buf ip;
};

struct frag_message {
	struct frag_info i;
	uint16_t first, n;           /* so many fragments were told before; those of this message */
	struct frag_told part[FRAG_TELL_MAX];
};

struct frag_datagram;
struct frag_table;
/* A fragment that was held, packet nr of the run, is given up for that reason. */
typedef void frag_gone_fn(void *arg, enum reason why, const struct frag_key *k, uint64_t nr);

struct frag_table *frag_table_new(const struct hash_key *key, mono_t now, frag_gone_fn *gone, void *arg);
void frag_table_free(struct frag_table *t); /* NULL is fine */
/* Nothing is there any more. What waits is given up for that reason; REASON_NONE: without a word. */
void frag_table_clear(struct frag_table *t, enum reason why);
/* Time passes: what is due is given up. What was lent by frag_release is gone. */
void frag_tick(struct frag_table *t, mono_t now);

/* p: a decoded fragment; hold: it does not leave now. A reason: it is refused. *whole: its datagram is complete, and one of
 * the next three has to follow; NULL: it waits. */
enum reason frag_add(struct frag_table *t, const struct packet *p, bool hold, struct frag_datagram **whole);
/* The datagram as one packet, in out's given part, lent until the next call of this; not yet decoded. */
enum reason frag_whole(struct frag_table *t, struct frag_datagram *d, struct packet *out);
/* It does not pass, and none of its fragments does from now on. */
void frag_refuse(struct frag_table *t, struct frag_datagram *d, enum reason why);
/* It passes: the packets that were held, to be sent before the last one; lent until the next frag_tick. remember: that it did. */
const struct span *frag_release(struct frag_table *t, struct frag_datagram *d, bool remember, unsigned *n);
/* The octets of the whole become those of whole in every fragment; false: it has another length or another header. last:
 * the last one's. Before frag_release. */
bool frag_rewrite(struct frag_table *t, struct frag_datagram *d, struct span whole, struct span *last);

/* --- frag_peer.c: to the peer and from it --- */
/* A peer follows from now on and has nothing yet; or none does. */
void frag_follow(struct frag_table *t, bool on);
bool frag_pending(const struct frag_table *t);
/* What has changed next; false: nothing has. Buffers are lent until the table is used again. */
bool frag_next(struct frag_table *t, struct frag_message *m);
/* What a peer may say at all (ERR_RANGE); what it says is done (ERR_MISMATCH: it does not fit what is here, ERR_FULL). */
enum err frag_check(const struct frag_message *m) MUST_USE;
enum err frag_import(struct frag_table *t, const struct frag_message *m) MUST_USE;

uint32_t frag_longest(const struct frag_datagram *d); /* octets of its longest packet */
size_t frag_held(const struct frag_table *t);     /* fragments that wait and have not left */
size_t frag_waiting(const struct frag_table *t);  /* datagrams of which a part is there */

#endif
