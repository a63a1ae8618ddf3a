/* replay.c - see replay.h. One engine a capture; log records are written as they come. */
#include "ips/replay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ips/cmd.h"
#include "ips/conf.h"
#include "ips/eve.h"
#include "ips/failover.h"
#include "ips/kvlog.h"
#include "ips/lists.h"
#include "ips/outfile.h"
#include "ips/summary.h"
#include "nfq/pktio.h"

enum { REC_ALL = (1 << REC_N) - 1, PROGRESS_FROM = 8 << 20, PROGRESS_EVERY = 1 << 14 };

struct replay {
	const struct replay_opts *o;
	struct gen *gen;
	struct outfile *eve, *log;
	struct outbuf line;
	struct summary sum;
	bool checked_false; /* a check the user asked for did not hold */
	bool failed;
};

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "ips replay: %s\n", text);
}

static void write_rec(void *arg, const struct rec *r)
{
	struct replay *p = arg;
	if (p->eve != NULL) {
		outbuf_clear(&p->line);
		eve_line(r, p->gen, &p->line);
		outfile_write(p->eve, p->line.p, p->line.len);
	}
	if (p->log != NULL) {
		outbuf_clear(&p->line);
		kvlog_line(r, p->gen, &p->line);
		outfile_write(p->log, p->line.p, p->line.len);
	}
}

/* --- set-up ------------------------------------------------------------------------------------------- */

static int load_gen(struct replay *p)
{
	const struct replay_opts *o = p->o;
	enum err e = OK;
	if (o->config == NULL) {
		e = gen_new_default(o->rules, o->home_net, tell, p, &p->gen);
	} else {
		struct conf *c = conf_load(o->config, &e);
		if (c == NULL) {
			fprintf(stderr, "ips replay: %s: cannot read the configuration: %s; check the path and its rights\n",
				o->config, err_text(e));
			return EXIT_FAILED;
		}
		for (size_t i = 0; i < conf_n_errors(c); i++)
			fprintf(stderr, "%s\n", conf_error(c, i));
		if (conf_n_errors(c) != 0) {
			conf_free(c);
			return EXIT_USAGE;
		}
		e = gen_new_conf(c, o->rules, o->home_net, tell, p, &p->gen);
		conf_free(c);
	}
	if (e == OK)
		return EXIT_FINE;
	fprintf(stderr, "ips replay: cannot load rules and policies: %s\n", err_text(e));
	return EXIT_FAILED;
}

static int open_output(const char *path, struct outfile **out)
{
	char why[OUTFILE_WHY];
	if (path == NULL || outfile_open(path, out, why) == OK)
		return EXIT_FINE;
	fprintf(stderr, "ips replay: %s\n", why);
	return EXIT_FAILED;
}

static int close_output(struct outfile **out)
{
	char why[OUTFILE_WHY];
	struct outfile *f = *out;
	*out = NULL;
	if (f == NULL || outfile_finish(f, why) == OK)
		return EXIT_FINE;
	fprintf(stderr, "ips replay: %s\n", why);
	return EXIT_FAILED;
}

/* --- one capture --------------------------------------------------------------------------------------- */

static struct pktio *open_capture(struct replay *p, const char *path)
{
	char why[PKTIO_WHY_LEN];
	struct pktio *io, *dump;
	if (pktio_capture_open(path, &io, why) != OK) {
		fprintf(stderr, "ips replay: %s\n", why);
		return NULL;
	}
	if (p->o->write == NULL)
		return io;
	if (pktio_dump_open(io, p->o->write, &dump, why) != OK) {
		fprintf(stderr, "ips replay: %s\n", why);
		io->ops->close(io);
		return NULL;
	}
	return dump;
}

static void progress(struct pktio *io, const char *path, off_t size, bool last)
{
	struct pktio_stats st;
	if (size < PROGRESS_FROM || !isatty(STDERR_FILENO))
		return;
	io->ops->stats(io, &st);
	const int percent = last ? 100 : (int)(st.bytes * 100 / (uint64_t)size);
	fprintf(stderr, "\r%s: %3d %%%s", path, percent > 99 && !last ? 99 : percent, last ? "\n" : "");
}

static enum err run_packets(struct replay *p, struct engine *e, struct pktio *io, const char *path)
{
	struct packet batch[PKTIO_BATCH_MAX];
	struct pktio_verdict v[PKTIO_BATCH_MAX];
	struct stat st;
	uint64_t nr = 0, shown = 0;
	const off_t size = stat(path, &st) == 0 ? st.st_size : 0;
	(void)p;
	while (!interrupted) {
		unsigned n;
		const enum err er = io->ops->recv(io, batch, PKTIO_BATCH_MAX, &n);
		if (er != OK) {
			progress(io, path, size, true);
			return er == ERR_EOF ? OK : er;
		}
		for (unsigned i = 0; i < n; i++) {
			batch[i].nr = ++nr;
			const bool pass = batch[i].data == NULL || engine_packet(e, &batch[i]).pass;
			v[i] = (struct pktio_verdict){ .pass = pass };
		}
		TRY(io->ops->verdict(io, v, n));
		if (nr - shown >= PROGRESS_EVERY)
			progress(io, path, size, false), shown = nr;
	}
	snprintf(io->why, sizeof(io->why), "%s: interrupted after packet %llu", path, (unsigned long long)nr);
	return ERR_IO;
}

