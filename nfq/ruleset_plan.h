/* ruleset_plan.h - which commands install and remove the rules: pure, nothing is run here.
 */
#ifndef NFQ_RULESET_PLAN_H
#define NFQ_RULESET_PLAN_H

#include "nfq/ruleset.h"

enum ruleset_backend { RULESET_NFT, RULESET_IPTABLES, RULESET_BACKENDS };

/* What a command's success means. */
enum ruleset_want {
	WANT_DONE,                   /* must succeed */
	WANT_TRIED,                  /* may fail */
	WANT_GONE,                   /* must fail: it looks for what should not be there any more */
	WANT_UNLESS                  /* when it succeeds, the next one is left out */
};

enum { RULESET_ARGS_MAX = 12, RULESET_CMDS_MAX = 16, RULESET_INPUT_MAX = 32768 };

struct ruleset_cmd {
	const char *argv[RULESET_ARGS_MAX]; /* NULL at the end */
	const char *input;           /* for its standard input; NULL: none. Lent by the plan */
	enum ruleset_want want;
};

struct ruleset_plan {
	struct ruleset_cmd cmd[RULESET_CMDS_MAX];
	unsigned n;
	char input[2][RULESET_INPUT_MAX]; /* one a family */
};

const char *ruleset_backend_name(enum ruleset_backend b);
/* Are interface names and numbers such that they may stand in rules? why: RULESET_TEXT. */
enum err ruleset_check(const struct ruleset_opt *o, char *why) MUST_USE;
/* Here and below the options have been checked. Commands that ask whether the kernel can do it, without changing
 * anything; none when only trying tells. */
void ruleset_plan_probe(struct ruleset_plan *p, enum ruleset_backend b, const struct ruleset_opt *o);
/* ipv6: the kernel has it. */
void ruleset_plan_install(struct ruleset_plan *p, enum ruleset_backend b, const struct ruleset_opt *o, bool ipv6);
void ruleset_plan_remove(struct ruleset_plan *p, enum ruleset_backend b, bool ipv6);
/* Commands that print the rules of everybody. */
void ruleset_plan_list(struct ruleset_plan *p, enum ruleset_backend b, bool ipv6);
/* The first line of such a listing that switches connection tracking on, and with it the reassembly of fragments; empty: none. */
struct span ruleset_find_conntrack(const char *listing);

#endif
