/* plan.c - see plan.h. */
#include "tests/oracle/plan_int.h"

#include <string.h>

enum { WINDOW = 60000, WSCALE_MAX = 14 };

const struct oddity_row oddity_rows[ODDITY_N] = {
#define X(id, n, m, text) \
	[id] = { .name = n, .help = text, .must = m, .picked_up = id == ODD_MIDSTREAM || id == ODD_FRAGMENT || id == ODD_IDLE },
	ODDITY_LIST(X)
#undef X
};

uint64_t rng_mixed(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t rng_any(struct rng *r)
{
	r->at += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(rng_mixed(r->at) >> 32);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return rng_any(r) % n;
}

uint32_t rng_from_to(struct rng *r, uint32_t a, uint32_t b)
{
	return a + rng_below(r, b - a + 1);
}

bool rng_one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

/* Small letters are the stream's own, capitals and digits are not. */
uint8_t plan_octet(const struct schedule *s, uint32_t at, unsigned variant)
{
	const uint32_t x = (uint32_t)(rng_mixed(s->seed * 7919 + at) >> 40);
	if (variant == 0)
		return (uint8_t)('a' + x % 26);
	return variant == 1 ? (uint8_t)('A' + x % 26) : (uint8_t)('0' + (x + variant) % 10);
}

uint8_t plan_answer(const struct schedule *s, uint32_t at)
{
	return (uint8_t)('!' + (rng_mixed(s->seed * 6007 + at) >> 40) % 14);
}

/* --- making ----------------------------------------------------------------------------------- */

struct step plan_segment(int32_t off, uint32_t len)
{
	return (struct step){ .off = off, .len = (uint16_t)len, .flags = DATA, .ttl = TTL_WHOLE };
}

void plan_vanish(struct step *st, struct rng *r)
{
	if (rng_one_in(r, 4))
		st->ttl = TTL_SHORT;
	else
		st->lost = true;
}

void plan_insert(struct schedule *s, unsigned at, struct step st)
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
	const bool tiny = rng_one_in(r, 3);
	unsigned n = rng_from_to(r, 3, 12);
	for (uint32_t at = 0; at < s->len && s->n < 24;) {
		uint32_t len = tiny && !rng_one_in(r, 4) ? rng_from_to(r, 1, 8) : rng_from_to(r, 1, 2u * s->len / n + 1);
		if (len > SEGMENT_MAX)
			len = SEGMENT_MAX;
		if (len > s->len - at)
			len = s->len - at;
		plan_insert(s, s->n, plan_segment((int32_t)at, len));
		at += len;
	}
}

/* A piece takes octets of its neighbours along. */
static void stretch(const struct schedule *s, struct step *st, struct rng *r)
{
	const uint32_t back = rng_below(r, 60), ahead = rng_below(r, 60);
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
		if (rng_one_in(r, rate)) {
			const unsigned k = i + 1 + rng_below(r, s->n - i - 1 < 3 ? s->n - i - 1 : 3);
			const struct step st = s->step[i];
			s->step[i] = s->step[k];
			s->step[k] = st;
		}
}

void plan_disorder(struct schedule *s, struct rng *r)
{
	for (unsigned i = 0; i < s->n; i++)
		if (rng_one_in(r, 4))
			stretch(s, &s->step[i], r);
	shuffle(s, r, 3);
	for (unsigned n = rng_below(r, 4); n > 0; n--) {
		const unsigned k = rng_below(r, s->n);
		plan_insert(s, rng_from_to(r, k, s->n), s->step[k]);
	}
	for (unsigned i = 0; i < s->n; i++)
		s->step[i].burst = rng_one_in(r, 3);
}

/* What both ends say of themselves in the handshake, and an application that answers. From numbers of their own. */
static void set_ends(struct schedule *s)
{
	struct rng r = { rng_mixed(s->seed ^ UINT64_C(0x656e6473)) + s->odd };
	s->sack = rng_one_in(&r, 2);
	s->wscale = (uint8_t)(rng_one_in(&r, 2) ? 1 + rng_below(&r, WSCALE_MAX + 1) : 0);
	s->window = WINDOW;
	s->echo = s->odd == ODD_FALSE_ACK || s->odd == ODD_BOTH || rng_one_in(&r, 4);
	s->late = (uint16_t)(rng_one_in(&r, 6) ? rng_from_to(&r, 1, 3000) : 0);
	s->shuts = rng_one_in(&r, 3);
}

static unsigned how_many(const struct schedule *s, struct rng *r)
{
	if (s->odd == ODD_MIX)
		return rng_from_to(r, 2, 6);
	if (s->odd == ODD_LEGAL || s->odd == ODD_RECUT || s->odd == ODD_BOTH || s->odd == ODD_BACK)
		return rng_from_to(r, 2, 10);
	return s->odd == ODD_COVERED || s->odd == ODD_HALF || s->odd == ODD_IDLE ? 1 : rng_from_to(r, 1, 3);
}

void plan_make(struct schedule *s, enum oddity odd, uint64_t seed)
{
	struct rng r = { rng_mixed(seed) + odd };
	const bool small = odd == ODD_ZERO || odd == ODD_WINDOW;
	*s = (struct schedule){ .odd = odd, .seed = seed, .isn = rng_any(&r), .six = (seed & 1) != 0, .server = (seed & 2) != 0 };
	s->small_buffer = small || (odd == ODD_MIX && rng_one_in(&r, 4));
	s->len = (uint16_t)(s->small_buffer ? rng_from_to(&r, WINDOW_MIN, STREAM_MAX) :
					      rng_from_to(&r, 20, rng_one_in(&r, 3) ? 3000 : 400));
	s->timestamps = odd == ODD_PAWS || rng_one_in(&r, 2);
	if (odd == ODD_WRAP || rng_one_in(&r, 10))
		s->isn = UINT32_MAX - rng_below(&r, s->len);
	if (odd == ODD_FRAGMENTED)
		s->fragment = (uint16_t)(8 * rng_from_to(&r, 6, 60)); /* no less than the least MTU of IPv4 makes: RFC 791 3.2 */
	set_ends(s);
	cut(s, &r);
	if (odd == ODD_MIDSTREAM)
		plan_engine(s, &r);
	else if (odd != ODD_COVERED)
		plan_disorder(s, &r);
	for (unsigned n = how_many(s, &r); n > 0; n--)
		plan_odd(s, &r, odd);
	if (s->small_buffer)
		plan_stop_reading(s, &r);
	for (unsigned i = 0; s->fragment != 0 && i < s->n; i++)
		plan_pieces(&s->step[i], &r, PIECES_MISSING);
	if (odd == ODD_RST || odd == ODD_FIN || odd == ODD_REUSE || odd == ODD_MIX)
		plan_insert(s, rng_from_to(&r, s->n_before, s->n), (struct step){ .kind = STEP_PAUSE, .wait_s = 3 });
}

/* Not the receiver's own SYN: that would take it a second to repeat. */
void plan_failure(struct schedule *s)
{
	struct rng r = { rng_mixed(s->seed ^ UINT64_C(0x6661696c)) + s->odd };
	const uint32_t first = s->server ? 2 : 1;
	s->given_up |= s->odd == ODD_FALSE_ACK; /* it acknowledges what may be lost, which is not sent again then */
	s->fail = (struct failure){ .n = 1, .fate = (uint8_t)rng_below(&r, FATE_N) };
	if (s->fail.fate != FATE_RELEASED)
		s->fail.n = (uint16_t)rng_from_to(&r, 1, 4);
	s->fail.at = (uint16_t)rng_from_to(&r, first, first + 3 + 2 * s->n);
}
