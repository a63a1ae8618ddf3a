/* engine_norm.c - a policy's normalisation of the packets of inspected sessions: only in prevent mode. */
#include "ips/engine_int.h"

/* False: there is nothing to ask about p. */
static bool asks(const struct engine *e, const struct session *s, const struct packet *p, struct norm_ask *a)
{
	if (!e->gen->prevent || s->ips == NULL)
		return false;
	*a = (struct norm_ask){ .p = p, .policy = &engine_insp(s)->policy->norm, .one_way = e->gen->asymmetric };
	if (p->tuple.proto == IPPROTO_TCP_)
		a->t = &s->s.tcp;
	return true;
}

enum reason engine_norm_refuses_new(const struct engine *e, const struct policy *pol, const struct packet *p)
{
	const struct tcp_state unknown = { .midstream = true };
	const struct norm_ask a = { .p = p, .policy = &pol->norm, .t = &unknown };
	const bool asked = e->gen->prevent && pol->inspect && p->tuple.proto == IPPROTO_TCP_;
	return asked ? norm_refuses(&a) : REASON_NONE;
}

enum reason engine_norm_refuses(const struct engine *e, const struct session *s, const struct packet *p)
{
	struct norm_ask a;
	return asks(e, s, p, &a) ? norm_refuses(&a) : REASON_NONE;
}

/* False: it is not all here, and may not leave as it came. */
static bool normalize(struct engine *e, const struct norm_ask *a, bool *begun)
{
	const unsigned what = norm_needed(a);
	if (what == 0)
		return true;
	if (!*begun && !rewrite_begin(&e->rewrite, a->p))
		return false;
	*begun = true;
	norm_apply(&e->rewrite, a, what);
	for (unsigned k = 0; k < NORM_N; k++)
		e->stats.normalized[k] += what >> k & 1;
	return true;
}

struct verdict engine_leave(struct engine *e, const struct session *s, const struct packet *p, bool begun)
{
	struct norm_ask a;
	struct verdict v = { .pass = true };
	if (asks(e, s, p, &a) && !normalize(e, &a, &begun))
		return (struct verdict){ .reason = REASON_NO_REWRITE };
	if (begun) {
		v.rewritten = rewrite_end(&e->rewrite);
		e->stats.rewritten++;
	}
	return v;
}
