/* vip_int.h - what the files of the virtual addresses share: vip.c speaks rtnetlink, vip_tell.c ARP and neighbour
 * discovery. */
#ifndef IPS_VIP_INT_H
#define IPS_VIP_INT_H

#include "base/types.h"
#include "ips/vip.h"

enum { VIP_MAC = 6, VIP_ARP_LEN = 28, VIP_NA_LEN = 72 };

/* A socket to announce with; -1 and errno. */
int vip_tell_socket(void);
/* Announces one address on the interface of that index; 0 or an errno. Without neighbours to tell (loopback, tunnels)
 * it does nothing. */
int vip_tell(int fd, const struct vip_addr *v, unsigned ifindex);

/* The announcements as they go out, behind the link's header. */
void vip_arp(uint8_t out[VIP_ARP_LEN], bool reply, const uint8_t mac[VIP_MAC], const struct addr *a);
void vip_na(uint8_t out[VIP_NA_LEN], bool router, const uint8_t mac[VIP_MAC], const struct addr *a);

#endif
