/* failover.c - see failover.h. Cuts are shared out to worker processes; each has a pair, and judges what that does. */
#include "ips/failover.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/failover_int.h"
#include "ips/logs.h"
#include "ips/node.h"

enum { WORKERS_MAX = 8, EXIT_BAD = 9, LOOK_MS = 200 };

/* --- the places ------------------------------------------------------------------------------------------ */

/* The i-th cut of a capture of n packets; seeded places of long captures are spread over equal stretches. */
static uint64_t place(const struct failover_job *j, uint64_t n, uint64_t i, uint64_t places)
{
	if (j->at != 0)
		return j->at;
	if (places == n)
		return i + 1;
	const uint64_t lo = i * n / places, hi = (i + 1) * n / places;
	const struct hash_key k = hash_key_of_seed(j->seed);
	return lo + 1 + hash_bytes(&k, &i, sizeof(i)) % (hi - lo);
}

/* --- workers --------------------------------------------------------------------------------------------- */

struct worker {
	pid_t pid;
	int fd; /* -1: it has ended */
	size_t len;
	struct failover_result now, part; /* its last whole result, and what came of the next */
};

struct share {
	const struct failover_job *job;
	const struct capset *cap;
	struct span expected;
	uint64_t places;
	unsigned workers;
};

/* Every workers-th place; what was found so far goes into the pipe after each. */
static enum err work(struct cuts *c, const struct share *s, unsigned nr, int fd)
{
	for (uint64_t i = nr; i < s->places; i += s->workers) {
		TRY(cuts_one(c, place(s->job, s->cap->n, i, s->places)));
		if (write(fd, &c->r, sizeof(c->r)) != (ssize_t)sizeof(c->r))
			return ERR_IO;
	}
	return OK;
}

static bool start_worker(const struct share *s, unsigned nr, struct worker *w)
{
	const pid_t self = getpid();
	int pipefd[2];
	*w = (struct worker){ .pid = -1, .fd = -1 };
	if (pipe(pipefd) != 0)
		return false;
	w->pid = fork();
	if (w->pid == 0) {
		struct cuts c;
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		pair_follow_parent(self);
		close(pipefd[0]);
		const bool ok = cuts_open(s->job, s->cap, s->expected, &c) == OK && work(&c, s, nr, pipefd[1]) == OK;
		cuts_close(&c);
		_exit(ok ? 0 : EXIT_BAD);
	}
	close(pipefd[1]);
	w->fd = pipefd[0];
	return w->pid > 0;
}

/* Takes what a worker wrote; at its end the pipe is closed. */
static void hear(struct worker *w)
{
	const ssize_t n = read(w->fd, (char *)&w->part + w->len, sizeof(w->part) - w->len);
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(w->fd);
		w->fd = -1;
		return;
	}
	w->len += (size_t)n;
	if (w->len == sizeof(w->part)) {
		w->now = w->part;
		w->len = 0;
	}
}

