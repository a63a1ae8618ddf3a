/* bounce.c - see bounce.h. Routes are put back as the kernel told them, message by message. */
#include "ips/bounce.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_S = 2, ROOM = 1 << 20, BUF = 32768, AGAIN = 20, AGAIN_MS = 100 };

struct work {
	struct mnl_socket *nl;
	int ctl;
	uint32_t seq;
	unsigned n;
	struct {
		char name[16];
		unsigned index;
		char keep;           /* keep_addr_on_down as it was; '\0': there is none */
	} v[BOUNCE_MAX];             /* those that are up */
	size_t len;
	bool full;
	_Alignas(NLMSG_ALIGNTO) uint8_t routes[ROOM];
};

static enum err failed(char *why, const char *what, const char *name)
{
	snprintf(why, BOUNCE_WHY, "cannot %s%s%s: %s", what, name[0] != '\0' ? " " : "", name, strerror(errno));
	return ERR_IO;
}

/* --- interfaces -------------------------------------------------------------------------------------------------- */

static bool is_up(const struct work *w, const char *name)
{
	struct ifreq r = { 0 };
	memcpy(r.ifr_name, name, sizeof(r.ifr_name));
	return ioctl(w->ctl, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & IFF_UP) != 0;
}

static bool set_up(const struct work *w, const char *name, bool up)
{
	struct ifreq r = { 0 };
	memcpy(r.ifr_name, name, sizeof(r.ifr_name));
	if (ioctl(w->ctl, SIOCGIFFLAGS, &r) != 0)
		return false;
	const int flags = (unsigned short)r.ifr_flags;
	r.ifr_flags = (short)(up ? flags | IFF_UP : flags & ~IFF_UP);
	return ioctl(w->ctl, SIOCSIFFLAGS, &r) == 0;
}

/* Sets the interface's keep_addr_on_down; what it was, or '\0' where there is no IPv6. */
static char keep_addresses(const char *name, char to)
{
	char path[96], was = '\0';
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/keep_addr_on_down", name);
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || read(fd, &was, 1) != 1 || pwrite(fd, &to, 1, 0) != 1)
		was = '\0';
	if (fd >= 0)
		close(fd);
	return was;
}

/* --- routes ------------------------------------------------------------------------------------------------------ */

static const struct nlattr *attr_of(const struct nlmsghdr *h, uint16_t type)
{
	const struct nlattr *a;
	mnl_attr_for_each(a, h, sizeof(struct rtmsg))
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

/* Is it lost with one of the interfaces, and nobody else's to put back? */
static bool is_ours(const struct work *w, const struct nlmsghdr *h)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *out = attr_of(h, RTA_OIF);
	if (h->nlmsg_type != RTM_NEWROUTE || (m->rtm_flags & RTM_F_CLONED) != 0 || m->rtm_protocol == RTPROT_KERNEL ||
	    m->rtm_protocol == RTPROT_RA || m->rtm_protocol == RTPROT_REDIRECT || out == NULL ||
	    mnl_attr_get_payload_len(out) != sizeof(uint32_t))
		return false;
	for (unsigned i = 0; i < w->n; i++)
		if (w->v[i].index == mnl_attr_get_u32(out))
			return true;
	return false;
}

static int take(const struct nlmsghdr *h, void *arg)
{
	struct work *w = arg;
	const size_t len = MNL_ALIGN(h->nlmsg_len);
	if (!is_ours(w, h))
		return MNL_CB_OK;
	if (len > sizeof(w->routes) - w->len) {
		w->full = true;
		return MNL_CB_OK;
	}
	memcpy(w->routes + w->len, h, h->nlmsg_len);
	w->len += len;
	return MNL_CB_OK;
}

static bool read_routes(struct work *w, uint8_t family)
{
	_Alignas(8) char buf[BUF];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++w->seq;
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = family;
	if (mnl_socket_sendto(w->nl, h, h->nlmsg_len) < 0)
		return false;
	for (;;) {
		const ssize_t n = mnl_socket_recvfrom(w->nl, buf, sizeof(buf));
		if (n <= 0)
			return false;
		const int more = mnl_cb_run(buf, (size_t)n, w->seq, mnl_socket_get_portid(w->nl), take, w);
		if (more <= MNL_CB_STOP)
			return more == MNL_CB_STOP;
	}
}

/* 0 or an errno; there already is as good as put back. */
static int put_route(struct work *w, struct nlmsghdr *h)
{
	_Alignas(8) char buf[BUF];
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	h->nlmsg_seq = ++w->seq;
	h->nlmsg_pid = 0;
	if (mnl_socket_sendto(w->nl, h, h->nlmsg_len) < 0)
		return errno;
	for (;;) {
		const ssize_t n = mnl_socket_recvfrom(w->nl, buf, sizeof(buf));
		if (n <= 0)
			return ETIMEDOUT;
		if (mnl_cb_run(buf, (size_t)n, w->seq, mnl_socket_get_portid(w->nl), NULL, NULL) >= 0 || errno == EEXIST)
			return 0;
		if (errno != EPROTO)
			return errno;
	}
}

