/* ha_sync.c - see ha_sync.h. */
#include "hacache/ha_sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "hacache/ha_rows.h"

enum { STAGE_START = 256 * 1024 };

static const struct ha_msg *section_msg(unsigned i)
{
	const struct ha_msg *m = ha_msg_of_type(HA_SESSION);
	return m->row[m->n - HA_SECTION_N + i].sub;
}

static const void **section(struct ha_session *s, unsigned i)
{
	const struct ha_msg *m = ha_msg_of_type(HA_SESSION);
	return ha_field_mut(s, m->row[m->n - HA_SECTION_N + i].off);
}

uint64_t ha_session_digest(const struct ha_session *s)
{
	uint64_t h = s->serial;
	struct ha_session copy = *s;
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		if (*section(&copy, i) != NULL)
			h = h * 31 + ha_digest(section_msg(i), *section(&copy, i));
	return h;
}

/* --- the sender ------------------------------------------------------------------------------------ */

enum err ha_sender_new(const struct hash_key *key, uint32_t max_sessions, struct ha_sender *s)
{
	memset(s, 0, sizeof(*s));
	TRY(ha_wire_new(&s->wire));
	s->cache = ha_cache_new(key, max_sessions);
	s->mem = malloc(HA_BATCH_MAX);
	if (s->cache != NULL && s->mem != NULL)
		return OK;
	ha_sender_fini(s);
	return ERR_NOMEM;
}

void ha_sender_fini(struct ha_sender *s)
{
	ha_wire_free(s->wire);
	ha_cache_free(s->cache);
	free(s->mem);
	memset(s, 0, sizeof(*s));
}

void ha_sender_begin(struct ha_sender *s, mono_t now)
{
	s->out = wr_of(s->mem, HA_BATCH_MAX);
	s->now = now;
}

static enum err send(struct ha_sender *s, enum ha_type t, const void *plain)
{
	TRY(ha_wire_encode(s->wire, t, plain, s->now, &s->out));
	return OK;
}

enum err ha_sender_hello(struct ha_sender *s, const struct ha_hello *h)
{
	return send(s, HA_HELLO, h);
}

enum err ha_sender_session(struct ha_sender *s, struct ha_session *in)
{
	struct ha_entry *e = ha_cache_get(s->cache, in->serial);
	if (e == NULL)
		return ERR_FULL;
	const uint64_t digest = ha_session_digest(in);
	uint64_t sum[HA_SECTION_N];
	memcpy(sum, e->sum, sizeof(sum));
	for (unsigned i = 0; i < HA_SECTION_N; i++) {
		const void **sec = section(in, i);
		if (*sec == NULL)
			continue;
		if (i == HA_SEC_kept) /* its octets are new when their numbers are: they need no sum of their own */
			sum[i] = ha_digest(section_msg(i), *sec);
		else
			TRY(ha_wire_sum(s->wire, section_msg(i), *sec, s->now, &sum[i]));
		if (sum[i] == e->sum[i])
			*sec = NULL;
	}
	in->version = e->version + 1;
	TRY(send(s, HA_SESSION, in));
	/* Only what went out counts as sent. */
	memcpy(e->sum, sum, sizeof(sum));
	e->version = in->version;
	ha_cache_set_digest(s->cache, e, digest);
	return OK;
}

enum err ha_sender_ended(struct ha_sender *s, uint64_t serial)
{
	if (ha_cache_find(s->cache, serial) == NULL)
		return OK; /* it began and ended within this batch */
	ha_cache_remove(s->cache, serial);
	const struct ha_ended m = { .serial = serial };
	return send(s, HA_ENDED, &m);
}

enum err ha_sender_rec(struct ha_sender *s, const struct rec *r)
{
	return send(s, HA_REC, r);
}

enum err ha_sender_datagram(struct ha_sender *s, const struct frag_message *m)
{
	return send(s, HA_DATAGRAM, m);
}

