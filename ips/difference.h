/* difference.h - what of a pair's output differs from that of one node, as packet, session and field. */
#ifndef IPS_DIFFERENCE_H
#define IPS_DIFFERENCE_H

#include "ips/outbuf.h"
#include "ips/trace.h"

struct difference {
	uint64_t cut;         /* the packet after which A died */
	uint64_t packet;      /* 0 = it is of none */
	uint64_t session;     /* its serial; 0 = it is of none */
	uint32_t octet;       /* of the packet's payload, from 1, where the capture was cut to octets; 0 = it was not */
	uint32_t cut_octet;   /* the same of the cut */
	char what[12];        /* verdict, alert, flow, record, list, state, node */
	char id[40];          /* of a record */
	char field[64];       /* the first that differs; "" = all of it is missing, or too much */
	char expected[96], got[96]; /* values; "" where there is none */
};

/* All but the cut. */
void difference_of(const struct trace_change *c, struct difference *d);
/* For qsort: what is of a packet in the order of the packets, then the rest; what leaves before what is held. */
int difference_order(const void *a, const void *b);
/* "packet 40, session 1, alert 1-1-11: alert.signature_id is 5, not 4" */
void difference_text(const struct difference *d, struct outbuf *o);

#endif
