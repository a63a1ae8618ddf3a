/* community.h - the Community ID of a flow, version 1, seed 0: one identifier that all monitors agree on. */
#ifndef IPS_COMMUNITY_H
#define IPS_COMMUNITY_H

#include "forward/packet.h"

#define COMMUNITY_ID_TEXT 40
/* "1:" and the base64 of SHA-1 over seed, ordered addresses, protocol and ports; returns buf. */
char *community_id(const struct tuple *t, char *buf);

#endif
