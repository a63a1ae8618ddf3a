/* traffic.c - both ends of test traffic, IPv4 and IPv6; every mode ends by itself after LIMIT seconds, servers later.
 *
 *   traffic tcp-server ADDR PORT              serves one connection after another
 *   traffic tcp ADDR PORT UP DOWN             octets up and then down, each compared with what was sent
 *   traffic udp-echo ADDR PORT                answers each datagram with itself
 *   traffic udp ADDR PORT COUNT SIZE          one at a time, each answer awaited and compared
 *   traffic udp-sink ADDR PORT                counts and compares until half a second after the last one
 *   traffic udp-flood ADDR PORT SECONDS SIZE  as fast as it goes
 *   traffic udp-gso ADDR PORT COUNT           COUNT times 40 datagrams of 1000 octets that the kernel cuts from one
 *   traffic ping ADDR COUNT                   ICMP echo, each answer awaited
 *
 * An answer is awaited for a second, or TRAFFIC_WAIT milliseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"

enum { LIMIT = 30, SERVER_LIMIT = 170, PERIOD = 65521, BATCH = 64, SINK_QUIET_MS = 500, DATAGRAM_MAX = 65536 };

/* The stream's octets repeat after PERIOD, a prime, so that no power of two of them is like another. Twice, to read on. */
static uint8_t pattern[2 * PERIOD];
static uint8_t buffer[DATAGRAM_MAX];

static void make_pattern(void)
{
	uint32_t x = 2463534242u;
	for (size_t i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = pattern[i + PERIOD] = (uint8_t)x;
	}
}

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_socket(const char *host, const char *port, int type, bool server)
{
	const struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *a;
	const int one = 1, size = 8 << 20;
	if (getaddrinfo(host, port, &hints, &a) != 0)
		die(host);
	const int fd = socket(a->ai_family, type, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || (server ? bind(fd, a->ai_addr, a->ai_addrlen) : connect(fd, a->ai_addr, a->ai_addrlen)) != 0)
		die(server ? "bind" : "connect");
	freeaddrinfo(a);
	if (server && type == SOCK_STREAM && listen(fd, 16) != 0)
		die("listen");
	return fd;
}

/* --- TCP ------------------------------------------------------------------------------------ */
static bool send_stream(int fd, uint64_t n)
{
	for (uint64_t at = 0; at < n;) {
		const size_t len = n - at < PERIOD ? (size_t)(n - at) : PERIOD;
		const ssize_t got = send(fd, &pattern[at % PERIOD], len, MSG_NOSIGNAL);
		if (got <= 0)
			return false;
		at += (uint64_t)got;
	}
	return true;
}

/* 0: all came as sent; 1: it ended early; 2: other octets. */
static int recv_stream(int fd, uint64_t n)
{
	for (uint64_t at = 0; at < n;) {
		const size_t len = n - at < PERIOD ? (size_t)(n - at) : PERIOD;
		const ssize_t got = recv(fd, buffer, len, 0);
		if (got <= 0)
			return 1;
		if (memcmp(buffer, &pattern[at % PERIOD], (size_t)got) != 0)
			return 2;
		at += (uint64_t)got;
	}
	return 0;
}

static _Noreturn void tcp_server(const char *host, const char *port)
{
	const int l = open_socket(host, port, SOCK_STREAM, true);
	alarm(SERVER_LIMIT);
	for (;;) {
		uint64_t want[2];
		const int fd = accept(l, NULL, NULL);
		if (fd < 0)
			continue;
		if (recv(fd, want, sizeof(want), MSG_WAITALL) == sizeof(want)) {
			const uint8_t verdict = (uint8_t)recv_stream(fd, want[0]);
			if (send(fd, &verdict, 1, MSG_NOSIGNAL) == 1)
				(void)send_stream(fd, want[1]);
		}
		close(fd);
	}
}

