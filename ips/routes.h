/* routes.h - which interface the kernel will send a packet out by: its answer over rtnetlink, remembered for a second.
 *
 * A lookup of an address that was not asked for lately is one exchange with the kernel, some microseconds; it never
 * waits. Opened before rights are given up, used without. One thread.
 */
#ifndef IPS_ROUTES_H
#define IPS_ROUTES_H

#include "base/addr.h"
#include "base/err.h"
#include "base/mono.h"

struct routes;
enum err routes_open(struct routes **out) MUST_USE;
void routes_close(struct routes *r); /* NULL is fine */
/* The kernel's number of the interface; 0: there is no route, or it leads nowhere. */
uint32_t routes_out(struct routes *r, uint8_t family, const struct addr *dst, mono_t now);

#endif
