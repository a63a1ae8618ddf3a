/* ruleset_state.h - the sysctls that the rules need, and the file that remembers what they were.
 *
 * The file's text and the decisions are pure; its reader trusts nothing in it.
 */
#ifndef NFQ_RULESET_STATE_H
#define NFQ_RULESET_STATE_H

#include "nfq/ruleset_plan.h"

enum {
	SYSCTL_PATH = 96,            /* below /proc/sys */
	SYSCTL_VALUE = 16,
	STATE_SYSCTLS_MAX = RULESET_IFACES_MAX * 3 + 4,
	STATE_BOOT = 40,
	STATE_TEXT_MAX = STATE_SYSCTLS_MAX * (SYSCTL_PATH + 2 * SYSCTL_VALUE + 12) + 128
};

struct state_sysctl {
	char path[SYSCTL_PATH];
	char before[SYSCTL_VALUE], ours[SYSCTL_VALUE];
};

struct ruleset_state {
	char boot[STATE_BOOT];       /* which boot of the machine this is about */
	enum ruleset_backend backend;
	unsigned n;
	struct state_sysctl sysctl[STATE_SYSCTLS_MAX];
};

/* Text of at most STATE_TEXT_MAX octets. */
void state_format(const struct ruleset_state *s, char *text);
enum err state_parse(const char *text, struct ruleset_state *s) MUST_USE;

/* Sysctls of one row for the options, as asked for one after the other from *at = 0: path, and the value it should have
 * where it has none that will do; false: no more. */
struct state_want {
	char path[SYSCTL_PATH];
	char also[SYSCTL_PATH];      /* the larger of this one's value and path's counts; empty: none */
	const char *value;
	const char *bad;             /* the only value that will not do; NULL: all others than value */
	const char *missing;         /* what to do when the kernel has no such path; NULL: then it does not matter */
};
bool state_next_want(const struct ruleset_opt *o, unsigned *at, struct state_want *w);
/* The value to write, or NULL when what is there will do. also: "" = none. */
const char *state_decide(const struct state_want *w, const char *now, const char *also);

#endif
