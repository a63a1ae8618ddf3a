/* flow.h - the conversations of a script: TCP with sequence numbers kept, UDP, ICMP, other IP protocols.
 */
#ifndef TESTS_TOOLS_FLOW_H
#define TESTS_TOOLS_FLOW_H

#include "tests/tools/frame.h"

struct flow;

enum { FLOWS_N = 16384 };

struct flows {
	struct flow *slot[FLOWS_N];
	struct frame_out *out;
};

/* "A [tcp|udp|icmp|ip:N] SRC > DST [key=value]..."; a name may be used again for a new flow. */
void flow_new(struct flows *fs, struct text t);
/* Name ends with > (from the first host) or < (from the second). NULL if there is no such flow. */
struct flow *flow_find(struct flows *fs, struct text name);
void flow_fini(struct flows *fs);

/* The three packets of a TCP handshake, or none but the state after it. */
void flow_handshake(struct flows *fs, struct flow *f, bool silent);
/* how is fin, fin<, rst or rst<. */
void flow_end(struct flows *fs, struct flow *f, struct text how);
/* Sends payload in the direction of c ('>' or '<') as options ("seg=7,13 drop=2") say. */
void flow_send(struct flows *fs, struct flow *f, char c, struct text options, const struct bytes *payload);
/* The last IP packet sent that way. */
const struct bytes *flow_last(const struct flow *f, char c);

#endif
