/* test_replica_twice.c - what a node knows only since it took over, and the next one to take over must know as well: that packets
 * of its sessions may have gone by unseen, and that its signatures have not read what is kept of a flow.
 *
 * test_replica_twice ROW: exit status 0 when that row of the schema, read as zero by the second standby, changes what comes of
 * it (the variant mutate). No capture that is cut once can show these: tests/ha/mutation.sh.
 */
#include "tests/unit/replica_rig.h"

static long row = -1; /* read as zero; -1: none */
static struct side c;
static struct gen theirs; /* the first node's, where that has other signatures */

static const char pattern[] = "alert tcp any any -> any any (msg:\"1\"; content:\"left right\"; sid:1;)\n";
static const char others[] = "alert tcp any any -> any any (msg:\"2\"; content:\"nowhere\"; sid:2;)\n";

static void node_new(struct side *s, const struct gen *g)
{
	const struct engine_cfg cfg = { .seed = 5, .node = 1, .rec_mask = 1 << REC_ALERT };
	memset(s, 0, sizeof(*s));
	s->now = mono_ns(1000 * NS_PER_SEC);
	CU_ASSERT_EQUAL_FATAL(replica_new(&cfg, g, s->now, sink, s, &s->r), OK);
}

static void follow(struct side *standby, struct side *active)
{
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&standby->r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&active->r), OK);
	CU_ASSERT_EQUAL(replica_bulk(&active->r, SESSIONS), 0);
#ifdef HA_MUTATE
	if (row >= 0 && standby == &c)
		ha_wire_mutate(standby->r.receiver.wire, (unsigned)row);
#endif
	CU_ASSERT_EQUAL(replica_feed(&standby->r, commit(active)), OK);
}

static void take_over(struct side *s, mono_t now)
{
	replica_promote(&s->r);
	s->now = now;
}

static enum reason client(struct side *s, uint16_t port, uint32_t seq, const char *text)
{
	struct pkt k;
	struct rig g = { .cport = port, .sport = 102, .family = 4 };
	const struct pkt_tcp t = { .seq = seq, .ack = 1, .win = 1000, .flags = TCP_ACK, .data = text, .n_data = strlen(text) };
	struct packet p = rig_build(&k, &g, DIR_ORIG, &t);
	p.at = s->now;
	return play(s, p);
}

/* --- in doubt ---------------------------------------------------------------------------------------------------- */

/* The third node's verdict on what is far beyond the window, in a flow of the first node's and in one of the second's. */
static void doubted(bool doubt, enum reason of[2])
{
	rig_gen(&gen, &opts);
	node_new(&a, &gen);
	node_new(&b, &gen);
	node_new(&c, &gen);
	follow(&b, &a);
	open_flow(&a, 2000);
	(void)client(&a, 2000, 101, "first");
	tell(&a, &b);
	take_over(&b, a.now);
	if (doubt)
		engine_doubt(b.r.engine);
	open_flow(&b, 2001);
	(void)client(&b, 2001, 101, "first");
	follow(&c, &b);
	take_over(&c, b.now);
	for (unsigned i = 0; i < 2; i++)
		of[i] = client(&c, (uint16_t)(2000 + i), 106 + (1 << 20), "beyond");
	side_free(&a);
	side_free(&b);
	side_free(&c);
	rig_gen_free(&gen);
}

static void test_doubt(void)
{
	enum reason of[2];
	doubted(false, of);
	CU_ASSERT_TRUE(of[0] != REASON_NONE && of[1] != REASON_NONE);
	doubted(true, of);
	CU_ASSERT_EQUAL(of[0], REASON_NONE);      /* the receiver's answer says where it stands */
	CU_ASSERT_NOT_EQUAL(of[1], REASON_NONE);  /* all of this one was seen */
}

/* --- other signatures --------------------------------------------------------------------------------------------- */

/* The pattern's end comes: before the second standby joins, while it follows, after it took over. */
enum when { BEFORE, BESIDE, AFTER };

/* What the third node says of the pattern's end or, when it came before, of more; and how many alerts it writes. */
static enum reason unread(enum policy_prefer prefer, enum when when, unsigned *alerts)
{
	const struct rig_opts first = { .rules = others, .prevent = true, .max_sessions = SESSIONS },
			      rest = { .rules = pattern, .prevent = true, .prefer = prefer, .max_sessions = SESSIONS };
	rig_gen(&theirs, &first);
	rig_gen(&gen, &rest);
	node_new(&a, &theirs);
	node_new(&b, &gen);
	node_new(&c, &gen);
	follow(&b, &a);
	open_flow(&a, 2000);
	(void)client(&a, 2000, 101, "left ri");
	CU_ASSERT_EQUAL(replica_feed(&b.r, commit(&a)), OK);
	(void)client(&a, 2000, 101, "left ri"); /* a message with less in it changes nothing of that */
	CU_ASSERT_EQUAL(replica_feed(&b.r, commit(&a)), OK);
	take_over(&b, a.now);
	if (when == BEFORE)
		(void)client(&b, 2000, 108, "ght");
	follow(&c, &b);
	if (when == BESIDE)
		(void)client(&b, 2000, 108, "ght");
	CU_ASSERT_EQUAL(replica_feed(&c.r, commit(&b)), OK);
	CU_ASSERT_TRUE(row >= 0 || c.r.digest_mismatches == 0);
	CU_ASSERT_TRUE(replica_sound(&b.r));
	take_over(&c, b.now);
	const enum reason r = when == AFTER ? client(&c, 2000, 108, "ght") : client(&c, 2000, 111, "more");
	*alerts = b.n + c.n;
	side_free(&a);
	side_free(&b);
	side_free(&c);
	rig_gen_free(&gen);
	rig_gen_free(&theirs);
	return r;
}

static void test_unread(void)
{
	unsigned alerts;
	for (enum when w = BEFORE; w <= AFTER; w++) {
		CU_ASSERT_EQUAL(unread(PREFER_CONNECTIVITY, w, &alerts), REASON_NONE);
		CU_ASSERT_EQUAL(alerts, 1);
	}
	CU_ASSERT_EQUAL(unread(PREFER_SECURITY, AFTER, &alerts), REASON_INSPECTION);
}

/* --- one row of the schema ----------------------------------------------------------------------------------------- */

struct outcome {
	enum reason beyond[2], after;
	unsigned alerts;
};

static struct outcome outcome(void)
{
	struct outcome o = { 0 };
	doubted(true, o.beyond);
	o.after = unread(PREFER_SECURITY, AFTER, &o.alerts);
	return o;
}

static long asked;
static bool differs;

static void test_row(void)
{
	const struct outcome all = outcome();
	row = asked;
	const struct outcome without = outcome();
	differs = all.beyond[0] != without.beyond[0] || all.beyond[1] != without.beyond[1] || all.after != without.after ||
		  all.alerts != without.alerts;
}

int main(int argc, char **argv)
{
	static const struct unit_case every[] = { { "in doubt", test_doubt },
						  { "what other signatures have not read", test_unread } },
				      one[] = { { "one field", test_row } };
	if (argc != 2)
		return unit_run("test_replica_twice.c", every, ARRAY_LEN(every));
	asked = strtol(argv[1], NULL, 10);
	(void)unit_run("test_replica_twice.c", one, ARRAY_LEN(one));
	return differs ? 0 : 1;
}
