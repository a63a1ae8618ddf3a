/* iccp_sim_server.c - the server: answers what the client asks, reports at the rate that was set up, compares every request. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/iccp_sim_conn.h"

enum state { S_TPDU, S_CONNECT, S_DATA, S_CONCLUDED, S_FINISHED, S_ENDED };
enum { SERVED_MAX = 4096, BACKLOG = 1024 };

struct served {
	struct conn c;
	struct pdu_model m;
	enum state state;
	bool running, set_up;
	uint8_t codes; /* TPDU sizes: proposed in the high half, agreed in the low one */
	uint32_t invoke, sequence, acked;
	int64_t next_report;
};

struct server {
	const struct sim_opt *o;
	struct sim_num num;
	int fd;
	uint32_t n, accepted, ended;
	struct served *of[SERVED_MAX];
	struct pollfd fds[SERVED_MAX + 1];
	uint8_t scratch[PDU_CAP];
};

static struct enc scratch(struct server *s)
{
	struct enc e;
	enc_init(&e, s->scratch, sizeof(s->scratch));
	return e;
}

static void end(struct server *s, struct served *v)
{
	if (v->state == S_ENDED)
		return;
	if (v->state >= S_DATA)
		s->num.open--;
	v->state = S_ENDED;
	conn_fini(&v->c);
	s->ended++;
}

static void fail(struct server *s, struct served *v, const char *why)
{
	if (v->state == S_ENDED)
		return;
	if (s->num.resets++ < 20)
		printf("# association %u: %s\n", v->c.label, why);
	if (!v->c.bad)
		s->num.bad++;
	v->c.bad = true;
	end(s, v);
}

/* --- answers -------------------------------------------------------------------------------- */
static void take_cr(struct server *s, struct served *v)
{
	const struct span cr = v->c.item;
	struct enc e = scratch(s);
	const uint16_t reference = cr.len > 13 ? (uint16_t)(cr.p[8] << 8 | cr.p[9]) : 0;
	uint8_t code = cr.len > 13 ? cr.p[13] : 0, agreed = 7;
	if (code < 7 || code > 13) {
		conn_wrong(&v->c, v->c.item_at + 13, "a TPDU size that there is not");
		code = 7;
	}
	pdu_cr(&e, reference, code);
	conn_verify(&v->c, &e, "CR");
	while (agreed < code && 1u << agreed < s->o->tpdu_size)
		agreed++;
	v->codes = (uint8_t)(code << 4 | agreed);
	e = scratch(s);
	pdu_cc(&e, reference, agreed);
	conn_queue(&v->c, e.w.p, e.w.len);
	conn_tpdu_size(&v->c, agreed);
	v->state = S_CONNECT;
}

static void take_request(struct server *s, struct served *v, const struct pdu_msg *msg, int64_t now)
{
	struct pdu_arg a = msg->arg;
	struct enc e = scratch(s);
	if (msg->op == OP_SETUP) {
		const char *domain = v->m.domain;
		v->m = msg->set_up;
		v->m.domain = domain;
		v->c.label = v->m.label;
		v->set_up = true;
	}
	v->invoke++;
	pdu_request(&e, &v->m, msg->op, v->invoke, &a);
	conn_verify(&v->c, &e, pdu_row(msg->op)->name);
	s->num.requests++;
	if (msg->op == OP_TOTALS)
		a = (struct pdu_arg){ .total = { v->c.item_end, v->c.queued, v->codes, v->c.mismatches } };
	e = scratch(s);
	pdu_response(&e, &v->m, msg->op, v->invoke, &a);
	if (msg->op == OP_STOP)
		v->running = false;
	conn_send(&v->c, &e, 0);
	if (msg->op == OP_START && v->set_up && v->m.rate_mhz != 0) {
		v->running = true;
		/* the seed spreads the associations' reports over time */
		v->next_report = now + INT64_C(1000000000000) / v->m.rate_mhz / 64 * (1 + v->m.seed % 64);
	}
}

