/* ctl_list.c - lists, counts and the clearing of sessions, CTL_CHUNK of them a visit.
 *
 * A mark in the worker's table holds the place between two visits: sessions that end meanwhile are left out, none comes
 * twice, and what opens after the walk began is not waited for, so that it ends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ips/ctl_int.h"
#include "ips/lists_json.h"

enum { CLOSE_CHUNK = CTL_CHUNK / 8 }; /* an end is told to the logs and the peer: dearer than a copy */

struct totals {
	uint64_t sessions, inspected, larval, tagged, alerted, blocked, held;
	uint64_t proto[256], state[TCPS_N], protocol[PROTO_N];
	struct session_count n[DIR_N];
};

struct walk {
	const struct ctl_filter *filter;
	bool inspected_only, closes;
	unsigned worker;
	uint64_t done;       /* listed, counted or closed so far */
	uint64_t mark, upto; /* in the worker's table; the last serial number when it was begun */
	/* of one visit */
	enum err e;
	bool end, standby;
	struct list_env env;
	unsigned n; /* rows, or sessions closed */
	struct list_row row[CTL_CHUNK];
	struct totals total;
};

static bool enough(const struct walk *w)
{
	return (w->filter->set & 1u << CF_COUNT) != 0 && w->done + w->n >= w->filter->count;
}

static void begin(struct walk *w, struct session_table *t)
{
	w->mark = session_mark(t);
	w->upto = session_last_serial(t);
}

static void one(struct walk *w, struct session_table *t, struct session *s)
{
	if (w->closes)
		session_close(t, s, END_CLEARED);
	else
		list_row_take(t, s, &w->row[w->n]);
	w->n++;
}

/* On the worker's thread. */
static void take(const struct ctl_view *v, void *ctx)
{
	struct walk *w = ctx;
	struct session_table *t = engine_sessions(v->engine);
	const tag_t tag = ctl_filter_tag(w->filter, engine_gen(v->engine)->sigs);
	const unsigned most = w->closes ? CLOSE_CHUNK : CTL_CHUNK;
	w->standby = w->closes && v->ha != NULL && v->ha->enabled && v->ha->role != HA_ACTIVE;
	w->end = w->standby;
	w->n = 0;
	w->e = OK;
	list_env_take(v->engine, &w->env);
	if (w->closes)
		engine_tick(v->engine, w->env.now); /* the ends belong to no packet */
	if (w->mark == 0)
		begin(w, t);
	for (unsigned i = 0; i < CTL_CHUNK && w->n < most && !w->end; i++) {
		struct session *s;
		w->e = session_mark_next(t, w->mark, &s);
		w->end = w->e != OK || s == NULL || s->s.serial > w->upto;
		if (w->end || (w->inspected_only && engine_insp(s) == NULL) || !ctl_filter_match(w->filter, tag, s))
			continue;
		one(w, t, s);
		w->end = enough(w);
	}
	if (w->end) {
		session_unmark(t, w->mark);
		w->mark = 0;
	}
}

static void give_up_mark(const struct ctl_view *v, void *ctx)
{
	session_unmark(engine_sessions(v->engine), ((const struct walk *)ctx)->mark);
}

static void free_walk(struct ctl_job *j)
{
	struct walk *w = j->state;
	if (w->mark != 0) /* should it fail, the mark gives way to others one day */
		(void)j->node->visit(j->node->arg, w->worker, give_up_mark, w);
	free(w);
}

static struct walk *walk_of(struct ctl_job *j)
{
	if (j->state != NULL)
		return j->state;
	struct walk *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	const enum ctl_command_id c = j->args.command;
	w->filter = &j->args.filter;
	w->inspected_only = c != CC_SYS_LIST && c != CC_SYS_STAT && c != CC_SYS_CLEAR;
	w->closes = ctl_commands[c].changes;
	j->state = w;
	j->free_state = free_walk;
	return w;
}

/* One visit. CTL_MORE: rows are there; CTL_DONE: it failed, and that was told. */
static enum ctl_progress visit(struct ctl_job *j, struct walk *w)
{
	if (!ctl_visit(j, w->worker, take, w)) {
		w->mark = 0;
		return CTL_DONE;
	}
	if (w->standby)
		return ctl_fail(j, 1, "this node is passive and holds its peer's sessions; clear them on the active node");
	if (w->e != OK)
		return ctl_fail(j, 1, "too many lists are taken at once, and this one lost its place; ask again");
	return CTL_MORE;
}

/* The next worker once one is through. True: that was the last, or it is enough. */
static bool through(const struct ctl_job *j, struct walk *w)
{
	w->done += w->n;
	w->n = 0;
	if (!w->end)
		return false;
	w->worker++;
	return w->worker >= j->node->n_workers || enough(w);
}

/* --- list ------------------------------------------------------------------------------------------------- */

