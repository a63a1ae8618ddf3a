/* ha_status.c - see ha_status.h. */
#include "ips/ha_status.h"

const char *ha_role_name(unsigned r)
{
	static const char *const names[] = {
#define X(id, name) name,
		HA_ROLE_LIST(X)
#undef X
	};
	return r < ARRAY_LEN(names) ? names[r] : "unknown";
}

const char *ha_sync_name(unsigned s)
{
	static const char *const names[] = {
#define X(id, name) name,
		HA_SYNC_LIST(X)
#undef X
	};
	return s < ARRAY_LEN(names) ? names[s] : "unknown";
}
