/* fuzz_ha_link_beat.h - heartbeats and wills between two ends that are born anew, lost, late, doubled, recorded and spoilt.
 *
 * What is believed was sent by the boot it names, after this end was born and the boot before had ended; no recording is, nor
 * anything spoilt. When both ends live they believe each other's present boot, whatever is sent again meanwhile.
 */
#ifndef TESTS_FUZZ_FUZZ_HA_LINK_BEAT_H
#define TESTS_FUZZ_FUZZ_HA_LINK_BEAT_H

#include <sodium.h>

#include "hacache/ha_link_int.h"
#include "tests/fuzz/fuzz.h"

enum { POST = 16, BEATS_ROUNDS = 24 };
enum { G_BEAT = 13, G_REBORN, G_OLD_BEAT, G_WILL };

struct letter {
	uint8_t d[LINK_BEAT_MAX];
	size_t len;
	uint64_t boot, counter, made; /* counter 0: a will */
};

static struct {
	struct link l[2];
	uint64_t born[2], clock, believed[2]; /* believed: made of the last letter that was, by that end */
	struct letter post[2][POST];          /* to that end */
	uint64_t seed;
} beats;

static const char *random_name(void)
{
	return "counted";
}

static uint32_t random_number(void)
{
	beats.seed = beats.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(beats.seed >> 32);
}

static void random_octets(void *const p, const size_t n)
{
	uint8_t *b = p;
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)random_number();
}

static void beat_birth(unsigned i)
{
	static const uint8_t psk[HA_PSK_LEN] = { 7 };
	struct link *l = &beats.l[i];
	memset(l, 0, sizeof(*l));
	l->cfg = (struct link_cfg){ .family = 4, .port = 7703, .group = "plant", .boot_id = ++beats.clock * 2 + i,
				    .hb_interval_ns = 50 * NS_PER_MS, .hb_lost = 6 };
	l->cfg.own.b[0] = (uint8_t)(1 + i);
	l->cfg.peer.b[0] = (uint8_t)(2 - i);
	l->ufd = -1;
	link_hb_init(l, psk);
	link_will_init(l, psk);
	beats.born[i] = beats.clock;
	beats.believed[i] = 0;
}

static void beat_begin(void)
{
	static randombytes_implementation counted = { .implementation_name = random_name, .random = random_number,
						      .buf = random_octets };
	static bool set;
	if (!set)
		FUZZ_CHECK(randombytes_set_implementation(&counted) == 0 && sodium_init() >= 0);
	set = true;
	memset(&beats, 0, sizeof(beats));
	beats.seed = 1;
	beat_birth(0);
	beat_birth(1);
}

static void beat_make(unsigned from, bool will, unsigned slot)
{
	struct link *l = &beats.l[from];
	struct letter *m = &beats.post[!from][slot % POST];
	const struct link_beat b = { .term = l->cfg.boot_id, .seq = l->hb.sent + 1 };
	*m = (struct letter){ .boot = l->cfg.boot_id, .made = ++beats.clock, .counter = will ? 0 : l->hb.sent + 1 };
	m->len = will ? link_will(l, m->d) : link_hb_make(l, &b, m->d);
}

static void beat_deliver(unsigned to, unsigned slot, uint8_t flip, mono_t now)
{
	struct link *l = &beats.l[to];
	const struct letter *m = &beats.post[to][slot % POST];
	const struct link_hb was = l->hb;
	const uint64_t bad = l->count[LINK_BAD_BEAT];
	if (m->len == 0)
		return;
	uint8_t *own = fuzz_copy(span_of(m->d, m->len));
	own[flip % m->len] ^= flip;
	link_hb_take(l, span_of(own, m->len), now);
	free(own);
	const struct link_hb *hb = &l->hb;
	if (flip != 0) {
		FUZZ_CHECK(memcmp(hb, &was, sizeof(was)) == 0 && l->count[LINK_BAD_BEAT] == bad + 1);
		return;
	}
	FUZZ_CHECK(l->count[LINK_BAD_BEAT] == bad);
	if (m->counter == 0) {
		FUZZ_CHECK(hb->dead == (was.dead || (was.known && was.boot == m->boot)) && hb->counter == was.counter);
		fuzz_reach(G_WILL);
		return;
	}
	const bool taken_now = hb->known && (!was.known || hb->counter != was.counter || hb->boot != was.boot);
	fuzz_reach(!taken_now ? G_OLD_BEAT : was.known && hb->boot != was.boot ? G_REBORN : G_BEAT);
	if (!taken_now) {
		FUZZ_CHECK(hb->known == was.known && hb->boot == was.boot && hb->dead == was.dead && hb->answer == was.answer);
		return;
	}
	FUZZ_CHECK(hb->boot == m->boot && hb->counter == m->counter && hb->beat.term == m->boot && hb->beat.seq == m->counter);
	FUZZ_CHECK(m->made > beats.born[to] && m->made > beats.believed[to]);
	FUZZ_CHECK(!was.known || hb->boot >= was.boot);
	FUZZ_CHECK(hb->boot == was.boot && was.known ? hb->dead == was.dead : !hb->dead);
	beats.believed[to] = m->made;
}

static void beat_event(uint8_t what, uint8_t how, mono_t now)
{
	const unsigned i = what >> 4 & 1, slot = how & 15;
	switch (what >> 5 << 1 | (what & 1)) {
	case 0:
	case 1:
	case 2:
		beat_make(i, false, slot);
		break;
	case 3:
		beat_make(i, true, slot);
		break;
	case 4:
		beat_deliver(i, slot, how | 1, now);
		break;
	case 5:
		if (how < 0x40)
			beat_birth(i);
		break;
	default:
		beat_deliver(i, slot, 0, now);
		break;
	}
}

/* Both live; one recording after the other comes between what is new. */
static void beat_settle(mono_t now)
{
	static struct letter old[2][POST];
	memcpy(old, beats.post, sizeof(old));
	for (unsigned k = 0; k < BEATS_ROUNDS; k++)
		for (unsigned i = 0; i < 2; i++) {
			beat_make(i, false, 0);
			beat_deliver(!i, 0, 0, now);
			beats.post[!i][1] = old[!i][k % POST];
			if (beats.post[!i][1].counter != 0) /* a will of the present boot would be true */
				beat_deliver(!i, 1, 0, now);
		}
	for (unsigned i = 0; i < 2; i++)
		FUZZ_CHECK(beats.l[i].hb.known && beats.l[i].hb.boot == beats.l[!i].cfg.boot_id);
}

#endif
