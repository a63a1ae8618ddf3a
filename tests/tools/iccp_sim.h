/* iccp_sim.h - what the parts of iccp-sim share: options, numbers, what signals ask for. */
#ifndef TESTS_ICCP_SIM_H
#define TESTS_ICCP_SIM_H

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/types.h"

enum { SIM_TEXTS_MAX = 16, SIM_SCRIPT_MAX = 32 };

struct sim_addr {
	struct sockaddr_storage addr;
	socklen_t len; /* 0: not given */
};

enum sim_tamper { TAMPER_NONE, TAMPER_CORRUPT, TAMPER_LOSE, TAMPER_DOUBLE };

struct sim_opt {
	bool server;
	struct sim_addr listen, connect, bind;
	uint32_t once, associations, seed, points, seconds, reports, pace_ms, pause_ms, poll_ms, patience_s, texts, tpdu_size,
		fragment;
	uint32_t rate_mhz;
	bool acked, operate, alike;
	uint32_t text_only; /* the one association that has the strings; UINT32_MAX: all */
	const char *domain, *script, *split_text, *split_as, *hold_at;
	struct {
		uint32_t number;
		const char *text;
	} text_at[SIM_TEXTS_MAX];
	size_t n_texts_at;
	uint64_t tamper_at;
	uint32_t tamper_step;
	enum sim_tamper tamper;
};

/* X(field, what): the numbers of the report, in its order */
#define SIM_NUM_LIST(X)                                                                                                            \
	X(associations, "associations that came about")                                                                            \
	X(concluded, "of these, concluded in order")                                                                               \
	X(aborted, "of these, aborted because that was asked for")                                                                 \
	X(resets, "connections that ended or failed otherwise")                                                                    \
	X(open, "not ended yet")                                                                                                   \
	X(bad, "associations with anything wrong")                                                                                 \
	X(octets_sent, "octets handed to TCP")                                                                                     \
	X(octets_received, "octets that TCP handed over")                                                                          \
	X(octets_missing, "octets that were due and did not come")                                                                 \
	X(mismatches, "messages with a wrong octet")                                                                               \
	X(reports, "reports")                                                                                                      \
	X(acks, "acknowledgements of reports")                                                                                     \
	X(requests, "confirmed requests")                                                                                          \
	X(longest_gap_ms, "longest pause between two receipts while something was due")

struct sim_num {
#define X(field, what) uint64_t field;
	SIM_NUM_LIST(X)
#undef X
};

/* What signals asked for. */
struct sim_asked {
	bool end, go_on, enough;
};

/* What an association does, one after another. */
enum sim_do { DO_CR, DO_CONNECT, DO_OP, DO_TEXT, DO_REPORTS, DO_CONCLUDE, DO_FINISH, DO_ABORT, DO_HOLD, DO_END };
struct sim_act {
	enum sim_do what;
	uint32_t arg; /* the operation or the text's number */
};
struct sim_program {
	struct sim_act act[512];
	size_t n;
};

/* The acts of the script's steps; false, with one line printed, where a step is unknown. */
bool script_make(const struct sim_opt *o, const char *steps, struct sim_program *p);
/* All steps' names, for messages. */
const char *script_names(void);

/* False, with one line printed, if the arguments are wrong. */
bool opt_parse(struct sim_opt *o, int argc, char **argv);
void opt_usage(void);

/* ppoll() that signals end; what they asked for is told by sim_asked(). until: sim_now()'s time, INT64_MAX for none. */
void sim_poll(struct pollfd *fds, size_t n, int64_t until);
struct sim_asked sim_asked(void);
/* Prints the numbers and a line with a full stop, if SIGUSR2 asked for them. */
void sim_progress(const struct sim_num *n);
void sim_numbers(const struct sim_num *n);
/* CLOCK_MONOTONIC in nanoseconds. */
int64_t sim_now(void);

/* The two roles: the exit code. */
int client_run(const struct sim_opt *o);
int server_run(const struct sim_opt *o);

#endif
