/* vip_tell.c - tells the neighbours whose MAC an address has: gratuitous ARP (RFC 5227 3, RFC 5944 4.6) and unsolicited
 * neighbour advertisements (RFC 4861 4.4, 7.2.6). */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wr.h"
#include "forward/csum.h"
#include "ips/vip_int.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { NA_TYPE = 136, NA_LEN = 32, NA_ROUTER = 0x80, NA_OVERRIDE = 0x20, NA_TARGET_MAC = 2, ND_HOP_LIMIT = 255 };

static const uint8_t everybody[VIP_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t all_nodes_mac[VIP_MAC] = { 0x33, 0x33, 0, 0, 0, 1 };         /* RFC 2464 7 */
static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };

int vip_tell_socket(void)
{
	/* Protocol 0: it sends, and is given nothing. */
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void vip_arp(uint8_t out[VIP_ARP_LEN], bool reply, const uint8_t mac[VIP_MAC], const struct addr *a)
{
	static const uint8_t nobody[VIP_MAC];
	struct wr w = wr_of(out, VIP_ARP_LEN);
	wr_be16(&w, ARPHRD_ETHER);
	wr_be16(&w, ETH_P_IP);
	wr_u8(&w, VIP_MAC);
	wr_u8(&w, 4);
	wr_be16(&w, reply ? ARP_REPLY : ARP_REQUEST);
	wr_bytes(&w, mac, VIP_MAC);
	wr_bytes(&w, a->b, 4);
	wr_bytes(&w, reply ? mac : nobody, VIP_MAC);
	wr_bytes(&w, a->b, 4);
}

static uint16_t icmp6_sum(const struct addr *src, struct span body)
{
	uint8_t pseudo[40]; /* RFC 8200 8.1 */
	struct wr w = wr_of(pseudo, sizeof(pseudo));
	wr_bytes(&w, src->b, 16);
	wr_bytes(&w, all_nodes, 16);
	wr_be32(&w, (uint32_t)body.len);
	wr_be32(&w, IPPROTO_ICMPV6);
	return (uint16_t)~csum_fold(csum_add(csum_add(0, span_of(pseudo, w.len)), body));
}

static void na_body(struct wr *w, bool router, const uint8_t mac[VIP_MAC], const struct addr *a, uint16_t sum)
{
	wr_u8(w, NA_TYPE);
	wr_u8(w, 0);
	wr_bytes(w, &sum, sizeof(sum)); /* as csum.h has it: in the order of the octets it was taken over */
	wr_u8(w, NA_OVERRIDE | (router ? NA_ROUTER : 0));
	wr_u8(w, 0);
	wr_be16(w, 0);
	wr_bytes(w, a->b, 16);
	wr_u8(w, NA_TARGET_MAC);
	wr_u8(w, 1);
	wr_bytes(w, mac, VIP_MAC);
}

void vip_na(uint8_t out[VIP_NA_LEN], bool router, const uint8_t mac[VIP_MAC], const struct addr *a)
{
	uint8_t body[NA_LEN];
	struct wr b = wr_of(body, sizeof(body)), w = wr_of(out, VIP_NA_LEN);
	na_body(&b, router, mac, a, 0);
	wr_be32(&w, 6u << 28);
	wr_be16(&w, NA_LEN);
	wr_u8(&w, IPPROTO_ICMPV6);
	wr_u8(&w, ND_HOP_LIMIT);
	wr_bytes(&w, a->b, 16);
	wr_bytes(&w, all_nodes, 16);
	na_body(&w, router, mac, a, icmp6_sum(a, span_of(body, b.len)));
}

/* Hosts that have this node as a router would drop it for an advertisement without the flag (RFC 4861 7.2.5). */
static bool is_router(const char *ifname)
{
	char path[64], c = '0';
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/forwarding", ifname);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const bool yes = read(fd, &c, 1) == 1 && c != '0';
	close(fd);
	return yes;
}

static int put(int fd, unsigned ifindex, uint16_t protocol, const uint8_t to[VIP_MAC], struct span s)
{
	struct sockaddr_ll sa = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)ifindex };
	sa.sll_halen = VIP_MAC;
	memcpy(sa.sll_addr, to, VIP_MAC);
	return sendto(fd, s.p, s.len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sizeof(sa)) == (ssize_t)s.len ? 0 : errno;
}

int vip_tell(int fd, const struct vip_addr *v, unsigned ifindex)
{
	struct ifreq ifr = { 0 };
	uint8_t mac[VIP_MAC], arp[VIP_ARP_LEN], na[VIP_NA_LEN];
	memcpy(ifr.ifr_name, v->ifname, sizeof(ifr.ifr_name));
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) != 0)
		return errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return 0;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, sizeof(mac));
	if (v->family == 6) {
		vip_na(na, is_router(v->ifname), mac, &v->addr);
		return put(fd, ifindex, ETH_P_IPV6, all_nodes_mac, span_of(na, sizeof(na)));
	}
	/* There are hosts that learn from one form only. */
	vip_arp(arp, false, mac, &v->addr);
	const int code = put(fd, ifindex, ETH_P_ARP, everybody, span_of(arp, sizeof(arp)));
	vip_arp(arp, true, mac, &v->addr);
	const int second = put(fd, ifindex, ETH_P_ARP, everybody, span_of(arp, sizeof(arp)));
	return code != 0 ? code : second;
}
