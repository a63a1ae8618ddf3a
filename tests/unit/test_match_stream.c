/* test_match_stream.c - stream rules: any segmentation and any resume give the same hits; limits and refusals. */
#include "base/buf.h"
#include "tests/unit/sig_help.h"

enum { SEEDS = 200, LEN = 240 };

/* Rules of every kind of chain over a small alphabet, so that they meet often. */
static const char rules_text[] =
	"alert tcp any any -> any any (sid:1; content:\"abc\";)\n"
	"alert tcp any any -> any any (sid:2; content:\"ab\"; content:\"ba\"; distance:1; within:9;)\n"
	"alert tcp any any -> any any (sid:3; content:\"aa\"; content:\"bb\"; content:\"cc\";)\n"
	"alert tcp any any -> any any (sid:4; content:\"ca\"; offset:3; depth:20; content:\"b\"; within:3;)\n"
	"alert tcp any any -> any any (sid:5; content:\"bcb\"; offset:30;)\n"
	"alert tcp any any -> any any (sid:6; content:\"cab\"; flow:established;)\n"
	"alert tcp any any -> any any (sid:7; content:\"caca\"; flowbits:set,t; noalert;)\n"
	"alert tcp any any -> any any (sid:8; content:\"ab\"; flowbits:isset,t;)\n"
	"alert tcp any any -> any any (sid:9; content:\"a\"; content:\"bbb\"; flowbits:isset,ev;)\n"
	"alert tcp any any -> any any (sid:10; content:\"CCC\"; nocase; flow:to_server;)\n"
	"pass tcp any any -> any any (sid:11; content:\"aabc\";)\n"
	"pass tcp any any -> any any (sid:12; content:\"cb\"; content:\"aac\";)\n"
	"drop tcp any any -> any any (sid:13; content:\"bcbc\"; flowbits:unset,t;)\n"
	"alert ip any any -> any any (sid:14; content:\"abca\"; depth:40;)\n"
	"alert tcp any any -> any any (sid:15; content:\"ac\"; content:\"bac\"; distance:0; content:\"cb\";)\n"
	"alert cotp any any -> any any (sid:16; event:\"cotp.dt\"; flowbits:toggle,ev;)\n"
	"alert cotp any any -> any any (sid:17; event:\"cotp.dt\"; flowbits:isset,t;)\n";

static struct sigset *rules;
static uint8_t bytes[DIR_N][LEN];
static struct {
	enum dir d;
	size_t end;
} turn[6];                            /* whose bytes come next, and up to where */
static bool event_at[DIR_N][LEN + 1]; /* an event ends there */

static void random_case(uint64_t seed)
{
	size_t at[DIR_N] = { 0 };
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		for (size_t i = 0; i < LEN; i++) {
			bytes[d][i] = (uint8_t)("abc"[help_below(&seed, 3)]);
			event_at[d][i + 1] = help_below(&seed, 25) == 0;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(turn); i++) {
		turn[i].d = (enum dir)(i % 2);
		turn[i].end = i + 2 < ARRAY_LEN(turn) ? at[i % 2] + help_below(&seed, LEN - at[i % 2] + 1) : LEN;
		at[i % 2] = turn[i].end;
	}
}

struct run {
	struct matcher *m;
	struct match_flow f;
	struct tagset tags;
	struct hits h;
};

static void event(struct run *r, enum dir d)
{
	static const struct fields none;
	const struct sig_flow sf = help_flow(&r->tags, 6);
	const struct dec_event ev = { .id = EV_COTP_DT, .dir = d, .fields = &none };
	match_event(r->m, &r->f, &sf, &ev, NULL, &r->h);
}

static void segment(struct run *r, enum dir d, size_t from, size_t to)
{
	const struct sig_flow sf = help_flow(&r->tags, 6);
	match_stream(r->m, &r->f, &sf, d, span_of(bytes[d] + from, to - from));
	for (size_t i = from + 1; i <= to; i++) {
		if (!event_at[d][i])
			continue;
		match_upto(r->m, &r->f, &sf, d, i - from, &r->h);
		event(r, d);
	}
	match_upto(r->m, &r->f, &sf, d, to - from, &r->h);
}

