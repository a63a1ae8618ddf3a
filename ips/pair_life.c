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

/* What has a sequence number, the sender of which waits for an answer. */
static bool is_answered(const struct packet *p, struct packet *q)
{
	*q = *p;
	return p->data != NULL && packet_decode(q) == REASON_NONE && !q->fragment && q->tuple.proto == IPPROTO_TCP_ &&
	       (q->payload_wire != 0 || (q->tcp.flags & (TCP_SYN | TCP_FIN)) != 0);
}

/* Does p open another connection between the ends of q? Then nobody asks for the one before any more. */
static bool is_sequel(const struct packet *p, const struct packet *q)
{
	struct packet s;
	if (!is_answered(p, &s) || (s.tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	const struct tuple back = tuple_reverse(&q->tuple);
	return tuple_equal(&s.tuple, &q->tuple) || tuple_equal(&s.tuple, &back);
}

static bool is_sent_again(const struct capset *cap, uint64_t i, uint64_t to)
{
	struct packet q;
	if (!is_answered(&cap->v[i], &q))
		return false;
	for (uint64_t k = i + 1; k < to; k++)
		if (is_sequel(&cap->v[k], &q))
			return false;
	return true;
}

/* The senders' second try of what A never let out; it comes after the last packet that A took. */
static void send_again(struct node *n, const struct capset *cap, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		struct trace_mark v;
		struct packet again = cap->v[i];
		again.at = cap->v[to - 1].at;
		if (is_sent_again(cap, i, to))
			node_packet(n, &again, &v);
	}
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

/* One batch in group commit, let out when the peer has it. */
static bool one_batch(struct node *n, const struct capset *cap, int link, uint64_t from, uint64_t to, bool release)
{
	struct trace_mark v[PAIR_BATCH];
	struct span bytes;
	for (uint64_t i = from; i < to; i++)
		node_packet(n, &cap->v[i], &v[i - from]);
	if (replica_commit(&n->r, &bytes) != OK || !pair_send_batch(link, &n->r.sender, bytes))
		return false;
	if (release)
		node_release(n, &cap->v[from], v, (size_t)(to - from));
	return true;
}

/* The last batch, then killed: no goodbye, nothing flushed that was not released. */
static void die_at(const struct pair *p, struct node *n, int link, const struct pair_order *o)
{
	if (!one_batch(n, p->cap, link, pair_base(o->cut), o->cut, !p->job->crash) || !replica_sound(&n->r))
		_exit(PAIR_BAD);
	pair_save(p->trace[PAIR_A], &n->trace);
	p->note->octets = n->r.sender.n_octets;
	if (o->explain)
		save_state(p, PAIR_A, n);
	if (p->job->show != NULL)
		pair_show_active(p->job, n, o->cut);
	kill(getpid(), SIGKILL);
}

void pair_live_active(const struct pair *p, int link)
{
	const int ctl = p->ctl[PAIR_A];
	struct pair_order o;
	struct node n;
	uint64_t at = 0;
	int copys_link;
	if (node_new_active(p->job->gen, p->job->seed, &n) != OK)
		_exit(PAIR_BAD);
	mutate(p->job, n.r.sender.wire);
	while (pair_order_take(ctl, &o, &copys_link)) {
		for (; at < pair_base(o.cut); at += PAIR_BATCH)
			if (!one_batch(&n, p->cap, link, at, at + PAIR_BATCH, true))
				_exit(PAIR_BAD);
		if (p->job->show == NULL) { /* what is shown is all that A let out */
			pair_save(p->along, &n.trace);
			outbuf_clear(&n.trace);
		}
		const pid_t copy = fork_copy(ctl);
		if (copy == 0)
			die_at(p, &n, copys_link, &o);
		close(copys_link);
		pair_answer(ctl, copy > 0);
		pair_answer(ctl, await_copy(copy, true));
	}
	_exit(0);
}

/* --- node B -------------------------------------------------------------------------------------------------- */

/* Has only the link; when that ends, it is the active one. */
static void take_over(const struct pair *p, struct node *n, int link, const struct pair_order *o)
{
	const struct failover_job *j = p->job;
	while (pair_receive(link, n))
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
		send_again(n, p->cap, pair_base(o->cut), o->cut);
	work_on(n, p->cap, first - 1, p->cap->n);
	node_finish(n);
	pair_save(p->trace[PAIR_B], &n->trace);
	p->note->digest_mismatches = n->r.digest_mismatches;
	if (j->show != NULL)
		pair_show_end(j, n, again);
	_exit(0);
}

/* Applies what the link brings until there is an order. */
static bool follow_until_order(struct node *n, int link, int ctl)
{
	for (;;) {
		struct pollfd p[] = { { .fd = link, .events = POLLIN }, { .fd = ctl, .events = POLLIN } };
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return false;
		if (p[1].revents != 0)
			return true;
		if (p[0].revents != 0 && !pair_receive(link, n))
			return false;
	}
}

void pair_live_standby(const struct pair *p, int link)
{
	const int ctl = p->ctl[PAIR_B];
	struct pair_order o;
	struct node n;
	int copys_link;
	if (node_new_standby(p->job->gen, p->job->seed, &n) != OK)
		_exit(PAIR_BAD);
	mutate(p->job, n.r.receiver.wire);
	while (follow_until_order(&n, link, ctl) && pair_order_take(ctl, &o, &copys_link)) {
		const pid_t copy = fork_copy(ctl);
		if (copy == 0)
			take_over(p, &n, copys_link, &o);
		close(copys_link);
		pair_answer(ctl, await_copy(copy, false));
	}
	_exit(0);
}

/* --- one that never fails ------------------------------------------------------------------------------------ */

/* It gets what the pair gets: what A did not let out is lost behind it, and comes again. */
static void never_fail(const struct pair *p, struct node *n, const struct pair_order *o)
{
	n->unheard = true;
	work_on(n, p->cap, pair_base(o->cut), o->cut);
	n->unheard = false;
	send_again(n, p->cap, pair_base(o->cut), o->cut);
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
		work_on(&n, p->cap, at, pair_base(o.cut));
		at = pair_base(o.cut);
		const pid_t copy = fork_copy(ctl);
		if (copy == 0)
			never_fail(p, &n, &o);
		pair_answer(ctl, await_copy(copy, false));
	}
	_exit(0);
}
