/* plan_good.c - what senders and applications may do, however seldom they do; Fast Open; time that passes. */
#include "tests/oracle/plan_int.h"

enum { HOUR = 3600 };

static void add(struct schedule *s, struct rng *r, struct step st)
{
	plan_insert(s, rng_from_to(r, s->n_before, s->n), st);
}

static void add_sends(struct schedule *s, struct rng *r)
{
	const struct step st = { .kind = STEP_SEND, .len = (uint16_t)rng_from_to(r, 1, 1000), .burst = rng_one_in(r, 2) };
	add(s, r, st);
}

/* All that is not acknowledged, or its beginning, in pieces of another size. */
static void add_again(struct schedule *s, struct rng *r)
{
	const unsigned at = rng_from_to(r, s->n_before, s->n), pieces = rng_from_to(r, 1, 3);
	const uint32_t size = rng_from_to(r, 1, rng_one_in(r, 3) ? SEGMENT_MAX : 200);
	for (unsigned i = 0; i < pieces; i++) {
		struct step st = plan_segment((int32_t)(i * size), size);
		st.from_ack = st.clipped = true;
		st.burst = i + 1 < pieces;
		plan_insert(s, at + i, st);
	}
}

/* Inspected, and lost behind the engine. */
static void lose(struct schedule *s, struct rng *r)
{
	struct step *st = &s->step[rng_from_to(r, s->n_before, s->n - 1)];
	if (st->kind == STEP_SEGMENT && st->len != 0 && (st->flags & (TCP_SYN | TCP_FIN)) == 0)
		plan_vanish(st, r);
}

/* Few: the receiver waits longer each time that it has to repeat something. */
static void add_loss_back(struct schedule *s, struct rng *r)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->n; i++)
		n += s->step[i].kind == STEP_LOSE;
	if (n < 2)
		add(s, r, (struct step){ .kind = STEP_LOSE, .len = (uint16_t)(1 + rng_below(r, 2)), .variant = rng_one_in(r, 2) });
}

static void add_bare(struct schedule *s, struct rng *r)
{
	struct step st = plan_segment(0, rng_below(r, 2)); /* an acknowledgement; a window probe */
	st.from_ack = st.clipped = true;
	st.flags = TCP_ACK;
	st.ack_old = rng_one_in(r, 2);
	st.sack = rng_one_in(r, 2);
	if (rng_one_in(r, 2))
		st.window = (uint16_t)(1 + rng_below(r, rng_one_in(r, 2) ? 3 : 3000));
	add(s, r, st);
}

/* One that comes late, or whose answer did. */
static void add_opening_again(struct schedule *s, struct rng *r)
{
	struct step st = plan_segment(-1, 0);
	if (rng_one_in(r, 3)) {
		st.off = 0;
		st.flags = TCP_ACK;
		add(s, r, st);
		return;
	}
	st.flags = (uint8_t)(TCP_SYN | (s->server ? TCP_ACK : 0));
	if (rng_one_in(r, 2))
		add(s, r, st);
	else
		plan_insert(s, s->n_before++, st);
}

static void add_colour(struct schedule *s, struct rng *r)
{
	for (unsigned i = s->n_before; i < s->n; i++) {
		struct step *st = &s->step[i];
		if (st->kind != STEP_SEGMENT || (st->flags & TCP_SYN) != 0 || !rng_one_in(r, 2))
			continue;
		st->flags ^= TCP_PSH;
		st->flags |= rng_one_in(r, 4) ? TCP_ECE : rng_one_in(r, 4) ? TCP_CWR : 0;
		st->ttl = st->ttl == TTL_WHOLE ? (uint8_t)(TTL_WHOLE - rng_below(r, 5)) : st->ttl;
		st->sack = rng_one_in(r, 3);
		st->unknown = rng_one_in(r, 5);
	}
}

/* Overtaken segments bear the time when they were sent first. */
static void set_times(struct schedule *s)
{
	s->timestamps = true;
	for (unsigned i = s->n_before; i < s->n; i++) {
		struct step *st = &s->step[i];
		if (st->kind == STEP_SEGMENT && !st->from_ack && (st->flags & TCP_SYN) == 0)
			st->ts_at = 1 + (uint32_t)(st->off + st->len);
	}
}

