/* tcp.h - the TCP tracker: states of both ends and the session's proto_state (RFC 9293).
 *
 * tcp_look() judges a segment as its receiver will (RFC 9293 3.10.7, RFC 5961, RFC 7323 5) and changes nothing; tcp_step()
 * follows the segments that were taken. Const tables of states and timeouts. Plain state, exported whole.
 */
#ifndef FORWARD_TCP_H
#define FORWARD_TCP_H

#include "forward/packet.h"

/* Second digit of proto_state. X(id, digit name) in the order of the digit. */
#define TCPS_LIST(X)                      \
	X(TCPS_NONE, "NONE")              \
	X(TCPS_ESTABLISHED, "ESTABLISHED") \
	X(TCPS_SYN_SENT, "SYN_SENT")      \
	X(TCPS_SYN_RECV, "SYN_RECV")      \
	X(TCPS_FIN_WAIT, "FIN_WAIT")      \
	X(TCPS_TIME_WAIT, "TIME_WAIT")    \
	X(TCPS_CLOSE, "CLOSE")            \
	X(TCPS_CLOSE_WAIT, "CLOSE_WAIT")  \
	X(TCPS_LAST_ACK, "LAST_ACK")      \
	X(TCPS_LISTEN, "LISTEN")

enum tcps {
#define X(id, name) id,
	TCPS_LIST(X)
#undef X
	TCPS_N
};

/* What one end has shown of itself, as far as its receiver believes it. */
struct tcp_end {
	uint32_t next;       /* right behind the last octet of it that was let by; SYN and FIN count */
	uint32_t ack;        /* highest acknowledgement it has sent */
	uint32_t edge;       /* right edge of all windows it has offered */
	uint32_t win_max;    /* the largest of them, in octets */
	uint32_t ts;         /* TS.Recent of its receiver (RFC 7323 4.3) */
	uint32_t fin_seq;    /* sequence number right after its FIN */
	uint32_t isn;        /* number of its SYN */
	uint32_t isn_other;  /* of a SYN-ACK that followed with another number: the answer says which one counts */
	uint8_t state;       /* enum tcps of this end, for the list */
	uint8_t wscale;      /* shift + 1 from its SYN; 0 = none */
	bool seen;           /* any segment of it but RST */
	bool fin;            /* it sent FIN: fin_seq is valid */
	bool anchored;       /* its receiver has confirmed its numbers: next is one of them */
	bool has_other;      /* isn_other is valid */
	bool sack_ok, ts_ok, md5; /* options of its SYN */
};

/* A SYN on a tuple that has a connection: another one begins if the other end answers it. */
struct tcp_syn {
	bool valid, sack_ok, has_ts, md5;
	uint8_t dir;         /* enum dir: who sent it */
	uint8_t wscale;      /* as in struct tcp_info */
	uint16_t win;
	uint32_t seq, tsval;
};

struct tcp_state {
	uint8_t state;       /* enum tcps of the connection: proto_state's second digit */
	uint8_t before_rst;  /* state is CLOSE: what it was; its receiver may have refused the RST */
	uint8_t rst_by;      /* enum dir: who sent that */
	bool midstream;      /* picked up without its SYN */
	bool fast_open;      /* octets of the SYN count (RFC 7413) */
	struct tcp_syn syn;
	struct tcp_end end[DIR_N];
	uint32_t n_paws;     /* segments refused for their timestamp */
	uint32_t n_pause;    /* segments sent away until there is room for them */
};

/* What a packet did to the connection. */
struct tcp_step {
	bool changed;        /* the state moved */
	bool closed;         /* RST, or both FINs acknowledged: now in CLOSE or TIME_WAIT */
	bool reopen;         /* a SYN on a connection in CLOSE or TIME_WAIT: a new one begins */
};

/* What a segment means to the connection, before the state is looked at. X(id, meaning) */
#define TCP_EVENT_LIST(X)                                                     \
	X(TE_SYN, "SYN")                                                      \
	X(TE_SYNACK, "SYN and ACK")                                           \
	X(TE_OPENED, "SYN-ACK or ACK answering the peer's SYN-ACK")           \
	X(TE_ACK, "ACK")                                                      \
	X(TE_FIN, "first FIN of its sender")                                  \
	X(TE_HALF, "ACK after which the one FIN sent is acknowledged")        \
	X(TE_LAST, "ACK after which both FINs are acknowledged")              \
	X(TE_RST, "RST")

enum tcp_event {
#define X(id, meaning) id,
	TCP_EVENT_LIST(X)
#undef X
	TE_N
};

/* Name of s ("SYN_SENT"); "NONE" when out of range. */
const char *tcps_name(unsigned s);
/* The table itself: the connection's state after ev of a segment in direction d. */
enum tcps tcp_next(enum dir d, enum tcp_event ev, enum tcps state);

enum tcp_worth {
	TCP_TAKEN,           /* its receiver takes it: it is followed and read */
	TCP_PASSED,          /* harmless: it goes by and counts for nothing */
	TCP_REFUSED,         /* its receiver refuses it, or might take it for something else */
	TCP_PROBE,           /* octets of a stream whose receiver has not shown yet where it stands */
	TCP_REPLACES         /* answers t->syn: this connection is over, another one has begun */
};

enum tcp_how {
	TCP_STRICT = 1,      /* inline, and all of both directions comes by: what is doubtful is refused */
	TCP_ONE_WAY = 2,     /* with TCP_STRICT: the other direction may go another way */
	TCP_BYPASS = 4       /* with TCP_STRICT: segments may have gone by unseen; what does not fit makes its receiver answer */
};

struct tcp_look {
	enum tcp_worth worth;
	enum reason why;     /* TCP_REFUSED */
	uint32_t octets;     /* of the payload: the others must not arrive */
	bool fin;            /* the stream ends behind these octets */
};

/* Judges a segment of direction d that has len octets of payload on the wire. */
struct tcp_look tcp_look(const struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t len, unsigned how);
/* A SYN that went by on a connection: if it is not that connection's own, it opens another one once it is answered. */
void tcp_note_syn(struct tcp_state *t, enum dir d, const struct tcp_info *h);
/* A RST was taken for the end, and a segment of its receiver shows that it refused it (RFC 5961 3.2): all is as before. */
void tcp_revive(struct tcp_state *t, enum dir d);
/* Octets that end d offers with that header. */
uint32_t tcp_window(const struct tcp_state *t, enum dir d, const struct tcp_info *h);
enum { TCP_SCALE_UNKNOWN = 255 };
/* What d's windows are shifted by once the SYNs are over; TCP_SCALE_UNKNOWN where those were not seen. */
unsigned tcp_scale(const struct tcp_state *t, enum dir d);

/* First packet of the session: SYN, or mid-stream pick-up. payload_len is that of the wire. */
void tcp_open(struct tcp_state *t, const struct tcp_info *h, uint32_t payload_len);
struct tcp_step tcp_step(struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t payload_len);
/* Impossible flag sets (none, SYN+FIN, SYN+RST, FIN without ACK, ...): false. */
bool tcp_flags_valid(uint8_t flags);

/* Sequence arithmetic modulo 2^32. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
