/* logs_event.c - names of the pair's events. */
#include "ips/logs.h"

const char *ha_event_name(unsigned id)
{
	static const char *const names[HAE_N] = {
#define X(id, name) name,
		HA_EVENT_LIST(X)
#undef X
	};
	return id < HAE_N ? names[id] : "unknown";
}
