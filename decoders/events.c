/* events.c - names of events, MMS services and TASE.2 operations, from the lists in events.h. */
#include "decoders/events.h"

#include <string.h>

static const char *const names[EV_N] = {
	[EV_NONE] = "none",
#define X(id, name) [id] = name,
	EVENT_COTP_LIST(X) EVENT_OSI_LIST(X) EVENT_MMS_LIST(X) EVENT_S7_LIST(X)
#undef X
#define X(num, ident) [EV_MMS_##ident##_REQ] = "mms." #ident ".request", [EV_MMS_##ident##_RSP] = "mms." #ident ".response",
	MMS_SERVICE_LIST(X)
#undef X
#define X(id, ident) [EV_##id##_REQ] = "iccp." ident ".request", [EV_##id##_RSP] = "iccp." ident ".response",
	ICCP_CONFIRMED_LIST(X)
#undef X
#define X(id, ident) [EV_##id] = "iccp." ident,
	ICCP_ONEWAY_LIST(X)
#undef X
};

static const char *const op_names[OP_N] = {
	[OP_NONE] = "none",
#define X(id, ident) [id] = ident,
	ICCP_CONFIRMED_LIST(X) ICCP_ONEWAY_LIST(X)
#undef X
};

static const struct {
	enum event_id req, rsp;
} op_events[OP_N] = {
	[OP_NONE] = { EV_NONE, EV_NONE },
#define X(id, ident) [id] = { EV_##id##_REQ, EV_##id##_RSP },
	ICCP_CONFIRMED_LIST(X)
#undef X
#define X(id, ident) [id] = { EV_##id, EV_##id },
	ICCP_ONEWAY_LIST(X)
#undef X
};

/* A number that is not assigned has no name. */
static const struct {
	const char *ident;
	enum event_id req, rsp;
} services[] = {
#define X(num, name) [num] = { .ident = #name, .req = EV_MMS_##name##_REQ, .rsp = EV_MMS_##name##_RSP },
	MMS_SERVICE_LIST(X)
#undef X
};

static const char *const additional[] = {
#define X(name) #name,
	MMS_ADDITIONAL_LIST(X)
#undef X
};

const char *event_name(unsigned id)
{
	return names[id < EV_N ? id : EV_NONE];
}

enum event_id event_find(const char *name)
{
	for (unsigned id = 0; id < EV_N; id++) {
		if (strcmp(names[id], name) == 0)
			return (enum event_id)id;
	}
	return EV_NONE;
}

const char *iccp_op_name(unsigned op)
{
	return op_names[op < OP_N ? op : OP_NONE];
}

enum event_id iccp_op_event(enum iccp_op op, bool response)
{
	if ((unsigned)op >= OP_N)
		return EV_NONE;
	return response ? op_events[op].rsp : op_events[op].req;
}

const char *mms_service_name(unsigned service)
{
	return service < sizeof(services) / sizeof(services[0]) ? services[service].ident : NULL;
}

int mms_service_find(const char *ident)
{
	for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (services[i].ident != NULL && strcmp(services[i].ident, ident) == 0)
			return (int)i;
	}
	return -1;
}

enum event_id mms_service_event(unsigned service, bool response)
{
	if (mms_service_name(service) == NULL)
		return EV_NONE;
	return response ? services[service].rsp : services[service].req;
}

const char *mms_additional_name(unsigned number)
{
	return number < sizeof(additional) / sizeof(additional[0]) ? additional[number] : NULL;
}

bool mms_is_inner(const char *ident)
{
	const char *name;
	for (unsigned n = 0; (name = mms_additional_name(n)) != NULL; n++) {
		if (strcmp(name, ident) == 0)
			return true;
	}
	return mms_service_find(ident) >= 0;
}
