/* worker.c - the packet loop; see worker.h. One turn: receive, inspect, commit, release, then what others asked for. */
#include "ips/worker_int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ips/deadline.h"
#include "ips/diary.h"
#include "ips/node.h"

enum { TICK_MS = 10, STANDBY_TICK_MS = 1000, IDLE_MS = 100, CHANGE_STEP = 64, DROP_ROUNDS = 4096, REC_ALL = (1 << REC_N) - 1 };
#define HURRY_NS (NS_PER_MS / 5)

void worker_event(struct worker *w, enum ha_event_id id, const char *text)
{
	struct ha_event ev = { .id = id, .at = w->now, .term = w->peering.term.counter };
	snprintf(ev.text, sizeof(ev.text), "%s", text);
	(void)logs_ha(w->logs, w->cfg.nr, &ev);
	if (w->cfg.diary != NULL)
		diary_add(w->cfg.diary, &ev);
}

static void write_rec(void *arg, const struct rec *r)
{
	struct worker *w = arg;
	(void)logs_rec(w->logs, w->cfg.nr, engine_gen(w->r.engine), r);
}

/* --- verdicts ------------------------------------------------------------------------------------------- */

static struct flight *oldest(struct worker *w)
{
	return &w->flight[w->first];
}

/* The one that packets gather in. */
static struct flight *newest(struct worker *w)
{
	return &w->flight[(w->first + w->n_flights) % PKTIO_FLIGHTS];
}

static void retire(struct worker *w)
{
	w->first = (w->first + 1) % PKTIO_FLIGHTS;
	w->n_flights--;
}

static bool give_verdicts(struct worker *w, const struct flight *f)
{
	if (outgoing_give(&f->out, w->cfg.io) == OK)
		return true;
	worker_event(w, HAE_SYNC_FAILED, w->cfg.io->why);
	w->end = ENGINE_FAILED;
	return false;
}

void worker_release(struct worker *w)
{
	while (w->n_flights > 0 && pair_released(w, oldest(w)->wait)) {
		const struct flight *f = oldest(w);
		if (pair_overslept(w, w->cfg.now(w->cfg.now_arg)))
			return; /* it stood still just now; the next turn drops them */
		if (!give_verdicts(w, f))
			return;
		if (w->r.mode == REPLICA_ACTIVE && w->r.sender.acked < f->seq)
			w->status.ahead += f->out.n;
		outgoing_reset(&f->out, w->cfg.io);
		if (f->seq != 0 && w->r.mode == REPLICA_ACTIVE)
			replica_release(&w->r, f->seq);
		retire(w);
	}
}

static void drop_flights(struct worker *w)
{
	static const struct pktio_verdict drop[PKTIO_BATCH_MAX];
	w->n_flights += w->gathers;
	w->gathers = false;
	for (; w->n_flights > 0; retire(w)) {
		const unsigned n = oldest(w)->out.n;
		w->status.backlog_dropped += n;
		if (n > 0)
			(void)w->cfg.io->ops->verdict(w->cfg.io, drop, n);
	}
}

void worker_drop_all(struct worker *w)
{
	static const struct pktio_verdict drop[PKTIO_BATCH_MAX];
	unsigned n = 0;
	drop_flights(w);
	for (unsigned i = 0; i < DROP_ROUNDS; i++) {
		if (w->cfg.io->ops->recv(w->cfg.io, w->batch, PKTIO_BATCH_MAX, &n) != OK || n == 0)
			return;
		(void)w->cfg.io->ops->verdict(w->cfg.io, drop, n);
		w->status.backlog_dropped += n;
	}
}

/* --- packets -------------------------------------------------------------------------------------------- */

static uint16_t port_of(const struct worker *w, uint32_t kernels)
{
	return kernels < PORTS_MAX ? w->port_of[kernels] : 0;
}

/* Interfaces by the configuration's numbers. A bridge has no routes: what comes in by one of two leaves by the other. */
static void name_ports(const struct worker *w, struct packet *p, const struct own_addr *dst)
{
	const struct live *l = w->cfg.live;
	p->ifin = port_of(w, p->ifin);
	if (!l->bridge && dst->family != 0)
		p->ifout = port_of(w, routes_out(w->routes, dst->family, &dst->a, w->now));
	else if (l->n_iface == 2 && p->ifin != 0)
		p->ifout = l->iface_nr[p->ifin == l->iface_nr[0]];
}

static void judge(struct worker *w, struct packet *p, struct outgoing *out)
{
	struct own_addr dst;
	const bool own = own_packet(&w->own, p, &dst);
	if (own || !pair_works(w)) {
		outgoing_add_plain(out, own);
		return;
	}
	name_ports(w, p, &dst);
	p->nr = ++w->r.packet_nr;
	const struct verdict v = engine_packet(w->r.engine, p);
	outgoing_add(out, p, &v);
}

