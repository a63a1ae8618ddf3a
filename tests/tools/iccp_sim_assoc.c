/* iccp_sim_assoc.c - one association of the client goes through the script's acts; what comes back is compared. */
#include "tests/tools/iccp_sim_assoc.h"

#include <stdio.h>

#include "tests/tools/iccp_sim_val.h"

static struct enc scratch(struct client *cl)
{
	struct enc e;
	enc_init(&e, cl->scratch, sizeof(cl->scratch));
	return e;
}

static uint16_t reference(const struct assoc *a)
{
	return (uint16_t)(a->m.label % 0x7ffe + 1);
}

/* What is due but will not come any more: the answer, and what is left of the reports. */
static void count_missing(struct client *cl, struct assoc *a)
{
	struct enc e = scratch(cl);
	if (a->wait == W_RESPONSE) {
		pdu_response(&e, &a->m, a->op, a->invoke, &a->arg);
		conn_missing(&a->c, e.w.len + 7);
	}
	if (a->reporting && cl->o->reports > a->sequence) {
		e = scratch(cl);
		pdu_report(&e, &a->m, a->sequence);
		conn_missing(&a->c, (uint64_t)(cl->o->reports - a->sequence) * (e.w.len + 7));
	}
}

void assoc_end(struct client *cl, struct assoc *a)
{
	conn_fini(&a->c);
	a->wait = W_ENDED;
	a->holds = false;
	if (a->established)
		cl->num.open--;
}

void assoc_fail(struct client *cl, struct assoc *a, const char *why)
{
	if (cl->num.resets++ < 20)
		printf("# association %u: %s\n", a->m.label, why);
	if (!a->c.bad)
		cl->num.bad++;
	a->c.bad = true;
	count_missing(cl, a);
	assoc_end(cl, a);
}

/* --- sending -------------------------------------------------------------------------------- */
static void waits(struct assoc *a, enum wait wait, int64_t now)
{
	a->wait = wait;
	a->since = now;
	a->asked_up_to = a->c.queued;
}

/* The text's contents, and where in the encoding it is to be cut: 0 for nowhere. */
static void make_text(const struct client *cl, struct assoc *a, uint32_t number)
{
	const struct sim_opt *o = cl->o;
	a->arg = (struct pdu_arg){ .number = number, .text = a->text };
	a->arg.text_n = val_text(&a->m, number, a->text);
	for (size_t i = 0; i < o->n_texts_at; i++)
		if (o->text_at[i].number == number && (o->text_only == UINT32_MAX || o->text_only == a->m.label)) {
			a->arg.text_n = strlen(o->text_at[i].text);
			memcpy(a->text, o->text_at[i].text, a->arg.text_n);
		}
}

static size_t split_of(const struct client *cl, const struct assoc *a, const struct enc *e)
{
	const char *s = cl->o->split_text;
	if (s == NULL || a->op != OP_TEXT)
		return 0;
	const uint8_t *found = memmem(e->w.p, e->w.len, s, strlen(s));
	return found == NULL ? 0 : (size_t)(found - e->w.p) + strlen(s) / 2;
}

static void ask(struct client *cl, struct assoc *a, enum pdu_op op, int64_t now)
{
	struct enc e = scratch(cl);
	a->op = op;
	a->invoke++;
	pdu_request(&e, &a->m, op, a->invoke, &a->arg);
	conn_send(&a->c, &e, split_of(cl, a, &e));
	cl->num.requests++;
	waits(a, W_RESPONSE, now);
}

static void send_cr(struct client *cl, struct assoc *a, int64_t now)
{
	struct enc e = scratch(cl);
	uint8_t code = 7;
	while (1u << code < cl->o->tpdu_size)
		code++;
	a->codes = (uint8_t)(code << 4);
	pdu_cr(&e, reference(a), code);
	conn_queue(&a->c, e.w.p, e.w.len);
	waits(a, W_CC, now);
}

static void send_tsdu(struct client *cl, struct assoc *a, const struct sim_act *act, int64_t now)
{
	struct enc e = scratch(cl);
	switch ((int)act->what) {
	case DO_CONNECT:
		pdu_connect(&e);
		break;
	case DO_CONCLUDE:
		pdu_conclude(&e, false);
		break;
	case DO_FINISH:
		pdu_finish(&e);
		break;
	default:
		pdu_abort(&e);
	}
	conn_send(&a->c, &e, 0);
	waits(a,
	      act->what == DO_CONNECT    ? W_ACCEPT
	      : act->what == DO_CONCLUDE ? W_CONCLUDED
	      : act->what == DO_FINISH   ? W_DISCONNECT
					 : W_FLUSH,
	      now);
}

