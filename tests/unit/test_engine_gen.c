/* test_engine_gen.c - another generation under a running engine: what goes on, what is given up, what ends, and that in the end
 * nothing is left of the former one; an engine that had the new generation from the start is the measure.
 */
#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"
#include "ips/lists.h"
#include "tests/unit/ha_script.h"

/* Memory that runs out after so many more allocations; leaks are the sanitizer's to find. */
static struct {
	bool limited;
	size_t left;
} alloc;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

static bool refused(void)
{
	if (!alloc.limited)
		return false;
	if (alloc.left == 0)
		return true;
	alloc.left--;
	return false;
}

void *__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

static const struct ha_trust all = { true, true, true };
static struct rig a;
static struct gen other;

/* A policy that allows and inspects everything under this id. */
static struct policy_rule allows(uint32_t id)
{
	return (struct policy_rule){ .id = id,
				     .action = POLICY_ACCEPT,
				     .inspect = true,
				     .without_syn = true,
				     .session_sync = true,
				     .log_traffic = true,
				     .sensor = -1 };
}

static void change_now(struct rig *g, const struct gen *to)
{
	CU_ASSERT_EQUAL_FATAL(engine_set_gen(g->e, to), OK);
	CU_ASSERT_FALSE(engine_changed(g->e));
	for (unsigned i = 0; i < 1000 && !engine_change(g->e, 1); i++)
		continue;
	CU_ASSERT_TRUE(engine_changed(g->e));
}

static char *lists(struct rig *g)
{
	struct outbuf o = { 0 };
	list_ips_sessions(g->e, &o);
	list_sys_sessions(g->e, &o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o.p);
	return o.p;
}

static void end(void)
{
	rig_end(&a);
	rig_gen_free(&other);
}

/* --- equal signatures --------------------------------------------------------------------------------------------- */

static const struct rig_opts same = { .rules = script_rules, .custom = script_custom, .prevent = true };

/* A change at any packet, all at once, one by one, or by their next packets alone, is not seen by what comes after. */
static void unseen(const struct script *s, size_t at, unsigned step)
{
	struct rig b;
	rig_new(&a, &same);
	rig_new(&b, &same);
	rig_gen(&other, &same);
	for (size_t i = 0; i < s->n; i++) {
		struct packet p = s->p[i], q = p;
		if (i == at) {
			CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
		}
		CU_ASSERT_EQUAL(engine_packet(a.e, &p).reason, engine_packet(b.e, &q).reason);
		if (i >= at && step != 0)
			(void)engine_change(a.e, step);
	}
	char *x = lists(&a), *y = lists(&b);
	CU_ASSERT_STRING_EQUAL(x, y);
	free(x);
	free(y);
	engine_finish(a.e);
	engine_finish(b.e);
	CU_ASSERT_STRING_EQUAL(a.told.p, b.told.p);
	CU_ASSERT_EQUAL(a.sum, b.sum);
	CU_ASSERT_EQUAL(memcmp(engine_stats(a.e), engine_stats(b.e), sizeof(struct engine_stats)), 0);
	for (size_t i = 0; i < sigset_n(other.sigs); i++)
		CU_ASSERT_EQUAL(engine_alert_count(a.e, i), engine_alert_count(b.e, i));
	CU_ASSERT_TRUE(at >= s->n || engine_change(a.e, 100));
	rig_end(&b);
	end();
}

static void test_unseen(void)
{
	static struct script s;
	static const unsigned steps[] = { 0, 1, 1000 };
	script_make(&s, 18);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		for (size_t at = 0; at <= s.n; at += 3)
			unseen(&s, at, steps[i]);
}

