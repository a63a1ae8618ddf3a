/* flowplay_net.c - sockets of either family, on the ports of the capture. */
#include "tests/tools/flowplay_net.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PORTS = 65536, STRAYS_MAX = 4096, TRIES = 64 };

/* A connection that came before its turn. */
struct stray {
	int fd;
	uint16_t port;
};

struct listener {
	struct stray *stray;
	size_t n;
	int fd;
	uint16_t port;
};

static void *need(void *p)
{
	if (p == NULL)
		fail("out of memory");
	return p;
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	return ntohs(a->ss_family == AF_INET ? a4->sin_port : a6->sin6_port);
}

static struct sockaddr_storage with_port(const struct sockaddr_storage *a, uint16_t port)
{
	struct sockaddr_storage s = *a;
	if (s.ss_family == AF_INET)
		((struct sockaddr_in *)&s)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&s)->sin6_port = htons(port);
	return s;
}

/* Ready for these events, or failed; false: nothing happened in time. */
static bool await(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int got;
	do
		got = poll(&p, 1, ms);
	while (got < 0 && errno == EINTR);
	return got == 1;
}

static void set(int fd, int level, int option)
{
	const int one = 1;
	if (setsockopt(fd, level, option, &one, sizeof(one)) != 0)
		fail("setsockopt: %s", strerror(errno));
}

static int open_socket(const struct net *n)
{
	const int fd = socket(n->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("socket: %s", strerror(errno));
	set(fd, SOL_SOCKET, SO_REUSEADDR);
	return fd;
}

/* --- set-up --------------------------------------------------------------------------------- */
static void parse_map(struct net *n, const char *text)
{
	while (text != NULL && *text != '\0') {
		unsigned from, to;
		int used = 0;
		if (sscanf(text, "%u:%u%n", &from, &to, &used) != 2 || from - 1 >= PORTS - 1 || to - 1 >= PORTS - 1 ||
		    n->n_map == NET_MAPS_MAX || (text[used] != ',' && text[used] != '\0'))
			fail("--port-map: \"%s\": should be RECORDED:PORT,..., at most %d", text, NET_MAPS_MAX);
		n->map[n->n_map++] = (struct net_map){ (uint16_t)from, (uint16_t)to };
		text += used + (text[used] == ',');
	}
}

static uint16_t mapped(const struct net *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_map; i++)
		if (n->map[i].from == port)
			return n->map[i].to;
	return port;
}

void net_init(struct net *n, const struct plan *p, const char *addr, const char *map)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *a;
	struct rlimit files;
	if (getaddrinfo(addr, NULL, &hints, &a) != 0)
		fail("%s: not a numeric IPv4 or IPv6 address", addr);
	memcpy(&n->addr, a->ai_addr, a->ai_addrlen);
	n->addr_len = a->ai_addrlen;
	freeaddrinfo(a);
	parse_map(n, map);
	n->opened = need(calloc(p->n_conn, 1));
	n->used_port = need(calloc(PORTS, 1));
	for (size_t i = 0; i < p->n_conn; i++)
		n->used_port[p->conn[i].end[PLAN_CLIENT].port] = 1;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static struct listener *listener_of(const struct net *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_listener; i++)
		if (n->listener[i].port == port)
			return &n->listener[i];
	return NULL;
}

void net_listen(struct net *n, const struct plan *p)
{
	n->listener = need(calloc(p->n_conn, sizeof(*n->listener)));
	for (size_t i = 0; i < p->n_conn; i++) {
		const uint16_t port = mapped(n, p->conn[i].end[PLAN_SERVER].port);
		const struct sockaddr_storage a = with_port(&n->addr, port);
		if (listener_of(n, port) != NULL)
			continue;
		const int fd = open_socket(n);
		if (bind(fd, (const struct sockaddr *)&a, n->addr_len) != 0 || listen(fd, SOMAXCONN) != 0)
			fail("cannot listen on port %u: %s", port, strerror(errno));
		n->listener[n->n_listener++] = (struct listener){ .fd = fd, .port = port };
	}
}

void net_fini(struct net *n)
{
	for (size_t i = 0; i < n->n_listener; i++) {
		for (size_t k = 0; k < n->listener[i].n; k++)
			net_drop(n->listener[i].stray[k].fd);
		free(n->listener[i].stray);
		close(n->listener[i].fd);
	}
	free(n->listener);
	free(n->opened);
	free(n->used_port);
}

/* --- opening -------------------------------------------------------------------------------- */
/* Has a connection that is still to come this source port on this listener? */
static bool expected(const struct net *n, const struct plan *p, const struct listener *l, uint16_t port)
{
	if (!n->used_port[port])
		return false;
	for (size_t i = 0; i < p->n_conn; i++)
		if (!n->opened[i] && p->conn[i].end[PLAN_CLIENT].port == port &&
		    mapped(n, p->conn[i].end[PLAN_SERVER].port) == l->port)
			return true;
	return false;
}

