/* reasm_kept.h - what a peer is told of the octets that were inspected and are not acknowledged (struct reasm_dir: kept).
 *
 * Sender: each octet travels to a peer once.
 * Receiver: what is told is appended to what there is, or takes its place. Plain state in and out; the buffers are the
 * engine's. RFC 9293 3.10.7.4: what the receiver has not acknowledged may come once more.
 */
#ifndef IPS_REASM_KEPT_H
#define IPS_REASM_KEPT_H

#include "hacache/ha.h"

/* Octets of both directions. */
size_t reasm_kept_octets(const struct reasm_state *r);
/* What is kept, with all octets or those that were not told. They point into r. */
void reasm_kept_export(const struct reasm_state *r, bool all, struct ha_kept *out);
/* What reasm_kept_export gave is on its way to the peer. */
void reasm_kept_told(struct reasm_state *r);

/* Could a node that stands at r (NULL: nowhere) keep that? */
bool reasm_kept_good(const struct ha_kept *in, const struct reasm_state *r);
/* r as before the message that in is of. False: what went before is not here, or there is no memory; of that direction
 * nothing is kept then. */
bool reasm_kept_import(struct reasm_state *r, struct bufpool *bufs, const struct ha_kept *in) MUST_USE;

#endif
