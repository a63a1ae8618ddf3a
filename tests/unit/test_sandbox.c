/* What the engine may do in its sandbox and what ends it: each case in a child process. Needs root.
 *
 * In the address sanitizer's build open() and ioctl() are allowed, for its reports; tests/e2e/sandbox.sh runs the
 * release build of this file as well.
 */
#include "link_rig.h"

#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include <jansson.h>

#include "ips/sandbox.h"

enum { NOBODY = 65534, GOOD = 42 };

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static void enter(uid_t uid)
{
	char why[SANDBOX_WHY];
	if (sandbox_enter(uid, uid, why) == OK)
		return;
	fprintf(stderr, "#   %s\n", why);
	_exit(1);
}

/* The wait status of a child that enters the sandbox and calls fn; fn's value is its exit status. */
static int in_sandbox(int (*fn)(void))
{
	int status = -1;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0) {
		enter(NOBODY);
		_exit(fn());
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return status;
}

static void works(int (*fn)(void), const char *name)
{
	const int status = in_sandbox(fn);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
		printf("#   %s: wait status %#x\n", name, (unsigned)status);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
}
#define WORKS(fn) works(fn, #fn)

static void kills(int (*fn)(void), const char *name)
{
	const int status = in_sandbox(fn);
	const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	if (!killed)
		printf("#   %s: wait status %#x\n", name, (unsigned)status);
	CU_ASSERT_TRUE(killed);
}
#define KILLS(fn) kills(fn, #fn)

/* --- what ends the process -------------------------------------------------------------------- */
#define CALL(name, expr)            \
	static int name(void)       \
	{                           \
		return (expr) != -7; \
	}
CALL(opens, open("/etc/passwd", O_RDONLY))
CALL(does_ioctl, ioctl(0, TIOCSTI, "x"))
CALL(opens_by_openat2, syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0))
CALL(netlink, socket(AF_NETLINK, SOCK_RAW, 0))
CALL(unix_socket, socket(AF_UNIX, SOCK_STREAM, 0))
CALL(packet_socket, socket(AF_PACKET, SOCK_DGRAM, 0))
CALL(raw_socket, socket(AF_INET, SOCK_RAW, IPPROTO_RAW))
CALL(raw_socket6, socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6))
CALL(ping_socket, socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP))
CALL(sctp_socket, socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP))
CALL(mptcp_socket, socket(AF_INET6, SOCK_STREAM, 262))
CALL(tcp_protocol_of_dgram, socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP))
CALL(seqpacket, socket(AF_INET, SOCK_SEQPACKET, 0))
CALL(tables, setsockopt(0, IPPROTO_IP, 64, "", 0)) /* IPT_SO_SET_REPLACE */
CALL(tables6, setsockopt(0, IPPROTO_IPV6, 64, "", 0))
CALL(forks, fork())
CALL(clones_namespace, syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET, 0, 0, 0, 0))
CALL(unshares, unshare(CLONE_NEWUSER))
CALL(executes, execl("/bin/true", "true", NULL))
CALL(traces, ptrace(PTRACE_TRACEME, 0, 0, 0))
CALL(kills_parent, kill(getppid(), 0))
CALL(kills_another, syscall(SYS_tgkill, 1, 1, 0))
CALL(dumpable, prctl(PR_SET_DUMPABLE, 1))
CALL(filters, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL))
CALL(becomes_root, setuid(0))
CALL(capabilities, syscall(SYS_capset, NULL, NULL))
CALL(mounts, mount("none", "/mnt", "tmpfs", 0, NULL))
CALL(programs_kernel, syscall(SYS_bpf, 0, NULL, 0))
CALL(reads_others, process_vm_readv(1, NULL, 0, NULL, 0, 0))
CALL(unlinks, unlink("/tmp/none"))
CALL(takes_descriptors, syscall(SYS_pidfd_open, 1, 0))
CALL(uring, syscall(SYS_io_uring_setup, 1, NULL))

