/* tcp.c - follows a TCP connection from the middle (RFC 9293 3.3.2): tables, and what each end has shown.
 *
 * What may be believed tcp_look.c has decided before.
 */
#include "forward/tcp.h"

enum { SCALE_MAX = 14 }; /* RFC 7323 2.3 */

const char *tcps_name(unsigned s)
{
	static const char *const names[TCPS_N] = {
#define X(id, name) [id] = name,
		TCPS_LIST(X)
#undef X
	};
	return names[s < TCPS_N ? s : TCPS_NONE];
}

#define sNO TCPS_NONE
#define sES TCPS_ESTABLISHED
#define sSS TCPS_SYN_SENT
#define sSR TCPS_SYN_RECV
#define sFW TCPS_FIN_WAIT
#define sTW TCPS_TIME_WAIT
#define sCL TCPS_CLOSE
#define sCW TCPS_CLOSE_WAIT
#define sLA TCPS_LAST_ACK
#define sLI TCPS_LISTEN

/* The connection's states:
 *   NO  nothing seen
 *   SS  SYN of the originator
 *   LI  SYNs of both, no SYN-ACK yet: simultaneous open, split handshake
 *   SR  a SYN-ACK
 *   ES  the SYN-ACK was answered; or picked up in mid-stream
 *   FW  one end sent FIN
 *   CW  that FIN is acknowledged: half closed
 *   LA  both ends sent FIN
 *   TW  both FINs are acknowledged
 *   CL  reset
 * A cell equal to its column moves nothing. */
