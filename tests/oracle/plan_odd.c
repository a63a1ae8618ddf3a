/* plan_odd.c - what schedules do that a receiver refuses, or that means one thing here and another there. */
#include "tests/oracle/plan_int.h"

#include <string.h>

enum { NEAR = 300 };

/* Where the receiver may stand before step at, or a little further on. */
static struct step poison(const struct schedule *s, struct rng *r, unsigned at)
{
	int32_t off = at < s->n ? s->step[at].off : s->len;
	if (rng_one_in(r, 3))
		off += (int32_t)rng_below(r, 2 * NEAR) - NEAR;
	if (off < 0 || off >= s->len)
		off = (int32_t)rng_below(r, s->len);
	const uint32_t most = rng_one_in(r, 2) ? 40 : 400, left = s->len - (uint32_t)off;
	struct step st = plan_segment(off, rng_from_to(r, 1, most < left ? most : left));
	st.variant = (uint8_t)rng_from_to(r, 1, 2);
	st.burst = rng_one_in(r, 4);
	return st;
}

/* A number in the window, at its edges, or far outside. */
static int32_t around(struct rng *r)
{
	static const int32_t far[] = { -1, -1, -200, 70000, 5000000, -5000000, INT32_MAX, 1 };
	const uint32_t what = rng_below(r, 3);
	return what == 0 ? 0 : what == 1 ? (int32_t)rng_from_to(r, 1, 3000) : far[rng_below(r, ARRAY_LEN(far))];
}

static void add_control(struct schedule *s, struct rng *r, unsigned at, uint8_t flags)
{
	struct step st = plan_segment(around(r), 0);
	st.from_ack = true;
	st.flags = flags;
	if (rng_one_in(r, 6))
		st.bad_sum = true;
	else if (rng_one_in(r, 6))
		plan_vanish(&st, r);
	s->given_up |= (flags & TCP_RST) != 0 && st.off == 0 && !st.bad_sum && (st.lost || st.ttl == TTL_SHORT);
	if ((flags & TCP_FIN) != 0 && rng_one_in(r, 2)) {
		st.len = (uint16_t)rng_from_to(r, 1, 100);
		st.clipped = !rng_one_in(r, 4);
		s->given_up |= !st.clipped; /* octets behind the end: which of both counts is not for the engine to say */
	}
	plan_insert(s, at, st);
}

/* A hole, what stands behind it, another copy of a part of that; then the hole is filled. */
static void add_covered(struct schedule *s, struct rng *r)
{
	unsigned i = rng_below(r, s->n);
	while (i > 0 && (s->step[i].len < 3 || s->step[i].variant != 0))
		i--;
	struct step filler = s->step[i], held = filler;
	if (filler.len < 3 || filler.kind != STEP_SEGMENT || (filler.flags & TCP_SYN) != 0 || filler.variant != 0)
		return;
	filler.len = (uint16_t)rng_from_to(r, 1, filler.len - 2u);
	held.off += filler.len;
	held.len = (uint16_t)(held.len - filler.len);
	struct step copy = held;
	copy.off += (int32_t)rng_below(r, held.len);
	copy.len = (uint16_t)rng_from_to(r, 1, (uint32_t)(held.off + held.len - copy.off));
	copy.variant = 1;
	s->step[i] = held;
	plan_insert(s, i + 1, copy);
	plan_insert(s, i + 2, filler);
}

static void add_before(struct schedule *s, struct rng *r, struct step st)
{
	st.off = -1;
	/* A server's mere SYN: both open, or a handshake in parts. */
	st.flags = s->server && !rng_one_in(r, 3) ? TCP_SYN | TCP_ACK : TCP_SYN;
	if (st.flags != TCP_SYN && rng_one_in(r, 2)) {
		st.ack_off = (int32_t)rng_from_to(r, 1, 2000) - 1000; /* answers no SYN of ours */
		st.off -= (int32_t)rng_below(r, 100000);
	}
	if (st.ttl == TTL_SHORT || st.lost || st.bad_sum) /* another number: it must not get there */
		st.off += (int32_t)rng_from_to(r, 0, 1) * (int32_t)rng_from_to(r, 1, 100000);
	plan_insert(s, s->n_before++, st);
}

static void add_syn(struct schedule *s, struct rng *r, unsigned at)
{
	if (rng_one_in(r, 3)) {
		struct step st = plan_segment(0, 0);
		if (rng_one_in(r, 2))
			plan_vanish(&st, r);
		else
			st.bad_sum = true;
		add_before(s, r, st);
	} else {
		add_control(s, r, at, rng_one_in(r, 4) ? TCP_SYN | TCP_ACK : TCP_SYN);
	}
}

