/* logs.c - see logs.h.
 *
 * The writer looks into the rings every few milliseconds, so that no producer has to wake it. A round empties every ring
 * once and then writes; whoever asks (logs_passed) waits for a whole round that began after the question.
 */
#include "ips/logs.h"

#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"
#include "base/ring.h"
#include "ips/community.h"
#include "ips/deadline.h"
#include "ips/eve.h"
#include "ips/kvlog.h"
#include "ips/logs_int.h"

enum { DOZE_MS = 10, BUSY = 64 }; /* after a round of BUSY records the next follows at once */
enum { NO_FD = -2 };

struct slot {
	bool is_ha;
	const struct gen *gen;   /* names the rules of rec */
	union {
		struct rec rec;
		struct ha_event ha;
	};
};

struct orders {                  /* to the writer */
	bool stop;
	uint64_t asked;          /* logs_passed: rounds asked for */
	int fd[LOG_KIND_N];      /* to be exchanged, or NO_FD */
};

struct logs {
	unsigned n_rings;
	struct ring *ring;
	_Atomic uint32_t *past;  /* a ring each: its records before this one are in the files */
	_Atomic uint32_t want;   /* records that some log writes */
	uint32_t mask[LOG_KIND_N];
	char hostname[sizeof(((struct logs_cfg *)0)->hostname)];
	struct log_file file[LOG_KIND_N];
	struct outbuf line;      /* of the writer */
	pthread_t thread;
	pthread_mutex_t lock;    /* of the rest and of the tails */
	pthread_cond_t ordered, answered;
	struct orders orders;
	uint64_t n_taken, n_answered;
};

static void set_want(struct logs *l)
{
	uint32_t want = 0;
	for (unsigned k = 0; k < LOG_KIND_N; k++)
		want |= l->file[k].fd >= 0 ? l->mask[k] : 0;
	atomic_store_explicit(&l->want, want, memory_order_relaxed);
}

/* --- the producers -------------------------------------------------------------------------------------------- */

static bool wanted(const struct logs *l, uint32_t bit)
{
	return (atomic_load_explicit(&l->want, memory_order_relaxed) & bit) != 0;
}

bool logs_rec(struct logs *l, unsigned worker, const struct gen *g, const struct rec *r)
{
	if (r->kind >= REC_N || !wanted(l, 1u << r->kind))
		return true;
	const struct slot s = { .gen = g, .rec = *r };
	return worker < l->n_rings && ring_push(&l->ring[worker], &s);
}

bool logs_ha(struct logs *l, unsigned worker, const struct ha_event *ev)
{
	if (!wanted(l, LOG_MASK_HA))
		return true;
	const struct slot s = { .is_ha = true, .ha = *ev };
	return worker < l->n_rings && ring_push(&l->ring[worker], &s);
}

uint32_t logs_mark(const struct logs *l, unsigned worker)
{
	return atomic_load_explicit(&l->ring[worker].head, memory_order_relaxed);
}

bool logs_past(const struct logs *l, unsigned worker, uint32_t mark)
{
	return (int32_t)(atomic_load_explicit(&l->past[worker], memory_order_acquire) - mark) >= 0;
}

/* --- the writer ----------------------------------------------------------------------------------------------- */

static void format(struct logs *l, enum log_kind k, const struct slot *s)
{
	outbuf_clear(&l->line);
	switch (k) {
	case LOG_EVE:
		if (s->is_ha)
			eve_ha_line(&s->ha, l->hostname, &l->line);
		else
			eve_line(&s->rec, s->gen, &l->line);
		break;
	case LOG_KV:
		if (s->is_ha)
			kvlog_ha_line(&s->ha, l->hostname, &l->line);
		else
			kvlog_line(&s->rec, s->gen, &l->line);
		break;
	case LOG_KIND_N:
		break;
	}
}

static void write_slot(struct logs *l, const struct slot *s)
{
	const uint32_t bit = s->is_ha ? LOG_MASK_HA : 1u << s->rec.kind;
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		if (l->file[k].fd < 0 || (l->mask[k] & bit) == 0)
			continue;
		format(l, (enum log_kind)k, s);
		log_file_add(&l->file[k], &l->line);
		l->line.bad = false;
	}
}

/* What was in the rings when it began, at least. */
static uint32_t drain(struct logs *l)
{
	struct slot s;
	uint32_t n = 0;
	for (unsigned i = 0; i < l->n_rings; i++)
		for (uint32_t left = l->ring[i].cap; left > 0 && ring_pop(&l->ring[i], &s); left--, n++)
			write_slot(l, &s);
	return n;
}

/* The files have everything that was taken out of the rings. */
static void all_past(struct logs *l)
{
	for (unsigned i = 0; i < l->n_rings; i++)
		atomic_store_explicit(&l->past[i], atomic_load_explicit(&l->ring[i].tail, memory_order_relaxed),
				      memory_order_release);
}

static struct orders take_orders(struct logs *l)
{
	pthread_mutex_lock(&l->lock);
	const struct orders o = l->orders;
	l->n_taken = o.asked;
	for (unsigned k = 0; k < LOG_KIND_N; k++)
		l->orders.fd[k] = NO_FD;
	pthread_mutex_unlock(&l->lock);
	return o;
}

static void exchange(struct logs *l, const int fd[LOG_KIND_N])
{
	for (unsigned k = 0; k < LOG_KIND_N; k++)
		if (fd[k] != NO_FD)
			log_file_exchange(&l->file[k], fd[k]);
	set_want(l);
}

