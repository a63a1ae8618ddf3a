/* procs.c - see procs.h. */
#include "ips/procs.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD = offsetof(struct proc_msg, data) };

union fd_room {
	struct cmsghdr head;
	char room[CMSG_SPACE(PM_FDS * sizeof(int))];
};

static enum err transmit(int fd, const struct proc_msg *m, const int *fds, unsigned n_fds, int flags)
{
	union fd_room c = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)m, .iov_len = HEAD + m->len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (n_fds > 0) {
		h.msg_control = &c;
		h.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	ssize_t n;
	while ((n = sendmsg(fd, &h, MSG_NOSIGNAL | flags)) < 0 && errno == EINTR)
		;
	if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return ERR_FULL;
	return n >= 0 ? OK : errno == EPIPE || errno == ECONNRESET ? ERR_EOF : ERR_IO;
}

enum err proc_send(int fd, const struct proc_msg *m, const int *fds, unsigned n_fds)
{
	return transmit(fd, m, fds, n_fds, 0);
}

enum err proc_try(int fd, const struct proc_msg *m)
{
	return transmit(fd, m, NULL, 0, MSG_DONTWAIT);
}

void proc_close(int fds[PM_FDS])
{
	for (unsigned i = 0; i < PM_FDS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void take_fds(struct msghdr *h, int *fds)
{
	const struct cmsghdr *cm = CMSG_FIRSTHDR(h);
	if (cm == NULL || cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
		return;
	const size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(cm), size_min(n, PM_FDS) * sizeof(int));
}

enum err proc_recv(int fd, struct proc_msg *m, int *fds)
{
	union fd_room c;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	ssize_t n;
	for (unsigned i = 0; i < PM_FDS; i++)
		fds[i] = -1;
	while ((n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return n == 0 || errno == ECONNRESET ? ERR_EOF : ERR_IO;
	take_fds(&h, fds);
	return n >= HEAD && m->len == (size_t)n - HEAD ? OK : ERR_MALFORMED;
}

enum err proc_tell(int fd, enum proc_msg_kind kind, uint32_t code, const char *text)
{
	struct proc_msg m = { .kind = kind, .code = code };
	if (text != NULL)
		m.len = (uint32_t)snprintf(m.data, sizeof(m.data), "%.*s", PM_DATA - 1, text);
	return proc_send(fd, &m, NULL, 0);
}
