/* heldflood.c - many TCP sessions through one engine, sending in and out of order as it is told: what does that cost?
 *
 *   heldflood CONFIG    reads commands from standard input, answers each with a line "passed P dropped D inspected I ..."
 *
 * open FROM N        sessions FROM to FROM+N-1: SYN, SYN-ACK, ACK
 * say FROM N LEN     each client sends LEN octets in order, and its server acknowledges them
 * mute FROM N LEN    the same, but for the acknowledgement
 * ahead FROM N LEN   each client sends LEN octets with a hole of HOLE before them; again: behind those, with another hole
 * fill FROM N        each client sends all that it has sent ahead once more, holes too; without any, HOLE octets
 * close FROM N       RST
 *
 * The answer's numbers are of this command, but for used (octets of the stream memory now), sessions, and the counters after
 * "told" (since the start). What the process takes, others see better. At the end every session is over: one line more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "ips/conf.h"
#include "ips/engine_int.h"

enum { HOLE = 100, SESSIONS_MAX = 1 << 21, FRAME = 1 << 16, LARGE = 60000, IP_TCP = 40, SYN_OPTS = 8, STEP_NS = 200 };

struct client {
	uint32_t next;        /* octets sent in order */
	uint32_t ahead;       /* octets behind them, holes included, of which some are on their way */
};

static struct client *clients;
static struct engine *engine;
static uint64_t nr, inspected, now_ns = NS_PER_SEC;
static uint64_t passed, dropped;
static uint8_t frame[FRAME];

static void on_bytes(void *arg, const struct session *s, enum dir d, uint32_t seq, struct span bytes)
{
	(void)arg, (void)s, (void)d, (void)seq;
	inspected += bytes.len;
}

/* That there are no signatures. */
static void told(void *arg, const char *text)
{
	(void)arg, (void)text;
}

