/* apps.h - the application table: id, name, category, risk, parent, and the event or protocol that shows it. */
#ifndef SIGS_APPS_H
#define SIGS_APPS_H

#include <stddef.h>
#include <stdint.h>

#include "decoders/events.h"
#include "decoders/proto.h"

struct app {
	uint32_t id;              /* what operators have in their logs: 44684 = ICCP_Transfer.Reporting */
	const char *name, *category, *risk, *behaviour;
	uint32_t parent;          /* id; 0 = none */
	enum proto proto;         /* shown by this protocol alone, PROTO_NONE otherwise */
	enum event_id event;      /* shown by this event, EV_NONE otherwise */
};

size_t app_n(void);
const struct app *app_at(size_t i);              /* in order of id */
const struct app *app_by_id(uint32_t id);        /* NULL = none */
const struct app *app_by_name(const char *name);
const struct app *app_of_event(enum event_id e); /* NULL = the event is no application */
const struct app *app_of_proto(enum proto p);

#endif
