/* test_sig_parse.c - rule text: what loads, what is refused, and with which words. */
#include "tests/unit/sig_help.h"

#define H "alert tcp any any -> any any "

/* One case a line: a rule that must load, or the refusal that it must get. */
static void expect(const char *rule, const char *refusal)
{
	struct refusals r;
	struct sigset *s = load(rule, &r);
	struct sigset_stat st;
	sigset_stat(s, &st);
	const bool good = refusal == NULL ? st.loaded == 1 && r.n == 0 : st.loaded == 0 && r.n == 1 && strcmp(r.text, refusal) == 0;
	if (!good)
		printf("# rule: %s\n# got:  %s\n# want: %s\n", rule, r.n != 0 ? r.text : "loaded",
		       refusal != NULL ? refusal : "loaded");
	CU_ASSERT(good);
	sigset_free(s);
}

static void good_rules(void)
{
	expect(H "(msg:\"x\"; sid:1;)", NULL);
	expect("  drop   tcp\t10.0.0.1 any <> [10.0.0.0/8, !10.1.0.0/16] [102,200:300] ( sid : 1 ; rev:3; gid:7 ; )", NULL);
	expect("pass ip $HOME_NET any -> !$HOME_NET any (sid:1;)",
	       "address set '!$HOME_NET' negates within a negation: write it without");
	expect("pass ip $HOME_NET any -> $EXTERNAL_NET $OT_PORTS (sid:1;)", NULL);
	expect("reject udp any !53 -> 10.0.0.1-10.0.0.9 1024: (sid:1; content:\"a\"; dsize:>10;)", NULL);
	expect("alert icmp any any -> 2001:db8::/32 any (sid:1; dsize:!100<>200;)", NULL);
	expect(H "(sid:1; content:\"a|00 01|b\\\"\\;\\:\\|\\\\\"; nocase; offset:3; depth:10; rawbytes; fast_pattern:only;)", NULL);
	expect(H "(sid:1; content:\"ab\"; content:\"c\"; distance:1; within:4; content:\"d\"; startswith;)", NULL);
	expect(H "(sid:1; content:\"a;b:c)\"; classtype:policy-violation; priority:2; reference:cve,2020-1; metadata:a b, c d;)",
	       NULL);
	expect(H
	       "(sid:1; content:\"a\"; flow:established,to_server; flowbits:set,a.b; flowbits:isset,c|d; "
	       "flowbits:noalert; noalert;)",
	       NULL);
	expect("alert mms any any -> any any (sid:1; mms.service:\"read, write\";)",
	       "mms.service ' write' is no confirmed service of ISO 9506-2");
	expect("alert mms any any -> any any (sid:1; mms.inner:\"vMDStop,write\";)", NULL);
	expect("alert mms any any -> any any (sid:1; mms.inner:\"vmdStop\";)", "mms.inner 'vmdStop' is no service of ISO 9506-2");
	expect("alert mms any any -> any any (sid:1; mms.service:!\"read,write\"; content:!\"x\"; endswith; bsize:<9;)", NULL);
	expect("alert mms any any -> any any (sid:1; mms.service:4-5; mms.value:-1,>7,1<>3;)", NULL);
	expect("alert iccp any any -> any any (sid:1; iccp.op:\"deviceOperate\"; iccp.name:\"BRK*,\";)",
	       "value '' is empty: write * for any");
	expect("alert iccp any any -> any any (sid:1; iccp.op:\"device*\"; iccp.name:\"BRK*,*_SBO,*mid*\"; nocase;)", NULL);
	expect("alert cotp any any -> any any (sid:1; cotp.type:cr,cc; cotp.src_tsap:\"|00 01|\"; app:!\"x\";)", NULL);
	expect("alert cotp any any -> any any (sid:1; event:\"acse.abrt,mms.read.request\";)", NULL);
	expect("alert tcp any any -> any any (sid:1; anomaly:\"tpkt.version,tpkt.length\";)", NULL);
	expect("# a comment\n\n   # another\r\nalert tcp any any -> any any \\\n  (sid:1; \\\r\n   msg:\"x\";)\r\n", NULL);
}

