/* test_ctl.c - control requests put to a node without threads: every command, what is refused, and rights. */
#include "ips/ctl.h"
#include "ips/lists.h"
#include "tests/unit/ctl_rig.h"
#include "tests/unit/dec_log.h"
#include "tests/unit/dec_vectors.h"

static const char rules[] = "alert tcp any any -> any any (msg:\"two words\"; content:\"abc\"; flowbits:set,one; sid:7;)\n"
			    "alert tcp any any -> any any (msg:\"never\"; content:\"zzz\"; flowbits:set,two; sid:8;)\n";
static const char custom[] = "alert tcp any any -> any any (msg:\"x\"; content:\"zzx\"; flowbits:set,own; sid:9;)\n";

static struct fake f;

static void start(void)
{
	fake_new(&f, &(struct rig_opts){ .rules = rules, .custom = custom, .max_sessions = 4096 });
}

static void stop(void)
{
	fake_end(&f);
	got_clear();
	json_decref(got.rows);
	got.rows = NULL;
}

static int64_t member(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	CU_ASSERT_TRUE(json_is_integer(v));
	return json_integer_value(v);
}

static const char *text_member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	CU_ASSERT_PTR_NOT_NULL(s);
	return s != NULL ? s : "";
}

static const json_t *row(size_t i)
{
	const json_t *o = json_array_get(got.rows, i);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	return o;
}

/* --- lists ------------------------------------------------------------------------------------------------- */

static void same_as(const char *words, void (*list)(struct engine *e, struct outbuf *o))
{
	struct outbuf want = { 0 };
	list(f.rig[0].e, &want);
	CU_ASSERT_STRING_EQUAL(ask(&f, words), want.p);
	CU_ASSERT_TRUE(want.len > 1000);
	outbuf_free(&want);
}

/* One worker's: the very text of lists.c, many lines long. */
static void test_lists(void)
{
	start();
	fake_open(&f, 0, 700);
	same_as("session list", list_ips_sessions);
	CU_ASSERT_TRUE(f.n_visits <= 5);
	same_as("sys session list", list_sys_sessions);
	same_as("share list", list_share);
	fake_open(&f, 1, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "session list"), "SESSION id:702 serial:2 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "sys session list"), "\ntotal session 702\n"));
	CU_ASSERT_STRING_EQUAL(ask(&f, "sys session list policy 77"), "total session 0\n");
	CU_ASSERT_STRING_EQUAL(ask(&f, "share list policy 77"), " HA Session Cache\n");
	CU_ASSERT_STRING_EQUAL(ask(&f, "session list policy 77"), "");
	stop();
}

static void test_lists_json(void)
{
	uint8_t b[64];
	start();
	rig_open(&f.rig[0]);
	const size_t n = unhex(dec_vectors[0].hex, b, sizeof(b));
	CU_ASSERT_EQUAL(rig_bytes(&f.rig[0], DIR_ORIG, TCP_ACK, 101, 501, span_of(b, n)), REASON_NONE);
	struct insp *i = engine_insp(rig_first(&f.rig[0]));
	i->s.last_app = 44684;
	i->s.tags = (struct tagset){ .n = 2, .id = { 1, TAG_CUSTOM_BIT } };
	CU_ASSERT_EQUAL(json_array_size(ask_json(&f, "session list")), 1);
	CU_ASSERT_EQUAL(member(row(0), "serial"), 1);
	CU_ASSERT_EQUAL(member(row(0), "server_port"), 102);
	CU_ASSERT_STRING_EQUAL(text_member(row(0), "client"), "10.1.0.2");
	CU_ASSERT_STRING_EQUAL(text_member(row(0), "cnfm"), "cotp");
	CU_ASSERT_STRING_EQUAL(text_member(row(0), "letters"), "l.s.-....-.t..");
	CU_ASSERT_STRING_EQUAL(text_member(json_object_get(row(0), "client_state"), "state"), "ESTABLISHED");
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "client_state"), "seen"), (int64_t)n);
	CU_ASSERT_STRING_EQUAL(text_member(json_object_get(row(0), "last_app"), "name"), "ICCP_Transfer.Reporting");
	(void)ask_json(&f, "sys session list");
	CU_ASSERT_EQUAL(member(row(0), "proto_state"), f.rig[0].e != NULL ? session_proto_state(rig_first(&f.rig[0])) : 0);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "org"), "packets"), 3);
	CU_ASSERT_EQUAL(member(row(0), "ha_id"), 7);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(row(0), "state")), 2);
	(void)ask_json(&f, "share list");
	CU_ASSERT_EQUAL(member(row(0), "service"), 39);
	CU_ASSERT_EQUAL(member(row(0), "last_app"), 44684);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "stock_tags"), "nr"), 2);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(row(0), "tags"), 1)), "c-0");
	stop();
}

