/* test_match.c - every keyword proven to matter: one input that meets it, one that does not. */
#include "tests/unit/sig_help.h"

static char rule_text[4096];
static struct hits got;

static struct sigset *one_rule(const char *header, const char *options)
{
	struct refusals r;
	snprintf(rule_text, sizeof(rule_text), "%s (sid:1; %s)\n", header, options);
	struct sigset *s = load(rule_text, &r);
	if (r.n != 0)
		printf("# %s# refused: %s\n", rule_text, r.text);
	CU_ASSERT_EQUAL_FATAL(r.n, 0);
	return s;
}

static void check(const char *what, const char *want)
{
	if (strcmp(got.text, want) != 0)
		printf("# %s# on '%s': got '%s', want '%s'\n", rule_text, what, got.text, want);
	CU_ASSERT_STRING_EQUAL(got.text, want);
}

/* --- streams and datagrams ------------------------------------------------------------------------ */

static void scan_all(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, enum dir d, const char *bytes, size_t len)
{
	match_stream(m, f, sf, d, span_of(bytes, len));
	match_upto(m, f, sf, d, len, &got);
}

/* The rule's hits on bytes as one tcp segment, and as one udp datagram. */
static void stream(const char *options, const char *bytes, const char *want)
{
	struct tagset tags = { 0 };
	struct match_flow f;
	const struct sig_flow sf = help_flow(&tags, 6);
	struct sigset *s = one_rule("alert tcp any any -> any any", options);
	struct matcher *m = new_matcher(s);
	match_flow_init(&f);
	got = (struct hits){ 0 };
	scan_all(m, &f, &sf, DIR_ORIG, bytes, strlen(bytes));
	check(bytes, want);
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

static void datagram(const char *options, const char *bytes, const char *want)
{
	const struct sig_flow sf = help_flow(NULL, 17);
	struct sigset *s = one_rule("alert udp any any -> any any", options);
	struct matcher *m = new_matcher(s);
	got = (struct hits){ 0 };
	match_packet(m, NULL, &sf, DIR_ORIG, span_of(bytes, strlen(bytes)), &got);
	check(bytes, want);
	matcher_free(m);
	sigset_free(s);
}

static void both(const char *options, const char *bytes, const char *want)
{
	stream(options, bytes, want);
	datagram(options, bytes, want);
}

static void contents(void)
{
	both("content:\"abc\";", "xxabcxx", "1 ");
	both("content:\"abc\";", "xxabxcx", "");
	both("content:\"abc\";", "xxABCxx", "");
	both("content:\"abc\"; nocase;", "xxABcxx", "1 ");
	both("content:\"a|62 63|\";", "xxabcxx", "1 ");
	both("content:\".*\";", "xxabcxx", "");
	both("content:\".*\";", "xx.*xx", "1 ");
	both("content:\"\\\"\\;\\:\\|\\\\\";", "x\";:|\\x", "1 ");
	both("content:\"a\"; content:\"b\";", "xxbxxaxx", "1 ");
	both("content:\"a\"; content:\"b\";", "xxbxxbxx", "");
	both("content:\"a\"; content:\"B\"; nocase;", "ab", "1 ");
	both("content:\"A\"; content:\"B\"; nocase;", "ab", "");
	both("content:\"a\"; rawbytes; fast_pattern;", "xa", "1 ");
}

static void places(void)
{
	both("content:\"abc\"; offset:2;", "xxabc", "1 ");
	both("content:\"abc\"; offset:3;", "xxabc", "");
	both("content:\"abc\"; depth:5;", "xxabc", "1 ");
	both("content:\"abc\"; depth:4;", "xxabc", "");
	both("content:\"abc\"; offset:1; depth:4;", "xxabc", "1 ");
	both("content:\"abc\"; offset:1; depth:3;", "xxabc", "");
	both("content:\"abc\"; startswith;", "abcxx", "1 ");
	both("content:\"abc\"; startswith;", "xabc", "");
	datagram("content:\"abc\"; endswith;", "xxabc", "1 ");
	datagram("content:\"abc\"; endswith;", "xxabcx", "");
	datagram("content:\"abc\"; endswith;", "xxabc\n", "");
}

static void chains(void)
{
	both("content:\"ab\"; content:\"cd\"; distance:2;", "abxxcd", "1 ");
	both("content:\"ab\"; content:\"cd\"; distance:3;", "abxxcd", "");
	both("content:\"ab\"; content:\"cd\"; distance:0;", "cdab", "");
	both("content:\"ab\"; content:\"cd\"; within:4;", "abxxcd", "1 ");
	both("content:\"ab\"; content:\"cd\"; within:3;", "abxxcd", "");
	both("content:\"ab\"; content:\"cd\"; distance:1; within:3;", "abxxcd", "1 ");
	both("content:\"ab\"; content:\"cd\"; distance:1; within:2;", "abxxcd", "");
	both("content:\"ab\"; content:\"cd\"; within:2;", "abxcdabcd", "1 ");
	both("content:\"ab\"; offset:1; content:\"cd\"; within:2;", "abcdx", "");
	both("content:\"ab\"; offset:1; content:\"cd\"; within:2;", "xabcdx", "1 ");
	both("content:\"ab\"; depth:3; content:\"cd\"; distance:0;", "xabyyyycd", "1 ");
	both("content:\"ab\"; depth:3; content:\"cd\"; distance:0;", "xxabyyyycd", "");
	both("content:\"ab\"; distance:1; within:3;", "xxab", "1 ");
	both("content:\"ab\"; distance:1; within:3;", "xxxab", "");
	both("content:\"e\"; content:\"ab\"; content:\"cd\"; within:2;", "abcde", "1 ");
}

static void datagrams_only(void)
{
	datagram("content:\"a\"; content:!\"b\";", "xa", "1 ");
	datagram("content:\"a\"; content:!\"b\";", "xab", "");
	datagram("content:!\"b\"; offset:2;", "bb", "1 ");
	datagram("content:!\"b\"; offset:2;", "xxb", "");
	datagram("dsize:3;", "abc", "1 ");
	datagram("dsize:3;", "abcd", "");
	datagram("dsize:>2; content:\"a\";", "ab", "");
	datagram("dsize:2<>4;", "abc", "1 ");
	datagram("dsize:2<>4;", "abcd", "");
	datagram("dsize:!2<>4;", "abcd", "1 ");
	datagram("bsize:<3;", "ab", "1 ");
	datagram("", "", "1 ");
}

/* --- headers and flow ------------------------------------------------------------------------------- */

/* The hits of header + content:"a" in that direction of the helper's flow. */
static void header(const char *head, enum dir d, const char *want)
{
	struct match_flow f;
	const struct sig_flow sf = help_flow(NULL, 6);
	struct sigset *s = one_rule(head, "content:\"a\";");
	struct matcher *m = new_matcher(s);
	match_flow_init(&f);
	got = (struct hits){ 0 };
	scan_all(m, &f, &sf, d, "a", 1);
	check(d == DIR_ORIG ? "orig" : "reply", want);
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

static void headers(void)
{
	header("alert tcp 10.0.0.1 any -> any any", DIR_ORIG, "1 ");
	header("alert tcp 10.0.0.1 any -> any any", DIR_REPLY, "");
	header("alert tcp 10.0.0.2 102 -> any any", DIR_REPLY, "1< ");
	header("alert tcp !10.0.0.1 any -> any any", DIR_ORIG, "");
	header("alert tcp [10.0.0.0/8,!10.0.0.1] any -> any any", DIR_ORIG, "");
	header("alert tcp [10.0.0.0/8,!10.0.0.1] any -> any any", DIR_REPLY, "1< ");
	header("alert tcp any any -> 10.0.0.2 $OT_PORTS", DIR_ORIG, "1 ");
	header("alert tcp any any -> any !$OT_PORTS", DIR_ORIG, "");
	header("alert tcp any any -> any [1:101,103:]", DIR_ORIG, "");
	header("alert tcp any any -> any [1:101,102]", DIR_ORIG, "1 ");
	header("alert tcp any 102 <> any any", DIR_ORIG, "1 ");
	header("alert tcp any 102 -> any any", DIR_ORIG, "");
	header("alert tcp any 103 <> any any", DIR_ORIG, "");
	header("alert ip $HOME_NET any -> any any", DIR_ORIG, "1 ");
	header("alert ip $EXTERNAL_NET any -> any any", DIR_ORIG, "");
	header("alert udp any any -> any any", DIR_ORIG, "");
	header("alert tcp 2001:db8::/32 any -> any any", DIR_ORIG, "");
}

static void flow_options(void)
{
	static const struct {
		const char *options;
		bool established;
		enum dir d;
		const char *want;
	} v[] = {
		{ "flow:established;", true, DIR_ORIG, "1 " },
		{ "flow:established;", false, DIR_ORIG, "" },
		{ "flow:not_established;", true, DIR_ORIG, "" },
		{ "flow:not_established;", false, DIR_ORIG, "1 " },
		{ "flow:stateless;", false, DIR_REPLY, "1< " },
		{ "flow:to_server;", true, DIR_ORIG, "1 " },
		{ "flow:to_server;", true, DIR_REPLY, "" },
		{ "flow:from_client;", true, DIR_REPLY, "" },
		{ "flow:to_client;", true, DIR_REPLY, "1< " },
		{ "flow:from_server;", true, DIR_ORIG, "" },
		{ "flow:established,to_client;", false, DIR_REPLY, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct match_flow f;
		struct sig_flow sf = help_flow(NULL, 6);
		sf.established = v[i].established;
		char options[256];
		snprintf(options, sizeof(options), "%s content:\"a\";", v[i].options);
		struct sigset *s = one_rule("alert tcp any any -> any any", options);
		struct matcher *m = new_matcher(s);
		match_flow_init(&f);
		got = (struct hits){ 0 };
		scan_all(m, &f, &sf, v[i].d, "a", 1);
		check(v[i].options, v[i].want);
		match_flow_fini(m, &f);
		matcher_free(m);
		sigset_free(s);
	}
}

static void headers_only(void)
{
	struct refusals r;
	struct sigset *s = load("alert tcp any any -> any 102 (sid:1;)\nalert tcp any any -> any 103 (sid:2;)\n"
				"alert ip any any -> 10.0.0.2 any (sid:3;)\nalert udp any any -> any any (sid:4;)\n"
				"alert icmp any any -> any any (sid:5;)\n",
				&r);
	struct matcher *m = new_matcher(s);
	struct match_flow f;
	match_flow_init(&f);
	struct sig_flow sf = help_flow(NULL, 6);
	got = (struct hits){ 0 };
	match_open(m, &f, &sf, DIR_ORIG, &got);
	CU_ASSERT_STRING_EQUAL(got.text, "1 3 ");
	sf.ip_proto = 17;
	got = (struct hits){ 0 };
	match_open(m, &f, &sf, DIR_ORIG, &got);
	CU_ASSERT_STRING_EQUAL(got.text, "3 ");
	got = (struct hits){ 0 };
	match_packet(m, &f, &sf, DIR_ORIG, span_of("x", 1), &got);
	CU_ASSERT_STRING_EQUAL(got.text, "4 ");
	got = (struct hits){ 0 };
	match_packet(m, NULL, &sf, DIR_ORIG, span_of("x", 1), &got);
	CU_ASSERT_STRING_EQUAL(got.text, "3 4 ");
	sf.ip_proto = 58;
	got = (struct hits){ 0 };
	match_packet(m, NULL, &sf, DIR_ORIG, span_of("", 0), &got);
	CU_ASSERT_STRING_EQUAL(got.text, "3 5 ");
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

/* --- order of action, tags, priority ----------------------------------------------------------------- */

static void order(void)
{
	struct refusals r;
	struct sigset *s = load("alert tcp any any -> any any (sid:1; content:\"a\"; priority:2;)\n"
				"alert tcp any any -> any any (sid:2; content:\"a\"; priority:1;)\n"
				"drop tcp any any -> any any (sid:3; content:\"a\";)\n"
				"reject tcp any any -> any any (sid:4; content:\"a\";)\n"
				"alert tcp any any -> any any (sid:5; content:\"a\"; flowbits:isset,t;)\n"
				"alert tcp any any -> any any (sid:6; content:\"a\"; flowbits:set,t; noalert;)\n"
				"alert tcp any any -> any any (sid:7; content:\"xa\"; flowbits:isnotset,t;)\n",
				&r);
	struct tagset tags = { 0 };
	struct matcher *m = new_matcher(s);
	struct match_flow f;
	match_flow_init(&f);
	const struct sig_flow sf = help_flow(&tags, 6);
	got = (struct hits){ 0 };
	scan_all(m, &f, &sf, DIR_ORIG, "xa", 2);
	CU_ASSERT_STRING_EQUAL(got.text, "3 4 6 5 2 1 ");
	CU_ASSERT(tagset_has(&tags, sigset_tag_find(s, TAGS_STOCK, "t")));
	got = (struct hits){ 0 };
	scan_all(m, &f, &sf, DIR_ORIG, "xa", 2);
	CU_ASSERT_STRING_EQUAL(got.text, "");
	scan_all(m, &f, &sf, DIR_REPLY, "a", 1);
	CU_ASSERT_STRING_EQUAL(got.text, "3< 4< 6< 5< 2< 1< ");
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

static void passes(void)
{
	struct refusals r;
	struct sigset *s = load("alert tcp any any -> any any (sid:1; content:\"evil\";)\n"
				"drop tcp any any -> any any (sid:2; content:\"bad\";)\n"
				"pass tcp 10.0.0.1 any -> any any (sid:3; content:\"evil\";)\n"
				"alert udp any any -> any any (sid:4; content:\"evil\";)\n"
				"pass udp any any -> any any (sid:5; content:\"good\";)\n",
				&r);
	struct matcher *m = new_matcher(s);
	struct match_flow f;
	match_flow_init(&f);
	struct sig_flow sf = help_flow(NULL, 6);
	got = (struct hits){ 0 };
	scan_all(m, &f, &sf, DIR_ORIG, "bad evil", 8);
	CU_ASSERT_STRING_EQUAL(got.text, "2 3 ");
	scan_all(m, &f, &sf, DIR_ORIG, "evil", 4);
	CU_ASSERT_STRING_EQUAL(got.text, "2 3 ");
	scan_all(m, &f, &sf, DIR_REPLY, "evil", 4);
	CU_ASSERT_STRING_EQUAL(got.text, "2 3 1< ");
	sf.ip_proto = 17;
	got = (struct hits){ 0 };
	match_packet(m, NULL, &sf, DIR_ORIG, span_of("good evil", 9), &got);
	CU_ASSERT_STRING_EQUAL(got.text, "5 ");
	match_packet(m, NULL, &sf, DIR_ORIG, span_of("evil", 4), &got);
	CU_ASSERT_STRING_EQUAL(got.text, "5 4 ");
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

UNIT_MAIN({ "contents", contents }, { "offset, depth, startswith, endswith", places }, { "distance and within", chains },
	  { "negation and size in datagrams", datagrams_only }, { "header", headers }, { "flow", flow_options },
	  { "rules of headers only", headers_only }, { "order of rules", order }, { "pass", passes })
