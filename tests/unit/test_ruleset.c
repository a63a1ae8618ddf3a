/* Rules and sysctls: the texts and commands, what is refused, the state file (cut, changed, hostile), whose conntrack it is. */
#include <errno.h>
#include <stdlib.h>

#include "nfq/ruleset_run.h"
#include "nfq/ruleset_state.h"
#include "tests/unit/unit.h"

static const char *const TWO[] = { "lan0", "wan0.7" };
static const struct ruleset_opt BASIC = { .iface = TWO, .n_iface = 2, .queue = 5, .n_queues = 1 };

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;
	for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
		n++;
	return n;
}

/* The whole of a plan as text, to be compared. */
static const char *commands(const struct ruleset_plan *p)
{
	static char text[4096];
	static const char *const want[] = { "done", "tried", "gone", "unless" };
	size_t len = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < p->n; i++) {
		len += (size_t)snprintf(&text[len], sizeof(text) - len, "%s:", want[p->cmd[i].want]);
		for (unsigned k = 0; p->cmd[i].argv[k] != NULL; k++)
			len += (size_t)snprintf(&text[len], sizeof(text) - len, " %s", p->cmd[i].argv[k]);
		len += (size_t)snprintf(&text[len], sizeof(text) - len, "%s\n", p->cmd[i].input != NULL ? " <" : "");
	}
	return text;
}

static struct ruleset_plan plan;

static void test_names(void)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{ "eth0", true }, { "eth0.100", true }, { "br-lan", true }, { "wan@x", true }, { "a23456789012345", true },
		{ "a234567890123456", false }, { "", false }, { ".", false }, { "..", false }, { "-j", false }, { "eth+", false },
		{ "a b", false }, { "a/b", false }, { "a\nb", false }, { "a\"b", false }, { "a;b", false }, { "a%b", false },
		{ "*", false }, { "!a", false },
	};
	char why[RULESET_TEXT];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ruleset_opt o = { .iface = &rows[i].name, .n_iface = 1, .n_queues = 1 };
		CU_ASSERT_EQUAL(ruleset_check(&o, why) == OK, rows[i].good);
	}
}

static void test_numbers(void)
{
	static const struct {
		uint16_t queue, n;
		unsigned n_iface;
		bool good;
	} rows[] = {
		{ 0, 1, 1, true }, { 65535, 1, 1, true }, { 65534, 2, 1, true }, { 65535, 2, 1, false }, { 0, 0, 1, false },
		{ 0, 64, 1, true },
		{ 0, 65, 1, false }, { 0, 1, 0, false }, { 0, 1, RULESET_IFACES_MAX + 1, false },
	};
	static const char *names[RULESET_IFACES_MAX + 1];
	char why[RULESET_TEXT];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		names[i] = "x";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ruleset_opt o = { .iface = names, .n_iface = rows[i].n_iface };
		o.queue = rows[i].queue;
		o.n_queues = rows[i].n;
		CU_ASSERT_EQUAL(ruleset_check(&o, why) == OK, rows[i].good);
	}
}

static void test_iptables(void)
{
	ruleset_plan_install(&plan, RULESET_IPTABLES, &BASIC, true);
	CU_ASSERT_STRING_EQUAL(commands(&plan), "done: iptables-restore -w 5 -n <\n"
						"unless: iptables -w 5 -t raw -C PREROUTING -j IPS_PREROUTING\n"
						"done: iptables -w 5 -t raw -I PREROUTING -j IPS_PREROUTING\n"
						"done: ip6tables-restore -w 5 -n <\n"
						"unless: ip6tables -w 5 -t raw -C PREROUTING -j IPS_PREROUTING\n"
						"done: ip6tables -w 5 -t raw -I PREROUTING -j IPS_PREROUTING\n");
	CU_ASSERT_STRING_EQUAL(plan.cmd[0].input, "*raw\n:IPS_PREROUTING - [0:0]\n"
						  "-A IPS_PREROUTING -i lan0 -j NFQUEUE --queue-num 5\n"
						  "-A IPS_PREROUTING -i wan0.7 -j NFQUEUE --queue-num 5\n"
						  "COMMIT\n");
	ruleset_plan_install(&plan, RULESET_IPTABLES, &BASIC, false);
	CU_ASSERT_EQUAL(count(commands(&plan), "ip6tables"), 0);
}