/* --- what changes under a list -------------------------------------------------------------------------------- */

static bool closed[2000];
static uint32_t dice;
static struct session *victim;

static void end_some(struct fake *k, unsigned worker)
{
	struct session_table *t = engine_sessions(k->rig[worker].e);
	for (unsigned i = 0; worker == 0 && i < 300; i++) {
		dice = dice * 1664525u + 1013904223u;
		const uint64_t serial = 1 + (dice >> 8) % 1500;
		victim = session_by_serial(t, serial);
		if (victim != NULL) {
			session_close(t, victim, END_CLEARED);
			closed[serial] = true;
		}
	}
	fake_open(k, worker, 3); /* and more come all the time: they are not waited for */
}

static void test_ends_between(void)
{
	for (unsigned seed = 1; seed <= 5; seed++) {
		bool seen[2000] = { false };
		start();
		fake_open(&f, 0, 1500);
		memset(closed, 0, sizeof(closed));
		dice = seed;
		f.after_visit = end_some;
		const json_t *rows = ask_json(&f, "sys session list");
		int64_t last = 0;
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const int64_t s = member(row(i), "serial");
			if (s <= last)
				break; /* the second worker's */
			CU_ASSERT_TRUE_FATAL(s < 2000 && !seen[s]);
			seen[last = s] = true;
		}
		for (unsigned s = 1; s <= 1500; s++)
			CU_ASSERT_TRUE(seen[s] || closed[s]);
		CU_ASSERT_TRUE(f.n_visits < 20);
		f.after_visit = NULL;
		stop();
	}
}

/* A client that goes leaves no mark behind, and sixteen of them in turn disturb no list. */
static void test_given_up(void)
{
	start();
	fake_open(&f, 0, 600);
	for (unsigned i = 0; i < 40; i++) {
		got.stop_after = 1;
		(void)ask(&f, "sys session list");
		CU_ASSERT_FALSE(got.ended);
	}
	const char *r = request_of("sys session list", true);
	struct ctl_job *j = ctl_job_new(&f.node, true, r, strlen(r));
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_MORE);
	struct session *s;
	uint64_t mark[SESSION_MARKS];
	struct session_table *t = engine_sessions(f.rig[0].e);
	for (unsigned i = 0; i + 1 < SESSION_MARKS; i++)
		mark[i] = session_mark(t);
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_MORE); /* its place is kept: no mark leaked before */
	(void)mark;
	for (unsigned i = 0; i < SESSION_MARKS; i++)
		mark[i] = session_mark(t);
	CU_ASSERT_EQUAL(session_mark_next(t, mark[0], &s), OK);
	outbuf_clear(&j->out);
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_DONE); /* lost now, and says so */
	CU_ASSERT_PTR_NOT_NULL(strstr(j->out.p, "lost its place"));
	ctl_job_free(j);
	stop();
}

