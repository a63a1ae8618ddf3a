/* dec.h - what every decoder gets and gives: its context, its events, its anomalies.
 *
 * A decoder is fed the in-order bytes of one direction, whatever their segmentation, and tells the
 * sink what it saw. Its whole state is a plain struct of fixed-width integers, arrays and struct buf
 * (x_state in its header), so that resuming on another node is import + feed. It touches no packet,
 * no session table and no clock, allocates only from ctx->bufs and never blocks. One thread.
 */
#ifndef DECODERS_DEC_H
#define DECODERS_DEC_H

#include "base/buf.h"
#include "base/types.h"
#include "decoders/anomaly.h"
#include "decoders/events.h"
#include "decoders/fields.h"
#include "decoders/proto.h"

/* One PDU seen. Spans and fields are lent for the duration of the call.
 * A PDU with more fields than fit is told in several calls: all but the first carry EV_CONT (and are
 * not counted again), all but the last EV_MORE. */
enum { EV_CONT = 1, EV_MORE = 2 };

struct dec_event {
	enum event_id id;
	enum dir dir;              /* of the PDU's sender */
	uint8_t flags;
	struct span pdu;           /* the PDU of the event's layer */
	const struct fields *fields;
};

struct dec_sink {
	void (*event)(void *arg, const struct dec_event *ev);
	void (*anomaly)(void *arg, enum dir d, enum anomaly a);
	/* The flow carries p. Called when it becomes known, most general first, and may be called again: what refines
	 * counts, what is known already says nothing. */
	void (*proto)(void *arg, enum proto p);
	void *arg;
};

/* Limits of all decoders, from the configuration; defaults in dec_limits_default. */
struct dec_limits {
	uint32_t tsdu_max;         /* octets of a reassembled TSDU */
	uint32_t tsdu_frags_max;   /* DT TPDUs of one TSDU before an anomaly */
	uint16_t ber_depth_max;
};

extern const struct dec_limits dec_limits_default;

#define DEC_EVENT_WORDS ((EV_N + 63) / 64)

struct dec_ctx {
	struct bufpool *bufs;
	const uint64_t *wants;     /* bit set of enum event_id: those whose fields somebody looks at; NULL: all */
	const struct dec_sink *sink;
	const struct dec_limits *lim;
	uint32_t budget;           /* work steps left for this packet; at 0 decoders stop and say AN_BUDGET */
	struct fields *fields;     /* scratch of the event being built */
	uint32_t consumed;         /* octets of this feed up to the end of the unit being told (framing decoders set it) */
};

/* The next layer up: gets a complete data unit. kind is the lower layer's (its header names them). */
struct dec_upper {
	void (*unit)(void *arg, enum dir d, int kind, struct span unit);
	void *arg;
};

/* The budget is gone: the anomaly is told, once a packet. Always false. */
SELDOM bool dec_spend_last(struct dec_ctx *ctx, enum dir d);
/* Spends n work steps; false when the budget is gone. */
static inline bool dec_spend(struct dec_ctx *ctx, enum dir d, uint32_t n)
{
	if (n >= ctx->budget)
		return dec_spend_last(ctx, d);
	ctx->budget -= n;
	return true;
}

SELDOM void dec_anomaly(const struct dec_ctx *ctx, enum dir d, enum anomaly a);

static inline void dec_proto(const struct dec_ctx *ctx, enum proto p)
{
	ctx->sink->proto(ctx->sink->arg, p);
}

/* Tells the event with ctx->fields, then empties them. */
void dec_event(struct dec_ctx *ctx, enum event_id id, enum dir d, struct span pdu);

/* Adding to an event under way: when ctx->fields is full, a part of it is told with EV_MORE first. Spends no work steps: what
 * is walked for fields was walked before, and who looks at them must not change what a decoder sees. */
struct dec_build {
	struct dec_ctx *ctx;
	enum event_id id;
	enum dir dir;
	struct span pdu;
	bool cont;
	bool wanted;               /* else nothing is added: whoever walks a PDU for fields need not */
};
/* Does anybody look at the fields of such an event? */
static inline bool dec_wants(const struct dec_ctx *ctx, enum event_id id)
{
	return ctx->wants == NULL || (ctx->wants[id / 64] >> (id % 64) & 1) != 0;
}
struct dec_build dec_build(struct dec_ctx *ctx, enum event_id id, enum dir d, struct span pdu);
void dec_add_num(struct dec_build *b, enum field_id f, uint64_t v);
void dec_add_bytes(struct dec_build *b, enum field_id f, struct span v);
/* A number with its name. */
void dec_add_text(struct dec_build *b, enum field_id f, uint64_t v, struct span name);
/* A domain and the name in it, never split between two parts. */
void dec_add_name(struct dec_build *b, const enum field_id f[2], struct span domain, struct span name);
void dec_build_end(struct dec_build *b);

/* Tells the anomalies that a BER reader's notes (enum ber_note) stand for, one each. */
void dec_ber_notes(const struct dec_ctx *ctx, enum dir d, uint8_t notes);

/* What a probe says of the first bytes of a stream direction. */
enum probe { PROBE_NO, PROBE_MORE, PROBE_YES };

#endif
