/* test_ha_versions.c - peers of two adjacent versions: what a node of the version before sent is kept in tests/ha/versions as
 * octets, and is read by this one; what a node of the next version adds is skipped.
 *
 * Before HA_VERSION is raised: HA_STORE=1 build/gcc-release/tests/unit/test_ha_versions, which writes the octets of the present
 * version. They are never made anew afterwards.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ips/lists.h"
#include "ips/replica.h"
#include "tests/unit/ha_script.h"

enum { SESSIONS = 256, EVERY = 8, OCTETS_MAX = 1 << 20, VERSION_BEFORE = HA_VERSION_OLDEST };

static const struct rig_opts opts = { .rules = script_rules, .custom = script_custom, .prevent = true, .max_sessions = SESSIONS };

static struct gen gen;
static struct script script;
static struct replica a, b;

static void ignore(void *arg, const struct rec *r)
{
	(void)arg, (void)r;
}

static void node(struct replica *r)
{
	const struct engine_cfg cfg = { .seed = 5, .node = 1, .rec_mask = RIG_REC_ALL };
	CU_ASSERT_EQUAL_FATAL(replica_new(&cfg, &gen, mono_ns(1000 * NS_PER_SEC), ignore, NULL, r), OK);
}

static void append(struct wr *w, struct span s)
{
	wr_bytes(w, s.p, s.len);
	CU_ASSERT_TRUE_FATAL(wr_ok(w));
}

/* An active node through the whole script: its octets, and the acknowledgements of a standby of the same version. */
static void play(struct wr *out, struct wr *acks)
{
	rig_gen(&gen, &opts);
	script_make(&script, 18);
	node(&a);
	node(&b);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a), OK);
	(void)replica_bulk(&a, SESSIONS);
	for (size_t i = 0; i < script.n; i++) {
		struct packet p = script.p[i];
		struct span bytes;
		a.packet_nr = p.nr;
		(void)engine_packet(a.engine, &p);
		if ((i + 1) % EVERY != 0 && i + 1 != script.n)
			continue;
		CU_ASSERT_EQUAL_FATAL(replica_commit(&a, &bytes), OK);
		append(out, bytes);
		CU_ASSERT_EQUAL_FATAL(replica_feed(&b, bytes), OK);
		CU_ASSERT_EQUAL_FATAL(ha_receiver_ack(&b.receiver, acks), OK);
	}
}

static void finish(void)
{
	replica_free(&a);
	replica_free(&b);
	rig_gen_free(&gen);
}

static const char *name_of(unsigned version, const char *what)
{
	static char name[64];
	snprintf(name, sizeof(name), "tests/ha/versions/%u.%s", version, what);
	return name;
}

static struct span stored(unsigned version, const char *what, uint8_t *mem)
{
	FILE *f = fopen(name_of(version, what), "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	const size_t n = fread(mem, 1, OCTETS_MAX, f);
	fclose(f);
	CU_ASSERT_FATAL(n > 0 && n < OCTETS_MAX);
	return span_of(mem, n);
}

static void store(unsigned version, const char *what, const struct wr *w)
{
	FILE *f = fopen(name_of(version, what), "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(w->p, 1, w->len, f), w->len);
	fclose(f);
}

static uint8_t mem[2][OCTETS_MAX], made[OCTETS_MAX];

/* The standby has what the active node has: every replicated field of every session. */
static void same_state(struct replica *standby)
{
	unsigned n = 0;
	const struct session *s = NULL;
	CU_ASSERT_EQUAL(session_count(engine_sessions(standby->engine)), session_count(engine_sessions(a.engine)));
	while ((s = session_next(engine_sessions(a.engine), s)) != NULL) {
		struct ha_session one, two;
		CU_ASSERT_TRUE_FATAL(engine_ha_export(a.ha, s->s.serial, HA_PARTS_ALL, &one));
		const uint64_t sum = ha_session_digest(&one);
		CU_ASSERT_TRUE_FATAL(engine_ha_export(standby->ha, s->s.serial, HA_PARTS_ALL, &two));
		CU_ASSERT_EQUAL(ha_session_digest(&two), sum);
		n++;
	}
	CU_ASSERT_TRUE(n >= 4);
	CU_ASSERT_TRUE(standby->whole);
}

static void read_by_new_standby(struct span octets)
{
	struct replica r;
	node(&r);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&r), OK);
	CU_ASSERT_EQUAL(replica_feed(&r, octets), OK);
	CU_ASSERT_EQUAL(r.receiver.seq, a.sender.seq);
	CU_ASSERT_EQUAL(r.digest_mismatches, 0);
	same_state(&r);
	replica_promote(&r);
	replica_free(&r);
}

