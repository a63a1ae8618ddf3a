/* apps.c - the application table; its rows are sigs/apps/list.h. */
#include "sigs/apps.h"

#include <string.h>

#include "base/types.h"
#include "sigs/apps/list.h"

#define INDUSTRIAL "Industrial"

/* Ids of the protocols' own applications, for parents. */
enum {
	ID_PROTO_NONE = 0,
#define X(id, proto, parent, name, category, risk) ID_##proto = id,
	APP_PROTO_LIST(X)
#undef X
};

static const struct app apps[] = {
#define X(id, ev, name, risk, behaviour) { id, name, INDUSTRIAL, risk, behaviour, ID_PROTO_ICCP, PROTO_NONE, ev },
	APP_KNOWN_LIST(X)
#undef X
#define X(id, proto, parent, name, category, risk) { id, name, category, risk, "protocol", ID_##parent, proto, EV_NONE },
		APP_PROTO_LIST(X)
#undef X
#define X(id, ev, name, risk, behaviour) { id, name, INDUSTRIAL, risk, behaviour, ID_PROTO_MMS, PROTO_NONE, ev },
			APP_MMS_PDU_LIST(X)
#undef X
#define X(id, ident, name, risk) { id, name, INDUSTRIAL, risk, "service", ID_PROTO_MMS, PROTO_NONE, EV_MMS_##ident##_REQ },
				APP_MMS_SERVICE_LIST(X)
#undef X
#define X(id, ev, name, risk, behaviour) { id, name, INDUSTRIAL, risk, behaviour, ID_PROTO_ICCP, PROTO_NONE, ev },
					APP_ICCP_LIST(X)
#undef X
#define X(id, ev, name, risk, behaviour) { id, name, INDUSTRIAL, risk, behaviour, ID_PROTO_S7COMM, PROTO_NONE, ev },
						APP_S7_LIST(X)
#undef X
};

/* Places in apps[], in its order. */
enum {
#define X(id, ...) AT_##id,
	APP_KNOWN_LIST(X) APP_PROTO_LIST(X) APP_MMS_PDU_LIST(X) APP_MMS_SERVICE_LIST(X) APP_ICCP_LIST(X) APP_S7_LIST(X)
#undef X
		AT_N
};

_Static_assert(ARRAY_LEN(apps) == AT_N, "a list is in one table and not in the other");

/* Place plus 1; 0 = none. */
static const uint16_t of_event[EV_N] = {
#define X(id, ev, ...) [ev] = AT_##id + 1,
	APP_KNOWN_LIST(X) APP_MMS_PDU_LIST(X) APP_ICCP_LIST(X) APP_S7_LIST(X)
#undef X
#define X(id, ident, name, risk) [EV_MMS_##ident##_REQ] = AT_##id + 1,
		APP_MMS_SERVICE_LIST(X)
#undef X
};

static const uint16_t of_proto[PROTO_N] = {
#define X(id, proto, parent, name, category, risk) [proto] = AT_##id + 1,
	APP_PROTO_LIST(X)
#undef X
};

size_t app_n(void)
{
	return ARRAY_LEN(apps);
}

const struct app *app_at(size_t i)
{
	return i < ARRAY_LEN(apps) ? &apps[i] : NULL;
}

const struct app *app_by_id(uint32_t id)
{
	size_t lo = 0, hi = ARRAY_LEN(apps);
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		if (apps[mid].id == id)
			return &apps[mid];
		if (apps[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct app *app_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
		if (strcmp(apps[i].name, name) == 0)
			return &apps[i];
	}
	return NULL;
}

const struct app *app_of_event(enum event_id e)
{
	return e < EV_N && of_event[e] != 0 ? &apps[of_event[e] - 1] : NULL;
}

const struct app *app_of_proto(enum proto p)
{
	return p < PROTO_N && of_proto[p] != 0 ? &apps[of_proto[p] - 1] : NULL;
}
