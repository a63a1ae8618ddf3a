/* seek.c - see seek.h. */
#include "ips/seek.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/wr.h"
#include "forward/csum.h"
#include "ips/vip_int.h"

enum { SENDS = 6, PAUSE_MIN_MS = 2, PAUSE_MAX_MS = 100, DATAGRAM = 128, TAKE_MAX = 256, ARP_ASK = 1, ARP_ANSWER = 2 };
enum { ECHO = 8, ECHO_REPLY = 0, ECHO6 = 128, ECHO6_REPLY = 129, ECHO_HEAD = 8, NONCE = 16, ECHO_LEN = ECHO_HEAD + NONCE };
enum { IP_HEAD = 20 };

struct seek {
	struct seek_cfg cfg;
	int arp, icmp, icmp6;        /* -1: not open */
	bool on;
	uint16_t id, seq;
	uint8_t nonce[NONCE];        /* of this search: who answers has been asked */
	mono_t begun, next;
	mono_t answered, linked;     /* the last answer of the data side, of the link; 0: none */
	mono_t linked_since;         /* the first of those that the link has given without a gap */
};

enum err seek_new(const struct seek_cfg *cfg, struct seek **out)
{
	struct seek *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_NOMEM;
	p->cfg = *cfg;
	p->arp = p->icmp = p->icmp6 = -1;
	*out = p;
	return OK;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void shut_all(struct seek *p)
{
	shut(&p->arp);
	shut(&p->icmp);
	shut(&p->icmp6);
}

void seek_free(struct seek *p)
{
	if (p == NULL)
		return;
	shut_all(p);
	free(p);
}

bool seek_can(const struct seek *p)
{
	return p->cfg.n_vip + p->cfg.n_peer > 0;
}

enum err seek_ask(struct seek *p, bool on, mono_t now, char *why)
{
	const int kind = SOCK_CLOEXEC | SOCK_NONBLOCK;
	if (p->on == on)
		return OK;
	p->on = on;
	p->begun = p->next = now;
	p->answered = p->linked = mono_ns(0);
	shut_all(p);
	if (!on)
		return OK;
	p->seq = 0;
	if (getrandom(&p->id, sizeof(p->id), 0) != (ssize_t)sizeof(p->id) || getrandom(p->nonce, NONCE, 0) != NONCE) {
		snprintf(why, SEEK_WHY, "the other node cannot be looked for: no random numbers");
		return ERR_IO;
	}
	p->arp = socket(AF_PACKET, SOCK_DGRAM | kind, htons(ETH_P_ARP));
	p->icmp = socket(AF_INET, SOCK_RAW | kind, IPPROTO_ICMP);
	p->icmp6 = socket(AF_INET6, SOCK_RAW | kind, IPPROTO_ICMPV6); /* a kernel may have no IPv6 */
	if (p->arp >= 0 && p->icmp >= 0)
		return OK;
	snprintf(why, SEEK_WHY, "the other node cannot be looked for: %s", strerror(errno));
	return ERR_IO;
}

/* --- asking -------------------------------------------------------------------------------------------------- */

static void ask_arp(const struct seek *p, const struct vip_addr *v)
{
	static const uint8_t none[VIP_MAC];
	uint8_t arp[VIP_ARP_LEN], mac[VIP_MAC];
	struct ifreq ifr = { 0 };
	struct sockaddr_ll sa = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_halen = VIP_MAC };
	memcpy(ifr.ifr_name, v->ifname, sizeof(ifr.ifr_name));
	sa.sll_ifindex = (int)if_nametoindex(v->ifname);
	if (sa.sll_ifindex == 0 || ioctl(p->arp, SIOCGIFHWADDR, &ifr) != 0 || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, sizeof(mac));
	memset(sa.sll_addr, 0xff, VIP_MAC);
	struct wr w = wr_of(arp, sizeof(arp));
	wr_be16(&w, ARPHRD_ETHER);
	wr_be16(&w, ETH_P_IP);
	wr_u8(&w, VIP_MAC);
	wr_u8(&w, 4);
	wr_be16(&w, ARP_ASK);
	wr_bytes(&w, mac, VIP_MAC);
	wr_be32(&w, 0); /* RFC 5227 1.1: nobody is to learn from it */
	wr_bytes(&w, none, VIP_MAC);
	wr_bytes(&w, v->addr.b, 4);
	(void)!sendto(p->arp, arp, sizeof(arp), MSG_NOSIGNAL, (struct sockaddr *)&sa, sizeof(sa));
}

