/* test_script.c - notification scripts: what they are given and what not, one at a time, the latest state, and their end. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/script.h"
#include "tests/unit/unit.h"

static char dir[64], prog[SCRIPT_N][96], out[96];

static void put(unsigned i, const char *text)
{
	FILE *f = fopen(prog[i], "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "#!/bin/sh\n%s", text);
	fclose(f);
	CU_ASSERT_EQUAL(chmod(prog[i], 0700), 0);
}

static struct script begin(void)
{
	struct script s = { .name = "fw-a", .limit_ns = 1000 };
	snprintf(dir, sizeof(dir), "/tmp/script.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(out, sizeof(out), "%s/out", dir);
	for (unsigned i = 0; i < SCRIPT_N; i++) {
		snprintf(prog[i], sizeof(prog[i]), "%s/%u", dir, i);
		s.path[i] = prog[i];
	}
	return s;
}

static void end(void)
{
	for (unsigned i = 0; i < SCRIPT_N; i++)
		(void)unlink(prog[i]);
	(void)unlink(out);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

/* Waits for the one that runs; its status. */
static int reap(struct script *s)
{
	int st = -1;
	const pid_t pid = s->pid;
	CU_ASSERT_TRUE_FATAL(pid > 0);
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &st, 0), pid);
	CU_ASSERT_FALSE(script_ended(s, pid + 1, st, 0));
	CU_ASSERT_TRUE(script_ended(s, pid, st, 0));
	return st;
}

static const char *written(void)
{
	static char text[1024];
	const int fd = open(out, O_RDONLY);
	const ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_given(void)
{
	struct script s = begin();
	char body[512], want[256];
	snprintf(body, sizeof(body),
		 "exec >%s\necho \"$@\"\necho \"secret=$SECRET path=$PATH\"\npwd\nls -l /proc/$$/fd 2>/dev/null | "
		 "grep -c leak\ntrue\n",
		 out);
	for (unsigned i = 0; i < SCRIPT_N; i++)
		put(i, body);
	setenv("SECRET", "x", 1);
	char leak[96];
	snprintf(leak, sizeof(leak), "%s/leak", dir);
	const int fd = open(leak, O_RDWR | O_CREAT, 0600); /* not closed on exec */
	static const char *const word[SCRIPT_N] = { "active", "passive", "fault" };
	for (unsigned i = 0; i < SCRIPT_N; i++) {
		script_tell(&s, (enum script_state)i, 1);
		CU_ASSERT_EQUAL(reap(&s), 0);
		snprintf(want, sizeof(want),
			 "%s fw-a\nsecret= path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/\n0\n", word[i]);
		CU_ASSERT_STRING_EQUAL(written(), want);
	}
	script_tell(&s, SCRIPT_FAULT, 1); /* it is so already */
	CU_ASSERT_EQUAL(s.pid, 0);
	CU_ASSERT_EQUAL(s.runs, 3);
	close(fd);
	(void)unlink(leak);
	end();
}

/* While one runs only the latest state waits. */
static void test_latest(void)
{
	struct script s = begin();
	char body[256];
	for (unsigned i = 0; i < SCRIPT_N; i++) {
		snprintf(body, sizeof(body), "echo $1 >>%s\n", out);
		put(i, body);
	}
	script_tell(&s, SCRIPT_ACTIVE, 1);
	script_tell(&s, SCRIPT_FAULT, 1);
	script_tell(&s, SCRIPT_ACTIVE, 1);
	script_tell(&s, SCRIPT_PASSIVE, 1);
	CU_ASSERT_EQUAL(reap(&s), 0);
	CU_ASSERT_EQUAL(reap(&s), 0);
	CU_ASSERT_EQUAL(s.pid, 0);
	CU_ASSERT_STRING_EQUAL(written(), "active\npassive\n");
	end();
}

static void test_ends(void)
{
	struct script s = begin();
	put(SCRIPT_ACTIVE, "sleep 1000 & sleep 1000\n");
	put(SCRIPT_PASSIVE, "exit 3\n");
	script_tell(&s, SCRIPT_ACTIVE, 5);
	script_time(&s, 1004);
	CU_ASSERT_EQUAL(s.killed, 0);
	script_time(&s, 1005);
	CU_ASSERT_EQUAL(s.killed, 1);
	const int st = reap(&s);
	CU_ASSERT_TRUE(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	script_tell(&s, SCRIPT_PASSIVE, 2000);
	CU_ASSERT_EQUAL(WEXITSTATUS(reap(&s)), 3);
	CU_ASSERT_EQUAL(s.failed, 2);
	/* none there, none to run */
	(void)unlink(prog[SCRIPT_ACTIVE]);
	script_tell(&s, SCRIPT_ACTIVE, 3000);
	CU_ASSERT_EQUAL(WEXITSTATUS(reap(&s)), 127);
	s.path[SCRIPT_PASSIVE] = "";
	script_tell(&s, SCRIPT_PASSIVE, 4000);
	s.path[SCRIPT_FAULT] = "relative";
	script_tell(&s, SCRIPT_FAULT, 4000);
	CU_ASSERT_EQUAL(s.pid, 0);
	script_time(&s, 9000000);
	CU_ASSERT_EQUAL(s.killed, 1);
	end();
}

UNIT_MAIN({ "what they are given", test_given }, { "the latest state", test_latest }, { "how they end", test_ends })