static void test_no_answer(void)
{
	static const char *const all[] = { "session list", "sys session list", "share list", "session stat", "sys session clear",
					   "ha info",      "ha mode",          "tags list",  "app list",     "stats",
					   "nfq status" };
	start();
	fake_open(&f, 0, 1);
	fake_open(&f, 1, 1);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		f.visit_fails = ERR_TIMEOUT;
		(void)ask(&f, all[i]);
		CU_ASSERT_EQUAL(got.code, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(got.error, "worker 0 did not answer within 2000 ms"));
		f.visit_fails = OK;
		f.dead_worker = 2;
		(void)ask(&f, all[i]);
		CU_ASSERT_EQUAL(got.code, strncmp(all[i], "ha", 2) == 0 ? 0 : 1);
		f.dead_worker = 0;
	}
	f.visit_fails = ERR_IO;
	(void)ask(&f, "stats");
	CU_ASSERT_PTR_NOT_NULL(strstr(got.error, "input/output error"));
	f.visit_fails = OK;
	stop();
}

/* --- stat, clear ---------------------------------------------------------------------------------------------- */

static void test_stat(void)
{
	struct pkt k;
	start();
	fake_open(&f, 0, 300);
	fake_open(&f, 1, 4);
	rig_first(&f.rig[1])->larval = 1; /* a table's first promotion is yet to come */
	engine_insp(rig_first(&f.rig[1]))->s.n_alerts = 1;
	pkt_flow(&k, 4, false, 17);
	pkt_udp(&k, 5000, 53, "x", 1);
	pkt_finish(&k);
	CU_ASSERT_EQUAL(rig_packet(&f.rig[1], pkt_packet(&k)), REASON_NONE);
	pkt_flow(&k, 4, false, 89);
	pkt_finish(&k);
	CU_ASSERT_EQUAL(rig_packet(&f.rig[1], pkt_packet(&k)), REASON_NONE);
	(void)ask_json(&f, "sys session stat");
	CU_ASSERT_EQUAL(json_array_size(got.rows), 1);
	CU_ASSERT_EQUAL(member(row(0), "session"), 306);
	CU_ASSERT_EQUAL(member(row(0), "larval"), 1);
	CU_ASSERT_EQUAL(member(row(0), "alerted"), 1);
	CU_ASSERT_EQUAL(member(row(0), "org_packets"), 306);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "proto"), "tcp"), 304);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "proto"), "udp"), 1);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "proto"), "other"), 1);
	CU_ASSERT_EQUAL(member(json_object_get(row(0), "state"), "SYN_SENT"), 304);
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "session stat"), "session 306  inspected 306  larval 1  "));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text.p, "\nproto:\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "sys session stat proto udp"), "session 1  "));
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "sys session stat count 10"), "session 10  "));
	rig_first(&f.rig[1])->larval = 0;
	stop();
}

static void test_clear(void)
{
	static const struct policy_rule plain = { .id = 5, .action = POLICY_ACCEPT, .log_traffic = true, .sensor = -1 };
	start();
	fake_open(&f, 0, 500);
	fake_open(&f, 1, 20);
	f.rig[0].n[REC_FLOW] = 0;
	CU_ASSERT_STRING_EQUAL(ask(&f, "session clear sport 57219-57228"), "cleared session 20\n");
	CU_ASSERT_EQUAL(f.rig[0].n[REC_FLOW], 10);
	CU_ASSERT_EQUAL(f.rig[0].last[REC_FLOW].flow.end, END_CLEARED);
	CU_ASSERT_EQUAL(f.rig[0].last[REC_FLOW].packet_nr, 0);
	CU_ASSERT_STRING_EQUAL(ask(&f, "session clear sport 57219-57228"), "cleared session 0\n");
	CU_ASSERT_STRING_EQUAL(ask(&f, "session clear count 7"), "cleared session 7\n");
	CU_ASSERT_EQUAL(session_count(engine_sessions(f.rig[0].e)), 483);
	(void)ask_json(&f, "sys session clear");
	CU_ASSERT_EQUAL(member(row(0), "cleared"), 493);
	CU_ASSERT_EQUAL(session_count(engine_sessions(f.rig[0].e)) + session_count(engine_sessions(f.rig[1].e)), 0);
	stop();
	/* what is not inspected is for sys session alone */
	fake_new(&f, &(struct rig_opts){ .policies = &plain, .n_policies = 1 });
	CU_ASSERT_EQUAL(rig_tcp(&f.rig[0], DIR_ORIG, TCP_SYN, 100, 0, ""), REASON_NONE);
	CU_ASSERT_STRING_EQUAL(ask(&f, "session clear"), "cleared session 0\n");
	CU_ASSERT_STRING_EQUAL(ask(&f, "session list"), "");
	CU_ASSERT_STRING_EQUAL(ask(&f, "share list"), " HA Session Cache\n");
	CU_ASSERT_STRING_EQUAL(ask(&f, "sys session clear"), "cleared session 1\n");
	stop();
}