static void ask_echo(const struct seek *p, uint8_t family, const struct addr *to)
{
	uint8_t m[ECHO_LEN];
	struct wr w = wr_of(m, sizeof(m));
	wr_u8(&w, family == 4 ? ECHO : ECHO6);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be16(&w, p->id);
	wr_be16(&w, p->seq);
	wr_bytes(&w, p->nonce, NONCE);
	if (family == 4) {
		const uint16_t sum = (uint16_t)~csum_fold(csum_add(0, span_of(m, sizeof(m))));
		struct sockaddr_in sa = { .sin_family = AF_INET };
		memcpy(m + 2, &sum, sizeof(sum));
		memcpy(&sa.sin_addr, to->b, 4);
		(void)!sendto(p->icmp, m, sizeof(m), MSG_NOSIGNAL, (struct sockaddr *)&sa, sizeof(sa));
	} else { /* the kernel sums up (RFC 3542 3.1) */
		struct sockaddr_in6 sa = { .sin6_family = AF_INET6 };
		memcpy(&sa.sin6_addr, to->b, 16);
		(void)!sendto(p->icmp6, m, sizeof(m), MSG_NOSIGNAL, (struct sockaddr *)&sa, sizeof(sa));
	}
}

static void ask(struct seek *p)
{
	p->seq++;
	for (unsigned i = 0; i < p->cfg.n_vip; i++) {
		if (p->cfg.vip[i].family == 4)
			ask_arp(p, &p->cfg.vip[i]);
		else
			ask_echo(p, 6, &p->cfg.vip[i].addr);
	}
	for (unsigned i = 0; i < p->cfg.n_peer; i++)
		ask_echo(p, p->cfg.peer[i].family, &p->cfg.peer[i].addr);
	for (unsigned i = 0; i < SEEK_LINKS; i++)
		if (p->cfg.link[i].family != 0)
			ask_echo(p, p->cfg.link[i].family, &p->cfg.link[i].addr);
}

/* --- answers --------------------------------------------------------------------------------------------------- */

static bool same(uint8_t family, const struct addr *a, const uint8_t *b)
{
	return memcmp(a->b, b, family == 4 ? 4 : 16) == 0;
}

static void take_arp(struct seek *p, struct span s, mono_t now)
{
	struct cur c = cur_span(s);
	const bool good = cur_be16(&c) == ARPHRD_ETHER && cur_be16(&c) == ETH_P_IP && cur_u8(&c) == VIP_MAC && cur_u8(&c) == 4 &&
			  cur_be16(&c) == ARP_ANSWER;
	cur_skip(&c, VIP_MAC);
	const struct span from = cur_bytes(&c, 4);
	if (!good || !cur_ok(&c))
		return;
	for (unsigned i = 0; i < p->cfg.n_vip; i++)
		if (p->cfg.vip[i].family == 4 && same(4, &p->cfg.vip[i].addr, from.p))
			p->answered = now;
}

