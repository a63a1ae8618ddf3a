/* script.h - the notification scripts of a node of a pair: what it has become, told to a program of the operator's.
 *
 * Run by the process that keeps root, never by the engine: an absolute path, one argument ("active", "passive" or "fault") and
 * the node's name behind it, nothing of this process's environment or descriptors but PATH. One at a time; while one runs, only
 * the latest state waits. One that runs too long is killed with all it has started. Nothing here waits. One thread.
 *
 * Whoever may write to a program, or put another one in its place, is root: so each is looked at when the configuration is read,
 * and again each time it is to run.
 */
#ifndef IPS_SCRIPT_H
#define IPS_SCRIPT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

/* X(id, word) */
#define SCRIPT_LIST(X)               \
	X(SCRIPT_ACTIVE, "active")   \
	X(SCRIPT_PASSIVE, "passive") \
	X(SCRIPT_FAULT, "fault")

enum script_state {
#define X(id, word) id,
	SCRIPT_LIST(X)
#undef X
	SCRIPT_N
};

enum { SCRIPT_PATH = 256, SCRIPT_WHY = 512 };

struct script {
	const char *path[SCRIPT_N];  /* borrowed; NULL or "": none */
	const char *name;            /* the node's */
	int64_t limit_ns;            /* a script may run for so long */
	pid_t pid;                   /* the one that runs; 0: none */
	int64_t began;
	enum script_state running, last;
	bool waits, told;            /* last is to be told; was told */
	uint64_t runs, killed, failed; /* failed: those that were refused as well */
};

/* Is that a program that nobody but root and user own can change: itself, its folder and those above? Else why, and a remedy. */
bool script_safe(const char *path, uid_t own, char why[SCRIPT_WHY]) MUST_USE;
/* Runs it, or lets it wait for the one that runs. The same state again is not told. */
void script_tell(struct script *s, enum script_state st, int64_t now);
/* A child has ended: true, it was the script. */
bool script_ended(struct script *s, pid_t pid, int status, int64_t now);
/* Every turn: ends one that runs too long. */
void script_time(struct script *s, int64_t now);

#endif
