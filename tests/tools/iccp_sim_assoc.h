/* iccp_sim_assoc.h - one association of the client: what it sends and what it makes of what comes. */
#ifndef TESTS_ICCP_SIM_ASSOC_H
#define TESTS_ICCP_SIM_ASSOC_H

#include "tests/tools/iccp_sim_conn.h"

/* What an association waits for before it can go on. */
enum wait { W_NOTHING, W_TCP, W_CC, W_ACCEPT, W_RESPONSE, W_CONCLUDED, W_DISCONNECT, W_FLUSH, W_ENDED };

struct assoc {
	struct conn c;
	struct pdu_model m;
	enum wait wait;
	const struct sim_program *program;
	size_t at;
	bool established, running, defined, seen_report, holds, reporting;
	uint8_t codes;  /* TPDU sizes: proposed in the high half, agreed in the low one */
	enum pdu_op op; /* what is asked for */
	uint32_t invoke, sequence, polled;
	struct pdu_arg arg;
	uint64_t asked_up_to; /* offset behind the request */
	int64_t since, next_at, reports_end, poll_at;
	uint8_t text[PDU_TEXT_MAX];
};

struct client {
	const struct sim_opt *o;
	struct sim_num num;
	struct sim_program script, closing;
	struct assoc *a;
	struct pollfd *fds;
	bool said_ready, said_holding;
	uint8_t scratch[PDU_CAP];
};

/* The next act, unless the association waits for something. */
void assoc_go_on(struct client *cl, struct assoc *a, int64_t now);
/* What conn_next() told of; false when the association is over. */
bool assoc_take(struct client *cl, struct assoc *a, enum conn_event event, int64_t now);
/* Over: in order, or not. */
void assoc_end(struct client *cl, struct assoc *a);
void assoc_fail(struct client *cl, struct assoc *a, const char *why);

#endif
