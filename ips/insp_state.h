/* insp_state.h - what the inspection of a flow knows beside its decoders: plain and replicated.
 *
 * service is the decoder that owns the stream, upper what rides on COTP, proto the most special
 * protocol recognised so far.
 */
#ifndef IPS_INSP_STATE_H
#define IPS_INSP_STATE_H

#include "base/buf.h"
#include "decoders/proto.h"
#include "sigs/tags.h"

enum service { SVC_UNDECIDED, SVC_COTP, SVC_NAMED, SVC_UNKNOWN, SVC_N };
enum upper { UPPER_UNDECIDED, UPPER_OSI, UPPER_S7, UPPER_MMS, UPPER_OTHER, UPPER_N };

#define SERVICE_COTP_ID 39u      /* the number operators know cotp by */

struct insp_dir {
	bool looked;             /* the probes have decided this direction */
	bool blocked;            /* nothing past release_to leaves */
	uint32_t release_to;     /* sequence number: octets from here on were refused */
	uint64_t inspected;      /* octets given to matcher and decoders */
	struct buf look;         /* first octets, until the probes decide */
};

struct insp_state {
	uint8_t service;         /* enum service */
	uint8_t upper;           /* enum upper */
	uint8_t proto;           /* enum proto */
	bool partial;            /* resumed-partial: match state or kept octets could not be taken over */
	bool read_again;         /* the signatures here have not read what is still kept of it: the next packet has them do so */
	uint32_t owner;          /* node that opened the session */
	uint32_t app, last_app;  /* application ids: the flow's protocol, its last operation */
	uint32_t n_recs;         /* log records so far: the next one's number minus one */
	uint32_t n_alerts;
	struct insp_dir dir[DIR_N];
	struct tagset tags;
};

#endif
