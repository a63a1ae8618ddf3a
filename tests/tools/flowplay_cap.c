/* flowplay_cap.c - a capture's packets to TCP flows and data segments. Reassembly is none of it (flowplay_plan.c). */
#include "tests/tools/flowplay_cap.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/hash.h"
#include "nfq/pktio.h"

enum {
	FLOWS_MAX = 65536,
	SEGMENTS_MAX = 1 << 24,
	OCTETS_MAX = 1 << 30,
};

struct flow_key {
	struct cap_end end[2];
	uint8_t family;
};

/* Room for one more of n, in powers of two. */
static void *one_more(void *p, size_t n, size_t size, size_t max, const char *what)
{
	if (n >= max)
		fail("more than %zu %s in the capture", max, what);
	if (n != 0 && (n & (n - 1)) != 0)
		return p;
	void *q = realloc(p, (n == 0 ? 1 : 2 * n) * size);
	if (q == NULL)
		fail("out of memory");
	return q;
}

/* --- flows ---------------------------------------------------------------------------------- */
static int compare_ends(const struct cap_end *a, const struct cap_end *b)
{
	const int c = memcmp(&a->addr, &b->addr, sizeof(a->addr));
	return c != 0 ? c : (int)a->port - (int)b->port;
}

/* The key of a packet's flow, and which of its ends sent it. */
static struct flow_key key_of(const struct packet *p, unsigned *from)
{
	struct flow_key k;
	memset(&k, 0, sizeof(k)); /* hashed as octets */
	const struct cap_end src = { p->tuple.src, p->tuple.sport }, dst = { p->tuple.dst, p->tuple.dport };
	*from = compare_ends(&src, &dst) > 0;
	k.end[*from].addr = src.addr;
	k.end[*from].port = src.port;
	k.end[!*from].addr = dst.addr;
	k.end[!*from].port = dst.port;
	k.family = p->tuple.family;
	return k;
}

static uint32_t *bucket_of(struct cap *c, const struct flow_key *k)
{
	const struct hash_key key = hash_key_of_seed(1);
	return &c->bucket[hash_bytes(&key, k, sizeof(*k)) % CAP_BUCKETS];
}

/* The newest flow between these ends. */
static struct cap_flow *flow_find(struct cap *c, const struct flow_key *k)
{
	for (uint32_t i = *bucket_of(c, k); i != CAP_NONE; i = c->flow[i].older) {
		struct cap_flow *f = &c->flow[i];
		if (f->family == k->family && compare_ends(&f->end[0], &k->end[0]) == 0 &&
		    compare_ends(&f->end[1], &k->end[1]) == 0)
			return f;
	}
	return NULL;
}

static struct cap_flow *flow_new(struct cap *c, const struct flow_key *k, uint64_t nr, unsigned from)
{
	uint32_t *bucket = bucket_of(c, k);
	c->flow = one_more(c->flow, c->n_flow, sizeof(*c->flow), FLOWS_MAX, "TCP connections");
	struct cap_flow *f = &c->flow[c->n_flow];
	*f = (struct cap_flow){ .end = { k->end[0], k->end[1] }, .first_nr = nr, .older = *bucket, .family = k->family,
				.first_half = (uint8_t)from };
	*bucket = (uint32_t)c->n_flow++;
	return f;
}

static bool flow_over(const struct cap_flow *f)
{
	return f->half[0].rst.there || f->half[1].rst.there || (f->half[0].fin.there && f->half[1].fin.there);
}

static bool flow_begun(const struct cap_flow *f)
{
	return (f->half[0].syn && f->half[1].syn) || f->half[0].high > 0 || f->half[1].high > 0;
}

/* --- handshakes ----------------------------------------------------------------------------- */
static void set_base(struct cap_half *h, uint32_t base)
{
	h->base = base;
	h->based = true;
}

static void take_syn(struct cap_half *h, const struct tcp_info *t)
{
	h->syn = true;
	h->syn_ack = (t->flags & TCP_ACK) != 0;
	h->isn = t->seq;
	h->wscale = t->wscale;
	set_base(h, t->seq + 1);
}

