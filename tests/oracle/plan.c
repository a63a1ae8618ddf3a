/* plan.c - see plan.h. */
#include "tests/oracle/plan.h"

#include <string.h>

#include "forward/packet.h"

enum { TTL_WHOLE = 64, TTL_SHORT = 2, DATA = TCP_ACK | TCP_PSH, NEAR = 300, WINDOW_MIN = 2304, FRAGMENT_MIN = 24 };

const struct oddity_row oddity_rows[ODDITY_N] = {
#define X(id, n, m, text) [id] = { .name = n, .help = text, .must = m, .picked_up = id == ODD_MIDSTREAM || id == ODD_FRAGMENT },
	ODDITY_LIST(X)
#undef X
};

struct rng {
	uint64_t at;
};

static uint64_t mixed(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t any(struct rng *r)
{
	r->at += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mixed(r->at) >> 32);
}

static uint32_t below(struct rng *r, uint32_t n)
{
	return any(r) % n;
}

static uint32_t from_to(struct rng *r, uint32_t a, uint32_t b)
{
	return a + below(r, b - a + 1);
}

static bool one_in(struct rng *r, uint32_t n)
{
	return below(r, n) == 0;
}

/* Small letters are the stream's own, capitals and digits are not. */
uint8_t plan_octet(const struct schedule *s, uint32_t at, unsigned variant)
{
	const uint32_t x = (uint32_t)(mixed(s->seed * 7919 + at) >> 40);
	if (variant == 0)
		return (uint8_t)('a' + x % 26);
	return variant == 1 ? (uint8_t)('A' + x % 26) : (uint8_t)('0' + (x + variant) % 10);
}

/* --- making ----------------------------------------------------------------------------------- */

static struct step segment(int32_t off, uint32_t len)
{
	return (struct step){ .off = off, .len = (uint16_t)len, .flags = DATA, .ttl = TTL_WHOLE };
}

static void insert(struct schedule *s, unsigned at, struct step st)
{
	if (s->n == STEPS_MAX)
		return;
	memmove(&s->step[at + 1], &s->step[at], (s->n - at) * sizeof(st));
	s->step[at] = st;
	s->n++;
}

void plan_drop(struct schedule *s, unsigned i)
{
	s->n--;
	s->n_before -= i < s->n_before;
	memmove(&s->step[i], &s->step[i + 1], (s->n - i) * sizeof(s->step[0]));
}

/* The stream in pieces of all sizes, in order. */
static void cut(struct schedule *s, struct rng *r)
{
	const bool tiny = one_in(r, 3);
	unsigned n = from_to(r, 3, 12);
	for (uint32_t at = 0; at < s->len && s->n < 24;) {
		uint32_t len = tiny && !one_in(r, 4) ? from_to(r, 1, 8) : from_to(r, 1, 2u * s->len / n + 1);
		if (len > SEGMENT_MAX)
			len = SEGMENT_MAX;
		if (len > s->len - at)
			len = s->len - at;
		insert(s, s->n, segment((int32_t)at, len));
		at += len;
	}
}

/* A piece takes octets of its neighbours along. */
static void stretch(const struct schedule *s, struct step *st, struct rng *r)
{
	const uint32_t back = below(r, 60), ahead = below(r, 60);
	if ((int32_t)back <= st->off && st->len + back <= SEGMENT_MAX) {
		st->off -= (int32_t)back;
		st->len = (uint16_t)(st->len + back);
	}
	if ((uint32_t)st->off + st->len + ahead <= s->len && st->len + ahead <= SEGMENT_MAX)
		st->len = (uint16_t)(st->len + ahead);
}

static void shuffle(struct schedule *s, struct rng *r, uint32_t rate)
{
	for (unsigned i = 0; i + 1 < s->n; i++)
		if (one_in(r, rate)) {
			const unsigned k = i + 1 + below(r, s->n - i - 1 < 3 ? s->n - i - 1 : 3);
			const struct step st = s->step[i];
			s->step[i] = s->step[k];
			s->step[k] = st;
		}
}

