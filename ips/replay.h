/* replay.h - a replay's options and its run. */
#ifndef IPS_REPLAY_H
#define IPS_REPLAY_H

#include "ips/faulty.h"

#define REPLAY_RULES_MAX 32

struct replay_opts {
	const char *config, *home_net, *eve, *log, *events, *write;
	const char *rules[REPLAY_RULES_MAX];     /* NULL-terminated */
	size_t n_rules;
	bool failover, sessions, share, json, strict;
	uint64_t failover_at;                    /* 0 = every */
	bool failover_octets;                    /* every, with each octet of TCP in a packet of its own */
	bool failover_crash;                     /* between commit and release */
	struct faulty_cfg sync;                  /* faults between both nodes */
	uint64_t seed;
	int mutate;                              /* schema row read as zero by node B, test builds only; -1 = none */
	char **captures;
	size_t n_captures;
};

/* Runs it, prints what was asked for, returns the exit code. */
int replay_run(const struct replay_opts *o);

#endif
