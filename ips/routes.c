/* routes.c - see routes.h. */
#include "ips/routes.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"

enum { SLOTS = 1024, ANSWER_MAX = 4096, ANSWERS_MAX = 8, IPV4_BITS = 32, IPV6_BITS = 128 };
#define KEPT_NS (1 * NS_PER_SEC)

struct slot {
	uint8_t family;              /* 0: empty */
	struct addr dst;
	uint32_t oif;
	mono_t at;
};

struct routes {
	struct mnl_socket *nl;
	uint32_t seq;
	struct slot slot[SLOTS];
};

enum err routes_open(struct routes **out)
{
	struct routes *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return ERR_NOMEM;
	r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (r->nl == NULL || mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		routes_close(r);
		return ERR_IO;
	}
	*out = r;
	return OK;
}

void routes_close(struct routes *r)
{
	if (r == NULL)
		return;
	if (r->nl != NULL)
		mnl_socket_close(r->nl);
	free(r);
}

static bool question(struct routes *r, uint8_t family, const struct addr *dst)
{
	_Alignas(8) char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = ++r->seq;
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	rt->rtm_family = family == 6 ? AF_INET6 : AF_INET;
	rt->rtm_dst_len = family == 6 ? IPV6_BITS : IPV4_BITS;
	mnl_attr_put(h, RTA_DST, rt->rtm_dst_len / 8, dst->b);
	return mnl_socket_sendto(r->nl, h, h->nlmsg_len) == (ssize_t)h->nlmsg_len;
}

static uint32_t oif_of(const struct nlmsghdr *h)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	if (rt->rtm_type != RTN_UNICAST)
		return 0;
	mnl_attr_for_each(a, h, sizeof(*rt))
		if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_get_payload_len(a) == sizeof(uint32_t))
			return mnl_attr_get_u32(a);
	return 0;
}

/* The kernel has answered by the time the question was sent; older answers may stand before it. */
static uint32_t answer(struct routes *r)
{
	_Alignas(8) char buf[ANSWER_MAX];
	for (unsigned i = 0; i < ANSWERS_MAX; i++) {
		const ssize_t n = mnl_socket_recvfrom(r->nl, buf, sizeof(buf));
		const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
		if (n < (ssize_t)sizeof(*h))
			return 0;
		if (h->nlmsg_seq == r->seq && mnl_nlmsg_ok(h, (int)n))
			return h->nlmsg_type == RTM_NEWROUTE ? oif_of(h) : 0;
	}
	return 0;
}

uint32_t routes_out(struct routes *r, uint8_t family, const struct addr *dst, mono_t now)
{
	struct slot *s = &r->slot[hash_fnv(HASH_FNV_START, dst, sizeof(*dst)) % SLOTS];
	const bool known = s->family == family && memcmp(&s->dst, dst, sizeof(*dst)) == 0;
	if (known && mono_diff(now, s->at) < KEPT_NS)
		return s->oif;
	*s = (struct slot){ .family = family, .dst = *dst, .at = now };
	s->oif = question(r, family, dst) ? answer(r) : 0;
	return s->oif;
}
