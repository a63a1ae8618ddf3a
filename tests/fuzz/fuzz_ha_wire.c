/* fuzz_ha_wire.c - the link's bytes: frames decoded, encoded and decoded again; then fed to a standby engine, in pieces,
 * which takes over at the end. Whatever came, it can work and be ended.
 */
#include "base/mono.h"
#include "hacache/ha_sync.h"
#include "ips/engine_ha.h"
#include "ips/engine_int.h"
#include "tests/fuzz/fuzz_gen.h"
#include "tests/fuzz/fuzz_mutate.h"
#include "tests/unit/pktbuild.h"

enum { G_FRAME, G_COMMIT, G_SESSION, G_STACK, G_MATCH, G_REC, G_REFUSED, G_ENDED, G_WENT_ON, G_KEPT };
const char *const fuzz_goals[] = { "frame", "batch applied", "session taken over", "decoders' state", "match state", "record",
	                           "refused", "session ended", "session goes on",
	                           "kept octets", NULL };
uint32_t fuzz_reached;

FUZZ_MUTATOR(1, 4)

/* First octet: the peer's hello is believed, as if its signatures were ours; size of the pieces. */
enum { HOW_BELIEVE = 0x80, HOW_PIECES = 0x7f, PIECE_SHIFT = 5, STAGE = 256, SESSIONS_MAX = 3 };

/* --- one frame ---------------------------------------------------------------------------------------- */

/* Two, since what is decoded lives in the wire; scratch only, which each decode overwrites. */
static struct ha_wire *wire(unsigned i)
{
	static struct ha_wire *w[2];
	if (w[i] == NULL)
		FUZZ_CHECK(ha_wire_new(&w[i]) == OK);
	return w[i];
}

static uint64_t sum(enum ha_type t, const void *plain)
{
	return t == HA_SESSION ? ha_session_digest(plain) : ha_digest(ha_msg_of_type(t), plain);
}

static void one_frame(enum ha_type t, struct span message)
{
	static uint8_t mem[HA_MESSAGE_MAX + HA_FRAME_HEADER];
	struct wr out = wr_of(mem, sizeof(mem));
	const void *plain, *again;
	const mono_t now = mono_ns(NS_PER_SEC);
	enum ha_type t2;
	size_t len;
	if (ha_wire_decode(wire(0), t, message, now, &plain) != OK)
		return;
	const enum err e = ha_wire_encode(wire(1), t, plain, now, &out);
	if (e == ERR_FULL)
		return;
	FUZZ_CHECK(e == OK);
	FUZZ_CHECK(ha_wire_frame(span_of(mem, out.len), &t2, &len) == OK && t2 == t && len == out.len);
	FUZZ_CHECK(ha_wire_decode(wire(1), t, span_of(mem + HA_FRAME_HEADER, len - HA_FRAME_HEADER), now, &again) == OK);
	FUZZ_CHECK(sum(t, plain) == sum(t, again));
	fuzz_reach(G_FRAME);
}

static void frames(struct cur in)
{
	enum ha_type t;
	size_t len;
	while (cur_left(&in) > 0 && ha_wire_frame(cur_rest(&in), &t, &len) == OK) {
		struct cur frame = cur_sub(&in, len);
		cur_skip(&frame, HA_FRAME_HEADER);
		FUZZ_CHECK(cur_ok(&frame));
		uint8_t *own = fuzz_copy(cur_rest(&frame));
		one_frame(t, span_of(own, cur_left(&frame)));
		free(own);
	}
}

/* --- the standby ---------------------------------------------------------------------------------------- */

struct standby {
	struct engine *e;
	struct engine_ha *ha;
	struct ha_receiver rx;
	uint64_t commits;
	struct ha_commit last;
};

static void ignore_rec(void *arg, const struct rec *r)
{
	(void)arg;
	FUZZ_CHECK(r->kind < REC_N && r->dir < DIR_N);
}

static enum err check_session(void *arg, const struct ha_session *in)
{
	struct standby *s = arg;
	return engine_ha_check(s->ha, in, ha_receiver_trust(&s->rx));
}

