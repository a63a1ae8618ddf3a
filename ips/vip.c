/* vip.c - the virtual addresses' way into the kernel: one rtnetlink request an address, each answered at once. */
#include "ips/vip.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ips/vip_int.h"

enum { ANSWER_S = 2, REQUEST_MAX = 256, ANSWER_MAX = 8192 };
#define FOR_EVER UINT32_MAX /* INFINITY_LIFE_TIME of the kernel */

struct vip {
	struct mnl_socket *nl;
	int tell;
	uint32_t seq;
	unsigned n;
	struct vip_addr v[VIP_MAX];
	bool on[VIP_MAX];            /* put on, as far as we know: only such are announced */
};

static enum err refuse(char *why, enum err e, const char *what)
{
	snprintf(why, VIP_WHY, "%s", what);
	return e;
}

static enum err check(const struct vip_addr *v, char *why)
{
	if ((v->family != 4 && v->family != 6) || v->prefix > (v->family == 4 ? 32 : 128))
		return refuse(why, ERR_USAGE, "a virtual address has a prefix of at most 32 bits (IPv4) or at most 128");
	if (memchr(v->ifname, '\0', sizeof(v->ifname)) == NULL || v->ifname[0] == '\0')
		return refuse(why, ERR_USAGE, "a virtual address needs an interface of 1 to 15 characters");
	if (if_nametoindex(v->ifname) != 0)
		return OK;
	snprintf(why, VIP_WHY, "interface %s of a virtual address does not exist", v->ifname);
	return ERR_NOTFOUND;
}

