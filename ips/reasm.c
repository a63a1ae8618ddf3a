/* reasm.c - see reasm.h. */
#include "ips/reasm.h"

#include <string.h>

#include "base/cur.h"
#include "base/pool.h"
#include "forward/tcp.h"

enum { SHARES = 4, TURN_BACK = REASM_AHEAD_MAX };

static bool share_left(const struct reasm_ctx *ctx, unsigned share, size_t n)
{
	return bufpool_used(ctx->bufs) + n <= bufpool_cap(ctx->bufs) / SHARES * share;
}

/* --- what was delivered, until it is acknowledged ----------------------------------------------------------- */

static void kept_drop(struct reasm_dir *r, const struct reasm_ctx *ctx, size_t n)
{
	if (n == 0)
		return;
	if (n >= reasm_kept(r)) {
		buf_clear(ctx->bufs, &r->kept);
		r->kept_head = 0;
	} else {
		r->kept_head += (uint32_t)n;
	}
}

/* The others leave so much of their share: one direction may have a part of it. */
static bool kept_allowed(const struct reasm_dir *r, const struct reasm_ctx *ctx, size_t n)
{
	const size_t share = bufpool_cap(ctx->bufs) / SHARES * REASM_KEPT_SHARE, used = bufpool_used(ctx->bufs);
	const size_t left = share > used ? share - used : 0, part = (left + r->kept.cap) / REASM_KEPT_PART;
	return n <= left && (reasm_kept(r) + n <= REASM_KEPT_FREE || reasm_kept(r) + n <= part);
}

/* May n octets more be kept? Those in front are moved away when they are many, not at each acknowledgement. */
static bool kept_room(struct reasm_dir *r, const struct reasm_ctx *ctx, size_t n)
{
	if (r->kept.len + n <= r->kept.cap)
		return true;
	const bool allowed = kept_allowed(r, ctx, n);
	const bool move = r->kept_head >= reasm_kept(r) || r->kept.len + n > BUF_LEN_MAX || !allowed;
	if (r->kept_head != 0 && move) {
		buf_consume(ctx->bufs, &r->kept, r->kept_head);
		r->kept_head = 0;
	}
	return allowed || r->kept.len + n <= r->kept.cap;
}

/* From here on octets are read, or not. What is kept is one piece: those before others that were not are forgotten. */
static void turn(struct reasm_dir *r, const struct reasm_ctx *ctx, bool reads)
{
	const uint32_t n = reads ? reasm_kept(r) : 0;
	r->turn = n != 0 ? r->turn - n : r->next;
	r->reading = reads ? REASM_READ_AGAIN : REASM_UNREAD;
	kept_drop(r, ctx, n);
}

/* Numbers come round again: one so far back means nothing. What is kept was acknowledged long since, or is not asked for. */
static void follow(struct reasm_dir *r, const struct reasm_ctx *ctx)
{
	if (r->reading == REASM_READ || r->next - r->turn <= 2 * TURN_BACK)
		return;
	if (r->reading == REASM_UNREAD) {
		kept_drop(r, ctx, reasm_kept(r));
		r->turn = r->next - TURN_BACK;
	} else {
		r->reading = REASM_READ;
		r->turn = 0;
	}
}

/* Octets that nobody acknowledges, or that there is no room for, cannot be compared later. */
static void keep(struct reasm_dir *r, const struct reasm_ctx *ctx, bool reads, struct span s)
{
	if (reads != (r->reading != REASM_UNREAD))
		turn(r, ctx, reads);
	follow(r, ctx);
	if (!reads)
		return;
	if (reasm_kept(r) + s.len > REASM_KEPT_MAX)
		kept_drop(r, ctx, reasm_kept(r) + s.len - REASM_KEPT_MAX);
	if (!kept_room(r, ctx, s.len) || buf_append(ctx->bufs, &r->kept, s.p, s.len) != OK)
		kept_drop(r, ctx, reasm_kept(r));
}

static void kept_acked(struct reasm_dir *r, const struct reasm_ctx *ctx, uint32_t ack)
{
	const int32_t n = seq_diff(ack, reasm_kept_end(r) - reasm_kept(r));
	if (n > 0)
		kept_drop(r, ctx, (size_t)n);
}

/* Octets in which data, at seq, and those there at from differ; corrected in copy. */
static uint32_t conform_piece(uint32_t from, struct span there, uint32_t seq, struct span data, uint8_t *copy)
{
	const uint32_t lo = seq_diff(seq, from) > 0 ? seq : from;
	const uint32_t end = from + (uint32_t)there.len, data_end = seq + (uint32_t)data.len;
	const int32_t n = seq_diff(seq_diff(end, data_end) < 0 ? end : data_end, lo);
	if (n <= 0)
		return 0;
	struct cur a = cur_span(there), b = cur_span(data);
	cur_skip(&a, lo - from);
	cur_skip(&b, lo - seq);
	const struct span x = cur_bytes(&a, (size_t)n), y = cur_bytes(&b, (size_t)n);
	if (memcmp(x.p, y.p, (size_t)n) == 0)
		return 0;
	uint32_t differ = 0;
	for (int32_t i = 0; i < n; i++)
		differ += x.p[i] != y.p[i];
	if (copy != NULL)
		memcpy(copy + (lo - seq), x.p, (size_t)n);
	return differ;
}

