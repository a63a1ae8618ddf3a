/* ha_link_beat.c - heartbeats: small UDP datagrams under a keyed BLAKE2b MAC, and what of them is believed.
 *
 * The MAC covers both addresses in their direction: a heartbeat of another link or member, or our own come back, is
 * none. Within a boot the counter must grow. A new boot of the peer is believed only when it answers the challenge
 * that our heartbeats carry; each one accepted gets a new challenge, so that no recording, however old, proves itself, and the
 * boot before is dead for good. Boots that have not proven themselves are answered in turn with the present one.
 *
 *   0 magic 4 | 4 version | 5 role | 6 quality | 7 zero | 8 priority 2 | 10 boot 8 | 18 counter 8 | 26 challenge 8 |
 *   34 answer 8 | 42 term 8 | 50 seq 8 | 58 length of what the owner adds 1 | that | what a newer version adds | MAC 32
 */
#include "hacache/ha_link_int.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cur.h"
#include "base/wr.h"

enum { BEAT_VERSION = 1, BEAT_BODY = 58 };
_Static_assert(BEAT_BODY + 1 + LINK_BEAT_MORE + LINK_MAC <= LINK_BEAT_MAX, "a heartbeat has room");
#define BEAT_MAGIC 0x49504842u /* "IPHB" */

struct beat_msg {
	struct link_beat b;
	uint64_t boot, counter, challenge, answer;
};

static uint64_t fresh_challenge(void)
{
	uint64_t v;
	do {
		randombytes_buf(&v, sizeof(v));
	} while (v == 0); /* 0 answers nobody */
	return v;
}

void link_hb_init(struct link *l, const uint8_t psk[HA_PSK_LEN])
{
	/* fails for odd lengths only */
	(void)crypto_kdf_derive_from_key(l->hb.key, sizeof(l->hb.key), 2, "ha_link_", psk);
	l->hb.challenge = fresh_challenge();
}

void link_hb_mac(const struct link *l, const uint8_t key[LINK_KEY], bool ours, struct span body, uint8_t mac[LINK_MAC])
{
	uint8_t head[2 * sizeof(struct addr) + 3];
	struct wr w = wr_of(head, sizeof(head));
	wr_bytes(&w, ours ? l->cfg.own.b : l->cfg.peer.b, sizeof(struct addr));
	wr_bytes(&w, ours ? l->cfg.peer.b : l->cfg.own.b, sizeof(struct addr));
	wr_u8(&w, l->cfg.family);
	wr_be16(&w, l->cfg.port);
	crypto_generichash_state st;
	crypto_generichash_init(&st, key, LINK_KEY, LINK_MAC);
	crypto_generichash_update(&st, head, w.len);
	crypto_generichash_update(&st, body.p, body.len);
	crypto_generichash_final(&st, mac, LINK_MAC);
}

bool link_hb_open(const struct link *l, const uint8_t key[LINK_KEY], struct span d, struct span *body)
{
	if (d.len < LINK_MAC || d.len > LINK_BEAT_MAX)
		return false;
	struct cur c = cur_span(d);
	uint8_t mac[LINK_MAC];
	*body = cur_bytes(&c, d.len - LINK_MAC);
	struct span theirs = cur_bytes(&c, LINK_MAC);
	link_hb_mac(l, key, false, *body, mac);
	return sodium_memcmp(mac, theirs.p, LINK_MAC) == 0;
}

static uint64_t next_answer(struct link_hb *hb)
{
	const bool other = !hb->known || !hb->answered;
	hb->answered = false;
	for (unsigned i = 1; other && i <= LINK_STRANGERS; i++) {
		struct link_stranger *o = &hb->stranger[(hb->turn + i) % LINK_STRANGERS];
		if (o->left == 0)
			continue;
		o->left--;
		hb->turn = (hb->turn + i) % LINK_STRANGERS;
		hb->answered = true;
		return o->challenge;
	}
	return hb->answer;
}

size_t link_hb_make(struct link *l, const struct link_beat *b, uint8_t out[LINK_BEAT_MAX])
{
	struct wr w = wr_of(out, LINK_BEAT_MAX);
	wr_be32(&w, BEAT_MAGIC);
	wr_u8(&w, BEAT_VERSION);
	wr_u8(&w, b->role);
	wr_u8(&w, b->quality);
	wr_u8(&w, 0);
	wr_be16(&w, b->priority);
	wr_be64(&w, l->cfg.boot_id);
	wr_be64(&w, ++l->hb.sent);
	wr_be64(&w, l->hb.challenge);
	wr_be64(&w, next_answer(&l->hb));
	wr_be64(&w, b->term);
	wr_be64(&w, b->seq);
	wr_u8(&w, (uint8_t)size_min(b->n_more, LINK_BEAT_MORE));
	wr_bytes(&w, b->more, size_min(b->n_more, LINK_BEAT_MORE));
	uint8_t mac[LINK_MAC];
	link_hb_mac(l, l->hb.key, true, span_of(out, w.len), mac);
	wr_bytes(&w, mac, sizeof(mac));
	return w.len;
}