/* The former generation may be freed once engine_changed says so: the sanitizer watches. */
static void test_freed(void)
{
	static struct script s;
	script_make(&s, 18);
	rig_new(&a, &same);
	rig_gen(&other, &same);
	struct gen *now = &a.gen, *next = &other;
	for (size_t i = 0; i < s.n; i++) {
		struct packet p = s.p[i];
		(void)engine_packet(a.e, &p);
		if (i % 10 != 9)
			continue;
		change_now(&a, next);
		rig_gen_free(now);
		rig_gen(now, &same);
		next = now;
		now = now == &other ? &a.gen : &other;
	}
	CU_ASSERT_TRUE(session_count(engine_sessions(a.e)) > 2);
	end();
}

/* --- other signatures --------------------------------------------------------------------------------------------- */

/* Tags in another order, one gone, one new; a pattern that the streams must find from now on. */
static const char new_rules[] =
	"alert tcp any any -> any any (msg:\"new\"; content:\"fresh\"; flowbits:set,aaa; sid:50;)\n"
	"alert tcp any any -> any any (msg:\"split\"; content:\"left\"; content:\"right\"; distance:0; "
	"flowbits:set,split; sid:1;)\n"
	"alert tcp any any -> any any (msg:\"tagged\"; content:\"again\"; flowbits:isset,split; sid:3;)\n";

static const struct rig_opts differs = { .rules = new_rules, .prevent = true };

static unsigned tags(struct rig *g, const struct gen *gen, char *out, size_t cap)
{
	const struct insp *f = engine_insp(rig_first(g));
	*out = '\0';
	for (unsigned i = 0; i < f->s.tags.n; i++)
		snprintf(out + strlen(out), cap - strlen(out), "%s ", sigset_tag_name(gen->sigs, f->s.tags.id[i]));
	return f->s.tags.n;
}

static void test_other_signatures(void)
{
	for (unsigned by_packet = 0; by_packet < 2; by_packet++) {
		char text[128];
		rig_new(&a, &same);
		rig_gen(&other, &differs);
		rig_open(&a);
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left right"); /* tags split and own */
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 111, 501, "fre");
		CU_ASSERT_EQUAL(tags(&a, &a.gen, text, sizeof(text)), 2);
		CU_ASSERT_EQUAL(engine_tag_count(a.e, sigset_tag_find(a.gen.sigs, TAGS_STOCK, "split")), 0);
		(void)rig_told(&a);
		if (by_packet) {
			CU_ASSERT_EQUAL_FATAL(engine_set_gen(a.e, &other), OK);
		} else {
			change_now(&a, &other);
		}
		/* half of a pattern before the change: it is not found; the tag goes on by its name */
		CU_ASSERT_EQUAL(rig_tcp(&a, DIR_ORIG, TCP_ACK, 114, 501, "sh again"), REASON_NONE);
		CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 3\n");
		const struct insp *f = engine_insp(rig_first(&a));
		CU_ASSERT_TRUE(f->s.partial);
		CU_ASSERT_EQUAL(tags(&a, &other, text, sizeof(text)), 1);
		CU_ASSERT_STRING_EQUAL(text, "split ");
		/* a whole one is */
		CU_ASSERT_EQUAL(rig_tcp(&a, DIR_ORIG, TCP_ACK, 122, 501, "fresh"), REASON_NONE);
		CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 50\n");
		CU_ASSERT_EQUAL(rig_tcp(&a, DIR_REPLY, TCP_ACK, 501, 127, "fresh"), REASON_NONE);
		CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 50 <\n");
		CU_ASSERT_EQUAL(tags(&a, &other, text, sizeof(text)), 2);
		(void)engine_change(a.e, 10);
		CU_ASSERT_TRUE(engine_changed(a.e));
		end();
	}
}

/* Equal signatures keep half a match, and the flow is not flagged. */
static void test_half_a_match(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &same);
	rig_open(&a);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "le");
	change_now(&a, &other);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 103, 501, "ft rig");
	CU_ASSERT_STRING_EQUAL(rig_told(&a), "");
	rig_gen_free(&a.gen);
	rig_gen(&a.gen, &same);
	change_now(&a, &a.gen);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 109, 501, "ht");
	CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 1\n");
	CU_ASSERT_FALSE(engine_insp(rig_first(&a))->s.partial);
	end();
}

