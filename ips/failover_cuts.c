/* failover_cuts.c - see failover_int.h. Equality is looked up; only what differs is compared line by line, and said. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ips/failover_int.h"
#include "ips/octets.h"

enum { FOUND_MAX = 512, LEFT_A_CUT = 5, HELD_A_CUT = 3 };

bool cuts_read(int fd, size_t from, struct outbuf *o)
{
	char room[65536];
	ssize_t n;
	while ((n = pread(fd, room, sizeof(room), (off_t)from)) > 0) {
		outbuf_add(o, room, (size_t)n);
		from += (size_t)n;
	}
	return n == 0 && !o->bad;
}

static struct span text_of(const struct outbuf *o)
{
	return span_of(o->p, o->len);
}

enum err cuts_open(const struct failover_job *job, const struct capset *cap, struct span expected, struct cuts *c)
{
	memset(c, 0, sizeof(*c));
	c->expected = expected;
	TRY(pair_open(job, cap, &c->pair));
	c->found = calloc(FOUND_MAX, sizeof(*c->found));
	trace_bare_alerts(expected, &c->expected_alerts);
	if (c->found == NULL || c->expected_alerts.bad)
		return ERR_NOMEM;
	TRY(judge_new(expected, &c->judge));
	return judge_new(text_of(&c->expected_alerts), &c->alerts);
}

void cuts_close(struct cuts *c)
{
	pair_close(&c->pair);
	judge_free(c->judge);
	judge_free(c->alerts);
	free(c->found);
	outbuf_free(&c->expected_alerts);
	outbuf_free(&c->bare);
	outbuf_free(&c->along);
	for (unsigned i = 0; i < PAIR_NODES; i++)
		outbuf_free(&c->part[i]);
}

/* --- what differs --------------------------------------------------------------------------------------------- */

static void find(struct cuts *c, const struct difference *d)
{
	c->r.differences++;
	if (c->n_found < FOUND_MAX)
		c->found[c->n_found++] = *d;
}

static void find_change(void *arg, const struct trace_change *change)
{
	struct difference d;
	difference_of(change, &d);
	find(arg, &d);
}

static void find_words(struct cuts *c, const char *words)
{
	struct difference d = { .what = "node" };
	snprintf(d.got, sizeof(d.got), "%s", words);
	find(c, &d);
}

static void tell_one(struct cuts *c, const struct difference *d)
{
	const struct octets *o = c->pair.job->octets;
	struct difference *to = &c->r.told[c->r.n_told++];
	*to = *d;
	to->cut = c->cut;
	if (o != NULL) {
		octets_place(o, c->cut, &to->cut, &to->cut_octet);
		octets_place(o, d->packet, &to->packet, &to->octet);
	}
}

/* The first of what was found at this cut: of what left, and of what both held. */
static void tell(struct cuts *c)
{
	unsigned left[] = { LEFT_A_CUT, HELD_A_CUT };
	qsort(c->found, c->n_found, sizeof(*c->found), difference_order);
	for (size_t i = 0; i < c->n_found && c->r.n_told < FAILOVER_TOLD; i++) {
		const bool held = strcmp(c->found[i].what, "state") == 0;
		if (left[held] == 0)
			continue;
		left[held]--;
		tell_one(c, &c->found[i]);
	}
	c->n_found = 0;
}

/* Every line of both texts, sorted. */
static enum err compare(struct cuts *c, struct span expected, struct span got, struct trace_diff *d)
{
	struct trace *x = NULL, *y = NULL;
	enum err e = trace_parse((const char *)expected.p, expected.len, &x);
	if (e == OK)
		e = trace_parse((const char *)got.p, got.len, &y);
	if (e == OK)
		(void)trace_compare(x, y, d, find_change, c);
	trace_free(x);
	trace_free(y);
	return e;
}

static enum err explain(struct cuts *c, struct span expected, struct span got)
{
	struct trace_diff d = { 0 };
	const enum err e = compare(c, expected, got, &d);
	c->r.lost_alerts += d.lost_alerts;
	c->r.extra_alerts += d.extra_alerts;
	c->r.lost_sessions += d.lost_sessions;
	return e;
}

