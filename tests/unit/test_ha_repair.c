/* test_ha_repair.c - tables that differ: noticed with the next batch, found by bucket, and told anew, that bucket alone; a
 * difference that comes again and again is not chased. Each difference is planted.
 */
#include "hacache/ha_repair.h"
#include "ips/replica.h"
#include "tests/unit/engine_rig.h"

enum { SESSIONS = 2048, FLOWS = 600 };

static const struct rig_opts opts = { .prevent = true, .max_sessions = SESSIONS };

static struct gen gen;
static struct replica a, b;
static mono_t now;
static unsigned packets;

static void ignore(void *arg, const struct rec *r)
{
	(void)arg, (void)r;
}

static void node(struct replica *r)
{
	const struct engine_cfg cfg = { .seed = 5, .node = 1, .rec_mask = RIG_REC_ALL };
	CU_ASSERT_EQUAL_FATAL(replica_new(&cfg, &gen, now, ignore, NULL, r), OK);
}

static void segment(uint16_t port, uint8_t flags)
{
	struct pkt k;
	struct rig g = { .cport = port, .sport = 102, .family = 4 };
	const struct pkt_tcp t = { .seq = 100 + packets, .win = 1000, .flags = flags };
	struct packet p = rig_build(&k, &g, DIR_ORIG, &t);
	now = mono_add(now, NS_PER_MS);
	p.at = now;
	p.nr = ++packets;
	(void)engine_packet(a.engine, &p);
}

/* A batch over, its acknowledgement back; the batch's octets. */
static size_t tell(void)
{
	struct span bytes;
	uint8_t room[HA_ACK_MAX];
	struct wr w = wr_of(room, sizeof(room));
	size_t used;
	CU_ASSERT_EQUAL_FATAL(replica_commit(&a, &bytes), OK);
	CU_ASSERT_EQUAL_FATAL(replica_feed(&b, bytes), OK);
	CU_ASSERT_EQUAL_FATAL(ha_receiver_ack(&b.receiver, &w), OK);
	CU_ASSERT_EQUAL_FATAL(ha_sender_acks(&a.sender, span_of(room, w.len), &used), OK);
	return bytes.len;
}

static void start(void)
{
	now = mono_ns(1000 * NS_PER_SEC);
	packets = 0;
	rig_gen(&gen, &opts);
	node(&a);
	node(&b);
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a), OK);
	(void)replica_bulk(&a, SESSIONS);
	for (uint16_t i = 0; i < FLOWS; i++)
		segment((uint16_t)(2000 + i), TCP_SYN);
	(void)tell();
	(void)tell();
	CU_ASSERT_TRUE(b.whole && b.digest_mismatches == 0 && b.receiver.n_differed == 0);
	CU_ASSERT_FALSE(ha_repair_wanted(&a.sender));
	CU_ASSERT_EQUAL(session_count(engine_sessions(b.engine)), FLOWS);
}

static void finish(void)
{
	replica_free(&a);
	replica_free(&b);
	rig_gen_free(&gen);
}

static bool same(void)
{
	const struct session *s = NULL;
	if (session_count(engine_sessions(a.engine)) != session_count(engine_sessions(b.engine)))
		return false;
	while ((s = session_next(engine_sessions(a.engine), s)) != NULL) {
		struct ha_session one, two;
		CU_ASSERT_TRUE_FATAL(engine_ha_export(a.ha, s->s.serial, HA_PARTS_ALL, &one));
		const uint64_t sum = ha_session_digest(&one);
		if (!engine_ha_export(b.ha, s->s.serial, HA_PARTS_ALL, &two) || ha_session_digest(&two) != sum)
			return false;
	}
	return true;
}

/* --- differences ---------------------------------------------------------------------------------------------- */

/* A field that was taken over wrong. */
static void wrong_field(uint64_t serial)
{
	struct session *s = session_by_serial(engine_sessions(b.engine), serial);
	uint64_t sum[HA_SECTION_N];
	struct ha_session now_held;
	s->s.vlan ^= 0x123;
	CU_ASSERT_TRUE_FATAL(engine_ha_export(b.ha, serial, HA_PARTS_ALL, &now_held));
	ha_session_sums(&now_held, sum);
	ha_cache_set_sum(b.receiver.cache, ha_cache_find(b.receiver.cache, serial), HA_SEC_fwd, sum[HA_SEC_fwd]);
}

/* A session that is gone. */
static void lost_session(uint64_t serial)
{
	ha_cache_remove(b.receiver.cache, serial);
	engine_ha_ended(b.ha, serial);
}

/* One that the peer ended long ago. */
static void left_session(uint64_t serial)
{
	ha_cache_set_sum(b.receiver.cache, ha_cache_get(b.receiver.cache, serial + 100000), HA_SEC_fwd, 77);
}

