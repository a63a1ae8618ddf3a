/* The child's death as the parent hears of it: by a signal, in good order, by its thread's end; and what is no death. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"
#include "ips/deadman.h"
#include "unit.h"

/* What a real watcher does: an eventfd; and here when, and how often. */
struct told {
	int fd, n;
	int64_t at;
};

static int64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static void on_death(void *arg)
{
	struct told *t = arg;
	const uint64_t one = 1;
	t->at = clock_ns();
	t->n++;
	CU_ASSERT_EQUAL(write(t->fd, &one, sizeof(one)), sizeof(one));
}

static bool told_within(const struct told *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	return poll(&p, 1, ms) == 1;
}

enum way { WAITS, EXITS, THREAD_ENDS, NEVER_HOLDS, HOLDS_TWICE, FREES };

static void *hold_and_end(void *arg)
{
	return deadman_hold(arg) == OK ? arg : NULL;
}

/* In the child; go: a byte (or the end of the pipe) makes it go on. */
static void child(struct deadman *d, enum way w, int go)
{
	char c;
	pthread_t t;
	if (w == THREAD_ENDS) {
		if (read(go, &c, 1) != 1 || pthread_create(&t, NULL, hold_and_end, d) != 0)
			_exit(9);
		pthread_join(t, NULL);
		pause();
	}
	if (w != NEVER_HOLDS && deadman_hold(d) != OK)
		_exit(9);
	if (w == HOLDS_TWICE && deadman_hold(d) != ERR_EXISTS)
		_exit(9);
	if (w == FREES)
		deadman_free(d);
	if (read(go, &c, 1) < 0)
		_exit(9);
	if (w == WAITS)
		pause();
	_exit(7);
}

struct pair {
	struct deadman *d;
	struct told told;
	pid_t pid;
	int go;
};

static void begin(struct pair *p, enum way w)
{
	int fds[2];
	*p = (struct pair){ .told.fd = eventfd(0, EFD_CLOEXEC) };
	CU_ASSERT_FATAL(deadman_new(&p->d) == OK && pipe(fds) == 0);
	p->pid = fork();
	CU_ASSERT_FATAL(p->pid >= 0);
	if (p->pid == 0) {
		close(fds[1]);
		child(p->d, w, fds[0]);
	}
	close(fds[0]);
	p->go = fds[1];
}

static void go_on(struct pair *p)
{
	CU_ASSERT_EQUAL(write(p->go, "x", 1), 1);
}

/* Reaps the child; its wait status. */
static int end(struct pair *p)
{
	int status = -1;
	deadman_free(p->d);
	CU_ASSERT_EQUAL(waitpid(p->pid, &status, 0), p->pid);
	close(p->go);
	close(p->told.fd);
	return status;
}

static void test_killed(void)
{
	struct pair p;
	begin(&p, WAITS);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_FALSE(told_within(&p.told, 150)); /* alive, over several turns of the watcher */
	const int64_t t0 = clock_ns();
	CU_ASSERT_EQUAL(kill(p.pid, SIGKILL), 0);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	CU_ASSERT_TRUE(p.told.at - t0 < 200 * NS_PER_MS);
	CU_ASSERT_TRUE(WIFSIGNALED(end(&p)));
	CU_ASSERT_EQUAL(p.told.n, 1);
}

/* A child that is not reaped yet has died all the same, and one that stands still has not. */
static void test_stopped(void)
{
	struct pair p;
	begin(&p, WAITS);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_EQUAL(kill(p.pid, SIGSTOP), 0);
	CU_ASSERT_FALSE(told_within(&p.told, 150));
	CU_ASSERT_EQUAL(kill(p.pid, SIGKILL), 0);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	end(&p);
}

static void test_exits(void)
{
	struct pair p;
	begin(&p, EXITS);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	go_on(&p);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	int status = end(&p);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CU_ASSERT_EQUAL(p.told.n, 1);
}

static void test_thread_ends(void)
{
	struct pair p;
	begin(&p, THREAD_ENDS);
	go_on(&p);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	CU_ASSERT_EQUAL(waitpid(p.pid, NULL, WNOHANG), 0); /* the rest of it lives */
	kill(p.pid, SIGKILL);
	end(&p);
}

/* Dead before anybody watched. */
static void test_dead_before(void)
{
	struct pair p;
	begin(&p, EXITS);
	go_on(&p);
	siginfo_t si;
	CU_ASSERT_EQUAL(waitid(P_PID, (id_t)p.pid, &si, WEXITED | WNOWAIT), 0);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 1000, on_death, &p.told), OK);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	end(&p);
}

static void test_free_while_alive(void)
{
	struct pair p;
	begin(&p, WAITS);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 0, on_death, &p.told), ERR_EXISTS);
	const int64_t t0 = clock_ns();
	deadman_free(p.d);
	CU_ASSERT_TRUE(clock_ns() - t0 < NS_PER_SEC);
	p.d = NULL;
	CU_ASSERT_EQUAL(waitpid(p.pid, NULL, WNOHANG), 0);
	kill(p.pid, SIGKILL);
	CU_ASSERT_FALSE(told_within(&p.told, 100));
	end(&p);
	CU_ASSERT_EQUAL(p.told.n, 0);
}

static void test_never_holds(void)
{
	struct pair p;
	begin(&p, NEVER_HOLDS);
	const int64_t t0 = clock_ns();
	CU_ASSERT_EQUAL(deadman_watch(p.d, 100, on_death, &p.told), ERR_TIMEOUT);
	const int64_t t = clock_ns() - t0;
	CU_ASSERT_TRUE(t >= 100 * NS_PER_MS && t < 5 * NS_PER_SEC);
	go_on(&p);
	end(&p);
	CU_ASSERT_EQUAL(p.told.n, 0);
	deadman_free(NULL);
}

/* Taking it twice is refused, and the second refusal gives nothing up. */
static void test_holds_twice(void)
{
	struct pair p;
	begin(&p, HOLDS_TWICE);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_FALSE(told_within(&p.told, 100));
	go_on(&p);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	CU_ASSERT_EQUAL(WEXITSTATUS(end(&p)), 7);
}

/* A child that lets go of its memory of it is still watched. */
static void test_child_frees(void)
{
	struct pair p;
	begin(&p, FREES);
	CU_ASSERT_EQUAL(deadman_watch(p.d, 5000, on_death, &p.told), OK);
	CU_ASSERT_FALSE(told_within(&p.told, 100));
	kill(p.pid, SIGKILL);
	CU_ASSERT_TRUE(told_within(&p.told, 5000));
	end(&p);
}

UNIT_MAIN({ "killed: told at once, and once", test_killed }, { "stopped is not dead, killed when stopped is", test_stopped },
	  { "an exit in good order", test_exits }, { "the end of the thread that holds", test_thread_ends },
	  { "dead before it was watched", test_dead_before }, { "the watcher ends while the child lives", test_free_while_alive },
	  { "a child that never holds", test_never_holds }, { "held twice", test_holds_twice },
	  { "a child that frees its side", test_child_frees })
