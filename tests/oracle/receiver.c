/* receiver.c - the receiver: the kernel's TCP, and an application that writes down what it read and how it ended. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/oracle/ends.h"

enum { BACKLOG = 4096, SMALL = 1152 }; /* the kernel doubles it */

static int listener(uint16_t port, bool small)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, room = SMALL;
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	if (small && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0)
		return -1;
	return bind(fd, (const void *)&at, sizeof(at)) == 0 && listen(fd, BACKLOG) == 0 ? fd : -1;
}

bool receiver_open(struct receiver *r)
{
	r->fd[0] = listener(PORT, false);
	r->fd[1] = listener(PORT_SMALL, true);
	return r->fd[0] >= 0 && r->fd[1] >= 0;
}

static void take_new(int listening, struct conn *c, unsigned n)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	for (int fd; (fd = accept4(listening, (void *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; len = sizeof(from)) {
		struct conn *x = conn_of(c, n, (uint16_t)ntohl(from.sin_addr.s_addr));
		if (x != NULL && x->fd < 0 && ntohs(from.sin_port) == x->port)
			x->fd = fd;
		else
			close(fd);
	}
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
		for (ssize_t i = 0; i < n && c->n_got < SEEN_MAX; i++)
			c->got[c->n_got++] = more[i];
	}
}

void receiver_turn(struct receiver *r, struct conn *c, unsigned n)
{
	take_new(r->fd[0], c, n);
	take_new(r->fd[1], c, n);
	for (unsigned i = 0; i < n; i++)
		read_on(&c[i]);
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
