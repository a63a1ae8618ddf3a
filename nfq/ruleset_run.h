/* ruleset_run.h - runs one program without a shell: input from memory, output into memory, bounded in time. */
#ifndef NFQ_RULESET_RUN_H
#define NFQ_RULESET_RUN_H

#include "base/err.h"

enum run_end {
	RUN_DONE,                    /* exit status 0 */
	RUN_FAILED,                  /* another status, or killed */
	RUN_MISSING,                 /* no such program */
	RUN_BROKEN                   /* could not be run, or not waited for, or took too long */
};

struct run_result {
	enum run_end end;
	int code;                    /* exit status, signal + 128, or errno */
	char *output;                /* both outputs, ended with NUL; never NULL. Owned */
};

/* Looked for in the system's folders only, with a plain environment. */
void run_program(const char *const *argv, const char *input, struct run_result *r);
void run_result_free(struct run_result *r);

#endif
