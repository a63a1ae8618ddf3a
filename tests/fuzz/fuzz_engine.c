/* fuzz_engine.c - a sequence of packets, raw or built around a payload, through the whole engine, then its end.
 *
 * A record of kind KIND_SWITCH moves every session over the wire into a second engine, which from there on gets the same
 * packets: verdicts and log records must be the same. The same octets in other segments must give the same events,
 * anomalies, applications and alerts. Octets 1 and 2 of the input choose configuration and segment size.
 */
#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"
#include "ips/engine_int.h"
#include "tests/fuzz/fuzz_gen.h"
#include "tests/fuzz/fuzz_mutate.h"
#include "tests/unit/pktbuild.h"

enum { G_ICCP, G_ALERT, G_GAP, G_DROP, G_SWITCH, G_SWITCH_COTP, G_UDP, G_DATAGRAM };
const char *const fuzz_goals[] = { "ICCP", "alert", "gap", "drop", "switch", "switch with decoders", "UDP",
				   "switch between fragments", NULL };
uint32_t fuzz_reached;

FUZZ_MUTATOR(2, 2)

/* First octet. */
enum { HOW_PREVENT = 1, HOW_SECURITY = 2, HOW_SMALL_MEMORY = 4, HOW_FEW_SESSIONS = 8, HOW_IGNORE_AFTER = 16, HOW_STRICT = 32,
	HOW_BUDGET = 64 };
/* A record's control octet: kind, direction, flow, family. */
enum kind { KIND_RAW, KIND_TCP, KIND_SHIFTED, KIND_FLAGS, KIND_UDP, KIND_TICK, KIND_SWITCH, KIND_ICMP };
enum { CTL_KIND = 7, CTL_REPLY = 8, CTL_FLOW_SHIFT = 4, CTL_IP6 = 64, CTL_LATER = 128 };
enum { FLOWS = 4, SEG_MAX = 1400, SWITCHES_MAX = 3 };

struct node {
	struct engine *e;
	struct engine_ha *ha;
	uint64_t sum;            /* of log records since the switch */
};

/* What may not depend on segments; odd: here it may. */
struct totals {
	uint64_t sum;
	bool odd;
};

struct world {
	uint8_t how;
	struct gen gen;
	struct node a, b;
	bool alone;              /* no switches */
	unsigned switches;
	mono_t now;
	uint64_t nr;
	struct {
		bool open;
		uint32_t seq[DIR_N];
	} flow[FLOWS];
};

static void on_rec(void *arg, const struct rec *r)
{
	struct node *n = arg;
	FUZZ_CHECK(r->kind < REC_N && r->dir < DIR_N);
	n->sum = n->sum * 31 + ha_digest(ha_msg_of_type(HA_REC), r);
	if (r->kind == REC_ALERT)
		fuzz_reach(G_ALERT);
}

static void node_new(struct world *w, struct node *n)
{
	const struct engine_cfg cfg = { .seed = 7, .node = 1, .rec_mask = (1 << REC_N) - 1 };
	FUZZ_CHECK(engine_new(&cfg, &w->gen, w->now, on_rec, n, &n->e) == OK && engine_ha_new(n->e, &n->ha) == OK);
}

static void add_up(const struct engine *e, struct totals *t)
{
	const struct engine_stats *st = engine_stats(e);
	t->sum = hash_fnv(HASH_FNV_START, st->events, sizeof(st->events));
	t->sum = hash_fnv(t->sum, st->anomalies, sizeof(st->anomalies));
	t->sum = hash_fnv(t->sum, st->services, sizeof(st->services));
	for (size_t i = 0; i < app_n(); i++)
		t->sum = t->sum * 31 + engine_app_count(e, i);
	for (size_t i = 0; i < sigset_n(e->gen->sigs); i++)
		t->sum = t->sum * 31 + engine_alert_count(e, i);
	t->odd = st->gaps != 0 || st->match_lost != 0 || st->anomalies[AN_MEMORY] != 0 || st->anomalies[AN_BUDGET] != 0 ||
		 st->anomalies[AN_HELD_CAP] != 0 || st->anomalies[AN_OVERLAP] != 0 || st->anomalies[AN_REFUSED] != 0 ||
		 st->anomalies[AN_ONE_WAY] != 0;
}

