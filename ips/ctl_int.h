/* ctl_int.h - one request being answered, in steps; for ctl*.c and their tests.
 *
 * A step visits workers for a bounded time and adds a bounded number of lines to job->out; the thread sends them before
 * it asks for the next, so an answer's size costs no memory and a slow client stops nobody else.
 */
#ifndef IPS_CTL_INT_H
#define IPS_CTL_INT_H

#include <jansson.h>

#include "ips/ctl.h"
#include "ips/ctl_words.h"

enum ctl_progress { CTL_MORE, CTL_IDLE, CTL_DONE, CTL_NOMEM };

struct ctl_job;
/* CTL_IDLE: nothing now; ask again after a while. */
typedef enum ctl_progress ctl_step_fn(struct ctl_job *j);

struct ctl_job {
	const struct ctl_node *node;
	struct ctl_args args;
	bool json;
	bool ended;              /* the last line is in out */
	ctl_step_fn *step;
	struct outbuf out;       /* whole lines; the reader clears it */
	struct outbuf text;      /* not in a line yet */
	void *state;             /* the command's own, freed by free_state */
	void (*free_state)(struct ctl_job *j);
};

/* Never NULL without memory's fault: a request that is wrong is answered as well. */
struct ctl_job *ctl_job_new(const struct ctl_node *node, bool may_change, const char *request, size_t len);
/* One that is over before it was a request: its answer says why. */
struct ctl_job *ctl_job_refusal(int code, const char *why);
enum ctl_progress ctl_job_step(struct ctl_job *j);
void ctl_job_free(struct ctl_job *j);

/* Of JSON, takes row. */
void ctl_row(struct ctl_job *j, json_t *row);
/* Always CTL_DONE. code: the client's exit code. */
enum ctl_progress ctl_fail(struct ctl_job *j, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Visits a worker; false: it did not answer, which the answer says. */
bool ctl_visit(struct ctl_job *j, unsigned worker, ctl_visit_fn *fn, void *ctx);
/* free_state of a command whose state is one block. */
void ctl_free_plain(struct ctl_job *j);
void ctl_set(json_t *o, const char *key, uint64_t v);

/* A table of counters by name; those that are 0 are left out. */
struct ctl_counters {
	const char *key;
	const char *(*name)(unsigned i);
	const uint64_t *v;
	size_t first, n;
};
/* As text, under a heading of its own; root not NULL: as an object of it. */
void ctl_table(struct ctl_job *j, json_t *root, const struct ctl_counters *c);

/* ctl_list.c */
ctl_step_fn ctl_list_step, ctl_list_stat_step, ctl_list_clear_step;
/* ctl_ha.c */
ctl_step_fn ctl_ha_info, ctl_ha_mode, ctl_ha_role;
/* ctl_ha_more.c */
ctl_step_fn ctl_ha_events, ctl_ha_checksum;
/* ctl_stats.c */
ctl_step_fn ctl_stats, ctl_nfq;
/* ctl_names.c */
ctl_step_fn ctl_tags, ctl_apps;
/* ctl_misc.c */
/* The end of what the node did itself: frees told. failed: in words, should e be an error. */
enum ctl_progress ctl_told(struct ctl_job *j, enum err e, struct outbuf *told, const char *failed);
ctl_step_fn ctl_tail, ctl_reload, ctl_version;

#endif
