/* play.c - see play.h. All schedules of a batch take their steps in turn; after each turn all is quiet before the next. */
#include "tests/oracle/play.h"

#include <string.h>
#include <unistd.h>

#include "forward/tcp.h"

enum { HANDSHAKES = 3, CLOSINGS = 14, PAUSE_S = 3, PORT_FIRST = 33000, PORT_N = 30000, TICK_FIRST = 1 << 30 };
enum { WAIT_US = 40, WAITS_MAX = 5000, QUIET = 2, TTL_WHOLE = 64, AT_ONCE = 4 };

const char *const finding_name[FINDING_N] = {
#define X(id, name, help) [id] = name,
	FINDING_LIST(X)
#undef X
};
const char *const finding_help[FINDING_N] = {
#define X(id, name, help) [id] = help,
	FINDING_LIST(X)
#undef X
};

struct conn *conn_of(struct conn *c, unsigned n, uint16_t id)
{
	const uint16_t i = n != 0 ? (uint16_t)(id - c->id) : 0;
	return i < n ? &c[i] : NULL;
}

struct conn *conn_at(struct conn *c, unsigned n, const struct tuple *t, bool destination)
{
	const struct addr *a = destination ? &t->dst : &t->src;
	const bool six = t->family == 6;
	const uint8_t *low = &a->b[six ? 14 : 2];
	if (six ? a->b[0] != 0xfd || a->b[1] != 0x93 : a->b[0] != 10 || a->b[1] != 93)
		return NULL;
	struct conn *x = conn_of(c, n, (uint16_t)(low[0] << 8 | low[1]));
	return x != NULL && x->s->six == six && x->port == (destination ? t->dport : t->sport) ? x : NULL;
}

/* Until every packet that was sent has had its verdict and nothing answers any more. */
static void settle(struct bench *b)
{
	unsigned quiet = 0;
	b->mid.now = mono_add(b->mid.now, NS_PER_MS);
	for (unsigned i = 0; i < WAITS_MAX && quiet < QUIET; i++) {
		const unsigned many = middle_turn(&b->mid) + wire_read(&b->wire, b->c, b->n);
		receiver_turn(&b->rcv, b->c, b->n);
		quiet = many != 0 || b->mid.from_sender < b->wire.sent ? 0 : quiet + 1;
		if (many == 0)
			usleep(WAIT_US);
	}
	b->mid.from_sender = b->wire.sent;
}

static void begin(struct bench *b, const struct schedule *s, unsigned n)
{
	b->n = n;
	for (unsigned i = 0; i < n; i++, b->played++) {
		struct conn *c = &b->c[i];
		memset(c, 0, sizeof(*c));
		c->s = &s[i];
		c->id = (uint16_t)b->played;
		c->port = (uint16_t)(PORT_FIRST + (b->played >> 16) % PORT_N);
		c->tick = TICK_FIRST;
		c->fd = -1;
		c->reading = true;
		c->engine = s[i].odd != ODD_MIDSTREAM;
	}
	b->mid.c = b->c;
	b->mid.n = n;
}

/* A conn's steps up to one that waits for an answer; false: it has come to the limit or to a pause. */
static bool step_on(struct bench *b, struct conn *c, unsigned limit)
{
	bool did = false;
	for (bool burst = true; burst && c->next < limit; did = true) {
		const struct step *st = &c->s->step[c->next];
		if (st->kind == STEP_PAUSE)
			return did;
		c->next++;
		burst = st->burst;
		switch ((enum step_kind)st->kind) {
		case STEP_SEGMENT:
			wire_send(&b->wire, c, st);
			break;
		case STEP_STOP_READING:
			c->reading = false;
			break;
		case STEP_READ_ON:
			c->reading = true;
			break;
		case STEP_ENGINE:
			c->engine = true;
			c->got_before = c->n_got;
			break;
		case STEP_PAUSE:
			break;
		}
	}
	return did;
}

static void all_steps(struct bench *b, bool before)
{
	for (bool did = true; did;) {
		did = false;
		for (unsigned i = 0; i < b->n; i++)
			if (before || b->c[i].opened)
				did |= step_on(b, &b->c[i], before ? b->c[i].s->n_before : b->c[i].s->n);
		if (did)
			settle(b);
	}
}

static bool pause_over(struct bench *b)
{
	bool any = false;
	for (unsigned i = 0; i < b->n; i++)
		if (b->c[i].opened && b->c[i].next < b->c[i].s->n) {
			b->c[i].next++;
			any = true;
		}
	b->mid.now = mono_add(b->mid.now, any ? PAUSE_S * NS_PER_SEC : 0);
	engine_tick(b->mid.e, b->mid.now);
	return any;
}

