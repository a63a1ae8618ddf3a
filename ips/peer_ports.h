/* peer_ports.h - a peer's interfaces by name: what its numbers mean here when the configuration there counts them otherwise.
 *
 * They travel as number (two octets, most significant first), length of the name (one) and name, one behind the other. A number
 * that has no name there means the same here: so it does in what a version without this sends. One thread.
 */
#ifndef IPS_PEER_PORTS_H
#define IPS_PEER_PORTS_H

#include "hacache/ha.h"
#include "ips/gen.h"

struct peer_ports {
	struct peer_port {
		char name[16];       /* the peer's; "": that number has none */
		uint32_t here;       /* 0: there is no such interface here */
		bool told;           /* counted as unknown */
	} *of;                       /* by the peer's number */
	uint32_t n;
	uint64_t unknown;            /* those that sessions came with and that are not known here, each counted once */
	char last[16];               /* the name of the last one */
};

/* The names of our interfaces, packed into *mem (grown as needed; the caller's to free), lent to out: HA_IFNAMES_MAX at most. */
enum err peer_ports_pack(const struct gen *g, uint8_t **mem, struct buf *out) MUST_USE;
/* What a peer that says this means by its numbers. ERR_RANGE: no peer says such a thing; ERR_NOMEM. Then nothing is known. */
enum err peer_ports_learn(struct peer_ports *p, const struct gen *g, const struct buf *names) MUST_USE;
void peer_ports_fini(struct peer_ports *p);
/* Our number of that interface; 0: unknown, as of a packet whose interface is. */
uint32_t peer_ports_here(const struct peer_ports *p, uint32_t nr);
/* A session has come with it: counts it when it is not known here. */
void peer_ports_note(struct peer_ports *p, uint32_t nr);

#endif
