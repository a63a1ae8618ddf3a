/* test_procs.c - messages between the daemon's two processes: each kind with its descriptors, and what is none. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/procs.h"
#include "tests/unit/unit.h"

enum { HEAD = offsetof(struct proc_msg, data) };
static struct proc_msg out, in;
static int ends[2];

static void open_pair(void)
{
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static void close_pair(void)
{
	close(ends[0]);
	close(ends[1]);
}

static unsigned open_fds(void)
{
	unsigned n = 0;
	for (int i = 0; i < 256; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

/* A file whose content says which it is. */
static int marked(char c)
{
	const int fd = memfd_create("m", MFD_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, &c, 1), 1);
	return fd;
}

static char mark_of(int fd)
{
	char c = '?';
	(void)!pread(fd, &c, 1, 0);
	return c;
}

/* Every length from nothing to the most, as it was sent. */
static void test_lengths(void)
{
	int fds[PM_FDS];
	open_pair();
	for (uint32_t len = 0; len <= PM_DATA; len += len < 20 || len > PM_DATA - 20 ? 1 : 997) {
		out = (struct proc_msg){ .kind = PM_RELOADED, .code = len ^ 0xdeadbeef, .len = len };
		for (uint32_t i = 0; i < len; i++)
			out.data[i] = (char)(i * 31 + len);
		CU_ASSERT_EQUAL(proc_send(ends[0], &out, NULL, 0), OK);
		memset(&in, 0x55, sizeof(in));
		CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
		CU_ASSERT_EQUAL(memcmp(&in, &out, HEAD + len), 0);
		CU_ASSERT_TRUE(fds[0] == -1 && fds[1] == -1);
	}
	close_pair();
}

/* One message stays one, in order, either way. */
static void test_order(void)
{
	int fds[PM_FDS];
	open_pair();
	for (uint32_t i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(proc_tell(ends[i & 1], (enum proc_msg_kind)(i % (PM_STOP + 1)), i, "text"), OK);
	for (uint32_t i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(proc_recv(ends[!(i & 1)], &in, fds), OK);
		CU_ASSERT_EQUAL(in.kind, i % (PM_STOP + 1));
		CU_ASSERT_EQUAL(in.code, i);
		CU_ASSERT_EQUAL(in.len, 4);
	}
	close_pair();
}

/* Descriptors are given away by a copy: the sender's stay, the receiver's are closed on exec. */
static void test_descriptors(void)
{
	open_pair();
	for (unsigned n = 0; n <= PM_FDS; n++) {
		const int give[PM_FDS] = { marked('a'), marked('b') };
		int fds[PM_FDS];
		out = (struct proc_msg){ .kind = PM_LOGS, .code = n };
		CU_ASSERT_EQUAL(proc_send(ends[0], &out, give, n), OK);
		CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
		CU_ASSERT_EQUAL(in.code, n);
		for (unsigned i = 0; i < PM_FDS; i++) {
			CU_ASSERT_EQUAL(mark_of(give[i]), "ab"[i]);
			CU_ASSERT_EQUAL(fds[i] >= 0, i < n);
			if (fds[i] < 0)
				continue;
			CU_ASSERT_EQUAL(mark_of(fds[i]), "ab"[i]);
			CU_ASSERT_TRUE((fcntl(fds[i], F_GETFD) & FD_CLOEXEC) != 0);
			close(fds[i]);
		}
		close(give[0]);
		close(give[1]);
	}
	close_pair();
}

/* A message that is none is refused; descriptors that came with it are the receiver's to close. */
static void test_malformed(void)
{
	int fds[PM_FDS];
	open_pair();
	for (size_t n = 0; n < HEAD + 4; n++) {
		if (n == 0)
			continue; /* reads as the end */
		memset(&out, 0, sizeof(out));
		out.len = 3;
		CU_ASSERT_EQUAL(send(ends[0], &out, n, 0), (ssize_t)n);
		CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), n == HEAD + 3 ? OK : ERR_MALFORMED);
	}
	static const uint32_t lens[] = { 4, 6, PM_DATA, PM_DATA + 1, UINT32_MAX, UINT32_MAX - HEAD + 6 };
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		out.len = lens[i];
		CU_ASSERT_EQUAL(send(ends[0], &out, HEAD + 5, 0), HEAD + 5);
		CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), ERR_MALFORMED);
	}
	/* longer than any message: cut off by the kernel, so that its length is wrong */
	static char huge[sizeof(struct proc_msg) + 100];
	memset(huge, 0x11, sizeof(huge));
	CU_ASSERT_EQUAL(send(ends[0], huge, sizeof(huge), 0), (ssize_t)sizeof(huge));
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), ERR_MALFORMED);
	CU_ASSERT_EQUAL(proc_tell(ends[0], PM_STOP, 0, NULL), OK);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
	close_pair();
}