/* Only what belongs to the link comes back out of the chain, and what no other rule took is queued. */
static void test_ip6tables(void)
{
	ruleset_plan_install(&plan, RULESET_IPTABLES, &BASIC, true);
	const char *text = plan.cmd[3].input;
	const char *tail = "-A IPS_PREROUTING -i lan0 -j NFQUEUE --queue-num 5\n"
			   "-A IPS_PREROUTING -i wan0.7 -j NFQUEUE --queue-num 5\nCOMMIT\n";
	CU_ASSERT_STRING_EQUAL(text + strlen(text) - strlen(tail), tail);
	CU_ASSERT_EQUAL(count(text, "-j RETURN"), 5 * 3 + 4);
	CU_ASSERT_EQUAL(count(text, "-j RETURN"), count(text, "--hl-eq 255 ") + count(text, "--hl-eq 1 "));
	CU_ASSERT_EQUAL(count(text, "-j ACCEPT"), 0);
	for (unsigned type = 0; type < 256; type++) {
		char word[32];
		snprintf(word, sizeof(word), "--icmpv6-type %u ", type);
		const bool listener = (type >= 130 && type <= 132) || type == 143;
		CU_ASSERT_EQUAL(count(text, word), type >= 133 && type <= 137 ? 3 : listener ? 1 : 0);
	}
}

static void test_queues(void)
{
	struct ruleset_opt o = BASIC;
	o.n_queues = 4;
	for (unsigned b = 0; b < RULESET_BACKENDS; b++)
		for (unsigned open = 0; open < 2; open++) {
			o.fail_open = open != 0;
			ruleset_plan_install(&plan, (enum ruleset_backend)b, &o, true);
			for (unsigned i = 0; i < plan.n; i++) {
				const char *in = plan.cmd[i].input;
				if (in == NULL)
					continue;
				const unsigned queues = count(in, "--queue-balance 5:8") + count(in, "queue num 5-8");
				CU_ASSERT(queues != 0);
				CU_ASSERT_EQUAL(count(in, "bypass"), open ? queues : 0);
			}
		}
}

static void test_nft(void)
{
	ruleset_plan_install(&plan, RULESET_NFT, &BASIC, true);
	CU_ASSERT_STRING_EQUAL(commands(&plan), "done: nft -f - <\n");
	CU_ASSERT_STRING_EQUAL(
		plan.cmd[0].input,
		"add table inet ips_queue\ndelete table inet ips_queue\ntable inet ips_queue {\n\tchain prerouting {\n"
		"\t\ttype filter hook prerouting priority -450; policy accept;\n"
		"\t\tiifname != { \"lan0\", \"wan0.7\" } accept\n"
		"\t\ticmpv6 type 133-137 ip6 hoplimit 255 ip6 daddr { fe80::/10, ff00::/8 } accept\n"
		"\t\ticmpv6 type 133-137 ip6 hoplimit 255 fib daddr type local accept\n"
		"\t\ticmpv6 type 130-132 ip6 hoplimit 1 ip6 daddr { ff00::/8 } accept\n"
		"\t\ticmpv6 type 143-143 ip6 hoplimit 1 ip6 daddr { ff00::/8 } accept\n"
		"\t\tqueue num 5\n\t}\n}\n");
	ruleset_plan_probe(&plan, RULESET_NFT, &BASIC);
	CU_ASSERT_STRING_EQUAL(commands(&plan), "done: nft -c -f - <\n");
	ruleset_plan_probe(&plan, RULESET_IPTABLES, &BASIC);
	CU_ASSERT_EQUAL(plan.n, 0);
}

static void test_longest(void)
{
	static const char *names[RULESET_IFACES_MAX];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		names[i] = "a23456789012345";
	const struct ruleset_opt o = { .iface = names, .n_iface = RULESET_IFACES_MAX, .queue = 65472, .n_queues = 64,
				       .fail_open = true };
	ruleset_plan_install(&plan, RULESET_IPTABLES, &o, true);
	CU_ASSERT(plan.n <= RULESET_CMDS_MAX);
	CU_ASSERT_EQUAL(count(plan.cmd[3].input, "NFQUEUE --queue-balance 65472:65535 --queue-bypass\n"), 2 * RULESET_IFACES_MAX);
	CU_ASSERT_EQUAL(count(plan.cmd[3].input, "COMMIT\n"), 1);
	ruleset_plan_install(&plan, RULESET_NFT, &o, true);
	CU_ASSERT_EQUAL(count(plan.cmd[0].input, "bypass\n\t}\n}\n"), 1);
}

static void test_remove(void)
{
	ruleset_plan_remove(&plan, RULESET_IPTABLES, false);
	CU_ASSERT_STRING_EQUAL(commands(&plan), "tried: iptables -w 5 -t raw -D PREROUTING -j IPS_PREROUTING\n"
						"tried: iptables -w 5 -t raw -F IPS_PREROUTING\n"
						"tried: iptables -w 5 -t raw -X IPS_PREROUTING\n"
						"gone: iptables -w 5 -t raw -S IPS_PREROUTING\n");
	ruleset_plan_remove(&plan, RULESET_IPTABLES, true);
	CU_ASSERT_EQUAL(plan.n, 8);
	ruleset_plan_remove(&plan, RULESET_NFT, true);
	CU_ASSERT_STRING_EQUAL(commands(&plan), "tried: nft delete table inet ips_queue\ngone: nft list table inet ips_queue\n");
}

