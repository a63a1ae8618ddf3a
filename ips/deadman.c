/* deadman.c - a robust mutex in shared memory: the kernel walks a dying thread's list of held mutexes before anything
 * else of it is taken down, marks each and wakes who waits.
 *
 * The watcher waits in short turns, because nothing but its time limit ends a wait for a mutex: that is how
 * deadman_free stops it. A death between two turns is in the mutex and found by the next.
 */
#include "ips/deadman.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "ips/deadline.h"

enum { TURN_MS = 50, WATCHER_PRIORITY = 10 };

struct shared {
	pthread_mutex_t alive;
	sem_t held;
};

struct deadman {
	struct shared *s;
	bool holds;                  /* this process took the mutex */
	bool watches;
	atomic_bool stop;
	pthread_t watcher;
	void (*died)(void *arg);
	void *arg;
};

static enum err shared_init(struct shared *s)
{
	pthread_mutexattr_t at;
	if (sem_init(&s->held, 1, 0) != 0 || pthread_mutexattr_init(&at) != 0)
		return ERR_UNSUPPORTED;
	bool ok = pthread_mutexattr_setpshared(&at, PTHREAD_PROCESS_SHARED) == 0 &&
		  pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST) == 0 &&
		  pthread_mutexattr_settype(&at, PTHREAD_MUTEX_ERRORCHECK) == 0 && pthread_mutex_init(&s->alive, &at) == 0;
	pthread_mutexattr_destroy(&at);
	return ok ? OK : ERR_UNSUPPORTED;
}

enum err deadman_new(struct deadman **out)
{
	struct deadman *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return ERR_NOMEM;
	void *p = mmap(NULL, sizeof(*d->s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		free(d);
		return ERR_NOMEM;
	}
	d->s = p;
	enum err e = shared_init(d->s);
	if (e != OK) {
		deadman_free(d);
		return e;
	}
	*out = d;
	return OK;
}

enum err deadman_hold(struct deadman *d)
{
	int e = pthread_mutex_lock(&d->s->alive);
	if (e != 0)
		return e == EDEADLK ? ERR_EXISTS : ERR_MISMATCH;
	d->holds = true;
	return sem_post(&d->s->held) == 0 ? OK : ERR_INTERNAL;
}

static void *watch(void *arg)
{
	struct deadman *d = arg;
	const struct sched_param prio = { .sched_priority = WATCHER_PRIORITY };
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &prio); /* without the right to it: as it is */
	(void)pthread_setname_np(pthread_self(), "deadman");
	while (!atomic_load(&d->stop)) {
		const struct timespec until = deadline_ms(TURN_MS);
		if (pthread_mutex_clocklock(&d->s->alive, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			continue;
		d->died(d->arg);
		/* Without having been made consistent it is of no use to anybody from here on. */
		(void)pthread_mutex_unlock(&d->s->alive);
		break;
	}
	return NULL;
}

enum err deadman_watch(struct deadman *d, unsigned timeout_ms, void (*died)(void *arg), void *arg)
{
	sigset_t all, before;
	const struct timespec until = deadline_ms(timeout_ms);
	int e;
	if (d->watches || d->holds)
		return ERR_EXISTS;
	while ((e = sem_clockwait(&d->s->held, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
		continue;
	if (e != 0)
		return ERR_TIMEOUT;
	d->died = died;
	d->arg = arg;
	sigfillset(&all); /* signals are for the other threads */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	d->watches = pthread_create(&d->watcher, NULL, watch, d) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (d->watches)
		return OK;
	(void)sem_post(&d->s->held); /* so that it can be tried again */
	return ERR_NOMEM;
}

void deadman_free(struct deadman *d)
{
	if (d == NULL)
		return;
	if (d->watches) {
		atomic_store(&d->stop, true);
		pthread_join(d->watcher, NULL);
	}
	/* The kernel finds the mutex in the holder's memory: there it stays until the holder ends. */
	if (!d->holds)
		munmap(d->s, sizeof(*d->s));
	free(d);
}
