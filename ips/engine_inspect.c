/* engine_inspect.c - the inspection of a flow: reassembled bytes to matcher and decoders, their events to
 * applications, tags, alerts and log records.
 *
 * New bytes are scanned first; then, before each event the decoders tell, the matcher lets out the hits
 * up to that event's last octet. So the order of alerts and tags is that of the stream, not of its segments.
 */
#include <string.h>

#include "base/cur.h"
#include "decoders/other/other.h"
#include "ips/engine_int.h"

enum { PROBE_DENSE = 64, PROBE_STEP = 32 };

/* What may have changed: with a packet, with octets for the decoders, with what the matcher is told of a direction. Rules ask
 * for events and anomalies of either, so that the rules' part goes with every packet that is read. */
enum {
	PARTS_READ = 1 << HA_SEC_reasm | 1 << HA_SEC_insp | 1 << HA_SEC_kept | 1 << HA_SEC_match,
	PARTS_STACK = 1 << HA_SEC_cotp | 1 << HA_SEC_osi | 1 << HA_SEC_mms | 1 << HA_SEC_iccp
};

static unsigned parts_matched(enum dir d)
{
	return 1u << (d == DIR_ORIG ? HA_SEC_scan_orig : HA_SEC_scan_reply);
}

/* --- what the flow tells: the consumers of events ---------------------------------------------- */

static void let_hits_out(struct run *w)
{
	const int64_t upto = (int64_t)w->dec.consumed - w->before;
	match_upto(w->e->matcher, &w->f->match, &w->sig, w->dir, upto > 0 ? (size_t)upto : 0, w);
}

static size_t app_index(const struct app *a)
{
	return (size_t)(a - app_at(0));
}

static void add_pdu(struct rec *r, const struct dec_event *ev)
{
	for (uint16_t i = 0; i < ev->fields->n; i++)
		rec_pdu_add(&r->pdu, &ev->fields->v[i]);
}

/* An operation was seen: the flow's last application, a count, a record. */
static const struct app *note_app(struct run *w, const struct dec_event *ev)
{
	const struct app *a = app_of_event(ev->id);
	if ((ev->flags & EV_CONT) != 0)
		return a;
	w->f->s.last_app = a->id;
	w->s->s.flags |= SF_APP_VALID;
	w->e->app_count[app_index(a)]++;
	if (rec_begin(w->e, w->s, REC_APP)) {
		struct rec r;
		rec_session(w->e, w->s, &r, REC_APP, ev->dir);
		add_pdu(&r, ev);
		rec_tell(w->e, w->s, &r);
	}
	return a;
}

/* To whoever listens. */
static void hand_on(const struct run *w, const struct dec_event *ev, enum dir d, enum anomaly a)
{
	if (w->e->on_told == NULL)
		return;
	const struct engine_told t = { .s = w->s, .packet_nr = w->e->packet_nr, .ev = ev, .dir = d, .anomaly = a };
	w->e->on_told(w->e->told_arg, &t);
}

/* Whom an event of this flow matters to. On a TASE.2 flow the operation is ICCP's; the MMS service that carries it is no
 * application of its own. */
static unsigned concerned(const struct run *w, enum event_id ev)
{
	const unsigned c = w->e->concerns[ev];
	return (c & CONCERNS_MMS) != 0 && w->f->s.proto == PROTO_ICCP ? c & ~(unsigned)CONCERNS_APP : c;
}

static void on_event(void *arg, const struct dec_event *ev)
{
	struct run *w = arg;
	const unsigned whom = concerned(w, ev->id);
	if ((ev->flags & EV_CONT) == 0)
		w->e->stats.events[ev->id]++;
	if ((whom & (CONCERNS_RULES | CONCERNS_APP | CONCERNS_LISTENER)) == 0)
		return;
	hand_on(w, ev, ev->dir, ANOMALY_N);
	let_hits_out(w);
	const struct app *a = (whom & CONCERNS_APP) != 0 ? note_app(w, ev) : NULL;
	w->ev = ev;
	match_event(w->e->matcher, &w->f->match, &w->sig, ev, a != NULL ? a->name : NULL, w);
	w->ev = NULL;
}

