/* flowplay_plan.c - connections put in order, the simplest way there is: the whole capture is in memory. */
#include "tests/tools/flowplay_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RANGES_MAX = 16384,
	PORT_ISO_TSAP = 102, /* RFC 1006 */
};

/* Octets that a half has already, as ranges in order that do not touch. */
struct range {
	int64_t lo, hi;
};

struct ranges {
	struct range *r;
	size_t n;
};

/* Octets of a segment that no earlier one had. */
struct piece {
	int64_t off;
	uint64_t nr;
	size_t at;
	uint32_t len;
	bool beyond;
};

struct pieces {
	struct piece *p;
	size_t n, cap;
};

static void *need(void *p)
{
	if (p == NULL)
		fail("out of memory");
	return p;
}

/* --- new octets ----------------------------------------------------------------------------- */
static void piece_add(struct pieces *l, const struct cap_seg *s, int64_t lo, int64_t hi)
{
	if (l->n == l->cap) {
		l->cap = l->cap != 0 ? 2 * l->cap : 64;
		l->p = need(realloc(l->p, l->cap * sizeof(*l->p)));
	}
	l->p[l->n++] = (struct piece){ .off = lo, .nr = s->nr, .at = s->at + (size_t)(lo - s->off), .len = (uint32_t)(hi - lo),
				       .beyond = s->beyond };
}

