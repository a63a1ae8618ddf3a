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
#include "base/wr.h"
#include "forward/csum.h"
#include "forward/tcp.h"
#include "tests/oracle/ends.h"

enum { ETHER_HEAD = 14, ETHER_TYPE_AT = 12, NEXT_FRAGMENT = 44 };
enum { FRAME_MAX = 2048, RCVBUF = 16 << 20, TICK_OLD = 1 << 24, WINDOW = 60000 };
enum { IP4_HEAD = 20, IP4_CSUM_AT = 10, TCP_CSUM_AT = 16, MORE4 = 0x2000, MORE6 = 1, FRAGMENT_HEAD = 8 };

static const uint8_t receiver4[4] = { 10, 91, 3, 2 }, receiver6[16] = { 0xfd, 0x91, 0, 3, [15] = 2 };

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

static void set_csum(uint8_t *at, uint64_t sum, bool wrong)
{
	const uint16_t c = (uint16_t)~csum_fold(sum);
	memcpy(at, &c, sizeof(c));
	at[0] ^= wrong ? 0x55 : 0;
}

static void put_options(struct wr *w, const struct conn *c, const struct step *st)
{
	if ((st->flags & TCP_SYN) != 0)
		wr_be32(w, UINT32_C(0x02040000) | SEGMENT_MAX);
	if (c->s->timestamps && ((st->flags & TCP_SYN) != 0 || c->opened)) {
		wr_be32(w, 0x0101080a);
		wr_be32(w, c->tick - (st->old_ts ? TICK_OLD : 0));
		wr_be32(w, (st->flags & TCP_ACK) != 0 ? c->peer_ts : 0);
	}
	if (st->md5) {
		wr_be32(w, 0x01011312);
		for (unsigned i = 0; i < 4; i++)
			wr_be32(w, 0x5a5a5a5a);
	}
}

static void put_addresses(struct wr *w, const struct conn *c)
{
	static const uint8_t net6[14] = { 0xfd, 0x93 };
	if (c->s->six)
		wr_bytes(w, net6, sizeof(net6));
	else
		wr_be16(w, 10 << 8 | 93);
	wr_be16(w, c->id);
	if (c->s->six)
		wr_bytes(w, receiver6, sizeof(receiver6));
	else
		wr_bytes(w, receiver4, sizeof(receiver4));
}

/* Octets of a datagram that go in one packet. */
struct piece {
	size_t from, len;
	bool more;
};

/* The TCP segment of a step; its octets follow from where they stand in the stream. */
static size_t build(const struct conn *c, const struct step *st, uint8_t *out, size_t cap)
{
	struct wr w = wr_of(out, cap);
	const uint32_t first = c->s->isn + 1, seq = (st->from_ack ? c->acked : first) + (uint32_t)st->off;
	wr_be16(&w, c->port);
	wr_be16(&w, c->s->server ? c->peer_port : c->s->small_buffer ? PORT_SMALL : PORT);
	wr_be32(&w, seq);
	wr_be32(&w, (st->flags & TCP_ACK) != 0 ? c->peer_next + (uint32_t)st->ack_off : 0);
	wr_u8(&w, 0);
	wr_u8(&w, st->flags);
	wr_be16(&w, WINDOW);
	wr_be16(&w, 0);
	wr_be16(&w, st->urgent);
	put_options(&w, c, st);
	out[12] = (uint8_t)(w.len / 4 << 4);
	for (uint32_t i = 0; i < st->len; i++)
		wr_u8(&w, plan_octet(c->s, seq + ((st->flags & TCP_SYN) != 0) - first + i, st->variant));
	uint8_t pseudo[40];
	struct wr pw = wr_of(pseudo, sizeof(pseudo));
	put_addresses(&pw, c);
	wr_be16(&pw, IPPROTO_TCP_);
	wr_be16(&pw, (uint16_t)w.len);
	set_csum(&out[TCP_CSUM_AT], csum_add(csum_add(0, span_of(pseudo, pw.len)), span_of(out, w.len)), st->bad_sum);
	return w.len;
}

static void put_ip4(struct wr *o, const struct wire *w, const struct conn *c, const struct step *st, const struct piece *x)
{
	const size_t at = o->len;
	wr_be16(o, 0x4500);
	wr_be16(o, (uint16_t)(IP4_HEAD + x->len));
	wr_be16(o, (uint16_t)w->ip_id);
	wr_be16(o, (uint16_t)(x->from / 8 | (x->more ? MORE4 : 0)));
	wr_u8(o, st->ttl);
	wr_u8(o, IPPROTO_TCP_);
	wr_be16(o, 0);
	put_addresses(o, c);
	set_csum(&o->p[at + IP4_CSUM_AT], csum_add(0, span_of(&o->p[at], IP4_HEAD)), false);
}

