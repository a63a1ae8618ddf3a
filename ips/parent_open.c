/* parent_open.c - what the root half opens once: lock, control socket, key, virtual addresses; and gives back. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ips/conf.h"
#include "ips/parent_int.h"
#include "nfq/ruleset.h"

enum { LISTEN_MAX = 16 };

static bool wrong(const char *what, const char *name, const char *remedy)
{
	fprintf(stderr, "ipsd: %s: %s: %s; %s\n", name, what, strerror(errno), remedy);
	return false;
}

static bool run_path(const struct parent *p, const char *name, char *out, size_t cap)
{
	if (snprintf(out, cap, "%s/%s", p->o->run_dir, name) < (int)cap)
		return true;
	errno = ENAMETOOLONG;
	return wrong("cannot be used", p->o->run_dir, "name a shorter folder");
}

/* One daemon a folder: a second one changes nothing. */
bool parent_lock(struct parent *p)
{
	char path[PATH_LEN], pid[32];
	if (mkdir(p->o->run_dir, 0755) != 0 && errno != EEXIST)
		return wrong("cannot be made", p->o->run_dir, "make it, or name another one with --run-dir");
	if (!run_path(p, "ipsd.pid", path, sizeof(path)))
		return false;
	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (p->lock < 0)
		return wrong("cannot be written", path, "name another folder with --run-dir");
	if (flock(p->lock, LOCK_EX | LOCK_NB) != 0) {
		const ssize_t n = read(p->lock, pid, sizeof(pid) - 1);
		pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
		fprintf(stderr, "ipsd: another ipsd (process %s) works in %s; stop it, or name another folder with --run-dir\n",
			pid, p->o->run_dir);
		close(p->lock);
		p->lock = -1;
		return false;
	}
	const int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(p->lock, 0) == 0 && write(p->lock, pid, (size_t)n) == n)
		return true;
	return wrong("cannot be written", path, "free some space");
}

static bool who(struct parent *p)
{
	const char *name = p->o->user != NULL ? p->o->user : "nobody";
	const struct passwd *pw = getpwnam(name);
	if (pw == NULL) {
		fprintf(stderr, "ipsd: there is no user '%s'; make it, or name another one with --user\n", name);
		return false;
	}
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	return true;
}

static bool share_socket(const struct parent *p, const char *path)
{
	const struct group *g = p->o->group != NULL ? getgrnam(p->o->group) : NULL;
	if (p->o->group != NULL && g == NULL) {
		fprintf(stderr, "ipsd: there is no group '%s'; make it, or name another one with --group\n", p->o->group);
		return false;
	}
	if (chown(path, 0, g != NULL ? g->gr_gid : 0) != 0 || chmod(path, 0660) != 0)
		return wrong("cannot be given its rights", path, "name another folder with --run-dir");
	return true;
}

static bool open_listener(struct parent *p)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	if (!run_path(p, "ips.sock", sa.sun_path, sizeof(sa.sun_path)))
		return false;
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(sa.sun_path); /* the lock is ours: what lies there is a dead one's */
	const mode_t before = umask(0177);
	const bool ok = p->listener >= 0 && bind(p->listener, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
			listen(p->listener, LISTEN_MAX) == 0;
	umask(before);
	if (!ok)
		return wrong("the control socket cannot be made", sa.sun_path, "name another folder with --run-dir");
	return share_socket(p, sa.sun_path);
}

static bool open_signals(struct parent *p)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sigaddset(&set, ours[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return wrong("cannot be blocked", "signals", "see the system's limits");
	signal(SIGPIPE, SIG_IGN);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p->died = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return p->signals >= 0 && p->died >= 0 ? true : wrong("cannot be opened", "signals", "see the limit of open files");
}

static bool open_pair(struct parent *p)
{
	char why[VIP_WHY];
	if (!p->live.pair)
		return true;
	if (link_psk(p->live.password, p->live.link.group, p->psk) != OK) {
		fprintf(stderr, "ipsd: no memory for the key of the pair\n");
		return false;
	}
	if (vip_open(p->live.vip, p->live.n_vip, &p->vip, why) == OK)
		return parent_ha_open(p);
	fprintf(stderr, "ipsd: %s\n", why);
	return false;
}

/* At the start a log that cannot be written is an error; later the node works on without. */
static bool try_logs(const struct parent *p)
{
	for (enum log_kind k = 0; k < LOG_KIND_N; k++) {
		const int fd = parent_log_open(&p->live, k);
		if (fd < 0 && p->live.log[k].on)
			return false;
		if (fd >= 0)
			close(fd);
	}
	return true;
}

bool parent_open(struct parent *p)
{
	char why[NOTIFY_WHY];
	if (geteuid() != 0) {
		fprintf(stderr, "ipsd: root is needed for the kernel's queues, rules and addresses; 'ips replay' works without\n");
		return false;
	}
	if (notify_init(&p->notify, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	return parent_lock(p) && who(p) && try_logs(p) && open_signals(p) && open_listener(p) && open_pair(p);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

bool parent_close(struct parent *p)
{
	struct ruleset_report r;
	char path[PATH_LEN], why[VIP_WHY];
	bool ok = true;
	if (p->vip != NULL && p->vips_on && vip_remove(p->vip, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	vip_close(p->vip);
	parent_ha_close(p);
	if (p->rules_in && !p->keep_rules && ruleset_remove(p->o->run_dir, &r) != OK) {
		fprintf(stderr, "ipsd: rules: %s\n", r.why);
		ok = false;
	}
	if (p->lock >= 0 && run_path(p, "ips.sock", path, sizeof(path))) /* ours, or a dead one's */
		(void)unlink(path);
	if (p->lock >= 0 && run_path(p, "ipsd.pid", path, sizeof(path)))
		(void)unlink(path);
	close_fd(p->bundle);
	close_fd(p->next_bundle);
	close_fd(p->listener);
	close_fd(p->signals);
	close_fd(p->died);
	close_fd(p->lock);
	notify_fini(&p->notify);
	rulefiles_free(&p->rules);
	conf_free(p->conf);
	explicit_bzero(p->psk, sizeof(p->psk));
	return ok;
}
