/* ctl_misc.c - `ips log tail`, `ips reload`, `ips version`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/ctl_int.h"
#include "ips/utc.h"

enum { TAIL_CHUNK = 100 }; /* lines a step */

/* --- log tail ---------------------------------------------------------------------------------------------- */

struct tail {
	uint64_t after; /* number of the last line told */
};

enum ctl_progress ctl_tail(struct ctl_job *j)
{
	struct tail *t = j->state;
	const bool first = t == NULL;
	if (j->node->logs == NULL)
		return ctl_fail(j, 1, "no log is kept: 'config log eve' and 'config log file' switch them on");
	if (first) {
		j->state = t = calloc(1, sizeof(*t));
		j->free_state = ctl_free_plain;
	}
	if (t == NULL)
		return CTL_NOMEM;
	const size_t before = j->text.len;
	logs_tail(j->node->logs, j->args.log, &t->after, first ? j->args.lines : TAIL_CHUNK, &j->text);
	if (!j->args.follow)
		return CTL_DONE;
	return j->text.len != before ? CTL_MORE : CTL_IDLE;
}

/* --- reload, and what else the node does itself -------------------------------------------------------------- */

enum ctl_progress ctl_told(struct ctl_job *j, enum err e, struct outbuf *told, const char *failed)
{
	if (told->len != 0 && j->json) {
		json_t *o = json_object();
		json_object_set_new(o, "told", json_string(told->p));
		ctl_row(j, o);
	} else if (told->len != 0) {
		outbuf_add(&j->text, told->p, told->len);
		if (told->p[told->len - 1] != '\n')
			outbuf_add(&j->text, "\n", 1);
	}
	outbuf_free(told);
	if (e == OK)
		return CTL_DONE;
	return ctl_fail(j, err_class(e) == ERRC_USAGE || err_class(e) == ERRC_PROTOCOL ? 2 : 1, "%s: %s; nothing has changed",
			failed, err_text(e));
}

enum ctl_progress ctl_reload(struct ctl_job *j)
{
	struct outbuf told = { 0 };
	const enum err e = j->node->reload(j->node->arg, &told);
	return ctl_told(j, e, &told, "the old configuration stays");
}

/* --- version ------------------------------------------------------------------------------------------------- */

enum ctl_progress ctl_version(struct ctl_job *j)
{
	struct ctl_about a = { 0 };
	char since[32];
	j->node->about(j->node->arg, &a);
	const struct utc u = utc_of(a.started);
	snprintf(since, sizeof(since), "%04d-%02u-%02u %02u:%02u:%02u", u.year, u.month, u.day, u.hour, u.minute, u.second);
	if (!j->json) {
		outbuf_fmt(&j->text, "ipsd %s on %s, process %ld since %s UTC, configuration %s, generation %llu\n", a.version,
			   a.hostname, a.pid, since, a.config[0] != '\0' ? a.config : "(default)",
			   (unsigned long long)a.generation);
		return CTL_DONE;
	}
	json_t *o = json_object();
	json_object_set_new(o, "version", json_string(a.version));
	json_object_set_new(o, "hostname", json_string(a.hostname));
	ctl_set(o, "pid", (uint64_t)a.pid);
	json_object_set_new(o, "since", json_string(since));
	json_object_set_new(o, "config", json_string(a.config));
	ctl_set(o, "generation", a.generation);
	ctl_row(j, o);
	return CTL_DONE;
}