static void test_kills_sockets(void)
{
	KILLS(netlink), KILLS(unix_socket), KILLS(packet_socket), KILLS(raw_socket), KILLS(raw_socket6), KILLS(ping_socket);
	KILLS(sctp_socket), KILLS(mptcp_socket), KILLS(tcp_protocol_of_dgram), KILLS(seqpacket), KILLS(tables), KILLS(tables6);
}

static void test_kills_processes(void)
{
	KILLS(forks), KILLS(clones_namespace), KILLS(unshares), KILLS(executes), KILLS(traces), KILLS(kills_parent);
	KILLS(kills_another), KILLS(dumpable), KILLS(filters), KILLS(becomes_root), KILLS(capabilities), KILLS(mounts);
	KILLS(programs_kernel), KILLS(reads_others), KILLS(unlinks), KILLS(takes_descriptors), KILLS(uring);
	KILLS(opens_by_openat2);
}

static void test_kills_files(void)
{
	KILLS(opens), KILLS(does_ioctl);
}

/* --- what goes on ----------------------------------------------------------------------------- */
/* Else: out, with 50 and the line's last digits. */
#define NEED(x)                                     \
	do {                                        \
		if (!(x))                           \
			return __LINE__ % 200 + 50; \
	} while (0)

static int tcp_of(int family, const void *any, socklen_t len)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa = { 0 };
	const int one = 1;
	char c = 0;
	memcpy(&sa, any, len);
	const int l = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), s = socket(family, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
	NEED(l >= 0 && s >= 0);
	NEED(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 && bind(l, &sa.any, len) == 0 && listen(l, 1) == 0);
	NEED(getsockname(l, &sa.any, &len) == 0 && setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	NEED(connect(s, &sa.any, len) == 0 || errno == EINPROGRESS);
	const int a = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	NEED(a >= 0 && getpeername(a, &sa.any, &len) == 0);
	struct pollfd p = { .fd = s, .events = POLLOUT };
	NEED(poll(&p, 1, 2000) == 1 && send(s, "x", 1, MSG_NOSIGNAL) == 1);
	p = (struct pollfd){ .fd = a, .events = POLLIN };
	NEED(poll(&p, 1, 2000) == 1 && recv(a, &c, 1, 0) == 1 && c == 'x');
	NEED(shutdown(a, SHUT_RDWR) == 0 && close(a) == 0 && close(s) == 0 && close(l) == 0);
	return GOOD;
}

static int tcp(void)
{
	const struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return tcp_of(AF_INET, &sa, sizeof(sa));
}

static int tcp6(void)
{
	const struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	return tcp_of(AF_INET6, &sa, sizeof(sa));
}

static int udp(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	char c[2][4];
	const int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	NEED(s >= 0 && bind(s, (struct sockaddr *)&sa, len) == 0 && getsockname(s, (struct sockaddr *)&sa, &len) == 0);
	NEED(connect(s, (struct sockaddr *)&sa, len) == 0);
	struct iovec v[2] = { { c[0], sizeof(c[0]) }, { c[1], sizeof(c[1]) } };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &v[0], .msg_iovlen = 1 } },
				{ .msg_hdr = { .msg_iov = &v[1], .msg_iovlen = 1 } } };
	NEED(sendmmsg(s, m, 2, 0) == 2 && recvmmsg(s, m, 2, MSG_DONTWAIT, NULL) == 2);
	NEED(sendmsg(s, &m[0].msg_hdr, 0) == 4 && recvmsg(s, &m[0].msg_hdr, 0) == 4);
	return GOOD;
}

static void *busy(void *arg)
{
	/* memory taken and given back, until the C library gives it back itself */
	for (size_t round = 0; round < 4; round++) {
		void *p[64];
		for (size_t i = 0; i < 64; i++)
			p[i] = malloc(60000);
		for (size_t i = 64; i-- != 0;)
			free(p[i]);
	}
	pthread_setname_np(pthread_self(), "busy");
	return arg;
}