/* --- policies ------------------------------------------------------------------------------------------------------ */

static void test_denied(void)
{
	for (unsigned by_packet = 0; by_packet < 2; by_packet++) {
		struct policy_rule no = allows(9);
		no.action = POLICY_DENY;
		rig_new(&a, &same);
		struct rig_opts o = same;
		o.policies = &no;
		o.n_policies = 1;
		rig_gen(&other, &o);
		rig_open(&a);
		(void)rig_told(&a);
		if (!by_packet) {
			change_now(&a, &other);
			CU_ASSERT_STRING_EQUAL(rig_told(&a), "flow 1 end 2\n"); /* cleared */
		} else {
			CU_ASSERT_EQUAL_FATAL(engine_set_gen(a.e, &other), OK);
		}
		CU_ASSERT_EQUAL(rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "x"), REASON_POLICY);
		CU_ASSERT_EQUAL(session_count(engine_sessions(a.e)), 0);
		CU_ASSERT_STRING_EQUAL(rig_told(&a), by_packet ? "flow 1 end 2\ndrop policy.deny\n" : "drop policy.deny\n");
		while (!engine_change(a.e, 1))
			continue;
		end();
	}
}

static void test_newly_inspected(void)
{
	struct policy_rule plain = allows(4);
	plain.inspect = false;
	rig_new(&a, &(struct rig_opts){ .rules = script_rules, .custom = script_custom, .policies = &plain, .n_policies = 1 });
	rig_gen(&other, &same);
	rig_open(&a);
	CU_ASSERT_PTR_NULL(engine_insp(rig_first(&a)));
	CU_ASSERT_EQUAL(rig_first(&a)->s.policy_id, 4);
	change_now(&a, &other);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine_insp(rig_first(&a)));
	CU_ASSERT_EQUAL(rig_first(&a)->s.policy_id, 1);
	CU_ASSERT_TRUE(rig_first(&a)->s.inspected);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left right");
	CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 1\n");
	CU_ASSERT_EQUAL(rig_tcp(&a, DIR_ORIG, TCP_ACK, 111, 501, "KILL"), REASON_SIGNATURE);
	end();
}

static void on_ended(void *arg, uint64_t serial)
{
	*(uint64_t *)arg = serial;
}

/* Which policy now judges a session: by its id in lists, by what it shares with the peer, by its limits. */
static void test_policy(void)
{
	struct policy_rule unshared = allows(77);
	uint64_t none = 0;
	struct ha_session s;
	unshared.session_sync = false;
	rig_new(&a, &same);
	struct rig_opts o = same;
	o.policies = &unshared;
	o.n_policies = 1;
	rig_gen(&other, &o);
	struct engine_ha *h = NULL;
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(a.e, &h), OK);
	engine_ha_on_end(a.e, on_ended, &none);
	rig_open(&a);
	CU_ASSERT_TRUE(engine_ha_next(h, &s));
	change_now(&a, &other);
	CU_ASSERT_EQUAL(rig_first(&a)->s.policy_id, 77);
	CU_ASSERT_EQUAL(engine_insp(rig_first(&a))->policy->id, 77);
	CU_ASSERT_TRUE(rig_first(&a)->unshared);
	CU_ASSERT_FALSE(engine_ha_next(h, &s));
	engine_ha_free(h);
	end();
}

/* Timers of the new generation hold for packets to come. */
static void test_timeouts(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &same);
	other.timeout_s[ST_TCP_ESTABLISHED] = 77;
	rig_open(&a);
	change_now(&a, &other);
	CU_ASSERT_EQUAL(rig_first(&a)->s.timeout_s, 3600);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "x");
	CU_ASSERT_EQUAL(rig_first(&a)->s.timeout_s, 77);
	end();
}

/* --- counters -------------------------------------------------------------------------------------------------------- */