static void bad_headers(void)
{
	expect("alert", "'alert' has no options: write action protocol address port -> address port (options)");
	expect("alert tcp any any -> any (sid:1;)",
	       "the header has 6 words: write action protocol address port -> address port (options)");
	expect("alert tcp any any -> any any any (sid:1;)",
	       "'any' after the header's last port: write action protocol address port -> address port (options)");
	expect("alrt tcp any any -> any any (sid:1;)", "action 'alrt' is not supported: use alert, pass, drop or reject");
	expect("rejectboth tcp any any -> any any (sid:1;)",
	       "action 'rejectboth' is not supported: use alert, pass, drop or reject");
	expect("alert http any any -> any any (sid:1;)",
	       "protocol 'http' is not supported: use tcp, udp, icmp, ip, cotp, mms or iccp");
	expect("alert tcp any any <- any any (sid:1;)", "direction '<-' is not -> or <>");
	expect("alert tcp 10.0.0.300 any -> any any (sid:1;)",
	       "address '10.0.0.300' is not any, an address, address/bits or first-last");
	expect("alert tcp [10.0.0.1,[10.0.0.2] any -> any any (sid:1;)",
	       "the header has 3 words: write action protocol address port -> address port (options)");
	expect("alert tcp [10.0.0.1]x any -> any any (sid:1;)", "address set '[10.0.0.1]x': a comma is missing after ]");
	expect("alert tcp [10.0.0.1,] any -> any any (sid:1;)", "address set '[10.0.0.1,]' has an empty element");
	expect("alert tcp !any any -> any any (sid:1;)", "address set '!any': !any holds nothing");
	expect("alert tcp $NOWHERE any -> any any (sid:1;)", "variable $NOWHERE is not defined: define it or write the address");
	expect("alert tcp $LOOP any -> any any (sid:1;)",
	       "address set '$LOOP' is nested deeper than 8, or a variable holds itself");
	expect("alert tcp any 65536 -> any any (sid:1;)", "port '65536' is not any, n, n:, :n or n:m of 0 to 65535");
	expect("alert tcp any 9:8 -> any any (sid:1;)", "port '9:8' is not any, n, n:, :n or n:m of 0 to 65535");
	expect("alert tcp any : -> any any (sid:1;)", "port ':' is not any, n, n:, :n or n:m of 0 to 65535");
}

static void bad_options(void)
{
	expect(H "()", "the rule has no sid: give it sid:NUMBER;");
	expect(H "(sid:1;", "the options have no closing bracket: end the rule with ;)");
	expect(H "(sid:1;) x", "'x' after the closing bracket: a rule ends there");
	expect(H "(sid:1)", "option 'sid' has no ; at its end, or a quote is not closed");
	expect(H "(sid:1; noalert)", "option 'noalert' has no ; at its end");
	expect(H "(sid:1; msg:\"x;)", "option 'msg' has no ; at its end, or a quote is not closed");
	expect(H "(;sid:1;)", "';sid:1;)' is no option: write keyword: value; or keyword;");
	expect(H "(sid:0;)", "sid '0' is not a number of 1 to 4294967295");
	expect(H "(sid:4294967296;)", "sid '4294967296' is not a number of 1 to 4294967295");
	expect(H "(sid:1x;)", "sid '1x' is not a number of 1 to 4294967295");
	expect(H "(sid;)", "keyword 'sid' needs a value: sid:...;");
	expect(H "(sid: ;)", "keyword 'sid' has no value after its colon");
	expect(H "(sid:1; rev:-1;)", "rev '-1' is not a number of 0 to 4294967295");
	expect(H "(sid:1; priority:0;)", "priority '0' is not a number of 1 to 255");
	expect(H "(sid:1; classtype:nonsense;)", "classtype 'nonsense' is unknown: docs/signatures.md lists them");
	expect(H "(sid:1; reference:url;)", "reference 'url' is not type,text");
	expect(H "(sid:1; msg:x;)", "msg 'x' is not in quotes");
	expect(H "(sid:1; content:\"x\"; nocase:1;)", "keyword 'nocase' takes no value: write nocase;");
	expect(H "(sid:1; flow:sideways;)", "flow 'sideways': use established or not_established, stateless, to_server, to_client, "
					    "from_server, from_client");
	expect(H "(sid:1; flow:to_server,to_client;)", "flow names both directions: leave both out");
	expect(H "(sid:1; flowbits:set;)", "flowbits set names no tag: write flowbits:set,name");
	expect(H "(sid:1; flowbits:put,a;)", "flowbits 'put': use set, unset, toggle, isset, isnotset or noalert");
	expect(H "(sid:1; flowbits:set,a b;)", "flowbits name 'a b': use 1 to 64 letters, digits, dots, underscores, hyphens");
	expect(H "(sid:1; flowbits:set,a|b;)", "flowbits: several names only with isset and isnotset");
	expect(H "(sid:1; anomaly:\"tpkt.nonsense\";)", "anomaly 'tpkt.nonsense' is unknown: no decoder tells it");
	expect("alert cotp any any -> any any (sid:1; event:\"cotp.xx\";)", "event 'cotp.xx' is unknown: no decoder tells it");
}

