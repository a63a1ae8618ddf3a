/* conns.c - many TCP connections at once, each of which says something and hears it again; every octet is compared.
 *
 *   conns server ADDR PORT            echoes, until SIGTERM
 *   conns short ADDR PORT N PARALLEL  N connections, so many at a time, each opened, used and closed
 *   conns hold ADDR PORT N            N connections, used; used again after each SIGUSR1, closed after SIGTERM
 *
 * Prints ready (short: the first tenth is done), used (hold: after SIGUSR1), and its numbers at the end. Exit code 0: all well.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"

enum { CONNS_MAX = 8192, SAY = 300, LIMIT_S = 170, PATIENCE_S = 30, BACKLOG = 1024 };

struct conn {
	int fd;                      /* -1: none */
	unsigned nr;
	uint32_t sent, got;          /* of what is due */
	uint32_t due;
	bool open, closing;
	double since;
};

static struct conn conn[CONNS_MAX];
static struct pollfd fds[CONNS_MAX + 1];
static unsigned begun, done, resets, refused, wrong, stuck, accepted;
static unsigned long long octets_sent, octets_received;
static struct sockaddr_in to;
static volatile sig_atomic_t end_asked, use_asked;

static void on_signal(int nr)
{
	if (nr == SIGUSR1)
		use_asked = 1;
	else
		end_asked = 1;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint8_t octet(unsigned nr, uint32_t at)
{
	return (uint8_t)(nr * 31 + at * 7 + at / 251);
}

static void finish(struct conn *c, unsigned *count)
{
	close(c->fd);
	c->fd = -1;
	++*count;
}

static void numbers(void)
{
	printf("begun %u\ndone %u\naccepted %u\nresets %u\nrefused %u\n", begun, done, accepted, resets, refused);
	printf("wrong %u\nstuck %u\noctets_sent %llu\noctets_received %llu\n", wrong, stuck, octets_sent, octets_received);
	fflush(stdout);
}

/* --- server ---------------------------------------------------------------------------------------------- */

static void echo(struct conn *c)
{
	uint8_t buf[4096];
	const ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(c, n == 0 ? &done : &resets);
		return;
	}
	octets_received += (unsigned long long)n;
	if (send(c->fd, buf, (size_t)n, MSG_NOSIGNAL) != n) /* small: the buffer takes it */
		finish(c, &resets);
	else
		octets_sent += (unsigned long long)n;
}

static void take_in(int listener)
{
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
		unsigned i = 0;
		while (i < CONNS_MAX && conn[i].fd >= 0)
			i++;
		if (i == CONNS_MAX) {
			close(fd);
			refused++;
			continue;
		}
		conn[i] = (struct conn){ .fd = fd };
		accepted++;
	}
}

static int serve(void)
{
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)&to, sizeof(to)) != 0 || listen(listener, BACKLOG) != 0) {
		printf("cannot listen: %s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!end_asked) {
		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (unsigned i = 0; i < CONNS_MAX; i++)
			fds[i + 1] = (struct pollfd){ .fd = conn[i].fd, .events = POLLIN };
		if (poll(fds, CONNS_MAX + 1, 1000) < 0)
			continue;
		for (unsigned i = 0; i < CONNS_MAX; i++)
			if (fds[i + 1].revents != 0)
				echo(&conn[i]);
		if (fds[0].revents != 0)
			take_in(listener);
	}
	numbers();
	return 0;
}

/* --- client ---------------------------------------------------------------------------------------------- */

static void begin(struct conn *c)
{
	*c = (struct conn){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .nr = begun++, .due = SAY, .since = now() };
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		finish(c, &refused);
}

static void say(struct conn *c)
{
	uint8_t buf[SAY];
	const uint32_t left = c->due - c->sent;
	for (uint32_t i = 0; i < left; i++)
		buf[i] = octet(c->nr, c->sent + i);
	const ssize_t n = send(c->fd, buf, left, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			finish(c, c->open ? &resets : &refused);
		return;
	}
	c->open = true;
	c->sent += (uint32_t)n;
	octets_sent += (unsigned long long)n;
}

