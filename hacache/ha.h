/* ha.h - what travels between two nodes, as plain structs.
 *
 * A batch is any number of session, ended and record messages, closed by a commit; the receiver applies
 * it whole or not at all and answers with the commit's number. Times travel as durations from the
 * commit's moment. ha_schema.c holds one row a field (the schema's names, ranges, and what is left out of
 * the digest), ha.proto the same on the wire, ha_wire.c alone knows protobuf-c.
 */
#ifndef HACACHE_HA_H
#define HACACHE_HA_H

#include "decoders/cotp/cotp.h"
#include "decoders/iccp/iccp.h"
#include "decoders/mms/mms.h"
#include "decoders/osi/osi.h"
#include "forward/frag.h"
#include "forward/session.h"
#include "ips/insp_state.h"
#include "ips/reasm.h"
#include "ips/rec.h"
#include "sigs/match.h"

/* Versions of the conversation: this one and the one before are understood. 2: streams that go on over another connection,
 * batches asked for again. 3: tables compared and repaired by bucket. */
#define HA_VERSION 3u
#define HA_VERSION_OLDEST 2u
#define HA_MESSAGE_MAX (8u * 1024u * 1024u)   /* octets of one message */
#define HA_BATCH_MAX (64u * 1024u * 1024u) /* octets of one batch before its commit */

/* Sections of a session; each is sent when it is new or has changed. What forwarding knows is in four by how often that is:
 * never, seldom, with a packet of either direction. Their rows share no field of the struct. X(member, struct) */
#define HA_SECTION_LIST(X)              \
	X(fwd, struct session_state)    \
	X(reasm, struct reasm_state)    \
	X(insp, struct insp_state)      \
	X(cotp, struct cotp_state)      \
	X(osi, struct osi_state)        \
	X(mms, struct mms_state)        \
	X(iccp, struct iccp_state)      \
	X(match, struct match_state)    \
	X(kept, struct ha_kept)         \
	X(state, struct session_state)  \
	X(orig, struct session_state)   \
	X(reply, struct session_state)  \
	X(scan_orig, struct ha_scan)    \
	X(scan_reply, struct ha_scan)

/* What waits for the peer before it leaves (session-sync-mode): all; what changes more than counters, and all behind it;
 * nothing. */
enum ha_wait { HA_WAIT_ALL, HA_WAIT_STATE, HA_WAIT_NOTHING };

enum ha_section {
#define X(member, type) HA_SEC_##member,
	HA_SECTION_LIST(X)
#undef X
	HA_SECTION_N
};

/* Sets of sections, as bits. */
enum {
	HA_PARTS_FORWARD = 1 << HA_SEC_fwd | 1 << HA_SEC_state | 1 << HA_SEC_orig | 1 << HA_SEC_reply,
	HA_PARTS_ALL = (1 << HA_SECTION_N) - 1,
	/* Each packet with octets changes these; the matcher's streams move with them. insp and reasm have more than counts. */
	HA_PARTS_COUNT = 1 << HA_SEC_orig | 1 << HA_SEC_reply | 1 << HA_SEC_scan_orig | 1 << HA_SEC_scan_reply | 1 << HA_SEC_kept |
			 1 << HA_SEC_insp | 1 << HA_SEC_reasm
};

struct ha_scan {
	struct buf stream;              /* compressed pattern-match stream of one direction */
};

/* What of a direction was inspected and is not acknowledged. The octets themselves travel once: the peer has those before. */
struct ha_kept_dir {
	uint32_t from;                  /* number of the first of them */
	uint32_t upto;                  /* and the one behind the last; both 0: there are none */
	struct buf data;                /* of them those that the peer lacks: they end at upto */
};

struct ha_kept {
	struct ha_kept_dir dir[DIR_N];
};

struct ha_session {
	uint64_t serial;
	uint64_t version;               /* grows with each message of the session */
#define X(member, type) type *member;   /* NULL = not in this message */
	HA_SECTION_LIST(X)
#undef X
};

