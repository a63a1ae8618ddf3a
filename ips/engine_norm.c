/* engine_norm.c - a policy's normalisation of the packets of inspected sessions: only in prevent mode. */
#include "ips/engine_norm.h"

#include "ips/engine_int.h"

/* False: there is nothing to ask about p. */
static bool asks(const struct engine *e, const struct session *s, enum dir d, const struct packet *p, struct norm_ask *a)
{
	if (!e->gen->prevent || s->ips == NULL)
		return false;
	*a = (struct norm_ask){ .p = p, .policy = &engine_insp(s)->policy->norm, .dir = d };
	if (p->tuple.proto == IPPROTO_TCP_)
		a->t = &s->s.tcp;
	return true;
}

enum reason engine_norm_refuses(const struct engine *e, const struct session *s, enum dir d, const struct packet *p)
{
	struct norm_ask a;
	return asks(e, s, d, p, &a) ? norm_refuses(&a) : REASON_NONE;
}

enum reason engine_normalize(struct engine *e, const struct session *s, enum dir d, const struct packet *p,
			     struct rewrite *w, bool *begun)
{
	struct norm_ask a;
	const unsigned what = asks(e, s, d, p, &a) ? norm_needed(&a) : 0;
	if (what == 0)
		return REASON_NONE;
	if (!*begun && !rewrite_begin(w, p))
		return REASON_NO_REWRITE;
	*begun = true;
	norm_apply(w, &a, what);
	for (unsigned k = 0; k < NORM_N; k++)
		e->stats.normalized[k] += what >> k & 1;
	return REASON_NONE;
}