/* Until all have ended or the user gives up. */
static enum err hear_all(const struct failover_job *job, struct worker *w, unsigned n, uint64_t places)
{
	for (;;) {
		struct pollfd p[WORKERS_MAX];
		unsigned open = 0;
		uint64_t done = 0;
		for (unsigned i = 0; i < n; i++) {
			p[i] = (struct pollfd){ .fd = w[i].fd, .events = POLLIN };
			open += w[i].fd >= 0;
			done += w[i].now.cuts;
		}
		if (job->progress != NULL)
			job->progress(job->arg, done, places);
		if (open == 0)
			return OK;
		if (job->stop != NULL && *job->stop)
			return ERR_IO;
		if (poll(p, n, LOOK_MS) <= 0)
			continue;
		for (unsigned i = 0; i < n; i++)
			if ((p[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
				hear(&w[i]);
	}
}

static bool is_before(const struct difference *x, const struct difference *y)
{
	return x->cut != y->cut ? x->cut < y->cut : x->cut_octet < y->cut_octet;
}

/* Each worker's are in the order of its cuts; the first of all stay. */
static void add_told(struct failover_result *out, const struct failover_result *r)
{
	struct difference all[FAILOVER_TOLD];
	unsigned n = 0, i = 0, k = 0;
	while (n < FAILOVER_TOLD && (i < out->n_told || k < r->n_told)) {
		const bool ours = k == r->n_told || (i < out->n_told && !is_before(&r->told[k], &out->told[i]));
		all[n++] = ours ? out->told[i++] : r->told[k++];
	}
	memcpy(out->told, all, n * sizeof(all[0]));
	out->n_told = n;
}

static void add(struct failover_result *out, const struct failover_result *r)
{
	out->cuts += r->cuts;
	out->equal += r->equal;
	out->lost_alerts += r->lost_alerts;
	out->extra_alerts += r->extra_alerts;
	out->lost_sessions += r->lost_sessions;
	out->digest_mismatches += r->digest_mismatches;
	out->octets += r->octets;
	out->sync.lost += r->sync.lost;
	out->sync.reordered += r->sync.reordered;
	out->sync.doubled += r->sync.doubled;
	out->resent += r->resent;
	out->again += r->again;
	out->differences += r->differences;
	add_told(out, r);
}

/* Ends a worker, whose nodes end with it; true when it had come to its end by itself. */
static bool end_worker(struct worker *w, bool now, const volatile sig_atomic_t *stop)
{
	int st = 0;
	if (w->fd >= 0)
		close(w->fd);
	if (w->pid <= 0)
		return false;
	if (now)
		kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &st, 0) < 0) {
		if (errno != EINTR)
			return false;
		if (stop != NULL && *stop)
			kill(w->pid, SIGKILL);
	}
	return WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

static enum err all_cuts(const struct share *s, struct failover_result *out)
{
	struct worker w[WORKERS_MAX];
	bool ok = true;
	for (unsigned i = 0; i < s->workers; i++)
		ok &= start_worker(s, i, &w[i]);
	enum err e = ok ? hear_all(s->job, w, s->workers, s->places) : ERR_IO;
	for (unsigned i = 0; i < s->workers; i++) {
		if (!end_worker(&w[i], e != OK, s->job->stop))
			e = ERR_IO;
		add(out, &w[i].now);
	}
	return e;
}

/* --- the run ----------------------------------------------------------------------------------------------- */

/* The run that never fails, in a process of its own: whoever is forked later has nothing of it. */
static void reference_process(const struct failover_job *job, const struct capset *cap, int fd)
{
	struct node ref;
	if (node_new_alone(job->gen, job->seed, &ref) != OK)
		_exit(EXIT_BAD);
	for (size_t i = 0; i < cap->n; i++) {
		struct trace_mark v;
		node_packet(&ref, &cap->v[i], &v);
	}
	node_finish(&ref);
	pair_save(fd, &ref.trace);
	_exit(0);
}

static enum err run_reference(const struct failover_job *job, const struct capset *cap, struct outbuf *text)
{
	const pid_t self = getpid();
	const int fd = memfd_create("reference", MFD_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	fflush(NULL); /* or the child's copy of what is buffered would count twice */
	const pid_t pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		pair_follow_parent(self);
		reference_process(job, cap, fd);
	}
	struct worker w = { .pid = pid, .fd = -1 };
	const bool ok = end_worker(&w, false, job->stop) && cuts_read(fd, 0, text);
	close(fd);
	return ok ? OK : ERR_IO;
}

enum err failover_run(const struct failover_job *job, const struct capset *cap, struct failover_result *out)
{
	struct outbuf text = { 0 };
	memset(out, 0, sizeof(*out));
	if (job->at > cap->n || cap->n == 0)
		return ERR_RANGE;
	logs_warm(); /* once, and not anew in each process */
	enum err e = run_reference(job, cap, &text);
	if (e == OK) {
		const uint64_t places = job->at != 0 ? 1 : cap->n <= job->every_max ? cap->n : FAILOVER_PLACES;
		const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
		const size_t workers = size_min(size_min(cpus > 0 ? (size_t)cpus : 1, WORKERS_MAX), places);
		const struct share s = { job, cap, span_of(text.p, text.len), places, (unsigned)workers };
		fflush(NULL);
		e = all_cuts(&s, out);
	}
	outbuf_free(&text);
	return e;
}
