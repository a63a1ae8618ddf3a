/* failover.c - see failover.h. Each cut: node A and node B are forked, joined by a socket pair; A is killed. */
#include "ips/failover.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wr.h"
#include "ips/lists.h"
#include "ips/node.h"

enum { BATCH = 8, LINK_READ = 256 * 1024, EXIT_BAD = 9, ACK_ROOM = 64, WORKERS_MAX = 8 };

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

/* Waits until the peer acknowledges seq. Acknowledgements are whole frames of one size class. */
static bool wait_ack(int fd, struct ha_wire *w, uint64_t seq)
{
	uint8_t in[ACK_ROOM];
	size_t len = 0;
	for (;;) {
		enum ha_type t;
		size_t n;
		const void *plain;
		while (ha_wire_frame(span_of(in, len), &t, &n) == OK) {
			if (t != HA_ACK ||
			    ha_wire_decode(w, t, span_of(in + HA_FRAME_HEADER, n - HA_FRAME_HEADER), mono_ns(0), &plain) != OK)
				return false;
			memmove(in, in + n, len - n);
			len -= n;
			if (((const struct ha_ack *)plain)->seq >= seq)
				return true;
		}
		const ssize_t got = recv(fd, in + len, sizeof(in) - len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
	}
}

static bool send_ack(int fd, struct ha_wire *w, uint64_t seq)
{
	uint8_t out[ACK_ROOM];
	struct wr o = wr_of(out, sizeof(out));
	const struct ha_ack a = { .seq = seq };
	return ha_wire_encode(w, HA_ACK, &a, mono_ns(0), &o) == OK && send_all(fd, span_of(out, o.len));
}

/* --- the two processes --------------------------------------------------------------------------------- */

struct pair {
	const struct failover_job *job;
	const struct capset *cap;
	int trace[2]; /* memory files: what A and B let out */
	int sums;     /* memory file: B's digest mismatches, A's octets */
};

static void save(int fd, const struct outbuf *o)
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

static void show(const char *who, const char *what, void (*list)(struct engine *, struct outbuf *), struct engine *e)
{
	struct outbuf o = { 0 };
	list(e, &o);
	printf("--- %s: %s\n%s", who, what, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

/* Node A: up to the cut in group commit, then killed: no goodbye, nothing flushed that was not released. */
static void run_active(const struct pair *pr, int fd, uint64_t cut)
{
	struct node n;
	struct verdict v[BATCH];
	if (node_new_active(pr->job->gen, pr->job->seed, &n) != OK)
		_exit(EXIT_BAD);
	for (uint64_t i = 0; i < cut;) {
		const size_t batch = size_min(BATCH, (size_t)(cut - i));
		struct span bytes;
		for (size_t k = 0; k < batch; k++)
			node_packet(&n, &pr->cap->v[i + k], &v[k]);
		if (node_commit(&n, &bytes) != OK || !send_all(fd, bytes) || !wait_ack(fd, n.sender.wire, n.sender.seq))
			_exit(EXIT_BAD);
		node_release(&n, &pr->cap->v[i], v, batch);
		i += batch;
	}
	save(pr->trace[0], &n.trace);
	pwrite(pr->sums, &n.sender.n_octets, 8, 8);
	if (pr->job->show) {
		show("node A (active)", "ips session list", list_ips_sessions, n.engine);
		show("node A (active)", "ips sys session list", list_sys_sessions, n.engine);
		printf("--- node A is killed after packet %llu\n", (unsigned long long)cut);
		fflush(stdout);
	}
	kill(getpid(), SIGKILL);
}

/* Node B: has only the link; when that ends, it is the active one. */
static void run_standby(const struct pair *pr, int fd)
{
	static uint8_t in[LINK_READ];
	struct node n;
	uint64_t ack = 0, acked = 0;
	if (node_new_standby(pr->job->gen, pr->job->seed, &n) != OK)
		_exit(EXIT_BAD);
#ifdef HA_MUTATE
	if (pr->job->mutate >= 0)
		ha_wire_mutate(n.receiver.wire, (unsigned)pr->job->mutate);
#endif
	for (;;) {
		const ssize_t got = recv(fd, in, sizeof(in), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (node_feed(&n, span_of(in, (size_t)got), &ack) != OK)
			_exit(EXIT_BAD);
		if (ack != acked && !send_ack(fd, n.receiver.wire, ack))
			break;
		acked = ack;
	}
	if (pr->job->show)
		show("node B (standby)", "ips share list", list_share, n.engine);
	const uint64_t first = node_promote(&n);
	if (pr->job->show) {
		show("node B (active now)", "ips session list", list_ips_sessions, n.engine);
		show("node B (active now)", "ips sys session list", list_sys_sessions, n.engine);
	}
	for (uint64_t i = first - 1; i < pr->cap->n; i++) {
		struct verdict v;
		node_packet(&n, &pr->cap->v[i], &v);
	}
	node_finish(&n);
	save(pr->trace[1], &n.trace);
	pwrite(pr->sums, &n.digest_mismatches, 8, 0);
	fflush(stdout);
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

/* One cut. The traces of both are left in the pair's memory files. */
static bool run_pair(const struct pair *pr, uint64_t cut)
{
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		return false;
	fflush(stdout);
	const pid_t b = fork();
	if (b == 0) {
		close(sv[0]);
		run_standby(pr, sv[1]);
	}
	close(sv[1]);
	const pid_t a = b > 0 ? fork() : -1;
	if (a == 0)
		run_active(pr, sv[0], cut);
	close(sv[0]);
	const bool ok_a = a > 0 && reap(a, true);
	const bool ok_b = b > 0 && reap(b, false);
	return ok_a && ok_b;
}

/* --- comparing ------------------------------------------------------------------------------------------ */

static bool read_back(int fd, struct outbuf *o)
{
	const off_t len = lseek(fd, 0, SEEK_END);
	char *p = len > 0 ? mmap(NULL, (size_t)len, PROT_READ, MAP_SHARED, fd, 0) : NULL;
	if (p == MAP_FAILED)
		return false;
	if (p != NULL) {
		outbuf_add(o, p, (size_t)len);
		munmap(p, (size_t)len);
	}
	return !o->bad;
}

static void note_first(struct failover_result *r, uint64_t cut, const char *text)
{
	if (r->first_cut == 0 || cut < r->first_cut) {
		r->first_cut = cut;
		snprintf(r->first, sizeof(r->first), "%s", text);
	}
}

static enum err judge(const struct pair *pr, const struct trace *expected, uint64_t cut, struct failover_result *r)
{
	struct outbuf both = { 0 };
	struct trace *got = NULL;
	struct trace_diff d;
	uint64_t sums[2] = { 0 };
	enum err e = read_back(pr->trace[0], &both) && read_back(pr->trace[1], &both) && pread(pr->sums, sums, sizeof(sums), 0) >= 0
			     ? OK
			     : ERR_IO;
	if (e == OK)
		e = trace_parse(both.p, both.len, &got);
	if (e == OK) {
		if (trace_compare(expected, got, &d))
			r->equal++;
		else
			note_first(r, cut, d.first);
		r->lost_alerts += d.lost_alerts;
		r->extra_alerts += d.extra_alerts;
		r->lost_sessions += d.lost_sessions;
		r->digest_mismatches += sums[0];
		r->octets += sums[1];
	}
	trace_free(got);
	outbuf_free(&both);
	return e;
}

static enum err one_cut(struct pair *pr, const struct trace *expected, uint64_t cut, struct failover_result *r)
{
	r->cuts++;
	for (int i = 0; i < 2; i++)
		if (ftruncate(pr->trace[i], 0) != 0 || lseek(pr->trace[i], 0, SEEK_SET) != 0)
			return ERR_IO;
	if (ftruncate(pr->sums, 0) != 0)
		return ERR_IO;
	if (!run_pair(pr, cut)) {
		note_first(r, cut, "a node ended in another way than it should (crash, refused message, no memory)");
		return OK;
	}
	return judge(pr, expected, cut, r);
}

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

static enum err work(struct pair *pr, const struct trace *expected, unsigned worker, unsigned workers, uint64_t places,
		     struct failover_result *r)
{
	for (uint64_t i = worker; i < places; i += workers)
		TRY(one_cut(pr, expected, place(pr->job, pr->cap->n, i, places), r));
	return OK;
}

static bool open_files(struct pair *pr)
{
	pr->trace[0] = memfd_create("trace-a", MFD_CLOEXEC);
	pr->trace[1] = memfd_create("trace-b", MFD_CLOEXEC);
	pr->sums = memfd_create("sums", MFD_CLOEXEC);
	return pr->trace[0] >= 0 && pr->trace[1] >= 0 && pr->sums >= 0;
}

static void close_files(const struct pair *pr)
{
	const int fd[] = { pr->trace[0], pr->trace[1], pr->sums };
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* A worker process takes every workers-th place and answers with its result on a pipe. */
static int start_worker(const struct failover_job *job, const struct capset *cap, const struct trace *expected, unsigned worker,
			unsigned workers, uint64_t places)
{
	int pipefd[2];
	if (pipe(pipefd) != 0)
		return -1;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid != 0) {
		close(pipefd[1]);
		return pid > 0 ? pipefd[0] : (close(pipefd[0]), -1);
	}
	struct failover_result r = { 0 };
	struct pair pr = { .job = job, .cap = cap };
	close(pipefd[0]);
	const bool ok = open_files(&pr) && work(&pr, expected, worker, workers, places, &r) == OK;
	const bool told = ok && write(pipefd[1], &r, sizeof(r)) == (ssize_t)sizeof(r);
	close_files(&pr);
	_exit(told ? 0 : EXIT_BAD);
}

static bool collect(int fd, struct failover_result *out)
{
	struct failover_result r;
	size_t at = 0;
	while (at < sizeof(r)) {
		const ssize_t n = read(fd, (char *)&r + at, sizeof(r) - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	out->cuts += r.cuts;
	out->equal += r.equal;
	out->lost_alerts += r.lost_alerts;
	out->extra_alerts += r.extra_alerts;
	out->lost_sessions += r.lost_sessions;
	out->digest_mismatches += r.digest_mismatches;
	out->octets += r.octets;
	if (r.first_cut != 0)
		note_first(out, r.first_cut, r.first);
	return true;
}

static enum err all_cuts(const struct failover_job *job, const struct capset *cap, const struct trace *expected,
			 struct failover_result *out)
{
	const uint64_t places = job->at != 0 ? 1 : cap->n <= FAILOVER_EVERY_MAX ? cap->n : FAILOVER_PLACES;
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned workers = (unsigned)size_min(size_min(cpus > 0 ? (size_t)cpus : 1, WORKERS_MAX), places != 0 ? places : 1);
	int fd[WORKERS_MAX];
	enum err e = OK;
	for (unsigned i = 0; i < workers; i++)
		fd[i] = start_worker(job, cap, expected, i, workers, places);
	for (unsigned i = 0; i < workers; i++) {
		if (fd[i] < 0 || !collect(fd[i], out))
			e = ERR_IO;
		if (fd[i] >= 0)
			close(fd[i]);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return e;
}

enum err failover_run(const struct failover_job *job, const struct capset *cap, struct failover_result *out)
{
	struct node ref;
	struct trace *expected = NULL;
	memset(out, 0, sizeof(*out));
	if (job->at > cap->n)
		return ERR_RANGE;
	enum err e = node_new_alone(job->gen, job->seed, &ref);
	for (size_t i = 0; e == OK && i < cap->n; i++) {
		struct verdict v;
		node_packet(&ref, &cap->v[i], &v);
	}
	if (e == OK) {
		node_finish(&ref);
		e = ref.trace.bad ? ERR_NOMEM : trace_parse(ref.trace.p, ref.trace.len, &expected);
	}
	if (e == OK)
		e = all_cuts(job, cap, expected, out);
	trace_free(expected);
	node_free(&ref);
	return e;
}
