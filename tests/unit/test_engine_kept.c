/* test_engine_kept.c - octets inspected and not acknowledged, as they go from one engine to another: once, whole, or not at all. */
#include "tests/unit/engine_pair.h"

static void on_ended(void *arg, uint64_t serial)
{
	*(uint64_t *)arg = serial;
}

static void keep(struct rig *r, const char *text)
{
	struct session *s = rig_first(r);
	struct reasm_dir *o = &engine_insp(s)->reasm.dir[DIR_ORIG];
	CU_ASSERT_EQUAL_FATAL(buf_append(r->e->bufs, &o->kept, text, strlen(text)), OK);
	o->next += (uint32_t)strlen(text);
	engine_touch(r->e, s);
	engine_mark(s, HA_PARTS_ALL);
}

static void unkeep(struct rig *r)
{
	struct reasm_dir *o = &engine_insp(rig_first(r))->reasm.dir[DIR_ORIG];
	buf_clear(r->e->bufs, &o->kept);
	o->kept_head = 0;
}

/* What changed goes to the peer; how many kept octets travelled. */
static size_t step(struct engine_ha *from, struct engine_ha *to)
{
	struct ha_session s;
	size_t n = 0;
	while (engine_ha_next(from, &s)) {
		n += s.kept->dir[DIR_ORIG].data.len + s.kept->dir[DIR_REPLY].data.len;
		CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), all), OK);
	}
	return n;
}

static bool same_digest(struct engine_ha *x, struct engine_ha *y)
{
	struct ha_session p, q;
	CU_ASSERT_TRUE_FATAL(engine_ha_export(x, 1, HA_PARTS_ALL, &p) && engine_ha_export(y, 1, HA_PARTS_ALL, &q));
	const struct ha_kept_dir *o = &p.kept->dir[DIR_ORIG], *r = &q.kept->dir[DIR_ORIG];
	return ha_session_digest(&p) == ha_session_digest(&q) && o->data.len == o->upto - o->from && o->data.len == r->data.len &&
	       (o->data.len == 0 || memcmp(o->data.p, r->data.p, o->data.len) == 0);
}

/* Each octet travels once; looking at a session takes nothing away; a peer that joins is told all. */
static void test_kept(void)
{
	rig_new(&a, &opts);
	second(&opts);
	open_wires();
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	struct ha_session s;
	rig_open(&a);
	engine_ha_on_end(a.e, on_ended, &s.serial);
	engine_ha_bulk_start(from, mono_ns(INT64_MIN));
	CU_ASSERT_EQUAL(engine_ha_bulk(from, 9), 0);
	keep(&a, "one");
	CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
	CU_ASSERT_EQUAL(step(from, to), 3);
	CU_ASSERT_TRUE(same_digest(from, to));
	keep(&a, "and two");
	CU_ASSERT_EQUAL(step(from, to), 7);
	CU_ASSERT_TRUE(same_digest(from, to));
	CU_ASSERT_EQUAL(engine_insp(rig_first(&b))->reasm.dir[DIR_ORIG].kept.len, 10);
	engine_insp(rig_first(&a))->reasm.dir[DIR_ORIG].kept_head = 4;
	CU_ASSERT_FALSE(same_digest(from, to));
	engine_touch(a.e, rig_first(&a));
	engine_mark(rig_first(&a), HA_PARTS_ALL);
	CU_ASSERT_EQUAL(step(from, to), 0);
	CU_ASSERT_TRUE(same_digest(from, to));
	/* another peer */
	engine_ha_forget(from);
	unkeep(&b);
	engine_ha_clear(to);
	engine_ha_bulk_start(from, mono_ns(INT64_MIN));
	CU_ASSERT_EQUAL(engine_ha_bulk(from, 9), 0);
	CU_ASSERT_EQUAL(step(from, to), 6);
	CU_ASSERT_TRUE(same_digest(from, to));
	CU_ASSERT_FALSE(engine_insp(rig_first(&b))->s.partial);
	unkeep(&a);
	unkeep(&b);
	engine_ha_on_end(a.e, NULL, NULL);
	engine_ha_free(from);
	engine_ha_free(to);
	close_wires();
	rig_engine_end(&b);
	rig_end(&a);
}

/* The standby lost some, or has no memory for them: the flow is marked, and goes on. */
static void test_kept_partial(void)
{
	rig_new(&a, &opts);
	second(&opts);
	open_wires();
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	uint64_t gone;
	rig_open(&a);
	engine_ha_on_end(a.e, on_ended, &gone);
	engine_ha_bulk_start(from, mono_ns(INT64_MIN));
	CU_ASSERT_EQUAL(engine_ha_bulk(from, 9), 0);
	keep(&a, "one");
	CU_ASSERT_EQUAL(step(from, to), 3);
	unkeep(&b);
	CU_ASSERT_FALSE(engine_insp(rig_first(&b))->s.partial);
	keep(&a, "two");
	CU_ASSERT_EQUAL(step(from, to), 3);
	const struct insp *f = engine_insp(rig_first(&b));
	CU_ASSERT_TRUE(f->s.partial);
	CU_ASSERT_EQUAL(f->reasm.dir[DIR_ORIG].kept.len, 0);
	CU_ASSERT_EQUAL(f->reasm.dir[DIR_ORIG].next, 107);
	engine_insp(rig_first(&a))->reasm.dir[DIR_ORIG].kept_head = 6;
	keep(&a, "three");
	CU_ASSERT_EQUAL(step(from, to), 5);
	CU_ASSERT_FALSE(same_digest(from, to)); /* so that the flow is told anew: see ha_repair.h */
	CU_ASSERT_TRUE(f->s.partial);
	unkeep(&a);
	unkeep(&b);
	engine_ha_on_end(a.e, NULL, NULL);
	engine_ha_free(from);
	engine_ha_free(to);
	close_wires();
	rig_engine_end(&b);
	rig_end(&a);
}

/* A table is told in pieces by what they weigh: windows in flight count beside the sessions. */
static void test_heavy_bulk(void)
{
	static const char window[200000];
	rig_new(&a, &opts);
	struct engine_ha *h = ha_of(&a);
	uint64_t gone;
	for (unsigned i = 0; i < 4; i++) {
		rig_open(&a);
		a.cport++;
	}
	engine_ha_on_end(a.e, on_ended, &gone);
	engine_ha_bulk_start(h, mono_ns(INT64_MIN));
	CU_ASSERT_EQUAL(engine_ha_bulk(h, 3), 1);
	struct reasm_dir *o = &engine_insp(rig_first(&a))->reasm.dir[DIR_ORIG];
	CU_ASSERT_EQUAL(buf_append(a.e->bufs, &o->kept, window, sizeof(window)), OK);
	engine_ha_bulk_start(h, mono_ns(INT64_MIN));
	CU_ASSERT_EQUAL(engine_ha_bulk(h, 3), 3);
	CU_ASSERT_EQUAL(engine_ha_bulk(h, 3), 0);
	unkeep(&a);
	engine_ha_forget(h);
	engine_ha_on_end(a.e, NULL, NULL);
	engine_ha_free(h);
	rig_end(&a);
}

UNIT_MAIN({ "kept octets travel once", test_kept }, { "kept octets that are missing", test_kept_partial },
	  { "windows weigh in a bulk", test_heavy_bulk })