static void disorder(struct schedule *s, struct rng *r)
{
	for (unsigned i = 0; i < s->n; i++)
		if (one_in(r, 4))
			stretch(s, &s->step[i], r);
	shuffle(s, r, 3);
	for (unsigned n = below(r, 4); n > 0; n--) {
		const unsigned k = below(r, s->n);
		insert(s, from_to(r, k, s->n), s->step[k]);
	}
	for (unsigned i = 0; i < s->n; i++)
		s->step[i].burst = one_in(r, 3);
}

/* Where the receiver may stand before step at, or a little further on. */
static struct step poison(const struct schedule *s, struct rng *r, unsigned at)
{
	int32_t off = at < s->n ? s->step[at].off : s->len;
	if (one_in(r, 3))
		off += (int32_t)below(r, 2 * NEAR) - NEAR;
	if (off < 0 || off >= s->len)
		off = (int32_t)below(r, s->len);
	const uint32_t most = one_in(r, 2) ? 40 : 400, left = s->len - (uint32_t)off;
	struct step st = segment(off, from_to(r, 1, most < left ? most : left));
	st.variant = (uint8_t)from_to(r, 1, 2);
	st.burst = one_in(r, 4);
	return st;
}

/* A number in the window, at its edges, or far outside. */
static int32_t around(struct rng *r)
{
	static const int32_t far[] = { -1, -1, -200, 70000, 5000000, -5000000, INT32_MAX, 1 };
	const uint32_t what = below(r, 3);
	return what == 0 ? 0 : what == 1 ? (int32_t)from_to(r, 1, 3000) : far[below(r, ARRAY_LEN(far))];
}

static void add_control(struct schedule *s, struct rng *r, unsigned at, uint8_t flags)
{
	struct step st = segment(around(r), 0);
	st.from_ack = true;
	st.flags = flags;
	if (one_in(r, 6))
		st.bad_sum = true;
	else if (one_in(r, 6))
		st.ttl = TTL_SHORT;
	if ((flags & TCP_FIN) != 0 && one_in(r, 2))
		st.len = (uint16_t)from_to(r, 1, 100);
	insert(s, at, st);
}

/* A hole, what stands behind it, another copy of a part of that; then the hole is filled. */
static void add_covered(struct schedule *s, struct rng *r)
{
	unsigned i = below(r, s->n);
	while (i > 0 && (s->step[i].len < 3 || s->step[i].variant != 0))
		i--;
	struct step filler = s->step[i], held = filler;
	if (filler.len < 3 || filler.kind != STEP_SEGMENT || (filler.flags & TCP_SYN) != 0 || filler.variant != 0)
		return;
	filler.len = (uint16_t)from_to(r, 1, filler.len - 2u);
	held.off += filler.len;
	held.len = (uint16_t)(held.len - filler.len);
	struct step copy = held;
	copy.off += (int32_t)below(r, held.len);
	copy.len = (uint16_t)from_to(r, 1, (uint32_t)(held.off + held.len - copy.off));
	copy.variant = 1;
	s->step[i] = held;
	insert(s, i + 1, copy);
	insert(s, i + 2, filler);
}

static void add_before(struct schedule *s, struct rng *r, struct step st)
{
	st.off = -1;
	/* A server's mere SYN: both open, or a handshake in parts. */
	st.flags = s->server && !one_in(r, 3) ? TCP_SYN | TCP_ACK : TCP_SYN;
	if (st.flags != TCP_SYN && one_in(r, 2)) {
		st.ack_off = (int32_t)from_to(r, 1, 2000) - 1000; /* answers no SYN of ours */
		st.off -= (int32_t)below(r, 100000);
	}
	if (st.ttl == TTL_SHORT || st.bad_sum) /* another number: it must not get there */
		st.off += (int32_t)from_to(r, 0, 1) * (int32_t)from_to(r, 1, 100000);
	insert(s, s->n_before++, st);
}