static void heard(struct seek *p, uint8_t family, const uint8_t *from, mono_t now)
{
	for (unsigned i = 0; i < SEEK_LINKS; i++) {
		if (p->cfg.link[i].family != family || !same(family, &p->cfg.link[i].addr, from))
			continue;
		if (p->linked.ns == 0 || mono_diff(now, p->linked) >= p->cfg.window_ns)
			p->linked_since = now; /* the link was away: its heartbeats are yet to come */
		p->linked = now;
		return;
	}
	for (unsigned i = 0; i < p->cfg.n_peer; i++)
		if (p->cfg.peer[i].family == family && same(family, &p->cfg.peer[i].addr, from))
			p->answered = now;
	for (unsigned i = 0; family == 6 && i < p->cfg.n_vip; i++)
		if (p->cfg.vip[i].family == 6 && same(6, &p->cfg.vip[i].addr, from))
			p->answered = now;
}

static void take_echo(struct seek *p, uint8_t family, struct span s, const uint8_t *from, mono_t now)
{
	struct cur c = cur_span(s);
	if (family == 4) { /* the header is there as well */
		const uint8_t first = cur_u8(&c);
		cur_skip(&c, (size_t)(first & 0xf) * 4 - 1);
	}
	const uint8_t type = cur_u8(&c);
	cur_skip(&c, 3);
	const uint16_t id = cur_be16(&c), back = (uint16_t)(p->seq - cur_be16(&c));
	const struct span nonce = cur_bytes(&c, NONCE);
	const bool ours = id == p->id && back < SENDS && back < p->seq; /* one of the last questions */
	if (cur_ok(&c) && type == (family == 4 ? ECHO_REPLY : ECHO6_REPLY) && ours && memcmp(nonce.p, p->nonce, NONCE) == 0)
		heard(p, family, from, now);
}

static void take(struct seek *p, mono_t now)
{
	uint8_t d[DATAGRAM];
	for (unsigned i = 0; i < TAKE_MAX; i++) {
		const ssize_t n = recv(p->arp, d, sizeof(d), 0);
		if (n < 0)
			break;
		take_arp(p, span_of(d, (size_t)n), now);
	}
	for (unsigned i = 0; i < TAKE_MAX; i++) {
		struct sockaddr_in sa = { 0 };
		socklen_t len = sizeof(sa);
		const ssize_t n = recvfrom(p->icmp, d, sizeof(d), 0, (struct sockaddr *)&sa, &len);
		if (n < IP_HEAD)
			break;
		take_echo(p, 4, span_of(d, (size_t)n), (const uint8_t *)&sa.sin_addr, now);
	}
	for (unsigned i = 0; i < TAKE_MAX && p->icmp6 >= 0; i++) {
		struct sockaddr_in6 sa = { 0 };
		socklen_t len = sizeof(sa);
		const ssize_t n = recvfrom(p->icmp6, d, sizeof(d), 0, (struct sockaddr *)&sa, &len);
		if (n < 0)
			break;
		take_echo(p, 6, span_of(d, (size_t)n), (const uint8_t *)&sa.sin6_addr, now);
	}
}

/* --- the word ---------------------------------------------------------------------------------------------------- */

static int64_t pause_ns(const struct seek *p)
{
	const int64_t ms = p->cfg.window_ns / SENDS / NS_PER_MS;
	return (ms < PAUSE_MIN_MS ? PAUSE_MIN_MS : ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms) * NS_PER_MS;
}

enum proc_probe seek_step(struct seek *p, mono_t now)
{
	if (!seek_can(p))
		return PROBE_NOTHING;
	if (!p->on)
		return PROBE_ASKING;
	take(p, now);
	if (!mono_before(now, p->next)) {
		ask(p);
		p->next = mono_add(now, pause_ns(p));
	}
	const bool linked = p->linked.ns != 0 && mono_diff(now, p->linked) < p->cfg.window_ns;
	if (linked && mono_diff(now, p->linked_since) >= p->cfg.link_ns)
		return PROBE_SILENT; /* its host answers on the link, its engine does not */
	const mono_t last = p->answered.ns != 0 ? p->answered : p->begun;
	if (!linked && mono_diff(now, last) >= p->cfg.window_ns)
		return PROBE_SILENT;
	return p->answered.ns != 0 ? PROBE_ANSWERED : PROBE_ASKING;
}
