/* session_mark.c - places in the list of all sessions that outlive the sessions beside them. */
#include "forward/session_int.h"

static struct session_mark *mark_of(struct session_table *t, uint64_t number)
{
	for (unsigned i = 0; i < SESSION_MARKS; i++)
		if (number != 0 && t->mark[i].number == number)
			return &t->mark[i];
	return NULL;
}

/* One that is free, else the one unused for longest. */
static struct session_mark *free_mark(struct session_table *t)
{
	struct session_mark *m = &t->mark[0];
	for (unsigned i = 0; i < SESSION_MARKS; i++) {
		if (t->mark[i].number == 0)
			return &t->mark[i];
		if (t->mark[i].used < m->used)
			m = &t->mark[i];
	}
	return m;
}

uint64_t session_mark(struct session_table *t)
{
	struct session_mark *m = free_mark(t);
	t->n_marks += m->number == 0;
	t->mark_clock++;
	*m = (struct session_mark){ .at = &t->all, .number = t->mark_clock, .used = t->mark_clock };
	return m->number;
}

enum err session_mark_next(struct session_table *t, uint64_t mark, struct session **out)
{
	struct session_mark *m = mark_of(t, mark);
	*out = NULL;
	if (m == NULL)
		return ERR_STALE;
	m->used = ++t->mark_clock;
	if (m->at->next != &t->all) {
		m->at = m->at->next;
		*out = LIST_ENTRY(m->at, struct session, all);
	}
	return OK;
}

void session_unmark(struct session_table *t, uint64_t mark)
{
	struct session_mark *m = mark_of(t, mark);
	if (m == NULL)
		return;
	*m = (struct session_mark){ 0 };
	t->n_marks--;
}

void session_marks_leave(struct session_table *t, const struct session *s)
{
	for (unsigned i = 0; i < SESSION_MARKS; i++)
		if (t->mark[i].at == &s->all)
			t->mark[i].at = s->all.prev;
}
