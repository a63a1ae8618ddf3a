/* flowplay_plan.h - what is to be played of a capture: turns in the order in which new octets appear in it, over all connections.
 *
 * Both ends make the same plan of the same capture. Of octets that come twice the first copy counts; octets that come early
 * wait for those before them; what was never captured is left out, and the connection counted as incomplete.
 */
#ifndef TESTS_TOOLS_FLOWPLAY_PLAN_H
#define TESTS_TOOLS_FLOWPLAY_PLAN_H

#include "tests/tools/flowplay_cap.h"

enum plan_side { PLAN_CLIENT, PLAN_SERVER };
enum plan_kind { PLAN_OPEN, PLAN_DATA, PLAN_FIN, PLAN_RST };

struct plan_conn {
	struct cap_end end[2];   /* enum plan_side */
	uint8_t family;
	bool incomplete;         /* a gap, or no whole handshake */
};

struct plan_turn {
	uint64_t nr;             /* packet that made it due */
	uint64_t order;          /* among those of one packet */
	size_t at;               /* in octets */
	uint32_t conn, len;
	uint8_t kind, from;      /* enum plan_kind, enum plan_side */
};

struct plan {
	struct cap cap;          /* owns the octets */
	struct plan_conn *conn;
	struct plan_turn *turn;
	size_t n_conn, n_turn;
	uint64_t n_data, octets[2];      /* turns of data; octets by side */
	uint64_t incomplete;             /* connections played, but not whole */
	uint64_t not_played;             /* nothing but attempts, probes, left-overs */
	uint64_t skipped;                /* octets that no socket could bring: after the end, out of the window */
};

/* Ends the program with a message when the capture cannot be read or holds nothing to play. */
void plan_read(struct plan *p, const char *path);
void plan_fini(struct plan *p);
/* "turn 7 of 90, connection 2 10.1.0.2:57218 > 10.2.0.2:102, from the client" into buf; returns it. */
#define PLAN_TEXT 256
char *plan_text(const struct plan *p, size_t turn, char *buf);

#endif