/* A request now and then while reports come; true if one went out. */
static bool polls(struct client *cl, struct assoc *a, int64_t now)
{
	static const enum pdu_op with[] = { OP_VALUES, OP_SELECT, OP_OPERATE, OP_SET, OP_TAG_SET, OP_TAG_GET },
				 without[] = { OP_VALUES, OP_SET };
	if (cl->o->poll_ms == 0 || now < a->poll_at)
		return false;
	a->poll_at = now + (int64_t)cl->o->poll_ms * 1000000;
	ask(cl, a, cl->o->operate ? with[a->polled % ARRAY_LEN(with)] : without[a->polled % ARRAY_LEN(without)], now);
	a->polled++;
	return true;
}

/* In the reports' step: true when it is over. */
static bool reports_done(struct client *cl, struct assoc *a, int64_t now)
{
	if (!a->reporting) {
		a->reporting = true;
		a->reports_end = cl->o->seconds == 0 ? INT64_MAX : now + (int64_t)cl->o->seconds * 1000000000;
		a->poll_at = now + (int64_t)cl->o->poll_ms * 1000000;
	}
	if ((cl->o->reports != 0 && a->sequence >= cl->o->reports) || now >= a->reports_end || sim_asked().enough) {
		a->reporting = false;
		return true;
	}
	return false;
}

/* An act that makes no sense where the association is: nothing to stop or to delete. */
static bool skips(const struct assoc *a, const struct sim_act *act)
{
	return act->what == DO_OP && ((act->arg == OP_STOP && !a->running) || (act->arg == OP_DELETE && !a->defined));
}

void assoc_go_on(struct client *cl, struct assoc *a, int64_t now)
{
	const struct sim_asked asked = sim_asked();
	if (a->wait != W_NOTHING)
		return;
	if (asked.end && a->established && a->program != &cl->closing) {
		a->program = &cl->closing;
		a->at = 0;
		a->reporting = false;
	}
	while (a->at < a->program->n && skips(a, &a->program->act[a->at]))
		a->at++;
	if (a->at == a->program->n || (now < a->next_at && !asked.end))
		return;
	const struct sim_act *act = &a->program->act[a->at];
	a->holds = act->what == DO_HOLD && !asked.go_on;
	if (a->holds)
		return;
	if (act->what == DO_REPORTS) {
		if (!reports_done(cl, a, now)) {
			polls(cl, a, now);
			return;
		}
		a->at++;
		assoc_go_on(cl, a, now);
		return;
	}
	a->at++;
	switch (act->what) {
	case DO_CR:
		send_cr(cl, a, now);
		break;
	case DO_TEXT:
		make_text(cl, a, act->arg);
		ask(cl, a, OP_TEXT, now);
		break;
	case DO_OP:
		ask(cl, a, (enum pdu_op)act->arg, now);
		break;
	case DO_HOLD:
		assoc_go_on(cl, a, now);
		break;
	default:
		send_tsdu(cl, a, act, now);
	}
}

/* --- receiving ------------------------------------------------------------------------------ */
static void answered(const struct client *cl, struct assoc *a, int64_t now)
{
	a->wait = W_NOTHING;
	a->next_at = now + (int64_t)cl->o->pace_ms * 1000000;
}

static void take_cc(struct client *cl, struct assoc *a, int64_t now)
{
	struct enc e = scratch(cl);
	const uint8_t proposed = a->codes >> 4;
	uint8_t code = a->c.item.len > 13 ? a->c.item.p[13] : 0;
	if (code < 7 || code > proposed)
		code = proposed;
	pdu_cc(&e, reference(a), code);
	conn_verify(&a->c, &e, "CC");
	a->codes |= code;
	conn_tpdu_size(&a->c, code);
	answered(cl, a, now);
}