static void bad_contents(void)
{
	expect(H "(sid:1; content:x;)", "content 'x' is not in quotes");
	expect(H "(sid:1; content:\"\";)", "content is empty: give at least one octet");
	expect(H "(sid:1; content:\"|0|\";)", "content at '0|': write |hex pairs| and escape \\ \" ; : and | with a backslash");
	expect(H "(sid:1; content:\"|00\";)", "content at '': write |hex pairs| and escape \\ \" ; : and | with a backslash");
	expect(H "(sid:1; content:\"a\\nb\";)", "content at 'nb': write |hex pairs| and escape \\ \" ; : and | with a backslash");
	expect(H "(sid:1; offset:3; content:\"a\";)", "offset has no content before it");
	expect(H "(sid:1; nocase; content:\"a\";)", "nocase has no content and no field before it");
	expect(H "(sid:1; content:\"a\"; depth:65536;)",
	       "depth '65536' is not a number of 0 to 65535 (negative ones and variables are not supported)");
	expect(H "(sid:1; content:\"a\"; content:\"b\"; distance:-1;)",
	       "distance '-1' is not a number of 0 to 65535 (negative ones and variables are not supported)");
	expect(H "(sid:1; content:\"abc\"; depth:2;)", "depth 2 is less than the content's 3 octets");
	expect(H "(sid:1; content:\"x\"; content:\"abc\"; within:2;)", "within 2 is less than the content's 3 octets");
	expect(H "(sid:1; content:\"a\"; offset:1; offset:2;)", "offset is given twice for one content");
	expect(H "(sid:1; content:\"a\"; offset:1; startswith;)", "startswith is offset 0 with depth: leave those out");
	expect(H "(sid:1; content:\"a\"; content:\"b\"; offset:1; within:2;)",
	       "one content has distance or within, and offset, depth or startswith: use either");
	expect(H "(sid:1; content:!\"a\";)",
	       "a negated content cannot be decided in a tcp stream: use cotp, mms or iccp, or a flowbits isnotset");
	expect(H "(sid:1; content:\"a\"; endswith;)", "endswith cannot be decided in a tcp stream: use cotp, mms or iccp");
	expect("alert udp any any -> any any (sid:1; content:\"a\"; content:!\"b\"; within:2;)",
	       "a negated content cannot have distance or within: give it offset and depth or nothing");
	expect("alert udp any any -> any any (sid:1; content:!\"a\"; content:\"b\"; within:2;)",
	       "distance or within after a negated content has nothing to count from: put the negated one last");
	expect(H "(sid:1; content:\"a\"; content:\"b\"; distance:40000;)",
	       "a distance, within, offset or depth of 40000: at most 32767 between contents tied together");
}

static void refused_by_name(void)
{
	expect(H "(sid:1; pcre:\"/x/\";)", "keyword 'pcre' is not supported: write contents with distance and within");
	expect(H "(sid:1; threshold:type limit, track by_src, count 1, seconds 60;)",
	       "keyword 'threshold' is not supported: rates are the DoS policy's and the log's");
	expect(H "(sid:1; http.uri; content:\"x\";)",
	       "keyword 'http.uri' is not supported: docs/signatures.md lists those that are");
	expect(H "(sid:1; mms.pdu:\"x\";)", "mms.pdu needs a rule of protocol cotp, mms or iccp");
	expect(H "(sid:1; event:\"mms.read.request\";)", "event needs a rule of protocol cotp, mms or iccp");
	expect(H "(sid:1; content:\"x\"; dsize:>3;)", "dsize and bsize depend on segmentation in a tcp rule: use offset and depth");
	expect(H "(sid:1; flow:established;)",
	       "without content the rule sees only the flow's first packet: flow:established and to_client never hold there");
	expect(H "(sid:1; flowbits:isset,a;)",
	       "without content the rule sees only the flow's first packet: flowbits:isset never holds there");
	expect(H "(sid:1; anomaly:\"tpkt.version\"; content:\"x\";)",
	       "anomaly stands without content, size, event and field keywords: it has no PDU");
	expect("alert iccp any any -> any any (sid:1; event:\"mms.read.request\";)",
	       "event 'mms.read.request' is not of the rule's protocol: use cotp, mms for mms.* and iccp.*, iccp for iccp.*");
	expect("alert mms any any -> any any (sid:1; event:\"mms.read.request\"; mms.service:\"write\";)",
	       "no event can satisfy the rule's event, mms.service and iccp.op together");
	expect("alert iccp any any -> any any (sid:1; iccp.op:\"nonsense\";)", "iccp.op 'nonsense' is no TASE.2 operation");
	expect("alert iccp any any -> any any (sid:1; iccp.name:x;)", "iccp.name 'x' is not in quotes");
	expect("alert iccp any any -> any any (sid:1; iccp.name:\"a*b\";)", "value 'a*b': a * stands only first or last");
	expect("alert cotp any any -> any any (sid:1; cotp.reason:\"x\";)",
	       "cotp.reason 'x' is no number: write n, <n, >n, a-b or a list of those");
	expect("alert cotp any any -> any any (sid:1; cotp.reason;)", "keyword 'cotp.reason' needs a value: cotp.reason:\"...\";");
}

