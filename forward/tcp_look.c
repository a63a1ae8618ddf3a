/* tcp_look.c - what a segment is worth to its receiver, before anything believes it.
 *
 * The receiver is known by what it has sent: it stands at or behind its last acknowledgement, and takes nothing beyond the
 * right edge of the windows it has offered. Where its rules leave it a choice (RFC 9293 3.10.7.4 as amended by RFC 5961 and
 * RFC 7323) and the segment carries octets, the segment is refused: its sender repeats what was meant honestly.
 */
#include "forward/tcp.h"

enum { FAR = 1 << 24 }; /* a capture that loses packets may be so far behind */

/* One segment being judged. */
struct seg {
	const struct tcp_state *t;
	const struct tcp_end *e, *peer;  /* its sender, its receiver */
	const struct tcp_info *h;
	enum dir d;
	enum tcps state;                 /* of the connection, a doubtful RST aside */
	uint32_t len, end;               /* octets; behind the last of them */
	bool fin, strict, one_way, bypass;
};

static struct tcp_look taken(const struct seg *g)
{
	return (struct tcp_look){ .worth = TCP_TAKEN, .octets = g->len, .fin = g->fin };
}

static struct tcp_look passed(const struct seg *g)
{
	return (struct tcp_look){ .worth = TCP_PASSED, .octets = g->len, .fin = g->fin };
}

/* Taken or passed without its octets. */
static struct tcp_look bare(enum tcp_worth worth)
{
	return (struct tcp_look){ .worth = worth };
}

static struct tcp_look refused(enum reason why)
{
	return (struct tcp_look){ .worth = TCP_REFUSED, .why = why };
}

static bool within(uint32_t n, uint32_t from, uint32_t to)
{
	return seq_diff(n, from) >= 0 && seq_diff(n, to) <= 0;
}

static bool near(uint32_t a, uint32_t b)
{
	return within(a, b - FAR, b + FAR);
}

/* Octets of a SYN count with a Fast Open cookie only: other receivers leave them to be sent again. Where they cannot be taken away
 * they are read. */
static struct tcp_look syn_itself(const struct seg *g)
{
	return !g->strict || (g->h->cookie && g->t->fast_open && g->d == DIR_ORIG) ? taken(g) : bare(TCP_TAKEN);
}

static struct tcp_look look_syn(const struct seg *g)
{
	const bool opening = g->state == TCPS_SYN_SENT || g->state == TCPS_LISTEN || g->state == TCPS_SYN_RECV;
	if (opening && g->e->seen && g->h->seq == g->e->isn)
		return syn_itself(g);
	if (g->state == TCPS_SYN_SENT && g->d == DIR_REPLY) /* both ends open at once */
		return bare(TCP_TAKEN);
	return bare(TCP_PASSED);
}

/* Does the segment acknowledge its receiver's SYN, and no more than was sent? Of a SYN's octets all may have arrived where they
 * could not be taken away. */
static bool acks_syn(const struct seg *g)
{
	return within(g->h->ack, g->peer->isn + 1, g->strict ? g->peer->next : g->peer->isn + 1 + UINT16_MAX);
}

static struct tcp_look second_synack(const struct seg *g)
{
	const bool known = g->h->seq == g->e->isn || !g->e->has_other || g->h->seq == g->e->isn_other;
	if (!g->strict && g->h->seq != g->e->isn)
		return bare(TCP_PASSED);
	return known && acks_syn(g) && !(g->e->anchored && g->h->seq != g->e->isn) ? bare(TCP_TAKEN) : refused(REASON_TCP_SYN);
}

/* One that acknowledges something else is no answer: its receiver says so itself, by RST (RFC 9293 3.10.7.3). */
static struct tcp_look look_synack(const struct seg *g)
{
	const struct tcp_syn *syn = &g->t->syn;
	if (syn->valid && syn->dir != g->d && g->h->ack == syn->seq + 1)
		return bare(TCP_REPLACES);
	switch ((int)g->state) {
	case TCPS_SYN_SENT:
		if (g->d == DIR_ORIG)
			return g->strict ? refused(REASON_TCP_SYN) : taken(g);
		if (!acks_syn(g))
			return bare(TCP_PASSED);
		return g->t->fast_open ? taken(g) : bare(TCP_TAKEN);
	case TCPS_LISTEN:
		return bare(acks_syn(g) ? TCP_TAKEN : TCP_PASSED);
	case TCPS_SYN_RECV:
		if (g->e->state == TCPS_SYN_RECV)
			return second_synack(g);
		return acks_syn(g) ? bare(TCP_TAKEN) : bare(TCP_PASSED);
	default:
		return g->h->seq == g->e->isn || !g->strict ? bare(TCP_PASSED) : refused(REASON_TCP_SYN);
	}
}

