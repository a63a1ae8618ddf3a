/* iccp_sim_client.c - the client: all associations in one poll loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/iccp_sim_assoc.h"

/* --- the loop ------------------------------------------------------------------------------- */
static void flush(struct client *cl, struct assoc *a, int64_t now)
{
	if (a->wait == W_ENDED || a->wait == W_TCP)
		return;
	if (sim_asked().end || (sim_asked().go_on && conn_holds(&a->c)))
		conn_go_on(&a->c);
	if (conn_flush(&a->c, now) == CONN_FAILED) {
		assoc_fail(cl, a, strerror(errno));
		return;
	}
	if (a->wait == W_FLUSH && a->c.out_len == 0) {
		cl->num.aborted++;
		assoc_end(cl, a);
		return;
	}
	conn_due(&a->c, a->c.barrier == 0 ? a->wait != W_NOTHING || a->running : a->running, now);
}

static void readable(struct client *cl, struct assoc *a, int64_t now)
{
	enum conn_event event;
	const enum conn_io io = conn_read(&a->c, now);
	while ((event = conn_next(&a->c)) != CONN_NOTHING) {
		if (!assoc_take(cl, a, event, now))
			return;
		assoc_go_on(cl, a, now);
	}
	if (io == CONN_FAILED)
		assoc_fail(cl, a, strerror(errno));
	else if (io == CONN_CLOSED)
		assoc_fail(cl, a, "closed by the peer");
}

