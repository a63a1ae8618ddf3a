/* fuzz_osi.c - osi_tsdu: TSDUs of both directions, gaps and ends; the state is plain and moves between TSDUs.
 *
 * One target for three layers: a TSDU of data is four octets of session, a dozen of presentation, then ACSE or MMS, so all three
 * are within reach of one change; that each SPDU, PPDU and APDU is among the seeds is a goal.
 */
#include "decoders/osi/osi_int.h"
#include "tests/fuzz/fuzz_log.h"
#include "tests/fuzz/fuzz_mutate.h"

enum { G_MMS, G_ABORT, G_CLOSED, G_CONTEXTS, G_EVENTS };
const char *const fuzz_goals[] = {
	"MMS PDU", "abort", "release", "contexts",
#define X(id, name) name,
	EVENT_OSI_LIST(X)
#undef X
	NULL
};
uint32_t fuzz_reached;

FUZZ_MUTATOR(1, 2)

enum { CTL_REPLY = 1, CTL_GAP = 2, CTL_END = 4 };

struct flow {
	struct osi_state osi;
	struct fuzz_log *log;
	struct span tsdu;
};

static void unit(void *arg, enum dir d, int kind, struct span u)
{
	const struct flow *f = arg;
	FUZZ_CHECK(kind == OSI_UNIT_MMS || kind == OSI_UNIT_ABORT || kind == OSI_UNIT_CLOSED);
	FUZZ_CHECK(u.len <= f->tsdu.len); /* not always within it: octets may come in pieces */
	fuzz_reach(kind == OSI_UNIT_MMS ? G_MMS : kind == OSI_UNIT_ABORT ? G_ABORT : G_CLOSED);
	fuzz_sum_num(f->log, UINT64_C(1) << 40 | (unsigned)kind << 1 | (unsigned)d);
	fuzz_sum(f->log, u.p, u.len);
}

static void check(const struct osi_state *s)
{
	FUZZ_CHECK(s->ses < SES_PHASE_N && s->acse < ACSE_PHASE_N && s->initiator < DIR_N && s->finisher < DIR_N);
	FUZZ_CHECK(s->n_contexts <= PRES_CONTEXTS_MAX);
	for (unsigned i = 0; i < s->n_contexts; i++)
		FUZZ_CHECK(s->context[i].as < PRES_AS_N && s->context[i].answer < PRES_ANSWER_N);
	if (s->n_contexts > 1)
		fuzz_reach(G_CONTEXTS);
}

static void feed(struct flow *f, const struct fuzz_rec *r, bool long_way)
{
	const struct dec_upper up = { unit, f };
	const enum dir d = (r->ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG;
	uint8_t *own = fuzz_copy(r->bytes);
	f->tsdu = span_of(own, r->bytes.len);
	if ((r->ctl & CTL_GAP) != 0)
		osi_gap(&f->osi);
	fuzz_log_feed(f->log);
	fuzz_sum_num(f->log, osi_looks_like(f->tsdu));
	if (f->tsdu.len != 0)
		(long_way ? osi_tsdu_any : osi_tsdu)(&f->osi, &f->log->ctx, d, f->tsdu, &up);
	if ((r->ctl & CTL_END) != 0)
		osi_end(&f->osi, d, &up);
	free(own);
	check(&f->osi);
}

/* move: each TSDU meets the state at another place. long_way: none is read in one go. *spent: the budget was used up. */
static uint64_t run(struct cur in, uint8_t how, bool move, bool long_way, bool *spent)
{
	struct fuzz_log l;
	struct flow f[2];
	struct fuzz_rec r;
	unsigned at = 0;
	fuzz_log_init(&l, how);
	osi_init(&f[0].osi);
	f[0].log = &l;
	while (fuzz_next(&in, &r)) {
		feed(&f[at], &r, long_way);
		if (move) {
			f[1 - at] = f[at];
			memset(&f[at], 0xa5, sizeof(f[at]));
			at = 1 - at;
		}
	}
	for (unsigned i = EV_SES_CN; i <= EV_ACSE_ABRT; i++) {
		if (l.events[i] != 0)
			fuzz_reach(G_EVENTS + i - EV_SES_CN);
	}
	*spent |= l.anomalies[AN_BUDGET] != 0;
	fuzz_log_fini(&l);
	return l.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	const uint8_t how = cur_u8(&in);
	bool spent = false;
	const uint64_t sum = run(in, how, false, false, &spent);
	FUZZ_CHECK(run(in, how, true, false, &spent) == sum);
	FUZZ_CHECK(run(in, how, false, true, &spent) == sum || spent);
	return 0;
}