static void add_legal(struct schedule *s, struct rng *r)
{
	switch (rng_below(r, 9)) {
	case 0:
		add_opening_again(s, r);
		break;
	case 1:
		add_colour(s, r);
		break;
	case 2:
		s->ext = s->six || s->fragment == 0 ? (uint8_t)rng_from_to(r, EXT_PAD, EXT_HOP) : EXT_NONE;
		break;
	case 3:
		set_times(s);
		break;
	case 4:
		s->cookie = s->server ? COOKIE_NONE : COOKIE_RIGHT;
		s->syn_len = (uint16_t)(s->server ? 0 : 1 + rng_below(r, s->len < 1000 ? s->len : 1000));
		break;
	case 5:
		add_sends(s, r);
		break;
	case 6:
		add_again(s, r);
		break;
	default:
		add_bare(s, r);
	}
}

static void add_end(struct schedule *s, struct rng *r)
{
	const uint32_t len = rng_below(r, s->len < 60 ? s->len : 60);
	struct step fin = plan_segment((int32_t)(s->len - len), len), shut = { .kind = STEP_SHUT };
	fin.flags |= TCP_FIN;
	switch (rng_below(r, 4)) {
	case 0:                          /* the sender first, before what it has sent is there */
		s->late = (uint16_t)rng_from_to(r, 1, 3000);
		s->shuts = true;
		add(s, r, fin);
		break;
	case 1:                          /* the application first */
		add_sends(s, r);
		add(s, r, shut);
		break;
	case 2:                          /* both at once */
		shut.burst = rng_one_in(r, 2);
		fin.burst = !shut.burst;
		plan_insert(s, s->n, shut.burst ? shut : fin);
		plan_insert(s, s->n, shut.burst ? fin : shut);
		break;
	default:                         /* and again */
		plan_insert(s, s->n, fin);
		add_sends(s, r);
		fin.burst = true;
		plan_insert(s, s->n, fin);
		plan_insert(s, s->n, shut);
	}
}

void plan_good(struct schedule *s, struct rng *r, enum oddity odd)
{
	if (odd == ODD_HALF) {
		add_end(s, r);
	} else if (odd == ODD_LEGAL) {
		add_legal(s, r);
	} else if (odd == ODD_BACK && rng_one_in(r, 2)) {
		add_loss_back(s, r);
	} else if (odd == ODD_RECUT) {
		lose(s, r);
		add_again(s, r);
	} else {
		if (rng_one_in(r, 3))
			s->window = (uint16_t)rng_from_to(r, 0, 2000);
		if (rng_one_in(r, 2))
			add_sends(s, r);
		else
			add_bare(s, r);
	}
}

/* The SYN that counts, and others like it that do not get there or are not believed. */
void plan_fast_open(struct schedule *s, struct rng *r)
{
	if (s->server)
		return;
	struct step st = plan_segment(-1, rng_from_to(r, 1, 200));
	st.flags = TCP_SYN;
	st.clipped = true;
	if (s->cookie == COOKIE_NONE) {
		s->cookie = rng_one_in(r, 3) ? COOKIE_WRONG : COOKIE_RIGHT;
		s->syn_len = (uint16_t)(1 + rng_below(r, s->len < 1000 ? s->len : 1000));
		return;
	}
	st.cookie = rng_one_in(r, 3) ? COOKIE_WRONG : COOKIE_RIGHT;
	st.variant = (uint8_t)rng_below(r, 2);
	const bool gone = rng_one_in(r, 2);
	if (gone)
		plan_vanish(&st, r);
	if (gone && rng_one_in(r, 3))
		st.off -= (int32_t)rng_from_to(r, 1, 300);
	if (rng_one_in(r, 3))
		add(s, r, st);
	else
		plan_insert(s, s->n_before++, st);
}

/* Three waits; every schedule has them, as those that play side by side share the engine's time. */
void plan_time(struct schedule *s, struct rng *r)
{
	static const uint8_t odd[] = { ODD_RST, ODD_FIN, ODD_SYN, ODD_REUSE, ODD_DIFFER, ODD_LOST, ODD_RECUT, ODD_BOTH };
	static const uint32_t waits[] = { 10, 130, HOUR + 400 };
	unsigned at[ARRAY_LEN(waits)];
	for (unsigned n = rng_from_to(r, 1, 4); n > 0; n--)
		plan_odd(s, r, (enum oddity)odd[rng_below(r, ARRAY_LEN(odd))]);
	for (unsigned i = ARRAY_LEN(waits); i > 0; i--) {
		at[i - 1] = rng_from_to(r, s->n_before, i < ARRAY_LEN(waits) ? at[i] : s->n);
		plan_insert(s, at[i - 1], (struct step){ .kind = STEP_PAUSE, .wait_s = waits[i - 1] });
	}
}