static void show(struct ctl_job *j, const struct walk *w, const struct list_row *r, uint64_t id)
{
	const enum ctl_command_id c = j->args.command;
	if (j->json) {
		list_json_fn *const fn = c == CC_SYS_LIST ? list_json_sys : c == CC_SHARE_LIST ? list_json_share : list_json_ips;
		ctl_row(j, fn(&w->env, r, id));
	} else if (c == CC_SYS_LIST) {
		list_row_sys(&w->env, r, &j->text);
	} else if (c == CC_SHARE_LIST) {
		list_row_share(&w->env, r, &j->text);
	} else {
		list_row_ips(&w->env, r, id, &j->text);
	}
}

enum ctl_progress ctl_list_step(struct ctl_job *j)
{
	const bool first = j->state == NULL;
	struct walk *w = walk_of(j);
	if (w == NULL)
		return CTL_NOMEM;
	if (first && !j->json && j->args.command == CC_SHARE_LIST)
		outbuf_fmt(&j->text, LIST_SHARE_HEAD);
	if (visit(j, w) == CTL_DONE)
		return CTL_DONE;
	for (unsigned i = 0; i < w->n; i++)
		show(j, w, &w->row[i], w->done + i + 1);
	if (!through(j, w))
		return CTL_MORE;
	if (!j->json && j->args.command == CC_SYS_LIST)
		outbuf_fmt(&j->text, "total session %llu\n", (unsigned long long)w->done);
	return CTL_DONE;
}

/* --- clear ------------------------------------------------------------------------------------------------ */

enum ctl_progress ctl_list_clear_step(struct ctl_job *j)
{
	struct walk *w = walk_of(j);
	if (w == NULL)
		return CTL_NOMEM;
	if (visit(j, w) == CTL_DONE)
		return CTL_DONE;
	if (!through(j, w))
		return CTL_MORE;
	if (j->json) {
		json_t *o = json_object();
		ctl_set(o, "cleared", w->done);
		ctl_row(j, o);
	} else {
		outbuf_fmt(&j->text, "cleared session %llu\n", (unsigned long long)w->done);
	}
	return CTL_DONE;
}

/* --- stat ------------------------------------------------------------------------------------------------- */

static void count(struct totals *t, const struct list_row *r)
{
	t->sessions++;
	t->inspected += r->inspected;
	t->larval += r->larval;
	t->tagged += r->tags.n != 0;
	t->alerted += r->n_alerts != 0;
	t->blocked += r->dir[DIR_ORIG].blocked || r->dir[DIR_REPLY].blocked;
	t->held += r->buffer_len;
	t->proto[r->s.tuple[DIR_ORIG].proto]++;
	t->protocol[r->proto]++;
	if (r->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_)
		t->state[r->s.tcp.state]++;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		t->n[d].bytes += r->s.n[d].bytes;
		t->n[d].packets += r->s.n[d].packets;
	}
}

static const char *proto_text(unsigned i)
{
	const char *name = ctl_proto_name((uint8_t)i);
	return name != NULL ? name : "other";
}

/* Protocols without a name count as one, under number 0. */
static void fold_others(struct totals *t)
{
	uint64_t n = 0;
	for (unsigned i = 1; i < ARRAY_LEN(t->proto); i++) {
		if (ctl_proto_name((uint8_t)i) == NULL) {
			n += t->proto[i];
			t->proto[i] = 0;
		}
	}
	t->proto[0] += n;
}

static void tell_totals(struct ctl_job *j, struct totals *t)
{
	const struct {
		const char *key;
		uint64_t v;
	} sums[] = { { "session", t->sessions },
		     { "inspected", t->inspected },
		     { "larval", t->larval },
		     { "tagged", t->tagged },
		     { "alerted", t->alerted },
		     { "blocked", t->blocked },
		     { "held", t->held },
		     { "org_bytes", t->n[DIR_ORIG].bytes },
		     { "org_packets", t->n[DIR_ORIG].packets },
		     { "reply_bytes", t->n[DIR_REPLY].bytes },
		     { "reply_packets", t->n[DIR_REPLY].packets } };
	const struct ctl_counters tables[] = { { "proto", proto_text, t->proto, 0, ARRAY_LEN(t->proto) },
					       { "state", tcps_name, t->state, 0, TCPS_N },
					       { "protocol", proto_name, t->protocol, 0, PROTO_N } };
	json_t *root = j->json ? json_object() : NULL;
	fold_others(t);
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		if (j->json)
			ctl_set(root, sums[i].key, sums[i].v);
		else
			outbuf_fmt(&j->text, "%s%s %llu", i > 0 ? "  " : "", sums[i].key, (unsigned long long)sums[i].v);
	}
	if (!j->json)
		outbuf_fmt(&j->text, "\n");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		ctl_table(j, root, &tables[i]);
	if (j->json)
		ctl_row(j, root);
}

enum ctl_progress ctl_list_stat_step(struct ctl_job *j)
{
	struct walk *w = walk_of(j);
	if (w == NULL)
		return CTL_NOMEM;
	if (visit(j, w) == CTL_DONE)
		return CTL_DONE;
	for (unsigned i = 0; i < w->n; i++)
		count(&w->total, &w->row[i]);
	if (!through(j, w))
		return CTL_MORE;
	tell_totals(j, &w->total);
	return CTL_DONE;
}