static enum err apply_session(void *arg, const struct ha_session *in)
{
	struct standby *s = arg;
	const enum err e = engine_ha_import(s->ha, in, ha_receiver_trust(&s->rx));
	if (e == OK)
		fuzz_reach(in->cotp != NULL ? G_STACK : G_SESSION);
	if (e == OK && in->kept != NULL && in->kept->dir[DIR_ORIG].data.len != 0)
		fuzz_reach(G_KEPT);
	if (e == OK && in->match != NULL && ha_receiver_trust(&s->rx).sigs)
		fuzz_reach(G_MATCH);
	return e;
}

static void apply_ended(void *arg, uint64_t serial)
{
	struct standby *s = arg;
	engine_ha_ended(s->ha, serial);
	FUZZ_CHECK(session_by_serial(engine_sessions(s->e), serial) == NULL);
	fuzz_reach(G_ENDED);
}

static void apply_rec(void *arg, uint64_t seq, const struct rec *r)
{
	(void)seq;
	ignore_rec(arg, r);
	FUZZ_CHECK(r->pdu.len <= REC_PDU_ROOM);
	struct field f;
	for (size_t at = 0; rec_pdu_next(&r->pdu, &at, &f);)
		FUZZ_CHECK(f.id <= FLD_N && fuzz_within(f.bytes, r->pdu.p, sizeof(r->pdu.p)));
	fuzz_reach(G_REC);
}

static enum err check_datagram(void *arg, const struct frag_message *m)
{
	(void)arg;
	return frag_check(m);
}

static enum err apply_datagram(void *arg, const struct frag_message *m)
{
	const struct standby *s = arg;
	return engine_ha_import_datagram(s->ha, m);
}

static void apply_commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	struct standby *s = arg;
	(void)digest;
	FUZZ_CHECK(c->seq == s->commits + 1);
	s->commits++;
	s->last = *c;
	fuzz_reach(G_COMMIT);
}

static void apply_sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	struct standby *s = arg;
	struct ha_session out;
	if (engine_ha_export(s->ha, serial, parts, &out))
		ha_session_sums(&out, sum);
}

static void apply_anew(void *arg)
{
	struct standby *s = arg;
	engine_ha_clear(s->ha);
	s->commits = 0;
}

static void apply_named(void *arg, const struct ha_hello *peer)
{
	struct standby *s = arg;
	const enum err e = engine_ha_meet(s->ha, peer);
	FUZZ_CHECK(e == OK || e == ERR_RANGE);
}

/* The next segment of a session's direction, with these octets. */
static void go_on(struct standby *s, uint64_t serial, enum dir d, struct span octets)
{
	struct pkt k;
	const struct session *t = session_by_serial(engine_sessions(s->e), serial);
	if (t == NULL || t->s.tuple[d].proto != IPPROTO_TCP_ || t->ips == NULL)
		return;
	const struct tuple *u = &t->s.tuple[d];
	const struct reasm_dir *r = engine_insp(t)->reasm.dir;
	const struct pkt_tcp h = { .sport = u->sport, .dport = u->dport, .seq = r[d].next, .ack = r[dir_other(d)].next, .win = 1000,
		                   .flags = TCP_ACK, .data = octets.p, .n_data = octets.len };
	pkt_flow(&k, u->family, false, IPPROTO_TCP_);
	memcpy(k.b + (u->family == 4 ? 12 : 8), u->src.b, u->family == 4 ? 4 : 16);
	memcpy(k.b + (u->family == 4 ? 16 : 24), u->dst.b, u->family == 4 ? 4 : 16);
	pkt_tcp(&k, &h);
	pkt_finish(&k);
	struct packet p = pkt_packet(&k);
	p.at = mono_add(engine_now(s->e), NS_PER_MS);
	(void)engine_packet(s->e, &p);
	fuzz_reach(G_WENT_ON);
}

/* Sessions taken over go on: with a TPDU, and with octets of the input. */
static void work(struct standby *s, struct cur in)
{
	static const uint8_t dt[] = { 3, 0, 0, 20, 2, 0xf0, 0x80, 1, 0, 1, 0, 0x61, 7, 0x30, 5, 2, 1, 3, 0x8b, 0 };
	uint64_t serial[SESSIONS_MAX];
	unsigned n = 0;
	const struct session *t = NULL;
	while (n < SESSIONS_MAX && (t = session_next(engine_sessions(s->e), t)) != NULL)
		serial[n++] = t->s.serial;
	for (unsigned i = 0; i < n; i++) {
		for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
			go_on(s, serial[i], d, span_of(dt, sizeof(dt)));
			go_on(s, serial[i], d, cur_bytes(&in, size_min(cur_left(&in), 40)));
		}
	}
}

