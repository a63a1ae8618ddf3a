/* session_tick.c - expiry and promotion.
 *
 * Timers are armed lazily, so the order in which they stand in one tick tells a session's history, which
 * differs between nodes. What expires in a tick is therefore collected and ended by serial number.
 */
#include "forward/session_int.h"

static int64_t end_tick(const struct session *s)
{
	return (s->s.expires.ns + SESSION_TICK_NS - 1) / SESSION_TICK_NS;
}

static void on_timer(void *arg, struct wheel_timer *timer)
{
	struct session_table *t = arg;
	struct session *s = LIST_ENTRY(timer, struct session, timer);
	if (s->s.expires.ns > timer->tick * SESSION_TICK_NS) {
		session_arm(t, s);
		return;
	}
	if (session_larval(t, s)) { /* the peer's to end; or ours, in the next tick after the promotion */
		wheel_arm(&t->wheel, timer, s->s.expires);
		return;
	}
	s->due = true;
	s->due_next = t->due;
	t->due = s;
}

static bool ends_before(const struct session *a, const struct session *b)
{
	return end_tick(a) != end_tick(b) ? end_tick(a) < end_tick(b) : a->s.serial < b->s.serial;
}

static struct session *merge(struct session *a, struct session *b)
{
	struct session *head = NULL, **tail = &head;
	while (a != NULL && b != NULL) {
		struct session **first = ends_before(a, b) ? &a : &b;
		*tail = *first;
		tail = &(*first)->due_next;
		*first = *tail;
	}
	*tail = a != NULL ? a : b;
	return head;
}

/* Merge sort: run[i] is empty or a sorted list of 2^i sessions. */
static struct session *sort(struct session *list)
{
	struct session *run[33] = { NULL };
	while (list != NULL) {
		struct session *s = list;
		unsigned i = 0;
		list = s->due_next;
		s->due_next = NULL;
		for (; run[i] != NULL; i++) {
			s = merge(run[i], s);
			run[i] = NULL;
		}
		run[i] = s;
	}
	for (unsigned i = 0; i < ARRAY_LEN(run); i++)
		list = merge(run[i], list);
	return list;
}

void session_tick(struct session_table *t, mono_t now)
{
	wheel_advance(&t->wheel, now, on_timer, t);
	if (t->due == NULL)
		return;
	struct session *s = sort(t->due);
	t->due = NULL;
	while (s != NULL) {
		struct session *following = s->due_next;
		session_close(t, s, END_TIMEOUT);
		pool_put(&t->pool, s);
		s = following;
	}
}

/* Of two sessions with one tuple the later one counts; the other is what a peer forgot to end. */
static bool takes_place(struct session_table *t, const struct session *s)
{
	enum dir d;
	struct session *held = session_find(t, &s->s.tuple[DIR_ORIG], &d);
	if (held == NULL)
		return true;
	if (held->s.serial > s->s.serial)
		return false;
	session_close(t, held, END_EVICTED);
	return true;
}

void session_live(struct session_table *t, struct session *s)
{
	s->larval = 0;
	session_arm(t, s);
}

/* One by one, oldest first. */
static void settle(struct session_table *t)
{
	for (struct session *s = session_next(t, NULL), *following; s != NULL; s = following) {
		const bool larval = session_larval(t, s), stays = !larval || takes_place(t, s);
		following = session_next(t, s);
		if (!stays)
			session_close(t, s, END_EVICTED);
		else if (larval)
			session_live(t, s);
	}
}

void session_promote(struct session_table *t, mono_t now)
{
	if (t->settle)
		settle(t);
	t->waits = t->settle = false;
	if (++t->promotion == 0) /* none waits for that one */
		t->promotion = 1;
	session_tick(t, now); /* what would have ended by now */
}