/* The receiver gets neither, or believes neither. */
static void add_reuse(struct schedule *s, struct rng *r, unsigned at)
{
	struct step end = plan_segment((int32_t)rng_below(r, 3000), 0), syn = plan_segment((int32_t)rng_any(r), 0);
	end.from_ack = true;
	end.flags = rng_one_in(r, 3) ? TCP_FIN | TCP_ACK : rng_one_in(r, 2) ? TCP_RST : TCP_RST | TCP_ACK;
	if (end.flags != (TCP_FIN | TCP_ACK) && rng_one_in(r, 2))
		end.off = 5000000;
	else
		plan_vanish(&end, r);
	s->given_up |= (end.flags & TCP_RST) != 0 && end.off == 0;
	syn.flags = TCP_SYN;
	if (rng_one_in(r, 2))
		plan_vanish(&syn, r);
	plan_insert(s, at, end);
	plan_insert(s, rng_from_to(r, at + 1, s->n), syn);
}

static void add_window(struct schedule *s, struct rng *r, unsigned at)
{
	struct step st = plan_segment(0, rng_from_to(r, 1, SEGMENT_MAX));
	st.from_ack = true;
	st.off = (int32_t)rng_from_to(r, 0, rng_one_in(r, 2) ? 70000 : 3000);
	st.variant = (uint8_t)rng_below(r, 3);
	plan_insert(s, at, st);
}

static void add_mixed(struct schedule *s, struct rng *r)
{
	static const uint8_t of[] = { ODD_KEEPALIVE, ODD_COVERED, ODD_DIFFER, ODD_CHECKSUM, ODD_PAWS, ODD_ACK, ODD_RST, ODD_FIN,
				      ODD_SYN, ODD_REUSE, ODD_SYNDATA, ODD_TTL, ODD_LOST, ODD_URGENT, ODD_WINDOW, ODD_MD5,
				      ODD_LEGAL, ODD_RECUT, ODD_BOTH, ODD_BACK, ODD_FALSE_ACK, ODD_HEADERS, ODD_FASTOPEN };
	plan_odd(s, r, of[rng_below(r, ARRAY_LEN(of))]);
}

void plan_pieces(struct step *st, struct rng *r, enum pieces worst)
{
	st->fragments_reversed = rng_one_in(r, 3);
	st->pieces = (uint8_t)(rng_one_in(r, 3) ? rng_from_to(r, PIECES_AGAIN, worst) : PIECES_WHOLE);
}

/* What is odd about a segment of other octets. */
static void taint(struct step *st, struct rng *r, enum oddity odd)
{
	switch ((int)odd) {
	case ODD_CHECKSUM:
		st->bad_sum = true;
		break;
	case ODD_PAWS:
		st->old_ts = true;
		break;
	case ODD_ACK:
		st->ack_off = rng_one_in(r, 2) ? (int32_t)rng_from_to(r, 1, 200000) : -(int32_t)rng_from_to(r, 70000, 2000000000);
		if (rng_one_in(r, 4))
			st->flags = TCP_PSH;
		break;
	case ODD_TTL:
		st->ttl = (uint8_t)rng_from_to(r, 1, TTL_SHORT);
		break;
	case ODD_LOST:
		st->lost = true;
		break;
	case ODD_URGENT:
		st->variant = 0;
		st->flags |= TCP_URG;
		st->urgent = (uint16_t)(rng_one_in(r, 3) ? rng_below(r, 2000) : rng_from_to(r, 0, st->len + 2u));
		break;
	case ODD_MD5:
		st->md5 = true;
		break;
	case ODD_HEADERS:
		st->ext = (uint8_t)rng_from_to(r, EXT_PAD, EXT_N - 1);
		st->variant = (uint8_t)rng_below(r, 2);
		break;
	case ODD_FALSE_ACK:
		st->variant = 0;
		st->ack_off = rng_one_in(r, 3) ? (int32_t)rng_from_to(r, 1, 200000) : (int32_t)rng_from_to(r, 1, 1500);
		if (rng_one_in(r, 3))
			st->ack_off = -st->ack_off;
		st->len = (uint16_t)(rng_one_in(r, 2) ? 0 : st->len);
		break;
	case ODD_FRAGMENT:
		st->len = (uint16_t)(st->len < FRAGMENT_MIN ? FRAGMENT_MIN : st->len);
		st->fragment = (uint16_t)(8 * rng_from_to(r, 1, st->len / 8));
		plan_pieces(st, r, PIECES_ENDS);
		st->variant = (uint8_t)rng_below(r, 2);
		break;
	}
}

