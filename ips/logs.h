/* logs.h - the logs of the live node: records go into a bounded ring a worker, one thread writes them.
 *
 * The packet path never waits: a full ring drops the record and counts it. Lines are those of eve.h and kvlog.h. Files are
 * descriptors given from outside (O_APPEND), exchanged on request (log rotation). A full disk, or a pipe that took nothing for
 * a second, costs lines, which are counted, never the daemon; what was cut off is ended with a newline so that the next line is
 * whole. The last lines written are kept in memory for `ips log tail`. The writer's thread blocks all signals.
 */
#ifndef IPS_LOGS_H
#define IPS_LOGS_H

#include "ips/gen.h"
#include "ips/outbuf.h"
#include "ips/rec.h"

enum log_kind { LOG_EVE, LOG_KV, LOG_KIND_N };

struct logs_cfg {
	unsigned n_workers;      /* producers: one ring each, and one more (number n_workers) for the control thread */
	uint32_t ring;           /* records a ring holds */
	int fd[LOG_KIND_N];      /* -1: that log is not written; taken over: closed by logs_stop or when exchanged */
	uint32_t mask[LOG_KIND_N]; /* 1 << enum rec_kind, and LOG_MASK_HA */
	char hostname[36];
};

#define LOG_MASK_HA (1u << 30)   /* events of the pair: role changes, peer lost and found */

/* X(id, name as in EVE's ha.event and in the key=value line's msg) */
#define HA_EVENT_LIST(X)                                     \
	X(HAE_START, "node started")                         \
	X(HAE_ACTIVE, "became active")                       \
	X(HAE_PASSIVE, "became passive")                     \
	X(HAE_PEER_FOUND, "peer found")                      \
	X(HAE_PEER_LOST, "peer lost")                        \
	X(HAE_LINK_UP, "link up")                            \
	X(HAE_LINK_DOWN, "link down")                        \
	X(HAE_BULK_START, "bulk synchronisation started")    \
	X(HAE_BULK_END, "bulk synchronisation ended")        \
	X(HAE_SYNC_FAILED, "synchronisation failed")         \
	X(HAE_STEP_DOWN, "steps down before the peer")       \
	X(HAE_BACKLOG, "slept: what had waited was dropped") \
	X(HAE_RELOAD, "configuration reloaded")              \
	X(HAE_QUALITY, "quality changed")                    \
	X(HAE_LEAVE, "hands over")                           \
	X(HAE_RETURN, "nobody took over: works on")          \
	X(HAE_FROZEN, "election frozen")                     \
	X(HAE_THAWED, "election resumed")                    \
	X(HAE_PEER_HELD, "peer not heard, but there")        \
	X(HAE_PEER_GONE, "peer not held any more")           \
	X(HAE_DISK, "disk of the terms")                     \
	X(HAE_LINK_SWITCH, "link switched")                  \
	X(HAE_CAUGHT_UP, "stream goes on")                   \
	X(HAE_DIGEST, "digests differ")                      \
	X(HAE_MERGED, "sessions merged")                     \
	X(HAE_TAGS, "tags not known here")                   \
	X(HAE_PORTS, "interfaces not known here")            \
	X(HAE_BOUNCE, "interfaces set down and up")

enum ha_event_id {
#define X(id, name) id,
	HA_EVENT_LIST(X)
#undef X
	HAE_N
};

struct ha_event {
	enum ha_event_id id;
	mono_t at;
	uint64_t term;
	char text[128];          /* more in words; may be empty */
};

const char *ha_event_name(unsigned id);

/* Before the sandbox, from the only thread: lets libraries read what they need (OpenSSL's configuration, jansson's seed), and
 * has all threads share one arena of malloc, which grows without mprotect. logs_start does the same, where it still may. */
void logs_warm(void);

struct logs;
/* On an error the descriptors stay the caller's. */
enum err logs_start(const struct logs_cfg *cfg, struct logs **out) MUST_USE;
/* Writes what is in the rings, then ends the thread. NULL is fine. */
void logs_stop(struct logs *l);

/* From worker's thread only: no lock, no system call, no allocation. gen must live until logs_passed. false: full, counted. */
bool logs_rec(struct logs *l, unsigned worker, const struct gen *g, const struct rec *r);
bool logs_ha(struct logs *l, unsigned worker, const struct ha_event *ev);
/* Any thread. Waits until all that was put in before is written or lost (a generation may be freed then),
 * and descriptors are exchanged; false after timeout_ms. */
bool logs_passed(struct logs *l, unsigned timeout_ms);
/* Any thread. New descriptors, from log rotation; -1 ends that log. The old ones are closed once written; whole lines that an
 * old one did not take go to the new one. */
void logs_reopen(struct logs *l, const int fd[LOG_KIND_N]);

/* From worker's thread: a mark behind all it has put in, and whether everything before a mark is in the files, or has failed.
 * Nothing is waited for. */
uint32_t logs_mark(const struct logs *l, unsigned worker);
bool logs_past(const struct logs *l, unsigned worker, uint32_t mark);

struct logs_stat {
	uint64_t written[LOG_KIND_N]; /* lines */
	uint64_t failed[LOG_KIND_N];  /* lines the file did not take */
	uint64_t lost;                /* records for which a ring had no room */
};
void logs_stat(const struct logs *l, struct logs_stat *st);
/* At most n lines of a log after number *after (0, or a number not reached yet: the last n kept), oldest first; *after becomes
 * the last one's number. Lines count once they are in the file. Any thread. */
void logs_tail(struct logs *l, enum log_kind k, uint64_t *after, unsigned n, struct outbuf *out);

#endif
