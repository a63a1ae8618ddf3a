/* state_text.c - see state_text.h. */
#include "ips/state_text.h"

#include "hacache/ha_text.h"

struct lines {
	struct outbuf *o;
	uint64_t serial;
};

static void line(void *arg, const char *name, const char *value)
{
	const struct lines *l = arg;
	outbuf_fmt(l->o, "d%llu.%s\t%s\n", (unsigned long long)l->serial, name, value);
}

void state_text(struct engine_ha *h, struct session_table *t, struct outbuf *o)
{
	for (struct session *s = session_next(t, NULL); s != NULL; s = session_next(t, s)) {
		struct lines l = { .o = o, .serial = s->s.serial };
		struct ha_session out;
		if (s->unshared || !engine_ha_export(h, s->s.serial, HA_PARTS_ALL, &out))
			continue;
		out.version = 0;             /* of messages, not of the session */
		ha_text(ha_msg_of_type(HA_SESSION), &out, line, &l);
	}
}