/* Nothing is there yet that a window could be told from. */
static struct tcp_look opening_rst(const struct seg *g)
{
	const bool has_ack = (g->h->flags & TCP_ACK) != 0;
	const bool exact = g->h->seq == g->e->next && g->e->seen;
	if (!g->strict || exact || (g->d == DIR_REPLY && has_ack && acks_syn(g)))
		return bare(TCP_TAKEN);
	return g->d == DIR_ORIG && g->state == TCPS_SYN_SENT ? bare(TCP_PASSED) : refused(REASON_TCP_RST);
}

/* RFC 5961 3.2: at the number that is due next it ends the connection, elsewhere in the window it draws a challenge. */
static struct tcp_look look_rst(const struct seg *g)
{
	if (g->state == TCPS_SYN_SENT || g->state == TCPS_LISTEN)
		return opening_rst(g);
	if (!g->peer->seen)
		return bare(g->strict ? TCP_PASSED : TCP_TAKEN);
	if (!g->strict)
		return near(g->h->seq, g->peer->ack) ? bare(TCP_TAKEN) : refused(REASON_TCP_RST);
	if (g->h->seq == g->peer->ack || g->h->seq == g->e->next)
		return bare(TCP_TAKEN);
	if (g->e->fin && g->h->seq == g->e->fin_seq - 1) /* the FIN's own number, acknowledged: some stacks reset there */
		return bare(TCP_PASSED);
	return within(g->h->seq, g->peer->ack, g->peer->edge) ? bare(TCP_PASSED) : refused(REASON_TCP_RST);
}

/* RFC 7323 5.3 */
static bool of_the_past(const struct seg *g)
{
	const bool agreed = g->e->ts_ok && (g->peer->ts_ok || g->t->midstream);
	return agreed && g->h->has_ts && seq_diff(g->h->tsval, g->e->ts) < 0;
}

/* Where the receiver's window ends. One octet into a closed one is a probe: taken or not, it is the one that was read. */
static uint32_t window_end(const struct seg *g)
{
	return g->peer->edge + (g->peer->edge == g->peer->ack);
}

/* What of the octets lies in the window; some receivers take the rest as well, some do not. */
static struct tcp_look cut_to_window(const struct seg *g, struct tcp_look l)
{
	const int32_t room = seq_diff(window_end(g), g->h->seq);
	if (l.worth == TCP_TAKEN && (int32_t)l.octets > room) {
		l.octets = (uint32_t)room;
		l.fin = false;
	}
	return l;
}

/* RFC 5961 5.2. What nothing is known of yet is not far from where its receiver stands. */
static bool ack_possible(const struct seg *g)
{
	if (seq_diff(g->h->ack, g->peer->next) > 0)
		return (g->t->midstream || g->bypass) && near(g->h->ack, g->peer->next); /* went before us, or by us */
	return !g->e->seen ? near(g->h->ack, g->peer->next) : seq_diff(g->h->ack, g->e->ack) >= -(int64_t)g->e->win_max;
}

/* The first FIN says where the stream ends. */
static struct tcp_look look_fin(const struct seg *g)
{
	const uint32_t last = g->e->fin_seq - 1; /* the FIN's own number */
	if (!g->e->fin)
		return taken(g);
	if (seq_diff(g->end, last) <= 0 || (g->len == 0 && !g->fin)) {
		struct tcp_look l = taken(g);
		l.fin = g->fin && g->end == last;
		return g->fin && !l.fin && g->len == 0 ? refused(REASON_TCP_FIN) : l;
	}
	if (g->len == 0 || seq_diff(g->h->seq, last) > 0)
		return refused(REASON_TCP_FIN);
	return (struct tcp_look){ .worth = TCP_TAKEN, .octets = (uint32_t)seq_diff(last, g->h->seq), .fin = true };
}

