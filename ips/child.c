/* child.c - see child.h. The main thread serves the parent; each worker has a thread, so have control socket and logs. */
#include "ips/child.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ips/bundle.h"
#include "ips/ctl.h"
#include "ips/child_keeper.h"
#include "ips/sandbox.h"
#include "ips/version.h"
#include "nfq/queue_clock.h"

static void say(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "ipsd: %s\n", text);
}

/* --- opening, with rights ---------------------------------------------------------------------------------- */

static bool open_gen(struct keeper *k, int fd)
{
	struct conf *c = NULL;
	struct rulefiles r;
	struct gen *g = NULL;
	enum err e = bundle_open(fd, &c, &r);
	if (e == OK) {
		e = gen_build(c, &r, NULL, say, NULL, &g);
		conf_free(c);
		rulefiles_free(&r);
	}
	if (e != OK)
		fprintf(stderr, "ipsd: the configuration cannot be used: %s\n", err_text(e));
	close(fd);
	k->gen = g;
	return e == OK;
}

static bool open_links(struct keeper *k, struct child *p, uint64_t boot_id)
{
	char why[256];
	struct link_cfg c[LINKS_MAX] = { p->live->link, p->live->backup };
	if (!p->live->pair)
		return true;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		memcpy(c[i].psk, p->psk, sizeof(c[i].psk));
		c[i].boot_id = boot_id;
	}
	explicit_bzero(p->psk, sizeof(p->psk));
	const enum err e = links_new(c, p->live->n_links, queue_clock_now(&k->clock), &k->links, why);
	explicit_bzero(c, sizeof(c));
	if (e != OK)
		fprintf(stderr, "ipsd: link to the peer: %s\n", why);
	return e == OK;
}

static bool open_worker(struct keeper *k, const struct child *p, unsigned nr, uint64_t seed, uint64_t boot_id)
{
	char why[PKTIO_WHY_LEN];
	const struct pktio_nfqueue_opt o = { .queue = (uint16_t)(p->live->queue + nr),
					     .maxlen = p->live->maxlen,
					     .fail_open = p->live->fail_open,
					     .now = queue_clock_now,
					     .now_arg = &k->clock };
	struct worker_cfg c = { .nr = nr,
				.live = p->live,
				.gen = k->gen,
				.links = nr == 0 ? k->links : NULL,
				.pulse = nr == 0 ? p->pulse : NULL,
				.diary = nr == 0 ? p->diary : NULL,
				.parent = p->parent,
				.seed = seed,
				.boot_id = boot_id,
				.standing = { .serial = p->serial, .used = p->used_terms, .forced = (enum ha_forced)p->forced,
					      .age_s = p->age_s },
				.now = queue_clock_now,
				.now_arg = &k->clock };
	if (pktio_nfqueue_open(&o, &c.io, why) != OK) {
		fprintf(stderr, "ipsd: %s\n", why);
		return false;
	}
	k->io[nr] = c.io;
	const enum err e = worker_new(&c, &k->worker[nr]);
	if (e != OK)
		fprintf(stderr, "ipsd: worker %u: %s\n", nr, err_text(e));
	return e == OK;
}

static bool open_all(struct keeper *k, struct child *p)
{
	uint64_t random[2];
	queue_clock_start(&k->clock);
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	if (!open_gen(k, p->bundle) || !open_links(k, p, random[0]))
		return false;
	for (; k->n_workers < p->live->n_queues; k->n_workers++)
		if (!open_worker(k, p, k->n_workers, random[1], random[0]))
			return false;
	return true;
}

/* --- threads ----------------------------------------------------------------------------------------------- */

struct thread {
	struct keeper *k;
	struct deadman *deadman;
	unsigned nr;
};

