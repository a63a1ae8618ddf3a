/* ifstate.h - which of the node's interfaces are up, and the members of aggregates, over rtnetlink.
 *
 * Up: switched on and with a carrier. A member: an interface whose master is the one asked for, a bond or a team. Nothing
 * waits longer than the kernel's answer. One thread.
 */
#ifndef IPS_IFSTATE_H
#define IPS_IFSTATE_H

#include "base/err.h"
#include "ips/peering.h"

struct ifstate;
enum { IFSTATE_WHY = 128 };
enum err ifstate_open(struct ifstate **out, char *why) MUST_USE;
void ifstate_close(struct ifstate *s); /* NULL is fine */

/* Readable when something has changed; ifstate_changed takes what is there, and says whether anything was. */
int ifstate_fd(const struct ifstate *s);
bool ifstate_changed(struct ifstate *s);

struct ifstate_name {
	char name[16];
	uint16_t weight;
};
/* v[i]: how want[i] stands; one that is not there is down. On an error v is as it was. */
/* Does what goes by the interface link go through the one of that name as well? It is that one, or one below it (of a VLAN, a
 * bond, a bridge). As ifstate_read saw them last. */
bool ifstate_carries(const struct ifstate *s, const char *name, const char *link);
enum err ifstate_read(struct ifstate *s, const struct ifstate_name *want, unsigned n, struct peering_iface *v) MUST_USE;

#endif