static void node_end(struct node *n, struct totals *t)
{
	if (n->e == NULL)
		return;
	const struct engine_stats *st = engine_stats(n->e);
	engine_finish(n->e);
	add_up(n->e, t);
	FUZZ_CHECK(session_count(engine_sessions(n->e)) == 0 && st->passed + st->dropped == st->packets);
	if (st->events[EV_MMS_INITIATE_REQ] != 0 || st->services[PROTO_ICCP] != 0)
		fuzz_reach(G_ICCP);
	if (st->gaps != 0)
		fuzz_reach(G_GAP);
	if (st->dropped != 0)
		fuzz_reach(G_DROP);
	engine_ha_free(n->ha);
	FUZZ_CHECK(bufpool_used(n->e->bufs) == 0 && n->e->insp_pool.n_used == 0 && n->e->stack_pool.n_used == 0);
	FUZZ_CHECK(n->e->held_pool.n_used == 0);
	engine_free(n->e);
	n->e = NULL;
}

/* --- packets ---------------------------------------------------------------------------------------------- */

static void packet(struct world *w, struct packet given)
{
	given.at = w->now;
	given.nr = ++w->nr;
	given.csum_lenient = (w->how & HOW_STRICT) == 0;
	struct packet p = given, q = given;
	const struct verdict v = engine_packet(w->a.e, &p);
	FUZZ_CHECK((unsigned)v.reason < REASON_N && (v.pass || v.held) == (v.reason == REASON_NONE) && !(v.pass && v.held));
	if (w->b.e != NULL) {
		const struct verdict u = engine_packet(w->b.e, &q);
		FUZZ_CHECK(u.reason == v.reason && u.held == v.held && u.n_release == v.n_release);
		FUZZ_CHECK(w->a.sum == w->b.sum);
	}
}

