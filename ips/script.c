/* script.c - see script.h. */
#include "ips/script.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const words[SCRIPT_N] = {
#define X(id, word) [id] = word,
	SCRIPT_LIST(X)
#undef X
};

/* --- whose it is --------------------------------------------------------------------------------------------- */

static bool refuse(char *why, const char *path, const char *what, const char *remedy)
{
	snprintf(why, SCRIPT_WHY, "'%.200s' %s; %s", path, what, remedy);
	return false;
}

/* last: the program's own folder, where not even a sticky bit helps against a name that is free for a moment. */
static bool folder_safe(const char *path, bool last, uid_t own, char *why)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return refuse(why, path, "cannot be looked at", "check the name");
	if (S_ISLNK(st.st_mode)) /* where it leads is looked at as well; who may put another in its place, by its folder */
		return true;
	if (st.st_uid != 0 && st.st_uid != own)
		return refuse(why, path, "belongs to another user, who could change what is run as root", "have root own it");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (last || (st.st_mode & S_ISVTX) == 0))
		return refuse(why, path, "can be written by others, who could change what is run as root", "use 'chmod go-w'");
	return true;
}

static bool folders_safe(const char *path, uid_t own, char *why)
{
	char part[PATH_MAX];
	if (!folder_safe("/", false, own, why))
		return false;
	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (!folder_safe(part, strchr(slash + 1, '/') == NULL, own, why))
			return false;
	}
	return true;
}

bool script_safe(const char *path, uid_t own, char why[SCRIPT_WHY])
{
	char real[PATH_MAX];
	struct stat st;
	if (path[0] != '/')
		return refuse(why, path, "is no whole path", "name the program from the root on");
	if (realpath(path, real) == NULL || stat(real, &st) != 0)
		return refuse(why, path, "is not there", "check the name");
	if (!S_ISREG(st.st_mode) || access(real, X_OK) != 0)
		return refuse(why, path, "is no program", "use 'chmod u+x', or name another file");
	if (st.st_uid != 0 && st.st_uid != own)
		return refuse(why, path, "belongs to another user, who could change what is run as root", "have root own it");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(why, path, "can be written by others, who could change what is run as root", "use 'chmod go-w'");
	return folders_safe(path, own, why) && folders_safe(real, own, why);
}

/* --- running it --------------------------------------------------------------------------------------------- */

/* In the child: as if it had been started by nobody. */
static void become(const char *path, const char *word, const char *name)
{
	static char env_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char *const env[] = { env_path, NULL };
	char *const argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)word, (char *)(uintptr_t)name, NULL };
	sigset_t none;
	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	const int nul = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= STDERR_FILENO && nul >= 0; fd++)
		(void)dup2(nul, fd);
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
	(void)!chdir("/");
	execve(path, argv, env);
	_exit(127);
}

static void run(struct script *s, int64_t now)
{
	const char *path = s->path[s->last];
	char why[SCRIPT_WHY];
	s->waits = false;
	if (path == NULL || path[0] == '\0')
		return;
	if (!script_safe(path, geteuid(), why)) { /* it has changed since the start */
		s->failed++;
		fprintf(stderr, "ipsd: not run: %s\n", why);
		return;
	}
	fflush(NULL);
	const pid_t pid = fork();
	if (pid == 0)
		become(path, words[s->last], s->name);
	if (pid < 0) {
		s->failed++;
		fprintf(stderr, "ipsd: %s cannot be run: no process for it\n", path);
		return;
	}
	s->pid = pid;
	s->began = now;
	s->running = s->last;
	s->runs++;
}

void script_tell(struct script *s, enum script_state st, int64_t now)
{
	if (s->told && s->last == st)
		return;
	s->told = s->waits = true;
	s->last = st;
	if (s->pid == 0)
		run(s, now);
}

bool script_ended(struct script *s, pid_t pid, int status, int64_t now)
{
	if (s->pid == 0 || pid != s->pid)
		return false;
	s->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		s->failed++;
		fprintf(stderr, "ipsd: %s %s has failed: %s %d\n", s->path[s->running], words[s->running],
			WIFEXITED(status) ? "exit code" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	}
	if (s->waits)
		run(s, now);
	return true;
}

void script_time(struct script *s, int64_t now)
{
	if (s->pid == 0 || now - s->began < s->limit_ns)
		return;
	fprintf(stderr, "ipsd: %s %s runs too long: killed\n", s->path[s->running], words[s->running]);
	s->killed++;
	kill(-s->pid, SIGKILL); /* its group: it has a session of its own */
	kill(s->pid, SIGKILL);
	s->began = now; /* once more, should it not have had its own yet */
}