static void run_init(struct run *r, struct matcher *m)
{
	*r = (struct run){ .m = m };
	match_flow_init(&r->f);
}

/* The whole case in segments of at most max octets, random ones when seed is not NULL. */
static void play(struct run *r, size_t max, uint64_t *seed)
{
	size_t at[DIR_N] = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(turn); i++) {
		const enum dir d = turn[i].d;
		while (at[d] < turn[i].end) {
			const size_t n = size_min(seed != NULL ? 1 + help_below(seed, max) : max, turn[i].end - at[d]);
			segment(r, d, at[d], at[d] + n);
			at[d] += n;
		}
	}
	match_flow_fini(r->m, &r->f);
}

static void load_rules(void)
{
	struct refusals r;
	rules = load(rules_text, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 0);
}

static void any_segmentation(void)
{
	load_rules();
	struct matcher *m = new_matcher(rules);
	size_t hits = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run whole, octets, cut;
		uint64_t cuts = seed ^ 0x5eed;
		random_case(seed);
		run_init(&whole, m);
		play(&whole, LEN, NULL);
		run_init(&octets, m);
		play(&octets, 1, NULL);
		run_init(&cut, m);
		play(&cut, 1 + seed % 40, &cuts);
		CU_ASSERT_STRING_EQUAL(octets.h.text, whole.h.text);
		CU_ASSERT_STRING_EQUAL(cut.h.text, whole.h.text);
		CU_ASSERT(memcmp(&cut.tags, &whole.tags, sizeof(cut.tags)) == 0);
		hits += whole.h.n;
	}
	CU_ASSERT(hits > 10 * SEEDS);
	matcher_free(m);
	sigset_free(rules);
}

/* Export from one matcher, import into one built from the same text. */
static void move(struct run *r, struct matcher *to, struct bufpool *bp)
{
	const struct match_flow had = r->f;
	const struct match_state kept = r->f.s;
	struct buf b[DIR_N] = { 0 };
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		CU_ASSERT_EQUAL(match_export(r->m, &r->f, d, bp, &b[d]), OK);
	match_flow_fini(r->m, &r->f);
	r->m = to;
	r->f.s = kept;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		CU_ASSERT_EQUAL(match_import(to, &r->f, d, buf_span(&b[d])), OK);
		CU_ASSERT_EQUAL(r->f.off[d], had.off[d]);
		CU_ASSERT_EQUAL(r->f.gap[d], had.gap[d]);
		buf_clear(bp, &b[d]);
	}
	CU_ASSERT(memcmp(&kept, &r->f.s, sizeof(kept)) == 0);
}

static void resume_everywhere(void)
{
	struct refusals ref;
	load_rules();
	struct sigset *second = load(rules_text, &ref);
	struct matcher *a = new_matcher(rules), *b = new_matcher(second);
	struct bufpool *bp = bufpool_new(1 << 20);
	for (uint64_t seed = 0; seed < 20; seed++) {
		random_case(seed);
		for (size_t cut = 0; cut <= LEN; cut++) {
			struct run r;
			run_init(&r, a);
			segment(&r, DIR_ORIG, 0, turn[0].end);
			segment(&r, DIR_REPLY, 0, cut);
			move(&r, b, bp);
			segment(&r, DIR_REPLY, cut, LEN);
			segment(&r, DIR_ORIG, turn[0].end, LEN);
			struct run straight;
			run_init(&straight, a);
			segment(&straight, DIR_ORIG, 0, turn[0].end);
			segment(&straight, DIR_REPLY, 0, LEN);
			segment(&straight, DIR_ORIG, turn[0].end, LEN);
			CU_ASSERT_STRING_EQUAL(r.h.text, straight.h.text);
			match_flow_fini(b, &r.f);
			match_flow_fini(a, &straight.f);
		}
	}
	CU_ASSERT_EQUAL(bufpool_used(bp), 0);
	bufpool_free(bp);
	matcher_free(a);
	matcher_free(b);
	sigset_free(second);
	sigset_free(rules);
}