enum err ha_sender_commit(struct ha_sender *s, struct ha_commit *c, struct span *bytes)
{
	c->seq = s->seq + 1;
	c->now = s->now;
	c->digest = ha_cache_digest(s->cache);
	TRY(send(s, HA_COMMIT, c));
	s->seq = c->seq;
	s->n_octets += s->out.len;
	*bytes = span_of(s->out.p, s->out.len);
	return OK;
}

static enum err take_ack(struct ha_sender *s, struct span frame)
{
	const void *plain;
	TRY(ha_wire_decode(s->wire, HA_ACK, frame, s->now, &plain));
	const struct ha_ack *a = plain;
	if (a->seq < s->acked || a->seq > s->seq)
		return ERR_MALFORMED;
	s->acked = a->seq;
	return OK;
}

enum err ha_sender_acks(struct ha_sender *s, struct span in, size_t *used)
{
	struct cur c = cur_span(in);
	*used = 0;
	for (;;) {
		enum ha_type t;
		size_t len;
		const enum err e = ha_wire_frame(cur_rest(&c), &t, &len);
		if (e == ERR_TRUNCATED)
			return OK;
		TRY(e);
		if (t != HA_ACK)
			return ERR_MALFORMED;
		struct cur frame = cur_sub(&c, len);
		cur_skip(&frame, HA_FRAME_HEADER);
		TRY(take_ack(s, cur_rest(&frame)));
		*used += len;
	}
}

/* --- the receiver ---------------------------------------------------------------------------------- */

enum err ha_receiver_new(const struct hash_key *key, uint32_t max_sessions, const struct ha_hello *own,
			 const struct ha_apply *apply, struct ha_receiver *r)
{
	memset(r, 0, sizeof(*r));
	TRY(ha_wire_new(&r->wire));
	r->cache = ha_cache_new(key, max_sessions);
	r->mem = malloc(STAGE_START);
	r->cap = STAGE_START;
	r->own = *own;
	r->apply = apply;
	if (r->cache != NULL && r->mem != NULL)
		return OK;
	ha_receiver_fini(r);
	return ERR_NOMEM;
}

void ha_receiver_fini(struct ha_receiver *r)
{
	ha_wire_free(r->wire);
	ha_cache_free(r->cache);
	free(r->mem);
	memset(r, 0, sizeof(*r));
}

struct ha_trust ha_receiver_trust(const struct ha_receiver *r)
{
	const struct ha_hello *a = &r->own, *b = &r->peer;
	return (struct ha_trust){ .sigs = a->sig_hash == b->sig_hash,
		                  .stock_tags = a->stock_nr == b->stock_nr && a->stock_hash == b->stock_hash,
		                  .custom_tags = a->custom_nr == b->custom_nr && a->custom_hash == b->custom_hash };
}

static enum err apply_session(struct ha_receiver *r, const struct ha_session *in)
{
	struct ha_entry *e = ha_cache_get(r->cache, in->serial);
	if (e == NULL)
		return ERR_FULL;
	if (ha_merge(e->version, in->version) != HA_TAKE)
		return OK;
	TRY(r->apply->session(r->apply->arg, in));
	e->version = in->version;
	ha_cache_set_digest(r->cache, e, r->apply->digest(r->apply->arg, in->serial));
	return OK;
}

static enum err apply_frame(struct ha_receiver *r, enum ha_type t, const void *plain, uint64_t seq)
{
	switch (t) {
	case HA_HELLO:
		return OK;
	case HA_SESSION:
		return apply_session(r, plain);
	case HA_ENDED: {
		const struct ha_ended *m = plain;
		ha_cache_remove(r->cache, m->serial);
		r->apply->ended(r->apply->arg, m->serial);
		return OK;
	}
	case HA_REC:
		r->apply->rec(r->apply->arg, seq, plain);
		return OK;
	case HA_DATAGRAM:
		return r->apply->datagram(r->apply->arg, plain);
	case HA_COMMIT:
		r->apply->commit(r->apply->arg, plain, ha_cache_digest(r->cache));
		r->seq = seq;
		return OK;
	case HA_ACK:
	case HA_NONE:
	case HA_TYPE_N:
		break;
	}
	return ERR_MALFORMED;
}