/* One record a packet, direction and kind: a packet full of oddities makes no flood. All are counted. */
static bool told_before(struct run *w, enum dir d, enum anomaly a)
{
	const uint64_t bit = UINT64_C(1) << (a % 64);
	uint64_t *word = &w->told[d][a / 64];
	const bool before = (*word & bit) != 0;
	*word |= bit;
	return before;
}

/* After these, octets of the flow go by unread. */
static bool blinds(enum anomaly a)
{
	switch ((int)a) {
	case AN_GAP:
	case AN_BUDGET:
	case AN_MEMORY:
	case AN_HELD_CAP:
	case AN_TPKT_VERSION:
	case AN_TPKT_LENGTH:
	case AN_COTP_TSDU_SIZE:
		return true;
	default:
		return false;
	}
}

static void tell_anomaly(struct run *w, enum dir d, enum anomaly a)
{
	hand_on(w, NULL, d, a);
	let_hits_out(w);
	w->e->stats.anomalies[a]++;
	if (!told_before(w, d, a) && rec_begin(w->e, w->s, REC_ANOMALY)) {
		struct rec r;
		rec_session(w->e, w->s, &r, REC_ANOMALY, d);
		r.code = a;
		rec_tell(w->e, w->s, &r);
	}
	match_anomaly(w->e->matcher, &w->f->match, &w->sig, d, anomaly_name(a), w);
}

static void on_anomaly(void *arg, enum dir d, enum anomaly a)
{
	struct run *w = arg;
	tell_anomaly(w, d, a);
	if (blinds(a) && w->e->gen->prevent && w->f->policy->prefer == PREFER_SECURITY) {
		w->reason = REASON_INSPECTION;
		w->guilty = d;
	}
}

static bool descends(enum proto p, enum proto from)
{
	while (p != from && p != PROTO_NONE)
		p = proto_parent(p);
	return p == from;
}

static void on_proto(void *arg, enum proto p)
{
	struct run *w = arg;
	struct insp_state *s = &w->f->s;
	/* A reserved TASE.2 name outweighs what looked like IEC 61850: nothing hides behind that label. */
	const bool outweighs = p == PROTO_ICCP && s->proto == PROTO_IEC61850;
	if (p == s->proto || (!descends(p, s->proto) && !outweighs))
		return;
	s->proto = (uint8_t)p;
	w->sig.proto = p;
	const struct app *a = app_of_proto(p);
	if (a != NULL)
		s->app = a->id;
}

/* A signature fired, or a partial match was given up. */
static void on_hit(void *arg, const struct match_hit *hit)
{
	struct run *w = arg;
	struct engine *e = w->e;
	if (hit->sig == NULL) {
		e->stats.match_lost++;
		return;
	}
	const bool drop = hit->sig->action == SIG_DROP || hit->sig->action == SIG_REJECT;
	if (drop && e->gen->prevent) {
		w->reason = REASON_SIGNATURE;
		w->guilty = hit->dir;
		w->reject |= hit->sig->action == SIG_REJECT;
	}
	if (hit->sig->noalert || hit->sig->action == SIG_PASS)
		return;
	e->alert_count[hit->sig->index]++;
	w->f->s.n_alerts++;
	if (w->f->policy->log_alerted)
		w->s->s.flags |= SF_LOG;
	if (rec_begin(e, w->s, REC_ALERT)) {
		struct rec r;
		rec_session(e, w->s, &r, REC_ALERT, hit->dir);
		r.gid = hit->sig->gid;
		r.sid = hit->sig->sid;
		r.rev = hit->sig->rev;
		r.dropped = drop && e->gen->prevent && w->p != NULL; /* at a session's end the octets have left */
		r.would_drop = drop && !e->gen->prevent;
		if (w->ev != NULL)
			add_pdu(&r, w->ev);
		rec_tell(e, w->s, &r);
	}
}