static void put_ip6(struct wr *o, const struct wire *w, const struct conn *c, const struct step *st, const struct piece *x)
{
	const bool whole = x->from == 0 && !x->more;
	wr_be32(o, 0x60000000);
	wr_be16(o, (uint16_t)((whole ? 0 : FRAGMENT_HEAD) + x->len));
	wr_u8(o, whole ? IPPROTO_TCP_ : NEXT_FRAGMENT);
	wr_u8(o, st->ttl);
	put_addresses(o, c);
	if (whole)
		return;
	wr_be16(o, IPPROTO_TCP_ << 8);
	wr_be16(o, (uint16_t)(x->from | (x->more ? MORE6 : 0)));
	wr_be32(o, w->ip_id);
}

static void send_piece(struct wire *w, const struct conn *c, const struct step *st, struct span all, const struct piece *x)
{
	uint8_t frame[FRAME_MAX];
	struct wr o = wr_of(frame, sizeof(frame));
	wr_bytes(&o, w->head, sizeof(w->head));
	wr_be16(&o, c->s->six ? ETH_P_IPV6 : ETH_P_IP);
	(c->s->six ? put_ip6 : put_ip4)(&o, w, c, st, x);
	struct cur rest = cur_span(all);
	cur_skip(&rest, x->from);
	wr_bytes(&o, cur_bytes(&rest, x->len).p, x->len);
	w->sent += wr_ok(&o) && send(w->fd, frame, o.len, 0) == (ssize_t)o.len;
}

void wire_send(struct wire *w, struct conn *c, const struct step *st)
{
	uint8_t tcp[FRAME_MAX];
	c->tick++;
	const struct span all = span_of(tcp, build(c, st, tcp, sizeof(tcp)));
	const size_t wanted = st->fragment != 0 || st->len == 0 ? st->fragment : c->s->fragment;
	const size_t size = wanted != 0 ? wanted : all.len, pieces = (all.len + size - 1) / size;
	w->ip_id++;
	for (size_t i = 0; i < pieces; i++) {
		struct piece x = { .from = (st->fragments_reversed ? pieces - 1 - i : i) * size };
		x.len = size_min(size, all.len - x.from);
		x.more = x.from + x.len < all.len;
		send_piece(w, c, st, all, &x);
	}
}

/* --- in --------------------------------------------------------------------------------------- */

/* Its SYN, to a server; or its answer to ours. */
static void note_opening(struct conn *c, const struct tcp_info *h, uint16_t port)
{
	const bool answers = (h->flags & TCP_ACK) != 0 && h->ack == c->s->isn + 1;
	if ((h->flags & TCP_SYN) != 0 && (answers || (c->s->server && c->peer_port == 0))) {
		c->peer_next = h->seq + 1;
		c->peer_port = port;
		c->peer_ts = h->tsval;
	}
	c->opened |= answers && c->peer_port != 0;
}

static void note(struct conn *c, const struct tcp_info *h, uint16_t port, uint32_t octets)
{
	if ((h->flags & TCP_RST) != 0)
		return;
	if (!c->opened)
		note_opening(c, h, port);
	if (!c->opened)
		return;
	if (h->has_ts)
		c->peer_ts = h->tsval;
	if ((h->flags & TCP_ACK) != 0 && (!c->acked_any || seq_diff(h->ack, c->acked) > 0)) {
		c->acked_any = true;
		c->acked = h->ack;
	}
	if (h->seq == c->peer_next)
		c->peer_next += octets + ((h->flags & TCP_FIN) != 0);
}

unsigned wire_read(struct wire *w, struct conn *c, unsigned n)
{
	uint8_t frame[FRAME_MAX];
	unsigned many = 0;
	for (ssize_t len; (len = recv(w->fd, frame, sizeof(frame), 0)) > 0; many++) {
		if (len <= ETHER_HEAD || (frame[ETHER_TYPE_AT] != ETH_P_IP >> 8 && frame[ETHER_TYPE_AT] != ETH_P_IPV6 >> 8))
			continue;
		struct packet p = { .data = &frame[ETHER_HEAD], .len = (uint32_t)len - ETHER_HEAD };
		p.wire_len = p.len;
		if (packet_decode(&p) != REASON_NONE || p.tuple.proto != IPPROTO_TCP_)
			continue;
		struct conn *x = conn_at(c, n, &p.tuple, true);
		if (x != NULL)
			note(x, &p.tcp, p.tuple.sport, p.payload_wire);
	}
	return many;
}
