/* judge.c - what came of a schedule: the octets that an end got, beside those that the decoders had. */
#include "forward/tcp.h"
#include "tests/oracle/play.h"

const char *const finding_name[FINDING_N] = {
#define X(id, name, help) [id] = name,
	FINDING_LIST(X)
#undef X
};
const char *const finding_help[FINDING_N] = {
#define X(id, name, help) [id] = help,
	FINDING_LIST(X)
#undef X
};

static bool all_came(const struct conn *c)
{
	if (c->n_back != c->to_send || c->n_sent != c->to_send || (c->shut_wanted && !c->fin_came))
		return false;
	for (uint32_t i = 0; i < c->n_back; i++)
		if (c->back[i] != plan_answer(c->s, i))
			return false;
	return true;
}

static bool arrived_whole(const struct conn *c)
{
	if (c->end != ENDED_CLEAN || c->n_got != c->s->len)
		return false;
	for (uint32_t i = 0; i < c->n_got; i++)
		if (c->got[i] != plan_octet(c->s, i, 0))
			return false;
	return all_came(c);
}

static bool hindered(const struct conn *c)
{
	if (c->s->given_up)
		return false;
	switch (oddity_rows[c->s->odd].must) {
	case MUST_ARRIVE:
		return !arrived_whole(c);
	case MUST_END:
		return c->end == STILL_OPEN && c->fd >= 0; /* one that the application never got, the receiver has ended itself */
	case MAY_STOP:
		break;
	}
	return false;
}

/* The first octet from before on that the decoders had otherwise, or not at all; n: there is none. from: where they began. */
static uint32_t first_unseen(const struct seen *v, int32_t from, const uint8_t *got, uint32_t before, uint32_t n)
{
	for (uint32_t i = before; i < n; i++) {
		const int32_t k = (int32_t)i - from;
		if (k < 0 || (uint32_t)k >= v->n || v->v[k] != got[i])
			return i;
	}
	return n;
}

/* Where a session has timed out, what waited behind a hole was told at its end. */
static bool told_more(const struct conn *c, int32_t from)
{
	return c->end == ENDED_CLEAN && c->s->odd != ODD_IDLE && (int32_t)c->seen[THE_SENDERS].n + from > (int32_t)c->n_got;
}

struct outcome judge(const struct conn *c)
{
	const struct seen *own = &c->seen[THE_SENDERS], *other = &c->seen[THE_RECEIVERS];
	const bool late = c->s->odd == ODD_MIDSTREAM;
	struct outcome o = { .end = c->end, .opened = c->opened, .n_got = c->n_got, .n_seen = own->n, .n_back = c->n_back };
	/* Where the decoders began: with the first octet, but for a connection under way. */
	const int32_t from = late && own->started ? seq_diff(own->from, c->s->isn + 1) : (int32_t)c->got_before;
	const int32_t back_from = late && other->started ? seq_diff(other->from, c->peer_first) : (int32_t)c->back_before;
	const uint32_t at = first_unseen(own, from, c->got, c->got_before, c->n_got);
	const uint32_t back_at = first_unseen(other, back_from, c->back, c->back_before, c->n_back);
	o.answers = at == c->n_got && back_at != c->n_back;
	o.at = o.answers ? back_at : at;
	if (at != c->n_got || o.answers || c->back_changed)
		o.found = FOUND_UNSEEN;
	else if (own->twice || other->twice || told_more(c, from))
		o.found = FOUND_EXTRA;
	else if (hindered(c))
		o.found = FOUND_HINDERED;
	return o;
}
