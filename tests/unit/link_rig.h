/* link_rig.h - two ends of an HA link in one process over loopback addresses, stepped as their descriptors ask.
 *
 * "low" (127.0.0.1) connects, "high" (127.0.0.2) listens. Time is the test's and moves only where it says so; waiting
 * for the kernel is bounded. An end is stepped only when poll or a change of time calls for it, as its owner would.
 */
#ifndef TESTS_UNIT_LINK_RIG_H
#define TESTS_UNIT_LINK_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hacache/ha_link.h"
#include "unit.h"

#define RIG_INTERVAL (100 * NS_PER_MS)
#define RIG_LOST     3u
enum { RIG_LOW, RIG_HIGH };

struct rig {
	struct link_cfg cfg[2];
	struct link *l[2];
	mono_t now, stepped[2];
	char why[256];
};

static void rig_addr(struct addr *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	inet_pton(AF_INET, text, a->b);
}

/* A socket of type bound to text:port (0: any); the port, or -1. */
static int rig_socket(int type, const char *text, uint16_t port, int *fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(sa);
	inet_pton(AF_INET, text, &sa.sin_addr);
	*fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && bind(*fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && getsockname(*fd, (struct sockaddr *)&sa, &len) == 0)
		return ntohs(sa.sin_port);
	close(*fd);
	return -1;
}

/* A port that is free at both addresses for both protocols. */
static uint16_t rig_port(void)
{
	for (int tries = 0; tries < 50; tries++) {
		int fd[4] = { -1, -1, -1, -1 };
		int port = rig_socket(SOCK_STREAM, "127.0.0.2", 0, &fd[0]);
		bool ok = port > 0 && rig_socket(SOCK_DGRAM, "127.0.0.2", (uint16_t)port, &fd[1]) > 0 &&
			  rig_socket(SOCK_DGRAM, "127.0.0.1", (uint16_t)port, &fd[2]) > 0 &&
			  rig_socket(SOCK_STREAM, "127.0.0.1", (uint16_t)port, &fd[3]) > 0;
		for (unsigned i = 0; i < 4; i++)
			if (fd[i] >= 0)
				close(fd[i]);
		if (ok)
			return (uint16_t)port;
	}
	return 0;
}

static void rig_config(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->now = mono_ns(1000 * NS_PER_SEC);
	uint16_t port = rig_port();
	for (unsigned i = 0; i < 2; i++) {
		struct link_cfg *c = &r->cfg[i];
		*c = (struct link_cfg){ .family = 4, .port = port, .boot_id = 0xb007 + i, .hb_interval_ns = RIG_INTERVAL };
		c->hb_lost = RIG_LOST;
		strcpy(c->group, "plant-7");
		memset(c->psk, 0x5a, sizeof(c->psk));
		rig_addr(&c->own, i == RIG_LOW ? "127.0.0.1" : "127.0.0.2");
		rig_addr(&c->peer, i == RIG_LOW ? "127.0.0.2" : "127.0.0.1");
	}
}

static bool rig_start(struct rig *r, unsigned end)
{
	enum err e = link_new(&r->cfg[end], r->now, &r->l[end], r->why);
	r->stepped[end] = mono_ns(0);
	return e == OK;
}

static void rig_stop(struct rig *r, unsigned end)
{
	link_free(r->l[end]);
	r->l[end] = NULL;
}

static void rig_fini(struct rig *r)
{
	rig_stop(r, RIG_LOW);
	rig_stop(r, RIG_HIGH);
}

/* Steps each end that has a reason to; false when none had one for ms milliseconds. */
static inline bool rig_turn(struct rig *r, int ms)
{
	struct pollfd fds[2 * LINK_POLL_MAX];
	unsigned n[2] = { 0, 0 };
	bool due = false;
	for (unsigned i = 0; i < 2; i++) {
		if (r->l[i] == NULL)
			continue;
		n[i] = link_poll(r->l[i], fds + n[0], LINK_POLL_MAX);
		due |= r->stepped[i].ns != r->now.ns;
	}
	bool any = poll(fds, n[0] + n[1], due ? 0 : ms) > 0 || due;
	for (unsigned i = 0; i < 2; i++) {
		bool woken = r->l[i] != NULL && r->stepped[i].ns != r->now.ns;
		for (unsigned k = 0; r->l[i] != NULL && k < n[i]; k++)
			woken |= fds[(i != 0 ? n[0] : 0) + k].revents != 0;
		if (woken) {
			link_polled(r->l[i], fds, n[0] + n[1]);
			link_step(r->l[i], r->now);
		}
		r->stepped[i] = r->now;
	}
	return any;
}

/* Until nothing happens any more; bounded. */
static inline void rig_settle(struct rig *r)
{
	for (unsigned i = 0; i < 20000 && rig_turn(r, 20); i++)
		continue;
}

static inline void rig_pass(struct rig *r, int64_t ns)
{
	r->now = mono_add(r->now, ns);
	rig_settle(r);
}

static inline bool rig_up(const struct rig *r)
{
	return link_state(r->l[RIG_LOW]) == LINK_UP && link_state(r->l[RIG_HIGH]) == LINK_UP;
}

static inline bool rig_both(struct rig *r)
{
	rig_config(r);
	if (!rig_start(r, RIG_HIGH) || !rig_start(r, RIG_LOW))
		return false;
	rig_settle(r);
	return rig_up(r);
}

static inline uint64_t rig_count(const struct rig *r, unsigned end, enum link_counter c)
{
	return link_count(r->l[end], c);
}

static inline uint8_t rig_pattern(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* Sends n octets of the pattern from one end in pieces of size piece and more, takes them at the other. */
static inline size_t rig_carry(struct rig *r, unsigned from, size_t n, size_t piece)
{
	uint8_t *out = malloc(n);
	size_t sent = 0, got = 0, wrong = 0;
	for (size_t i = 0; i < n; i++)
		out[i] = rig_pattern(i);
	for (unsigned idle = 0; got < n && idle < 100;) {
		for (unsigned burst = 0; burst < 8 && sent < n; burst++) {
			size_t k = size_min(piece + sent % 997, n - sent);
			if (link_send(r->l[from], span_of(out + sent, k)) != OK)
				break;
			sent += k;
		}
		bool turned = rig_turn(r, link_recv(r->l[!from]).len != 0 ? 0 : 20);
		struct span s = link_recv(r->l[!from]);
		size_t k = size_min(s.len, 1 + got % 49999); /* not all at once */
		idle = turned || k != 0 ? 0 : idle + 1;
		for (size_t i = 0; i < k; i++)
			wrong += s.p[i] != rig_pattern(got + i);
		link_consume(r->l[!from], k);
		got += k;
	}
	free(out);
	return wrong == 0 ? got : 0;
}

/* A stranger's (or the peer's host's) connection to the listening end. */
static inline int rig_connect(const struct rig *r, const char *from)
{
	int fd;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(r->cfg[RIG_HIGH].port) };
	inet_pton(AF_INET, "127.0.0.2", &to.sin_addr);
	if (rig_socket(SOCK_STREAM, from, 0, &fd) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The descriptor of a link's heartbeats. */
static inline int rig_udp(const struct link *l)
{
	struct pollfd fds[LINK_POLL_MAX];
	unsigned n = link_poll(l, fds, LINK_POLL_MAX);
	for (unsigned i = 0; i < n; i++) {
		int type = 0;
		socklen_t len = sizeof(type);
		if (getsockopt(fds[i].fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM)
			return fds[i].fd;
	}
	return -1;
}

#endif