static uint64_t alerts(const struct gen *g, uint32_t sid)
{
	return engine_alert_count(a.e, sigset_find(g->sigs, 1, sid)->index);
}

static void test_counters(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	rig_open(&a);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left right again one two");
	rig_tcp(&a, DIR_ORIG, TCP_RST | TCP_ACK, 125, 501, "");
	rig_later(&a, 2000);
	engine_tick(a.e, a.now);
	const struct engine_stats before = *engine_stats(a.e);
	CU_ASSERT_TRUE(alerts(&a.gen, 1) == 1 && alerts(&a.gen, 2) == 1 && alerts(&a.gen, 3) == 1);
	CU_ASSERT_EQUAL(engine_tag_count(a.e, sigset_tag_find(a.gen.sigs, TAGS_STOCK, "split")), 1);
	change_now(&a, &other);
	CU_ASSERT_TRUE(alerts(&other, 1) == 1 && alerts(&other, 3) == 1 && alerts(&other, 50) == 0);
	CU_ASSERT_EQUAL(engine_tag_count(a.e, sigset_tag_find(other.sigs, TAGS_STOCK, "split")), 1);
	CU_ASSERT_EQUAL(engine_tag_count(a.e, sigset_tag_find(other.sigs, TAGS_STOCK, "aaa")), 0);
	CU_ASSERT_EQUAL(memcmp(&before, engine_stats(a.e), sizeof(before)), 0);
	/* and back: what was not known in between begins anew */
	change_now(&a, &a.gen);
	CU_ASSERT_TRUE(alerts(&a.gen, 1) == 1 && alerts(&a.gen, 2) == 0);
	end();
}

/* --- in the middle of a change ------------------------------------------------------------------------------------------ */

static void many_sessions(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		a.cport = (uint16_t)(2000 + i);
		rig_open(&a);
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left one");
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 200, 501, "held");
	}
}

static void test_one_at_a_time(void)
{
	struct gen third;
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	rig_gen(&third, &same);
	many_sessions(6);
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
	CU_ASSERT_FALSE(engine_change(a.e, 3));
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &third), ERR_EXISTS);
	CU_ASSERT_PTR_EQUAL(engine_gen(a.e), &other);
	while (!engine_change(a.e, 1))
		continue;
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &third), OK);
	CU_ASSERT_TRUE(engine_change(a.e, 1000));
	rig_end(&a);
	rig_gen_free(&other);
	rig_gen_free(&third);
}

/* Sessions end, and others begin, before their turn has come: by time, by reset, by a SYN on the same port. */
static void test_ends(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	many_sessions(8);
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
	(void)engine_change(a.e, 2);
	for (unsigned i = 0; i < 8; i += 2) {
		a.cport = (uint16_t)(2000 + i);
		rig_tcp(&a, DIR_REPLY, TCP_RST | TCP_ACK, 501, 109, "");
		rig_tcp(&a, DIR_ORIG, TCP_SYN, 100, 0, "");
	}
	rig_later(&a, 2000);
	engine_tick(a.e, a.now);
	struct session *s = rig_first(&a);
	while (s != NULL && s->gen_nr == a.e->gen_nr)
		s = session_next(engine_sessions(a.e), s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	session_close(engine_sessions(a.e), s, END_CLEARED); /* one of the former generation */
	while (!engine_change(a.e, 1))
		a.cport++, rig_tcp(&a, DIR_ORIG, TCP_SYN, 100, 0, "");
	for (s = rig_first(&a); s != NULL; s = session_next(engine_sessions(a.e), s)) {
		CU_ASSERT_EQUAL(s->gen_nr, a.e->gen_nr);
	}
	end();
}

/* The peer has each session as the new generation sees it, whether its turn has come or not. */
static void test_exported(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	struct engine_ha *h = NULL, *to = NULL;
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(a.e, &h), OK);
	many_sessions(3);
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
	(void)engine_change(a.e, 1);
	struct rig b;
	memset(&b, 0, sizeof(b));
	rig_gen(&b.gen, &differs);
	rig_engine(&b, &differs);
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(b.e, &to), OK);
	for (uint64_t serial = 1; serial <= 3; serial++) {
		struct ha_session s, back;
		CU_ASSERT_TRUE(engine_ha_export(h, serial, HA_PARTS_ALL, &s));
		s.version = 1;
		CU_ASSERT_EQUAL(engine_ha_import(to, &s, all), OK);
		CU_ASSERT_TRUE(engine_ha_export(h, serial, HA_PARTS_ALL, &s));
		CU_ASSERT_TRUE(engine_ha_export(to, serial, HA_PARTS_ALL, &back));
		CU_ASSERT_EQUAL(ha_session_digest(&s), ha_session_digest(&back));
		CU_ASSERT_TRUE(s.insp->partial);
	}
	engine_ha_clear(to);
	engine_ha_free(h);
	engine_ha_free(to);
	rig_end(&b);
	end();
}

