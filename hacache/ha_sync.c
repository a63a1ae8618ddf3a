/* ha_sync.c - see ha_sync.h. */
#include "hacache/ha_sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "hacache/ha_repair.h"
#include "hacache/ha_rows.h"

static const void **section(struct ha_session *s, unsigned i)
{
	const struct ha_msg *m = ha_msg_of_type(HA_SESSION);
	return ha_field_mut(s, m->row[m->n - HA_SECTION_N + i].off);
}

void ha_session_sums(const struct ha_session *s, uint64_t sum[HA_SECTION_N])
{
	struct ha_session copy = *s;
	for (unsigned i = 0; i < HA_SECTION_N; i++) {
		const void *sec = *section(&copy, i);
		sum[i] = sec != NULL ? ha_digest(ha_section_msg((enum ha_section)i), sec) | 1 : 0;
	}
}

unsigned ha_session_parts(const struct ha_session *s)
{
	struct ha_session copy = *s;
	unsigned parts = 0;
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		parts |= (*section(&copy, i) != NULL) << i;
	return parts;
}

uint64_t ha_session_digest(const struct ha_session *s)
{
	uint64_t sum[HA_SECTION_N], h = s->serial;
	ha_session_sums(s, sum);
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		h = h * 31 + sum[i];
	return h;
}

/* --- the sender ------------------------------------------------------------------------------------ */

enum err ha_sender_new(const struct hash_key *key, uint32_t max_sessions, struct ha_sender *s)
{
	memset(s, 0, sizeof(*s));
	TRY(ha_wire_new(&s->wire));
	s->cache = ha_cache_new(key, max_sessions);
	s->mem = malloc(HA_BATCH_MAX);
	s->stream = 1;
	if (s->cache != NULL && s->mem != NULL && ha_resend_new(HA_RESEND_OCTETS, HA_RESEND_BATCHES, &s->resend) == OK)
		return OK;
	ha_sender_fini(s);
	return ERR_NOMEM;
}