static void foreign_and_garbage(void)
{
	struct refusals ref;
	load_rules();
	struct sigset *other = load("alert tcp any any -> any any (sid:1; content:\"abc\";)\n", &ref);
	struct matcher *a = new_matcher(rules), *b = new_matcher(other);
	struct bufpool *bp = bufpool_new(1 << 20);
	struct buf out = { 0 };
	struct run r;
	random_case(1);
	run_init(&r, a);
	segment(&r, DIR_ORIG, 0, 50);
	CU_ASSERT_EQUAL(match_export(a, &r.f, DIR_ORIG, bp, &out), OK);
	struct match_flow f;
	match_flow_init(&f);
	CU_ASSERT_EQUAL(match_import(b, &f, DIR_ORIG, buf_span(&out)), ERR_MALFORMED);
	CU_ASSERT_PTR_NULL(f.stream[DIR_ORIG]);
	for (size_t n = 1; n < out.len; n++)
		CU_ASSERT_EQUAL(match_import(a, &f, DIR_ORIG, span_of(out.p, n)), ERR_MALFORMED);
	for (size_t i = 0; i < out.len; i++) {
		out.p[i] ^= (uint8_t)(1u << i % 8);
		CU_ASSERT_EQUAL(match_import(a, &f, DIR_ORIG, buf_span(&out)), ERR_MALFORMED);
		CU_ASSERT_PTR_NULL(f.stream[DIR_ORIG]);
		out.p[i] ^= (uint8_t)(1u << i % 8);
	}
	CU_ASSERT_EQUAL(match_import(a, &f, DIR_ORIG, buf_span(&out)), OK);
	CU_ASSERT_EQUAL(f.off[DIR_ORIG], 50);
	match_flow_fini(a, &r.f);
	match_flow_fini(a, &f);
	buf_clear(bp, &out);
	bufpool_free(bp);
	matcher_free(a);
	matcher_free(b);
	sigset_free(other);
	sigset_free(rules);
}

static void text_segment(struct run *r, enum dir d, const char *text)
{
	const struct sig_flow sf = help_flow(&r->tags, 6);
	match_stream(r->m, &r->f, &sf, d, span_of(text, strlen(text)));
	match_upto(r->m, &r->f, &sf, d, strlen(text), &r->h);
}

static void over_a_gap(void)
{
	struct refusals ref;
	struct sigset *s = load("alert tcp any any -> any any (sid:1; content:\"abcd\";)\n"
				"alert tcp any any -> any any (sid:2; content:\"xx\"; content:\"yy\";)\n"
				"alert tcp any any -> any any (sid:3; content:\"zz\"; depth:9;)\n"
				"alert tcp any any -> any any (sid:4; content:\"q\";)\n",
				&ref);
	struct matcher *m = new_matcher(s);
	struct bufpool *bp = bufpool_new(1 << 16);
	struct buf out = { 0 };
	struct run r;
	run_init(&r, m);
	text_segment(&r, DIR_ORIG, "q xx ab");
	text_segment(&r, DIR_REPLY, "ab");
	match_gap(m, &r.f, DIR_ORIG);
	CU_ASSERT_EQUAL(match_export(m, &r.f, DIR_ORIG, bp, &out), OK);
	CU_ASSERT_EQUAL(match_import(m, &r.f, DIR_ORIG, buf_span(&out)), OK);
	text_segment(&r, DIR_ORIG, "cd zz yy q");
	CU_ASSERT_STRING_EQUAL(r.h.text, "4 ");
	text_segment(&r, DIR_REPLY, "cd zz");
	CU_ASSERT_STRING_EQUAL(r.h.text, "4 1< 3< ");
	text_segment(&r, DIR_ORIG, "abcd xx");
	CU_ASSERT_STRING_EQUAL(r.h.text, "4 1< 3< 1 2 ");
	match_flow_fini(m, &r.f);
	buf_clear(bp, &out);
	bufpool_free(bp);
	matcher_free(m);
	sigset_free(s);
}