/* Those over a gateway last, for they rest on others. Put back, they are marked by the type 0. Returns the last errno. */
static int put_routes(struct work *w)
{
	int last = 0;
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t at = 0; at < w->len;) {
			struct nlmsghdr *h = (struct nlmsghdr *)(void *)(w->routes + at);
			const bool far = attr_of(h, RTA_GATEWAY) != NULL || attr_of(h, RTA_VIA) != NULL;
			at += MNL_ALIGN(h->nlmsg_len);
			if (h->nlmsg_type == 0 || far != (pass == 1))
				continue;
			const int code = put_route(w, h);
			if (code == 0)
				h->nlmsg_type = 0;
			else
				last = code;
		}
	return last;
}

/* --- all of it --------------------------------------------------------------------------------------------------- */

static enum err begin(struct work *w, const struct bounce_set *set, char *why)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	w->ctl = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	w->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (w->ctl < 0 || w->nl == NULL || mnl_socket_bind(w->nl, 0, MNL_SOCKET_AUTOPID) != 0)
		return failed(why, "open a socket", "");
	(void)setsockopt(mnl_socket_get_fd(w->nl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (unsigned i = 0; i < set->n; i++) {
		const unsigned index = if_nametoindex(set->name[i]);
		if (index == 0 || !is_up(w, set->name[i]))
			continue;
		memcpy(w->v[w->n].name, set->name[i], sizeof(w->v[0].name));
		w->v[w->n++].index = index;
	}
	if (!read_routes(w, AF_INET) || !read_routes(w, AF_INET6))
		return failed(why, "read the routes", "");
	if (!w->full)
		return OK;
	snprintf(why, BOUNCE_WHY, "more routes than could be put back");
	return ERR_FULL;
}

static enum err down_and_up(struct work *w, int ms, int hold, char *why)
{
	enum err e = OK;
	int code = 0;
	struct pollfd p = { .fd = hold };
	for (unsigned i = 0; i < w->n; i++) {
		w->v[i].keep = keep_addresses(w->v[i].name, '1');
		if (!set_up(w, w->v[i].name, false))
			e = failed(why, "set down", w->v[i].name);
	}
	(void)poll(&p, 1, ms);
	for (unsigned i = 0; i < w->n; i++) {
		if (!set_up(w, w->v[i].name, true))
			e = failed(why, "set up", w->v[i].name);
		if (w->v[i].keep != '\0')
			(void)keep_addresses(w->v[i].name, w->v[i].keep);
	}
	for (unsigned i = 0; i < AGAIN && (code = put_routes(w)) != 0; i++)
		(void)poll(NULL, 0, AGAIN_MS); /* what they rest on may come in a moment */
	errno = code;
	return code != 0 ? failed(why, "put back all routes", "") : e;
}

enum err bounce_run(const struct bounce_set *set, int ms, int hold, char *why)
{
	struct work *w = calloc(1, sizeof(*w));
	if (w == NULL) {
		snprintf(why, BOUNCE_WHY, "no memory");
		return ERR_NOMEM;
	}
	w->ctl = -1;
	enum err e = begin(w, set, why);
	if (e == OK)
		e = down_and_up(w, ms, hold, why);
	if (w->nl != NULL)
		mnl_socket_close(w->nl);
	if (w->ctl >= 0)
		close(w->ctl);
	free(w);
	return e;
}

static void keep_only(int fd)
{
	if (fd > STDERR_FILENO + 1)
		(void)syscall(SYS_close_range, STDERR_FILENO + 1, fd - 1, 0);
	(void)syscall(SYS_close_range, fd + 1, ~0u, 0);
}

enum err bounce_start(struct bounce *b, const struct bounce_set *set, char *why)
{
	int ends[2];
	if (b->pid > 0) {
		snprintf(why, BOUNCE_WHY, "the interfaces are down already");
		return ERR_EXISTS;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return failed(why, "bounce the interfaces", "");
	fflush(NULL);
	b->pid = fork();
	if (b->pid == 0) {
		keep_only(ends[0]); /* the daemon's lock among others: the next one is not to wait for this process */
		const enum err e = bounce_run(set, BOUNCE_MS, ends[0], why);
		if (e != OK)
			fprintf(stderr, "ipsd: reboot-interfaces-on-swap: %s\n", why);
		_exit(e != OK);
	}
	close(ends[0]);
	b->hold = ends[1];
	if (b->pid > 0)
		return OK;
	const enum err e = failed(why, "bounce the interfaces", "");
	b->pid = 0;
	bounce_hurry(b);
	return e;
}

void bounce_hurry(struct bounce *b)
{
	if (b->hold >= 0)
		close(b->hold);
	b->hold = -1;
}

bool bounce_ended(struct bounce *b, pid_t pid)
{
	if (b->pid <= 0 || pid != b->pid)
		return false;
	bounce_hurry(b);
	b->pid = 0;
	return true;
}