static void send_raw(const void *p, size_t n, const int *fds, unsigned n_fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} c = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c };
	h.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
	*cm = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(n_fds * sizeof(int)) };
	memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	CU_ASSERT_EQUAL(sendmsg(ends[0], &h, 0), (ssize_t)n);
}

/* More descriptors than are looked for, and such beside a message that is none: none stays open unseen. */
static void test_too_many(void)
{
	int fds[PM_FDS], give[8];
	open_pair();
	for (unsigned i = 0; i < 8; i++)
		give[i] = marked((char)('a' + i));
	const unsigned before = open_fds();
	for (unsigned n = 1; n <= 8; n++)
		for (unsigned good = 0; good < 2; good++) {
			out = (struct proc_msg){ .kind = PM_LOGS, .len = good ? 0 : 9 };
			send_raw(&out, HEAD, give, n);
			const enum err e = proc_recv(ends[1], &in, fds);
			CU_ASSERT_EQUAL(e, good ? OK : ERR_MALFORMED);
			for (unsigned i = 0; i < PM_FDS; i++)
				if (fds[i] >= 0)
					close(fds[i]);
			CU_ASSERT_EQUAL(open_fds(), before);
		}
	for (unsigned i = 0; i < 8; i++)
		close(give[i]);
	close_pair();
}

/* The other end is gone: known to both, and no signal kills. */
static void test_end(void)
{
	int fds[PM_FDS];
	open_pair();
	CU_ASSERT_EQUAL(proc_tell(ends[0], PM_STOP, 7, "last"), OK);
	close(ends[0]);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
	CU_ASSERT_EQUAL(in.code, 7);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), ERR_EOF);
	CU_ASSERT_TRUE(fds[0] == -1 && fds[1] == -1);
	CU_ASSERT_EQUAL(proc_tell(ends[1], PM_STOP, 0, NULL), ERR_EOF);
	close(ends[1]);
	CU_ASSERT_EQUAL(proc_tell(ends[1], PM_STOP, 0, NULL), ERR_IO);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), ERR_IO);
}

/* A killed process is an end too, with what it had sent before. */
static void test_killed(void)
{
	int fds[PM_FDS], status;
	open_pair();
	const pid_t pid = fork();
	if (pid == 0) {
		(void)!proc_tell(ends[0], PM_ACTIVE, 0, NULL);
		abort();
	}
	close(ends[0]);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
	CU_ASSERT_EQUAL(in.kind, PM_ACTIVE);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), ERR_EOF);
	close(ends[1]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
}

/* A text is cut to what a message holds; it is not ended by a NUL. */
static void test_texts(void)
{
	static char text[PM_DATA * 2];
	int fds[PM_FDS];
	open_pair();
	for (size_t n = 0; n < sizeof(text) - 1; n += n < PM_DATA - 10 ? 1637 : n < PM_DATA + 10 ? 1 : 5000) {
		memset(text, 'x', n);
		text[n] = '\0';
		CU_ASSERT_EQUAL(proc_tell(ends[0], PM_BAD_BUNDLE, 1, text), OK);
		CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
		CU_ASSERT_EQUAL(in.len, n < PM_DATA - 1 ? n : PM_DATA - 1);
		CU_ASSERT_EQUAL(memcmp(in.data, text, in.len), 0);
	}
	CU_ASSERT_EQUAL(proc_tell(ends[0], PM_STOP, 0, ""), OK);
	CU_ASSERT_EQUAL(proc_recv(ends[1], &in, fds), OK);
	CU_ASSERT_EQUAL(in.len, 0);
	close_pair();
}

/* Who does not wait is told that there is no room, and has sent nothing; what nobody takes is closed. */
static void test_full(void)
{
	const struct proc_msg m = { .kind = PM_ACTIVE };
	int fds[PM_FDS] = { -1, -1 };
	unsigned n = 0, got = 0;
	enum err e;
	open_pair();
	while ((e = proc_try(ends[0], &m)) == OK && n < 100000)
		n++;
	CU_ASSERT_TRUE(e == ERR_FULL && n > 10);
	CU_ASSERT_EQUAL(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (proc_recv(ends[1], &in, fds) == OK)
		got++;
	CU_ASSERT_EQUAL(got, n);
	CU_ASSERT_EQUAL(proc_try(ends[0], &m), OK);
	close(ends[1]);
	CU_ASSERT_EQUAL(proc_try(ends[0], &m), ERR_EOF);
	close(ends[0]);
	const unsigned before = open_fds();
	fds[1] = marked('x');
	proc_close(fds);
	CU_ASSERT_TRUE(open_fds() == before && fds[1] == -1);
}

UNIT_MAIN({ "no room, no wait", test_full },
	  { "every length", test_lengths }, { "order", test_order }, { "descriptors", test_descriptors },
	  { "what is no message", test_malformed }, { "descriptors beyond", test_too_many }, { "the end", test_end },
	  { "a killed process", test_killed }, { "texts", test_texts })
