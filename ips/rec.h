/* rec.h - one log record: what EVE, the key=value log and the peer get to know of an event.
 *
 * Plain and self-contained, so that it survives its session and travels to the peer in the commit of
 * the packet that caused it. Its id - owner, session serial, number within the session - is the same
 * whichever node writes it; a record written twice counts once.
 */
#ifndef IPS_REC_H
#define IPS_REC_H

#include "forward/packet.h"
#include "ips/rec_pdu.h"

/* X(id, EVE event_type) */
#define REC_LIST(X)                \
	X(REC_ALERT, "alert")      \
	X(REC_APP, "app")          \
	X(REC_ANOMALY, "anomaly")  \
	X(REC_DROP, "drop")        \
	X(REC_FLOW, "flow")

enum rec_kind {
#define X(id, name) id,
	REC_LIST(X)
#undef X
	REC_N
};

struct rec_flow {             /* REC_FLOW: the session's totals at its end */
	uint64_t bytes[DIR_N], packets[DIR_N];
	mono_t start, last;
	uint8_t end;          /* enum session_end */
	uint8_t proto_state;
	uint32_t n_alerts;
};

struct rec {
	uint8_t kind;         /* enum rec_kind */
	uint8_t dir;          /* of the packet that caused it */
	uint8_t proto;        /* enum proto of the flow by then */
	bool would_drop;      /* detect mode: prevent would have dropped */
	bool dropped;
	uint32_t owner;       /* node that first inspected the session */
	uint32_t nr;          /* number within the session, from 1; 0 = no session */
	uint64_t serial;      /* session; 0 = none */
	uint64_t packet_nr;   /* of the packet that caused it; 0 = none did */
	mono_t at;
	struct tuple tuple;   /* of the session's first packet, or of the packet */
	uint32_t ifin, ifout;
	uint16_t vlan;        /* outermost tag; 0 = none */
	uint32_t policy_id;
	uint32_t app;         /* application id: REC_APP, and the flow's last for the others */
	uint32_t gid, sid, rev; /* REC_ALERT */
	uint32_t code;        /* REC_ANOMALY: enum anomaly; REC_DROP: enum reason */
	struct rec_pdu pdu;   /* of the PDU that is the operation, or that a rule matched in */
	struct rec_flow flow;
};

#endif