void link_beat(struct link *l, const struct link_beat *b, mono_t now)
{
	(void)now;
	uint8_t d[LINK_BEAT_MAX];
	const size_t len = link_hb_make(l, b, d);
	if (sendto(l->ufd, d, len, MSG_DONTWAIT | MSG_NOSIGNAL, &l->peer.u.any, l->peer.len) != (ssize_t)len)
		l->count[LINK_BEAT_UNSENT]++;
}

/* What the owner has added; an earlier version adds nothing, a later one may have more than is known here. */
static bool open_more(struct cur *c, struct link_beat *b)
{
	b->n_more = 0;
	if (cur_left(c) == 0)
		return true;
	const uint8_t n = cur_u8(c);
	const struct span s = cur_bytes(c, n);
	if (!cur_ok(c))
		return false;
	b->n_more = (uint8_t)size_min(n, LINK_BEAT_MORE);
	memcpy(b->more, s.p, b->n_more);
	return true;
}

/* An authentic heartbeat's fields; false for anything else. */
static bool open_beat(const struct link *l, struct span d, struct beat_msg *m)
{
	struct span body;
	if (!link_hb_open(l, l->hb.key, d, &body))
		return false;
	struct cur c = cur_span(body);
	bool ok = cur_be32(&c) == BEAT_MAGIC && cur_u8(&c) >= BEAT_VERSION;
	m->b.role = cur_u8(&c);
	m->b.quality = cur_u8(&c);
	cur_skip(&c, 1);
	m->b.priority = cur_be16(&c);
	m->boot = cur_be64(&c);
	m->counter = cur_be64(&c);
	m->challenge = cur_be64(&c);
	m->answer = cur_be64(&c);
	m->b.term = cur_be64(&c);
	m->b.seq = cur_be64(&c);
	return ok && cur_ok(&c) && open_more(&c, &m->b);
}

static bool is_former(const struct link_hb *hb, uint64_t boot)
{
	for (unsigned i = 0; i < size_min(hb->n_former, LINK_FORMER); i++)
		if (hb->former[i] == boot)
			return true;
	return false;
}

/* In the place of its last one, of one that has had its answers, or of any. */
static void note_stranger(struct link_hb *hb, const struct beat_msg *m)
{
	unsigned at = (hb->turn + 1) % LINK_STRANGERS;
	for (unsigned i = 0; i < LINK_STRANGERS; i++)
		if (hb->stranger[i].left == 0)
			at = i;
	for (unsigned i = 0; i < LINK_STRANGERS; i++)
		if (hb->stranger[i].left != 0 && hb->stranger[i].boot == m->boot)
			at = i;
	hb->stranger[at] = (struct link_stranger){ m->boot, m->challenge, LINK_ANSWERS };
}

static void believe(struct link_hb *hb, const struct beat_msg *m)
{
	if (hb->known)
		hb->former[hb->n_former++ % LINK_FORMER] = hb->boot;
	for (unsigned i = 0; i < LINK_STRANGERS; i++)
		if (hb->stranger[i].boot == m->boot)
			hb->stranger[i].left = 0;
	hb->known = true;
	hb->dead = false;
	hb->boot = m->boot;
	hb->challenge = fresh_challenge();
}

static void take(struct link *l, const struct beat_msg *m, mono_t now)
{
	struct link_hb *hb = &l->hb;
	const bool same = hb->known && m->boot == hb->boot;
	if ((same && m->counter <= hb->counter) || is_former(hb, m->boot)) {
		l->count[LINK_OLD_BEAT]++;
		return;
	}
	if (m->boot != hb->last_boot)
		l->hurry = true;
	hb->last_boot = m->boot;
	if (!same) {
		if (m->answer != hb->challenge) {
			note_stranger(hb, m);
			l->count[LINK_UNPROVEN_BEAT]++;
			return;
		}
		believe(hb, m);
	}
	hb->answer = m->challenge;
	hb->counter = m->counter;
	hb->beat = m->b;
	hb->at = now;
	l->peer_closed = false; /* whatever ended the connection, the peer lives */
	link_heard(l, now);
}

void link_hb_take(struct link *l, struct span d, mono_t now)
{
	struct beat_msg m;
	if (link_will_is(d))
		link_will_take(l, d);
	else if (!open_beat(l, d, &m))
		l->count[LINK_BAD_BEAT]++;
	else
		take(l, &m, now);
}

void link_hb_receive(struct link *l, mono_t now)
{
	for (unsigned i = 0; i < LINK_BEATS_STEP; i++) {
		uint8_t d[LINK_BEAT_MAX + 1];
		struct link_sa from = { .len = sizeof(from.u) };
		ssize_t n = recvfrom(l->ufd, d, sizeof(d), MSG_DONTWAIT, &from.u.any, &from.len);
		if (n < 0)
			return;
		if (!link_sa_same_host(&from, &l->peer))
			l->count[LINK_FOREIGN]++;
		else
			link_hb_take(l, span_of(d, (size_t)n), now);
	}
}

bool link_peer_beat(const struct link *l, struct link_beat *b, mono_t *at, uint64_t *boot_id)
{
	if (!l->hb.known)
		return false;
	*b = l->hb.beat;
	*at = l->hb.at;
	*boot_id = l->hb.boot;
	return true;
}
