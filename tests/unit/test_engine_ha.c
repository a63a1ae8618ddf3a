/* test_engine_ha.c - state out of one engine and into another, over the wire, at every packet: what follows is the same. */
#include "ips/lists.h"
#include "tests/unit/engine_pair.h"

static struct script script;

static void list_all(struct rig *r, struct outbuf *o)
{
	list_ips_sessions(r->e, o);
	list_sys_sessions(r->e, o);
	list_share(r->e, o);
}

static bool same_lists(void)
{
	struct outbuf x = { 0 }, y = { 0 };
	list_all(&a, &x);
	list_all(&b, &y);
	const bool same = x.p != NULL && y.p != NULL && strcmp(x.p, y.p) == 0;
	if (!same)
		printf("# %s\n# and\n# %s\n", x.p != NULL ? x.p : "", y.p != NULL ? y.p : "");
	outbuf_free(&x);
	outbuf_free(&y);
	return same;
}

static enum reason play(struct rig *r, size_t i)
{
	struct packet p = script.p[i];
	return engine_packet(r->e, &p).reason;
}

/* Every session of a moves to b, which takes over; digests agree. */
static void move_all(size_t done)
{
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	struct session_table *t = engine_sessions(a.e);
	for (const struct session *s = session_next(t, NULL); s != NULL; s = session_next(t, s)) {
		struct ha_session out, back;
		CU_ASSERT_TRUE_FATAL(engine_ha_export(from, s->s.serial, HA_PARTS_ALL, &out));
		out.version = 1;
		CU_ASSERT_EQUAL_FATAL(engine_ha_import(to, over_the_wire(&out, engine_now(a.e)), all), OK);
		CU_ASSERT_TRUE_FATAL(engine_ha_export(to, s->s.serial, HA_PARTS_ALL, &back));
		CU_ASSERT_EQUAL(ha_session_digest(&out), ha_session_digest(&back));
	}
	const struct ha_commit last = { .now = engine_now(a.e), .last_serial = session_last_serial(t), .packet_nr = done };
	engine_ha_promote(to, &last);
	engine_ha_free(from);
	engine_ha_free(to);
}

/* Verdicts, records and lists after the cut: of the engine that never failed and of the one that took over. */
static bool run_cut(size_t cut)
{
	rig_engine(&a, &opts);
	second(&opts);
	for (size_t i = 0; i < cut; i++)
		(void)play(&a, i);
	move_all(cut);
	bool same = same_lists();
	outbuf_clear(&a.told);
	a.sum = 0;
	for (size_t i = cut; i < script.n; i++)
		same = play(&a, i) == play(&b, i) && same;
	same = same_lists() && same;
	engine_finish(a.e);
	engine_finish(b.e);
	const char *x = a.told.p != NULL ? a.told.p : "", *y = b.told.p != NULL ? b.told.p : "";
	if (strcmp(x, y) != 0 || a.sum != b.sum)
		printf("# cut %zu: %s# and\n# %s", cut, x, y);
	same = same && strcmp(x, y) == 0 && a.sum == b.sum;
	rig_engine_end(&a);
	rig_engine_end(&b);
	return same;
}

static void test_every_cut(void)
{
	memset(&a, 0, sizeof(a));
	rig_gen(&a.gen, &opts);
	open_wires();
	script_make(&script, 18);
	for (size_t cut = 0; cut <= script.n; cut++) {
		CU_ASSERT_TRUE(run_cut(cut));
	}
	close_wires();
	rig_gen_free(&a.gen);
}

/* The script does bring about what it is there for: else equality proves nothing. */
static void test_script(void)
{
	rig_new(&a, &opts);
	script_make(&script, 18);
	for (size_t i = 0; i < script.n; i++)
		(void)play(&a, i);
	engine_finish(a.e);
	const struct engine_stats *st = engine_stats(a.e);
	for (uint32_t sid = 1; sid <= 7; sid++)
		if (sid != 5)
			CU_ASSERT_TRUE(engine_alert_count(a.e, sigset_find(a.gen.sigs, 1, sid)->index) > 0);
	CU_ASSERT_TRUE(st->drops[REASON_SIGNATURE] > 0 && st->drops[REASON_BLOCKED] > 0);
	CU_ASSERT_EQUAL(st->services[PROTO_ICCP], 1);
	CU_ASSERT_TRUE(a.n[REC_FLOW] >= 7);
	rig_end(&a);
}