/* The flow that a packet of these ends belongs to: f, or a new one that it shows to have begun. A SYN on an open connection
 * begins another only when it is answered or followed by data, since the host may have refused it. */
static struct cap_flow *flow_choose(struct cap *c, struct cap_flow *f, const struct flow_key *k, const struct packet *p,
				    unsigned from)
{
	const struct tcp_info *t = &p->tcp;
	const bool syn = (t->flags & TCP_SYN) != 0, ack = (t->flags & TCP_ACK) != 0;
	if (f == NULL)
		return flow_new(c, k, p->nr, from);
	struct cap_half *h = &f->half[from], *other = &f->half[!from];
	if (syn && h->syn && h->isn == t->seq)
		return f;
	if (syn && !ack && (flow_over(f) || (h->syn && !flow_begun(f))))
		return flow_new(c, k, p->nr, from);
	if (syn && !ack && !flow_begun(f))
		return f;
	if (syn && !ack) {
		h->has_candidate = true;
		h->candidate = t->seq;
		return f;
	}
	const bool answered = syn && other->has_candidate && t->ack == other->candidate + 1;
	const bool followed = !syn && p->payload.len > 0 && h->has_candidate && t->seq == h->candidate + 1;
	if (!answered && !followed)
		return f;
	const unsigned opener = answered ? !from : from;
	const uint32_t isn = f->half[opener].candidate;
	f = flow_new(c, k, p->nr, opener);
	take_syn(&f->half[opener], &(struct tcp_info){ .seq = isn, .flags = TCP_SYN });
	return f;
}