#define HA_NAMES_MAX (1u << 20)         /* octets of the names of both tag tables */
#define HA_IFNAMES_MAX (UINT16_MAX * 18u) /* and of those of interfaces: see ips/peer_ports.h */

struct ha_hello {
	uint32_t version;               /* who does not know this version cannot read what follows */
	uint64_t sig_hash;              /* compiled signatures: match state is only valid under the same */
	uint64_t stock_hash, custom_hash;
	uint32_t stock_nr, custom_nr;
	uint32_t newest;                /* version that the sender knows; 0 = version */
	uint64_t stream;                /* of batches, numbered from 1; at another one the peer begins anew. 0 = always another */
	uint64_t from;                  /* oldest batch that can still be sent; up to 1: all can */
	uint64_t whole_from;            /* the peer counts itself whole only from this batch on: those before did not wait */
	uint64_t schema;                /* ha_schema_sum(): digests mean the same on both nodes; 0 = unknown */
	struct buf names;               /* first of a stream: of both tag tables; none: they are too many */
	struct buf ifnames;             /* first of a stream: interfaces by number; none: numbers mean the same on both nodes */
	bool yields;                    /* both nodes worked, and this one steps down: what it has is to be merged, not followed */
};

/* What of a peer's numbers means the same on both nodes. */
struct ha_trust {
	bool sigs;                      /* compiled signatures: match state can be taken over */
	bool stock_tags, custom_tags;   /* tag tables: numbers of that table name the same tags */
};

struct ha_ended {
	uint64_t serial;
};

struct ha_commit {
	uint64_t seq;                   /* of this batch, from 1 */
	uint64_t released;              /* last batch whose records were written */
	mono_t now;                     /* the sender's time of the batch; only its distance from others matters */
	uint64_t last_serial;           /* session serials used so far */
	uint64_t packet_nr;             /* packets worked on so far */
	uint64_t digest;                /* of the whole replicated table after this batch */
	bool whole;                     /* with this batch everything is on the peer: it may take over */
	uint64_t doubt_upto;            /* of sessions up to that serial number packets may have gone by unseen; 0 = of none */
};

struct ha_ack {
	uint64_t seq;                   /* applied up to here */
	uint64_t missing;               /* batches behind seq up to this one are wanted again; 0 = none */
	uint64_t stream;                /* that this is about; 0: the standby has none */
	uint32_t version;               /* that the standby knows; 0 = 1 */
	bool differs;                   /* its table is another after seq: it wants the sums by bucket */
	uint32_t repair;                /* 1 + the bucket whose sessions it wants; 0 = none */
	bool lost;                      /* the standby has nothing of that stream to go on from: another is to begin */
};

enum { HA_BUCKETS = 256 };              /* of a table, by serial: see ha_cache_bucket */

/* Sums of the sender's table by bucket, as of the batch that they are in. */
struct ha_buckets {
	uint16_t n;                     /* HA_BUCKETS */
	uint64_t digest[HA_BUCKETS];
};

/* The sessions of that bucket follow in this batch, whole: what is held of it is to be forgotten. */
struct ha_repair {
	uint32_t bucket;
};

/* X(TYPE, member of union, struct) in the order of their type octet */
#define HA_MESSAGE_LIST(X)                       \
	X(HELLO, hello, struct ha_hello)         \
	X(SESSION, session, struct ha_session)   \
	X(ENDED, ended, struct ha_ended)         \
	X(REC, rec, struct rec)                  \
	X(COMMIT, commit, struct ha_commit)      \
	X(ACK, ack, struct ha_ack)               \
	X(DATAGRAM, datagram, struct frag_message) \
	X(BUCKETS_SUMS, buckets, struct ha_buckets) \
	X(REPAIR, repair, struct ha_repair)

enum ha_type {
	HA_NONE,
#define X(TYPE, member, type) HA_##TYPE,
	HA_MESSAGE_LIST(X)
#undef X
	HA_TYPE_N
};

#endif
