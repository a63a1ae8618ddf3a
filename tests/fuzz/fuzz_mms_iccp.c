/* fuzz_mms_iccp.c - mms_pdu with ICCP above it: PDUs of both directions, ends and gaps. */
#include "decoders/iccp/iccp.h"
#include "tests/fuzz/fuzz_log.h"
#include "tests/fuzz/fuzz_mutate.h"

enum { G_ICCP, G_IEC61850, G_ANSWERED, G_NAMES, G_ABORT, G_JOINED };
const char *const fuzz_goals[] = { "ICCP", "IEC 61850", "answer with its request", "names learnt", "abort",
				   "string in segments", NULL };
uint32_t fuzz_reached;

FUZZ_MUTATOR(1, 2)

enum { CTL_REPLY = 1, CTL_GAP = 2, CTL_END = 4, CTL_ABORT = 8 };

struct flow {
	struct mms_state mms;
	struct iccp_state iccp;
	struct fuzz_log *log;
	struct span pdu;
};

static void upper_pdu(void *arg, const struct mms_pdu *p)
{
	struct flow *f = arg;
	const struct mms_dir *own = &f->mms.dir[p->dir], *far = &f->mms.dir[dir_other(p->dir)];
	const struct span in[] = { p->names, p->vars, p->data, p->idents, p->name.domain, p->name.item };
	FUZZ_CHECK(p->whole.p == f->pdu.p && p->whole.len == f->pdu.len);
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		FUZZ_CHECK(fuzz_within(in[i], p->octets.p, p->octets.len));
	FUZZ_CHECK(p->event < EV_N && p->service <= UINT8_MAX && p->n_more <= MMS_MORE_MAX && p->name.scope < MMS_SCOPE_N);
	FUZZ_CHECK(p->pending == NULL || (p->pending >= own->pending && p->pending < own->pending + own->n));
	FUZZ_CHECK(p->request == NULL || (p->request >= far->pending && p->request < far->pending + MMS_PENDING_MAX));
	if (p->request != NULL)
		fuzz_reach(G_ANSWERED);
	if (p->octets.p != p->whole.p)
		fuzz_reach(G_JOINED);
	iccp_pdu(&f->iccp, &f->log->ctx, p);
}

static void upper_aborted(void *arg, enum dir d)
{
	struct flow *f = arg;
	fuzz_reach(G_ABORT);
	iccp_aborted(&f->iccp, &f->log->ctx, d);
}

static void check(const struct flow *f)
{
	FUZZ_CHECK(f->mms.phase < MMS_PHASE_N && f->mms.initiator < DIR_N);
	for (unsigned d = 0; d < DIR_N; d++) {
		FUZZ_CHECK(f->mms.dir[d].n <= MMS_PENDING_MAX);
		for (unsigned i = 0; i < f->mms.dir[d].n; i++)
			FUZZ_CHECK(f->mms.dir[d].pending[i].op < OP_N);
	}
	FUZZ_CHECK(f->iccp.label < ICCP_LABEL_N && f->iccp.assoc < ICCP_ASSOC_N && f->iccp.initiator < DIR_N);
	FUZZ_CHECK(f->iccp.n_names <= ICCP_NAMES_MAX && f->iccp.oldest < ICCP_NAMES_MAX);
	for (unsigned i = 0; i < f->iccp.n_names; i++)
		FUZZ_CHECK(f->iccp.name[i].what < ICCP_KNOWN_N);
	if (f->iccp.n_names != 0)
		fuzz_reach(G_NAMES);
	if (f->iccp.label != ICCP_UNDECIDED)
		fuzz_reach(f->iccp.label == ICCP_YES ? G_ICCP : G_IEC61850);
}

static void feed(struct flow *f, const struct fuzz_rec *r)
{
	const struct mms_upper up = { upper_pdu, upper_aborted, f };
	const enum dir d = (r->ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG;
	uint8_t *own = fuzz_copy(r->bytes);
	f->pdu = span_of(own, r->bytes.len);
	if ((r->ctl & CTL_GAP) != 0)
		mms_gap(&f->mms);
	fuzz_log_feed(f->log);
	fuzz_sum_num(f->log, mms_looks_like(f->pdu));
	mms_pdu(&f->mms, &f->log->ctx, d, f->pdu, &up);
	if ((r->ctl & (CTL_END | CTL_ABORT)) != 0)
		mms_end(&f->mms, d, (r->ctl & CTL_ABORT) != 0, &up);
	free(own);
	check(f);
}

/* move: each PDU meets the states at another place. */
static uint64_t run(struct cur in, uint8_t how, bool move)
{
	struct fuzz_log l;
	struct flow f[2];
	struct fuzz_rec r;
	unsigned at = 0;
	fuzz_log_init(&l, how);
	mms_init(&f[0].mms);
	iccp_init(&f[0].iccp);
	f[0].log = &l;
	while (fuzz_next(&in, &r)) {
		feed(&f[at], &r);
		if (move) {
			f[1 - at] = f[at];
			memset(&f[at], 0xa5, sizeof(f[at]));
			at = 1 - at;
		}
	}
	fuzz_log_fini(&l);
	return l.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	const uint8_t how = cur_u8(&in);
	FUZZ_CHECK(run(in, how, false) == run(in, how, true));
	return 0;
}
