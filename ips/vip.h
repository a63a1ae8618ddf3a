/* vip.h - virtual addresses of the pair: put on and taken off over rtnetlink, told to the neighbours at once.
 *
 * Needs CAP_NET_ADMIN and CAP_NET_RAW, so it lives in the parent process. Added addresses have a lifetime of whole
 * seconds (0: none) that the caller refreshes: the backstop of a node that died with its parent. IPv6 without duplicate
 * address detection. promote_secondaries is switched on for the interfaces and stays so, or removing an address could
 * take others along. why is written on an error only (by vip_open: always). One thread.
 */
#ifndef IPS_VIP_H
#define IPS_VIP_H

#include "base/addr.h"
#include "base/err.h"

struct vip_addr {
	char ifname[16];
	uint8_t family;              /* 4 or 6 */
	uint8_t prefix;
	struct addr addr;
};

struct vip;
enum { VIP_MAX = 256, VIP_WHY = 256 };
/* The addresses are copied. why: which interface is missing, which right is. */
enum err vip_open(const struct vip_addr *v, unsigned n, struct vip **out, char *why) MUST_USE;
/* All of them on, then announced: gratuitous ARP (request and reply form) and unsolicited neighbour advertisements with
 * the override flag to ff02::1. An address that is there already is refreshed. Goes on after an error and returns the last one. */
enum err vip_add(struct vip *v, unsigned lifetime_s, char *why) MUST_USE;
enum err vip_refresh(struct vip *v, unsigned lifetime_s, char *why) MUST_USE; /* lifetimes only, no announcement */
enum err vip_announce(struct vip *v, char *why) MUST_USE; /* those that were put on */
/* All of them off; one that is not there is fine. */
enum err vip_remove(struct vip *v, char *why) MUST_USE;
void vip_close(struct vip *v); /* removes nothing; NULL is fine */

#endif
