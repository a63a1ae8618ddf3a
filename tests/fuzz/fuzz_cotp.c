/* fuzz_cotp.c - cotp_feed: records of both directions in pieces that the input chooses, with gaps.
 *
 * The same octets in other pieces must tell the same; with a gap, which looks at segment starts, they need not.
 */
#include "decoders/cotp/cotp.h"
#include "tests/fuzz/fuzz_log.h"
#include "tests/fuzz/fuzz_mutate.h"

enum { G_TSDU, G_END, G_RESYNC, G_LONG_TSDU };
const char *const fuzz_goals[] = { "TSDU", "end of a connection", "gap", "TSDU of several TPDUs", NULL };
uint32_t fuzz_reached;

FUZZ_MUTATOR(1, 2)

enum { CTL_REPLY = 1, CTL_GAP = 2, CTL_PIECES = 4, CTL_SIZE_SHIFT = 3 };

static void unit(void *arg, enum dir d, int kind, struct span u)
{
	struct fuzz_log *l = arg;
	FUZZ_CHECK(kind == COTP_UNIT_TSDU ? u.len > 0 : kind == COTP_UNIT_END && u.len == 0);
	FUZZ_CHECK(u.len <= l->lim.tsdu_max);
	fuzz_reach(kind == COTP_UNIT_TSDU ? G_TSDU : G_END);
	fuzz_sum_num(l, UINT64_C(1) << 40 | (unsigned)kind << 1 | (unsigned)d);
	fuzz_sum(l, u.p, u.len);
}

static void check(const struct cotp_state *s, const struct fuzz_log *l)
{
	FUZZ_CHECK(s->phase < COTP_PHASE_N && s->initiator < DIR_N);
	for (unsigned d = 0; d < DIR_N; d++) {
		FUZZ_CHECK(s->dir[d].part.len <= UINT16_MAX && s->dir[d].tsdu.len <= l->lim.tsdu_max);
		if (s->dir[d].tsdu.len != 0)
			fuzz_reach(G_LONG_TSDU);
	}
}

static void feed(struct cotp_state *s, struct fuzz_log *l, enum dir d, struct span bytes, size_t piece)
{
	const struct dec_upper up = { unit, l };
	struct cur c = cur_span(bytes);
	while (cur_left(&c) > 0) {
		const struct span one = cur_bytes(&c, size_min(piece, cur_left(&c)));
		uint8_t *own = fuzz_copy(one);
		fuzz_log_feed(l);
		cotp_feed(s, &l->ctx, d, span_of(own, one.len), &up);
		FUZZ_CHECK(l->ctx.consumed <= one.len);
		free(own);
		check(s, l);
	}
}

/* The sum of what was told; *odd: it may depend on the pieces. */
static uint64_t run(struct cur in, uint8_t how, bool cut, bool *odd)
{
	struct fuzz_log l;
	struct cotp_state s;
	struct fuzz_rec r;
	fuzz_log_init(&l, how);
	cotp_init(&s);
	while (fuzz_next(&in, &r)) {
		const enum dir d = (r.ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG;
		if ((r.ctl & CTL_GAP) != 0) {
			cotp_gap(&s, &l.ctx, d);
			fuzz_reach(G_RESYNC);
			*odd = true;
		}
		feed(&s, &l, d, r.bytes, cut && (r.ctl & CTL_PIECES) != 0 ? (size_t)(r.ctl >> CTL_SIZE_SHIFT) + 1 : SIZE_MAX);
	}
	*odd |= l.anomalies[AN_MEMORY] != 0 || l.anomalies[AN_BUDGET] != 0;
	cotp_fini(&s, l.ctx.bufs);
	fuzz_log_fini(&l);
	return l.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	const uint8_t how = cur_u8(&in);
	bool odd = false;
	const uint64_t whole = run(in, how, false, &odd), cut = run(in, how, true, &odd);
	FUZZ_CHECK(odd || whole == cut);
	return 0;
}