/* What changed since the last commit, each session once; nothing when nobody replicates. */
static void on_ended(void *arg, uint64_t serial)
{
	*(uint64_t *)arg = serial;
}

static void test_dirty(void)
{
	rig_new(&a, &opts);
	struct engine_ha *h = ha_of(&a);
	struct ha_session s;
	uint64_t gone = 0;
	rig_open(&a);
	CU_ASSERT_FALSE(engine_ha_next(h, &s));
	engine_ha_on_end(a.e, on_ended, &gone);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "x");
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 102, 501, "y");
	a.cport++;
	rig_tcp(&a, DIR_ORIG, TCP_SYN, 1, 0, "");
	CU_ASSERT_TRUE(engine_ha_next(h, &s));
	CU_ASSERT_EQUAL(s.serial, 2);
	CU_ASSERT_TRUE(engine_ha_next(h, &s));
	CU_ASSERT_EQUAL(s.serial, 1);
	CU_ASSERT_FALSE(engine_ha_next(h, &s));
	/* an ICMP error spends a credit: that too changes a session */
	rig_tcp(&a, DIR_ORIG, TCP_RST, 2, 0, "");
	rig_later(&a, 1100);
	engine_tick(a.e, a.now);
	CU_ASSERT_EQUAL(gone, 2);
	CU_ASSERT_FALSE(engine_ha_next(h, &s));
	CU_ASSERT_FALSE(engine_ha_export(h, 2, HA_PARTS_ALL, &s));
	CU_ASSERT_TRUE(engine_ha_export(h, 1, HA_PARTS_ALL, &s));
	CU_ASSERT_PTR_NOT_NULL(s.match);
	CU_ASSERT_PTR_NULL(s.cotp);
	engine_ha_free(h);
	rig_end(&a);
}

/* Larval sessions neither age nor meet packets. */
static void test_larval(void)
{
	rig_new(&a, &opts);
	second(&opts);
	open_wires();
	struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
	struct ha_session s;
	rig_open(&a);
	CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
	CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), all), OK);
	engine_tick(b.e, mono_add(b.now, 4000 * NS_PER_SEC));
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.e)), 1);
	CU_ASSERT_EQUAL(b.n[REC_FLOW], 0);
	engine_ha_ended(to, 9);
	engine_ha_ended(to, 1);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.e)), 0);
	CU_ASSERT_EQUAL(b.n[REC_FLOW], 0); /* the peer tells of it */
	CU_ASSERT_EQUAL(bufpool_used(b.e->bufs), 0);
	engine_ha_free(from);
	engine_ha_free(to);
	close_wires();
	rig_engine_end(&b);
	rig_end(&a);
}

/* --- a peer that means something else ------------------------------------------------------------------------------ */

static void test_trust(void)
{
	rig_new(&a, &opts);
	open_wires();
	rig_open(&a);
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, "left one");
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 109, 501, "right le");
	struct engine_ha *from = ha_of(&a);
	struct ha_session s;
	CU_ASSERT_EQUAL(engine_insp(rig_first(&a))->s.tags.n, 2); /* a stock tag and a custom one */
	for (unsigned i = 0; i < 8; i++) {
		const struct ha_trust trust = { .sigs = (i & 1) != 0, .stock_tags = (i & 2) != 0, .custom_tags = (i & 4) != 0 };
		second(&opts);
		struct engine_ha *to = ha_of(&b);
		CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
		CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), trust), OK);
		const struct insp *f = engine_insp(rig_first(&b));
		CU_ASSERT_EQUAL(f->s.partial, i != 7);
		CU_ASSERT_EQUAL(f->s.tags.n, (unsigned)trust.stock_tags + trust.custom_tags);
		CU_ASSERT_EQUAL(f->match.s.n_parts != 0, trust.sigs);
		/* a later message without these parts does not take the mark away */
		CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
		s.match = NULL;
		CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), trust), OK);
		CU_ASSERT_EQUAL(f->s.partial, i != 7);
		const struct ha_commit last = { .now = a.now, .last_serial = 1 };
		engine_ha_promote(to, &last);
		outbuf_clear(&b.told);
		b.now = a.now;
		rig_tcp(&b, DIR_ORIG, TCP_ACK, 117, 501, "two");
		/* the first octets are still here: other signatures read them once more */
		CU_ASSERT_STRING_EQUAL(rig_told(&b), trust.sigs ? "alert 2\n" : "alert 1\nalert 2\n");
		engine_ha_free(to);
		rig_engine_end(&b);
	}
	engine_ha_free(from);
	close_wires();
	rig_end(&a);
}