/* First range that ends at off or later. */
static size_t range_find(const struct ranges *l, int64_t off)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (l->r[mid].hi < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Adds s to the ranges and what was new of it to the pieces. */
static void cover(struct ranges *l, struct pieces *out, const struct cap_seg *s)
{
	const size_t first = range_find(l, s->off);
	struct range whole = { s->off, s->off + s->len };
	int64_t at = whole.lo;
	size_t i = first;
	for (; i < l->n && l->r[i].lo <= s->off + s->len; i++) {
		if (l->r[i].lo > at)
			piece_add(out, s, at, l->r[i].lo);
		at = l->r[i].hi > at ? l->r[i].hi : at;
		whole.lo = l->r[i].lo < whole.lo ? l->r[i].lo : whole.lo;
		whole.hi = l->r[i].hi > whole.hi ? l->r[i].hi : whole.hi;
	}
	if (at < s->off + s->len)
		piece_add(out, s, at, s->off + s->len);
	if (i == first && l->n == RANGES_MAX)
		fail("more than %d gaps at a time in one direction of a connection", RANGES_MAX);
	memmove(&l->r[first + 1], &l->r[i], (l->n - i) * sizeof(*l->r));
	l->n = l->n - (i - first) + 1;
	l->r[first] = whole;
}

static int by_offset(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* By half, those with a right checksum first: one with a wrong sum counts where no other has its octets. */
static int by_half(const void *a, const void *b)
{
	const struct cap_seg *x = a, *y = b;
	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	if (x->half != y->half)
		return (int)x->half - (int)y->half;
	if (x->bad != y->bad)
		return (int)x->bad - (int)y->bad;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* The pieces of n segments of one half, in the stream's order. */
static void pieces_of(struct pieces *out, struct ranges *l, const struct cap_seg *s, size_t n)
{
	l->n = out->n = 0;
	for (size_t i = 0; i < n; i++)
		cover(l, out, &s[i]);
	if (out->n != 0)
		qsort(out->p, out->n, sizeof(*out->p), by_offset);
}

/* --- turns ---------------------------------------------------------------------------------- */
struct maker {
	struct plan *plan;
	struct pieces pieces;
	struct ranges ranges;
	size_t cap_turn;
};

static struct plan_turn *turn_add(struct maker *m, enum plan_kind kind, uint64_t nr, unsigned from)
{
	struct plan *p = m->plan;
	if (p->n_turn == m->cap_turn) {
		m->cap_turn = m->cap_turn != 0 ? 2 * m->cap_turn : 256;
		p->turn = need(realloc(p->turn, m->cap_turn * sizeof(*p->turn)));
	}
	struct plan_turn *t = &p->turn[p->n_turn];
	*t = (struct plan_turn){ .nr = nr, .order = p->n_turn++, .conn = (uint32_t)p->n_conn, .kind = (uint8_t)kind,
				 .from = (uint8_t)from };
	return t;
}

/* Is a FIN or RST to be believed? With a wrong checksum only where every sum of its sender is wrong. */
static bool believed(const struct cap_mark *k, const struct cap_half *h)
{
	return k->there && !(k->bad && h->good);
}

/* What one half sends: its pieces once all before them are there, and its FIN. until: packet of the connection's reset. */
static bool half_turns(struct maker *m, const struct cap_half *h, unsigned from, uint64_t until)
{
	int64_t next = h->syn || m->pieces.n == 0 ? 0 : m->pieces.p[0].off;
	uint64_t due = 0;
	bool whole = h->syn && !h->cut;
	for (size_t i = 0; i < m->pieces.n; i++) {
		const struct piece *k = &m->pieces.p[i];
		if ((k->beyond && k->off > next) || k->nr > until) {
			m->plan->skipped += k->len;
			continue;
		}
		whole &= k->off == next;
		next = k->off + k->len;
		due = k->nr > due ? k->nr : due;
		struct plan_turn *t = turn_add(m, PLAN_DATA, due, from);
		t->at = k->at;
		t->len = k->len;
	}
	if (!believed(&h->fin, h) || h->fin.nr > until || h->fin.off < next)
		return whole;
	turn_add(m, PLAN_FIN, h->fin.nr > due ? h->fin.nr : due, from);
	return whole && h->fin.off == next;
}

/* The half of the connection's client: who sent the SYN; of a connection picked up later the end that is no service's port. */
static unsigned client_half(const struct cap_flow *f)
{
	for (unsigned i = 0; i < 2; i++)
		if (f->half[i].syn)
			return f->half[i].syn_ack ? !i : f->half[!i].syn && !f->half[!i].syn_ack ? f->first_half : i;
	for (unsigned i = 0; i < 2; i++)
		if (f->end[i].port == PORT_ISO_TSAP)
			return !i;
	if (f->end[0].port == f->end[1].port)
		return f->first_half;
	return f->end[0].port < f->end[1].port;
}

/* The reset that ends the connection, if one does; by_half: who sent it. */
static const struct cap_mark *reset_of(const struct cap_flow *f, unsigned *by)
{
	const struct cap_mark *first = NULL;
	for (unsigned i = 0; i < 2; i++)
		if (believed(&f->half[i].rst, &f->half[i]) && (first == NULL || f->half[i].rst.nr < first->nr)) {
			first = &f->half[i].rst;
			*by = i;
		}
	return first;
}

static void flow_turns(struct maker *m, const struct cap_flow *f, const struct cap_seg *const seg[2], const size_t n[2])
{
	struct plan *p = m->plan;
	const unsigned client = client_half(f);
	const bool handshake = f->half[0].syn && f->half[1].syn;
	unsigned reset_by = 0, fins = 0;
	if ((!handshake && n[0] + n[1] == 0) || f->end[0].port == 0 || f->end[1].port == 0) {
		p->not_played++;
		return;
	}
	const struct cap_mark *reset = reset_of(f, &reset_by);
	const size_t start = p->n_turn;
	bool whole = handshake;
	turn_add(m, PLAN_OPEN, f->first_nr, PLAN_CLIENT);
	for (unsigned i = 0; i < 2; i++) {
		pieces_of(&m->pieces, &m->ranges, seg[i], n[i]);
		whole &= half_turns(m, &f->half[i], i ^ client, reset != NULL ? reset->nr : UINT64_MAX);
	}
	for (size_t i = start; i < p->n_turn; i++)
		fins += p->turn[i].kind == PLAN_FIN;
	if (reset != NULL && fins < 2) /* after two FINs no socket is left to send it */
		turn_add(m, PLAN_RST, reset->nr, reset_by ^ client);
	p->conn[p->n_conn++] = (struct plan_conn){ .end = { f->end[client], f->end[!client] }, .family = f->family,
						   .incomplete = !whole };
	p->incomplete += !whole;
}

static int by_due(const void *a, const void *b)
{
	const struct plan_turn *x = a, *y = b;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void count(struct plan *p)
{
	for (size_t i = 0; i < p->n_turn; i++) {
		p->n_data += p->turn[i].kind == PLAN_DATA;
		p->octets[p->turn[i].from] += p->turn[i].len;
	}
}

void plan_read(struct plan *p, const char *path)
{
	struct maker m = { .plan = p };
	memset(p, 0, sizeof(*p));
	cap_read(&p->cap, path);
	p->conn = need(calloc(p->cap.n_flow + 1, sizeof(*p->conn)));
	m.ranges.r = need(malloc((RANGES_MAX + 1) * sizeof(*m.ranges.r)));
	if (p->cap.n_seg != 0)
		qsort(p->cap.seg, p->cap.n_seg, sizeof(*p->cap.seg), by_half);
	for (size_t i = 0, at = 0; i < p->cap.n_flow; i++) {
		const struct cap_seg *seg[2];
		size_t n[2];
		for (unsigned h = 0; h < 2; h++) {
			const size_t start = at;
			while (at < p->cap.n_seg && p->cap.seg[at].flow == i && p->cap.seg[at].half == h)
				at++;
			seg[h] = &p->cap.seg[start];
			n[h] = at - start;
		}
		flow_turns(&m, &p->cap.flow[i], seg, n);
	}
	free(m.pieces.p);
	free(m.ranges.r);
	if (p->n_conn == 0)
		fail("%s: no TCP connection to play in %llu packets", path, (unsigned long long)p->cap.packets);
	qsort(p->turn, p->n_turn, sizeof(*p->turn), by_due);
	count(p);
}

void plan_fini(struct plan *p)
{
	cap_fini(&p->cap);
	free(p->conn);
	free(p->turn);
}

char *plan_text(const struct plan *p, size_t turn, char *buf)
{
	static const char *const kinds[] = { "opening", "data", "FIN", "RST" };
	char a[ADDR_TEXT], b[ADDR_TEXT];
	if (turn >= p->n_turn) {
		snprintf(buf, PLAN_TEXT, "after the last turn");
		return buf;
	}
	const struct plan_turn *t = &p->turn[turn];
	const struct plan_conn *c = &p->conn[t->conn];
	snprintf(buf, PLAN_TEXT, "turn %zu of %zu (%s, %u octets from the %s), connection %u %s port %u > %s port %u, packet %llu",
		 turn + 1, p->n_turn, kinds[t->kind], t->len, t->from == PLAN_CLIENT ? "client" : "server", t->conn + 1,
		 addr_text(&c->end[0].addr, c->family, a), c->end[0].port, addr_text(&c->end[1].addr, c->family, b), c->end[1].port,
		 (unsigned long long)t->nr);
	return buf;
}