uint32_t reasm_conform(const struct reasm_dir *r, uint32_t seq, struct span data, uint8_t *copy)
{
	uint32_t n = 0;
	if (!r->started || data.len == 0)
		return 0;
	const uint32_t kept_end = reasm_kept_end(r);
	if (reasm_kept(r) != 0 && seq_diff(seq, kept_end) < 0)
		n += conform_piece(kept_end - reasm_kept(r), reasm_kept_span(r), seq, data, copy);
	for (unsigned i = 0; r->held != NULL && i < r->held->n; i++)
		n += conform_piece(r->held->seg[i].seq, buf_span(&r->held->seg[i].data), seq, data, copy);
	return n;
}

/* --- in order ------------------------------------------------------------------------------------------------- */

static void deliver(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, struct span s)
{
	keep(r, ctx, ctx->keep[d], s);
	r->next += (uint32_t)s.len;
	ctx->sink->bytes(ctx->sink->arg, d, s);
}

static void declare_gap(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, uint32_t to)
{
	r->n_gaps++;
	r->next = to;
	kept_drop(r, ctx, reasm_kept(r));
	ctx->sink->gap(ctx->sink->arg, d);
}

static void remove_first(struct reasm_dir *r, const struct reasm_ctx *ctx)
{
	struct reasm_held *h = r->held;
	r->held_bytes -= h->seg[0].data.len;
	buf_clear(ctx->bufs, &h->seg[0].data);
	h->n--;
	memmove(&h->seg[0], &h->seg[1], h->n * sizeof(h->seg[0]));
	if (h->n == 0) {
		pool_put(ctx->held_pool, h);
		r->held = NULL;
	}
}

/* Delivers held segments that have become in order; drops what is behind. */
static void drain(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d)
{
	while (r->held != NULL && seq_diff(r->held->seg[0].seq, r->next) <= 0) {
		const struct reasm_seg *s = &r->held->seg[0];
		const uint32_t behind = (uint32_t)seq_diff(r->next, s->seq);
		if (behind < s->data.len) {
			struct cur c = cur_span(buf_span(&s->data));
			cur_skip(&c, behind);
			deliver(r, ctx, d, cur_rest(&c));
		}
		remove_first(r, ctx);
	}
}

/* --- out of order --------------------------------------------------------------------------------------------- */

/* Index of the first held segment that ends after seq. */
static unsigned find_place(const struct reasm_held *h, uint32_t seq)
{
	unsigned i = 0;
	while (i < h->n && seq_diff(h->seg[i].seq + h->seg[i].data.len, seq) <= 0)
		i++;
	return i;
}

static bool hold_piece(struct reasm_dir *r, const struct reasm_ctx *ctx, unsigned at, uint32_t seq, struct span piece)
{
	struct reasm_held *h = r->held;
	if (h->n == REASM_SEGS_MAX || r->held_bytes + piece.len > REASM_HELD_MAX || !share_left(ctx, REASM_HELD_SHARE, piece.len))
		return false;
	struct buf data = { 0 };
	if (buf_set(ctx->bufs, &data, piece.p, piece.len) != OK)
		return false;
	memmove(&h->seg[at + 1], &h->seg[at], (h->n - at) * sizeof(h->seg[0]));
	h->seg[at] = (struct reasm_seg){ .seq = seq, .data = data };
	h->n++;
	r->held_bytes += (uint32_t)piece.len;
	return true;
}

/* Holds what of data is not held yet: the bytes that came first win. False when a cap was reached. */
static bool hold_new(struct reasm_dir *r, const struct reasm_ctx *ctx, uint32_t seq, struct span data)
{
	struct cur c = cur_span(data);
	unsigned at = find_place(r->held, seq);
	while (cur_left(&c) > 0) {
		const struct reasm_seg *s = at < r->held->n ? &r->held->seg[at] : NULL;
		uint32_t room = (uint32_t)cur_left(&c);
		if (s != NULL && seq_diff(s->seq, seq) < (int32_t)room)
			room = seq_diff(s->seq, seq) > 0 ? (uint32_t)seq_diff(s->seq, seq) : 0;
		if (room > 0) {
			if (!hold_piece(r, ctx, at, seq, span_of(c.p, room)))
				return false;
			at++;
			cur_skip(&c, room);
			seq += room;
			continue;
		}
		const uint32_t over = (uint32_t)seq_diff(s->seq + s->data.len, seq);
		cur_skip(&c, size_min(over, cur_left(&c)));
		seq += over;
		at++;
	}
	return true;
}