static void test_planted(void)
{
	static void (*const plant[])(uint64_t serial) = { wrong_field, lost_session, left_session };
	for (size_t i = 0; i < ARRAY_LEN(plant); i++) {
		start();
		const uint64_t version = ha_cache_find(a.sender.cache, 8)->version;
		plant[i](7);
		CU_ASSERT_NOT_EQUAL(ha_cache_digest(a.sender.cache), ha_cache_digest(b.receiver.cache));
		segment(9000, TCP_SYN); /* the next batch shows it ... */
		(void)tell();
		CU_ASSERT_TRUE(b.digest_mismatches == 1 && b.receiver.differs && ha_repair_wanted(&a.sender));
		CU_ASSERT_TRUE(replica_pending(&a));
		(void)tell();           /* ... this one has the sums ... */
		CU_ASSERT_TRUE(b.receiver.differs && b.receiver.repair == 1 + ha_cache_bucket(i == 2 ? 100007 : 7));
		const size_t n = tell(); /* ... and this one the bucket */
		CU_ASSERT_FALSE(b.receiver.differs);
		CU_ASSERT_EQUAL(ha_cache_digest(a.sender.cache), ha_cache_digest(b.receiver.cache));
		CU_ASSERT_TRUE(same());
		CU_ASSERT_TRUE(a.sender.n_repairs == 1 && b.receiver.n_repairs == 1 && b.receiver.n_differed == 1);
		CU_ASSERT_TRUE(n < 20000); /* of some sessions and the sums, not of the table */
		CU_ASSERT_EQUAL(ha_cache_find(a.sender.cache, 8)->version, version);
		segment(9001, TCP_SYN);
		(void)tell();
		CU_ASSERT_TRUE(!ha_repair_wanted(&a.sender) && b.digest_mismatches == 2 && b.whole);
		finish();
	}
}

/* Many at once, in buckets of their own: one after another, while packets go on. */
static void test_many(void)
{
	start();
	for (uint64_t serial = 1; serial <= 40; serial += 3)
		wrong_field(serial);
	lost_session(2);
	left_session(5);
	for (unsigned i = 0; i < 60; i++) {
		segment((uint16_t)(9000 + i), TCP_SYN);
		(void)tell();
	}
	CU_ASSERT_TRUE(!b.receiver.differs && !b.receiver.beyond);
	CU_ASSERT_TRUE(b.receiver.n_repairs >= 10 && b.receiver.n_repairs <= 16);
	CU_ASSERT_TRUE(same());
	finish();
}

static void (*true_sums)(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N]);

static void wrong_sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	true_sums(arg, serial, parts, sum);
	if (serial == 7)
		sum[HA_SEC_fwd] ^= 1;
}

/* What is told anew comes out wrong too: it is not chased. The next stream begins with nothing of that. */
static void test_beyond(void)
{
	start();
	true_sums = b.apply.sums;
	b.apply.sums = wrong_sums;
	wrong_field(7);
	for (unsigned i = 0; i < 30; i++) {
		segment((uint16_t)(9000 + i), TCP_SYN);
		(void)tell();
	}
	CU_ASSERT_TRUE(b.receiver.n_repairs == 1 && b.receiver.beyond && b.receiver.differs && b.receiver.n_differed == 1);
	CU_ASSERT_TRUE(b.digest_mismatches == 30 && !ha_repair_wanted(&a.sender));
	b.apply.sums = true_sums;
	replica_part(&a);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a), OK);
	(void)replica_bulk(&a, SESSIONS);
	(void)tell();
	CU_ASSERT_TRUE(!b.receiver.beyond && !b.receiver.differs && same());
	finish();
}

/* A peer of the version before is asked for nothing it does not know. */
static void test_version_before(void)
{
	start();
	a.sender.peer_version = HA_VERSION_REPAIRS - 1;
	a.sender.wants_sums = true;
	a.sender.wants_bucket = 3;
	CU_ASSERT_FALSE(ha_repair_wanted(&a.sender));
	struct span bytes;
	CU_ASSERT_EQUAL(replica_commit(&a, &bytes), OK);
	struct cur c = cur_span(bytes);
	while (cur_left(&c) > 0) {
		enum ha_type t;
		size_t len;
		CU_ASSERT_EQUAL_FATAL(ha_wire_frame(cur_rest(&c), &t, &len), OK);
		CU_ASSERT_TRUE(t != HA_BUCKETS_SUMS && t != HA_REPAIR);
		cur_skip(&c, len);
	}
	finish();
}

UNIT_MAIN({ "a planted difference is repaired", test_planted }, { "many of them", test_many },
	  { "one that is beyond repair", test_beyond }, { "the version before", test_version_before })
