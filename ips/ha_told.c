/* ha_told.c - see ha_told.h. Layout, in network order:
 *
 *   forced 1 | frozen 1 | sync 1 | links 2 | age 4 | since 4 | synced 4 | serial 8 | term serial 8 | conf 8 | rules 8 |
 *   length 1, version | length 1, name | waits 1 | handover 1 | what a newer version adds
 */
#include "ips/ha_told.h"

#include <string.h>

#include "base/cur.h"
#include "base/wr.h"
#include "ips/ha_status.h"

_Static_assert(7 + 3 * 4 + 4 * 8 + HA_VERSION_TEXT + HA_NAME <= LINK_BEAT_MORE, "a heartbeat has room");

const char *ha_forced_name(unsigned f)
{
	static const char *const name[HA_FORCED_N] = {
#define X(id, text) [id] = text,
		HA_FORCED_LIST(X)
#undef X
	};
	return f < HA_FORCED_N ? name[f] : "unknown";
}

static void put_text(struct wr *w, const char *text, size_t cap)
{
	const size_t n = strnlen(text, cap - 1);
	wr_u8(w, (uint8_t)n);
	wr_bytes(w, text, n);
}

void ha_told_put(const struct ha_told *t, struct link_beat *b)
{
	struct wr w = wr_of(b->more, sizeof(b->more));
	wr_u8(&w, t->forced);
	wr_u8(&w, t->frozen);
	wr_u8(&w, t->sync);
	for (unsigned i = 0; i < HA_TOLD_LINKS; i++)
		wr_u8(&w, t->link[i]);
	wr_be32(&w, t->age_s);
	wr_be32(&w, t->since_s);
	wr_be32(&w, t->synced_s);
	wr_be64(&w, t->serial);
	wr_be64(&w, t->term_serial);
	wr_be64(&w, t->conf);
	wr_be64(&w, t->rules);
	put_text(&w, t->version, sizeof(t->version));
	put_text(&w, t->name, sizeof(t->name));
	wr_u8(&w, t->waits);
	wr_u8(&w, t->handover);
	b->n_more = (uint8_t)w.len;
}

/* It goes to screens and logs: a character that is not printable becomes a question mark. */
static void get_text(struct cur *c, char *out, size_t cap)
{
	const uint8_t n = cur_u8(c);
	const struct span s = cur_bytes(c, n);
	struct cur text = cur_span(s);
	for (size_t i = 0; i + 1 < cap && cur_left(&text) > 0; i++) {
		const uint8_t k = cur_u8(&text);
		out[i] = k > ' ' && k < 0x7f ? (char)k : '?';
	}
}

static uint8_t below(uint8_t v, uint8_t limit)
{
	return v < limit ? v : 0;
}

void ha_told_get(const struct link_beat *b, struct ha_told *t)
{
	struct cur c = cur_span(span_of(b->more, size_min(b->n_more, sizeof(b->more))));
	memset(t, 0, sizeof(*t));
	t->forced = below(cur_u8(&c), HA_FORCED_N);
	t->frozen = cur_u8(&c) == 1;
	t->sync = below(cur_u8(&c), HA_SYNC_N);
	for (unsigned i = 0; i < HA_TOLD_LINKS; i++)
		t->link[i] = below(cur_u8(&c), LINK_UP + 2);
	t->age_s = cur_be32(&c);
	t->since_s = cur_be32(&c);
	t->synced_s = cur_be32(&c);
	t->serial = cur_be64(&c);
	t->term_serial = cur_be64(&c);
	t->conf = cur_be64(&c);
	t->rules = cur_be64(&c);
	get_text(&c, t->version, sizeof(t->version));
	get_text(&c, t->name, sizeof(t->name));
	t->waits = cur_u8(&c) == 1;
	t->handover = below(cur_u8(&c), HA_HANDOVER_N);
}
