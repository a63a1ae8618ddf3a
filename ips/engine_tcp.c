/* engine_tcp.c - a segment on its way through its session: judged, followed, read, and made to say what was read.
 *
 * q is the segment as it counts: p, but for octets and flags that must not arrive. Inline (prevent mode) p leaves as q says;
 * otherwise everything leaves as it came, and what counts for nothing is not read.
 */
#include "ips/engine_int.h"

enum {
	PROBE_BACK = 1 << 30,   /* behind any window: the receiver answers with where it stands (RFC 9293 3.10.7.4) */
	ONE_WAY_PACKETS = 8,    /* so many of one direction, with octets, and none of the other */
	SYN_LEN = 40
};

#define TIMESTAMP_REST (24 * 24 * 3600 * NS_PER_SEC)

static bool inline_(const struct engine *e)
{
	return e->gen->prevent;
}

static unsigned how(const struct engine *e, const struct session *s)
{
	const bool bypass = e->gen->bypass || s->s.serial <= e->doubt_upto;
	if (!inline_(e))
		return 0;
	return TCP_STRICT | (e->gen->asymmetric ? TCP_ONE_WAY : 0) | (bypass ? TCP_BYPASS : 0);
}

/* It may open another connection, of which nothing was refused yet. */
static bool is_syn(const struct packet *p)
{
	return (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* RFC 7323 5.5: after so long a rest the other clock may have come half way round. */
static void forget_time(const struct pass *w)
{
	struct session_state *s = &w->s->s;
	if (w->p->tcp.has_ts && mono_diff(w->e->now, s->last_dir[w->dir]) > TIMESTAMP_REST)
		s->tcp.end[w->dir].ts = w->p->tcp.tsval;
}

/* The first packet of a session is what the session is known by. */
static struct tcp_look judge(const struct pass *w)
{
	struct tcp_look l = tcp_look(&w->s->s.tcp, w->dir, &w->p->tcp, w->p->payload_wire, how(w->e, w->s));
	if (w->opened && l.worth != TCP_PROBE)
		l.worth = TCP_TAKEN;
	return l;
}

/* What was inspected has to be kept until it is acknowledged: the receiver may not ask for more than there is room for. */
static uint16_t clamped(const struct pass *w)
{
	const struct tcp_info *h = &w->p->tcp;
	const unsigned scale = tcp_scale(&w->s->s.tcp, w->dir);
	const bool open = (h->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK && scale != TCP_SCALE_UNKNOWN;
	if (!open || w->s->ips == NULL || !inline_(w->e) || (uint32_t)h->win << scale <= REASM_KEPT_MAX)
		return h->win;
	return (uint16_t)(REASM_KEPT_MAX >> scale);
}

/* A FIN counts where the stream stands: behind a hole it comes again when that is filled, before octets that were read it is
 * another end than theirs. */
static struct tcp_look place_fin(const struct pass *w, struct tcp_look l)
{
	const struct insp *f = w->s->ips;
	if (l.worth != TCP_TAKEN || !l.fin || !inline_(w->e) || f == NULL || !f->reasm.dir[w->dir].started)
		return l;
	const struct reasm_dir *r = &f->reasm.dir[w->dir];
	const uint32_t seq = w->p->tcp.seq;
	l.fin = seq_diff(seq, r->next) <= 0 && seq_diff(seq + l.octets, reasm_top(r)) >= 0;
	if (!l.fin && l.octets == 0 && !w->s->s.tcp.end[w->dir].fin)
		return (struct tcp_look){ .worth = TCP_REFUSED, .why = REASON_TCP_FIN };
	return l;
}

static bool as_it_came(const struct packet *p, const struct tcp_look *l, uint16_t win)
{
	const bool fin = (p->tcp.flags & TCP_FIN) != 0;
	return l->worth != TCP_PROBE && l->octets == p->payload_wire && l->fin == fin && win == p->tcp.win;
}

/* The segment as it counts; q is room for it. */
static const struct packet *as_it_counts(const struct pass *w, const struct tcp_look *l, struct packet *q)
{
	const uint16_t win = clamped(w);
	if (as_it_came(w->p, l, win))
		return w->p;
	*q = *w->p;
	q->payload_wire = l->octets;
	q->payload.len = size_min(q->payload.len, l->octets);
	q->tcp.flags = (uint8_t)((q->tcp.flags & ~TCP_FIN) | (l->fin ? TCP_FIN : 0));
	q->tcp.win = win;
	if (l->worth == TCP_PROBE)
		q->tcp.seq -= PROBE_BACK;
	return q;
}

/* --- out: p as q says, with the octets that were read ---------------------------------------------------------- */

static void rewrite_as(const struct pass *w, const struct packet *q, struct rewrite *r)
{
	const struct tcp_info *was = &w->p->tcp, *is = &q->tcp;
	const uint32_t first = is->seq + ((is->flags & TCP_SYN) != 0);
	if (w->s->ips != NULL && q->payload.len != 0)
		(void)reasm_conform(&engine_insp(w->s)->reasm.dir[w->dir], first, q->payload, rewrite_payload(r));
	if (q->payload_wire != w->p->payload_wire)
		rewrite_cut(r, q->payload_wire);
	if (is->flags != was->flags)
		rewrite_flags(r, is->flags & ~was->flags, was->flags & ~is->flags);
	if (is->seq != was->seq)
		rewrite_seq(r, is->seq);
	if (is->win != was->win)
		rewrite_window(r, is->win);
}

static struct verdict leave(struct pass *w, const struct packet *q, bool differs)
{
	struct rewrite *r = &w->e->rewrite;
	const bool edit = inline_(w->e) && (q != w->p || differs);
	if (edit && !rewrite_begin(r, w->p))
		return (struct verdict){ .reason = differs ? REASON_TCP_OVERLAP : REASON_NO_REWRITE };
	if (edit)
		rewrite_as(w, q, r);
	return engine_leave(w->e, w->s, w->p, edit);
}

/* --- the four kinds ---------------------------------------------------------------------------------------------- */

/* Streams begin where their receivers say; octets of a SYN that count begin right behind it. */
static void start_streams(const struct pass *w, struct insp *f)
{
	const struct tcp_state *t = &w->s->s.tcp;
	if (!inline_(w->e) || w->e->gen->asymmetric)
		return;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		if (t->end[d].anchored)
			reasm_start(&f->reasm.dir[d], t->end[dir_other(d)].ack);
	if (t->fast_open && t->state == TCPS_SYN_SENT)
		reasm_start(&f->reasm.dir[DIR_ORIG], t->end[DIR_ORIG].isn + 1);
}

static void tell_one_way(const struct pass *w, const struct insp *f)
{
	const struct session_count *n = w->s->s.n;
	if (n[w->dir].packets == ONE_WAY_PACKETS && n[dir_other(w->dir)].packets == 0 && f->reasm.dir[w->dir].seen != 0)
		insp_tell(w->e, w->s, w->dir, w->p, AN_ONE_WAY);
}

static struct verdict read_on(struct pass *w, const struct packet *q)
{
	struct insp *f = w->s->ips;
	if (f == NULL)
		return leave(w, q, false);
	const uint32_t before = f->reasm.dir[w->dir].differed;
	start_streams(w, f);
	const struct verdict v = insp_packet(w->e, w->s, w->dir, q);
	tell_one_way(w, f);
	return v.pass ? leave(w, q, f->reasm.dir[w->dir].differed != before) : v;
}

static struct verdict take(struct pass *w, const struct packet *q)
{
	struct verdict v;
	engine_touch(w->e, w->s);
	if (w->s->ips != NULL && insp_must_wait(w->e, w->s, w->dir, q, &v))
		return v;
	if (inline_(w->e) && (q->tcp.flags & TCP_RST) == 0)
		tcp_revive(&w->s->s.tcp, w->dir);
	if (!w->opened)
		session_packet(w->e->sessions, w->s, w->dir, q, w->e->now);
	return read_on(w, q);
}

static struct verdict pass_by(struct pass *w, const struct packet *q)
{
	if (is_syn(q))
		tcp_note_syn(&w->s->s.tcp, w->dir, &q->tcp);
	if (!w->opened)
		session_pass(w->e->sessions, w->s, w->dir, q, w->e->now);
	engine_touch(w->e, w->s);
	return leave(w, q, false);
}

static struct verdict refuse(struct pass *w, const struct packet *q, enum reason why)
{
	w->s->s.tcp.n_paws += why == REASON_TCP_TIMESTAMP;
	engine_touch(w->e, w->s);
	if (inline_(w->e))
		return (struct verdict){ .reason = why };
	if (w->s->ips != NULL)
		insp_tell(w->e, w->s, w->dir, q, AN_REFUSED);
	return pass_by(w, q);
}

/* Its octets come again when the receiver has shown where it stands. */
static struct verdict probe(struct pass *w, const struct packet *q)
{
	w->s->s.tcp.n_pause++;
	if (!w->opened)
		session_pass(w->e->sessions, w->s, w->dir, q, w->e->now);
	engine_touch(w->e, w->s);
	return w->opened ? read_on(w, q) : leave(w, q, false); /* what it acknowledges is not believed */
}

/* The connection is over; the SYN that was noted opened another one, which p answers. */
static struct verdict replace(struct pass *w)
{
	struct engine *e = w->e;
	const struct tcp_syn y = w->s->s.tcp.syn;
	const enum dir d = (enum dir)y.dir;
	const struct packet *answer = w->p;
	struct packet first = { .tuple = w->s->s.tuple[d], .ifin = w->s->s.ifin[d], .ifout = w->s->s.ifin[dir_other(d)] };
	first.vlan = answer->vlan;
	first.ip_len = SYN_LEN;
	first.tos = w->s->s.tos[d];
	first.tcp = (struct tcp_info){ .seq = y.seq, .win = y.win, .flags = TCP_SYN, .wscale = y.wscale, .sack_ok = y.sack_ok,
				       .has_ts = y.has_ts, .tsval = y.tsval, .md5 = y.md5 };
	session_close(e->sessions, w->s, END_CLOSED);
	w->s = NULL;
	w->p = &first;
	const enum reason r = engine_open(w);
	if (r == REASON_NONE && w->s->ips != NULL)
		(void)insp_packet(e, w->s, DIR_ORIG, &first);
	w->p = answer;
	w->opened = false;
	w->dir = DIR_REPLY;
	return r == REASON_NONE ? engine_tcp(w) : (struct verdict){ .reason = r };
}

struct verdict engine_tcp(struct pass *w)
{
	struct packet room;
	struct verdict v;
	if (w->s->ips != NULL && engine_insp(w->s)->stack != NULL && w->p->payload_wire != 0)
		stack_fetch(engine_insp(w->s)->stack, w->dir);
	if (w->s->ips != NULL && !is_syn(w->p) && insp_blocked(w->e, w->s, w->dir, w->p, &v)) {
		engine_touch(w->e, w->s);
		return v;
	}
	const enum reason r = engine_norm_refuses(w->e, w->s, w->p);
	if (r != REASON_NONE)
		return refuse(w, w->p, r);
	forget_time(w);
	const struct tcp_look l = place_fin(w, judge(w));
	if (l.worth == TCP_REPLACES)
		return replace(w);
	if (l.worth == TCP_REFUSED)
		return refuse(w, w->p, l.why);
	const struct packet *q = as_it_counts(w, &l, &room);
	switch (l.worth) {
	case TCP_PASSED:
		return pass_by(w, q);
	case TCP_PROBE:
		return probe(w, q);
	default:
		return take(w, q);
	}
}