/* One session, and a configuration to come that denies all. */
static void open_before_denial(void)
{
	struct policy_rule no = allows(9);
	struct rig_opts o = same;
	no.action = POLICY_DENY;
	o.policies = &no;
	o.n_policies = 1;
	rig_new(&a, &same);
	rig_gen(&other, &o);
	rig_open(&a);
}

/* A session that a peer is told of before its turn is judged all the same when that comes. */
static void test_exported_denied(void)
{
	struct engine_ha *h = NULL;
	struct ha_session s;
	open_before_denial();
	(void)rig_told(&a);
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(a.e, &h), OK);
	CU_ASSERT_EQUAL_FATAL(engine_set_gen(a.e, &other), OK);
	for (unsigned i = 0; i < 2; i++) /* whatever is told twice changes over once */
		CU_ASSERT_TRUE(engine_ha_export(h, 1, HA_PARTS_ALL, &s));
	while (!engine_change(a.e, 1))
		continue;
	CU_ASSERT_EQUAL(session_count(engine_sessions(a.e)), 0);
	CU_ASSERT_STRING_EQUAL(rig_told(&a), "flow 1 end 2\n");
	engine_ha_free(h);
	end();
}

/* A standby's sessions change over as well, and are updated by the peer meanwhile. */
static void test_larval(void)
{
	struct rig b;
	struct engine_ha *h = NULL, *to = NULL;
	struct ha_session s;
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	memset(&b, 0, sizeof(b));
	rig_gen(&b.gen, &same);
	rig_engine(&b, &same);
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(a.e, &h), OK);
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(b.e, &to), OK);
	many_sessions(3);
	for (uint64_t serial = 1; serial <= 3; serial++) {
		CU_ASSERT_TRUE(engine_ha_export(h, serial, HA_PARTS_ALL, &s));
		CU_ASSERT_EQUAL(engine_ha_import(to, &s, all), OK);
	}
	CU_ASSERT_EQUAL(engine_set_gen(b.e, &other), OK);
	(void)engine_change(b.e, 1);
	const struct ha_trust none = { false, false, false };
	for (uint64_t serial = 1; serial <= 3; serial++) {
		CU_ASSERT_TRUE(engine_ha_export(h, serial, HA_PARTS_ALL, &s));
		CU_ASSERT_EQUAL(engine_ha_import(to, &s, none), OK);
	}
	engine_ha_ended(to, 3); /* before its turn */
	while (!engine_change(b.e, 1))
		continue;
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.e)), 2);
	const struct ha_commit last = { .now = a.now, .last_serial = 3 };
	engine_ha_promote(to, &last);
	b.now = a.now;
	b.cport = 2000;
	CU_ASSERT_EQUAL(rig_tcp(&b, DIR_ORIG, TCP_ACK, 109, 501, "fresh"), REASON_NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_told(&b), "alert 50\n"));
	engine_ha_free(h);
	engine_ha_free(to);
	rig_end(&b);
	end();
}

