/* ctl_stats.c - `ips stats`, `ips nfq status`: counters of the workers since the start, summed or a column each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/ctl_int.h"

/* Every member of from is a counter. */
static void add_counters(void *to, const void *from, size_t size)
{
	uint64_t a, b;
	for (size_t at = 0; at < size; at += sizeof(a)) {
		memcpy(&a, (const char *)to + at, sizeof(a));
		memcpy(&b, (const char *)from + at, sizeof(b));
		a += b;
		memcpy((char *)to + at, &a, sizeof(a));
	}
}

/* X(member of struct pktio_stats, name) */
#define IO_LIST(X)                                                                                                                 \
	X(packets, "packets")                                                                                                      \
	X(bytes, "bytes")                                                                                                          \
	X(not_ip, "not_ip")                                                                                                        \
	X(passed, "passed")                                                                                                        \
	X(dropped, "dropped")                                                                                                      \
	X(injected, "injected")                                                                                                    \
	X(cut_short, "cut_short")                                                                                                  \
	X(gso, "gso")                                                                                                              \
	X(unusable, "unusable")                                                                                                    \
	X(not_rewritten, "not_rewritten")                                                                                          \
	X(refused, "refused")                                                                                                      \
	X(not_injected, "not_injected")                                                                                            \
	X(queue_dropped, "queue_dropped")                                                                                          \
	X(user_dropped, "user_dropped")                                                                                            \
	X(pending, "pending")

enum io_counter {
#define X(member, name) IO_##member,
	IO_LIST(X)
#undef X
		IO_N
};

static const char *io_name(unsigned i)
{
	static const char *const names[IO_N] = {
#define X(member, name) [IO_##member] = name,
		IO_LIST(X)
#undef X
	};
	return i < IO_N ? names[i] : "";
}

static void io_counters(const struct ctl_view *v, uint64_t out[IO_N])
{
	struct pktio_stats st = { 0 };
	if (v->io != NULL)
		v->io->ops->stats(v->io, &st);
#define X(member, name) out[IO_##member] = st.member;
	IO_LIST(X)
#undef X
}

/* --- stats: sums ---------------------------------------------------------------------------------------------- */

struct alert_sum {
	uint32_t gid, sid;
	uint64_t n;
	char msg[80];
};

struct sums {
	struct engine_stats st;
	uint64_t io[IO_N], sessions_now, sessions_refused;
	unsigned worker;
	bool counted; /* of that worker, all but its alerts */
	size_t sig;   /* the next one of that worker's to look at */
	bool sigs_left;
	struct alert_sum seen[CTL_CHUNK]; /* of one visit */
	unsigned n_seen;
	struct alert_sum *alert;
	size_t n_alerts, cap;
};

static void sum_worker(const struct ctl_view *v, void *ctx)
{
	struct sums *s = ctx;
	uint64_t io[IO_N];
	_Static_assert(sizeof(struct engine_stats) % sizeof(uint64_t) == 0, "counters only");
	add_counters(&s->st, engine_stats(v->engine), sizeof(s->st));
	io_counters(v, io);
	add_counters(s->io, io, sizeof(io));
	s->sessions_now += session_count(engine_sessions(v->engine));
	s->sessions_refused += session_refused(engine_sessions(v->engine));
}

enum { SIGS_A_VISIT = 8192 }; /* a look at a counter each */

static void sum_alerts(const struct ctl_view *v, void *ctx)
{
	struct sums *s = ctx;
	const struct sigset *g = engine_gen(v->engine)->sigs;
	const size_t n = sigset_n(g), end = size_min(n, s->sig + SIGS_A_VISIT);
	s->n_seen = 0;
	for (; s->sig < end && s->n_seen < CTL_CHUNK; s->sig++) {
		const uint64_t count = engine_alert_count(v->engine, s->sig);
		if (count == 0)
			continue;
		const struct sig *sig = sigset_at(g, s->sig);
		struct alert_sum *a = &s->seen[s->n_seen++];
		*a = (struct alert_sum){ .gid = sig->gid, .sid = sig->sid, .n = count };
		snprintf(a->msg, sizeof(a->msg), "%s", sig->msg != NULL ? sig->msg : "");
	}
	s->sigs_left = s->sig < n;
}

static bool keep_alerts(struct sums *s)
{
	if (s->n_alerts + s->n_seen > s->cap) {
		const size_t cap = (s->cap + CTL_CHUNK) * 2;
		struct alert_sum *v = realloc(s->alert, cap * sizeof(*v));
		if (v == NULL)
			return false;
		s->alert = v;
		s->cap = cap;
	}
	if (s->n_seen != 0)
		memcpy(s->alert + s->n_alerts, s->seen, s->n_seen * sizeof(*s->seen));
	s->n_alerts += s->n_seen;
	return true;
}

static void free_sums(struct ctl_job *j)
{
	struct sums *s = j->state;
	free(s->alert);
	free(s);
}

static int by_number(const void *a, const void *b)
{
	const struct alert_sum *x = a, *y = b;
	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	return (x->sid > y->sid) - (x->sid < y->sid);
}

/* The workers' counts of one rule become one. */
static void merge_alerts(struct sums *s)
{
	size_t n = 0;
	if (s->n_alerts != 0)
		qsort(s->alert, s->n_alerts, sizeof(*s->alert), by_number);
	for (size_t i = 0; i < s->n_alerts; i++) {
		if (n > 0 && by_number(&s->alert[n - 1], &s->alert[i]) == 0)
			s->alert[n - 1].n += s->alert[i].n;
		else
			s->alert[n++] = s->alert[i];
	}
	s->n_alerts = n;
}

/* --- stats: telling ------------------------------------------------------------------------------------------- */

