/* replay.c - see replay.h. One engine a capture; log records are written as they come. */
#include "ips/replay.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ips/cmd.h"
#include "ips/conf.h"
#include "ips/eve.h"
#include "ips/kvlog.h"
#include "ips/lists.h"
#include "ips/replay_int.h"
#include "ips/told.h"
#include "nfq/pktio.h"

enum { REC_ALL = (1 << REC_N) - 1, PROGRESS_FROM = 8 << 20, PROGRESS_EVERY = 1 << 14 };

static bool is_dash(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

const char *replay_named(const char *path)
{
	return is_dash(path) ? "standard input" : path;
}

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

void replay_say(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("ips replay: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static void tell(void *arg, const char *text)
{
	(void)arg;
	replay_say("%s", text);
}

void replay_stop(struct replay *p)
{
	p->failed = true;
	p->stopped = true;
}

/* Writes p->line, which begins empty. */
static void flush_line(struct replay *p, struct outfile *f)
{
	if (p->line.bad) {
		replay_say("out of memory for a log record");
		replay_stop(p);
		return;
	}
	outfile_write(f, p->line.p, p->line.len);
	outbuf_clear(&p->line);
}

static void write_line(struct replay *p, struct outfile *f, void (*print)(const struct rec *, const struct gen *, struct outbuf *),
		       const struct rec *r)
{
	if (f == NULL || p->stopped)
		return;
	print(r, p->gen, &p->line);
	flush_line(p, f);
}

static void write_rec(void *arg, const struct rec *r)
{
	struct replay *p = arg;
	write_line(p, p->eve, eve_line, r);
	write_line(p, p->log, kvlog_line, r);
}

static void write_told(void *arg, const struct engine_told *t)
{
	struct replay *p = arg;
	if (p->stopped)
		return;
	told_line(t, &p->line);
	flush_line(p, p->events);
}

/* --- set-up ------------------------------------------------------------------------------------------- */

static void home_net_refused(void *arg, const char *file, unsigned line, const char *text)
{
	(void)file, (void)line;
	replay_say("--home-net '%s': %s", (const char *)arg, text);
}

/* Is it what an address in a rule may be? */
static int check_home_net(const char *nets)
{
	const struct sig_source src = { .name = "home-net", .text = "alert ip $HOME_NET any -> any any (msg:\"x\"; sid:1;)\n" };
	const struct sig_var var = { "HOME_NET", nets };
	struct sigset *s = NULL;
	if (nets == NULL)
		return EXIT_FINE;
	const enum err e = sigset_new(&src, 1, &var, 1, home_net_refused, (void *)(uintptr_t)nets, &s);
	const bool good = e != OK || sigset_n(s) == 1;
	sigset_free(s);
	return good ? EXIT_FINE : EXIT_USAGE;
}

static int load_conf(const char *path, struct conf **out)
{
	enum err e;
	struct conf *c = conf_load(path, &e);
	if (c == NULL)
		return cmd_unreadable("replay", path, e);
	for (size_t i = 0; i < conf_n_errors(c); i++)
		fprintf(stderr, "%s\n", conf_error(c, i));
	if (conf_n_errors(c) != 0) {
		conf_free(c);
		return EXIT_USAGE;
	}
	*out = c;
	return EXIT_FINE;
}

static int load_gen(struct replay *p)
{
	const struct replay_opts *o = p->o;
	struct conf *c = NULL;
	int r = check_home_net(o->home_net);
	if (r == EXIT_FINE && o->config != NULL)
		r = load_conf(o->config, &c);
	if (r != EXIT_FINE)
		return r;
	const enum err e = c == NULL ? gen_new_default(o->rules, o->home_net, tell, p, &p->gen)
				     : gen_new_conf(c, o->rules, o->home_net, tell, p, &p->gen);
	conf_free(c);
	switch ((int)e) {
	case OK:
		return EXIT_FINE;
	case ERR_IO: /* the file was told */
		return EXIT_FAILED;
	case ERR_UNKNOWN:
	case ERR_UNSUPPORTED: /* the place in the configuration was told */
		return EXIT_USAGE;
	default:
		replay_say("cannot load rules and policies: %s", err_text(e));
		return EXIT_FAILED;
	}
}

static int open_output(const char *path, struct outfile **out)
{
	char why[OUTFILE_WHY];
	if (path == NULL || outfile_open(path, out, why) == OK)
		return EXIT_FINE;
	replay_say("%s", why);
	return EXIT_FAILED;
}

static void close_output(struct replay *p, struct outfile **out)
{
	char why[OUTFILE_WHY];
	struct outfile *f = *out;
	*out = NULL;
	if (f == NULL || outfile_finish(f, why) == OK)
		return;
	replay_say("%s", why);
	p->failed = true;
}

/* A log cannot be written: why, once. */
static void stop_for_output(struct replay *p)
{
	if (!p->stopped)
		close_output(p, outfile_failed(p->eve) ? &p->eve : outfile_failed(p->log) ? &p->log : &p->events);
	replay_stop(p);
}

void replay_say_interrupted(struct replay *p, const char *path, const char *what, uint64_t n)
{
	replay_say("%s: interrupted after %s %llu; no output file is kept", replay_named(path), what, (unsigned long long)n);
	replay_stop(p);
}

/* --- one capture --------------------------------------------------------------------------------------- */

static struct pktio *open_capture(struct replay *p, const char *path)
{
	char why[PKTIO_WHY_LEN];
	struct pktio *io, *dump;
	if (pktio_capture_open(path, &io, why) != OK) {
		if (interrupted) {
			replay_say_interrupted(p, path, "packet", 0);
		} else {
			replay_say("%s", why);
			p->failed = true;
		}
		return NULL;
	}
	if (p->o->write == NULL)
		return io;
	if (pktio_dump_open(io, p->o->write, &dump, why) != OK) {
		replay_say("%s", why);
		io->ops->close(io);
		replay_stop(p);
		return NULL;
	}
	return dump;
}

void replay_progress(const char *path, const char *what, int percent)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (percent < 0)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%s: %s %3d %%", path, what, percent > 99 ? 99 : percent);
}

static off_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= PROGRESS_FROM ? st.st_size : 0;
}

/* Captures are taken before the network card fills in checksums: only under a configuration do bad ones drop. */
static enum err run_batch(struct replay *p, struct engine *e, struct pktio *io, unsigned n, uint64_t *nr)
{
	outgoing_begin(&p->out);
	for (unsigned i = 0; i < n; i++) {
		struct packet *q = &p->batch[i];
		q->nr = ++*nr;
		q->csum_lenient = p->o->config == NULL;
		if (q->data == NULL) {
			outgoing_add_plain(&p->out, true);
			continue;
		}
		const struct verdict v = engine_packet(e, q);
		outgoing_add(&p->out, q, &v);
	}
	return outgoing_give(&p->out, io);
}

/* Until the end, an error of the capture (which is told; what was read counts), or a stop. */
static void run_packets(struct replay *p, struct engine *e, struct pktio *io, const char *path)
{
	const off_t size = size_of(path);
	uint64_t nr = 0, shown = 0;
	enum err er = OK;
	while (er == OK && !interrupted && !p->stopped) {
		struct pktio_stats st;
		unsigned n;
		er = io->ops->recv(io, p->batch, PKTIO_BATCH_MAX, &n);
		if (er == OK && run_batch(p, e, io, n, &nr) != OK) {
			replay_say("%s", io->why);
			replay_stop(p);
		}
		if (outfile_failed(p->eve) || outfile_failed(p->log) || outfile_failed(p->events))
			stop_for_output(p);
		if (size != 0 && nr - shown >= PROGRESS_EVERY) {
			io->ops->stats(io, &st);
			replay_progress(path, "read", (int)(st.bytes * 100 / (uint64_t)size));
			shown = nr;
		}
	}
	if (shown != 0)
		replay_progress(path, "", -1);
	if (interrupted) {
		replay_say_interrupted(p, path, "packet", nr);
	} else if (er != OK && er != ERR_EOF) {
		replay_say("%s", io->why);
		p->failed = true;
	}
}

static void print_list(const struct replay *p, struct engine *e, const char *path, const char *name,
		       void (*list)(struct engine *, struct outbuf *))
{
	struct outbuf o = { 0 };
	list(e, &o);
	fprintf(p->text, "--- %s: %s\n%s", replay_named(path), name, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

/* Those of a failover after packet N are of both nodes, at the cut. */
static void print_lists(const struct replay *p, struct engine *e, const char *path)
{
	if (p->o->failover_at != 0)
		return;
	if (p->o->sessions) {
		print_list(p, e, path, "ips session list", list_ips_sessions);
		print_list(p, e, path, "ips sys session list", list_sys_sessions);
	}
	if (p->o->share)
		print_list(p, e, path, "ips share list", list_share);
}

static void finish_capture(struct replay *p, struct engine *e, struct pktio *io, const char *path)
{
	struct pktio_stats st;
	if (p->stopped)
		return;
	print_lists(p, e, path);
	engine_finish(e);
	io->ops->stats(io, &st);
	summary_add(&p->sum, e, &st);
	if (p->o->write != NULL && pktio_dump_finish(io) != OK) {
		replay_say("%s", io->why);
		replay_stop(p);
	}
}

static void run_capture(struct replay *p, const char *path)
{
	const bool records = p->eve != NULL || p->log != NULL;
	const struct engine_cfg cfg = { .seed = p->o->seed, .node = 1, .rec_mask = records ? REC_ALL : 0 };
	struct engine *e = NULL;
	struct pktio *io = open_capture(p, path);
	if (io == NULL)
		return;
	const enum err er = engine_new(&cfg, p->gen, mono_ns(0), write_rec, p, &e);
	if (er != OK) {
		replay_say("cannot start the engine: %s; lower max-sessions or stream-memory", err_text(er));
		replay_stop(p);
	} else {
		if (p->events != NULL)
			engine_on_told(e, write_told, p);
		run_packets(p, e, io, path);
		finish_capture(p, e, io, path);
	}
	engine_free(e);
	io->ops->close(io);
}

static void run_one(struct replay *p, const char *path)
{
	struct replay_cuts cuts = { 0 };
	if (!p->o->failover || replay_load_cuts(p, path, &cuts)) {
		run_capture(p, path);
		if (p->o->failover && !p->stopped)
			replay_run_cuts(p, path, &cuts);
	}
	replay_free_cuts(&cuts);
}

/* --- the whole ------------------------------------------------------------------------------------------- */

static void print_summary(struct replay *p, const struct timespec *t0)
{
	struct timespec t1;
	struct outbuf o = { 0 };
	FILE *to = p->o->json ? stdout : p->text;
	clock_gettime(CLOCK_MONOTONIC, &t1);
	p->sum.elapsed_s = (double)(t1.tv_sec - t0->tv_sec) + (double)(t1.tv_nsec - t0->tv_nsec) / 1e9;
	if (p->o->json)
		summary_json(&p->sum, &o);
	else
		summary_text(&p->sum, &o);
	errno = 0;
	if (o.bad || fwrite(o.p, 1, o.len, to) != o.len || fflush(to) != 0) {
		if (o.bad || errno != EPIPE) /* a reader that has seen enough is no news */
			replay_say("the summary cannot be written: %s; check where it goes", strerror(o.bad ? ENOMEM : errno));
		p->failed = true;
	}
	outbuf_free(&o);
}

/* Did what --strict asks for hold? */
static bool strict_holds(const struct replay *p)
{
	const struct engine_stats *st = &p->sum.st;
	if (!p->o->strict || (st->match_lost == 0 && st->uninspected == 0))
		return true;
	replay_say("--strict: %llu sessions uninspected (raise max-sessions and stream-memory), %llu partial matches given up",
		   (unsigned long long)st->uninspected, (unsigned long long)st->match_lost);
	return false;
}

static int open_all(struct replay *p)
{
	int r = load_gen(p);
	if (r == EXIT_FINE && (summary_init(&p->sum, p->gen) != OK || outgoing_init(&p->out) != OK)) {
		replay_say("out of memory");
		r = EXIT_FAILED;
	}
	if (r == EXIT_FINE)
		r = open_output(p->o->eve, &p->eve);
	if (r == EXIT_FINE)
		r = open_output(p->o->log, &p->log);
	return r == EXIT_FINE ? open_output(p->o->events, &p->events) : r;
}

static int run_all(struct replay *p)
{
	struct timespec t0;
	const int r = open_all(p);
	if (r != EXIT_FINE)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (size_t i = 0; i < p->o->n_captures && !p->stopped; i++)
		run_one(p, p->o->captures[i]);
	const bool keep = !p->stopped && (p->sum.packets != 0 || (!p->failed && !p->usage));
	if (keep) {
		close_output(p, &p->eve);
		close_output(p, &p->log);
		close_output(p, &p->events);
		print_summary(p, &t0);
	}
	if (p->failed)
		return EXIT_FAILED;
	if (p->usage)
		return EXIT_USAGE;
	return !strict_holds(p) || p->cuts_differ ? EXIT_CHECK : EXIT_FINE;
}

static void catch_signals(void)
{
	const struct sigaction sa = { .sa_handler = on_signal };
	struct sigaction hup;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its own, told as such */
}

int replay_run(const struct replay_opts *o)
{
	const bool taken = o->json || is_dash(o->eve) || is_dash(o->log) || is_dash(o->events);
	struct replay p = { .o = o, .text = taken ? stderr : stdout, .interrupted = &interrupted };
	catch_signals();
	const int r = run_all(&p);
	outfile_abandon(p.eve);
	outfile_abandon(p.log);
	outfile_abandon(p.events);
	outbuf_free(&p.line);
	outgoing_fini(&p.out);
	summary_fini(&p.sum);
	gen_free(p.gen);
	return r;
}