/* RFC 9293 3.10.7.4, in the order in which a receiver looks. */
static struct tcp_look look_synchronised(const struct seg *g)
{
	const bool carries = g->len != 0 || g->fin;
	if (!g->e->anchored || !g->peer->seen)
		return g->strict && !g->one_way && carries ? bare(TCP_PROBE) : taken(g);
	/* Where a connection is picked up an end may say that it has more than it has: octets below that were read by nobody. */
	if (seq_diff(g->end + g->fin, g->peer->ack) < 0 && near(g->end, g->peer->ack))
		return g->strict && g->t->midstream ? bare(TCP_PASSED) : passed(g);
	if (of_the_past(g)) /* with nothing new in it, a copy that is late */
		return carries && seq_diff(g->end + g->fin, g->peer->ack) > 0 ? refused(REASON_TCP_TIMESTAMP) : passed(g);
	if (!g->strict)
		return taken(g);
	if (seq_diff(g->h->seq + (g->len != 0), window_end(g)) > 0)
		return g->bypass ? bare(TCP_PROBE) : refused(REASON_TCP_WINDOW);
	if (seq_diff(g->end + g->fin, g->peer->ack) < 0)
		return refused(REASON_TCP_WINDOW);
	if (!ack_possible(g))
		return refused(REASON_TCP_ACK);
	return cut_to_window(g, look_fin(g));
}

/* A Fast Open server's octets: its client is where its SYN-ACK says. */
static struct tcp_look look_early(const struct seg *g)
{
	struct seg early = *g;
	struct tcp_end e = *g->e;
	e.anchored = true;
	early.e = &e;
	return look_synchronised(&early);
}

/* Neither SYN nor RST, before the handshake is over. */
static struct tcp_look look_opening(const struct seg *g)
{
	const bool carries = g->len != 0 || g->fin;
	const bool answers = g->peer->state == TCPS_SYN_RECV;
	const bool to_other = g->peer->has_other && g->h->ack == g->peer->isn_other + 1;
	if (!g->strict || (g->one_way && g->d == DIR_ORIG && !g->peer->seen))
		return taken(g);
	if (g->state == TCPS_SYN_RECV && answers) {
		if (to_other)
			return taken(g);
		return acks_syn(g) ? look_synchronised(g) : refused(REASON_TCP_ACK);
	}
	if (g->state == TCPS_SYN_RECV && g->t->fast_open && g->d == DIR_REPLY && !g->e->has_other)
		return look_early(g);
	if (g->state == TCPS_SYN_RECV && g->bypass && g->d == DIR_REPLY && carries)
		return bare(TCP_PROBE);
	/* An old connection's answer to the SYN (RFC 9293 3.5.1). */
	return g->d == DIR_REPLY && !carries ? passed(g) : refused(REASON_TCP_STATE);
}

/* A RST may have been refused: until its receiver ends as well, the connection is judged as it was. */
static enum tcps judged_as(const struct tcp_state *t)
{
	return (enum tcps)(t->state == TCPS_CLOSE ? t->before_rst : t->state);
}

struct tcp_look tcp_look(const struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t len, unsigned how)
{
	const struct seg g = { .t = t,
			       .e = &t->end[d],
			       .peer = &t->end[dir_other(d)],
			       .h = h,
			       .d = d,
			       .state = judged_as(t),
			       .len = len,
			       .end = h->seq + len,
			       .fin = (h->flags & TCP_FIN) != 0,
			       .strict = (how & TCP_STRICT) != 0,
			       .one_way = (how & TCP_ONE_WAY) != 0,
			       .bypass = (how & TCP_BYPASS) != 0 };
	switch (h->flags & (TCP_SYN | TCP_RST | TCP_ACK)) {
	case TCP_SYN:
		return look_syn(&g);
	case TCP_SYN | TCP_ACK:
		return look_synack(&g);
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return look_rst(&g);
	default:
		break;
	}
	switch ((int)g.state) {
	case TCPS_SYN_SENT:
	case TCPS_LISTEN:
	case TCPS_SYN_RECV:
		return look_opening(&g);
	default:
		return look_synchronised(&g);
	}
}

void tcp_note_syn(struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	if (t->end[d].seen && h->seq == t->end[d].isn)
		return;
	t->syn = (struct tcp_syn){ .valid = true, .dir = (uint8_t)d, .seq = h->seq, .win = h->win, .wscale = h->wscale,
				   .sack_ok = h->sack_ok, .has_ts = h->has_ts, .md5 = h->md5, .tsval = h->tsval };
}
