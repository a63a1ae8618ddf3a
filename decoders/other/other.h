/* other.h - the protocols that are named but not decoded, and S7 on COTP.
 *
 * A recogniser looks at the first bytes of each direction of a stream or at a datagram, by structure
 * (lengths that fit, magic values, both directions consistent); a port is a hint that is never proof.
 */
#ifndef DECODERS_OTHER_OTHER_H
#define DECODERS_OTHER_OTHER_H

#include "decoders/dec.h"

struct other_hint {
	uint8_t ip_proto;        /* 6 or 17 */
	uint16_t sport, dport;   /* of the flow's first packet: dport is the server's */
};

/* first: the first bytes seen of direction d of a stream (up to OTHER_LOOK), or one datagram.
 * PROBE_YES sets *p; PROBE_MORE wants more bytes; PROBE_NO: none of them. */
#define OTHER_LOOK 256u
enum probe other_probe(const struct other_hint *h, enum dir d, struct span first, bool whole, enum proto *p);

/* S7comm and S7comm-plus: one TSDU after COTP. Stateless: every TSDU is one PDU. s7.function is the first parameter
 * octet (0x04 read, 0x05 write, 0xf0 set-up ...); of user data it is group << 8 | subfunction. */
bool s7_looks_like(struct span tsdu);
void s7_tsdu(struct dec_ctx *ctx, enum dir d, struct span tsdu);

#endif