/* The kernel's answer to a request: 0 or an errno. */
static int ask(struct vip *v, struct nlmsghdr *h)
{
	uint8_t answer[ANSWER_MAX];
	h->nlmsg_seq = ++v->seq;
	if (mnl_socket_sendto(v->nl, h, h->nlmsg_len) < 0)
		return errno;
	for (;;) {
		const ssize_t n = mnl_socket_recvfrom(v->nl, answer, sizeof(answer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if (mnl_cb_run(answer, (size_t)n, v->seq, mnl_socket_get_portid(v->nl), NULL, NULL) >= 0)
			return 0;
		if (errno != EPROTO) /* EPROTO: the late answer to a request before */
			return errno;
	}
}

static int request(struct vip *v, uint16_t type, const struct vip_addr *a, unsigned ifindex, uint32_t lifetime)
{
	uint8_t room[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const size_t len = a->family == 4 ? 4 : 16;
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = a->family == 4 ? AF_INET : AF_INET6;
	m->ifa_prefixlen = a->prefix;
	m->ifa_scope = RT_SCOPE_UNIVERSE;
	m->ifa_index = ifindex;
	mnl_attr_put(h, IFA_LOCAL, len, a->addr.b);
	mnl_attr_put(h, IFA_ADDRESS, len, a->addr.b);
	if (type == RTM_NEWADDR) {
		const struct ifa_cacheinfo life = { .ifa_prefered = lifetime, .ifa_valid = lifetime };
		h->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
		mnl_attr_put(h, IFA_CACHEINFO, sizeof(life), &life);
		if (a->family == 6)
			mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD);
	}
	return ask(v, h);
}

/* Who lacks the right hears that; everybody else, that there is no such interface. */
static bool may_change(struct vip *v)
{
	const struct vip_addr none = { .family = 4, .prefix = 32 };
	return request(v, RTM_DELADDR, &none, 0, 0) != EPERM;
}

static bool sysctl_is_on(const char *path)
{
	char c = '0';
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool on = fd >= 0 && read(fd, &c, 1) == 1 && c != '0';
	if (fd >= 0)
		close(fd);
	return on;
}

static enum err promote(const char *ifname, char *why)
{
	char path[80];
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", ifname);
	if (sysctl_is_on(path) || sysctl_is_on("/proc/sys/net/ipv4/conf/all/promote_secondaries"))
		return OK;
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool ok = fd >= 0 && write(fd, "1\n", 2) == 2;
	if (!ok)
		snprintf(why, VIP_WHY, "cannot set net.ipv4.conf.%s.promote_secondaries: %s", ifname, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok ? OK : ERR_IO;
}

static enum err open_sockets(struct vip *v, char *why)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	v->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (v->nl == NULL || mnl_socket_bind(v->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		snprintf(why, VIP_WHY, "no rtnetlink socket: %s", strerror(errno));
		return ERR_IO;
	}
	(void)setsockopt(mnl_socket_get_fd(v->nl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!may_change(v))
		return refuse(why, ERR_IO, "virtual addresses need CAP_NET_ADMIN");
	v->tell = vip_tell_socket();
	if (v->tell >= 0)
		return OK;
	if (errno == EPERM)
		return refuse(why, ERR_IO, "announcing virtual addresses needs CAP_NET_RAW");
	snprintf(why, VIP_WHY, "no packet socket: %s", strerror(errno));
	return ERR_IO;
}

enum err vip_open(const struct vip_addr *a, unsigned n, struct vip **out, char *why)
{
	why[0] = '\0';
	if (n > VIP_MAX)
		return refuse(why, ERR_USAGE, "too many virtual addresses");
	for (unsigned i = 0; i < n; i++)
		TRY(check(&a[i], why));
	struct vip *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return refuse(why, ERR_NOMEM, "no memory for virtual addresses");
	v->tell = -1;
	v->n = n;
	if (n != 0)
		memcpy(v->v, a, n * sizeof(*a));
	enum err e = open_sockets(v, why);
	for (unsigned i = 0; i < n && e == OK; i++)
		e = a[i].family == 4 ? promote(a[i].ifname, why) : OK;
	if (e != OK) {
		vip_close(v);
		return e;
	}
	*out = v;
	return OK;
}

static enum err failed(const struct vip_addr *a, const char *what, int code, char *why)
{
	char text[ADDR_TEXT];
	snprintf(why, VIP_WHY, "cannot %s %s/%u on %s: %s", what, addr_text(&a->addr, a->family, text), a->prefix, a->ifname,
		 strerror(code));
	return code == ENODEV ? ERR_NOTFOUND : ERR_IO;
}

/* The interface by name each time: one that was made anew has another number. */
enum err vip_refresh(struct vip *v, unsigned lifetime_s, char *why)
{
	const uint32_t lifetime = lifetime_s != 0 ? lifetime_s : FOR_EVER;
	enum err last = OK;
	for (unsigned i = 0; i < v->n; i++) {
		const struct vip_addr *a = &v->v[i];
		const unsigned ifindex = if_nametoindex(a->ifname);
		const int code = ifindex == 0 ? ENODEV : request(v, RTM_NEWADDR, a, ifindex, lifetime);
		v->on[i] = code == 0;
		if (code != 0)
			last = failed(a, "add", code, why);
	}
	return last;
}

enum err vip_announce(struct vip *v, char *why)
{
	enum err last = OK;
	for (unsigned i = 0; i < v->n; i++) {
		if (!v->on[i])
			continue;
		const unsigned ifindex = if_nametoindex(v->v[i].ifname);
		const int code = ifindex == 0 ? ENODEV : vip_tell(v->tell, &v->v[i], ifindex);
		if (code != 0)
			last = failed(&v->v[i], "announce", code, why);
	}
	return last;
}

enum err vip_add(struct vip *v, unsigned lifetime_s, char *why)
{
	const enum err added = vip_refresh(v, lifetime_s, why);
	const enum err told = vip_announce(v, why);
	return told != OK ? told : added;
}

enum err vip_remove(struct vip *v, char *why)
{
	enum err last = OK;
	for (unsigned i = 0; i < v->n; i++) {
		const struct vip_addr *a = &v->v[i];
		const unsigned ifindex = if_nametoindex(a->ifname);
		const int code = ifindex == 0 ? 0 : request(v, RTM_DELADDR, a, ifindex, 0);
		v->on[i] = false;
		if (code != 0 && code != EADDRNOTAVAIL && code != ENODEV)
			last = failed(a, "remove", code, why);
	}
	return last;
}

void vip_close(struct vip *v)
{
	if (v == NULL)
		return;
	if (v->nl != NULL)
		mnl_socket_close(v->nl);
	if (v->tell >= 0)
		close(v->tell);
	free(v);
}