static void connected(struct client *cl, struct assoc *a)
{
	int error = 0;
	socklen_t len = sizeof(error);
	getsockopt(a->c.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		assoc_fail(cl, a, strerror(error));
	else
		a->wait = W_NOTHING;
}

static void begin(struct client *cl, struct assoc *a, uint32_t label, int64_t now)
{
	const struct sim_opt *o = cl->o;
	const int fd = socket(o->connect.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!conn_init(&a->c, fd, o, &cl->num, label)) {
		fputs("iccp-sim: out of memory\n", stderr);
		exit(1);
	}
	a->m = (struct pdu_model){ .domain = o->domain,
				   .seed = (o->seed * 2654435761u) ^ (o->alike ? 0 : label),
				   .label = label,
				   .points = o->points,
				   .rate_mhz = o->rate_mhz,
				   .acked = o->acked };
	a->program = &cl->script;
	a->wait = W_TCP;
	a->since = now;
	conn_socket_options(fd);
	if (fd < 0 || (o->bind.len != 0 && bind(fd, (const struct sockaddr *)&o->bind.addr, o->bind.len) != 0) ||
	    (connect(fd, (const struct sockaddr *)&o->connect.addr, o->connect.len) != 0 && errno != EINPROGRESS))
		assoc_fail(cl, a, strerror(errno));
}

static int64_t patience(const struct client *cl)
{
	return (int64_t)cl->o->patience_s * 1000000000;
}

/* Nothing is asked, but reports are to come, and within the patience. */
static bool awaits_reports(const struct client *cl, const struct assoc *a)
{
	return a->wait == W_NOTHING && a->running && (uint64_t)cl->o->rate_mhz * cl->o->patience_s >= 2000;
}

/* The next time at which something is to be done without a packet. */
static int64_t due_at(const struct client *cl, const struct assoc *a)
{
	int64_t t = INT64_MAX;
	if (a->wait == W_ENDED)
		return t;
	if (a->wait != W_NOTHING)
		t = a->since + patience(cl);
	else if (a->reporting)
		t = cl->o->poll_ms != 0 && a->poll_at < a->reports_end ? a->poll_at : a->reports_end;
	else if (!a->holds)
		t = a->next_at;
	if (a->c.barrier != 0 && a->c.resume_at != 0 && a->c.resume_at < t)
		t = a->c.resume_at;
	if (awaits_reports(cl, a) && a->c.last_in + patience(cl) < t)
		t = a->c.last_in + patience(cl);
	return t;
}

/* What time alone brings about. */
static void tick(struct client *cl, struct assoc *a, int64_t now)
{
	if (a->wait != W_ENDED && a->wait != W_NOTHING && a->c.barrier != 0)
		a->since = now;
	if (a->wait != W_ENDED && a->wait != W_NOTHING && now - a->since >= patience(cl))
		assoc_fail(cl, a, "no answer within the patience");
	else if (awaits_reports(cl, a) && now - a->c.last_in >= patience(cl))
		assoc_fail(cl, a, "no report within the patience");
	else
		assoc_go_on(cl, a, now);
	flush(cl, a, now);
}

static int64_t poll_all(struct client *cl, bool *left)
{
	int64_t until = INT64_MAX;
	*left = false;
	for (uint32_t i = 0; i < cl->o->associations; i++) {
		const struct assoc *a = &cl->a[i];
		const bool out = a->wait == W_TCP || conn_waits_to_send(&a->c);
		const int64_t t = due_at(cl, a);
		cl->fds[i] = (struct pollfd){ .fd = a->wait == W_ENDED ? -1 : a->c.fd,
					      .events = (short)(out ? POLLIN | POLLOUT : POLLIN) };
		if (t < until)
			until = t;
		*left = *left || a->wait != W_ENDED;
	}
	if (*left)
		sim_poll(cl->fds, cl->o->associations, until);
	return sim_now();
}

/* Lines that scripts wait for: ready when all report, or all are there; holding when all that go on wait for SIGUSR1. */
static void say(struct client *cl)
{
	bool ready = true, holding = true, starts = false;
	for (size_t i = 0; i < cl->script.n; i++)
		starts = starts || (cl->script.act[i].what == DO_OP && cl->script.act[i].arg == OP_START);
	for (uint32_t i = 0; i < cl->o->associations; i++) {
		const struct assoc *a = &cl->a[i];
		const bool aside = a->wait == W_ENDED || (cl->o->text_only != UINT32_MAX && cl->o->text_only != i);
		ready = ready && (starts ? a->seen_report : a->established);
		holding = holding && (aside || a->holds || conn_holds(&a->c));
	}
	if (ready && !cl->said_ready)
		puts("ready");
	cl->said_ready = cl->said_ready || ready;
	if (cl->o->hold_at != NULL && holding && !cl->said_holding && !sim_asked().go_on) {
		puts("holding");
		cl->said_holding = true;
	}
	fflush(stdout);
}

static void loop(struct client *cl)
{
	bool left = true;
	while (left) {
		const int64_t now = poll_all(cl, &left);
		for (uint32_t i = 0; i < cl->o->associations; i++) {
			struct assoc *a = &cl->a[i];
			if (a->wait == W_ENDED)
				continue;
			if (a->wait == W_TCP && (cl->fds[i].revents & (POLLOUT | POLLERR | POLLHUP)) != 0)
				connected(cl, a);
			else if (a->wait != W_TCP && (cl->fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0)
				readable(cl, a, now);
			tick(cl, a, now);
		}
		if (!cl->said_ready || (cl->o->hold_at != NULL && !cl->said_holding))
			say(cl);
		sim_progress(&cl->num);
	}
}

int client_run(const struct sim_opt *o)
{
	struct client *cl = calloc(1, sizeof(*cl));
	if (cl == NULL)
		return 1;
	cl->o = o;
	if (!script_make(o, o->script, &cl->script)) {
		free(cl);
		return 2;
	}
	cl->closing = (struct sim_program){
		.act = { { DO_OP, OP_STOP }, { DO_OP, OP_DELETE }, { DO_OP, OP_TOTALS }, { DO_CONCLUDE, 0 }, { DO_FINISH, 0 } },
		.n = 5
	};
	cl->a = calloc(o->associations, sizeof(*cl->a));
	cl->fds = calloc(o->associations, sizeof(*cl->fds));
	if (cl->a == NULL || cl->fds == NULL) {
		fputs("iccp-sim: out of memory\n", stderr);
		return 1;
	}
	for (uint32_t i = 0; i < o->associations; i++)
		begin(cl, &cl->a[i], i, sim_now());
	loop(cl);
	sim_numbers(&cl->num);
	const struct sim_num *n = &cl->num;
	const bool fine = n->concluded + n->aborted == o->associations && n->bad == 0 && n->resets == 0 && n->mismatches == 0;
	free(cl->a);
	free(cl->fds);
	free(cl);
	return fine ? 0 : 1;
}