/* --- bytes to protocols ------------------------------------------------------------------------ */

static void feed_stack(struct run *w, enum dir d, struct span bytes)
{
	engine_mark(w->s, PARTS_STACK);
	w->dec.consumed = 0;
	stack_feed(w->f->stack, &w->f->s.upper, &w->dec, d, bytes);
}

/* The probes say COTP: its decoders get what was looked at so far, of both directions. */
static void start_cotp(struct run *w)
{
	struct insp *f = w->f;
	f->stack = pool_get(&w->e->stack_pool);
	if (f->stack == NULL) {
		f->s.service = SVC_UNKNOWN;
		on_anomaly(w, w->dir, AN_MEMORY);
		return;
	}
	stack_init(f->stack);
	f->s.service = SVC_COTP;
}

/* Asks every recogniser about the first n octets of the direction. */
static enum probe probe_prefix(struct run *w, struct span first, bool whole)
{
	const enum probe cotp = w->s->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_ ? cotp_probe(first) : PROBE_NO;
	if (cotp == PROBE_YES)
		start_cotp(w);
	if (cotp != PROBE_NO) /* and what the others say would not count */
		return cotp;
	const struct tuple *t = &w->s->s.tuple[DIR_ORIG];
	const struct other_hint h = { .ip_proto = t->proto, .sport = t->sport, .dport = t->dport };
	enum proto p = PROTO_NONE;
	const enum probe other = other_probe(&h, w->dir, first, whole, &p);
	if (other == PROBE_YES) {
		w->f->s.service = SVC_NAMED;
		on_proto(w, p);
	}
	return other;
}

/* Probes at fixed prefix lengths, so that the answer is the stream's and not its segmentation's. */
static void look(struct run *w, size_t had)
{
	struct insp_dir *d = &w->f->s.dir[w->dir];
	for (size_t n = had + 1; n <= d->look.len && !d->looked; n++) {
		if (n > PROBE_DENSE && n % PROBE_STEP != 0)
			continue;
		const enum probe a = probe_prefix(w, span_of(d->look.p, n), false);
		if (a != PROBE_MORE || n >= OTHER_LOOK)
			d->looked = true;
	}
}

static void feed_looked(struct run *w, enum dir d, int64_t before)
{
	struct buf b = w->f->s.dir[d].look;
	w->f->s.dir[d].look = (struct buf){ 0 };
	const enum dir now = w->dir;
	w->dir = d;
	w->before = before;
	feed_stack(w, d, buf_span(&b));
	w->dir = now;
	buf_clear(w->e->bufs, &b);
}

/* First bytes of a direction, while nothing is decided. */
static void undecided(struct run *w, struct span bytes)
{
	struct insp_state *s = &w->f->s;
	struct insp_dir *d = &s->dir[w->dir];
	const size_t had = d->look.len;
	struct cur c = cur_span(bytes);
	const struct span first = cur_bytes(&c, size_min(bytes.len, OTHER_LOOK - had));
	if (buf_append(w->e->bufs, &d->look, first.p, first.len) != OK) {
		on_anomaly(w, w->dir, AN_MEMORY);
		d->looked = true;
	}
	look(w, had);
	if (s->service == SVC_COTP) {
		const enum dir far = dir_other(w->dir);
		s->dir[w->dir].looked = s->dir[far].looked = true;
		if (s->dir[far].look.len != 0)
			feed_looked(w, far, s->dir[far].look.len);
		feed_looked(w, w->dir, (int64_t)had);
		w->before = -(int64_t)first.len;
		if (cur_left(&c) != 0)
			feed_stack(w, w->dir, cur_rest(&c));
	} else if (d->looked) {
		buf_clear(w->e->bufs, &d->look);
		if (s->service == SVC_UNDECIDED && s->dir[dir_other(w->dir)].looked)
			s->service = SVC_UNKNOWN;
	}
}