/* 40 rules of two contents: the first ones seen make room, and that is told. */
static void parts_make_room(void)
{
	char text[8192] = "";
	struct refusals ref;
	for (unsigned i = 0; i < 40; i++) {
		const size_t n = strlen(text);
		snprintf(text + n, sizeof(text) - n,
			 "alert tcp any any -> any any (sid:%u; content:\"<%02u\"; content:\"%02u>\";)\n", i + 1, i, i);
	}
	struct sigset *s = load(text, &ref);
	struct matcher *m = new_matcher(s);
	struct run r;
	run_init(&r, m);
	text_segment(&r, DIR_ORIG, "<05 05>");
	for (unsigned i = 0; i < 40; i++) {
		char one[8];
		snprintf(one, sizeof(one), "<%02u ", i);
		text_segment(&r, DIR_ORIG, one);
	}
	CU_ASSERT_EQUAL(r.f.s.n_parts, MATCH_PARTS_MAX);
	CU_ASSERT_EQUAL(r.h.n, 1 + 8);
	text_segment(&r, DIR_ORIG, "00> 39> 05>");
	struct matcher_stat st;
	matcher_stat(m, &st);
	CU_ASSERT_EQUAL(st.parts_full, 9); /* rule 1's second content is a new part */
	CU_ASSERT_STRING_EQUAL(r.h.text, "6 lost lost lost lost lost lost lost lost lost 40 ");
	match_flow_fini(m, &r.f);
	matcher_free(m);
	sigset_free(s);
}

static void queue_overflows(void)
{
	static char text[20000];
	struct refusals ref;
	struct sigset *s = load("alert tcp any any -> any any (sid:1; content:\"a\"; flowbits:isset,x;)\n"
				"alert tcp any any -> any any (sid:2; content:\"b\";)\n",
				&ref);
	struct matcher *m = new_matcher(s);
	struct run r;
	memset(text, 'a', sizeof(text) - 1);
	text[10] = 'b';
	run_init(&r, m);
	text_segment(&r, DIR_ORIG, text);
	struct matcher_stat st;
	matcher_stat(m, &st);
	CU_ASSERT_EQUAL(st.queue_full, 1);
	CU_ASSERT_STRING_EQUAL(r.h.text, "lost 2 ");
	match_flow_fini(m, &r.f);
	matcher_free(m);
	sigset_free(s);
}

static void streams_run_out(void)
{
	struct refusals ref;
	struct sigset *s = load("alert tcp any any -> any any (sid:1; content:\"abc\";)\n", &ref);
	struct matcher *m = new_matcher(s);
	static struct run r[17];
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		run_init(&r[i], m);
		text_segment(&r[i], DIR_ORIG, "ab");
	}
	struct matcher_stat st;
	matcher_stat(m, &st);
	CU_ASSERT_EQUAL(st.no_stream, 2);
	match_flow_fini(m, &r[0].f);
	text_segment(&r[16], DIR_ORIG, "c abc");
	CU_ASSERT_STRING_EQUAL(r[16].h.text, "1 ");
	for (size_t i = 1; i < ARRAY_LEN(r); i++) {
		text_segment(&r[i], DIR_ORIG, "c");
		CU_ASSERT_STRING_EQUAL(r[i].h.text, "1 ");
		match_flow_fini(m, &r[i].f);
	}
	matcher_free(m);
	sigset_free(s);
}

UNIT_MAIN({ "any segmentation, the same hits", any_segmentation }, { "resumed at every octet", resume_everywhere },
	  { "foreign and damaged streams are refused", foreign_and_garbage }, { "a gap", over_a_gap },
	  { "parts make room", parts_make_room }, { "the queue overflows", queue_overflows },
	  { "streams run out", streams_run_out })
