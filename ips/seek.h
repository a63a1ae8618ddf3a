/* seek.h - is the other node there, though its heartbeats stay out? Asked on the data side while that is in doubt.
 *
 * ARP requests (RFC 5227 probes, so nobody's table is changed) for the pair's IPv4 addresses, echo requests to its IPv6 ones
 * and to addresses that only the other node has. An echo from its address on the HA link says the contrary: the link works,
 * so the silence is the engine's. Needs CAP_NET_RAW; sockets are open only while it is asked. Nothing waits. One thread.
 */
#ifndef IPS_SEEK_H
#define IPS_SEEK_H

#include "base/err.h"
#include "base/mono.h"
#include "ips/procs.h"
#include "ips/vip.h"

struct seek_target {
	uint8_t family;
	struct addr addr;
};

enum { SEEK_PEERS = 16, SEEK_LINKS = 2, SEEK_WHY = 128 };

struct seek_cfg {
	const struct vip_addr *vip;  /* borrowed, like the rest */
	unsigned n_vip;
	const struct seek_target *peer; /* the other node's own addresses on the data side */
	unsigned n_peer;
	struct seek_target link[SEEK_LINKS]; /* its addresses on the HA links; family 0: none */
	int64_t window_ns;           /* silence until nobody is there */
	int64_t link_ns;             /* answers on the link alone, until its engine must be dead: a heartbeat would have come */
};

struct seek;
enum err seek_new(const struct seek_cfg *cfg, struct seek **out) MUST_USE;
void seek_free(struct seek *p); /* NULL is fine */

/* From now on ask, or no more. why: a socket that could not be opened; the rest is asked all the same. */
enum err seek_ask(struct seek *p, bool on, mono_t now, char *why) MUST_USE;
/* Sends what is due and takes answers; while it asks, to be called every few milliseconds. */
enum proc_probe seek_step(struct seek *p, mono_t now);
/* Whether there is anybody to ask for at all. */
bool seek_can(const struct seek *p);

#endif