/* Other signatures: a pattern that began in what is still kept is found; what is not kept any more is a gap. A policy that
 * prefers security lets none of it go on. */
static void test_other_signatures(void)
{
	static const char sigs[] = "alert tcp any any -> any any (msg:\"1\"; content:\"left right\"; sid:1;)\n";
	static const struct policy_rule plain = { .id = 5, .action = POLICY_ACCEPT, .inspect = true, .session_sync = true,
						  .sensor = -1 },
					secure = { .id = 5, .action = POLICY_ACCEPT, .inspect = true, .session_sync = true,
						   .prefer = PREFER_SECURITY, .sensor = -1 };
	char unknown[301]; /* no protocol that is known begins so */
	memset(unknown, 'x', sizeof(unknown));
	unknown[300] = '\0';
	const struct rig_opts old = { .rules = sigs, .prevent = true, .policies = &plain, .n_policies = 1 };
	const struct ha_trust none = { 0 };
	for (unsigned how = 0; how < 4; how++) { /* bits: it is acknowledged; security */
		struct rig_opts anew = old;
		if ((how & 2) != 0)
			anew.policies = &secure;
		rig_new(&a, &old);
		rig_new(&b, &anew);
		open_wires();
		struct engine_ha *from = ha_of(&a), *to = ha_of(&b);
		struct ha_session s;
		rig_open(&a);
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 101, 501, unknown);
		rig_tcp(&a, DIR_ORIG, TCP_ACK, 401, 501, "left ri");
		if ((how & 1) != 0)
			rig_tcp(&a, DIR_REPLY, TCP_ACK, 501, 408, "");
		CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
		CU_ASSERT_EQUAL(engine_ha_import(to, over_the_wire(&s, a.now), none), OK);
		const struct ha_commit last = { .now = a.now, .last_serial = 1 };
		engine_ha_promote(to, &last);
		b.now = a.now;
		const enum reason r = rig_tcp(&b, DIR_ORIG, TCP_ACK, 408, 501, "ght");
		CU_ASSERT_EQUAL(r, (how & 2) != 0 ? REASON_INSPECTION : REASON_NONE);
		CU_ASSERT_EQUAL(strstr(rig_told(&b), "alert 1\n") != NULL, (how & 1) == 0);
		CU_ASSERT_TRUE(engine_insp(rig_first(&b))->s.partial);
		engine_ha_free(from);
		engine_ha_free(to);
		close_wires();
		rig_end(&b);
		rig_end(&a);
	}
}

/* --- what is refused, with nothing changed --------------------------------------------------------------------------- */

struct bad {
	struct ha_session s;
	struct session_state fwd;
	struct reasm_state reasm;
	struct reasm_held held;
	struct insp_state insp;
	struct cotp_state cotp;
	struct ha_kept kept;
	uint8_t octets[64];
};

static void good_session(struct bad *x)
{
	const struct session *s = rig_first(&a);
	memset(x, 0, sizeof(*x));
	x->fwd = s->s;
	x->insp = engine_insp(s)->s;
	x->reasm = engine_insp(s)->reasm;
	x->s = (struct ha_session){ .serial = 1, .version = 1, .fwd = &x->fwd, .state = &x->fwd, .orig = &x->fwd,
				     .reply = &x->fwd, .reasm = &x->reasm, .insp = &x->insp };
}

static void bad_fwd(struct bad *x)
{
	x->fwd.tuple[DIR_ORIG].family = 5;
}

