/* test_peer_names.c - numbers of a peer whose tables are other ones: tags and interfaces mean what their names mean. */
#include "tests/unit/engine_pair.h"

#define SETS(n, what, tag) \
	"alert tcp any any -> any any (msg:\"" #n "\"; content:\"" what "\"; flowbits:set," tag "; flowbits:noalert; sid:" #n ";)\n"

/* Tables in another order, with other names between: a tag is the same one by its name; what has none here is left out. */
static void test_tag_names(void)
{
	static const struct rig_opts others = { .rules = SETS(1, "left", "zero") SETS(2, "right", "two") SETS(3, "third", "one") };
	static const struct rig_opts sender = { .rules = SETS(1, "left", "one") SETS(2, "right", "lone") SETS(3, "third", "two") };
	const struct ha_trust none = { 0 };
	struct ha_session s;
	struct ha_hello h;
	const char *last;
	rig_new(&a, &sender);
	rig_new(&b, &others);
	open_wires();
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	rig_open(&a);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left third");
	for (unsigned with = 0; with < 2; with++) { /* at first there are numbers alone */
		engine_ha_hello(a.e, &h);
		if (with != 0)
			CU_ASSERT_EQUAL(engine_ha_names(from, &h), OK);
		CU_ASSERT_EQUAL(engine_ha_meet(to, &h), OK);
		engine_ha_clear(to);
		for (unsigned again = 0; again < 2; again++) {
			CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
			CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), none), OK);
		}
		const struct tagset *tags = &engine_insp(rig_first(&b))->s.tags;
		CU_ASSERT_EQUAL(tags->n, with * 2);
		CU_ASSERT_EQUAL(engine_ha_unknown_tags(to, &last), !with);
		for (unsigned i = 0; i < tags->n; i++)
			CU_ASSERT_STRING_EQUAL(sigset_tag_name(b.gen.sigs, tags->id[i]), i == 0 ? "two" : "one");
	}
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 111, 501, "right");
	for (unsigned wrong = 0; wrong < 2; wrong++) { /* names that do not add up to the numbers */
		h.custom_nr += wrong;
		CU_ASSERT_EQUAL(engine_ha_meet(to, &h), OK);
		CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
		CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), none), OK);
		CU_ASSERT_EQUAL(engine_insp(rig_first(&b))->s.tags.n, wrong ? 0 : 2);
		CU_ASSERT_EQUAL(engine_ha_unknown_tags(to, &last), 1);
		CU_ASSERT_EQUAL(strcmp(last, "lone") == 0, !wrong);
	}
	h.custom_nr = UINT32_MAX;
	CU_ASSERT_EQUAL(engine_ha_meet(to, &h), OK);
	engine_ha_free(from);
	engine_ha_free(to);
	close_wires();
	rig_end(&b);
	rig_end(&a);
}

/* Configurations that count interfaces otherwise: one is the same one by its name; what has none here is unknown until the next
 * packet; a number without a name means the same. */
static void test_interface_names(void)
{
	static char theirs[12][16] = { [7] = "ha0", [9] = "wan0", [10] = "lan0" }, others[12][16] = { [9] = "lan0", [10] = "dmz0" };
	struct session *s;
	struct ha_session out;
	struct ha_hello h;
	const char *last;
	rig_new(&a, &opts);
	rig_new(&b, &opts);
	open_wires();
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	rig_open(&a); /* in by 10, out by 9 */
	for (unsigned how = 0; how < 3; how++) {
		a.gen.ifname = how > 0 ? theirs : NULL;
		a.gen.n_ifname = how > 0 ? 11 : 0;
		b.gen.ifname = how > 1 ? others : how > 0 ? theirs : NULL;
		b.gen.n_ifname = how > 0 ? 11 : 0;
		engine_ha_hello(a.e, &h);
		CU_ASSERT_EQUAL(engine_ha_names(from, &h), OK);
		CU_ASSERT_EQUAL(engine_ha_meet(to, &h), OK);
		engine_ha_clear(to);
		for (unsigned again = 0; again < 2; again++) {
			CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &out));
			CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&out, a.now), all), OK);
		}
		s = rig_first(&b);
		CU_ASSERT_EQUAL(s->s.ifin[DIR_ORIG], how > 1 ? 9 : 10);
		CU_ASSERT_EQUAL(s->s.ifin[DIR_REPLY], how > 1 ? 0 : 9);
		CU_ASSERT_EQUAL(engine_ha_unknown_ports(to, &last), how > 1);
		CU_ASSERT_STRING_EQUAL(last, how > 1 ? "wan0" : "");
	}
	CU_ASSERT_TRUE(engine_ha_port(to, 7) == 0 && engine_ha_port(to, 8) == 8 && engine_ha_port(to, 4000) == 4000);
	CU_ASSERT_EQUAL(engine_ha_unknown_ports(to, &last), 1); /* no session has come by ha0 */
	const struct ha_commit commit = { .now = a.now, .last_serial = 1 };
	engine_ha_promote(to, &commit);
	b.now = a.now;
	rig_tcp(&b, DIR_REPLY, TCP_ACK, 501, 101, "x");
	CU_ASSERT_EQUAL(s->s.ifin[DIR_REPLY], 9); /* by its next packet */
	a.gen.ifname = b.gen.ifname = NULL;
	a.gen.n_ifname = b.gen.n_ifname = 0;
	engine_ha_free(from);
	engine_ha_free(to);
	close_wires();
	rig_end(&b);
	rig_end(&a);
}

/* No peer says such a thing: nothing of it is taken for known. */
static void test_interface_names_wrong(void)
{
	static const struct {
		const char *octets;
		uint32_t n;
	} wrong[] = { { "\0\12\4lan", 6 }, { "\0\12\4lan0\0", 8 }, { "\0\0\4lan0", 7 },      { "\0\12\0", 3 },
		      { "\0\12\4la\0" "0", 7 }, { "\0\12\20abcdefghijklmnop", 19 } },
	  good = { "\0\12\17abcdefghijklmno", 18 };
	static char ours[2][16] = { "", "abcdefghijklmno" };
	struct ha_hello h;
	rig_new(&b, &opts);
	b.gen.ifname = ours;
	b.gen.n_ifname = 2;
	struct engine_ha *to = ha_of(&b);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		engine_ha_hello(b.e, &h);
		h.ifnames = (struct buf){ .p = (uint8_t *)(uintptr_t)good.octets, .len = good.n };
		CU_ASSERT_EQUAL(engine_ha_meet(to, &h), OK);
		CU_ASSERT_EQUAL(engine_ha_port(to, 10), 1);
		h.ifnames = (struct buf){ .p = (uint8_t *)(uintptr_t)wrong[i].octets, .len = wrong[i].n };
		CU_ASSERT_EQUAL(engine_ha_meet(to, &h), ERR_RANGE);
		CU_ASSERT_EQUAL(engine_ha_port(to, 10), 10);
	}
	b.gen.ifname = NULL;
	b.gen.n_ifname = 0;
	engine_ha_free(to);
	rig_end(&b);
}

UNIT_MAIN({ "tags by name", test_tag_names }, { "interfaces by name", test_interface_names },
	  { "names that no interface has", test_interface_names_wrong })