static void give(struct world *w, unsigned i, uint8_t ctl, struct pkt_tcp t, int shift)
{
	struct pkt k;
	const enum dir d = (ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG;
	const uint16_t client = (uint16_t)(1025 + i), server = i == 3 ? 502 : 102;
	t.sport = d == DIR_ORIG ? client : server;
	t.dport = d == DIR_ORIG ? server : client;
	t.seq = w->flow[i].seq[d] + (uint32_t)shift;
	t.ack = w->flow[i].seq[dir_other(d)];
	t.win = 8192;
	w->flow[i].seq[d] += (uint32_t)(shift == 0 ? t.n_data : 0) + ((t.flags & (TCP_SYN | TCP_FIN)) != 0);
	packet(w, pkt_segment(&k, (ctl & CTL_IP6) != 0 ? 6 : 4, d == DIR_REPLY, &t));
}

static void handshake(struct world *w, unsigned i, uint8_t ctl)
{
	ctl &= (uint8_t)~CTL_REPLY;
	w->flow[i].open = true;
	w->flow[i].seq[DIR_ORIG] = 0xfffffff0u;
	w->flow[i].seq[DIR_REPLY] = 1000;
	give(w, i, ctl, (struct pkt_tcp){ .flags = TCP_SYN }, 0);
	give(w, i, ctl | CTL_REPLY, (struct pkt_tcp){ .flags = TCP_SYN | TCP_ACK }, 0);
	give(w, i, ctl, (struct pkt_tcp){ .flags = TCP_ACK }, 0);
}

/* Octets of a flow; shifted: the first octet says how far before or after its place they come. */
static void tcp(struct world *w, const struct fuzz_rec *r, uint8_t size)
{
	struct cur c = cur_span(r->bytes);
	const unsigned i = r->ctl >> CTL_FLOW_SHIFT & (FLOWS - 1);
	const bool shifted = (r->ctl & CTL_KIND) == KIND_SHIFTED;
	const int shift = shifted ? (int8_t)cur_u8(&c) : 0;
	if (!w->flow[i].open)
		handshake(w, i, r->ctl);
	while (cur_left(&c) > 0) {
		const struct span s = cur_bytes(&c, size_min(size != 0 && !shifted ? size : SEG_MAX, cur_left(&c)));
		give(w, i, r->ctl, (struct pkt_tcp){ .flags = TCP_ACK | TCP_PSH, .data = s.p, .n_data = s.len }, shift);
		if (shifted)
			break;
	}
}

static void flags(struct world *w, const struct fuzz_rec *r)
{
	struct cur c = cur_span(r->bytes);
	const uint8_t fl = cur_u8(&c);
	const struct span data = cur_bytes(&c, size_min(cur_left(&c), SEG_MAX));
	const struct pkt_tcp t = { .flags = fl, .data = data.p, .n_data = data.len };
	give(w, r->ctl >> CTL_FLOW_SHIFT & (FLOWS - 1), r->ctl, t, 0);
}

static void datagram(struct world *w, const struct fuzz_rec *r, bool icmp)
{
	static const uint16_t ports[FLOWS] = { 53, 161, 47808, 123 };
	struct pkt k;
	struct cur c = cur_span(r->bytes);
	const bool reply = (r->ctl & CTL_REPLY) != 0;
	const int family = (r->ctl & CTL_IP6) != 0 ? 6 : 4;
	const uint8_t type = icmp ? cur_u8(&c) : 0, code = icmp ? cur_u8(&c) : 0;
	const struct span s = cur_bytes(&c, size_min(cur_left(&c), SEG_MAX));
	const uint16_t port = ports[r->ctl >> CTL_FLOW_SHIFT & (FLOWS - 1)];
	pkt_flow(&k, family, reply, icmp ? (family == 6 ? 58 : 1) : 17);
	if (icmp)
		pkt_icmp(&k, type, code, 0, s.p, s.len);
	else
		pkt_udp(&k, reply ? port : 5000, reply ? 5000 : port, s.p, s.len);
	pkt_finish(&k);
	packet(w, pkt_packet(&k));
	fuzz_reach(G_UDP);
}

static void raw(struct world *w, const struct fuzz_rec *r)
{
	uint8_t *own = fuzz_copy(r->bytes);
	const uint32_t len = (uint32_t)r->bytes.len;
	packet(w, (struct packet){ .data = own, .len = len, .wire_len = len, .csum_ready = (r->ctl & CTL_REPLY) == 0 });
	free(own);
}

/* --- the switch --------------------------------------------------------------------------------------------- */

static struct ha_wire *wire(unsigned i)
{
	static struct ha_wire *w[2];
	if (w[i] == NULL)
		FUZZ_CHECK(ha_wire_new(&w[i]) == OK);
	return w[i];
}

static void move(struct world *w, uint64_t serial)
{
	static uint8_t mem[HA_MESSAGE_MAX + HA_FRAME_HEADER];
	struct wr out = wr_of(mem, sizeof(mem));
	struct ha_session s, t;
	const void *plain;
	FUZZ_CHECK(engine_ha_export(w->a.ha, serial, HA_PARTS_ALL, &s));
	s.version = 1;
	FUZZ_CHECK(ha_wire_encode(wire(0), HA_SESSION, &s, w->now, &out) == OK);
	const struct span message = span_of(mem + HA_FRAME_HEADER, out.len - HA_FRAME_HEADER);
	FUZZ_CHECK(ha_wire_decode(wire(1), HA_SESSION, message, w->now, &plain) == OK);
	FUZZ_CHECK(engine_ha_import(w->b.ha, plain, (struct ha_trust){ true, true, true }) == OK);
	FUZZ_CHECK(engine_ha_export(w->b.ha, serial, HA_PARTS_ALL, &t));
	FUZZ_CHECK(ha_session_digest(&s) == ha_session_digest(&t));
	fuzz_reach(s.cotp != NULL ? G_SWITCH_COTP : G_SWITCH);
}

/* Fragments that wait, and what is remembered of datagrams. */
static void move_datagrams(struct world *w)
{
	static uint8_t mem[HA_MESSAGE_MAX + HA_FRAME_HEADER];
	static struct frag_message m;
	const void *plain;
	engine_ha_bulk_start(w->a.ha, mono_ns(INT64_MIN));
	while (engine_ha_next_datagram(w->a.ha, &m)) {
		struct wr out = wr_of(mem, sizeof(mem));
		FUZZ_CHECK(ha_wire_encode(wire(0), HA_DATAGRAM, &m, w->now, &out) == OK);
		const struct span message = span_of(mem + HA_FRAME_HEADER, out.len - HA_FRAME_HEADER);
		FUZZ_CHECK(ha_wire_decode(wire(1), HA_DATAGRAM, message, w->now, &plain) == OK);
		FUZZ_CHECK(engine_ha_import_datagram(w->b.ha, plain) == OK);
		fuzz_reach(G_DATAGRAM);
	}
	engine_ha_forget(w->a.ha);
}

/* Memory that is nearly out is not equally out on both. */
static void take_over(struct world *w)
{
	if (w->alone || (w->how & HOW_SMALL_MEMORY) != 0 || ++w->switches > SWITCHES_MAX)
		return;
	struct totals none;
	node_end(&w->b, &none);
	engine_tick(w->a.e, w->now);
	node_new(w, &w->b);
	struct session_table *t = engine_sessions(w->a.e);
	for (const struct session *s = session_next(t, NULL); s != NULL; s = session_next(t, s))
		move(w, s->s.serial);
	move_datagrams(w);
	const struct ha_commit last = { .now = engine_now(w->a.e), .last_serial = session_last_serial(t), .packet_nr = w->nr };
	engine_ha_promote(w->b.ha, &last);
	w->a.sum = w->b.sum = 0;
}

/* --- the input ------------------------------------------------------------------------------------------------ */

static void tick(struct world *w, const struct fuzz_rec *r)
{
	struct cur c = cur_span(r->bytes);
	w->now = mono_add(w->now, cur_be16(&c) * (NS_PER_SEC / 10));
	engine_tick(w->a.e, w->now);
	if (w->b.e != NULL)
		engine_tick(w->b.e, w->now);
}

static void record(struct world *w, const struct fuzz_rec *r, uint8_t size)
{
	w->now = mono_add(w->now, (r->ctl & CTL_LATER) != 0 ? 5 * NS_PER_SEC : NS_PER_MS);
	switch ((enum kind)(r->ctl & CTL_KIND)) {
	case KIND_RAW:
		raw(w, r);
		break;
	case KIND_TCP:
	case KIND_SHIFTED:
		tcp(w, r, size);
		break;
	case KIND_FLAGS:
		flags(w, r);
		break;
	case KIND_UDP:
	case KIND_ICMP:
		datagram(w, r, (r->ctl & CTL_KIND) == KIND_ICMP);
		break;
	case KIND_TICK:
		tick(w, r);
		break;
	case KIND_SWITCH:
		take_over(w);
		break;
	}
}

static struct gen choose(uint8_t how)
{
	struct gen g = fuzz_gen((how & HOW_SECURITY) != 0 ? PREFER_SECURITY : PREFER_CONNECTIVITY);
	g.prevent = (how & HOW_PREVENT) != 0;
	if ((how & HOW_SMALL_MEMORY) != 0)
		g.stream_memory = 4096;
	if ((how & HOW_FEW_SESSIONS) != 0)
		g.max_sessions = 2;
	if ((how & HOW_IGNORE_AFTER) != 0)
		g.ignore_after = 300;
	if ((how & HOW_BUDGET) != 0)
		g.budget = 40;
	return g;
}

static struct totals run(struct cur in, uint8_t how, uint8_t size, bool alone)
{
	struct fuzz_rec r;
	struct world w = { .how = how, .alone = alone, .now = mono_ns(NS_PER_SEC) };
	struct totals t, u;
	w.gen = choose(how);
	node_new(&w, &w.a);
	while (fuzz_next(&in, &r))
		record(&w, &r, size);
	node_end(&w.a, &t);
	const uint64_t sum = w.b.e != NULL ? w.a.sum : 0;
	node_end(&w.b, &u);
	FUZZ_CHECK(sum == w.b.sum);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	const uint8_t how = cur_u8(&in), segment = cur_u8(&in);
	const struct totals t = run(in, how, segment, false);
	if (how != 0 || t.odd)
		return 0;
	const struct totals u = run(in, how, segment != 0 ? 0 : (uint8_t)(1 + size % 13), true);
	FUZZ_CHECK(u.odd || t.sum == u.sum);
	return 0;
}