static void bad_serial(struct bad *x)
{
	x->s.serial = 0;
}

static void bad_held(struct bad *x)
{
	x->held = (struct reasm_held){ .n = 2, .seg = { { 900, { x->octets, 8, 0 } }, { 904, { x->octets, 8, 0 } } } };
	x->reasm.dir[DIR_REPLY].held = &x->held;
}

/* Octets that end elsewhere than their stream. */
static void bad_kept(struct bad *x)
{
	const uint32_t next = x->reasm.dir[DIR_ORIG].next;
	x->kept.dir[DIR_ORIG] = (struct ha_kept_dir){ .from = next - 8, .upto = next + 1, .data = { x->octets, 9, 0 } };
	x->s.kept = &x->kept;
}

static void bad_stock_tag(struct bad *x)
{
	x->insp.tags = (struct tagset){ .n = 1, .id = { sigset_tags(a.gen.sigs, TAGS_STOCK)->nr } };
}

static void bad_custom_tag(struct bad *x)
{
	x->insp.tags = (struct tagset){ .n = 1, .id = { (tag_t)(TAG_CUSTOM_BIT | sigset_tags(a.gen.sigs, TAGS_CUSTOM)->nr) } };
}

static void bad_tag_order(struct bad *x)
{
	x->insp.tags = (struct tagset){ .n = 2, .id = { 1, 0 } };
}

static void bad_tag_twice(struct bad *x)
{
	x->insp.tags = (struct tagset){ .n = 2, .id = { 1, 1 } };
}

static void bad_no_decoders(struct bad *x)
{
	x->insp.service = SVC_COTP;
}

static void test_check(void)
{
	static void (*const spoil[])(struct bad *) = { bad_fwd,       bad_serial,     bad_held,
						       bad_kept,      bad_stock_tag,  bad_custom_tag,
						       bad_tag_order, bad_tag_twice,  bad_no_decoders };
	static struct bad x;
	rig_new(&a, &opts);
	second(&opts);
	rig_open(&a);
	struct engine_ha *to = ha_of(&b);
	for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
		good_session(&x);
		CU_ASSERT_EQUAL(engine_ha_check(to, &x.s, all), OK);
		spoil[i](&x);
		CU_ASSERT_EQUAL(engine_ha_check(to, &x.s, all), ERR_RANGE);
		CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_RANGE);
		CU_ASSERT_EQUAL(session_count(engine_sessions(b.e)), 0);
	}
	/* numbers of another table are dropped, so they may be anything */
	good_session(&x);
	bad_stock_tag(&x);
	CU_ASSERT_EQUAL(engine_ha_check(to, &x.s, (struct ha_trust){ .sigs = true, .custom_tags = true }), OK);
	engine_ha_free(to);
	rig_engine_end(&b);
	rig_end(&a);
}

static void test_unknown_session(void)
{
	static struct bad x;
	rig_new(&a, &opts);
	second(&opts);
	rig_open(&a);
	struct engine_ha *to = ha_of(&b);
	good_session(&x);
	x.s.fwd = NULL;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_MISMATCH);
	good_session(&x);
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), OK);
	x.s.fwd = NULL;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), OK);
	x.fwd.tuple[DIR_ORIG].sport++;
	x.s.fwd = &x.fwd;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_MISMATCH);
	/* kept octets of a stream that this node has, and that stands elsewhere; a stream that leaves its kept octets behind */
	good_session(&x);
	const uint32_t next = x.reasm.dir[DIR_ORIG].next;
	x.kept.dir[DIR_ORIG] = (struct ha_kept_dir){ .from = next - 8, .upto = next, .data = { x.octets, 8, 0 } };
	x.s.kept = &x.kept;
	x.s.reasm = NULL;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), OK);
	x.kept.dir[DIR_ORIG].upto++;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_RANGE);
	x.s.kept = NULL;
	x.s.reasm = &x.reasm;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), OK);
	x.reasm.dir[DIR_ORIG].next++;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_RANGE);
	buf_clear(b.e->bufs, &engine_insp(rig_first(&b))->reasm.dir[DIR_ORIG].kept);
	/* a COTP flow without the COTP decoder's state */
	good_session(&x);
	x.insp.service = SVC_COTP;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_RANGE);
	engine_ha_free(to);
	rig_engine_end(&b);
	rig_end(&a);
}