/* The stray that is connection i: by its source port, or else the first that is no other's. */
static bool stray_take(struct net *n, const struct plan *p, struct listener *l, uint32_t i, int *fd)
{
	size_t k = 0;
	while (k < l->n && l->stray[k].port != p->conn[i].end[PLAN_CLIENT].port)
		k++;
	if (k == l->n)
		for (k = 0; k < l->n && expected(n, p, l, l->stray[k].port);)
			k++;
	if (k == l->n)
		return false;
	*fd = l->stray[k].fd;
	memmove(&l->stray[k], &l->stray[k + 1], (l->n - k - 1) * sizeof(*l->stray));
	l->n--;
	return true;
}

enum net_end net_accept(struct net *n, const struct plan *p, uint32_t i, int *fd)
{
	struct listener *l = listener_of(n, mapped(n, p->conn[i].end[PLAN_SERVER].port));
	if (l->stray == NULL)
		l->stray = need(malloc(STRAYS_MAX * sizeof(*l->stray)));
	while (!stray_take(n, p, l, i, fd)) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		if (!await(l->fd, POLLIN, n->timeout_ms))
			return NET_TIMEOUT;
		const int got = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			fail("accept: %s", strerror(errno));
		if (got < 0)
			continue;
		if (l->n == STRAYS_MAX)
			fail("more than %d connections came to port %u before their turn", STRAYS_MAX, l->port);
		set(got, IPPROTO_TCP, TCP_NODELAY);
		l->stray[l->n++] = (struct stray){ got, port_of(&from) };
	}
	n->opened[i] = 1;
	return NET_FINE;
}

/* 0, or the errno of the connection attempt; ETIMEDOUT also for our own limit. */
static int try_connect(const struct net *n, int fd, uint16_t port)
{
	const struct sockaddr_storage to = with_port(&n->addr, port);
	int e = 0;
	socklen_t len = sizeof(e);
	if (connect(fd, (const struct sockaddr *)&to, n->addr_len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (!await(fd, POLLOUT, n->timeout_ms))
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) == 0 ? e : errno;
}

/* A socket bound to the recorded port (0: to any that is recorded for nobody); -1: it is taken. */
static int bound_socket(const struct net *n, uint16_t port)
{
	struct sockaddr_storage a = { .ss_family = n->addr.ss_family };
	socklen_t len = sizeof(a);
	a = with_port(&a, port);
	const int fd = open_socket(n);
	if (bind(fd, (const struct sockaddr *)&a, n->addr_len) == 0 &&
	    (port != 0 || (getsockname(fd, (struct sockaddr *)&a, &len) == 0 && !n->used_port[port_of(&a)])))
		return fd;
	close(fd);
	return -1;
}

enum net_end net_connect(struct net *n, const struct plan *p, uint32_t i, int *fd)
{
	const uint16_t to = mapped(n, p->conn[i].end[PLAN_SERVER].port);
	int e = EADDRINUSE;
	for (unsigned tries = 0; tries < TRIES && (e == EADDRINUSE || e == EADDRNOTAVAIL); tries++) {
		*fd = bound_socket(n, tries == 0 ? p->conn[i].end[PLAN_CLIENT].port : 0);
		n->mapped += tries == 1;
		if (*fd < 0)
			continue;
		e = try_connect(n, *fd, to);
		if (e == 0) {
			set(*fd, IPPROTO_TCP, TCP_NODELAY);
			return NET_FINE;
		}
		close(*fd);
	}
	*fd = -1;
	if (e == ETIMEDOUT)
		return NET_TIMEOUT;
	fprintf(stderr, "flowplay: cannot connect to port %u: %s\n", to, strerror(e));
	return NET_RESET;
}

/* --- octets --------------------------------------------------------------------------------- */
enum net_end net_send(const struct net *n, int fd, const void *p, size_t len, size_t *done)
{
	for (*done = 0; *done < len;) {
		const ssize_t got = send(fd, (const char *)p + *done, len - *done, MSG_NOSIGNAL);
		if (got > 0)
			*done += (size_t)got;
		else if (got < 0 && errno != EAGAIN && errno != EINTR)
			return NET_RESET;
		else if (!await(fd, POLLOUT, n->timeout_ms))
			return NET_TIMEOUT;
	}
	return NET_FINE;
}

enum net_end net_recv(const struct net *n, int fd, void *p, size_t len, size_t *done)
{
	*done = 0;
	for (;;) {
		const ssize_t got = recv(fd, p, len, 0);
		if (got > 0) {
			*done = (size_t)got;
			return NET_FINE;
		}
		if (got == 0)
			return NET_EOF;
		if (errno != EAGAIN && errno != EINTR)
			return NET_RESET;
		if (!await(fd, POLLIN, n->timeout_ms))
			return NET_TIMEOUT;
	}
}

/* --- ends ----------------------------------------------------------------------------------- */
void net_drop(int fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

enum net_end net_reset(const struct net *n, int fd)
{
	enum net_end end = NET_FINE;
	int left = 0;
	for (int ms = 0; ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0 && end == NET_FINE; ms++) {
		if (ms >= n->timeout_ms)
			end = NET_TIMEOUT;
		usleep(1000);
	}
	net_drop(fd);
	return end;
}

enum net_end net_await_reset(const struct net *n, int fd)
{
	int e = 0;
	socklen_t len = sizeof(e);
	if (!await(fd, 0, n->timeout_ms))
		return NET_TIMEOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e != 0 ? NET_RESET : NET_EOF;
}