static void add_tainted(struct schedule *s, struct rng *r, enum oddity odd, unsigned at)
{
	struct step st = poison(s, r, at);
	taint(&st, r, odd);
	plan_insert(s, at, st);
}

static void add_keepalive(struct schedule *s, struct rng *r, unsigned at)
{
	struct step st = plan_segment(-1, rng_below(r, 2));
	st.from_ack = true;
	st.variant = (uint8_t)rng_below(r, 2);
	st.flags = TCP_ACK;
	plan_insert(s, at, st);
}

static void add_syndata(struct schedule *s, struct rng *r)
{
	struct step st = plan_segment(0, rng_from_to(r, 1, 200));
	st.variant = (uint8_t)rng_below(r, 2);
	if (rng_one_in(r, 3))
		plan_vanish(&st, r);
	add_before(s, r, st);
}

/* Nothing of this may come before the engine does. */
static void add_behind_engine(struct schedule *s, struct rng *r)
{
	static const uint8_t of[] = { ODD_DIFFER, ODD_LOST, ODD_ACK, ODD_RST, ODD_FIN, ODD_SYN, ODD_REUSE, ODD_WINDOW, ODD_PAWS,
				      ODD_BOTH, ODD_RECUT, ODD_BACK, ODD_CHECKSUM, ODD_FALSE_ACK };
	unsigned at = 0;
	while (s->step[at].kind != STEP_ENGINE)
		at++;
	s->n_before = at + 1;
	plan_odd(s, r, (enum oddity)of[rng_below(r, ARRAY_LEN(of))]);
	s->n_before = 0;
}

void plan_odd(struct schedule *s, struct rng *r, enum oddity odd)
{
	const unsigned at = rng_from_to(r, s->n_before, s->n);
	switch ((int)odd) {
	case ODD_KEEPALIVE:
		add_keepalive(s, r, at);
		break;
	case ODD_COVERED:
		add_covered(s, r);
		break;
	case ODD_RST:
		add_control(s, r, at, rng_one_in(r, 2) ? TCP_RST : TCP_RST | TCP_ACK);
		break;
	case ODD_FIN:
		add_control(s, r, at, TCP_FIN | TCP_ACK);
		break;
	case ODD_SYN:
		add_syn(s, r, at);
		break;
	case ODD_REUSE:
		add_reuse(s, r, at);
		break;
	case ODD_SYNDATA:
		add_syndata(s, r);
		break;
	case ODD_WINDOW:
		add_window(s, r, at);
		break;
	case ODD_MIX:
		add_mixed(s, r);
		break;
	case ODD_LEGAL:
	case ODD_RECUT:
	case ODD_BOTH:
	case ODD_BACK:
	case ODD_HALF:
		plan_good(s, r, odd);
		break;
	case ODD_MIDSTREAM:
		add_behind_engine(s, r);
		break;
	case ODD_FASTOPEN:
		plan_fast_open(s, r);
		break;
	case ODD_IDLE:
		plan_time(s, r);
		break;
	case ODD_DIFFER:
	case ODD_CHECKSUM:
	case ODD_PAWS:
	case ODD_ACK:
	case ODD_TTL:
	case ODD_LOST:
	case ODD_URGENT:
	case ODD_MD5:
	case ODD_HEADERS:
	case ODD_FALSE_ACK:
	case ODD_FRAGMENT:
		add_tainted(s, r, odd, at);
		break;
	}
}

/* In order and one by one as far as the engine does not look; it comes when nothing is under way. */
void plan_engine(struct schedule *s, struct rng *r)
{
	const unsigned at = rng_from_to(r, 1, s->n - 1);
	for (unsigned i = 0; i < at; i++)
		s->step[i].burst = false;
	plan_insert(s, at, (struct step){ .kind = STEP_ENGINE });
	struct schedule rest = *s;
	rest.n = s->n - at - 1;
	memcpy(rest.step, &s->step[at + 1], rest.n * sizeof(rest.step[0]));
	plan_disorder(&rest, r);
	s->n = at + 1;
	for (unsigned i = 0; i < rest.n; i++)
		plan_insert(s, s->n, rest.step[i]);
}

/* The application reads no more, and then again. */
void plan_stop_reading(struct schedule *s, struct rng *r)
{
	const unsigned at = rng_below(r, s->n);
	plan_insert(s, at, (struct step){ .kind = STEP_STOP_READING });
	plan_insert(s, rng_from_to(r, at + 1, s->n), (struct step){ .kind = STEP_READ_ON });
}