static int tcp(const char *host, const char *port, uint64_t up, uint64_t down)
{
	const uint64_t want[2] = { up, down };
	uint8_t verdict = 9;
	const int fd = open_socket(host, port, SOCK_STREAM, false);
	const double start = now();
	if (send(fd, want, sizeof(want), MSG_NOSIGNAL) != sizeof(want) || !send_stream(fd, up) || recv(fd, &verdict, 1, 0) != 1)
		die("tcp");
	const double middle = now();
	const int back = recv_stream(fd, down);
	printf("up %u down %d Gbit/s %.2f %.2f\n", verdict, back, (double)up * 8e-9 / (middle - start),
	       (double)down * 8e-9 / (now() - middle));
	return verdict != 0 || back != 0;
}

/* --- UDP ------------------------------------------------------------------------------------ */
static int wait_ms(void)
{
	const char *text = getenv("TRAFFIC_WAIT");
	return text != NULL ? atoi(text) : 1000;
}

static bool await(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, ms) == 1;
}

static _Noreturn void udp_echo(const char *host, const char *port)
{
	const int fd = open_socket(host, port, SOCK_DGRAM, true);
	alarm(SERVER_LIMIT);
	for (;;) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		const ssize_t n = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len);
		if (n >= 0 && sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, len) != n)
			die("sendto");
	}
}

/* The answer to datagram i, which begins with its number: 0 it came as sent, 1 it did not come, 2 other octets came. */
static int udp_answer(int fd, uint32_t i, size_t size)
{
	for (const double end = now() + wait_ms() / 1e3; now() < end && await(fd, wait_ms());) {
		uint32_t nr;
		const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < (ssize_t)sizeof(nr))
			return 2;
		memcpy(&nr, buffer, sizeof(nr));
		if (nr < i)
			continue; /* late */
		return n != (ssize_t)size || nr != i || memcmp(&buffer[sizeof(nr)], &pattern[i], size - sizeof(nr)) != 0 ? 2 : 0;
	}
	return 1;
}

static int udp(const char *host, const char *port, uint32_t count, size_t size)
{
	static uint8_t out[DATAGRAM_MAX];
	const int fd = open_socket(host, port, SOCK_DGRAM, false);
	unsigned n[3] = { 0 };
	for (uint32_t i = 0; i < count; i++) {
		memcpy(out, &i, sizeof(i));
		memcpy(&out[sizeof(i)], &pattern[i], size - sizeof(i));
		if (send(fd, out, size, 0) == (ssize_t)size)
			n[udp_answer(fd, i, size)]++;
	}
	printf("answered %u of %u wrong %u\n", n[0], count, n[2]);
	return n[0] != count;
}

static int udp_sink(const char *host, const char *port)
{
	static uint8_t room[BATCH][2048];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];
	uint64_t count = 0, wrong = 0;
	double first = 0, last = 0;
	const int fd = open_socket(host, port, SOCK_DGRAM, true);
	for (unsigned i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ room[i], sizeof(room[i]) };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	puts("ready");
	fflush(stdout);
	while (await(fd, count == 0 ? LIMIT * 1000 : SINK_QUIET_MS)) {
		const int got = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
		last = now();
		if (count == 0)
			first = last;
		for (int i = 0; i < got; i++, count++)
			wrong += memcmp(room[i], pattern, m[i].msg_len) != 0;
	}
	printf("received %llu wrong %llu kpps %.1f\n", (unsigned long long)count,
	       (unsigned long long)wrong, last > first ? (double)count / (last - first) / 1e3 : 0);
	return 0;
}

