/* worker_own.c - which packets are the box's own, and the kernel's numbers of the interfaces. Read at the start. */
#include "ips/worker_int.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"

enum { IP4_DST = 16, IP6_DST = 24, IP4_MULTICAST = 0xe0, IP6_MULTICAST = 0xff };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct own_addr));
}

static void add(struct own *o, uint8_t family, const void *octets, size_t len)
{
	if (o->n == OWN_MAX)
		return;
	struct own_addr *x = &o->v[o->n++];
	memset(x, 0, sizeof(*x));
	x->family = family;
	memcpy(x->a.b, octets, len);
}

static void add_sockaddr(struct own *o, const struct sockaddr *sa)
{
	if (sa == NULL)
		return;
	if (sa->sa_family == AF_INET)
		add(o, 4, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		add(o, 6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
}

/* The subnet's broadcast address of a virtual address. */
static void add_broadcast(struct own *o, const struct vip_addr *v)
{
	struct addr b = v->addr;
	if (v->family != 4 || v->prefix >= 31)
		return;
	for (unsigned bit = v->prefix; bit < 32; bit++)
		b.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	add(o, 4, b.b, 4);
}

void own_read(struct own *o, const struct live *l)
{
	static const uint8_t everyone[4] = { 255, 255, 255, 255 };
	struct ifaddrs *all = NULL;
	o->n = 0;
	o->bridge = l->bridge;
	if (!l->bridge)
		add(o, 4, everyone, sizeof(everyone));
	for (unsigned i = 0; i < l->n_vip; i++) {
		add(o, l->vip[i].family, l->vip[i].addr.b, l->vip[i].family == 6 ? 16 : 4);
		add_broadcast(o, &l->vip[i]);
	}
	if (getifaddrs(&all) == 0) {
		for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
			add_sockaddr(o, i->ifa_addr);
			if ((i->ifa_flags & IFF_BROADCAST) != 0 && !l->bridge)
				add_sockaddr(o, i->ifa_broadaddr);
		}
		freeifaddrs(all);
	}
	qsort(o->v, o->n, sizeof(o->v[0]), compare);
}

/* Groups that no router forwards, and no bridge should lose: 224.0.0.0/24, ff01::/16, ff02::/16. */
static bool link_local(const struct own_addr *g)
{
	if (g->family == 4)
		return g->a.b[0] == 224 && g->a.b[1] == 0 && g->a.b[2] == 0;
	return (g->a.b[1] & 0x0f) == 1 || (g->a.b[1] & 0x0f) == 2;
}

bool own_packet(const struct own *o, const struct packet *p, struct own_addr *dst)
{
	struct cur c = cur_of(p->data, p->len);
	*dst = (struct own_addr){ .family = cur_u8(&c) >> 4 };
	const bool six = dst->family == 6;
	cur_skip(&c, (six ? IP6_DST : IP4_DST) - 1);
	const struct span octets = cur_bytes(&c, six ? 16 : 4);
	if (!cur_ok(&c) || (dst->family != 4 && !six)) {
		dst->family = 0; /* the engine says what is wrong with it */
		return false;
	}
	memcpy(dst->a.b, octets.p, octets.len);
	if (six ? dst->a.b[0] == IP6_MULTICAST : (dst->a.b[0] & 0xf0) == IP4_MULTICAST)
		return !o->bridge || link_local(dst);
	return bsearch(dst, o->v, o->n, sizeof(o->v[0]), compare) != NULL;
}

void ports_read(uint16_t port_of[PORTS_MAX], const struct live *l)
{
	for (unsigned i = 0; i < l->n_iface; i++) {
		const unsigned nr = if_nametoindex(l->iface[i]);
		if (nr != 0 && nr < PORTS_MAX)
			port_of[nr] = l->iface_nr[i];
	}
}