static void test_clear_standby(void)
{
	start();
	fake_open(&f, 0, 3);
	f.ha.enabled = true;
	f.ha.role = HA_STANDBY;
	(void)ask(&f, "sys session clear");
	CU_ASSERT_EQUAL(got.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(got.error, "passive"));
	CU_ASSERT_EQUAL(session_count(engine_sessions(f.rig[0].e)), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(&f, "sys session list"), "total session 3\n"));
	f.ha.role = HA_ACTIVE;
	CU_ASSERT_STRING_EQUAL(ask(&f, "sys session clear"), "cleared session 3\n");
	stop();
}

/* --- refused -------------------------------------------------------------------------------------------------- */

static void test_malformed(void)
{
	static const struct {
		const char *request, *says;
	} bad[] = {
		{ "", "no JSON object" },
		{ "x", "no JSON object" },
		{ "{", "no JSON object" },
		{ "{\"words\":[\"stats\"]", "no JSON object" },
		{ "{\"words\":[\"stats\"]} x", "no JSON object" },
		{ "{\"words\":[\"stats\"],\"words\":[\"stats\"]}", "no JSON object" },
		{ "[]", "words" },
		{ "{}", "words" },
		{ "{\"words\":\"stats\"}", "words" },
		{ "{\"words\":[]}", "words" },
		{ "{\"words\":[1]}", "string" },
		{ "{\"words\":[[\"stats\"]]}", "string" },
		{ "{\"words\":[\"stats\",null]}", "string" },
		{ "{\"words\":[\"stats\"],\"json\":1}", "true or false" },
		{ "{\"words\":[\"stats\"],\"more\":1}", "neither" },
		{ "{\"words\":[\"\"]}", "no such command" },
		{ "{\"words\":[\"stats\\u0000\"]}", "no JSON object" },
		{ "{\"words\":[\"\xff\xfe\"]}", "no JSON object" },
		{ "{\"words\":[\"session\"]}", "there is session list, session stat, session clear" },
		{ "{\"words\":[\"session\",\"lst\"]}", "'session lst'" },
		{ "{\"words\":[\"sys\",\"session\"]}", "sys session list" },
		{ "{\"words\":[\"ha\",\"info\",\"-x\"]}", "[-v]" },
		{ "{\"words\":[\"stats\",\"now\"]}", "no arguments" },
		{ "{\"words\":[\"log\",\"tail\",\"-n\"]}", "-n ''" },
		{ "{\"words\":[\"log\",\"tail\",\"-n\",\"0\"]}", "1 to 1000" },
		{ "{\"words\":[\"log\",\"tail\",\"-n\",\"1001\"]}", "1 to 1000" },
		{ "{\"words\":[\"log\",\"tail\",\"-n\",\"-1\"]}", "1 to 1000" },
		{ "{\"words\":[\"log\",\"tail\",\"x\"]}", "eve or kv" },
		{ "{\"words\":[\"log\",\"tail\"],\"json\":true}", "no JSON form" },
	};
	start();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask_raw(&f, bad[i].request, strlen(bad[i].request));
		CU_ASSERT_EQUAL(got.code, 2);
		CU_ASSERT_EQUAL(got.lines, 2);
		if (strstr(got.error, bad[i].says) == NULL)
			printf("# %s: %s\n", bad[i].request, got.error);
		CU_ASSERT_PTR_NOT_NULL(strstr(got.error, bad[i].says));
	}
	CU_ASSERT_EQUAL(f.n_visits, 0);
	stop();
}