static void hear(struct conn *c, bool close_after)
{
	uint8_t buf[SAY];
	const ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (n == 0 && !c->closing)) {
		finish(c, c->open ? &resets : &refused);
		return;
	}
	if (n == 0) {
		finish(c, &done);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		wrong += buf[i] != octet(c->nr, c->got + (uint32_t)i);
	octets_received += (unsigned long long)n;
	c->got += (uint32_t)n;
	if (c->got == c->due && close_after)
		c->closing = shutdown(c->fd, SHUT_WR) == 0;
}

/* One round over those that are open; how many still have something due. */
static unsigned turn(unsigned n, bool close_after)
{
	unsigned busy = 0;
	for (unsigned i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = conn[i].fd,
					  .events = (short)(POLLIN | (conn[i].sent < conn[i].due ? POLLOUT : 0)) };
	if (poll(fds, n, 100) < 0)
		return n;
	const double t = now();
	for (unsigned i = 0; i < n; i++) {
		struct conn *c = &conn[i];
		if (c->fd >= 0 && (fds[i].revents & POLLOUT) != 0)
			say(c);
		if (c->fd >= 0 && (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0)
			hear(c, close_after);
		if (c->fd >= 0 && (c->got < c->due || c->closing) && t - c->since > PATIENCE_S)
			finish(c, &stuck);
		busy += c->fd >= 0 && (c->got < c->due || close_after);
	}
	return busy;
}

static int well(unsigned n)
{
	numbers();
	return done == n && resets + refused + wrong + stuck == 0 ? 0 : 1;
}

static int run_short(unsigned n, unsigned parallel)
{
	bool said = false;
	for (unsigned busy = 1; begun < n || busy > 0;) {
		for (unsigned i = 0; i < parallel && begun < n; i++)
			if (conn[i].fd < 0)
				begin(&conn[i]);
		busy = turn(parallel, true);
		if (!said && done >= n / 10) {
			puts("ready");
			fflush(stdout);
			said = true;
		}
	}
	return well(n);
}

static void say_line(const char *text)
{
	puts(text);
	fflush(stdout);
}

static int run_hold(unsigned n)
{
	while (begun < n) {
		for (unsigned i = 0; i < 100 && begun < n; i++)
			begin(&conn[begun]);
		while (turn(n, false) > 0)
			;
	}
	say_line("ready");
	while (!end_asked) {
		(void)turn(n, false);
		if (!use_asked)
			continue;
		use_asked = 0;
		for (unsigned i = 0; i < n; i++) {
			conn[i].due += SAY;
			conn[i].since = now();
		}
		while (turn(n, false) > 0)
			;
		say_line("used");
	}
	for (unsigned i = 0; i < n; i++) {
		conn[i].since = now();
		conn[i].closing = conn[i].fd >= 0 && shutdown(conn[i].fd, SHUT_WR) == 0;
	}
	while (turn(n, true) > 0)
		;
	return well(n);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGUSR1, SIGTERM, SIGINT, SIGALRM };
	const struct rlimit many = { CONNS_MAX + 64, CONNS_MAX + 64 };
	const struct sigaction action = { .sa_handler = on_signal };
	const unsigned n = argc > 4 ? (unsigned)atoi(argv[4]) : 0, parallel = argc > 5 ? (unsigned)atoi(argv[5]) : 0;
	if (argc < 4 || n > CONNS_MAX || parallel > CONNS_MAX || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		puts("usage: see the head of conns.c");
		return 2;
	}
	to.sin_family = AF_INET;
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	(void)setrlimit(RLIMIT_NOFILE, &many);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &action, NULL);
	alarm(LIMIT_S);
	for (unsigned i = 0; i < CONNS_MAX; i++)
		conn[i].fd = -1;
	if (strcmp(argv[1], "server") == 0)
		return serve();
	return strcmp(argv[1], "short") == 0 ? run_short(n, parallel) : run_hold(n);
}
