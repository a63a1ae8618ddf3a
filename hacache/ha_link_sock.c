/* ha_link_sock.c - sockets of the link: bound to the HA interface's own address, and to the interface if one is named. */
#include "hacache/ha_link_int.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void link_sa_of(const struct link_cfg *cfg, const struct addr *a, struct link_sa *sa)
{
	memset(sa, 0, sizeof(*sa));
	if (cfg->family == 4) {
		sa->u.v4.sin_family = AF_INET;
		sa->u.v4.sin_port = htons(cfg->port);
		memcpy(&sa->u.v4.sin_addr, a->b, sizeof(sa->u.v4.sin_addr));
		sa->len = sizeof(sa->u.v4);
		return;
	}
	sa->u.v6.sin6_family = AF_INET6;
	sa->u.v6.sin6_port = htons(cfg->port);
	memcpy(&sa->u.v6.sin6_addr, a->b, sizeof(sa->u.v6.sin6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&sa->u.v6.sin6_addr))
		sa->u.v6.sin6_scope_id = if_nametoindex(cfg->ifname);
	sa->len = sizeof(sa->u.v6);
}

bool link_sa_same_host(const struct link_sa *a, const struct link_sa *b)
{
	if (a->u.any.sa_family != b->u.any.sa_family)
		return false;
	if (a->u.any.sa_family == AF_INET)
		return a->u.v4.sin_addr.s_addr == b->u.v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->u.v6.sin6_addr, &b->u.v6.sin6_addr);
}

static int fail(const struct link *l, int fd, const char *what, char *why)
{
	char text[ADDR_TEXT];
	int e = errno;
	snprintf(why, LINK_WHY, "%s %s port %u%s%s: %s", what, addr_text(&l->cfg.own, l->cfg.family, text), l->cfg.port,
		 l->cfg.ifname[0] != '\0' ? " on " : "", l->cfg.ifname, strerror(e));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void set_int(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* A socket bound to the interface. Without the privilege to do that the address alone has to do. */
static int open_socket(const struct link *l, int type)
{
	int fd = socket(l->own.u.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const char *name = l->cfg.ifname;
	if (fd < 0 || name[0] == '\0')
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1) == 0 || errno == EPERM)
		return fd;
	int e = errno;
	close(fd);
	errno = e;
	return -1;
}

int link_sock_listen(const struct link *l, char *why)
{
	int fd = open_socket(l, SOCK_STREAM);
	if (fd < 0)
		return fail(l, fd, "no TCP socket for", why);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* over connections of a former run that still linger */
	if (bind(fd, &l->own.u.any, l->own.len) != 0)
		return fail(l, fd, "cannot bind TCP", why);
	if (listen(fd, 2 * LINK_HANDSHAKES) != 0)
		return fail(l, fd, "cannot listen on TCP", why);
	return fd;
}

int link_sock_udp(const struct link *l, char *why)
{
	int fd = open_socket(l, SOCK_DGRAM);
	if (fd < 0)
		return fail(l, fd, "no UDP socket for", why);
	if (bind(fd, &l->own.u.any, l->own.len) != 0)
		return fail(l, fd, "cannot bind UDP", why);
	return fd;
}

static struct link_sa no_port(const struct link_sa *sa)
{
	struct link_sa any = *sa;
	if (any.u.any.sa_family == AF_INET)
		any.u.v4.sin_port = 0;
	else
		any.u.v6.sin6_port = 0;
	return any;
}

/* The heartbeats' port is theirs: a second socket there would take some of them. */
int link_will_socket(const struct link *l)
{
	int fd = open_socket(l, SOCK_DGRAM);
	if (fd < 0)
		return -1;
	const struct link_sa from = no_port(&l->own);
	if (bind(fd, &from.u.any, from.len) == 0) {
		(void)!connect(fd, &l->peer.u.any, l->peer.len); /* the interface may be down: it can be up when it is needed */
		return fd;
	}
	int e = errno;
	close(fd);
	errno = e;
	return -1;
}

void link_word(const struct link *l, struct link_word *out)
{
	memset(out, 0, sizeof(*out));
	out->len = (uint32_t)link_will(l, out->will);
	out->to_len = l->peer.len;
	_Static_assert(sizeof(l->peer.u) <= sizeof(out->to), "room for an address of either family");
	memcpy(out->to, &l->peer.u, l->peer.len);
}

bool link_idle(const struct link *l)
{
	struct tcp_info i = { 0 };
	socklen_t len = sizeof(i);
	return l->cur != NULL && l->out.len == 0 && getsockopt(l->cur->fd, IPPROTO_TCP, TCP_INFO, &i, &len) == 0 &&
	       i.tcpi_unacked == 0;
}

int link_sock_connect(const struct link *l)
{
	int fd = open_socket(l, SOCK_STREAM);
	if (fd < 0)
		return -1;
	const struct link_sa from = no_port(&l->own);
	if (bind(fd, &from.u.any, from.len) != 0 || (connect(fd, &l->peer.u.any, l->peer.len) != 0 && errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	link_sock_stream(l, fd);
	return fd;
}

/* A host that went without a word is given up after twice the time in which its heartbeats would have told: without
 * that, a connection to a host that started again would live as long as nothing is sent. */
void link_sock_stream(const struct link *l, int fd)
{
	int64_t ms = 2 * l->cfg.hb_interval_ns / NS_PER_MS * l->cfg.hb_lost;
	ms = ms < 3000 ? 3000 : ms > 60000 ? 60000 : ms;
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)ms);
}