static bool takes(const struct worker *w)
{
	return pair_takes(w) && w->n_flights < PKTIO_FLIGHTS;
}

/* What the queue has, as far as the batch has room. */
static bool gather(struct worker *w, struct outgoing *out)
{
	const unsigned room = PKTIO_BATCH_MAX - out->n;
	unsigned n = 0;
	if (w->cfg.io->ops->recv(w->cfg.io, w->batch, room, &n) != OK) {
		worker_event(w, HAE_SYNC_FAILED, w->cfg.io->why);
		w->end = ENGINE_FAILED;
		return false;
	}
	if (n != 0 || w->empty_since.ns == 0)
		w->empty_since = n == 0 ? w->now : mono_ns(0);
	w->empty_at = w->now;
	for (unsigned i = 0; i < n; i++)
		judge(w, &w->batch[i], out);
	return true;
}

/* While a batch waits for the peer, packets are inspected but gather for the next one, unless they fill it: a commit costs
 * both nodes the same for one packet as for many. Who leaves takes none, and commits what it has; who holds does neither. */
static void take_packets(struct worker *w)
{
	struct flight *f = newest(w);
	const bool may = takes(w);
	if (!may && !w->gathers)
		return;
	if (!w->gathers)
		outgoing_begin(&f->out);
	if (may && !gather(w, &f->out))
		return;
	w->gathers = f->out.n > 0;
	const bool waits = may && w->n_flights > 0 && f->out.n < PKTIO_BATCH_MAX;
	if (w->hold || waits)
		return;
	f->sent = w->now;
	f->seq = pair_commit(w);
	f->wait = f->seq != 0 ? w->r.wait_seq : 0;
	w->n_flights += w->gathers || f->seq != 0;
	w->gathers = false;
}

/* --- visits --------------------------------------------------------------------------------------------- */

static struct visit *next_visit(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct visit *v = w->visits;
	if (v != NULL) {
		w->visits = v->next;
		v->taken = true;
	} else {
		w->asked = false;
	}
	pthread_mutex_unlock(&w->lock);
	return v;
}

static void receive_visits(struct worker *w)
{
	uint64_t n;
	if (!w->asked)
		return;
	(void)!read(w->wake, &n, sizeof(n));
	pair_status(w);
	if (w->r.mode == REPLICA_STANDBY) /* its lists say what is left of each session now */
		engine_ha_tick(w->r.ha, w->now);
	for (struct visit *v; (v = next_visit(w)) != NULL;) {
		const struct ctl_view view = {
			.worker = w->cfg.nr, .engine = w->r.engine, .io = w->cfg.io, .ha = &w->status,
			.diary = w->cfg.diary
		};
		v->fn(&view, v->ctx);
		pthread_mutex_lock(&w->lock);
		v->done = true;
		pthread_cond_broadcast(&w->cond);
		pthread_mutex_unlock(&w->lock);
	}
}

static void enqueue(struct worker *w, struct visit *v)
{
	struct visit **at = &w->visits;
	while (*at != NULL)
		at = &(*at)->next;
	*at = v;
	w->asked = true;
}

/* Takes back a visit that has not begun. */
static bool withdraw(struct worker *w, const struct visit *v)
{
	for (struct visit **at = &w->visits; *at != NULL; at = &(*at)->next)
		if (*at == v) {
			*at = v->next;
			return true;
		}
	return false;
}

enum err worker_visit(struct worker *w, ctl_visit_fn *fn, void *ctx)
{
	struct visit v = { .fn = fn, .ctx = ctx };
	const struct timespec until = deadline_ms(CTL_WAIT_MS);
	const uint64_t one = 1;
	bool back = false;
	pthread_mutex_lock(&w->lock);
	enqueue(w, &v);
	(void)!write(w->wake, &one, sizeof(one));
	while (!v.done && !back)
		if (pthread_cond_timedwait(&w->cond, &w->lock, &until) == ETIMEDOUT && !v.taken)
			back = withdraw(w, &v);
	pthread_mutex_unlock(&w->lock);
	return back ? ERR_TIMEOUT : OK;
}

void worker_stop(struct worker *w)
{
	const uint64_t one = 1;
	w->stop = true;
	(void)!write(w->wake, &one, sizeof(one));
}

/* --- the loop ------------------------------------------------------------------------------------------- */