static void the_rest_loads(void)
{
	struct refusals r;
	struct sigset *s = load(H "(sid:1; content:\"a\";)\n" H "(sid:2; pcre:\"/x/\";)\n\n" H "(sid:1; content:\"b\";)\n" H
				  "(gid:2; sid:1; content:\"c\";)\n",
				&r);
	struct sigset_stat st;
	sigset_stat(s, &st);
	CU_ASSERT_EQUAL(st.loaded, 2);
	CU_ASSERT_EQUAL(st.refused, 2);
	CU_ASSERT_EQUAL(st.n_stream, 2);
	CU_ASSERT_EQUAL(st.n_block, 0);
	CU_ASSERT_EQUAL(r.n, 2);
	CU_ASSERT_EQUAL(r.line, 4);
	CU_ASSERT_STRING_EQUAL(r.file, "t.rules");
	CU_ASSERT_STRING_EQUAL(r.text, "sid 1 of gid 1 is taken by t.rules line 1: give each rule its own sid");
	sigset_free(s);
}

static void a_rule_too_long(void)
{
	struct refusals r;
	char *text = malloc(40000);
	memset(text, 'x', 40000);
	strcpy(text + 39000, "\n" H "(sid:5; content:\"a\";)\n");
	struct sigset *s = load(text, &r);
	CU_ASSERT_EQUAL(sigset_n(s), 1);
	CU_ASSERT_EQUAL(r.n, 1);
	CU_ASSERT_STRING_EQUAL(r.text, "the rule is longer than 16383 octets: split it");
	CU_ASSERT_EQUAL(sigset_at(s, 0)->line, 2);
	sigset_free(s);
	free(text);
}

static void what_a_rule_says(void)
{
	struct refusals r;
	struct sigset *s = load(H "(msg:\"a \\\"b\\\"\"; sid:9; rev:4; gid:3; classtype:denial-of-service;)\n"
				  "drop tcp any any -> any any (sid:10; priority:9; noalert;)\n" H
				  "(sid:11; priority:1; classtype:misc-activity;)\n",
				&r);
	CU_ASSERT_EQUAL_FATAL(sigset_n(s), 3);
	const struct sig *a = sigset_at(s, 0), *b = sigset_at(s, 1), *c = sigset_at(s, 2);
	CU_ASSERT(a->sid == 10 && a->action == SIG_DROP && a->priority == 4 && a->noalert && a->gid == 1);
	CU_ASSERT(b->sid == 11 && b->priority == 1);
	CU_ASSERT(c->sid == 9 && c->rev == 4 && c->gid == 3 && c->priority == 2 && c->line == 1 && c->index == 2);
	CU_ASSERT_STRING_EQUAL(c->msg, "a \"b\"");
	CU_ASSERT_STRING_EQUAL(c->classtype, "denial-of-service");
	CU_ASSERT_PTR_NULL(sigset_at(s, 3));
	sigset_free(s);
}

static uint64_t hash_of(const char *text, bool custom)
{
	struct refusals r;
	const struct sig_source src = { .name = "t.rules", .text = text, .custom = custom };
	struct sigset *s = load_sources(&src, 1, &r);
	struct sigset_stat st;
	sigset_stat(s, &st);
	sigset_free(s);
	return st.hash;
}