static int threads(void)
{
	pthread_t t[8];
	int arg[8];
	void *ret;
	for (size_t i = 0; i < 8; i++)
		NEED(pthread_create(&t[i], NULL, busy, &arg[i]) == 0);
	for (size_t i = 0; i < 8; i++)
		NEED(pthread_join(t[i], &ret) == 0 && ret == &arg[i]);
	return GOOD;
}

static int waiting(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const uint64_t one = 1;
	struct epoll_event ev = { .events = EPOLLIN };
	struct stat st;
	struct pollfd p = { .fd = eventfd(0, EFD_NONBLOCK), .events = POLLIN };
	const int ep = epoll_create1(EPOLL_CLOEXEC);
	NEED(p.fd >= 0 && ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev) == 0 && epoll_wait(ep, &ev, 1, 1) == 0);
	NEED(write(p.fd, &one, sizeof(one)) == sizeof(one) && ppoll(&p, 1, &ms, NULL) == 1 && epoll_wait(ep, &ev, 1, 0) == 1);
	NEED(clock_nanosleep(CLOCK_MONOTONIC, 0, &ms, NULL) == 0 && nanosleep(&ms, NULL) == 0 && sched_yield() == 0);
	NEED(fstat(p.fd, &st) == 0 && fcntl(p.fd, F_GETFL) >= 0);
	return GOOD;
}

/* Where libraries open something at their first use. */
static int libraries(void)
{
	const time_t now = time(NULL);
	struct tm tm;
	uint8_t b[16];
	json_t *o = json_object();
	NEED(localtime_r(&now, &tm) != NULL && gmtime_r(&now, &tm) != NULL);
	NEED(o != NULL && json_object_set_new(o, "a", json_integer(1)) == 0);
	json_decref(o);
	randombytes_buf(b, sizeof(b));
	char *big = malloc(8 << 20);
	NEED(big != NULL);
	memset(big, 1, 8 << 20);
	char *bigger = realloc(big, 64 << 20);
	NEED(bigger != NULL && bigger[(8 << 20) - 1] == 1);
	free(bigger);
	return GOOD;
}

static int aborts(void)
{
	abort();
}

static int administrates(void)
{
	const int size = 4 << 20, s = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == 0);
	return GOOD;
}

static void test_network(void)
{
	WORKS(tcp), WORKS(tcp6), WORKS(udp), WORKS(administrates);
}

static void test_process(void)
{
	WORKS(threads), WORKS(waiting), WORKS(libraries);
	const int status = in_sandbox(aborts);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The link between the nodes, opened before, its handshakes after; and again after a break. */
static int link_child(void)
{
	struct rig r;
	struct pollfd fds[LINK_POLL_MAX];
	rig_config(&r);
	NEED(rig_start(&r, RIG_HIGH) && rig_start(&r, RIG_LOW));
	enter(NOBODY);
	rig_settle(&r);
	NEED(rig_up(&r) && rig_carry(&r, RIG_LOW, 300000, 5000) == 300000);
	for (unsigned i = 0; i < 2; i++) {
		link_beat(r.l[RIG_LOW], &(struct link_beat){ .role = 1 }, r.now);
		link_beat(r.l[RIG_HIGH], &(struct link_beat){ .role = 1 }, r.now);
		rig_settle(&r);
	}
	NEED(link_poll(r.l[RIG_LOW], fds, LINK_POLL_MAX) == 2 && shutdown(fds[0].fd, SHUT_RDWR) == 0);
	rig_settle(&r);
	for (unsigned i = 0; i < 10 && !rig_up(&r); i++)
		rig_pass(&r, NS_PER_SEC);
	NEED(rig_up(&r));
	rig_fini(&r);
	return GOOD;
}

static void test_link(void)
{
	int status = -1;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0)
		_exit(link_child());
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
}

