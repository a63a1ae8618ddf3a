/* vip_tool.c - the virtual addresses by hand, and ears for their announcements.
 *
 *   vip_tool STEP... -- IF=ADDRESS/PREFIX...   STEP: add[:SECONDS], refresh[:SECONDS], announce, remove
 *   vip_tool bounce MS IF...                   down for so long, or until standard input ends, and up again
 *   vip_tool carries IF LINK                   exit status 0: what goes by LINK goes through IF as well
 *   vip_tool listen IF N                       the next N ARP packets and neighbour advertisements, in hex, a line each
 *
 * A step that fails says so on its line and the next one follows; the exit status is 1 then.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ips/bounce.h"
#include "ips/ifstate.h"
#include "ips/vip.h"

enum { LISTEN_MS = 10000, FRAME_MAX = 2048 };

static int usage(void)
{
	fputs("usage: vip_tool add[:SECONDS]|refresh[:SECONDS]|announce|remove... -- IF=ADDRESS/PREFIX...\n"
	      "       vip_tool bounce MS IF...\n"
	      "       vip_tool carries IF LINK\n"
	      "       vip_tool listen IF N\n",
	      stderr);
	return 2;
}

static bool parse(const char *text, struct vip_addr *v)
{
	char name[32], a[64];
	unsigned prefix;
	memset(v, 0, sizeof(*v));
	if (sscanf(text, "%31[^=]=%63[^/]/%u", name, a, &prefix) != 3 || strlen(name) >= sizeof(v->ifname) || prefix > 255)
		return false;
	strcpy(v->ifname, name);
	v->family = strchr(a, ':') != NULL ? 6 : 4;
	v->prefix = (uint8_t)prefix;
	return inet_pton(v->family == 6 ? AF_INET6 : AF_INET, a, v->addr.b) == 1;
}

static enum err step(struct vip *v, const char *word, char *why)
{
	const char *colon = strchr(word, ':');
	const unsigned s = colon != NULL ? (unsigned)atoi(colon + 1) : 0;
	if (strncmp(word, "add", 3) == 0)
		return vip_add(v, s, why);
	if (strncmp(word, "refresh", 7) == 0)
		return vip_refresh(v, s, why);
	if (strcmp(word, "announce") == 0)
		return vip_announce(v, why);
	return strcmp(word, "remove") == 0 ? vip_remove(v, why) : ERR_USAGE;
}

static int run(int argc, char **argv)
{
	static struct vip_addr v[VIP_MAX + 1];
	char why[VIP_WHY] = "";
	int split = 1, status = 0;
	struct vip *vip;
	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (split == argc || argc - split - 1 > VIP_MAX + 1)
		return usage();
	for (int i = split + 1; i < argc; i++)
		if (!parse(argv[i], &v[i - split - 1]))
			return usage();
	if (vip_open(v, (unsigned)(argc - split - 1), &vip, why) != OK) {
		printf("open: %s\n", why);
		return 1;
	}
	for (int i = 1; i < split; i++)
		if (step(vip, argv[i], why) != OK) {
			printf("%s: %s\n", argv[i], why);
			status = 1;
		}
	vip_close(vip);
	return status;
}

static bool wanted(const uint8_t *f, size_t n)
{
	const unsigned type = n >= 14 ? (unsigned)f[12] << 8 | f[13] : 0;
	return type == ETH_P_ARP || (type == ETH_P_IPV6 && n > 54 && f[20] == IPPROTO_ICMPV6 && f[54] == 136);
}

static int listen_on(const char *ifname, int left)
{
	struct sockaddr_ll sa = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct pollfd p = { .fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), .events = POLLIN };
	sa.sll_ifindex = (int)if_nametoindex(ifname);
	if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		perror("vip_tool");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (left > 0 && poll(&p, 1, LISTEN_MS) == 1) {
		static uint8_t f[FRAME_MAX];
		struct sockaddr_ll from = { .sll_pkttype = PACKET_OUTGOING };
		socklen_t len = sizeof(from);
		const ssize_t n = recvfrom(p.fd, f, sizeof(f), 0, (struct sockaddr *)&from, &len);
		if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || !wanted(f, (size_t)n))
			continue;
		for (ssize_t i = 0; i < n; i++)
			printf("%02x", f[i]);
		putchar('\n');
		fflush(stdout);
		left--;
	}
	return left != 0;
}

static int bounce(int ms, char **ifname, int n)
{
	char why[BOUNCE_WHY] = "";
	struct bounce_set set = { .n = (unsigned)n };
	if (n > BOUNCE_MAX)
		return usage();
	for (int i = 0; i < n; i++)
		snprintf(set.name[i], sizeof(set.name[i]), "%s", ifname[i]);
	if (bounce_run(&set, ms, STDIN_FILENO, why) == OK)
		return 0;
	printf("bounce: %s\n", why);
	return 1;
}

static int carries(const char *name, const char *link)
{
	char why[IFSTATE_WHY] = "";
	struct ifstate *s;
	struct peering_iface v[1];
	if (ifstate_open(&s, why) != OK || ifstate_read(s, NULL, 0, v) != OK) {
		printf("carries: %s\n", why);
		return 2;
	}
	const bool yes = ifstate_carries(s, name, link);
	ifstate_close(s);
	return yes ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "carries") == 0)
		return carries(argv[2], argv[3]);
	if (argc > 3 && strcmp(argv[1], "bounce") == 0)
		return bounce(atoi(argv[2]), argv + 3, argc - 3);
	if (argc == 4 && strcmp(argv[1], "listen") == 0)
		return listen_on(argv[2], atoi(argv[3]));
	return argc > 2 ? run(argc, argv) : usage();
}
