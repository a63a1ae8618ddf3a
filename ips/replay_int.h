/* replay_int.h - what the files of the replay share. */
#ifndef IPS_REPLAY_INT_H
#define IPS_REPLAY_INT_H

#include <signal.h>
#include <stdio.h>

#include "ips/capset.h"
#include "ips/octets.h"
#include "ips/outfile.h"
#include "ips/outgoing.h"
#include "ips/replay.h"
#include "ips/summary.h"

struct replay {
	const struct replay_opts *o;
	struct gen *gen;
	struct outfile *eve, *log, *events;
	struct outbuf line;
	struct summary sum;
	struct packet batch[PKTIO_BATCH_MAX];
	struct outgoing out;
	FILE *text; /* lists: standard output, unless that carries a log or the JSON */
	bool usage; /* an option that does not fit a capture */
	bool failed;
	bool stopped; /* interrupted, or an output failed: nothing that was begun is kept */
	bool cuts_differ;
	const volatile sig_atomic_t *interrupted;
};

/* A line on standard error. */
void replay_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Gives up what was begun. */
void replay_stop(struct replay *p);
void replay_say_interrupted(struct replay *p, const char *path, const char *what, uint64_t n);
/* How far it is, on a terminal; percent < 0 takes the line away. */
void replay_progress(const char *path, const char *what, int percent);
/* A capture's name in messages. */
const char *replay_named(const char *path);

/* --- replay_cuts.c: with a failover --- */
struct replay_cuts {
	struct capset cap;
	struct octets octets; /* where they come from, with --failover bytes */
};

/* The packets to cut, before anything is run; what does not fit the capture is told, and false. */
bool replay_load_cuts(struct replay *p, const char *path, struct replay_cuts *c);
void replay_run_cuts(struct replay *p, const char *path, const struct replay_cuts *c);
void replay_free_cuts(struct replay_cuts *c);

#endif
