/* session_int.h - between the files of session.c: the table and its index.
 *
 * The index grows by linear hashing: when there are more sessions than buckets, one bucket is split, so
 * that no packet pays for a rehash of the table. Buckets live in segments that never move.
 */
#ifndef FORWARD_SESSION_INT_H
#define FORWARD_SESSION_INT_H

#include "forward/session.h"

enum { SEGMENT_BITS = 10, SEGMENT_BUCKETS = 1 << SEGMENT_BITS };

struct bucket {
	struct session *head[CHAIN_N];
};

struct session_index {
	struct bucket **segment;  /* n_segments pointers, NULL until used */
	uint32_t n_segments;
	uint32_t base;            /* buckets when the present round of splitting began, a power of two */
	uint32_t split;           /* buckets of the round split so far */
};

struct session_mark {
	struct list *at;          /* of the session before it, or the list's head */
	uint64_t number;          /* 0 = not in use */
	uint64_t used;            /* when, in uses of all marks */
};

struct session_table {
	struct session_cfg cfg;
	struct session_index index;
	struct pool pool;
	struct wheel wheel;
	struct list all;
	struct list *import_at;   /* where the last import went: the next one is near */
	struct session_mark mark[SESSION_MARKS];
	unsigned n_marks;         /* in use */
	uint64_t mark_clock;
	struct session *due;      /* expired in this tick, in no order */
	uint64_t last_serial;
	uint64_t n_refused;
	uint32_t promotion;       /* the next one's number, from 1: larval sessions wait for it */
	bool waits;               /* some may */
	bool settle;              /* it has to look at each: two have one tuple */
	session_end_fn *on_end;
	void *arg;
};

bool index_init(struct session_index *x, uint32_t max);
void index_fini(struct session_index *x);
/* n: sessions there, s counted. s->hash[] is set. */
void index_add(struct session_index *x, struct session *s, size_t n);
void index_remove(struct session_index *x, struct session *s);
/* The bucket of a hash, whose chains may hold others too. */
const struct bucket *index_bucket(const struct session_index *x, uint32_t hash);

/* A zeroed session with state st, on the index; not on the list of all, no timer. NULL when full. */
struct session *session_make(struct session_table *t, const struct session_state *st);
/* Arms the timer of s if it would fire after s->s.expires, or at all if it is not armed. */
void session_arm(struct session_table *t, struct session *s);

/* Larval or not: has another session the tuple of s, be it the other way about? */
bool session_twin(const struct session_table *t, const struct session *s);

/* s leaves the list of all: marks behind it stand behind the one before it. */
void session_marks_leave(struct session_table *t, const struct session *s);

#endif