static int udp_flood(const char *host, const char *port, double seconds, size_t size)
{
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v = { pattern, size };
	uint64_t count = 0;
	const int fd = open_socket(host, port, SOCK_DGRAM, false);
	for (unsigned i = 0; i < BATCH; i++) {
		m[i].msg_hdr.msg_iov = &v;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (const double end = now() + seconds; now() < end;) {
		const int got = sendmmsg(fd, m, BATCH, 0);
		count += got > 0 ? (uint64_t)got : 0;
	}
	printf("sent %llu\n", (unsigned long long)count);
	return 0;
}

static int udp_gso(const char *host, const char *port, unsigned count)
{
	enum { PIECES = 40, PIECE = 1000 };
	const int fd = open_socket(host, port, SOCK_DGRAM, false), piece = PIECE;
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &piece, sizeof(piece)) != 0)
		die("UDP_SEGMENT");
	for (size_t i = 0; i < PIECES; i++)
		memcpy(&buffer[i * PIECE], pattern, PIECE);
	for (unsigned i = 0; i < count; i++) {
		if (send(fd, buffer, PIECES * PIECE, 0) != PIECES * PIECE)
			die("send");
		usleep(1000);
	}
	return 0;
}

/* --- ICMP ----------------------------------------------------------------------------------- */
/* Type of an echo's answer to us with this number; the IPv4 header comes along. */
static bool is_answer(const uint8_t *p, ssize_t n, bool six, uint16_t nr)
{
	struct icmphdr h;
	const ssize_t skip = six ? 0 : (p[0] & 15) * 4;
	if (n < skip + (ssize_t)sizeof(h))
		return false;
	memcpy(&h, p + skip, sizeof(h));
	return h.type == (six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && ntohs(h.un.echo.id) == (uint16_t)getpid() &&
	       ntohs(h.un.echo.sequence) == nr;
}

static uint16_t icmp_sum(const struct icmphdr *h)
{
	uint16_t w[sizeof(*h) / 2];
	uint32_t sum = 0;
	memcpy(w, h, sizeof(w));
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		sum += w[i];
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

static int ping(const char *host, unsigned count)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	const bool six = strchr(host, ':') != NULL;
	const int fd = six ? socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) : socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	unsigned answered = 0;
	if (inet_pton(six ? AF_INET6 : AF_INET, host, six ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr) != 1 || fd < 0 ||
	    connect(fd, six ? (void *)&to6 : (void *)&to4, six ? sizeof(to6) : sizeof(to4)) != 0)
		die("ping");
	for (uint16_t i = 1; i <= count; i++) {
		struct icmphdr h = { .type = six ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
				     .un.echo = { .id = htons((uint16_t)getpid()), .sequence = htons(i) } };
		h.checksum = icmp_sum(&h);
		if (send(fd, &h, sizeof(h), 0) < 0)
			continue;
		for (const double end = now() + wait_ms() / 1e3; now() < end && await(fd, wait_ms());) {
			const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
			if (!is_answer(buffer, n, six, i))
				continue;
			answered++;
			break;
		}
	}
	printf("answered %u of %u\n", answered, count);
	return answered != count;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	make_pattern();
	alarm(LIMIT);
	if (argc == 4 && strcmp(mode, "tcp-server") == 0)
		tcp_server(argv[2], argv[3]);
	if (argc == 6 && strcmp(mode, "tcp") == 0)
		return tcp(argv[2], argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
	if (argc == 4 && strcmp(mode, "udp-echo") == 0)
		udp_echo(argv[2], argv[3]);
	if (argc == 6 && strcmp(mode, "udp") == 0)
		return udp(argv[2], argv[3], (uint32_t)atoi(argv[4]), size_min((size_t)atoi(argv[5]), PERIOD));
	if (argc == 4 && strcmp(mode, "udp-sink") == 0)
		return udp_sink(argv[2], argv[3]);
	if (argc == 6 && strcmp(mode, "udp-flood") == 0)
		return udp_flood(argv[2], argv[3], atof(argv[4]), size_min((size_t)atoi(argv[5]), PERIOD));
	if (argc == 5 && strcmp(mode, "udp-gso") == 0)
		return udp_gso(argv[2], argv[3], (unsigned)atoi(argv[4]));
	if (argc == 4 && strcmp(mode, "ping") == 0)
		return ping(argv[2], (unsigned)atoi(argv[3]));
	fputs("usage: see the head of traffic.c\n", stderr);
	return 2;
}