static void handshake(struct cap_flow *f, const struct packet *p, unsigned from)
{
	struct cap_half *h = &f->half[from], *other = &f->half[!from];
	const struct tcp_info *t = &p->tcp;
	if ((t->flags & TCP_SYN) != 0 && !h->syn && h->high == 0) {
		take_syn(h, t);
		h->rst.there = other->rst.there = false; /* it was not for this attempt */
	}
	if ((t->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && !other->based)
		set_base(other, t->ack);
	if (!h->based && (t->flags & TCP_RST) == 0) /* a reset's number may be anything */
		set_base(h, t->seq);
}

/* --- segments ------------------------------------------------------------------------------- */
/* Offset of a sequence number: the one nearest to the latest. */
static int64_t offset_of(const struct cap_half *h, uint32_t seq)
{
	return h->last + (int32_t)(seq - h->base - (uint32_t)h->last);
}

static void mark(struct cap_mark *m, int64_t off, const struct packet *p, bool bad)
{
	if (m->there && (m->off == off || (bad && !m->bad)))
		return;
	*m = (struct cap_mark){ .off = off, .nr = p->nr, .there = true, .bad = bad };
}

static void take_data(struct cap *c, struct cap_flow *f, unsigned from, const struct packet *p, bool bad)
{
	struct cap_half *h = &f->half[from];
	const uint32_t seq = p->tcp.seq + ((p->tcp.flags & TCP_SYN) != 0);
	struct cur data = cur_span(p->payload);
	int64_t off = offset_of(h, seq);
	if (h->syn && off < 0) { /* keep-alive probes and the like: before the first octet */
		cur_skip(&data, size_min((size_t)-off, cur_left(&data)));
		off = 0;
	}
	const size_t len = cur_left(&data);
	h->cut |= p->payload_wire > p->payload.len;
	if (len == 0)
		return;
	if (len > OCTETS_MAX - c->octets.len)
		fail("more than %d octets of TCP payload in the capture", OCTETS_MAX);
	c->seg = one_more(c->seg, c->n_seg, sizeof(*c->seg), SEGMENTS_MAX, "TCP segments");
	c->seg[c->n_seg++] = (struct cap_seg){ .off = off, .nr = p->nr, .at = c->octets.len, .flow = (uint32_t)(f - c->flow),
					       .len = (uint32_t)len, .half = (uint8_t)from, .bad = bad,
					       .beyond = h->has_edge && off >= h->edge };
	bytes_put(&c->octets, cur_rest(&data).p, len);
	if ((bad && h->good) || c->seg[c->n_seg - 1].beyond)
		return;
	h->last = off;
	if (off + (int64_t)len > h->high) {
		h->high = off + (int64_t)len;
		h->rst.there = false; /* whoever goes on has not reset the connection */
	}
}

/* How far the other end may send, as its acknowledgements and windows say. */
static void take_window(struct cap_flow *f, unsigned from, const struct tcp_info *t)
{
	struct cap_half *h = &f->half[from], *other = &f->half[!from];
	if ((t->flags & TCP_ACK) == 0 || !h->syn || !other->syn)
		return;
	const unsigned shift = h->wscale != 0 && other->wscale != 0 && (t->flags & TCP_SYN) == 0 ? h->wscale - 1u : 0;
	const int64_t edge = offset_of(other, t->ack) + ((int64_t)t->win << (shift < 14 ? shift : 14));
	if (!other->has_edge || edge > other->edge)
		other->edge = edge;
	other->has_edge = true;
}

/* A sum that the card was to fill in is not wrong: the pseudo header's stands there. */
static bool sum_is_wrong(const struct packet *p)
{
	if (!p->bad_csum)
		return false;
	const struct packet_csum want = packet_csum(span_of(p->data, p->len), true);
	struct cur c = cur_of(p->data, p->len);
	cur_skip(&c, want.at);
	const uint8_t *there = cur_take(&c, want.len);
	return want.len == 0 || there == NULL || memcmp(there, want.octets, want.len) != 0;
}

static void take(struct cap *c, const struct packet *p)
{
	unsigned from;
	const struct flow_key k = key_of(p, &from);
	struct cap_flow *f = flow_choose(c, flow_find(c, &k), &k, p, from);
	struct cap_half *h = &f->half[from];
	const bool bad = sum_is_wrong(p);
	const uint8_t flags = p->tcp.flags;
	h->good |= !bad;
	handshake(f, p, from);
	if ((flags & TCP_SYN) != 0 && h->isn != p->tcp.seq && h->syn)
		return; /* one that was not accepted */
	if ((flags & TCP_RST) == 0)
		take_data(c, f, from, p, bad);
	if ((flags & TCP_FIN) != 0)
		mark(&h->fin, offset_of(h, p->tcp.seq + (uint32_t)p->payload_wire), p, bad);
	if ((flags & TCP_RST) != 0)
		mark(&h->rst, 0, p, bad);
	if (!bad)
		take_window(f, from, &p->tcp);
}

static void take_packet(struct cap *c, struct packet *p)
{
	c->packets++;
	if (p->data == NULL)
		return;
	if (packet_decode(p) != REASON_NONE) {
		c->bad_packets++;
	} else if (p->fragment) {
		c->fragments++;
	} else if (p->tuple.proto == IPPROTO_TCP_) {
		p->nr = c->packets;
		take(c, p);
	}
}

void cap_read(struct cap *c, const char *path)
{
	static struct packet batch[PKTIO_BATCH_MAX];
	char why[PKTIO_WHY_LEN];
	struct pktio *io;
	unsigned n;
	enum err e;
	memset(c, 0, sizeof(*c));
	memset(c->bucket, 0xff, sizeof(c->bucket));
	if (pktio_capture_open(path, &io, why) != OK)
		fail("%s", why);
	while ((e = io->ops->recv(io, batch, PKTIO_BATCH_MAX, &n)) == OK)
		for (unsigned i = 0; i < n; i++)
			take_packet(c, &batch[i]);
	if (e != ERR_EOF)
		fail("%s", io->why);
	io->ops->close(io);
}

void cap_fini(struct cap *c)
{
	free(c->flow);
	free(c->seg);
	bytes_free(&c->octets);
}
