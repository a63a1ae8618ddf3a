/* wire.c - the sender: raw frames from addresses that no kernel owns, so that nobody answers in its name. */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cur.h"
#include "forward/tcp.h"
#include "tests/oracle/wire_int.h"

enum { ETHER_HEAD = 14, ETHER_TYPE_AT = 12, FRAME_MAX = 2048, IN_MAX = 70000, RCVBUF = 16 << 20 };
enum { TCP_HEAD = 20, OPTION_END = 0, OPTION_NOP = 1, OPTION_COOKIE = 34 };

static bool parse_mac(const char *text, uint8_t out[6])
{
	for (unsigned i = 0; i < 6; i++) {
		char *end;
		out[i] = (uint8_t)strtoul(text, &end, 16);
		if (*end != (i < 5 ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

bool wire_open(struct wire *w, const char *ifname, const char *gateway_mac)
{
	struct ifreq q = { 0 };
	const int on = 1, room = RCVBUF;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	at.sll_ifindex = (int)if_nametoindex(ifname);
	memset(w, 0, sizeof(*w));
	w->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	strncpy(q.ifr_name, ifname, sizeof(q.ifr_name) - 1);
	if (w->fd < 0 || bind(w->fd, (void *)&at, sizeof(at)) != 0 || ioctl(w->fd, SIOCGIFHWADDR, &q) != 0)
		return false;
	(void)setsockopt(w->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	(void)setsockopt(w->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	(void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	memcpy(&w->head[6], q.ifr_hwaddr.sa_data, 6);
	return parse_mac(gateway_mac, w->head);
}

/* --- out -------------------------------------------------------------------------------------- */

static void send_piece(struct wire *w, const struct conn *c, const struct step *st, struct span all, const struct piece *x)
{
	uint8_t frame[FRAME_MAX];
	struct wr o = wr_of(frame, sizeof(frame));
	wr_bytes(&o, w->head, sizeof(w->head));
	wr_be16(&o, c->s->six ? ETH_P_IPV6 : ETH_P_IP);
	wire_ip(&o, c, st, x, w->ip_id);
	struct cur rest = cur_span(all);
	cur_skip(&rest, x->from);
	wr_bytes(&o, cur_bytes(&rest, x->len).p, x->len);
	w->sent += wr_ok(&o) && send(w->fd, frame, o.len, 0) == (ssize_t)o.len;
}

/* Two octets further on in a circle: others, and the same checksum. */
static void turn(struct span all, size_t from, size_t len, uint8_t out[FRAME_MAX])
{
	memcpy(out, all.p, all.len);
	for (size_t i = 0; i < len; i++)
		out[from + i] = all.p[from + (i + 2) % len];
}

/* What else comes with the pieces of a datagram, before piece k of them. False: the piece itself does not. */
static bool send_odd(struct wire *w, const struct conn *c, const struct step *st, struct span all, const struct piece *x)
{
	uint8_t other[FRAME_MAX];
	struct piece y = *x;
	if (x->from == 0 || !x->more)
		return true;
	switch ((enum pieces)st->pieces) {
	case PIECES_AGAIN:
		send_piece(w, c, st, all, x);
		break;
	case PIECES_MISSING:
		return false;
	case PIECES_OTHER:
		turn(all, x->from, x->len, other);
		send_piece(w, c, st, span_of(other, all.len), x);
		break;
	case PIECES_OVERLAP:
		y.from += 8;
		y.len = size_min(y.len, all.len - y.from) / 8 * 8;
		if (y.len == 0 || y.from + y.len == all.len)
			break;
		turn(all, y.from, y.len, other);
		send_piece(w, c, st, span_of(other, all.len), &y);
		break;
	case PIECES_ENDS:
		y.more = false;
		send_piece(w, c, st, all, &y);
		break;
	case PIECES_WHOLE:
	case PIECES_SAME_ID:
	case PIECES_N:
		break;
	}
	return true;
}

static void send_pieces(struct wire *w, const struct conn *c, const struct step *st, struct span all, size_t size)
{
	const size_t pieces = (all.len + size - 1) / size, odd = 1 + c->tick % (pieces > 2 ? pieces - 2 : 1);
	const uint32_t number = ++w->ip_id;
	if (st->pieces == PIECES_SAME_ID)
		w->ip_id = c->id;
	for (size_t i = 0; i < pieces; i++) {
		const size_t k = st->fragments_reversed ? pieces - 1 - i : i;
		struct piece x = { .from = k * size };
		x.len = size_min(size, all.len - x.from);
		x.more = x.from + x.len < all.len;
		if (k != odd || send_odd(w, c, st, all, &x))
			send_piece(w, c, st, all, &x);
	}
	w->ip_id = number;
}

void wire_send(struct wire *w, struct conn *c, const struct step *st)
{
	uint8_t tcp[FRAME_MAX];
	c->tick++;
	const struct span all = span_of(tcp, wire_segment(c, st, tcp, sizeof(tcp)));
	if (st->ts_at != 0 && TICK_PLANNED + st->ts_at > c->tick)
		c->tick = TICK_PLANNED + st->ts_at;
	c->ack_before = c->peer_next;
	const size_t wanted = st->fragment != 0 || st->len == 0 ? st->fragment : c->s->fragment;
	if (all.len != 0)
		send_pieces(w, c, st, all, wanted != 0 ? wanted : all.len);
}

/* --- in --------------------------------------------------------------------------------------- */

/* Its SYN, to a server; or its answer to ours. */
static void note_opening(struct conn *c, const struct tcp_info *h, uint16_t port)
{
	const bool answers = (h->flags & TCP_ACK) != 0 && h->ack - (c->s->isn + 1) <= (c->s->syn_len != 0 ? c->s->len : 0);
	if ((h->flags & TCP_SYN) != 0 && (answers || (c->s->server && c->peer_port == 0))) {
		c->peer_first = c->peer_next = c->ack_before = h->seq + 1;
		c->peer_port = port;
		c->peer_ts = h->tsval;
	}
	c->opened |= answers && c->peer_port != 0;
}

/* What the application sent, in order; of what comes ahead of that nothing is taken. */
static void note_octets(struct conn *c, uint32_t seq, struct span octets, bool fin)
{
	const int32_t at = seq_diff(seq, c->peer_first);
	if (at < 0 || (uint32_t)at > c->n_back)
		return;
	for (uint32_t i = 0, k = (uint32_t)at; i < octets.len && k < SEEN_MAX; i++, k++) {
		if (k < c->n_back) {
			c->back_changed |= c->back[k] != octets.p[i];
		} else {
			c->back[c->n_back++] = octets.p[i];
		}
	}
	c->fin_came |= fin && (uint32_t)at + octets.len == c->n_back;
	c->peer_next = c->peer_first + c->n_back + c->fin_came;
}

static void note(struct conn *c, const struct packet *p)
{
	const struct tcp_info *h = &p->tcp;
	if ((h->flags & TCP_RST) != 0)
		return;
	if (!c->opened)
		note_opening(c, h, p->tuple.sport);
	if (!c->opened)
		return;
	if (h->has_ts)
		c->peer_ts = h->tsval;
	if ((h->flags & TCP_ACK) != 0 && (!c->acked_any || seq_diff(h->ack, c->acked) > 0)) {
		c->acked_any = true;
		c->acked = h->ack;
	}
	if ((h->flags & TCP_SYN) == 0)
		note_octets(c, h->seq, p->payload, (h->flags & TCP_FIN) != 0);
}

/* RFC 7413 4.1.1. */
static void note_cookie(struct conn *c, const struct packet *p)
{
	struct cur o = cur_span(p->l4);
	cur_skip(&o, TCP_HEAD);
	o = cur_sub(&o, p->l4.len - TCP_HEAD - p->payload.len);
	while (cur_left(&o) > 0) {
		const uint8_t kind = cur_u8(&o);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		const uint8_t len = cur_u8(&o);
		const struct span body = cur_bytes(&o, len >= 2 ? len - 2u : 0);
		if (kind == OPTION_COOKIE && body.len <= COOKIE_MAX) {
			memcpy(c->cookie, body.p, body.len);
			c->cookie_len = (uint8_t)body.len;
		}
	}
}

unsigned wire_read(struct wire *w, struct conn *c, unsigned n)
{
	static uint8_t frame[IN_MAX]; /* segments that the card would cut come whole */
	unsigned many = 0;
	for (ssize_t len; (len = recv(w->fd, frame, sizeof(frame), 0)) > 0; many++) {
		if (len <= ETHER_HEAD || (frame[ETHER_TYPE_AT] != ETH_P_IP >> 8 && frame[ETHER_TYPE_AT] != ETH_P_IPV6 >> 8))
			continue;
		struct packet p = { .data = &frame[ETHER_HEAD], .len = (uint32_t)len - ETHER_HEAD };
		p.wire_len = p.len;
		if (packet_decode(&p) != REASON_NONE || p.tuple.proto != IPPROTO_TCP_)
			continue;
		struct conn *x = conn_with(c, n, &p.tuple, true);
		if (x != NULL && x->lose[1] != 0)
			x->lose[1]--;
		else if (x != NULL && p.tuple.dport == x->port)
			note(x, &p);
		else if (x != NULL && p.tuple.dport == x->port + 1)
			note_cookie(x, &p);
	}
	return many;
}