/* --- rights ----------------------------------------------------------------------------------- */
/* The text of /proc/PID/status of a child in the sandbox. */
static void status_of(uid_t uid, char *text, size_t cap)
{
	int up[2], down[2];
	char c, path[64];
	CU_ASSERT_FATAL(pipe(up) == 0 && pipe(down) == 0);
	const pid_t pid = fork();
	if (pid == 0) {
		close(down[1]);
		enter(uid);
		_exit(write(up[1], "x", 1) != 1 || read(down[0], &c, 1) != 0);
	}
	close(up[1]);
	CU_ASSERT_EQUAL(read(up[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	CU_ASSERT_FATAL(f != NULL);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
	close(up[0]), close(down[0]), close(down[1]);
	waitpid(pid, NULL, 0);
}

static void test_rights(void)
{
	static const char *const always[] = {
		"\nCapInh:\t0000000000000000\n", "\nCapPrm:\t0000000000001000\n", "\nCapEff:\t0000000000001000\n",
		"\nCapBnd:\t0000000000000000\n", "\nCapAmb:\t0000000000000000\n", "\nNoNewPrivs:\t1\n", "\nSeccomp:\t2\n",
	};
	char text[8192];
	for (unsigned k = 0; k < 2; k++) {
		status_of(k == 0 ? NOBODY : 0, text, sizeof(text));
		for (size_t i = 0; i < ARRAY_LEN(always); i++)
			if (strstr(text, always[i]) == NULL)
				CU_FAIL(always[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, k == 0 ? "\nUid:\t65534\t65534\t65534\t65534\n" : "\nUid:\t0\t0\t0\t0\n"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, k == 0 ? "\nGid:\t65534\t65534\t65534\t65534\n" : "\nGid:\t0\t0\t0\t0\n"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nGroups:\t \n"));
	}
}

/* Asked for before, it holds although the user changed. */
static void test_parents_death(void)
{
	int up[2], dead[2];
	char c;
	CU_ASSERT_FATAL(pipe(up) == 0 && pipe(dead) == 0);
	const pid_t parent = fork();
	if (parent == 0) {
		close(dead[0]);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			enter(NOBODY);
			_exit(write(up[1], "x", 1) != 1 || poll(NULL, 0, 20000) != 0);
		}
		close(dead[1]);
		_exit(read(up[0], &c, 1) != 1);
	}
	close(up[0]), close(up[1]), close(dead[1]);
	CU_ASSERT_EQUAL(waitpid(parent, NULL, 0), parent);
	struct pollfd p = { .fd = dead[0] };
	CU_ASSERT_EQUAL(poll(&p, 1, 5000), 1);
	close(dead[0]);
}

static void test_no_right(void)
{
	char why[SANDBOX_WHY];
	int status = -1;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0) {
		if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0 || sandbox_enter(NOBODY, NOBODY, why) != ERR_IO)
			_exit(1);
		_exit(strstr(why, "CAP_NET_ADMIN is missing") == NULL ? 2 : GOOD);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
}

int main(void)
{
	static const struct unit_case cases[] = {
		{ "sockets that are refused", test_kills_sockets },
		{ "processes, rights, and the rest that is refused", test_kills_processes },
		{ "connections and datagrams work", test_network }, { "threads, waiting, libraries, abort work", test_process },
		{ "the HA link works", test_link }, { "one capability, no user, no groups", test_rights },
		{ "the signal at the parent's death", test_parents_death }, { "without the right it fails", test_no_right },
		{ "files that are refused", test_kills_files },
	};
	if (geteuid() != 0) {
		puts("skip - test_sandbox.c: root is needed to give up rights");
		return 0;
	}
	if (SANITIZED)
		puts("skip - test_sandbox.c: files that are refused: the sanitizer's reports open some; see tests/e2e/sandbox.sh");
	return unit_run("test_sandbox.c", cases, ARRAY_LEN(cases) - SANITIZED);
}
