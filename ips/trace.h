/* trace.h - what a run let out, as keyed lines, so that runs can be compared from outside.
 *
 * A line is a key, a tab, and its content. v<nr>: a packet's verdict, as words name=value; a/f/r<id>: an alert, a flow's end,
 * another log record; l<serial>.<list>.<nr>: a line of the session's in one of the final lists; d<serial>.<field>: a field of
 * its replicated state (state_text.h); b<nr>: a batch was released, which is no fact of its own. The same key with the same
 * content twice counts once.
 */
#ifndef IPS_TRACE_H
#define IPS_TRACE_H

#include "ips/engine.h"
#include "ips/outbuf.h"

/* A verdict without what the engine only lends: that is summed up. */
struct trace_mark {
	bool pass, held, rewritten;
	enum reason reason;
	unsigned n_release;
	uint64_t sum;     /* of the octets rewritten and released */
	uint64_t serial;  /* of the packet's session; 0 = it has none, or it ended with it */
};
struct trace_mark trace_mark(const struct verdict *v);
void trace_verdict(struct outbuf *o, const struct packet *p, const struct trace_mark *m);
void trace_rec(struct outbuf *o, const struct gen *g, const struct rec *r);
/* The lists of all sessions as they stand. */
void trace_lists(struct outbuf *o, struct engine *e);

/* The alerts among a trace's lines from octet from on, a line each; returns how many. */
unsigned trace_alerts(const struct outbuf *trace, size_t from, struct outbuf *o);

/* The alerts among the lines without their numbers, which tell what else was told of the session: a line of one key each. */
void trace_bare_alerts(struct span text, struct outbuf *o);

struct trace_diff {
	unsigned lost_alerts, extra_alerts, lost_sessions, other;
	char first[1024]; /* the first difference in words; "" = none */
};

struct trace;                                                                    /* lines sorted by key */
enum err trace_parse(const char *text, size_t len, struct trace **out) MUST_USE; /* borrows text */
void trace_free(struct trace *t);
/* A node marks each batch that it released. */
void trace_batch(struct outbuf *o, uint64_t seq);
/* Records in the second node's text that the first had written before its last batch: it was told of their release. */
enum err trace_twice(struct span first, struct span second, unsigned *n) MUST_USE;
/* One key whose content differs: that expected and that got; p NULL: there is none. Lent for the call. */
struct trace_change {
	struct span key, expected, got;
};
typedef void trace_change_fn(void *arg, const struct trace_change *c);

/* true: equal. Otherwise *d says what is not, and tell, unless NULL, is given each change in the order of the keys. */
bool trace_compare(const struct trace *expected, const struct trace *got, struct trace_diff *d, trace_change_fn *tell, void *arg);

#endif
