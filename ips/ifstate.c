/* ifstate.c - see ifstate.h: one socket hears of changes, another one asks for all links (RTM_GETLINK). */
#include "ips/ifstate.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { ANSWER_S = 1, SEEN_MAX = 1024, BUF = 32768, DEPTH_MAX = 8 };

struct ifstate {
	struct mnl_socket *heard, *asked;
	uint32_t seq;
	unsigned n;
	struct link_info {
		uint32_t index, master, lower; /* lower: 0 = none, or of another network namespace */
		bool up, aggregate;
		char name[16];
	} v[SEEN_MAX];
};

static struct mnl_socket *open_socket(int flags, unsigned groups)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	if (nl != NULL && mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) == 0)
		return nl;
	if (nl != NULL)
		mnl_socket_close(nl);
	return NULL;
}

enum err ifstate_open(struct ifstate **out, char *why)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	struct ifstate *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		snprintf(why, IFSTATE_WHY, "no memory for the interfaces' state");
		return ERR_NOMEM;
	}
	s->heard = open_socket(SOCK_NONBLOCK, RTMGRP_LINK);
	s->asked = open_socket(0, 0);
	if (s->heard == NULL || s->asked == NULL) {
		snprintf(why, IFSTATE_WHY, "no rtnetlink socket: %s", strerror(errno));
		ifstate_close(s);
		return ERR_IO;
	}
	(void)setsockopt(mnl_socket_get_fd(s->asked), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*out = s;
	return OK;
}

void ifstate_close(struct ifstate *s)
{
	if (s == NULL)
		return;
	if (s->heard != NULL)
		mnl_socket_close(s->heard);
	if (s->asked != NULL)
		mnl_socket_close(s->asked);
	free(s);
}

int ifstate_fd(const struct ifstate *s)
{
	return mnl_socket_get_fd(s->heard);
}

bool ifstate_changed(struct ifstate *s)
{
	_Alignas(8) char buf[BUF];
	bool some = false;
	/* what the kernel could not queue has changed as well: ENOBUFS */
	while (mnl_socket_recvfrom(s->heard, buf, sizeof(buf)) > 0 || errno == ENOBUFS)
		some = true;
	return some;
}

/* --- all links ------------------------------------------------------------------------------------------------ */

static bool is_aggregate(const struct nlattr *info)
{
	const struct nlattr *a;
	mnl_attr_for_each_nested(a, info) {
		if (mnl_attr_get_type(a) != IFLA_INFO_KIND || mnl_attr_validate(a, MNL_TYPE_STRING) < 0)
			continue;
		const char *kind = mnl_attr_get_str(a);
		const size_t len = strnlen(kind, mnl_attr_get_payload_len(a));
		return (len == 4 && memcmp(kind, "bond", 4) == 0) || (len == 4 && memcmp(kind, "team", 4) == 0);
	}
	return false;
}

static int take(const struct nlmsghdr *h, void *arg)
{
	struct ifstate *s = arg;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	if (h->nlmsg_type != RTM_NEWLINK || s->n == SEEN_MAX)
		return MNL_CB_OK;
	bool elsewhere = false;
	struct link_info *l = &s->v[s->n++];
	*l = (struct link_info){ .index = (uint32_t)m->ifi_index,
				 .up = (m->ifi_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING) };
	mnl_attr_for_each(a, h, sizeof(*m)) {
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			snprintf(l->name, sizeof(l->name), "%.*s", (int)mnl_attr_get_payload_len(a), mnl_attr_get_str(a));
			break;
		case IFLA_MASTER:
			if (mnl_attr_get_payload_len(a) == sizeof(uint32_t))
				l->master = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK:
			if (mnl_attr_get_payload_len(a) == sizeof(uint32_t))
				l->lower = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		case IFLA_LINKINFO:
			l->aggregate = is_aggregate(a);
			break;
		default:
			break;
		}
	}
	if (elsewhere)
		l->lower = 0;
	return MNL_CB_OK;
}

static bool dump(struct ifstate *s)
{
	_Alignas(8) char buf[BUF];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++s->seq;
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	s->n = 0;
	if (mnl_socket_sendto(s->asked, h, h->nlmsg_len) != (ssize_t)h->nlmsg_len)
		return false;
	for (;;) {
		const ssize_t n = mnl_socket_recvfrom(s->asked, buf, sizeof(buf));
		if (n <= 0)
			return false;
		const int more = mnl_cb_run(buf, (size_t)n, s->seq, mnl_socket_get_portid(s->asked), take, s);
		if (more <= MNL_CB_STOP)
			return more == MNL_CB_STOP;
	}
}

static const struct link_info *by_name(const struct ifstate *s, const char *name)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->v[i].name, name) == 0)
			return &s->v[i];
	return NULL;
}

enum err ifstate_read(struct ifstate *s, const struct ifstate_name *want, unsigned n, struct peering_iface *v)
{
	if (!dump(s))
		return ERR_IO;
	for (unsigned i = 0; i < n; i++) {
		const struct link_info *l = by_name(s, want[i].name);
		v[i] = (struct peering_iface){ .weight = want[i].weight, .up = l != NULL && l->up };
		for (unsigned k = 0; l != NULL && l->aggregate && k < s->n; k++) {
			v[i].members += s->v[k].master == l->index;
			v[i].members_up += s->v[k].master == l->index && s->v[k].up;
		}
	}
	return OK;
}

bool ifstate_carries(const struct ifstate *s, const char *name, const char *link)
{
	const struct link_info *below = by_name(s, name);
	const struct link_info *l = by_name(s, link);
	bool found = strcmp(name, link) == 0;
	for (unsigned depth = 0; below != NULL && l != NULL && depth < DEPTH_MAX && !found; depth++) {
		const struct link_info *next = NULL;
		found = below->index == l->index || below->master == l->index;
		for (unsigned i = 0; i < s->n && l->lower != 0; i++)
			if (s->v[i].index == l->lower)
				next = &s->v[i];
		l = next;
	}
	return found;
}
