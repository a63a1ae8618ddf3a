/* failover_cuts.c - see failover_int.h. Equality is looked up; only what differs is compared line by line, and said. */
#include <string.h>
#include <unistd.h>

#include "ips/failover_int.h"
#include "ips/octets.h"

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

enum err cuts_open(const struct failover_job *job, const struct capset *cap, struct span expected, struct cuts *c)
{
	memset(c, 0, sizeof(*c));
	c->expected = expected;
	TRY(pair_open(job, cap, &c->pair));
	return judge_new(expected, &c->judge);
}

void cuts_close(struct cuts *c)
{
	pair_close(&c->pair);
	judge_free(c->judge);
	outbuf_free(&c->along);
	for (unsigned i = 0; i < PAIR_NODES; i++)
		outbuf_free(&c->part[i]);
}

static struct span text_of(const struct outbuf *o)
{
	return span_of(o->p, o->len);
}

/* --- what differs --------------------------------------------------------------------------------------------- */

static void tell(struct cuts *c, const struct difference *d)
{
	struct failover_result *r = &c->r;
	const struct octets *o = c->pair.job->octets;
	r->differences++;
	if (r->n_told == FAILOVER_TOLD)
		return;
	struct difference *to = &r->told[r->n_told++];
	*to = *d;
	to->cut = c->cut;
	if (o != NULL) {
		octets_place(o, c->cut, &to->cut, &to->cut_octet);
		octets_place(o, d->packet, &to->packet, &to->octet);
	}
}

static void tell_change(void *arg, const struct trace_change *change)
{
	struct difference d;
	difference_of(change, &d);
	tell(arg, &d);
}

static void tell_words(struct cuts *c, const char *what, const char *words)
{
	struct difference d = { .cut = c->cut };
	snprintf(d.what, sizeof(d.what), "%s", what);
	snprintf(d.got, sizeof(d.got), "%s", words);
	tell(c, &d);
}

/* Every line of both texts, sorted. */
static enum err compare(struct cuts *c, struct span expected, struct span got, struct trace_diff *d)
{
	struct trace *x = NULL, *y = NULL;
	enum err e = trace_parse((const char *)expected.p, expected.len, &x);
	if (e == OK)
		e = trace_parse((const char *)got.p, got.len, &y);
	if (e == OK)
		(void)trace_compare(x, y, d, tell_change, c);
	trace_free(x);
	trace_free(y);
	return e;
}

static enum err explain_outputs(struct cuts *c, struct span expected)
{
	struct outbuf both = { 0 };
	struct trace_diff d = { 0 };
	const struct outbuf *parts[] = { &c->along, &c->part[PAIR_A], &c->part[PAIR_B] };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i]->len != 0)
			outbuf_add(&both, parts[i]->p, parts[i]->len);
	const enum err e = both.bad ? ERR_NOMEM : compare(c, expected, text_of(&both), &d);
	c->r.lost_alerts += d.lost_alerts;
	c->r.extra_alerts += d.extra_alerts;
	c->r.lost_sessions += d.lost_sessions;
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
		tell_words(c, "node", "the digests of both nodes differed before, and their states do not");
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

/* Where packets are sent again, one alone that got them too is the measure, and the alerts are still those of the capture. */
static enum err judge_crash(struct cuts *c, struct judge_part *part)
{
	struct judge *j;
	uint64_t lost, extra;
	TRY(judge_new(text_of(&c->part[PAIR_ALONE]), &j));
	judge_along(j, text_of(&c->along));
	*part = judge_cut(j, text_of(&c->part[PAIR_A]), text_of(&c->part[PAIR_B]));
	judge_free(j);
	judge_alerts(c->judge, text_of(&c->part[PAIR_A]), text_of(&c->part[PAIR_B]), &lost, &extra);
	if (part->equal && lost + extra != 0) {
		c->r.lost_alerts += lost;
		c->r.extra_alerts += extra;
		tell_words(c, "node", "its alerts are not those of a capture in which nothing is sent again");
		part->equal = false;
		return OK;
	}
	return part->equal ? OK : explain_outputs(c, text_of(&c->part[PAIR_ALONE]));
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
		tell_words(c, "node", "B wrote records again whose release it had been told of");
	*equal = part.equal && part.twice == 0;
	return OK;
}

enum err cuts_one(struct cuts *c, uint64_t cut)
{
	bool equal;
	c->cut = cut;
	c->r.cuts++;
	if (!pair_run(&c->pair, cut, false)) {
		tell_words(c, "node", "a node ended in another way than it should (crash, refused message, no memory)");
		return OK;
	}
	const struct pair_note note = *c->pair.note;
	if (!read_parts(c))
		return ERR_IO;
	c->r.octets += note.octets;
	c->r.digest_mismatches += note.digest_mismatches;
	TRY(judge(c, &equal));
	c->r.equal += equal;
	return note.digest_mismatches != 0 && c->r.n_told < FAILOVER_TOLD ? explain_digests(c) : OK;
}