static const struct dec_sink sink_ops = { .event = on_event, .anomaly = on_anomaly, .proto = on_proto };

/* The first of the octets that reassembly has just let out, so many, are inspected now. */
static void tell_bytes(const struct run *w, enum dir d, struct span bytes, size_t of)
{
	if (w->e->on_bytes != NULL)
		w->e->on_bytes(w->e->bytes_arg, w->s, d, w->f->reasm.dir[d].next - (uint32_t)of, bytes);
}

/* In-order bytes of a direction, from reassembly. */
static void on_bytes(void *arg, enum dir d, struct span bytes)
{
	struct run *w = arg;
	struct insp_dir *id = &w->f->s.dir[d];
	const uint64_t cap = w->e->gen->ignore_after;
	const size_t whole = bytes.len;
	if (cap != 0)
		bytes.len = size_min(bytes.len, cap > id->inspected ? (size_t)(cap - id->inspected) : 0);
	if (bytes.len == 0)
		return;
	id->inspected += bytes.len;
	tell_bytes(w, d, bytes, whole);
	w->dir = d;
	w->before = 0;
	w->dec.consumed = 0;
	engine_mark(w->s, parts_matched(d));
	match_stream(w->e->matcher, &w->f->match, &w->sig, d, bytes);
	switch ((enum service)w->f->s.service) {
	case SVC_UNDECIDED:
		if (!id->looked)
			undecided(w, bytes);
		break;
	case SVC_COTP:
		feed_stack(w, d, bytes);
		break;
	case SVC_NAMED:
	case SVC_UNKNOWN:
	case SVC_N:
		break;
	}
	match_upto(w->e->matcher, &w->f->match, &w->sig, d, bytes.len, w);
}

static void on_gap(void *arg, enum dir d)
{
	struct run *w = arg;
	struct insp_dir *id = &w->f->s.dir[d];
	w->dir = d;
	w->e->stats.gaps++;
	w->f->s.partial |= w->s->s.serial <= w->e->doubt_upto; /* what the dead node let by and did not tell */
	tell_bytes(w, d, (struct span){ 0 }, 0);
	on_anomaly(w, d, AN_GAP);
	engine_mark(w->s, parts_matched(d) | PARTS_STACK);
	match_gap(w->e->matcher, &w->f->match, d);
	buf_clear(w->e->bufs, &id->look);
	if (w->f->stack != NULL)
		stack_gap(w->f->stack, &w->dec, d);
}

static void on_held_cap(void *arg, enum dir d)
{
	on_anomaly(arg, d, AN_HELD_CAP);
}

static void on_differs(void *arg, enum dir d)
{
	on_anomaly(arg, d, AN_OVERLAP);
}

static struct reasm_sink stream_sink(struct run *w)
{
	return (struct reasm_sink){ .bytes = on_bytes, .gap = on_gap, .held_cap = on_held_cap, .differs = on_differs, .arg = w };
}

/* --- packets to bytes --------------------------------------------------------------------------- */

static void run_init(struct run *w, struct engine *e, struct session *s, struct dec_sink *sink)
{
	struct insp *f = s->ips;
	const struct tuple *t = &s->s.tuple[DIR_ORIG];
	*sink = sink_ops;
	sink->arg = w;
	/* Member by member: clearing the whole first would be the dearest part of an empty segment. */
	w->e = e;
	w->p = NULL;
	w->ev = NULL;
	w->s = s;
	w->f = f;
	w->dir = w->guilty = DIR_ORIG;
	w->reason = REASON_NONE;
	w->reject = false;
	w->before = 0;
	memset(w->next, 0, sizeof(w->next));
	memset(w->told, 0, sizeof(w->told));
	w->dec = (struct dec_ctx){
		.bufs = e->bufs, .wants = e->wants, .sink = sink, .lim = &e->gen->limits, .budget = e->gen->budget
	};
	w->dec.fields = &e->fields;
	w->sig = (struct sig_flow){ .family = t->family,
				    .ip_proto = t->proto,
				    .client = t->src,
				    .server = t->dst,
				    .cport = t->sport,
				    .sport = t->dport,
				    .proto = f->s.proto,
				    .tags = &f->s.tags };
	w->sig.established = s->s.n[DIR_ORIG].packets != 0 && s->s.n[DIR_REPLY].packets != 0;
}

