/* peer_tags.h - a peer's tags by name: what its numbers mean here when its tables are other ones.
 *
 * A table travels as its names, each with its NUL, the stock table's first. One that is too long is left out, and its tags
 * mean nothing then. One thread.
 */
#ifndef IPS_PEER_TAGS_H
#define IPS_PEER_TAGS_H

#include "hacache/ha.h"
#include "sigs/sig.h"

struct peer_tags {
	tag_t *to[TAG_TABLE_N];      /* by the peer's number; TAG_NONE: there is no such tag here */
	uint16_t n[TAG_TABLE_N];
	char *names;                 /* the peer's */
	uint32_t *at[TAG_TABLE_N];   /* where each begins */
	uint64_t unknown;            /* of its tags that came, those that are not known here; each is counted once */
	char last[64];               /* the name of the last one, or its number when no name has come */
};

/* The names of both tables, packed into *mem (grown as needed; the caller's to free), lent to out. Empty without memory, or
 * when they are more than a message holds. */
void peer_tags_pack(const struct sigset *sigs, uint8_t **mem, struct buf *out);
/* What a peer with these tables means by its numbers. Names that do not add up to what the hello counts count as none. */
enum err peer_tags_learn(struct peer_tags *p, const struct sigset *sigs, const struct ha_hello *peer) MUST_USE;
void peer_tags_fini(struct peer_tags *p);
/* Puts our numbers in the place of the peer's, of tables that are not trusted; false: some of them are not known here. */
bool peer_tags_translate(struct peer_tags *p, struct ha_trust trust, struct tagset *tags);
/* Could they be a peer's? Each once and in order; of tables that are trusted, numbers that they have. */
bool peer_tags_good(const struct sigset *set, const struct tagset *tags, struct ha_trust trust);

#endif