static void take_response(struct client *cl, struct assoc *a, const struct pdu_msg *msg, int64_t now)
{
	struct enc e = scratch(cl);
	if (a->wait != W_RESPONSE) {
		conn_wrong(&a->c, a->c.item_at, "a response to nothing");
		return;
	}
	if (a->op == OP_TOTALS) {
		a->arg = (struct pdu_arg){ .total = { a->asked_up_to, a->c.item_at, a->codes, 0 } };
		if (msg->arg.total[1] > a->c.item_at)
			conn_missing(&a->c, msg->arg.total[1] - a->c.item_at);
	}
	pdu_response(&e, &a->m, a->op, a->invoke, &a->arg);
	conn_verify(&a->c, &e, pdu_row(a->op)->name);
	a->running = a->op == OP_START || (a->running && a->op != OP_STOP);
	a->defined = a->op == OP_DEFINE || (a->defined && a->op != OP_DELETE);
	answered(cl, a, now);
}

static void take_report(struct client *cl, struct assoc *a, const struct pdu_msg *msg)
{
	char what[64];
	struct enc e = scratch(cl);
	if (!a->running && !(a->wait == W_RESPONSE && a->op == OP_START))
		conn_wrong(&a->c, a->c.item_at, "a report that nobody asked for");
	const uint32_t ahead = msg->sequence - a->sequence;
	if (ahead > 0 && ahead < 1000000) {
		pdu_report(&e, &a->m, a->sequence);
		conn_missing(&a->c, (uint64_t)ahead * (e.w.len + 7));
		snprintf(what, sizeof(what), "%u reports before report %u are missing", ahead, msg->sequence);
		conn_wrong(&a->c, a->c.item_at, what);
		a->sequence = msg->sequence;
	}
	e = scratch(cl);
	pdu_report(&e, &a->m, a->sequence);
	snprintf(what, sizeof(what), "report %u", a->sequence);
	/* one that came before is not counted as the next */
	if (!conn_verify(&a->c, &e, what) && msg->sequence < a->sequence)
		return;
	if (a->m.acked) {
		e = scratch(cl);
		pdu_ack(&e, &a->m, a->sequence);
		conn_send(&a->c, &e, 0);
		cl->num.acks++;
	}
	a->sequence++;
	a->seen_report = true;
	cl->num.reports++;
}

/* An accept, conclude response or disconnect. */
static void take_other(struct client *cl, struct assoc *a, enum pdu_kind kind, int64_t now)
{
	static const enum wait fits[] = { [PDU_ACCEPT] = W_ACCEPT, [PDU_CONCLUDED] = W_CONCLUDED, [PDU_DISCONNECT] = W_DISCONNECT };
	struct enc e = scratch(cl);
	if (kind >= ARRAY_LEN(fits) || fits[kind] == W_NOTHING || fits[kind] != a->wait) {
		conn_wrong(&a->c, a->c.item_at, "not what is to come now");
		return;
	}
	if (kind == PDU_ACCEPT)
		pdu_accept(&e);
	else if (kind == PDU_CONCLUDED)
		pdu_conclude(&e, true);
	else
		pdu_disconnect(&e);
	conn_verify(&a->c, &e, kind == PDU_ACCEPT ? "accept" : kind == PDU_CONCLUDED ? "conclude response" : "disconnect");
	answered(cl, a, now);
	if (kind == PDU_ACCEPT) {
		a->established = true;
		cl->num.associations++;
		cl->num.open++;
	} else if (kind == PDU_DISCONNECT) {
		cl->num.concluded++;
		assoc_end(cl, a);
	}
}

bool assoc_take(struct client *cl, struct assoc *a, enum conn_event event, int64_t now)
{
	struct pdu_msg msg;
	if (event == CONN_TPDU) {
		if (a->wait == W_CC)
			take_cc(cl, a, now);
		else
			conn_wrong(&a->c, a->c.item_at, "a second CC");
	} else if (event == CONN_BROKEN || !pdu_read(a->c.item.p, a->c.item.len, &msg)) {
		if (event != CONN_BROKEN)
			conn_wrong(&a->c, a->c.item_at, "not understood");
		assoc_fail(cl, a, "given up");
	} else if (msg.kind == PDU_RESPONSE) {
		take_response(cl, a, &msg, now);
	} else if (msg.kind == PDU_REPORT) {
		take_report(cl, a, &msg);
	} else {
		take_other(cl, a, msg.kind, now);
	}
	return a->wait != W_ENDED;
}