/* Session i's segment; its checksum is left to the card, as in a packet that a host sends itself. */
static bool send_segment(unsigned i, enum dir d, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	static const uint8_t opts[SYN_OPTS] = { 2, 4, 5, 180, 1, 3, 3, 7 };
	const uint32_t client = 0x0a000000u + i, server = 0xac100001u;
	const size_t n_opts = (flags & TCP_SYN) != 0 ? SYN_OPTS : 0;
	struct wr w = wr_of(frame, sizeof(frame));
	wr_be32(&w, 0x45000000u + (uint32_t)(IP_TCP + n_opts + len));
	wr_be32(&w, 0x4000);
	wr_be32(&w, 0x40060000u);
	wr_be32(&w, d == DIR_ORIG ? client : server);
	wr_be32(&w, d == DIR_ORIG ? server : client);
	wr_be32(&w, d == DIR_ORIG ? 0xc3500066u : 0x0066c350u);
	wr_be32(&w, seq);
	wr_be32(&w, ack);
	wr_be32(&w, (uint32_t)((20 + n_opts) / 4) << 28 | (uint32_t)flags << 16 | 0x2000);
	wr_be32(&w, 0);
	wr_bytes(&w, opts, n_opts);
	wr_room(&w, len);
	uint32_t sum = 0;
	for (unsigned at = 0; at < 20; at += 2)
		sum += (uint32_t)frame[at] << 8 | frame[at + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[10] = (uint8_t)(sum >> 8);
	frame[11] = (uint8_t)sum;
	now_ns += STEP_NS;
	struct packet p = { .data = frame, .len = (uint32_t)w.len, .wire_len = (uint32_t)w.len, .ifin = d == DIR_ORIG ? 1 : 2,
			    .ifout = d == DIR_ORIG ? 2 : 1, .at = mono_ns((int64_t)now_ns), .nr = ++nr };
	const bool pass = engine_packet(engine, &p).pass;
	passed += pass;
	dropped += !pass;
	return pass;
}

static void open_session(unsigned i)
{
	clients[i] = (struct client){ 0 };
	send_segment(i, DIR_ORIG, TCP_SYN, i, 0, 0);
	send_segment(i, DIR_REPLY, TCP_SYN | TCP_ACK, ~i, i + 1, 0);
	send_segment(i, DIR_ORIG, TCP_ACK, i + 1, ~i + 1, 0);
}

static bool from_client(unsigned i, uint32_t at, uint32_t len)
{
	return send_segment(i, DIR_ORIG, TCP_ACK | TCP_PSH, i + 1 + at, ~i + 1, len);
}

static void say(unsigned i, uint32_t len, bool acked)
{
	if (from_client(i, clients[i].next, len)) {
		clients[i].next += len;
		if (acked)
			send_segment(i, DIR_REPLY, TCP_ACK, ~i + 1, i + 1 + clients[i].next, 0);
	}
}

static void ahead(unsigned i, uint32_t len)
{
	struct client *c = &clients[i];
	if (from_client(i, c->next + c->ahead + HOLE, len))
		c->ahead += HOLE + len;
}

/* The server has got what was let by. */
static void fill(unsigned i)
{
	struct client *c = &clients[i];
	uint32_t left = c->ahead != 0 ? c->ahead : HOLE;
	c->ahead = 0;
	for (uint32_t n; left != 0; left -= n) {
		n = (uint32_t)size_min(left, LARGE);
		if (!from_client(i, c->next, n))
			return;
		c->next += n;
	}
	send_segment(i, DIR_REPLY, TCP_ACK, ~i + 1, i + 1 + c->next, 0);
}

static bool one(const char *what, unsigned i, unsigned len)
{
	if (strcmp(what, "open") == 0)
		open_session(i);
	else if (strcmp(what, "say") == 0)
		say(i, len, true);
	else if (strcmp(what, "mute") == 0)
		say(i, len, false);
	else if (strcmp(what, "ahead") == 0)
		ahead(i, len);
	else if (strcmp(what, "fill") == 0)
		fill(i);
	else if (strcmp(what, "close") == 0)
		send_segment(i, DIR_ORIG, TCP_RST, i + 1 + clients[i].next, 0, 0);
	else
		return false;
	return true;
}

static void answer(void)
{
	const struct engine_stats *st = engine_stats(engine);
	printf("passed %llu dropped %llu inspected %llu used %zu sessions %zu told", (unsigned long long)passed,
	       (unsigned long long)dropped, (unsigned long long)inspected, bufpool_used(engine->bufs),
	       session_count(engine_sessions(engine)));
	for (unsigned i = 1; i < REASON_N; i++)
		if (st->drops[i] != 0)
			printf(" %s %llu", reason_name(i), (unsigned long long)st->drops[i]);
	for (unsigned i = 0; i < ANOMALY_N; i++)
		if (st->anomalies[i] != 0)
			printf(" %s %llu", anomaly_name(i), (unsigned long long)st->anomalies[i]);
	printf(" uninspected %llu\n", (unsigned long long)st->uninspected);
	fflush(stdout);
	passed = dropped = inspected = 0;
}

static int commands(void)
{
	char line[100], what[20];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned from, n, len = 0;
		if (sscanf(line, "%19s %u %u %u", what, &from, &n, &len) < 3 || from + n > SESSIONS_MAX || len > LARGE)
			return 2;
		for (unsigned i = from; i < from + n; i++)
			if (!one(what, i, len))
				return 2;
		answer();
	}
	return 0;
}

int main(int argc, char **argv)
{
	enum err e = OK;
	struct gen *g = NULL;
	static const char *const rules[] = { "tests/tools/overlap.rules", NULL };
	struct conf *c = argc >= 2 ? conf_load(argv[1], &e) : NULL;
	if (c == NULL || conf_n_errors(c) != 0 || gen_new_conf(c, rules, NULL, told, NULL, &g) != OK) {
		fprintf(stderr, "usage: heldflood CONFIG; %s\n", c != NULL && conf_n_errors(c) != 0 ? conf_error(c, 0) : "");
		return 2;
	}
	const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	clients = calloc(SESSIONS_MAX, sizeof(*clients));
	if (clients == NULL || engine_new(&cfg, g, mono_ns((int64_t)now_ns), NULL, NULL, &engine) != OK)
		return 1;
	engine_on_bytes(engine, on_bytes, NULL);
	const int r = commands();
	engine_finish(engine);
	answer();
	engine_free(engine);
	gen_free(g);
	conf_free(c);
	free(clients);
	return r;
}
