/* ctl_ha_more.c - `ips ha events` and `ips ha checksum`: what has happened, and are both configured alike? */
#include <stdio.h>
#include <string.h>

#include "ips/ctl_int.h"
#include "ips/diary.h"
#include "ips/utc.h"

enum { LABEL = 16, COLUMN = 27, TEXT = 32 };

static void set_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_string(text));
}

static const char *when(mono_t t, char *buf)
{
	const struct utc u = utc_of(t);
	snprintf(buf, TEXT, "%04d-%02u-%02u %02u:%02u:%02u.%03u", u.year, u.month, u.day, u.hour, u.minute, u.second,
		 (unsigned)(t.ns % NS_PER_SEC / NS_PER_MS));
	return buf;
}

/* --- events ------------------------------------------------------------------------------------------------ */

static void copy_diary(const struct ctl_view *v, void *ctx)
{
	if (v->diary != NULL)
		memcpy(ctx, v->diary, sizeof(struct diary));
}

static void tell_event(struct ctl_job *j, const struct ha_event *ev)
{
	char at[TEXT];
	if (j->json) {
		json_t *o = json_object();
		set_text(o, "time", when(ev->at, at));
		ctl_set(o, "term", ev->term);
		set_text(o, "event", ha_event_name(ev->id));
		set_text(o, "text", ev->text);
		ctl_row(j, o);
	} else {
		outbuf_fmt(&j->text, "%s  term %-6llu %s%s%s\n", when(ev->at, at), (unsigned long long)ev->term,
			   ha_event_name(ev->id), ev->text[0] != '\0' ? ": " : "", ev->text);
	}
}

enum ctl_progress ctl_ha_events(struct ctl_job *j)
{
	struct diary d = { 0 };
	if (!ctl_visit(j, 0, copy_diary, &d))
		return CTL_DONE;
	for (unsigned i = 0; i < diary_count(&d); i++)
		tell_event(j, diary_at(&d, i));
	return CTL_DONE;
}

/* --- checksums --------------------------------------------------------------------------------------------- */

static void copy_status(const struct ctl_view *v, void *ctx)
{
	if (v->ha != NULL)
		memcpy(ctx, v->ha, sizeof(struct ha_status));
}

static void tell_sums(struct ctl_job *j, const char *label, uint64_t own, uint64_t peer)
{
	char text[TEXT];
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)own);
	outbuf_fmt(&j->text, "%-*s: %-*s", LABEL, label, COLUMN, text);
	if (peer != 0)
		outbuf_fmt(&j->text, "%016llx  %s\n", (unsigned long long)peer, own == peer ? "equal" : "DIFFERENT");
	else
		outbuf_fmt(&j->text, "N/A\n");
}

static void set_sum(json_t *o, const char *key, uint64_t sum)
{
	char text[TEXT];
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)sum);
	json_object_set_new(o, key, sum != 0 ? json_string(text) : json_null());
}

static void sums_json(struct ctl_job *j, const struct ha_status *s, uint64_t conf, uint64_t rules)
{
	json_t *o = json_object();
	set_sum(o, "configuration", s->conf);
	set_sum(o, "signatures", s->rules);
	set_sum(o, "peer_configuration", conf);
	set_sum(o, "peer_signatures", rules);
	ctl_row(j, o);
}

enum ctl_progress ctl_ha_checksum(struct ctl_job *j)
{
	struct ha_status s = { 0 };
	struct ctl_about about;
	char name[64];
	if (!ctl_visit(j, 0, copy_status, &s))
		return CTL_DONE;
	const uint64_t conf = s.peer_seen ? s.peer_told.conf : 0, rules = s.peer_seen ? s.peer_told.rules : 0;
	if (j->json) {
		sums_json(j, &s, conf, rules);
		return CTL_DONE;
	}
	j->node->about(j->node->arg, &about);
	snprintf(name, sizeof(name), "%s (local)", about.hostname);
	outbuf_fmt(&j->text, "%*s%-*s%s\n", LABEL, "", COLUMN + 2, name,
		   s.peer_told.name[0] != '\0' ? s.peer_told.name : "peer");
	tell_sums(j, "configuration", s.conf, conf);
	tell_sums(j, "signatures", s.rules, rules);
	return CTL_DONE;
}
