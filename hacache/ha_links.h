/* ha_links.h - the main and the backup link to one peer: all are up, one is used.
 *
 * Batches go by the one in use; heartbeats by all. When the one in use breaks, or its peer is not heard there, the other
 * is used; it is left again for the main link once that has been good for a second. What was under way is not known
 * to have arrived: the owner sends again what was not acknowledged. The peer is dead when no link hears it, or it has left
 * word by any. One thread.
 */
#ifndef HACACHE_HA_LINKS_H
#define HACACHE_HA_LINKS_H

#include "hacache/ha_link.h"

enum { LINKS_MAX = 2, LINKS_NONE = LINKS_MAX };
#define LINKS_POLL_MAX (LINKS_MAX * LINK_POLL_MAX)
#define LINKS_RETURN_NS (1 * NS_PER_SEC)

struct links;
/* n configurations of the same group and boot: first the main link's. Errors and why as link_new. */
enum err links_new(const struct link_cfg *cfg, unsigned n, mono_t now, struct links **out, char *why) MUST_USE;
void links_free(struct links *l);
unsigned links_n(const struct links *l);
struct link *links_at(const struct links *l, unsigned i);

unsigned links_poll(const struct links *l, struct pollfd *fds, unsigned max);
void links_polled(struct links *l, const struct pollfd *fds, unsigned n);
/* Steps each, and chooses. */
void links_step(struct links *l, mono_t now);
/* The link that is used; LINKS_NONE when none is up. */
unsigned links_used(const struct links *l);
/* How often another one than before came into use. */
uint64_t links_switches(const struct links *l);
/* What went by the one in use is not answered: the other one is used from now on. false: there is none that is up and heard. */
bool links_turn_away(struct links *l, mono_t now);
/* Ends all connections. */
void links_drop(struct links *l, mono_t now);

/* A heartbeat on each. */
void links_beat(struct links *l, const struct link_beat *b, mono_t now);
/* As link_peer_beat: of the last one heard by any. */
bool links_peer_beat(const struct links *l, struct link_beat *b, mono_t *at, uint64_t *boot_id);
/* Its last boot that was heard has left word of its end. */
bool links_peer_willed(const struct links *l);
bool links_peer_dead(const struct links *l, mono_t now);
/* No connection is up, and one was closed by the peer's end. */
bool links_peer_closed(const struct links *l);
/* Of all links. */
uint64_t links_count(const struct links *l, enum link_counter c);

#endif
