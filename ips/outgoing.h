/* outgoing.h - a batch's verdicts until they may leave, with all that leaves along with them: rewritten octets, fragments
 * that waited, resets. The engine lends those for a moment only: they are copied into memory of the batch's own, taken once.
 */
#ifndef IPS_OUTGOING_H
#define IPS_OUTGOING_H

#include "ips/engine.h"
#include "ips/reset.h"
#include "nfq/pktio.h"

struct outgoing {
	unsigned n, n_reset;
	struct pktio_verdict v[PKTIO_BATCH_MAX];
	struct span release[PKTIO_BATCH_MAX]; /* before that packet: each with its length in front */
	struct reset reset[2 * PKTIO_BATCH_MAX];
	uint8_t *mem;
	size_t used;
};

enum err outgoing_init(struct outgoing *o) MUST_USE;
void outgoing_fini(struct outgoing *o);
/* No packets yet. */
void outgoing_begin(struct outgoing *o);
/* The next packet's: p is decoded. What finds no room is dropped. */
void outgoing_add(struct outgoing *o, const struct packet *p, const struct verdict *v);
/* The next packet's, whatever an engine would say of it. */
void outgoing_add_plain(struct outgoing *o, bool pass);
/* Gives the verdicts in order, each behind the fragments that leave before it: two datagrams of the same number never mix. */
enum err outgoing_give(const struct outgoing *o, struct pktio *io) MUST_USE;
/* Then the resets. */
void outgoing_reset(const struct outgoing *o, struct pktio *io);

#endif