static bool hold(struct reasm_dir *r, const struct reasm_ctx *ctx, uint32_t seq, struct span data)
{
	if (r->held == NULL)
		r->held = pool_get(ctx->held_pool);
	if (r->held == NULL)
		return false;
	const bool whole = hold_new(r, ctx, seq, data);
	if (r->held->n == 0) {
		pool_put(ctx->held_pool, r->held);
		r->held = NULL;
	}
	return whole;
}

/* Gives up on the hole before the first held segment. */
static void skip_hole(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d)
{
	if (r->held != NULL && r->held->n > 0) {
		declare_gap(r, ctx, d, r->held->seg[0].seq);
		drain(r, ctx, d);
	}
}

/* Direction d's bytes up to ack are with the receiver: what of them never came by is a gap. */
static void acknowledged(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, uint32_t ack)
{
	if (!r->started || seq_diff(ack, r->next) <= 0 || seq_diff(ack, r->next) > REASM_AHEAD_MAX)
		return;
	if (r->fin && ack == r->fin_seq + 1)
		ack = r->fin_seq;        /* the FIN's own number is no byte */
	while (seq_diff(ack, r->next) > 0) {
		if (r->held != NULL && seq_diff(r->held->seg[0].seq, ack) <= 0)
			skip_hole(r, ctx, d);
		else
			declare_gap(r, ctx, d, ack);
	}
}

/* Octets that begin at next: those before the first held segment are delivered, the held ones came first. */
static void deliver_new(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, struct cur *c)
{
	while (cur_left(c) > 0) {
		size_t n = cur_left(c);
		if (r->held != NULL)
			n = size_min(n, (size_t)seq_diff(r->held->seg[0].seq, r->next));
		deliver(r, ctx, d, cur_bytes(c, n));
		const uint32_t end = r->next;
		drain(r, ctx, d);
		cur_skip(c, size_min((size_t)seq_diff(r->next, end), cur_left(c)));
	}
	drain(r, ctx, d);
}

/* Octets that begin after next are held. Without room for them, holes are given up until there is, or until it is their turn. */
static void hold_ahead(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, uint32_t seq, struct cur *c)
{
	r->n_ooo++;
	if (hold(r, ctx, seq, cur_rest(c)))
		return;
	ctx->sink->held_cap(ctx->sink->arg, d);
	do {
		if (r->held != NULL && seq_diff(r->held->seg[0].seq, seq) < 0)
			skip_hole(r, ctx, d);
		else
			declare_gap(r, ctx, d, seq);
		const int32_t behind = seq_diff(r->next, seq);
		if (behind >= 0) {
			cur_skip(c, size_min((size_t)behind, cur_left(c)));
			deliver_new(r, ctx, d, c);
			return;
		}
	} while (!hold(r, ctx, seq, cur_rest(c)));
}

static void payload(struct reasm_dir *r, const struct reasm_ctx *ctx, enum dir d, uint32_t seq, struct span data)
{
	const uint32_t differ = reasm_conform(r, seq, data, NULL);
	r->seen += data.len;
	r->differed += differ;
	if (differ != 0)
		ctx->sink->differs(ctx->sink->arg, d);
	struct cur c = cur_span(data);
	const int32_t behind = seq_diff(r->next, seq);
	if (behind > 0) {                /* retransmission, or the first part of one */
		cur_skip(&c, size_min((size_t)behind, data.len));
		seq += (uint32_t)behind;
	}
	if (cur_left(&c) == 0 || seq - r->next > REASM_AHEAD_MAX) /* not seq_diff: half way round is neither ahead nor behind */
		return;
	if (seq == r->next)
		deliver_new(r, ctx, d, &c);
	else
		hold_ahead(r, ctx, d, seq, &c);
}

/* A SYN may come with several sequence numbers: the answer to it says which one counts. */
static void answered(struct reasm_dir *r, uint32_t ack)
{
	if (r->seen == 0) {
		r->started = true;
		r->next = ack;
	}
}

void reasm_start(struct reasm_dir *r, uint32_t seq)
{
	if (r->started)
		return;
	r->started = true;
	r->next = seq;
}