/* Does p carry octets that were refused before? Nothing past release_to leaves, retransmitted or not. */
static bool is_refused(const struct insp_dir *d, const struct packet *p)
{
	if (!d->blocked)
		return false;
	const uint32_t end = p->tcp.seq + p->payload_wire + ((p->tcp.flags & (TCP_FIN | TCP_SYN)) != 0);
	return end != p->tcp.seq && seq_diff(end, d->release_to) > 0;
}

/* Nothing from where the stream stood leaves any more, be it in this packet or in a hole before it. */
static void block(struct run *w, enum dir dir)
{
	struct insp_dir *d = &w->f->s.dir[dir];
	if (d->blocked || w->s->s.tuple[DIR_ORIG].proto != IPPROTO_TCP_)
		return;
	d->blocked = true;
	d->release_to = w->next[dir];
}

/* What the inspection decided becomes the packet's verdict. A rejected connection is over in both directions. */
static struct verdict decide(struct run *w)
{
	if (w->reason == REASON_NONE)
		return (struct verdict){ .pass = true };
	block(w, w->guilty);
	if (w->reject)
		block(w, dir_other(w->guilty));
	return (struct verdict){ .reason = w->reason, .reset = w->reject, .reset_seq = w->f->s.dir[w->p_dir].release_to };
}

/* Once more what was refused. Both directions are blocked where a connection was rejected: its reset may have been lost, or
 * not sent by a node that died. */
static struct verdict refused(const struct run *w)
{
	const struct insp_dir *d = w->f->s.dir;
	return (struct verdict){ .reason = REASON_BLOCKED, .reset = d[DIR_ORIG].blocked && d[DIR_REPLY].blocked,
				 .reset_seq = d[w->p_dir].release_to };
}

static void datagram(struct run *w)
{
	struct insp_dir *d = &w->f->s.dir[w->dir];
	d->inspected += w->p->payload.len;
	if (w->f->s.service == SVC_UNDECIDED && !d->looked && w->p->payload.len != 0) {
		d->looked = true;
		(void)probe_prefix(w, w->p->payload, true);
	}
	match_packet(w->e->matcher, &w->f->match, &w->sig, w->dir, w->p->payload, w);
}

/* Octets that cannot be read, or kept, now do not leave now: their sender repeats them. */
static struct verdict no_room(struct run *w, enum dir d, enum anomaly why)
{
	w->s->s.tcp.n_pause++;
	tell_anomaly(w, d, why);
	return w->reason != REASON_NONE ? decide(w) : (struct verdict){ .reason = REASON_NO_ROOM };
}

static void run_packet(struct run *w, struct engine *e, struct session *s, struct dec_sink *sink, enum dir d,
		       const struct packet *p)
{
	run_init(w, e, s, sink);
	w->p = p;
	engine_mark(s, PARTS_READ);
	w->dir = w->guilty = w->p_dir = d;
	for (enum dir i = DIR_ORIG; i < DIR_N; i++)
		w->next[i] = w->f->reasm.dir[i].started ? w->f->reasm.dir[i].next : i == d ? p->tcp.seq : p->tcp.ack;
}

/* Octets of p, not acknowledged and read before, of which nothing is known any more: they cannot be compared. */
static bool forgotten(const struct session *s, enum dir d, const struct packet *p)
{
	const struct tcp_end *receiver = &s->s.tcp.end[dir_other(d)];
	const uint32_t seq = p->tcp.seq, end = seq + (uint32_t)p->payload.len;
	return receiver->seen && reasm_forgotten(&engine_insp(s)->reasm.dir[d], receiver->ack, seq, end);
}