static void take_ack(struct server *s, struct served *v, const struct pdu_msg *msg)
{
	struct enc e = scratch(s);
	const uint32_t ahead = msg->sequence - v->acked;
	pdu_ack(&e, &v->m, v->acked);
	if (ahead > 0 && ahead < 1000000) {
		conn_missing(&v->c, (uint64_t)ahead * (e.w.len + 7));
		v->acked = msg->sequence;
		conn_wrong(&v->c, v->c.item_at, "acknowledgements before this one are missing");
		e = scratch(s);
		pdu_ack(&e, &v->m, v->acked);
	}
	conn_verify(&v->c, &e, "acknowledgement");
	v->acked++;
	s->num.acks++;
	if (v->acked > v->sequence)
		conn_wrong(&v->c, v->c.item_at, "an acknowledgement of what was not sent");
}

/* The state after that message, S_ENDED where it may not come. */
static enum state next_state(enum state state, enum pdu_kind kind)
{
	switch ((int)kind) {
	case PDU_CONNECT:
		return state == S_CONNECT ? S_DATA : S_ENDED;
	case PDU_REQUEST:
		return state == S_DATA ? S_DATA : S_ENDED;
	case PDU_ACK:
		return state == S_DATA ? S_DATA : S_ENDED;
	case PDU_CONCLUDE:
		return state == S_DATA ? S_CONCLUDED : S_ENDED;
	case PDU_FINISH:
		return state == S_CONCLUDED ? S_FINISHED : S_ENDED;
	default:
		return S_ENDED;
	}
}

/* Ends of an association: compared, then answered. After a mismatch it is not answered, so that the client knows too. */
static void take_end(struct server *s, struct served *v, enum pdu_kind kind)
{
	struct enc want = scratch(s);
	if (kind == PDU_CONCLUDE)
		pdu_conclude(&want, false);
	else if (kind == PDU_FINISH)
		pdu_finish(&want);
	else
		pdu_abort(&want);
	if (!conn_verify(&v->c, &want, kind == PDU_CONCLUDE ? "conclude" : kind == PDU_FINISH ? "finish" : "abort")) {
		fail(s, v, "given up");
		return;
	}
	if (kind == PDU_ABORT) {
		s->num.aborted++;
		end(s, v);
		return;
	}
	if (v->m.acked && v->acked < v->sequence && kind == PDU_CONCLUDE)
		conn_wrong(&v->c, v->c.item_at, "acknowledgements are missing at the end");
	struct enc e = scratch(s);
	if (kind == PDU_CONCLUDE)
		pdu_conclude(&e, true);
	else
		pdu_disconnect(&e);
	v->running = false;
	conn_send(&v->c, &e, 0);
}

static void take_tsdu(struct server *s, struct served *v, int64_t now)
{
	struct pdu_msg msg;
	struct enc e = scratch(s);
	if (!pdu_read(v->c.item.p, v->c.item.len, &msg)) {
		conn_wrong(&v->c, v->c.item_at, "not understood");
		fail(s, v, "given up");
		return;
	}
	if (msg.kind == PDU_ABORT && v->state == S_DATA) {
		take_end(s, v, PDU_ABORT);
		return;
	}
	const enum state next = next_state(v->state, msg.kind);
	if (next == S_ENDED) {
		conn_wrong(&v->c, v->c.item_at, "not what is to come now");
		fail(s, v, "given up");
		return;
	}
	v->state = next;
	switch ((int)msg.kind) {
	case PDU_CONNECT:
		s->num.associations++;
		s->num.open++;
		pdu_connect(&e);
		conn_verify(&v->c, &e, "connect");
		e = scratch(s);
		pdu_accept(&e);
		conn_send(&v->c, &e, 0);
		break;
	case PDU_REQUEST:
		take_request(s, v, &msg, now);
		break;
	case PDU_ACK:
		take_ack(s, v, &msg);
		break;
	default:
		take_end(s, v, msg.kind);
	}
}

static void send_reports(struct server *s, struct served *v, int64_t now)
{
	while (v->running && now >= v->next_report && !conn_full(&v->c)) {
		struct enc e = scratch(s);
		pdu_report(&e, &v->m, v->sequence++);
		conn_send(&v->c, &e, 0);
		s->num.reports++;
		v->next_report += INT64_C(1000000000000) / v->m.rate_mhz;
		/* what could not be sent in time is not made up for at once */
		if (now - v->next_report > 1000000000)
			v->next_report = now;
	}
}

