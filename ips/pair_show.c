/* pair_show.c - lists and alerts of both nodes at a cut, for `ips replay --failover N --sessions --share`. */
#include "ips/lists.h"
#include "ips/pair_int.h"

static void show(const struct failover_job *j, const char *what, void (*list)(struct engine *, struct outbuf *), struct engine *e)
{
	struct outbuf o = { 0 };
	list(e, &o);
	fprintf(j->show, "--- %s\n%s", what, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

/* The alerts among the trace's lines from from on. */
static void show_alerts(const struct failover_job *j, const char *what, const struct outbuf *trace, size_t from)
{
	struct outbuf o = { 0 };
	const unsigned n = trace_alerts(trace, from, &o);
	fprintf(j->show, "--- %s: %u\n%s", what, n, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

void pair_show_active(const struct failover_job *j, const struct node *a, uint64_t cut)
{
	if (j->sessions) {
		show(j, "node A (active): ips session list", list_ips_sessions, a->r.engine);
		show(j, "node A (active): ips sys session list", list_sys_sessions, a->r.engine);
	}
	show_alerts(j, "node A (active): alerts written", &a->trace, 0);
	fprintf(j->show, "--- node A is killed after packet %llu\n", (unsigned long long)cut);
	fflush(j->show);
}

void pair_show_standby(const struct failover_job *j, const struct node *b)
{
	if (j->share)
		show(j, "node B (standby): ips share list", list_share, b->r.engine);
}

void pair_show_promoted(const struct failover_job *j, const struct node *b)
{
	if (j->sessions) {
		show(j, "node B (active now): ips session list", list_ips_sessions, b->r.engine);
		show(j, "node B (active now): ips sys session list", list_sys_sessions, b->r.engine);
	}
	show_alerts(j, "node B (active now): alerts written once more, as A may not have come to it", &b->trace, 0);
}

void pair_show_end(const struct failover_job *j, const struct node *b, size_t from)
{
	show_alerts(j, "node B (active now): alerts written to the capture's end", &b->trace, from);
	fflush(j->show);
}
