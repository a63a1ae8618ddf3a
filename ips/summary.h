/* summary.h - the totals of a replay, added up over its captures, as one JSON object or as text. */
#ifndef IPS_SUMMARY_H
#define IPS_SUMMARY_H

#include "ips/engine.h"
#include "ips/failover.h"
#include "ips/outbuf.h"
#include "nfq/pktio.h"

#define SUMMARY_TOLD 256u

struct summary_difference {
	const char *capture;             /* lent by who added it */
	struct difference d;
};

struct summary {
	const struct gen *gen;
	struct engine_stats st;          /* summed */
	uint64_t packets, bytes;         /* records of the captures, IP or not */
	uint64_t not_ip;
	uint64_t *apps, *alerts, *tags[TAG_TABLE_N];
	bool failover_run;
	struct failover_result failover; /* its counters; what differs is below */
	struct summary_difference *told; /* SUMMARY_TOLD at most, in the order of captures and cuts */
	size_t n_told;
	double elapsed_s;
};

enum err summary_init(struct summary *s, const struct gen *g) MUST_USE;
void summary_fini(struct summary *s);
void summary_add(struct summary *s, const struct engine *e, const struct pktio_stats *io);
/* false: no memory for what differs. */
bool summary_add_failover(struct summary *s, const char *capture, const struct failover_result *r);
void summary_json(const struct summary *s, struct outbuf *o);
void summary_text(const struct summary *s, struct outbuf *o);

#endif
