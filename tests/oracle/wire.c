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

enum { IP_HEAD = 20, ETHER_HEAD = 14, FRAME_MAX = 2048, RCVBUF = 16 << 20, TICK_OLD = 1 << 24, WINDOW = 60000 };
enum { IP_CSUM_AT = 10, TCP_CSUM_AT = 16, MORE = 0x2000 };

static const uint8_t receiver_addr[4] = { 10, 91, 3, 2 };

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
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	at.sll_ifindex = (int)if_nametoindex(ifname);
	memset(w, 0, sizeof(*w));
	w->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	strncpy(q.ifr_name, ifname, sizeof(q.ifr_name) - 1);
	if (w->fd < 0 || bind(w->fd, (void *)&at, sizeof(at)) != 0 || ioctl(w->fd, SIOCGIFHWADDR, &q) != 0)
		return false;
	(void)setsockopt(w->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	(void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	memcpy(&w->head[6], q.ifr_hwaddr.sa_data, 6);
	w->head[12] = 8;
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
	if (c->s->timestamps && ((st->flags & (TCP_SYN | TCP_RST)) != 0 || c->opened)) {
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
	wr_be16(w, 10 << 8 | 93);
	wr_be16(w, c->id);
	wr_bytes(w, receiver_addr, sizeof(receiver_addr));
}

/* The TCP segment of a step; its octets follow from where they stand in the stream. */
static size_t build(const struct conn *c, const struct step *st, uint8_t *out, size_t cap)
{
	struct wr w = wr_of(out, cap);
	const uint32_t first = c->s->isn + 1, seq = (st->from_ack ? c->acked : first) + (uint32_t)st->off;
	wr_be16(&w, c->port);
	wr_be16(&w, c->s->small_buffer ? PORT_SMALL : PORT);
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
	uint8_t pseudo[12];
	struct wr pw = wr_of(pseudo, sizeof(pseudo));
	put_addresses(&pw, c);
	wr_be16(&pw, IPPROTO_TCP_);
	wr_be16(&pw, (uint16_t)w.len);
	set_csum(&out[TCP_CSUM_AT], csum_add(csum_add(0, span_of(pseudo, pw.len)), span_of(out, w.len)), st->bad_sum);
	return w.len;
}

static void send_piece(struct wire *w, const struct conn *c, const struct step *st, struct span all, size_t from, size_t size)
{
	uint8_t frame[FRAME_MAX];
	struct wr o = wr_of(frame, sizeof(frame));
	const size_t n = size_min(size, all.len - from);
	wr_bytes(&o, w->head, sizeof(w->head));
	wr_be16(&o, 0x4500);
	wr_be16(&o, (uint16_t)(IP_HEAD + n));
	wr_be16(&o, w->ip_id);
	wr_be16(&o, (uint16_t)(from / 8 | (from + n < all.len ? MORE : 0)));
	wr_u8(&o, st->ttl);
	wr_u8(&o, IPPROTO_TCP_);
	wr_be16(&o, 0);
	put_addresses(&o, c);
	set_csum(&frame[ETHER_HEAD + IP_CSUM_AT], csum_add(0, span_of(&frame[ETHER_HEAD], IP_HEAD)), false);
	struct cur piece = cur_span(all);
	cur_skip(&piece, from);
	wr_bytes(&o, cur_bytes(&piece, n).p, n);
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
	for (size_t i = 0; i < pieces; i++)
		send_piece(w, c, st, all, (st->fragments_reversed ? pieces - 1 - i : i) * size, size);
}

/* --- in --------------------------------------------------------------------------------------- */

static void note(struct conn *c, const struct tcp_info *h, uint32_t octets)
{
	if ((h->flags & TCP_RST) != 0)
		return;
	if ((h->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		if (h->ack != c->s->isn + 1)
			return;
		c->opened = true;
		c->peer_next = h->seq + 1;
	}
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
		if (len <= ETHER_HEAD)
			continue;
		struct packet p = { .data = &frame[ETHER_HEAD], .len = (uint32_t)len - ETHER_HEAD };
		p.wire_len = p.len;
		if (packet_decode(&p) != REASON_NONE || p.tuple.proto != IPPROTO_TCP_)
			continue;
		struct conn *x = conn_of(c, n, (uint16_t)(p.tuple.dst.b[2] << 8 | p.tuple.dst.b[3]));
		if (x != NULL && p.tuple.dport == x->port)
			note(x, &p.tcp, p.payload_wire);
	}
	return many;
}
