/* engine_norm.h - what a session's policy wants of its packets: only of inspected sessions, only in prevent mode.
 *
 *   r = engine_norm_refuses(e, s, d, p);                 before p moves any state; a reason: p is dropped for it
 *   ...
 *   bool begun = ...;                                    does w hold p already, with other edits?
 *   r = engine_normalize(e, s, d, p, w, &begun);         p passes; a reason: it cannot be rewritten and is dropped
 *   if (begun)
 *           verdict.rewritten = rewrite_end(w);
 *
 * p is the packet as it came (what rewrite_begin took), not an edited struct. The session's tracker may stand before or
 * behind it. Elsewhere than inline in an inspected session both return REASON_NONE at once.
 */
#ifndef IPS_ENGINE_NORM_H
#define IPS_ENGINE_NORM_H

#include "forward/rewrite.h"
#include "ips/engine.h"

enum reason engine_norm_refuses(const struct engine *e, const struct session *s, enum dir d, const struct packet *p);
/* Counts in engine_stats.normalized what it takes away. */
enum reason engine_normalize(struct engine *e, const struct session *s, enum dir d, const struct packet *p,
			     struct rewrite *w, bool *begun);

#endif