static void add_syn(struct schedule *s, struct rng *r, unsigned at)
{
	if (one_in(r, 3)) {
		struct step st = segment(0, 0);
		if (one_in(r, 2))
			st.ttl = TTL_SHORT;
		else
			st.bad_sum = true;
		add_before(s, r, st);
	} else {
		add_control(s, r, at, one_in(r, 4) ? TCP_SYN | TCP_ACK : TCP_SYN);
	}
}

/* The receiver gets neither, or believes neither. */
static void add_reuse(struct schedule *s, struct rng *r, unsigned at)
{
	struct step end = segment((int32_t)below(r, 3000), 0), syn = segment((int32_t)any(r), 0);
	end.from_ack = true;
	end.flags = one_in(r, 3) ? TCP_FIN | TCP_ACK : one_in(r, 2) ? TCP_RST : TCP_RST | TCP_ACK;
	end.ttl = TTL_SHORT;
	if (end.flags != (TCP_FIN | TCP_ACK) && one_in(r, 2)) {
		end.off = 5000000;
		end.ttl = TTL_WHOLE;
	}
	syn.flags = TCP_SYN;
	syn.ttl = one_in(r, 2) ? TTL_SHORT : TTL_WHOLE;
	insert(s, at, end);
	insert(s, from_to(r, at + 1, s->n), syn);
}

static void add_window(struct schedule *s, struct rng *r, unsigned at)
{
	struct step st = segment(0, from_to(r, 1, SEGMENT_MAX));
	st.from_ack = true;
	st.off = (int32_t)from_to(r, 0, one_in(r, 2) ? 70000 : 3000);
	st.variant = (uint8_t)below(r, 3);
	insert(s, at, st);
}

static void add_one(struct schedule *s, struct rng *r, enum oddity odd);

static void add_mixed(struct schedule *s, struct rng *r)
{
	static const uint8_t of[] = { ODD_KEEPALIVE, ODD_COVERED, ODD_DIFFER, ODD_CHECKSUM, ODD_PAWS, ODD_ACK, ODD_RST, ODD_FIN,
				      ODD_SYN, ODD_REUSE, ODD_SYNDATA, ODD_TTL, ODD_URGENT, ODD_WINDOW, ODD_MD5 };
	add_one(s, r, of[below(r, ARRAY_LEN(of))]);
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
		st->ack_off = one_in(r, 2) ? (int32_t)from_to(r, 1, 200000) : -(int32_t)from_to(r, 70000, 2000000000);
		if (one_in(r, 4))
			st->flags = TCP_PSH;
		break;
	case ODD_TTL:
		st->ttl = (uint8_t)from_to(r, 1, TTL_SHORT);
		break;
	case ODD_URGENT:
		st->variant = 0;
		st->flags |= TCP_URG;
		st->urgent = (uint16_t)(one_in(r, 3) ? below(r, 2000) : from_to(r, 0, st->len + 2u));
		break;
	case ODD_MD5:
		st->md5 = true;
		break;
	case ODD_FRAGMENT:
		st->len = (uint16_t)(st->len < FRAGMENT_MIN ? FRAGMENT_MIN : st->len);
		st->fragment = (uint16_t)(8 * from_to(r, 1, st->len / 8));
		st->fragments_reversed = one_in(r, 3);
		st->variant = (uint8_t)below(r, 2);
		break;
	}
}

static void add_tainted(struct schedule *s, struct rng *r, enum oddity odd, unsigned at)
{
	struct step st = poison(s, r, at);
	taint(&st, r, odd);
	insert(s, at, st);
}

static void add_keepalive(struct schedule *s, struct rng *r, unsigned at)
{
	struct step st = segment(-1, below(r, 2));
	st.from_ack = true;
	st.flags = TCP_ACK;
	insert(s, at, st);
}