static void wait_for_work(struct worker *w)
{
	struct pollfd fds[LINKS_POLL_MAX + 2] = { { .fd = w->wake, .events = POLLIN } };
	unsigned n = 1;
	int64_t ns = NS_PER_MS * (w->r.engine != NULL && session_count(engine_sessions(w->r.engine)) != 0 ? TICK_MS : IDLE_MS);
	if (takes(w))
		fds[n++] = (struct pollfd){ .fd = pktio_fd(w->cfg.io), .events = POLLIN };
	if (w->cfg.links != NULL) {
		n += links_poll(w->cfg.links, &fds[n], LINKS_POLL_MAX);
		if (ns > w->cfg.live->link.hb_interval_ns / 2)
			ns = w->cfg.live->link.hb_interval_ns / 2;
	}
	if (!worker_changed(w))
		ns = NS_PER_MS;
	if (pair_hurries(w))
		ns = HURRY_NS;
	if (pair_bulks(w))
		ns = 0;
	const struct timespec limit = { .tv_sec = ns / NS_PER_SEC, .tv_nsec = ns % NS_PER_SEC };
	if (ppoll(fds, n, &limit, NULL) >= 0 && w->cfg.links != NULL)
		links_polled(w->cfg.links, fds, n);
}

static void tick(struct worker *w)
{
	const int64_t since = mono_diff(w->now, w->ticked);
	if (pair_works(w) && since >= TICK_MS * NS_PER_MS)
		engine_tick(w->r.engine, w->now);
	else if (w->r.mode == REPLICA_STANDBY && since >= STANDBY_TICK_MS * NS_PER_MS)
		engine_ha_tick(w->r.ha, w->now);
	else
		return;
	w->ticked = w->now;
}

static void turn(struct worker *w)
{
	w->now = w->cfg.now(w->cfg.now_arg);
	if (w->cfg.pulse != NULL)
		w->cfg.pulse->turns++;
	if (pair_overslept(w, w->now))
		pair_slept(w);
	pair_turn(w);
	if (w->end != ENGINE_STOPPED)
		return;
	tick(w);
	(void)engine_change(w->r.engine, CHANGE_STEP);
	worker_release(w);
	if (w->end != ENGINE_STOPPED)
		return; /* the same verdicts given once more would be those of other packets */
	take_packets(w);
	worker_release(w); /* what waits for nobody */
	receive_visits(w);
}

enum engine_exit worker_run(struct worker *w)
{
	w->now = w->cfg.now(w->cfg.now_arg);
	pair_start(w);
	while (!w->stop && w->end == ENGINE_STOPPED) {
		turn(w);
		if (w->end == ENGINE_STOPPED)
			wait_for_work(w);
	}
	return w->end;
}

bool worker_changed(const struct worker *w)
{
	return engine_changed(w->r.engine);
}

enum err worker_set_gen(struct worker *w, const struct gen *g)
{
	TRY(engine_set_gen(w->r.engine, g));
	pair_anew(w);
	return OK;
}

/* --- making --------------------------------------------------------------------------------------------- */

static enum err make_lock(struct worker *w)
{
	pthread_condattr_t a;
	if (pthread_mutex_init(&w->lock, NULL) != 0 || pthread_condattr_init(&a) != 0)
		return ERR_NOMEM;
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	const int r = pthread_cond_init(&w->cond, &a);
	pthread_condattr_destroy(&a);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return r != 0 ? ERR_NOMEM : w->wake < 0 ? ERR_IO : OK;
}

enum err worker_new(const struct worker_cfg *cfg, struct worker **out)
{
	const struct engine_cfg ec = { .seed = cfg->seed, .node = NODE_GROUP + cfg->nr, .rec_mask = REC_ALL };
	struct worker *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	w->cfg = *cfg;
	own_read(&w->own, cfg->live);
	ports_read(w->port_of, cfg->live);
	enum err e = routes_open(&w->routes);
	for (unsigned i = 0; i < PKTIO_FLIGHTS && e == OK; i++)
		e = outgoing_init(&w->flight[i].out);
	if (e == OK)
		e = make_lock(w);
	if (e == OK)
		e = replica_new(&ec, cfg->gen, cfg->now(cfg->now_arg), write_rec, w, &w->r);
	w->r.wait = (enum ha_wait)cfg->live->wait;
	if (e != OK) {
		worker_free(w);
		return e;
	}
	*out = w;
	return OK;
}

void worker_set_logs(struct worker *w, struct logs *logs)
{
	w->logs = logs;
}

void worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	merge_end(&w->merge);
	replica_free(&w->r);
	routes_close(w->routes);
	for (unsigned i = 0; i < PKTIO_FLIGHTS; i++)
		outgoing_fini(&w->flight[i].out);
	if (w->wake > 0)
		close(w->wake);
	free(w);
}
