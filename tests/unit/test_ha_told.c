/* test_ha_told.c - what nodes tell of themselves: there and back, from earlier and later versions, and hostile. */
#include "ips/ha_status.h"
#include "tests/unit/unit.h"

static const struct ha_told full = { .forced = HA_FORCED_PASSIVE, .frozen = true, .sync = HA_SYNCED,
				     .link = { 1 + LINK_UP, 1 + LINK_DOWN },
				     .age_s = 0x01020304, .since_s = 7, .synced_s = HA_NEVER,
				     .serial = UINT64_MAX - 1, .term_serial = 0x0102030405060708, .conf = 9, .rules = 10,
				     .version = "12.34.56-ab.cde", .name = "a-name-of-thirty-five-octets-012345", .waits = true,
				     .handover = HA_READY };

static bool equal(const struct ha_told *a, const struct ha_told *b)
{
	return a->forced == b->forced && a->frozen == b->frozen && a->sync == b->sync &&
	       memcmp(a->link, b->link, HA_TOLD_LINKS) == 0 &&
	       a->age_s == b->age_s && a->since_s == b->since_s && a->synced_s == b->synced_s && a->serial == b->serial &&
	       a->term_serial == b->term_serial && a->conf == b->conf && a->rules == b->rules &&
	       strcmp(a->version, b->version) == 0 && strcmp(a->name, b->name) == 0 && a->waits == b->waits &&
	       a->handover == b->handover;
}

static void test_there_and_back(void)
{
	struct link_beat b = { 0 };
	struct ha_told t;
	ha_told_put(&full, &b);
	CU_ASSERT_TRUE(b.n_more > 80 && b.n_more <= LINK_BEAT_MORE);
	ha_told_get(&b, &t);
	CU_ASSERT_TRUE(equal(&t, &full));
	b.n_more = LINK_BEAT_MORE; /* a later version adds to it */
	ha_told_get(&b, &t);
	CU_ASSERT_TRUE(equal(&t, &full));
	struct ha_told former = full; /* the one before this knew no drain */
	former.handover = HA_NO_WORD;
	ha_told_put(&full, &b);
	b.n_more--;
	ha_told_get(&b, &t);
	CU_ASSERT_TRUE(equal(&t, &former));
	const struct ha_told none = { 0 };
	b.n_more = 0; /* an earlier one tells nothing */
	ha_told_get(&b, &t);
	CU_ASSERT_TRUE(equal(&t, &none));
}

/* Whatever comes is in range, and fit for a screen. */
static void test_hostile(void)
{
	struct link_beat b = { 0 };
	struct ha_told t;
	ha_told_put(&full, &b);
	const struct link_beat good = b;
	for (unsigned n = 0; n <= LINK_BEAT_MORE; n++)
		for (unsigned i = 0; i < LINK_BEAT_MORE; i++) {
			b = good;
			b.n_more = (uint8_t)n;
			b.more[i] ^= 0xff;
			ha_told_get(&b, &t);
			bool fine = t.forced < HA_FORCED_N && t.handover < HA_HANDOVER_N && t.sync < HA_SYNC_N &&
				    t.link[0] <= 1 + LINK_UP && t.link[1] <= 1 + LINK_UP;
			for (const char *c = t.version; *c != '\0'; c++)
				fine &= *c > ' ' && *c < 0x7f;
			for (const char *c = t.name; *c != '\0'; c++)
				fine &= *c > ' ' && *c < 0x7f;
			CU_ASSERT_TRUE(fine && memchr(t.version, 0, sizeof(t.version)) != NULL &&
				       memchr(t.name, 0, sizeof(t.name)) != NULL);
		}
	CU_ASSERT_STRING_EQUAL(ha_forced_name(HA_FORCED_ACTIVE), "Active");
	CU_ASSERT_STRING_EQUAL(ha_forced_name(HA_FORCED_N), "unknown");
}

UNIT_MAIN({ "there and back", test_there_and_back }, { "hostile", test_hostile })