/* The standby's memory is out at any point of an import: told, nothing leaks, nothing crashes. */
static void test_no_memory(void)
{
	rig_new(&a, &(struct rig_opts){ .rules = script_rules });
	open_wires();
	rig_open(&a);
	uint8_t cr[64];
	const size_t n = unhex(dec_vectors[0].hex, cr, sizeof(cr));
	rig_bytes(&a, DIR_ORIG, TCP_ACK, 101, 501, span_of(cr, n));
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 101 + (uint32_t)n, 501, "\3"); /* part of a TPKT */
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 300, 501, "held");
	rig_tcp(&a, DIR_ORIG, TCP_ACK, 400, 501, "held");
	rig_tcp(&a, DIR_REPLY, TCP_ACK, 600, 101, "held");
	struct engine_ha *from = ha_of(&a);
	struct ha_session s;
	unsigned refused = 0, taken = 0;
	for (uint64_t mem = 64; mem <= 64 * 1024; mem *= 2) {
		const struct rig_opts o = { .stream_memory = mem };
		memset(&b, 0, sizeof(b));
		b.gen = a.gen;
		b.gen.stream_memory = o.stream_memory;
		rig_engine(&b, &o);
		struct engine_ha *to = ha_of(&b);
		CU_ASSERT_TRUE(engine_ha_export(from, 1, HA_PARTS_ALL, &s));
		const enum err e = engine_ha_import(to, over_the_wire(&s, a.now), all);
		CU_ASSERT_TRUE(e == OK || e == ERR_FULL);
		refused += e == ERR_FULL;
		taken += e == OK;
		engine_ha_free(to);
		rig_engine_end(&b);
	}
	CU_ASSERT_TRUE(refused >= 4 && taken >= 1);
	engine_ha_free(from);
	close_wires();
	rig_end(&a);
}

static void test_table_full(void)
{
	static struct bad x;
	rig_new(&a, &opts);
	rig_open(&a);
	memset(&b, 0, sizeof(b));
	b.gen = a.gen;
	b.gen.max_sessions = 1;
	rig_engine(&b, &opts);
	struct engine_ha *to = ha_of(&b);
	good_session(&x);
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), OK);
	x.s.serial = 2;
	CU_ASSERT_EQUAL(engine_ha_import(to, &x.s, all), ERR_FULL);
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.e)), 1);
	engine_ha_free(to);
	rig_engine_end(&b);
	rig_end(&a);
}

static void test_hello(void)
{
	rig_new(&a, &opts);
	struct ha_hello h, again;
	engine_ha_hello(a.e, &h);
	CU_ASSERT_EQUAL(h.version, HA_VERSION);
	CU_ASSERT_EQUAL(h.stock_nr, 2);
	CU_ASSERT_EQUAL(h.custom_nr, 1);
	CU_ASSERT_EQUAL(h.stock_hash, sigset_tags(a.gen.sigs, TAGS_STOCK)->hash);
	rig_end(&a);
	const struct rig_opts other = {
		.rules = "alert tcp any any -> any any (msg:\"x\"; content:\"y\"; flowbits:set,z; sid:1;)\n"
	};
	rig_new(&a, &other);
	engine_ha_hello(a.e, &again);
	CU_ASSERT_NOT_EQUAL(again.sig_hash, h.sig_hash);
	CU_ASSERT_NOT_EQUAL(again.stock_hash, h.stock_hash);
	CU_ASSERT_NOT_EQUAL(again.custom_hash, h.custom_hash);
	rig_end(&a);
}

UNIT_MAIN({ "the script is worth it", test_script }, { "a switch at every packet", test_every_cut }, { "what changed", test_dirty },
	  { "larval sessions", test_larval }, { "what of the peer's counts here", test_trust },
	  { "other signatures", test_other_signatures },
	  { "what no engine could hold", test_check }, { "sessions unknown or others", test_unknown_session },
	  { "no memory", test_no_memory }, { "table full", test_table_full }, { "hello", test_hello })