static void print_lists(const struct replay *p, struct engine *e)
{
	struct outbuf o = { 0 };
	if (p->o->sessions) {
		list_ips_sessions(e, &o);
		list_sys_sessions(e, &o);
	}
	if (p->o->share)
		list_share(e, &o);
	if (o.p != NULL)
		fwrite(o.p, 1, o.len, stdout);
	outbuf_free(&o);
}

static void finish_capture(struct replay *p, struct engine *e, struct pktio *io, enum err er)
{
	struct pktio_stats st;
	if (er != OK) {
		fprintf(stderr, "ips replay: %s\n", io->why);
		p->failed = true;
	}
	print_lists(p, e);
	engine_finish(e);
	io->ops->stats(io, &st);
	summary_add(&p->sum, e, &st);
	if (p->o->write != NULL && !interrupted && pktio_dump_finish(io) != OK) {
		fprintf(stderr, "ips replay: %s\n", io->why);
		p->failed = true;
	}
	p->checked_false |= p->sum.st.match_lost != 0 || p->sum.st.uninspected != 0;
}

static void run_capture(struct replay *p, const char *path)
{
	const bool records = p->eve != NULL || p->log != NULL;
	const struct engine_cfg cfg = { .seed = p->o->seed, .node = 1, .rec_mask = records ? REC_ALL : 0 };
	struct engine *e = NULL;
	struct pktio *io = open_capture(p, path);
	if (io == NULL) {
		p->failed = true;
		return;
	}
	const enum err er = engine_new(&cfg, p->gen, mono_ns(0), write_rec, p, &e);
	if (er != OK) {
		fprintf(stderr, "ips replay: cannot start the engine: %s; lower max-sessions or stream-memory\n", err_text(er));
		p->failed = true;
	} else {
		finish_capture(p, e, io, run_packets(p, e, io, path));
	}
	engine_free(e);
	io->ops->close(io);
}

static void run_failover(struct replay *p, const char *path)
{
	struct capset cap;
	struct failover_result r;
	char why[PKTIO_WHY_LEN];
	struct failover_job job = { .gen = p->gen,
				    .seed = p->o->seed,
				    .at = p->o->failover_at,
				    .show = p->o->failover_at != 0 && (p->o->sessions || p->o->share) };
#ifdef HA_MUTATE
	job.mutate = p->o->mutate;
#endif
	/* What could be read of a broken capture is cut all the same; its error was told by the run before. */
	(void)!capset_load(path, &cap, why);
	const enum err e = failover_run(&job, &cap, &r);
	if (e == ERR_RANGE) {
		fprintf(stderr, "ips replay: %s: --failover %llu: the capture has only %zu packets\n", path,
			(unsigned long long)job.at, cap.n);
		p->failed = true;
	} else if (e != OK) {
		fprintf(stderr, "ips replay: %s: the failover run failed: %s\n", path, err_text(e));
		p->failed = true;
	} else {
		summary_add_failover(&p->sum, &r);
		if (r.equal != r.cuts) {
			fprintf(stderr, "ips replay: %s: cut %llu: %s\n", path, (unsigned long long)r.first_cut, r.first);
			p->checked_false = true;
		}
		p->checked_false |= r.digest_mismatches != 0;
	}
	capset_free(&cap);
}

static void print_summary(struct replay *p, const struct timespec *t0)
{
	struct timespec t1;
	struct outbuf o = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &t1);
	p->sum.elapsed_s = (double)(t1.tv_sec - t0->tv_sec) + (double)(t1.tv_nsec - t0->tv_nsec) / 1e9;
	if (p->o->json)
		summary_json(&p->sum, &o);
	else
		summary_text(&p->sum, &o);
	const bool to_stderr =
		(p->o->eve != NULL && strcmp(p->o->eve, "-") == 0) || (p->o->log != NULL && strcmp(p->o->log, "-") == 0);
	if (o.p != NULL)
		fwrite(o.p, 1, o.len, to_stderr ? stderr : stdout);
	if (fflush(stdout) != 0 || ferror(stdout) || o.bad) {
		fprintf(stderr, "ips replay: cannot write to standard output\n");
		p->failed = true;
	}
	outbuf_free(&o);
}

static int run_all(struct replay *p)
{
	struct timespec t0;
	int r = load_gen(p);
	if (r == EXIT_FINE && summary_init(&p->sum, p->gen) != OK)
		r = EXIT_FAILED;
	if (r == EXIT_FINE)
		r = open_output(p->o->eve, &p->eve);
	if (r == EXIT_FINE)
		r = open_output(p->o->log, &p->log);
	if (r != EXIT_FINE)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (size_t i = 0; i < p->o->n_captures && !interrupted; i++) {
		run_capture(p, p->o->captures[i]);
		if (p->o->failover && !interrupted)
			run_failover(p, p->o->captures[i]);
	}
	if (interrupted)
		return EXIT_FAILED;
	r = close_output(&p->eve);
	const int r2 = close_output(&p->log);
	print_summary(p, &t0);
	return r != EXIT_FINE ? r : r2 != EXIT_FINE ? r2 : p->failed ? EXIT_FAILED : EXIT_FINE;
}

int replay_run(const struct replay_opts *o)
{
	struct replay p = { .o = o };
	struct sigaction sa = { .sa_handler = on_signal };
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its own, told as such */
	int r = run_all(&p);
	outfile_abandon(p.eve);
	outfile_abandon(p.log);
	outbuf_free(&p.line);
	summary_fini(&p.sum);
	gen_free(p.gen);
	if (r == EXIT_FINE && (o->strict || o->failover) && p.checked_false)
		r = EXIT_CHECK;
	return r;
}
