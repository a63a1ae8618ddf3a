/* engine_pair.h - two engines under one generation, and the wire from a to b. */
#ifndef TESTS_UNIT_ENGINE_PAIR_H
#define TESTS_UNIT_ENGINE_PAIR_H

#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"
#include "tests/unit/ha_script.h"

static const struct rig_opts opts = { .rules = script_rules, .custom = script_custom, .prevent = true };
static const struct ha_trust all = { true, true, true };

static struct rig a, b;
static struct ha_wire *wire[2];
static uint8_t frame[HA_MESSAGE_MAX + HA_FRAME_HEADER];

/* b under a's generation. */
static inline void second(const struct rig_opts *o)
{
	memset(&b, 0, sizeof(b));
	b.gen = a.gen;
	rig_engine(&b, o);
}

static inline void open_wires(void)
{
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(ha_wire_new(&wire[i]), OK);
}

static inline void close_wires(void)
{
	ha_wire_free(wire[0]);
	ha_wire_free(wire[1]);
}

static inline struct engine_ha *ha_of(struct rig *r)
{
	struct engine_ha *h = NULL;
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(r->e, &h), OK);
	return h;
}

/* As the peer gets it; valid until the next one. */
static inline const struct ha_session *over_the_wire(const struct ha_session *s, mono_t now)
{
	struct wr out = wr_of(frame, sizeof(frame));
	const void *plain = NULL;
	CU_ASSERT_EQUAL_FATAL(ha_wire_encode(wire[0], HA_SESSION, s, now, &out), OK);
	CU_ASSERT_EQUAL_FATAL(
		ha_wire_decode(wire[1], HA_SESSION, span_of(frame + HA_FRAME_HEADER, out.len - HA_FRAME_HEADER), now, &plain), OK);
	return plain;
}

#endif
