/* pace.c - both ends of a flow of small numbered datagrams, IPv4: how long does it stop, what is lost, what comes twice?
 *
 *   pace watch ADDR PORT               prints "ready", and at each SIGUSR1 what there was since the last one:
 *                                      "pause_ms P received N lost N doubled N late N"
 *   pace send ADDR PORT US [TWICE]     a datagram each US microseconds until SIGTERM; number TWICE goes out twice
 *
 * A pause is the time between two arrivals. A datagram is lost that has not come though a later one has; one that comes later
 * still is late, or has come twice. Both ends ask for real-time priority, so that a busy machine stops them last.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { NUMBERS = 1 << 26, SIZE = 64, NS_A_US = 1000, ROOM = 4 << 20 };
#define NS_A_S INT64_C(1000000000)

static volatile sig_atomic_t asked, ended;

static void on_signal(int nr)
{
	if (nr == SIGUSR1)
		asked = 1;
	else
		ended = 1;
}

static _Noreturn void die(const char *what)
{
	printf("pace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_A_S + t.tv_nsec;
}

static int open_socket(const char *host, const char *port, bool server)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0), room = ROOM;
	if (fd < 0 || inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if ((server ? bind : connect)(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		die(host);
	return fd;
}

/* What has come since the last report. Numbers below base belong to earlier ones. */
struct window {
	uint32_t base, next; /* next: behind the highest that has come */
	uint32_t received, doubled, late;
	int64_t last, pause;
};

static void take(struct window *w, uint8_t *seen, uint32_t nr, int64_t at)
{
	uint8_t *octet = &seen[nr / 8];
	const uint8_t bit = (uint8_t)(1u << nr % 8);
	if (w->last != 0 && at - w->last > w->pause)
		w->pause = at - w->last;
	w->last = at;
	if ((*octet & bit) != 0) {
		w->doubled++;
		return;
	}
	*octet |= bit;
	if (nr < w->base) {
		w->late++;
		return;
	}
	w->received++;
	if (nr >= w->next)
		w->next = nr + 1;
}

static void report(struct window *w)
{
	const int64_t silent = w->last != 0 ? now() - w->last : 0;
	printf("pause_ms %.2f received %u lost %u doubled %u late %u\n", (double)(silent > w->pause ? silent : w->pause) / 1e6,
	       w->received, w->next - w->base - w->received, w->doubled, w->late);
	fflush(stdout);
	*w = (struct window){ .base = w->next, .next = w->next, .last = w->last };
}

static int watch(const char *host, const char *port)
{
	static uint8_t seen[NUMBERS / 8];
	struct window w = { 0 };
	const int fd = open_socket(host, port, true);
	puts("ready");
	fflush(stdout);
	while (!ended) {
		uint8_t buf[SIZE];
		uint32_t nr;
		const ssize_t n = recv(fd, buf, sizeof(buf), 0);
		if (asked) {
			asked = 0;
			report(&w);
		}
		if (n < (ssize_t)sizeof(nr))
			continue;
		memcpy(&nr, buf, sizeof(nr));
		if (nr < NUMBERS)
			take(&w, seen, nr, now());
	}
	return 0;
}

static int send_all(const char *host, const char *port, long us, long twice)
{
	uint8_t buf[SIZE] = { 0 };
	const int fd = open_socket(host, port, false);
	int64_t due = now();
	for (uint32_t nr = 0; nr < NUMBERS && !ended; nr++) {
		memcpy(buf, &nr, sizeof(nr));
		for (int times = 1 + ((long)nr == twice); times > 0; times--)
			(void)!send(fd, buf, sizeof(buf), 0); /* refused while nobody listens: lost like any */
		due += us * NS_A_US;
		const struct timespec until = { .tv_sec = due / NS_A_S, .tv_nsec = due % NS_A_S };
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct sched_param first = { .sched_priority = 1 };
	const struct sigaction act = { .sa_handler = on_signal }; /* recv returns */
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	(void)prctl(PR_SET_TIMERSLACK, 1);
	(void)sched_setscheduler(0, SCHED_FIFO, &first);
	if (argc == 4 && strcmp(argv[1], "watch") == 0)
		return watch(argv[2], argv[3]);
	if ((argc == 5 || argc == 6) && strcmp(argv[1], "send") == 0)
		return send_all(argv[2], argv[3], atol(argv[4]), argc == 6 ? atol(argv[5]) : -1);
	puts("usage: see the head of pace.c");
	return 2;
}
