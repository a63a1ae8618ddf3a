/* engine_ha.h - the engine's replicated state out and in: what changed in a batch, and its taking over.
 *
 * Exported structs point into the engine and are valid until its next packet. Imported sessions are
 * decoded and ready at once, but larval: they neither age nor meet packets before the promotion.
 */
#ifndef IPS_ENGINE_HA_H
#define IPS_ENGINE_HA_H

#include "hacache/ha.h"
#include "ips/engine.h"

struct engine_ha;            /* scratch of exports; one an engine */
enum err engine_ha_new(struct engine *e, struct engine_ha **out) MUST_USE;
void engine_ha_free(struct engine_ha *h);

/* From now on tells each session's end, for the peer; NULL: there is none. */
void engine_ha_on_end(struct engine *e, void (*ended)(void *arg, uint64_t serial), void *arg);
/* Nobody follows any more: what counts as changed is forgotten. */
void engine_ha_forget(struct engine_ha *h);
/* A peer has nothing yet: every session that there is now and that has seen a packet since is to be told it. */
void engine_ha_bulk_start(struct engine_ha *h, mono_t since);
/* Counts at most max of them as changed, oldest first; how many sessions are still to come, at most. */
size_t engine_ha_bulk(struct engine_ha *h, size_t max);
/* That session is to be told whole, as one that the peer has not got. */
void engine_ha_retell(struct engine_ha *h, uint64_t serial);
/* Forgets every session, larval or not, without a word of their end. */
void engine_ha_clear(struct engine_ha *h);
bool engine_ha_pending(const struct engine_ha *h); /* has anything changed? */
/* The next datagram of which only a part is there, or that is remembered, and that changed; false when none is left. */
bool engine_ha_next_datagram(struct engine_ha *h, struct frag_message *out);
/* The next session that changed since the last commit, and removes it from the list; false when none is left. Only sections
 * that may have changed are there, all of them if the peer has not got the session. */
bool engine_ha_next(struct engine_ha *h, struct ha_session *out);
/* Did what went out of the session that engine_ha_next gave last change more than counters? Asked once of each. */
bool engine_ha_turned(struct engine_ha *h, const struct ha_session *sent);
/* Those sections (bits by number) of one session; false when there is none of that serial. */
bool engine_ha_export(struct engine_ha *h, uint64_t serial, unsigned parts, struct ha_session *out);

/* Could this engine ever hold such a state? Looks at the message alone: ERR_RANGE. Import asks again. */
enum err engine_ha_check(const struct engine_ha *h, const struct ha_session *in, struct ha_trust trust) MUST_USE;
/* What means something else here is left out, and the flow flagged resumed-partial: match state under other
 * signatures, tags that have no name here. */
enum err engine_ha_import(struct engine_ha *h, const struct ha_session *in, struct ha_trust trust) MUST_USE;
void engine_ha_ended(struct engine_ha *h, uint64_t serial);
/* Takes over, live at once, what a node that has worked beside this one tells of a session, all of it: unless this one has it
 * and is as far. *taken says so. Under a number of its own when another session has that one. Errors as import. */
enum err engine_ha_merge(struct engine_ha *h, const struct ha_session *in, struct ha_trust trust, bool *taken) MUST_USE;
enum err engine_ha_import_datagram(struct engine_ha *h, const struct frag_message *in) MUST_USE;
/* Time passes for a standby: nothing ends, but the timers' wheel turns, so that a promotion finds it where it ought to be, and
 * lists count from now. */
void engine_ha_tick(struct engine_ha *h, mono_t now);
/* The peer is gone after that commit: every larval session goes live. */
void engine_ha_promote(struct engine_ha *h, const struct ha_commit *last);
/* What this engine says of itself first. */
void engine_ha_hello(const struct engine *e, struct ha_hello *h);
/* And of its tags and interfaces, at the beginning of a stream: lent until the next call. */
enum err engine_ha_names(struct engine_ha *h, struct ha_hello *hello) MUST_USE;
/* What a peer whose stream begins says of itself: its tags and interfaces are known by their names from now on. ERR_RANGE,
 * ERR_NOMEM: they are not. */
enum err engine_ha_meet(struct engine_ha *h, const struct ha_hello *peer) MUST_USE;
/* How many of its tags have come that are not known here, and the last one's name. */
uint64_t engine_ha_unknown_tags(const struct engine_ha *h, const char **last);
/* The same of interfaces. */
uint64_t engine_ha_unknown_ports(const struct engine_ha *h, const char **last);
/* Our number of an interface that the peer means by that one; 0: unknown. */
uint32_t engine_ha_port(const struct engine_ha *h, uint32_t nr);

#endif