/* Neither FIN nor RST ends a stream here: whether the receiver believed them only it knows. What comes after is inspected. */
void reasm_segment(struct reasm_state *rs, const struct reasm_ctx *ctx, enum dir d, const struct packet *p)
{
	struct reasm_dir *r = &rs->dir[d];
	const struct tcp_info *h = &p->tcp;
	uint32_t seq = h->seq;
	if ((h->flags & TCP_RST) != 0)
		return;
	if ((h->flags & TCP_SYN) != 0) {
		seq++;
		if ((h->flags & TCP_ACK) != 0 && !r->started && !ctx->anchored)
			answered(&rs->dir[dir_other(d)], h->ack);
	}
	if ((h->flags & TCP_ACK) != 0) {
		acknowledged(&rs->dir[dir_other(d)], ctx, dir_other(d), h->ack);
		kept_acked(&rs->dir[dir_other(d)], ctx, h->ack);
	}
	if (!ctx->anchored)
		reasm_start(r, seq);
	if (!r->started)
		return;
	if ((h->flags & TCP_FIN) != 0) {
		r->fin = true;
		r->fin_seq = seq + p->payload_wire;
	}
	if (p->payload.len > 0)
		payload(r, ctx, d, seq, p->payload);
}

/* Around each held segment that it overlaps it may add a piece; each piece takes up to twice its octets of the pool. */
static bool held_room(const struct reasm_dir *r, const struct reasm_ctx *ctx, uint32_t seq, uint32_t len)
{
	unsigned pieces = 1;
	const unsigned n = r->held != NULL ? r->held->n : 0;
	if (r->held == NULL && ctx->held_pool->n_used == ctx->held_pool->cap)
		return false;
	for (unsigned i = n != 0 ? find_place(r->held, seq) : 0; i < n && seq_diff(r->held->seg[i].seq, seq + len) < 0; i++)
		pieces++;
	return n + pieces <= REASM_SEGS_MAX && r->held_bytes + len <= REASM_HELD_MAX &&
	       share_left(ctx, REASM_HELD_SHARE, 2 * (size_t)len + pieces * BUF_CLASS_MIN);
}

enum reasm_room reasm_room(struct reasm_state *rs, const struct reasm_ctx *ctx, enum dir d, const struct packet *p)
{
	struct reasm_dir *r = &rs->dir[d];
	const uint32_t seq = p->tcp.seq + ((p->tcp.flags & TCP_SYN) != 0), end = seq + (uint32_t)p->payload.len;
	const int32_t new = seq_diff(end, r->next);
	if (!r->started || seq == end || (p->tcp.flags & TCP_RST) != 0 || new <= 0)
		return REASM_ROOM;
	if (new > REASM_AHEAD_MAX)       /* it would not be read */
		return ctx->anchored ? REASM_ROOM_WAIT : REASM_ROOM;
	if (seq_diff(seq, r->next) > 0)
		return held_room(r, ctx, seq, (uint32_t)p->payload.len) ? REASM_ROOM : REASM_ROOM_WAIT;
	const uint32_t n = (uint32_t)new + r->held_bytes;
	if (!ctx->keep[d])
		return REASM_ROOM;
	if (reasm_kept(r) + n > REASM_KEPT_MAX)
		return REASM_ROOM_WAIT;
	return kept_room(r, ctx, n) ? REASM_ROOM : REASM_ROOM_NO_MEMORY;
}

bool reasm_forgotten(const struct reasm_dir *r, uint32_t ack, uint32_t seq, uint32_t end)
{
	const uint32_t from = r->next - reasm_kept(r);
	if (!r->started || r->reading == REASM_UNREAD)
		return false;
	const uint32_t since = r->reading == REASM_READ_AGAIN && seq_diff(r->turn, ack) > 0 ? r->turn : ack;
	return seq_diff(from, since) > 0 && seq_diff(seq, from) < 0 && seq_diff(end, since) > 0;
}

void reasm_flush(struct reasm_state *rs, const struct reasm_ctx *ctx)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		while (rs->dir[d].held != NULL)
			skip_hole(&rs->dir[d], ctx, d);
}

void reasm_fini(struct reasm_state *rs, const struct reasm_ctx *ctx)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		while (rs->dir[d].held != NULL)
			remove_first(&rs->dir[d], ctx);
		kept_drop(&rs->dir[d], ctx, reasm_kept(&rs->dir[d]));
	}
}

bool reasm_check(const struct reasm_dir *r)
{
	uint32_t bytes = 0, end = r->next + 1;
	if (r->held == NULL)
		return r->held_bytes == 0;
	if (!r->started || r->held->n == 0 || r->held->n > REASM_SEGS_MAX)
		return false;
	for (unsigned i = 0; i < r->held->n; i++) {
		const struct reasm_seg *s = &r->held->seg[i];
		if (s->data.len == 0 || s->data.len > REASM_HELD_MAX || seq_diff(s->seq, end) < 0)
			return false;
		end = s->seq + s->data.len;
		bytes += s->data.len;
	}
	return bytes == r->held_bytes && bytes <= REASM_HELD_MAX && seq_diff(end, r->next) > 0;
}