static void the_hash(void)
{
	static const char rule[] = H "(sid:1; content:\"a b\"; flowbits:set,x;)\n";
	const uint64_t h = hash_of(rule, false);
	CU_ASSERT_EQUAL(h, hash_of("# comment\n alert  tcp any any ->\tany any (sid:1;  content:\"a b\"; flowbits:set,x;)", false));
	CU_ASSERT_EQUAL(h, hash_of(H "(sid:1; content:\"a b\"; flowbits:set,x;)\n" H "(sid:2; pcre:\"/x/\";)\n", false));
	CU_ASSERT_NOT_EQUAL(h, hash_of(rule, true));
	CU_ASSERT_NOT_EQUAL(h, hash_of("", false));
	CU_ASSERT_NOT_EQUAL(h, hash_of(H "(sid:1; content:\"a  b\"; flowbits:set,x;)\n", false));
	CU_ASSERT_NOT_EQUAL(h, hash_of(H "(sid:1; content:\"a b\"; flowbits:set,y;)\n", false));
	CU_ASSERT_NOT_EQUAL(h, hash_of(H "(sid:2; content:\"a b\"; flowbits:set,x;)\n", false));
}

/* Hyperscan has the last word: what it cannot compile is refused like any other rule, and the rest is compiled again. */
static void too_large_to_compile(void)
{
	static const char first[] = H "(sid:1; content:\"abc\";)\n",
			  last[] = "drop mms any any -> any any (sid:3; content:\"x\";)\n";
	char text[2048], without[512];
	struct refusals r;
	snprintf(text, sizeof(text), "%s" H "(sid:2; flowbits:isset,t; content:\"a\";", first);
	for (unsigned i = 0; i < 20; i++)
		strcat(text, " content:\"b\"; within:30000;");
	strcat(strcat(text, ")\n"), last);
	struct sigset *s = load(text, &r);
	struct sigset_stat st;
	sigset_stat(s, &st);
	CU_ASSERT(r.n == 1 && r.line == 2 && st.refused == 1);
	CU_ASSERT_STRING_EQUAL(r.text, "its contents do not compile (Pattern too large.): use smaller distances and depths");
	CU_ASSERT_EQUAL_FATAL(sigset_n(s), 2);
	CU_ASSERT(sigset_at(s, 0)->sid == 3 && sigset_at(s, 1)->sid == 1 && sigset_at(s, 1)->index == 1);
	snprintf(without, sizeof(without), "%s%s", first, last);
	CU_ASSERT_EQUAL(st.hash, hash_of(without, false));
	sigset_free(s);
}

/* Every truncation and every one-octet change of a rule is loaded or refused with words. */
static void damaged_rules(void)
{
	static const char rule[] =
		"drop iccp [10.0.0.0/8,!$OT_NET] any -> any $OT_PORTS (msg:\"x\\\"y\"; content:\"a|00 01|\"; nocase; "
		"content:!\"b\"; iccp.name:\"B*,*|41|\"; mms.value:1-3; flowbits:isset,a|b; sid:7;)";
	static const char odd[] = "\";:|\\()[]!$,*<>0 \n";
	char text[sizeof(rule)];
	struct refusals r;
	for (size_t i = 0; i < sizeof(rule); i++) {
		memcpy(text, rule, i);
		text[i] = '\0';
		sigset_free(load(text, &r));
		CU_ASSERT(r.n <= 1);
	}
	unsigned refused = 0;
	for (size_t i = 0; i + 1 < sizeof(rule); i++) {
		for (size_t k = 0; k < sizeof(odd); k++) {
			memcpy(text, rule, sizeof(rule));
			text[i] = odd[k];
			struct sigset *s = load(text, &r);
			CU_ASSERT(sigset_n(s) + r.n <= 2 && (r.n == 0 || r.text[0] != '\0'));
			refused += r.n;
			sigset_free(s);
		}
	}
	CU_ASSERT(refused > 1000);
}

UNIT_MAIN({ "rules that load", good_rules }, { "bad headers", bad_headers }, { "bad options", bad_options },
	  { "bad contents", bad_contents }, { "refused by name", refused_by_name }, { "the rest loads", the_rest_loads },
	  { "a rule too long", a_rule_too_long }, { "what a rule says", what_a_rule_says }, { "the hash", the_hash },
	  { "too large to compile", too_large_to_compile }, { "damaged rules", damaged_rules })
