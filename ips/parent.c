/* parent.c - see parent.h. One loop: what the engine asks for, its death, signals, time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ips/bundle.h"
#include "ips/diary.h"
#include "ips/ha_status.h"
#include "ips/parent_int.h"
#include "nfq/ruleset.h"

enum {
	START_WAIT_MS = 5000,
	STOP_WAIT_MS = 8000,
	HANG_MIN_MS = 500,
	HANG_ALONE_MS = 5000,
	UNUSABLE_PAUSE_MS = 500,
	WILL_TIMES = 3
};

void parent_say(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "ipsd: %s\n", text);
}

int64_t parent_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static void status(struct parent *p)
{
	char text[NOTIFY_STATUS_MAX];
	snprintf(text, sizeof(text), "%s: %s", p->live.hostname,
		 !p->ready ? "starting" : !p->live.pair ? "working" : ha_role_name((unsigned)p->pulse->role));
	notify_status(&p->notify, text);
}

/* --- virtual addresses ------------------------------------------------------------------------------------- */

static void vips_on(struct parent *p)
{
	char why[VIP_WHY];
	if (p->vip != NULL && vip_add(p->vip, VIP_LIFETIME_S, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	p->vips_on = true;
	parent_ha_vips(p, true);
	status(p);
}

static void vips_off(struct parent *p)
{
	char why[VIP_WHY];
	if (p->vip != NULL && p->vips_on && vip_remove(p->vip, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	p->vips_on = false;
	p->pulse->vips = 0;
	parent_ha_vips(p, false);
}

/* --- the engine process ------------------------------------------------------------------------------------ */

/* In the watcher's thread, microseconds after the death: the peer first. */
static void on_death(void *arg)
{
	struct parent *p = arg;
	const uint64_t one = 1;
	for (unsigned i = 0; i < WILL_TIMES; i++)
		for (unsigned k = 0; k < LINKS_MAX && p->will_fd[k] >= 0; k++)
			(void)!sendto(p->will_fd[k], p->will[k].will, p->will[k].len, MSG_NOSIGNAL | MSG_DONTWAIT,
				      (const void *)p->will[k].to, p->will[k].to_len);
	(void)!write(p->died, &one, sizeof(one));
}

static void be_engine(struct parent *p, int parent_end, pid_t parent)
{
	sigset_t none;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ENGINE_FAILED);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* of a terminal: the parent says when */
	close(p->lock);
	close(p->signals);
	close(p->died);
	vip_close(p->vip);
	parent_ha_forget(p);
	notify_fini(&p->notify);
	struct child ep = { .serial = p->ha.disk.state.serial, .used_terms = p->ha.disk.state.term,
				  .forced = p->ha.disk.state.forced,
				  .age_s = (uint32_t)((parent_now() - p->ha.started) / NS_PER_SEC),
				  .live = &p->live, .config = p->config, .uid = p->uid, .gid = p->gid, .parent = parent_end,
				  .listener = p->listener, .bundle = p->bundle, .deadman = p->deadman, .pulse = p->pulse,
				  .diary = p->diary };
	memcpy(ep.psk, p->psk, sizeof(ep.psk));
	explicit_bzero(p->psk, sizeof(p->psk));
	for (enum log_kind k = 0; k < LOG_KIND_N; k++)
		ep.log_fd[k] = parent_log_open(&p->live, k);
	_exit((int)child_run(&ep));
}

static bool start_engine(struct parent *p)
{
	int sv[2];
	const pid_t self = getpid();
	uint64_t n;
	deadman_free(p->deadman);
	(void)!read(p->died, &n, sizeof(n)); /* the last word of the former one's watcher, which has ended */
	p->deadman = NULL;
	if (deadman_new(&p->deadman) != OK || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return false;
	*p->pulse = (struct pulse){ 0 };
	parent_ha_engine(p);
	p->ready = p->dying = p->told = false;
	p->turns = p->turns_told = 0;
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0) {
		close(sv[0]);
		be_engine(p, sv[1], self);
	}
	close(sv[1]);
	p->engine = sv[0];
	p->turned_at = parent_now();
	return p->pid > 0;
}

/* The parent's copies of what was the dead engine's. */
static void forget_engine(struct parent *p)
{
	deadman_free(p->deadman);
	p->deadman = NULL;
	if (p->engine >= 0)
		close(p->engine);
	for (unsigned k = 0; k < LINKS_MAX; k++) {
		if (p->will_fd[k] >= 0)
			close(p->will_fd[k]);
		p->will_fd[k] = -1;
	}
	p->engine = -1;
	p->pid = 0;
	p->ready = false;
	parent_reloaded(p, false);
}

/* Too many deaths in a short time: it will not get better. */
static bool dies_too_often(struct parent *p)
{
	const int64_t now = parent_now();
	p->deaths[p->n_deaths++ % DEATHS_MAX] = now;
	return p->n_deaths >= DEATHS_MAX && now - p->deaths[p->n_deaths % DEATHS_MAX] < DEATHS_WINDOW_NS;
}

static const char *how(int st, char *buf, size_t cap)
{
	if (WIFSIGNALED(st))
		snprintf(buf, cap, "killed by signal %d (%s)", WTERMSIG(st), strsignal(WTERMSIG(st)));
	else
		snprintf(buf, cap, "exit code %d", WEXITSTATUS(st));
	return buf;
}

/* A node without an engine lets nothing pass: its rules stay, unless it was to let everything pass then. */
static bool give_up(struct parent *p)
{
	p->keep_rules = p->rules_in && !p->live.fail_open;
	if (p->keep_rules)
		fprintf(stderr, "ipsd: the kernel's rules stay, so that nothing passes uninspected; "
				"'ipsd --clean' takes them away\n");
	return false;
}

static bool again(struct parent *p, int *code)
{
	if (start_engine(p)) {
		status(p);
		return true;
	}
	fprintf(stderr, "ipsd: no engine process can be started: %s\n", strerror(errno));
	*code = EXIT_FAILED;
	return give_up(p);
}

/* The engine has ended: what it was good for goes, and another one comes. false: the daemon ends too. */
static bool after_death(struct parent *p, int st, int *code)
{
	static const struct timespec pause = { .tv_nsec = UNUSABLE_PAUSE_MS * NS_PER_MS };
	char text[128];
	const bool reborn = WIFEXITED(st) && WEXITSTATUS(st) == ENGINE_REBORN;
	const bool unusable = WIFEXITED(st) && WEXITSTATUS(st) == ENGINE_UNUSABLE;
	vips_off(p);
	parent_ha_bounce(p); /* its last word may be there unread */
	forget_engine(p);
	if (p->stopping)
		return false;
	if (reborn)
		return again(p, code);
	parent_ha_fault(p);
	if (!unusable) /* that has said why */
		fprintf(stderr, "ipsd: the engine process has ended: %s\n", how(st, text, sizeof(text)));
	if (!p->was_ready) {
		*code = EXIT_FAILED;
		return false;
	}
	if (dies_too_often(p)) {
		fprintf(stderr, "ipsd: it has died %d times within a minute: giving up\n", DEATHS_MAX);
		*code = EXIT_FAILED;
		return give_up(p);
	}
	if (unusable) /* an address or an interface may come back */
		nanosleep(&pause, NULL);
	return again(p, code);
}

static bool install_rules(struct parent *p)
{
	const struct live *l = &p->live;
	const char *names[RULESET_IFACES_MAX];
	struct ruleset_report r;
	for (unsigned i = 0; i < l->n_iface; i++)
		names[i] = l->iface[i];
	const struct ruleset_opt o = { .iface = names, .n_iface = l->n_iface, .queue = l->queue, .n_queues = l->n_queues,
				       .fail_open = l->fail_open, .forward = !l->bridge, .bridge = l->bridge,
				       .state_dir = p->o->run_dir };
	if (p->o->no_rules || p->rules_in)
		return true;
	if (ruleset_install(&o, &r) != OK) {
		fprintf(stderr, "ipsd: rules: %s\n", r.why);
		return false;
	}
	p->rules_in = true;
	if (r.warn[0] != '\0')
		fprintf(stderr, "ipsd: rules: %s\n", r.warn);
	return true;
}

/* Takes what it keeps of fds. Once an engine: another such word of it means nothing. */
static bool on_ready(struct parent *p, const struct proc_msg *m, int *fds)
{
	if (p->told)
		return true;
	p->told = true;
	memcpy(p->will, m->data, size_min(m->len, sizeof(p->will)));
	for (unsigned k = 0; k < LINKS_MAX; k++) {
		const struct link_word *w = &p->will[k];
		const bool good = (k + 1) * sizeof(*w) <= m->len && w->len <= sizeof(w->will) && w->to_len <= sizeof(w->to);
		p->will_fd[k] = good ? fds[k] : -1;
		fds[k] = good ? -1 : fds[k];
	}
	if (!install_rules(p))
		return false;
	if (deadman_watch(p->deadman, START_WAIT_MS, on_death, p) != OK) {
		kill(p->pid, SIGKILL); /* its threads did not start: as dead as any */
		return true;
	}
	p->ready = p->was_ready = true;
	p->turned_at = parent_now();
	fprintf(stderr, "ipsd: ready: %s, engine process %ld\n", p->live.hostname, (long)p->pid);
	status(p);
	return true;
}

/* false: the daemon cannot go on. */
static bool on_message(struct parent *p)
{
	static struct proc_msg m;
	bool good = true;
	int fds[PM_FDS];
	if (proc_recv(p->engine, &m, fds) != OK) {
		proc_close(fds);
		close(p->engine);
		p->engine = -1; /* it is dead or dying: its end is told by SIGCHLD */
		return true;
	}
	switch ((enum proc_msg_kind)m.kind) {
	case PM_READY:
		good = on_ready(p, &m, fds);
		break;
	case PM_ACTIVE:
		if (!p->dying) {
			vips_on(p);
			p->pulse->vips = m.code;
		}
		break;
	case PM_PASSIVE:
		vips_off(p);
		parent_ha_bounce(p);
		break;
	case PM_STATE:
		parent_ha_state(p, &m);
		break;
	case PM_PROBE:
		parent_ha_probe(p, m.code != 0);
		break;
	case PM_WANT_RELOAD:
		parent_reload(p);
		break;
	case PM_RELOADED:
		parent_reloaded(p, m.code == 0);
		fprintf(stderr, "ipsd: reload: %s\n%.*s", m.code == 0 ? "done" : "refused", (int)m.len, m.data);
		p->told_ready = false;
		break;
	case PM_BUNDLE:
	case PM_BAD_BUNDLE:
	case PM_LOGS:
	case PM_STOP:
		break;
	}
	proc_close(fds);
	return good;
}

/* --- signals and time -------------------------------------------------------------------------------------- */

static void stop(struct parent *p)
{
	if (p->stopping && p->pid > 0)
		kill(p->pid, SIGKILL); /* asked twice */
	p->stopping = true;
	notify_stopping(&p->notify);
	p->turned_at = parent_now();
	if (p->engine >= 0 && proc_tell(p->engine, PM_STOP, 0, NULL) != OK && p->pid > 0)
		kill(p->pid, SIGKILL);
}

/* false: there is no engine any more, and there is to be none. */
static bool on_signal(struct parent *p, int *code)
{
	struct signalfd_siginfo si;
	int st;
	while (read(p->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		switch ((int)si.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			stop(p);
			break;
		case SIGHUP:
			parent_reopen_logs(p);
			parent_reload(p);
			break;
		case SIGUSR1:
			parent_reopen_logs(p);
			break;
		default:
			parent_ha_child(p);
			if (p->pid > 0 && waitpid(p->pid, &st, WNOHANG) == p->pid && !after_death(p, st, code))
				return false;
			break;
		}
	}
	return true;
}

/* A loop that stands still is a dead node: the peer has taken over, or is about to. A machine that stood still as a whole says
 * nothing of the engine: that has had no time either, and finds out itself. */
static void watch_turns(struct parent *p, int64_t now)
{
	const int64_t dead = p->live.link.hb_interval_ns * p->live.link.hb_lost;
	const int64_t pair = dead > HANG_MIN_MS * NS_PER_MS ? dead : HANG_MIN_MS * NS_PER_MS;
	const int64_t hung = p->live.pair ? pair : HANG_ALONE_MS * NS_PER_MS;
	const int64_t limit = p->stopping ? STOP_WAIT_MS * NS_PER_MS : hung;
	const uint64_t turns = p->pulse->turns;
	if ((turns != p->turns || now - p->watched_at > limit / 4) && !p->stopping)
		p->turned_at = now;
	p->watched_at = now;
	p->turns = turns;
	if (p->pid <= 0 || !(p->ready || p->stopping) || now - p->turned_at < limit)
		return;
	fprintf(stderr, "ipsd: the engine %s: killed\n", p->stopping ? "does not end" : "stands still");
	p->dying = true;
	vips_off(p);
	kill(p->pid, SIGKILL);
	p->turned_at = now;
}

/* What the service manager hears: ready once packets are judged, or the whole table is here; and life, as long as the packet loop
 * turns. */
static void tell_manager(struct parent *p, int64_t now, int64_t *shown)
{
	if (p->ready && !p->told_ready && p->pulse->settled) {
		notify_ready(&p->notify);
		p->told_ready = true;
	}
	if (p->notify.watchdog_ns == 0 || now - *shown < p->notify.watchdog_ns / 4 || p->turns == p->turns_told)
		return;
	*shown = now;
	p->turns_told = p->turns;
	notify_watchdog(&p->notify);
}

static void on_time(struct parent *p, int64_t *refreshed, int64_t *shown)
{
	char why[VIP_WHY];
	const int64_t now = parent_now();
	watch_turns(p, now);
	tell_manager(p, now, shown);
	if (!p->vips_on || p->vip == NULL || now - *refreshed < VIP_REFRESH_MS * NS_PER_MS)
		return;
	*refreshed = now;
	if (vip_refresh(p->vip, VIP_LIFETIME_S, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
}

static int serve(struct parent *p)
{
	int code = EXIT_FAILED;
	int64_t refreshed = 0, shown = 0;
	int wait_ms = 0;
	if (bundle_make(p->conf, &p->rules, &p->bundle) != OK || !start_engine(p)) {
		fprintf(stderr, "ipsd: no memory for the configuration, or no process for the engine\n");
		return EXIT_FAILED;
	}
	code = EXIT_FINE;
	for (;;) {
		struct pollfd f[] = { { .fd = p->signals, .events = POLLIN }, { .fd = p->died, .events = POLLIN },
				      { .fd = p->engine, .events = POLLIN }, { .fd = parent_ha_fd(p), .events = POLLIN } };
		uint64_t n;
		(void)poll(f, ARRAY_LEN(f), wait_ms);
		if (read(p->died, &n, sizeof(n)) > 0) {
			p->dying = true;
			vips_off(p);
		}
		if ((f[2].revents & (POLLIN | POLLHUP)) != 0 && !on_message(p)) {
			code = EXIT_FAILED;
			stop(p);
		}
		if (f[3].revents != 0)
			parent_ha_links(p);
		if (!on_signal(p, &code))
			return code;
		on_time(p, &refreshed, &shown);
		wait_ms = parent_ha_time(p, parent_now());
	}
}

/* Zeros, between this process and the engines to come. */
static void *shared(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED ? p : NULL;
}

int parent_run(const struct parent_opt *o)
{
	struct parent p = { .o = o, .lock = -1, .listener = -1, .signals = -1, .died = -1, .engine = -1, .will_fd = { -1, -1 },
			    .bundle = -1, .next_bundle = -1, .notify = { .fd = -1 },
			    .ha = { .disk = { .dir = -1 }, .bounce = { .hold = -1 } } };
	if (realpath(o->config, p.config) == NULL)
		snprintf(p.config, sizeof(p.config), "%s", o->config);
	if (parent_read(p.config, &p.conf, &p.live, &p.rules, parent_say, NULL) != OK)
		return EXIT_USAGE;
	int code = EXIT_FAILED;
	if (parent_open(&p)) {
		p.pulse = shared(sizeof(*p.pulse));
		p.diary = shared(sizeof(*p.diary));
		if (p.pulse != NULL && p.diary != NULL)
			code = serve(&p);
	}
	parent_close(&p);
	return code;
}

int parent_clean(const struct parent_opt *o)
{
	struct parent p = { .o = o, .lock = -1, .listener = -1, .signals = -1, .died = -1, .engine = -1, .will_fd = { -1, -1 },
			    .bundle = -1, .next_bundle = -1, .notify = { .fd = -1 },
			    .ha = { .disk = { .dir = -1 }, .bounce = { .hold = -1 } } };
	if (!parent_lock(&p))
		return EXIT_FAILED;
	p.rules_in = true; /* a dead one's */
	return parent_close(&p) ? EXIT_FINE : EXIT_FAILED;
}
