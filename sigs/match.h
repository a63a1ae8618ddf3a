/* match.h - runs a signature set over packets, streams and events; the flow's match state resumes elsewhere.
 *
 * A matcher belongs to one worker (Hyperscan scratch, queues: all allocated by matcher_new; nothing on
 * the packet path once warm). Stream rules run in Hyperscan's streaming mode over the in-order bytes of
 * a direction; rules of cotp, mms and iccp in block mode over the PDU of their event; udp, icmp, ip over the
 * datagram. A stream rule alerts once a flow and direction, an event rule once an event.
 * Order is a matter of stream offsets, not of segments: the engine scans new bytes first (match_stream),
 * then, before each event, lets the hits up to the event's last octet out (match_upto).
 */
#ifndef SIGS_MATCH_H
#define SIGS_MATCH_H

#include "base/buf.h"
#include "decoders/dec.h"
#include "sigs/sig.h"

/* What rules may ask of the flow; the engine keeps it up to date. */
struct sig_flow {
	uint8_t family, ip_proto;
	struct addr client, server;   /* client: the sender of DIR_ORIG */
	uint16_t cport, sport;        /* of client and server */
	bool established;             /* both directions seen */
	enum proto proto;             /* what the flow is recognised as */
	struct tagset *tags;
};

/* Progress of a rule with several independent contents, or a rule that has alerted. */
struct match_part {
	uint32_t rule;                /* sig index: only valid under the same sigset hash */
	uint8_t dir;
	bool done;                    /* has alerted in this direction */
	uint32_t seen;                /* bit set of the rule's content chains found so far */
};

#define MATCH_PARTS_MAX 32            /* a flow; when full the oldest unfinished one makes room (counted) */

struct match_state {                  /* plain and replicated */
	uint16_t n_parts;
	struct match_part part[MATCH_PARTS_MAX];
};

struct match_flow {
	struct match_state s;
	uint64_t off[DIR_N];          /* octets scanned of each direction, since its last gap; saved with the stream */
	void *stream[DIR_N];          /* Hyperscan streams, opened by the first bytes */
	bool gap[DIR_N];              /* octets were never scanned: no match from the start; saved with the stream */
};

struct match_hit {
	const struct sig *sig;
	enum dir dir;
	bool dropped_part;            /* told with sig NULL: a partial match was given up for lack of room */
};

struct matcher_stat {
	uint64_t queue_full;          /* hits of one scan beyond the queue: lost, told as dropped_part */
	uint64_t parts_full;          /* parts given up for lack of room, told as dropped_part */
	uint64_t no_stream;           /* octets not scanned: streams_max reached or no memory */
	uint64_t scan_errors;
	uint64_t tags_full;           /* tags not set: the flow's set is full */
};

struct matcher;
/* Must not call the matcher back. Rules with noalert and pass rules are told too: what to make of them is the caller's. */
typedef void match_hit_fn(void *arg, const struct match_hit *hit);

/* streams_max: flows x directions with an open stream at most. */
enum err matcher_new(const struct sigset *set, uint32_t streams_max, match_hit_fn *on_hit, struct matcher **out) MUST_USE;
void matcher_free(struct matcher *m); /* after match_flow_fini of all its flows */
void matcher_stat(const struct matcher *m, struct matcher_stat *st);

void match_flow_init(struct match_flow *f);
void match_flow_fini(struct matcher *m, struct match_flow *f);

/* Header-only rules of tcp and ip, once a flow; d is the first packet's direction. */
void match_open(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, void *arg);
/* One datagram that is not TCP; f keeps no stream but may hold parts (NULL = none, for packets without a flow). */
void match_packet(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, struct span payload, void *arg);
/* May a rule read octets of d in such a flow, now or later? Where none may they need not be kept for comparison. Ports alone
 * decide: the answer is the same for as long as the flow lives under this set. */
bool match_reads(const struct matcher *m, const struct sig_flow *sf, enum dir d);
/* New in-order bytes of d: scanned, unless no rule may read them; hits queued until match_upto. */
void match_stream(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, struct span bytes);
/* Tells the queued hits of d that end within the first upto octets of the last match_stream's bytes. */
void match_upto(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, size_t upto, void *arg);
/* A gap: what was half matched across it is given up. */
void match_gap(struct matcher *m, struct match_flow *f, enum dir d);
/* One event and its PDU. app: the application's name or NULL. */
void match_event(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, const struct dec_event *ev, const char *app,
		 void *arg);
/* A decoder's anomaly, by its name: rules with anomaly: of it. */
void match_anomaly(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, const char *name, void *arg);

/* The compressed stream state of d into out (emptied when there is neither a stream nor a gap). */
enum err match_export(struct matcher *m, const struct match_flow *f, enum dir d, struct bufpool *bufs, struct buf *out) MUST_USE;
/* Replaces d's stream by a compressed one. The caller has compared the set's hash; ERR_MALFORMED: d has no stream then. */
enum err match_import(struct matcher *m, struct match_flow *f, enum dir d, struct span in) MUST_USE;

#endif
