/* ha_link_will.c - wills: made by a node while it lives, sent by the process that outlives its engine.
 *
 * A will names the boot whose end it tells, and counts only while that boot is the one believed: it is sent when the
 * boot has ended, so a recording of it tells nothing new, and says nothing of the boots to come. Its key, of the same
 * PSK and of the group, is another than that of the heartbeats: neither can be made into the other.
 *
 *   0 magic 4 | 4 version | 5 zero 3 | 8 boot 8 | 16 what a newer version adds | MAC 32
 */
#include "hacache/ha_link_int.h"

#include <sodium.h>
#include <string.h>

#include "base/cur.h"
#include "base/wr.h"

enum { WILL_VERSION = 1, WILL_BODY = 16 };
#define WILL_MAGIC 0x49504857u /* "IPHW" */
_Static_assert(WILL_BODY + LINK_MAC <= LINK_WILL_MAX, "a will has room");

void link_will_init(struct link *l, const uint8_t psk[HA_PSK_LEN])
{
	uint8_t key[LINK_KEY];
	(void)crypto_kdf_derive_from_key(key, sizeof(key), 3, "ha_link_", psk);
	crypto_generichash(l->hb.will_key, LINK_KEY, (const unsigned char *)l->cfg.group, strlen(l->cfg.group), key, sizeof(key));
	sodium_memzero(key, sizeof(key));
}

size_t link_will(const struct link *l, uint8_t out[LINK_WILL_MAX])
{
	uint8_t mac[LINK_MAC];
	struct wr w = wr_of(out, LINK_WILL_MAX);
	wr_be32(&w, WILL_MAGIC);
	wr_u8(&w, WILL_VERSION);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be64(&w, l->cfg.boot_id);
	link_hb_mac(l, l->hb.will_key, true, span_of(out, w.len), mac);
	wr_bytes(&w, mac, sizeof(mac));
	return w.len;
}

bool link_will_is(struct span d)
{
	struct cur c = cur_span(d);
	return cur_be32(&c) == WILL_MAGIC;
}

void link_will_take(struct link *l, struct span d)
{
	struct span body;
	if (!link_hb_open(l, l->hb.will_key, d, &body)) {
		l->count[LINK_BAD_BEAT]++;
		return;
	}
	struct cur c = cur_span(body);
	cur_skip(&c, 4);
	bool ok = cur_u8(&c) >= WILL_VERSION;
	cur_skip(&c, 3);
	uint64_t boot = cur_be64(&c);
	if (!ok || !cur_ok(&c)) {
		l->count[LINK_BAD_BEAT]++;
		return;
	}
	if (!l->hb.known || boot != l->hb.boot) {
		l->count[LINK_OLD_WILL]++;
		return;
	}
	l->count[LINK_WILL]++;
	l->hb.dead = true;
}
