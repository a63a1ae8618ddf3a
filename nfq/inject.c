/* inject.c - packets of our own, by raw sockets with the IP header included. */
#include "nfq/inject.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cur.h"

enum { DST4 = 16, DST6 = 24 }; /* where the destination stands in the header */

/* IPPROTO_RAW means: header included, and nothing is ever received. */
static int open_raw(int family, int *fd)
{
	*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	return *fd >= 0 || errno == EAFNOSUPPORT ? 0 : errno;
}

int inject_open(struct inject *j)
{
	*j = (struct inject){ .fd4 = -1, .fd6 = -1 };
	int code = open_raw(AF_INET, &j->fd4);
	if (code == 0)
		code = open_raw(AF_INET6, &j->fd6);
	if (code != 0)
		inject_close(j);
	return code;
}

static int send_to(int fd, struct span ip, const void *to, socklen_t len)
{
	if (fd < 0)
		return EAFNOSUPPORT;
	return sendto(fd, ip.p, ip.len, MSG_DONTWAIT | MSG_NOSIGNAL, to, len) == (ssize_t)ip.len ? 0 : errno;
}

int inject_send(const struct inject *j, struct span ip)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct cur c = cur_span(ip);
	const unsigned version = cur_peek(&c, 0) >> 4;
	cur_skip(&c, version == 4 ? DST4 : DST6);
	const struct span dst = cur_bytes(&c, version == 4 ? sizeof(to4.sin_addr) : sizeof(to6.sin6_addr));
	if (!cur_ok(&c) || (version != 4 && version != 6))
		return EINVAL;
	memcpy(version == 4 ? (void *)&to4.sin_addr : (void *)&to6.sin6_addr, dst.p, dst.len);
	if (version == 4)
		return send_to(j->fd4, ip, &to4, sizeof(to4));
	return send_to(j->fd6, ip, &to6, sizeof(to6));
}

void inject_close(struct inject *j)
{
	if (j->fd4 >= 0)
		close(j->fd4);
	if (j->fd6 >= 0)
		close(j->fd6);
	*j = (struct inject){ .fd4 = -1, .fd6 = -1 };
}
