/* pair_order.c - see pair_order.h. */
#include "ips/pair_order.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

bool pair_order_give(int ctl, const struct pair_order *o, int fd)
{
	struct pair_order copy = *o;
	struct iovec v = { .iov_base = &copy, .iov_len = sizeof(copy) };
	union control c;
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1 };
	if (fd >= 0) {
		memset(&c, 0, sizeof(c));
		h.msg_control = c.room;
		h.msg_controllen = sizeof(c.room);
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	}
	for (;;) {
		const ssize_t n = sendmsg(ctl, &h, MSG_NOSIGNAL);
		if (n >= 0 || errno != EINTR)
			return n == (ssize_t)sizeof(copy);
	}
}

bool pair_order_take(int ctl, struct pair_order *o, int *fd)
{
	struct iovec v = { .iov_base = o, .iov_len = sizeof(*o) };
	union control c;
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = c.room, .msg_controllen = sizeof(c.room) };
	ssize_t n;
	do
		n = recvmsg(ctl, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	const struct cmsghdr *cm = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;
	*fd = -1;
	if (cm != NULL && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cm), sizeof(*fd));
	return n == (ssize_t)sizeof(*o);
}

void pair_answer(int ctl, bool yes)
{
	const char word = yes ? 'y' : 'n';
	while (send(ctl, &word, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

bool pair_answered(int ctl)
{
	char word = 'n';
	ssize_t n;
	do
		n = recv(ctl, &word, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 1 && word == 'y';
}