void ha_sender_fini(struct ha_sender *s)
{
	ha_wire_free(s->wire);
	ha_cache_free(s->cache);
	ha_resend_fini(&s->resend);
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

static struct ha_hello hello_of(const struct ha_sender *s, const struct ha_hello *h, uint64_t from, uint64_t whole_from)
{
	struct ha_hello out = *h;
	out.version = HA_VERSION_OLDEST;
	out.newest = HA_VERSION;
	out.stream = s->stream;
	out.from = from;
	out.whole_from = whole_from;
	out.schema = ha_schema_sum();
	out.yields = s->yields;
	return out;
}

enum err ha_sender_hello(struct ha_sender *s, const struct ha_hello *h)
{
	const struct ha_hello out = hello_of(s, h, 1, 0);
	return send(s, HA_HELLO, &out);
}

enum err ha_sender_greet(struct ha_sender *s, const struct ha_hello *h, uint64_t whole_from, struct wr *out)
{
	const uint64_t from = s->resend.first <= s->resend.last ? s->resend.first : s->seq + 1;
	struct ha_hello m = hello_of(s, h, from, whole_from);
	m.names = m.ifnames = (struct buf){ 0 }; /* said when the stream began */
	return ha_wire_encode(s->wire, HA_HELLO, &m, s->now, out);
}

enum err ha_sender_session(struct ha_sender *s, struct ha_session *in)
{
	struct ha_entry *e = ha_cache_get(s->cache, in->serial);
	uint64_t sum[HA_SECTION_N];
	if (e == NULL)
		return ERR_FULL;
	ha_session_sums(in, sum);
	unsigned parts = 0;
	for (unsigned i = 0; i < HA_SECTION_N; i++) {
		if (sum[i] != 0 && sum[i] != e->sum[i])
			parts |= 1u << i;
		else
			*section(in, i) = NULL;
	}
	if (parts == 0)
		return OK;
	in->version = e->version + 1;
	TRY(send(s, HA_SESSION, in));
	/* Only what went out counts as sent. */
	e->version = in->version;
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		if ((parts >> i & 1) != 0)
			ha_cache_set_sum(s->cache, e, (enum ha_section)i, sum[i]);
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
	ha_resend_put(&s->resend, s->seq, *bytes);
	return OK;
}

/* A question counts once; if the answer is lost too, time will tell. */
static void take_question(struct ha_sender *s, const struct ha_ack *a)
{
	if (a->missing <= a->seq || (a->seq == s->asked_at && a->missing <= s->asked_upto))
		return;
	s->missing = s->asked_upto = a->missing;
	s->asked_at = a->seq;
}

static enum err take_ack(struct ha_sender *s, struct span frame)
{
	const void *plain;
	TRY(ha_wire_decode(s->wire, HA_ACK, frame, s->now, &plain));
	const struct ha_ack *a = plain;
	if (a->stream != s->stream) {
		s->n_stray++;
		return OK;
	}
	if (a->seq > s->seq || a->missing > s->seq)
		return ERR_MALFORMED;
	s->peer_version = a->version != 0 ? a->version : 1;
	s->lost |= a->lost;
	if (a->seq < s->acked || a->lost) {
		s->n_stray++;
		return OK;
	}
	s->acked = a->seq;
	ha_repair_asked(s, a);
	ha_resend_done(&s->resend, s->acked);
	take_question(s, a);
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

bool ha_sender_reaches(const struct ha_sender *s, uint64_t seq)
{
	struct span b;
	return seq == s->seq || (seq < s->seq && ha_resend_get(&s->resend, seq + 1, &b));
}

enum err ha_sender_again(struct ha_sender *s, uint64_t seq, struct span *bytes)
{
	if (!ha_resend_get(&s->resend, seq, bytes))
		return ERR_STALE;
	s->n_resent++;
	s->n_octets += bytes->len;
	return OK;
}

bool ha_sender_overdue(struct ha_sender *s, mono_t now, int64_t after_ns)
{
	if (s->acked == s->seq || s->watched != s->acked + 1) {
		s->watched = s->acked == s->seq ? 0 : s->acked + 1;
		s->watched_at = now;
		return false;
	}
	if (mono_diff(now, s->watched_at) < after_ns)
		return false;
	s->watched_at = now;
	return true;
}

/* --- the receiver ---------------------------------------------------------------------------------- */

enum err ha_receiver_new(const struct hash_key *key, uint32_t max_sessions, const struct ha_hello *own,
			 const struct ha_apply *apply, struct ha_receiver *r)
{
	memset(r, 0, sizeof(*r));
	TRY(ha_wire_new(&r->wire));
	r->cache = ha_cache_new(key, max_sessions);
	r->own = *own;
	r->own.schema = ha_schema_sum();
	r->apply = apply;
	if (r->cache != NULL)
		return OK;
	ha_receiver_fini(r);
	return ERR_NOMEM;
}

void ha_receiver_fini(struct ha_receiver *r)
{
	ha_wire_free(r->wire);
	ha_cache_free(r->cache);
	for (unsigned i = 0; i < HA_LINKS; i++)
		ha_stage_fini(&r->stage[i]);
	ha_ahead_clear(&r->ahead);
	memset(r, 0, sizeof(*r));
}

struct ha_trust ha_receiver_trust(const struct ha_receiver *r)
{
	const struct ha_hello *a = &r->own, *b = &r->peer;
	return (struct ha_trust){ .sigs = a->sig_hash == b->sig_hash,
		                  .stock_tags = a->stock_nr == b->stock_nr && a->stock_hash == b->stock_hash,
		                  .custom_tags = a->custom_nr == b->custom_nr && a->custom_hash == b->custom_hash };
}

bool ha_receiver_comparable(const struct ha_receiver *r)
{
	const struct ha_trust t = ha_receiver_trust(r);
	return t.sigs && t.stock_tags && t.custom_tags && r->peer.schema == r->own.schema;
}

static uint32_t version_of(const struct ha_hello *h)
{
	return h->newest > h->version ? h->newest : h->version;
}

static struct span message_of(struct span frame)
{
	struct cur c = cur_span(frame);
	cur_skip(&c, HA_FRAME_HEADER);
	return cur_rest(&c);
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
	/* Of what is held now, not of what came: that is the proof. */
	const unsigned parts = ha_session_parts(in);
	uint64_t sum[HA_SECTION_N] = { 0 };
	r->apply->sums(r->apply->arg, in->serial, parts, sum);
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		if ((parts >> i & 1) != 0)
			ha_cache_set_sum(r->cache, e, (enum ha_section)i, sum[i]);
	return OK;
}

/* The moment of a batch on our line. One distance for a whole stream: were it taken anew each time, a session's times, which
 * come in different batches, could change places. It is too large by what the first batch was under way. */
static mono_t own_time(struct ha_receiver *r, mono_t theirs)
{
	if (!r->shifted && r->here.ns != 0) {
		r->shift = mono_diff(r->here, theirs);
		r->shifted = true;
	}
	return r->shifted ? mono_add(theirs, r->shift) : theirs;
}

static enum err apply_frame(struct ha_receiver *r, enum ha_type t, const void *plain, uint64_t seq)
{
	switch (t) {
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
	case HA_BUCKETS_SUMS:
		ha_repair_compare(r, plain);
		return OK;
	case HA_REPAIR:
		ha_repair_drop(r, plain);
		return OK;
	case HA_COMMIT: {
		struct ha_commit c = *(const struct ha_commit *)plain;
		c.now = own_time(r, c.now);
		ha_repair_commit(r, &c);
		r->apply->commit(r->apply->arg, &c, ha_cache_digest(r->cache));
		r->seq = seq;
		return OK;
	}
	case HA_HELLO:
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
	if (t == HA_ACK || t == HA_HELLO) /* that one comes before a batch, not within */
		return ERR_MALFORMED;
	if (t == HA_DATAGRAM)
		return r->apply->check_datagram(r->apply->arg, plain);
	return t == HA_SESSION ? r->apply->check(r->apply->arg, plain) : OK;
}

static enum err next_frame(struct cur *in, enum ha_type *t, struct span *message)
{
	size_t len;
	TRY(ha_wire_frame(cur_rest(in), t, &len));
	*message = message_of(cur_bytes(in, len));
	return OK;
}

/* Every frame of a batch decodes and is in range before the first is applied. What was decoded stays for that, unless it is
 * too much: then *stays is false. */
static enum err check_batch(struct ha_receiver *r, struct span batch, mono_t now, bool *stays)
{
	struct cur in = cur_span(batch);
	*stays = true;
	for (r->n_decoded = 0; cur_left(&in) > 0;) {
		enum ha_type t;
		struct span message;
		const void *plain;
		TRY(next_frame(&in, &t, &message));
		enum err e = ERR_FULL;
		if (*stays && r->n_decoded != 0)
			e = ha_wire_decode_too(r->wire, t, message, now, &plain);
		if (e == ERR_FULL) {
			*stays = *stays && r->n_decoded == 0;
			e = ha_wire_decode(r->wire, t, message, now, &plain);
		}
		TRY(e);
		TRY(check_frame(r, t, plain));
		if (*stays && r->n_decoded < HA_DECODED_MAX)
			r->decoded[r->n_decoded++] = (struct ha_decoded){ t, plain };
		else
			*stays = false;
	}
	return OK;
}

static enum err apply_batch(struct ha_receiver *r, struct span batch, const struct ha_commit *c)
{
	struct cur in = cur_span(batch);
	const mono_t now = own_time(r, c->now);
	bool stays;
	TRY(check_batch(r, batch, now, &stays));
	for (unsigned i = 0; stays && i < r->n_decoded; i++)
		TRY(apply_frame(r, r->decoded[i].t, r->decoded[i].plain, c->seq));
	while (!stays && cur_left(&in) > 0) {
		enum ha_type t;
		struct span message;
		const void *plain;
		TRY(next_frame(&in, &t, &message));
		TRY(ha_wire_decode(r->wire, t, message, now, &plain));
		TRY(apply_frame(r, t, plain, c->seq));
	}
	return OK;
}

/* Batches that came early and whose turn has come. */
static enum err apply_early(struct ha_receiver *r)
{
	struct ha_ahead_batch b;
	while (ha_ahead_take(&r->ahead, r->seq + 1, &b)) {
		const enum err e = apply_batch(r, span_of(b.p, b.len), &b.commit);
		free(b.p);
		TRY(e);
	}
	return OK;
}

static enum err keep_early(struct ha_receiver *r, struct span batch, const struct ha_commit *c)
{
	r->n_early++;
	if (!ha_ahead_put(&r->ahead, c, batch) && r->missing < c->seq)
		r->missing = c->seq;
	return OK;
}

static enum err take_batch(struct ha_receiver *r, const struct ha_stage *st, struct span batch, struct span commit)
{
	const void *plain;
	if (st->stray) {
		r->n_stray++;
		return OK;
	}
	TRY(ha_wire_decode(r->wire, HA_COMMIT, message_of(commit), mono_ns(0), &plain));
	const struct ha_commit c = *(const struct ha_commit *)plain;
	if (!r->follows && c.seq <= 1)
		return ERR_MALFORMED;
	r->n_batches++;
	if (!r->follows || c.seq > r->seq + 1)
		return keep_early(r, batch, &c);
	if (c.seq <= r->seq) {
		r->n_doubled++;
		return OK;
	}
	TRY(apply_batch(r, batch, &c));
	return apply_early(r);
}

/* Names are lent. */
static void take_word(struct ha_receiver *r, const struct ha_hello *h, bool anew)
{
	r->peer = *h;
	r->peer.names = r->peer.ifnames = (struct buf){ 0 };
	if (!anew && r->named)
		return;
	r->named = h->names.len != 0 || h->ifnames.len != 0;
	r->apply->named(r->apply->arg, h);
}

/* Nothing that is held has come from this stream; batches that came before the first one's hello may have. Later ones are known
 * by theirs on each connection: until then another link may bring the rest of the former. */
static void begin(struct ha_receiver *r, const struct ha_hello *h)
{
	const bool first = !r->follows && r->peer.version == 0;
	for (unsigned i = 0; i < HA_LINKS; i++)
		r->stage[i].stray |= !first;
	r->former = r->follows ? r->peer.stream : r->former;
	r->follows = true;
	r->seq = 0;
	r->shifted = false;
	r->differs = false;
	r->beyond = r->merges; /* of what is merged nothing is expected to be the same */
	r->repair = r->told_bucket = 0;
	ha_cache_clear(r->cache);
	if (!first) {
		ha_ahead_clear(&r->ahead);
		r->missing = 0;
	}
	r->apply->anew(r->apply->arg);
	take_word(r, h, true);
}

static enum err take_hello(struct ha_receiver *r, struct ha_stage *st, struct span frame)
{
	const void *plain;
	TRY(ha_wire_decode(r->wire, HA_HELLO, message_of(frame), mono_ns(0), &plain));
	const struct ha_hello *h = plain;
	if (h->version == 0 || h->version > HA_VERSION || version_of(h) < HA_VERSION_OLDEST)
		return ERR_VERSION;
	if (h->yields != r->merges)
		return ERR_MISMATCH;
	const bool known = r->follows && h->stream != 0 && h->stream == r->peer.stream, reached = h->from <= r->seq + 1;
	const uint64_t whole_from = r->peer.whole_from;
	bool stray = false;
	if (known && reached) {
		take_word(r, h, false);
		if (whole_from > h->whole_from) /* sent again, it is of a time when it knew less */
			r->peer.whole_from = whole_from;
		r->n_batches++; /* who goes on wants to know where */
	} else if (known || h->from > 1) {
		r->refused_stream = h->stream;
		r->n_batches++;
		stray = true;
	} else if (h->stream != 0 && h->stream == r->former) {
		stray = true; /* overtaken on another link by the stream that came after it */
	} else {
		begin(r, h);
	}
	st->stray = stray;
	return OK;
}

/* Looks for the next commit in what is staged and applies up to it. */
static enum err advance(struct ha_receiver *r, struct ha_stage *st, bool *more)
{
	enum ha_type t;
	struct span frame;
	TRY(ha_stage_frame(st, &t, &frame));
	*more = frame.len != 0;
	if (!*more)
		return OK;
	if (t == HA_HELLO && st->scanned == 0) {
		TRY(take_hello(r, st, frame));
		ha_stage_take(st, frame.len);
		return OK;
	}
	st->scanned += frame.len;
	if (t != HA_COMMIT)
		return OK;
	TRY(take_batch(r, st, ha_stage_scanned(st), frame));
	ha_stage_take(st, st->scanned);
	return OK;
}

enum err ha_receiver_feed_link(struct ha_receiver *r, unsigned link, struct span in)
{
	if (r->failed != OK)
		return r->failed;
	enum err e = ha_stage_add(&r->stage[link], in);
	for (bool more = true; e == OK && more;)
		e = advance(r, &r->stage[link], &more);
	ha_stage_pack(&r->stage[link]);
	if (e != OK) {
		r->failed = e;
		r->n_refused++;
	}
	return e;
}

void ha_receiver_connected(struct ha_receiver *r, unsigned link)
{
	ha_stage_clear(&r->stage[link]);
	if (r->failed != OK)
		r->follows = false;
	r->failed = OK;
}

enum err ha_receiver_ack(struct ha_receiver *r, struct wr *out)
{
	const uint64_t early = r->ahead.n != 0 ? r->ahead.v[0].commit.seq - 1 : 0, missing = early > r->seq ? early : r->missing;
	const bool asks = !r->beyond && version_of(&r->peer) >= HA_VERSION_REPAIRS;
	struct ha_ack a = { .seq = r->seq,
			    .missing = missing > r->seq ? missing : 0,
			    .stream = r->follows ? r->peer.stream : 0,
			    .version = HA_VERSION,
			    .differs = asks && r->differs && r->repair == 0,
			    .repair = asks ? r->repair : 0 };
	if (r->refused_stream != 0)
		a = (struct ha_ack){ .stream = r->refused_stream, .version = HA_VERSION, .lost = true };
	r->refused_stream = 0;
	return ha_wire_encode(r->wire, HA_ACK, &a, mono_ns(0), out);
}
