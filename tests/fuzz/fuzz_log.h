/* fuzz_log.h - a sink that sums up all it is told, so that two runs can be compared, and checks what it is lent.
 *
 * The first octet of a decoder target's input chooses the limits: tight ones reach other code.
 */
#ifndef TESTS_FUZZ_FUZZ_LOG_H
#define TESTS_FUZZ_FUZZ_LOG_H

#include "base/hash.h"
#include "decoders/dec.h"
#include "tests/fuzz/fuzz.h"

enum { FUZZ_SMALL_TSDU = 1, FUZZ_SMALL_MEMORY = 2, FUZZ_SMALL_BUDGET = 4, FUZZ_SMALL_DEPTH = 8 };

struct fuzz_log {
	struct fields fields;
	struct dec_sink sink;
	struct dec_limits lim;
	struct dec_ctx ctx;
	uint32_t budget;         /* of each feed */
	uint64_t sum;            /* of all that was told */
	uint32_t events[EV_N], anomalies[ANOMALY_N];
};

static inline void fuzz_sum(struct fuzz_log *l, const void *p, size_t n)
{
	if (n != 0)
		l->sum = hash_fnv(l->sum, p, n);
}

static inline void fuzz_sum_num(struct fuzz_log *l, uint64_t v)
{
	fuzz_sum(l, &v, sizeof(v));
}

static inline void fuzz_event(void *arg, const struct dec_event *ev)
{
	struct fuzz_log *l = arg;
	FUZZ_CHECK(ev->id > 0 && ev->id < EV_N && ev->dir < DIR_N && (ev->flags & ~(EV_CONT | EV_MORE)) == 0);
	FUZZ_CHECK(ev->fields == &l->fields && ev->fields->n <= FIELDS_CAP);
	l->events[ev->id] += (ev->flags & EV_CONT) == 0;
	fuzz_sum_num(l, (uint64_t)ev->id << 8 | (unsigned)ev->dir << 4 | ev->flags);
	fuzz_sum(l, ev->pdu.p, ev->pdu.len);
	for (unsigned i = 0; i < ev->fields->n; i++) {
		const struct field *f = &ev->fields->v[i];
		FUZZ_CHECK(f->id < FLD_N);
		fuzz_sum_num(l, f->num ^ (uint64_t)f->id << 48);
		fuzz_sum(l, f->bytes.p, f->bytes.len);
	}
}

static inline void fuzz_anomaly(void *arg, enum dir d, enum anomaly a)
{
	struct fuzz_log *l = arg;
	FUZZ_CHECK((unsigned)a < ANOMALY_N && d < DIR_N);
	l->anomalies[a]++;
	fuzz_sum_num(l, UINT64_C(1) << 32 | (unsigned)a << 1 | (unsigned)d);
}

static inline void fuzz_proto(void *arg, enum proto p)
{
	struct fuzz_log *l = arg;
	FUZZ_CHECK((unsigned)p < PROTO_N);
	fuzz_sum_num(l, UINT64_C(1) << 33 | (unsigned)p);
}

/* l points into itself: it must not be moved. bufs: fuzz_log_fini frees it. */
static inline void fuzz_log_init(struct fuzz_log *l, uint8_t how)
{
	memset(l, 0, sizeof(*l));
	l->sum = HASH_FNV_START;
	l->sink = (struct dec_sink){ fuzz_event, fuzz_anomaly, fuzz_proto, l };
	l->lim = dec_limits_default;
	if ((how & FUZZ_SMALL_TSDU) != 0)
		l->lim.tsdu_max = 200, l->lim.tsdu_frags_max = 3;
	if ((how & FUZZ_SMALL_DEPTH) != 0)
		l->lim.ber_depth_max = 4;
	l->budget = (how & FUZZ_SMALL_BUDGET) != 0 ? 20 : 1u << 24;
	l->ctx = (struct dec_ctx){ .sink = &l->sink, .lim = &l->lim, .budget = l->budget, .fields = &l->fields };
	l->ctx.bufs = bufpool_new((how & FUZZ_SMALL_MEMORY) != 0 ? 512 : 1u << 24);
	FUZZ_CHECK(l->ctx.bufs != NULL);
}

/* Before each feed. */
static inline void fuzz_log_feed(struct fuzz_log *l)
{
	FUZZ_CHECK(l->ctx.budget <= l->budget);
	l->ctx.budget = l->budget;
	l->ctx.consumed = 0;
}

/* All decoders of it are finished: they gave everything back. */
static inline void fuzz_log_fini(struct fuzz_log *l)
{
	FUZZ_CHECK(bufpool_used(l->ctx.bufs) == 0);
	bufpool_free(l->ctx.bufs);
}

#endif