/* --- the loop ------------------------------------------------------------------------------- */
static void closed(struct server *s, struct served *v)
{
	if (v->state != S_FINISHED) {
		fail(s, v, "closed by the peer");
		return;
	}
	s->num.concluded++;
	end(s, v);
}

static void readable(struct server *s, struct served *v, int64_t now)
{
	enum conn_event event;
	const enum conn_io io = conn_read(&v->c, now);
	while (v->state != S_ENDED && (event = conn_next(&v->c)) != CONN_NOTHING) {
		if (event == CONN_BROKEN)
			fail(s, v, "given up");
		else if (event == CONN_TSDU)
			take_tsdu(s, v, now);
		else if (v->state == S_TPDU)
			take_cr(s, v);
		else
			conn_wrong(&v->c, v->c.item_at, "a second CR");
	}
	if (v->state == S_ENDED)
		return;
	if (io == CONN_FAILED)
		fail(s, v, strerror(errno));
	else if (io == CONN_CLOSED)
		closed(s, v);
}

static void accept_all(struct server *s)
{
	while (s->n < SERVED_MAX) {
		const int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		struct served *v = calloc(1, sizeof(*v));
		if (v == NULL || !conn_init(&v->c, fd, s->o, &s->num, s->accepted)) {
			fputs("iccp-sim: out of memory\n", stderr);
			exit(1);
		}
		conn_socket_options(fd);
		v->m.domain = s->o->domain;
		s->accepted++;
		s->of[s->n++] = v;
	}
}

static void work(struct server *s, struct served *v, short revents, int64_t now)
{
	if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0)
		readable(s, v, now);
	if (v->state == S_ENDED)
		return;
	send_reports(s, v, now);
	if (conn_flush(&v->c, now) == CONN_FAILED)
		fail(s, v, strerror(errno));
	else
		conn_due(&v->c, v->m.acked && v->acked < v->sequence, now);
}

static void loop(struct server *s)
{
	while (!sim_asked().end && (s->o->once == 0 || s->ended < s->o->once)) {
		int64_t until = INT64_MAX;
		for (uint32_t i = 0; i < s->n; i++) {
			const struct served *v = s->of[i];
			s->fds[i] =
				(struct pollfd){ .fd = v->c.fd, .events = conn_waits_to_send(&v->c) ? POLLIN | POLLOUT : POLLIN };
			if (v->running && !conn_full(&v->c) && v->next_report < until)
				until = v->next_report;
		}
		const uint32_t n = s->n;
		s->fds[n] = (struct pollfd){ .fd = n < SERVED_MAX ? s->fd : -1, .events = POLLIN };
		sim_poll(s->fds, n + 1, until);
		const int64_t now = sim_now();
		for (uint32_t i = 0; i < n; i++)
			work(s, s->of[i], s->fds[i].revents, now);
		if (s->fds[n].revents != 0)
			accept_all(s);
		for (uint32_t i = s->n; i > 0; i--)
			if (s->of[i - 1]->state == S_ENDED) {
				free(s->of[i - 1]);
				s->of[i - 1] = s->of[--s->n];
			}
		fflush(stdout);
		sim_progress(&s->num);
	}
}

int server_run(const struct sim_opt *o)
{
	const int one = 1;
	struct server *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return 1;
	s->o = o;
	s->fd = socket(o->listen.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s->fd < 0 || bind(s->fd, (const struct sockaddr *)&o->listen.addr, o->listen.len) != 0 || listen(s->fd, BACKLOG) != 0) {
		fprintf(stderr, "iccp-sim: --listen: %s\n", strerror(errno));
		free(s);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	loop(s);
	sim_numbers(&s->num);
	const bool fine = s->num.bad == 0 && s->num.resets == 0 && s->num.open == 0;
	for (uint32_t i = 0; i < s->n; i++) {
		conn_fini(&s->of[i]->c);
		free(s->of[i]);
	}
	close(s->fd);
	free(s);
	return fine ? 0 : 1;
}
