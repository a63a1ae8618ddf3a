/* match_int.h - what the parts of the matcher share: match (events, datagrams), match_stream, match_rule. */
#ifndef SIGS_MATCH_INT_H
#define SIGS_MATCH_INT_H

#include "sigs/match.h"
#include "sigs/sig_int.h"

enum { MATCH_QUEUE = 4096 };

struct hs_scratch;
struct hs_stream;

/* Hits of the last match_stream, not yet let out: end offset within its bytes << 32 | chain. */
struct match_queue {
	const struct match_flow *flow;
	enum dir dir;
	uint32_t n, next;
	bool overflow;
	bool passed;            /* a pass rule fired at pass_at */
	uint32_t pass_at;
	uint64_t base;          /* offset of the bytes' first octet */
	uint32_t len;
	bool gap;               /* the stream's start is unknown */
	uint64_t key[MATCH_QUEUE];
};

struct match_once {
	uint32_t scan;          /* that queued the chain last */
	uint32_t at;            /* its place in the queue */
};

struct matcher {
	const struct sigset *set;
	match_hit_fn *on_hit;
	struct hs_scratch *scratch;
	struct matcher_stat stat;
	struct match_queue q;
	uint32_t *seen;         /* by rule: its chains found in the block */
	uint32_t *touched;      /* rules with seen != 0 */
	uint32_t n_touched;
	uint64_t *cand;         /* of those, the rules with all their chains */
	uint32_t scan_nr;
	struct match_once *once; /* by stream chain */
	uint64_t *parted;       /* by field condition: found in an earlier part of the event */
	bool parting;           /* parts of an event have been seen */
	void **spare;           /* streams to use again */
	uint32_t n_spare, n_streams, streams_max;
	size_t stream_size;
	char *packed;           /* room for one compressed stream */
	size_t packed_cap;
};

/* What a rule is held against. */
struct match_on {
	const struct sig_flow *sf;
	enum dir dir;
	const struct dec_event *ev; /* NULL = none */
	const char *app;
	size_t len;                 /* octets of PDU or datagram */
};

/* match_rule: conditions and what a hit does */
/* Addresses, ports, direction: what cannot change within a flow. */
bool match_rule_static(const struct sig_rule *r, const struct match_on *on);
/* Tags that are asked for. */
bool match_rule_tags(const struct sig_rule *r, const struct match_on *on);
/* The rest: established, sizes, fields. */
bool match_rule_holds(const struct matcher *m, const struct sig_rule *r, const struct match_on *on);
/* Sets the rule's tags and tells the hit. */
void match_rule_fire(struct matcher *m, const struct sig_rule *r, const struct match_on *on, void *arg);
void match_rule_lost(struct matcher *m, enum dir d, void *arg);
void match_sort(uint64_t *v, uint32_t n);

/* match_stream */
enum err match_stream_new(struct matcher *m) MUST_USE;
void match_stream_free(struct matcher *m);

#endif
