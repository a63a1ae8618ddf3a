/* fuzz_gen.h - the generation that the engine's targets and the seeds run under: a few rules of every kind, no files. */
#ifndef TESTS_FUZZ_FUZZ_GEN_H
#define TESTS_FUZZ_FUZZ_GEN_H

#include "ips/gen.h"
#include "tests/fuzz/fuzz.h"

static const char fuzz_rules[] =
	"alert tcp any any -> any any (msg:\"stream\"; content:\"ICC_A_B\"; sid:1;)\n"
	"alert tcp any any -> any any (msg:\"two\"; content:\"Bilateral\"; content:\"Table\"; distance:0; within:8; sid:2;)\n"
	"alert tcp any any -> any any (msg:\"parts\"; content:\"Transfer_Set\"; content:\"BRK1\"; flowbits:set,parts; sid:3;)\n"
	"drop tcp any any -> any any (msg:\"far\"; content:\"DSTrans1\"; content:\"DSTrans1\"; distance:4; sid:4;)\n"
	"alert tcp any any -> any any (msg:\"set\"; content:\"|03 00|\"; depth:2; flowbits:set,tpkt; noalert; sid:5;)\n"
	"alert mms any any -> any any (msg:\"write\"; mms.service:\"write\"; flowbits:set,wrote; sid:6;)\n"
	"alert mms any any -> any any (msg:\"after\"; mms.service:\"read\"; flowbits:isset,wrote; sid:7;)\n"
	"reject iccp any any -> any any (msg:\"operate\"; iccp.op:\"deviceOperate\"; sid:8;)\n"
	"alert cotp any any -> any any (msg:\"tsap\"; cotp.src_tsap:\"|00 01|\"; sid:9;)\n"
	"alert udp any any -> any any (msg:\"datagram\"; content:\"|81|\"; depth:1; sid:10;)\n"
	"alert ip any any -> any any (msg:\"any\"; sid:11;)\n";

static inline void fuzz_gen_refused(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s:%u: %s\n", file, line, text);
	abort();
}

static inline const struct policy_set *fuzz_policies(enum policy_prefer prefer)
{
	static struct policy_set *made[PREFER_SECURITY + 1];
	const struct policy_rule all = { .id = 1, .action = POLICY_ACCEPT, .inspect = true, .without_syn = true,
		                         .session_sync = true, .log_traffic = true, .prefer = prefer, .sensor = -1 };
	if (made[prefer] == NULL)
		FUZZ_CHECK(policy_set_new(&all, 1, &made[prefer]) == OK);
	return made[prefer];
}

static inline const struct sigset *fuzz_sigs(void)
{
	static struct sigset *made;
	const struct sig_source src = { "fuzz.rules", fuzz_rules, false };
	const struct sig_var var = { "HOME_NET", "any" };
	if (made == NULL)
		FUZZ_CHECK(sigset_new(&src, 1, &var, 1, fuzz_gen_refused, NULL, &made) == OK);
	return made;
}

/* Policies and signatures are made once; the rest is the caller's to change. Not for gen_free. */
static inline struct gen fuzz_gen(enum policy_prefer prefer)
{
	struct session_cfg sc;
	struct gen g = { .limits = dec_limits_default, .max_sessions = 256, .stream_memory = 1 << 24, .budget = 1 << 20,
			 .share_tcp = true, .share_rest = true };
	session_cfg_default(&sc);
	memcpy(g.timeout_s, sc.timeout_s, sizeof(g.timeout_s));
	g.policy = (struct policy_set *)(uintptr_t)fuzz_policies(prefer);
	g.sigs = (struct sigset *)(uintptr_t)fuzz_sigs();
	return g;
}

#endif