static const uint8_t next[DIR_N][TE_N][TCPS_N] = {
	[DIR_ORIG] = {
		/*              sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI */
		/* A SYN in a live connection draws a challenge ACK (RFC 5961 4.2); in TW and CL it may open a
		 * new one, which is the session's decision. */
		[TE_SYN] =    { sSS, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		/* Picked up: its SYN went another way. SS: no SYN to answer. */
		[TE_SYNACK] = { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sSR },
		/* SS, LI cannot be: they end with the peer's SYN-ACK. */
		[TE_OPENED] = { sES, sES, sSS, sES, sFW, sTW, sCL, sCW, sLA, sLI },
		/* SS: only this direction comes by here, or the handshake is a sham: stays half open. */
		[TE_ACK] =    { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		/* SS, LI: nothing to close yet, it counts as an ACK. FW, CW: the other end's FIN was first. */
		[TE_FIN] =    { sFW, sFW, sSS, sFW, sLA, sTW, sCL, sLA, sLA, sLI },
		[TE_HALF] =   { sES, sES, sSS, sSR, sCW, sTW, sCL, sCW, sLA, sLI },
		[TE_LAST] =   { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sTW, sLI },
		[TE_RST] =    { sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL },
	},
	[DIR_REPLY] = {
		/* NO cannot be: a session's first segment is the originator's. */
		/*              sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI */
		[TE_SYN] =    { sNO, sES, sLI, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_SYNACK] = { sNO, sES, sSR, sSR, sFW, sTW, sCL, sCW, sLA, sSR },
		[TE_OPENED] = { sNO, sES, sSS, sES, sFW, sTW, sCL, sCW, sLA, sLI },
		/* SS: an old connection's answer to the SYN (RFC 9293 3.5.1, half-open). SR: its own challenge
		 * ACK: does not open what the originator has not confirmed. */
		[TE_ACK] =    { sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_FIN] =    { sNO, sFW, sSS, sFW, sLA, sTW, sCL, sLA, sLA, sLI },
		[TE_HALF] =   { sNO, sES, sSS, sSR, sCW, sTW, sCL, sCW, sLA, sLI },
		[TE_LAST] =   { sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sTW, sLI },
		[TE_RST] =    { sNO, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL },
	},
};

/* The state of an end (RFC 9293 3.3.2) by what it sends and by what it is sent. */
enum { SENT, RECEIVED, SIDE_N };

static const uint8_t end_next[SIDE_N][TE_N][TCPS_N] = {
	[SENT] = {
		/*              sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI */
		[TE_SYN] =    { sSS, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sSS },
		[TE_SYNACK] = { sSR, sES, sSR, sSR, sFW, sTW, sCL, sCW, sLA, sSR },
		[TE_OPENED] = { sES, sES, sES, sES, sFW, sTW, sCL, sCW, sLA, sES },
		[TE_ACK] =    { sES, sES, sES, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_FIN] =    { sFW, sFW, sFW, sFW, sFW, sTW, sCL, sLA, sLA, sFW },
		[TE_HALF] =   { sES, sES, sCW, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_LAST] =   { sES, sES, sSS, sSR, sTW, sTW, sCL, sCW, sCL, sLI },
		[TE_RST] =    { sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL },
	},
	[RECEIVED] = {
		/*              sNO, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI */
		[TE_SYN] =    { sLI, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_SYNACK] = { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_OPENED] = { sES, sES, sES, sES, sFW, sTW, sCL, sCW, sLA, sES },
		[TE_ACK] =    { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_FIN] =    { sCW, sCW, sSS, sCW, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_HALF] =   { sES, sES, sSS, sSR, sFW, sTW, sCL, sCW, sLA, sLI },
		[TE_LAST] =   { sES, sES, sSS, sSR, sTW, sTW, sCL, sCW, sCL, sLI },
		[TE_RST] =    { sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL },
	},
};

#undef sNO
#undef sES
#undef sSS
#undef sSR
#undef sFW
#undef sTW
#undef sCL
#undef sCW
#undef sLA
#undef sLI

enum tcps tcp_next(enum dir d, enum tcp_event ev, enum tcps state)
{
	return next[d][ev][state];
}

/* PSH, ECE and CWR go with any of these. */
static const bool flags_valid[(TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG) + 1] = {
	[TCP_SYN] = true,
	[TCP_SYN | TCP_URG] = true,
	[TCP_SYN | TCP_ACK] = true,
	[TCP_RST] = true,
	[TCP_RST | TCP_ACK] = true,
	[TCP_FIN | TCP_ACK] = true,
	[TCP_FIN | TCP_ACK | TCP_URG] = true,
	[TCP_ACK] = true,
	[TCP_ACK | TCP_URG] = true,
};

bool tcp_flags_valid(uint8_t flags)
{
	return flags_valid[flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)];
}

/* Has the other end acknowledged end d's FIN? In SYN_SENT it has acknowledged nothing, but for what the
 * present segment, sent by sender, brings. */
static bool fin_acked(const struct tcp_state *t, enum dir d, enum dir sender)
{
	const struct tcp_end *e = &t->end[d], *peer = &t->end[dir_other(d)];
	bool has_acked = peer->seen && (d != sender || peer->state != TCPS_SYN_SENT);
	return e->fin && has_acked && seq_diff(peer->ack, e->fin_seq) >= 0;
}

/* What h, by end d, means. Its ACK is noted already, its FIN not yet. */
static enum tcp_event event_of(const struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	bool peer_answers = t->end[dir_other(d)].state == TCPS_SYN_RECV;
	bool opening = t->state == TCPS_SYN_SENT || t->state == TCPS_LISTEN;
	if ((h->flags & TCP_RST) != 0)
		return TE_RST;
	if ((h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return TE_SYN;
	if ((h->flags & TCP_SYN) != 0)
		return peer_answers ? TE_OPENED : TE_SYNACK;
	if ((h->flags & TCP_FIN) != 0 && !t->end[d].fin && !opening)
		return TE_FIN;
	if (peer_answers)
		return TE_OPENED;
	bool acked[DIR_N] = { fin_acked(t, DIR_ORIG, d), fin_acked(t, DIR_REPLY, d) };
	if (acked[DIR_ORIG] && acked[DIR_REPLY])
		return TE_LAST;
	if ((acked[DIR_ORIG] && !t->end[DIR_REPLY].fin) || (acked[DIR_REPLY] && !t->end[DIR_ORIG].fin))
		return TE_HALF;
	return TE_ACK;
}

/* --- what a segment shows of its sender --------------------------------------------------------------------- */

unsigned tcp_scale(const struct tcp_state *t, enum dir d)
{
	if (t->end[DIR_ORIG].wscale != 0 && t->end[DIR_REPLY].wscale != 0)
		return t->end[d].wscale - 1u;
	return t->midstream ? TCP_SCALE_UNKNOWN : 0;
}

/* RFC 7323 2.2: the window of a SYN is never shifted. */
uint32_t tcp_window(const struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	const unsigned scale = tcp_scale(t, d);
	if ((h->flags & TCP_SYN) != 0)
		return h->win;
	return (uint32_t)h->win << (scale == TCP_SCALE_UNKNOWN ? SCALE_MAX : scale);
}

/* Of several SYNs of an end one has arrived; which one shows in the answer's options, and only what both ends have counts:
 * here it is what any of them had. */
static void note_options(struct tcp_end *e, const struct tcp_info *h, bool first)
{
	if (first || h->wscale > e->wscale)
		e->wscale = h->wscale;
	e->sack_ok = h->sack_ok || (!first && e->sack_ok);
	e->ts_ok = h->has_ts || (!first && e->ts_ok);
	e->md5 = h->md5 || (!first && e->md5);
}

static void note_syn(struct tcp_end *e, const struct tcp_info *h)
{
	const bool again = e->seen && h->seq == e->isn;
	note_options(e, h, !again);
	e->isn = h->seq;
	if (!again || h->has_ts)
		e->ts = h->tsval;
}

/* An answered SYN-ACK with another number: which one h answers counts (a server that lost its memory, SYN cookies). */
static void choose_isn(struct tcp_end *e, const struct tcp_info *h)
{
	if (e->has_other && h->ack == e->isn_other + 1) {
		e->isn = e->isn_other;
		e->next = h->ack;
		if (h->has_ts)
			e->ts = h->tsecr; /* its clock may be another one */
	}
	e->has_other = false;
}

static void note_ack(struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	struct tcp_end *e = &t->end[d], *peer = &t->end[dir_other(d)];
	const bool first = !e->seen || e->state == TCPS_SYN_SENT;
	if (peer->state == TCPS_SYN_RECV)
		choose_isn(peer, h);
	if (first || seq_diff(h->ack, e->ack) > 0)
		e->ack = h->ack;
	if (first)
		e->edge = e->ack;
	/* Before, what was sent may not have arrived; behind next, it went another way, or a capture lost it. */
	if (!peer->anchored || seq_diff(h->ack, peer->next) > 0)
		peer->next = h->ack;
	peer->anchored = true;
}

static void note_window(struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	struct tcp_end *e = &t->end[d];
	const uint32_t win = tcp_window(t, d, h);
	e->win_max = win > e->win_max ? win : e->win_max;
	if ((h->flags & TCP_ACK) != 0 && seq_diff(h->ack + win, e->edge) > 0)
		e->edge = h->ack + win;
}

/* TS.Recent (RFC 7323 4.3): of segments at or before what the receiver acknowledged last. */
static void note_timestamp(struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	struct tcp_end *e = &t->end[d];
	const struct tcp_end *peer = &t->end[dir_other(d)];
	if (!h->has_ts)
		return;
	if (!e->seen && t->midstream) {
		e->ts_ok = true;
		e->ts = h->tsval;
	} else if (seq_diff(h->seq, peer->ack) <= 0 && seq_diff(h->tsval, e->ts) > 0) {
		e->ts = h->tsval;
	}
}

/* A SYN-ACK: what its receiver offered in its own SYN begins there. */
static void note_synack(struct tcp_state *t, enum dir d, const struct tcp_info *h)
{
	struct tcp_end *e = &t->end[d], *peer = &t->end[dir_other(d)];
	if (e->state == TCPS_SYN_RECV && h->seq != e->isn) {
		e->isn_other = h->seq;
		e->has_other = true;
		note_options(e, h, false);
		return;
	}
	if (h->seq != e->isn)
		e->next = h->seq + 1; /* its SYN of another attempt is forgotten */
	note_syn(e, h);
	if (peer->state == TCPS_SYN_SENT) {
		peer->ack = h->seq + 1;
		peer->edge = peer->ack + peer->win_max;
	}
}

/* Notes what h shows of its sender; end: behind its last octet. */
static void note(struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t end)
{
	struct tcp_end *e = &t->end[d];
	const bool syn = (h->flags & TCP_SYN) != 0;
	if ((h->flags & TCP_RST) != 0)
		return; /* its numbers begin nothing */
	if (!e->seen && (syn || !e->anchored))
		e->next = end;
	if (syn && (h->flags & TCP_ACK) != 0)
		note_synack(t, d, h);
	else if (syn)
		note_syn(e, h);
	if ((h->flags & TCP_ACK) != 0)
		note_ack(t, d, h);
	note_window(t, d, h);
	note_timestamp(t, d, h);
	if (!syn && end != h->seq && t->fast_open && e->state == TCPS_SYN_RECV)
		e->anchored = true; /* it does not wait for the answer to its SYN-ACK (RFC 7413 4.2.2) */
	if (end != h->seq && !e->has_other && seq_diff(end, e->next) > 0)
		e->next = end;
	e->seen = true;
}

/* --- the step ----------------------------------------------------------------------------------------------- */

struct tcp_step tcp_step(struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t payload_len)
{
	struct tcp_end *e = &t->end[d], *peer = &t->end[dir_other(d)];
	const uint32_t end = h->seq + payload_len + ((h->flags & TCP_SYN) != 0) + ((h->flags & TCP_FIN) != 0);
	struct tcp_step step = { 0 };
	const enum tcps before = (enum tcps)t->state;

	note(t, d, h, end);
	const enum tcp_event ev = event_of(t, d, h);
	const enum tcps after = tcp_next(d, ev, before);
	if (ev == TE_FIN && (after == TCPS_FIN_WAIT || after == TCPS_LAST_ACK)) {
		e->fin = true;
		e->fin_seq = end;
	}
	if (ev == TE_RST && before != TCPS_CLOSE) {
		t->before_rst = (uint8_t)before;
		t->rst_by = (uint8_t)d;
	}
	e->state = end_next[SENT][ev][e->state];
	peer->state = end_next[RECEIVED][ev][peer->state];
	t->state = (uint8_t)after;
	step.changed = after != before;
	step.closed = step.changed && (after == TCPS_CLOSE || after == TCPS_TIME_WAIT);
	step.reopen = ev == TE_SYN && (before == TCPS_CLOSE || before == TCPS_TIME_WAIT);
	return step;
}

/* The state of end i, told from the connection's. A SYN-ACK acknowledges: that shows whose the one of SYN_RECV was. */
static enum tcps end_of(const struct tcp_state *t, enum dir i)
{
	switch ((int)t->state) {
	case TCPS_SYN_SENT:
		return i == DIR_ORIG ? TCPS_SYN_SENT : TCPS_LISTEN;
	case TCPS_LISTEN:
		return TCPS_SYN_SENT;
	case TCPS_SYN_RECV:
		return (i == DIR_REPLY) == t->end[DIR_ORIG].anchored ? TCPS_SYN_RECV : TCPS_SYN_SENT;
	case TCPS_FIN_WAIT:
	case TCPS_CLOSE_WAIT:
		return t->end[i].fin ? TCPS_FIN_WAIT : TCPS_CLOSE_WAIT;
	case TCPS_LAST_ACK:
		return fin_acked(t, i, i) ? TCPS_FIN_WAIT : TCPS_LAST_ACK;
	default:
		return (enum tcps)t->state;
	}
}

void tcp_revive(struct tcp_state *t, enum dir d)
{
	if (t->state != TCPS_CLOSE || t->before_rst == TCPS_NONE || d == t->rst_by)
		return;
	t->state = t->before_rst;
	t->before_rst = TCPS_NONE;
	for (enum dir i = DIR_ORIG; i < DIR_N; i++)
		t->end[i].state = (uint8_t)end_of(t, i);
}

void tcp_open(struct tcp_state *t, const struct tcp_info *h, uint32_t payload_len)
{
	const bool syn = (h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	*t = (struct tcp_state){ .midstream = !syn, .fast_open = syn && h->cookie && payload_len != 0 };
	(void)tcp_step(t, DIR_ORIG, h, syn && !t->fast_open ? 0 : payload_len); /* no receiver takes those: tcp_look.c */
}
