/* iccp_sim_conn.c - TPKT (RFC 1006) and X.224 DT framing over a socket, with a place for each octet. */
#include "tests/tools/iccp_sim_conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TPKT_HEADER = 4, DT_HEADER = 3, USER_TIMEOUT_MS = 3600 * 1000, LINES_MAX = 20 };

bool conn_init(struct conn *c, int fd, const struct sim_opt *o, struct sim_num *n, uint32_t index)
{
	*c = (struct conn){ .fd = fd, .label = index, .num = n, .opt = o, .dt_max = 125 };
	c->tamper_at = o->tamper_at + (uint64_t)index * o->tamper_step;
	c->in = malloc(CONN_IN_CAP);
	c->tsdu = malloc(PDU_CAP);
	return c->in != NULL && c->tsdu != NULL;
}

void conn_fini(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	free(c->tsdu);
	free(c->out);
	c->fd = -1;
	c->in = c->tsdu = c->out = NULL;
}

void conn_socket_options(int fd)
{
	const int one = 1, patience = USER_TIMEOUT_MS;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

void conn_tpdu_size(struct conn *c, uint8_t code)
{
	c->dt_max = ((size_t)1 << code) - DT_HEADER;
	if (c->opt->fragment != 0)
		c->dt_max = size_min(c->dt_max, c->opt->fragment);
}

/* --- what is wrong -------------------------------------------------------------------------- */
static void mark_bad(struct conn *c)
{
	if (!c->bad)
		c->num->bad++;
	c->bad = true;
}

void conn_wrong(struct conn *c, uint64_t at, const char *what)
{
	mark_bad(c);
	c->mismatches++;
	if (c->num->mismatches++ < LINES_MAX)
		printf("# association %u, octet %llu: %s\n", c->label, (unsigned long long)at, what);
}

void conn_missing(struct conn *c, uint64_t octets)
{
	if (octets == 0)
		return;
	mark_bad(c);
	c->num->octets_missing += octets;
}

/* The stream's offset of an octet of the item. */
static uint64_t stream_offset(const struct conn *c, size_t at)
{
	size_t i = c->n_pieces;
	while (i > 0 && c->piece[i - 1].tsdu > at)
		i--;
	return i > 0 ? c->piece[i - 1].stream + (at - c->piece[i - 1].tsdu) : c->item_at + at;
}

bool conn_verify(struct conn *c, const struct enc *want, const char *what)
{
	char line[128];
	size_t i = 0;
	while (i < c->item.len && i < want->w.len && c->item.p[i] == want->w.p[i])
		i++;
	if (i == want->w.len && i == c->item.len && wr_ok(&want->w))
		return true;
	if (i < c->item.len && i < want->w.len)
		snprintf(line, sizeof(line), "%s: %02x, not %02x, at octet %zu of %zu", what, c->item.p[i], want->w.p[i], i,
			 want->w.len);
	else
		snprintf(line, sizeof(line), "%s: %zu octets, not %zu", what, c->item.len, want->w.len);
	conn_wrong(c, stream_offset(c, i), line);
	return false;
}

void conn_due(struct conn *c, bool due, int64_t now)
{
	if (!due)
		c->due_since = 0;
	else if (c->due_since == 0)
		c->due_since = now;
}

/* --- input ---------------------------------------------------------------------------------- */
static void note_receipt(struct conn *c, int64_t now)
{
	if (c->due_since != 0) {
		const int64_t from = c->due_since > c->last_in ? c->due_since : c->last_in;
		const uint64_t ms = (uint64_t)(now - from) / 1000000;
		if (ms > c->num->longest_gap_ms)
			c->num->longest_gap_ms = ms;
	}
	c->last_in = now;
}

enum conn_io conn_read(struct conn *c, int64_t now)
{
	const size_t room = CONN_IN_CAP - c->in_len;
	if (room == 0)
		return CONN_FINE;
	const ssize_t n = recv(c->fd, c->in + c->in_len, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? CONN_FINE : CONN_FAILED;
	if (n == 0)
		return CONN_CLOSED;
	note_receipt(c, now);
	c->in_len += (size_t)n;
	c->received += (uint64_t)n;
	c->num->octets_received += (uint64_t)n;
	return CONN_FINE;
}

static void consume(struct conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_len - n);
	c->in_len -= n;
	c->in_at += n;
}

static enum conn_event broken(struct conn *c, size_t at, const char *what)
{
	conn_wrong(c, c->in_at + at, what);
	return CONN_BROKEN;
}

/* Adds a DT's data to the TSDU; all but the last of a TSDU must be full. */
static enum conn_event take_dt(struct conn *c, size_t len)
{
	const bool eot = c->in[6] == 0x80;
	const size_t data = len - TPKT_HEADER - DT_HEADER;
	if (c->in[4] != 2 || c->in[5] != 0xf0 || (c->in[6] & 0x7f) != 0)
		return broken(c, 4, "not a DT TPDU");
	if (data == 0 || data > PDU_CAP - c->tsdu_len)
		return broken(c, 2, "a DT TPDU without data, or a TSDU too long");
	if (c->tsdu_len == 0) {
		c->n_pieces = 0;
		c->item_at = c->in_at;
	}
	if (c->n_pieces < ARRAY_LEN(c->piece)) {
		c->piece[c->n_pieces].tsdu = c->tsdu_len;
		c->piece[c->n_pieces++].stream = c->in_at + TPKT_HEADER + DT_HEADER;
	}
	memcpy(c->tsdu + c->tsdu_len, c->in + TPKT_HEADER + DT_HEADER, data);
	c->tsdu_len += data;
	consume(c, len);
	if (!eot)
		return CONN_NOTHING;
	c->item = span_of(c->tsdu, c->tsdu_len);
	c->item_end = c->in_at;
	c->tsdu_len = 0;
	return CONN_TSDU;
}

/* One TPKT, if it is whole; what is more is told by whole. */
static enum conn_event take_tpkt(struct conn *c, bool *whole)
{
	*whole = false;
	if (c->in_len < TPKT_HEADER)
		return CONN_NOTHING;
	const size_t len = (size_t)c->in[2] << 8 | c->in[3];
	if (c->in[0] != 3 || c->in[1] != 0)
		return broken(c, c->in[0] != 3 ? 0 : 1, "not a TPKT header");
	if (len < TPKT_HEADER + DT_HEADER)
		return broken(c, 2, "a TPKT of less than 7 octets");
	if (c->in_len < len)
		return CONN_NOTHING;
	*whole = true;
	if (c->in[5] != 0xe0 && c->in[5] != 0xd0)
		return take_dt(c, len);
	/* a CR or CC: kept in tsdu, for the input goes on */
	memcpy(c->tsdu, c->in, size_min(len, PDU_CAP));
	c->item = span_of(c->tsdu, size_min(len, PDU_CAP));
	c->item_at = c->in_at;
	c->n_pieces = 0;
	consume(c, len);
	c->item_end = c->in_at;
	return CONN_TPDU;
}

enum conn_event conn_next(struct conn *c)
{
	enum conn_event event;
	bool whole;
	do {
		event = take_tpkt(c, &whole);
	} while (event == CONN_NOTHING && whole);
	return event;
}

/* --- output --------------------------------------------------------------------------------- */
static void out_raw(struct conn *c, const uint8_t *p, size_t n)
{
	if (c->out_done > 0 && c->out_cap - c->out_len < n) {
		memmove(c->out, c->out + c->out_done, c->out_len - c->out_done);
		c->out_at += c->out_done;
		c->out_len -= c->out_done;
		c->out_done = 0;
	}
	if (c->out_cap - c->out_len < n) {
		const size_t cap = 2 * (c->out_len + n);
		uint8_t *grown = realloc(c->out, cap);
		if (grown == NULL) {
			fputs("iccp-sim: out of memory\n", stderr);
			exit(1);
		}
		c->out = grown;
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_len, p, n);
	c->out_len += n;
}

void conn_queue(struct conn *c, const uint8_t *p, size_t n)
{
	const enum sim_tamper tamper = c->opt->tamper;
	const uint64_t at = c->tamper_at - c->queued;
	if (tamper == TAMPER_NONE || c->tamper_at < c->queued || at >= n) {
		out_raw(c, p, n);
	} else {
		const uint8_t changed[2] = { p[at] ^ (tamper == TAMPER_CORRUPT ? 1 : 0), p[at] };
		out_raw(c, p, at);
		out_raw(c, changed, tamper == TAMPER_LOSE ? 0 : tamper == TAMPER_DOUBLE ? 2 : 1);
		out_raw(c, p + at + 1, n - at - 1);
	}
	c->queued += n;
}

void conn_send(struct conn *c, const struct enc *e, size_t split)
{
	const bool by_tpdu = split != 0 && strcmp(c->opt->split_as, "tpdu") == 0;
	if (!wr_ok(&e->w) || e->w.len == 0) {
		fputs("iccp-sim: a message does not fit\n", stderr);
		exit(1);
	}
	for (size_t at = 0, n; at < e->w.len; at += n) {
		n = size_min(c->dt_max, e->w.len - at);
		if (by_tpdu && at < split)
			n = size_min(n, split - at);
		const size_t len = TPKT_HEADER + DT_HEADER + n;
		const uint8_t header[] = { 3, 0, (uint8_t)(len >> 8), (uint8_t)len, 2, 0xf0, at + n == e->w.len ? 0x80 : 0 };
		conn_queue(c, header, sizeof(header));
		if (split != 0 && split <= at + n && c->barrier == 0) {
			c->barrier = c->queued + (split - at);
			c->resume_at = 0;
		}
		conn_queue(c, e->w.p + at, n);
	}
}

void conn_go_on(struct conn *c)
{
	c->barrier = 0;
	c->resume_at = 0;
}

/* At the barrier: waits for its time, or to be told. */
static void at_barrier(struct conn *c, int64_t now)
{
	if (c->resume_at == 0) {
		const bool hold =
			c->opt->hold_at != NULL && strcmp(c->opt->hold_at, "split") == 0 && !sim_asked().go_on && !sim_asked().end;
		c->resume_at = hold ? INT64_MAX : now + (int64_t)c->opt->pause_ms * 1000000;
	}
	if (now >= c->resume_at)
		conn_go_on(c);
}

enum conn_io conn_flush(struct conn *c, int64_t now)
{
	for (;;) {
		size_t end = c->out_len;
		if (c->barrier != 0 && c->barrier - c->out_at < end)
			end = c->barrier - c->out_at;
		if (c->out_done == end) {
			if (end == c->out_len)
				break;
			at_barrier(c, now);
			if (c->barrier != 0)
				break;
			continue;
		}
		const ssize_t n = send(c->fd, c->out + c->out_done, end - c->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? CONN_FINE : CONN_FAILED;
		c->out_done += (size_t)n;
		c->num->octets_sent += (uint64_t)n;
	}
	if (c->out_done == c->out_len) {
		c->out_at += c->out_len;
		c->out_done = c->out_len = 0;
	}
	return CONN_FINE;
}