static enum err explain_outputs(struct cuts *c, struct span expected)
{
	struct outbuf both = { 0 };
	const struct outbuf *parts[] = { &c->along, &c->part[PAIR_A], &c->part[PAIR_B] };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i]->len != 0)
			outbuf_add(&both, parts[i]->p, parts[i]->len);
	const enum err e = both.bad ? ERR_NOMEM : explain(c, expected, text_of(&both));
	outbuf_free(&both);
	return e;
}

/* The same cut once more, for what both held at it. */
static enum err explain_digests(struct cuts *c)
{
	struct outbuf a = { 0 }, b = { 0 };
	struct trace_diff d = { 0 };
	enum err e = OK;
	const uint64_t before = c->r.differences;
	if (pair_run(&c->pair, c->cut, true) && cuts_read(c->pair.state[PAIR_A], 0, &a) && cuts_read(c->pair.state[PAIR_B], 0, &b))
		e = compare(c, text_of(&a), text_of(&b), &d);
	if (c->r.differences == before)
		find_words(c, "the digests of both nodes differed before, and their states do not");
	outbuf_free(&a);
	outbuf_free(&b);
	return e;
}

/* --- one cut --------------------------------------------------------------------------------------------------- */

static bool read_parts(struct cuts *c)
{
	const size_t before = c->along.len;
	bool ok = cuts_read(c->pair.along, before, &c->along);
	for (unsigned i = 0; i < PAIR_NODES; i++) {
		outbuf_clear(&c->part[i]);
		ok = cuts_read(c->pair.trace[i], 0, &c->part[i]) && ok;
	}
	if (ok)
		judge_along(c->judge, span_of(c->along.p + before, c->along.len - before));
	return ok;
}

/* Where packets are sent again, one alone that got them too is the measure; its alerts are still those of the capture. */
static enum err judge_crash(struct cuts *c, struct judge_part *part)
{
	struct judge *j;
	TRY(judge_new(text_of(&c->part[PAIR_ALONE]), &j));
	judge_along(j, text_of(&c->along));
	*part = judge_cut(j, text_of(&c->part[PAIR_A]), text_of(&c->part[PAIR_B]));
	judge_free(j);
	if (!part->equal)
		return explain_outputs(c, text_of(&c->part[PAIR_ALONE]));
	outbuf_clear(&c->bare);
	trace_bare_alerts(text_of(&c->part[PAIR_ALONE]), &c->bare);
	part->equal = judge_cut(c->alerts, text_of(&c->bare), (struct span){ 0 }).equal;
	return part->equal ? OK : explain(c, text_of(&c->expected_alerts), text_of(&c->bare));
}

static enum err judge(struct cuts *c, bool *equal)
{
	struct judge_part part;
	*equal = false;
	if (c->pair.job->crash) {
		TRY(judge_crash(c, &part));
	} else {
		part = judge_cut(c->judge, text_of(&c->part[PAIR_A]), text_of(&c->part[PAIR_B]));
		if (!part.equal)
			TRY(explain_outputs(c, c->expected));
	}
	if (part.twice != 0)
		find_words(c, "B wrote records again whose release it had been told of");
	*equal = part.equal && part.twice == 0;
	return OK;
}

static enum err one(struct cuts *c)
{
	bool equal;
	if (!pair_run(&c->pair, c->cut, false)) {
		find_words(c, "a node ended in another way than it should (crash, refused message, no memory)");
		return OK;
	}
	const struct pair_note note = *c->pair.note;
	if (!read_parts(c))
		return ERR_IO;
	c->r.octets += note.octets;
	c->r.resent += note.resent;
	c->r.again += note.again;
	for (unsigned i = 0; i < ARRAY_LEN(note.sync); i++) {
		c->r.sync.lost += note.sync[i].lost;
		c->r.sync.reordered += note.sync[i].reordered;
		c->r.sync.doubled += note.sync[i].doubled;
	}
	c->r.digest_mismatches += note.digest_mismatches;
	TRY(judge(c, &equal));
	c->r.equal += equal;
	return note.digest_mismatches != 0 && c->r.n_told < FAILOVER_TOLD ? explain_digests(c) : OK;
}

enum err cuts_one(struct cuts *c, uint64_t cut)
{
	c->cut = cut;
	c->r.cuts++;
	const enum err e = one(c);
	tell(c);
	return e;
}