static void test_stored(void)
{
	struct wr out = wr_of(mem[0], OCTETS_MAX), acks = wr_of(mem[1], OCTETS_MAX);
	play(&out, &acks);
	if (getenv("HA_STORE") != NULL) {
		store(HA_VERSION, "stream", &out);
		store(HA_VERSION, "acks", &acks);
	}
	read_by_new_standby(span_of(mem[0], out.len));
	read_by_new_standby(stored(VERSION_BEFORE, "stream", made));
	/* and its acknowledgements, by this active node */
	size_t used;
	const struct span s = stored(VERSION_BEFORE, "acks", made);
	a.sender.acked = 0;
	CU_ASSERT_EQUAL(ha_sender_acks(&a.sender, s, &used), OK);
	CU_ASSERT_EQUAL(used, s.len);
	CU_ASSERT_EQUAL(a.sender.acked, a.sender.seq);
	CU_ASSERT_EQUAL(a.sender.peer_version, VERSION_BEFORE);
	CU_ASSERT_EQUAL(a.sender.n_stray, 0);
	finish();
}

/* Each message of a stream with these octets added. */
static struct span with_more(struct span s, const char *more, size_t n)
{
	struct wr w = wr_of(made, OCTETS_MAX);
	struct cur c = cur_span(s);
	while (cur_left(&c) > 0) {
		enum ha_type t;
		size_t len;
		CU_ASSERT_EQUAL_FATAL(ha_wire_frame(cur_rest(&c), &t, &len), OK);
		struct cur f = cur_sub(&c, len);
		cur_skip(&f, HA_FRAME_HEADER);
		wr_u8(&w, (uint8_t)t);
		wr_be32(&w, (uint32_t)(len - HA_FRAME_HEADER + n));
		append(&w, cur_rest(&f));
		wr_bytes(&w, more, n);
	}
	CU_ASSERT_TRUE_FATAL(wr_ok(&w));
	return span_of(made, w.len);
}

/* Fields 1000 to 1003, of each wire type: a number, eight octets, some octets, four octets. */
static void test_unknown(void)
{
	static const char more[] = "\xc0\x3e\x96\x01"
				   "\xc9\x3e" "12345678"
				   "\xd2\x3e\x03" "abc"
				   "\xdd\x3e" "1234";
	struct wr out = wr_of(mem[0], OCTETS_MAX), acks = wr_of(mem[1], OCTETS_MAX);
	size_t used;
	play(&out, &acks);
	read_by_new_standby(with_more(span_of(mem[0], out.len), more, sizeof(more) - 1));
	const struct span s = with_more(span_of(mem[1], acks.len), more, sizeof(more) - 1);
	CU_ASSERT_EQUAL(ha_sender_acks(&a.sender, s, &used), OK);
	CU_ASSERT_TRUE(used == s.len && a.sender.acked == a.sender.seq);
	/* cut off, they are no message */
	struct replica r;
	node(&r);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&r), OK);
	CU_ASSERT_EQUAL(replica_feed(&r, with_more(span_of(mem[0], out.len), more, sizeof(more) - 3)), ERR_MALFORMED);
	CU_ASSERT_EQUAL(r.receiver.seq, 0);
	replica_free(&r);
	finish();
}

UNIT_MAIN({ "what the version before sent", test_stored }, { "what the next one adds", test_unknown })
