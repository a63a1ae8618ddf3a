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
	CU_ASSERT_TRUE(s.pid == 0 && s.failed == 3);
	s.path[SCRIPT_PASSIVE] = "";
	script_tell(&s, SCRIPT_PASSIVE, 4000);
	CU_ASSERT_TRUE(s.pid == 0 && s.failed == 3);
	s.path[SCRIPT_FAULT] = "relative";
	script_tell(&s, SCRIPT_FAULT, 4000);
	CU_ASSERT_TRUE(s.pid == 0 && s.failed == 4);
	script_time(&s, 9000000);
	CU_ASSERT_EQUAL(s.killed, 1);
	end();
}

/* What another user could change, or put another file in the place of, is neither accepted nor run. */
static void test_safe(void)
{
	enum { FINE, GROUP, OTHERS, NOT_RUN, FOREIGN, FOLDER, FOLDER_STICKY, FOLDER_FOREIGN, LINKED, LINK_OPEN, N };
	for (unsigned how = FINE; how < N; how++) {
		struct script s = begin();
		char why[SCRIPT_WHY] = "", link[128], beside[96];
		const bool root = geteuid() == 0;
		const uid_t other = 4242;
		put(SCRIPT_ACTIVE, "true\n");
		snprintf(beside, sizeof(beside), "%s/beside", dir);
		snprintf(link, sizeof(link), "%s/link", beside);
		CU_ASSERT_EQUAL(mkdir(beside, 0700), 0);
		CU_ASSERT_TRUE(how < LINKED || symlink(prog[SCRIPT_ACTIVE], link) == 0);
		const mode_t mode = how == GROUP ? 0720 : how == OTHERS ? 0702 : how == NOT_RUN ? 0600 : 0755;
		CU_ASSERT_EQUAL(chmod(prog[SCRIPT_ACTIVE], mode), 0);
		CU_ASSERT_EQUAL(chmod(dir, how == FOLDER ? 0770 : how == FOLDER_STICKY ? 01777 : 0755), 0);
		CU_ASSERT_EQUAL(chmod(beside, how == LINK_OPEN ? 0777 : 0755), 0);
		if (root && how == FOREIGN)
			CU_ASSERT_EQUAL(chown(prog[SCRIPT_ACTIVE], other, (gid_t)-1), 0);
		if (root && how == FOLDER_FOREIGN)
			CU_ASSERT_EQUAL(chown(dir, other, (gid_t)-1), 0);
		const bool good = how == FINE || how == LINKED || (!root && (how == FOREIGN || how == FOLDER_FOREIGN));
		s.path[SCRIPT_ACTIVE] = how >= LINKED ? link : prog[SCRIPT_ACTIVE];
		CU_ASSERT_EQUAL(script_safe(s.path[SCRIPT_ACTIVE], geteuid(), why), good);
		CU_ASSERT_EQUAL(why[0] == '\0', good);
		script_tell(&s, SCRIPT_ACTIVE, 1);
		CU_ASSERT_TRUE(good ? reap(&s) == 0 : s.pid == 0 && s.failed == 1);
		if (good != (why[0] == '\0'))
			printf("# %u: %s\n", how, why);
		(void)unlink(link);
		CU_ASSERT_EQUAL(rmdir(beside), 0);
		end();
	}
	char why[SCRIPT_WHY];
	CU_ASSERT_FALSE(script_safe("/tmp", geteuid(), why));
	CU_ASSERT_FALSE(script_safe("/nosuch/program", geteuid(), why));
	CU_ASSERT_TRUE(script_safe("/bin/true", geteuid(), why));
}

UNIT_MAIN({ "who could change them", test_safe },
	  { "what they are given", test_given }, { "the latest state", test_latest }, { "how they end", test_ends })
