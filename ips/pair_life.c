/* pair_life.c - what the processes of a pair do: along the capture, and, forked off, from one cut to the end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/pair_int.h"
#include "ips/state_text.h"

/* Test builds: one field of what this node receives reads as zero. */
static void mutate(const struct failover_job *j, struct ha_wire *w)
{
#ifdef HA_MUTATE
	if (j->mutate >= 0)
		ha_wire_mutate(w, (unsigned)j->mutate);
#else
	(void)j, (void)w;
#endif
}

static bool is_tcp(const struct packet *p, struct packet *q)
{
	*q = *p;
	return p->data != NULL && packet_decode(q) == REASON_NONE && !q->fragment && q->tuple.proto == IPPROTO_TCP_;
}

/* Has q a sequence number, so that its sender waits for an answer? */
static bool is_answered(const struct packet *q)
{
	return q->payload_wire != 0 || (q->tcp.flags & (TCP_SYN | TCP_FIN)) != 0;
}

/* Does the later one show that nobody waits for an answer to q any more? It is the answer, or the connection is over. */
static bool settles(const struct packet *later, const struct packet *q)
{
	struct packet p;
	if (!is_tcp(later, &p))
		return false;
	const struct tuple back = tuple_reverse(&q->tuple);
	const bool answers = tuple_equal(&p.tuple, &back);
	if (!answers && !tuple_equal(&p.tuple, &q->tuple))
		return false;
	if ((p.tcp.flags & TCP_RST) != 0 || (p.tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return true;
	return answers && (p.tcp.flags & TCP_ACK) != 0 && (int32_t)(p.tcp.ack - q->tcp.seq) > 0;
}

uint64_t pair_left(const struct pair *p, uint64_t cut)
{
	uint64_t left = pair_base(p->job, cut);
	if (!p->job->crash)
		return cut;
	for (uint64_t later = left + 1; later < cut; later++) {
		struct packet q;
		for (uint64_t i = later; i > left; i--)
			if (is_tcp(&p->cap->v[i - 1], &q) && settles(&p->cap->v[later], &q))
				left = i;
	}
	return left;
}

/* The senders' second try of what A never let out; it comes after the last packet that A took. Returns how many. */
static uint64_t send_again(struct node *n, const struct capset *cap, uint64_t from, uint64_t to)
{
	uint64_t sent = 0;
	for (uint64_t i = from; i < to; i++) {
		struct trace_mark v;
		struct packet q, again = cap->v[i];
		again.at = cap->v[to - 1].at;
		if (is_tcp(&again, &q) && is_answered(&q)) {
			node_packet(n, &again, &v);
			sent++;
		}
	}
	return sent;
}

static void work_on(struct node *n, const struct capset *cap, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		struct trace_mark v;
		node_packet(n, &cap->v[i], &v);
	}
}

static void save_state(const struct pair *p, enum pair_node which, const struct node *n)
{
	struct outbuf o = { 0 };
	state_text(n->r.ha, engine_sessions(n->r.engine), &o);
	pair_save(p->state[which], &o);
	outbuf_free(&o);
}

/* The faults of each cut are others. */
static uint64_t copys_seed(const struct failover_job *j, enum pair_node which, uint64_t cut)
{
	return (j->seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + cut * PAIR_NODES + which;
}

static void end_init(const struct failover_job *j, enum pair_node which, int fd, struct pair_end *e)
{
	*e = (struct pair_end){ .fd = fd, .now = mono_ns(0) };
	faulty_init(&e->wire, &j->sync, copys_seed(j, which, 0));
#ifdef HA_MUTATE
	e->mute = j->mutate == FAILOVER_MUTE;
#endif
}

/* A copy for one cut. 0: this is it. Otherwise its end is awaited: was it the one it should have? */
static pid_t fork_copy(int ctl)
{
	const pid_t self = getpid();
	const pid_t pid = fork();
	if (pid == 0) {
		close(ctl);
		pair_follow_parent(self);
	}
	return pid;
}

static bool await_copy(pid_t pid, bool killed)
{
	int st;
	if (pid < 0)
		return false;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return false;
	return killed ? WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL : WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

/* --- node A -------------------------------------------------------------------------------------------------- */

/* As many batches in group commit as may be under way, let out when the peer has all. */
static bool one_window(struct node *n, const struct capset *cap, struct pair_end *e, uint64_t from, uint64_t to, bool release)
{
	struct trace_mark v[PAIR_BATCH * PAIR_WINDOW];
	struct span bytes;
	for (uint64_t i = from; i < to;) {
		for (const uint64_t end = i + size_min(PAIR_BATCH, (size_t)(to - i)); i < end; i++)
			node_packet(n, &cap->v[i], &v[i - from]);
		if (replica_commit(&n->r, &bytes) != OK || !pair_send(e, bytes))
			return false;
	}
	if (from != to && !pair_settle(e, &n->r.sender))
		return false;
	if (release && from != to)
		node_release(n, &cap->v[from], v, (size_t)(to - from));
	return true;
}

/* The last batches, then killed: no goodbye, nothing flushed that was not released. */
static void die_at(const struct pair *p, struct node *n, struct pair_end *e, const struct pair_order *o)
{
	const struct failover_job *j = p->job;
	faulty_reseed(&e->wire, copys_seed(j, PAIR_A, o->cut));
	const uint64_t left = pair_left(p, o->cut);
	if (!one_window(n, p->cap, e, pair_base(j, o->cut), left, true) || !one_window(n, p->cap, e, left, o->cut, false) ||
	    !replica_sound(&n->r))
		_exit(PAIR_BAD);
	pair_save(p->trace[PAIR_A], &n->trace);
	p->note->octets = n->r.sender.n_octets;
	p->note->resent = n->r.sender.n_resent;
	p->note->sync[PAIR_A] = e->wire.n;
	if (o->explain)
		save_state(p, PAIR_A, n);
	if (j->show != NULL)
		pair_show_active(j, n, o->cut);
	kill(getpid(), SIGKILL);
}

void pair_live_active(const struct pair *p, int link)
{
	const int ctl = p->ctl[PAIR_A];
	const uint64_t step = PAIR_BATCH * pair_window(p->job);
	struct pair_end e;
	struct pair_order o;
	struct node n;
	uint64_t at = 0;
	int copys_link;
	end_init(p->job, PAIR_A, link, &e);
	if (node_new_active(p->job->gen, p->job->seed, &n) != OK)
		_exit(PAIR_BAD);
	mutate(p->job, n.r.sender.wire);
	while (pair_order_take(ctl, &o, &copys_link)) {
		for (; at < pair_base(p->job, o.cut); at += step)
			if (!one_window(&n, p->cap, &e, at, at + step, true))
				_exit(PAIR_BAD);
		if (p->job->show == NULL) { /* what is shown is all that A let out */
			pair_save(p->along, &n.trace);
			outbuf_clear(&n.trace);
		}
		const pid_t copy = fork_copy(ctl);
		if (copy == 0) {
			e.fd = copys_link;
			die_at(p, &n, &e, &o);
		}
		close(copys_link);
		pair_answer(ctl, copy > 0);
		pair_answer(ctl, await_copy(copy, true));
	}
	_exit(0);
}

/* --- node B -------------------------------------------------------------------------------------------------- */

/* Has only the link; when that ends, it is the active one. */
static void take_over(const struct pair *p, struct node *n, struct pair_end *e, const struct pair_order *o)
{
	const struct failover_job *j = p->job;
	faulty_reseed(&e->wire, copys_seed(j, PAIR_B, o->cut));
	while (pair_receive(e, n))
		;
	if (!n->r.whole) /* it was never told that it has everything: it must not take over */
		_exit(PAIR_BAD);
	if (o->explain)
		save_state(p, PAIR_B, n);
	if (j->show != NULL)
		pair_show_standby(j, n);
	const uint64_t first = node_promote(n);
	const size_t again = n->trace.len;
	if (j->show != NULL)
		pair_show_promoted(j, n);
	if (j->crash)
		p->note->again = send_again(n, p->cap, pair_left(p, o->cut), o->cut);
	work_on(n, p->cap, first - 1, p->cap->n);
	node_finish(n);
	pair_save(p->trace[PAIR_B], &n->trace);
	p->note->digest_mismatches = n->r.digest_mismatches;
	p->note->sync[PAIR_B] = e->wire.n;
	if (j->show != NULL)
		pair_show_end(j, n, again);
	_exit(0);
}

/* Applies what the link brings until there is an order. */
static bool follow_until_order(struct node *n, struct pair_end *e, int ctl)
{
	for (;;) {
		struct pollfd p[] = { { .fd = e->fd, .events = POLLIN }, { .fd = ctl, .events = POLLIN } };
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return false;
		if (p[1].revents != 0)
			return true;
		if (p[0].revents != 0 && !pair_receive(e, n))
			return false;
	}
}

void pair_live_standby(const struct pair *p, int link)
{
	const int ctl = p->ctl[PAIR_B];
	struct pair_end e;
	struct pair_order o;
	struct node n;
	int copys_link;
	end_init(p->job, PAIR_B, link, &e);
	if (node_new_standby(p->job->gen, p->job->seed, &n) != OK)
		_exit(PAIR_BAD);
	mutate(p->job, n.r.receiver.wire);
	while (follow_until_order(&n, &e, ctl) && pair_order_take(ctl, &o, &copys_link)) {
		const pid_t copy = fork_copy(ctl);
		if (copy == 0) {
			e.fd = copys_link;
			take_over(p, &n, &e, &o);
		}
		close(copys_link);
		pair_answer(ctl, await_copy(copy, false));
	}
	_exit(0);
}

/* --- one that never fails ------------------------------------------------------------------------------------ */

/* It gets what the pair gets: what A did not let out is lost behind it, and comes again. */
static void never_fail(const struct pair *p, struct node *n, const struct pair_order *o)
{
	const uint64_t left = pair_left(p, o->cut);
	work_on(n, p->cap, pair_base(p->job, o->cut), left);
	n->unheard = true;
	work_on(n, p->cap, left, o->cut);
	n->unheard = false;
	(void)send_again(n, p->cap, left, o->cut);
	work_on(n, p->cap, o->cut, p->cap->n);
	node_finish(n);
	pair_save(p->trace[PAIR_ALONE], &n->trace);
	_exit(0);
}

void pair_live_alone(const struct pair *p)
{
	const int ctl = p->ctl[PAIR_ALONE];
	struct pair_order o;
	struct node n;
	uint64_t at = 0;
	int none;
	if (node_new_alone(p->job->gen, p->job->seed, &n) != OK)
		_exit(PAIR_BAD);
	while (pair_order_take(ctl, &o, &none)) {
		work_on(&n, p->cap, at, pair_base(p->job, o.cut));
		at = pair_base(p->job, o.cut);
		const pid_t copy = fork_copy(ctl);
		if (copy == 0)
			never_fail(p, &n, &o);
		pair_answer(ctl, await_copy(copy, false));
	}
	_exit(0);
}
