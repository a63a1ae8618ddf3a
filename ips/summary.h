/* summary.h - the totals of a replay, added up over its captures, as one JSON object or as text. */
#ifndef IPS_SUMMARY_H
#define IPS_SUMMARY_H

#include "ips/engine.h"
#include "ips/failover.h"
#include "ips/outbuf.h"
#include "nfq/pktio.h"

struct summary {
	const struct gen *gen;
	struct engine_stats st;          /* summed */
	uint64_t packets, bytes;         /* records of the captures, IP or not */
	uint64_t not_ip;
	uint64_t *apps, *alerts, *tags[TAG_TABLE_N];
	bool failover_run;
	struct failover_result failover;
	double elapsed_s;
};

enum err summary_init(struct summary *s, const struct gen *g) MUST_USE;
void summary_fini(struct summary *s);
void summary_add(struct summary *s, const struct engine *e, const struct pktio_stats *io);
void summary_add_failover(struct summary *s, const struct failover_result *r);
void summary_json(const struct summary *s, struct outbuf *o);
void summary_text(const struct summary *s, struct outbuf *o);

#endif
