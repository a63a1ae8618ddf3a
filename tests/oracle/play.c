/* play.c - see play.h. All schedules of a batch take their steps in turn; after each turn all is quiet before the next. */
#include "tests/oracle/play.h"

#include <string.h>
#include <unistd.h>

#include "forward/tcp.h"

enum { HANDSHAKES = 6, CLOSINGS = 32, PROMPT = 8, PORT_FIRST = 33000, PORT_N = 30000, TTL_WHOLE = 64 };
enum { AT_ONCE = 4, FILLS = 6, LONG_S = 600, WINDOW_OPEN = 60001 };
enum { WAIT_US = 40, WAITS_MAX = 5000, QUIET = 2, REPEAT_US = 25000, BUSY_US = 2000 };

struct conn *conn_of(struct conn *c, unsigned n, uint16_t id)
{
	const uint16_t i = n != 0 ? (uint16_t)(id - c->id) : 0;
	return i < n ? &c[i] : NULL;
}

struct conn *conn_with(struct conn *c, unsigned n, const struct tuple *t, bool destination)
{
	const struct addr *a = destination ? &t->dst : &t->src;
	const bool six = t->family == 6;
	const uint8_t *low = &a->b[six ? 14 : 2];
	if (six ? a->b[0] != 0xfd || a->b[1] != 0x93 : a->b[0] != 10 || a->b[1] != 93)
		return NULL;
	struct conn *x = conn_of(c, n, (uint16_t)(low[0] << 8 | low[1]));
	return x != NULL && x->s->six == six ? x : NULL;
}

struct conn *conn_at(struct conn *c, unsigned n, const struct tuple *t, bool destination)
{
	struct conn *x = conn_with(c, n, t, destination);
	return x != NULL && x->port == (destination ? t->dport : t->sport) ? x : NULL;
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
	memset(b->mid.drops, 0, sizeof(b->mid.drops));
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
		c->pair = s[i].fail.at != 0 ? pair_new(&b->mid, &s[i]) : NULL;
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
			c->back_before = c->n_back;
			break;
		case STEP_SEND:
			receiver_send(c, st->len);
			break;
		case STEP_LOSE:
			c->lossy = true;
			c->lose[st->variant] += st->len;
			break;
		case STEP_SHUT:
			receiver_shut(c);
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

/* What the receiver has not acknowledged of the first upto octets, and FIN if that is all. */
static void send_rest(struct bench *b, struct conn *c, uint32_t upto, bool fin)
{
	int32_t at = seq_diff(c->acked, c->s->isn + 1);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		const int32_t left = (int32_t)upto > at ? (int32_t)upto - at : 0;
		struct step st = { .off = at, .flags = TCP_ACK | TCP_PSH, .ttl = TTL_WHOLE, .window = WINDOW_OPEN };
		st.len = (uint16_t)(left < SEGMENT_MAX ? left : SEGMENT_MAX);
		if (st.len == left && fin)
			st.flags |= TCP_FIN;
		wire_send(&b->wire, c, &st);
		if (st.len == left)
			return;
		at += st.len;
	}
}

/* No octets wait behind a hole: nobody could know of them who comes to the connection afterwards. */
static void fill_holes(struct bench *b)
{
	for (unsigned t = 0; t < FILLS; t++) {
		for (unsigned i = 0; i < b->n; i++) {
			struct conn *c = &b->c[i];
			const bool waits = c->opened && c->next < c->s->n && c->s->step[c->next].wait_s >= LONG_S;
			if (waits && seq_diff(c->acked, c->s->isn + 1 + c->top) < 0)
				send_rest(b, c, c->top, false);
		}
		settle(b);
	}
}

/* Those that wait go on together; the engine's time passes by the longest of their waits. */
static bool pause_over(struct bench *b)
{
	uint32_t longest = 0;
	bool any = false;
	fill_holes(b);
	for (unsigned i = 0; i < b->n; i++) {
		struct conn *c = &b->c[i];
		if (!c->opened || c->next >= c->s->n)
			continue;
		const uint32_t wait = c->s->step[c->next++].wait_s;
		longest = wait > longest ? wait : longest;
		any = true;
	}
	b->mid.now = mono_add(b->mid.now, longest * NS_PER_SEC);
	middle_tick(&b->mid);
	return any;
}

/* The cookie that the receiver gives to that address. */
static void ask_cookies(struct bench *b)
{
	const struct step ask = { .off = -1, .flags = TCP_SYN, .ttl = TTL_WHOLE, .cookie = COOKIE_ASKED, .side_port = true };
	const struct step end = { .flags = TCP_RST, .ttl = TTL_WHOLE, .side_port = true };
	for (unsigned k = 0; k < 2; k++) {
		bool any = false;
		for (unsigned i = 0; i < b->n; i++)
			if (b->c[i].s->cookie != COOKIE_NONE) {
				wire_send(&b->wire, &b->c[i], k == 0 ? &ask : &end);
				any = true;
			}
		if (any)
			settle(b);
	}
}

static void handshakes(struct bench *b)
{
	const struct step ack = { .flags = TCP_ACK, .ttl = TTL_WHOLE };
	for (unsigned t = 0; t < HANDSHAKES; t++) {
		bool any = false;
		for (unsigned i = 0; i < b->n; i++) {
			const struct schedule *s = b->c[i].s;
			struct step syn = { .off = -1, .flags = TCP_SYN, .ttl = TTL_WHOLE, .cookie = s->cookie, .len = s->syn_len,
					    .clipped = true };
			if (b->c[i].opened)
				continue;
			syn.flags |= s->server ? TCP_ACK : 0;
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

/* All that the application has sent, and will send, is here. */
static bool answered(const struct conn *c)
{
	if (c->end == STILL_OPEN)
		return false;
	return c->end == ENDED_RESET || (c->n_back >= c->to_send && (!c->shut_wanted || c->fin_came));
}

/* Whoever waits for a packet that died with a node waits until its sender repeats it. */
static bool waits_long(const struct conn *c)
{
	return (c->pair != NULL || c->lossy) && c->end == ENDED_CLEAN;
}

static void close_all(struct bench *b)
{
	const struct step ack = { .from_ack = true, .flags = TCP_ACK, .ttl = TTL_WHOLE, .window = WINDOW_OPEN };
	for (unsigned i = 0; i < b->n; i++)
		b->c[i].reading = true;
	for (unsigned t = 0; t < CLOSINGS; t++) {
		bool any = false, wait = false;
		for (unsigned i = 0; i < b->n; i++) {
			struct conn *c = &b->c[i];
			if (!c->opened || answered(c))
				continue;
			any = true;
			wait |= waits_long(c);
			if (c->end == STILL_OPEN)
				send_rest(b, c, c->s->len, true);
			else
				wire_send(&b->wire, c, &ack);
		}
		if (!any)
			break;
		settle(b);
		if (t > PROMPT) { /* what is repeated comes twice as late each time; on a busy machine all is late */
			usleep(wait ? REPEAT_US * (t - PROMPT) : BUSY_US);
			settle(b);
		}
	}
	for (unsigned i = 0; i < b->n; i++)
		if (b->c[i].opened)
			wire_send(&b->wire, &b->c[i], &ack);
	settle(b);
}

void play(struct bench *b, const struct schedule *s, unsigned n, struct outcome *out)
{
	begin(b, s, n);
	receiver_call(&b->rcv, b->c, n);
	settle(b);
	ask_cookies(b);
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
	for (unsigned i = 0; i < n; i++)
		pair_free(b->c[i].pair);
	engine_finish(b->mid.e);
	settle(b);
	b->n = 0;
}
