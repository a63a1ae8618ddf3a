/* web.c - a small web server and a client of it: a request, an answer and a close a connection, every octet compared.
 *
 *   web server ADDR PORT               answers GET /N/LEN with LEN octets, and closes; until SIGTERM
 *   web client ADDR PORT N PARALLEL    N connections, so many at a time
 *
 * The client prints its numbers at the end; exit code 0: every answer came, whole and right, and the server's close behind it.
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 64, BACKLOG = 4096, PATIENCE_S = 30, BODY_MAX = 50000, CHUNK = 8192, HEAD = 512 };

static struct addrinfo *to;
static unsigned wanted;
static atomic_uint begun, done, refused, resets, wrong, stuck;
static atomic_ullong octets;

static unsigned char octet(unsigned nr, unsigned at)
{
	return (unsigned char)(nr * 31 + at * 7 + at / 251);
}

/* What the server sends as connection nr's answer: often little, sometimes much. */
static unsigned length_of(unsigned nr)
{
	return nr % 4 == 3 ? nr * 7919 % BODY_MAX : nr * 131 % 1500;
}

static int reach(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const int fd = socket(to->ai_family, SOCK_STREAM, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static int send_all(int fd, const void *p, size_t n)
{
	for (const char *at = p; n != 0;) {
		const ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return -1;
		at += sent;
		n -= (size_t)sent;
	}
	return 0;
}

/* --- server ---------------------------------------------------------------------------------------------- */

static void answer(int fd)
{
	char head[HEAD] = "";
	unsigned nr, len, have = 0;
	while (strstr(head, "\r\n\r\n") == NULL) {
		const ssize_t n = have < HEAD - 1 ? recv(fd, head + have, HEAD - 1 - have, 0) : -1;
		if (n <= 0)
			return;
		have += (unsigned)n;
		head[have] = '\0';
	}
	if (sscanf(head, "GET /%u/%u HTTP/1.1\r\n", &nr, &len) != 2)
		return;
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\nConnection: close\r\n\r\n", len);
	if (send_all(fd, head, strlen(head)) != 0)
		return;
	unsigned char body[CHUNK];
	for (unsigned at = 0, n; at < len; at += n) {
		for (n = 0; n < CHUNK && at + n < len; n++)
			body[n] = octet(nr, at + n);
		if (send_all(fd, body, n) != 0)
			return;
	}
}

static void *serve_some(void *arg)
{
	for (;;) {
		const int fd = accept(*(const int *)arg, NULL, NULL);
		if (fd < 0)
			continue;
		answer(fd);
		close(fd);
	}
	return NULL;
}

static int serve(pthread_t *threads)
{
	static int listener;
	const int one = 1;
	listener = socket(to->ai_family, SOCK_STREAM, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, to->ai_addr, to->ai_addrlen) != 0 || listen(listener, BACKLOG) != 0) {
		printf("cannot listen: %s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_create(&threads[i], NULL, serve_some, &listener);
	pause();
	return 0;
}

/* --- client ---------------------------------------------------------------------------------------------- */

/* Why the connection broke off. */
static void broken(void)
{
	atomic_uint *why = errno == EAGAIN || errno == EINPROGRESS ? &stuck : errno == ECONNREFUSED ? &refused : &resets;
	++*why;
}

/* The answer's octets in whatever pieces; true: all were there, all were right, nothing came behind them. */
static int hear(int fd, unsigned nr, unsigned len)
{
	char buf[CHUNK], head[HEAD] = "", want[HEAD];
	unsigned in_head = 0, got = 0, bad = 0;
	const int n_want = snprintf(want, sizeof(want), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\nConnection: close\r\n\r\n", len);
	for (ssize_t n; (n = recv(fd, buf, sizeof(buf), 0)) != 0;) {
		if (n < 0)
			return -1;
		octets += (unsigned long long)n;
		for (ssize_t i = 0; i < n; i++) {
			if (in_head < (unsigned)n_want)
				head[in_head++] = buf[i];
			else
				bad += (unsigned char)buf[i] != octet(nr, got++);
		}
	}
	return in_head == (unsigned)n_want && memcmp(head, want, in_head) == 0 && got == len && bad == 0;
}

static void fetch(unsigned nr)
{
	char ask[HEAD];
	const unsigned len = length_of(nr);
	const int fd = reach();
	const int n = snprintf(ask, sizeof(ask), "GET /%u/%u HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n", nr, len);
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0 || send_all(fd, ask, (size_t)n) != 0) {
		broken();
	} else {
		const int good = hear(fd, nr, len);
		if (good < 0)
			broken();
		else
			++*(good ? &done : &wrong);
	}
	close(fd);
}

static void *fetch_some(void *arg)
{
	for (unsigned nr; (nr = begun++) < wanted;)
		fetch(nr);
	return arg;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fetch_all(pthread_t *threads, unsigned parallel)
{
	const double start = now();
	for (unsigned i = 0; i < parallel; i++)
		pthread_create(&threads[i], NULL, fetch_some, NULL);
	for (unsigned i = 0; i < parallel; i++)
		pthread_join(threads[i], NULL);
	printf("done %u\nrefused %u\nresets %u\nwrong %u\n", done, refused, resets, wrong);
	printf("stuck %u\noctets %llu\na_second %.0f\n", stuck, octets, wanted / (now() - start));
	return done == wanted ? 0 : 1;
}

int main(int argc, char **argv)
{
	static pthread_t threads[WORKERS];
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	const unsigned parallel = argc > 5 ? (unsigned)atoi(argv[5]) : 0;
	wanted = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	if (argc < 4 || parallel > WORKERS || getaddrinfo(argv[2], argv[3], &hints, &to) != 0) {
		puts("usage: see the head of web.c");
		return 2;
	}
	return strcmp(argv[1], "server") == 0 ? serve(threads) : fetch_all(threads, parallel);
}