static void test_conntrack(void)
{
	static const struct {
		const char *listing, *found;
	} rows[] = {
		{ "", "" },
		{ "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\nCOMMIT\n", "" },
		{ "# -m conntrack in a comment\n-A x -j CT --notrack\n", "" },
		{ "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
		  "-A FORWARD -m conntrack --ctstate INVALID -j DROP" },
		{ "-A POSTROUTING -o w -j MASQUERADE", "-A POSTROUTING -o w -j MASQUERADE" },
		{ "-A IN -m state --state NEW\n-A POSTROUTING -j SNAT --to 1.2.3.4\n", "-A IN -m state --state NEW" },
		{ "table ip x {\n\tchain y {\n\t\tct state invalid drop\n\t}\n}\n", "ct state invalid drop" },
		{ "\t\ttype nat hook postrouting priority 100;\n", "type nat hook postrouting priority 100;" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct span s = ruleset_find_conntrack(rows[i].listing);
		CU_ASSERT(s.len == strlen(rows[i].found) && memcmp(s.len != 0 ? (const char *)s.p : "", rows[i].found, s.len) == 0);
	}
}

/* --- state ---------------------------------------------------------------------------------- */
#define GOOD "ips-ruleset 1\nboot 1-2-3\nbackend nft\nsysctl net/ipv4/conf/eth0.1/rp_filter 1 2\nsysctl net/bridge/x 0 1\nend\n"

static void test_state(void)
{
	struct ruleset_state s;
	char text[STATE_TEXT_MAX];
	CU_ASSERT_EQUAL_FATAL(state_parse(GOOD, &s), OK);
	CU_ASSERT(s.n == 2 && s.backend == RULESET_NFT);
	CU_ASSERT_STRING_EQUAL(s.boot, "1-2-3");
	CU_ASSERT_STRING_EQUAL(s.sysctl[0].path, "net/ipv4/conf/eth0.1/rp_filter");
	CU_ASSERT_STRING_EQUAL(s.sysctl[0].before, "1");
	CU_ASSERT_STRING_EQUAL(s.sysctl[1].ours, "1");
	state_format(&s, text);
	CU_ASSERT_STRING_EQUAL(text, GOOD);
}

static void test_state_full(void)
{
	static struct ruleset_state s, back;
	static char text[STATE_TEXT_MAX];
	s = (struct ruleset_state){ .n = STATE_SYSCTLS_MAX, .backend = RULESET_IPTABLES };
	memset(s.boot, 'b', sizeof(s.boot) - 1);
	for (unsigned i = 0; i < s.n; i++) {
		memset(s.sysctl[i].path, 'x', SYSCTL_PATH - 1);
		memcpy(s.sysctl[i].path, "net/", 4);
		memset(s.sysctl[i].before, '1', SYSCTL_VALUE - 1);
		memset(s.sysctl[i].ours, '2', SYSCTL_VALUE - 1);
	}
	state_format(&s, text);
	CU_ASSERT_EQUAL(state_parse(text, &back), OK);
	CU_ASSERT_EQUAL(memcmp(&s, &back, sizeof(s)), 0);
	char *end = strstr(text, "end\n");
	strcpy(end, "sysctl net/y 1 2\nend\n");
	CU_ASSERT_EQUAL(state_parse(text, &back), ERR_MALFORMED);
}

static void test_state_bad(void)
{
	static const char *const rows[] = {
		"", "\n", "ips-ruleset 2\nboot x\nbackend nft\nend\n", "ips-ruleset 1\n", "ips-ruleset 1\nend\n",
		"ips-ruleset 1\nboot x\nend\n", "ips-ruleset 1\nbackend nft\nend\n", "ips-ruleset 1\nboot x\nbackend awk\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl kernel/core_pattern 1 2\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl net/../kernel/x 1 2\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl net/x |sh 2\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl net/x 1\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl net/x 1 2 3\nend\n", "ips-ruleset 1\nboot x\nbackend nft\nwhat\nend\n",
		"ips-ruleset 1\nboot x\nbackend nft\nend\nmore\n",
		"ips-ruleset 1\nboot x\nbackend nft\nsysctl net/x 1234567890123456 1\nend\n",
	};
	struct ruleset_state s;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CU_ASSERT_NOT_EQUAL(state_parse(rows[i], &s), OK);
	for (size_t len = 0; len < strlen(GOOD); len++) {
		char *copy = strndup(GOOD, len);
		CU_ASSERT_NOT_EQUAL(state_parse(copy, &s), OK);
		free(copy);
	}
}

static void check_harmless(const struct state_sysctl *y)
{
	CU_ASSERT(strncmp(y->path, "net/", 4) == 0 && strstr(y->path, "..") == NULL);
	CU_ASSERT(y->before[strspn(y->before, "-0123456789")] == '\0');
	CU_ASSERT(y->ours[strspn(y->ours, "-0123456789")] == '\0');
}

static void test_state_changed(void)
{
	for (size_t i = 0; i < strlen(GOOD); i++)
		for (unsigned v = 0; v < 256; v++) {
			struct ruleset_state s;
			char *copy = strdup(GOOD);
			copy[i] = (char)v;
			if (state_parse(copy, &s) == OK)
				for (unsigned k = 0; k < s.n; k++)
					check_harmless(&s.sysctl[k]);
			free(copy);
		}
}

/* --- sysctls -------------------------------------------------------------------------------- */
static void test_wants(void)
{
	static const struct {
		bool forward, nat, bridge;
		const char *paths;
	} rows[] = {
		{ false, false, false, "net/ipv4/conf/lan0/rp_filter net/ipv4/conf/wan0.7/rp_filter " },
		{ false, true, false, "net/ipv4/conf/lan0/rp_filter net/ipv4/conf/wan0.7/rp_filter net/ipv4/conf/lan0/accept_local "
				      "net/ipv4/conf/wan0.7/accept_local " },
		{ true, false, true, "net/ipv4/conf/lan0/rp_filter net/ipv4/conf/wan0.7/rp_filter net/ipv4/conf/lan0/forwarding "
				     "net/ipv4/conf/wan0.7/forwarding net/ipv6/conf/all/forwarding "
				     "net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables " },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[1024] = "";
		struct ruleset_opt o = BASIC;
		struct state_want w;
		o.forward = rows[i].forward;
		o.nat = rows[i].nat;
		o.bridge = rows[i].bridge;
		for (unsigned at = 0; state_next_want(&o, &at, &w);) {
			strcat(got, w.path);
			strcat(got, " ");
		}
		CU_ASSERT_STRING_EQUAL(got, rows[i].paths);
	}
}

static void test_decide(void)
{
	const struct state_want filter = { .value = "2", .bad = "1" }, flag = { .value = "1" };
	static const struct {
		bool filter;
		const char *now, *also, *value;
	} rows[] = {
		{ true, "0", "0", NULL }, { true, "1", "0", "2" }, { true, "0", "1", "2" }, { true, "2", "1", NULL },
		{ true, "1", "2", NULL }, { true, "1", "", "2" }, { true, "0", "", NULL }, { false, "0", "", "1" },
		{ false, "1", "", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *v = state_decide(rows[i].filter ? &filter : &flag, rows[i].now, rows[i].also);
		CU_ASSERT(rows[i].value == NULL ? v == NULL : v != NULL && strcmp(v, rows[i].value) == 0);
	}
}

/* --- running -------------------------------------------------------------------------------- */
static void test_run(void)
{
	static const struct {
		const char *argv[4], *input;
		enum run_end end;
		int code;
		const char *output;
	} rows[] = {
		{ { "cat" }, "one\ntwo\n", RUN_DONE, 0, "one\ntwo\n" },
		{ { "cat" }, NULL, RUN_DONE, 0, "" },
		{ { "false" }, NULL, RUN_FAILED, 1, "" },
		{ { "no-such-program" }, NULL, RUN_MISSING, ENOENT, "" },
		{ { "echo", "$HOME; `x`" }, NULL, RUN_DONE, 0, "$HOME; `x`\n" },
		{ { "sh", "-c", "echo said >&2; exit 7" }, NULL, RUN_FAILED, 7, "said\n" },
		{ { "sh", "-c", "kill -9 $$" }, NULL, RUN_FAILED, 128 + 9, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run_result r;
		run_program(rows[i].argv, rows[i].input, &r);
		CU_ASSERT_EQUAL(r.end, rows[i].end);
		CU_ASSERT_EQUAL(r.code, rows[i].code);
		CU_ASSERT_STRING_EQUAL(r.output, rows[i].output);
		run_result_free(&r);
	}
}

UNIT_MAIN({ "interface names", test_names }, { "numbers", test_numbers }, { "iptables", test_iptables },
	  { "ip6tables", test_ip6tables },
	  { "several queues, fail-open only when told", test_queues }, { "nft", test_nft }, { "the longest text", test_longest },
	  { "removal", test_remove }, { "users of connection tracking", test_conntrack }, { "the state file", test_state },
	  { "the longest state file", test_state_full }, { "bad state files", test_state_bad },
	  { "a state file with a changed octet", test_state_changed },
	  { "sysctls wanted", test_wants }, { "sysctls decided", test_decide },
	  { "programs run", test_run })