static void feed(struct standby *s, struct cur in, uint8_t how)
{
	const unsigned pieces = how & HOW_PIECES;
	const size_t piece = pieces != 0 ? (size_t)pieces << PIECE_SHIFT : SIZE_MAX;
	enum err e = OK;
	while (e == OK && cur_left(&in) > 0) {
		const struct span one = cur_bytes(&in, size_min(piece, cur_left(&in)));
		uint8_t *own = fuzz_copy(one);
		e = ha_receiver_feed(&s->rx, span_of(own, one.len));
		free(own);
		FUZZ_CHECK(s->rx.seq == s->commits && s->rx.failed == e && s->rx.n_refused == (e != OK));
	}
	if (e != OK) {
		fuzz_reach(G_REFUSED);
		FUZZ_CHECK(ha_receiver_feed(&s->rx, span_of("\1", 1)) == e && s->rx.seq == s->commits);
	}
}

static void believe(struct cur in, struct ha_hello *own)
{
	enum ha_type t;
	size_t len;
	const void *plain;
	if (ha_wire_frame(cur_rest(&in), &t, &len) != OK || t != HA_HELLO)
		return;
	struct cur frame = cur_sub(&in, len);
	cur_skip(&frame, HA_FRAME_HEADER);
	if (ha_wire_decode(wire(0), t, cur_rest(&frame), mono_ns(0), &plain) == OK)
		*own = *(const struct ha_hello *)plain;
}

/* As ha_receiver_new() makes it, but with the wire kept between runs and little room at first. */
static void receiver(struct standby *s, const struct ha_hello *own, const struct ha_apply *apply)
{
	const struct hash_key key = hash_key_of_seed(1);
	s->rx = (struct ha_receiver){ .wire = wire(0), .cache = ha_cache_new(&key, s->e->gen->max_sessions),
		                      .stage[0] = { .mem = malloc(STAGE), .cap = STAGE }, .own = *own, .apply = apply };
	FUZZ_CHECK(s->rx.cache != NULL && s->rx.stage[0].mem != NULL);
}

static void run_standby(struct cur in, uint8_t how)
{
	const struct gen g = fuzz_gen(PREFER_CONNECTIVITY);
	const struct engine_cfg cfg = { .seed = 1, .node = 1, .rec_mask = (1 << REC_N) - 1 };
	struct standby s = { .commits = 0 };
	struct ha_hello own;
	const struct ha_apply apply = { .check = check_session,
					.session = apply_session,
					.ended = apply_ended,
					.rec = apply_rec,
					.check_datagram = check_datagram,
					.datagram = apply_datagram,
					.commit = apply_commit,
					.sums = apply_sums,
					.anew = apply_anew,
					.named = apply_named,
					.arg = &s };
	FUZZ_CHECK(engine_new(&cfg, &g, mono_ns(0), ignore_rec, &s, &s.e) == OK && engine_ha_new(s.e, &s.ha) == OK);
	engine_ha_hello(s.e, &own);
	if ((how & HOW_BELIEVE) != 0)
		believe(in, &own);
	receiver(&s, &own, &apply);
	feed(&s, in, how);
	engine_ha_promote(s.ha, &s.last);
	work(&s, in);
	engine_finish(s.e);
	FUZZ_CHECK(session_count(engine_sessions(s.e)) == 0);
	ha_cache_free(s.rx.cache);
	for (unsigned i = 0; i < HA_LINKS; i++)
		ha_stage_fini(&s.rx.stage[i]);
	ha_ahead_clear(&s.rx.ahead);
	engine_ha_free(s.ha);
	FUZZ_CHECK(bufpool_used(s.e->bufs) == 0 && s.e->insp_pool.n_used == 0 && s.e->stack_pool.n_used == 0);
	FUZZ_CHECK(s.e->held_pool.n_used == 0);
	engine_free(s.e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	const uint8_t how = cur_u8(&in);
	frames(in);
	run_standby(in, how);
	return 0;
}
