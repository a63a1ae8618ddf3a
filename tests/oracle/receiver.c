/* receiver.c - the receiver: the kernel's TCP, and an application that writes down what it read and how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/oracle/ends.h"

enum { BACKLOG = 4096, SMALL = 1152, WRITE_MAX = 2048 }; /* the kernel doubles SMALL */
enum { OPT_FASTOPEN = 23 };                             /* TCP_FASTOPEN; other names of its header are taken here */

static int listener(uint16_t port, bool small)
{
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, room = SMALL, fast = BACKLOG;
	const struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) }; /* of both families */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	if (small && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, OPT_FASTOPEN, &fast, sizeof(fast));
	return bind(fd, (const void *)&at, sizeof(at)) == 0 && listen(fd, BACKLOG) == 0 ? fd : -1;
}

bool receiver_open(struct receiver *r)
{
	r->fd[0] = listener(PORT, false);
	r->fd[1] = listener(PORT_SMALL, true);
	r->ns_here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return r->fd[0] >= 0 && r->fd[1] >= 0 && r->ns_here >= 0;
}

static int call(const struct conn *c)
{
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = SMALL;
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(c->port) };
	static const uint8_t net6[2] = { 0xfd, 0x93 }, net4[14] = { [10] = 0xff, 0xff, 10, 93 };
	memcpy(to.sin6_addr.s6_addr, c->s->six ? net6 : net4, c->s->six ? sizeof(net6) : sizeof(net4));
	to.sin6_addr.s6_addr[14] = (uint8_t)(c->id >> 8);
	to.sin6_addr.s6_addr[15] = (uint8_t)c->id;
	if (fd >= 0 && c->s->small_buffer)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (fd >= 0)
		(void)connect(fd, (const void *)&to, sizeof(to));
	return fd;
}

void receiver_call(struct receiver *r, struct conn *c, unsigned n)
{
	if (setns(r->ns_here, CLONE_NEWNET) != 0)
		return;
	for (unsigned i = 0; i < n; i++)
		if (c[i].s->server)
			c[i].fd = call(&c[i]);
	(void)!setns(r->ns_back, CLONE_NEWNET);
}

static void take_new(int listening, struct conn *c, unsigned n)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	for (int fd; (fd = accept4(listening, (void *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; len = sizeof(from)) {
		const uint8_t *low = &from.sin6_addr.s6_addr[14];
		struct conn *x = conn_of(c, n, (uint16_t)(low[0] << 8 | low[1]));
		if (x != NULL && x->fd < 0 && ntohs(from.sin6_port) == x->port)
			x->fd = fd;
		else
			close(fd);
	}
}

static void write_on(struct conn *c)
{
	while (c->fd >= 0 && c->n_sent < c->to_send && c->end != ENDED_RESET) {
		uint8_t more[WRITE_MAX];
		const size_t want = size_min(sizeof(more), c->to_send - c->n_sent);
		for (size_t i = 0; i < want; i++)
			more[i] = plan_answer(c->s, c->n_sent + (uint32_t)i);
		const ssize_t n = send(c->fd, more, want, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR && c->end == ENDED_CLEAN)
			c->end = ENDED_RESET;
		if (n <= 0)
			return;
		c->n_sent += (uint32_t)n;
	}
	if (c->fd >= 0 && c->shut_wanted && !c->shut) {
		c->shut = true;
		(void)shutdown(c->fd, SHUT_WR);
	}
}

void receiver_send(struct conn *c, uint32_t n)
{
	if (!c->shut_wanted)
		c->to_send += size_min(n, SEEN_MAX - c->to_send);
	write_on(c);
}

void receiver_shut(struct conn *c)
{
	c->shut_wanted = true;
	write_on(c);
}

static void read_on(struct conn *c)
{
	while (c->fd >= 0 && c->reading && c->end == STILL_OPEN) {
		uint8_t more[STREAM_MAX];
		const ssize_t n = recv(c->fd, more, sizeof(more), 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			c->end = n == 0 ? ENDED_CLEAN : ENDED_RESET;
			return;
		}
		if (c->s->echo)
			receiver_send(c, (uint32_t)n);
		for (ssize_t i = 0; i < n && c->n_got < SEEN_MAX; i++)
			c->got[c->n_got++] = more[i];
	}
}

static void at_the_end(struct conn *c)
{
	if (c->end != ENDED_CLEAN || c->told_late)
		return;
	c->told_late = true;
	receiver_send(c, c->s->late);
	if (c->s->shuts)
		receiver_shut(c);
}

void receiver_turn(struct receiver *r, struct conn *c, unsigned n)
{
	take_new(r->fd[0], c, n);
	take_new(r->fd[1], c, n);
	for (unsigned i = 0; i < n; i++) {
		if (c[i].fd >= 0) {
			read_on(&c[i]);
			at_the_end(&c[i]);
			write_on(&c[i]);
		}
	}
}

void receiver_drop(struct conn *c)
{
	const struct linger at_once = { .l_onoff = 1 };
	if (c->fd < 0)
		return;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(c->fd);
	c->fd = -1;
}
