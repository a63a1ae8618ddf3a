/* script.c - see script.h. */
#include "ips/script.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const words[SCRIPT_N] = {
#define X(id, word) [id] = word,
	SCRIPT_LIST(X)
#undef X
};

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
	s->waits = false;
	if (path == NULL || path[0] != '/')
		return;
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
