/* pair.c - see pair.h. */
#include "ips/pair.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wr.h"
#include "ips/lists.h"
#include "ips/node.h"

enum { BATCH = 8, LINK_READ = 256 * 1024, EXIT_BAD = 9, ACK_ROOM = HA_ACK_MAX };

/* --- the link: a stream socket ------------------------------------------------------------------------- */

static bool send_all(int fd, struct span s)
{
	for (size_t at = 0; at < s.len;) {
		const ssize_t n = send(fd, s.p + at, s.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* Waits until the peer has acknowledged the batch: one is under way, so what comes names that one. */
static bool wait_ack(int fd, struct ha_sender *s)
{
	uint8_t in[ACK_ROOM];
	size_t len = 0, used;
	while (s->acked != s->seq) {
		const ssize_t got = recv(fd, in + len, sizeof(in) - len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
		if (ha_sender_acks(s, span_of(in, len), &used) != OK)
			return false;
		memmove(in, in + used, len - used);
		len -= used;
		if (used != 0 && s->acked != s->seq)
			return false;
	}
	return len == 0;
}

static bool send_ack(int fd, struct ha_receiver *r)
{
	uint8_t out[ACK_ROOM];
	struct wr o = wr_of(out, sizeof(out));
	return ha_receiver_ack(r, &o) == OK && send_all(fd, span_of(out, o.len));
}

/* --- the two processes --------------------------------------------------------------------------------- */

void pair_follow_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it was gone before */
		_exit(EXIT_BAD);
}

void pair_save(int fd, const struct outbuf *o)
{
	for (size_t at = 0; at < o->len;) {
		const ssize_t n = write(fd, o->p + at, o->len - at);
		if (n <= 0)
			_exit(EXIT_BAD);
		at += (size_t)n;
	}
	if (o->bad)
		_exit(EXIT_BAD);
}

static void save_sum(int fd, size_t off, uint64_t v)
{
	if (pwrite(fd, &v, sizeof(v), (off_t)off) != (ssize_t)sizeof(v))
		_exit(EXIT_BAD);
}

static void show(const struct failover_job *j, const char *what, void (*list)(struct engine *, struct outbuf *), struct engine *e)
{
	struct outbuf o = { 0 };
	list(e, &o);
	fprintf(j->show, "--- %s\n%s", what, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

/* The alerts among the trace's lines from from on. */
static void show_alerts(const struct failover_job *j, const char *what, const struct outbuf *trace, size_t from)
{
	struct outbuf o = { 0 };
	const unsigned n = trace_alerts(trace, from, &o);
	fprintf(j->show, "--- %s: %u\n%s", what, n, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

static void show_active(const struct failover_job *j, const struct node *a, uint64_t cut)
{
	if (j->sessions) {
		show(j, "node A (active): ips session list", list_ips_sessions, a->r.engine);
		show(j, "node A (active): ips sys session list", list_sys_sessions, a->r.engine);
	}
	show_alerts(j, "node A (active): alerts written", &a->trace, 0);
	fprintf(j->show, "--- node A is killed after packet %llu\n", (unsigned long long)cut);
	fflush(j->show);
}

static void show_promoted(const struct failover_job *j, const struct node *b)
{
	if (j->sessions) {
		show(j, "node B (active now): ips session list", list_ips_sessions, b->r.engine);
		show(j, "node B (active now): ips sys session list", list_sys_sessions, b->r.engine);
	}
	show_alerts(j, "node B (active now): alerts written once more, as A may not have come to it", &b->trace, 0);
}

/* Test builds: one field of what this node receives reads as zero. */
static void mutate(const struct failover_job *j, struct ha_wire *w)
{
#ifdef HA_MUTATE
	if (j->mutate >= 0)
		ha_wire_mutate(w, (unsigned)j->mutate);
#else
	(void)j, (void)w;
#endif
}

/* Node A: up to the cut in group commit, then killed: no goodbye, nothing flushed that was not released. */
static void run_active(const struct pair *pr, int fd, uint64_t cut)
{
	struct node n;
	struct trace_mark v[BATCH];
	if (node_new_active(pr->job->gen, pr->job->seed, &n) != OK)
		_exit(EXIT_BAD);
	mutate(pr->job, n.r.sender.wire);
	for (uint64_t i = 0; i < cut;) {
		const size_t batch = size_min(BATCH, (size_t)(cut - i));
		struct span bytes;
		for (size_t k = 0; k < batch; k++)
			node_packet(&n, &pr->cap->v[i + k], &v[k]);
		if (replica_commit(&n.r, &bytes) != OK || !send_all(fd, bytes) || !wait_ack(fd, &n.r.sender))
			_exit(EXIT_BAD);
		node_release(&n, &pr->cap->v[i], v, batch);
		i += batch;
	}
	pair_save(pr->trace[0], &n.trace);
	if (!replica_sound(&n.r))
		_exit(EXIT_BAD);
	save_sum(pr->sums, offsetof(struct pair_sums, octets), n.r.sender.n_octets);
	if (pr->job->show != NULL)
		show_active(pr->job, &n, cut);
	kill(getpid(), SIGKILL);
}

/* The standby's life: applies what the link brings until the link ends. */
static void stand_by(struct node *n, int fd)
{
	static uint8_t in[LINK_READ];
	uint64_t answered = 0;
	for (;;) {
		const ssize_t got = recv(fd, in, sizeof(in), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		if (replica_feed(&n->r, span_of(in, (size_t)got)) != OK)
			_exit(EXIT_BAD);
		if (answered != n->r.receiver.n_batches && !send_ack(fd, &n->r.receiver))
			return;
		answered = n->r.receiver.n_batches;
	}
}

/* Node B: has only the link; when that ends, it is the active one. */
static void run_standby(const struct pair *pr, int fd)
{
	const struct failover_job *j = pr->job;
	struct node n;
	if (node_new_standby(j->gen, j->seed, &n) != OK)
		_exit(EXIT_BAD);
	mutate(j, n.r.receiver.wire);
	stand_by(&n, fd);
	if (!n.r.whole) /* it was never told that it has everything: it must not take over */
		_exit(EXIT_BAD);
	if (j->show != NULL && j->share)
		show(j, "node B (standby): ips share list", list_share, n.r.engine);
	const uint64_t first = node_promote(&n);
	const size_t again = n.trace.len;
	if (j->show != NULL)
		show_promoted(j, &n);
	for (uint64_t i = first - 1; i < pr->cap->n; i++) {
		struct trace_mark v;
		node_packet(&n, &pr->cap->v[i], &v);
	}
	node_finish(&n);
	pair_save(pr->trace[1], &n.trace);
	save_sum(pr->sums, offsetof(struct pair_sums, digest_mismatches), n.r.digest_mismatches);
	if (j->show != NULL) {
		show_alerts(j, "node B (active now): alerts written to the capture's end", &n.trace, again);
		fflush(j->show);
	}
	_exit(0);
}

static bool reap(pid_t pid, bool killed)
{
	int st;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return false;
	return killed ? WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL : WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

bool pair_run(const struct pair *pr, uint64_t cut)
{
	const pid_t self = getpid();
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		return false;
	const pid_t b = fork();
	if (b == 0) {
		pair_follow_parent(self);
		close(sv[0]);
		run_standby(pr, sv[1]);
	}
	close(sv[1]);
	const pid_t a = b > 0 ? fork() : -1;
	if (a == 0) {
		pair_follow_parent(self);
		run_active(pr, sv[0], cut);
	}
	close(sv[0]);
	const bool ok_a = a > 0 && reap(a, true);
	const bool ok_b = b > 0 && reap(b, false);
	return ok_a && ok_b;
}

enum err pair_open(const struct failover_job *job, const struct capset *cap, struct pair *p)
{
	*p = (struct pair){ .job = job, .cap = cap };
	p->trace[0] = memfd_create("trace-a", MFD_CLOEXEC);
	p->trace[1] = memfd_create("trace-b", MFD_CLOEXEC);
	p->sums = memfd_create("sums", MFD_CLOEXEC);
	return p->trace[0] >= 0 && p->trace[1] >= 0 && p->sums >= 0 ? OK : ERR_IO;
}

void pair_close(struct pair *p)
{
	const int fd[] = { p->trace[0], p->trace[1], p->sums };
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		if (fd[i] >= 0)
			close(fd[i]);
}