static void test_hostile(void)
{
	static char deep[CTL_REQUEST_MAX];
	start();
	memset(deep, '[', sizeof(deep));
	ask_raw(&f, deep, sizeof(deep));
	CU_ASSERT_EQUAL(got.code, 2);
	for (size_t i = 0; i + 5 < sizeof(deep); i += 5)
		memcpy(deep + i, "{\"a\":", 5);
	ask_raw(&f, deep, sizeof(deep));
	CU_ASSERT_EQUAL(got.code, 2);
	size_t n = (size_t)snprintf(deep, sizeof(deep), "{\"words\":[\"x\"");
	while (n + 10 < sizeof(deep))
		n += (size_t)snprintf(deep + n, sizeof(deep) - n, ",\"y\"");
	n += (size_t)snprintf(deep + n, sizeof(deep) - n, "]}");
	ask_raw(&f, deep, n);
	CU_ASSERT_PTR_NOT_NULL(strstr(got.error, "1 to 64"));
	/* one long word */
	n = (size_t)snprintf(deep, sizeof(deep), "{\"words\":[\"");
	memset(deep + n, 'w', sizeof(deep) - n);
	memcpy(deep + sizeof(deep) - 3, "\"]}", 3);
	ask_raw(&f, deep, sizeof(deep));
	CU_ASSERT_PTR_NOT_NULL(strstr(got.error, "no such command"));
	/* every truncation and every one-byte change of a good request */
	const char *good = request_of("sys session list proto 6 src 10.0.0.0/8 count 3", true);
	char copy[512];
	const size_t len = strlen(good);
	for (size_t cut = 0; cut < len; cut++) {
		ask_raw(&f, good, cut);
		CU_ASSERT_EQUAL(got.code, 2);
	}
	for (size_t at = 0; at < len; at++) {
		for (unsigned v = 0; v < 256; v += 5) {
			memcpy(copy, good, len);
			copy[at] = (char)v;
			ask_raw(&f, copy, len);
		}
	}
	stop();
}

static void test_rights(void)
{
	unsigned n = 0;
	start();
	fake_open(&f, 0, 1);
	for (unsigned c = 0; c < CTL_COMMAND_N; c++) {
		const char *r = request_of(ctl_commands[c].words, false);
		struct ctl_job *j = ctl_job_new(&f.node, false, r, strlen(r));
		while (ctl_job_step(j) == CTL_MORE)
			;
		const bool refused = strstr(j->out.p, "only root and the daemon's own user may") != NULL;
		CU_ASSERT_EQUAL(refused, ctl_commands[c].changes);
		n += refused;
		ctl_job_free(j);
	}
	CU_ASSERT_EQUAL(n, 6); /* two clear, three roles, reload */
	CU_ASSERT_EQUAL(f.n_roles + f.n_reloads, 0);
	CU_ASSERT_EQUAL(session_count(engine_sessions(f.rig[0].e)), 1);
	stop();
}

UNIT_MAIN({ "lists are those of lists.c, in chunks", test_lists }, { "lists as JSON", test_lists_json },
	  { "sessions end and open under a list", test_ends_between }, { "lists given up, places lost", test_given_up },
	  { "a worker that does not answer", test_no_answer }, { "counts", test_stat }, { "sessions are cleared", test_clear },
	  { "a standby's sessions are not cleared", test_clear_standby }, { "requests that are wrong", test_malformed },
	  { "requests that are hostile", test_hostile }, { "what changes the node needs rights", test_rights })
