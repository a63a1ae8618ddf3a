/* flowplay.c - plays the TCP payloads of a capture between two real sockets, in the recorded order.
 *
 *   flowplay server --listen ADDR [options] CAPTURE
 *   flowplay client --connect ADDR [options] CAPTURE
 *   flowplay plan CAPTURE                        only counts what would be played
 *
 * Both read the same capture and walk the same plan: what is theirs to send they send, what is the other's they wait for and
 * compare. The options are in tests/tools/README.md. Exit code 0: every octet came as recorded.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/flowplay_net.h"

enum { CHUNK = 65536, SAID_MAX = 20, HOLD_MAX_S = 900 };

struct options {
	enum plan_side side;
	const char *addr, *map, *capture;
	unsigned pace_ms, timeout_s;
	uint64_t hold_after;     /* UINT64_MAX: never */
};

/* A connection under way. */
struct link {
	int fd;                  /* -1: not open, or no more */
	bool dead;               /* ended otherwise than recorded */
	bool fin_sent, fin_seen;
};

struct player {
	const struct options *o;
	struct plan plan;
	struct net net;
	struct link *link;
	size_t turn;             /* under way */
	uint64_t data;           /* turns of data so far, of both sides */
	uint64_t sent, received, mismatches, resets;
	unsigned said;
	bool stuck;
};

static const char *const SIDES[] = { "client", "server" };

/* Says what went wrong at this turn. */
static void say(struct player *w, const char *what)
{
	char text[PLAN_TEXT];
	if (w->said++ < SAID_MAX)
		fprintf(stderr, "flowplay %s: %s: %s\n", SIDES[w->o->side], plan_text(&w->plan, w->turn, text), what);
}

static void mismatch(struct player *w, const char *what)
{
	w->mismatches++;
	say(w, what);
}

/* The connection ends here, against the capture; the rest goes on. The other end learns of it by a reset. */
static void lost(struct player *w, struct link *l, enum net_end how)
{
	if (how == NET_TIMEOUT) {
		char text[48];
		snprintf(text, sizeof(text), "nothing happened for %u s", w->o->timeout_s);
		say(w, text);
		w->stuck = true;
		return;
	}
	w->resets++;
	say(w, how == NET_EOF ? "the connection was closed" : "the connection was reset");
	if (l->fd >= 0)
		net_drop(l->fd);
	l->fd = -1;
	l->dead = true;
}

/* --- turns ---------------------------------------------------------------------------------- */
static void open_link(struct player *w, uint32_t i)
{
	struct link *l = &w->link[i];
	const enum net_end end = w->o->side == PLAN_CLIENT ? net_connect(&w->net, &w->plan, i, &l->fd) :
							     net_accept(&w->net, &w->plan, i, &l->fd);
	if (end != NET_FINE)
		lost(w, l, end);
	w->stuck |= end != NET_FINE; /* whoever waits at the other end would be waiting for another connection */
}

static void send_data(struct player *w, struct link *l, const struct plan_turn *t)
{
	size_t done;
	if (w->o->pace_ms != 0)
		usleep(w->o->pace_ms * 1000);
	const enum net_end end = net_send(&w->net, l->fd, w->plan.cap.octets.p + t->at, t->len, &done);
	w->sent += done;
	if (end != NET_FINE)
		lost(w, l, end);
}

static void compare(struct player *w, const uint8_t *got, const uint8_t *want, size_t len, size_t at)
{
	char text[80];
	size_t i = 0;
	if (memcmp(got, want, len) == 0)
		return;
	while (got[i] == want[i])
		i++;
	snprintf(text, sizeof(text), "octet %zu is 0x%02x, should be 0x%02x", at + i, got[i], want[i]);
	mismatch(w, text);
}

static void receive_data(struct player *w, struct link *l, const struct plan_turn *t)
{
	static uint8_t buf[CHUNK];
	for (size_t at = 0; at < t->len;) {
		size_t done;
		const enum net_end end = net_recv(&w->net, l->fd, buf, size_min(t->len - at, sizeof(buf)), &done);
		if (end != NET_FINE) {
			lost(w, l, end);
			return;
		}
		compare(w, buf, w->plan.cap.octets.p + t->at + at, done, at);
		w->received += done;
		at += done;
	}
}

static void close_when_done(struct link *l)
{
	if (!l->fin_sent || !l->fin_seen)
		return;
	close(l->fd);
	l->fd = -1;
}

