/* tcp.c - follows a TCP connection from the middle (RFC 9293 3.3.2): tables, and what each end has shown.
 *
 * The tracker never drops. It believes the flags of a segment; which FIN an ACK covers is all it takes
 * from sequence numbers.
 */
#include "forward/tcp.h"

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

/* Notes what h shows of its sender. */
static void end_note(struct tcp_end *e, const struct tcp_info *h)
{
	bool first_ack = !e->seen || e->state == TCPS_SYN_SENT;
	if ((h->flags & TCP_ACK) != 0 && (first_ack || seq_diff(h->ack, e->ack) > 0))
		e->ack = h->ack;
	e->seen = true;
}

struct tcp_step tcp_step(struct tcp_state *t, enum dir d, const struct tcp_info *h, uint32_t payload_len)
{
	struct tcp_end *e = &t->end[d], *peer = &t->end[dir_other(d)];
	uint32_t end = h->seq + payload_len + ((h->flags & TCP_SYN) != 0) + ((h->flags & TCP_FIN) != 0);
	struct tcp_step step = { 0 };
	enum tcps before = (enum tcps)t->state;

	end_note(e, h);
	enum tcp_event ev = event_of(t, d, h);
	enum tcps after = tcp_next(d, ev, before);
	if (ev == TE_FIN && (after == TCPS_FIN_WAIT || after == TCPS_LAST_ACK)) {
		e->fin = true;
		e->fin_seq = end;
	}
	e->state = end_next[SENT][ev][e->state];
	peer->state = end_next[RECEIVED][ev][peer->state];
	t->state = (uint8_t)after;
	step.changed = after != before;
	step.closed = step.changed && (after == TCPS_CLOSE || after == TCPS_TIME_WAIT);
	step.reopen = ev == TE_SYN && (before == TCPS_CLOSE || before == TCPS_TIME_WAIT);
	return step;
}

void tcp_open(struct tcp_state *t, const struct tcp_info *h, uint32_t payload_len)
{
	*t = (struct tcp_state){ .midstream = (h->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN };
	(void)tcp_step(t, DIR_ORIG, h, payload_len);
}