/* What can be said against a frame before anything of its batch is applied. */
static enum err check_frame(struct ha_receiver *r, enum ha_type t, const void *plain)
{
	if (t == HA_HELLO) {
		const struct ha_hello *h = plain;
		if (h->version != HA_VERSION)
			return ERR_VERSION;
		r->peer = *h;
	}
	if (t == HA_ACK || r->peer.version == 0)
		return ERR_MALFORMED;
	if (t == HA_DATAGRAM)
		return r->apply->check_datagram(r->apply->arg, plain);
	return t == HA_SESSION ? r->apply->check(r->apply->arg, plain) : OK;
}

/* Every frame of a batch decodes and is in range before the first is applied. */
static enum err walk(struct ha_receiver *r, struct span batch, const struct ha_commit *c, bool apply)
{
	struct cur in = cur_span(batch);
	while (cur_left(&in) > 0) {
		enum ha_type t;
		size_t len;
		const void *plain;
		TRY(ha_wire_frame(cur_rest(&in), &t, &len));
		struct cur frame = cur_sub(&in, len);
		cur_skip(&frame, HA_FRAME_HEADER);
		TRY(ha_wire_decode(r->wire, t, cur_rest(&frame), c->now, &plain));
		TRY(apply ? apply_frame(r, t, plain, c->seq) : check_frame(r, t, plain));
	}
	return OK;
}

static enum err apply_batch(struct ha_receiver *r, struct span batch, struct span commit)
{
	const void *plain;
	TRY(ha_wire_decode(r->wire, HA_COMMIT, commit, mono_ns(0), &plain));
	const struct ha_commit c = *(const struct ha_commit *)plain;
	r->n_batches++;
	if (c.seq <= r->seq)
		return OK;                   /* sent again: it is applied, and acknowledged again */
	if (c.seq != r->seq + 1)
		return ERR_STALE;
	TRY(walk(r, batch, &c, false));
	return walk(r, batch, &c, true);
}

static enum err stage(struct ha_receiver *r, struct span in)
{
	if (in.len > HA_BATCH_MAX - r->len)
		return ERR_FULL;
	while (r->cap - r->len < in.len) {
		uint8_t *more = realloc(r->mem, r->cap * 2);
		if (more == NULL)
			return ERR_NOMEM;
		r->mem = more;
		r->cap *= 2;
	}
	struct wr w = { .p = r->mem, .len = r->len, .cap = r->cap };
	wr_bytes(&w, in.p, in.len);
	r->len = w.len;
	return OK;
}

/* Looks for the next commit in what is staged and applies up to it. */
static enum err advance(struct ha_receiver *r, bool *more)
{
	struct cur c = cur_of(r->mem, r->len);
	cur_skip(&c, r->scanned);
	enum ha_type t;
	size_t len;
	const enum err e = ha_wire_frame(cur_rest(&c), &t, &len);
	*more = e == OK;
	if (e != OK)
		return e == ERR_TRUNCATED ? OK : e;
	r->scanned += len;
	if (t != HA_COMMIT)
		return OK;
	struct cur frame = cur_sub(&c, len);
	cur_skip(&frame, HA_FRAME_HEADER);
	TRY(apply_batch(r, span_of(r->mem, r->scanned), cur_rest(&frame)));
	memmove(r->mem, r->mem + r->scanned, r->len - r->scanned);
	r->len -= r->scanned;
	r->scanned = 0;
	return OK;
}

enum err ha_receiver_feed(struct ha_receiver *r, struct span in)
{
	if (r->failed != OK)
		return r->failed;
	enum err e = stage(r, in);
	for (bool more = true; e == OK && more;)
		e = advance(r, &more);
	if (e != OK) {
		r->failed = e;
		r->n_refused++;
	}
	return e;
}

enum err ha_receiver_ack(struct ha_receiver *r, struct wr *out)
{
	const struct ha_ack a = { .seq = r->seq };
	return ha_wire_encode(r->wire, HA_ACK, &a, mono_ns(0), out);
}