static void add_syndata(struct schedule *s, struct rng *r)
{
	struct step st = segment(0, from_to(r, 1, 200));
	st.variant = (uint8_t)below(r, 2);
	st.ttl = one_in(r, 3) ? TTL_SHORT : TTL_WHOLE;
	add_before(s, r, st);
}

static void add_one(struct schedule *s, struct rng *r, enum oddity odd)
{
	const unsigned at = from_to(r, s->n_before, s->n);
	switch ((int)odd) {
	case ODD_KEEPALIVE:
		add_keepalive(s, r, at);
		break;
	case ODD_COVERED:
		add_covered(s, r);
		break;
	case ODD_RST:
		add_control(s, r, at, one_in(r, 2) ? TCP_RST : TCP_RST | TCP_ACK);
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
	case ODD_DIFFER:
	case ODD_CHECKSUM:
	case ODD_PAWS:
	case ODD_ACK:
	case ODD_TTL:
	case ODD_URGENT:
	case ODD_MD5:
	case ODD_FRAGMENT:
		add_tainted(s, r, odd, at);
		break;
	}
}

/* In order and one by one as far as the engine does not look; it comes when nothing is under way. */
static void add_engine(struct schedule *s, struct rng *r)
{
	const unsigned at = from_to(r, 1, s->n - 1);
	for (unsigned i = 0; i < at; i++)
		s->step[i].burst = false;
	insert(s, at, (struct step){ .kind = STEP_ENGINE });
	struct schedule rest = *s;
	rest.n = s->n - at - 1;
	memcpy(rest.step, &s->step[at + 1], rest.n * sizeof(rest.step[0]));
	disorder(&rest, r);
	s->n = at + 1;
	for (unsigned i = 0; i < rest.n; i++)
		insert(s, s->n, rest.step[i]);
}

/* The application reads no more, and then again. */
static void add_stop(struct schedule *s, struct rng *r)
{
	const unsigned at = below(r, s->n);
	insert(s, at, (struct step){ .kind = STEP_STOP_READING });
	insert(s, from_to(r, at + 1, s->n), (struct step){ .kind = STEP_READ_ON });
}

void plan_make(struct schedule *s, enum oddity odd, uint64_t seed)
{
	struct rng r = { mixed(seed) + odd };
	const bool small = odd == ODD_ZERO || odd == ODD_WINDOW;
	*s = (struct schedule){ .odd = odd, .seed = seed, .isn = any(&r), .six = (seed & 1) != 0, .server = (seed & 2) != 0 };
	s->small_buffer = small || (odd == ODD_MIX && one_in(&r, 4));
	s->len = (uint16_t)(s->small_buffer ? from_to(&r, WINDOW_MIN, STREAM_MAX) : from_to(&r, 20, one_in(&r, 3) ? 3000 : 400));
	s->timestamps = odd == ODD_PAWS || one_in(&r, 2);
	if (odd == ODD_WRAP || one_in(&r, 10))
		s->isn = UINT32_MAX - below(&r, s->len);
	if (odd == ODD_FRAGMENTED)
		s->fragment = (uint16_t)(8 * from_to(&r, 1, 60));
	cut(s, &r);
	if (odd == ODD_MIDSTREAM)
		add_engine(s, &r);
	else if (odd != ODD_COVERED)
		disorder(s, &r);
	for (unsigned n = odd == ODD_MIX ? from_to(&r, 2, 6) : odd == ODD_COVERED ? 1 : from_to(&r, 1, 3); n > 0; n--)
		add_one(s, &r, odd);
	if (s->small_buffer)
		add_stop(s, &r);
	for (unsigned i = 0; s->fragment != 0 && i < s->n; i++)
		s->step[i].fragments_reversed = one_in(&r, 3);
	if (odd == ODD_RST || odd == ODD_FIN || odd == ODD_REUSE || odd == ODD_MIX)
		insert(s, from_to(&r, s->n_before, s->n), (struct step){ .kind = STEP_PAUSE });
}