/* A worker that cannot go on takes the process with it. */
static void *work(void *arg)
{
	const struct thread t = *(struct thread *)arg;
	free(arg);
	if (t.nr == 0 && deadman_hold(t.deadman) != OK)
		_exit(ENGINE_FAILED);
	const enum engine_exit end = worker_run(t.k->worker[t.nr]);
	if (end != ENGINE_STOPPED) {
		(void)logs_passed(t.k->logs, LOGS_WAIT_MS); /* other threads may still use them */
		_exit((int)end);
	}
	if (t.nr == 0)
		keeper_wait_down(t.k); /* this thread's end would pass for the process's death */
	return NULL;
}

static bool start_worker(struct keeper *k, const struct child *p, unsigned nr)
{
	struct thread *t = malloc(sizeof(*t));
	if (t == NULL)
		return false;
	*t = (struct thread){ .k = k, .deadman = p->deadman, .nr = nr };
	if (pthread_create(&k->thread[nr], NULL, work, t) == 0)
		return true;
	free(t);
	return false;
}

static bool start_all(struct keeper *k, const struct child *p)
{
	struct logs_cfg lc = { .n_workers = k->n_workers, .ring = LOG_RING };
	memcpy(lc.hostname, p->live->hostname, sizeof(lc.hostname));
	for (unsigned i = 0; i < LOG_KIND_N; i++) {
		lc.fd[i] = p->log_fd[i];
		lc.mask[i] = p->live->log[i].mask;
	}
	if (logs_start(&lc, &k->logs) != OK)
		return false;
	for (unsigned i = 0; i < k->n_workers; i++)
		worker_set_logs(k->worker[i], k->logs);
	for (unsigned i = 0; i < k->n_workers; i++)
		if (!start_worker(k, p, i))
			return false;
	k->node = (struct ctl_node){ .n_workers = k->n_workers,
				     .logs = k->logs,
				     .visit = keeper_visit,
				     .reload = keeper_reload,
				     .role = keeper_role,
				     .about = keeper_about,
				     .arg = k };
	return ctl_start(p->listener, &k->node, &k->ctl) == OK;
}

static bool say_ready(const struct keeper *k)
{
	struct proc_msg m = { .kind = PM_READY };
	int fd[LINKS_MAX];
	const unsigned n = k->links != NULL ? links_n(k->links) : 0;
	bool ok = true;
	struct link_word word[LINKS_MAX];
	_Static_assert(sizeof(word) <= PM_DATA && (int)LINKS_MAX <= (int)PM_FDS, "wills fit a message");
	for (unsigned i = 0; i < n; i++) {
		link_word(links_at(k->links, i), &word[i]);
		fd[i] = link_will_socket(links_at(k->links, i));
		ok = ok && fd[i] >= 0;
	}
	m.len = (uint32_t)(n * sizeof(word[0]));
	memcpy(m.data, word, m.len);
	ok = ok && proc_send(k->parent, &m, fd, n) == OK;
	for (unsigned i = 0; i < n; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return ok;
}

static void close_all(struct keeper *k)
{
	keeper_answer(k); /* the control thread may wait for a reload */
	ctl_stop(k->ctl);
	for (unsigned i = 0; i < k->n_workers; i++)
		worker_stop(k->worker[i]);
	for (unsigned i = 1; i < k->n_workers; i++)
		pthread_join(k->thread[i], NULL);
	keeper_wait_worker(k);
	logs_stop(k->logs);
	links_free(k->links);
}

enum engine_exit child_run(struct child *p)
{
	static struct keeper k;
	char why[SANDBOX_WHY];
	keeper_init(&k, p);
	logs_warm();
	if (!open_all(&k, p) || !say_ready(&k))
		return ENGINE_UNUSABLE;
	if (sandbox_enter(p->uid, p->gid, why) != OK) {
		fprintf(stderr, "ipsd: %s\n", why);
		return ENGINE_UNUSABLE;
	}
	if (!start_all(&k, p)) {
		fprintf(stderr, "ipsd: threads cannot be started: out of memory, or their number is limited\n");
		return ENGINE_UNUSABLE;
	}
	const enum engine_exit end = keeper_run(&k);
	close_all(&k);
	return end;
}
