/* ruleset_run.c - posix_spawn with files in memory for standard input and output: nobody can block on a pipe. */
#include "nfq/ruleset_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_LIMIT_MS = 15000, OUTPUT_MAX = 4 << 20, PATH_LEN = 64 };

/* 0 = not found in any of them. */
static bool find_program(const char *name, char *path)
{
	static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin" };
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(path, PATH_LEN, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int memory_file(const char *text)
{
	const int fd = memfd_create("ruleset", MFD_CLOEXEC);
	const size_t len = text != NULL ? strlen(text) : 0;
	if (fd < 0)
		return -1;
	if (len != 0 && pwrite(fd, text, len, 0) != (ssize_t)len) {
		close(fd);
		return -1;
	}
	return fd;
}

static char *contents(int fd)
{
	const off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	const size_t len = size < 0 ? 0 : size_min((size_t)size, OUTPUT_MAX);
	char *text = calloc(1, len + 1);
	if (text != NULL && len != 0 && pread(fd, text, len, 0) < 0)
		text[0] = '\0';
	return text;
}

/* The child begins with default signals and none blocked, whatever the caller has. */
static int spawn(const char *path, const char *const *argv, const int fds[2], pid_t *pid)
{
	static char *const env[] = { "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL=C", NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&fa) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&at) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return ENOMEM;
	}
	int code = posix_spawn_file_actions_adddup2(&fa, fds[0], 0);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&fa, fds[1], 2);
	posix_spawnattr_setsigdefault(&at, &all);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (code == 0)
		code = posix_spawn(pid, path, &fa, &at, (char *const *)argv, env);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return code;
}

/* Waits for the end, not for ever. */
static void await(pid_t pid, struct run_result *r)
{
	int status = 0, got;
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	const bool late = p.fd >= 0 && poll(&p, 1, RUN_LIMIT_MS) == 0;
	if (late)
		kill(pid, SIGKILL);
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (p.fd >= 0)
		close(p.fd);
	if (got < 0 || late) {
		r->end = RUN_BROKEN;
		r->code = late ? ETIMEDOUT : errno;
		return;
	}
	r->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	r->end = r->code == 0 ? RUN_DONE : RUN_FAILED;
}

void run_program(const char *const *argv, const char *input, struct run_result *r)
{
	char path[PATH_LEN];
	pid_t pid;
	*r = (struct run_result){ .end = RUN_BROKEN };
	const int fds[2] = { memory_file(input), memory_file(NULL) };
	if (!find_program(argv[0], path)) {
		r->end = RUN_MISSING;
		r->code = ENOENT;
	} else if (fds[0] < 0 || fds[1] < 0) {
		r->code = errno;
	} else {
		r->code = spawn(path, argv, fds, &pid);
		if (r->code == 0)
			await(pid, r);
	}
	r->output = contents(fds[1]);
	if (r->output == NULL) {
		r->output = strdup("");
		r->end = RUN_BROKEN;
		r->code = ENOMEM;
	}
	for (unsigned i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void run_result_free(struct run_result *r)
{
	free(r->output);
	r->output = NULL;
}