/* A standby's configuration denies what the peer, which has yet to hear of that, goes on with, and then dies. */
static void test_larval_denied(void)
{
	struct engine_ha *h = NULL;
	struct ha_session s;
	open_before_denial();
	CU_ASSERT_EQUAL_FATAL(engine_ha_new(a.e, &h), OK);
	CU_ASSERT_TRUE(engine_ha_export(h, 1, HA_PARTS_ALL, &s));
	struct session_state st = *s.fwd;
	struct session *l = NULL;
	engine_ha_ended(h, 1);
	CU_ASSERT_EQUAL_FATAL(session_import(engine_sessions(a.e), &st, &l), OK);
	CU_ASSERT_EQUAL_FATAL(engine_set_gen(a.e, &other), OK);
	CU_ASSERT_TRUE(engine_change(a.e, 9));
	CU_ASSERT_EQUAL(session_count(engine_sessions(a.e)), 1);
	engine_ha_promote(h, &(struct ha_commit){ .now = a.now, .last_serial = 1 });
	CU_ASSERT_EQUAL(rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "more"), REASON_POLICY);
	CU_ASSERT_EQUAL(session_count(engine_sessions(a.e)), 0);
	engine_ha_free(h);
	end();
}

/* An engine that goes in the middle of a change takes both matchers along. */
static void test_freed_midway(void)
{
	for (unsigned n = 0; n < 5; n++) {
		rig_new(&a, &same);
		rig_gen(&other, n & 1 ? &same : &differs);
		many_sessions(4);
		CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
		(void)engine_change(a.e, n);
		end();
	}
}

/* Other walks over the table take the change's place: it begins again and comes to its end. */
static void test_marks(void)
{
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	many_sessions(20);
	CU_ASSERT_EQUAL(engine_set_gen(a.e, &other), OK);
	unsigned rounds = 0;
	while (!engine_change(a.e, 8) && rounds++ < 100)
		for (unsigned i = 0; i < SESSION_MARKS && rounds < 4; i++)
			(void)session_mark(engine_sessions(a.e));
	CU_ASSERT_TRUE(rounds > 1 && rounds < 100);
	end();
}

/* --- no memory --------------------------------------------------------------------------------------------------------- */

static void test_no_memory(void)
{
	unsigned n_refused = 0;
	rig_new(&a, &same);
	rig_gen(&other, &differs);
	rig_open(&a);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left ");
	enum err e = ERR_NOMEM;
	for (size_t n = 0; e != OK && n < 1000; n++) {
		alloc.left = n;
		alloc.limited = true;
		e = engine_set_gen(a.e, &other);
		alloc.limited = false;
		if (e == OK)
			break;
		n_refused++;
		CU_ASSERT_EQUAL(e, ERR_NOMEM);
		CU_ASSERT_TRUE(engine_changed(a.e));
		CU_ASSERT_PTR_EQUAL(engine_gen(a.e), &a.gen);
	}
	CU_ASSERT_EQUAL(e, OK);
	CU_ASSERT_TRUE(n_refused >= 3);
	while (!engine_change(a.e, 1))
		continue;
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 106, 501, "fresh");
	CU_ASSERT_STRING_EQUAL(rig_told(&a), "alert 50\n");
	end();
}

UNIT_MAIN({ "equal signatures: unseen at every packet", test_unseen }, { "one after the other, freed", test_freed },
	  { "half a match goes on", test_half_a_match }, { "other signatures", test_other_signatures },
	  { "a session now denied", test_denied }, { "newly inspected", test_newly_inspected }, { "another policy", test_policy },
	  { "timers", test_timeouts }, { "counters", test_counters }, { "one change at a time", test_one_at_a_time },
	  { "ends in the middle", test_ends }, { "exported in the middle", test_exported },
	  { "told to a peer, denied", test_exported_denied }, { "a standby's", test_larval },
	  { "a standby's, denied", test_larval_denied },
	  { "freed in the middle", test_freed_midway }, { "marks taken by others", test_marks }, { "no memory", test_no_memory })
