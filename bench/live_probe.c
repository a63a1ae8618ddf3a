/* live_probe.c - both ends of what live_bench.sh measures: small requests and answers, and a flood of datagrams.
 *
 *   live_probe serve PORT                          echoes TCP and UDP at PORT; counts datagrams at PORT + 1; until it is killed
 *   live_probe tcp|udp ADDR PORT SECONDS OCTETS    one request at a time: prints "count N p50 US p99 US lost N"
 *   live_probe flood ADDR PORT SECONDS OCTETS      as fast as it goes: prints "kpps N offered N"
 *
 * The flood's rate is that of its arrival, by the receiver's clock: from the first datagram to the last.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, SIZE_MAX_ = 1400, SIZE_MIN_ = 16, TIMES_MAX = 1 << 20, ANSWER_MS = 500, SINK_ROOM = 8 << 20, QUESTIONS = 20 };
enum { Q_BEGIN = 1, Q_REPORT = 2 }; /* datagrams of that many octets are questions to the sink */

struct report {
	uint64_t n;
	double first, last;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "live_probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in address_of(const char *host, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (host != NULL && inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		errno = EINVAL;
		die(host);
	}
	return a;
}

static int open_socket(const char *host, unsigned port, int type)
{
	const struct sockaddr_in a = address_of(host, port);
	const int fd = socket(AF_INET, type, 0), one = 1;
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if ((host == NULL ? bind : connect)(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		die(host == NULL ? "bind" : "connect");
	return fd;
}

/* --- the server ----------------------------------------------------------------------------------------- */

static void *echo_stream(void *arg)
{
	const int fd = (int)(intptr_t)arg, one = 1;
	uint8_t buf[SIZE_MAX_];
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (ssize_t n; (n = recv(fd, buf, sizeof(buf), 0)) > 0;)
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	close(fd);
	return NULL;
}

static void *echo_datagrams(void *arg)
{
	uint8_t buf[SIZE_MAX_];
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		const ssize_t n = recvfrom((int)(intptr_t)arg, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n >= 0)
			(void)!sendto((int)(intptr_t)arg, buf, (size_t)n, 0, (const struct sockaddr *)&from, len);
	}
	return NULL;
}

static void count(int fd, struct report *r, const struct mmsghdr *m, double at)
{
	if (m->msg_len == Q_BEGIN)
		*r = (struct report){ 0 };
	if (m->msg_len == Q_BEGIN || m->msg_len == Q_REPORT) {
		(void)!sendto(fd, r, sizeof(*r), 0, m->msg_hdr.msg_name, m->msg_hdr.msg_namelen);
		return;
	}
	if (r->n++ == 0)
		r->first = at;
	r->last = at;
}

static void *sink(void *arg)
{
	static uint8_t room[BATCH][SIZE_MAX_];
	static struct mmsghdr m[BATCH];
	static struct iovec v[BATCH];
	static struct sockaddr_in from[BATCH];
	const int fd = (int)(intptr_t)arg, size = SINK_ROOM;
	struct report r = { 0 };
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (;;) {
		for (unsigned i = 0; i < BATCH; i++) {
			v[i] = (struct iovec){ room[i], sizeof(room[i]) };
			m[i].msg_hdr = (struct msghdr){
				.msg_iov = &v[i], .msg_iovlen = 1, .msg_name = &from[i], .msg_namelen = sizeof(from[i])
			};
		}
		const int got = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
		const double at = now();
		for (int i = 0; i < got; i++)
			count(fd, &r, &m[i], at);
	}
	return NULL;
}

static void begin(void *(*fn)(void *), int fd)
{
	pthread_t t;
	if (pthread_create(&t, NULL, fn, (void *)(intptr_t)fd) != 0)
		die("pthread_create");
	pthread_detach(t);
}

static _Noreturn void serve(unsigned port)
{
	const int l = open_socket(NULL, port, SOCK_STREAM);
	begin(echo_datagrams, open_socket(NULL, port, SOCK_DGRAM));
	begin(sink, open_socket(NULL, port + 1, SOCK_DGRAM));
	if (listen(l, BATCH) != 0)
		die("listen");
	puts("ready");
	fflush(stdout);
	for (;;) {
		const int fd = accept(l, NULL, NULL);
		if (fd >= 0)
			begin(echo_stream, fd);
	}
}

/* --- requests and answers ------------------------------------------------------------------------------- */

/* Reads one answer of so many octets: true when it came, and it is to the request with that number. */
static bool answer(int fd, bool stream, uint8_t *buf, size_t size, uint64_t nr)
{
	for (size_t have = 0;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t its;
		if (poll(&p, 1, ANSWER_MS) != 1)
			return false;
		const ssize_t n = recv(fd, &buf[have], size - have, 0);
		if (n <= 0)
			die("the answer");
		have = stream ? have + (size_t)n : (size_t)n;
		if (have < size)
			continue;
		memcpy(&its, buf, sizeof(its));
		if (its == nr)
			return true;
		have = 0; /* a late one */
	}
}

static int compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static int ask(const char *host, unsigned port, double seconds, size_t size, bool stream)
{
	static float us[TIMES_MAX];
	uint8_t out[SIZE_MAX_] = { 0 }, in[SIZE_MAX_];
	const int fd = open_socket(host, port, stream ? SOCK_STREAM : SOCK_DGRAM);
	const double end = now() + seconds;
	size_t n = 0;
	uint64_t lost = 0;
	for (uint64_t nr = 1; n < TIMES_MAX; nr++) {
		const double at = now();
		if (at >= end)
			break;
		memcpy(out, &nr, sizeof(nr));
		if (send(fd, out, size, MSG_NOSIGNAL) != (ssize_t)size)
			die("send");
		if (answer(fd, stream, in, size, nr))
			us[n++] = (float)((now() - at) * 1e6);
		else if (stream)
			die("no answer");
		else
			lost++;
	}
	if (n == 0)
		die("no answers");
	qsort(us, n, sizeof(us[0]), compare);
	printf("count %zu p50 %.1f p99 %.1f lost %llu\n", n, (double)us[n / 2], (double)us[n * 99 / 100], (unsigned long long)lost);
	return 0;
}

/* --- the flood ------------------------------------------------------------------------------------------ */

/* The question may be lost behind a flood: asked again. */
static struct report question(int fd, size_t kind)
{
	static const uint8_t octets[Q_REPORT];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct report r;
	for (unsigned i = 0; i < QUESTIONS; i++) {
		if (send(fd, octets, kind, 0) == (ssize_t)kind && poll(&p, 1, ANSWER_MS) == 1 &&
		    recv(fd, &r, sizeof(r), 0) == sizeof(r))
			return r;
	}
	die("the sink does not answer");
}

static int flood(const char *host, unsigned port, double seconds, size_t size)
{
	static uint8_t octets[SIZE_MAX_];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v = { octets, size };
	uint64_t n = 0;
	const int fd = open_socket(host, port + 1, SOCK_DGRAM);
	for (unsigned i = 0; i < BATCH; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 };
	(void)question(fd, Q_BEGIN);
	const double start = now();
	while (now() < start + seconds) {
		const int got = sendmmsg(fd, m, BATCH, 0);
		n += got > 0 ? (uint64_t)got : 0;
	}
	const double took = now() - start;
	const struct report r = question(fd, Q_REPORT);
	if (r.n < 2 || r.last <= r.first)
		die("nothing has arrived");
	printf("kpps %.1f offered %.1f\n", (double)r.n / (r.last - r.first) / 1e3, (double)n / took / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(mode, "serve") == 0)
		serve((unsigned)atoi(argv[2]));
	if (argc == 6) {
		const unsigned port = (unsigned)atoi(argv[3]);
		const double seconds = atof(argv[4]);
		const size_t size = (size_t)atoi(argv[5]);
		if (size < SIZE_MIN_ || size > SIZE_MAX_) {
			fputs("live_probe: 16 to 1400 octets\n", stderr);
			return 2;
		}
		if (strcmp(mode, "tcp") == 0 || strcmp(mode, "udp") == 0)
			return ask(argv[2], port, seconds, size, mode[0] == 't');
		if (strcmp(mode, "flood") == 0)
			return flood(argv[2], port, seconds, size);
	}
	fputs("usage: see the head of live_probe.c\n", stderr);
	return 2;
}