static void answer(struct logs *l, uint64_t asked)
{
	pthread_mutex_lock(&l->lock);
	l->n_answered = asked;
	pthread_cond_broadcast(&l->answered);
	pthread_mutex_unlock(&l->lock);
}

static void doze(struct logs *l)
{
	const struct timespec until = deadline_ms(DOZE_MS);
	pthread_mutex_lock(&l->lock);
	if (!l->orders.stop && l->orders.asked == l->n_taken)
		pthread_cond_timedwait(&l->ordered, &l->lock, &until);
	pthread_mutex_unlock(&l->lock);
}

static void *writer(void *arg)
{
	struct logs *l = arg;
	for (;;) {
		const struct orders o = take_orders(l);
		const bool wait = o.stop || o.asked != l->n_answered; /* only this thread changes n_answered */
		const uint32_t n = drain(l);
		exchange(l, o.fd);
		bool clean = true;
		for (unsigned k = 0; k < LOG_KIND_N; k++)
			clean = log_file_flush(&l->file[k], wait) && clean;
		if (clean)
			all_past(l);
		if (wait)
			answer(l, o.asked);
		if (o.stop)
			break;
		if (n < BUSY)
			doze(l);
	}
	exchange(l, (const int[LOG_KIND_N]){ -1, -1 });
	return NULL;
}

/* --- start and stop ------------------------------------------------------------------------------------------- */

void logs_warm(void)
{
	char id[COMMUNITY_ID_TEXT];
	mallopt(M_ARENA_MAX, 1);
	json_object_seed(0);
	(void)community_id(&(struct tuple){ .family = 4 }, id);
}

static enum err make_rings(struct logs *l, uint32_t cap)
{
	l->ring = calloc(l->n_rings, sizeof(*l->ring));
	l->past = calloc(l->n_rings, sizeof(*l->past));
	if (l->ring == NULL || l->past == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < l->n_rings; i++)
		TRY(ring_init(&l->ring[i], sizeof(struct slot), cap));
	return OK;
}

static void destroy(struct logs *l)
{
	for (unsigned i = 0; l->ring != NULL && i < l->n_rings; i++)
		ring_fini(&l->ring[i]);
	free(l->ring);
	free(l->past);
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		log_tail_fini(&l->file[k].tail);
		outbuf_free(&l->file[k].buf);
	}
	outbuf_free(&l->line);
	pthread_cond_destroy(&l->ordered);
	pthread_cond_destroy(&l->answered);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void init_locks(struct logs *l)
{
	pthread_condattr_t mono;
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&l->ordered, &mono);
	pthread_cond_init(&l->answered, &mono);
	pthread_condattr_destroy(&mono);
	pthread_mutex_init(&l->lock, NULL);
}

/* Signals are the other threads': a closed pipe is to be an error here, not SIGPIPE. */
static enum err start_thread(struct logs *l)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	const int rc = pthread_create(&l->thread, NULL, writer, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc == 0 ? OK : ERR_NOMEM;
}

enum err logs_start(const struct logs_cfg *cfg, struct logs **out)
{
	struct logs *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return ERR_NOMEM;
	logs_warm();
	init_locks(l);
	l->n_rings = cfg->n_workers + 1;
	snprintf(l->hostname, sizeof(l->hostname), "%s", cfg->hostname);
	enum err e = make_rings(l, cfg->ring);
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		l->mask[k] = cfg->mask[k];
		l->orders.fd[k] = NO_FD;
		log_file_init(&l->file[k], cfg->fd[k], &l->lock);
		if (e == OK)
			e = log_tail_init(&l->file[k].tail);
	}
	set_want(l);
	if (e == OK)
		e = start_thread(l);
	if (e != OK) {
		destroy(l);
		return e;
	}
	*out = l;
	return OK;
}

void logs_stop(struct logs *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->orders.stop = true;
	pthread_cond_signal(&l->ordered);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	destroy(l);
}

/* --- any thread ----------------------------------------------------------------------------------------------- */

bool logs_passed(struct logs *l, unsigned timeout_ms)
{
	const struct timespec until = deadline_ms(timeout_ms);
	pthread_mutex_lock(&l->lock);
	const uint64_t mine = ++l->orders.asked;
	pthread_cond_signal(&l->ordered);
	while (l->n_answered < mine)
		if (pthread_cond_timedwait(&l->answered, &l->lock, &until) != 0)
			break;
	const bool passed = l->n_answered >= mine;
	pthread_mutex_unlock(&l->lock);
	return passed;
}

void logs_reopen(struct logs *l, const int fd[LOG_KIND_N])
{
	pthread_mutex_lock(&l->lock);
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		const int unused = l->orders.fd[k];
		if (unused >= 0 && unused != fd[k])
			close(unused);
		l->orders.fd[k] = fd[k];
	}
	pthread_mutex_unlock(&l->lock);
}

void logs_stat(const struct logs *l, struct logs_stat *st)
{
	*st = (struct logs_stat){ 0 };
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		st->written[k] = atomic_load_explicit(&l->file[k].written, memory_order_relaxed);
		st->failed[k] = atomic_load_explicit(&l->file[k].failed, memory_order_relaxed);
	}
	for (unsigned i = 0; i < l->n_rings; i++)
		st->lost += ring_lost(&l->ring[i]);
}

void logs_tail(struct logs *l, enum log_kind k, uint64_t *after, unsigned n, struct outbuf *out)
{
	pthread_mutex_lock(&l->lock);
	log_tail_read(&l->file[k].tail, after, n, out);
	pthread_mutex_unlock(&l->lock);
}
