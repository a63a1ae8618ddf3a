/* child_keeper.c - see child_keeper.h. */
#include "ips/child_keeper.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ips/bundle.h"
#include "ips/peering.h"
#include "ips/version.h"

enum { RELOAD_WAIT_S = 60, CHANGE_POLL_MS = 5, CHANGE_POLLS = 4000, LEAVE_WAIT_MS = 3000 };

void keeper_init(struct keeper *k, const struct child *p)
{
	*k = (struct keeper){ .p = p, .parent = p->parent, .generation = 1 };
	pthread_condattr_t a;
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&k->cond, &a);
	pthread_condattr_destroy(&a);
}

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS };
	nanosleep(&t, NULL);
}

/* --- another generation ------------------------------------------------------------------------------------- */

struct swap {
	struct worker *w;
	const struct gen *g;
	enum err e;
	bool changed;
};

static void swap_gen(const struct ctl_view *v, void *ctx)
{
	struct swap *s = ctx;
	(void)v;
	s->e = worker_set_gen(s->w, s->g);
}

static void ask_changed(const struct ctl_view *v, void *ctx)
{
	struct swap *s = ctx;
	(void)v;
	s->changed = worker_changed(s->w);
}

static void line(void *arg, const char *text)
{
	outbuf_fmt(arg, "%s\n", text);
}

/* Every session of every worker is under the new one; the old one may go. */
static bool wait_changed(struct keeper *k)
{
	for (unsigned i = 0; i < k->n_workers; i++) {
		struct swap s = { .w = k->worker[i] };
		for (unsigned n = 0; !s.changed; n++) {
			if (n == CHANGE_POLLS || worker_visit(k->worker[i], ask_changed, &s) != OK)
				return false;
			if (!s.changed)
				pause_ms(CHANGE_POLL_MS);
		}
	}
	return logs_passed(k->logs, LOGS_WAIT_MS);
}

/* Gives worker i the new generation; a change before may still be under way there. */
static enum err give(struct keeper *k, unsigned i, const struct gen *g)
{
	struct swap s = { .w = k->worker[i], .g = g };
	for (unsigned n = 0; n < CHANGE_POLLS; n++) {
		const enum err e = worker_visit(k->worker[i], swap_gen, &s);
		if (e != OK || s.e != ERR_EXISTS)
			return e != OK ? e : s.e;
		pause_ms(CHANGE_POLL_MS);
	}
	return ERR_TIMEOUT;
}

static enum err take_gen(struct keeper *k, struct gen *g, struct outbuf *told)
{
	struct gen *old = k->gen;
	enum err failed = OK;
	for (unsigned i = 0; i < k->n_workers; i++) {
		const enum err e = give(k, i, g);
		if (e == OK)
			continue;
		outbuf_fmt(told, "worker %u works on by the former configuration: %s; try again\n", i, err_text(e));
		failed = e;
		if (i == 0) {
			gen_free(g);
			return e;
		}
	}
	k->gen = g;
	k->generation++;
	if (failed == OK && wait_changed(k))
		gen_free(old);
	else if (failed == OK) /* somebody may still read it: it stays */
		outbuf_fmt(told, "the change is still under way\n");
	return failed;
}

static enum err apply(struct keeper *k, int fd, struct outbuf *told)
{
	struct conf *c = NULL;
	struct rulefiles r;
	struct gen *g = NULL;
	enum err e = bundle_open(fd, &c, &r);
	if (e != OK)
		return e;
	e = gen_build(c, &r, NULL, line, told, &g);
	conf_free(c);
	rulefiles_free(&r);
	if (e == OK)
		e = take_gen(k, g, told);
	if (e == OK) {
		const struct ha_event ev = { .id = HAE_RELOAD, .at = queue_clock_now(&k->clock) };
		(void)logs_ha(k->logs, k->n_workers, &ev);
	}
	return e;
}

/* Tells the parent, and whoever waits for it here. */
static void reload_done(struct keeper *k, enum err e, const struct outbuf *told)
{
	pthread_mutex_lock(&k->lock);
	if (k->waiting) {
		k->result = e;
		outbuf_add(&k->told, told->p != NULL ? told->p : "", told->len);
		k->done = true;
		pthread_cond_broadcast(&k->cond);
	}
	pthread_mutex_unlock(&k->lock);
	if (proc_tell(k->parent, PM_RELOADED, e != OK, told->p) != OK)
		return; /* its end is noticed by the next proc_recv */
}

void keeper_answer(struct keeper *k)
{
	static const char text[] = "the daemon ends\n";
	pthread_mutex_lock(&k->lock);
	if (k->waiting && !k->done) {
		k->result = ERR_EOF;
		outbuf_add(&k->told, text, sizeof(text) - 1);
		k->done = true;
		pthread_cond_broadcast(&k->cond);
	}
	pthread_mutex_unlock(&k->lock);
}

static void on_bundle(struct keeper *k, int fd)
{
	struct outbuf told = { 0 };
	const enum err e = apply(k, fd, &told);
	reload_done(k, e, &told);
	outbuf_free(&told);
}

/* --- what the parent sends ---------------------------------------------------------------------------------- */