static void send_fin(struct player *w, struct link *l)
{
	l->fin_sent = true;
	if (shutdown(l->fd, SHUT_WR) != 0)
		lost(w, l, NET_RESET);
	else
		close_when_done(l);
}

/* The other end's FIN, and nothing before it. */
static void await_fin(struct player *w, struct link *l)
{
	uint8_t more[CHUNK];
	enum net_end end;
	size_t done;
	while ((end = net_recv(&w->net, l->fd, more, sizeof(more), &done)) == NET_FINE)
		mismatch(w, "octets that are not in the capture");
	if (end != NET_EOF) {
		lost(w, l, end);
		return;
	}
	l->fin_seen = true;
	close_when_done(l);
}

static void send_reset(struct player *w, struct link *l)
{
	const enum net_end end = net_reset(&w->net, l->fd);
	l->fd = -1;
	if (end != NET_FINE)
		lost(w, l, end);
}

static void await_reset(struct player *w, struct link *l)
{
	uint8_t more[CHUNK];
	enum net_end end = NET_FINE;
	size_t done;
	while (!l->fin_seen && end == NET_FINE) {
		end = net_recv(&w->net, l->fd, more, sizeof(more), &done);
		if (end == NET_FINE)
			mismatch(w, "octets that are not in the capture");
	}
	if (l->fin_seen)
		end = net_await_reset(&w->net, l->fd);
	if (end == NET_TIMEOUT) {
		lost(w, l, end);
		return;
	}
	if (end == NET_EOF)
		mismatch(w, "closed where the capture has a reset");
	net_drop(l->fd);
	l->fd = -1;
}

/* Waits for SIGUSR1, also one that came before; not for ever, lest it outlive the test that has died. */
static void hold(void)
{
	const struct timespec limit = { .tv_sec = HOLD_MAX_S };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	puts("holding");
	fflush(stdout);
	while (sigtimedwait(&set, NULL, &limit) < 0)
		if (errno != EINTR)
			fail("flowplay client: no SIGUSR1 for %d s", HOLD_MAX_S);
}

static void play_turn(struct player *w, const struct plan_turn *t)
{
	struct link *l = &w->link[t->conn];
	const bool mine = t->from == (uint8_t)w->o->side;
	if (l->dead)
		return;
	switch ((enum plan_kind)t->kind) {
	case PLAN_OPEN:
		open_link(w, t->conn);
		break;
	case PLAN_DATA:
		(mine ? send_data : receive_data)(w, l, t);
		break;
	case PLAN_FIN:
		(mine ? send_fin : await_fin)(w, l);
		break;
	case PLAN_RST:
		(mine ? send_reset : await_reset)(w, l);
		break;
	}
}

/* Connections that the capture leaves open are closed, by the server first: the client's ports are free again then. */
static void close_all(struct player *w)
{
	for (size_t i = 0; i < w->plan.n_conn && !w->stuck; i++) {
		struct link *l = &w->link[i];
		if (l->fd >= 0 && w->o->side == PLAN_SERVER && !l->fin_sent)
			send_fin(w, l);
		if (l->fd >= 0 && w->o->side == PLAN_CLIENT && !l->fin_seen)
			await_fin(w, l);
		if (l->fd >= 0 && w->o->side == PLAN_CLIENT && !l->fin_sent)
			send_fin(w, l);
	}
	for (size_t i = 0; i < w->plan.n_conn && !w->stuck; i++)
		if (w->link[i].fd >= 0)
			await_fin(w, &w->link[i]);
}

static void play(struct player *w)
{
	const bool holds = w->o->side == PLAN_CLIENT && w->o->hold_after != UINT64_MAX;
	if (holds && w->o->hold_after == 0)
		hold();
	for (w->turn = 0; w->turn < w->plan.n_turn && !w->stuck; w->turn++) {
		const struct plan_turn *t = &w->plan.turn[w->turn];
		play_turn(w, t);
		if (w->stuck)
			break;
		w->data += t->kind == PLAN_DATA;
		if (holds && t->kind == PLAN_DATA && w->data == w->o->hold_after)
			hold();
	}
	close_all(w);
}

/* --- frame ---------------------------------------------------------------------------------- */
static void print(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}

static void report_plan(const struct plan *p)
{
	print("incomplete", p->incomplete);
	print("not_played", p->not_played);
	print("octets_skipped", p->skipped);
	print("fragments", p->cap.fragments);
}

