/* sandbox.c - the engine's capabilities and its list of system calls, as tables.
 *
 * What libraries would open at their first use is brought about before. Names that an architecture (or the installed
 * libseccomp) does not know are passed over: such a call cannot be made there either, or falls under the default.
 */
#include "ips/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifdef ADDRESS_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

static const char *const calls[] = {
	/* packets, the link, the control socket */
	"recvmmsg", "recvmsg", "recvfrom", "sendmsg", "sendto", "sendmmsg", "accept4", "bind", "connect", "listen", "shutdown",
	"getsockopt", "getsockname", "getpeername", "poll", "ppoll", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"eventfd2",
	/* open descriptors */
	"read", "write", "writev", "pread64", "close", "fcntl", "lseek", "fstat", "newfstatat",
	/* time, where the kernel's page of functions does not do */
	"clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getcpu",
	/* memory and threads */
	"futex", "brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "set_robust_list", "rseq", "sched_yield",
	"sched_getaffinity", "exit", "exit_group", "getpid", "gettid", "getrandom", "uname", "sysinfo",
	/* signals */
	"rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "restart_syscall",
#ifdef ADDRESS_SANITIZER
	/* the sanitizer's report of an error */
	"openat", "open", "readlink", "readlinkat", "access", "ioctl", "getuid", "stat", "lstat",
#endif
};

/* int arguments: what stands in a register above the low half means nothing */
#define IS(arg, value)         { (arg), SCMP_CMP_MASKED_EQ, UINT32_MAX, (value) }
#define HAS(arg, mask, value)  { (arg), SCMP_CMP_MASKED_EQ, (mask), (value) }
#define SOCKET(family, type, protocol) \
	{ "socket", 3, { IS(0, family), HAS(1, (uint32_t) ~(SOCK_CLOEXEC | SOCK_NONBLOCK), type), IS(2, protocol) } }

enum {
	NEW_NAMESPACE = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP
};

static const struct rule {
	const char *name;
	unsigned n;
	struct scmp_arg_cmp arg[3];
} rules[] = {
	SOCKET(AF_INET, SOCK_STREAM, 0),
	SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET, SOCK_DGRAM, 0),
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET6, SOCK_STREAM, 0),
	SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_DGRAM, 0),
	SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	/* not those of IP: with CAP_NET_ADMIN they replace the firewall's tables */
	{ "setsockopt", 1, { IS(1, SOL_SOCKET) } },
	{ "setsockopt", 1, { IS(1, IPPROTO_TCP) } },
	/* threads, no processes */
	{ "clone", 1, { HAS(0, CLONE_THREAD | NEW_NAMESPACE, CLONE_THREAD) } },
	{ "prctl", 1, { IS(0, PR_SET_NAME) } },
};

static enum err refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static enum err refuse(char *why, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, SANDBOX_WHY, fmt, ap);
	va_end(ap);
	return ERR_IO;
}

/* What would be opened later, and could not be. */
static void open_now(void)
{
	tzset();
	json_object_seed(0);
	/* glibc reads /proc before it gives back memory of a thread's arena: one arena for all */
	(void)mallopt(M_ARENA_MAX, 1);
#ifdef ADDRESS_SANITIZER
	__lsan_do_leak_check(); /* it is the last one: at the exit it would trace the process */
#endif
}

static bool only_net_admin(void)
{
	if (capng_get_caps_process() != 0)
		return false;
	for (unsigned c = 0; c <= CAP_LAST_CAP; c++)
		if (capng_have_capability(CAPNG_EFFECTIVE, c) != (c == CAP_NET_ADMIN) ||
		    capng_have_capability(CAPNG_PERMITTED, c) != (c == CAP_NET_ADMIN) ||
		    capng_have_capability(CAPNG_BOUNDING_SET, c) || capng_have_capability(CAPNG_INHERITABLE, c))
			return false;
	return true;
}

static enum err drop(uid_t uid, gid_t gid, char *why)
{
	int on_parents_death = 0;
	if (capng_get_caps_process() != 0 || !capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN))
		return refuse(why, "CAP_NET_ADMIN is missing: each verdict needs it");
	(void)prctl(PR_GET_PDEATHSIG, &on_parents_death);
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) != 0)
		return refuse(why, "CAP_NET_ADMIN cannot be kept");
	const int code = capng_change_id(uid != 0 ? (int)uid : -1, gid != 0 ? (int)gid : -1,
					 (capng_flags_t)(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING));
	if (code != 0)
		return refuse(why, "capabilities and user cannot be given up: libcap-ng says %d (%s)", code, strerror(errno));
	if (!only_net_admin())
		return refuse(why, "other capabilities than CAP_NET_ADMIN are left");
	/* a change of the user has cleared it */
	if (on_parents_death != 0 && prctl(PR_SET_PDEATHSIG, on_parents_death) != 0)
		return refuse(why, "the signal at the parent's death cannot be set: %s", strerror(errno));
	return OK;
}

/* A call by its name; one that is not known here is none. */
static int add(scmp_filter_ctx f, uint32_t action, const char *name, unsigned n, const struct scmp_arg_cmp *arg)
{
	const int nr = seccomp_syscall_resolve_name(name);
	return nr >= 0 ? seccomp_rule_add_array(f, action, nr, n, arg) : 0;
}

static int fill(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp ourselves = IS(0, (uint32_t)getpid());
	int e = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (e == 0)
		e = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	for (size_t i = 0; i < ARRAY_LEN(calls) && e == 0; i++)
		e = add(f, SCMP_ACT_ALLOW, calls[i], 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rules) && e == 0; i++)
		e = add(f, SCMP_ACT_ALLOW, rules[i].name, rules[i].n, rules[i].arg);
	if (e == 0)
		e = add(f, SCMP_ACT_ALLOW, "tgkill", 1, &ourselves); /* abort() */
	/* Its flags are in memory, where no filter sees them; the C library then calls clone. */
	if (e == 0)
		e = add(f, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
	return e;
}

static enum err filter(char *why)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (f == NULL)
		return refuse(why, "no seccomp filter: this kernel or libseccomp cannot kill a process for a call");
	int e = fill(f);
	if (e == 0)
		e = seccomp_load(f);
	seccomp_release(f);
	return e == 0 ? OK : refuse(why, "the seccomp filter is refused: %s", strerror(-e));
}

enum err sandbox_enter(uid_t uid, gid_t gid, char *why)
{
	why[0] = '\0';
	open_now();
	TRY(drop(uid, gid, why));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return refuse(why, "no_new_privs cannot be set: %s", strerror(errno));
	return filter(why);
}