/* An active node lets its standby take over first. */
static void leave(struct keeper *k)
{
	struct outbuf told = { 0 };
	if (k->links != NULL && keeper_role(k, CTL_STOP, &told) == OK)
		pause_ms(LEAVE_WAIT_MS); /* the worker ends the process as soon as it is done */
	outbuf_free(&told);
}

static void on_logs(struct keeper *k, const struct proc_msg *m, const int *fds)
{
	int now[LOG_KIND_N];
	unsigned next = 0;
	for (unsigned i = 0; i < LOG_KIND_N; i++)
		now[i] = (m->code & 1u << i) != 0 ? fds[next++] : -1;
	logs_reopen(k->logs, now);
}

static void close_fds(const int *fds)
{
	for (unsigned i = 0; i < PM_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

enum engine_exit keeper_run(struct keeper *k)
{
	static struct proc_msg m;
	int fds[PM_FDS];
	k->started = queue_clock_now(&k->clock);
	for (;;) {
		if (proc_recv(k->parent, &m, fds) != OK)
			return ENGINE_FAILED; /* the parent is gone: nothing cleans up behind us any more */
		switch ((enum proc_msg_kind)m.kind) {
		case PM_BUNDLE:
			on_bundle(k, fds[0]);
			close_fds(fds);
			break;
		case PM_BAD_BUNDLE: {
			struct outbuf told = { 0 };
			outbuf_fmt(&told, "%.*s", (int)m.len, m.data);
			reload_done(k, ERR_USAGE, &told);
			outbuf_free(&told);
			break;
		}
		case PM_LOGS:
			on_logs(k, &m, fds);
			break;
		case PM_STOP:
			leave(k);
			return ENGINE_STOPPED;
		case PM_READY:
		case PM_ACTIVE:
		case PM_PASSIVE:
		case PM_WANT_RELOAD:
		case PM_STATE:
		case PM_PROBE:
		case PM_RELOADED:
			close_fds(fds);
			break;
		}
	}
}

/* --- the end of the first worker ------------------------------------------------------------------------------ */

void keeper_wait_down(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->down = true;
	pthread_cond_broadcast(&k->cond);
	for (;;)
		pthread_cond_wait(&k->cond, &k->lock);
}

void keeper_wait_worker(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	while (!k->down)
		pthread_cond_wait(&k->cond, &k->lock);
	pthread_mutex_unlock(&k->lock);
}

/* --- for the control socket ------------------------------------------------------------------------------------ */

enum err keeper_visit(void *arg, unsigned worker, ctl_visit_fn *fn, void *ctx)
{
	struct keeper *k = arg;
	return worker < k->n_workers ? worker_visit(k->worker[worker], fn, ctx) : ERR_NOTFOUND;
}

enum err keeper_reload(void *arg, struct outbuf *told)
{
	struct keeper *k = arg;
	struct timespec until;
	pthread_mutex_lock(&k->lock);
	k->waiting = true; /* before it is asked for: a refusal comes at once */
	k->done = false;
	outbuf_clear(&k->told);
	pthread_mutex_unlock(&k->lock);
	enum err e = proc_tell(k->parent, PM_WANT_RELOAD, 0, NULL);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RELOAD_WAIT_S;
	pthread_mutex_lock(&k->lock);
	int late = 0;
	while (e == OK && !k->done && late == 0)
		late = pthread_cond_timedwait(&k->cond, &k->lock, &until);
	if (e == OK)
		e = k->done ? k->result : ERR_TIMEOUT;
	outbuf_add(told, k->told.p != NULL ? k->told.p : "", k->told.len);
	k->waiting = false;
	pthread_mutex_unlock(&k->lock);
	return e;
}

_Static_assert((int)CTL_ACTIVE == (int)PEERING_ACTIVE && (int)CTL_PASSIVE == (int)PEERING_PASSIVE &&
		       (int)CTL_RESET == (int)PEERING_RESET && (int)CTL_STOP == (int)PEERING_STOP,
	       "what is asked for is the same in both");

struct role_ask {
	struct worker *w;
	enum ctl_role want;
	bool ok;
	const char *why;
};

static void ask_role(const struct ctl_view *v, void *ctx)
{
	struct role_ask *a = ctx;
	(void)v;
	a->ok = worker_ask_role(a->w, a->want, &a->why);
}

enum err keeper_role(void *arg, enum ctl_role want, struct outbuf *told)
{
	struct keeper *k = arg;
	struct role_ask a = { .w = k->worker[0], .want = want, .why = "" };
	TRY(worker_visit(k->worker[0], ask_role, &a));
	if (*a.why != '\0')
		outbuf_fmt(told, "%s\n", a.why);
	return a.ok ? OK : ERR_USAGE;
}

void keeper_about(void *arg, struct ctl_about *out)
{
	struct keeper *k = arg;
	*out = (struct ctl_about){ .pid = (long)getpid(),
				   .started = k->started,
				   .now = queue_clock_now(&k->clock),
				   .generation = k->generation };
	snprintf(out->hostname, sizeof(out->hostname), "%s", k->p->live->hostname);
	snprintf(out->version, sizeof(out->version), "%s", IPS_VERSION);
	snprintf(out->config, sizeof(out->config), "%s", k->p->config);
}
