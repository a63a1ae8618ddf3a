/* engine_flow.c - the inspection's state of a flow: made, asked which of the flow's octets anybody reads, and taken down. */
#include "ips/engine_int.h"

void insp_find_ruled(const struct engine *e, const struct session *s, struct insp *f)
{
	const struct tuple *t = &s->s.tuple[DIR_ORIG];
	const struct sig_flow sf = { .cport = t->sport, .sport = t->dport };
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		f->ruled[d] = match_reads(e->matcher, &sf, d);
}

/* Octets that neither a decoder nor a rule reads might as well be others: there is nothing to hold another copy against. Where
 * nothing is rewritten, copies of octets that no decoder reads are not worth what keeping them costs a pair. */
static bool worth_keeping(const struct engine *e, const struct insp *f, enum dir d)
{
	const uint64_t cap = e->gen->ignore_after;
	const bool looked_at = f->s.service == SVC_UNDECIDED && !f->s.dir[d].looked;
	if (cap != 0 && f->s.dir[d].inspected >= cap)
		return false;
	return f->s.service == SVC_COTP || looked_at || (e->gen->prevent && f->ruled[d]);
}

struct reasm_ctx insp_reasm_ctx(struct engine *e, const struct insp *f, const struct reasm_sink *sink)
{
	return (struct reasm_ctx){ .bufs = e->bufs, .held_pool = &e->held_pool, .sink = sink,
				   .keep = { worth_keeping(e, f, DIR_ORIG), worth_keeping(e, f, DIR_REPLY) },
				   .anchored = e->gen->prevent && !e->gen->asymmetric };
}

struct insp *insp_new(struct engine *e, struct session *s, const struct policy *pol)
{
	struct insp *f = pool_get(&e->insp_pool);
	if (f == NULL)
		return NULL;
	match_flow_init(&f->match);
	f->s.owner = e->cfg.node;
	f->s.service = e->gen->undecoded ? SVC_UNKNOWN : SVC_UNDECIDED;
	f->policy = pol;
	f->gen_nr = e->gen_nr;
	insp_find_ruled(e, s, f);
	s->ips = f;
	s->s.inspected = true;
	return f;
}

void insp_free(struct engine *e, struct insp *f)
{
	const struct reasm_ctx rc = insp_reasm_ctx(e, f, NULL);
	reasm_fini(&f->reasm, &rc);
	match_flow_fini(e->matcher, &f->match);
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		buf_clear(e->bufs, &f->s.dir[d].look);
	if (f->stack != NULL) {
		stack_fini(f->stack, e->bufs);
		pool_put(&e->stack_pool, f->stack);
	}
	pool_put(&e->insp_pool, f);
}