/* true: all as recorded. */
static bool report(const struct player *w)
{
	const struct plan *p = &w->plan;
	const uint64_t missing = p->octets[w->o->side == PLAN_CLIENT ? PLAN_SERVER : PLAN_CLIENT] - w->received;
	const uint64_t unsent = p->octets[w->o->side] - w->sent;
	print("connections", p->n_conn);
	print("turns", w->data);
	print("octets_sent", w->sent);
	print("octets_received", w->received);
	print("octets_missing", missing);
	print("mismatches", w->mismatches);
	print("resets", w->resets);
	report_plan(p);
	print("ports_mapped", w->net.mapped);
	return !w->stuck && missing == 0 && unsent == 0 && w->mismatches == 0 && w->resets == 0;
}

static int only_plan(const char *capture)
{
	static struct plan p;
	plan_read(&p, capture);
	print("connections", p.n_conn);
	print("turns", p.n_data);
	print("octets_client", p.octets[PLAN_CLIENT]);
	print("octets_server", p.octets[PLAN_SERVER]);
	report_plan(&p);
	plan_fini(&p);
	return 0;
}

static unsigned number(const char *option, const char *text, unsigned max)
{
	char *end;
	errno = 0;
	const unsigned long v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > max)
		fail("%s: \"%s\": should be a number of at most %u", option, text, max);
	return (unsigned)v;
}

static _Noreturn void usage(void)
{
	fputs("usage: flowplay server --listen ADDR [--port-map RECORDED:PORT,...] [--pace MS] [--timeout S] CAPTURE\n"
	      "       flowplay client --connect ADDR [--port-map ...] [--pace MS] [--timeout S] [--hold-after N] CAPTURE\n"
	      "       flowplay plan CAPTURE\n",
	      stderr);
	exit(2);
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },	{ "connect", required_argument, NULL, 'c' },
		{ "port-map", required_argument, NULL, 'm' },	{ "pace", required_argument, NULL, 'p' },
		{ "hold-after", required_argument, NULL, 'h' }, { "timeout", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	*o = (struct options){ .timeout_s = 20, .hold_after = UINT64_MAX };
	if (argc < 2 || (strcmp(argv[1], SIDES[PLAN_CLIENT]) != 0 && strcmp(argv[1], SIDES[PLAN_SERVER]) != 0))
		usage();
	o->side = strcmp(argv[1], SIDES[PLAN_CLIENT]) == 0 ? PLAN_CLIENT : PLAN_SERVER;
	for (int c; (c = getopt_long(argc - 1, argv + 1, "", longs, NULL)) != -1;) {
		if (c == (o->side == PLAN_CLIENT ? 'c' : 'l'))
			o->addr = optarg;
		else if (c == 'm')
			o->map = optarg;
		else if (c == 'p')
			o->pace_ms = number("--pace", optarg, 3600000);
		else if (c == 't')
			o->timeout_s = number("--timeout", optarg, 86400);
		else if (c == 'h' && o->side == PLAN_CLIENT)
			o->hold_after = number("--hold-after", optarg, 1u << 30);
		else
			usage();
	}
	if (o->addr == NULL || optind + 2 != argc || o->timeout_s == 0)
		usage();
	o->capture = argv[optind + 1];
}

int main(int argc, char **argv)
{
	static struct player w;
	struct options o;
	sigset_t set;
	if (argc == 3 && strcmp(argv[1], "plan") == 0)
		return only_plan(argv[2]);
	parse(&o, argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	w.o = &o;
	plan_read(&w.plan, o.capture);
	if (o.hold_after != UINT64_MAX && o.hold_after > w.plan.n_data)
		fail("--hold-after: the capture has only %" PRIu64 " turns", w.plan.n_data);
	net_init(&w.net, &w.plan, o.addr, o.map);
	w.net.timeout_ms = (int)o.timeout_s * 1000;
	w.link = calloc(w.plan.n_conn, sizeof(*w.link));
	if (w.link == NULL)
		fail("out of memory");
	for (size_t i = 0; i < w.plan.n_conn; i++)
		w.link[i].fd = -1;
	if (o.side == PLAN_SERVER) {
		net_listen(&w.net, &w.plan);
		puts("ready");
		fflush(stdout);
	}
	play(&w);
	const bool fine = report(&w);
	for (size_t i = 0; i < w.plan.n_conn; i++)
		if (w.link[i].fd >= 0)
			net_drop(w.link[i].fd);
	net_fini(&w.net);
	free(w.link);
	plan_fini(&w.plan);
	return fine ? 0 : 1;
}