static void handshakes(struct bench *b)
{
	const struct step ack = { .flags = TCP_ACK, .ttl = TTL_WHOLE };
	for (unsigned t = 0; t < HANDSHAKES; t++) {
		bool any = false;
		for (unsigned i = 0; i < b->n; i++)
			if (!b->c[i].opened) {
				struct step syn = { .off = -1, .flags = TCP_SYN, .ttl = TTL_WHOLE };
				syn.flags |= b->c[i].s->server ? TCP_ACK : 0;
				wire_send(&b->wire, &b->c[i], &syn);
				any = true;
			}
		if (any)
			settle(b);
	}
	for (unsigned i = 0; i < b->n; i++)
		if (b->c[i].opened)
			wire_send(&b->wire, &b->c[i], &ack);
	settle(b);
}

/* What the receiver has not acknowledged of the stream, and FIN. */
static void send_rest(struct bench *b, struct conn *c)
{
	int32_t at = seq_diff(c->acked, c->s->isn + 1);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		const int32_t left = c->s->len > at ? c->s->len - at : 0;
		struct step st = { .off = at, .flags = TCP_ACK | TCP_PSH, .ttl = TTL_WHOLE };
		st.len = (uint16_t)(left < SEGMENT_MAX ? left : SEGMENT_MAX);
		if (st.len == left)
			st.flags |= TCP_FIN;
		wire_send(&b->wire, c, &st);
		if (st.len == left)
			return;
		at += st.len;
	}
}

static void close_all(struct bench *b)
{
	for (unsigned i = 0; i < b->n; i++)
		b->c[i].reading = true;
	for (unsigned t = 0; t < CLOSINGS; t++) {
		bool any = false;
		for (unsigned i = 0; i < b->n; i++)
			if (b->c[i].opened && b->c[i].end == STILL_OPEN) {
				send_rest(b, &b->c[i]);
				any = true;
			}
		if (!any)
			return;
		settle(b);
	}
}

/* --- judgement -------------------------------------------------------------------------------- */

static bool arrived_whole(const struct conn *c)
{
	if (c->end != ENDED_CLEAN || c->n_got != c->s->len)
		return false;
	for (uint32_t i = 0; i < c->n_got; i++)
		if (c->got[i] != plan_octet(c->s, i, 0))
			return false;
	return true;
}

static bool hindered(const struct conn *c)
{
	switch (oddity_rows[c->s->odd].must) {
	case MUST_ARRIVE:
		return !arrived_whole(c);
	case MUST_END:
		return c->end == STILL_OPEN;
	case MAY_STOP:
		break;
	}
	return false;
}

static struct outcome judge(const struct conn *c)
{
	struct outcome o = { .end = c->end, .opened = c->opened, .n_got = c->n_got, .n_seen = c->n_seen };
	/* Where the decoders began: with the first octet, but for a connection under way. */
	const bool late = c->s->odd == ODD_MIDSTREAM && c->started;
	const int32_t from = late ? seq_diff(c->seen_from, c->s->isn + 1) : (int32_t)c->got_before;
	for (uint32_t i = c->got_before; i < c->n_got; i++) {
		const int32_t k = (int32_t)i - from;
		if (k >= 0 && (uint32_t)k < c->n_seen && c->seen[k] == c->got[i])
			continue;
		o.found = FOUND_UNSEEN;
		o.at = i;
		return o;
	}
	if (c->end == ENDED_CLEAN && (int32_t)c->n_seen + from > (int32_t)c->n_got) {
		o.found = FOUND_EXTRA;
		o.at = c->n_got;
	} else if (hindered(c)) {
		o.found = FOUND_HINDERED;
		o.at = c->n_got;
	}
	return o;
}

void play(struct bench *b, const struct schedule *s, unsigned n, struct outcome *out)
{
	begin(b, s, n);
	receiver_call(&b->rcv, b->c, n);
	settle(b);
	all_steps(b, true);
	handshakes(b);
	do
		all_steps(b, false);
	while (pause_over(b));
	close_all(b);
	for (unsigned i = 0; i < n; i++)
		out[i] = judge(&b->c[i]);
	b->mid.n = 0; /* what is flushed now is nobody's */
	for (unsigned i = 0; i < n; i++)
		receiver_drop(&b->c[i]);
	engine_finish(b->mid.e);
	settle(b);
	b->n = 0;
}