static const char *log_name(unsigned k)
{
	static const char *const names[LOG_KIND_N] = { "eve", "kv" };
	return k < LOG_KIND_N ? names[k] : "";
}

static void tell_alerts(struct ctl_job *j, json_t *root, const struct sums *s)
{
	json_t *o = root != NULL ? json_object() : NULL;
	for (size_t i = 0; i < s->n_alerts; i++) {
		const struct alert_sum *a = &s->alert[i];
		char key[32];
		snprintf(key, sizeof(key), "%u:%u", a->gid, a->sid);
		if (o != NULL)
			ctl_set(o, key, a->n);
		else
			outbuf_fmt(&j->text, "%s  %-12s %8llu  %s\n", i == 0 ? "alerts:\n" : "", key, (unsigned long long)a->n,
				   a->msg);
	}
	if (o != NULL)
		json_object_set_new(root, "alerts", o);
}

static void tell_logs(struct ctl_job *j, json_t *root)
{
	struct logs_stat st;
	const struct ctl_counters written = { "log_written", log_name, st.written, 0, LOG_KIND_N };
	const struct ctl_counters failed = { "log_failed", log_name, st.failed, 0, LOG_KIND_N };
	if (j->node->logs == NULL)
		return;
	logs_stat(j->node->logs, &st);
	ctl_table(j, root, &written);
	ctl_table(j, root, &failed);
	if (root != NULL)
		ctl_set(root, "log_lost", st.lost);
	else
		outbuf_fmt(&j->text, "log_lost: %llu\n", (unsigned long long)st.lost);
}

static void tell_sums(struct ctl_job *j, const struct sums *s)
{
	const struct engine_stats *st = &s->st;
	const struct {
		const char *key;
		uint64_t v;
	} heads[] = { { "packets", st->packets },
		      { "bytes", st->bytes },
		      { "passed", st->passed },
		      { "dropped", st->dropped },
		      { "rewritten", st->rewritten },
		      { "sessions", st->sessions },
		      { "sessions_now", s->sessions_now },
		      { "sessions_refused", s->sessions_refused },
		      { "uninspected_sessions", st->uninspected },
		      { "gaps", st->gaps },
		      { "bad_checksums", st->bad_csum },
		      { "fragments", st->fragments },
		      { "fragments_held", st->held },
		      { "reassembled", st->reassembled },
		      { "lost_matches", st->match_lost } };
	const struct ctl_counters tables[] = { { "drops", reason_name, st->drops, 1, REASON_N },
					       { "normalized", norm_name, st->normalized, 0, NORM_N },
					       { "anomalies", anomaly_name, st->anomalies, 0, ANOMALY_N },
					       { "services", proto_name, st->services, 0, PROTO_N },
					       { "queue", io_name, s->io, 0, IO_N } };
	const struct ctl_counters events = { "events", event_name, st->events, 1, EV_N };
	json_t *root = j->json ? json_object() : NULL;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		if (root != NULL)
			ctl_set(root, heads[i].key, heads[i].v);
		else
			outbuf_fmt(&j->text, "%-24s %12llu\n", heads[i].key, (unsigned long long)heads[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		ctl_table(j, root, &tables[i]);
	if (root != NULL)
		ctl_table(j, root, &events); /* a hundred names and more: not in the text */
	tell_alerts(j, root, s);
	tell_logs(j, root);
	if (root != NULL)
		ctl_row(j, root);
}

enum ctl_progress ctl_stats(struct ctl_job *j)
{
	struct sums *s = j->state;
	if (s == NULL) {
		j->state = s = calloc(1, sizeof(*s));
		if (s == NULL)
			return CTL_NOMEM;
		j->free_state = free_sums;
	}
	if (!ctl_visit(j, s->worker, s->counted ? sum_alerts : sum_worker, s))
		return CTL_DONE;
	if (!s->counted) {
		s->counted = true;
		return CTL_MORE;
	}
	if (!keep_alerts(s))
		return CTL_NOMEM;
	if (s->sigs_left)
		return CTL_MORE;
	s->counted = false;
	s->sig = 0;
	if (++s->worker < j->node->n_workers)
		return CTL_MORE;
	merge_alerts(s);
	tell_sums(j, s);
	return CTL_DONE;
}

/* --- nfq status ----------------------------------------------------------------------------------------------- */

struct queue_look {
	uint64_t v[IO_N];
	char source[32];
};

static void look_queue(const struct ctl_view *v, void *ctx)
{
	struct queue_look *q = ctx;
	io_counters(v, q->v);
	snprintf(q->source, sizeof(q->source), "%s", v->io != NULL ? v->io->ops->name : "none");
}

/* A worker a step. */
enum ctl_progress ctl_nfq(struct ctl_job *j)
{
	unsigned *worker = j->state;
	struct queue_look q;
	if (worker == NULL) {
		j->state = worker = calloc(1, sizeof(*worker));
		if (worker == NULL)
			return CTL_NOMEM;
		j->free_state = ctl_free_plain;
	}
	if (!ctl_visit(j, *worker, look_queue, &q))
		return CTL_DONE;
	json_t *o = j->json ? json_object() : NULL;
	if (o != NULL) {
		ctl_set(o, "worker", *worker);
		json_object_set_new(o, "source", json_string(q.source));
	} else {
		outbuf_fmt(&j->text, "worker %u: %s\n", *worker, q.source);
	}
	for (unsigned i = 0; i < IO_N; i++) {
		if (o != NULL)
			ctl_set(o, io_name(i), q.v[i]);
		else
			outbuf_fmt(&j->text, "  %-16s %12llu\n", io_name(i), (unsigned long long)q.v[i]);
	}
	if (o != NULL)
		ctl_row(j, o);
	return ++*worker < j->node->n_workers ? CTL_MORE : CTL_DONE;
}