bool insp_blocked(struct engine *e, struct session *s, enum dir d, const struct packet *p, struct verdict *v)
{
	struct run w;
	struct dec_sink sink;
	if (!is_refused(&engine_insp(s)->s.dir[d], p))
		return false;
	run_packet(&w, e, s, &sink, d, p);
	*v = refused(&w);
	return true;
}

bool insp_must_wait(struct engine *e, struct session *s, enum dir d, const struct packet *p, struct verdict *v)
{
	struct insp *f = s->ips;
	struct run w;
	struct dec_sink sink;
	const struct reasm_ctx rc = insp_reasm_ctx(e, f, NULL);
	if (!e->gen->prevent)
		return false;
	const enum reasm_room room = reasm_room(&f->reasm, &rc, d, p);
	if (room == REASM_ROOM && !forgotten(s, d, p))
		return false;
	run_packet(&w, e, s, &sink, d, p);
	if (room == REASM_ROOM_WAIT || f->policy->prefer == PREFER_SECURITY) {
		*v = no_room(&w, d, room == REASM_ROOM_WAIT ? AN_HELD_CAP : AN_MEMORY);
		return true;
	}
	tell_anomaly(&w, d, AN_MEMORY);
	*v = decide(&w); /* a rule may want it otherwise */
	return !v->pass;
}

void insp_tell(struct engine *e, struct session *s, enum dir d, const struct packet *p, enum anomaly a)
{
	struct run w;
	struct dec_sink sink;
	run_packet(&w, e, s, &sink, d, p);
	on_anomaly(&w, d, a);
}

/* Signatures that are new to the stream read what of it is still here: what they match may have begun there. */
static void read_again(struct run *w)
{
	struct insp *f = w->f;
	const bool distrusted = w->e->gen->prevent && f->policy->prefer == PREFER_SECURITY;
	f->s.read_again = f->unmatched = false;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		engine_mark(w->s, parts_matched(d));
		const struct span kept = reasm_kept_span(&f->reasm.dir[d]);
		const struct span bytes = kept.len != 0 ? kept : buf_span(&f->s.dir[d].look);
		match_stream(w->e->matcher, &f->match, &w->sig, d, bytes);
		match_upto(w->e->matcher, &f->match, &w->sig, d, bytes.len, w);
	}
	if (distrusted) {
		w->reason = REASON_INSPECTION;
		w->guilty = w->p_dir;
	}
}

struct verdict insp_packet(struct engine *e, struct session *s, enum dir d, const struct packet *p)
{
	struct run w;
	struct dec_sink sink;
	run_packet(&w, e, s, &sink, d, p);
	if (s->s.n[DIR_ORIG].packets + s->s.n[DIR_REPLY].packets == 1)
		match_open(e->matcher, &w.f->match, &w.sig, d, &w);
	if (p->tuple.proto == IPPROTO_TCP_) {
		if (w.f->s.read_again)
			read_again(&w);
		const struct reasm_sink rs = stream_sink(&w);
		const struct reasm_ctx rc = insp_reasm_ctx(e, w.f, &rs);
		reasm_segment(&w.f->reasm, &rc, d, p);
	} else {
		datagram(&w);
	}
	return decide(&w);
}

void insp_flush(struct engine *e, struct session *s)
{
	struct run w;
	struct dec_sink sink;
	run_init(&w, e, s, &sink);
	const struct reasm_sink rs = stream_sink(&w);
	const struct reasm_ctx rc = insp_reasm_ctx(e, w.f, &rs);
	if (!rc.anchored) /* inline, what waits behind a hole never came to be read by anybody */
		reasm_flush(&w.f->reasm, &rc);
}

enum err insp_matcher_new(const struct gen *g, struct matcher **out)
{
	return matcher_new(g->sigs, g->max_sessions * DIR_N, on_hit, out);
}
